"""The processes that come from the warm parent: what they hold, and their end.

`remove` deletes the files that they have left.
"""

import contextlib
import os
import signal
import socket
import time
import uuid
from pathlib import Path
from typing import NamedTuple

OTHER_GONE = 88  # exit code of answers whose checks have ended: those say why
PATIENCE_SECONDS = 60  # on a busy machine; usually it takes a moment
NOT_EXECUTED = 0x40  # a flag of the kernel: came by fork, has started no program since
MOST_LOCKS = 10_000  # of parts of files; a notebook has a few, if it has a database
SEARCH_SECONDS = 0.02  # between searches for processes that have been started
LOCKS_TEXT = 2**20  # bytes of /proc/locks that are looked at, some 20,000 lines


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


class Memory(NamedTuple):
    """Of one process, in bytes. `held` is what would be free without it, or is in swap."""

    address_space: int
    held: int


class Watch:
    """Made in the warm parent before its children, whose memory it shares with them."""

    def __init__(self) -> None:
        self.mine = of_process("self")
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self.buffers = sum(
                ours.getsockopt(socket.SOL_SOCKET, which)
                for which in (socket.SO_SNDBUF, socket.SO_RCVBUF)
            )

    def held(self, child: int) -> int:
        """Bytes that the child and all that it started hold, as far as they can be known."""
        everyone = descendants(os.getpid())
        own = sum(self._own(pid) for pid in everyone)
        return max(0, own - self.mine.held) + sockets(child) * self.buffers

    def _own(self, pid: int) -> int:
        """Without the pages of the warm parent, which it shares until it writes to them.

        Each page that it has for itself has cost it a page fault, or came with a larger one.
        """
        held = of_process(pid).held
        with contextlib.suppress(OSError, ValueError, IndexError):
            words = stat(pid)
            flags, faults = int(words[6]), int(words[7])
            if flags & NOT_EXECUTED:
                return max(
                    held - self.mine.held,
                    min(held, faults * os.sysconf("SC_PAGE_SIZE")),
                )
        return held


class Meter:
    """How much the processes of one child grow, seen from outside: looked at again and again.

    Memory that they held before, also what was freed and not given back, is no growth.
    """

    def __init__(self, child: int) -> None:
        self.child = child
        self.most = 0
        self._find()
        self.before = self._held()

    def look(self) -> None:
        """To be called as often as possible."""
        if time.monotonic() > self.next_search:
            self._find()
        self.most = max(self.most, self._held())

    def grown(self) -> int:
        """The largest growth that was seen, in bytes."""
        self.look()
        return max(0, self.most - self.before)

    def _find(self) -> None:
        self.everyone = [self.child, *descendants(self.child)]
        self.next_search = time.monotonic() + SEARCH_SECONDS

    def _held(self) -> int:
        return sum(of_process(pid).held for pid in self.everyone)


def of_process(pid: int | str) -> Memory:
    """Nothing for a process that is gone.

    Asks its threads: the first may have ended, and then knows nothing of the others' memory.
    """
    with contextlib.suppress(OSError, ValueError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/status", encoding="latin-1") as file:
                lines = (line.partition(":") for line in file)
                size = {
                    name: text for name, _, text in lines if name[:2] in ("Vm", "Rs")
                }
            if "VmSize" in size:
                wanted = ("RssAnon", "RssShmem", "VmSwap")
                held = sum(_bytes(size[name]) for name in wanted if name in size)
                return Memory(_bytes(size["VmSize"]), held)
    return Memory(0, 0)


def sockets(pid: int) -> int:
    """How many there are in the network of the process, also closed ones with data in them.

    0 where it has no network of its own, and they cannot be told from others'.
    """
    with contextlib.suppress(OSError, ValueError):
        path = f"/proc/{pid}/net/sockstat"
        if not os.path.samefile(path, "/proc/self/net/sockstat"):
            with open(path, encoding="ascii") as file:
                return int(file.readline().split()[-1])
    return 0


def too_many_locks() -> bool:
    """Whether our descendants have too many locks of parts of files, memory of the kernel
    without a limit.

    Shown are those of living processes of this namespace, and so of neighbours where it is that
    of the machine; and, as OFDLCK, those of open files (F_OFD_SETLK) of the whole machine.
    """
    with contextlib.suppress(OSError), open("/proc/locks", "rb") as file:
        text = file.read(LOCKS_TEXT)
        if text.count(b"POSIX") > MOST_LOCKS:
            ours = {str(pid).encode() for pid in descendants(os.getpid())}
            # 1: POSIX ADVISORY WRITE 5304 fe:00:2147023 4 4
            lines = (line.partition(b"POSIX")[2].split() for line in text.splitlines())
            return sum(bool(ours & {*words[2:3]}) for words in lines) > MOST_LOCKS
    return False


def _bytes(text: str) -> int:
    return int(text.split()[0]) * 1024


def remove(folder: Path) -> None:
    """Delete a folder, also where modes forbid it and however deep it is. Raises nothing.

    `shutil.rmtree` recurses, and stops at a thousand folders in one another. Here the folders
    in a folder are moved up before it is deleted, so that every path stays short.
    """
    while sum(_dissolve(inner, folder) for inner in _emptied(folder)):
        pass
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _dissolve(inner: str, folder: Path) -> bool:
    """Delete one folder after moving those in it up; whether it is gone."""
    for deeper in _emptied(inner):
        with contextlib.suppress(OSError):
            os.chmod(deeper, 0o700)
            os.rename(deeper, folder / uuid.uuid4().hex)
    with contextlib.suppress(OSError):
        os.rmdir(inner)
        return True
    return False


def _emptied(folder: Path | str) -> list[str]:
    """The folders in a folder, of which all else is deleted."""
    folders = []
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)
        with os.scandir(folder) as entries:
            found = list(entries)
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)
    return folders
