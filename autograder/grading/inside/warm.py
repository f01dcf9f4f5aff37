"""The warm parent: imports what every lesson needs once, then forks a child per submission.

Started as `python -m inside.warm FD`. FD is a socket of its owner; messages are JSON.
From the owner: start (with settings), spawn (with the child's socket), signal, kill.
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

from inside.confine import confine

MESSAGE_BYTES = 65_536


class Warm:
    """One child at a time; each is used once, and nothing it started outlives it."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.settings: dict = {}
        self.child: int | None = None
        self.private = Path()
        self.children = 0

    def serve(self) -> None:
        """Do what the owner says until it closes the socket."""
        while True:
            ready, _, _ = select.select([self.control], [], [], 0.01)
            if ready and not self._obey():
                return
            self._look_after_child()

    def _obey(self) -> bool:
        text, files, _, _ = socket.recv_fds(self.control, MESSAGE_BYTES, 1)
        if not text:
            return False
        message = json.loads(text)
        if message["do"] == "start":
            self._start(message)
        elif message["do"] == "spawn":
            self._spawn(files[0])
        elif self.child is not None:
            number = message.get("number", signal.SIGKILL)
            os.kill(self.child, number)
        return True

    def _say(self, **message: object) -> None:
        self.control.send(json.dumps(message).encode())

    def _start(self, settings: dict) -> None:
        self.settings = settings
        try:
            preload(settings["main"])
        except BaseException:  # noqa: BLE001 whatever it is, the owner must hear of it
            self._say(failed=traceback.format_exc()[-4000:])
            raise
        gc.collect()
        gc.freeze()  # the children then share more of this process's memory
        self._say(ready=True)

    def _spawn(self, connection: int) -> None:
        self.children += 1
        self.private = Path(self.settings["private"], f"child-{self.children}")
        self.private.mkdir()
        self.child = os.fork()
        if self.child == 0:
            code = 1
            try:
                self._be_child(connection)
                code = 0
            finally:
                os._exit(code)
        os.close(connection)

    def _be_child(self, connection: int) -> None:
        os.setsid()
        settings = self.settings
        layers = confine(
            self.private, settings["limits"], settings["isolation"], connection
        )
        main = importlib.import_module(settings["main"]).main
        main(socket.socket(fileno=connection), {"layers": layers})

    def _look_after_child(self) -> None:
        if self.child is None:
            return
        pid, status = os.waitpid(self.child, os.WNOHANG)
        if pid == 0:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child, signal.SIGKILL)
        self.child = None
        shutil.rmtree(self.private, ignore_errors=True)
        self._say(ended=os.waitstatus_to_exitcode(status))


def preload(main: str) -> None:
    """Import what nearly every notebook imports, and the kit of the course."""
    import IPython.core.interactiveshell  # noqa: F401
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot  # noqa: F401
    import numpy.testing  # noqa: F401

    with contextlib.suppress(ImportError):
        kit = importlib.import_module("course.kit")
        for module in pkgutil.walk_packages(kit.__path__, "course.kit."):
            with contextlib.suppress(ImportError):
                importlib.import_module(module.name)
    with contextlib.suppress(ImportError):
        shell = importlib.import_module(main)
        getattr(shell, "preload", lambda: None)()


if __name__ == "__main__":
    Warm(socket.socket(fileno=int(sys.argv[1]))).serve()
