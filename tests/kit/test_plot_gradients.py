"""Figures of lesson 03: logarithmic errors with their theory, and slopes around a kink."""

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


def line(ax, label):
    return next(drawn for drawn in ax.lines if drawn.get_label() == label)


STEPS = np.logspace(0, -12, 25)


def test_errors_are_drawn_on_two_logarithmic_axes_with_the_default_marked():
    errors = {"central": STEPS**1.3, "forward": STEPS}
    ax = plot.error_against_step(STEPS, errors, default=1e-5)
    ax.figure.canvas.draw()
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_xlabel() == "step h"
    assert "error" in ax.get_ylabel()
    for name, values in errors.items():
        np.testing.assert_array_equal(line(ax, name).get_ydata(), values)
    words = [text.get_text() for text in ax.texts]
    assert {"h", "h²", "eps/h", "h = 1e-05"} <= set(words)
    assert sorted(t.get_text() for t in ax.get_legend().get_texts()) == sorted(errors)


def test_the_powers_of_h_are_where_the_theory_puts_them():
    ax = plot.error_against_step(STEPS, {"central": STEPS})
    dashed = [drawn for drawn in ax.lines if drawn.get_linestyle() == "--"]
    powers = [np.polyfit(np.log(STEPS), np.log(d.get_ydata()), 1)[0] for d in dashed]
    np.testing.assert_allclose(powers, [-1, 1, 2], atol=1e-9)


def test_an_error_of_zero_is_drawn_at_the_bottom(recwarn):
    ax = plot.error_against_step(STEPS, {"exact": np.zeros(len(STEPS))})
    ax.figure.canvas.draw()
    assert (line(ax, "exact").get_ydata() > 0).all()
    assert not recwarn.list


def test_the_true_slope_breaks_where_it_jumps():
    places = np.linspace(-1, 1, 9)
    ax = plot.slopes_at_kink(places, {"h": np.full(9, 0.5)}, (places > 0).astype(float))
    thick = [drawn for drawn in ax.lines if drawn.get_linewidth() == 4]
    assert [set(drawn.get_ydata()) for drawn in thick] == [{0.0}, {1.0}]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["slope of ReLU", "h"]
    np.testing.assert_array_equal(line(ax, "h").get_ydata(), np.full(9, 0.5))


def test_a_slope_without_a_jump_is_one_line(recwarn):
    ax = plot.slopes_at_kink(np.arange(5.0), {}, np.ones(5))
    ax.figure.canvas.draw()
    assert len(ax.lines) == 1
    assert not recwarn.list


def test_both_draw_on_the_axes_they_are_given():
    _, (left, right) = plt.subplots(1, 2)
    assert plot.error_against_step(STEPS, {"a": STEPS}, ax=left) is left
    assert plot.slopes_at_kink(STEPS, {"a": STEPS}, STEPS, ax=right) is right


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_flipped_filter_gives_the_gradient_of_a_strided_convolution(stride):
    dout, w = np.array([1.0, -2, 3]), np.array([2.0, 1, -1])
    _, given = plt.subplots()
    ax = plot.backward_slide(dout, w, stride, ax=given)
    ax.figure.canvas.draw()
    scattered = np.zeros((len(dout) - 1) * stride + len(w))
    for i, g in enumerate(dout):
        scattered[i * stride : i * stride + len(w)] += g * w
    wanted = [f"dx[{m}] = {value:.4g}" for m, value in enumerate(scattered)]
    found = [text.get_text().replace("\N{MINUS SIGN}", "-") for text in ax.texts]
    assert [word for word in found if word.startswith("dx")] == wanted
    assert ax is given
