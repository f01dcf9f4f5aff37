"""Lesson 05: switches of max pooling, and what moving the image by a pixel does."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from course.kit.data import split_digits
from course.kit.explore.explorer import Explorer, Slider, name_of
from course.kit.explore.pixels import frame, squares


def switches(max_pool_forward: Callable, max_pool_backward: Callable) -> Explorer:
    """A digit, its largest numbers, and the same again when it moves to the right.

    Click an output to see where its gradient goes. max_pool_forward(x, size, stride) ->
    (out, cache), max_pool_backward(dout, cache) -> dx.
    """
    images = np.rint(16 * split_digits(np.float64).test.x[:8])

    def moved(digit: int, shift: int) -> np.ndarray:
        x = np.zeros((1, 1, 8, 8))
        x[..., shift:] = images[digit][..., : 8 - shift]
        return x

    def draw(
        figure: Figure, digit: int, shift: int, size: int, row: int, column: int
    ) -> str:
        x, before = moved(digit, shift), moved(digit, 0)
        out, cache = max_pool_forward(x, size, size)
        still = max_pool_forward(before, size, size)[0]
        _, _, HO, WO = out.shape
        row, column = min(row, HO - 1), min(column, WO - 1)
        dout = np.zeros_like(out)
        dout[0, 0, row, column] = 1
        dx = np.asarray(max_pool_backward(dout, cache))[0, 0]
        left, right = figure.subplots(1, 2)
        squares(left, x[0, 0], "x", "x")
        squares(right, out[0, 0], "out (click a number)", "out")
        frame(left, row * size, column * size, size, size, "white")
        for place in np.argwhere(dx):
            frame(left, *place)
        frame(right, row, column)
        same = np.mean(out == still)
        pixels = np.mean(x == before)
        return (
            f"out[{row}, {column}] = {out[0, 0, row, column]:g}; its gradient goes to the pixel "
            f"framed in red. Against the digit in its place, {pixels:.0%} of the pixels are "
            f"the same, and {same:.0%} of the outputs."
        )

    def click(ax: Any, across: float, down: float, **_: int) -> dict:
        if name_of(ax) == "out":
            return {"row": round(down), "column": round(across)}
        return {}

    return Explorer(
        "Which pixel wins, and does it matter where the digit stands?",
        {
            "digit": Slider("digit", 0, len(images) - 1, 0),
            "shift": Slider("moved to the right", 0, 3, 1),
            "size": Slider("window and stride", 1, 2, 1, ("2", "4")),
            "row": Slider("row", 0, 3, 0),
            "column": Slider("column", 0, 3, 2),
        },
        lambda figure, size, **values: draw(figure, size=2**size, **values),
        click,
        arrows=("row", "column"),
        height=4.2,
    )
