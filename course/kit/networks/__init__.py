"""Published networks as data, and what can be done with such data: trace, count, build.

    from course.kit.networks import RESNET50, build_network, totals, trace

    rows = trace(RESNET50.layers, RESNET50.input_shape)
    totals(rows).parameters == RESNET50.parameters
    network = build_network(RESNET50.layers, RESNET50.input_shape, dtype=np.float32)

Tracing and counting need nothing that a learner builds; building a network that runs needs
lessons 01, 02 and 04 to 06.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from course.kit import layers as kit
from course.kit.networks.published import (
    ALEXNET,
    ALEXNET_ONE_GPU,
    GOOGLENET,
    GOOGLENET_PAPER,
    LENET5,
    VGG16,
    ZFNET,
    Architecture,
)
from course.kit.networks.resnet50 import RESNET50
from course.kit.networks.trace import (
    KINDS,
    Row,
    Shape,
    Totals,
    places,
    require_kinds,
    totals,
    trace,
)

NETWORKS = (LENET5, ALEXNET, ZFNET, VGG16, GOOGLENET, RESNET50)
VARIANTS = (ALEXNET_ONE_GPU, GOOGLENET_PAPER)

__all__ = [
    "ALEXNET",
    "ALEXNET_ONE_GPU",
    "GOOGLENET",
    "GOOGLENET_PAPER",
    "KINDS",
    "LENET5",
    "NETWORKS",
    "RESNET50",
    "VARIANTS",
    "VGG16",
    "ZFNET",
    "Architecture",
    "Row",
    "Totals",
    "build_network",
    "crops_of",
    "places",
    "require_kinds",
    "totals",
    "trace",
]

PLAIN = {"type", "name", "filters", "size", "stride", "padding"}


def build_network(
    layers: Iterable[Mapping],
    input_shape: Shape,
    rng: np.random.Generator | None = None,
    dtype: type = np.float64,
) -> Any:
    """A Sequential with random weights for images of `input_shape` (C, H, W).

    It has the shapes that `trace` gives. With dtype float64 a plain conv is the learner's
    Conv2D and an fc the learner's Dense. With float32 they are the kit's layers on the
    learner's conv_forward and dense_forward, and take half the memory. What lesson 06
    does not build comes from course.kit.layers. All weights are drawn from `rng`.

    Raises ValueError where the data is wrong, and NotBuiltYet where a lesson is missing
    whose functions are needed: this one, or when the network runs.
    """
    layers = list(layers)
    trace(layers, input_shape)  # refuses what cannot be built, before it takes memory
    rng = np.random.default_rng() if rng is None else rng
    C, H, W = input_shape
    return _sequential(layers, (C, H, W), rng, np.dtype(dtype))[0]


def crops_of(network: Any) -> Iterator[kit.Crop]:
    """All Crop layers of a network, those inside other layers too, in the order they run."""
    for layer in network.layers:
        if isinstance(layer, kit.Crop):
            yield layer
        parts = getattr(layer, "branches", None) or [
            getattr(layer, name, None) for name in ("body", "shortcut")
        ]
        for part in parts:
            if part is not None:
                yield from crops_of(part)


def _sequential(layers: list, shape: Shape, rng, dtype) -> tuple[Any, Shape]:
    from course.network import Sequential

    objects = []
    for layer in layers:
        objects.append(_layer(layer, shape, rng, dtype))
        shape = trace([layer], shape)[-1].shape
    return Sequential(objects), shape


def _layer(layer: Mapping, shape: Shape, rng, dtype) -> Any:
    """One layer as an object, for a volume of `shape`."""
    C, H, W = shape
    kind = layer["type"]
    options = {k: v for k, v in layer.items() if k not in ("type", "name")}
    own = dtype == np.float64  # the learner's layers have weights in float64
    if kind == "conv":
        if own and set(layer) <= PLAIN and isinstance(layer["size"], int):
            from course.network import Conv2D

            return Conv2D(C, **options, rng=rng)
        return kit.Conv(C, **options, rng=rng, dtype=dtype)
    if kind == "fc":
        if own and layer.get("bias", True):
            from course.network import Dense

            return Dense(C * H * W, layer["outputs"], rng=rng)
        return kit.FullyConnected(C * H * W, **options, rng=rng, dtype=dtype)
    if kind == "batchnorm":
        return kit.BatchNorm(C, **options, dtype=dtype)
    if kind == "pool":
        return _pool(layer)
    if kind == "branches":
        parts = [_sequential(b, shape, rng, dtype)[0] for b in layer["branches"]]
        return kit.Branches(parts)
    if kind == "residual":
        body = _sequential(layer["layers"], shape, rng, dtype)[0]
        around = layer.get("shortcut", [])
        return kit.Residual(
            body, _sequential(around, shape, rng, dtype)[0] if around else None
        )
    if kind in ("relu", "flatten"):
        from course.network import Flatten, ReLU

        return {"relu": ReLU, "flatten": Flatten}[kind]()
    if kind == "dropout":
        return kit.Dropout()
    simple = {
        "lrn": kit.LocalResponseNorm,
        "global_pool": kit.GlobalAveragePool,
        "pad": kit.Pad,
        "crop": kit.Crop,
        "softmax": kit.Softmax,
    }
    return simple[kind](**options)


def _pool(layer: Mapping) -> Any:
    size, stride = layer.get("size", 2), layer.get("stride", 2)
    padding = layer.get("padding", 0)
    if layer.get("kind", "max") == "average":
        return kit.AveragePool(size, stride, padding)
    if padding:
        return kit.PaddedMaxPool(size, stride, padding)
    from course.network import MaxPool2D

    return MaxPool2D(size, stride)
