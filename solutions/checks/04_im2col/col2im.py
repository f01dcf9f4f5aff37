"""col2im: every number of X_col is added to the pixel that it came from."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 3


def cases(t, col2im, im2col):
    want = np.array([[[[1.0, 2, 2, 1], [2, 4, 4, 2], [1, 2, 2, 1]]]])
    counts = col2im(np.ones((1, 4, 6)), (1, 1, 3, 4), 2, 2)
    t.case("by hand: how many windows a pixel lies in", counts, want)
    errors = col2im(np.array([[[1.0, 2], [3, 4]]]), (1, 1, 1, 3), 1, 2)
    t.case("by hand: three pixels", errors, np.array([[[[1.0, 5, 4]]]]))
    for title, places, shape, FH, FW, *rest in [
        ("every axis another length, stride 2, padding 1", 8, (2, 3, 4, 6), 4, 2, 2, 1),
        ("a wide window, padding 1", 12, (3, 2, 2, 5), 2, 4, 1, 1),
        ("a batch of 1, windows that overlap, stride 2", 6, (1, 2, 5, 7), 3, 3, 2),
        ("pixels that no window reaches, stride 3", 6, (2, 1, 5, 7), 2, 1, 3),
        ("a window as large as the image", 1, (2, 3, 4, 2), 4, 2),
    ]:
        cols = t.ints(shape[0], shape[1] * FH * FW, places)
        t.case(title, col2im(cols, shape, FH, FW, *rest))
    cols = t.ints(2, 12, 4, dtype=np.float32)
    t.case("float32", col2im(cols, (2, 2, 3, 4), 2, 3))
    t.case("not contiguous", col2im(t.strided(t.ints(2, 18, 3)), (2, 3, 3, 4), 3, 2))
    for x, *rest in [((2, 3, 5, 7), 3, 2, 1, 1), ((1, 2, 6, 7), 4, 2, 3, 2)]:
        x = t.normal(*x)
        title = f"adjoint of your im2col: {x.shape}, {rest}"
        t.case(title, t.call(adjoint, im2col, col2im, x, rest), 0.0, atol=1e-9)
    cols = np.ones((1, 9, 12))
    t.refuses(
        "10 wide, filter 3, stride 2: 4.5 steps", col2im(cols, (1, 1, 7, 10), 3, 3, 2)
    )


def adjoint(im2col, col2im, x, rest):
    """sum(im2col(x) * c) - sum(x * col2im(c)) for some c: must be 0."""
    cols = im2col(x, *rest)
    c = np.cos(np.arange(cols.size)).reshape(cols.shape)
    return float(np.sum(cols * c) - np.sum(x * col2im(c, x.shape, *rest)))


def hidden(t, col2im, im2col):
    for places, shape, FH, FW, *rest in [
        (8, (3, 2, 6, 9), 4, 3, 2, 0),
        (40, (1, 4, 5, 3), 2, 3, 1, 2),
        (9, (2, 1, 7, 10), 3, 6, 4, 2),
        (1, (1, 2, 4, 6), 4, 6, 1, 0),
        (6, (2, 5, 3, 2), 1, 1, 1, 0),
        (12, (2, 3, 5, 7), 1, 1, 2, 0),
    ]:
        cols = t.normal(shape[0], shape[1] * FH * FW, places)
        t.case(f"{shape}, {FH}, {FW}, {rest}", col2im(cols, shape, FH, FW, *rest))
    cols = t.normal(24, 12, 2).T
    t.case("axes in another order", col2im(cols, (2, 3, 5, 7), 2, 2))
    cols = t.normal(3, 24, 8, dtype=np.float32)
    t.case("float32", col2im(cols, (3, 2, 6, 9), 4, 3, 2))


@right("one window after the other")
def col2im__windows(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        window = cols[:, :, ho * WO + wo].reshape(N, C, FH, FW)
        wide[:, :, top : top + FH, left : left + FW] += window
    return wide[:, :, padding : H + padding, padding : W + padding].copy()


@right("np.add.at with index arrays")
def col2im__add_at(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    index = np.indices((C, FH, FW, HO, WO)).reshape(5, C * FH * FW, HO * WO)
    c, fh, fw, ho, wo = index
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    np.add.at(wide, (slice(None), c, fh + stride * ho, fw + stride * wo), cols)
    return wide[:, :, padding : H + padding, padding : W + padding]


wrong(
    "windows overwrite each other instead of adding",
    "columns] += windows",
    "columns] = windows",
)
wrong(
    "the padding is not cut off",
    "return padded[:, :, padding : padding + H, padding : padding + W]",
    "return padded",
)
wrong(
    "the padding is cut off on the far side only",
    "padding : padding + H, padding : padding + W",
    ":H, :W",
)
wrong(
    "padding 0 cuts everything away",
    "padding : padding + H, padding : padding + W",
    "padding:-padding, padding:-padding",
    named=False,
)
wrong(
    "the stride is ignored",
    "slice(fh, fh + stride * HO, stride)",
    "slice(fh, fh + HO)",
    "slice(fw, fw + stride * WO, stride)",
    "slice(fw, fw + WO)",
)
wrong(
    "the rows are read in the order (fh, fw, c)",
    "cols.reshape(N, C, FH, FW, HO, WO)",
    "cols.reshape(N, FH, FW, C, HO, WO).transpose(0, 3, 1, 2, 4, 5)",
)
wrong(
    "the columns are read in the order (wo, ho)",
    "cols.reshape(N, C, FH, FW, HO, WO)",
    "cols.reshape(N, C, FH, FW, WO, HO).swapaxes(4, 5)",
)
wrong(
    "the sums are divided by the number of windows",
    "    return padded[",
    "    times = np.zeros_like(padded)\n"
    "    for ho, wo in np.ndindex(HO, WO):\n"
    "        top, left = ho * stride, wo * stride\n"
    "        times[:, :, top : top + FH, left : left + FW] += 1\n"
    "    padded = padded / np.maximum(times, 1)\n"
    "    return padded[",
)
wrong(
    "only the first image is filled",
    "padded[:, :, rows, columns] += windows[:, :, fh, fw]",
    "padded[0, :, rows, columns] += windows[0, :, fh, fw]",
)
wrong(
    "cols was changed in place", "    return padded", "    cols *= 0\n    return padded"
)
wrong("float32 went in, float64 came out", ", dtype=cols.dtype", "")
