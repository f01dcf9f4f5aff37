"""The dense layer: every image as a row, times w, plus b, and the three gradients."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 2

X = np.array([[1.0, 2.0, 3.0]])
W = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 4.0]])
B = np.array([10.0, 20.0])
DOUT = np.array([[1.0, 10.0]])
DW = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])


def cases(t, dense_forward, dense_backward):
    def there_and_back(x, w, b, dout):
        return t.once(dense_backward(dout, dense_forward(x, w, b)[1]))

    t.case("by hand: out", dense_forward(X, W, B)[0], np.array([[15.0, 34.0]]))
    back = there_and_back(X, W, B, DOUT)
    t.case("by hand: dx", back[0], np.array([[1.0, 12.0, 40.0]]))
    t.case("by hand: dw", back[1], DW)
    t.case("by hand: db", back[2], DOUT[0])
    for title, shape, M, dtype in [
        ("rows", (4, 3), 2, float),
        ("images, every axis another length", (2, 3, 2, 4), 5, float),
        ("one output", (3, 2, 1, 2), 1, float),
        ("float32", (2, 1, 2, 3), 4, np.float32),
        ("not contiguous", (2, 2, 2, 2), 3, None),
    ]:
        D = int(np.prod(shape[1:]))
        arrays = t.ints(*shape), t.ints(D, M), 5 + t.ints(M), t.ints(shape[0], M)
        arrays = [t.strided(a) if dtype is None else a.astype(dtype) for a in arrays]
        t.case(f"{title}: out", dense_forward(*arrays[:3])[0])
        t.case(f"{title}: gradients", there_and_back(*arrays))
    cache = t.keep("cache", dense_forward(X, W, B)[1])
    twice = [dense_backward(DOUT, cache)[1], dense_backward(2 * DOUT, cache)[1]]
    t.case("the same cache twice: dw", twice, [DW, 2 * DW])
    x, w, b = t.normal(3, 2, 2, 4), t.normal(16, 5), t.normal(5)
    t.gradient(
        "numeric gradient: dx",
        lambda dout: there_and_back(x, w, b, dout)[0],
        lambda x: dense_forward(x, w, b)[0],
        x,
    )
    t.gradient(
        "numeric gradient: dw",
        lambda dout: there_and_back(x, w, b, dout)[1],
        lambda w: dense_forward(x, w, b)[0],
        w,
    )
    t.gradient(
        "numeric gradient: db",
        lambda dout: there_and_back(x, w, b, dout)[2],
        lambda b: dense_forward(x, w, b)[0],
        b,
    )


def hidden(t, dense_forward, dense_backward):
    for shape, M in [((4, 6), 3), ((2, 3, 1, 5), 4), ((1, 2, 3, 4), 1), ((5, 1), 2)]:
        D = int(np.prod(shape[1:]))
        x, w, b = t.normal(*shape[::-1]).T, t.normal(M, D).T, t.normal(M)
        t.case(f"out, {shape}, {M}", dense_forward(x, w, b)[0])
        back = dense_backward(t.normal(shape[0], M), dense_forward(x, w, b)[1])
        t.case(f"gradients, {shape}, {M}", back)
    x, w, b, dout = (a.astype("f4") for a in (x, w, b, t.normal(5, 2)))
    t.case("float32", dense_backward(dout, dense_forward(x, w, b)[1]))


@right("einsum over the rows")
def dense_forward__einsum(x, w, b):
    rows = np.reshape(x, (x.shape[0], -1))
    return np.einsum("nd,dm->nm", rows, w) + b[np.newaxis], (rows, w, x.shape)


@right("one image after the other")
def dense_forward__images(x, w, b):
    rows = np.stack([image.ravel() for image in x])
    out = np.stack([row @ w + b for row in rows]).astype(x.dtype)
    return out, (rows, w, x.shape)


wrong("the bias is forgotten", " + b", "")
wrong("the bias is added once for every input", "+ b", "+ len(w) * b")
wrong("the mean is taken instead of the sum", "@ w + b", "@ w / len(w) + b")
wrong(
    "the images are laid out with the first axis fastest",
    "image.ravel()",
    'image.ravel(order="F")',
    of="dense_forward__images",
)
wrong(
    "the images are mixed: the batch is not the slowest axis",
    "x.reshape(N",
    "np.moveaxis(x, 0, -1).reshape(N",
)
wrong(
    "all images have the scores of the first one",
    "rows @ w + b",
    "np.ones((N, 1), x.dtype) * (rows[0] @ w + b)",
)
wrong("float32 went in, float64 came out", "rows @ w", "rows.astype(float) @ w")
wrong("out is returned without a cache", ", (rows, w, x.shape)", "")
wrong(
    "negative scores are cut off: a ReLU is built in",
    "rows @ w + b",
    "np.maximum(rows @ w + b, 0)",
)


@right("einsum")
def dense_backward__einsum(dout, cache):
    rows, w, shape = cache
    dx = np.einsum("nm,dm->nd", dout, w).reshape(shape)
    return dx, np.einsum("nd,nm->dm", rows, dout), np.einsum("nm->m", dout)


@right("image by image, adding up")
def dense_backward__images(dout, cache):
    rows, w, shape = cache
    dx, dw = np.zeros_like(rows), np.zeros_like(w)
    db = np.zeros(w.shape[1], dout.dtype)
    for n in range(len(dout)):
        dx[n] = w @ dout[n]
        dw += np.outer(rows[n], dout[n])
        db += dout[n]
    return dx.reshape(shape), dw, db


wrong(
    "db is not summed over the images",
    "dout.sum(axis=0)",
    "dout[0].copy()",
    of="dense_backward",
)
wrong(
    "the mean over the images is taken instead of the sum",
    "rows.T @ dout, dout.sum(axis=0)",
    "rows.T @ dout / len(dout), dout.mean(axis=0)",
    of="dense_backward",
)
wrong("only the last image counts in dw", "dw +=", "dw =", of="dense_backward__images")
wrong(
    "dx has the shape of the rows, not that of x",
    ".reshape(x_shape)",
    "",
    named=False,
    of="dense_backward",
)
wrong(
    "dw is transposed",
    "rows.T @ dout",
    "dout.T @ rows",
    named=False,
    of="dense_backward",
)
wrong(
    "the images are put back with the first axis fastest",
    "dx = (dout @ w.T).reshape(x_shape)",
    'dx = np.stack([row.reshape(x_shape[1:], order="F") for row in dout @ w.T])',
    of="dense_backward",
)
wrong(
    "float32 went in, float64 came out",
    "rows, w, x_shape = cache",
    "(rows, w, x_shape), dout = cache, dout.astype(float)",
    of="dense_backward",
)
