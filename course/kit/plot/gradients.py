"""Figures of lesson 03: how a gradient flows back, how well it is measured, where it is none."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course.kit.plot import style

COLOURS = (style.ORANGE, style.BLUE, style.GREEN, style.PURPLE)
LOWEST = 1e-17  # stands for an error of 0, which a logarithmic axis cannot show

CELLS_ACROSS = 22  # in the width of a figure
PALE_BLUE, PALE_ORANGE = "#CBE3F5", "#FBDCC8"


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
    for (name, values), colour in zip(drawn.items(), COLOURS):
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
    for (name, values), colour in zip(measured.items(), COLOURS):
        ax.plot(places, values, color=colour, linewidth=2, label=name)
    ax.set_ylim(-0.1, 1.1)
    ax.ticklabel_format(axis="x", style="sci", scilimits=(0, 0))
    ax.legend(frameon=False, loc="upper left")
    return style.name_axes(ax, "x", "slope reported at x")


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
        ax.add_patch(Rectangle(*box, fc=str(fill), ec=style.QUIET, lw=0.7))
        place = (left + column + 0.5, top + 0.52)
        ax.text(*place, _short(value), ha="center", va="center", color=ink)


def _short(value: float) -> str:
    return f"{float(value):.4g}".replace("-", "\N{MINUS SIGN}")
