"""What a cell shows on its way to the owner: messages, and print and the terminal in order.

A message is four bytes of length, then a JSON object.
"""

import contextlib
import functools
import io
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator

LONGEST_FRAME = 4_000_000  # bytes; the owner refuses more
LENGTH = struct.Struct(">I")
LARGEST_PIECE = 16_384  # characters kept back before they are sent
LONGEST_TEXT = 250_000  # characters in one message
LONGEST_WAIT = 0.1  # seconds that text is kept back
PIPE_BYTES = 65_536


def untraced(function: Callable) -> Callable:
    """Keep tracers out of it: one that keeps time for a check raises wherever it looks, and
    between the parts of a message that would be the end of all messages."""

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        tracer = sys.gettrace()
        if tracer is None:
            return function(*args, **kwargs)
        sys.settrace(None)
        try:
            return function(*args, **kwargs)
        finally:
            sys.settrace(tracer)

    return call


class Wire:
    """Sends whole messages, from any thread, even while Ctrl-C comes in."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._held = 0
        self._pending = False
        self.armed = False  # whether a cell runs, which Ctrl-C may stop

    def catch_interrupts(self) -> None:
        """Make Ctrl-C stop the cell that runs, and never in the middle of a message."""
        if signal.getsignal(signal.SIGINT) == self._interrupt:
            return
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, number: int, frame: object) -> None:
        if self._held:
            self._pending = True
        elif self.armed:
            raise KeyboardInterrupt

    def deferred(self) -> "Deferred":
        """Put Ctrl-C off until the end of this."""
        return Deferred(self)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Put Ctrl-C off; also keeps other threads from sending."""
        with self.deferred(), self._lock:
            yield

    @contextlib.contextmanager
    def direct(self) -> Iterator[None]:
        """Let Ctrl-C come through to code that runs inside of what puts it off."""
        before = self.armed, self._held
        self.armed, self._held = True, 0
        try:
            if self._pending:
                self._pending = False
                raise KeyboardInterrupt
            yield
        finally:
            self.armed, self._held = before

    def is_ours(self) -> bool:
        """False in a process that student code has forked: it may not speak here."""
        return os.getpid() == self._process

    def send(self, **message: object) -> bool:
        """Send it; False, and nothing is sent, where it is too long."""
        text = json.dumps(message, default=str, ensure_ascii=False)
        data = text.encode("utf-8", "surrogatepass")
        if len(data) > LONGEST_FRAME:
            return False
        if self.is_ours():
            with self.held():
                self.connection.sendall(LENGTH.pack(len(data)) + data)
        return True

    def receive(self) -> dict | None:
        """The next message of the owner; None when it has gone."""
        head = self._read(LENGTH.size)
        if head is None:
            return None
        body = self._read(LENGTH.unpack(head)[0])
        return None if body is None else json.loads(body)

    def _read(self, size: int) -> bytes | None:
        parts = []
        while size:
            part = self.connection.recv(min(size, 1 << 16))
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class Deferred:
    """While this context lasts, Ctrl-C waits."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.in_main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> None:
        self.wire._held += self.in_main

    def __exit__(self, *error: object) -> None:
        wire = self.wire
        wire._held -= self.in_main
        if self.in_main and wire._pending and not wire._held:
            wire._pending = False
            if wire.armed:
                raise KeyboardInterrupt


class Sink:
    """Collects text of both streams and sends it, said of the cell that it belongs to."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.current = -1  # the cell that runs, or that ran last
        self._cells: dict[int | None, int] = {}  # of threads that a cell has started
        self._parts: list[tuple[int, str, str]] = []
        self._size = 0
        self._sent = time.monotonic()
        self.waits_until = 0.0  # until then text is kept for `take`, while it is short

    def cell(self) -> int:
        """The cell whose output this thread writes: the one that started the thread."""
        return self._cells.get(threading.get_ident(), self.current)

    def follow_threads(self) -> None:
        """Remember of every thread from now on which cell has started it."""
        start = threading.Thread.start

        @functools.wraps(start)
        def start_in_cell(thread: threading.Thread) -> None:
            cell, run = self.cell(), thread.run

            def run_in_cell() -> None:
                # In the thread itself: it may write before `start` has returned, and its
                # number may be that of a thread which has ended.
                self._cells[threading.get_ident()] = cell
                run()

            thread.run = run_in_cell  # type: ignore[method-assign]
            start(thread)

        # put in its place on purpose: every thread is started by it
        threading.Thread.start = start_in_cell  # type: ignore[assignment, method-assign]

    def write(self, name: str, text: str) -> None:
        with self.wire.held():
            self._parts.append((self.cell(), name, text))
            self._size += len(text)
            late = time.monotonic() - self._sent > LONGEST_WAIT
            if self._size > LARGEST_PIECE or late:
                self.flush()

    def take(self) -> list[list[str]]:
        """The text that is still here, as [stream, text]; it is not sent."""
        with self.wire.held():
            parts, self._parts, self._size = self._parts, [], 0
        return [[name, text] for cell, name, text in parts if cell == self.current]

    def flush(self, at_once: bool = False) -> None:
        with self.wire.held():
            waits = self._size <= LARGEST_PIECE and time.monotonic() < self.waits_until
            if waits and not at_once:
                return
            parts, self._parts, self._size = self._parts, [], 0
            self._sent = time.monotonic()
            last: tuple[int, str] | None = None
            texts: list[str] = []
            for cell, name, text in parts:
                if (cell, name) != last:
                    self._send(last, texts)
                    last, texts = (cell, name), []
                texts.append(text)
            self._send(last, texts)

    def _send(self, what: tuple[int, str] | None, texts: list[str]) -> None:
        text = "".join(texts)
        if what is None:
            return
        cell, name = what
        for start in range(0, len(text), LONGEST_TEXT):
            piece = text[start : start + LONGEST_TEXT]
            output = {"output_type": "stream", "name": name, "text": piece}
            self.wire.send(type="output", index=cell, output=output)


class OutStream(io.TextIOBase):
    """sys.stdout or sys.stderr."""

    encoding = "UTF-8"
    errors = "replace"

    def __init__(self, name: str, sink: Sink, number: int) -> None:
        super().__init__()
        self.name = name
        self._sink = sink
        self._number = number

    @untraced
    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if self._sink.wire.is_ours():
            self._sink.write(self.name, text)
        else:  # in a forked process: through the pipe
            os.write(self._number, text.encode("utf-8", "replace"))
        return len(text)

    def writelines(self, lines) -> None:
        for line in lines:
            self.write(line)

    @untraced
    def flush(self) -> None:
        if self._sink.wire.is_ours():
            self._sink.flush()

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Stays open: a library that closes it would silence the cells that follow."""


class Terminal:
    """File descriptors 1 and 2 as pipes, whose text goes to the sink while it comes."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._pipes: dict[int, str] = {}
        for number, name in ((1, "stdout"), (2, "stderr")):
            read, write = os.pipe()
            os.dup2(write, number)
            os.close(write)
            os.set_blocking(read, False)
            self._pipes[read] = name
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while self._pipes:
            ready, _, _ = select.select(list(self._pipes), [], [], LONGEST_WAIT)
            if ready:
                self.drain()
            else:
                self._sink.flush()

    def drain(self) -> None:
        """Take all that has been written so far."""
        with self._sink.wire.held():
            for read in list(self._pipes):
                self._take(read)

    def _take(self, read: int) -> None:
        for _ in range(100):  # then let the cell itself have its turn
            try:
                data = os.read(read, PIPE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._pipes.pop(read, None)
                return
            self._sink.write(self._pipes[read], data.decode("utf-8", "replace"))
