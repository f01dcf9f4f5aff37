"""One end of the channel between the answers' process and the checks' process.

Each side asks the other to do something with a thing of its own, and waits for what comes of
it; while it waits, it does what the other asks. Only the main thread asks.
"""

import builtins
import contextlib
import os
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from child.exchange import Exchange, Folders
from child.references import ASKED, SPECIAL, perform
from child.values import Lie, pack, unpack
from child.wire import Wire

LENGTH = struct.Struct(">Q")
LONGEST = 256 * 2**20  # bytes of a message
PIECE = 1 << 16
MOST_PIECES = 1000  # that are thrown away
LOOK_SECONDS, STOP_SECONDS = 0.1, 2.0
LATE_SECONDS = 0.05  # after which an interrupt cannot hit the next question
MEASURED_TOO_MUCH = 8 * 2**20  # bytes
DEEPEST = 40  # questions in questions
LONGEST_TEXT = 10_000  # of an error's message
MOST_FRAMES, LONGEST_LINE = 20, 500
MOST_RAISED = 100  # errors of a check that an answer may still let pass
ASK, ANSWER, ERROR = range(3)
# What reading a message that no program of ours sends may raise.
BAD_DATA = (TypeError, ValueError, LookupError, OverflowError, RecursionError)


class Lost(BaseException):
    """The other side has gone, or sends what no program of ours would: nothing can be asked."""


class Bridge:
    """`is_checks`: this is the side that checks, which believes nothing.

    `asked` does what the other side asks: (what, thing, *values) -> value. `say` gives the
    text that was printed meanwhile, as [stream, text]; `hear` takes that of the other side.
    """

    def __init__(
        self,
        connection: socket.socket,
        wire: Wire,
        *,
        is_checks: bool,
        say: Callable[[], list] = list,
        hear: Callable[[list], None] = lambda told: None,
    ) -> None:
        self.connection, self.wire = connection, wire
        self.is_checks = is_checks
        self.say, self.hear = say, hear
        self.exchange = Exchange(1 if is_checks else -1, self.ask, prunes=is_checks)
        self.folders = Folders(is_checks)
        self.guard: Callable = lambda what, *values, **named: None
        self.before: Callable = lambda: None  # the first question of a row
        self.own: dict[str, Callable] = {"hold": lambda *_: None}  # not about a thing
        self.measure: Callable[[bool], int] = lambda begin: (
            0
        )  # from outside; at the end
        self.stop: Callable = lambda: None  # interrupts what the other side does
        self.lost = ""
        self.turn = threading.RLock()  # one thread speaks at a time
        self._waiting = bytearray()  # what has come in
        self._depth = 0
        self._raised: dict[int, BaseException] = {}  # by the checks, when asked
        self._count = 0

    def ask(self, what: str, *values: Any, **named: Any) -> Any:
        """What the other side makes of it. Raises what it raises there, and Lost."""
        __tracebackhide__ = True
        with self.turn:
            return self._ask(what, values, named)

    def _ask(self, what: str, values: tuple, named: dict) -> Any:
        __tracebackhide__ = True
        if self.lost:
            raise Lost(self.lost)
        if not (self.is_checks or self._depth):
            raise RuntimeError(
                "what a check has given can be called while it waits only"
            )
        if not self._depth:
            self.before()
        if self._depth >= DEEPEST:
            raise RecursionError("calls between an answer and its check are too deep")
        # A tracer keeps time for a check (`run_cases.py`): it may only break in while we wait.
        tracer = sys.gettrace()
        sys.settrace(None)
        self._depth += 1
        try:
            with self.wire.deferred():
                data = self._packed(ASK, what, [*values, tuple(named.items())])
                self.connection.sendall(data)
                value, error = self._wait_for(tracer)
        except (Lie, OSError) as error:
            self.lost = f"{error}" or type(error).__name__
            raise Lost(self.lost) from None
        finally:
            self._depth -= 1
            if not self._depth:  # or what their frames hold would be compared for ever
                self._raised.clear()
            sys.settrace(tracer)
        if error is not None:
            raise error
        return value

    def peak(self, function: Any, *values: Any, **named: Any) -> tuple[Any, int]:
        """(what it gives, the bytes that it held at the most), as the other side says and as
        is seen from outside: the larger one, but for what copies and chance may add."""
        __tracebackhide__ = True
        self.ask(
            "hold", values, tuple(named.items())
        )  # they are there before it begins
        self.measure(True)
        try:
            held, told = self.ask("peak", function, *values, **named)
        finally:
            grown = self.measure(False)
        told = told if type(told) is int else 0
        return held.value, max(told, grown - MEASURED_TOO_MUCH)

    def _wait_for(self, tracer: Callable | None) -> tuple[Any, BaseException | None]:
        if tracer is None:
            return self._wait()
        try:
            while not select.select([self.connection], [], [], LOOK_SECONDS)[0]:
                tracer(sys._getframe(), "line", None)
            return self._wait()
        except (Lie, OSError):
            raise
        except BaseException:  # the time for this is over
            self.stop()
            if not select.select([self.connection], [], [], STOP_SECONDS)[0]:
                self.lost = "it could not be interrupted"
            else:
                self._wait()
                time.sleep(LATE_SECONDS)
            raise

    def _wait(self) -> tuple[Any, BaseException | None]:
        while True:
            message = self.receive()
            if message[0] == ASK:
                self.answer(message)
                continue
            try:
                kind, text, *told, error = message
                values = self._unpacked(told)
                self._hear(text)
                if kind == ANSWER:
                    (value,) = values
                    return value, None
                if kind == ERROR:
                    return None, self._made(*error)
            except BAD_DATA as error:
                raise Lie(f"{type(error).__name__}: {str(error)[:200]}") from None
            raise Lie("a message of no known kind")

    def answer(self, message: list) -> None:
        """Do what the other side asks, and tell it. Raises Lie and OSError."""
        __tracebackhide__ = True
        if self._depth >= DEEPEST:
            raise Lie("questions in questions, too deep")
        try:
            _, what, *told, _ = message
            if self.is_checks and told[1][0][0] != "back":
                raise Lie("a question about a thing that no check has handed over")
            *values, named = self._unpacked(told)
            named = dict(named)
        except BAD_DATA as error:
            raise Lie(f"{type(error).__name__}: {str(error)[:200]}") from None
        self._depth += 1
        try:
            with self.wire.direct():
                kind, value = ANSWER, self._do(what, values, named)
        except (Lost, Lie):
            raise
        except BaseException as error:  # noqa: BLE001 it is the other side's
            kind, value = ERROR, error
        finally:
            self._depth -= 1
        if not self.wire.is_ours():
            os._exit(0)  # forked by an answer: it would go on as if it were us
        with self.turn:  # once no thread of the student's asks any more
            self.connection.sendall(self._reply(kind, value))

    def _reply(self, kind: int, value: Any) -> bytes:
        if kind == ANSWER:
            try:
                return self._packed(ANSWER, self.say(), [value])
            except (Lost, Lie):
                raise
            except BaseException as error:  # noqa: BLE001 too large, or too deep
                value = error
        return self._packed(ERROR, self.say(), [], self._told(value))

    def _do(self, what: Any, values: list, named: dict) -> Any:
        __tracebackhide__ = True
        if type(what) is not str:
            raise Lie("a question of no known form")
        if what in self.own:
            return self.own[what](*values)
        if what not in ASKED and what not in SPECIAL:
            raise Lie("a question of no known kind")
        if self.is_checks and what.endswith("attr") and str(values[1])[:1] == "_":
            # Of a thing's own names the answers see nothing, but they may have some there.
            values[1] = f"_answers{values[1]}"
        self.guard(what, *values, **named)
        return perform(what, *values, **named)

    def _told(self, error: BaseException) -> list:
        """An error as names of classes, its text and where in the student's code it was.

        What a check raises has no text: only which one it was.
        """
        names = [kind.__name__ for kind in type(error).__mro__]
        if self.is_checks:
            self._count += 1
            self._raised[self._count] = error
            self._raised.pop(self._count - MOST_RAISED, None)
            return [names, "", [], self._count]
        try:
            text = str(error)[:LONGEST_TEXT]
        except Exception:  # noqa: BLE001 a student's exception may do anything
            text = "<an exception that has no text>"
        which = vars(error).get("_of_the_check")
        return [names[:50], text, _frames(error), which]

    def _made(self, names: Any, text: Any, frames: Any, which: Any) -> BaseException:
        """The error that the other side has told of. Raises Lie."""
        if self.is_checks and which is not None:
            if type(which) is not int or not 0 < which <= self._count:
                raise Lie("an error that no check has raised")
            if which in self._raised:
                return self._raised[which]
        if not all(type(each) is str for each in (*names, text)):
            raise Lie("an error of no known form")
        error = _error(tuple(names), text)
        vars(error).update(_far_frames=_checked_frames(frames), _of_the_check=which)
        return error

    def _hear(self, told: Any) -> None:
        for name, text in told:
            if name not in ("stdout", "stderr") or type(text) is not str:
                raise Lie("text for no known stream")
        self.hear(told)

    def _packed(
        self, kind: int, what: Any, values: list, error: list | None = None
    ) -> bytes:
        exchanged = self.exchange.pack(values)
        data = pack([kind, what, self.folders.changes(), *exchanged, error])
        if len(data) > LONGEST:
            raise ValueError(f"a value of {len(data):,} bytes is too large for a check")
        return LENGTH.pack(len(data)) + data

    def _unpacked(self, told: list) -> list:
        self.folders.apply(told[0])
        return self.exchange.unpack(told[1:])

    def receive(self) -> list:
        """The next message. Raises Lie and OSError."""
        self._read(LENGTH.size)
        (size,) = LENGTH.unpack_from(self._waiting)
        if size > LONGEST:
            raise Lie(f"a message of {size:,} bytes")
        end = LENGTH.size + size
        self._read(end)
        message = unpack(memoryview(self._waiting)[LENGTH.size : end])
        self._waiting = self._waiting[end:]
        if type(message) is not list or not message:
            raise Lie("a message of no known form")
        return message

    def _read(self, size: int) -> None:
        """Have at least so many bytes waiting."""
        while (missing := size - len(self._waiting)) > 0:
            part = self.connection.recv(max(missing, PIECE))
            if not part:
                raise ConnectionError("the other process has ended")
            self._waiting += part

    def clear(self) -> None:
        """Throw away what was sent while nothing was asked."""
        self._waiting.clear()
        with contextlib.suppress(BlockingIOError):
            for _ in range(MOST_PIECES):
                if not self.connection.recv(PIECE, socket.MSG_DONTWAIT):
                    return

    def forget_all(self) -> None:
        """A check has ended: nothing of it is kept."""
        self.exchange.put_back()
        self.exchange.forget_all()
        self._raised.clear()


def _error(names: tuple[str, ...], text: str) -> BaseException:
    kind = _class_of_error(names)
    try:
        return kind(text)
    except TypeError:  # a group of errors wants errors
        return _class_of_error((names[0], "Exception"))(text)


@lru_cache(maxsize=1000)
def _class_of_error(names: tuple[str, ...]) -> type[BaseException]:
    """A class of that name, under those of the others that are Python's own."""
    own = (vars(builtins).get(name) for name in names)
    errors = [e for e in own if isinstance(e, type) and issubclass(e, BaseException)]
    bases = [e for e in errors if not any(e in o.__mro__[1:] for o in errors)]

    def set_text(self: BaseException, text: str) -> None:
        self.args = (text,)

    methods = {"__init__": set_text, "__str__": lambda self: str(self.args[0])}
    name = names[0][:200] if names else "Exception"
    try:
        return type(name, tuple(dict.fromkeys(bases)) or (Exception,), methods)
    except TypeError:  # no class can have all of them
        return type(name, (bases[0],), methods)


def _frames(error: BaseException) -> list:
    """Where in the student's code it was raised: place, line, function and source."""
    try:
        from course.kit.checking.failure import told_frames

        found = list(told_frames(error))
    except Exception:  # noqa: BLE001 a course without a kit, or a kit that was changed
        return []
    if len(found) > MOST_FRAMES:
        found = [*found[:1], *found[1 - MOST_FRAMES :]]
    return [[p[:100], n, f[:100], s[:LONGEST_LINE]] for p, n, f, s in found]


def _checked_frames(told: Any) -> list[tuple]:
    frames = [tuple(each) for each in told[:MOST_FRAMES]]
    for place, line, name, source in frames:
        if type(line) is not int or not all(
            type(x) is str for x in (place, name, source)
        ):
            raise Lie("a frame of no known form")
    return frames
