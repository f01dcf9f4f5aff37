"""The backward pass of the layer: two products, one sum, one col2im."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 3

PICTURE = np.array([[[[1.0, 2, 0, 1], [3, 1, 1, 0], [0, 2, 1, 4]]]])
# x, w, stride, padding, places of the output
LAYERS = [
    ("every axis another length, stride 2", (2, 3, 5, 8), (4, 3, 3, 2), 2, 1, (3, 5)),
    ("a wide filter, padding 1", (3, 2, 2, 5), (2, 2, 2, 4), 1, 1, (3, 4)),
    ("a batch of 1, stride 3, padding 2", (1, 2, 6, 7), (3, 2, 4, 2), 3, 2, (3, 4)),
    ("1x1 filters, stride 2", (2, 3, 3, 5), (4, 3, 1, 1), 2, 0, (2, 3)),
    ("filters as large as the image", (2, 3, 4, 2), (2, 3, 4, 2), 1, 0, (1, 1)),
]
MORE = [
    ((3, 2, 6, 9), (5, 2, 4, 3), 2, 0, (2, 4)),
    ((1, 4, 5, 3), (2, 4, 2, 3), 1, 2, (8, 5)),
    ((2, 1, 7, 10), (3, 1, 3, 6), 4, 2, (3, 3)),
    ((1, 2, 4, 6), (3, 2, 4, 6), 1, 0, (1, 1)),
    ((2, 5, 3, 2), (4, 5, 1, 1), 1, 0, (3, 2)),
]


def cases(t, conv_backward, conv_forward):
    def gradients(x, w, b, dout, *rest):
        """(dx, dw, db) of dout, after your conv_forward."""
        return t.once(conv_backward(dout, conv_forward(x, w, b, *rest)[1]))

    corner, b = np.array([[[[1.0, 2], [0, -1]]]]), np.array([10.0])
    dout = np.array([[[[1.0, 0, 0], [0, 0, 2]]]])
    by_hand = gradients(PICTURE, corner, b, dout)
    want = np.array([[[[1.0, 2, 0, 0], [0, -1, 2, 4], [0, 0, 0, -2]]]])
    t.case("by hand: dx", by_hand[0], want)
    t.case("by hand: dw", by_hand[1], np.array([[[[3.0, 2], [5, 9]]]]))
    t.case("by hand: db", by_hand[2], np.array([3.0]))
    for title, x, w, stride, padding, places in LAYERS:
        arrays = t.ints(*x), t.ints(*w), t.ints(w[0]), t.ints(x[0], w[0], *places)
        found = gradients(*arrays, stride, padding)
        for index, name in enumerate(("dx", "dw", "db")):
            t.case(f"{title}: {name}", found[index])
    x, w, b = t.ints(2, 2, 3, 4), t.ints(3, 2, 2, 3), t.ints(3)
    dout = t.ints(2, 3, 2, 2)
    single = gradients(*(array.astype("f4") for array in (x, w, b, dout)))
    t.case("float32", [single[0], single[1], single[2]])
    gaps = gradients(*map(t.strided, (x, w)), b, t.strided(dout))
    t.case("not contiguous", [gaps[0], gaps[1], gaps[2]])
    x, w, b = t.normal(2, 3, 5, 8), t.normal(4, 3, 3, 2), t.normal(4)

    def out(x=x, w=w, b=b):
        return conv_forward(x, w, b, 2, 1)[0]

    for index, (name, of, at) in enumerate(
        [
            ("dx", lambda x: out(x=x), x),
            ("dw", lambda w: out(w=w), w),
            ("db", lambda b: out(b=b), b),
        ]
    ):
        t.gradient(
            f"numeric gradient, stride 2, padding 1: {name}",
            lambda dout, index=index: gradients(x, w, b, dout, 2, 1)[index],
            of,
            at,
        )


def hidden(t, conv_backward, conv_forward):
    for x, w, stride, padding, places in MORE:
        arrays = t.normal(*x), t.normal(*w), t.normal(w[0])
        dout = t.normal(x[0], w[0], *places)
        cache = conv_forward(*arrays, stride, padding)[1]
        back = t.once(conv_backward(dout, cache))
        title = f"{x}, {w}, {stride}, {padding}"
        t.case(title, [back[0], back[1], back[2]])
    x, w, b = t.normal(3, 2, 6, 9), t.normal(5, 2, 4, 3), t.normal(5)
    cache = conv_forward(x, w, b, 2, 0)[1]
    back = t.once(conv_backward(t.normal(4, 2, 5, 3).T, cache))
    t.case("dout with axes in another order", [back[0], back[1], back[2]])
    single = [array.astype("f4") for array in (x, w, b, t.normal(3, 5, 2, 4))]
    back = t.once(conv_backward(single[3], conv_forward(*single[:3], 2, 0)[1]))
    t.case("float32", [back[0], back[1], back[2]], atol=1e-4)


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


wrong(
    "dw is that of the last image only",
    "(dout @ cols.transpose(0, 2, 1)).sum(axis=0)",
    "(dout @ cols.transpose(0, 2, 1))[-1]",
)
wrong(
    "dw is averaged over the images instead of summed",
    "cols.transpose(0, 2, 1)).sum(axis=0)",
    "cols.transpose(0, 2, 1)).mean(axis=0)",
)
wrong(
    "dw is flipped",
    "dw_row.reshape(w.shape)",
    "dw_row.reshape(w.shape)[:, :, ::-1, ::-1]",
)
wrong(
    "db is not summed over the places",
    "db = dout.sum(axis=(0, 2))",
    "db = dout.sum(axis=0).reshape(K, HO, WO)",
)
wrong(
    "db is not summed over the images",
    "db = dout.sum(axis=(0, 2))",
    "db = dout.sum(axis=2)[-1]",
)
wrong(
    "db is the mean instead of the sum",
    "dout.sum(axis=(0, 2))",
    "dout.mean(axis=(0, 2))",
)
wrong(
    "dx is made with flipped filters",
    "dcols = w.reshape(K, C * FH * FW).T",
    "dcols = w[:, :, ::-1, ::-1].reshape(K, C * FH * FW).T",
)
wrong(
    "W_row is reshaped instead of transposed on the way to dx",
    "w.reshape(K, C * FH * FW).T",
    "w.reshape(C * FH * FW, K)",
)
wrong(
    "dx still has its padding",
    "dx = col2im(dcols, x_shape, FH, FW, stride, padding)",
    "H, W = x_shape[2:]\n"
    "    padded = (N, C, H + 2 * padding, W + 2 * padding)\n"
    "    dx = col2im(dcols, padded, FH, FW, stride)",
)
wrong(
    "dout was changed in place",
    "    return dx",
    "    dout *= 0\n    return dx",
)
wrong("wrong dtype", "dw_row.reshape(w.shape)", "dw_row.reshape(w.shape).astype(float)")
