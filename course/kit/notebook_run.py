"""Run a notebook in a clean kernel and say how each cell ended. The file is not touched."""

import os
import re
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from time import monotonic

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode

import course
from course.kit.notebook_cells import cell_name, grade_id
from course.kit.refusal import Refusal

START_SECONDS = 60
POLL_SECONDS = 0.5
RECOVERY_SECONDS = 5
TERMINAL_CODES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# how IPython names the n-th executed cell, in its versions
EXECUTED = r"(?:[Cc]ell In|[Ii]nput In) ?\[(\d+)\]"
FRAME = re.compile(EXECUTED + r", line (\d+)")


@dataclass(frozen=True)
class CellRun:
    """How one cell ended.

    `status`: "ok", "error", "timeout", "died" (the kernel ended in it), "not_run" (it had
    ended before) or "skipped". `error` and `message` are the exception's class name and
    text, with names of cells for "In[n]"; (`cell`, `line`) is the last line of the notebook in its traceback: position of
    the cell from 0, line from 1.
    """

    status: str
    error: str = ""
    message: str = ""
    cell: int | None = None
    line: int | None = None


def run_cells(
    notebook: NotebookNode,
    folder: Path,
    *,
    timeout: int = 60,
    on_cell: Callable[[int], None] = lambda index: None,
) -> list[CellRun]:
    """Execute the cells in order, in a new kernel of this interpreter; one CellRun each.

    The kernel works in `folder`, sees the same `course` as this process, no startup files
    of the user, and NBGRADER_EXECUTION=validate, so that `build` leaves the learner's
    modules alone. As in grading, cells tagged "demo" are skipped unless they carry a
    grade_id, and no other tag counts. A cell is interrupted after `timeout` seconds.
    `on_cell` is called with the position of each cell before it runs.
    Raises Refusal when no kernel starts.
    """
    runs: list[CellRun] = []
    position_of_count: dict[int, int] = {}
    with _kernel(folder) as kernel:
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
            runs.append(_ended(status, reply, notebook, position_of_count))
    return runs


def clean(text: str) -> str:
    """The text without colours and control characters, lines without trailing blanks."""
    text = CONTROL.sub("", TERMINAL_CODES.sub("", text).replace("\r\n", "\n"))
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


class _ThisInterpreter(KernelSpecManager):
    """Finds one kernel, whatever is registered on this computer: this very Python."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=make_ipkernel_cmd(), display_name="Python 3", language="python"
        )


class _Kernel:
    """A running kernel that executes one text after the other.

    nbclient would do, but after a timeout its readers go on and eat the messages of the
    next cells: four seconds lost in each.
    """

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client
        self.listens = True

    def run(self, source: str, timeout: float) -> tuple[str, dict]:
        """A status as in CellRun, and the kernel's reply ({} when there was none)."""
        request = self.client.execute(source, allow_stdin=False, stop_on_error=False)
        reply = self._reply_to(request, timeout)
        if reply is not None:
            return ("ok" if reply["status"] == "ok" else "error"), reply
        if not self.manager.is_alive():
            self.listens = False
            return "died", {}
        self.manager.interrupt_kernel()
        reply = self._reply_to(request, RECOVERY_SECONDS)
        self.listens = reply is not None
        return "timeout", reply or {}

    def _reply_to(self, request: str, timeout: float) -> dict | None:
        """The content of the reply, None when the time is over or the kernel ended."""
        end = monotonic() + timeout
        while (left := end - monotonic()) > 0:
            try:
                message = self.client.get_shell_msg(timeout=min(POLL_SECONDS, left))
            except Empty:
                if not self.manager.is_alive():
                    return None
                continue
            if message["parent_header"].get("msg_id") == request:
                return message["content"]
        return None


@contextmanager
def _kernel(folder: Path) -> Iterator[_Kernel]:
    manager = KernelManager(kernel_spec_manager=_ThisInterpreter())
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
                client.wait_for_ready(timeout=START_SECONDS)
            except (RuntimeError, OSError) as error:
                raise Refusal(
                    f"no Python kernel starts ({clean(str(error))}). Run: course doctor"
                ) from None
            # nobody reads outputs: a cell that prints for a minute must not pile them up
            client.iopub_channel.stop()
            yield _Kernel(manager, client)
        finally:
            if client is not None:
                client.stop_channels()
            if manager.has_kernel:
                manager.shutdown_kernel(now=True)


def _ended(
    status: str,
    reply: dict,
    notebook: NotebookNode,
    position_of_count: dict[int, int],
) -> CellRun:
    if status != "error":
        return CellRun(status)

    def name(match: re.Match) -> str:
        index = position_of_count.get(int(match.group(1)))
        return match.group() if index is None else f"cell {cell_name(notebook, index)}"

    frames = FRAME.findall(clean("\n".join(reply.get("traceback", []))))
    count, line = map(int, frames[-1]) if frames else (None, None)
    return CellRun(
        "error",
        clean(reply.get("ename", "")) or reply["status"],
        re.sub(EXECUTED, name, clean(reply.get("evalue", ""))),
        position_of_count.get(count),
        line,
    )


def _is_skipped(cell: NotebookNode) -> bool:
    if cell.cell_type != "code" or not cell.source.strip():
        return True
    tags = cell.metadata.get("tags")
    return isinstance(tags, list) and "demo" in tags and grade_id(cell) is None


def _environment(scratch: str) -> dict[str, str]:
    environment = dict(os.environ)
    environment["NBGRADER_EXECUTION"] = "validate"
    environment["IPYTHONDIR"] = scratch
    parent = Path(course.__file__).resolve().parent.parent
    if parent.name not in ("site-packages", "dist-packages"):
        paths = [str(parent), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return environment
