"""The layer in little memory, whatever the size of the batch or of an image."""

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
    ("strips of 3.3 MB of X_col, stride 2", (1, 48, 25, 27), (2, 48, 11, 11), 2, 0),
    ("strips of 1.5 MB of X_col, padding 2", (1, 48, 12, 10), (2, 48, 9, 9), 1, 2),
]
MORE = [
    ((3, 2, 6, 9), (5, 2, 4, 3), 2, 0),
    ((1, 4, 5, 3), (2, 4, 2, 3), 1, 2),
    ((2, 1, 7, 10), (3, 1, 3, 6), 4, 2),
    ((1, 2, 4, 6), (3, 2, 4, 6), 1, 0),
    ((2, 5, 3, 2), (4, 5, 1, 1), 1, 0),
    ((1, 3, 29, 33), (2, 3, 11, 11), 1, 2),
    ((2, 40, 26, 23), (2, 40, 10, 9), 2, 1),
]
OUT = 32 * 8 * 64 * 64 * 8
HELD = {
    "a second array as large as the output is made": 2 * OUT,
    "the whole batch is padded at once": OUT + 32 * 8 * 66 * 66 * 8,
    "the batch is cut into eight blocks, however large it is": 2.7 * OUT,
    "the columns of the whole batch are made at once": 10 * OUT,
}


def of_ones(x, w, stride, padding):
    """What a layer gives for ones: how many numbers each window covers, and a bias of 1."""
    covered = [
        np.convolve(np.pad(np.ones(size), padding), np.ones(length), "valid")[::stride]
        for size, length in zip(x[2:], w[2:])
    ]
    out = x[1] * np.multiply.outer(*covered) + 1
    return np.broadcast_to(out, (x[0], w[0], *out.shape))


def cases(t, conv_forward_blocks):
    conv = conv_forward_blocks
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
    x, w = (32, 8, 64, 64), (8, 8, 3, 3)
    call = conv(np.ones(x), np.ones(w), np.ones(8), 1, 1)
    title = "32 images: at most 4 MB beside out (X_col would have 75 MB)"
    t.memory(title, call, of_ones(x, w, 1, 1), OUT + 2**22, mistakes=HELD)
    x, w = (1, 1, 200, 200), (2, 1, 11, 11)
    call = conv(np.ones(x), np.ones(w), np.ones(2), 1, 5)
    title = "one image of 200x200: at most 4 MB beside out (X_col would have 39 MB)"
    held = {"the columns of a whole image are made at once": 38e6}
    most = 2 * 200 * 200 * 8 + 2**22
    t.memory(title, call, of_ones(x, w, 1, 5), most, mistakes=held)


def refusals(t, conv):
    tall, wide, b = np.ones((1, 1, 10, 7)), np.ones((1, 1, 7, 10)), np.zeros(1)
    square = np.ones((1, 1, 3, 3))
    t.refuses("10 wide, 3, stride 2: 4.5", conv(wide, square, b, 2), names=(10, 3, 2))
    t.refuses("10 high, 3, stride 2: 4.5", conv(tall, square, b, 2), names=(10, 3, 2))
    two = np.ones((1, 2, 3, 4))
    t.refuses("2 channels, 3", conv(two, np.ones((1, 3, 2, 2)), b), names=(2, 3))
    t.refuses("2 channels, 1", conv(two, np.ones((1, 1, 2, 2)), b), names=(2, 1))


def hidden(t, conv_forward_blocks):
    conv = conv_forward_blocks
    for x, w, stride, padding in MORE:
        arrays = t.normal(*x), t.normal(*w), t.normal(w[0])
        t.case(f"{x}, {w}, {stride}, {padding}", conv(*arrays, stride, padding))
    x, w, b = t.normal(6, 5, 2, 3).T, t.normal(5, 2, 4, 3), t.normal(5)
    t.case("axes in another order", conv(x, w, b, 1, 1))
    single = [array.astype("f4") for array in (t.normal(3, 2, 6, 9), w, b)]
    t.case("float32", conv(*single, 2))


@right("tensordot, one line of places after the other")
def conv_forward_blocks__line(x, w, b, stride=1, padding=0):
    K, C, FH, FW = w.shape
    if x.shape[1] != C:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {C}")
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    out = np.empty((len(x), K, HO, WO), x.dtype)
    for n, ho in np.ndindex(len(x), HO):
        lines = padded_strip(x[n : n + 1], padding, ho * stride, ho * stride + FH)[0]
        met = np.lib.stride_tricks.sliding_window_view(lines, FW, axis=2)[
            :, :, ::stride
        ]
        out[n, :, ho] = np.tensordot(w, met, axes=([1, 2, 3], [0, 1, 3])) + b[:, None]
    return out


@right("einsum, one image after the other, which copies no window")
def conv_forward_blocks__einsum(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    HO = output_size(x.shape[2], w.shape[2], stride, padding)
    WO = output_size(x.shape[3], w.shape[3], stride, padding)
    out = np.empty((len(x), len(w), HO, WO), x.dtype)
    for n in range(len(x)):
        wide = zero_pad(x[n : n + 1], padding)[0]
        met = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(1, 2))
        np.einsum("chwij,kcij->khw", met[:, ::stride, ::stride], w, out=out[n])
    out += b.reshape(-1, 1, 1)
    return out


wrong(
    "the columns of the whole batch are made at once",
    "limit = min(2**20, max(2**16, (x.nbytes + out.nbytes) // 2))",
    "limit = 2**40",
)
wrong(
    "the columns of a whole image are made at once",
    "limit = min(2**20, max(2**16, (x.nbytes + out.nbytes) // 2))",
    "limit = size * HO",
)
wrong(
    "the batch is cut into eight blocks, however large it is",
    "limit = min(2**20, max(2**16, (x.nbytes + out.nbytes) // 2))",
    "limit = -(-N // 8) * size * HO",
)
wrong(
    "the whole batch is padded at once",
    "padded_strip(x[n:end], padding, *rows)",
    "wide[n:end, :, slice(*rows)]",
    "    for n, end,",
    "    wide = zero_pad(x, padding)\n    for n, end,",
)
wrong(
    "a second array as large as the output is made",
    "    out += b.reshape(-1, 1, 1)\n    return out",
    "    return out + b.reshape(-1, 1, 1)",
    of="conv_forward_blocks__einsum",
)
wrong(
    "a strip begins at its output row, as if the stride were 1",
    "rows = top * stride, (bottom - 1) * stride + FH",
    "rows = top, top + (bottom - 1 - top) * stride + FH",
)
wrong(
    "the last image is left out where their number is odd",
    "out = np.empty(",
    "out = np.zeros(",
    "in cache_blocks(N, HO, size, limit)",
    "in cache_blocks(N - N % 2, HO, size, limit)",
)
wrong("every image is the first image", "x[n:end]", "x[:1].repeat(end - n, axis=0)")
wrong("the bias is forgotten", "w_row[:, -1] = b", "w_row[:, -1] = 0")
wrong(
    "the stride is ignored",
    "rows = top * stride, (bottom - 1) * stride + FH",
    "rows = top, bottom - 1 + FH",
    "*rows), FH, FW, stride)",
    "*rows)[..., : WO + FW - 1], FH, FW, 1)",
)
wrong(
    "the padding is ignored",
    "HO = output_size(H, FH, stride, padding)",
    "HO = output_size(H, FH, stride)",
    "WO = output_size(W, FW, stride, padding)",
    "WO = output_size(W, FW, stride)",
    "x[n:end], padding, *rows",
    "x[n:end], 0, *rows",
)
wrong(
    "all the padding is put below and to the right",
    "x[n:end], padding, *rows",
    "np.pad(x, [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])[n:end], 0, *rows",
)
wrong(
    "float32 went in, float64 came out",
    "out.reshape(N, K, HO, WO)",
    "out.reshape(N, K, HO, WO).astype(float)",
)
wrong(
    "the mean is taken instead of the sum",
    "w.reshape(K, C * FH * FW)",
    "w.reshape(K, C * FH * FW) / (C * FH * FW)",
)
