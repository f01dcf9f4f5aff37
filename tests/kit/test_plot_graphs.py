"""Drawings of lines between circles: each line is a weight, or a step of a computation."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest

from course.geometry import conv_parameters, dense_parameters
from course.kit import plot
from course.kit.plot import graphs


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
    red = [text.get_text() for text in ax.texts if text.get_color() == graphs.GRADIENT]
    assert red == ["6", "1"]
    assert {"w", "×", "L", "2", "8"} <= {text.get_text() for text in ax.texts}
