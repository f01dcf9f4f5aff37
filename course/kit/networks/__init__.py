"""Published networks as data, and what can be done with such data: trace, count, build.

    from course.kit.networks import RESNET50, build_network, totals, trace

    rows = trace(RESNET50.layers, RESNET50.input_shape)
    totals(rows).parameters == RESNET50.parameters
    network = build_network(RESNET50.layers, RESNET50.input_shape, dtype=np.float32)

Tracing and counting need nothing that a learner builds; building a network that runs needs
lessons 01, 02 and 04 to 06.
"""

from course.kit.networks.build import build_network, crops_of
from course.kit.networks.mobilenet import MOBILENET
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
