"""Make nbgrader know a lesson: its source/ and release/ folders, its cells in the gradebook."""

import logging
from typing import TypeAlias

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

from autograder.files import replace_text
from autograder.grading.classroom import Classroom
from autograder.grading.history import History, note_release
from autograder.lessons import Lesson
from autograder.lessons.source import notebook_text, read_source
from autograder.lessons.versions import student_notebook
from course.kit.usage_error import UsageError

Row: TypeAlias = BaseCell | SourceCell
Key = tuple[type, str]  # nbgrader's table and the cell's grade_id


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
