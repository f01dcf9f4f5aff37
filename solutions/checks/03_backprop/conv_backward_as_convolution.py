"""The backward pass of the layer, as two convolutions."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.convolution import conv_forward_naive

# ruff: noqa: F821, RUF059 an answer uses the names of its notebook

POINTS = 3

ROW = np.array([[[[2.0, 1, 1, 5, 3, 3]]]])
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


def cases(t, conv_backward_as_convolution):
    def gradients(x, w, b, dout, stride=1, padding=0):
        given = map(t.keep, "xwb", (x, w, b))
        return t.once(conv_backward_as_convolution(dout, (*given, stride, padding)))

    w, dout = np.array([[[[4.0, 5]]]]), np.array([[[[1.0, -2, 3]]]])
    by_hand = gradients(ROW, w, np.zeros(1), dout, 2)
    want = np.array([[[[4.0, 5, -8, -10, 12, 15]]]])
    t.case("by hand: dx with stride 2", by_hand[0], want)
    t.case("by hand: dw with stride 2", by_hand[1], np.array([[[[9.0, 0]]]]))
    t.case("by hand: db with stride 2", by_hand[2], np.array([2.0]))
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


def hidden(t, conv_backward_as_convolution):
    for shapes in MORE:
        x, w, b, dout = arrays_of(t.normal, *shapes)
        back = t.once(conv_backward_as_convolution(dout, (x, w, b, *shapes[2:])))
        t.case(f"{shapes}", [back[0], back[1], back[2]])
    x, w, dout = t.normal(6, 5, 2, 3).T, t.normal(2, 2, 2, 4).T, t.normal(5, 4, 4, 3).T
    back = t.once(conv_backward_as_convolution(dout, (x, w, np.ones(4), 1, 0)))
    t.case("axes in another order", [back[0], back[1], back[2]])
    x, w, b, dout = (array.astype("f4") for array in (x, w, np.ones(4), dout))
    back = t.once(conv_backward_as_convolution(dout, (x, w, b, 1, 0)))
    t.case("float32", [back[0], back[1], back[2]], atol=1e-4)


@right("np.pad for the zeros outside")
def conv_backward_as_convolution__pad(dout, cache):
    x, w, b, S, P = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = output_size(H, FH, S, P), output_size(W, FW, S, P)
    if dout.shape != (N, K, HO, WO):
        raise ValueError(f"{dout.shape} is not {(N, K, HO, WO)}")
    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)
    sparse[:, :, ::S, ::S] = dout
    wide = np.pad(sparse, [(0, 0), (0, 0), (FH - 1, FH - 1), (FW - 1, FW - 1)])
    turned = np.flip(w, (2, 3)).swapaxes(0, 1)
    dwide = conv_forward_naive(wide, turned, np.zeros(C))[0]
    images, filters = zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)
    dw = conv_forward_naive(images, filters, np.zeros(K))[0].swapaxes(0, 1)
    return dwide[:, :, P : P + H, P : P + W], dw, dout.sum((0, 2, 3))


@right("FH - 1 - P zeros, cut where that is negative; dw image by image")
def conv_backward_as_convolution__exact_padding(dout, cache):
    x, w, b, S, P = cache
    (K, C, FH, FW), (H, W) = w.shape, x.shape[2:]
    want = (len(x), K, output_size(H, FH, S, P), output_size(W, FW, S, P))
    if dout.shape != want:
        raise ValueError(f"dout is {dout.shape}, wanted {want}")
    sparse = np.kron(dout, np.eye(S)[:1].T @ np.eye(S)[:1])
    sparse = sparse[:, :, : (want[2] - 1) * S + 1, : (want[3] - 1) * S + 1]
    wide = sparse.astype(x.dtype)
    for axis, zeros in ((2, FH - 1 - P), (3, FW - 1 - P)):
        if zeros >= 0:
            wide = np.pad(wide, [(zeros * (i == axis),) * 2 for i in range(4)])
        else:
            inner = np.arange(-zeros, wide.shape[axis] + zeros)
            wide = np.take(wide, inner, axis)
    turned = np.rot90(w, 2, (2, 3)).transpose(1, 0, 2, 3)
    dx = conv_forward_naive(wide, turned, np.zeros(C))[0]
    dw, padded = np.zeros_like(w), zero_pad(x, P)
    for image, g in zip(padded, sparse):
        one = conv_forward_naive(image[:, None], g[:, None], np.zeros(K))[0]
        dw += one.swapaxes(0, 1).astype(w.dtype)
    return dx, dw, dout.sum(3).sum(2).sum(0)


@right("the loops of section 5, which is not the point but is not forbidden")
def conv_backward_as_convolution__naive(dout, cache):
    return conv_backward_naive(dout, cache)


wrong("the filter is not flipped", "w[:, :, ::-1, ::-1]", "w")
wrong("only the rows of the filter are flipped", "w[:, :, ::-1, ::-1]", "w[:, :, ::-1]")
wrong(
    "channels and filters have not changed places",
    "::-1, ::-1].transpose(1, 0, 2, 3)",
    "::-1, ::-1]",
)
wrong(
    "dout is not dilated by the stride",
    "    sparse = np.zeros((N, K, (HO - 1) * S + 1, (WO - 1) * S + 1), x.dtype)\n"
    "    sparse[:, :, ::S, ::S] = dout\n",
    "    sparse = dout\n",
    of="conv_backward_as_convolution__pad",
)
wrong(
    "FH - 1 zeros are put on all four sides, also left and right",
    "(FW - 1, FW - 1)",
    "(FH - 1, FH - 1)",
    of="conv_backward_as_convolution__pad",
)
wrong(
    "the gradient of the padded input is returned uncropped",
    "return dx, dw",
    "return dpadded, dw",
)
wrong(
    "dout is flipped for dw as well",
    "filters = dilated.transpose",
    "filters = dilated[:, :, ::-1, ::-1].transpose",
)
wrong("x is not padded for dw", "zero_pad(x, padding).transpose", "x.transpose")
wrong(
    "dw comes from the last image only",
    "zero_pad(x, P).swapaxes(0, 1), sparse.swapaxes(0, 1)",
    "zero_pad(x[-1:], P).swapaxes(0, 1), sparse[-1:].swapaxes(0, 1)",
    of="conv_backward_as_convolution__pad",
)
wrong(
    "channels and filters of dw have changed places",
    "dw = dw.transpose(1, 0, 2, 3).astype",
    "dw = dw.astype",
)
wrong(
    "the bias is added to dw",
    "(images, filters, np.zeros(K, dtype=x.dtype))",
    "(images, filters, b)",
)
wrong(
    "db is a mean over the images instead of a sum",
    "dout.sum(axis=(0, 2, 3))",
    "(dout.sum(axis=(0, 2, 3)) / N)",
)
wrong("dw and dx are returned in the wrong order", "return dx, dw", "return dw, dx")
wrong(
    "float32 went in, float64 came out",
    ", x.dtype)",
    ")",
    of="conv_backward_as_convolution__pad",
)
wrong("dout was changed in place", "    return dx", "    dout *= 0\n    return dx")
wrong("the shape of dout is not checked", "dout.shape != (N, K, HO, WO)", "False")
wrong(
    "the message does not name both shapes",
    ", the output has shape {(N, K, HO, WO)}",
    "",
    named=False,
)
