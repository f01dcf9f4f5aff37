"""Right and wrong answers of the tiny lesson."""

import numpy as np

from autograder.proof.answers import example, ints, right, wrong
from course.geometry import area


@right("a product")
def area__product(height, width):
    return width * height


@right("counting")
def area__counting(height, width):
    pixels = 0
    for _ in range(height):
        pixels += width
    return pixels


@wrong("the sides are added")
def area__added(height, width):
    return height + width


@right("area of the frame")
def border__frame(height, width):
    return area(height + 2, width + 2) - area(height, width)


@right("without area")
def border__sides(height, width):
    return 2 * height + 2 * width + 4


@wrong("the corners are forgotten")
def border__corners(height, width):
    return 2 * (height + width)


@wrong("area plus four", named=False)
def border__area(height, width):
    return area(height, width) + 4


@right("loops")
def total__loops(x):
    H, W = x.shape
    result = 0.0
    for h in range(H):
        for w in range(W):
            result += x[h, w]
    return result * H * W


@right("with area")
def total__with_area(x):
    return np.sum(x) * area(*x.shape)


@wrong("the rows are averaged")
def total__averaged(x):
    return x.mean(axis=0).sum() * x.size


@wrong("the rows are averaged")
def total__averaged_columns(x):
    return x.mean(axis=1).sum() * x.size


@wrong("it never ends", named=False)
def total__endless(x):
    raise RecursionError("stands for a loop that never ends")


EXAMPLES = [
    example("total", "two rows", lambda rng: {"x": ints(rng, 2, 3)}),
    example(
        "total",
        "a strided view in float32",
        lambda rng: {"x": ints(rng, 3, 4, dtype=np.float32)},
        layout={"x": "strided"},
    ),
]
