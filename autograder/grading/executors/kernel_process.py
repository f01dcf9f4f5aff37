"""A kernel of this interpreter that gets nothing of this process's environment."""

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from autograder.one_thread import ONE_THREAD

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
