"""Receptive fields, measured: against sizes worked out by hand, and against gradients."""

import numpy as np
import pytest

from course.architectures import DepthwiseConv2D, Residual
from course.kit import layers as kit
from course.kit.receptive_field import Field, unit_field
from course.network import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from course.training import BatchNorm, Dropout


def used(layer):
    """A layer of batch normalisation after a training: every channel is moved down and up."""
    rng = np.random.default_rng(3)
    for array in layer.parameters.values():
        array[...] = -rng.random(array.shape)
    for names in (("running_mean", "mean"), ("running_var", "variance")):
        array = next(getattr(layer, name) for name in names if hasattr(layer, name))
        array[...] = rng.random(array.shape) + 1
    return layer


def seeded(*layers):
    rng = np.random.default_rng(0)
    network = Sequential(layers)
    for array in network.parameters.values():
        array[...] = rng.standard_normal(array.shape)
    return network


@pytest.mark.parametrize(
    ("layers", "shape", "want"),
    [
        ([Conv2D(1, 2, 3)], (1, 5, 7), Field((3, 3), (1, 1), (0, 0))),
        ([Conv2D(1, 2, 3, padding=1)], (1, 6, 4), Field((3, 3), (1, 1), (-1, -1))),
        ([Conv2D(2, 1, 3, 2, 1)], (2, 5, 7), Field((3, 3), (2, 2), (-1, -1))),
        ([MaxPool2D()], (3, 4, 8), Field((2, 2), (2, 2), (0, 0))),
        ([MaxPool2D(3, 2)], (1, 7, 5), Field((3, 3), (2, 2), (0, 0))),
        ([Conv2D(1, 1, 1)], (1, 3, 2), Field((1, 1), (1, 1), (0, 0))),
        (
            [
                Conv2D(3, 4, 5, padding=2),
                ReLU(),
                MaxPool2D(),
                Conv2D(4, 2, 3, padding=1),
            ],
            (3, 16, 20),
            Field((10, 10), (2, 2), (-4, -4)),
        ),
        # Every field is cut off by a border of the image.
        (
            [
                Conv2D(3, 4, 3, padding=1),
                MaxPool2D(),
                Conv2D(4, 5, 3, padding=1),
            ],
            (3, 8, 12),
            Field((8, 8), (2, 2), (-3, -3)),
        ),
        ([Conv2D(1, 1, 4, 2, 1)], (1, 4, 4), Field((4, 4), (2, 2), (-1, -1))),
        ([Conv2D(1, 1, 4, 4)], (1, 4, 8), Field((4, 4), (4, 4), (0, 0))),
        ([Conv2D(1, 2, 2), Flatten()], (1, 3, 4), Field((3, 4), (0, 0), (0, 0))),
        ([Dense(12, 2)], (1, 3, 4), Field((3, 4), (0, 0), (0, 0))),
        # What normalises each channel changes no field, whatever it has learned.
        (
            [Conv2D(1, 2, 3, padding=1), used(BatchNorm(2)), ReLU(), Conv2D(2, 1, 3)],
            (1, 8, 9),
            Field((5, 5), (1, 1), (-1, -1)),
        ),
        (
            [Conv2D(1, 2, 3), used(kit.BatchNorm(2)), ReLU()],
            (1, 6, 7),
            Field((3, 3), (1, 1), (0, 0)),
        ),
        (
            [
                Residual(Sequential([Conv2D(2, 2, 3, padding=1), used(BatchNorm(2))])),
                ReLU(),
            ],
            (2, 6, 7),
            Field((3, 3), (1, 1), (-1, -1)),
        ),
        ([Dropout(0.9), Conv2D(1, 1, 3)], (1, 6, 7), Field((3, 3), (1, 1), (0, 0))),
        # Filters with holes, of which the first may lie in the padding.
        (
            [kit.Conv(1, 1, 3, padding=1, dilation=2)],
            (1, 9, 8),
            Field((5, 5), (1, 1), (-1, -1)),
        ),
        (
            [kit.Conv(1, 1, 3, padding=4, dilation=4)],
            (1, 6, 7),
            Field((9, 9), (1, 1), (-4, -4)),
        ),
        (
            [
                kit.Conv(1, 2, 3, padding=2, dilation=2),
                kit.Conv(2, 1, 3, padding=3, dilation=3),
            ],
            (1, 11, 10),
            Field((11, 11), (1, 1), (-5, -5)),
        ),
        (
            [kit.Conv(1, 2, 3, 2, 3, dilation=3), MaxPool2D()],
            (1, 15, 19),
            Field((9, 9), (4, 4), (-3, -3)),
        ),
        (
            [DepthwiseConv2D(2, 3, padding=1)],
            (2, 6, 6),
            Field((3, 3), (1, 1), (-1, -1)),
        ),
        # A border so wide that the outermost units see nothing but zeros.
        ([Conv2D(1, 1, 1, padding=2)], (1, 4, 5), Field((1, 1), (1, 1), (-2, -2))),
    ],
)
def test_fields_by_hand(layers, shape, want):
    assert unit_field(seeded(*layers), len(layers) - 1, shape) == want


def test_a_filter_full_of_zeros_has_a_field_and_keeps_its_weights():
    layer = Conv2D(1, 1, 3)
    layer.parameters["w"][...] = 0
    assert unit_field(Sequential([layer]), 0, (1, 6, 6)).size == (3, 3)
    assert not layer.parameters["w"].any()


def test_no_pixel_outside_the_field_has_a_gradient():
    network = seeded(
        Conv2D(2, 3, 3, padding=1), MaxPool2D(3, 2), Conv2D(3, 2, 3, padding=1)
    )
    x = np.random.default_rng(1).standard_normal((40, 2, 11, 15))
    out = network.forward(x)
    field = unit_field(network, 2, x.shape[1:])
    assert field.size == (9, 9)
    for row, column in [(0, 0), (2, 3), (4, 6)]:
        dout = np.zeros_like(out)
        dout[:, :, row, column] = 1
        touched = network.backward(dout).any(axis=(0, 1))
        top, left = field.corner(row, column)
        inside = np.zeros((11, 15), bool)
        inside[max(0, top) : top + 9, max(0, left) : left + 9] = True
        assert not touched[~inside].any()
        assert touched.sum() > 0.6 * inside.sum()
