"""What a class knows of a lesson: its cells in nbgrader's tables, and each version given out.

`class/history/LESSON.json` has a line for each cell of each version: its grade_id, what
nbgrader's metadata said of it, and a hash of its text. `autograder release` and `grade` add
a version when it differs from those that are there: nobody is blamed for our changes.
"""

import datetime
import hashlib
import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

import nbformat
from nbformat import NotebookNode
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import is_grade, is_locked, is_solution, is_task
from sqlalchemy.orm import Session

from autograder.files import json_text, replace_text
from autograder.grading.align import grade_id
from autograder.grading.classroom import Classroom
from autograder.grading.submitted import MARKS, SubmittedCell
from autograder.lessons import Lesson
from autograder.lessons.source import notebook_text, read_source
from autograder.lessons.versions import student_notebook
from course.kit import UsageError

Row: TypeAlias = BaseCell | SourceCell
Key = tuple[type, str]  # nbgrader's table and the cell's grade_id
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


def register(
    room: Classroom, gradebook: Gradebook, lesson: Lesson, master: NotebookNode
) -> History:
    """Bring source/, release/ and the gradebook's cells to this master; nothing if they are.

    Returns every version of the lesson that was released.

    nbgrader refuses to add or remove cells once there are submissions. Here a new cell
    gets rows (0 points until it is graded) in every submission, and a cell that is gone
    loses its automatic marks. Raises UsageError, and changes nothing, when it has marks or
    comments that a person gave.
    """
    wanted = _wanted(master)
    notebook = _find_notebook(gradebook, lesson.name)
    present = _present(notebook)
    if notebook is not None and notebook.submissions:
        _add_and_remove(gradebook.db, notebook, wanted, present)
        present = _present(notebook)
    if not _is_saved(wanted, present):
        gradebook.update_or_create_assignment(lesson.name)
        _save_cells(room, lesson.name, master)
        gradebook.db.expire_all()
    return write_versions(room, lesson)


def write_versions(room: Classroom, lesson: Lesson) -> History:
    """Write source/ and release/ of the lesson, and note in its history what is released."""
    handout = student_notebook(lesson)
    history = note_release(room, lesson.name, handout)
    for folder, version in (
        (room.source, read_source(lesson)),
        (room.release, handout),
    ):
        path = folder / lesson.name / f"{lesson.name}.ipynb"
        replace_text(path, notebook_text(version))
    return history


def _find_notebook(gradebook: Gradebook, lesson: str) -> Notebook | None:
    try:
        return gradebook.find_notebook(lesson, lesson)
    except MissingEntry:
        return None


def _wanted(master: NotebookNode) -> dict[Key, NotebookNode]:
    """The rows that nbgrader keeps for the cells of a notebook."""
    rows = {}
    for cell in master.cells:
        kinds = {
            GradeCell: is_grade(cell),
            SolutionCell: is_solution(cell),
            TaskCell: is_task(cell),
        }
        kinds[SourceCell] = any(kinds.values()) or is_locked(cell)
        for kind, applies in kinds.items():
            if applies:
                rows[kind, cell.metadata.nbgrader.grade_id] = cell
    return rows


def _present(notebook: Notebook | None) -> dict[Key, Row]:
    if notebook is None:
        return {}
    rows = [
        *notebook.grade_cells,
        *notebook.solution_cells,
        *notebook.task_cells,
        *notebook.source_cells,
    ]
    return {(type(row), row.name): row for row in rows}


def _is_saved(wanted: dict[Key, NotebookNode], present: dict[Key, Row]) -> bool:
    """Whether the gradebook's rows already say what the master says."""
    if wanted.keys() != present.keys():
        return False
    for (kind, name), cell in wanted.items():
        row = present[kind, name]
        if any(getattr(row, key) != value for key, value in _details(kind, cell)):
            return False
        if kind is SourceCell and (row.source, row.checksum, row.locked) != (
            cell.source,
            cell.metadata.nbgrader.checksum,
            is_locked(cell),
        ):
            return False
    return True


def _details(kind: type, cell: NotebookNode) -> list[tuple[str, object]]:
    """The columns that a row of this kind must have from the start."""
    details: list[tuple[str, object]] = []
    if kind is not SolutionCell:
        details.append(("cell_type", cell.cell_type))
    if kind in (GradeCell, TaskCell):
        details.append(("max_score", float(cell.metadata.nbgrader.points)))
    return details


def _add_and_remove(
    session: Session,
    notebook: Notebook,
    wanted: dict[Key, NotebookNode],
    present: dict[Key, Row],
) -> None:
    """Give a notebook that has submissions the wanted set of cells, in one transaction."""
    gone = [row for key, row in present.items() if key not in wanted]
    for row in gone:
        _refuse_to_lose_marks(row, notebook.name)
    for row in gone:
        for dependent in _dependents(row):
            session.delete(dependent)
        session.delete(row)
    for (kind, name), cell in wanted.items():
        if (kind, name) in present:
            continue
        row = kind(name=name, notebook=notebook, **dict(_details(kind, cell)))
        session.add(row)
        session.flush()
        for submission in notebook.submissions:
            if kind in (GradeCell, TaskCell):
                grade = Grade(cell_id=row.id, notebook=submission, auto_score=0.0)
                grade.needs_manual_grade = False
                session.add(grade)
            if kind in (SolutionCell, TaskCell):
                session.add(Comment(cell_id=row.id, notebook=submission))
    session.commit()


def _dependents(row: Row) -> list[Grade | Comment]:
    if isinstance(row, SourceCell):
        return []
    return [*(row.grades or []), *(row.comments or [])]


def _refuse_to_lose_marks(row: Row, lesson: str) -> None:
    by_hand = {
        dependent.notebook_id
        for dependent in _dependents(row)
        if getattr(dependent, "manual_score", None) is not None
        or getattr(dependent, "extra_credit", None) is not None
        or getattr(dependent, "manual_comment", None)
    }
    if by_hand:
        raise UsageError(
            f"{lesson} no longer has the cell {row.name!r}, but {len(by_hand)} "
            "submission(s) have marks or comments there that a person gave. Put the cell "
            "back, or remove these marks in formgrader first"
        )


def _save_cells(room: Classroom, lesson: str, master: NotebookNode) -> None:
    place = {"assignment": lesson, "notebook": lesson, "db_url": room.db_url}
    quiet = logging.getLogger(__name__)
    quiet.disabled = True
    SaveCells(log=quiet).preprocess(master, {"nbgrader": place})


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
