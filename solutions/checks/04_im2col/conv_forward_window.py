"""The layer with one Python loop, over the places of the window."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 3

PICTURE = np.array([[[[1.0, 2, 0, 1], [3, 1, 1, 0], [0, 2, 1, 4]]]])
# x, w, stride, padding
LAYERS = [
    ("every axis another length, stride 2", (2, 3, 5, 8), (4, 3, 3, 2), 2, 1),
    ("a wide filter, padding 1", (3, 2, 2, 5), (2, 2, 2, 4), 1, 1),
    ("a batch of 1, stride 3, padding 2", (1, 2, 6, 7), (3, 2, 4, 2), 3, 2),
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
SECONDS = (
    0.15  # a right answer takes about 0.01; the loops of lesson 02 take 0.4 and more
)


def cases(t, conv_forward_window):
    conv = conv_forward_window
    corner, want = np.array([[[[1.0, 2], [0, -1]]]]), [[14.0, 11, 12], [13, 12, 7]]
    by_hand = conv(PICTURE, corner, np.array([10.0]))[0]
    t.case("by hand: four shifted pictures", by_hand, np.array([[want]]))
    for title, x, w, stride, padding in LAYERS:
        arrays = t.ints(*x), t.ints(*w), t.ints(w[0])
        t.case(title, conv(*arrays, stride, padding)[0])
    arrays = t.ints(2, 2, 3, 4), t.ints(3, 2, 2, 3), t.ints(3)
    t.case("float32", conv(*(array.astype("f4") for array in arrays))[0])
    t.case("not contiguous", conv(*map(t.strided, arrays[:2]), arrays[2])[0])
    tall, wide, bias = np.ones((1, 1, 10, 7)), np.ones((1, 1, 7, 10)), np.zeros(1)
    square = np.ones((1, 1, 3, 3))
    t.refuses("10 wide, filter 3, stride 2: 4.5 steps", conv(wide, square, bias, 2))
    t.refuses("10 high, filter 3, stride 2: 4.5 steps", conv(tall, square, bias, 2))
    x, w = np.ones((2, 3, 5, 4)), np.ones((2, 3, 2, 6))
    t.refuses("a filter 6 wide on 4 columns", conv(x, w, np.zeros(2)))
    x, w = np.ones((2, 3, 5, 4)), np.ones((2, 4, 2, 2))
    t.refuses("3 channels in x, 4 in w", conv(x, w, np.zeros(2)))
    x, w = t.ints(2, 3, 64, 64), t.ints(16, 3, 3, 3)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    want = np.tensordot(windows, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
    title = "2 images of 64x64, 16 filters: no loop over pixels"
    t.case(title, conv(x, w, np.zeros(16))[0], want, seconds=SECONDS)


def hidden(t, conv_forward_window):
    conv = conv_forward_window
    for x, w, stride, padding in MORE:
        arrays = t.normal(*x), t.normal(*w), t.normal(w[0])
        t.case(f"{x}, {w}, {stride}, {padding}", conv(*arrays, stride, padding)[0])
    x, w, b = t.normal(6, 5, 2, 3).T, t.normal(5, 2, 4, 3), t.normal(5)
    t.case("axes in another order", conv(x, w, b, 1, 1)[0])
    single = [array.astype("f4") for array in (t.normal(3, 2, 6, 9), w, b)]
    t.case("float32", conv(*single, 2)[0])


@right("one weight of one channel at a time")
def conv_forward_window__channels(x, w, b, stride=1, padding=0):
    K, C, FH, FW = w.shape
    if x.shape[1] != C:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {C}")
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((len(x), K, HO, WO), dtype=x.dtype)
    out += b[:, np.newaxis, np.newaxis]
    for c, fh, fw in np.ndindex(C, FH, FW):
        met = wide[:, c, fh:, fw:][:, ::stride, ::stride][:, np.newaxis, :HO, :WO]
        out += met * w[:, c, fh, fw].reshape(K, 1, 1)
    return out, None


@right("einsum for each place of the window, bias last")
def conv_forward_window__einsum(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"channels differ: {x.shape[1]} and {w.shape[1]}")
    FH, FW = w.shape[2:]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    out = 0
    for fh in range(FH):
        for fw in range(FW):
            bottom, end = fh + stride * (HO - 1) + 1, fw + stride * (WO - 1) + 1
            met = wide[:, :, fh:bottom:stride, fw:end:stride]
            out = out + np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw])
    return (out + b.reshape(1, -1, 1, 1)).astype(x.dtype), {"x": x, "w": w}


wrong("the filter is flipped", "w[:, :, fh, fw]", "w[:, :, FH - 1 - fh, FW - 1 - fw]")
wrong("the bias is forgotten", "    out += b.reshape(K, 1)\n", "")
wrong(
    "the bias is added once for every place of the window",
    "            out += w[:, :, fh, fw] @ met",
    "            out += w[:, :, fh, fw] @ met + (fh + fw > 0) * b.reshape(K, 1)",
)
wrong(
    "only the last place of the window counts",
    "out += w[:, :, fh, fw] @ met",
    "out = w[:, :, fh, fw] @ met + b.reshape(K, 1)",
)
wrong(
    "the stride is ignored",
    "slice(fh, fh + stride * HO, stride)",
    "slice(fh, fh + HO)",
    "slice(fw, fw + stride * WO, stride)",
    "slice(fw, fw + WO)",
)
wrong("the padding is ignored", "zero_pad(x, padding)", "x", named=False)
wrong(
    "the mean is taken instead of the sum",
    "@ met",
    "@ met / (C * FH * FW)",
)
wrong("float32 went in, float64 came out", ", dtype=np.result_type(x, 0.0)", "")
wrong(
    "other numbers of channels are cut to fit",
    "    if depth != C:\n"
    '        raise ValueError(f"x has {C} channels and the filters have {depth}")\n',
    "    C = depth = min(C, depth)\n    x, w = x[:, :C], w[:, :C]\n",
    named=False,
)


@wrong("the loops of lesson 02 are called", named=False)
def conv_forward_window__naive(x, w, b, stride=1, padding=0):
    from course.convolution import conv_forward_naive

    return conv_forward_naive(x, w, b, stride, padding)
