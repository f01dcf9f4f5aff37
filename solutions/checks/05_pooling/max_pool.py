"""TODO: what this task checks."""

import numpy as np

from autograder.proof import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2


def cases(t, max_pool_forward, max_pool_backward):
    t.case("trivial", max_pool_forward(np.ones((1, 1, 2, 2)))[0].shape)


def hidden(t, max_pool_forward, max_pool_backward):
    t.case("trivial", max_pool_forward(np.ones((1, 1, 2, 2)))[0].shape)


@right("one comparison per place in the window")
def max_pool_forward__running(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    out, switches = None, np.zeros((N, C, HO, WO), int)
    for place in range(size * size):
        row, column = divmod(place, size)
        rows = slice(row, row + (HO - 1) * stride + 1, stride)
        columns = slice(column, column + (WO - 1) * stride + 1, stride)
        values = x[:, :, rows, columns]
        if out is None:
            out = values.copy()
        switches[values > out] = place
        out = np.maximum(out, values)
    return out, (x.shape, switches.reshape(N, C, -1), size, stride)


@right("each channel as an image of its own")
def max_pool_forward__flat_channels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x.reshape(N * C, 1, H, W), size, size, stride)
    switches = columns.argmax(axis=1)
    out = np.take_along_axis(columns, switches[:, None], axis=1)
    return out.reshape(N, C, HO, WO), (
        x.shape,
        switches.reshape(N, C, -1),
        size,
        stride,
    )


@wrong("the search for the maximum starts at 0")
def max_pool_forward__from_zero(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.max(axis=2, initial=0).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmax(axis=2), size, stride)


@wrong("the minimum is taken instead of the maximum")
def max_pool_forward__minimum(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.min(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmin(axis=2), size, stride)


@wrong("the maximum is taken over all channels")
def max_pool_forward__channels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).max(axis=1, keepdims=True)
    out = columns.repeat(C, axis=1).reshape(N, C, HO, WO)
    return out, (x.shape, out.reshape(N, C, -1).astype(int) * 0, size, stride)


@wrong("the rows of im2col are read as (fh, fw, c) instead of (c, fh, fw)")
def max_pool_forward__row_order(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, size * size, C, -1)
    out = columns.max(axis=1).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmax(axis=1), size, stride)


@wrong("the columns of im2col are read as (wo, ho) instead of (ho, wo)")
def max_pool_forward__column_order(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.max(axis=2).reshape(N, C, WO, HO).swapaxes(2, 3)
    return out, (x.shape, columns.argmax(axis=2), size, stride)


@wrong("the last of equal maxima gets the gradient")
def max_pool_forward__last(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    switches = size * size - 1 - columns[:, :, ::-1].argmax(axis=2)
    out = columns.max(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, switches, size, stride)


@wrong("the windows move by 1, whatever the stride")
def max_pool_forward__stride_ignored(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    x_small = x[:, :, : HO + size - 1, : WO + size - 1]
    columns = im2col(x_small, size, size, 1).reshape(N, C, size * size, -1)
    out = columns.max(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmax(axis=2), size, stride)


@wrong("float32 went in, float64 came out")
def max_pool_forward__float64(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = np.zeros((N, C, HO, WO))
    out[...] = columns.max(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmax(axis=2), size, stride)


@wrong("out is returned without a cache")
def max_pool_forward__no_cache(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    return columns.max(axis=2).reshape(N, C, HO, WO)


@right("compare the switches with all places of a window")
def max_pool_backward__compared(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    at = np.arange(size * size)[:, None] == switches[:, :, None]
    columns = np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@right("add at places in the flat image")
def max_pool_backward__add_at(dout, cache):
    shape, switches, size, stride = cache
    n, c, ho, wo = np.indices(dout.shape)
    rows, columns = np.divmod(switches.reshape(dout.shape), size)
    dx = np.zeros(shape, dout.dtype)
    np.add.at(dx, (n, c, ho * stride + rows, wo * stride + columns), dout)
    return dx


wrong(
    "overlapping windows overwrite each other instead of adding",
    "    np.add.at(dx, (n, c, ho * stride + rows, wo * stride + columns), dout)",
    "    dx[n, c, ho * stride + rows, wo * stride + columns] = dout",
    of="max_pool_backward__add_at",
)

wrong(
    "every pixel of a window gets the gradient",
    "shape, switches",
    "shape, _switches",
    "    at = np.arange(size * size)[:, None] == switches[:, :, None]\n    columns = np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))",
    "    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2)",
    of="max_pool_backward__compared",
)

wrong(
    "the gradient is spread evenly over the window",
    "shape, switches",
    "shape, _switches",
    "    at = np.arange(size * size)[:, None] == switches[:, :, None]\n    columns = np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))",
    "    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2) / size ** 2",
    of="max_pool_backward__compared",
)

wrong(
    "the columns are laid out as (fh, fw, c) instead of (c, fh, fw)",
    "np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))",
    "(at * dout.reshape(N, C, 1, -1)).swapaxes(1, 2)",
    of="max_pool_backward__compared",
)

wrong(
    "dout is flattened as (wo, ho) instead of (ho, wo)",
    "np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))",
    "at * dout.swapaxes(2, 3).reshape(N, C, 1, -1)",
    of="max_pool_backward__compared",
)

wrong(
    "row and column of the switch are swapped",
    "    at = np.arange(size * size)[:, None] == switches[:, :, None]\n    columns = np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))",
    "    places = np.arange(size * size).reshape(size, size).T.ravel()\n    at = places[:, None] == switches[:, :, None]\n    columns = at * dout.reshape(N, C, 1, -1)",
    of="max_pool_backward__compared",
)

wrong(
    "only the first image gets a gradient",
    "    columns = np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))",
    "    columns = at * dout.reshape(N, C, 1, -1)\n    columns[1:] = 0",
    of="max_pool_backward__compared",
)

wrong(
    "float32 went in, float64 came out",
    "np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))",
    "at * dout.reshape(N, C, 1, -1).astype(float)",
    of="max_pool_backward__compared",
)

wrong(
    "dout was changed in place",
    "    columns = np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))",
    "    columns = at * dout.reshape(N, C, 1, -1)\n    dout *= 0",
    of="max_pool_backward__compared",
)
