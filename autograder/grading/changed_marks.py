"""Marks that persons gave for a task that is dropped, given to all, or counts other points.

nbgrader counts a person's mark before everything else, so it has to follow the change. What the
person gave is kept in class/changed_marks.json, and comes back when the change is undone.
"""

import json
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    SubmittedAssignment,
)
from sqlalchemy import update
from sqlalchemy.orm import Session

from autograder.files import json_text, replace_text
from autograder.grading.align import grade_id
from autograder.grading.cells import CHANGED, is_grade
from autograder.grading.classroom import Classroom
from autograder.grading.rows import with_places
from course.kit.usage_error import UsageError

FILE = "changed_marks.json"
UNCHANGED = {"kind": "", "factor": 1.0}


def store_changed_marks(
    room: Classroom, session: Session, lesson: str, master: NotebookNode
) -> None:
    """Bring persons' marks in nbgrader's table to what the master's changes say, in one transaction.

    Done again, it changes nothing. It is noted before and after, so that stopping it in between
    loses no mark.
    """
    path = room.root / FILE
    document = _read(path)
    kept = document.get(lesson, {})
    wanted = _wanted(master)
    tasks = {*kept, *wanted}
    if not tasks:
        return
    rows = []
    for name, student, row, mark, looks in session.execute(_query(lesson, tasks)):
        entry = kept.get(name, {**UNCHANGED, "marks": {}})
        before = entry["marks"].get(student)
        own = _own(entry, before, mark)
        now = _counted(own, wanted.get(name, UNCHANGED))
        if own is None:
            continue
        waits = bool(before["looks"] if before else looks)
        rows.append(
            (name, student, row, mark, {"own": own, "now": now, "looks": waits})
        )
    document[lesson] = {
        name: {
            **wanted.get(name, UNCHANGED),
            "done": False,
            "marks": {student: new for at, student, _, _, new in rows if at == name},
        }
        for name in tasks
    }
    _write(path, document)
    table = Grade.__table__
    for _, _, row, seen, new in rows:
        is_same = table.c.manual_score.is_not_distinct_from(seen)
        waits = new["looks"] and new["now"] is not None
        session.execute(
            update(table)
            .where(table.c.id == row, is_same)  # somebody may mark at this moment
            .values(manual_score=new["now"], needs_manual_grade=waits)
        )
    session.commit()
    for name in tasks:
        document[lesson][name]["done"] = True
        if name not in wanted:
            del document[lesson][name]
    _write(path, {each: tasks for each, tasks in document.items() if tasks})


def _own(
    entry: dict[str, Any], before: dict | None, mark: float | None
) -> float | None:
    """What the person gave, in the task's own points."""
    if before is not None and (
        mark == before["now"] or (not entry["done"] and mark == before["own"])
    ):
        return before["own"]
    if mark is None or not entry["factor"]:
        return mark
    return mark / entry["factor"]


def _counted(own: float | None, change: dict[str, Any]) -> float | None:
    """What counts of it: nothing of a task that is dropped or given to all."""
    if own is None or change["kind"] in ("drop", "give"):
        return None
    return own * change["factor"]


def _wanted(master: NotebookNode) -> dict[str, dict[str, Any]]:
    """What changes hold, by grade_id."""
    found = {}
    for cell in filter(is_grade, master.cells):
        change = cell.metadata.get(CHANGED)
        if change:
            points = cell.metadata.nbgrader.points
            is_scaled = change["kind"] == "points" and change["points"]
            factor = points / change["points"] if is_scaled else 1.0
            found[grade_id(cell)] = {"kind": change["kind"], "factor": factor}
    return found


def _query(lesson: str, names: set[str]) -> Any:
    name = BaseCell.__table__.c.name
    marks = (Grade.id, Grade.manual_score, Grade.needs_manual_grade)
    query = with_places(Grade, name, SubmittedAssignment.student_id, *marks)
    return query.where(Assignment.name == lesson, name.in_(list(names)))


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} cannot be read ({error}). Restore it: it holds marks that persons gave"
        ) from None
    return document


def _write(path: Path, document: dict[str, Any]) -> None:
    if document:
        replace_text(path, json_text(document))
    else:
        path.unlink(missing_ok=True)
