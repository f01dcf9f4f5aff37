"""Pooling: the fast layer is the naive one, and gradients go where the numbers came from."""

import numpy as np
import pytest
from hypothesis import given
from numpy.lib.stride_tricks import sliding_window_view
from numpy.testing import assert_allclose, assert_array_equal
from small_layers import few, pool_layers, upstream

from course.geometry import output_size
from course.gradients import numeric_gradient
from course.kit import check
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

LAYERS = {
    "max, naive": (max_pool_forward_naive, max_pool_backward_naive),
    "max": (max_pool_forward, max_pool_backward),
    "average": (avg_pool_forward, avg_pool_backward),
    "L2": (l2_pool_forward, l2_pool_backward),
}
OF_A_WINDOW = {
    "max, naive": lambda v: v.max(axis=(-2, -1)),
    "max": lambda v: v.max(axis=(-2, -1)),
    "average": lambda v: v.mean(axis=(-2, -1)),
    "L2": lambda v: np.sqrt((v**2).sum(axis=(-2, -1))),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


@every_layer
@few
@given(layer=pool_layers())
def test_each_output_is_its_window_s(name, layer):
    x, size, stride = layer
    N, C, H, W = x.shape
    out, _ = LAYERS[name][0](*layer)
    views = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    shape = N, C, output_size(H, size, stride), output_size(W, size, stride)
    assert out.shape == shape
    assert_allclose(out, OF_A_WINDOW[name](views), atol=1e-12)


@every_layer
@few
@given(layer=pool_layers())
def test_backward_is_the_numeric_gradient(name, layer):
    forward, backward = LAYERS[name]
    x, size, stride = layer
    out, cache = forward(*layer)
    dout = upstream(out)
    dx = backward(dout, cache)
    numeric = numeric_gradient(lambda x: forward(x, size, stride)[0], x, dout)
    assert dx.shape == x.shape
    assert_allclose(dx, numeric, rtol=1e-5, atol=1e-7)


@every_layer
def test_the_kit_finds_the_same(name, capsys):
    forward, backward = LAYERS[name]
    x = np.random.default_rng(4).permutation(2 * 3 * 5 * 7).reshape(2, 3, 5, 7) * 0.1
    out, cache = forward(x, 3, 2)
    dout = upstream(out)
    dx = backward(dout, cache)
    check.gradient("overlap", dx, lambda x: forward(x, 3, 2)[0], x, dout)
    capsys.readouterr()


@few
@given(layer=pool_layers(ties=True))
def test_fast_max_is_naive_max_with_ties_and_overlap(layer):
    (naive, naive_cache), (fast, cache) = (
        max_pool_forward_naive(*layer),
        max_pool_forward(*layer),
    )
    assert_array_equal(fast, naive)
    dout = upstream(naive)
    assert_allclose(
        max_pool_backward(dout, cache),
        max_pool_backward_naive(dout, naive_cache),
        atol=1e-12,
    )


@pytest.mark.parametrize("name", ["max, naive", "max"])
@few
@given(layer=pool_layers(ties=True))
def test_a_tie_gives_all_to_the_first_in_reading_order(name, layer):
    forward, backward = LAYERS[name]
    x, size, stride = layer
    out, cache = forward(*layer)
    dout = upstream(out)
    want = np.zeros(x.shape)
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        window = x[n, c, top : top + size, left : left + size]
        row, column = divmod(int(np.argmax(window)), size)
        want[n, c, top + row, left + column] += dout[n, c, ho, wo]
    assert_allclose(backward(dout, cache), want, atol=1e-12)


@pytest.mark.parametrize("name", ["max, naive", "max", "average"])
@few
@given(layer=pool_layers(ties=True))
def test_no_gradient_is_lost(name, layer):
    forward, backward = LAYERS[name]
    out, cache = forward(*layer)
    dout = upstream(out)
    dx = backward(dout, cache)
    assert_allclose(dx.sum(axis=(2, 3)), dout.sum(axis=(2, 3)), atol=1e-11)


@every_layer
@few
@given(layer=pool_layers())
def test_all_scale_with_x(name, layer):
    x, size, stride = layer
    forward, _ = LAYERS[name]
    assert_allclose(forward(4 * x, size, stride)[0], 4 * forward(*layer)[0])


@every_layer
@few
@given(layer=pool_layers(dtype=np.float32))
def test_float32_stays_float32(name, layer):
    forward, backward = LAYERS[name]
    x, size, stride = layer
    out, cache = forward(*layer)
    exact, exact_cache = forward(x.astype(np.float64), size, stride)
    dout = upstream(out)
    dx = backward(dout, cache)
    assert out.dtype == dx.dtype == np.float32
    assert_allclose(out, exact, rtol=1e-5, atol=1e-5)
    assert_allclose(
        dx, backward(dout.astype(np.float64), exact_cache), rtol=1e-4, atol=1e-5
    )
