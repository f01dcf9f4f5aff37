"""A filter of system calls: none that a notebook needs, some that break out of sandboxes.

A refused call fails with EPERM, an unusual kind of socket with EAFNOSUPPORT. Sources:
linux/seccomp.h, linux/filter.h, and the tables of system calls of x86_64 and aarch64.
"""

import ctypes
import errno
import os
import struct

from inside import linux

ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# The same everywhere: io_uring, new mount calls, pidfd_getfd, process_madvise.
COMMON = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442)
# ptrace mount umount2 pivot_root chroot unshare setns process_vm_readv process_vm_writev
# keyctl add_key request_key bpf perf_event_open userfaultfd init_module delete_module
# finit_module kexec_load kexec_file_load reboot swapon swapoff open_by_handle_at quotactl
# acct kcmp
REFUSED = {
    "x86_64": (
        *(101, 165, 166, 155, 161, 272, 308, 310, 311, 250, 248, 249, 321, 298),
        *(323, 175, 176, 313, 246, 320, 169, 167, 168, 304, 179, 163, 312),
    ),
    "aarch64": (
        *(117, 40, 39, 41, 51, 97, 268, 270, 271, 219, 217, 218, 280, 241),
        *(282, 105, 106, 273, 104, 294, 142, 224, 225, 265, 60, 89, 272),
    ),
}
SOCKET = {"x86_64": 41, "aarch64": 198}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435  # its flags lie in memory, out of the filter's sight: glibc falls back
FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink; vsock has no namespaces
NAMESPACES = 0x7E020000
X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def program(machine: str) -> bytes:
    """The filter's instructions for a processor; KeyError for one that is not known."""
    refused = sorted((*REFUSED[machine], *COMMON))
    lines = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_AT_LEAST, 0, 1, X32),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
        (_EQUAL, 0, 1, CLONE3),
        (_RETURN, 0, 0, _FAIL | errno.ENOSYS),
    ]
    for number in refused:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _FAIL | errno.EPERM)]
    lines += [
        (_EQUAL, 0, 4, CLONE[machine]),
        (_LOAD, 0, 0, 16),  # its flags: the lower half of the first argument
        (_ANY_BIT, 0, 1, NAMESPACES),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 0, len(FAMILIES) + 2, SOCKET[machine]),
        (_LOAD, 0, 0, 16),  # its family
    ]
    for place, family in enumerate(FAMILIES):
        lines.append((_EQUAL, len(FAMILIES) - place, 0, family))
    lines += [
        (_RETURN, 0, 0, _FAIL | errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def install() -> None:
    """Needs no_new_privs. Raises OSError or KeyError where the kernel has no filters."""
    code = program(os.uname().machine)
    linux.set_filter(_Program(len(code) // 8, code))
