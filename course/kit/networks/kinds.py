"""The kinds of layers that a network's data may name, and the keys of each.

It is the format of lesson 01 (conv, relu, pool, fc), with more kinds and more keys. All
keys but the needed ones have the value that changes nothing.
"""

from collections.abc import Iterable, Mapping

from course.kit.guards import require_counts, require_layers

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
