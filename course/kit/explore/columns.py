"""Lesson 04: which pixel stands where in X_col."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from course.kit.explore.explorer import Explorer, Slider, name_of
from course.kit.explore.pixels import frame, squares

H, W = 5, 6


def columns(im2col: Callable) -> Explorer:
    """Click a pixel of x to find its copies in X_col; click a column to find its window.

    im2col(x, filter_height, filter_width, stride, padding) -> (N, C*FH*FW, HO*WO).
    """
    x = np.arange(1.0, H * W + 1).reshape(1, 1, H, W)  # every pixel another number

    def cols(size: int, stride: int, padding: int) -> np.ndarray:
        return np.asarray(im2col(x, size, size, stride, padding))[0]

    def draw(
        figure: Figure, size: int, stride: int, padding: int, column: int, pixel: int
    ) -> str:
        matrix = cols(size, stride, padding)
        rows, places = matrix.shape
        column = min(column, places - 1)
        padded = np.pad(x[0, 0], padding)
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.6))
        squares(left, padded, "x with its padding (click a pixel)", "x")
        squares(right, matrix, f"X_col, {rows} x {places} (click a column)", "X_col")
        WO = (W + 2 * padding - size) // stride + 1
        frame(left, column // WO * stride, column % WO * stride, size, size)
        frame(right, 0, column, rows, 1)
        row, across = divmod(pixel, W)
        frame(left, row + padding, across + padding, colour="white")
        copies = np.argwhere(matrix == pixel + 1)
        for place in copies:
            frame(right, *place, colour="white")
        return (
            f"Column {column} of X_col is the window framed in red. The pixel {pixel + 1}, "
            f"framed in white, is in {len(copies)} windows: so often it stands in X_col, "
            "each time in another row."
        )

    def click(ax: Any, across: float, down: float, padding: int, **_: int) -> dict:
        if name_of(ax) == "X_col":
            return {"column": round(across)}
        row, column = round(down) - padding, round(across) - padding
        inside = 0 <= row < H and 0 <= column < W
        return {"pixel": row * W + column} if inside else {}

    return Explorer(
        "Where does a pixel go?",
        {
            "size": Slider("filter", 1, 4, 3),
            "stride": Slider("stride", 1, 3, 1),
            "padding": Slider("padding", 0, 1, 0),
            "column": Slider("column of X_col", 0, 11, 4),
            "pixel": Slider("pixel", 0, H * W - 1, 14),
        },
        draw,
        click,
        arrows=("pixel", "column"),
        height=4.2,
    )
