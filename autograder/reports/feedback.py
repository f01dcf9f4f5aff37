"""Pages for students: their graded notebook with marks and comments, without hidden tests."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

from autograder.files import replace_text
from autograder.grading.classroom import (
    Classroom,
    check_writable,
    open_classroom,
    read_gradebook,
)
from autograder.grading.outcome import Outcome, fault
from autograder.grading.record import in_markdown
from autograder.grading.sanitize import sanitized
from autograder.grading.submitted import keep_exchange_files
from autograder.lessons import Lesson
from autograder.reports.marks import Submission, lesson_names, read_submissions
from autograder.reports.page import fit, page_exporter, redact, shorten
from course.kit.terminal import progress_bar

# A student's own scripts do not run, and nothing is fetched: the page opens offline.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>"
)
CHARSET = re.compile(r'<meta charset="utf-8" ?/>')
MATHJAX = re.compile(
    r"<!-- Load mathjax -->.*?<!-- End of mathjax configuration -->", re.DOTALL
)
LARGEST_PAGE = 30_000_000
WITH_HIDDEN_TESTS = "feedback_with_hidden_tests"
VERSION = 4  # raise it when pages should be written again
NOTEBOOK_WORDS = {
    "timeout": "it took longer than the time limit and was stopped",
    "memory": "it needed more memory than it may have and was stopped",
    "kernel_died": "Python itself ended while it ran",
    "output_limit": "it printed more than it may and was stopped",
    "infra_error": "the grading machine failed; this is not your fault, and it is tried again",
}
NOTHING_THERE = ("unreadable", "missing")
STOPPED = ("timeout", "memory", "kernel_died", "output_limit")
TASK_WORDS = {
    "not_run": "the check did not run, because the notebook was stopped before it",
    "no_answer": "there is no answer",
    "timeout": "the check took longer than the time limit",
    "memory": "the check needed more memory than it may have",
    "kernel_died": "Python itself ended while the check ran",
    "output_limit": "the check printed more than it may",
}


@dataclass(frozen=True)
class FeedbackSummary:
    """What a run did. `failed`: (student, lesson, reason) of pages that could not be made."""

    folder: Path
    written: int
    unchanged: int
    failed: tuple[tuple[str, str, str], ...]

    def __str__(self) -> str:
        text = (
            f"{self.folder}: {self.written} pages written, {self.unchanged} unchanged"
        )
        return f"{text}, {len(self.failed)} failed" if self.failed else text


def feedback(
    class_folder: Path,
    lessons: Sequence[Lesson | str] = (),
    *,
    students: Collection[str] | None = None,
    force: bool = False,
    show_hidden_tests: bool = False,
    db: str = "",
) -> FeedbackSummary:
    """Write feedback/STUDENT/LESSON/LESSON.html of these lessons (none named: all).

    nbgrader's own page, with hidden tests taken out of checks and outputs, and with no script
    in it that runs. A page is left alone while notebook, marks and comments are the same,
    unless `force`. One that cannot be made does not stop the others. `students`: only theirs.
    Raises UsageError.
    `show_hidden_tests` is for the instructor: those pages go to feedback_with_hidden_tests/,
    so that they are not handed out by mistake.
    """
    room = open_classroom(class_folder, graded=True, db=db)
    check_writable(room.root)
    names = lesson_names(room, lessons)
    submissions = [
        each
        for each in read_submissions(room.root, names, db=room.db)
        if students is None or each.student in students
    ]
    comments = _comments(room, names)
    exporter = page_exporter()
    written = unchanged = 0
    failed = []
    with progress_bar() as bar:
        task = bar.add_task("feedback", total=len(submissions), now="")
        for each in submissions:
            try:
                remarks = comments[each.lesson, each.student]
                page = _page_path(room, each, show_hidden_tests)
                changed = _write_page(
                    room, exporter, each, remarks, page, force, show_hidden_tests
                )
                keep_exchange_files(
                    room.submitted / each.student / each.lesson, page.parent
                )
                written += changed
                unchanged += not changed
            except Exception as error:  # noqa: BLE001 the others get theirs
                failed.append((each.student, each.lesson, fault(error)))
            bar.update(task, advance=1, now=f"{each.lesson} {each.student}")
    folder = room.root / WITH_HIDDEN_TESTS if show_hidden_tests else room.feedback
    return FeedbackSummary(folder, written, unchanged, tuple(failed))


def _page_path(room: Classroom, submission: Submission, hidden_tests: bool) -> Path:
    path = room.feedback_page(submission.student, submission.lesson)
    if hidden_tests:
        return room.root / WITH_HIDDEN_TESTS / path.relative_to(room.feedback)
    return path


def _comments(room: Classroom, names: list[str]) -> dict[tuple[str, str], list]:
    """All comments by lesson and student, in one query."""
    query = (
        select(
            Assignment.name,
            SubmittedAssignment.student_id,
            BaseCell.__table__.c.name,
            Comment.auto_comment,
            Comment.manual_comment,
        )
        .select_from(Comment)
        .join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
        .join(
            SubmittedAssignment,
            SubmittedAssignment.id == SubmittedNotebook.assignment_id,
        )
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(BaseCell.__table__, BaseCell.__table__.c.id == Comment.cell_id)
        .where(Assignment.name.in_(names))
    )
    found = defaultdict(list)
    with read_gradebook(room) as session:
        for lesson, student, *comment in session.execute(query):
            found[lesson, student].append(tuple(comment))
    return found


def _write_page(
    room: Classroom,
    exporter: HTMLExporter,
    submission: Submission,
    comments: list,
    path: Path,
    force: bool,
    show_hidden_tests: bool,
) -> bool:
    """Write one page; False when it was up to date."""
    student, lesson = submission.student, submission.lesson
    source = room.autograded_notebook(student, lesson).read_text(encoding="utf-8")
    state = f"{VERSION} {source} {submission} {sorted(map(repr, comments))}"
    key = hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
    mark = f"<!-- made by autograder feedback from {key} -->"
    if not force and _ends_with(path, mark):
        return False
    notebook = nbformat.reads(source, as_version=4)
    if not show_hidden_tests:
        redact(notebook)
    shorten(notebook)
    notebook = sanitized(notebook)
    fit(notebook)
    _tell(notebook, submission)
    place = {"student": student, "assignment": lesson, "notebook": lesson}
    resources = {
        "nbgrader": {**place, "db_url": room.db_url},
        "unique_key": lesson,
    }
    page, _ = exporter.from_notebook_node(notebook, resources)
    page = MATHJAX.sub("", page, count=1)
    page, count = CHARSET.subn(lambda found: found[0] + POLICY, page, count=1)
    if not count or page.index(POLICY) > page.index("</head>"):
        raise ValueError("nbgrader's page has another head than expected")
    if len(page) > LARGEST_PAGE:
        raise ValueError(f"the page would have {len(page):,} characters")
    replace_text(path, f"{page.rstrip()}\n{mark}\n")
    return True


def _ends_with(path: Path, mark: str) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-len(mark) - 1, 2)
            return file.read().decode("utf-8", "replace").strip() == mark
    except OSError:
        return False


def _tell(notebook: NotebookNode, submission: Submission) -> None:
    """Say above the notebook what happened to it, if anything did."""
    outcome = submission.outcome
    points = " points" if submission.penalty else ""
    lines = [f"It came {submission.late}{points}." if submission.late else ""]
    if outcome is not None:
        lines += _of_outcome(outcome)
    lines = [line for line in lines if line]
    if lines:
        items = "\n".join(f"- {in_markdown(line)}" for line in lines)
        told = new_markdown_cell(
            f"**About this notebook when it was graded**\n\n{items}"
        )
        notebook.cells.insert(0, told)


def _of_outcome(outcome: Outcome) -> list[str]:
    lines = [notebook_in_words(outcome.status, outcome.reason)]
    lines += [
        f"{task.grade_id}: {task.cause or task_in_words(task.result)}"
        for task in outcome.tasks
        if task.cause or task_in_words(task.result)
    ]
    return lines + [str(note) for note in outcome.notes if note.kind != "id"]


def notebook_in_words(status: object, reason: str = "") -> str:
    """A sentence about the whole notebook; "" when it was graded to its end.

    >>> notebook_in_words("timeout", "it was slow")
    'It did not run to its end: it was slow.'
    """
    if str(status) in NOTHING_THERE and reason:
        return f"Nothing could be graded: {reason}."
    told = reason or NOTEBOOK_WORDS.get(str(status), "")
    if str(status) in STOPPED:
        return f"It did not run to its end: {told}."
    return f"When it was graded: {told}." if str(status) in NOTEBOOK_WORDS else ""


def task_in_words(result: object) -> str:
    """Why a check gave no marks when the reason is not in the check's own output; else ""."""
    return TASK_WORDS.get(str(result), "")
