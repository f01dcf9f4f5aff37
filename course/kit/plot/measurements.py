"""Measurements as curves: the error of a gradient, times of a convolution, and what bounds them."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from course.kit.plot import style

ERROR_COLOURS = (style.ORANGE, style.BLUE, style.GREEN, style.PURPLE)
LOWEST = 1e-17  # stands for an error of 0, which a logarithmic axis cannot show
LINES = ((style.RED, "o"), (style.ORANGE, "s"), (style.BLUE, "^"), (style.GREEN, "D"))
MARKS = ((style.BLUE, "o"), (style.ORANGE, "s"), (style.GREEN, "D"), (style.RED, "^"))
MARKS += ((style.PURPLE, "v"), (style.SKY, "P"))


def error_against_step(
    steps: np.ndarray,
    errors: Mapping[str, Sequence[float]],
    default: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Error of numeric gradients against the step h, both logarithmic, one line per method.

    `default` is a step to mark. Dashed lines show the powers of h that the theory of
    rounding and of Taylor's series predicts: eps/h, h and h squared.
    """
    ax = style.new_axes(4.2, ax=ax)
    steps = np.asarray(steps, dtype=float)
    drawn = {
        name: np.maximum(np.asarray(values, dtype=float), LOWEST)
        for name, values in errors.items()
    }
    eps = np.finfo(float).eps
    for text, guide, share, offset in (
        ("eps/h", eps / steps, 0.25, (5, 5)),
        ("h", steps, 0.8, (6, -12)),
        ("h²", steps**2, 0.8, (8, -10)),
    ):
        ax.plot(steps, guide, "--", color=style.QUIET, linewidth=1, zorder=1)
        place = np.argsort(steps)[int(share * len(steps))]
        ax.annotate(
            text,
            (steps[place], guide[place]),
            xytext=offset,
            textcoords="offset points",
            color=style.QUIET,
        )
    for (name, values), colour in zip(drawn.items(), ERROR_COLOURS):
        ax.plot(steps, values, ".-", color=colour, label=name, zorder=2)
    if default is not None:
        ax.axvline(default, color=style.INK, linewidth=1, linestyle=":")
        ax.annotate(
            f"h = {default:g}",
            (default, 1),
            xycoords=("data", "axes fraction"),
            xytext=(5, -10),
            textcoords="offset points",
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    every = np.concatenate([*drawn.values(), [1.0]])
    ax.set_ylim(every.min() / 5, every.max() * 5)
    ax.legend(frameon=False, loc="lower left")
    return style.name_axes(ax, "step h", "largest error of the gradient")


def slopes_at_kink(
    places: np.ndarray,
    measured: Mapping[str, np.ndarray],
    slope: np.ndarray,
    ax: Axes | None = None,
) -> Axes:
    """What numeric gradients report around a kink at 0, one line per step, and the slope.

    `slope` is the true slope at the places; the line breaks where it jumps.
    """
    ax = style.new_axes(3.2, ax=ax)
    jumps = np.flatnonzero(np.diff(slope)) + 1
    for part in np.split(np.arange(len(places)), jumps):
        label = "slope of ReLU" if part[0] == 0 else None
        ax.plot(places[part], slope[part], color=style.INK, linewidth=4, label=label)
    for (name, values), colour in zip(measured.items(), ERROR_COLOURS):
        ax.plot(places, values, color=colour, linewidth=2, label=name)
    ax.set_ylim(-0.1, 1.1)
    ax.ticklabel_format(axis="x", style="sci", scilimits=(0, 0))
    ax.legend(frameon=False, loc="upper left")
    return style.name_axes(ax, "x", "slope reported at x")


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
