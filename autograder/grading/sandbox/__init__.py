"""Where student code runs: a process that can reach nothing that grading needs.

`WarmParent` starts them; `probe` says which layers of isolation this machine gives, tried once
in a child that does nothing else.
"""

import functools
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.grading.limits import Limits
from autograder.grading.sandbox.outer import LAYERS, TOOLS, Isolation
from autograder.grading.sandbox.parent import (
    MESSAGE_BYTES,
    START_SECONDS,
    Child,
    SandboxError,
    WarmParent,
)
from autograder.lessons.course_files import Support
from course.kit import UsageError

__all__ = [
    "CAN_FORK",
    "LAYERS",
    "Child",
    "Isolation",
    "Probed",
    "SandboxError",
    "WarmParent",
    "isolation_line",
    "probe",
]

CAN_FORK = sys.platform.startswith("linux")  # a fork is not safe on macOS


@dataclass(frozen=True)
class Probed:
    """The outer command that works here (None: no one does), and the layers that hold."""

    tool: str | None
    layers: frozenset[str]
    failures: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in LAYERS if name not in self.layers)

    def require(self) -> None:
        """Refuses, naming the layers that are missing."""
        if self.missing:
            raise UsageError(
                f"--isolation strict wants layers that this machine does not give to user "
                f"{os.geteuid()}: {', '.join(self.missing)}. Install bubblewrap and allow "
                "user namespaces, or use --isolation best-effort"
            )


@functools.lru_cache
def probe(isolation: Isolation | str = Isolation.BEST_EFFORT) -> Probed:
    """Try bwrap, then unshare, then neither; the first that starts is used.

    Refuses where `isolation` is strict and a layer is missing. Takes about 0.3 s, once.
    """
    isolation = Isolation(isolation)
    failures: list[str] = []
    best = Probed(None, frozenset())
    tools: Iterable[str | None] = (*TOOLS, None)
    for tool in (None,) if isolation is Isolation.OFF else tools:
        layers = _try(tool, isolation, failures)
        if len(layers) > len(best.layers):
            best = Probed(tool, layers)
        if not best.missing:
            break
    best = Probed(best.tool, best.layers, tuple(failures))
    if isolation is Isolation.STRICT:
        best.require()
    return best


def isolation_line(isolation: str) -> str:
    """What holds student code back on this machine. Raises UsageError where it is not enough."""
    if not CAN_FORK:
        return f"isolation {isolation}: none on {sys.platform}"
    probed = probe(isolation)
    if isolation == "off":
        return "isolation off: student code can reach what you can"
    there = len(LAYERS) - len(probed.missing)
    line = f"isolation {isolation}: {there} of {len(LAYERS)} layers"
    line += f" with {probed.tool}" if probed.tool else ""
    missing = ", ".join(probed.missing)
    return f"{line}, not: {missing}" if missing else line


def _try(tool: str | None, isolation: Isolation, failures: list[str]) -> frozenset[str]:
    """The layers that hold with the outer command; none, and why, where it does not work."""
    effort = isolation if isolation is Isolation.OFF else Isolation.BEST_EFFORT
    try:
        with WarmParent(
            Support({}, ""),
            Limits(),
            effort,
            main=None,
            preload=False,
            tool=tool,
        ) as parent:
            child = parent.spawn()
            with child.socket:
                child.socket.settimeout(START_SECONDS)
                text = child.socket.recv(MESSAGE_BYTES)
            child.wait(START_SECONDS)
            return parent.layers | frozenset(json.loads(text))
    except (SandboxError, OSError, ValueError) as error:
        failures.append(f"{tool or 'no outer command'}: {error}")
        return frozenset()
