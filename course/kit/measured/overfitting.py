"""What makes the gap between known and new digits smaller: lesson 07, section 12.

    python -m course.kit.measured.overfitting

Needs the solved modules of lessons 01 to 07; takes about two minutes on one core. Writes
overfitting.json: for every remedy and each of five seeds the share of right answers on the
images that it learned from and on the validation images, after EPOCHS epochs. No test image
is looked at.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from course.kit.data import scanned_digits
from course.kit.measured import write
from course.kit.training import one_thread
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential, train
from course.training import Adam, BatchNorm, Dropout, flip_images, shift_images

IMAGES, MANY, EPOCHS, SEEDS, FILTERS = 200, 2000, 30, 5, 16
RATE = 0.002

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
    """EPOCHS epochs with Adam; the images are changed anew for each."""
    optimizer = Adam(made, RATE, weight_decay=decay)
    for _ in range(EPOCHS):
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


def main() -> None:
    one_thread()
    digits, found, started = scanned_digits(), [], time.process_time()
    for name, (count, different, options) in REMEDIES.items():
        x, y = digits.train.x[:count], digits.train.y[:count]
        shares: dict[str, list[float]] = {"training": [], "validation": []}
        for seed in range(SEEDS):
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
        "images": IMAGES,
        "epochs": EPOCHS,
        "seeds": list(range(SEEDS)),
        "seconds": round(time.process_time() - started),
        "remedies": found,
    }
    write("overfitting", numbers)


if __name__ == "__main__":
    main()
