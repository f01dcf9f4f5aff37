"""Drawn arrays: the numbers in the cells are right, wherever the cells stand."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.kit import plot
from course.kit.plot import style
from course.kit.plot.cells import MINUS

X, W = np.array([1.0, 2, 0, 3, 2]), np.array([2.0, 1, -1])
DOUT = np.array([1.0, -2, 3])


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def words(ax):
    ax.figure.canvas.draw()
    return [text.get_text().replace(MINUS, "-") for text in ax.texts]


def colours(ax):
    return [matplotlib.colors.to_hex(p.get_facecolor()).upper() for p in ax.patches]


def test_a_border_of_zeros_is_grey_and_the_image_stands_in_its_middle():
    ax = plot.zero_border(np.array([[1, 2, 3], [4, 5, 6]]), 1)
    found = words(ax)
    assert found[:7] == ["1", "2", "3", "4", "5", "6", "2 x 3"]
    padded = [word for word in found[7:] if word.isdigit()]
    assert padded == list("00000" + "01230" + "04560" + "00000")
    assert colours(ax).count(style.PAPER) == 14
    assert found[-1] == "4 x 5"


def test_a_sum_shows_its_factors_terms_and_total():
    share = np.array([[5.0, np.nan], [np.nan, 0]])
    ax = plot.grid_sum("dx", [(1, share), (-2, share)], -share)
    found = words(ax)
    assert found[0].startswith("dx")
    assert [word.strip() for word in found if "·" in word] == ["1 ·", "- 2 ·"]
    assert [word for word in found if word in ("5", "0", "-5")] == [
        *("5", "0"),
        *("5", "0"),
        *("-5", "0"),
    ]
    assert colours(ax).count(style.PAPER) == 4


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_flipped_filter_gives_the_gradient_of_a_strided_convolution(stride):
    ax = plot.backward_slide(DOUT, W, stride)
    scattered = np.zeros((len(DOUT) - 1) * stride + len(W))
    for i, g in enumerate(DOUT):
        scattered[i * stride : i * stride + len(W)] += g * W
    wanted = [f"dx[{m}] = {value:.4g}" for m, value in enumerate(scattered)]
    assert [word for word in words(ax) if word.startswith("dx")] == wanted


def test_every_drawing_uses_the_axes_it_is_given():
    for draw in (
        lambda ax: plot.zero_border(np.eye(2), 1, ax=ax),
        lambda ax: plot.grid_sum("dw", [(1, np.eye(2))], np.eye(2), ax=ax),
        lambda ax: plot.backward_slide(DOUT, W, ax=ax),
    ):
        _, ax = plt.subplots()
        assert draw(ax) is ax
    assert len(plt.get_fignums()) == 3
