"""Average pooling: the mean of every window, and equal shares of its gradient."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking import judge

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2

WINDOW = np.array([[[[3.0, 4], [0, 0]]]])


def cases(t, avg_pool_forward, avg_pool_backward):
    pool, backward = avg_pool_forward, avg_pool_backward
    t.case("by hand: a quarter of 7", pool(WINDOW)[0], np.array([[[[1.75]]]]))
    dx = backward(np.array([[[[8.0]]]]), pool(WINDOW)[1])
    t.case("dx by hand: 8 shared by four", dx, np.full((1, 1, 2, 2), 2.0))
    for title, x, size, stride in [
        ("2x2, stride 2", t.ints(2, 3, 4, 6), 2, 2),
        ("3x3, stride 2: windows overlap", t.ints(1, 2, 5, 7), 3, 2),
        ("2x2, stride 1", t.ints(2, 1, 3, 4), 2, 1),
        ("2x2, stride 3: pixels between them", t.ints(1, 2, 5, 8), 2, 3),
        ("a window as large as the image", t.ints(2, 4, 3, 3), 3, 2),
        ("1x1, stride 2", t.ints(1, 2, 3, 5), 1, 2),
        ("float32", t.ints(1, 2, 4, 2, dtype=np.float32), 2, 2),
        ("not contiguous", t.strided(t.ints(2, 1, 4, 6)), 2, 2),
    ]:
        t.case(title, pool(x, size, stride)[0])
        dout = upstream(t, x, size, stride)
        t.case(f"dx: {title}", backward(dout, pool(x, size, stride)[1]))
    x = t.normal(1, 2, 5, 7)
    t.gradient(
        "numeric gradient, 3x3: windows overlap",
        lambda dout: backward(dout, pool(x, 3, 2)[1]),
        lambda x: pool(x, 3, 2)[0],
        x,
    )
    t.refuses("7 rows, 2x2, stride 2: 2.5 steps", pool(np.ones((1, 1, 7, 8)), 2, 2))
    t.refuses("7 columns, 2x2, stride 2", pool(np.ones((1, 1, 8, 7)), 2, 2))
    t.refuses("a window of 5 on 4 columns", pool(np.ones((1, 1, 6, 4)), 5, 1))

    @t.test("two caches at a time, one of them used twice")
    def _(avg_pool_forward, avg_pool_backward):
        dout = np.array([[[[1.0, 2], [3, 4]]]])
        alone = np.array(
            avg_pool_backward(
                dout.copy(), avg_pool_forward(np.ones((1, 1, 5, 5)), 3)[1]
            )
        )
        first, second = (
            avg_pool_forward(np.ones((1, 1, 5, 5)), 3)[1],
            avg_pool_forward(np.ones((1, 1, 5, 5)), 2, 3)[1],
        )
        other = {"all calls share one cache": avg_pool_backward(dout.copy(), second)}
        for title in ("dx from the first of two caches", "dx from it once more"):
            got = avg_pool_backward(dout.copy(), first)
            judge.close(title, got, alone, mistakes=other)


def hidden(t, avg_pool_forward, avg_pool_backward):
    for shape, size, stride, dtype in [
        ((3, 2, 4, 6), 2, 2, float),
        ((2, 1, 9, 5), 3, 2, np.float32),
        ((1, 4, 5, 3), 1, 2, float),
        ((2, 3, 4, 4), 4, 3, np.float32),
        ((2, 2, 3, 5), 2, 1, float),
    ]:
        x = t.normal(*shape, dtype=dtype)
        x = x if size == 2 else np.asfortranarray(x)
        forward = avg_pool_forward(x, size, stride)
        back = avg_pool_backward(upstream(t, x, size, stride), forward[1])
        t.case(f"{shape}, {size}, {stride}", [forward[0], back])
    t.refuses("stride 3", avg_pool_forward(np.ones((1, 1, 5, 6)), 3, 3))


def upstream(t, x, size, stride):
    """A gradient for every window of x, in the dtype and the memory layout of x."""
    N, C, H, W = x.shape
    places = (H - size) // stride + 1, (W - size) // stride + 1
    dout = 5 + t.ints(N, C, *places, dtype=x.dtype)
    return dout if x.flags.c_contiguous else t.strided(dout)


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


wrong("the window is added up, but not divided", "columns.mean", "columns.sum")
wrong(
    "the sum is divided by size, not by size * size",
    "columns.mean(axis=2)",
    "(columns.sum(axis=2) / size)",
)
wrong(
    "the sum is divided by stride * stride, not by size * size",
    "columns.mean(axis=2)",
    "(columns.sum(axis=2) / stride**2)",
)
wrong(
    "the sum is divided by the number of windows, not of pixels in a window",
    "columns.mean(axis=2)",
    "(columns.sum(axis=2) / (HO * WO))",
)
wrong("the maximum is taken instead of the mean", "columns.mean", "columns.max")
wrong(
    "the mean is taken over all channels",
    "columns.mean(axis=2)",
    "columns.mean(axis=(1, 2), keepdims=True).repeat(C, axis=1)",
)
wrong(
    "pixels that are 0 are not counted",
    "columns.mean(axis=2)",
    "columns.mean(axis=2, where=(columns != 0) | (columns == 0).all(axis=2)[:, :, None])",
)
wrong("float32 went in, float64 came out", "mean(axis=2", "mean(axis=2, dtype=float")
wrong(
    "out is returned without a cache",
    "return out, (x.shape, size, stride)",
    "return out",
)
wrong(
    "all calls share one cache",
    "stride=2)",
    "stride=2, memory=[])",
    "return out, (x.shape, size, stride)",
    "memory[:] = x.shape, size, stride\n    return out, memory",
)


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


wrong("the gradient is not divided", " / (size * size)", "", of="avg_pool_backward")
wrong(
    "the gradient is divided by size, not by size * size",
    "/ (size * size)",
    "/ size",
    of="avg_pool_backward",
)
wrong(
    "the gradient is divided by stride * stride, not by size * size",
    "/ (size * size)",
    "/ stride**2",
    of="avg_pool_backward",
)
wrong(
    "the gradient is divided by the number of windows",
    "/ (size * size)",
    "/ dout[0, 0].size",
    of="avg_pool_backward",
)
wrong(
    "overlapping windows overwrite each other instead of adding",
    "+=",
    "=",
    of="avg_pool_backward__loops",
)
wrong(
    "the first pixel of each window gets the whole gradient",
    "share = dout[:, :, ho, wo] / size**2",
    "share, size = dout[:, :, ho, wo], 1",
    of="avg_pool_backward__loops",
)
wrong(
    "the columns are laid out as (fh, fw, c) instead of (c, fh, fw)",
    "columns = share.repeat(size * size, axis=2)",
    "columns = share.repeat(size * size, axis=2).swapaxes(1, 2)",
    of="avg_pool_backward",
)
wrong(
    "float32 went in, float64 came out",
    "/ (size * size)",
    "/ np.float64(size * size)",
    of="avg_pool_backward",
)
wrong(
    "dout was changed in place",
    "share = dout.reshape(N, C, 1, -1) / (size * size)",
    "dout /= size * size\n    share = dout.reshape(N, C, 1, -1)",
    of="avg_pool_backward",
)
