"""The reference module of lesson 01: its contracts, the course's numbers, and properties."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course import geometry
from course.geometry import (
    conv_parameters,
    crop_to_fit,
    dense_parameters,
    depth_column,
    depth_slice,
    misprint_counterexample,
    output_size,
    pad_to_fit,
    same_padding,
    trace_shapes,
    unshared_parameters,
)

SIGNATURES = {
    "output_size": "(size, filter_size, stride=1, padding=0)",
    "crop_to_fit": "(size, filter_size, stride=1, padding=0)",
    "pad_to_fit": "(size, filter_size, stride=1, padding=0)",
    "same_padding": "(filter_size)",
    "depth_column": "(X, x, y)",
    "depth_slice": "(X, d)",
    "conv_parameters": "(channels, filters, filter_size, bias=True)",
    "dense_parameters": "(inputs, outputs, bias=True)",
    "unshared_parameters": (
        "(channels, filters, filter_size, out_height, out_width, bias=True)"
    ),
    "trace_shapes": "(input_shape, layers)",
    "misprint_counterexample": "()",
}
sizes = st.integers(1, 60)
strides, paddings = st.integers(1, 12), st.integers(0, 10)


def starts(size, filter_size, stride, padding):
    """First pixels of all places of the filter, by moving it; no formula."""
    return range(-padding, size + padding - filter_size + 1, stride)


def fits(size, filter_size, stride, padding, far=0):
    """Whether the last place ends at the far border, where `far` zeros were added."""
    end = size + padding + far
    return end - filter_size in range(-padding, end - filter_size + 1, stride)


@pytest.mark.parametrize(("name", "signature"), SIGNATURES.items())
def test_the_contracts_have_their_arguments_in_order(name, signature):
    assert str(inspect.signature(getattr(geometry, name))) == signature


@pytest.mark.parametrize(
    ("size", "filter_size", "stride", "padding", "want"),
    [
        (7, 3, 1, 0, 5),
        (7, 3, 2, 0, 3),
        (32, 5, 1, 0, 28),
        (32, 5, 3, 0, 10),
        (5, 3, 1, 0, 3),
        (5, 3, 1, 1, 5),
        (5, 3, 2, 1, 3),
        (7, 3, 1, 1, 7),
        (9, 3, 1, 1, 9),
        (9, 3, 1, 0, 7),
        (11, 5, 2, 0, 4),
        (227, 11, 4, 0, 55),
        (224, 2, 2, 0, 112),
    ],
)
def test_output_sizes_of_the_notes(size, filter_size, stride, padding, want):
    got = output_size(size, filter_size, stride, padding)
    assert (got, type(got)) == (want, int)


@pytest.mark.parametrize(
    "setting",
    [(7, 3, 3, 0), (32, 5, 2, 0), (10, 3, 2, 0), (5, 3, 3, 1), (224, 11, 4, 0)],
)
def test_impossible_sizes_of_the_notes_name_their_values(setting):
    with pytest.raises(ValueError) as caught:
        output_size(*setting)
    numbers = re.findall(r"\d+", str(caught.value))
    assert set(map(str, setting)) <= set(numbers)


def test_an_error_names_the_nearest_values_that_fit():
    with pytest.raises(ValueError, match="stride 2 or 4 fits.*padding 1 fits"):
        output_size(7, 3, stride=3)
    with pytest.raises(ValueError, match="stride 1 or 7 fits.*no padding fits"):
        output_size(10, 3, stride=2)
    with pytest.raises(ValueError, match="larger than.*padding 1 fits"):
        output_size(3, 5)


@pytest.mark.parametrize("function", [output_size, crop_to_fit, pad_to_fit])
@pytest.mark.parametrize(
    "setting",
    [
        (3, 5, 1, 0),
        (3, 8, 3, 1),
        (7, 3, 0, 0),
        (7, 3, -1, 0),
        (7, 3, 1, -1),
        (7, 0, 1, 0),
        (0, 1, 1, 1),
        (7.0, 3, 1, 0),
        (7, 3, 1.5, 0),
        (7, "3", 1, 0),
    ],
)
def test_settings_of_nonsense_are_refused(function, setting):
    with pytest.raises(ValueError):
        function(*setting)


@given(sizes, sizes, strides, paddings)
def test_output_size_counts_places_or_refuses(size, filter_size, stride, padding):
    if fits(size, filter_size, stride, padding):
        want = len(starts(size, filter_size, stride, padding))
        assert output_size(size, filter_size, stride, padding) == want
    else:
        with pytest.raises(ValueError):
            output_size(size, filter_size, stride, padding)


@given(sizes, sizes, strides, paddings)
def test_crop_and_pad_are_the_fewest_pixels_that_help(
    size, filter_size, stride, padding
):
    assume(filter_size <= size + 2 * padding)
    setting = size, filter_size, stride, padding
    crop, pad = crop_to_fit(*setting), pad_to_fit(*setting)
    assert type(crop) is int and type(pad) is int
    assert crop == min(n for n in range(stride) if fits(*setting, far=-n))
    assert pad == min(n for n in range(stride) if fits(*setting, far=n))
    assert crop + pad in (0, stride)


@given(sizes, sizes, strides, paddings)
def test_padding_a_misfit_gives_one_place_more_than_cropping_it(
    size, filter_size, stride, padding
):
    assume(filter_size <= size + 2 * padding)
    row = size + 2 * padding
    crop = crop_to_fit(size, filter_size, stride, padding)
    pad = pad_to_fit(size, filter_size, stride, padding)
    cropped = output_size(row - crop, filter_size, stride)
    assert output_size(row + pad, filter_size, stride) == cropped + (crop > 0)


def test_the_224_pixels_of_alexnet():
    for padding in range(50):
        with pytest.raises(ValueError):
            output_size(224, 11, 4, padding)
    assert pad_to_fit(224, 11, 4) == 227 - 224
    assert crop_to_fit(224, 11, 4) == 1
    assert output_size(224 + pad_to_fit(224, 11, 4), 11, 4) == 55


@given(st.integers(0, 40), st.integers(1, 100))
def test_same_padding_keeps_every_size(half, size):
    filter_size = 2 * half + 1
    padding = same_padding(filter_size)
    assert type(padding) is int
    assert output_size(size, filter_size, padding=padding) == size


@pytest.mark.parametrize("filter_size", [2, 4, 10, 0, -1, 3.0])
def test_same_padding_of_an_even_filter_is_refused(filter_size):
    with pytest.raises(ValueError, match=str(filter_size)):
        same_padding(filter_size)


def test_depth_column_and_slice():
    X = np.random.default_rng(0).normal(size=(5, 4, 3)).astype(np.float32)[::-1]
    column, card = depth_column(X, 3, 1), depth_slice(X, 2)
    assert (column.shape, card.shape) == ((3,), (5, 4))
    assert column.dtype == card.dtype == np.float32
    assert [*column] == [X[3, 1, d] for d in range(3)]
    assert all(card[x, y] == X[x, y, 2] for x in range(5) for y in range(4))


def test_parameters_of_the_notes():
    assert dense_parameters(32 * 32 * 3, 1, bias=False) == 3072
    assert dense_parameters(200 * 200 * 3, 1, bias=False) == 120_000
    assert conv_parameters(3, 1, 5, bias=False) == 75
    assert conv_parameters(3, 1, 5) == 76
    assert conv_parameters(20, 1, 3, bias=False) == 180
    assert 55 * 55 * 96 == 290_400
    assert unshared_parameters(3, 96, 11, 55, 55) == 105_705_600
    assert conv_parameters(3, 96, 11) == 34_944
    assert conv_parameters(3, 96, 11, bias=False) == 34_848
    assert conv_parameters(3, 30, 5, bias=False) == 2250
    assert unshared_parameters(3, 30, 5, 32, 32, bias=False) == 2_304_000


@given(st.lists(st.integers(1, 9), min_size=5, max_size=5), st.booleans())
def test_parameters_are_the_sizes_of_the_arrays(shape, bias):
    C, K, F, HO, WO = shape
    w, b = np.empty((K, C, F, F)), np.empty(K * bias)
    assert conv_parameters(C, K, F, bias) == w.size + b.size
    assert dense_parameters(C, K, bias) == np.empty((K, C)).size + b.size
    unshared = unshared_parameters(C, K, F, HO, WO, bias)
    assert unshared == HO * WO * (w.size + b.size)
    assert dense_parameters(C * F * F, K, bias) == conv_parameters(C, K, F, bias)


@pytest.mark.parametrize(
    "call",
    [
        lambda: conv_parameters(0, 1, 3),
        lambda: conv_parameters(3, 1.5, 3),
        lambda: dense_parameters(-1, 2),
        lambda: unshared_parameters(3, 2, 3, 0, 4),
    ],
)
def test_counts_of_nonsense_are_refused(call):
    with pytest.raises(ValueError):
        call()


def test_the_counterexample_proves_the_misprint():
    size, filter_size, stride, padding = misprint_counterexample()
    places = output_size(size, filter_size, stride, padding)
    assert (size - filter_size + 2 * padding) / (stride + 1) != places


@given(sizes, sizes, strides, paddings)
def test_no_setting_that_fits_saves_the_misprint(size, filter_size, stride, padding):
    assume(fits(size, filter_size, stride, padding))
    printed = (size - filter_size + 2 * padding) / (stride + 1)
    assert printed < output_size(size, filter_size, stride, padding)


def test_trace_of_the_slides_network():
    conv = {"type": "conv", "filters": 10, "size": 3, "stride": 1, "padding": 1}
    relu, pool = {"type": "relu"}, {"type": "pool", "size": 2, "stride": 2}
    rows = trace_shapes((3, 32, 32), [conv, relu, conv, relu, pool])
    assert rows == [
        ("conv", (10, 32, 32), 280),
        ("relu", (10, 32, 32), 0),
        ("conv", (10, 32, 32), 910),
        ("relu", (10, 32, 32), 0),
        ("pool", (10, 16, 16), 0),
    ]
    assert {type(row) for row in rows} == {type(rows[0][1])} == {tuple}


def test_trace_of_the_notes_network_with_names_and_defaults():
    layers = [
        {"type": "conv", "filters": 12, "size": 3, "padding": 1, "name": "conv1"},
        {"type": "relu"},
        {"type": "pool"},
        {"type": "fc", "outputs": 10, "name": "scores"},
    ]
    copies = [dict(layer) for layer in layers]
    assert trace_shapes((3, 32, 32), layers) == [
        ("conv1", (12, 32, 32), 336),
        ("relu", (12, 32, 32), 0),
        ("pool", (12, 16, 16), 0),
        ("scores", (10, 1, 1), 16 * 16 * 12 * 10 + 10),
    ]
    assert layers == copies


def test_trace_keeps_height_and_width_apart():
    layers = [
        {"type": "conv", "filters": 96, "size": 11, "stride": 4},
        {"type": "pool", "size": 3, "stride": 2},
        {"type": "fc", "outputs": 7},
    ]
    assert [shape for _, shape, _ in trace_shapes((3, 195, 227), layers)] == [
        (96, 47, 55),
        (96, 23, 27),
        (7, 1, 1),
    ]


def test_pooling_of_the_notes():
    pool = {"type": "pool", "size": 2, "stride": 2}
    assert trace_shapes((64, 224, 224), [pool]) == [("pool", (64, 112, 112), 0)]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        ({"type": "blur"}, "'blur'"),
        ({"filters": 3}, "None"),
        ({"type": "conv", "size": 3}, "'filters'"),
        ({"type": "fc", "outputs": 3, "pading": 1}, "'pading'"),
        ({"type": "conv", "filters": 3, "size": 3, "stride": 2}, "size 8"),
        ({"type": "pool", "size": 9}, "size 8"),
        ({"type": "fc", "outputs": 0}, "outputs"),
    ],
)
def test_trace_refuses_what_cannot_work(layer, text):
    with pytest.raises(ValueError, match=text):
        trace_shapes((3, 8, 8), [{"type": "relu"}, layer])
