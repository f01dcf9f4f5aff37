"""The filters of F(4x4, 3x3): G @ w[k, c] @ G.T, as 36 tables."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

G = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]])


def points(w):
    """What is wanted for filters of multiples of 576: whole numbers."""
    exact = np.einsum("ia,kcab,jb->ijkc", G, w.astype(float), G) / 576
    return exact.reshape(36, *w.shape[:2]).astype(w.dtype)


def cases(t, winograd_filters):
    corner, right = np.zeros((1, 1, 3, 3)), np.zeros((1, 1, 3, 3))
    corner[0, 0, 0, 0], right[0, 0, 0, 2] = 16.0, 4.0
    title = "by hand: weight (0, 0) is 16, so point (0, 0) is 16/4/4"
    t.case(title, winograd_filters(corner)[0, 0, 0], np.float64(1))
    by_hand = winograd_filters(right)
    title = "by hand: weight (0, 2) is 4, so point (0, 5) is 4/4 and point (5, 0) is 0"
    t.case(title, (by_hand[5, 0, 0], by_hand[30, 0, 0]), (np.float64(1), np.float64(0)))
    w = 576 * t.ints(1, 1, 3, 3)
    t.case("one filter on one channel", winograd_filters(w), points(w))
    w = 576 * t.ints(2, 3, 3, 3)
    t.case("2 filters, 3 channels", winograd_filters(w), points(w))
    t.case("not contiguous", winograd_filters(t.strided(w)), points(w))
    w = 576 * t.ints(3, 2, 3, 3, dtype=np.float32)
    t.case("float32", winograd_filters(w), points(w))
    t.refuses("5x5 filters", winograd_filters(np.ones((1, 1, 5, 5))), names=(5,))
    t.refuses("3x2 filters", winograd_filters(np.ones((1, 1, 3, 2))), names=(3, 2))
    t.refuses("2x3 filters", winograd_filters(np.ones((1, 1, 2, 3))), names=(2, 3))


def hidden(t, winograd_filters):
    for title, w in [
        ("more filters", t.normal(3, 5, 3, 3)),
        ("axes in another order", t.normal(3, 3, 4, 2).T),
        ("float32", t.normal(4, 3, 3, 3, dtype=np.float32)),
    ]:
        t.case(title, winograd_filters(w), points(w))


@right("einsum with G on both sides")
def winograd_filters__einsum(w):
    K, C, FH, FW = w.shape
    if FH != 3 or FW != 3:
        raise ValueError(f"filters of {FH}x{FW}, not 3x3")
    G = winograd_matrices()[1]
    points = np.einsum("ia,kcab,jb->ijkc", G, w, G)
    return points.reshape(36, K, C).astype(w.dtype)


@right("one filter after the other")
def winograd_filters__loops(w):
    if w.shape[2:] != (3, 3):
        raise ValueError(f"filters of {w.shape[2:]}, not (3, 3)")
    G = winograd_matrices()[1]
    points = np.zeros((36, len(w), w.shape[1]), w.dtype)
    for k in range(len(w)):
        for c in range(w.shape[1]):
            points[:, k, c] = (G @ w[k, c] @ G.T).ravel()
    return points


wrong(
    "the rows and columns of the points are exchanged",
    "jb->ijkc",
    "jb->jikc",
    of="winograd_filters__einsum",
)
wrong("the filter is flipped", "@ w.reshape(", "@ w[:, :, ::-1, ::-1].reshape(")
wrong("float32 went in, float64 came out", "[1].astype(w.dtype)", "[1]")
wrong("G is multiplied by 24", "np.kron(G, G) @", "np.kron(24 * G, 24 * G) @")
wrong(
    "the points of a filter stand together instead of those of a table",
    ".reshape(K * C, 9).T).reshape(36, K, C)",
    ".reshape(K * C, 9).T).T.reshape(36, K, C)",
)
wrong(
    "G is multiplied from the left only",
    'np.einsum("ia,kcab,jb->ijkc", G, w, G)',
    'np.einsum("ia,kcab->ibkc", G, w)',
    "reshape(36,",
    "reshape(18,",
    of="winograd_filters__einsum",
    named=False,
)
wrong(
    "w was changed in place",
    "    K, C, FH, FW = w.shape",
    "    w *= 1.5\n    K, C, FH, FW = w.shape",
)
wrong("only the height is looked at", "(FH, FW) != (3, 3)", "FH != 3", named=False)
