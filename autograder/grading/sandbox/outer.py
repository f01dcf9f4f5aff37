"""The command that the warm parent starts under: what of the machine it can see at all."""

import os
import shutil
import site
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SANDBOX = "/sandbox"  # the support and the code that runs inside, seen from inside
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/nix/store")
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime")
NAMES = {
    "passwd": "nobody:x:65534:65534:nobody:/:/bin/sh\n",
    "group": "nogroup:x:65534:\n",
}
TOOLS = ("bwrap", "unshare")


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


def command(tool: str | None, view: View, given: Path) -> list[str] | None:
    """What stands before the interpreter; None where the tool is not installed.

    `given` is the folder that is seen as /sandbox. With `unshare` the warm parent builds
    the view itself, since that tool only makes namespaces.
    """
    if tool is None:
        return []
    program = shutil.which(tool)
    if program is None:
        return None
    if tool == "bwrap":
        return [program, *_bwrap(view, given)]
    namespaces = ["--mount", "--pid", "--fork", "--net", "--ipc", "--uts"]
    if os.geteuid() != 0:
        namespaces += ["--user", "--map-root-user"]
    return [program, *namespaces, "--kill-child", "--"]


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
    words += ["--dev-bind", "/dev/full", "/dev/zero"]  # see inside.view.DEVICES
    words += ["--perms", "1777", "--tmpfs", private_place(view)]
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*words, "--chdir", SANDBOX, "--"]
