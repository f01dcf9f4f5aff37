"""Published networks of blocks: GoogLeNet (2014) of branches, ResNet-50 (2015) of sums, MobileNet
(2017) of depthwise separable convolutions."""

from course.kit.networks.published import (
    HALVED,
    ONE_MORE,
    POOL,
    RELU,
    Architecture,
    Layer,
)

# GoogLeNet is nine blocks of four branches, and one dense layer at the very end.
# filters of: 1x1; 1x1 before 3x3, 3x3; 1x1 before 5x5, 5x5; 1x1 behind the pooling
GOOGLENET_BLOCKS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def _googlenet(largest: int, normalised: bool, last_pool: list[Layer]) -> list[Layer]:
    """`largest`: side of the windows in the third branch, 5 in the paper."""

    def conv(filters: int, size: int, **more) -> list[Layer]:
        layer = {"type": "conv", "filters": filters, "size": size} | more
        if not normalised:
            return [layer, RELU]
        return [layer | {"bias": False}, {"type": "batchnorm", "epsilon": 1e-3}, RELU]

    def block(name: str) -> Layer:
        one, before3, three, before5, five, behind = GOOGLENET_BLOCKS[name]
        pool = {"type": "pool", "size": 3, "stride": 1, "padding": 1}
        return {
            "type": "branches",
            "name": name,
            "branches": [
                conv(one, 1),
                conv(before3, 1) + conv(three, 3, padding=1),
                conv(before5, 1) + conv(five, largest, padding=largest // 2),
                [pool, *conv(behind, 1)],
            ],
        }

    return [
        {"type": "pad", "near": 3, "far": 3},
        {"type": "crop", "rows": 1, "columns": 1},  # 230 - 7 = 223 is no multiple of 2
        *conv(64, 7, stride=2, name="conv1"),
        ONE_MORE,
        POOL,
        *conv(64, 1, name="conv2_reduce"),
        *conv(192, 3, padding=1, name="conv2"),
        ONE_MORE,
        POOL,
        *(block(name) for name in ("3a", "3b")),
        ONE_MORE,
        POOL,
        *(block(name) for name in ("4a", "4b", "4c", "4d", "4e")),
        *last_pool,
        *(block(name) for name in ("5a", "5b")),
        {"type": "global_pool"},
        {"type": "dropout", "share": 0.4},
        {"type": "fc", "outputs": 1000, "name": "fc"},
        {"type": "softmax"},
    ]


_GOOGLENET_PAPER = "Szegedy and others: Going Deeper with Convolutions, 2014, table 1"

GOOGLENET = Architecture(
    name="GoogLeNet",
    year=2014,
    input_shape=(3, 224, 224),
    layers=_googlenet(3, True, [HALVED]),
    parameters=6_624_904,
    source="torchvision's documentation, GoogLeNet_Weights, num_params",
    paper=_GOOGLENET_PAPER,
    note="torchvision's variant, without the two heads that help only the training: 3x3 "
    "windows where the paper has 5x5, batch normalisation instead of biases, no local "
    "response normalisation.",
)
GOOGLENET_PAPER = Architecture(
    name="GoogLeNet, 5x5",
    year=2014,
    input_shape=(3, 224, 224),
    layers=_googlenet(5, False, [ONE_MORE, POOL]),
    parameters=6_998_552,
    source="table of models in HewlettPackard/dlcookbook-dlbs, for Caffe's bvlc_googlenet",
    paper=_GOOGLENET_PAPER,
    note="As in the paper, but for two layers of local response normalisation, which learn "
    "nothing. The rounded rows of the paper's table add up to 6,798K, that is 6.96 million: "
    "its K is 1,024, or the 1,024,000 weights of the last layer would not be 1000K. It counts "
    "no biases (8,280) and only 2.7K for conv1, which has 7 * 7 * 3 * 64 = 9,408 weights; "
    "the rest is rounding and rows that are a little smaller.",
)


# ResNet-50 is 16 blocks that add something to what they are given.
PAD: Layer = {"type": "pad", "near": 1, "far": 1}
# What no window reaches. Behind a Pad it is a row and a column of zeros.
CROP: Layer = {"type": "crop", "rows": 1, "columns": 1}


def _normalised(filters: int, size: int, **more) -> list[Layer]:
    layer = {"type": "conv", "filters": filters, "size": size, "padding": 0}
    return [layer | {"bias": False} | more, {"type": "batchnorm"}]


def _residual(name: str, filters: int, stride: int, first: bool) -> list[Layer]:
    """1x1 to fewer channels, 3x3, 1x1 to four times as many; the sum; a ReLU."""
    if stride == 1:
        middle = _normalised(filters, 3, padding=1)
        around = _normalised(4 * filters, 1)
    else:
        middle = [PAD, CROP, *_normalised(filters, 3, stride=stride)]
        around = [CROP, *_normalised(4 * filters, 1, stride=stride)]
    body = [*_normalised(filters, 1), RELU, *middle, RELU, *_normalised(4 * filters, 1)]
    residual = {"type": "residual", "name": name, "layers": body}
    return [residual | ({"shortcut": around} if first else {}), RELU]


def _stage(number: int, blocks: int, filters: int, stride: int) -> list[Layer]:
    layers: list[Layer] = []
    for index in range(1, blocks + 1):
        first = index == 1
        layers += _residual(
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
        *_normalised(64, 7, stride=2, name="conv1"),
        RELU,
        PAD,
        CROP,  # 114 - 3 = 111 is no multiple of 2
        POOL,
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


# MobileNet is thirteen depthwise separable blocks behind a first convolution.
def _active(filters: int, size: int, **more) -> list[Layer]:
    return [*_normalised(filters, size, **more), RELU]


def _separable(channels: int, filters: int, stride: int) -> list[Layer]:
    """3x3, one filter for each channel; then 1x1.

    With stride 2, the original pads one side only: 224 + 1 - 3 is a multiple of 2.
    """
    look = _active(channels, 3, groups=channels, padding=1)
    if stride == 2:
        look = [ONE_MORE, *_active(channels, 3, groups=channels, stride=2)]
    return [*look, *_active(filters, 1, padding=0)]


# Filters behind each block, and the stride in front of it.
MOBILENET_BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
MOBILENET_BLOCKS += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]


def _mobilenet() -> list[Layer]:
    layers: list[Layer] = [ONE_MORE, *_active(32, 3, stride=2, name="conv1")]
    channels = 32
    for filters, stride in MOBILENET_BLOCKS:
        layers += _separable(channels, filters, stride)
        channels = filters
    fc = {"type": "fc", "outputs": 1000, "name": "fc"}
    return [*layers, {"type": "global_pool"}, fc, {"type": "softmax"}]


MOBILENET = Architecture(
    name="MobileNet",
    year=2017,
    input_shape=(3, 224, 224),
    layers=_mobilenet(),
    parameters=4_231_976,
    source="assertion in osmr/imgclsmob, pytorch/pytorchcv/models/mobilenet.py; the paper's table 4 says "
    '"4.2 million", and 569 million multiply-adds',
    paper="Howard and others: MobileNets: Efficient Convolutional Neural Networks for Mobile "
    "Vision Applications, 2017, table 1",
    note="The paper's table says stride 2 for the last depthwise layer, too, but gives it the "
    "same size before and after: it is 1.",
)
