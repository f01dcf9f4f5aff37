"""Answers to the tasks of a lesson: right and wrong ones, and how they get into a notebook.

The bank of a lesson, `tests/mistakes/<module>.py`, holds several implementations of each
contract function:

    @right("einsum over windows")
    def conv_forward_naive__einsum(x, w, b, stride=1, padding=0): ...

    @wrong("the filter is flipped")
    def conv_forward_naive__flipped(x, w, b, stride=1, padding=0): ...

The name is the contract's, two underscores, the variant's. A body uses numpy as `np`,
contract functions of the same or an earlier lesson, and what it imports itself: nothing
else of the bank, because it is pasted into a learner's notebook.
"""

import ast
import builtins
import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from nbformat import NotebookNode

from autograder.authoring.source import read_source
from autograder.authoring.tasks import is_demo, marks, solution_cells, tasks_of
from autograder.lessons import Lesson
from autograder.proof.dependence import binds, taken
from autograder.proof.reference import reference_answers, run
from autograder.proof.task_modules import Answer, read_answers, read_task_modules
from course.kit.refusal import Refusal

Definition = TypeVar("Definition", bound=Callable)
RIGHT_WANTED = 2
WRONG_WANTED = 1


@dataclass(frozen=True)
class Example:
    """One stored call of a contract function; `inputs` draws its arrays from a seeded generator."""

    function: str
    case: str
    inputs: Callable[[np.random.Generator], dict[str, np.ndarray]]
    options: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] = ("out",)
    layout: dict[str, str] = field(default_factory=dict)
    call: Callable | None = None


def right(description: str) -> Callable[[Definition], Definition]:
    """Marks a right implementation; `description` says how it differs from the others."""
    return lambda definition: definition


def wrong(phrase: str, named: bool = True) -> Callable[[Definition], Definition]:
    """Marks a wrong implementation; `phrase` completes "these are the numbers you get when ...".

    `named=False`: the check must catch it, but need not recognise it.
    """
    return lambda definition: definition


def example(
    function: str,
    case: str,
    inputs: Callable[[np.random.Generator], dict[str, np.ndarray]] | None = None,
    options: Mapping[str, Any] | None = None,
    outputs: tuple[str, ...] = ("out",),
    layout: Mapping[str, str] | None = None,
    call: Callable | None = None,
) -> Example:
    """An example to store for `check.examples(function)`.

    `inputs(rng)` gives the arrays, small integers in the dtype the example is about;
    `layout={"x": "strided"}` hands x over as a non-contiguous view. Where a plain call would
    not do, `call(function, **arrays, **options)` gives the outputs.
    """
    return Example(
        function=function,
        case=case,
        inputs=inputs or (lambda rng: {}),
        options=dict(options or {}),
        outputs=tuple(outputs),
        layout=dict(layout or {}),
        call=call,
    )


def ints(rng: np.random.Generator, *shape: int, dtype: Any = np.float64) -> np.ndarray:
    """Integers from -4 to 4 of the given shape, stored as floats: sums of products stay exact."""
    return rng.integers(-4, 5, size=shape).astype(dtype)


def read_bank(lesson: Lesson) -> list[Answer]:
    """All answers of the lesson's bank, in its order.

    Refuses a bank that is missing or unreadable, a variant of something that is no contract
    function of the lesson, two variants of one name, and a missing description.
    """
    if lesson.task_checks.is_dir():
        return _read_answers(lesson)
    path = lesson.answer_bank
    tree = _parse(path)
    contracts = reference_answers(lesson)
    answers: dict[str, Answer] = {}
    lines = path.read_text(encoding="utf-8").split("\n")
    for node in tree.body:
        label = _label(node, path)
        if label is None:
            continue
        is_right, phrase, named = label
        function, _, variant = node.name.partition("__")
        where = f"{path.name}, line {node.lineno}: {node.name}"
        if not variant or function not in contracts:
            raise Refusal(
                f"{where} is no variant of a contract function. "
                f"Call it FUNCTION__VARIANT with one of: {', '.join(contracts)}"
            )
        if node.name in answers:
            raise Refusal(
                f"{where} is there twice. Give each variant a name of its own"
            )
        source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        source = re.sub(rf"\b{node.name}\b", function, source) + "\n"
        answers[node.name] = Answer(
            function, variant, phrase, is_right, named and not is_right, source
        )
    return list(answers.values())


def _read_answers(lesson: Lesson) -> list[Answer]:
    """The answers of the lesson's task modules, in the order of the page."""
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


def read_examples(lesson: Lesson) -> list[Example]:
    """The bank's EXAMPLES, for which the bank is run; an empty list where it has none."""
    path = lesson.answer_bank
    namespace: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        run(_parse(path), path, namespace)
    except Exception as error:
        raise Refusal(
            f"{path} does not run: {type(error).__name__}: {error}. Mend it and try again"
        ) from error
    return list(namespace.get("EXAMPLES", []))


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


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except FileNotFoundError:
        raise Refusal(
            f"{path} is not there. Write the lesson's right and wrong answers in it"
        ) from None
    except (SyntaxError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} is not Python: {error}. Mend it and try again") from None


def _label(node: ast.stmt, path: Path) -> tuple[bool, str, bool] | None:
    """(right, phrase, named) of a decorated definition; None for any other statement."""
    for decorator in getattr(node, "decorator_list", []):
        call = decorator if isinstance(decorator, ast.Call) else None
        name = ast.unparse(call.func if call else decorator).rpartition(".")[2]
        if name not in ("right", "wrong"):
            continue
        try:
            values = [ast.literal_eval(value) for value in call.args]
            options = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
            phrase = values.pop(0) if values else options.pop("phrase", "")
            named = values.pop(0) if values else options.get("named", True)
        except (AttributeError, ValueError):
            phrase, named = "", True
        if not isinstance(phrase, str) or not phrase.strip():
            raise Refusal(
                f"{path.name}, line {node.lineno}: {node.name} says nothing about itself. "
                f'Write @{name}("...") above it'
            )
        return name == "right", phrase, bool(named)
    return None
