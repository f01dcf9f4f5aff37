"""The workers of a running Dask scheduler, as an executor of concurrent.futures.

They share no files with this process. Dask pickles what travels: a notebook and the `course`
package to a worker, an `Executed` back. The trusted side of a worker makes it out of JSON and
text, so nothing that learner code has pickled is ever read.
"""

import asyncio
import contextlib
import functools
import hashlib
import logging
import queue
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import dask
from distributed import Client
from distributed import Future as DaskFuture
from distributed.comm import connect
from distributed.security import Security
from nbformat import NotebookNode

from autograder.grading.execute import How, execute
from autograder.grading.executed import Executed
from autograder.grading.executors.warm_pool import close_warm_parents
from autograder.grading.limits import Limits
from autograder.grading.parallel import isolation_line
from autograder.grading.support import Support
from course.kit.refusal import Refusal

PATIENCE = 10  # seconds for a scheduler to answer, and for its first worker
LONGEST_PAUSE = 300  # seconds without any worker after which grading stops
RECOUNT = 5  # seconds after which the workers are counted again
SETTINGS = {
    "distributed.admin.large-graph-warning-threshold": "1GB",
    "distributed.comm.timeouts.connect": f"{PATIENCE}s",
}
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
HINT = "Install the same checkout and requirements.lock on both sides"


@contextlib.contextmanager
def scheduler_workers(address: str, isolation: str) -> Iterator["_DaskWorkers"]:
    """The workers of the scheduler at this address. Raises Refusal as `open_workers`."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(SETTINGS))
        stack.enter_context(_quiet())
        client = _connect(address)
        stack.callback(_close, client)
        _check_versions(client, address)
        yield _DaskWorkers(client, address, _layers(client, isolation))


class _DaskWorkers:
    def __init__(self, client: Client, address: str, layers: list[str]):
        self.layers = layers
        self._client = client
        self._executor = client.get_executor(pure=False)
        self._address = address
        self._supports: dict[str, DaskFuture] = {}
        self._count = 0
        self._counted = -float("inf")
        self._last_seen = time.monotonic()

    def count(self) -> int:
        now = time.monotonic()
        if now - self._counted > RECOUNT:
            self._count, self._counted = self._count_now(), now
        if self._count:
            self._last_seen = now
        elif now - self._last_seen > LONGEST_PAUSE:
            raise Refusal(
                f"there has been no worker for {LONGEST_PAUSE} s ({self._address}). "
                "What is graded is kept; start workers and grade again for the rest"
            )
        return self._count

    def _count_now(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except Exception as error:
            raise Refusal(
                f"the connection to {self._address} is lost: {error}. What is graded "
                "is kept; grade again for the rest"
            ) from error

    def submit(
        self, notebook: NotebookNode, support: Support, limits: Limits, how: How
    ) -> "Future[Executed]":
        # As one object: Dask would look for tasks in every list and dictionary.
        job = functools.partial(execute, notebook, limits=limits, how=how)
        there = self._support(support)
        future = self._executor.submit(_execute_there, identity(), job, there)
        future.add_done_callback(self._count_again)
        return future

    def _count_again(self, future: Future) -> None:
        """What failed may have failed because the scheduler has gone."""
        if future.cancelled() or future.exception() is not None:
            self._counted = -float("inf")

    def _support(self, support: Support) -> DaskFuture:
        """The package where workers find it: sent once, and handed on by them.

        Sent again when a worker has died with it in hand.
        """
        sent = self._supports.get(support.digest)
        if sent is None or sent.status not in ("pending", "finished"):
            sent = self._client.submit(
                Support, dict(support.files), support.digest, pure=False
            )
            self._supports[support.digest] = sent
        return sent


def _execute_there(
    versions: dict[str, str], job: Callable[..., Executed], support: Support
) -> Executed:
    """On a worker, which may have joined later than the versions were compared."""
    if versions != identity():
        raise RuntimeError(difference(versions, identity()))
    # jsonschema would build a grammar of web addresses that no notebook needs: 1.3 s.
    sys.modules.setdefault("rfc3987_syntax", None)
    return job(support=support)


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


def difference(wanted: dict[str, str], found: dict[str, str]) -> str:
    """The first thing in which a worker differs, in words; "" when in nothing."""
    for name, value in wanted.items():
        if found.get(name) != value:
            return f"{name} is {found.get(name)} there and {value} here"
    return ""


def _check_versions(client: Client, address: str) -> None:
    wanted = identity()
    packages = client.get_versions()["scheduler"]["packages"]
    if packages["distributed"] != wanted["distributed"]:
        raise Refusal(
            f"the scheduler at {address} has distributed {packages['distributed']}, "
            f"this machine {wanted['distributed']}. {HINT}"
        )
    try:
        found = client.run(identity)
    except Exception as error:  # noqa: BLE001 whatever stands in a worker's way
        raise Refusal(
            f"the workers at {address} cannot grade: {' '.join(str(error).split())}. {HINT}"
        ) from None
    for worker, versions in found.items():
        if versions != wanted:
            what = difference(wanted, versions)
            raise Refusal(f"the worker {worker} is of another version: {what}. {HINT}")


def _layers(client: Client, isolation: str) -> list[str]:
    """A line for each kind of worker about what holds learner code back there."""
    lines: dict[str, list[str]] = {}
    found: dict[str, Any] = client.run(isolation_line, isolation, on_error="return")
    for worker, line in found.items():
        if isinstance(line, Exception):
            raise Refusal(f"{worker}: {line}")
        lines.setdefault(line, []).append(worker)
    if len(lines) == 1:
        return list(lines)
    return [f"{line} ({', '.join(workers)})" for line, workers in lines.items()]


def _connect(address: str) -> Client:
    why = _why_silent(address)
    if not why:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of other versions: refused below
                client = Client(address, timeout=PATIENCE)
        except (OSError, ValueError, RuntimeError) as error:
            why = str(error) or type(error).__name__
    if why:
        raise Refusal(
            f"no Dask scheduler answers at {address!r}: {' '.join(why.split())}. Start "
            "one with: dask scheduler, and on each machine: dask worker ADDRESS"
        )
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        _close(client)
        raise Refusal(
            f"the scheduler at {address} has no workers. "
            f"Start some with: dask worker {address}"
        ) from None
    return client


def _why_silent(address: str) -> str:
    """Why nothing of Dask answers at an address; "" where something does.

    In a thread that may be left behind: Dask waits for ever for a server that accepts a
    connection and says nothing.
    """
    answer: queue.SimpleQueue[str] = queue.SimpleQueue()

    async def shake_hands() -> None:
        security = Security().get_connection_args("client")
        comm = await connect(address, timeout=PATIENCE, **security)
        await comm.close()

    def try_it() -> None:
        try:
            asyncio.run(shake_hands())
        except Exception as error:  # noqa: BLE001 whatever it is, it is no scheduler
            answer.put(str(error) or type(error).__name__)
        else:
            answer.put("")

    threading.Thread(target=try_it, daemon=True).start()
    try:
        return answer.get(timeout=PATIENCE + 2)
    except queue.Empty:
        return "what listens there does not speak Dask's language"


def _close(client: Client) -> None:
    """Give back what is not wanted any more, and end what waits for the next submission.

    A submission that runs on a worker runs to its end there.
    """
    with contextlib.suppress(Exception):
        client.run(close_warm_parents, on_error="ignore")
    with contextlib.suppress(TimeoutError, OSError):
        client.close(timeout=PATIENCE)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Dask tells about every lost connection; the queue says what matters of it."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
