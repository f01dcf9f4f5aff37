"""Make a check's outputs say what nbgrader's scoring rule should read from them.

nbgrader gives 0 for an error or any text on stderr, a number that the cell ends with as
partial credit, and everything for anything else. Here text on stderr costs nothing, and a
number that is no mark (negative, not finite, more than the points) is taken into range. A
number of numpy's counts as a number.
"""

import math
import re

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

from autograder.grading.outcome import Note

NUMPY_NUMBER = re.compile(r"np\.(?:float|int|uint)\d+\((.+)\)")
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def settle(cell: NotebookNode) -> list[Note]:
    """Prepare the outputs of a check for nbgrader's rule, in place; leaves other cells alone."""
    if cell.cell_type != "code" or not is_grade(cell) or is_solution(cell):
        return []
    for output in cell.outputs:
        if output.output_type == "stream":
            output.name = "stdout"
    if any(output.output_type == "error" for output in cell.outputs):
        return _without_results(cell)
    return _with_one_result(cell)


def _without_results(cell: NotebookNode) -> list[Note]:
    """A cell that failed has no result: one that is there was put there by the learner's code."""
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
    points = float(cell.metadata.nbgrader.points)
    mark = min(max(value, 0.0), points) if math.isfinite(value) else 0.0
    if number or mark != value:
        result.data["text/plain"] = repr(mark)
    if mark == value:
        return []
    note = f"the check gave {value:g} of {points:g} points; counted as {mark:g}"
    return [Note("result", note, cell.metadata.nbgrader.grade_id)]


def _show_only(output: NotebookNode) -> None:
    output.output_type = "display_data"
    output.pop("execution_count", None)
