"""The gradients of the layer, after the learner's own forward pass."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 3

PICTURE = np.array([[[[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 0, 1, 2]]]])
# x, w, stride, padding
LAYERS = [
    ("every axis another length, stride 2", (2, 3, 4, 6), (5, 3, 4, 2), 2, 1),
    ("a wide filter, padding 1", (3, 2, 2, 5), (2, 2, 2, 4), 1, 1),
    ("a batch of 1, stride 3, padding 2", (1, 2, 6, 7), (2, 2, 4, 2), 3, 2),
    ("1x1 filters", (2, 4, 2, 3), (3, 4, 1, 1), 1, 0),
    ("1x1 filters, stride 2", (2, 3, 3, 5), (4, 3, 1, 1), 2, 0),
    ("few channels, 3x3, padding 2", (3, 2, 5, 4), (3, 2, 3, 3), 1, 2),
    ("16 channels, 3x3, padding 1", (1, 16, 3, 4), (17, 16, 3, 3), 1, 1),
    ("17 channels, 2x2, padding 1", (1, 17, 3, 4), (16, 17, 2, 2), 1, 1),
]
STRIPS = (1, 48, 25, 27), (2, 48, 11, 11), 2, 0
MORE = [
    ((3, 2, 6, 9), (5, 2, 4, 3), 2, 0),
    ((1, 4, 5, 3), (2, 4, 2, 3), 1, 2),
    ((2, 1, 7, 10), (3, 1, 3, 6), 4, 2),
    ((2, 18, 9, 7), (16, 18, 3, 3), 1, 2),
    ((2, 16, 5, 9), (19, 16, 3, 3), 1, 0),
    ((2, 16, 7, 9), (17, 16, 5, 5), 1, 3),
    ((2, 5, 3, 2), (4, 5, 1, 1), 1, 0),
    ((2, 5, 3, 5), (4, 5, 1, 1), 2, 0),
    ((12, 3, 40, 40), (2, 3, 9, 9), 1, 1),
]


def drawn(t, numbers, x, w, stride, padding):
    """x, w, b, dout of a layer, and the gradients that are wanted, weight by weight."""
    x, w, b = numbers(*x), numbers(*w), numbers(w[0])
    size, FH, FW = np.array(x.shape[2:]), *w.shape[2:]
    places = (size - w.shape[2:] + 2 * padding) // stride + 1
    dout = numbers(len(x), len(w), *places)
    borders = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    wide = np.pad(x, borders)
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)
    for fh, fw in np.ndindex(FH, FW):
        rows, columns = (
            slice(at, at + stride * count, stride)
            for at, count in zip((fh, fw), places)
        )
        met = wide[:, :, rows, columns]
        dw[:, :, fh, fw] = np.tensordot(dout, met, axes=([0, 2, 3], [0, 2, 3]))
        error = np.tensordot(dout, w[:, :, fh, fw], axes=([1], [0]))
        dwide[:, :, rows, columns] += error.transpose(0, 3, 1, 2)
    dx = dwide[:, :, padding : padding + size[0], padding : padding + size[1]]
    return (x, w, b, dout), (dx, dw, dout.sum(axis=(0, 2, 3)))


def cases(t, conv_backward, conv_forward):
    def gradients(x, w, b, dout, *rest):
        """(dx, dw, db) of dout, after your conv_forward."""
        return t.once(conv_backward(dout, conv_forward(x, w, b, *rest)[1]))

    corner, dout = (
        np.array([[[[1.0, 2], [0, -1]]]]),
        np.array([[[[1.0, 0, 0], [0, 0, 2]]]]),
    )
    by_hand = gradients(PICTURE, corner, np.array([10.0]), dout)
    want = np.array([[[[1.0, 2, 0, 0], [0, -1, 2, 4], [0, 0, 0, -2]]]])
    t.case("by hand: dx", by_hand[0], want)
    t.case("by hand: dw", by_hand[1], np.array([[[[15.0, 18], [7, 10]]]]))
    t.case("by hand: db", by_hand[2], np.array([3.0]))
    for title, *sizes in LAYERS:
        arrays, wants = drawn(t, t.ints, *sizes)
        found = gradients(*arrays, *sizes[2:])
        for index, name in enumerate(("dx", "dw", "db")):
            t.case(f"{title}: {name}", found[index], wants[index])
    arrays, wants = drawn(t, t.ints, *STRIPS)
    found = gradients(*arrays, *STRIPS[2:])
    title = "strips of 3.3 MB of X_col, stride 2"
    t.case(f"{title}: dx of channel 0", found[0][0][0], wants[0][0][0])
    t.case(f"{title}: dw of channel 0", found[1][0][0], wants[1][0][0])
    arrays, wants = drawn(t, t.ints, (2, 2, 3, 4), (3, 2, 2, 3), 1, 0)
    gaps = gradients(*map(t.strided, arrays))
    t.case("not contiguous", [gaps[0], gaps[1], gaps[2]], [*wants])
    for C in (3, 16, 64):
        arrays, wants = drawn(t, t.ints, (1, C, 2, 3), (C, C, 3, 3), 1, 1)
        found = gradients(*(array.astype("f4") for array in arrays), 1, 1)
        for index, name in enumerate(("dx", "dw", "db")):
            want = wants[index]
            title = f"float32, {C} channels: {name}, 1e-4 times its largest number"
            atol = 1e-4 * np.abs(want).max()
            t.case(title, found[index], want.astype("f4"), rtol=0, atol=atol)
    (x, w, b, _), _ = drawn(t, t.normal, (2, 3, 5, 8), (4, 3, 3, 2), 2, 1)

    def out(x=x, w=w, b=b):
        return conv_forward(x, w, b, 2, 1)[0]

    of = [lambda x: out(x=x), lambda w: out(w=w), lambda b: out(b=b)]
    for index, name, at in [(0, "dx", x), (1, "dw", w), (2, "db", b)]:
        t.gradient(
            f"numeric gradient, stride 2, padding 1: {name}",
            lambda dout, index=index: gradients(x, w, b, dout, 2, 1)[index],
            of[index],
            at,
        )


def hidden(t, conv_backward, conv_forward):
    for sizes in MORE:
        (x, w, b, dout), wants = drawn(t, t.normal, *sizes)
        cache = conv_forward(x, w, b, *sizes[2:])[1]
        back = t.once(conv_backward(dout, cache))
        t.case(f"{sizes}", [back[0], back[1], back[2]], [*wants])
    (x, w, b, dout), wants = drawn(t, t.normal, *MORE[0])
    turned = np.asfortranarray(dout)
    cache = conv_forward(x, w, b, *MORE[0][2:])[1]
    back = t.once(conv_backward(turned, cache))
    t.case("dout with axes in another order", [back[0], back[1], back[2]], [*wants])


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


wrong(
    "the filters are not turned for dx",
    "error, w)",
    "error, w[:, :, ::-1, ::-1])",
    of="conv_backward__places",
)
wrong(
    "dw is that of the last image only",
    "error, wide[:, :, rows",
    "error[-1:], wide[-1:, :, rows",
    of="conv_backward__places",
)
wrong(
    "db is averaged over the images",
    "dout.sum(axis=(0, 2, 3))",
    "dout.sum(axis=(0, 2, 3)) / len(x)",
    of="conv_backward__places",
)
wrong(
    "dw is averaged over the images",
    "dx, dw",
    "dx, dw / len(x)",
    of="conv_backward__places",
)
wrong(
    "dx is overwritten where windows overlap",
    "dwide[:, :, rows, columns] +=",
    "dwide[:, :, rows, columns] =",
    of="conv_backward__places",
)
wrong(
    "the padding is still around dx",
    "dwide[:, :, padding : padding + H, padding : padding + W]",
    "dwide",
    of="conv_backward__places",
)
wrong(
    "float32 went in, float64 came out",
    "return dx",
    "return dx.astype(float)",
    of="conv_backward__places",
)
wrong("dw of the last place only", "dw +=", "dw =", of="conv_backward__places")
wrong(
    "a strip of dx begins at its output row, as if the stride were 1",
    "wide[n:end, :, top * stride : (bottom - 1) * stride + FH]",
    "wide[n:end, :, top : top + (bottom - 1 - top) * stride + FH]",
)
wrong(
    "where strips of dx overlap, the last one counts",
    "strip += col2im(",
    "strip[...] = col2im(",
)
wrong(
    "dw and db are those of the last block only",
    "both += (part",
    "both = (part",
)
wrong(
    "dout was changed in place",
    "    return dx",
    "    dout *= 0\n    return dx",
    of="conv_backward__places",
)
