"""Layers that the published networks need and that no lesson builds.

Each has forward, backward, parameters and gradients, as the layers of lesson 06 have, so a
Sequential takes both. They call the learner's convolution, pooling and dense layer where
they can: those are imported when a layer runs, and not before.
"""

from course.kit.layers.on_lessons import (
    AveragePool,
    Conv,
    FullyConnected,
    PaddedMaxPool,
)
from course.kit.layers.on_numpy import (
    BatchNorm,
    Branches,
    Crop,
    Dropout,
    LocalResponseNorm,
    Pad,
    Softmax,
)

__all__ = [
    "AveragePool",
    "BatchNorm",
    "Branches",
    "Conv",
    "Crop",
    "Dropout",
    "FullyConnected",
    "LocalResponseNorm",
    "Pad",
    "PaddedMaxPool",
    "Softmax",
]
