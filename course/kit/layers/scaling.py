"""Layers that rescale what comes in: normalisations, Softmax, and Dropout, which does nothing."""

import numpy as np


class BatchNorm:
    """Batch normalisation at inference: a scale and a shift per channel.

    out = gamma * (x - mean) / sqrt(variance + epsilon) + beta. `gamma` and `beta` are
    learned; `mean` and `variance` are statistics that a training would have collected, so
    they are not among the parameters. New, the layer hardly changes x: gamma and
    variance are 1, beta and mean are 0. (Ioffe and Szegedy 2015, algorithm 2.)
    """

    def __init__(self, channels: int, epsilon: float = 1e-5, dtype: type = np.float64):
        self.parameters = {
            "gamma": np.ones(channels, dtype),
            "beta": np.zeros(channels, dtype),
        }
        self.gradients = {}
        self.mean, self.variance = np.zeros(channels, dtype), np.ones(channels, dtype)
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
        self.parameters, self.gradients = {}, {}

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
        self.parameters, self.gradients = {}, {}

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
        self.parameters, self.gradients = {}, {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x itself."""
        return x

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dout itself."""
        return dout
