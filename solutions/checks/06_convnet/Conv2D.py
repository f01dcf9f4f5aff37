"""The convolutional layer: how its weights begin, what it computes, what it remembers."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

X, DOUT = np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[[[2.0]]]])


def shapes(layer):
    return {name: array.shape for name, array in layer.parameters.items()}


def alike(one, other):
    """Whether two layers have the same weights."""
    return bool(np.array_equal(one.parameters["w"], other.parameters["w"]))


def centre(w):
    return round(float(w.mean()), 2)


def spread(w, D):
    """The standard deviation as a multiple of sqrt(2 / D), rounded to tenths."""
    return round(float(w.std() / np.sqrt(2 / D)), 1)


def has_tails(w):
    """Whether some weights are more than three standard deviations above 0."""
    return bool((w > 3 * w.std()).any())


def set_to(layer, w, b):
    parameters = layer.parameters
    parameters["w"][...], parameters["b"][...] = w, b


def cases(t, Conv2D):
    def rng(seed):
        return t.call(np.random.default_rng, seed)

    def made(*options, name="layer"):
        return t.keep(name, Conv2D(*options, rng=rng(0)))

    want = {"w": (5, 3, 4, 4), "b": (5,)}
    t.case("the parameters", t.call(shapes, Conv2D(3, 5, 4, 2, 1)), want)
    dtype = Conv2D(3, 5, 4).parameters["w"].dtype.name
    t.case("the dtype of the weights", dtype, "float64")
    t.case("the biases", Conv2D(3, 5, 4).parameters["b"], np.zeros(5))
    same, again, other = (Conv2D(3, 5, 4, rng=rng(seed)) for seed in (0, 0, 1))
    t.case("the same seed: the same weights", t.call(alike, same, again), True)
    t.case("another seed: the same weights", t.call(alike, same, other), False)
    plain = Conv2D(3, 5, 4)
    t.case("without rng: the same weights", t.call(alike, plain, plain), False)
    w = Conv2D(16, 40, 5, rng=rng(2)).parameters["w"]
    t.case("16,000 weights: spread over sqrt(2 / D)", t.call(spread, w, 400), 1.0)
    t.case("their mean", t.call(centre, w), 0.0)
    t.case("a normal distribution has tails", t.call(has_tails, w), True)

    layer = made(1, 1, 2)
    forward = t.call(set_to, layer, 1.0, 10.0), layer.forward(X)
    back = *forward, layer.backward(DOUT)
    t.case("by hand: weights 1, bias 10", t.steps(*forward), np.array([[[[20.0]]]]))
    t.case("by hand: dx", t.steps(*back), np.full((1, 1, 2, 2), 2.0))
    want = {"w": 2 * X, "b": np.array([2.0])}
    t.case("by hand: gradients", t.steps(*back, layer.gradients), want)

    for title, options, shape, places, change in [
        ("stride 2, padding 1", (3, 5, 4, 2, 1), (2, 3, 6, 10), (3, 5), np.array),
        ("float32, 1x1 filters", (4, 2, 1), (3, 4, 2, 3), (2, 3), np.float32),
        ("not contiguous", (1, 4, 3, 1, 1), (2, 1, 3, 4), (3, 4), t.strided),
    ]:
        C, K, F = options[:3]
        layer, w, b = made(*options), t.ints(K, C, F, F), 5 + t.ints(K)
        x, dout = change(t.ints(*shape)), change(t.ints(shape[0], K, *places))
        forward = t.call(set_to, layer, w, b), layer.forward(x)
        back = *forward, layer.backward(dout)
        t.case(f"{title}: out", t.steps(*forward))
        t.case(f"{title}: dx", t.steps(*back))
        if change is not np.float32:
            t.case(f"{title}: gradients", t.steps(*back, layer.gradients))
        after = t.steps(*back, layer.parameters)
        t.case(f"{title}: the parameters afterwards", after, {"w": w, "b": b})

    one, two = made(1, 1, 2, name="one"), made(1, 1, 2, name="two")
    twice = one.forward(X), one.backward(DOUT), one.forward(10 * X), one.backward(DOUT)
    want = {"w": 20 * X, "b": np.array([2.0])}
    again = t.steps(*twice, one.gradients)
    t.case("forward and backward twice: the second's gradients", again, want)
    both = t.call(set_to, one, 1.0, 0.0), t.call(set_to, two, 3.0, 0.0)
    outs = one.forward(X), two.forward(10 * X)
    want = [np.array([[[[10.0]]]]), np.array([[[[300.0]]]])]
    t.case("two layers: out of both", t.steps(*both, [*outs]), want)
    backs = one.backward(DOUT), two.backward(10 * DOUT)
    want = [{"w": 2 * X, "b": np.array([2.0])}, {"w": 200 * X, "b": np.array([20.0])}]
    found = t.steps(*both, *outs, *backs, [one.gradients, two.gradients])
    t.case("two layers: gradients of both", found, want)
    too_large = made(1, 1, 4).forward(np.ones((1, 1, 3, 5)))
    t.refuses("a filter of 4 on 3 rows", too_large)
    left_over = made(1, 1, 2, 2).forward(np.ones((1, 1, 4, 5)))
    t.refuses("stride 2 leaves a column over", left_over)


def hidden(t, Conv2D):
    for options, shape, places in [
        ((1, 4, 3, 1, 1), (3, 1, 5, 7), (5, 7)),
        ((4, 1, 1, 1, 0), (3, 4, 2, 3), (2, 3)),
        ((2, 3, 2, 2, 1), (2, 2, 4, 6), (3, 4)),
    ]:
        C, K, F = options[:3]
        layer = t.keep("layer", Conv2D(*options))
        x, dout = t.ints(*shape[::-1]).T, t.ints(shape[0], K, *places)
        start = t.call(set_to, layer, t.ints(K, C, F, F), t.ints(K))
        steps = start, [layer.forward(x), layer.backward(dout), layer.gradients]
        t.case(f"{options}, {shape}", t.steps(*steps))


@right("weights as attributes, dicts made when asked for")
class Conv2D__attributes:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        if rng is None:
            rng = np.random.default_rng()
        fan_in = channels * size**2
        self.w = rng.normal(0.0, (2 / fan_in) ** 0.5, (filters, channels, size, size))
        self.b = np.zeros(filters)
        self.dw = self.db = None
        self.options = {"stride": stride, "padding": padding}

    @property
    def parameters(self):
        return {"w": self.w, "b": self.b}

    @property
    def gradients(self):
        return {} if self.dw is None else {"w": self.dw, "b": self.db}

    def forward(self, x):
        w, b = self.w.astype(x.dtype), self.b.astype(x.dtype)
        out, self.memory = conv_forward(x, w, b, **self.options)
        return out

    def backward(self, dout):
        dx, self.dw, self.db = conv_backward(dout, self.memory)
        return dx


@right("one weight of the window at a time, without conv_forward")
class Conv2D__window:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = rng if rng is not None else np.random.default_rng()
        w = rng.standard_normal((filters, channels, size, size))
        w *= np.sqrt(2 / w[0].size)
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding, self.size = stride, padding, size

    def forward(self, x):
        w = self.parameters["w"].astype(x.dtype)
        F, S, P = self.size, self.stride, self.padding
        HO, WO = (output_size(length, F, S, P) for length in x.shape[2:])
        self.padded = np.pad(x, [(0, 0), (0, 0), (P, P), (P, P)])
        out = np.zeros((len(x), len(w), HO, WO), x.dtype)
        out += self.parameters["b"].astype(x.dtype)[:, None, None]
        for i, j in np.ndindex(F, F):
            met = self.padded[:, :, i : i + S * HO : S, j : j + S * WO : S]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, i, j])
        return out

    def backward(self, dout):
        w = self.parameters["w"].astype(dout.dtype)
        F, S, P = self.size, self.stride, self.padding
        HO, WO = dout.shape[2:]
        dx, dw = np.zeros_like(self.padded), np.zeros_like(w)
        for i, j in np.ndindex(F, F):
            met = np.s_[:, :, i : i + S * HO : S, j : j + S * WO : S]
            dw[:, :, i, j] = np.einsum("nkhw,nchw->kc", dout, self.padded[met])
            dx[met] += np.einsum("nkhw,kc->nchw", dout, w[:, :, i, j])
        self.gradients = {"w": dw, "b": dout.sum(axis=(0, 2, 3))}
        H, W = dx.shape[2:]
        return dx[:, :, P : H - P, P : W - P]


wrong("the stride is ignored", "b, self.stride", "b, 1")
wrong("the padding is ignored", "self.stride, self.padding)", "self.stride, 0)")
wrong(
    "stride and padding are swapped",
    "b, self.stride, self.padding)",
    "b, max(self.padding, 1), self.stride)",
)
wrong("the bias is forgotten", "conv_forward(x, w, b", "conv_forward(x, w, 0 * b")
wrong("forward returns the cache, too", "return out", "return out, self.cache")
wrong("backward returns all gradients, not dx alone", "return dx", "return dx, dw, db")
wrong(
    "the gradients of earlier calls are added",
    'self.gradients = {"w": dw, "b": db}',
    'old = self.gradients or {"w": 0, "b": 0}\n'
    '        self.gradients = {"w": old["w"] + dw, "b": old["b"] + db}',
)
wrong(
    "backward leaves no gradients",
    'self.gradients = {"w": dw',
    'gradients = {"w": dw',
    named=False,
)
wrong(
    "float32 went in, float64 came out",
    "conv_forward(x, w",
    "conv_forward(x.astype(float), w.astype(float)",
)
wrong("the parameters are float32", '{"w": w,', '{"w": w.astype(np.float32),')
wrong("the standard deviation is sqrt(1 / D)", "np.sqrt(2 /", "np.sqrt(1 /")
wrong(
    "the weights are not drawn from rng",
    "rng.standard_normal",
    "np.random.standard_normal",
)
wrong(
    "the weights are the same for every seed",
    "= np.random.default_rng()",
    "= np.random.default_rng(0)",
    " if rng is None else rng",
    "",
)
wrong(
    "without rng, the weights are always the same",
    "np.random.default_rng()",
    "np.random.default_rng(0)",
)
wrong("the weights are not scaled", "w = scale * rng", "w = rng")
wrong(
    "the variance 2 / D is taken for the standard deviation",
    "w = scale *",
    "w = scale**2 *",
)
wrong(
    "D counts the filters instead of the channels",
    "scale = np.sqrt(2 / (channels",
    "scale = np.sqrt(2 / (filters",
)
wrong(
    "D counts the channels only",
    "scale = np.sqrt(2 / (channels * size * size))",
    "scale = np.sqrt(2 / channels)",
)
wrong(
    "the weights are drawn from 0 to 1, never below",
    "scale * rng.standard_normal(",
    "rng.random(",
)
wrong(
    "the weights are spread evenly, and are not normally distributed",
    "scale * rng.standard_normal(",
    "scale * 3**0.5 * rng.uniform(-1, 1, ",
)
wrong("the weights begin at 0", "w = scale *", "w = 0 *")
wrong(
    "the parameters that are seen are copies",
    "np.zeros(filters)}",
    "np.zeros(filters)}\n        self.w, self.b = w.copy(), np.zeros(filters)",
    'self.parameters["w"].astype',
    "self.w.astype",
    'self.parameters["b"].astype',
    "self.b.astype",
)
wrong(
    "backward still uses what the first forward has kept",
    "out, self.cache =",
    "out, cache =",
    "return out",
    'self.cache = getattr(self, "cache", cache)\n        return out',
)
wrong(
    "all layers share what forward keeps",
    "out, self.cache =",
    "out, Conv2D.cache =",
)
wrong(
    "all layers share one dict of gradients",
    "    def __init__",
    "    gradients = {}\n\n    def __init__",
    "        self.gradients = {}\n",
    "",
    'self.gradients = {"w": dw, "b": db}',
    "self.gradients.update(w=dw, b=db)",
)
wrong(
    "all layers share one dict of parameters",
    'self.parameters = {"w"',
    'Conv2D.parameters = {"w"',
)
