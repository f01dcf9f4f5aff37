"""Many submissions at once: on threads of this process, or on the workers of a scheduler.

A thread is enough here, since a submission runs in processes of its own and the thread only
looks after them.
"""

import contextlib
import itertools
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import FrameType
from typing import Protocol, TypeVar

from nbformat import NotebookNode

from autograder.grading.execute import How, Work, execute
from autograder.grading.executors import end_sessions
from autograder.grading.executors.fast import close_warm_parents
from autograder.grading.limits import Limits
from autograder.grading.sandbox import isolation_line
from autograder.lessons.course_files import Support

PER_WORKER = 2  # submissions under way, so that no worker waits for us; one more in all

Job = TypeVar("Job")


class Workers(Protocol):
    """What executes submissions; `layers` says what holds student code back there."""

    layers: list[str]

    def count(self) -> int:
        """How many there are now. Raises UsageError where there will be none any more."""

    def submit(
        self, notebook: NotebookNode, support: Support, limits: Limits, how: How
    ) -> "Future[Work]":
        """`execute` on one of them."""


@contextlib.contextmanager
def open_workers(
    count: int, scheduler: str | None, isolation: str
) -> Iterator[Workers]:
    """So many threads, or the workers of the Dask scheduler at an address.

    What still runs when it is left is ended. Raises UsageError where there is less isolation
    than is asked for, and for a scheduler whose workers cannot grade.
    """
    if scheduler is not None:
        # takes half a second to import
        from autograder.grading.scheduler import scheduler_workers

        with scheduler_workers(scheduler, isolation) as workers:
            yield workers
        return
    threads = _Threads(count, isolation)
    try:
        yield threads
    finally:
        threads.end()


def run_each(
    workers: Workers,
    jobs: Iterable[Job],
    start: Callable[[Job], "Future[Work]"],
    *,
    alone: bool = False,
) -> Iterator[tuple[Job, "Future[Work]"]]:
    """Start the jobs; gives each with its future once that is done, in any order.

    `jobs` is drawn from only as workers become free, so that a large class needs no more
    memory than a small one. `alone`: one at a time. What was not started is taken back when
    the iteration is left.
    """
    waiting = iter(jobs)
    running: dict[Future, Job] = {}
    done: Iterable[Future] = ()
    try:
        while True:
            most = PER_WORKER * workers.count() + 1
            for future in done:
                yield running.pop(future), future
            free = (1 if alone else most) - len(running)
            for job in itertools.islice(waiting, max(free, 0)):
                running[start(job)] = job
            if not running:
                return
            done, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
    finally:
        for future in running:
            future.cancel()


class _Threads:
    def __init__(self, count: int, isolation: str):
        self.layers = [isolation_line(isolation)]
        self._count = count
        self._pool = ThreadPoolExecutor(count)
        self._running: set[Future] = set()

    def count(self) -> int:
        return self._count

    def submit(
        self, notebook: NotebookNode, support: Support, limits: Limits, how: How
    ) -> "Future[Work]":
        future = self._pool.submit(execute, notebook, support, limits, how=how)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def end(self) -> None:
        """End the processes of what still runs: again and again, since it may start some."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        while wait(list(self._running), timeout=0.1).not_done:
            end_sessions()
        close_warm_parents()


@contextlib.contextmanager
def remembered_ctrl_c() -> Iterator[Callable[[], None]]:
    """Gives a function that raises a KeyboardInterrupt which got lost before.

    Where Ctrl-C comes while Python runs a `__del__` or a callback of the garbage collector,
    the KeyboardInterrupt is printed and forgotten.
    """
    asked = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check  # only the main thread hears of Ctrl-C
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
