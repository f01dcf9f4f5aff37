"""Where the answers to a lesson's tasks are graded, one after the other.

Grading gives every submission a fresh process. Here the project's own answers, which are
trusted, share one: before each, everything that a notebook has defined is taken away and
the cells that its task needs are run again.
"""

import contextlib
import copy
import time
from dataclasses import dataclass
from typing import Self

from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from autograder.grading.cells import message_of, settle
from autograder.grading.execute import How, sessions
from autograder.grading.executors import End, Session
from autograder.grading.limits import Limits, OutputBudget
from autograder.lessons import Lesson
from autograder.lessons.answers import Answer, fill, needed_before, reference_answers
from autograder.lessons.course_files import make_support
from autograder.lessons.source import functions_of, marks, tasks_of
from autograder.lessons.versions import master, released
from course.kit.notebook_cells import Task

CELL_SECONDS = 300  # of an answer that ends, on a busy machine


@dataclass(frozen=True)
class Verdict:
    """What the checks made of one answer.

    `points` are those of the task; `visible` says whether the part of the check that a
    student sees has failed; `message` is what the failure said.
    """

    task: Task
    points: float
    visible: bool
    message: str
    seconds: float


class AnswerGrader:
    """Grades answers to one lesson. Use it in a `with` statement, from one thread."""

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

    def grade(self, answer: Answer) -> Verdict:
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
        return Verdict(task, points, visible, message, time.monotonic() - started)

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
