"""Dropout: how many are dropped, how large the others become, and when nothing happens."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1


def seeded(seed):
    return np.random.default_rng(seed)


def values(array):
    """The different numbers in it, each once."""
    return sorted(set(np.round(np.asarray(array, float).ravel(), 6).tolist()))


def share(array):
    """How many of 100 are not 0, to the nearest five."""
    return int(5 * round(20 * float(np.mean(np.asarray(array) != 0))))


def alike(one, other):
    return bool(np.array_equal(one, other))


def cases(t, dropout_forward, dropout_backward, Dropout):
    def rng(seed=0):
        return t.call(seeded, seed)

    ones = np.ones((40, 100))
    half = dropout_forward(ones, 0.5, True, rng())[0]
    t.case("keep 0.5: the numbers that ones become", t.call(values, half), [0.0, 2.0])
    t.case("keep 0.5: of 100 remain", t.call(share, half), 50)
    most = dropout_forward(ones, 0.8, True, rng())[0]
    t.case("keep 0.8: the numbers that ones become", t.call(values, most), [0.0, 1.25])
    t.case("keep 0.8: of 100 remain", t.call(share, most), 80)
    t.case(
        "keep 0.25: of 100 remain",
        t.call(share, dropout_forward(ones, 0.25, True, rng())[0]),
        25,
    )
    maps = np.ones((4, 5, 6, 7))
    t.case(
        "maps, keep 0.5: the numbers",
        t.call(values, dropout_forward(maps, 0.5, True, rng())[0]),
        [0.0, 2.0],
    )
    x, dout = t.normal(3, 4, 2, 2), t.normal(3, 4, 2, 2)
    t.case("keep 1: out is x", dropout_forward(x, 1.0, True, rng())[0], x)
    t.case("in use: out is x", dropout_forward(x, 0.5, False, rng())[0], x)
    t.case(
        "in use: dx is dout",
        dropout_backward(dout, dropout_forward(x, 0.5, False)[1]),
        dout,
    )
    made = t.keep("made", dropout_forward(ones, 0.5, True, rng(1)))
    t.case(
        "out and dx of ones are the same",
        t.call(alike, made[0], dropout_backward(ones, made[1])),
        True,
    )
    made = t.keep("made", dropout_forward(ones, 0.5))
    again = (
        dropout_forward(ones, 0.5, True, rng(1))[0],
        dropout_forward(ones, 0.5, True, rng(2))[0],
    )
    t.case("two seeds: the same numbers remain", t.call(alike, *again), False)
    drawn = t.keep("rng", rng())
    twice = (
        dropout_forward(ones, 0.5, True, drawn)[0],
        dropout_forward(ones, 0.5, True, drawn)[0],
    )
    t.case("twice with one rng: the same numbers remain", t.call(alike, *twice), False)
    t.case("rng is left out: the numbers", t.call(values, made[0]), [0.0, 2.0])
    single = np.ones((4, 50), np.float32)
    made = t.keep("made", dropout_forward(single, 0.5, True, rng()))
    t.case(
        "float32: dtypes",
        [made[0].dtype.name, dropout_backward(single, made[1]).dtype.name],
        ["float32"] * 2,
    )
    t.case(
        "not contiguous, keep 1", dropout_forward(t.strided(x), 1.0, True, rng())[0], x
    )
    for keep in (0.0, 1.5, -0.5):
        t.refuses(f"keep {keep}", dropout_forward(x, keep), names=(keep,))

    layer = t.keep("layer", Dropout(0.5, rng=rng()))
    use = t.call(setattr, layer, "training", False)
    t.case(
        "the layer: training, parameters, gradients",
        [layer.training, layer.parameters, layer.gradients],
        [True, {}, {}],
    )
    t.case("the layer: the numbers", t.call(values, layer.forward(ones)), [0.0, 2.0])
    there = t.keep("out", layer.forward(ones))
    t.case(
        "the layer: out and dx of ones are the same",
        t.steps(there, t.call(alike, there, layer.backward(ones))),
        True,
    )
    t.case(
        "the layer, in use: out and dx",
        t.steps(use, [layer.forward(x), layer.backward(dout)]),
        [x, dout],
    )
    first, second = (
        t.keep("first", layer.forward(ones)),
        t.keep("second", layer.forward(ones)),
    )
    t.case(
        "the layer, twice: the same numbers remain",
        t.steps(first, second, t.call(alike, first, second)),
        False,
    )
    t.case(
        "the layer without rng: the numbers",
        t.call(values, Dropout(0.5).forward(ones)),
        [0.0, 2.0],
    )


def hidden(t, dropout_forward, dropout_backward, Dropout):
    ones = np.ones((50, 80))
    made = t.keep("made", dropout_forward(ones, 0.4, True, t.call(seeded, 7)))
    t.case(
        "keep 0.4", [t.call(values, made[0]), t.call(share, made[0])], [[0.0, 2.5], 40]
    )
    t.case("and back", t.call(alike, made[0], dropout_backward(ones, made[1])), True)


@right("where")
def dropout_forward__where(x, keep, training=True, rng=None):
    if keep <= 0 or keep > 1:
        raise ValueError(f"keep must be in (0, 1], got {keep}")
    if not training:
        return x.copy(), np.ones_like(x)
    if rng is None:
        rng = np.random.default_rng()
    scale = np.where(rng.uniform(size=x.shape) >= keep, 0, 1 / keep).astype(x.dtype)
    return x * scale, scale


@right("a choice between 0 and 1 / keep")
def dropout_forward__choice(x, keep, training=True, rng=None):
    if not (keep > 0 and keep <= 1):
        raise ValueError(f"cannot keep a share of {keep}")
    if not training or keep == 1:
        return x, None
    factors = np.array([0, 1 / keep], x.dtype)
    rng = rng or np.random.default_rng()
    scale = rng.choice(factors, size=x.shape, p=[1 - keep, keep])
    return scale * x, scale


@right("where")
def dropout_backward__where(dout, cache):
    if cache is None:
        return dout.copy()
    dx = np.zeros_like(dout)
    kept = cache != 0
    dx[kept] = dout[kept] * cache[kept]
    return dx


@right("always a product")
def dropout_backward__product(dout, cache):
    return dout * (1 if cache is None else cache)


wrong(
    "what is kept is not divided by keep",
    ".astype(x.dtype) / x.dtype.type(keep)",
    ".astype(x.dtype)",
    of="dropout_forward",
)
wrong(
    "keep is the share that is dropped",
    "rng.random(x.shape) < keep",
    "rng.random(x.shape) > keep",
    of="dropout_forward",
)
wrong(
    "what is kept is multiplied by keep",
    "/ x.dtype.type(keep)",
    "* x.dtype.type(keep)",
    of="dropout_forward",
)
wrong(
    "numbers are dropped in use, too",
    "    if not training:\n        return x, None\n",
    "",
    of="dropout_forward",
)
wrong(
    "in use x is multiplied by keep",
    "        return x, None",
    "        return x * keep, None",
    of="dropout_forward",
)
wrong(
    "every call draws the same",
    "rng = np.random.default_rng() if rng is None else rng",
    "rng = np.random.default_rng(0)",
    of="dropout_forward",
)
wrong(
    "whole images are dropped, not single numbers",
    "rng.random(x.shape)",
    "rng.random((len(x),) + (1,) * (x.ndim - 1))",
    named=False,
    of="dropout_forward",
)
wrong(
    "keep is not looked at",
    "    if not 0 < keep <= 1:",
    "    if False:",
    of="dropout_forward",
)
wrong(
    "keep = 1 is refused",
    "not 0 < keep <= 1",
    "not 0 < keep < 1",
    of="dropout_forward",
    named=False,  # its own error says so
)
wrong(
    "float32 went in, float64 came out",
    ".astype(x.dtype) / x.dtype.type(keep)",
    " / keep",
    of="dropout_forward",
)
wrong(
    "out is x, and only the way back drops",
    "return x * mask, mask",
    "return x, mask",
    of="dropout_forward",
)
wrong(
    "the gradient passes everywhere",
    "dout if cache is None else dout * cache",
    "dout",
    of="dropout_backward",
)
wrong(
    "after a forward in use the gradient is 0",
    "return dout if cache",
    "return 0 * dout if cache",
    of="dropout_backward",
)
wrong(
    "the gradient is not divided by keep",
    "dout * cache",
    "dout * (cache > 0)",
    of="dropout_backward",
)


@right("settings kept as they are")
class Dropout__again:
    def __init__(self, keep, rng=None):
        self.training = True
        self.keep = keep
        self.rng = rng or np.random.default_rng()
        self.parameters = {}
        self.gradients = {}

    def forward(self, x):
        out, mask = x, None
        if self.training:
            mask = (self.rng.random(x.shape) < self.keep) / self.keep
            out = (x * mask).astype(x.dtype)
        self.mask = mask
        return out

    def backward(self, dout):
        return dout if self.mask is None else (dout * self.mask).astype(dout.dtype)


@right("with the two functions, settings in a dict")
class Dropout__functions:
    parameters, gradients = {}, {}

    def __init__(self, keep, rng=None):
        self.keep = keep
        self.rng = np.random.default_rng() if rng is None else rng
        self.training = True

    def forward(self, x):
        made = dropout_forward(x, self.keep, training=self.training, rng=self.rng)
        out, self.mask = made
        return out

    def backward(self, dout):
        return dropout_backward(dout, self.mask)


wrong(
    "training is not looked at",
    "self.keep, self.training, self.rng",
    "self.keep, True, self.rng",
    of="Dropout",
)
wrong(
    "every forward draws the same",
    "self.rng)\n",
    "np.random.default_rng(0))\n",
    of="Dropout",
)
wrong("training is False at first", "keep, True\n", "keep, False\n", of="Dropout")
