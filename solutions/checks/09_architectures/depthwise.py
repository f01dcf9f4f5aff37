"""A convolution with one filter for each channel, there and back."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

X = np.arange(1.0, 9).reshape(1, 2, 1, 4)
W, B = np.array([[[1.0, 10.0]], [[100.0, 1000.0]]]), np.array([0.5, -0.5])


def places(x, w, S, P):
    return [(x[2 + a] + 2 * P - w[1 + a]) // S + 1 for a in (0, 1)]


def again(backward, dout, cache):
    """What the second of two calls gives."""
    backward(dout, cache)
    return backward(dout, cache)


def cases(t, depthwise_conv_forward, depthwise_conv_backward):
    forward, backward = depthwise_conv_forward, depthwise_conv_backward
    want = np.array([[[[21.5, 32.5, 43.5]], [[6499.5, 7599.5, 8699.5]]]])
    t.case("by hand: two channels, two filters", forward(X, W, B)[0], want)
    dout = np.array([[[[1.0, 2.0, 0.0]], [[0.0, 3.0, 4.0]]]])
    by_hand = t.once(backward(dout, forward(X, W, B)[1]))
    want = np.array([[[[1.0, 12, 20, 0]], [[0, 300, 3400, 4000]]]])
    t.case("by hand: dx", by_hand[0], want)
    want = np.array([[[5.0, 8.0]], [[46.0, 53.0]]])
    t.case("by hand: dw", by_hand[1], want)
    t.case("by hand: db", by_hand[2], np.array([3.0, 7.0]))
    for title, x, w, S, P in [
        ("3 channels, filters of 2x3", (2, 3, 5, 6), (3, 2, 3), 1, 0),
        ("stride 2", (2, 4, 7, 6), (4, 3, 2), 2, 0),
        ("padding 1", (1, 2, 4, 5), (2, 3, 3), 1, 1),
        ("stride 3, padding 2", (3, 2, 5, 8), (2, 3, 3), 3, 2),
        ("1x1 filters", (2, 3, 2, 4), (3, 1, 1), 1, 0),
        ("one channel: an ordinary convolution", (2, 1, 4, 5), (1, 3, 2), 1, 0),
        ("float32", (2, 3, 4, 5), (3, 2, 2), 1, 1),
        ("not contiguous", (2, 3, 4, 5), (3, 2, 2), 1, 0),
    ]:
        dtype = np.float32 if title == "float32" else float
        dout = 1 + t.ints(x[0], x[1], *places(x, w, S, P), dtype=dtype)
        b, x, w = t.ints(w[0], dtype=dtype), 5 + t.ints(*x, dtype=dtype), t.ints(*w)
        w = w.astype(dtype)
        if title == "not contiguous":
            x, w, dout = t.strided(x), t.strided(w), t.strided(dout)
        t.case(title, forward(x, w, b, stride=S, padding=P)[0])
        cache = forward(x, w, b, stride=S, padding=P)[1]
        back = t.once(backward(dout, cache))
        for index, name in enumerate(("dx", "dw", "db")):
            t.case(f"{title}: {name}", back[index])
    t.case("a second call with the same cache", t.call(again, backward, dout, cache))
    for title, shape, S, P in [
        ("a filter higher than the image", (1, 2, 2, 6), 1, 0),
        ("a filter wider than the image", (1, 2, 6, 2), 1, 0),
        ("stride 2 leaves a row over", (1, 2, 6, 5), 2, 0),
        ("stride 2 leaves a column over, with padding", (1, 2, 5, 6), 2, 1),
    ]:
        call = forward(np.ones(shape), np.ones((2, 3, 3)), np.zeros(2), S, P)
        t.refuses(title, call)
    x, w, b = t.normal(2, 3, 5, 7), t.normal(3, 3, 3), t.normal(3)

    def out(x=x, w=w, b=b):
        return forward(x, w, b, 2, 1)

    def gradients(dout):
        return backward(dout, out()[1])

    title = "numeric gradient, stride 2, padding 1: "
    t.gradient(title + "dx", lambda dout: gradients(dout)[0], lambda x: out(x=x)[0], x)
    t.gradient(title + "dw", lambda dout: gradients(dout)[1], lambda w: out(w=w)[0], w)
    t.gradient(title + "db", lambda dout: gradients(dout)[2], lambda b: out(b=b)[0], b)


def hidden(t, depthwise_conv_forward, depthwise_conv_backward):
    for x, w, S, P in [
        ((3, 5, 6, 4), (5, 4, 1), 1, 0),
        ((1, 2, 8, 5), (2, 2, 3), 2, 2),
        ((2, 4, 3, 3), (4, 3, 3), 1, 1),
    ]:
        title = f"{x}, {w}, {S}, {P}"
        if any((x[2 + a] + 2 * P - w[1 + a]) % S for a in (0, 1)):
            raise ValueError(title)
        dout = t.upstream((x[0], x[1], *places(x, w, S, P)))
        x, w, b = t.normal(*x), t.normal(*w), t.normal(w[0])
        t.case(title, depthwise_conv_forward(x, w, b, S, P)[0])
        cache = depthwise_conv_forward(x, w, b, S, P)[1]
        t.case(f"{title}: back", depthwise_conv_backward(dout, cache))


@right("conv_forward, one channel after the other")
def depthwise_conv_forward__channels(x, w, b, stride=1, padding=0):
    parts = [
        conv_forward(x[:, c : c + 1], w[c : c + 1, None], b[c : c + 1], stride, padding)
        for c in range(len(w))
    ]
    out = np.concatenate([out for out, _ in parts], axis=1)
    return out, (zero_pad(x, padding), w, stride, padding)


@right("one place of the output after the other")
def depthwise_conv_forward__places(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    FH, FW = w.shape[1:]
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    p = zero_pad(x, padding)
    out = np.empty((N, C, HO, WO), x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        top, left = ho * stride, wo * stride
        window = p[:, :, top : top + FH, left : left + FW]
        out[:, :, ho, wo] = (window * w).sum(axis=(2, 3)) + b
    return out, (p, w, stride, padding)


@right("one place of the output after the other, back")
def depthwise_conv_backward__places(dout, cache):
    p, w, S, P = cache
    FH, FW = w.shape[1:]
    H, W = p.shape[2] - 2 * P, p.shape[3] - 2 * P
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    for ho, wo in np.ndindex(dout.shape[2:]):
        window = slice(ho * S, ho * S + FH), slice(wo * S, wo * S + FW)
        error = dout[:, :, ho, wo][:, :, None, None]
        dw += (p[:, :, *window] * error).sum(axis=0)
        dp[:, :, *window] += w * error
    return dp[:, :, P : P + H, P : P + W], dw, np.einsum("nchw->c", dout)


@right("sums by einsum")
def depthwise_conv_backward__einsum(dout, cache):
    p, w, S, P = cache
    HO, WO = dout.shape[2:]
    dp, dw = np.zeros_like(p), np.zeros_like(w)
    for fh, fw in np.ndindex(w.shape[1:]):
        met = slice(fh, fh + S * HO, S), slice(fw, fw + S * WO, S)
        dw[:, fh, fw] = np.einsum("nchw,nchw->c", dout, p[:, :, *met])
        dp[:, :, *met] += np.einsum("nchw,c->nchw", dout, w[:, fh, fw])
    inner = slice(P, p.shape[2] - P), slice(P, p.shape[3] - P)
    return dp[:, :, *inner], dw, dout.sum((0, 2, 3))


wrong(
    "every filter sees all channels, as in an ordinary convolution",
    "out += met * w[:, fh, fw].reshape(C, 1, 1)",
    "out += met.sum(axis=1, keepdims=True) * w[:, fh, fw].reshape(C, 1, 1)",
)
wrong(
    "all channels get the first filter",
    "w[:, fh, fw].reshape(C, 1, 1)",
    "w[0, fh, fw]",
)
wrong(
    "the filter is flipped (true convolution)",
    "w[:, fh, fw].reshape",
    "w[:, FH - 1 - fh, FW - 1 - fw].reshape",
)
wrong("the biases are forgotten", "    out += b.reshape(C, 1, 1)\n", "")
wrong(
    "the biases are added once for each weight",
    "out += met * w[:, fh, fw].reshape(C, 1, 1)",
    "out += met * w[:, fh, fw].reshape(C, 1, 1) + b.reshape(C, 1, 1)",
    "    out += b.reshape(C, 1, 1)\n",
    "",
)
wrong(
    "only the first weights of each filter are used",
    "for fw in range(FW):",
    "for fw in range(1):",
)
wrong(
    "the last weight overwrites the others",
    "out += met",
    "out = met",
)
wrong(
    "the stride is ignored on the width",
    "fw : fw + S * WO : S]",
    "fw : fw + WO]",
)
wrong("float32 went in, float64 came out", "dtype=x.dtype", "dtype=float")
wrong(
    "what does not fit is cut off in silence",
    "HO, WO = output_size(H, FH, S, padding), output_size(W, FW, S, padding)",
    "HO, WO = ((n - f + 2 * padding) // S + 1 for n, f in ((H, FH), (W, FW)))",
)

wrong(
    "dw is averaged over the images",
    "(dout * padded[:, :, rows, columns]).sum(axis=(0, 2, 3))",
    "(dout * padded[:, :, rows, columns]).sum(axis=(0, 2, 3)) / len(dout)",
    of="depthwise_conv_backward",
)
wrong(
    "dw is that of the last image only",
    "(dout * padded[:, :, rows, columns]).sum(axis=(0, 2, 3))",
    "(dout[-1] * padded[-1][:, rows, columns]).sum(axis=(1, 2))",
    of="depthwise_conv_backward",
)
wrong(
    "dw mixes the channels",
    "(dout * padded[:, :, rows, columns]).sum(axis=(0, 2, 3))",
    "(dout.sum(axis=1, keepdims=True) * padded[:, :, rows, columns]).sum(axis=(0, 2, 3))",
    of="depthwise_conv_backward",
)
wrong(
    "= is written instead of += in dx, so that windows overwrite each other",
    "+= dout * w",
    "= dout * w",
    of="depthwise_conv_backward",
)
wrong(
    "dx mixes the channels",
    "+= dout * w",
    "+= dout.sum(axis=1, keepdims=True) * w",
    of="depthwise_conv_backward",
)
wrong(
    "dx is that of the padded image, uncropped",
    "dpadded[:, :, P : P + H, P : P + W]",
    "dpadded",
    of="depthwise_conv_backward",
)
wrong(
    "the filter is flipped on the way back",
    "dout * w[:, fh, fw]",
    "dout * w[:, -1 - fh, -1 - fw]",
    of="depthwise_conv_backward",
)
wrong(
    "db is not summed over the places",
    "dout.sum(axis=(0, 2, 3))",
    "dout.sum(axis=0)",
    of="depthwise_conv_backward",
)
wrong(
    "db is averaged instead of summed",
    "dout.sum(axis=(0, 2, 3))",
    "dout.mean(axis=(0, 2, 3))",
    of="depthwise_conv_backward",
)
wrong(
    "float32 went in, float64 came out on the way back",
    "np.zeros_like(padded), np.zeros_like(w)",
    "np.zeros(padded.shape), np.zeros(w.shape)",
    of="depthwise_conv_backward",
)
