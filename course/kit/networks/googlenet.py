"""GoogLeNet (2014): nine blocks of four branches, and one dense layer at the very end."""

from course.kit.networks.architecture import Architecture

RELU = {"type": "relu"}
POOL = {"type": "pool", "size": 3, "stride": 2}
ONE_MORE = {"type": "pad", "far": 1}  # libraries let the last window hang over the edge

# filters of: 1x1; 1x1 before 3x3, 3x3; 1x1 before 5x5, 5x5; 1x1 behind the pooling
BLOCKS = {
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


def _layers(largest: int, normalised: bool, last_pool: list[dict]) -> list[dict]:
    """`largest`: side of the windows in the third branch, 5 in the paper."""

    def conv(filters: int, size: int, **more) -> list[dict]:
        layer = {"type": "conv", "filters": filters, "size": size} | more
        if not normalised:
            return [layer, RELU]
        return [layer | {"bias": False}, {"type": "batchnorm", "epsilon": 1e-3}, RELU]

    def block(name: str) -> dict:
        one, before3, three, before5, five, behind = BLOCKS[name]
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


PAPER = "Szegedy and others: Going Deeper with Convolutions, 2014, table 1"

GOOGLENET = Architecture(
    name="GoogLeNet",
    year=2014,
    input_shape=(3, 224, 224),
    layers=_layers(3, True, [{"type": "pool", "size": 2, "stride": 2}]),
    parameters=6_624_904,
    source="torchvision's documentation, GoogLeNet_Weights, num_params",
    paper=PAPER,
    note="torchvision's variant, without the two heads that help only the training: 3x3 "
    "windows where the paper has 5x5, batch normalisation instead of biases, no local "
    "response normalisation.",
)
GOOGLENET_PAPER = Architecture(
    name="GoogLeNet, 5x5",
    year=2014,
    input_shape=(3, 224, 224),
    layers=_layers(5, False, [ONE_MORE, POOL]),
    parameters=6_998_552,
    source="table of models in HewlettPackard/dlcookbook-dlbs, for Caffe's bvlc_googlenet",
    paper=PAPER,
    note="As in the paper, but for two layers of local response normalisation, which learn "
    "nothing. The rounded rows of the paper's table add up to 6,798K, that is 6.96 million: "
    "its K is 1,024, or the 1,024,000 weights of the last layer would not be 1000K. It counts "
    "no biases (8,280) and only 2.7K for conv1, which has 7 * 7 * 3 * 64 = 9,408 weights; "
    "the rest is rounding and rows that are a little smaller.",
)
