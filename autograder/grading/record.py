"""Write marks down: one submission into nbgrader's gradebook and the autograded/ folder.

Trusted code in one process and one thread: the only writer of the gradebook.
"""

import html
import logging
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, SubmittedNotebook
from nbgrader.preprocessors import LimitOutput, SaveAutoGrades
from nbgrader.utils import determine_grade, is_grade, is_solution, parse_utc
from sqlalchemy import select

from autograder.atomic import replace_text
from autograder.grading.classroom import Classroom, one_transaction
from autograder.grading.outcome import (
    Note,
    Outcome,
    Result,
    Status,
    TaskOutcome,
    write_outcome,
)
from autograder.grading.scoring import ANSI, settle

NOTHING_TO_RUN = (Status.UNREADABLE, Status.MISSING, Status.INFRA_ERROR)
NOT_WRITTEN = ("NotImplementedError", "NotWrittenYet")
NOT_ENDED = {"NotRun", "TimeLimit", "KernelDied"}
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
    text = _text(nbformat.writes(notebook, version=4))
    for cell in filter(is_grade, notebook.cells):
        determine_grade(cell)  # an error must come before the gradebook is touched
    with one_transaction(gradebook):
        grades = _save(gradebook, outcome, notebook, timestamp)
        scores = {name: grade.auto_score for name, grade in grades.items()}
    seconds = ran or [None] * len(notebook.cells)
    tasks = [
        _task(cell, scores[cell.metadata.nbgrader.grade_id], taken or 0.0)
        for cell, taken in zip(notebook.cells, seconds, strict=True)
        if is_grade(cell)
    ]
    outcome = Outcome(**{**vars(outcome), "notes": tuple(notes), "tasks": tuple(tasks)})
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
    path = folder / "timestamp.txt"
    if not path.is_file() or path.is_symlink():
        return None, []
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    try:
        parse_utc(text)
    except (ValueError, OverflowError):
        return None, [Note("file", "timestamp.txt does not hold a date")]
    return text, []


class _SaveToRows(SaveAutoGrades):
    """nbgrader's rules for marks and comments, on rows that are already read."""

    def save(
        self,
        notebook: NotebookNode,
        grades: dict[str, Grade],
        comments: dict[str, Comment],
    ) -> None:
        self.notebook_id = self.assignment_id = self.student_id = ""
        self.gradebook = SimpleNamespace(
            find_grade=lambda name, *place: grades[name],
            find_comment=lambda name, *place: comments[name],
            db=SimpleNamespace(commit=lambda: None),
        )
        for index, cell in enumerate(notebook.cells):
            self.preprocess_cell(cell, {}, index)


def _save(
    gradebook: Gradebook,
    outcome: Outcome,
    notebook: NotebookNode,
    timestamp: str | None,
) -> dict[str, Grade]:
    gradebook.update_or_create_student(outcome.student)
    handed_in = {"timestamp": timestamp} if timestamp else {}
    submission = gradebook.update_or_create_submission(
        outcome.lesson, outcome.student, **handed_in
    )
    place = select(SubmittedNotebook.id).filter_by(assignment_id=submission.id)
    grades = _rows(gradebook, Grade, place)
    comments = _rows(gradebook, Comment, place)
    _SaveToRows(log=_quiet_log()).save(notebook, grades, comments)
    if outcome.status is not Status.GRADED:
        text = re.sub("[<>&]", "?", f"{outcome.status}: {outcome.reason}")
        for name in _unfinished(notebook):  # pages show comments as HTML
            comments[name].auto_comment = text
    return grades


def _unfinished(notebook: NotebookNode) -> list[str]:
    """The answer cells whose check did not run or did not end; all, where there is no such check."""
    answers: list[str] = []
    unfinished: list[str] = []
    for cell in notebook.cells:
        if is_solution(cell):
            answers.append(cell.metadata.nbgrader.grade_id)
        elif is_grade(cell):
            names = {out.get("ename") for out in cell.get("outputs", [])}
            if names & NOT_ENDED:
                unfinished += answers
            answers = []
    return unfinished or [
        cell.metadata.nbgrader.grade_id for cell in notebook.cells if is_solution(cell)
    ]


def _rows(gradebook: Gradebook, table: type, place) -> dict[str, Grade | Comment]:
    query = (
        select(BaseCell.__table__.c.name, table)
        .join_from(BaseCell.__table__, table, table.cell_id == BaseCell.__table__.c.id)
        .where(table.notebook_id.in_(place))
    )
    return {name: row for name, row in gradebook.db.execute(query)}


def _explain(notebook: NotebookNode, outcome: Outcome) -> None:
    """Make a master without answers say why it has none, and fail its checks."""
    text = f"{outcome.status}: {outcome.reason}"
    for cell in notebook.cells:
        if is_grade(cell) and not is_solution(cell) and cell.cell_type == "code":
            cell.outputs = [
                new_output("error", ename="NotRun", evalue=text, traceback=[text])
            ]
    reason = in_markdown(outcome.reason)
    cell = new_markdown_cell(f"**This submission could not be graded.** {reason}")
    cell["id"] = "not-graded"
    notebook.cells.insert(0, cell)


def _task(cell: NotebookNode, score: float | None, seconds: float) -> TaskOutcome:
    name = cell.metadata.nbgrader.grade_id
    if is_solution(cell) or cell.cell_type != "code":
        by_hand = score is None
        return TaskOutcome(name, Result.BY_HAND if by_hand else Result.NO_ANSWER)
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if not errors:
        full = score >= float(cell.metadata.nbgrader.points)
        result = Result.PASSED if full else Result.PARTIAL
        if score == 0 and not full:
            result = Result.FAILED
        return TaskOutcome(name, result, seconds=seconds)
    error = errors[0]
    if error.ename == "NotRun":
        result = Result.NOT_RUN
    elif error.ename in NOT_WRITTEN:
        result = Result.NO_ANSWER
    else:
        result = Result.FAILED
    message = ANSI.sub("", error.evalue)[:LONGEST_MESSAGE]
    return TaskOutcome(name, result, error.ename, message, seconds)


def _text(text: str) -> str:
    """Text that can be written: halves of characters in an output become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def _quiet_log() -> logging.Logger:
    log = logging.getLogger(__name__)
    log.disabled = True
    return log
