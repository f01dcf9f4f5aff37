"""Figures of lesson 04: they mark the right place, and survive constant input."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.im2col import im2col
from course.kit import plot


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def drawn(axes):
    axes[0].figure.canvas.draw()
    return axes


def frame(ax):
    (patch,) = ax.patches
    return patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("place", [(0, 0), (1, 2)])
def test_the_window_on_the_image_is_the_column_of_the_matrix(channels, place):
    rng = np.random.default_rng(0)
    image = rng.random((channels, 5, 9))
    cols = im2col(image[np.newaxis], 3, 2, stride=1)[0]
    axes = drawn(plot.column_matrix(image, cols, 3, 2, 1, place))
    whole, zoom, single, below = axes
    ho, wo = place
    column = ho * 8 + wo
    assert frame(whole) == (wo - 0.5, ho - 0.5, 2, 3)
    assert frame(below) == (column - 0.5, -0.5, 1, 6 * channels)
    shown = np.asarray(single.images[0].get_array())
    np.testing.assert_array_equal(shown[:, 0], cols[:, column])
    window = image[:, ho : ho + 3, wo : wo + 2]
    np.testing.assert_array_equal(shown[:, 0], window.ravel())
    assert f"place ({ho}, {wo})" in zoom.get_title(loc="left")
    assert len(below.get_yticks()) == channels
    assert f"{6 * channels} rows" in below.get_title(loc="left")
    assert whole.get_xlabel() and whole.get_ylabel() and below.get_xlabel()


def test_the_stride_moves_the_frame():
    image = np.zeros((3, 7, 9))
    cols = im2col(image[np.newaxis], 3, 3, stride=2)[0]
    whole, *_, below = drawn(plot.column_matrix(image, cols, 3, 3, 2, (2, 1)))
    assert frame(whole) == (1.5, 3.5, 3, 3)
    assert frame(below)[0] == 2 * 4 + 1 - 0.5


def test_a_constant_image_is_drawn_without_a_warning(recwarn):
    image = np.full((1, 4, 4), 0.5)
    cols = im2col(image[np.newaxis], 2, 2)[0]
    drawn(plot.column_matrix(image, cols, 2, 2, 1, (0, 0)))
    assert not recwarn.list


def test_every_way_has_its_line_on_log_axes():
    times = {"loops": [1.0, 10.0], "product": [0.1, 0.2]}
    ax = plot.step_times(times, [100, 1000])
    drawn([ax])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [list(line.get_ydata()) for line in ax.lines] == list(times.values())
    assert [text.get_text() for text in ax.texts] == list(times)
    assert "multiplications" in ax.get_xlabel() and "seconds" in ax.get_ylabel()


def test_more_ways_than_colours_and_given_axes():
    _, ax = plt.subplots()
    times = {str(way): [1.0, 1.0] for way in range(6)}
    assert plot.step_times(times, [1, 2], ax=ax) is ax
    assert len(drawn([ax])[0].lines) == 6
