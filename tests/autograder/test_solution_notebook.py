"""Executing the solutions: in this interpreter, with outputs that are the same anywhere."""

import sys

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.authoring.solution_notebook import CellFailed, solution_notebook

CHECK = {"nbgrader": {"grade_id": "check_sum", "grade": True, "solution": False}}


@pytest.fixture
def execute(tmp_path):
    """Execute code cells after a title; the executed code cells."""

    def run(*cells, seconds=60):
        cells = [cell if "source" in cell else new_code_cell(cell) for cell in cells]
        notebook = new_notebook(cells=[new_markdown_cell("# Title"), *cells])
        folder = tmp_path / "solutions" / "01_volumes"
        done = solution_notebook(notebook, tmp_path, folder, cell_seconds=seconds)
        return done.cells[1:]

    return run


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "import time; time.sleep(60)",
            r"cell 3 \(import time.*\): ran for more than 2 s",
        ),
        ("import os; os._exit(1)", r"cell 3 \(import os.*\): the kernel died"),
        ("x = (", r"cell 3 \(x = \(\): line 1: _IncompleteInputError|SyntaxError"),
        ("def f():\n    raise ValueError('7 x')\nf()", "line 3: ValueError: 7 x$"),
    ],
)
def test_failing_cell_is_named(execute, code, message):
    with pytest.raises(CellFailed, match=message):
        execute("x = 1", code, "y = 1", seconds=2)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import sys; print('x', file=sys.stderr)", "writes to stderr"),
        ("0.5", "its last line has a value"),
    ],
)
def test_check_cell_that_costs_points_is_refused(execute, code, problem):
    with pytest.raises(CellFailed, match=f"cell check_sum: {problem}"):
        execute(code, new_code_cell(code, metadata=CHECK))


WIDGETS = """
from IPython.display import display
view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}}
display({**view, "text/plain": "W()", "image/svg+xml": "<svg/>"}, raw=True)
display({**view, "text/plain": "W()"}, raw=True)
"""
ASK = """
import os, sys
print(sys.executable, os.environ.get("NBGRADER_EXECUTION"))
print(os.environ["MPLBACKEND"].endswith("inline"), os.environ["PYTHONPATH"])
print(os.path.basename(os.getcwd()), hash("a") == HASH)
print("before", end="")
print("\\rafter \\u00e9")
"""


def test_outputs_are_the_same_anywhere(execute, tmp_path, monkeypatch):
    """No widgets, no paths, no times; one interpreter, and no settings of the user."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("MPLBACKEND", "pdf")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    ask = f"import pathlib, course\nHASH = {hash_of_a()}{ASK}"
    (tmp_path / "course.py").write_text("", encoding="utf-8")
    show, asked, where = execute(
        WIDGETS, ask, "print(course.__file__)\npathlib.Path.cwd()"
    )
    (picture,) = show.outputs
    assert set(picture.data) == {"image/svg+xml", "text/plain"}
    assert asked.outputs[0].text.split() == [
        sys.executable.replace(sys.prefix, "<python>"),
        *("None", "True", ".", "01_volumes", "True", "after", "é"),
    ]
    assert where.outputs[0].text == "course.py\n"
    assert where.outputs[1].data["text/plain"] == "PosixPath('solutions/01_volumes')"
    assert [cell.execution_count for cell in (show, asked, where)] == [1, 2, 3]
    assert "execution" not in where.metadata


def hash_of_a():
    """hash("a") where PYTHONHASHSEED is 0."""
    import subprocess

    return subprocess.run(
        [sys.executable, "-c", "print(hash('a'))"],
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
