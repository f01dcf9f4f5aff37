"""Six classical filters, told by what they answer on small pictures."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1

NAMES = ("identity", "box_blur", "sharpen", "sobel_x", "sobel_y", "laplacian")


def kinds(filters):
    """What kind of thing comes back, and each of the six in it."""
    if not isinstance(filters, dict):
        return type(filters).__name__
    kind = {name: type(each).__name__ for name, each in filters.items()}
    return {name: kind.get(name, "missing") for name in NAMES}


def shapes(filters):
    """The shape of each of the six."""
    return {name: filters[name].shape for name in NAMES}


def answers(weights, picture):
    """What the filter answers in every window of the picture."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (3, 3))
    return (windows * weights).sum(axis=(2, 3))


def cases(t, hand_made_filters):
    arrays = dict.fromkeys(NAMES, "ndarray")
    t.case("a dict of six arrays", t.call(kinds, hand_made_filters()), arrays)
    square = dict.fromkeys(NAMES, (3, 3))
    t.case("all are 3x3", t.call(shapes, hand_made_filters()), square)
    bright = np.array([[1.0, 1, 1], [1, 2, 1], [1, 1, 1]])
    to_the_right = np.repeat([[0.0, 0, 0, 1, 1, 1]], 3, axis=0)
    downwards = to_the_right.T.copy()
    slope = np.add.outer(2.0 * np.arange(4), np.arange(4.0))
    dot = np.zeros((5, 5))
    dot[2, 2] = 9
    by_hand = {
        "identity": ("the pixel itself", bright, [[2.0]]),
        "box_blur": ("the mean of the nine", bright, [[10 / 9]]),
        "sharpen": ("5*2 - 1 - 1 - 1 - 1", bright, [[6.0]]),
        "sobel_x": (
            "an edge from 0 to 1, to the right",
            to_the_right,
            [[0.0, 4, 4, 0]],
        ),
        "sobel_y": (
            "an edge from 0 to 1, downwards",
            downwards,
            [[0.0], [4], [4], [0]],
        ),
        "laplacian": ("1 + 1 + 1 + 1 - 4*2", bright, [[-4.0]]),
    }
    for name, (title, picture, want) in by_hand.items():
        call = t.call(answers, hand_made_filters()[name], picture)
        t.case(f"{name}, by hand: {title}", call, np.array(want))
    for name in NAMES:
        weights = hand_made_filters()[name]
        t.case(f"{name} on a dot of 9", t.call(answers, weights, dot))
        t.case(f"{name} on a slope", t.call(answers, weights, slope))
        flat = np.array([[float(name in NAMES[:3])]])
        t.case(f"{name} on flat ones", t.call(answers, weights, np.ones((3, 3))), flat)


def hidden(t, hand_made_filters):
    for name in NAMES:
        call = t.call(answers, hand_made_filters()[name], t.normal(5, 6))
        t.case(f"{name} on no pattern at all", call)


@right("lists of whole numbers")
def hand_made_filters__whole_numbers():
    return {
        "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        "box_blur": np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1]]) / 9,
        "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        "sobel_x": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        "sobel_y": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        "laplacian": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    }


@right("built from one another")
def hand_made_filters__algebra():
    dot = np.zeros((3, 3))
    dot[1, 1] = 1
    mean = np.ones(3) / 3
    slope, weight = np.array([-1.0, 0.0, 1.0]), np.array([1.0, 2.0, 1.0])
    curve = np.array([1.0, -2.0, 1.0])
    middle = np.array([0.0, 1.0, 0.0])
    laplacian = np.outer(middle, curve) + np.outer(curve, middle)
    return {
        "laplacian": laplacian,
        "sharpen": dot - laplacian,
        "sobel_y": np.outer(slope, weight),
        "sobel_x": np.outer(weight, slope),
        "box_blur": np.outer(mean, mean),
        "identity": dot,
    }


@right("one list of numbers, reshaped, and a filter more than asked for")
def hand_made_filters__rows():
    rows = {
        "identity": [0, 0, 0, 0, 1, 0, 0, 0, 0],
        "box_blur": [1 / 9] * 9,
        "sharpen": [0, -1, 0, -1, 5, -1, 0, -1, 0],
        "sobel_x": [-1, 0, 1, -2, 0, 2, -1, 0, 1],
        "sobel_y": [-1, -2, -1, 0, 0, 0, 1, 2, 1],
        "laplacian": [0, 1, 0, 1, -4, 1, 0, 1, 0],
        "emboss": [-2, -1, 0, -1, 1, 1, 0, 1, 2],
    }
    return {
        name: np.array(row, dtype=float).reshape(3, 3) for name, row in rows.items()
    }


wrong(
    "the identity filter is the identity matrix",
    "np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])",
    "np.eye(3)",
)
wrong(
    "the identity filter is all ones",
    "np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])",
    "np.ones((3, 3))",
)
wrong("box_blur adds the nine pixels up and does not divide by 9", "1 / 9", "1.0")
wrong(
    "box_blur leaves the pixel itself out of the mean",
    "np.full((3, 3), 1 / 9)",
    "np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]) / 8",
)
wrong("box_blur is rounded down to zeros by a whole-number division", "1 / 9", "1 // 9")
wrong("the weights of sharpen add up to 0, because its centre is 4", "5.0", "4.0")
wrong(
    "sharpen subtracts all eight neighbours",
    "[[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]",
    "[[-1.0, -1.0, -1.0], [-1.0, 9.0, -1.0], [-1.0, -1.0, -1.0]]",
)
wrong(
    "sharpen adds its neighbours instead of subtracting them",
    "[[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]",
    "[[0.0, 1.0, 0.0], [1.0, 5.0, 1.0], [0.0, 1.0, 0.0]]",
)
wrong(
    "sobel_x is turned round: left minus right", '"sobel_x": sobel', '"sobel_x": -sobel'
)
wrong("sobel_y is turned round: upper minus lower", "sobel_x.T.copy()", "-sobel_x.T")
wrong(
    "both Sobel filters are turned round, as a true convolution would need them",
    "[[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]",
    "[[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]]",
)
wrong(
    "sobel_x and sobel_y have changed places",
    '"sobel_x": sobel_x,',
    '"sobel_x": sobel_x.T,',
    "sobel_x.T.copy()",
    "sobel_x",
)
wrong(
    "the Sobel filters count all three rows or columns alike",
    "[-2.0, 0.0, 2.0]",
    "[-1.0, 0.0, 1.0]",
)
wrong("the laplacian has the opposite sign", '"laplacian": np', '"laplacian": -np')
wrong(
    "the laplacian counts all eight neighbours",
    "[[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]",
    "[[1.0, 1.0, 1.0], [1.0, -8.0, 1.0], [1.0, 1.0, 1.0]]",
)
wrong(
    "the laplacian is missing",
    '        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),\n',
    "",
)
wrong(
    "the filters are lists, not arrays",
    "np.array(row, dtype=float).reshape(3, 3)",
    "[row[:3], row[3:6], row[6:]]",
    of="hand_made_filters__rows",
)
wrong(
    "the filters have an axis for a channel",
    "np.array(row, dtype=float).reshape(3, 3)",
    "np.array(row, dtype=float).reshape(1, 3, 3)",
    of="hand_made_filters__rows",
)
wrong("nothing is returned", "    return {", "    _ = {")
