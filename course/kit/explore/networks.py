"""A whole network under the hand: what a neuron sees, how it learns, what bounds its layers."""

import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure

from course.kit.data import photograph, split_digits
from course.kit.plot import loss_lines, roofline, style
from course.kit.widgets import Explorer, Slider

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
            colour = style.RED if each == side else "white"
            style.frame(seen, at, at, each, each, colour, lw=3, clip_on=False)
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


RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
IMAGES = 320
GUESS = float(np.log(10))


def learning_rates(small_convnet: Callable, train: Callable) -> Explorer:
    """Choose a learning rate: a small network of your own learns 320 digits for two epochs.

    small_convnet(input_shape, filters, classes, rng=...) -> network; train as in lesson 06.
    A curve stays, so that others can be compared with it.
    """
    digits = split_digits()
    x, y = digits.train.x[:IMAGES], digits.train.y[:IMAGES]
    kept: dict[str, list[float]] = {}

    def draw(figure: Figure, rate: int) -> str:
        name = f"{RATES[rate]:g}"
        if name not in kept:
            rng = np.random.default_rng(0)
            network = small_convnet((1, 8, 8), 8, 10, rng=rng)
            with np.errstate(all="ignore"):
                history = train(
                    network,
                    *(x, y),
                    epochs=2,
                    batch_size=16,
                    learning_rate=RATES[rate],
                    rng=rng,
                    show=False,
                )
            kept[name] = history["loss"]
        newest = {f"{name} (now)": kept[name]}
        others = {each: kept[each] for each in list(kept)[-4:] if each != name}
        loss_lines({**others, **newest}, GUESS, figure.subplots())
        last = float(np.mean(kept[name][-5:]))
        return (
            f"Learning rate {name}: after {len(kept[name])} steps the loss is {last:.2f}; "
            f"guessing has {GUESS:.2f}."
        )

    return Explorer(
        "How large a step?",
        {
            "rate": Slider(
                "learning rate", 0, len(RATES) - 1, 4, tuple(f"{r:g}" for r in RATES)
            )
        },
        draw,
        arrows=("", "rate"),
        height=3.8,
    )


STEEP = (1, 3, 10, 30, 100)
STEPS = 40
START = (-4.0, 1.5)


def valley(SGD: Callable, Adam: Callable) -> Explorer:
    """Two optimizers of one's own walk down the same valley, from the same place.

    SGD and Adam as in lessons 06 and 07: SGD(network, learning_rate), with a method step().
    """

    def walk(optimizer: Callable, rate: float, steep: int) -> np.ndarray:
        """The places after 0 to STEPS steps, (STEPS + 1, 2)."""
        network = SimpleNamespace(parameters={"w": np.array(START)}, gradients={})
        stepper, places = optimizer(network, rate), [START]
        for _ in range(STEPS):
            network.gradients = {"w": network.parameters["w"] * (1, steep)}
            stepper.step()
            places.append(tuple(network.parameters["w"]))
        return np.array(places)

    def draw(figure: Figure, rate: int, steep: int) -> str:
        ax, ratio = figure.subplots(), STEEP[steep]
        across, down = np.meshgrid(np.linspace(-5, 5, 101), np.linspace(-2, 2, 81))
        height = (across**2 + ratio * down**2) / 2
        levels = np.geomspace(0.05, height.max(), 9)
        ax.contour(across, down, height, levels, colors=style.QUIET, linewidths=0.5)
        left = {}
        for name, optimizer, colour, marker in (
            ("SGD", SGD, style.ORANGE, "o"),
            ("Adam", Adam, style.BLUE, "s"),
        ):
            with np.errstate(all="ignore"):
                places = walk(optimizer, RATES[rate], ratio)
                left[name] = float(places[-1] ** 2 @ (1, ratio)) / 2
            ax.plot(*places.T, color=colour, marker=marker, ms=3, lw=1, label=name)
        ax.plot(0, 0, "+", color=style.RED, ms=14, mew=2, label="the floor")
        ax.set(xlim=(-5, 5), ylim=(-2, 2))
        ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
        style.name_axes(ax, "one weight", "another weight")
        return (
            f"After {STEPS} steps of rate {RATES[rate]:g}, where one weight is {ratio} times as "
            f"steep as the other: SGD is at a height of {left['SGD']:.3g}, Adam at "
            f"{left['Adam']:.3g}."
        )

    return Explorer(
        "Two ways down",
        {
            "rate": Slider(
                "learning rate", 0, len(RATES) - 1, 5, tuple(f"{r:g}" for r in RATES)
            ),
            "steep": Slider(
                "times as steep", 0, len(STEEP) - 1, 2, tuple(str(s) for s in STEEP)
            ),
        },
        draw,
        arrows=("steep", "rate"),
        height=3.8,
    )


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
