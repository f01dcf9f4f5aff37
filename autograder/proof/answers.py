"""The known answers to the tasks of a lesson, its bank, and how they get into a notebook.

An answer uses numpy as `np`, contract functions of the same or an earlier lesson, and what it
imports itself: nothing else of its module, because it is pasted into a learner's notebook.
"""

import builtins
import copy
from collections.abc import Mapping

from nbformat import NotebookNode

from autograder.authoring.source import read_source
from autograder.authoring.tasks import is_demo, marks, solution_cells, tasks_of
from autograder.lessons import Lesson
from autograder.proof.dependence import binds, taken
from autograder.proof.reference import reference_answers
from autograder.proof.task_modules import Answer, read_answers, read_task_modules
from course.kit.refusal import Refusal

RIGHT_WANTED = 2
WRONG_WANTED = 1


def read_bank(lesson: Lesson) -> list[Answer]:
    """The answers of the lesson's task modules, in the order of the page.

    Refuses a task without a module, and two answers of one name.
    """
    reference = reference_answers(lesson)
    modules = read_task_modules(lesson.task_checks)
    answers: dict[str, Answer] = {}
    for task in tasks_of(read_source(lesson)):
        if task.written:
            continue
        if task.name not in modules:
            raise Refusal(
                f"task {task.name} has no {lesson.task_checks.name}/{task.name}.py"
            )
        for answer in read_answers(modules[task.name], reference):
            if answer.id in answers:
                raise Refusal(
                    f"{task.name}.py: {answer.id} is there twice. Give each its own phrase"
                )
            answers[answer.id] = answer
    return list(answers.values())


def gaps(lesson: Lesson) -> list[str]:
    """What the bank lacks, one line each.

    Every contract function needs right and wrong answers, and an answer only names that the
    notebook has: a wrong answer with a typing mistake would be caught for the wrong reason.
    """
    answers = read_bank(lesson)
    lines = []
    for function in reference_answers(lesson):
        mine = [answer for answer in answers if answer.function == function]
        rights = sum(answer.right for answer in mine)
        if rights < RIGHT_WANTED:
            lines.append(f"{function} has {rights} right answers, not {RIGHT_WANTED}")
        if len(mine) - rights < WRONG_WANTED:
            lines.append(f"{function} has no wrong answer")
    known = set(dir(builtins))
    for cell in read_source(lesson).cells:
        if cell.cell_type == "code" and not is_demo(cell):
            known |= set() if marks(cell).get("grade") else binds(cell.source)
    for answer in answers:
        for name in sorted(taken(answer.source) - known):
            lines.append(f"{answer.id} uses {name}, which no cell of the lesson makes")
    return lines


def task_of(notebook: NotebookNode, function: str) -> str:
    """Name of the task whose check covers the contract function."""
    for task in tasks_of(notebook):
        if function in task.functions:
            return task.name
    raise Refusal(
        f"no check comes after the cell of {function}(). Add one to the lesson"
    )


def fill(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """A copy of the notebook with whole answer cells replaced, those of questions too."""
    filled = copy.deepcopy(notebook)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in solution_cells(filled)}
    unknown = [name for name in answers if name not in cells]
    if unknown:
        raise Refusal(
            f"the notebook has no answer cell {unknown[0]!r}. Choose from: {', '.join(cells)}"
        )
    for name, source in answers.items():
        cells[name].source = source.rstrip("\n")
    return filled
