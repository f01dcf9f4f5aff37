"""A network out of a file that `network.save` wrote, with pictures to begin with.

Such a file has parameters and no layers. Between them stands what the lessons put there:
convolutions keep height and width, and go on with ReLU, or with ReLU and MaxPool2D.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course.kit.checkpoint import load_arrays
from course.kit.pretrained import NAMES, pretrained
from course.kit.usage_error import UsageError

SIDES = {1: (8, 28), 3: (32,)}  # pixels of the lessons' images, by their channels
INSTEAD = "Call export_page(network, ...) from course.kit.page in the notebook, which knows the layers"


@dataclass(frozen=True)
class Saved:
    """A network, its images (N, C, H, W) from 0 to 1, and what export_page wants beside them."""

    network: Any
    samples: np.ndarray
    mean: float
    classes: list[str]
    title: str


def read_network(name: str | Path) -> Saved:
    """The network in an npz file, or a shipped one: "digits" or "shapes".

    Raises UsageError for a file that is missing or damaged, and for parameters of layers
    that the lessons do not put together so.
    """
    is_shipped = str(name) in NAMES
    path = pretrained(str(name)) if is_shipped else Path(name)
    try:
        arrays = load_arrays(path)
    except FileNotFoundError:
        raise UsageError(
            f"there is no file {path}: network.save writes one; {' and '.join(NAMES)} are shipped"
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from None
    layers, shape = _layers(arrays, path)
    from course.network import Sequential

    network = Sequential(layers)
    network.load(path)
    outputs = len(arrays[max(arrays, key=_place)])
    samples, mean, names = _pictures(shape)
    titles = {
        "digits": "Inside the network that reads digits",
        "shapes": "Inside the network that names shapes",
    }
    return Saved(
        network,
        samples,
        mean,
        names if len(names) == outputs else [str(k) for k in range(outputs)],
        titles[str(name)] if is_shipped else "Inside your network",
    )


def _place(name: str) -> tuple[int, bool]:
    """So that the biases of the last layer are the largest."""
    return int(name.split(".")[0]), name.endswith(".b")


def _layers(
    arrays: dict[str, np.ndarray], path: Path
) -> tuple[list, tuple[int, int, int]]:
    unknown = [name for name in arrays if not re.fullmatch(r"\d+\.[wb]", name)]
    places = sorted({_place(name)[0] for name in arrays if name not in unknown})
    weights = [arrays.get(f"{place}.w", np.zeros(0)) for place in places]
    if unknown or not places or {each.ndim for each in weights} - {2, 4}:
        what = ", ".join(unknown[:3]) or "no weights of a Conv2D or Dense"
        raise UsageError(f"{path} has {what}, so its layers are not known. {INSTEAD}")
    C = weights[0].shape[1] if weights[0].ndim == 4 else 1
    for side in SIDES.get(C, ()):
        if layers := _reading(places, weights, C, side):
            return layers, (C, side, side)
    raise UsageError(
        f"{path} fits no images of the lessons with layers as they have them. {INSTEAD}"
    )


def _reading(places: list[int], weights: list, C: int, side: int) -> list:
    """The layers, if they fit images (C, side, side), else []."""
    from course.network import Conv2D, Dense, Flatten, MaxPool2D, ReLU

    layers: list = []
    numbers = C * side * side
    for place, w, after in zip(
        places, weights, [*places[1:], places[-1] + 1], strict=True
    ):
        if place != len(layers):
            return []
        if w.ndim == 4:
            K, D, F, _ = w.shape
            layers.append(Conv2D(D, K, F, padding=(F - 1) // 2))
            numbers = K * side * side
        else:
            if w.shape[0] != numbers:
                return []
            layers.append(Dense(*w.shape))
            numbers = w.shape[1]
        between = after - place - 1
        is_pooled = w.ndim == 4 and between >= 2
        layers += [ReLU()] * (between >= 1) + [MaxPool2D()] * is_pooled
        layers += [Flatten()] * (between == 3)
        if is_pooled:
            side, numbers = side // 2, numbers // 4
    return layers if weights[-1].ndim == 2 else []


def _pictures(shape: tuple[int, int, int]) -> tuple[np.ndarray, float, list[str]]:
    """Pictures for the page, one of each class, what is subtracted of them, and the classes."""
    from course.kit.data import SHAPE_NAMES, colour_task, split_digits

    digits = [str(digit) for digit in range(10)]
    if shape == (1, 8, 8):
        images, labels = split_digits(np.float64).validation
        mean, names = 0.0, digits
    elif shape[0] == 3:
        images, labels = colour_task(
            "shapes", train=1, validation=200, test=1
        ).validation
        mean, names = 0.5, list(SHAPE_NAMES)
    else:
        return np.zeros((1, *shape)), 0.0, digits
    rows = [int(np.flatnonzero(labels == label)[0]) for label in range(len(names))]
    return images[rows], mean, names
