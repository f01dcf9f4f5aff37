"""What makes the gap between known and new digits smaller: lesson 07, section 11.

    python -m course.kit.measured.overfitting

Needs the solved modules of lessons 01 to 07. Writes overfitting.json: for every remedy and
each of five seeds the accuracy on the images it learned from and on the validation images,
after EPOCHS epochs, and the seconds of processor time that all of it took. No test image is looked at.
"""

import time
from collections.abc import Callable

import numpy as np

from course.kit.data import scanned_digits
from course.kit.measured import write
from course.kit.training import one_thread
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential, train
from course.training import Adam, BatchNorm, Dropout, shift_images

IMAGES, EPOCHS, SEEDS, FILTERS = 200, 30, 5, 16
RATE = 0.002


def network(
    rng: np.random.Generator, norm: bool = False, keep: float = 1.0
) -> Sequential:
    """The network of section 1; with batch normalisation, or dropout before the last layer."""
    layers = [Conv2D(1, FILTERS, 3, padding=1, rng=rng)]
    layers += [BatchNorm(FILTERS)] if norm else []
    layers += [ReLU(), MaxPool2D()]
    layers += [Dropout(keep, rng)] if keep < 1 else []
    return Sequential([*layers, Dense(FILTERS * 14 * 14, 10, rng=rng)])


def learn(
    made: Sequential,
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    *,
    decay: float = 0.0,
    most: int = 0,
) -> None:
    """EPOCHS epochs with Adam; images move by up to `most` pixels, anew for each epoch."""
    optimizer = Adam(made, RATE, weight_decay=decay)
    for _ in range(EPOCHS):
        shown = shift_images(x, rng, most) if most else x
        train(made, shown, y, epochs=1, optimizer=optimizer, rng=rng, show=False)


REMEDIES: dict[str, Callable] = {
    "nothing": lambda rng: (network(rng), {}),
    "weight decay 1": lambda rng: (network(rng), {"decay": 1.0}),
    "dropout, keep 0.5": lambda rng: (network(rng, keep=0.5), {}),
    "batch normalisation": lambda rng: (network(rng, norm=True), {}),
    "shifts of up to 2": lambda rng: (network(rng), {"most": 2}),
    "shifts, dropout, norm": lambda rng: (network(rng, True, 0.5), {"most": 2}),
}


def main() -> None:
    one_thread()
    digits, found, started = scanned_digits(), [], time.process_time()
    for count, name in [
        *((IMAGES, name) for name in REMEDIES),
        (2000, "ten times the images"),
    ]:
        x, y = digits.train.x[:count], digits.train.y[:count]
        shares = {"training": [], "validation": []}
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            made, options = REMEDIES.get(name, REMEDIES["nothing"])(rng)
            learn(made, x, y, rng, **options)
            for part, (images, labels) in (
                ("training", (x, y)),
                ("validation", digits.validation),
            ):
                shares[part].append(
                    round(float(np.mean(made.predict(images) == labels)), 4)
                )
        found.append({"name": name, "images": count, **shares})
        print(name, shares, flush=True)
    seconds = round(time.process_time() - started)
    write(
        "overfitting",
        {"images": IMAGES, "epochs": EPOCHS, "remedies": found, "seconds": seconds},
    )


if __name__ == "__main__":
    main()
