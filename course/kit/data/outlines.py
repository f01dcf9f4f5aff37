"""Flat shapes as formulas: how far a point lies outside the outline.

Every function takes u (to the right) and v (down) in units of the shape's half size, arrays
of one shape, and returns distances in the same unit: negative inside, zero on the outline.
They are exact near the edges and need not be far away. Source of the idea: signed distance
functions, https://iquilezles.org/articles/distfunctions2d/
"""

import numpy as np

Points = np.ndarray


def disc(u: Points, v: Points) -> Points:
    return np.hypot(u, v) - 0.95


def ring(u: Points, v: Points) -> Points:
    return np.abs(np.hypot(u, v) - 0.78) - 0.22


def square(u: Points, v: Points) -> Points:
    return _box(u, v, 0.85, 0.85)


def frame(u: Points, v: Points) -> Points:
    return np.abs(_box(u, v, 0.72, 0.72)) - 0.2


def triangle(u: Points, v: Points) -> Points:
    return _wedges(u, v, corners=3, outer=1.2, inner=0.6)


def cross(u: Points, v: Points) -> Points:
    return np.minimum(_box(u, v, 0.3, 1.0), _box(u, v, 1.0, 0.3))


def star(u: Points, v: Points) -> Points:
    return _wedges(u, v, corners=5, outer=1.15, inner=0.45)


def stripes(u: Points, v: Points) -> Points:
    lines = np.abs(_fold(v, 0.5)) - 0.125
    return np.maximum(lines, _box(u, v, 0.875, 0.8))


def checks(u: Points, v: Points) -> Points:
    right = np.abs(_fold(u + 0.25, 1.0)) - 0.25
    down = np.abs(_fold(v + 0.25, 1.0)) - 0.25
    cells = np.maximum(np.minimum(right, down), -np.maximum(right, down))
    return np.maximum(cells, _box(u, v, 0.9, 0.9))


def dots(u: Points, v: Points) -> Points:
    holes = np.hypot(_fold(u, 0.64), _fold(v, 0.64)) - 0.22
    return np.maximum(holes, _box(u, v, 0.96, 0.96))


def crescent(u: Points, v: Points) -> Points:
    return np.maximum(np.hypot(u, v) - 0.95, 0.8 - np.hypot(u - 0.5, v))


def arrow(u: Points, v: Points) -> Points:
    head = np.maximum((np.abs(u) - 1.0 - v) / np.sqrt(2), v)
    return np.minimum(head, _box(u, v - 0.45, 0.28, 0.55))


def hourglass(u: Points, v: Points) -> Points:
    return np.maximum((np.abs(u) - np.abs(v)) / np.sqrt(2) - 0.1, _box(u, v, 0.9, 0.9))


def corner(u: Points, v: Points) -> Points:
    return np.minimum(_box(u + 0.6, v, 0.3, 0.9), _box(u, v - 0.6, 0.9, 0.3))


def stairs(u: Points, v: Points) -> Points:
    low, high = _box(u, v - 0.6, 0.9, 0.3), _box(u - 0.6, v, 0.3, 0.9)
    return np.minimum(np.minimum(low, high), _box(u - 0.3, v - 0.3, 0.6, 0.6))


def _box(u: Points, v: Points, width: float, height: float) -> Points:
    """A rectangle of the given half width and half height around the middle."""
    return np.maximum(np.abs(u) - width, np.abs(v) - height)


def _fold(u: Points, period: float) -> Points:
    """Distance with sign to the nearest multiple of `period`."""
    return u - period * np.round(u / period)


def _wedges(u: Points, v: Points, corners: int, outer: float, inner: float) -> Points:
    """A star: `corners` tips at radius `outer`, notches at `inner` half-way between.

    With inner = outer * cos(pi / corners) it is the regular polygon.
    """
    step = 2 * np.pi / corners
    angle = np.abs(_fold(np.arctan2(u, -v), step))
    radius = np.hypot(u, v)
    along, across = radius * np.cos(angle), radius * np.sin(angle)
    notch = inner * np.array([np.cos(step / 2), np.sin(step / 2)])
    edge = notch - [outer, 0.0]
    normal = np.array([edge[1], -edge[0]]) / np.hypot(*edge)
    return ((along - outer) * normal[0] + across * normal[1]).astype(u.dtype)
