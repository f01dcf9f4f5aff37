"""What students wrote, task by task, and what they got wrong: root causes, then what follows."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.grading.cells import errors_of, is_check, is_grade, is_own, is_solution
from autograder.lessons.source import marks, task_name
from autograder.reports.marks import Mark

MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass
class Written:
    """The cells of one task: `graded` is its check, or the written answer itself.

    `own` are cells that the student added between this task and its neighbours; `stopped` are
    given ones that ended with an error, and `prompt` is the last given text. After the last task a `graded` of None holds what is
    left.
    """

    graded: NotebookNode | None = None
    answers: list[NotebookNode] = field(default_factory=list)
    own: list[NotebookNode] = field(default_factory=list)
    stopped: list[NotebookNode] = field(default_factory=list)
    prompt: NotebookNode | None = None

    @property
    def task(self) -> str:
        """The task's name; "" after the last one."""
        return task_name(marks(self.graded).grade_id) if self.graded else ""

    @property
    def is_question(self) -> bool:
        """Whether the student answered in words."""
        return self.graded is not None and not is_check(self.graded)

    @property
    def code(self) -> str:
        """The code that was written for it, a cell after the other; "" for words."""
        cells = [] if self.is_question else [*self.answers, *self.own]
        return "\n\n".join(each.source for each in cells if each.cell_type == "code")


@dataclass(frozen=True)
class Mistake:
    """What these students got wrong in one task, in the same way.

    Where `root` names an earlier task, that one is wrong, too, and this one uses it.
    """

    lesson: str
    task: str
    text: str
    students: tuple[str, ...]
    root: str = ""


def read_written(cells: Sequence[NotebookNode]) -> list[Written]:
    """The tasks of a recorded notebook in order, and what stands after the last one."""
    found: list[Written] = []
    now = Written()
    for cell in cells:
        if is_own(cell):
            is_below = found and not (now.answers or now.own or now.stopped)
            (found[-1] if is_below and found[-1].is_question else now).own.append(cell)
        elif is_solution(cell):
            now.answers.append(cell)
        elif cell.cell_type == "markdown":
            now.prompt = cell
        elif not is_grade(cell) and cell.cell_type == "code" and errors_of(cell):
            now.stopped.append(cell)
        if is_grade(cell):
            now.graded = cell
            found.append(now)
            now = Written()
    return [*found, now] if now.own or now.stopped else found


def read_code(path: Path) -> list[Written]:
    """The tasks of a recorded notebook without outputs; none where it cannot be read."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        slim = [
            {
                "cell_type": cell["cell_type"],
                "id": cell.get("id", ""),
                "source": "".join(cell["source"]),
                "metadata": cell["metadata"],
                "outputs": [],
            }
            for cell in cells
            if cell["cell_type"] == "code" or "nbgrader" in cell["metadata"]
        ]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []
    return read_written([nbformat.from_dict(cell) for cell in slim])


def uses(written: Sequence[Written]) -> dict[str, set[str]]:
    """By task, the other tasks whose functions its answer names, as far as it can be read."""
    owner: dict[str, str] = {}
    named: dict[str, set[str]] = {}
    for each in written:
        tree = _tree(each.code) if each.task else None
        if tree is None:
            continue
        for node in tree.body:
            if isinstance(node, DEFINITIONS):
                owner.setdefault(node.name, each.task)
        named[each.task] = {
            node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
        }
    return {
        task: {owner[name] for name in names if name in owner} - {task}
        for task, names in named.items()
    }


def root_causes(
    wrong: Collection[str], used: Mapping[str, Collection[str]]
) -> dict[str, str]:
    """Of the wrong tasks, those that use another wrong one, each with the first cause.

    >>> root_causes(["im2col", "conv", "net"], {"net": ["conv"], "conv": ["im2col"]})
    {'conv': 'im2col', 'net': 'im2col'}
    """
    roots: dict[str, str] = {}
    for task in wrong:
        seen, here = [task], task
        while causes := [
            other
            for other in wrong
            if other in used.get(here, ()) and other not in seen
        ]:
            here = causes[0]
            seen.append(here)
        if here != task:
            roots[task] = here
    return roots


def _tree(code: str) -> ast.Module | None:
    try:
        return ast.parse(MAGIC.sub("", code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def mistakes_of(
    lesson: str, task: str, wrong: Sequence[tuple[Mark, str]]
) -> tuple[Mistake, ...]:
    """Root causes first, then what follows from them; each by how many made it."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for mark, root in wrong:
        text = f"follows from {root}" if root else _in_words(mark)
        groups[root, text].append(mark.student)
    found = [
        Mistake(lesson, task, text, tuple(sorted(students)), root)
        for (root, text), students in groups.items()
    ]
    return tuple(
        sorted(found, key=lambda one: (bool(one.root), -len(one.students), one.text))
    )


def _in_words(mark: Mark) -> str:
    if mark.ending == "no_answer":
        return "no answer"
    if mark.ending == "partial" and not (mark.phrases or mark.cause or mark.message):
        return "part of the points"
    return mark.reason


def most_often(mistakes: Sequence[Mistake], best: Collection[str]) -> str:
    """The most frequent mistakes, and whether the better ones make them, too."""
    told = []
    for one in mistakes[:2]:
        also = len(set(best) & set(one.students))
        better = f", {also} of them in the better half" if also else ""
        told.append(f"{one.text} ({len(one.students)}{better})")
    return ", then ".join(told)
