"""The processes that come from the warm parent, and their end."""

import contextlib
import os
import signal
import time

OTHER_GONE = 88  # exit code of answers whose checks have ended: those say why
PATIENCE_SECONDS = 60  # on a busy machine; usually it takes a moment


def descendants(ancestor: int) -> list[int]:
    """Their ids, by /proc; empty where there is none."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parents[int(name)] = int(stat(name)[1])
    found: list[int] = []
    generation = {ancestor}
    while generation:
        generation = {pid for pid, parent in parents.items() if parent in generation}
        found += generation
    return found


def stat(pid: int | str) -> list[bytes]:
    """The words of /proc/PID/stat from the state on, which is the third. Raises OSError."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


def end_all() -> None:
    """Kill and reap every descendant; needs PR_SET_CHILD_SUBREAPER. Raises TimeoutError.

    One that forks faster than it is found is met again in the next round, as our child.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)
    raise TimeoutError("processes of a submission did not end")
