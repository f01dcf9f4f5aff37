"""Drawings: how a layer is wired, a computational graph, a gradient on its way back, and arithmetic
with small arrays, each as cells with their numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course.kit.plot import style

SHARED = (style.ORANGE, style.BLUE, style.GREEN, style.PURPLE, style.RED)
GRADIENT = style.RED
CELLS_ACROSS = 22  # in the width of a figure

Frame = tuple[int, int, int, int]  # top, left, height, width

# One strong and one pale colour each: frames in the first, cells in the second.
STRONG = (style.BLUE, style.RED, style.GREEN, style.PURPLE, style.INK)
PALE = ("#CBE3F5", "#FBDCC8", "#C9EBDF", "#F3DCE8", "#E4E4E4")
LARGEST = 0.42  # inches: the side of a cell
GAP = 0.9  # cells between an array and a sign
PALE_BLUE, PALE_ORANGE, *_ = PALE


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


def wirings(inputs: int = 7, filter_size: int = 3) -> list[Axes]:
    """A row of numbers to a shorter row, in three ways: dense, a window each, one window for all.

    A line is a weight; two lines of one colour in the last picture are the same weight.
    """
    outputs = inputs - filter_size + 1
    if filter_size > len(SHARED) or outputs < 1:
        raise ValueError(
            f"a filter of {filter_size} on {inputs} numbers cannot be drawn: "
            f"at most {min(len(SHARED), inputs)}"
        )
    every = [(i, o) for o in range(outputs) for i in range(inputs)]
    windows = [(o + j, o) for o in range(outputs) for j in range(filter_size)]
    ways = {
        f"dense: {len(every)} weights": [(*line, style.QUIET) for line in every],
        f"a window each: {len(windows)} weights": [
            (*line, style.QUIET) for line in windows
        ],
        f"one window, shared: {filter_size} weights": [
            (i, o, SHARED[i - o]) for i, o in windows
        ],
    }
    axes = style.new_row(len(ways), height=2.3)
    for ax, (title, lines) in zip(axes, ways.items(), strict=True):
        shift = (inputs - outputs) / 2
        for i, o, colour in lines:
            shared = colour != style.QUIET
            ax.plot([i, o + shift], [0, 1], color=colour, lw=2 if shared else 1)
        for row, count, begin in ((0, inputs, 0), (1, outputs, shift)):
            for place in range(count):
                fill = style.SKY if row == 0 else "white"
                ax.scatter(
                    begin + place, row, s=130, color=fill, edgecolor=style.INK, zorder=3
                )
        ax.set_xlim(-0.6, inputs - 0.4)
        ax.set_ylim(-0.25, 1.25)
        ax.axis("off")
        ax.set_title(title, fontsize=11, color=style.INK)
    return axes


def computation(
    nodes: Mapping[str, tuple[float, float]],
    edges: Sequence[tuple[str, str, str, str]],
    ax: Axes | None = None,
) -> Axes:
    """A computational graph: `nodes` at their places (x, y), joined from left to right.

    An edge is (from, to, value, gradient): the value goes forward, written above the line, the
    gradient comes back, in red below it. Either may be empty.
    """
    ax = style.new_axes(2.7, ax=ax)
    radius = 22  # points
    for start, end, value, gradient in edges:
        (x0, y0), (x1, y1) = nodes[start], nodes[end]
        look = {"arrowstyle": "->", "shrinkA": radius, "shrinkB": radius}
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={**look, "color": style.QUIET})
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        # Beside a line that slopes, a text begins or ends at its middle, clear of the line.
        above, below = "center", "center"
        if y0 != y1:
            above, below = ("left", "right") if y0 > y1 else ("right", "left")
        for text, colour, up, side in (
            (value, style.INK, 3, above),
            (gradient, GRADIENT, -4, below),
        ):
            ax.annotate(
                text,
                middle,
                (0, up),
                textcoords="offset points",
                ha=side,
                va="bottom" if up > 0 else "top",
                color=colour,
                fontsize=11,
            )
    for name, (x, y) in nodes.items():
        ax.scatter(x, y, s=1500, color="white", edgecolor=style.INK, zorder=3)
        ax.text(x, y, name, ha="center", va="center", fontsize=11, zorder=4)
    xs, ys = zip(*nodes.values(), strict=True)
    ax.set_xlim(min(xs) - 0.4, max(xs) + 0.4)
    ax.set_ylim(min(ys) - 0.5, max(ys) + 0.5)
    ax.axis("off")
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
    fills = [PALE_ORANGE] * len(dilated)
    fills[::stride] = [PALE_BLUE] * len(dout)
    padded = np.pad(dilated, F - 1)
    border = [style.PAPER] * (F - 1)
    fills = [*border, *fills, *border]
    places = len(padded) - F + 1
    first, row_height = 4, 1.15
    across = max(CELLS_ACROSS, first + len(padded) + 6)
    down = 1.5 + row_height * places
    ax = style.new_axes(style.WIDTH * down / across, ax=ax)
    _row(ax, padded, first, 0, fills, style.INK)
    ax.text(first - 0.3, 0.5, "dout, with zeros", ha="right", va="center")
    ax.text(first - 0.3, 2, "flipped w", ha="right", va="center")
    for m in range(places):
        top = 1.5 + row_height * m
        _row(ax, w[::-1], first + m, top, [style.BLUE] * F, "white")
        answer = _short(padded[m : m + F] @ w[::-1])
        where = first + len(padded) + 0.8
        ax.text(where, top + 0.5, f"dx[{m}] = {answer}", va="center")
    ax.set_xlim(-0.1, across)
    ax.set_ylim(down, -0.1)
    ax.set_aspect("equal", anchor="W")
    ax.axis("off")
    return ax


def _row(
    ax: Axes,
    values: np.ndarray,
    left: float,
    top: float,
    fills: Sequence[str],
    ink: str,
) -> None:
    """Numbers in a row of cells whose upper left corner is (left, top)."""
    for column, (value, fill) in enumerate(zip(values, fills, strict=True)):
        box = (left + column, top), 1, 1
        ax.add_patch(Rectangle(*box, fc=fill, ec=style.QUIET, lw=0.7))
        place = (left + column + 0.5, top + 0.52)
        ax.text(*place, _short(value), ha="center", va="center", color=ink)


def _short(value: float) -> str:
    return f"{float(value):.4g}".replace("-", "\N{MINUS SIGN}")
