"""Handwritten digits that need no download: scikit-learn's small ones, also large and in colour,
5,000 scans of 28x28 pixels out of MNIST, and as many as one likes that are drawn with strokes.

E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
Repository, 1998 (its test part: 1797 digits of 13 writers, 8 pixels high and wide).

Y. LeCun, C. Cortes, C. Burges, http://yann.lecun.com/exdb/mnist/, CC BY-SA 3.0; see
images/SOURCES.md.
"""

from collections.abc import Sequence
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


# Digits drawn with strokes, as people draw them. Coordinates are shares of the height of a digit, x
# to the right, y downwards.
PIXELS = 8
BITMAP = 32
PEN = 4.6  # how wide it is, in pixels of the bitmap
STEP = 0.5  # between the places where the pen is set down, in the same
SMALLEST = 0.02  # of a drawing that is more than a dot, in its own unit
SPACING = 0.04  # between the points of a stroke

Strokes = Sequence[Sequence[Sequence[float]] | np.ndarray]


def _line(*parts: object) -> np.ndarray:
    return np.concatenate([np.atleast_2d(np.asarray(part, float)) for part in parts])


def _arc(x: float, y: float, rx: float, ry: float, first: int, last: int) -> np.ndarray:
    """Part of an ellipse around (x, y), from angle to angle, clockwise, 0 on the right."""
    angle = np.deg2rad(np.linspace(first, last, 24))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


_FLAG = ([0.3, 0.25], [0.55, 0.05], [0.55, 0.95])
_SEVEN = ([0.2, 0.05], [0.8, 0.05], [0.4, 0.95])
_LOOP = _arc(0.5, 0.3, 0.24, 0.25, -10, -370)

# Of each digit the ways to draw it; a way is a list of strokes.
GLYPHS = {
    0: [[_arc(0.5, 0.5, 0.3, 0.45, -90, 270)]],
    1: [
        [_line([0.5, 0.05], [0.5, 0.95])],
        [_line(*_FLAG)],
        [_line(*_FLAG), _line([0.3, 0.95], [0.8, 0.95])],
        [_line([0.65, 0.05], [0.4, 0.95])],
    ],
    2: [
        [_line(_arc(0.5, 0.3, 0.28, 0.25, -170, 30), [0.2, 0.95], [0.82, 0.95])],
        [
            _line(
                _arc(0.5, 0.3, 0.28, 0.25, -150, 45),
                _arc(0.35, 0.87, 0.1, 0.08, 180, 360),
                [0.85, 0.9],
            )
        ],
    ],
    3: [
        [
            _line(
                _arc(0.45, 0.28, 0.27, 0.23, -150, 90),
                _arc(0.45, 0.73, 0.32, 0.23, -90, 150),
            )
        ],
        [
            _line(
                *([0.2, 0.05], [0.75, 0.05], [0.45, 0.4]),
                _arc(0.45, 0.68, 0.3, 0.27, -80, 150),
            )
        ],
    ],
    4: [
        [
            _line([0.6, 0.05], [0.15, 0.65], [0.85, 0.65]),
            _line([0.62, 0.4], [0.62, 0.95]),
        ],
        [
            _line([0.25, 0.05], [0.22, 0.55], [0.8, 0.55]),
            _line([0.75, 0.05], [0.72, 0.95]),
        ],
        [_line([0.65, 0.95], [0.65, 0.05], [0.15, 0.7], [0.9, 0.7])],
    ],
    5: [
        [
            _line(
                *([0.75, 0.05], [0.28, 0.05], [0.25, 0.42]),
                _arc(0.45, 0.67, 0.3, 0.27, -110, 150),
            )
        ],
        [
            _line([0.28, 0.05], [0.25, 0.45], _arc(0.45, 0.68, 0.3, 0.26, -110, 150)),
            _line([0.28, 0.06], [0.8, 0.06]),
        ],
    ],
    6: [
        [
            _line(
                *([0.65, 0.05], [0.4, 0.25], [0.25, 0.55]),
                _arc(0.48, 0.7, 0.24, 0.24, 180, -180),
            )
        ],
        [
            _line(
                _arc(0.6, 0.6, 0.35, 0.55, -80, -180),
                _arc(0.48, 0.7, 0.24, 0.24, 180, -180),
            )
        ],
    ],
    7: [
        [_line(*_SEVEN)],
        [_line(*_SEVEN), _line([0.35, 0.5], [0.72, 0.5])],
        [_line(*([0.2, 0.15], [0.22, 0.05], [0.8, 0.05]), [0.55, 0.45], [0.45, 0.95])],
    ],
    8: [
        [
            _line(
                _arc(0.5, 0.27, 0.22, 0.22, 90, -270),
                _arc(0.5, 0.72, 0.27, 0.23, -90, 270),
            )
        ],
        [
            _line(
                _arc(0.5, 0.27, 0.22, 0.22, -30, -270),
                _arc(0.5, 0.73, 0.25, 0.22, -20, 200),
                *([0.5, 0.5], [0.7, 0.2]),
            )
        ],
    ],
    9: [
        [_line(_LOOP, [0.7, 0.95])],
        [_line(_LOOP, _arc(0.45, 0.6, 0.29, 0.35, 0, 110))],
    ],
}


def drawn(digit: int, rng: np.random.Generator) -> list[np.ndarray]:
    """One way to draw the digit: turned, slanted, stretched and bent, with a shaky hand."""
    ways = GLYPHS[digit]
    turn, slant = rng.normal(0, 0.12), rng.normal(0, 0.2)
    cos, sin = np.cos(turn), np.sin(turn)
    stretch = np.array([[np.exp(rng.normal(0, 0.22)), -slant], [0, 1]])
    matrix = np.array([[cos, -sin], [sin, cos]]) @ stretch
    height, phase = rng.normal(0, 0.03, (2, 3)), rng.uniform(0, 2 * np.pi, (2, 3))
    strokes = []
    for stroke in ways[rng.integers(len(ways))]:
        old = _dense(stroke) - 0.5
        new = old @ matrix.T
        for axis in (0, 1):
            waves = 2.5 * np.arange(1, 4) * old[:, [1 - axis]] + phase[axis]
            new[:, axis] += np.sin(waves) @ height[axis]
        strokes.append(new + rng.normal(0, 0.006, new.shape) + 0.5)
    return strokes


def drawn_digits(
    count: int, rng: np.random.Generator, widths: tuple[float, float] = (3.6, 5.6)
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, 1, 8, 8) of `count` drawings, and their labels."""
    labels = rng.integers(0, 10, count)
    pictures = [
        picture_of(drawn(int(digit), rng), rng.uniform(*widths)) for digit in labels
    ]
    return np.array(pictures)[:, np.newaxis], labels


def _dense(stroke: np.ndarray) -> np.ndarray:
    """The same line with points close to each other."""
    at = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    places = np.linspace(0, at[-1], int(at[-1] / SPACING) + 2)
    return np.stack([np.interp(places, at, axis) for axis in stroke.T], axis=1)


def picture_of(strokes: Strokes, width: float = PEN) -> np.ndarray:
    """(8, 8) from 0, paper, to 1, ink, as scikit-learn's digits were made; zeros of no strokes.

    What was drawn fills the height or the width of a bitmap of 32 x 32, and each pixel is the
    share of its 4 x 4 block with ink.
    """
    points = [np.asarray(stroke, float) for stroke in strokes if len(stroke)]
    if not points:
        return np.zeros((PIXELS, PIXELS))
    low = np.min([each.min(axis=0) for each in points], axis=0)
    high = np.max([each.max(axis=0) for each in points], axis=0)
    scale = (BITMAP - width) / max(*(high - low), SMALLEST)
    middle = (low + high) / 2
    ink = np.zeros((BITMAP, BITMAP), bool)
    for each in points:
        ink |= _near((each - middle) * scale + BITMAP / 2, width / 2)
    block = BITMAP // PIXELS
    return ink.reshape(PIXELS, block, PIXELS, block).mean(axis=(1, 3))


def _near(line: np.ndarray, radius: float) -> np.ndarray:
    """Which pixels of the bitmap have their middle at most `radius` from the line."""
    lengths = np.hypot(*np.diff(line, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.linspace(0, at[-1], int(at[-1] / STEP) + 2)
    x, y = (np.interp(places, at, axis)[:, np.newaxis] for axis in line.T)
    middles = np.arange(BITMAP) + 0.5
    far = ((middles - y) ** 2)[:, :, np.newaxis] + ((middles - x) ** 2)[:, np.newaxis]
    return (far <= radius**2).any(axis=0)
