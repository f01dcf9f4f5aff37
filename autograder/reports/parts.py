"""Pieces of a page that are cells of a notebook: chosen one by one, made HTML all at once."""

import functools
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

from autograder.reports.page import page_exporter

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
