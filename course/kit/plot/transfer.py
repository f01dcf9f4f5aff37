"""The figure of lesson 09: how many are right with how many images to learn from."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course.kit.plot import style

LINES, MARKS = ("--", "-.", ":", "-"), ("o", "s", "^", "D")
COLOURS = (style.ORANGE, style.GREEN, style.PURPLE, style.BLUE)


def transfer_lines(
    counts: Sequence[int],
    found: Mapping[str, Sequence[Sequence[float]]],
    guess: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Percent right against images per class: the mean, and a bar from lowest to highest.

    found has for each name one list of repeated measurements for each of `counts`.
    `guess` marks the percentage of guessing.
    """
    ax = style.new_axes(3.4, ax=ax)
    for number, (name, groups) in enumerate(found.items()):
        mean = np.array([np.mean(group) for group in groups])
        low = mean - [min(group) for group in groups]
        high = [max(group) for group in groups] - mean
        ax.errorbar(
            counts,
            mean,
            np.maximum([low, high], 0),  # a mean may be off by rounding
            label=name,
            capsize=3,
            color=COLOURS[number % 4],
            linestyle=LINES[number % 4],
            marker=MARKS[number % 4],
        )
    if guess is not None:
        ax.axhline(guess, color=style.QUIET, lw=1, label=f"guessing: {guess:g} %")
    ax.set_xscale("log")
    ax.set_xticks(list(counts), labels=[str(count) for count in counts])
    ax.minorticks_off()
    ax.set_ylim(0, 100)
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    return style.name_axes(ax, "images per class", "right answers in %")
