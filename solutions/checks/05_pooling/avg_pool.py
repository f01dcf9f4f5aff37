"""TODO: what this task checks."""

import numpy as np

from autograder.proof import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2


def cases(t, avg_pool_forward, avg_pool_backward):
    t.case("trivial", avg_pool_forward(np.ones((1, 1, 2, 2)))[0].shape)


def hidden(t, avg_pool_forward, avg_pool_backward):
    t.case("trivial", avg_pool_forward(np.ones((1, 1, 2, 2)))[0].shape)


@right("a sum over a view of all windows")
def avg_pool_forward__view(x, size=2, stride=2):
    for length in x.shape[2:]:
        output_size(length, size, stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    out = windows[:, :, ::stride, ::stride].sum(axis=(4, 5)) / (size * size)
    return out, (x.shape, size, stride)


@right("loops over the output")
def avg_pool_forward__loops(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    out = np.zeros((N, C, HO, WO), x.dtype)
    for ho in range(HO):
        for wo in range(WO):
            top, left = ho * stride, wo * stride
            window = x[:, :, top : top + size, left : left + size]
            out[:, :, ho, wo] = window.mean(axis=(2, 3))
    return out, (x.shape, size, stride)


@wrong("the window is added up, but not divided")
def avg_pool_forward__sum(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    return columns.sum(axis=2).reshape(N, C, HO, WO), (x.shape, size, stride)


@wrong("the sum is divided by size, not by size * size")
def avg_pool_forward__by_size(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    return columns.sum(axis=2).reshape(N, C, HO, WO) / size, (x.shape, size, stride)


@wrong("the sum is divided by stride * stride, not by size * size")
def avg_pool_forward__by_stride(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.sum(axis=2).reshape(N, C, HO, WO) / stride**2
    return out, (x.shape, size, stride)


@wrong("the sum is divided by the number of windows, not of pixels in a window")
def avg_pool_forward__by_windows(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.sum(axis=2).reshape(N, C, HO, WO) / (HO * WO)
    return out, (x.shape, size, stride)


@wrong("the maximum is taken instead of the mean")
def avg_pool_forward__maximum(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    return columns.max(axis=2).reshape(N, C, HO, WO), (x.shape, size, stride)


@wrong("the mean is taken over all channels")
def avg_pool_forward__channels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).mean(axis=1, keepdims=True)
    return columns.repeat(C, axis=1).reshape(N, C, HO, WO), (x.shape, size, stride)


@wrong("pixels that are 0 are not counted")
def avg_pool_forward__nonzero(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    count = np.maximum((columns != 0).sum(axis=2), 1)
    out = (columns.sum(axis=2) / count).reshape(N, C, HO, WO).astype(x.dtype)
    return out, (x.shape, size, stride)


@wrong("float32 went in, float64 came out")
def avg_pool_forward__float64(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.mean(axis=2, dtype=float).reshape(N, C, HO, WO)
    return out, (x.shape, size, stride)


@right("loops over the output")
def avg_pool_backward__loops(dout, cache):
    shape, size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    for ho, wo in np.ndindex(dout.shape[2:]):
        top, left = ho * stride, wo * stride
        share = dout[:, :, ho, wo] / size**2
        dx[:, :, top : top + size, left : left + size] += share[:, :, None, None]
    return dx


@right("strided slices, one for each place in the window")
def avg_pool_backward__slices(dout, cache):
    shape, size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    HO, WO = dout.shape[2:]
    for row in range(size):
        for column in range(size):
            rows = slice(row, row + (HO - 1) * stride + 1, stride)
            columns = slice(column, column + (WO - 1) * stride + 1, stride)
            dx[:, :, rows, columns] += dout / (size * size)
    return dx


@wrong("the gradient is not divided")
def avg_pool_backward__not_divided(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the gradient is divided by size, not by size * size")
def avg_pool_backward__by_size(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2) / size
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the gradient is divided by stride * stride, not by size * size")
def avg_pool_backward__by_stride(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2) / stride**2
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the gradient is divided by the number of windows")
def avg_pool_backward__by_windows(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2)
    columns = columns.reshape(N, C * size**2, -1) / dout[0, 0].size
    return col2im(columns, shape, size, size, stride)


wrong(
    "overlapping windows overwrite each other instead of adding",
    "        dx[:, :, top : top + size, left : left + size] += share[:, :, None, None]",
    "        dx[:, :, top:top + size, left:left + size] = share[:, :, None, None]",
    of="avg_pool_backward__loops",
)


@wrong("the first pixel of each window gets the whole gradient")
def avg_pool_backward__first_pixel(dout, cache):
    shape, _size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    HO, WO = dout.shape[2:]
    dx[:, :, : HO * stride : stride, : WO * stride : stride] = dout
    return dx


@wrong("the columns are laid out as (fh, fw, c) instead of (c, fh, fw)")
def avg_pool_backward__row_order(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    share = dout.reshape(N, C, -1) / size**2
    return col2im(np.tile(share, (1, size**2, 1)), shape, size, size, stride)


@wrong("float32 went in, float64 came out")
def avg_pool_backward__float64(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    share = dout.astype(float).reshape(N, C, 1, -1) / size**2
    columns = share.repeat(size**2, axis=2).reshape(N, C * size**2, -1)
    return col2im(columns, shape, size, size, stride)
