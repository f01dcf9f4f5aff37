"""Freezing: the same layers, some of which have no gradients."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking import judge
from course.network import SGD, Conv2D, Dense, MaxPool2D, ReLU, Sequential

POINTS = 2


def network_of(w, v):
    """[FC - RELU - FC] with the weights w and v, biases 0."""
    network = Sequential([Dense(*w.shape), ReLU(), Dense(*v.shape)])
    network.parameters["0.w"][...] = w
    network.parameters["2.w"][...] = v
    return network


def step_of(freeze, x, w, v, layers):
    """A frozen network after one backward pass and one step; then the given network."""
    network = network_of(w, v)
    frozen = freeze(network, layers)
    scores = frozen.forward(x)
    found = {"scores": scores, "dx": frozen.backward(np.ones_like(scores))}
    found["names of gradients"] = sorted(frozen.gradients)
    found["names of parameters"] = sorted(frozen.parameters)
    SGD(frozen, 0.5).step()
    found |= {name: network.parameters[name].copy() for name in ("0.w", "2.w")}
    network.forward(x)
    network.backward(np.ones_like(scores))
    found["names of gradients of the given network"] = sorted(network.gradients)
    return found


def cases(t, freeze):
    w, v = np.array([[2.0, -1.0]]), np.array([[1.0], [5.0]])
    everything = ["0.b", "0.w", "2.b", "2.w"]
    by_hand = {
        "scores": np.array([[6.0]]),
        "dx": np.array([[2.0]]),
        "names of gradients": ["2.b", "2.w"],
        "names of parameters": everything,
        "0.w": w,
        "2.w": np.array([[-2.0], [5.0]]),
        "names of gradients of the given network": everything,
    }
    x = np.array([[3.0]])
    t.case("by hand: layer 0 is frozen", t.call(step_of, freeze, x, w, v, [0]), by_hand)
    x, w, v = t.ints(5, 3), t.ints(3, 4), t.ints(4, 2)
    for layers in ([2], [0, 1, 2], []):
        t.case(f"layers {layers}", t.call(step_of, freeze, x, w, v, layers))

    @t.test("the same arrays, and the other layers themselves")
    def _(freeze):
        network = network_of(w, v)
        layers = list(network.layers)
        frozen = freeze(network, [0])
        same = [frozen.parameters[k] is network.parameters[k] for k in everything]
        judge.equal(
            "the arrays of the parameters are the network's own", all(same), True
        )
        same = [frozen.layers[place] is layers[place] for place in (1, 2)]
        judge.equal("layers 1 and 2 are the network's own", all(same), True)
        same = [a is b for a, b in zip(network.layers, layers)]
        judge.equal("the given network has its layers as before", all(same), True)

    @t.test("what is frozen does not decay")
    def _(freeze):
        network = network_of(w, v)
        frozen = freeze(network, [0])
        step = SGD(frozen, 0.1, weight_decay=0.5)
        for _ in range(2):
            frozen.backward(np.ones_like(frozen.forward(x)))
            step.step()
        judge.equal("0.w after two steps", network.parameters["0.w"], w)


def hidden(t, freeze):
    for held in ([], [0], [3], (0, 3), range(4)):

        @t.test(f"{held} frozen")
        def _(freeze, held=held):
            rng = np.random.default_rng(92)
            layers = [Conv2D(2, 3, 3, rng=rng), ReLU(), MaxPool2D(), Dense(12, 5, rng)]
            network = Sequential(layers)
            view, x = freeze(network, held), rng.standard_normal((4, 2, 6, 6))
            out = view.forward(x)
            judge.close("forward", out, network.forward(x))
            judge.close("backward", view.backward(out), network.backward(out))
            view.backward(out)
            names = [name for name in network.parameters if int(name[0]) not in held]
            judge.equal("gradients", sorted(view.gradients), sorted(names))


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


wrong("the other layers are frozen", "if place in held", "if place not in held")
wrong("all layers are frozen", "if place in held", "if True")
wrong("nothing is frozen", "if place in held", "if False")
wrong(
    "frozen layers pass dout on as it came",
    "return self.layer.backward(dout)",
    "return dout",
)
wrong(
    "the parameters are copied",
    "    held = set(layers)",
    "    import copy\n\n    network, held = copy.deepcopy(network), set(layers)",
)
wrong(
    "frozen layers have no parameters any more",
    "layer, layer.parameters, {}",
    "layer, {}, {}",
)
wrong(
    "the given network is frozen",
    "    return Sequential(\n        [",
    "    network.layers[:] = (\n        [",
    "    )\n",
    "    )\n    return network\n",
)
wrong("places are counted from 1", "if place in held", "if place + 1 in held")
wrong(
    "frozen layers have gradients of zeros, by which weight decay moves them",
    "            return self.layer.backward(dout)",
    "            arrays = self.parameters.items()\n"
    "            self.gradients = {name: np.zeros_like(array) for name, array in arrays}\n"
    "            return self.layer.backward(dout)",
)
