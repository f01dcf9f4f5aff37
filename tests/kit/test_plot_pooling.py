"""Figures of lesson 05: they show the numbers they are given, and survive constant input."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from course.kit import plot
from course.kit.plot import style


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def drawn(axes):
    axes[0].figure.canvas.draw()
    return axes


def words(ax):
    return [text.get_text() for text in ax.texts]


IMAGE = np.array([[1.0, 5, 0, 2], [3, 4, 7, 6]])
DX = np.array([[0.0, 10, 0, 0], [0, 0, 20.5, 0]])


def switches(followed=(0, 1)):
    places = {(0, 0): (0, 1), (0, 1): (1, 2)}
    dout = np.array([[10.0, 20.5]])
    return drawn(plot.switches(IMAGE, places, dout, DX, size=2, followed=followed))


def test_three_grids_show_their_numbers():
    image, upstream, gradient = switches()
    assert words(image) == ["1", "5", "0", "2", "3", "4", "7", "6"]
    assert words(upstream) == ["10", "20.5"]
    assert words(gradient) == ["0", "10", "0", "0", "0", "0", "20.5", "0"]
    assert {ax.get_xlabel() for ax in (image, upstream, gradient)} == {"column"}
    assert {ax.get_ylabel() for ax in (image, upstream, gradient)} == {"row"}


def test_the_followed_window_and_its_pixel_are_outlined():
    image, _, gradient = switches()
    frames = [
        (patch.get_x(), patch.get_y(), patch.get_width())
        for ax in (image, gradient)
        for patch in ax.patches
        if not patch.get_fill() and to_hex(patch.get_edgecolor()) == style.RED.lower()
    ]
    assert frames == [(1.5, -0.5, 2), (1.5, 0.5, 1)]


def test_switches_are_outlined_in_blue():
    image, _, _ = switches()
    frames = {
        (patch.get_y() + 0.5, patch.get_x() + 0.5)
        for patch in image.patches
        if not patch.get_fill() and to_hex(patch.get_edgecolor()) == style.BLUE.lower()
    }
    assert frames == {(0, 1), (1, 2)}


def test_pictures_share_one_scale_and_say_their_size():
    axes = drawn(
        plot.pooled_pictures(
            {
                "whole": np.full((1, 4, 6), 0.25),
                "small": np.zeros((1, 2, 3)),
                "third": np.ones((1, 2, 3)),
            }
        )
    )
    assert [ax.images[0].get_clim() for ax in axes] == [(0, 1)] * 3
    assert [ax.get_title(loc="left") for ax in axes] == ["whole", "small", "third"]
    assert axes[0].get_xlabel() == "6 columns, mean brightness 0.250"
    assert axes[1].get_ylabel() == "2 rows"
    assert len(axes[0].figure.axes) == 3


def test_pictures_of_two_sizes_are_drawn_equally_large():
    axes = drawn(
        plot.pooled_pictures({"a": np.zeros((1, 8, 12)), "b": np.ones((1, 2, 3))})
    )
    widths = [ax.get_window_extent().width for ax in axes]
    assert widths[0] == pytest.approx(widths[1], rel=0.02)


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_random_windows_show_their_edges(value, recwarn):
    image = np.full((3, 4), value)
    draw = (np.full((2, 3), value), np.array([0, 1]), np.array([0, 2, 3]))
    axes = drawn(plot.random_windows(image, [draw, draw]))
    assert len(axes) == 4
    rows, columns = axes[0].collections
    heights = [segment[0][1] for segment in rows.get_segments()]
    assert heights == [-0.5, 0.5]
    assert [s[0][0] for s in columns.get_segments()] == [-0.5, 1.5, 2.5]
    assert axes[2].get_xlabel() == "3 columns"
    assert not recwarn.list
