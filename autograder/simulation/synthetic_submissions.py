"""Synthetic submissions: a simulated student's work on one lesson, and the marks it must get.

The marks are exact because nothing is left to chance between the tasks: around a wrong or
untouched function only such right answers are used as do not reach it, and a task whose own
check reaches it is left untouched as well.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from autograder.lessons import Lesson
from autograder.lessons.answers import (
    Answer,
    reached,
    read_bank,
    reference_answers,
    taken,
)
from autograder.lessons.source import functions_of, marks, read_source, tasks_of
from autograder.lessons.versions import student_notebook
from course.kit import UsageError
from course.kit.notebook_cells import Task

UNTOUCHED, WRITTEN, RIGHT = "untouched", "written", "right"


@dataclass(frozen=True)
class SyntheticSubmission:
    """Answers by grade_id, and for every task what was done in it and what it is worth."""

    answers: dict[str, str]
    kinds: dict[
        str, str
    ]  # task name: "right", "untouched", "wrong: output_size__floor"
    expected: dict[str, float | None]  # task name: points, or None where a person marks


class SyntheticSubmissions:
    """Everything there is to choose from for one lesson."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.source = read_source(lesson)
        self.notebook = student_notebook(lesson)
        self.tasks = tasks_of(self.source)
        bank = read_bank(lesson)
        self.rights = {
            function: [Answer(function, "", "", True, False, source)]
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
        places = {
            marks(cell)["grade_id"]: place
            for place, cell in enumerate(self.source.cells)
            if marks(cell).get("grade_id")
        }
        found = {}
        for task in self.tasks:
            if task.is_question:
                continue
            place = places[task.graded.grade_id]
            names = taken(self.source.cells[place].source)
            found[task.graded.grade_id] = reached(names, self.source, place)
            for function in functions_of(task):
                wrongs = (a for a in self.wrongs if a.function == function)
                for answer in (*self.rights[function], *wrongs):
                    names = taken(answer.source)
                    found[answer.id] = reached(names, self.source, place)
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

    def everything(self, rng: random.Random) -> SyntheticSubmission:
        """All tasks right, all questions answered."""
        return self.work([], [], rng)

    def nothing(self, rng: random.Random) -> SyntheticSubmission:
        """As it was handed out."""
        return self.work([], list(self.tasks), rng)

    def one_mistake(self, rng: random.Random) -> SyntheticSubmission:
        """One known mistake, the next in turn; all else right."""
        answer = self.next_wrong(rng)
        return self.work([answer] if answer else [], [], rng)

    def some(self, rng: random.Random) -> SyntheticSubmission:
        """Some tasks right, some wrong, some untouched; some questions answered."""
        untouched = [task for task in self.tasks if rng.random() < 0.25]
        bad = {function for task in untouched for function in functions_of(task)}
        wrong: list[Answer] = []
        for task in self.tasks:
            if task.is_question or task in untouched or rng.random() < 0.55:
                continue

            def fits(one: Answer, task: Task = task) -> bool:
                return (
                    one.function in functions_of(task)
                    and not self.needs[one.id] & bad
                    and not any(one.function in self.needs[w.id] for w in wrong)
                )

            answer = self.next_wrong(rng, fits)
            if answer:
                wrong.append(answer)
                bad.add(answer.function)
        return self.work(wrong, untouched, rng)

    def work(
        self, wrong: list[Answer], untouched: list[Task], rng: random.Random
    ) -> SyntheticSubmission:
        """These mistakes, these tasks untouched, everything else right in a way drawn by `rng`."""
        untouched = self._dragged_along(wrong, untouched)
        blank = {function for task in untouched for function in functions_of(task)}
        mistakes = {a.function: a for a in wrong if a.function not in blank}
        chosen = self._rights_around(mistakes, blank, rng) | mistakes
        answers: dict[str, str] = {}
        kinds: dict[str, str] = {}
        expected: dict[str, float | None] = {}
        for task in self.tasks:
            here = [mistakes[f].id for f in functions_of(task) if f in mistakes]
            if task in untouched:
                kinds[task.name], expected[task.name] = UNTOUCHED, 0.0
            elif task.is_question:
                kinds[task.name], expected[task.name] = WRITTEN, None
                answers[task.graded.grade_id] = _written_answer(rng)
            else:
                kinds[task.name] = f"wrong: {here[0]}" if here else RIGHT
                expected[task.name] = 0.0 if here else float(task.graded.points)
                answers |= {name: chosen[name].source for name in functions_of(task)}
        return SyntheticSubmission(answers, kinds, expected)

    def _dragged_along(self, wrong: list[Answer], untouched: list[Task]) -> list[Task]:
        """The untouched tasks and those whose check calls a function that is not right."""
        blank = list(untouched)
        while True:
            bad = {answer.function for answer in wrong}
            bad |= {function for task in blank for function in functions_of(task)}
            more = [
                task
                for task in self.tasks
                if not task.is_question
                and task not in blank
                and self.needs[task.graded.grade_id] & (bad - set(functions_of(task)))
            ]
            if not more:
                return blank
            blank += more

    def _rights_around(
        self, mistakes: dict[str, Answer], blank: set[str], rng: random.Random
    ) -> dict[str, Answer]:
        """A right answer to every function that is neither wrong nor blank.

        What one of them calls has its reference answer, where that will do: so each answer
        was proven.
        """
        bad = blank | set(mistakes)
        lost = {
            function
            for task in self.tasks
            if bad & set(functions_of(task))
            for function in functions_of(task)
        }
        safe = {
            function: self._safe(function, bad, function in lost)
            for function in self.rights
            if function not in bad
        }
        chosen = {function: rng.choice(many) for function, many in safe.items()}
        plain: set[str] = set()
        while True:
            calling = (*chosen.values(), *mistakes.values())
            called = {name for answer in calling for name in self.needs[answer.id]}
            called |= self._called_by_checks()
            more = (called & set(chosen)) - plain
            if not more:
                return chosen
            plain |= more
            chosen |= {function: safe[function][0] for function in more}

    def _safe(self, function: str, bad: set[str], lost: bool) -> list[Answer]:
        """Right answers that reach nothing bad, the reference first; all in a task that is lost."""
        choices = self.rights[function]
        safe = [answer for answer in choices if not self.needs[answer.id] & bad]
        if not safe and not lost:
            raise UsageError(
                f"{self.lesson.task_checks.name}: every right answer of {function}() calls "
                f"{', '.join(sorted(bad))}, so a mistake there would cost {function} its "
                "points too. Add a right answer that does without"
            )
        return safe or choices

    def _called_by_checks(self) -> set[str]:
        """Functions that the check of another task calls."""
        return {
            function
            for task in self.tasks
            if not task.is_question
            for function in self.needs[task.graded.grade_id] - set(functions_of(task))
        }


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
