"""Which submissions need grading, and grading them on several workers at a time."""

import contextlib
import copy
import hashlib
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError

from autograder.grading.classroom import Classroom, id_problem, id_warning
from autograder.grading.execute import How
from autograder.grading.limits import Limits
from autograder.grading.outcome import (
    Note,
    Outcome,
    Status,
    Work,
    fault,
    read_outcome,
)
from autograder.grading.parallel import Workers, remembered_ctrl_c, run_each
from autograder.grading.prepare import prepare
from autograder.grading.record import read_timestamp, record
from autograder.grading.register import History
from autograder.grading.submitted import fingerprint, notebook_files
from autograder.lessons.course_files import Support
from course.kit.terminal import progress_bar
from course.kit.usage_error import UsageError


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
        with _Bar(len(self._jobs)) as bar, remembered_ctrl_c() as check:
            failed = self._run(workers, self._jobs, bar, check)
            self._run(workers, failed, bar, check, last=True)

    def _run(
        self,
        workers: Workers,
        jobs: list[_Job],
        bar: "_Bar",
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
        prepared = self._prepare(jobs, bar)
        for (job, work), future in run_each(workers, prepared, start, alone=last):
            check()
            done = _executed(job, future)
            if done.status is Status.INFRA_ERROR and not last:
                failed.append(job)
            else:
                done.notes = [*work.notes, *done.notes]
                self._finish(bar, job, done)
        return failed

    def _prepare(self, jobs: list[_Job], bar: "_Bar") -> Iterator[tuple[_Job, Work]]:
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
                self._finish(bar, job, work)

    def _finish(self, bar: "_Bar", job: _Job, done: Work) -> None:
        with self._one(job.plan, job.student):
            self.rows.append(self._record(job, done))
        bar.advance(f"{job.plan.lesson} {job.student}")

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


class _Bar:
    """How many submissions are graded, on stderr where that is a terminal."""

    def __init__(self, total: int):
        self._progress = progress_bar(shows_rest=True)
        self._task = self._progress.add_task("grading", total=total, now="")

    def __enter__(self) -> "_Bar":  # noqa: PYI034 Self is newer than Python 3.10
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def advance(self, now: str) -> None:
        self._progress.update(self._task, advance=1, now=now)
