"""The networks that come trained: small files, plain numbers, and as good as is said."""

from dataclasses import replace

import numpy as np
import pytest

from course.kit import UsageError
from course.kit.checkpoint import differences, load_arrays
from course.kit.data import (
    SHAPE_NAMES,
    WrongInput,
    colour_task,
    photo_crops,
    placed_shape,
)
from course.kit.pretrained import NAMES, pretrained, train


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_small_and_holds_finite_numbers(name):
    path = pretrained(name)
    assert path.stat().st_size < 200_000
    for array in load_arrays(path).values():
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


def test_another_name():
    with pytest.raises(ValueError, match="letters.*shapes"):
        pretrained("letters")


def loaded(name):
    made = {
        "digits": train.digit_reader,
        "shapes": train.ten_layers,
        "photographs": lambda rng: train.ten_layers(rng, len(train.SEEN)),
    }
    found = made[name](np.random.default_rng(0))
    assert differences(load_arrays(pretrained(name)), found.parameters) == []
    found.load(pretrained(name))
    return found


@pytest.fixture(scope="module")
def network():
    return loaded("shapes")


def test_it_names_new_shapes(network):
    test = colour_task("shapes", train=1, validation=1, test=400).test
    found = network.predict(test.x - train.GREY)
    assert np.mean(found == test.y) > 0.94


def test_the_other_one_names_new_shapes_and_crops():
    """As well as train.py says; a crop's pixels were in no image that it learned from."""
    twin = loaded("photographs")
    shapes = colour_task("shapes", train=1, validation=1, test=400).test
    crops = photo_crops("test", 400)
    for x, y, least in (
        (shapes.x, shapes.y, 0.9),
        (crops.x, crops.y + len(SHAPE_NAMES), 0.8),
    ):
        assert np.mean(twin.predict(x - train.GREY) == y) > least


def test_its_first_filters_are_colours_and_edges(network):
    """Which those of the network that saw only shapes are not: they have no colour."""
    shares = []
    for each in (network, loaded("photographs")):
        w = each.parameters["0.w"]
        grey = w.mean(axis=1, keepdims=True)
        shares.append(((w - grey) ** 2).sum() / (w**2).sum())
        beside = np.corrcoef(w[..., :-1].ravel(), w[..., 1:].ravel())[0, 1]
        assert beside > 0.7
    assert shares[0] < 0.05 and shares[1] > 0.25


def test_both_began_with_the_same_weights():
    """So that what differs comes from the images."""
    one, two = (
        train.ten_layers(np.random.default_rng(train.SEED), classes).parameters
        for classes in (10, len(train.SEEN))
    )
    same = [name for name in one if one[name].shape == two[name].shape]
    assert same == [name for name in one if not name.startswith("9.")]
    assert all((one[name] == two[name]).all() for name in same)


@pytest.mark.parametrize("made", [train.digit_reader, train.ten_layers])
def test_the_number_of_parameters_that_is_said(made):
    network = made(np.random.default_rng(0))
    count = sum(array.size for array in network.parameters.values())
    assert f"{count:,} random parameters" in made.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_training_writes_what_can_be_loaded(name, tmp_path, monkeypatch, capsys):
    recipe = train.RECIPES[name]
    short = lambda *given: replace(recipe(*given), epochs=(1, 1))
    monkeypatch.setitem(train.RECIPES, name, short)
    train.main(name, tmp_path / "new.npz", share=0.02)
    found, shipped = load_arrays(tmp_path / "new.npz"), load_arrays(pretrained(name))
    assert differences(found, shipped) == []
    assert all(found[each].dtype == np.float32 for each in found)
    assert "right" in capsys.readouterr().out


def test_training_of_an_unknown_network():
    with pytest.raises(UsageError, match="letters.*shapes"):
        train.main("letters")


@pytest.mark.parametrize("name", SHAPE_NAMES)
def test_a_placed_shape_is_where_its_mask_says(name, network):
    image, mask = placed_shape(name, row=14, column=17, half_size=10, seed=1)
    assert image.shape == (3, 32, 32) and mask.shape == (32, 32)
    assert image.dtype == mask.dtype == np.float32
    assert 0 <= image.min() and image.max() <= 1
    assert set(np.unique(mask)) >= {0, 1}
    rows, columns = np.nonzero(mask > 0.5)
    assert abs((rows.min() + rows.max()) / 2 - 14) <= 3.5
    assert abs((columns.min() + columns.max()) / 2 - 17) <= 3.5
    inside, outside = image[:, mask == 1].mean(axis=1), image[:, mask == 0].mean(axis=1)
    assert np.abs(inside - outside).max() > 0.1
    assert network.predict(image[None] - np.float32(0.5))[0] == SHAPE_NAMES.index(name)


def test_a_seed_gives_the_same_shape():
    first, second, third = (
        placed_shape("ring", 15, 16, 9, seed)[0] for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != third).any()


@pytest.mark.parametrize(("name", "size"), [("cube", 9), ("ring", 0), ("ring", -1)])
def test_shapes_that_cannot_be_drawn(name, size):
    with pytest.raises(WrongInput, match=name if name == "cube" else "half_size"):
        placed_shape(name, 15, 16, size)
