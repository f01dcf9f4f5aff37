"""Figures of lesson 09: what a network costs, networks to scale, and a network that is slid."""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import LogLocator, NullFormatter

from course.kit.plot import style
from course.kit.plot.training import COLOURS
from course.kit.plot.training import LINES as LINE_STYLES
from course.kit.plot.windows import LINES

Shape = tuple[int, int, int]
CHANNELS_PER_PIXEL = (
    16  # in a figure of volumes: 16 channels are as wide as 1 pixel is high
)
GAP = 7  # pixels between two volumes
LONGEST_FC = 64  # pixels: a longer fc layer is drawn broken, its outputs written above
HIGHEST = 3.2  # inches: the tallest volume
NAMED = 0.5  # inches above a network, for its name
ABREAST = 3  # panels side by side
LOOKS = {
    "input": (style.QUIET, "input"),
    "conv": (style.BLUE, "conv"),
    "branches": (style.GREEN, "branches"),
    "residual": (style.PURPLE, "residual"),
    "pool": (style.ORANGE, "pool"),
    "fc": (style.RED, "fc"),
}


def cost_bars(
    costs: Mapping[str, Mapping[str, float]], units: Mapping[str, str] | None = None
) -> list[Axes]:
    """One panel per cost, one bar per candidate: costs[cost][candidate].

    Each panel has a scale of its own, from 0; the number stands at its bar. At most three
    panels stand side by side.
    """
    units = units or {}
    candidates = len(next(iter(costs.values())))
    columns = min(len(costs), ABREAST)
    rows = -(-len(costs) // columns)
    size = (style.WIDTH, rows * (1.0 + 0.34 * candidates))
    _, grid = plt.subplots(
        rows, columns, figsize=size, layout="constrained", squeeze=False
    )
    for ax in grid.flat[len(costs) :]:
        ax.remove()
    axes = list(grid.flat[: len(costs)])
    for index, (ax, (cost, bars)) in enumerate(zip(axes, costs.items(), strict=True)):
        values = list(bars.values())
        top = max(max(values), 0) or 1.0
        colours = [LINES[i % len(LINES)] for i in range(len(values))]
        ax.barh(range(len(values)), values, color=colours)
        for place, value in enumerate(values):
            ax.text(value + 0.03 * top, place, _short(value), va="center", fontsize=9)
        ax.set_xlim(0, 1.45 * top)
        ax.set_yticks(range(len(values)), labels=[] if index % columns else list(bars))
        ax.invert_yaxis()
        ax.set_xticks([])
        ax.spines[["top", "right", "bottom"]].set_visible(False)
        ax.set_title(cost, loc="left", fontsize=10)
        ax.set_xlabel(units.get(cost, cost), fontsize=9)
        ax.set_ylabel("" if index % columns else "network", fontsize=9)
    return axes


def named_points(
    points: Mapping[str, tuple[float, float]],
    x: str,
    y: str,
    ax: Axes | None = None,
) -> Axes:
    """Points (x, y) with their names beside them, x on a logarithmic axis, y from 0."""
    ax = style.new_axes(3.4, ax=ax)
    for number, (name, (along, up)) in enumerate(points.items()):
        colour = LINES[number % len(LINES)]
        ax.plot(along, up, "o", color=colour, markersize=11)
        offset = {"xytext": (11, 0), "textcoords": "offset points"}
        ax.annotate(name, (along, up), va="center", fontsize=11, **offset)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_ylim(bottom=0, top=1.15 * max(up for _, up in points.values()))
    ax.set_xlim(right=2.2 * max(along for along, _ in points.values()))
    ax.grid(alpha=0.3)
    return style.name_axes(ax, x, y)


def depth_lines(
    found: Mapping[str, Mapping[int, Sequence[float]]], ax: Axes | None = None
) -> Axes:
    """Percent right against the number of layers: the mean, and a bar from lowest to highest.

    found[kind][depth] holds one percentage per seed.
    """
    ax = style.new_axes(3.4, ax=ax)
    for number, (kind, by_depth) in enumerate(found.items()):
        mean, spread = _spread(by_depth.values())
        look = {"color": COLOURS[number], "linestyle": LINE_STYLES[number % 4]}
        # Beside each other where they would hide each other.
        depths = np.array(list(by_depth)) * 1.02 ** (number - 1.5)
        ax.errorbar(
            depths,
            mean,
            spread,
            label=kind,
            marker="os^D"[number % 4],
            capsize=3,
            **look,
        )
    depths = sorted({depth for each in found.values() for depth in each})
    ax.set_xscale("log")
    ax.set_xticks(depths, labels=[str(depth) for depth in depths])
    ax.minorticks_off()
    ax.set_ylim(0, 100)
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    return style.name_axes(ax, "layers with weights", "right answers in %")


def costs_and_scores(
    costs: Mapping[str, float], scores: Mapping[str, Sequence[float]], cost: str
) -> list[Axes]:
    """A row per candidate: on the left a bar, its cost; on the right its scores in %.

    Every score is a dot, their mean a line.
    """
    size = (style.WIDTH, 0.36 * len(costs) + 0.9)
    _, axes = plt.subplots(1, 2, figsize=size, layout="constrained", sharey=True)
    rows = range(len(costs))
    axes[0].barh(rows, list(costs.values()), color=style.SKY)
    for row, value in zip(rows, costs.values(), strict=True):
        axes[0].text(value, row, f" {_short(value)}", va="center", fontsize=9)
    axes[0].set_xlim(0, 1.4 * max(costs.values()))
    axes[0].set_xticks([])
    axes[0].set_yticks(rows, labels=list(costs))
    axes[0].invert_yaxis()
    for row, name in zip(rows, costs, strict=True):
        axes[1].plot(
            scores[name], [row] * len(scores[name]), "o", color=style.BLUE, ms=5
        )
        mean = float(np.mean(scores[name]))
        axes[1].plot([mean, mean], [row - 0.3, row + 0.3], color=style.ORANGE, lw=3)
    axes[1].grid(axis="x", color=style.PAPER)
    style.name_axes(axes[0], cost, "")
    style.name_axes(axes[1], "right answers in %: seeds and mean", "")
    axes[0].spines["bottom"].set_visible(False)
    return list(axes)


def _spread(groups: Iterable[Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    """The means of some groups, and how far their lowest and highest numbers are away."""
    values = [np.asarray(group, dtype=float) for group in groups]
    mean = np.array([group.mean() for group in values])
    low = mean - [group.min() for group in values]
    high = [group.max() for group in values] - mean
    return mean, np.maximum([low, high], 0)  # a mean may be off by rounding


def network_volumes(
    networks: Mapping[str, Sequence[tuple[str, Shape]]],
) -> list[Axes]:
    """Networks as rows of volumes seen from the side, all of them to one scale.

    networks[name] is a list of (kind, shape), shape (C, H, W). A volume is H pixels high
    and C / 16 pixels wide: a flat line is an fc layer, a long one is broken and says how
    many outputs it has. Small ones are drawn at least one pixel high and two wide, so that
    they can be seen.
    """
    lengths, heights = {}, []
    for name, volumes in networks.items():
        lengths[name] = sum(_length(kind, shape) + GAP for kind, shape in volumes)
        heights.append(max(H for _, (_, H, _) in volumes))
    longest = max(*lengths.values(), style.WIDTH * max(heights) / HIGHEST)
    inches = style.WIDTH / longest
    heights = [inches * height + NAMED for height in heights]
    _, grid = plt.subplots(
        len(networks),
        1,
        figsize=(style.WIDTH, sum(heights) + 0.9),
        height_ratios=heights,
        layout="constrained",
        squeeze=False,
    )
    axes = list(grid[:, 0])
    kinds = []
    for ax, (name, volumes) in zip(axes, networks.items(), strict=True):
        left, tallest = 0.0, max(H for _, (_, H, _) in volumes)
        for kind, (C, H, W) in volumes:
            width, height = _length(kind, (C, H, W)), max(H, 1.0)
            colour = LOOKS.get(kind, (style.QUIET, kind))[0]
            kinds.append(kind)
            corner = (left, -height / 2)
            box = {"facecolor": colour, "edgecolor": colour, "lw": 0.8}
            ax.add_patch(Rectangle(corner, width, height, **box))
            if width < C / CHANNELS_PER_PIXEL:
                _break(ax, left + width / 2, C, colour)
            left += width + GAP
        ax.set_xlim(-4, longest)
        ax.set_ylim(-tallest / 2 - 6, tallest / 2 + 6)
        ax.set_aspect("equal", anchor="W")
        first, last = volumes[0][1], volumes[-1][1]
        ax.set_title(
            f"{name}: from {_volume(first)} to {_volume(last)}",
            loc="left",
            fontsize=10,
        )
        ax.set_xticks([])
        ax.set_yticks([-tallest / 2, tallest / 2], labels=[0, tallest], fontsize=8)
        ax.set_ylabel("H", fontsize=9)
        ax.spines[:].set_visible(False)
    axes[-1].set_xlabel(
        f"the way through the network; a volume is C / {CHANNELS_PER_PIXEL} wide and "
        "H high, in pixels (//: longer)",
        fontsize=9,
    )
    handles = [
        Patch(color=colour, label=label)
        for kind, (colour, label) in LOOKS.items()
        if kind in kinds
    ]
    axes[0].figure.legend(
        handles=handles, loc="outside upper right", ncols=len(handles), frameon=False
    )
    return axes


def _length(kind: str, shape: Shape) -> float:
    """How wide a volume is drawn, in pixels."""
    width = max(shape[0] / CHANNELS_PER_PIXEL, 2.0)
    return min(width, LONGEST_FC) if kind == "fc" else width


def _break(ax: Axes, middle: float, outputs: int, colour: str) -> None:
    """Two strokes through an fc layer that is drawn too short, and its true length above."""
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    look = {"ha": "center", "fontsize": 9, "color": colour}
    ax.text(middle, 0, "//", va="center", bbox=paper, **look)
    up = {"xytext": (0, 7), "textcoords": "offset points", "va": "bottom"}
    ax.annotate(str(outputs), (middle, 0), **up, **look)


def score_map(
    image: np.ndarray,
    labels: np.ndarray,
    shares: np.ndarray,
    window: int,
    step: int,
    marked: Sequence[tuple[int, int]] = (),
    surest: float = 0.99,
    what: str = "a digit",
) -> list[Axes]:
    """A large image, and what a network says about each window of it.

    image is (H, W), or (3, H, W) in colour, from 0 to 1. labels and shares are (HO, WO): the class that the network names for
    the window at row `step` * ho and column `step` * wo, and how sure it is, 0 to 1. The
    class stands in a cell where it is at least `surest`, and in the cells that are
    `marked`, whose windows hold `what` and are framed in both pictures.
    """
    H, W = image.shape[-2:]
    HO, WO = labels.shape
    width = style.WIDTH - 0.7
    axes = style.new_column([width * H / W + 0.6, width * HO / WO + 0.6])
    if image.ndim == 3:
        axes[0].imshow(np.clip(image.transpose(1, 2, 0), 0, 1))
    else:
        low, high = style.limits(image)
        axes[0].imshow(image, cmap=style.GREY, vmin=low, vmax=high)
    axes[1].imshow(shares, cmap=style.VALUES, vmin=0, vmax=1)
    for ho, wo in marked:
        style.frame(axes[0], step * ho, step * wo, window, window, lw=1.8)
        style.frame(axes[1], ho, wo, lw=1.8)
    for place in np.ndindex(HO, WO):
        sure = shares[place] >= surest
        if sure or place in marked:
            axes[1].text(
                place[1],
                place[0],
                str(labels[place]),
                ha="center",
                va="center",
                fontsize=10 if place in marked else 7,
                weight="bold" if place in marked else "normal",
                color=style.INK if shares[place] > 0.6 else "white",
            )
    titles = (
        f"{H} x {W} pixels; red: windows of {window} x {window} that hold {what}",
        f"{HO} x {WO} answers; bright: sure; a number: at least {surest:.0%} sure, or framed",
    )
    for ax, unit, title in zip(axes, ("pixel", f"window, {step} pixels each"), titles):
        ax.set_title(title, loc="left", fontsize=10)
        ax.set_xlabel(f"column of the {unit}", fontsize=9)
        ax.set_ylabel("row", fontsize=9)
        ax.tick_params(labelsize=8)
    return axes


def _short(value: float) -> str:
    """Three or four digits and a word: 138.4 million."""
    for size, word in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if value >= size:
            return f"{value / size:.1f}{word}"
    return f"{value:.3g}"


def _volume(shape: Shape) -> str:
    C, H, W = shape
    return f"{H} x {W} x {C}"
