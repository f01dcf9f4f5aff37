"""System calls of Linux: those that Python has no functions for, and a filter of the others.

The filter refuses what no notebook needs and what breaks out of sandboxes; also what holds
memory that no limit sees. A refused call fails with EPERM, or with the error on which libraries
do without. Sources: linux/seccomp.h, linux/filter.h, and the tables of system calls of x86_64
and aarch64.
"""

import ctypes
import errno
import os
import signal
import struct
from functools import cache
from typing import NamedTuple

NEW_MOUNTS = 0x00020000
NEW_IPC, NEW_USER, NEW_PROCESSES, NEW_NETWORK = (
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC = 1, 2, 4, 8
REMOUNT, NO_ATIME, NO_DIR_ATIME, BIND, RECURSIVE = 32, 1024, 2048, 4096, 16384
PRIVATE, REL_ATIME = 1 << 18, 1 << 21
DETACH = 2
COLLAPSE, LARGE_PAGE = 25, 2 * 2**20
SET_DEATH_SIGNAL, SET_DUMPABLE, DROP_FROM_BOUNDS = 1, 4, 24
SET_FILTERS, FILTER_MODE = 22, 2
SET_SUBREAPER, SET_NO_NEW_PRIVILEGES, AMBIENT, CLEAR_ALL = 36, 38, 47, 4
CAPABILITY_VERSION = 0x20080522
CLONE = {"x86_64": 56, "aarch64": 220}
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_KEPT_FLAGS = {  # statvfs flag: mount flag; a remount in a namespace must repeat them
    os.ST_NOSUID: NO_SUID,
    os.ST_NODEV: NO_DEVICES,
    os.ST_NOEXEC: NO_EXEC,
    os.ST_NOATIME: NO_ATIME,
    os.ST_NODIRATIME: NO_DIR_ATIME,
    os.ST_RELATIME: REL_ATIME,
}
_libc = ctypes.CDLL(None, use_errno=True)
_libc_with_lock = ctypes.PyDLL(None, use_errno=True)  # Python's, as os.fork holds it
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# The same everywhere: io_uring, new mount calls, pidfd_getfd, process_madvise; landlock and
# memfd_secret, for the memory.
COMMON = (
    *(425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442),
    *(444, 445, 446, 447),
)
# ptrace mount umount2 pivot_root chroot unshare setns process_vm_readv process_vm_writev
# keyctl add_key request_key bpf perf_event_open userfaultfd init_module delete_module
# finit_module kexec_load kexec_file_load reboot swapon swapoff open_by_handle_at quotactl
# acct kcmp
# For the memory: memfd_create shmget shmat shmctl semget msgget vmsplice splice tee
# inotify_init1 inotify_add_watch fanotify_init (and the old inotify_init of x86_64)
REFUSED = {
    "x86_64": (
        *(101, 165, 166, 155, 161, 272, 308, 310, 311, 250, 248, 249, 321, 298),
        *(323, 175, 176, 313, 246, 320, 169, 167, 168, 304, 179, 163, 312),
        *(319, 29, 30, 31, 64, 68, 278, 275, 276, 294, 254, 300, 253),
    ),
    "aarch64": (
        *(117, 40, 39, 41, 51, 97, 268, 270, 271, 219, 217, 218, 280, 241),
        *(282, 105, 106, 273, 104, 294, 142, 224, 225, 265, 60, 89, 272),
        *(279, 194, 196, 195, 190, 186, 75, 76, 77, 26, 27, 262),
    ),
}
X32 = 0x40000000
ALL_BITS = 0xFFFFFFFF
NAMESPACES = 0x7E020000
FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink; vsock has no namespaces
SHARED_ANONYMOUS = 0x21
SOCKET_LEVEL, BUFFER_SIZES = 1, (7, 8)
SHARED_FILES, THREAD = 0x400, 0x10000
LOCKS_OF_OPEN_FILES = (37, 38)
_LOAD, _EQUAL, _AT_LEAST, _JUMP = 0x20, 0x15, 0x35, 0x05
_AND, _RETURN = 0x54, 0x06
_NUMBER = (_LOAD, 0, 0, 0)  # of the call
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_Line = tuple[int, int, int, int]


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def fork_into(namespaces: int) -> int:
    """os.fork with a child in new namespaces; saves the fork that follows an unshare.

    For processes with one thread. The C library of the child knows its thread by the
    number of the parent's, until it forks in turn. Raises OSError.
    """
    if not namespaces:
        return os.fork()
    if (call := CLONE.get(os.uname().machine)) is None:
        raise OSError(errno.ENOSYS, f"clone on {os.uname().machine}")
    python, flags = ctypes.pythonapi, namespaces | signal.SIGCHLD
    # Looked up before: Python holds locks of its own between the two calls.
    in_child, in_parent = python.PyOS_AfterFork_Child, python.PyOS_AfterFork_Parent
    clone = _libc_with_lock.syscall
    python.PyOS_BeforeFork()
    pid = clone(call, flags, 0, 0, 0, 0)
    if pid == 0:
        in_child()
    else:
        in_parent()
    return _checked(pid, f"clone({namespaces:#x})")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """mount(2); raises OSError."""
    result = _libc.mount(
        source.encode(),
        os.fsencode(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        data.encode() or None,
    )
    _checked(result, f"mount on {target}")


def bind(source: str, target: str, *, writable: bool = False) -> None:
    """Show `source` also at `target`, for reading only unless `writable`."""
    mount(source, target, "", BIND | RECURSIVE)
    if not writable:
        kept = os.statvfs(target).f_flag
        flags = sum(mine for given, mine in _KEPT_FLAGS.items() if kept & given)
        mount("", target, "", BIND | REMOUNT | READ_ONLY | NO_SUID | flags)


def pivot_root(new: str) -> None:
    """Make the mount point `new` the root and forget the old one."""
    os.chdir(new)
    number = PIVOT_ROOT[os.uname().machine]
    _checked(_libc.syscall(number, b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", DETACH), "umount of the old root")
    os.chdir("/")


def prctl(option: int, *arguments: int) -> int:
    """prctl(2) with up to four numbers; raises OSError."""
    numbers = [ctypes.c_ulong(n) for n in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_libc.prctl(option, *numbers), f"prctl({option})")


def use_large_pages() -> None:
    """Lay this process's memory in pages of 2 MB where it can be done: to copy and to end a
    process takes as long as it has pages. Linux 6.1 and later; others change nothing.
    """
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
        lines = [line.split() for line in file]
    for place, rights, _, _, _, *name in lines:
        if rights == "rw-p" and name in ([], ["[heap]"]):
            begin, end = (int(address, 16) for address in place.split("-"))
            begin, end = -(-begin // LARGE_PAGE), end // LARGE_PAGE
            for page in range(begin, end):
                start = ctypes.c_void_p(page * LARGE_PAGE)
                _libc.madvise(start, ctypes.c_size_t(LARGE_PAGE), COLLAPSE)


def stay_here() -> int:
    """Let this thread run on the processor that it is on, and nowhere else; its number."""
    number = _checked(_libc.sched_getcpu(), "sched_getcpu")
    os.sched_setaffinity(0, {number})
    return number


def drop_capabilities() -> None:
    """Give up all of them for good: also what a set-uid program could have regained."""
    for number in range(64):
        try:
            prctl(DROP_FROM_BOUNDS, number)
        except OSError:  # no such capability, and so no further ones, or no right to
            break
    try:
        prctl(AMBIENT, CLEAR_ALL)
    except OSError:
        pass
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(header, nothing), "capset")


def map_user(outside_user: int, outside_group: int, inside: int) -> None:
    """In a new user namespace: be `inside` (user and group), which is one user outside."""
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/gid_map", f"{inside} {outside_group} 1")
    _write("/proc/self/uid_map", f"{inside} {outside_user} 1")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


class Condition(NamedTuple):
    """Whether an argument (from 0), by the lower half and the mask, is one of the values."""

    argument: int
    mask: int
    values: tuple[int, ...]
    wanted: bool = True


class Rule(NamedTuple):
    """A call that fails with the error where all the conditions hold."""

    number: dict[str, int]
    error: int
    conditions: tuple[Condition, ...] = ()


RULES = (
    # clone3: its flags lie in memory, out of the filter's sight: glibc falls back
    Rule({"x86_64": 435, "aarch64": 435}, errno.ENOSYS),
    # sendfile: pages in the buffer of a socket count as their bytes; shutil falls back
    Rule({"x86_64": 40, "aarch64": 71}, errno.ENOTSOCK),
    # clone
    Rule(
        CLONE,
        errno.EPERM,
        (Condition(0, NAMESPACES, (0,), wanted=False),),
    ),
    # clone, and fcntl: locks that no living process has are not counted (see processes.py)
    Rule(
        CLONE,
        errno.EPERM,
        (Condition(0, SHARED_FILES | THREAD, (SHARED_FILES,)),),
    ),
    Rule(
        {"x86_64": 72, "aarch64": 25},
        errno.EINVAL,
        (Condition(1, ALL_BITS, LOCKS_OF_OPEN_FILES),),
    ),
    # socket
    Rule(
        {"x86_64": 41, "aarch64": 198},
        errno.EAFNOSUPPORT,
        (Condition(0, ALL_BITS, FAMILIES, wanted=False),),
    ),
    # setsockopt: the warm parent counts every socket with the usual size
    Rule(
        {"x86_64": 54, "aarch64": 208},
        errno.EPERM,
        (
            Condition(1, ALL_BITS, (SOCKET_LEVEL,)),
            Condition(2, ALL_BITS, BUFFER_SIZES),
        ),
    ),
    # mmap: such memory stays when it is put aside (MADV_DONTNEED), in nobody's account
    Rule(
        {"x86_64": 9, "aarch64": 222},
        errno.EPERM,
        (Condition(3, SHARED_ANONYMOUS, (SHARED_ANONYMOUS,)),),
    ),
)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


@cache
def program(machine: str) -> bytes:
    """The filter's instructions for a processor; KeyError for one that is not known."""
    lines = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        _NUMBER,
        (_AT_LEAST, 0, 1, X32),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
    ]
    for number in sorted((*REFUSED[machine], *COMMON)):
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _FAIL | errno.EPERM)]
    for rule in RULES:
        block = [(_RETURN, 0, 0, _FAIL | rule.error)]
        for condition in reversed(rule.conditions):
            block = [*_unless(condition, len(block)), *block]
        lines += [_NUMBER, (_EQUAL, 0, len(block), rule.number[machine]), *block]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _unless(condition: Condition, skipped: int) -> list[_Line]:
    """Leave out as many lines behind these unless the condition holds."""
    lines = [
        (_LOAD, 0, 0, 16 + 8 * condition.argument),
        (_AND, 0, 0, condition.mask),
    ]
    wanted = condition.wanted
    for after, value in reversed(list(enumerate(reversed(condition.values)))):
        is_last = after == 0
        lines.append((_EQUAL, after + wanted, is_last and not wanted, value))
    return [*lines, (_JUMP, 0, 0, skipped)]


def filter_calls() -> None:
    """Attach the filter to this process and all that it starts; needs no_new_privs.

    Raises OSError or KeyError where the kernel has no filters.
    """
    code = program(os.uname().machine)
    filled = _Program(len(code) // 8, code)
    prctl(SET_FILTERS, FILTER_MODE, ctypes.addressof(filled))
