"""The reference module of lesson 09: its contracts, the documents' numbers, and the corners."""

import inspect

import numpy as np
import pytest

from course import architectures
from course.architectures import (
    DepthwiseConv2D,
    GlobalAveragePool,
    Residual,
    dense_to_conv,
    depthwise_conv_backward,
    depthwise_conv_forward,
    dilated_conv_backward,
    dilated_conv_forward,
    normalised_block,
    parse_pattern,
    receptive_field,
    residual_block,
    separable_block,
    summarize,
)
from course.gradients import numeric_gradient, relative_error
from course.im2col import conv_backward, conv_forward
from course.kit.measured import blocks as block_script
from course.kit.measured import depth as depth_script
from course.kit.measured import measured
from course.kit.networks import (
    MOBILENET,
    RESNET50,
    VGG16,
    build_network,
    totals,
    trace,
)
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential, dense_forward
from course.training import BatchNorm, set_training

SIGNATURES = {
    "receptive_field": "(layers)",
    "summarize": "(layers, input_shape)",
    "parse_pattern": "(pattern, filters=16, size=3, hidden=64, classes=10)",
    "dilated_conv_forward": "(x, w, b, stride=1, padding=0, dilation=1)",
    "dilated_conv_backward": "(dout, cache)",
    "dense_to_conv": "(w, b, input_shape)",
    "Residual": "(body, shortcut=None)",
    "GlobalAveragePool": "()",
    "depthwise_conv_forward": "(x, w, b, stride=1, padding=0)",
    "depthwise_conv_backward": "(dout, cache)",
    "normalised_block": "(filters, size=3)",
    "residual_block": "(filters, thin=None)",
    "separable_block": "(channels, filters)",
}
CONV, RELU, POOL = (
    {"type": "conv", "filters": 4, "size": 3},
    {"type": "relu"},
    {"type": "pool"},
)
CHAINS = {
    "conv, pool, conv": [CONV, RELU, POOL, CONV],
    "stride 2, dilation 2": [CONV | {"stride": 2}, CONV | {"dilation": 2}],
    "pool 3, stride 2, twice": [{"type": "pool", "size": 3}] * 2 + [CONV],
    "1, 2, 4": [CONV | {"dilation": D} for D in (1, 2, 4)],
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    function = getattr(architectures, name)
    assert str(inspect.signature(function)) == SIGNATURES[name]
    assert function.__doc__


def test_the_fields_of_the_documents():
    """seeds/001: two 3x3 layers see 5x5, three see 7x7, and dilation sees further."""
    assert receptive_field([CONV] * 2) == 5
    assert receptive_field([CONV] * 3) == receptive_field([CONV | {"size": 7}]) == 7
    assert receptive_field([CONV | {"dilation": D} for D in (1, 2, 4, 8, 16)]) == 63


@pytest.mark.parametrize("name", CHAINS)
def test_the_field_is_what_brighter_pixels_change(name):
    """No formula: positive weights, and each pixel of the image in turn."""
    side, layers = 21, CHAINS[name]
    size = side
    while True:  # an image on which all windows fit
        try:
            trace(layers, (1, size, size))
            break
        except ValueError:
            size += 1
    network = build_network(layers, (1, size, size), np.random.default_rng(0))
    for array in network.parameters.values():
        array[...] = abs(array)
    image = np.random.default_rng(1).random((1, 1, size, size))
    single = 100 * np.eye(size * size).reshape(-1, 1, size, size)
    before, after = network.forward(image), network.forward(image + single)
    place = before.shape[2] // 2
    changed = (after != before)[:, :, place, place].any(axis=1).reshape(size, size)
    for axis in (0, 1):
        hit = np.flatnonzero(changed.any(axis=axis))
        assert hit[-1] - hit[0] + 1 == receptive_field(layers)


@pytest.mark.parametrize("layer", [{"type": "fc", "outputs": 2}, {"type": "blur"}])
def test_what_has_no_field_is_refused(layer):
    with pytest.raises(ValueError, match=layer["type"]):
        receptive_field([CONV, layer])


def test_three_small_filters_against_a_large_one():
    """seeds/001: 27 C**2 against 49 C**2 weights, 27 HWC**2 against 49 HWC**2 products."""
    C, H, W = 16, 12, 10
    three = [{"type": "conv", "filters": C, "size": 3, "padding": 1}] * 3
    seven = [{"type": "conv", "filters": C, "size": 7, "padding": 3}]
    for layers, factor in ((three, 27), (seven, 49)):
        rows = summarize(layers, (C, H, W))
        assert sum(row[2] for row in rows) == factor * C**2 + C * len(layers)
        assert sum(row[4] for row in rows) == factor * H * W * C**2
        assert [row[3] for row in rows] == [4 * C * H * W] * len(layers)


def test_summarize_agrees_with_the_kits_own_trace():
    layers = [
        layer
        for layer in VGG16.layers
        if layer["type"] in ("conv", "relu", "pool", "fc")
    ]
    rows, traced = summarize(layers, (3, 32, 64)), trace(layers, (3, 32, 64))
    assert [row[0] for row in rows] == [row.name for row in traced]
    for mine, other in zip(rows, traced, strict=True):
        assert mine[1:] == (
            other.shape,
            other.parameters,
            4 * other.activations,
            other.multiply_adds,
        )
    whole = summarize(layers, VGG16.input_shape)
    assert sum(row[2] for row in whole) == 138_357_544
    assert (
        sum(row[4] for row in whole)
        == totals(trace(layers, VGG16.input_shape)).multiply_adds
    )


def layer(dtype=np.float64, x=(2, 3, 7, 9), w=(4, 3, 3, 2), seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in (x, w, w[:1])]


def test_dilation_1_is_the_layer_of_lesson_04():
    x, w, b = layer(x=(2, 3, 7, 8))
    out, cache = dilated_conv_forward(x, w, b, 2, 1)
    want, other = conv_forward(x, w, b, 2, 1)
    np.testing.assert_allclose(out, want)
    dout = np.random.default_rng(1).standard_normal(out.shape)
    for got, each in zip(
        dilated_conv_backward(dout, cache), conv_backward(dout, other), strict=True
    ):
        np.testing.assert_allclose(got, each, atol=1e-12)


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 3), (2, 1, 2)])
def test_gradients(stride, padding, dilation):
    x, w, b = layer()
    out, cache = dilated_conv_forward(x, w, b, stride, padding, dilation)
    dout = np.random.default_rng(2).standard_normal(out.shape)

    def f(x=x, w=w, b=b):
        return dilated_conv_forward(x, w, b, stride, padding, dilation)[0]

    dx, dw, db = dilated_conv_backward(dout, cache)
    assert relative_error(dx, numeric_gradient(lambda x: f(x=x), x, dout)) < 1e-7
    assert relative_error(dw, numeric_gradient(lambda w: f(w=w), w, dout)) < 1e-7
    assert relative_error(db, numeric_gradient(lambda b: f(b=b), b, dout)) < 1e-7


def test_dilation_keeps_float32_and_its_input():
    arrays = layer(np.float32)
    for array in arrays:
        array.flags.writeable = False
    out, cache = dilated_conv_forward(*arrays, dilation=3)
    assert out.dtype == np.float32
    assert {a.dtype for a in dilated_conv_backward(out, cache)} == {np.dtype("f4")}


@pytest.mark.parametrize(
    ("shape", "stride", "dilation", "numbers"),
    [((2, 3, 7, 9), 1, 4, "7 9"), ((2, 3, 8, 9), 2, 2, "8 5 2")],
)
def test_holes_that_do_not_fit_are_refused(shape, stride, dilation, numbers):
    with pytest.raises(ValueError) as caught:
        dilated_conv_forward(*layer(x=shape), stride, 0, dilation)
    assert all(number in str(caught.value) for number in numbers.split())


def test_a_dense_layer_as_a_convolution():
    rng = np.random.default_rng(3)
    x, w, b = (rng.standard_normal(s) for s in [(2, 3, 4, 5), (60, 7), (7,)])
    out, _ = conv_forward(x, *dense_to_conv(w, b, (3, 4, 5)))
    np.testing.assert_allclose(out[:, :, 0, 0], dense_forward(x, w, b)[0])
    with pytest.raises(ValueError):
        dense_to_conv(w, b, (3, 4, 4))


def test_a_network_slid_over_a_larger_image():
    """seeds/003: run a network on images of another size. Equal to cutting windows out."""
    rng = np.random.default_rng(4)
    dense = Dense(8 * 3 * 3, 5, rng=rng)
    network = Sequential([Conv2D(2, 8, 3, rng=rng), ReLU(), MaxPool2D(), dense])
    image = rng.standard_normal((1, 2, 12, 16))
    wide = image
    for each in network.layers[:3]:
        wide = each.forward(wide)
    parameters = dense.parameters
    filters, biases = dense_to_conv(parameters["w"], parameters["b"], (8, 3, 3))
    slid, _ = conv_forward(wide, filters, biases)
    assert slid.shape == (1, 5, 3, 5)
    for ho, wo in np.ndindex(3, 5):
        window = image[:, :, 2 * ho : 2 * ho + 8, 2 * wo : 2 * wo + 8]
        np.testing.assert_allclose(slid[:, :, ho, wo], network.forward(window))


@pytest.mark.parametrize(
    ("pattern", "kinds"),
    [
        ("INPUT -> CONV -> ReLU -> FC", "conv relu fc"),
        (
            "INPUT -> [CONV -> ReLU -> POOL]*2 -> FC -> ReLU -> FC",
            "conv relu pool conv relu pool fc relu fc",
        ),
        (
            "INPUT -> [CONV -> ReLU -> CONV -> ReLU -> POOL]*3 -> [FC -> ReLU]*2 -> FC",
            "conv relu conv relu pool " * 3 + "fc relu fc relu fc",
        ),
    ],
)
def test_the_patterns_of_the_documents_run(pattern, kinds):
    """seeds/003, "ConvNet Architectures"."""
    layers = parse_pattern(pattern, filters=4, hidden=6)
    assert [each["type"] for each in layers] == kinds.split()
    dense = [each["outputs"] for each in layers if each["type"] == "fc"]
    assert dense == [6] * (len(dense) - 1) + [10]
    network = build_network(layers, (3, 16, 16), np.random.default_rng(5))
    assert network.forward(np.ones((2, 3, 16, 16))).shape == (2, 10)


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("", 0),
        ("CONV", 0),
        ("INPUT CONV", 6),
        ("INPUT -> ", 9),
        ("INPUT -> CONVV", 9),
        ("INPUT -> CONV - RELU", 14),
        ("INPUT -> [CONV", 14),
        ("INPUT -> [CONV] -> FC", 16),
        ("INPUT -> [CONV]*0", 16),
        ("INPUT -> [CONV -> ]*2", 18),
        ("INPUT -> CONV*2", 13),
        ("INPUT -> [[CONV]*2]*2]", 21),
        ("INPUT -> FC -> INPUT", 15),
    ],
)
def test_errors_point_at_the_character(pattern, place):
    with pytest.raises(ValueError) as caught:
        parse_pattern(pattern)
    line, caret = str(caught.value).split("\n")[-2:]
    assert line == f"  {pattern}"
    assert caret == f"  {' ' * place}^"


def test_an_even_filter_has_no_padding_that_keeps_the_size():
    with pytest.raises(ValueError, match="even"):
        parse_pattern("INPUT -> CONV", size=4)


def test_no_two_layers_of_a_pattern_are_the_same_dict():
    layers = parse_pattern("INPUT -> [CONV -> RELU]*3")
    assert len({id(each) for each in layers}) == 6


def block_layer(shortcut):
    draws = np.random.default_rng(6)
    body = Sequential([Conv2D(4, 4, 3, padding=1, rng=draws)])
    return Residual(body, Conv2D(4, 4, 1, rng=draws) if shortcut else None)


LAYERS = {
    "residual": lambda: block_layer(False),
    "residual, shortcut": lambda: block_layer(True),
    "mean": GlobalAveragePool,
    "depthwise": lambda: DepthwiseConv2D(4, 3, 2, 1, rng=np.random.default_rng(7)),
    "depthwise, no bias": lambda: DepthwiseConv2D(4, 3, bias=False),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_against_numeric_gradients(name):
    layer, x = LAYERS[name](), np.random.default_rng(8).standard_normal((2, 4, 5, 7))
    out = layer.forward(x)
    dout = np.random.default_rng(9).standard_normal(out.shape)
    dx = layer.backward(dout)
    assert relative_error(dx, numeric_gradient(layer.forward, x, dout)) < 1e-6
    gradients = layer.gradients
    assert list(gradients) == list(layer.parameters)
    for key, array in layer.parameters.items():

        def out_with(values, array=array):
            kept = array.copy()
            array[...] = values
            found = layer.forward(x)
            array[...] = kept
            return found

        numeric = numeric_gradient(out_with, array, dout)
        assert relative_error(gradients[key], numeric) < 1e-6


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_keeps_float32_and_its_input(name):
    layer, x = LAYERS[name](), np.ones((2, 4, 5, 7), np.float32)
    x.flags.writeable = False
    out = layer.forward(x)
    dout = np.ones_like(out)
    dout.flags.writeable = False
    assert out.dtype == layer.backward(dout).dtype == np.float32


def test_nothing_is_broadcast():
    layer = Residual(Conv2D(4, 1, 1))
    with pytest.raises(ValueError, match=r"\(2, 1, 3, 3\).*\(2, 4, 3, 3\)"):
        layer.forward(np.ones((2, 4, 3, 3)))


def test_a_residual_block_is_reached_by_modes():
    layer = Residual(Sequential([BatchNorm(4)]), BatchNorm(4))
    set_training(Sequential([layer]), False)
    assert [layer.body.layers[0].training, layer.shortcut.training] == [False, False]
    assert list(layer.parameters) == [
        f"{part}.{name}"
        for part in ("body.0", "shortcut")
        for name in ("gamma", "beta")
    ]


def test_depthwise_is_a_convolution_with_zeros_elsewhere():
    """conv_forward with filters that are 0 on all channels but one, and its gradients."""
    rng = np.random.default_rng(10)
    x, w, b = (rng.standard_normal(s) for s in [(2, 3, 7, 5), (3, 3, 3), (3,)])
    wide = np.zeros((3, 3, 3, 3))
    wide[np.arange(3), np.arange(3)] = w
    want, cache = conv_forward(x, wide, b, 2, 1)
    out, own = depthwise_conv_forward(x, w, b, 2, 1)
    np.testing.assert_allclose(out, want)
    dout = rng.standard_normal(out.shape)
    dx, dw, db = conv_backward(dout, cache)
    got = depthwise_conv_backward(dout, own)
    each = dx, dw[np.arange(3), np.arange(3)], db
    for found, wanted in zip(got, each, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_blocks_are_those_of_published_networks():
    """ResNet-50's second block and MobileNet's first, from the kit's data."""
    (index,) = (n for n, x in enumerate(RESNET50.layers) if x.get("name") == "conv2_2")
    assert RESNET50.layers[index]["layers"] == residual_block(256, 64)[0]["layers"]
    assert MOBILENET.layers[4:10] == separable_block(32, 64)


def test_what_blocks_cost():
    """27C^2 against 25C^2 and the rest: counted by hand, weights and the 2 of each norm."""
    C = 18
    counts = {
        "5x5": 25 * C * C + 2 * C,
        "two 3x3, 25 between": 2 * 9 * C * 25 + 2 * 25 + 2 * C,
        "two 3x3": 2 * (9 * C * C + 2 * C),
        "two 3x3, residual": 2 * (9 * C * C + 2 * C),
        "bottleneck, residual": 2 * 6 * C + 9 * 36 + 2 * (6 + 6 + C),
        "3x3": 9 * C * C + 2 * C,
        "3x3, then 1x1": 10 * C * C + 4 * C,
        "separable 3x3": 9 * C + C * C + 4 * C,
    }
    made = block_script.blocks(normalised_block, residual_block, separable_block)
    found = {name: block_script.cost(block) for name, block in made.items()}
    assert {name: each["parameters"] for name, each in found.items()} == counts
    weights = 25 * C * C, 2 * 9 * C * 25
    assert weights[0] == weights[1]
    for name in ("5x5", "two 3x3, 25 between"):
        assert found[name]["multiply-adds"] == 64 * weights[0]


@pytest.mark.parametrize("depth", depth_script.DEPTHS)
def test_plain_and_residual_have_the_same_parameters(depth):
    block = residual_block(depth_script.FILTERS)
    found = {
        kind: trace(depth_script.layers_of(block, kind, depth), (1, 14, 14))
        for kind in depth_script.KINDS
    }
    counts = {kind: totals(rows).parameters for kind, rows in found.items()}
    assert counts["plain"] == counts["residual"]
    assert counts["plain, normalised"] == counts["residual, normalised"]
    for rows in found.values():
        assert sum(row.kind in ("conv", "fc") for row in rows) == depth


def rows_of(name, key):
    return {key(row): row for row in measured(name)["rows"]}


def test_what_the_page_says_of_depth():
    """Section 7's sentences, from the numbers that are shipped."""
    rows = rows_of("depth", lambda row: (row["kind"], row["depth"]))
    assert len(rows) == 16 and all(len(row["test"]) == 5 for row in rows.values())
    mean = {key: np.mean(row["training"]) for key, row in rows.items()}
    plain, residual = "plain, normalised", "residual, normalised"
    assert mean[plain, 32] < mean[plain, 8] - 0.1
    assert mean[residual, 32] > mean[residual, 8]
    assert mean[plain, 32] < 0.5 and mean[plain, 4] > mean[residual, 4]
    assert min(rows[residual, 32]["test"]) > max(rows[plain, 32]["test"])
    for depth in (16, 32):
        for kind in ("plain", "residual"):
            assert np.mean(rows[kind, depth]["test"]) < 0.15  # guessing: 0.1
    for row in rows.values():
        norms = np.array(row["norms"])
        assert norms.shape == (5, row["depth"] - 1)
    first, last = (np.array(rows[plain, 32]["norms"])[:, n] for n in (0, -1))
    assert (first > 18 * last).all() and (first < 257 * last).all()
    norms = np.array(rows[residual, 32]["norms"])
    assert (norms.max(axis=1) < 7 * norms.min(axis=1)).all()


def test_what_the_page_says_of_blocks():
    rows = rows_of("blocks", lambda row: row["name"])
    test = {name: 100 * np.array(row["test"]) for name, row in rows.items()}
    work = {name: row["multiply-adds"] for name, row in rows.items()}
    first = list(rows)[:4]
    means = [test[name].mean() for name in first]
    assert len(rows) == 8 and max(means) - min(means) < 3
    for name in first:
        assert 3.5 < np.ptp(test[name]) < 9.5
    thin, split = "bottleneck, residual", "separable 3x3"
    for small in (thin, split):
        assert all(work[small] < work[name] / 10 for name in first)
        lost = [test[name].mean() - test[small].mean() for name in first]
        assert 2.5 < min(lost) and max(lost) < 7
    assert abs(test[split].mean() - test["3x3"].mean()) < 1
    assert work[split] == pytest.approx(work["3x3"] / 6)
    ahead = test["3x3, then 1x1"].mean() - test["3x3"].mean()
    assert 1.5 < ahead < 2.5
    assert test["3x3"].max() > test["3x3, then 1x1"].min()
