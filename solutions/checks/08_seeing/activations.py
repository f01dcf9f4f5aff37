"""The output of every layer."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.network import ReLU, Sequential

POINTS = 1

EDGES = np.array([[[[-1.0, 1], [-1, 1]]], [[[1.0, -1], [1, -1]]]])
EDGE = np.tile([0.0, 0, 0, 0, 1, 1], (4, 1))[None]
SUMS = np.repeat(np.eye(2), 15, axis=0)  # 15 numbers of a map for each class


def cases(t, activations, network_of):
    edges = np.tile([0.0, 0, 0, 2, 0], (3, 1))
    want = [
        ("0 Conv2D", np.stack([edges, -edges])[None]),
        ("1 ReLU", np.stack([edges, 0 * edges])[None]),
        ("2 Dense", np.array([[6.0, 0]])),
    ]
    t.case("by hand", activations(network_of(EDGES, SUMS), EDGE[None]), want)
    network = network_of(t.ints(2, 2, 2, 2), t.ints(12, 3))
    x = t.ints(2, 2, 3, 4)
    t.case("two images", activations(network, x))
    t.case("not contiguous", activations(network, t.strided(x)))
    t.case("float32", activations(network, x.astype("f4")))
    kept = t.keep("network", network)
    after = [kept.parameters["0.w"], kept.parameters["2.w"]]
    t.case("the weights afterwards", t.steps(activations(kept, x), after))
    pooled = network_of(t.ints(3, 1, 3, 3), t.ints(6, 4), pool=True)
    t.case(
        "three filters of 3x3, and a pooling layer",
        activations(pooled, t.ints(2, 1, 4, 6)),
    )
    inner = t.call(Sequential, [t.call(Sequential, [t.call(ReLU)]), t.call(ReLU)])
    t.case("a network in a network", activations(inner, x))
    t.case("a network without layers", activations(t.call(Sequential, []), x), [])


def hidden(t, activations, network_of):
    network = network_of(t.normal(3, 2, 3, 3), t.normal(18, 4), padding=1, pool=True)
    t.case("axes in another order", activations(network, t.normal(6, 4, 2, 5).T))


@right("a loop over places")
def activations__places(network, x):
    pairs = []
    out = x
    for i in range(len(network.layers)):
        layer = network.layers[i]
        out = layer.forward(out)
        pairs.append((str(i) + " " + layer.__class__.__name__, out))
    return pairs


@right("the volumes first, then the names")
def activations__zipped(network, x):
    volumes = [x]
    for layer in network.layers:
        volumes.append(layer.forward(volumes[-1]))
    names = [
        " ".join([str(i), type(each).__name__]) for i, each in enumerate(network.layers)
    ]
    return list(zip(names, volumes[1:]))


wrong(
    "each layer is given the image, and not what the layer before it made",
    "        x = layer.forward(x)\n",
    "",
    '__name__}", x)',
    '__name__}", layer.forward(x))',
    named=False,
)
wrong(
    "the input of each layer is listed, and not its output",
    "        x = layer.forward(x)\n",
    "",
    '__name__}", x))',
    '__name__}", x))\n        x = layer.forward(x)',
)
wrong(
    "the image is listed as a layer",
    "found = []",
    'found = [("0 Input", x)]',
    "{place} {",
    "{place + 1} {",
)
wrong(
    "the last layer is missing",
    "enumerate(network.layers)",
    "enumerate(network.layers[:-1])",
)
wrong("only the first image is looked at", "found = []", "found, x = [], x[:1]")
wrong(
    "the places are counted from 1",
    "enumerate(network.layers)",
    "enumerate(network.layers, 1)",
)
wrong(
    "the place is missing in the name",
    'f"{place} {type(layer).__name__}"',
    "type(layer).__name__",
)
wrong("the name is the place alone", "{place} {type(layer).__name__}", "{place}")
wrong(
    "everything below 0 is cut off", '__name__}", x)', '__name__}", np.maximum(x, 0))'
)
wrong(
    "float32 went in, float64 came out", "found = []", "found, x = [], x.astype(float)"
)
wrong(
    "the network's weights are changed",
    "    return found",
    "    for weights in network.parameters.values():\n"
    "        weights /= abs(weights).max() + 1\n    return found",
)
