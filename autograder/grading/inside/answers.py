"""The process of the answers: between cells it does what the checks ask of the learner's names."""

import contextlib
import os
import select
import socket
import time

from inside import linux
from inside.bridge import Bridge
from inside.processes import OTHER_GONE
from inside.shell import Server
from inside.values import Lie

QUICK_SECONDS = 0.001  # in which nothing but Python's own streams can be written to
SLOW_SECONDS = 1.0  # text of a call that takes longer is shown before the call ends


class AnswerServer(Server):
    """Runs the cells that are sent, and answers the checks' process."""

    def connect(self, bridge: socket.socket) -> None:
        """Answer what is asked by this socket, too."""
        self.bridge = Bridge(bridge, self.wire, is_checks=False, say=self._said)
        own = {"begin": self._begin, "names": self._names, "bind": self._bind}
        self.bridge.own |= own
        self.processors = os.sched_getaffinity(0)
        _route_warnings()

    def wait(self) -> None:
        """Returns when the owner has something to say."""
        sockets = [self.wire.connection, self.bridge.connection]
        while True:
            ready, _, _ = select.select(sockets, [], [])
            if sockets[0] in ready:
                os.sched_setaffinity(0, self.processors)
                return
            self._answer()

    def _answer(self) -> None:
        self.prepare()
        self.started = time.monotonic()
        self.sink.waits_until = self.started + SLOW_SECONDS
        try:
            self.bridge.answer(self.bridge.receive())
        except (Lie, OSError):
            os._exit(OTHER_GONE)  # nothing that runs here counts any longer
        finally:
            self.sink.waits_until = 0.0
            self.sink.flush()

    def _said(self) -> list[list[str]]:
        if time.monotonic() - self.started > QUICK_SECONDS:
            self.drain(send=False)
        return self.sink.take()

    def _begin(self, index: int) -> int:
        """A check begins, and nothing that has crossed for another one counts any more.

        Gives the processor to share: only one of the two works at a time, and to wake the
        other one on another processor takes longer than a small question.
        """
        self.sink.current = index
        _route_warnings()
        self.bridge.exchange.forget_all()
        return linux.stay_here()

    def _names(self, names: tuple) -> tuple:
        """Those of the names that the learner's cells have bound, and their values."""
        known = self.shell.user_ns
        return tuple((name, known[name]) for name in names if name in known)

    def _bind(self, name: str, *value: object) -> None:
        """A check has given the name another value, or deleted it."""
        self.shell.user_ns.pop(name, None)
        self.shell.user_ns.update((name, each) for each in value)


def _route_warnings() -> None:
    """Show them as a check in the same process would, each once for every check."""
    with contextlib.suppress(
        Exception
    ):  # a course without a kit, or one that was changed
        from course.kit.checking import warned

        warned.install()
        warned.forget()
