"""The report on a class as one page: what to do first, then why, then all marks."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from autograder.files import replace_text
from autograder.grading.classroom import Classroom, check_writable, open_classroom
from autograder.grading.outcome import Status
from autograder.lessons import Lesson
from autograder.reports.feedback_page import TEMPLATES, templates
from autograder.reports.findings import ClassReport, class_report
from autograder.reports.marks import Submission, number
from autograder.reports.tasks import LessonReport, Task

MOST_NAMES = 8  # of a list; the others are folded
LEAST_TASKS, MOST_TASKS = 3, 8  # to look at


@dataclass
class Cell:
    """A mark in the table: what it shows, its share of the points, and what it leads to."""

    label: str
    text: str
    share: float | None = None
    link: str = ""
    told: str = ""
    sign: str = ""


@dataclass
class Row:
    """One student in the table of marks; `states` are what the table can be filtered by."""

    student: str
    name: str
    cells: list[Cell]
    score: float
    most: float
    awaiting: int
    states: set[str] = field(default_factory=set)


def report(
    class_folder: Path, lessons: Sequence[Lesson | str] = (), *, db: str = ""
) -> tuple[Path, ClassReport]:
    """Write report/index.html about these lessons (none named: all).

    Returns its path and what stands in it. One file that needs no network; every text that
    comes from a student is escaped. Raises UsageError when nothing is graded.
    """
    room = open_classroom(class_folder, graded=True, db=db)
    check_writable(room.root)
    found = class_report(room, lessons)
    path = room.report / "index.html"
    replace_text(path, report_page(room, found))
    return path, found


def report_page(room: Classroom, found: ClassReport) -> str:
    """The page as text."""
    environment = templates()
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest())
    links = _Links(room)
    environment.filters["short"] = short
    environment.globals.update(link=links.page, MOST_NAMES=MOST_NAMES)
    rows = _rows(found, links)
    return environment.get_template("report.html.j2").render(
        report=found,
        command=f"autograder mark --class {room.root}",
        script=script,
        digest=digest.decode("ascii"),
        look_at=_look_at(found),
        missing=[
            each for each in found.lessons if each.absent or each.without_notebook
        ],
        rows=rows,
        has_links=links.any,
        head=rows[0].cells if rows else [],
    )


def short(lesson: str) -> str:
    """ "04 im2col" for "04_im2col": what people call a lesson."""
    return lesson.replace("_", " ")


class _Links:
    """Where feedback pages are, as seen from the report; "" for one that is not there."""

    def __init__(self, room: Classroom) -> None:
        self.room = room
        self.any = False
        self._known: dict[tuple[str, str], str] = {}

    def page(self, student: str, lesson: str) -> str:
        place = (student, lesson)
        if place not in self._known:
            path = self.room.feedback_page(student, lesson)
            parts = path.relative_to(self.room.root).parts
            there = path.is_file()
            self.any |= there
            self._known[place] = "../" + "/".join(map(quote, parts)) if there else ""
        return self._known[place]


def _look_at(found: ClassReport) -> list[tuple[LessonReport, Task]]:
    """The tasks whose numbers are odd, the hardest first; where they are few, the hardest others."""
    tasks = [
        (lesson, task)
        for lesson in found.lessons
        for task in lesson.tasks
        if task.facility < 1
    ]
    tasks.sort(key=lambda pair: (not pair[1].why, pair[1].facility))
    odd = sum(bool(task.why) for _, task in tasks)
    return tasks[: min(max(odd, LEAST_TASKS), MOST_TASKS)]


def _rows(found: ClassReport, links: _Links) -> list[Row]:
    by_student: dict[str, dict[str, Submission]] = {name: {} for name in found.names}
    for each in found.submissions:
        by_student.setdefault(each.student, {})[each.lesson] = each
    stuck = {each.student for each in found.stuck}
    odd = {who for note in found.found if note.is_odd for who in note.students}
    odd |= {who for pair in found.pairs for who in pair.students}
    only = found.lessons[0] if len(found.lessons) == 1 else None
    rows = []
    for student, mine in sorted(by_student.items()):
        cells = (
            _task_cells(only, mine.get(only.name), links)
            if only
            else [
                _lesson_cell(each, mine.get(each.name), links) for each in found.lessons
            ]
        )
        row = Row(
            student,
            found.names.get(student, ""),
            cells,
            sum(each.score for each in mine.values()),
            sum(each.max_score for each in mine.values()),
            sum(each.awaiting for each in mine.values()),
        )
        states = {
            "stuck": student in stuck,
            "look": student in odd,
            "mark": row.awaiting > 0,
            "late": any(each.late for each in mine.values()),
            "failed": any(
                each.status not in (Status.GRADED, Status.MISSING)
                for each in mine.values()
            ),
            "missing": len(mine) < len(found.lessons)
            or any(each.status is Status.MISSING for each in mine.values()),
        }
        row.states = {name for name, holds in states.items() if holds}
        rows.append(row)
    return rows


def _lesson_cell(
    lesson: LessonReport, submission: Submission | None, links: _Links
) -> Cell:
    label = lesson.name
    if submission is None or submission.status is Status.MISSING:
        told = "handed in nothing" if submission is None else "handed in no notebook"
        return Cell(label, "–", None, "", told)
    told = [
        f"{lesson.name}: {number(submission.score)} of {number(submission.max_score)}"
    ]
    told += [str(submission.status)] if submission.status is not Status.GRADED else []
    told += [submission.late] if submission.late else []
    told += [f"{submission.awaiting} to mark"] if submission.awaiting else []
    share = submission.score / submission.max_score if submission.max_score else 0.0
    sign = "!" if submission.status is not Status.GRADED else ""
    sign += "*" if submission.late else ""
    link = links.page(submission.student, lesson.name)
    text = number(round(submission.score, 2))
    return Cell(label, text, share, link, ", ".join(told), sign)


def _task_cells(
    lesson: LessonReport, submission: Submission | None, links: _Links
) -> list[Cell]:
    is_there = submission is not None and submission.status is not Status.MISSING
    marks = {m.task: m for m in submission.marks} if submission and is_there else {}
    link = links.page(submission.student, lesson.name) if submission else ""
    cells = []
    for place, task in enumerate(lesson.tasks, start=1):
        mark = marks.get(task.name)
        label = task.name.removeprefix("question_")
        if mark is None:
            cells.append(Cell(label, "–", None, "", "handed in nothing"))
        elif mark.ending == "awaiting":
            told = f"{label}: a person has to mark it"
            cells.append(Cell(label, "?", None, link and f"{link}#task-{place}", told))
        else:
            told = "" if mark.ending == "full" else f": {mark.reason}"
            share = mark.score / mark.max_score if mark.max_score else 1.0
            at = link and f"{link}#task-{place}"
            text = number(round(mark.score, 2))
            cells.append(Cell(label, text, share, at, f"{label}{told}"))
    return cells
