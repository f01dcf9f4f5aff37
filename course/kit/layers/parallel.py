"""Layers made of networks: side by side, or around a sum."""

from collections.abc import Sequence
from typing import Any

import numpy as np


class Branches:
    """Several networks on the same input, their outputs one after the other in depth.

    branches: objects with forward, backward, parameters and gradients, such as a Sequential.
    """

    def __init__(self, branches: Sequence[Any]):
        self.branches = list(branches)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """out (N, the sum of all channels, HO, WO)."""
        outs = [branch.forward(x) for branch in self.branches]
        self.edges = np.cumsum([out.shape[1] for out in outs])[:-1]
        return np.concatenate(outs, axis=1)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx: the sum of what the branches send back."""
        parts = np.split(dout, self.edges, axis=1)
        return sum(
            branch.backward(part)
            for branch, part in zip(self.branches, parts, strict=True)
        )

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """All parameters; those of branch 2 begin with "2."."""
        return _prefixed(enumerate(self.branches), "parameters")

    @property
    def gradients(self) -> dict[str, np.ndarray]:
        """The gradients of the last backward under the names of the parameters."""
        return _prefixed(enumerate(self.branches), "gradients")


class Residual:
    """body(x) + shortcut(x). Without a shortcut x itself is added. (He et al. 2015.)"""

    def __init__(self, body: Any, shortcut: Any = None):
        self.body, self.shortcut = body, shortcut

    def forward(self, x: np.ndarray) -> np.ndarray:
        """The sum of both outputs, which must have the same shape."""
        straight = x if self.shortcut is None else self.shortcut.forward(x)
        out = self.body.forward(x)
        if out.shape != straight.shape:
            raise ValueError(
                f"a residual block adds {out.shape} and {straight.shape}: give it a "
                "shortcut that changes the shape as its layers do"
            )
        return out + straight

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx: the sum of both ways back."""
        straight = dout if self.shortcut is None else self.shortcut.backward(dout)
        return self.body.backward(dout) + straight

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """All parameters, their names beginning with "body." or "shortcut."."""
        return _prefixed(self._parts(), "parameters")

    @property
    def gradients(self) -> dict[str, np.ndarray]:
        """The gradients of the last backward under the names of the parameters."""
        return _prefixed(self._parts(), "gradients")

    def _parts(self) -> list[tuple[str, Any]]:
        parts = [("body", self.body), ("shortcut", self.shortcut)]
        return [(name, part) for name, part in parts if part is not None]


def _prefixed(parts: Any, kind: str) -> dict[str, np.ndarray]:
    return {
        f"{prefix}.{name}": array
        for prefix, part in parts
        for name, array in getattr(part, kind).items()
    }
