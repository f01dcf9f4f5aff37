# Built by lesson 02_convolution with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 02_convolution builds."""

import numpy as np

from course.geometry import output_size


def zero_pad(x, padding):
    """Put `padding` rows and columns of zeros around every image, on all four borders.

    x is an array whose last two axes are height and width: (..., H, W). It is not
    changed. `padding` counts pixels, 0 or more.

    Returns (..., H + 2*padding, W + 2*padding) in the dtype of x. The axes before the
    last two keep their lengths. Raises ValueError when `padding` is negative.
    """
    if padding < 0:
        raise ValueError(f"padding is {padding}, it must be 0 or more pixels")
    *axes, H, W = x.shape
    out = np.zeros((*axes, H + 2 * padding, W + 2 * padding), dtype=x.dtype)
    out[..., padding : padding + H, padding : padding + W] = x
    return out


def neuron(patch, weights, bias):
    """The sum of patch * weights over all three axes, plus the bias, once.

    patch and weights have the same shape, (C, FH, FW), and are not changed. bias is one
    number. Returns one Python float, whatever the dtype of the arrays.

    Raises ValueError when the two shapes differ. The message names both.
    """
    if patch.shape != weights.shape:
        raise ValueError(
            f"the patch has shape {patch.shape}, the weights {weights.shape}: "
            "they must be the same"
        )
    return float(np.sum(patch * weights) + bias)


def activation_map(x, weights, bias, stride=1, padding=0):
    """The answers of one neuron at every place of one image.

    x is one image (C, H, W) of floats, and is not changed. weights are (C, FH, FW), bias
    is one number. stride and padding are pixels.

    Returns (HO, WO) in the dtype of x, with HO and WO as `output_size` gives them.
    Raises ValueError, naming the values, when the filter does not fit along an axis
    (`output_size` does that), or when x and weights differ in their number of channels.
    """
    C, H, W = x.shape
    depth, FH, FW = weights.shape
    if depth != C:
        raise ValueError(
            f"x has {C} channels and the filter {depth}: it must reach through all of x"
        )
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    padded = zero_pad(x, padding)
    # Floats keep their dtype. Whole numbers become float64, so that nothing is cut off.
    out = np.zeros((HO, WO), dtype=np.result_type(x, 0.0))
    for ho in range(HO):
        for wo in range(WO):
            top, left = ho * stride, wo * stride
            patch = padded[:, top : top + FH, left : left + FW]
            out[ho, wo] = neuron(patch, weights, bias)
    return out


def conv_forward_naive(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, FH, FW), b their biases
    (K,). None of them is changed. stride and padding are pixels.

    Returns (out, cache). out is (N, K, HO, WO) in the dtype of x; out[n, k] is the
    activation map of filter k on image n. cache is exactly (x, w, b, stride, padding).
    Raises ValueError, naming the values, when the filters do not fit along an axis, or
    when x and w differ in their number of channels.
    """
    N, _, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    out = np.zeros((N, K, HO, WO), dtype=np.result_type(x, 0.0))
    for n in range(N):
        for k in range(K):
            out[n, k] = activation_map(x[n], w[k], b[k], stride, padding)
    return out, (x, w, b, stride, padding)


def hand_made_filters():
    """Six classical image filters, as they are laid over the image (no flip).

    Returns a dict with the keys "identity", "box_blur", "sharpen", "sobel_x", "sobel_y"
    and "laplacian". Each value is a numpy array of shape (3, 3): rows run downwards,
    columns to the right. The table above says what each filter answers.
    """
    sobel_x = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel_x,
        "sobel_y": sobel_x.T.copy(),
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


def conv1x1_forward(x, w, b):
    """A convolutional layer with 1x1 filters: a matrix product over the channels.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, 1, 1), b their biases
    (K,). None of them is changed. The stride is 1, the padding 0.

    Returns (out, cache), like every layer. out is (N, K, H, W) in the dtype of x, and
    equal to that of conv_forward_naive. What the cache holds is up to you.
    Raises ValueError, naming the values, when x and w differ in their number of
    channels, or when the filters are not 1x1.
    Answers computed one at a time take too long: see the text.
    """
    N, C, H, W = x.shape
    K = len(w)
    if w.shape[1] != C or w[0].size != C:
        raise ValueError(
            f"x has {C} channels, so w must have shape ({K}, {C}, 1, 1); its shape is {w.shape}"
        )
    out = w.reshape(K, C) @ x.reshape(N, C, H * W) + b.reshape(K, 1)
    return out.reshape(N, K, H, W).astype(np.result_type(x, 0.0), copy=False), (x, w, b)


def locally_connected_forward(x, w, b, stride=1, padding=0):
    """A layer with the windows of a convolution, and weights of its own at every place.

    x is a batch (N, C, H, W) of floats, w are the weights (HO, WO, K, C, FH, FW), b the
    biases (HO, WO, K). None of them is changed. stride and padding are pixels.

    Returns (out, cache), like every layer. out is (N, K, HO, WO) in the dtype of x. With
    the same weights and biases at every place it equals that of conv_forward_naive. What
    the cache holds is up to you.
    Raises ValueError, naming the values, when the filters do not fit along an axis, when
    x and w differ in their number of channels, or when w has not exactly one set of
    weights for every place.
    """
    N, _, H, W = x.shape
    rows, columns, K, _, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    if (rows, columns) != (HO, WO):
        raise ValueError(
            f"w has weights for {rows}x{columns} places, but the filter takes {HO}x{WO} places"
        )
    padded = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO), dtype=np.result_type(x, 0.0))
    for n, k, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        patch = padded[n, :, top : top + FH, left : left + FW]
        out[n, k, ho, wo] = neuron(patch, w[ho, wo, k], b[ho, wo, k])
    return out, (x, w, b, stride, padding)
