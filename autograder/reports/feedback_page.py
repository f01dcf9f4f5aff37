"""One page of feedback: the mark first, then each task with what became of it and the answer.

The cells to show are chosen one by one and made HTML all at once.
"""

import functools
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from autograder.grading.outcome import Status
from autograder.reports.marks import Mark, Submission, number
from autograder.reports.page import page_exporter
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
# Each cell of nbconvert's page ends with a word that nobody could know beforehand. Code that
# Pygments has coloured is escaped: to clean it, as "basic" does, takes 40 ms a cell. To colour
# it takes 5: what is folded stays plain.
CELLS = """{% extends "basic/index.html.j2" %}
{% block input %}
{% if not cell.source %}
{% elif cell.metadata.is_plain %}<div class="highlight"><pre>{{ cell.source | e }}</pre></div>
{% else %}{{ cell.source | highlight_code }}{% endif %}
{% endblock %}
{% block any_cell scoped %}{{ super() }}{{ resources.cut }}{% endblock %}"""
KEPT = ("cell_type", "source", "outputs", "execution_count", "attachments")


@dataclass(frozen=True)
class Part:
    """A piece of a task's section, as HTML. One with a `label` is folded unless `is_open`."""

    html: str
    label: str = ""
    is_open: bool = False
    is_answer: bool = False


Make = Callable[[list[str]], Part]


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


def outputs_of(
    outputs: Sequence[NotebookNode], cells: list[NotebookNode]
) -> list[Make]:
    """One part with these outputs of a cell, without its code."""
    return cells_of([code_cell("", outputs)], "", cells) if outputs else []


def code_cell(source: str, outputs: Sequence[NotebookNode]) -> NotebookNode:
    """A cell as nbformat makes it, but for the validation, which takes 3 ms."""
    kept: dict[str, object] = {"cell_type": "code", "source": source}
    return NotebookNode(kept, outputs=list(outputs), metadata=NotebookNode())


def cells_of(
    given: Sequence[NotebookNode],
    label: str,
    cells: list[NotebookNode],
    is_open: bool = False,
) -> list[Make]:
    """One part with these cells, without what else their metadata says; none where there are none.

    They are added to `cells`, all of which `as_html` makes HTML; what is returned makes the part
    of that.
    """
    if not given:
        return []
    first = len(cells)
    for each in given:
        kept = {name: each[name] for name in KEPT if name in each}
        metadata = NotebookNode(is_plain=bool(label) and not is_open)
        cells.append(NotebookNode(kept, id=f"c{len(cells)}", metadata=metadata))
    last = len(cells)
    is_answer = label.startswith("Your answer")

    def make(html: list[str]) -> Part:
        return Part("".join(html[first:last]), label, is_open, is_answer)

    return [make]


def as_html(cells: list[NotebookNode]) -> list[str]:
    """Each cell as HTML."""
    cut = secrets.token_hex(16)
    page, _ = _exporter().from_notebook_node(
        NotebookNode(
            cells=cells, metadata=NotebookNode(), nbformat=4, nbformat_minor=5
        ),
        {"cut": cut},
    )
    return page.split(cut)[:-1]


@functools.cache
def _exporter() -> HTMLExporter:
    exporter = page_exporter()
    exporter.raw_template = CELLS
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    return exporter
