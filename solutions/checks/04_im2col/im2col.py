"""im2col: every window of every image as a column."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 3

PICTURE = np.array([[[[1.0, 2, 0, 1], [3, 1, 1, 0], [0, 2, 1, 4]]]])


def cases(t, im2col):
    want = [[1.0, 2, 0, 3, 1, 1], [2, 0, 1, 1, 1, 0], [3, 1, 1, 0, 2, 1]]
    want = np.array([[*want, [1, 1, 0, 2, 1, 4]]])
    t.case("by hand: 3x4 image, 2x2 window", im2col(PICTURE, 2, 2), want)
    for title, shape, *rest in [
        ("every axis another length, stride 2, padding 1", (2, 3, 4, 6), 4, 2, 2, 1),
        ("a wide window, padding 1", (3, 2, 2, 5), 2, 4, 1, 1),
        ("a batch of 1, stride 3, padding 2", (1, 2, 6, 7), 4, 2, 3, 2),
        ("a 1x1 window, stride 2", (2, 3, 3, 5), 1, 1, 2),
        ("a window as large as the image", (2, 3, 4, 2), 4, 2),
    ]:
        t.case(title, im2col(t.ints(*shape), *rest))
    t.case("float32", im2col(t.ints(2, 2, 3, 4, dtype=np.float32), 2, 3))
    t.case("not contiguous", im2col(t.strided(t.ints(2, 3, 3, 4)), 3, 2))
    alexnet = im2col(np.zeros((1, 3, 227, 227), np.float32), 11, 11, stride=4).shape
    title = "227x227x3, 11x11 window, stride 4: [363 x 3025]"
    t.case(title, alexnet, (1, 363, 3025))
    wide, tall = np.ones((1, 1, 7, 10)), np.ones((1, 1, 10, 7))
    t.refuses("10 wide, filter 3, stride 2: 4.5 steps", im2col(wide, 3, 3, 2))
    t.refuses("10 high, filter 3, stride 2: 4.5 steps", im2col(tall, 3, 3, 2))
    t.refuses("a filter 6 wide on 4 columns", im2col(np.ones((2, 3, 5, 4)), 2, 6))
    t.refuses("a filter 6 high on 4 rows", im2col(np.ones((2, 3, 4, 5)), 6, 2))


def hidden(t, im2col):
    for shape, *rest in [
        ((3, 2, 6, 9), 4, 3, 2, 0),
        ((1, 4, 5, 3), 2, 3, 1, 2),
        ((2, 1, 7, 10), 3, 6, 4, 2),
        ((1, 2, 4, 6), 4, 6, 1, 0),
        ((2, 5, 3, 2), 1, 1, 1, 0),
        ((2, 3, 5, 7), 1, 1, 2, 0),
    ]:
        t.case(f"{shape}, {rest}", im2col(t.normal(*shape), *rest))
    t.case("axes in another order", im2col(t.normal(6, 5, 2, 3).T, 4, 3, 1, 1))
    t.case("float32", im2col(t.normal(3, 2, 6, 9, dtype=np.float32), 4, 3, 2))


@right("slices of the shifted pictures")
def im2col__slices(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    HO = output_size(H, filter_height, stride, padding)
    WO = output_size(W, filter_width, stride, padding)
    wide = zero_pad(x, padding)
    cols = np.empty((N, C, filter_height, filter_width, HO, WO), dtype=x.dtype)
    for fh in range(filter_height):
        for fw in range(filter_width):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            cols[:, :, fh, fw] = wide[:, :, rows, columns]
    return cols.reshape(N, C * filter_height * filter_width, HO * WO)


@right("index arrays")
def im2col__indices(x, filter_height, filter_width, stride=1, padding=0):
    _, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    index = np.indices((C, FH, FW, HO, WO)).reshape(5, C * FH * FW, HO * WO)
    c, fh, fw, ho, wo = index
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    return wide[:, c, fh + stride * ho, fw + stride * wo]


@right("one number after the other")
def im2col__loops(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = np.zeros((N, C * FH * FW, HO * WO), dtype=x.dtype)
    for n in range(N):
        for ho, wo in np.ndindex(HO, WO):
            row = 0
            for c in range(C):
                for i in range(ho * stride - padding, ho * stride - padding + FH):
                    for j in range(wo * stride - padding, wo * stride - padding + FW):
                        if 0 <= i < H and 0 <= j < W:
                            cols[n, row, ho * WO + wo] = x[n, c, i, j]
                        row += 1
    return cols


wrong(
    "the rows are in the order (fh, fw, c)", "(0, 1, 4, 5, 2, 3)", "(0, 4, 5, 1, 2, 3)"
)
wrong(
    "the rows are in the order (c, fw, fh)", "(0, 1, 4, 5, 2, 3)", "(0, 1, 5, 4, 2, 3)"
)
wrong(
    "the columns are in the order (wo, ho)", "(0, 1, 4, 5, 2, 3)", "(0, 1, 4, 5, 3, 2)"
)
wrong("the axes are reshaped without being moved", ".transpose(0, 1, 4, 5, 2, 3)", "")
wrong(
    "the images are mixed: the batch is not the slowest axis",
    "(0, 1, 4, 5, 2, 3)",
    "(1, 4, 5, 0, 2, 3)",
)
wrong(
    "the matrix is transposed: one row per place",
    "(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)",
    "(0, 2, 3, 1, 4, 5).reshape(N, HO * WO, C * FH * FW)",
)
wrong(
    "every window is flipped",
    "[:, :, ::stride, ::stride]",
    "[..., ::stride, ::stride, ::-1, ::-1]",
)
wrong("the stride is ignored", "[:, :, ::stride, ::stride]", "[:, :, :HO, :WO]")
wrong("the stride is ignored across the image", "::stride, ::stride]", "::stride, :WO]")
wrong(
    "all the padding is put below and to the right",
    "zero_pad(x, padding) if padding else x",
    "np.pad(x, [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])",
)
wrong(
    "float32 went in, float64 came out",
    "reshape(N, C * FH * FW, HO * WO)",
    "reshape(N, C * FH * FW, HO * WO).astype(float)",
)
wrong(
    "the filter height is used for the width too",
    "FH, FW = filter_height, filter_width",
    "FH = FW = filter_height",
    "WO = output_size(W, FW,",
    "WO = output_size(W, filter_width,",
    "padded = zero_pad(x, padding) if padding else x",
    "padded = np.pad(zero_pad(x, padding), [(0, 0), (0, 0), (0, 0), (0, FH)])",
    "[:, :, ::stride, ::stride]",
    "[:, :, ::stride, ::stride][:, :, :HO, :WO]",
)
wrong(
    "height and width of the window are swapped",
    "FH, FW = filter_height, filter_width",
    "FH, FW = filter_width, filter_height",
)
wrong(
    "x was changed in place",
    "    windows = windows[",
    "    x -= x.mean()\n    windows = windows[",
)
wrong(
    "the result is rounded down where the window does not fit",
    "HO = output_size(H, FH, stride, padding)",
    "HO = (H - FH + 2 * padding) // stride + 1",
    "WO = output_size(W, FW, stride, padding)",
    "WO = (W - FW + 2 * padding) // stride + 1",
    named=False,
)
