"""Figures of lesson 05: switches and the way back, pooled pictures, random windows."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import ConnectionPatch, Rectangle

from course.kit.plot import style

Place = tuple[int, int]
PALE_ORANGE = "#F8E3B5"
PALE_BLUE = "#D6ECF8"
OUTLINE: dict[str, Any] = {"lw": 2.0, "zorder": 3}


def switches(
    image: np.ndarray,
    places: Mapping[Place, Place],
    dout: np.ndarray,
    dx: np.ndarray,
    size: int,
    stride: int = 2,
    followed: Place = (0, 0),
) -> list[Axes]:
    """Where the gradient of every window goes: three grids, and one gradient followed.

    image and dx are (H, W), dout is (HO, WO). places[ho, wo] is the (row, column) of the
    image that gets the gradient of the output (ho, wo). The window of the output
    `followed` is outlined, and an arrow leads from its gradient to its pixel.
    """
    H, W = image.shape
    _, WO = dout.shape
    _, axes = plt.subplots(
        1,
        3,
        figsize=(style.WIDTH, 1.0 + 2.4 * H / W),
        width_ratios=[W, max(WO, 3), W],
        layout="constrained",
    )
    won = set(places.values())
    target = places[followed]
    _cells(axes[0], image, lambda place: PALE_BLUE if place in won else "white")
    for row, column in won:
        style.frame(axes[0], row, column, colour=style.BLUE, **OUTLINE)
    top, left = followed[0] * stride, followed[1] * stride
    style.frame(axes[0], top, left, size, size, linestyle="--", **OUTLINE)
    axes[0].set_title("image; blue: a switch", loc="left", fontsize=10)
    _cells(axes[1], dout, lambda place: PALE_ORANGE if place == followed else "white")
    axes[1].set_title("upstream, dout", loc="left", fontsize=10)
    _cells(axes[2], dx, lambda place: PALE_BLUE if dx[place] else "white", zeros=False)
    style.frame(axes[2], *target, **OUTLINE)
    axes[2].set_title("gradient of the image, dx", loc="left", fontsize=10)
    arrow = ConnectionPatch(
        (followed[1] + 0.3, followed[0] + 0.25),
        (target[1] - 0.55, target[0]),
        "data",
        "data",
        axesA=axes[1],
        axesB=axes[2],
        arrowstyle="-|>",
        color=style.RED,
        lw=1.4,
        connectionstyle="arc3,rad=0.2",
        mutation_scale=12,
    )
    axes[1].figure.add_artist(arrow)
    return list(axes)


def pooled_pictures(pictures: Mapping[str, np.ndarray]) -> list[Axes]:
    """Pictures (1, H, W) of several sizes, two in a row, each drawn equally large.

    Black is 0 and white is 1 in all of them, so that their brightness can be compared.
    """
    rows = -(-len(pictures) // 2)
    heights = [image.shape[1] / image.shape[2] for image in pictures.values()]
    _, grid = plt.subplots(
        rows,
        2,
        figsize=(style.WIDTH, rows * (style.WIDTH / 2 * max(heights) + 0.45)),
        layout="constrained",
        squeeze=False,
    )
    axes = list(grid.flat)
    for ax in axes[len(pictures) :]:
        ax.remove()
    axes = axes[: len(pictures)]
    for ax, (name, image) in zip(axes, pictures.items()):
        _, H, W = image.shape
        ax.imshow(image[0], cmap=style.GREY, vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(name, loc="left", fontsize=11, color=style.INK)
        ax.set_xlabel(f"{W} columns, mean brightness {image.mean():.3f}", fontsize=9)
        ax.set_ylabel(f"{H} rows", fontsize=9)
        ax.set_xticks([])
        ax.set_yticks([])
    return axes


def random_windows(
    image: np.ndarray, draws: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> list[Axes]:
    """An image (H, W) cut into windows, above what pooling made of it, one column a draw.

    A draw is (pooled, tops, lefts): the pooled image, the first rows and the first columns
    of its windows. Returns the axes, those with the windows first.
    """
    H, W = image.shape
    low, high = style.limits(image)
    height = style.WIDTH / len(draws) * H / W
    _, grid = plt.subplots(
        2,
        len(draws),
        figsize=(style.WIDTH, 2 * height + 1.0),
        layout="constrained",
        squeeze=False,
    )
    for number, (pooled, tops, lefts) in enumerate(draws):
        cut, below = grid[:, number]
        cut.imshow(image, cmap=style.GREY, vmin=low, vmax=high)
        cut.hlines(np.asarray(tops) - 0.5, -0.5, W - 0.5, color=style.ORANGE, lw=0.8)
        cut.vlines(np.asarray(lefts) - 0.5, -0.5, H - 0.5, color=style.ORANGE, lw=0.8)
        cut.set_title(f"draw {number}: the windows", loc="left", fontsize=11)
        below.imshow(pooled, cmap=style.GREY, vmin=low, vmax=high)
        below.set_title(f"draw {number}: their maxima", loc="left", fontsize=11)
        for ax, (rows, columns) in ((cut, (H, W)), (below, pooled.shape)):
            ax.set_xlabel(f"{columns} columns", fontsize=9)
            ax.set_ylabel(f"{rows} rows", fontsize=9)
            ax.set_xticks([])
            ax.set_yticks([])
    return list(grid.flat)


def _cells(ax: Axes, values: np.ndarray, fill, zeros: bool = True) -> None:
    """A small array as cells with the numbers in them; `fill(place)` gives the colour."""
    rows, columns = values.shape
    for row, column in np.ndindex(rows, columns):
        colour = fill((row, column))
        ax.add_patch(
            Rectangle(
                (column - 0.5, row - 0.5),
                1,
                1,
                facecolor=colour,
                edgecolor=style.QUIET,
                lw=0.6,
            )
        )
        value = values[row, column]
        ink = style.INK if value or zeros else style.QUIET
        ax.text(
            column,
            row,
            f"{value:g}",
            ha="center",
            va="center",
            color=ink,
            fontsize=9,
        )
    ax.set_xlim(-0.6, columns - 0.4)
    ax.set_ylim(rows - 0.4, -0.6)
    ax.set_aspect("equal")
    ax.set_xticks(range(columns))
    ax.set_yticks(range(rows))
    ax.tick_params(length=0, labelsize=8)
    ax.set_xlabel("column", fontsize=9)
    ax.set_ylabel("row", fontsize=9)
    ax.spines[:].set_visible(False)
