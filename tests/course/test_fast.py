"""The reference module of lesson 11: every method is the layer, within its error bound."""

import inspect
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_layers import conv_layers

from course import fast as module
from course import im2col
from course.fast import (
    cache_blocks,
    choose,
    conv_backward,
    conv_forward,
    conv_forward_1x1,
    conv_forward_blocks,
    conv_forward_lines,
    conv_forward_rows,
    conv_forward_winograd,
    conv_forward_winograd_lines,
    padded_strip,
    row_copies,
    winograd_filters,
    winograd_matrices,
)

SIGNATURES = {
    "row_copies": "(x, filter_width, stride=1)",
    "conv_forward_rows": "(x, w, b, stride=1, padding=0)",
    "conv_forward_blocks": "(x, w, b, stride=1, padding=0)",
    "conv_forward_1x1": "(x, w, b)",
    "winograd_filters": "(w)",
    "conv_forward_winograd": "(x, w, b, padding=0)",
    "choose": "(x_shape, w_shape, stride=1, padding=0)",
    "conv_forward": "(x, w, b, stride=1, padding=0)",
    "conv_backward": "(dout, cache)",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    function = getattr(module, name)
    assert str(inspect.signature(function)) == SIGNATURES[name]
    assert function.__doc__


@settings(max_examples=80, deadline=None)
@given(conv_layers(largest=5, places=11, channels=4))
def test_every_general_method_is_the_layer_of_lesson_04(layer):
    want = im2col.conv_forward(*layer)[0]
    for forward in (conv_forward_rows, conv_forward_blocks):
        np.testing.assert_allclose(forward(*layer), want, atol=1e-11)
    np.testing.assert_allclose(conv_forward(*layer)[0], want, atol=1e-11)


@settings(max_examples=80, deadline=None)
@given(conv_layers(largest=(3,), places=11, channels=4, stride=1))
def test_winograd_is_the_layer_for_every_size_and_padding(layer):
    x, w, b, _, padding = layer
    want = im2col.conv_forward(*layer)[0]
    for forward in (conv_forward_winograd, conv_forward_winograd_lines):
        got = forward(x, w, b, padding)
        np.testing.assert_allclose(got, want, atol=1e-10)


@settings(max_examples=80, deadline=None)
@given(conv_layers(largest=5, places=11, channels=4, stride=1))
def test_lines_are_the_layer_for_every_size_and_padding(layer):
    x, w, b, _, padding = layer
    want = im2col.conv_forward(*layer)[0]
    got = conv_forward_lines(x, w, b, padding)
    np.testing.assert_allclose(got, want, atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(conv_layers(largest=5, places=11, channels=18))
def test_the_gradients_are_those_of_lesson_04(layer):
    out, cache = conv_forward(*layer)
    dout = np.random.default_rng(1).standard_normal(out.shape)
    want = im2col.conv_backward(dout, im2col.conv_forward(*layer)[1])
    for got, wanted in zip(conv_backward(dout, cache), want, strict=True):
        assert got.shape == wanted.shape
        np.testing.assert_allclose(got, wanted, atol=1e-9)


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "padding", "method"),
    [
        ((2, 64, 9, 7), (65, 64, 3, 3), 0, "winograd"),
        ((2, 64, 9, 7), (65, 64, 3, 3), 2, "winograd"),
        ((2, 16, 9, 7), (19, 16, 3, 3), 0, "winograd lines"),
        ((9, 17, 14, 31), (63, 17, 3, 3), 2, "winograd lines"),
        ((2, 3, 9, 7), (5, 3, 4, 4), 2, "lines"),
        ((40, 2, 33, 90), (4, 2, 5, 5), 4, "lines"),
        ((2, 16, 9, 7), (19, 16, 5, 5), 3, "rows"),
        ((2, 3, 4, 5), (4, 3, 1, 1), 0, "1x1"),
        ((40, 3, 33, 30), (4, 3, 5, 4), 2, "blocks"),
    ],
)
def test_each_method_is_chosen_and_goes_back(x_shape, w_shape, padding, method):
    assert choose(x_shape, w_shape, 1, padding) == method
    rng = np.random.default_rng(2)
    x, w, b = (rng.standard_normal(s) for s in (x_shape, w_shape, w_shape[0]))
    out, cache = conv_forward(x, w, b, 1, padding)
    want, old_cache = im2col.conv_forward(x, w, b, 1, padding)
    np.testing.assert_allclose(out, want, atol=1e-10)
    dout = rng.standard_normal(out.shape)
    wanted = im2col.conv_backward(dout, old_cache)
    for got, one in zip(conv_backward(dout, cache), wanted, strict=True):
        np.testing.assert_allclose(got, one, atol=1e-8)


def single(*shapes):
    """Arrays with mean 0, and the same in float32."""
    rng = np.random.default_rng(3)
    double = [rng.standard_normal(shape) for shape in shapes]
    return [array.astype(np.float32).astype(float) for array in double]


@pytest.mark.parametrize("channels", [16, 63, 64, 256])
def test_float32_stays_within_the_promised_error(channels):
    x, w, b = single((1, channels, 13, 14), (64, channels, 3, 3), (64,))
    want, cache = im2col.conv_forward(x, w, b, 1, 1)
    small = [array.astype(np.float32) for array in (x, w, b)]
    out, small_cache = conv_forward(*small, 1, 1)
    assert out.dtype == np.float32
    assert np.abs(out - want).max() < 1e-4 * np.abs(want).max()
    (dout,) = single(out.shape)
    wanted = im2col.conv_backward(dout, cache)
    got = conv_backward(dout.astype(np.float32), small_cache)
    for one, exact in zip(got, wanted, strict=True):
        assert one.dtype == np.float32
        assert np.abs(one - exact).max() < 1e-4 * np.abs(exact).max()


def peak(f, *arguments):
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    result = f(*arguments)
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return result, most


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "stride", "padding"),
    [
        ((64, 1, 32, 32), (6, 1, 5, 5), 1, 0),
        ((64, 6, 14, 14), (16, 6, 5, 5), 1, 0),
        ((32, 32, 32, 32), (32, 32, 3, 3), 1, 1),
        ((2, 3, 227, 227), (96, 3, 11, 11), 4, 0),
        ((4, 256, 28, 28), (256, 256, 3, 3), 1, 1),
        ((2, 256, 28, 28), (64, 256, 1, 1), 1, 0),
        ((1, 6, 240, 240), (8, 6, 5, 5), 1, 2),
        ((1, 64, 120, 120), (64, 64, 3, 3), 1, 1),
        ((16, 16, 60, 60), (16, 16, 11, 11), 1, 5),
    ],
)
def test_memory_stays_below_one_and_a_half_times_what_goes_in_and_out(
    x_shape, w_shape, stride, padding
):
    shapes = (x_shape, w_shape, w_shape[:1])
    x, w, b = (np.ones(shape, np.float32) for shape in shapes)
    (out, cache), most = peak(conv_forward, x, w, b, stride, padding)
    whole = x.nbytes + w.nbytes + b.nbytes + out.nbytes
    assert most < 1.5 * whole
    dout = np.ones_like(out)
    gradients, most = peak(conv_backward, dout, cache)
    whole = x.nbytes + w.nbytes + dout.nbytes + sum(one.nbytes for one in gradients)
    assert most < 1.5 * whole


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5), st.integers(1, 20), st.integers(1, 50), st.integers(1, 300))
def test_blocks_cover_everything_once_and_fit(images, rows, size, limit):
    seen = np.zeros((images, rows), int)
    for n, end, top, bottom in cache_blocks(images, rows, size, limit):
        seen[n:end, top:bottom] += 1
        count = (end - n) * (bottom - top)
        assert count == 1 or count * size <= limit
    assert (seen == 1).all()


def test_a_strip_is_a_part_of_the_padded_image():
    x = np.random.default_rng(4).standard_normal((2, 3, 4, 5))
    wide = np.pad(x, [(0, 0), (0, 0), (3, 3), (3, 3)])
    for first in range(10):
        for last in range(first, 11):
            strip = padded_strip(x, 3, first, last)
            np.testing.assert_array_equal(strip, wide[:, :, first:last])


def test_winograd_in_one_dimension_with_these_matrices():
    B_T, G, A_T = winograd_matrices()
    d, g = np.arange(1.0, 7.0), np.array([1.0, 2.0, 1.0])
    np.testing.assert_allclose(A_T @ ((G @ g) * (B_T @ d)), np.correlate(d, g))
    w = np.random.default_rng(5).standard_normal((2, 3, 3, 3))
    points = winograd_filters(w)
    np.testing.assert_allclose(
        points[:, 1, 2].reshape(6, 6), G @ w[1, 2] @ G.T, atol=1e-14
    )


def strided(array):
    """A read-only view with gaps of NaN between its numbers."""
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), np.nan)
    wide[..., ::2] = array
    wide.flags.writeable = False
    return wide[..., ::2]


@pytest.mark.parametrize(
    ("x_shape", "w_shape"),
    [
        ((2, 3, 4, 5), (2, 3, 1, 1)),
        ((2, 3, 4, 5), (2, 3, 3, 2)),
        ((2, 16, 4, 5), (17, 16, 3, 3)),
        ((2, 64, 4, 5), (65, 64, 3, 3)),
        ((2, 3, 4, 5), (2, 3, 3, 3)),
        ((2, 16, 4, 5), (17, 16, 2, 2)),
    ],
)
def test_nothing_that_goes_in_is_changed_and_gaps_are_not_read(x_shape, w_shape):
    rng = np.random.default_rng(6)
    x, w, b = (rng.standard_normal(s) for s in (x_shape, w_shape, w_shape[0]))
    out, cache = conv_forward(x, w, b)
    dout = rng.standard_normal(out.shape)
    want = out, *conv_backward(dout, cache)
    out, cache = conv_forward(strided(x), strided(w), strided(b))
    got = out, *conv_backward(strided(dout), cache)
    for one, wanted in zip(got, want, strict=True):
        np.testing.assert_allclose(one, wanted, atol=1e-11)


def test_an_empty_batch_gives_an_empty_output():
    for w_shape in [(2, 3, 1, 1), (2, 3, 3, 2), (16, 16, 3, 3), (16, 16, 2, 2)]:
        x, w, b = np.ones((0, w_shape[1], 4, 5)), np.ones(w_shape), np.ones(w_shape[0])
        out, cache = conv_forward(x, w, b)
        assert out.shape == im2col.conv_forward(x, w, b)[0].shape
        dx, dw, db = conv_backward(out, cache)
        assert dx.shape == x.shape
        assert not dw.any() and not db.any()


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "stride", "numbers"),
    [
        ((1, 1, 227, 224), (1, 1, 11, 11), 4, "224 11 4"),
        ((1, 1, 4, 4), (1, 1, 4, 7), 1, "4 7"),
        ((1, 3, 5, 5), (1, 2, 3, 3), 1, "3 2"),
        ((1, 16, 5, 5), (16, 17, 3, 3), 1, "16 17"),
        ((1, 64, 5, 5), (64, 65, 3, 3), 1, "64 65"),
        ((1, 3, 5, 5), (2, 4, 3, 3), 1, "3 4"),
        ((1, 16, 2, 5), (16, 16, 3, 3), 1, "2 3"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(x_shape, w_shape, stride, numbers):
    arguments = np.ones(x_shape), np.ones(w_shape), np.ones(w_shape[0]), stride
    for forward in (conv_forward, conv_forward_blocks, conv_forward_rows):
        with pytest.raises(ValueError) as error:
            forward(*arguments)
        assert set(numbers.split()) <= set(str(error.value).replace(",", " ").split())


def test_methods_refuse_filters_of_another_size():
    x = np.ones((1, 2, 6, 6))
    with pytest.raises(ValueError, match="5x5"):
        conv_forward_winograd(x, np.ones((1, 2, 5, 5)), np.ones(1))
    with pytest.raises(ValueError, match="1x1"):
        conv_forward_1x1(x, np.ones((1, 2, 3, 3)), np.ones(1))
    with pytest.raises(ValueError, match=r"10.*3.*2"):
        row_copies(np.ones((1, 1, 7, 10)), 3, 2)
