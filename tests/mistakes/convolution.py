"""Right and wrong answers to the tasks of lesson 02, and the examples that its checks run.

Each answer is pasted into a learner's notebook, so it uses only numpy, `output_size` and
the contract functions of this lesson. A wrong answer is right in everything but the mistake
that its phrase names.
"""

# ruff: noqa: F821 (the names are those of the notebook that an answer is filled into)

import numpy as np

from autograder.proof.answers import example, ints, right, wrong

FILTERS = ("identity", "box_blur", "sharpen", "sobel_x", "sobel_y", "laplacian")


# zero_pad


@right("np.pad on the last two axes")
def zero_pad__numpy(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(padding, padding), (padding, padding)]
    return np.pad(x, borders)


@right("strips of zeros joined to all sides")
def zero_pad__strips(x, padding):
    if padding < 0:
        raise ValueError(f"padding {padding} is negative")
    *axes, _, W = x.shape
    strip = np.zeros((*axes, padding, W), x.dtype)
    tall = np.concatenate([strip, x, strip], axis=-2)
    side = np.zeros((*tall.shape[:-1], padding), x.dtype)
    return np.concatenate([side, tall, side], axis=-1)


@right("one number after the other")
def zero_pad__one_by_one(x, padding):
    if padding < 0:
        raise ValueError("no negative padding")
    shape = list(x.shape)
    shape[-1] += 2 * padding
    shape[-2] += 2 * padding
    out = np.zeros(shape, dtype=x.dtype)
    for index in np.ndindex(x.shape):
        out[(*index[:-2], index[-2] + padding, index[-1] + padding)] = x[index]
    return out


@wrong("the padding is ignored")
def zero_pad__ignored(x, padding):
    return x.copy()


@wrong("all the zeros are put above and to the left")
def zero_pad__top_left(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(2 * padding, 0), (2 * padding, 0)]
    return np.pad(x, borders)


@wrong("all the zeros are put below and to the right")
def zero_pad__bottom_right(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(0, 2 * padding), (0, 2 * padding)]
    return np.pad(x, borders)


@wrong("zeros are added above and to the left, but not below and to the right")
def zero_pad__near_side_only(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(padding, 0), (padding, 0)]
    return np.pad(x, borders)


@wrong("zeros are added below and to the right, but not above and to the left")
def zero_pad__far_side_only(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(0, padding), (0, padding)]
    return np.pad(x, borders)


@wrong("rows of zeros are added, but no columns")
def zero_pad__rows_only(x, padding):
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [(padding, padding), (0, 0)])


@wrong("columns of zeros are added, but no rows")
def zero_pad__columns_only(x, padding):
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(padding, padding)])


@wrong("the channels and the batch are padded too")
def zero_pad__all_axes(x, padding):
    return np.pad(x, padding)


@wrong("the channels are padded too")
def zero_pad__channels_too(x, padding):
    borders = [(0, 0)] * (x.ndim - 3) + [(padding, padding)] * min(x.ndim, 3)
    return np.pad(x, borders)


@wrong("the first two axes are padded instead of the last two")
def zero_pad__first_axes(x, padding):
    return np.pad(x, [(padding, padding)] * 2 + [(0, 0)] * (x.ndim - 2))


@wrong("the border repeats the edge of the image instead of zeros")
def zero_pad__edge(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(padding, padding), (padding, padding)]
    return np.pad(x, borders, mode="edge")


@wrong("the border is filled with ones")
def zero_pad__ones(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(padding, padding), (padding, padding)]
    return np.pad(x, borders, constant_values=1)


@wrong("the image is wrapped around instead of a border of zeros")
def zero_pad__wrapped(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(padding, padding), (padding, padding)]
    return np.pad(x, borders, mode="wrap")


@wrong("the padding is doubled")
def zero_pad__twice(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(2 * padding, 2 * padding)] * 2
    return np.pad(x, borders)


@wrong("the padding is always 1")
def zero_pad__always_one(x, padding):
    if padding < 0:
        raise ValueError("negative")
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [(1, 1), (1, 1)])


@wrong("the padded image is made as wide as it is high")
def zero_pad__square(x, padding):
    *axes, H, W = x.shape
    out = np.zeros((*axes, H + 2 * padding, H + 2 * padding), dtype=x.dtype)
    width = min(W, H)
    out[..., padding : padding + H, padding : padding + width] = x[..., :width]
    return out


@wrong("x is never copied into the zeros")
def zero_pad__only_zeros(x, padding):
    *axes, H, W = x.shape
    return np.zeros((*axes, H + 2 * padding, W + 2 * padding), dtype=x.dtype)


@wrong("the outermost pixels of the image are overwritten with zeros")
def zero_pad__overwritten(x, padding):
    out = np.zeros_like(x)
    inner = (..., slice(padding, x.shape[-2] - padding), slice(padding, -padding))
    out[inner] = x[inner]
    return out


@wrong("x was changed in place")
def zero_pad__in_place(x, padding):
    *axes, H, W = x.shape
    out = np.zeros((*axes, H + 2 * padding, W + 2 * padding), dtype=x.dtype)
    out[..., padding : padding + H, padding : padding + W] = x
    x[...] = 0
    return out


@wrong("float32 went in, float64 came out")
def zero_pad__float64(x, padding):
    *axes, H, W = x.shape
    out = np.zeros((*axes, H + 2 * padding, W + 2 * padding))
    out[..., padding : padding + H, padding : padding + W] = x
    return out


@wrong("wrong dtype")
def zero_pad__float32(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(padding, padding), (padding, padding)]
    return np.pad(x, borders).astype(np.float32)


@wrong("wrong dtype")
def zero_pad__int(x, padding):
    borders = [(0, 0)] * (x.ndim - 2) + [(padding, padding), (padding, padding)]
    return np.pad(x, borders).astype(int)


@wrong("it works for one map only", named=False)
def zero_pad__two_axes(x, padding):
    H, W = x.shape
    out = np.zeros((H + 2 * padding, W + 2 * padding), dtype=x.dtype)
    out[padding : padding + H, padding : padding + W] = x
    return out


@wrong("it works for batches only", named=False)
def zero_pad__four_axes(x, padding):
    N, C, H, W = x.shape
    out = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=x.dtype)
    out[:, :, padding : padding + H, padding : padding + W] = x
    return out


@wrong("padding 0 cuts everything away", named=False)
def zero_pad__minus_zero(x, padding):
    *axes, H, W = x.shape
    out = np.zeros((*axes, H + 2 * padding, W + 2 * padding), dtype=x.dtype)
    out[..., padding:-padding, padding:-padding] = x
    return out


@wrong("a negative padding is accepted", named=False)
def zero_pad__negative(x, padding):
    padding = abs(padding)
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [(padding, padding)] * 2)


@wrong("returned None", named=True)
def zero_pad__none(x, padding):
    np.pad(x, [(0, 0)] * (x.ndim - 2) + [(padding, padding)] * 2)


# neuron


@right("einsum")
def neuron__einsum(patch, weights, bias):
    if patch.shape != weights.shape:
        raise ValueError(f"shapes {patch.shape} and {weights.shape}")
    return float(np.einsum("cij,cij->", patch, weights)) + float(bias)


@right("three loops")
def neuron__loops(patch, weights, bias):
    C, FH, FW = patch.shape
    if weights.shape != (C, FH, FW):
        raise ValueError(f"{weights.shape} is not {patch.shape}")
    total = float(bias)
    for c in range(C):
        for i in range(FH):
            for j in range(FW):
                total += float(patch[c, i, j]) * float(weights[c, i, j])
    return total


@right("dot product of two rows")
def neuron__dot(patch, weights, bias):
    if patch.shape != weights.shape:
        raise ValueError(f"cannot match {patch.shape} with {weights.shape}")
    return (patch.reshape(-1) @ weights.reshape(-1)).item() + bias


@wrong("the bias is forgotten")
def neuron__no_bias(patch, weights, bias):
    if patch.shape != weights.shape:
        raise ValueError(f"shapes {patch.shape} and {weights.shape}")
    return float((patch * weights).sum())


@wrong("the bias is added once per channel")
def neuron__bias_per_channel(patch, weights, bias):
    return float(((patch * weights).sum(axis=(1, 2)) + bias).sum())


@wrong("the bias is added to every product")
def neuron__bias_per_product(patch, weights, bias):
    return float((patch * weights + bias).sum())


@wrong("the bias is subtracted")
def neuron__minus_bias(patch, weights, bias):
    return float((patch * weights).sum() - bias)


@wrong("the bias is multiplied, not added")
def neuron__times_bias(patch, weights, bias):
    return float((patch * weights).sum() * bias)


@wrong("the mean is taken instead of the sum")
def neuron__mean(patch, weights, bias):
    return float((patch * weights).mean() + bias)


@wrong("the largest product is taken instead of the sum")
def neuron__max(patch, weights, bias):
    return float((patch * weights).max() + bias)


@wrong("only the first channel is used")
def neuron__first_channel(patch, weights, bias):
    return float((patch[0] * weights[0]).sum() + bias)


@wrong("only the last channel is used")
def neuron__last_channel(patch, weights, bias):
    for c in range(len(patch)):
        total = (patch[c] * weights[c]).sum()
    return float(total + bias)


@wrong("the channels are averaged instead of added")
def neuron__mean_of_channels(patch, weights, bias):
    return float((patch * weights).sum(axis=(1, 2)).mean() + bias)


@wrong("the filter is flipped")
def neuron__flipped(patch, weights, bias):
    return float((patch * weights[:, ::-1, ::-1]).sum() + bias)


@wrong("the rows of the filter are in reverse order")
def neuron__flipped_rows(patch, weights, bias):
    return float((patch * weights[:, ::-1]).sum() + bias)


@wrong("the columns of the filter are in reverse order")
def neuron__flipped_columns(patch, weights, bias):
    return float((patch * weights[:, :, ::-1]).sum() + bias)


@wrong("the channels of the filter are in reverse order")
def neuron__flipped_channels(patch, weights, bias):
    return float((patch * weights[::-1]).sum() + bias)


@wrong("patch and weights are added, not multiplied")
def neuron__added(patch, weights, bias):
    return float((patch + weights).sum() + bias)


@wrong("a negative answer is set to 0")
def neuron__relu(patch, weights, bias):
    if patch.shape != weights.shape:
        raise ValueError(f"shapes {patch.shape} and {weights.shape}")
    return max(0.0, float((patch * weights).sum() + bias))


@wrong("the result is cut to a whole number")
def neuron__int(patch, weights, bias):
    if patch.shape != weights.shape:
        raise ValueError(f"shapes {patch.shape} and {weights.shape}")
    return int((patch * weights).sum() + bias)


@wrong("patch was changed in place")
def neuron__patch_in_place(patch, weights, bias):
    patch *= weights
    return float(patch.sum() + bias)


@wrong("weights was changed in place")
def neuron__weights_in_place(patch, weights, bias):
    weights *= patch
    return float(weights.sum() + bias)


@wrong("One number is wanted, not an array")
def neuron__array(patch, weights, bias):
    return (patch * weights).sum(axis=(1, 2)) + bias


@wrong("One number is wanted, not an array")
def neuron__array_of_one(patch, weights, bias):
    return np.array([(patch * weights).sum() + bias])


@wrong("the result is a number of numpy, not a Python float")
def neuron__numpy_scalar(patch, weights, bias):
    if patch.shape != weights.shape:
        raise ValueError(f"shapes {patch.shape} and {weights.shape}")
    return patch.dtype.type((patch * weights).sum() + bias)


@wrong("patch @ weights, a matrix product, is taken instead of patch * weights")
def neuron__matrix_product(patch, weights, bias):
    return float((patch @ weights).sum() + bias)


@wrong("returned None")
def neuron__none(patch, weights, bias):
    float(np.sum(patch * weights) + bias)


# activation_map


@right("loops over every number")
def activation_map__loops(x, weights, bias, stride=1, padding=0):
    C, H, W = x.shape
    if weights.shape[0] != C:
        raise ValueError(f"{C} channels in x, {weights.shape[0]} in the filter")
    _, FH, FW = weights.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    out = np.empty((HO, WO), dtype=x.dtype)
    for ho in range(HO):
        for wo in range(WO):
            total = float(bias)
            for c in range(C):
                for fh in range(FH):
                    for fw in range(FW):
                        row = ho * stride + fh - padding
                        column = wo * stride + fw - padding
                        if 0 <= row < H and 0 <= column < W:
                            total += float(x[c, row, column]) * float(
                                weights[c, fh, fw]
                            )
            out[ho, wo] = total
    return out


@right("sum over a view of all windows")
def activation_map__windows(x, weights, bias, stride=1, padding=0):
    if len(x) != len(weights):
        raise ValueError(f"{len(x)} channels, but {len(weights)} in the filter")
    for size, filter_size in zip(x.shape[1:], weights.shape[1:]):
        output_size(size, filter_size, stride, padding)
    wide = np.pad(x, [(0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return (np.einsum("hwcij,cij->hw", windows, weights) + bias).astype(x.dtype)


@right("shift the image under the filter, one weight at a time")
def activation_map__shifts(x, weights, bias, stride=1, padding=0):
    C, FH, FW = weights.shape
    if C != x.shape[0]:
        raise ValueError(f"x: {x.shape[0]} channels, weights: {C} channels")
    HO = output_size(x.shape[1], FH, stride, padding)
    WO = output_size(x.shape[2], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.full((HO, WO), bias, dtype=x.dtype)
    for c, fh, fw in np.ndindex(weights.shape):
        rows = slice(fh, fh + (HO - 1) * stride + 1, stride)
        columns = slice(fw, fw + (WO - 1) * stride + 1, stride)
        out += wide[c, rows, columns] * weights[c, fh, fw]
    return out


@right("patches as rows of a matrix, one product")
def activation_map__matrix(x, weights, bias, stride=1, padding=0):
    C, H, W = x.shape
    D, FH, FW = weights.shape
    if C != D:
        raise ValueError(f"x has {C} channels, weights have {D}")
    HO, WO = (
        output_size(H, FH, stride, padding),
        output_size(W, FW, stride, padding),
    )
    wide = zero_pad(x, padding)
    rows = [
        wide[:, i * stride : i * stride + FH, j * stride : j * stride + FW].ravel()
        for i in range(HO)
        for j in range(WO)
    ]
    product = np.array(rows) @ weights.ravel() + bias
    return product.reshape(HO, WO).astype(x.dtype)


@right("Fourier transform")
def activation_map__fourier(x, weights, bias, stride=1, padding=0):
    if x.shape[0] != weights.shape[0]:
        raise ValueError(f"{x.shape[0]} is not {weights.shape[0]} channels")
    for axis in (1, 2):
        output_size(x.shape[axis], weights.shape[axis], stride, padding)
    wide = zero_pad(x, padding).astype(float)
    H, W = wide.shape[1:]
    spectrum = np.fft.fft2(wide) * np.conj(np.fft.fft2(weights, s=(H, W)))
    full = np.fft.ifft2(spectrum.sum(axis=0)).real
    FH, FW = weights.shape[1:]
    out = full[: H - FH + 1 : stride, : W - FW + 1 : stride] + bias
    return out.astype(x.dtype)


@wrong("the filter is flipped")
def activation_map__flipped(x, weights, bias, stride=1, padding=0):
    HO = output_size(x.shape[1], weights.shape[1], stride, padding)
    WO = output_size(x.shape[2], weights.shape[2], stride, padding)
    wide, out = zero_pad(x, padding), np.zeros((HO, WO), x.dtype)
    for i, j in np.ndindex(HO, WO):
        patch = wide[:, i * stride :, j * stride :]
        patch = patch[:, : weights.shape[1], : weights.shape[2]]
        out[i, j] = neuron(patch, weights[:, ::-1, ::-1], bias)
    return out


@wrong("the rows of the filter are in reverse order")
def activation_map__flipped_rows(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights[:, ::-1]) + bias


@wrong("the columns of the filter are in reverse order")
def activation_map__flipped_columns(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights[:, :, ::-1]) + bias


@wrong("the channels of the filter are in reverse order")
def activation_map__flipped_channels(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights[::-1]) + bias


@wrong("the bias is forgotten")
def activation_map__no_bias(x, weights, bias, stride=1, padding=0):
    HO = output_size(x.shape[1], weights.shape[1], stride, padding)
    WO = output_size(x.shape[2], weights.shape[2], stride, padding)
    wide, out = zero_pad(x, padding), np.zeros((HO, WO), x.dtype)
    for i, j in np.ndindex(HO, WO):
        patch = wide[:, i * stride :, j * stride :]
        patch = patch[:, : weights.shape[1], : weights.shape[2]]
        out[i, j] = neuron(patch, weights, 0.0)
    return out


@wrong("the bias is added once per channel")
def activation_map__bias_per_channel(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias * len(x)


@wrong("the bias is added to every product")
def activation_map__bias_per_product(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    return (windows[::stride, ::stride] * weights + bias).sum(axis=(2, 3, 4))


@wrong("the bias is added once per place")
def activation_map__bias_per_place(x, weights, bias, stride=1, padding=0):
    HO = output_size(x.shape[1], weights.shape[1], stride, padding)
    WO = output_size(x.shape[2], weights.shape[2], stride, padding)
    wide, out = zero_pad(x, padding), np.zeros((HO, WO), x.dtype)
    for i, j in np.ndindex(HO, WO):
        patch = wide[:, i * stride :, j * stride :]
        patch = patch[:, : weights.shape[1], : weights.shape[2]]
        out[i, j] = neuron(patch, weights, 0.0)
        out += bias
    return out


@wrong("the bias is subtracted")
def activation_map__minus_bias(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) - bias


@wrong("the mean is taken instead of the sum")
def activation_map__mean(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    return (windows[::stride, ::stride] * weights).mean(axis=(2, 3, 4)) + bias


@wrong("only the first channel is used")
def activation_map__first_channel(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwij,ij->hw", windows[:, :, 0], weights[0]) + bias


@wrong("only the last channel is used")
def activation_map__last_channel(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwij,ij->hw", windows[:, :, -1], weights[-1]) + bias


@wrong("the channels are averaged instead of added")
def activation_map__mean_of_channels(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) / len(x) + bias


@wrong("the padding is ignored")
def activation_map__no_padding(x, weights, bias, stride=1, padding=0):
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


@wrong("all the padding is put above and to the left")
def activation_map__top_left(x, weights, bias, stride=1, padding=0):
    wide = np.pad(x, [(0, 0), (2 * padding, 0), (2 * padding, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


@wrong("all the padding is put below and to the right")
def activation_map__bottom_right(x, weights, bias, stride=1, padding=0):
    wide = np.pad(x, [(0, 0), (0, 2 * padding), (0, 2 * padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


@wrong("the padding is added on one side only")
def activation_map__one_side(x, weights, bias, stride=1, padding=0):
    wide = np.pad(x, [(0, 0), (padding, 0), (padding, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


@wrong("the channels are padded too")
def activation_map__channels_padded(x, weights, bias, stride=1, padding=0):
    wide = np.pad(x, padding)[: len(x)]
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


@wrong("the border is filled with ones")
def activation_map__border_of_ones(x, weights, bias, stride=1, padding=0):
    borders = [(0, 0), (padding, padding), (padding, padding)]
    wide = np.pad(x, borders, constant_values=1)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


@wrong("the border repeats the edge of the image instead of zeros")
def activation_map__border_of_edge(x, weights, bias, stride=1, padding=0):
    borders = [(0, 0), (padding, padding), (padding, padding)]
    wide = np.pad(x, borders, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


@wrong("the stride is ignored")
def activation_map__no_stride(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


@wrong("the windows start at ho and wo, not at ho * stride and wo * stride")
def activation_map__unstrided_starts(x, weights, bias, stride=1, padding=0):
    HO = output_size(x.shape[1], weights.shape[1], stride, padding)
    WO = output_size(x.shape[2], weights.shape[2], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    return np.einsum("hwcij,cij->hw", windows[:HO, :WO], weights) + bias


@wrong("the stride is ignored along the width")
def activation_map__stride_rows_only(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    return np.einsum("hwcij,cij->hw", windows[::stride], weights) + bias


@wrong("the stride is ignored along the height")
def activation_map__stride_columns_only(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    return np.einsum("hwcij,cij->hw", windows[:, ::stride], weights) + bias


@wrong("stride and padding have changed places")
def activation_map__swapped_options(x, weights, bias, stride=1, padding=0):
    stride, padding = max(padding, 1), stride
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


@wrong("rows and columns of the output have changed places")
def activation_map__transposed(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->wh", windows, weights) + bias


@wrong("height and width of x are swapped", named=False)
def activation_map__swapped_sizes(x, weights, bias, stride=1, padding=0):
    _, W, H = x.shape
    _, FH, FW = weights.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide, out = zero_pad(x, padding), np.zeros((HO, WO), x.dtype)
    for ho in range(HO):
        for wo in range(WO):
            top, left = ho * stride, wo * stride
            out[ho, wo] = neuron(
                wide[:, top : top + FH, left : left + FW], weights, bias
            )
    return out


@wrong("the width of the output is computed with FH")
def activation_map__width_with_fh(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    out = np.einsum("hwcij,cij->hw", windows[::stride, ::stride], weights) + bias
    WO = (x.shape[2] - weights.shape[1] + 2 * padding) // stride + 1
    wrong_width = np.zeros((len(out), WO), x.dtype)
    both = min(WO, out.shape[1])
    wrong_width[:, :both] = out[:, :both]
    return wrong_width


@wrong("the width of the output is computed with H")
def activation_map__width_with_h(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    out = np.einsum("hwcij,cij->hw", windows[::stride, ::stride], weights) + bias
    WO = max((x.shape[1] - weights.shape[2] + 2 * padding) // stride + 1, 1)
    wrong_width = np.zeros((len(out), WO), x.dtype)
    both = min(WO, out.shape[1])
    wrong_width[:, :both] = out[:, :both]
    return wrong_width


@wrong("FH is used for FW, so that the window is a square")
def activation_map__square_filter(x, weights, bias, stride=1, padding=0):
    HO = output_size(x.shape[1], weights.shape[1], stride, padding)
    WO = output_size(x.shape[2], weights.shape[2], stride, padding)
    F = weights.shape[1]
    wide, out = zero_pad(x, padding), np.zeros((HO, WO), x.dtype)
    for i, j in np.ndindex(HO, WO):
        patch = wide[:, i * stride : i * stride + F, j * stride : j * stride + F]
        width = min(patch.shape[2], weights.shape[2])
        out[i, j] = neuron(patch[:, :, :width], weights[:, :, :width], bias)
    return out


@wrong("FW is used for FH, so that the window is a square")
def activation_map__square_filter_by_width(x, weights, bias, stride=1, padding=0):
    HO = output_size(x.shape[1], weights.shape[1], stride, padding)
    WO = output_size(x.shape[2], weights.shape[2], stride, padding)
    F = weights.shape[2]
    wide, out = zero_pad(x, padding), np.zeros((HO, WO), x.dtype)
    for i, j in np.ndindex(HO, WO):
        patch = wide[:, i * stride : i * stride + F, j * stride : j * stride + F]
        height = min(patch.shape[1], weights.shape[1])
        out[i, j] = neuron(patch[:, :height], weights[:, :height], bias)
    return out


@wrong("the output is one row and one column too small")
def activation_map__too_small(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    out = np.einsum("hwcij,cij->hw", windows[::stride, ::stride], weights) + bias
    return out[: max(len(out) - 1, 1), : max(out.shape[1] - 1, 1)]


@wrong("the loops stop one place early")
def activation_map__last_place_missing(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    out = np.einsum("hwcij,cij->hw", windows[::stride, ::stride], weights) + bias
    out[-1], out[:, -1] = 0, 0
    return out


@wrong("the sum of one place is carried on to the next")
def activation_map__carried_on(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    out = np.einsum("hwcij,cij->hw", windows[::stride, ::stride], weights) + bias
    return np.cumsum(out).reshape(out.shape)


@wrong("negative answers are set to 0")
def activation_map__relu(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    out = np.einsum("hwcij,cij->hw", windows, weights) + bias
    return np.maximum(out, 0)


@wrong("nothing is written into the output")
def activation_map__zeros(x, weights, bias, stride=1, padding=0):
    HO = output_size(x.shape[1], weights.shape[1], stride, padding)
    WO = output_size(x.shape[2], weights.shape[2], stride, padding)
    return np.zeros((HO, WO), x.dtype)


@wrong("x was changed in place")
def activation_map__in_place(x, weights, bias, stride=1, padding=0):
    HO = output_size(x.shape[1], weights.shape[1], stride, padding)
    WO = output_size(x.shape[2], weights.shape[2], stride, padding)
    wide = zero_pad(x, padding) if padding else x
    out = np.zeros((HO, WO), x.dtype)
    for i, j in np.ndindex(HO, WO):
        patch = wide[:, i * stride :, j * stride :]
        patch = patch[:, : weights.shape[1], : weights.shape[2]]
        patch *= weights
        out[i, j] = patch.sum() + bias
    return out


@wrong("float32 went in, float64 came out")
def activation_map__float64(x, weights, bias, stride=1, padding=0):
    if len(x) != len(weights):
        raise ValueError(f"{len(x)} channels, but {len(weights)} in the filter")
    HO = output_size(x.shape[1], weights.shape[1], stride, padding)
    WO = output_size(x.shape[2], weights.shape[2], stride, padding)
    wide, out = zero_pad(x, padding), np.zeros((HO, WO))
    for i, j in np.ndindex(HO, WO):
        patch = wide[:, i * stride :, j * stride :]
        patch = patch[:, : weights.shape[1], : weights.shape[2]]
        out[i, j] = neuron(patch, weights, bias)
    return out


@wrong("wrong dtype")
def activation_map__float32(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    out = np.einsum("hwcij,cij->hw", windows[::stride, ::stride], weights) + bias
    return out.astype(np.float32)


@wrong("wrong dtype")
def activation_map__int(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    out = np.einsum("hwcij,cij->hw", windows[::stride, ::stride], weights) + bias
    return out.astype(int)


@wrong("a filter that does not fit is rounded down in silence", named=False)
def activation_map__floor(x, weights, bias, stride=1, padding=0):
    C, H, W = x.shape
    D, FH, FW = weights.shape
    if C != D:
        raise ValueError(f"{C} and {D} channels")
    HO = (H - FH + 2 * padding) // stride + 1
    WO = (W - FW + 2 * padding) // stride + 1
    wide, out = zero_pad(x, padding), np.zeros((HO, WO), x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        out[ho, wo] = neuron(wide[:, top : top + FH, left : left + FW], weights, bias)
    return out


@wrong("only the height is tested for a fit", named=False)
def activation_map__fit_of_height_only(x, weights, bias, stride=1, padding=0):
    C, H, W = x.shape
    D, FH, FW = weights.shape
    if C != D:
        raise ValueError(f"{C} and {D} channels")
    HO = output_size(H, FH, stride, padding)
    WO = (W - FW + 2 * padding) // stride + 1
    wide, out = zero_pad(x, padding), np.zeros((HO, WO), x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        out[ho, wo] = neuron(wide[:, top : top + FH, left : left + FW], weights, bias)
    return out


@wrong("only the width is tested for a fit", named=False)
def activation_map__fit_of_width_only(x, weights, bias, stride=1, padding=0):
    C, H, W = x.shape
    D, FH, FW = weights.shape
    if C != D:
        raise ValueError(f"{C} and {D} channels")
    HO = (H - FH + 2 * padding) // stride + 1
    WO = output_size(W, FW, stride, padding)
    wide, out = zero_pad(x, padding), np.zeros((HO, WO), x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        out[ho, wo] = neuron(wide[:, top : top + FH, left : left + FW], weights, bias)
    return out


@wrong("If this is a pair (out, cache)")
def activation_map__with_cache(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias, (x, weights, bias)


@wrong("returned None")
def activation_map__none(x, weights, bias, stride=1, padding=0):
    wide = zero_pad(x, padding)
    np.lib.stride_tricks.sliding_window_view(wide, weights.shape)


# conv_forward_naive


@right("seven loops, no helper")
def conv_forward_naive__seven_loops(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    K, D, FH, FW = w.shape
    if C != D:
        raise ValueError(f"x has {C} channels, the filters have {D}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    out = np.empty((N, K, HO, WO), dtype=x.dtype)
    for n in range(N):
        for k in range(K):
            for i in range(HO):
                for j in range(WO):
                    total = float(b[k])
                    for c in range(C):
                        for fh in range(FH):
                            for fw in range(FW):
                                row = i * stride + fh - padding
                                column = j * stride + fw - padding
                                if 0 <= row < H and 0 <= column < W:
                                    total += float(x[n, c, row, column]) * float(
                                        w[k, c, fh, fw]
                                    )
                    out[n, k, i, j] = total
    return out, (x, w, b, stride, padding)


@right("einsum over a view of all windows")
def conv_forward_naive__einsum(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"{x.shape[1]} channels against {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out.astype(x.dtype), (x, w, b, stride, padding)


@right("tensordot for each place, copies in the cache")
def conv_forward_naive__tensordot(x, w, b, stride=1, padding=0):
    K, D, FH, FW = w.shape
    if x.shape[1] != D:
        raise ValueError(f"channels: {x.shape[1]} and {D}")
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((len(x), K, HO, WO), dtype=x.dtype)
    for i in range(HO):
        for j in range(WO):
            top, left = i * stride, j * stride
            patches = wide[:, :, top : top + FH, left : left + FW]
            out[:, :, i, j] = np.tensordot(patches, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x.copy(), w.copy(), b.copy(), stride, padding)


@right("shift the images under the filters, one weight at a time")
def conv_forward_naive__shifts(x, w, b, stride=1, padding=0):
    K, C, FH, FW = w.shape
    if x.shape[1] != C:
        raise ValueError(f"the filters want {C} channels, x has {x.shape[1]}")
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.zeros((len(x), K, HO, WO), dtype=x.dtype)
    for fh in range(FH):
        for fw in range(FW):
            seen = wide[:, :, fh:, fw:][:, :, ::stride, ::stride][:, :, :HO, :WO]
            out += np.einsum("nchw,kc->nkhw", seen, w[:, :, fh, fw])
    out += b[:, np.newaxis, np.newaxis]
    return out, (x, w, b, stride, padding)


@right("lists of maps")
def conv_forward_naive__lists(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the filter is flipped")
def conv_forward_naive__flipped(x, w, b, stride=1, padding=0):
    turned = w[:, :, ::-1, ::-1]
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(turned, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the rows of the filter are in reverse order")
def conv_forward_naive__flipped_rows(x, w, b, stride=1, padding=0):
    turned = w[:, :, ::-1]
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(turned, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the columns of the filter are in reverse order")
def conv_forward_naive__flipped_columns(x, w, b, stride=1, padding=0):
    turned = w[:, :, :, ::-1]
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(turned, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the channels of the filter are in reverse order")
def conv_forward_naive__flipped_channels(x, w, b, stride=1, padding=0):
    turned = w[:, ::-1]
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(turned, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the bias is forgotten")
def conv_forward_naive__no_bias(x, w, b, stride=1, padding=0):
    maps = [[activation_map(image, f, 0.0, stride, padding) for f in w] for image in x]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the bias is added once per channel")
def conv_forward_naive__bias_per_channel(x, w, b, stride=1, padding=0):
    every = b * x.shape[1]
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, every)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the bias is added to every product")
def conv_forward_naive__bias_per_product(x, w, b, stride=1, padding=0):
    every = b * w[0].size
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, every)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the bias is added once per place")
def conv_forward_naive__bias_per_place(x, w, b, stride=1, padding=0):
    HO = output_size(x.shape[2], w.shape[2], stride, padding)
    WO = output_size(x.shape[3], w.shape[3], stride, padding)
    out = np.zeros((len(x), len(w), HO, WO), dtype=x.dtype)
    for n, k in np.ndindex(len(x), len(w)):
        out[n, k] = activation_map(x[n], w[k], 0.0, stride, padding)
        for _ in range(HO * WO):
            out[n, k] += b[k]
    return out, (x, w, b, stride, padding)


@wrong("the bias of the first filter is used for all filters")
def conv_forward_naive__first_bias(x, w, b, stride=1, padding=0):
    maps = [[activation_map(image, f, b[0], stride, padding) for f in w] for image in x]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("all biases are added to every map")
def conv_forward_naive__sum_of_biases(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, b.sum(), stride, padding) for f in w] for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the mean is taken instead of the sum")
def conv_forward_naive__mean(x, w, b, stride=1, padding=0):
    small = w / w[0].size
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(small, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("only the first channel is used")
def conv_forward_naive__first_channel(x, w, b, stride=1, padding=0):
    maps = [
        [
            activation_map(image[:1], f[:1], bias, stride, padding)
            for f, bias in zip(w, b)
        ]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("only the last channel is used")
def conv_forward_naive__last_channel(x, w, b, stride=1, padding=0):
    maps = [
        [
            activation_map(image[-1:], f[-1:], bias, stride, padding)
            for f, bias in zip(w, b)
        ]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("only the first image is computed")
def conv_forward_naive__first_image(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    out = np.array(maps)
    out[1:] = 0
    return out, (x, w, b, stride, padding)


@wrong("every image gets the maps of the first")
def conv_forward_naive__same_image(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(x[0], f, bias, stride, padding) for f, bias in zip(w, b)]
        for _ in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("only the first filter is used")
def conv_forward_naive__first_filter(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, w[0], bias, stride, padding) for bias in b]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("only the map of the first filter is computed")
def conv_forward_naive__first_map(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    out = np.array(maps)
    out[:, 1:] = 0
    return out, (x, w, b, stride, padding)


@wrong("only the last filter is used")
def conv_forward_naive__last_filter(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, w[-1], bias, stride, padding) for bias in b]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the maps of all filters are added up")
def conv_forward_naive__summed_filters(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    out = np.array(maps)
    out[:] = out.sum(axis=1, keepdims=True)
    return out, (x, w, b, stride, padding)


@wrong("the padding is ignored")
def conv_forward_naive__no_padding(x, w, b, stride=1, padding=0):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("all the padding is put above and to the left")
def conv_forward_naive__top_left(x, w, b, stride=1, padding=0):
    wide = np.pad(x, [(0, 0), (0, 0), (2 * padding, 0), (2 * padding, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("all the padding is put below and to the right")
def conv_forward_naive__bottom_right(x, w, b, stride=1, padding=0):
    wide = np.pad(x, [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("the padding is added on one side only")
def conv_forward_naive__one_side(x, w, b, stride=1, padding=0):
    wide = np.pad(x, [(0, 0), (0, 0), (padding, 0), (padding, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("the channels are padded too")
def conv_forward_naive__channels_padded(x, w, b, stride=1, padding=0):
    wide = np.pad(x, [(0, 0)] + [(padding, padding)] * 3)[:, : x.shape[1]]
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("the batch is padded too")
def conv_forward_naive__batch_padded(x, w, b, stride=1, padding=0):
    borders = [(padding, padding), (0, 0), (padding, padding), (padding, padding)]
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, borders), w.shape[2:], axis=(2, 3)
    )
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("the border is filled with ones")
def conv_forward_naive__border_of_ones(x, w, b, stride=1, padding=0):
    borders = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    wide = np.pad(x, borders, constant_values=1)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("the border repeats the edge of the image instead of zeros")
def conv_forward_naive__border_of_edge(x, w, b, stride=1, padding=0):
    borders = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    wide = np.pad(x, borders, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("the stride is ignored")
def conv_forward_naive__no_stride(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, 1, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the windows start at ho and wo, not at ho * stride and wo * stride")
def conv_forward_naive__unstrided_starts(x, w, b, stride=1, padding=0):
    HO = output_size(x.shape[2], w.shape[2], stride, padding)
    WO = output_size(x.shape[3], w.shape[3], stride, padding)
    maps = [
        [activation_map(image, f, bias, 1, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps)[:, :, :HO, :WO], (x, w, b, stride, padding)


@wrong("the stride is ignored along the width")
def conv_forward_naive__stride_rows_only(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, 1, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps)[:, :, ::stride], (x, w, b, stride, padding)


@wrong("the stride is ignored along the height")
def conv_forward_naive__stride_columns_only(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, 1, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps)[:, :, :, ::stride], (x, w, b, stride, padding)


@wrong("stride and padding have changed places")
def conv_forward_naive__swapped_options(x, w, b, stride=1, padding=0):
    maps = [
        [
            activation_map(image, f, bias, max(padding, 1), stride)
            for f, bias in zip(w, b)
        ]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("rows and columns of the output have changed places")
def conv_forward_naive__transposed(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding).T for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("images and filters have changed places in the output")
def conv_forward_naive__filters_first(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for image in x]
        for f, bias in zip(w, b)
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the maps are put last, as in (N, HO, WO, K)")
def conv_forward_naive__channels_last(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps).transpose(0, 2, 3, 1), (x, w, b, stride, padding)


@wrong("the width of the output is computed with FH")
def conv_forward_naive__width_with_fh(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    WO = (x.shape[3] - w.shape[2] + 2 * padding) // stride + 1
    out = np.zeros((len(x), len(w), len(maps[0][0]), WO), x.dtype)
    both = min(WO, maps[0][0].shape[1])
    out[:, :, :, :both] = np.array(maps)[:, :, :, :both]
    return out, (x, w, b, stride, padding)


@wrong("the width of the output is computed with H")
def conv_forward_naive__width_with_h(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    WO = max((x.shape[2] - w.shape[3] + 2 * padding) // stride + 1, 1)
    out = np.zeros((len(x), len(w), len(maps[0][0]), WO), x.dtype)
    both = min(WO, maps[0][0].shape[1])
    out[:, :, :, :both] = np.array(maps)[:, :, :, :both]
    return out, (x, w, b, stride, padding)


@wrong("FH is used for FW, so that the window is a square")
def conv_forward_naive__square_filter(x, w, b, stride=1, padding=0):
    narrow = w.copy()
    narrow[:, :, :, w.shape[2] :] = 0
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(narrow, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("FW is used for FH, so that the window is a square")
def conv_forward_naive__square_filter_by_width(x, w, b, stride=1, padding=0):
    low = w.copy()
    low[:, :, w.shape[3] :] = 0
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(low, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, stride, padding)


@wrong("the output is one row and one column too small")
def conv_forward_naive__too_small(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    out = np.array(maps)
    HO, WO = max(out.shape[2] - 1, 1), max(out.shape[3] - 1, 1)
    return out[:, :, :HO, :WO], (x, w, b, stride, padding)


@wrong("the loops stop one place early")
def conv_forward_naive__last_place_missing(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    out = np.array(maps)
    out[:, :, -1], out[:, :, :, -1] = 0, 0
    return out, (x, w, b, stride, padding)


@wrong("the sum of one place is carried on to the next")
def conv_forward_naive__carried_on(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    out = np.array(maps)
    return np.cumsum(out).reshape(out.shape), (x, w, b, stride, padding)


@wrong("negative answers are set to 0")
def conv_forward_naive__relu(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.maximum(np.array(maps), 0), (x, w, b, stride, padding)


@wrong("nothing is written into the output")
def conv_forward_naive__zeros(x, w, b, stride=1, padding=0):
    HO = output_size(x.shape[2], w.shape[2], stride, padding)
    WO = output_size(x.shape[3], w.shape[3], stride, padding)
    return np.zeros((len(x), len(w), HO, WO), x.dtype), (x, w, b, stride, padding)


@wrong("x was changed in place")
def conv_forward_naive__in_place(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    x -= x.mean()
    return np.array(maps), (x, w, b, stride, padding)


@wrong("w was changed in place")
def conv_forward_naive__w_in_place(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    w += 1
    return np.array(maps), (x, w, b, stride, padding)


@wrong("float32 went in, float64 came out")
def conv_forward_naive__float64(x, w, b, stride=1, padding=0):
    HO = output_size(x.shape[2], w.shape[2], stride, padding)
    WO = output_size(x.shape[3], w.shape[3], stride, padding)
    out = np.zeros((len(x), len(w), HO, WO))
    for n, k in np.ndindex(len(x), len(w)):
        out[n, k] = activation_map(x[n], w[k], b[k], stride, padding)
    return out, (x, w, b, stride, padding)


@wrong("wrong dtype")
def conv_forward_naive__float32(x, w, b, stride=1, padding=0):
    HO = output_size(x.shape[2], w.shape[2], stride, padding)
    WO = output_size(x.shape[3], w.shape[3], stride, padding)
    out = np.zeros((len(x), len(w), HO, WO), dtype=np.float32)
    for n, k in np.ndindex(len(x), len(w)):
        out[n, k] = activation_map(x[n], w[k], b[k], stride, padding)
    return out, (x, w, b, stride, padding)


@wrong("wrong dtype")
def conv_forward_naive__int(x, w, b, stride=1, padding=0):
    HO = output_size(x.shape[2], w.shape[2], stride, padding)
    WO = output_size(x.shape[3], w.shape[3], stride, padding)
    out = np.zeros((len(x), len(w), HO, WO), dtype=int)
    for n, k in np.ndindex(len(x), len(w)):
        out[n, k] = activation_map(x[n], w[k], b[k], stride, padding)
    return out, (x, w, b, stride, padding)


@wrong("out is returned without a cache")
def conv_forward_naive__no_cache(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps)


@wrong("the padded x is kept")
def conv_forward_naive__padded_cache(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps), (zero_pad(x, padding), w, b, stride, padding)


@wrong("stride and padding have changed places in the cache")
def conv_forward_naive__cache_order(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, padding, stride)


@wrong("entries of the cache")
def conv_forward_naive__short_cache(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b)


@wrong("cache[3], the stride: wrong value")
def conv_forward_naive__default_cache(x, w, b, stride=1, padding=0):
    maps = [
        [activation_map(image, f, bias, stride, padding) for f, bias in zip(w, b)]
        for image in x
    ]
    return np.array(maps), (x, w, b, 1, 0)


@wrong("a filter that does not fit is rounded down in silence", named=False)
def conv_forward_naive__floor(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"{x.shape[1]} and {w.shape[1]} channels")
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("only the height is tested for a fit", named=False)
def conv_forward_naive__fit_of_height_only(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"{x.shape[1]} and {w.shape[1]} channels")
    output_size(x.shape[2], w.shape[2], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("returned None")
def conv_forward_naive__none(x, w, b, stride=1, padding=0):
    [activation_map(image, f, 0.0, stride, padding) for f in w for image in x]


# hand_made_filters


@right("lists of whole numbers")
def hand_made_filters__whole_numbers():
    return {
        "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        "box_blur": np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1]]) / 9,
        "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        "sobel_x": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        "sobel_y": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        "laplacian": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    }


@right("built from one another")
def hand_made_filters__algebra():
    dot = np.zeros((3, 3))
    dot[1, 1] = 1
    mean = np.ones(3) / 3
    slope, weight = np.array([-1.0, 0.0, 1.0]), np.array([1.0, 2.0, 1.0])
    curve = np.array([1.0, -2.0, 1.0])
    middle = np.array([0.0, 1.0, 0.0])
    laplacian = np.outer(middle, curve) + np.outer(curve, middle)
    return {
        "laplacian": laplacian,
        "sharpen": dot - laplacian,
        "sobel_y": np.outer(slope, weight),
        "sobel_x": np.outer(weight, slope),
        "box_blur": np.outer(mean, mean),
        "identity": dot,
    }


@right("one list of numbers, reshaped, and a filter more than asked for")
def hand_made_filters__rows():
    rows = {
        "identity": [0, 0, 0, 0, 1, 0, 0, 0, 0],
        "box_blur": [1 / 9] * 9,
        "sharpen": [0, -1, 0, -1, 5, -1, 0, -1, 0],
        "sobel_x": [-1, 0, 1, -2, 0, 2, -1, 0, 1],
        "sobel_y": [-1, -2, -1, 0, 0, 0, 1, 2, 1],
        "laplacian": [0, 1, 0, 1, -4, 1, 0, 1, 0],
        "emboss": [-2, -1, 0, -1, 1, 1, 0, 1, 2],
    }
    return {
        name: np.array(row, dtype=float).reshape(3, 3) for name, row in rows.items()
    }


@wrong("the identity filter is the identity matrix")
def hand_made_filters__eye():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.eye(3),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("the identity filter is all ones")
def hand_made_filters__identity_ones():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.ones((3, 3)),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("box_blur adds the nine pixels up and does not divide by 9")
def hand_made_filters__blur_sum():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.ones((3, 3)),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("box_blur leaves the pixel itself out of the mean")
def hand_made_filters__blur_of_neighbours():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]) / 8,
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("box_blur is rounded down to zeros by a whole-number division")
def hand_made_filters__blur_zero():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.ones((3, 3), dtype=int) // 9,
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("the weights of sharpen add up to 0, because its centre is 4")
def hand_made_filters__sharpen_four():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("sharpen subtracts all eight neighbours")
def hand_made_filters__sharpen_eight():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array(
            [[-1.0, -1.0, -1.0], [-1.0, 9.0, -1.0], [-1.0, -1.0, -1.0]]
        ),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("sharpen adds its neighbours instead of subtracting them")
def hand_made_filters__sharpen_plus():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, 1.0, 0.0], [1.0, 5.0, 1.0], [0.0, 1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("sobel_x is turned round: left minus right")
def hand_made_filters__sobel_x_flipped():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": -sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("sobel_y is turned round: upper minus lower")
def hand_made_filters__sobel_y_flipped():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": -sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("both Sobel filters are turned round, as a true convolution would need them")
def hand_made_filters__sobel_both_flipped():
    sobel = np.array([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("sobel_x and sobel_y have changed places")
def hand_made_filters__sobel_swapped():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel.T,
        "sobel_y": sobel,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("the Sobel filters count all three rows or columns alike")
def hand_made_filters__prewitt():
    prewitt = np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": prewitt,
        "sobel_y": prewitt.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("the laplacian has the opposite sign")
def hand_made_filters__laplacian_sign():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": -np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }


@wrong("the laplacian counts all eight neighbours")
def hand_made_filters__laplacian_eight():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[1.0, 1.0, 1.0], [1.0, -8.0, 1.0], [1.0, 1.0, 1.0]]),
    }


@wrong("names that are missing")
def hand_made_filters__missing():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
    }


@wrong("values that are no arrays")
def hand_made_filters__lists():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]],
        "box_blur": np.full((3, 3), 1 / 9).tolist(),
        "sharpen": [[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]],
        "sobel_x": sobel.tolist(),
        "sobel_y": sobel.T.tolist(),
        "laplacian": [[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]],
    }


@wrong("arrays that are not 3x3")
def hand_made_filters__with_channel():
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    filters = {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel,
        "sobel_y": sobel.T,
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }
    return {name: weights[np.newaxis] for name, weights in filters.items()}


@wrong("nothing is returned")
def hand_made_filters__none():
    np.full((3, 3), 1 / 9)


# conv1x1_forward


@right("the convolutional layer itself")
def conv1x1_forward__layer(x, w, b):
    if w.shape[2:] != (1, 1):
        raise ValueError(f"the filters are {w.shape[2]}x{w.shape[3]}, not 1x1")
    return conv_forward_naive(x, w, b)


@right("einsum over the channels")
def conv1x1_forward__einsum(x, w, b):
    if w.shape[1:] != (x.shape[1], 1, 1):
        raise ValueError(f"w {w.shape} does not fit x {x.shape}")
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]
    return out, None


@right("channels last, matrix product, channels first")
def conv1x1_forward__channels_last(x, w, b):
    K, C, FH, FW = w.shape
    if C != x.shape[1] or FH * FW != 1:
        raise ValueError(f"x has {x.shape[1]} channels, w is {C} x {FH} x {FW}")
    out = x.transpose(0, 2, 3, 1) @ w.reshape(K, C).T + b
    return np.ascontiguousarray(out.transpose(0, 3, 1, 2)), (x, w)


@right("pixel by pixel")
def conv1x1_forward__pixels(x, w, b):
    N, C, H, W = x.shape
    if w.shape != (len(w), C, 1, 1):
        raise ValueError(f"w must be (K, {C}, 1, 1), not {w.shape}")
    out = np.zeros((N, len(w), H, W), x.dtype)
    for n in range(N):
        for row in range(H):
            for column in range(W):
                for k in range(len(w)):
                    depth_column = x[n, :, row, column]
                    out[n, k, row, column] = depth_column @ w[k, :, 0, 0] + b[k]
    return out, ()


@wrong("the bias is forgotten")
def conv1x1_forward__no_bias(x, w, b):
    return np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]), (x, w, b)


@wrong("the bias is added once per channel")
def conv1x1_forward__bias_per_channel(x, w, b):
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None] * x.shape[1]
    return out, (x, w, b)


@wrong("the bias is subtracted")
def conv1x1_forward__minus_bias(x, w, b):
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) - b[:, None, None]
    return out, (x, w, b)


@wrong("the bias of the first filter is used for all filters")
def conv1x1_forward__first_bias(x, w, b):
    return np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[0], (x, w, b)


@wrong("the mean is taken instead of the sum")
def conv1x1_forward__mean(x, w, b):
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) / x.shape[1]
    return out + b[:, None, None], (x, w, b)


@wrong("only the first channel is used")
def conv1x1_forward__first_channel(x, w, b):
    out = np.einsum("nhw,k->nkhw", x[:, 0], w[:, 0, 0, 0]) + b[:, None, None]
    return out, (x, w, b)


@wrong("only the last channel is used")
def conv1x1_forward__last_channel(x, w, b):
    out = np.einsum("nhw,k->nkhw", x[:, -1], w[:, -1, 0, 0]) + b[:, None, None]
    return out, (x, w, b)


@wrong("only the first image is computed")
def conv1x1_forward__first_image(x, w, b):
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]
    out[1:] = 0
    return out, (x, w, b)


@wrong("only the first filter is used")
def conv1x1_forward__first_filter(x, w, b):
    same = np.repeat(w[:1, :, 0, 0], len(w), axis=0)
    return np.einsum("nchw,kc->nkhw", x, same) + b[:, None, None], (x, w, b)


@wrong("the matrix of weights is transposed")
def conv1x1_forward__transposed(x, w, b):
    matrix = w[:, :, 0, 0].reshape(x.shape[1], len(w)).T
    if len(w) == x.shape[1]:
        matrix = w[:, :, 0, 0].T
    return np.einsum("nchw,kc->nkhw", x, matrix) + b[:, None, None], (x, w, b)


@wrong("x is cut into rows of C numbers without moving the channels to the end")
def conv1x1_forward__reshaped_rows(x, w, b):
    N, C, H, W = x.shape
    rows = x.reshape(-1, C) @ w.reshape(len(w), C).T + b
    return rows.reshape(N, H, W, len(w)).transpose(0, 3, 1, 2), (x, w, b)


@wrong("the result is reshaped without moving the channels back to the front")
def conv1x1_forward__reshaped_back(x, w, b):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C) @ w.reshape(len(w), C).T + b
    return rows.reshape(N, len(w), H, W), (x, w, b)


@wrong("the maps are put last, as in (N, H, W, K)")
def conv1x1_forward__channels_stay_last(x, w, b):
    out = np.einsum("nchw,kc->nhwk", x, w[:, :, 0, 0]) + b
    return out, (x, w, b)


@wrong("rows and columns of the output have changed places")
def conv1x1_forward__rows_and_columns(x, w, b):
    out = np.einsum("nchw,kc->nkwh", x, w[:, :, 0, 0]) + b[:, None, None]
    return out, (x, w, b)


@wrong("images and filters have changed places in the output")
def conv1x1_forward__filters_first(x, w, b):
    out = np.einsum("nchw,kc->knhw", x, w[:, :, 0, 0]) + b[:, None, None, None]
    return out, (x, w, b)


@wrong("the matrix of the filters is not multiplied with x, only its first weight")
def conv1x1_forward__scaled(x, w, b):
    out = x.sum(axis=1, keepdims=True) * w[:, :1, 0, 0].reshape(1, -1, 1, 1)
    return out + b[:, None, None], (x, w, b)


@wrong("negative answers are set to 0")
def conv1x1_forward__relu(x, w, b):
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]
    return np.maximum(out, 0), (x, w, b)


@wrong("nothing is written into the output")
def conv1x1_forward__zeros(x, w, b):
    return np.zeros((len(x), len(w), *x.shape[2:]), x.dtype), (x, w, b)


@wrong("x was changed in place")
def conv1x1_forward__in_place(x, w, b):
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]
    x *= 2
    return out, (x, w, b)


@wrong("float32 went in, float64 came out")
def conv1x1_forward__float64(x, w, b):
    if w.shape[1:] != (x.shape[1], 1, 1):
        raise ValueError(f"w {w.shape} does not fit x {x.shape}")
    out = np.zeros((len(x), len(w), *x.shape[2:]))
    out += np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]
    return out, (x, w, b)


@wrong("wrong dtype")
def conv1x1_forward__float32(x, w, b):
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]
    return out.astype(np.float32), (x, w, b)


@wrong("wrong dtype")
def conv1x1_forward__int(x, w, b):
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]
    return out.astype(int), (x, w, b)


@wrong("out is returned without a cache")
def conv1x1_forward__no_cache(x, w, b):
    if w.shape[1:] != (x.shape[1], 1, 1):
        raise ValueError(f"w {w.shape} does not fit x {x.shape}")
    return np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]


@wrong("returned None")
def conv1x1_forward__none(x, w, b):
    np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0]) + b[:, None, None]


# locally_connected_forward


@right("einsum over a view of all windows")
def locally_connected_forward__einsum(x, w, b, stride=1, padding=0):
    HO = output_size(x.shape[2], w.shape[4], stride, padding)
    WO = output_size(x.shape[3], w.shape[5], stride, padding)
    if w.shape[:2] != (HO, WO) or w.shape[3] != x.shape[1]:
        raise ValueError(f"{w.shape} does not fit {x.shape}: {HO}x{WO} places")
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@right("eight loops, no helper")
def locally_connected_forward__loops(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    rows, columns, K, D, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    if (rows, columns, D) != (HO, WO, C):
        raise ValueError(f"want {HO}x{WO} places and {C} channels, got {w.shape}")
    out = np.zeros((N, K, HO, WO), x.dtype)
    for n in range(N):
        for k in range(K):
            for i in range(HO):
                for j in range(WO):
                    total = float(b[i, j, k])
                    for c in range(C):
                        for fh in range(FH):
                            for fw in range(FW):
                                row = i * stride + fh - padding
                                column = j * stride + fw - padding
                                if 0 <= row < H and 0 <= column < W:
                                    total += float(x[n, c, row, column]) * float(
                                        w[i, j, k, c, fh, fw]
                                    )
                    out[n, k, i, j] = total
    return out, None


@right("one convolution with a 1x1 output for each place")
def locally_connected_forward__layer_per_place(x, w, b, stride=1, padding=0):
    FH, FW = w.shape[4:]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    if w.shape[:2] != (HO, WO):
        raise ValueError(f"{w.shape[0]}x{w.shape[1]} places, {HO}x{WO} wanted")
    wide = zero_pad(x, padding)
    rows = []
    for i in range(HO):
        row = []
        for j in range(WO):
            window = wide[:, :, i * stride : i * stride + FH]
            window = window[:, :, :, j * stride : j * stride + FW]
            row.append(conv_forward_naive(window, w[i, j], b[i, j])[0][:, :, 0, 0])
        rows.append(row)
    return np.array(rows).transpose(2, 3, 0, 1), (x, w, b, stride, padding)


@wrong("every place uses the weights of the first place")
def locally_connected_forward__first_weights(x, w, b, stride=1, padding=0):
    out = conv_forward_naive(x, w[0, 0], np.zeros_like(b[0, 0]), stride, padding)[0]
    return out + b.transpose(2, 0, 1), (x, w, b, stride, padding)


@wrong("every place uses the bias of the first place")
def locally_connected_forward__first_bias(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b[0, 0][:, None, None]
    return out, (x, w, b, stride, padding)


@wrong("every place uses the weights and the bias of the first place")
def locally_connected_forward__shared(x, w, b, stride=1, padding=0):
    out = conv_forward_naive(x, w[0, 0], b[0, 0], stride, padding)[0]
    return out, (x, w, b, stride, padding)


@wrong("the weights of row wo and column ho are used")
def locally_connected_forward__swapped_places(x, w, b, stride=1, padding=0):
    HO = output_size(x.shape[2], w.shape[4], stride, padding)
    WO = output_size(x.shape[3], w.shape[5], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    turned = w.transpose(1, 0, 2, 3, 4, 5).reshape(HO, WO, *w.shape[2:])
    out = np.einsum("nchwij,hwkcij->nkhw", windows, turned) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("the weights of the places run backwards")
def locally_connected_forward__reversed_places(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w[::-1, ::-1])
    return out + b.transpose(2, 0, 1), (x, w, b, stride, padding)


@wrong("the filter is flipped")
def locally_connected_forward__flipped(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w[..., ::-1, ::-1])
    return out + b.transpose(2, 0, 1), (x, w, b, stride, padding)


@wrong("the bias is forgotten")
def locally_connected_forward__no_bias(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w)
    return out, (x, w, b, stride, padding)


@wrong("the bias is added once per channel")
def locally_connected_forward__bias_per_channel(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w)
    return out + b.transpose(2, 0, 1) * x.shape[1], (x, w, b, stride, padding)


@wrong("the bias is added to every product")
def locally_connected_forward__bias_per_product(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w)
    return out + b.transpose(2, 0, 1) * w[0, 0, 0].size, (x, w, b, stride, padding)


@wrong("the biases of all places are added up")
def locally_connected_forward__sum_of_biases(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w)
    return out + b.sum(axis=(0, 1))[:, None, None], (x, w, b, stride, padding)


@wrong("the mean is taken instead of the sum")
def locally_connected_forward__mean(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) / w[0, 0, 0].size
    return out + b.transpose(2, 0, 1), (x, w, b, stride, padding)


@wrong("only the first channel is used")
def locally_connected_forward__first_channel(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, 0, ::stride, ::stride]
    out = np.einsum("nhwij,hwkij->nkhw", windows, w[:, :, :, 0])
    return out + b.transpose(2, 0, 1), (x, w, b, stride, padding)


@wrong("only the first image is computed")
def locally_connected_forward__first_image(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    out[1:] = 0
    return out, (x, w, b, stride, padding)


@wrong("only the first filter is used")
def locally_connected_forward__first_filter(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    same = np.repeat(w[:, :, :1], w.shape[2], axis=2)
    out = np.einsum("nchwij,hwkcij->nkhw", windows, same) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("the padding is ignored")
def locally_connected_forward__no_padding(x, w, b, stride=1, padding=0):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    HO, WO = windows.shape[2:4]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w[:HO, :WO])
    return out + b[:HO, :WO].transpose(2, 0, 1), (x, w, b, stride, padding)


@wrong("all the padding is put above and to the left")
def locally_connected_forward__top_left(x, w, b, stride=1, padding=0):
    wide = np.pad(x, [(0, 0), (0, 0), (2 * padding, 0), (2 * padding, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("all the padding is put below and to the right")
def locally_connected_forward__bottom_right(x, w, b, stride=1, padding=0):
    wide = np.pad(x, [(0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("the channels are padded too")
def locally_connected_forward__channels_padded(x, w, b, stride=1, padding=0):
    wide = np.pad(x, [(0, 0)] + [(padding, padding)] * 3)[:, : x.shape[1]]
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("the windows start at ho and wo, not at ho * stride and wo * stride")
def locally_connected_forward__unstrided_starts(x, w, b, stride=1, padding=0):
    HO, WO = w.shape[:2]
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, :HO, :WO]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("the stride is ignored along the width")
def locally_connected_forward__stride_rows_only(x, w, b, stride=1, padding=0):
    _HO, WO = w.shape[:2]
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, :WO]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("the stride is ignored along the height")
def locally_connected_forward__stride_columns_only(x, w, b, stride=1, padding=0):
    HO, _WO = w.shape[:2]
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, :HO, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("FH is used for FW, so that the window is a square")
def locally_connected_forward__square_filter(x, w, b, stride=1, padding=0):
    narrow = w.copy()
    narrow[..., w.shape[4] :] = 0
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, narrow) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("rows and columns of the output have changed places")
def locally_connected_forward__transposed(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkwh", windows, w) + b.transpose(2, 1, 0)
    return out, (x, w, b, stride, padding)


@wrong("the places are put first, as in the weights: (N, HO, WO, K)")
def locally_connected_forward__places_first(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nhwk", windows, w) + b
    return out, (x, w, b, stride, padding)


@wrong("images and filters have changed places in the output")
def locally_connected_forward__filters_first(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out.transpose(1, 0, 2, 3), (x, w, b, stride, padding)


@wrong("the loops stop one place early")
def locally_connected_forward__last_place_missing(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    out[:, :, -1], out[:, :, :, -1] = 0, 0
    return out, (x, w, b, stride, padding)


@wrong("negative answers are set to 0")
def locally_connected_forward__relu(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return np.maximum(out, 0), (x, w, b, stride, padding)


@wrong("nothing is written into the output")
def locally_connected_forward__zeros(x, w, b, stride=1, padding=0):
    HO, WO, K = w.shape[:3]
    return np.zeros((len(x), K, HO, WO), x.dtype), (x, w, b, stride, padding)


@wrong("x was changed in place")
def locally_connected_forward__in_place(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    x[...] = 0
    return out, (x, w, b, stride, padding)


@wrong("float32 went in, float64 came out")
def locally_connected_forward__float64(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.zeros((len(x), w.shape[2], *w.shape[:2]))
    out += np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("wrong dtype")
def locally_connected_forward__float32(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out.astype(np.float32), (x, w, b, stride, padding)


@wrong("wrong dtype")
def locally_connected_forward__int(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out.astype(int), (x, w, b, stride, padding)


@wrong("out is returned without a cache")
def locally_connected_forward__no_cache(x, w, b, stride=1, padding=0):
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)


@wrong("a filter that does not fit is rounded down in silence", named=False)
def locally_connected_forward__floor(x, w, b, stride=1, padding=0):
    if w.shape[3] != x.shape[1]:
        raise ValueError(f"{w.shape[3]} and {x.shape[1]} channels")
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("only the height is tested for a fit", named=False)
def locally_connected_forward__fit_of_height_only(x, w, b, stride=1, padding=0):
    if w.shape[3] != x.shape[1]:
        raise ValueError(f"{w.shape[3]} and {x.shape[1]} channels")
    output_size(x.shape[2], w.shape[4], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@wrong("returned None")
def locally_connected_forward__none(x, w, b, stride=1, padding=0):
    zero_pad(x, padding)


# Examples. The first of a function is the one that the lesson's text works out by hand.

BY_HAND_IMAGE = np.array(
    [[[1.0, 2.0, 0.0, 1.0], [3.0, 1.0, 1.0, 0.0], [0.0, 2.0, 1.0, 4.0]]]
)
BY_HAND_FILTER = np.array([[[1.0, 2.0], [0.0, -1.0]]])
F32 = np.float32


def layer(x, w, dtype=np.float64):
    """Inputs of a layer: x and w of these shapes, and a bias per filter that is never 0."""

    def inputs(rng):
        return {
            "x": ints(rng, *x, dtype=dtype),
            "w": ints(rng, *w, dtype=dtype),
            "b": np.arange(5, 5 + 2 * w[0], 2).astype(dtype),
        }

    return inputs


def unshared_layer(x, w, dtype=np.float64):
    """Inputs of a locally connected layer: no two biases are the same."""

    def inputs(rng):
        places = w[0] * w[1] * w[2]
        return {
            "x": ints(rng, *x, dtype=dtype),
            "w": ints(rng, *w, dtype=dtype),
            "b": (5 + rng.permutation(places)).reshape(w[:3]).astype(dtype),
        }

    return inputs


def one_map(x, weights, dtype=np.float64):
    """Inputs of one activation map."""

    def inputs(rng):
        return {
            "x": ints(rng, *x, dtype=dtype),
            "weights": ints(rng, *weights, dtype=dtype),
        }

    return inputs


def answers(function, picture):
    """What the six filters answer in every window of the picture, as in the check."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (3, 3))
    filters = function()
    return tuple((windows * filters[name]).sum(axis=(2, 3)) for name in FILTERS)


def a_dot():
    picture = np.zeros((5, 5))
    picture[2, 2] = 9.0
    return picture


EXAMPLES = [
    example(
        "zero_pad",
        "the 2x3 image of the text, padding 1",
        lambda rng: {"x": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])},
        {"padding": 1},
    ),
    example(
        "zero_pad",
        "one image of 3 channels, padding 2",
        lambda rng: {"x": 5.0 + ints(rng, 3, 2, 1)},
        {"padding": 2},
    ),
    example(
        "zero_pad",
        "a batch, every axis another length, padding 1",
        lambda rng: {"x": 5.0 + ints(rng, 2, 3, 4, 1)},
        {"padding": 1},
    ),
    example(
        "zero_pad",
        "a batch of 1, padding 3",
        lambda rng: {"x": 5.0 + ints(rng, 1, 1, 1, 2)},
        {"padding": 3},
    ),
    example(
        "zero_pad",
        "padding 0",
        lambda rng: {"x": 5.0 + ints(rng, 2, 1, 3, 4)},
        {"padding": 0},
    ),
    example(
        "zero_pad",
        "float32 stays float32",
        lambda rng: {"x": 5 + ints(rng, 2, 1, 3, dtype=F32)},
        {"padding": 1},
    ),
    example(
        "zero_pad",
        "a non-contiguous image",
        lambda rng: {"x": 5.0 + ints(rng, 2, 4, 3)},
        {"padding": 1},
        layout={"x": "strided"},
    ),
    example(
        "neuron",
        "the two channels of the text, bias 10",
        lambda rng: {
            "patch": np.array([[[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [1.0, 0.0]]]),
            "weights": np.array([[[1.0, 0.0], [0.0, -1.0]], [[2.0, 2.0], [2.0, 2.0]]]),
        },
        {"bias": 10.0},
    ),
    example(
        "neuron",
        "3 channels, 2 high, 4 wide",
        lambda rng: {"patch": ints(rng, 3, 2, 4), "weights": ints(rng, 3, 2, 4)},
        {"bias": -3.0},
    ),
    example(
        "neuron",
        "4 channels, 3 high, 2 wide, a negative answer",
        lambda rng: {
            "patch": 5.0 + ints(rng, 4, 3, 2),
            "weights": ints(rng, 4, 3, 2) - 2.0,
        },
        {"bias": 7.0},
    ),
    example(
        "neuron",
        "halves",
        lambda rng: {
            "patch": ints(rng, 2, 3, 3) + 0.5,
            "weights": np.array([1.0, 2.0, -1.0] * 6).reshape(2, 3, 3),
        },
        {"bias": 0.25},
    ),
    example(
        "neuron",
        "1x1, 5 channels",
        lambda rng: {"patch": ints(rng, 5, 1, 1), "weights": ints(rng, 5, 1, 1)},
        {"bias": 2.0},
    ),
    example(
        "neuron",
        "a non-contiguous patch",
        lambda rng: {"patch": ints(rng, 3, 2, 3), "weights": ints(rng, 3, 2, 3)},
        {"bias": 1.0},
        layout={"patch": "strided"},
    ),
    example(
        "activation_map",
        "the 3x4 image of the text, bias 10",
        lambda rng: {"x": BY_HAND_IMAGE.copy(), "weights": BY_HAND_FILTER.copy()},
        {"bias": 10.0},
    ),
    example(
        "activation_map",
        "every axis another length, padding 1",
        one_map((3, 5, 7), (3, 2, 4)),
        {"bias": 5.0, "padding": 1},
    ),
    example(
        "activation_map",
        "every axis another length, stride 2, padding 1",
        one_map((2, 5, 8), (2, 3, 4)),
        {"bias": 5.0, "stride": 2, "padding": 1},
    ),
    example(
        "activation_map",
        "a high and narrow filter, stride 3, padding 2",
        one_map((2, 6, 7), (2, 4, 2)),
        {"bias": -7.0, "stride": 3, "padding": 2},
    ),
    example(
        "activation_map",
        "a 1x1 filter",
        one_map((4, 3, 5), (4, 1, 1)),
        {"bias": 3.0},
    ),
    example(
        "activation_map",
        "a filter as large as the image",
        one_map((3, 4, 2), (3, 4, 2)),
        {"bias": 6.0},
    ),
    example(
        "activation_map",
        "float32 stays float32",
        one_map((2, 4, 5), (2, 2, 3), F32),
        {"bias": 2.0},
    ),
    example(
        "activation_map",
        "a non-contiguous image",
        one_map((3, 4, 5), (3, 3, 2)),
        {"bias": 4.0, "padding": 1},
        layout={"x": "strided"},
    ),
    example(
        "conv_forward_naive",
        "the 3x4 image of the text, two filters",
        lambda rng: {
            "x": BY_HAND_IMAGE[np.newaxis].copy(),
            "w": np.array([[[[1.0, 2.0], [0.0, -1.0]]], [[[0.0, 0.0], [0.0, 1.0]]]]),
            "b": np.array([10.0, 100.0]),
        },
    ),
    example(
        "conv_forward_naive",
        "every axis another length, stride 2, padding 1",
        layer((2, 3, 4, 6), (5, 3, 4, 2)),
        {"stride": 2, "padding": 1},
    ),
    example(
        "conv_forward_naive",
        "a wide filter, padding 1",
        layer((3, 2, 1, 5), (2, 2, 2, 4)),
        {"padding": 1},
    ),
    example(
        "conv_forward_naive",
        "a batch of 1, stride 3, padding 2",
        layer((1, 2, 6, 7), (2, 2, 4, 2)),
        {"stride": 3, "padding": 2},
    ),
    example(
        "conv_forward_naive",
        "1x1 filters",
        layer((2, 4, 2, 3), (3, 4, 1, 1)),
    ),
    example(
        "conv_forward_naive",
        "filters as large as the image",
        layer((2, 3, 4, 2), (5, 3, 4, 2)),
    ),
    example(
        "conv_forward_naive",
        "float32 stays float32",
        layer((2, 3, 3, 4), (2, 3, 2, 2), F32),
    ),
    example(
        "conv_forward_naive",
        "non-contiguous images and filters",
        layer((2, 1, 3, 4), (2, 1, 3, 2)),
        {"padding": 1},
        layout={"x": "strided", "w": "strided"},
    ),
    example(
        "hand_made_filters",
        "a vertical edge from 0 to 1",
        lambda rng: {"picture": np.repeat([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]], 3, axis=0)},
        outputs=FILTERS,
        call=answers,
    ),
    example(
        "hand_made_filters",
        "a horizontal edge from 0 to 1",
        lambda rng: {"picture": np.repeat([[0.0], [0.0], [1.0], [1.0]], 3, axis=1)},
        outputs=FILTERS,
        call=answers,
    ),
    example(
        "hand_made_filters",
        "a dot of 9",
        lambda rng: {"picture": a_dot()},
        outputs=FILTERS,
        call=answers,
    ),
    example(
        "hand_made_filters",
        "a slope that rises by 1 to the right and by 2 downwards",
        lambda rng: {"picture": np.add.outer(2.0 * np.arange(4), np.arange(4.0))},
        outputs=FILTERS,
        call=answers,
    ),
    example(
        "hand_made_filters",
        "no pattern at all",
        lambda rng: {"picture": ints(rng, 5, 5)},
        outputs=FILTERS,
        call=answers,
    ),
    example(
        "conv1x1_forward",
        "the pixel of the text, bias 100",
        lambda rng: {
            "x": np.array([10.0, 20.0, 30.0]).reshape(1, 3, 1, 1),
            "w": np.array([0.3, 0.6, 0.1]).reshape(1, 3, 1, 1),
            "b": np.array([100.0]),
        },
    ),
    example(
        "conv1x1_forward",
        "every axis another length",
        layer((2, 3, 1, 4), (5, 3, 1, 1)),
    ),
    example(
        "conv1x1_forward",
        "as many filters as channels",
        layer((2, 3, 2, 4), (3, 3, 1, 1)),
    ),
    example(
        "conv1x1_forward",
        "a batch of 1, one channel",
        layer((1, 1, 3, 2), (4, 1, 1, 1)),
    ),
    example(
        "conv1x1_forward",
        "float32 stays float32",
        layer((2, 3, 2, 3), (2, 3, 1, 1), F32),
    ),
    example(
        "conv1x1_forward",
        "non-contiguous images",
        layer((1, 2, 4, 3), (4, 2, 1, 1)),
        layout={"x": "strided"},
    ),
    example(
        "locally_connected_forward",
        "the row 5 7 9 of the text",
        lambda rng: {
            "x": np.array([[[[5.0, 7.0, 9.0]]]]),
            "w": np.array([[1.0, 0.0], [0.0, 2.0]]).reshape(1, 2, 1, 1, 1, 2),
            "b": np.array([100.0, 200.0]).reshape(1, 2, 1),
        },
    ),
    example(
        "locally_connected_forward",
        "every axis another length, stride 2, padding 1",
        unshared_layer((2, 3, 4, 6), (2, 4, 5, 3, 4, 2)),
        {"stride": 2, "padding": 1},
    ),
    example(
        "locally_connected_forward",
        "a wide filter, padding 1",
        unshared_layer((3, 1, 2, 5), (3, 4, 2, 1, 2, 4)),
        {"padding": 1},
    ),
    example(
        "locally_connected_forward",
        "a batch of 1, as many rows as columns of places",
        unshared_layer((1, 2, 4, 3), (3, 3, 2, 2, 2, 1)),
    ),
    example(
        "locally_connected_forward",
        "a filter as large as the image",
        unshared_layer((2, 3, 4, 2), (1, 1, 5, 3, 4, 2)),
    ),
    example(
        "locally_connected_forward",
        "float32 stays float32",
        unshared_layer((2, 1, 3, 4), (2, 2, 3, 1, 2, 3), F32),
    ),
    example(
        "locally_connected_forward",
        "non-contiguous images",
        unshared_layer((2, 3, 3, 2), (2, 2, 2, 3, 2, 1)),
        layout={"x": "strided"},
    ),
]
