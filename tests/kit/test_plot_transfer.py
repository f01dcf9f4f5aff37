"""The figure of lesson 09."""

import matplotlib as mpl

mpl.use("Agg")

from course.kit.plot import transfer_lines


def test_means_and_guessing_are_drawn_and_axes_named():
    found = {"pixels": [[20, 30], [40, 40]], "layer 8": [[80, 90], [95, 95]]}
    ax = transfer_lines((5, 10), found, guess=10)
    assert list(ax.lines[0].get_ydata()) == [25, 40]
    assert ax.get_xlabel() and ax.get_ylabel()
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["guessing: 10 %", "pixels", "layer 8"]
