"""What the images of 32x32 pixels are made of: pieces of photographs, colours, a camera.

The pieces are windows of the two photographs, from strips that belong to one split each.
"""

from functools import lru_cache

import numpy as np

from course.kit.data.photographs import IN_SCIKIT_LEARN, LUMINANCE, photograph
from course.kit.data.splits import split_number

SIDE = 32
STRIP = 2 * SIDE
"""Columns of a strip: a window of the unshrunk photograph, or of its half, fits inside."""

OWNERS = (0, 0, 1, 0, 0, 2, 0, 1, 0, 2)
"""Ten strips side by side: which belong to train (0), validation (1), test (2)."""

CONTRAST = (0.3, 0.6)  # brightness of a shape above or below its background's mean
CHROMA = 0.25  # how far red, green and blue may differ from grey
NOISE = (0.01, 0.05)  # standard deviation


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
        cut = np.lib.stride_tricks.sliding_window_view(image, (SIDE, SIDE), (1, 2))
        windows[chosen] = cut[:, rows, columns].transpose(1, 0, 2, 3)
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
