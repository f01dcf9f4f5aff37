"""Right and wrong answers to the tasks of lesson 08, and the examples that its checks run.

Each answer is pasted into a learner's notebook, so it uses only numpy, what the first cell
imports, and the contract functions of this lesson. A wrong answer is right in everything
but the mistake that its phrase names. Answers share the cache of the reference, so that
each forward function goes with each backward function.
"""

# ruff: noqa: F821 (the names are those of the notebook that an answer is filled into)

import numpy as np

from autograder.proof.answers import example, ints, right, wrong

F32 = np.float32


# receptive_field


@right("from the last layer back, a window of windows")
def receptive_field__backwards(layers):
    side = 1
    for layer in list(layers)[::-1]:
        kind = layer["type"]
        if kind not in ("conv", "pool", "relu"):
            raise ValueError(f"{kind} has no receptive field")
        if kind == "relu":
            continue
        default = 2 if kind == "pool" else 1
        size = layer["size"] if kind == "conv" else layer.get("size", 2)
        reach = layer.get("dilation", 1) * (size - 1) + 1
        side = (side - 1) * layer.get("stride", default) + reach
    return side


@right("follow the outermost two pixels of the first window")
def receptive_field__interval(layers):
    first, last, apart = 0, 0, 1
    for layer in layers:
        match layer:
            case {"type": "conv", "size": size}:
                stride, dilation = layer.get("stride", 1), layer.get("dilation", 1)
            case {"type": "pool"}:
                size, stride, dilation = layer.get("size", 2), layer.get("stride", 2), 1
            case {"type": "relu"}:
                size, stride, dilation = 1, 1, 1
            case _:
                raise ValueError(layer)
        last += apart * dilation * (size - 1)
        apart *= stride
    return last - first + 1


@wrong("a layer's own stride already counts for its window")
def receptive_field__own_stride(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        pool = layer["type"] == "pool"
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        step *= layer.get("stride", 2 if pool else 1)
        field += layer.get("dilation", 1) * (F - 1) * step
    return field


@wrong("strides are ignored")
def receptive_field__no_stride(layers):
    field = 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        field += layer.get("dilation", 1) * (F - 1)
    return field


@wrong("the dilation is ignored")
def receptive_field__no_dilation(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        pool = layer["type"] == "pool"
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        field += (F - 1) * step
        step *= layer.get("stride", 2 if pool else 1)
    return field


@wrong("the dilation is counted in holes, so that 1 is a filter with holes")
def receptive_field__holes(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        pool = layer["type"] == "pool"
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        apart = layer["dilation"] + 1 if "dilation" in layer else 1
        field += apart * (F - 1) * step
        step *= layer.get("stride", 2 if pool else 1)
    return field


@wrong("each layer adds F pixels, not F - 1")
def receptive_field__adds_f(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        if layer["type"] == "relu":
            continue
        pool = layer["type"] == "pool"
        field += layer.get("dilation", 1) * layer.get("size", 2) * step
        step *= layer.get("stride", 2 if pool else 1)
    return field


@wrong("the sides of all windows are multiplied")
def receptive_field__product(layers):
    field = 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        field *= layer.get("dilation", 1) * (F - 1) + 1
    return field


@wrong("pooling layers are left out")
def receptive_field__no_pool(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        if layer["type"] == "conv":
            field += layer.get("dilation", 1) * (layer["size"] - 1) * step
            step *= layer.get("stride", 1)
    return field


@wrong("the window of a pool widens nothing, only its stride counts")
def receptive_field__pool_stride_only(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        if layer["type"] == "conv":
            field += layer.get("dilation", 1) * (layer["size"] - 1) * step
            step *= layer.get("stride", 1)
        elif layer["type"] == "pool":
            step *= layer.get("stride", 2)
    return field


@wrong("a pool without a stride moves by 1")
def receptive_field__pool_by_one(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        field += layer.get("dilation", 1) * (F - 1) * step
        step *= layer.get("stride", 1)
    return field


@wrong("a pool without a stride moves by its own size, not by 2")
def receptive_field__pool_by_its_size(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        pool = layer["type"] == "pool"
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        field += layer.get("dilation", 1) * (F - 1) * step
        step *= layer.get("stride", layer.get("size", 2) if pool else 1)
    return field


@wrong("the step is that of the last layer only, not the product of all strides")
def receptive_field__last_stride(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        pool = layer["type"] == "pool"
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        field += layer.get("dilation", 1) * (F - 1) * step
        step = layer.get("stride", 2 if pool else 1)
    return field


@wrong("the field of no layers is 0, not 1")
def receptive_field__from_zero(layers):
    field, step = 0, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        pool = layer["type"] == "pool"
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        field += layer.get("dilation", 1) * (F - 1) * step
        step *= layer.get("stride", 2 if pool else 1)
    return field


@wrong("the number of pixels is returned, not the side")
def receptive_field__area(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] not in ("conv", "pool", "relu"):
            raise ValueError(layer["type"])
        pool = layer["type"] == "pool"
        F = 1 if layer["type"] == "relu" else layer.get("size", 2)
        field += layer.get("dilation", 1) * (F - 1) * step
        step *= layer.get("stride", 2 if pool else 1)
    return field**2


@wrong("an unknown layer is passed over in silence", named=False)
def receptive_field__passes_over(layers):
    field, step = 1, 1
    for layer in layers:
        if layer["type"] in ("conv", "pool"):
            pool = layer["type"] == "pool"
            F = layer.get("size", 2)
            field += layer.get("dilation", 1) * (F - 1) * step
            step *= layer.get("stride", 2 if pool else 1)
    return field


# summarize


@right("products per output, counted from the shapes")
def summarize__from_shapes(layers, input_shape):
    rows, before = [], tuple(input_shape)
    for layer in layers:
        ((name, shape, parameters),) = trace_shapes(before, [layer])
        outputs = shape[0] * shape[1] * shape[2]
        products = 0
        if layer["type"] == "conv":
            products = outputs * before[0] * layer["size"] ** 2
        if layer["type"] == "fc":
            products = outputs * before[0] * before[1] * before[2]
        rows.append((name, shape, parameters, outputs * 4, products))
        before = shape
    return rows


@right("with numpy's product, and ints at the end")
def summarize__numpy(layers, input_shape):
    rows = trace_shapes(input_shape, layers)
    result = []
    for index, (name, shape, parameters) in enumerate(rows):
        numbers = int(np.prod(shape))
        weights = parameters - shape[0] if parameters else 0
        places = int(np.prod(shape[1:]))
        result.append((name, shape, parameters, numbers * 4, weights * places))
        assert layers[index]["type"]
    return result


@wrong("memory counts numbers, not bytes")
def summarize__numbers(layers, input_shape):
    rows = []
    for name, (C, H, W), p in trace_shapes(input_shape, layers):
        work = (p - C) * H * W if p else 0
        rows.append((name, (C, H, W), p, C * H * W, work))
    return rows


@wrong("memory is that of float64")
def summarize__eight(layers, input_shape):
    rows = []
    for name, (C, H, W), p in trace_shapes(input_shape, layers):
        work = (p - C) * H * W if p else 0
        rows.append((name, (C, H, W), p, 8 * C * H * W, work))
    return rows


@wrong("memory is that of what goes in")
def summarize__input(layers, input_shape):
    rows, before = [], int(np.prod(input_shape))
    for name, (C, H, W), p in trace_shapes(input_shape, layers):
        work = (p - C) * H * W if p else 0
        rows.append((name, (C, H, W), p, 4 * before, work))
        before = C * H * W
    return rows


@wrong("memory is that of the parameters")
def summarize__parameters(layers, input_shape):
    rows = []
    for name, (C, H, W), p in trace_shapes(input_shape, layers):
        work = (p - C) * H * W if p else 0
        rows.append((name, (C, H, W), p, 4 * p, work))
    return rows


@wrong("multiply-adds are counted for one place only")
def summarize__one_place(layers, input_shape):
    rows = []
    for name, (C, H, W), p in trace_shapes(input_shape, layers):
        rows.append((name, (C, H, W), p, 4 * C * H * W, p - C if p else 0))
    return rows


@wrong("multiply-adds are counted for one filter only")
def summarize__one_filter(layers, input_shape):
    rows = []
    for layer, row in zip(layers, trace_shapes(input_shape, layers)):
        name, (C, H, W), p = row
        work = (p - C) * H * W if p else 0
        if layer["type"] == "conv":
            work //= C
        rows.append((name, (C, H, W), p, 4 * C * H * W, work))
    return rows


@wrong("a multiplication and an addition are counted as two")
def summarize__two(layers, input_shape):
    rows = []
    for name, (C, H, W), p in trace_shapes(input_shape, layers):
        work = 2 * (p - C) * H * W if p else 0
        rows.append((name, (C, H, W), p, 4 * C * H * W, work))
    return rows


@wrong("biases are counted as multiply-adds")
def summarize__biases(layers, input_shape):
    rows = []
    for name, (C, H, W), p in trace_shapes(input_shape, layers):
        rows.append((name, (C, H, W), p, 4 * C * H * W, p * H * W))
    return rows


@wrong("relu and pool are counted as multiply-adds")
def summarize__relu(layers, input_shape):
    rows = []
    for name, (C, H, W), p in trace_shapes(input_shape, layers):
        work = (p - C) * H * W if p else C * H * W
        rows.append((name, (C, H, W), p, 4 * C * H * W, work))
    return rows


@wrong("the multiply-adds of fc are forgotten")
def summarize__no_fc(layers, input_shape):
    rows = []
    for layer, row in zip(layers, trace_shapes(input_shape, layers)):
        name, (C, H, W), p = row
        work = (p - C) * H * W if layer["type"] == "conv" else 0
        rows.append((name, (C, H, W), p, 4 * C * H * W, work))
    return rows


@wrong("the costs are added up from layer to layer")
def summarize__sums(layers, input_shape):
    rows, totals = [], [0, 0, 0]
    for name, (C, H, W), p in trace_shapes(input_shape, layers):
        work = (p - C) * H * W if p else 0
        totals = [a + b for a, b in zip(totals, (p, 4 * C * H * W, work))]
        rows.append((name, (C, H, W), *totals))
    return rows


@wrong("the layers' own names are ignored")
def summarize__names(layers, input_shape):
    rows = []
    for layer, row in zip(layers, trace_shapes(input_shape, layers)):
        _, (C, H, W), p = row
        work = (p - C) * H * W if p else 0
        rows.append((layer["type"], (C, H, W), p, 4 * C * H * W, work))
    return rows


# dilated_conv_forward


@right("a larger filter with zeros between its weights")
def dilated_conv_forward__zeros(x, w, b, stride=1, padding=0, dilation=1):
    K, C, FH, FW = w.shape
    wide = np.zeros(
        (K, C, dilation * (FH - 1) + 1, dilation * (FW - 1) + 1), dtype=w.dtype
    )
    wide[:, :, ::dilation, ::dilation] = w
    out, _ = conv_forward(x, wide, b, stride, padding)
    return out, (x, w, stride, padding, dilation)


@right("a view of all windows, thinned out")
def dilated_conv_forward__view(x, w, b, stride=1, padding=0, dilation=1):
    FH, FW = w.shape[2:]
    reach = [dilation * (length - 1) + 1 for length in (FH, FW)]
    for length, side in zip(x.shape[2:], reach):
        output_size(length, side, stride, padding)
    p = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(p, reach, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride, ::dilation, ::dilation]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, stride, padding, dilation)


@right("one place after the other")
def dilated_conv_forward__loops(x, w, b, stride=1, padding=0, dilation=1):
    N, _, H, W = x.shape
    K, _, FH, FW = w.shape
    tall, wide = dilation * (FH - 1) + 1, dilation * (FW - 1) + 1
    HO = output_size(H, tall, stride, padding)
    WO = output_size(W, wide, stride, padding)
    p, out = zero_pad(x, padding), np.zeros((N, K, HO, WO), dtype=x.dtype)
    for n, k, ho, wo in np.ndindex(N, K, HO, WO):
        top, left = ho * stride, wo * stride
        met = p[n, :, top : top + tall : dilation, left : left + wide : dilation]
        out[n, k, ho, wo] = np.sum(met * w[k]) + b[k]
    return out, (x, w, stride, padding, dilation)


@wrong("the dilation is ignored")
def dilated_conv_forward__ignored(x, w, b, stride=1, padding=0, dilation=1):
    N, _, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, dilation * (FH - 1) + 1, stride, padding)
    WO = output_size(W, dilation * (FW - 1) + 1, stride, padding)
    p, out = zero_pad(x, padding), np.zeros((N, K, HO, WO), x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        met = p[:, :, ho * stride :, wo * stride :][:, :, :FH, :FW]
        out[:, :, ho, wo] = np.einsum("ncij,kcij->nk", met, w) + b
    return out, (x, w, stride, padding, dilation)


@wrong("the dilation is counted in holes, so that 1 is a filter with holes")
def dilated_conv_forward__holes(x, w, b, stride=1, padding=0, dilation=1):
    K, C, FH, FW = w.shape
    D = dilation + 1
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), w.dtype)
    wide[:, :, ::D, ::D] = w
    return conv_forward(x, wide, b, stride, padding)[0], (
        x,
        w,
        stride,
        padding,
        dilation,
    )


@wrong("only the columns of the filter are pulled apart")
def dilated_conv_forward__columns(x, w, b, stride=1, padding=0, dilation=1):
    N, _, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, dilation * (FH - 1) + 1, stride, padding)
    WO = output_size(W, dilation * (FW - 1) + 1, stride, padding)
    p, out = zero_pad(x, padding), np.zeros((N, K, HO, WO), x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        met = p[:, :, ho * stride :, wo * stride :: dilation][:, :, :FH, :FW]
        out[:, :, ho, wo] = np.einsum("ncij,kcij->nk", met, w) + b
    return out, (x, w, stride, padding, dilation)


@wrong("the steps of the window are multiplied by the dilation")
def dilated_conv_forward__steps(x, w, b, stride=1, padding=0, dilation=1):
    N, _, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, dilation * (FH - 1) + 1, stride, padding)
    WO = output_size(W, dilation * (FW - 1) + 1, stride, padding)
    p, out = zero_pad(x, padding), np.zeros((N, K, HO, WO), x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top = min(ho * stride * dilation, p.shape[2] - dilation * (FH - 1) - 1)
        left = min(wo * stride * dilation, p.shape[3] - dilation * (FW - 1) - 1)
        met = p[:, :, top::dilation, left::dilation][:, :, :FH, :FW]
        out[:, :, ho, wo] = np.einsum("ncij,kcij->nk", met, w) + b
    return out, (x, w, stride, padding, dilation)


@wrong("the bias is forgotten")
def dilated_conv_forward__no_bias(x, w, b, stride=1, padding=0, dilation=1):
    K, C, FH, FW = w.shape
    D = dilation
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), w.dtype)
    wide[:, :, ::D, ::D] = w
    out, _ = conv_forward(x, wide, np.zeros_like(b), stride, padding)
    return out, (x, w, stride, padding, dilation)


@wrong("the bias is added once per weight of the window")
def dilated_conv_forward__bias_often(x, w, b, stride=1, padding=0, dilation=1):
    K, C, FH, FW = w.shape
    D = dilation
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), w.dtype)
    wide[:, :, ::D, ::D] = w
    out, _ = conv_forward(x, wide, b * (FH * FW), stride, padding)
    return out, (x, w, stride, padding, dilation)


@wrong("the filter is flipped")
def dilated_conv_forward__flipped(x, w, b, stride=1, padding=0, dilation=1):
    K, C, FH, FW = w.shape
    D = dilation
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), w.dtype)
    wide[:, :, ::D, ::D] = w[:, :, ::-1, ::-1]
    out, _ = conv_forward(x, wide, b, stride, padding)
    return out, (x, w, stride, padding, dilation)


@wrong("only the first channel is seen")
def dilated_conv_forward__first_channel(x, w, b, stride=1, padding=0, dilation=1):
    K, C, FH, FW = w.shape
    D = dilation
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), w.dtype)
    wide[:, :1, ::D, ::D] = w[:, :1]
    out, _ = conv_forward(x, wide, b, stride, padding)
    return out, (x, w, stride, padding, dilation)


@wrong("the padding is multiplied by the dilation")
def dilated_conv_forward__padding(x, w, b, stride=1, padding=0, dilation=1):
    K, C, FH, FW = w.shape
    D = dilation
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), w.dtype)
    wide[:, :, ::D, ::D] = w
    out, _ = conv_forward(x, wide, b, stride, padding * D)
    return out, (x, w, stride, padding, dilation)


@wrong("float32 went in, float64 came out")
def dilated_conv_forward__float64(x, w, b, stride=1, padding=0, dilation=1):
    K, C, FH, FW = w.shape
    D = dilation
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1))
    wide[:, :, ::D, ::D] = w
    out, _ = conv_forward(x.astype(float), wide, b.astype(float), stride, padding)
    return out, (x, w, stride, padding, dilation)


@wrong("out is returned without a cache")
def dilated_conv_forward__no_cache(x, w, b, stride=1, padding=0, dilation=1):
    K, C, FH, FW = w.shape
    D = dilation
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), w.dtype)
    wide[:, :, ::D, ::D] = w
    return conv_forward(x, wide, b, stride, padding)[0]


@wrong("what does not fit is cut off in silence", named=False)
def dilated_conv_forward__floor(x, w, b, stride=1, padding=0, dilation=1):
    FH, FW = w.shape[2:]
    D, reach = dilation, [dilation * (length - 1) + 1 for length in (FH, FW)]
    p = zero_pad(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(p, reach, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride, ::D, ::D]
    out = np.einsum("nchwij,kcij->nkhw", windows, w) + b[:, None, None]
    return out, (x, w, stride, padding, dilation)


# dilated_conv_backward


@right("through the larger filter, back to its weights")
def dilated_conv_backward__zeros(dout, cache):
    from course.im2col import conv_backward

    x, w, S, P, D = cache
    K, C, FH, FW = w.shape
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), dtype=w.dtype)
    wide[:, :, ::D, ::D] = w
    _, inner = conv_forward(x, wide, np.zeros(K, w.dtype), S, P)
    dx, dwide, db = conv_backward(dout, inner)
    return dx, dwide[:, :, ::D, ::D], db


@right("one place of the output after the other")
def dilated_conv_backward__places(dout, cache):
    x, w, S, P, D = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    p = zero_pad(x, P)
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows = slice(ho * S, ho * S + D * (FH - 1) + 1, D)
        columns = slice(wo * S, wo * S + D * (FW - 1) + 1, D)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, p[:, :, rows, columns])
        dp[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    return dp[:, :, P : P + H, P : P + W], dw, dout.sum((0, 2, 3))


@wrong("the dilation is ignored")
def dilated_conv_backward__ignored(dout, cache):
    x, w, S, P, _D = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    p = zero_pad(x, P)
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        rows, columns = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        error = dout[:, :, ho, wo]
        dw += np.einsum("nk,ncij->kcij", error, p[:, :, rows, columns])
        dp[:, :, rows, columns] += np.einsum("nk,kcij->ncij", error, w)
    return dp[:, :, P : P + H, P : P + W], dw, dout.sum((0, 2, 3))


@wrong("= is written instead of += in dx, so that windows overwrite each other")
def dilated_conv_backward__overwrites(dout, cache):
    x, w, S, P, D = cache
    H, W = x.shape[2:]
    HO, WO = dout.shape[2:]
    FH, FW = w.shape[2:]
    p = zero_pad(x, P)
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    for fh, fw in np.ndindex(FH, FW):
        rows = slice(fh * D, fh * D + S * HO, S)
        columns = slice(fw * D, fw * D + S * WO, S)
        dw[:, :, fh, fw] = np.einsum("nkhw,nchw->kc", dout, p[:, :, rows, columns])
        dp[:, :, rows, columns] = np.einsum("nkhw,kc->nchw", dout, w[:, :, fh, fw])
    return dp[:, :, P : P + H, P : P + W], dw, dout.sum((0, 2, 3))


@wrong("dx is that of the padded image, uncropped")
def dilated_conv_backward__uncropped(dout, cache):
    x, w, S, P, D = cache
    HO, WO = dout.shape[2:]
    FH, FW = w.shape[2:]
    p = zero_pad(x, P)
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    for fh, fw in np.ndindex(FH, FW):
        rows = slice(fh * D, fh * D + S * HO, S)
        columns = slice(fw * D, fw * D + S * WO, S)
        dw[:, :, fh, fw] = np.einsum("nkhw,nchw->kc", dout, p[:, :, rows, columns])
        dp[:, :, rows, columns] += np.einsum("nkhw,kc->nchw", dout, w[:, :, fh, fw])
    return dp, dw, dout.sum((0, 2, 3))


@wrong("dw is that of the last image only")
def dilated_conv_backward__last_image(dout, cache):
    x, w, S, P, D = cache
    H, W = x.shape[2:]
    HO, WO = dout.shape[2:]
    FH, FW = w.shape[2:]
    p = zero_pad(x, P)
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    for fh, fw in np.ndindex(FH, FW):
        rows = slice(fh * D, fh * D + S * HO, S)
        columns = slice(fw * D, fw * D + S * WO, S)
        met = p[-1:, :, rows, columns]
        dw[:, :, fh, fw] = np.einsum("nkhw,nchw->kc", dout[-1:], met)
        dp[:, :, rows, columns] += np.einsum("nkhw,kc->nchw", dout, w[:, :, fh, fw])
    return dp[:, :, P : P + H, P : P + W], dw, dout.sum((0, 2, 3))


@wrong("dw is averaged over the images instead of summed")
def dilated_conv_backward__mean(dout, cache):
    x, w, S, P, D = cache
    H, W = x.shape[2:]
    HO, WO = dout.shape[2:]
    FH, FW = w.shape[2:]
    p = zero_pad(x, P)
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    for fh, fw in np.ndindex(FH, FW):
        rows = slice(fh * D, fh * D + S * HO, S)
        columns = slice(fw * D, fw * D + S * WO, S)
        met = p[:, :, rows, columns]
        dw[:, :, fh, fw] = np.einsum("nkhw,nchw->kc", dout, met) / len(x)
        dp[:, :, rows, columns] += np.einsum("nkhw,kc->nchw", dout, w[:, :, fh, fw])
    return dp[:, :, P : P + H, P : P + W], dw, dout.sum((0, 2, 3))


@wrong("db is not summed over the places")
def dilated_conv_backward__db_places(dout, cache):
    x, w, S, P, D = cache
    H, W = x.shape[2:]
    HO, WO = dout.shape[2:]
    FH, FW = w.shape[2:]
    p = zero_pad(x, P)
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    for fh, fw in np.ndindex(FH, FW):
        rows = slice(fh * D, fh * D + S * HO, S)
        columns = slice(fw * D, fw * D + S * WO, S)
        dw[:, :, fh, fw] = np.einsum("nkhw,nchw->kc", dout, p[:, :, rows, columns])
        dp[:, :, rows, columns] += np.einsum("nkhw,kc->nchw", dout, w[:, :, fh, fw])
    return dp[:, :, P : P + H, P : P + W], dw, dout.sum(axis=0)


@wrong("the filter is flipped on the way back")
def dilated_conv_backward__flipped(dout, cache):
    x, w, S, P, D = cache
    H, W = x.shape[2:]
    HO, WO = dout.shape[2:]
    FH, FW = w.shape[2:]
    p = zero_pad(x, P)
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    turned = w[:, :, ::-1, ::-1]
    for fh, fw in np.ndindex(FH, FW):
        rows = slice(fh * D, fh * D + S * HO, S)
        columns = slice(fw * D, fw * D + S * WO, S)
        dw[:, :, fh, fw] = np.einsum("nkhw,nchw->kc", dout, p[:, :, rows, columns])
        dp[:, :, rows, columns] += np.einsum(
            "nkhw,kc->nchw", dout, turned[:, :, fh, fw]
        )
    return dp[:, :, P : P + H, P : P + W], dw, dout.sum((0, 2, 3))


@wrong("dw is that of the larger filter, with its holes")
def dilated_conv_backward__wide_dw(dout, cache):
    from course.im2col import conv_backward

    x, w, S, P, D = cache
    K, C, FH, FW = w.shape
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), dtype=w.dtype)
    wide[:, :, ::D, ::D] = w
    return conv_backward(dout, conv_forward(x, wide, np.zeros(K, w.dtype), S, P)[1])


@wrong("dw takes the first numbers of the larger filter, not every D-th")
def dilated_conv_backward__first_dw(dout, cache):
    from course.im2col import conv_backward

    x, w, S, P, D = cache
    K, C, FH, FW = w.shape
    wide = np.zeros((K, C, D * (FH - 1) + 1, D * (FW - 1) + 1), dtype=w.dtype)
    wide[:, :, ::D, ::D] = w
    _, inner = conv_forward(x, wide, np.zeros(K, w.dtype), S, P)
    dx, dwide, db = conv_backward(dout, inner)
    return dx, dwide[:, :, :FH, :FW], db


@wrong("float32 went in, float64 came out")
def dilated_conv_backward__float64(dout, cache):
    x, w, S, P, D = cache
    H, W = x.shape[2:]
    HO, WO = dout.shape[2:]
    FH, FW = w.shape[2:]
    p = zero_pad(x, P).astype(float)
    dp, dw = np.zeros(p.shape), np.zeros(w.shape)
    for fh, fw in np.ndindex(FH, FW):
        rows = slice(fh * D, fh * D + S * HO, S)
        columns = slice(fw * D, fw * D + S * WO, S)
        dw[:, :, fh, fw] = np.einsum("nkhw,nchw->kc", dout, p[:, :, rows, columns])
        dp[:, :, rows, columns] += np.einsum("nkhw,kc->nchw", dout, w[:, :, fh, fw])
    return dp[:, :, P : P + H, P : P + W], dw, dout.sum((0, 2, 3)).astype(float)


# dense_to_conv


@right("one filter after the other")
def dense_to_conv__loop(w, b, input_shape):
    D, M = w.shape
    C, H, W = input_shape
    if D != C * H * W:
        raise ValueError(f"{D} weights do not make filters of {C}x{H}x{W}")
    filters = np.empty((M, C, H, W), dtype=w.dtype)
    for m in range(M):
        filters[m] = w[:, m].reshape(C, H, W)
    return filters, b.copy()


@right("reshape first, then move the last axis to the front")
def dense_to_conv__moveaxis(w, b, input_shape):
    filters = np.moveaxis(w.reshape(*input_shape, w.shape[1]), -1, 0)
    return np.ascontiguousarray(filters), b


@wrong("w is reshaped without being transposed")
def dense_to_conv__no_transpose(w, b, input_shape):
    return w.reshape(-1, *input_shape), b


@wrong("height and width are swapped")
def dense_to_conv__swapped(w, b, input_shape):
    C, H, W = input_shape
    return w.T.reshape(-1, C, W, H).swapaxes(2, 3), b


@wrong("the channels are taken to be the fastest axis")
def dense_to_conv__channels_last(w, b, input_shape):
    C, H, W = input_shape
    return w.T.reshape(-1, H, W, C).transpose(0, 3, 1, 2), b


@wrong("the filters are flipped")
def dense_to_conv__flipped(w, b, input_shape):
    return w.T.reshape(-1, *input_shape)[:, :, ::-1, ::-1], b


@wrong("the biases are set to 0")
def dense_to_conv__no_bias(w, b, input_shape):
    return w.T.reshape(-1, *input_shape), np.zeros_like(b)


@wrong("float32 went in, float64 came out")
def dense_to_conv__float64(w, b, input_shape):
    return w.T.reshape(-1, *input_shape).astype(float), b.astype(float)


@wrong("only the filters are returned", named=False)
def dense_to_conv__no_pair(w, b, input_shape):
    return w.T.reshape(-1, *input_shape)


@wrong("what does not fit is cut off in silence", named=False)
def dense_to_conv__cut(w, b, input_shape):
    C, H, W = input_shape
    return w[: C * H * W].T.reshape(-1, C, H, W), b


# parse_pattern


@right("recursive descent over a list that is consumed")
def parse_pattern__stack(pattern, filters=16, size=3, hidden=64, classes=10):
    waiting = list(tokens(pattern))

    def fail(token):
        raise ValueError(
            point_at(pattern, token.place, f"{token.text!r} is wrong here")
        )

    def layer(word):
        if word == "CONV":
            P = same_padding(size)
            return {"type": "conv", "filters": filters, "size": size, "padding": P}
        if word == "POOL":
            return {"type": "pool", "size": 2, "stride": 2}
        if word == "FC":
            return {"type": "fc", "outputs": hidden}
        return {"type": "relu"}

    stack = [[]]
    state = "input"
    while waiting:
        token = waiting.pop(0)
        text = token.text
        if state == "input":
            if text != "INPUT":
                fail(token)
            state = "behind"
        elif state == "part":
            if text == "[":
                stack.append([])
            elif text in ("CONV", "RELU", "POOL", "FC"):
                stack[-1].append(layer(text))
                state = "behind"
            else:
                fail(token)
        elif state == "behind":
            if text == "->":
                state = "part"
            elif text == "]" and len(stack) > 1:
                state = "times"
            elif text != "" or len(stack) > 1:
                fail(token)
        elif state == "times":
            if text != "*":
                fail(token)
            state = "number"
        elif state == "number":
            if not text.isdecimal() or int(text) == 0:
                fail(token)
            inner = stack.pop()
            for _ in range(int(text)):
                stack[-1] += [dict(each) for each in inner]
            state = "behind"
    dense = [each for each in stack[0] if each["type"] == "fc"]
    if dense:
        dense[-1]["outputs"] = classes
    return stack[0]


@right("words cut out by hand, names only at the end")
def parse_pattern__stranger(pattern, filters=16, size=3, hidden=64, classes=10):
    text = pattern.upper()
    position = 0

    def skip():
        nonlocal position
        while position < len(text) and text[position].isspace():
            position += 1

    def peek():
        skip()
        if position == len(text):
            return ""
        if text.startswith("->", position):
            return "->"
        end = position
        kind = str.isalpha if text[position].isalpha() else str.isdigit
        while end < len(text) and kind(text[end]):
            end += 1
        return text[position : max(end, position + 1)]

    def error():
        peek()
        raise ValueError("wrong pattern\n" + pattern + "\n" + " " * position + "^")

    def accept(word):
        nonlocal position
        if peek() != word:
            error()
        position += len(word)

    def chain():
        names = part()
        while peek() == "->":
            accept("->")
            names = names + part()
        return names

    def part():
        if peek() == "[":
            accept("[")
            names = chain()
            accept("]")
            accept("*")
            count = peek()
            if not count.isdigit() or int(count) < 1:
                error()
            accept(count)
            return names * int(count)
        if peek() not in ("CONV", "RELU", "POOL", "FC"):
            error()
        name = peek()
        accept(name)
        return [name]

    accept("INPUT")
    names = []
    if peek():
        accept("->")
        names = chain()
    if peek():
        error()
    layers = []
    for index, name in enumerate(names):
        if name == "CONV":
            layer = {"type": "conv", "filters": filters, "size": size}
            layer["padding"] = (size - 1) // 2
        elif name == "POOL":
            layer = {"type": "pool", "size": 2, "stride": 2}
        elif name == "FC":
            outputs = hidden if "FC" in names[index + 1 :] else classes
            layer = {"type": "fc", "outputs": outputs}
        else:
            layer = {"type": "relu"}
        layers.append(layer)
    return layers


# the wrong ones differ from each other in a line or two


@wrong("INPUT becomes a layer")
def parse_pattern__input_layer(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [{"type": "input"}] + [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("a CONV gets no padding")
def parse_pattern__no_padding(pattern, filters=16, size=3, hidden=64, classes=10):
    P = 0
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("the types are in capitals")
def parse_pattern__capitals(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return [layer | {"type": layer["type"].upper()} for layer in layers]


@wrong("the last FC has hidden outputs")
def parse_pattern__last_hidden(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    return layers


@wrong("every FC has classes outputs")
def parse_pattern__all_classes(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense:
        layer["outputs"] = classes
    return layers


@wrong("the first FC has classes outputs")
def parse_pattern__first_classes(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[:1]:
        layer["outputs"] = classes
    return layers


@wrong("only an FC at the very end gets classes")
def parse_pattern__end_classes(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers[-1:] if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("all copies of a bracket share one dict")
def parse_pattern__shared(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("a bracket is not repeated")
def parse_pattern__once(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                take(found[at].text)
                layers += inner
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("a bracket is repeated once too often")
def parse_pattern__too_often(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * (1 + int(take(found[at].text)))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("the message does not point")
def parse_pattern__no_caret(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(f"wrong word {found[at].text!r} in {pattern}")

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("the caret is one place too far left", named=False)
def parse_pattern__left(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place - 1, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("the caret is one place too far right")
def parse_pattern__right_of(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place + 1, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("a bracket that is never closed is accepted", named=False)
def parse_pattern__bracket_open(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                if found[at].text == "":
                    return layers + inner
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("a number of 0 is accepted", named=False)
def parse_pattern__zero(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal():
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


@wrong("small letters are refused", named=False)
def parse_pattern__case(pattern, filters=16, size=3, hidden=64, classes=10):
    P = (size - 1) // 2
    kinds = {
        "CONV": {"type": "conv", "filters": filters, "size": size, "padding": P},
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0
    if pattern != pattern.upper():
        raise ValueError("capitals only")

    def fail():
        raise ValueError(point_at(pattern, found[at].place, "wrong here"))

    def take(*wanted):
        nonlocal at
        if found[at].text not in wanted:
            fail()
        at += 1
        return found[at - 1].text

    def chain():
        nonlocal at
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                if not found[at].text.isdecimal() or int(found[at].text) < 1:
                    fail()
                layers += inner * int(take(found[at].text))
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    dense = [layer for layer in layers if layer["type"] == "fc"]
    for layer in dense[-1:]:
        layer["outputs"] = classes
    return layers


# examples


def _conv(size, **more):
    return {"type": "conv", "filters": 2, "size": size} | more


POOL, RELU = {"type": "pool"}, {"type": "relu"}
FIELDS = {
    "a single 3x3 convolution": [_conv(3)],
    "conv, pool, conv": [_conv(3), POOL, _conv(3)],
    "a stride before a larger window": [_conv(2, stride=3), _conv(4)],
    "a pool of 3 without a stride, then 5x5": [{"type": "pool", "size": 3}, _conv(5)],
    "a pool that moves by 1": [{"type": "pool", "stride": 1}, _conv(3), _conv(2)],
    "dilation 3": [_conv(3, dilation=3)],
    "dilation 1, 2 and 4": [_conv(3, dilation=D) for D in (1, 2, 4)],
    "stride and dilation": [_conv(2, stride=2, dilation=2), RELU, _conv(3, dilation=3)],
    "AlexNet up to its second pool": [
        _conv(11, stride=4),
        RELU,
        {"type": "pool", "size": 3, "stride": 2},
        _conv(5, padding=2),
        RELU,
        {"type": "pool", "size": 3, "stride": 2},
    ],
}
COSTS = {
    "one conv": ((2, 5, 4), [_conv(3)]),
    "a relu": ((3, 4, 6), [RELU]),
    "a pool": ((3, 4, 6), [POOL]),
    "an fc": ((3, 2, 5), [{"type": "fc", "outputs": 7}]),
    "conv with stride and padding, 7 high, 9 wide": (
        (3, 7, 9),
        [{"type": "conv", "filters": 6, "size": 3, "stride": 2, "padding": 1}],
    ),
    "a whole network": (
        (3, 8, 12),
        [
            {"type": "conv", "filters": 5, "size": 3, "padding": 1},
            RELU,
            POOL,
            {"type": "conv", "filters": 4, "size": 1},
            {"type": "fc", "outputs": 6},
            RELU,
            {"type": "fc", "outputs": 2},
        ],
    ),
}
# x, w, stride, padding, dilation
DILATED = {
    "dilation 2": ((2, 3, 6, 7), (4, 3, 3, 2), 1, 0, 2),
    "dilation 3, padding 2": ((1, 2, 5, 6), (3, 2, 2, 3), 1, 2, 3),
    "dilation 2, stride 2, padding 1": ((3, 2, 7, 9), (2, 2, 3, 4), 2, 1, 2),
    "stride 3": ((2, 1, 6, 9), (3, 1, 2, 2), 3, 1, 4),
    "dilation 1: an ordinary convolution": ((2, 3, 4, 5), (4, 3, 2, 3), 1, 1, 1),
    "1x1 filters, which have no holes": ((2, 3, 4, 3), (2, 3, 1, 1), 1, 0, 3),
    "float32 stays float32": ((2, 2, 5, 6), (3, 2, 2, 3), 1, 0, 2),
    "non-contiguous arrays": ((2, 2, 5, 6), (3, 2, 2, 3), 1, 0, 2),
}


def _numbers(f, layers, input_shape):
    table = []
    for row in f(layers, tuple(input_shape)):
        table.append([*row[1], *row[2:]])
    return np.array(table)


def _then_back(f, x, w, b, dout, **options):
    from course.architectures import dilated_conv_forward

    return f(dout, dilated_conv_forward(x, w, b, **options)[1])


def _dilated(case, backward=False):
    x, w, S, P, D = DILATED[case]
    dtype = F32 if "float32" in case else np.float64
    sides = [(x[2 + a] + 2 * P - D * (w[2 + a] - 1) - 1) // S + 1 for a in (0, 1)]

    def inputs(rng):
        arrays = {
            "x": 5 + ints(rng, *x, dtype=dtype),
            "w": ints(rng, *w, dtype=dtype),
            "b": 10 + ints(rng, w[0], dtype=dtype),
        }
        dout = 1 + ints(rng, x[0], w[0], *sides, dtype=dtype)
        return arrays | ({"dout": dout} if backward else {})

    strided = dict.fromkeys(("x", "w", "dout") if backward else ("x", "w"), "strided")
    return {
        "case": case,
        "inputs": inputs,
        "options": {"stride": S, "padding": P, "dilation": D},
        "layout": strided if "non-contiguous" in case else {},
    }


def _dense(shape, outputs, dtype=np.float64):
    D = shape[0] * shape[1] * shape[2]
    return lambda rng: {
        "w": np.arange(D * outputs, dtype=dtype).reshape(D, outputs),
        "b": 5 + ints(rng, outputs, dtype=dtype),
    }


def _as_filters(f, w, b, input_shape):
    return f(w, b, tuple(input_shape))


EXAMPLES = [
    *(
        example("receptive_field", case, options={"layers": layers})
        for case, layers in FIELDS.items()
    ),
    *(
        example(
            "summarize",
            case,
            options={"layers": layers, "input_shape": list(shape)},
            call=_numbers,
        )
        for case, (shape, layers) in COSTS.items()
    ),
    *(example("dilated_conv_forward", **_dilated(case)) for case in DILATED),
    *(
        example(
            "dilated_conv_backward",
            **_dilated(case, backward=True),
            outputs=("dx", "dw", "db"),
            call=_then_back,
        )
        for case in DILATED
    ),
    *(
        example(
            "dense_to_conv",
            case,
            _dense(shape, outputs, dtype),
            {"input_shape": list(shape)},
            outputs=("filters", "biases"),
            layout=layout,
            call=_as_filters,
        )
        for case, shape, outputs, dtype, layout in [
            ("2 channels, 3 high, 4 wide, 5 outputs", (2, 3, 4), 5, float, {}),
            ("one row", (3, 1, 4), 2, float, {}),
            ("one pixel of 4 channels", (4, 1, 1), 3, float, {}),
            ("float32 stays float32", (2, 2, 3), 2, F32, {}),
            ("non-contiguous weights", (2, 3, 2), 3, float, {"w": "strided"}),
        ]
    ),
]
