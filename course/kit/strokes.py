"""A drawn digit as the 8 x 8 picture that a network reads.

A drawing is a list of strokes, a stroke a list of points (x, y), y downwards, in any unit.
The picture is made as those of scikit-learn's digits were: what was drawn fills the height
or the width of a bitmap of 32 x 32, and each pixel is the share of its 4 x 4 block with ink.
"""

from collections.abc import Sequence

import numpy as np

SIDE = 8
BITMAP = 32
WIDTH = 4.6  # of the pen, in pixels of the bitmap
STEP = 0.5  # between the places where the pen is set down, in the same
SMALLEST = 0.02  # of a drawing that is more than a dot, in its own unit

Strokes = Sequence[Sequence[Sequence[float]] | np.ndarray]


def picture_of(strokes: Strokes, width: float = WIDTH) -> np.ndarray:
    """(8, 8) from 0, paper, to 1, ink; all zeros where nothing was drawn."""
    points = [np.asarray(stroke, float) for stroke in strokes if len(stroke)]
    if not points:
        return np.zeros((SIDE, SIDE))
    low = np.min([each.min(axis=0) for each in points], axis=0)
    high = np.max([each.max(axis=0) for each in points], axis=0)
    scale = (BITMAP - width) / max(*(high - low), SMALLEST)
    middle = (low + high) / 2
    ink = np.zeros((BITMAP, BITMAP), bool)
    for each in points:
        ink |= _near((each - middle) * scale + BITMAP / 2, width / 2)
    block = BITMAP // SIDE
    return ink.reshape(SIDE, block, SIDE, block).mean(axis=(1, 3))


def _near(line: np.ndarray, radius: float) -> np.ndarray:
    """Which pixels of the bitmap have their middle at most `radius` from the line."""
    lengths = np.hypot(*np.diff(line, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.linspace(0, at[-1], int(at[-1] / STEP) + 2)
    x, y = (np.interp(places, at, axis)[:, np.newaxis] for axis in line.T)
    middles = np.arange(BITMAP) + 0.5
    far = ((middles - y) ** 2)[:, :, np.newaxis] + ((middles - x) ** 2)[:, np.newaxis]
    return (far <= radius**2).any(axis=0)
