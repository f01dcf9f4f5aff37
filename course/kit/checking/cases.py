"""The cases of a task: what a check asks of an answer, written down one by one.

A task's module says

    def cases(t, output_size):
        t.case("7 wide, filter 3", output_size(7, 3), 5)
        t.refuses("stride 3 leaves a pixel over", output_size(7, 3, 3), names=(7, 3, 3))
        t.gradient("dx", lambda dout: ..., lambda x: conv_forward(x, w, b)[0], x)
        t.memory("one large image", conv_forward(x, w, b), out, 4e6)

        layer = t.keep("layer", Dense(2, 1))
        t.case("dx", t.steps(layer.forward(x), layer.backward(dout)))

        history = t.once(t.call(history_of, train))  # one training for several cases
        t.case("epochs", history["epochs"], 2)

        @t.test("two layers share nothing")
        def _(Dense): ...

`output_size` is no function there but the name of one (see `expression`): nothing is called
while the cases are written down.
"""

import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course.kit.checking.expression import Expression, kept, once, steps, strided

SEED = 20150


def upstream(shape: tuple[int, ...]) -> np.ndarray:
    """A random upstream gradient of this shape, float64; the same one at every call.

    No entry is near 0 and no two axes look alike, so that a forgotten factor shows.
    """
    rng = np.random.default_rng(SEED)
    return rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


class ByReference:
    """What is wanted is what the reference answer gives; it is stored when the course is built."""

    def __repr__(self) -> str:
        return "what the reference gives"


BY_REFERENCE = ByReference()


@dataclass(frozen=True, eq=False)
class Value:
    """The call must give `want`, and leave its arrays alone (but those in `changes`)."""

    title: str
    call: Any
    want: Any = BY_REFERENCE
    exact: bool | None = None
    rtol: float | None = None
    atol: float | None = None
    mistakes: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[int, ...] = ()
    seconds: float = math.inf


@dataclass(frozen=True, eq=False)
class Refusal:
    """The call must raise the error, with every one of `names` in its message."""

    title: str
    call: Expression
    error: type[Exception] = ValueError
    names: tuple[Any, ...] = ()
    mistakes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Gradient:
    """`got(dout)` must be the gradient of sum(of(x) * dout) at x, by central differences."""

    title: str
    got: Callable[[Any], Expression]  # of dout, an array or its name
    of: Callable[[Any], Expression]
    x: np.ndarray
    dout: np.ndarray | None = None
    h: float = 1e-5
    rtol: float = 1e-5
    mistakes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Memory:
    """The call may hold `most_bytes` at one time, beyond its arguments and with its result.

    It must give the array `result`.
    """

    title: str
    call: Expression
    result: np.ndarray
    most_bytes: int
    mistakes: Mapping[str, int] = field(default_factory=dict)

    @property
    def want(self) -> str:
        return f"at most {self.most_bytes / 1e6:.1f} MB at one time"


@dataclass(frozen=True, eq=False)
class Test:
    """A function that is called with the learner's functions, by the names of its parameters."""

    title: str
    function: Callable[..., None]


Case = Value | Refusal | Gradient | Memory | Test


class Cases:
    """What `t` is in a task's module: it takes the cases down and draws numbers for them."""

    strided = staticmethod(strided)
    keep = staticmethod(kept)
    once = staticmethod(once)
    steps = staticmethod(steps)
    upstream = staticmethod(upstream)

    def __init__(self, task: str) -> None:
        self.taken: list[Case] = []
        # Not default_rng: only the numbers of RandomState are the same in every numpy.
        self.rng = np.random.RandomState(zlib.crc32(task.encode()))

    def case(
        self,
        title: str,
        call: Any,
        want: Any = BY_REFERENCE,
        *,
        exact: bool | None = None,
        rtol: float | None = None,
        atol: float | None = None,
        mistakes: Mapping[str, Any] | None = None,
        changes: Iterable[int] = (),
        seconds: float = math.inf,
    ) -> None:
        """The call gives `want`: same type, shape, dtype and values, floats up to rounding.

        Without `want` it is what the reference gives. A call may be a list or tuple of calls.
        `exact`: only rounding is forgiven (None: for whole numbers). `mistakes` maps a phrase
        to what that mistake gives; those of the wrong answers are found by themselves.
        `changes` numbers the arrays of the call that may be changed in place. `seconds` is
        the longest it may take, at the best of two tries: far more than the slowest
        right answer.
        """
        rules = exact, rtol, atol, dict(mistakes or {}), (*changes,), seconds
        self._take(Value(title, call, want, *rules))

    def refuses(
        self,
        title: str,
        call: Expression,
        error: type[Exception] = ValueError,
        *,
        names: Iterable[Any] = (),
        mistakes: Mapping[str, Any] | None = None,
    ) -> None:
        """The call raises this error, and its message holds each of `names`."""
        self._take(Refusal(title, call, error, (*names,), dict(mistakes or {})))

    def gradient(
        self,
        title: str,
        got: Callable[[np.ndarray], Expression],
        of: Callable[[np.ndarray], Expression],
        x: np.ndarray,
        *,
        dout: np.ndarray | None = None,
        h: float = 1e-5,
        rtol: float = 1e-5,
        mistakes: Mapping[str, Any] | None = None,
    ) -> None:
        """The call got(dout) gives the gradient of sum(of(x) * dout) at x."""
        self._take(Gradient(title, got, of, x, dout, h, rtol, dict(mistakes or {})))

    def memory(
        self,
        title: str,
        call: Expression,
        result: np.ndarray,
        most_bytes: float,
        *,
        mistakes: Mapping[str, float] | None = None,
    ) -> None:
        """The call gives `result`, and no function in it holds more than `most_bytes` at one time.

        Its arguments do not count, its result does. Let the wrong way need several times as
        much, and be tens of MB: it may be measured from outside. `mistakes` maps a phrase to
        the bytes that this mistake holds at least.
        """
        known = {phrase: int(size) for phrase, size in (mistakes or {}).items()}
        self._take(Memory(title, call, result, int(most_bytes), known))

    def test(self, title: str) -> Callable[[Callable], Callable]:
        """A decorator: the function runs with the learner's functions, by their names.

        For what no single call can show: state, sequences, training. It uses `judge.equal`,
        `judge.close`, `judge.raises` and `judge.gradient`.
        """

        def take(function: Callable) -> Callable:
            self._take(Test(title, function))
            return function

        return take

    @staticmethod
    def call(function: Callable, *args: Any, **kwargs: Any) -> Expression:
        """A call of the check's own function, to which names and calls may be given.

        For what is more than one expression: `t.call(losses_of, train, images)` calls
        losses_of with the learner's train, and what it gives is compared and recognised.
        """
        return Expression("call", function, args, kwargs)

    def ints(self, *shape: int, low: int = -4, high: int = 5, dtype: Any = float):
        """Whole numbers from low to high - 1 as an array: sums of their products are exact."""
        return self.rng.randint(low, high, shape).astype(dtype)

    def normal(self, *shape: int, dtype: Any = float) -> np.ndarray:
        """Numbers of a normal distribution."""
        return self.rng.standard_normal(shape).astype(dtype)

    def distinct(self, *shape: int, dtype: Any = float) -> np.ndarray:
        """Numbers that differ by 0.1 or more, in any order: no ties, no kinks nearby."""
        count = int(np.prod(shape))
        return (self.rng.permutation(count).reshape(shape) / 10 - 3).astype(dtype)

    def _take(self, case: Case) -> None:
        if any(case.title == other.title for other in self.taken):
            raise ValueError(f"two cases are called {case.title!r}: name them apart")
        self.taken.append(case)
