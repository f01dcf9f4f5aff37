"""One layer under the hand: shapes, columns of im2col, gradients, switches."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course.kit.data import split_digits
from course.kit.plot import number_grid, style, trace_bars
from course.kit.widgets import Explorer, Slider

LEGIBLE = 12  # rows or columns of numbers in the usual size
BOLD: dict[str, Any] = {"lw": 3, "clip_on": False}


def shapes(trace_shapes: Callable) -> Explorer:
    """Change a small network, and watch what comes out of its layers and what they learn.

    trace_shapes(input_shape, layers) -> rows (name, shape, parameters).
    """

    def draw(
        figure: Figure, side: int, filters: int, size: int, stride: int, padding: int
    ) -> str:
        conv = {"filters": 2**filters, "size": size, "stride": stride}
        layers = [
            {"type": "conv", "name": "conv 1", **conv, "padding": padding},
            {"type": "pool"},
            {"type": "conv", "name": "conv 2", "filters": 32, "size": 3, "padding": 1},
            {"type": "pool"},
            {"type": "fc", "outputs": 10},
        ]
        rows = trace_shapes((3, 16 * side, 16 * side), layers)
        trace_bars((3, 16 * side, 16 * side), rows, figure.subplots())
        total = sum(parameters for _, _, parameters in rows)
        name, _, most = max(rows, key=lambda row: row[2])
        return f"{total:,} numbers to learn, {most / total:.0%} of them in {name}."

    return Explorer(
        "What comes out, and what must be learned?",
        {
            "side": Slider("image", 1, 4, 2, ("16", "32", "48", "64")),
            "filters": Slider(
                "filters of conv 1", 2, 6, 4, ("4", "8", "16", "32", "64")
            ),
            "size": Slider("their size", 1, 7, 5),
            "stride": Slider("stride", 1, 3, 1),
            "padding": Slider("padding", 0, 3, 2),
        },
        draw,
        arrows=("size", "padding"),
        height=4.2,
    )


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
        style.frame(
            left, column // WO * stride, column % WO * stride, size, size, **BOLD
        )
        style.frame(right, 0, column, rows, 1, **BOLD)
        row, across = divmod(pixel, W)
        style.frame(left, row + padding, across + padding, colour="white", **BOLD)
        copies = np.argwhere(matrix == pixel + 1)
        for copied, at in copies:
            style.frame(right, copied, at, colour="white", **BOLD)
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
        style.frame(grid[0, 0], row, column, **BOLD)
        top, left = row * stride - padding, column * stride - padding
        for ax in grid[:, 1]:
            style.frame(ax, top, left, F, F, **BOLD)
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


def switches(max_pool_forward: Callable, max_pool_backward: Callable) -> Explorer:
    """A digit, its largest numbers, and the same again when it moves to the right.

    Click an output to see where its gradient goes. max_pool_forward(x, size, stride) ->
    (out, cache), max_pool_backward(dout, cache) -> dx.
    """
    images = np.rint(16 * split_digits(np.float64).validation.x[:8])

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
        style.frame(left, row * size, column * size, size, size, "white", **BOLD)
        for place in np.argwhere(dx):
            style.frame(left, *place, **BOLD)
        style.frame(right, row, column, **BOLD)
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


def name_of(ax: Axes) -> str:
    """The label by which a click tells one picture of the figure from another."""
    return ax.get_label()


def squares(ax: Axes, numbers: np.ndarray, title: str, name: str) -> Axes:
    """Numbers (H, W), each written into its square; a click on the axes finds `name`."""
    number_grid(numbers, title, ax=ax)
    if max(numbers.shape) > LEGIBLE:
        ax.set(xticks=[], yticks=[])
        for text in ax.texts:
            text.set_fontsize(6)
    ax.set(xlabel="", ylabel="", label=name)
    return ax
