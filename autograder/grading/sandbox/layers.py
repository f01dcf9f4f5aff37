"""Which layers of isolation this machine gives, tried once in a child that does nothing else."""

import functools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from rich.table import Table

from course.kit.refusal import Refusal

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


class Isolation(str, Enum):
    """How much is asked for."""

    STRICT = "strict"
    BEST_EFFORT = "best-effort"
    OFF = "off"


@dataclass(frozen=True)
class Probed:
    """The outer command that works here (None: no one does), and the layers that hold."""

    tool: str | None
    layers: frozenset[str]
    failures: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in LAYERS if name not in self.layers)

    def table(self) -> Table:
        """For the start of grading: each layer, whether it holds, what it does."""
        title = f"isolation (outer command: {self.tool or 'none'})"
        table = Table(title=title, title_justify="left", box=None)
        for heading in ("layer", "holds", "which means"):
            table.add_column(heading)
        for name, meaning in LAYERS.items():
            table.add_row(name, "yes" if name in self.layers else "NO", meaning)
        return table

    def require(self) -> None:
        """Refuses, naming the layers that are missing."""
        if self.missing:
            raise Refusal(
                f"--isolation strict wants layers that this machine does not give to user "
                f"{os.geteuid()}: {', '.join(self.missing)}. Install bubblewrap and allow "
                "user namespaces, or use --isolation best-effort"
            )


@functools.lru_cache
def probe(isolation: Isolation | str = Isolation.BEST_EFFORT) -> Probed:
    """Try bwrap, then unshare, then neither; the first that starts is used.

    Refuses where `isolation` is strict and a layer is missing. Takes about 0.3 s, once.
    """
    from autograder.grading.sandbox.outer import TOOLS
    from autograder.grading.sandbox.parent import try_layers

    isolation = Isolation(isolation)
    failures: list[str] = []
    best = Probed(None, frozenset())
    tools: Iterable[str | None] = (*TOOLS, None)
    for tool in (None,) if isolation is Isolation.OFF else tools:
        layers = try_layers(tool, isolation, failures)
        if len(layers) > len(best.layers):
            best = Probed(tool, layers)
        if not best.missing:
            break
    best = Probed(best.tool, best.layers, tuple(failures))
    if isolation is Isolation.STRICT:
        best.require()
    return best
