"""The reference module of lesson 03: its contracts, and gradients from other directions."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import convolve, correlate
from small_layers import conv_layers, upstream

from course import gradients
from course.convolution import conv_forward_naive
from course.gradients import (
    conv1d_backward,
    conv1d_forward,
    conv_backward_as_convolution,
    conv_backward_naive,
    numeric_gradient,
    relative_error,
)

SIGNATURES = {
    "numeric_gradient": "(f, x, dout=None, h=1e-05)",
    "relative_error": "(a, b)",
    "conv1d_forward": "(x, w)",
    "conv1d_backward": "(dout, x, w)",
    "conv_backward_naive": "(dout, cache)",
    "conv_backward_as_convolution": "(dout, cache)",
}
BACKWARD = [conv_backward_naive, conv_backward_as_convolution]


def with_gradient(layer):
    """(cache, dout) of the layer."""
    out, cache = conv_forward_naive(*layer)
    return cache, upstream(out)


layers = conv_layers().map(with_gradient)


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    function = getattr(gradients, name)
    assert str(inspect.signature(function)) == SIGNATURES[name]
    assert function.__doc__


@settings(max_examples=40, deadline=None)
@given(layers)
def test_both_backward_passes_are_the_numeric_gradient(layer):
    cache, dout = layer
    x, w, b, *options = cache
    numeric = (
        numeric_gradient(lambda x: conv_forward_naive(x, w, b, *options)[0], x, dout),
        numeric_gradient(lambda w: conv_forward_naive(x, w, b, *options)[0], w, dout),
        numeric_gradient(lambda b: conv_forward_naive(x, w, b, *options)[0], b, dout),
    )
    for backward in BACKWARD:
        for got, want in zip(backward(dout, cache), numeric, strict=True):
            np.testing.assert_allclose(got, want, atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(layers)
def test_backward_is_the_adjoint_of_forward(layer):
    """sum(out * dout) is linear in x and in w: it equals sum(x * dx) and sum(w * dw)."""
    (x, w, b, *options), dout = layer
    zero = np.zeros_like(b)
    out, cache = conv_forward_naive(x, w, zero, *options)
    for backward in BACKWARD:
        dx, dw, db = backward(dout, cache)
        np.testing.assert_allclose(np.sum(x * dx), np.sum(out * dout), atol=1e-10)
        np.testing.assert_allclose(np.sum(w * dw), np.sum(out * dout), atol=1e-10)
        np.testing.assert_allclose(db, dout.sum(axis=(0, 2, 3)), atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(layers, st.integers(0, 99))
def test_backward_is_linear_in_dout(layer, seed):
    cache, dout = layer
    other = np.random.default_rng(seed).standard_normal(dout.shape)
    for backward in BACKWARD:
        both = backward(dout - 2 * other, cache)
        for got, one, two in zip(both, backward(dout, cache), backward(other, cache)):
            np.testing.assert_allclose(got, one - 2 * two, atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 8), st.integers(0, 6), st.integers(0, 99))
def test_the_toy_is_scipys_convolution(F, more, seed):
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal(F + more), rng.standard_normal(F)
    dout = rng.standard_normal(more + 1)
    np.testing.assert_allclose(
        conv1d_forward(x, w), correlate(x, w, "valid", "direct"), atol=1e-12
    )
    dx, dw = conv1d_backward(dout, x, w)
    np.testing.assert_allclose(dx, convolve(dout, w, "full", "direct"), atol=1e-12)
    np.testing.assert_allclose(dw, correlate(x, dout, "valid", "direct"), atol=1e-12)


def test_the_layer_with_one_row_is_the_toy():
    rng = np.random.default_rng(1)
    x, w, dout = (rng.standard_normal(length) for length in (7, 3, 5))
    cache = (x.reshape(1, 1, 1, -1), w.reshape(1, 1, 1, -1), np.zeros(1), 1, 0)
    for backward in BACKWARD:
        dx, dw, _ = backward(dout.reshape(1, 1, 1, -1), cache)
        for got, want in zip((dx, dw), conv1d_backward(dout, x, w)):
            np.testing.assert_allclose(got.ravel(), want, atol=1e-12)


@pytest.mark.parametrize("backward", BACKWARD)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_gradient_has_the_dtype_of_its_array(backward, dtype):
    x, w, b = np.ones((2, 3, 4, 5), dtype), np.ones((2, 3, 3, 2), dtype), np.ones(2)
    for bias in (b, b.astype(dtype)):
        dout = np.ones((2, 2, 2, 4), dtype)
        dx, dw, db = backward(dout, (x, w, bias, 1, 0))
        assert (dx.dtype, dw.dtype, db.dtype) == (dtype, dtype, bias.dtype)


@pytest.mark.parametrize("backward", BACKWARD)
def test_nothing_that_goes_in_is_changed_and_gaps_are_not_read(backward):
    rng = np.random.default_rng(2)

    def with_gaps(*shape):
        array = np.full((*shape[:-1], 2 * shape[-1]), np.nan)[..., ::2]
        array[...] = rng.standard_normal(shape)
        array.flags.writeable = False
        return array

    x, w, dout = with_gaps(2, 3, 4, 5), with_gaps(2, 3, 3, 2), with_gaps(2, 2, 2, 4)
    b = with_gaps(2)
    straight = backward(dout.copy(), (x.copy(), w.copy(), b.copy(), 1, 0))
    for got, want in zip(backward(dout, (x, w, b, 1, 0)), straight):
        np.testing.assert_allclose(got, want, atol=1e-12)


@pytest.mark.parametrize("backward", BACKWARD)
@pytest.mark.parametrize("shape", [(2, 2, 2, 3), (1, 2, 2, 4), (2, 1, 2, 4), (2, 4)])
def test_a_dout_of_another_shape_is_refused_by_both_shapes(backward, shape):
    cache = np.ones((2, 3, 4, 5)), np.ones((2, 3, 3, 2)), np.ones(2), 1, 0
    with pytest.raises(ValueError) as caught:
        backward(np.ones(shape), cache)
    assert str(shape) in str(caught.value)
    assert "(2, 2, 2, 4)" in str(caught.value)


def test_the_numbers_of_the_text():
    x, w = np.array([1.0, 2, 0, 3, 2]), np.array([2.0, 1, -1])
    assert conv1d_forward(x, w).tolist() == [4, 1, 1]
    dx, dw = conv1d_backward(np.array([1.0, -2, 3]), x, w)
    assert dx.tolist() == [2, -3, 3, 5, -3]
    assert dw.tolist() == [-3, 11, 0]


def test_a_numeric_gradient_is_a_central_difference():
    assert numeric_gradient(lambda x: x**3, np.array([2.0]), h=0.5).tolist() == [12.25]


def test_a_numeric_gradient_survives_views_and_functions_that_change_their_argument():
    x = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    x.flags.writeable = False
    dout = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(numeric_gradient(lambda x: x.T, x, dout), dout.T)

    def greedy(x):
        x *= x
        return x

    np.testing.assert_allclose(numeric_gradient(greedy, x), 2 * x, rtol=1e-8)


@pytest.mark.parametrize("dtype", ["float16", "float32", "int64", "bool"])
def test_a_numeric_gradient_needs_float64(dtype):
    with pytest.raises(ValueError, match=dtype):
        numeric_gradient(lambda x: x, np.ones(3, dtype))


@pytest.mark.parametrize("shape", [(), (1,), (3,), (6,), (3, 2), (1, 2, 3)])
def test_a_numeric_gradient_broadcasts_nothing(shape):
    with pytest.raises(ValueError, match="dout") as caught:
        numeric_gradient(np.square, np.ones((2, 3)), np.ones(shape))
    assert str(shape) in str(caught.value)
    assert "(2, 3)" in str(caught.value)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-1e300, 1e300)] * 2), max_size=6))
def test_relative_error_is_symmetric_and_between_0_and_1(pairs):
    a, b = np.array(pairs).reshape(-1, 2).T
    error = relative_error(a, b)
    assert type(error) is float
    assert 0 <= error <= 1
    assert error == relative_error(b, a)
    assert relative_error(a, a) == 0


def test_relative_error_lets_nothing_hide():
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error([1.0, 1e-12], [1.0, -1e-12]) == 1
    assert np.isnan(relative_error([np.nan], [1.0]))
    for shapes in [((3,), (1,)), ((3, 1), (3,)), ((2, 3), ())]:
        with pytest.raises(ValueError, match="shape"):
            relative_error(*(np.ones(shape) for shape in shapes))
