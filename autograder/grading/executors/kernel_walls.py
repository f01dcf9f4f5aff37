"""The command that a Jupyter kernel is started under: the same outer walls as a forked shell.

A kernel has fewer layers than a child of the warm parent: it talks through sockets in a
folder that both sides see, and keeps its right to make system calls.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.limits import Limits
from autograder.grading.sandbox import Isolation, outer, probe
from course.kit.refusal import Refusal

KERNEL_BYTES = (
    2 * 2**30
)  # of address space that a kernel with numpy has before it runs a cell
UNSHARE = ("--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc")
LAYERS = {
    "bwrap": ["files", "user", "mounts", "processes", "network", "ipc"],
    "unshare": ["mounts", "processes", "network", "ipc"],
    None: [],
}


@dataclass(frozen=True)
class Walls:
    """What stands before the kernel's command, and the layers that it gives."""

    command: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()


def kernel_walls(isolation: str, place: Path, limits: Limits) -> Walls:
    """Walls around a kernel whose files all lie in `place`. Refuses strict isolation."""
    isolation = Isolation(isolation)
    if isolation is Isolation.OFF:
        return Walls()
    if isolation is Isolation.STRICT:
        raise Refusal(
            "strict isolation was asked for with the executor 'kernel', which has no "
            "private folder of limited size and no filter of system calls. Use the "
            "executor 'fast', or --isolation best-effort"
        )
    tool = probe(isolation).tool
    command = _outer(tool, place) if tool else []
    layers = list(LAYERS[tool])
    if shutil.which("prlimit"):
        command += ["prlimit", *_limits(limits), "--"]
        layers.append("limits")
    if command:  # a kernel ends when its parent is not the process that this names
        command += ["env", "-u", "JPY_PARENT_PID"]
    return Walls(tuple(command), tuple(layers))


def _outer(tool: str, place: Path) -> list[str]:
    if tool == "unshare":
        return [shutil.which(tool), "--user", "--map-root-user", *UNSHARE, "--"]
    words = outer.command(tool, outer.system_view(), place / "lib")
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
