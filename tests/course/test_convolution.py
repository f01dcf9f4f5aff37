"""The reference module of lesson 02: its contracts, the notes' numbers, and properties."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate
from small_layers import conv_layers

from course import convolution
from course.convolution import (
    activation_map,
    conv1x1_forward,
    conv_forward_naive,
    hand_made_filters,
    locally_connected_forward,
    neuron,
    zero_pad,
)

SIGNATURES = {
    "zero_pad": "(x, padding)",
    "neuron": "(patch, weights, bias)",
    "activation_map": "(x, weights, bias, stride=1, padding=0)",
    "conv_forward_naive": "(x, w, b, stride=1, padding=0)",
    "hand_made_filters": "()",
    "conv1x1_forward": "(x, w, b)",
    "locally_connected_forward": "(x, w, b, stride=1, padding=0)",
}


def by_scipy(x, w, b, stride, padding):
    """The layer as SciPy's correlation of all channels at once, thinned by the stride."""
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    out = [
        [correlate(image, f, "valid", "direct")[0] + bias for f, bias in zip(w, b)]
        for image in wide
    ]
    return np.array(out)[:, :, ::stride, ::stride]


@pytest.mark.parametrize("name", SIGNATURES)
def test_contract(name):
    function = getattr(convolution, name)
    assert str(inspect.signature(function)) == SIGNATURES[name]
    assert function.__doc__


@settings(max_examples=60, deadline=None)
@given(conv_layers())
def test_the_layer_is_scipys_correlation(layer):
    out, cache = conv_forward_naive(*layer)
    np.testing.assert_allclose(out, by_scipy(*layer), atol=1e-12)
    assert all(entry is given for entry, given in zip(cache, layer, strict=True))


@settings(max_examples=25, deadline=None)
@given(conv_layers(), st.floats(-3, 3), st.integers(0, 99))
def test_the_layer_is_linear_in_x_and_in_w(layer, factor, seed):
    x, w, b, stride, padding = layer
    rng = np.random.default_rng(seed)
    x2, w2 = rng.standard_normal(x.shape), rng.standard_normal(w.shape)
    zero = np.zeros_like(b)

    def layer_of(x, w, b=zero):
        return conv_forward_naive(x, w, b, stride, padding)[0]

    np.testing.assert_allclose(
        layer_of(x + factor * x2, w),
        layer_of(x, w) + factor * layer_of(x2, w),
        atol=1e-10,
    )
    np.testing.assert_allclose(
        layer_of(x, w + factor * w2),
        layer_of(x, w) + factor * layer_of(x, w2),
        atol=1e-10,
    )
    np.testing.assert_allclose(
        layer_of(x, w, b), layer_of(x, w) + b[:, None, None], atol=1e-12
    )


@settings(max_examples=25, deadline=None)
@given(conv_layers(), st.integers(0, 3), st.integers(0, 3))
def test_when_the_image_moves_by_strides_the_map_moves_along(layer, down, right):
    x, w, b, stride, _ = layer
    wide = np.pad(x, [(0, 0), (0, 0), (down * stride, 0), (right * stride, 0)])
    FH, FW = w.shape[2:]
    H, W = (x.shape[2] - FH) // stride, (x.shape[3] - FW) // stride
    if min(H, W) < 0:
        return
    x = x[:, :, : H * stride + FH, : W * stride + FW]
    wide = wide[:, :, : (H + down) * stride + FH, : (W + right) * stride + FW]
    moved = conv_forward_naive(wide, w, b, stride)[0]
    np.testing.assert_array_equal(
        moved[:, :, down:, right:], conv_forward_naive(x, w, b, stride)[0]
    )


@settings(max_examples=25, deadline=None)
@given(conv_layers())
def test_one_image_and_one_filter_of_the_layer_are_one_map(layer):
    x, w, b, stride, padding = layer
    out, _ = conv_forward_naive(*layer)
    n, k = len(x) - 1, len(w) - 1
    np.testing.assert_array_equal(
        out[n, k], activation_map(x[n], w[k], b[k], stride, padding)
    )


@settings(max_examples=25, deadline=None)
@given(conv_layers())
def test_tied_weights_make_the_locally_connected_layer_a_convolution(layer):
    x, w, b, stride, padding = layer
    shared, _ = conv_forward_naive(*layer)
    HO, WO = shared.shape[2:]
    tied = np.broadcast_to(w, (HO, WO, *w.shape)), np.broadcast_to(b, (HO, WO, len(b)))
    out, _ = locally_connected_forward(x, *tied, stride, padding)
    np.testing.assert_array_equal(out, shared)


@settings(max_examples=25, deadline=None)
@given(conv_layers(), st.integers(0, 99))
def test_each_place_of_the_locally_connected_layer_is_a_convolution(layer, seed):
    x, w, b, stride, padding = layer
    HO, WO = conv_forward_naive(*layer)[0].shape[2:]
    rng = np.random.default_rng(seed)
    own_w = rng.standard_normal((HO, WO, *w.shape))
    own_b = rng.standard_normal((HO, WO, len(b)))
    out, _ = locally_connected_forward(x, own_w, own_b, stride, padding)
    for ho, wo in np.ndindex(HO, WO):
        one, _ = conv_forward_naive(x, own_w[ho, wo], own_b[ho, wo], stride, padding)
        np.testing.assert_array_equal(out[:, :, ho, wo], one[:, :, ho, wo])


@settings(max_examples=25, deadline=None)
@given(conv_layers(largest=1, places=4, channels=4, stride=1))
def test_a_1x1_layer_is_the_naive_layer(layer):
    x, w, b, *_ = layer
    out, _ = conv1x1_forward(x, w, b)
    np.testing.assert_allclose(out, conv_forward_naive(x, w, b)[0], atol=1e-12)


def all_layers(x, w, b):
    """out of every layer of the lesson for these arrays."""
    HO, WO = conv_forward_naive(x, w, b)[0].shape[2:]
    own = np.broadcast_to(w, (HO, WO, *w.shape)), np.broadcast_to(b, (HO, WO, len(b)))
    return {
        "conv": conv_forward_naive(x, w, b)[0],
        "local": locally_connected_forward(x, *own)[0],
        "map": activation_map(x[0], w[0], b[0]),
        "map, plain bias": activation_map(x[0], w[0], 0.5),
        "1x1": conv1x1_forward(x, np.ascontiguousarray(w[:, :, :1, :1]), b)[0],
        "pad": zero_pad(x, 1),
    }


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bias_dtype", [np.float64, None])
def test_floats_keep_their_dtype(dtype, bias_dtype):
    x, w = np.ones((2, 3, 4, 5), dtype), np.ones((2, 3, 3, 2), dtype)
    for name, out in all_layers(x, w, np.ones(2, bias_dtype or dtype)).items():
        assert out.dtype == dtype, name


def test_whole_numbers_are_not_cut():
    x, w = np.arange(18).reshape(1, 2, 3, 3), np.full((1, 2, 1, 1), 0.5)
    for name, out in all_layers(x, w, np.array([0.25])).items():
        if name != "pad":
            assert out.flat[0] == (0 + 9) / 2 + (0.5 if "plain" in name else 0.25), name


def test_nothing_that_goes_in_is_changed_and_gaps_are_not_read():
    x = np.full((2, 3, 4, 10), np.nan)[..., ::2]
    x[...] = np.arange(120).reshape(x.shape)
    w, b = np.ones((2, 3, 3, 2)), np.ones(2)
    for array in (x, w, b):
        array.flags.writeable = False
    straight = all_layers(x.copy(), w, b)
    for name, out in all_layers(x, w, b).items():
        np.testing.assert_array_equal(out, straight[name], err_msg=name)


def test_an_empty_batch_gives_an_empty_output():
    x, w, b = np.ones((0, 3, 4, 5)), np.ones((2, 3, 3, 2)), np.ones(2)
    assert conv_forward_naive(x, w, b)[0].shape == (0, 2, 2, 4)
    assert locally_connected_forward(
        x, np.ones((2, 4, 2, 3, 3, 2)), np.ones((2, 4, 2))
    )[0].shape == (0, 2, 2, 4)
    assert conv1x1_forward(x, w[:, :, :1, :1], b)[0].shape == (0, 2, 4, 5)


def test_neuron_returns_a_python_float():
    for dtype in (np.float32, np.float64, int):
        answer = neuron(np.ones((3, 5, 5), dtype), np.ones((3, 5, 5), dtype), 1)
        assert type(answer) is float
        assert answer == 76  # 5*5*3 = 75 weights and a bias


@pytest.mark.parametrize(
    ("call", "numbers"),
    [
        (
            lambda: activation_map(np.ones((1, 7, 10)), np.ones((1, 3, 3)), 0.0, 2),
            "10 3 2",
        ),
        (
            lambda: activation_map(np.ones((1, 10, 7)), np.ones((1, 3, 3)), 0.0, 2),
            "10 3 2",
        ),
        (
            lambda: activation_map(np.ones((1, 4, 4)), np.ones((1, 4, 7)), 0.0, 1, 1),
            "4 7",
        ),
        (lambda: activation_map(np.ones((3, 4, 4)), np.ones((1, 2, 2)), 0.0), "3 1"),
        (
            lambda: conv_forward_naive(
                np.ones((1, 1, 227, 224)), np.ones((1, 1, 11, 11)), np.ones(1), 4
            ),
            "224 11 4",
        ),
        (
            lambda: conv_forward_naive(
                np.ones((1, 3, 5, 5)), np.ones((1, 2, 3, 3)), np.ones(1)
            ),
            "3 2",
        ),
        (
            lambda: conv1x1_forward(np.ones((1, 3, 2, 2)), np.ones((5, 2, 1, 1)), 0),
            "3 2",
        ),
        (
            lambda: conv1x1_forward(np.ones((1, 4, 2, 2)), np.ones((5, 1, 2, 2)), 0),
            "4 2",
        ),
        (
            lambda: locally_connected_forward(
                np.ones((1, 1, 4, 5)), np.ones((4, 6, 2, 1, 3, 3)), np.ones((4, 6, 2))
            ),
            "4 6 2 3",
        ),
        (
            lambda: locally_connected_forward(
                np.ones((1, 3, 4, 5)), np.ones((2, 3, 2, 1, 3, 3)), np.ones((2, 3, 2))
            ),
            "3 1",
        ),
        (lambda: neuron(np.ones((1, 2, 2)), np.ones((3, 2, 2)), 0), "1 3"),
        (lambda: zero_pad(np.ones((2, 2)), -1), "-1"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_numbers(call, numbers):
    with pytest.raises(ValueError) as caught:
        call()
    assert all(number in str(caught.value) for number in numbers.split())


def test_the_notes_example_in_both_layouts():
    """V[0,0,0] = sum(X[:5,:5,:] * W0) + b0, and so on (seeds/000, "Numpy examples")."""
    rng = np.random.default_rng(0)
    X = rng.integers(-5, 6, (11, 11, 4)).astype(float)
    W = rng.integers(-3, 4, (2, 5, 5, 4)).astype(float)
    b = np.array([1.0, -2.0])
    x, w = X.transpose(2, 1, 0)[np.newaxis], W.transpose(0, 3, 2, 1)
    out, _ = conv_forward_naive(x, w, b, stride=2)
    V = out[0].transpose(2, 1, 0)
    assert V.shape == (4, 4, 2)
    assert V[0, 0, 0] == np.sum(X[:5, :5, :] * W[0]) + b[0]
    assert V[3, 0, 0] == np.sum(X[6:11, :5, :] * W[0]) + b[0]
    assert V[0, 1, 1] == np.sum(X[:5, 2:7, :] * W[1]) + b[1]
    assert V[2, 3, 1] == np.sum(X[4:9, 6:11, :] * W[1]) + b[1] == out[0, 1, 3, 2]
    for x_at, y_at, d in np.ndindex(V.shape):
        window = X[2 * x_at : 2 * x_at + 5, 2 * y_at : 2 * y_at + 5, :]
        assert V[x_at, y_at, d] == np.sum(window * W[d]) + b[d]


@pytest.mark.parametrize(
    ("size", "filter_size", "stride", "padding", "places"),
    [
        (7, 3, 1, 0, 5),
        (7, 3, 2, 0, 3),
        (32, 5, 3, 0, 10),
        (9, 3, 1, 1, 9),
        (5, 3, 2, 1, 3),
    ],
)
def test_the_sizes_of_the_documents(size, filter_size, stride, padding, places):
    x, w = np.ones((1, 1, size, size)), np.ones((2, 1, filter_size, filter_size))
    out, _ = conv_forward_naive(x, w, np.zeros(2), stride, padding)
    assert out.shape == (1, 2, places, places)


def test_a_map_of_a_dot_is_the_filter_turned_round():
    dot = np.zeros((1, 5, 7))
    dot[0, 2, 3] = 1
    weights = np.arange(1.0, 10.0).reshape(1, 3, 3)
    seen = activation_map(dot, weights, 0.0)[:, 1:4]
    np.testing.assert_array_equal(seen, weights[0, ::-1, ::-1])


def response(name, picture):
    return activation_map(
        np.array(picture, float)[np.newaxis], hand_made_filters()[name][np.newaxis], 0.0
    )


def test_the_six_filters_and_what_is_claimed_of_them():
    filters = hand_made_filters()
    assert list(filters) == [
        "identity",
        "box_blur",
        "sharpen",
        "sobel_x",
        "sobel_y",
        "laplacian",
    ]
    assert all(weights.shape == (3, 3) for weights in filters.values())
    sums = {name: round(float(weights.sum()), 12) for name, weights in filters.items()}
    assert sums == dict(zip(filters, (1, 1, 1, 0, 0, 0)))

    edge = np.repeat([[0.0, 0.0, 1.0, 1.0]], 4, axis=0)
    assert response("sobel_x", edge).tolist() == [[4, 4], [4, 4]]
    assert not response("sobel_y", edge).any()
    assert response("sobel_y", edge.T).tolist() == [[4, 4], [4, 4]]
    assert not response("sobel_x", edge.T).any()

    rng = np.random.default_rng(3)
    picture = rng.random((6, 7))
    np.testing.assert_array_equal(response("identity", picture), picture[1:-1, 1:-1])
    np.testing.assert_allclose(
        response("box_blur", picture)[1, 2], picture[1:4, 2:5].mean()
    )
    np.testing.assert_allclose(
        response("sharpen", picture) + response("laplacian", picture),
        picture[1:-1, 1:-1],
    )
    slope = np.add.outer(2.0 * np.arange(4), np.arange(5.0))
    assert not response("laplacian", slope).any()


def test_changing_one_set_of_filters_leaves_the_next_as_it_was():
    hand_made_filters()["sobel_x"][:] = 7
    assert hand_made_filters()["sobel_x"].sum() == 0
