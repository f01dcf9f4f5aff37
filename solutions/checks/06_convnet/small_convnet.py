"""The network of the notes: its volumes, its parameters, and the gradient of all of it."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1


def volumes(network, shape):
    """The shapes behind the layers, without the batch."""
    volume, found = np.random.default_rng(5).standard_normal((1, *shape)), []
    for layer in network.layers:
        volume = layer.forward(volume)
        found.append(volume.shape[1:])
    return found


def count(network):
    return sum(array.size for array in network.parameters.values())


def alike(one, other, names=("0.w", "3.w")):
    """Whether two networks have the same weights."""
    two = one.parameters, other.parameters
    return all(np.array_equal(two[0][name], two[1][name]) for name in names)


def scores_with(network, name, values, images):
    """The scores when the parameter of this name has these values."""
    network.parameters[name].flat = values
    return network.forward(images)


def cases(t, small_convnet):
    notes = small_convnet((3, 32, 32), 12, 10)
    want = [(12, 32, 32), (12, 32, 32), (12, 16, 16), (10,)]
    t.case("the volumes of the notes", t.call(volumes, notes, (3, 32, 32)), want)
    t.case(
        "parameters: 12·(3·3·3 + 1) + 10·(16·16·12 + 1)", t.call(count, notes), 31066
    )
    names = ["0.b", "0.w", "3.b", "3.w"]
    t.case("their names", t.call(sorted, notes.parameters), names)
    small = small_convnet((2, 4, 6), 5, 3, size=5)
    want = [(5, 4, 6), (5, 4, 6), (5, 2, 3), (3,)]
    title = "2x4x6 pixels, 5 filters of 5x5, 3 classes"
    t.case(title, t.call(volumes, small, (2, 4, 6)), want)
    t.case("its parameters: 5·(2·25 + 1) + 3·(30 + 1)", t.call(count, small), 348)
    x = t.normal(2, 2, 4, 6, dtype=np.float32)
    t.case("float32 scores", small.forward(x).dtype.name, "float32")

    def made(seed, classes=3):
        rng = t.call(np.random.default_rng, seed)
        return small_convnet((1, 4, 4), 2, classes, rng=rng)

    plain = small_convnet((1, 4, 4), 2, 3)
    t.case("the same seed: the same weights", t.call(alike, made(0), made(0)), True)
    t.case("another seed: others", t.call(alike, made(0), made(1)), False)
    t.case("without rng: others every time", t.call(alike, plain, plain), False)
    first = t.call(alike, made(0), made(0, 7), ["0.w"])
    t.case("the convolution's weights are drawn first", first, True)
    t.refuses("filters of 4x4", small_convnet((3, 32, 32), 12, 10, size=4))
    t.refuses("7 rows cannot be halved", small_convnet((1, 7, 8), 4, 10))
    t.refuses("7 columns cannot be halved", small_convnet((1, 8, 7), 4, 10))

    rng = t.call(np.random.default_rng, 1)
    network = t.keep("network", small_convnet((2, 2, 4), 2, 3, rng=rng))
    images = t.normal(2, 2, 2, 4)
    t.gradient(
        "the whole network: dx",
        lambda dout: t.steps(network.forward(images), network.backward(dout)),
        network.forward,
        images,
    )
    for name, size in [("0.w", 36), ("0.b", 2), ("3.w", 12), ("3.b", 3)]:
        values = t.normal(size)

        def scores(values, name=name):
            return t.call(scores_with, network, name, values, images)

        def gradient(dout, name=name, values=values):
            back = scores(values, name), network.backward(dout)
            return t.steps(*back, network.gradients[name].ravel())

        t.gradient(f"the whole network: {name}", gradient, scores, values)


def hidden(t, small_convnet):
    for shape, filters, classes, size in [((1, 8, 8), 16, 10, 3), ((4, 2, 6), 3, 2, 1)]:
        network = small_convnet(shape, filters, classes, size)
        t.case(f"volumes, {shape}", t.call(volumes, network, shape))
        t.case(f"parameters, {shape}", t.call(count, network))
        x = t.normal(3, *shape, dtype=np.float32)
        t.case(f"float32, {shape}", network.forward(x).dtype.name)


@right("the layers in a list, sizes worked out by hand")
def small_convnet__by_hand(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    if size % 2 == 0 or H % 2 or W % 2:
        raise ValueError(f"{input_shape} and filters of {size} do not fit")
    rng = np.random.default_rng(rng)
    layers = [Conv2D(C, filters, size, padding=(size - 1) // 2, rng=rng)]
    layers += [ReLU(), MaxPool2D(2, 2)]
    layers.append(Dense(H * W * filters // 4, classes, rng))
    return Sequential(layers)


@right("layers of its own")
def small_convnet__own_layers(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    if size % 2 == 0 or H % 2 or W % 2:
        raise ValueError(f"{input_shape} and filters of {size} do not fit")
    rng = np.random.default_rng() if rng is None else rng

    class Step:
        def __init__(self, forward, backward, **shapes):
            self.parameters = {
                name: np.sqrt(2 / np.prod(shape[1:])) * rng.standard_normal(shape)
                if len(shape) > 1
                else np.zeros(shape)
                for name, shape in shapes.items()
            }
            self.gradients, self.run, self.back = {}, forward, backward

        def forward(self, x):
            arrays = [array.astype(x.dtype) for array in self.parameters.values()]
            out, self.cache = self.run(x, *arrays)
            return out

        def backward(self, dout):
            dx, *gradients = self.back(dout, self.cache)
            self.gradients = dict(zip(self.parameters, gradients))
            return dx

    def dense(x, w, b):
        rows = x.reshape(len(x), -1)
        return rows @ w.T + b, (rows, w, x.shape)

    def dense_back(dout, cache):
        rows, w, shape = cache
        return (dout @ w).reshape(shape), dout.T @ rows, dout.sum(axis=0)

    class Chain:
        def __init__(self, layers):
            self.layers = layers

        def forward(self, x):
            for layer in self.layers:
                x = layer.forward(x)
            return x

        def backward(self, dout):
            for layer in self.layers[::-1]:
                dout = layer.backward(dout)
            return dout

        def collect(self, kind):
            return {
                f"{place}.{name}": array
                for place, layer in enumerate(self.layers)
                for name, array in getattr(layer, kind).items()
            }

        parameters = property(lambda self: self.collect("parameters"))
        gradients = property(lambda self: self.collect("gradients"))

    padding = size // 2
    return Chain(
        [
            Step(
                lambda x, w, b: conv_forward(x, w, b, 1, padding),
                conv_backward,
                w=(filters, C, size, size),
                b=(filters,),
            ),
            Step(
                lambda x: (np.maximum(x, 0), x > 0),
                lambda dout, mask: (dout * mask,),
            ),
            Step(
                max_pool_forward,
                lambda dout, cache: (max_pool_backward(dout, cache),),
            ),
            Step(dense, dense_back, w=(classes, filters * H * W // 4), b=(classes,)),
        ]
    )


wrong(
    "the convolution has no padding",
    "padding=same_padding(size), ",
    "",
    "HO, WO = output_size(H, 2, 2), output_size(W, 2, 2)",
    "HO, WO = (H - size + 1) // 2, (W - size + 1) // 2\n    same_padding(size)",
)
wrong("the ReLU is missing", "            ReLU(),\n", "")
wrong(
    "the pooling is missing",
    "            MaxPool2D(),\n",
    "",
    "HO, WO =",
    "HO, WO = H, W\n    _ =",
)
wrong(
    "a Flatten is a fifth layer, and four are asked for",
    "MaxPool2D(),",
    "MaxPool2D(),\n            Flatten(),",
)
wrong(
    "the height is used for the width too",
    "filters * HO * WO",
    "filters * HO * HO",
    named=False,
)
wrong(
    "the dense layer takes one channel only",
    "filters * HO * WO",
    "HO * WO",
    named=False,
)
wrong("the padding is 1 whatever the size", "same_padding(size)", "1", named=False)
wrong("the weights are not drawn from rng", " if rng is None else rng", "")
wrong(
    "the weights are the same for every seed",
    "np.random.default_rng() if rng is None else rng",
    "np.random.default_rng(0)",
)
wrong(
    "a second ReLU cuts the scores off at 0",
    "classes, rng=rng),\n",
    "classes, rng=rng),\n            ReLU(),\n",
)
wrong(
    "7 rows are halved to 3, silently",
    "output_size(H, 2, 2), output_size(W, 2, 2)",
    "H // 2, W // 2",
    "MaxPool2D(),",
    "*([MaxPool2D()] if H % 2 == W % 2 == 0 else []),",
    named=False,
)
wrong("without rng, the weights are always the same", "default_rng()", "default_rng(0)")
wrong(
    "the weights of the dense layer are drawn first",
    "return Sequential(",
    "dense = Dense(filters * HO * WO, classes, rng=rng)\n    return Sequential(",
    "            Dense(filters * HO * WO, classes, rng=rng),",
    "            dense,",
)
