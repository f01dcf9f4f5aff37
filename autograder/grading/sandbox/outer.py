"""The command that a warm parent, or a kernel, starts under: what of the machine it can see at all."""

import os
import shutil
import site
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from autograder.grading.limits import Limits

# A layer and what it is there for, in the order in which they are shown.
LAYERS = {
    "files": "only the system and this Python are visible, read-only",
    "ordinary user": "not the administrator, whoever grades",
    "user": "a user namespace of its own, as nobody",
    "mounts": "a mount namespace of its own",
    "private folder": "writes go to memory of limited size and vanish",
    "no /proc": "nothing about processes or the kernel to read or write",
    "processes": "sees and signals only its own; all end with the first",
    "network": "no network, no loopback, no abstract sockets",
    "ipc": "no shared memory or queues of others",
    "no capabilities": "no privilege, and none to gain",
    "no new privileges": "set-uid programs give nothing",
    "system calls": "no mount, ptrace, keyring, namespaces, io_uring, vsock, memfd",
    "limits": "memory, processor time, size and number of files",
    "process limit": "a fork bomb ends at the limit",
}
SANDBOX = "/sandbox"  # the support and the code that runs inside, seen from inside
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/nix/store")
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime")
NAMES = {
    "passwd": "nobody:x:65534:65534:nobody:/:/bin/sh\n",
    "group": "nogroup:x:65534:\n",
}
TOOLS = ("bwrap", "unshare")
# Of address space that a kernel with numpy has before it runs a cell.
KERNEL_BYTES = 2 * 2**30
UNSHARE = ("--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")


class SandboxError(RuntimeError):
    """The sandbox itself failed; a submission never causes this."""


class Isolation(str, Enum):
    """How much is asked for."""

    STRICT = "strict"
    BEST_EFFORT = "best-effort"
    OFF = "off"


@dataclass(frozen=True)
class View:
    """What is visible inside, read-only: (path here, path inside), and (text, link)."""

    binds: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]

    def shows(self, path: Path) -> bool:
        """Whether a folder of this machine can be seen inside."""
        target = os.path.realpath(path)
        sources = {os.path.realpath(source) for source, _ in self.binds}
        return any(os.path.commonpath([source, target]) == source for source in sources)


def system_view() -> View:
    """The system's programs and libraries, and this interpreter with its packages."""
    binds, links = [], []
    for path in SYSTEM:
        if os.path.islink(path):
            links.append((os.readlink(path), path))
        elif os.path.isdir(path):
            binds.append(path)
    etc = [f"/etc/{name}" for name in (*SETTINGS, "fonts")]
    binds += [path for path in etc if os.path.exists(path)]
    for path in _interpreter():
        if not any(_lies_in(path, bound) for bound in binds):
            binds.append(path)
    return View(tuple((path, path) for path in binds), tuple(links))


def _interpreter() -> Iterable[str]:
    """Folders of this Python. The checkout often lies around .venv: only .venv is named."""
    places = [sys.base_prefix, sys.prefix, *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        places.append(site.getusersitepackages())
    places.append(os.path.dirname(os.path.realpath(sys.executable)))
    for place in places:
        for path in dict.fromkeys((place, os.path.realpath(place))):
            if os.path.isdir(path):
                yield path


def _lies_in(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder


def write_names(folder: Path) -> View:
    """Files that name the one user there is, in `folder`; the view that shows them."""
    folder.mkdir()
    for name, text in NAMES.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    pairs = ((str(folder / name), f"/etc/{name}") for name in NAMES)
    return View(tuple(pairs), ())


def command(tool: str | None, view: View, given: Path) -> list[str]:
    """What stands before the interpreter. Raises SandboxError where the tool is not installed.

    `given` is the folder that is seen as /sandbox. With `unshare` the warm parent builds
    the view itself, since that tool only makes namespaces.
    """
    if tool is None:
        return []
    if tool == "bwrap":
        return [_program(tool), *_bwrap(view, given)]
    namespaces = ["--mount", "--pid", "--fork", "--net", "--ipc", "--uts"]
    if os.geteuid() != 0:
        namespaces += ["--user", "--map-root-user"]
    return [_program(tool), *namespaces, "--kill-child", "--"]


def _program(tool: str) -> str:
    program = shutil.which(tool)
    if program is None:
        raise SandboxError(f"{tool} is not installed")
    return program


def private_place(view: View) -> str:
    """Where a child's private folder is mounted: /tmp, unless this Python lies in there."""
    paths = [path for _, path in view.binds]
    return "/private" if any(_lies_in(path, "/tmp") for path in paths) else "/tmp"


def _bwrap(view: View, given: Path) -> list[str]:
    namespaces = ("pid", "net", "ipc", "uts", "cgroup-try")
    words = [f"--unshare-{name}" for name in namespaces]
    if os.geteuid() == 0:  # the warm parent becomes nobody, then gives these up too
        words += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID"]
        words += ["--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
    made: set[Path] = set()
    for source, path in [*view.binds, (str(given), SANDBOX)]:
        for folder in reversed(Path(path).parents[:-1]):
            if folder not in made:
                words += ["--perms", "0755", "--dir", str(folder)]
                made.add(folder)
        made.add(Path(path))
        words += ["--ro-bind", source, path]
    for text, path in view.links:
        words += ["--symlink", text, path]
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += ["--dev-bind", "/dev/full", "/dev/zero"]  # see child.fork_server.DEVICES
    words += ["--perms", "1777", "--tmpfs", private_place(view)]
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*words, "--chdir", SANDBOX, "--"]


def kernel_command(tool: str | None, place: Path, limits: Limits) -> list[str]:
    """What stands before a Jupyter kernel whose files all lie in `place`.

    It has fewer layers than a child of the warm parent: it talks through sockets in a folder
    that both sides see, and keeps its right to make system calls.
    """
    words = _around_kernel(tool, place) if tool else []
    if shutil.which("prlimit"):
        words += ["prlimit", *_limits(limits), "--"]
    if words:  # a kernel ends when its parent is not the process that this names
        words += ["env", "-u", "JPY_PARENT_PID"]
    return words


def _around_kernel(tool: str, place: Path) -> list[str]:
    if tool == "unshare":
        return [_program(tool), "--user", "--map-root-user", *UNSHARE, "--"]
    words = command(tool, system_view(), place / "lib")
    words = _without_capabilities(words[:-1])
    at = words.index("--remount-ro")  # until there, folders can be made
    words[at:at] = ["--bind", str(place), str(place)]
    words += ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    return [*words, "--chdir", str(place / "work"), "--die-with-parent", "--"]


def _without_capabilities(words: list[str]) -> list[str]:
    """What the warm parent keeps to become an ordinary user, a kernel does not need."""
    kept = []
    pairs = iter(words)
    for word in pairs:
        if word in ("--cap-add", "--cap-drop"):
            next(pairs)
        else:
            kept.append(word)
    return kept


def _limits(limits: Limits) -> list[str]:
    return [
        f"--as={limits.memory_bytes + KERNEL_BYTES}",
        f"--fsize={limits.file_bytes}",
        f"--nofile={limits.open_files}",
        f"--cpu={int(limits.total_seconds) + 60}",
        "--core=0",
    ]
