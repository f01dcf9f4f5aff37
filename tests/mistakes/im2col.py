"""Right and wrong answers to the tasks of lesson 04, and the examples that its checks run.

Each answer is pasted into a learner's notebook, so it uses only numpy, `output_size`,
`zero_pad` and the contract functions of this lesson. A wrong answer is right in everything
but the mistake that its phrase names. Answers to conv_backward read the cache of the
lesson's own conv_forward: (cols, x_shape, w, stride, padding).
"""

# ruff: noqa: F821 (the names are those of the notebook that an answer is filled into)

import numpy as np

from autograder.proof.answers import example, ints, right, wrong

# conv_forward_window


@right("one weight of one channel at a time")
def conv_forward_window__channels(x, w, b, stride=1, padding=0):
    K, C, FH, FW = w.shape
    if x.shape[1] != C:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {C}")
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((len(x), K, HO, WO), dtype=x.dtype)
    out += b[:, np.newaxis, np.newaxis]
    for c, fh, fw in np.ndindex(C, FH, FW):
        met = wide[:, c, fh:, fw:][:, ::stride, ::stride][:, np.newaxis, :HO, :WO]
        out += met * w[:, c, fh, fw].reshape(K, 1, 1)
    return out, None


@right("einsum for each place of the window, bias last")
def conv_forward_window__einsum(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"channels differ: {x.shape[1]} and {w.shape[1]}")
    FH, FW = w.shape[2:]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    out = 0
    for fh in range(FH):
        for fw in range(FW):
            bottom, end = fh + stride * (HO - 1) + 1, fw + stride * (WO - 1) + 1
            met = wide[:, :, fh:bottom:stride, fw:end:stride]
            out = out + np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw])
    return (out + b.reshape(1, -1, 1, 1)).astype(x.dtype), {"x": x, "w": w}


@wrong("the filter is flipped")
def conv_forward_window__flipped(x, w, b, stride=1, padding=0):
    N, K, FH, FW = len(x), len(w), w.shape[2], w.shape[3]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO), dtype=x.dtype) + b.reshape(K, 1, 1)
    for fh in range(FH):
        for fw in range(FW):
            met = wide[:, :, fh : fh + stride * HO : stride]
            met = met[..., fw : fw + stride * WO : stride]
            weights = w[:, :, FH - 1 - fh, FW - 1 - fw]
            out += np.einsum("nchw,kc->nkhw", met, weights)
    return out, None


@wrong("the bias is forgotten")
def conv_forward_window__no_bias(x, w, b, stride=1, padding=0):
    N, K, FH, FW = len(x), len(w), w.shape[2], w.shape[3]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO), dtype=x.dtype)
    for fh in range(FH):
        for fw in range(FW):
            met = wide[:, :, fh : fh + stride * HO : stride]
            met = met[..., fw : fw + stride * WO : stride]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw])
    return out, None


@wrong("the bias is added once for every place of the window")
def conv_forward_window__bias_every_turn(x, w, b, stride=1, padding=0):
    N, K, FH, FW = len(x), len(w), w.shape[2], w.shape[3]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO), dtype=x.dtype)
    for fh in range(FH):
        for fw in range(FW):
            met = wide[:, :, fh : fh + stride * HO : stride]
            met = met[..., fw : fw + stride * WO : stride]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw])
            out += b.reshape(K, 1, 1)
    return out, None


@wrong("only the last place of the window counts")
def conv_forward_window__assigned(x, w, b, stride=1, padding=0):
    FH, FW = w.shape[2:]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    for fh in range(FH):
        for fw in range(FW):
            met = wide[:, :, fh : fh + stride * HO : stride]
            met = met[..., fw : fw + stride * WO : stride]
            out = np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw])
    return out + b.reshape(-1, 1, 1), None


@wrong("the stride is ignored")
def conv_forward_window__no_stride(x, w, b, stride=1, padding=0):
    N, K, FH, FW = len(x), len(w), w.shape[2], w.shape[3]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO), dtype=x.dtype) + b.reshape(K, 1, 1)
    for fh in range(FH):
        for fw in range(FW):
            met = wide[:, :, fh : fh + HO, fw : fw + WO]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw])
    return out, None


@wrong("the padding is ignored", named=False)
def conv_forward_window__no_padding(x, w, b, stride=1, padding=0):
    N, K, FH, FW = len(x), len(w), w.shape[2], w.shape[3]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    out = np.zeros((N, K, HO, WO), dtype=x.dtype) + b.reshape(K, 1, 1)
    for fh in range(FH):
        for fw in range(FW):
            met = x[:, :, fh : fh + stride * HO : stride]
            met = met[..., fw : fw + stride * WO : stride]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw])
    return out, None


@wrong("the mean is taken instead of the sum")
def conv_forward_window__mean(x, w, b, stride=1, padding=0):
    N, K, FH, FW = len(x), len(w), w.shape[2], w.shape[3]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO), dtype=x.dtype)
    for fh in range(FH):
        for fw in range(FW):
            met = wide[:, :, fh : fh + stride * HO : stride]
            met = met[..., fw : fw + stride * WO : stride]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw])
    return out / w[0].size + b.reshape(K, 1, 1), None


@wrong("float32 went in, float64 came out")
def conv_forward_window__float64(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"channels differ: {x.shape[1]} and {w.shape[1]}")
    N, K, FH, FW = len(x), len(w), w.shape[2], w.shape[3]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO)) + b.reshape(K, 1, 1)
    for fh in range(FH):
        for fw in range(FW):
            met = wide[:, :, fh : fh + stride * HO : stride]
            met = met[..., fw : fw + stride * WO : stride]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw])
    return out, None


# im2col


@right("slices of the shifted pictures")
def im2col__slices(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    HO = output_size(H, filter_height, stride, padding)
    WO = output_size(W, filter_width, stride, padding)
    wide = zero_pad(x, padding)
    cols = np.empty((N, C, filter_height, filter_width, HO, WO), dtype=x.dtype)
    for fh in range(filter_height):
        for fw in range(filter_width):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            cols[:, :, fh, fw] = wide[:, :, rows, columns]
    return cols.reshape(N, C * filter_height * filter_width, HO * WO)


@right("index arrays")
def im2col__indices(x, filter_height, filter_width, stride=1, padding=0):
    _, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    index = np.indices((C, FH, FW, HO, WO)).reshape(5, C * FH * FW, HO * WO)
    c, fh, fw, ho, wo = index
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    return wide[:, c, fh + stride * ho, fw + stride * wo]


@right("one number after the other")
def im2col__loops(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = np.zeros((N, C * FH * FW, HO * WO), dtype=x.dtype)
    for n in range(N):
        for ho, wo in np.ndindex(HO, WO):
            row = 0
            for c in range(C):
                for i in range(ho * stride - padding, ho * stride - padding + FH):
                    for j in range(wo * stride - padding, wo * stride - padding + FW):
                        if 0 <= i < H and 0 <= j < W:
                            cols[n, row, ho * WO + wo] = x[n, c, i, j]
                        row += 1
    return cols


@wrong("the rows are in the order (fh, fw, c)")
def im2col__channels_fastest(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, ::stride, ::stride]
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(N, C * FH * FW, HO * WO)


@wrong("the rows are in the order (c, fw, fh)")
def im2col__window_turned(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, ::stride, ::stride]
    return windows.transpose(0, 1, 5, 4, 2, 3).reshape(N, C * FH * FW, HO * WO)


@wrong("the columns are in the order (wo, ho)")
def im2col__columns_turned(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, ::stride, ::stride]
    return windows.transpose(0, 1, 4, 5, 3, 2).reshape(N, C * FH * FW, HO * WO)


@wrong("the axes are reshaped without being moved")
def im2col__reshaped_only(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, ::stride, ::stride]
    return windows.reshape(N, C * FH * FW, HO * WO)


@wrong("the images are mixed: the batch is not the slowest axis")
def im2col__batch_mixed(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, ::stride, ::stride]
    return windows.transpose(1, 4, 5, 0, 2, 3).reshape(N, C * FH * FW, HO * WO)


@wrong("the matrix is transposed: one row per place")
def im2col__transposed(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, ::stride, ::stride]
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(N, HO * WO, C * FH * FW)


@wrong("every window is flipped")
def im2col__flipped(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, ::stride, ::stride, ::-1, ::-1]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)


@wrong("the stride is ignored")
def im2col__no_stride(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, :HO, :WO]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)


@wrong("the stride is ignored across the image")
def im2col__stride_down_only(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, ::stride, :WO]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)


@wrong("all the padding is put below and to the right")
def im2col__one_sided(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide = np.pad(x, [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, (FH, FW), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)


@wrong("float32 went in, float64 came out")
def im2col__float64(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide = zero_pad(x, padding)
    cols = np.zeros((N, C, FH, FW, HO, WO))
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        cols[..., ho, wo] = wide[:, :, top : top + FH, left : left + FW]
    return cols.reshape(N, C * FH * FW, HO * WO)


@wrong("the filter height is used for the width too")
def im2col__square(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH = FW = filter_height
    HO = output_size(H, filter_height, stride, padding)
    WO = output_size(W, filter_width, stride, padding)
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding + FH)])
    cols = np.zeros((N, C, FH, FW, HO, WO), dtype=x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        cols[..., ho, wo] = wide[:, :, top : top + FH, left : left + FW]
    return cols.reshape(N, C * FH * FW, HO * WO)


@wrong("height and width of the window are swapped")
def im2col__swapped(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_width, filter_height
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide = zero_pad(x, padding)
    cols = np.zeros((N, C, FH, FW, HO, WO), dtype=x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        cols[..., ho, wo] = wide[:, :, top : top + FH, left : left + FW]
    return cols.reshape(N, C * FH * FW, HO * WO)


@wrong("x was changed in place")
def im2col__in_place(x, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(
        zero_pad(x, padding), (FH, FW), axis=(2, 3)
    )[:, :, ::stride, ::stride]
    x -= x.mean()
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)


@wrong("the result is rounded down where the window does not fit", named=False)
def im2col__floors(x, filter_height, filter_width, stride=1, padding=0):
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(
        wide, (filter_height, filter_width), axis=(2, 3)
    )[:, :, ::stride, ::stride]
    N, C, HO, WO, FH, FW = windows.shape
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)


# conv_forward


@right("one image after the other")
def conv_forward__per_image(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"channels differ: {x.shape[1]} and {w.shape[1]}")
    K, C, FH, FW = w.shape
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    out = np.empty((len(x), K, HO, WO), dtype=x.dtype)
    for n in range(len(x)):
        cols = im2col(x[n : n + 1], FH, FW, stride, padding)[0]
        product = w.reshape(K, C * FH * FW) @ cols
        out[n] = product.reshape(K, HO, WO) + b.reshape(K, 1, 1)
    return out, (im2col(x, FH, FW, stride, padding), x.shape, w, stride, padding)


@right("one big product of all images, then a transpose")
def conv_forward__big_product(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"channels differ: {x.shape[1]} and {w.shape[1]}")
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    wide = cols.transpose(1, 0, 2).reshape(cols.shape[1], N * HO * WO)
    out = np.dot(w.reshape(K, -1), wide) + b[:, np.newaxis]
    out = out.reshape(K, N, HO, WO).transpose(1, 0, 2, 3).astype(x.dtype)
    return out, (cols, x.shape, w, stride, padding)


@right("tensordot over windows, without im2col")
def conv_forward__tensordot(x, w, b, stride=1, padding=0):
    (N, C, H, W), (_, depth, FH, FW) = x.shape, w.shape
    if depth != C:
        raise ValueError(f"channels differ: {C} and {depth}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide = zero_pad(x, padding)
    windows = np.empty((N, C, FH, FW, HO, WO), dtype=x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        windows[..., ho, wo] = wide[:, :, top : top + FH, left : left + FW]
    out = np.tensordot(windows, w, axes=([1, 2, 3], [1, 2, 3])) + b
    out = out.transpose(0, 3, 1, 2).astype(x.dtype)
    cols = windows.reshape(N, C * FH * FW, HO * WO)
    return out, (cols, x.shape, w, stride, padding)


@wrong("the filter is flipped")
def conv_forward__flipped(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = w[:, :, ::-1, ::-1].reshape(K, -1) @ cols + b.reshape(K, 1)
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


@wrong("the weights of W_row are in the order (fh, fw, c)")
def conv_forward__row_order(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = w.transpose(0, 2, 3, 1).reshape(K, -1) @ cols + b.reshape(K, 1)
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


@wrong("W_row is made by reshaping w to its transpose")
def conv_forward__transposed_row(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = w.reshape(-1, K).T @ cols + b.reshape(K, 1)
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


@wrong("the bias is forgotten")
def conv_forward__no_bias(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = w.reshape(K, -1) @ cols
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


@wrong("the bias is added once per row of X_col")
def conv_forward__bias_per_row(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = w.reshape(K, -1) @ cols + b.reshape(K, 1) * cols.shape[1]
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


@wrong("the product is reshaped without regard to N")
def conv_forward__batch_mixed(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    wide = cols.transpose(1, 0, 2).reshape(cols.shape[1], N * HO * WO)
    out = w.reshape(K, -1) @ wide + b.reshape(K, 1)
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


@wrong("height and width of the output are swapped in the reshape")
def conv_forward__map_turned(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = w.reshape(K, -1) @ cols + b.reshape(K, 1)
    out = out.reshape(N, K, WO, HO).transpose(0, 1, 3, 2)
    return out, (cols, x.shape, w, stride, padding)


@wrong("every image gets the maps of the first")
def conv_forward__first_image(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = w.reshape(K, -1) @ cols[0] + b.reshape(K, 1)
    out = np.repeat(out.reshape(1, K, HO, WO), N, axis=0)
    return out, (cols, x.shape, w, stride, padding)


@wrong("the mean is taken instead of the sum")
def conv_forward__mean(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = w.reshape(K, -1) @ cols / cols.shape[1] + b.reshape(K, 1)
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


@wrong("the padding is put below and to the right only")
def conv_forward__one_sided(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide = np.pad(x, [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])
    cols = im2col(wide, FH, FW, stride)
    out = w.reshape(K, -1) @ cols + b.reshape(K, 1)
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


@wrong("float32 went in, float64 came out")
def conv_forward__float64(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"channels differ: {x.shape[1]} and {w.shape[1]}")
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = np.zeros((N, K, HO * WO))
    out += w.reshape(K, -1) @ cols + b.reshape(K, 1)
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


@wrong("b was changed in place")
def conv_forward__b_in_place(x, w, b, stride=1, padding=0):
    (N, _, H, W), (K, _, FH, FW) = x.shape, w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    out = w.reshape(K, -1) @ cols + b.reshape(K, 1)
    b *= 0
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)


# col2im


@right("one window after the other")
def col2im__windows(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        window = cols[:, :, ho * WO + wo].reshape(N, C, FH, FW)
        wide[:, :, top : top + FH, left : left + FW] += window
    return wide[:, :, padding : H + padding, padding : W + padding].copy()


@right("np.add.at with index arrays")
def col2im__add_at(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    index = np.indices((C, FH, FW, HO, WO)).reshape(5, C * FH * FW, HO * WO)
    c, fh, fw, ho, wo = index
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    np.add.at(wide, (slice(None), c, fh + stride * ho, fw + stride * wo), cols)
    return wide[:, :, padding : H + padding, padding : W + padding]


@wrong("windows overwrite each other instead of adding")
def col2im__overwrites(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[:, :, rows, columns] = windows[:, :, fh, fw]
    return wide[:, :, padding : H + padding, padding : W + padding]


@wrong("the padding is not cut off")
def col2im__uncropped(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[:, :, rows, columns] += windows[:, :, fh, fw]
    return wide


@wrong("the padding is cut off on the far side only")
def col2im__cropped_far(
    cols, x_shape, filter_height, filter_width, stride=1, padding=0
):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[:, :, rows, columns] += windows[:, :, fh, fw]
    return wide[:, :, :H, :W]


@wrong("padding 0 cuts everything away", named=False)
def col2im__minus_zero(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[:, :, rows, columns] += windows[:, :, fh, fw]
    return wide[:, :, padding:-padding, padding:-padding]


@wrong("the stride is ignored")
def col2im__no_stride(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            wide[:, :, fh : fh + HO, fw : fw + WO] += windows[:, :, fh, fw]
    return wide[:, :, padding : H + padding, padding : W + padding]


@wrong("the rows are read in the order (fh, fw, c)")
def col2im__channels_fastest(
    cols, x_shape, filter_height, filter_width, stride=1, padding=0
):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, FH, FW, C, HO, WO).transpose(0, 3, 1, 2, 4, 5)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[:, :, rows, columns] += windows[:, :, fh, fw]
    return wide[:, :, padding : H + padding, padding : W + padding]


@wrong("the columns are read in the order (wo, ho)")
def col2im__columns_turned(
    cols, x_shape, filter_height, filter_width, stride=1, padding=0
):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, WO, HO).swapaxes(4, 5)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[:, :, rows, columns] += windows[:, :, fh, fw]
    return wide[:, :, padding : H + padding, padding : W + padding]


@wrong("the sums are divided by the number of windows")
def col2im__mean(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    times = np.zeros_like(wide)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[:, :, rows, columns] += windows[:, :, fh, fw]
            times[:, :, rows, columns] += 1
    wide = wide / np.maximum(times, 1)
    return wide[:, :, padding : H + padding, padding : W + padding]


@wrong("only the first image is filled")
def col2im__first_image(
    cols, x_shape, filter_height, filter_width, stride=1, padding=0
):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[0, :, rows, columns] += windows[0, :, fh, fw]
    return wide[:, :, padding : H + padding, padding : W + padding]


@wrong("cols was changed in place")
def col2im__in_place(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[:, :, rows, columns] += windows[:, :, fh, fw]
    cols *= 0
    return wide[:, :, padding : H + padding, padding : W + padding]


@wrong("float32 went in, float64 came out")
def col2im__float64(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            wide[:, :, rows, columns] += windows[:, :, fh, fw]
    return wide[:, :, padding : H + padding, padding : W + padding]


# conv_backward


@right("one image after the other")
def conv_backward__per_image(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K = dout.shape[:2]
    FH, FW = w.shape[2:]
    dw, db = np.zeros_like(w), np.zeros(K, dtype=w.dtype)
    dcols = np.empty(cols.shape, dtype=cols.dtype)
    for n in range(N):
        error = dout[n].reshape(K, -1)
        dw += (error @ cols[n].T).reshape(w.shape)
        db += error.sum(axis=1)
        dcols[n] = w.reshape(K, -1).T @ error
    return col2im(dcols, x_shape, FH, FW, stride, padding), dw, db


@right("tensordot and einsum")
def conv_backward__einsum(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = np.tensordot(flat, cols, axes=([0, 2], [0, 2])).reshape(w.shape)
    dcols = np.einsum("kr,nkl->nrl", w.reshape(K, -1), flat)
    dx = col2im(dcols, x_shape, *w.shape[2:], stride, padding)
    return dx, dw, np.einsum("nkl->k", flat)


@right("dx without col2im, dw from the pixels found in X_col")
def conv_backward__windows(dout, cache):
    cols, (N, C, H, W), w, stride, padding = cache
    FH, FW = w.shape[2:]
    HO, WO = dout.shape[2:]
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    dw = np.einsum("nkhw,ncijhw->kcij", dout, windows)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=dout.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        wide[:, :, top : top + FH, left : left + FW] += np.tensordot(
            dout[:, :, ho, wo], w, axes=1
        )
    dx = wide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum(axis=(0, 2, 3))


@wrong("dw is that of the last image only")
def conv_backward__last_image(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    for n in range(N):
        dw = (flat[n] @ cols[n].T).reshape(w.shape)
    dx = col2im(w.reshape(K, -1).T @ flat, x_shape, *w.shape[2:], stride, padding)
    return dx, dw, flat.sum(axis=(0, 2))


@wrong("dw is averaged over the images instead of summed")
def conv_backward__mean_image(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = (flat @ cols.transpose(0, 2, 1)).mean(axis=0).reshape(w.shape)
    dx = col2im(w.reshape(K, -1).T @ flat, x_shape, *w.shape[2:], stride, padding)
    return dx, dw, flat.sum(axis=(0, 2))


@wrong("dw is flipped")
def conv_backward__flipped(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dx = col2im(w.reshape(K, -1).T @ flat, x_shape, *w.shape[2:], stride, padding)
    return dx, dw[:, :, ::-1, ::-1], flat.sum(axis=(0, 2))


@wrong("db is not summed over the places")
def conv_backward__db_places(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dx = col2im(w.reshape(K, -1).T @ flat, x_shape, *w.shape[2:], stride, padding)
    return dx, dw, dout.sum(axis=0)


@wrong("db is not summed over the images")
def conv_backward__db_images(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dx = col2im(w.reshape(K, -1).T @ flat, x_shape, *w.shape[2:], stride, padding)
    return dx, dw, flat.sum(axis=2)[-1]


@wrong("db is the mean instead of the sum")
def conv_backward__db_mean(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dx = col2im(w.reshape(K, -1).T @ flat, x_shape, *w.shape[2:], stride, padding)
    return dx, dw, flat.mean(axis=(0, 2))


@wrong("dx is made with flipped filters")
def conv_backward__dx_flipped(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dcols = w[:, :, ::-1, ::-1].reshape(K, -1).T @ flat
    dx = col2im(dcols, x_shape, *w.shape[2:], stride, padding)
    return dx, dw, flat.sum(axis=(0, 2))


@wrong("W_row is reshaped instead of transposed on the way to dx")
def conv_backward__reshaped_row(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dx = col2im(w.reshape(-1, K) @ flat, x_shape, *w.shape[2:], stride, padding)
    return dx, dw, flat.sum(axis=(0, 2))


@wrong("dx still has its padding")
def conv_backward__uncropped(dout, cache):
    cols, (N, C, H, W), w, stride, padding = cache
    K, HO, WO = dout.shape[1:]
    flat = dout.reshape(N, K, HO * WO)
    dw = (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    padded = (N, C, H + 2 * padding, W + 2 * padding)
    dx = col2im(w.reshape(K, -1).T @ flat, padded, *w.shape[2:], stride, 0)
    return dx, dw, flat.sum(axis=(0, 2))


@wrong("dout was changed in place")
def conv_backward__in_place(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dx = col2im(w.reshape(K, -1).T @ flat, x_shape, *w.shape[2:], stride, padding)
    db = flat.sum(axis=(0, 2))
    dout *= 0
    return dx, dw, db


@wrong("wrong dtype")
def conv_backward__float64(dout, cache):
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    flat = dout.reshape(N, K, HO * WO)
    dw = np.zeros(w.shape)
    dw += (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dx = col2im(w.reshape(K, -1).T @ flat, x_shape, *w.shape[2:], stride, padding)
    return dx, dw, flat.sum(axis=(0, 2))


# Examples. The first of a function is the one that the lesson's text works out by hand.

BY_HAND_IMAGE = np.array(
    [[[[1.0, 2.0, 0.0, 1.0], [3.0, 1.0, 1.0, 0.0], [0.0, 2.0, 1.0, 4.0]]]]
)
BY_HAND_FILTER = np.array([[[[1.0, 2.0], [0.0, -1.0]]]])
F32 = np.float32

# Name, shapes of x, w and out, stride, padding, dtype, layout.
LAYERS = [
    (
        "every axis another length, stride 2, padding 1",
        ((2, 3, 4, 6), (5, 3, 4, 2), (2, 5, 2, 4), 2, 1),
    ),
    ("a wide filter, padding 1", ((3, 2, 2, 5), (2, 2, 2, 4), (3, 2, 3, 4), 1, 1)),
    (
        "a batch of 1, stride 3, padding 2",
        ((1, 2, 6, 7), (2, 2, 4, 2), (1, 2, 3, 4), 3, 2),
    ),
    ("1x1 filters", ((2, 4, 2, 3), (3, 4, 1, 1), (2, 3, 2, 3), 1, 0)),
    ("filters as large as the image", ((2, 3, 4, 2), (5, 3, 4, 2), (2, 5, 1, 1), 1, 0)),
]
SMALL = (2, 3, 3, 4), (2, 3, 2, 2), (2, 2, 2, 3), 1, 0


def layer(x, w, out, dtype=np.float64, backward=False):
    """Inputs of a layer: x and w of these shapes, a bias per filter that is never 0."""

    def inputs(rng):
        arrays = {
            "x": ints(rng, *x, dtype=dtype),
            "w": ints(rng, *w, dtype=dtype),
            "b": np.arange(5, 5 + 2 * w[0], 2).astype(dtype),
        }
        return arrays | ({"dout": ints(rng, *out, dtype=dtype)} if backward else {})

    return inputs


def gradients(f, x, w, b, dout, stride=1, padding=0):
    """(dx, dw, db) after the forward pass that stands beside the backward pass."""
    forward = f.__globals__["conv_forward"]
    return f(dout, forward(x, w, b, stride, padding)[1])


def layer_examples(function):
    """The same examples for every forward pass, and with dout for the backward pass."""
    backward = function == "conv_backward"
    rest = {"outputs": ("dx", "dw", "db"), "call": gradients} if backward else {}

    def one(case, x, w, out, stride, padding, dtype=np.float64, layout=None):
        options = {"stride": stride, "padding": padding}
        inputs = layer(x, w, out, dtype, backward)
        return example(function, case, inputs, options, layout=layout, **rest)

    def by_hand(rng):
        arrays = {"x": BY_HAND_IMAGE.copy(), "w": BY_HAND_FILTER.copy()}
        arrays["b"] = np.array([10.0])
        dout = np.array([[[[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]]])
        return arrays | ({"dout": dout} if backward else {})

    strided = dict.fromkeys(("x", "w", "dout") if backward else ("x", "w"), "strided")
    return [
        example(function, "the 3x4 image of the text", by_hand, **rest),
        *(one(case, *setting) for case, setting in LAYERS),
        one("float32 stays float32", *SMALL, dtype=F32),
        one("non-contiguous arrays", *SMALL, layout=strided),
    ]


def pixels(x, window, stride=1, padding=0, dtype=np.float64):
    """Inputs and options of im2col; no pixel is 0, which is the padding's."""
    options = {
        "filter_height": window[0],
        "filter_width": window[1],
        "stride": stride,
        "padding": padding,
    }
    return lambda rng: {"x": 5 + ints(rng, *x, dtype=dtype)}, options


def columns(x, window, places, stride=1, padding=0, dtype=np.float64):
    """Inputs and options of col2im for images of shape x."""
    N, C = x[:2]
    shape = (N, C * window[0] * window[1], places)
    options = pixels(x, window, stride, padding)[1]
    options = {"x_shape": list(x), **options}
    return lambda rng: {"cols": 5 + ints(rng, *shape, dtype=dtype)}, options


def as_tuple(f, cols, x_shape, **rest):
    return f(cols, tuple(x_shape), **rest)


EXAMPLES = [
    *layer_examples("conv_forward_window"),
    example(
        "im2col",
        "the 3x4 image of the text, 2x2 window",
        lambda rng: {"x": BY_HAND_IMAGE.copy()},
        {"filter_height": 2, "filter_width": 2},
    ),
    example(
        "im2col",
        "every axis another length, stride 2, padding 1",
        *pixels((2, 3, 4, 6), (4, 2), 2, 1),
    ),
    example("im2col", "a wide window, padding 1", *pixels((3, 2, 2, 5), (2, 4), 1, 1)),
    example(
        "im2col",
        "a batch of 1, stride 3, padding 2",
        *pixels((1, 2, 6, 7), (4, 2), 3, 2),
    ),
    example("im2col", "a 1x1 window, stride 2", *pixels((2, 3, 3, 5), (1, 1), 2)),
    example("im2col", "a window as large as the image", *pixels((2, 3, 4, 2), (4, 2))),
    example(
        "im2col",
        "float32 stays float32",
        *pixels((2, 2, 3, 4), (2, 3), dtype=F32),
    ),
    example(
        "im2col",
        "a non-contiguous batch",
        *pixels((2, 3, 3, 4), (3, 2)),
        layout={"x": "strided"},
    ),
    *layer_examples("conv_forward"),
    example(
        "col2im",
        "three pixels, a 1x2 window, as in the text",
        lambda rng: {"cols": np.array([[[1.0, 2.0], [3.0, 4.0]]])},
        {"x_shape": [1, 1, 1, 3], "filter_height": 1, "filter_width": 2},
        call=as_tuple,
    ),
    example(
        "col2im",
        "every axis another length, stride 2, padding 1",
        *columns((2, 3, 4, 6), (4, 2), 8, 2, 1),
        call=as_tuple,
    ),
    example(
        "col2im",
        "a wide window, padding 1",
        *columns((3, 2, 2, 5), (2, 4), 12, 1, 1),
        call=as_tuple,
    ),
    example(
        "col2im",
        "a batch of 1, windows that overlap, stride 2",
        *columns((1, 2, 5, 7), (3, 3), 6, 2),
        call=as_tuple,
    ),
    example(
        "col2im",
        "pixels that no window reaches, stride 3",
        *columns((2, 1, 5, 7), (2, 1), 6, 3),
        call=as_tuple,
    ),
    example(
        "col2im",
        "a window as large as the image",
        *columns((2, 3, 4, 2), (4, 2), 1),
        call=as_tuple,
    ),
    example(
        "col2im",
        "float32 stays float32",
        *columns((2, 2, 3, 4), (2, 3), 4, dtype=F32),
        call=as_tuple,
    ),
    example(
        "col2im",
        "non-contiguous columns",
        *columns((2, 3, 3, 4), (3, 2), 3),
        layout={"cols": "strided"},
        call=as_tuple,
    ),
    *layer_examples("conv_backward"),
]
