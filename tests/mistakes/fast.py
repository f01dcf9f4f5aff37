"""Right and wrong answers to the tasks of lesson 10, and the examples that its checks run.

Each answer is pasted into a learner's notebook, so it uses only numpy, what the notebook
imports and gives, and the contract functions of this lesson. A wrong answer is right in
everything but the mistake that its phrase names. Answers to conv_backward read the cache
of the lesson's own conv_forward: (x, w, stride, padding).
"""

# ruff: noqa: F821 (the names are those of the notebook that an answer is filled into)

import numpy as np

from autograder.proof.answers import example, ints, right, wrong

# row_copies


@right("a sliding window along the rows")
def row_copies__view(x, filter_width, stride=1):
    output_size(x.shape[3], filter_width, stride)
    view = np.lib.stride_tricks.sliding_window_view(x, filter_width, axis=3)
    return np.ascontiguousarray(np.moveaxis(view[..., ::stride, :], 4, 2))


@right("one number after the other")
def row_copies__loops(x, filter_width, stride=1):
    N, C, H, W = x.shape
    WO = output_size(W, filter_width, stride)
    rows = np.zeros((N, C, filter_width, H, WO), dtype=x.dtype)
    for fw in range(filter_width):
        for wo in range(WO):
            rows[:, :, fw, :, wo] = x[:, :, :, fw + wo * stride]
    return rows


@wrong("the stride is ignored")
def row_copies__no_stride(x, filter_width, stride=1):
    N, C, H, W = x.shape
    WO = output_size(W, filter_width, stride)
    rows = np.zeros((N, C, filter_width, H, WO), dtype=x.dtype)
    for fw in range(filter_width):
        for wo in range(WO):
            rows[:, :, fw, :, wo] = x[:, :, :, fw + 1 * wo]
    return rows


@wrong("the shifts are in the reverse order")
def row_copies__turned(x, filter_width, stride=1):
    N, C, H, W = x.shape
    WO = output_size(W, filter_width, stride)
    rows = np.zeros((N, C, filter_width, H, WO), dtype=x.dtype)
    for fw in range(filter_width):
        for wo in range(WO):
            rows[:, :, fw, :, wo] = x[:, :, :, filter_width - 1 - fw + stride * wo]
    return rows


@wrong("no copy is shifted")
def row_copies__not_shifted(x, filter_width, stride=1):
    N, C, H, W = x.shape
    WO = output_size(W, filter_width, stride)
    rows = np.zeros((N, C, filter_width, H, WO), dtype=x.dtype)
    for fw in range(filter_width):
        for wo in range(WO):
            rows[:, :, fw, :, wo] = x[:, :, :, 0 + stride * wo]
    return rows


@wrong("float32 went in, float64 came out")
def row_copies__float64(x, filter_width, stride=1):
    N, C, H, W = x.shape
    WO = output_size(W, filter_width, stride)
    rows = np.zeros((N, C, filter_width, H, WO), dtype=float)
    for fw in range(filter_width):
        for wo in range(WO):
            rows[:, :, fw, :, wo] = x[:, :, :, fw + stride * wo]
    return rows


@wrong("FW and H are exchanged", named=False)
def row_copies__axes(x, filter_width, stride=1):
    N, C, H, W = x.shape
    WO = output_size(W, filter_width, stride)
    rows = np.zeros((N, C, filter_width, H, WO), dtype=x.dtype)
    for fw in range(filter_width):
        for wo in range(WO):
            rows[:, :, fw, :, wo] = x[:, :, :, fw + stride * wo]
    return rows.swapaxes(2, 3)


@wrong("the width that does not fit is cut off", named=False)
def row_copies__floor(x, filter_width, stride=1):
    N, C, H, W = x.shape
    WO = (W - filter_width) // stride + 1
    rows = np.zeros((N, C, filter_width, H, WO), dtype=x.dtype)
    for fw in range(filter_width):
        for wo in range(WO):
            rows[:, :, fw, :, wo] = x[:, :, :, fw + stride * wo]
    return rows


# conv_forward_rows


@right("einsum over windows")
def conv_forward_rows__einsum(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@right("one filter row of one channel at a time")
def conv_forward_rows__by_row(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.zeros((len(x), len(w), *windows.shape[2:4]), x.dtype)
    for c in range(x.shape[1]):
        for fh in range(w.shape[2]):
            out += np.einsum("nhwj,kj->nkhw", windows[:, c, :, :, fh], w[:, c, fh])
    return out + b[:, None, None]


@wrong("the filter is flipped")
def conv_forward_rows__flipped(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w[:, :, ::-1, ::-1]) + b.reshape(
        -1, 1, 1
    )
    return out


@wrong("the bias is forgotten")
def conv_forward_rows__no_bias(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w)
    return out


@wrong("the bias is added once for every filter row")
def conv_forward_rows__bias_every_row(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + w.shape[2] * b.reshape(-1, 1, 1)
    return out


@wrong("only the last filter row counts")
def conv_forward_rows__last_row(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwj,kcj->nkhw", windows[..., -1, :], w[:, :, -1]) + b.reshape(
        -1, 1, 1
    )
    return out


@wrong("the padding is ignored")
def conv_forward_rows__no_padding(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    inner = zero_pad(np.ones_like(x), padding) * 0
    H, W = x.shape[2:]
    inner[:, :, :H, :W] = x
    windows = np.lib.stride_tricks.sliding_window_view(inner, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@wrong("the stride is ignored")
def conv_forward_rows__no_stride(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    HO, WO = windows.shape[2:4]
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, :HO, :WO]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@wrong("float32 went in, float64 came out")
def conv_forward_rows__float64(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = (np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)).astype(
        float
    )
    return out


# conv_forward_blocks


@right("tensordot, one image at a time")
def conv_forward_blocks__image(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.empty((len(x), len(w), *windows.shape[2:4]), x.dtype)
    for n, one in enumerate(windows):
        maps = np.tensordot(w, one, axes=([1, 2, 3], [0, 3, 4]))
        np.add(maps, b[:, None, None], out=out[n])
    return out


@right("einsum, which copies no window")
def conv_forward_blocks__einsum(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@wrong("the columns of the whole batch are made at once")
def conv_forward_blocks__whole(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    N, C, HO, WO, FH, FW = windows.shape
    cols = windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)
    out = w.reshape(len(w), -1) @ cols
    out += b.reshape(-1, 1)
    return out.reshape(N, len(w), HO, WO)


@wrong("the last image is left out where their number is odd")
def conv_forward_blocks__last_block(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    if len(x) % 2:
        out[-1] = 0
    return out


@wrong("every image is the first image")
def conv_forward_blocks__first_image(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    windows = np.repeat(windows[:1], len(x), axis=0)
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@wrong("the bias is forgotten")
def conv_forward_blocks__no_bias(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w)
    return out


@wrong("the stride is ignored")
def conv_forward_blocks__no_stride(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    HO, WO = windows.shape[2:4]
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, :HO, :WO]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@wrong("the padding is ignored")
def conv_forward_blocks__no_padding(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    inner = zero_pad(np.ones_like(x), padding) * 0
    H, W = x.shape[2:]
    inner[:, :, :H, :W] = x
    windows = np.lib.stride_tricks.sliding_window_view(inner, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@wrong("float32 went in, float64 came out")
def conv_forward_blocks__float64(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = (np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)).astype(
        float
    )
    return out


@wrong("the mean is taken instead of the sum")
def conv_forward_blocks__mean(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) / w[0].size + b.reshape(-1, 1, 1)
    return out


# conv_forward_1x1


@right("einsum, bias in place")
def conv_forward_1x1__einsum(x, w, b):
    if w.shape[1:] != (x.shape[1], 1, 1):
        raise ValueError(f"filters {w.shape}, images {x.shape}")
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0])
    out += b[:, None, None]
    return out


@right("one image after the other")
def conv_forward_1x1__images(x, w, b):
    N, C, H, W = x.shape
    if w.shape[1] != C or w.shape[2] != 1 or w.shape[3] != 1:
        raise ValueError(f"filters of shape {w.shape} for {C} channels")
    out = np.zeros((N, len(w), H, W), dtype=x.dtype)
    for n in range(N):
        out[n] = np.tensordot(w[:, :, 0, 0], x[n], axes=1) + b[:, None, None]
    return out


@wrong("a second array as large as the output is made")
def conv_forward_1x1__copied(x, w, b):
    stride, padding = 1, 0
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (1, 1):
        raise ValueError(f"the filters are {w.shape[2:]}, not 1x1")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    maps = w[:, :, 0, 0] @ x.reshape(*x.shape[:2], -1)
    out = maps + b.reshape(-1, 1)
    return out.reshape(len(x), len(w), *x.shape[2:])


@wrong("the bias is forgotten")
def conv_forward_1x1__no_bias(x, w, b):
    stride, padding = 1, 0
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (1, 1):
        raise ValueError(f"the filters are {w.shape[2:]}, not 1x1")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w)
    return out


@wrong("the mean is taken instead of the sum")
def conv_forward_1x1__mean(x, w, b):
    stride, padding = 1, 0
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (1, 1):
        raise ValueError(f"the filters are {w.shape[2:]}, not 1x1")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) / w[0].size + b.reshape(-1, 1, 1)
    return out


@wrong("float32 went in, float64 came out")
def conv_forward_1x1__float64(x, w, b):
    stride, padding = 1, 0
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (1, 1):
        raise ValueError(f"the filters are {w.shape[2:]}, not 1x1")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = (np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)).astype(
        float
    )
    return out


@wrong("every image is the first image")
def conv_forward_1x1__first_image(x, w, b):
    stride, padding = 1, 0
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (1, 1):
        raise ValueError(f"the filters are {w.shape[2:]}, not 1x1")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    windows = np.repeat(windows[:1], len(x), axis=0)
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@wrong("only the last channel counts")
def conv_forward_1x1__last_channel(x, w, b):
    stride, padding = 1, 0
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (1, 1):
        raise ValueError(f"the filters are {w.shape[2:]}, not 1x1")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nhwij,kij->nkhw", windows[:, -1], w[:, -1]) + b.reshape(-1, 1, 1)
    return out


# winograd_filters


@right("einsum with G on both sides")
def winograd_filters__einsum(w):
    K, C, FH, FW = w.shape
    if FH != 3 or FW != 3:
        raise ValueError(f"filters of {FH}x{FW}, not 3x3")
    G = winograd_matrices()[1]
    points = np.einsum("ia,kcab,jb->ijkc", G, w, G)
    return points.reshape(36, K, C).astype(w.dtype)


@right("one filter after the other")
def winograd_filters__loops(w):
    if w.shape[2:] != (3, 3):
        raise ValueError(f"filters of {w.shape[2:]}, not (3, 3)")
    G = winograd_matrices()[1]
    points = np.zeros((36, len(w), w.shape[1]), w.dtype)
    for k in range(len(w)):
        for c in range(w.shape[1]):
            points[:, k, c] = (G @ w[k, c] @ G.T).ravel()
    return points


@wrong("the rows and columns of the points are exchanged")
def winograd_filters__exchanged(w):
    K, C, FH, FW = w.shape
    if FH != 3 or FW != 3:
        raise ValueError(f"filters of {FH}x{FW}, not 3x3")
    G = winograd_matrices()[1]
    points = np.einsum("ia,kcab,jb->jikc", G, w, G)
    return points.reshape(36, K, C).astype(w.dtype)


@wrong("the filter is flipped")
def winograd_filters__flipped(w):
    K, C, FH, FW = w.shape
    if FH != 3 or FW != 3:
        raise ValueError(f"filters of {FH}x{FW}, not 3x3")
    G = winograd_matrices()[1]
    points = np.einsum("ia,kcab,jb->ijkc", G, w[:, :, ::-1, ::-1], G)
    return points.reshape(36, K, C).astype(w.dtype)


@wrong("float32 went in, float64 came out")
def winograd_filters__float64(w):
    K, C, FH, FW = w.shape
    if FH != 3 or FW != 3:
        raise ValueError(f"filters of {FH}x{FW}, not 3x3")
    G = winograd_matrices()[1]
    points = np.einsum("ia,kcab,jb->ijkc", G, w, G)
    return points.reshape(36, K, C)


@wrong("G is multiplied by 24")
def winograd_filters__unscaled(w):
    K, C, FH, FW = w.shape
    if FH != 3 or FW != 3:
        raise ValueError(f"filters of {FH}x{FW}, not 3x3")
    G = winograd_matrices()[1]
    points = np.einsum("ia,kcab,jb->ijkc", 24 * G, w, 24 * G)
    return points.reshape(36, K, C).astype(w.dtype)


@wrong("the points of a filter stand together instead of those of a table")
def winograd_filters__kc(w):
    K, C, FH, FW = w.shape
    if FH != 3 or FW != 3:
        raise ValueError(f"filters of {FH}x{FW}, not 3x3")
    G = winograd_matrices()[1]
    points = np.einsum("ia,kcab,jb->kcij", G, w, G)
    return points.reshape(36, K, C).astype(w.dtype)


@wrong("G is multiplied from the left only", named=False)
def winograd_filters__one_side(w):
    K, C, FH, FW = w.shape
    if FH != 3 or FW != 3:
        raise ValueError(f"filters of {FH}x{FW}, not 3x3")
    G = winograd_matrices()[1]
    points = np.einsum("ia,kcab->ibkc", G, w)
    return points.reshape(18, K, C).astype(w.dtype)


# conv_forward_winograd


@right("F(2x2, 3x3), one tile after the other")
def conv_forward_winograd__two(x, w, b, padding=0):
    N, C, H, W = x.shape
    K, depth, FH, FW = w.shape
    if depth != C or (FH, FW) != (3, 3):
        raise ValueError(f"filters {w.shape} on {C} channels")
    HO, WO = output_size(H, 3, 1, padding), output_size(W, 3, 1, padding)
    B = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], x.dtype)
    G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]).astype(x.dtype) / 2
    A = np.array([[1, 1, 1, 0], [0, 1, -1, -1]], x.dtype)
    filters = G @ w @ G.T
    wide = np.pad(zero_pad(x, padding), [(0, 0), (0, 0), (0, 1), (0, 1)])
    out = np.zeros((N, K, HO + 1, WO + 1), x.dtype)
    for top in range(0, HO, 2):
        for left in range(0, WO, 2):
            points = B @ wide[:, :, top : top + 4, left : left + 4] @ B.T
            products = np.einsum("kcij,ncij->nkij", filters, points)
            out[:, :, top : top + 2, left : left + 2] = A @ products @ A.T
    return out[:, :, :HO, :WO] + b.reshape(K, 1, 1)


@right("no Winograd at all: tensordot, one image at a time")
def conv_forward_winograd__image(x, w, b, padding=0):
    stride = 1
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (3, 3):
        raise ValueError(f"the filters are {w.shape[2:]}, not 3x3")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.empty((len(x), len(w), *windows.shape[2:4]), x.dtype)
    for n, one in enumerate(windows):
        maps = np.tensordot(w, one, axes=([1, 2, 3], [0, 3, 4]))
        np.add(maps, b[:, None, None], out=out[n])
    return out


@wrong("the tiles that reach over the border are left out")
def conv_forward_winograd__border(x, w, b, padding=0):
    stride = 1
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (3, 3):
        raise ValueError(f"the filters are {w.shape[2:]}, not 3x3")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    HO, WO = out.shape[2:]
    out[:, :, HO - HO % 4 :] = 0
    out[:, :, :, WO - WO % 4 :] = 0
    return out


@wrong("the filter is flipped")
def conv_forward_winograd__flipped(x, w, b, padding=0):
    stride = 1
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (3, 3):
        raise ValueError(f"the filters are {w.shape[2:]}, not 3x3")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w[:, :, ::-1, ::-1]) + b.reshape(
        -1, 1, 1
    )
    return out


@wrong("the rows and columns of the filters are exchanged")
def conv_forward_winograd__exchanged(x, w, b, padding=0):
    stride = 1
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (3, 3):
        raise ValueError(f"the filters are {w.shape[2:]}, not 3x3")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcji->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@wrong("the bias is forgotten")
def conv_forward_winograd__no_bias(x, w, b, padding=0):
    stride = 1
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (3, 3):
        raise ValueError(f"the filters are {w.shape[2:]}, not 3x3")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w)
    return out


@wrong("the padding is ignored")
def conv_forward_winograd__no_padding(x, w, b, padding=0):
    stride = 1
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (3, 3):
        raise ValueError(f"the filters are {w.shape[2:]}, not 3x3")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    inner = zero_pad(np.ones_like(x), padding) * 0
    H, W = x.shape[2:]
    inner[:, :, :H, :W] = x
    windows = np.lib.stride_tricks.sliding_window_view(inner, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out


@wrong("float32 went in, float64 came out")
def conv_forward_winograd__float64(x, w, b, padding=0):
    stride = 1
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (3, 3):
        raise ValueError(f"the filters are {w.shape[2:]}, not 3x3")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = (np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)).astype(
        float
    )
    return out


@wrong("only the last channel counts")
def conv_forward_winograd__last_channel(x, w, b, padding=0):
    stride = 1
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    if w.shape[2:] != (3, 3):
        raise ValueError(f"the filters are {w.shape[2:]}, not 3x3")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nhwij,kij->nkhw", windows[:, -1], w[:, -1]) + b.reshape(-1, 1, 1)
    return out


# choose


@right("conditions by name")
def choose__named(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    many, very_many = C >= 16 and K >= 16, C >= 64 and K >= 64
    plain = FH == FW and stride == 1 and padding < FH
    if (FH, FW, stride, padding) == (1, 1, 1, 0):
        return "1x1"
    if plain and FH == 3 and very_many:
        return "winograd"
    if plain and FH == 3 and many:
        return "winograd lines"
    if plain and many:
        return "rows"
    if plain and (FH - 1) * FH * C > K:
        return "lines"
    return "blocks"


@right("from the end of the list")
def choose__backwards(x_shape, w_shape, stride=1, padding=0):
    method, F = "blocks", w_shape[2]
    least = min(x_shape[1], w_shape[0])
    if stride == 1 and w_shape[3] == F and padding < F:
        if F * F * x_shape[1] - F * x_shape[1] > w_shape[0]:
            method = "lines"
        if least > 15:
            method = "winograd lines" if F == 3 else "rows"
        if least > 63 and F == 3:
            method = "winograd"
        if F == 1 and padding == 0:
            method = "1x1"
    return method


@wrong("the stride does not matter")
def choose__stride(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    if FH == FW == 1 and padding == 0:
        return "1x1"
    if FH != FW or padding >= FH:
        return "blocks"
    if min(C, K) < 16:
        return "lines" if (FH - 1) * FW * C > K else "blocks"
    if FH != 3:
        return "rows"
    return "winograd" if min(C, K) >= 64 else "winograd lines"


@wrong("only C is looked at")
def choose__channels(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    if FH == FW == stride == 1 and padding == 0:
        return "1x1"
    if stride > 1 or FH != FW or padding >= FH:
        return "blocks"
    if C < 16:
        return "lines" if (FH - 1) * FW * C > K else "blocks"
    if FH != 3:
        return "rows"
    return "winograd" if C >= 64 else "winograd lines"


@wrong("only K is looked at")
def choose__filters(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    if FH == FW == stride == 1 and padding == 0:
        return "1x1"
    if stride > 1 or FH != FW or padding >= FH:
        return "blocks"
    if K < 16:
        return "lines" if (FH - 1) * FW * C > K else "blocks"
    if FH != 3:
        return "rows"
    return "winograd" if K >= 64 else "winograd lines"


@wrong("the filters are taken for square")
def choose__square(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    if FH == FW == stride == 1 and padding == 0:
        return "1x1"
    if stride > 1 or padding >= FH:
        return "blocks"
    if min(C, K) < 16:
        return "lines" if (FH - 1) * FW * C > K else "blocks"
    if FH != 3:
        return "rows"
    return "winograd" if min(C, K) >= 64 else "winograd lines"


@wrong("the padding does not matter")
def choose__padding(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    if FH == FW == stride == 1:
        return "1x1"
    if stride > 1 or FH != FW:
        return "blocks"
    if min(C, K) < 16:
        return "lines" if (FH - 1) * FW * C > K else "blocks"
    if FH != 3:
        return "rows"
    return "winograd" if min(C, K) >= 64 else "winograd lines"


@wrong("16 channels are not enough")
def choose__above(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    if FH == FW == stride == 1 and padding == 0:
        return "1x1"
    if stride > 1 or FH != FW or padding >= FH:
        return "blocks"
    if min(C, K) <= 16:
        return "lines" if (FH - 1) * FW * C > K else "blocks"
    if FH != 3:
        return "rows"
    return "winograd" if min(C, K) >= 64 else "winograd lines"


@wrong("64 channels are not enough")
def choose__above_64(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    if FH == FW == stride == 1 and padding == 0:
        return "1x1"
    if stride > 1 or FH != FW or padding >= FH:
        return "blocks"
    if min(C, K) < 16:
        return "lines" if (FH - 1) * FW * C > K else "blocks"
    if FH != 3:
        return "rows"
    return "winograd" if min(C, K) > 64 else "winograd lines"


@wrong("few channels always go in blocks")
def choose__few(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    if FH == FW == stride == 1 and padding == 0:
        return "1x1"
    if stride > 1 or FH != FW or padding >= FH:
        return "blocks"
    if min(C, K) < 16:
        return "blocks"
    if FH != 3:
        return "rows"
    return "winograd" if min(C, K) >= 64 else "winograd lines"


@wrong("it does not matter how many filters there are")
def choose__any_filters(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    if FH == FW == stride == 1 and padding == 0:
        return "1x1"
    if stride > 1 or FH != FW or padding >= FH:
        return "blocks"
    if min(C, K) < 16:
        return "lines"
    if FH != 3:
        return "rows"
    return "winograd" if min(C, K) >= 64 else "winograd lines"


# conv_forward


@right("always the same method, one image at a time")
def conv_forward__image(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.empty((len(x), len(w), *windows.shape[2:4]), x.dtype)
    for n, one in enumerate(windows):
        maps = np.tensordot(w, one, axes=([1, 2, 3], [0, 3, 4]))
        np.add(maps, b[:, None, None], out=out[n])
    return out, (x, w, stride, padding)


@right("a table of methods")
def conv_forward__table(x, w, b, stride=1, padding=0):
    methods = {
        "1x1": lambda: conv_forward_1x1(x, w, b),
        "winograd": lambda: conv_forward_winograd(x, w, b, padding),
        "winograd lines": lambda: conv_forward_winograd_lines(x, w, b, padding),
        "rows": lambda: conv_forward_rows(x, w, b, stride, padding),
        "lines": lambda: conv_forward_lines(x, w, b, padding),
        "blocks": lambda: conv_forward_blocks(x, w, b, stride, padding),
    }
    return methods[choose(x.shape, w.shape, stride, padding)](), (x, w, stride, padding)


@wrong("the columns of the whole batch are made at once")
def conv_forward__whole(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    N, C, HO, WO, FH, FW = windows.shape
    cols = windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)
    out = w.reshape(len(w), -1) @ cols
    out += b.reshape(-1, 1)
    out = out.reshape(N, len(w), HO, WO)
    return out, None


@wrong("out is returned without a cache")
def conv_forward__bare(x, w, b, stride=1, padding=0):
    return conv_forward_blocks(x, w, b, stride, padding)


@wrong("the padding is not handed on to Winograd", named=False)
def conv_forward__winograd_bare(x, w, b, stride=1, padding=0):
    if choose(x.shape, w.shape, stride, padding) == "winograd":
        return conv_forward_winograd(x, w, b), None
    return conv_forward_blocks(x, w, b, stride, padding), None


@wrong("the filter is flipped")
def conv_forward__flipped(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w[:, :, ::-1, ::-1]) + b.reshape(
        -1, 1, 1
    )
    return out, None


@wrong("the bias is forgotten")
def conv_forward__no_bias(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = np.einsum("nchwij,kcij->nkhw", windows, w)
    return out, None


@wrong("the padding is ignored")
def conv_forward__no_padding(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    inner = zero_pad(np.ones_like(x), padding) * 0
    H, W = x.shape[2:]
    inner[:, :, :H, :W] = x
    windows = np.lib.stride_tricks.sliding_window_view(inner, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out, None


@wrong("the stride is ignored")
def conv_forward__no_stride(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    HO, WO = windows.shape[2:4]
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, :HO, :WO]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)
    return out, None


@wrong("float32 went in, float64 came out")
def conv_forward__float64(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters {w.shape[1]}")
    output_size(x.shape[2], w.shape[2], stride, padding)
    output_size(x.shape[3], w.shape[3], stride, padding)
    wide = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]
    out = (np.einsum("nchwij,kcij->nkhw", windows, w) + b.reshape(-1, 1, 1)).astype(
        float
    )
    return out, None


# conv_backward


@right("one place after the other")
def conv_backward__places(dout, cache):
    x, w, stride, padding = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, padding)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, wide[:, :, rows, columns])
        dwide[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    dx = dwide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum(axis=(0, 2, 3))


@right("the two products of lesson 04, one image after the other")
def conv_backward__products(dout, cache):
    from course.im2col import im2col

    x, w, stride, padding = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    dw_row, dx = 0, np.zeros_like(x)
    for n in range(N):
        cols = im2col(x[n : n + 1], FH, FW, stride, padding)[0]
        error = dout[n].reshape(K, -1)
        dw_row = dw_row + error @ cols.T
        dcols = (w.reshape(K, -1).T @ error)[np.newaxis]
        dx[n] = col2im(dcols, (1, C, H, W), FH, FW, stride, padding)[0]
    return dx, dw_row.reshape(w.shape), dout.sum(axis=(0, 2, 3))


@wrong("the filters are not turned for dx")
def conv_backward__not_turned(dout, cache):
    x, w, stride, padding = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, padding)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, wide[:, :, rows, columns])
        dwide[:, :, rows, columns] += np.einsum(
            "nk,kcij->ncij", error, w[:, :, ::-1, ::-1]
        )
    dx = dwide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum(axis=(0, 2, 3))


@wrong("dw is that of the last image only")
def conv_backward__last_image(dout, cache):
    x, w, stride, padding = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, padding)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error[-1:], wide[-1:, :, rows, columns])
        dwide[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    dx = dwide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum(axis=(0, 2, 3))


@wrong("db is averaged over the images")
def conv_backward__db_mean(dout, cache):
    x, w, stride, padding = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, padding)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, wide[:, :, rows, columns])
        dwide[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    dx = dwide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum(axis=(0, 2, 3)) / len(x)


@wrong("dw is averaged over the images")
def conv_backward__dw_mean(dout, cache):
    x, w, stride, padding = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, padding)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, wide[:, :, rows, columns])
        dwide[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    dx = dwide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw / len(x), dout.sum(axis=(0, 2, 3))


@wrong("dx is overwritten where windows overlap")
def conv_backward__overwritten(dout, cache):
    x, w, stride, padding = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, padding)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, wide[:, :, rows, columns])
        dwide[:, :, rows, columns] = np.einsum("nk,kcij->ncij", error, w)
    dx = dwide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum(axis=(0, 2, 3))


@wrong("the padding is still around dx", named=False)
def conv_backward__uncropped(dout, cache):
    x, w, stride, padding = cache
    _H, _W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, padding)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, wide[:, :, rows, columns])
        dwide[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    dx = dwide
    return dx, dw, dout.sum(axis=(0, 2, 3))


@wrong("float32 went in, float64 came out")
def conv_backward__float64(dout, cache):
    x, w, stride, padding = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, padding)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, wide[:, :, rows, columns])
        dwide[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    dx = dwide[:, :, padding : padding + H, padding : padding + W]
    return dx.astype(float), dw, dout.sum(axis=(0, 2, 3))


@wrong("dw of the last place only")
def conv_backward__dout_not_summed(dout, cache):
    x, w, stride, padding = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    wide = zero_pad(x, padding)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * stride, ho * stride + FH)
        columns = slice(wo * stride, wo * stride + FW)
        error = dout[:, :, ho, wo]
        dw = np.einsum("nk,ncij->kcij", error, wide[:, :, rows, columns])
        dwide[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    dx = dwide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, dout.sum(axis=(0, 2, 3))


# Examples. The first of a function is the one that the lesson's text works out by hand.

BY_HAND_IMAGE = np.array([[[[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 0, 1, 2]]]])
BY_HAND_FILTER = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
F32 = np.float32

# Name, shapes of x, w and out, stride, padding.
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
]
MANY = [
    ("16 channels, 3x3", ((1, 16, 3, 4), (17, 16, 3, 3), (1, 17, 3, 4), 1, 1)),
    ("17 channels, 2x2", ((1, 17, 3, 4), (16, 17, 2, 2), (1, 16, 4, 5), 1, 1)),
]
THREE = [
    ("every axis another length", ((2, 3, 4, 6), (5, 3, 3, 3), None, 1, 0)),
    ("padding 1, tiles over the border", ((3, 2, 5, 7), (2, 2, 3, 3), None, 1, 1)),
    ("padding 2, one image", ((1, 4, 3, 9), (3, 4, 3, 3), None, 1, 2)),
]
ONE = [
    ("every axis another length", ((2, 3, 4, 5), (6, 3, 1, 1), None, 1, 0)),
    ("one image, one filter", ((1, 4, 2, 3), (1, 4, 1, 1), None, 1, 0)),
]
SMALL = (2, 3, 3, 4), (2, 3, 2, 2), (2, 2, 2, 3), 1, 0


def rounded(array):
    """Without Winograd's rounding errors, which differ from machine to machine."""
    digits = 3 if array.dtype == F32 else 8
    return np.round(array, digits) + array.dtype.type(0)  # no negative zeros


def forward(f, **arguments):
    """The output of a forward pass, with or without a cache."""
    result = f(**arguments)
    return rounded(result[0] if type(result) is tuple else result)


def gradients(f, x, w, b, dout, stride=1, padding=0):
    """(dx, dw, db) after the forward pass that stands beside the backward pass."""
    layer = f.__globals__["conv_forward"]
    parts = f(dout, layer(x, w, b, stride, padding)[1])
    return tuple(map(rounded, parts))


def layer_examples(function, layers, takes=("stride", "padding"), small=SMALL):
    """Examples of a forward pass; of the backward pass with dout."""
    backward = function == "conv_backward"
    rest = {"outputs": ("dx", "dw", "db"), "call": gradients} if backward else {}
    rest = rest or {"call": forward}

    def one(case, x, w, out, stride, padding, dtype=np.float64, layout=None):
        def inputs(rng):
            arrays = {
                "x": ints(rng, *x, dtype=dtype),
                "w": ints(rng, *w, dtype=dtype),
                "b": np.arange(5, 5 + 2 * w[0], 2).astype(dtype),
            }
            dout = {"dout": ints(rng, *out, dtype=dtype)} if backward else {}
            return arrays | dout

        options = {"stride": stride, "padding": padding}
        options = {name: options[name] for name in takes}
        return example(function, case, inputs, options, layout=layout, **rest)

    strided = dict.fromkeys(("x", "w", "dout") if backward else ("x", "w"), "strided")
    return [
        *(one(case, *setting) for case, setting in layers),
        one("float32 stays float32", *small, dtype=F32),
        one("non-contiguous arrays", *small, layout=strided),
    ]


def rows(case, shape, filter_width, stride=1, **rest):
    dtype = rest.pop("dtype", np.float64)

    def inputs(rng):
        return {"x": 5 + ints(rng, *shape, dtype=dtype)}

    options = {"filter_width": filter_width, "stride": stride}
    return example("row_copies", case, inputs, options, **rest)


def filters(case, shape, dtype=np.float64, **rest):
    def inputs(rng):
        return {"w": 576 * ints(rng, *shape, dtype=dtype)}

    return example("winograd_filters", case, inputs, call=forward, **rest)


def by_hand(function):
    arrays = {"x": BY_HAND_IMAGE, "w": BY_HAND_FILTER, "b": np.array([10.0])}

    def inputs(rng):
        return {name: array.copy() for name, array in arrays.items()}

    return example(function, "the 3x4 image of the text", inputs)


def _by_hand_rows(rng):
    return {"x": BY_HAND_IMAGE.copy()}


EXAMPLES = [
    example(
        "row_copies", "the 3x4 image of the text", _by_hand_rows, {"filter_width": 2}
    ),
    rows("every axis another length, stride 2", (2, 3, 4, 7), 3, 2),
    rows("filters as wide as the image", (3, 2, 1, 4), 4),
    rows("float32 stays float32", (1, 2, 3, 5), 2, dtype=F32),
    rows("a non-contiguous batch", (2, 2, 3, 4), 2, layout={"x": "strided"}),
    by_hand("conv_forward_rows"),
    *layer_examples("conv_forward_rows", LAYERS),
    by_hand("conv_forward_blocks"),
    *layer_examples("conv_forward_blocks", LAYERS),
    *layer_examples("conv_forward_1x1", ONE, (), ONE[0][1]),
    filters("one filter, one channel", (1, 1, 3, 3)),
    filters("2 filters, 3 channels", (2, 3, 3, 3)),
    filters("float32 stays float32", (3, 2, 3, 3), F32),
    filters("non-contiguous filters", (2, 3, 3, 3), layout={"w": "strided"}),
    *layer_examples("conv_forward_winograd", THREE, ("padding",), THREE[0][1]),
    by_hand("conv_forward"),
    *layer_examples("conv_forward", LAYERS + MANY),
    *layer_examples("conv_backward", LAYERS + MANY),
]
