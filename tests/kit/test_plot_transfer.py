"""The figures of lesson 10."""

import matplotlib as mpl

mpl.use("Agg")

from course.kit.plot import transfer_lines, tuning_lines


def test_means_and_guessing_are_drawn_and_axes_named():
    found = {"pixels": [[20, 30], [40, 40]], "layer 8": [[80, 90], [95, 95]]}
    ax = transfer_lines((5, 10), found, guess=10)
    assert list(ax.lines[0].get_ydata()) == [25, 40]
    assert ax.get_xlabel() and ax.get_ylabel()
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["guessing: 10 %", "pixels", "layer 8"]


def test_a_training_has_its_mean_and_a_band_in_each_panel():
    draws = [[20, 40], [30, 60]]
    axes = tuning_lines({"a": {"slow": draws}, "b": {"slow": draws}}, (5, 10))
    for ax, case in zip(axes, "ab", strict=True):
        assert list(ax.lines[0].get_ydata()) == [25, 50]
        assert len(ax.collections) == 1
        assert ax.get_title("left") == case and ax.get_xlabel() and ax.get_ylabel()
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["slow"]
