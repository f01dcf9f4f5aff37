"""A class that hands in one small lesson, and that lesson: what the grader's tests use.

It is not one of fake_course.py, whose checks are the kit's `check`: here the engine meets all
that nbgrader lets a check be, as an assert, hidden tests in the cell (a build refuses them) or
a part of the points; and a demo that fails where it is run. Its idle kit imports nothing.
"""

import copy
import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.grading.cells import errors_of, is_check
from autograder.grading.classroom import Classroom, open_gradebook
from autograder.grading.outcome import ENDED_BY, Outcome, Result, Status
from autograder.grading.record import record
from autograder.grading.register import register
from autograder.lessons import Lesson
from autograder.lessons.versions import master, student_notebook
from course.kit.checking.card_text import MEDIA_TYPE, Told

NAME = "01_volumes"
POINTS = {"area": 2, "double": 4}
RIGHT = {
    "area": "def area(height, width):\n    return height * width",
    "double": "def double(x):\n    return 2 * x",
    "question_why": "Because **it** is so.",
}
SOURCE = '''\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A small lesson

# %%
import math

# %% task="area"
def area(height, width):
    """Pixels in a rectangle."""
    ### BEGIN SOLUTION hint: Multiply.
    return height * width
    ### END SOLUTION

# %% check="area"
assert area(3, 5) == 15, "3 x 5. It looks as if the sides are added."
### BEGIN HIDDEN TESTS
secret_side = 7919
assert area(secret_side, 1) == secret_side, "one row"
### END HIDDEN TESTS

# %% tags=["demo"]
demo_ran = True
raise RuntimeError("a demo cell ran")

# %% task="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% check="double"
2 * (double(1) == 2) + 2 * (double(-3) == -6)

# %% [markdown]
# Why does the area grow faster than the border?

# %% [markdown] question="why" points=1
# ### BEGIN SOLUTION
# Model answer.
# ### END SOLUTION

# %%
from course.kit import build

build("geometry", area, double)
'''
NOT_BUILT = "class NotBuiltYet(NotImplementedError):\n    pass\n"
KIT = f"def build(*what):\n    pass\n\n\n{NOT_BUILT}"


def make_checkout(root: Path) -> Lesson:
    """A checkout at `root` with this one lesson; its kit has only an idle `build`."""
    files = {
        f"solutions/{NAME}.py": SOURCE,
        "course/__init__.py": "",
        "course/kit/__init__.py": KIT,
        "course/geometry.py": "def area(height, width):\n    return height * width\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    lesson = Lesson(root, NAME)
    write_points(lesson, POINTS)
    return lesson


def write_points(lesson: Lesson, points: dict[str, int]) -> None:
    """Modules of the lesson's tasks that say only what each is worth."""
    lesson.task_checks.mkdir(parents=True, exist_ok=True)
    for task, number in points.items():
        path = lesson.task_checks / f"{task}.py"
        path.write_text(f"POINTS = {number}\n", encoding="utf-8")


def release(lesson: Lesson) -> NotebookNode:
    """The notebook that every learner of the small class starts from."""
    return student_notebook(lesson)


def answered(notebook: NotebookNode, **answers: str) -> NotebookNode:
    """A copy with these answers, by grade_id; the right ones where none is given."""
    filled = copy.deepcopy(notebook)
    for cell in filled.cells:
        name = grade_id(cell)
        if name in RIGHT:
            cell.source = {**RIGHT, **answers}[name]
    return filled


def record_class(
    folder: Path,
    lesson: Lesson,
    works: dict[str, dict[str, list]],
    answers: dict[str, dict[str, str]] | None = None,
) -> Classroom:
    """A graded class without running anything: per learner, outputs of checks by grade_id.

    A learner whose work is None handed in a file that cannot be read. `answers` are those of
    learners who did not give the right ones.
    """
    room = Classroom(folder)
    room.submitted.mkdir(parents=True)
    untouched = master(lesson)
    with open_gradebook(room) as gradebook:
        register(room, gradebook, lesson, untouched)
        for student, outputs in works.items():
            notebook = copy.deepcopy(untouched)
            if outputs is not None:
                notebook = answered(notebook, **(answers or {}).get(student, {}))
            for name, given in (outputs or {}).items():
                cell_named(notebook, name).outputs = given
            status = Status.UNREADABLE if outputs is None else Status.GRADED
            reason = "the file is <i>empty</i>" if outputs is None else ""
            outcome = Outcome(student, NAME, status, reason)
            record(room, gradebook, outcome, notebook)
    return room


def failure(name: str, text: str, *traceback: str) -> NotebookNode:
    """The output of a cell that failed."""
    return nbformat.v4.new_output(
        "error", ename=name, evalue=text, traceback=[*traceback, f"{name}: {text}"]
    )


def failed_check(what: str, **told: object) -> list[NotebookNode]:
    """The outputs of a cell in which a check of the course failed."""
    about = Told("3 x 5", what, text=f"3 x 5: {what}\n  got 8", **told)
    data = {"text/plain": about.text, MEDIA_TYPE: about.as_json()}
    card = nbformat.v4.new_output("display_data", data)
    return [card, failure("CheckFailed", "area: case 0 is wrong, see above")]


def shown(text: str, name: str = "stdout") -> NotebookNode:
    return nbformat.v4.new_output("stream", text=text, name=name)


def ended_by(notebook: NotebookNode) -> dict[str, Result]:
    """What ended the checks that did not end by themselves."""
    return {
        grade_id(cell): ENDED_BY[error.ename]
        for cell in filter(is_check, notebook.cells)
        for error in errors_of(cell)
        if error.ename in ENDED_BY
    }


def grade_id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def cell_named(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def position(notebook: NotebookNode, name: str) -> int:
    return notebook.cells.index(cell_named(notebook, name))


def code(source: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source)


def text(source: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source)


def hand_in(
    class_folder: Path,
    student: str,
    notebook: NotebookNode | dict | bytes | str | None,
    file_name: str = f"{NAME}.ipynb",
) -> Path:
    """Put a notebook (or any bytes) where a learner's submission belongs."""
    folder = class_folder / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    if notebook is None:
        return folder
    if isinstance(notebook, dict):
        notebook = json.dumps(notebook)
    if isinstance(notebook, str):
        notebook = notebook.encode("utf-8")
    (folder / file_name).write_bytes(notebook)
    return folder
