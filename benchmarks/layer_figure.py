"""The ratios of the benchmark as a figure on a log axis."""

from pathlib import Path

import matplotlib
from layer_results import KINDS, NAMES, Measured

from course.kit.plot import style

LOOKS = {
    "naive": (style.RED, "o"),
    "window": (style.ORANGE, "s"),
    "im2col": (style.BLUE, "D"),
    "fast": (style.GREEN, "^"),
    "im2col-avx512": (style.SKY, "D"),
    "fast-avx512": (style.PURPLE, "^"),
}


def draw(results: list[Measured], others: list[str], base: str, path: Path) -> None:
    """Write a PNG: one panel per kind of pass, one row per layer, bars for the spread."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(
        1, 2, figsize=(10, 1.6 + 0.42 * len(results)), sharey=True, layout="constrained"
    )
    for ax, (kind, title) in zip(panels, KINDS.items()):
        ax.axvline(1, color=style.QUIET, linewidth=1)
        for other in others:
            colour, marker = LOOKS[other]
            for row, result in enumerate(results):
                ratio = result.ratio(kind, other, base)
                if ratio is None:
                    continue
                ax.plot([ratio.low, ratio.high], [row, row], color=colour, linewidth=2)
                ax.plot(ratio.middle, row, marker, color=colour, markersize=7)
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
        style.name_axes(ax, f"time / time of {NAMES[base]}", "", title)
        ax.grid(axis="x", color=style.PAPER)
        ax.set_axisbelow(True)
    panels[0].set_yticks(range(len(results)), [result.layer for result in results])
    panels[0].invert_yaxis()
    handles = [
        plt.Line2D([], [], color=LOOKS[other][0], marker=LOOKS[other][1], linewidth=2)
        for other in others
    ]
    figure.legend(
        handles,
        [NAMES[other] for other in others],
        loc="outside upper right",
        ncols=min(3, len(others)),
        frameon=False,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)
