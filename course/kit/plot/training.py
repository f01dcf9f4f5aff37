"""How trainings went: losses and accuracies as curves, how far training and validation part, what helps."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course.kit.plot import style

POINTS = 20  # the running mean is over a twentieth of the curve
LINES = ("-", "--", "-.", ":")
COLOURS = (style.BLUE, style.ORANGE, style.GREEN, style.RED, style.PURPLE, style.INK)


def training_curves(
    history: Mapping[str, Sequence[float]],
    guess: float | None = None,
    axes: Sequence[Axes] | None = None,
) -> list[Axes]:
    """The loss of every step, and the accuracies after every epoch, side by side.

    history: "loss" (one number per step), "accuracy" and "validation" (one per epoch,
    from 0 to 1; they may be missing or empty). `guess` marks the loss of a network that
    knows nothing.
    """
    left, right = axes if axes is not None else style.new_row(2, 2.8)
    _loss_curve(left, np.asarray(history.get("loss", ()), dtype=float), guess)
    drawn = False
    for name, label, line in (
        ("accuracy", "training images", {"color": style.ORANGE, "marker": "o"}),
        ("validation", "validation images", {"color": style.BLUE, "marker": "s"}),
    ):
        values = 100 * np.asarray(history.get(name, ()), dtype=float)
        if values.size:
            epochs = np.arange(1, len(values) + 1)
            right.plot(epochs, values, label=label, markersize=4, **line)
            drawn = True
    if drawn:
        right.legend(frameon=False, loc="lower right", fontsize=9)
        right.xaxis.get_major_locator().set_params(integer=True)
    else:
        right.text(0.5, 0.5, "after the first epoch", ha="center", color=style.QUIET)
        right.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1))
    style.name_axes(right, "epoch", "right answers in %")
    return [left, right]


def loss_lines(
    losses: Mapping[str, Sequence[float]],
    guess: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Losses of several trainings in one picture, as running means, from 0 to twice `guess`.

    What is not finite is left out; what is too large runs out of the picture.
    """
    ax = style.new_axes(3.4, ax=ax)
    for number, (name, values) in enumerate(losses.items()):
        steps, mean, _ = _running_mean(np.asarray(values, dtype=float))
        colour, line = COLOURS[number % len(COLOURS)], LINES[number % len(LINES)]
        ax.plot(steps, mean, color=colour, linestyle=line, lw=1.8, label=name)
    if guess is not None:
        _mark_guess(ax, guess)
        ax.set_ylim(0, 2 * guess)
    # Beside the picture: inside, it would hide the losses that do not fall.
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    return style.name_axes(ax, "step", "loss, running mean")


def _loss_curve(ax: Axes, loss: np.ndarray, guess: float | None) -> None:
    finite = np.where(np.isfinite(loss), loss, np.nan)
    steps, mean, window = _running_mean(loss)
    if window > 1:
        ax.plot(np.arange(1, len(loss) + 1), finite, color=style.SKY, lw=0.6)
        ax.plot(steps, mean, color=style.BLUE, label=f"mean of {window} steps")
    else:
        ax.plot(steps, mean, ".-", color=style.BLUE)
    if guess is not None:
        _mark_guess(ax, guess)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=False, loc="upper right", fontsize=9)
    ax.set_ylim(bottom=0)
    style.name_axes(ax, "step", "loss")


def _running_mean(loss: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Steps, counted from 1; the mean up to each over a window; the window's length."""
    window = max(1, len(loss) // POINTS)
    finite = np.where(np.isfinite(loss), loss, np.nan)
    if not loss.size:
        return np.arange(0), finite, window
    mean = np.convolve(finite, np.ones(window) / window, mode="valid")
    return np.arange(window, len(loss) + 1), mean, window


def _mark_guess(ax: Axes, guess: float) -> None:
    label = f"guessing: {guess:.2f}"
    ax.axhline(guess, color=style.QUIET, lw=1, ls="--", zorder=0, label=label)


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
            color=(style.ORANGE, style.GREEN, style.PURPLE, style.BLUE)[number % 4],
            linestyle=("--", "-.", ":", "-")[number % 4],
            marker="os^D"[number % 4],
        )
    if guess is not None:
        ax.axhline(guess, color=style.QUIET, lw=1, label=f"guessing: {guess:g} %")
    ax.set_xscale("log")
    ax.set_xticks(list(counts), labels=[str(count) for count in counts])
    ax.minorticks_off()
    ax.set_ylim(0, 100)
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    return style.name_axes(ax, "images per class", "right answers in %")


def tuning_lines(
    cases: Mapping[str, Mapping[str, Sequence[Sequence[float]]]],
    epochs: Sequence[int],
    guess: Mapping[str, float] | None = None,
) -> list[Axes]:
    """Percent right while a training goes on: a panel per case, a line per way.

    cases[case][way] has one list per draw, with a percentage for each of `epochs`. The line is the mean of the draws, the band goes from the lowest
    to the highest. `guess` marks what guessing gives in each case.
    """
    axes = style.new_row(len(cases), 3.4)
    for ax, (case, ways) in zip(axes, cases.items(), strict=True):
        for number, (way, draws) in enumerate(ways.items()):
            colour = COLOURS[number % len(COLOURS)]
            found = np.asarray(draws, dtype=float)
            low, high = found.min(axis=0), found.max(axis=0)
            ax.fill_between(epochs, low, high, color=colour, alpha=0.15, lw=0)
            look = {"marker": "os^D"[number % 4], "linestyle": LINES[number % 4]}
            ax.plot(epochs, found.mean(axis=0), color=colour, label=way, **look)
        if guess:
            ax.axhline(guess[case], color=style.QUIET, lw=1, label="guessing")
        ax.set_ylim(0, 100)
        ax.set_xlim(left=0)
        ax.locator_params(axis="x", nbins=4)
        style.name_axes(ax, "epochs", "right answers in %", case)
    handles, names = axes[0].get_legend_handles_labels()
    axes[0].figure.legend(
        handles, names, loc="outside lower center", ncols=3, frameon=False, fontsize=9
    )
    return axes


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
