"""Photographs that need no download, and tasks and backgrounds that are cut from them.

Two ship inside scikit-learn, under Creative Commons (CC BY 2.0): "china" by danielbuechele and
"flower" by vultilion, both on flickr.com. The others lie in the folder images, free for any
use; images/SOURCES.md says who made them.

Every function returns arrays in the course's layout, channels before height and width, as
floats from 0 (black) to 1 (white). Backgrounds are windows of "china" and "flower", from strips
that belong to one split each. Crops are a task by themselves: real images have what drawn ones
lack, noise of a sensor, blur, light and shade. Which photograph is one taken from, and how far
was it turned? The second is the task by which Gidaris and others (2018, arXiv:1803.07728)
taught networks without labels.
"""

from functools import lru_cache
from numbers import Integral
from pathlib import Path

import numpy as np

from course.kit.data.splits import Split, shuffled_labels, split_number

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

SIDE = 32
STRIP = 2 * SIDE
"""Columns of a strip: a window of the unshrunk photograph, or of its half, fits inside."""

OWNERS = (0, 0, 1, 0, 0, 2, 0, 1, 0, 2)
"""Ten strips side by side: which belong to train (0), validation (1), test (2)."""

CONTRAST = (0.3, 0.6)  # brightness of a shape above or below its background's mean
CHROMA = 0.25  # how far red, green and blue may differ from grey
NOISE = (0.01, 0.05)  # standard deviation


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


def strips_of(split: str) -> list[int]:
    """First columns of the strips that only `split` may cut its windows from."""
    number = split_number(split)
    return [STRIP * place for place, owner in enumerate(OWNERS) if owner == number]


def backgrounds(split: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` windows of the photographs: (count, 3, 32, 32), float32 from 0 to 1.

    Half of them at full size, half shrunk by two; half of them mirrored. No pixel of a
    photograph is used by two splits.
    """
    strips = strips_of(split)
    windows = np.empty((count, 3, SIDE, SIDE), dtype=np.float32)
    kind = rng.integers(0, 2 * len(IN_SCIKIT_LEARN), size=count)
    for number in range(2 * len(IN_SCIKIT_LEARN)):
        name, shrink = IN_SCIKIT_LEARN[number // 2], 1 + number % 2
        image = _photograph(name, shrink)
        chosen = np.flatnonzero(kind == number)
        rows = rng.integers(0, image.shape[1] - SIDE + 1, size=len(chosen))
        within = rng.integers(0, STRIP // shrink - SIDE + 1, size=len(chosen))
        columns = rng.choice(strips, size=len(chosen)) // shrink + within
        for place, row, column in zip(chosen, rows, columns):
            windows[place] = image[:, row : row + SIDE, column : column + SIDE]
    mirrored = rng.random(count) < 0.5
    windows[mirrored] = windows[mirrored, :, :, ::-1]
    return windows


@lru_cache(maxsize=4)
def _photograph(name: str, shrink: int) -> np.ndarray:
    image = photograph(name, shrink=shrink).astype(np.float32)
    image.setflags(write=False)
    return image


def contrasting_colours(
    behind: np.ndarray, rng: np.random.Generator, chroma: np.ndarray | None = None
) -> np.ndarray:
    """A colour for each background colour (N, 3), lighter or darker with equal chance.

    Where one of the two would leave 0 to 1, the other is taken. `chroma` (N, 3) is how far
    red, green and blue are from the brightness; random where none is given.
    """
    N, _ = behind.shape
    brightness = behind @ LUMINANCE
    step = rng.uniform(*CONTRAST, size=N) * rng.choice([-1, 1], size=N)
    outside = np.abs(brightness + step - 0.5) > 0.5
    target = brightness + np.where(outside, -step, step)
    if chroma is None:
        chroma = rng.uniform(-CHROMA, CHROMA, size=(N, 3))
    chroma = chroma - (chroma @ LUMINANCE)[:, np.newaxis]
    return np.clip(target[:, np.newaxis] + chroma, 0, 1).astype(np.float32)


def paint(images: np.ndarray, cover: np.ndarray, colours: np.ndarray) -> None:
    """Put colours (N, 3) over images (N, 3, H, W), in place, as far as cover (N, H, W)."""
    images += cover[:, np.newaxis] * (colours[:, :, np.newaxis, np.newaxis] - images)


def camera(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same images under more or less light and with noise, float32 from 0 to 1."""
    N = len(images)
    light = rng.uniform(0.6, 1.1, size=(N, 1, 1, 1)).astype(np.float32)
    spread = rng.uniform(*NOISE, size=(N, 1, 1, 1)).astype(np.float32)
    noise = rng.standard_normal(images.shape, dtype=np.float32)
    return np.clip(images * light + spread * noise, 0, 1)


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
