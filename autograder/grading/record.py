"""Write marks down: one submission into nbgrader's gradebook and the autograded/ folder.

Trusted code in one process and one thread: the only writer of the gradebook.
"""

import html
import logging
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import nbjson, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import LimitOutput, SaveAutoGrades
from nbgrader.utils import determine_grade, parse_utc

from autograder.files import replace_text
from autograder.grading.cells import (
    ANSI,
    CHANGED,
    cell_name,
    errors_of,
    is_check,
    is_demo,
    is_grade,
    is_own,
    is_solution,
    message_of,
    settle,
    told_by,
)
from autograder.grading.classroom import Classroom, one_transaction
from autograder.grading.outcome import (
    ENDED_BY,
    Note,
    Outcome,
    Result,
    Status,
    TaskOutcome,
    write_outcome,
)
from autograder.grading.rows import SubmissionRows, read_rows, write_rows
from autograder.grading.sanitize import safe_source, sanitized
from autograder.grading.submitted import time_of, timestamp_text
from course.kit.notebook_cells import Ran, cause_of, undefined_name

NOTHING_TO_RUN = (Status.UNREADABLE, Status.MISSING, Status.INFRA_ERROR)
NOT_WRITTEN = ("NotImplementedError", "NotWrittenYet")
TOLD = {Result.FAILED, Result.PARTIAL, Result.NO_ANSWER, *ENDED_BY.values()}
UNFIT = re.compile("[<>&\0\ud800-\udfff]")  # pages show comments as HTML; databases
LONGEST_MESSAGE = 2_000  # characters


def record(
    room: Classroom,
    gradebook: Gradebook,
    outcome: Outcome,
    notebook: NotebookNode,
    *,
    ran: list[float | None] | None = None,
    timestamp: str | None = None,
) -> Outcome:
    """Record what grading a submission gave; returns the outcome with its tasks filled in.

    Automatic marks are nbgrader's own (SaveAutoGrades), in one transaction. Marks, extra
    credit and comments that a person gave, and late penalties, are left as they are. The
    outcome is written last: where it is missing, the submission is graded again.
    """
    notes = list(outcome.notes)
    if outcome.status in NOTHING_TO_RUN:
        _explain(notebook, outcome)
        ran = None
    for cell in notebook.cells:
        notes += settle(cell)
    notebook, _ = LimitOutput(log=_quiet_log()).preprocess(notebook, {})
    text = _text(sanitized(notebook))
    for cell in filter(is_grade, notebook.cells):
        determine_grade(cell)  # an error must come before the gradebook is touched
    place = (outcome.lesson, outcome.student)
    with one_transaction(gradebook) as session:
        rows = read_rows(session, *place)
        _new_marks(room, rows, outcome, notebook)
        tasks = _tasks(rows, notebook, ran or [None] * len(notebook.cells))
        _new_comments(rows, outcome, notebook, tasks)
        notes += _changed_tasks(rows, notebook)
        write_rows(session, *place, rows, parse_utc(timestamp))
    outcome = replace(outcome, notes=tuple(notes), tasks=tuple(tasks.values()))
    path = room.autograded_notebook(outcome.student, outcome.lesson)
    replace_text(path, text)
    write_outcome(room.outcome(outcome.student, outcome.lesson), outcome)
    return outcome


def in_markdown(text: str) -> str:
    """The text on one line, so that markdown and HTML show it as it is."""
    escaped = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*_{}\[\]#|$~])", r"\\\1", escaped)


def read_timestamp(folder: Path) -> tuple[str | None, list[Note]]:
    """When the submission was handed in, if a file timestamp.txt says so as nbgrader's do."""
    text = timestamp_text(folder)
    if text is None:
        return None, []
    if time_of(text) is None:
        return None, [Note("file", "timestamp.txt does not hold a date")]
    return text, []


class _SaveToRows(SaveAutoGrades):
    """nbgrader's rules for marks and comments, on rows that are already read."""

    def save(self, notebook: NotebookNode, rows: SubmissionRows) -> None:
        self.notebook_id = self.assignment_id = self.student_id = ""
        self.gradebook = SimpleNamespace(
            find_grade=lambda name, *place: rows.grades[name],
            find_comment=lambda name, *place: rows.comments[name],
            db=SimpleNamespace(commit=lambda: None),
        )
        for index, cell in enumerate(notebook.cells):
            self.preprocess_cell(cell, {}, index)


def _new_marks(
    room: Classroom, rows: SubmissionRows, outcome: Outcome, notebook: NotebookNode
) -> None:
    """Put the new automatic marks into the rows.

    nbgrader asks the person who gave a mark to look again after every regrade; here only
    when the student's answer or its automatic mark has changed.
    """
    _SaveToRows(log=_quiet_log()).save(notebook, rows)
    if not rows.has_persons_marks:
        return
    answers, worths = _answers(notebook), _worths(notebook)
    earlier = _earlier(room.autograded_notebook(outcome.student, outcome.lesson))
    earlier_answers, earlier_worths = _answers(earlier), _worths(earlier)
    for name, row in rows.grades.items():
        before = rows.grades_before[row.id]
        is_same = earlier_answers.get(name) == answers.get(name)
        if row.manual_score is not None and is_same:
            # Another worth of the task is no new answer; the person's mark has followed it.
            is_worth = earlier_worths.get(name) == worths.get(name)
            changed = is_worth and row.auto_score != before.auto_score
            row.needs_manual_grade = before.needs_manual_grade or changed


def _changed_tasks(rows: SubmissionRows, notebook: NotebookNode) -> list[Note]:
    """Let nobody wait for a mark of a task that is dropped or given to all; say what changed."""
    notes = []
    for cell in filter(is_grade, notebook.cells):
        change = cell.metadata.get(CHANGED)
        if not change:
            continue
        name, points = cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points
        if change["kind"] in ("drop", "give"):
            row = rows.grades[name]
            row.auto_score, row.needs_manual_grade = float(points), False
        notes.append(Note("changed", change["told"], name))
    return notes


def _answers(notebook: NotebookNode) -> dict[str, list[str]]:
    """What the student wrote for each graded cell, from the graded cell before it on."""
    found: dict[str, list[str]] = {}
    written: list[str] = []
    for cell in notebook.cells:
        if is_solution(cell) or is_own(cell):
            written.append(safe_source(cell))
        if is_grade(cell):
            found[cell.metadata.nbgrader.grade_id], written = written, []
    return found


def _worths(notebook: NotebookNode) -> dict[str, dict]:
    """The tasks whose worth was changed after the release, and how."""
    return {
        cell.metadata.nbgrader.grade_id: dict(cell.metadata[CHANGED])
        for cell in filter(is_grade, notebook.cells)
        if CHANGED in cell.metadata
    }


def _earlier(path: Path) -> NotebookNode:
    """The notebook as it was graded before; an empty one where there is none."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, AttributeError):
        return new_notebook()


def _new_comments(
    rows: SubmissionRows,
    outcome: Outcome,
    notebook: NotebookNode,
    tasks: dict[str, TaskOutcome],
) -> None:
    """Say beside every answer how it ended, unless it passed or waits for a person.

    nbgrader's "No response." stays. Where the submission did not end well, its status and
    reason stand where it stopped.
    """
    answers: list[str] = []
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if is_solution(cell):
            answers.append(name)
        if is_grade(cell):
            result = tasks[name].result
            for answer in answers if result in TOLD else ():
                if rows.comments[answer].auto_comment is None:
                    rows.comments[answer].auto_comment = str(result)
            answers = []
    if outcome.status is not Status.GRADED:
        text = UNFIT.sub("?", f"{outcome.status}: {outcome.reason}")
        for name in _unfinished(notebook):
            rows.comments[name].auto_comment = text


def _unfinished(notebook: NotebookNode) -> list[str]:
    """The answer cells whose check did not run or did not end; all, where there is no such check."""
    answers: list[str] = []
    unfinished: list[str] = []
    for cell in notebook.cells:
        if is_solution(cell):
            answers.append(cell.metadata.nbgrader.grade_id)
        elif is_grade(cell):
            names = {out.get("ename") for out in cell.get("outputs", [])}
            if names & ENDED_BY.keys():
                unfinished += answers
            answers = []
    return unfinished or [
        cell.metadata.nbgrader.grade_id for cell in notebook.cells if is_solution(cell)
    ]


def _explain(notebook: NotebookNode, outcome: Outcome) -> None:
    """Make a master without answers say why it has none, and fail its checks."""
    text = f"{outcome.status}: {outcome.reason}"
    for cell in notebook.cells:
        if is_check(cell):
            cell.outputs = [
                new_output("error", ename="NotRun", evalue=text, traceback=[text])
            ]
    reason = in_markdown(outcome.reason)
    cell = new_markdown_cell(f"**This submission could not be graded.** {reason}")
    cell["id"] = "not-graded"
    notebook.cells.insert(0, cell)


def _tasks(
    rows: SubmissionRows, notebook: NotebookNode, seconds: list[float | None]
) -> dict[str, TaskOutcome]:
    tasks = {}
    for index, (cell, taken) in enumerate(zip(notebook.cells, seconds, strict=True)):
        if is_grade(cell):
            name = cell.metadata.nbgrader.grade_id
            task = _task(cell, rows.grades[name].auto_score, taken or 0.0)
            tasks[name] = replace(task, cause=_cause(notebook, index, task))
    return tasks


def _cause(notebook: NotebookNode, index: int, task: TaskOutcome) -> str:
    """Which earlier cell is to blame for a name that the check did not find; else ""."""
    cell = notebook.cells[index]
    shown = told_by(cell) if task.result is Result.FAILED else None
    name = undefined_name(task.error, task.message, shown.undefined if shown else "")
    cells = [
        Ran(cell_name(each, place), each.source, _first_error(each), is_demo(each))
        for place, each in enumerate(notebook.cells)
        if each.cell_type == "code" and place != index
    ]
    before = sum(each.cell_type == "code" for each in notebook.cells[:index])
    found = cause_of(name, cells[:before], cells[before:]) if name else None
    return found.text if found else ""


def _first_error(cell: NotebookNode) -> str:
    errors = errors_of(cell)
    return ANSI.sub("", f"{errors[0].ename}: {errors[0].evalue}") if errors else ""


def _task(cell: NotebookNode, score: float | None, seconds: float) -> TaskOutcome:
    name = cell.metadata.nbgrader.grade_id
    if score is None:
        return TaskOutcome(name, Result.BY_HAND)
    if not is_check(cell):
        return TaskOutcome(name, Result.NO_ANSWER)
    errors = errors_of(cell)
    if not errors:
        full = score >= float(cell.metadata.nbgrader.points)
        result = Result.PASSED if full else Result.PARTIAL
        if score == 0 and not full:
            result = Result.FAILED
        return TaskOutcome(name, result, seconds=seconds)
    error = errors[0]
    if error.ename in ENDED_BY:
        result = ENDED_BY[error.ename]
    elif error.ename in NOT_WRITTEN:
        result = Result.NO_ANSWER
    else:
        result = Result.FAILED
    message = ANSI.sub("", message_of(cell))[:LONGEST_MESSAGE]
    shown = told_by(cell)
    phrases = shown.phrases if shown is not None and result is Result.FAILED else ()
    return TaskOutcome(name, result, error.ename, message, seconds, phrases)


def _text(notebook: NotebookNode) -> str:
    """The notebook's file; halves of characters in an output become question marks.

    nbformat.writes() also validates, at the price of writing it once more, and only logs.
    """
    text = nbjson.writes(notebook)
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def _quiet_log() -> logging.Logger:
    log = logging.getLogger(__name__)
    log.disabled = True
    return log
