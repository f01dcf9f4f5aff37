"""The figure of lesson 11: the roof stands where it was measured, layers where they are."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.kit import plot


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_the_roof_is_a_slope_and_a_flat_part_and_layers_stand_below():
    layers = {"small": (2.0, 5e9), "large": (400.0, 80e9)}
    ax = plot.roofline(layers, peak=100e9, bandwidth=10e9)
    ax.figure.canvas.draw()
    roof, *points = ax.lines
    x, y = roof.get_data()
    np.testing.assert_allclose(y, np.minimum(100, 10 * x))
    assert 10.0 in x and x.min() < 2 and x.max() > 400
    assert [(p.get_xdata()[0], p.get_ydata()[0]) for p in points] == [(2, 5), (400, 80)]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert "per byte" in ax.get_xlabel() and "Gflop/s" in ax.get_ylabel()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(layers)


def test_the_legend_covers_no_layer():
    ax = plot.roofline({f"layer {n}": (3.0**n, 2e9) for n in range(6)}, 1e11, 1e10)
    ax.figure.canvas.draw()
    assert not ax.get_legend().get_window_extent().overlaps(ax.get_window_extent())


def test_a_layer_above_the_roof_is_inside_the_figure():
    ax = plot.roofline({"winograd": (50.0, 300e9)}, peak=100e9, bandwidth=10e9)
    assert ax.get_ylim()[1] > 300


def test_no_layers_many_layers_and_given_axes():
    _, ax = plt.subplots()
    assert plot.roofline({}, 1e9, 1e9, ax=ax) is ax
    many = {str(number): (1.0, 1e9) for number in range(9)}
    drawn = plot.roofline(many, 1e9, 1e9)
    drawn.figure.canvas.draw()
    assert len(drawn.lines) == 10
