"""Figures of lesson 02: they show the numbers they are given, and survive constant input."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.kit import plot
from course.kit.plot import style


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def words(ax):
    return [text.get_text() for text in ax.texts]


def drawn(ax):
    ax.figure.canvas.draw()
    return ax


def test_a_grid_shows_its_numbers_row_by_row():
    ax = drawn(plot.number_grid(np.array([[1.0, 2.5], [3.0, 4.0]]), "t", decimals=1))
    assert words(ax) == ["1.0", "2.5", "3.0", "4.0"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("column", "row")
    assert ax.get_title(loc="left") == "t"


def test_a_grid_draws_on_the_axes_it_is_given():
    _, ax = plt.subplots()
    assert plot.number_grid(np.eye(2), ax=ax) is ax


def test_grids_share_one_scale():
    axes = plot.number_grids(
        {"a": np.zeros((2, 3)), "b": np.full((2, 3), 8.0)}, "counts"
    )
    assert [ax.images[0].get_clim() for ax in axes] == [(0, 8), (0, 8)]
    labels = [ax.get_ylabel() for ax in drawn(axes[0]).figure.axes]
    assert "counts" in labels


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_constant_map_is_drawn_without_a_warning(value, recwarn):
    drawn(plot.activation_image(np.full((3, 4), value)))
    drawn(plot.activation_image(np.full((3, 4), value), signed=True))
    drawn(plot.number_grid(np.full((2, 2), value)))
    assert not recwarn.list


def test_grey_is_zero_on_a_signed_map():
    ax = plot.activation_image(np.array([[-1.0, 0.0], [0.0, 3.0]]), signed=True)
    low, high = ax.images[0].get_clim()
    assert low == -high
    assert "grey is 0" in ax.get_xlabel()
    assert "-1.00 to 3.00" in ax.get_xlabel()
    assert (ax.get_ylabel(), ax.get_xlabel()[:9]) == ("2 rows", "2 columns")


def test_each_filter_stands_above_its_own_map():
    filters = {
        "edge": np.array([[[-1.0, 0.0, 1.0]]]),
        "mean": np.full((1, 2, 2), 0.25),
        "zero": np.zeros((1, 2, 2)),
        "colour": np.arange(12.0).reshape(3, 2, 2),
    }
    maps = {name: np.full((4, 5), float(i)) for i, name in enumerate(filters)}
    axes = plot.filter_maps(filters, maps, image=np.zeros((3, 4, 5)))
    drawn(axes[0])
    for i, (ax, name) in enumerate(zip(axes, filters, strict=True)):
        assert f"{i}.00 to {i}.00" in ax.get_xlabel()
        patch = next(a for a in ax.figure.axes if a.get_title() == name)
        assert patch.get_position().y0 > ax.get_position().y0
        assert patch.get_position().x0 >= ax.get_position().x0 - 0.01
    assert "grey is 0" in axes[0].get_xlabel()
    assert "grey is 0" not in axes[1].get_xlabel()


def test_a_filter_of_one_channel_shows_its_weights():
    weights = np.array([[[1 / 9, -1.0, 0.37], [5.0, -0.5, -0.00037]]])
    wanted = ["1/9", "-1", "0.37", "5", "-1/2", "0.00"]
    assert words(plot.filter_patch(weights)) == wanted


def test_a_weight_of_zero_is_grey_in_a_coloured_filter():
    weights = np.zeros((3, 1, 2))
    weights[0, 0, 0] = -2.0
    pixels = plot.filter_patch(weights).images[0].get_array()
    np.testing.assert_allclose(pixels[0, 1], 0.5)
    np.testing.assert_allclose(pixels[0, 0], [0.0, 0.5, 0.5])


IMAGE = np.arange(2 * 4 * 5).reshape(2, 4, 5)
WEIGHTS = np.array([[[1, 0], [0, 2]], [[0, -1], [0, 0]]])


def test_a_step_shows_window_products_sums_and_answer():
    ax = drawn(plot.window_step(IMAGE, WEIGHTS, bias=-3, row=1, column=2))
    # channel 0: 7*1 + 13*2 = 33; channel 1: 28*-1 = -28
    assert ax.get_title(loc="left") == (
        "out[1, 2] = 33 + (\N{MINUS SIGN}28) + bias (\N{MINUS SIGN}3) = 2"
    )
    text = words(ax)
    assert "sum 33" in text and "sum \N{MINUS SIGN}28" in text
    assert "output, 3 x 4" in text
    assert text.count("?") == 12 - 7  # six places before this one, and this one


def test_a_step_on_the_padding_reads_zeros():
    ax = plot.window_step(IMAGE, WEIGHTS, stride=1, padding=2, row=0, column=0)
    assert ax.get_title(loc="left") == "out[0, 0] = 0 + 0 + bias 0 = 0"


def test_a_place_beyond_the_last_is_the_last():
    ax = plot.window_step(IMAGE, WEIGHTS, row=99, column=99)
    assert ax.get_title(loc="left").startswith("out[2, 3]")


@pytest.mark.parametrize(
    ("stride", "size", "why"),
    [
        (2, 2, "Width: 5 - 2 + 2·0 = 3 is not a multiple of the stride 2."),
        (1, 9, "negative"),
    ],
)
def test_what_does_not_fit_is_said_in_red(stride, size, why):
    ax = drawn(plot.window_step(IMAGE, np.ones((2, 2, size)), stride=stride))
    assert why in ax.get_title(loc="left")
    assert ax.title.get_color() != style.RED  # the centred title is not used
    assert ax._left_title.get_color() == style.RED
    assert not any("sum" in word for word in words(ax))
