# Built by lesson 01_volumes with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 01_volumes builds."""

from course.kit.validation import (
    require_counts,
    require_layers,
    require_window,
    suggest_sizes,
)


def depth_column(X, x, y):
    """All channels at one place of a volume: an array of shape (C,).

    X has shape (W, H, C), the layout X[x, y, d] of the lecture notes. x counts pixels to
    the right and y counts pixels down, both from 0.
    """
    return X[x, y, :]


def depth_slice(X, d):
    """One channel of a whole volume: an array of shape (W, H).

    X has shape (W, H, C), the layout X[x, y, d] of the lecture notes. d counts channels
    from 0.
    """
    return X[:, :, d]


def output_size(size, filter_size, stride=1, padding=0):
    """Places that a filter takes along one axis: (size - filter_size + 2 padding) / stride + 1.

    All four are whole numbers of pixels: `size` the length of the axis, `filter_size` the
    length of the filter, `stride` how far it moves in one step, `padding` the zeros on
    each of the two borders. Returns an int.

    Raises ValueError when size - filter_size + 2 padding is negative or no multiple of
    stride. The message names all four values; the one that `suggest_sizes` writes also names
    the nearest strides and paddings that would fit.
    """
    require_window(size, filter_size, stride, padding)
    room = size - filter_size + 2 * padding
    if room % stride != 0:
        raise ValueError(suggest_sizes(size, filter_size, stride, padding))
    return room // stride + 1


def misprint_counterexample():
    """A setting that proves (W - F + 2P) / (S + 1) wrong: (size, filter_size, stride, padding).

    Four whole numbers. The setting fits: size - filter_size + 2 padding is a multiple of
    stride and not negative. The printed formula gives another number of places, or no
    whole number.
    """
    return 7, 3, 1, 0


def crop_to_fit(size, filter_size, stride=1, padding=0):
    """Pixels to drop at the far border so that the filter fits: the fewest, 0 if it fits.

    The arguments are those of output_size. Returns an int from 0 to stride - 1. A filter
    that is larger than the padded row is refused by the given line, with a ValueError.
    """
    require_window(size, filter_size, stride, padding)
    return (size - filter_size + 2 * padding) % stride


def pad_to_fit(size, filter_size, stride=1, padding=0):
    """Zeros to add at the far border so that the filter fits: the fewest, 0 if it fits.

    The arguments are those of output_size. The zeros come on top of the padding and are
    not part of it. Returns an int from 0 to stride - 1. A filter that is larger than the
    padded row is refused by the given line, with a ValueError.
    """
    require_window(size, filter_size, stride, padding)
    return -(size - filter_size + 2 * padding) % stride


def same_padding(filter_size):
    """Zeros on each border that keep the size at stride 1: (filter_size - 1) / 2.

    `filter_size` is a whole number of pixels. Returns an int.

    Raises ValueError when filter_size is even: no padding is the same on both borders.
    """
    require_counts(filter_size=filter_size)
    if filter_size % 2 == 0:
        raise ValueError(
            f"a filter of {filter_size} is even: no padding that is the same on both "
            "borders keeps the size. "
            f"Filters of {filter_size - 1} and {filter_size + 1} have one"
        )
    return filter_size // 2


def conv_parameters(channels, filters, filter_size, bias=True):
    """Numbers that a convolutional layer learns: its weights and one bias per filter.

    Each of the `filters` is filter_size by filter_size pixels, and as deep as the input,
    `channels`. Without `bias` only the weights are counted. Returns an int.
    """
    require_counts(channels=channels, filters=filters, filter_size=filter_size)
    per_filter = filter_size * filter_size * channels + (1 if bias else 0)
    return filters * per_filter


def dense_parameters(inputs, outputs, bias=True):
    """Numbers that a dense layer learns: a weight per input and output, a bias per output.

    `inputs` and `outputs` are counts of numbers. Without `bias` only the weights are
    counted. Returns an int.
    """
    require_counts(inputs=inputs, outputs=outputs)
    return outputs * (inputs + (1 if bias else 0))


def unshared_parameters(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    """Numbers that a layer learns whose windows share nothing: each output has its own.

    As in conv_parameters, but the output has out_height by out_width places, and at
    every place each filter has weights of its own and, with `bias`, a bias of its own.
    Returns an int.
    """
    require_counts(out_height=out_height, out_width=out_width)
    places = out_height * out_width
    return places * conv_parameters(channels, filters, filter_size, bias)


def trace_shapes(input_shape, layers):
    """Follow one picture through a network: a list of (name, shape, parameters), a row per layer.

    `input_shape` is (C, H, W). `layers` is a list of dicts, in the order of the network:

        {"type": "conv", "filters": K, "size": F, "stride": S, "padding": P}
        {"type": "relu"}
        {"type": "pool", "size": F, "stride": S}
        {"type": "fc", "outputs": K}

    Left out, a conv's stride is 1 and its padding 0, a pool's size is 2 and its stride 2.
    Any layer may also have a "name".

    In a row, `name` is the layer's name, or its type where it has none; `shape` is the
    tuple (C, H, W) that comes out of the layer, (K, 1, 1) for fc; `parameters` is how many
    numbers it learns, biases included, 0 for relu and pool. The input gets no row. The
    dicts are not changed.

    Raises ValueError for an unknown type, and where a window does not fit. The given line
    refuses missing and unknown keys too.
    """
    require_layers(layers)
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, parameters = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            parameters = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            parameters = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        rows.append((layer.get("name", kind), (C, H, W), parameters))
    return rows
