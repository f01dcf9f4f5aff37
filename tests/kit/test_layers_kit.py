"""The kit's layers: by hand, forward and backward against numeric gradients."""

import numpy as np
import pytest

from course.gradients import numeric_gradient, relative_error
from course.im2col import conv_forward
from course.kit import layers as kit
from course.network import Conv2D, ReLU, Sequential

rng = np.random.default_rng(0)


def branches():
    draws = np.random.default_rng(1)
    three = Sequential([Conv2D(4, 2, 3, padding=1, rng=draws), ReLU()])
    one = Sequential([Conv2D(4, 3, 1, rng=draws)])
    return kit.Branches([three, one])


def trained_norm():
    layer = kit.BatchNorm(4)
    draws = np.random.default_rng(3)
    layer.mean, layer.variance = draws.standard_normal(4), draws.random(4) + 0.5
    layer.parameters = {
        "gamma": draws.standard_normal(4),
        "beta": draws.standard_normal(4),
    }
    return layer


LAYERS = {
    "batchnorm": trained_norm,
    "lrn": lambda: kit.LocalResponseNorm(3, 0.2, 0.75, 1.5),
    "average pool": lambda: kit.AveragePool(3, 2, 1),
    "padded max pool": lambda: kit.PaddedMaxPool(3, 1, 1),
    "pad": lambda: kit.Pad(1, 2),
    "crop": lambda: kit.Crop(1, 2),
    "branches": branches,
    "softmax": kit.Softmax,
    "dropout": kit.Dropout,
    "conv, groups": lambda: kit.Conv(
        4, 6, (3, 1), 2, 1, groups=2, rng=np.random.default_rng(4)
    ),
    "conv, dilation": lambda: kit.Conv(
        4, 2, 2, dilation=3, bias=False, rng=np.random.default_rng(5)
    ),
    "fc": lambda: kit.FullyConnected(
        4 * 5 * 7, 3, bias=False, rng=np.random.default_rng(6)
    ),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def shaped(name):
    """An input without ties; a width and height on which the windows fit."""
    shape = (2, 4, 5, 7)
    return rng.permutation(np.prod(shape)).reshape(shape) / 50 - 2.0


@every_layer
def test_gradients(name):
    layer, x = LAYERS[name](), shaped(name)
    out = layer.forward(x)
    dout = rng.standard_normal(out.shape)
    dx = layer.backward(dout)
    assert relative_error(dx, numeric_gradient(layer.forward, x, dout)) < 1e-6
    gradients = dict(layer.gradients)
    assert set(gradients) == set(layer.parameters)
    for key, array in layer.parameters.items():
        saved = array.copy()

        def moved(values, array=array, saved=saved):
            array[...] = values
            out = layer.forward(x)
            array[...] = saved
            return out

        want = numeric_gradient(moved, saved.copy(), dout)
        assert relative_error(gradients[key], want) < 1e-6, key


@every_layer
def test_float32_stays_and_the_input_too(name):
    layer, x = LAYERS[name](), shaped(name).astype(np.float32)
    x.flags.writeable = False
    out = layer.forward(x)
    assert out.dtype == np.float32
    assert layer.backward(np.ones_like(out)).dtype == np.float32


def test_a_new_batchnorm_changes_next_to_nothing():
    x = shaped("")
    np.testing.assert_allclose(kit.BatchNorm(4).forward(x), x, rtol=1e-5)


def test_batchnorm_by_hand():
    layer = kit.BatchNorm(1, epsilon=0.0)
    layer.mean[:], layer.variance[:] = 3.0, 4.0
    layer.parameters["gamma"][:], layer.parameters["beta"][:] = 10.0, 1.0
    assert layer.forward(np.full((1, 1, 1, 1), 7.0)).item() == 21.0  # 10 * 4 / 2 + 1


def test_lrn_by_hand():
    """Channels 1, 2, 3; size 3, alpha 1, beta 1, k 1: 2 / (1 + 1 + 4 + 9)."""
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    out = kit.LocalResponseNorm(3, 1.0, 1.0, 1.0).forward(x)
    np.testing.assert_allclose(out.ravel(), [1 / 6, 2 / 15, 3 / 14])


def test_grouped_conv_is_two_convs_side_by_side():
    layer = kit.Conv(4, 6, 3, groups=2, rng=np.random.default_rng(8))
    x = rng.standard_normal((2, 4, 5, 6))
    w, b = layer.parameters["w"], layer.parameters["b"]
    assert w.shape == (6, 2, 3, 3)
    b[:] = np.arange(6)
    halves = [
        conv_forward(
            x[:, 2 * g : 2 * g + 2], w[3 * g : 3 * g + 3], b[3 * g : 3 * g + 3]
        )
        for g in (0, 1)
    ]
    want = np.concatenate([out for out, _ in halves], axis=1)
    np.testing.assert_allclose(layer.forward(x), want)


def test_dilated_conv_by_hand():
    """The notes' example: w0 x0 + w1 x2 + w2 x4, dilation 2 as PyTorch counts."""
    layer = kit.Conv(1, 1, (1, 3), dilation=2, bias=False)
    layer.parameters["w"][...] = [1.0, 10.0, 100.0]
    out = layer.forward(np.arange(1.0, 7.0).reshape(1, 1, 1, 6))
    assert out.ravel().tolist() == [531.0, 642.0]


def test_padding_never_wins_a_maximum():
    out = kit.PaddedMaxPool(3, 1, 1).forward(np.full((1, 1, 2, 2), -5.0))
    assert (out == -5).all()


def test_average_pool_counts_the_zeros():
    out = kit.AveragePool(2, 2, 1).forward(np.full((1, 1, 2, 2), 8.0))
    assert (out == 2).all()


def test_crop_tells_what_it_drops():
    layer = kit.Crop(1, 1)
    x = np.zeros((1, 1, 3, 4))
    x[0, 0, :2, :3] = 1.0
    assert layer.forward(x).shape == (1, 1, 2, 3)
    assert layer.lost.numbers == pytest.approx(0.5) and layer.lost.squares == 0
    x[0, 0, 2, 3] = np.sqrt(2.0)
    layer.forward(x)
    assert layer.lost.squares == pytest.approx(0.25)
    assert str(layer.lost).endswith("50.0% of the numbers, 25.0% of their squares")


def test_branches_stand_one_after_the_other():
    layer = branches()
    x = rng.standard_normal((2, 4, 5, 7))
    out = layer.forward(x)
    assert out.shape == (2, 5, 5, 7)
    np.testing.assert_allclose(out[:, 2:], layer.layers[1].forward(x))
    assert list(layer.parameters) == ["0.0.w", "0.0.b", "1.0.w", "1.0.b"]


def test_large_weights_are_drawn_in_float32():
    layer = kit.FullyConnected(300, 200, rng=np.random.default_rng(9), dtype=np.float32)
    w = layer.parameters["w"]
    assert w.dtype == np.float32
    assert w.std() == pytest.approx(np.sqrt(2 / 300), rel=0.02)
