"""The two processes of a submission: one runs the student's cells, the other one the checks.

Between cells the process of the answers does what the checks ask of the student's names. In the
process of the checks no code of a student runs, and no object of theirs is there. A check finds
the names that the lesson's own cells bind, by running those cells there, too, as far as it
needs them; all other names are asked of the answers' process.
"""

import ast
import builtins
import contextlib
import io
import os
import select
import socket
import symtable
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from child import linux
from child.bridge import Bridge, Lost
from child.notebook_shell import ZMQInteractiveShell, make_shell
from child.processes import OTHER_GONE
from child.references import refuse_to_expose
from child.shell import Server
from child.values import Lie
from child.wire import Wire, untraced

QUICK_SECONDS = 0.001  # in which nothing but Python's own streams can be written to
SLOW_SECONDS = 1.0  # text of a call that takes longer is shown before the call ends
GONE = object()
OWN = vars(builtins).keys()  # a check means these, whatever the student's names are
OUT_OF_MEMORY = 86  # exit code
OUR_MODULES: list[str] = []  # all are imported before the fork


def preload() -> None:
    """In the warm parent: make the shell that both processes get."""
    make_shell()
    OUR_MODULES.extend(name for name in sys.modules if name.split(".")[0] == "child")


def main(connection: socket.socket, setup: dict) -> None:
    """Serve the owner at the other end of the connection until it says that it was all."""
    serving: dict[str, type[AnswerServer | CheckServer]]
    serving = {"answers": AnswerServer, "checks": CheckServer}
    server = serving[setup["role"]](ZMQInteractiveShell.instance(), Wire(connection))
    server.connect(setup["bridge"])
    _hide_ourselves()
    try:
        server.serve()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


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
        """Those of the names that the student's cells have bound, and their values."""
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
        from course.kit.checking.failure import forget_warnings, route_warnings

        route_warnings()
        forget_warnings()


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
        names = self.shell.user_ns
        needed: list[Given] = []
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

    @untraced
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

    def _run_given(self, cell: "Given") -> None:
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


@dataclass
class Given:
    """`ran`: it came to an end where the answers are, so that it can be run for a check."""

    code: CodeType
    reads: set[str]
    sets: set[str]
    ran: bool
    is_done: bool = False  # here, and what it has bound stays

    @classmethod
    def of(cls, source: str, ran: bool) -> "Given | None":
        """The cell; None for one that is no Python."""
        plain = _without_magics(source)
        try:
            tree = ast.parse(plain)
            code = compile(tree, "<given>", "exec")
        except (SyntaxError, ValueError, RecursionError):
            return None
        reads, binds = names_of(plain)
        return cls(code, reads, binds | set(_changed(tree)), ran)


def names_of(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell takes from the notebook, in functions too, and those it binds."""
    try:
        table = symtable.symtable(_without_magics(source), "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return set(), set()
    symbols = table.get_symbols()
    binds = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    reads = {s.get_name() for s in symbols if s.is_referenced()}
    for inner in _inside(table):
        reads |= {s.get_name() for s in inner.get_symbols() if s.is_global()}
    return reads, binds


def read_first(source: str) -> set[str]:
    """The names that a cell reads in one statement and binds or deletes in a later one."""
    try:
        tree = ast.parse(_without_magics(source))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    read: set[str] = set()
    bound: set[str] = set()
    for statement in tree.body:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        changed = {each.id for each in names if not isinstance(each.ctx, ast.Load)}
        read |= {each.id for each in names} - changed - bound
        bound |= changed
    return read & bound


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inside(child)


def _changed(tree: ast.Module) -> Iterator[str]:
    """Names of things that are set in: `x[0] = 1`, `x.y += 1`."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(
            node.ctx, ast.Store
        ):
            inner: ast.expr = node
            while isinstance(inner, (ast.Attribute, ast.Subscript)):
                inner = inner.value
            if isinstance(inner, ast.Name):
                yield inner.id


def _without_magics(source: str) -> str:
    lines = source.split("\n")
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


def _hide_ourselves() -> None:
    """A student who imports these modules gets new ones, or none, and not what is in use.

    Raises RuntimeError where the warm parent has not looked for them.
    """
    if not OUR_MODULES:
        raise RuntimeError("nobody has called preload")
    for name in OUR_MODULES:  # to look for them here would copy every name's page
        del sys.modules[name]
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != ours]
    own = (os.path.basename(path) == "site-packages" for path in sys.path)
    place = next((index for index, is_own in enumerate(own) if is_own), 0)
    sys.path.insert(place, "")  # where a kernel has the folder of the notebook
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        path for path in given if os.path.abspath(path) != ours
    )
