"""Write the marks of a class as one table for a spreadsheet or a learning platform."""

from collections.abc import Sequence
from pathlib import Path

from autograder.files import csv_text, replace_text
from autograder.grading.classroom import Classroom, open_classroom
from autograder.grading.roster import names as learner_names
from autograder.lessons import Lesson
from autograder.results.marks import (
    Submission,
    lesson_names,
    number,
    read_submissions,
)
from autograder.results.platforms import platform_rows
from course.kit.refusal import Refusal

SUMMARY = ("total", "max", "awaiting", "status")


def export(
    class_folder: Path,
    to: Path,
    *,
    lessons: Sequence[Lesson | str] = (),
    statuses: bool = False,
    platform: str = "",
    db: str = "",
) -> Path:
    """Write the marks as CSV to the file `to`, in one step; returns its path.

    One row per learner, with id and names. Per lesson (none named: all) one column per task, such as
    "01_volumes/output_size", then total, max, awaiting (tasks that a person has still to
    mark; they count 0 so far) and status; at the end "total" and "max" over the lessons. A
    learner without a submission of a lesson has empty cells there. With `statuses` a column
    after each task says how it ended, such as "failed" or "timeout". `platform` "moodle",
    "canvas" or "gradescope" gives the columns that it imports instead. A cell that a
    spreadsheet would take for a formula starts with an apostrophe. Raises Refusal.
    """
    to = Path(to)
    if to.is_dir():
        raise Refusal(f"{to} is a folder. Give the name of a file, such as marks.csv")
    if not to.absolute().parent.is_dir():
        raise Refusal(f"{to} would be in a folder that does not exist. Make it first")
    room = open_classroom(class_folder, graded=True, db=db)
    if platform:
        text = csv_text(platform_rows(room, platform, lesson_names(room, lessons)))
    else:
        text = marks_csv(room, lessons, statuses=statuses)
    try:
        replace_text(to, text)
    except OSError as error:
        raise Refusal(
            f"cannot write {to}: {error.strerror}. Choose another place"
        ) from None
    return to


def marks_csv(
    room: Classroom, lessons: Sequence[Lesson | str] = (), *, statuses: bool = False
) -> str:
    """The table that `export` writes for a spreadsheet."""
    names = lesson_names(room, lessons)
    by_learner: dict[str, dict[str, Submission]] = {}
    tasks: dict[str, list[str]] = {name: [] for name in names}
    for submission in read_submissions(room.root, names, db=room.db):
        mine = by_learner.setdefault(submission.student, {})
        mine[submission.lesson] = submission
        known = tasks[submission.lesson]
        known += [mark.task for mark in submission.marks if mark.task not in known]
    known = learner_names(room)
    columns = ["student", "first_name", "last_name"]
    for name in names:
        for task in tasks[name]:
            columns.append(f"{name}/{task}")
            columns += [f"{name}/{task}/status"] if statuses else []
        columns += [f"{name}/{column}" for column in SUMMARY]
    rows = [[*columns, "total", "max"]]
    for student in sorted(known):
        mine = by_learner.get(student, {})
        row = [student, *known[student]]
        for name in names:
            row += _cells(mine.get(name), tasks[name], statuses)
        for total in ("score", "max_score"):
            values = [getattr(each, total) for each in mine.values()]
            row.append(number(sum(values)) if values else "")
        rows.append(row)
    return csv_text(rows)


def _cells(
    submission: Submission | None, tasks: list[str], statuses: bool
) -> list[str]:
    if submission is None:
        return [""] * (len(tasks) * (1 + statuses) + len(SUMMARY))
    marks = {mark.task: mark for mark in submission.marks}
    cells = []
    for task in tasks:
        mark = marks.get(task)
        open_question = mark is None or mark.needs_manual and mark.manual is None
        cells.append("" if open_question else number(mark.score))
        if statuses:
            cells.append(str(mark.result or "") if mark else "")
    return [
        *cells,
        number(submission.score),
        number(submission.max_score),
        number(submission.awaiting),
        str(submission.status),
    ]
