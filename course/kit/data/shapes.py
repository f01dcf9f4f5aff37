"""Colour tasks of 32x32 pixels that need no download: drawn shapes over photographs.

Every image is a pure function of the split, the count and the seed. A linear classifier on raw
pixels cannot solve the shapes: a shape is as often lighter as darker than what is behind it,
in any colour, so that no single pixel says anything about the class.

Trained on 3000 shapes and tested on 1000, five seeds, mean and standard deviation: linear
26.6 +- 2.1 %; CONV12 - RELU - POOL - FC10 90.8 +- 0.9 %; CONV12 - RELU - POOL - CONV24 - RELU -
POOL - FC10 97.2 +- 0.9 % (3x3 filters, 10 epochs of SGD with momentum; chance is 10 %).
"""

from collections.abc import Callable

import numpy as np

from course.kit.data import outlines
from course.kit.data.scene import (
    CHROMA,
    SIDE,
    backgrounds,
    camera,
    contrasting_colours,
    paint,
)
from course.kit.data.splits import Split, WrongInput, shuffled_labels, split_number

SHAPES = (
    outlines.disc,
    outlines.ring,
    outlines.square,
    outlines.frame,
    outlines.triangle,
    outlines.cross,
    outlines.star,
    outlines.stripes,
    outlines.checks,
    outlines.dots,
)
OTHER_SHAPES = (
    outlines.crescent,
    outlines.arrow,
    outlines.hourglass,
    outlines.corner,
    outlines.stairs,
)
SHAPE_NAMES = tuple(shape.__name__ for shape in SHAPES)
OTHER_SHAPE_NAMES = tuple(shape.__name__ for shape in OTHER_SHAPES)
HUE_NAMES = ("red", "yellow", "green", "cyan", "blue", "magenta")

HALF_SIZE = (8.5, 12.0)  # pixels
SHIFT = 3.0  # pixels away from the middle, each way
TURN = np.pi / 12  # each way


def colour_shapes(split: str, count: int = 3000, seed: int = 0) -> Split:
    """`count` images of one shape each, ten classes (SHAPE_NAMES): (count, 3, 32, 32).

    A shape has any place, size, turn, colour and brightness, lies over a piece of a
    photograph, and the image has noise. float32 from 0 to 1. The splits draw from
    different random streams and from different parts of the photographs.
    """
    return _shapes(SHAPES, 1, split, count, seed)


def other_shapes(split: str, count: int = 300, seed: int = 0) -> Split:
    """The same with five other shapes (OTHER_SHAPE_NAMES): a task like `colour_shapes`."""
    return _shapes(OTHER_SHAPES, 2, split, count, seed)


def shape_hues(split: str, count: int = 300, seed: int = 0) -> Split:
    """The ten shapes again, but the class is the hue (HUE_NAMES): what `colour_shapes` ignores.

    The shape is drawn at random; brightness, place, background and noise are as there.
    """
    K = len(HUE_NAMES)
    rng = np.random.default_rng([5, split_number(split), seed])
    labels = shuffled_labels(count, K, rng)
    turn = 2 * np.pi * (labels + rng.uniform(-0.2, 0.2, size=count)) / K
    chroma = CHROMA * np.cos(turn[:, np.newaxis] - 2 * np.pi * np.arange(3) / 3)
    drawn = rng.integers(0, len(SHAPES), size=count)
    return Split(_images(SHAPES, drawn, split, rng, chroma), labels)


def _shapes(shapes, task: int, split: str, count: int, seed: int) -> Split:
    rng = np.random.default_rng([task, split_number(split), seed])
    labels = shuffled_labels(count, len(shapes), rng)
    return Split(_images(shapes, labels, split, rng), labels)


def _images(
    shapes,
    drawn: np.ndarray,
    split: str,
    rng: np.random.Generator,
    chroma: np.ndarray | None = None,
) -> np.ndarray:
    """One image per number in `drawn`, of the shape with that number."""
    count = len(drawn)
    images = backgrounds(split, count, rng)
    cover = np.empty((count, SIDE, SIDE), dtype=np.float32)
    half, u, v = placed_points(count, rng)
    for number, shape in enumerate(shapes):
        here = drawn == number
        cover[here] = covered(shape, u[here], v[here], half[here])
    colours = contrasting_colours(images.mean(axis=(2, 3)), rng, chroma)
    paint(images, cover, colours)
    return camera(images, rng)


def placed_points(
    count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half sizes in pixels, (count,), and u and v of every pixel, (count, 32, 32)."""
    middle = (SIDE - 1) / 2 + rng.uniform(-SHIFT, SHIFT, size=(2, count, 1, 1))
    half = rng.uniform(*HALF_SIZE, size=(count, 1, 1))
    turn = rng.uniform(-TURN, TURN, size=(count, 1, 1))
    rows, columns = np.mgrid[:SIDE, :SIDE]
    right, down = (columns - middle[0]) / half, (rows - middle[1]) / half
    u = np.cos(turn) * right + np.sin(turn) * down
    v = np.cos(turn) * down - np.sin(turn) * right
    return half.astype(np.float32), u.astype(np.float32), v.astype(np.float32)


def covered(
    shape: Callable, u: np.ndarray, v: np.ndarray, half: np.ndarray
) -> np.ndarray:
    """Which part of every pixel the shape covers, from 0 to 1: edges are soft."""
    return np.clip(0.5 - shape(u, v) * half, 0, 1)


def placed_shape(
    name: str, row: float, column: float, half_size: float, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """An image (3, 32, 32) like those of the task "shapes", and its mask (32, 32).

    The shape `name` (one of SHAPE_NAMES) stands upright with its middle at (row, column)
    and reaches half_size pixels to each side. The mask says which part of a pixel it
    covers, from 0 to 1. Background, colour and noise come from `seed`. Both are float32.
    Raises WrongInput for another name, or a size that is not above 0.
    """
    if name not in SHAPE_NAMES:
        raise WrongInput(f"there is no shape {name!r}: choose {', '.join(SHAPE_NAMES)}")
    if not half_size > 0:
        raise WrongInput(f"half_size is {half_size}: it must be above 0")
    rng = np.random.default_rng([seed, SHAPE_NAMES.index(name)])
    images = backgrounds("test", 1, rng)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    u, v = (columns - column) / half_size, (rows - row) / half_size
    mask = covered(SHAPES[SHAPE_NAMES.index(name)], u, v, np.float64(half_size))
    mask = mask[np.newaxis].astype(np.float32)
    paint(images, mask, contrasting_colours(images.mean(axis=(2, 3)), rng))
    return camera(images, rng)[0], mask[0]
