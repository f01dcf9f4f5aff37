"""Lesson 10: what bounds a layer."""

import time
from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from course.kit.explore.explorer import Explorer, Slider
from course.kit.plot import roofline

SHOWN = 6  # layers in one picture


def rooflines(conv_forward: Callable, peak: float, bandwidth: float) -> Explorer:
    """Change a layer: does the processor bound it, or the memory? It runs and is timed.

    conv_forward(x, w, b, stride, padding) -> (out, cache). `peak`: operations per second
    of a product; `bandwidth`: bytes per second of a copy.
    """
    kept: dict[str, tuple[float, float]] = {}

    def draw(figure: Figure, channels: int, side: int, size: int) -> str:
        C, H, F = 2**channels, 2**side, 2 * size - 1
        name = f"{C} channels, {H}x{H}, filters {F}x{F}"
        if name not in kept:
            x = np.ones((1, C, H, H), np.float32)
            w, b = np.ones((C, C, F, F), np.float32), np.zeros(C, np.float32)
            took = min(_seconds(conv_forward, x, w, b, 1, F // 2) for _ in range(3))
            operations = 2 * w.size * H * H
            kept[name] = operations / (2 * x.nbytes + w.nbytes), operations / took
        now = kept.pop(name)
        kept[name] = now  # the last one is the newest
        roofline(dict(list(kept.items())[-SHOWN:]), peak, bandwidth, figure.subplots())
        per_byte, speed = now
        bound = "the processor" if per_byte > peak / bandwidth else "the memory"
        share = speed / min(peak, per_byte * bandwidth)
        return (
            f"{name}: {per_byte:.1f} operations per byte, so {bound} bounds it; it reaches "
            f"{share:.0%} of the roof."
        )

    return Explorer(
        "What bounds a layer?",
        {
            "channels": Slider(
                "channels", 2, 7, 5, ("4", "8", "16", "32", "64", "128")
            ),
            "side": Slider("image", 3, 6, 5, ("8", "16", "32", "64")),
            "size": Slider("filter", 1, 3, 2, ("1", "3", "5")),
        },
        draw,
        arrows=("size", "channels"),
        height=4.4,
    )


def _seconds(run: Callable, *arguments: object) -> float:
    start = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - start
