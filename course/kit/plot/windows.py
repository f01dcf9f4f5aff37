"""Windows of an image: what pooling makes of each, and which pixels one number sees through layers."""

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


MARKERS = "osD^vP"
LINES = (style.BLUE, style.RED, style.GREEN, style.ORANGE, style.PURPLE, style.SKY)
SIDE = 0.78  # of a cell; cells are 1 apart


def seen_pixels(fields: Mapping[str, np.ndarray]) -> list[Axes]:
    """Which pixels of the input change one output: images (H, W) of how much, side by side.

    The colours are those of each image's own range; pixels that change nothing stay grey.
    """
    axes = style.new_row(len(fields), height=2.2 + style.WIDTH / len(fields) * 0.35)
    for ax, (name, field) in zip(axes, fields.items(), strict=True):
        field = np.asarray(field, dtype=float)
        seen = field != 0
        _, high = style.limits(field)
        ax.imshow(np.where(seen, np.nan, 0), cmap="Greys", vmin=-0.15, vmax=1)
        ax.imshow(np.where(seen, field, np.nan), cmap=style.VALUES, vmin=0, vmax=high)
        rows, columns = (
            np.flatnonzero(seen.any(axis=1)),
            np.flatnonzero(seen.any(axis=0)),
        )
        title = name
        if rows.size:
            top, left = rows[0], columns[0]
            height, width = rows[-1] - top + 1, columns[-1] - left + 1
            frame = Rectangle(
                (left - 0.5, top - 0.5),
                width,
                height,
                fill=False,
                edgecolor=style.RED,
                lw=1.6,
            )
            ax.add_patch(frame)
            title += f"\n{height} x {width}, {seen.sum()} pixels"
        ax.set_title(title, loc="left", fontsize=10)
        ax.set_xlabel("column", fontsize=9)
        ax.set_ylabel("row", fontsize=9)
        ax.locator_params(integer=True, nbins=5)
        ax.tick_params(labelsize=8)
    return axes


def growth(
    lines: Mapping[str, Sequence[float]], y: str, ax: Axes | None = None
) -> Axes:
    """A number after each layer, one line per network; line i starts with layer 0."""
    ax = style.new_axes(3.0, ax=ax)
    looks = zip(LINES, MARKERS, strict=True)
    for (name, values), (colour, marker) in zip(lines.items(), looks, strict=False):
        ax.plot(values, color=colour, marker=marker, markersize=5, label=name)
        end = (len(values) - 1, values[-1])
        ax.annotate(
            f"{values[-1]:g}", end, (6, 0), textcoords="offset points", va="center"
        )
    ax.set_ylim(bottom=0)
    ax.margins(x=0.08)
    ax.legend(frameon=False)
    return style.name_axes(ax, "layers passed", y)


def field_pyramid(layers: Sequence[Mapping[str, Any]], ax: Axes | None = None) -> Axes:
    """One number after the last layer, and all numbers below that it is made of; one axis.

    layers are convs and pools as dicts with "type", "size", "stride" and "dilation". Each
    row is a volume, the image lowest; a number stands above the middle of what it sees.
    At the right: how many pixels one number of the row sees, and how far its neighbours are
    apart.
    """
    steps, starts, fields = [1], [0.0], [1]
    for F, S, D in map(_window, layers):
        starts.append(starts[-1] + steps[-1] * D * (F - 1) / 2)
        fields.append(fields[-1] + steps[-1] * D * (F - 1))
        steps.append(steps[-1] * S)
    ax = style.new_axes(0.5 + 0.72 * len(steps), ax=ax)
    needed = {0}
    for row in range(len(layers), -1, -1):
        spots = {j: starts[row] + steps[row] * j for j in needed}
        if row:
            F, S, D = _window(layers[row - 1])
            below = {S * j + D * f for j in needed for f in range(F)}
            for j, x in spots.items():
                ends = [
                    starts[row - 1] + steps[row - 1] * (S * j + D * f) for f in range(F)
                ]
                for end in ends:
                    ax.plot([x, end], [row, row - 1], color=style.SKY, lw=0.9, zorder=1)
            needed = below
        colour = style.ORANGE if row == len(layers) else style.BLUE
        for x in spots.values():
            corner = (x - SIDE / 2, row - 0.16)
            ax.add_patch(Rectangle(corner, SIDE, 0.32, color=colour, zorder=2))
        name = "image" if not row else _layer_name(layers[row - 1])
        ax.text(-0.9, row, name, ha="right", va="center", fontsize=10)
        told = f"sees {fields[row]}, neighbours {steps[row]} apart"
        ax.text(fields[-1] - 0.1, row, told, ha="left", va="center", fontsize=10)
    ax.set_xlim(-0.36 * fields[-1] - 1, 1.52 * fields[-1] + 1)
    ax.set_ylim(-0.4, len(layers) + 0.4)
    ax.axis("off")
    return ax


def dilated_windows(
    x: Sequence[float], w: Sequence[float], dilation: int, ax: Axes | None = None
) -> Axes:
    """A row of pixels, and below it the filter with its holes at every place, with the sum."""
    x, w = list(x), list(w)
    reach = dilation * (len(w) - 1) + 1
    count = len(x) - reach + 1
    ax = style.new_axes(0.4 + 0.52 * (count + 1), ax=ax)
    for place, value in enumerate(x):
        _cell(ax, place, 0, style.PAPER, f"{value:g}")
    ax.text(-0.8, 0, "x", ha="right", va="center", fontsize=11)
    for start in range(count):
        row = -1 - start
        for place in range(start, start + reach):
            f, hole = divmod(place - start, dilation)
            if hole:
                _cell(ax, place, row, "none", "", edge=style.QUIET, line=":")
            else:
                _cell(ax, place, row, style.SKY, f"{w[f]:g}")
        met = [(weight, x[start + f * dilation]) for f, weight in enumerate(w)]
        total = sum(weight * value for weight, value in met)
        told = " + ".join(f"{value:g}·{weight:g}" for weight, value in met)
        ax.text(len(x) - 0.2, row, f"{told} = {total:g}", va="center", fontsize=11)
        ax.text(-0.8, row, f"place {start}", ha="right", va="center", fontsize=11)
    ax.set_xlim(-3.2, len(x) + 6.5)
    ax.set_ylim(-count - 0.6, 0.6)
    ax.axis("off")
    return ax


def _cell(
    ax: Axes,
    x: float,
    y: float,
    fill: str,
    text: str,
    edge: str = style.INK,
    line: str = "-",
) -> None:
    corner = (x - 0.45, y - 0.38)
    look = {"facecolor": fill, "edgecolor": edge, "linestyle": line, "lw": 0.9}
    ax.add_patch(Rectangle(corner, 0.9, 0.76, **look))
    ax.text(x, y, text, ha="center", va="center", fontsize=11)


def _window(layer: Mapping[str, Any]) -> tuple[int, int, int]:
    """Size, stride and dilation of a conv or a pool."""
    usual = 2 if layer["type"] == "pool" else 1
    size = layer.get("size", usual)
    return size, layer.get("stride", usual), layer.get("dilation", 1)


def _layer_name(layer: Mapping[str, Any]) -> str:
    F, S, D = _window(layer)
    name = f"{layer['type']} {F}x{F}"
    name += f", S = {S}" if S > 1 else ""
    return name + (f", D = {D}" if D > 1 else "")
