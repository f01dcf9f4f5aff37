"""Figures of lessons 06 and 09: how a training went, and how much it took to learn from."""

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
