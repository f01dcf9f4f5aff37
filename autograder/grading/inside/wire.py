"""Messages between a child and its owner: four bytes of length, then a JSON object."""

import contextlib
import json
import os
import signal
import socket
import struct
import threading
from collections.abc import Iterator

LONGEST_FRAME = 4_000_000  # bytes; the owner refuses more
LENGTH = struct.Struct(">I")


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
        """False in a process that learner code has forked: it may not speak here."""
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
