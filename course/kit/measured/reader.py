"""How well the best network of lesson 07 reads digits that no decision has looked at.

    python -m course.kit.measured.reader

Needs the solved modules of lessons 01 to 07; takes about six minutes on one core. Writes
reader.json: for each of three seeds the validation accuracy after every epoch, the test
accuracy and the seconds of processor time; the mistakes on the test images, surest first;
and for one seed the validation accuracy with one thing left out, or with fewer images.

What was tried out for the settings below was compared on the validation images. Each of the
three networks looks at the test images once. (Before, a network of two convolutions had been
measured on them.)
"""

import time
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
    shift_images,
)

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


def main() -> None:
    one_thread()
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
    main()
