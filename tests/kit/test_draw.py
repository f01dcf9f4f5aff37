"""The canvas of hour one: what it reads, with whose layers, and what it says about that."""

import itertools

import numpy as np
import pytest
from polylines import placed

from course.convolution import conv_forward_naive
from course.im2col import conv_forward
from course.kit.data import split_digits
from course.kit.data.handwriting import drawn_digits, picture_of
from course.kit.draw import Shipped, draw_digit
from course.kit.pretrained import pretrained, train
from course.network import small_convnet
from course.pooling import max_pool_forward, max_pool_forward_naive

PLACES = [(0.3, 0.2, -0.3), (0.6, -0.1, 0.1), (1.0, 0.0, 0.0)]  # scale, x, y


@pytest.fixture(scope="module")
def shipped():
    return Shipped()


def _read(shipped, strokes, width):
    return int(shipped.forward(picture_of(strokes, width)[None, None]).argmax())


def test_it_reads_what_is_drawn(shipped):
    """Ten digits that it was not trained on, small, moved, slanted, narrow, thin, thick."""
    found = [
        _read(shipped, placed(digit, *place, slant, stretch), width) == digit
        for digit in range(10)
        for place, slant, stretch, width in itertools.product(
            PLACES, (-0.15, 0, 0.15, 0.3), (0.7, 0.85, 1, 1.2), (3.2, 4.6, 5.6)
        )
    ]
    assert len(found) == 1440
    assert np.mean(found) >= 0.95


@pytest.mark.parametrize("digit", range(10))
def test_it_reads_each_digit_as_it_stands(shipped, digit):
    assert _read(shipped, placed(digit), 4.6) == digit


@pytest.mark.parametrize("part", ["validation", "test"])
def test_it_reads_what_was_written_on_paper(shipped, part):
    x, y = getattr(split_digits(), part)
    assert np.mean(shipped.forward(x).argmax(axis=1) == y) >= 0.98


def test_it_reads_what_it_was_trained_for(shipped):
    x, y = drawn_digits(300, np.random.default_rng(5))
    assert np.mean(shipped.forward(x).argmax(axis=1) == y) >= 0.97


def test_the_shipped_network_is_the_trained_one(shipped):
    trained = train.digit_reader(np.random.default_rng(0))
    trained.load(pretrained("digits"))
    assert sum(each.size for each in trained.parameters.values()) == 6090
    x = split_digits().test.x[:20]
    np.testing.assert_allclose(shipped.forward(x), trained.forward(x), atol=1e-3)


def test_the_picture_does_not_depend_on_place_and_size():
    one = picture_of(placed(5))
    assert np.abs(one - picture_of(placed(5, 0.4, 0.3, -0.2))).max() <= 1 / 16
    assert one.shape == (8, 8) and 0 <= one.min() and one.max() == 1
    assert one[0].max() > 0 and one[-1].max() > 0


@pytest.mark.parametrize("strokes", [[], [[]]])
def test_nothing_drawn_is_white(strokes):
    assert not picture_of(strokes).any()


def test_a_dot_is_a_dot():
    assert 0 < (picture_of([[[0.5, 0.5]]]) > 0).sum() <= 4


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ({"conv_forward": conv_forward_naive}, "conv_forward_naive"),
        ({"conv_forward": conv_forward}, "conv_forward"),
        ({"max_pool_forward": max_pool_forward_naive}, "max_pool_forward_naive"),
        ({"max_pool_forward": max_pool_forward}, "max_pool_forward"),
    ],
)
def test_a_layer_of_your_own_gives_the_same(own, name):
    mine, course = draw_digit(**own), draw_digit()
    assert mine.shares == course.shares and mine.reading.digit == 3
    assert f"ms with your {name}, in " in mine.text and mine.warning == ""
    assert course.text.startswith("I read a 3, in ")


def test_a_wrong_layer_reads_and_is_told():
    def flipped(x, w, b, stride=1, padding=0):
        return conv_forward_naive(x, w[:, :, ::-1], b, stride, padding)

    canvas = draw_digit(conv_forward=flipped)
    assert "check(flipped) says why" in canvas.warning
    assert canvas.shares != draw_digit().shares


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotImplementedError("yours"), "broken is not written yet"),
        (ZeroDivisionError("no"), "broken raised ZeroDivisionError: no"),
    ],
)
def test_a_layer_that_raises_is_told(error, words):
    def broken(x, w, b, stride=1, padding=0):
        raise error

    canvas = draw_digit(conv_forward=broken)
    assert words in canvas.warning
    assert canvas.shares == draw_digit().shares


def test_a_layer_of_the_wrong_shape_is_told():
    canvas = draw_digit(conv_forward=lambda x, w, b, stride, padding: (x, None))
    assert "raised ValueError" in canvas.warning


def test_a_network_of_your_own():
    network = small_convnet((1, 8, 8), 4, 10, rng=np.random.default_rng(0))
    canvas = draw_digit(network)
    assert "with your own network" in canvas.text
    want = network.predict(picture_of(canvas.strokes)[None, None])
    assert canvas.reading.digit == want


def test_not_both():
    with pytest.raises(ValueError, match="not both"):
        draw_digit(object(), conv_forward=conv_forward)


def test_new_strokes_are_read():
    canvas = draw_digit()
    canvas.strokes = placed(7)
    assert canvas.reading.digit == 7 and canvas.text.startswith("I read a 7")
    assert np.array(canvas.pixels).shape == (8, 8)
    canvas.strokes = []
    assert (canvas.shares, canvas.text) == ([], "Draw a digit.")
    assert "<p>Draw a digit.</p>" in canvas.twin["text/html"]
