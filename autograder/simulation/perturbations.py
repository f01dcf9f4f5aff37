"""What learners do to a notebook that must cost them nothing.

Each perturbation changes the notebook in place; one that renames the file returns the new
name.
"""

import ast
import copy
import random

import nbformat
from nbformat import NotebookNode

from autograder.lessons.source import marks, solution_cells

SCRATCH = (
    "print('so far so good')",
    "1 / 0",
    "np.arange(12).reshape(3, 4)",
    "# look at this again tomorrow",
    "not_defined_anywhere + 1",
)


def renamed_file(notebook: NotebookNode, name: str, rng: random.Random) -> str:
    """The name that JupyterLab gives to a duplicate, or a browser to a second download."""
    stem = name.removesuffix(".ipynb")
    return f"{stem}{rng.choice(['-Copy1', ' (1)', '_final'])}.ipynb"


def extra_cells(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """Scratch cells, broken ones among them, and a note, anywhere after the first cell."""
    for number, source in enumerate(SCRATCH):
        cell = nbformat.v4.new_code_cell(source)
        cell["id"] = f"scratch-{number}"
        notebook.cells.insert(rng.randint(1, len(notebook.cells)), cell)
    note = nbformat.v4.new_markdown_cell("## My notes\nAsk about this.")
    note["id"] = "my-notes"
    notebook.cells.insert(rng.randint(1, len(notebook.cells)), note)


def warning_on_stderr(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """Every function warns and prints to stderr each time it is called."""
    noise = (
        "import sys, warnings",
        "warnings.warn('remember to tidy this up')",
        "print('called', file=sys.stderr)",
    )
    for cell in solution_cells(notebook):
        if cell.cell_type != "code":
            continue
        lines = cell.source.split("\n")
        definition = ast.parse(cell.source).body[-1]
        if not isinstance(definition, ast.FunctionDef):
            continue
        first = definition.body[0]
        if isinstance(first, ast.Expr) and len(definition.body) > 1:
            first = definition.body[1]
        indent = " " * first.col_offset
        lines[first.lineno - 1 : first.lineno - 1] = [indent + line for line in noise]
        cell.source = "\n".join(lines)


def cells_reordered(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """Answers and checks in any order; what stands between them stays."""
    places = [place for place, cell in enumerate(notebook.cells) if marks(cell)]
    cells = [notebook.cells[place] for place in places]
    rng.shuffle(cells)
    for place, cell in zip(places, cells, strict=True):
        notebook.cells[place] = cell


def outputs_kept(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """Numbered cells with outputs, the failures of an earlier try among them."""
    failure = {
        "ename": "CheckFailed",
        "evalue": "an earlier try",
        "traceback": ["CheckFailed: an earlier try"],
    }
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        count += rng.randint(1, 3)
        cell.execution_count = count
        failed = marks(cell).get("grade") and rng.random() < 0.5
        cell.outputs = [
            nbformat.v4.new_output("error", **failure)
            if failed
            else nbformat.v4.new_output("stream", name="stdout", text="ok\n")
        ]


def copied_cells(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """An answer and a check pasted at the end; JupyterLab pastes their metadata, too."""
    for graded in (False, True):
        cells = [
            cell
            for cell in notebook.cells
            if cell.cell_type == "code"
            and marks(cell)
            and bool(marks(cell).grade) is graded
        ]
        twin = copy.deepcopy(rng.choice(cells))
        twin["id"] = f"pasted-{len(notebook.cells)}"
        notebook.cells.append(twin)


PERTURBATIONS = {
    "renamed file": renamed_file,
    "extra cells": extra_cells,
    "warning on stderr": warning_on_stderr,
    "cells reordered": cells_reordered,
    "outputs kept": outputs_kept,
    "copied cells": copied_cells,
}
