"""A lesson's source as the notebook it stands for, and the tasks in it."""

import ast
import copy
import re
from functools import lru_cache
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.lessons import Lesson
from autograder.lessons.task_modules import TaskModule, read_task_modules
from course.kit import notebook_cells
from course.kit.notebook_cells import Task
from course.kit.usage_error import UsageError

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CHECK_PREFIX = "check_"
SELF_CHECK = "self-check"
# On a cell with points they would keep it from running, or hide that it failed.
DANGEROUS_TAGS = {"demo", "skip-execution", "raises-exception"}
QUESTION = "# A question. The answer is in this cell; run it without unfolding."


def read_source(lesson: Lesson) -> NotebookNode:
    """The instructor's notebook of a lesson: solutions, hidden tests, no outputs.

    Nothing in it is random: a cell's id is its grade_id, or else its position, and the
    metadata names the kernel without versions.
    """
    notebook = read_script(lesson)
    modules = read_task_modules(lesson.task_checks)
    for cell in notebook.cells:
        _mark(cell, lesson, modules)
        if asks(cell):
            cell.metadata["jupyter"] = nbformat.from_dict({"source_hidden": True})
            cell.source = f"{QUESTION}\n{cell.source}"
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    used: set[str] = set()
    for position, cell in enumerate(notebook.cells, start=1):
        wanted = marks(cell).get("grade_id") or ""
        free = wanted not in used and CELL_ID.fullmatch(wanted)
        cell["id"] = wanted if free else f"cell-{position:03d}"
        used.add(cell["id"])
        cell.metadata.pop("lines_to_next_cell", None)
    return notebook


def _mark(cell: NotebookNode, lesson: Lesson, modules: dict[str, TaskModule]) -> None:
    """nbgrader's metadata of a cell that says what it is: task=, check= or question=.

    `# %% task="neuron"` is where the student writes neuron, `# %% check="neuron"` checks it
    for the points that solutions/checks says, and `# %% [markdown] question="sharing"
    points=1` is a written question.
    """
    if "nbgrader" in cell.metadata:
        raise UsageError(
            f"{lesson.source.name}: a cell says nbgrader=... Write task=, check= or question="
        )
    kinds = [kind for kind in ("task", "check", "question") if kind in cell.metadata]
    if not kinds:
        return
    kind, *others = kinds
    if others:
        raise UsageError(f"{lesson.source.name}: a cell is both {kind} and {others[0]}")
    name = cell.metadata.pop(kind)
    about: dict[str, Any] = {
        "grade": kind != "task",
        "locked": kind == "check",
        "schema_version": 3,
    }
    about |= {"solution": kind != "check", "task": False}
    about["grade_id"] = name if kind == "task" else f"{kind}_{name}"
    if kind == "check":
        if name not in modules:
            raise UsageError(
                f"{lesson.source.name}: the check {name!r} has no module. "
                f"Write solutions/checks/{lesson.name}/{name}.py"
            )
        about["points"] = modules[name].points
    elif kind == "question":
        about["points"] = cell.metadata.pop("points", 0)
    cell.metadata["nbgrader"] = nbformat.from_dict(about)


def notebook_text(notebook: NotebookNode) -> str:
    """The notebook as the text of its file: valid, with one newline at the end."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def read_script(lesson: Lesson) -> NotebookNode:
    """The lesson's source as jupytext reads it, with solutions and hidden tests."""
    try:
        text = lesson.source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"lesson {lesson.name} has no source {lesson.source}"
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{lesson.source} is not utf-8 ({error}). Save it as utf-8."
        ) from None
    try:
        return copy.deepcopy(_cells(text))
    except Exception as error:
        raise UsageError(
            f"{lesson.source} is not a jupytext percent script: {error}. "
            "Compare its header with another lesson's."
        ) from error


@lru_cache(maxsize=50)
def _cells(text: str) -> NotebookNode:
    return jupytext.reads(text, fmt="py:percent")


def marks(cell: NotebookNode) -> NotebookNode:
    """The cell's nbgrader metadata; empty for a cell that nbgrader leaves alone."""
    return cell.metadata.get("nbgrader", NotebookNode())


def is_check(cell: NotebookNode) -> bool:
    about = marks(cell)
    return bool(about.get("grade") and not about.get("solution"))


def task_name(grade_id: str) -> str:
    """The name of the task to which a check or a written question belongs."""
    return grade_id.removeprefix(CHECK_PREFIX)


def is_self_check(cell: NotebookNode) -> bool:
    """Whether the cell says what a good answer contains; a release may leave it out."""
    return SELF_CHECK in cell.metadata.get("tags", [])


def asks(cell: NotebookNode) -> bool:
    """Whether the cell does nothing but `predict(...)`, whose answer it must not show."""
    if cell.cell_type != "code" or "predict(" not in cell.source:
        return False
    try:
        lines = ast.parse(cell.source).body
    except SyntaxError:
        return False
    imports = (ast.Import, ast.ImportFrom)
    calls = [line for line in lines if not isinstance(line, imports)]
    return all(ast.unparse(line).startswith("predict(") for line in calls)


def solution_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that the student answers in: functions and written questions."""
    return [cell for cell in notebook.cells if marks(cell).get("solution")]


def tasks_of(notebook: NotebookNode) -> list[Task]:
    """All tasks in order. A check covers the code answer cells since the check before it."""
    tasks = notebook_cells.tasks_of(notebook_cells.cells_of(notebook))
    for task in tasks:
        if not task.is_question and not task.answers:
            raise UsageError(
                f"the check {task.graded.grade_id!r} has no answer cell before it. "
                "Put it after its task's cells"
            )
    return tasks


def functions_of(task: Task) -> tuple[str, ...]:
    """The contract functions that a task's check covers; none for a written question."""
    return tuple(cell.grade_id for cell in task.answers)
