"""Figures of lesson 02, and of many small images: numbers in a grid, filters above their maps."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from course.kit.plot import style

COLUMNS = 2  # filters side by side
PATCH, PHOTOGRAPH = 1.2, 3.2  # heights in inches

TITLE_HEIGHT = 0.19  # inches
WIDEST = 4  # an image takes at most a quarter of the width, however few there are


def number_grid(
    values: np.ndarray,
    title: str = "",
    limits: tuple[float, float] | None = None,
    decimals: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """A small array (rows, columns) as coloured cells with the numbers in them."""
    rows, columns = values.shape
    ax = style.new_axes(0.5 + 0.4 * rows, 0.5 + 0.4 * columns, ax=ax)
    low, high = limits or style.limits(values)
    ax.imshow(values, cmap=style.VALUES, vmin=low, vmax=high)
    for row, column in np.ndindex(rows, columns):
        value = values[row, column]
        ink = "white" if value < low + 0.6 * (high - low) else "black"
        text = f"{value:.{decimals}f}"
        ax.text(column, row, text, ha="center", va="center", color=ink, fontsize=9)
    ax.set_xticks(range(columns))
    ax.set_yticks(range(rows))
    ax.tick_params(length=0)
    return style.name_axes(ax, "column", "row", title)


def number_grids(
    grids: Mapping[str, np.ndarray],
    label: str,
    limits: tuple[float, float] | None = None,
    decimals: int = 0,
) -> list[Axes]:
    """Several small arrays side by side on one colour scale, which `label` names."""
    if limits is None:
        limits = style.limits(np.concatenate([grid.ravel() for grid in grids.values()]))
    rows, columns = np.max([grid.shape for grid in grids.values()], axis=0)
    cell = min(0.36, (style.WIDTH / len(grids) - 1.0) / columns)
    axes = style.new_row(len(grids), height=0.9 + cell * rows)
    for ax, (name, grid) in zip(axes, grids.items()):
        number_grid(grid, name, limits, decimals, ax=ax)
    axes[-1].figure.colorbar(axes[-1].images[0], ax=axes, label=label, shrink=0.9)
    return axes


def filter_maps(
    filters: Mapping[str, np.ndarray],
    maps: Mapping[str, np.ndarray],
    image: np.ndarray | None = None,
) -> list[Axes]:
    """Every filter above its activation map; returns the axes of the maps.

    filters: (1, FH, FW), drawn with their numbers, or (3, FH, FW), drawn in colour. maps: (HO, WO) for each filter.
    `image` (C, H, W) comes first.
    """
    rows = -(-len(filters) // COLUMNS)
    shapes = [activations.shape for activations in maps.values()]
    tall = style.WIDTH / COLUMNS * max(HO / WO for HO, WO in shapes)
    above = PHOTOGRAPH if image is not None else 0.0
    figure = plt.figure(
        figsize=(style.WIDTH, above + rows * (PATCH + tall + 0.5)), layout="constrained"
    )
    part = figure
    if image is not None:
        ratios = [above, figure.get_figheight() - above]
        first, part = figure.subfigures(2, 1, height_ratios=ratios)
        picture(image, ax=first.subplots())
    ratios = [PATCH, tall + 0.5] * rows
    grid = part.subplots(2 * rows, COLUMNS, squeeze=False, height_ratios=ratios)
    for ax in grid.flat[: 2 * rows * COLUMNS]:
        ax.set_visible(False)
    drawn = []
    for index, (name, weights) in enumerate(filters.items()):
        row, column = divmod(index, COLUMNS)
        patch, ax = grid[2 * row, column], grid[2 * row + 1, column]
        patch.set_visible(True)
        ax.set_visible(True)
        filter_patch(weights, name, ax=patch)
        balanced = abs(weights.sum()) < 1e-6 * np.abs(weights).sum()
        drawn.append(activation_image(maps[name], signed=balanced, ax=ax))
    return drawn


def filter_patch(weights: np.ndarray, title: str = "", ax: Axes | None = None) -> Axes:
    """One filter: its numbers if it has one channel, a coloured patch if it has three.

    In colour, grey stands for a weight of 0.
    """
    ax = style.new_axes(1.4, 1.4, ax=ax)
    if len(weights) == 3:
        largest = np.abs(weights).max() or 1.0
        ax.imshow(0.5 + weights.transpose(1, 2, 0) / (2 * largest))
    else:
        low, high = style.limits(weights, signed=True)
        ax.imshow(weights[0], cmap=style.SIGNED, vmin=1.6 * low, vmax=1.6 * high)
        for row, column in np.ndindex(weights[0].shape):
            text = _short(weights[0, row, column])
            ax.text(column, row, text, ha="center", va="center", fontsize=9)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color(style.QUIET)
    ax.set_title(title, fontsize=11, color=style.INK)
    return ax


def activation_image(
    activations: np.ndarray, signed: bool = False, ax: Axes | None = None
) -> Axes:
    """One activation map (HO, WO) as a picture, its range written below it.

    Black is low and white is high; with `signed`, grey is 0. The largest and the smallest hundredth of the
    values are cut off, so that a few extremes do not make all the rest grey.
    """
    ax = style.new_axes(2.4, 3.2, ax=ax)
    HO, WO = activations.shape
    shown = np.clip(activations, *np.percentile(activations, [1, 99]))
    low, high = style.limits(shown, signed=signed)
    ax.imshow(activations, cmap=style.GREY, vmin=low, vmax=high)
    meaning = ", grey is 0" if signed else ""
    values = f"{activations.min():.2f} to {activations.max():.2f}{meaning}"
    ax.set_xlabel(f"{WO} columns: {values}", fontsize=9)
    ax.set_ylabel(f"{HO} rows", fontsize=9)
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def picture(image: np.ndarray, title: str = "", ax: Axes | None = None) -> Axes:
    """A (3, H, W) or (1, H, W) image with values from 0 to 1."""
    ax = style.new_axes(3.0, 4.5, ax=ax)
    if len(image) == 3:
        ax.imshow(np.clip(image.transpose(1, 2, 0), 0, 1))
    else:
        ax.imshow(image[0], cmap=style.GREY, vmin=0, vmax=1)
    return style.name_axes(ax, "column", "row", title)


def _short(value: float) -> str:
    """A weight in a few characters: 5, -1, 1/9, 0.25."""
    if float(value).is_integer():
        return f"{value:.0f}"
    part = 1 / value
    if abs(part - round(part)) < 1e-9:
        return f"1/{round(part)}" if part > 0 else f"-1/{round(-part)}"
    return f"{round(value, 2) + 0.0:.2f}"  # + 0.0: no "-0.00"


def contact_sheet(
    images: np.ndarray,
    labels: Sequence[int] | None = None,
    predicted: Sequence[int] | None = None,
    classes: Sequence[str] | None = None,
    columns: int = 8,
) -> list[Axes]:
    """Images (N, C, H, W), C = 1 or 3, side by side, `columns` in a row.

    Above each stands the name of its class: classes[labels[n]], or the number without
    `classes`. With `predicted` it is the prediction; a wrong one is red, framed, and
    followed by the true name. Values from 0 to 1 are shown as they are; if any lie
    outside, all images share one scale from the lowest value to the highest.
    Returns the axes of the images in order.
    """
    N, C, H, W = images.shape
    if C not in (1, 3):
        raise ValueError(f"contact_sheet wants 1 or 3 channels, not {C}")
    columns = max(1, min(columns, max(N, WIDEST)))
    rows = -(-max(N, 1) // columns)
    titles = labels if predicted is None else predicted
    titled = titles is not None
    wrong_line = labels is not None and predicted is not None
    side = style.WIDTH / columns
    height = side * H / W + TITLE_HEIGHT * (titled + wrong_line)
    _, grid = plt.subplots(
        rows,
        columns,
        figsize=(style.WIDTH, rows * height),
        layout="constrained",
        squeeze=False,
    )
    axes = list(grid.flat)
    for ax in axes:
        ax.set_axis_off()
    low, high = _scale(images)
    for number, (ax, image) in enumerate(zip(axes, images)):
        shown = np.clip((image - low) / (high - low), 0, 1).transpose(1, 2, 0)
        ax.imshow(
            shown if C == 3 else shown[:, :, 0],
            cmap=None if C == 3 else style.GREY,
            vmin=0,
            vmax=1,
            interpolation="nearest",
        )
        if titles is not None:
            label = None if labels is None else labels[number]
            _name(ax, titles[number], label, classes)
    return axes[:N]


def _scale(images: np.ndarray) -> tuple[float, float]:
    """0 and 1 where the values allow it, their lowest and highest otherwise."""
    low, high = style.limits(images)
    if images.size == 0 or (low >= 0 and high <= 1) or np.ptp(images) == 0:
        return 0.0, 1.0
    return low, high


def _name(
    ax: Axes,
    taken_for: int,
    label: int | None,
    classes: Sequence[str] | None,
) -> None:
    def name(number: int) -> str:
        return str(number) if classes is None else classes[number]

    text = name(taken_for)
    wrong = label is not None and taken_for != label
    if label is not None and wrong:
        text = f"{text}\nnot {name(label)}"
        ax.set_axis_on()
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set(color=style.RED, linewidth=2)
    ax.set_title(text, fontsize=9, pad=3, color=style.RED if wrong else style.INK)
