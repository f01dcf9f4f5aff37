"""Layers that the published networks need and that no lesson builds.

Each has forward, backward, parameters and gradients, as the layers of lesson 06 have, so a
Sequential takes both. They call the learner's convolution, pooling and dense layer where
they can: those are imported when a layer runs, and not before.
"""

from course.kit.layers.parallel import Branches, Residual
from course.kit.layers.scaling import BatchNorm, Dropout, LocalResponseNorm, Softmax
from course.kit.layers.weights import Conv, FullyConnected
from course.kit.layers.windows import (
    AveragePool,
    Crop,
    GlobalAveragePool,
    Pad,
    PaddedMaxPool,
)

__all__ = [
    "AveragePool",
    "BatchNorm",
    "Branches",
    "Conv",
    "Crop",
    "Dropout",
    "FullyConnected",
    "GlobalAveragePool",
    "LocalResponseNorm",
    "Pad",
    "PaddedMaxPool",
    "Residual",
    "Softmax",
]
