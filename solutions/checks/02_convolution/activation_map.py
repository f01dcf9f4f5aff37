"""One neuron at every place of one image."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2

PICTURE = np.array([[[1.0, 2, 0, 1], [3, 1, 1, 0], [0, 2, 1, 4]]])
CORNER = np.array([[[1.0, 2], [0, -1]]])


def cases(t, activation_map):
    six = np.array([[14.0, 11, 12], [13, 12, 7]])
    t.case("by hand: the six numbers", activation_map(PICTURE, CORNER, 10.0), six)
    x, weights = t.ints(3, 5, 7), t.ints(3, 2, 4)
    call = activation_map(x, weights, 5.0, padding=1)
    t.case("every axis another length, padding 1", call)
    x, weights = t.ints(2, 5, 8), t.ints(2, 3, 4)
    call = activation_map(x, weights, 5.0, stride=2, padding=1)
    t.case("every axis another length, stride 2, padding 1", call)
    x, weights = t.ints(2, 6, 7), t.ints(2, 4, 2)
    call = activation_map(x, weights, -7.0, stride=3, padding=2)
    t.case("a high and narrow filter, stride 3, padding 2", call)
    t.case("a 1x1 filter", activation_map(t.ints(4, 3, 5), t.ints(4, 1, 1), 3.0))
    call = activation_map(t.ints(3, 4, 2), t.ints(3, 4, 2), 6.0)
    t.case("a filter as large as the image", call)
    ones = activation_map(np.ones((3, 5, 7)), np.ones((3, 3, 3)), 0.5, padding=1)
    t.case("ones: the corner sees 4 pixels in 3 channels", ones[0, 0], 12.5)
    t.case("ones: the middle sees 9 pixels in 3 channels", ones[2, 3], 27.5)
    x, weights = (t.ints(*shape, dtype=np.float32) for shape in [(2, 4, 5), (2, 2, 3)])
    t.case("float32", activation_map(x, weights, 2.0))
    x, weights = t.strided(t.ints(3, 4, 5)), t.strided(t.ints(3, 3, 2))
    t.case("not contiguous", activation_map(x, weights, 4.0, padding=1))
    for title, x, weights, stride, names in [
        ("6 high, filter 3, stride 2: 1.5 steps", (1, 6, 7), (1, 3, 3), 2, (6, 3, 2)),
        ("10 wide, filter 3, stride 2", (1, 7, 10), (1, 3, 3), 2, (10, 3, 2)),
        ("a filter 5 high on 3 rows", (1, 3, 7), (1, 5, 3), 1, (3, 5)),
        ("a filter 6 wide on 4 columns", (1, 3, 4), (1, 2, 6), 1, (4, 6)),
        ("1 channel, a filter for 3", (1, 4, 5), (3, 2, 2), 1, (1, 3)),
        ("3 channels, a filter for 1", (3, 4, 5), (1, 2, 2), 1, (3, 1)),
        ("3 channels, a filter for 2", (3, 4, 5), (2, 2, 2), 1, (3, 2)),
    ]:
        call = activation_map(np.ones(x), np.ones(weights), 0.0, stride)
        t.refuses(title, call, names=names)


def hidden(t, activation_map):
    for x, weights, stride, padding in [
        ((2, 6, 9), (2, 4, 3), 2, 0),
        ((4, 5, 3), (4, 2, 3), 1, 2),
        ((1, 7, 10), (1, 3, 6), 4, 2),
        ((3, 1, 8), (3, 1, 2), 3, 0),
        ((2, 4, 6), (2, 6, 8), 3, 1),
    ]:
        title = f"{x}, {weights}, {stride}, {padding}"
        numbers = t.normal(*x), t.normal(*weights)
        t.case(title, activation_map(*numbers, -1.5, stride, padding))
    x, weights = t.normal(6, 5, 2).T, t.normal(2, 4, 3)
    t.case("axes in another order", activation_map(x, weights, 0.25, 1, 1))
    x, weights = t.normal(2, 6, 9, dtype="f4"), weights.astype("f4")
    t.case("float32", activation_map(x, weights, -1.5, 2))
    square, high = np.ones((1, 3, 3)), np.ones((1, 4, 3))
    t.refuses("padding 2", activation_map(np.ones((1, 6, 5)), square, 0.0, 3, 2))
    t.refuses("too high", activation_map(np.ones((1, 1, 9)), high, 0.0, 1, 1))


@right("loops over every number")
def activation_map__loops(x, weights, bias, stride=1, padding=0):
    C, H, W = x.shape
    if weights.shape[0] != C:
        raise ValueError(f"{C} channels in x, {weights.shape[0]} in the filter")
    _, FH, FW = weights.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    out = np.empty((HO, WO), dtype=x.dtype)
    for ho, wo in np.ndindex(HO, WO):
        total = float(bias)
        for c, fh, fw in np.ndindex(weights.shape):
            row, column = ho * stride + fh - padding, wo * stride + fw - padding
            if 0 <= row < H and 0 <= column < W:
                total += float(x[c, row, column]) * float(weights[c, fh, fw])
        out[ho, wo] = total
    return out


@right("sum over a view of all windows")
def activation_map__windows(x, weights, bias, stride=1, padding=0):
    if len(x) != len(weights):
        raise ValueError(f"{len(x)} channels, but {len(weights)} in the filter")
    for size, filter_size in zip(x.shape[1:], weights.shape[1:]):
        output_size(size, filter_size, stride, padding)
    wide = np.pad(x, [(0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return (np.einsum("hwcij,cij->hw", windows, weights) + bias).astype(x.dtype)


@right("shift the image under the filter, one weight at a time")
def activation_map__shifts(x, weights, bias, stride=1, padding=0):
    C, FH, FW = weights.shape
    if C != x.shape[0]:
        raise ValueError(f"x: {x.shape[0]} channels, weights: {C} channels")
    HO = output_size(x.shape[1], FH, stride, padding)
    WO = output_size(x.shape[2], FW, stride, padding)
    wide = zero_pad(x, padding)
    out = np.full((HO, WO), bias, dtype=x.dtype)
    for c, fh, fw in np.ndindex(weights.shape):
        rows = slice(fh, fh + (HO - 1) * stride + 1, stride)
        columns = slice(fw, fw + (WO - 1) * stride + 1, stride)
        out += wide[c, rows, columns] * weights[c, fh, fw]
    return out


@right("patches as rows of a matrix, one product")
def activation_map__matrix(x, weights, bias, stride=1, padding=0):
    C, H, W = x.shape
    D, FH, FW = weights.shape
    if C != D:
        raise ValueError(f"x has {C} channels, weights have {D}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    wide = zero_pad(x, padding)
    rows = [
        wide[:, i * stride : i * stride + FH, j * stride : j * stride + FW].ravel()
        for i in range(HO)
        for j in range(WO)
    ]
    product = np.array(rows) @ weights.ravel() + bias
    return product.reshape(HO, WO).astype(x.dtype)


@right("Fourier transform")
def activation_map__fourier(x, weights, bias, stride=1, padding=0):
    if x.shape[0] != weights.shape[0]:
        raise ValueError(f"{x.shape[0]} is not {weights.shape[0]} channels")
    for axis in (1, 2):
        output_size(x.shape[axis], weights.shape[axis], stride, padding)
    wide = zero_pad(x, padding).astype(float)
    H, W = wide.shape[1:]
    spectrum = np.fft.fft2(wide) * np.conj(np.fft.fft2(weights, s=(H, W)))
    full = np.fft.ifft2(spectrum.sum(axis=0)).real
    FH, FW = weights.shape[1:]
    out = full[: H - FH + 1 : stride, : W - FW + 1 : stride] + bias
    return out.astype(x.dtype)


wrong("the filter is flipped", "patch, weights,", "patch, weights[:, ::-1, ::-1],")
wrong("the rows of the filter are in reverse order", "(patch,", "(patch[:, ::-1],")
wrong(
    "the columns of the filter are in reverse order", "(patch,", "(patch[:, :, ::-1],"
)
wrong("the channels of the filter are in reverse order", "(patch,", "(patch[::-1],")
wrong("the bias is forgotten", "bias)", "0.0)")
wrong("the bias is added once per channel", "bias)", "bias * C)")
wrong("the bias is added to every product", "bias)", "bias * patch.size)")
wrong("the bias is added once per place", "bias)", "0.0)\n            out += bias")
wrong("the bias is subtracted", "bias)", "-bias)")
wrong("the mean is taken instead of the sum", "(patch,", "(patch / patch.size,")
wrong("only the first channel is used", "patch, weights,", "patch[:1], weights[:1],")
wrong("only the last channel is used", "patch, weights,", "patch[-1:], weights[-1:],")
wrong("the channels are averaged instead of added", "(patch,", "(patch / C,")
wrong(
    "the padding is ignored",
    "np.pad(x, [(0, 0), (padding, padding), (padding, padding)])",
    "x",
    of="activation_map__windows",
)
wrong(
    "all the padding is put above and to the left",
    "(padding, padding), (padding, padding)]",
    "(2 * padding, 0), (2 * padding, 0)]",
    of="activation_map__windows",
)
wrong(
    "all the padding is put below and to the right",
    "(padding, padding), (padding, padding)]",
    "(0, 2 * padding), (0, 2 * padding)]",
    of="activation_map__windows",
)
wrong(
    "the padding is added on one side only",
    "(padding, padding), (padding, padding)]",
    "(padding, 0), (padding, 0)]",
    of="activation_map__windows",
)
wrong("the channels are padded too", "zero_pad(x, padding)", "np.pad(x, padding)[:C]")
wrong("the border is filled with ones", "(x, padding)", "(x - 1, padding) + 1")
wrong(
    "the border repeats the edge of the image instead of zeros",
    "(padding, padding)])",
    '(padding, padding)], mode="edge")',
    of="activation_map__windows",
)
wrong("the stride is ignored", "[::stride, ::stride]", "", of="activation_map__windows")
wrong(
    "the windows start at ho and wo, not at ho * stride and wo * stride",
    "ho * stride, wo * stride",
    "ho, wo",
)
wrong(
    "the stride is ignored along the width",
    "[::stride, ::stride]",
    "[::stride]",
    of="activation_map__windows",
)
wrong(
    "the stride is ignored along the height",
    "[::stride, ::stride]",
    "[:, ::stride]",
    of="activation_map__windows",
)
wrong(
    "stride and padding have changed places",
    "    C, H, W = x.shape",
    "    stride, padding = max(padding, 1), stride\n    C, H, W = x.shape",
)
wrong(
    "rows and columns of the output have changed places", "return out", "return out.T"
)
wrong("height and width of x are swapped", "C, H, W = x", "C, W, H = x", named=False)
wrong(
    "the width of the output is computed with FH",
    "output_size(W, FW,",
    "output_size(W, FH,",
    of="activation_map__loops",
)
wrong(
    "the width of the output is computed with H",
    "output_size(W, FW,",
    "output_size(H, FW,",
    of="activation_map__loops",
)
wrong(
    "FH is used for FW, so that the window is a square",
    "patch, weights,",
    "patch[:, :, :FH], weights[:, :, :FH],",
)
wrong(
    "FW is used for FH, so that the window is a square",
    "patch, weights,",
    "patch[:, :FW], weights[:, :FW],",
)
wrong(
    "the output is one row and one column too small",
    "return out",
    "return out[: max(HO - 1, 1), : max(WO - 1, 1)]",
)
wrong(
    "the loops stop one place early",
    "    return out",
    "    out[-1], out[:, -1] = 0, 0\n    return out",
)
wrong(
    "the sum of one place is carried on to the next",
    "return out",
    "return np.cumsum(out).reshape(HO, WO)",
)
wrong("negative answers are set to 0", "return out", "return np.maximum(out, 0)")
wrong("nothing is written into the output", "out[ho, wo] = neuron", "neuron")
wrong(
    "x was changed in place",
    "zero_pad(x, padding)",
    "zero_pad(x, padding) if padding else x",
    "out[ho, wo] = neuron(patch, weights, bias)",
    "patch *= weights\n            out[ho, wo] = patch.sum() + bias",
)
wrong("float32 went in, float64 came out", ", dtype=np.result_type(x, 0.0)", "")
wrong("whatever goes in, float32 comes out", "np.result_type(x, 0.0)", "np.float32")
wrong("whatever goes in, whole numbers come out", "np.result_type(x, 0.0)", "int")
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
wrong(
    "only the width is tested for a fit",
    "output_size(H, FH, stride, padding)",
    "(H - FH + 2 * padding) // stride + 1",
)
wrong("a pair (out, cache) comes back", "return out", "return out, (x, weights, bias)")
wrong("returned None", "    return out", "")
wrong(
    "other numbers of channels are stretched to fit each other",
    "if depth != C:",
    "if False:",
    "neuron(patch, weights, bias)",
    "np.sum(patch * weights) + bias",
)
wrong(
    "the channels that have no weights are left out",
    "if depth != C:",
    "if depth > C:",
    "neuron(patch, weights, bias)",
    "neuron(patch[:depth], weights, bias)",
)
wrong(
    "the message does not name the numbers of channels",
    'f"{len(x)} channels, but {len(weights)} in the filter"',
    '"the filter has another number of channels"',
    of="activation_map__windows",
    named=False,
)
