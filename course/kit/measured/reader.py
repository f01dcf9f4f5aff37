"""How well networks of lesson 07 read digits that they have not learned from: sections 11 and 13.

    python -m course.kit.measured.reader

Needs the solved modules of lessons 01 to 07; takes about eight minutes on one core.

Writes overfitting.json, about what makes the gap between known and new digits smaller: for every
remedy and each of five seeds the share of right answers on the images that it learned from and on
the validation images. No test image is looked at.

Writes reader.json, about the best network: for each of three seeds the validation accuracy after
every epoch, the test accuracy and the seconds of processor time; the mistakes on the test images,
surest first; and for one seed the validation accuracy with one thing left out, or with fewer images.
What was tried out for its settings was compared on the validation images. Each of the three networks
looks at the test images once. (Before, a network of two convolutions had been measured on them.)
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from course.kit.data import scanned_digits
from course.kit.measured import write
from course.kit.training import layer_mode, one_thread
from course.network import (
    Conv2D,
    Dense,
    MaxPool2D,
    ReLU,
    Sequential,
    train,
)
from course.training import (
    Adam,
    BatchNorm,
    Dropout,
    confusion_matrix,
    cosine_rate,
    flip_images,
    shift_images,
)

# Of overfitting.json: a network that is small, and learns from few images.
IMAGES, MANY, FILTERS = 200, 2000, 16
SMALL_EPOCHS, SMALL_SEEDS, SMALL_RATE = 30, 5, 0.002

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def network(
    rng: np.random.Generator, norm: bool = False, keep: float = 1.0
) -> Sequential:
    """The network of section 1; with batch normalisation, or dropout before the last layer."""
    layers: list[Any] = [Conv2D(1, FILTERS, 3, padding=1, rng=rng)]
    layers += [BatchNorm(FILTERS)] if norm else []
    layers += [ReLU(), MaxPool2D()]
    layers += [Dropout(keep, rng)] if keep < 1 else []
    return Sequential([*layers, Dense(FILTERS * 14 * 14, 10, rng=rng)])


def learn(
    made: Sequential,
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    decay: float = 0.0,
    change: Change | None = None,
) -> None:
    """SMALL_EPOCHS epochs with Adam; the images are changed anew for each."""
    optimizer = Adam(made, SMALL_RATE, weight_decay=decay)
    for _ in range(SMALL_EPOCHS):
        shown = change(x, rng) if change else x
        train(made, shown, y, epochs=1, optimizer=optimizer, rng=rng, show=False)


# Name: how many images, what is different in the network, what in the training.
REMEDIES: dict[str, tuple[int, dict, dict]] = {
    "nothing": (IMAGES, {}, {}),
    "weight decay 1": (IMAGES, {}, {"decay": 1.0}),
    "weight decay 20": (IMAGES, {}, {"decay": 20.0}),
    "dropout, keep 0.5": (IMAGES, {"keep": 0.5}, {}),
    "dropout, keep 0.1": (IMAGES, {"keep": 0.1}, {}),
    "batch normalisation": (IMAGES, {"norm": True}, {}),
    "mirrored or not": (IMAGES, {}, {"change": flip_images}),
    "shifts of up to 2": (IMAGES, {}, {"change": shift_images}),
    "shifts, norm, keep 0.5": (
        IMAGES,
        {"norm": True, "keep": 0.5},
        {"change": shift_images},
    ),
    "ten times the images": (MANY, {}, {}),
}


def remedies() -> None:
    """Write overfitting.json."""
    digits, found, started = scanned_digits(), [], time.process_time()
    for name, (count, different, options) in REMEDIES.items():
        x, y = digits.train.x[:count], digits.train.y[:count]
        shares: dict[str, list[float]] = {"training": [], "validation": []}
        for seed in range(SMALL_SEEDS):
            rng = np.random.default_rng(seed)
            made = network(rng, **different)
            learn(made, x, y, rng, **options)
            for part, (images, labels) in (
                ("training", (x, y)),
                ("validation", digits.validation),
            ):
                right = np.mean(made.predict(images) == labels)
                shares[part].append(round(float(right), 4))
        found.append({"name": name, "images": count, **shares})
        print(name, shares, flush=True)
    numbers = {
        "made by": "python -m course.kit.measured.reader",
        "images": IMAGES,
        "epochs": SMALL_EPOCHS,
        "seeds": list(range(SMALL_SEEDS)),
        "seconds": round(time.process_time() - started),
        "remedies": found,
    }
    write("overfitting", numbers)


# Of reader.json: the best network.
EPOCHS, BATCH, SEEDS = 20, 64, 3
RATE, WARMUP, DECAY, KEEP = 0.004, 100, 0.02, 0.6
LAYERS = (16, 5, True), (32, 3, True), (32, 3, False)  # filters, their size, pooling

# What is left out, each by itself.
WITHOUT: dict[str, dict[str, Any]] = {
    "batch normalisation": {"norm": False},
    "dropout": {"keep": 1.0},
    "shifts": {"shifts": False},
}
FEWER = 1000, 2000


def reader(
    rng: np.random.Generator, norm: bool = True, keep: float = KEEP
) -> Sequential:
    """Three convolutions, each normalised; two poolings; dropout before the dense layer."""
    layers: list[Any] = []
    channels = 1
    for filters, size, pool in LAYERS:
        layers += [Conv2D(channels, filters, size, padding=size // 2, rng=rng)]
        layers += [BatchNorm(filters)] if norm else []
        layers += [ReLU()]
        layers += [MaxPool2D()] if pool else []
        channels = filters
    layers += [Dropout(keep, rng)] if keep < 1 else []
    return Sequential([*layers, Dense(channels * 7 * 7, 10, rng=rng)])


class Scheduled:
    """An Adam whose learning rate follows the cosine."""

    def __init__(self, network: Sequential, steps: int) -> None:
        self.adam, self.steps, self.done = Adam(network, weight_decay=DECAY), steps, 0

    def step(self) -> None:
        rate = cosine_rate(self.done, self.steps, RATE, warmup=WARMUP)
        self.adam.learning_rate, self.done = rate, self.done + 1
        self.adam.step()


def trained(
    seed: int,
    images: int = 4000,
    shifts: bool = True,
    **different: Any,
) -> tuple[Sequential, list[float], float]:
    """The network, its validation accuracy after every epoch, seconds of processor time."""
    digits = scanned_digits()
    (x, y), validation = digits.train, tuple(digits.validation)
    x, y = x[:images], y[:images]
    rng = np.random.default_rng(seed)
    network, curve = reader(rng, **different), []
    optimizer = Scheduled(network, EPOCHS * -(-images // BATCH))
    started = time.process_time()
    for _ in range(EPOCHS):
        shown = shift_images(x, rng) if shifts else x
        history = train(
            network,
            shown,
            y,
            epochs=1,
            batch_size=BATCH,
            optimizer=optimizer,
            validation=validation,
            rng=rng,
            show=False,
        )
        curve += history["validation"]
    return network, curve, round(time.process_time() - started, 1)


def chances(network: Sequential, x: np.ndarray) -> np.ndarray:
    """The softmax of the scores of a network in use: (N, classes)."""
    with layer_mode(network, training=False):
        scores = network.forward(x)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def readers() -> None:
    """Write reader.json."""
    test, runs, counts = scanned_digits().test, [], np.zeros((10, 10), int)
    for seed in range(SEEDS):
        network, curve, seconds = trained(seed)
        sure = chances(network, test.x)
        found = sure.argmax(axis=1)
        counts += confusion_matrix(test.y, found, 10)
        wrong = np.flatnonzero(found != test.y)
        wrong = wrong[np.argsort(-sure[wrong, found[wrong]])]
        runs.append(
            {
                "seed": seed,
                "validation": curve,
                "test": float(np.mean(found == test.y)),
                "seconds": seconds,
                "wrong": wrong.tolist(),
                "taken for": found[wrong].tolist(),
                "sure": np.round(sure[wrong, found[wrong]], 3).tolist(),
            }
        )
        print(seed, curve[-1], runs[-1]["test"], seconds, flush=True)
    numbers: dict[str, Any] = {
        "epochs": EPOCHS,
        "runs": runs,
        "confusion": counts.tolist(),
        "without": {},
        "fewer images": {},
    }
    for name, different in WITHOUT.items():
        numbers["without"][name] = trained(0, **different)[1][-1]
        print("without", name, numbers["without"][name], flush=True)
        write("reader", numbers)
    for images in FEWER:
        numbers["fewer images"][images] = trained(0, images)[1][-1]
        print(images, "images", numbers["fewer images"][images], flush=True)
        write("reader", numbers)


if __name__ == "__main__":
    one_thread()
    remedies()
    readers()
