"""The networks that come trained: small files, plain numbers, and as good as is said."""

import numpy as np
import pytest

from course.kit.checkpoint import differences, load_arrays
from course.kit.data import SHAPE_NAMES, WrongInput, colour_task, placed_shape
from course.kit.pretrained import NAMES, pretrained, train_shapes


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


@pytest.fixture(scope="module")
def network():
    found = train_shapes.network(np.random.default_rng(0))
    assert differences(load_arrays(pretrained("shapes")), found.parameters) == []
    found.load(pretrained("shapes"))
    return found


def test_it_names_new_shapes(network):
    test = colour_task("shapes", train=1, validation=1, test=400).test
    found = network.predict(test.x - np.float32(0.5))
    assert np.mean(found == test.y) > 0.94


def test_the_number_of_parameters_that_is_said(network):
    count = sum(array.size for array in network.parameters.values())
    assert f"{count:,} parameters" in train_shapes.network.__doc__


def test_training_writes_what_can_be_loaded(tmp_path, monkeypatch, capsys):
    for name, value in {"TRAIN": 40, "VALIDATION": 10, "TEST": 10}.items():
        monkeypatch.setattr(train_shapes, name, value)
    monkeypatch.setattr(train_shapes, "EPOCHS", (1, 1))
    train_shapes.main(tmp_path / "new.npz")
    found = load_arrays(tmp_path / "new.npz")
    again = train_shapes.network(np.random.default_rng(0)).parameters
    assert differences(found, again) == []
    assert "right" in capsys.readouterr().out


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
