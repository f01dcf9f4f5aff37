"""Published networks of layers in a row: LeNet-5, AlexNet, ZFNet and VGG-16."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Layer = Mapping[str, Any]


@dataclass(frozen=True)
class Architecture:
    """A network as data, and the count of its parameters that somebody else published."""

    name: str
    year: int
    input_shape: tuple[int, int, int]  # C, H, W
    layers: Sequence[Layer]
    parameters: int  # as published, to the last one
    source: str  # of that number
    paper: str
    note: str  # how the data, or the number, differs from the paper, and why


RELU: Layer = {"type": "relu"}
POOL: Layer = {"type": "pool", "size": 3, "stride": 2}
HALVED: Layer = {"type": "pool", "size": 2, "stride": 2}
# AlexNet divides by (k + alpha * sum of squares) ** beta over 5 neighbours in depth.
LRN: Layer = {"type": "lrn", "size": 5, "alpha": 1e-4, "beta": 0.75, "k": 2.0}
# Libraries let the last window hang over the edge.
ONE_MORE: Layer = {"type": "pad", "far": 1}
DROPOUT: Layer = {"type": "dropout", "share": 0.5}
DENSE: list[Layer] = [
    {"type": "fc", "outputs": 4096, "name": "fc6"},
    RELU,
    DROPOUT,
    {"type": "fc", "outputs": 4096, "name": "fc7"},
    RELU,
    DROPOUT,
    {"type": "fc", "outputs": 1000, "name": "fc8"},
    {"type": "softmax"},
]

# LeNet-5 read the amounts on bank cheques.
LENET5 = Architecture(
    name="LeNet-5",
    year=1998,
    input_shape=(1, 32, 32),
    layers=[
        {"type": "conv", "filters": 6, "size": 5, "name": "C1"},
        RELU,
        {"type": "pool", "kind": "average", "name": "S2"},
        {"type": "conv", "filters": 16, "size": 5, "name": "C3"},
        RELU,
        {"type": "pool", "kind": "average", "name": "S4"},
        {"type": "conv", "filters": 120, "size": 5, "name": "C5"},
        RELU,
        {"type": "fc", "outputs": 84, "name": "F6"},
        RELU,
        {"type": "fc", "outputs": 10, "name": "output"},
    ],
    parameters=61_706,
    source="assertion in the test of DeepSpeed's flops profiler, test_flops_profiler.py, for "
    "its LeNet-5; the paper says 60,000",
    paper="LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document "
    "Recognition, 1998, section II.B",
    note="The paper's 60,000 = 156 + 12 + 1,516 + 32 + 48,120 + 10,164. The modern form has "
    "900 more in C3 (each of its maps sees all 6 maps of S2, not 3 to 6 of them), 44 less "
    "in S2 and S4 (they learned a factor and a bias per map) and 850 more in the output "
    "(then fixed prototypes, now an fc layer). Squashing was a scaled tanh, not a ReLU.",
)


# AlexNet won the ImageNet challenge, on two GPUs of 3 GB.
def _alexnet(groups: int) -> list[Layer]:
    """With 2 groups, each half of conv2, conv4 and conv5 sees one GPU's half of the maps."""
    apart = {"groups": groups} if groups > 1 else {}
    return [
        {"type": "conv", "filters": 96, "size": 11, "stride": 4, "name": "conv1"},
        RELU,
        LRN,
        POOL,
        {"type": "conv", "filters": 256, "size": 5, "padding": 2, "name": "conv2"}
        | apart,
        RELU,
        LRN,
        POOL,
        {"type": "conv", "filters": 384, "size": 3, "padding": 1, "name": "conv3"},
        RELU,
        {"type": "conv", "filters": 384, "size": 3, "padding": 1, "name": "conv4"}
        | apart,
        RELU,
        {"type": "conv", "filters": 256, "size": 3, "padding": 1, "name": "conv5"}
        | apart,
        RELU,
        POOL,
        *DENSE,
    ]


_ALEXNET_PAPER = (
    "Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional Neural "
    "Networks, 2012"
)

ALEXNET = Architecture(
    name="AlexNet",
    year=2012,
    input_shape=(3, 227, 227),
    layers=_alexnet(groups=2),
    parameters=60_965_224,
    source="table of models in HewlettPackard/dlcookbook-dlbs, for Caffe's bvlc_alexnet; "
    'the paper says "60 million"',
    paper=_ALEXNET_PAPER,
    note="The paper prints 224 for the input, which does not fit: 224 - 11 = 213 is no "
    "multiple of 4. Its 55 x 55 maps need 227. PyTorch's model of this name is another "
    "one, of 2014, with 61,100,840.",
)
ALEXNET_ONE_GPU = Architecture(
    name="AlexNet, no groups",
    year=2012,
    input_shape=(3, 227, 227),
    layers=_alexnet(groups=1),
    parameters=62_378_344,
    source="assertion in osmr/imgclsmob, pytorchcv/models/alexnet.py",
    paper=_ALEXNET_PAPER,
    note="Without the two groups each filter of conv2, conv4 and conv5 is twice as deep: "
    "307,200 + 663,552 + 442,368 = 1,413,120 more weights.",
)

# ZFNet is AlexNet with a smaller window and a smaller stride in its first layers.
# The paper's figure gives the widths 224, 110, 55, 26, 13, 13, 13, 13, 6 and no paddings.
# With whole windows they come out only so: 1 pixel of padding before conv1, of which the
# last row and column are cut off again, and 1 more row and column for pool1 and pool2.
ZFNET = Architecture(
    name="ZFNet",
    year=2013,
    input_shape=(3, 224, 224),
    layers=[
        {"type": "pad", "near": 1, "far": 1},
        {"type": "crop", "rows": 1, "columns": 1},
        {"type": "conv", "filters": 96, "size": 7, "stride": 2, "name": "conv1"},
        RELU,
        ONE_MORE,
        POOL,
        LRN,
        {"type": "conv", "filters": 256, "size": 5, "stride": 2, "name": "conv2"},
        RELU,
        ONE_MORE,
        POOL,
        LRN,
        {"type": "conv", "filters": 384, "size": 3, "padding": 1, "name": "conv3"},
        RELU,
        {"type": "conv", "filters": 384, "size": 3, "padding": 1, "name": "conv4"},
        RELU,
        {"type": "conv", "filters": 256, "size": 3, "padding": 1, "name": "conv5"},
        RELU,
        POOL,
        *DENSE,
    ],
    parameters=62_357_608,
    source="assertion in osmr/imgclsmob, pytorchcv/models/zfnet.py; the paper gives no count",
    paper="Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2013, "
    "figure 3",
    note="20,736 less than AlexNet without groups: conv1 has 7 x 7 windows instead of 11 x "
    "11, (121 - 49) * 3 * 96. The paper's contrast normalisation is taken to be AlexNet's.",
)


# VGG-16 is nothing but 3x3 convolutions, 2x2 pooling, and three dense layers.
def _block(number: int, convolutions: int, filters: int) -> list[Layer]:
    layers: list[Layer] = []
    for index in range(1, convolutions + 1):
        name = f"conv{number}_{index}"
        conv = {"type": "conv", "filters": filters, "size": 3, "padding": 1}
        layers += [conv | {"name": name}, RELU]
    return [*layers, HALVED]


VGG16 = Architecture(
    name="VGG-16",
    year=2014,
    input_shape=(3, 224, 224),
    layers=[
        *_block(1, 2, 64),
        *_block(2, 2, 128),
        *_block(3, 3, 256),
        *_block(4, 3, 512),
        *_block(5, 3, 512),
        *DENSE,
    ],
    parameters=138_357_544,
    source="torchvision's documentation, VGG16_Weights, num_params; the paper's table 2 says "
    '"138 million"',
    paper="Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image "
    "Recognition, 2014, configuration D",
    note="No difference. Every window fits: 224 is 7 times 2 to the power 5.",
)
