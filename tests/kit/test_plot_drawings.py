"""Drawings: each line is a weight, or a step; every number of an array is there, framed as asked."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from course.geometry import conv_parameters, dense_parameters
from course.kit import plot
from course.kit.plot import Cells, drawings, style
from course.kit.plot.drawings import PALE


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_each_wiring_has_a_line_per_connection_and_says_how_many_weights_it_has():
    dense, windows, shared = plot.wirings(7, 3)
    assert [len(ax.lines) for ax in (dense, windows, shared)] == [35, 15, 15]
    numbers = [int(ax.get_title().split()[-2]) for ax in (dense, windows, shared)]
    assert numbers == [dense_parameters(7, 5, bias=False), 15, 3]
    assert conv_parameters(3, 1, 1, bias=False) == numbers[2]
    assert len({line.get_color() for line in shared.lines}) == 3
    assert len({line.get_color() for line in windows.lines}) == 1


def test_a_wiring_that_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="filter of 6 on 7"):
        plot.wirings(7, 6)
    with pytest.raises(ValueError, match="filter of 4 on 3"):
        plot.wirings(3, 4)


def test_a_computation_has_its_values_and_its_gradients_in_another_colour():
    nodes = {"w": (0, 1), "×": (1, 1), "L": (2, 1)}
    edges = [("w", "×", "2", "6"), ("×", "L", "8", "1")]
    _, given = plt.subplots()
    ax = plot.computation(nodes, edges, ax=given)
    assert ax is given
    ax.figure.canvas.draw()
    red = [
        text.get_text() for text in ax.texts if text.get_color() == drawings.GRADIENT
    ]
    assert red == ["6", "1"]
    assert {"w", "×", "L", "2", "8"} <= {text.get_text() for text in ax.texts}


VALUES = np.array([[1, 2, 3], [4, 5, 0.5]])


def words(ax):
    return [text.get_text() for text in ax.texts]


def papers(ax):
    """The colour of each cell, in the order of the numbers."""
    return [to_hex(p.get_facecolor()) for p in ax.patches if p.get_fill()]


def drawn(*parts):
    ax = plot.cells(*parts)
    ax.figure.canvas.draw()
    return ax


def test_numbers_titles_and_signs_from_left_to_right():
    ax = drawn(Cells(VALUES, "left"), "=", Cells(VALUES[:1], "right"))
    expected = ["left", "1", "2", "3", "4", "5", "0.5", "=", "right", "1", "2", "3"]
    assert words(ax) == expected
    places = {text.get_text(): text.get_position()[0] for text in ax.texts}
    assert places["left"] < places["="] < places["right"]


def test_fills_and_hidden_values():
    fills = np.array([[0, 1, 0], [2, 0, 1]])
    ax = drawn(Cells(VALUES, fills=fills, hide=5))
    assert "5" not in words(ax)
    white = "#ffffff"
    first, second = (colour.lower() for colour in PALE[:2])
    assert papers(ax) == [white, first, white, second, white, first]


def test_the_first_frame_is_blue_and_stands_where_it_was_put():
    ax = drawn(Cells(VALUES, frames=[(0, 1, 2, 2), (1, 0, 1, 1)]))
    frames = [patch for patch in ax.patches if patch.get_linewidth() > 2]
    blue, red = frames
    assert to_hex(blue.get_edgecolor()) == style.BLUE.lower()
    assert to_hex(red.get_edgecolor()) == style.RED.lower()
    assert (blue.get_x(), blue.get_y()) == (1, 0)
    assert (blue.get_width(), blue.get_height()) == (2, 2)


def test_names_of_rows_stand_left_of_the_cells():
    ax = drawn(Cells(VALUES, rows={0: "weight (0, 0)", 1: "weight (0, 1)"}))
    left = min(patch.get_x() for patch in ax.patches)
    named = [text for text in ax.texts if text.get_text().startswith("weight")]
    assert len(named) == 2
    assert all(text.get_position()[0] < left for text in named)
    assert all(text.get_position()[0] > 0 for text in named)


@pytest.mark.parametrize("columns", [1, 8, 40])
def test_all_cells_lie_inside_the_figure(columns):
    ax = drawn(Cells(np.zeros((2, columns))), "→", Cells(np.zeros((3, 2))))
    low, high = ax.get_xlim()
    assert all(
        low <= patch.get_x() and patch.get_x() + patch.get_width() <= high
        for patch in ax.patches
    )
    assert ax.figure.get_figwidth() == style.WIDTH
