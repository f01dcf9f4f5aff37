"""What tasks are given: what is refused, what messages advise, a pattern cut into words."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.kit.validation import (
    point_at,
    require_counts,
    require_layers,
    require_window,
    suggest_sizes,
    tokens,
)


def refusal(function, *args, **kwargs) -> str:
    with pytest.raises(ValueError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


@pytest.mark.parametrize("count", [0, -1, 2.0, 2.5, "3", None])
def test_a_count_is_a_whole_number(count):
    text = refusal(require_counts, channels=count)
    assert text == f"channels is {count!r}: it must be a whole number, 1 or more"


def test_counts_that_are_fine():
    assert require_counts(channels=3, filters=np.int64(1)) is None
    assert require_counts(lowest=0, padding=0) is None


@pytest.mark.parametrize(
    ("window", "named"),
    [
        ((0, 1, 1, 0), "size"),
        ((5, 0, 1, 0), "filter_size"),
        ((5, 3, 0, 0), "stride"),
        ((5, 3, 1, -1), "padding"),
        ((5, 3, 1.0, 0), "stride"),
    ],
)
def test_a_window_of_nonsense_is_refused_by_name(window, named):
    assert refusal(require_window, *window).startswith(f"{named} is ")


def test_a_filter_may_be_as_large_as_the_padded_row_and_no_larger():
    assert require_window(3, 5, 1, 1) is None
    text = refusal(require_window, 3, 6, 1, 1)
    assert text.startswith("the filter is larger than the padded row: size 3, ")
    assert "padding 2 fits" in text


def test_what_fits_names_the_values_and_the_nearest_ones():
    assert suggest_sizes(7, 3, 3, 0) == (
        "size 7, filter_size 3, stride 3, padding 0 do not fit: "
        "7 - 3 + 2*0 = 4 is not a multiple of 3. "
        "With padding 0, stride 2 or 4 fits; with stride 3, padding 1 fits"
    )
    assert "no padding fits" in suggest_sizes(224, 11, 4, 0)
    assert "-2 is below 0. With padding 0, no stride fits" in suggest_sizes(3, 5, 1, 0)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12), st.integers(0, 12))
def test_the_advice_fits_and_nothing_is_nearer(size, filter_size, stride, padding):
    def lands(s, p):
        return size - filter_size + 2 * p in range(0, 200, s)

    if lands(stride, padding):
        return
    text = suggest_sizes(size, filter_size, stride, padding).partition(". ")[2]
    strides, paddings = (
        [int(number) for number in re.findall(r"\d+", part.rpartition(", ")[2])]
        for part in text.split(";")
    )
    below, above = range(stride), range(stride + 1, 200)
    assert strides == [
        *[s for s in below if s and lands(s, padding)][-1:],
        *[s for s in above if size + 2 * padding > filter_size and lands(s, padding)][
            :1
        ],
    ]
    assert paddings == [
        *[p for p in range(padding) if lands(stride, p)][-1:],
        *[p for p in range(padding + 1, 90) if lands(stride, p)][:1],
    ]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        ({}, "layer 1 has the type None; known are 'conv', 'fc', 'pool', 'relu'"),
        ({"type": "blur"}, "layer 1 has the type 'blur'; known are "),
        ({"type": "conv", "filters": 3}, "layer 1, conv: missing 'size'"),
        ({"type": "fc", "outputs": 3, "pading": 1}, "layer 1, fc: unknown 'pading'"),
        ({"type": "pool", "padding": 1}, "layer 1, pool: unknown 'padding'"),
        ({"type": "fc", "size": 1}, "layer 1, fc: missing 'outputs'; unknown 'size'"),
    ],
)
def test_layers_of_nonsense_are_refused(layer, text):
    assert refusal(require_layers, [{"type": "relu"}, layer]).startswith(text)


def test_layers_that_are_fine():
    layers = [
        {"type": "conv", "filters": 2, "size": 3},
        {"type": "conv", "filters": 2, "size": 3, "stride": 1, "padding": 1},
        {"type": "relu", "name": "relu1"},
        {"type": "pool"},
        {"type": "fc", "outputs": 2},
    ]
    assert require_layers(layers) is None


def test_words_numbers_and_signs_with_their_places():
    found = tokens("input->[Conv]*12")
    assert [tuple(token) for token in found] == [
        ("INPUT", 0),
        ("->", 5),
        ("[", 7),
        ("CONV", 8),
        ("]", 12),
        ("*", 13),
        ("12", 14),
        ("", 16),
    ]


def test_what_has_no_meaning_is_a_sign_of_its_own():
    assert [token.text for token in tokens("A - > + 2x")] == [
        *["A", "-", ">", "+", "2", "X", ""]
    ]


def test_an_empty_pattern_has_only_its_end():
    assert tokens("") == [("", 0)]
    assert tokens("  ") == [("", 2)]


def test_the_caret_stands_below_the_place():
    pattern = "INPUT -> POLL"
    for place in (0, 9, len(pattern)):
        reason, line, caret = point_at(pattern, place, "no such layer").split("\n")
        assert reason == "no such layer"
        assert caret.index("^") - line.index(pattern) == place
        assert caret.strip() == "^"
