"""Small images as squares with their numbers, and frames around some of them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course.kit.plot import style


def squares(
    ax: Axes, numbers: np.ndarray, title: str, name: str, signed: bool = False
) -> Axes:
    """Numbers (H, W), each written into its square; a click on the axes finds `name`."""
    low, high = style.limits(numbers, signed)
    colours = style.SIGNED if signed else style.VALUES
    ax.imshow(numbers, cmap=colours, vmin=low, vmax=high, aspect="equal")
    H, W = numbers.shape
    for (row, column), number in np.ndenumerate(numbers):
        share = (number - low) / (high - low)
        dark = abs(share - 0.5) > 0.35 if signed else share < 0.55
        ax.text(
            *(column, row, f"{number:.3g}"),
            ha="center",
            va="center",
            fontsize=9 if max(H, W) < 12 else 6,
            color="white" if dark else "black",
        )
    ax.set_xticks(range(W)) if W < 12 else None
    ax.set_yticks(range(H)) if H < 12 else None
    ax.set_title(title, loc="left", fontsize=11)
    ax.set_label(name)
    return ax


def frame(
    ax: Axes,
    top: float,
    left: float,
    height: int = 1,
    width: int = 1,
    colour: str = style.RED,
) -> None:
    """A frame around squares of `ax`."""
    ax.add_patch(
        Rectangle(
            (left - 0.5, top - 0.5),
            width,
            height,
            fill=False,
            edgecolor=colour,
            linewidth=3,
            clip_on=False,
        )
    )
