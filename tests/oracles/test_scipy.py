"""SciPy as an oracle: other people's correlation, convolution and filters, same numbers.

SciPy knows no strides, so its answers are thinned afterwards; a gradient that comes from a
stride is spread out with zeros before.
"""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from scipy.ndimage import maximum_filter, maximum_position, uniform_filter
from scipy.signal import convolve2d, correlate2d
from small_layers import conv_layers, few, pool_layers, upstream

from course.convolution import conv_forward_naive
from course.gradients import conv_backward_as_convolution, conv_backward_naive
from course.im2col import conv_backward, conv_forward, conv_forward_window
from course.pooling import (
    avg_pool_backward,
    avg_pool_forward,
    l2_pool_backward,
    l2_pool_forward,
    max_pool_backward,
    max_pool_backward_naive,
    max_pool_forward,
    max_pool_forward_naive,
)


def padded(x, padding):
    return np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])


def spread(dout, stride):
    """dout with stride - 1 zeros between its rows and between its columns."""
    N, K, HO, WO = dout.shape
    wide = np.zeros((N, K, (HO - 1) * stride + 1, (WO - 1) * stride + 1))
    wide[:, :, ::stride, ::stride] = dout
    return wide


def scipy_forward(x, w, b, stride, padding):
    wide = padded(x, padding)
    maps = [
        [sum(correlate2d(*both, "valid") for both in zip(image, f)) for f in w]
        for image in wide
    ]
    return np.array(maps)[:, :, ::stride, ::stride] + b[:, None, None]


def scipy_backward(dout, x, w, stride, padding):
    wide, dwide = padded(x, padding), spread(dout, stride)
    dx, dw = np.zeros(wide.shape), np.zeros(w.shape)
    for n, k, c in np.ndindex(len(x), *w.shape[:2]):
        dx[n, c] += convolve2d(dwide[n, k], w[k, c], "full")
        dw[k, c] += correlate2d(wide[n, c], dwide[n, k], "valid")
    H, W = x.shape[2:]
    inner = dx[:, :, padding : padding + H, padding : padding + W]
    return inner, dw, dout.sum(axis=(0, 2, 3))


@pytest.mark.parametrize(
    "forward",
    [conv_forward_naive, conv_forward_window, conv_forward],
    ids=lambda f: f.__name__,
)
@few
@given(layer=conv_layers())
def test_conv_forward(forward, layer):
    assert_allclose(forward(*layer)[0], scipy_forward(*layer), atol=1e-11)


@pytest.mark.parametrize(
    "forward, backward",
    [
        (conv_forward_naive, conv_backward_naive),
        (conv_forward_naive, conv_backward_as_convolution),
        (conv_forward, conv_backward),
    ],
    ids=lambda f: f.__name__,
)
@few
@given(layer=conv_layers())
def test_conv_backward(forward, backward, layer):
    x, w, _, stride, padding = layer
    out, cache = forward(*layer)
    dout = upstream(out)
    want = scipy_backward(dout, x, w, stride, padding)
    for name, got, expected in zip(
        ("dx", "dw", "db"), backward(dout, cache), want, strict=True
    ):
        assert_allclose(got, expected, atol=1e-11, err_msg=name)


@few
@given(layer=conv_layers(bias=False))
def test_the_layer_is_a_convolution_with_flipped_filters(layer):
    x, w, b, _, padding = layer
    if min(np.array(x.shape[2:]) + 2 * padding - w.shape[2:]) < 0:
        return
    wide = padded(x, padding)
    want = sum(
        convolve2d(wide[0, c], w[0, c, ::-1, ::-1], "valid") for c in range(x.shape[1])
    )
    assert_allclose(conv_forward(x, w, b, 1, padding)[0][0, 0], want, atol=1e-11)


def filtered(layer, kind):
    """A pooling layer as SciPy's sliding filter, thinned by the stride."""
    x, size, stride = layer
    H, W = x.shape[2:]
    full = kind(x, size=(1, 1, size, size))
    # SciPy names a window by its middle element; the first whole window has it here:
    first = size // 2
    rows = slice(first, first + H - size + 1, stride)
    columns = slice(first, first + W - size + 1, stride)
    return full[:, :, rows, columns]


def summed(dout, layer):
    """Each pixel's sum of dout over all the windows that hold the pixel."""
    _, size, stride = layer
    wide, ones = spread(dout, stride), np.ones((size, size))
    return np.array([[convolve2d(m, ones) for m in image] for image in wide])


@pytest.mark.parametrize(
    "forward", [max_pool_forward_naive, max_pool_forward], ids=lambda f: f.__name__
)
@few
@given(layer=pool_layers(ties=True))
def test_max_pool_forward(forward, layer):
    want = filtered(layer, maximum_filter)
    np.testing.assert_array_equal(forward(*layer)[0], want)


@pytest.mark.parametrize(
    "forward, backward",
    [
        (max_pool_forward_naive, max_pool_backward_naive),
        (max_pool_forward, max_pool_backward),
    ],
    ids=lambda f: f.__name__,
)
@few
@given(layer=pool_layers())
def test_max_pool_backward(forward, backward, layer):
    x, size, stride = layer
    out, cache = forward(*layer)
    dout = upstream(out)
    want = np.zeros(x.shape)
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        row, column = maximum_position(x[n, c, top : top + size, left : left + size])
        want[n, c, top + row, left + column] += dout[n, c, ho, wo]
    assert_allclose(backward(dout, cache), want, atol=1e-12)


@few
@given(layer=pool_layers())
def test_avg_pool(layer):
    _, size, _ = layer
    out, cache = avg_pool_forward(*layer)
    assert_allclose(out, filtered(layer, uniform_filter), atol=1e-10)
    dout = upstream(out)
    want = summed(dout, layer) / size**2
    assert_allclose(avg_pool_backward(dout, cache), want, atol=1e-11)


@few
@given(layer=pool_layers())
def test_l2_pool(layer):
    x, size, stride = layer
    out, cache = l2_pool_forward(*layer)
    squares = filtered((x**2, size, stride), uniform_filter) * size**2
    assert_allclose(out, np.sqrt(squares), rtol=1e-9, atol=1e-9)
    dout = upstream(out)
    want = x * summed(dout / out, layer)
    assert_allclose(l2_pool_backward(dout, cache), want, atol=1e-10)
