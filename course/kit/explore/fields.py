"""Lesson 08: how far a neuron sees."""

from collections.abc import Callable

from matplotlib.figure import Figure

from course.kit.data import photograph
from course.kit.explore.explorer import Explorer, Slider
from course.kit.explore.pixels import frame
from course.kit.plot import style

SIDE = 96


def fields(receptive_field: Callable) -> Explorer:
    """Stack layers, and see the window of a photograph that one neuron behind them sees.

    receptive_field(layers) -> side of the window, for layers as `trace_shapes` has them.
    """
    picture = photograph("china", shrink=4).transpose(1, 2, 0)[:SIDE, 32 : 32 + SIDE]

    def draw(figure: Figure, size: int, convs: int, pools: int, dilation: int) -> str:
        conv = {"type": "conv", "size": 2 * size - 1, "dilation": dilation}
        layers, sides, names = [], [], []
        for block in range(pools + 1):
            layers += [conv] * convs + [{"type": "pool"}] * (block < pools)
        for count, layer in enumerate(layers, start=1):
            sides.append(receptive_field(layers[:count]))
            names.append(layer["type"])
        seen, bars = figure.subplots(1, 2, width_ratios=(1, 1.2))
        seen.imshow(picture)
        side = sides[-1]
        for each in sides:
            at = SIDE / 2 - each / 2
            frame(seen, at, at, each, each, style.RED if each == side else "white")
        seen.set(xlim=(-0.5, SIDE - 0.5), ylim=(SIDE - 0.5, -0.5), xticks=[], yticks=[])
        for patch in seen.patches:
            patch.set_clip_on(True)
        seen.set_title(f"{SIDE} x {SIDE} pixels", loc="left", fontsize=11)
        colours = [style.BLUE if name == "conv" else style.ORANGE for name in names]
        bars.bar(range(1, len(sides) + 1), sides, color=colours)
        style.name_axes(
            bars, "layer (blue: conv, orange: pool)", "side of the window, pixels"
        )
        weights = convs * (pools + 1) * (2 * size - 1) ** 2
        return (
            f"One neuron behind {len(layers)} layers sees {side} x {side} pixels, with "
            f"{weights} weights per channel on the way."
        )

    return Explorer(
        "How far does a neuron see?",
        {
            "size": Slider("filter", 1, 4, 2, ("1", "3", "5", "7")),
            "convs": Slider("convs before each pool", 1, 4, 2),
            "pools": Slider("pools", 0, 3, 1),
            "dilation": Slider("dilation", 1, 4, 1),
        },
        draw,
        arrows=("pools", "convs"),
    )
