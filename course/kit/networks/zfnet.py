"""ZFNet (2013): AlexNet with a smaller window and a smaller stride in its first layers.

The paper's figure gives the widths 224, 110, 55, 26, 13, 13, 13, 13, 6 and no paddings.
With whole windows they come out only so: 1 pixel of padding before conv1, of which the last
row and column are cut off again, and 1 more row and column for pool1 and pool2.
"""

from course.kit.networks.architecture import Architecture

RELU = {"type": "relu"}
LRN = {"type": "lrn", "size": 5, "alpha": 1e-4, "beta": 0.75, "k": 2.0}
POOL = {"type": "pool", "size": 3, "stride": 2}
ONE_MORE = {"type": "pad", "far": 1}
DROPOUT = {"type": "dropout", "share": 0.5}

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
        {"type": "fc", "outputs": 4096, "name": "fc6"},
        RELU,
        DROPOUT,
        {"type": "fc", "outputs": 4096, "name": "fc7"},
        RELU,
        DROPOUT,
        {"type": "fc", "outputs": 1000, "name": "fc8"},
        {"type": "softmax"},
    ],
    parameters=62_357_608,
    source="assertion in osmr/imgclsmob, pytorchcv/models/zfnet.py; the paper gives no count",
    paper="Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2013, "
    "figure 3",
    note="20,736 less than AlexNet without groups: conv1 has 7 x 7 windows instead of 11 x "
    "11, (121 - 49) * 3 * 96. The paper's contrast normalisation is taken to be AlexNet's.",
)
