"""PyTorch as a second oracle, forward and backward. Run with: make test-oracle

Never part of `make test`. Without PyTorch these tests are skipped, with a reason; with
COURSE_ORACLE_REQUIRED=1 in the environment they fail instead.

On ties both give the whole gradient to the first maximum in row-major order, and the
gradient of L2 pooling at an all-zero window is 0 in both. One decision differs: where a
filter does not fit, PyTorch cuts the image off in silence and the course refuses.
"""

import os

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal
from small_layers import conv_layers, few, pool_layers, upstream

from course import fast
from course.convolution import conv_forward_naive
from course.gradients import (
    conv1d_backward,
    conv1d_forward,
    conv_backward_as_convolution,
    conv_backward_naive,
    numeric_gradient,
)
from course.im2col import (
    col2im,
    conv_backward,
    conv_forward,
    conv_forward_window,
    im2col,
)
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

pytestmark = pytest.mark.torch

MISSING = (
    "PyTorch is not installed. To run these tests: .venv/bin/pip install torch "
    "(the CPU build is enough; pytorch.org names the option for it)"
)
MAX_POOLS = {
    "naive": (max_pool_forward_naive, max_pool_backward_naive),
    "fast": (max_pool_forward, max_pool_backward),
}
every_max_pool = pytest.mark.parametrize("name", MAX_POOLS)


@pytest.fixture(scope="module")
def torch():
    """PyTorch, with one thread. Imported here, so that `make test` never loads it."""
    if os.environ.get("COURSE_ORACLE_REQUIRED") == "1":
        import torch as module
    else:
        module = pytest.importorskip("torch", reason=MISSING)
    module.set_num_threads(1)
    return module


def leaf(torch, array):
    """A tensor with the array's numbers and dtype, that collects a gradient."""
    return torch.tensor(np.array(array), requires_grad=True)


def torch_conv(torch, layer, dout=None):
    """[out] of torch's layer, and with dout [out, dx, dw, db], as arrays."""
    *arrays, stride, padding = layer
    leaves = [leaf(torch, array) for array in arrays]
    out = torch.nn.functional.conv2d(*leaves, stride=stride, padding=padding)
    if dout is None:
        return [out.detach().numpy()]
    out.backward(torch.tensor(np.array(dout)))
    return [out.detach().numpy(), *(tensor.grad.numpy() for tensor in leaves)]


def torch_pool(torch, function, x, dout):
    """out and dx of one of torch's pooling functions, as arrays."""
    tensor = leaf(torch, x)
    out = function(tensor)
    out.backward(torch.tensor(np.array(dout)))
    return out.detach().numpy(), tensor.grad.numpy()


@pytest.mark.parametrize(
    "forward",
    [conv_forward_naive, conv_forward_window, conv_forward, fast.conv_forward],
    ids=lambda f: f"{f.__module__}.{f.__name__}",
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_conv_forward(torch, forward, dtype):
    @few
    @given(layer=conv_layers(dtype=dtype))
    def same(layer):
        out, _ = forward(*layer)
        (want,) = torch_conv(torch, layer)
        assert out.dtype == want.dtype
        assert_allclose(out, want, atol=1e-12 if dtype == np.float64 else 1e-4)

    same()


@pytest.mark.parametrize(
    "forward, backward",
    [
        (conv_forward_naive, conv_backward_naive),
        (conv_forward_naive, conv_backward_as_convolution),
        (conv_forward, conv_backward),
        (fast.conv_forward, fast.conv_backward),
    ],
    ids=lambda f: f"{f.__module__}.{f.__name__}",
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_conv_backward(torch, forward, backward, dtype):
    @few
    @given(layer=conv_layers(dtype=dtype))
    def same(layer):
        out, cache = forward(*layer)
        dout = upstream(out)
        _, *want = torch_conv(torch, layer, dout)
        for name, got, grad in zip(
            ("dx", "dw", "db"), backward(dout, cache), want, strict=True
        ):
            assert got.dtype == grad.dtype
            assert_allclose(
                got, grad, atol=1e-11 if dtype == np.float64 else 1e-4, err_msg=name
            )

    same()


@few
@given(layer=conv_layers())
def test_im2col_is_unfold_and_col2im_is_fold(torch, layer):
    x, w, _, stride, padding = layer
    window = w.shape[2:]
    options = {"kernel_size": window, "stride": stride, "padding": padding}
    cols = im2col(x, *window, stride, padding)
    want = torch.nn.functional.unfold(torch.tensor(np.array(x)), **options)
    assert_array_equal(cols, want.numpy())
    dcols = upstream(cols)
    folded = torch.nn.functional.fold(
        torch.tensor(np.array(dcols)), output_size=x.shape[2:], **options
    )
    got = col2im(dcols, x.shape, *window, stride, padding)
    assert_allclose(got, folded.numpy(), atol=1e-12)


def test_conv1d(torch):
    rng = np.random.default_rng(7)
    x, w, dout = (rng.standard_normal(length) for length in (9, 4, 6))
    tx, tw = leaf(torch, x), leaf(torch, w)
    out = torch.nn.functional.conv1d(tx[None, None], tw[None, None])[0, 0]
    out.backward(torch.tensor(dout))
    dx, dw = conv1d_backward(dout, x, w)
    assert_allclose(conv1d_forward(x, w), out.detach().numpy(), atol=1e-12)
    assert_allclose(dx, tx.grad.numpy(), atol=1e-12)
    assert_allclose(dw, tw.grad.numpy(), atol=1e-12)


def test_numeric_gradient_is_autograd(torch):
    rng = np.random.default_rng(8)
    x, dout = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    tensor = leaf(torch, x)
    (torch.tanh(tensor) * tensor).backward(torch.tensor(dout))
    got = numeric_gradient(lambda x: np.tanh(x) * x, x, dout)
    assert_allclose(got, tensor.grad.numpy(), rtol=1e-6, atol=1e-8)


@every_max_pool
@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "ties"])
def test_max_pool(torch, name, ties):
    """With ties too: torch's scan takes a later element only if it is larger."""
    forward, backward = MAX_POOLS[name]

    @few
    @given(layer=pool_layers(ties=ties))
    def same(layer):
        x, size, stride = layer
        out, cache = forward(*layer)
        dout = upstream(out)
        want, dx = torch_pool(
            torch, lambda t: torch.nn.functional.max_pool2d(t, size, stride), x, dout
        )
        assert_array_equal(out, want)
        assert_allclose(backward(dout, cache), dx, atol=1e-12)

    same()


@every_max_pool
def test_overlapping_windows_as_in_alexnet(torch, name):
    forward, backward = MAX_POOLS[name]
    x = np.random.default_rng(9).standard_normal((2, 3, 13, 15)).astype(np.float32)
    out, cache = forward(x, 3, 2)
    dout = upstream(out)
    want, dx = torch_pool(
        torch, lambda t: torch.nn.functional.max_pool2d(t, 3, 2), x, dout
    )
    assert_array_equal(out, want)
    assert_allclose(backward(dout, cache), dx, atol=1e-5)


@few
@given(layer=pool_layers())
def test_avg_pool(torch, layer):
    x, size, stride = layer
    out, cache = avg_pool_forward(*layer)
    dout = upstream(out)
    want, dx = torch_pool(
        torch, lambda t: torch.nn.functional.avg_pool2d(t, size, stride), x, dout
    )
    assert_allclose(out, want, atol=1e-12)
    assert_allclose(avg_pool_backward(dout, cache), dx, atol=1e-12)


@few
@given(layer=pool_layers())
def test_l2_pool(torch, layer):
    x, size, stride = layer
    out, cache = l2_pool_forward(*layer)
    dout = upstream(out)
    want, dx = torch_pool(
        torch, lambda t: torch.nn.functional.lp_pool2d(t, 2, size, stride), x, dout
    )
    assert_allclose(out, want, atol=1e-11)
    assert_allclose(l2_pool_backward(dout, cache), dx, atol=1e-10)


def test_l2_pool_of_zeros(torch):
    x = np.zeros((1, 1, 4, 4))
    out, cache = l2_pool_forward(x)
    dout = np.ones_like(out)
    _, dx = torch_pool(torch, lambda t: torch.nn.functional.lp_pool2d(t, 2, 2), x, dout)
    assert_array_equal(dx, x)
    assert_array_equal(l2_pool_backward(dout, cache), x)


def test_torch_cuts_off_what_the_course_refuses(torch):
    x, w, b = np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)), np.zeros(1)
    assert torch_conv(torch, (x, w, b, 2, 0))[0].shape == (1, 1, 1, 1)
    with pytest.raises(ValueError):
        conv_forward(x, w, b, 2, 0)
