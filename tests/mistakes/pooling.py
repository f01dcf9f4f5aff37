"""Right and wrong answers to the tasks of lesson 05, and the examples that its checks run.

Each answer is pasted into a learner's notebook, so it uses only numpy, `output_size`,
`im2col`, `col2im` and the contract functions of this lesson. A wrong answer is right in
everything but the mistake that its phrase names. Answers share the caches of the reference,
so that each forward function goes with each backward function.
"""

# ruff: noqa: F821 (the names are those of the notebook that an answer is filled into)

import numpy as np

from autograder.proof.answers import example, ints, right, wrong

F32 = np.float32


# max_pool_forward_naive


@right("compare pixel by pixel")
def max_pool_forward_naive__pixels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    out = np.empty((N, C, HO, WO), x.dtype)
    switches = np.empty((N, C, HO, WO), int)
    for n in range(N):
        for c in range(C):
            for ho in range(HO):
                for wo in range(WO):
                    best, where = x[n, c, ho * stride, wo * stride], 0
                    for row in range(size):
                        for column in range(size):
                            value = x[n, c, ho * stride + row, wo * stride + column]
                            if value > best:
                                best, where = value, row * size + column
                    out[n, c, ho, wo], switches[n, c, ho, wo] = best, where
    return out, (x, switches, size, stride)


@right("a view of all windows")
def max_pool_forward_naive__view(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].reshape(N, C, HO, WO, -1)
    return windows.max(axis=-1), (x, windows.argmax(axis=-1), size, stride)


@wrong("the search for the maximum starts at 0")
def max_pool_forward_naive__from_zero(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    out = np.zeros((N, C, HO, WO), x.dtype)
    for n, c, ho, wo in np.ndindex(out.shape):
        for row in range(size):
            for column in range(size):
                value = x[n, c, ho * stride + row, wo * stride + column]
                out[n, c, ho, wo] = max(out[n, c, ho, wo], value)
    return out, (x, out.astype(int), size, stride)


@wrong("the minimum is taken instead of the maximum")
def max_pool_forward_naive__minimum(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].reshape(N, C, HO, WO, -1)
    return windows.min(axis=-1), (x, windows.argmin(axis=-1), size, stride)


@wrong("the mean is taken instead of the maximum")
def max_pool_forward_naive__mean(x, size=2, stride=2):
    N, C, H, W = x.shape
    out = np.zeros(
        (N, C, output_size(H, size, stride), output_size(W, size, stride)), x.dtype
    )
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        out[n, c, ho, wo] = x[n, c, top : top + size, left : left + size].mean()
    return out, (x, out.astype(int), size, stride)


@wrong("the largest absolute value is taken")
def max_pool_forward_naive__absolute(x, size=2, stride=2):
    N, C, H, W = x.shape
    out = np.zeros(
        (N, C, output_size(H, size, stride), output_size(W, size, stride)), x.dtype
    )
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        out[n, c, ho, wo] = abs(x[n, c, top : top + size, left : left + size]).max()
    return out, (x, out.astype(int), size, stride)


@wrong("the maximum is taken over all channels")
def max_pool_forward_naive__channels(x, size=2, stride=2):
    N, C, H, W = x.shape
    out = np.zeros(
        (N, C, output_size(H, size, stride), output_size(W, size, stride)), x.dtype
    )
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        out[n, c, ho, wo] = x[n, :, top : top + size, left : left + size].max()
    return out, (x, out.astype(int), size, stride)


@wrong("the windows move by 1, whatever the stride")
def max_pool_forward_naive__stride_ignored(x, size=2, stride=2):
    N, C, H, W = x.shape
    out = np.zeros(
        (N, C, output_size(H, size, stride), output_size(W, size, stride)), x.dtype
    )
    for n, c, ho, wo in np.ndindex(out.shape):
        out[n, c, ho, wo] = x[n, c, ho : ho + size, wo : wo + size].max()
    return out, (x, out.astype(int), size, stride)


@wrong("the windows move by their size, whatever the stride")
def max_pool_forward_naive__stride_is_size(x, size=2, stride=2):
    N, C, H, W = x.shape
    out = np.full(
        (N, C, output_size(H, size, stride), output_size(W, size, stride)), 0, x.dtype
    )
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = min(ho * size, H - size), min(wo * size, W - size)
        out[n, c, ho, wo] = x[n, c, top : top + size, left : left + size].max()
    return out, (x, out.astype(int), size, stride)


@wrong("only the first row of each window is searched")
def max_pool_forward_naive__first_row(x, size=2, stride=2):
    N, C, H, W = x.shape
    out = np.zeros(
        (N, C, output_size(H, size, stride), output_size(W, size, stride)), x.dtype
    )
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        out[n, c, ho, wo] = x[n, c, top, left : left + size].max()
    return out, (x, out.astype(int), size, stride)


@wrong("rows and columns of the output are swapped")
def max_pool_forward_naive__swapped(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    out = np.zeros((N, C, WO, HO), x.dtype)
    for n, c, ho, wo in np.ndindex(N, C, HO, WO):
        top, left = ho * stride, wo * stride
        out[n, c, wo, ho] = x[n, c, top : top + size, left : left + size].max()
    return out, (x, out.astype(int), size, stride)


@wrong("float32 went in, float64 came out")
def max_pool_forward_naive__float64(x, size=2, stride=2):
    N, C, H, W = x.shape
    out = np.zeros((N, C, output_size(H, size, stride), output_size(W, size, stride)))
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        out[n, c, ho, wo] = x[n, c, top : top + size, left : left + size].max()
    return out, (x, out.astype(int), size, stride)


@wrong("x was changed in place")
def max_pool_forward_naive__in_place(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].reshape(N, C, HO, WO, -1)
    out, switches = windows.max(axis=-1), windows.argmax(axis=-1)
    x -= x.max()
    return out, (x, switches, size, stride)


@wrong("out is returned without a cache")
def max_pool_forward_naive__no_cache(x, size=2, stride=2):
    _N, _C, H, W = x.shape
    _HO, _WO = output_size(H, size, stride), output_size(W, size, stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].max(axis=(4, 5))


@wrong("what does not fit is cut off in silence", named=False)
def max_pool_forward_naive__floor(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = (H - size) // stride + 1, (W - size) // stride + 1
    out = np.zeros((N, C, HO, WO), x.dtype)
    switches = np.zeros((N, C, HO, WO), int)
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        window = x[n, c, top : top + size, left : left + size]
        switches[n, c, ho, wo], out[n, c, ho, wo] = window.argmax(), window.max()
    return out, (x, switches, size, stride)


# max_pool_backward_naive


@right("a mask for every window")
def max_pool_backward_naive__mask(dout, cache):
    x, switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        mask = np.arange(size * size) == switches[n, c, ho, wo]
        rows = slice(ho * stride, ho * stride + size)
        columns = slice(wo * stride, wo * stride + size)
        dx[n, c, rows, columns] += mask.reshape(size, size) * dout[n, c, ho, wo]
    return dx


@right("count by places in the flat image")
def max_pool_backward_naive__bincount(dout, cache):
    x, switches, size, stride = cache
    n, c, ho, wo = np.indices(dout.shape)
    rows, columns = np.divmod(switches, size)
    place = (n, c, ho * stride + rows, wo * stride + columns)
    flat = np.ravel_multi_index(place, x.shape).ravel()
    dx = np.bincount(flat, weights=dout.ravel(), minlength=x.size)
    return dx.reshape(x.shape).astype(dout.dtype)


@wrong("all of the equal maxima get the whole gradient")
def max_pool_backward_naive__all_ties(dout, cache):
    x, _switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        rows = slice(ho * stride, ho * stride + size)
        columns = slice(wo * stride, wo * stride + size)
        window = x[n, c, rows, columns]
        dx[n, c, rows, columns] += (window == window.max()) * dout[n, c, ho, wo]
    return dx


@wrong("the gradient is divided among equal maxima")
def max_pool_backward_naive__divided(dout, cache):
    x, _switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        rows = slice(ho * stride, ho * stride + size)
        columns = slice(wo * stride, wo * stride + size)
        mask = x[n, c, rows, columns] == x[n, c, rows, columns].max()
        dx[n, c, rows, columns] += mask * dout[n, c, ho, wo] / mask.sum()
    return dx


@wrong("the last of equal maxima gets the gradient")
def max_pool_backward_naive__last(dout, cache):
    x, _switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        top, left = ho * stride, wo * stride
        window = x[n, c, top : top + size, left : left + size]
        row, column = np.argwhere(window == window.max())[-1]
        dx[n, c, top + row, left + column] += dout[n, c, ho, wo]
    return dx


@wrong("the first of equal maxima is looked for column by column")
def max_pool_backward_naive__column_major(dout, cache):
    x, _switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        top, left = ho * stride, wo * stride
        window = x[n, c, top : top + size, left : left + size]
        column, row = divmod(window.T.argmax(), size)
        dx[n, c, top + row, left + column] += dout[n, c, ho, wo]
    return dx


@wrong("= is written instead of +=, so that overlapping windows overwrite each other")
def max_pool_backward_naive__overwritten(dout, cache):
    x, switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        row, column = divmod(switches[n, c, ho, wo], size)
        dx[n, c, ho * stride + row, wo * stride + column] = dout[n, c, ho, wo]
    return dx


@wrong("row and column of the switch are swapped")
def max_pool_backward_naive__switch_swapped(dout, cache):
    x, switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        column, row = divmod(switches[n, c, ho, wo], size)
        dx[n, c, ho * stride + row, wo * stride + column] += dout[n, c, ho, wo]
    return dx


@wrong("the switch is taken for a place in the whole image")
def max_pool_backward_naive__global(dout, cache):
    x, switches, _size, _stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    W = x.shape[3]
    for n, c, ho, wo in np.ndindex(dout.shape):
        row, column = divmod(switches[n, c, ho, wo] % x[0, 0].size, W)
        dx[n, c, row, column] += dout[n, c, ho, wo]
    return dx


@wrong("the place of the window is forgotten, only that within it is used")
def max_pool_backward_naive__no_offset(dout, cache):
    x, switches, size, _stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        row, column = divmod(switches[n, c, ho, wo], size)
        dx[n, c, row, column] += dout[n, c, ho, wo]
    return dx


@wrong("the windows are taken to move by their size")
def max_pool_backward_naive__stride_is_size(dout, cache):
    x, switches, size, _stride = cache
    _N, _C, H, W = x.shape
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        row, column = divmod(switches[n, c, ho, wo], size)
        row, column = min(ho * size + row, H - 1), min(wo * size + column, W - 1)
        dx[n, c, row, column] += dout[n, c, ho, wo]
    return dx


@wrong("every pixel of a window gets the gradient")
def max_pool_backward_naive__everywhere(dout, cache):
    x, _switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        top, left = ho * stride, wo * stride
        dx[n, c, top : top + size, left : left + size] += dout[n, c, ho, wo]
    return dx


@wrong("the maximum itself is put back, not its gradient")
def max_pool_backward_naive__values(dout, cache):
    x, switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        row, column = divmod(switches[n, c, ho, wo], size)
        place = (n, c, ho * stride + row, wo * stride + column)
        dx[place] = x[place]
    return dx


@wrong("float32 went in, float64 came out")
def max_pool_backward_naive__float64(dout, cache):
    x, switches, size, stride = cache
    dx = np.zeros(x.shape)
    for n, c, ho, wo in np.ndindex(dout.shape):
        row, column = divmod(switches[n, c, ho, wo], size)
        dx[n, c, ho * stride + row, wo * stride + column] += dout[n, c, ho, wo]
    return dx


# max_pool_forward


@right("one comparison per place in the window")
def max_pool_forward__running(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    out, switches = None, np.zeros((N, C, HO, WO), int)
    for place in range(size * size):
        row, column = divmod(place, size)
        rows = slice(row, row + (HO - 1) * stride + 1, stride)
        columns = slice(column, column + (WO - 1) * stride + 1, stride)
        values = x[:, :, rows, columns]
        if out is None:
            out = values.copy()
        switches[values > out] = place
        out = np.maximum(out, values)
    return out, (x.shape, switches.reshape(N, C, -1), size, stride)


@right("each channel as an image of its own")
def max_pool_forward__flat_channels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x.reshape(N * C, 1, H, W), size, size, stride)
    switches = columns.argmax(axis=1)
    out = np.take_along_axis(columns, switches[:, None], axis=1)
    return out.reshape(N, C, HO, WO), (
        x.shape,
        switches.reshape(N, C, -1),
        size,
        stride,
    )


@wrong("the search for the maximum starts at 0")
def max_pool_forward__from_zero(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.max(axis=2, initial=0).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmax(axis=2), size, stride)


@wrong("the minimum is taken instead of the maximum")
def max_pool_forward__minimum(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.min(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmin(axis=2), size, stride)


@wrong("the maximum is taken over all channels")
def max_pool_forward__channels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).max(axis=1, keepdims=True)
    out = columns.repeat(C, axis=1).reshape(N, C, HO, WO)
    return out, (x.shape, out.reshape(N, C, -1).astype(int) * 0, size, stride)


@wrong("the rows of im2col are read as (fh, fw, c) instead of (c, fh, fw)")
def max_pool_forward__row_order(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, size * size, C, -1)
    out = columns.max(axis=1).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmax(axis=1), size, stride)


@wrong("the columns of im2col are read as (wo, ho) instead of (ho, wo)")
def max_pool_forward__column_order(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.max(axis=2).reshape(N, C, WO, HO).swapaxes(2, 3)
    return out, (x.shape, columns.argmax(axis=2), size, stride)


@wrong("the last of equal maxima gets the gradient")
def max_pool_forward__last(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    switches = size * size - 1 - columns[:, :, ::-1].argmax(axis=2)
    out = columns.max(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, switches, size, stride)


@wrong("the windows move by 1, whatever the stride")
def max_pool_forward__stride_ignored(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    x_small = x[:, :, : HO + size - 1, : WO + size - 1]
    columns = im2col(x_small, size, size, 1).reshape(N, C, size * size, -1)
    out = columns.max(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmax(axis=2), size, stride)


@wrong("float32 went in, float64 came out")
def max_pool_forward__float64(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = np.zeros((N, C, HO, WO))
    out[...] = columns.max(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, columns.argmax(axis=2), size, stride)


@wrong("out is returned without a cache")
def max_pool_forward__no_cache(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    return columns.max(axis=2).reshape(N, C, HO, WO)


# max_pool_backward


@right("compare the switches with all places of a window")
def max_pool_backward__compared(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    at = np.arange(size * size)[:, None] == switches[:, :, None]
    columns = np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@right("add at places in the flat image")
def max_pool_backward__add_at(dout, cache):
    shape, switches, size, stride = cache
    n, c, ho, wo = np.indices(dout.shape)
    rows, columns = np.divmod(switches.reshape(dout.shape), size)
    dx = np.zeros(shape, dout.dtype)
    np.add.at(dx, (n, c, ho * stride + rows, wo * stride + columns), dout)
    return dx


@wrong("overlapping windows overwrite each other instead of adding")
def max_pool_backward__overwritten(dout, cache):
    shape, switches, size, stride = cache
    n, c, ho, wo = np.indices(dout.shape)
    rows, columns = np.divmod(switches.reshape(dout.shape), size)
    dx = np.zeros(shape, dout.dtype)
    dx[n, c, ho * stride + rows, wo * stride + columns] = dout
    return dx


@wrong("every pixel of a window gets the gradient")
def max_pool_backward__everywhere(dout, cache):
    shape, _switches, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the gradient is spread evenly over the window")
def max_pool_backward__spread(dout, cache):
    shape, _switches, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2) / size**2
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the columns are laid out as (fh, fw, c) instead of (c, fh, fw)")
def max_pool_backward__row_order(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    at = np.arange(size * size)[:, None] == switches[:, :, None]
    columns = (at * dout.reshape(N, C, 1, -1)).swapaxes(1, 2)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("dout is flattened as (wo, ho) instead of (ho, wo)")
def max_pool_backward__column_order(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    at = np.arange(size * size)[:, None] == switches[:, :, None]
    columns = at * dout.swapaxes(2, 3).reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("row and column of the switch are swapped")
def max_pool_backward__switch_swapped(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    places = np.arange(size * size).reshape(size, size).T.ravel()
    at = places[:, None] == switches[:, :, None]
    columns = at * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("only the first image gets a gradient")
def max_pool_backward__first_image(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    at = np.arange(size * size)[:, None] == switches[:, :, None]
    columns = at * dout.reshape(N, C, 1, -1)
    columns[1:] = 0
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("float32 went in, float64 came out")
def max_pool_backward__float64(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    at = np.arange(size * size)[:, None] == switches[:, :, None]
    columns = at * dout.reshape(N, C, 1, -1).astype(float)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("dout was changed in place")
def max_pool_backward__in_place(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    at = np.arange(size * size)[:, None] == switches[:, :, None]
    columns = at * dout.reshape(N, C, 1, -1)
    dout *= 0
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


# avg_pool_forward


@right("a sum over a view of all windows")
def avg_pool_forward__view(x, size=2, stride=2):
    for length in x.shape[2:]:
        output_size(length, size, stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    out = windows[:, :, ::stride, ::stride].sum(axis=(4, 5)) / (size * size)
    return out, (x.shape, size, stride)


@right("loops over the output")
def avg_pool_forward__loops(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    out = np.zeros((N, C, HO, WO), x.dtype)
    for ho in range(HO):
        for wo in range(WO):
            top, left = ho * stride, wo * stride
            window = x[:, :, top : top + size, left : left + size]
            out[:, :, ho, wo] = window.mean(axis=(2, 3))
    return out, (x.shape, size, stride)


@wrong("the window is added up, but not divided")
def avg_pool_forward__sum(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    return columns.sum(axis=2).reshape(N, C, HO, WO), (x.shape, size, stride)


@wrong("the sum is divided by size, not by size * size")
def avg_pool_forward__by_size(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    return columns.sum(axis=2).reshape(N, C, HO, WO) / size, (x.shape, size, stride)


@wrong("the sum is divided by stride * stride, not by size * size")
def avg_pool_forward__by_stride(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.sum(axis=2).reshape(N, C, HO, WO) / stride**2
    return out, (x.shape, size, stride)


@wrong("the sum is divided by the number of windows, not of pixels in a window")
def avg_pool_forward__by_windows(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.sum(axis=2).reshape(N, C, HO, WO) / (HO * WO)
    return out, (x.shape, size, stride)


@wrong("the maximum is taken instead of the mean")
def avg_pool_forward__maximum(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    return columns.max(axis=2).reshape(N, C, HO, WO), (x.shape, size, stride)


@wrong("the mean is taken over all channels")
def avg_pool_forward__channels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).mean(axis=1, keepdims=True)
    return columns.repeat(C, axis=1).reshape(N, C, HO, WO), (x.shape, size, stride)


@wrong("pixels that are 0 are not counted")
def avg_pool_forward__nonzero(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    count = np.maximum((columns != 0).sum(axis=2), 1)
    out = (columns.sum(axis=2) / count).reshape(N, C, HO, WO).astype(x.dtype)
    return out, (x.shape, size, stride)


@wrong("float32 went in, float64 came out")
def avg_pool_forward__float64(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, -1)
    out = columns.mean(axis=2, dtype=float).reshape(N, C, HO, WO)
    return out, (x.shape, size, stride)


# avg_pool_backward


@right("loops over the output")
def avg_pool_backward__loops(dout, cache):
    shape, size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    for ho, wo in np.ndindex(dout.shape[2:]):
        top, left = ho * stride, wo * stride
        share = dout[:, :, ho, wo] / size**2
        dx[:, :, top : top + size, left : left + size] += share[:, :, None, None]
    return dx


@right("strided slices, one for each place in the window")
def avg_pool_backward__slices(dout, cache):
    shape, size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    HO, WO = dout.shape[2:]
    for row in range(size):
        for column in range(size):
            rows = slice(row, row + (HO - 1) * stride + 1, stride)
            columns = slice(column, column + (WO - 1) * stride + 1, stride)
            dx[:, :, rows, columns] += dout / (size * size)
    return dx


@wrong("the gradient is not divided")
def avg_pool_backward__not_divided(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the gradient is divided by size, not by size * size")
def avg_pool_backward__by_size(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2) / size
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the gradient is divided by stride * stride, not by size * size")
def avg_pool_backward__by_stride(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2) / stride**2
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the gradient is divided by the number of windows")
def avg_pool_backward__by_windows(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    columns = dout.reshape(N, C, 1, -1).repeat(size * size, axis=2)
    columns = columns.reshape(N, C * size**2, -1) / dout[0, 0].size
    return col2im(columns, shape, size, size, stride)


@wrong("overlapping windows overwrite each other instead of adding")
def avg_pool_backward__overwritten(dout, cache):
    shape, size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    for ho, wo in np.ndindex(dout.shape[2:]):
        top, left = ho * stride, wo * stride
        share = dout[:, :, ho, wo] / size**2
        dx[:, :, top : top + size, left : left + size] = share[:, :, None, None]
    return dx


@wrong("the first pixel of each window gets the whole gradient")
def avg_pool_backward__first_pixel(dout, cache):
    shape, _size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    HO, WO = dout.shape[2:]
    dx[:, :, : HO * stride : stride, : WO * stride : stride] = dout
    return dx


@wrong("the columns are laid out as (fh, fw, c) instead of (c, fh, fw)")
def avg_pool_backward__row_order(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    share = dout.reshape(N, C, -1) / size**2
    return col2im(np.tile(share, (1, size**2, 1)), shape, size, size, stride)


@wrong("float32 went in, float64 came out")
def avg_pool_backward__float64(dout, cache):
    shape, size, stride = cache
    N, C, _H, _W = shape
    share = dout.astype(float).reshape(N, C, 1, -1) / size**2
    columns = share.repeat(size**2, axis=2).reshape(N, C * size**2, -1)
    return col2im(columns, shape, size, size, stride)


# l2_pool_forward


@right("np.linalg.norm over the columns")
def l2_pool_forward__norm(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.linalg.norm(columns, axis=2, keepdims=True)
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@right("the root of the average of squares, times size")
def l2_pool_forward__from_average(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    squares = im2col(x * x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.sqrt(squares.mean(axis=2, keepdims=True)) * size
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@wrong("the root is forgotten")
def l2_pool_forward__no_root(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = (columns**2).sum(axis=2, keepdims=True)
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@wrong("the mean of the squares is taken instead of their sum")
def l2_pool_forward__mean(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.sqrt((columns**2).mean(axis=2, keepdims=True))
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@wrong("absolute values are added instead of squares")
def l2_pool_forward__l1(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = abs(columns).sum(axis=2, keepdims=True)
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@wrong("the sum is squared instead of the pixels")
def l2_pool_forward__squared_sum(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.sqrt(columns.sum(axis=2, keepdims=True) ** 2)
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@wrong("the squares are added over all channels")
def l2_pool_forward__channels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.sqrt((columns**2).sum(axis=(1, 2), keepdims=True)).repeat(C, axis=1)
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@wrong("the largest absolute value is taken")
def l2_pool_forward__maximum(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = abs(columns).max(axis=2, keepdims=True)
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@wrong("x was changed in place")
def l2_pool_forward__in_place(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.sqrt((columns**2).sum(axis=2, keepdims=True))
    x **= 2
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@wrong("float32 went in, float64 came out")
def l2_pool_forward__float64(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.sqrt((columns**2).sum(axis=2, keepdims=True, dtype=float))
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


# l2_pool_backward


@right("np.divide where the root is not 0")
def l2_pool_backward__divide(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    over = dout.reshape(N, C, 1, -1).copy()
    over = np.divide(over, roots, out=np.zeros_like(over), where=roots > 0)
    return col2im(
        (columns * over).reshape(N, C * size**2, -1), shape, size, size, stride
    )


@right("loops over the windows that are not all 0")
def l2_pool_backward__loops(dout, cache):
    shape, columns, roots, size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        place = ho * dout.shape[3] + wo
        root = roots[n, c, 0, place]
        if root == 0:
            continue
        window = columns[n, c, :, place].reshape(size, size)
        rows = slice(ho * stride, ho * stride + size)
        across = slice(wo * stride, wo * stride + size)
        dx[n, c, rows, across] += dout[n, c, ho, wo] * window / root
    return dx


@wrong("0 is divided by 0 in a window of zeros", named=False)
def l2_pool_backward__nan(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = columns / roots * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the division by the root is forgotten")
def l2_pool_backward__not_divided(dout, cache):
    shape, columns, _roots, size, stride = cache
    N, C, _H, _W = shape
    columns = columns * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the factor is 2 x / r instead of x / r")
def l2_pool_backward__twice(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = 2 * columns / np.where(roots == 0, 1, roots) * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("x is divided by the square of the root")
def l2_pool_backward__squared(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = columns / np.where(roots == 0, 1, roots**2) * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the sign of x is lost")
def l2_pool_backward__absolute(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = abs(columns) / np.where(roots == 0, 1, roots) * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("every pixel gets dout / r, without its x")
def l2_pool_backward__without_x(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = np.where(roots == 0, 0 * columns, 1 / np.where(roots == 0, 1, roots))
    columns = (columns * dout.reshape(N, C, 1, -1)).astype(dout.dtype)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("overlapping windows overwrite each other instead of adding")
def l2_pool_backward__overwritten(dout, cache):
    shape, columns, roots, size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        place = ho * dout.shape[3] + wo
        root = roots[n, c, 0, place] or 1
        window = columns[n, c, :, place].reshape(size, size)
        rows = slice(ho * stride, ho * stride + size)
        across = slice(wo * stride, wo * stride + size)
        dx[n, c, rows, across] = dout[n, c, ho, wo] * window / root
    return dx


@wrong("a window of zeros gets the gradient of dout in every pixel")
def l2_pool_backward__zeros(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    ratios = np.where(roots == 0, 1, columns / np.where(roots == 0, 1, roots))
    columns = (ratios * dout.reshape(N, C, 1, -1)).astype(dout.dtype)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("a hundredth is added to every root to avoid 0/0")
def l2_pool_backward__epsilon(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = columns / (roots + 0.01) * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("float32 went in, float64 came out")
def l2_pool_backward__float64(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    ratios = columns / np.where(roots == 0, 1, roots.astype(float))
    columns = ratios * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


# fractional_max_pool_forward


@right("loops over the windows")
def fractional_max_pool_forward__loops(x, out_height, out_width, rng):
    N, C, H, W = x.shape
    edges = []
    for length, places in ((H, out_height), (W, out_width)):
        twos = length - places
        if twos < 0 or twos > places:
            raise ValueError(f"{places} windows do not tile {length} pixels")
        sides = [2] * twos + [1] * (places - twos)
        rng.shuffle(sides)
        edges.append([0, *np.cumsum(sides)])
    out = np.empty((N, C, out_height, out_width), x.dtype)
    for i in range(out_height):
        for j in range(out_width):
            rows = slice(edges[0][i], edges[0][i + 1])
            columns = slice(edges[1][j], edges[1][j + 1])
            out[:, :, i, j] = x[:, :, rows, columns].max(axis=(2, 3))
    return out, edges


@right("Graham's pseudo-random edges with a random phase")
def fractional_max_pool_forward__pseudo(x, out_height, out_width, rng):
    edges = []
    for length, places in zip(x.shape[2:], (out_height, out_width)):
        if not places <= length <= 2 * places:
            raise ValueError(f"from {length} to {places}: the factor is not 1 to 2")
        phase = rng.random()
        steps = np.floor(np.arange(places + 1) * length / places + phase).astype(int)
        edges.append(steps - steps[0])
    out = None
    for late_row in (1, 0):
        for late_column in (1, 0):
            rows = edges[0][1:] - 1 if late_row else edges[0][:-1]
            columns = edges[1][1:] - 1 if late_column else edges[1][:-1]
            some = x[:, :, rows][:, :, :, columns]
            out = some if out is None else np.maximum(out, some)
    return out, edges


@wrong("every window has the side 2, so that windows overlap")
def fractional_max_pool_forward__overlapping(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.permutation([2] * (length - places) + [1] * (2 * places - length))
        start = (np.cumsum(sides) - sides).astype(int)
        end = np.minimum(start + 1, length - 1)
        out = np.maximum(out.take(start, axis), out.take(end, axis))
    return out, None


@wrong("the mean is taken instead of the maximum", named=False)
def fractional_max_pool_forward__mean(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.permutation([2] * (length - places) + [1] * (2 * places - length))
        start = (np.cumsum(sides) - sides).astype(int)
        end = (start + sides - 1).astype(int)
        out = (out.take(start, axis) + out.take(end, axis)) / 2
    return out, None


@wrong("the minimum is taken instead of the maximum", named=False)
def fractional_max_pool_forward__minimum(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.permutation([2] * (length - places) + [1] * (2 * places - length))
        start = (np.cumsum(sides) - sides).astype(int)
        out = np.minimum.reduceat(out, start, axis=axis)
    return out, None


@wrong("the order of the sides is not drawn from rng")
def fractional_max_pool_forward__sorted(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = np.array([2] * (length - places) + [1] * (2 * places - length))
        out = np.maximum.reduceat(out, np.cumsum(sides) - sides, axis=axis)
    return out, None


@wrong("rows and columns get the same order")
def fractional_max_pool_forward__same_order(x, out_height, out_width, rng):
    out, seed = x, int(rng.integers(2**32))
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = np.array([2] * (length - places) + [1] * (2 * places - length))
        sides = np.random.default_rng(seed).permutation(sides)
        out = np.maximum.reduceat(out, np.cumsum(sides) - sides, axis=axis)
    return out, None


@wrong("another source of chance than rng is used", named=False)
def fractional_max_pool_forward__other_rng(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = np.array([2] * (length - places) + [1] * (2 * places - length))
        sides = np.random.permutation(sides)
        out = np.maximum.reduceat(out, np.cumsum(sides) - sides, axis=axis)
    return out, None


@wrong("the sides are drawn one by one and need not add up", named=False)
def fractional_max_pool_forward__loose(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.integers(1, 3, places)
        start = np.minimum(np.cumsum(sides) - sides, length - 1)
        end = np.minimum(start + sides - 1, length - 1)
        out = np.maximum(out.take(start, axis), out.take(end, axis))
    return out, None


@wrong("sides of 3 are allowed", named=False)
def fractional_max_pool_forward__no_error(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        sides = np.full(places, length // places)
        sides[: length % places] += 1
        sides = rng.permutation(sides)
        out = np.maximum.reduceat(out, np.cumsum(sides) - sides, axis=axis)
    return out, None


@wrong("out is returned without a cache")
def fractional_max_pool_forward__no_cache(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.permutation([2] * (length - places) + [1] * (2 * places - length))
        start = (np.cumsum(sides) - sides).astype(int)
        out = np.maximum.reduceat(out, start, axis=axis)
    return out


# Stored examples


def _then_back(forward):
    """Calls a backward function on the cache of the reference's forward function."""

    def call(backward, x, dout, size, stride):
        from course import pooling

        cache = getattr(pooling, forward)(x, size, stride)[1]
        return backward(dout, cache)

    return call


SLICE = [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]


def _images(rng, shape, dtype=np.float64, blank=False, below=False):
    """Small whole numbers with many ties; with zeros in a corner, or all below 0."""
    x = ints(rng, *shape, dtype=dtype)
    if blank:
        x[:, :, :2, :2] = 0
    return -1 - abs(x) if below else x


def _slice(rng):
    return np.array([[SLICE]], dtype=float)


def _of(shape, **how):
    return lambda rng: _images(rng, shape, **how)


# case, images, their shape, size, stride
CASES = [
    ("the 4x4 slice of the text", _slice, (1, 1, 4, 4), 2, 2),
    ("every axis another length", _of((2, 3, 4, 6), blank=True), (2, 3, 4, 6), 2, 2),
    ("3x3 windows that overlap, stride 2", _of((1, 2, 5, 7)), (1, 2, 5, 7), 3, 2),
    ("all numbers negative", _of((2, 1, 2, 6), below=True), (2, 1, 2, 6), 2, 2),
    ("stride 1", _of((2, 1, 3, 4)), (2, 1, 3, 4), 2, 1),
    ("gaps between the windows, stride 3", _of((1, 2, 5, 8)), (1, 2, 5, 8), 2, 3),
    ("a window as large as the image", _of((2, 4, 3, 3)), (2, 4, 3, 3), 3, 2),
    ("1x1 windows, stride 2", _of((1, 2, 3, 5)), (1, 2, 3, 5), 1, 2),
    ("float32 stays float32", _of((1, 2, 4, 2), dtype=F32), (1, 2, 4, 2), 2, 2),
    ("a non-contiguous image", _of((2, 1, 4, 6)), (2, 1, 4, 6), 2, 2),
]


def _examples(forward, backward):
    """The cases for one pair of functions."""
    found = []
    for case, images, shape, size, stride in CASES:
        N, C, H, W = shape
        places = (N, C, (H - size) // stride + 1, (W - size) // stride + 1)
        dtype = F32 if "float32" in case else np.float64
        layout = {"x": "strided"} if "non-contiguous" in case else {}
        options = {"size": size, "stride": stride}
        found.append(
            example(
                forward,
                case,
                lambda rng, images=images: {"x": images(rng)},
                options,
                layout=layout,
            )
        )
        found.append(
            example(
                backward,
                case,
                lambda rng, images=images, places=places, dtype=dtype: {
                    "x": images(rng),
                    "dout": 5 + ints(rng, *places, dtype=dtype),
                },
                options,
                outputs=("dx",),
                layout=layout | ({"dout": "strided"} if layout else {}),
                call=_then_back(forward),
            )
        )
    return found


EXAMPLES = [
    *_examples("max_pool_forward_naive", "max_pool_backward_naive"),
    *_examples("max_pool_forward", "max_pool_backward"),
    *_examples("avg_pool_forward", "avg_pool_backward"),
    *_examples("l2_pool_forward", "l2_pool_backward"),
]
