"""What a learner sees of a check: one line when it passes, a card when it fails.

The card says first what is wrong, then in which case, then shows what was got beside what was
wanted, then how to run that case alone. It is one display with three forms: HTML where a
notebook can show it, text everywhere else, and data for programs (see `told`).
"""

from dataclasses import replace
from typing import Any

from course.kit.checking import card_html, card_text
from course.kit.checking.card_text import MEDIA_TYPE, Card, Told
from course.kit.checking.cases import Test
from course.kit.checking.describe import number_of, type_name
from course.kit.checking.documents import TaskChecks
from course.kit.checking.excerpt import Window, plane_of, window_of
from course.kit.checking.failure import (
    CheckFailed,
    NotWrittenYet,
    blame,
    current_shell,
)
from course.kit.checking.replay import (
    call_of,
    given_texts,
    how_to_run,
    source_of,
    text_of,
    wanted_text,
)
from course.kit.checking.run_cases import Outcome, Report


def passed(report: Report) -> None:
    """One line for a task that is right; a notebook can unfold it."""
    task = report.task
    noun = "case" if task.module else "hidden case"
    text = f"ok   {task.name}: {number_of(len(task.cases), noun)}"
    listed = _listed(task) if task.module else []
    publish({"text/plain": text, "text/html": card_html.of_passed(text, listed)})


def cases(task: TaskChecks) -> None:
    """List the cases that the course ships, as calls to read."""
    head = f"{task.name}: {number_of(len(task.cases), 'case')}"
    hidden = number_of(task.hidden, "more hidden case")
    head += f"; {hidden} at grading" if task.hidden else ""
    rows = _listed(task)
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
        text_of(case, task),
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


def _listed(task: TaskChecks) -> list[tuple[str, str, str]]:
    """Title, call, what must come out: of every case."""
    return [
        (case.title, text_of(case, task), wanted_text(case, task))
        for case in task.cases
    ]
