"""Many small images at once, with what they are and what a network takes them for."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from course.kit.plot import style

TITLE_HEIGHT = 0.19  # inches
WIDEST = 4  # an image takes at most a quarter of the width, however few there are


def contact_sheet(
    images: np.ndarray,
    labels: Sequence[int] | None = None,
    predicted: Sequence[int] | None = None,
    classes: Sequence[str] | None = None,
    columns: int = 8,
) -> list[Axes]:
    """Images (N, C, H, W), C = 1 or 3, side by side, `columns` in a row.

    Above each stands the name of its class: classes[labels[n]], or the number without
    `classes`. With `predicted` it is the prediction; a wrong one is red, framed, and
    followed by the true name. Values from 0 to 1 are shown as they are; if any lie
    outside, all images share one scale from the lowest value to the highest.
    Returns the axes of the images in order.
    """
    N, C, H, W = images.shape
    if C not in (1, 3):
        raise ValueError(f"contact_sheet wants 1 or 3 channels, not {C}")
    columns = max(1, min(columns, max(N, WIDEST)))
    rows = -(-max(N, 1) // columns)
    titled = labels is not None or predicted is not None
    wrong_line = labels is not None and predicted is not None
    side = style.WIDTH / columns
    height = side * H / W + TITLE_HEIGHT * (titled + wrong_line)
    _, grid = plt.subplots(
        rows,
        columns,
        figsize=(style.WIDTH, rows * height),
        layout="constrained",
        squeeze=False,
    )
    axes = list(grid.flat)
    for ax in axes:
        ax.set_axis_off()
    low, high = _scale(images)
    for number, (ax, image) in enumerate(zip(axes, images)):
        shown = np.clip((image - low) / (high - low), 0, 1).transpose(1, 2, 0)
        ax.imshow(
            shown if C == 3 else shown[:, :, 0],
            cmap=None if C == 3 else style.GREY,
            vmin=0,
            vmax=1,
            interpolation="nearest",
        )
        if titled:
            _name(ax, number, labels, predicted, classes)
    return axes[:N]


def _scale(images: np.ndarray) -> tuple[float, float]:
    """0 and 1 where the values allow it, their lowest and highest otherwise."""
    low, high = style.limits(images)
    if images.size == 0 or (low >= 0 and high <= 1) or np.ptp(images) == 0:
        return 0.0, 1.0
    return low, high


def _name(
    ax: Axes,
    number: int,
    labels: Sequence[int] | None,
    predicted: Sequence[int] | None,
    classes: Sequence[str] | None,
) -> None:
    def name(label: int) -> str:
        return str(label) if classes is None else classes[label]

    taken_for = labels[number] if predicted is None else predicted[number]
    wrong = labels is not None and taken_for != labels[number]
    text = name(taken_for)
    if wrong:
        text = f"{text}\nnot {name(labels[number])}"
        ax.set_axis_on()
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set(color=style.RED, linewidth=2)
    ax.set_title(text, fontsize=9, pad=3, color=style.RED if wrong else style.INK)
