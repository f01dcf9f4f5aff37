"""Inside `unshare`: a root that shows the listed folders for reading, and nothing else.

Started as `python -m inside.view FD VIEW`, with VIEW as JSON; becomes the warm parent.
"""

import json
import os
import sys
from pathlib import Path

from inside import linux

# What is shown as it, by name. /dev/full gives zeros, too, and cannot be mapped as /dev/zero
# can, which is shared memory that no limit sees.
DEVICES = {name: name for name in ("null", "full", "random", "urandom")} | {
    "zero": "full"
}
SANDBOX = "/sandbox"  # where the support and this package lie


def build(
    binds: list[list[str]], links: list[list[str]], place: str, private: str
) -> None:
    """Leave the host's files. `binds` and `links` are pairs: what, and its path inside.

    `private` is where the children's private folders will be mounted.

    Needs a mount namespace of its own and the right to mount. Raises OSError.
    """
    linux.mount("", "/", "", linux.RECURSIVE | linux.PRIVATE)
    root = f"{place}/root"
    os.mkdir(root)
    flags = linux.NO_SUID | linux.NO_DEVICES
    linux.mount("tmpfs", root, "tmpfs", flags, "mode=0755,size=1m")
    for source, path in [*binds, [place + "/given", SANDBOX]]:
        _bind(source, root + path)
    for text, path in links:
        Path(root + path).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(text, root + path)
    for name, shown in DEVICES.items():
        _bind(f"/dev/{shown}", f"{root}/dev/{name}", writable=True)
    for name, options in (
        ("dev/shm", "0755,size=4k"),
        (private.lstrip("/"), "1777,size=16m"),
    ):
        os.makedirs(f"{root}/{name}", exist_ok=True)
        linux.mount("tmpfs", f"{root}/{name}", "tmpfs", flags, f"mode={options}")
    os.makedirs(f"{root}/proc")
    linux.mount("proc", f"{root}/proc", "proc", flags | linux.NO_EXEC)
    linux.pivot_root(root)
    again = linux.REMOUNT | linux.BIND | linux.READ_ONLY
    linux.mount("", "/", "", again | flags)


def _bind(source: str, target: str, *, writable: bool = False) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    linux.bind(source, target, writable=writable)


if __name__ == "__main__":
    build(**json.loads(sys.argv[2]))
    os.environ["PYTHONPATH"] = f"{SANDBOX}{os.pathsep}{SANDBOX}/lib"
    os.environ["FONT_LISTS"] = f"{SANDBOX}/matplotlib"
    os.chdir(SANDBOX)
    os.execv(sys.executable, [sys.executable, "-m", "inside.warm", sys.argv[1]])
