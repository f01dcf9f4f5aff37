"""CNN codes: the outputs of one layer, one row per image."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential

POINTS = 1


def network_of(w, v):
    """[FC - RELU - FC] with the weights w and v, biases 0."""
    network = Sequential([Dense(*w.shape), ReLU(), Dense(*v.shape)])
    network.parameters["0.w"][...] = w
    network.parameters["2.w"][...] = v
    return network


def cases(t, cnn_codes):
    small = network_of(np.array([[2.0, -1.0]]), np.array([[1.0], [5.0]]))
    three = np.array([[3.0]])
    t.case("by hand: layer 0", cnn_codes(small, three, 0), np.array([[6.0, -3.0]]))
    t.case("by hand: layer 1", cnn_codes(small, three, 1), np.array([[6.0, 0.0]]))
    t.case("by hand: layer -1", cnn_codes(small, three, -1), np.array([[6.0]]))
    volumes, x = Sequential([ReLU(), MaxPool2D()]), np.arange(32.0).reshape(2, 1, 4, 4)
    pooled = np.array([[5.0, 7, 13, 15], [21, 23, 29, 31]])
    t.case("two images of 4x4, pooled", cnn_codes(volumes, x, 1), pooled)
    network, x = network_of(t.ints(3, 4), t.ints(4, 2)), t.ints(5, 3)
    t.case("the first layer", cnn_codes(network, x, 0))
    t.case("behind the ReLU", cnn_codes(network, x, 1))
    t.case("the last but one, by -2", cnn_codes(network, x, -2))
    t.case("the last, by -1", cnn_codes(network, x, -1))
    t.case("not contiguous", cnn_codes(network, t.strided(x), 0))
    single = network_of(t.ints(3, 4), t.ints(4, 2))
    for layer in single.layers:
        layer.parameters.update(
            {k: v.astype("f4") for k, v in layer.parameters.items()}
        )
    t.case("float32 stays float32", cnn_codes(single, x.astype("f4"), 1))


def hidden(t, cnn_codes):
    rng = np.random.default_rng(91)
    layers = [Conv2D(2, 3, 3, rng=rng), ReLU(), MaxPool2D(), Dense(12, 5, rng)]
    x = t.normal(6, 6, 2, 4).T
    for layer in (0, 1, 2, 3, -4, -2):
        t.case(f"layer {layer}", cnn_codes(Sequential(layers), x, layer))
    t.case("float32", cnn_codes(Sequential(layers), x.astype("f4"), 1))


@right("all outputs in a list")
def cnn_codes__listed(network, x, layer):
    outputs = []
    for each in network.layers:
        x = each.forward(x)
        outputs.append(x)
    code = outputs[layer]
    return code.reshape(code.shape[0], -1)


@right("a shorter network")
def cnn_codes__shorter(network, x, layer):
    if layer < 0:
        layer += len(network.layers)
    out = Sequential(network.layers[: layer + 1]).forward(x)
    return np.array([image.ravel() for image in out])


wrong("the input of the layer is returned, and not its output", "last + 1", "last")


wrong(
    "the layer is ignored, and the last output is returned",
    "network.layers[: last + 1]",
    "network.layers",
)
wrong(
    "rows and columns are swapped: one row per number",
    "x.reshape(len(x), -1)",
    "x.reshape(len(x), -1).T",
)
wrong(
    "only the first image is looked at",
    "x.reshape(len(x), -1)",
    "x.reshape(len(x), -1)[:1]",
)
wrong("the output is not laid out as rows", "x.reshape(len(x), -1)", "x", named=False)


wrong("layer -1 gives the pixels", "range(len(network.layers))[layer]", "layer")
wrong(
    "float32 went in, float64 came out",
    "x.reshape(len(x), -1)",
    "x.reshape(len(x), -1).astype(float)",
)
