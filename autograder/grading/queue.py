"""Grading many submissions: which of them need it, and several at once.

They run on threads of this process, or on the workers of a scheduler. A thread is enough here,
since a submission runs in processes of its own and the thread only looks after them.
"""

import contextlib
import copy
import hashlib
import itertools
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Protocol, TypeVar

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError

from autograder.grading.classroom import Classroom, id_problem, id_warning
from autograder.grading.execute import How, execute
from autograder.grading.executors import end_sessions
from autograder.grading.executors.fast import close_warm_parents
from autograder.grading.limits import Limits
from autograder.grading.outcome import (
    Note,
    Outcome,
    Status,
    Work,
    fault,
    read_outcome,
)
from autograder.grading.prepare import prepare
from autograder.grading.record import read_timestamp, record
from autograder.grading.register import History
from autograder.grading.sandbox import isolation_line
from autograder.grading.submitted import fingerprint, notebook_files
from autograder.lessons.course_files import Support
from course.kit import UsageError
from course.kit.terminal import progress_bar

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


@dataclass(frozen=True)
class Plan:
    """What all submissions of a lesson share. `version` changes when marks might."""

    lesson: str
    master: NotebookNode
    release: NotebookNode  # the master as students got it
    support: Support
    version: str
    history: History = field(default_factory=History)


@dataclass(frozen=True)
class _Job:
    """One submission to grade; equal keys give equal marks."""

    plan: Plan
    student: str
    folder: Path
    key: str


@dataclass
class GradingQueue:
    """Prepares submissions, hands them to workers, and records what comes back.

    Preparing (some 5 ms) and recording (some 15 ms) happen in this process and thread: it
    alone reads the class folder and writes the gradebook.
    """

    room: Classroom
    gradebook: Gradebook
    limits: Limits
    how: How
    prefer: str = "answers"
    rows: list[Outcome] = field(default_factory=list)
    _jobs: list[_Job] = field(default_factory=list)
    _tell: Callable[..., None] = field(init=False)  # that one more is graded

    def add(self, plan: Plan, students: list[str], force: bool) -> None:
        """Queue the submissions that need grading; give a row to the others."""
        recorded = {
            submission.student_id
            for submission in self.gradebook.assignment_submissions(plan.lesson)
        }
        for student in students:
            with self._one(plan, student):
                self._add(plan, student, force or student not in recorded)

    def _add(self, plan: Plan, student: str, force: bool) -> None:
        problem = id_problem(student)
        if problem:
            row = Outcome(student, plan.lesson, Status.BAD_ID, reason=problem)
            self.rows.append(row)
            return
        folder = self.room.submitted / student / plan.lesson
        text = f"{student} {plan.version} {self.limits} {self.how.run_demos} "
        text += fingerprint(folder)
        if self.prefer != "answers" and len(notebook_files(folder)) > 1:
            text += f" {self.prefer}"
        key = hashlib.sha256(text.encode("utf-8")).hexdigest()
        earlier = read_outcome(self.room.outcome(student, plan.lesson))
        if (
            earlier is not None
            and earlier.key == key
            and self.room.autograded_notebook(student, plan.lesson).is_file()
            and not force
        ):
            self.rows.append(replace(earlier, skipped=True))
        else:
            self._jobs.append(_Job(plan, student, folder, key))

    @contextlib.contextmanager
    def _one(self, plan: Plan, student: str) -> Iterator[None]:
        """What goes wrong in here is said in this submission's row and does not end the class.

        Not so what concerns all: a refusal, or a database that cannot be used.
        """
        try:
            yield
        except UsageError:
            raise
        except Exception as error:
            its_own = isinstance(error, (DataError, IntegrityError))
            if isinstance(error, DatabaseError) and not its_own:
                raise
            self.gradebook.db.rollback()
            row = Outcome(student, plan.lesson, Status.INFRA_ERROR, reason=fault(error))
            self.rows.append(row)

    def run(self, workers: Workers) -> None:
        """Grade all jobs. Ctrl-C keeps what is recorded.

        What fails through no fault of the student's runs once more after all others, alone:
        then it did not die of one beside it that ends workers.
        """
        if not self._jobs:
            return
        for line in workers.layers:
            print(line, file=sys.stderr)
        with progress_bar(shows_rest=True) as bar, remembered_ctrl_c() as check:
            task = bar.add_task("grading", total=len(self._jobs), now="")
            self._tell = partial(bar.update, task, advance=1)
            failed = self._run(workers, self._jobs, check)
            self._run(workers, failed, check, last=True)

    def _run(
        self,
        workers: Workers,
        jobs: list[_Job],
        check: Callable[[], None],
        *,
        last: bool = False,
    ) -> list[_Job]:
        """Execute and record the jobs, but for those that fail, unless it is the `last` time."""

        def start(prepared: tuple[_Job, Work]) -> "Future[Work]":
            job, work = prepared
            support = job.plan.support
            return workers.submit(work.notebook, support, self.limits, self.how)

        failed = []
        prepared = self._prepare(jobs)
        for (job, work), future in run_each(workers, prepared, start, alone=last):
            check()
            done = _executed(job, future)
            if done.status is Status.INFRA_ERROR and not last:
                failed.append(job)
            else:
                done.notes = [*work.notes, *done.notes]
                self._finish(job, done)
        return failed

    def _prepare(self, jobs: list[_Job]) -> Iterator[tuple[_Job, Work]]:
        """The submissions to execute; those where nothing is to be executed end here."""
        for job in jobs:
            plan = job.plan
            try:
                work = prepare(
                    job.folder,
                    plan.master,
                    plan.lesson,
                    plan.release,
                    plan.history,
                    self.prefer,
                )
            except Exception as error:  # noqa: BLE001 its marks stay, or are 0 for now
                work = _failed(plan, fault(error))
            if work.status is Status.GRADED:
                yield job, work
            else:
                self._finish(job, work)

    def _finish(self, job: _Job, done: Work) -> None:
        with self._one(job.plan, job.student):
            self.rows.append(self._record(job, done))
        self._tell(now=f"{job.plan.lesson} {job.student}")

    def _record(self, job: _Job, done: Work) -> Outcome:
        timestamp, problems = read_timestamp(job.folder)
        warning = id_warning(job.student)
        notes = [*done.notes, *problems, *([Note("id", warning)] if warning else [])]
        is_final = done.status is not Status.INFRA_ERROR
        outcome = Outcome(
            student=job.student,
            lesson=job.plan.lesson,
            status=done.status,
            reason=done.reason,
            notes=tuple(notes),
            seconds=done.seconds,
            key=job.key if is_final else "",
        )
        path = self.room.outcome(job.student, job.plan.lesson)
        if not is_final and read_outcome(path) is not None:
            return outcome  # the marks it has are better than none
        return record(
            self.room,
            self.gradebook,
            outcome,
            done.notebook,
            ran=done.ran,
            timestamp=timestamp,
        )


def _executed(job: _Job, future: "Future[Work]") -> Work:
    """What has come back; without the answers where they could not be executed."""
    try:
        done = future.result()
    except Exception as error:  # noqa: BLE001 whatever became of a worker
        return _failed(job.plan, f"{type(error).__name__}: {error}")
    if done.status is Status.INFRA_ERROR:
        return _failed(job.plan, done.reason)
    return done


def _failed(plan: Plan, reason: str) -> Work:
    return Work(copy.deepcopy(plan.master), Status.INFRA_ERROR, reason)


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
