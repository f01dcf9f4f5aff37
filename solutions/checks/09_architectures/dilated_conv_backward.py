"""The way back through filters with holes: dx, dw and db."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

X, W = np.arange(1.0, 7).reshape(1, 1, 1, 6), np.array([[[[1.0, 10, 100]]]])


def again(backward, dout, cache):
    """What the second of two calls gives."""
    backward(dout, cache)
    return backward(dout, cache)


def places(x, w, S, P, D):
    """How many places the filters have in height and in width."""
    return [(x[a] + 2 * P - D * (w[a] - 1) - 1) // S + 1 for a in (2, 3)]


def cases(t, dilated_conv_backward, dilated_conv_forward):
    forward, backward = dilated_conv_forward, dilated_conv_backward

    dout = np.array([[[[1.0, 2.0]]]])
    by_hand = t.once(backward(dout, forward(X, W, np.zeros(1), dilation=2)[1]))
    dx, dw, db = (by_hand[n] for n in range(3))
    t.case("by hand: dw", dw, np.array([[[[5.0, 11, 17]]]]))
    t.case("by hand: dx", dx, np.array([[[[1.0, 2, 10, 20, 100, 200]]]]))
    t.case("by hand: db", db, np.array([3.0]))
    for title, x, w, S, P, D in [
        ("dilation 2", (2, 3, 6, 7), (4, 3, 3, 2), 1, 0, 2),
        ("dilation 3, padding 2", (1, 2, 5, 6), (3, 2, 2, 3), 1, 2, 3),
        ("dilation 2, stride 2, padding 1", (3, 2, 7, 9), (2, 2, 3, 4), 2, 1, 2),
        ("dilation 4, stride 3", (2, 1, 8, 11), (3, 1, 2, 2), 3, 0, 4),
        ("dilation 1: an ordinary convolution", (2, 3, 4, 5), (4, 3, 2, 3), 1, 1, 1),
        ("1x1 filters, which have no holes", (2, 3, 4, 3), (2, 3, 1, 1), 1, 0, 3),
        ("float32", (2, 2, 5, 6), (3, 2, 2, 3), 1, 0, 2),
        ("not contiguous", (2, 2, 5, 6), (3, 2, 2, 3), 1, 0, 2),
    ]:
        dtype = np.float32 if title == "float32" else float
        dout = 1 + t.ints(x[0], w[0], *places(x, w, S, P, D), dtype=dtype)
        b = t.ints(w[0], dtype=dtype)
        x, w = 5 + t.ints(*x, dtype=dtype), t.ints(*w, dtype=dtype)
        if title == "not contiguous":
            x, w, dout = t.strided(x), t.strided(w), t.strided(dout)
        cache = forward(x, w, b, stride=S, padding=P, dilation=D)[1]
        back = t.once(backward(dout, cache))
        for index, name in enumerate(("dx", "dw", "db")):
            t.case(f"{title}: {name}", back[index])
    t.case("a second call with the same cache", t.call(again, backward, dout, cache))

    x, w, b = t.normal(2, 2, 5, 7), t.normal(3, 2, 2, 2), t.normal(3)

    def out(x=x, w=w, b=b):
        return forward(x, w, b, 2, 1, 2)

    def gradients(dout):
        return backward(dout, out()[1])

    title = "numeric gradient, stride 2, dilation 2: "
    t.gradient(title + "dx", lambda dout: gradients(dout)[0], lambda x: out(x=x)[0], x)
    t.gradient(title + "dw", lambda dout: gradients(dout)[1], lambda w: out(w=w)[0], w)
    t.gradient(title + "db", lambda dout: gradients(dout)[2], lambda b: out(b=b)[0], b)


def hidden(t, dilated_conv_backward, dilated_conv_forward):
    for x, w, S, P, D in [
        ((3, 2, 9, 8), (5, 2, 4, 3), 1, 0, 2),
        ((1, 4, 6, 7), (2, 4, 2, 3), 2, 1, 3),
        ((2, 1, 8, 10), (3, 1, 3, 2), 3, 2, 4),
        ((2, 3, 4, 5), (4, 3, 1, 1), 1, 0, 5),
    ]:
        title = f"{x}, {w}, {S}, {P}, {D}"
        dout = t.upstream((x[0], w[0], *places(x, w, S, P, D)))
        x, w, b = t.normal(*x), t.normal(*w), t.normal(w[0])
        cache = dilated_conv_forward(x, w, b, S, P, D)[1]
        t.case(title, dilated_conv_backward(dout, cache))
    x, w, b, dout = (each.astype("f4") for each in (x, w, b, dout))
    cache = dilated_conv_forward(x, w, b, S, P, D)[1]
    t.case("float32, 1x1", dilated_conv_backward(dout, cache))


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


wrong(
    "the dilation is ignored",
    "slice(fh * D, fh * D + S",
    "slice(fh, fh + S",
    "slice(fw * D, fw * D + S",
    "slice(fw, fw + S",
)
wrong(
    "= is written instead of += in dx, so that windows overwrite each other",
    "+= back",
    "= back",
)
wrong(
    "dx is that of the padded image, uncropped",
    "dpadded[:, :, P : P + H, P : P + W]",
    "dpadded",
)
wrong("dw is that of the last image only", "dout, met,", "dout[-1:], met[-1:],")
wrong(
    "dw is averaged over the images instead of summed",
    "met, optimize=True)",
    "met, optimize=True) / len(x)",
)
wrong("db is not summed over the places", "axis=(0, 2, 3)", "axis=0")
wrong(
    "the filter is flipped on the way back",
    "columns], w[:, :, fh, fw]",
    "columns], w[:, :, FH - 1 - fh, FW - 1 - fw]",
)
wrong(
    "dw is that of the larger filter, with its holes",
    "dwide[:, :, ::D, ::D]",
    "dwide",
    of="dilated_conv_backward__zeros",
)
wrong(
    "dw takes the first numbers of the larger filter, not every D-th",
    "dwide[:, :, ::D, ::D]",
    "dwide[:, :, :FH, :FW]",
    of="dilated_conv_backward__zeros",
)
wrong(
    "float32 went in, float64 came out",
    "np.zeros_like(padded), np.zeros_like(w)",
    "np.zeros(padded.shape), np.zeros(w.shape)",
    "dout.sum(axis=(0, 2, 3))",
    "dout.sum(axis=(0, 2, 3)).astype(float)",
)
wrong(
    "dw is added to that of earlier calls",
    "(dout, cache):",
    "(dout, cache, kept={}):",
    "np.zeros_like(padded), np.zeros_like(w)",
    "np.zeros_like(padded), kept.setdefault(w.tobytes(), np.zeros_like(w))",
    "fw] = np.einsum",
    "fw] += np.einsum",
    named=False,
)
