"""What every forward pass of a convolutional layer must do, whoever wrote it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from small_layers import conv_layers, few

from course.convolution import conv1x1_forward, conv_forward_naive
from course.geometry import output_size
from course.im2col import conv_forward, conv_forward_window, im2col

FORWARD = [conv_forward_naive, conv_forward_window, conv_forward]
every_forward = pytest.mark.parametrize("forward", FORWARD, ids=lambda f: f.__name__)


@every_forward
@few
@given(layer=conv_layers())
def test_shape_of_the_output(forward, layer):
    x, w, _, stride, padding = layer
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    out, _ = forward(*layer)
    HO, WO = output_size(H, FH, stride, padding), output_size(W, FW, stride, padding)
    assert out.shape == (N, K, HO, WO)


@pytest.mark.parametrize("forward", FORWARD[1:], ids=lambda f: f.__name__)
@few
@given(layer=conv_layers())
def test_same_as_the_naive_layer(forward, layer):
    assert_allclose(forward(*layer)[0], conv_forward_naive(*layer)[0], atol=1e-12)


@every_forward
@few
@given(layer=conv_layers(largest=1))
def test_same_as_the_1x1_layer(forward, layer):
    x, w, b, _, _ = layer
    assert_allclose(forward(x, w, b)[0], conv1x1_forward(x, w, b)[0], atol=1e-12)


@every_forward
@few
@given(layer=conv_layers(), factor=st.floats(-3, 3))
def test_linear_in_x_in_w_and_in_b(forward, layer, factor):
    x, w, b, stride, padding = layer
    rng = np.random.default_rng(1)
    x2, w2, zero = (
        rng.standard_normal(x.shape),
        rng.standard_normal(w.shape),
        np.zeros_like(b),
    )

    def out(x, w, b=zero):
        return forward(x, w, b, stride, padding)[0]

    assert_allclose(
        out(x + factor * x2, w), out(x, w) + factor * out(x2, w), atol=1e-10
    )
    assert_allclose(
        out(x, w + factor * w2), out(x, w) + factor * out(x, w2), atol=1e-10
    )
    assert_allclose(out(x, w, b), out(x, w) + b[:, None, None], atol=1e-12)


@every_forward
@few
@given(layer=conv_layers(), down=st.integers(0, 2), right=st.integers(0, 2))
def test_an_image_moved_by_strides_moves_the_map(forward, layer, down, right):
    x, w, b, stride, _ = layer
    FH, FW = w.shape[2:]
    still = np.pad(x, [(0, 0), (0, 0), (FH, FH), (FW, FW)])
    H = still.shape[2] - (still.shape[2] - FH) % stride
    W = still.shape[3] - (still.shape[3] - FW) % stride
    still = still[:, :, :H, :W]
    moved = np.pad(still, [(0, 0), (0, 0), (down * stride, 0), (right * stride, 0)])
    assert_allclose(
        forward(moved, w, b, stride)[0][:, :, down:, right:],
        forward(still, w, b, stride)[0],
        atol=1e-12,
    )


@every_forward
@few
@given(layer=conv_layers())
def test_images_do_not_see_each_other_and_neither_do_filters(forward, layer):
    x, w, b, stride, padding = layer
    out, _ = forward(*layer)
    one, _ = forward(x[-1:], w[-1:], b[-1:], stride, padding)
    assert_allclose(out[-1:, -1:], one, atol=1e-12)


@every_forward
@few
@given(layer=conv_layers(dtype=np.float32))
def test_float32_stays_float32_and_is_right(forward, layer):
    x, w, b, stride, padding = layer
    out, _ = forward(*layer)
    assert out.dtype == np.float32
    exact, _ = conv_forward_naive(
        *(a.astype(np.float64) for a in (x, w, b)), stride, padding
    )
    assert_allclose(out, exact, rtol=1e-4, atol=1e-4)


def test_misfits_are_refused_with_their_values():
    x, w, b = np.ones((2, 3, 7, 8)), np.ones((4, 3, 3, 4)), np.ones(4)
    for forward in FORWARD:
        forward(x, w, b, 2, 0)
        with pytest.raises(ValueError, match=r"\b7\b"):
            forward(x, w, b, 3, 0)  # (7 - 3) / 3
        with pytest.raises(ValueError, match=r"\b8\b"):
            forward(x, w[..., :3], b, 2, 0)  # (8 - 3) / 2, height fits
        with pytest.raises(ValueError):
            forward(x[..., :2, :], w, b, 1, 0)  # the filter is higher than the image
        with pytest.raises(ValueError):
            forward(x, w, b, 0, 0)
        with pytest.raises(ValueError):
            forward(x, w, b, 1, -1)
        with pytest.raises(ValueError, match=r"\b2\b.*\b3\b"):
            forward(x[:, :2], w, b)  # two channels, filters for three


def test_im2col_refuses_misfits():
    x = np.ones((2, 3, 7, 8))
    for misfit in [(3, 4, 3, 0), (3, 3, 2, 0), (8, 4, 1, 0), (3, 4, 0, 0)]:
        with pytest.raises(ValueError):
            im2col(x, *misfit)
    with pytest.raises(ValueError):
        im2col(x, 3, 4, 1, -1)


def test_a_filter_as_large_as_the_image_is_one_product():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 3, 4, 5)), rng.standard_normal((2, 3, 4, 5))
    want = np.array([[[[np.vdot(x[0], w[0])]], [[np.vdot(x[0], w[1])]]]])
    for forward in FORWARD:
        assert_allclose(forward(x, w, np.zeros(2))[0], want, atol=1e-12)


def test_nothing_is_floored_along_either_axis():
    """Swap the axes: a layer that looks at one axis only would pass one of the two."""
    w, b = np.ones((1, 1, 2, 2)), np.zeros(1)
    for shape in [(1, 1, 4, 5), (1, 1, 5, 4)]:
        for forward in FORWARD:
            with pytest.raises(ValueError):
                forward(np.ones(shape), w, b, 2)
    assert_array_equal(
        conv_forward(np.ones((1, 1, 4, 4)), w, b, 2)[0], np.full((1, 1, 2, 2), 4)
    )
