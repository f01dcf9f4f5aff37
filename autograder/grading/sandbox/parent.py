"""The trusted side of the warm parent and of its children, one per submission."""

import contextlib
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.grading.limits import ONE_THREAD, Limits
from autograder.grading.sandbox.child.processes import remove
from autograder.grading.sandbox.outer import (
    LAYERS,
    SANDBOX,
    Isolation,
    SandboxError,
    View,
    command,
    private_place,
    system_view,
    write_names,
)
from autograder.lessons.course_files import Support

CHILD = Path(__file__).parent / "child"
CHECKOUT = Path(__file__).parents[3]
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")
START_SECONDS = 120  # a first import on a busy machine
END_SECONDS = 15
MESSAGE_BYTES = 65_536
COUNTS_PER_NAMESPACE = (5, 14)  # from this kernel on RLIMIT_NPROC counts per namespace


class Child:
    """The processes for one submission; `sockets` speak with the main function of each.

    What is said of it (its end, Ctrl-C) is of all: they end with the first one.
    """

    def __init__(self, parent: "WarmParent", connections: list[socket.socket]) -> None:
        self.sockets = connections
        self.socket = connections[0]
        self.too_much_memory = False  # known after `wait`
        self._parent = parent
        self._ended: int | None = None

    def interrupt(self, to: str | None = None) -> None:
        """As Ctrl-C would; `to="answers"`: not the process of the checks."""
        self._tell(do="signal", number=int(signal.SIGINT), to=to)

    def measure(self, begin: bool, timeout: float) -> int:
        """Begin or end to measure the answers' memory: the bytes that it has grown by since.

        0 where the child has ended. Raises TimeoutError and SandboxError.
        """
        self._tell(do="measure", begin=begin)
        if self._ended is None:
            message = self._parent.listen(timeout)
            if "measured" in message:
                return int(message["measured"])
            self._has_ended(message)
        return 0

    def kill(self) -> None:
        """End it and all that it started; `wait` says when that is done."""
        self._tell(do="kill")

    def _tell(self, **message: object) -> None:
        if self._ended is None:
            self._parent.tell(**message)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, or minus the signal that ended it, once nothing of it is left.

        Raises TimeoutError, and SandboxError where the warm parent has gone.
        """
        if self._ended is not None:
            return self._ended
        message = self._parent.listen(timeout)
        if "measured" in message:  # nobody waits for it any longer
            message = self._parent.listen(timeout)
        return self._has_ended(message)

    def _has_ended(self, message: dict) -> int:
        code = self._ended = int(message["ended"])
        self.too_much_memory = bool(message["too_much_memory"])
        return code


class WarmParent:
    """A context manager; `spawn` gives a new child, one at a time.

    `main` names the module whose main(connection, setup) runs in the child (None: it tells
    the layers that hold, and ends); setup has its layers, its role, and the socket that joins it to the other one. Without `preload`
    nothing is imported for it. `tool` names the outer command, as `probe` has found it to work.
    Raises SandboxError where nothing starts.
    """

    def __init__(
        self,
        support: Support,
        limits: Limits,
        isolation: Isolation | str,
        *,
        tool: str | None,
        main: str | None = "child.servers",
        preload: bool = True,
    ) -> None:
        self._support, self._limits = support, limits
        self._isolation = Isolation(isolation)
        self._main, self._preload = main, preload
        self._tool = tool
        self._control: socket.socket | None = None
        self._process: subprocess.Popen | None = None
        self._folder: Path | None = None
        self.layers: frozenset[str] = frozenset()  # those that all children share

    def __enter__(self) -> "WarmParent":  # noqa: PYI034 Self is newer than Python 3.10
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _open(self) -> None:
        tool = self._tool
        folder = self._folder = Path(tempfile.mkdtemp(prefix="grade-"))
        folder.chmod(0o711)  # the ordinary user that the children are passes here
        given = folder / "given"
        given.mkdir(mode=0o755)
        self._support.unpack(given)
        shutil.copytree(CHILD, given / "child")
        names = write_names(given / "etc")
        _let_read(given)
        system = system_view()
        view = View(system.binds + names.binds, system.links)
        before = command(tool, view, given)
        here = str(given) if tool != "bwrap" else SANDBOX
        private = private_place(view) if tool else str(_private(folder))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, open(folder / "stderr", "wb") as errors:
            words = ["child.fork_server", str(theirs.fileno())]
            if tool == "unshare":
                seen: dict[str, Any] = {"binds": view.binds, "links": view.links}
                seen |= {"place": str(folder), "private": private}
                words.append(json.dumps(seen))
            self._process = subprocess.Popen(
                [*before, sys.executable, "-m", *words],
                cwd=given,
                env=_environment(here, private),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                umask=0o022,
            )
        self.tell(
            do="start",
            main=self._main,
            preload=self._preload,
            private=private,
            cover=private if tool else None,
            limits=self._limits.as_json() | {"processes_in_use": _processes_in_use()},
            isolation=self._isolation.value,
            owner=os.geteuid(),
            required=list(LAYERS) if self._isolation is Isolation.STRICT else [],
            hides_files=tool is not None and not view.shows(CHECKOUT),
        )
        message = self.listen(START_SECONDS)
        if "failed" in message:
            raise SandboxError(f"the warm parent did not start: {message['failed']}")
        self.layers = frozenset(message["layers"])

    def stop(self) -> None:
        """Make it end, and all its children, from any thread: who listens to it is told."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        if self._control is not None:
            self._control.close()  # the warm parent then ends all and itself
        if self._process is not None:
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        if self._folder is not None:
            remove(self._folder)

    def spawn(self, count: int = 1) -> Child:
        """A new child of so many processes; the one before must have ended (`Child.wait`).

        The first is for answers, the second for checks; a socket joins the two.
        """
        pairs = [socket.socketpair() for _ in range(count)]
        numbers = [theirs.fileno() for _, theirs in pairs]
        socket.send_fds(self._connection(), [b'{"do":"spawn"}'], numbers)
        for _, theirs in pairs:
            theirs.close()
        return Child(self, [ours for ours, _ in pairs])

    def tell(self, **message: object) -> None:
        """Send a message to the warm parent; for `Child`."""
        try:
            self._connection().send(json.dumps(message).encode())
        except OSError as error:
            raise SandboxError(f"the warm parent has ended: {error}") from error

    def listen(self, timeout: float | None) -> dict:
        """The next message of the warm parent; for `Child`."""
        connection = self._connection()
        connection.settimeout(timeout)
        try:
            text = connection.recv(MESSAGE_BYTES)
        except ConnectionError:
            text = b""
        if not text:
            raise SandboxError(f"the warm parent has ended: {self._last_words()}")
        return json.loads(text)

    def _connection(self) -> socket.socket:
        if self._control is None:
            raise SandboxError("the warm parent was not started")
        return self._control

    def _last_words(self) -> str:
        if self._folder is None:
            return "it was not started"
        text = (self._folder / "stderr").read_text(encoding="utf-8", errors="replace")
        return text.strip()[-1000:] or "it said nothing"


def _private(folder: Path) -> Path:
    private = folder / "private"
    private.mkdir()
    private.chmod(0o1777)
    return private


def _environment(here: str, private: str) -> dict[str, str]:
    """All that the warm parent and its children get of the environment."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        **ONE_THREAD,
        "HOME": private,
        "FONT_LISTS": f"{here}/matplotlib",
        "JUPYTER_PLATFORM_DIRS": "1",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": f"{private}/matplotlib",
        "NBGRADER_EXECUTION": "autograde",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": f"{here}{os.pathsep}{here}/lib",
        "PYTHONUTF8": "1",
        "TMPDIR": private,
    }


def _let_read(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _processes_in_use() -> int:
    """What old kernels count against the children: all processes of the user."""
    release = platform.release().split(".")
    if tuple(int(part) for part in release[:2]) >= COUNTS_PER_NAMESPACE:
        return 0
    count = 0
    for folder in Path("/proc").glob("[0-9]*/task"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid in (os.geteuid(), 65534):
                count += len(list(folder.iterdir()))
    return count
