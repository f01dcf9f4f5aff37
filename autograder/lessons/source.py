"""A lesson's source: the notebook it stands for, the tasks in it, and the rules for its cells.

A cell that breaks a rule would cost a student points, or show the answer.
"""

import ast
import copy
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.lessons import Lesson
from autograder.lessons.task_modules import TaskModule, read_task_modules
from course.kit import UsageError, notebook_cells
from course.kit.notebook_cells import Task, cell_name, is_demo
from course.kit.syllabus import LESSON_OF_MODULE

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
MARKERS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
LONGEST_CHECK = 4  # lines of a check cell


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


def lint(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """What is wrong with a source notebook, as lines that name the lesson and the cell."""
    problems = []
    seen: set[str] = set()
    for index, cell in enumerate(notebook.cells):
        name = cell_name(cell, index)
        found = list(cell_problems(cell))
        grade_id = marks(cell).get("grade_id")
        if grade_id in seen:
            found.append("another cell has the same name")
        if grade_id:
            seen.add(grade_id)
        found += import_problems(lesson, cell)
        problems += [f"{lesson.name}, cell {name}: {problem}" for problem in found]
    problems += [f"{lesson.name}: {text}" for text in frame_problems(lesson, notebook)]
    return problems


def cell_problems(cell: NotebookNode) -> Iterator[str]:
    """What is wrong with one cell by itself."""
    about = marks(cell)
    regions = {}
    for marker in MARKERS:
        begins = len(re.findall(f"BEGIN {marker}", cell.source))
        if begins != len(re.findall(f"END {marker}", cell.source)):
            yield f"BEGIN {marker} and END {marker} do not pair up"
        regions[marker] = begins
    if regions["MARK SCHEME"]:
        yield "put the mark scheme between BEGIN SOLUTION and END SOLUTION"
    if regions["HIDDEN TESTS"]:
        yield "has hidden tests: write hidden(t, ...) in solutions/checks"
    if "incorrectly_encoded_metadata" in cell.metadata:
        yield f"its metadata is not JSON: {cell.metadata.incorrectly_encoded_metadata}"
        return
    if is_self_check(cell):
        if about or cell.cell_type != "markdown":
            yield "is a self-check, which a release may leave out: only text can be one"
        elif "<details>" not in cell.source:
            yield "is a self-check that is not folded: put it into <details>"
    if not about:
        if regions["SOLUTION"]:
            yield "has a solution, but is no task and no question"
        return
    if not CELL_ID.fullmatch(about.grade_id):
        yield "its name must have 1 to 64 letters, digits, - and _"
    yield from tag_problems(cell)
    if about.grade:
        points = about.points
        if type(points) not in (int, float) or not points > 0:
            yield f"is graded, but for {points!r} points"
    if about.solution:
        yield from answer_problems(cell, regions)
    else:
        yield from check_problems(cell, regions)


def tag_problems(cell: NotebookNode) -> Iterator[str]:
    for tag in sorted(DANGEROUS_TAGS & set(cell.metadata.get("tags", []))):
        yield f"has the tag {tag}, which grading would obey: full marks for any answer"


def answer_problems(cell: NotebookNode, regions: dict[str, int]) -> Iterator[str]:
    """Rules of a cell that the student fills in: a task or a written question."""
    about = marks(cell)
    if not regions["SOLUTION"]:
        yield "has no BEGIN SOLUTION ... END SOLUTION, so all of it would be removed"
    if about.grade and cell.cell_type == "code":
        yield "is a question in a code cell: make it a task and write a check after it"
    if not about.grade and cell.cell_type == "markdown":
        yield "is a task in a text cell: make it a question"
    if cell.cell_type == "code" and about.grade_id not in defined_names(cell.source):
        yield f"does not define {about.grade_id}, after which it is named"


def check_problems(cell: NotebookNode, regions: dict[str, int]) -> Iterator[str]:
    """Rules of a cell that the student leaves as it is."""
    if regions["SOLUTION"]:
        yield "has a solution, but is a check"
    if cell.cell_type != "code":
        yield "is a check, but not a code cell"
    if "check(" in cell.source and len(cell.source.split("\n")) > LONGEST_CHECK:
        yield f"is longer than {LONGEST_CHECK} lines: its cases go to solutions/checks"


def import_problems(lesson: Lesson, cell: NotebookNode) -> Iterator[str]:
    """Imports of a module that does not exist yet when this lesson is done."""
    if cell.cell_type != "code":
        return
    for module in imported_names(cell.source):
        package, _, rest = module.partition(".")
        owner = LESSON_OF_MODULE.get(rest.partition(".")[0])
        if package == "course" and owner and owner >= lesson.name:
            yield f"imports {module}, but only lessons before this one are built"


def frame_problems(lesson: Lesson, notebook: NotebookNode) -> Iterator[str]:
    """Rules of the first and the last cell."""
    if not notebook.cells:
        yield "has no cells"
        return
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell must be markdown that begins with '# ' and the title"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    last = code[-1] if code else None
    if last is None or built_module(last.source) != lesson.module:
        yield f'the last code cell must call build("{lesson.module}", ...)'
    elif is_demo(last) or marks(last):
        yield "the last code cell, which builds, must be neither demo nor graded"


def built_module(source: str) -> str | None:
    """The module that a cell gives to `build(...)`; None where it does not build."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Call) and node.args:
            called = node.func
            name = getattr(called, "id", None) or getattr(called, "attr", None)
            module = getattr(node.args[0], "value", None)
            if name == "build" and isinstance(module, str):
                return module
    return None


def defined_names(source: str) -> set[str]:
    """Names of the functions and classes that a cell defines at its top level."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in parsed(source).body if isinstance(node, kinds)}


def imported_names(source: str) -> set[str]:
    """Dotted names that a cell imports; `from a import b` counts as both a and a.b."""
    names: set[str] = set()
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return names


def parsed(source: str) -> ast.Module:
    """The cell's syntax tree, without magics; empty where it is not Python."""
    lines = source.split("\n")
    plain = ["pass" if line[:1] in ("%", "!") else line for line in lines]
    try:
        return ast.parse("\n".join(plain))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])
