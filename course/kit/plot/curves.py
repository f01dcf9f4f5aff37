"""Figures of lessons 03, 06 and 10: errors of a gradient, and how a training went, as curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course.kit.plot import style

ERROR_COLOURS = (style.ORANGE, style.BLUE, style.GREEN, style.PURPLE)
LOWEST = 1e-17  # stands for an error of 0, which a logarithmic axis cannot show

POINTS = 20  # the running mean is over a twentieth of the curve
LINES = ("-", "--", "-.", ":")
COLOURS = (style.BLUE, style.ORANGE, style.GREEN, style.RED, style.PURPLE, style.INK)


def error_against_step(
    steps: np.ndarray,
    errors: Mapping[str, Sequence[float]],
    default: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Error of numeric gradients against the step h, both logarithmic, one line per method.

    `default` is a step to mark. Dashed lines show the powers of h that the theory of
    rounding and of Taylor's series predicts: eps/h, h and h squared.
    """
    ax = style.new_axes(4.2, ax=ax)
    steps = np.asarray(steps, dtype=float)
    drawn = {
        name: np.maximum(np.asarray(values, dtype=float), LOWEST)
        for name, values in errors.items()
    }
    eps = np.finfo(float).eps
    for text, guide, share, offset in (
        ("eps/h", eps / steps, 0.25, (5, 5)),
        ("h", steps, 0.8, (6, -12)),
        ("h²", steps**2, 0.8, (8, -10)),
    ):
        ax.plot(steps, guide, "--", color=style.QUIET, linewidth=1, zorder=1)
        place = np.argsort(steps)[int(share * len(steps))]
        ax.annotate(
            text,
            (steps[place], guide[place]),
            xytext=offset,
            textcoords="offset points",
            color=style.QUIET,
        )
    for (name, values), colour in zip(drawn.items(), ERROR_COLOURS):
        ax.plot(steps, values, ".-", color=colour, label=name, zorder=2)
    if default is not None:
        ax.axvline(default, color=style.INK, linewidth=1, linestyle=":")
        ax.annotate(
            f"h = {default:g}",
            (default, 1),
            xycoords=("data", "axes fraction"),
            xytext=(5, -10),
            textcoords="offset points",
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    every = np.concatenate([*drawn.values(), [1.0]])
    ax.set_ylim(every.min() / 5, every.max() * 5)
    ax.legend(frameon=False, loc="lower left")
    return style.name_axes(ax, "step h", "largest error of the gradient")


def slopes_at_kink(
    places: np.ndarray,
    measured: Mapping[str, np.ndarray],
    slope: np.ndarray,
    ax: Axes | None = None,
) -> Axes:
    """What numeric gradients report around a kink at 0, one line per step, and the slope.

    `slope` is the true slope at the places; the line breaks where it jumps.
    """
    ax = style.new_axes(3.2, ax=ax)
    jumps = np.flatnonzero(np.diff(slope)) + 1
    for part in np.split(np.arange(len(places)), jumps):
        label = "slope of ReLU" if part[0] == 0 else None
        ax.plot(places[part], slope[part], color=style.INK, linewidth=4, label=label)
    for (name, values), colour in zip(measured.items(), ERROR_COLOURS):
        ax.plot(places, values, color=colour, linewidth=2, label=name)
    ax.set_ylim(-0.1, 1.1)
    ax.ticklabel_format(axis="x", style="sci", scilimits=(0, 0))
    ax.legend(frameon=False, loc="upper left")
    return style.name_axes(ax, "x", "slope reported at x")


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
