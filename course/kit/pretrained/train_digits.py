"""Trains the network that reads drawn digits, and writes digits.npz beside this file.

    python -m course.kit.pretrained.train_digits

It learns from 1205 digits that people wrote on paper (scikit-learn's) and 6000 that glyphs.py
draws with strokes, 1 x 8 x 8, from 0 to 1. Everything is drawn from SEED: the same library
versions give the same numbers up to rounding. Of the validation digits it reads 98.6 % of
those from paper and 99.1 % of those drawn.
"""

from pathlib import Path

import numpy as np

from course.kit.checkpoint import save_arrays
from course.kit.data import split_digits
from course.kit.pretrained import pretrained
from course.kit.pretrained.glyphs import drawn_digits
from course.kit.training import one_thread
from course.network import SGD, Conv2D, Dense, MaxPool2D, ReLU, Sequential, train

SEED = 0
DRAWN, DRAWN_VALIDATION = 6000, 1000
EPOCHS = (16, 6)  # with the first learning rate, then with a tenth of it
LEARNING_RATE, WEIGHT_DECAY = 0.05, 0.0005


def network(rng: np.random.Generator) -> Sequential:
    """Twice CONV, RELU, POOL, and FC: 6,090 parameters, random ones."""
    return Sequential(
        [
            Conv2D(1, 16, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(16, 32, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(128, 10, rng=rng),
        ]
    )


def main(path: Path | None = None) -> None:
    """Train, say how well, and write the parameters as float32."""
    one_thread()
    rng = np.random.default_rng(SEED)
    learner, digits = network(rng), split_digits()
    pictures, labels = drawn_digits(DRAWN, rng)
    validation, wanted = drawn_digits(DRAWN_VALIDATION, rng)
    x = np.concatenate([digits.train.x, pictures.astype(np.float32)])
    y = np.concatenate([digits.train.y, labels])
    optimizer = SGD(learner, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    for epochs in EPOCHS:
        train(learner, x, y, epochs=epochs, optimizer=optimizer, rng=rng, show=False)
        optimizer.learning_rate /= 10
    arrays = {name: a.astype(np.float32) for name, a in learner.parameters.items()}
    save_arrays(path or pretrained("digits"), arrays)
    for name, x, y in (
        ("written on paper", digits.validation.x, digits.validation.y),
        ("drawn with strokes", validation.astype(np.float32), wanted),
    ):
        print(f"validation, {name}: {np.mean(learner.predict(x) == y):.1%} right")


if __name__ == "__main__":
    main()
