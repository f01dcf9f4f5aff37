"""Bars for counts that differ by factors of thousands: what a layer costs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course.kit.plot import style


def parameter_bars(counts: Mapping[str, int], ax: Axes | None = None) -> Axes:
    """Numbers to learn, one bar per kind of layer, on a logarithmic axis."""
    ax = style.new_axes(0.9 + 0.45 * len(counts), ax=ax)
    _log_bars(ax, list(counts.values()), np.arange(len(counts)), 0.6, style.BLUE)
    ax.set_yticks(range(len(counts)), labels=counts)
    ax.invert_yaxis()
    return style.name_axes(ax, "numbers to learn, logarithmic", "layer")


def trace_bars(
    input_shape: tuple[int, int, int],
    rows: Sequence[tuple[str, tuple[int, int, int], int]],
    ax: Axes | None = None,
) -> Axes:
    """For the input and each layer: numbers that come out, and numbers to learn."""
    rows = [("input", input_shape, 0), *rows]
    ax = style.new_axes(1.1 + 0.5 * len(rows), ax=ax)
    y = np.arange(len(rows))
    outputs = [int(np.prod(shape)) for _, shape, _ in rows]
    learned = [parameters for _, _, parameters in rows]
    _log_bars(ax, outputs, y - 0.2, 0.36, style.SKY, label="numbers that come out")
    _log_bars(ax, learned, y + 0.2, 0.36, style.ORANGE, label="numbers to learn")
    labels = [f"{name}  {shape}" for name, shape, _ in rows]
    ax.set_yticks(y, labels=labels)
    ax.invert_yaxis()
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.13), ncols=2)
    return style.name_axes(ax, "count, logarithmic", "layer (C, H, W)")


def _log_bars(
    ax: Axes,
    counts: Sequence[int],
    y: np.ndarray,
    height: float,
    colour: str,
    label: str | None = None,
) -> None:
    """Horizontal bars with their counts written out; a zero has no bar but a label."""
    widest = max([10, *counts, *(bar.get_width() for bar in ax.patches)])
    room_for_label = 1.25
    ax.set_xlim(1, widest**room_for_label)
    ax.set_xscale("log")
    ax.barh(y, counts, height=height, color=colour, label=label)
    for count, where in zip(counts, y, strict=True):
        ax.annotate(
            f"{count:,}",
            (max(count, 1), where),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
