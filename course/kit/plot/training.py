"""Figures of lesson 07: how far training and validation part, and what helps."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course.kit.plot import style
from course.kit.plot.curves import COLOURS, LINES


def accuracy_gap(
    training: Sequence[float], validation: Sequence[float], ax: Axes | None = None
) -> Axes:
    """Accuracies after every epoch, from 0 to 1, and the gap between them shaded."""
    ax = style.new_axes(3.2, ax=ax)
    known, new = (
        100 * np.asarray(each, dtype=float) for each in (training, validation)
    )
    epochs = np.arange(1, len(known) + 1)
    ax.fill_between(epochs, new, known, color=style.PALE_RED, label="the gap")
    ax.plot(
        epochs, known, color=style.ORANGE, marker="o", ms=4, label="training images"
    )
    ax.plot(epochs, new, color=style.BLUE, marker="s", ms=4, label="validation images")
    ax.legend(frameon=False, loc="lower right")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return style.name_axes(ax, "epoch", "right answers in %")


def by_depth(
    values: Mapping[str, Sequence[float]], name: str, ax: Axes | None = None
) -> Axes:
    """One number per layer, from the first to the last, on a log axis; `name` says which."""
    ax = style.new_axes(3.0, ax=ax)
    for number, (title, each) in enumerate(values.items()):
        depths = np.arange(1, len(each) + 1)
        ax.plot(depths, each, color=COLOURS[number], marker="os^D"[number], label=title)
    ax.set_yscale("log")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False)
    return style.name_axes(ax, "layer", name)


def schedules(rates: Mapping[str, Sequence[float]], ax: Axes | None = None) -> Axes:
    """Learning rates against the number of the step, from 0."""
    ax = style.new_axes(2.6, ax=ax)
    for number, (name, values) in enumerate(rates.items()):
        ax.plot(
            values, color=COLOURS[number], linestyle=LINES[number], lw=2, label=name
        )
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    return style.name_axes(ax, "step", "learning rate")


def confusion(
    counts: np.ndarray, classes: Sequence[str], ax: Axes | None = None
) -> Axes:
    """A confusion matrix: labels down, predictions across; only mistakes are coloured."""
    ax = style.new_axes(4.6, ax=ax)
    mistakes = counts.astype(float)
    np.fill_diagonal(mistakes, np.nan)
    top = max(np.nanmax(mistakes, initial=0), 1)
    ax.imshow(mistakes, cmap="Oranges", vmin=0, vmax=top)
    for row, column in np.ndindex(counts.shape):
        if counts[row, column]:
            dark = row != column and counts[row, column] > 0.6 * top
            colour = style.QUIET if row == column else "white" if dark else style.INK
            ax.text(
                column, row, counts[row, column], ha="center", va="center", color=colour
            )
    places = range(len(classes))
    ax.set_xticks(places, labels=classes)
    ax.set_yticks(places, labels=classes)
    return style.name_axes(ax, "predicted", "label")


def remedies(measured: Sequence[Mapping], ax: Axes | None = None) -> Axes:
    """For each remedy its accuracies on known and on new images: mean, lowest, highest.

    measured: mappings with "name", and lists "training" and "validation" from 0 to 1.
    """
    ax = style.new_axes(0.42 * len(measured) + 1.0, ax=ax)
    rows = np.arange(len(measured))[::-1]
    for part, colour, marker, label in (
        ("training", style.ORANGE, "o", "training images"),
        ("validation", style.BLUE, "s", "validation images"),
    ):
        values = 100 * np.array([each[part] for each in measured])
        mean = values.mean(axis=1)
        # A mean may lie beyond its extremes by rounding.
        spread = np.maximum([mean - values.min(axis=1), values.max(axis=1) - mean], 0)
        ax.errorbar(
            mean, rows, xerr=spread, fmt=marker, color=colour, capsize=3, label=label
        )
    ax.set_yticks(rows, labels=[each["name"] for each in measured])
    ax.grid(axis="x", color=style.PAPER)
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return style.name_axes(ax, "right answers in %: mean, lowest, highest", "")


def rate_scores(
    choices: Sequence[tuple[float, Mapping]], x: str, y: str, ax: Axes | None = None
) -> Axes:
    """Tries of a search as points on two log axes, coloured by score; the best is ringed."""
    ax = style.new_axes(3.4, width=6.0, ax=ax)
    scores = 100 * np.array([score for score, _ in choices])
    places = [[choice[name] for _, choice in choices] for name in (x, y)]
    points = ax.scatter(*places, c=scores, cmap=style.VALUES, s=70, edgecolor=style.INK)
    best = int(np.nanargmax(scores))
    ax.scatter(
        places[0][best],
        places[1][best],
        s=240,
        facecolor="none",
        edgecolor=style.RED,
        lw=2,
    )
    ax.figure.colorbar(points, ax=ax, label="validation images right in %")
    ax.set(xscale="log", yscale="log")
    return style.name_axes(ax, x.replace("_", " "), y.replace("_", " "))


def seed_curves(
    curves: Sequence[Sequence[float]],
    own: Sequence[float] = (),
    ax: Axes | None = None,
) -> Axes:
    """Validation accuracies after every epoch, one line per seed; `own` as large points.

    All are shares from 0 to 1. `own` are the first epochs of a training of one's own.
    """
    ax = style.new_axes(3.2, ax=ax)
    for number, curve in enumerate(curves):
        epochs = np.arange(1, len(curve) + 1)
        label = None if number else f"{len(curves)} seeds"
        ax.plot(
            epochs, 100 * np.asarray(curve), color=style.BLUE, alpha=0.6, label=label
        )
    if len(own):
        epochs = np.arange(1, len(own) + 1)
        ax.plot(
            epochs,
            100 * np.asarray(own),
            "o",
            color=style.ORANGE,
            ms=9,
            label="this page",
        )
    ax.legend(frameon=False, loc="lower right")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return style.name_axes(ax, "epoch", "validation images right in %")
