"""Filters that nothing excites."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.network import Conv2D, Dense, ReLU, Sequential

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

EDGES = np.array([[[[-1.0, 1], [-1, 1]]], [[[1.0, -1], [1, -1]]]])
EDGE = np.tile([0.0, 0, 0, 0, 1, 1], (4, 1))[None]
SUMS = np.repeat(np.eye(2), 15, axis=0)
BOTH = np.stack([EDGE, EDGE[:, :, ::-1]])  # to bright, and to dark
# A dead filter in each layer, and one that is silent only on some images.
FIRST = np.concatenate([EDGES, -abs(EDGES[:1]), 3 * EDGES[:1]])
SECOND = np.array([[1.0, 2, 3, 0], [-1, -1, -3, -2], [0, 0, 4, 0]])[:, :, None, None]


def stack_of(w, u, inputs):
    """[CONV - RELU - CONV - RELU - FC] with the filters w and u."""
    first, second = Conv2D(w.shape[1], len(w), 2), Conv2D(len(w), len(u), 1)
    first.parameters["w"][...], second.parameters["w"][...] = w, u
    last = Dense(inputs, 2)
    last.parameters["w"][...] = -1.0
    return Sequential([first, ReLU(), second, ReLU(), last])


def biased(w, b, **options):
    """[CONV - RELU] with biases."""
    layers = [Conv2D(w.shape[1], len(w), w.shape[2], **options), ReLU()]
    layers[0].parameters["w"][...], layers[0].parameters["b"][...] = w, b
    return Sequential(layers)


def cases(t, dead_filters, network_of):
    network = network_of(EDGES, SUMS)
    t.case("an edge to bright", dead_filters(network, BOTH[:1]), [("0 Conv2D", 1)])
    t.case("an edge to dark", dead_filters(network, BOTH[1:]), [("0 Conv2D", 0)])
    t.case("both images", dead_filters(network, BOTH), [])
    want = [("0 Conv2D", 0), ("0 Conv2D", 1)]
    title = "an even image: every output is exactly 0"
    t.case(title, dead_filters(network, 0 * BOTH), want)
    stack = t.call(stack_of, FIRST, SECOND, 45)
    want = [("0 Conv2D", 2), ("2 Conv2D", 1), ("2 Conv2D", 2)]
    t.case("two layers, two images", dead_filters(stack, BOTH), want)
    t.case("two layers, an edge to dark", dead_filters(stack, BOTH[1:]))
    t.case("not contiguous", dead_filters(stack, t.strided(BOTH)), want)
    stack = t.call(stack_of, np.repeat(FIRST, 2, axis=1), SECOND, 45)
    x = np.repeat(BOTH[[0, 0, 1]], 2, axis=1)
    t.case("two channels, three images", dead_filters(stack, x), want)
    t.case("float32", dead_filters(stack, x.astype("f4")), want)
    dense = t.call(Sequential, [t.call(ReLU)])
    t.case("a network without filters", dead_filters(dense, BOTH), [])
    network = t.keep("network", network)
    after = [network.parameters["0.w"], network.parameters["2.w"]]
    title = "the weights afterwards"
    t.case(title, t.steps(dead_filters(network, BOTH), after), [EDGES, SUMS])


def hidden(t, dead_filters, network_of):
    for padding, b in [(0, [-40, 0, -35, 1, -50, 3]), (1, [-40, 0, -35, 1, -50, 3])]:
        network = t.call(biased, t.normal(6, 2, 3, 3), b, padding=padding)
        t.case(f"padding {padding}", dead_filters(network, t.normal(4, 6, 2, 7).T))
    network = t.call(biased, t.normal(3, 2, 3, 3), [40, 40, 40])
    t.case("none is dead", dead_filters(network, t.normal(2, 2, 4, 4)), [])


@right("one filter after the other")
def dead_filters__loops(network, x):
    result = []
    for place in range(len(network.layers)):
        layer = network.layers[place]
        x = layer.forward(x)
        if type(layer).__name__ != "Conv2D":
            continue
        for k in range(x.shape[1]):
            if not np.any(x[:, k] > 0):
                result.append((f"{place} Conv2D", k))
    return result


@right("behind a ReLU nothing is left")
def dead_filters__relu_sum(network, x):
    return [
        (name, channel)
        for name, array in activations(network, x)
        if "Conv2D" in name
        for channel in range(array.shape[1])
        if np.count_nonzero(np.maximum(array[:, channel], 0)) == 0
    ]


wrong("the filters that are alive are listed", "<= 0", "> 0")
wrong(
    "one image without a response is enough",
    "array.max(axis=(0, 2, 3)) <= 0",
    "(array.max(axis=(2, 3)) <= 0).any(axis=0)",
)
wrong("one place without a response is enough", "array.max", "array.min")
wrong(
    "only the first image is looked at",
    "activations(network, x)",
    "activations(network, x[:1])",
)
wrong(
    "a filter whose output is never above, but sometimes exactly 0 is left out",
    "<= 0",
    "< 0",
)
wrong("the mean decides, and not the maximum", "array.max", "array.mean")
wrong(
    "only the first layer is looked at",
    "isinstance(layer, Conv2D)",
    "layer is network.layers[0] and isinstance(layer, Conv2D)",
)
wrong(
    "the ReLU is named, and not the Conv2D",
    "isinstance(layer, Conv2D)",
    "isinstance(layer, ReLU) and array.ndim == 4",
)
wrong("the channels are counted from 1", "int(channel))", "int(channel) + 1)")
wrong(
    "dense layers are listed, too",
    "isinstance(layer, Conv2D)",
    "isinstance(layer, (Conv2D, Dense))",
    "axis=(0, 2, 3)",
    "axis=(0, *range(2, array.ndim))",
)
wrong(
    "a pair has the place of the layer, and not its name",
    "(name, int(channel))",
    "(int(name.split()[0]), int(channel))",
)
wrong(
    "a pair has the channel before the name",
    "(name, int(channel))",
    "(int(channel), name)",
)
wrong("the channels are listed without a name", "(name, int(channel))", "int(channel)")
