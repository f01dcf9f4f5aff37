"""The instrument: central differences, one entry of x at a time."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 2


def cubes(x):
    """The first entry of x moves all outputs, the last only one."""
    return np.cumsum(x) ** 3


def sum_of_squares(x):
    """One plain number."""
    return float((x * x).sum())


def first_row(x):
    """A part of x, and a view."""
    return x[0]


def seen_by_f(numeric_gradient, x):
    """The first entry of the caller's x, as f finds it at its calls."""
    seen = []
    numeric_gradient(lambda moved: seen.append(float(x[0])) or moved * moved, x)
    return sorted(set(seen))


def cases(t, numeric_gradient):
    by_hand = numeric_gradient(cubes, np.array([2.0]), h=0.5)
    t.case("by hand: x³ at 2, h 0.5", by_hand, np.array([12.25]))
    dout = np.array([2.0, -1, 3])
    call = numeric_gradient(cubes, np.array([1.0, -3, 2]), dout, 0.5)
    t.case("cumsum(x)³, three numbers, h 0.5", call)
    call = numeric_gradient(cubes, t.ints(2, 2), np.array([3.0, 1, -4, 2]), h=0.25)
    t.case("cumsum(x)³, two rows of two, h 0.25", call)
    t.case("no dout: all ones", numeric_gradient(cubes, t.ints(4), h=0.5))
    x = np.array([[1.0, -2, 0.5], [3, 0.25, -1]])
    t.case("x*x, no h", numeric_gradient(np.square, x), 2 * x, rtol=1e-6)
    call = numeric_gradient(sum_of_squares, x)
    t.case("f gives one plain number", call, 2 * x, rtol=1e-6)
    call = numeric_gradient(sum_of_squares, x, 3.0)
    t.case("one plain number, and a dout for it", call, 6 * x, rtol=1e-6)
    weights = np.array([[1.0, -1], [2, 3], [-2, 0.5]])
    call = numeric_gradient(np.transpose, x, weights)
    t.case("f gives a view of its argument", call, weights.T.copy(), rtol=1e-6)
    call = numeric_gradient(np.asarray, x, weights.T.copy())
    t.case("f gives its argument itself", call, weights.T.copy(), rtol=1e-6)
    call, want = numeric_gradient(first_row, x, dout), np.array([dout, 0 * dout])
    t.case("f gives a part of its argument", call, want, rtol=1e-6, atol=1e-9)
    call = numeric_gradient(cubes, t.strided(t.ints(2, 3)), t.ints(6), h=0.5)
    t.case("x and dout not contiguous", call)
    call = numeric_gradient(cubes, np.array(2.0), h=0.5)
    t.case("x without axes", call, np.array(12.25))
    seen = t.call(seen_by_f, numeric_gradient, np.array([1.0, 2]))
    t.case("the caller's x[0], as f finds it at its calls", seen, [1.0])
    for kind in ("float32", "float16", "int64"):
        call = numeric_gradient(np.square, np.array([1, 2, 3], kind))
        t.refuses(f"x is {kind}", call, names=(kind,))
    for title, shape in [
        ("a dout of 3, which numpy would stretch", (3,)),
        ("a dout of 2", (2,)),
        ("a dout of 6", (6,)),
        ("a dout of one row", (1, 3)),
    ]:
        call = numeric_gradient(np.square, x, np.ones(shape))
        t.refuses(f"f(x) is (2, 3), {title}", call, names=sorted({*shape, 2, 3}))
    call = numeric_gradient(sum_of_squares, x, np.ones(5))
    t.refuses("f gives one number, dout has 5", call, names=(5,))


def hidden(t, numeric_gradient):
    def curve(x):
        return np.exp(np.sin(x.ravel()[:, None] * [1, 2, 3]).sum(axis=0) / x.size)

    for shape in [(4,), (2, 3), (2, 1, 3), (1, 2, 2, 2), ()]:
        x = t.normal(*shape) if shape else np.array(0.7)
        call = numeric_gradient(curve, x, t.normal(3))
        t.case(f"x {shape}", call, rtol=1e-5, atol=1e-5)
    call = numeric_gradient(np.sin, t.normal(4, 6).T)
    t.case("axes in another order", call, rtol=1e-6, atol=1e-8)


@right("one copy, moved to and fro, results copied")
def numeric_gradient__to_and_fro(f, x, dout=None, h=1e-5):
    if x.dtype != np.float64:
        raise ValueError(f"float64 is needed, not {x.dtype}")
    moved = x.copy()
    value = np.array(f(moved))
    if dout is None:
        dout = np.ones_like(value)
    if np.shape(dout) != value.shape:
        raise ValueError(f"dout {np.shape(dout)} is not like f(x) {value.shape}")
    gradient = np.empty_like(moved)
    for index in np.ndindex(x.shape):
        old = x[index]
        moved[index] = old + h
        ahead = np.array(f(moved))
        moved[index] = old - h
        behind = np.array(f(moved))
        moved[index] = old
        gradient[index] = ((ahead - behind) * dout).sum() / (2 * h)
    return gradient


@right("directions from the identity matrix, a sum for each")
def numeric_gradient__directions(f, x, dout=None, h=1e-5):
    if x.dtype != "float64":
        raise ValueError(f"x: {x.dtype}")
    shape = np.asarray(f(x.copy())).shape
    if dout is not None and np.shape(dout) != shape:
        raise ValueError(f"shapes: dout {np.shape(dout)}, f(x) {shape}")
    dout = 1.0 if dout is None else dout

    def total(x):
        return np.sum(f(x) * dout)

    slopes = [
        (total(x + h * unit) - total(x - h * unit)) / h / 2
        for unit in np.eye(x.size).reshape(-1, *x.shape)
    ]
    return np.array(slopes).reshape(x.shape)


wrong(
    "a forward difference is taken instead of a central one",
    "f(behind)) * dout) / (2 * h)",
    "f(x.copy())) * dout) / h",
)
wrong("the difference is divided by h instead of 2h", "dout) / (2 * h)", "dout) / h")
wrong(
    "an entry of x is not put back after its steps",
    "        moved[index] = old\n",
    "",
    of="numeric_gradient__to_and_fro",
)
wrong("dout is ignored", "(f(ahead) - f(behind)) * dout", "f(ahead) - f(behind)")
wrong(
    "f(x) is summed before it meets dout",
    "np.sum((f(ahead) - f(behind)) * dout)",
    "np.sum(f(ahead) - f(behind)) * np.sum(dout)",
)
wrong(
    "the mean over the outputs is taken instead of the sum", "np.sum((f", "np.mean((f"
)
wrong(
    "f(x + h) and f(x - h) are the same array, since f returns a view",
    "ahead = np.array(f(moved))",
    "ahead = f(moved)",
    "behind = np.array(f(moved))",
    "behind = f(moved)",
    of="numeric_gradient__to_and_fro",
)
wrong(
    "x was changed in place",
    "moved = x.copy()",
    "moved = x",
    "        old = x[index]\n        moved[index] = old + h",
    "        moved[index] += h",
    "moved[index] = old - h",
    "moved[index] -= 2 * h",
    "        moved[index] = old\n",
    "",
    of="numeric_gradient__to_and_fro",
)
wrong(
    "the steps are made in the caller's x",
    "moved = x.copy()",
    "moved = x",
    of="numeric_gradient__to_and_fro",
)
wrong(
    "The array has 1 axes, and 2 are wanted",
    "    return gradient",
    "    return gradient.ravel()",
    named=False,
)
wrong("float32 is accepted", "x.dtype != np.float64", "x.dtype.kind != 'f'")
wrong(
    "whole numbers are accepted, and no step is made",
    "if x.dtype != np.float64:",
    "if x.dtype.kind not in 'fi':",
    "ahead[index] += h",
    "ahead[index] = ahead[index] + h",
    "behind[index] -= h",
    "behind[index] = behind[index] - h",
)
wrong(
    "a dout of another shape is stretched in silence",
    "dout.shape != out_shape",
    "False",
)
wrong("the message does not name the dtype", "x is {x.dtype}, a", "a", named=False)
wrong(
    "the message does not name the shape of f(x)",
    ", but f(x) has shape {out_shape}",
    "",
    named=False,
)
# The classic mistake, in three forms: what comes back is f(x), one number, or like x.
wrong(
    "all entries of x are moved at once, not one at a time",
    "    gradient = np",
    "    return (f(x + h) - f(x - h)) * dout / (2 * h)\n    gradient = np",
)
wrong(
    "all entries of x are moved at once, not one at a time",
    "ahead[index] += h\n        behind[index] -= h",
    "ahead += h\n        behind -= h",
)
wrong(
    "all entries of x are moved at once, not one at a time",
    "ahead[index] += h\n        behind[index] -= h",
    "ahead += h\n        behind -= h",
    "    return gradient",
    "    return np.float64(gradient.flat[0])",
)
