"""Figures of lesson 08: what a trained network's filters are, answer to, and see."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course.kit.plot import style
from course.kit.receptive_field import Field

SHOWN = 8  # channels of a layer in one column
BEST = 5  # class scores in the last column


def filter_grids(grids: Mapping[str, np.ndarray]) -> list[Axes]:
    """Grids of filters side by side under their names, (3, H, W) or (1, H, W) from 0 to 1."""
    _, H, W = next(iter(grids.values())).shape
    axes = style.new_row(len(grids), height=style.WIDTH / len(grids) * H / W + 0.5)
    for ax, (name, grid) in zip(axes, grids.items()):
        _image(ax, grid)
        ax.set_title(name, loc="left", fontsize=11)
    return axes


def activation_columns(
    image: np.ndarray,
    activations: Sequence[tuple[str, np.ndarray]],
    classes: Sequence[str] | None = None,
) -> list[Axes]:
    """Every layer as a column of small maps, the image first, scores last.

    image: (C, H, W) from 0 to 1. activations: (name, array) per layer, arrays with one
    image each, (1, K, HO, WO), of which the first eight channels are shown, and the head of
    the column says so; white is the layer's highest value, black its lowest, 0 where none is below. A last array (1, M) is
    drawn as the five highest scores, with the names from `classes`. Arrays of this shape
    in between are left out. Returns the axes of the first row.
    """
    *_, (_, last) = activations
    maps = [(name, array[0]) for name, array in activations if array.ndim == 4]
    scores = last[0] if last.ndim == 2 else None
    ratios = [1.7, 0.1] + [1.0] * len(maps) + ([0.1, 2.4] if scores is not None else [])
    side = 0.98 * style.WIDTH / sum(ratios)
    figure = plt.figure(figsize=(style.WIDTH, SHOWN * side + 0.75))
    grid = figure.add_gridspec(
        SHOWN,
        len(ratios),
        width_ratios=ratios,
        left=0.01,
        right=0.92 if scores is not None else 0.99,
        bottom=0.02,
        top=1 - 0.7 / figure.get_figheight(),
        wspace=0.06,
        hspace=0.06,
    )
    heads = [figure.add_subplot(grid[2:6, 0])]
    _image(heads[0], image)
    heads[0].set_title("image", fontsize=9)
    for column, (name, volume) in enumerate(maps, 2):
        low, high = min(0.0, float(volume.min())), float(volume.max())
        high = high if high > low else low + 1.0
        for row, channel in enumerate(volume[:SHOWN]):
            ax = figure.add_subplot(grid[row, column])
            ax.imshow(channel, cmap=style.GREY, vmin=low, vmax=high)
            ax.set_axis_off()
            if row == 0:
                place, _, kind = name.partition(" ")
                K, HO, WO = volume.shape
                part = f"{SHOWN} of {K}" if K > SHOWN else f"all {K}"
                ax.set_title(f"{place}\n{kind}\n{HO}x{WO}\n{part}", fontsize=7.5)
                heads.append(ax)
    if scores is not None:
        heads.append(figure.add_subplot(grid[2:6, len(ratios) - 1]))
        _best_scores(heads[-1], scores, classes)
    return heads


def saliency_maps(
    images: np.ndarray, maps: np.ndarray, masks: np.ndarray | None = None
) -> list[Axes]:
    """Images (N, C, H, W) from 0 to 1, and beside each its saliency map, (N, H, W).

    With masks (N, H, W) the outline at 0.5 is drawn into the maps. Each map has its own
    scale, which is written below. Returns the axes of the maps.
    """
    axes = style.new_row(2 * len(images), height=0.5 + style.WIDTH / 2 / len(images))
    for number, (above, ax) in enumerate(zip(axes[::2], axes[1::2])):
        _image(above, images[number])
        low, high = 0.0, float(maps[number].max()) or 1.0
        ax.imshow(maps[number], cmap=style.VALUES, vmin=low, vmax=high)
        if masks is not None and np.ptp(masks[number]) > 0:
            ax.contour(masks[number], [0.5], colors="white", linewidths=1.0)
        ax.set_xlabel(f"yellow is {maps[number].max():.2f}", fontsize=9)
        ax.set_xticks([])
        ax.set_yticks([])
        above.set_title("image", loc="left", fontsize=10)
        ax.set_title("|d score / d pixel|", loc="left", fontsize=10)
    return axes[1::2]


def occlusion_heat(
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    size: int,
    stride: int,
    whole: float,
) -> list[Axes]:
    """The image (C, H, W), and beside it maps of the score (HO, WO) for every square.

    `maps` has a title for each. Each score is drawn at the middle of its square, so that
    all pictures have the same axes. The square where the score is lowest is outlined in
    its map and, in the order of the maps with a number, in the image. White is `whole`,
    the score of the image itself; purple is below, orange above.
    """
    _, H, W = image.shape
    axes = style.new_row(1 + len(maps), height=1.3 + style.WIDTH / (1 + len(maps)))
    _image(axes[0], image)
    differences = np.concatenate([scores.ravel() - whole for scores in maps.values()])
    _, reach = style.limits(differences, signed=True)
    begin, half = (size - 1) / 2, stride / 2
    for number, (ax, (title, scores)) in enumerate(zip(axes[1:], maps.items()), 1):
        HO, WO = scores.shape
        shown = ax.imshow(
            scores,
            cmap=style.SIGNED,
            vmin=whole - reach,
            vmax=whole + reach,
            extent=(
                begin - half,
                begin + (WO - 1) * stride + half,
                begin + (HO - 1) * stride + half,
                begin - half,
            ),
        )
        row, column = np.unravel_index(np.argmin(scores), scores.shape)
        corner = (column * stride - 0.5, row * stride - 0.5)
        for target in (axes[0], ax):
            for colour, width in ((style.INK, 2.6), ("white", 1.0)):
                target.add_patch(
                    Rectangle(corner, size, size, fill=False, ec=colour, lw=width)
                )
        place = (corner[0] + size - 0.8, corner[1] + size - 0.8)
        axes[0].annotate(str(number), place, color="white", ha="right", va="bottom")
        style.name_axes(ax, "column", "row", f"{number}: {title}")
    style.name_axes(axes[0], "column", "row", "image")
    for ax in axes:
        ax.set(xlim=(-0.5, W - 0.5), ylim=(H - 0.5, -0.5))
        ax.set_xticks(range(0, W, max(1, W // 4)))
        ax.set_yticks(range(0, H, max(1, H // 4)))
        ax.title.set_fontsize(10)
    bar = axes[0].figure.colorbar(
        shown, ax=axes, orientation="horizontal", shrink=0.5, aspect=40
    )
    bar.set_label(f"score (white: nothing covered, {whole:.1f})", fontsize=9)
    return axes


def two_explanations(
    images: np.ndarray, maps: Mapping[str, np.ndarray], notes: Sequence[str]
) -> list[Axes]:
    """Images (N, C, H, W) from 0 to 1 in a row, a note above each, and below them their maps.

    `maps` has for each name one map per image, (N, HO, WO), each with its own scale: yellow
    is its highest value. Axes row by row.
    """
    N = len(images)
    side = style.WIDTH / (N + 1)
    _, grid = plt.subplots(
        1 + len(maps),
        N,
        figsize=(style.WIDTH, (1 + len(maps)) * side + 0.4),
        layout="constrained",
        squeeze=False,
    )
    for ax, image, note in zip(grid[0], images, notes, strict=True):
        _image(ax, image)
        ax.set_title(note, fontsize=9)
    for line, (name, each) in zip(grid[1:], maps.items()):
        line[0].set_ylabel(name, fontsize=9)
        for ax, one in zip(line, each, strict=True):
            ax.imshow(one, cmap=style.VALUES)
            ax.set_xticks([])
            ax.set_yticks([])
    return list(grid.flat)


def patch_rows(rows: Mapping[str, np.ndarray]) -> list[Axes]:
    """Patches (count, C, FH, FW) from 0 to 1, one row for each name. Axes row by row."""
    count = max(len(patches) for patches in rows.values())
    side = (style.WIDTH - 1.0) / max(count, 6)
    _, grid = plt.subplots(
        len(rows),
        count,
        figsize=(1.0 + side * count, side * len(rows) * 1.03),
        layout="constrained",
        squeeze=False,
    )
    for ax in grid.flat:
        ax.set_axis_off()
    for line, (name, patches) in zip(grid, rows.items()):
        for ax, patch in zip(line, patches):
            ax.set_axis_on()
            _image(ax, patch)
        line[0].set_ylabel(name, fontsize=10, rotation=0, ha="right", va="center")
    return list(grid.flat)


def _image(ax: Axes, image: np.ndarray) -> None:
    """The picture without ticks."""
    _show(ax, image)
    ax.set_xticks([])
    ax.set_yticks([])


def _best_scores(ax: Axes, scores: np.ndarray, classes: Sequence[str] | None) -> None:
    """The highest scores as bars, the highest on top."""
    best = np.argsort(-scores, kind="stable")[:BEST]
    colours = [style.BLUE] + [style.SKY] * (len(best) - 1)
    ax.barh(range(len(best)), scores[best], color=colours, height=0.7)
    names = [str(i) if classes is None else classes[i] for i in best]
    ax.set_yticks(range(len(best)), names, fontsize=8)
    ax.yaxis.tick_right()
    ax.invert_yaxis()
    ax.axvline(0, color=style.QUIET, lw=0.8)
    ax.tick_params(axis="x", labelsize=7)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "left", "right"]].set_visible(False)
    ax.set_title("highest scores", fontsize=9)


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
    style.frame(axes[0], top, left, FH, FW, style.ORANGE, lw=2.2)
    axes[0].set(xlim=(-1.5, W + 0.5), ylim=(H + 0.5, -1.5))
    style.name_axes(axes[0], "column", "row", "image")
    low, high = style.limits(np.append(activation, 0.0))
    axes[1].imshow(activation, cmap=style.GREY, vmin=low, vmax=high)
    style.frame(axes[1], row, column, colour=style.ORANGE, lw=2.2)
    value = f"unit ({row}, {column}) is {activation[row, column]:.3g}"
    style.name_axes(axes[1], value, "", title)
    wide = np.pad(image, [(0, 0), (FH, FH), (FW, FW)], constant_values=0.5)
    _show(axes[2], wide[:, top + FH : top + 2 * FH, left + FW : left + 2 * FW])
    style.name_axes(axes[2], f"{FH}x{FW} pixels from ({top}, {left})", "", "it sees")
    axes[2].set_xticks([])
    axes[2].set_yticks([])
    return axes


def _show(ax: Axes, image: np.ndarray) -> None:
    """(3, H, W) in colour or (1, H, W) in grey; 0 is black, 1 is white."""
    shown = np.clip(image.astype(float), 0, 1)
    shown = shown.transpose(1, 2, 0) if len(image) == 3 else shown[0]
    ax.imshow(shown, cmap=style.GREY, vmin=0, vmax=1, interpolation="nearest")
