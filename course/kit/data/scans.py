"""5,000 handwritten digits of 28x28 pixels that need no download: a part of MNIST.

Y. LeCun, C. Cortes, C. Burges, http://yann.lecun.com/exdb/mnist/, CC BY-SA 3.0; see
images/SOURCES.md. `published.mnist` downloads all 70,000.
"""

from pathlib import Path

import numpy as np

from course.kit.data.splits import Dataset, Split

FILE = Path(__file__).parent / "images" / "mnist_5000.npz"
SEED = 1998  # of the order in which the digits are dealt to the three parts
TRAIN, VALIDATION = 400, 50  # of each digit; the other 50 are for the test


def scanned_digits() -> Dataset:
    """MNIST's digits, (N, 1, 28, 28) float32 from 0 to 1: 4000 train, 500 validation, 500 test.

    The parts never change, share no image, and have as many of each digit.
    """
    with np.load(FILE, allow_pickle=False) as stored:
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
