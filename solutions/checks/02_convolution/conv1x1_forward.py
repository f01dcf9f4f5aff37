"""1x1 convolution: a matrix product over the channels of every pixel."""

import time

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking import judge

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1


def seconds(call):
    """How long the call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def faster(call, other):
    """Whether the call is faster than the other, in one of three trials, or of 0.2 seconds."""
    limit, end = min(seconds(other) for _ in range(3)), time.perf_counter() + 0.2
    trials = [seconds(call)]
    while trials[-1] >= limit and (len(trials) < 3 or time.perf_counter() < end):
        trials.append(seconds(call))
    return trials[-1] < limit


def cases(t, conv1x1_forward):
    conv = conv1x1_forward

    def numbers(x, w, dtype=float):
        """Images, filters, and a bias for each filter that is never 0."""
        b = np.arange(5, 5 + 2 * w[0], 2).astype(dtype)
        return t.ints(*x, dtype=dtype), t.ints(*w, dtype=dtype), b

    pixel = np.array([10.0, 20.0, 30.0]).reshape(1, 3, 1, 1)
    to_grey = np.array([0.3, 0.6, 0.1]).reshape(1, 3, 1, 1)
    grey = conv(pixel, to_grey, np.array([100.0]))[0]
    t.case("by hand: 3 + 12 + 3, bias 100", grey, np.array([[[[118.0]]]]))
    t.case("every axis another length", conv(*numbers((2, 3, 1, 4), (5, 3, 1, 1)))[0])
    call = conv(*numbers((2, 3, 2, 4), (3, 3, 1, 1)))[0]
    t.case("as many filters as channels", call)
    t.case("a batch of 1, one channel", conv(*numbers((1, 1, 3, 2), (4, 1, 1, 1)))[0])
    layer = np.ones((1, 3, 32, 32)), np.ones((5, 3, 1, 1)), np.ones(5)
    t.case("32x32x3, five filters: the shape", conv(*layer)[0].shape, (1, 5, 32, 32))
    t.case("float32", conv(*numbers((2, 3, 2, 3), (2, 3, 1, 1), np.float32))[0])
    call = conv(*map(t.strided, numbers((1, 2, 4, 3), (4, 2, 1, 1))))[0]
    t.case("not contiguous", call)
    for title, x, w, names in [
        ("1 channel, filters for 3", (2, 1, 4, 5), (2, 3, 1, 1), (1, 3)),
        ("3 channels, filters for 1", (2, 3, 4, 5), (2, 1, 1, 1), (3, 1)),
        ("3 channels, filters for 2", (2, 3, 4, 5), (4, 2, 1, 1), (3, 2)),
        ("filters of 2x3, not 1x1", (1, 4, 2, 3), (5, 4, 2, 3), (2, 3)),
        ("filters of 1x2, not 1x1", (1, 3, 4, 4), (5, 3, 1, 2), (2,)),
        ("2x2 filters for 1 channel, on 4", (1, 4, 2, 2), (3, 1, 2, 2), (2,)),
    ]:
        call = conv(np.ones(x), np.ones(w), np.zeros(w[0]))[0]
        t.refuses(title, call, names=names)

    x, w, b = t.normal(1, 16, 32, 16), t.normal(64, 16, 1, 1), t.normal(64)

    title = "32,768 answers take less time than 2,048 neurons one after the other"

    @t.test(title)
    def _(conv1x1_forward, x=x, w=w, b=b):
        def neurons():
            patch, weights = x[0, :, :1, :1], w[0]
            for _ in range(2048):
                float(np.sum(patch * weights) + b[0])

        fast = faster(lambda: conv1x1_forward(x, w, b), neurons)
        known = {"the answers are computed one at a time, not by a product": False}
        judge.equal(title, fast, True, mistakes=known)


def hidden(t, conv1x1_forward):
    for n, c, k, h, w in [
        (1, 5, 2, 3, 4),
        (3, 1, 4, 2, 5),
        (2, 6, 6, 1, 3),
        (4, 2, 1, 5, 1),
    ]:
        layer = t.normal(n, c, h, w), t.normal(k, c, 1, 1), t.normal(k)
        t.case(f"{n}, {c}, {k}, {h}, {w}", conv1x1_forward(*layer)[0])
    x, w, b = t.normal(3, 4, 5, 2).T, t.normal(2, 5, 1, 1), t.normal(2)
    t.case("axes in another order", conv1x1_forward(x, w, b)[0])
    x, w, b = t.normal(1, 5, 3, 4, dtype="f4"), w.astype("f4"), b.astype("f4")
    t.case("float32", conv1x1_forward(x, w, b)[0])


@right("einsum over the channels")
def conv1x1_forward__einsum(x, w, b):
    if w.shape[1:] != (x.shape[1], 1, 1):
        raise ValueError(f"w {w.shape} does not fit x {x.shape}")
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]
    return out, None


@right("channels last, matrix product, channels first")
def conv1x1_forward__channels_last(x, w, b):
    K, C, FH, FW = w.shape
    if C != x.shape[1] or FH * FW != 1:
        raise ValueError(f"x has {x.shape[1]} channels, w is {C} x {FH} x {FW}")
    out = x.transpose(0, 2, 3, 1) @ w.reshape(K, C).T + b
    return np.ascontiguousarray(out.transpose(0, 3, 1, 2)), (x, w)


@right("a product for every pixel")
def conv1x1_forward__every_pixel(x, w, b):
    N, C, H, W = x.shape
    if w.shape != (len(w), C, 1, 1):
        raise ValueError(f"w must be (K, {C}, 1, 1), not {w.shape}")
    out = np.zeros((N, len(w), H, W), x.dtype)
    for n in range(N):
        for row in range(H):
            for column in range(W):
                out[n, :, row, column] = w[:, :, 0, 0] @ x[n, :, row, column] + b
    return out, ()


@right("channel by channel")
def conv1x1_forward__channels(x, w, b):
    N, C, H, W = x.shape
    if w.shape != (len(w), C, 1, 1):
        raise ValueError(f"w must be (K, {C}, 1, 1), not {w.shape}")
    out = np.zeros((N, len(w), H, W), x.dtype)
    for k in range(len(w)):
        for c in range(C):
            out[:, k] += x[:, c] * w[k, c, 0, 0]
        out[:, k] += b[k]
    return out, ()


@wrong("the answers are computed one at a time, not by a product")
def conv1x1_forward__layer(x, w, b):
    if w.shape[2:] != (1, 1):
        raise ValueError(f"the filters are {w.shape[2]}x{w.shape[3]}, not 1x1")
    return conv_forward_naive(x, w, b)


wrong(
    "the answers are computed one at a time, not by a product",
    "out[n, :, row, column] = w[:, :, 0, 0] @ x[n, :, row, column] + b",
    "for k in range(len(w)):\n"
    "                    depth_column = x[n, :, row, column]\n"
    "                    out[n, k, row, column] = depth_column @ w[k, :, 0, 0] + b[k]",
    of="conv1x1_forward__every_pixel",
)
wrong("the bias is forgotten", " + b.reshape(K, 1)", "")
wrong("the bias is added once per channel", "+ b.reshape", "+ C * b.reshape")
wrong("the bias is subtracted", "+ b.reshape", "- b.reshape")
wrong("the bias of the first filter is used for all filters", "b.reshape(K, 1)", "b[0]")
wrong(
    "the mean is taken instead of the sum", "w.reshape(K, C) @", "w.reshape(K, C) / C @"
)
wrong(
    "only the first channel is used",
    "x, w[:, :, 0, 0]",
    "x[:, :1], w[:, :1, 0, 0]",
    of="conv1x1_forward__einsum",
)
wrong(
    "only the last channel is used",
    "x, w[:, :, 0, 0]",
    "x[:, -1:], w[:, -1:, 0, 0]",
    of="conv1x1_forward__einsum",
)
wrong("only the first image is computed", "    return", "    out[1:] = 0\n    return")
wrong("only the first filter is used", "w.reshape(K, C) @", "w[:1].reshape(1, C) @")
wrong("the matrix of weights is transposed", "w.reshape(K, C) @", "w.reshape(C, K).T @")
wrong(
    "x is cut into rows of C numbers without moving the channels to the end",
    "x.transpose(0, 2, 3, 1)",
    "x.reshape(len(x), *x.shape[2:], C)",
    of="conv1x1_forward__channels_last",
)
wrong(
    "the result is reshaped without moving the channels back to the front",
    "out.transpose(0, 3, 1, 2)",
    "out.reshape(len(x), K, *x.shape[2:])",
    of="conv1x1_forward__channels_last",
)
wrong(
    "the maps are put last, as in (N, H, W, K)",
    "out.transpose(0, 3, 1, 2)",
    "out",
    of="conv1x1_forward__channels_last",
)
wrong(
    "rows and columns of the output have changed places",
    "->nkhw",
    "->nkwh",
    of="conv1x1_forward__einsum",
)
wrong(
    "images and filters have changed places in the output",
    "out.reshape(N, K, H, W)",
    "out.reshape(N, K, H, W).swapaxes(0, 1)",
)
wrong(
    "the matrix of the filters is not multiplied with x, only its first weight",
    "w.reshape(K, C) @ x.reshape(N, C, H * W)",
    "w[:, 0].reshape(K, 1) * x.sum(axis=1).reshape(N, 1, H * W)",
)
wrong("negative answers are set to 0", "out.reshape(", "np.maximum(out, 0).reshape(")
wrong(
    "nothing is written into the output", "out.reshape(", "np.zeros_like(out).reshape("
)
wrong("x was changed in place", "    return out.", "    x *= 2\n    return out.")
wrong("float32 went in, float64 came out", "np.result_type(x, 0.0)", "float")
wrong("whatever goes in, float32 comes out", "np.result_type(x, 0.0)", "np.float32")
wrong("whatever goes in, whole numbers come out", "np.result_type(x, 0.0)", "int")
wrong("out is returned without a cache", "=False), (x, w, b)", "=False)")
wrong("returned None", "    return out.", "    out.")
wrong(
    "other numbers of channels are stretched to fit each other",
    "w.shape[1:] != (x.shape[1], 1, 1)",
    "w.shape[2:] != (1, 1)",
    of="conv1x1_forward__einsum",
)
wrong(
    "the first weight of larger filters is taken, the others are left out",
    "w.shape[1:] != (x.shape[1], 1, 1)",
    "w.shape[1] != x.shape[1]",
    of="conv1x1_forward__einsum",
)
wrong(
    "filters with as many weights as there are channels are taken, whatever their shape",
    "w.shape[1] != C or ",
    "",
)
wrong(
    "the error is left to numpy, whose message does not name the values",
    "w.shape[1] != C or w[0].size != C",
    "False",
    named=False,
)
wrong(
    "another error than ValueError is raised", "ValueError(", "TypeError(", named=False
)
