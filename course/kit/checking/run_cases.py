"""Run the cases of a task and say what is wrong with the first that fails.

Once a case has failed, the others are run too, quietly: the mistake that explains most of
the results is the one to name.
"""

import io
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache
from inspect import signature
from types import FrameType
from typing import Any

from course.kit.checking import judge
from course.kit.checking.cases import Case, Gradient, Memory, Refusal, Test, Value
from course.kit.checking.compare import Rules, find_difference
from course.kit.checking.describe import (
    code_lines,
    described,
    error_text,
    indented,
    type_advice,
    type_name,
)
from course.kit.checking.documents import TaskChecks
from course.kit.checking.expression import (
    NoPair,
    arguments_of,
    functions_in,
    make,
    parameter_names,
    text,
)
from course.kit.checking.failure import (
    CheckFailed,
    blame,
    is_learners,
    told_frames,
    undisturbed,
)
from course.kit.checking.recognise import ONE_THING, Outcome, diagnose
from course.kit.memory import peak_bytes

LOOK_ON_FOR = 2.0
MORE_TRIES, HOPELESS = 1, 10  # where it takes too long; times too long to try again
_may_be_endless = cache(is_learners)


class OutOfTime(BaseException):
    """No Exception, so that it is not taken for one of the learner's."""


@dataclass(frozen=True, eq=False)
class Report:
    """What came of all cases of a task; `failure` is the first that is wrong.

    `phrases` are the known mistakes in the diagnosis. `right` says how many cases are right,
    of the `tried` that there was time for.
    """

    task: TaskChecks
    failure: Outcome | None = None
    diagnosis: str = ""
    index: int = 0
    phrases: tuple[str, ...] = ()
    right: int = 0
    tried: int = 0


def run_cases(task: TaskChecks, given: Mapping[str, Any]) -> Report:
    """Run all cases with these functions. Never raises for what the functions do."""
    done: list[Outcome] = []
    for case in task.cases:
        done.append(run_case(task, case, given))
        if done[-1].what:
            break
    else:
        return Report(task, right=len(done), tried=len(done))
    failure, index = done[-1], len(done) - 1
    if failure.unwritten and len(task.functions) == 1:
        return Report(task, failure, _unwritten(failure), index)
    done += _look_on(task, task.cases[index + 1 :], given)
    if failure.unwritten:  # what is written may be judged all the same
        right = sum(not outcome.what for outcome in done)
        wrong = [n for n, each in enumerate(done) if each.what and not each.unwritten]
        if not wrong:
            text = _unwritten(failure)
            return Report(task, failure, text, index, right=right, tried=len(done))
        index = wrong[0]
        failure = done[index]
    with undisturbed():
        diagnosis, phrases = diagnose(task, failure, done)
    right = sum(not outcome.what for outcome in done)
    return Report(task, failure, diagnosis, index, (*phrases,), right, len(done))


def run_case(task: TaskChecks, case: Case, given: Mapping[str, Any]) -> Outcome:
    """What came of one case."""
    try:
        if isinstance(case, Test):
            return _test(case, given)
        if isinstance(case, Gradient):
            return _gradient(case, given)
        if isinstance(case, Refusal):
            return _refusal(task, case, given)
        if isinstance(case, Memory):
            return _memory(case, given)
        return _value(task, case, given)
    except CheckFailed as error:
        unwritten = error if isinstance(error, NotImplementedError) else None
        what = error.what or "wrong"
        if error.case != case.title:
            what = f"{error.case}: {what}"
        parts = tuple(error.lines), error.hint, error.got, error.difference, unwritten
        return Outcome(case, what, *parts, tuple(error.phrases))
    except NotImplementedError as error:
        return Outcome(case, "not written yet", (*indented(str(error)),), error=error)
    except NoPair as error:
        lines = [f"  got     {described(error.value)}", "  wanted  several results"]
        advice = f"Let {error.function} return all that its docstring names."
        if error.value is None:
            (advice,) = type_advice(None, ())
        lines += indented(advice)
        return Outcome(case, ONE_THING, (*lines,), got=error.value)
    except (Exception, SystemExit) as error:  # noqa: BLE001 it is reported
        if isinstance(case, Test) and not any(told_frames(error)):
            lines = _own_lines(error)
            return Outcome(
                case, "what came back is of another kind", lines, error=error
            )
        call = getattr(case, "call", None)
        called = "your code" if call is None else text(call, task.parameters)
        name = called.partition("(")[0]
        lines = blame(error, name if name in given else "your code")
        if isinstance(error, TypeError) and "argument" in error_text(error):
            lines += indented(f"It is called as {called}.")
        what = "an error instead of a result"
        return Outcome(case, what, tuple(lines), error=error)


def _value(task: TaskChecks, case: Value, given: Mapping[str, Any]) -> Outcome:
    outcome, taken = _called(task, case, given)
    for _ in range(MORE_TRIES):  # a busy machine may have stopped us for a moment
        if outcome.what or not case.seconds < taken < HOPELESS * case.seconds:
            break
        outcome, again = _called(task, case, given)
        taken = min(taken, again)
    if outcome.what or taken <= case.seconds:
        return outcome
    lines = f"  got     {taken:.2f} s", f"  wanted  less than {case.seconds:g} s"
    return Outcome(case, "right, but it takes too long", lines, got=outcome.got)


def _called(
    task: TaskChecks, case: Value, given: Mapping[str, Any]
) -> tuple[Outcome, float]:
    """What comes of the call, and the seconds that it took."""
    want = task.want(case)  # before the call: nothing that it does can change this
    started = time.monotonic()
    made = make(case.call, given)
    taken = time.monotonic() - started
    with undisturbed():
        changed = made.changed
        if changed is not None and changed not in case.changes:
            name = _name_of_array(task, case, changed)
            advice = f"The caller still needs {name}: work on a copy, {name}.copy()."
            what = f"{name} was changed in place"
            return Outcome(case, what, (*indented(advice),)), taken
        exact = type(want) in (int, bool) if case.exact is None else case.exact
        rules = Rules(exact, case.rtol, case.atol)
        difference = find_difference(made.value, want, rules)
    if difference is None:
        return Outcome(case, got=made.value), taken
    what, lines = difference.headline, tuple(difference.shown)
    outcome = Outcome(case, what, lines, got=made.value, difference=difference)
    return outcome, taken


def _refusal(task: TaskChecks, case: Refusal, given: Mapping[str, Any]) -> Outcome:
    judge.raises_in(
        case.title,
        case.error,
        lambda: make(case.call, given).value,
        lambda: text(case.call, task.parameters),
        case.names,
        arguments=lambda: arguments_of(case.call, task.parameters).values(),
    )
    return Outcome(case)


def _gradient(case: Gradient, given: Mapping[str, Any]) -> Outcome:
    judge.gradient(
        case.title,
        lambda dout: make(case.got(dout), given).value,
        lambda x: make(case.of(x), given).value,
        case.x,
        case.dout,
        case.h,
        case.rtol,
        case.mistakes,
    )
    return Outcome(case)


def _memory(case: Memory, given: Mapping[str, Any]) -> Outcome:
    held = [0]

    def watched(function: Callable) -> Callable:
        def call(*args: Any, **kwargs: Any) -> Any:
            result, most = peak_bytes(function, *args, **kwargs)
            held.append(most)
            return result

        return call

    called = {*functions_in(case.call)}
    made = make(case.call, {name: watched(given[name]) for name in called})
    with undisturbed():
        difference = find_difference(made.value, case.result, Rules())
    if difference is not None:
        lines = tuple(difference.shown)
        return Outcome(case, difference.headline, lines, difference=difference)
    most = max(held)
    if most <= case.most_bytes:
        return Outcome(case, got=most)
    lines = f"  got     {most / 1e6:.1f} MB at one time", f"  wanted  {case.want}"
    return Outcome(case, "it holds too much memory", lines, got=most)


def _test(case: Test, given: Mapping[str, Any]) -> Outcome:
    wanted = signature(case.function).parameters.values()
    case.function(*(given[one.name] for one in wanted if one.default is one.empty))
    return Outcome(case)


def _own_lines(error: BaseException) -> tuple[str, ...]:
    """The line of the check that could do nothing with what it was given, and why."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame.line or "" for frame in frames if frame.filename.startswith("<cases of")
    ]
    lines = indented("The check could not use what your code returned, in its line")
    lines += code_lines(own[-1] if own else "", "      ")
    return (*lines, *indented(f"{type_name(error)}: {error_text(error)}"))


def _unwritten(outcome: Outcome) -> str:
    return (
        " ".join(line.strip() for line in outcome.lines) or "This is not written yet."
    )


def _name_of_array(task: TaskChecks, case: Value | Memory, index: int) -> str:
    """The name under which the array number `index` of the call is known."""
    names = parameter_names(case.call, task.parameters)
    return names[index] if index < len(names) else "an argument"


def _look_on(
    task: TaskChecks, cases: Sequence[Case], given: Mapping[str, Any]
) -> list[Outcome]:
    """The outcomes of the other cases, quietly, and as many as there is time for."""
    outcomes = []
    with redirect_stdout(io.StringIO()), suppress(OutOfTime), _seconds(LOOK_ON_FOR):
        for case in cases:
            outcomes.append(run_case(task, case, given))
    return outcomes


@contextmanager
def _seconds(seconds: float) -> Iterator[None]:
    """Raises OutOfTime in Python code that runs longer: an endless loop must end.

    Of code that is not the learner's, only the calls are watched, not the lines.
    """
    end, before = time.monotonic() + seconds, sys.gettrace()

    def watch(frame: FrameType, event: str, arg: object) -> Callable | None:
        if time.monotonic() > end:
            raise OutOfTime
        return watch if _may_be_endless(frame.f_code.co_filename) else None

    if before is None:
        sys.settrace(watch)
    try:
        yield
    finally:
        if before is None:
            sys.settrace(None)
