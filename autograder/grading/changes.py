"""What an instructor changes about a task after its release: changes.toml of a class, for people.

[01_volumes.output_size]
points = 3              # or drop = true: counts nothing; or give = true: full marks for all
note = "It took longer than we thought."

A change holds whenever the lesson is graded. Taking its lines out undoes it.
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
from nbgrader.utils import compute_checksum

from autograder.files import replace_text
from autograder.grading.align import grade_id
from autograder.grading.cells import CHANGED, is_grade
from autograder.grading.classroom import Classroom
from autograder.lessons.source import task_name
from course.kit.usage_error import UsageError

FILE = "changes.toml"
KINDS = ("drop", "give", "points")
HEADER = """\
# What changed about tasks after their release (autograder regrade). To undo a change, take its
# lines out and grade again.
"""


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
