"""Hand submissions to workers and take back results, whatever becomes of a worker.

Only bytes travel. A few submissions per worker are under way at a time, so that a large class
needs no more memory here than a small one.
"""

import itertools
import queue
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from distributed import Future, KilledWorker

from autograder.grading.cluster import Cluster
from autograder.grading.execute import Executed
from autograder.grading.on_worker import identity, keep, work
from autograder.grading.outcome import Status
from course.kit.refusal import Refusal

PER_WORKER = (
    2  # submissions under way; one more in total waits for the first free worker
)
DEATHS_ALONE = 2  # of its worker after which a submission is given up
LONGEST_PAUSE = 300  # seconds without any worker after which grading stops
RECOUNT = 5  # seconds after which the workers are counted again


@dataclass(frozen=True, eq=False)
class Work:
    """One submission to execute: an encoded job, and the digest of its support package."""

    job: bytes
    support: str


@dataclass(frozen=True)
class Lost:
    """A submission that could not be executed, through no fault of the learner's."""

    reason: str


def distribute(
    cluster: Cluster,
    works: Iterable[Work],
    supports: Mapping[str, bytes],
    read: Callable[[Work, bytes], Executed],
) -> Iterator[tuple[Work, Executed | Lost]]:
    """Execute each work on some worker; yields as they end, in any order.

    `works` is drawn from only as workers become free. `read` makes sense of a result and raises
    ValueError for bytes that are none. What failed through no fault of the learner's runs
    once more after all others; what a worker died of then runs alone, so that the one that
    kills workers is told from those that were beside it. Raises Refusal when the workers or
    the scheduler are gone for good.
    """
    run = _Run(cluster, supports, read)
    try:
        yield from run.pass_over(works)
        yield from run.pass_over(run.take_failed())
        for suspect in run.suspects:
            yield from run.pass_alone(suspect)
    finally:
        run.cancel()


class _Run:
    def __init__(
        self,
        cluster: Cluster,
        supports: Mapping[str, bytes],
        read: Callable[[Work, bytes], Executed],
    ):
        self.cluster = cluster
        self.client = cluster.client
        self.read = read
        self.suspects: list[Work] = []
        self._failed: list[Work] | None = []  # None once they have been taken
        self._numbers = itertools.count()
        self._done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._running: dict[str, tuple[Future, Work]] = {}
        self._workers = 0
        self._counted = -float(RECOUNT)
        self._last_seen = time.monotonic()
        self._supports = supports
        self._sent: dict[str, Future] = {}

    def take_failed(self) -> list[Work]:
        """The works that failed so far; from now on a failure is final."""
        failed, self._failed = self._failed or [], None
        return failed

    def pass_alone(self, suspect: Work) -> Iterator[tuple[Work, Executed | Lost]]:
        """Run it with no other under way, so that a worker's death is its own doing.

        More than once: a worker that dies at this moment may still die of an earlier one.
        """
        self.suspects = []
        for _ in range(DEATHS_ALONE):
            yield from self.pass_over([suspect])
            if not self.suspects:
                return
            self.suspects = []
        yield suspect, Lost(f"its worker died {1 + DEATHS_ALONE} times while it ran")

    def pass_over(
        self, works: Iterable[Work]
    ) -> Iterator[tuple[Work, Executed | Lost]]:
        """Run the works; those whose worker died are left in `suspects`."""
        waiting = iter(works)
        while True:
            free = self._window() - len(self._running)
            for each in itertools.islice(waiting, max(free, 0)):
                self._submit(each)
            if not self._running:
                return
            future, finished = self._next()
            result = self._result(future, finished)
            future.release()
            if result is None:
                self.suspects.append(finished)
                continue
            if isinstance(result, Lost) and self._failed is not None:
                self._failed.append(finished)
                continue
            yield finished, result

    def cancel(self) -> None:
        """Take back what has not ended."""
        futures = [future for future, _ in self._running.values()]
        self._running.clear()
        if futures and self.client.status == "running":
            self.client.cancel(futures, force=True)

    def _submit(self, each: Work) -> None:
        future = self.client.submit(
            work,
            self.cluster.engine,
            identity(),
            each.job,
            self._support(each.support),
            key=f"{self.cluster.engine}-{next(self._numbers)}",
            pure=False,
        )
        self._running[future.key] = (future, each)
        future.add_done_callback(self._done.put)

    def _support(self, digest: str) -> Future:
        """The support package where workers find it: sent once, and handed on by them.

        Sent again when a worker has died with it in hand.
        """
        sent = self._sent.get(digest)
        if sent is None or sent.status not in ("pending", "finished"):
            key = f"{self.cluster.engine}-support-{next(self._numbers)}"
            packed = self._supports[digest]
            sent = self.client.submit(keep, packed, key=key, pure=False)
            self._sent[digest] = sent
        return sent

    def _next(self) -> tuple[Future, Work]:
        while True:
            try:
                key = self._done.get(timeout=1).key
            except queue.Empty:
                self._check()
                continue
            if key in self._running:
                return self._running.pop(key)

    def _result(self, future: Future, of: Work) -> Executed | Lost | None:
        """None where the worker died, of this submission or of one beside it."""
        try:
            executed = self.read(of, future.result())
        except KilledWorker:
            return None
        except Exception as error:  # noqa: BLE001 whatever a worker raised or sent
            self._check()
            return Lost(f"{type(error).__name__}: {error}")
        if executed.status is Status.INFRA_ERROR:
            return Lost(executed.reason)
        return executed

    def _window(self) -> int:
        if time.monotonic() - self._counted > RECOUNT:
            self._check()
        return PER_WORKER * self._workers + 1

    def _check(self) -> None:
        """Count the workers; refuse to wait where there will be none."""
        try:
            self._workers = sum(self.client.nthreads().values())
            self.cluster.restore()
        except Exception as error:
            raise Refusal(
                f"the connection to {self.cluster.place} is lost: {error}. What is graded "
                "is kept; grade again for the rest"
            ) from error
        now = time.monotonic()
        self._counted = now
        if self._workers:
            self._last_seen = now
        elif now - self._last_seen > LONGEST_PAUSE:
            raise Refusal(
                f"there has been no worker for {LONGEST_PAUSE} s ({self.cluster.place}). "
                "What is graded is kept; start workers and grade again for the rest"
            )
