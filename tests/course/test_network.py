"""The reference module of lesson 06: its contracts, PyTorch's numbers, and learning itself."""

import inspect

import numpy as np
import pytest

from course import network
from course.kit.data import split_digits
from course.network import (
    SGD,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
    dense_backward,
    dense_forward,
    relu_backward,
    relu_forward,
    small_convnet,
    softmax_loss,
    svm_loss,
    train,
)

SIGNATURES = {
    "relu_forward": "(x)",
    "relu_backward": "(dout, cache)",
    "dense_forward": "(x, w, b)",
    "dense_backward": "(dout, cache)",
    "softmax_loss": "(scores, labels)",
    "svm_loss": "(scores, labels, margin=1.0)",
    "Conv2D": "(channels, filters, size, stride=1, padding=0, rng=None)",
    "Dense": "(inputs, outputs, rng=None)",
    "ReLU": "()",
    "MaxPool2D": "(size=2, stride=2)",
    "Flatten": "()",
    "Sequential": "(layers)",
    "SGD": "(network, learning_rate, momentum=0.9, weight_decay=0.0)",
    "small_convnet": "(input_shape, filters, classes, size=3, rng=None)",
}


@pytest.fixture(scope="module")
def digits():
    return split_digits()


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    thing = getattr(network, name)
    assert str(inspect.signature(thing)) == SIGNATURES[name]
    assert thing.__doc__


def test_the_first_arguments_of_train():
    assert list(inspect.signature(train).parameters)[:3] == ["network", "x", "y"]


def test_relu_at_its_corner():
    out, cache = relu_forward(np.array([-1.0, 0.0, 2.0]))
    assert out.tolist() == [0, 0, 2]
    assert relu_backward(np.array([5.0, 6.0, 7.0]), cache).tolist() == [0, 0, 7]


def test_dense_flattens_images():
    rng = np.random.default_rng(0)
    x, w, b = (
        rng.standard_normal((2, 3, 4, 5)),
        rng.standard_normal((60, 7)),
        np.ones(7),
    )
    out, cache = dense_forward(x, w, b)
    np.testing.assert_allclose(out, x.reshape(2, 60) @ w + 1)
    assert [g.shape for g in dense_backward(out, cache)] == [x.shape, w.shape, (7,)]


@pytest.mark.parametrize("loss", [softmax_loss, svm_loss])
def test_losses_do_not_change_their_input(loss):
    scores = np.random.default_rng(1).standard_normal((4, 3))
    labels = np.array([0, 2, 1, 1])
    scores.flags.writeable = labels.flags.writeable = False
    value, dscores = loss(scores, labels)
    assert isinstance(value, float)
    assert dscores.shape == scores.shape
    np.testing.assert_allclose(dscores.sum(axis=1), 0, atol=1e-12)


def test_huge_scores_are_no_trouble():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, dscores = softmax_loss(np.array([[1e4, -1e4, 0.0]]), np.array([1]))
    assert value == 2e4
    assert dscores.tolist() == [[1, -1, 0]]


def test_against_pytorch():
    torch = pytest.importorskip("torch")
    ours = small_convnet((3, 8, 6), 5, 4, rng=np.random.default_rng(2))
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(3, 5, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(60, 4),
    ).double()
    with torch.no_grad():
        theirs[0].weight.copy_(torch.from_numpy(ours.parameters["0.w"]))
        theirs[0].bias.copy_(torch.from_numpy(ours.parameters["0.b"]))
        theirs[4].weight.copy_(torch.from_numpy(ours.parameters["3.w"].T))
        theirs[4].bias.copy_(torch.from_numpy(ours.parameters["3.b"]))
    options = {"momentum": 0.8, "weight_decay": 0.01}
    optimizer = SGD(ours, 0.1, **options)
    other = torch.optim.SGD(theirs.parameters(), lr=0.1, **options)
    rng = np.random.default_rng(3)
    for _ in range(4):
        x, y = rng.standard_normal((6, 3, 8, 6)), rng.integers(0, 4, 6)
        value, dscores = softmax_loss(ours.forward(x), y)
        dx = ours.backward(dscores)
        images = torch.from_numpy(x).requires_grad_()
        loss = torch.nn.functional.cross_entropy(theirs(images), torch.from_numpy(y))
        other.zero_grad()
        loss.backward()
        np.testing.assert_allclose(value, loss.item())
        np.testing.assert_allclose(dx, images.grad.numpy(), atol=1e-12)
        optimizer.step()
        other.step()
    np.testing.assert_allclose(
        ours.parameters["3.w"].T, theirs[4].weight.detach().numpy(), atol=1e-12
    )


def test_the_volumes_of_the_notes():
    """seeds/000, "Example Architecture": [32x32x12], [16x16x12], [1x1x10]."""
    net = small_convnet((3, 32, 32), 12, 10)
    volume, shapes = np.zeros((1, 3, 32, 32), np.float32), []
    for layer in net.layers:
        volume = layer.forward(volume)
        shapes.append(volume.shape[1:])
    assert shapes == [(12, 32, 32), (12, 32, 32), (12, 16, 16), (10,)]
    assert sum(array.size for array in net.parameters.values()) == 31066


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_images_decide_on_the_dtype(dtype):
    layers = [Conv2D(2, 3, 3), ReLU(), MaxPool2D(), Flatten(), Dense(12, 2)]
    net = Sequential(layers)
    scores = net.forward(np.ones((2, 2, 6, 6), dtype))
    assert scores.dtype == net.backward(scores).dtype == dtype
    assert {array.dtype.name for array in net.parameters.values()} == {"float64"}
    assert sorted(net.gradients) == ["0.b", "0.w", "4.b", "4.w"]


def test_two_backwards_do_not_add_up():
    net = small_convnet((1, 4, 4), 2, 3)
    x, dout = np.random.default_rng(4).standard_normal((2, 1, 4, 4)), np.ones((2, 3))
    found = []
    for _ in range(2):
        net.forward(x)
        net.backward(dout)
        found.append({name: array.copy() for name, array in net.gradients.items()})
    for name in found[0]:
        np.testing.assert_array_equal(found[0][name], found[1][name])


def test_predict_of_nothing():
    assert small_convnet((1, 4, 4), 2, 3).predict(np.zeros((0, 1, 4, 4))).shape == (0,)


def test_saved_and_loaded_without_pickle(tmp_path):
    net, twin = small_convnet((1, 4, 4), 2, 3), small_convnet((1, 4, 4), 2, 3)
    net.save(tmp_path / "weights.npz")
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as file:
        assert sorted(file.files) == ["0.b", "0.w", "3.b", "3.w"]
    twin.load(tmp_path / "weights.npz")
    for name, array in net.parameters.items():
        np.testing.assert_array_equal(twin.parameters[name], array)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.npz"]


def test_a_file_that_does_not_fit_says_what_differs(tmp_path):
    small_convnet((1, 4, 4), 2, 3).save(tmp_path / "weights.npz")
    other = small_convnet((1, 4, 4), 5, 3)
    before = {name: array.copy() for name, array in other.parameters.items()}
    with pytest.raises(
        ValueError, match=r"0\.w is \(2, 1, 3, 3\) in the file and \(5, "
    ):
        other.load(tmp_path / "weights.npz")
    longer = Sequential([*small_convnet((1, 4, 4), 2, 3).layers, Dense(3, 3)])
    with pytest.raises(ValueError, match=r"4\.w is not in the file"):
        longer.load(tmp_path / "weights.npz")
    for name, array in before.items():
        np.testing.assert_array_equal(other.parameters[name], array)


def test_a_parameter_without_a_gradient_rests():
    net = small_convnet((1, 4, 4), 2, 3)
    net.backward(np.ones_like(net.forward(np.ones((1, 1, 4, 4)))))
    net.layers[0].gradients = {}
    kept = net.parameters["0.w"].copy()
    SGD(net, 0.1, weight_decay=0.1).step()
    np.testing.assert_array_equal(net.parameters["0.w"], kept)


def test_fifty_images_are_learned_by_heart(digits):
    rng = np.random.default_rng(0)
    net = small_convnet((1, 8, 8), 16, 10, rng=rng)
    x, y = digits.train.x[:50], digits.train.y[:50]
    train(net, x, y, epochs=40, rng=rng, show=False)
    np.testing.assert_array_equal(net.predict(x), y)


def test_the_digits_are_read_and_the_seed_decides(digits):
    results = []
    for _ in range(2):
        rng = np.random.default_rng(5)
        net = small_convnet((1, 8, 8), 16, 10, rng=rng)
        history = train(net, *digits.train, epochs=12, rng=rng, show=False)
        results.append(history)
        assert np.mean(net.predict(digits.test.x) == digits.test.y) >= 0.97
    assert results[0] == results[1]


class Stops(ReLU):
    """A ReLU at which somebody presses the stop button, at its third forward."""

    count = 0

    def forward(self, x):
        self.count += 1
        if self.count == 3:
            raise KeyboardInterrupt
        return super().forward(x)


def test_an_interrupt_keeps_weights_and_history(digits):
    nets = [small_convnet((1, 8, 8), 4, 10, rng=np.random.default_rng(1)) for _ in "ab"]
    nets[1].layers[1] = Stops()
    x, y = digits.train.x[:64], digits.train.y[:64]
    full, cut = (
        train(net, x, y, epochs=1, rng=np.random.default_rng(2), show=False)
        if net is nets[0]
        else train(net, x, y, epochs=9, rng=np.random.default_rng(2), show=False)
        for net in nets
    )
    assert full["loss"] == cut["loss"]
    assert len(cut["loss"]) == 2
    for name, array in nets[0].parameters.items():
        np.testing.assert_array_equal(nets[1].parameters[name], array)
