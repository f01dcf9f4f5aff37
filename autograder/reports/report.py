"""The report on a class: a page for people, tables for a terminal and for other programs."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.files import csv_text, replace_text
from autograder.grading.classroom import Classroom, check_writable, open_classroom
from autograder.grading.outcome import Status
from autograder.lessons import Lesson
from autograder.reports.export import marks_csv
from autograder.reports.findings import ClassReport, class_report
from autograder.reports.marks import Submission, number
from autograder.reports.report_page import report_page
from autograder.reports.tasks import LessonReport


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


def as_document(found: ClassReport) -> dict[str, Any]:
    """What the page says as plain data, apart from the marks themselves."""
    return {
        "stuck": [asdict(each) for each in found.stuck],
        "absent": {each.name: list(each.absent) for each in found.lessons},
        "no_notebook": _places(found, lambda each: each.status is Status.MISSING),
        "to_mark": {each.name: each.awaiting for each in found.lessons},
        "not_graded": [
            {
                "student": each.student,
                "lesson": each.lesson,
                "status": str(each.status),
                "reason": each.outcome.reason if each.outcome else "",
            }
            for each in found.not_graded
        ],
        "late": [
            {
                "student": each.student,
                "lesson": each.lesson,
                "late": each.late,
                "penalty": each.penalty,
            }
            for each in found.late
        ],
        "notes": [asdict(each) for each in found.found],
        "lessons": [
            {
                "lesson": each.name,
                "students": each.statistics.n if each.statistics else 0,
                "alpha": each.statistics.alpha if each.statistics else None,
                "are_few": each.statistics.are_few if each.statistics else True,
                "mean": each.mean,
                "median": each.median,
                "max": each.max_score,
                "tasks": [asdict(task) for task in each.tasks],
            }
            for each in found.lessons
        ],
        "similar": [
            {
                "students": list(pair.students),
                "weight": pair.weight,
                "pieces": [
                    {
                        "lesson": piece.lesson,
                        "task": piece.task,
                        "rare": piece.rare,
                        "are_wrong": piece.are_wrong,
                    }
                    for piece in pair.pieces
                ],
            }
            for pair in found.pairs
        ],
    }


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
        cells = [_total(mine[name]) if name in mine else "-" for name in names]
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
        rows.append([each.student, *cells, _total(each), str(each.status), *late])
    return columns, rows


def _total(submission: Submission) -> str:
    return f"{number(submission.score)}{'?' if submission.awaiting else ''}"


def _places(found: ClassReport, wanted) -> list[dict[str, str]]:
    return [
        {
            "student": each.student,
            "lesson": each.lesson,
            "reason": each.outcome.reason if each.outcome else "",
        }
        for each in found.submissions
        if wanted(each)
    ]


Rows = list[list[str]]


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
