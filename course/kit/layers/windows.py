"""Pooling that lesson 06 does not build, and borders around what the windows see.

PyTorch pads a volume, cuts off what the last window does not reach, and says nothing. Here
Pad and Crop stand in the network's data, and the crop says what it cost.
"""

from dataclasses import dataclass

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
        self.parameters, self.gradients = {}, {}

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
        self.parameters, self.gradients = {}, {}
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


class PaddedMaxPool:
    """Max pooling with a border that never wins: it is filled with -infinity."""

    def __init__(self, size: int, stride: int, padding: int):
        self.size, self.stride, self.padding = size, stride, padding
        self.parameters, self.gradients = {}, {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """out (N, C, HO, WO); ValueError when the windows do not fit."""
        from course.pooling import max_pool_forward

        padded = _padded(x, self.padding, -np.inf)
        out, self.cache = max_pool_forward(padded, self.size, self.stride)
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx for the last forward."""
        from course.pooling import max_pool_backward

        return _inner(max_pool_backward(dout, self.cache), self.padding)


class AveragePool:
    """The mean of every window; zeros of a padding are counted."""

    def __init__(self, size: int = 2, stride: int = 2, padding: int = 0):
        self.size, self.stride, self.padding = size, stride, padding
        self.parameters, self.gradients = {}, {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """out (N, C, HO, WO); ValueError when the windows do not fit."""
        from course.pooling import avg_pool_forward

        padded = _padded(x, self.padding, 0)
        out, self.cache = avg_pool_forward(padded, self.size, self.stride)
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx for the last forward."""
        from course.pooling import avg_pool_backward

        return _inner(avg_pool_backward(dout, self.cache), self.padding)


class GlobalAveragePool:
    """One number per channel: the mean over all of its places, (N, C, 1, 1)."""

    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """out (N, C, 1, 1) in the dtype of x (N, C, H, W)."""
        self.shape = x.shape
        return x.mean(axis=(2, 3), keepdims=True)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx: every place gets the same share."""
        _, _, H, W = self.shape
        return np.broadcast_to(dout / (H * W), self.shape).copy()


def _padded(x: np.ndarray, padding: int, fill: float) -> np.ndarray:
    sides = (padding, padding)
    return np.pad(x, ((0, 0), (0, 0), sides, sides), constant_values=fill)


def _inner(dx: np.ndarray, padding: int) -> np.ndarray:
    _, _, H, W = dx.shape
    return dx[:, :, padding : H - padding, padding : W - padding]
