"""One drawn shape at a place that the caller chooses, and which pixels are its own."""

import numpy as np

from course.kit.data.backgrounds import SIDE, backgrounds
from course.kit.data.colour import (
    SHAPE_NAMES,
    SHAPES,
    camera,
    contrasting_colours,
    paint,
)
from course.kit.data.colour import covered as covered_by
from course.kit.data.errors import WrongInput


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
    mask = covered_by(SHAPES[SHAPE_NAMES.index(name)], u, v, np.float64(half_size))
    mask = mask[np.newaxis].astype(np.float32)
    paint(images, mask, contrasting_colours(images.mean(axis=(2, 3)), rng))
    return camera(images, rng)[0], mask[0]
