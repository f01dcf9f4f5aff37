"""The toy: a convolution in one dimension, forward and backward."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2

X, W = np.array([1.0, 2, 0, 3, 2]), np.array([2.0, 1, -1])
# the lengths of x and w
LENGTHS = [
    ("8 numbers, a filter of 3", 8, 3),
    ("5 numbers, a filter of 4", 5, 4),
    ("a filter as long as x", 3, 3),
    ("a filter of 1", 4, 1),
]
MORE = [(7, 2), (4, 4), (5, 1), (1, 1), (12, 5)]


def cases(t, conv1d_forward, conv1d_backward):
    t.case("by hand: out", conv1d_forward(X, W), np.array([4.0, 1, 1]))
    by_hand = t.once(conv1d_backward(np.array([1.0, -2, 3]), X, W))
    t.case("by hand: dx", by_hand[0], np.array([2.0, -3, 3, 5, -3]))
    t.case("by hand: dw", by_hand[1], np.array([-3.0, 11, 0]))
    for title, L, F in LENGTHS:
        x, w, dout = t.distinct(L), t.distinct(F), t.distinct(L - F + 1)
        t.case(f"{title}: out", conv1d_forward(x, w))
        back = t.once(conv1d_backward(dout, x, w))
        t.case(f"{title}: dx", back[0])
        t.case(f"{title}: dw", back[1])
    x, w, dout = (t.ints(length, dtype="f4") for length in (5, 2, 4))
    back = t.once(conv1d_backward(dout, x, w))
    t.case("float32: out", conv1d_forward(x, w))
    t.case("float32: dx, dw", [back[0], back[1]])
    x, w, dout = (t.strided(t.ints(length)) for length in (6, 3, 4))
    back = t.once(conv1d_backward(dout, x, w))
    t.case("not contiguous: out", conv1d_forward(x, w))
    t.case("not contiguous: dx, dw", [back[0], back[1]])
    longer = conv1d_forward(np.ones(3), np.ones(5))
    t.refuses("a filter of 5 on 3 numbers", longer, names=(5, 3))
    for length in (1, 2, 4):
        call = conv1d_backward(np.ones(length), X, W)
        t.refuses(f"dout has {length} numbers, out has 3", call, names=(length, 3))
    x, w = t.normal(9), t.normal(4)
    t.gradient(
        "numeric gradient: dx",
        lambda dout: conv1d_backward(dout, x, w)[0],
        lambda x: conv1d_forward(x, w),
        x,
    )
    t.gradient(
        "numeric gradient: dw",
        lambda dout: conv1d_backward(dout, x, w)[1],
        lambda w: conv1d_forward(x, w),
        w,
    )


def hidden(t, conv1d_forward, conv1d_backward):
    for L, F in MORE:
        x, w, dout = (t.strided(t.normal(length)) for length in (L, F, L - F + 1))
        back = t.once(conv1d_backward(dout, x, w))
        t.case(f"{L}, {F}", [conv1d_forward(x, w), back[0], back[1]])


@right("numpy's correlate")
def conv1d_forward__correlate(x, w):
    if len(w) > len(x):
        raise ValueError(f"the filter of {len(w)} does not fit on {len(x)} numbers")
    return np.correlate(x, w, "valid")


@right("one shifted signal per weight")
def conv1d_forward__shifts(x, w):
    length = output_size(len(x), len(w))
    out = np.zeros(length, x.dtype)
    for j, weight in enumerate(w):
        out += weight * x[j : j + length]
    return out


wrong("the filter is flipped", "x[i : i + F] * w", "x[i : i + F] * w[::-1]")
wrong(
    "the loop stops one place too early", "output_size(L, F)", "output_size(L, F) - 1"
)
wrong("the mean is taken instead of the sum", "np.sum", "np.mean")
wrong(
    "the filter hangs over both ends",
    '"valid"',
    '"full"',
    of="conv1d_forward__correlate",
)
wrong("float32 went in, float64 came out", ", dtype=x.dtype", "")
wrong(
    "x was changed in place", "    return out", "    x[: len(out)] = 0\n    return out"
)
wrong(
    "a filter longer than the signal is accepted",
    "output_size(L, F)",
    "max(L - F + 1, 0)",
)
wrong(
    "signal and filter change places where the filter is longer",
    "    if len(w) > len(x):\n"
    '        raise ValueError(f"the filter of {len(w)} does not fit on {len(x)} numbers")\n',
    "",
    of="conv1d_forward__correlate",
)


@right("full convolution with the flipped filter, correlation with dout")
def conv1d_backward__convolve(dout, x, w):
    if len(dout) != len(x) - len(w) + 1:
        raise ValueError(f"dout has {len(dout)}, out has {len(x) - len(w) + 1} entries")
    return np.convolve(dout, w, "full"), np.correlate(x, dout, "valid")


@right("gather: who uses x[m], who uses w[j]")
def conv1d_backward__gather(dout, x, w):
    if dout.shape != conv1d_forward(x, w).shape:
        raise ValueError(f"{dout.shape} is not {conv1d_forward(x, w).shape}")
    L, F = len(x), len(w)
    dx = [
        sum(dout[m - j] * w[j] for j in range(F) if 0 <= m - j < len(dout))
        for m in range(L)
    ]
    dw = [sum(dout[i] * x[i + j] for i in range(len(dout))) for j in range(F)]
    return np.array(dx, dtype=x.dtype), np.array(dw, dtype=w.dtype)


@right("the toy layer itself, on a padded dout")
def conv1d_backward__by_forward(dout, x, w):
    if len(dout) != output_size(len(x), len(w)):
        raise ValueError(f"{len(dout)} and {output_size(len(x), len(w))}")
    wide = np.pad(dout, len(w) - 1)
    return conv1d_forward(wide, w[::-1]), conv1d_forward(x, dout)


wrong(
    "the filter is not flipped for dx",
    'np.convolve(dout, w, "full")',
    'np.correlate(dout, w, "full")',
    of="conv1d_backward__convolve",
)
wrong(
    "dout is flipped for dw as well",
    "np.correlate(x",
    "np.convolve(x",
    of="conv1d_backward__convolve",
)
wrong("dx gets = where it needs +=", "F] += dout", "F] = dout", of="conv1d_backward")
wrong("dw gets = where it needs +=", "dw += dout", "dw = dout", of="conv1d_backward")
wrong(
    "dw and dx are returned in the wrong order",
    "return dx, dw",
    "return dw, dx",
    of="conv1d_backward",
)
wrong(
    "dw is the mean over the places instead of the sum",
    "return dx, dw",
    "return dx, dw / len(dout)",
    of="conv1d_backward",
)
wrong(
    "dout is ignored",
    "    dx, dw = np.zeros(L",
    "    dout = np.ones_like(dout)\n    dx, dw = np.zeros(L",
    of="conv1d_backward",
)
wrong(
    "float32 went in, float64 came out",
    "np.zeros(L, dtype=x.dtype), np.zeros(F, dtype=w.dtype)",
    "np.zeros(L), np.zeros(F)",
    of="conv1d_backward",
)
wrong(
    "the length of dout is not checked",
    "dout.shape != (output_size(L, F),)",
    "False",
    of="conv1d_backward",
)
wrong(
    "the message does not name both lengths",
    ", the output has shape {(output_size(L, F),)}",
    "",
    of="conv1d_backward",
    named=False,
)
