"""One page of feedback: the mark first, then each task with what became of it and the answer."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from autograder.grading.outcome import Status
from autograder.reports.marks import Mark, Submission, number
from autograder.reports.parts import (
    Make,
    Part,
    as_html,
    cells_of,
    code_cell,
    outputs_of,
)
from autograder.reports.written import Written, read_written, root_causes, uses

TEMPLATES = Path(__file__).with_name("templates")
COLOURS = {"light": "friendly", "dark": "github-dark"}
NOTHING_THERE = (Status.UNREADABLE, Status.MISSING, Status.INFRA_ERROR)
STOPPED = ("timeout", "memory", "kernel_died", "output_limit")
NOTEBOOK_WORDS = {
    "timeout": "it took longer than the time limit and was stopped",
    "memory": "it needed more memory than it may have and was stopped",
    "kernel_died": "Python itself ended while it ran",
    "output_limit": "it printed more than it may and was stopped",
    "infra_error": "the grading machine failed; this is not your fault, and it is tried again",
}
SIGNS = {
    "full": ("✓", "all points"),
    "partial": ("◐", "some points"),
    "failed": ("✗", "not right yet"),
    "no_answer": ("–", "no answer"),
    "not_run": ("–", "did not run"),
    "awaiting": ("?", "not marked yet"),
}


@dataclass(frozen=True)
class Section:
    """One task on the page."""

    name: str
    mark: Mark
    sign: str
    line: str
    comment: str
    parts: tuple[Part, ...] = ()


def feedback_page(
    notebook: NotebookNode,
    submission: Submission,
    name: str,
    comments: dict[str, str],
    policy: str,
) -> str:
    """The page as text; `notebook` is the recorded one, harmless already, `name` the student's.

    `comments` are those that people wrote, by the grade_id of the answer. `policy` is the page's
    Content-Security-Policy as an element.
    """
    is_empty = submission.status in NOTHING_THERE
    written = [] if is_empty else read_written(notebook.cells)
    sections, rest = _sections(written, submission, comments)
    return (
        _templates()
        .get_template("feedback.html.j2")
        .render(
            name=name,
            title=submission.lesson,
            heading=_heading(notebook) or submission.lesson,
            submission=submission,
            sections=sections,
            rest=rest,
            said=_said(submission),
            policy=policy,
            colours=_colours(),
        )
    )


def notebook_in_words(status: object, reason: str = "") -> str:
    """A sentence about the whole notebook; "" when it was graded to its end.

    >>> notebook_in_words("timeout", "it was slow")
    'It did not run to its end: it was slow.'
    """
    if str(status) in ("unreadable", "missing") and reason:
        return f"Nothing could be graded: {reason}."
    told = reason or NOTEBOOK_WORDS.get(str(status), "")
    if str(status) in STOPPED:
        return f"It did not run to its end: {told}."
    return f"When it was graded: {told}." if str(status) in NOTEBOOK_WORDS else ""


def _heading(notebook: NotebookNode) -> str:
    """The lesson's title; "" where it is not where it was."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return cell.source.split("\n")[0].lstrip("# ").strip()
    return ""


def _said(submission: Submission) -> list[str]:
    """What happened to the notebook as a whole, if anything did."""
    outcome = submission.outcome
    if outcome is None:
        return []
    first = notebook_in_words(outcome.status, outcome.reason)
    notes = [str(note) for note in outcome.notes if note.kind != "id"]
    return [*([first] if first else []), *notes]


def _sections(
    written: Sequence[Written], submission: Submission, comments: dict[str, str]
) -> tuple[list[Section], list[Part]]:
    by_task = {each.task: each for each in written}
    wrong = [m.task for m in submission.marks if m.ending not in ("full", "awaiting")]
    roots = root_causes(wrong, uses(written) if len(wrong) > 1 else {})
    cells: list[NotebookNode] = []
    plans = []
    for mark in submission.marks:
        found = by_task.get(mark.task)
        plans.append((mark, _plan(found, mark, cells) if found else []))
    left = by_task.get("")
    leftover = cells_of(left.own, "Other cells of yours", cells) if left else []
    html = as_html(cells)
    sections = []
    for mark, plan in plans:
        found = by_task.get(mark.task)
        names = (
            [each.metadata.nbgrader.grade_id for each in found.answers] if found else []
        )
        sign, word = SIGNS[mark.ending]
        sections.append(
            Section(
                mark.task.removeprefix("question_"),
                mark,
                sign,
                _line(mark, word, roots.get(mark.task, "")),
                "\n".join(comments[name] for name in names if name in comments),
                tuple(make(html) for make in plan),
            )
        )
    return sections, [make(html) for make in leftover]


def _line(mark: Mark, word: str, root: str) -> str:
    """The diagnosis in one line."""
    if mark.ending not in ("failed", "not_run"):
        is_stuck = root and mark.ending == "no_answer"
        return f"waits for {root}, which it uses" if is_stuck else word
    if root:
        return f"{mark.reason}. It uses {root}: mend that first"
    return mark.reason


def _plan(found: Written, mark: Mark, cells: list[NotebookNode]) -> list[Make]:
    """What to show of a task. Cells to be made HTML are added to `cells`."""
    is_full = mark.ending == "full"
    plan: list[Make] = []
    check = None if found.is_question else found.graded
    if check is not None and mark.ending not in ("full", "no_answer"):
        outputs = check.get("outputs", [])
        seen = [each for each in outputs if not _points_above(each)]
        plan += outputs_of(seen or outputs, cells)
    answers = found.answers
    length = sum(each.source.count("\n") + 1 for each in answers)
    whose = "The empty answer" if mark.ending == "no_answer" else "Your answer"
    label = f"{whose}, {length} line{'' if length == 1 else 's'}"
    is_open = mark.ending not in ("full", "no_answer")
    plan += cells_of(answers, "" if found.is_question else label, cells, is_open)
    plan += cells_of(found.own, "Cells of your own here", cells, is_open)
    if found.is_question and found.prompt:
        plan += cells_of([found.prompt], "The question", cells)
    plan += cells_of(found.stopped, "A given cell stopped here", cells)
    if check is not None:
        name = "The check, and what it printed" if is_full else "The check"
        outputs = check.get("outputs", []) if is_full else []
        plan += cells_of([code_cell(check.source, outputs)], name, cells)
    return plan


def _points_above(output: NotebookNode) -> bool:
    """Whether it is the error of a check of the course, whose card above it says more."""
    return output.output_type == "error" and output.ename == "CheckFailed"


def templates() -> Environment:
    """Of the pages of feedback and of the report; a new one, to add to."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment


_templates = functools.cache(templates)  # a class has many pages


@functools.cache
def _colours() -> str:
    """Style of code, in the light and in the dark."""
    light, dark = (
        HtmlFormatter(style=name).get_style_defs(".highlight")
        for name in COLOURS.values()
    )
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"
