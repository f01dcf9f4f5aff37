"""3x3 filters at stride 1; a right answer may be made in any way within the error bound."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 3

MORE = [
    ((3, 2, 6, 9), 5, 0),
    ((1, 4, 5, 3), 2, 2),
    ((2, 1, 7, 10), 3, 1),
    ((1, 2, 3, 3), 3, 0),
    ((1, 1, 1, 1), 1, 1),
    ((2, 3, 17, 4), 2, 5),
    ((7, 6, 40, 33), 8, 1),
]


def layer(x, w, b, padding=0):
    """What is wanted, without Winograd's rounding errors: one sum over windows."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    return np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]


def cases(t, conv_forward_winograd):
    conv = conv_forward_winograd
    ramp = np.arange(48.0).reshape(1, 1, 6, 8)
    cross = np.array([[[[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]]])
    title = "by hand: the Laplacian of a ramp is 0, plus 3"
    t.case(title, conv(ramp, cross, np.array([3.0])), np.full((1, 1, 4, 6), 3.0))
    for title, x, K, padding in [
        ("every axis another length", (2, 3, 4, 6), 5, 0),
        ("padding 1, tiles over the border", (3, 2, 5, 7), 2, 1),
        ("padding 2, one image", (1, 4, 3, 9), 3, 2),
        ("padding 4", (2, 1, 2, 3), 1, 4),
    ]:
        arrays = t.ints(*x), t.ints(K, x[1], 3, 3), t.ints(K)
        t.case(title, conv(*arrays, padding), layer(*arrays, padding))
    # Enough tiles that 64 kB do not hold them: a line of tiles must find its rows.
    arrays = t.normal(1, 24, 18, 9), t.normal(1, 24, 3, 3), t.normal(1)
    t.case("24 channels, 5 lines of tiles", conv(*arrays, 1), layer(*arrays, 1))
    x, w, b = t.ints(2, 3, 4, 6), t.ints(5, 3, 3, 3), t.ints(5)
    single = [array.astype("f4") for array in (x, w, b)]
    want = layer(*single)
    t.case("float32", conv(*single), want, rtol=0, atol=1e-4 * np.abs(want).max())
    gaps = [*map(t.strided, (x, w, b))]
    t.case("not contiguous", conv(*gaps), layer(*gaps))
    arrays = t.ints(1, 256, 5, 6), t.ints(2, 256, 3, 3), np.ones(2)
    want, single = layer(*arrays), [array.astype("f4") for array in arrays]
    t.case(
        "float32, 256 channels: 1e-4 times the largest number of out",
        conv(*single),
        want.astype("f4"),
        rtol=0,
        atol=1e-4 * np.abs(want).max(),
    )
    one = np.zeros(1)
    five = conv(np.ones((1, 1, 6, 6)), np.ones((1, 1, 5, 5)), one)
    t.refuses("5x5 filters", five, names=(5,))
    two = np.ones((1, 2, 4, 4))
    t.refuses("2 channels, 3", conv(two, np.ones((1, 3, 3, 3)), one), names=(2, 3))
    t.refuses("2 channels, 1", conv(two, np.ones((1, 1, 3, 3)), one), names=(2, 1))
    low, thin, w = np.ones((1, 1, 2, 6)), np.ones((1, 1, 6, 2)), np.ones((1, 1, 3, 3))
    t.refuses("2 rows, no padding", conv(low, w, one), names=(2, 3))
    t.refuses("2 columns, no padding", conv(thin, w, one), names=(2, 3))


def hidden(t, conv_forward_winograd):
    for x, K, padding in MORE:
        arrays = t.normal(*x), t.normal(K, x[1], 3, 3), t.normal(K)
        want = layer(*arrays, padding)
        t.case(
            f"x {x}, padding {padding}", conv_forward_winograd(*arrays, padding), want
        )
    arrays = t.normal(6, 5, 2, 3).T, t.normal(4, 2, 3, 3), t.normal(4)
    t.case(
        "axes in another order", conv_forward_winograd(*arrays, 1), layer(*arrays, 1)
    )


@right("F(2x2, 3x3), one tile after the other")
def conv_forward_winograd__two(x, w, b, padding=0):
    N, C, H, W = x.shape
    K, depth, FH, FW = w.shape
    if depth != C or (FH, FW) != (3, 3):
        raise ValueError(f"filters {w.shape} on {C} channels")
    HO, WO = output_size(H, 3, 1, padding), output_size(W, 3, 1, padding)
    B = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], x.dtype)
    G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]).astype(x.dtype) / 2
    A = np.array([[1, 1, 1, 0], [0, 1, -1, -1]], x.dtype)
    filters = G @ w @ G.T
    wide = np.pad(zero_pad(x, padding), [(0, 0), (0, 0), (0, 1), (0, 1)])
    out = np.zeros((N, K, HO + 1, WO + 1), x.dtype)
    for top in range(0, HO, 2):
        for left in range(0, WO, 2):
            points = B @ wide[:, :, top : top + 4, left : left + 4] @ B.T
            products = np.einsum("kcij,ncij->nkij", filters, points)
            out[:, :, top : top + 2, left : left + 2] = A @ products @ A.T
    return out[:, :, :HO, :WO] + b.reshape(K, 1, 1)


@right("no Winograd at all: einsum over windows")
def conv_forward_winograd__einsum(x, w, b, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (3, 3):
        raise ValueError(f"the filters are {w.shape[2:]}, not 3x3")
    for size in x.shape[2:]:
        output_size(size, 3, 1, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(2, 3))
    out = np.einsum("nchwij,kcij->nkhw", windows, w)
    out += b.reshape(-1, 1, 1)
    return out


wrong(
    "the tiles that reach over the border are left out",
    "    return out",
    "    HO, WO = out.shape[2:]\n"
    "    out[:, :, HO - HO % 4 :] = 0\n"
    "    out[:, :, :, WO - WO % 4 :] = 0\n"
    "    return out",
    of="conv_forward_winograd__einsum",
)
wrong(
    "the filter is flipped",
    "windows, w)",
    "windows, w[:, :, ::-1, ::-1])",
    of="conv_forward_winograd__einsum",
)
wrong(
    "the rows and columns of the filters are exchanged",
    "windows, w)",
    "windows, w.swapaxes(2, 3))",
    of="conv_forward_winograd__einsum",
)
wrong(
    "the bias is forgotten",
    "    out += b.reshape(-1, 1, 1)\n",
    "",
    of="conv_forward_winograd__einsum",
)
wrong(
    "the padding is ignored",
    "zero_pad(x, padding)",
    "x",
    of="conv_forward_winograd__einsum",
)
wrong(
    "all the padding is put below and to the right",
    "zero_pad(x, padding)",
    "np.pad(x, [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])",
    of="conv_forward_winograd__einsum",
)
wrong(
    "float32 went in, float64 came out",
    "    return out",
    "    return out.astype(float)",
    of="conv_forward_winograd__einsum",
)
wrong(
    "only the last channel counts",
    'np.einsum("nchwij,kcij->nkhw", windows, w)',
    'np.einsum("nhwij,kij->nkhw", windows[:, -1], w[:, -1])',
    of="conv_forward_winograd__einsum",
)
wrong(
    "every block of tiles begins at the first line",
    "padding, TW, top, bottom, one)",
    "padding, TW, 0, bottom - top, one)",
)
wrong(
    "the filters are rounded to half precision",
    "np.matmul(filters, points",
    'np.matmul(filters.astype("f2").astype(x.dtype), points',
    named=False,
)
wrong(
    "x was changed in place",
    "    return out",
    "    x *= 0\n    return out",
    of="conv_forward_winograd__einsum",
)
