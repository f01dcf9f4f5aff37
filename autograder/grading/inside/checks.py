"""The process of the checks: no code of a learner runs here, and no object of theirs is here.

A check finds the names that the lesson's own cells bind, by running those cells here, too, as
far as it needs them; all other names are asked of the answers' process (`answers.py`).
"""

import builtins
import contextlib
import io
import os
import socket
import sys

from inside.bridge import Bridge, Lost
from inside.given import Given, names_of, read_first
from inside.references import refuse_to_expose
from inside.shell import Server

GONE = object()
OWN = vars(builtins).keys()  # a check means these, whatever the learner's names are


class CheckServer(Server):
    """Runs checks."""

    def connect(self, bridge: socket.socket) -> None:
        """Ask for what the answers have by this socket."""
        self.bridge = Bridge(bridge, self.wire, is_checks=True, hear=_repeat)
        self.bridge.guard = refuse_to_expose
        self.bridge.before = self._rebind
        self.bridge.measure = self._measure
        self.bridge.stop = lambda: self._tell("interrupt")
        self.handlers |= {"given": self._take, "forget": self._forget}
        self.shells = dict(self.shell.user_ns)  # names that every notebook has
        self._forget()
        sys.path[:] = [path for path in sys.path if path]  # not the working folder

    def _forget(self, message: dict | None = None) -> None:
        """The cells are run again, from the first."""
        self.cells: list[Given] = []
        self.fetched: dict[str, object] = {}  # names of the answers', for one check
        self.shell.user_ns.clear()
        self.shell.user_ns.update(self.shells)

    def _take(self, message: dict) -> None:
        """A cell of the lesson's own has run where the answers are."""
        cell = Given.of(message["source"], message["ran"])
        if cell is not None:
            self.cells.append(cell)

    def execute(self, source: str) -> bool:
        """Run a check. Raises Lost where the answers' process is gone."""
        names = self.shell.user_ns
        try:
            self.bridge.clear()
            processor = self.bridge.ask("begin", self.sink.current)
            with contextlib.suppress(TypeError, ValueError, OSError):
                os.sched_setaffinity(0, {processor})
            read, bound = names_of(source)
            self._prepare((read - bound) | read_first(source))
            return self.success(self.shell.run_cell(source, store_history=True))
        finally:
            if not self.bridge.lost:
                self._rebind()
            for name in self.fetched:
                names.pop(name, None)
            self.fetched = {}
            self.bridge.forget_all()

    def more(self) -> dict:
        """Why nothing can be asked any more, where that is so."""
        return {"lost": self.bridge.lost} if self.bridge.lost else {}

    def _prepare(self, wanted: set[str]) -> None:
        """Bind these names, and all that they need in turn."""
        names, needed = self.shell.user_ns, []
        for cell in reversed(self.cells):
            if cell.sets & wanted:
                wanted = wanted | cell.reads
                needed.insert(0, cell)
        given = {name for cell in self.cells for name in cell.sets}
        asked = tuple(sorted(wanted - given - OWN - names.keys()))
        found = dict(self.bridge.ask("names", asked)) if asked else {}
        self.fetched = {name: found[name] for name in asked if name in found}
        names.update(self.fetched)
        changing = set(found)  # what depends on an answer is made anew for every check
        for cell in needed:
            depends = bool(cell.reads & changing)
            changing |= cell.sets if depends else set()
            if cell.ran and not cell.is_done:
                self._run_given(cell)
                cell.is_done = not depends

    def _tell(self, what: str, **more: object) -> None:
        self.wire.send(type=what, index=self.sink.current, **more)

    def _measure(self, begin: bool) -> int:
        """Begin or end to measure the answers' memory from outside."""
        self._tell("measure", begin=begin)
        return (self.wire.receive() or {}).get("bytes", 0)

    def _rebind(self) -> None:
        """What a check has made of the answers' names holds there, too."""
        names = self.shell.user_ns
        for name, thing in list(self.fetched.items()):
            now = names.get(name, GONE)
            if now is not thing:
                self.fetched[name] = now
                self.bridge.ask("bind", name, *([] if now is GONE else [now]))

    def _run_given(self, cell: Given) -> None:
        """Quietly: what it shows and how it fails stands below the cell itself."""
        quiet, outlet = io.StringIO(), self.shell.outlet
        sink, outlet.sink = outlet.sink, None
        try:
            with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
                exec(cell.code, self.shell.user_ns)  # noqa: S102 the lesson's own
        except (KeyboardInterrupt, Lost):
            raise
        except BaseException:  # noqa: BLE001, S110
            pass
        finally:
            outlet.sink = sink


def _repeat(told: list) -> None:
    """What an answer has printed is shown with its check."""
    for name, text in told:
        getattr(sys, name).write(text)
