"""A learning rate that warms up and then falls along half a cosine."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


def cases(t, cosine_rate):
    t.case("by hand: the first step", cosine_rate(0, 100, 0.8), 0.8)
    t.case("by hand: half way", cosine_rate(50, 100, 0.8), 0.4)
    t.case("by hand: the last step", cosine_rate(100, 100, 0.8), 0.0, atol=1e-12)
    t.case("a quarter of the way", cosine_rate(25, 100, 0.8))
    t.case("half way to 0.2", cosine_rate(50, 100, 0.8, 0.2), 0.5)
    t.case("the last step, lowest 0.2", cosine_rate(100, 100, 0.8, lowest=0.2), 0.2)
    t.case("warm-up of 10: step 0", cosine_rate(0, 110, 0.8, warmup=10), 0.0)
    t.case("warm-up of 10: step 5", cosine_rate(5, 110, 0.8, warmup=10), 0.4)
    t.case("warm-up of 10: step 10", cosine_rate(10, 110, 0.8, warmup=10), 0.8)
    t.case(
        "warm-up of 10: step 60, half way of what is left",
        cosine_rate(60, 110, 0.8, warmup=10),
        0.4,
    )
    t.case("warm-up and lowest: step 5", cosine_rate(5, 110, 0.8, 0.2, 10), 0.4)
    t.case(
        "warm-up and lowest: the last step", cosine_rate(110, 110, 0.8, 0.2, 10), 0.2
    )
    t.refuses("a step after the last", cosine_rate(101, 100, 0.8), names=(101, 100))
    t.refuses("a step before the first", cosine_rate(-1, 100, 0.8), names=(-1,))
    t.refuses(
        "a warm-up as long as all steps",
        cosine_rate(3, 10, 0.8, warmup=10),
        names=(10,),
    )
    t.refuses("a warm-up below 0", cosine_rate(3, 10, 0.8, warmup=-2), names=(-2,))


def hidden(t, cosine_rate):
    for step in range(0, 41, 5):
        t.case(f"step {step} of 40", cosine_rate(step, 40, 0.1, 0.01, 7), atol=1e-12)


@right("math, from the middle")
def cosine_rate__middle(step, steps, highest, lowest=0.0, warmup=0):
    import math

    if step < 0 or step > steps or warmup < 0 or warmup >= steps:
        raise ValueError(
            f"cosine_rate({step}, {steps}, warmup={warmup}) is out of range"
        )
    if step < warmup:
        return highest / warmup * step
    middle, half = (highest + lowest) / 2, (highest - lowest) / 2
    return middle + half * math.cos((step - warmup) / (steps - warmup) * math.pi)


@right("the square of a cosine of half the angle")
def cosine_rate__square(step, steps, highest, lowest=0.0, warmup=0):
    if not 0 <= warmup < steps:
        raise ValueError(f"warmup {warmup} does not fit into {steps} steps")
    if step not in range(steps + 1):
        raise ValueError(f"there is no step {step} among {steps}")
    if step >= warmup:
        angle = np.pi / 2 * (step - warmup) / (steps - warmup)
        return float(lowest * np.sin(angle) ** 2 + highest * np.cos(angle) ** 2)
    return step * float(highest) / warmup


wrong("it falls in a straight line", "0.5 * (1 + np.cos(np.pi * share))", "(1 - share)")
wrong(
    "it falls along a whole cosine, and rises again",
    "np.pi * share",
    "2 * np.pi * share",
)
wrong(
    "the 1 + is left out: it falls below 0",
    "0.5 * (1 + np.cos(np.pi * share))",
    "np.cos(np.pi * share)",
)
wrong(
    "it is twice as high: the half is left out",
    "0.5 * (1 + np.cos(np.pi * share))",
    "(1 + np.cos(np.pi * share))",
)
wrong("it rises from lowest to highest", "1 + np.cos", "1 - np.cos")
wrong("lowest is not added", "lowest + (highest", "(highest")
wrong("lowest is added to what should end there", "(highest - lowest)", "highest")
wrong(
    "there is no warm-up",
    "    if step < warmup:\n        return float(highest * step / warmup)\n",
    "",
    "(step - warmup) / (steps - warmup)",
    "step / steps",
)
wrong(
    "the cosine begins at step 0, not after the warm-up",
    "(step - warmup) / (steps - warmup)",
    "step / steps",
)
wrong(
    "the warm-up begins at lowest",
    "float(highest * step / warmup)",
    "float(lowest + (highest - lowest) * step / warmup)",
)
wrong(
    "the warm-up is one step ahead",
    "float(highest * step / warmup)",
    "float(highest * (step + 1) / warmup)",
)
wrong("degrees stand where radians belong", "np.pi * share", "180 * share")
wrong(
    "a step after the last is not refused",
    "(0 <= step <= steps and ",
    "(0 <= step and ",
)
wrong(
    "a warm-up as long as all steps is not refused",
    "warmup < steps)",
    "warmup <= steps)",
    "(step - warmup) / (steps - warmup)",
    "(step - warmup) / max(steps - warmup, 1)",
)
