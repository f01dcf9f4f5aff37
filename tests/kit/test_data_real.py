"""Real images: 28x28 digits and crops of photographs, in parts that share nothing."""

import numpy as np
import pytest

from course.kit.data import (
    PHOTOGRAPHS,
    TURNS,
    photo_crops,
    scanned_digits,
    turned_crops,
)
from course.kit.data.photographs import TILE, _tiles
from course.kit.data.splits import SPLITS, WrongInput


def parts(dataset):
    return [getattr(dataset, split) for split in SPLITS]


def test_scanned_digits_are_4000_500_500_with_as_many_of_each():
    digits = scanned_digits()
    assert [part.x.shape for part in parts(digits)] == [
        (count, 1, 28, 28) for count in (4000, 500, 500)
    ]
    assert digits.train.x.dtype == np.float32 and digits.train.y.dtype == np.int64
    for part in parts(digits):
        assert len(set(np.bincount(part.y))) == 1
        assert part.x.min() == 0 and part.x.max() == 1


def test_no_digit_is_in_two_parts():
    kept = [{image.tobytes() for image in part.x} for part in parts(scanned_digits())]
    assert not kept[0] & kept[1] and not kept[0] & kept[2] and not kept[1] & kept[2]


def test_the_digits_are_the_same_every_time():
    one, other = scanned_digits(), scanned_digits()
    np.testing.assert_array_equal(one.test.y, other.test.y)
    np.testing.assert_array_equal(one.train.x[:9], other.train.x[:9])


@pytest.mark.parametrize("label", range(len(PHOTOGRAPHS)))
def test_a_tile_of_a_photograph_is_in_one_part_only(label):
    tiles = [_tiles(label, split) for split in SPLITS]
    assert all(each.shape[1:] == (3, TILE, TILE) and len(each) >= 5 for each in tiles)
    seen = [{tile.tobytes() for tile in each} for each in tiles]
    assert sum(map(len, seen)) == len(set.union(*seen))


def test_a_crop_is_a_piece_of_a_tile_of_its_photograph():
    crops = photo_crops("test", 22, size=20)
    assert crops.x.shape == (22, 3, 20, 20) and crops.x.dtype == np.float32
    assert set(np.bincount(crops.y)) == {2}
    for crop, label in zip(crops.x, crops.y):
        windows = np.lib.stride_tricks.sliding_window_view(
            _tiles(label, "test"), crop.shape, axis=(1, 2, 3)
        )
        corner = (windows[..., 0, 0, 0] == crop[0, 0, 0]).squeeze(1)
        assert any(np.array_equal(window, crop) for window in windows[:, 0][corner])


def test_a_turned_crop_is_the_crop_turned_as_often_as_the_label_says():
    crops, turned = photo_crops("train", 12), turned_crops("train", 12)
    assert len(TURNS) == 4 and set(np.bincount(turned.y)) == {3}
    for crop, image, turn in zip(crops.x, turned.x, turned.y):
        np.testing.assert_array_equal(np.rot90(image, -turn, (1, 2)), crop)


def test_another_split_is_refused():
    with pytest.raises(WrongInput, match="train, validation, test"):
        photo_crops("exam")
