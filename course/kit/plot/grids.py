"""Small arrays as cells with their numbers, side by side, and signs between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course.kit.plot import style

Frame = tuple[int, int, int, int]  # top, left, height, width

# One strong and one pale colour each: frames in the first, cells in the second.
STRONG = (style.BLUE, style.RED, style.GREEN, style.PURPLE, style.INK)
PALE = ("#CBE3F5", "#FBDCC8", "#C9EBDF", "#F3DCE8", "#E4E4E4")
LARGEST = 0.42  # inches: the side of a cell
GAP = 0.9  # cells between an array and a sign


@dataclass(frozen=True)
class Cells:
    """An array (rows, columns) to be drawn with its numbers.

    frames: (top, left, height, width) of rectangles to outline; the first is blue, the
    second red, then green, purple and black. fills: for each cell the number of a colour
    in the same order, counted from 1; 0 is white. hide: a value that is not written.
    """

    values: np.ndarray
    title: str = ""
    frames: Sequence[Frame] = ()
    fills: np.ndarray | None = None
    hide: float | None = None
    rows: Mapping[int, str] = field(default_factory=dict)  # names left of rows


def cells(*parts: Cells | str) -> Axes:
    """Arrays and signs in one row: cells(Cells(a, "x"), "+", Cells(b, "y"), "=", ...)."""
    widths = [_width(part) for part in parts]
    total = sum(widths) + GAP * (len(parts) - 1)
    tallest = max(part.values.shape[0] for part in parts if isinstance(part, Cells))
    side = min(LARGEST, style.WIDTH / (total + 0.4))
    ax = style.new_axes(side * (tallest + 1.5) + 0.1)
    left = 0.0
    for part, width in zip(parts, widths):
        if isinstance(part, Cells):
            named = width - part.values.shape[1]
            _array(ax, part, left + named, (tallest - part.values.shape[0]) / 2)
        else:
            middle = (left + width / 2, tallest / 2)
            ax.text(*middle, part, ha="center", va="center", fontsize=13)
        left += width + GAP
    shown = style.WIDTH / side  # cells that fit: what is drawn stands at the left
    ax.set_xlim(-0.2, max(shown, total) - 0.2)
    ax.set_ylim(tallest + 0.3, -1.2)
    ax.set_aspect("equal", anchor="W")
    ax.set_axis_off()
    return ax


def _width(part: Cells | str) -> float:
    if isinstance(part, str):
        return 0.35 * max(1, len(part))
    names = max((len(name) for name in part.rows.values()), default=0)
    return part.values.shape[1] + 0.28 * names


def _array(ax: Axes, part: Cells, left: float, top: float) -> None:
    rows, columns = part.values.shape
    ax.text(left, top - 0.25, part.title, ha="left", va="bottom", fontsize=10)
    for row, column in np.ndindex(rows, columns):
        fill = 0 if part.fills is None else int(part.fills[row, column])
        paper = PALE[(fill - 1) % len(PALE)] if fill else "white"
        _box(ax, left + column, top + row, 1, 1, style.QUIET, 0.6, paper)
        value = part.values[row, column]
        if part.hide is None or value != part.hide:
            place = (left + column + 0.5, top + row + 0.52)
            ax.text(*place, f"{value:g}", ha="center", va="center", fontsize=10)
    for row, name in part.rows.items():
        place = (left - 0.2, top + row + 0.5)
        ax.text(*place, name, ha="right", va="center", fontsize=9)
    for number, (first, begin, height, width) in enumerate(part.frames):
        inset = 0.05 * number  # frames that share an edge stay apart
        _box(
            ax,
            left + begin + inset,
            top + first + inset,
            width - 2 * inset,
            height - 2 * inset,
            STRONG[number % len(STRONG)],
            2.2,
        )


def _box(
    ax: Axes,
    left: float,
    top: float,
    width: float,
    height: float,
    colour: str,
    line: float,
    paper: str = "none",
) -> None:
    box = Rectangle((left, top), width, height, ec=colour, fc=paper, lw=line)
    ax.add_patch(box)
