"""Sum times area, in the dtype of the array."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1


X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def cases(t, total):
    t.case("two rows", total(X), 126.0)
    part = t.strided(t.ints(3, 4, dtype=np.float32))
    t.case("a strided view in float32", total(part))


def hidden(t, total):
    t.case("one row", total(_rows(X)), 18.0)


def _rows(x):
    return x[:1]


@right("loops")
def total__loops(x):
    H, W = x.shape
    result = x.dtype.type(0)
    for h in range(H):
        for w in range(W):
            result += x[h, w]
    return result * H * W


@right("with area")
def total__with_area(x):
    return np.sum(x) * area(*x.shape)


@wrong("the rows are averaged")
def total__averaged(x):
    return x.mean(axis=0).sum() * x.size


wrong("the rows are averaged", "x.sum()", "x.mean(axis=1).sum()")


@wrong("it never ends", named=False)
def total__endless(x):
    raise RecursionError("stands for a loop that never ends")
