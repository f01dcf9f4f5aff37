"""What an instructor changes about a task after its release: changes.toml of a class, for people.

[01_volumes.output_size]
points = 3              # or drop = true: counts nothing; or give = true: full marks for all
note = "It took longer than we thought."

A change holds whenever the lesson is graded. Taking its lines out undoes it.

Marks that persons gave for such a task have to follow, since nbgrader counts them before
everything else. What they gave is kept in changed_marks.json, and comes back with the undoing.
"""

import copy
import json
import math
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Assignment, BaseCell, Grade, SubmittedAssignment
from nbgrader.utils import compute_checksum
from sqlalchemy import update
from sqlalchemy.orm import Session

from autograder.files import json_text, replace_text
from autograder.grading.align import grade_id
from autograder.grading.cells import CHANGED, is_grade
from autograder.grading.classroom import Classroom
from autograder.grading.rows import with_places
from autograder.lessons.source import task_name
from course.kit import UsageError

FILE = "changes.toml"
KINDS = ("drop", "give", "points")
HEADER = """\
# What changed about tasks after their release (autograder regrade). To undo a change, take its
# lines out and grade again.
"""
PERSONS_MARKS = "changed_marks.json"
UNCHANGED = {"kind": "", "factor": 1.0}


@dataclass(frozen=True)
class Change:
    """`kind` is drop (counts nothing), give (full marks for who handed in) or points."""

    kind: str
    note: str
    points: float | None = None

    def told(self, before: float) -> str:
        """One line for everybody."""
        now = f"{self.points or 0:g} point" + ("" if self.points == 1 else "s")
        what = {
            "drop": "this task counts nothing",
            "give": "everybody has full marks for this task",
            "points": f"this task counts {now}, not {before:g}",
        }[self.kind]
        return f"{what}: {self.note}"

    def as_toml(self) -> str:
        value = "true" if self.kind != "points" else f"{self.points:g}"
        # A string of JSON is one of TOML, but for one character.
        note = json.dumps(self.note, ensure_ascii=False).replace("\x7f", "\\u007f")
        return f"{self.kind} = {value}\nnote = {note}\n"


Changes = Mapping[str, Change]  # of one lesson, by task


def read_changes(room: Classroom) -> dict[str, dict[str, Change]]:
    """What the file says, by lesson and task; nothing where there is none. Raises UsageError."""
    path = room.root / FILE
    try:
        return _changes(path, path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not in UTF-8: {error}") from None


def write_changes(room: Classroom, lesson: str, changes: Changes) -> None:
    """Put these changes into the file; of those there a task's own is replaced."""
    path = room.root / FILE
    read_changes(room)
    text = path.read_text(encoding="utf-8-sig") if path.exists() else HEADER
    for task, change in changes.items():
        head = re.escape(f"[{lesson}.{task}]")
        table = re.compile(
            rf"^{head}[^\n]*\n(?:[a-z]+ *=[^\n]*(?:\n|\Z))*", re.MULTILINE
        )
        text = table.sub("", text)
        text = f"{text.rstrip()}\n\n{text_of(lesson, {task: change})}"
    if _changes(path, text).get(lesson, {}) != {
        **read_changes(room).get(lesson, {}),
        **changes,
    }:
        raise UsageError(
            f"{path} is written in a way that cannot be changed here. "
            f"Change {', '.join(changes)} of {lesson} there yourself, and grade again"
        )
    replace_text(path, text)


def text_of(lesson: str, changes: Changes) -> str:
    """These changes as a file of their own; "" where there are none."""
    tables = [f"[{lesson}.{task}]\n{each.as_toml()}" for task, each in changes.items()]
    return "\n".join(tables)


def changed(master: NotebookNode, changes: Changes, lesson: str) -> NotebookNode:
    """The master with these changes: nbgrader's points, and what grading has to know besides.

    Raises UsageError for a task that it does not have.
    """
    master = copy.deepcopy(master)
    cells = {task_name(grade_id(cell)): cell for cell in master.cells if is_grade(cell)}
    find_tasks(changes, cells, lesson)
    for task, change in changes.items():
        marks = cells[task].metadata.nbgrader
        before = marks.points
        if change.kind != "give":
            marks.points = change.points if change.kind == "points" else 0
        cells[task].metadata[CHANGED] = {
            "kind": change.kind,
            "points": before,
            "told": change.told(before),
        }
        marks.checksum = compute_checksum(cells[task])  # the points are in it
    return master


def find_tasks(wanted: Collection[str], known: Collection[str], lesson: str) -> None:
    """Refuse a task that the lesson does not have."""
    for task in wanted:
        if task not in known:
            raise UsageError(
                f"{lesson} has no task {task!r} (in {FILE} or on the command line). "
                f"It has {', '.join(known)}"
            )


def _changes(path: Path, text: str) -> dict[str, dict[str, Change]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}") from None
    found: dict[str, dict[str, Change]] = {}
    for lesson, tasks in document.items():
        if not isinstance(tasks, dict):
            raise UsageError(
                f"{path}: {lesson} must be a table, such as [{lesson}.area]"
            )
        found[lesson] = {
            task: _change(f"{path}: [{lesson}.{task}]", table)
            for task, table in tasks.items()
        }
    return found


def _change(place: str, table: Any) -> Change:
    kinds = [name for name in KINDS if isinstance(table, dict) and name in table]
    if len(kinds) != 1 or set(table) - {"note", *kinds}:
        raise UsageError(
            f"{place} needs one of drop = true, give = true and points = 3, and a note"
        )
    (kind,), note = kinds, table.get("note")
    if not isinstance(note, str) or not note.strip():
        raise UsageError(f'{place} needs a note that students may read: note = "..."')
    value = table[kind]
    if kind == "points":
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not 0 <= value < math.inf:
            raise UsageError(
                f"{place}: points = {value!r} must be a number of 0 or more"
            )
        return Change(kind, note.strip(), float(value))
    if value is not True:
        raise UsageError(f"{place}: write {kind} = true, or take the lines out")
    return Change(kind, note.strip())


def store_changed_marks(
    room: Classroom, session: Session, lesson: str, master: NotebookNode
) -> None:
    """Bring persons' marks in nbgrader's table to what the master's changes say, in one transaction.

    Done again, it changes nothing. It is noted before and after, so that stopping it in between
    loses no mark.
    """
    path = room.root / PERSONS_MARKS
    document = _read_kept(path)
    kept = document.get(lesson, {})
    wanted = _factors(master)
    tasks = {*kept, *wanted}
    if not tasks:
        return
    rows = []
    for name, student, row, mark, looks in session.execute(_marks_of(lesson, tasks)):
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
    _write_kept(path, document)
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
    _write_kept(path, {each: tasks for each, tasks in document.items() if tasks})


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


def _factors(master: NotebookNode) -> dict[str, dict[str, Any]]:
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


def _marks_of(lesson: str, names: set[str]) -> Any:
    name = BaseCell.__table__.c.name
    marks = (Grade.id, Grade.manual_score, Grade.needs_manual_grade)
    query = with_places(Grade, name, SubmittedAssignment.student_id, *marks)
    return query.where(Assignment.name == lesson, name.in_(list(names)))


def _read_kept(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} cannot be read ({error}). Restore it: it holds marks that persons gave"
        ) from None
    return document


def _write_kept(path: Path, document: dict[str, Any]) -> None:
    if document:
        replace_text(path, json_text(document))
    else:
        path.unlink(missing_ok=True)
