"""Training: which images are visited, what is done with them, what is kept of it."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821, RUF012 an answer uses the names of its notebook

POINTS = 2

# Eight images that hold their own number, and four that can be told apart by a line.
EIGHT = np.repeat(np.arange(8.0), 2).reshape(8, 1, 1, 2)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 0])
FOUR = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 1.0], [1.0, 2.0]]).reshape(4, 1, 1, 2)
FOUR_LABELS = np.array([0, 0, 1, 1])


class Row:
    """A layer, scores = x @ w, that remembers the images that it has seen."""

    def __init__(self, classes, stop_at):
        self.parameters = {"0.w": np.zeros((2, classes))}
        self.gradients = {}
        self.seen, self.stop_at = [], stop_at

    def forward(self, x):
        self.rows = x.reshape(len(x), 2)
        self.seen.append(self.rows[:, 0].astype(int).tolist())
        if len(self.seen) == self.stop_at:
            raise KeyboardInterrupt
        return self.rows @ self.parameters["0.w"].astype(x.dtype)

    def backward(self, dout):
        self.gradients["0.w"] = self.rows.T @ dout
        return (dout @ self.parameters["0.w"].T).reshape(-1, 1, 1, 2)


class Rows:
    """A network of one layer, which does not know it: a circle would outlive its case."""

    def __init__(self, classes, stop_at=None, impatient=False):
        self.layer, self.impatient = Row(classes, stop_at), impatient
        self.layers, self.seen = [self.layer], self.layer.seen
        self.parameters, self.gradients = self.layer.parameters, self.layer.gradients

    def forward(self, x):
        return self.layer.forward(x)

    def backward(self, dout):
        return self.layer.backward(dout)

    def predict(self, x):
        if self.impatient:
            raise KeyboardInterrupt
        return (x.reshape(len(x), 2) @ self.parameters["0.w"]).argmax(axis=1)


class Counter:
    """An optimizer that only counts its steps."""

    count = 0

    def step(self):
        self.count += 1


def plain(history):
    """The three lists of a history, with numbers of Python; what is no dict stays."""
    if not isinstance(history, dict):
        return history
    names = [name for name in ("loss", "accuracy", "validation") if name in history]
    return {name: [float(value) for value in history[name]] for name in names}


def visits(train, seed=0):
    """A training of two epochs in batches of 3, with a loss that is always 0.25."""
    network, optimizer, met = Rows(3), Counter(), []
    x, y = EIGHT.copy(), LABELS.copy()

    def loss(scores, labels):
        met.extend(int(label) for label in labels)
        return 0.25, np.ones_like(scores)

    history = train(
        network,
        x,
        y,
        epochs=2,
        batch_size=3,
        optimizer=optimizer,
        loss=loss,
        validation=(EIGHT[:4].copy(), np.array([0, 0, 1, 0])),
        rng=np.random.default_rng(seed),
        show=False,
    )
    order = [image for batch in network.seen for image in batch]
    epochs = order[:8], order[8:]
    own = [int(LABELS[image]) for image in order]
    return {
        "sizes": [len(batch) for batch in network.seen],
        "every image once": [sorted(epoch) == [*range(8)] for epoch in epochs],
        "same order": epochs[0] == epochs[1],
        "order of x": epochs[0] == [*range(8)],
        "unchanged": [np.array_equal(x, EIGHT), np.array_equal(y, LABELS)],
        "labels": ("other" if met != own else "its own")
        if met
        else "loss never called",
        "steps": optimizer.count,
        "gradient": network.gradients.get("0.w", np.zeros(0)).shape,
        "weights": network.parameters["0.w"],
        "history": plain(history),
        "order": order,
    }


def same_order(one, other):
    """Whether two trainings visit the images in the same order."""
    return one["order"] == other["order"]


def trained(train, stop_at=None, impatient=False, x=None, **options):
    """Four images in batches of 4: what is left of an interrupted training, too."""
    network, x = Rows(2, stop_at, impatient), FOUR.copy() if x is None else x
    options = {"batch_size": 4, "learning_rate": 0.5, "show": False} | options
    rng = np.random.default_rng(0)
    try:
        history = train(network, x, FOUR_LABELS.copy(), rng=rng, **options)
    except KeyboardInterrupt:
        return "the interrupt is not caught"
    return {"history": plain(history), "weights": network.parameters["0.w"]}


def without_options(train, count, **options):
    """The sizes of the batches for so many images, and their order."""
    network, x = Rows(2), np.repeat(np.arange(float(count)), 2).reshape(-1, 1, 1, 2)
    train(network, x, np.zeros(count, int), show=False, **options)
    return [len(batch) for batch in network.seen], network.seen


def begins_anew(train):
    """Whether a second training keeps as many losses as the first."""
    first, second = (trained(train, epochs=2)["history"] for _ in range(2))
    return first is None or len(first["loss"]) == len(second["loss"])


def always_alike(train):
    orders = [without_options(train, 40, epochs=1)[1] for _ in range(2)]
    return orders[0] == orders[1]


def cases(t, train):
    seen = t.once(t.call(visits, train))
    two_epochs = [3, 3, 2, 3, 3, 2]
    t.case("8 images in batches of 3, twice: their sizes", seen["sizes"], two_epochs)
    once = seen["every image once"]
    t.case("each epoch visits every image once", once, [True, True])
    t.case("the first epoch takes them in the order of x", seen["order of x"], False)
    t.case("the second epoch repeats the order", seen["same order"], False)
    t.case("x and y are as before", seen["unchanged"], [True, True])
    anew, mistake = (
        t.call(begins_anew, train),
        "the history of an earlier training goes on",
    )
    title = "another training begins a new history"
    t.case(title, anew, True, mistakes={mistake: False})
    t.case("each image comes with its label", seen["labels"], "its own")
    same, other = t.call(visits, train), t.call(visits, train, seed=1)
    t.case("the same seed: the same order", t.call(same_order, seen, same), True)
    t.case("another seed: the same order", t.call(same_order, seen, other), False)
    t.case("steps of the optimizer that was given", seen["steps"], 6)
    t.case("it only counts: the weights stay", seen["weights"], np.zeros((2, 3)))
    t.case("backward was called: the gradient's shape", seen["gradient"], (2, 3))
    want = {"loss": [0.25] * 6, "accuracy": [0.5, 0.5], "validation": [0.75, 0.75]}
    t.case("its history: 4 of 8 images right, and 3 of 4", seen["history"], want)

    three = t.once(t.call(trained, train, epochs=3))
    t.case("3 steps with 4 images: losses from log 2 down", three["history"]["loss"])
    t.case("the weights after 3 steps", three["weights"])
    accuracy = three["history"]["accuracy"]
    t.case("the accuracy before each step", accuracy, [0.5, 1.0, 1.0])
    t.case("without validation images", three["history"]["validation"], [])
    given = {"validation": (FOUR, FOUR_LABELS), "epochs": 3}
    checked = t.call(trained, train, **given)["history"]["validation"]
    t.case("3 epochs: what predict has right after each", checked, [1.0, 1.0, 1.0])
    single = t.call(trained, train, x=FOUR.astype(np.float32), epochs=3)
    t.case("float32 images", single, rtol=1e-5)
    t.case("not contiguous", t.call(trained, train, x=t.strided(FOUR), epochs=3))

    third = t.call(trained, train, stop_at=3, epochs=5)
    t.case("interrupted in the third step: two are left", third)
    at_once = t.call(trained, train, stop_at=1, epochs=2)
    empty = {"loss": [], "accuracy": [], "validation": []}
    want = {"history": empty, "weights": np.zeros((2, 2))}
    t.case("interrupted in the first step", at_once, want)
    given = {"validation": (FOUR, FOUR_LABELS), "epochs": 4}
    validating = t.call(trained, train, impatient=True, **given)["history"]
    t.case("interrupted while validating: the losses", validating["loss"])

    default = t.call(without_options, train, 40)
    t.case("without options: 10 epochs, batches of 32", default[0], [32, 8] * 10)
    t.case("without rng: the same order every time", t.call(always_alike, train), False)
    options = {"batch_size": 32, "learning_rate": 0.05, "epochs": 4}
    t.case("without an optimizer: SGD", t.call(trained, train, **options))


def hidden(t, train):
    for options in [{"epochs": 1}, {"epochs": 3, "learning_rate": 0.1}]:
        given = {"validation": (FOUR[1:], FOUR_LABELS[1:])}
        t.case(f"{options}", t.call(trained, train, **options, **given))
    t.case("sizes of 33", t.call(without_options, train, 33, epochs=2)[0])
    t.case("stopped in the second step", t.call(trained, train, stop_at=2, epochs=3))


@right("its own softmax and its own momentum where none is given")
def train__on_its_own(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    def softmax(scores, labels):
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        picked = np.arange(len(labels)), labels
        value = -np.log(p[picked]).mean()
        p[picked] -= 1
        return value, p / len(labels)

    class Momentum:
        speed = {}

        def step(self):
            for name, gradient in network.gradients.items():
                self.speed = {
                    **self.speed,
                    name: 0.9 * self.speed.get(name, 0) + gradient,
                }
                network.parameters[name][...] -= learning_rate * self.speed[name]

    rng, loss = rng or np.random.default_rng(), loss or softmax
    optimizer = optimizer or Momentum()
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for _ in range(epochs):
            rows, hits = np.arange(len(x)), 0
            rng.shuffle(rows)
            while len(rows):
                batch, rows = rows[:batch_size], rows[batch_size:]
                scores = network.forward(x[batch])
                value, slope = loss(scores, y[batch])
                hits += (scores.argmax(axis=1) == y[batch]).sum()
                network.backward(slope)
                optimizer.step()
                history["loss"].append(float(value))
            history["accuracy"].append(float(hits / len(x)))
            if validation:
                found = network.predict(validation[0])
                history["validation"].append(float(np.mean(found == validation[1])))
    except KeyboardInterrupt:
        print("stopped")
    return history


@right("batches cut by array_split, a generator of batches")
def train__batches(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    if rng is None:
        rng = np.random.default_rng()
    if optimizer is None:
        optimizer = SGD(network, learning_rate)
    if loss is None:
        loss = softmax_loss
    cuts = range(batch_size, len(x), batch_size)

    def run_epoch():
        hits = 0
        for rows in np.array_split(rng.permutation(len(x)), cuts):
            scores = network.forward(x[rows])
            hits += np.count_nonzero(np.argmax(scores, axis=1) == y[rows])
            value, dscores = loss(scores, y[rows])
            network.backward(dscores)
            optimizer.step()
            losses.append(float(value))
        shares.append(hits / len(x))

    losses, shares, later = [], [], []
    try:
        for _ in range(epochs):
            run_epoch()
            if validation is not None:
                later.append(
                    float((network.predict(validation[0]) == validation[1]).mean())
                )
    except KeyboardInterrupt:
        pass
    return {"loss": losses, "accuracy": shares, "validation": later}


wrong("no step is taken", "                    optimizer.step()\n", "")
wrong(
    "the optimizer that was given takes no step",
    " if optimizer is None else optimizer",
    "",
)
wrong("backward is never called", "network.backward(dscores)", "")
wrong(
    "the momentum is forgotten from epoch to epoch",
    "right = 0",
    "right = 0\n                own = SGD(network, learning_rate)\n"
    "                optimizer = own if type(optimizer) is SGD else optimizer",
)
wrong(
    "the last, smaller batch is left out",
    "(0, N, batch_size)",
    "(0, N - batch_size + 1, batch_size)",
)
wrong("only one epoch is run", "in range(epochs)", "in range(1)")
wrong("the images are not shuffled", "rng.permutation(N)", "np.arange(N)")
wrong(
    "all epochs have the same order",
    "                order = rng.permutation(N)\n",
    "",
    "    try:\n",
    "    order = rng.permutation(N)\n    try:\n",
)
wrong(
    "some images come twice, others not at all",
    "rng.permutation(N)",
    "rng.integers(0, N, N)",
)
wrong(
    "images and labels are shuffled apart",
    "loss(scores, y[rows])",
    "loss(scores, y[rng.permutation(N)[: len(rows)]])",
)
wrong(
    "the loss that was given is never called", "= loss(scores", "= softmax_loss(scores"
)
wrong(
    "the validation images go through forward instead of predict",
    "network.predict(images)",
    "network.forward(images).argmax(axis=1)",
)
wrong(
    "the labels are taken in the order of the file",
    "loss(scores, y[rows])",
    "loss(scores, y[start : start + batch_size])",
    named=False,
)
wrong("the order is not drawn from rng", " if rng is None else rng", "")
wrong(
    "the order is the same for every rng",
    "np.random.default_rng() if rng is None else rng",
    "np.random.default_rng(0)",
)
wrong("without rng, the order is always the same", "default_rng()", "default_rng(0)")
wrong(
    "one step per epoch",
    "                    optimizer.step()\n",
    "",
    '                history["accuracy"]',
    '                optimizer.step()\n                history["accuracy"]',
)
wrong(
    "x and y are shuffled in place",
    "order = rng.permutation(N)",
    "order, new = np.arange(N), rng.permutation(N)\n"
    "                x[...], y[...] = x[new], y[new]",
)
wrong(
    "the interrupt is not caught, or the history is lost",
    "except KeyboardInterrupt",
    "except ValueError",
)
wrong(
    "the weights are put back to where they began",
    "    try:\n",
    "    kept = {name: array.copy() for name, array in network.parameters.items()}\n    try:\n",
    "        pass\n",
    "        for name, array in network.parameters.items():\n"
    "            array[...] = kept[name]\n",
)
wrong(
    "after an interrupt the training goes on",
    "                    scores = network.forward(x[rows])\n",
    "                    try:\n"
    "                        scores = network.forward(x[rows])\n"
    "                    except KeyboardInterrupt:\n"
    "                        continue\n",
)
wrong(
    "the validation images are looked at only once, at the end",
    "                if validation is not None:",
    "                if validation is not None and _ == epochs - 1:",
)
wrong("the accuracy is in percent", "right / N", "100 * right / N")
wrong(
    "the accuracy counts images, and is no share of 1",
    "append(right / N)",
    "append(right)",
)
wrong(
    "the accuracy is that after the step",
    "np.sum(scores.argmax(axis=1) == y[rows])",
    "np.sum(network.predict(x[rows]) == y[rows])",
)
wrong("nothing is returned", "    return history\n", "", named=False)
wrong(
    "another loss than the given one is used",
    "= loss(scores",
    "= svm_loss(scores",
    named=False,
)
wrong(
    "the validation images are taken for a Split, with x and y",
    "images, labels = validation",
    "images, labels = validation.x, validation.y",
    named=False,
)
wrong(
    "the history of an earlier training goes on",
    "history = {",
    'history = vars(train).setdefault("history", {',
    '"validation": []}\n',
    '"validation": []})\n',
    named=False,  # what it gives depends on all trainings before
)
wrong(
    "an interrupt while validating is not caught",
    "hits = network.predict(images) == labels",
    "try:\n"
    "                        hits = network.predict(images) == labels\n"
    "                    except KeyboardInterrupt:\n"
    '                        raise RuntimeError("stopped") from None',
    named=False,
)
wrong(
    "the batch size is always 32",
    "    N = len(x)\n",
    "    N, batch_size = len(x), 32\n",
)
