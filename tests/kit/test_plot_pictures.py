"""Contact sheets show every image once, under the right name."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from course.kit import plot
from course.kit.plot import style

NAMES = ("disc", "ring", "star")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def drawn(axes):
    axes[0].figure.canvas.draw()
    return axes


def images(count=5, channels=3, low=0.0, high=1.0):
    rng = np.random.default_rng(0)
    return rng.uniform(low, high, size=(count, channels, 4, 6))


def test_every_image_is_shown_as_it_is():
    x = images()
    axes = drawn(plot.contact_sheet(x, columns=3))
    assert len(axes) == 5
    for ax, image in zip(axes, x):
        np.testing.assert_allclose(ax.images[0].get_array(), image.transpose(1, 2, 0))
    rows = {round(ax.get_position().y0, 2) for ax in axes}
    assert len(rows) == 2


def test_names_stand_above():
    axes = drawn(plot.contact_sheet(images(), labels=[0, 2, 1, 1, 0], classes=NAMES))
    assert [ax.get_title() for ax in axes] == ["disc", "star", "ring", "ring", "disc"]
    axes = drawn(plot.contact_sheet(images(2), labels=[7, 3]))
    assert [ax.get_title() for ax in axes] == ["7", "3"]


def test_wrong_predictions_are_red_and_framed():
    right, wrong = drawn(
        plot.contact_sheet(images(2), labels=[0, 1], predicted=[0, 2], classes=NAMES)
    )
    assert right.get_title() == "disc"
    assert wrong.get_title() == "star\nnot ring"
    assert to_hex(wrong.title.get_color()) == style.RED.lower()
    assert to_hex(right.title.get_color()) == style.INK.lower()
    assert wrong.axison and not right.axison


def test_titles_do_not_touch_the_row_above():
    labels = [0] * 16
    axes = drawn(
        plot.contact_sheet(images(16), labels=labels, predicted=[1] * 16, classes=NAMES)
    )
    upper = axes[0].images[0].get_window_extent().y0
    assert axes[8].title.get_window_extent().y1 <= upper


def test_other_scales_are_stretched_together():
    x = images(3, low=-2, high=2)
    axes = drawn(plot.contact_sheet(x))
    expected = (x - x.min()) / (x.max() - x.min())
    np.testing.assert_allclose(
        axes[1].images[0].get_array(), expected[1].transpose(1, 2, 0)
    )


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0, -3.0, 250.0])
@pytest.mark.parametrize("channels", [1, 3])
def test_constant_images(value, channels, recwarn):
    axes = drawn(plot.contact_sheet(np.full((2, channels, 4, 4), value)))
    shown = axes[0].images[0].get_array()
    assert shown.shape == ((4, 4) if channels == 1 else (4, 4, 3))
    np.testing.assert_allclose(shown, np.clip(value, 0, 1))
    assert not recwarn.list


def test_two_channels_are_refused():
    with pytest.raises(ValueError, match="2"):
        plot.contact_sheet(images(channels=2))
