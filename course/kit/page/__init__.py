"""A network as one HTML file: it runs there, offline, in plain JavaScript.

    from course.kit.page import export_page
    export_page(network, "explorer.html", classes=names, mean=0.5, samples=images)

The page is this folder's modules joined: layers.js beside layers.py, network.js, views/.

`read_network` finds what export_page wants for a file that `network.save` wrote. Such a file has
parameters and no layers. Between them stands what the lessons put there: convolutions keep height
and width, and go on with ReLU, or with ReLU and MaxPool2D.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from course.kit import UsageError
from course.kit.checkpoint import load_arrays
from course.kit.page.layers import describe, encoded, fixture, in_use
from course.kit.pretrained import NAMES, pretrained

HERE = Path(__file__).parent
LARGEST = 2_000_000  # bytes of numbers in a page
LARGEST_SIDE = 128  # pixels of an image
IMPORT = re.compile(r'^import (\{[^}]+\}) from "(\.{1,2}/[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:function\*?|class|const) (\w+))", re.MULTILINE)
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; worker-src blob:; "
    "base-uri 'none'; form-action 'none'"
)

Parameters = Mapping[str, np.ndarray] | str | Path


def export_page(
    network: Any,
    path: str | Path,
    classes: Sequence[str] | None = None,
    mean: float | np.ndarray = 0.0,
    samples: np.ndarray | None = None,
    checkpoints: Mapping[str, Parameters] | None = None,
    title: str = "Inside your network",
) -> Path:
    """Write a page in which `network` runs; returns its path.

    network: a Sequential for images (C, H, W), C = 1 or 3. samples (N, C, H, W) are pictures
    to begin with, from 0 to 1; mean, a number or an array for each channel or pixel, is what
    is subtracted of a picture before the network sees it. classes: a name for each score.
    checkpoints: parameters, or files of `network.save`, by what they are called ("epoch 1");
    they are shown between an untrained network and this one. The network is not changed.

    Raises UsageError for a layer that the page does not know, for numbers of more than 2 MB,
    and for what does not fit together; then nothing is written.
    """
    twin = in_use(network)
    if samples is None:
        raise UsageError(
            "give samples=, pictures (N, C, H, W) from 0 to 1: they say how large an image is"
        )
    samples = np.asarray(samples, np.float64)
    _check_samples(samples)
    _, C, H, W = samples.shape
    means = _means(mean, (C, H, W))
    images = samples[:1] - means
    noise = np.random.default_rng(0).standard_normal((1, C, H, W)) / 2
    found = describe(twin, images)
    scores = found.outs[-1]
    if scores.shape[1:] != (scores.size,):
        raise UsageError(
            f"the network gives {scores.shape[1:]} for an image: scores, a row of numbers, are "
            "wanted at its end"
        )
    names = [str(n) for n in (classes if classes is not None else range(scores.size))]
    if len(names) != scores.size:
        raise UsageError(
            f"{len(names)} classes are named, and there are {scores.size} scores"
        )
    steps = {str(n): _parameters(given) for n, given in (checkpoints or {}).items()}
    weights = {n: found.with_parameters(arrays, n) for n, arrays in steps.items()}
    _check_size(found.weights.nbytes, sum(w.nbytes for w in weights.values()), samples)
    data = {
        "title": title,
        "shape": [C, H, W],
        "classes": names,
        "mean": encoded(means),
        "samples": [encoded(each) for each in samples],
        "nodes": found.nodes,
        "weights": encoded(found.weights),
        "checkpoints": [{"name": n, "weights": encoded(w)} for n, w in weights.items()],
        "fixtures": [fixture(twin, x) for x in (images, noise)],
    }
    target = Path(path)
    if target.is_dir():
        raise UsageError(
            f"{target} is a folder: name a file in it, such as explorer.html"
        )
    text = page_of(data)
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(beside, target)
    except FileNotFoundError:
        raise UsageError(f"there is no folder {target.parent}: make it first") from None
    finally:
        beside.unlink(missing_ok=True)
    return target


def _check_samples(samples: np.ndarray) -> None:
    if samples.ndim != 4 or samples.shape[1] not in (1, 3) or 0 in samples.shape:
        raise UsageError(
            f"samples are {samples.shape}: (N, C, H, W) with 1 or 3 channels is wanted"
        )
    if max(samples.shape[2:]) > LARGEST_SIDE:
        raise UsageError(
            f"samples of {samples.shape[2]} x {samples.shape[3]} pixels: at most "
            f"{LARGEST_SIDE} x {LARGEST_SIDE} can be shown"
        )
    if not (samples.min() >= 0 and samples.max() <= 1):
        raise UsageError(
            f"samples go from {samples.min():.3g} to {samples.max():.3g}: give pictures from "
            "0 to 1, and what is subtracted of them as mean="
        )


def _means(mean: float | np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    means = np.asarray(mean, np.float64)
    if means.shape == shape[:1]:
        means = means[:, np.newaxis, np.newaxis]
    try:
        return np.broadcast_to(means, shape)
    except ValueError:
        raise UsageError(
            f"mean is {means.shape}: a number, {shape[:1]} or {shape} is wanted"
        ) from None


def _parameters(given: Parameters) -> Mapping[str, np.ndarray]:
    if isinstance(given, Mapping):
        return given
    try:
        return load_arrays(given)
    except (FileNotFoundError, ValueError) as error:
        raise UsageError(str(error)) from None


def _check_size(own: int, steps: int, samples: np.ndarray) -> None:
    total = own + steps + 4 * samples.size
    if total <= LARGEST:
        return
    if own > LARGEST:
        advice = "train a network with fewer filters, or pool before the dense layer"
    elif own + steps > LARGEST:
        advice = "give fewer checkpoints"
    else:
        advice = "give fewer samples"
    raise UsageError(
        f"{own / 1e6:.1f} MB of weights, {steps / 1e6:.1f} of checkpoints and "
        f"{4 * samples.size / 1e6:.1f} of samples are more than the {LARGEST / 1e6:g} MB that "
        f"a page holds: {advice}"
    )


def page_of(data: Mapping[str, Any]) -> str:
    """The page as text: page.html with the style, the joined script and the data in it."""
    style = "\n" + (HERE / "style.css").read_text(encoding="utf-8")
    script = "\n" + joined("main.js")
    parts = {
        "policy": POLICY.format(script=_digest(script), style=_digest(style)),
        "title": escape(data["title"]),
        "style": style,
        "script": script,
        # So that no name can end the element that it stands in.
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    }
    page = (HERE / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], page)


def joined(entry: str) -> str:
    """A module and all that it imports as one script, each module once and before its users."""
    texts: dict[str, str] = {}

    def place_of(user: str, imported: str) -> str:
        return os.path.normpath(Path(user).parent / imported).replace(os.sep, "/")

    def add(name: str) -> None:
        text = (HERE / name).read_text(encoding="utf-8")
        for _, imported in IMPORT.findall(text):
            if place_of(name, imported) not in texts:
                add(place_of(name, imported))
        exported = ", ".join(each for _, each in EXPORT.findall(text))
        text = EXPORT.sub(r"\1", text)
        text = IMPORT.sub(
            lambda found: f'const {found[1]} = modules["{place_of(name, found[2])}"];',
            text,
        )
        # A function of its own for each: two modules may use one name for two things.
        texts[name] = (
            f'modules["{name}"] = (() => {{\n{text}\nreturn {{ {exported} }};\n}})();\n'
        )

    add(entry)
    return "const modules = {};\n" + "".join(texts.values())


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


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
