"""Cells run by a real Jupyter kernel of this interpreter, through nbclient."""

import asyncio
import atexit
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from nbclient.client import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute

from autograder.grading.cells import errors_of
from autograder.grading.executors import FORGET, STOPS, CellEnd, End, NoSession
from autograder.grading.limits import ONE_THREAD, Limits, OutputBudget
from autograder.grading.sandbox import Isolation, outer, probe
from autograder.grading.sandbox.child.processes import remove
from autograder.lessons.course_files import Support
from course.kit import UsageError

# What a kernel is given of this process's environment; the rest may hold secrets.
KEPT_VARIABLES = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
)
LONGEST_SOCKET_PATH = 90  # bytes; systems allow 104 to 108
SPEC = KernelSpec(
    argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    display_name="Python 3",
    language="python",
)


class KernelSession:
    """One kernel in an empty folder, which goes away with it. Raises NoSession."""

    def __init__(
        self,
        support: Support,
        limits: Limits,
        isolation: str = "off",
    ) -> None:
        self._folder = place = Path(tempfile.mkdtemp(prefix="grade-"))
        support.unpack(place)
        self._loop = asyncio.new_event_loop()
        (place / "work").mkdir()
        self._client = _Client(place, limits, _before(isolation, place, limits))
        STOPS.add(self.stop)
        try:
            self._loop.run_until_complete(self._client.start())
        except (RuntimeError, OSError) as error:
            self.close()
            raise NoSession(f"no kernel started: {error}") from error

    def run(
        self, index: int, cell: NotebookNode, seconds: float, budget: OutputBudget
    ) -> CellEnd:
        """Run the cell for at most so many seconds; its outputs are left in it."""
        return self._loop.run_until_complete(
            self._client.run(index, cell, seconds, budget)
        )

    def forget(self) -> None:
        """Take away all names that cells have bound."""
        self.run(0, new_code_cell(FORGET), 10, OutputBudget(0))

    def stop(self) -> None:
        """End the kernel from any thread; the cell that it runs is told that it has died."""
        if self._client.process is not None:
            kill_group(self._client.process)

    def close(self) -> None:
        """End the kernel and what it has started."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(RuntimeError, OSError):
            self._loop.run_until_complete(self._client.stop())
        STOPS.discard(self.stop)
        if hasattr(os, "killpg"):
            self.stop()  # what it has started and left behind
        self._loop.close()
        remove(self._folder)


class _Client(Execute):
    """nbgrader's Execute, with a kernel of our own that is sent cells one by one."""

    def __init__(self, place: Path, limits: Limits, before: Sequence[str] = ()) -> None:
        quiet = logging.getLogger(__name__)
        quiet.disabled = True
        super().__init__(
            kernel_manager_class=OwnKernel,
            shutdown_kernel="immediate",
            iopub_timeout=max(1, round(limits.grace_seconds)),
            store_widget_state=False,
            record_timing=False,
            coalesce_streams=False,  # takes hours for a line of a million characters
            log=quiet,
        )
        NotebookClient.__init__(self, new_notebook())
        self.place = place
        self.before = before
        self.process: int | None = None
        self.budget = OutputBudget(0)
        self.seconds = 0.0
        self.timeout_func = lambda cell: self.seconds
        self.stopping: asyncio.Task | None = None

    async def start(self) -> None:
        work = self.place / "work"
        self.km = OwnKernel.at(self.place, self.before)
        self.reset_execution_trackers()
        # nbclient's Output widget looks here
        self.widget_state: dict[str, dict] = defaultdict(dict)
        await self.async_start_new_kernel(
            cwd=str(work),
            env=kernel_environment(self.place),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.process = self.km.process_id
        await self.async_start_new_kernel_client()

    async def run(
        self, index: int, cell: NotebookNode, seconds: float, budget: OutputBudget
    ) -> CellEnd:
        self.budget, self.seconds, self.stopping = budget, seconds, None
        while len(self.nb.cells) <= index:
            self.nb.cells.append(new_code_cell())
        self.nb.cells[index] = cell
        started = time.monotonic()
        try:
            await self.async_execute_cell(cell, index)
        except CellTimeoutError:
            how = End.FLOODED if budget.is_flooded else End.STUCK
            return CellEnd(how, usable=False)
        except DeadKernelError:
            return CellEnd(End.DIED, usable=False)
        except Exception as error:  # noqa: BLE001 nbclient stumbles over odd messages
            return CellEnd(End.DIED, usable=False, text=f"nbclient: {error!r}"[:200])
        finally:
            _join_streams(cell)
        if budget.is_flooded:
            return CellEnd(End.FLOODED)
        if not errors_of(cell):
            return CellEnd(End.OK)
        late = time.monotonic() - started >= seconds
        return CellEnd(End.INTERRUPTED if late else End.ERROR)

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int):
        kind, content = msg["msg_type"], msg["content"]
        if kind != "status":
            text = json.dumps(content, default=str, ensure_ascii=False)
            self.budget.count(len(text.encode("utf-8", "surrogatepass")))
        if self.budget.is_flooded and self.stopping is None:
            self.stopping = asyncio.ensure_future(
                ensure_async(self.km.interrupt_kernel())
            )
        content = self.budget.admit(kind, content)
        if content is None:
            return None
        return super().process_message({**msg, "content": content}, cell, cell_index)

    async def stop(self) -> None:
        atexit.unregister(self._cleanup_kernel)  # nbclient forgets it on errors
        if self.kc is not None:
            self.kc.stop_channels()
        if self.km is not None:
            await ensure_async(self.km.shutdown_kernel(now=True))
            await ensure_async(self.km.cleanup_resources())


def _before(isolation: str, place: Path, limits: Limits) -> list[str]:
    """The walls around a kernel: what its command starts under. Refuses strict isolation."""
    if isolation == Isolation.OFF:
        return []
    if isolation == Isolation.STRICT:
        raise UsageError(
            "strict isolation was asked for with the executor 'kernel', which has no "
            "private folder of limited size and no filter of system calls. Use the "
            "executor 'fast', or --isolation best-effort"
        )
    return outer.kernel_command(probe(isolation).tool, place, limits)


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


class OwnKernel(AsyncKernelManager):
    """A kernel manager that takes this interpreter whatever kernels the user has installed."""

    before: tuple[str, ...] = ()

    @classmethod
    def at(cls, place: Path, before: Sequence[str] = ()) -> "OwnKernel":
        """A manager that keeps its files in `place`; sockets are files where that works.

        `before` is a command that starts the kernel's. A signal would end that command, so
        the kernel is then interrupted by a message.
        """
        files = {"connection_file": str(place / "kernel.json")}
        socket = str(place / "socket")
        if sys.platform != "win32" and len(os.fsencode(socket)) < LONGEST_SOCKET_PATH:
            files.update(transport="ipc", ip=socket)
        manager = cls(**files)
        manager.before = tuple(before)
        return manager

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=[*self.before, *SPEC.argv],
            display_name=SPEC.display_name,
            language=SPEC.language,
            interrupt_mode="message" if self.before else "signal",
        )

    @property
    def process_id(self) -> int | None:
        return getattr(self.provisioner, "pid", None)


def kill_group(pid: int) -> None:
    """End it: the kernel leads a process group of its own (jupyter_client starts a new session)."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)


def kernel_environment(place: Path) -> dict[str, str]:
    """The environment of a kernel whose private folders lie in `place`."""
    home = place / "home"
    temporary = place / "tmp"
    for folder in (home, temporary):
        folder.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    folders = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA"), str(home))
    folders |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    return {
        **kept,
        **folders,
        **ONE_THREAD,
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "MPLCONFIGDIR": str(place / "matplotlib"),
        "NBGRADER_EXECUTION": "autograde",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(place / "lib"),
        "PYTHONUTF8": "1",
    }
