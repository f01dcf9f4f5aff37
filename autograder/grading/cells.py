"""What nbgrader's metadata says about a cell, and what its outputs say of how it ended.

The first few functions are equal to those of the same name in nbgrader.utils, which takes
1.5 s to import: too long for every worker process.
"""

import math
import re

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.grading.outcome import Note
from course.kit.checking.card_text import Told, read_told

OWN = "own-"  # the ids of a student's own cells begin with it
CHANGED = (
    "changed_task"  # metadata of a check whose worth was changed after its release
)
DEMO = "demo"  # the tag, as in autograder.lessons.source
NUMPY_NUMBER = re.compile(r"np\.(?:float|int|uint)\d+\((.+)\)")
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def is_grade(cell: NotebookNode) -> bool:
    """Whether the cell has points."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade", False))


def is_solution(cell: NotebookNode) -> bool:
    """Whether the cell is an answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution", False))


def is_own(cell: NotebookNode) -> bool:
    """Whether the student added the cell."""
    return str(cell.get("id", "")).startswith(OWN)


def is_demo(cell: NotebookNode) -> bool:
    """Whether the cell only shows something, and need not run to give marks."""
    return DEMO in cell.metadata.get("tags", [])


def is_check(cell: NotebookNode) -> bool:
    """Whether running the cell gives marks."""
    is_code = cell.cell_type == "code"
    return is_code and is_grade(cell) and not is_solution(cell)


def cell_name(cell: NotebookNode, index: int) -> str:
    """What reasons and notes call a cell."""
    marks = cell.metadata.get("nbgrader", {})
    return marks.get("grade_id") or f"cell {index + 1}"


def add_error(cell: NotebookNode, name: str, text: str) -> None:
    """Let the cell end with an error that it did not raise."""
    error = new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])
    cell.outputs.append(error)


def errors_of(cell: NotebookNode) -> list[NotebookNode]:
    """The errors among the outputs of a cell."""
    return [output for output in cell.outputs if output.output_type == "error"]


def told_by(cell: NotebookNode) -> Told | None:
    """What the check that failed in this cell says as data; None where none did."""
    for output in reversed(cell.get("outputs", [])):
        if output.output_type == "display_data":
            found = read_told(output.data)
            if found is not None:
                return found
    return None


def message_of(cell: NotebookNode) -> str:
    """What the failure in this cell said; "" for one that ended well."""
    errors = errors_of(cell)
    if not errors:
        return ""
    shown = told_by(cell)
    return shown.text if shown is not None else errors[0].evalue


def settle(cell: NotebookNode) -> list[Note]:
    """Make a check's outputs say what nbgrader's scoring rule should read from them, in place.

    nbgrader gives 0 for an error or any text on stderr, a number that the cell ends with as
    partial credit, and everything for anything else. Here text on stderr costs nothing, and a
    number that is no mark (negative, not finite, more than the points) is taken into range. A
    number of numpy's counts as a number. What counts other points than at its release is scaled.
    Leaves other cells alone.
    """
    if not is_check(cell):
        return []
    for output in cell.outputs:
        if output.output_type == "stream":
            output.name = "stdout"
    if any(output.output_type == "error" for output in cell.outputs):
        return _without_results(cell)
    return _with_one_result(cell)


def _without_results(cell: NotebookNode) -> list[Note]:
    """A cell that failed has no result: one that is there was put there by the student's code."""
    kept = [out for out in cell.outputs if out.output_type != "execute_result"]
    if len(kept) == len(cell.outputs):
        return []
    cell.outputs = kept
    text = "a result was shown before the failure; it does not count"
    return [Note("result", text, cell.metadata.nbgrader.grade_id)]


def _with_one_result(cell: NotebookNode) -> list[Note]:
    """Only a cell's last expression is its result, and a mark lies between 0 and the points."""
    results = [out for out in cell.outputs if out.output_type == "execute_result"]
    for output in results[:-1]:
        _show_only(output)
    if not results:
        return []
    result = results[-1]
    text = result.data.get("text/plain")
    if not isinstance(text, str) or not text:
        _show_only(result)
        return []
    number = NUMPY_NUMBER.fullmatch(text)  # how numpy 2 shows a number of its own
    try:
        value = float(number[1] if number else text)
    except ValueError:
        return []
    now = float(cell.metadata.nbgrader.points)
    points = float(cell.metadata.get(CHANGED, {}).get("points", now))
    mark = min(max(value, 0.0), points) if math.isfinite(value) else 0.0
    counted = mark * now / points if points else 0.0
    if number or counted != value:
        result.data["text/plain"] = repr(counted)
    if mark == value:
        return []
    note = f"the check gave {value:g} of {points:g} points; counted as {mark:g}"
    return [Note("result", note, cell.metadata.nbgrader.grade_id)]


def _show_only(output: NotebookNode) -> None:
    output.output_type = "display_data"
    output.pop("execution_count", None)
