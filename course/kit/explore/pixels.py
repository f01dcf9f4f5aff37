"""Small images as squares with their numbers, and frames around some of them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course.kit.plot import number_grid, style

LEGIBLE = 12  # rows or columns of numbers in the usual size


def squares(ax: Axes, numbers: np.ndarray, title: str, name: str) -> Axes:
    """Numbers (H, W), each written into its square; a click on the axes finds `name`."""
    number_grid(numbers, title, ax=ax)
    if max(numbers.shape) > LEGIBLE:
        ax.set(xticks=[], yticks=[])
        for text in ax.texts:
            text.set_fontsize(6)
    ax.set(xlabel="", ylabel="", label=name)
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
