"""The forward pass of a convolution whose filters have holes."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1


def cases(t, dilated_conv_forward):
    dilated = dilated_conv_forward

    def numbers(x, w, dtype=float):
        b = 10 + t.ints(w[0], dtype=dtype)
        return 5 + t.ints(*x, dtype=dtype), t.ints(*w, dtype=dtype), b

    x, w = np.arange(1.0, 7).reshape(1, 1, 1, 6), np.array([[[[1.0, 10, 100]]]])
    want = np.array([[[[531.0, 642.0]]]])
    t.case("by hand: 531 and 642", dilated(x, w, np.zeros(1), dilation=2)[0], want)
    t.case("by hand: a bias", dilated(x, w, np.ones(1), dilation=2)[0], want + 1)
    for title, x, w, S, P, D in [
        ("dilation 2", (2, 3, 6, 7), (4, 3, 3, 2), 1, 0, 2),
        ("dilation 3, padding 2", (1, 2, 5, 6), (3, 2, 2, 3), 1, 2, 3),
        ("dilation 2, stride 2, padding 1", (3, 2, 7, 9), (2, 2, 3, 4), 2, 1, 2),
        ("dilation 4, stride 3", (2, 1, 8, 11), (3, 1, 2, 2), 3, 0, 4),
        ("dilation 1: an ordinary convolution", (2, 3, 4, 5), (4, 3, 2, 3), 1, 1, 1),
        ("1x1 filters, which have no holes", (2, 3, 4, 3), (2, 3, 1, 1), 1, 0, 3),
    ]:
        x, w, b = numbers(x, w)
        t.case(title, dilated(x, w, b, stride=S, padding=P, dilation=D)[0])
    x, w, b = numbers((2, 2, 4, 5), (3, 2, 2, 2))
    t.case("no dilation, stride or padding given", dilated(x, w, b)[0])
    x, w, b = numbers((2, 2, 5, 6), (3, 2, 2, 3), np.float32)
    t.case("float32", dilated(x, w, b, dilation=2)[0])
    x, w, b = map(t.strided, numbers((2, 2, 5, 6), (3, 2, 2, 3)))
    t.case("not contiguous", dilated(x, w, b, dilation=2)[0])
    for title, shape, stride, dilation in [
        ("3 wide with dilation 3 is 7: too wide for 6", (1, 1, 8, 6), 1, 3),
        ("3 high with dilation 3 is 7: too high for 6", (1, 1, 6, 8), 1, 3),
        ("3 high with dilation 2 is 5: 8 - 5 is odd, stride 2", (1, 1, 8, 9), 2, 2),
        ("3 wide with dilation 2 is 5: 8 - 5 is odd, stride 2", (1, 1, 9, 8), 2, 2),
    ]:
        w, b = np.ones((1, 1, 3, 3)), np.zeros(1)
        t.refuses(title, dilated(np.ones(shape), w, b, stride, 0, dilation))


def hidden(t, dilated_conv_forward):
    for x, w, S, P, D in [
        ((3, 2, 9, 8), (5, 2, 4, 3), 1, 0, 2),
        ((1, 4, 6, 7), (2, 4, 2, 3), 2, 1, 3),
        ((2, 1, 8, 10), (3, 1, 3, 2), 3, 2, 4),
        ((1, 2, 4, 6), (3, 2, 4, 6), 1, 0, 1),
        ((2, 3, 4, 5), (4, 3, 1, 1), 1, 0, 5),
    ]:
        title = f"{x}, {w}, {S}, {P}, {D}"
        x, w, b = t.normal(*x), t.normal(*w), t.normal(w[0])
        t.case(title, dilated_conv_forward(x, w, b, S, P, D)[0])
    x, w, b = t.normal(6, 5, 2, 3).T, t.normal(4, 2, 3, 2), t.normal(4)
    t.case("axes in another order", dilated_conv_forward(x, w, b, 1, 2, 2)[0])
    x, w, b = x.astype("f4"), w.astype("f4"), b.astype("f4")
    t.case("float32, stride 1", dilated_conv_forward(x, w, b, 1, 2, 2)[0])
    x, w, b = np.ones((1, 1, 7, 8)), np.ones((1, 1, 2, 2)), np.zeros(1)
    t.refuses("8 wide, dilation 2, stride 4", dilated_conv_forward(x, w, b, 4, 0, 2))


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


wrong(
    "the dilation is ignored",
    "slice(fh * D, fh * D + S",
    "slice(fh, fh + S",
    "slice(fw * D, fw * D + S",
    "slice(fw, fw + S",
)
wrong(
    "the dilation is counted in holes, so that 1 is a filter with holes",
    "S, D = stride, dilation",
    "S, D = stride, dilation + 1",
)
wrong(
    "only the columns of the filter are pulled apart",
    "slice(fh * D, fh * D + S",
    "slice(fh, fh + S",
)
wrong(
    "the steps of the window are multiplied by the dilation",
    "top, left = ho * stride, wo * stride",
    "top = min(ho * stride * dilation, p.shape[2] - tall)\n"
    "        left = min(wo * stride * dilation, p.shape[3] - wide)",
    of="dilated_conv_forward__loops",
)
wrong("the bias is forgotten", "    out += b.reshape(K, 1, 1)\n", "")
wrong("the bias is added once per weight of the window", "+= b.", "+= FH * FW * b.")
wrong(
    "the filter is flipped",
    "w[:, :, fh, fw]",
    "w[:, :, FH - 1 - fh, FW - 1 - fw]",
)
wrong(
    "only the first channel is seen",
    "met, w[:, :, fh, fw]",
    "met[:, :1], w[:, :1, fh, fw]",
)
wrong(
    "the padding is multiplied by the dilation",
    "S, D = stride, dilation",
    "S, D = stride, dilation\n    padding *= D",
)
wrong("float32 went in, float64 came out", ", dtype=x.dtype", "")
wrong(
    "out is returned without a cache",
    "return out, (x, w, stride, padding, dilation)",
    "return out",
)
wrong(
    "what does not fit is cut off in silence",
    "output_size(H, D * (FH - 1) + 1, S, padding)",
    "(H + 2 * padding - D * (FH - 1) - 1) // S + 1",
    "output_size(W, D * (FW - 1) + 1, S, padding)",
    "(W + 2 * padding - D * (FW - 1) - 1) // S + 1",
)
wrong(
    "rows that do not fit are cut off in silence",
    "output_size(H, D * (FH - 1) + 1, S, padding)",
    "(H + 2 * padding - D * (FH - 1) - 1) // S + 1",
)
wrong(
    "columns that do not fit are cut off in silence",
    "output_size(W, D * (FW - 1) + 1, S, padding)",
    "(W + 2 * padding - D * (FW - 1) - 1) // S + 1",
)
