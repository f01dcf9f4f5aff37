"""Figures of lesson 01: where a filter fits, what a volume is, and what a layer costs."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle

from course.kit.plot import style

HATCH = "///"  # of zeros that are no pixels
READABLE = 24  # rows of more cells than this have no numbers in their cells


def sliding_filter(
    size: int,
    filter_size: int,
    stride: int = 1,
    padding: int = 0,
    crop: int = 0,
    extra: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """A filter at each of its places on one row of `size` pixels; a misfit is red.

    `padding` zeros stand on both borders, hatched. At the far border `crop` pixels are dropped
    or `extra` zeros are added. Nothing is computed by a formula: the filter is moved
    until it would leave the row.
    """
    first, end = -padding, size + padding - crop + extra
    starts = list(range(first, end - filter_size + 1, stride))
    reached = starts[-1] + filter_size if starts else first
    misfit = bool(reached != end)
    rows = len(starts) + misfit
    ax = style.new_axes(0.9 + 0.22 * (rows + 2), ax=ax)

    for pixel in range(first, max(end, size + padding)):
        is_zero = not 0 <= pixel < size - max(crop - padding, 0)
        dropped, left_over = pixel >= end, misfit and pixel >= reached
        fill = style.PAPER if is_zero else style.SKY
        if left_over or dropped:
            fill = style.PALE_RED if left_over else "white"
        hatch = HATCH if is_zero and not dropped else ""
        _cell(ax, pixel, 0, fill, style.RED if left_over else style.QUIET, hatch)
        if end - first <= READABLE:
            text = "x" if dropped else "" if is_zero else str(pixel)
            ax.text(pixel + 0.5, -0.5, text, ha="center", va="center", fontsize=9)
    for row, start in enumerate(starts, 1):
        _bar(ax, start, row, filter_size, style.BLUE)
    if misfit:
        start = starts[-1] + stride if starts else first
        _bar(ax, start, rows, filter_size, style.RED)

    verdict = f"{len(starts)} place" + "s" * (len(starts) != 1)
    if misfit:
        verdict += f", then {end - reached} left over: no fit"
    change = f", {crop} dropped" * bool(crop) + f", {extra} added" * bool(extra)
    setting = f"W = {size}, F = {filter_size}, S = {stride}, P = {padding}"
    colour = style.RED if misfit else style.INK
    pixels = "pixel (hatched: zeros of the padding)" if padding or extra else "pixel"
    style.name_axes(ax, pixels, "place", f"{setting}{change}: {verdict}", colour)
    names = [*range(1, len(starts) + 1)] + ["?"] * misfit
    ax.set_yticks([-row - 0.5 for row in range(1, rows + 1)], labels=names)
    ax.set_xticks([])
    ax.set_xlim(first - 0.3, size + padding + max(filter_size, stride))
    ax.set_ylim(-rows - 1.1, 0.1)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


def fit_grid(
    output_size: Callable[[int, int, int, int], int],
    size: int,
    filter_size: int,
    strides: Iterable[int],
    paddings: Iterable[int],
    ax: Axes | None = None,
) -> Axes:
    """Which strides and paddings fit, and what comes out: asks the learner's function.

    A combination for which `output_size` raises ValueError is red.
    """
    strides, paddings = list(strides), list(paddings)
    sizes = np.full((len(paddings), len(strides)), np.nan)
    for row, padding in enumerate(paddings):
        for column, stride in enumerate(strides):
            try:
                sizes[row, column] = output_size(size, filter_size, stride, padding)
            except ValueError:
                continue
    ax = style.new_axes(1.0 + 0.38 * len(paddings), ax=ax)
    low, high = style.limits(sizes)
    ax.imshow(sizes, cmap=style.VALUES, vmin=low, vmax=high, aspect="auto")
    for row, column in np.ndindex(sizes.shape):
        value = sizes[row, column]
        if np.isnan(value):
            _cell(ax, column - 0.5, -row - 0.5, style.PALE_RED, "white")
            ax.text(column, row, "x", ha="center", va="center", color=style.RED)
            continue
        ink = "white" if value < (low + high) / 2 else "black"
        ax.text(column, row, f"{value:.0f}", ha="center", va="center", color=ink)
    style.name_axes(ax, "stride S", "padding P", f"W = {size}, F = {filter_size}")
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set_xticks(range(len(strides)), labels=strides)
    ax.set_yticks(range(len(paddings)), labels=paddings)
    return ax


def depth_parts(
    X: np.ndarray,
    column: tuple[int, int] | None = None,
    depth: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A volume X[x, y, d] as one card per depth; a depth column and a depth slice stand out.

    The numbers are those of X. `column` is (x, y), `depth` is d.
    """
    W, H, C = X.shape
    ax = style.new_axes(0.9 + 0.42 * H, ax=ax)
    for x, y, d in np.ndindex(W, H, C):
        fill, ink = style.PAPER, style.INK
        if d == depth:
            fill = style.YELLOW
        if (x, y) == column:
            fill, ink = style.BLUE, "white"
        left, low = d * (W + 1.2) + x, -y
        ax.add_patch(
            Rectangle((left, low - 1), 1, 1, facecolor=fill, edgecolor=style.QUIET)
        )
        ax.text(
            left + 0.5,
            low - 0.5,
            f"{X[x, y, d]:g}",
            ha="center",
            va="center",
            fontsize=9,
            color=ink,
        )
    for d in range(C):
        ax.text(d * (W + 1.2) + W / 2, 0.2, f"depth d = {d}", ha="center", va="bottom")
    style.name_axes(ax, "x", "y")
    columns = [d * (W + 1.2) + x + 0.5 for d in range(C) for x in range(W)]
    ax.set_xticks(columns, labels=[*range(W)] * C)
    ax.set_yticks([-y - 0.5 for y in range(H)], labels=range(H))
    ax.set_xlim(-0.3, C * (W + 1.2) - 0.9)
    ax.set_ylim(-H - 0.1, 0.9)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


def volumes(
    shapes: Sequence[tuple[int, int, int]],
    names: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Volumes (C, H, W) as boxes, all to one scale: depth to the right, width inwards."""
    ax = style.new_axes(3.2, ax=ax)
    tallest = max(H for _, H, _ in shapes)
    gap = 0.3 * max(max(shape) for shape in shapes)
    left = 0.0
    for (C, H, W), name in zip(shapes, names, strict=True):
        inwards = np.array([0.5 * W, 0.3 * W])
        a, b, c, d = np.array([[0, 0], [C, 0], [C, H], [0, H]]) + [left, -H / 2]
        for face, colour in (
            ((a, b, c, d), style.BLUE),
            ((b, b + inwards, c + inwards, c), style.SKY),
            ((d, c, c + inwards, d + inwards), "white"),
        ):
            ax.add_patch(Polygon(face, facecolor=colour, edgecolor=style.INK))
        middle = left + (C + inwards[0]) / 2
        label = f"{name}\n{W} x {H} x {C}"
        ax.text(middle, -0.6 * tallest, label, ha="center", va="top", fontsize=9)
        left += C + inwards[0] + gap
    ax.set_xlim(-gap, left)
    ax.set_ylim(-0.95 * tallest, max(H / 2 + 0.3 * W for _, H, W in shapes) + 1)
    ax.set_aspect("equal")
    style.name_axes(
        ax,
        "depth C to the right, width W inwards",
        "height H",
        "width x height x depth",
    )
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return ax


def shrinking(sizes: Mapping[str, Sequence[int]], ax: Axes | None = None) -> Axes:
    """Width of the volume after each layer, one line per way of padding."""
    ax = style.new_axes(2.8, ax=ax)
    looks = zip((style.BLUE, style.RED, style.GREEN, style.PURPLE), "osD^", strict=True)
    for (name, widths), (colour, marker) in zip(sizes.items(), looks, strict=False):
        ax.plot(widths, color=colour, marker=marker, markersize=4, label=name)
    ax.legend(frameon=False)
    ax.set_ylim(bottom=0)
    return style.name_axes(ax, "layers passed", "width in pixels")


def _cell(
    ax: Axes, pixel: float, row: float, fill: str, edge: str, hatch: str = ""
) -> None:
    look = {"facecolor": fill, "edgecolor": edge, "hatch": hatch}
    ax.add_patch(Rectangle((pixel, -row - 1), 1, 1, **look))


def _bar(ax: Axes, start: int, row: int, width: int, colour: str) -> None:
    box = (start + 0.06, -row - 0.82), width - 0.12, 0.64
    ax.add_patch(Rectangle(*box, facecolor=colour))


def parameter_bars(counts: Mapping[str, int], ax: Axes | None = None) -> Axes:
    """Numbers to learn, one bar per kind of layer, on a logarithmic axis."""
    ax = style.new_axes(0.9 + 0.45 * len(counts), ax=ax)
    _log_bars(ax, list(counts.values()), np.arange(len(counts)), 0.6, style.BLUE)
    ax.set_yticks(range(len(counts)), labels=counts)
    ax.invert_yaxis()
    return style.name_axes(ax, "numbers to learn, logarithmic", "layer")


def trace_bars(
    input_shape: tuple[int, int, int],
    rows: Sequence[tuple[str, tuple[int, int, int], int]],
    ax: Axes | None = None,
) -> Axes:
    """For the input and each layer: numbers that come out, and numbers to learn."""
    rows = [("input", input_shape, 0), *rows]
    ax = style.new_axes(1.1 + 0.5 * len(rows), ax=ax)
    y = np.arange(len(rows))
    outputs = [int(np.prod(shape)) for _, shape, _ in rows]
    learned = [parameters for _, _, parameters in rows]
    _log_bars(ax, outputs, y - 0.2, 0.36, style.SKY, label="numbers that come out")
    _log_bars(ax, learned, y + 0.2, 0.36, style.ORANGE, label="numbers to learn")
    labels = [f"{name}  {shape}" for name, shape, _ in rows]
    ax.set_yticks(y, labels=labels)
    ax.invert_yaxis()
    ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.13), ncols=2)
    return style.name_axes(ax, "count, logarithmic", "layer (C, H, W)")


def _log_bars(
    ax: Axes,
    counts: Sequence[int],
    y: np.ndarray,
    height: float,
    colour: str,
    label: str | None = None,
) -> None:
    """Horizontal bars with their counts written out; a zero has no bar but a label."""
    widest = max([10, *counts, *(bar.get_width() for bar in ax.patches)])
    room_for_label = 1.25
    ax.set_xlim(1, widest**room_for_label)
    ax.set_xscale("log")
    ax.barh(y, counts, height=height, color=colour, label=label)
    for count, where in zip(counts, y, strict=True):
        ax.annotate(
            f"{count:,}",
            (max(count, 1), where),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
