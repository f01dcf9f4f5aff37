"""Figures of lesson 09: what they draw, and that constant input does not break them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.kit import plot
from course.kit.networks import NETWORKS, trace


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def drawn(ax):
    ax.figure.canvas.draw()
    return ax


def named(ax):
    return ax.get_xlabel() and ax.get_ylabel()


def test_seen_pixels_counts_what_is_not_zero():
    field = np.zeros((9, 9))
    field[2:7:2, 1:8:3] = 1.5
    axes = plot.seen_pixels({"dilated": field, "nothing": np.zeros((9, 9))})
    assert all(named(drawn(ax)) for ax in axes)
    assert axes[0].get_title("left") == "dilated\n5 x 7, 9 pixels"
    assert axes[1].get_title("left") == "nothing"
    (frame,) = axes[0].patches
    assert (frame.get_width(), frame.get_height()) == (7, 5)


def test_growth_has_a_line_per_network():
    ax = drawn(plot.growth({"3x3": [1, 3, 5], "constant": [1, 1]}, "side in pixels"))
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 3, 5], [1, 1]]
    assert named(ax) and ax.get_ylabel() == "side in pixels"


def test_a_pyramid_has_a_cell_for_every_number_that_counts():
    """conv, pool, conv: 1 number, of 3, of 6, of 8 pixels; a dilated conv skips some."""
    conv = {"type": "conv", "size": 3}
    ax = drawn(plot.field_pyramid([conv, {"type": "pool"}, conv]))
    assert len(ax.patches) == 1 + 3 + 6 + 8
    told = [text.get_text() for text in ax.texts]
    assert "sees 8, neighbours 2 apart" in told and "image" in told
    ax = plot.field_pyramid([conv | {"dilation": 2}])
    assert len(ax.patches) == 1 + 3
    assert "sees 5, neighbours 1 apart" in [text.get_text() for text in ax.texts]


def test_dilated_windows_say_their_sums():
    ax = drawn(plot.dilated_windows([1, 2, 3, 4, 5, 6], [1, 10, 100], 2))
    told = [text.get_text() for text in ax.texts]
    assert "1·1 + 3·10 + 5·100 = 531" in told
    assert "2·1 + 4·10 + 6·100 = 642" in told
    assert len(ax.patches) == 6 + 2 * 5


def test_named_points_stand_where_they_are():
    ax = drawn(plot.named_points({"a": (10.0, 5.0), "b": (200.0, 20.0)}, "x", "y"))
    assert [(p.get_xdata()[0], p.get_ydata()[0]) for p in ax.lines] == [
        (10, 5),
        (200, 20),
    ]
    assert [text.get_text() for text in ax.texts] == ["a", "b"]
    assert named(ax) and ax.get_ylim()[0] == 0


def test_five_costs_take_two_rows():
    costs = {str(n): {"a": 1.0, "b": 2.0} for n in range(5)}
    axes = plot.cost_bars(costs)
    axes[0].figure.canvas.draw()
    assert len(axes) == len(axes[0].figure.axes) == 5
    tops = [round(ax.get_position().y1, 2) for ax in axes]
    assert tops[0] == tops[2] > tops[3] == tops[4]
    assert [text.get_text() for text in axes[3].get_yticklabels()] == ["a", "b"]


def test_cost_bars_are_as_long_as_their_values():
    axes = plot.cost_bars(
        {"weights": {"a": 27.0, "b": 49.0}, "nothing": {"a": 0, "b": 0}},
        {"weights": "numbers"},
    )
    assert [bar.get_width() for bar in axes[0].patches] == [27, 49]
    assert drawn(axes[1]).get_xlim()[1] > 0
    assert axes[0].get_xlabel() == "numbers" and axes[0].get_ylabel()


def test_networks_are_drawn_to_one_scale():
    volumes = {
        network.name: [("input", network.input_shape)]
        + [
            (row.kind, row.shape)
            for row in trace(network.layers, network.input_shape)
            if row.level == 0 and row.kind in ("conv", "pool", "branches", "fc")
        ]
        for network in NETWORKS[:4]
    }
    axes = plot.network_volumes(volumes)
    drawn(axes[0])
    scales = []
    for ax, shapes in zip(axes, volumes.values(), strict=True):
        assert len(ax.patches) == len(shapes)
        for box, (kind, (C, H, _)) in zip(ax.patches, shapes, strict=True):
            longest = 64 if kind == "fc" else np.inf
            assert box.get_width() == min(max(C / 16, 2), longest)
            assert box.get_height() == max(H, 1)
        wide = [str(C) for kind, (C, _, _) in shapes if kind == "fc" and C > 1024]
        written = [text.get_text() for text in ax.texts]
        assert [text for text in written if text != "//"] == wide
        assert written.count("//") == len(wide)
        (x0, y0), (x1, y1) = ax.transData.transform([(0, 0), (1, 1)])
        assert x1 - x0 == pytest.approx(y1 - y0)
        scales.append(x1 - x0)
    assert max(scales) / min(scales) < 1.05
    assert axes[-1].get_xlabel() and all(ax.get_ylabel() for ax in axes)


@pytest.mark.parametrize("image", [np.zeros((10, 20)), np.random.rand(10, 20)])
def test_score_map_writes_what_is_sure(image):
    shares = np.array([[1.0, 0.2, 0.995, 0.5]])
    labels = np.array([[7, 8, 9, 6]])
    axes = plot.score_map(image, labels, shares, window=8, step=2, marked=[(0, 3)])
    assert [text.get_text() for text in drawn(axes[1]).texts] == ["7", "9", "6"]
    (frame,) = axes[0].patches
    assert (frame.get_x(), frame.get_width()) == (5.5, 8)
    assert all(named(ax) for ax in axes)


def test_depths_have_means_and_spreads():
    found = {"a": {4: [10, 30], 8: [50, 50]}, "b": {4: [20, 20], 8: [90, 70]}}
    ax = drawn(plot.depth_lines(found))
    lines = [bar.lines[0].get_ydata().tolist() for bar in ax.containers]
    assert lines == [[20, 50], [20, 80]]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["4", "8"]
    assert named(ax) and ax.get_ylim() == (0, 100)


def test_costs_stand_beside_every_score():
    costs, scores = {"a": 1000.0, "b": 30.0}, {"a": [50, 60], "b": [70, 80]}
    left, right = plot.costs_and_scores(costs, scores, "multiply-adds")
    left.figure.canvas.draw()
    assert [bar.get_width() for bar in left.patches] == [1000, 30]
    assert left.get_xlabel() == "multiply-adds" and right.get_xlabel()
    dots = [line.get_xdata() for line in right.lines if line.get_marker() == "o"]
    assert [list(each) for each in dots] == [[50, 60], [70, 80]]
    assert [text.get_text() for text in left.get_yticklabels()] == ["a", "b"]
