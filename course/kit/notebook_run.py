"""Run a notebook in a clean kernel of this very Python and say how each cell ended.

The kernel has nothing of the user's in it, and the notebook's file is not touched. A kernel takes a
second to start. Whoever starts it imports and reads meanwhile, so this module imports little.
"""

from __future__ import annotations

import json
import math
import os
import queue
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import zmq
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

import course
from course.kit import UsageError
from course.kit.notebook_cells import cell_name, is_demo

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from course.kit.checking.card_text import Told

# ipykernel's own launcher, without the debugger: a third of the time it takes to start.
LAUNCH = (
    "import runpy, sys; sys.modules['debugpy'] = None; "
    "runpy.run_module('ipykernel_launcher', run_name='__main__')"
)
START_SECONDS = 60
ASK_SECONDS = 1
# What a kernel publishes before it knows of us is lost. So it is asked again, and soon: what it
# publishes of an answer comes with the answer.
HEAR_SECONDS = 0.1
NO_KERNEL = "no Python kernel starts ({}). Run: course doctor"

POLL_SECONDS = 0.5
RECOVERY_SECONDS = 20
LONGEST_READ = 1_000_000  # bytes of a message: no card of a check is as long
# As in grading: what a notebook may write, and what each cell may after it wrote too much.
TOTAL_OUTPUT_BYTES = 10_000_000
RESERVE_BYTES = 50_000
OUTPUTS = ("stream", "display_data", "execute_result", "update_display_data", "error")
TERMINAL_CODES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# how IPython names the n-th executed cell, in its versions
EXECUTED = r"(?:[Cc]ell In|[Ii]nput In) ?\[(\d+)\]"
FRAME = re.compile(EXECUTED + r", line (\d+)")


class ThisInterpreter(KernelSpecManager):
    """Finds one kernel, whatever is registered on this computer: this very Python."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-c", LAUNCH, "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


class CleanKernel:
    """A process that is becoming a kernel; call `wait` before it is asked anything."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def wait(self) -> None:
        """Return once it answers on both channels. Raises UsageError when it does not start.

        `BlockingKernelClient.wait_for_ready` then listens for another 0.2 s, for messages that
        a reader of `parent_header` need not fear.
        """
        end = monotonic() + START_SECONDS
        asked: set[str] = set()
        while monotonic() < end:
            if not self.manager.is_alive():
                raise UsageError(NO_KERNEL.format("it ended at once"))
            asked.add(self.client.kernel_info())
            if self._answers(
                asked, self.client.get_shell_msg, ASK_SECONDS
            ) and self._answers(asked, self.client.get_iopub_msg, HEAR_SECONDS):
                return
        raise UsageError(NO_KERNEL.format(f"no answer in {START_SECONDS} s"))

    def _answers(
        self, asked: set[str], read: Callable[..., dict], seconds: float
    ) -> bool:
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            try:
                message = read(timeout=left)
            except queue.Empty:
                return False
            if message["parent_header"].get("msg_id") in asked:
                return True
        return False


@contextmanager
def clean_kernel(folder: Path) -> Iterator[CleanKernel]:
    """Start a kernel that works in `folder`; it is ended when this is left.

    It sees the same `course` as this process, no startup files of the user, and
    NBGRADER_EXECUTION=validate, so that `build` leaves the learner's modules alone. Raises
    UsageError when no process can be started.
    """
    manager = KernelManager(kernel_spec_manager=ThisInterpreter())
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        warnings.catch_warnings(),
    ):
        # zmq explains on Windows how it works around the default event loop
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        client = None
        try:
            try:
                manager.start_kernel(
                    cwd=str(folder),
                    env=_environment(scratch),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                client = manager.client()
                client.start_channels()
            except (RuntimeError, OSError) as error:
                raise UsageError(
                    NO_KERNEL.format(" ".join(str(error).split()))
                ) from None
            yield CleanKernel(manager, client)
        finally:
            if client is not None:
                client.stop_channels()
            if manager.has_kernel:
                manager.shutdown_kernel(now=True)


def _environment(scratch: str) -> dict[str, str]:
    environment = dict(os.environ)
    environment["NBGRADER_EXECUTION"] = "validate"
    environment["IPYTHONDIR"] = scratch
    parent = Path(course.__file__).resolve().parent.parent
    if parent.name not in ("site-packages", "dist-packages"):
        paths = [str(parent), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return environment


@dataclass(frozen=True)
class CellRun:
    """How one cell ended.

    `status`: "ok", "error", "timeout", "flooded" (it wrote too much), "died" (the kernel ended
    in it), "not_run" (it had ended before) or "skipped". `error` and `message` are the
    exception's class name and text, with names of cells for "In[n]"; `undefined` is the name
    behind a NameError that a check reports. (`cell`, `line`) is the last line of the notebook
    in its traceback: position of the cell from 0, line from 1.
    """

    status: str
    error: str = ""
    message: str = ""
    cell: int | None = None
    line: int | None = None
    undefined: str = ""


def run_cells(
    notebook: NotebookNode,
    started: CleanKernel,
    *,
    timeout: int = 60,
    on_cell: Callable[[int], None] = lambda index: None,
) -> list[CellRun]:
    """Execute the cells in order in a kernel that has just been started; one CellRun each.

    As in grading, cells tagged "demo" are skipped unless they carry a grade_id, and no other
    tag counts. A cell is interrupted after `timeout` seconds. `on_cell` is called with the
    position of each cell before it runs. Raises UsageError when the kernel does not start.
    """
    runs: list[CellRun] = []
    position_of_count: dict[int, int] = {}
    started.wait()
    kernel = _Kernel(started)
    for index, cell in enumerate(notebook.cells):
        if _is_skipped(cell):
            runs.append(CellRun("skipped"))
            continue
        if not kernel.listens:
            runs.append(CellRun("not_run"))
            continue
        on_cell(index)
        status, reply = kernel.run(cell.source, timeout)
        position_of_count[reply.get("execution_count", 0)] = index
        runs.append(_ended(status, reply, kernel.told, notebook, position_of_count))
    return runs


def clean(text: str) -> str:
    """The text without colours and control characters, lines without trailing blanks."""
    text = CONTROL.sub("", TERMINAL_CODES.sub("", text).replace("\r\n", "\n"))
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


class _Kernel:
    """A running kernel that executes one text after the other.

    nbclient would do, but after a timeout its readers go on and eat the messages of the
    next cells: four seconds lost in each.
    """

    def __init__(self, started: CleanKernel) -> None:
        self.manager = started.manager
        self.client = started.client
        self.listens = True
        self.told: Told | None = (
            None  # what the check in the last cell says, if it failed
        )
        self._left = TOTAL_OUTPUT_BYTES
        self._allowed: float = 0

    def run(self, source: str, timeout: float) -> tuple[str, dict]:
        """A status as in CellRun, and the kernel's reply ({} when there was none)."""
        self.told, self._is_idle, self._written = None, False, 0
        self._allowed = self._left if self._left >= 0 else RESERVE_BYTES
        request = self.client.execute(source, allow_stdin=False, stop_on_error=False)
        reply = self._reply_to(request, timeout)
        if reply is not None:
            status = "ok" if reply["status"] == "ok" else "error"
        elif not self.manager.is_alive():
            status, self.listens = "died", False
        else:
            status = "flooded" if self._written > self._allowed else "timeout"
            self.manager.interrupt_kernel()
            self._allowed = math.inf
            reply = self._reply_to(request, RECOVERY_SECONDS)
            self.listens = reply is not None
        self._left -= self._written
        return status, reply or {}

    def _reply_to(self, request: str, timeout: float) -> dict | None:
        """The content of the reply; None when the kernel ended, or time or output are used up."""
        end = monotonic() + timeout
        outputs, replies = (
            channel.socket
            for channel in (self.client.iopub_channel, self.client.shell_channel)
        )
        poller = zmq.Poller()
        poller.register(outputs, zmq.POLLIN)
        poller.register(replies, zmq.POLLIN)
        found = None
        while (left := end - monotonic()) > 0 and self._written <= self._allowed:
            ready = dict(poller.poll(1000 * min(POLL_SECONDS, left)))
            if outputs in ready:
                self._hear(outputs.recv_multipart(), request)
            elif replies in ready:
                message = self.client.get_shell_msg(timeout=0)
                if message["parent_header"].get("msg_id") == request:
                    found = message["content"]
                    end = min(
                        end, monotonic() + RECOVERY_SECONDS
                    )  # for its last outputs
            elif not self.manager.is_alive():
                return found
            if found is not None and self._is_idle:
                break
        return None if self._written > self._allowed else found

    def _hear(self, frames: list[bytes], request: str) -> None:
        """Count an output, and remember what a check says; nothing else of it is kept.

        A long one is not read: that would take seconds, in which the next grows longer still.
        """
        from course.kit.checking.card_text import read_told

        size = sum(map(len, frames))
        if size > LONGEST_READ:
            self._written += size
            return
        session = self.client.session
        message = session.deserialize(session.feed_identities(frames)[1])
        if message["parent_header"].get("msg_id") != request:
            return
        kind, content = message["msg_type"], message["content"]
        if kind == "status":
            self._is_idle = content["execution_state"] == "idle"
        elif kind in OUTPUTS:
            self._written += len(json.dumps(content, default=str))
            self.told = read_told(content.get("data")) or self.told


def _ended(
    status: str,
    reply: dict,
    told: Told | None,
    notebook: NotebookNode,
    position_of_count: dict[int, int],
) -> CellRun:
    if status != "error":
        return CellRun(status)

    def name(match: re.Match) -> str:
        index = position_of_count.get(int(match.group(1)))
        return (
            match.group()
            if index is None
            else f"cell {cell_name(notebook.cells[index], index)}"
        )

    frames = FRAME.findall(clean("\n".join(reply.get("traceback", []))))
    count, line = map(int, frames[-1]) if frames else (None, None)
    message = reply.get("evalue", "") if told is None else told.text
    return CellRun(
        "error",
        clean(reply.get("ename", "")) or reply["status"],
        re.sub(EXECUTED, name, clean(message)),
        None if count is None else position_of_count.get(count),
        line,
        told.undefined if told is not None else "",
    )


def _is_skipped(cell: NotebookNode) -> bool:
    return cell.cell_type != "code" or not cell.source.strip() or is_demo(cell)
