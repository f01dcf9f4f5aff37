"""The published networks: shapes, counts, building, and what their crops drop."""

import numpy as np
import pytest

from course.kit import layers as kit
from course.kit.data import photograph
from course.kit.networks import (
    ALEXNET,
    ALEXNET_ONE_GPU,
    GOOGLENET,
    GOOGLENET_PAPER,
    LENET5,
    MOBILENET,
    NETWORKS,
    RESNET50,
    VARIANTS,
    VGG16,
    ZFNET,
    build_network,
    crops_of,
    places,
    totals,
    trace,
)
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential

# Written down here a second time: a changed figure in the data must be noticed.
PARAMETERS = {
    "LeNet-5": 61_706,
    "AlexNet": 60_965_224,
    "AlexNet, no groups": 62_378_344,
    "ZFNet": 62_357_608,
    "VGG-16": 138_357_544,
    "GoogLeNet": 6_624_904,
    "GoogLeNet, 5x5": 6_998_552,
    "ResNet-50": 25_557_032,
    "MobileNet": 4_231_976,
}
# torchvision's documentation, GFLOPS; for MobileNet its paper's table 4.
MULTIPLY_ADDS = {
    "VGG-16": 15.47e9,
    "GoogLeNet": 1.50e9,
    "ResNet-50": 4.09e9,
    "MobileNet": 569e6,
}
EVERY = (*NETWORKS, *VARIANTS, MOBILENET)
every_network = pytest.mark.parametrize("network", EVERY, ids=lambda each: each.name)
SHRUNK = [
    (ALEXNET, (3, 67, 67)),
    (ZFNET, (3, 64, 64)),
    (GOOGLENET, (3, 32, 64)),
    (GOOGLENET_PAPER, (3, 64, 32)),
    (RESNET50, (3, 32, 64)),
    (MOBILENET, (3, 64, 32)),
]


def few_outputs(layers):
    """The same network with 8 numbers where it has 1000 or 4096."""
    return [
        layer | {"outputs": min(layer["outputs"], 8)} if "outputs" in layer else layer
        for layer in layers
    ]


def shape_of(network, name):
    return {row.name: row.shape for row in trace(network.layers, network.input_shape)}[
        name
    ]


@every_network
def test_parameters_are_the_published_ones(network):
    found = totals(trace(network.layers, network.input_shape))
    assert found.parameters == network.parameters == PARAMETERS[network.name]
    assert network.source and network.paper and network.note


@pytest.mark.parametrize("network", [VGG16, GOOGLENET, RESNET50], ids=lambda n: n.name)
def test_multiply_adds_are_the_published_ones(network):
    found = totals(trace(network.layers, network.input_shape)).multiply_adds
    assert found == pytest.approx(MULTIPLY_ADDS[network.name], rel=2e-3)


def test_the_volumes_that_the_papers_print():
    assert shape_of(ALEXNET, "conv1") == (96, 55, 55)
    assert shape_of(ALEXNET, "conv5") == (256, 13, 13)
    assert shape_of(ZFNET, "conv1") == (96, 110, 110)
    assert shape_of(ZFNET, "conv2") == (256, 26, 26)
    assert shape_of(ZFNET, "conv5") == (256, 13, 13)
    assert shape_of(VGG16, "conv5_3") == (512, 14, 14)
    assert shape_of(LENET5, "C5") == (120, 1, 1)
    for network in (GOOGLENET, GOOGLENET_PAPER):
        assert shape_of(network, "3a") == (256, 28, 28)
        assert shape_of(network, "4e") == (832, 14, 14)
        assert shape_of(network, "5b") == (1024, 7, 7)
    for stage, want in ((2, (256, 56, 56)), (3, (512, 28, 28)), (5, (2048, 7, 7))):
        assert shape_of(RESNET50, f"conv{stage}_1") == want


def test_the_explained_differences_add_up():
    assert 156 + 12 + 1_516 + 32 + 48_120 + 10_164 == 60_000
    assert LENET5.parameters == 60_000 + 900 - 44 + 850
    assert ALEXNET_ONE_GPU.parameters - ALEXNET.parameters == 1_413_120
    assert ALEXNET_ONE_GPU.parameters - ZFNET.parameters == (121 - 49) * 3 * 96


def test_224_is_not_the_input_of_alexnet():
    with pytest.raises(ValueError, match="conv1.*224"):
        trace(ALEXNET.layers, (3, 224, 224))


def test_without_its_crop_resnet_is_refused():
    layers = [layer for layer in RESNET50.layers if layer["type"] != "crop"]
    with pytest.raises(ValueError, match="conv1"):
        trace(layers, RESNET50.input_shape)


@pytest.mark.parametrize(
    ("network", "shape"), SHRUNK, ids=lambda value: getattr(value, "name", "")
)
def test_built_networks_have_the_traced_shapes_and_parameters(network, shape):
    """Smaller images and fewer outputs: quick, and every kind of layer runs."""
    layers = few_outputs(network.layers)
    rows = trace(layers, shape)
    rng = np.random.default_rng(1)
    built = build_network(layers, shape, rng, np.float32)
    assert sum(a.size for a in built.parameters.values()) == totals(rows).parameters
    x = photograph("flower")[np.newaxis, :, : shape[1], : shape[2]].astype(np.float32)
    outer = [row for row in rows if row.level == 0]
    for layer, row in zip(built.layers, outer, strict=True):
        x = layer.forward(x)
        assert x.shape in ((1, *row.shape), (1, row.shape[0])), row.name
        assert x.dtype == np.float32 and np.isfinite(x).all()
    assert x.sum() == pytest.approx(1, rel=1e-5)


def test_lenet_there_and_back_on_the_learners_layers():
    built = build_network(LENET5.layers, LENET5.input_shape, np.random.default_rng(2))
    assert isinstance(built, Sequential)
    kinds = {type(layer) for layer in built.layers}
    assert kinds == {Conv2D, Dense, ReLU, kit.AveragePool}
    x = photograph("flower", grey=True)[np.newaxis, :, :32, :32]
    out = built.forward(x)
    assert built.backward(np.ones_like(out)).shape == x.shape
    assert set(built.gradients) == set(built.parameters)


def test_the_same_seed_gives_the_same_network():
    layers = [{"type": "conv", "filters": 3, "size": 2}, {"type": "fc", "outputs": 4}]
    for dtype in (np.float32, np.float64):
        first, second = (
            build_network(layers, (2, 4, 5), np.random.default_rng(7), dtype)
            for _ in range(2)
        )
        x = np.ones((1, 2, 4, 5), dtype)
        np.testing.assert_array_equal(first.forward(x), second.forward(x))


def test_a_plain_pool_is_the_learners():
    built = build_network([{"type": "pool"}], (1, 4, 4))
    assert isinstance(built.layers[0], MaxPool2D)


def test_what_the_crops_of_resnet_drop():
    """Zeros before 3x3 and 7x7 windows; real numbers before the 1x1 of a shortcut."""
    layers = few_outputs(RESNET50.layers)
    built = build_network(layers, (3, 64, 64), np.random.default_rng(3), np.float32)
    x = photograph("flower")[np.newaxis, :, :64, :64].astype(np.float32)
    built.forward(x)
    lost = [crop.lost for crop in crops_of(built)]
    assert len(lost) == 2 + 3 * 2
    assert all(each.rows == each.columns == 1 for each in lost)
    assert [each.squares > 0 for each in lost] == [False] * 2 + [False, True] * 3
    assert "row" in str(lost[-1])


def test_dilation_groups_and_a_window_that_is_not_square():
    layers = [
        {"type": "conv", "filters": 4, "size": (3, 1), "dilation": 2, "groups": 2},
        {"type": "conv", "filters": 6, "size": 1, "bias": False},
    ]
    rows = trace(layers, (2, 9, 5))
    assert [row.shape for row in rows] == [(4, 5, 5), (6, 5, 5)]
    assert [row.parameters for row in rows] == [4 * 3 + 4, 24]
    assert [row.multiply_adds for row in rows] == [25 * 12, 25 * 24]
    assert build_network(layers, (2, 9, 5)).forward(np.ones((2, 2, 9, 5))).shape == (
        2,
        6,
        5,
        5,
    )


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([{"type": "convolution"}], "'convolution'"),
        ([{"type": "conv", "filters": 2}], "missing 'size'"),
        ([{"type": "fc", "outputs": 2, "units": 3}], "unknown 'units'"),
        ([{"type": "conv", "filters": 0, "size": 3}], "filters is 0"),
        ([{"type": "pool", "kind": "median"}], "median"),
        ([{"type": "conv", "filters": 3, "size": 1, "groups": 2}], "2 groups"),
        ([{"type": "conv", "filters": 2, "size": 3, "stride": 2}], "conv: size 8"),
        ([{"type": "crop", "rows": 8}], "nothing of 8 rows"),
        (
            [{"type": "branches", "branches": [[], [{"type": "pool"}]]}],
            "heights and widths",
        ),
        (
            [{"type": "residual", "layers": [{"type": "pool"}], "name": "sum"}],
            "layer sum: .*shortcut",
        ),
        ([{"type": "residual", "layers": [{"type": "blur"}]}], "blur"),
    ],
)
def test_wrong_data_is_refused(layers, words):
    with pytest.raises(ValueError, match=words):
        trace(layers, (4, 8, 8))
    with pytest.raises(ValueError, match=words):
        build_network(layers, (4, 8, 8))


def test_names_of_rows_inside_layers():
    inner = [{"type": "relu", "name": "r"}]
    layers = [
        {"type": "branches", "name": "b", "branches": [inner, []]},
        {"type": "residual", "layers": inner},
    ]
    rows = trace(layers, (3, 4, 5))
    assert [(row.name, row.level) for row in rows] == [
        ("b/0/r", 1),
        ("b", 0),
        ("residual/body/r", 1),
        ("residual", 0),
    ]
    assert rows[1].shape == (6, 4, 5)


def test_places():
    assert places(7, 3) == 5 and places(7, 3, 2) == 3 and places(7, 3, 1, 1, 2) == 5
    with pytest.raises(ValueError, match="stride 3"):
        places(7, 3, 3)


def test_tracing_needs_no_lesson():
    """In a learner's folder the modules may be stubs: the data must be readable anyway."""
    import subprocess
    import sys

    code = (
        "import sys; sys.modules['course.network'] = sys.modules['course.im2col'] = "
        "sys.modules['course.pooling'] = sys.modules['course.geometry'] = None\n"
        "from course.kit.networks import NETWORKS, totals, trace\n"
        "print(sum(totals(trace(n.layers, n.input_shape)).parameters for n in NETWORKS))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == sum(network.parameters for network in NETWORKS)


def test_stubs_say_which_lesson_is_missing(monkeypatch):
    from course import network
    from course.kit import NotBuiltYet

    class Stub:
        def __init__(self, *args, **kwargs):
            raise NotBuiltYet("Sequential is built in lesson 06_convnet")

    monkeypatch.setattr(network, "Sequential", Stub)
    with pytest.raises(NotBuiltYet, match="06_convnet"):
        build_network([{"type": "softmax"}], (3, 1, 1))
