"""Check a learner's notebook as grading would, without the hidden cases: one result per task."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from course.kit import UsageError
from course.kit.checking.describe import number_of
from course.kit.checking.documents import hidden_cases
from course.kit.notebook_cells import (
    Cause,
    GradedCell,
    Ran,
    Task,
    cause_of,
    cell_name,
    cells_of,
    damage,
    is_demo,
    lesson_of,
    places,
    read_notebook,
    tasks_of,
    undefined_name,
)
from course.kit.notebook_run import TOTAL_OUTPUT_BYTES, CellRun, CleanKernel, run_cells
from course.kit.syllabus import MODULE_OF_LESSON

PLACEHOLDER = "YOUR ANSWER HERE"
NOT_WRITTEN = ("NotImplementedError", "NotWrittenYet", "NotBuiltYet")
NAMES_LOST = (
    "no cell carries the name that grading needs: the program that saved this "
    "notebook dropped it. Copy your answers into the release's notebook"
)
BROKEN_RUNS = ("error", "timeout", "flooded", "died")


@dataclass(frozen=True)
class TaskResult:
    """What became of one task.

    `status`: "passed", "failed", "not written yet", "missing", "damaged", "timeout",
    "output limit", "kernel died", "not run"; of a written question "answered", "not
    answered", "missing" or "damaged". `points` is what the task is worth; `cell` the number
    of its check or question in the notebook, counted from 1. `hidden`: so many more cases
    run when it is graded.
    """

    task: str
    points: float
    status: str
    message: str = ""
    cell: int | None = None
    question: bool = False
    hidden: int = 0


@dataclass(frozen=True)
class NotebookReport:
    """All results of one notebook, and notes about it that concern no single task."""

    path: Path
    lesson: str
    results: tuple[TaskResult, ...]
    notes: tuple[str, ...] = ()

    @property
    def automatic(self) -> list[TaskResult]:
        return [result for result in self.results if not result.question]

    @property
    def passed(self) -> bool:
        """Whether every task that a check decides has passed."""
        return all(result.status == "passed" for result in self.automatic)

    @property
    def earned(self) -> float:
        return sum(r.points for r in self.results if r.status == "passed")

    @property
    def possible(self) -> float:
        return sum(result.points for result in self.results)

    @property
    def summary(self) -> str:
        """One line, for example "5 of 7 tasks passed, 5 of 8 points; ..."."""
        tasks = self.automatic
        passed = sum(result.status == "passed" for result in tasks)
        text = (
            f"{passed} of {len(tasks)} tasks passed, "
            f"{self.earned:g} of {self.possible:g} points"
        )
        hidden = sum(result.hidden for result in tasks)
        more = number_of(hidden, "more hidden case")
        text += f"; {more} at grading" if hidden else ""
        questions = [result for result in self.results if result.question]
        if not questions:
            return text
        text += f"; {len(questions)} question{'s' * (len(questions) > 1)}"
        text += " for a person to mark"
        open_ones = sum(result.status != "answered" for result in questions)
        return text + (f", {open_ones} not answered yet" if open_ones else "")

    def as_dict(self) -> dict:
        """For --json."""
        return {
            "path": str(self.path),
            "lesson": self.lesson,
            "passed": self.passed,
            "earned": self.earned,
            "possible": self.possible,
            "summary": self.summary,
            "notes": list(self.notes),
            "tasks": [asdict(result) for result in self.results],
        }


def check_notebook(
    path: Path,
    manifest: dict[str, list[GradedCell]],
    kernel: CleanKernel,
    *,
    timeout: int = 60,
    on_cell: Callable[[int, int, str], None] = lambda done, total, cell: None,
) -> NotebookReport:
    """Run the notebook in a kernel just started, and judge each task of its lesson.

    The file and the learner's modules are not changed. `manifest` is what `read_manifest`
    gives; empty means that the notebook's own metadata say which cells count.
    `on_cell(position, cells, name)` is called before each cell.
    Raises UsageError when the file is not a notebook of this release.
    """
    notebook = read_notebook(path)
    lesson = lesson_of(path, notebook, manifest)
    cells = manifest[lesson] if manifest else cells_of(notebook)
    tasks = tasks_of(cells)
    if not tasks:
        raise UsageError(f"{path} has no graded cells: it is not a lesson's notebook")
    total = len(notebook.cells)
    runs = run_cells(
        notebook,
        kernel,
        timeout=timeout,
        on_cell=lambda index: on_cell(
            index, total, cell_name(notebook.cells[index], index)
        ),
    )
    hidden = hidden_cases(MODULE_OF_LESSON.get(lesson, ""))
    results = tuple(
        replace(judge(task, notebook, runs, timeout), hidden=hidden.get(task.name, 0))
        for task in tasks
    )
    return NotebookReport(path, lesson, results, tuple(notes(cells, notebook)))


def judge(
    task: Task, notebook: NotebookNode, runs: list[CellRun], timeout: int = 60
) -> TaskResult:
    """The result of one task, from how its cells look and how they ran."""
    where = places(notebook)
    positions = where.get(task.graded.grade_id, [])

    def result(status: str, message: str = "") -> TaskResult:
        cell = positions[0] + 1 if positions else None
        points = task.graded.points
        return TaskResult(task.name, points, status, message, cell, task.is_question)

    found = [damage(cell, notebook) for cell in (*task.answers, task.graded)]
    harm = [one for one in found if one is not None]
    if harm:
        worst = "missing" if any(h.status == "missing" for h in harm) else "damaged"
        return result(worst, "\n".join(h.message for h in harm))
    if task.is_question:
        text = notebook.cells[positions[0]].source.replace(PLACEHOLDER, "")
        return result("answered" if text.strip() else "not answered")

    position = positions[0]
    run = runs[position]
    if run.status == "ok":
        return result("passed")
    if run.status == "not_run":
        return result("not run", _why_not_run(position, notebook, runs))
    status, message = _verdict(run, notebook, timeout)
    cause = _cause(position, notebook, runs, timeout)
    if cause is not None:
        before = runs[cause.index].status
        status = "timeout" if before == "timeout" else status
        message = f"{cause.text}\n{message}"
    return result(status, message)


def notes(cells: list[GradedCell], notebook: NotebookNode) -> list[str]:
    """What a learner should know about the notebook as a whole."""
    found = places(notebook)
    if not any(cell.grade_id in found for cell in cells):
        return [NAMES_LOST]
    order = [found[cell.grade_id][0] for cell in cells if cell.grade_id in found]
    if order == sorted(order):
        return []
    return ["the cells are not in the release's order; grading runs them in that order"]


def _cause(
    position: int, notebook: NotebookNode, runs: list[CellRun], timeout: int
) -> Cause | None:
    """The cell that left a name undefined which the check at `position` needs."""
    run = runs[position]
    name = undefined_name(run.error, run.message, run.undefined)
    if not name:
        return None
    cells = []
    for index, (cell, ran) in enumerate(zip(notebook.cells, runs)):
        stopped = ""
        if ran.status in BROKEN_RUNS:
            stopped = _verdict(ran, notebook, timeout)[1]
        source = cell.source if cell.cell_type == "code" else ""
        cells.append(Ran(cell_name(cell, index), source, stopped, is_demo(cell)))
    return cause_of(name, cells[:position], cells[position + 1 :])


def _why_not_run(position: int, notebook: NotebookNode, runs: list[CellRun]) -> str:
    ended = ("died", "timeout", "flooded")
    last = max(i for i in range(position) if runs[i].status in ended)
    what = "ended Python" if runs[last].status == "died" else "could not be interrupted"
    return f"the cell {cell_name(notebook.cells[last], last)} before it {what}"


def _verdict(run: CellRun, notebook: NotebookNode, timeout: int) -> tuple[str, str]:
    """Status and message of one cell that did not end well."""
    if run.status == "timeout":
        return "timeout", f"longer than {timeout} s. Look for a loop that never ends"
    if run.status == "flooded":
        limit = f"{TOTAL_OUTPUT_BYTES:,} bytes"
        return "output limit", f"the notebook has written more than {limit}. Print less"
    if run.status == "died":
        return "kernel died", "Python itself ended: exit(), too much memory, or a crash"
    if run.error in NOT_WRITTEN:
        return "not written yet", run.message
    if run.error == "CheckFailed":
        return "failed", run.message
    message = f"{run.error}: {run.message}".removesuffix(": ")
    if run.error.endswith(("SyntaxError", "IndentationError", "TabError")):
        return "failed", _without_temporary_file(message)
    if run.cell is not None:
        message += f" (line {run.line} of cell {cell_name(notebook.cells[run.cell], run.cell)})"
    return "failed", message


def _without_temporary_file(message: str) -> str:
    """IPython names its temporary file in a syntax error: "(1234.py, line 3)"."""
    head, found, tail = message.rpartition(", line ")
    if not found or "(" not in head:
        return message
    return f"{head.rpartition('(')[0]}(line {tail}"
