"""Published networks as data, and such data turned into networks that run, on the learner's own layers.

    from course.kit.networks import RESNET50, build_network, totals, trace

    rows = trace(RESNET50.layers, RESNET50.input_shape)
    totals(rows).parameters == RESNET50.parameters
    network = build_network(RESNET50.layers, RESNET50.input_shape, dtype=np.float32)

Tracing and counting need nothing that a learner builds; building a network that runs needs
lessons 01, 02 and 04 to 06.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from course.kit import layers as kit
from course.kit.networks.blocks import (
    GOOGLENET,
    GOOGLENET_PAPER,
    MOBILENET,
    RESNET50,
)
from course.kit.networks.published import (
    ALEXNET,
    ALEXNET_ONE_GPU,
    LENET5,
    VGG16,
    ZFNET,
    Architecture,
)
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
    "MOBILENET",
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
    own: Mapping[str, Callable] | None = None,
) -> Any:
    """A Sequential with random weights for images of `input_shape` (C, H, W).

    It has the shapes that `trace` gives. With dtype float64 a plain conv is the learner's
    Conv2D and an fc the learner's Dense. With float32 they are the kit's layers on the
    learner's conv_forward and dense_forward, and take half the memory. What lesson 06
    does not build comes from course.kit.layers. All weights are drawn from `rng`.

    own: classes to use in place of these, such as those of a notebook whose module is not
    built yet: "batchnorm" (channels), "global_pool" (), "residual" (body, shortcut or None),
    "depthwise" (channels, size, stride, padding, bias, rng) for a conv with as many groups
    and filters as channels. Left out, the kit's BatchNorm is taken, which never measures,
    and the others are those of course.architectures.

    Raises ValueError where the data is wrong, and NotBuiltYet where a lesson is missing
    whose functions are needed: this one, or when the network runs.
    """
    layers = list(layers)
    trace(layers, input_shape)  # refuses what cannot be built, before it takes memory
    rng = np.random.default_rng() if rng is None else rng
    C, H, W = input_shape
    return _sequential(layers, (C, H, W), rng, np.dtype(dtype), own or {})[0]


def crops_of(network: Any) -> Iterator[kit.Crop]:
    """All Crop layers of a network, those inside other layers too, in the order they run."""
    for layer in getattr(network, "layers", ()):
        if isinstance(layer, kit.Crop):
            yield layer
        yield from crops_of(layer)


def _sequential(
    layers: Iterable[Mapping], shape: Shape, rng, dtype, own: Mapping
) -> tuple[Any, Shape]:
    from course.network import Sequential

    objects = []
    for layer in layers:
        objects.append(_layer(layer, shape, rng, dtype, own))
        shape = trace([layer], shape)[-1].shape
    return Sequential(objects), shape


def _layer(layer: Mapping, shape: Shape, rng, dtype, own: Mapping) -> Any:
    """One layer as an object, for a volume of `shape`."""
    C, H, W = shape
    kind = layer["type"]
    options = {k: v for k, v in layer.items() if k not in ("type", "name")}
    learners = dtype == np.float64  # the learner's layers have weights in float64
    if kind == "conv":
        if is_depthwise(layer, C):
            sizes = layer["size"], layer.get("stride", 1), layer.get("padding", 0)
            made = own.get("depthwise") or _built("DepthwiseConv2D")
            return made(C, *sizes, bias=layer.get("bias", True), rng=rng)
        if learners and set(layer) <= PLAIN and isinstance(layer["size"], int):
            from course.network import Conv2D

            return Conv2D(C, **options, rng=rng)
        return kit.Conv(C, **options, rng=rng, dtype=dtype)
    if kind == "fc":
        if learners and layer.get("bias", True):
            from course.network import Dense

            return Dense(C * H * W, layer["outputs"], rng=rng)
        return kit.FullyConnected(C * H * W, **options, rng=rng, dtype=dtype)
    if kind == "batchnorm":
        if "batchnorm" in own:
            return own["batchnorm"](C)
        return kit.BatchNorm(C, **options, dtype=dtype)
    if kind == "pool":
        return _pool(layer)
    if kind == "branches":
        parts = [_sequential(b, shape, rng, dtype, own)[0] for b in layer["branches"]]
        return kit.Branches(parts)
    if kind == "residual":
        body = _sequential(layer["layers"], shape, rng, dtype, own)[0]
        around = layer.get("shortcut", [])
        shortcut = _sequential(around, shape, rng, dtype, own)[0] if around else None
        made = own.get("residual") or _built("Residual")
        return made(body, shortcut)
    if kind == "global_pool":
        return (own.get("global_pool") or _built("GlobalAveragePool"))()
    if kind in ("relu", "flatten"):
        from course.network import Flatten, ReLU

        return {"relu": ReLU, "flatten": Flatten}[kind]()
    if kind == "dropout":
        return kit.Dropout()
    simple = {
        "lrn": kit.LocalResponseNorm,
        "pad": kit.Pad,
        "crop": kit.Crop,
        "softmax": kit.Softmax,
    }
    return simple[kind](**options)


def is_depthwise(layer: Mapping, channels: int) -> bool:
    """Whether a conv has one square filter for each channel, and no holes."""
    alone = layer.get("groups", 1) == layer["filters"] == channels > 1
    return alone and isinstance(layer["size"], int) and layer.get("dilation", 1) == 1


def _built(name: str) -> Any:
    """A class of lesson 09."""
    from course import architectures

    return getattr(architectures, name)


def _pool(layer: Mapping) -> Any:
    size, stride = layer.get("size", 2), layer.get("stride", 2)
    padding = layer.get("padding", 0)
    if layer.get("kind", "max") == "average":
        return kit.AveragePool(size, stride, padding)
    if padding:
        return kit.PaddedMaxPool(size, stride, padding)
    from course.network import MaxPool2D

    return MaxPool2D(size, stride)
