"""Which submissions need grading, and grading them several at a time."""

import concurrent.futures
import copy
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from sqlalchemy.exc import DatabaseError

from autograder.grading.classroom import Classroom, id_problem, id_warning
from autograder.grading.execute import Executed, How, Limits, execute
from autograder.grading.outcome import Note, Outcome, Status, read_outcome
from autograder.grading.prepare import prepare
from autograder.grading.record import read_timestamp, record
from autograder.grading.submitted import fingerprint
from autograder.grading.support import Support


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
    skipped: bool = False


@dataclass(frozen=True)
class Plan:
    """What all submissions of a lesson share. `version` changes when marks might."""

    lesson: str
    master: NotebookNode
    support: Support
    version: str


@dataclass(frozen=True)
class _Job:
    """One submission to grade; equal keys give equal marks."""

    plan: Plan
    student: str
    folder: Path
    key: str


@dataclass
class GradingQueue:
    """Jobs go to threads, results come back to the calling thread and are recorded there."""

    room: Classroom
    gradebook: Gradebook
    limits: Limits
    run_demos: bool
    rows: list[GradedRow] = field(default_factory=list)
    _jobs: list[_Job] = field(default_factory=list)

    def add(self, plan: Plan, students: list[str], force: bool) -> None:
        """Queue the submissions that need grading; give a row to the others."""
        recorded = {
            submission.student_id
            for submission in self.gradebook.assignment_submissions(plan.lesson)
        }
        for student in students:
            problem = id_problem(student)
            if problem:
                row = GradedRow(student, plan.lesson, Status.BAD_ID, reason=problem)
                self.rows.append(row)
                continue
            folder = self.room.submitted / student / plan.lesson
            text = f"{student} {plan.version} {self.limits} {self.run_demos} "
            text += fingerprint(folder)
            key = hashlib.sha256(text.encode("utf-8")).hexdigest()
            earlier = read_outcome(self.room.outcome(student, plan.lesson))
            is_done = (
                earlier is not None
                and earlier.key == key
                and student in recorded
                and self.room.autograded_notebook(student, plan.lesson).is_file()
            )
            if is_done and not force:
                self.rows.append(_row(earlier, skipped=True))
            else:
                self._jobs.append(_Job(plan, student, folder, key))

    def run(self, workers: int) -> None:
        """Grade all jobs, `workers` at a time. Ctrl-C ends the kernels and keeps the records."""
        pool = concurrent.futures.ThreadPoolExecutor(workers)
        waiting = {pool.submit(self._work, job): job for job in self._jobs}
        try:
            with _progress_bar() as bar:
                task = bar.add_task("grading", total=len(waiting), now="")
                for done in concurrent.futures.as_completed(list(waiting)):
                    job = waiting.pop(done)
                    self.rows.append(self._record(job, *done.result()))
                    now = f"{job.plan.lesson} {job.student}"
                    bar.update(task, advance=1, now=now)
        finally:
            pool.shutdown(cancel_futures=True)

    def _work(self, job: _Job) -> tuple[Executed, list[Note]]:
        """Prepare and execute one submission, in a thread; what goes wrong is its result."""
        plan = job.plan
        try:
            prepared = prepare(job.folder, plan.master, plan.lesson)
            if prepared.status is not None:
                done = Executed(prepared.notebook, prepared.status, prepared.reason)
            else:
                done = execute(
                    prepared.notebook,
                    plan.support,
                    self.limits,
                    how=How(run_demos=self.run_demos),
                )
            return done, [*prepared.notes, *done.notes]
        except Exception as error:  # noqa: BLE001 one submission must not end the class
            return _failed(plan, error), []

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
        try:
            outcome = record(
                self.room,
                self.gradebook,
                outcome,
                done.notebook,
                ran=done.ran,
                timestamp=timestamp,
            )
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 one submission must not end the class
            self.gradebook.db.rollback()
            failed = _failed(job.plan, error)
            return GradedRow(
                job.student, job.plan.lesson, failed.status, reason=failed.reason
            )
        return _row(outcome)


def _failed(plan: Plan, error: Exception) -> Executed:
    reason = f"{type(error).__name__}: {error}"
    return Executed(copy.deepcopy(plan.master), Status.INFRA_ERROR, reason)


def _row(outcome: Outcome, *, skipped: bool = False) -> GradedRow:
    return GradedRow(
        student=outcome.student,
        lesson=outcome.lesson,
        status=outcome.status,
        seconds=outcome.seconds,
        reason=outcome.reason,
        notes=tuple(str(note) for note in outcome.notes),
        skipped=skipped,
    )


def _progress_bar() -> Progress:
    console = Console(stderr=True, highlight=False, emoji=False)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[now]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
