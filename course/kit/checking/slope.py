"""How steep is a function of arrays along a direction? Measured, and without trust."""

from collections.abc import Callable

import numpy as np

from course.kit.checking.compare import DOUBLE
from course.kit.checking.describe import described, shape_text

SEED = 20150


class CannotCheck(ValueError):
    """The gradient cannot be checked as it was asked; the message says why."""


def upstream(shape: tuple[int, ...]) -> np.ndarray:
    """A random upstream gradient of this shape, float64; the same one at every call.

    No entry is near 0 and no two axes look alike, so that a forgotten factor shows.
    """
    rng = np.random.default_rng(SEED)
    return rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


class Slope:
    """The slope of sum(f(x) * dout) at x along any direction.

    Raises CannotCheck if f does not behave: if it changes x in place, gives another
    result the second time, or does not return a finite float64 array.
    """

    def __init__(
        self, f: Callable, x: np.ndarray, dout: np.ndarray | float | None
    ) -> None:
        if type(x) is not np.ndarray or x.dtype != np.float64:
            raise CannotCheck(
                f"x must be an array of float64, and is {described(x)}. "
                "Steps as small as h drown in the rounding of float32, and get lost in "
                "integers: use x.astype(np.float64)."
            )
        if not x.size or not np.isfinite(x).all():
            raise CannotCheck("x must have values, and all of them must be finite.")
        self.f, self.x = f, x.copy()
        self.value = self._call(self.x.copy())
        if not np.array_equal(self.value, self._call(self.x.copy())):
            raise CannotCheck(
                "f gives another result when it is called again with the same x. "
                "Does it draw random numbers, or keep something from the last call?"
            )
        self.dout = self._upstream(dout)
        self.size = float(np.sum(np.abs(self.value * self.dout)))

    def along(self, direction: np.ndarray, h: float) -> float:
        """The central difference along `direction` (an array like x) with step h."""
        ahead, behind = self.x + h * direction, self.x - h * direction
        walked = self._length(ahead - behind, direction)
        return self._rise(behind, ahead) / walked

    def sides(self, direction: np.ndarray, h: float) -> tuple[float, float]:
        """The slopes behind x and ahead of it; they differ if x stands on a kink."""
        ahead, behind = self.x + h * direction, self.x - h * direction
        left = self._rise(behind, self.x) / self._length(self.x - behind, direction)
        right = self._rise(self.x, ahead) / self._length(ahead - self.x, direction)
        return left, right

    def noise(self, h: float) -> float:
        """How far rounding alone may move a slope that was measured with step h."""
        return 16 * DOUBLE * max(self.size, 1e-300) / h

    def _rise(self, start: np.ndarray, end: np.ndarray) -> float:
        ends = self._call(end.copy()), self._call(start.copy())
        with np.errstate(all="ignore"):
            return float(np.sum((ends[0] - ends[1]) * self.dout))

    @staticmethod
    def _length(step: np.ndarray, direction: np.ndarray) -> float:
        """The way that was really walked: x + h is rounded when x is large."""
        length = float(np.sum(step * direction) / np.sum(direction * direction))
        if length == 0:
            raise CannotCheck(
                "h is so small against x that x + h is x: take a larger h."
            )
        return length

    def _call(self, x: np.ndarray) -> np.ndarray:
        before = x.copy()
        result = self.f(x)
        if not np.array_equal(x, before):
            raise CannotCheck(
                "f changed x in place. It must leave its input as it was: "
                "work on a copy, x.copy()."
            )
        if type(result) in (tuple, list):
            raise CannotCheck(
                f"f returned {described(result)}, and one array is wanted. If this is "
                "(out, cache), let f return only the first: lambda x: layer(x)[0]."
            )
        if type(result) is not np.ndarray and type(result) not in (float, np.float64):
            raise CannotCheck(f"f returned {described(result)}; wanted an array.")
        result = np.array(result, copy=True)
        if result.dtype != np.float64:
            raise CannotCheck(
                f"f turned float64 into {result.dtype}: h is too small for that."
            )
        if not np.isfinite(result).all():
            raise CannotCheck("f returned values that are not finite (nan or inf).")
        return result

    def _upstream(self, dout: np.ndarray | float | None) -> np.ndarray:
        shape = self.value.shape
        if dout is None:
            return upstream(shape) if shape else np.array(1.0)
        if type(dout) is not np.ndarray and not (np.isscalar(dout) and shape == ()):
            raise CannotCheck(f"dout must be an array, and is {described(dout)}.")
        given = np.array(dout, copy=True)
        if given.shape != shape:
            raise CannotCheck(
                f"dout has the shape {shape_text(given.shape)}, and f(x) has the shape "
                f"{shape_text(shape)}. They must be equal: nothing is broadcast here."
            )
        if given.dtype.kind not in "iuf" or not np.isfinite(given).all():
            raise CannotCheck("dout must be an array of finite numbers.")
        return given
