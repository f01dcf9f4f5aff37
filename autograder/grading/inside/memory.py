"""How much memory a submission holds: its processes, and what the kernel keeps for them."""

import contextlib
import os
import socket
import time
from typing import NamedTuple

from inside import processes

PAGE = os.sysconf("SC_PAGE_SIZE")
NOT_EXECUTED = 0x40  # a flag of the kernel: came by fork, has started no program since
MOST_LOCKS = 10_000  # of parts of files; a notebook has a few, if it has a database
SEARCH_SECONDS = 0.02  # between searches for processes that have been started
LOCKS_TEXT = 2**20  # bytes of /proc/locks that are looked at, some 20,000 lines


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
        everyone = processes.descendants(os.getpid())
        own = sum(self._own(pid) for pid in everyone)
        return max(0, own - self.mine.held) + sockets(child) * self.buffers

    def _own(self, pid: int) -> int:
        """Without the pages of the warm parent, which it shares until it writes to them.

        Each page that it has for itself has cost it a page fault, or came with a larger one.
        """
        held = of_process(pid).held
        with contextlib.suppress(OSError, ValueError, IndexError):
            words = processes.stat(pid)
            flags, faults = int(words[6]), int(words[7])
            if flags & NOT_EXECUTED:
                return max(held - self.mine.held, min(held, faults * PAGE))
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
        self.everyone = [self.child, *processes.descendants(self.child)]
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
    """Whether there are too many locks of parts of files, memory of the kernel without a limit.

    Shown are those of living processes of this namespace, and, as OFDLCK, those of open files
    (F_OFD_SETLK) of the whole machine.
    """
    with contextlib.suppress(OSError), open("/proc/locks", "rb") as file:
        return file.read(LOCKS_TEXT).count(b"POSIX") > MOST_LOCKS
    return False


def _bytes(text: str) -> int:
    return int(text.split()[0]) * 1024
