"""Any setting that fits will do: for each of them the printed formula is wrong."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking.failure import CheckFailed

POINTS = 1


def cases(t, misprint_counterexample):
    @t.test("your counterexample")
    def _(misprint_counterexample):
        case = misprint_counterexample()
        wrong = objection(case)
        if wrong:
            wanted = "  wanted  a setting that fits, where the printed formula is wrong"
            what = f"{case!r}"[:60] + f" {wrong}"
            raise CheckFailed("your counterexample", what, [wanted], phrases=[wrong])


def objection(case):
    """Why the case does not prove it; "" where it does."""
    if not isinstance(case, (tuple, list)) or len(case) != 4:
        return "is not four numbers"
    if not all(isinstance(number, (int, np.integer)) for number in case):
        return "is not four whole numbers"
    W, F, S, P = (int(number) for number in case)
    if W < 1 or F < 1 or S < 1 or P < 0:
        return "has a row, filter or stride below 1, or a padding below 0"
    if F > W + 2 * P:
        return "has a filter larger than the padded row"
    if (W - F + 2 * P) % S > 0:
        return "does not fit"
    places = len(range(-P, W + P - F + 1, S))
    right_too = W - F + 2 * P == places * (S + 1)
    return "fits, and the printed formula is right about it" if right_too else ""


right("the first case of the notes", "7, 3, 1, 0", "(7, 3, 2, 0)")
right("with padding, as a list", "7, 3, 1, 0", "[5, 3, 2, 1]")
right("AlexNet", "7, 3, 1, 0", "227, 11, 4, 0")
right("one place only, a room of 0", "7, 3, 1, 0", "3, 3, 1, 0")


@right("found by search, as numpy integers")
def misprint_counterexample__search():
    for size in np.arange(4, 20):
        for stride in np.arange(2, 5):
            room = size - 3
            if room % stride == 0 and room / (stride + 1) != room // stride + 1:
                return size, np.int64(3), stride, np.int64(0)


wrong("does not fit", "7, 3, 1, 0", "7, 3, 3, 0")
wrong("does not fit", "7, 3, 1, 0", "10, 3, 2, 0")
wrong("has a filter larger than the padded row", "7, 3, 1, 0", "3, 7, 1, 0")
wrong(
    "has a row, filter or stride below 1, or a padding below 0",
    "7, 3, 1, 0",
    "7, 3, 0, 1",
)
wrong(
    "has a row, filter or stride below 1, or a padding below 0",
    "7, 3, 1, 0",
    "7, 3, -2, 0",
)
wrong("is not four numbers", "7, 3, 1, 0", "7, 3, 1")
wrong("is not four numbers", "7, 3, 1, 0", "7")
wrong("is not four numbers", "7, 3, 1, 0", "5, 2.0")
wrong("is not four numbers", "return 7, 3, 1, 0", "print((7, 3, 1, 0))")
wrong("is not four whole numbers", "7, 3, 1, 0", "7.0, 3.0, 1.0, 0.0")
wrong("is not four whole numbers", "7, 3, 1, 0", '"7", "3", "1", "0"')
