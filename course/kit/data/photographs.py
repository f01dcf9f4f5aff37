"""Photographs that need no download.

Two ship inside scikit-learn, under Creative Commons (CC BY 2.0): "china" by danielbuechele and
"flower" by vultilion, both on flickr.com. The others lie in the folder images, free for any
use; images/SOURCES.md says who made them.

Every function returns arrays in the course's layout, channels before height and width, as floats from 0 (black) to 1 (white).
"""

from numbers import Integral
from pathlib import Path

import numpy as np

IN_SCIKIT_LEARN = ("china", "flower")
PHOTOGRAPHS = (
    *IN_SCIKIT_LEARN,
    "astronaut",
    "brick",
    "camera",
    "cat",
    "coffee",
    "galaxies",
    "grass",
    "gravel",
    "rocket",
)
FOLDER = Path(__file__).parent / "images"
LUMINANCE = np.array([0.299, 0.587, 0.114])
"""How bright red, green and blue look to an eye (ITU-R BT.601); the three add up to 1."""


def photograph(name: str, grey: bool = False, shrink: int = 1) -> np.ndarray:
    """One of PHOTOGRAPHS, (C, H, W) with C = 3, or 1 if `grey` or if it has no colours.

    `shrink` averages blocks of shrink x shrink pixels into one; rows and columns at the far border that do not fill a
    block are left out. Unshrunk, "china" (a temple) and "flower" are 427 high and 640 wide. Raises ValueError for
    another name or shrink.
    """
    if name not in PHOTOGRAPHS:
        raise ValueError(
            f"there is no photograph {name!r}: choose one of {', '.join(PHOTOGRAPHS)}"
        )
    if name in IN_SCIKIT_LEARN:
        from sklearn.datasets import load_sample_image

        pixels = load_sample_image(f"{name}.jpg")
    else:
        from PIL import Image  # comes with matplotlib

        with Image.open(FOLDER / f"{name}.jpg") as file:
            pixels = np.asarray(file)
    image = np.atleast_3d(pixels).transpose(2, 0, 1) / 255.0
    if grey and len(image) == 3:
        image = to_grey(image)
    return shrink_blocks(image, shrink)


def random_patches(
    image: np.ndarray, size: int, count: int, rng: np.random.Generator
) -> np.ndarray:
    """`count` windows of size x size cut from random places of a (C, H, W) image: (count, C, size, size)."""
    C, H, W = image.shape
    if not 1 <= size <= min(H, W):
        raise ValueError(
            f"no {size}x{size} patch fits into an image {H} high and {W} wide"
        )
    rows = rng.integers(0, H - size + 1, size=count)
    columns = rng.integers(0, W - size + 1, size=count)
    patches = np.empty((count, C, size, size), dtype=image.dtype)
    for patch, row, column in zip(patches, rows, columns):
        patch[...] = image[:, row : row + size, column : column + size]
    return patches


def to_grey(image: np.ndarray) -> np.ndarray:
    """One channel of brightness out of (3, H, W): (1, H, W)."""
    if image.ndim != 3 or len(image) != 3:
        raise ValueError(
            f"to_grey wants red, green and blue, shape (3, H, W), not {image.shape}"
        )
    return np.tensordot(LUMINANCE.astype(image.dtype), image, axes=1)[np.newaxis]


def shrink_blocks(image: np.ndarray, shrink: int) -> np.ndarray:
    """Means of shrink x shrink blocks of (C, H, W): (C, H // shrink, W // shrink)."""
    C, H, W = image.shape
    if not isinstance(shrink, Integral) or not 1 <= shrink <= min(H, W):
        raise ValueError(
            f"an image {H} high and {W} wide cannot shrink by {shrink}: "
            f"choose a whole number from 1 to {min(H, W)}"
        )
    HO, WO = H // shrink, W // shrink
    blocks = image[:, : HO * shrink, : WO * shrink]
    return blocks.reshape(C, HO, shrink, WO, shrink).mean(axis=(2, 4))
