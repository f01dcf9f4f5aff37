"""Execute a lesson's solutions from top to bottom in a clean kernel."""

import asyncio
import copy
import logging
import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from nbformat import NotebookNode

from autograder.grading.limits import ONE_THREAD
from autograder.lessons.source import marks
from course.kit.notebook_cells import cell_name

CELL_SECONDS = 600
STARTUP_SECONDS = 120
WIDGET = "application/vnd.jupyter.widget-view+json"
TERMINAL_CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
CELL_LINE = re.compile(r"Cell In ?\[\d+\], line (\d+)")
# What would make a kernel of the build differ from that of a student.
UNWANTED = ("MPLBACKEND", "NBGRADER_EXECUTION", "NBGRADER_VALIDATING", "PYTHONSTARTUP")


class CellFailed(Exception):
    """A cell of the solutions raised, hung, killed the kernel, or would cost points."""


class ThisPython(AsyncKernelManager):
    """A kernel of the running interpreter, whatever kernels are registered here."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=make_ipkernel_cmd(), display_name="Python 3", language="python"
        )


def solution_notebook(
    source: NotebookNode,
    packages: Path,
    folder: Path,
    *,
    cell_seconds: int = CELL_SECONDS,
    on_cell: Callable[[int, int], None] = lambda position, count: None,
    stop: threading.Event | None = None,
) -> NotebookNode:
    """The source notebook with its outputs, executed in `folder`.

    `packages` comes first on the kernel's import path, so that `course` is the one there.
    The outputs hold no paths of `packages`, no widgets' state and no times. `on_cell` is
    called with each cell's position, from 0, and their count; setting `stop` ends the run.
    Raises CellFailed, whose text names the cell and what happened in it.
    """
    notebook = copy.deepcopy(source)
    position = 0

    def start(cell: NotebookNode, cell_index: int) -> None:
        nonlocal position
        position = cell_index
        on_cell(cell_index, len(notebook.cells))

    client = NotebookClient(
        notebook,
        kernel_manager_class=ThisPython,
        timeout=cell_seconds,
        startup_timeout=STARTUP_SECONDS,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        shutdown_kernel="immediate",
        on_cell_start=start,
        log=_silent_log(),
    )
    try:
        asyncio.run(_run(client, packages, folder, stop or threading.Event()))
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        name = cell_name(notebook.cells[position], position)
        raise CellFailed(f"cell {name}: {_explain(error, cell_seconds)}") from None
    except RuntimeError as error:
        raise CellFailed(f"no kernel of {sys.executable} starts: {error}") from None
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.outputs = [*_clean(cell.outputs, packages)]
            for problem in _costly(cell):
                raise CellFailed(f"cell {cell_name(cell, index)}: {problem}")
    notebook.metadata = copy.deepcopy(source.metadata)
    # As it will be read from its file: the same objects, so the same hash.
    return nbformat.reads(nbformat.writes(notebook), as_version=4)


async def _run(
    client: NotebookClient, packages: Path, folder: Path, stop: threading.Event
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "cwd": str(folder),
        "env": _environment(packages),
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    with warnings.catch_warnings():
        # zmq explains on Windows how it works around the default event loop
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        run = asyncio.ensure_future(client.async_execute(**options))
        while not run.done():
            await asyncio.wait({run}, timeout=0.2)
            if stop.is_set():
                run.cancel()
        if stop.is_set() or run.cancelled():
            raise DeadKernelError("stopped")
        run.result()


def _environment(packages: Path) -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if k not in UNWANTED}
    return environment | {
        **ONE_THREAD,
        "PYTHONPATH": str(packages),
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "IPYTHONDIR": str(packages / ".ipython"),
    }


def _explain(
    error: CellExecutionError | CellTimeoutError | DeadKernelError, cell_seconds: int
) -> str:
    if isinstance(error, CellTimeoutError):
        return f"ran for more than {cell_seconds} s and was stopped"
    if isinstance(error, DeadKernelError):
        return "the kernel died while it ran"
    text = TERMINAL_CODES.sub("", str(error))
    line = CELL_LINE.search(text)
    where = f"line {line[1]}: " if line else ""
    return f"{where}{error.ename}: {TERMINAL_CODES.sub('', error.evalue)}"


def _costly(cell: NotebookNode) -> Iterator[str]:
    """Outputs of a check cell that nbgrader would turn into a loss of points."""
    if not marks(cell).get("grade"):
        return
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            yield f"writes to stderr, which costs its points: {output.text[:200]!r}"
        if output.output_type == "execute_result":
            yield "its last line has a value, which is read as points: assign or check it"


def _clean(outputs: list[NotebookNode], packages: Path) -> Iterator[NotebookNode]:
    """Outputs without widgets and without paths of the folder they were made in."""
    for output in outputs:
        if "data" in output:
            was_widget = output.data.pop(WIDGET, None) is not None
            if was_widget and set(output.data) <= {"text/plain"}:
                continue
            for mimetype, value in output.data.items():
                if mimetype.startswith("text/"):
                    output.data[mimetype] = _without_paths(value, packages)
        elif output.output_type == "stream":
            output.text = _without_paths(output.text, packages)
        yield output


def _without_paths(text: str, packages: Path) -> str:
    for folder in (packages, packages.resolve()):
        text = text.replace(f"{folder}{os.sep}", "").replace(str(folder), ".")
    return text.replace(sys.prefix, "<python>")


def _silent_log() -> logging.Logger:
    log = logging.getLogger(__name__)
    log.disabled = True
    return log
