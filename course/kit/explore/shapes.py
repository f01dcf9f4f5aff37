"""Lesson 01: shapes and parameters of a network, layer by layer."""

from collections.abc import Callable

from matplotlib.figure import Figure

from course.kit.explore.explorer import Explorer, Slider
from course.kit.plot import trace_bars


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
