"""The handwritten digits once more: large, in colour, over pieces of the photographs."""

import numpy as np

from course.kit.data.backgrounds import SIDE, backgrounds
from course.kit.data.colour import camera, contrasting_colours, paint
from course.kit.data.small_digits import split_digits
from course.kit.data.splits import Split, shuffled_labels, split_number

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
