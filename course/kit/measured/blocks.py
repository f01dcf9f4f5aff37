"""What a block costs and what it learns on crops of photographs: lesson 09, section 7.

    python -m course.kit.measured.blocks

Needs the solved modules of lessons 01 to 09. Writes blocks.json. All networks are alike but
for the block that stands in them twice, and learn with the same RATES: at the lower one the
accuracy stops jumping from step to step. Every seed trains each of them once, and the test crops
are read.
"""

import platform
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course.kit.data import photo_crops
from course.kit.data.photographs import PHOTOGRAPHS
from course.kit.measured import write
from course.kit.networks import build_network, totals, trace
from course.kit.training import one_thread
from course.network import SGD, train

SEEDS, IMAGES, SIDE, FILTERS = 5, 800, 16, 18
RATES = {0.05: 3, 0.005: 2}  # epochs with each learning rate


def blocks(normalised: Callable, residual: Callable, separable: Callable) -> dict:
    """The blocks to compare, made by the learner's three functions: lists of layers."""
    three = normalised(FILTERS)
    return {
        "5x5": normalised(FILTERS, 5),
        # 9 * 18 * 25 + 9 * 25 * 18 = 25 * 18 * 18: as many weights as the 5x5
        "two 3x3, 25 between": normalised(25) + three,
        "two 3x3": three + three,
        "two 3x3, residual": residual(FILTERS),
        "bottleneck, residual": residual(FILTERS, 6),
        "3x3": three,
        "3x3, then 1x1": three + normalised(FILTERS, 1),
        "separable 3x3": separable(FILTERS, FILTERS),
    }


def layers_of(first: list[Mapping], block: list[Mapping]) -> list[Mapping]:
    """A first convolution, the block on 8x8 places, the block on 4x4, the mean, the scores."""
    pool = {"type": "pool"}
    last: list[Mapping] = [
        {"type": "global_pool"},
        {"type": "fc", "outputs": len(PHOTOGRAPHS)},
    ]
    return [*first, pool, *block, pool, *block, *last]


def trained(layers: list[Mapping], own: Mapping[str, Any], seed: int) -> dict:
    """One training: the network, the accuracy of its last epoch and on the validation crops."""
    rng = np.random.default_rng(seed)
    network = build_network(layers, (3, SIDE, SIDE), rng, own=own)
    crops = photo_crops("train", IMAGES, SIDE)
    for rate, epochs in RATES.items():
        optimizer = SGD(network, rate)
        history = train(
            network, crops.x, crops.y, epochs, optimizer=optimizer, rng=rng, show=False
        )
    return {
        "network": network,
        "training": round(history["accuracy"][-1], 4),
        "validation": read(network, "validation"),
    }


def read(network: Any, part: str) -> float:
    """The share of 1,000 crops of a part whose photograph the network names."""
    crops = photo_crops(part, 1000, SIDE)
    return round(float(np.mean(network.predict(crops.x) == crops.y)), 4)


def cost(block: list[Mapping]) -> dict[str, int]:
    """What a block costs on 18 channels of 8x8 places."""
    found = totals(trace(block, (FILTERS, SIDE // 2, SIDE // 2)))
    return {"parameters": found.parameters, "multiply-adds": found.multiply_adds}


def main() -> None:
    from course.architectures import (
        DepthwiseConv2D,
        GlobalAveragePool,
        Residual,
        normalised_block,
        residual_block,
        separable_block,
    )
    from course.training import BatchNorm

    own = {"residual": Residual, "global_pool": GlobalAveragePool}
    own |= {"batchnorm": BatchNorm, "depthwise": DepthwiseConv2D}
    one_thread()
    found, started = [], time.process_time()
    made = blocks(normalised_block, residual_block, separable_block)
    for name, block in made.items():
        layers = layers_of(normalised_block(FILTERS), block)
        runs = [trained(layers, own, seed) for seed in range(SEEDS)]
        row = {"name": name, **cost(block)}
        for part in ("training", "validation"):
            row[part] = [run[part] for run in runs]
        row["test"] = [read(run["network"], "test") for run in runs]
        found.append(row)
        print(row, flush=True)
    numbers = {
        "made by": "python -m course.kit.measured.blocks",
        "numpy": np.__version__,
        "python": platform.python_version(),
        "images": IMAGES,
        "epochs at each rate": RATES,
        "seeds": list(range(SEEDS)),
        "rows": found,
        "seconds": round(time.process_time() - started),
    }
    write("blocks", numbers)


if __name__ == "__main__":
    main()
