"""One look for every figure of the course.

Figures are as wide as the text of a notebook and sharp on every screen, name their axes and use colours that stay
apart for colour-blind eyes. Every figure function takes `ax=None` and returns the
axes that it drew on.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

WIDTH = 8.0  # inches
DPI = 110  # pixels of a page for each of them: as wide as the text of a notebook

# The palette of Okabe and Ito (2008).
BLUE, SKY, GREEN = "#0072B2", "#56B4E9", "#009E73"
ORANGE, YELLOW, PURPLE = "#E69F00", "#F0E442", "#CC79A7"
RED, PALE_RED = "#D55E00", "#FBE3D3"  # what does not fit, what is wrong
INK, QUIET, PAPER = "#222222", "#8A8A8A", "#ECECEC"

VALUES = "viridis"  # numbers from low to high
SIGNED = "PuOr_r"  # numbers below and above zero: orange is positive, purple negative
GREY = "gray"  # photographs in shades of grey


def new_axes(height: float = 3.0, width: float = WIDTH, ax: Axes | None = None) -> Axes:
    """`ax` itself, or the axes of a new figure of `width` by `height` inches."""
    if ax is None:
        _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    return ax


def new_row(count: int, height: float = 2.5, width: float = WIDTH) -> list[Axes]:
    """`count` axes side by side in one new figure."""
    _, axes = plt.subplots(
        1, count, figsize=(width, height), layout="constrained", squeeze=False
    )
    return list(axes[0])


def new_column(heights: Sequence[float], width: float = WIDTH) -> list[Axes]:
    """Axes one below the other in one new figure; `heights` are in inches."""
    _, axes = plt.subplots(
        len(heights),
        1,
        figsize=(width, sum(heights)),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    return list(axes[:, 0])


def name_axes(ax: Axes, x: str, y: str, title: str = "", colour: str = INK) -> Axes:
    """Name both axes, put the title on the left, drop the upper and right lines."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if title:
        ax.set_title(title, loc="left", fontsize=11, color=colour)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def frame(
    ax: Axes,
    top: float,
    left: float,
    height: int = 1,
    width: int = 1,
    colour: str = RED,
    **line: Any,
) -> None:
    """An outline around squares of an array that is drawn as an image; `line` is its look."""
    corner = (left - 0.5, top - 0.5)
    ax.add_patch(Rectangle(corner, width, height, fill=False, ec=colour, **line))


def limits(values: np.ndarray, signed: bool = False) -> tuple[float, float]:
    """Lowest and highest value of a colour scale; apart even for a constant input.

    `signed` makes the scale symmetric around zero. NaN and infinity are ignored; of
    an empty array the limits are -0.5 and 0.5.
    """
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    if low == high:
        low, high = low - 0.5, high + 0.5
    return float(low), float(high)


def sharpen() -> None:
    """Let the notebook that runs show figures with two pixels for each of the page's.

    Elsewhere, and while nbgrader grades, nothing is done.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if not hasattr(shell, "kernel") or os.environ.get("NBGRADER_EXECUTION"):
        return
    from matplotlib_inline.backend_inline import set_matplotlib_formats
    from matplotlib_inline.config import InlineBackend

    InlineBackend.instance(parent=shell).figure_formats = {"retina"}
    set_matplotlib_formats("retina")
    plt.rcParams["figure.dpi"] = DPI


def show() -> None:
    """Show the figures of this cell and forget them."""
    plt.show()


sharpen()
