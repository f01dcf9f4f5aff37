"""Filters as the tiles of one image."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


def filters(t, *shape, dtype=float):
    """The largest weight is a negative one, and not in the last tile."""
    w = t.ints(*shape, dtype=dtype)
    w.flat[0] = -5
    return w


def cases(t, filter_grid):
    w = np.array([[[[-2.0, 0, 1, 2]]], [[[0.0, 0, 0, 1]]]])
    want = np.array([[[0.0, 0.5, 0.75, 1, 1, 0.5, 0.5, 0.5, 0.75]]])
    t.case("by hand: two filters of 1x4", filter_grid(w), want)
    want = np.array([[[0.0, 0.5, 0.75, 1, 1, 0.5, 0.5, 0.5, 1]]])
    t.case("by hand: each with its own scale", filter_grid(w, False), want)
    nothing, want = np.zeros((1, 3, 2, 4)), np.full((3, 2, 4), 0.5)
    t.case("weights of 0, one scale", filter_grid(nothing), want)
    t.case("weights of 0, a scale for each", filter_grid(nothing, False), want)
    t.case("five filters, one channel", filter_grid(filters(t, 5, 1, 2, 3)))
    t.case("two filters, two channels", filter_grid(filters(t, 2, 2, 3, 2)))
    t.case("in colour", filter_grid(filters(t, 3, 3, 2, 2)))
    w = filters(t, 3, 1, 2, 2)
    t.case("a scale for each tile", filter_grid(w, shared_scale=False))
    w = filters(t, 2, 4, 1, 2)
    t.case("a scale for each channel", filter_grid(w, shared_scale=False))
    w = filters(t, 2, 3, 2, 1)
    t.case("a scale in colour", filter_grid(w, shared_scale=False))
    t.case("a single filter", filter_grid(filters(t, 1, 1, 2, 4)))
    t.case("ten tiles, four in a row", filter_grid(filters(t, 10, 1, 1, 2)))
    t.case("float32", filter_grid(filters(t, 4, 1, 2, 2, dtype="f4")))
    t.case("not contiguous", filter_grid(t.strided(filters(t, 3, 2, 2, 2))))


def hidden(t, filter_grid):
    for shape in [(7, 3, 2, 4), (3, 2, 4, 3), (10, 1, 3, 1)]:
        w = t.normal(*shape[::-1]).T
        t.case(f"{shape}", [filter_grid(w), filter_grid(w, False)])


@right("pad every tile, then one reshape")
def filter_grid__reshape(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w.copy() if C == 3 else w.reshape(K * C, 1, FH, FW)
    T, colours = tiles.shape[:2]
    side = int(np.ceil(T**0.5))
    rows = int(np.ceil(T / side))
    scales = np.abs(tiles).reshape(T, -1).max(axis=1)
    if shared_scale:
        scales = np.full(T, np.abs(w).max(), w.dtype)
    scales[scales == 0] = 1
    room = np.ones((rows * side, colours, FH + 1, FW + 1), w.dtype)
    room[:T, :, :FH, :FW] = (tiles / scales[:, None, None, None] + 1) / 2
    room = room.reshape(rows, side, colours, FH + 1, FW + 1).transpose(2, 0, 3, 1, 4)
    image = room.reshape(colours, rows * (FH + 1), side * (FW + 1))
    return np.ascontiguousarray(image[:, :-1, :-1])


@right("every tile by itself, with plain loops")
def filter_grid__loops(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = []
    for k in range(K):
        if C == 3:
            tiles.append(w[k])
        else:
            for c in range(C):
                tiles.append(w[k, c : c + 1])
    across = 1
    while across * across < len(tiles):
        across += 1
    down = 1
    while down * across < len(tiles):
        down += 1
    height, width = down * FH + down - 1, across * FW + across - 1
    image = np.ones((3 if C == 3 else 1, height, width), dtype=w.dtype)
    for i, tile in enumerate(tiles):
        top, left = (i // across) * (FH + 1), (i % across) * (FW + 1)
        largest = np.max(np.abs(w)) if shared_scale else np.max(np.abs(tile))
        for c in range(len(tile)):
            for r in range(FH):
                for s in range(FW):
                    bright = 0.5
                    if largest > 0:
                        bright = 0.5 + tile[c, r, s] / (2 * largest)
                    image[c, top + r, left + s] = bright
    return image


wrong(
    "every tile has a scale of its own, whatever shared_scale says",
    "None if shared_scale else (1, 2, 3)",
    "(1, 2, 3)",
)
wrong(
    "all tiles share one scale, whatever shared_scale says",
    "None if shared_scale else (1, 2, 3)",
    "None",
)
wrong(
    "the smallest weight is made 0 and the largest 1, so that 0 is no longer grey",
    "largest = abs(tiles).max(",
    "low = tiles.min(axis=None if shared_scale else (1, 2, 3), keepdims=True)\n"
    "    largest = (tiles - low).max(",
    "0.5 + tiles / (2 * np.where(largest == 0, 1, largest))",
    "(tiles - low) / np.where(largest == 0, 1, largest)",
)
wrong(
    "the largest weight is looked for among the positive ones only",
    "abs(tiles).max",
    "tiles.max",
)
wrong(
    "the absolute values are shown, so that the sign is lost",
    "0.5 + tiles /",
    "0.5 + abs(tiles) /",
)
wrong(
    "there is no pixel between the tiles",
    "rows * (FH + 1) - 1, columns * (FW + 1) - 1",
    "rows * FH, columns * FW",
    "row * (FH + 1), column * (FW + 1)",
    "row * FH, column * FW",
)
wrong(
    "there is a border around the whole image",
    "rows * (FH + 1) - 1, columns * (FW + 1) - 1",
    "rows * (FH + 1) + 1, columns * (FW + 1) + 1",
    "row * (FH + 1), column * (FW + 1)",
    "row * (FH + 1) + 1, column * (FW + 1) + 1",
)
wrong(
    "the tiles are laid out column by column",
    "row, column = divmod(place, columns)",
    "column, row = divmod(place, rows)",
)
wrong("the gaps are black", "np.ones(shape", "np.zeros(shape")
wrong(
    "only the first channel of each filter is shown",
    "w.reshape(K * C, 1, FH, FW)",
    "w[:, :1]",
)
wrong(
    "weights of 0 are divided by 0",
    "    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))",
    '    with np.errstate(all="ignore"):\n        bright = 0.5 + tiles / (2 * largest)',
)
wrong(
    "w was changed in place",
    "bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))",
    "tiles /= 2 * np.where(largest == 0, 1, largest)\n    bright = 0.5 + tiles",
)
wrong("float32 went in, float64 came out", "np.ones(shape, w.dtype)", "np.ones(shape)")
