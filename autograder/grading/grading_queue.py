"""Which submissions need grading, and grading them on several workers at a time."""

import contextlib
import copy
import hashlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError

from autograder.faults import fault
from autograder.grading.classroom import Classroom, id_problem, id_warning
from autograder.grading.cluster import active_layers, open_cluster
from autograder.grading.ctrl_c import remembered_ctrl_c
from autograder.grading.distribute import Lost, Work, distribute
from autograder.grading.execute import How
from autograder.grading.executed import Executed
from autograder.grading.job_codec import decode_result, encode_job, pack_support
from autograder.grading.limits import Limits
from autograder.grading.outcome import (
    Note,
    Outcome,
    Result,
    Status,
    TaskOutcome,
    read_outcome,
)
from autograder.grading.prepare import prepare
from autograder.grading.record import read_timestamp, record
from autograder.grading.submitted import fingerprint
from autograder.grading.support import Support
from course.kit.refusal import Refusal
from course.kit.terminal import progress_bar

DID_NOT_END = (
    Result.NOT_RUN,
    Result.TIMEOUT,
    Result.MEMORY,
    Result.KERNEL_DIED,
    Result.OUTPUT_LIMIT,
)


@dataclass(frozen=True)
class GradedRow:
    """One submission. `skipped`: it was graded before and nothing has changed since."""

    student: str
    lesson: str
    status: Status
    score: float = 0.0
    max_score: float = 0.0
    awaiting: int = 0  # tasks that a person has to mark
    seconds: float = 0.0
    reason: str = ""
    notes: tuple[str, ...] = ()
    tasks: tuple[TaskOutcome, ...] = ()
    skipped: bool = False

    @property
    def unfinished(self) -> list[str]:
        """The checks that did not end by themselves, and what ended them."""
        return [
            f"{task.grade_id}: {task.result}"
            for task in self.tasks
            if task.result in DID_NOT_END
        ]


@dataclass(frozen=True)
class Plan:
    """What all submissions of a lesson share. `version` changes when marks might."""

    lesson: str
    master: NotebookNode
    release: NotebookNode  # the master as learners got it
    support: Support
    version: str


@dataclass(frozen=True)
class _Job:
    """One submission to grade; equal keys give equal marks."""

    plan: Plan
    student: str
    folder: Path
    key: str


@dataclass(frozen=True, eq=False)
class _JobWork(Work):
    """A job on its way to a worker, and what preparing it has noted."""

    of: _Job
    notebook: NotebookNode
    notes: tuple[Note, ...]


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
    rows: list[GradedRow] = field(default_factory=list)
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
            row = GradedRow(student, plan.lesson, Status.BAD_ID, reason=problem)
            self.rows.append(row)
            return
        folder = self.room.submitted / student / plan.lesson
        text = f"{student} {plan.version} {self.limits} {self.how.run_demos} "
        text += fingerprint(folder)
        key = hashlib.sha256(text.encode("utf-8")).hexdigest()
        earlier = read_outcome(self.room.outcome(student, plan.lesson))
        is_done = (
            earlier is not None
            and earlier.key == key
            and self.room.autograded_notebook(student, plan.lesson).is_file()
        )
        if is_done and not force:
            self.rows.append(_row(earlier, skipped=True))
        else:
            self._jobs.append(_Job(plan, student, folder, key))

    @contextlib.contextmanager
    def _one(self, plan: Plan, student: str) -> Iterator[None]:
        """What goes wrong in here is said in this submission's row and does not end the class.

        Not so what concerns all: a refusal, or a database that cannot be used.
        """
        try:
            yield
        except Refusal:
            raise
        except Exception as error:
            its_own = isinstance(error, (DataError, IntegrityError))
            if isinstance(error, DatabaseError) and not its_own:
                raise
            self.gradebook.db.rollback()
            row = GradedRow(
                student, plan.lesson, Status.INFRA_ERROR, reason=fault(error)
            )
            self.rows.append(row)

    def run(self, workers: int | None = None, scheduler: str | None = None) -> None:
        """Grade all jobs. Ctrl-C ends the workers and keeps what is recorded.

        `workers` processes of this machine, or those of the Dask scheduler at an address.
        """
        if not self._jobs:
            return
        workers = min(workers or os.cpu_count() or 1, len(self._jobs))
        supports = {
            job.plan.support.digest: pack_support(job.plan.support)
            for job in self._jobs
        }
        with open_cluster(workers, scheduler) as cluster:
            for line in active_layers(cluster, self.how.isolation):
                print(line, file=sys.stderr)
            with _Bar(len(self._jobs)) as bar, remembered_ctrl_c() as check:
                works = self._prepare(bar)
                for work, result in distribute(cluster, works, supports, self._read):
                    check()
                    if isinstance(result, Lost):
                        result = _failed(work.of.plan, result.reason)
                    self._finish(bar, work.of, result, [*work.notes, *result.notes])

    def _prepare(self, bar: "_Bar") -> Iterator[_JobWork]:
        """The submissions to execute; those where nothing is to be executed end here."""
        for job in self._jobs:
            plan = job.plan
            try:
                prepared = prepare(job.folder, plan.master, plan.lesson, plan.release)
                notes = prepared.notes
                done = Executed(prepared.notebook, prepared.status, prepared.reason)
                data = encode_job(done.notebook, self.limits, self.how)
            except Exception as error:  # noqa: BLE001 its marks stay, or are 0 for now
                done, notes = _failed(plan, fault(error)), ()
            if done.status is None:
                yield _JobWork(data, plan.support.digest, job, done.notebook, notes)
            else:
                self._finish(bar, job, done, list(notes))

    def _read(self, work: _JobWork, data: bytes) -> Executed:
        return decode_result(data, work.notebook)

    def _finish(
        self, bar: "_Bar", job: _Job, done: Executed, notes: list[Note]
    ) -> None:
        with self._one(job.plan, job.student):
            self.rows.append(self._record(job, done, notes))
        bar.advance(f"{job.plan.lesson} {job.student}")

    def _record(self, job: _Job, done: Executed, notes: list[Note]) -> GradedRow:
        timestamp, problems = read_timestamp(job.folder)
        warning = id_warning(job.student)
        notes = [*notes, *problems, *([Note("id", warning)] if warning else [])]
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
            return _row(outcome)  # the marks it has are better than none
        outcome = record(
            self.room,
            self.gradebook,
            outcome,
            done.notebook,
            ran=done.ran,
            timestamp=timestamp,
        )
        return _row(outcome)


def _failed(plan: Plan, reason: str) -> Executed:
    return Executed(copy.deepcopy(plan.master), Status.INFRA_ERROR, reason)


def _row(outcome: Outcome, *, skipped: bool = False) -> GradedRow:
    return GradedRow(
        student=outcome.student,
        lesson=outcome.lesson,
        status=outcome.status,
        seconds=outcome.seconds,
        reason=outcome.reason,
        notes=tuple(str(note) for note in outcome.notes),
        tasks=outcome.tasks,
        skipped=skipped,
    )


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
