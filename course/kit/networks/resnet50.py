"""ResNet-50 (2015): 16 blocks that add something to what they are given."""

from course.kit.networks.published import Architecture

RELU = {"type": "relu"}
PAD = {"type": "pad", "near": 1, "far": 1}
# What no window reaches. Behind a Pad it is a row and a column of zeros.
CROP = {"type": "crop", "rows": 1, "columns": 1}


def _conv(filters: int, size: int, **more) -> list[dict]:
    layer = {"type": "conv", "filters": filters, "size": size, "padding": 0}
    return [layer | {"bias": False} | more, {"type": "batchnorm"}]


def _block(name: str, filters: int, stride: int, first: bool) -> list[dict]:
    """1x1 to fewer channels, 3x3, 1x1 to four times as many; the sum; a ReLU."""
    if stride == 1:
        middle = _conv(filters, 3, padding=1)
        around = _conv(4 * filters, 1)
    else:
        middle = [PAD, CROP, *_conv(filters, 3, stride=stride)]
        around = [CROP, *_conv(4 * filters, 1, stride=stride)]
    body = [*_conv(filters, 1), RELU, *middle, RELU, *_conv(4 * filters, 1)]
    residual = {"type": "residual", "name": name, "layers": body}
    return [residual | ({"shortcut": around} if first else {}), RELU]


def _stage(number: int, blocks: int, filters: int, stride: int) -> list[dict]:
    layers = []
    for index in range(1, blocks + 1):
        first = index == 1
        layers += _block(
            f"conv{number}_{index}", filters, stride if first else 1, first
        )
    return layers


RESNET50 = Architecture(
    name="ResNet-50",
    year=2015,
    input_shape=(3, 224, 224),
    layers=[
        {"type": "pad", "near": 3, "far": 3},
        CROP,  # 230 - 7 = 223 is no multiple of 2
        *_conv(64, 7, stride=2, name="conv1"),
        RELU,
        PAD,
        CROP,  # 114 - 3 = 111 is no multiple of 2
        {"type": "pool", "size": 3, "stride": 2},
        *_stage(2, 3, 64, 1),
        *_stage(3, 4, 128, 2),
        *_stage(4, 6, 256, 2),
        *_stage(5, 3, 512, 2),
        {"type": "global_pool"},
        {"type": "fc", "outputs": 1000, "name": "fc"},
        {"type": "softmax"},
    ],
    parameters=25_557_032,
    source="torchvision's documentation, ResNet50_Weights, num_params; the paper gives none",
    paper="He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, 2015, table 1",
    note="The stride of a stage stands at its first 3x3 convolution, as in torchvision; in "
    "the paper it stands at the 1x1 before it. The count is the same. The statistics of "
    "the batch normalisation are not learned and not counted.",
)
