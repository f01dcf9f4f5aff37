"""Two layers: what came in is added to what comes out, and the mean of each channel."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1

X, DOUT = np.array([[1.0], [4.0]]), np.array([[1.0], [10.0]])
PLACES = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]], [[0.0, 0, 0], [0, 6, 0]]]])
MEANS = np.array([4.0, 1.0]).reshape(1, 2, 1, 1)
UP = np.array([6.0, 12.0]).reshape(1, 2, 1, 1)
SHARES = np.array([1.0, 2.0]).reshape(1, 2, 1, 1) * np.ones((1, 2, 2, 3))


class Times:
    """A layer with one number to learn: out = factor * x."""

    def __init__(self, factor):
        self.parameters = {"factor": np.array([factor])}
        self.gradients = {}

    def forward(self, x):
        self.x = x
        return x * self.parameters["factor"][0].astype(x.dtype)

    def backward(self, dout):
        self.gradients = {"factor": np.array([np.sum(dout * self.x)])}
        return dout * self.parameters["factor"][0].astype(dout.dtype)


class Same:
    """A layer that gives what it gets, not even a copy of it."""

    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        return x

    def backward(self, dout):
        return dout


class First(Same):
    """Only the first `count` channels."""

    def __init__(self, count):
        super().__init__()
        self.count = count

    def forward(self, x):
        self.shape = x.shape
        return x[:, : self.count]

    def backward(self, dout):
        dx = np.zeros(self.shape, dout.dtype)
        dx[:, : self.count] = dout
        return dx


def part(what):
    """A number is a factor, None is none, 0 gives what it gets, a tuple names the channels."""
    if what is None:
        return None
    if isinstance(what, tuple):
        return First(*what)
    return Same() if what == 0 else Times(what)


def there(Residual, body, shortcut, x):
    return Residual(part(body), part(shortcut)).forward(x)


def alone(Residual, x):
    """Without the second argument."""
    return Residual(Times(3.0)).forward(x)


def and_back(Residual, body, shortcut, x, dout):
    layer = Residual(part(body), part(shortcut))
    layer.forward(x)
    return layer.backward(dout)


def learned(Residual, body, shortcut, x, dout):
    """Parameters and gradients, by name."""
    layer = Residual(part(body), part(shortcut))
    layer.forward(x)
    layer.backward(dout)
    return [dict(layer.parameters), dict(layer.gradients)]


def changed_in_place(Residual):
    """The factor is set from outside, in the dict of the block."""
    layer = Residual(Times(3.0))
    layer.parameters["body.factor"][...] = 10.0
    return layer.forward(X.copy())


def twice(Residual):
    """Gradients of a second pass."""
    layer = Residual(Times(3.0), Times(2.0))
    for factor in (1.0, 10.0):
        layer.forward(factor * X)
        layer.backward(DOUT)
    return dict(layer.gradients)


def two_blocks(Residual):
    one, two = Residual(Times(3.0)), Residual(Times(5.0), Times(7.0))
    outs = [one.forward(X.copy()), two.forward(-X)]
    return outs + [one.backward(DOUT), two.backward(DOUT)]


def inside(Residual, shortcut):
    """Whether `layers` is a list of what was given."""
    given = [Times(3.0)] + ([Times(2.0)] if shortcut else [])
    layers = Residual(*given).layers
    found = [any(layer is each for each in given) for layer in layers]
    return [isinstance(layers, list), len(layers), found]


def pooled_twice(GlobalAveragePool):
    """Two layers and two sizes, one after the other."""
    one, two = GlobalAveragePool(), GlobalAveragePool()
    outs = [one.forward(PLACES.copy()), two.forward(PLACES[:, :, :, :2])]
    return outs + [one.backward(UP), two.backward(UP)]


def cases(t, Residual, GlobalAveragePool):
    def run(function, *args):
        return t.call(function, Residual, *args)

    t.case("by hand: 3x + x", run(there, 3.0, None, X), 4 * X)
    t.case("no second argument", run(alone, X), 4 * X)
    t.case("by hand: dx", run(and_back, 3.0, None, X, DOUT), 4 * DOUT)
    t.case("a shortcut: 3x + 2x", run(there, 3.0, 2.0, X), 5 * X)
    t.case("a shortcut: dx", run(and_back, 3.0, 2.0, X, DOUT), 5 * DOUT)
    want = [{"body.factor": np.array([3.0])}, {"body.factor": np.array([41.0])}]
    t.case("what it learns", run(learned, 3.0, None, X, DOUT), want)
    both = [{"body.factor": np.array([3.0]), "shortcut.factor": np.array([2.0])}]
    both += [{"body.factor": np.array([41.0]), "shortcut.factor": np.array([41.0])}]
    t.case("a shortcut: what it learns", run(learned, 3.0, 2.0, X, DOUT), both)
    nothing = run(learned, 0, None, X, DOUT)
    t.case("a body that learns nothing", nothing, [{}, {}])
    t.case("the factor, set in place to 10", run(changed_in_place), 11 * X)
    want = {"body.factor": np.array([410.0]), "shortcut.factor": np.array([410.0])}
    t.case("gradients of a second pass", run(twice), want)
    want = [4 * X, -12 * X, 4 * DOUT, 12 * DOUT]
    t.case("two blocks at once", run(two_blocks), want)
    t.case("layers: the body", run(inside, False), [True, 1, [True]])
    t.case("layers: body and shortcut", run(inside, True), [True, 2, [True, True]])
    t.case("a body that gives x itself: out", run(there, 0, None, X), 2 * X)
    t.case("a body that gives x itself: dx", run(and_back, 0, None, X, DOUT), 2 * DOUT)
    x = t.ints(2, 3, 4, 5, dtype=np.float32)
    t.case("float32: out", run(there, 2.0, 4.0, x), 6 * x)
    t.case("float32: dx", run(and_back, 2.0, None, x, x), 3 * x)
    x, dout = t.strided(t.ints(2, 3, 4, 5)), t.strided(t.ints(2, 2, 4, 5))
    t.case("2 of 3 channels, both ways", run(there, (2,), (2,), x))
    t.case("2 of 3 channels, both ways: dx", run(and_back, (2,), (2,), x, dout))
    for title, body, shortcut, names in [
        ("a body of 1 channel, 3 came in: numpy would broadcast", (1,), None, (1, 3)),
        ("a body of 2 channels, 3 came in", (2,), None, (2, 3)),
        ("a body of 3 channels, a shortcut of 1", 2.0, (1,), (3, 1)),
    ]:
        shapes = [(2, count, 4, 5) for count in names]
        t.refuses(title, run(there, body, shortcut, x), names=shapes)

    layer = t.keep("layer", GlobalAveragePool())
    back = layer.forward(PLACES), layer.backward(UP)
    t.case("means by hand", back[0], MEANS)
    t.case("means by hand: dx", t.steps(*back), SHARES)
    dicts = t.steps(*back, [layer.parameters, layer.gradients])
    t.case("means: no parameters, no gradients", dicts, [{}, {}])
    for title, shape, dtype in [
        ("three images, 4 high and 7 wide", (3, 5, 4, 7), float),
        ("one place", (2, 3, 1, 1), float),
        ("means, float32", (2, 3, 2, 4), np.float32),
    ]:
        x, dout = t.ints(*shape, dtype=dtype), t.ints(*shape[:2], 1, 1, dtype=dtype)
        t.case(title, layer.forward(x))
        t.case(f"{title}: dx", t.steps(layer.forward(x), layer.backward(dout)))
    x, dout = t.strided(t.ints(2, 3, 4, 5)), t.strided(t.ints(2, 3, 1, 1))
    t.case("means, not contiguous", layer.forward(x))
    back = t.steps(layer.forward(x), layer.backward(dout))
    t.case("means, not contiguous: dx", back)
    t.case("two means at once", t.call(pooled_twice, GlobalAveragePool))


def hidden(t, Residual, GlobalAveragePool):
    x, dout = t.normal(3, 2, 4, 3), t.normal(3, 2, 4, 3)
    t.case("out", t.call(there, Residual, -1.5, 0.5, x))
    t.case("dx", t.call(and_back, Residual, -1.5, 0.5, x, dout))
    t.case("learned", t.call(learned, Residual, -1.5, 0.5, x, dout))
    layer = t.keep("layer", GlobalAveragePool())
    back = layer.forward(x), layer.backward(dout[:, :, :1, :1])
    t.case("means", back[0])
    t.case("means: dx", t.steps(*back))


@right("one way after the other, names in two loops")
class Residual__loops:
    def __init__(self, body, shortcut=None):
        self.layers = [body]
        if shortcut is not None:
            self.layers.append(shortcut)

    def _named(self, kind):
        found = {}
        for part, layer in enumerate(self.layers):
            for name, array in getattr(layer, kind).items():
                found[("body.", "shortcut.")[part] + name] = array
        return found

    @property
    def parameters(self):
        return self._named("parameters")

    @property
    def gradients(self):
        return self._named("gradients")

    def forward(self, x):
        around = self.layers[1].forward(x) if len(self.layers) > 1 else x
        through = self.layers[0].forward(x)
        if np.shape(through) != np.shape(around):
            raise ValueError(f"{np.shape(through)} and {np.shape(around)} differ")
        return np.add(through, around)

    def backward(self, dout):
        dx = np.array(self.layers[0].backward(dout))
        dx += self.layers[1].backward(dout) if len(self.layers) > 1 else dout
        return dx


@right("a shortcut that gives x where none was given")
class Residual__identity:
    class Nothing:
        parameters, gradients = {}, {}

        def forward(self, x):
            return x

        backward = forward

    def __init__(self, body, shortcut=None):
        self.layers = [part for part in (body, shortcut) if part is not None]
        self.ways = {"body": body, "shortcut": shortcut or self.Nothing()}

    def forward(self, x):
        one, two = (way.forward(x) for way in self.ways.values())
        if one.shape != two.shape:
            raise ValueError(f"shapes {one.shape}, {two.shape}")
        return one + two

    def backward(self, dout):
        return sum(way.backward(dout) for way in self.ways.values())

    @property
    def parameters(self):
        ways = self.ways.items()
        return {f"{w}.{n}": a for w, way in ways for n, a in way.parameters.items()}

    @property
    def gradients(self):
        ways = self.ways.items()
        return {f"{w}.{n}": a for w, way in ways for n, a in way.gradients.items()}


wrong("what came in is not added", "return out + straight", "return out")
wrong("only what came in is given on", "return out + straight", "return straight")
wrong(
    "the gradient does not come back past the body",
    "return self.body.backward(dout) + straight",
    "return self.body.backward(dout)",
)
wrong(
    "the gradient comes back past the body only",
    "return self.body.backward(dout) + straight",
    "return straight",
)
wrong(
    "the shortcut is left out on the way there",
    "x if self.shortcut is None else self.shortcut.forward(x)",
    "x",
)
wrong(
    "the shortcut is left out on the way back",
    "straight = dout if self.shortcut is None else self.shortcut.backward(dout)",
    "straight = dout",
)
wrong(
    "x is added besides the shortcut",
    "return out + straight",
    "return out + straight + (0 if self.shortcut is None else x)",
)
wrong(
    "the shortcut is applied to what the body gives",
    "self.shortcut.forward(x)\n",
    "self.shortcut.forward(out)\n",
    named=False,
)
wrong(
    "the two ways are multiplied, not added",
    "return out + straight",
    "return out * straight",
)
wrong(
    "shapes that differ are broadcast",
    "if out.shape != straight.shape:",
    "if False:",
)
wrong(
    "the error names one of the two shapes only",
    'f"the body gives {out.shape}, and {straight.shape} is to be added"',
    'f"the body gives {out.shape}"',
    named=False,
)
wrong(
    "the sum is written into x",
    "return out + straight",
    "x += out\n        return x",
    named=False,  # "x was changed in place" is said, and true
)
wrong(
    "the sum is written into what the body gave, which may be x",
    "return out + straight",
    "out += straight\n        return out",
    named=False,  # "x was changed in place" is said, and true
)
wrong(
    "the names of both parts are the same",
    """            f"{part}.{name}": array
            for part, layer in zip(("body", "shortcut"), self.layers)
            for name, array in layer.parameters.items()""",
    """            f"body.{name}": array
            for layer in self.layers
            for name, array in layer.parameters.items()""",
)
wrong(
    "the parts are numbered, not named",
    """            f"{part}.{name}": array
            for part, layer in zip(("body", "shortcut"), self.layers)
            for name, array in layer.parameters.items()""",
    """            f"{part}.{name}": array
            for part, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()""",
)
wrong(
    "the gradients of the shortcut are forgotten",
    "            for name, array in layer.gradients.items()",
    '            for name, array in layer.gradients.items()\n            if part == "body"',
)
wrong(
    "the parameters are copies",
    """            f"{part}.{name}": array
            for part, layer in zip(("body", "shortcut"), self.layers)
            for name, array in layer.parameters.items()""",
    """            f"{part}.{name}": array.copy()
            for part, layer in zip(("body", "shortcut"), self.layers)
            for name, array in layer.parameters.items()""",
)
wrong(
    "layers is missing the shortcut",
    "self.layers = [body] if shortcut is None else [body, shortcut]",
    "self.layers = [body]",
)
wrong(
    "layers has None where there is no shortcut",
    "self.layers = [body] if shortcut is None else [body, shortcut]",
    "self.layers = [body, shortcut]",
    "for name, array in layer.parameters.items()",
    "for name, array in (layer.parameters.items() if layer else ())",
    "for name, array in layer.gradients.items()",
    "for name, array in (layer.gradients.items() if layer else ())",
)


@right("a sum, divided; broadcasting on the way back")
class GlobalAveragePool__sum:
    def __init__(self):
        self.parameters = {}
        self.gradients = {}

    def forward(self, x):
        N, C, self.H, self.W = x.shape
        total = x.reshape(N, C, -1).sum(axis=2) / x.dtype.type(self.H * self.W)
        return total[:, :, np.newaxis, np.newaxis]

    def backward(self, dout):
        share = dout / dout.dtype.type(self.H * self.W)
        return np.broadcast_to(share, (*dout.shape[:2], self.H, self.W)).copy()


@right("the average pooling of lesson 05's kind, by repeating")
class GlobalAveragePool__repeat:
    parameters, gradients = {}, {}

    def forward(self, x):
        self.sides = x.shape[2:]
        return np.mean(np.mean(x, axis=3, keepdims=True), axis=2, keepdims=True)

    def backward(self, dout):
        H, W = self.sides
        return np.repeat(np.repeat(dout, H, axis=2), W, axis=3) / dout.dtype.type(H * W)


wrong(
    "the places are added up, not averaged",
    "x.mean(axis=(2, 3), keepdims=True)",
    "x.sum(axis=(2, 3), keepdims=True)",
    of="GlobalAveragePool",
)
wrong(
    "the largest number is taken, not the mean",
    "x.mean(axis=(2, 3), keepdims=True)",
    "x.max(axis=(2, 3), keepdims=True)",
    of="GlobalAveragePool",
)
wrong(
    "the mean is taken over the channels",
    "x.mean(axis=(2, 3), keepdims=True)",
    "x.mean(axis=1, keepdims=True)",
    of="GlobalAveragePool",
)
wrong(
    "the mean is taken over the images, too",
    "x.mean(axis=(2, 3), keepdims=True)",
    "x.mean(axis=(0, 2, 3), keepdims=True) + 0 * x[:, :, :1, :1]",
    of="GlobalAveragePool",
)
wrong(
    "the two axes are dropped",
    "x.mean(axis=(2, 3), keepdims=True)",
    "x.mean(axis=(2, 3))",
    of="GlobalAveragePool",
)
wrong(
    "every place gets the whole gradient",
    "(dout / (H * W))",
    "dout",
    of="GlobalAveragePool",
)
wrong(
    "only one side is divided by",
    "(dout / (H * W))",
    "(dout / H)",
    of="GlobalAveragePool",
)
wrong(
    "the gradient goes to the first place only",
    "return np.ones(self.shape, dout.dtype) * (dout / (H * W))",
    "dx = np.zeros(self.shape, dout.dtype)\n        dx[:, :, :1, :1] = dout\n        return dx",
    of="GlobalAveragePool",
)
wrong(
    "the gradient is not spread over the places",
    "return np.ones(self.shape, dout.dtype) * (dout / (H * W))",
    "return dout / (H * W)",
    of="GlobalAveragePool",
)
wrong(
    "float32 went in, float64 came out",
    "np.ones(self.shape, dout.dtype)",
    "np.ones(self.shape)",
    of="GlobalAveragePool",
)
wrong(
    "all layers share what forward keeps",
    "self.shape = x.shape",
    "GlobalAveragePool.shape = x.shape",
    of="GlobalAveragePool",
)
