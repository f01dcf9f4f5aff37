"""The reference module of lesson 08: its contracts, by hand and by other ways to the same."""

import inspect

import numpy as np
import pytest

from course import inspection
from course.inspection import (
    activations,
    dead_filters,
    filter_grid,
    occlusion_map,
    saliency,
    top_patches,
)
from course.network import (
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
    small_convnet,
)

SIGNATURES = {
    "filter_grid": "(w, shared_scale=True)",
    "activations": "(network, x)",
    "saliency": "(network, x, label)",
    "occlusion_map": "(network, image, label, size, stride=1, fill=0.0)",
    "top_patches": "(network, images, layer, channel, count)",
    "dead_filters": "(network, x)",
}


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    return Sequential(
        [
            Conv2D(3, 4, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(4, 5, 3, padding=1, rng=rng),
            ReLU(),
            Flatten(),
            Dense(5 * 4 * 6, 3, rng=rng),
        ]
    )


@pytest.fixture
def images():
    return np.random.default_rng(1).standard_normal((5, 3, 8, 12))


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    function = getattr(inspection, name)
    assert str(inspect.signature(function)) == SIGNATURES[name]
    assert function.__doc__


def test_the_module_holds_nothing_else():
    own = {
        name
        for name, thing in vars(inspection).items()
        if getattr(thing, "__module__", "") == "course.inspection"
    }
    assert own == set(SIGNATURES)


def test_a_grid_is_an_image_with_grey_for_nothing():
    w = np.random.default_rng(2).standard_normal((12, 3, 5, 5))
    grid = filter_grid(w)
    assert grid.shape == (3, 3 * 6 - 1, 4 * 6 - 1)
    assert 0 <= grid.min() and grid.max() == 1
    tile, largest = grid[:, :5, :5], abs(w).max()
    np.testing.assert_allclose((tile - 0.5) * 2 * largest, w[0])
    assert (filter_grid(0 * w)[:, :5, :5] == 0.5).all()


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 2, 3, 4), (16, 12, 3, 3)])
@pytest.mark.parametrize("shared", [True, False])
def test_a_grid_of_constants_has_no_nan(shape, shared):
    for value in (0.0, 2.5, -1.0):
        grid = filter_grid(np.full(shape, value, np.float32), shared)
        assert np.isfinite(grid).all() and grid.dtype == np.float32


def test_the_last_activation_is_the_score(network, images):
    found = activations(network, images)
    assert [name for name, _ in found] == [
        "0 Conv2D",
        "1 ReLU",
        "2 MaxPool2D",
        "3 Conv2D",
        "4 ReLU",
        "5 Flatten",
        "6 Dense",
    ]
    np.testing.assert_array_equal(found[-1][1], network.forward(images))
    np.testing.assert_array_equal(found[1][1], np.maximum(found[0][1], 0))


def test_saliency_is_a_slope(network, images):
    """A step along the gradient of one pixel changes the score by step * gradient."""
    maps = saliency(network, images, np.array([0, 1, 2, 0, 1]))
    assert maps.shape == (5, 8, 12)
    step, n, label = 1e-6, 2, 2
    row, column = np.unravel_index(maps[n].argmax(), maps[n].shape)
    slopes = []
    for channel in range(3):
        moved = images[n : n + 1].copy()
        moved[0, channel, row, column] += step
        scores = network.forward(moved) - network.forward(images[n : n + 1])
        slopes.append(abs(scores[0, label]) / step)
    assert maps[n].max() == pytest.approx(max(slopes), rel=1e-4)


def test_one_label_for_all_is_the_same_as_many(network, images):
    one, many = (
        saliency(network, images, label) for label in (1, np.ones(5, dtype=int))
    )
    np.testing.assert_array_equal(one, many)


def test_saliency_of_a_linear_network_is_its_weights():
    network = Sequential([Dense(2 * 3 * 4, 2)])
    w = np.random.default_rng(3).standard_normal((24, 2))
    network.parameters["0.w"][...] = w
    got = saliency(network, np.zeros((1, 2, 3, 4)), 1)
    np.testing.assert_allclose(got[0], abs(w[:, 1].reshape(2, 3, 4)).max(axis=0))


def test_occlusion_of_a_linear_network_takes_away_what_is_covered():
    network = Sequential([Dense(35, 2)])
    network.parameters["0.w"][...] = 1
    image = np.arange(35.0).reshape(1, 5, 7)
    got = occlusion_map(network, image, 0, 3, 2)
    for ho, wo in np.ndindex(2, 3):
        gone = image[0, 2 * ho : 2 * ho + 3, 2 * wo : 2 * wo + 3].sum()
        assert got[ho, wo] == pytest.approx(image.sum() - gone)


def test_a_fill_like_the_image_changes_nothing(network):
    image = np.full((3, 8, 12), 0.25)
    got = occlusion_map(network, image, 2, 4, 2, fill=0.25)
    np.testing.assert_allclose(got, network.forward(image[None])[0, 2])


def test_a_square_that_does_not_fit_is_named(network, images):
    with pytest.raises(ValueError, match="8.*3.*2"):
        occlusion_map(network, images[0], 0, 3, 2)


@pytest.mark.parametrize("layer", [0, 1, 2, 3, 4])
def test_a_patch_alone_gives_the_unit_its_value(network, images, layer):
    """What a unit sees decides its value: the rest of the image may be anything."""
    patches, positions = top_patches(network, images, layer, 2, 12)
    best = np.sort(activations(network, images)[layer][1][:, 2], axis=None)[::-1]
    for patch, (n, top, left), value in zip(patches, positions, best, strict=False):
        alone = np.full(images.shape[1:], 9.0)
        _, size, _ = patch.shape
        rows = slice(max(top, 0), max(top + size, 0))
        columns = slice(max(left, 0), max(left + size, 0))
        seen = images[n][:, rows, columns]
        alone[:, rows, columns] = seen
        inside = patch[:, max(-top, 0) :, max(-left, 0) :]
        np.testing.assert_array_equal(inside[:, : seen.shape[1], : seen.shape[2]], seen)
        values = activations(network, alone[None])[layer][1][0, 2]
        assert np.isclose(values, value).any()


def test_more_patches_than_units(network, images):
    patches, positions = top_patches(network, images[:1], 3, 0, 1000)
    assert len(patches) == len(positions) == 4 * 6


def test_dead_filters_stay_dead():
    """A dead filter gets no gradient: the reason to count them."""
    network = small_convnet((1, 6, 6), 5, 3, rng=np.random.default_rng(0))
    network.parameters["0.b"][...] = [0, -100, 0, -100, 0]
    x = np.random.default_rng(1).standard_normal((7, 1, 6, 6))
    assert dead_filters(network, x) == [("0 Conv2D", 1), ("0 Conv2D", 3)]
    network.backward(np.ones_like(network.forward(x)))
    silent = ~network.gradients["0.w"].any(axis=(1, 2, 3))
    assert np.flatnonzero(silent).tolist() == [1, 3]


def test_nothing_is_disturbed(network, images):
    kept, before = images.copy(), {k: v.copy() for k, v in network.parameters.items()}
    view = np.repeat(images, 2, axis=3)[..., ::2]
    assert not view.flags.c_contiguous
    for x in (images, view):
        activations(network, x)
        saliency(network, x, 1)
        occlusion_map(network, x[0], 1, 4, 4)
        top_patches(network, x, 3, 1, 3)
        dead_filters(network, x)
        np.testing.assert_array_equal(x, kept)
    for name, array in network.parameters.items():
        np.testing.assert_array_equal(array, before[name])


def test_float32_stays(network, images):
    x = images.astype(np.float32)
    results = [
        *(array for _, array in activations(network, x)),
        saliency(network, x, 0),
        occlusion_map(network, x[0], 0, 4, 4),
        top_patches(network, x, 0, 0, 2)[0],
    ]
    assert {result.dtype.name for result in results} == {"float32"}
