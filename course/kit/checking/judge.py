"""Judge one result: return quietly if it is right, else raise CheckFailed with the whole story.

`course.kit.check` says "ok" around these; the cases of a task use them as they are.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

from course.kit.checking import recognise
from course.kit.checking.compare import Rules, find_difference
from course.kit.checking.describe import (
    FLOATS,
    INTS,
    call_text,
    error_text,
    indented,
    short,
)
from course.kit.checking.failure import CheckFailed, NotWrittenYet, blame, undisturbed
from course.kit.checking.gradcheck import (
    CannotCheck,
    Findings,
    Slope,
    gradient_problem,
    inspect_gradient,
    is_right,
    kind_problem,
)


def equal(case: str, got: Any, want: Any, mistakes: Mapping | None = None) -> None:
    """Pass if `got` is `want`: same type, shape, dtype and values; floats up to rounding.

    Numbers, text, None, lists, tuples, dicts and arrays, nested as they come. `mistakes`
    maps a phrase ("the filter is flipped") to the result of that mistake, or to a function
    without arguments that computes it.
    """
    compare(case, got, want, Rules(exact=True), mistakes)


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
    compare(case, got, want, Rules(False, rtol, atol), mistakes)


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
    called = call_text(function, args, kwargs)  # the call may change its arguments
    raises_in(
        case,
        exception,
        lambda: function(*args, **kwargs),
        lambda: called,
        mentions,
        mistakes,
        lambda: [*args, *kwargs.values()],
    )


def raises_in(
    case: str,
    exception: type[Exception],
    call: Callable[[], Any],
    called: Callable[[], str],
    mentions: Iterable[Any] = (),
    mistakes: Mapping | None = None,
    arguments: Callable[[], Iterable[Any]] = lambda: (None,),
) -> None:
    """`raises` for a call that is ready to be made.

    Only where it fails it is asked how one would write the call, and for its arguments: where
    all of them are numbers, a whole one may have been rounded.
    """
    wanted = exception.__name__
    try:
        result = call()
    except exception as error:
        if _means_unwritten(error, exception):
            _not_written(_name_in(called()), error)
        _mention(case, called, error, list(mentions))
    except NotImplementedError as error:
        _not_written(_name_in(called()), error)
    except (Exception, SystemExit) as error:
        lines = [*blame(error, called()), f"  It must raise {wanted}."]
        raise CheckFailed(case, "another error than the wanted one", lines) from error
    else:
        with undisturbed():
            phrases = recognise.matching(result, None, Rules(), mistakes or {})
        hint = recognise.sentence(phrases) if phrases else ""
        whole = type(result) in INTS and issubclass(exception, ValueError)
        whole = whole and all(type(each) in INTS | FLOATS for each in arguments())
        advice = ": do not round silently." if whole and not phrases else "."
        lines = indented(f"{called()} returned {short(result)}")
        lines += [f"  It must raise {wanted}{advice}"]
        raise CheckFailed(case, "no error", lines, hint, result, phrases=phrases)


def gradient(
    case: str,
    got: Any,
    f: Callable[[np.ndarray], Any],
    x: np.ndarray,
    dout: np.ndarray | None = None,
    h: float = 1e-5,
    rtol: float = 1e-5,
    mistakes: Mapping | None = None,
    measure: bool = False,
) -> float:
    """Pass if `got` is the gradient of sum(f(x) * dout) at x, by central differences.

    `x` is float64 and `dout` has the shape of f(x). Without dout the random
    `upstream(shape)` is taken (1 if f returns a single number). `got` is an array like x,
    or a function that makes it out of dout. x is never changed; f may not change it either.
    Returns the relative error, if it is to be measured; that takes two steps per element.
    """
    try:
        slope = Slope(f, x, dout)
        got = got(slope.dout.copy()) if callable(got) else got
        # f may still hold the array that it is asked about
        got = got.copy() if type(got) is np.ndarray else got
        with undisturbed():
            problem = kind_problem(got, slope.x)
        if not (problem or measure) and is_right(got, slope, h, rtol):
            return 0.0
        found = problem or inspect_gradient(got, slope, h, rtol)
    except CannotCheck as error:
        what = "the gradient cannot be checked"
        raise CheckFailed(case, what, indented(str(error))) from error
    except NotImplementedError as error:
        _not_written(case, error)
    except (Exception, SystemExit) as error:
        what = "an error instead of a result"
        raise CheckFailed(case, what, blame(error, "your code")) from error
    if isinstance(found, Findings):
        with undisturbed():
            problem = gradient_problem(got, found, rtol, mistakes)
        if problem is None:
            return found.error
        found = problem
    raise CheckFailed(case, *found[:3], got, phrases=found[3])


def compare(
    case: str, got: Any, want: Any, rules: Rules, mistakes: Mapping | None
) -> None:
    """Pass if the two are the same by these rules."""
    with undisturbed():
        found = find_difference(got, want, rules)
        if found is None:
            return
        hint, phrases = recognise.hint(got, want, found, rules, mistakes)
    raise CheckFailed(case, found.headline, found.shown, hint, got, found, phrases)


def _not_written(title: str, error: Exception) -> NoReturn:
    what = f"not written yet. {error_text(error)}".strip()
    raise NotWrittenYet(title, what, indented(str(error))) from error


def _name_in(called: str) -> str:
    return called.partition("(")[0]


def _means_unwritten(error: Exception, wanted: type[Exception]) -> bool:
    """NotImplementedError is also a RuntimeError; it was hardly meant to be one."""
    unwritten = isinstance(error, NotImplementedError)
    return unwritten and not issubclass(wanted, NotImplementedError)


def _mention(
    case: str, called: Callable[[], str], error: Exception, mentions: list
) -> None:
    """Fail if the message of the error leaves out one of the values."""
    missing = [value for value in mentions if not _names(str(error), value)]
    if not missing:
        return
    first = blame(error, called())
    every, lacking = (", ".join(map(short, values)) for values in (mentions, missing))
    advice = f"The message must name {every}"
    if len(missing) < len(mentions):
        advice += f"; it does not name {lacking}"
    elif len(missing) > 1:
        advice += "; it names none of them"
    what = "the message of the error leaves something out"
    raise CheckFailed(case, what, [*first, *indented(f"{advice}.")]) from error


def _names(message: str, value: Any) -> bool:
    """Whether the value stands in the message, and not as a part of another one."""
    if type(value) in INTS | FLOATS:
        text = short(value).removesuffix(".0")
        pattern = rf"(?<![\d.]){re.escape(text)}(\.0+)?(?!\d|\.\d)"
    else:
        pattern = rf"(?<!\w){re.escape(str(value))}(?!\w)"
    return re.search(pattern, message, re.IGNORECASE) is not None
