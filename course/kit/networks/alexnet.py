"""AlexNet (2012), the network that won the ImageNet challenge on two GPUs of 3 GB."""

from course.kit.networks.architecture import Architecture

RELU = {"type": "relu"}
# The paper divides by (k + alpha * sum of squares) ** beta over 5 neighbours in depth.
LRN = {"type": "lrn", "size": 5, "alpha": 1e-4, "beta": 0.75, "k": 2.0}
POOL = {"type": "pool", "size": 3, "stride": 2}
DROPOUT = {"type": "dropout", "share": 0.5}


def _layers(groups: int) -> list[dict]:
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
        {"type": "fc", "outputs": 4096, "name": "fc6"},
        RELU,
        DROPOUT,
        {"type": "fc", "outputs": 4096, "name": "fc7"},
        RELU,
        DROPOUT,
        {"type": "fc", "outputs": 1000, "name": "fc8"},
        {"type": "softmax"},
    ]


PAPER = (
    "Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional Neural "
    "Networks, 2012"
)

ALEXNET = Architecture(
    name="AlexNet",
    year=2012,
    input_shape=(3, 227, 227),
    layers=_layers(groups=2),
    parameters=60_965_224,
    source="table of models in HewlettPackard/dlcookbook-dlbs, for Caffe's bvlc_alexnet; "
    'the paper says "60 million"',
    paper=PAPER,
    note="The paper prints 224 for the input, which does not fit: 224 - 11 = 213 is no "
    "multiple of 4. Its 55 x 55 maps need 227. PyTorch's model of this name is another "
    "one, of 2014, with 61,100,840.",
)
ALEXNET_ONE_GPU = Architecture(
    name="AlexNet, no groups",
    year=2012,
    input_shape=(3, 227, 227),
    layers=_layers(groups=1),
    parameters=62_378_344,
    source="assertion in osmr/imgclsmob, pytorchcv/models/alexnet.py",
    paper=PAPER,
    note="Without the two groups each filter of conv2, conv4 and conv5 is twice as deep: "
    "307,200 + 663,552 + 442,368 = 1,413,120 more weights.",
)
