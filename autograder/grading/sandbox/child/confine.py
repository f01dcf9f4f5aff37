"""In a child, before any student code: leave everything behind that it must not reach.

Two processes: the first one is forked into new namespaces and is process 1 of one of them (its
end ends all others in there), the second one runs the student's code.
"""

import contextlib
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path

from child import linux

NOBODY = 65534
PRIVATE_FOLDERS = ("work", "home", "tmp", "shm")
PRIVATE_FILES = 20_000  # a limit on the number of files in the private folder
SHOWN_SIGNAL = 128  # a process ended by signal N is reported as 128 + N, as shells do
NAMESPACES = {
    "user": linux.NEW_USER,  # the first one: it gives the right to make the others
    "mounts": linux.NEW_MOUNTS,
    "processes": linux.NEW_PROCESSES,
    "network": linux.NEW_NETWORK,
    "ipc": linux.NEW_IPC,
}


class Confinement:
    """Applies the layers one by one and remembers which took hold (`layers`).

    `isolation` "off" uses no layer but the limits. Otherwise a layer that the system does
    not give is left out; whoever asked for strict isolation refuses to go on then.
    `namespaces` are those that this process was forked into, by this user and group.
    """

    is_ordinary_user = True
    cover: Path | None = None  # where the private folder is mounted; else on itself

    def __init__(
        self,
        private: Path,
        limits: dict,
        isolation: str,
        size: int,
        namespaces: Sequence[str],
        user: tuple[int, int],
    ) -> None:
        self.private = private
        self.limits = limits
        self.wanted = isolation != "off"
        self.size = size  # bytes of address space that were in use before the fork
        self.namespaces, self.user = namespaces, user
        self.layers = list(namespaces)

    def enter(self, keep: list[int]) -> None:
        """Return in the process that is to run the student's code; others never return.

        `keep` are the file descriptors, besides 0 to 2, that stay open.
        """
        linux.prctl(linux.SET_DEATH_SIGNAL, signal.SIGKILL)
        os.setsid()
        _close_files(keep)
        be_nobody(self.namespaces, self.user)
        self._use_private_folder()
        if "mounts" in self.layers:
            self._try("no /proc", _hide_processes)
        if self.wanted:
            self._try("no capabilities", linux.drop_capabilities)
            self._try("no new privileges", _no_new_privileges)
        if self.namespaces:
            self._limit_processes(extra=1)
            _fork_and_follow(keep)
            linux.prctl(linux.SET_DEATH_SIGNAL, signal.SIGKILL)
            os.setsid()
        self._limit()
        if self.wanted:
            self._try("system calls", linux.filter_calls)
        linux.prctl(linux.SET_DUMPABLE, 0)
        _reseed()
        os.dup2(1, 2)  # from here on errors are the student's

    def _try(self, layer: str, apply: Callable[[], object]) -> None:
        try:
            apply()
        except (OSError, KeyError):
            return
        self.layers.append(layer)

    def _use_private_folder(self) -> None:
        if "mounts" in self.layers:
            self._try("private folder", self._mount_private_folder)
        for name in PRIVATE_FOLDERS:
            (self.private / name).mkdir(exist_ok=True)
        if "private folder" in self.layers:
            with contextlib.suppress(OSError):
                linux.bind(str(self.private / "shm"), "/dev/shm", writable=True)
        home, temporary = str(self.private / "home"), str(self.private / "tmp")
        os.environ.update(
            HOME=home,
            IPYTHONDIR=f"{home}/ipython",
            MPLCONFIGDIR=f"{home}/matplotlib",
            TMPDIR=temporary,
            TEMP=temporary,
            TMP=temporary,
        )
        tempfile.tempdir = temporary  # it has looked before the fork
        os.chdir(self.private / "work")

    def _mount_private_folder(self) -> None:
        linux.mount("", "/", "", linux.RECURSIVE | linux.PRIVATE)
        place = self.cover or self.private
        size = f"size={self.limits['disk_bytes']},nr_inodes={PRIVATE_FILES},mode=0700"
        flags = linux.NO_SUID | linux.NO_DEVICES
        linux.mount("tmpfs", str(place), "tmpfs", flags, size)
        self.private = place

    def _limit(self) -> None:
        limits = self.limits
        seconds = int(limits["total_seconds"] + limits["grace_seconds"]) + 1
        for which, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_FSIZE, limits["file_bytes"]),
            (resource.RLIMIT_NOFILE, limits["open_files"]),
            (resource.RLIMIT_AS, self.size + limits["memory_bytes"]),
            (resource.RLIMIT_MSGQUEUE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
        ):
            _lower(which, most)
        self.layers.append("limits")
        if "user" not in self.layers:
            self._limit_processes(extra=limits.get("processes_in_use", 0))

    def _limit_processes(self, extra: int) -> None:
        """Counted per user and, in new kernels, per user namespace. Root has no limit."""
        most = self.limits["processes"] + extra
        if "user" in self.layers:
            most += self.limits.get("processes_in_use", 0)
        if self.is_ordinary_user:
            self._try("process limit", lambda: _lower(resource.RLIMIT_NPROC, most))


def prepare() -> None:
    """In the warm parent: what is the same for all children is made once."""
    libraries()
    with contextlib.suppress(KeyError):  # no such processor; its children say so
        linux.program(os.uname().machine)


def flags(namespaces: Iterable[str]) -> int:
    return sum(NAMESPACES[name] for name in namespaces)


def available(user: tuple[int, int]) -> list[str]:
    """The namespaces that the system gives to this user and group."""
    found: list[str] = []
    for name in NAMESPACES:
        wanted = [*found, name]
        fork = partial(linux.fork_into, flags(wanted))
        if succeeds(partial(be_nobody, wanted, user), fork):
            found = wanted
    return found


def be_nobody(namespaces: Sequence[str], user: tuple[int, int]) -> None:
    """In a user namespace of its own, whose owner is `user` and group. Raises OSError."""
    if "user" in namespaces:
        linux.prctl(linux.SET_DUMPABLE, 1)  # else /proc/self belongs to root
        linux.map_user(*user, NOBODY)
        linux.prctl(linux.SET_DUMPABLE, 0)


def succeeds(change: Callable[[], object], fork: Callable[[], int] = os.fork) -> bool:
    """Try it in a process of its own: half a change of user cannot be taken back."""
    try:
        pid = fork()
    except OSError:
        return False
    if pid == 0:
        code = 1
        try:
            change()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def _lower(which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(which, (most, most))


def _fork_and_follow(keep: Sequence[int] = ()) -> None:
    """Fork and return in the new process; the old one passes on SIGINT and the exit code.

    The old one closes `keep`. As process 1 it also reaps what others leave behind.
    """
    target = 0

    def pass_on(number: int, frame: object) -> None:
        if target:
            with contextlib.suppress(ProcessLookupError):
                os.kill(target, number)

    signal.signal(signal.SIGINT, pass_on)
    target = os.fork()
    if target == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return
    for number in keep:
        os.close(number)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == target:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else SHOWN_SIGNAL - code)


@cache
def libraries() -> bytes:
    """The file that lists those that this process has loaded, as it was at first."""
    with open("/proc/self/maps", "rb") as file:
        return file.read()


def _hide_processes() -> None:
    """An empty /proc, but for the one file that threadpoolctl (scikit-learn) cannot do without."""
    listed = libraries()
    flags = linux.NO_SUID | linux.NO_DEVICES | linux.NO_EXEC
    linux.mount("tmpfs", "/proc", "tmpfs", flags, "size=1m,mode=755")
    os.mkdir("/proc/self")
    with open("/proc/self/maps", "wb") as file:
        file.write(listed)
    linux.mount("", "/proc", "", flags | linux.REMOUNT | linux.READ_ONLY)


def _no_new_privileges() -> None:
    linux.prctl(linux.SET_NO_NEW_PRIVILEGES, 1)


def _close_files(keep: list[int]) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    first = 3
    for number in sorted(keep):
        os.closerange(first, number)
        first = number + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def _reseed() -> None:
    """Every child gets a state of its own. Python does so itself for its `random`."""
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
