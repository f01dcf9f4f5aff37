"""One simulated learner's work on one lesson, and the marks it must get.

The marks are exact because nothing is left to chance between the tasks: around a wrong or untouched function only such right
answers are used as do not reach it, and a task whose own check reaches it is left untouched as well.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from autograder.answers import Answer, read_bank
from autograder.dependence import reached, reads
from autograder.learner_notebook import learner_notebook
from autograder.lessons import Lesson
from autograder.reference import reference_answers
from autograder.source import read_source
from autograder.tasks import Task, marks, tasks_of
from course.kit.refusal import Refusal

UNTOUCHED = "untouched"
RIGHT = "right"


@dataclass(frozen=True)
class Homework:
    """Answers by grade_id, and for every task what was done in it and what it is worth."""

    answers: dict[str, str]
    kinds: dict[
        str, str
    ]  # task name: "right", "untouched", "wrong: output_size__floor"
    expected: dict[str, float | None]  # task name: points, or None where a person marks


class Desk:
    """Everything there is to choose from for one lesson."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.source = read_source(lesson)
        self.notebook = learner_notebook(lesson)
        self.tasks = tasks_of(self.source)
        bank = read_bank(lesson)
        self.rights = {
            function: [Answer(function, "reference", "", True, False, source)]
            + [
                answer
                for answer in bank
                if answer.right and answer.function == function
            ]
            for function, source in reference_answers(lesson).items()
        }
        self.wrongs = _interleaved([answer for answer in bank if not answer.right])
        self.queue: deque[Answer] = deque()

    @cached_property
    def needs(self) -> dict[str, frozenset[str]]:
        """For each answer by its id, and each check by its grade_id: the functions it reaches."""
        found = {}
        rights = (answer for many in self.rights.values() for answer in many)
        for answer in (*rights, *self.wrongs):
            names = reads(answer.source) - {answer.function}
            found[answer.id] = reached(names, self.source)
        for cell in self.source.cells:
            if cell.cell_type == "code" and marks(cell).get("grade"):
                grade_id = marks(cell)["grade_id"]
                found[grade_id] = reached(reads(cell.source), self.source)
        return found

    def next_wrong(
        self,
        rng: random.Random,
        fits: Callable[[Answer], bool] = lambda answer: True,
    ) -> Answer | None:
        """A known mistake that fits: the next in turn, or else any; None where there is none."""
        if not self.queue:
            self.queue.extend(self.wrongs)
        for answer in self.queue:
            if fits(answer):
                self.queue.remove(answer)
                return answer
        fitting = [answer for answer in self.wrongs if fits(answer)]
        return rng.choice(fitting) if fitting else None

    def everything(self, rng: random.Random) -> Homework:
        """All tasks right, all questions answered."""
        return self.work([], [], rng)

    def nothing(self, rng: random.Random) -> Homework:
        """As it was handed out."""
        return self.work([], list(self.tasks), rng)

    def one_mistake(self, rng: random.Random) -> Homework:
        """One known mistake, the next in turn; all else right."""
        answer = self.next_wrong(rng)
        return self.work([answer] if answer else [], [], rng)

    def some(self, rng: random.Random) -> Homework:
        """Some tasks right, some wrong, some untouched; some questions answered."""
        untouched = [task for task in self.tasks if rng.random() < 0.25]
        bad = {function for task in untouched for function in task.functions}
        wrong: list[Answer] = []
        for task in self.tasks:
            if task.written or task in untouched or rng.random() < 0.55:
                continue
            answer = self.next_wrong(
                rng,
                lambda one, task=task: (
                    one.function in task.functions
                    and not self.needs[one.id] & bad
                    and not any(one.function in self.needs[w.id] for w in wrong)
                ),
            )
            if answer:
                wrong.append(answer)
                bad.add(answer.function)
        return self.work(wrong, untouched, rng)

    def work(
        self, wrong: list[Answer], untouched: list[Task], rng: random.Random
    ) -> Homework:
        """These mistakes, these tasks untouched, everything else right in a way drawn by `rng`."""
        untouched = self._dragged_along(wrong, untouched)
        blank = {function for task in untouched for function in task.functions}
        mistakes = {a.function: a for a in wrong if a.function not in blank}
        bad = blank | set(mistakes)
        answers: dict[str, str] = {}
        kinds: dict[str, str] = {}
        expected: dict[str, float | None] = {}
        for task in self.tasks:
            if task in untouched:
                kinds[task.name], expected[task.name] = UNTOUCHED, 0.0
                continue
            if task.written:
                kinds[task.name], expected[task.name] = "written", None
                answers[task.grade_id] = _written_answer(rng)
                continue
            here = [mistakes[f] for f in task.functions if f in mistakes]
            for function in task.functions:
                chosen = mistakes.get(function)
                if chosen is None:
                    chosen = self._right(function, bad, rng, lost=bool(here))
                answers[function] = chosen.source
            kinds[task.name] = f"wrong: {here[0].id}" if here else RIGHT
            expected[task.name] = 0.0 if here else task.points
        return Homework(answers, kinds, expected)

    def _dragged_along(self, wrong: list[Answer], untouched: list[Task]) -> list[Task]:
        """The untouched tasks and those whose check calls a function that is not right."""
        blank = list(untouched)
        while True:
            bad = {answer.function for answer in wrong}
            bad |= {function for task in blank for function in task.functions}
            more = [
                task
                for task in self.tasks
                if not task.written
                and task not in blank
                and self.needs[task.grade_id] & (bad - set(task.functions))
            ]
            if not more:
                return blank
            blank += more

    def _right(
        self, function: str, bad: set[str], rng: random.Random, lost: bool
    ) -> Answer:
        """A right answer that reaches nothing bad. Any will do in a task that is lost already."""
        choices = self.rights[function]
        safe = [answer for answer in choices if not self.needs[answer.id] & bad]
        if not safe and not lost:
            raise Refusal(
                f"{self.lesson.answer_bank.name}: every right answer of {function}() calls "
                f"{', '.join(sorted(bad))}, so a mistake there would cost {function} its points too. "
                "Add a right answer that does without"
            )
        return rng.choice(safe or choices)


def _interleaved(answers: list[Answer]) -> list[Answer]:
    """The first of each function, then the second of each, so that a few cover many functions."""
    rounds: dict[str, int] = {}
    order = []
    for position, answer in enumerate(answers):
        turn = rounds.get(answer.function, 0)
        rounds[answer.function] = turn + 1
        order.append((turn, position, answer))
    return [answer for _, _, answer in sorted(order, key=lambda entry: entry[:2])]


OPENINGS = ("I think", "As the last figure shows,", "Written out:", "My guess is that")
ENDINGS = (
    "the answer follows from the numbers above.",
    "it depends on what the images have in common.",
    "the printed number cannot be right, because the two sides differ.",
)


def _written_answer(rng: random.Random) -> str:
    return f"{rng.choice(OPENINGS)} {rng.choice(ENDINGS)}"
