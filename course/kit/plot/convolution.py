"""How a convolution is worked out: one step of a sliding filter, and all its windows as a matrix."""

from collections.abc import Callable
from typing import SupportsFloat

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course.kit.plot import style
from course.kit.plot.pictures import picture

GAP = 1.4  # between two grids, in cells
SUM = 0.14  # room for the sum of a channel, as a part of all the rest
LEAST_SUM = 2.4  # cells: what it takes where cells are large
ORANGE_PAPER = "#F8E3B5"
CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}
MARK = style.SKY


def window_step(
    image: np.ndarray,
    weights: np.ndarray,
    bias: float = 0,
    stride: int = 1,
    padding: int = 0,
    row: int = 0,
    column: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """What a filter (C, FH, FW) computes at one place of an image (C, H, W).

    The output shows the answers up to this place, in reading order. A filter that does
    not fit is named as such, and nothing is computed. A place beyond the last is the last.
    """
    C, H, W = image.shape
    _, FH, FW = weights.shape
    padded = np.pad(image, [(0, 0), (padding, padding), (padding, padding)])
    high, wide = padded.shape[1:]
    shape, problem = _places((H, W), (FH, FW), stride, padding)
    HO, WO = shape
    row, column = min(row, max(HO - 1, 0)), min(column, max(WO - 1, 0))
    top, left = row * stride, column * stride

    filters_at = wide + GAP
    products_at = filters_at + FW + GAP
    room = max(SUM * (products_at + FW + max(WO, 3)), LEAST_SUM)
    output_at = products_at + FW + room
    pitch = max(high, FH) + 2.0
    right = output_at + max(WO, 3) if not problem else products_at
    low = max(C * pitch, HO + 2.0)
    ax = style.new_axes(style.WIDTH * (low + 0.6) / right, ax=ax)
    ax.set_xlim(-0.2, right + 0.2)
    ax.set_ylim(low - 0.9, -1.3)
    ax.set_aspect("equal")
    ax.axis("off")
    size = min(9.0, 9.0 * 24 / right)

    def grid(
        values: np.ndarray, x: float, y: float, title: str, look: Callable
    ) -> None:
        ax.text(x, y - 0.3, title, fontsize=9, color=style.QUIET)
        for i, j in np.ndindex(values.shape):
            fill, ink, text = look(i, j, _short(values[i, j]))
            cell = Rectangle(
                (x + j, y + i), 1, 1, facecolor=fill, edgecolor=style.QUIET, lw=0.6
            )
            ax.add_patch(cell)
            ax.text(
                x + j + 0.5,
                y + i + 0.52,
                text,
                ha="center",
                va="center",
                color=ink,
                fontsize=size,
            )

    def plain(i: int, j: int, text: str) -> tuple[str, str, str]:
        return "white", style.INK, text

    answers = _answers(padded, weights, bias, stride, shape)
    sums = []
    for c in range(C):
        y = c * pitch

        def pixel(i: int, j: int, text: str) -> tuple[str, str, str]:
            border = not (
                padding <= i < high - padding and padding <= j < wide - padding
            )
            inside = not problem and top <= i < top + FH and left <= j < left + FW
            fill = ORANGE_PAPER if inside else style.PAPER if border else "white"
            return fill, style.QUIET if border else style.INK, text

        grid(padded[c], 0, y, f"x, channel {c}", pixel)
        grid(weights[c], filters_at, y, "filter", plain)
        if problem:
            continue
        frame = Rectangle(
            (left, y + top), FW, FH, fill=False, edgecolor=style.ORANGE, lw=2.5
        )
        ax.add_patch(frame)
        products = padded[c, top : top + FH, left : left + FW] * weights[c]
        sums.append(products.sum())
        grid(products, products_at, y, "products", plain)
        middle = y + FH / 2
        ax.text(
            filters_at - GAP / 2, middle, "·", ha="center", va="center", fontsize=14
        )
        ax.text(
            products_at - GAP / 2, middle, "=", ha="center", va="center", fontsize=11
        )
        ax.text(
            products_at + FW + 0.3,
            middle,
            f"sum {_short(sums[-1])}",
            va="center",
            fontsize=9,
        )

    if problem:
        title, colour = f"Does not fit. {problem}", style.RED
    else:

        def place(i: int, j: int, text: str) -> tuple[str, str, str]:
            if (i, j) == (row, column):
                return style.BLUE, "white", text
            return "white", style.INK, text if (i, j) < (row, column) else "?"

        grid(answers, output_at, 0, f"output, {HO} x {WO}", place)
        parts = " + ".join(
            _bracketed(part, first=n == 0) for n, part in enumerate(sums)
        )
        answer = _short(answers[row, column])
        title = f"out[{row}, {column}] = {parts} + bias {_bracketed(bias)} = {answer}"
        colour = style.INK
    ax.set_title(title, loc="left", fontsize=11, color=colour)
    return ax


def _places(
    sizes: tuple[int, int], filter_sizes: tuple[int, int], stride: int, padding: int
) -> tuple[tuple[int, int], str]:
    """(HO, WO) and "", or (0, 0) and what does not fit."""
    places, problems = [], []
    for axis, size, filter_size in zip(("Height", "Width"), sizes, filter_sizes):
        span = size - filter_size + 2 * padding
        if span < 0 or span % stride:
            wrong = "negative" if span < 0 else f"not a multiple of the stride {stride}"
            problems.append(
                f"{axis}: {size} - {filter_size} + 2·{padding} = {span} is {wrong}."
            )
        places.append(span // stride + 1)
    high, wide = places
    return ((0, 0), " ".join(problems)) if problems else ((high, wide), "")


def _answers(
    padded: np.ndarray,
    weights: np.ndarray,
    bias: float,
    stride: int,
    shape: tuple[int, int],
) -> np.ndarray:
    """The whole output (HO, WO)."""
    _, FH, FW = weights.shape
    answers = np.zeros(shape)
    for i, j in np.ndindex(shape):
        window = padded[:, i * stride : i * stride + FH, j * stride : j * stride + FW]
        answers[i, j] = (window * weights).sum() + bias
    return answers


def _short(value: SupportsFloat) -> str:
    return f"{float(value):.4g}".replace("-", "\N{MINUS SIGN}")


def _bracketed(value: float, first: bool = False) -> str:
    return f"({_short(value)})" if value < 0 and not first else _short(value)


def column_matrix(
    image: np.ndarray,
    cols: np.ndarray,
    filter_height: int,
    filter_width: int,
    stride: int,
    place: tuple[int, int],
) -> list[Axes]:
    """An image (C, H, W) above its X_col (C*FH*FW, HO*WO); one window is marked in both.

    Values run from 0 to 1; the image has no padding. `place` is (ho, wo). Returns the axes of the image, of
    the marked window's pixels, of that column alone, and of X_col.
    """
    C, H, W = image.shape
    ho, wo = place
    WO = (W - filter_width) // stride + 1
    column = ho * WO + wo
    top, left = ho * stride, wo * stride
    window = image[:, top : top + filter_height, left : left + filter_width]

    heights = [2.9, 3.4]
    figure = plt.figure(figsize=(style.WIDTH, sum(heights)), layout="constrained")
    grid = figure.add_gridspec(2, 3, height_ratios=heights, width_ratios=[6, 2.6, 1.2])
    above, zoom, single = (figure.add_subplot(grid[0, index]) for index in range(3))
    below = figure.add_subplot(grid[1, :])

    picture(image, f"x: {C} x {H} x {W}", ax=above)
    style.frame(above, top, left, filter_height, filter_width, MARK, lw=2.2)
    picture(window, f"place ({ho}, {wo})", ax=zoom)
    zoom.set_xticks(range(filter_width), labels=range(left, left + filter_width))
    zoom.set_yticks(range(filter_height), labels=range(top, top + filter_height))

    single.imshow(cols[:, [column]], cmap=style.GREY, vmin=0, vmax=1, aspect="auto")
    style.name_axes(single, "", "", f"column {column}")
    single.set_xticks([])
    _name_channels(single, C, filter_height * filter_width)

    below.imshow(
        cols, cmap=style.GREY, vmin=0, vmax=1, aspect="auto", interpolation="nearest"
    )
    style.frame(below, 0, column, len(cols), 1, MARK, lw=2.2)
    _name_channels(below, C, filter_height * filter_width)
    rows, places = cols.shape
    title = f"X_col: {rows} rows, one per weight, x {places} columns, one per place"
    style.name_axes(below, "place, row by row of the output", "", title)
    return [above, zoom, single, below]


def _name_channels(ax: Axes, channels: int, each: int) -> None:
    """Name the blocks of rows by their channel, and draw a line between them."""
    names = CHANNELS.get(channels) or [f"channel {c}" for c in range(channels)]
    middles = [(c + 0.5) * each - 0.5 for c in range(channels)]
    ax.set_yticks(middles, labels=names)
    ax.tick_params(axis="y", length=0)
    for c in range(1, channels):
        ax.axhline(c * each - 0.5, color=style.YELLOW, linewidth=1.0)
