"""The reference module of lesson 05: its contracts, the documents' numbers, and the corners."""

import inspect
import tracemalloc
import warnings

import numpy as np
import pytest

from course import pooling
from course.pooling import (
    avg_pool_backward,
    avg_pool_forward,
    fractional_max_pool_forward,
    l2_pool_backward,
    l2_pool_forward,
    max_pool_backward,
    max_pool_backward_naive,
    max_pool_forward,
    max_pool_forward_naive,
)

FORWARD = "(x, size=2, stride=2)"
BACKWARD = "(dout, cache)"
SIGNATURES = {
    "max_pool_forward_naive": FORWARD,
    "max_pool_backward_naive": BACKWARD,
    "max_pool_forward": FORWARD,
    "max_pool_backward": BACKWARD,
    "avg_pool_forward": FORWARD,
    "avg_pool_backward": BACKWARD,
    "l2_pool_forward": FORWARD,
    "l2_pool_backward": BACKWARD,
    "fractional_max_pool_forward": "(x, out_height, out_width, rng)",
}
MAX = {
    "naive": (max_pool_forward_naive, max_pool_backward_naive),
    "fast": (max_pool_forward, max_pool_backward),
}
LAYERS = {
    **MAX,
    "average": (avg_pool_forward, avg_pool_backward),
    "L2": (l2_pool_forward, l2_pool_backward),
}
SLICE = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])

every_max = pytest.mark.parametrize(("forward", "backward"), MAX.values(), ids=MAX)
every_layer = pytest.mark.parametrize(
    ("forward", "backward"), LAYERS.values(), ids=LAYERS
)


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    function = getattr(pooling, name)
    assert str(inspect.signature(function)) == SIGNATURES[name]
    assert function.__doc__


@every_max
def test_the_slice_of_the_documents(forward, backward):
    """seeds/002 and seeds/003, "Max Pool"."""
    out, cache = forward(SLICE)
    assert out.tolist() == [[[[6, 8], [3, 4]]]]
    dx = backward(np.array([[[[10.0, 20], [30, 40]]]]), cache)
    want = [[0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]]
    assert dx.tolist() == [[want]]


@every_layer
def test_a_quarter_is_kept_and_the_channels_are(forward, backward):
    """seeds/000, "Pooling Layer": discarding 75 %, the depth remains unchanged."""
    x = np.random.default_rng(0).standard_normal((2, 5, 6, 8))
    out, _ = forward(x)
    assert out.shape == (2, 5, 3, 4)
    assert out.size == x.size / 4
    for channel in range(5):
        alone, _ = forward(x[:, channel : channel + 1])
        np.testing.assert_allclose(alone[:, 0], out[:, channel])


def test_the_volume_of_the_documents():
    """seeds/000: [224x224x64] is pooled into [112x112x64]."""
    x = np.zeros((1, 64, 224, 224), np.float32)
    assert max_pool_forward(x)[0].shape == (1, 64, 112, 112)


@every_layer
def test_overlapping_pooling_of_alexnet(forward, backward):
    """seeds/002: 3x3 windows at stride 2 make 27x27 out of 55x55."""
    x = np.random.default_rng(1).standard_normal((1, 2, 55, 55))
    out, cache = forward(x, 3, 2)
    assert out.shape == (1, 2, 27, 27)
    assert backward(np.ones_like(out), cache).shape == x.shape


@every_max
def test_one_pixel_wins_in_four_windows(forward, backward):
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 2] = 9
    _, cache = forward(x, 3, 2)
    dx = backward(np.array([[[[1.0, 2], [3, 4]]]]), cache)
    assert dx[0, 0, 2, 2] == 10
    assert np.count_nonzero(dx) == 1


@every_max
def test_all_equal_gives_all_to_the_upper_left(forward, backward):
    out, cache = forward(np.full((1, 1, 4, 6), -2.0))
    dx = backward(np.ones_like(out), cache)
    np.testing.assert_array_equal(dx[0, 0, ::2, ::2], 1)
    assert dx.sum() == 6


@every_layer
@pytest.mark.parametrize(
    ("shape", "size", "stride", "numbers"),
    [
        ((1, 1, 7, 8), 2, 2, "7 2"),
        ((1, 1, 8, 7), 2, 2, "7 2"),
        ((1, 1, 6, 4), 5, 1, "4 5"),
        ((1, 1, 3, 6), 4, 2, "3 4"),
        ((1, 1, 4, 4), 2, 0, "stride 0"),
        ((1, 1, 4, 4), 0, 2, "0"),
    ],
)
def test_what_does_not_fit_is_refused(forward, backward, shape, size, stride, numbers):
    with pytest.raises(ValueError) as caught:
        forward(np.ones(shape), size, stride)
    assert all(number in str(caught.value) for number in numbers.split())


@every_layer
def test_nothing_is_changed_and_the_cache_can_be_used_twice(forward, backward):
    rng = np.random.default_rng(2)
    x = rng.integers(-2, 3, (2, 3, 5, 7)).astype(float)
    x.flags.writeable = False
    out, cache = forward(x, 3, 2)
    dout = rng.standard_normal(out.shape)
    dout.flags.writeable = False
    np.testing.assert_array_equal(backward(dout, cache), backward(dout, cache))


@every_max
@pytest.mark.parametrize("place", range(4))
def test_a_nan_is_not_lost(forward, backward, place):
    window = np.arange(4.0)
    window[place] = np.nan
    assert np.isnan(forward(window.reshape(1, 1, 2, 2))[0]).all()


@every_max
def test_infinite_numbers(forward, backward):
    """A window of nothing but -inf has a maximum, and its first pixel gets the gradient."""
    x = np.full((1, 1, 2, 4), -np.inf)
    x[0, 0, 1, 3] = np.inf
    out, cache = forward(x)
    assert out.tolist() == [[[[-np.inf, np.inf]]]]
    dx = backward(np.array([[[[7.0, 3.0]]]]), cache)
    assert dx.tolist() == [[[[7, 0, 0, 0], [0, 0, 0, 3]]]]


@every_max
def test_a_window_of_more_places_than_a_byte_counts(forward, backward):
    x = np.arange(400.0).reshape(1, 1, 20, 20)
    out, cache = forward(x, 20, 1)
    dx = backward(np.ones_like(out), cache)
    assert dx[0, 0, 19, 19] == 1 and dx.sum() == 1


def test_fast_max_copies_no_windows():
    """The columns of 3x3 windows at stride 1 would be nine times as large as x."""
    x = np.random.default_rng(5).random((2, 3, 102, 102))
    dout = np.ones((2, 3, 100, 100))
    tracemalloc.start()
    try:
        _, cache = max_pool_forward(x, 3, 1)
        max_pool_backward(dout, cache)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * x.nbytes


@every_layer
def test_an_empty_batch(forward, backward):
    out, _ = forward(np.ones((0, 3, 4, 6)))
    assert out.shape == (0, 3, 2, 3)


@every_layer
def test_float32_there_and_back(forward, backward):
    out, cache = forward(np.ones((1, 2, 4, 6), np.float32))
    assert out.dtype == backward(out, cache).dtype == np.float32


def test_a_window_of_zeros_has_the_l2_gradient_zero_and_no_warning():
    x = np.zeros((1, 1, 2, 4))
    x[0, 0, :, 2:] = [[3, 4], [0, 0]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out, cache = l2_pool_forward(x)
        dx = l2_pool_backward(np.full((1, 1, 1, 2), 10.0), cache)
    assert out.tolist() == [[[[0, 5]]]]
    np.testing.assert_allclose(dx, [[[[0, 0, 6, 8], [0, 0, 0, 0]]]])


def test_l2_over_size_lies_between_average_and_maximum():
    x = np.random.default_rng(3).random((1, 2, 8, 12))
    average, l2, largest = (
        forward(x, 4, 4)[0]
        for forward in (avg_pool_forward, l2_pool_forward, max_pool_forward)
    )
    assert (average <= l2 / 4).all() and (l2 / 4 <= largest).all()
    np.testing.assert_allclose(average.mean(), x.mean())


def windows_of(out_height, out_width, H, W, seed):
    """First and last rows and columns of the windows, told by images of row numbers."""
    row, column = np.mgrid[:H, :W].astype(float)
    x = np.stack([-row, row, -column, column])[np.newaxis]
    rng = np.random.default_rng(seed)
    out = fractional_max_pool_forward(x, out_height, out_width, rng)[0][0]
    return -out[0, :, 0], out[1, :, 0], -out[2, 0], out[3, 0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("places", "size"), [((5, 8), (7, 11)), ((3, 9), (6, 10)), ((1, 4), (1, 4))]
)
def test_fractional_windows_tile_the_image(places, size, seed):
    tops, bottoms, lefts, rights = windows_of(*places, *size, seed)
    for first, last, length in [(tops, bottoms, size[0]), (lefts, rights, size[1])]:
        assert first[0] == 0 and last[-1] == length - 1
        np.testing.assert_array_equal(last[:-1] + 1, first[1:])
        assert set(last - first + 1) <= {1, 2}


def test_fractional_maxima_negative_and_float32():
    x = -np.random.default_rng(4).random((2, 3, 7, 11)).astype(np.float32)
    tops, bottoms, lefts, rights = (a.astype(int) for a in windows_of(5, 8, 7, 11, 1))
    out, _ = fractional_max_pool_forward(x, 5, 8, np.random.default_rng(1))
    assert out.dtype == np.float32
    for i, j in np.ndindex(5, 8):
        window = x[:, :, tops[i] : bottoms[i] + 1, lefts[j] : rights[j] + 1]
        np.testing.assert_array_equal(out[:, :, i, j], window.max(axis=(2, 3)))


def test_fractional_windows_are_drawn_from_rng_alone():
    draws = [str(windows_of(6, 6, 9, 9, seed)) for seed in range(20)]
    assert draws == [str(windows_of(6, 6, 9, 9, seed)) for seed in range(20)]
    assert len(set(draws)) > 10


@pytest.mark.parametrize(
    ("places", "numbers"),
    [((8, 11), "8 7"), ((7, 12), "12 11"), ((3, 11), "3 7"), ((7, 5), "5 11")],
)
def test_a_factor_beyond_one_to_two_is_refused(places, numbers):
    with pytest.raises(ValueError) as caught:
        fractional_max_pool_forward(
            np.ones((1, 1, 7, 11)), *places, np.random.default_rng(0)
        )
    assert all(number in str(caught.value) for number in numbers.split())
