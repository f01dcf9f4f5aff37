"""Lesson 06: the learning rate and the curve of the loss."""

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from course.kit.data import split_digits
from course.kit.explore.explorer import Explorer, Slider
from course.kit.plot import loss_lines

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
