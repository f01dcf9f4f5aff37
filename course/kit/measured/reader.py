"""How well the best network of lesson 07 reads digits that no decision has looked at.

    python -m course.kit.measured.reader

Needs the solved modules of lessons 01 to 07. Writes reader.json: validation and test
accuracy of three seeds, the processor time of one training, and the mistakes of the first.
"""

import time

import numpy as np

from course.kit.data import scanned_digits
from course.kit.measured import write
from course.kit.training import one_thread
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential, train
from course.training import (
    Adam,
    BatchNorm,
    Dropout,
    confusion_matrix,
    cosine_rate,
    shift_images,
)

EPOCHS, BATCH, SEEDS = 35, 64, 3
RATE, WARMUP, DECAY, KEEP = 0.004, 100, 0.02, 0.6


def reader(rng: np.random.Generator) -> Sequential:
    """Three convolutions, each normalised; two poolings; dropout before the dense layer."""
    layers, channels = [], 1
    for filters, size, pool in ((16, 5, True), (32, 3, True), (32, 3, False)):
        layers += [
            Conv2D(channels, filters, size, padding=size // 2, rng=rng),
            BatchNorm(filters),
            ReLU(),
        ]
        layers += [MaxPool2D()] if pool else []
        channels = filters
    return Sequential([*layers, Dropout(KEEP, rng), Dense(channels * 49, 10, rng=rng)])


class Scheduled:
    """An Adam whose learning rate follows the cosine."""

    def __init__(self, network: Sequential, steps: int) -> None:
        self.adam, self.steps, self.done = Adam(network, weight_decay=DECAY), steps, 0

    def step(self) -> None:
        rate = cosine_rate(self.done, self.steps, RATE, warmup=WARMUP)
        self.adam.learning_rate, self.done = rate, self.done + 1
        self.adam.step()


def trained(seed: int, x: np.ndarray, y: np.ndarray) -> Sequential:
    rng = np.random.default_rng(seed)
    network = reader(rng)
    optimizer = Scheduled(network, EPOCHS * -(-len(x) // BATCH))
    for _ in range(EPOCHS):
        shown = shift_images(x, rng)
        train(network, shown, y, 1, BATCH, optimizer=optimizer, rng=rng, show=False)
    return network


def main() -> None:
    one_thread()
    digits, validation, test, seconds, first = scanned_digits(), [], [], [], None
    for seed in range(SEEDS):
        started = time.process_time()
        network = trained(seed, *digits.train)
        seconds.append(round(time.process_time() - started))
        found = network.predict(digits.test.x)
        first = found if first is None else first
        validation.append(
            float(np.mean(network.predict(digits.validation.x) == digits.validation.y))
        )
        test.append(float(np.mean(found == digits.test.y)))
        print(seed, validation[-1], test[-1], seconds[-1], flush=True)
    wrong = np.flatnonzero(first != digits.test.y)
    numbers = {
        "epochs": EPOCHS,
        "validation": validation,
        "test": test,
        "seconds": max(seconds),
        "confusion": confusion_matrix(digits.test.y, first, 10).tolist(),
        "wrong": wrong.tolist(),
        "taken for": first[wrong].tolist(),
    }
    write("reader", numbers)


if __name__ == "__main__":
    main()
