"""The checks of every lesson are proven: they refuse each known wrong answer and no right one.

`make test` grades a sixth of the answers, `make test-whole` the others; `autograder mistakes`
shows all as a table.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from known_answers import BANK, LESSONS

from autograder.authoring.prove_checks import AnswerGrader, Row
from autograder.lessons import Lesson
from autograder.lessons.answers import Answer, gaps
from autograder.lessons.source import functions_of
from autograder.simulation.synthetic_submissions import SyntheticSubmissions

PARTS = 6
ANSWERS = [
    pytest.param(
        lesson,
        answer,
        id=f"{lesson.name[:2]}-{answer.id}",
        marks=pytest.mark.whole if (place + number) % PARTS else [],
    )
    for number, lesson in enumerate(LESSONS)
    for place, answer in enumerate(BANK[lesson])
]


@pytest.fixture(scope="module")
def graded() -> Iterator[Callable[[Lesson, Answer], Row]]:
    """Grades an answer; each lesson has one kernel for as long as these tests run.

    Not longer: other tests of the same worker interrupt all grading of their process.
    """
    with ExitStack() as graders:
        running: dict[Lesson, AnswerGrader] = {}

        def grade(lesson: Lesson, answer: Answer) -> Row:
            if lesson not in running:
                running[lesson] = graders.enter_context(AnswerGrader(lesson))
            return running[lesson].grade(answer)

        yield grade


def answers(right: bool) -> list:
    return [param for param in ANSWERS if param.values[1].right is right]


@pytest.mark.parametrize(("lesson", "answer"), answers(right=True))
def test_a_right_answer_gets_all_points(graded, lesson, answer):
    row = graded(lesson, answer)
    assert row.points == row.max_points, f"refused: {answer.phrase}\n{row.message}"


@pytest.mark.parametrize(("lesson", "answer"), answers(right=False))
def test_a_wrong_answer_is_caught_where_the_learner_sees_it(graded, lesson, answer):
    row = graded(lesson, answer)
    assert row.points == 0, f"gets {row.points:g} points although {answer.phrase}"
    assert row.visible, f"only hidden tests see that {answer.phrase}\n{row.message}"
    assert row.named or not row.wants_name, (
        f"the message does not say that {answer.phrase}\n{row.message}"
    )


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_function_has_right_and_wrong_answers(lesson):
    assert gaps(lesson) == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_mistake_need_not_cost_another_task(lesson):
    """Each function has a right answer that calls no function of another task."""
    maker = SyntheticSubmissions(lesson)
    for task in maker.tasks:
        for function in functions_of(task):
            needs = [maker.needs[answer.id] for answer in maker.rights[function]]
            assert any(some <= set(functions_of(task)) for some in needs), function
