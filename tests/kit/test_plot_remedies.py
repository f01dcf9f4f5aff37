"""The figures of lesson 07 draw the numbers that they are given, also few or odd ones."""

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


def test_the_gap_is_between_the_two_curves():
    ax = drawn(plot.accuracy_gap([0.5, 0.9, 1.0], [0.4, 0.6, 0.7]))
    assert [line.get_ydata().tolist() for line in ax.lines] == [
        [50, 90, 100],
        [40, 60, 70],
    ]
    assert ax.lines[0].get_xdata().tolist() == [1, 2, 3]
    corners = ax.collections[0].get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (40, 100)


def test_sizes_by_depth_are_on_a_log_axis():
    ax = drawn(plot.by_depth({"a": [1.0, 0.1], "b": [2.0, 3.0]}, "size"))
    assert ax.get_yscale() == "log" and ax.get_ylabel() == "size"
    assert [line.get_label() for line in ax.lines] == ["a", "b"]


def test_schedules_begin_at_step_0():
    ax = drawn(plot.schedules({"falls": [0.3, 0.2, 0.0]}))
    assert ax.lines[0].get_xdata().tolist() == [0, 1, 2]
    assert ax.get_ylim()[0] == 0


@pytest.mark.parametrize("counts", [np.eye(3, dtype=int), np.full((3, 3), 7)])
def test_a_confusion_matrix_shows_its_counts_and_colours_mistakes_only(counts):
    ax = drawn(plot.confusion(counts, "abc"))
    assert sorted(int(text.get_text()) for text in ax.texts) == sorted(
        counts[counts > 0].tolist()
    )
    shown = ax.images[0].get_array()
    assert np.isnan(np.diag(np.ma.filled(shown, np.nan))).all()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "label")


def test_remedies_have_a_mean_and_a_spread():
    measured = [
        {"name": "nothing", "training": [1.0, 1.0], "validation": [0.7, 0.9]},
        {"name": "shifts", "training": [0.9, 0.9], "validation": [0.8, 0.85]},
    ]
    ax = drawn(plot.remedies(measured))
    known, new = (bars.lines[0].get_xdata() for bars in ax.containers)
    np.testing.assert_allclose(known, [100, 90])
    np.testing.assert_allclose(new, [80, 82.5])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["nothing", "shifts"]


def test_tries_of_a_search_ring_the_best():
    tries = [
        (0.5, {"rate": 0.1, "decay": 0.2}),
        (0.9, {"rate": 0.01, "decay": 0.3}),
        (float("nan"), {"rate": 1.0, "decay": 0.4}),
    ]
    ax = drawn(plot.rate_scores(tries, "rate", "decay"))
    np.testing.assert_allclose(ax.collections[1].get_offsets(), [[0.01, 0.3]])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


@pytest.mark.parametrize("own", [[], [0.5], [0.5, 0.6]])
def test_curves_of_seeds(own):
    ax = drawn(plot.seed_curves([[0.5, 0.7], [0.6, 0.8]], own))
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[50, 70], [60, 80]]
    assert len(ax.lines) == 2 + bool(own)
