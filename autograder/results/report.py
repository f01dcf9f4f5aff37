"""A page about the class: how it did, task by task, and what it misunderstood."""

import datetime
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.files import replace_text
from autograder.grading.classroom import Classroom, check_writable, open_classroom
from autograder.grading.register import names as learner_names
from autograder.lessons import Lesson
from autograder.results.class_summary import LessonSummary, ending, reason, summarise
from autograder.results.marks import (
    Submission,
    lesson_names,
    number,
    read_submissions,
)
from course.kit.refusal import Refusal

TEMPLATES = Path(__file__).with_name("templates")


def report(
    class_folder: Path, lessons: Sequence[Lesson | str] = (), *, db: str = ""
) -> Path:
    """Write report/index.html about these lessons (none named: all); returns its path.

    One file that needs no network and no script. Every text that comes from a learner is
    escaped. Raises Refusal when nothing is graded.
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
        raise Refusal(
            f"{room.root} has no graded submission of {', '.join(names) or 'any lesson'}. "
            f"Grade it first: autograder grade --class {room.root}"
        )
    return found


def marks_table(
    class_folder: Path, lessons: Sequence[Lesson | str] = (), *, db: str = ""
) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of the marks for a terminal: learner, lesson, its tasks, total, status.

    With several lessons a learner has one row with a total per lesson instead of the tasks.
    A "?" follows a number to which a person may still add.
    """
    room = open_classroom(class_folder, graded=True, db=db)
    found = summaries(room, lessons)
    if len(found) == 1:
        summary = found[0]
        columns = ["learner", *(task.name for task in summary.tasks)]
        rows = [
            [each.student, *_task_cells(each, summary), _total(each), str(each.status)]
            for each in summary.submissions
        ]
        return [*columns, "total", "status"], rows
    columns = ["learner", *(summary.name for summary in found), "total", "status"]
    by_learner: dict[str, dict[str, Submission]] = {}
    for summary in found:
        for each in summary.submissions:
            by_learner.setdefault(each.student, {})[each.lesson] = each
    rows = []
    for student, mine in sorted(by_learner.items()):
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
    names = {student: " ".join(name) for student, name in learner_names(room).items()}
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
        learners=len({s.student for each in found for s in each.submissions}),
    )


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
