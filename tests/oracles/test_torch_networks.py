"""The published networks a second time, out of torch.nn: counts, and some outputs.

Built from the same data by other code, with PyTorch's own way of counting. Run with: make
test-oracle
"""

import os

import numpy as np
import pytest

from course.architectures import (
    depthwise_conv_backward,
    depthwise_conv_forward,
    dilated_conv_backward,
    dilated_conv_forward,
)
from course.kit import layers as kit
from course.kit.networks import (
    ALEXNET,
    GOOGLENET,
    LENET5,
    MOBILENET,
    NETWORKS,
    RESNET50,
    VARIANTS,
    build_network,
    trace,
)

pytestmark = pytest.mark.torch

EVERY = (*NETWORKS, *VARIANTS, MOBILENET)


@pytest.fixture(scope="module")
def torch():
    if os.environ.get("COURSE_ORACLE_REQUIRED") == "1":
        import torch as module
    else:
        module = pytest.importorskip("torch", reason="PyTorch is not installed")
    module.set_num_threads(1)
    return module


def torch_network(torch, layers, shape):
    """The data as a torch.nn module, built on the device "meta" or a real one."""
    nn, modules = torch.nn, []
    for layer in layers:
        C, H, W = shape
        modules.append(torch_layer(torch, nn, layer, C, H, W))
        shape = trace([layer], shape)[-1].shape
    return nn.Sequential(*modules)


def torch_layer(torch, nn, layer, C, H, W):
    kind = layer["type"]
    if kind == "conv":
        names = ("stride", "padding", "dilation", "groups", "bias")
        options = {name: layer[name] for name in names if name in layer}
        return nn.Conv2d(C, layer["filters"], layer["size"], **options)
    if kind == "pool":
        average = layer.get("kind") == "average"
        pool = nn.AvgPool2d if average else nn.MaxPool2d
        return pool(
            layer.get("size", 2), layer.get("stride", 2), layer.get("padding", 0)
        )
    if kind == "lrn":
        return nn.LocalResponseNorm(
            layer["size"], layer["alpha"] * layer["size"], layer["beta"], layer["k"]
        )
    if kind == "fc":
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(C * H * W, layer["outputs"], layer.get("bias", True)),
        )
    if kind == "pad":
        near, far = layer.get("near", 0), layer.get("far", 0)
        return nn.ZeroPad2d((near, far, near, far))
    if kind == "crop":
        return nn.ZeroPad2d((0, -layer.get("columns", 0), 0, -layer.get("rows", 0)))
    if kind == "branches":
        parts = [torch_network(torch, part, (C, H, W)) for part in layer["branches"]]
        return Beside(torch, parts)
    if kind == "residual":
        body, around = (
            torch_network(torch, part, (C, H, W))
            for part in (layer["layers"], layer.get("shortcut", []))
        )
        return Sum(torch, body, around)
    return {
        "relu": nn.ReLU,
        "batchnorm": lambda: nn.BatchNorm2d(C, layer.get("epsilon", 1e-5)),
        "global_pool": lambda: nn.AdaptiveAvgPool2d(1),
        "dropout": nn.Dropout,
        "softmax": lambda: nn.Softmax(dim=1),
        "flatten": nn.Flatten,
    }[kind]()


def Beside(torch, parts):
    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = torch.nn.ModuleList(parts)

        def forward(self, x):
            return torch.cat([part(x) for part in self.parts], dim=1)

    return Module()


def Sum(torch, body, around):
    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.around = body, around

        def forward(self, x):
            return self.around(x) + self.body(x)

    return Module()


def weighted(built):
    """The layers with parameters, in the order in which torch registers them."""
    if hasattr(built, "layers"):
        return [layer for inner in built.layers for layer in weighted(inner)]
    return [built] if built.parameters else []


@pytest.mark.parametrize("network", EVERY, ids=lambda each: each.name)
def test_torch_counts_the_same_parameters(torch, network):
    with torch.device("meta"):  # no memory is needed to count
        module = torch_network(torch, network.layers, network.input_shape)
    assert sum(p.numel() for p in module.parameters()) == network.parameters


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (LENET5, LENET5.input_shape),
        (ALEXNET, (3, 67, 67)),
        (GOOGLENET, (3, 64, 64)),
        (RESNET50, (3, 64, 96)),
        (MOBILENET, (3, 64, 96)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_torch_gives_the_same_scores(torch, network, shape):
    """Every kind of layer, random weights, on smaller images; the softmax is left off."""
    layers = [layer for layer in network.layers if layer["type"] != "softmax"]
    built = build_network(layers, shape, np.random.default_rng(0), np.float32)
    module = torch_network(torch, layers, shape).eval()
    theirs = [
        each
        for each in module.modules()
        if hasattr(each, "weight") and each is not None
    ]
    ours = weighted(built)
    assert len(ours) == len(theirs)
    rng = np.random.default_rng(1)
    with torch.no_grad():
        for mine, other in zip(ours, theirs, strict=True):
            if isinstance(mine, kit.BatchNorm):
                mine.mean[:] = 0.1 * rng.standard_normal(len(mine.mean))
                mine.variance[:] = 0.8 + 0.4 * rng.random(len(mine.mean))
                other.running_mean[:] = torch.tensor(mine.mean)
                other.running_var[:] = torch.tensor(mine.variance)
                arrays = mine.parameters["gamma"], mine.parameters["beta"]
            else:
                w, b = mine.parameters["w"], mine.parameters.get("b")
                # A depthwise filter has no axis for the one channel that it sees.
                arrays = w.T if w.ndim == 2 else w.reshape(other.weight.shape), b
            for array, tensor in zip(arrays, (other.weight, other.bias), strict=True):
                assert (array is None) == (tensor is None)
                if array is not None:
                    tensor[...] = torch.tensor(np.array(array))
        x = rng.random((2, *shape)).astype(np.float32)
        want = module(torch.tensor(x)).numpy()
    np.testing.assert_allclose(
        built.forward(x), want, rtol=2e-3, atol=2e-3 * abs(want).max()
    )


def test_torch_cuts_off_what_our_data_crops(torch):
    """A Pad and a Crop before a convolution are what PyTorch does in silence."""
    layers = [
        {"type": "pad", "near": 3, "far": 3},
        {"type": "crop", "rows": 1, "columns": 1},
        {"type": "conv", "filters": 2, "size": 7, "stride": 2},
    ]
    built = build_network(layers, (3, 32, 32), np.random.default_rng(0))
    w, b = built.parameters["2.w"], built.parameters["2.b"]
    x = np.random.default_rng(1).standard_normal((1, 3, 32, 32))
    want = torch.nn.functional.conv2d(*map(torch.tensor, (x, w, b)), 2, 3).numpy()
    np.testing.assert_allclose(built.forward(x), want, atol=1e-12)


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 3), (2, 1, 2)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_dilated_conv(torch, stride, padding, dilation, dtype):
    rng = np.random.default_rng(2)
    shapes = [(2, 3, 7, 9), (4, 3, 3, 2), (4,)]
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    want = torch.nn.functional.conv2d(
        *leaves, stride=stride, padding=padding, dilation=dilation
    )
    out, cache = dilated_conv_forward(*arrays, stride, padding, dilation)
    dout = rng.standard_normal(out.shape).astype(dtype)
    want.backward(torch.tensor(dout))
    close = 1e-12 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(out, want.detach().numpy(), atol=close)
    for got, leaf in zip(dilated_conv_backward(dout, cache), leaves, strict=True):
        np.testing.assert_allclose(got, leaf.grad.numpy(), atol=close)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_depthwise_conv(torch, stride, padding, dtype):
    rng = np.random.default_rng(3)
    shapes = (2, 4, 9, 7), (4, 3, 3), (4,)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    out, cache = depthwise_conv_forward(x, w, b, stride, padding)
    theirs = [torch.tensor(each, requires_grad=True) for each in (x, w[:, None], b)]
    want = torch.nn.functional.conv2d(*theirs, stride, padding, groups=4)
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-9}
    np.testing.assert_allclose(out, want.detach().numpy(), **tolerance)
    dout = rng.standard_normal(out.shape).astype(dtype)
    want.backward(torch.tensor(dout))
    dx, dw, db = depthwise_conv_backward(dout, cache)
    for got, tensor in zip((dx, dw[:, None], db), theirs, strict=True):
        np.testing.assert_allclose(got, tensor.grad.numpy(), **tolerance)
