"""No image is in two splits: by its number, and by what it shows."""

import numpy as np
import pytest

from course.kit.data import SPLITS, WrongInput, digits, split_digits
from course.kit.data.handwriting import digit_rows
from course.kit.data.splits import three_parts

FIRST_TEST_LABELS = [3, 9, 9, 4, 1, 0, 1, 9, 9, 3, 7, 7]


def pictures(images):
    """What the images show, as a set."""
    return {image.tobytes() for image in images}


def test_every_digit_is_in_one_split():
    _, labels = digits()
    rows = np.concatenate(digit_rows(labels))
    np.testing.assert_array_equal(np.sort(rows), np.arange(1797))


def test_no_two_splits_of_the_digits_show_the_same_image():
    data = split_digits()
    parts = [pictures(getattr(data, split).x) for split in SPLITS]
    assert [len(part) for part in parts] == [1205, 296, 296]
    assert len(set.union(*parts)) == 1797


def test_digits_keep_their_labels():
    images, labels = digits()
    label_of = {
        image.tobytes(): label for image, label in zip(images.astype("f4"), labels)
    }
    data = split_digits()
    for split in SPLITS:
        x, y = getattr(data, split)
        assert [label_of[image.tobytes()] for image in x] == list(y)


def test_every_digit_has_its_share_of_every_split():
    data = split_digits()
    for split in SPLITS:
        counts = np.bincount(getattr(data, split).y, minlength=10)
        assert counts.max() - counts.min() <= 7
        assert counts.min() >= 29


def test_the_split_never_changes():
    data = split_digits(dtype=np.float64)
    assert data.train.x.dtype == np.float64
    assert data.test.y[:12].tolist() == FIRST_TEST_LABELS
    np.testing.assert_array_equal(data.test.x, split_digits(np.float64).test.x)


def ten_times(count, start):
    """`count` images of one pixel, all different, with label = image % 10."""
    values = np.arange(start, start + count, dtype=np.uint8)
    return values.reshape(count, 1, 1, 1), values % 10


@pytest.mark.parametrize("counts", [(90, 10, 20), (5, 3, 2), (0, 0, 0)])
def test_parts_of_downloaded_data_share_no_image(counts):
    data = three_parts("tiny", ten_times(100, 0), ten_times(20, 100), counts, ("a",))
    values = [
        np.round(getattr(data, split).x.ravel() * 255).astype(int) for split in SPLITS
    ]
    assert tuple(map(len, values)) == counts
    together = np.concatenate(values)
    assert len(np.unique(together)) == len(together)
    assert (values[2] >= 100).all() and (np.concatenate(values[:2]) < 100).all()
    for split, shown in zip(SPLITS, values):
        np.testing.assert_array_equal(getattr(data, split).y, shown % 10)


def test_a_larger_training_set_takes_nothing_from_validation():
    def validation(train):
        training, testing = ten_times(100, 0), ten_times(20, 100)
        return three_parts("tiny", training, testing, (train, 10, 1), ("a",)).validation

    np.testing.assert_array_equal(validation(5).x, validation(90).x)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((91, 1, 1), ["train=91", "90"]),
        ((1, 11, 1), ["validation=11", "10"]),
        ((1, 1, -1), ["test=-1", "20"]),
    ],
)
def test_more_images_than_there_are(counts, words):
    with pytest.raises(WrongInput) as caught:
        three_parts("tiny", ten_times(100, 0), ten_times(20, 100), counts, ("a",))
    assert all(word in str(caught.value) for word in words)
