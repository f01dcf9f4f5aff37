"""The layer out of row copies; a right answer may be made in any way."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2

PICTURE = np.array([[[[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 0, 1, 2]]]])
# x, w, stride, padding
LAYERS = [
    ("every axis another length, stride 2", (2, 3, 4, 6), (5, 3, 4, 2), 2, 1),
    ("a wide filter, padding 1", (3, 2, 2, 5), (2, 2, 2, 4), 1, 1),
    ("a batch of 1, stride 3, padding 2", (1, 2, 6, 7), (2, 2, 4, 2), 3, 2),
    ("1x1 filters, stride 2", (2, 3, 3, 5), (4, 3, 1, 1), 2, 0),
    ("filters as large as the image", (2, 3, 4, 2), (2, 3, 4, 2), 1, 0),
]
MORE = [
    ((3, 2, 6, 9), (5, 2, 4, 3), 2, 0),
    ((1, 4, 5, 3), (2, 4, 2, 3), 1, 2),
    ((2, 1, 7, 10), (3, 1, 3, 6), 4, 2),
    ((1, 2, 4, 6), (3, 2, 4, 6), 1, 0),
    ((2, 5, 3, 2), (4, 5, 1, 1), 1, 0),
]


def cases(t, conv_forward_rows):
    conv = conv_forward_rows
    corner = np.array([[[[1.0, 0], [0, -1]]]])
    want = np.array([[[[5.0, 5, 5], [15, 15, 15]]]])
    title = "by hand: each pixel minus its lower right neighbour, plus 10"
    t.case(title, conv(PICTURE, corner, np.array([10.0])), want)
    for title, x, w, stride, padding in LAYERS:
        arrays = t.ints(*x), t.ints(*w), t.ints(w[0])
        t.case(title, conv(*arrays, stride, padding))
    x, w, b = t.ints(2, 3, 3, 4), t.ints(2, 3, 2, 2), t.ints(2)
    t.case("float32", conv(*(array.astype("f4") for array in (x, w, b))))
    t.case("not contiguous", conv(*map(t.strided, (x, w, b))))
    refusals(t, conv)


def refusals(t, conv):
    tall, wide, b = np.ones((1, 1, 10, 7)), np.ones((1, 1, 7, 10)), np.zeros(1)
    square = np.ones((1, 1, 3, 3))
    t.refuses("10 wide, 3, stride 2: 4.5", conv(wide, square, b, 2), names=(10, 3, 2))
    t.refuses("10 high, 3, stride 2: 4.5", conv(tall, square, b, 2), names=(10, 3, 2))
    two = np.ones((1, 2, 3, 4))
    t.refuses("2 channels, 3", conv(two, np.ones((1, 3, 2, 2)), b), names=(2, 3))
    t.refuses("2 channels, 1", conv(two, np.ones((1, 1, 2, 2)), b), names=(2, 1))


def hidden(t, conv_forward_rows):
    conv = conv_forward_rows
    for x, w, stride, padding in MORE:
        arrays = t.normal(*x), t.normal(*w), t.normal(w[0])
        t.case(f"{x}, {w}, {stride}, {padding}", conv(*arrays, stride, padding))
    x, w, b = t.normal(6, 5, 2, 3).T, t.normal(5, 2, 4, 3), t.normal(5)
    t.case("axes in another order", conv(x, w, b, 1, 1))
    single = [array.astype("f4") for array in (t.normal(3, 2, 6, 9), w, b)]
    t.case("float32", conv(*single, 2))


@right("einsum over windows")
def conv_forward_rows__einsum(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)


@right("one filter row of one channel at a time")
def conv_forward_rows__by_row(x, w, b, stride=1, padding=0):
    K, C, FH, FW = w.shape
    if x.shape[1] != C:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {C}")
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    rows = row_copies(zero_pad(x, padding), FW, stride)
    out = np.zeros((len(x), K, HO, WO), x.dtype)
    for c, fh in np.ndindex(C, FH):
        met = rows[:, c, :, fh : fh + stride * HO : stride]
        out += np.einsum("njhw,kj->nkhw", met, w[:, c, fh])
    return out + b[:, None, None]


wrong("the filter is flipped", "[w[:, :, fh].", "[w[:, :, FH - 1 - fh, ::-1].")
wrong("the bias is forgotten", "out[...] = b.reshape(K, 1)", "out[...] = 0")
wrong(
    "the bias is added once for every filter row",
    "out[...] = b.reshape(K, 1)",
    "out[...] = FH * b.reshape(K, 1)",
)
wrong("only the last filter row counts", "for fh in range(FH):", "for fh in [FH - 1]:")
wrong(
    "the padding is ignored",
    "HO = output_size(H, FH, stride, padding)",
    "HO = output_size(H, FH, stride)",
    "WO = output_size(W, FW, stride, padding)",
    "WO = output_size(W, FW, stride)",
    "zero_pad(x[n : n + 1], padding)",
    "x[n : n + 1]",
)
wrong(
    "all the padding is put below and to the right",
    "zero_pad(x[n : n + 1], padding)",
    "np.pad(x[n : n + 1], [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])",
)
wrong(
    "the stride is ignored",
    "FW, stride)[0]",
    "FW)[0][..., :WO]",
    "fh : fh + stride * HO : stride",
    "fh : fh + HO",
)
wrong(
    "the stride is ignored down the image",
    "fh : fh + stride * HO : stride",
    "fh : fh + HO",
)
wrong("float32 went in, float64 came out", "WO), x.dtype", "WO)")
wrong(
    "x was changed in place",
    "    filters = [",
    "    x -= x.mean()\n    filters = [",
)
wrong(
    "filters of another number of channels are cut to fit",
    '        raise ValueError(f"x has {C} channels and the filters have {depth}")\n',
    "        C = min(C, depth)\n        x, w = x[:, :C], w[:, :C]\n",
    named=False,
)
