"""Which pixels of an image can a unit of a network see? Measured, whatever the layers are."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

LONGEST_STRIDE = 64  # of all layers together, in pixels


@dataclass(frozen=True)
class Field:
    """The receptive fields of a layer's units, in pixels of the image.

    size: (height, width) of each. step: how many pixels apart those of neighbours are,
    (down, right). start: (row, column) of the upper left pixel that unit (0, 0) sees;
    below 0 where the field reaches into the padding.
    """

    size: tuple[int, int]
    step: tuple[int, int]
    start: tuple[int, int]

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """The upper left pixel that the unit (row, column) sees: (row, column) in the image."""
        return (
            self.start[0] + int(row) * self.step[0],
            self.start[1] + int(column) * self.step[1],
        )


def unit_field(network: Any, layer: int, image_shape: tuple[int, int, int]) -> Field:
    """The receptive fields behind network.layers[layer], for images (C, H, W).

    A copy of the layers gets weights of 1 and biases of 0, and what acts on each number
    alone (batch normalisation, dropout) is left out. Then one row of a black image
    is lit after the other, and the units that light up see it; the same with columns. The
    network is not changed. Units of a layer that gives (N, M), like a dense one, see the
    whole image.
    """
    C, H, W = image_shape
    layers = copy.deepcopy(network.layers[: layer + 1])
    for each in layers:
        _simplify(each)
    if _forward(layers, np.ones((1, C, H, W))).ndim != 4:
        return Field((H, W), (0, 0), (0, 0))
    down = _along(_seen(layers, C, _longer(layers, (C, H, W), 1), W, axis=2))
    right = _along(_seen(layers, C, H, _longer(layers, (C, H, W), 2), axis=3))
    return Field(*zip(down, right))


def _simplify(layer: Any) -> None:
    """Let a layer, and those within it, add up what they see."""
    parts = [*getattr(layer, "layers", ()), *getattr(layer, "branches", ())]
    for part in parts:
        _simplify(part)
    if parts:
        return
    arrays = list(layer.parameters.values())
    for array in arrays:
        array[...] = array.ndim > 1  # weights, not biases
    has_weights = any(array.ndim > 1 for array in arrays)
    if not has_weights and (arrays or hasattr(layer, "training")):
        layer.forward = lambda x: x


def _forward(layers: list, x: np.ndarray) -> np.ndarray:
    for layer in layers:
        x = layer.forward(x)
    return x


def _longer(layers: list, image_shape: tuple[int, int, int], axis: int) -> int:
    """About twice the length of that axis, so that the layers fit.

    In a small image every field may be cut off at a border; then its size does not show.
    """
    shape, length = list(image_shape), image_shape[axis]
    for longer in range(2 * length, 2 * length + 2 * LONGEST_STRIDE):
        shape[axis] = longer
        try:
            _forward(layers, np.ones((1, *shape)))
        except ValueError:
            continue
        return longer
    return length


def _seen(layers: list, C: int, H: int, W: int, axis: int) -> np.ndarray:
    """seen[pixel, unit] along one axis of images (N, C, H, W): 2, rows; 3, columns."""
    length = (H, W)[axis - 2]
    found = []
    for pixel in range(length):
        x = np.zeros((1, C, H, W))
        np.moveaxis(x, axis, 0)[pixel] = 1
        found.append(_forward(layers, x).max(axis=(0, 1, 5 - axis)) > 0)
    return np.array(found)


def _along(seen: np.ndarray) -> tuple[int, int, int]:
    """Size, step and start along one axis.

    Fields are cut off at a border, those of filters with holes by any number of pixels. But
    what the last units see begins inside the image, and what the first unit sees ends there.
    """
    pixels, _ = seen.shape
    units = np.flatnonzero(seen.any(axis=0))  # in a wide border some see nothing
    first = seen.argmax(axis=0)
    last = pixels - 1 - seen[::-1].argmax(axis=0)
    step = int(first[units[-1]] - first[units[-2]]) if len(units) > 1 else 0
    start = int(first[units[-1]] - step * units[-1])
    end = int(last[units[0]] - step * units[0])
    return end - start + 1, step, start
