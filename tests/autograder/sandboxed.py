"""Children that run a piece of Python each, for the tests of the sandbox."""

import contextlib
import json
import os
import time
from pathlib import Path

import pytest

from autograder.grading.limits import Limits
from autograder.grading.sandbox import Child, WarmParent, probe
from autograder.lessons.course_files import Support

PAYLOAD = b"""
import json

def main(connection, setup):
    while source := connection.recv(100_000):
        names = {"setup": setup, "connection": connection, "result": None}
        try:
            exec(source, names)
            answer = names["result"]
        except (Exception, KeyboardInterrupt) as error:
            answer = f"{type(error).__name__}: {error}"
        connection.sendall(json.dumps(answer).encode())
"""
SMALL = Limits(
    cell_seconds=5,
    total_seconds=20,
    grace_seconds=2,
    memory_bytes=200 * 2**20,
    processes=20,
    file_bytes=2 * 2**20,
    disk_bytes=8 * 2**20,
    open_files=64,
)


def warm(isolation: str, limits: Limits = SMALL, **options) -> WarmParent:
    """A warm parent whose children run what `ask` sends."""
    support = Support({"payload.py": PAYLOAD}, "")
    options = {"main": "payload", "preload": False} | options
    options.setdefault("tool", probe(isolation).tool)
    return WarmParent(support, limits, isolation, **options)


def ask(child: Child, source: str) -> object:
    """Run the source in the child; what it assigned to `result`, else its error."""
    child.socket.settimeout(300)
    child.socket.sendall(source.encode())
    text = child.socket.recv(1_000_000)
    return json.loads(text) if text else "gone"


def end(child: Child) -> int:
    child.kill()
    child.socket.close()
    return child.wait(120)


def run(parent: WarmParent, source: str) -> object:
    """The result of the source in a child of its own."""
    child = parent.spawn()
    try:
        return ask(child, source)
    finally:
        end(child)


def missing_layers() -> str:
    """Why strict isolation cannot be tested here; empty where it can."""
    missing = probe().missing
    return f"not given here: {', '.join(missing)}" if missing else ""


def needs_all_layers() -> pytest.MarkDecorator:
    reason = missing_layers()
    return pytest.mark.skipif(bool(reason), reason=reason)


def processes_with(marker: str) -> list[int]:
    """Processes of this machine whose command line has the marker."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if marker in place.read_bytes().decode(errors="replace"):
                found.append(int(place.parent.name))
    return [pid for pid in found if pid != os.getpid()]


def appear(marker: str, count: int = 1) -> bool:
    """Whether so many processes have the marker soon; exec shows it a moment late."""
    give_up = time.monotonic() + 120
    while len(processes_with(marker)) < count and time.monotonic() < give_up:
        time.sleep(0.02)
    return len(processes_with(marker)) >= count
