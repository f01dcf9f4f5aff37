"""Lesson 03: from one output back into dx, dw and db."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from course.kit.explore.explorer import Explorer, Slider, name_of
from course.kit.explore.pixels import frame, squares

H, W, F = 5, 6, 3


def gradients(conv_backward: Callable) -> Explorer:
    """Click outputs: where does the gradient that comes in there go?

    conv_backward(dout, (x, w, b, stride, padding)) -> (dx, dw, db).
    """
    rng = np.random.default_rng(1)
    x = rng.integers(0, 6, (1, 1, H, W)).astype(float)
    w = np.array([[[[1.0, 2, 0], [-1, 3, -2], [0, 1, -1]]]])

    def draw(
        figure: Figure, row: int, column: int, spread: int, stride: int, padding: int
    ) -> str:
        HO, WO = ((n + 2 * padding - F) // stride + 1 for n in (H, W))
        row, column = min(row, HO - 1), min(column, WO - 1)
        dout = np.zeros((1, 1, HO, WO))
        dout[0, 0, row, column] = 1
        if spread:
            dout[:] = 1
        dx, dw, db = conv_backward(dout, (x, w, np.zeros(1), stride, padding))
        grid = figure.subplots(2, 3, width_ratios=(W, W, F))
        squares(grid[0, 0], dout[0, 0], "dout (click a place)", "dout")
        squares(grid[0, 1], x[0, 0], "x", "x")
        squares(grid[0, 2], w[0, 0], "w", "w")
        squares(grid[1, 1], np.asarray(dx)[0, 0], "dx", "dx")
        squares(grid[1, 2], np.asarray(dw)[0, 0], "dw", "dw")
        grid[1, 0].set_axis_off()
        value = float(np.asarray(db).ravel()[0])
        grid[1, 0].text(0, 0.5, f"db = {value:g}", fontsize=14)
        if spread:
            return (
                "All outputs at once: the windows overlap, and what they send adds up."
            )
        frame(grid[0, 0], row, column)
        top, left = row * stride - padding, column * stride - padding
        for ax in grid[:, 1]:
            frame(ax, top, left, F, F)
        return (
            f"A gradient of 1 at output ({row}, {column}): dx gets the filter, in the window "
            "that this output saw; dw gets the numbers of that window; db gets the 1."
        )

    def click(ax: Any, across: float, down: float, **_: int) -> dict:
        if name_of(ax) == "dout":
            return {"row": round(down), "column": round(across), "spread": 0}
        return {}

    return Explorer(
        "Where does a gradient go?",
        {
            "row": Slider("row", 0, 4, 1),
            "column": Slider("column", 0, 5, 2),
            "spread": Slider("gradient of 1 at", 0, 1, 0, ("one output", "all")),
            "stride": Slider("stride", 1, 2, 1),
            "padding": Slider("padding", 0, 1, 0),
        },
        draw,
        click,
        arrows=("row", "column"),
        height=5,
    )
