"""The tasks of a lesson: which answer cells each of its checks covers."""

from dataclasses import dataclass

import jupytext
from nbformat import NotebookNode

from autograder.lessons import Lesson
from course.kit.refusal import Refusal

CHECK_PREFIX = "check_"
DEMO = "demo"


@dataclass(frozen=True)
class Task:
    """What earns points together: answer cells and their check, or one written question."""

    grade_id: str  # of the check, or of the question
    points: float
    functions: tuple[str, ...]  # contract functions; none for a written question

    @property
    def name(self) -> str:
        """The grade_id of the check without "check_", or that of the question."""
        return self.grade_id.removeprefix(CHECK_PREFIX)

    @property
    def written(self) -> bool:
        """A person marks it."""
        return not self.functions


def read_script(lesson: Lesson) -> NotebookNode:
    """The lesson's source as jupytext reads it, with solutions and hidden tests."""
    try:
        text = lesson.source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refusal(f"lesson {lesson.name} has no source {lesson.source}") from None
    except UnicodeDecodeError as error:
        raise Refusal(
            f"{lesson.source} is not utf-8 ({error}). Save it as utf-8."
        ) from None
    try:
        return jupytext.reads(text, fmt="py:percent")
    except Exception as error:
        raise Refusal(
            f"{lesson.source} is not a jupytext percent script: {error}. "
            "Compare its header with another lesson's."
        ) from error


def marks(cell: NotebookNode) -> NotebookNode:
    """The cell's nbgrader metadata; empty for a cell that nbgrader leaves alone."""
    return cell.metadata.get("nbgrader", NotebookNode())


def task_name(cell: NotebookNode) -> str:
    """The task that a check cell belongs to; empty for any other cell."""
    about = marks(cell)
    is_check = about.get("grade") and not about.get("solution")
    return about["grade_id"].removeprefix(CHECK_PREFIX) if is_check else ""


def is_demo(cell: NotebookNode) -> bool:
    """Whether grading leaves the cell out."""
    return DEMO in cell.metadata.get("tags", [])


def solution_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that the learner answers in: functions and written questions."""
    return [cell for cell in notebook.cells if marks(cell).get("solution")]


def tasks_of(notebook: NotebookNode) -> list[Task]:
    """All tasks in order. A check covers the code answer cells since the check before it."""
    tasks: list[Task] = []
    functions: list[str] = []
    for cell in notebook.cells:
        about = marks(cell)
        if about.get("grade"):
            covers = () if about["solution"] else tuple(functions)
            if not about["solution"]:
                functions = []
                if not covers:
                    raise Refusal(
                        f"the check {about['grade_id']!r} has no answer cell before it. "
                        "Put it after its task's cells"
                    )
            tasks.append(Task(about["grade_id"], float(about["points"]), covers))
        elif about.get("solution"):
            functions.append(about["grade_id"])
    return tasks
