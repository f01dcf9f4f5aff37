"""The backward pass of the layer, with plain loops."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.convolution import conv_forward_naive

# ruff: noqa: F821, RUF059 an answer uses the names of its notebook

POINTS = 3

PICTURE = np.array([[[[1.0, 2, 0], [3, 1, 1], [0, 2, 1]]]])
# x, w, stride, padding
LAYERS = [
    ("2 images, 3x3, one 2x2 filter", (2, 1, 3, 3), (1, 1, 2, 2), 1, 0),
    ("every axis another length, stride 2", (2, 3, 5, 6), (4, 3, 3, 2), 2, 1),
    ("as many filters as channels, padding 2", (1, 2, 2, 3), (2, 2, 2, 3), 1, 2),
    ("stride 3, a 2x1 filter: gaps", (3, 1, 5, 4), (2, 1, 2, 1), 3, 0),
    ("a filter as large as the image", (1, 3, 3, 2), (2, 3, 3, 2), 1, 0),
    ("1x1 filters", (2, 2, 3, 2), (3, 2, 1, 1), 1, 0),
]
MORE = [
    ((3, 2, 6, 9), (5, 2, 4, 3), 2, 0),
    ((1, 4, 5, 3), (2, 4, 2, 3), 1, 2),
    ((2, 1, 7, 10), (3, 1, 3, 6), 4, 2),
    ((4, 3, 1, 8), (1, 3, 1, 2), 3, 0),
    ((2, 1, 2, 3), (1, 1, 1, 2), 1, 3),
]


def arrays_of(draw, x, w, stride, padding):
    """x, w, b and an upstream gradient."""
    HO, WO = ((x[i] - w[i] + 2 * padding) // stride + 1 for i in (2, 3))
    return draw(*x), draw(*w), draw(w[0]), draw(x[0], w[0], HO, WO)


def cases(t, conv_backward_naive):
    def gradients(x, w, b, dout, stride=1, padding=0):
        given = map(t.keep, "xwb", (x, w, b))
        return t.once(conv_backward_naive(dout, (*given, stride, padding)))

    corner, dout = np.array([[[[1.0, 2], [0, -1]]]]), np.array([[[[1.0, 0], [2, -1]]]])
    by_hand = gradients(PICTURE, corner, np.zeros(1), dout)
    want = np.array([[[[1.0, 2, 0], [2, 2, -2], [0, -2, 1]]]])
    t.case("by hand: dx", by_hand[0], want)
    t.case("by hand: dw", by_hand[1], np.array([[[[6.0, 3], [1, 4]]]]))
    t.case("by hand: db", by_hand[2], np.array([2.0]))
    for title, x, w, stride, padding in LAYERS:
        arrays = arrays_of(t.ints, x, w, stride, padding)
        found = gradients(*arrays, stride, padding)
        for index, name in enumerate(("dx", "dw", "db")):
            t.case(f"{title}: {name}", found[index])
    arrays = arrays_of(t.ints, (2, 1, 3, 5), (2, 1, 3, 3), 2, 1)
    single = gradients(*(array.astype("f4") for array in arrays), 2, 1)
    t.case("float32", [single[0], single[1], single[2]])
    gaps = gradients(*map(t.strided, arrays), 2, 1)
    t.case("not contiguous", [gaps[0], gaps[1], gaps[2]])
    x, w, b = np.ones((2, 1, 5, 6)), np.ones((3, 1, 2, 2)), np.zeros(3)
    for title, shape in [
        ("of one image", (1, 3, 4, 5)),
        ("of one filter", (2, 1, 4, 5)),
        ("without its last two columns", (2, 3, 4, 3)),
        ("of one row", (2, 3, 1, 5)),
        ("with a row too many", (2, 3, 6, 5)),
    ]:
        call = gradients(x, w, b, np.ones(shape))
        t.refuses(f"dout {title}", call, names=sorted({*shape, 2, 3, 4, 5}))
    x, w, b, _ = arrays_of(t.normal, (2, 2, 5, 4), (2, 2, 3, 2), 2, 1)

    def out(x=x, w=w, b=b):
        return t.call(conv_forward_naive, x, w, b, 2, 1)[0]

    steps = ("dx", lambda x: out(x=x), x), ("dw", lambda w: out(w=w), w)
    for index, (name, of, at) in enumerate((*steps, ("db", lambda b: out(b=b), b))):
        t.gradient(
            f"numeric gradient, stride 2, padding 1: {name}",
            lambda dout, index=index: gradients(x, w, b, dout, 2, 1)[index],
            of,
            at,
        )


def hidden(t, conv_backward_naive):
    for shapes in MORE:
        x, w, b, dout = arrays_of(t.normal, *shapes)
        back = t.once(conv_backward_naive(dout, (x, w, b, *shapes[2:])))
        t.case(f"{shapes}", [back[0], back[1], back[2]])
    x, w, dout = t.normal(6, 5, 2, 3).T, t.normal(2, 2, 2, 4).T, t.normal(5, 4, 4, 3).T
    back = t.once(conv_backward_naive(dout, (x, w, np.ones(4), 1, 0)))
    t.case("axes in another order", [back[0], back[1], back[2]])
    x, w, b, dout = (array.astype("f4") for array in (x, w, np.ones(4), dout))
    back = t.once(conv_backward_naive(dout, (x, w, b, 1, 0)))
    t.case("float32", [back[0], back[1], back[2]], atol=1e-4)


@right("loops over the window only")
def conv_backward_naive__window(dout, cache):
    x, w, b, S, P = cache
    out, _ = conv_forward_naive(x, w, b, S, P)
    if dout.shape != out.shape:
        raise ValueError(f"dout {dout.shape}, out {out.shape}")
    wide = zero_pad(x, P)
    dwide, dw = np.zeros(wide.shape, x.dtype), np.zeros(w.shape, w.dtype)
    HO, WO = out.shape[2:]
    for i, j in np.ndindex(w.shape[2:]):
        rows, columns = slice(i, i + HO * S, S), slice(j, j + WO * S, S)
        seen = wide[:, :, rows, columns][:, :, :HO, :WO]
        dw[:, :, i, j] = np.einsum("nkhw,nchw->kc", dout, seen)
        share = np.einsum("nkhw,kc->nchw", dout, w[:, :, i, j])
        dwide[:, :, rows, columns][:, :, :HO, :WO] += share
    dx = dwide[:, :, P : P + x.shape[2], P : P + x.shape[3]]
    return dx, dw, dout.sum((0, 2, 3))


@right("seven loops without a padded array")
def conv_backward_naive__seven_loops(dout, cache):
    x, w, b, S, P = cache
    H, W = x.shape[2:]
    FH, FW = w.shape[2:]
    HO, WO = output_size(H, FH, S, P), output_size(W, FW, S, P)
    if dout.shape != (len(x), len(w), HO, WO):
        raise ValueError(f"{dout.shape} for {(len(x), len(w), HO, WO)}")
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        g = dout[n, k, ho, wo]
        db[k] += g
        for i, j in np.ndindex(FH, FW):
            row, column = ho * S + i - P, wo * S + j - P
            if 0 <= row < H and 0 <= column < W:
                dx[n, :, row, column] += g * w[k, :, i, j]
                dw[k, :, i, j] += g * x[n, :, row, column]
    return dx, dw, db


@right("all channels and images of a place at once")
def conv_backward_naive__places(dout, cache):
    x, w, b, S, P = cache
    FH, FW = w.shape[2:]
    H, W = x.shape[2:]
    HO, WO = output_size(H, FH, S, P), output_size(W, FW, S, P)
    if dout.shape != (len(x), len(w), HO, WO):
        raise ValueError(f"dout {dout.shape}, but out {(len(x), len(w), HO, WO)}")
    wide = zero_pad(x, P)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for ho, wo in np.ndindex(HO, WO):
        place = np.s_[:, :, ho * S : ho * S + FH, wo * S : wo * S + FW]
        g = dout[:, :, ho, wo]
        dwide[place] += np.tensordot(g, w, 1)
        dw += np.tensordot(g.T, wide[place], 1)
    return dwide[:, :, P : P + H, P : P + W], dw, np.einsum("nkhw->k", dout)


wrong("dx gets = where it needs +=", "dpadded[window] +=", "dpadded[window] =")
wrong("dw gets = where it needs +=", "dw[k] +=", "dw[k] =")
wrong("db gets = where it needs +=", "db[k] +=", "db[k] =")
wrong(
    "the gradient of the padded input is returned uncropped",
    "return dx, dw, db",
    "return dpadded, dw, db",
)
wrong(
    "the border of the padding is cut off below and to the right only",
    "padding : padding + H, padding : padding + W",
    ":H, :W",
)
wrong(
    "dw comes from the last image only", "dw[k] += dout", "dw[k] += (n == N - 1) * dout"
)
wrong("dw comes from the first image only", "dw[k] += dout", "dw[k] += (n == 0) * dout")
wrong(
    "db is not summed over the places",
    "return dx, dw, db",
    "return dx, dw, dout.sum(axis=0)",
)
wrong(
    "db is not summed over the images",
    "return dx, dw, db",
    "return dx, dw, dout.sum(axis=(2, 3))",
)
wrong(
    "dw and db are means over the images instead of sums",
    "return dx, dw, db",
    "return dx, dw / N, db / N",
)
wrong("the filter is flipped", "* w[k]\n", "* w[k, :, ::-1, ::-1]\n")
wrong("the stride is ignored", "ho * stride, wo * stride", "ho, wo")
wrong("the stride is ignored along the width", "wo * stride", "wo")
wrong(
    "dout is ignored",
    "    padded = zero_pad",
    "    dout = np.ones_like(dout)\n    padded = zero_pad",
)
wrong(
    "dw and dx are returned in the wrong order",
    "return dx, dw, db",
    "return dw, dx, db",
)
wrong(
    "float32 went in, float64 came out",
    "np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)",
    "np.zeros(padded.shape), np.zeros(w.shape), np.zeros(b.shape)",
)
wrong(
    "dout was changed in place",
    "db[k] += dout[n, k, ho, wo]",
    "db[k] += dout[n, k, ho, wo]\n        dout[n, k, ho, wo] = 0",
)
wrong(
    "x was changed in place",
    "    return dx, dw, db",
    "    x[...] = dx\n    return x, dw, db",
)
wrong("it takes FH for FW", "left + FW", "left + FH", named=False)
wrong("the shape of dout is not checked", "dout.shape != (N, K, HO, WO)", "False")
wrong(
    "only the places of dout are checked",
    "dout.shape != (N, K, HO, WO)",
    "dout.shape[2:] != (HO, WO)",
)
wrong(
    "the message does not name both shapes",
    ", the output has shape {(N, K, HO, WO)}",
    "",
    named=False,
)
