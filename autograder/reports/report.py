"""A page about the class: how it did, task by task, and what it misunderstood."""

import datetime
import json
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.files import replace_text
from autograder.grading.classroom import Classroom, check_writable, open_classroom
from autograder.grading.outcome import Result, Status
from autograder.grading.register import names as student_names
from autograder.lessons import Lesson
from autograder.reports.marks import (
    Mark,
    Submission,
    lesson_names,
    number,
    read_submissions,
)
from course.kit.usage_error import UsageError

TEMPLATES = Path(__file__).with_name("templates")
PLAIN_ERRORS = ("AssertionError", "CheckFailed")
LONGEST_REASON = 160  # characters
MOST_REASONS = 4
MOST_BINS = 21


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: so many students with a total from `start` on."""

    label: str
    count: int


@dataclass(frozen=True)
class TaskSummary:
    """How many students ended each way in one task, and what went wrong most often.

    Every student with a submission is in exactly one of the six counts.
    """

    name: str
    max_score: float
    full: int
    partial: int
    failed: int
    no_answer: int
    not_run: int
    awaiting: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def students(self) -> int:
        return (
            self.full
            + self.partial
            + self.failed
            + self.no_answer
            + self.not_run
            + self.awaiting
        )

    @property
    def share(self) -> float | None:
        """Share of the students that have all points; None while some are not marked."""
        return None if self.awaiting else self.full / self.students


@dataclass(frozen=True)
class LessonSummary:
    """One lesson of the class. Totals count 0 for tasks that a person has still to mark."""

    name: str
    title: str
    submissions: tuple[Submission, ...]
    tasks: tuple[TaskSummary, ...]
    histogram: tuple[Bar, ...]
    statuses: tuple[tuple[Status, int], ...]

    @property
    def max_score(self) -> float:
        return max((each.max_score for each in self.submissions), default=0.0)

    @property
    def handed_in(self) -> int:
        """How many students handed something in, be it unreadable."""
        return sum(each.status is not Status.MISSING for each in self.submissions)

    @property
    def mean(self) -> float:
        return statistics.fmean(each.score for each in self.submissions)

    @property
    def median(self) -> float:
        return statistics.median(each.score for each in self.submissions)

    @property
    def awaiting(self) -> int:
        return sum(each.awaiting for each in self.submissions)

    @property
    def not_graded(self) -> list[Submission]:
        return [each for each in self.submissions if each.status is not Status.GRADED]

    @property
    def noted(self) -> list[Submission]:
        """Submissions of which there is something to know, tampering above all."""
        return [
            each for each in self.submissions if each.outcome and each.outcome.notes
        ]


def report(
    class_folder: Path, lessons: Sequence[Lesson | str] = (), *, db: str = ""
) -> Path:
    """Write report/index.html about these lessons (none named: all); returns its path.

    One file that needs no network and no script. Every text that comes from a student is
    escaped. Raises UsageError when nothing is graded.
    """
    room = open_classroom(class_folder, graded=True, db=db)
    check_writable(room.root)
    page = render(room, summaries(room, lessons))
    path = room.report / "index.html"
    replace_text(path, page)
    return path


def summaries(
    room: Classroom, lessons: Sequence[Lesson | str] = ()
) -> list[LessonSummary]:
    """The summaries of the lessons that anybody handed in."""
    names = lesson_names(room, lessons)
    submissions = read_submissions(room.root, names, db=room.db)
    found = []
    for name in names:
        mine = [each for each in submissions if each.lesson == name]
        if mine:
            found.append(summarise(room, name, mine))
    if not found:
        raise UsageError(
            f"{room.root} has no graded submission of {', '.join(names) or 'any lesson'}. "
            f"Grade it first: autograder grade --class {room.root}"
        )
    return found


def marks_table(
    class_folder: Path, lessons: Sequence[Lesson | str] = (), *, db: str = ""
) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of the marks for a terminal: student, lesson, its tasks, total, status.

    With several lessons a student has one row with a total per lesson instead of the tasks.
    A "?" follows a number to which a person may still add.
    """
    room = open_classroom(class_folder, graded=True, db=db)
    found = summaries(room, lessons)
    if len(found) == 1:
        summary = found[0]
        columns = ["student", *(task.name for task in summary.tasks)]
        rows = [
            [each.student, *_task_cells(each, summary), _total(each), str(each.status)]
            for each in summary.submissions
        ]
        if any(each.late for each in summary.submissions):
            late = [[each.late] for each in summary.submissions]
            return [*columns, "total", "status", "late"], [
                [*row, *cell] for row, cell in zip(rows, late, strict=True)
            ]
        return [*columns, "total", "status"], rows
    columns = ["student", *(summary.name for summary in found), "total", "status"]
    by_student: dict[str, dict[str, Submission]] = {}
    for summary in found:
        for each in summary.submissions:
            by_student.setdefault(each.student, {})[each.lesson] = each
    rows = []
    for student, mine in sorted(by_student.items()):
        cells = [
            _total(mine[summary.name]) if summary.name in mine else "-"
            for summary in found
        ]
        score = sum(each.score for each in mine.values())
        most = sum(each.max_score for each in mine.values())
        statuses = sorted({str(each.status) for each in mine.values()} - {"graded"})
        total = f"{number(score)} of {number(most)}"
        rows.append([student, *cells, total, ", ".join(statuses) or "graded"])
    return columns, rows


def render(room: Classroom, found: list[LessonSummary]) -> str:
    """The page as text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.globals.update(ending=ending, reason=reason)
    names = {student: " ".join(name) for student, name in student_names(room).items()}
    columns, rows = marks_table(
        room.root, [summary.name for summary in found], db=room.db
    )
    return environment.get_template("report.html.j2").render(
        folder=room.root.resolve().name,
        made=datetime.datetime.now().astimezone(),
        lessons=found,
        names=names,
        columns=columns,
        rows=rows,
        students=len({s.student for each in found for s in each.submissions}),
    )


def summarise(
    room: Classroom, lesson: str, submissions: Sequence[Submission]
) -> LessonSummary:
    """The summary of one lesson; `submissions` are those of this lesson, at least one."""
    names: list[str] = []
    for submission in submissions:
        names += [mark.task for mark in submission.marks if mark.task not in names]
    by_task: dict[str, list[Mark]] = {name: [] for name in names}
    for submission in submissions:
        for mark in submission.marks:
            by_task[mark.task].append(mark)
    counts = Counter(each.status for each in submissions)
    return LessonSummary(
        name=lesson,
        title=_title(room, lesson),
        submissions=tuple(submissions),
        tasks=tuple(_task(name, marks) for name, marks in by_task.items()),
        histogram=_histogram(submissions),
        statuses=tuple(counts.most_common()),
    )


def ending(mark: Mark) -> str:
    """How a task ended for a student: the name of one of TaskSummary's counts."""
    if mark.needs_manual and mark.manual is None:
        return "awaiting"
    if mark.score >= mark.max_score and mark.max_score > 0:
        return "full"
    if mark.score > 0:
        return "partial"
    if mark.result is Result.PASSED:  # a check worth no points
        return "full"
    if mark.manual is None and mark.result is Result.NO_ANSWER:
        return "no_answer"
    if mark.manual is None and mark.result is Result.NOT_RUN:
        return "not_run"
    return "failed"


def reason(mark: Mark) -> str:
    """Why a check failed, in words that are the same for everybody who made that mistake."""
    if mark.cause or mark.phrases:
        return _short(mark.cause or ", or ".join(mark.phrases))
    lines = mark.message.strip().splitlines() or [""]
    first = lines[0].strip()
    if mark.error not in PLAIN_ERRORS:
        first = f"{mark.error}: {first}" if first else mark.error
    return _short(first or "the check failed without a message")


def _short(text: str) -> str:
    if len(text) <= LONGEST_REASON:
        return text
    return text[: LONGEST_REASON - 1].rstrip() + "…"


def _task(name: str, marks: list[Mark]) -> TaskSummary:
    endings = Counter(ending(mark) for mark in marks)
    reasons = Counter(reason(mark) for mark in marks if ending(mark) == "failed")
    kinds = ("full", "partial", "failed", "no_answer", "not_run", "awaiting")
    return TaskSummary(
        name=name,
        max_score=max(mark.max_score for mark in marks),
        reasons=tuple(reasons.most_common(MOST_REASONS)),
        **{kind: endings[kind] for kind in kinds},
    )


def _histogram(submissions: Sequence[Submission]) -> tuple[Bar, ...]:
    """Bars one point wide, or wider where there are many points; the last is the maximum."""
    most = max(each.max_score for each in submissions)
    width = max(1, math.ceil(most / (MOST_BINS - 1)))
    bins = math.floor(most / width) + 1
    places = (
        min(max(math.floor(each.score / width), 0), bins - 1) for each in submissions
    )
    counts = Counter(places)
    bars = []
    for place in range(bins):
        first, last = place * width, min((place + 1) * width - 1, math.floor(most))
        label = str(first) if first == last else f"{first}-{last}"
        bars.append(Bar(label, counts[place]))
    return tuple(bars)


def _title(room: Classroom, lesson: str) -> str:
    """The heading of the lesson's notebook; "" where there is none."""
    path = room.source / lesson / f"{lesson}.ipynb"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        source = "".join(cells[0]["source"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    return source.strip().split("\n")[0].lstrip("# ").strip()


def _task_cells(submission: Submission, summary: LessonSummary) -> list[str]:
    marks = {mark.task: mark for mark in submission.marks}
    cells = []
    for task in summary.tasks:
        mark = marks.get(task.name)
        is_open = mark is not None and ending(mark) == "awaiting"
        cells.append("-" if mark is None else "?" if is_open else number(mark.score))
    return cells


def _total(submission: Submission) -> str:
    awaiting = "?" if submission.awaiting else ""
    return f"{number(submission.score)}{awaiting}"
