"""Checks that teach: one line if the answer is right, else what is wrong with it.

    check(conv_forward)                  all cases of this task
    check.cases(conv_forward)            lists them, as calls to read
    check.example("conv_forward", 2)     one of them, to play with

    check.equal("7 wide, filter 3, stride 1", output_size(7, 3), 5)
    check.close("one neuron", neuron(patch, weights, 1.0), 9.0)
    check.raises("stride 3 does not fit", ValueError, output_size, 7, 3, stride=3)
    check.gradient("dx", dx, lambda x: layer(x)[0], x, dout)

Every check returns None and writes nothing to stderr. One that fails shows a card, and raises
CheckFailed, which is one line. The parts are in `course.kit.checking`.
"""

import json
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from course.kit.checking import card, documents, judge
from course.kit.checking.cases import upstream
from course.kit.checking.describe import function_name, wrapped
from course.kit.checking.documents import TaskChecks
from course.kit.checking.failure import CheckFailed, NotWrittenYet, route_warnings
from course.kit.checking.run_cases import run_cases

__all__ = [
    "CheckFailed",
    "NotWrittenYet",
    "cases",
    "close",
    "equal",
    "example",
    "gradient",
    "hidden",
    "raises",
    "upstream",
]

route_warnings()


def hidden(text: str, *functions: Any) -> None:
    """Pass if the functions are right in further cases, which `text` holds as JSON."""
    document = json.loads(text)
    tasks = documents.read(document, document["task"])
    _run(tasks, dict(zip(tasks.functions, functions)))


def cases(function: Callable | str) -> None:
    """List the cases of a function's check, as calls to read and to run."""
    found = documents.of_function(_name(function))
    if not found:
        raise documents.unknown(_name(function))
    for task in found:
        card.cases(task)


def example(function: Callable | str, index: int) -> card.Replay:
    """Case number `index` of a function's check, to play with: its arrays, its `want`."""
    return card.replay(_name(function), index)


def equal(case: str, got: Any, want: Any, mistakes: Mapping | None = None) -> None:
    """Pass if `got` is `want`: same type, shape, dtype and values; floats up to rounding.

    Numbers, text, None, lists, tuples, dicts and arrays, nested as they come. `mistakes`
    maps a phrase ("the filter is flipped") to the result of that mistake, or to a function
    without arguments that computes it.
    """
    route_warnings()
    with _shown():
        judge.equal(case, got, want, mistakes)
    _passed(case)


def close(
    case: str,
    got: Any,
    want: Any,
    rtol: float | None = None,
    atol: float | None = None,
    mistakes: Mapping | None = None,
) -> None:
    """Like `equal` with a tolerance: |got - want| <= atol + rtol * |want|, as in numpy.

    Without rtol and atol it depends on the dtype: 1e-7 for float64, 1e-4 for float32.
    """
    route_warnings()
    with _shown():
        judge.close(case, got, want, rtol, atol, mistakes)
    _passed(case)


def raises(
    case: str,
    exception: type[Exception],
    function: Callable,
    *args: Any,
    mentions: Iterable[Any] = (),
    mistakes: Mapping | None = None,
    **kwargs: Any,
) -> None:
    """Pass if function(*args, **kwargs) raises this exception, or a subclass of it.

    Its message must contain every one of `mentions`, as a whole number or word.
    `mistakes` maps a phrase ("the result is rounded down") to what is then returned.
    """
    route_warnings()
    wanted: dict[str, Any] = {"mentions": mentions, "mistakes": mistakes}
    with _shown():
        judge.raises(case, exception, function, *args, **wanted, **kwargs)
    _passed(case)


def gradient(
    case: str,
    got: Any,
    f: Callable[[np.ndarray], Any],
    x: np.ndarray,
    dout: np.ndarray | None = None,
    h: float = 1e-5,
    rtol: float = 1e-5,
    mistakes: Mapping | None = None,
) -> None:
    """Pass if `got` is the gradient of sum(f(x) * dout) at x, by central differences.

    `x` is float64 and `dout` has the shape of f(x). Without dout the random
    `upstream(shape)` is taken (1 if f returns a single number). `got` is an array like x,
    or a function that makes it out of dout. x is never changed; f may not change it either.
    """
    route_warnings()
    with _shown():
        error = judge.gradient(case, got, f, x, dout, h, rtol, mistakes, measure=True)
    size = f"{error:.0e}" if error else "0"
    _passed(f"{case} (relative error {size}, expected below {rtol:g})")


def _run(tasks: TaskChecks, given: Mapping[str, Any]) -> None:
    route_warnings()
    report = run_cases(tasks, given)
    if report.failure is not None:
        raise card.failed(report, report.failure)
    card.passed(report)


@contextmanager
def _shown() -> Iterator[None]:
    """Show the card of a check that fails in here."""
    try:
        yield
    except NotWrittenYet:
        raise
    except CheckFailed as error:
        card.show_failure(error)
        raise


def _names(functions: Iterable[Any]) -> list[str]:
    """What the functions are called where the check stands: a lambda has no other name."""
    known = sys._getframe(2).f_globals
    found = []
    for function in functions:
        own = function_name(function)
        given = [name for name, value in known.items() if value is function]
        found.append(own if known.get(own) is function or not given else given[0])
    return found


def _name(function: Callable | str) -> str:
    return function if isinstance(function, str) else function_name(function)


def _passed(text: str) -> None:
    print(wrapped(f"ok   {text}", "     "))


class _Check(types.ModuleType):
    """This module can be called: `check(conv_forward)`."""

    def __call__(self, *functions: Any, module: str = "") -> None:
        """Pass if the functions of a task are right in all cases that the course ships.

        Where two lessons have a task about functions of these names, `module` says which.
        """
        names = _names(functions)
        _run(documents.find(names, module), dict(zip(names, functions)))


sys.modules[__name__].__class__ = _Check
