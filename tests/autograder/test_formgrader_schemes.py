"""Formgrader shows the mark scheme below each written answer."""

import nbformat
from marked_class import QUESTION, marked_lesson, waiting_class
from small_class import NAME

from autograder import formgrader
from autograder.reports.page import page_exporter


def test_the_scheme_is_folded_below_the_answer(tmp_path):
    room = waiting_class(tmp_path / "class", marked_lesson(tmp_path / "checkout"))
    path = room.autograded_notebook("ada", NAME)
    notebook = nbformat.read(path, as_version=4)
    assert "two numbers" not in nbformat.writes(notebook)
    shown = formgrader._with_schemes(notebook, path)
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in shown.cells]
    below = shown.cells[names.index(QUESTION) + 1]
    assert "two numbers" in below.source and len(shown.cells) == len(notebook.cells) + 1
    page, _ = page_exporter("basic").from_notebook_node(shown, {})
    assert "mark scheme</strong>" in page
    assert "<li>" in page.partition("<summary>")[2]
    # A class that has no source/ is shown as it is.
    (room.source / NAME / f"{NAME}.ipynb").unlink()
    assert formgrader._with_schemes(notebook, path).cells == notebook.cells
