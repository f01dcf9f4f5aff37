"""What a learner sees of a check: one line when it passes, a card when it fails.

The card says first what is wrong, then in which case, then what was got beside what was
wanted, then how to run that case alone. It is text everywhere, and HTML where a notebook
can show it.
"""

from course.kit.checking.describe import indented, wrapped
from course.kit.checking.failure import CheckFailed, NotWrittenYet
from course.kit.checking.replay import text_of
from course.kit.checking.run_cases import Report


def show(report: Report) -> None:
    """One line for a task that is right."""
    if report.failure is None:
        task = report.task
        count = len(task.cases)
        print(wrapped(f"ok   {task.name}: {count} case{'s' * (count != 1)}", "     "))


def failed(report: Report) -> CheckFailed:
    """The exception that ends the check's cell."""
    outcome, task = report.failure, report.task
    if outcome.unwritten:
        return NotWrittenYet(task.name, "not written yet", outcome.lines)
    before = {0: "", 1: "Case 0 is right. "}
    text = before.get(report.index, f"Cases 0 to {report.index - 1} are right. ")
    lines = [
        *indented(report.diagnosis),
        f"  {text_of(outcome.case, task)}",
        *outcome.lines,
        *indented(f"{text}To look at case {report.index}:"),
        f'      example = check.example("{task.name}", {report.index})',
    ]
    title = f"{task.name}, {outcome.case.title}"
    error = CheckFailed(title, outcome.what, lines)
    error.__cause__ = outcome.error
    return error
