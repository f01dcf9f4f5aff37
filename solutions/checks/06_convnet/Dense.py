"""The dense layer as an object: how its weights begin, what it computes and remembers."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1

X, DOUT = np.array([[1.0, 2.0]]), np.array([[2.0]])


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


def cases(t, Dense):
    def rng(seed):
        return t.call(np.random.default_rng, seed)

    def made(*options, name="layer"):
        return t.keep(name, Dense(*options, rng=rng(0)))

    want = {"w": (24, 5), "b": (5,)}
    t.case("the parameters", t.call(shapes, Dense(24, 5)), want)
    dtype = Dense(24, 5).parameters["w"].dtype.name
    t.case("the dtype of the weights", dtype, "float64")
    t.case("the biases", Dense(24, 5).parameters["b"], np.zeros(5))
    same, again, other = (Dense(24, 5, rng=rng(seed)) for seed in (0, 0, 1))
    t.case("the same seed: the same weights", t.call(alike, same, again), True)
    t.case("another seed: the same weights", t.call(alike, same, other), False)
    plain = Dense(24, 5)
    t.case("without rng: the same weights", t.call(alike, plain, plain), False)
    w = Dense(400, 40, rng=rng(2)).parameters["w"]
    t.case("16,000 weights: spread over sqrt(2 / D)", t.call(spread, w, 400), 1.0)
    t.case("their mean", t.call(centre, w), 0.0)
    t.case("a normal distribution has tails", t.call(has_tails, w), True)

    layer = made(2, 1)
    start = t.call(set_to, layer, np.array([[3.0], [4.0]]), 10.0)
    forward = start, layer.forward(X)
    back = *forward, layer.backward(DOUT)
    t.case("by hand: 1·3 + 2·4 + 10", t.steps(*forward), np.array([[21.0]]))
    t.case("by hand: dx", t.steps(*back), np.array([[6.0, 8.0]]))
    want = {"w": 2 * X.T, "b": np.array([2.0])}
    t.case("by hand: gradients", t.steps(*back, layer.gradients), want)

    for title, shape, M, change in [
        ("images of 2x3x4 numbers", (3, 2, 3, 4), 5, np.array),
        ("float32", (4, 3), 2, np.float32),
        ("not contiguous", (2, 1, 2, 3), 1, t.strided),
    ]:
        D = int(np.prod(shape[1:]))
        layer, w, b = made(D, M), t.ints(D, M), 5 + t.ints(M)
        x, dout = change(t.ints(*shape)), change(t.ints(shape[0], M))
        forward = t.call(set_to, layer, w, b), layer.forward(x)
        back = *forward, layer.backward(dout)
        t.case(f"{title}: out", t.steps(*forward))
        t.case(f"{title}: dx", t.steps(*back))
        if change is not np.float32:
            t.case(f"{title}: gradients", t.steps(*back, layer.gradients))
        after = t.steps(*back, layer.parameters)
        t.case(f"{title}: the parameters afterwards", after, {"w": w, "b": b})

    one, two = made(2, 1, name="one"), made(2, 1, name="two")
    twice = one.forward(X), one.backward(DOUT), one.forward(10 * X), one.backward(DOUT)
    want = {"w": 20 * X.T, "b": np.array([2.0])}
    again = t.steps(*twice, one.gradients)
    t.case("forward and backward twice: the second's gradients", again, want)
    both = t.call(set_to, one, 1.0, 0.0), t.call(set_to, two, 3.0, 0.0)
    outs = one.forward(X), two.forward(10 * X)
    want = [np.array([[3.0]]), np.array([[90.0]])]
    t.case("two layers: out of both", t.steps(*both, [*outs]), want)
    backs = one.backward(DOUT), two.backward(10 * DOUT)
    want = [
        {"w": 2 * X.T, "b": np.array([2.0])},
        {"w": 200 * X.T, "b": np.array([20.0])},
    ]
    found = t.steps(*both, *outs, *backs, [one.gradients, two.gradients])
    t.case("two layers: gradients of both", found, want)


def hidden(t, Dense):
    for shape, M in [((4, 6), 3), ((1, 2, 3, 4), 1), ((5, 1, 2, 2), 2)]:
        D = int(np.prod(shape[1:]))
        layer = t.keep("layer", Dense(D, M))
        x, dout = t.ints(*shape[::-1]).T, t.ints(shape[0], M)
        start = t.call(set_to, layer, t.ints(D, M), t.ints(M))
        steps = start, [layer.forward(x), layer.backward(dout), layer.gradients]
        t.case(f"{shape}, {M}", t.steps(*steps))


@right("weights as attributes, einsum for the products")
class Dense__attributes:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        self.w = rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, outputs))
        self.b = np.zeros(outputs)
        self.gradients = {}

    @property
    def parameters(self):
        return {"w": self.w, "b": self.b}

    def forward(self, x):
        self.shape = x.shape
        self.rows = x.reshape(x.shape[0], -1)
        out = np.einsum("nd,dm->nm", self.rows, self.w.astype(x.dtype))
        return out + self.b.astype(x.dtype)

    def backward(self, dout):
        self.gradients["w"] = np.einsum("nd,nm->dm", self.rows, dout)
        self.gradients["b"] = dout.sum(axis=0)
        return (dout @ self.w.T.astype(dout.dtype)).reshape(self.shape)


@right("matrix products, without dense_forward")
class Dense__products:
    def __init__(self, inputs, outputs, rng=None):
        rng = rng or np.random.default_rng()
        deviation = np.sqrt(2.0 / inputs)
        self.parameters = {
            "b": np.zeros(outputs),
            "w": deviation * rng.standard_normal((outputs, inputs)).T,
        }
        self.gradients = {}

    def forward(self, x):
        self.x = x
        out = x.reshape(len(x), -1) @ self.parameters["w"] + self.parameters["b"]
        return out.astype(x.dtype)

    def backward(self, dout):
        dw = self.x.reshape(len(self.x), -1).T @ dout
        self.gradients = {"w": dw, "b": np.sum(dout, axis=0)}
        dx = dout @ self.parameters["w"].T
        return dx.astype(dout.dtype).reshape(self.x.shape)


wrong("the bias is forgotten", "dense_forward(x, w, b)", "dense_forward(x, w, 0 * b)")
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
    "dense_forward(x, w",
    "dense_forward(x.astype(float), w.astype(float)",
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
wrong("the weights are not scaled", "np.sqrt(2 / inputs) * rng", "rng")
wrong(
    "the variance 2 / D is taken for the standard deviation",
    "np.sqrt(2 / inputs) *",
    "2 / inputs *",
)
wrong(
    "the weights are spread evenly, and are not normally distributed",
    "rng.standard_normal((inputs, outputs))",
    "3**0.5 * rng.uniform(-1, 1, (inputs, outputs))",
)
wrong(
    "D counts the outputs instead of the inputs",
    "np.sqrt(2 / inputs) *",
    "np.sqrt(2 / outputs) *",
)
wrong("the weights have the shape (outputs, inputs)", '{"w": w,', '{"w": w.T.copy(),')
wrong(
    "the parameters that are seen are copies",
    "np.zeros(outputs)}",
    "np.zeros(outputs)}\n        self.w, self.b = w.copy(), np.zeros(outputs)",
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
    "out, Dense.cache =",
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
    'Dense.parameters = {"w"',
)
