"""The warm parent: imports what every lesson needs once, then forks a child per submission.

Started as `python -m inside.warm FD`. FD is a socket of its owner; messages are JSON.
From the owner: start (with settings), require (layers), spawn (with the
child's socket), signal, kill.
To the owner: ready or failed, ended. It has one thread, for a fork to be safe.
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
import traceback
from pathlib import Path

from inside import linux, memory, processes
from inside.confine import NOBODY, SHOWN_SIGNAL, Confinement, own_user, succeeds
from inside.removal import remove

MESSAGE_BYTES = 65_536
NOT_CONFINED = 87  # exit code of a child in which a layer failed that must hold
WATCH_SECONDS = 0.1  # how often the memory of a submission is looked at
# What notebooks do not use of the kit, and what takes seconds to import.
KIT_LEFT_OUT = ("cli", "doctor", "installation", "terminal", "notebook_")


class Warm:
    """One child at a time; each is used once, and nothing it started outlives it."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.settings: dict = {}
        self.layers: list[str] = []
        self.may_own_user = False
        self.child: int | None = None
        self.watch: int | None = None  # a pidfd of the child
        self.private = Path()
        self.children = 0
        self.memory: memory.Watch | None = None
        self.too_much_memory = False

    def serve(self) -> None:
        """Do what the owner says until it closes the socket; then nothing is left."""
        linux.prctl(linux.SET_SUBREAPER, 1)
        while True:
            files = [self.control, *([] if self.watch is None else [self.watch])]
            timeout = None if self.child is None else WATCH_SECONDS
            ready, _, _ = select.select(files, [], [], timeout)
            if self.control in ready and not self._obey():
                break
            if self.child is not None:
                self._look_after_child()
        processes.end_all()

    def _obey(self) -> bool:
        text, files, _, _ = socket.recv_fds(self.control, MESSAGE_BYTES, 1)
        if not text:
            return False
        message = json.loads(text)
        if message["do"] == "start":
            self._start(message)
        elif message["do"] == "spawn":
            self._spawn(files[0])
        elif message["do"] == "require":
            self.settings["required"] = message["layers"]
        elif self.child is not None:
            os.kill(self.child, message.get("number", signal.SIGKILL))
        return True

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
        if settings["isolation"] != "off":
            self.may_own_user = succeeds(own_user)
        gc.collect()
        gc.freeze()  # the children then share more of this process's memory
        self.memory = memory.Watch()
        self._say(ready=True, layers=self.layers)

    def _spawn(self, connection: int) -> None:
        self.children += 1
        self.too_much_memory = False
        self.private = Path(self.settings["private"], f"child-{self.children}")
        self.private.mkdir(mode=0o700)
        self.child = os.fork()
        if self.child == 0:
            code = 1
            try:
                self._be_child(connection)
                code = 0
            except SystemExit as ending:
                code = ending.code if isinstance(ending.code, int) else 1
            except BaseException:  # noqa: BLE001 it is told and the child ends
                traceback.print_exc()  # of the confinement; later it goes nowhere
            finally:
                os._exit(code)
        os.close(connection)
        with contextlib.suppress(OSError):
            self.watch = os.pidfd_open(self.child)

    def _be_child(self, connection: int) -> None:
        settings = self.settings
        before = self.memory.mine.address_space
        confinement = Confinement(
            self.private, settings["limits"], settings["isolation"], before
        )
        confinement.cover = settings["cover"] and Path(settings["cover"])
        confinement.may_own_user = self.may_own_user
        confinement.is_ordinary_user = settings["owner"] != 0 or os.geteuid() != 0
        confinement.enter(connection)
        missing = set(settings["required"]) - set(self.layers + confinement.layers)
        if missing:
            raise SystemExit(NOT_CONFINED)
        main = importlib.import_module(settings["main"]).main
        main(
            socket.socket(fileno=connection),
            {"layers": self.layers + confinement.layers},
        )

    def _look_after_child(self) -> None:
        pid, status = os.waitpid(self.child, os.WNOHANG)
        if pid == 0:
            self._watch_memory()
            return
        if self.watch is not None:
            os.close(self.watch)
        self.child = self.watch = None
        processes.end_all()
        remove(self.private)
        code = os.waitstatus_to_exitcode(status)
        if code > SHOWN_SIGNAL:  # as process 1 of its namespace reports it
            code = SHOWN_SIGNAL - code
        self._say(ended=code, too_much_memory=self.too_much_memory)

    def _watch_memory(self) -> None:
        """End a submission that holds more than one process may, in all its processes."""
        most = self.settings["limits"]["memory_bytes"]
        if self.memory.held(self.child) > most or memory.too_many_locks():
            self.too_much_memory = True
            os.kill(self.child, signal.SIGKILL)


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
    import matplotlib.pyplot  # noqa: F401
    import numpy.testing  # noqa: F401

    with contextlib.suppress(ImportError):
        kit = importlib.import_module("course.kit")
        for module in pkgutil.iter_modules(kit.__path__, "course.kit."):
            if not module.name.rpartition(".")[2].startswith(KIT_LEFT_OUT):
                with contextlib.suppress(ImportError):
                    importlib.import_module(module.name)
    with contextlib.suppress(ImportError):
        shell = importlib.import_module(main)
        getattr(shell, "preload", lambda: None)()


if __name__ == "__main__":
    Warm(socket.socket(fileno=int(sys.argv[1]))).serve()
    os._exit(0)  # the interpreter would tidy up for long
