"""A border of zeros around the last two axes."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


def cases(t, zero_pad):
    bordered = [[0.0, 0, 0, 0, 0], [0, 1, 2, 3, 0], [0, 4, 5, 6, 0], [0, 0, 0, 0, 0]]
    small = np.array([[1.0, 2, 3], [4, 5, 6]])
    t.case("by hand: 2x3, padding 1", zero_pad(small, 1), np.array(bordered))
    t.case("one image of 3 channels, padding 2", zero_pad(5 + t.ints(3, 2, 1), 2))
    batch = 5 + t.ints(2, 3, 4, 1)
    t.case("a batch, every axis another length", zero_pad(batch, 1))
    t.case("a batch of 1, padding 3", zero_pad(5 + t.ints(1, 1, 1, 2), 3))
    t.case("five axes", zero_pad(5 + t.ints(2, 1, 2, 2, 3), 1))
    t.case("padding 0", zero_pad(5 + t.ints(2, 1, 3, 4), 0))
    t.case("float32", zero_pad(5 + t.ints(2, 1, 3, dtype=np.float32), 1))
    whole = 5 + t.ints(2, 3, dtype=np.int64)
    t.case("whole numbers stay whole numbers", zero_pad(whole, 1), exact=True)
    t.case("not contiguous", zero_pad(t.strided(5 + t.ints(2, 4, 3)), 1))
    t.refuses("padding -1", zero_pad(5 + t.ints(4, 5), -1))


def hidden(t, zero_pad):
    for shape, padding in [
        ((4, 3), 3),
        ((2, 5, 3), 2),
        ((3, 2, 4, 6), 1),
        ((2, 1, 3, 2, 5), 2),
        ((1, 1), 4),
        ((5, 3), 0),
    ]:
        for dtype in (np.float64, np.float32, np.int64):
            x = t.ints(*shape, low=-9, high=10, dtype=dtype)
            t.case(f"{shape}, {padding}, {x.dtype}", zero_pad(x, padding), exact=True)
    t.case("axes in another order", zero_pad(t.ints(4, 6, 3).T, 1))
    t.refuses("padding -3", zero_pad(np.ones((2, 8, 9)), -3))


@right("np.pad on the last two axes")
def zero_pad__numpy(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(padding, padding), (padding, padding)]
    return np.pad(x, borders)


@right("strips of zeros joined to all sides")
def zero_pad__strips(x, padding):
    if padding < 0:
        raise ValueError(f"padding {padding} is negative")
    *axes, _, W = x.shape
    strip = np.zeros((*axes, padding, W), x.dtype)
    tall = np.concatenate([strip, x, strip], axis=-2)
    side = np.zeros((*tall.shape[:-1], padding), x.dtype)
    return np.concatenate([side, tall, side], axis=-1)


@right("one number after the other")
def zero_pad__one_by_one(x, padding):
    if padding < 0:
        raise ValueError("no negative padding")
    shape = list(x.shape)
    shape[-1] += 2 * padding
    shape[-2] += 2 * padding
    out = np.zeros(shape, dtype=x.dtype)
    for index in np.ndindex(x.shape):
        out[(*index[:-2], index[-2] + padding, index[-1] + padding)] = x[index]
    return out


wrong("the padding is ignored", "np.pad(x, borders)", "x.copy()", of="zero_pad__numpy")
wrong(
    "all the zeros are put above and to the left",
    "[(padding, padding), (padding, padding)]",
    "[(2 * padding, 0)] * 2",
    of="zero_pad__numpy",
)
wrong(
    "all the zeros are put below and to the right",
    "[(padding, padding), (padding, padding)]",
    "[(0, 2 * padding)] * 2",
    of="zero_pad__numpy",
)
wrong(
    "zeros are added above and to the left, but not below and to the right",
    "[(padding, padding), (padding, padding)]",
    "[(padding, 0)] * 2",
    of="zero_pad__numpy",
)
wrong(
    "zeros are added below and to the right, but not above and to the left",
    "[(padding, padding), (padding, padding)]",
    "[(0, padding)] * 2",
    of="zero_pad__numpy",
)
wrong(
    "rows of zeros are added, but no columns",
    ", (padding, padding)]",
    ", (0, 0)]",
    of="zero_pad__numpy",
)
wrong(
    "columns of zeros are added, but no rows",
    "[(padding, padding),",
    "[(0, 0),",
    of="zero_pad__numpy",
)
wrong(
    "the channels and the batch are padded too",
    "np.pad(x, borders)",
    "np.pad(x, padding)",
    of="zero_pad__numpy",
)
wrong(
    "the channels are padded too",
    "(x.ndim - 2) + [(padding, padding), (padding, padding)]",
    "(x.ndim - 3) + [(padding, padding)] * min(x.ndim, 3)",
    of="zero_pad__numpy",
)
wrong(
    "the first two axes are padded instead of the last two",
    "np.pad(x, borders)",
    "np.pad(x, borders[-2:] + borders[:-2])",
    of="zero_pad__numpy",
)
wrong(
    "the border repeats the edge of the image instead of zeros",
    "np.pad(x, borders)",
    'np.pad(x, borders, mode="edge")',
    of="zero_pad__numpy",
)
wrong("the border is filled with ones", "np.zeros(", "np.ones(")
wrong(
    "the image is wrapped around instead of a border of zeros",
    "np.pad(x, borders)",
    'np.pad(x, borders, mode="wrap")',
    of="zero_pad__numpy",
)
wrong("the padding is doubled", "    *axes, H", "    padding *= 2\n    *axes, H")
wrong("the padding is always 1", "    *axes, H", "    padding = 1\n    *axes, H")
wrong(
    "the padded image is made as wide as it is high",
    "W + 2 * padding), dtype",
    "H + 2 * padding), dtype",
    "padding + W] = x",
    "padding + min(H, W)] = x[..., :H]",
)
wrong("x is never copied into the zeros", "W] = x", "W] = 0")
wrong(
    "the outermost pixels of the image are overwritten with zeros",
    "(*axes, H + 2 * padding, W + 2 * padding), dtype",
    "x.shape, dtype",
    "out[..., padding : padding + H, padding : padding + W] = x",
    "inner = (..., slice(padding, H - padding), slice(padding, W - padding))\n"
    "    out[inner] = x[inner]",
)
wrong("x was changed in place", "    return out", "    x[...] = 0\n    return out")
wrong("float32 went in, float64 came out", ", dtype=x.dtype", "")
wrong("whatever goes in, float32 comes out", "dtype=x.dtype", "dtype=np.float32")
wrong("whatever goes in, whole numbers come out", "dtype=x.dtype", "dtype=int")
wrong(
    "it works for one map only", "*axes, H, W = x", "axes, (H, W) = (), x", named=False
)
wrong(
    "it works for batches only",
    "*axes, H, W = x.shape",
    "N, C, H, W = x.shape\n    axes = N, C",
    named=False,
)
wrong(
    "padding 0 cuts everything away",
    "padding : padding + H, padding : padding + W] = x",
    "padding:-padding, padding:-padding] = x",
    named=False,
)
wrong(
    "a negative padding is accepted, as if it had no sign",
    'raise ValueError(f"padding is {padding}, it must be 0 or more pixels")',
    "padding = -padding",
)
wrong(
    "a negative padding cuts pixels off",
    'raise ValueError(f"padding is {padding}, it must be 0 or more pixels")',
    "return x[..., -padding:padding, -padding:padding]",
)
wrong(
    "another error than ValueError is raised", "ValueError(", "TypeError(", named=False
)
wrong("returned None", "return np.pad", "np.pad", of="zero_pad__numpy")
