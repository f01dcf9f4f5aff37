"""The trusted end of the socket to a child: whole JSON messages, or a refusal."""

import json
import select
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

LONGEST_FRAME = 4_000_000  # bytes
LENGTH = struct.Struct(">I")
PIECE = 1 << 18


class Broken(ConnectionError):
    """The child has gone, or says what no shell of ours would say."""


class Channel:
    """Nothing that comes in is trusted; `received` counts the bytes of it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._connection.setblocking(False)
        self._waiting = bytearray()
        self.received = 0

    def send(self, message: dict[str, Any], deadline: float) -> None:
        """Raises TimeoutError at the deadline (time.monotonic), and Broken."""
        body = json.dumps(message).encode("ascii")
        data = memoryview(LENGTH.pack(len(body)) + body)
        while data:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([], [self._connection], [], left)[1]:
                raise TimeoutError
            try:
                data = data[self._connection.send(data) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise Broken(str(error)) from None

    def receive(self, deadline: float) -> dict[str, Any]:
        """The next message. Raises TimeoutError at the deadline, and Broken."""
        return receive_any([self], deadline)[1]

    def _read(self) -> None:
        try:
            part = self._connection.recv(PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            raise Broken(str(error)) from None
        if not part:
            raise Broken("the process has ended")
        self.received += len(part)
        self._waiting += part

    def close(self) -> None:
        self._connection.close()

    def _next(self) -> dict[str, Any] | None:
        if len(self._waiting) < LENGTH.size:
            return None
        (size,) = LENGTH.unpack_from(self._waiting)
        if size > LONGEST_FRAME:
            raise Broken(f"a message of {size:,} bytes")
        end = LENGTH.size + size
        if len(self._waiting) < end:
            return None
        body = bytes(self._waiting[LENGTH.size : end])
        del self._waiting[:end]
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            raise Broken("a message that is not JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Broken("a message without a type")
        return message


def receive_any(
    channels: Sequence[Channel], deadline: float
) -> tuple[Channel, dict[str, Any]]:
    """The next message of the first channel that has one. Raises as `Channel.receive`."""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError  # even where messages keep coming
        for channel in channels:
            message = channel._next()
            if message is not None:
                return channel, message
        ends = {channel._connection: channel for channel in channels}
        for end in select.select(list(ends), [], [], left)[0]:
            ends[end]._read()
