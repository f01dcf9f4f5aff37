"""The trusted side of the sandbox: a warm parent process and its children, one per submission."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from autograder.grading.limits import Limits
from autograder.grading.support import Support

INSIDE = Path(__file__).parent / "inside"
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
START_SECONDS = 60
MESSAGE_BYTES = 65_536


class SandboxError(RuntimeError):
    """The sandbox itself failed; a submission never causes this."""


class Child:
    """One process for one submission. `socket` speaks with its main function."""

    def __init__(self, parent: "WarmParent", connection: socket.socket) -> None:
        self.socket = connection
        self._parent = parent
        self._ended: int | None = None

    def interrupt(self) -> None:
        """As Ctrl-C would."""
        self._tell(do="signal", number=int(signal.SIGINT))

    def kill(self) -> None:
        """End it and all that it started; `wait` says when that is done."""
        self._tell(do="kill")

    def _tell(self, **message: object) -> None:
        if self._ended is None:
            self._parent.tell(**message)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, or minus the signal that ended it. Raises TimeoutError."""
        if self._ended is None:
            self._ended = int(self._parent.listen(timeout)["ended"])
            self.socket.close()
        return self._ended


class WarmParent:
    """A context manager; `spawn` gives a new child, one at a time.

    `main` names the module whose main(connection, setup) runs in the child.
    """

    def __init__(
        self,
        support: Support,
        limits: Limits,
        isolation: str,
        *,
        main: str = "inside.shell",
    ) -> None:
        self._support, self._limits, self._isolation = support, limits, isolation
        self._main = main
        self._control: socket.socket | None = None
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "WarmParent":  # noqa: PYI034 Self is newer than Python 3.10
        self._folder = tempfile.TemporaryDirectory(
            prefix="grade-", ignore_cleanup_errors=True
        )
        place = Path(self._folder.name)
        self._support.unpack(place)
        shutil.copytree(INSIDE, place / "inside")
        (place / "private").mkdir()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "inside.warm", str(theirs.fileno())],
                cwd=place,
                env=self._environment(place),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.tell(
            do="start",
            main=self._main,
            private=str(place / "private"),
            limits=self._limits.as_json(),
            isolation=self._isolation,
        )
        message = self.listen(START_SECONDS)
        if "failed" in message:
            raise SandboxError(f"the warm parent did not start: {message['failed']}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._folder.cleanup()

    def spawn(self) -> Child:
        """A new child; the one before must have ended (`Child.wait`)."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b'{"do":"spawn"}'], [theirs.fileno()])
        return Child(self, ours)

    def tell(self, **message: object) -> None:
        self._control.send(json.dumps(message).encode())

    def listen(self, timeout: float | None) -> dict:
        """The next message of the warm parent."""
        self._control.settimeout(timeout)
        text = self._control.recv(MESSAGE_BYTES)
        if not text:
            raise SandboxError("the warm parent has ended")
        return json.loads(text)

    def _environment(self, place: Path) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        threads = ("OPENBLAS", "OMP", "MKL", "NUMEXPR")
        return {
            **kept,
            **{f"{library}_NUM_THREADS": "1" for library in threads},
            "HOME": str(place / "private"),
            "MPLBACKEND": "agg",
            "MPLCONFIGDIR": str(place / "matplotlib"),
            "NBGRADER_EXECUTION": "autograde",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": f"{place}{os.pathsep}{place / 'lib'}",
            "PYTHONUTF8": "1",
        }
