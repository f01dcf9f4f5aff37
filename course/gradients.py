# Built by lesson 03_backprop with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 03_backprop builds."""

import numpy as np

from course.convolution import conv_forward_naive, zero_pad
from course.geometry import output_size


def numeric_gradient(f, x, dout=None, h=1e-5):
    """Gradient of sum(f(x) * dout) with respect to x, by central differences.

    f takes an array like x and returns an array or one plain number. It may return its
    argument, or a part of it. x is a float64 array of any shape; it stays as it is, also
    while f is called. dout has the shape of f(x); None means all ones, so sum(f(x)). h is
    the step, in the units of x.

    Returns the gradient, float64 in the shape of x: for every entry of x
    (sum(f(x with that entry + h) * dout) - sum(f(x with that entry - h) * dout)) / (2*h).
    Raises ValueError when x is not float64 (naming its dtype) or when dout has another
    shape than f(x) (naming both shapes).
    """
    if x.dtype != np.float64:
        raise ValueError(
            f"x is {x.dtype}, a step of {h} needs float64: x.astype(float)"
        )
    out_shape = np.shape(f(x.copy()))
    dout = np.ones(out_shape) if dout is None else np.asarray(dout)
    if dout.shape != out_shape:
        raise ValueError(f"dout has shape {dout.shape}, but f(x) has shape {out_shape}")
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        gradient[index] = np.sum((f(ahead) - f(behind)) * dout) / (2 * h)
    return gradient


def relative_error(a, b):
    """Largest |a - b| / (|a| + |b|) over all entries; where both are 0 it counts as 0.

    a and b are arrays of one shape, or two plain numbers. They are not changed. The
    divisor is max(|a| + |b|, tiny) with tiny = np.finfo(np.float64).tiny, about 2e-308.

    Returns a Python float from 0 (equal) to 1 (opposite signs, or one of them 0); arrays
    without entries give 0.0. Raises ValueError, naming both shapes, when they differ.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, b has shape {b.shape}: not the same")
    size = np.maximum(np.abs(a) + np.abs(b), np.finfo(np.float64).tiny)
    return float(np.max(np.abs(a - b) / size, initial=0.0))


def conv1d_forward(x, w):
    """The filter w slid over the signal x: stride 1, no padding, no bias, no flip.

    x is (L,), w is (F,), floats of one dtype. They are not changed.

    Returns out, (L - F + 1,), in that dtype: out[i] = sum of x[i + j] * w[j] over j.
    Raises ValueError, naming both lengths, when the filter is longer than the signal.
    """
    (L,), (F,) = x.shape, w.shape
    out = np.zeros(output_size(L, F), dtype=x.dtype)
    for i in range(len(out)):
        out[i] = np.sum(x[i : i + F] * w)
    return out


def conv1d_backward(dout, x, w):
    """Backward pass of conv1d_forward(x, w) for the upstream gradient dout.

    x is (L,), w is (F,), dout is (L - F + 1,), all of one dtype. None of them is changed.

    Returns (dx, dw), the gradients of sum(conv1d_forward(x, w) * dout) in that dtype: dx
    is (L,), dw is (F,).
    Raises ValueError, naming both lengths, when dout is not as long as the output.
    """
    (L,), (F,) = x.shape, w.shape
    if dout.shape != (output_size(L, F),):
        raise ValueError(
            f"dout has shape {dout.shape}, the output has shape {(output_size(L, F),)}"
        )
    dx, dw = np.zeros(L, dtype=x.dtype), np.zeros(F, dtype=w.dtype)
    for i in range(len(dout)):
        dx[i : i + F] += dout[i] * w
        dw += dout[i] * x[i : i + F]
    return dx, dw


def conv_backward_naive(dout, cache):
    """Backward pass of conv_forward_naive, with plain loops.

    dout is the upstream gradient (N, K, HO, WO), cache is (x, w, b, stride, padding) with
    x (N, C, H, W), w (K, C, FH, FW), b (K,), as conv_forward_naive returns it. Any stride
    and padding for which the filters fit. All arrays have one dtype; none is changed.

    Returns (dx, dw, db), the gradients of sum(out * dout), in this dtype and the shapes of
    x, w and b. Raises ValueError, naming both shapes, when dout has another shape than
    the output of the layer.
    """
    x, w, b, stride, padding = cache
    N, _, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    if dout.shape != (N, K, HO, WO):
        raise ValueError(
            f"dout has shape {dout.shape}, the output has shape {(N, K, HO, WO)}"
        )
    padded = zero_pad(x, padding)
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        top, left = ho * stride, wo * stride
        window = (n, slice(None), slice(top, top + FH), slice(left, left + FW))
        dpadded[window] += dout[n, k, ho, wo] * w[k]
        dw[k] += dout[n, k, ho, wo] * padded[window]
        db[k] += dout[n, k, ho, wo]
    dx = dpadded[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, db


def conv_backward_as_convolution(dout, cache):
    """Backward pass of the convolutional layer by two calls of conv_forward_naive.

    Arguments, results and errors as in conv_backward_naive: dout (N, K, HO, WO), cache
    (x, w, b, stride, padding), all arrays of one dtype and none of them changed; returns
    (dx, dw, db) in this dtype. Raises ValueError, naming both shapes, when dout has another
    shape than the output.

    dx is dout (dilated by the stride, padded) convolved with the spatially flipped filters
    whose channels and filters have changed places; dw is x convolved with dout.
    """
    x, w, b, stride, padding = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    if dout.shape != (N, K, HO, WO):
        raise ValueError(
            f"dout has shape {dout.shape}, the output has shape {(N, K, HO, WO)}"
        )
    HD, WD = (HO - 1) * stride + 1, (WO - 1) * stride + 1
    full = np.zeros((N, K, HD + 2 * (FH - 1), WD + 2 * (FW - 1)), dtype=x.dtype)
    dilated = full[:, :, FH - 1 : FH - 1 + HD, FW - 1 : FW - 1 + WD]
    dilated[:, :, ::stride, ::stride] = dout

    flipped = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dpadded, _ = conv_forward_naive(full, flipped, np.zeros(C, dtype=x.dtype))
    dx = dpadded[:, :, padding : padding + H, padding : padding + W]

    images = zero_pad(x, padding).transpose(1, 0, 2, 3)
    filters = dilated.transpose(1, 0, 2, 3)
    dw, _ = conv_forward_naive(images, filters, np.zeros(K, dtype=x.dtype))
    dw = dw.transpose(1, 0, 2, 3).astype(w.dtype)
    return dx, dw, dout.sum(axis=(0, 2, 3)).astype(b.dtype)
