"""The processes that come from the warm parent: how much memory they hold, and their end."""

import contextlib
import os
import signal
import time

PATIENCE_SECONDS = 10


def descendants(ancestor: int) -> list[int]:
    """Their ids, by /proc; empty where there is none."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                with open(f"/proc/{name}/stat", "rb") as file:
                    after_name = file.read().rpartition(b")")[2]
                parents[int(name)] = int(after_name.split()[1])
    found: list[int] = []
    generation = {ancestor}
    while generation:
        generation = {pid for pid, parent in parents.items() if parent in generation}
        found += generation
    return found


def memory_of(pid: int | str) -> tuple[int, int]:
    """(address space, resident) in bytes; (0, 0) for a process that is gone."""
    with contextlib.suppress(OSError, ValueError):
        with open(f"/proc/{pid}/statm", "rb") as file:
            pages = [int(word) for word in file.read().split()[:2]]
        return pages[0] * os.sysconf("SC_PAGE_SIZE"), pages[1] * os.sysconf(
            "SC_PAGE_SIZE"
        )
    return 0, 0


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
