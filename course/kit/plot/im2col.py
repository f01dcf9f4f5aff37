"""Figures of lessons 04 and 11: an image beside its matrix of windows, times, and what bounds them."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from course.kit.plot import style
from course.kit.plot.pictures import picture

CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}
LINES = ((style.RED, "o"), (style.ORANGE, "s"), (style.BLUE, "^"), (style.GREEN, "D"))
MARK = style.SKY

MARKS = ((style.BLUE, "o"), (style.ORANGE, "s"), (style.GREEN, "D"), (style.RED, "^"))
MARKS += ((style.PURPLE, "v"), (style.SKY, "P"))


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


def step_times(
    seconds: Mapping[str, Sequence[float]],
    work: Sequence[float],
    ax: Axes | None = None,
) -> Axes:
    """One line per way to compute the same thing; both axes are logarithmic.

    `seconds` holds for each way a time for every entry of `work`, the multiplications.
    """
    ax = style.new_axes(3.8, ax=ax)
    for (name, times), (colour, marker) in zip(seconds.items(), LINES * len(seconds)):
        ax.plot(work, times, color=colour, marker=marker, label=name)
        ax.annotate(
            name,
            (work[-1], times[-1]),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=10,
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(min(work) / 1.5, max(work) * 5)
    ax.grid(alpha=0.3)
    return style.name_axes(ax, "multiplications, logarithmic", "seconds, logarithmic")


def _name_channels(ax: Axes, channels: int, each: int) -> None:
    """Name the blocks of rows by their channel, and draw a line between them."""
    names = CHANNELS.get(channels) or [f"channel {c}" for c in range(channels)]
    middles = [(c + 0.5) * each - 0.5 for c in range(channels)]
    ax.set_yticks(middles, labels=names)
    ax.tick_params(axis="y", length=0)
    for c in range(1, channels):
        ax.axhline(c * each - 0.5, color=style.YELLOW, linewidth=1.0)


def roofline(
    layers: Mapping[str, tuple[float, float]],
    peak: float,
    bandwidth: float,
    ax: Axes | None = None,
) -> Axes:
    """Layers below the roof that the processor and its memory build; both axes are log.

    `layers` holds for each name its operations per byte and its operations per second.
    `peak` is the most operations per second, `bandwidth` the bytes per second of memory.
    (Williams, Waterman and Patterson, "Roofline", 2009.)
    """
    ax = style.new_axes(5.0, ax=ax)
    edge = peak / bandwidth  # operations per byte where the slope meets the flat part
    along = [point[0] for point in layers.values()]
    left, right = min([edge, *along]) / 3, max([edge, *along]) * 3
    x = np.array([left, edge, right])
    ax.plot(x, np.minimum(peak, x * bandwidth) / 1e9, color=style.INK, linewidth=2)
    for (name, (per_byte, speed)), (colour, mark) in zip(
        layers.items(), MARKS * (len(layers) // len(MARKS) + 1)
    ):
        ax.plot(
            per_byte,
            speed / 1e9,
            mark,
            color=colour,
            markersize=9,
            linestyle="none",
            label=name,
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    speeds = [point[1] / 1e9 for point in layers.values()]
    lowest = min([left * bandwidth / 1e9, *speeds])
    highest = max([peak / 1e9, *speeds])
    ax.set_ylim(lowest / 2, highest * 3)
    ax.set_xlim(left, right)
    ax.text(
        edge,
        peak / 1e9 * 1.12,
        f"product: {peak / 1e9:.0f} Gflop/s",
        ha="left",
        va="bottom",
        color=style.INK,
        fontsize=10,
    )
    ax.text(
        np.sqrt(left * edge) * 1.15,
        np.sqrt(left * edge) * bandwidth / 1e9,
        f"copy: {bandwidth / 1e9:.0f} GB/s",
        ha="left",
        va="top",
        color=style.INK,
        fontsize=10,
    )
    if layers:  # outside, where it covers no point
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2), "ncols": 2}
        ax.legend(frameon=False, fontsize=10, **below)
    ax.grid(alpha=0.3)
    return style.name_axes(
        ax,
        "operations per byte of x, w and out, logarithmic",
        "Gflop/s, logarithmic",
    )
