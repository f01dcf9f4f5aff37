"""Layers that the published networks need and that no lesson builds.

Each has forward, backward, parameters and gradients, as the layers of lesson 06 have, so a
Sequential takes both. They call the learner's convolution, pooling and dense layer where
they can: those are imported when a layer runs, and not before. Weights are kept in the dtype
asked for: VGG-16's largest layer has 102.8 million weights, 411 MB in float32.
"""

import numpy as np

from course.kit.layers.on_numpy import (
    BatchNorm,
    Branches,
    Crop,
    Dropout,
    LocalResponseNorm,
    Pad,
    Softmax,
)

__all__ = [
    "AveragePool",
    "BatchNorm",
    "Branches",
    "Conv",
    "Crop",
    "Dropout",
    "FullyConnected",
    "LocalResponseNorm",
    "Pad",
    "PaddedMaxPool",
    "Softmax",
]


class Conv:
    """A convolution with groups, dilation, filters that need not be square, and no bias.

    With `groups` the channels are split into so many equal parts, and the filters too:
    each filter sees its own part only, and is C / groups deep. With `dilation` D the
    filter's pixels are D apart. Weights are drawn from `rng`, normally distributed with
    standard deviation sqrt(2 / weights of one filter); the biases are 0.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        size: int | tuple[int, int],
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        rng: np.random.Generator | None = None,
        dtype: type = np.float64,
    ):
        FH, FW = (size, size) if isinstance(size, int) else size
        shape = (filters, channels // groups, FH, FW)
        self.parameters = {"w": _drawn(shape, channels // groups * FH * FW, rng, dtype)}
        if bias:
            self.parameters["b"] = np.zeros(filters, dtype)
        self.gradients: dict[str, np.ndarray] = {}
        self.stride, self.padding = stride, padding
        self.dilation, self.groups = dilation, groups

    def forward(self, x: np.ndarray) -> np.ndarray:
        """out (N, filters, HO, WO) in the dtype of x (N, channels, H, W)."""
        from course.im2col import conv_forward

        w = self.parameters["w"].astype(x.dtype, copy=False)
        K = len(w)
        b = self.parameters.get("b", np.zeros(K)).astype(x.dtype, copy=False)
        parts = zip(
            *(
                np.split(a, self.groups, axis=axis)
                for a, axis in ((x, 1), (w, 0), (b, 0))
            ),
            strict=True,
        )
        outs, self.caches = [], []
        for part, filters, biases in parts:
            filters = spread_out(filters, self.dilation)
            out, cache = conv_forward(part, filters, biases, self.stride, self.padding)
            outs.append(out)
            self.caches.append(cache)
        return outs[0] if self.groups == 1 else np.concatenate(outs, axis=1)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx for the last forward; `gradients` gets those of this call."""
        from course.im2col import conv_backward

        parts = [
            conv_backward(part, cache)
            for part, cache in zip(
                np.split(dout, self.groups, axis=1), self.caches, strict=True
            )
        ]
        D = self.dilation
        dw = np.concatenate([dw[:, :, ::D, ::D] for _, dw, _ in parts])
        self.gradients = {"w": dw}
        if "b" in self.parameters:
            self.gradients["b"] = np.concatenate([db for *_, db in parts])
        return np.concatenate([dx for dx, *_ in parts], axis=1)


class FullyConnected:
    """A dense layer whose weights are in `dtype`, on the learner's `dense_forward`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        bias: bool = True,
        rng: np.random.Generator | None = None,
        dtype: type = np.float64,
    ):
        self.parameters = {"w": _drawn((inputs, outputs), inputs, rng, dtype)}
        if bias:
            self.parameters["b"] = np.zeros(outputs, dtype)
        self.gradients: dict[str, np.ndarray] = {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """out (N, outputs) in the dtype of x, which has `inputs` numbers per image."""
        from course.network import dense_forward

        w = self.parameters["w"].astype(x.dtype, copy=False)
        b = self.parameters.get("b", np.zeros(w.shape[1])).astype(x.dtype, copy=False)
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx in the shape of the last x; `gradients` gets those of this call."""
        from course.network import dense_backward

        dx, dw, db = dense_backward(dout, self.cache)
        found = {"w": dw, "b": db}
        self.gradients = {name: found[name] for name in self.parameters}
        return dx


class PaddedMaxPool:
    """Max pooling with a border that never wins: it is filled with -infinity."""

    def __init__(self, size: int, stride: int, padding: int):
        self.size, self.stride, self.padding = size, stride, padding
        self.parameters: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}

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
        self.parameters: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}

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


def spread_out(w: np.ndarray, dilation: int) -> np.ndarray:
    """Filters (K, C, FH, FW) with dilation - 1 zeros between their pixels."""
    if dilation == 1:
        return w
    K, C, FH, FW = w.shape
    sides = [(length - 1) * dilation + 1 for length in (FH, FW)]
    wide = np.zeros((K, C, *sides), dtype=w.dtype)
    wide[:, :, ::dilation, ::dilation] = w
    return wide


def _drawn(
    shape: tuple[int, ...], inputs: int, rng: np.random.Generator | None, dtype: type
) -> np.ndarray:
    """Normally distributed numbers; drawn in `dtype`, so that no larger copy is needed."""
    rng = np.random.default_rng() if rng is None else rng
    w = rng.standard_normal(shape, dtype=np.dtype(dtype))
    w *= np.dtype(dtype).type(np.sqrt(2 / inputs))
    return w


def _padded(x: np.ndarray, padding: int, fill: float) -> np.ndarray:
    sides = (padding, padding)
    return np.pad(x, ((0, 0), (0, 0), sides, sides), constant_values=fill)


def _inner(dx: np.ndarray, padding: int) -> np.ndarray:
    _, _, H, W = dx.shape
    return dx[:, :, padding : H - padding, padding : W - padding]
