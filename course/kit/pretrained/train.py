"""Trains the networks that ship with the course, and writes their npz files beside this one.

    python -m course.kit.pretrained.train digits      (or shapes, or photographs)

Everything is drawn from SEED: the same library versions give the same numbers up to rounding.
What each of them learned from, for how long, and how well, is said by its function below.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course.kit import UsageError
from course.kit.checkpoint import save_arrays
from course.kit.data import (
    PHOTOGRAPHS,
    SHAPE_NAMES,
    SPLITS,
    Split,
    colour_task,
    photo_crops,
    split_digits,
)
from course.kit.data.handwriting import drawn_digits
from course.kit.pretrained import pretrained
from course.kit.training import one_thread
from course.network import SGD, Conv2D, Dense, MaxPool2D, ReLU, Sequential, train

SEED = 0
GREY = np.float32(0.5)  # is taken off every pixel of a colour image
SEEN = (*SHAPE_NAMES, *PHOTOGRAPHS)  # the classes of the network "photographs"


@dataclass(frozen=True)
class Recipe:
    """What a network learns from, for how long, and on what it is looked at.

    The learning rate is `rate` for the first of `epochs`, and a `cut`-th of it for the second.
    """

    network: Sequential
    images: Split
    epochs: tuple[int, int]
    rate: float
    cut: int
    weight_decay: float
    validation: dict[str, Split]
    test: dict[str, Split]


def digit_reader(rng: np.random.Generator) -> Sequential:
    """Twice CONV, RELU, POOL, and FC for images of 1 x 8 x 8: 6,090 random parameters."""
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


def ten_layers(rng: np.random.Generator, classes: int = 10) -> Sequential:
    """Three times CONV, RELU, POOL, and FC for 3 x 32 x 32: 8,766 random parameters."""
    return Sequential(
        [
            Conv2D(3, 12, 5, padding=2, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(12, 16, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(16, 20, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(320, classes, rng=rng),
        ]
    )


def digits(rng: np.random.Generator, share: float = 1.0) -> Recipe:
    """1205 digits written on paper (scikit-learn's) and 6000 that are drawn with strokes.

    Of the validation digits it reads 98.6 % of those from paper and 99.1 % of those drawn.
    """
    network, paper = digit_reader(rng), split_digits()
    drawn, new = (
        Split(x.astype(np.float32), y)
        for x, y in (drawn_digits(int(n * share), rng) for n in (6000, 1000))
    )
    return Recipe(
        network,
        images=_joined(paper.train, drawn),
        epochs=(16, 6),
        rate=0.05,
        cut=10,
        weight_decay=0.0005,
        validation={"written on paper": paper.validation, "drawn with strokes": new},
        test={},
    )


def shapes(rng: np.random.Generator, share: float = 1.0) -> Recipe:
    """4000 drawn shapes of ten kinds; of 1000 test images it names 97.3 %."""
    drawn = colour_task("shapes", *_counts(share, 4000, 500, 1000))
    return Recipe(
        ten_layers(rng),
        images=drawn.train,
        epochs=(10, 4),
        rate=0.02,
        cut=5,
        weight_decay=0.01,
        validation={"shapes": drawn.validation},
        test={"shapes": drawn.test},
    )


def photographs(rng: np.random.Generator, share: float = 1.0) -> Recipe:
    """The 4000 drawn shapes, and 4000 crops of eleven photographs: which one is each from?

    The layers, the first weights and all else are those of `shapes`, but for the last layer,
    which has an output for each of SEEN. It names 92.8 % of 1000 test shapes
    and 84.1 % of 1000 test crops: the astronaut, the photographer and gravel are the hard ones.
    """
    drawn = colour_task("shapes", *_counts(share, 4000, 500, 1000))
    crops = [
        _after_shapes(photo_crops(split, count))
        for split, count in zip(SPLITS, _counts(share, 4000, 1000, 1000))
    ]
    return Recipe(
        ten_layers(rng, len(SEEN)),
        images=_joined(drawn.train, crops[0]),
        epochs=(10, 4),
        rate=0.02,
        cut=5,
        weight_decay=0.01,
        validation={"shapes": drawn.validation, "photographs": crops[1]},
        test={"shapes": drawn.test, "photographs": crops[2]},
    )


RECIPES: dict[str, Callable[..., Recipe]] = {
    "digits": digits,
    "shapes": shapes,
    "photographs": photographs,
}


def taught(recipe: Recipe, rng: np.random.Generator) -> Sequential:
    """The network of the recipe after its training, which prints how it goes."""
    network, (x, y) = recipe.network, recipe.images
    optimizer = SGD(network, recipe.rate, weight_decay=recipe.weight_decay)
    for epochs in recipe.epochs:
        train(network, _shown(x), y, epochs, optimizer=optimizer, rng=rng, show=False)
        optimizer.learning_rate /= recipe.cut
        _print_shares("validation", network, recipe.validation)
    _print_shares("test", network, recipe.test)
    return network


def main(name: str, path: Path | None = None, share: float = 1.0) -> None:
    """Train one of RECIPES, on this share of its images, and write its parameters as float32."""
    if name not in RECIPES:
        raise UsageError(f"there is no network {name!r}: choose {', '.join(RECIPES)}")
    one_thread()
    rng = np.random.default_rng(SEED)
    network = taught(RECIPES[name](rng, share), rng)
    arrays = {each: a.astype(np.float32) for each, a in network.parameters.items()}
    save_arrays(path or pretrained(name), arrays)


def _shown(x: np.ndarray) -> np.ndarray:
    """Images as the networks get them: a colour from -0.5 to 0.5, a digit's ink from 0 to 1."""
    return x - GREY if x.shape[1] == 3 else x


def _print_shares(part: str, network: Sequential, splits: dict[str, Split]) -> None:
    for name, (x, y) in splits.items():
        print(f"{part}, {name}: {np.mean(network.predict(_shown(x)) == y):.1%} right")


def _counts(share: float, *counts: int) -> list[int]:
    return [int(share * count) for count in counts]


def _joined(*splits: Split) -> Split:
    x, y = zip(*splits)
    return Split(np.concatenate(x), np.concatenate(y))


def _after_shapes(crops: Split) -> Split:
    return Split(crops.x, crops.y + len(SHAPE_NAMES))


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
