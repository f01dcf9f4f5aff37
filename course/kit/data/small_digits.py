"""Handwritten digits, 8 pixels high and 8 wide, that ship inside scikit-learn.

Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
Learning Repository, 1998 (its test part: 1797 digits of 13 writers).
"""

import numpy as np

from course.kit.data.splits import Dataset, Split

DIGITS_SEED = 1998
"""Of the permutation behind `split_digits`. Another seed would be another split."""

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
    rng = np.random.default_rng(DIGITS_SEED)
    train, validation, test = [], [], []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        sixth = len(rows) // SIXTH
        test.append(rows[:sixth])
        validation.append(rows[sixth : 2 * sixth])
        train.append(rows[2 * sixth :])
    parts = (train, validation, test)
    return tuple(rng.permutation(np.concatenate(part)) for part in parts)
