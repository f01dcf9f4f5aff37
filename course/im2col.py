# Built by lesson 04_im2col with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 04_im2col builds."""

import numpy as np

from course.convolution import zero_pad
from course.geometry import output_size


def conv_forward_window(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer, with no Python loop but over the window.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, FH, FW), b their biases
    (K,). None of them is changed. stride and padding are pixels.

    Returns (out, cache). out is (N, K, HO, WO) in the dtype of x, equal to that of
    conv_forward_naive up to rounding. What the cache holds is up to you.
    Raises ValueError, naming the values, when the filters do not fit along an axis
    (`output_size` does that), or when x and w differ in their number of channels.
    """
    N, C, H, W = x.shape
    K, depth, FH, FW = w.shape
    if depth != C:
        raise ValueError(f"x has {C} channels and the filters have {depth}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    padded = zero_pad(x, padding)
    out = np.zeros((N, K, HO * WO), dtype=np.result_type(x, 0.0))
    out += b.reshape(K, 1)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            met = padded[:, :, rows, columns].reshape(N, C, HO * WO)
            out += w[:, :, fh, fw] @ met
    return out.reshape(N, K, HO, WO), (x, w, b, stride, padding)


def im2col(x, filter_height, filter_width, stride=1, padding=0):
    """Every window of every image as a column.

    x is a batch (N, C, H, W) and is not changed. filter_height (FH), filter_width (FW),
    stride and padding are pixels.

    Returns (N, C*FH*FW, HO*WO) in the dtype of x, to be read only: where each pixel lies
    in one window it may share its memory with x. Row (c, fh, fw) and column (ho, wo) of
    image n, both counted with the last index fastest, hold the pixel of channel c that
    lies fh rows and fw columns from the upper left corner of window (ho, wo), or 0 where
    that is padding.
    Raises ValueError, naming the values, when the window does not fit along an axis
    (`output_size` does that).
    """
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    padded = zero_pad(x, padding) if padding else x
    windows = np.lib.stride_tricks.sliding_window_view(padded, (FH, FW), axis=(2, 3))
    # Axes (N, C, HO, WO, FH, FW). Up to here nothing has been copied.
    windows = windows[:, :, ::stride, ::stride]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)


def conv_forward(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer as one matrix product, W_row @ X_col.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, FH, FW), b their biases
    (K,). None of them is changed. stride and padding are pixels.

    Returns (out, cache). out is (N, K, HO, WO) in the dtype of x, equal to that of
    conv_forward_naive up to rounding. cache is what your conv_backward needs: with X_col
    in it, it is about FH*FW / stride**2 times as large as x.
    Raises ValueError, naming the values, when the filters do not fit along an axis, or
    when x and w differ in their number of channels.
    """
    N, C, H, W = x.shape
    K, depth, FH, FW = w.shape
    if depth != C:
        raise ValueError(f"x has {C} channels and the filters have {depth}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    w_row = w.reshape(K, C * FH * FW)
    out = (w_row @ cols).astype(np.result_type(x, 0.0), copy=False)
    out += b.reshape(K, 1)
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


def col2im(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    """Add every number of X_col to the pixel that im2col would have copied it from.

    cols is (N, C*FH*FW, HO*WO), in the order of im2col, and is not changed. x_shape is
    the shape (N, C, H, W) of the images, without padding. filter_height (FH),
    filter_width (FW), stride and padding are pixels.

    Returns (N, C, H, W) in the dtype of cols: sums, 0 where no window reaches, without
    what falls on the padding. It is the adjoint of im2col with the same arguments:
    sum(im2col(x) * cols) == sum(x * col2im(cols)).
    Raises ValueError, naming the values, when the window does not fit along an axis of
    x_shape (`output_size` does that).
    """
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            padded[:, :, rows, columns] += windows[:, :, fh, fw]
    return padded[:, :, padding : padding + H, padding : padding + W]


def conv_backward(dout, cache):
    """Backward pass of conv_forward: the gradients of sum(out * dout).

    dout is (N, K, HO, WO), one number for every number of out. cache is what conv_forward
    returned beside out. Neither is changed.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b.
    """
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    _, C, FH, FW = w.shape
    dout = dout.reshape(N, K, HO * WO)
    db = dout.sum(axis=(0, 2))
    dw_row = (dout @ cols.transpose(0, 2, 1)).sum(axis=0)
    dcols = w.reshape(K, C * FH * FW).T @ dout
    dx = col2im(dcols, x_shape, FH, FW, stride, padding)
    return dx, dw_row.reshape(w.shape), db
