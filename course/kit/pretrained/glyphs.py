"""Digits drawn with strokes, as people draw them, each time a little differently.

Coordinates are shares of the height of a digit, x to the right, y downwards.
"""

import numpy as np

from course.kit.draw import picture_of

SPACING = 0.04  # between the points of a stroke


def _line(*parts: object) -> np.ndarray:
    return np.concatenate([np.atleast_2d(np.asarray(part, float)) for part in parts])


def _arc(x: float, y: float, rx: float, ry: float, first: int, last: int) -> np.ndarray:
    """Part of an ellipse around (x, y), from angle to angle, clockwise, 0 on the right."""
    angle = np.deg2rad(np.linspace(first, last, 24))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


_FLAG = ([0.3, 0.25], [0.55, 0.05], [0.55, 0.95])
_SEVEN = ([0.2, 0.05], [0.8, 0.05], [0.4, 0.95])
_LOOP = _arc(0.5, 0.3, 0.24, 0.25, -10, -370)

# Of each digit the ways to draw it; a way is a list of strokes.
GLYPHS = {
    0: [[_arc(0.5, 0.5, 0.3, 0.45, -90, 270)]],
    1: [
        [_line([0.5, 0.05], [0.5, 0.95])],
        [_line(*_FLAG)],
        [_line(*_FLAG), _line([0.3, 0.95], [0.8, 0.95])],
        [_line([0.65, 0.05], [0.4, 0.95])],
    ],
    2: [
        [_line(_arc(0.5, 0.3, 0.28, 0.25, -170, 30), [0.2, 0.95], [0.82, 0.95])],
        [
            _line(
                _arc(0.5, 0.3, 0.28, 0.25, -150, 45),
                _arc(0.35, 0.87, 0.1, 0.08, 180, 360),
                [0.85, 0.9],
            )
        ],
    ],
    3: [
        [
            _line(
                _arc(0.45, 0.28, 0.27, 0.23, -150, 90),
                _arc(0.45, 0.73, 0.32, 0.23, -90, 150),
            )
        ],
        [
            _line(
                *([0.2, 0.05], [0.75, 0.05], [0.45, 0.4]),
                _arc(0.45, 0.68, 0.3, 0.27, -80, 150),
            )
        ],
    ],
    4: [
        [
            _line([0.6, 0.05], [0.15, 0.65], [0.85, 0.65]),
            _line([0.62, 0.4], [0.62, 0.95]),
        ],
        [
            _line([0.25, 0.05], [0.22, 0.55], [0.8, 0.55]),
            _line([0.75, 0.05], [0.72, 0.95]),
        ],
        [_line([0.65, 0.95], [0.65, 0.05], [0.15, 0.7], [0.9, 0.7])],
    ],
    5: [
        [
            _line(
                *([0.75, 0.05], [0.28, 0.05], [0.25, 0.42]),
                _arc(0.45, 0.67, 0.3, 0.27, -110, 150),
            )
        ],
        [
            _line([0.28, 0.05], [0.25, 0.45], _arc(0.45, 0.68, 0.3, 0.26, -110, 150)),
            _line([0.28, 0.06], [0.8, 0.06]),
        ],
    ],
    6: [
        [
            _line(
                *([0.65, 0.05], [0.4, 0.25], [0.25, 0.55]),
                _arc(0.48, 0.7, 0.24, 0.24, 180, -180),
            )
        ],
        [
            _line(
                _arc(0.6, 0.6, 0.35, 0.55, -80, -180),
                _arc(0.48, 0.7, 0.24, 0.24, 180, -180),
            )
        ],
    ],
    7: [
        [_line(*_SEVEN)],
        [_line(*_SEVEN), _line([0.35, 0.5], [0.72, 0.5])],
        [_line(*([0.2, 0.15], [0.22, 0.05], [0.8, 0.05]), [0.55, 0.45], [0.45, 0.95])],
    ],
    8: [
        [
            _line(
                _arc(0.5, 0.27, 0.22, 0.22, 90, -270),
                _arc(0.5, 0.72, 0.27, 0.23, -90, 270),
            )
        ],
        [
            _line(
                _arc(0.5, 0.27, 0.22, 0.22, -30, -270),
                _arc(0.5, 0.73, 0.25, 0.22, -20, 200),
                *([0.5, 0.5], [0.7, 0.2]),
            )
        ],
    ],
    9: [
        [_line(_LOOP, [0.7, 0.95])],
        [_line(_LOOP, _arc(0.45, 0.6, 0.29, 0.35, 0, 110))],
    ],
}


def drawn(digit: int, rng: np.random.Generator) -> list[np.ndarray]:
    """One way to draw the digit: turned, slanted, stretched and bent, with a shaky hand."""
    ways = GLYPHS[digit]
    turn, slant = rng.normal(0, 0.12), rng.normal(0, 0.2)
    cos, sin = np.cos(turn), np.sin(turn)
    stretch = np.array([[np.exp(rng.normal(0, 0.22)), -slant], [0, 1]])
    matrix = np.array([[cos, -sin], [sin, cos]]) @ stretch
    height, phase = rng.normal(0, 0.03, (2, 3)), rng.uniform(0, 2 * np.pi, (2, 3))
    strokes = []
    for stroke in ways[rng.integers(len(ways))]:
        old = _dense(stroke) - 0.5
        new = old @ matrix.T
        for axis in (0, 1):
            waves = 2.5 * np.arange(1, 4) * old[:, [1 - axis]] + phase[axis]
            new[:, axis] += np.sin(waves) @ height[axis]
        strokes.append(new + rng.normal(0, 0.006, new.shape) + 0.5)
    return strokes


def drawn_digits(
    count: int, rng: np.random.Generator, widths: tuple[float, float] = (3.6, 5.6)
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, 1, 8, 8) of `count` drawings, and their labels."""
    labels = rng.integers(0, 10, count)
    pictures = [
        picture_of(drawn(int(digit), rng), rng.uniform(*widths)) for digit in labels
    ]
    return np.array(pictures)[:, np.newaxis], labels


def _dense(stroke: np.ndarray) -> np.ndarray:
    """The same line with points close to each other."""
    at = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    places = np.linspace(0, at[-1], int(at[-1] / SPACING) + 2)
    return np.stack([np.interp(places, at, axis) for axis in stroke.T], axis=1)
