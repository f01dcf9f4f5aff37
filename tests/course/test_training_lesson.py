"""The reference module of lesson 07: its contracts, and what it computes by other ways."""

import inspect
import math

import numpy as np
import pytest

from course import training
from course.gradients import numeric_gradient, relative_error
from course.kit.data import scanned_digits
from course.kit.training import layer_mode
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential, train
from course.training import (
    Adam,
    BatchNorm,
    Dropout,
    batchnorm_backward,
    batchnorm_forward,
    confusion_matrix,
    cosine_rate,
    dropout_backward,
    dropout_forward,
    flip_images,
    random_search,
    set_training,
    shift_images,
    stratified_split,
)

SIGNATURES = {
    "batchnorm_forward": "(x, gamma, beta, running_mean, running_var, training=True, "
    "momentum=0.9, eps=1e-05)",
    "batchnorm_backward": "(dout, cache)",
    "BatchNorm": "(channels, momentum=0.9, eps=1e-05)",
    "dropout_forward": "(x, keep, training=True, rng=None)",
    "dropout_backward": "(dout, cache)",
    "Dropout": "(keep, rng=None)",
    "set_training": "(network, training)",
    "Adam": "(network, learning_rate=0.001, beta1=0.9, beta2=0.999, eps=1e-08, "
    "weight_decay=0.0)",
    "cosine_rate": "(step, steps, highest, lowest=0.0, warmup=0)",
    "shift_images": "(x, rng, most=2)",
    "flip_images": "(x, rng)",
    "confusion_matrix": "(labels, predicted, classes)",
    "stratified_split": "(labels, parts, rng)",
    "random_search": "(score, space, trials, rng)",
}
SHAPES = {"dense": (6, 3), "convolutional": (4, 3, 5, 2)}


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    thing = getattr(training, name)
    assert str(inspect.signature(thing)) == SIGNATURES[name]
    assert thing.__doc__


def settings(D, seed=0):
    rng = np.random.default_rng(seed)
    gamma, beta, mean = rng.normal(size=(3, D))
    return gamma, beta, mean, rng.random(D) + 0.5


# Batch normalisation


@pytest.mark.parametrize("mode", [True, False], ids=["in training", "in use"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_batchnorm_number_by_number(shape, mode):
    """The definition in plain Python, one number at a time."""
    x = 3 * np.random.default_rng(1).normal(size=shape) + 1
    gamma, beta, mean, var = settings(shape[1])
    used = mean.copy(), var.copy()
    out, _ = batchnorm_forward(x, gamma, beta, mean, var, mode, momentum=0.7, eps=0.01)
    for d in range(shape[1]):
        numbers = x[:, d].ravel().tolist()
        mu = sum(numbers) / len(numbers)
        sigma2 = sum((number - mu) ** 2 for number in numbers) / len(numbers)
        if mode:
            assert mean[d] == pytest.approx(0.7 * used[0][d] + 0.3 * mu)
            assert var[d] == pytest.approx(0.7 * used[1][d] + 0.3 * sigma2)
        else:
            mu, sigma2 = used[0][d], used[1][d]
            assert (mean[d], var[d]) == (mu, sigma2)
        want = [
            gamma[d] * (number - mu) / math.sqrt(sigma2 + 0.01) + beta[d]
            for number in numbers
        ]
        np.testing.assert_allclose(out[:, d].ravel(), want)


@pytest.mark.parametrize("mode", [True, False], ids=["in training", "in use"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("wanted", ["x", "gamma", "beta"])
def test_batchnorm_against_the_numeric_gradient(shape, mode, wanted):
    rng = np.random.default_rng(2)
    x, dout = rng.normal(size=(2, *shape))
    gamma, beta, mean, var = settings(shape[1])
    arrays = {"x": x, "gamma": gamma, "beta": beta}

    def value(array):
        given = arrays | {wanted: array}
        running = mean.copy(), var.copy()
        return np.sum(dout * batchnorm_forward(*given.values(), *running, mode)[0])

    cache = batchnorm_forward(x, gamma, beta, mean.copy(), var.copy(), mode)[1]
    found = dict(zip(arrays, batchnorm_backward(dout, cache)))
    numeric = numeric_gradient(value, arrays[wanted])
    assert relative_error(found[wanted], numeric) < 1e-6


def test_batchnorm_of_maps_is_that_of_their_places_as_rows():
    x = np.random.default_rng(3).normal(size=(4, 3, 5, 2))
    rows = x.transpose(0, 2, 3, 1).reshape(-1, 3)
    outs = [batchnorm_forward(each, *settings(3))[0] for each in (x, rows)]
    np.testing.assert_allclose(outs[0].transpose(0, 2, 3, 1).reshape(-1, 3), outs[1])


def test_batchnorm_keeps_float32_and_its_running_values_float64():
    layer, x = BatchNorm(3), np.ones((4, 3, 2, 2), np.float32)
    assert layer.forward(x).dtype == layer.backward(x).dtype == np.float32
    assert layer.running_mean.dtype == layer.running_var.dtype == np.float64


def test_a_batchnorm_in_use_does_not_ask_who_else_is_in_the_batch():
    layer, rng = BatchNorm(2), np.random.default_rng(4)
    for _ in range(100):
        layer.forward(5 * rng.normal(size=(64, 2)) + 3)
    np.testing.assert_allclose(layer.running_mean, 3, atol=0.5)
    np.testing.assert_allclose(np.sqrt(layer.running_var), 5, atol=0.5)
    layer.training = False
    x = rng.normal(size=(7, 2))
    alone = np.concatenate([layer.forward(row[np.newaxis]) for row in x])
    np.testing.assert_allclose(layer.forward(x), alone)


# Dropout and modes


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_the_share(keep):
    x = np.full((200, 500), 2.0)
    out, _ = dropout_forward(x, keep, True, np.random.default_rng(0))
    assert abs(np.mean(out != 0) - keep) < 0.01
    assert abs(out.mean() - 2) < 0.05
    np.testing.assert_allclose(out[out != 0], 2 / keep)


def test_dropout_backward_is_the_gradient_for_the_mask_that_was_drawn():
    rng = np.random.default_rng(5)
    x, dout = rng.normal(size=(2, 3, 4))
    dx = dropout_backward(
        dout, dropout_forward(x, 0.6, True, np.random.default_rng(1))[1]
    )
    numeric = numeric_gradient(
        lambda x: np.sum(
            dout * dropout_forward(x, 0.6, True, np.random.default_rng(1))[0]
        ),
        x,
    )
    assert relative_error(dx, numeric) < 1e-7


def small_network(rng):
    """A network with both kinds of modes, one of them in a network inside."""
    body = Sequential([Conv2D(1, 4, 3, padding=1, rng=rng), BatchNorm(4), ReLU()])
    return Sequential([body, MaxPool2D(), Dropout(0.5, rng), Dense(64, 3, rng=rng)])


def modes(network):
    return network.layers[0].layers[1].training, network.layers[2].training


def test_set_training_and_the_kits_layer_mode_reach_the_same_layers():
    network = small_network(np.random.default_rng(0))
    assert modes(network) == (True, True)
    set_training(network, False)
    assert modes(network) == (False, False)
    with layer_mode(network, training=True):
        assert modes(network) == (True, True)
    assert modes(network) == (False, False)


@pytest.mark.parametrize("before", [True, False])
def test_train_and_predict_set_the_mode_and_put_it_back(before):
    network = small_network(np.random.default_rng(0))
    set_training(network, before)
    seen = []

    class Spy(ReLU):
        def forward(self, x):
            seen.append(modes(network))
            return super().forward(x)

    network.layers[0].layers.append(Spy())
    x, y = np.random.default_rng(1).random((8, 1, 8, 8)), np.arange(8) % 3
    network.predict(x)
    assert seen == [(False, False)] and modes(network) == (before, before)
    seen.clear()
    train(network, x, y, epochs=1, batch_size=4, validation=(x, y), show=False)
    assert seen == [(True, True), (True, True), (False, False)]
    assert modes(network) == (before, before)


def test_a_mode_is_put_back_after_an_error():
    network = small_network(np.random.default_rng(0))
    with pytest.raises(ValueError):
        network.predict(np.ones((2, 1, 7, 7)))
    assert modes(network) == (True, True)


def test_prediction_with_dropout_and_batchnorm_is_the_same_every_time():
    network = small_network(np.random.default_rng(0))
    x = np.random.default_rng(1).random((300, 1, 8, 8))
    found = network.predict(x)
    np.testing.assert_array_equal(found, network.predict(x))
    np.testing.assert_array_equal(found[:7], network.predict(x[:7]))


# Adam


class Weights:
    def __init__(self, **arrays):
        self.parameters, self.gradients = arrays, {}


def adam_in_sums(start, gradients, rate, beta1, beta2, eps, decay):
    """Adam without a recursion: both means as weighted sums over all gradients so far."""
    w = start
    for t in range(1, len(gradients) + 1):
        old = [(t - 1 - step, gradients[step]) for step in range(t)]
        weights1 = [beta1**age for age, _ in old]
        weights2 = [beta2**age for age, _ in old]
        mean = sum(a * g for a, (_, g) in zip(weights1, old)) / sum(weights1)
        square = sum(a * g * g for a, (_, g) in zip(weights2, old)) / sum(weights2)
        w = w - rate * mean / (np.sqrt(square) + eps) - rate * decay * w
    return w


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"beta1": 0.5, "beta2": 0.6},
        {"eps": 0.3},
        {"weight_decay": 0.2},
    ],
)
def test_adam_against_sums(options):
    gradients = np.random.default_rng(6).normal(size=(9, 2, 3))
    network = Weights(w=np.ones((2, 3)))
    optimizer = Adam(network, 0.05, **options)
    for gradient in gradients:
        network.gradients = {"w": gradient}
        optimizer.step()
    full = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0} | options
    want = adam_in_sums(np.ones((2, 3)), gradients, 0.05, *full.values())
    np.testing.assert_allclose(network.parameters["w"], want, rtol=1e-10)


def test_weight_decay_is_for_weights_only():
    network = Weights(w=np.ones((2, 2)), b=np.ones(2))
    network.gradients = {"w": np.zeros((2, 2)), "b": np.zeros(2)}
    optimizer = Adam(network, 0.1, weight_decay=0.5)
    optimizer.step()
    np.testing.assert_allclose(network.parameters["w"], 0.95)
    np.testing.assert_array_equal(network.parameters["b"], 1)


def test_gamma_and_beta_do_not_decay():
    network = Sequential([BatchNorm(3)])
    network.forward(np.ones((2, 3)))
    network.backward(np.zeros((2, 3)))
    Adam(network, 0.1, weight_decay=0.5).step()
    np.testing.assert_array_equal(network.parameters["0.gamma"], 1)


# Schedule, augmentation, looking, searching


def test_the_schedule_has_no_jump_and_only_falls_after_the_warm_up():
    rates = [cosine_rate(step, 200, 0.3, 0.01, warmup=20) for step in range(201)]
    assert rates[0] == 0 and max(rates) == rates[20] == 0.3
    assert rates[200] == pytest.approx(0.01)
    steps = np.diff(rates)
    assert (steps[:20] > 0).all() and (steps[20:] < 0).all()
    assert np.abs(steps).max() <= 0.3 / 20 + 1e-12


def test_a_shift_moves_all_channels_and_loses_only_what_leaves():
    rng = np.random.default_rng(7)
    x = np.zeros((50, 2, 9, 9))
    x[:, :, 4, 4] = 1
    before = x.copy()
    out = shift_images(x, rng)
    np.testing.assert_array_equal(x, before)
    places = np.argwhere(out[:, 0])
    assert len(places) == 50 and np.abs(places[:, 1:] - 4).max() == 2
    np.testing.assert_array_equal(out[:, 0], out[:, 1])


def test_a_flip_is_undone_by_itself():
    x = np.random.default_rng(8).random((30, 3, 4, 5))
    out = flip_images(x, np.random.default_rng(0))
    np.testing.assert_array_equal(flip_images(out, np.random.default_rng(0)), x)
    changed = [not np.array_equal(a, b) for a, b in zip(x, out)]
    assert 0 < sum(changed) < 30


def test_a_confusion_matrix_adds_up():
    rng = np.random.default_rng(9)
    labels, found = rng.integers(0, 4, (2, 1000))
    counts = confusion_matrix(labels, found, 4)
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(labels))
    np.testing.assert_array_equal(counts.sum(axis=0), np.bincount(found))
    assert np.trace(counts) == np.sum(labels == found)


@pytest.mark.parametrize("parts", [2, 7, (8, 1, 1), (0.5, 0.3, 0.2)])
def test_parts_are_disjoint_and_fair(parts):
    labels = np.random.default_rng(10).integers(0, 5, 203)
    sizes = np.ones(parts) if isinstance(parts, int) else np.array(parts)
    for seed in range(20):
        dealt = stratified_split(labels, parts, np.random.default_rng(seed))
        assert sorted(np.concatenate(dealt)) == list(range(203))
        counts = [np.bincount(labels[part], minlength=5) for part in dealt]
        fair = np.outer(sizes / sizes.sum(), np.bincount(labels))
        assert np.abs(np.array(counts) - fair).max() < 1


def test_a_search_finds_the_better_half():
    found = random_search(
        lambda choice: -abs(math.log10(choice["rate"]) + 2) + choice["bonus"],
        {"rate": (1e-4, 1.0, "log"), "bonus": [0, 10]},
        40,
        np.random.default_rng(0),
    )
    scores = [score for score, _ in found]
    assert scores == sorted(scores, reverse=True) and len(found) == 40
    assert found[0][1]["bonus"] == 10
    assert 0.003 < found[0][1]["rate"] < 0.03


def test_all_of_it_together_learns_to_read():
    """300 digits, four epochs: far better than guessing, also on new digits."""
    digits, rng = scanned_digits(), np.random.default_rng(0)
    network = Sequential(
        [
            Conv2D(1, 8, 5, padding=2, rng=rng),
            BatchNorm(8),
            ReLU(),
            MaxPool2D(),
            Dropout(0.8, rng),
            Dense(8 * 14 * 14, 10, rng=rng),
        ]
    )
    optimizer = Adam(network, 0.01, weight_decay=0.01)
    x, y = digits.train.x[:300], digits.train.y[:300]
    for epoch in range(4):
        optimizer.learning_rate = cosine_rate(epoch, 4, 0.01)
        shown = shift_images(x, rng, most=1)
        train(network, shown, y, epochs=1, optimizer=optimizer, rng=rng, show=False)
    found = network.predict(digits.validation.x)
    assert np.mean(found == digits.validation.y) > 0.6
