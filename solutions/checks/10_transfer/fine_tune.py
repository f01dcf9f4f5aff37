"""Fine-tuning: smaller steps for the old layers."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking import judge
from course.network import SGD, Dense, ReLU, Sequential, train

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2


def network_of(w, v):
    """[FC - RELU - FC] with the weights w and v, biases 0."""
    network = Sequential([Dense(*w.shape), ReLU(), Dense(*v.shape)])
    network.parameters["0.w"][...] = w
    network.parameters["2.w"][...] = v
    return network


def tuned(fine_tune, x, w, v, y, new, held=(), **options):
    """The weights and the losses after fine-tuning, with batches that hold all images."""
    network = network_of(w, v)
    options = {"batch_size": 64, "rng": np.random.default_rng(0), **options}
    history = fine_tune(network, x, y, new, show=False, **options)
    found = {name: network.parameters[name] for name in ("0.w", "0.b", "2.w")}
    return found | {"losses": [float(loss) for loss in history["loss"]]}


def cases(t, fine_tune, freeze):
    w, v = np.array([[2.0, -1.0]]), np.array([[1.0, 0.5], [-0.5, 1.0]])
    x, y = np.array([[1.0], [2.0], [-1.0], [3.0]]), np.array([0, 1, 1, 0])

    @t.test("batches and the random order are those of train")
    def _(fine_tune):
        losses = []
        for _ in range(2):
            rng, network = np.random.default_rng(5), network_of(w, v)
            options = {"epochs": 6, "batch_size": 1, "rng": rng, "show": False}
            losses.append(fine_tune(network, x, y, [2], **options)["loss"])
        judge.equal(
            "4 images, one at a time, 6 epochs: steps",
            len(losses[0]),
            24,
            mistakes={"batch_size is not handed to train": 6},
        )
        judge.close(
            "the same seed once more: the same losses",
            losses[1],
            losses[0],
            mistakes={"rng is not handed to train": losses[1]},
        )

    @t.test("one step: a tenth of it for the old layer")
    def _(fine_tune):
        moves = {}
        for slower in (1.0, 0.1, 0.0):
            network = network_of(w, v)
            fine_tune(network, x, y, [2], slower=slower, epochs=1, show=False)
            after = network.parameters
            moves[slower] = after["0.w"] - w, after["2.w"] - v
        judge.close(
            "old layer: a tenth of the step", moves[0.1][0], 0.1 * moves[1.0][0]
        )
        judge.close("new layer: the whole step", moves[0.1][1], moves[1.0][1])
        judge.close("slower = 0: the old layer stays", moves[0.0][0], np.zeros((1, 2)))

    w3, v3 = t.ints(3, 4) / 4, t.ints(4, 2) / 4
    x3, y3 = t.ints(5, 3), np.array([0, 1, 1, 0, 1])
    for title, options in [
        ("one epoch", {"new": [2], "epochs": 1}),
        ("three epochs, half as fast", {"new": [2], "epochs": 3, "slower": 0.5}),
        ("several new layers", {"new": (0, 2), "epochs": 2}),
        (
            "weight decay",
            {"new": [0], "epochs": 2, "weight_decay": 0.5, "learning_rate": 0.1},
        ),
        ("batches of 2 images", {"new": [2], "epochs": 2, "batch_size": 2}),
    ]:
        t.case(title, t.call(tuned, fine_tune, x3, w3, v3, y3, **options))

    @t.test("what is frozen stays as it is, and so does the list of layers")
    def _(fine_tune, freeze):
        network = network_of(w, v)
        view = freeze(network, [0])
        layers = list(view.layers)
        fine_tune(view, x, y, [2], epochs=2, weight_decay=0.5, show=False)
        judge.equal(
            "0.w of a frozen layer, with weight decay",
            network.parameters["0.w"],
            w,
            mistakes={"frozen layers decay": network.parameters["0.w"]},
        )
        moved = bool((network.parameters["2.w"] != v).all())
        judge.equal("2.w has moved", moved, True)
        same = len(view.layers) == 3 and all(
            a is b for a, b in zip(view.layers, layers)
        )
        judge.equal(
            "network.layers holds the same layers",
            same,
            True,
            mistakes={"the list of layers is another one afterwards": False},
        )


def hidden(t, fine_tune, freeze):
    @t.test("with slower = 1 it is train")
    def _(fine_tune):
        rng = np.random.default_rng(93)
        x, y = rng.standard_normal((10, 3)), rng.integers(0, 4, 10)
        w, v = rng.standard_normal((3, 5)), rng.standard_normal((5, 4))
        one, two = network_of(w, v), network_of(w, v)
        options = {"epochs": 3, "batch_size": 4, "show": False}
        sgd = SGD(one, 0.1, weight_decay=0.3)
        want = train(one, x, y, optimizer=sgd, rng=np.random.default_rng(1), **options)
        options |= {"weight_decay": 0.3, "rng": np.random.default_rng(1)}
        got = fine_tune(two, x, y, [0], 0.1, 1.0, **options)
        for name, array in one.parameters.items():
            judge.close(name, two.parameters[name], array)
        judge.close("losses", got["loss"], want["loss"])


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
        def __init__(self):
            self.velocities = {}

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


wrong(
    "old layers move as fast as new ones",
    "slower * learning_rate",
    "learning_rate",
    of="fine_tune__loop",
)


wrong(
    "old and new layers are swapped",
    "rate = learning_rate if p in new",
    "rate = learning_rate if p not in new",
    of="fine_tune__loop",
)
wrong(
    "old layers stay as they are", "slower * learning_rate", "0.0", of="fine_tune__loop"
)
wrong(
    "the rate is divided by slower",
    "slower * learning_rate",
    "learning_rate / max(slower, 1e-09)",
    of="fine_tune__loop",
)
wrong("weight decay is forgotten", "+ weight_decay", "+ 0.0", of="fine_tune__loop")
wrong(
    "the weight decay of old layers is forgotten",
    "+ weight_decay",
    "+ (p in new) * weight_decay",
    of="fine_tune__loop",
)
wrong(
    "the weight decay of old layers is not slower, only their gradient",
    "learning_rate if p in new else slower * learning_rate",
    "learning_rate",
    "                    now = 0.9 * before + gradient + weight_decay * array",
    "                    now = 0.9 * before + gradient * (1 if p in new else slower)\n                    now = now + weight_decay * array",
    of="fine_tune__loop",
)
wrong(
    "rng is not handed to train",
    "optimizer=Steps(), rng=rng,",
    "optimizer=Steps(),",
    of="fine_tune__loop",
)
wrong(
    "batch_size is not handed to train",
    "network, x, y, epochs, batch_size,",
    "network, x, y, epochs,",
    of="fine_tune__loop",
)
wrong(
    "the history is not returned",
    "return train(",
    "train(",
    of="fine_tune__loop",
    named=False,
)
wrong("there is no momentum", "= 0.9", "= 0.0", of="fine_tune__loop")
wrong(
    "new layers are slowed down, too",
    "= learning_rate",
    "= slower * learning_rate",
    of="fine_tune__loop",
)
wrong("there is one epoch only", "y, epochs", "y, 1", of="fine_tune__loop")
wrong(
    "frozen layers decay",
    "for name, gradient in layer.gradients.items()",
    "for name, array in layer.parameters.items()",
    "array = layer.parameters[name]",
    "gradient = layer.gradients.get(name, 0.0)",
    of="fine_tune__loop",
)
wrong(
    "the list of layers is another one afterwards",
    "    return train(",
    "    network.layers = freeze(network, [1]).layers\n    return train(",
    of="fine_tune__loop",
)
