"""Every version of a lesson that students were ever given, so that none is blamed for our changes.

`class/history/LESSON.json` has a line for each cell of each version: its grade_id, what
nbgrader's metadata said of it, and a hash of its text. `autograder release` and `grade` add
a version when it differs from those that are there.
"""

import datetime
import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.files import json_text, replace_text
from autograder.grading.align import grade_id
from autograder.grading.classroom import Classroom
from autograder.grading.submitted import MARKS, SubmittedCell
from course.kit.usage_error import UsageError

HASH_DIGITS = 16


@dataclass(frozen=True)
class GivenCell:
    """A cell as students got it; `marks` are those of grade, solution and task that it had."""

    grade_id: str
    kind: str
    text: str
    points: float | None = None
    marks: tuple[str, ...] = ()


Version = tuple[GivenCell, ...]


@dataclass(frozen=True)
class History:
    """The versions of one lesson, oldest first."""

    versions: tuple[Version, ...] = ()
    _cells: dict[str, set[GivenCell]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        cells: dict[str, set[GivenCell]] = {}
        for cell in (cell for version in self.versions for cell in version):
            cells.setdefault(cell.grade_id, set()).add(cell)
        object.__setattr__(self, "_cells", cells)

    def with_version(self, notebook: NotebookNode) -> "History":
        """With this notebook, unless its version is there already."""
        version = _version(notebook)
        if version in self.versions:
            return self
        return History((*self.versions, version))

    def gave(self, name: str, source: str) -> bool:
        """Whether a cell of this grade_id ("" for given cells) ever had this text."""
        text = _hash(source)
        return any(cell.text == text for cell in self._cells.get(name, ()))

    def gave_elsewhere(self, cell: SubmittedCell) -> bool:
        """Whether it is a graded cell of an earlier version, left as it was."""
        return bool(cell.grade_id) and self.gave(cell.grade_id, cell.source)

    def kinds(self, name: str) -> set[str]:
        return {cell.kind for cell in self._cells.get(name, ())}

    def points(self, name: str) -> set[float | None]:
        return {cell.points for cell in self._cells.get(name, ())}

    def had_mark(self, name: str, mark: str, on: bool) -> bool:
        return any((mark in cell.marks) == on for cell in self._cells.get(name, ()))

    def always_had(self, name: str) -> bool:
        """Whether every version has the cell: else a student may never have seen it."""
        return all(
            any(cell.grade_id == name for cell in version) for version in self.versions
        )

    def had_order(self, names: list[str]) -> bool:
        """Whether the cells stood in this order in a version."""
        wanted = set(names)
        return any(
            [cell.grade_id for cell in version if cell.grade_id in wanted] == names
            for version in self.versions
        )


def note_release(room: Classroom, lesson: str, notebook: NotebookNode) -> History:
    """Add what students get from now on to the lesson's history; returns all of it.

    Where there is no history yet, what stands in release/ was given before. Raises UsageError
    for a damaged file.
    """
    history = read_history(room, lesson)
    path = history_path(room, lesson)
    known = _stored(path)
    if not known:
        earlier = room.release / lesson / f"{lesson}.ipynb"
        if earlier.is_file():
            history = history.with_version(nbformat.read(earlier, as_version=4))
    history = history.with_version(notebook)
    if len(history.versions) > len(known):
        now = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M UTC}"
        versions = [
            *known,
            *(
                {"noted": now, "cells": [_lean(cell) for cell in version]}
                for version in history.versions[len(known) :]
            ),
        ]
        replace_text(path, json_text({"lesson": lesson, "versions": versions}))
    return history


def read_history(room: Classroom, lesson: str) -> History:
    """The versions that are noted; none where there is no file."""
    path = history_path(room, lesson)
    try:
        return History(
            tuple(
                tuple(
                    GivenCell(**{**cell, "marks": tuple(cell.get("marks", ()))})
                    for cell in version["cells"]
                )
                for version in _stored(path)
            )
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, error) from None


def history_path(room: Classroom, lesson: str) -> Path:
    return room.root / "history" / f"{lesson}.json"


def _stored(path: Path) -> list[dict]:
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["versions"])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> UsageError:
    return UsageError(
        f"{path} holds no history of releases ({type(error).__name__}: {error}). Restore it, or "
        "delete it: then only today's version counts as released"
    )


def _version(notebook: NotebookNode) -> Version:
    return tuple(_given(cell) for cell in notebook.cells)


def _given(cell: NotebookNode) -> GivenCell:
    marks = cell.metadata.get("nbgrader", {})
    return GivenCell(
        grade_id(cell),
        cell.cell_type,
        _hash(cell.source),
        marks.get("points"),
        tuple(mark for mark in MARKS if marks.get(mark)),
    )


def _lean(cell: GivenCell) -> dict:
    """Without what the cell does not have."""
    return {
        name: value
        for name, value in asdict(cell).items()
        if name == "grade_id" or value not in (None, ())
    }


def _hash(source: str) -> str:
    """Of the words: spaces and line ends are not what makes an edit."""
    text = " ".join(source.split())
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:HASH_DIGITS]
