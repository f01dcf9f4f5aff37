"""Max pooling with plain loops: the largest number of every window."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

SLICE = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])


def cases(t, max_pool_forward_naive):
    pool = max_pool_forward_naive
    t.case("by hand: 6 8 and 3 4", pool(SLICE)[0], np.array([[[[6.0, 8], [3, 4]]]]))
    below = np.array([[[[-3.0, -1], [-6, -5]]]])
    t.case("9 less everywhere: all are negative", pool(SLICE - 9)[0], below)
    t.case("2x2, stride 2", pool(t.ints(2, 3, 4, 6))[0])
    t.case("3x3, stride 2: windows overlap", pool(t.ints(1, 2, 5, 7), 3, 2)[0])
    t.case("2x2, stride 3: pixels between them", pool(t.ints(1, 2, 5, 8), 2, 3)[0])
    t.case("3 high and wide on 3x5, stride 1", pool(t.ints(2, 1, 3, 5), 3, 1)[0])
    t.case("float32", pool(t.ints(2, 2, 4, 6, dtype=np.float32))[0])
    t.case("not contiguous", pool(t.strided(t.ints(1, 2, 6, 4)))[0])
    large = pool(np.ones((1, 1, 224, 56)))[0].shape
    t.case("224 x 56 pixels, 1 channel: the shape of out", large, (1, 1, 112, 28))
    t.refuses("7 rows", pool(np.ones((1, 1, 7, 8)), 2, 2), names=(7, 2))
    t.refuses("7 columns", pool(np.ones((1, 1, 8, 7)), 2, 2), names=(7, 2))
    t.refuses("a window of 5 on 4", pool(np.ones((1, 1, 6, 4)), 5, 1), names=(5, 4))


def hidden(t, max_pool_forward_naive):
    pool = max_pool_forward_naive
    for shape, size, stride in [
        ((3, 2, 4, 6), 2, 2),
        ((2, 1, 9, 5), 3, 2),
        ((1, 4, 5, 3), 1, 2),
        ((2, 3, 4, 4), 4, 3),
        ((1, 2, 3, 10), 3, 7),
    ]:
        t.case(f"{shape}, {size}, {stride}", pool(t.normal(*shape), size, stride)[0])
    t.case("negative", pool(-abs(t.normal(3, 2, 4, 6)), 2, 1)[0])
    t.case("axes in another order", pool(t.normal(6, 5, 2, 3).T, 2, 1)[0])
    t.case("float32", pool(t.normal(2, 1, 9, 5, dtype=np.float32), 3)[0])
    t.refuses("stride 3", pool(np.ones((1, 1, 5, 6)), 3, 3))


@right("compare pixel by pixel")
def max_pool_forward_naive__pixels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    out = np.empty((N, C, HO, WO), x.dtype)
    switches = np.empty((N, C, HO, WO), int)
    for n in range(N):
        for c in range(C):
            for ho in range(HO):
                for wo in range(WO):
                    best, where = x[n, c, ho * stride, wo * stride], 0
                    for row in range(size):
                        for column in range(size):
                            value = x[n, c, ho * stride + row, wo * stride + column]
                            if value > best:
                                best, where = value, row * size + column
                    out[n, c, ho, wo], switches[n, c, ho, wo] = best, where
    return out, (x, switches, size, stride)


@right("a view of all windows")
def max_pool_forward_naive__view(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].reshape(N, C, HO, WO, -1)
    return windows.max(axis=-1), (x, windows.argmax(axis=-1), size, stride)


wrong("the search for the maximum starts at 0", "window.max()", "max(window.max(), 0)")
wrong("the minimum is taken instead of the maximum", "window.max()", "window.min()")
wrong("the mean is taken instead of the maximum", "window.max()", "window.mean()")
wrong("the largest absolute value is taken", "window.max()", "abs(window).max()")
wrong("the maximum is taken over all channels", "x[n, c, top", "x[n, :, top")
wrong(
    "the windows move by 1, whatever the stride",
    "top, left = ho * stride, wo * stride",
    "top, left = ho, wo",
)
wrong(
    "the windows move by their size, whatever the stride",
    "top, left = ho * stride, wo * stride",
    "top, left = min(ho * size, H - size), min(wo * size, W - size)",
)
wrong(
    "only the first row of each window is searched", "top : top + size", "top : top + 1"
)
wrong(
    "rows and columns of the output are swapped",
    "out = np.zeros((N, C, HO, WO)",
    "out = np.zeros((N, C, WO, HO)",
    "np.ndindex(out.shape)",
    "np.ndindex(N, C, HO, WO)",
    "out[n, c, ho, wo] =",
    "out[n, c, wo, ho] =",
)
wrong(
    "float32 went in, float64 came out",
    "out = np.zeros((N, C, HO, WO), dtype=x.dtype)",
    "out = np.zeros((N, C, HO, WO))",
)
wrong("x was changed in place", "    return out", "    x -= x.max()\n    return out")
wrong(
    "out is returned without a cache",
    "return out, (x, switches, size, stride)",
    "return out",
)
wrong(
    "what does not fit is cut off in silence",
    "output_size(H, size, stride)",
    "(H - size) // stride + 1",
    "output_size(W, size, stride)",
    "(W - size) // stride + 1",
    named=False,
)
wrong(
    "the error does not name the values",
    "N, C, H, W = x.shape",
    "N, C, H, W = x.shape\n"
    "    if (H - size) % stride or (W - size) % stride:\n"
    '        raise ValueError("the windows do not fit")',
    named=False,
)
