"""Checks that teach: one line if the answer is right, else what is wrong with it.

    check.equal("7 wide, filter 3, stride 1", output_size(7, 3), 5)
    check.close("one neuron", neuron(patch, weights, 1.0), 9.0)
    check.raises("stride 3 does not fit", ValueError, output_size, 7, 3, stride=3)
    check.gradient("dx", dx, lambda x: layer(x)[0], x, dout)
    check.examples(conv_forward_naive)

Every check returns None, writes nothing to stderr, and raises CheckFailed with the whole
story. The parts are in `course.kit.checking`.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

from course.kit.checking import recognise, stored, warned
from course.kit.checking.compare import find_difference
from course.kit.checking.describe import (
    FLOATS,
    INTS,
    call_text,
    function_name,
    indented,
    short,
    wrapped,
)
from course.kit.checking.failure import CheckFailed, NotWrittenYet, blame
from course.kit.checking.gradcheck import (
    gradient_problem,
    inspect_gradient,
    kind_problem,
)
from course.kit.checking.run_examples import run_examples
from course.kit.checking.slope import CannotCheck, Slope, upstream
from course.kit.checking.stored import Example
from course.kit.checking.tolerance import Rules

__all__ = [
    "CheckFailed",
    "NotWrittenYet",
    "close",
    "equal",
    "example",
    "examples",
    "gradient",
    "raises",
    "upstream",
]

warned.install()


def equal(case: str, got: Any, want: Any, mistakes: Mapping | None = None) -> None:
    """Pass if `got` is `want`: same type, shape, dtype and values; floats up to rounding.

    Numbers, text, None, lists, tuples, dicts and arrays, nested as they come. `mistakes`
    maps a phrase ("the filter is flipped") to the result of that mistake, or to a function
    without arguments that computes it.
    """
    _compare(case, got, want, Rules(exact=True), mistakes)


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
    _compare(case, got, want, Rules(False, rtol, atol), mistakes)


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
    warned.install()
    wanted, called = exception.__name__, call_text(function, args, kwargs)
    try:
        result = function(*args, **kwargs)
    except exception as error:
        if _means_unwritten(error, exception):
            _not_written(function_name(function), error)
        _mention(case, called, error, list(mentions))
    except NotImplementedError as error:
        _not_written(function_name(function), error)
    except (Exception, SystemExit) as error:
        lines = [f"{case}: another error than the wanted one", *blame(error, called)]
        raise CheckFailed("\n".join([*lines, f"  It must raise {wanted}."])) from error
    else:
        with warned.undisturbed():
            phrases = recognise.matching(result, None, Rules(), mistakes or {})
        lines = indented(f"{called} returned {short(result)}")
        lines += indented(recognise.sentence(phrases)) if phrases else []
        advice = f"It must raise {wanted}"
        numbers = all(type(each) in INTS | FLOATS for each in (result, *args))
        rounded = numbers and issubclass(exception, ValueError)
        advice += ": do not round down silently." if rounded and not phrases else "."
        raise CheckFailed("\n".join([f"{case}: no error", *lines, f"  {advice}"]))
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
    warned.install()
    findings = None
    try:
        slope = Slope(f, x, dout)
        got = got(slope.dout.copy()) if callable(got) else got
        # f may still hold the array that it is asked about
        got = got.copy() if type(got) is np.ndarray else got
        with warned.undisturbed():
            problem = kind_problem(case, got, slope.x)
        if problem is None:
            findings = inspect_gradient(got, slope, h, rtol)
    except CannotCheck as error:
        lines = [f"{case}: the gradient cannot be checked", *indented(str(error))]
        raise CheckFailed("\n".join(lines)) from error
    except NotImplementedError as error:
        _not_written(case, error)
    except (Exception, SystemExit) as error:
        lines = [f"{case}: an error instead of a result", *blame(error, "your code")]
        raise CheckFailed("\n".join(lines)) from error
    if findings is not None:
        with warned.undisturbed():
            problem = gradient_problem(case, got, findings, rtol, mistakes)
    if problem is not None:
        raise CheckFailed(problem)
    error = f"{findings.error:.0e}" if findings.error else "0"
    _passed(f"{case} (relative error {error}, expected below {rtol:g})")


def examples(
    function: Callable, call: Callable | None = None, module: str = ""
) -> None:
    """Pass if the function is right on all stored examples of its name.

    It is called as function(**arrays, **options), and of a pair (out, cache) the first is
    taken; or as call(function, **arrays, **options). It may not change its arrays. Where
    two lessons have a function of this name, `module` says which: "fast". Its name is the
    one that it has where the check stands, also for a lambda or a decorated function.
    """
    warned.install()
    name = stored.name_of(function, sys._getframe(1).f_globals)
    cases = run_examples(function, call, module, name)
    number = f"{len(cases)} example{'' if len(cases) == 1 else 's'}"
    _passed(f"{name}: {number} ({'; '.join(cases)})")


def example(function: str | Callable, index: int) -> Example:
    """A stored example to play with: it has .arrays, .options, .want and .case."""
    name = function if isinstance(function, str) else function_name(function)
    return stored.example(name, index)


def _compare(
    case: str, got: Any, want: Any, rules: Rules, mistakes: Mapping | None
) -> None:
    warned.install()
    with warned.undisturbed():
        difference = find_difference(got, want, rules)
        if difference is not None:
            hint = recognise.hint(got, want, difference, rules, mistakes)
            text = difference.text(case, hint)
    if difference is not None:
        raise CheckFailed(text)
    _passed(case)


def _passed(text: str) -> None:
    print(wrapped(f"ok   {text}", "     "))


def _not_written(title: str, error: NotImplementedError) -> NoReturn:
    lines = [f"{title}: not written yet", *indented(str(error))]
    raise NotWrittenYet("\n".join(lines)) from error


def _means_unwritten(error: Exception, wanted: type[Exception]) -> bool:
    """NotImplementedError is also a RuntimeError; it was hardly meant to be one."""
    unwritten = isinstance(error, NotImplementedError)
    return unwritten and not issubclass(wanted, NotImplementedError)


def _mention(case: str, called: str, error: Exception, mentions: list) -> None:
    """Fail if the message of the error leaves out one of the values."""
    missing = [value for value in mentions if not _names(str(error), value)]
    if not missing:
        return
    first = blame(error, called)
    every, lacking = (", ".join(map(short, values)) for values in (mentions, missing))
    advice = f"The message must name {every}; it does not name {lacking}."
    lines = [f"{case}: the message of the error leaves something out"]
    raise CheckFailed("\n".join([*lines, *first, *indented(advice)])) from error


def _names(message: str, value: Any) -> bool:
    """Whether the value stands in the message, and not as a part of another one."""
    if type(value) in INTS | FLOATS:
        text = short(value).removesuffix(".0")
        pattern = rf"(?<![\d.]){re.escape(text)}(\.0+)?(?!\d|\.\d)"
    else:
        pattern = rf"(?<!\w){re.escape(str(value))}(?!\w)"
    return re.search(pattern, message, re.IGNORECASE) is not None
