"""Figures of a running notebook: two pixels for each of the page's, as wide as its text."""

import base64
import os

import nbclient
import nbformat
import pytest

CELL = "from course.kit import plot\nplot.new_axes().plot([0, 1])\nplot.show()"


@pytest.mark.parametrize(("grading", "wide"), [(False, True), (True, False)])
def test_figures_are_sharp_but_not_while_grading(monkeypatch, grading, wide):
    monkeypatch.delenv("MPLBACKEND", raising=False)
    environment = {k: v for k, v in os.environ.items() if k != "NBGRADER_EXECUTION"}
    environment |= {"NBGRADER_EXECUTION": "autograde"} if grading else {}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    client = nbclient.NotebookClient(book, kernel_name="python3")
    client.execute(env=environment)
    (shown,) = book.cells[0].outputs
    png = base64.b64decode(shown.data["image/png"])
    pixels = int.from_bytes(png[16:20], "big")
    assert (pixels > 1400) == wide
    if wide:
        assert 780 <= shown.metadata["image/png"]["width"] == pixels // 2 <= 900
