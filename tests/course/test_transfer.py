"""The reference module of lesson 10: its contracts, and other ways to the same numbers."""

import inspect

import numpy as np
import pytest

from course import transfer
from course.network import SGD, Conv2D, Dense, MaxPool2D, ReLU, Sequential, train
from course.transfer import cnn_codes, fine_tune, freeze

SIGNATURES = {
    "cnn_codes": "(network, x, layer)",
    "freeze": "(network, layers)",
    "fine_tune": "(network, x, y, new, learning_rate=0.02, slower=0.1, epochs=10, "
    "batch_size=32, weight_decay=0.0, rng=None, show=True)",
}


def network(seed=0):
    rng = np.random.default_rng(seed)
    layers = [Conv2D(2, 3, 3, rng=rng), ReLU(), MaxPool2D(), Dense(12, 4, rng=rng)]
    return Sequential(layers)


@pytest.fixture
def images():
    rng = np.random.default_rng(1)
    return rng.standard_normal((10, 2, 6, 6)), rng.integers(0, 4, 10)


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    function = getattr(transfer, name)
    assert str(inspect.signature(function)) == SIGNATURES[name]
    assert function.__doc__


def test_codes_are_rows_of_the_layers_output(images):
    net, (x, _) = network(), images
    volume = net.layers[1].forward(net.layers[0].forward(x))
    for layer in (1, -3):
        assert np.array_equal(cnn_codes(net, x, layer), volume.reshape(10, -1))
    assert cnn_codes(net, x.astype("f4"), 2).dtype == np.float32


def test_a_frozen_layer_stays_and_the_network_is_as_before(images):
    net, (x, y) = network(), images
    layers, before = list(net.layers), net.parameters["0.w"].copy()
    view = freeze(net, [0])
    train(view, x, y, epochs=2, show=False)
    assert np.array_equal(net.parameters["0.w"], before)
    assert not np.array_equal(net.parameters["3.w"], network().parameters["3.w"])
    assert all(a is b for a, b in zip(net.layers, layers, strict=True))
    assert "0.w" not in view.gradients and "0.w" in net.gradients


def test_slower_one_is_plain_training(images):
    one, two, (x, y) = network(), network(), images
    options = {"epochs": 3, "batch_size": 4, "show": False}
    sgd = SGD(one, 0.02, weight_decay=0.1)
    rngs = [np.random.default_rng(5) for _ in range(2)]
    want = train(one, x, y, optimizer=sgd, rng=rngs[0], **options)
    got = fine_tune(two, x, y, [3], 0.02, 1.0, weight_decay=0.1, rng=rngs[1], **options)
    assert got["loss"] == pytest.approx(want["loss"])
    for name, array in one.parameters.items():
        assert np.allclose(two.parameters[name], array)


def test_an_old_layer_takes_a_part_of_the_step(images):
    x, y = images
    moves = []
    for slower in (1.0, 0.25):
        net = network()
        before = net.parameters["0.w"].copy()
        fine_tune(net, x, y, [3], slower=slower, epochs=1, show=False)
        moves.append(net.parameters["0.w"] - before)
    assert np.allclose(moves[1], 0.25 * moves[0])
    assert np.abs(moves[0]).max() > 0
