"""One unit of a layer: where it is in its map, and what it sees of the image."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course.kit.fields import Field
from course.kit.plot import style


def unit_and_field(
    image: np.ndarray,
    activation: np.ndarray,
    field: Field,
    row: int,
    column: int,
    title: str = "",
    axes: list[Axes] | None = None,
) -> list[Axes]:
    """The image with a receptive field, the map with its unit, and what the unit sees.

    image: (C, H, W) from 0 to 1, C = 1 or 3. activation: the map (HO, WO) of one channel.
    `title` names the map. What is outside of the image is grey.
    """
    axes = style.new_row(3, height=2.9) if axes is None else list(axes)
    _, H, W = image.shape
    (top, left), (FH, FW) = field.corner(row, column), field.size
    _show(axes[0], image)
    _frame(axes[0], top, left, FH, FW)
    axes[0].set(xlim=(-1.5, W + 0.5), ylim=(H + 0.5, -1.5))
    style.name_axes(axes[0], "column", "row", "image")
    low, high = style.limits(np.append(activation, 0.0))
    axes[1].imshow(activation, cmap=style.GREY, vmin=low, vmax=high)
    _frame(axes[1], row, column, 1, 1)
    value = f"unit ({row}, {column}) is {activation[row, column]:.3g}"
    style.name_axes(axes[1], value, "", title)
    wide = np.pad(image, [(0, 0), (FH, FH), (FW, FW)], constant_values=0.5)
    _show(axes[2], wide[:, top + FH : top + 2 * FH, left + FW : left + 2 * FW])
    style.name_axes(axes[2], f"{FH}x{FW} pixels from ({top}, {left})", "", "it sees")
    axes[2].set_xticks([])
    axes[2].set_yticks([])
    return axes


def _show(ax: Axes, image: np.ndarray) -> None:
    shown = np.clip(image.astype(float), 0, 1)
    shown = shown.transpose(1, 2, 0) if len(image) == 3 else shown[0]
    ax.imshow(shown, cmap=style.GREY, vmin=0, vmax=1, interpolation="nearest")


def _frame(ax: Axes, top: int, left: int, height: int, width: int) -> None:
    ax.add_patch(
        Rectangle(
            (left - 0.5, top - 0.5),
            width,
            height,
            fill=False,
            edgecolor=style.ORANGE,
            lw=2.2,
        )
    )
