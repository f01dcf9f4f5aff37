"""The workers of a running Dask scheduler, behind futures of concurrent.futures.

They share no files with this process. Dask pickles what we send, but a result travels as JSON:
it holds what student code has written, and is read where the marks are written.
"""

import asyncio
import contextlib
import functools
import hashlib
import json
import logging
import queue
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import dask
import nbformat
from distributed import Client
from distributed import Future as DaskFuture
from distributed.comm import connect
from distributed.security import Security
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from autograder.grading.execute import How, Work, execute
from autograder.grading.executors.fast import close_warm_parents
from autograder.grading.limits import Limits
from autograder.grading.outcome import Note, Status
from autograder.grading.sandbox import isolation_line
from autograder.lessons.course_files import Support
from course.kit import UsageError

PATIENCE = 10  # seconds for a scheduler to answer, and for its first worker
ANSWER = 30  # seconds for one that has answered before
CLOSING = 10  # seconds to leave it
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
    """The workers of the scheduler at this address. Raises UsageError as `open_workers`."""
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
            raise UsageError(
                f"there has been no worker for {LONGEST_PAUSE} s ({self._address}). "
                "What is graded is kept; start workers and grade again for the rest"
            )
        return self._count

    def _count_now(self) -> int:
        try:
            found = self._client.nthreads(
                callback_timeout=ANSWER
            )  # or it may not return
            return sum(found.values())
        except Exception as error:
            raise UsageError(
                f"the connection to {self._address} is lost: {error or type(error).__name__}. "
                "What is graded is kept; grade again for the rest"
            ) from error

    def submit(
        self, notebook: NotebookNode, support: Support, limits: Limits, how: How
    ) -> "Future[Work]":
        # As one object: Dask would look for tasks in every list and dictionary.
        job = functools.partial(execute, notebook, limits=limits, how=how)
        there = self._support(support)
        sent = self._client.submit(_execute_there, identity(), job, there, pure=False)
        future: Future[Work] = Future()
        future.add_done_callback(functools.partial(self._look_after, sent))
        sent.add_done_callback(functools.partial(_settle, future))
        return future

    def _look_after(self, sent: DaskFuture, future: Future) -> None:
        if future.cancelled():
            sent.cancel(force=True)
        elif future.exception() is not None:  # it may be that the scheduler has gone
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


def _settle(future: "Future[Work]", sent: DaskFuture) -> None:
    """Hand over what has become of a submission.

    The futures of Dask's own `Client.get_executor` never end where a result cannot be fetched.
    """
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(_read(sent.result()))
    except asyncio.CancelledError as error:  # no Exception
        future.set_exception(ConnectionError(str(error)))
    except Exception as error:  # noqa: BLE001 whatever became of the worker
        future.set_exception(error)


def _execute_there(
    versions: dict[str, str], job: Callable[..., Work], support: Support
) -> bytes:
    """On a worker, which may have joined later than the versions were compared.

    Raises nothing: an error that Dask cannot pickle would never be heard of.
    """
    try:
        if versions != identity():
            raise RuntimeError(difference(versions, identity()))
        return json.dumps(asdict(job(support=support))).encode("ascii")
    except Exception as error:  # noqa: BLE001 whatever it is, it is no fault of a student's
        reason = f"{type(error).__name__}: {error}"
        lost = Work(new_notebook(), Status.INFRA_ERROR, reason)
        return json.dumps(asdict(lost)).encode("ascii")


def _read(result: bytes) -> Work:
    """What `_execute_there` gave. Raises ValueError, TypeError or LookupError for another."""
    document = json.loads(result)
    document["notebook"] = nbformat.from_dict(document["notebook"])
    document["status"] = Status(document["status"])
    document["notes"] = [Note(**note) for note in document["notes"]]
    return Work(**document)


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
        raise UsageError(
            f"the scheduler at {address} has distributed {packages['distributed']}, "
            f"this machine {wanted['distributed']}. {HINT}"
        )
    try:
        found = client.run(identity)
    except Exception as error:  # noqa: BLE001 whatever stands in a worker's way
        raise UsageError(
            f"the workers at {address} cannot grade: {' '.join(str(error).split())}. {HINT}"
        ) from None
    for worker, versions in found.items():
        if versions != wanted:
            what = difference(wanted, versions)
            raise UsageError(
                f"the worker {worker} is of another version: {what}. {HINT}"
            )


def _layers(client: Client, isolation: str) -> list[str]:
    """A line for each kind of worker about what holds student code back there."""
    lines: dict[str, list[str]] = {}
    found: dict[str, Any] = client.run(isolation_line, isolation, on_error="return")
    for worker, line in found.items():
        if isinstance(line, Exception):
            raise UsageError(f"{worker}: {line}")
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
        raise UsageError(
            f"no Dask scheduler answers at {address!r}: {' '.join(why.split())}. Start "
            "one with: dask scheduler, and on each machine: dask worker ADDRESS"
        )
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        _close(client)
        raise UsageError(
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
        if client.status == "running":
            client.run(close_warm_parents, on_error="ignore")
    with contextlib.suppress(TimeoutError, OSError):
        client.close(timeout=CLOSING)


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
