"""What a person marks in a lesson: the questions, their model answers and mark schemes.

They stand in the class's own source/, which `grade` brings up to date.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import nbjson

from autograder.grading.cells import is_grade, is_own, is_solution
from autograder.lessons.source import is_check, marks, task_name

MARKER = re.compile(r"^### (?:BEGIN|END) SOLUTION.*\n?", re.MULTILINE)
SCHEME = re.compile(r"^\W*mark scheme\b.*$", re.IGNORECASE | re.MULTILINE)
# "- 0.25: two numbers" or "- 0.25 for each of two causes, ..."
CRITERION = re.compile(
    r"[-*] (?P<points>\d*\.?\d+)(?P<text>(?: for each of (?P<times>\w+))?.*)",
    re.DOTALL,
)
ITEM = re.compile(r"^(?=[-*] )", re.MULTILINE)
TIMES = {"two": 2, "three": 3, "four": 4, "five": 5}
HEADING = re.compile(
    r"^#+ (?:Question\b)?(?: ?\([^()]*\))?:?(?P<title>.*)", re.MULTILINE
)


@dataclass(frozen=True)
class Criterion:
    """One line of a mark scheme, to be ticked for its points; its text is markdown."""

    points: float
    text: str


@dataclass(frozen=True)
class Question:
    """A graded cell whose answers a person marks; `name` is its grade_id.

    `comment_at` is the grade_id of the answer cell that holds the comment. `is_written` is
    False for a check, which a person may mark instead of its result.
    """

    lesson: str
    name: str
    title: str
    points: float
    comment_at: str
    is_written: bool
    prompt: str = ""
    model: str = ""
    scheme: tuple[Criterion, ...] = ()


@dataclass(frozen=True)
class Parts:
    """The cells of a notebook that belong to a graded cell."""

    above: list[
        NotebookNode
    ]  # those with output right above the question, and own ones
    prompt: NotebookNode | None
    answer: list[NotebookNode]


def read_cells(path: Path) -> list[NotebookNode]:
    """The cells of one of our own notebooks; none where it is missing or damaged."""
    try:
        return nbjson.reads(path.read_text(encoding="utf-8")).cells
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []


def read_questions(
    lesson: str, cells: Sequence[NotebookNode], also: Collection[str] = ()
) -> list[Question]:
    """The written questions among a lesson's source cells, and the checks named in `also`."""
    return [
        _question(lesson, cells, cell)
        for cell in cells
        if is_grade(cell) and (is_solution(cell) or marks(cell).grade_id in also)
    ]


def parts(cells: Sequence[NotebookNode], name: str) -> Parts:
    """The answer to the graded cell `name`, and what stands above it since the task before.

    The student's own cells right below an answer belong to it.
    """
    names = [marks(cell).get("grade_id") for cell in cells]
    if name not in names:
        return Parts([], None, [])
    place = names.index(name)
    start = next((at + 1 for at in range(place - 1, -1, -1) if is_grade(cells[at])), 0)
    answer = [cell for cell in cells[start:place] if is_solution(cell)]
    first = names.index(marks(answer[0]).grade_id) if answer else place
    answer.append(cells[place])
    for cell in cells[place + 1 :]:
        if not is_own(cell):
            break
        answer.append(cell)
    above, prompt = [], None
    for cell in reversed(cells[start:first]):
        is_given_text = cell.cell_type != "code" and not is_own(cell)
        if not is_given_text:
            above.append(cell)
        elif above and not is_own(above[-1]):
            break
        elif prompt is None:
            prompt = cell
    return Parts(above[::-1], prompt, answer)


def read_scheme(text: str, points: float) -> tuple[Criterion, ...]:
    """The lines of a mark scheme; one for all points where there are none to read."""
    criteria: list[Criterion] = []
    for item in ITEM.split(text):
        found = CRITERION.fullmatch(item.strip())
        if not found:
            continue
        told = " ".join(found["text"].lstrip(": ").split())
        times = TIMES.get(found["times"] or "", 1)
        for number in range(1, times + 1):
            which = f" ({number} of {times})" if times > 1 else ""
            criteria.append(Criterion(float(found["points"]), told + which))
    return tuple(criteria) or (Criterion(points, "all that was asked for"),)


def counting(
    questions: Sequence[Question], points: Mapping[str, float]
) -> list[Question]:
    """The questions with the points that they count now, by name; none that is dropped."""
    found = []
    for question in questions:
        now = points.get(question.name, question.points)
        if now == question.points:
            found.append(question)
        elif now:
            factor = now / question.points if question.points else 1.0
            scheme = [
                replace(each, points=each.points * factor) for each in question.scheme
            ]
            found.append(replace(question, points=now, scheme=tuple(scheme)))
    return found


def scheme_texts(source: Sequence[NotebookNode]) -> dict[str, str]:
    """Markdown of the model answer and the mark scheme of each written question, by grade_id."""
    return {
        marks(cell).grade_id: MARKER.sub("", cell.source).strip()
        for cell in source
        if is_grade(cell) and is_solution(cell) and cell.cell_type == "markdown"
    }


def _question(
    lesson: str, cells: Sequence[NotebookNode], cell: NotebookNode
) -> Question:
    name, points = marks(cell).grade_id, float(marks(cell).points)
    found = parts(cells, name)
    prompt = found.prompt.source if found.prompt else ""
    answers = [each for each in found.answer if is_solution(each)]
    at = marks(answers[-1]).grade_id if answers else name
    heading = HEADING.search(prompt)
    title = heading["title"].strip() if heading else ""
    title = title or task_name(name).removeprefix("question_").replace("_", " ")
    title = title[0].upper() + title[1:]
    if is_check(cell):
        scheme = read_scheme("", points)
        return Question(lesson, name, title, points, at, False, prompt, scheme=scheme)
    text = MARKER.sub("", cell.source).strip()
    head = SCHEME.search(text)
    model, told = (text[: head.start()], text[head.end() :]) if head else (text, "")
    return Question(
        lesson,
        name,
        title,
        points,
        at,
        True,
        prompt,
        model.strip(),
        read_scheme(told, points),
    )
