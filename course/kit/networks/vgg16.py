"""VGG-16 (2014): nothing but 3x3 convolutions, 2x2 pooling, and three dense layers."""

from course.kit.networks.architecture import Architecture

RELU = {"type": "relu"}
POOL = {"type": "pool", "size": 2, "stride": 2}
DROPOUT = {"type": "dropout", "share": 0.5}


def _block(number: int, convolutions: int, filters: int) -> list[dict]:
    layers = []
    for index in range(1, convolutions + 1):
        name = f"conv{number}_{index}"
        conv = {"type": "conv", "filters": filters, "size": 3, "padding": 1}
        layers += [conv | {"name": name}, RELU]
    return [*layers, POOL]


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
        {"type": "fc", "outputs": 4096, "name": "fc6"},
        RELU,
        DROPOUT,
        {"type": "fc", "outputs": 4096, "name": "fc7"},
        RELU,
        DROPOUT,
        {"type": "fc", "outputs": 1000, "name": "fc8"},
        {"type": "softmax"},
    ],
    parameters=138_357_544,
    source="torchvision's documentation, VGG16_Weights, num_params; the paper's table 2 says "
    '"138 million"',
    paper="Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image "
    "Recognition, 2014, configuration D",
    note="No difference. Every window fits: 224 is 7 times 2 to the power 5.",
)
