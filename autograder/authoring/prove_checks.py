"""Mutation tests of the checks: every known right and wrong answer to a lesson is graded.

A wrong answer must be caught by the visible part of its check, so that the student sees it,
and by name where the mistake has one; a right answer must get all points.
"""

import contextlib
import copy
import time
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import asdict, dataclass
from os import cpu_count
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Self

from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from autograder.grading.cells import message_of, settle
from autograder.grading.execute import How, sessions
from autograder.grading.executors import End, Session
from autograder.grading.limits import Limits, OutputBudget
from autograder.lessons import Lesson
from autograder.lessons.answers import (
    Answer,
    fill,
    needed_before,
    read_bank,
    reference_answers,
)
from autograder.lessons.course_files import make_support
from autograder.lessons.source import functions_of, marks, tasks_of
from autograder.lessons.versions import master, released
from course.kit import UsageError
from course.kit.terminal import print_table, progress_bar

CELL_SECONDS = 300  # of an answer that ends, on a busy machine


@dataclass(frozen=True)
class Row:
    """One answer of a bank and what the check of its task made of it.

    `visible`: the part of the check that the student sees has failed. `named`: the message
    says the phrase; `wants_name`: it should. `message` is what the student reads.
    """

    lesson: str
    task: str
    function: str
    variant: str
    phrase: str
    right: bool
    points: float
    max_points: float
    visible: bool
    named: bool
    wants_name: bool
    seconds: float
    message: str

    @property
    def caught(self) -> bool:
        """No points, from the whole check."""
        return self.points == 0

    @property
    def problem(self) -> str:
        """Why the check is not good enough for this answer; empty when it is."""
        if self.right:
            return "" if self.points == self.max_points else "refused"
        if not self.caught:
            return "not caught"
        if not self.visible:
            return "caught by hidden tests only"
        return "not named" if self.wants_name and not self.named else ""


@dataclass(frozen=True)
class Totals:
    """Counts over some rows; `not_named` counts only mistakes that should be named."""

    right: int
    refused: int
    wrong: int
    visible: int
    caught: int
    nameable: int
    named: int

    @property
    def reached(self) -> bool:
        """The target: every mistake caught by the visible check, no right answer refused."""
        return not self.refused and self.visible == self.caught == self.wrong


def grade_answers(
    root: Path, lessons: Sequence[Lesson], workers: int | None = None
) -> list[Row]:
    """Grade all answers of the lessons' banks; rows in the order of the banks.

    `workers` processes run at once (None: one per processor). Ctrl-C ends them. Refuses a
    task without a module.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers were asked for. Give at least 1")
    lessons = [Lesson(Path(root), lesson.name) for lesson in lessons]
    banks = {lesson: read_bank(lesson) for lesson in lessons}
    rows: dict[tuple[str, str], Row] = {}
    with progress_bar() as bar:
        total = sum(map(len, banks.values()))
        shown = bar.add_task("grading", total=total, now="")
        for lesson, bank in banks.items():
            grading = _graded(lesson, bank, workers or cpu_count() or 1)
            with closing(grading):
                for row in grading:
                    rows[row.lesson, f"{row.function}__{row.variant}"] = row
                    bar.update(shown, advance=1, now=f"{row.lesson} {row.function}")
    return [rows[lesson.name, one.id] for lesson, bank in banks.items() for one in bank]


def totals(rows: Sequence[Row]) -> Totals:
    """How many were right, refused, wrong, caught and named."""
    wrong = [row for row in rows if not row.right]
    nameable = [row for row in wrong if row.wants_name]
    return Totals(
        right=len(rows) - len(wrong),
        refused=sum(row.right and bool(row.problem) for row in rows),
        wrong=len(wrong),
        visible=sum(row.visible and row.caught for row in wrong),
        caught=sum(row.caught for row in wrong),
        nameable=len(nameable),
        named=sum(row.named for row in nameable),
    )


def as_document(rows: Sequence[Row]) -> dict[str, Any]:
    """All rows as JSON, with the totals, whether the target is reached."""
    counted = totals(rows)
    return {
        "reached": counted.reached,
        "totals": asdict(counted),
        "rows": [
            {**asdict(row), "caught": row.caught, "problem": row.problem}
            for row in rows
        ],
    }


def print_rows(rows: Sequence[Row], every: bool = True) -> None:
    """Print each mistake with what caught it, then one line per check and the totals.

    `every=False` leaves out the mistakes with which nothing is wrong.
    """
    shown = [row for row in rows if row.problem or (every and not row.right)]
    if shown:
        print_table(
            ["check", "answer", "visible", "all", "named", "mistake"],
            (_cells(row) for row in shown),
            colour={"no": "red", "yes": "green", "refused": "red"},
        )
        print()
    checks: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        checks.setdefault((row.lesson, row.task), []).append(row)
    lines = [
        [lesson, task, *_counts(totals(some))]
        for (lesson, task), some in checks.items()
    ]
    numbers = ["right", "refused", "mistakes", "visible check", "all tests", "named"]
    print_table(
        ["lesson", "check", *numbers],
        [*lines, ["all", "", *_counts(totals(rows))]],
        right=numbers,
    )


def _cells(row: Row) -> list[str]:
    marks = ["no", "yes"]
    caught = marks[row.visible and row.caught], marks[row.caught]
    named = marks[row.named] if row.wants_name or row.named else "-"
    name = f"{row.function}__{row.variant}"
    if row.right:
        return [row.task, name, "refused", "refused", "-", f"right: {row.phrase}"]
    return [row.task, name, *caught, named, row.phrase]


def _counts(some: Totals) -> list[str]:
    return [
        str(some.right),
        str(some.refused),
        str(some.wrong),
        str(some.visible),
        str(some.caught),
        f"{some.named} of {some.nameable}",
    ]


def _graded(
    lesson: Lesson, bank: list[Answer], workers: int
) -> Generator[Row, None, None]:
    """Rows of the answers as they are done, in any order."""
    waiting: SimpleQueue[Answer] = SimpleQueue()
    for answer in bank:
        waiting.put(answer)
    done: SimpleQueue[Row] = SimpleQueue()
    stopped = Event()

    def work() -> None:
        with AnswerGrader(lesson) as grader:
            while not stopped.is_set():
                try:
                    answer = waiting.get_nowait()
                except Empty:
                    return
                done.put(grader.grade(answer))

    pool = ThreadPoolExecutor(workers)
    running = {pool.submit(work) for _ in range(min(workers, len(bank)))}
    try:
        while running:
            ended, running = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            while not done.empty():
                yield done.get()
            for one in ended:
                one.result()
    except BaseException:
        stopped.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class AnswerGrader:
    """Grades answers to one lesson. Use it in a `with` statement, from one thread.

    Grading gives every submission a fresh process. Here the project's own answers, which are
    trusted, share one: before each, everything that a notebook has defined is taken away and
    the cells that its task needs are run again.
    """

    def __init__(self, lesson: Lesson, executor: str = "fast") -> None:
        self.lesson = lesson
        self.how = How(executor, isolation="off")  # the project's own answers
        self.master = master(lesson)
        visible = released(self.master)
        self.master.cells, visible.cells = (
            [cell for cell in notebook.cells if cell.cell_type == "code"]
            for notebook in (self.master, visible)
        )
        self.visible = {
            marks(cell).get("grade_id"): cell.source for cell in visible.cells
        }
        self.reference = reference_answers(lesson)
        self.tasks = {
            function: task
            for task in tasks_of(self.master)
            for function in functions_of(task)
        }
        self._open = contextlib.ExitStack()
        self._session: Session | None = None

    def __enter__(self) -> Self:
        support = make_support(self.lesson)
        self._new_session = self._open.enter_context(
            sessions(support, Limits(grace_seconds=2), self.how, [])
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._close()
        self._open.close()

    def grade(self, answer: Answer) -> Row:
        """The answer in its cell, reference answers in all others: what does its task get?"""
        started = time.monotonic()
        task = self.tasks[answer.function]
        answers = {**self.reference, answer.function: answer.source}
        notebook = fill(self.master, answers)
        place = [marks(cell).get("grade_id") for cell in notebook.cells].index(
            task.graded.grade_id
        )
        check = notebook.cells[place]
        seen = copy.deepcopy(check)
        seen.source = self.visible[task.graded.grade_id]
        before = [notebook.cells[index] for index in needed_before(notebook, place)]
        try:
            points, visible = self._judge(before, seen, check, skip_seen=answer.right)
            message = message_of(check) or message_of(seen)
        except _Lost as error:
            self._close()
            points, visible, message = 0.0, True, str(error)
        said = " ".join(message.split())
        return Row(
            lesson=self.lesson.name,
            task=task.name,
            function=answer.function,
            variant=answer.variant,
            phrase=answer.phrase,
            right=answer.right,
            points=points,
            max_points=float(task.graded.points),
            visible=visible,
            named=not answer.right and " ".join(answer.phrase.split()) in said,
            wants_name=answer.named,
            seconds=time.monotonic() - started,
            message=message,
        )

    def _judge(
        self,
        before: list[NotebookNode],
        seen: NotebookNode,
        check: NotebookNode,
        skip_seen: bool,
    ) -> tuple[float, bool]:
        """Points, and whether the visible part has failed.

        The check begins with its visible part, and what fails there fails in the whole:
        then only one of them has to run.
        """
        session = self._ready()
        for cell in before:
            self._run(session, cell)
        whole_begins_so = check.source.startswith(seen.source.rstrip())
        caught = False
        if not (skip_seen and whole_begins_so):
            caught = self._points(session, seen) == 0
            if caught and whole_begins_so:
                return 0.0, True
        return self._points(session, check), caught

    def _ready(self) -> Session:
        """A session in which nothing is defined: the one before, or a new one."""
        if self._session is None:
            self._session, self._ran = self._new_session(), 0
        else:
            self._session.forget()
        return self._session

    def _run(self, session: Session, cell: NotebookNode) -> bool:
        """Whether the cell ended well. Raises _Lost when the process is gone."""
        budget = OutputBudget(Limits().output_bytes)
        end = session.run(self._ran, cell, CELL_SECONDS, budget)
        self._ran += 1
        if not end.usable:
            raise _Lost(end.text or f"the process was lost: {end.how.name.lower()}")
        return end.how is End.OK

    def _points(self, session: Session, check: NotebookNode) -> float:
        """What a check gets, by the rules of grading."""
        went_well = self._run(session, check)
        settle(check)
        points, _ = determine_grade(check)
        return float(points) if went_well else 0.0

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


class _Lost(RuntimeError):
    """The process in which an answer ran is no longer there."""
