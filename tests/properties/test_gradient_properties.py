"""Every backward pass against the numbers that its own forward pass gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from small_layers import conv_layers, few, upstream

from course.convolution import conv_forward_naive
from course.gradients import (
    conv1d_backward,
    conv1d_forward,
    conv_backward_as_convolution,
    conv_backward_naive,
    numeric_gradient,
    relative_error,
)
from course.im2col import conv_backward, conv_forward
from course.kit import check

LAYERS = {
    "naive": (conv_forward_naive, conv_backward_naive),
    "as convolution": (conv_forward_naive, conv_backward_as_convolution),
    "im2col": (conv_forward, conv_backward),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


@every_layer
@few
@given(layer=conv_layers())
def test_backward_is_the_numeric_gradient(name, layer):
    forward, backward = LAYERS[name]
    x, w, b, stride, padding = layer
    out, cache = forward(*layer)
    dout = upstream(out)

    def along(number):
        def f(array):
            arrays = [x, w, b]
            arrays[number] = array
            return forward(*arrays, stride, padding)[0]

        return f

    gradients = backward(dout, cache)
    assert [g.shape for g in gradients] == [x.shape, w.shape, b.shape]
    for number, gradient in enumerate(gradients):
        numeric = numeric_gradient(along(number), layer[number], dout)
        assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-7)


@every_layer
def test_the_kit_finds_the_same(name, capsys):
    forward, backward = LAYERS[name]
    rng = np.random.default_rng(3)
    x, w, b = (rng.standard_normal(s) for s in [(2, 2, 3, 4), (3, 2, 3, 2), (3,)])
    out, cache = forward(x, w, b, 2, 1)
    dout = upstream(out)
    dx, dw, db = backward(dout, cache)
    check.gradient("dx", dx, lambda x: forward(x, w, b, 2, 1)[0], x, dout)
    check.gradient("dw", dw, lambda w: forward(x, w, b, 2, 1)[0], w, dout)
    check.gradient("db", db, lambda b: forward(x, w, b, 2, 1)[0], b, dout)
    with pytest.raises(check.CheckFailed):
        check.gradient("dx", -dx, lambda x: forward(x, w, b, 2, 1)[0], x, dout)
    capsys.readouterr()


@every_layer
@few
@given(layer=conv_layers(bias=False))
def test_dx_and_dw_are_the_adjoints_of_the_layer(name, layer):
    """Without bias the layer is linear in x and in w, so both products give one number."""
    forward, backward = LAYERS[name]
    x, w, _, _, _ = layer
    out, cache = forward(*layer)
    dout = upstream(out)
    dx, dw, db = backward(dout, cache)
    assert_allclose(np.sum(x * dx), np.sum(out * dout), atol=1e-10)
    assert_allclose(np.sum(w * dw), np.sum(out * dout), atol=1e-10)
    assert_allclose(db, dout.sum(axis=(0, 2, 3)), atol=1e-12)


@pytest.mark.parametrize("name", ["as convolution", "im2col"])
@few
@given(layer=conv_layers())
def test_same_as_the_naive_backward(name, layer):
    forward, backward = LAYERS[name]
    out, cache = forward(*layer)
    dout = upstream(out)
    naive = conv_backward_naive(dout, conv_forward_naive(*layer)[1])
    for got, want in zip(backward(dout, cache), naive, strict=True):
        assert_allclose(got, want, atol=1e-11)


@every_layer
@few
@given(layer=conv_layers(), factor=st.floats(-3, 3))
def test_linear_in_dout_and_the_cache_can_be_used_again(name, layer, factor):
    forward, backward = LAYERS[name]
    out, cache = forward(*layer)
    one, two = upstream(out, 1), upstream(out, 2)
    parts = zip(backward(one, cache), backward(two, cache), strict=True)
    both = backward(one + factor * two, cache)
    for got, (first, second) in zip(both, parts, strict=True):
        assert_allclose(got, first + factor * second, atol=1e-10)


@every_layer
@few
@given(layer=conv_layers(dtype=np.float32))
def test_float32_stays_float32_and_is_right(name, layer):
    forward, backward = LAYERS[name]
    x, w, b, stride, padding = layer
    out, cache = forward(*layer)
    dout = upstream(out)
    doubles = [a.astype(np.float64) for a in (x, w, b)]
    exact = conv_backward_naive(
        dout.astype(np.float64), conv_forward_naive(*doubles, stride, padding)[1]
    )
    for got, want in zip(backward(dout, cache), exact, strict=True):
        assert got.dtype == np.float32
        assert_allclose(got, want, rtol=1e-4, atol=1e-4)


@every_layer
@few
@given(layer=conv_layers())
def test_dout_may_be_laid_out_in_any_way(name, layer):
    forward, backward = LAYERS[name]
    out, cache = forward(*layer)
    dout = upstream(out)
    other = np.moveaxis(np.ascontiguousarray(np.moveaxis(dout, 1, -1)), -1, 1)
    for got, want in zip(backward(other, cache), backward(dout, cache), strict=True):
        assert_allclose(got, want, atol=1e-12)


@few
@given(F=st.integers(1, 4), places=st.integers(1, 5), seed=st.integers(0, 99))
def test_one_dimension(F, places, seed):
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal(F + places - 1), rng.standard_normal(F)
    dout = rng.standard_normal(places)
    assert_allclose(conv1d_forward(x, w), np.correlate(x, w, "valid"), atol=1e-12)
    dx, dw = conv1d_backward(dout, x, w)
    assert_allclose(dx, np.convolve(dout, w), atol=1e-12)
    numeric = numeric_gradient(lambda w: conv1d_forward(x, w), w, dout)
    assert_allclose(dw, numeric, rtol=1e-6, atol=1e-8)


def test_one_dimension_refuses_a_filter_that_is_too_long():
    with pytest.raises(ValueError):
        conv1d_forward(np.ones(2), np.ones(3))


@few
@given(shape=st.lists(st.integers(1, 3), max_size=3), seed=st.integers(0, 99))
def test_numeric_gradient_of_a_known_function(shape, seed):
    rng = np.random.default_rng(seed)
    x = np.asarray(rng.standard_normal(shape))
    dout = np.asarray(rng.standard_normal(shape))
    x.flags.writeable = False
    got = numeric_gradient(np.sin, x, dout)
    assert got.shape == x.shape
    assert_allclose(got, np.cos(x) * dout, rtol=1e-6, atol=1e-8)


def test_numeric_gradient_is_safe():
    x = np.arange(6.0).reshape(2, 3)
    before = x.copy()
    numeric_gradient(lambda x: x * x, x[:, ::2], np.ones((2, 2)))
    assert (x == before).all()
    with pytest.raises(ValueError):
        numeric_gradient(lambda x: x * x, x, np.ones(3))  # would broadcast
    with pytest.raises((TypeError, ValueError)):
        numeric_gradient(lambda x: x * x, x.astype(np.float32))


@few
@given(seed=st.integers(0, 99), factor=st.floats(0.1, 10))
def test_relative_error(seed, factor):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 3, 4))
    assert relative_error(a, a) == 0
    assert_allclose(relative_error(a, b), relative_error(b, a))
    assert_allclose(relative_error(factor * a, factor * b), relative_error(a, b))
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    with pytest.raises(ValueError):
        relative_error(a, b[:1])
