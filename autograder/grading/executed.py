"""What executing a notebook gives, and the errors that say why a check has no result."""

from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.grading.cells import is_grade, is_solution
from autograder.grading.outcome import Note, Result, Status
from course.kit.checking import told

# The name of the error in a check that did not end by itself, and what it means.
ERRORS = {
    "TimeLimit": Result.TIMEOUT,
    "MemoryLimit": Result.MEMORY,
    "KernelDied": Result.KERNEL_DIED,
    "OutputLimit": Result.OUTPUT_LIMIT,
    "NotRun": Result.NOT_RUN,
}


@dataclass
class Executed:
    """A notebook with its outputs. `ran[i]`: seconds that cell i took, None if it did not run.

    `results` has those checks, by grade_id, that did not end by themselves. `layers` names
    the parts of the sandbox that were in place.
    """

    notebook: NotebookNode
    status: Status = Status.GRADED
    reason: str = ""
    seconds: float = 0.0
    ran: list[float | None] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    results: dict[str, Result] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)

    def end(self, status: Status, reason: str) -> None:
        """Note what went wrong; the last status stands, all reasons are kept."""
        self.status = status
        self.reason = f"{self.reason}; {reason}" if self.reason else reason

    def fail(self, cell: NotebookNode, error: str, text: str, trace: list[str]) -> None:
        """Give the cell this error of ours instead of those that it has."""
        cell.outputs = [out for out in cell.outputs if out.output_type != "error"]
        add_error(cell, error, text)
        cell.outputs[-1].traceback += trace
        if is_check(cell) and error in ERRORS:
            self.results[cell.metadata.nbgrader.grade_id] = ERRORS[error]


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


def told_by(cell: NotebookNode) -> told.Told | None:
    """What the check that failed in this cell says as data; None where none did."""
    for output in reversed(cell.get("outputs", [])):
        if output.output_type == "display_data":
            found = told.read(output.data)
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
