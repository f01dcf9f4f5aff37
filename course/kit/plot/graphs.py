"""Drawings of boxes and lines: how a layer is wired, and a computational graph."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from course.kit.plot import style

SHARED = (style.ORANGE, style.BLUE, style.GREEN, style.PURPLE, style.RED)
GRADIENT = style.RED


def wirings(inputs: int = 7, filter_size: int = 3) -> list[Axes]:
    """A row of numbers to a shorter row, in three ways: dense, a window each, one window for all.

    A line is a weight; two lines of one colour in the last picture are the same weight.
    """
    outputs = inputs - filter_size + 1
    if filter_size > len(SHARED) or outputs < 1:
        raise ValueError(
            f"a filter of {filter_size} on {inputs} numbers cannot be drawn: "
            f"at most {min(len(SHARED), inputs)}"
        )
    every = [(i, o) for o in range(outputs) for i in range(inputs)]
    windows = [(o + j, o) for o in range(outputs) for j in range(filter_size)]
    ways = {
        f"dense: {len(every)} weights": [(*line, style.QUIET) for line in every],
        f"a window each: {len(windows)} weights": [
            (*line, style.QUIET) for line in windows
        ],
        f"one window, shared: {filter_size} weights": [
            (i, o, SHARED[i - o]) for i, o in windows
        ],
    }
    axes = style.new_row(len(ways), height=2.3)
    for ax, (title, lines) in zip(axes, ways.items(), strict=True):
        shift = (inputs - outputs) / 2
        for i, o, colour in lines:
            shared = colour != style.QUIET
            ax.plot([i, o + shift], [0, 1], color=colour, lw=2 if shared else 1)
        for row, count, begin in ((0, inputs, 0), (1, outputs, shift)):
            for place in range(count):
                fill = style.SKY if row == 0 else "white"
                ax.scatter(
                    begin + place, row, s=130, color=fill, edgecolor=style.INK, zorder=3
                )
        ax.set_xlim(-0.6, inputs - 0.4)
        ax.set_ylim(-0.25, 1.25)
        ax.axis("off")
        ax.set_title(title, fontsize=11, color=style.INK)
    return axes


def computation(
    nodes: Mapping[str, tuple[float, float]],
    edges: Sequence[tuple[str, str, str, str]],
    ax: Axes | None = None,
) -> Axes:
    """A computational graph: `nodes` at their places (x, y), joined from left to right.

    An edge is (from, to, value, gradient): the value goes forward, written above the line, the
    gradient comes back, in red below it. Either may be empty.
    """
    ax = style.new_axes(2.7, ax=ax)
    radius = 22  # points
    for start, end, value, gradient in edges:
        (x0, y0), (x1, y1) = nodes[start], nodes[end]
        look = {"arrowstyle": "->", "shrinkA": radius, "shrinkB": radius}
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={**look, "color": style.QUIET})
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        for text, colour, offset in (
            (value, style.INK, 9),
            (gradient, GRADIENT, -10),
        ):
            ax.annotate(
                text,
                middle,
                (0, offset),
                textcoords="offset points",
                ha="center",
                va="center",
                color=colour,
                fontsize=11,
            )
    for name, (x, y) in nodes.items():
        ax.scatter(x, y, s=1500, color="white", edgecolor=style.INK, zorder=3)
        ax.text(x, y, name, ha="center", va="center", fontsize=11, zorder=4)
    xs, ys = zip(*nodes.values(), strict=True)
    ax.set_xlim(min(xs) - 0.4, max(xs) + 0.4)
    ax.set_ylim(min(ys) - 0.5, max(ys) + 0.5)
    ax.axis("off")
    return ax
