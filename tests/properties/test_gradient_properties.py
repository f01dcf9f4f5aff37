"""Every layer in float32, with gradients in any layout, and by the check of the kit."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from small_layers import conv_layers, few, upstream

from course.convolution import conv_forward_naive
from course.gradients import (
    conv_backward_as_convolution,
    conv_backward_naive,
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
@given(layer=conv_layers(dtype=np.float32))
def test_float32_stays_float32_and_is_right(name, layer):
    forward, backward = LAYERS[name]
    x, w, b, stride, padding = layer
    out, cache = forward(*layer)
    dout = upstream(out)
    doubles = [a.astype(np.float64) for a in (x, w, b)]
    exact_out, exact_cache = conv_forward_naive(*doubles, stride, padding)
    assert out.dtype == np.float32
    assert_allclose(out, exact_out, rtol=1e-4, atol=1e-4)
    exact = conv_backward_naive(dout.astype(np.float64), exact_cache)
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
