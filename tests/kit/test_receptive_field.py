"""Receptive fields, measured: against sizes worked out by hand, and against gradients."""

import numpy as np
import pytest

from course.kit.receptive_field import Field, unit_field
from course.network import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential


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
