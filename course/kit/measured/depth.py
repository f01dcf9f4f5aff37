"""How well plain and residual networks learn, by depth: lesson 09, section 7.

    python -m course.kit.measured.depth

Needs the solved modules of lessons 01 to 09. Writes depth.json. For each kind of network and
each depth the learning rate comes from RATES: whichever is best on the validation digits
after a training with TUNING_SEED. Then every seed trains once with it, and the test digits
are read. Norms: of the gradient of each convolution's weights, on one batch, before learning.
"""

import platform
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from course.kit.data import scanned_digits
from course.kit.measured import write
from course.kit.networks import build_network
from course.kit.training import one_thread
from course.network import SGD, softmax_loss, train

DEPTHS, SEEDS, TUNING_SEED = (4, 8, 16, 32), 5, 100
IMAGES, EPOCHS, FILTERS = 1000, 6, 8
RATES = (0.2, 0.05, 0.0125)
KINDS = (
    "plain",
    "residual",
    "plain, normalised",
    "residual, normalised",
)


def halved(x: np.ndarray) -> np.ndarray:
    """Digits of 14x14 pixels, each the mean of 2x2."""
    return x.reshape(len(x), 1, 14, 2, 14, 2).mean(axis=(3, 5))


def layers_of(block: list[Mapping], kind: str, depth: int) -> list[Mapping]:
    """A network with `depth` layers that have weights, the last of them dense.

    block: what the learner's residual_block(FILTERS) gives. A plain network has its body only.
    """
    body = block[0]["layers"]
    if kind.startswith("plain"):
        block = [*body, {"type": "relu"}]
    blocks = block * ((depth - 2) // 2)
    layers = [
        *body[:3],
        *blocks,
        {"type": "global_pool"},
        {"type": "fc", "outputs": 10},
    ]
    return layers if kind.endswith("normalised") else unnormalised(layers)


def unnormalised(layers: Iterable[Mapping]) -> list[Mapping]:
    """The same layers without batch normalisation; the convolutions have a bias instead."""
    kept: list[Mapping] = []
    for layer in layers:
        if layer["type"] == "residual":
            kept.append({"type": "residual", "layers": unnormalised(layer["layers"])})
        elif layer["type"] != "batchnorm":
            kept.append({k: v for k, v in layer.items() if k != "bias"})
    return kept


def trained(
    layers: list[Mapping], own: Mapping[str, Any], rate: float, seed: int, digits: Any
) -> dict:
    """One training: accuracy of its last epoch and on the validation digits, and the norms.

    own: the classes that `build_network` is to use.
    """
    rng = np.random.default_rng(seed)
    network = build_network(layers, (1, 14, 14), rng, own=own)
    x, y = halved(digits.train.x[:IMAGES]), digits.train.y[:IMAGES]
    _, dscores = softmax_loss(network.forward(x[:64]), y[:64])
    network.backward(dscores)
    norms = [
        float(f"{np.linalg.norm(gradient):.3g}")
        for name, gradient in network.gradients.items()
        if gradient.ndim == 4
    ]
    optimizer = SGD(network, rate)
    with np.errstate(all="ignore"):  # some of them overflow, which is a result
        history = train(network, x, y, EPOCHS, optimizer=optimizer, rng=rng, show=False)
        validation = read(network, digits.validation)
    return {
        "network": network,
        "norms": norms,
        "training": round(history["accuracy"][-1], 4),
        "validation": validation,
    }


def read(network: Any, part: Any) -> float:
    """The share of a part's digits that the network reads correctly."""
    return round(float(np.mean(network.predict(halved(part.x)) == part.y)), 4)


def main() -> None:
    from course.architectures import GlobalAveragePool, Residual, residual_block
    from course.training import BatchNorm

    own = {"residual": Residual, "global_pool": GlobalAveragePool}
    own |= {"batchnorm": BatchNorm}
    one_thread()
    digits, found, started = scanned_digits(), [], time.process_time()
    for kind in KINDS:
        for depth in DEPTHS:
            layers = layers_of(residual_block(FILTERS), kind, depth)
            tried = {
                rate: trained(layers, own, rate, TUNING_SEED, digits)["validation"]
                for rate in RATES
            }
            rate = max(tried, key=lambda each: tried[each])
            runs = [trained(layers, own, rate, s, digits) for s in range(SEEDS)]
            row = {
                "kind": kind,
                "depth": depth,
                "rate": rate,
                "tried": list(tried.values()),
            }
            for name in ("training", "validation", "norms"):
                row[name] = [run[name] for run in runs]
            row["test"] = [read(run["network"], digits.test) for run in runs]
            found.append(row)
            print({k: v for k, v in row.items() if k != "norms"}, flush=True)
    numbers = {
        "made by": "python -m course.kit.measured.depth",
        "numpy": np.__version__,
        "python": platform.python_version(),
        "images": IMAGES,
        "epochs": EPOCHS,
        "seeds": list(range(SEEDS)),
        "rates": RATES,
        "rows": found,
        "seconds": round(time.process_time() - started),
    }
    write("depth", numbers)


if __name__ == "__main__":
    main()
