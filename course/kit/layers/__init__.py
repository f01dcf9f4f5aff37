"""Layers that the published networks need and that no lesson builds.

Each has forward, backward, parameters and gradients, as the layers of lesson 06 have, so a
Sequential takes both. They call the learner's convolution, pooling and dense layer where
they can: those are imported when a layer runs, and not before.
"""

from course.kit.layers.border import Crop, Pad
from course.kit.layers.normalisation import BatchNorm, LocalResponseNorm
from course.kit.layers.parallel import Branches, Residual
from course.kit.layers.pooling import AveragePool, GlobalAveragePool, PaddedMaxPool
from course.kit.layers.scores import Dropout, Softmax
from course.kit.layers.weights import Conv, FullyConnected

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
