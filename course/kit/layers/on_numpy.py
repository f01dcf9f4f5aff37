"""Layers that need no lesson: borders, means, normalisations, and layers made of networks.

PyTorch pads a volume, cuts off what the last window does not reach, and says nothing. Here
Pad and Crop stand in the network's data, and the crop says what it cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Loss:
    """What a crop has dropped of the last batch."""

    rows: int
    columns: int
    numbers: float  # share of all numbers, 0 to 1
    squares: (
        float  # share of the sum of squares, 0 to 1: zeros of a padding weigh nothing
    )

    def __str__(self) -> str:
        return (
            f"{self.rows} row(s) and {self.columns} column(s) at the far border: "
            f"{self.numbers:.1%} of the numbers, {self.squares:.1%} of their squares"
        )


class Pad:
    """`near` zeros above and to the left, `far` zeros below and to the right."""

    def __init__(self, near: int = 0, far: int = 0):
        self.near, self.far = near, far
        self.parameters: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C, near + H + far, near + W + far) for x (N, C, H, W), in its dtype."""
        sides = (self.near, self.far)
        return np.pad(x, ((0, 0), (0, 0), sides, sides))

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx: dout without its border."""
        H, W = (length - self.far for length in dout.shape[2:])
        return dout[:, :, self.near : H, self.near : W]


class Crop:
    """Drop `rows` rows at the bottom and `columns` columns at the right.

    After a forward, `lost` says what was dropped.
    """

    def __init__(self, rows: int = 0, columns: int = 0):
        self.rows, self.columns = rows, columns
        self.parameters: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}
        self.lost: Loss | None = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """A view of x (N, C, H, W) without what is dropped."""
        H, W = x.shape[2:]
        kept = x[:, :, : H - self.rows, : W - self.columns]
        whole = float(np.square(x, dtype=float).sum())
        left = float(np.square(kept, dtype=float).sum())
        self.lost = Loss(
            rows=self.rows,
            columns=self.columns,
            numbers=1 - kept.size / x.size if x.size else 0.0,
            squares=max(0.0, 1 - left / whole) if whole else 0.0,
        )
        return kept

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx: dout, and zeros where something was dropped."""
        return np.pad(dout, ((0, 0), (0, 0), (0, self.rows), (0, self.columns)))


class BatchNorm:
    """Batch normalisation at inference: a scale and a shift per channel.

    out = gamma * (x - mean) / sqrt(variance + epsilon) + beta. `gamma` and `beta` are
    learned; `mean` and `variance` are statistics that a training would have collected, so
    they are not among the parameters. New, the layer hardly changes x: gamma and
    variance are 1, beta and mean are 0. (Ioffe and Szegedy 2015, algorithm 2.)
    """

    def __init__(self, channels: int, epsilon: float = 1e-5, dtype: type = np.float64):
        self.parameters: dict[str, np.ndarray] = {
            "gamma": np.ones(channels, dtype),
            "beta": np.zeros(channels, dtype),
        }
        self.gradients: dict[str, np.ndarray] = {}
        self.mean: np.ndarray = np.zeros(channels, dtype)
        self.variance: np.ndarray = np.ones(channels, dtype)
        self.epsilon = epsilon

    def forward(self, x: np.ndarray) -> np.ndarray:
        """out in the shape and the dtype of x (N, C, H, W)."""
        spread = np.sqrt(self.variance + self.epsilon)
        self.spread = _per_channel(spread, x.dtype)
        self.centred = x - _per_channel(self.mean, x.dtype)
        scale = _per_channel(self.parameters["gamma"] / spread, x.dtype)
        return self.centred * scale + _per_channel(self.parameters["beta"], x.dtype)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx for the last forward; mean and variance are taken as constants."""
        axes = (0, 2, 3)
        self.gradients = {
            "gamma": (dout * self.centred / self.spread).sum(axis=axes),
            "beta": dout.sum(axis=axes),
        }
        return dout * (_per_channel(self.parameters["gamma"], dout.dtype) / self.spread)


class LocalResponseNorm:
    """Divide each number by what its neighbours in depth say at the same place.

    out = x / (k + alpha * s) ** beta, s being the sum of the squares over `size` channels
    around the number's own (odd, fewer at the ends). (Krizhevsky et al. 2012, section
    3.3. Libraries often divide alpha by size.)
    """

    def __init__(
        self, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0
    ):
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k
        self.parameters: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """out in the shape and the dtype of x (N, C, H, W)."""
        self.x = x
        self.base = self.k + self.alpha * self._sums(x * x)
        return x * self.base**-self.beta

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx for the last forward."""
        shrunk = dout * self.base**-self.beta
        others = self._sums(shrunk * self.x / self.base)
        return shrunk - 2 * self.alpha * self.beta * self.x * others

    def _sums(self, squares: np.ndarray) -> np.ndarray:
        """For every channel, the sum over itself and its neighbours."""
        C = squares.shape[1]
        half = self.size // 2
        padded = np.pad(squares, ((0, 0), (half, half), (0, 0), (0, 0)))
        total = padded[:, :C].copy()
        for step in range(1, self.size):
            total += padded[:, step : step + C]
        return total


def _per_channel(numbers: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return numbers.astype(dtype, copy=False)[:, np.newaxis, np.newaxis]


class Softmax:
    """Scores (N, classes) turned into probabilities that add up to 1 per image."""

    def __init__(self):
        self.parameters: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Probabilities in the shape and the dtype of x; axis 1 holds the classes."""
        powers = np.exp(x - x.max(axis=1, keepdims=True))
        self.out = powers / powers.sum(axis=1, keepdims=True)
        return self.out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx for the last forward."""
        pull = (dout * self.out).sum(axis=1, keepdims=True)
        return self.out * (dout - pull)


class Dropout:
    """At inference nothing is dropped: what comes in goes out."""

    def __init__(self):
        self.parameters: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x itself."""
        return x

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dout itself."""
        return dout


class Branches:
    """Several networks on the same input, their outputs one after the other in depth.

    branches: objects with forward, backward, parameters and gradients, such as a Sequential.
    """

    def __init__(self, branches: Sequence[Any]):
        self.layers = list(branches)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """out (N, the sum of all channels, HO, WO)."""
        outs = [branch.forward(x) for branch in self.layers]
        self.edges = np.cumsum([out.shape[1] for out in outs])[:-1]
        return np.concatenate(outs, axis=1)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx: the sum of what the branches send back."""
        parts = np.split(dout, self.edges, axis=1)
        return sum(
            branch.backward(part)
            for branch, part in zip(self.layers, parts, strict=True)
        )

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """All parameters; those of branch 2 begin with "2."."""
        return _prefixed(enumerate(self.layers), "parameters")

    @property
    def gradients(self) -> dict[str, np.ndarray]:
        """The gradients of the last backward under the names of the parameters."""
        return _prefixed(enumerate(self.layers), "gradients")


def _prefixed(parts: Any, kind: str) -> dict[str, np.ndarray]:
    return {
        f"{prefix}.{name}": array
        for prefix, part in parts
        for name, array in getattr(part, kind).items()
    }
