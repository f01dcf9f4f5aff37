"""Write the marks of a class as one table, for a spreadsheet or as a learning platform imports it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from nbgrader.api import Student
from sqlalchemy import select

from autograder.files import csv_text, replace_text
from autograder.grading.classroom import (
    Classroom,
    open_classroom,
    read_gradebook,
    student_names,
)
from autograder.grading.lateness import UNKNOWN
from autograder.grading.outcome import Status
from autograder.lessons import Lesson
from autograder.reports.marks import Submission, lesson_names, number, read_submissions
from course.kit.usage_error import UsageError

SUMMARY = ("total", "max", "awaiting", "status")
Rows = list[list[str]]
Marks = dict[str, dict[str, Submission]]  # student -> lesson -> submission


def export(
    class_folder: Path,
    to: Path,
    *,
    lessons: Sequence[Lesson | str] = (),
    statuses: bool = False,
    platform: str = "",
    partial: bool = False,
    db: str = "",
) -> Path:
    """Write the marks as CSV to the file `to`, in one step; returns its path.

    One row per student, with id and names. Per lesson (none named: all) one column per task, such as
    "01_volumes/output_size", then total, max, awaiting (tasks that a person has still to
    mark; they count 0 so far), status and, where somebody is, late; at the end "total" and
    "max" over the lessons. A student without a submission of a lesson has empty cells there. With `statuses` a column
    after each task says how it ended, such as "failed" or "timeout". `platform` "moodle" or
    "canvas" gives the columns that its gradebook imports instead; a total that waits for a
    person is blank there unless `partial`. A cell that a
    spreadsheet would take for a formula starts with an apostrophe. Raises UsageError.
    """
    to = Path(to)
    if to.is_dir():
        raise UsageError(
            f"{to} is a folder. Give the name of a file, such as marks.csv"
        )
    if not to.absolute().parent.is_dir():
        raise UsageError(
            f"{to} would be in a folder that does not exist. Make it first"
        )
    room = open_classroom(class_folder, graded=True, db=db)
    if platform:
        names = lesson_names(room, lessons)
        text = csv_text(platform_rows(room, platform, names, partial=partial))
    else:
        text = marks_csv(room, lessons, statuses=statuses)
    try:
        replace_text(to, text)
    except OSError as error:
        raise UsageError(
            f"cannot write {to}: {error.strerror}. Choose another place"
        ) from None
    return to


def marks_csv(
    room: Classroom, lessons: Sequence[Lesson | str] = (), *, statuses: bool = False
) -> str:
    """The table that `export` writes for a spreadsheet."""
    names = lesson_names(room, lessons)
    by_student: dict[str, dict[str, Submission]] = {}
    tasks: dict[str, list[str]] = {name: [] for name in names}
    for submission in read_submissions(room.root, names, db=room.db):
        mine = by_student.setdefault(submission.student, {})
        mine[submission.lesson] = submission
        known = tasks[submission.lesson]
        known += [mark.task for mark in submission.marks if mark.task not in known]
    late = {
        each.lesson
        for mine in by_student.values()
        for each in mine.values()
        if each.late or not each.lateness_known
    }
    changed = {
        name: "; ".join(
            _changes(mine[name] for mine in by_student.values() if name in mine)
        )
        for name in names
    }
    known = student_names(room)
    columns = ["student", "first_name", "last_name"]
    for name in names:
        for task in tasks[name]:
            columns.append(f"{name}/{task}")
            columns += [f"{name}/{task}/status"] if statuses else []
        columns += [f"{name}/{column}" for column in SUMMARY]
        columns += [f"{name}/late"] if name in late else []
        columns += [f"{name}/changed"] if changed[name] else []
    rows = [[*columns, "total", "max"]]
    for student in sorted(known):
        mine = by_student.get(student, {})
        row = [student, *known[student]]
        for name in names:
            row += _cells(mine.get(name), tasks[name], statuses)
            row += [_late(mine.get(name))] if name in late else []
            row += [changed[name] if name in mine else ""] if changed[name] else []
        for total in ("score", "max_score"):
            values = [getattr(each, total) for each in mine.values()]
            row.append(number(sum(values)) if values else "")
        rows.append(row)
    return csv_text(rows)


def _late(submission: Submission | None) -> str:
    if submission is None:
        return ""
    return submission.late if submission.lateness_known else UNKNOWN


def _changes(submissions: Iterable[Submission]) -> list[str]:
    """What was changed about tasks after their release, of the lesson of these submissions."""
    notes = [
        note for each in submissions if each.outcome for note in each.outcome.notes
    ]
    return list(dict.fromkeys(str(note) for note in notes if note.kind == "changed"))


def _cells(
    submission: Submission | None, tasks: list[str], statuses: bool
) -> list[str]:
    if submission is None:
        return [""] * (len(tasks) * (1 + statuses) + len(SUMMARY))
    marks = {mark.task: mark for mark in submission.marks}
    cells = []
    for task in tasks:
        mark = marks.get(task)
        if mark is None or mark.needs_manual and mark.manual is None:
            cells.append("")
        else:
            cells.append(number(mark.score))
        if statuses:
            cells.append(str(mark.result or "") if mark else "")
    return [
        *cells,
        number(submission.score),
        number(submission.max_score),
        number(submission.awaiting),
        str(submission.status),
    ]


def platform_rows(
    room: Classroom, platform: str, lessons: list[str], *, partial: bool = False
) -> Rows:
    """The rows, headings first, that `platform` imports: one per student in the gradebook.

    A student who handed in nothing of a lesson has an empty cell, and so has one whose total
    waits for a person, unless `partial`. Refuses an unknown platform.
    """
    if platform not in PLATFORMS:
        raise UsageError(
            f"{platform!r} is not known. Choose one of {', '.join(PLATFORMS)}"
        )
    columns = Student.__table__.c
    query = select(
        columns.id,
        columns.first_name,
        columns.last_name,
        columns.email,
        columns.lms_user_id,
    ).order_by(columns.id)
    with read_gradebook(room) as session:
        students = [
            [text or "" for text in row] for row in session.execute(query).all()
        ]
    marks: Marks = {student[0]: {} for student in students}
    points: dict[str, str] = {}
    for each in read_submissions(room.root, lessons, db=room.db):
        points[each.lesson] = number(each.max_score)
        if each.status is not Status.MISSING and (partial or not each.awaiting):
            marks[each.student][each.lesson] = each
    rows = PLATFORMS[platform](students, marks, lessons)
    if platform == "canvas":
        possible = ["    Points Possible", "", "", "", ""]
        rows.insert(1, possible + [points.get(name, "") for name in lessons])
    return rows


def _totals(mine: dict[str, Submission], lessons: list[str]) -> list[str]:
    return [number(mine[name].score) if name in mine else "" for name in lessons]


def _moodle(students: Rows, marks: Marks, lessons: list[str]) -> Rows:
    """Grades > Import > CSV: any column can be matched; these have Moodle's own names."""
    rows = [["ID number", "First name", "Last name", "Email address", *lessons]]
    for student, first, last, email, lms in students:
        totals = _totals(marks[student], lessons)
        rows.append([lms or student, first, last, email, *totals])
    return rows


def _canvas(students: Rows, marks: Marks, lessons: list[str]) -> Rows:
    """Gradebook > Import: five fixed columns, and the points possible in the second row.

    The ID is Canvas's own or nothing: with another one it would be somebody else's mark.
    """
    fixed = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    rows = [[*fixed, *lessons]]
    for student, first, last, _, lms in students:
        name = ", ".join(filter(None, [last, first])) or student
        totals = _totals(marks[student], lessons)
        rows.append([name, lms, "", "", "", *totals])
    return rows


PLATFORMS: dict[str, Callable[[Rows, Marks, list[str]], Rows]] = {
    "moodle": _moodle,
    "canvas": _canvas,
}
