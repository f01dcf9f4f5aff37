"""Figure of lesson 10: what bounds a layer, the processor's speed or the memory's."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from course.kit.plot import style

MARKS = ((style.BLUE, "o"), (style.ORANGE, "s"), (style.GREEN, "D"), (style.RED, "^"))
MARKS += ((style.PURPLE, "v"), (style.SKY, "P"))


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
