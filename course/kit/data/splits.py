"""What a data set is: images and labels, in three parts that share no image.

And what can go wrong with one, said so that the reader can act on it.
"""

from dataclasses import dataclass, fields
from numbers import Integral

import numpy as np

from course.kit import UsageError


class DataUnavailable(UsageError, OSError):
    """A file is neither in the cache folder nor to be had from the network."""


class WrongFormat(UsageError, ValueError):
    """A file is cut short, damaged or something else than its name says."""


class WrongInput(UsageError, ValueError):
    """A name that does not exist, or a number of images that there cannot be."""


SPLITS = ("train", "validation", "test")
ORDER_SEED = 0  # of the order in which downloaded images are taken


@dataclass(frozen=True)
class Split:
    """Images x, (N, C, H, W), and their labels y, (N,) whole numbers from 0."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def __iter__(self):
        """So that `x, y = data.train` works."""
        return iter((self.x, self.y))


@dataclass(frozen=True)
class Dataset:
    """Three disjoint splits; `classes[y]` is the name of label y."""

    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        sizes = ", ".join(
            f"{field.name} {getattr(self, field.name).x.shape}"
            for field in fields(self)
            if field.name in SPLITS
        )
        return f"Dataset({sizes}, {len(self.classes)} classes)"


def shuffled_labels(count: int, classes: int, rng: np.random.Generator) -> np.ndarray:
    """`count` labels in random order, every class equally often but for one: (count,)."""
    if not isinstance(count, Integral) or count < 1:
        raise WrongInput(f"{count!r} images. Wanted: a whole number from 1.")
    return rng.permutation(np.arange(count) % classes)


def split_number(split: str) -> int:
    """0, 1 or 2 for "train", "validation" or "test"; WrongInput for another name."""
    if split not in SPLITS:
        raise WrongInput(f"there is no split {split!r}: choose {', '.join(SPLITS)}")
    return SPLITS.index(split)


def three_parts(
    name: str,
    training: tuple[np.ndarray, np.ndarray],
    testing: tuple[np.ndarray, np.ndarray],
    counts: tuple[int, int, int],
    classes: tuple[str, ...],
) -> Dataset:
    """Images and labels in bytes as a Dataset of `counts` images, float32 from 0 to 1.

    The last tenth of the training images, in a fixed random order, is for validation
    only: so the parts are disjoint whatever the counts. Raises WrongInput for more
    images than there are.
    """
    orders = [
        np.random.default_rng(ORDER_SEED).permutation(len(labels))
        for _, labels in (training, testing)
    ]
    border = len(orders[0]) - len(orders[0]) // 10
    pools = (orders[0][:border], orders[0][border:], orders[1])
    parts = []
    for split, source, pool, count in zip(
        SPLITS, (training, training, testing), pools, counts
    ):
        if len(source[0]) != len(source[1]):
            raise WrongFormat(
                f"{name} has {len(source[0])} images and {len(source[1])} labels for "
                f"{split}. Wanted: as many of both. Delete its files from the cache."
            )
        if not 0 <= count <= len(pool):
            raise WrongInput(
                f"{split}={count} images of {name}. Wanted: 0 to {len(pool)}."
            )
        rows = pool[:count]
        x, y = source[0][rows], source[1][rows].astype(np.int64)
        parts.append(Split(x.astype(np.float32) / np.float32(255), y))
    train, validation, test = parts
    return Dataset(train, validation, test, classes)
