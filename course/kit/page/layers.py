"""What layers.js has to know of a network: a list of nodes, its weights, and what numpy makes of it.

A layer is known by the name of its class, since the learner's own classes are those of
lessons 06 and 07. A layer made of networks (Sequential, Residual, Branches) becomes the nodes
of its parts.
"""

import base64
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course.kit import UsageError
from course.kit.checkpoint import differences

IMAGE = -1  # the place of what goes into the first layer
PROBES = 32  # numbers of each layer that the page's self-test compares
WINDOW = ("size", "stride")
# Attributes of each class that the page needs; "padding=0" where the class may lack it.
OPTIONS: dict[str, tuple[str, ...]] = {
    "AveragePool": (*WINDOW, "padding"),
    "AvgPool2D": (*WINDOW, "padding=0"),
    "BatchNorm": (),
    "Conv": ("stride", "padding", "dilation", "groups"),
    "Conv2D": ("stride", "padding", "dilation=1", "groups=1"),
    "Crop": ("rows", "columns"),
    "Dense": (),
    "DepthwiseConv2D": ("stride", "padding"),
    "Dropout": (),
    "Flatten": (),
    "FullyConnected": (),
    "GlobalAveragePool": (),
    "LocalResponseNorm": ("size", "alpha", "beta", "k"),
    "MaxPool2D": (*WINDOW, "padding=0"),
    "Pad": ("near", "far"),
    "PaddedMaxPool": (*WINDOW, "padding"),
    "ReLU": (),
    "Softmax": (),
}
MADE_OF_OTHERS = ("Sequential", "Residual", "Branches")


@dataclass
class Described:
    """Nodes for network.js, the arrays of each, and the output of each for the image x."""

    nodes: list[dict] = field(default_factory=list)
    arrays: list[dict[str, np.ndarray]] = field(default_factory=list)
    outs: list[np.ndarray] = field(default_factory=list)

    @property
    def weights(self) -> np.ndarray:
        """All arrays, one after the other, in float32."""
        parts = [np.ravel(array) for each in self.arrays for array in each.values()]
        return np.concatenate([np.zeros(0), *parts]).astype("<f4")

    def with_parameters(
        self, arrays: Mapping[str, np.ndarray], which: str
    ) -> np.ndarray:
        """The weights with other parameters, under the names that Sequential gives them.

        What is no parameter, such as running_mean, stays as it is where `arrays` lack it.
        Raises UsageError, naming `which`, when they do not fit.
        """
        own = {
            f"{place}.{n}": a for place, each in self._placed() for n, a in each.items()
        }
        kept = {name for name in own if ".running_" in name and name not in arrays}
        problems = differences(
            {name: np.asarray(array) for name, array in arrays.items()},
            {name: np.asarray(a) for name, a in own.items() if name not in kept},
        )
        if problems:
            raise UsageError(
                f"{which} does not fit this network: {'; '.join(problems)}"
            )
        replaced = [
            {name: arrays.get(f"{place}.{name}", array) for name, array in each.items()}
            for place, each in self._placed()
        ]
        return Described(self.nodes, replaced).weights

    def _placed(self) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        """The place of every node in the network, such as 3.body.0, and its arrays."""
        places = (node["name"].split(" ")[0] for node in self.nodes)
        return zip(places, self.arrays, strict=True)


def describe(network: Any, x: np.ndarray) -> Described:
    """The layers of `network` as nodes, for the one image x (1, C, H, W).

    Raises UsageError, with the place and the class, for a layer that layers.js does not
    know, and for one without an attribute that it needs.
    """
    found = Described()
    _add(found, network, "", IMAGE, x)
    if not found.nodes:
        raise UsageError("the network has no layers: give one that has")
    return found


def _add(
    found: Described, layer: Any, place: str, source: int, x: np.ndarray
) -> tuple[int, np.ndarray]:
    """Add a layer and what it is made of; the place of its last node, and what that gives."""
    kind = type(layer).__name__
    inside = f"{place}." if place else ""
    if kind == "Sequential":
        for number, each in enumerate(layer.layers):
            source, x = _add(found, each, f"{inside}{number}", source, x)
        return source, x
    if kind in MADE_OF_OTHERS:
        if kind == "Residual":
            body, *shortcut = layer.layers
            parts = {"body": body, "shortcut": shortcut[0] if shortcut else None}
        else:
            parts = {str(number): part for number, part in enumerate(layer.layers)}
        ends = [
            (source, x)
            if part is None
            else _add(found, part, f"{inside}{name}", source, x)
            for name, part in parts.items()
        ]
        outs = [out for _, out in ends]
        out = outs[0] + outs[1] if kind == "Residual" else np.concatenate(outs, axis=1)
        return _node(found, place, kind, [end for end, _ in ends], out, {}, {})
    if kind not in OPTIONS:
        known = ", ".join(sorted([*OPTIONS, *MADE_OF_OTHERS]))
        raise UsageError(
            f"layer {place or 0} is a {kind}, which the page cannot compute: it knows {known}"
        )
    options, arrays = _options(layer, kind, place), dict(layer.parameters)
    if kind == "BatchNorm":
        for name, other in (("running_mean", "mean"), ("running_var", "variance")):
            arrays[name] = _one_of(layer, name, kind, place, other)
        options["eps"] = float(_one_of(layer, "eps", kind, place, "epsilon"))
    added = _node(found, place, kind, [source], layer.forward(x), options, arrays)
    if kind == "DepthwiseConv2D":  # as many groups as channels, each filter one deep
        C, *sides = np.shape(arrays["w"])
        node = found.nodes[-1]
        node |= {"type": "Conv2D", "groups": C}
        node["arrays"] = {**node["arrays"], "w": [C, 1, *sides]}
    return added


def _node(
    found: Described,
    place: str,
    kind: str,
    sources: Sequence[int],
    out: np.ndarray,
    options: dict,
    arrays: dict,
) -> tuple[int, np.ndarray]:
    shapes = {name: list(np.shape(array)) for name, array in arrays.items()}
    found.nodes.append(
        {
            "type": kind,
            "name": f"{place or 0} {kind}",
            "from": list(sources),
            "shape": [int(length) for length in out.shape[1:]],
            "arrays": shapes,
            **options,
        }
    )
    found.arrays.append(arrays)
    found.outs.append(out)
    return len(found.nodes) - 1, out


def _options(layer: Any, kind: str, place: str) -> dict[str, float]:
    options: dict[str, float] = {}
    for option in OPTIONS[kind]:
        name, _, default = option.partition("=")
        if default and not hasattr(layer, name):
            options[name] = int(default)
        else:
            value = _one_of(layer, name, kind, place)
            options[name] = value if isinstance(value, float) else int(value)
    return options


def _one_of(layer: Any, name: str, kind: str, place: str, other: str = "") -> Any:
    """The attribute `name` of a layer; the kit's own layers may have it under another name."""
    for each in (name, other):
        if each and hasattr(layer, each):
            return getattr(layer, each)
    raise UsageError(
        f"layer {place or 0} is a {kind} without the attribute {name}, which the page needs: "
        f"keep it as self.{name}"
    )


def in_use(network: Any) -> Any:
    """A copy of the network whose layers are not in training: nothing of the original changes."""
    twin = copy.deepcopy(network)
    waiting = [twin]
    while waiting:
        layer = waiting.pop()
        if hasattr(layer, "training"):
            layer.training = False
        waiting += [*getattr(layer, "layers", ()), *getattr(layer, "branches", ())]
        waiting += [
            p
            for n in ("body", "shortcut")
            if (p := getattr(layer, n, None)) is not None
        ]
    return twin


def fixture(network: Any, x: np.ndarray) -> dict[str, Any]:
    """What numpy makes of one image: PROBES numbers of every layer, scores and pixel gradients."""
    found = describe(network, x)
    scores = found.outs[-1]
    # Another weight for each score, so that no two can be taken for one another.
    dscores = np.linspace(1, -0.5, scores.size).reshape(scores.shape)
    network.forward(x)  # the layers of a learner may keep what the last call gave
    return {
        "shape": list(x.shape[1:]),
        "x": encoded(x),
        "layers": [encoded(probes(out)) for out in found.outs],
        "scores": encoded(scores),
        "dscores": encoded(dscores),
        "dx": encoded(probes(network.backward(dscores))),
    }


def probes(array: np.ndarray) -> np.ndarray:
    """PROBES of its numbers, evenly spread; all, where there are fewer."""
    many = min(array.size, PROBES)
    return np.ravel(array)[np.arange(many) * array.size // max(many, 1)]


def encoded(array: np.ndarray) -> str:
    """Numbers as base64 of little-endian float32."""
    return base64.b64encode(np.asarray(array).astype("<f4").tobytes()).decode("ascii")
