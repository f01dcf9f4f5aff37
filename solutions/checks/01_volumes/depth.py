"""A depth column and a depth slice of a volume in the layout X[x, y, d] of the notes."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1

# 5 wide, 4 high, 3 deep; the number at x, y, d is 100 x + 10 y + d.
VOLUME = np.add.outer(np.add.outer(100 * np.arange(5), 10 * np.arange(4)), np.arange(3))


def cases(t, depth_column, depth_slice):
    column, card = depth_column, VOLUME[:, :, 0]
    t.case("column at x = 3, y = 1", column(VOLUME, 3, 1), np.array([310, 311, 312]))
    t.case("slice d = 2", depth_slice(VOLUME, 2), card + 2)
    t.case("column at x = 0, y = 3", column(VOLUME, 0, 3), np.array([30, 31, 32]))
    t.case("slice d = 0", depth_slice(VOLUME, 0), card)
    deep = np.add.outer(card, np.arange(6)).astype(np.float32)
    want = np.arange(200, 206, dtype=np.float32)
    t.case("column of a float32 volume 6 deep", column(deep, 2, 0), want)
    t.case("slice d = 5 of it", depth_slice(deep, 5), np.float32(card + 5))
    part = t.strided(t.ints(3, 2, 4))
    t.case("column of a part of a larger volume", column(part, 1, 1))
    t.case("slice d = 3 of such a part", depth_slice(part, 3))


def hidden(t, depth_column, depth_slice):
    X = t.normal(6, 3, 7)
    for x, y, d in [(5, 2, 6), (2, 1, 3)]:
        want = np.array([X[x, y, c] for c in range(7)])
        t.case(f"column at x = {x}, y = {y}", depth_column(X, x, y), want)
        want = np.array([[X[i, j, d] for j in range(3)] for i in range(6)])
        t.case(f"slice d = {d}", depth_slice(X, d), want)


right("numpy index", "X[x, y, :]", "X[x, y]")
right(
    "a list of all channels, made an array again",
    "X[x, y, :]",
    "np.array([X[x, y, d] for d in range(X.shape[2])], dtype=X.dtype)",
)
right(
    "one axis after the other",
    "X[x, y, :]",
    "np.take(np.take(X, x, axis=0), y, axis=0)",
)
right("depth first, as a copy", "X[x, y, :]", "X.transpose(2, 0, 1)[:, x, y].copy()")
wrong("x and y are swapped", "X[x, y, :]", "X[y, x, :]")
wrong("the column runs along y instead of the depth", "X[x, y, :]", "X[x, :, y]")
wrong("the column runs along x instead of the depth", "X[x, y, :]", "X[:, x, y]")
wrong("the depth runs backwards", "X[x, y, :]", "X[x, y, ::-1]")
wrong("only the first channel is taken", "X[x, y, :]", "X[x, y, 0]")
wrong("the axes x and y are kept", "X[x, y, :]", "X[x : x + 1, y : y + 1, :]")
wrong("three channels are taken, whatever the depth", "X[x, y, :]", "X[x, y, :3]")
wrong("a list is returned", "X[x, y, :]", "list(X[x, y, :])", named=False)
wrong("float32 turned float64", "X[x, y, :]", "X[x, y, :] * np.float64(1)")
wrong("a depth slice is returned", "X[x, y, :]", "X[:, :, x]")
wrong("places are counted from 1", "X[x, y, :]", "X[x - 1, y - 1, :]")
wrong("nothing is returned", "return X", "X", named=False)

right("numpy index with an ellipsis", "X[:, :, d]", "X[..., d]", of="depth_slice")
right(
    "two loops over x and y",
    "X[:, :, d]",
    "np.array([[pixel[d] for pixel in column] for column in X], dtype=X.dtype)",
    of="depth_slice",
)
right(
    "the volume cut into slices",
    "X[:, :, d]",
    "np.split(X, X.shape[2], axis=2)[d].reshape(X.shape[:2])",
    of="depth_slice",
)
right(
    "the axis of the depth moved to the front",
    "X[:, :, d]",
    "np.moveaxis(X, 2, 0)[d]",
    of="depth_slice",
)
wrong("d is used as x", "X[:, :, d]", "X[d]", of="depth_slice")
wrong("d is used as y", "X[:, :, d]", "X[:, d]", of="depth_slice")
wrong("x and y are swapped", "X[:, :, d]", "X[:, :, d].T", of="depth_slice")
wrong(
    "the axis of the depth is kept",
    "X[:, :, d]",
    "X[:, :, d : d + 1]",
    of="depth_slice",
)
wrong(
    "the first slice is taken, whatever d is",
    "X[:, :, d]",
    "X[:, :, 0]",
    of="depth_slice",
)
wrong("d is counted from 1", "X[:, :, d]", "X[:, :, d - 1]", of="depth_slice")
wrong("a depth column is returned", "X[:, :, d]", "X[d, d, :]", of="depth_slice")
wrong(
    "all slices up to d are returned",
    "X[:, :, d]",
    "X[:, :, : d + 1]",
    of="depth_slice",
)
wrong(
    "the slice is averaged over the depth",
    "X[:, :, d]",
    "X.mean(axis=2)",
    of="depth_slice",
)
wrong(
    "float32 turned float64",
    "X[:, :, d]",
    "X[:, :, d] * np.float64(1)",
    of="depth_slice",
)
wrong("nothing is returned", "return X", "X", of="depth_slice", named=False)
wrong(
    "X was changed in place",
    "return X[:, :, d]",
    "X -= X[:, :, d : d + 1]\n    return X[:, :, d]",
    of="depth_slice",
)
