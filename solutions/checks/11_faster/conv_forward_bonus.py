"""The layer for all shapes: right numbers, a cache, little memory; by any method."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

PICTURE = np.array([[[[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 0, 1, 2]]]])
# x, w, stride, padding
LAYERS = [
    ("every axis another length, stride 2", (2, 3, 4, 6), (5, 3, 4, 2), 2, 1),
    ("a wide filter, padding 1", (3, 2, 2, 5), (2, 2, 2, 4), 1, 1),
    ("a batch of 1, stride 3, padding 2", (1, 2, 6, 7), (2, 2, 4, 2), 3, 2),
    ("1x1 filters", (2, 4, 2, 3), (3, 4, 1, 1), 1, 0),
    ("1x1 filters, stride 2", (2, 3, 3, 5), (4, 3, 1, 1), 2, 0),
    ("few channels, 3x3, padding 1", (3, 2, 5, 4), (3, 2, 3, 3), 1, 1),
    ("16 channels, 3x3, padding 1", (1, 16, 3, 4), (17, 16, 3, 3), 1, 1),
    ("17 channels, 2x2, padding 1", (1, 17, 3, 4), (16, 17, 2, 2), 1, 1),
    ("64 channels, 3x3, padding 1", (1, 64, 3, 4), (64, 64, 3, 3), 1, 1),
    ("strips of 3.3 MB of X_col, stride 2", (1, 48, 25, 27), (2, 48, 11, 11), 2, 0),
]
MORE = [
    ((3, 2, 6, 9), (5, 2, 4, 3), 2, 0),
    ((1, 4, 5, 3), (2, 4, 2, 3), 1, 2),
    ((2, 1, 7, 10), (3, 1, 3, 6), 4, 2),
    ((1, 2, 4, 6), (3, 2, 4, 6), 1, 0),
    ((2, 5, 3, 2), (4, 5, 1, 1), 1, 0),
    ((2, 17, 5, 6), (16, 17, 3, 3), 1, 1),
    ((2, 17, 5, 6), (16, 17, 2, 2), 1, 1),
    ((2, 64, 5, 6), (65, 64, 3, 3), 1, 1),
    ((3, 2, 7, 6), (5, 2, 3, 3), 1, 1),
]
# What twice x, w, b and out, and 1 MB, are much less than X_col of the batch.
LARGE = [
    ("16 images, 5x5", (16, 6, 32, 32), (8, 6, 5, 5), 1, 2),
    ("16 images, 16 channels, 5x5", (16, 16, 20, 20), (16, 16, 5, 5), 1, 2),
    ("6 images, 64 channels, 3x3", (6, 64, 28, 28), (64, 64, 3, 3), 1, 1),
    ("one image of 120x120, 5x5", (1, 6, 120, 120), (8, 6, 5, 5), 1, 2),
    ("one image of 227x227, 11x11, stride 4", (1, 3, 227, 227), (8, 3, 11, 11), 4, 0),
]


def layer(x, w, b, stride=1, padding=0):
    """What is wanted, without Winograd's rounding errors: one sum over windows."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]


def of_ones(x, w, stride, padding):
    """What a layer gives for ones: how many numbers each window covers, and a bias of 1."""
    covered = [
        np.convolve(np.pad(np.ones(size), padding), np.ones(length), "valid")[::stride]
        for size, length in zip(x[2:], w[2:])
    ]
    out = x[1] * np.multiply.outer(*covered) + 1
    return np.broadcast_to(out, (x[0], w[0], *out.shape))


def parts(conv_forward, x, w, b):
    """How many things it returns."""
    result = conv_forward(x, w, b)
    return len(result) if type(result) in (tuple, list) else 1


def cases(t, conv_forward):
    conv = conv_forward
    one = np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 1)), np.ones(1)
    t.case("out and a cache: two things", t.call(parts, conv, *one), 2)
    corner = np.array([[[[1.0, 0], [0, -1]]]])
    want = np.array([[[[5.0, 5, 5], [15, 15, 15]]]])
    title = "by hand: each pixel minus its lower right neighbour, plus 10"
    t.case(title, conv(PICTURE, corner, np.array([10.0]))[0], want)
    for title, x, w, *rest in LAYERS:
        arrays = t.ints(*x), t.ints(*w), t.ints(w[0])
        t.case(title, conv(*arrays, *rest)[0], layer(*arrays, *rest))
    x, w, b = t.ints(2, 3, 3, 4), t.ints(2, 3, 2, 2), t.ints(2)
    single = [array.astype("f4") for array in (x, w, b)]
    t.case("float32", conv(*single)[0], layer(*single))
    gaps = [*map(t.strided, (x, w, b))]
    t.case("not contiguous", conv(*gaps)[0], layer(*gaps))
    for C, F in [(16, 3), (64, 3), (17, 2)]:
        arrays = t.ints(1, C, 4, 5), t.ints(C, C, F, F), np.ones(C)
        want, single = layer(*arrays), [array.astype("f4") for array in arrays]
        title = f"float32, {C} channels, {F}x{F}: 1e-4 times the largest number of out"
        atol = 1e-4 * np.abs(want).max()
        t.case(title, conv(*single)[0], want.astype("f4"), rtol=0, atol=atol)
    refusals(t, conv)
    for title, x, w, stride, padding in LARGE:
        want = of_ones(x, w, stride, padding)
        x, w, b = np.ones(x), np.ones(w), np.ones(w[0])
        most = 2 * (x.nbytes + w.nbytes + b.nbytes + want.size * 8) + 2**20
        columns = want[:, 0].size * 8 * w[0].size
        which = "a whole image" if len(x) == 1 else "the whole batch"
        held = {f"the columns of {which} are made at once": columns}
        title = f"{title}: memory (X_col would have {columns / 1e6:.0f} MB)"
        call = conv(x, w, b, stride, padding)[0]
        t.memory(title, call, want, most, mistakes=held)


def refusals(t, conv):
    tall, wide, b = np.ones((1, 1, 10, 7)), np.ones((1, 1, 7, 10)), np.zeros(1)
    square = np.ones((1, 1, 3, 3))
    t.refuses("10 wide, 3, stride 2: 4.5", conv(wide, square, b, 2), names=(10, 3, 2))
    t.refuses("10 high, 3, stride 2: 4.5", conv(tall, square, b, 2), names=(10, 3, 2))
    for C, K, F in [(3, 1, 2), (1, 1, 1), (17, 16, 3), (17, 16, 2), (65, 64, 3)]:
        other = np.ones((1, C - 1 or 2, 3, 4)), np.ones((K, C, F, F)), np.zeros(K)
        many = other[0].shape[1]
        t.refuses(f"{many} channels, {C}, {F}x{F}", conv(*other), names=(many, C))


def hidden(t, conv_forward):
    for x, w, *rest in MORE:
        arrays = t.normal(*x), t.normal(*w), t.normal(w[0])
        t.case(
            f"{x}, {w}, {rest}", conv_forward(*arrays, *rest)[0], layer(*arrays, *rest)
        )
    arrays = t.normal(6, 5, 2, 3).T, t.normal(5, 2, 4, 3), t.normal(5)
    t.case(
        "axes in another order", conv_forward(*arrays, 1, 1)[0], layer(*arrays, 1, 1)
    )


@right("always the same method: einsum, image by image")
def conv_forward__einsum(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    HO = output_size(x.shape[2], w.shape[2], stride, padding)
    WO = output_size(x.shape[3], w.shape[3], stride, padding)
    out = np.empty((len(x), len(w), HO, WO), x.dtype)
    for n in range(len(x)):
        wide = zero_pad(x[n : n + 1], padding)[0]
        met = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(1, 2))
        met = met[:, ::stride, ::stride][:, :HO, :WO]
        out[n] = np.einsum("chwij,kcij->khw", met, w)
    out += b.reshape(-1, 1, 1)
    return out, (x, w, stride, padding)


@right("a table of methods")
def conv_forward__table(x, w, b, stride=1, padding=0):
    methods = {
        "1x1": lambda: conv_forward_1x1(x, w, b),
        "winograd": lambda: conv_forward_winograd(x, w, b, padding),
        "winograd lines": lambda: conv_forward_winograd_lines(x, w, b, padding),
        "rows": lambda: conv_forward_rows(x, w, b, stride, padding),
        "lines": lambda: conv_forward_lines(x, w, b, padding),
        "blocks": lambda: conv_forward_blocks(x, w, b, stride, padding),
    }
    return methods[choose(x.shape, w.shape, stride, padding)](), (x, w, stride, padding)


wrong(
    "the columns of the whole batch are made at once",
    "    return out, (x, w, stride, padding)",
    "    cols = strip_columns(padded_strip(x, padding), *w.shape[2:], stride)\n"
    "    return out, (x, w, stride, padding, cols)",
)
wrong(
    "the columns of a whole image are made at once",
    'np.einsum("chwij,kcij->khw", met, w)',
    "np.tensordot(w, met, axes=([1, 2, 3], [0, 3, 4]))",
    of="conv_forward__einsum",
)
wrong("out is returned without a cache", "out, (x, w, stride, padding)", "out")
wrong(
    "the padding is not handed on to Winograd",
    "conv_forward_winograd(x, w, b, padding)",
    "conv_forward_winograd(x, w, b)",
)
wrong(
    "the stride is not handed on to the blocks",
    "conv_forward_blocks(x, w, b, stride, padding)",
    "conv_forward_blocks(x, w, b, padding=padding)",
)
wrong(
    "the filter is flipped",
    "met, w)",
    "met, w[..., ::-1, ::-1])",
    of="conv_forward__einsum",
)
wrong("the bias is forgotten", "+= b.r", "+= 0 * b.r", of="conv_forward__einsum")
wrong(
    "the padding is ignored",
    "HO = output_size(x.shape[2], w.shape[2], stride, padding)",
    "HO = output_size(x.shape[2], w.shape[2], stride)",
    "WO = output_size(x.shape[3], w.shape[3], stride, padding)",
    "WO = output_size(x.shape[3], w.shape[3], stride)",
    "zero_pad(x[n : n + 1], padding)",
    "x[n : n + 1]",
    of="conv_forward__einsum",
)
wrong(
    "all the padding is put below and to the right",
    "zero_pad(x[n : n + 1], padding)",
    "np.pad(x[n : n + 1], [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])",
    of="conv_forward__einsum",
)
wrong("the stride is ignored", "[:, ::stride, ::stride]", "", of="conv_forward__einsum")
wrong("float32 went in, float64 came out", "return out,", "return out.astype(float),")
wrong("x was changed in place", "    return out,", "    x *= 0\n    return out,")
