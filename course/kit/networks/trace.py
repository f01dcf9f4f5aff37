"""A network as data: the kinds of layers, and one image followed through: shapes and counts.

The data has the format of lesson 01 (conv, relu, pool, fc), with more kinds and more keys.
All keys but the needed ones have the value that changes nothing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from course.kit.validation import (
    require_counts,
    require_layers,
    require_window,
    suggest_sizes,
)

# Keys that must be there, keys that may.
KINDS = {
    "conv": (
        {"filters", "size"},
        {"stride", "padding", "dilation", "groups", "bias"},
    ),
    "relu": (set(), set()),
    "pool": (set(), {"size", "stride", "padding", "kind"}),
    "fc": ({"outputs"}, {"bias"}),
    "lrn": (set(), {"size", "alpha", "beta", "k"}),
    "batchnorm": (set(), {"epsilon"}),
    "global_pool": (set(), set()),
    "pad": (set(), {"near", "far"}),
    "crop": (set(), {"rows", "columns"}),
    "flatten": (set(), set()),
    "dropout": (set(), {"share"}),
    "softmax": (set(), set()),
    "branches": ({"branches"}, set()),
    "residual": ({"layers"}, {"shortcut"}),
}
POOLS = ("max", "average")
COUNTS = ("filters", "outputs", "stride", "dilation", "groups")
COUNTS_FROM_0 = ("padding", "near", "far", "rows", "columns")


def require_kinds(layers: Iterable[Mapping]) -> None:
    """Raise ValueError for an unknown kind, a wrong key, or a value that is no count."""
    layers = list(layers)
    require_layers(layers, KINDS)
    for layer in layers:
        require_counts(**{key: layer[key] for key in COUNTS if key in layer})
        found = {key: layer[key] for key in COUNTS_FROM_0 if key in layer}
        require_counts(lowest=0, **found)
        if layer["type"] == "pool" and layer.get("kind", "max") not in POOLS:
            raise ValueError(
                f"a pool of the kind {layer['kind']!r}: choose from {', '.join(POOLS)}"
            )
        for inner in inner_layers(layer):
            require_kinds(inner)


def inner_layers(layer: Mapping) -> list[list[Mapping]]:
    """The lists of layers inside a layer: of its branches, or of its body and shortcut."""
    if layer["type"] == "branches":
        return [list(branch) for branch in layer["branches"]]
    if layer["type"] == "residual":
        return [list(layer["layers"]), list(layer.get("shortcut", []))]
    return []


Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Row:
    """One layer and what comes out of it. A layer inside another one has level 1 or more."""

    name: str  # the layer's own, or its kind; behind the names of what it is in
    kind: str
    shape: Shape  # (C, H, W); (K, 1, 1) behind an fc
    parameters: int
    multiply_adds: (
        int  # of conv and fc; the others have none, or can be merged into one
    )
    level: int = 0

    @property
    def activations(self) -> int:
        """Numbers in the volume."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Totals:
    """Sums over the rows of a trace."""

    parameters: int
    activations: int
    multiply_adds: int


def trace(layers: Iterable[Mapping], input_shape: Shape) -> list[Row]:
    """A row per layer, those inside branches and residuals before the row of the whole.

    Raises ValueError for an unknown kind or key, and where a window does not fit, naming
    the layer: nothing is cut off in silence.
    """
    layers = list(layers)
    require_kinds(layers)
    C, H, W = input_shape
    return list(_follow(layers, (C, H, W), (), 0))


def totals(rows: Iterable[Row]) -> Totals:
    """The sums. Each row's parameters and multiply-adds are its own, so none counts twice."""
    rows = list(rows)
    return Totals(
        parameters=sum(row.parameters for row in rows),
        activations=sum(row.activations for row in rows),
        multiply_adds=sum(row.multiply_adds for row in rows),
    )


def places(
    size: int, filter_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Places of a filter along one axis; ValueError where it does not fit.

    A dilated filter reaches over dilation * (filter_size - 1) + 1 pixels.
    """
    reach = dilation * (filter_size - 1) + 1
    require_window(size, reach, stride, padding)
    if (size - reach + 2 * padding) % stride:
        raise ValueError(suggest_sizes(size, reach, stride, padding))
    return (size - reach + 2 * padding) // stride + 1


def _follow(layers: list, shape: Shape, inside: tuple[str, ...], level: int):
    """The rows of a list of layers."""
    for layer in layers:
        kind = layer["type"]
        path = (*inside, str(layer.get("name", kind)))
        inner, ends = inner_layers(layer), []
        for index, part in enumerate(inner):
            rows = list(_follow(part, shape, (*path, _part(kind, index)), level + 1))
            ends.append(rows[-1].shape if rows else shape)
            yield from rows
        try:
            shape, parameters, multiply_adds = _step(layer, shape, ends)
        except ValueError as error:
            raise ValueError(f"layer {'/'.join(path)}: {error}") from None
        yield Row("/".join(path), kind, shape, parameters, multiply_adds, level)


def _part(kind: str, index: int) -> str:
    if kind == "branches":
        return str(index)
    return ("body", "shortcut")[index]


def _step(layer: Mapping, shape: Shape, ends: list[Shape]) -> tuple[Shape, int, int]:
    """(shape, parameters, multiply-adds) of one layer that takes a volume of `shape`."""
    C, H, W = shape
    kind = layer["type"]
    if kind == "conv":
        return _conv(layer, shape)
    if kind == "fc":
        inputs, K = C * H * W, layer["outputs"]
        return (K, 1, 1), inputs * K + K * layer.get("bias", True), inputs * K
    if kind == "pool":
        F, S = layer.get("size", 2), layer.get("stride", 2)
        P = layer.get("padding", 0)
        return (C, places(H, F, S, P), places(W, F, S, P)), 0, 0
    if kind == "batchnorm":
        return shape, 2 * C, 0
    if kind == "global_pool":
        return (C, 1, 1), 0, 0
    if kind == "flatten":
        return (C * H * W, 1, 1), 0, 0
    if kind == "pad":
        more = layer.get("near", 0) + layer.get("far", 0)
        return (C, H + more, W + more), 0, 0
    if kind == "crop":
        HO, WO = H - layer.get("rows", 0), W - layer.get("columns", 0)
        if min(HO, WO) < 1:
            raise ValueError(f"a crop leaves nothing of {H} rows and {W} columns")
        return (C, HO, WO), 0, 0
    if kind == "branches":
        return _side_by_side(ends), 0, 0
    if kind == "residual":
        if ends[0] != ends[1]:
            raise ValueError(
                f"its layers give {ends[0]} and its shortcut {ends[1]}: "
                "both must be the same to be added"
            )
        return ends[0], 0, 0
    return shape, 0, 0


def _conv(layer: Mapping, shape: Shape) -> tuple[Shape, int, int]:
    C, H, W = shape
    K, size, G = layer["filters"], layer["size"], layer.get("groups", 1)
    FH, FW = (size, size) if isinstance(size, int) else size
    S, P = layer.get("stride", 1), layer.get("padding", 0)
    D = layer.get("dilation", 1)
    if C % G or K % G:
        raise ValueError(
            f"{C} channels and {K} filters cannot both be split into {G} groups"
        )
    HO, WO = places(H, FH, S, P, D), places(W, FW, S, P, D)
    weights = K * (C // G) * FH * FW
    return (K, HO, WO), weights + K * layer.get("bias", True), HO * WO * weights


def _side_by_side(ends: list[Shape]) -> Shape:
    if len({shape[1:] for shape in ends}) != 1:
        raise ValueError(
            f"the branches give {ends}: their heights and widths must be the same"
        )
    return (sum(shape[0] for shape in ends), *ends[0][1:])
