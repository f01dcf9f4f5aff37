# Built by lesson 05_pooling with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 05_pooling builds."""

import numpy as np

from course.geometry import output_size
from course.im2col import col2im, im2col


def max_pool_forward_naive(x, size=2, stride=2):
    """Max pooling with plain loops: the largest number of every window.

    x is a batch (N, C, H, W) of floats, and is not changed. The window is size x size
    pixels and moves by `stride` pixels; every channel is pooled by itself.

    Returns (out, cache). out is (N, C, HO, WO) in the dtype of x. The cache keeps the
    switches, which tell where in its window each maximum was found, and whatever else
    your backward pass needs.
    Raises ValueError, naming the values, when the windows do not fit along an axis
    (`output_size` does that).
    """
    N, C, H, W = x.shape
    HO = output_size(H, size, stride)
    WO = output_size(W, size, stride)
    out = np.zeros((N, C, HO, WO), dtype=x.dtype)
    switches = np.zeros((N, C, HO, WO), dtype=int)
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        window = x[n, c, top : top + size, left : left + size]
        # argmax counts row by row and gives the first of equal maxima.
        switches[n, c, ho, wo] = window.argmax()
        out[n, c, ho, wo] = window.max()
    return out, (x, switches, size, stride)


def max_pool_backward_naive(dout, cache):
    """Backward pass of max pooling, with plain loops over the output.

    dout is the gradient of the loss with respect to out, (N, C, HO, WO), and is not
    changed. cache is what max_pool_forward_naive returned.

    Returns dx, (N, C, H, W) in the dtype of dout: the whole gradient of a window goes to
    its first maximum, counted row by row; where windows overlap, gradients add up; all
    other pixels get 0.
    """
    x, switches, size, stride = cache
    dx = np.zeros(x.shape, dtype=dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        row, column = divmod(switches[n, c, ho, wo], size)
        dx[n, c, ho * stride + row, wo * stride + column] += dout[n, c, ho, wo]
    return dx


def max_pool_forward(x, size=2, stride=2):
    """Max pooling without a loop over the windows: size * size turns of Python at most.

    The same arguments, the same out and the same errors as max_pool_forward_naive:
    x (N, C, H, W) is not changed; returns (out, cache), out (N, C, HO, WO) in the dtype
    of x. ValueError, naming the values, when the windows do not fit. It takes less time
    than a bare loop over the windows.
    """
    N, C, H, W = x.shape
    HO = output_size(H, size, stride)
    WO = output_size(W, size, stride)
    out = x[:, :, : stride * HO : stride, : stride * WO : stride].copy()
    # One byte for a switch, as long as the windows are no larger than 15x15.
    switches = np.zeros((N, C, HO, WO), dtype=np.min_scalar_type(size * size))
    for place in range(1, size * size):
        fh, fw = divmod(place, size)
        rows = slice(fh, fh + stride * HO, stride)
        columns = slice(fw, fw + stride * WO, stride)
        rivals = x[:, :, rows, columns]
        # 1 where it is larger, not equal: of equal maxima the first keeps the switch.
        larger = (rivals > out).astype(switches.dtype)
        # Places grow, so the larger number is the later place.
        switches = np.maximum(switches, place * larger)
        out = np.maximum(out, rivals)
    return out, (x.shape, switches, size, stride)


def max_pool_backward(dout, cache):
    """Backward pass of max_pool_forward: dx (N, C, H, W) in the dtype of dout.

    dout is (N, C, HO, WO), and is not changed. cache is what max_pool_forward returned.
    The whole gradient of a window goes to its first maximum, counted row by row; where
    windows overlap, gradients add up. It takes less time than a bare loop over the
    windows.
    """
    shape, switches, size, stride = cache
    HO, WO = dout.shape[2:]
    dx = np.zeros(shape, dtype=dout.dtype)
    for place in range(size * size):
        fh, fw = divmod(place, size)
        rows = slice(fh, fh + stride * HO, stride)
        columns = slice(fw, fw + stride * WO, stride)
        dx[:, :, rows, columns] += dout * (switches == place)
    return dx


def avg_pool_forward(x, size=2, stride=2):
    """Average pooling: the mean of every window of size x size pixels.

    x is a batch (N, C, H, W) of floats, and is not changed. Returns (out, cache), out
    (N, C, HO, WO) in the dtype of x. ValueError when the windows do not fit.
    """
    N, C, H, W = x.shape
    HO = output_size(H, size, stride)
    WO = output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    out = columns.mean(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, size, stride)


def avg_pool_backward(dout, cache):
    """Backward pass of avg_pool_forward: dx (N, C, H, W) in the dtype of dout.

    dout is (N, C, HO, WO), and is not changed. cache is what avg_pool_forward returned.
    All pixels of a window get the same share; where windows overlap, shares add up.
    """
    shape, size, stride = cache
    N, C, _, _ = shape
    share = dout.reshape(N, C, 1, -1) / (size * size)
    columns = share.repeat(size * size, axis=2).reshape(N, C * size * size, -1)
    return col2im(columns, shape, size, size, stride)


def l2_pool_forward(x, size=2, stride=2):
    """L2 pooling: the root of the sum of squares of every window of size x size pixels.

    x is a batch (N, C, H, W) of floats, and is not changed. Returns (out, cache), out
    (N, C, HO, WO) in the dtype of x. ValueError when the windows do not fit.
    """
    N, C, H, W = x.shape
    HO = output_size(H, size, stride)
    WO = output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.sqrt((columns**2).sum(axis=2, keepdims=True))
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


def l2_pool_backward(dout, cache):
    """Backward pass of l2_pool_forward: dx (N, C, H, W) in the dtype of dout.

    dout is (N, C, HO, WO), and is not changed. cache is what l2_pool_forward returned.
    A pixel x of a window with the root r gets dout * x / r, and 0 where the whole
    window is 0. Where windows overlap, gradients add up.
    """
    shape, columns, roots, size, stride = cache
    N, C, _, _ = shape
    # Where the root is 0 so are all x of the window: 0 / 1 instead of 0 / 0.
    ratios = columns / np.where(roots == 0, 1, roots)
    gradients = ratios * dout.reshape(N, C, 1, -1)
    gradients = gradients.reshape(N, C * size * size, -1).astype(dout.dtype, copy=False)
    return col2im(gradients, shape, size, size, stride)


def fractional_max_pool_forward(x, out_height, out_width, rng):
    """Max pooling over windows that are 1 or 2 pixels high and 1 or 2 pixels wide.

    x is a batch (N, C, H, W) of floats, and is not changed. The windows are disjoint,
    in order, and tile the image without a gap: out_height sides of 1 or 2 add up to H,
    out_width sides of 1 or 2 to W. Their order is random, drawn from the numpy Generator
    `rng` and from nothing else: one order for the rows, another one for the columns,
    the same for all images and channels. Two generators with the same seed give the
    same windows, whatever the numbers in x are.

    Returns (out, cache), out (N, C, out_height, out_width) in the dtype of x: the maximum
    of every window. What the cache holds is up to you.
    Raises ValueError, naming the values, when out_height is larger than H or smaller
    than half of H; the same for out_width and W.
    """
    starts = []
    for length, places in zip(x.shape[2:], (out_height, out_width)):
        if not places <= length <= 2 * places:
            raise ValueError(
                f"{length} pixels cannot be split into {places} sides of 1 or 2: choose "
                f"from {(length + 1) // 2} to {length}"
            )
        sides = np.ones(places, dtype=int)
        sides[: length - places] = 2
        sides = rng.permutation(sides)
        starts.append(np.cumsum(sides) - sides)
    rows, columns = starts
    # reduceat takes the maximum from each start up to the next.
    out = np.maximum.reduceat(x, rows, axis=2)
    out = np.maximum.reduceat(out, columns, axis=3)
    return out, (x, rows, columns)
