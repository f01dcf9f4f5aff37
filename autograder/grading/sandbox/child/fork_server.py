"""The warm parent: imports what every lesson needs once, then forks two children per submission.

Started as `python -m child.fork_server FD [VIEW]`. FD is a socket of its owner; messages are JSON.
With a VIEW (under `unshare`) it first makes the root that this describes, and starts anew there.
From the owner: start (with settings), require (layers), spawn (with a socket
for each child), signal, kill, measure.
To the owner: ready or failed, ended, measured. It has one thread, for a fork to be safe.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import shutil
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from child import confine, linux, processes
from child.confine import NOBODY, SHOWN_SIGNAL, Confinement, succeeds

MESSAGE_BYTES = 65_536
NOT_CONFINED = 87  # exit code of a child in which a layer failed that must hold
WATCH_SECONDS = 0.1  # how often the memory of a submission is looked at
MEASURE_SECONDS = 0.002  # the same while it is measured for a check
ROLES = ("answers", "checks")  # of the children, by the order of their sockets
# What is shown as it, by name. /dev/full gives zeros, too, and cannot be mapped as /dev/zero
# can, which is shared memory that no limit sees.
DEVICES = {name: name for name in ("null", "full", "random", "urandom")} | {
    "zero": "full"
}
SANDBOX = "/sandbox"  # where the support and this package lie
# What notebooks do not use of the kit, and what takes seconds to import.
KIT_LEFT_OUT = ("cli", "doctor", "installation", "terminal", "notebook_")


class Warm:
    """Children of one submission at a time, joined by a socket of their own.

    They begin and end together: each is used once, and nothing they started outlives them.
    """

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.settings: dict = {}
        self.layers: list[str] = []
        self.namespaces: list[str] = []  # that every child gets for its own
        self.user = (os.geteuid(), os.getegid())
        self.living: dict[int, int | None] = {}  # the children, each with a pidfd
        self.code: int | None = None  # of the child that ended first
        self.private = Path()
        self.count = 0  # of submissions
        self.answers = 0  # the process of the answers
        self.memory: processes.Watch  # from `_start` on, once all is imported
        self.meter: processes.Meter | None = None
        self.too_much_memory = False
        self.next_watch = 0.0

    def serve(self) -> None:
        """Do what the owner says until it closes the socket; then nothing is left."""
        linux.prctl(linux.SET_SUBREAPER, 1)
        while True:
            ends: list[Any] = [self.control]
            ends += (end for end in self.living.values() if end is not None)
            timeout = WATCH_SECONDS if self.living else None
            if self.meter is not None:
                self.meter.look()
                timeout = MEASURE_SECONDS
            ready, _, _ = select.select(ends, [], [], timeout)
            if self.control in ready and not self._obey():
                break
            if self.living:
                self._look_after_children()
        processes.end_all()

    def _obey(self) -> bool:
        text, files, _, _ = socket.recv_fds(self.control, MESSAGE_BYTES, 2)
        if not text:
            return False
        message = json.loads(text)
        if message["do"] == "start":
            self._start(message)
        elif message["do"] == "spawn":
            self._spawn(files)
        elif message["do"] == "require":
            self.settings["required"] = message["layers"]
        elif message["do"] == "measure":
            self._measure(message["begin"])
        else:
            self._signal(message.get("number", signal.SIGKILL), message.get("to"))
        return True

    def _signal(self, number: int, to: str | None = None) -> None:
        for pid in self.living:
            if to is None or pid == self.answers:
                os.kill(pid, number)

    def _measure(self, begin: bool) -> None:
        """Say how many bytes more the answers' processes have held, at the most, since it began."""
        if begin:
            self.meter = processes.Meter(self.answers)
        grown = self.meter.grown() if self.meter is not None else 0
        if not begin:
            self.meter = None
        self._say(measured=grown)

    def _say(self, **message: object) -> None:
        self.control.send(json.dumps(message).encode())

    def _start(self, settings: dict) -> None:
        self.settings = settings
        try:
            self.layers = enter_outer(settings)
            if settings["preload"]:
                preload(settings["main"])
            if len(os.listdir("/proc/self/task")) != 1:
                raise RuntimeError("an import has started a thread; a fork is not safe")
        except BaseException:  # noqa: BLE001 it is told, whatever it is
            self._say(failed=traceback.format_exc()[-4000:])
            os._exit(1)
        self.user = (os.geteuid(), os.getegid())
        if settings["isolation"] != "off":
            self.namespaces = confine.available(self.user)
            confine.prepare()
        gc.collect()
        gc.freeze()  # the children then share more of this process's memory
        linux.use_large_pages()
        self.memory = processes.Watch()
        self._say(ready=True, layers=self.layers)

    def _spawn(self, connections: list[int]) -> None:
        self.count += 1
        self.code, self.too_much_memory, self.meter = None, False, None
        self.private = Path(self.settings["private"], f"child-{self.count}")
        self.private.mkdir(mode=0o700)
        bridge = socket.socketpair() if len(connections) > 1 else (None,)
        for role, connection, end in zip(ROLES, connections, bridge):
            pid = linux.fork_into(confine.flags(self.namespaces))
            if pid == 0:
                _exit_with(lambda: self._be_child(role, connection, end))  # noqa: B023
            os.close(connection)
            self.answers = self.answers if self.living else pid
            self.living[pid] = None
            with contextlib.suppress(OSError):
                self.living[pid] = os.pidfd_open(pid)
        for end in filter(None, bridge):
            end.close()

    def _be_child(
        self, role: str, connection: int, bridge: socket.socket | None
    ) -> None:
        settings = self.settings
        before = self.memory.mine.address_space
        confinement = Confinement(
            self.private,
            settings["limits"],
            settings["isolation"],
            before,
            self.namespaces,
            self.user,
        )
        confinement.cover = settings["cover"] and Path(settings["cover"])
        confinement.is_ordinary_user = settings["owner"] != 0 or os.geteuid() != 0
        ends = [bridge.fileno()] if bridge else []
        confinement.enter([connection, *ends])
        missing = set(settings["required"]) - set(self.layers + confinement.layers)
        if missing:
            raise SystemExit(NOT_CONFINED)
        owner = socket.socket(fileno=connection)
        layers = self.layers + confinement.layers
        if settings["main"] is None:
            owner.sendall(json.dumps(layers).encode())
            return
        setup = {"layers": layers, "role": role, "bridge": bridge}
        importlib.import_module(settings["main"]).main(owner, setup)

    def _look_after_children(self) -> None:
        for pid in list(self.living):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._has_ended(pid, os.waitstatus_to_exitcode(status))
        if self.living:
            if time.monotonic() >= self.next_watch:
                self._watch_memory()
            return
        processes.end_all()
        processes.remove(self.private)
        self._say(ended=self.code, too_much_memory=self.too_much_memory)

    def _has_ended(self, pid: int, code: int) -> None:
        end = self.living.pop(pid)
        if end is not None:
            os.close(end)
        # as process 1 of its namespace reports a signal
        code = SHOWN_SIGNAL - code if code > SHOWN_SIGNAL else code
        if self.code is None:
            self._signal(signal.SIGKILL)
        if self.code in (None, processes.OTHER_GONE):
            self.code = code

    def _watch_memory(self) -> None:
        """End a submission that holds more than one process may, in all its processes."""
        self.next_watch = time.monotonic() + WATCH_SECONDS
        most = self.settings["limits"]["memory_bytes"]
        if self.memory.held(self.answers) > most or processes.too_many_locks():
            self.too_much_memory = True
            self._signal(signal.SIGKILL)


def build_root(
    binds: list[list[str]], links: list[list[str]], place: str, private: str
) -> None:
    """Leave the host's files for a root that shows the listed ones, for reading, and no others.

    `binds` and `links` are pairs: what, and its path inside.

    `private` is where the children's private folders will be mounted. Needs a mount namespace of its own and the right to mount. Raises OSError.
    """
    linux.mount("", "/", "", linux.RECURSIVE | linux.PRIVATE)
    root = f"{place}/root"
    os.mkdir(root)
    flags = linux.NO_SUID | linux.NO_DEVICES
    linux.mount("tmpfs", root, "tmpfs", flags, "mode=0755,size=1m")
    for source, path in [*binds, [place + "/given", SANDBOX]]:
        _bind(source, root + path)
    for text, path in links:
        Path(root + path).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(text, root + path)
    for name, shown in DEVICES.items():
        _bind(f"/dev/{shown}", f"{root}/dev/{name}", writable=True)
    for name, options in (
        ("dev/shm", "0755,size=4k"),
        (private.lstrip("/"), "1777,size=16m"),
    ):
        os.makedirs(f"{root}/{name}", exist_ok=True)
        linux.mount("tmpfs", f"{root}/{name}", "tmpfs", flags, f"mode={options}")
    os.makedirs(f"{root}/proc")
    linux.mount("proc", f"{root}/proc", "proc", flags | linux.NO_EXEC)
    linux.pivot_root(root)
    again = linux.REMOUNT | linux.BIND | linux.READ_ONLY
    linux.mount("", "/", "", again | flags)


def _bind(source: str, target: str, *, writable: bool = False) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    linux.bind(source, target, writable=writable)


def enter_outer(settings: dict) -> list[str]:
    """Finish what the outer command began; the layers that hold for all children."""
    layers = ["files"] if settings["hides_files"] else []
    if settings["isolation"] != "off":
        if os.geteuid() == 0 and succeeds(work_as_nobody):
            work_as_nobody()
        if os.geteuid() != 0 or settings["owner"] != 0:
            layers.append("ordinary user")
        if os.geteuid() != 0:  # root needs them to give a child its own user
            linux.drop_capabilities()
        linux.prctl(linux.SET_NO_NEW_PRIVILEGES, 1)
        linux.prctl(linux.SET_DUMPABLE, 0)
    return layers


def work_as_nobody() -> None:
    """Stop being root. Raises OSError, also where nobody cannot read this Python."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    for path in (sys.executable, os.__file__, __file__):
        with open(path, "rb"):
            pass


def preload(main: str) -> None:
    """Import what nearly every notebook imports, and the kit of the course."""
    # matplotlib writes beside its list of fonts, which lies where nobody may write.
    fonts = Path(os.environ["MPLCONFIGDIR"])
    fonts.mkdir(parents=True, exist_ok=True)
    for path in Path(os.environ["FONT_LISTS"]).glob("*.json"):
        shutil.copy(path, fonts)
    import IPython.core.interactiveshell  # noqa: F401
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot
    import numpy.testing  # noqa: F401
    import threadpoolctl  # noqa: F401 (of `one_thread`, from lesson 06 on)

    with contextlib.suppress(ImportError):
        kit = importlib.import_module("course.kit")
        for module in pkgutil.iter_modules(kit.__path__, "course.kit."):
            if not module.name.rpartition(".")[2].startswith(KIT_LEFT_OUT):
                with contextlib.suppress(ImportError):
                    importlib.import_module(module.name)
    with contextlib.suppress(ImportError):
        shell = importlib.import_module(main)
        getattr(shell, "preload", lambda: None)()
    # What a fork would free in every child, as they ask for it.
    with contextlib.suppress(ImportError, AttributeError):
        matplotlib.font_manager._get_font.cache_clear()


def _exit_with(work: Callable[[], None]) -> NoReturn:
    """Do the work of a child; how it ends is the exit code of this process."""
    code = 1
    try:
        work()
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException:  # noqa: BLE001 it is told and the child ends
        traceback.print_exc()  # of the confinement; later it goes nowhere
    finally:
        os._exit(code)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        build_root(**json.loads(sys.argv[2]))
        os.environ["PYTHONPATH"] = f"{SANDBOX}{os.pathsep}{SANDBOX}/lib"
        os.environ["FONT_LISTS"] = f"{SANDBOX}/matplotlib"
        os.chdir(SANDBOX)
        os.execv(
            sys.executable, [sys.executable, "-m", "child.fork_server", sys.argv[1]]
        )
    Warm(socket.socket(fileno=int(sys.argv[1]))).serve()
    os._exit(0)  # the interpreter would tidy up for long
