"""Tasks from photographs: which one is a crop taken from, and how far was it turned?

Real images have what drawn ones lack: noise of a sensor, blur, light and shade. The two
tasks need no labels by hand, since the crop itself says where it comes from; the second is
the one by which Gidaris and others (2018, arXiv:1803.07728) taught networks without labels.
"""

import numpy as np

from course.kit.data.photographs import PHOTOGRAPHS, photograph
from course.kit.data.splits import Split, shuffled_labels, split_number

TILE = 64  # pixels: each tile of a photograph belongs to one part only
OF_TEN = (6, 2, 2)  # tiles of ten that go to train, validation, test
TILES_SEED = 2018
TURNS = ("upright", "turned left", "upside down", "turned right")


def photo_crops(split: str, count: int = 300, size: int = 32, seed: int = 0) -> Split:
    """Crops of photographs, (count, 3, size, size) float32; the label says of which one.

    `PHOTOGRAPHS[label]` is its name. Photographs are cut into tiles of 64 pixels, and a crop
    lies within one tile; a tile is for training, for validation or for the test, so that
    no pixel of a test crop was ever learned from. Different seeds give other crops of the
    same tiles. Raises WrongInput for another split or count.
    """
    rng = np.random.default_rng([seed, split_number(split)])
    labels = shuffled_labels(count, len(PHOTOGRAPHS), rng)
    tiles = [_tiles(label, split) for label in range(len(PHOTOGRAPHS))]
    x = np.empty((count, 3, size, size), np.float32)
    for image, label in zip(x, labels):
        tile = tiles[label][rng.integers(len(tiles[label]))]
        row, column = rng.integers(0, TILE - size + 1, size=2)
        image[...] = tile[:, row : row + size, column : column + size]
    return Split(x, labels)


def turned_crops(split: str, count: int = 300, size: int = 32, seed: int = 0) -> Split:
    """The crops of `photo_crops`, each turned by 0, 90, 180 or 270 degrees: the label says which.

    `TURNS[label]` is its name. Surfaces that look alike from all sides cannot be solved.
    """
    crops = photo_crops(split, count, size, seed)
    rng = np.random.default_rng([seed, split_number(split), 1])
    turns = shuffled_labels(count, len(TURNS), rng)
    x = np.stack([np.rot90(crop, turn, (1, 2)) for crop, turn in zip(crops.x, turns)])
    return Split(x, turns)


def _tiles(label: int, split: str) -> np.ndarray:
    """The tiles of a photograph that belong to the split: (n, 3, TILE, TILE) float32."""
    image = photograph(PHOTOGRAPHS[label]).astype(np.float32)
    image = np.broadcast_to(image, (3, *image.shape[1:]))
    rows, columns = image.shape[1] // TILE, image.shape[2] // TILE
    whole = image[:, : rows * TILE, : columns * TILE]
    blocks = whole.reshape(3, rows, TILE, columns, TILE).transpose(1, 3, 0, 2, 4)
    blocks = blocks.reshape(rows * columns, 3, TILE, TILE)
    order = np.random.default_rng([TILES_SEED, label]).permutation(len(blocks))
    borders = np.cumsum(OF_TEN)[:-1] * len(blocks) // 10
    return blocks[np.split(order, borders)[split_number(split)]]
