"""The layer: an activation map for every image and filter, and the cache."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 3

PICTURE = np.array([[[[1.0, 2, 0, 1], [3, 1, 1, 0], [0, 2, 1, 4]]]])
TWO = np.array([[[[1.0, 2], [0, -1]]], [[[0, 0], [0, 1]]]])
MAPS = np.array([[[[14.0, 11, 12], [13, 12, 7]], [[101, 101, 100], [102, 101, 104]]]])


def cases(t, conv_forward_naive):
    conv = conv_forward_naive

    def numbers(x, w, dtype=float):
        """Images, filters, and a bias for each filter that is never 0."""
        b = np.arange(5, 5 + 2 * w[0], 2).astype(dtype)
        return t.ints(*x, dtype=dtype), t.ints(*w, dtype=dtype), b

    by_hand = conv(PICTURE, TWO, np.array([10.0, 100.0]))[0]
    t.case("by hand: two filters, two maps", by_hand, MAPS)
    layer = numbers((2, 3, 4, 6), (5, 3, 4, 2))
    call = conv(*layer, stride=2, padding=1)[0]
    t.case("every axis another length, stride 2, padding 1", call)
    call = conv(*numbers((3, 2, 1, 5), (2, 2, 2, 4)), padding=1)[0]
    t.case("a wide filter, padding 1", call)
    call = conv(*numbers((1, 2, 6, 7), (2, 2, 4, 2)), stride=3, padding=2)[0]
    t.case("a batch of 1, stride 3, padding 2", call)
    t.case("1x1 filters", conv(*numbers((2, 4, 2, 3), (3, 4, 1, 1)))[0])
    call = conv(*numbers((2, 3, 4, 2), (5, 3, 4, 2)))[0]
    t.case("filters as large as the image", call)
    ones = conv(np.ones((1, 3, 32, 32)), np.ones((10, 3, 5, 5)), np.zeros(10), stride=3)
    title = "32x32x3, ten 5x5 filters, stride 3: the shape"
    t.case(title, ones[0].shape, (1, 10, 10, 10))
    t.case("float32", conv(*numbers((2, 3, 3, 4), (2, 3, 2, 2), np.float32))[0])
    x, w, b = map(t.strided, numbers((2, 1, 3, 4), (2, 1, 3, 2)))
    t.case("not contiguous", conv(x, w, b, padding=1)[0])
    x, w, b = numbers((2, 1, 3, 2), (3, 1, 1, 3))
    cache = conv(x, w, b, stride=3, padding=2)[1]
    t.case("the cache", cache, (x, w, b, 3, 2))
    for title, x, w, stride, names in [
        ("10 wide, filter 3, stride 2", (1, 1, 7, 10), (1, 1, 3, 3), 2, (10, 3, 2)),
        ("10 high, filter 3, stride 2", (1, 1, 10, 7), (1, 1, 3, 3), 2, (10, 3, 2)),
        ("a filter 6 wide on 4 columns", (2, 3, 5, 4), (2, 3, 2, 6), 1, (4, 6)),
        ("1 channel, filters for 3", (1, 1, 4, 5), (2, 3, 2, 2), 1, (1, 3)),
        ("3 channels, filters for 1", (1, 3, 4, 5), (2, 1, 2, 2), 1, (3, 1)),
        ("3 channels, filters for 2", (1, 3, 4, 5), (4, 2, 2, 2), 1, (3, 2)),
    ]:
        call = conv(np.ones(x), np.ones(w), np.zeros(w[0]), stride)[0]
        t.refuses(title, call, names=names)


def hidden(t, conv_forward_naive):
    conv = conv_forward_naive
    for x, w, stride, padding in [
        ((3, 2, 6, 9), (5, 2, 4, 3), 2, 0),
        ((1, 4, 5, 3), (2, 4, 2, 3), 1, 2),
        ((2, 1, 7, 10), (3, 1, 3, 6), 4, 2),
        ((4, 3, 1, 8), (1, 3, 1, 2), 3, 0),
        ((1, 2, 4, 6), (3, 2, 4, 6), 1, 0),
        ((2, 5, 3, 2), (4, 5, 1, 1), 1, 0),
    ]:
        title = f"{x}, {w}, {stride}, {padding}"
        x, w, b = t.normal(*x), t.normal(*w), t.normal(w[0])
        t.case(title, conv(x, w, b, stride, padding)[0])
        t.case(f"{title}, cache", conv(x, w, b, stride, padding)[1])
    x, w, b = t.normal(6, 5, 2, 3).T, t.normal(5, 2, 4, 3), t.normal(5)
    t.case("axes in another order", conv(x, w, b, 1, 1)[0])
    x, w, b = t.normal(3, 2, 6, 9, dtype="f4"), w.astype("f4"), b.astype("f4")
    t.case("float32", conv(x, w, b, 2)[0])
    w, b = np.ones((2, 1, 3, 3)), np.zeros(2)
    t.refuses("stride 3, padding 2", conv(np.ones((1, 1, 6, 5)), w, b, 3, 2))
    t.refuses("7 wide, stride 3", conv(np.ones((1, 1, 6, 7)), w, b, 3, 0))


@right("seven loops, no helper")
def conv_forward_naive__seven_loops(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    K, D, FH, FW = w.shape
    if C != D:
        raise ValueError(f"x has {C} channels, the filters have {D}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    out = np.empty((N, K, HO, WO), dtype=x.dtype)
    for n, k, i, j in np.ndindex(N, K, HO, WO):
        total = float(b[k])
        for c in range(C):
            for fh in range(FH):
                for fw in range(FW):
                    row, column = i * stride + fh - padding, j * stride + fw - padding
                    if 0 <= row < H and 0 <= column < W:
                        total += float(x[n, c, row, column] * w[k, c, fh, fw])
        out[n, k, i, j] = total
    return out, (x, w, b, stride, padding)


@right("einsum over a view of all windows")
def conv_forward_naive__einsum(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"{x.shape[1]} channels against {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out.astype(x.dtype), (x, w, b, stride, padding)


@right("tensordot for each place, copies in the cache")
def conv_forward_naive__tensordot(x, w, b, stride=1, padding=0):
    K, D, FH, FW = w.shape
    if x.shape[1] != D:
        raise ValueError(f"channels: {x.shape[1]} and {D}")
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((len(x), K, HO, WO), dtype=x.dtype)
    for i in range(HO):
        for j in range(WO):
            top, left = i * stride, j * stride
            patches = wide[:, :, top : top + FH, left : left + FW]
            out[:, :, i, j] = np.tensordot(patches, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x.copy(), w.copy(), b.copy(), stride, padding)


@right("shift the images under the filters, one weight at a time")
def conv_forward_naive__shifts(x, w, b, stride=1, padding=0):
    K, C, FH, FW = w.shape
    if x.shape[1] != C:
        raise ValueError(f"the filters want {C} channels, x has {x.shape[1]}")
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((len(x), K, HO, WO), dtype=x.dtype)
    for fh in range(FH):
        for fw in range(FW):
            seen = wide[:, :, fh:, fw:][:, :, ::stride, ::stride][:, :, :HO, :WO]
            out += np.einsum("nchw,kc->nkhw", seen, w[:, :, fh, fw])
    out += b[:, np.newaxis, np.newaxis]
    return out, (x, w, b, stride, padding)


@right("lists of maps")
def conv_forward_naive__lists(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


wrong("the filter is flipped", "w[k],", "w[k, :, ::-1, ::-1],")
wrong("the rows of the filter are in reverse order", "w[k],", "w[k, :, ::-1],")
wrong("the columns of the filter are in reverse order", "w[k],", "w[k, :, :, ::-1],")
wrong("the channels of the filter are in reverse order", "w[k],", "w[k, ::-1],")
wrong("the bias is forgotten", "b[k]", "0.0")
wrong("the bias is added once per channel", "b[k]", "b[k] * len(x[n])")
wrong("the bias is added to every product", "b[k]", "b[k] * w[k].size")
wrong("the bias is added once per place", "b[k]", "b[k] * HO * WO")
wrong("the bias of the first filter is used for all filters", "b[k]", "b[0]")
wrong("all biases are added to every map", "b[k]", "b.sum()")
wrong("the mean is taken instead of the sum", "w[k],", "w[k] / w[k].size,")
wrong("only the first channel is used", "x[n], w[k]", "x[n, :1], w[k, :1]")
wrong("only the last channel is used", "x[n], w[k]", "x[n, -1:], w[k, -1:]")
wrong("only the first image is computed", "in range(N)", "in range(1)")
wrong("every image gets the maps of the first", "x[n]", "x[0]")
wrong("only the first filter is used", "w[k]", "w[0]")
wrong("only the map of the first filter is computed", "in range(K)", "in range(1)")
wrong("only the last filter is used", "w[k]", "w[-1]")
wrong(
    "the maps of all filters are added up",
    "    return out, (",
    "    out[:] = out.sum(axis=1, keepdims=True)\n    return out, (",
)
wrong(
    "the padding is ignored",
    "np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])",
    "x",
    of="conv_forward_naive__einsum",
)
wrong(
    "all the padding is put above and to the left",
    "(padding, padding), (padding, padding)]",
    "(2 * padding, 0), (2 * padding, 0)]",
    of="conv_forward_naive__einsum",
)
wrong(
    "all the padding is put below and to the right",
    "(padding, padding), (padding, padding)]",
    "(0, 2 * padding), (0, 2 * padding)]",
    of="conv_forward_naive__einsum",
)
wrong(
    "the padding is added on one side only",
    "(padding, padding), (padding, padding)]",
    "(padding, 0), (padding, 0)]",
    of="conv_forward_naive__einsum",
)
wrong(
    "the channels are padded too",
    "[(0, 0), (0, 0), (padding, padding), (padding, padding)])",
    "[(0, 0)] + [(padding, padding)] * 3)[:, : x.shape[1]]",
    of="conv_forward_naive__einsum",
)
wrong(
    "the batch is padded too",
    "[(0, 0), (0, 0),",
    "[(padding, padding), (0, 0),",
    of="conv_forward_naive__einsum",
)
wrong(
    "the border is filled with ones",
    "(padding, padding)])",
    "(padding, padding)], constant_values=1)",
    of="conv_forward_naive__einsum",
)
wrong(
    "the border repeats the edge of the image instead of zeros",
    "(padding, padding)])",
    '(padding, padding)], mode="edge")',
    of="conv_forward_naive__einsum",
)
wrong(
    "the stride is ignored",
    "windows[:, :, ::stride, ::stride]",
    "windows",
    of="conv_forward_naive__einsum",
)
wrong(
    "the windows start at ho and wo, not at ho * stride and wo * stride",
    "[:, :, ::stride, ::stride]",
    "",
    of="conv_forward_naive__shifts",
)
wrong(
    "the stride is ignored along the width",
    "[:, :, ::stride, ::stride]",
    "[:, :, ::stride]",
    of="conv_forward_naive__einsum",
)
wrong(
    "the stride is ignored along the height",
    "[:, :, ::stride, ::stride]",
    "[:, :, :, ::stride]",
    of="conv_forward_naive__einsum",
)
wrong(
    "stride and padding have changed places",
    "bias, stride, padding)",
    "bias, max(padding, 1), stride)",
    of="conv_forward_naive__lists",
)
wrong(
    "rows and columns of the output have changed places",
    "np.array(maps)",
    "np.array(maps).swapaxes(2, 3)",
    of="conv_forward_naive__lists",
)
wrong(
    "images and filters have changed places in the output",
    "np.array(maps)",
    "np.array(maps).swapaxes(0, 1)",
    of="conv_forward_naive__lists",
)
wrong(
    "the maps are put last, as in (N, HO, WO, K)",
    "np.array(maps)",
    "np.array(maps).transpose(0, 2, 3, 1)",
    of="conv_forward_naive__lists",
)
wrong(
    "the width of the output is computed with FH",
    "output_size(W, FW,",
    "output_size(W, FH,",
    of="conv_forward_naive__seven_loops",
)
wrong(
    "the width of the output is computed with H",
    "output_size(W, FW,",
    "output_size(H, FW,",
    of="conv_forward_naive__seven_loops",
)
wrong(
    "FH is used for FW, so that the window is a square",
    "range(FW)",
    "range(min(FH, FW))",
    of="conv_forward_naive__seven_loops",
)
wrong(
    "FW is used for FH, so that the window is a square",
    "range(FH)",
    "range(min(FH, FW))",
    of="conv_forward_naive__seven_loops",
)
wrong(
    "the output is one row and one column too small",
    "return out, (",
    "return out[:, :, : max(HO - 1, 1), : max(WO - 1, 1)], (",
)
wrong(
    "the loops stop one place early",
    "range(HO)",
    "range(HO - 1)",
    "range(WO)",
    "range(WO - 1)",
    of="conv_forward_naive__tensordot",
)
wrong(
    "the sum of one place is carried on to the next",
    "return out, (",
    "return np.cumsum(out).reshape(out.shape), (",
)
wrong("negative answers are set to 0", "return out, (", "return np.maximum(out, 0), (")
wrong("nothing is written into the output", "out[n, k] = activation", "activation")
wrong("x was changed in place", "    return out, (", "    x -= 1\n    return out, (")
wrong("w was changed in place", "    return out, (", "    w += 1\n    return out, (")
wrong("float32 went in, float64 came out", ", dtype=np.result_type(x, 0.0)", "")
wrong("whatever goes in, float32 comes out", "np.result_type(x, 0.0)", "np.float32")
wrong("whatever goes in, whole numbers come out", "np.result_type(x, 0.0)", "int")
wrong("out is returned without a cache", "out, (x, w, b, stride, padding)", "out")
wrong("the cache holds the padded x", "out, (x,", "out, (zero_pad(x, padding),")
wrong(
    "stride and padding have changed places in the cache",
    "return out, (x, w, b, stride, padding)",
    "return out, (x, w, b, padding, stride)",
)
wrong("the cache ends after b", "out, (x, w, b, stride, padding)", "out, (x, w, b)")
wrong(
    "the cache has stride 1 and padding 0, whatever was given",
    "return out, (x, w, b, stride, padding)",
    "return out, (x, w, b, 1, 0)",
)
wrong(
    "a filter that does not fit is rounded down in silence",
    "    output_size(x.shape[2], w.shape[2], stride, padding)\n"
    "    output_size(x.shape[3], w.shape[3], stride, padding)\n",
    "",
    of="conv_forward_naive__einsum",
)
wrong(
    "only the height is tested for a fit",
    "    output_size(x.shape[3], w.shape[3], stride, padding)\n",
    "",
    of="conv_forward_naive__einsum",
)
wrong("returned None", "    return out, (", "    (")
wrong(
    "other numbers of channels are stretched to fit each other",
    "if x.shape[1] != w.shape[1]:",
    "if False:",
    of="conv_forward_naive__einsum",
)
wrong(
    "the channels that have no weights are left out",
    "if C != D:",
    "if C < D:",
    "for c in range(C)",
    "for c in range(D)",
    of="conv_forward_naive__seven_loops",
)
