"""The figures of lesson 06 draw what they are given, also when that is little or odd."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.kit import plot


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def drawn(ax):
    ax.figure.canvas.draw()
    return ax


def test_curves_of_a_training():
    loss = np.linspace(2.3, 0.1, 200)
    history = {"loss": loss, "accuracy": [0.2, 0.9], "validation": [0.3, 0.8]}
    left, right = plot.training_curves(history, guess=2.3)
    drawn(left)
    steps, values = left.lines[1].get_data()
    assert steps[0] == 10 and steps[-1] == 200
    np.testing.assert_allclose(values[0], loss[:10].mean())
    assert [text.get_text() for text in left.get_legend().get_texts()] == [
        "mean of 10 steps",
        "guessing: 2.30",
    ]
    assert [line.get_ydata().tolist() for line in right.lines] == [[20, 90], [30, 80]]
    assert (right.get_xlabel(), right.get_ylabel()) == ("epoch", "right answers in %")


@pytest.mark.parametrize(
    "history",
    [
        {},
        {"loss": [], "accuracy": [], "validation": []},
        {"loss": [2.0]},
        {"loss": [2.0, np.nan, np.inf], "accuracy": [0.1]},
        {"loss": [0.0] * 50, "accuracy": [1.0] * 50},
    ],
)
def test_curves_of_little(history):
    for ax in plot.training_curves(history, guess=1.0):
        drawn(ax)


def test_curves_on_given_axes():
    _, axes = plt.subplots(1, 2)
    assert plot.training_curves({"loss": [1.0]}, axes=list(axes)) == list(axes)


def test_lines_of_several_trainings():
    ax = plot.loss_lines({"a": np.ones(40), "b": [1.0, np.nan, np.inf]}, guess=2.3)
    assert drawn(ax).get_ylim() == (0, 4.6)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 1)
    assert len({line.get_linestyle() for line in ax.lines[:2]}) == 2
