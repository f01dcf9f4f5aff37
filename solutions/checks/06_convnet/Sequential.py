"""A network of layers: there, back, the names of its arrays, its predictions, its files."""

import tempfile
from pathlib import Path

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2

X, DOUT = np.array([[1.0], [4.0]]), np.array([[1.0], [10.0]])
SCORES = np.array([[1.0, 9.0, 2.0], [7.0, 3.0, 0.0], [0.0, 1.0, 8.0], [2.0, 4.0, 3.0]])


def saved(network):
    """The files that save makes, and the arrays in them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        network.save(Path(folder) / "weights.npz")
        files = [each.name for each in Path(folder).iterdir()]
        with np.load(Path(folder) / "weights.npz", allow_pickle=False) as file:
            return files, {name: file[name] for name in file.files}


def load_from(network, other, kind=Path):
    """Loads into network what other has saved; the path is of this kind."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = kind(Path(folder) / "weights.npz")
        other.save(path)
        network.load(path)


def load_anyway(network, other):
    try:
        load_from(network, other)
    except ValueError:
        pass


def cases(t, Sequential, Times, Plus, Same):
    network = t.keep("network", Sequential([Times(3.0), Plus(2.0)]))
    there = network.forward(X)
    back = there, network.backward(DOUT)
    t.case("by hand: times 3, plus 2", there, np.array([[5.0], [14.0]]))
    t.case("by hand: dx", t.steps(*back), np.array([[3.0], [30.0]]))
    want = {"0.factor": np.array([41.0]), "1.term": np.array([11.0])}
    t.case("by hand: gradients", t.steps(*back, network.gradients), want)
    want = {"0.factor": np.array([3.0]), "1.term": np.array([2.0])}
    t.case("parameters", network.parameters, want)
    three = Sequential([Times(2.0), Same(), Times(5.0)]).parameters
    want = {"0.factor": np.array([2.0]), "2.factor": np.array([5.0])}
    t.case("two of one kind, and one between them that learns nothing", three, want)
    change = network.parameters["0.factor"].fill(10.0)
    want = np.array([[12.0], [42.0]])
    t.case("the factor, set in place to 10", t.steps(change, there), want)
    again = *back, network.forward(10 * X), network.backward(DOUT)
    want = {"0.factor": np.array([410.0]), "1.term": np.array([11.0])}
    t.case("gradients of a second pass", t.steps(*again, network.gradients), want)
    one = t.keep("one", Sequential([Times(3.0)]))
    two = t.keep("two", Sequential([Plus(2.0)]))
    both = t.steps([one.layers, two.layers], [one.forward(X), two.forward(X)])
    t.case("two networks", both, [3 * X, X + 2])
    more = t.steps(network.layers.append(Times(-1.0)), there)
    t.case("network.layers is a list: a layer more", more, np.array([[-5.0], [-14.0]]))

    inner = Sequential([Plus(1.0), Times(2.0)])
    outer = t.keep("outer", Sequential((inner, Plus(3.0))))
    back = outer.forward(X), outer.backward(DOUT)
    t.case("a network as a layer, layers in a tuple: out", back[0], 2 * X + 5)
    t.case("a network as a layer: dx", t.steps(*back), 2 * DOUT)
    names = t.call(sorted, outer.parameters), t.call(sorted, outer.gradients)
    want = ["0.0.term", "0.1.factor", "1.term"]
    t.case("a network as a layer: names", t.steps(*back, names), (want, want))

    predict = Sequential([Times(1.0)]).predict
    want = np.array([1, 0, 2, 1])
    t.case("predict: the place of the highest score", predict(SCORES), want)
    scores = t.normal(700, 4)
    t.case("predict: 700 images", predict(scores), scores.argmax(axis=1))

    want = {"0.factor": np.array([3.0]), "1.term": np.array([2.0])}
    files = t.call(saved, network)
    t.case("save makes one file, of that name", files[0], ["weights.npz"])
    t.case("the arrays in the file", files[1], want)
    fresh = t.keep("fresh", Sequential([Times(0.5), Plus(0.0)]))
    load = t.call(load_from, fresh, network)
    t.case("load: the parameters", t.steps(load, fresh.parameters), want)
    t.case("load: what it gives", t.steps(load, fresh.forward(X)), 3 * X + 2)
    load_text = t.call(load_from, fresh, network, kind=str)
    t.case("load: the path as text", t.steps(load_text, fresh.parameters), want)
    held = t.keep("held", fresh.parameters["0.factor"])
    filled = t.steps(held, load, held)
    t.case("load: an array that was there before", filled, np.array([3.0]))
    for title, layers in [
        ("one layer more", [Times(7.0), Plus(7.0), Times(7.0)]),
        ("one layer less", [Times(7.0)]),
        ("an array of another shape", [Times([7.0, 7.0]), Plus(7.0)]),
        ("the second array of another shape", [Times(7.0), Plus([7.0, 7.0])]),
    ]:
        misfit = t.keep("misfit", Sequential(layers))
        t.refuses(f"load: {title}", t.call(load_from, misfit, network))
        left = t.call(load_anyway, misfit, network), misfit.parameters
        t.case(f"load: {title}: unchanged", t.steps(*left))


def hidden(t, Sequential, Times, Plus, Same):
    layers = [Plus(4.0), Same(), Times(-2.0), Plus(1.0)]
    network = t.keep("network", Sequential([*layers]))
    x, dout = t.ints(3, 2), t.ints(3, 2)
    back = network.forward(x), network.backward(dout)
    t.case("four layers", t.steps(*back, [*back, network.gradients]))
    nested = t.keep("nested", Sequential([Sequential(layers[:2]), Times(6.0)]))
    other = Sequential([Sequential([Plus(0.0), Same()]), Times(0.0)])
    load = t.call(load_from, t.keep("other", other), nested)
    t.case("nested, saved and loaded", t.steps(load, t.keep("other", other).parameters))
    t.case("5 images", Sequential([Same()]).predict(t.normal(5, 3)))


@right("loops, and numpy's own npz functions")
class Sequential__plain:
    def __init__(self, layers):
        self.layers = [layer for layer in layers]

    def forward(self, x):
        out = x
        for i in range(len(self.layers)):
            out = self.layers[i].forward(out)
        return out

    def backward(self, dout):
        for i in range(len(self.layers) - 1, -1, -1):
            dout = self.layers[i].backward(dout)
        return dout

    @property
    def parameters(self):
        found = {}
        for i, layer in enumerate(self.layers):
            for name in layer.parameters:
                found[str(i) + "." + name] = layer.parameters[name]
        return found

    @property
    def gradients(self):
        found = {}
        for i, layer in enumerate(self.layers):
            for name in layer.gradients:
                found[str(i) + "." + name] = layer.gradients[name]
        return found

    def predict(self, x):
        return np.argmax(self.forward(x), axis=-1)

    def save(self, path):
        np.savez(path, **self.parameters)

    def load(self, path):
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        mine = self.parameters
        if set(arrays) != set(mine):
            raise ValueError(f"names differ: {sorted(arrays)} and {sorted(mine)}")
        for name in mine:
            if arrays[name].shape != mine[name].shape:
                raise ValueError(f"{name} has the shape {arrays[name].shape}")
        for name in mine:
            np.copyto(mine[name], arrays[name])


@right("reduce, and one function for both dicts")
class Sequential__reduce:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        from functools import reduce

        return reduce(lambda value, layer: layer.forward(value), self.layers, x)

    def backward(self, dout):
        from functools import reduce

        return reduce(
            lambda value, layer: layer.backward(value), self.layers[::-1], dout
        )

    def collect(self, kind):
        pairs = {}
        for place, layer in enumerate(self.layers):
            own = getattr(layer, kind)
            pairs.update({f"{place}.{name}": own[name] for name in own})
        return pairs

    parameters = property(lambda self: self.collect("parameters"))
    gradients = property(lambda self: self.collect("gradients"))

    def predict(self, x):
        return self.forward(x).argmax(1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        shapes = [{k: v.shape for k, v in arrays.items()} for arrays in (found, wanted)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"{path} holds {shapes[0]}, the network {shapes[1]}")
        for name in wanted:
            wanted[name][:] = found[name]


wrong(
    "the layers run in the wrong order",
    "for layer in self.layers:",
    "for layer in reversed(self.layers):",
)
wrong(
    "only the last layer runs",
    "x = layer.forward(x)\n        return x",
    "out = layer.forward(x)\n        return out",
)
wrong(
    "only the first layer runs",
    "x = layer.forward(x)\n        return x",
    "return layer.forward(x)",
)
wrong(
    "backward runs from the first layer to the last",
    "in reversed(self.layers)",
    "in self.layers",
)
wrong(
    "dout is handed to every layer, and not on",
    "dout = layer.backward(dout)",
    "layer.backward(dout)",
)
wrong("backward returns nothing", "        return dout\n", "", named=False)
wrong(
    "the names of the layers' parameters collide",
    '            f"{place}.{name}": array\n            for place, layer in enumerate(self.layers)\n            for name, array in layer.parameters',
    "            name: array\n            for place, layer in enumerate(self.layers)\n            for name, array in layer.parameters",
)
wrong(
    "only layers that learn are counted",
    "enumerate(self.layers)\n            for name, array in layer.parameters",
    "enumerate(each for each in self.layers if each.parameters)\n            for name, array in layer.parameters",
    "enumerate(self.layers)\n            for name, array in layer.gradients",
    "enumerate(each for each in self.layers if each.gradients)\n            for name, array in layer.gradients",
)
wrong(
    "the layers are counted from 1",
    "(self.layers)\n            for name, array in layer.parameters",
    "(self.layers, 1)\n            for name, array in layer.parameters",
    "(self.layers)\n            for name, array in layer.gradients",
    "(self.layers, 1)\n            for name, array in layer.gradients",
)
wrong(
    "parameters are copies",
    "array\n            for place, layer in enumerate(self.layers)\n            for name, array in layer.parameters",
    "array.copy()\n            for place, layer in enumerate(self.layers)\n            for name, array in layer.parameters",
)
wrong("the highest score is returned, not its place", ".argmax(axis=1)", ".max(axis=1)")
wrong(
    "the highest score is searched along the batch",
    ".argmax(axis=1)",
    ".argmax(axis=0)",
)
wrong("the lowest score is taken", ".argmax(axis=1)", ".argmin(axis=1)")
wrong(
    "load replaces the arrays instead of filling them",
    "for name, array in wanted.items():\n            array[...] = found[name]",
    "for name in wanted:\n            place, _, own = name.partition('.')\n            self.layers[int(place)].parameters[own] = found[name]",
)
wrong(
    "the network's arrays are not filled: array[...] = does that",
    "array[...] = found[name]",
    "array = found[name]",
)
wrong(
    "a file that does not fit is loaded all the same",
    "problems = differences(found, wanted)",
    "found, problems = {**wanted, **found}, []",
    named=False,
)
wrong(
    "the arrays before the misfit are loaded all the same",
    "        if problems:\n",
    "        for name in [*wanted] if problems else []:\n            wanted[name][...] = found.get(name, wanted[name])\n        if problems:\n",
    named=False,
)
wrong(
    "the file cannot be read without pickle",
    "save_arrays(path, self.parameters)",
    "np.savez(path, parameters=np.array(self.parameters, dtype=object))",
    named=False,
)
wrong(
    "all networks share one list of layers",
    "self.layers = list(layers)",
    "Sequential.layers = list(layers)",
)
wrong(
    "the layers are kept as a tuple, to which none can be added",
    "list(layers)",
    "tuple(layers)",
    named=False,
)
