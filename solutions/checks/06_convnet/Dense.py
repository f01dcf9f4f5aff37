"""The dense layer as an object: how its weights begin, what it computes and remembers."""

import numpy as np

from autograder.proof import right, wrong

POINTS = 1

X = np.array([[1.0, 2.0]])


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
    layer.parameters["w"][...] = w
    layer.parameters["b"][...] = b


def cases(t, Dense):
    want = {"w": (24, 5), "b": (5,)}
    t.case("the parameters", t.call(shapes, Dense(24, 5)), want)
    t.case(
        "the dtype of the weights", Dense(24, 5).parameters["w"].dtype.name, "float64"
    )
    t.case("the biases", Dense(24, 5).parameters["b"], np.zeros(5))

    def rng(seed):
        return t.call(np.random.default_rng, seed)

    same, again, other = (Dense(24, 5, rng=rng(seed)) for seed in (0, 0, 1))
    t.case(
        "two layers of the same seed have the same weights",
        t.call(alike, same, again),
        True,
    )
    t.case("two layers of two seeds have not", t.call(alike, same, other), False)
    t.case(
        "nor have two layers without rng",
        t.call(alike, Dense(24, 5), Dense(24, 5)),
        False,
    )
    w = Dense(400, 40, rng=rng(2)).parameters["w"]
    t.case(
        "16,000 weights, D = 400: their spread is sqrt(2 / D)",
        t.call(spread, w, 400),
        1.0,
    )
    t.case("their mean", t.call(centre, w), 0.0)
    t.case("a normal distribution has tails", t.call(has_tails, w), True)

    layer = t.keep("layer", Dense(2, 1, rng=rng(0)))
    start = t.call(set_to, layer, np.array([[3.0], [4.0]]), 10.0)
    forward = start, layer.forward(X)
    back = *forward, layer.backward(np.array([[2.0]]))
    t.case("by hand: 1·3 + 2·4 + 10", t.steps(*forward), np.array([[21.0]]))
    t.case("by hand: dx", t.steps(*back), np.array([[6.0, 8.0]]))
    want = {"w": np.array([[2.0], [4.0]]), "b": np.array([2.0])}
    t.case("by hand: gradients", t.steps(*back, layer.gradients), want)

    for title, shape, M, dtype in [
        ("images of 2x3x4 numbers", (3, 2, 3, 4), 5, float),
        ("float32", (4, 3), 2, np.float32),
        ("not contiguous", (2, 1, 2, 3), 1, None),
    ]:
        D = int(np.prod(shape[1:]))
        layer = t.keep("layer", Dense(D, M, rng=rng(0)))
        x, dout = t.ints(*shape), t.ints(shape[0], M)
        x, dout = (
            t.strided(a) if dtype is None else a.astype(dtype) for a in (x, dout)
        )
        w, b = t.ints(D, M), 5 + t.ints(M)
        forward = t.call(set_to, layer, w, b), layer.forward(x)
        t.case(f"{title}: out", t.steps(*forward))
        back = *forward, layer.backward(dout)
        t.case(f"{title}: dx", t.steps(*back))
        if dtype is not np.float32:
            t.case(f"{title}: gradients", t.steps(*back, layer.gradients))
        if dtype is float:
            t.case(
                "the parameters are the same afterwards",
                t.steps(*back, layer.parameters),
                {"w": w, "b": b},
            )

    layer = t.keep("layer", Dense(2, 1, rng=rng(0)))
    dout = np.array([[2.0]])
    twice = (
        layer.forward(X),
        layer.backward(dout),
        layer.forward(10 * X),
        layer.backward(dout),
    )
    want = {"w": np.array([[20.0], [40.0]]), "b": np.array([2.0])}
    t.case(
        "forward and backward twice: gradients of the second",
        t.steps(*twice, layer.gradients),
        want,
    )
    one, two = (
        t.keep("one", Dense(2, 1, rng=rng(0))),
        t.keep("two", Dense(2, 1, rng=rng(0))),
    )
    both = (t.call(set_to, one, 1.0, 0.0), t.call(set_to, two, 3.0, 0.0))
    both += (one.forward(X), two.forward(10 * X))
    t.case(
        "two layers: out of both",
        t.steps(*both[:2], [*both[2:]]),
        [np.array([[3.0]]), np.array([[90.0]])],
    )
    both += (one.backward(dout), two.backward(10 * dout))
    want = [
        {"w": np.array([[2.0], [4.0]]), "b": np.array([2.0])},
        {"w": np.array([[200.0], [400.0]]), "b": np.array([20.0])},
    ]
    t.case(
        "two layers: gradients of both",
        t.steps(*both, [one.gradients, two.gradients]),
        want,
    )


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
