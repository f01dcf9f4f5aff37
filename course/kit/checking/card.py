"""What a learner sees of a check: one line when it passes, a card when it fails, a case to play with.

The card says first what is wrong, then in which case, then shows what was got beside what was
wanted, then how to run that case alone. It is one display with three forms: HTML where a
notebook can show it, text everywhere else, and data for programs (see `told`).
"""

import copy
import inspect
import textwrap
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from course.kit import UsageError
from course.kit.checking import card_html, card_text
from course.kit.checking.card_text import MEDIA_TYPE, Card, Told
from course.kit.checking.cases import (
    Case,
    Gradient,
    Refusal,
    Test,
    Value,
)
from course.kit.checking.describe import (
    code_lines,
    described,
    number_of,
    type_name,
)
from course.kit.checking.documents import TaskChecks, of_function, unknown
from course.kit.checking.excerpt import Window, plane_of, window_of
from course.kit.checking.expression import fresh, named, not_typed_in, texts
from course.kit.checking.failure import (
    CheckFailed,
    NotWrittenYet,
    blame,
    current_shell,
)
from course.kit.checking.listing import call_of, text_of
from course.kit.checking.run_cases import Outcome, Report

EXAMPLE = "example"  # what the learner is told to call it


def passed(report: Report) -> None:
    """One line for a task that is right; a notebook can unfold it."""
    task = report.task
    noun = "case" if task.module else "hidden case"
    line = f"ok   {task.name}: {number_of(len(task.cases), noun)}"
    listed = task.listed if task.module else []
    publish({"text/plain": line, "text/html": card_html.of_passed(line, listed)})


def cases(task: TaskChecks) -> None:
    """List the cases that the course ships, as calls to read."""
    head = f"{task.name}: {number_of(len(task.cases), 'case')}"
    hidden = number_of(task.hidden, "more hidden case")
    head += f"; {hidden} at grading" if task.hidden else ""
    rows = task.listed
    publish(
        {
            "text/plain": card_text.of_cases(head, rows),
            "text/html": card_html.of_cases(head, rows),
        }
    )


def failed(report: Report, outcome: Outcome) -> CheckFailed:
    """Show the card of the report's failure, and give the exception that ends the check's cell."""
    task = report.task
    if outcome.unwritten:
        what = f"not written yet. {report.diagnosis}"
        if report.right:
            what = (
                f"{what.rstrip('.')}. So far {report.right} of {len(task.cases)} cases "
            )
            what += "are right."
        return NotWrittenYet(task.name, what)
    show(_card(report, outcome))
    case = f"case {report.index}" if task.module else "a hidden case"
    what = f"{case} is wrong ({report.right} of {len(task.cases)} are right)"
    error = CheckFailed(task.name, f"{what}, see above")
    error.__cause__ = outcome.error
    return error


def show_failure(error: CheckFailed) -> None:
    """Show the card of a check of its own: `check.equal` and the like."""
    got, wanted = error.difference.texts if error.difference else ("", "")
    told = Told(
        error.case,
        error.what,
        diagnosis=error.hint,
        phrases=error.phrases,
        got=got,
        wanted=wanted,
        lines=tuple(error.lines),
        error=_error_name(error.__cause__),
        undefined=_undefined(error.__cause__),
    )
    show(Card(told, error.difference))


def show(card: Card) -> None:
    """Display the card."""
    card = replace(card, told=replace(card.told, text=card_text.of_failure(card)))
    publish(
        {
            "text/plain": card.told.text,
            "text/html": card_html.of_failure(card),
            MEDIA_TYPE: card.told.as_json(),
        }
    )


def publish(bundle: dict[str, Any]) -> None:
    """Display something in all its forms; outside of IPython its text is printed."""
    shell = current_shell()
    if shell is None:
        print(bundle["text/plain"])
    else:
        shell.display_pub.publish(bundle)


def _card(report: Report, outcome: Outcome) -> Card:
    task, case, difference = report.task, outcome.case, outcome.difference
    if not task.module:
        return _hidden_card(report, outcome)
    got, wanted = difference.texts if difference else ("", "")
    run = how_to_run(task, report.index)
    told = Told(
        case.title,
        outcome.what,
        task.name,
        report.index,
        len(task.cases),
        report.right,
        report.diagnosis,
        report.phrases,
        text_of(case, task.parameters),
        got,
        wanted,
        outcome.lines,
        _error_name(outcome.error),
        _undefined(outcome.error),
    )
    given = () if isinstance(case, Test) else given_texts(case, task)
    return Card(told, difference, _window(report, outcome), given, run, source_of(case))


def _hidden_card(report: Report, outcome: Outcome) -> Card:
    """Neither its call nor what it wants: this stands on pages that learners get."""
    error = outcome.error
    told = Told(
        "",
        "wrong" if error is None else "an error instead of a result",
        report.task.name,
        -1,
        len(report.task.cases),
        report.right,
        report.diagnosis,
        report.phrases,
        lines=() if error is None else tuple(blame(error, "your code")),
        error=_error_name(error),
        undefined=_undefined(error),
    )
    return Card(told)


def _window(report: Report, outcome: Outcome) -> Window | None:
    difference = outcome.difference
    plane = plane_of(difference)
    if difference is None or plane is None:
        return None
    if isinstance(outcome.case, Test) or difference.path:
        return None
    call = call_of(outcome.case)
    place = *plane.index, *plane.first
    return window_of(call, report.task.parameters, difference.want, place)


def _error_name(error: BaseException | None) -> str:
    return "" if error is None else type_name(error)


def _undefined(error: BaseException | None) -> str:
    """The name behind a NameError."""
    name = getattr(error, "name", None) if isinstance(error, NameError) else None
    return name if type(name) is str else ""


@dataclass(frozen=True, eq=False)
class Replay:
    """A case to play with: `call` is what the check calls, its arrays are attributes of this.

    A test has no call, but its `source` can be read.
    """

    title: str
    call: str
    arrays: dict[str, Any]
    want: Any = field(repr=False, default=None)
    source: str = ""

    def __getattr__(self, name: str) -> Any:
        arrays = self.__dict__.get("arrays", {})
        if name in arrays:
            return arrays[name]
        known = ", ".join([*arrays, "call", "want"])
        raise AttributeError(f"this case has no {name}; it has {known}")

    def __repr__(self) -> str:
        lines = [self.title]
        things = {f"{EXAMPLE}.{name}": x for name, x in self.arrays.items()}
        if self.want is not None:
            things[f"{EXAMPLE}.want"] = self.want
        width = max(map(len, things), default=0)
        lines += [f"    {name:{width}}  {_told(x)}" for name, x in things.items()]
        lines += ["Run it:", *code_lines(self.call, "    ")] if self.call else []
        return "\n".join([*lines, *self.source.splitlines()])


def replay(function: str, index: int) -> Replay:
    """Case number `index` of the check of this function. Raises UsageError if there is none."""
    found = of_function(function)
    if not found:
        raise unknown(function)
    task = found[0]
    if type(index) is not int or not 0 <= index < len(task.cases):
        raise UsageError(
            f"{function} has no case {index!r}: take one from 0 to {len(task.cases) - 1}."
        )
    case = task.cases[index]
    things = not_typed_in(_parts_of(case), task.parameters)
    return Replay(
        f"{task.name}, case {index}: {case.title}",
        _to_run(case, task),
        {name: _own(thing) for name, thing in things.items()},
        copy.deepcopy(wanted(case, task)),
        source_of(case),
    )


def how_to_run(task: TaskChecks, index: int) -> tuple[str, ...]:
    """The lines that run a case alone, to be copied as they stand."""
    name = task.name
    if len(of_function(name)) > 1:
        name = f"{task.module}.{name}"
    example = f'check.example("{name}", {index})'
    call = _to_run(task.cases[index], task)
    if not call:
        return (example,)
    lines = f"{EXAMPLE} = {example}", call
    return lines if f"{EXAMPLE}." in call else lines[:1]  # else it stands above


def source_of(case: Case) -> str:
    """What a test does; "" for any other case."""
    if not isinstance(case, Test):
        return ""
    try:
        return textwrap.dedent(inspect.getsource(case.function)).strip()
    except (OSError, TypeError):
        return ""


def wanted(case: Case, task: TaskChecks) -> Any:
    """What must come out: a value, or the class of an error; None where it is neither."""
    if isinstance(case, Refusal):
        return case.error
    return task.want(case) if isinstance(case, Value) else None


def given_texts(case: Case, task: TaskChecks) -> tuple[str, ...]:
    """What the names in the call's text stand for: "x is an array of shape (2, 3), float64"."""
    things = not_typed_in(call_of(case), task.parameters)
    arrays = (each for each in things.items() if isinstance(each[1], np.ndarray))
    return tuple(f"{name} is {described(array)}" for name, array in arrays)


def _parts_of(case: Case) -> tuple[Any, ...]:
    """All that a case is made of: its call; of a gradient also the function, x and dout."""
    if isinstance(case, Test):
        return ()
    if not isinstance(case, Gradient):
        return (case.call,)
    dout = () if case.dout is None else (case.dout,)
    return (call_of(case), case.of(named("x")), case.x, *dout)


def _to_run(case: Case, task: TaskChecks) -> str:
    """A call that runs as it stands, with the example at hand; "" for a test."""
    parts = texts(_parts_of(case), task.parameters, EXAMPLE)
    if not isinstance(case, Gradient):
        return "".join(parts)
    call, of, x, *dout = parts
    got = f"lambda dout: {call}" if case.dout is None else call
    arguments = [repr(case.title), got, f"lambda x: {of}", x, *dout]
    return f"check.gradient({', '.join(arguments)})"


def _own(thing: Any) -> Any:
    """A copy that the learner may change; a function stays what it is."""
    return fresh(thing) if isinstance(thing, np.ndarray) else copy.deepcopy(thing)


def _told(thing: Any) -> str:
    if isinstance(thing, type):
        return thing.__name__
    return described(thing)
