"""How far apart two gradients are, as one number."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


def type_name(result):
    return type(result).__name__


def cases(t, relative_error):
    t.case("by hand: 3 and 1", relative_error(np.array([3.0]), np.array([1.0])), 0.5)
    t.case("two plain numbers", relative_error(3.0, 1.0), 0.5)
    kind = t.call(type_name, relative_error(np.ones(2), np.zeros(2)))
    t.case("what comes back is a Python float", kind, "float")
    pairs = np.array([3.0, -2, 0]), np.array([1.0, 2, 0])
    t.case("the three pairs of the text", relative_error(*pairs), 1.0)
    t.case("both 0", relative_error(np.zeros(3), np.zeros(3)), 0.0)
    call = relative_error(np.array([4.0, 0]), np.array([4.0, 0]))
    t.case("equal, with a 0", call, 0.0)
    call = relative_error(np.array([0.0, 1]), np.array([5.0, 1]))
    t.case("0 against 5", call, 1.0)
    t.case("no signs", relative_error(np.array([2.0, 6]), np.array([6.0, 7])), 0.5)
    call = relative_error(np.array([[1.0, -5]]), np.array([[4.0, -3]]))
    t.case("two numbers in a row, a below b", call, 0.6)
    call = relative_error(np.array([1.0, 90]), np.array([3.0, 99]))
    t.case("a small pair beside large ones", call, 0.5)
    t.case("1e-12 against -1e-12: the wrong sign", relative_error(1e-12, -1e-12), 1.0)
    t.case("1e-200 and 3e-200", relative_error(1e-200, 3e-200), 0.5)
    t.case("no entries", relative_error(np.ones((0, 3)), np.ones((0, 3))), 0.0)
    call = relative_error(t.strided(t.ints(2, 3)), t.strided(t.ints(2, 3)))
    t.case("not contiguous", call)
    for one, other in [((3,), (1,)), ((3, 1), (3,)), ((2, 3), (6,)), ((2, 3), ())]:
        call = relative_error(np.ones(one), np.ones(other))
        t.refuses(f"shapes {one} and {other}", call, names=(*one, *other))


def hidden(t, relative_error):
    for shape in [(5,), (2, 3), (2, 1, 3, 2)]:
        t.case(f"shape {shape}", relative_error(t.normal(*shape), t.normal(*shape)))


@right("entry by entry")
def relative_error__loop(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError(f"{np.shape(a)} is not {np.shape(b)}")
    worst = 0.0
    for p, q in zip(np.ravel(a).tolist(), np.ravel(b).tolist()):
        if p != q:
            worst = max(worst, abs(p - q) / (abs(p) + abs(q)))
    return float(worst)


@right("only where something differs")
def relative_error__where(a, b):
    a, b = np.array(a, dtype=float), np.array(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape}")
    apart = a != b
    if not apart.any():
        return 0.0
    a, b = a[apart], b[apart]
    return (np.abs(a - b) / (np.abs(a) + np.abs(b))).max().item()


wrong(
    "the mean over the entries is taken instead of the largest",
    "np.max(np.abs(a - b) / size, initial=0.0)",
    "np.sum(np.abs(a - b) / size) / max(a.size, 1)",
)
wrong("the difference is divided by |a| only", "np.abs(a) + np.abs(b)", "np.abs(a)")
wrong(
    "the difference is divided by the larger of |a| and |b|, not by their sum",
    "np.abs(a) + np.abs(b)",
    "np.maximum(np.abs(a), np.abs(b))",
)
wrong("the difference is not divided at all", "np.abs(a - b) / size", "np.abs(a - b)")
wrong(
    "the difference a - b is taken without its absolute value",
    "np.abs(a - b) / size, initial=0.0",
    "(a - b) / size",
)
wrong(
    "the divisor is |a + b| instead of |a| + |b|",
    "np.abs(a) + np.abs(b), np.finfo(np.float64).tiny",
    "np.abs(a + b), 1e-3",
)
wrong(
    "all entries are divided by the largest of them", "- b) / size", "- b) / size.max()"
)
wrong(
    "not a finite number",
    "np.maximum(np.abs(a) + np.abs(b), np.finfo(np.float64).tiny)",
    "np.abs(a) + np.abs(b)",
    "    return float(np.max(np.abs(a - b) / size, initial=0.0))",
    '    with np.errstate(all="ignore"):\n'
    "        return float(np.max(np.abs(a - b) / size, initial=0.0))",
)
wrong(
    "small numbers are forgiven everything",
    "np.abs(b), np.finfo(np.float64).tiny",
    "np.abs(b), 1e-8",
)
wrong("the shapes are stretched in silence", "a.shape != b.shape", "False")
wrong(
    "the result is a number of numpy, not a Python float",
    "float(np.max(np.abs(a - b) / size, initial=0.0))",
    "np.max(np.abs(a - b) / size, initial=0.0)",
)
wrong("arrays without entries are forgotten", ", initial=0.0", "", named=False)
wrong(
    "the message does not name both shapes", ", b has shape {b.shape}", "", named=False
)
