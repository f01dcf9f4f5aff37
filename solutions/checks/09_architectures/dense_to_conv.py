"""The weights of a dense layer as filters of a convolution."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1

COLUMNS = np.array([[1.0, 5], [2, 6], [3, 7], [4, 8]])
FILTERS = np.array([[[[1.0, 2], [3, 4]]], [[[5, 6], [7, 8]]]])


def cases(t, dense_to_conv):
    biases = np.array([10.0, 20.0])
    by_hand = dense_to_conv(COLUMNS, biases, (1, 2, 2))
    t.case("by hand: two filters", by_hand[0], FILTERS)
    t.case("by hand: their biases", by_hand[1], biases)
    for title, shape, M, dtypes, change in [
        ("2 channels, 3 high, 4 wide, 5 outputs", (2, 3, 4), 5, "dd", np.array),
        ("one row, 2 outputs", (3, 1, 4), 2, "dd", np.array),
        ("one pixel of 4 channels", (4, 1, 1), 3, "dd", np.array),
        ("float32", (2, 2, 3), 2, "ff", np.array),
        ("weights in float32, biases in float64", (2, 1, 2), 3, "fd", np.array),
        ("not contiguous", (2, 3, 2), 3, "dd", t.strided),
    ]:
        D = int(np.prod(shape))
        w = change(np.arange(D * M, dtype=dtypes[0]).reshape(D, M))
        b = change(5 + t.ints(M, dtype=dtypes[1]))
        t.case(title, dense_to_conv(w, b, shape))
    for title, D, shape in [
        ("60 weights for 3x4x4", 60, (3, 4, 4)),
        ("24 weights for 3x2x2, which is half of them", 24, (3, 2, 2)),
        ("6 weights for 3x2x2, which is twice as many", 6, (3, 2, 2)),
    ]:
        t.refuses(title, dense_to_conv(np.ones((D, 2)), np.zeros(2), shape))


def hidden(t, dense_to_conv):
    for shape, M in [((1, 1, 1), 3), ((2, 1, 5), 1), ((4, 3, 2), 5)]:
        w, b = t.normal(M, int(np.prod(shape))).T, t.normal(M)
        t.case(f"{shape}, {M} outputs", dense_to_conv(w, b, shape))
    w, b = w.astype("f4"), b.astype("f4")
    t.case("float32, 4x3x2", dense_to_conv(w, b, (4, 3, 2)))
    t.refuses("30 for 2x3x4", dense_to_conv(np.ones((30, 2)), np.ones(2), (2, 3, 4)))
    t.refuses("48 for 2x3x4", dense_to_conv(np.ones((48, 2)), np.ones(2), (2, 3, 4)))


@right("one filter after the other")
def dense_to_conv__loop(w, b, input_shape):
    D, M = w.shape
    C, H, W = input_shape
    if D != C * H * W:
        raise ValueError(f"{D} weights do not make filters of {C}x{H}x{W}")
    filters = np.empty((M, C, H, W), dtype=w.dtype)
    for m in range(M):
        filters[m] = w[:, m].reshape(C, H, W)
    return filters, b.copy()


@right("reshape first, then move the last axis to the front")
def dense_to_conv__moveaxis(w, b, input_shape):
    filters = np.moveaxis(w.reshape(*input_shape, w.shape[1]), -1, 0)
    return np.ascontiguousarray(filters), b


wrong(
    "w is reshaped without being transposed",
    "w.T.reshape(M, C, H, W)",
    "w.reshape(M, C, H, W)",
)
wrong(
    "height and width are swapped",
    "w.T.reshape(M, C, H, W)",
    "w.T.reshape(M, C, W, H).swapaxes(2, 3)",
)
wrong(
    "the channels are taken to be the fastest axis",
    "w.T.reshape(M, C, H, W)",
    "w.T.reshape(M, H, W, C).transpose(0, 3, 1, 2)",
)
wrong(
    "the filters are flipped",
    "w.T.reshape(M, C, H, W)",
    "w.T.reshape(M, C, H, W)[:, :, ::-1, ::-1]",
)
wrong("the biases are set to 0", "H, W), b", "H, W), np.zeros_like(b)")
wrong(
    "float32 went in, float64 came out",
    "w.T.reshape(M, C, H, W), b",
    "w.T.reshape(M, C, H, W).astype(float), b.astype(float)",
)
wrong("the biases get the dtype of the weights", "H, W), b", "H, W), b.astype(w.dtype)")
wrong("only the filters are returned", "H, W), b", "H, W)")
wrong(
    "what does not fit is cut off in silence",
    'raise ValueError(f"{D} weights make no filters of {C} x {H} x {W}")',
    "w = w[: C * H * W]",
)
wrong(
    "weights that are too many become more filters",
    'raise ValueError(f"{D} weights make no filters of {C} x {H} x {W}")',
    "M = -1",
)
