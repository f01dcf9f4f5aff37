"""Right and wrong answers to the tasks of lesson 09, and the examples that its checks run.

Each answer is pasted into a learner's notebook, so it uses only numpy, what the lesson's
first cell imports, and the contract functions of this lesson. A wrong answer is right in
everything but the mistake that its phrase names.
"""

# ruff: noqa: F821, RUF012, RUF034 (the names are those of the notebook that an answer is filled into)

import numpy as np

from autograder.proof.answers import example, ints, right, wrong

# cnn_codes


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


@wrong("the input of the layer is returned, and not its output")
def cnn_codes__input(network, x, layer):
    last = range(len(network.layers))[layer]
    for each in network.layers[:last]:
        x = each.forward(x)
    return x.reshape(len(x), -1)


@wrong("the layer is ignored, and the last output is returned")
def cnn_codes__scores(network, x, layer):
    return network.forward(x).reshape(len(x), -1)


@wrong("rows and columns are swapped: one row per number")
def cnn_codes__transposed(network, x, layer):
    last = range(len(network.layers))[layer]
    for each in network.layers[: last + 1]:
        x = each.forward(x)
    return x.reshape(len(x), -1).T


@wrong("only the first image is looked at")
def cnn_codes__first(network, x, layer):
    last = range(len(network.layers))[layer]
    for each in network.layers[: last + 1]:
        x = each.forward(x)
    return x.reshape(len(x), -1)[:1]


@wrong("the output is not laid out as rows", named=False)
def cnn_codes__volume(network, x, layer):
    last = range(len(network.layers))[layer]
    for each in network.layers[: last + 1]:
        x = each.forward(x)
    return x


@wrong("layer -1 gives the pixels")
def cnn_codes__negative(network, x, layer):
    for each in network.layers[: layer + 1]:
        x = each.forward(x)
    return x.reshape(len(x), -1)


@wrong("float32 went in, float64 came out")
def cnn_codes__float64(network, x, layer):
    last = range(len(network.layers))[layer]
    for each in network.layers[: last + 1]:
        x = each.forward(x)
    return x.reshape(len(x), -1).astype(float)


# freeze


@right("a property without gradients")
def freeze__property(network, layers):
    class Still:
        gradients = property(lambda self: {})

        def __init__(self, layer):
            self.inner = layer
            self.parameters = layer.parameters
            self.forward, self.backward = layer.forward, layer.backward

    view = Sequential(network.layers)
    for place in layers:
        view.layers[place] = Still(network.layers[place])
    return view


@right("a copy of the layer whose backward forgets the gradients")
def freeze__copied(network, layers):
    import copy

    found = []
    for place in range(len(network.layers)):
        layer = network.layers[place]
        if place in list(layers):
            layer = copy.copy(layer)
            layer.gradients = {}

            def backward(dout, layer=layer):
                dx = type(layer).backward(layer, dout)
                layer.gradients = {}
                return dx

            layer.backward = backward
        found.append(layer)
    return Sequential(found)


@wrong("the other layers are frozen")
def freeze__others(network, layers):
    class Held:
        def __init__(self, layer):
            self.layer, self.parameters, self.gradients = layer, layer.parameters, {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return self.layer.backward(dout)

    return Sequential(
        [Held(e) if i not in layers else e for i, e in enumerate(network.layers)]
    )


@wrong("all layers are frozen")
def freeze__all(network, layers):
    class Held:
        def __init__(self, layer):
            self.layer, self.parameters, self.gradients = layer, layer.parameters, {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return self.layer.backward(dout)

    return Sequential([Held(e) if True else e for i, e in enumerate(network.layers)])


@wrong("nothing is frozen")
def freeze__nothing(network, layers):
    return Sequential(network.layers)


@wrong("frozen layers pass dout on as it came")
def freeze__no_backward(network, layers):
    class Held:
        def __init__(self, layer):
            self.layer, self.parameters, self.gradients = layer, layer.parameters, {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return dout

    return Sequential(
        [Held(e) if i in layers else e for i, e in enumerate(network.layers)]
    )


@wrong("the parameters are copied")
def freeze__copies(network, layers):
    import copy

    network = copy.deepcopy(network)

    class Held:
        def __init__(self, layer):
            self.layer, self.parameters, self.gradients = layer, layer.parameters, {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return self.layer.backward(dout)

    return Sequential(
        [Held(e) if i in layers else e for i, e in enumerate(network.layers)]
    )


@wrong("frozen layers have no parameters any more")
def freeze__no_parameters(network, layers):
    class Held:
        def __init__(self, layer):
            self.layer, self.parameters, self.gradients = layer, {}, {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return self.layer.backward(dout)

    return Sequential(
        [Held(e) if i in layers else e for i, e in enumerate(network.layers)]
    )


@wrong("the given network is frozen")
def freeze__in_place(network, layers):
    class Held:
        def __init__(self, layer):
            self.layer, self.parameters, self.gradients = layer, layer.parameters, {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return self.layer.backward(dout)

    network.layers[:] = [
        Held(e) if i in layers else e for i, e in enumerate(network.layers)
    ]
    return network


@wrong("places are counted from 1")
def freeze__from_one(network, layers):
    class Held:
        def __init__(self, layer):
            self.layer, self.parameters, self.gradients = layer, layer.parameters, {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return self.layer.backward(dout)

    return Sequential(
        [Held(e) if i + 1 in layers else e for i, e in enumerate(network.layers)]
    )


@wrong("frozen layers have gradients of zeros, by which weight decay moves them")
def freeze__zeros(network, layers):
    class Held:
        def __init__(self, layer):
            self.layer, self.parameters = layer, layer.parameters
            self.gradients = {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            arrays = self.parameters.items()
            self.gradients = {name: np.zeros_like(array) for name, array in arrays}
            return self.layer.backward(dout)

    return Sequential(
        [Held(e) if i in layers else e for i, e in enumerate(network.layers)]
    )


# fine_tune


@right("one loop over the layers")
def fine_tune__loop(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@right("one SGD whose rate is switched between the parts")
def fine_tune__switched(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    from types import SimpleNamespace

    old = [i for i in range(len(network.layers)) if i not in list(new)]
    fast = SGD(freeze(network, old), learning_rate, 0.9, weight_decay)
    slow = SGD(freeze(network, list(new)), learning_rate, 0.9, weight_decay)
    slow.learning_rate *= slower
    both = SimpleNamespace(step=lambda: (fast.step(), slow.step()))
    return train(network, x, y, epochs, batch_size, 0, both, rng=rng, show=show)


@wrong("old layers move as fast as new ones")
def fine_tune__one_rate(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@wrong("old and new layers are swapped")
def fine_tune__swapped(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p not in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@wrong("old layers stay as they are")
def fine_tune__frozen(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else 0.0
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@wrong("the rate is divided by slower")
def fine_tune__divided(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else learning_rate / max(slower, 1e-9)
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@wrong("weight decay is forgotten")
def fine_tune__no_decay(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + 0.0 * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@wrong("the weight decay of old layers is forgotten")
def fine_tune__decay_of_new_only(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + (p in new) * weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@wrong("the weight decay of old layers is not slower, only their gradient")
def fine_tune__decay_at_full_rate(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient * (1 if p in new else slower)
                    now = now + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@wrong("rng is not handed to train")
def fine_tune__own_rng(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(network, x, y, epochs, batch_size, optimizer=Steps(), show=show)


@wrong("batch_size is not handed to train")
def fine_tune__own_batches(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(network, x, y, epochs, optimizer=Steps(), rng=rng, show=show)


@wrong("the history is not returned", named=False)
def fine_tune__nothing(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    train(network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show)


@wrong("there is no momentum")
def fine_tune__no_momentum(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.0 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@wrong("new layers are slowed down, too")
def fine_tune__all_slow(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = slower * learning_rate if p in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(
        network, x, y, epochs, batch_size, optimizer=Steps(), rng=rng, show=show
    )


@wrong("there is one epoch only")
def fine_tune__one_epoch(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    class Steps:
        velocities = {}

        def step(self):
            for p, layer in enumerate(network.layers):
                rate = learning_rate if p in new else slower * learning_rate
                for name, gradient in layer.gradients.items():
                    array = layer.parameters[name]
                    before = self.velocities.get((p, name), 0.0)
                    now = 0.9 * before + gradient + weight_decay * array
                    self.velocities = {**self.velocities, (p, name): now}
                    array -= rate * now

    return train(network, x, y, 1, batch_size, optimizer=Steps(), rng=rng, show=show)


def _network_of(w, v):
    from course.network import Dense, ReLU, Sequential

    network = Sequential([Dense(*w.shape), ReLU(), Dense(*v.shape)])
    network.parameters["0.w"][...] = w
    network.parameters["2.w"][...] = v
    return network


def _codes_of(function, x, w, v, layer):
    return function(_network_of(w, v), x, layer)


def _step_of(function, x, w, v, layers):
    from course.network import SGD

    network = _network_of(w, v)
    frozen = function(network, layers)
    scores = frozen.forward(x)
    dx = frozen.backward(np.ones_like(scores))
    names = np.array([name in frozen.gradients for name in network.parameters])
    held = np.array([name in frozen.parameters for name in network.parameters])
    SGD(frozen, 0.5).step()
    after = network.parameters
    network.forward(x)
    network.backward(np.ones_like(scores))
    own = np.array([name in network.gradients for name in network.parameters])
    return scores, dx, names, held, after["0.w"], after["2.w"], own


def _tuned(function, x, w, v, y, **options):
    network = _network_of(w, v)
    rng = np.random.default_rng(0)
    history = function(
        network, x, y.astype(int), batch_size=64, rng=rng, show=False, **options
    )
    after = network.parameters
    return after["0.w"], after["0.b"], after["2.w"], np.array(history["loss"])


def _inputs(labels=False, dtype=np.float64):
    def draw(rng):
        found = {
            "x": ints(rng, 4, 3, dtype=dtype),
            "w": ints(rng, 3, 5),
            "v": ints(rng, 5, 2),
        }
        return {**found, "y": np.array([0, 1, 1, 0])} if labels else found

    return draw


EXAMPLES = [
    *(
        example("cnn_codes", case, inputs, {"layer": layer}, call=_codes_of)
        for case, inputs, layer in [
            ("the first layer", _inputs(), 0),
            ("behind the ReLU", _inputs(), 1),
            ("the last but one, by -2", _inputs(), -2),
            ("the last, by -1", _inputs(), -1),
            ("float32 stays float32", _inputs(dtype=np.float32), 1),
        ]
    ),
    *(
        example(
            "freeze",
            f"layers {layers} frozen",
            _inputs(),
            {"layers": layers},
            outputs=(
                "scores",
                "dx",
                "names with a gradient",
                "names of parameters",
                "0.w",
                "2.w",
                "names with a gradient in the network itself",
            ),
            call=_step_of,
        )
        for layers in ([0], [2], [0, 1, 2], [])
    ),
    *(
        example(
            "fine_tune",
            case,
            _inputs(labels=True),
            options,
            outputs=("0.w", "0.b", "2.w", "losses"),
            call=_tuned,
        )
        for case, options in [
            ("one step", {"new": [2], "epochs": 1}),
            ("three steps, half as fast", {"new": [2], "epochs": 3, "slower": 0.5}),
            (
                "weight decay",
                {"new": [0], "epochs": 2, "weight_decay": 0.5, "learning_rate": 0.1},
            ),
        ]
    ),
]
