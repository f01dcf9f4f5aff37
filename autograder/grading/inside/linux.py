"""The system calls of Linux that Python has no functions for, by ctypes."""

import ctypes
import os

NEW_MOUNTS, NEW_CGROUP, NEW_UTS = 0x00020000, 0x02000000, 0x04000000
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
SET_DEATH_SIGNAL, SET_DUMPABLE, DROP_FROM_BOUNDS = 1, 4, 24
SET_SUBREAPER, SET_NO_NEW_PRIVILEGES, AMBIENT, CLEAR_ALL = 36, 38, 47, 4
CAPABILITY_VERSION = 0x20080522
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


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces named by the flags for new ones."""
    _checked(_libc.unshare(flags), f"unshare({flags:#x})")


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


def set_filter(program: ctypes.Structure) -> None:
    """Attach a seccomp program to this process and all that it starts."""
    address = ctypes.cast(ctypes.pointer(program), ctypes.c_void_p).value
    prctl(22, 2, address)


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
        except OSError:  # no such capability, or no right to drop it
            continue
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
