"""Pooling layers that lesson 06 does not build, on top of lesson 05's functions."""

import numpy as np


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
