"""Every layer with a mode gets it, also in a network inside a network."""

from autograder.lessons.task_modules import right, wrong

POINTS = 1


class Layer:
    """A layer with a mode, or without one."""

    def __init__(self, **mode):
        self.__dict__.update(mode)


class Network(Layer):
    def __init__(self, *layers, **mode):
        super().__init__(**mode)
        self.layers = list(layers)


def build(*parts):
    """A network: True and False are layers in that mode, None has none, lists are networks."""
    return Network(
        *(
            build(*part)
            if isinstance(part, list)
            else Layer(**({} if part is None else {"training": part}))
            for part in parts
        )
    )


def modes(network):
    return [
        modes(layer) if hasattr(layer, "layers") else getattr(layer, "training", None)
        for layer in network.layers
    ]


def after(set_training, training, *parts):
    """The modes of all layers after the call."""
    network = build(*parts)
    set_training(network, training)
    return modes(network)


def result(set_training):
    return set_training(build(True), False)


def own_mode(set_training):
    """A network inside that has a mode itself, besides its layers."""
    inner = Network(Layer(training=True), training=True)
    set_training(Network(inner), False)
    return [inner.training, modes(inner)]


def cases(t, set_training):
    def case(title, training, parts, want):
        t.case(title, t.call(after, set_training, training, *parts), want)

    case("off", False, [True, None, True], [False, None, False])
    case("on", True, [False, None, False], [True, None, True])
    case("some are off already", False, [False, True], [False, False])
    case("a network inside", False, [True, [True, None]], [False, [False, None]])
    case(
        "a network inside a network inside",
        False,
        [[None, [True]], True],
        [[None, [False]], False],
    )
    case("on again, inside", True, [[False, [False]], None], [[True, [True]], None])
    case("no layers", False, [], [])
    t.case(
        "a network inside with a mode of its own",
        t.call(own_mode, set_training),
        [False, [False]],
    )
    t.case("it returns nothing", t.call(result, set_training), None)


def hidden(t, set_training):
    for training in (True, False):
        parts = [True, [False, [None, True], False], None, False]
        t.case(f"{training}", t.call(after, set_training, training, *parts))


@right("a list of what is left to do")
def set_training__queue(network, training):
    left = list(network.layers)
    while left:
        layer = left.pop()
        if "training" in vars(layer):
            layer.training = training
        left += getattr(layer, "layers", [])


@right("a function inside")
def set_training__visit(network, training):
    def visit(layer):
        try:
            layer.training  # noqa: B018 asks whether there is one
        except AttributeError:
            pass
        else:
            layer.training = training
        for each in getattr(layer, "layers", ()):
            visit(each)

    for layer in network.layers:
        visit(layer)


wrong(
    "networks inside are left out",
    '        if hasattr(layer, "layers"):\n            set_training(layer, training)\n',
    "",
)
wrong(
    "only one level of networks inside is reached",
    "            set_training(layer, training)",
    '            for each in layer.layers:\n                if hasattr(each, "training"):\n                    each.training = training',
)
wrong(
    "layers without a mode get one",
    '        if hasattr(layer, "training"):\n            layer.training = training',
    "        layer.training = training",
)
wrong("always off, never on", "layer.training = training", "layer.training = False")
wrong("always on, never off", "layer.training = training", "layer.training = True")
wrong(
    "the mode is turned around",
    "layer.training = training",
    "layer.training = not layer.training",
)
wrong(
    "only the first layer is set",
    "            set_training(layer, training)\n",
    "            set_training(layer, training)\n        break\n",
    named=False,
)
