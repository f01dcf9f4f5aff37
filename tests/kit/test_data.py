"""Photographs and digits as float arrays in the course's layout."""

import numpy as np
import pytest

from course.kit.data import (
    PHOTOGRAPHS,
    digits,
    photograph,
    random_patches,
    shrink_blocks,
    to_grey,
)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_is_channels_first_from_black_to_white(name):
    image = photograph(name)
    assert image.ndim == 3 and len(image) in (1, 3) and min(image.shape[1:]) >= 300
    assert image.dtype == np.float64
    assert 0 <= image.min() < 0.3
    assert 0.8 < image.max() <= 1


def test_red_comes_first():
    flower = photograph("flower")  # an orange dahlia
    red, green, blue = flower[:, 230, 310]
    assert red > green > blue


def test_grey_and_small():
    temple = photograph("china", grey=True, shrink=4)
    assert temple.shape == (1, 106, 160)
    assert 0 <= temple.min() < temple.max() <= 1
    whole = photograph("china")
    grey = (
        0.299 * whole[0, :4, :4] + 0.587 * whole[1, :4, :4] + 0.114 * whole[2, :4, :4]
    )
    np.testing.assert_allclose(temple[0, 0, 0], grey.mean())


def test_white_stays_white_in_grey():
    np.testing.assert_allclose(to_grey(np.ones((3, 2, 4))), np.ones((1, 2, 4)))


def test_shrinking_averages_blocks_and_leaves_out_the_rest():
    image = np.arange(2 * 5 * 7, dtype=np.float32).reshape(2, 5, 7)
    small = shrink_blocks(image, 2)
    assert small.shape == (2, 2, 3)
    assert small.dtype == np.float32
    assert small[1, 1, 2] == image[1, 2:4, 4:6].mean()


def test_digits():
    images, labels = digits()
    assert images.shape == (1797, 1, 8, 8)
    assert labels.shape == (1797,)
    assert (images.min(), images.max()) == (0, 1)
    assert set(labels) == set(range(10))


def test_patches_come_from_the_image_and_from_everywhere():
    image = np.arange(2 * 6 * 9, dtype=np.float32).reshape(2, 6, 9)
    patches = random_patches(image, 4, 300, np.random.default_rng(0))
    assert patches.shape == (300, 2, 4, 4)
    assert patches.dtype == np.float32
    corners = {divmod(int(corner), 9) for corner in patches[:, 0, 0, 0]}
    assert corners == {(row, column) for row in range(3) for column in range(6)}
    for patch in patches[:20]:
        row, column = divmod(int(patch[0, 0, 0]), 9)
        np.testing.assert_array_equal(
            patch, image[:, row : row + 4, column : column + 4]
        )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: photograph("lena"), ["lena", "china", "flower"]),
        (lambda: photograph("china", shrink=428), ["427", "428"]),
        (lambda: photograph("china", shrink=0), ["0"]),
        (lambda: photograph("china", shrink=2.5), ["2.5"]),
        (lambda: to_grey(np.ones((1, 4, 4))), ["(1, 4, 4)"]),
        (
            lambda: random_patches(np.ones((1, 4, 6)), 5, 1, np.random.default_rng(0)),
            ["5"],
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, words):
    with pytest.raises(ValueError) as caught:
        call()
    assert all(word in str(caught.value) for word in words)
