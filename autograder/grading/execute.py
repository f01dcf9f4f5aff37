"""Run a prepared notebook in a kernel of its own: the only place where a learner's code runs.

Nothing is in reach that grading needs: no database, no class folder, no other submission.
This protects against accidents. It does not hold back code that looks for the checkout on
purpose: the kernel runs as the same user.
"""

import asyncio
import atexit
import copy
import logging
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from nbclient.client import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution

from autograder.authoring.tasks import is_demo
from autograder.grading.kernel import Kernels, OwnKernel, kernel_environment
from autograder.grading.limits import Limits
from autograder.grading.outcome import Note, Status
from autograder.grading.output_budget import OutputBudget


@dataclass
class Executed:
    """A notebook with its outputs. `ran[i]`: seconds that cell i took, None if it did not run."""

    notebook: NotebookNode
    status: Status = Status.GRADED
    reason: str = ""
    seconds: float = 0.0
    ran: list[float | None] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def execute(
    notebook: NotebookNode,
    support: Path,
    limits: Limits,
    *,
    run_demos: bool = False,
    kernels: Kernels | None = None,
) -> Executed:
    """Run the code cells in order in a fresh kernel of this interpreter; never raises for them.

    `support` holds lib/ (the kernel's PYTHONPATH, with `course`), of which the kernel gets a
    copy. The working folder is empty and goes away. Cells tagged `demo` are left out unless
    `run_demos`. A cell that runs into its limit is interrupted and the next one runs; where
    that fails, and where the kernel dies, finished cells keep their outputs and every check
    that did not run gets an error. A kernel that does not start is tried twice.
    """
    kernels = kernels or Kernels()
    started = time.monotonic()
    for _ in range(2):
        executed = Executed(copy.deepcopy(notebook))
        with tempfile.TemporaryDirectory(
            prefix="grade-", ignore_cleanup_errors=True
        ) as name:
            place = Path(name)
            shutil.copytree(support, place, dirs_exist_ok=True)
            runner = _Runner(executed, limits, run_demos, kernels)
            asyncio.run(runner.run(place))
        if executed.status is not Status.INFRA_ERROR or kernels.stopped:
            break
    executed.seconds = time.monotonic() - started
    _mark_checks_that_did_not_run(executed)
    return executed


class _Runner(Execute):
    """nbgrader's Execute, with a kernel of our own, a total limit and a limit on output."""

    def __init__(
        self, executed: Executed, limits: Limits, run_demos: bool, kernels: Kernels
    ):
        super().__init__(
            kernel_manager_class=OwnKernel,
            shutdown_kernel="immediate",
            iopub_timeout=limits.grace_seconds,
            store_widget_state=False,
            record_timing=False,
            coalesce_streams=False,  # takes hours for a line of a million characters
            log=_quiet_log(),
        )
        NotebookClient.__init__(self, executed.notebook)
        self.executed = executed
        self.limits = limits
        self.run_demos = run_demos
        self.kernels = kernels
        self.timeout_func = lambda cell: self.cell_limit
        self.cell_limit = limits.cell_seconds
        self.budget = OutputBudget(limits.output_bytes)
        self.place = Path()

    def create_kernel_manager(self) -> OwnKernel:
        self.km = OwnKernel.at(self.place)
        return self.km

    async def run(self, place: Path) -> None:
        """Start the kernel in `place`, run the cells, and leave no process behind."""
        self.place = place
        work = place / "work"
        work.mkdir()
        self.executed.ran = [None] * len(self.nb.cells)
        pid = None
        try:
            async with self.async_setup_kernel(
                cwd=str(work),
                env=kernel_environment(place),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ):
                pid = self.km.process_id
                self.kernels.started(pid)
                await self._run_cells()
        except (RuntimeError, OSError) as error:
            if not any(seconds is not None for seconds in self.executed.ran):
                self._end(Status.INFRA_ERROR, f"no kernel started: {error}")
        finally:
            atexit.unregister(self._cleanup_kernel)  # nbclient forgets it on errors
            if pid is not None:
                self.kernels.ended(pid)

    async def _run_cells(self) -> None:
        deadline = time.monotonic() + self.limits.total_seconds
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            if is_demo(cell) and not self.run_demos:
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                limit = f"{self.limits.total_seconds:g} s"
                self._end(Status.TIMEOUT, f"the notebook took longer than {limit}")
                return
            self.cell_limit = min(self.limits.cell_seconds, left)
            self.budget = OutputBudget(self.limits.output_bytes)
            if not await self._run_cell(index, cell):
                return

    async def _run_cell(self, index: int, cell: NotebookNode) -> bool:
        """Run one cell; False when the kernel cannot run another one."""
        name = _name(cell, index)
        usable = True
        started = time.monotonic()
        try:
            await self.async_execute_cell(cell, index)
        except CellTimeoutError:
            usable = False
            text = f"{name} ran longer than {self.cell_limit:g} s and could not be interrupted"
            if time.monotonic() - started < self.cell_limit:
                text = f"the output of {name} did not end"
            self._end(Status.TIMEOUT, text)
            _add_error(cell, "TimeLimit", text)
        except DeadKernelError:
            usable = False
            text = f"the kernel died in {name}"
            self._end(Status.KERNEL_DIED, text)
            _add_error(cell, "KernelDied", text)
        _join_streams(cell)
        seconds = time.monotonic() - started
        if usable and seconds >= self.cell_limit and _errors(cell):
            text = f"{name} ran longer than {self.cell_limit:g} s"
            self._end(Status.TIMEOUT, text)
            _say_interrupted(cell, text)
        if self.budget.was_cut:
            text = f"its output was cut at {self.limits.output_bytes:,} bytes"
            self.executed.notes.append(Note("output", text, name))
        self.executed.ran[index] = seconds
        return usable

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int):
        content = self.budget.admit(msg["msg_type"], msg["content"])
        if content is None:
            return None
        return super().process_message({**msg, "content": content}, cell, cell_index)

    def _end(self, status: Status, reason: str) -> None:
        """Note what went wrong; the last status stands, all reasons are kept."""
        self.executed.status = status
        earlier = self.executed.reason
        self.executed.reason = f"{earlier}; {reason}" if earlier else reason


def _mark_checks_that_did_not_run(executed: Executed) -> None:
    """A check without output would count as passed: give those that did not run an error."""
    if executed.status not in (Status.TIMEOUT, Status.KERNEL_DIED):
        return
    for cell, seconds in zip(executed.notebook.cells, executed.ran, strict=True):
        is_check = is_grade(cell) and not is_solution(cell)
        if is_check and cell.cell_type == "code" and seconds is None:
            cell.outputs = []
            _add_error(cell, "NotRun", f"this check did not run: {executed.reason}")


def _join_streams(cell: NotebookNode) -> None:
    """One output for each run of text on the same stream, as Jupyter shows it."""
    joined: list[NotebookNode] = []
    for output in cell.outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and output.name == last.get("name"):
            last["parts"].append(output.text)
        else:
            joined.append(output)
            if output.output_type == "stream":
                output["parts"] = [output.text]
    for output in joined:
        if output.output_type == "stream":
            output.text = "".join(output.pop("parts"))
    cell.outputs = joined


def _add_error(cell: NotebookNode, name: str, text: str) -> None:
    error = new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])
    cell.outputs.append(error)


def _say_interrupted(cell: NotebookNode, text: str) -> None:
    """Put the time limit before the place where the cell was, and nbclient's words aside."""
    traceback = [
        line
        for error in _errors(cell)
        if error.ename == "KeyboardInterrupt"
        for line in error.traceback
    ]
    cell.outputs = [out for out in cell.outputs if out.output_type != "error"]
    _add_error(cell, "TimeLimit", text)
    cell.outputs[-1].traceback += traceback


def _errors(cell: NotebookNode) -> list[NotebookNode]:
    return [output for output in cell.outputs if output.output_type == "error"]


def _name(cell: NotebookNode, index: int) -> str:
    marks = cell.metadata.get("nbgrader", {})
    return marks.get("grade_id") or f"cell {index + 1}"


def _quiet_log() -> logging.Logger:
    log = logging.getLogger(__name__)
    log.disabled = True
    return log
