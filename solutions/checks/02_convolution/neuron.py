"""One neuron: the sum of the products, and the bias."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


def kind(value):
    """What kind of thing this is; a float64 of numpy is a Python float, too."""
    return "float" if isinstance(value, float) else type(value).__name__


def cases(t, neuron):
    patch = np.array([[[1.0, 2], [3, 4]], [[0, 1], [1, 0]]])
    weights = np.array([[[1.0, 0], [0, -1]], [[2, 2], [2, 2]]])
    t.case("by hand: -3 + 4, bias 10", neuron(patch, weights, 10), 11.0)
    t.case("weights and bias halved", neuron(patch, weights / 2, 5), 5.5)
    ones = np.ones((3, 5, 5))
    t.case("5x5 on a colour image: 75 ones, bias 1", neuron(ones, ones, 1), 76.0)
    t.case("3 channels, 2 high, 4 wide", neuron(t.ints(3, 2, 4), t.ints(3, 2, 4), -3.0))
    negative = neuron(5 + t.ints(4, 3, 2), t.ints(4, 3, 2) - 2, 7.0)
    t.case("4 channels, 3 high, 2 wide, a negative answer", negative)
    row = np.array([1.0, 2, -1] * 6).reshape(2, 3, 3)
    t.case("halves", neuron(t.ints(2, 3, 3) + 0.5, row, 0.25))
    t.case("1x1, 5 channels", neuron(t.ints(5, 1, 1), t.ints(5, 1, 1), 2.0))
    gaps = neuron(t.strided(t.ints(3, 2, 3)), t.strided(t.ints(3, 2, 3)), 1.0)
    t.case("not contiguous", gaps)
    for dtype in (np.float32, np.int64):
        mixed = neuron(patch.astype(dtype), weights.astype(dtype), 10.0)
        title = f"a Python float comes out of {np.dtype(dtype)}, too"
        t.case(title, t.call(kind, mixed), "float")
    for title, one, other in [
        ("1 channel, and weights for 3", (1, 2, 2), (3, 2, 2)),
        ("3 channels, and weights for 1", (3, 2, 2), (1, 2, 2)),
        ("3 columns, and weights for 1", (2, 2, 3), (2, 2, 1)),
        ("as many numbers, but of another shape", (2, 1, 3), (2, 3, 1)),
    ]:
        call = neuron(np.ones(one), np.ones(other), 0.5)
        t.refuses(title, call, names=(one, other))


def hidden(t, neuron):
    for shape in [(1, 1, 1), (4, 2, 3), (3, 5, 1), (2, 1, 6)]:
        t.case(f"{shape}", neuron(t.normal(*shape), t.normal(*shape), -0.75))
    call = neuron(t.normal(3, 2, 4).T, t.normal(4, 2, 3), 1.5)
    t.case("axes in another order", call)
    call = neuron(np.ones((2, 3, 3)), np.ones((2, 1, 3)), 0.0)
    t.refuses("3 rows, and weights for 1", call, names=((2, 3, 3), (2, 1, 3)))


@right("einsum")
def neuron__einsum(patch, weights, bias):
    if patch.shape != weights.shape:
        raise ValueError(f"shapes {patch.shape} and {weights.shape}")
    return float(np.einsum("cij,cij->", patch, weights)) + float(bias)


@right("three loops")
def neuron__loops(patch, weights, bias):
    C, FH, FW = patch.shape
    if weights.shape != (C, FH, FW):
        raise ValueError(f"{weights.shape} is not {patch.shape}")
    total = float(bias)
    for c in range(C):
        for i in range(FH):
            for j in range(FW):
                total += float(patch[c, i, j]) * float(weights[c, i, j])
    return total


@right("dot product of two rows")
def neuron__dot(patch, weights, bias):
    if patch.shape != weights.shape:
        raise ValueError(f"cannot match {patch.shape} with {weights.shape}")
    return float(patch.reshape(-1) @ weights.reshape(-1)) + bias


wrong("the bias is forgotten", " + bias)", ")")
wrong("the bias is added once per channel", " + bias)", " + bias * patch.shape[0])")
wrong("the bias is added to every product", " + bias)", " + bias * patch.size)")
wrong("the bias is subtracted", " + bias)", " - bias)")
wrong("the bias is multiplied, not added", " + bias)", " * bias)")
wrong("the mean is taken instead of the sum", "np.sum", "np.mean")
wrong("the largest product is taken instead of the sum", "np.sum", "np.max")
wrong(
    "only the first channel is used", "(patch * weights)", "(patch[:1] * weights[:1])"
)
wrong("only the last channel is used", "(patch * weights)", "(patch[-1] * weights[-1])")
wrong("the channels are averaged instead of added", "(patch *", "(patch / len(patch) *")
wrong("the filter is flipped", "(patch * weights)", "(patch * weights[:, ::-1, ::-1])")
wrong("the rows of the filter are in reverse order", "(patch *", "(patch[:, ::-1] *")
wrong(
    "the columns of the filter are in reverse order", "(patch *", "(patch[:, :, ::-1] *"
)
wrong("the channels of the filter are in reverse order", "(patch *", "(patch[::-1] *")
wrong("patch and weights are added, not multiplied", "(patch *", "(patch +")
wrong("a negative answer is set to 0", "return float(", "return max(0.0, ")
wrong("the result is cut to a whole number", "return float(", "return int(")
wrong(
    "patch was changed in place",
    "    return float(np.sum(patch * weights)",
    "    patch *= weights\n    return float(np.sum(patch)",
)
wrong(
    "weights was changed in place",
    "    return float(np.sum(patch * weights)",
    "    weights *= patch\n    return float(np.sum(weights)",
)
wrong(
    "one number comes back for each channel, not one for all",
    "float(np.sum(patch * weights) + bias)",
    "np.sum(patch * weights, axis=(1, 2)) + bias",
)
wrong(
    "an array that holds one number comes back, not the number",
    "float(np.sum(patch * weights) + bias)",
    "np.array([np.sum(patch * weights) + bias])",
)
wrong(
    "the result is a number of numpy, not a Python float", "float(", "patch.dtype.type("
)
wrong(
    "patch @ weights, a matrix product, is taken instead of patch * weights",
    "(patch * weights)",
    "(patch @ weights)",
)
wrong("returned None", "return float(", "float(")
wrong(
    "patch and weights of different shapes are stretched to fit each other",
    "patch.shape != weights.shape",
    "False",
)
wrong(
    "only the numbers of channels are compared, not the whole shapes",
    "patch.shape != weights.shape",
    "len(patch) != len(weights)",
)
wrong(
    "only the sizes are compared, not the shapes",
    "patch.shape != weights.shape",
    "patch.size != weights.size",
)
wrong(
    "the message does not name the shapes",
    'f"the patch has shape {patch.shape}, the weights {weights.shape}: "',
    '"the shapes differ: "',
    named=False,
)
wrong(
    "another error than ValueError is raised", "ValueError(", "TypeError(", named=False
)
