"""Run the cases of a task and say what is wrong with the first that fails.

Once a case has failed, the others are run too, quietly: the mistake that explains most of
the results is the one to name.
"""

import io
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from inspect import signature
from types import FrameType
from typing import Any

from course.kit.checking import judge, memory, recognise
from course.kit.checking.advice import type_advice
from course.kit.checking.cases import Case, Gradient, Memory, Refusal, Test
from course.kit.checking.compare import Difference, find_difference
from course.kit.checking.describe import described, error_text, indented
from course.kit.checking.documents import TaskChecks
from course.kit.checking.expression import (
    NoPair,
    functions_in,
    make,
    parameter_names,
    text,
)
from course.kit.checking.failure import NOTHING, CheckFailed, blame
from course.kit.checking.tolerance import Rules
from course.kit.checking.warned import undisturbed

LOOK_ON_FOR = 2.0
ONE_THING = "something is missing from what is returned"


class OutOfTime(BaseException):
    """No Exception, so that it is not taken for one of the learner's."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one case. `what` is empty where it is right, else says what is wrong.

    `got` is what came back, if anything did; `lines` show it beside what is wanted, `hint`
    says why, where that is known.
    """

    case: Case
    what: str = ""
    lines: tuple[str, ...] = ()
    hint: str = ""
    got: Any = NOTHING
    difference: Difference | None = None
    error: BaseException | None = None

    @property
    def unwritten(self) -> bool:
        return isinstance(self.error, NotImplementedError)


@dataclass(frozen=True, eq=False)
class Report:
    """What came of all cases of a task; `failure` is the first that is wrong."""

    task: TaskChecks
    failure: Outcome | None = None
    diagnosis: str = ""
    index: int = 0


def run_cases(task: TaskChecks, given: Mapping[str, Any]) -> Report:
    """Run all cases with these functions. Never raises for what the functions do."""
    done: list[Outcome] = []
    for case in task.cases:
        done.append(run_case(task, case, given))
        if done[-1].what:
            break
    else:
        return Report(task)
    failure, index = done[-1], len(done) - 1
    if failure.unwritten:
        return Report(task, failure, f"{_unwritten(failure)}", index)
    others = _look_on(task, task.cases[index + 1 :], given)
    with undisturbed():
        diagnosis = _diagnosis(task, failure, [*done, *others])
    return Report(task, failure, diagnosis, index)


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
        return Outcome(case, what, *parts)
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
        call = getattr(case, "call", None)
        called = "your code" if call is None else text(call, task.parameters)
        name = called.partition("(")[0]
        lines = blame(error, name if name in given else "your code")
        if isinstance(error, TypeError) and "argument" in error_text(error):
            lines += indented(f"It is called as {called}.")
        what = "an error instead of a result"
        return Outcome(case, what, tuple(lines), error=error)


def _value(task: TaskChecks, case: Case, given: Mapping[str, Any]) -> Outcome:
    want = task.want(case)  # before the call: nothing that it does can change this
    started = time.monotonic()
    made = make(case.call, given)
    taken = time.monotonic() - started
    with undisturbed():
        changed = made.changed
        if changed is not None and changed not in case.changes:
            name = _name_of_array(task, case, changed)
            advice = f"The caller still needs {name}: work on a copy, {name}.copy()."
            return Outcome(case, f"{name} was changed in place", (*indented(advice),))
        exact = type(want) in (int, bool) if case.exact is None else case.exact
        rules = Rules(exact, case.rtol, case.atol)
        difference = find_difference(made.value, want, rules)
    if difference is None and case.seconds is not None and taken > case.seconds:
        lines = f"  got     {taken:.1f} s", f"  wanted  less than {case.seconds:g} s"
        return Outcome(case, "right, but it takes too long", lines, got=made.value)
    if difference is None:
        return Outcome(case, got=made.value)
    lines = tuple(difference.shown)
    return Outcome(
        case, difference.headline, lines, got=made.value, difference=difference
    )


def _refusal(task: TaskChecks, case: Refusal, given: Mapping[str, Any]) -> Outcome:
    judge.raises_in(
        case.title,
        case.error,
        lambda: make(case.call, given).value,
        text(case.call, task.parameters),
        case.names,
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
            result, most = memory.peak_bytes(function, *args, **kwargs)
            held.append(most)
            return result

        return call

    called = {*functions_in(case.call)}
    make(case.call, {name: watched(given[name]) for name in called})
    most = max(held)
    if most <= case.most_bytes:
        return Outcome(case, got=most)
    lines = f"  got     {most / 1e6:.1f} MB at one time", f"  wanted  {case.want}"
    return Outcome(case, "it holds too much memory", lines, got=most)


def _test(case: Test, given: Mapping[str, Any]) -> Outcome:
    wanted = signature(case.function).parameters.values()
    case.function(*(given[one.name] for one in wanted if one.default is one.empty))
    return Outcome(case)


def _unwritten(outcome: Outcome) -> str:
    return (
        " ".join(line.strip() for line in outcome.lines) or "This is not written yet."
    )


def _name_of_array(task: TaskChecks, case: Case, index: int) -> str:
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
    """Raises OutOfTime in Python code that runs longer: an endless loop must end."""
    end, before = time.monotonic() + seconds, sys.gettrace()

    def watch(frame: FrameType, event: str, arg: object) -> Callable:
        if time.monotonic() > end:
            raise OutOfTime
        return watch

    if before is None:
        sys.settrace(watch)
    try:
        yield
    finally:
        if before is None:
            sys.settrace(None)


def _diagnosis(task: TaskChecks, first: Outcome, outcomes: list[Outcome]) -> str:
    """The known mistake that explains the first failure, or at least a later one.

    Where several give the same numbers, the one that fits most of the other outcomes.
    """
    explained = [_phrases(task, outcome) for outcome in outcomes]
    misfits = {
        phrase: _misfits(task, phrase, [*zip(outcomes, explained)])
        for phrase in (phrase for phrases in explained for phrase in phrases)
    }
    here = explained[outcomes.index(first)]
    if here:
        fewest = min(misfits[phrase] for phrase in here)
        return recognise.sentence([p for p in here if misfits[p] == fewest])
    if first.hint.startswith(recognise.LOOKS_AS_IF):
        return first.hint
    for phrases in explained:
        fitting = [phrase for phrase in phrases if not misfits[phrase]]
        if fitting:
            return recognise.sentence(fitting)
    if first.hint:
        return first.hint
    if first.difference is not None:
        return recognise.looks_like(first.difference, Rules(exact=False)) or ""
    return ""


def _phrases(task: TaskChecks, outcome: Outcome) -> list[str]:
    """The known mistakes that give what this case got."""
    if outcome.got is NOTHING or not outcome.what:
        return []
    if isinstance(outcome.case, Memory):
        known = outcome.case.mistakes
        enough = [phrase for phrase in known if known[phrase] <= outcome.got]
        return [max(enough, key=known.get)] if enough else []
    what = outcome.difference.what if outcome.difference else ""
    one_thing = outcome.what == ONE_THING
    loose = Rules(exact=one_thing, dtype=one_thing or what == "wrong dtype")
    found = []
    for phrase, results in task.mistakes(outcome.case).items():
        with suppress(Exception):
            if any(find_difference(outcome.got, r, loose) is None for r in results):
                found.append(phrase)
    return found


def _misfits(task: TaskChecks, phrase: str, outcomes: list) -> int:
    """How many outcomes speak against the mistake.

    Only those of the functions that it was found in: another function of the task may have
    a mistake of the same name, and be right.
    """
    found = [outcome for outcome, phrases in outcomes if phrase in phrases]
    functions = {name for outcome in found for name in _called(outcome)}
    about = [two for two in outcomes if functions & _called(two[0])]
    return sum(not _fits(task, phrase, *two) for two in about)


def _called(outcome: Outcome) -> set[str]:
    return {*functions_in(getattr(outcome.case, "call", None))}


def _fits(task: TaskChecks, phrase: str, outcome: Outcome, explained: list) -> bool:
    """Where a mistake has no stored result, it is right there too, or it raises.

    What it does in a test, to a gradient or in memory is not stored.
    """
    if isinstance(outcome.case, (Test, Gradient, Memory)):
        return True
    if phrase in task.mistakes(outcome.case):
        return phrase in explained
    return not outcome.what or outcome.error is not None
