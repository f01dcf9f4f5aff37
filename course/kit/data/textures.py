"""Colour patterns of 32x32 pixels without any object: tasks unlike the shapes.

A texture mixes two random colours by a pattern that fills it. Classes differ in the pattern
only: its phase, direction, scale and colours are random.
"""

import numpy as np

from course.kit.data.photographs import SIDE, backgrounds, camera
from course.kit.data.splits import Split, shuffled_labels, split_number

PERIOD = (5.0, 10.0)  # pixels


def waves(count: int, rng: np.random.Generator) -> np.ndarray:
    """Straight waves of any direction."""
    along, _, period = _turned(count, rng)
    return _wave(along / period)


def ripples(count: int, rng: np.random.Generator) -> np.ndarray:
    """Round waves about a centre somewhere near the image."""
    along, across, period = _turned(count, rng)
    centre = rng.uniform(-16, 16, size=(2, count, 1, 1))
    return _wave(np.hypot(along - centre[0], across - centre[1]) / period)


def weave(count: int, rng: np.random.Generator) -> np.ndarray:
    """Two sets of waves that cross at a right angle."""
    along, across, period = _turned(count, rng)
    return (_wave(along / period) + _wave(across / period)) / 2


def bricks(count: int, rng: np.random.Generator) -> np.ndarray:
    """A wall: bricks twice as long as high, every other row half a brick further."""
    along, across, height = _turned(count, rng)
    row = np.floor(across / height)
    place = along / (2 * height) + row / 2
    joint = np.minimum(_from_edge(across / height), 2 * _from_edge(place)) * height
    return np.clip(joint, 0, 1)


def cells(count: int, rng: np.random.Generator) -> np.ndarray:
    """Patches around scattered points, each patch as bright as its point (Voronoi)."""
    points = 40
    middle = rng.uniform(-4, SIDE + 4, size=(2, points, count, 1, 1))
    bright = rng.random((points, count, 1, 1))
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    nearest = np.full((count, SIDE, SIDE), np.inf, dtype=np.float32)
    pattern = np.zeros((count, SIDE, SIDE), dtype=np.float32)
    for y, x, value in zip(*middle.astype(np.float32), bright):
        distance = (rows - y) ** 2 + (columns - x) ** 2
        pattern = np.where(distance < nearest, value, pattern)
        nearest = np.minimum(distance, nearest)
    return pattern


def clouds(count: int, rng: np.random.Generator) -> np.ndarray:
    """Noise whose strength falls with its frequency."""
    down = np.fft.fftfreq(SIDE)[:, np.newaxis]
    right = np.fft.rfftfreq(SIDE)
    strength = 1 / np.maximum(np.hypot(down, right), 1 / SIDE) ** 1.5
    noise = rng.standard_normal((count, SIDE, SIDE))
    pattern = np.fft.irfft2(np.fft.rfft2(noise) * strength, s=(SIDE, SIDE))
    pattern -= pattern.mean(axis=(1, 2), keepdims=True)
    spread = pattern.std(axis=(1, 2), keepdims=True)
    return np.clip(0.5 + pattern / (4 * spread), 0, 1)


TEXTURES = (waves, ripples, weave, bricks, cells, clouds)
TEXTURE_NAMES = tuple(texture.__name__ for texture in TEXTURES)


def textures(split: str, count: int = 300, seed: int = 0) -> Split:
    """`count` textures in six classes (TEXTURE_NAMES): (count, 3, 32, 32), float32 from 0 to 1.

    The splits draw from different random streams.
    """
    rng = np.random.default_rng([3, split_number(split), seed])
    labels = shuffled_labels(count, len(TEXTURES), rng)
    pattern = np.empty((count, 1, SIDE, SIDE), dtype=np.float32)
    for label, texture in enumerate(TEXTURES):
        chosen = labels == label
        pattern[chosen, 0] = texture(int(chosen.sum()), rng)
    dark, light = _two_colours(count, rng)
    return Split(camera(dark + pattern * (light - dark), rng), labels)


DIRECTIONS = 6
GRATING_NAMES = tuple(f"{180 * number // DIRECTIONS}°" for number in range(DIRECTIONS))
FINE = (2.5, 5.0)  # pixels from line to line


def gratings(split: str, count: int = 300, seed: int = 0) -> Split:
    """`count` photographs behind fine lines; the class is the lines' direction (GRATING_NAMES).

    0° are upright lines, and it grows anticlockwise, give or take a third of a class.
    Colour, strength, period and phase are random. (count, 3, 32, 32), float32 from 0 to 1.
    """
    rng = np.random.default_rng([6, split_number(split), seed])
    labels = shuffled_labels(count, DIRECTIONS, rng)
    images = 0.2 + 0.6 * backgrounds(split, count, rng)
    each = (count, 1, 1, 1)
    turn = np.pi * (labels.reshape(each) + rng.uniform(-0.3, 0.3, each)) / DIRECTIONS
    rows, columns = np.mgrid[:SIDE, :SIDE]
    across = np.cos(turn) * columns - np.sin(turn) * rows
    lines = _wave(across / rng.uniform(*FINE, each) + rng.random(each)) - 0.5
    colour = rng.uniform(-1, 1, size=(count, 3, 1, 1))
    colour *= rng.uniform(0.2, 0.6, each) / np.abs(colour).max(axis=1, keepdims=True)
    return Split(camera((images + colour * lines).astype(np.float32), rng), labels)


def _turned(
    count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two coordinates of every pixel, in pixels, axes turned at random; and periods."""
    turn = rng.uniform(0, 2 * np.pi, size=(count, 1, 1))
    start = rng.uniform(0, 2 * PERIOD[1], size=(2, count, 1, 1))
    period = rng.uniform(*PERIOD, size=(count, 1, 1))
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    along = np.cos(turn) * columns + np.sin(turn) * rows + start[0]
    across = np.cos(turn) * rows - np.sin(turn) * columns + start[1]
    return along, across, period


def _wave(phase: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.sin(2 * np.pi * phase)


def _from_edge(place: np.ndarray) -> np.ndarray:
    """Distance to the nearest whole number."""
    return np.abs(place - np.round(place))


def _two_colours(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two colours for each image, (count, 3, 1, 1), apart by at least 0.35 in some channel."""
    first = rng.random((count, 3))
    second = rng.random((count, 3))
    near = np.abs(first - second).max(axis=1) < 0.35
    second[near] = (first[near] + 0.5) % 1
    shape = (count, 3, 1, 1)
    return (
        first.reshape(shape).astype(np.float32),
        second.reshape(shape).astype(np.float32),
    )
