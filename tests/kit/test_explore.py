"""Figures to play with: what they say of the functions they were given."""

import numpy as np
import pytest

from course.architectures import receptive_field
from course.geometry import trace_shapes
from course.gradients import conv_backward_naive
from course.im2col import conv_forward, im2col
from course.kit import explore
from course.kit.widgets import Explorer, Slider
from course.network import SGD, small_convnet, train
from course.pooling import max_pool_backward_naive, max_pool_forward_naive
from course.training import Adam

FIGURES = {
    "columns": lambda: explore.columns(im2col),
    "fields": lambda: explore.fields(receptive_field),
    "gradients": lambda: explore.gradients(conv_backward_naive),
    "learning_rates": lambda: explore.learning_rates(small_convnet, train),
    "rooflines": lambda: explore.rooflines(conv_forward, 50e9, 5e9),
    "shapes": lambda: explore.shapes(trace_shapes),
    "switches": lambda: explore.switches(
        max_pool_forward_naive, max_pool_backward_naive
    ),
    "valley": lambda: explore.valley(SGD, Adam),
}


def _set(figure, **values):
    figure.values = {**figure.values, **values}


def _click(figure, name, x, y):
    """A click at (x, y), in the units of the axes of this name."""
    (ax,) = [each for each in figure._figure.axes if each.get_label() == name]
    across, down = ax.transData.transform((x, y))
    box = figure._figure.bbox
    figure.clicked = [across / box.width, 1 - down / box.height, 1]


@pytest.mark.parametrize("name", explore.__all__)
def test_every_one_draws_and_says_something(name):
    figure = FIGURES[name]()
    assert not figure.problem, figure.text
    assert figure.text.endswith(".") and figure.text in repr(figure)


def test_columns_finds_the_copies_of_a_pixel():
    figure = explore.columns(im2col)
    _set(figure, size=2, stride=1, pixel=0)
    assert "The pixel 1, framed in white, is in 1 windows" in figure.text
    _click(figure, "x", 2, 3)
    assert figure.values["pixel"] == 20
    assert "The pixel 21, framed in white, is in 4 windows" in figure.text
    _click(figure, "X_col", 7, 1)
    assert "Column 7" in figure.text
    _set(figure, size=4, stride=3)
    assert figure.problem and "ValueError" in figure.text  # the learner's own words


def test_gradients_of_one_output():
    seen = []

    def watched(dout, cache):
        seen.append(dout)
        return conv_backward_naive(dout, cache)

    figure = explore.gradients(watched)
    _click(figure, "dout", 3, 2)
    assert np.argwhere(seen[-1]).tolist() == [[0, 0, 2, 3]]
    assert "output (2, 3)" in figure.text
    _set(figure, spread=1)
    assert (seen[-1] == 1).all()


def test_switches_follow_a_click_and_the_shift():
    figure = explore.switches(max_pool_forward_naive, max_pool_backward_naive)
    _set(figure, shift=0)
    assert "100% of the pixels are the same, and 100% of the outputs" in figure.text
    _click(figure, "out", 1, 3)
    assert "out[3, 1]" in figure.text


def test_fields_grow_with_pools():
    figure = explore.fields(receptive_field)
    _set(figure, size=2, convs=2, pools=0)
    assert "sees 5 x 5 pixels, with 18 weights" in figure.text
    _set(figure, pools=1)
    assert "sees 14 x 14 pixels, with 36 weights" in figure.text


def test_shapes_count_what_is_learned():
    figure = explore.shapes(trace_shapes)
    assert "26,346 numbers to learn, 78% of them in fc" in figure.text


def test_learning_rates_keep_their_curves():
    calls = []

    def counted(*arguments, **named):
        calls.append(named["learning_rate"])
        return train(*arguments, **named)

    figure = explore.learning_rates(small_convnet, counted)
    _set(figure, rate=0)
    _set(figure, rate=4)
    assert calls == [0.03, 0.0003]
    assert "Learning rate 0.03: after 40 steps" in figure.text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotImplementedError("im2col is yours"), "To be written first: im2col is"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_what_a_function_raises_is_shown(error, words):
    def broken(*arguments):
        raise error

    figure = explore.columns(broken)
    assert figure.problem and words in figure.text
    assert figure.picture().startswith(b"\x89PNG")
    figure.clicked = [0.5, 0.5, 1]  # nothing to click on


def test_values_out_of_range_are_bounded():
    seen = []
    slider = {"n": Slider("n", 1, 3, 2)}
    figure = Explorer("?", slider, lambda figure, n: str(seen.append(n)))
    first = figure.image
    for n in (99, -99):
        _set(figure, n=n)
    assert seen == [2, 3, 1] and figure.image == first


def test_in_a_valley_steepness_stops_sgd_and_not_adam():
    figure = explore.valley(SGD, Adam)

    def heights(**values):
        _set(figure, **values)
        text = figure.text.replace(",", "").rstrip(".").split()
        return float(text[text.index("of", text.index("height")) + 1]), float(text[-1])

    even, steep = heights(rate=5, steep=0), heights(rate=5, steep=4)
    assert steep[0] > 1e3 > even[0]  # a step of 0.1 on a slope of 100 times: it leaves
    assert steep[1] < 10
    assert heights(rate=0, steep=0)[0] > 7  # 40 steps that are too short
