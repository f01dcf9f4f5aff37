"""What runs on a worker: trusted code around the process in which a learner's code runs.

A worker shares no files with the coordinator. It needs this package in the same version, and
gets everything else as bytes.
"""

import functools
import hashlib
import signal
import sys
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

# A worker that has another version of one of these could give other marks.
LIBRARIES = (
    "distributed",
    "ipykernel",
    "ipython",
    "matplotlib",
    "nbclient",
    "nbformat",
    "nbgrader",
    "numpy",
)


class OtherVersion(RuntimeError):
    """This worker is not of the coordinator's version, so it must not grade for it."""


@functools.cache
def identity() -> dict[str, str]:
    """Versions of what decides marks, by name; `autograder` is a hash of its grading code."""
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    total = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        total.update(path.relative_to(folder).as_posix().encode("utf-8"))
        total.update(hashlib.sha256(path.read_bytes()).digest())
    found["autograder"] = total.hexdigest()[:12]
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


class Engine(WorkerPlugin):
    """What a worker keeps between submissions of one run of the coordinator."""

    def __init__(self, *, local: bool):
        self.local = local  # whether Ctrl-C in the coordinator's terminal reaches it

    def setup(self, worker: Worker) -> None:
        self._supports: dict[bytes, Any] = {}
        # jsonschema would build a grammar of web addresses that no notebook needs: 1.3 s.
        sys.modules.setdefault("rfc3987_syntax", None)
        from autograder.grading.executors import warm_pool

        warm_pool.MOST_IDLE = max(warm_pool.MOST_IDLE, worker.state.nthreads)
        if self.local:
            _ignore_interrupts()

    def execute(self, job: bytes, packed: bytes) -> bytes:
        """Execute a job with a support package, which is read when it is first seen."""
        from autograder.grading.job_codec import execute_bytes, unpack_support

        name = hashlib.sha256(packed).digest()
        if name not in self._supports:
            self._supports[name] = unpack_support(packed)
        return execute_bytes(job, self._supports[name])

    def teardown(self, worker: Worker) -> None:
        """End the processes that wait for the next submission."""
        from autograder.grading.executors.warm_pool import close_warm_parents

        close_warm_parents()


def _ignore_interrupts() -> None:
    """Leave Ctrl-C, which a terminal sends to every process, to the coordinator.

    A handler, since SIG_IGN would be handed down to the processes that learner code runs in.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda number, frame: None)


def work(engine: str, versions: dict[str, str], job: bytes, support: bytes) -> bytes:
    """Execute one submission; raises only for what is not the learner's fault."""
    if versions != identity():
        worker = get_worker().address
        raise OtherVersion(f"{worker}: {difference(versions, identity())}")
    return get_worker().plugins[engine].execute(job, support)


def difference(wanted: dict[str, str], found: dict[str, str]) -> str:
    """The first thing in which a worker differs, in words; "" when in nothing."""
    for name, value in wanted.items():
        if found.get(name) != value:
            return f"{name} is {found.get(name)} there and {value} here"
    return ""


def layers(isolation: str) -> tuple[str, str]:
    """What holds learner code back on this worker, as a line; or why it is not enough."""
    from autograder.grading.execute import CAN_FORK
    from autograder.grading.sandbox import LAYERS, probe
    from course.kit.refusal import Refusal

    if not CAN_FORK:
        return f"isolation {isolation}: none on {sys.platform}", ""
    try:
        probed = probe(isolation)
    except Refusal as error:
        return "", str(error)
    if isolation == "off":
        return "isolation off: learner code can reach what you can", ""
    there = len(LAYERS) - len(probed.missing)
    line = f"isolation {isolation}: {there} of {len(LAYERS)} layers"
    line += f" with {probed.tool}" if probed.tool else ""
    missing = ", ".join(probed.missing)
    return f"{line}, not: {missing}" if missing else line, ""


def keep(support: bytes) -> bytes:
    """A task whose result workers hand on to each other, and that can be computed again."""
    return support
