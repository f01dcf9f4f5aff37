"""Lesson 07's layers, optimizer and schedule against PyTorch's. Run with: make test-oracle"""

import os

import numpy as np
import pytest

from course.training import (
    Adam,
    BatchNorm,
    cosine_rate,
    dropout_backward,
    dropout_forward,
)

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def torch():
    if os.environ.get("COURSE_ORACLE_REQUIRED") == "1":
        import torch as module
    else:
        module = pytest.importorskip("torch", reason="PyTorch is not installed")
    module.set_num_threads(1)
    return module


@pytest.mark.parametrize(
    "shape", [(6, 3), (4, 3, 5, 2)], ids=["dense", "convolutional"]
)
def test_batchnorm(torch, shape):
    """Three batches in training, then one in use.

    PyTorch's momentum is 1 - ours, and its running variance is divided by one less than
    the count.
    """
    rng, count = np.random.default_rng(0), np.prod(shape) // shape[1]
    ours = BatchNorm(3, momentum=0.7, eps=1e-3)
    made = torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d
    theirs = made(3, momentum=0.3, eps=1e-3).double()
    for name, parameter in (("gamma", theirs.weight), ("beta", theirs.bias)):
        ours.parameters[name][...] = rng.normal(size=3)
        parameter.data = torch.tensor(ours.parameters[name])
    for training in (True, True, True, False):
        ours.training = training
        theirs.train(training)
        x, dout = rng.normal(size=(2, *shape))
        tensor = torch.tensor(x, requires_grad=True)
        theirs.zero_grad()
        out = theirs(tensor)
        out.backward(torch.tensor(dout))
        if training:
            np.testing.assert_allclose(ours.forward(x), out.detach(), rtol=1e-9)
            dx = ours.backward(dout)
            np.testing.assert_allclose(dx, tensor.grad, rtol=1e-7, atol=1e-12)
            np.testing.assert_allclose(ours.gradients["gamma"], theirs.weight.grad)
            np.testing.assert_allclose(ours.gradients["beta"], theirs.bias.grad)
    np.testing.assert_allclose(ours.running_mean, theirs.running_mean)
    first = 0.7**3  # what is left of the variance 1 at the start
    scaled = first + (ours.running_var - first) * count / (count - 1)
    np.testing.assert_allclose(scaled, theirs.running_var)
    theirs.running_var.copy_(torch.tensor(ours.running_var))
    out = theirs(tensor)
    np.testing.assert_allclose(ours.forward(x), out.detach(), rtol=1e-9)
    np.testing.assert_allclose(
        ours.backward(dout),
        torch.autograd.grad(out, tensor, torch.tensor(dout))[0],
        rtol=1e-9,
    )


def test_dropout_with_the_same_numbers_kept(torch):
    x, dout = np.random.default_rng(1).normal(size=(2, 30, 20))
    out, cache = dropout_forward(x, 0.4, True, np.random.default_rng(2))
    tensor = torch.tensor(x, requires_grad=True)
    kept = torch.tensor(out != 0)
    theirs = torch.where(kept, tensor / 0.4, torch.zeros_like(tensor))
    theirs.backward(torch.tensor(dout))
    np.testing.assert_allclose(out, theirs.detach())
    np.testing.assert_allclose(dropout_backward(dout, cache), tensor.grad)


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_adam_is_adamw(torch, decay):
    rng = np.random.default_rng(3)
    start = rng.normal(size=(4, 3))

    class Network:
        parameters, gradients = {"w": start.copy()}, {}

    ours = Adam(Network, 0.03, beta1=0.8, beta2=0.95, eps=1e-4, weight_decay=decay)
    weight = torch.nn.Parameter(torch.tensor(start))
    theirs = torch.optim.AdamW(
        [weight], lr=0.03, betas=(0.8, 0.95), eps=1e-4, weight_decay=decay
    )
    for _ in range(25):
        gradient = rng.normal(size=(4, 3))
        Network.gradients = {"w": gradient}
        ours.step()
        weight.grad = torch.tensor(gradient)
        theirs.step()
    np.testing.assert_allclose(Network.parameters["w"], weight.detach(), rtol=1e-10)


def test_the_cosine(torch):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.4)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 50, eta_min=0.1)
    for step in range(51):
        rate = optimizer.param_groups[0]["lr"]
        assert cosine_rate(step, 50, 0.4, 0.1) == pytest.approx(rate)
        optimizer.step()
        theirs.step()
