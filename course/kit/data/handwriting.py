"""Handwritten digits that need no download: scikit-learn's small ones, also large and in colour,
and 5,000 scans of 28x28 pixels out of MNIST.

E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
Repository, 1998 (its test part: 1797 digits of 13 writers, 8 pixels high and wide).

Y. LeCun, C. Cortes, C. Burges, http://yann.lecun.com/exdb/mnist/, CC BY-SA 3.0; see
images/SOURCES.md.
"""

from pathlib import Path

import numpy as np

from course.kit.data.photographs import (
    SIDE,
    backgrounds,
    camera,
    contrasting_colours,
    paint,
)
from course.kit.data.splits import Dataset, Split, shuffled_labels, split_number

SEED = 1998  # of the orders in which digits are dealt to the three parts, which never change

SIXTH = 6  # validation and test get one image in six each, training the other four


def digits() -> tuple[np.ndarray, np.ndarray]:
    """1797 handwritten digits, (N, 1, 8, 8), and their labels, (N,) integers from 0 to 9."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.images[:, np.newaxis] / 16.0, bunch.target


def split_digits(dtype: type = np.float32) -> Dataset:
    """The digits in three parts that never change: 1205 train, 296 validation, 296 test.

    Every digit has the same share of each part. Images are (N, 1, 8, 8) from 0 to 1.
    """
    images, labels = digits()
    train, validation, test = digit_rows(labels)
    images = images.astype(dtype)
    return Dataset(
        train=Split(images[train], labels[train]),
        validation=Split(images[validation], labels[validation]),
        test=Split(images[test], labels[test]),
        classes=tuple("0123456789"),
    )


def digit_rows(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which of the digits go to train, validation and test: three arrays of row numbers."""
    rng = np.random.default_rng(SEED)
    train, validation, test = [], [], []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        sixth = len(rows) // SIXTH
        test.append(rows[:sixth])
        validation.append(rows[sixth : 2 * sixth])
        train.append(rows[2 * sixth :])
    parts = (train, validation, test)
    one, two, three = (rng.permutation(np.concatenate(part)) for part in parts)
    return one, two, three


WRITTEN = 24  # pixels, high and wide
SHIFT = 3  # pixels away from the middle, each way


def colour_digits(split: str, count: int = 300, seed: int = 0) -> Split:
    """`count` digits, ten classes: (count, 3, 32, 32), float32 from 0 to 1.

    The handwriting comes from the same split of `split_digits`, so no written digit is in
    two splits. Within one split a digit comes back, in other colours, when `count` is large.
    """
    rng = np.random.default_rng([4, split_number(split), seed])
    written = getattr(split_digits(), split)
    labels = shuffled_labels(count, 10, rng)
    rows = np.empty(count, dtype=int)
    for label in range(10):
        chosen = labels == label
        rows[chosen] = rng.choice(np.flatnonzero(written.y == label), size=chosen.sum())
    large = enlarged(written.x[:, 0], WRITTEN)
    cover = np.zeros((count, SIDE, SIDE), dtype=np.float32)
    margin = (SIDE - WRITTEN) // 2
    corners = margin + rng.integers(-SHIFT, SHIFT + 1, size=(count, 2))
    for image, row, (top, left) in zip(cover, rows, corners):
        image[top : top + WRITTEN, left : left + WRITTEN] = large[row]
    images = backgrounds(split, count, rng)
    paint(images, cover, contrasting_colours(images.mean(axis=(2, 3)), rng))
    return Split(camera(images, rng), labels)


def enlarged(images: np.ndarray, side: int) -> np.ndarray:
    """Images (N, H, H) stretched to (N, side, side), each value between its neighbours'."""
    weights = _stretch(images.shape[1], side)
    return (weights @ images @ weights.T).astype(np.float32)


def _stretch(small: int, large: int) -> np.ndarray:
    """Linear interpolation as a matrix, (large, small); every row adds up to 1."""
    centres = (np.arange(large) + 0.5) * small / large - 0.5
    near = np.abs(np.clip(centres, 0, small - 1)[:, np.newaxis] - np.arange(small))
    return np.clip(1 - near, 0, None)


SCANS = Path(__file__).parent / "images" / "mnist_5000.npz"
TRAIN, VALIDATION = 400, 50  # of each digit; the other 50 are for the test


def scanned_digits() -> Dataset:
    """MNIST's digits, (N, 1, 28, 28) float32 from 0 to 1: 4000 train, 500 validation, 500 test.

    The parts never change, share no image, and have as many of each digit.
    """
    with np.load(SCANS, allow_pickle=False) as stored:
        images, labels = stored["images"], stored["labels"].astype(np.int64)
    rng = np.random.default_rng(SEED)
    rows = [rng.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]
    parts = zip(*(np.split(each, [TRAIN, TRAIN + VALIDATION]) for each in rows))
    splits = []
    for part in parts:
        chosen = rng.permutation(np.concatenate(part))
        x = images[chosen, np.newaxis].astype(np.float32) / np.float32(255)
        splits.append(Split(x, labels[chosen]))
    train, validation, test = splits
    return Dataset(train, validation, test, tuple("0123456789"))
