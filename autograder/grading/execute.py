"""Run a prepared notebook: the only place where a student's code runs.

A pure function of the notebook, the support files and the limits. No database, no class
folder and no other submission is in its reach.
"""

import contextlib
import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.grading.cells import (
    add_error,
    cell_name,
    errors_of,
    is_check,
    is_demo,
    told_by,
)
from autograder.grading.executors import CellEnd, End, NoSession, Session
from autograder.grading.executors.fast import fast_sessions
from autograder.grading.limits import RESERVE_BYTES, Limits, OutputBudget, OutputTotal
from autograder.grading.outcome import Note, Status, Work
from autograder.grading.sandbox import CAN_FORK, Isolation
from autograder.lessons.course_files import Support
from course.kit import UsageError

EXECUTORS = ("fast", "kernel")

TRIES = 2  # to start a process, before it counts as a fault of the machine


@dataclass(frozen=True)
class How:
    """What runs the cells, and behind which walls. `run_demos`: also cells tagged `demo`."""

    executor: str = "fast"
    isolation: str = "best-effort"
    run_demos: bool = False

    def __post_init__(self) -> None:
        for given, known, what in (
            (self.executor, EXECUTORS, "executor"),
            (self.isolation, tuple(Isolation), "isolation"),
        ):
            if given not in known:
                raise UsageError(
                    f"the {what} {given!r} was asked for. Choose from: {', '.join(known)}"
                )


DEFAULT = How()


def execute(
    notebook: NotebookNode, support: Support, limits: Limits, *, how: How = DEFAULT
) -> Work:
    """Run the code cells in order in a fresh process; never raises for what they do.

    The working folder is empty and goes away. Demos are left out unless asked for. A cell
    that runs into its limit is interrupted and the next one runs. Where that fails, and
    where the process dies, finished cells keep their outputs and a fresh process runs the
    rest once. Every check that did not run gets an error. Where nothing can be started the
    status is `infra_error`. Raises UsageError where strict isolation cannot be had.
    """
    started = time.monotonic()
    for _ in range(TRIES):
        executed = Work(copy.deepcopy(notebook))
        try:
            with sessions(support, limits, how, executed.notes) as open_session:
                run = NotebookRun(
                    executed, limits, open_session, run_demos=how.run_demos
                )
                run.run()
            break
        except NoSession as error:
            executed = Work(copy.deepcopy(notebook), notes=executed.notes)
            executed.ran = [None] * len(notebook.cells)
            executed.end(Status.INFRA_ERROR, str(error))
    executed.seconds = time.monotonic() - started
    return executed


@contextlib.contextmanager
def sessions(
    support: Support, limits: Limits, how: How, notes: list[Note]
) -> Iterator[Callable[[], Session]]:
    """What opens a process for a notebook, as often as one is needed, one at a time.

    Where another executor than the one asked for has to be taken, a note says so. Raises
    NoSession, and UsageError where strict isolation cannot be had.
    """
    if how.executor == "fast" and not CAN_FORK:
        text = "this system cannot fork; a Jupyter kernel ran the cells"
        notes.append(Note("executor", text))
    elif how.executor == "fast":
        with fast_sessions(support, limits, how.isolation) as open_session:
            yield open_session
        return
    # it imports nbgrader, which takes seconds
    from autograder.grading.executors.kernel import KernelSession

    yield lambda: KernelSession(support, limits, how.isolation)


class NotebookRun:
    """Runs a notebook into an `Work`, with limits of time and output.

    Where the process is lost in a cell, one fresh process runs again the earlier cells that
    ended well, and then the rest without that cell: what does not depend on it still counts.
    """

    def __init__(
        self,
        executed: Work,
        limits: Limits,
        open_session: Callable[[], Session],
        *,
        run_demos: bool = False,
    ) -> None:
        self.executed = executed
        self.cells = executed.notebook.cells
        self.limits = limits
        self.open_session = open_session
        self.run_demos = run_demos
        self.total = OutputTotal(limits.total_output_bytes)
        self.ended_well: list[int] = []
        self.lost: set[int] = set()

    def run(self) -> None:
        """Raises nothing for what a student's code does, and NoSession where nothing starts."""
        self.executed.ran = [None] * len(self.cells)
        self.deadline = time.monotonic() + self.limits.total_seconds
        session = self.open_session()
        try:
            for index in self._to_run():
                left = self.deadline - time.monotonic()
                if left <= 0:
                    self._out_of_time()
                    break
                usable = self._run_cell(session, index, left)
                if usable:
                    continue
                session.close()
                self.lost.add(index)
                replacement = self._restart(index)
                if replacement is None:
                    break
                session = replacement
        finally:
            session.close()
        self._mark_what_did_not_run()

    def _to_run(self) -> list[int]:
        return [
            index
            for index, cell in enumerate(self.cells)
            if cell.cell_type == "code"
            and cell.source.strip()
            and (self.run_demos or not is_demo(cell))
        ]

    def _run_cell(self, session: Session, index: int, left: float) -> bool:
        """Run one cell; whether the session can run another one."""
        cell = self.cells[index]
        seconds = min(self.limits.cell_seconds, left)
        started = time.monotonic()
        budget = self._budget()
        end = session.run(index, cell, seconds, budget)
        self.executed.ran[index] = time.monotonic() - started
        self._settle(index, cell, end, seconds)
        if budget.was_cut:
            text = f"its output was cut at {budget.limit:,} bytes"
            self.executed.notes.append(Note("output", text, cell_name(cell, index)))
        if end.how is End.OK:
            self.ended_well.append(index)
        return end.usable

    def _budget(self) -> OutputBudget:
        if self.total.is_exceeded:
            limit = min(RESERVE_BYTES, self.limits.output_bytes)
            return OutputBudget(limit, OutputTotal(limit))
        return OutputBudget(self.limits.output_bytes, self.total)

    def _settle(
        self, index: int, cell: NotebookNode, end: CellEnd, seconds: float
    ) -> None:
        """Write down how the cell ended."""
        done, name = self.executed, cell_name(cell, index)
        trace = [line for error in errors_of(cell) for line in error.traceback]
        if end.how in (End.INTERRUPTED, End.STUCK):
            text = f"{name} ran longer than {seconds:g} s"
            if end.how is End.STUCK:
                text += " and could not be interrupted"
            done.end(Status.TIMEOUT, text)
            _fail(cell, "TimeLimit", text, trace)
        elif end.how is End.FLOODED:
            text = f"{name} wrote more than the notebook's {self.total.limit:,} bytes"
            done.end(Status.OUTPUT_LIMIT, text)
            _fail(cell, "OutputLimit", text, [])
        elif end.how is End.DIED:
            detail = f" ({end.text})" if end.text else ""
            text = f"the kernel died in {name}"
            done.end(Status.KERNEL_DIED, text + detail)
            _fail(cell, "KernelDied", text + detail, [])
        elif end.how is End.OUT_OF_MEMORY or _is_memory_error(cell):
            text = f"{name} ran out of memory"
            done.end(Status.MEMORY, text)
            _fail(cell, "MemoryLimit", text, trace)
        elif end.how is End.ERROR and not errors_of(cell):
            name, _, text = end.text.partition(": ")
            _fail(cell, name or "Failed", text or "the cell did not end well", [])

    def _out_of_time(self) -> None:
        limit = f"{self.limits.total_seconds:g} s"
        self.executed.end(Status.TIMEOUT, f"the notebook took longer than {limit}")

    def _restart(self, lost: int) -> Session | None:
        """A fresh process in which the cells before have run; None where that cannot be."""
        if len(self.lost) > 1:
            return None
        rest = [index for index in self._to_run() if index > lost]
        needed = sum(self.executed.ran[index] or 0.0 for index in self.ended_well)
        if not rest or time.monotonic() + needed >= self.deadline:
            return None
        try:
            session = self.open_session()
        except NoSession:
            return None
        for index in self.ended_well:
            cell = copy.deepcopy(self.cells[index])
            left = self.deadline - time.monotonic()
            seconds = min(self.limits.cell_seconds, left)
            budget = OutputBudget(0, OutputTotal(self.limits.total_output_bytes))
            end = session.run(index, cell, seconds, budget) if left > 0 else None
            if end is None or not end.usable:
                session.close()
                return None
        text = "a fresh process ran the cells before it again, and the rest without it"
        name = cell_name(self.cells[lost], lost)
        self.executed.notes.append(Note("restarted", text, name))
        return session

    def _mark_what_did_not_run(self) -> None:
        """A check without output would count as passed: give those that did not run an error."""
        done = self.executed
        for cell, seconds in zip(self.cells, done.ran, strict=True):
            if is_check(cell) and cell.source.strip() and seconds is None:
                text = f"this check did not run: {done.reason or 'it is a demo'}"
                cell.outputs = []
                _fail(cell, "NotRun", text, [])


def _fail(cell: NotebookNode, error: str, text: str, trace: list[str]) -> None:
    """Give the cell this error of ours instead of those that it has."""
    cell.outputs = [out for out in cell.outputs if out.output_type != "error"]
    add_error(cell, error, text)
    cell.outputs[-1].traceback += trace


def _is_memory_error(cell: NotebookNode) -> bool:
    """Whether the cell, or the answer that it checks, could not get the memory it asked for."""
    names = [error.ename for error in errors_of(cell)]
    shown = told_by(cell) if names else None
    names += [shown.error] if shown is not None else []
    return any(name.endswith("MemoryError") for name in names)
