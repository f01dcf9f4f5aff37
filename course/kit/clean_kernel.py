"""A kernel of this very Python, with nothing of the user's in it, for `course check`.

It takes a second to start. Whoever starts it imports and reads meanwhile, so this module imports
little.
"""

import os
import queue
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

import course
from course.kit.usage_error import UsageError

# ipykernel's own launcher, without the debugger: a third of the time it takes to start.
LAUNCH = (
    "import runpy, sys; sys.modules['debugpy'] = None; "
    "runpy.run_module('ipykernel_launcher', run_name='__main__')"
)
START_SECONDS = 60
ASK_SECONDS = 1
NO_KERNEL = "no Python kernel starts ({}). Run: course doctor"


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
        while monotonic() < end:
            if not self.manager.is_alive():
                raise UsageError(NO_KERNEL.format("it ended at once"))
            asked = self.client.kernel_info()
            if self._answers(asked, self.client.get_shell_msg) and self._answers(
                asked, self.client.get_iopub_msg
            ):
                return
        raise UsageError(NO_KERNEL.format(f"no answer in {START_SECONDS} s"))

    def _answers(self, asked: str, read: Callable[..., dict]) -> bool:
        end = monotonic() + ASK_SECONDS
        while (left := end - monotonic()) > 0:
            try:
                message = read(timeout=left)
            except queue.Empty:
                return False
            if message["parent_header"].get("msg_id") == asked:
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
