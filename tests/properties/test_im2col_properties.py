"""im2col copies windows into columns; col2im is its adjoint, element by element."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal
from small_layers import conv_layers, few

from course.convolution import zero_pad
from course.geometry import output_size
from course.im2col import col2im, im2col


def windows(layer):
    """x, and the arguments that im2col and col2im take after it."""
    x, w, _, stride, padding = layer
    return x, (*w.shape[2:], stride, padding)


@few
@given(layer=conv_layers())
def test_columns_are_the_windows_in_reading_order(layer):
    x, window = windows(layer)
    FH, FW, stride, padding = window
    N, C, H, W = x.shape
    HO, WO = output_size(H, FH, stride, padding), output_size(W, FW, stride, padding)
    cols, wide = im2col(x, *window), zero_pad(x, padding)
    assert cols.shape == (N, C * FH * FW, HO * WO)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        patch = wide[:, :, top : top + FH, left : left + FW]
        assert_array_equal(cols[:, :, ho * WO + wo], patch.reshape(N, -1))


@few
@given(layer=conv_layers())
def test_col2im_is_the_adjoint(layer):
    x, window = windows(layer)
    cols = im2col(x, *window)
    c = np.random.default_rng(2).standard_normal(cols.shape)
    c.flags.writeable = False
    back = col2im(c, x.shape, *window)
    assert back.shape == x.shape
    assert_allclose(np.sum(cols * c), np.sum(x * back), atol=1e-10)


@few
@given(layer=conv_layers())
def test_col2im_of_ones_counts_the_windows_over_every_pixel(layer):
    x, window = windows(layer)
    ones = np.ones_like(im2col(x, *window))
    count = np.zeros(x.shape)
    for place in np.ndindex(x.shape[2:]):
        here = np.zeros(x.shape)
        here[..., place[0], place[1]] = 1
        total = im2col(here, *window).sum(axis=(1, 2)) / x.shape[1]
        count[..., place[0], place[1]] = total[:, None]
    assert_allclose(col2im(ones, x.shape, *window), count, atol=1e-12)


@few
@given(layer=conv_layers())
def test_both_are_linear(layer):
    x, window = windows(layer)
    cols = im2col(x, *window)
    assert_array_equal(im2col(2 * x, *window), 2 * cols)
    back = col2im(cols, x.shape, *window)
    assert_allclose(col2im(2 * cols, x.shape, *window), 2 * back, atol=1e-12)


@few
@given(layer=conv_layers(dtype=np.float32))
def test_float32_stays_float32(layer):
    x, window = windows(layer)
    cols = im2col(x, *window)
    assert cols.dtype == np.float32
    assert col2im(cols, x.shape, *window).dtype == np.float32


@few
@given(layer=conv_layers())
def test_columns_may_be_laid_out_in_any_way(layer):
    x, window = windows(layer)
    cols = im2col(x, *window)
    other = np.asfortranarray(cols)
    assert_array_equal(col2im(other, x.shape, *window), col2im(cols, x.shape, *window))


def test_col2im_refuses_misfits():
    cols = np.ones((2, 3 * 3 * 4, 3 * 3))
    assert col2im(cols, (2, 3, 7, 8), 3, 4, 2).shape == (2, 3, 7, 8)
    for misfit in [
        (3, 4, 3, 0),
        (3, 3, 2, 0),
        (8, 4, 1, 0),
        (3, 4, 0, 0),
        (3, 4, 1, -1),
    ]:
        with pytest.raises(ValueError):
            col2im(cols, (2, 3, 7, 8), *misfit)
