"""row_copies: every row of pixels, once for each weight of a filter row."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

PICTURE = np.array([[[[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 0, 1, 2]]]])


def cases(t, row_copies):
    want = [[[1.0, 2, 3], [5, 6, 7], [9, 0, 1]], [[2, 3, 4], [6, 7, 8], [0, 1, 2]]]
    t.case("by hand: two copies", row_copies(PICTURE, 2), np.array([[want]]))
    want = [[[1.0], [5], [9]], [[2], [6], [0]]]
    narrow = row_copies(PICTURE[..., :2], 2, 3)
    t.case("by hand: a filter as wide as x", narrow, np.array([[want]]))
    for title, shape, *rest in [
        ("every axis another length, stride 2", (2, 3, 4, 7), 3, 2),
        ("a batch of 1, one row, stride 3", (1, 2, 1, 8), 2, 3),
        ("a filter one wide: nothing is shifted", (3, 1, 2, 4), 1),
    ]:
        t.case(title, row_copies(t.ints(*shape), *rest))
    t.case("float32", row_copies(t.ints(1, 2, 3, 5, dtype=np.float32), 2))
    t.case("not contiguous", row_copies(t.strided(t.ints(2, 2, 3, 4)), 2))
    wide = np.ones((1, 1, 2, 10))
    t.refuses("10 wide, 3, stride 2: 4.5", row_copies(wide, 3, 2), names=(10, 3, 2))
    t.refuses("a filter 5 wide on 4 columns", row_copies(PICTURE, 5), names=(4, 5))


def hidden(t, row_copies):
    for filter_width, stride in [(1, 1), (5, 1), (3, 4), (5, 3), (11, 2)]:
        copies = row_copies(t.normal(2, 3, 4, 11), filter_width, stride)
        t.case(f"width {filter_width}, stride {stride}", copies)
    t.case("axes in another order", row_copies(t.normal(11, 4, 3, 2).T, 3))
    t.case("float32", row_copies(t.normal(2, 3, 4, 11, dtype=np.float32), 3, 2))


@right("a sliding window along the rows")
def row_copies__view(x, filter_width, stride=1):
    output_size(x.shape[3], filter_width, stride)
    view = np.lib.stride_tricks.sliding_window_view(x, filter_width, axis=3)
    return np.ascontiguousarray(np.moveaxis(view[..., ::stride, :], 4, 2))


@right("one number after the other")
def row_copies__loops(x, filter_width, stride=1):
    N, C, H, W = x.shape
    WO = output_size(W, filter_width, stride)
    rows = np.zeros((N, C, filter_width, H, WO), dtype=x.dtype)
    for fw in range(filter_width):
        for wo in range(WO):
            rows[:, :, fw, :, wo] = x[:, :, :, fw + wo * stride]
    return rows


wrong("the stride is ignored", "fw : fw + stride * WO : stride", "fw : fw + WO")
wrong(
    "the shifts are in the reverse order",
    "rows[:, :, fw] =",
    "rows[:, :, filter_width - 1 - fw] =",
)
wrong("no copy is shifted", "fw : fw + stride * WO", ": stride * WO")
wrong("float32 went in, float64 came out", "WO), x.dtype", "WO)")
wrong("FW and H are exchanged", "return rows", "return rows.swapaxes(2, 3)")
wrong(
    "the width that does not fit is cut off",
    "output_size(W, filter_width, stride)",
    "(W - filter_width) // stride + 1",
)
wrong("x was changed in place", "    return rows", "    x *= 0\n    return rows")
wrong(
    "the error does not say which values do not fit",
    "    WO = output_size(W, filter_width, stride)",
    "    try:\n"
    "        WO = output_size(W, filter_width, stride)\n"
    "    except ValueError:\n"
    '        raise ValueError("the filter does not fit") from None',
    named=False,
)
