"""The reference module of lesson 04: its contracts, the notes' numbers, and properties."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_layers import conv_layers

from course import im2col as module
from course.convolution import conv1x1_forward, conv_forward_naive
from course.im2col import (
    col2im,
    conv_backward,
    conv_forward,
    conv_forward_window,
    im2col,
)

SIGNATURES = {
    "conv_forward_window": "(x, w, b, stride=1, padding=0)",
    "im2col": "(x, filter_height, filter_width, stride=1, padding=0)",
    "conv_forward": "(x, w, b, stride=1, padding=0)",
    "col2im": "(cols, x_shape, filter_height, filter_width, stride=1, padding=0)",
    "conv_backward": "(dout, cache)",
}
FORWARD = [conv_forward_window, conv_forward]


def gradients_by_place(x, w, dout, stride, padding):
    """(dx, dw, db) without any matrix of windows."""
    FH, FW = w.shape[2:]
    borders = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    padded = np.pad(x, borders)
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, padded[:, :, rows, columns])
        dpadded[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    H, W = x.shape[2:]
    dx = dpadded[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum(axis=(0, 2, 3))


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    function = getattr(module, name)
    assert str(inspect.signature(function)) == SIGNATURES[name]
    assert function.__doc__


@settings(max_examples=60, deadline=None)
@given(conv_layers())
def test_window_and_product_are_the_naive_layer(layer):
    want = conv_forward_naive(*layer)[0]
    for forward in FORWARD:
        np.testing.assert_allclose(forward(*layer)[0], want, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(conv_layers())
def test_each_column_is_a_window(layer):
    x, w, _, stride, padding = layer
    FH, FW = w.shape[2:]
    cols = im2col(x, FH, FW, stride, padding)
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    HO = (wide.shape[2] - FH) // stride + 1
    WO = (wide.shape[3] - FW) // stride + 1
    assert cols.shape == (len(x), x.shape[1] * FH * FW, HO * WO)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        window = wide[:, :, top : top + FH, left : left + FW]
        np.testing.assert_array_equal(
            cols[:, :, ho * WO + wo], window.reshape(len(x), -1)
        )


@settings(max_examples=60, deadline=None)
@given(conv_layers(), st.integers(0, 99))
def test_col2im_is_the_adjoint_of_im2col(layer, seed):
    x, w, _, stride, padding = layer
    window = w.shape[2:]
    cols = im2col(x, *window, stride, padding)
    c = np.random.default_rng(seed).standard_normal(cols.shape)
    back = col2im(c, x.shape, *window, stride, padding)
    assert back.shape == x.shape
    np.testing.assert_allclose(np.sum(cols * c), np.sum(x * back), atol=1e-9)
    other = col2im(np.asfortranarray(c), x.shape, *window, stride, padding)
    np.testing.assert_array_equal(other, back)


@settings(max_examples=60, deadline=None)
@given(conv_layers(), st.integers(0, 99))
def test_the_gradients_are_those_of_the_places(layer, seed):
    x, w, _, stride, padding = layer
    out, cache = conv_forward(*layer)
    dout = np.random.default_rng(seed).standard_normal(out.shape)
    got = conv_backward(dout, cache)
    want = gradients_by_place(x, w, dout, stride, padding)
    for gradient, wanted in zip(got, want, strict=True):
        assert gradient.shape == wanted.shape
        np.testing.assert_allclose(gradient, wanted, atol=1e-10)


@settings(max_examples=20, deadline=None)
@given(conv_layers(largest=1, places=4, channels=4, stride=1))
def test_a_1x1_layer_is_the_product_over_channels(layer):
    x, w, b, *_ = layer
    want = conv1x1_forward(x, w, b)[0]
    for forward in FORWARD:
        np.testing.assert_allclose(forward(x, w, b)[0], want, atol=1e-12)


def test_the_numbers_of_the_notes():
    x = np.zeros((1, 3, 227, 227), np.float32)
    w, b = np.zeros((96, 3, 11, 11), np.float32), np.zeros(96, np.float32)
    cols = im2col(x, 11, 11, stride=4)
    assert cols.shape == (1, 363, 3025)
    assert (w.reshape(96, 363) @ cols[0]).shape == (96, 3025)
    assert conv_forward(x, w, b, stride=4)[0].shape == (1, 96, 55, 55)


def test_ones_come_back_as_the_number_of_windows():
    counts = col2im(np.ones((1, 4, 6)), (1, 1, 3, 4), 2, 2)
    assert counts[0, 0].tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [1, 2, 2, 1]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("padding", [0, 1])
def test_floats_keep_their_dtype(dtype, padding):
    x, w = np.ones((2, 3, 4, 5), dtype), np.ones((2, 3, 3, 2), dtype)
    b = np.ones(2, dtype)
    assert im2col(x, 3, 2, 1, padding).dtype == dtype
    for forward in FORWARD:
        assert forward(x, w, b, 1, padding)[0].dtype == dtype
        assert forward(x, w, b.astype(float), 1, padding)[0].dtype == dtype
    out, cache = conv_forward(x, w, b, 1, padding)
    assert [gradient.dtype for gradient in conv_backward(out, cache)] == [dtype] * 3


def test_whole_numbers_are_not_cut():
    x, w = np.arange(18).reshape(1, 2, 3, 3), np.full((1, 2, 1, 1), 0.5)
    for forward in FORWARD:
        out, _ = forward(x, w, np.array([0.25]))
        assert out.flat[0] == (0 + 9) / 2 + 0.25
        assert forward(x, np.ones((1, 2, 1, 1), int), [0.25] * np.ones(1))[0].flat[
            0
        ] == pytest.approx(9.25)


def strided(array):
    """A read-only view with gaps of NaN between its numbers."""
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), np.nan)
    wide[..., ::2] = array
    wide.flags.writeable = False
    return wide[..., ::2]


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (4, 5)])
def test_nothing_that_goes_in_is_changed_and_gaps_are_not_read(size):
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((2, 3, *size))
    b = rng.standard_normal(2)
    out, cache = conv_forward(x, w, b)
    dout = rng.standard_normal(out.shape)
    want = out, *conv_backward(dout, cache)
    out, cache = conv_forward(strided(x), strided(w), strided(b))
    got = out, *conv_backward(strided(dout), cache)
    for one, wanted in zip(got, want, strict=True):
        np.testing.assert_allclose(one, wanted, atol=1e-12)
    np.testing.assert_allclose(
        conv_forward_window(strided(x), strided(w), strided(b))[0], want[0], atol=1e-12
    )


def test_what_comes_out_can_be_written_to_without_touching_what_went_in():
    x, w, b = np.ones((2, 3, 4, 5)), np.ones((2, 3, 1, 1)), np.ones(2)
    out, cache = conv_forward(x, w, b)
    dout = np.ones_like(out)
    for array in (out, conv_forward_window(x, w, b)[0], *conv_backward(dout, cache)):
        array[...] = 7.0
    for array in (x, w, b, dout):
        assert (array == 1).all()


def test_an_empty_batch_gives_an_empty_output():
    x, w, b = np.ones((0, 3, 4, 5)), np.ones((2, 3, 3, 2)), np.ones(2)
    for forward in FORWARD:
        assert forward(x, w, b)[0].shape == (0, 2, 2, 4)
    out, cache = conv_forward(x, w, b)
    dx, dw, db = conv_backward(out, cache)
    assert dx.shape == x.shape
    assert not dw.any() and not db.any()


@pytest.mark.parametrize("forward", FORWARD)
@pytest.mark.parametrize(
    ("x_shape", "w_shape", "stride", "numbers"),
    [
        ((1, 1, 227, 224), (1, 1, 11, 11), 4, "224 11 4"),
        ((1, 1, 224, 227), (1, 1, 11, 11), 4, "224 11 4"),
        ((1, 1, 4, 4), (1, 1, 4, 7), 1, "4 7"),
        ((1, 3, 5, 5), (1, 2, 3, 3), 1, "3 2"),
        ((1, 3, 5, 5), (1, 1, 3, 3), 1, "3 1"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    forward, x_shape, w_shape, stride, numbers
):
    with pytest.raises(ValueError) as error:
        forward(np.ones(x_shape), np.ones(w_shape), np.ones(1), stride)
    assert set(numbers.split()) <= set(str(error.value).replace(",", " ").split())


def test_im2col_and_col2im_refuse_windows_that_do_not_fit():
    with pytest.raises(ValueError, match=r"10.*3.*2"):
        im2col(np.ones((1, 1, 7, 10)), 3, 3, 2)
    with pytest.raises(ValueError, match=r"10.*3.*2"):
        col2im(np.ones((1, 9, 12)), (1, 1, 7, 10), 3, 3, 2)
    with pytest.raises(ValueError):
        col2im(np.ones((1, 9, 12)), (1, 1, 7, 9), 3, 3, 1, -1)
