"""Read the marks of a class: one query for the gradebook, one small file per submission."""

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    GradeCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import func, select

from autograder.grading.classroom import Classroom, open_classroom, read_gradebook
from autograder.grading.lateness import (
    UNKNOWN,
    refresh_penalties,
    seconds_late,
    unknown_lateness,
    why_late,
)
from autograder.grading.outcome import Outcome, Result, Status, read_outcome
from autograder.lessons import Lesson
from autograder.lessons.source import task_name
from course.kit import UsageError

PLAIN_ERRORS = ("AssertionError", "CheckFailed")
LONGEST_REASON = 160  # characters
TASK_WORDS = {
    "not_run": "the check did not run, because the notebook was stopped before it",
    "no_answer": "there is no answer",
    "timeout": "the check took longer than the time limit",
    "memory": "the check needed more memory than it may have",
    "kernel_died": "Python itself ended while the check ran",
    "output_limit": "the check printed more than it may",
}


@dataclass(frozen=True)
class Mark:
    """What one student got for one task. `task` is the check's grade_id without "check_".

    `score` is what counts (a person's mark before the automatic one, plus extra credit); it
    is 0 while `needs_manual` says that a person has still to mark it.
    """

    student: str
    lesson: str
    task: str
    score: float
    max_score: float
    auto: float | None
    manual: float | None
    needs_manual: bool
    status: Status
    result: Result | None = None
    error: str = ""
    message: str = ""
    phrases: tuple[str, ...] = ()
    cause: str = ""

    @property
    def ending(self) -> str:
        """How it ended, in one of six ways: full, partial, failed, no_answer, not_run, awaiting."""
        if self.needs_manual and self.manual is None:
            return "awaiting"
        if self.score >= self.max_score and self.max_score > 0:
            return "full"
        if self.score > 0:
            return "partial"
        if self.result is Result.PASSED:  # a check worth no points
            return "full"
        if self.manual is None and self.result is Result.NO_ANSWER:
            return "no_answer"
        if self.manual is None and self.result is Result.NOT_RUN:
            return "not_run"
        return "failed"

    @property
    def reason(self) -> str:
        """Why a check failed, in words that are the same for everybody who made that mistake."""
        if self.cause or self.phrases:
            return _short(self.cause or ", or ".join(self.phrases))
        if told := task_in_words(self.result):
            return told
        lines = self.message.strip().splitlines() or [""]
        first = lines[0].strip()
        if self.error not in PLAIN_ERRORS:
            first = f"{self.error}: {first}" if first else self.error
        if not first and self.manual is not None:
            return "marked by a person"
        return _short(first or "the check failed without a message")


@dataclass(frozen=True)
class Submission:
    """One student's marks for one lesson, its tasks in the order of the notebook."""

    student: str
    lesson: str
    status: Status
    marks: tuple[Mark, ...]
    penalty: float = 0.0  # for handing in late
    late: str = ""  # how late, and what that cost
    handed_in: datetime.datetime | None = None  # in UTC, where it is known
    outcome: Outcome | None = None
    lateness_known: bool = True  # False: it was due, and nothing says when it came

    @property
    def score(self) -> float:
        return max(0.0, sum(mark.score for mark in self.marks) - self.penalty)

    @property
    def max_score(self) -> float:
        return sum(mark.max_score for mark in self.marks)

    @property
    def awaiting(self) -> int:
        """How many tasks a person has still to mark."""
        return sum(mark.needs_manual for mark in self.marks)


def read_marks(
    class_folder: Path, lessons: Iterable[Lesson | str] = (), *, db: str = ""
) -> list[Mark]:
    """Every mark of these lessons (none named: of all), by lesson, student and task."""
    return [
        mark
        for submission in read_submissions(class_folder, lessons, db=db)
        for mark in submission.marks
    ]


def read_submissions(
    class_folder: Path, lessons: Iterable[Lesson | str] = (), *, db: str = ""
) -> list[Submission]:
    """Every graded submission of these lessons (none named: of all), by lesson and student."""
    room = open_classroom(class_folder, graded=True, db=db)
    names = lesson_names(room, lessons)
    orders = {name: task_order(room, name) for name in names}
    refresh_penalties(room, names)
    with read_gradebook(room) as session:
        late = seconds_late(session, names)
        unknown = unknown_lateness(session, room, names)
    rows = defaultdict(list)
    for row in _read_rows(room, names):
        rows[row.lesson, row.student].append(row)
    submissions = [
        _submission(
            room,
            student,
            lesson,
            group,
            orders[lesson],
            late.get((lesson, student), 0),
            unknown.get((lesson, student), ""),
        )
        for (lesson, student), group in rows.items()
    ]
    return sorted(submissions, key=lambda each: (each.lesson, each.student))


def lesson_names(room: Classroom, lessons: Iterable[Lesson | str]) -> list[str]:
    """The names of the lessons; none given means all that the gradebook knows.

    Refuses a lesson that was never graded in this class.
    """
    wanted = [each if isinstance(each, str) else each.name for each in lessons]
    with read_gradebook(room) as session:
        known = sorted(session.execute(select(Assignment.name)).scalars())
    unknown = [name for name in wanted if name not in known]
    if unknown or not known:
        raise UsageError(
            f"{room.shown_database} has no marks of {', '.join(unknown) or 'any lesson'}. "
            f"Grade the class first: autograder grade --class {room.root}"
        )
    return [name for name in known if name in wanted] if wanted else known


def task_order(room: Classroom, lesson: str) -> list[str]:
    """The grade_ids of a lesson's graded cells in the order of its notebook."""
    path = room.source / lesson / f"{lesson}.ipynb"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        marks = [cell["metadata"].get("nbgrader", {}) for cell in cells]
        return [mark["grade_id"] for mark in marks if mark.get("grade")]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []


def task_in_words(result: object) -> str:
    """Why a check gave no marks when the reason is not in the check's own output; else ""."""
    return TASK_WORDS.get(str(result), "")


def _short(text: str) -> str:
    if len(text) <= LONGEST_REASON:
        return text
    return text[: LONGEST_REASON - 1].rstrip() + "…"


def number(value: float) -> str:
    """The shortest text of a mark: 1.0 is "1", a third is "0.333333"."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _read_rows(room: Classroom, names: list[str]) -> list:
    points = func.coalesce(
        GradeCell.__table__.c.max_score, TaskCell.__table__.c.max_score, 0.0
    )
    cell = BaseCell.__table__
    query = (
        select(
            SubmittedAssignment.student_id.label("student"),
            Assignment.name.label("lesson"),
            cell.c.name.label("grade_id"),
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
            SubmittedNotebook.late_submission_penalty.label("penalty"),
            SubmittedAssignment.timestamp,
            points.label("points"),
        )
        .select_from(Grade)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(
            SubmittedAssignment,
            SubmittedAssignment.id == SubmittedNotebook.assignment_id,
        )
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(cell, cell.c.id == Grade.cell_id)
        .outerjoin(GradeCell.__table__, GradeCell.__table__.c.id == cell.c.id)
        .outerjoin(TaskCell.__table__, TaskCell.__table__.c.id == cell.c.id)
        .where(Assignment.name.in_(names))
    )
    with read_gradebook(room) as session:
        return list(session.execute(query))


def _submission(
    room: Classroom,
    student: str,
    lesson: str,
    rows: list,
    order: list[str],
    seconds: float,
    unknown: str,
) -> Submission:
    outcome = read_outcome(room.outcome(student, lesson))
    status = outcome.status if outcome else Status.GRADED
    tasks = {task.grade_id: task for task in outcome.tasks} if outcome else {}
    place = {grade_id: index for index, grade_id in enumerate(order)}
    rows = sorted(rows, key=lambda r: (place.get(r.grade_id, len(place)), r.grade_id))
    marks = []
    for row in rows:
        given = row.auto_score if row.manual_score is None else row.manual_score
        task = tasks.get(row.grade_id)
        marks.append(
            Mark(
                student=student,
                lesson=lesson,
                task=task_name(row.grade_id),
                score=(given or 0.0) + (row.extra_credit or 0.0),
                max_score=row.points,
                auto=row.auto_score,
                manual=row.manual_score,
                needs_manual=bool(row.needs_manual_grade),
                status=status,
                result=task.result if task else None,
                error=task.error if task else "",
                message=task.message if task else "",
                phrases=task.phrases if task else (),
                cause=task.cause if task else "",
            )
        )
    penalty = rows[0].penalty or 0.0
    late = why_late(seconds, penalty)
    is_known = unknown != UNKNOWN
    late = late or (unknown if is_known else "")
    handed_in = rows[0].timestamp
    return Submission(
        student,
        lesson,
        status,
        tuple(marks),
        penalty,
        late,
        handed_in,
        outcome,
        is_known,
    )
