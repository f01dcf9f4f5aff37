"""The colour tasks: what they promise about images, splits, classes and time."""

import time

import numpy as np
import pytest

from course.kit.data import (
    SPLITS,
    TASKS,
    WrongInput,
    colour_shapes,
    colour_task,
    gratings,
    handwriting,
    photographs,
    shapes,
    split_digits,
)
from course.kit.data.textures import TEXTURES


@pytest.mark.parametrize("name", TASKS)
def test_images_are_small_floats_in_colour(name):
    data = colour_task(name, train=60, validation=30, test=30)
    for split, count in zip(SPLITS, (60, 30, 30)):
        x, y = getattr(data, split)
        assert x.shape == (count, 3, 32, 32)
        assert x.dtype == np.float32
        assert 0 <= x.min() < 0.2 and 0.8 < x.max() <= 1
        assert np.bincount(y).tolist() == [count // len(data.classes)] * len(
            data.classes
        )
        assert not np.allclose(x[:, 0], x[:, 1])  # colours, not shades of grey


@pytest.mark.parametrize("name", TASKS)
def test_the_same_arguments_draw_the_same_images(name):
    first, again = TASKS[name].draw("train", 40, 7), TASKS[name].draw("train", 40, 7)
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)
    other = TASKS[name].draw("train", 40, 8)
    assert not np.array_equal(first.x, other.x)


@pytest.mark.parametrize("name", TASKS)
def test_no_image_is_in_two_splits(name):
    data = colour_task(name, train=200, validation=100, test=100)
    shown = [image.tobytes() for split in SPLITS for image in getattr(data, split).x]
    assert len(set(shown)) == 400


@pytest.mark.parametrize("name", TASKS)
def test_splits_draw_from_different_streams(name):
    train, validation, test = (TASKS[name].draw(split, 60, 0).y for split in SPLITS)
    assert (train != validation).mean() > 0.5
    assert (train != test).mean() > 0.5
    assert (validation != test).mean() > 0.5


def test_splits_cut_from_different_places(monkeypatch):
    """Each pixel is marked with its column: no strip of 64 columns is seen by two splits.

    A pixel of the photograph shrunk by two stands for two columns of one strip.
    """
    H, W = 427, 640
    marked = np.zeros((3, H, W), dtype=np.float32)
    marked[0] = np.arange(W)
    shrunk = {1: marked, 2: marked[:, : H // 2 * 2 : 2, ::2]}
    monkeypatch.setattr(photographs, "_photograph", lambda name, shrink: shrunk[shrink])
    strips = []
    for split in SPLITS:
        windows = photographs.backgrounds(split, 600, np.random.default_rng(0))
        strips.append(set(np.unique(windows[:, 0]).astype(int) // 64))
    assert [len(part) for part in strips] == [6, 2, 2]
    assert set.union(*strips) == set(range(10))


def test_windows_are_pieces_of_the_photographs():
    windows = photographs.backgrounds("test", 40, np.random.default_rng(1))
    views = [
        photographs._photograph(name, shrink)
        for name in photographs.IN_SCIKIT_LEARN
        for shrink in (1, 2)
    ]
    corners = {
        image[:, row, column].tobytes()
        for image in views
        for row in range(image.shape[1])
        for column in range(image.shape[2])
    }
    for window in windows:
        assert window[:, 5, 9].tobytes() in corners


def test_shapes_are_lighter_or_darker_than_what_is_behind_them():
    behind = np.random.default_rng(0).random((2000, 3))
    colours = photographs.contrasting_colours(behind, np.random.default_rng(1))
    steps = (colours - behind) @ photographs.LUMINANCE
    assert (np.abs(steps) > 0.1).mean() > 0.99
    assert 0.4 < (steps > 0).mean() < 0.6
    assert colours.min() >= 0 and colours.max() <= 1


def grid():
    v, u = np.mgrid[-1.3:1.3:261j, -1.3:1.3:261j]
    return u, v


@pytest.mark.parametrize(
    "shape", shapes.SHAPES + shapes.OTHER_SHAPES, ids=lambda shape: shape.__name__
)
def test_an_outline_is_a_distance(shape):
    """Inside and outside exist, and the distance never changes faster than the place."""
    u, v = grid()
    distance = shape(u, v)
    inside = (distance < 0).mean()
    assert 0.1 < inside < 0.6
    assert (distance[[0, -1]] > 0).all() and (distance[:, [0, -1]] > 0).all()
    step = u[0, 1] - u[0, 0]
    assert np.abs(np.diff(distance, axis=0)).max() <= step * 1.0001
    assert np.abs(np.diff(distance, axis=1)).max() <= step * 1.0001


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (shapes.disc, np.pi * 0.95**2),
        (shapes.ring, np.pi * (1.0**2 - 0.56**2)),
        (shapes.square, 1.7**2),
        (shapes.frame, 1.84**2 - 1.04**2),
        (shapes.triangle, 3 * np.sqrt(3) / 4 * 1.2**2),
        (shapes.cross, 2 * 2 * 0.6 - 0.6**2),
        (shapes.star, 5 * 1.15 * 0.45 * np.sin(np.pi / 5)),
        (shapes.stripes, 3 * 1.75 * 0.25 + 0),
        (shapes.corner, 1.8 * 0.6 + 1.2 * 0.6),
    ],
)
def test_shapes_have_their_area(shape, area):
    u, v = grid()
    cell = (u[0, 1] - u[0, 0]) ** 2
    assert (shape(u, v) < 0).sum() * cell == pytest.approx(area, rel=0.03)


def test_soft_edges():
    u = np.array([[0.0, 0.95, 0.99, 1.2]])
    cover = shapes.covered(shapes.disc, u, np.zeros_like(u), np.full((1, 1), 10.0))
    np.testing.assert_allclose(cover, [[1, 0.5, 0.1, 0]], atol=1e-12)


def test_written_digits_stay_in_their_split(monkeypatch):
    """Every split of the digits is marked with a brightness; only its own is painted."""
    seen = {}
    monkeypatch.setattr(
        handwriting,
        "paint",
        lambda images, cover, colours: seen.update(cover=cover),
    )
    data = split_digits()
    for split in SPLITS:
        handwriting.colour_digits(split, 30)
        own = handwriting.enlarged(getattr(data, split).x[:, 0], 24)
        own = {image.tobytes() for image in own}
        for cover in seen["cover"]:
            rows, columns = cover.any(axis=1), cover.any(axis=0)
            top, left = int(rows.argmax()), int(columns.argmax())
            assert any(
                cover[a : a + 24, b : b + 24].tobytes() in own
                for a in range(max(0, top - 8), min(8, top) + 1)
                for b in range(max(0, left - 12), min(8, left) + 1)
            )


def test_enlarging_keeps_constants_and_ends():
    image = np.array([[[0.0, 1.0], [0.0, 1.0]]])
    large = handwriting.enlarged(image, 4)
    np.testing.assert_allclose(large[0], [[0, 0.25, 0.75, 1]] * 4)


@pytest.mark.parametrize("pattern", TEXTURES, ids=lambda f: f.__name__)
def test_textures_are_patterns_from_0_to_1(pattern):
    values = pattern(20, np.random.default_rng(0))
    assert values.shape == (20, 32, 32)
    assert 0 <= values.min() and values.max() <= 1
    assert (values.std(axis=(1, 2)) > 0.05).all()


def test_lines_of_a_grating_run_in_the_direction_of_its_class():
    x, y = gratings("train", 60)
    down = np.abs(np.diff(x, axis=2)).mean(axis=(1, 2, 3))
    right = np.abs(np.diff(x, axis=3)).mean(axis=(1, 2, 3))
    assert np.mean(right[y == 0] / down[y == 0]) > 1.5  # upright lines
    assert np.mean(down[y == 3] / right[y == 3]) > 1.5  # lying lines


def test_the_class_of_a_hue_is_the_colour_that_is_painted(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        shapes, "paint", lambda images, cover, colours: seen.update(colours=colours)
    )
    _, y = shapes.shape_hues("train", 120)
    for label, strongest in ((0, 0), (2, 1), (4, 2)):  # red, green, blue
        assert (seen["colours"][y == label].argmax(axis=1) == strongest).all()
    for label, weakest in ((3, 0), (5, 1), (1, 2)):  # cyan, magenta, yellow
        assert (seen["colours"][y == label].argmin(axis=1) == weakest).all()


def test_three_thousand_images_are_drawn_quickly():
    colour_shapes("train", 10)
    start = time.process_time()
    colour_shapes("train", 3000)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: colour_shapes("training"), ["training", "validation"]),
        (lambda: colour_shapes("train", 0), ["0", "1"]),
        (lambda: colour_shapes("train", 2.5), ["2.5"]),
        (lambda: colour_task("faces"), ["faces", "other shapes"]),
    ],
)
def test_wrong_names_and_numbers_are_named(call, words):
    with pytest.raises(WrongInput) as caught:
        call()
    assert all(word in str(caught.value) for word in words)
