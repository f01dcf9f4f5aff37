"""The trusted end of the socket to a child: its messages, and the outputs that are made of them.

Everything in a message was written where student code runs: sizes and shapes are checked, text
is cleaned, and nothing is believed. Outputs become as nbclient makes them of a kernel's.
"""

import json
import math
import re
import select
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_output

from autograder.grading.limits import OutputBudget

LONGEST_FRAME = 4_000_000  # bytes
LENGTH = struct.Struct(">I")
PIECE = 1 << 18
KINDS = ("stream", "display_data", "execute_result", "error")
JSON_KIND = re.compile(r"application/(.*\+)?json")
DEEPEST = 30  # levels of lists and objects in an output
MOST_OUTPUTS = 5_000  # per cell


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


class BadMessage(ValueError):
    """A message that no shell of ours sends."""


class Outputs:
    """Fills the cells of one notebook; remembers which outputs can still be updated."""

    def __init__(self) -> None:
        self._shown: dict[str, list[NotebookNode]] = {}
        self._cell = NotebookNode()
        self._budget = OutputBudget(0)
        self._parts: list[str] = []  # of the stream that is being written
        self._clear_next = False

    def begin(self, cell: NotebookNode, budget: OutputBudget) -> None:
        """The outputs that come now belong to this cell."""
        cell.outputs = []
        self._cell, self._budget = cell, budget
        self._parts, self._clear_next = [], False

    def end(self) -> None:
        """The cell's outputs are complete."""
        self._join()

    def take(self, message: dict[str, Any]) -> None:
        """One message of the kind output, update or clear. Raises BadMessage."""
        kind = message["type"]
        if kind == "clear":
            self._clear_next = True
            if not message.get("wait"):
                self._clear()
            return
        output = message.get("output")
        if not isinstance(output, dict) or output.get("output_type") not in KINDS:
            raise BadMessage("an output of an unknown kind")
        output = _shaped(_clean(output))
        content = self._budget.admit(output["output_type"], output)
        if "left_out" in message:
            content = self._left_out(output["output_type"], message["left_out"])
        if content is None:
            return
        if kind == "update":
            self._update(message.get("display_id"), content)
        else:
            self._add(content, message.get("display_id"))

    def _left_out(self, kind: str, size: Any) -> dict | None:
        """The shell did not send what it found too long for a message."""
        text = "x" * min(int(size), 50_000_000) if isinstance(size, int) else ""
        data = {"text/plain": text}
        content: dict[str, Any] = {"output_type": kind, "data": data, "metadata": {}}
        if kind == "execute_result":
            content["execution_count"] = None
        return self._budget.admit(kind, content)

    def _add(self, content: dict, display_id: Any) -> None:
        if self._clear_next:
            self._clear()
        outputs = self._cell.outputs
        if content["output_type"] == "stream":
            self._add_text(content)
            return
        self._join()
        if len(outputs) >= MOST_OUTPUTS and content["output_type"] == "display_data":
            self._budget.was_cut = True
            return
        outputs.append(_made(content))
        if content["output_type"] == "execute_result":
            self._cell.execution_count = outputs[-1].execution_count
        if isinstance(display_id, str):
            self._shown.setdefault(display_id, []).append(outputs[-1])

    def _add_text(self, content: dict) -> None:
        """Text on one stream is one output, however many messages it comes in."""
        outputs = self._cell.outputs
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        last = outputs[-1] if outputs else {}
        if not (self._parts and last.get("name") == name):
            self._join()
            if len(outputs) >= MOST_OUTPUTS:
                self._budget.was_cut = True
                return
            outputs.append(new_output("stream", name=name, text=""))
        self._parts.append(str(content.get("text", "")))

    def _join(self) -> None:
        if self._parts:
            self._cell.outputs[-1].text = "".join(self._parts)
            self._parts = []

    def _clear(self) -> None:
        self._cell.outputs = []
        self._parts, self._clear_next = [], False

    def _update(self, display_id: Any, content: dict) -> None:
        for output in self._shown.get(display_id, []) if display_id else []:
            output.data = NotebookNode(content.get("data", {}))
            output.metadata = NotebookNode(content.get("metadata", {}))


def _made(content: dict) -> NotebookNode:
    kind = content["output_type"]
    content = {name: value for name, value in content.items() if name != "output_type"}
    try:
        return new_output(kind, **content)
    except ValidationError as error:
        raise BadMessage(str(error)[:200]) from None


def _shaped(output: dict) -> dict:
    """With the fields that its kind has, each of the type that a notebook wants."""
    kind = output["output_type"]
    made = {"output_type": kind}
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {**made, "name": name, "text": str(output.get("text", ""))}
    if kind == "error":
        lines = output.get("traceback")
        made["traceback"] = list(map(str, lines)) if isinstance(lines, list) else []
        return {**made, **{n: str(output.get(n, "")) for n in ("ename", "evalue")}}
    made["data"] = _bundle(output.get("data"))
    metadata = output.get("metadata")
    made["metadata"] = metadata if isinstance(metadata, dict) else {}
    if kind == "execute_result":
        count = output.get("execution_count")
        made["execution_count"] = count if type(count) is int and count >= 0 else None
    return made


def _bundle(data: Any) -> dict[str, Any]:
    """Representations as a notebook may have them: text, but for those that are JSON."""
    if not isinstance(data, dict):
        return {}
    return {
        kind: value
        if isinstance(value, str) or JSON_KIND.fullmatch(kind)
        else str(value)
        for kind, value in data.items()
        if value is not None
    }


def _clean(value: Any, depth: int = 0) -> Any:
    """JSON that a notebook can hold: whole characters, finite numbers, not too deep."""
    if depth > DEEPEST:
        raise BadMessage("an output that is nested too deeply")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, list):
        return [_clean(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {_clean(k, depth + 1): _clean(v, depth + 1) for k, v in value.items()}
    return value
