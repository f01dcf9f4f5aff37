"""A kernel in which the answers to a lesson's tasks are graded one after the other.

Grading gives every submission a fresh kernel, which costs a second. Here the project's own
answers, which are trusted, share one: before each, everything that a notebook has defined
is taken away and the cells that its task needs are run again.
"""

import asyncio
import copy
import logging
import subprocess
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from jupyter_core.utils import ensure_async
from nbclient.client import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade

from autograder.authoring.tasks import Task, marks, tasks_of
from autograder.grading.kernel import Kernels, OwnKernel, kernel_environment
from autograder.grading.master import master, released
from autograder.grading.scoring import settle
from autograder.grading.support import make_support
from autograder.lessons import Lesson
from autograder.proof.answers import Answer, fill
from autograder.proof.dependence import needed_before
from autograder.proof.reference import reference_answers

Result = TypeVar("Result")
CELL_SECONDS = 30
FORGET = """
for _name in [*globals()]:
    if _name not in get_ipython().user_ns_hidden and not _name.startswith("__"):
        del globals()[_name]
"""


@dataclass(frozen=True)
class Verdict:
    """What the checks made of one answer.

    `points` are those of the task; `visible` says whether the part of the check that a
    learner sees has failed; `message` is what the failure said.
    """

    task: Task
    points: float
    visible: bool
    message: str
    seconds: float


class Bench:
    """Grades answers to one lesson. Use it in a `with` statement, from one thread."""

    def __init__(self, lesson: Lesson, kernels: Kernels | None = None) -> None:
        self.lesson = lesson
        self.kernels = kernels or Kernels()
        self.master = master(lesson)
        visible = released(self.master)
        self.master.cells, visible.cells = (
            [cell for cell in notebook.cells if cell.cell_type == "code"]
            for notebook in (self.master, visible)
        )
        self.visible = {
            marks(cell).get("grade_id"): cell.source for cell in visible.cells
        }
        self.reference = reference_answers(lesson)
        self.tasks = {
            function: task
            for task in tasks_of(self.master)
            for function in task.functions
        }
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory(
            prefix="bench-", ignore_cleanup_errors=True
        )
        self._client: _Client | None = None

    def __enter__(self) -> "Bench":  # noqa: PYI034 Self is newer than Python 3.10
        make_support(self.lesson).unpack(Path(self._folder.name))
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._stop()
        finally:
            self._loop.close()
            self._folder.cleanup()

    def grade(self, answer: Answer) -> Verdict:
        """The answer in its cell, reference answers in all others: what does its task get?"""
        started = time.monotonic()
        task = self.tasks[answer.function]
        answers = {**self.reference, answer.function: answer.source}
        notebook = fill(self.master, answers)
        place = [marks(cell).get("grade_id") for cell in notebook.cells].index(
            task.grade_id
        )
        check = notebook.cells[place]
        seen = copy.deepcopy(check)
        seen.source = self.visible[task.grade_id]
        before = [notebook.cells[index] for index in needed_before(notebook, place)]
        try:
            points, visible = self._run(
                self._judge(before, seen, check, skip_seen=answer.right)
            )
            message = _message(check) or _message(seen)
        except (CellTimeoutError, DeadKernelError) as error:
            self._stop()
            points, visible, message = 0.0, True, str(error)
        return Verdict(task, points, visible, message, time.monotonic() - started)

    async def _judge(
        self,
        before: list[NotebookNode],
        seen: NotebookNode,
        check: NotebookNode,
        skip_seen: bool,
    ) -> tuple[float, bool]:
        """Points, and whether the visible part has failed.

        The check begins with its visible part, and what fails there fails in the whole:
        then only one of them has to run.
        """
        client = await self._ready()
        for cell in (new_code_cell(FORGET), *before):
            await client.run(cell)
        whole_begins_so = check.source.startswith(seen.source.rstrip())
        caught = False
        if not (skip_seen and whole_begins_so):
            await client.run(seen)
            caught = _points(seen) == 0
            if caught and whole_begins_so:
                return 0.0, True
        await client.run(check)
        return _points(check), caught

    async def _ready(self) -> "_Client":
        if self._client is None:
            self._client = _Client(Path(self._folder.name))
            await self._client.start()
            self.kernels.started(self._client.km.process_id)
        return self._client

    def _stop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            pid = client.km.process_id
            self._run(client.stop())
            if pid is not None:
                self.kernels.ended(pid)

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._loop.run_until_complete(work)


class _Client(Execute):
    """nbgrader's Execute with a kernel as grading has it, which stays for many cells."""

    def __init__(self, place: Path) -> None:
        quiet = logging.getLogger(__name__)
        quiet.disabled = True
        super().__init__(
            kernel_manager_class=OwnKernel,
            store_widget_state=False,
            coalesce_streams=True,
            timeout=CELL_SECONDS,
            log=quiet,
        )
        NotebookClient.__init__(self, new_notebook())
        self.place = place

    async def start(self) -> None:
        # a folder of its own for every start: the last kernel's sockets may still be there
        home = Path(tempfile.mkdtemp(dir=self.place))
        environment = kernel_environment(home)
        environment["PYTHONPATH"] = str(self.place / "lib")
        environment["MPLCONFIGDIR"] = str(self.place / "matplotlib")
        self.km = OwnKernel.at(home)
        self.reset_execution_trackers()
        await self.async_start_new_kernel(
            cwd=str(home),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        await self.async_start_new_kernel_client()

    async def run(self, cell: NotebookNode) -> None:
        """Run the cell as cell 0 of a notebook of its own; its outputs are left in it."""
        self.nb = new_notebook(cells=[cell])
        await self.async_execute_cell(cell, 0, store_history=False)

    async def stop(self) -> None:
        self.kc.stop_channels()
        await ensure_async(self.km.shutdown_kernel(now=True))
        await ensure_async(self.km.cleanup_resources())


def _points(cell: NotebookNode) -> float:
    """What a check that ran gets, by the rules of grading."""
    settle(cell)
    points, _ = determine_grade(cell)
    return float(points)


def _message(cell: NotebookNode) -> str:
    """What the failure said; empty for a check that passed or did not run."""
    for output in cell.outputs:
        if output.output_type == "error":
            return output.evalue
    return ""
