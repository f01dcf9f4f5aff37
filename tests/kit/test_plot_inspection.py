"""Figures of lesson 08: they show what they are given, and survive constant input."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.kit import plot
from course.kit.receptive_field import Field


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def drawn(axes):
    axes[0].figure.canvas.draw()
    return axes


def frames(ax):
    return {(p.get_y() + 0.5, p.get_x() + 0.5, p.get_height()) for p in ax.patches}


IMAGE = np.random.default_rng(0).random((3, 8, 12))


def layers(value=None):
    rng = np.random.default_rng(1)
    shapes = [
        ("0 Conv2D", (1, 10, 8, 12)),
        ("1 ReLU", (1, 3, 4, 6)),
        ("2 Dense", (1, 7)),
    ]
    return [
        (name, rng.standard_normal(shape) if value is None else np.full(shape, value))
        for name, shape in shapes
    ]


def test_columns_name_their_layers_and_sort_the_scores():
    found = layers()
    scores = found[-1][1][0]
    classes = [f"class {i}" for i in range(7)]
    axes = drawn(plot.activation_columns(IMAGE, found, classes))
    assert [ax.get_title() for ax in axes[:3]] == [
        "image",
        "0\nConv2D\n8x12\n8 of 10",
        "1\nReLU\n4x6\nall 3",
    ]
    names = [text.get_text() for text in axes[-1].get_yticklabels()]
    assert names == [classes[i] for i in np.argsort(-scores)[:5]]
    widths = [bar.get_width() for bar in axes[-1].patches]
    np.testing.assert_allclose(widths, np.sort(scores)[::-1][:5])
    assert len(axes[0].figure.axes) == 1 + 8 + 3 + 1


def test_maps_of_one_layer_share_a_scale_with_0_in_it():
    found = [("0 Conv2D", np.stack([np.full((2, 3), 4.0), np.full((2, 3), 7.0)])[None])]
    axes = drawn(plot.activation_columns(IMAGE, found))
    limits = {ax.images[0].get_clim() for ax in axes[0].figure.axes[1:]}
    assert limits == {(0.0, 7.0)}


@pytest.mark.parametrize("value", [0.0, 2.0, -3.0])
def test_constant_input(value, recwarn):
    drawn(plot.activation_columns(0 * IMAGE, layers(value)))
    grid = np.full((1, 5, 5), 0.5)
    drawn(plot.filter_grids({"before": grid, "after": grid}))
    maps = np.full((2, 8, 12), abs(value))
    drawn(plot.saliency_maps(np.stack([IMAGE, IMAGE]), maps, 0 * maps))
    drawn(plot.occlusion_heat(IMAGE, {"a": np.full((2, 3), value)}, 4, 4, value))
    drawn(plot.patch_rows({"a": np.full((2, 3, 4, 4), abs(value))}))
    field = Field((3, 3), (1, 1), (-1, -1))
    drawn(plot.unit_and_field(0 * IMAGE, np.full((8, 12), value), field, 0, 0))
    assert not recwarn.list


def test_filters_are_titled():
    axes = drawn(plot.filter_grids({"before": IMAGE, "after": IMAGE[:1]}))
    titles = [ax.get_title(loc="left") for ax in axes]
    assert titles == ["before", "after"]


def test_two_explanations_stand_below_their_image():
    maps = {"cam": np.ones((2, 7, 7)), "drop": np.arange(98.0).reshape(2, 7, 7)}
    axes = drawn(plot.two_explanations(np.stack([IMAGE, IMAGE]), maps, ["a", "b"]))
    assert len(axes) == 6
    assert [ax.get_title() for ax in axes[:2]] == ["a", "b"]
    assert [axes[2].get_ylabel(), axes[4].get_ylabel()] == ["cam", "drop"]
    assert axes[5].images[0].get_clim() == (49, 97)


def test_saliency_maps_say_their_scale_and_draw_the_outline():
    maps = np.zeros((2, 8, 12))
    maps[0, 2, 3], maps[1, 4, 5] = 0.5, 2.0
    masks = np.zeros((2, 8, 12))
    masks[:, 2:6, 3:9] = 1
    axes = drawn(plot.saliency_maps(np.stack([IMAGE, IMAGE]), maps, masks))
    assert [ax.get_xlabel() for ax in axes] == ["yellow is 0.50", "yellow is 2.00"]
    assert [ax.images[0].get_clim() for ax in axes] == [(0, 0.5), (0, 2)]
    assert all(ax.collections for ax in axes)


def test_the_lowest_score_is_framed_in_map_and_image():
    scores = np.array([[5.0, 5, 5], [5, 5, 1]])
    image, heat = drawn(plot.occlusion_heat(IMAGE, {"grey": scores}, 4, 4, whole=5.0))
    assert frames(image) == frames(heat) == {(4.0, 8.0, 4)}
    assert heat.images[0].get_clim() == (1.0, 9.0)
    assert heat.get_title(loc="left") == "1: grey"
    assert image.get_xlim() == heat.get_xlim() == (-0.5, 11.5)
    # Each score is drawn over the middle of its square: 2 of 4 pixels to each side.
    left, right, bottom, top = heat.images[0].get_extent()
    assert (left, right, top, bottom) == (-0.5, 11.5, -0.5, 7.5)


def test_patches_stand_in_rows():
    axes = drawn(
        plot.patch_rows({"one": np.zeros((3, 3, 4, 4)), "two": np.ones((2, 1, 4, 4))})
    )
    assert len(axes) == 6
    assert [axes[i].get_ylabel() for i in (0, 3)] == ["one", "two"]
    assert [bool(ax.images) for ax in axes] == [True] * 5 + [False]


def test_a_unit_and_what_it_sees():
    activation = np.arange(24.0).reshape(4, 6)
    field = Field((4, 4), (2, 2), (-1, -1))
    image, unit, patch = drawn(
        plot.unit_and_field(IMAGE, activation, field, 0, 2, "map")
    )
    assert frames(image) == {(-1, 3, 4)}
    assert frames(unit) == {(0, 2, 1)}
    assert unit.get_xlabel() == "unit (0, 2) is 2"
    assert unit.get_title(loc="left") == "map"
    shown = patch.images[0].get_array()
    assert (np.asarray(shown)[0] == 0.5).all()
    np.testing.assert_allclose(shown[1:], IMAGE[:, :3, 3:7].transpose(1, 2, 0))
