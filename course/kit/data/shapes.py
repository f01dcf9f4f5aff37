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

from course.kit.data.photographs import (
    CHROMA,
    SIDE,
    backgrounds,
    camera,
    contrasting_colours,
    paint,
)
from course.kit.data.splits import Split, WrongInput, shuffled_labels, split_number

# Flat shapes as formulas: how far a point lies outside the outline. Every function takes u (to
# the right) and v (down) in units of the shape's half size, arrays of one shape, and returns
# distances in the same unit: negative inside, zero on the outline. They are exact near the
# edges and need not be far away. Source of the idea: signed distance functions,
# https://iquilezles.org/articles/distfunctions2d/
Points = np.ndarray


def disc(u: Points, v: Points) -> Points:
    return np.hypot(u, v) - 0.95


def ring(u: Points, v: Points) -> Points:
    return np.abs(np.hypot(u, v) - 0.78) - 0.22


def square(u: Points, v: Points) -> Points:
    return _box(u, v, 0.85, 0.85)


def frame(u: Points, v: Points) -> Points:
    return np.abs(_box(u, v, 0.72, 0.72)) - 0.2


def triangle(u: Points, v: Points) -> Points:
    return _wedges(u, v, corners=3, outer=1.2, inner=0.6)


def cross(u: Points, v: Points) -> Points:
    return np.minimum(_box(u, v, 0.3, 1.0), _box(u, v, 1.0, 0.3))


def star(u: Points, v: Points) -> Points:
    return _wedges(u, v, corners=5, outer=1.15, inner=0.45)


def stripes(u: Points, v: Points) -> Points:
    lines = np.abs(_fold(v, 0.5)) - 0.125
    return np.maximum(lines, _box(u, v, 0.875, 0.8))


def checks(u: Points, v: Points) -> Points:
    right = np.abs(_fold(u + 0.25, 1.0)) - 0.25
    down = np.abs(_fold(v + 0.25, 1.0)) - 0.25
    cells = np.maximum(np.minimum(right, down), -np.maximum(right, down))
    return np.maximum(cells, _box(u, v, 0.9, 0.9))


def dots(u: Points, v: Points) -> Points:
    holes = np.hypot(_fold(u, 0.64), _fold(v, 0.64)) - 0.22
    return np.maximum(holes, _box(u, v, 0.96, 0.96))


def crescent(u: Points, v: Points) -> Points:
    return np.maximum(np.hypot(u, v) - 0.95, 0.8 - np.hypot(u - 0.5, v))


def arrow(u: Points, v: Points) -> Points:
    head = np.maximum((np.abs(u) - 1.0 - v) / np.sqrt(2), v)
    return np.minimum(head, _box(u, v - 0.45, 0.28, 0.55))


def hourglass(u: Points, v: Points) -> Points:
    return np.maximum((np.abs(u) - np.abs(v)) / np.sqrt(2) - 0.1, _box(u, v, 0.9, 0.9))


def corner(u: Points, v: Points) -> Points:
    return np.minimum(_box(u + 0.6, v, 0.3, 0.9), _box(u, v - 0.6, 0.9, 0.3))


def stairs(u: Points, v: Points) -> Points:
    low, high = _box(u, v - 0.6, 0.9, 0.3), _box(u - 0.6, v, 0.3, 0.9)
    return np.minimum(np.minimum(low, high), _box(u - 0.3, v - 0.3, 0.6, 0.6))


def _box(u: Points, v: Points, width: float, height: float) -> Points:
    """A rectangle of the given half width and half height around the middle."""
    return np.maximum(np.abs(u) - width, np.abs(v) - height)


def _fold(u: Points, period: float) -> Points:
    """Distance with sign to the nearest multiple of `period`."""
    return u - period * np.round(u / period)


def _wedges(u: Points, v: Points, corners: int, outer: float, inner: float) -> Points:
    """A star: `corners` tips at radius `outer`, notches at `inner` half-way between.

    With inner = outer * cos(pi / corners) it is the regular polygon.
    """
    step = 2 * np.pi / corners
    angle = np.abs(_fold(np.arctan2(u, -v), step))
    radius = np.hypot(u, v)
    along, across = radius * np.cos(angle), radius * np.sin(angle)
    notch = inner * np.array([np.cos(step / 2), np.sin(step / 2)])
    edge = notch - [outer, 0.0]
    normal = np.array([edge[1], -edge[0]]) / np.hypot(*edge)
    return ((along - outer) * normal[0] + across * normal[1]).astype(u.dtype)


SHAPES = (
    disc,
    ring,
    square,
    frame,
    triangle,
    cross,
    star,
    stripes,
    checks,
    dots,
)
OTHER_SHAPES = (
    crescent,
    arrow,
    hourglass,
    corner,
    stairs,
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
    shape: Callable, u: np.ndarray, v: np.ndarray, half: np.ndarray | np.float64
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
