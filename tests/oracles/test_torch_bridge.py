"""The bridge where PyTorch is installed: its comparisons hold, and its names exist.

Run with: make test-oracle
"""

import os
import re
import runpy

import matplotlib as mpl
import numpy as np
import pytest

from autograder.lessons import BRIDGE, Lesson, checkout
from course.network import svm_loss
from course.training import batchnorm_forward

pytestmark = pytest.mark.torch

SOURCE = Lesson(checkout(), BRIDGE).source


@pytest.fixture(scope="module")
def torch():
    if os.environ.get("COURSE_ORACLE_REQUIRED") == "1":
        import torch as module
    else:
        module = pytest.importorskip("torch", reason="PyTorch is not installed")
    return module


@pytest.fixture(scope="module")
def page(torch):
    """What the cells define, run one after the other; their own asserts hold."""
    with mpl.rc_context():
        mpl.use("agg")
        return runpy.run_path(str(SOURCE))


def test_the_scores_are_equal(page, torch):
    network = page["ours"](seed=3)
    x = page["digits"].validation.x[:50].astype(np.float64)
    with torch.no_grad():
        found = page["theirs"](network)(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(found, network.forward(x), rtol=0, atol=1e-5)


def test_the_curves_are_one_curve(page):
    ours, theirs = page["curves"].values()
    assert len(ours) == len(theirs) == 126
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    assert ours[-1] < ours[0] / 2


def test_another_weight_is_another_curve(page, torch):
    """So the comparison can fail."""
    network = page["ours"](seed=3)
    twin = page["theirs"](network)
    network.parameters["6.w"][...] = network.parameters["6.w"][::-1]
    x = page["digits"].validation.x[:5].astype(np.float64)
    with torch.no_grad():
        assert abs(twin(torch.from_numpy(x)).numpy() - network.forward(x)).max() > 1e-3


def test_the_names_exist(torch):
    """The first word of each code in the table's column of PyTorch."""
    rows = re.findall(
        r"^# \| `.*? \| (.*?) \| .*\|$", SOURCE.read_text("utf-8"), re.MULTILINE
    )
    homes = (torch, torch.nn, torch.optim, torch.nn.Module, torch.nn.Linear(1, 1))
    names = {
        name
        for row in rows
        for name in re.findall(r"`([A-Za-z_][\w.]*)", row)
        if name not in ("C", "K")
    }
    assert len(names) > 15
    missing = []
    for name in names:
        path = re.sub(r"^(torch|network)\.", "", name).split(".")
        if path[0] == "parameter":
            path, places = path[1:], (torch.nn.Parameter(torch.zeros(1)),)
        else:
            places = homes
        found = []
        for place in places:
            for part in path:
                place = getattr(place, part, None)
            found.append(place is not None)
        if not any(found):
            missing.append(name)
    assert missing == []


def test_the_traps_of_the_table(torch):
    x = np.random.default_rng(0).normal(size=(5, 3))
    mean, var = np.zeros(3), np.ones(3)
    batchnorm_forward(x, np.ones(3), np.zeros(3), mean, var)
    theirs = torch.nn.BatchNorm1d(3, momentum=0.1).double()
    theirs(torch.from_numpy(x))
    np.testing.assert_allclose(theirs.running_mean.numpy(), mean)
    ours = 0.9 + 0.1 * x.var(axis=0)
    np.testing.assert_allclose(var, ours)
    np.testing.assert_allclose(theirs.running_var.numpy(), 0.9 + (ours - 0.9) * 5 / 4)
    labels = np.array([0, 1, 2, 1, 0])
    found = torch.nn.MultiMarginLoss()(torch.from_numpy(x), torch.from_numpy(labels))
    np.testing.assert_allclose(found.item(), svm_loss(x, labels)[0] / 3)
