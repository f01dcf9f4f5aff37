"""MobileNet (2017): after the first convolution, thirteen depthwise separable blocks."""

from course.kit.networks.published import Architecture

RELU = {"type": "relu"}


def _conv(filters: int, size: int, **more) -> list[dict]:
    layer = {"type": "conv", "filters": filters, "size": size, "bias": False} | more
    return [layer, {"type": "batchnorm"}, RELU]


def _block(channels: int, filters: int, stride: int) -> list[dict]:
    """3x3, one filter for each channel; then 1x1. With stride 2, zeros at the far border."""
    look = _conv(channels, 3, groups=channels, padding=1)
    if stride == 2:
        look = [FAR, *_conv(channels, 3, groups=channels, stride=2)]
    return [*look, *_conv(filters, 1, padding=0)]


# With stride 2, the original pads one side only: 224 + 1 - 3 is a multiple of 2.
FAR = {"type": "pad", "far": 1}
# Filters behind each block, and the stride in front of it.
BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
BLOCKS += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]


def _layers() -> list[dict]:
    layers, channels = [FAR, *_conv(32, 3, stride=2, name="conv1")], 32
    for filters, stride in BLOCKS:
        layers += _block(channels, filters, stride)
        channels = filters
    fc = {"type": "fc", "outputs": 1000, "name": "fc"}
    return [*layers, {"type": "global_pool"}, fc, {"type": "softmax"}]


MOBILENET = Architecture(
    name="MobileNet",
    year=2017,
    input_shape=(3, 224, 224),
    layers=_layers(),
    parameters=4_231_976,
    source="assertion in osmr/imgclsmob, pytorch/pytorchcv/models/mobilenet.py; the paper's table 4 says "
    '"4.2 million", and 569 million multiply-adds',
    paper="Howard and others: MobileNets: Efficient Convolutional Neural Networks for Mobile "
    "Vision Applications, 2017, table 1",
    note="The paper's table says stride 2 for the last depthwise layer, too, but gives it the "
    "same size before and after: it is 1.",
)
