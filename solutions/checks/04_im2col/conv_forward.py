"""The layer as a matrix product of W_row and X_col."""

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


def cases(t, conv_forward):
    conv = conv_forward
    two = np.array([[[[1.0, 2], [0, -1]]], [[[0, 0], [0, 1]]]])
    want = [[[14.0, 11, 12], [13, 12, 7]], [[101, 101, 100], [102, 101, 104]]]
    by_hand = conv(PICTURE, two, np.array([10.0, 100]))[0]
    t.case("by hand: two filters, two maps", by_hand, np.array([want]))
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


def hidden(t, conv_forward):
    conv = conv_forward
    for x, w, stride, padding in MORE:
        arrays = t.normal(*x), t.normal(*w), t.normal(w[0])
        t.case(f"{x}, {w}, {stride}, {padding}", conv(*arrays, stride, padding)[0])
    x, w, b = t.normal(6, 5, 2, 3).T, t.normal(5, 2, 4, 3), t.normal(5)
    t.case("axes in another order", conv(x, w, b, 1, 1)[0])
    single = [array.astype("f4") for array in (t.normal(3, 2, 6, 9), w, b)]
    t.case("float32", conv(*single, 2)[0])


@right("one image after the other")
def conv_forward__per_image(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"channels differ: {x.shape[1]} and {w.shape[1]}")
    K, C, FH, FW = w.shape
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    out = np.empty((len(x), K, HO, WO), dtype=x.dtype)
    for n in range(len(x)):
        cols = im2col(x[n : n + 1], FH, FW, stride, padding)[0]
        product = w.reshape(K, C * FH * FW) @ cols
        out[n] = product.reshape(K, HO, WO) + b.reshape(K, 1, 1)
    return out, (im2col(x, FH, FW, stride, padding), x.shape, w, stride, padding)


@right("one big product of all images, then a transpose")
def conv_forward__big_product(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"channels differ: {x.shape[1]} and {w.shape[1]}")
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    wide = cols.transpose(1, 0, 2).reshape(cols.shape[1], N * HO * WO)
    out = np.dot(w.reshape(K, -1), wide) + b[:, np.newaxis]
    out = out.reshape(K, N, HO, WO).transpose(1, 0, 2, 3).astype(x.dtype)
    return out, (cols, x.shape, w, stride, padding)


@right("tensordot over windows, without im2col")
def conv_forward__tensordot(x, w, b, stride=1, padding=0):
    (N, C, H, W), (_, depth, FH, FW) = x.shape, w.shape
    if depth != C:
        raise ValueError(f"channels differ: {C} and {depth}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide = zero_pad(x, padding)
    windows = np.empty((N, C, FH, FW, HO, WO), dtype=x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        windows[..., ho, wo] = wide[:, :, top : top + FH, left : left + FW]
    out = np.tensordot(windows, w, axes=([1, 2, 3], [1, 2, 3])) + b
    out = out.transpose(0, 3, 1, 2).astype(x.dtype)
    cols = windows.reshape(N, C * FH * FW, HO * WO)
    return out, (cols, x.shape, w, stride, padding)


wrong("the filter is flipped", "w.reshape(K, ", "w[:, :, ::-1, ::-1].reshape(K, ")
wrong(
    "the weights of W_row are in the order (fh, fw, c)",
    "w.reshape(K, ",
    "w.transpose(0, 2, 3, 1).reshape(K, ",
)
wrong(
    "W_row is made by reshaping w to its transpose",
    "w.reshape(K, C * FH * FW)",
    "w.reshape(C * FH * FW, K).T",
)
wrong("the bias is forgotten", "    out += b.reshape(K, 1)\n", "")
wrong(
    "the bias is added once per row of X_col",
    "b.reshape(K, 1)",
    "b.reshape(K, 1) * cols.shape[1]",
)
wrong(
    "the product is reshaped without regard to N",
    "out = out.reshape(K, N, HO, WO).transpose(1, 0, 2, 3).astype(x.dtype)",
    "out = out.reshape(N, K, HO, WO).astype(x.dtype)",
    of="conv_forward__big_product",
)
wrong(
    "height and width of the output are swapped in the reshape",
    "out.reshape(N, K, HO, WO)",
    "out.reshape(N, K, WO, HO).transpose(0, 1, 3, 2)",
)
wrong(
    "every image gets the maps of the first",
    "(w_row @ cols)",
    "(w_row @ np.repeat(cols[:1], N, axis=0))",
)
wrong(
    "the mean is taken instead of the sum",
    "(w_row @ cols)",
    "(w_row @ cols / w[0].size)",
)
wrong(
    "the padding is put below and to the right only",
    "cols = im2col(x, FH, FW, stride, padding)",
    "wide = np.pad(x, [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])\n"
    "    cols = im2col(wide, FH, FW, stride)",
)
wrong(
    "float32 went in, float64 came out",
    ".astype(np.result_type(x, 0.0), copy=False)",
    ".astype(float)",
)
wrong("b was changed in place", "    return out", "    b *= 0\n    return out")
wrong(
    "other numbers of channels are cut to fit",
    "    if depth != C:\n"
    '        raise ValueError(f"x has {C} channels and the filters have {depth}")\n',
    "    C = depth = min(C, depth)\n    x, w = x[:, :C], w[:, :C]\n",
    named=False,
)


@wrong("the loops of lesson 02 are called", named=False)
def conv_forward__naive(x, w, b, stride=1, padding=0):
    from course.convolution import conv_forward_naive

    return conv_forward_naive(x, w, b, stride, padding)
