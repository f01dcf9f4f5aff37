"""1x1 filters: one product, no copy, the bias in place."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1

OUT = 20 * 16 * 48 * 48 * 8


def cases(t, conv_forward_1x1):
    conv = conv_forward_1x1
    picture = np.array([[[[1.0, 2], [3, 4]], [[0, 1], [2, 0]]]])
    filters = np.array([[[[1.0]], [[10]]]])
    want = np.array([[[[101.0, 112], [123, 104]]]])
    t.case(
        "by hand: 100 + 1*1 + 10*0, ...", conv(picture, filters, np.array([1e2])), want
    )
    for title, x, K in [
        ("every axis another length", (2, 3, 4, 5), 6),
        ("one image, one filter", (1, 4, 2, 3), 1),
        ("one channel, one row", (3, 1, 1, 4), 2),
    ]:
        t.case(title, conv(t.ints(*x), t.ints(K, x[1], 1, 1), t.ints(K)))
    x, w, b = t.ints(2, 3, 2, 4), t.ints(4, 3, 1, 1), t.ints(4)
    t.case("float32", conv(*(array.astype("f4") for array in (x, w, b))))
    t.case("not contiguous", conv(*map(t.strided, (x, w, b))))
    two, b = np.ones((1, 2, 5, 5)), np.zeros(1)
    t.refuses("filters of 3x1", conv(two, np.ones((1, 2, 3, 1)), b), names=(3,))
    t.refuses("filters of 1x3", conv(two, np.ones((1, 2, 1, 3)), b), names=(3,))
    t.refuses("2 channels, 3", conv(two, np.ones((1, 3, 1, 1)), b), names=(2, 3))
    t.refuses("2 channels, 1", conv(two, np.ones((1, 1, 1, 1)), b), names=(2, 1))
    layer = np.ones((20, 32, 48, 48)), np.ones((16, 32, 1, 1)), np.ones(16)
    held = {
        "x is copied": OUT * 2.9,
        "a second array as large as the output is made": OUT * 2,
    }
    title = "20 images of 32 channels: out and not much more"
    want = np.full((20, 16, 48, 48), 32 + 1.0)
    t.memory(title, conv(*layer), want, OUT * 5 / 4, mistakes=held)


def hidden(t, conv_forward_1x1):
    for N, C, H, W, K in [(3, 2, 5, 4, 6), (1, 7, 1, 2, 1), (2, 1, 3, 1, 5)]:
        layer = t.normal(N, C, H, W), t.normal(K, C, 1, 1), t.normal(K)
        t.case(f"{N}, {C}, {H}, {W}, {K}", conv_forward_1x1(*layer))
    single = [array.astype("f4") for array in layer]
    t.case("float32", conv_forward_1x1(*single))
    layer = t.normal(4, 3, 2, 5).T, t.normal(6, 2, 1, 1), t.normal(6)
    t.case("axes in another order", conv_forward_1x1(*layer))


@right("einsum, bias in place")
def conv_forward_1x1__einsum(x, w, b):
    if w.shape[1:] != (x.shape[1], 1, 1):
        raise ValueError(f"filters {w.shape}, images {x.shape}")
    out = np.einsum("nchw,kc->nkhw", x, w[:, :, 0, 0])
    out += b[:, None, None]
    return out


@right("one image after the other")
def conv_forward_1x1__images(x, w, b):
    N, C, H, W = x.shape
    if w.shape[1] != C or w.shape[2] != 1 or w.shape[3] != 1:
        raise ValueError(f"filters of shape {w.shape} for {C} channels")
    out = np.zeros((N, len(w), H, W), dtype=x.dtype)
    for n in range(N):
        out[n] = np.tensordot(w[:, :, 0, 0], x[n], axes=1) + b[:, None, None]
    return out


wrong(
    "a second array as large as the output is made",
    "out += b.reshape(len(w), 1)",
    "out = out + b.reshape(len(w), 1)",
)
wrong("x is copied", "@ x.reshape(N, C, H * W)", "@ x.copy().reshape(N, C, H * W)")
wrong("the bias is forgotten", "    out += b.reshape(len(w), 1)\n", "")
wrong(
    "the mean is taken instead of the sum",
    "out = w.reshape(len(w), C) @",
    "out = w.reshape(len(w), C) / C @",
)
wrong(
    "float32 went in, float64 came out",
    "out.reshape(N, len(w), H, W)",
    "out.reshape(N, len(w), H, W).astype(float)",
)
wrong(
    "every image is the first image",
    "x.reshape(N, C, H * W)",
    "x[:1].repeat(N, axis=0).reshape(N, C, H * W)",
)
wrong(
    "only the last channel counts",
    "w.reshape(len(w), C) @ x.reshape(N, C, H * W)",
    "w.reshape(len(w), C)[:, -1:] @ x.reshape(N, C, H * W)[:, -1:]",
)
wrong(
    "filters that are no 1x1 filters are cut to fit",
    "    if w.shape[1:] != (C, 1, 1):",
    "    w = w[:, :, :1, :1]\n    if w.shape[1] != C:",
    named=False,
)
wrong(
    "the error does not say which numbers of channels",
    'f"filters {w.shape[1:]} cannot be 1x1 filters on {C} channels"',
    'f"filters of {w.shape[2:]} do not fit"',
    named=False,
)
