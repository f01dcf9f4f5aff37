"""Notebooks that are broken, edited or not there, and names that are no names."""

import json
import os
import pickle
from pathlib import Path

from abuse_case import NAME, WRONG, Case, as_bytes, checks, grade_id, index_of
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

ESCAPES = "\x1b]0;pwned\x07\x1b[2J\x9b31m\u202e"
REDUCE = pickle.dumps({"cells": []})


def duplicate(notebook: NotebookNode) -> None:
    notebook.cells += [*checks(notebook), notebook.cells[index_of(notebook, "area")]]


def schema(notebook: NotebookNode) -> None:
    for cell in checks(notebook):
        cell.metadata.nbgrader.schema_version = 99


def tagged(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata.tags = ["skip-execution", "raises-exception", "demo"]


def no_checks(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if cell not in checks(notebook)]


def no_grade_ids(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if not grade_id(cell)]


def no_area(notebook: NotebookNode) -> None:
    del notebook.cells[index_of(notebook, "check_sizes")]
    del notebook.cells[index_of(notebook, "border")]


def ungraded(notebook: NotebookNode) -> None:
    for cell in checks(notebook):
        cell.metadata.nbgrader.grade = False


def points(value: object):
    def change(notebook: NotebookNode) -> None:
        for cell in checks(notebook):
            cell.metadata.nbgrader.points = value

    return change


def stripped(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = NotebookNode()


def edited(notebook: NotebookNode) -> None:
    for cell in checks(notebook):
        cell.source = "pass"


def markdown(notebook: NotebookNode) -> None:
    for cell in checks(notebook):
        cell.cell_type = "markdown"


def reverse(notebook: NotebookNode) -> None:
    notebook.cells.reverse()


def same_id(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell["id"] = "same"


def kernel(notebook: NotebookNode) -> None:
    notebook.metadata.kernelspec = {"name": "bash", "display_name": "../../bin/sh"}


def many_cells(notebook: NotebookNode) -> None:
    cell = new_code_cell("x = 1")
    notebook.cells += [cell] * 100_000


def large(notebook: NotebookNode) -> None:
    """Most of it in an output, as in real notebooks, and 1 MB in a cell that runs."""
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 49_000_000}
    notebook.cells.append(new_code_cell(f"text = '{'x' * 1_000_000}'"))
    notebook.cells[-1].outputs = [output]


def forged_outputs(notebook: NotebookNode) -> None:
    for cell in checks(notebook):
        cell.outputs = [
            {
                "output_type": "execute_result",
                "data": {"text/plain": "3.0"},
                "metadata": {},
                "execution_count": 1,
            }
        ]


def number_as_source(notebook: NotebookNode) -> bytes:
    notebook.cells[index_of(notebook, "border")]["source"] = 5
    return as_bytes(notebook)


def surrogate(notebook: NotebookNode) -> bytes:
    notebook.cells[0]["source"] += " \ud800"
    return as_bytes(notebook)


def format_3(notebook: NotebookNode) -> bytes:
    cells = [
        {
            "cell_type": c.cell_type,
            "input" if c.cell_type == "code" else "source": c.source,
        }
        for c in notebook.cells
    ]
    return json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()


def format_9(notebook: NotebookNode) -> bytes:
    return as_bytes({**notebook, "nbformat": 9})


def conflict(notebook: NotebookNode) -> bytes:
    text = b"\n<<<<<<< HEAD\n=======\n>>>>>>> mine\n"
    return as_bytes(notebook).replace(b'"cells"', text + b'"cells"', 1)


def deep(folder: Path) -> None:
    """1,400 folders in one another: os.walk of Python 3.11 recurses to 1,000."""
    handle = os.open(folder, os.O_RDONLY)
    for _ in range(1_400):
        os.mkdir("d", dir_fd=handle)
        inner = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)


def pipe(folder: Path) -> None:
    os.mkfifo(folder / f"{NAME}.ipynb")


def bytes_case(name: str, what: str, data: bytes) -> Case:
    return Case(name, what, 0, "unreadable", raw=lambda notebook: data)


def encoded(encoding: str):
    return lambda notebook: json.dumps(notebook, ensure_ascii=False).encode(encoding)


CASES = [
    Case("duplicate", "duplicate cells", edit=duplicate, note="copied"),
    Case("schema", "schema_version 99", edit=schema),
    Case("skip", "skip-execution", 0, answers=WRONG, edit=tagged, note="no effect"),
    Case("edited", "checks edited", 0, answers=WRONG, edit=edited, note="edited"),
    Case("no-checks", "checks deleted", edit=no_checks, note="deleted"),
    Case("no-answer", "answer and check deleted", 1, edit=no_area, note="deleted"),
    Case("nothing-left", "all of the lesson deleted", 0, "missing", edit=no_grade_ids),
    Case("ungraded", "grade flag turned off", edit=ungraded),
    Case("points", "100 points", 0, answers=WRONG, edit=points(100), note="points"),
    Case("points-text", "points 'abc'", edit=points("abc"), note="points"),
    Case("stripped", "metadata stripped", edit=stripped, note="metadata was gone"),
    Case("reversed", "cells reversed", edit=reverse, note="order"),
    Case("markdown", "checks as text", 0, answers=WRONG, edit=markdown, note="turned"),
    Case("forged", "outputs handed in", 0, answers=WRONG, edit=forged_outputs),
    Case("same-id", "one id for all cells", edit=same_id),
    Case("kernel", "another kernel", edit=kernel),
    Case("many-cells", "100,000 cells", edit=many_cells, note="were kept", seconds=120),
    Case("large", "50 MB notebook", edit=large, seconds=120),
    bytes_case("empty", "0 bytes", b""),
    bytes_case("truncated", "truncated JSON", b'{"cells": ['),
    bytes_case("null", "null", b"null"),
    bytes_case("list", "a list", b"[]"),
    bytes_case("deep-json", "JSON 100,000 levels deep", b"[" * 100_000),
    bytes_case("pickled", "a pickle", REDUCE),
    bytes_case("random", "bytes", bytes(range(256)) * 20),
    Case("conflict", "conflict markers", 0, "unreadable", raw=conflict),
    Case("number", "source: 5", 1, raw=number_as_source),
    Case("surrogate", "lone surrogate", raw=surrogate),
    Case("latin-1", "latin-1", raw=encoded("latin-1")),
    Case("utf-16", "UTF-16", raw=encoded("utf-16"), note="utf-16"),
    Case("bom", "byte order mark", raw=encoded("utf-8-sig")),
    Case("format-3", "nbformat 3", raw=format_3),
    Case("format-9", "nbformat 9", raw=format_9),
    Case("missing", "other file", 0, "missing", file_name="work.txt"),
    Case("renamed", "renamed", file_name="=cmd|' C calc'!A0 \n🙂.ipynb", note="took"),
    Case("two", "two notebooks", files={"zz.ipynb": b"{}"}, note="2 notebooks"),
    Case(
        "link",
        "a link as notebook",
        0,
        "missing",
        file_name=None,
        links={f"{NAME}.ipynb": "{checkout}/solutions/01_volumes.py"},
    ),
    Case(
        "link-other",
        "a link to another's work",
        0,
        "missing",
        file_name=None,
        links={
            f"{NAME}.ipynb": "{classroom}/submitted/good-000/01_volumes/01_volumes.ipynb"
        },
    ),
    Case("deep-folders", "1,400 nested folders", lay=deep),
    Case("pipe", "a pipe as notebook", 0, "missing", file_name=None, lay=pipe),
    Case(
        "folder",
        "a folder as notebook",
        0,
        "missing",
        file_name=None,
        files={f"{NAME}.ipynb/x.txt": b""},
    ),
    Case(
        "timestamp",
        "10 MB of digits as the time",
        files={"timestamp.txt": b"1" * 10_000_000},
        note="does not hold a date",
    ),
    Case(
        "timestamp-link",
        "a link as the time",
        links={"timestamp.txt": "/proc/self/maps"},
    ),
    Case("escape", "escapes in a name", file_name=f"{ESCAPES}.ipynb", note="took"),
    Case("name-escape", "escapes", 0, "bad_id", student=f"x{ESCAPES}"),
    Case("name-up", "a name with ..", student="..%2F..\\.."),
    Case("name-line", "a newline", status="bad_id", student="new\nline", mark=0),
    Case("name-long", "200 letters", status="bad_id", student="n" * 200, mark=0),
    Case("name-formula", "a formula", student="=HYPERLINK(1)"),
    Case("name-emoji", "an emoji", student="zoë 🙂"),
    Case("name-quote", "SQL", student="x'; DROP TABLE grade; --"),
    Case("name-html", "HTML", student="<script>alert(1)<|script>"),
]
