"""The windows of a convolution, with weights of its own at every place."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2


def cases(t, locally_connected_forward):
    local = locally_connected_forward

    def numbers(x, w, dtype=float):
        """Images, weights, and biases no two of which are the same."""
        b = 5 + t.rng.permutation(w[0] * w[1] * w[2]).reshape(w[:3])
        return t.ints(*x, dtype=dtype), t.ints(*w, dtype=dtype), b.astype(dtype)

    row = np.array([[[[5.0, 7.0, 9.0]]]])
    own = np.array([[1.0, 0.0], [0.0, 2.0]]).reshape(1, 2, 1, 1, 1, 2)
    answers = local(row, own, np.array([100.0, 200.0]).reshape(1, 2, 1))[0]
    t.case("by hand: two places", answers, np.array([[[[105.0, 218.0]]]]))
    tied = np.array([3.0, 1.0, 3.0, 1.0]).reshape(1, 2, 1, 1, 1, 2)
    want = np.array([[[[23.0, 31.0]]]])
    title = "tied, by hand: 15 + 7 + 1 and 21 + 9 + 1"
    t.case(title, local(row, tied, np.full((1, 2, 1), 1.0))[0], want)
    call = local(*numbers((2, 3, 4, 6), (2, 4, 5, 3, 4, 2)), stride=2, padding=1)[0]
    t.case("every axis another length, stride 2, padding 1", call)
    call = local(*numbers((3, 1, 2, 5), (3, 4, 2, 1, 2, 4)), padding=1)[0]
    t.case("a wide filter, padding 1", call)
    call = local(*numbers((1, 2, 4, 3), (3, 3, 2, 2, 2, 1)))[0]
    t.case("a batch of 1, as many rows as columns of places", call)
    call = local(*numbers((2, 3, 4, 2), (1, 1, 5, 3, 4, 2)))[0]
    t.case("a filter as large as the image", call)
    call = local(*numbers((2, 1, 3, 4), (2, 2, 3, 1, 2, 3), np.float32))[0]
    t.case("float32", call)
    call = local(*map(t.strided, numbers((2, 3, 3, 2), (2, 2, 2, 3, 2, 1))))[0]
    t.case("not contiguous", call)
    for title, x, w, stride, names in [
        ("10 wide, filter 3, stride 2", (7, 10), (3, 4, 1, 1, 3, 3), 2, (10, 3, 2)),
        ("10 high, filter 3, stride 2", (10, 7), (4, 3, 1, 1, 3, 3), 2, (10, 3, 2)),
        ("a filter 6 wide on 4 columns", (3, 4), (1, 1, 1, 1, 3, 6), 1, (4, 6)),
        (
            "weights for 5x6 places, 4x3 there",
            (6, 4),
            (5, 6, 1, 1, 3, 2),
            1,
            (5, 6, 4, 3),
        ),
        ("weights for 4x2 places, 4x3 there", (6, 4), (4, 2, 1, 1, 3, 2), 1, (2, 4, 3)),
        ("weights for 3x4 places, 4x3 there", (6, 4), (3, 4, 1, 1, 3, 2), 1, (4, 3)),
        ("weights for 1x1 place, 2x5 there", (2, 5), (1, 1, 1, 1, 1, 1), 1, (1, 2, 5)),
    ]:
        call = local(np.ones((1, 1, *x)), np.ones(w), np.zeros(w[:3]), stride)[0]
        t.refuses(title, call, names=names)
    for C, D in [(1, 3), (3, 1), (3, 2)]:
        x, w = np.ones((2, C, 4, 6)), np.ones((2, 3, 2, D, 3, 4))
        title = f"{C} channel{'s' * (C > 1)}, weights for {D}"
        t.refuses(title, local(x, w, np.zeros((2, 3, 2)))[0], names=(C, D))


def hidden(t, locally_connected_forward):
    local = locally_connected_forward
    for x, w, stride, padding in [
        ((3, 2, 6, 9), (2, 4, 5, 2, 4, 3), 2, 0),
        ((1, 4, 5, 3), (8, 5, 2, 4, 2, 3), 1, 2),
        ((2, 1, 7, 10), (3, 3, 3, 1, 3, 6), 4, 2),
        ((2, 3, 4, 5), (1, 1, 2, 3, 4, 5), 1, 0),
        ((2, 5, 3, 2), (3, 2, 4, 5, 1, 1), 1, 0),
    ]:
        title = f"{x}, {w}, {stride}, {padding}"
        layer = t.normal(*x), t.normal(*w), t.normal(*w[:3])
        t.case(title, local(*layer, stride, padding)[0])
    w, b = t.normal(2, 4, 5, 2, 4, 3), t.normal(2, 4, 5)
    t.case("axes in another order", local(t.normal(9, 6, 2, 3).T, w, b, 2)[0])
    x, w, b = t.normal(3, 2, 6, 9, dtype="f4"), w.astype("f4"), b.astype("f4")
    t.case("float32", local(x, w, b, 2)[0])


@right("einsum over a view of all windows")
def locally_connected_forward__einsum(x, w, b, stride=1, padding=0):
    HO = output_size(x.shape[2], w.shape[4], stride, padding)
    WO = output_size(x.shape[3], w.shape[5], stride, padding)
    if w.shape[:2] != (HO, WO) or w.shape[3] != x.shape[1]:
        raise ValueError(f"{w.shape} does not fit {x.shape}: {HO}x{WO} places")
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, w.shape[4:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("nchwij,hwkcij->nkhw", windows, w) + b.transpose(2, 0, 1)
    return out, (x, w, b, stride, padding)


@right("eight loops, no helper")
def locally_connected_forward__loops(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    rows, columns, K, D, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    if (rows, columns, D) != (HO, WO, C):
        raise ValueError(f"want {HO}x{WO} places and {C} channels, got {w.shape}")
    out = np.zeros((N, K, HO, WO), x.dtype)
    for n, k, i, j in np.ndindex(N, K, HO, WO):
        total = float(b[i, j, k])
        for c, fh, fw in np.ndindex(C, FH, FW):
            row, column = i * stride + fh - padding, j * stride + fw - padding
            if 0 <= row < H and 0 <= column < W:
                total += float(x[n, c, row, column] * w[i, j, k, c, fh, fw])
        out[n, k, i, j] = total
    return out, None


@right("one convolution with a 1x1 output for each place")
def locally_connected_forward__layer_per_place(x, w, b, stride=1, padding=0):
    FH, FW = w.shape[4:]
    HO = output_size(x.shape[2], FH, stride, padding)
    WO = output_size(x.shape[3], FW, stride, padding)
    if w.shape[:2] != (HO, WO):
        raise ValueError(f"{w.shape[0]}x{w.shape[1]} places, {HO}x{WO} wanted")
    wide = zero_pad(x, padding)
    rows = []
    for i in range(HO):
        row = []
        for j in range(WO):
            window = wide[:, :, i * stride : i * stride + FH]
            window = window[:, :, :, j * stride : j * stride + FW]
            row.append(conv_forward_naive(window, w[i, j], b[i, j])[0][:, :, 0, 0])
        rows.append(row)
    return np.array(rows).transpose(2, 3, 0, 1), (x, w, b, stride, padding)


wrong("every place uses the weights of the first place", "w[ho, wo, k]", "w[0, 0, k]")
wrong("every place uses the bias of the first place", "b[ho, wo, k]", "b[0, 0, k]")
wrong(
    "every place uses the weights and the bias of the first place",
    "w[ho, wo, k], b[ho, wo, k]",
    "w[0, 0, k], b[0, 0, k]",
)
wrong("the weights of row wo and column ho are used", "w[ho, wo", "w[wo, ho")
wrong("the weights of the places run backwards", "w[ho", "w[::-1, ::-1][ho")
wrong("the filter is flipped", "w[ho, wo, k]", "w[ho, wo, k, :, ::-1, ::-1]")
wrong("the bias is forgotten", "b[ho, wo, k]", "0.0")
wrong("the bias is added once per channel", "b[ho, wo, k]", "b[ho, wo, k] * len(patch)")
wrong("the bias is added to every product", "b[ho, wo, k]", "b[ho, wo, k] * patch.size")
wrong("the biases of all places are added up", "b[ho, wo, k]", "b[:, :, k].sum()")
wrong(
    "the mean is taken instead of the sum", "w[ho, wo, k]", "w[ho, wo, k] / patch.size"
)
wrong(
    "only the first channel is used",
    "patch, w[ho, wo, k]",
    "patch[:1], w[ho, wo, k, :1]",
)
wrong("only the first image is computed", "(out.shape)", "(1, K, HO, WO)")
wrong("only the first filter is used", "w[ho, wo, k]", "w[ho, wo, 0]")
wrong(
    "the padding is ignored",
    "padded = zero_pad(x, padding)",
    "padded, HO, WO = x, output_size(H, FH, stride), output_size(W, FW, stride)",
)
wrong(
    "all the padding is put above and to the left",
    "(padding, padding), (padding, padding)]",
    "(2 * padding, 0), (2 * padding, 0)]",
    of="locally_connected_forward__einsum",
)
wrong(
    "all the padding is put below and to the right",
    "(padding, padding), (padding, padding)]",
    "(0, 2 * padding), (0, 2 * padding)]",
    of="locally_connected_forward__einsum",
)
wrong(
    "the channels are padded too",
    "[(0, 0), (0, 0), (padding, padding), (padding, padding)])",
    "[(0, 0)] + [(padding, padding)] * 3)[:, : x.shape[1]]",
    of="locally_connected_forward__einsum",
)
wrong(
    "the windows start at ho and wo, not at ho * stride and wo * stride",
    "ho * stride, wo * stride",
    "ho, wo",
)
wrong("the stride is ignored along the width", "wo * stride", "wo")
wrong("the stride is ignored along the height", "ho * stride", "ho")
wrong(
    "FH is used for FW, so that the window is a square",
    "patch, w[ho, wo, k]",
    "patch[..., :FH], w[ho, wo, k, ..., :FH]",
)
wrong(
    "rows and columns of the output have changed places",
    "return out, (",
    "return out.swapaxes(2, 3), (",
)
wrong(
    "the places are put first, as in the weights: (N, HO, WO, K)",
    "return out, (",
    "return out.transpose(0, 2, 3, 1), (",
)
wrong(
    "images and filters have changed places in the output",
    "return out, (",
    "return out.swapaxes(0, 1), (",
)
wrong("the loops stop one place early", "(out.shape)", "(N, K, HO - 1, WO - 1)")
wrong("negative answers are set to 0", "return out, (", "return np.maximum(out, 0), (")
wrong("nothing is written into the output", "out[n, k, ho, wo] = neuron", "neuron")
wrong(
    "x was changed in place", "    return out, (", "    x[...] = 0\n    return out, ("
)
wrong("float32 went in, float64 came out", ", dtype=np.result_type(x, 0.0)", "")
wrong("whatever goes in, float32 comes out", "np.result_type(x, 0.0)", "np.float32")
wrong("whatever goes in, whole numbers come out", "np.result_type(x, 0.0)", "int")
wrong("out is returned without a cache", "out, (x, w, b, stride, padding)", "out")
wrong(
    "a filter that does not fit is rounded down in silence",
    "output_size(H, FH, stride, padding)",
    "(H - FH + 2 * padding) // stride + 1",
    "output_size(W, FW, stride, padding)",
    "(W - FW + 2 * padding) // stride + 1",
)
wrong(
    "only the height is tested for a fit",
    "output_size(W, FW, stride, padding)",
    "(W - FW + 2 * padding) // stride + 1",
)
wrong("returned None", "    return out, (", "    (")
wrong("weights for too many places are taken", "(rows, columns) != (HO, WO)", "False")
wrong(
    "weights for other places are stretched to fit",
    "(rows, columns) != (HO, WO)",
    "False",
    "w[ho, wo, k], b[ho, wo, k]",
    "w[ho % rows, wo % columns, k], b[ho % rows, wo % columns, k]",
)
wrong(
    "only the number of places is compared, not that of rows and of columns",
    "(rows, columns) != (HO, WO)",
    "rows * columns != HO * WO",
    "w[ho, wo, k], b[ho, wo, k]",
    "w.reshape(HO, WO, *w.shape[2:])[ho, wo, k], b.reshape(HO, WO, K)[ho, wo, k]",
)
wrong(
    "other numbers of channels are stretched to fit each other",
    " or w.shape[3] != x.shape[1]",
    "",
    of="locally_connected_forward__einsum",
)
wrong(
    "the channels that have no weights are left out",
    "patch, w[ho, wo, k]",
    "patch[: w.shape[3]], w[ho, wo, k]",
)
wrong(
    "the message names only the places that w has, not those of the filter",
    ", but the filter takes {HO}x{WO} places",
    "",
    named=False,
)
wrong(
    "another error than ValueError is raised", "ValueError(", "TypeError(", named=False
)
