"""The marks and findings of a class as tables: for a spreadsheet, a platform, a terminal."""

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
from autograder.reports.findings import ClassReport
from autograder.reports.marks import Submission, lesson_names, number, read_submissions
from autograder.reports.tasks import LessonReport
from course.kit import UsageError

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


def write_tables(room: Classroom, found: ClassReport) -> list[Path]:
    """What the page says as CSV files beside it; returns their paths."""
    tables = {
        "stuck": _stuck_rows(found),
        "to_do": _to_do_rows(found),
        "tasks": _task_rows(found),
        "mistakes": _mistake_rows(found),
        "similar": _similar_rows(found),
    }
    texts = {name: csv_text(rows) for name, rows in tables.items()}
    texts["marks"] = marks_csv(room, [lesson.name for lesson in found.lessons])
    paths = []
    for name, text in texts.items():
        paths.append(room.report / f"{name}.csv")
        replace_text(paths[-1], text)
    return paths


def _stuck_rows(found: ClassReport) -> Rows:
    rows = [["student", "lesson", "task", "mistake", "share", "since", "handed_in"]]
    for each in found.stuck:
        came = each.handed_in.isoformat(" ") if each.handed_in else ""
        share = number(each.share)
        told = [each.student, each.lesson, each.task, each.mistake]
        rows.append([*told, share, each.since, came])
    return rows


def _to_do_rows(found: ClassReport) -> Rows:
    rows = [["what", "lesson", "student", "why"]]
    for lesson in found.lessons:
        rows += [["handed in nothing", lesson.name, who, ""] for who in lesson.absent]
        for each in lesson.submissions:
            place = [lesson.name, each.student]
            reason = each.outcome.reason if each.outcome else str(each.status)
            if each.status is Status.MISSING:
                rows.append(["no notebook", *place, reason])
            elif each.status is not Status.GRADED:
                rows.append(["not graded to its end", *place, reason])
            if each.awaiting:
                rows.append(["to mark", *place, f"{each.awaiting} answers"])
            if each.late:
                rows.append(["late", *place, each.late])
    for note in found.found:
        what = "look at it" if note.is_odd else "note"
        rows += [[what, note.lesson, who, note.text] for who in note.students]
    return rows


def _task_rows(found: ClassReport) -> Rows:
    numbers = ["facility", "correlation", "top", "bottom", "students", "alpha"]
    words = ["why", "most_often"]
    kinds = list(found.lessons[0].tasks[0].counts) if found.lessons[0].tasks else []
    rows = [["lesson", "task", "points", *kinds, *numbers, *words]]
    for lesson in found.lessons:
        for task in lesson.tasks:
            row = [lesson.name, task.name, number(task.max_score)]
            row += [str(count) for count in task.counts.values()]
            item, about = task.item, lesson.statistics
            if item is None or about is None:
                rows.append([*row, *[""] * (len(numbers) + 1), task.most_often])
                continue
            values = (item.facility, item.correlation, item.top, item.bottom, about.n)
            row += ["" if v is None else number(v) for v in (*values, about.alpha)]
            rows.append([*row, task.why, task.most_often])
    return rows


def _mistake_rows(found: ClassReport) -> Rows:
    rows = [["lesson", "task", "mistake", "follows_from", "student"]]
    for lesson in found.lessons:
        for task in lesson.tasks:
            for one in task.mistakes:
                told = [one.lesson, one.task, one.text, one.root]
                rows += [[*told, who] for who in one.students]
    return rows


def _similar_rows(found: ClassReport) -> Rows:
    rows = [["lesson", "student", "other", "task", "rare_fingerprints", "both_wrong"]]
    for pair in found.pairs:
        for piece in pair.pieces:
            told = [piece.task, str(piece.rare), "yes" if piece.are_wrong else "no"]
            rows.append([piece.lesson, *pair.students, *told])
    return rows


def marks_table(found: ClassReport) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of the marks for a terminal: student, lesson, its tasks, total, status.

    With several lessons a student has one row with a total per lesson instead of the tasks.
    A "?" follows a number to which a person may still add.
    """
    if len(found.lessons) == 1:
        return _one_lesson(found.lessons[0])
    names = [lesson.name for lesson in found.lessons]
    columns = ["student", *names, "total", "status"]
    by_student: dict[str, dict[str, Submission]] = {}
    for each in found.submissions:
        by_student.setdefault(each.student, {})[each.lesson] = each
    rows = []
    for student, mine in sorted(by_student.items()):
        cells = [_open_total(mine[name]) if name in mine else "-" for name in names]
        score = sum(each.score for each in mine.values())
        most = sum(each.max_score for each in mine.values())
        statuses = sorted({str(each.status) for each in mine.values()} - {"graded"})
        total = f"{number(score)} of {number(most)}"
        rows.append([student, *cells, total, ", ".join(statuses) or "graded"])
    return columns, rows


def _one_lesson(lesson: LessonReport) -> tuple[list[str], list[list[str]]]:
    is_late = any(each.late for each in lesson.submissions)
    tasks = [task.name for task in lesson.tasks]
    columns = ["student", *tasks, "total", "status", *(["late"] if is_late else [])]
    rows = []
    for each in lesson.submissions:
        marks = {mark.task: mark for mark in each.marks}
        cells = [
            "-"
            if name not in marks
            else "?"
            if marks[name].ending == "awaiting"
            else number(marks[name].score)
            for name in tasks
        ]
        late = [each.late] if is_late else []
        rows.append([each.student, *cells, _open_total(each), str(each.status), *late])
    return columns, rows


def _open_total(submission: Submission) -> str:
    return f"{number(submission.score)}{'?' if submission.awaiting else ''}"
