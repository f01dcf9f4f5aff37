"""Small arrays drawn as cells, so that one sees what happens to their numbers."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course.kit.plot import style

CELL = 0.36  # inches
ACROSS = style.WIDTH / CELL  # cells in the width of a figure
PALE_BLUE, PALE_ORANGE = "#D3E7F5", "#F8E3B5"
MINUS = "\N{MINUS SIGN}"


def zero_border(image: np.ndarray, padding: int, ax: Axes | None = None) -> Axes:
    """An image (H, W) beside the same image with `padding` zeros on every border, in grey."""
    H, W = image.shape
    padded = np.pad(image, padding)
    ax = _canvas(W + padded.shape[1] + 4, H + 2 * padding + 1.2, ax)
    _grid(ax, image, 0, padding + 1, _fills(image, PALE_BLUE), f"{H} x {W}")
    fills = np.pad(_fills(image, PALE_BLUE), padding, constant_values=style.PAPER)
    middle = 1 + padded.shape[0] / 2
    _arrow(ax, (W + 0.6, middle), (W + 2.4, middle))
    _grid(ax, padded, W + 3, 1, fills, "{} x {}".format(*padded.shape))
    return ax


def grid_sum(
    name: str,
    terms: Sequence[tuple[float, np.ndarray]],
    total: np.ndarray,
    ax: Axes | None = None,
) -> Axes:
    """name = factor · array + factor · array ... = total, every array as a grid of cells.

    The arrays have one shape, (rows, columns). NaN is an empty cell: nothing is added there.
    """
    rows, columns = total.shape
    across = 2.6 + (len(terms) + 1) * (columns + 2.2)
    ax = _canvas(across, rows + 0.4, ax)
    middle, left = 0.2 + rows / 2, 2.6
    _word(ax, 0, middle, f"{name}  =", size=11, align="left")
    for place, (factor, array) in enumerate(terms):
        sign = f" {MINUS} " if factor < 0 else " + " if place else " "
        _word(ax, left - 0.15, middle, f"{sign}{_short(abs(factor))} ·", 11, "right")
        fills = np.where(np.isnan(array), style.PAPER, PALE_ORANGE)
        _grid(ax, array, left, 0.2, fills)
        left += columns + 2.2
    _word(ax, left - 1.1, middle, "=", size=11)
    _grid(ax, total, left, 0.2, _fills(total, PALE_BLUE))
    return ax


def backward_slide(
    dout: np.ndarray, w: np.ndarray, stride: int = 1, ax: Axes | None = None
) -> Axes:
    """The gradient of a 1-D convolution: the flipped filter slides over dout among zeros.

    dout (LO,), w (F,). Between the entries of dout stand stride - 1 zeros, at either end F - 1.
    """
    F = len(w)
    dilated = np.zeros((len(dout) - 1) * stride + 1)
    dilated[::stride] = dout
    fills = np.full(len(dilated), PALE_ORANGE)
    fills[::stride] = PALE_BLUE
    padded = np.pad(dilated, F - 1)
    fills = np.pad(fills, F - 1, constant_values=style.PAPER)
    places = len(padded) - F + 1
    ax = _canvas(4 + len(padded) + 6, places * 1.15 + 1.6, ax)
    _word(ax, 3.7, 0.5, "dout, with zeros", align="right")
    _grid(ax, padded[np.newaxis], 4, 0, fills[np.newaxis])
    for m in range(places):
        top = 1.5 + 1.15 * m
        if m == 0:
            _word(ax, 3.7, top + 0.5, "flipped w", align="right")
        _grid(ax, w[np.newaxis, ::-1], 4 + m, top, style.BLUE, ink="white")
        answer = _short(padded[m : m + F] @ w[::-1])
        where = 4 + len(padded) + 0.8
        _word(ax, where, top + 0.5, f"dx[{m}] = {answer}", align="left")
    return ax


def _canvas(across: float, down: float, ax: Axes | None) -> Axes:
    """Axes counted in cells, y downwards, with cells of one size in every figure."""
    across = max(across, ACROSS)
    ax = style.new_axes(style.WIDTH * down / across, ax=ax)
    ax.set_xlim(-0.1, across)
    ax.set_ylim(down, -0.1)
    ax.set_aspect("equal", anchor="W")
    ax.axis("off")
    return ax


def _fills(array: np.ndarray, colour: str) -> np.ndarray:
    return np.full(array.shape, colour)


def _grid(
    ax: Axes,
    values: np.ndarray,
    left: float,
    top: float,
    fills: np.ndarray | str,
    title: str = "",
    ink: str = style.INK,
) -> None:
    """The cells of `values` (rows, columns), their upper left corner at (left, top)."""
    fills = np.broadcast_to(fills, values.shape)
    for row, column in np.ndindex(values.shape):
        box = (left + column, top + row), 1, 1
        fill = str(fills[row, column])
        ax.add_patch(Rectangle(*box, facecolor=fill, edgecolor=style.QUIET, lw=0.7))
        value = values[row, column]
        if not np.isnan(value):
            _word(ax, left + column + 0.5, top + row + 0.52, _short(value), ink=ink)
    if title:
        _word(ax, left + values.shape[1] / 2, top - 0.45, title, ink=style.INK)


def _word(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    size: float = 10,
    align: str = "center",
    ink: str = style.INK,
) -> None:
    ax.text(x, y, text, ha=align, va="center", fontsize=size, color=ink)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": style.INK})


def _short(value: float) -> str:
    return f"{float(value) + 0.0:.4g}".replace("-", MINUS)  # + 0.0: no "-0"
