"""Each kind of leak is planted into a clean release and seen; a clean one has none."""

import json
import shutil
import textwrap
from pathlib import Path

import nbformat
import pytest

from autograder.lessons import Lesson, find_lessons
from autograder.release.leaks import find_leaks
from autograder.release.release import write_tree

NOTEBOOK = "notebooks/01_volumes/01_volumes.ipynb"


@pytest.fixture(scope="session")
def clean_once(built_once, tmp_path_factory):
    tree = tmp_path_factory.mktemp("clean") / "tree"
    write_tree(tree, built_once, find_lessons(built_once))
    return tree


@pytest.fixture
def tree(clean_once, tmp_path):
    return Path(shutil.copytree(clean_once, tmp_path / "tree"))


def change_cell(notebook, position, **changes):
    nb = nbformat.read(notebook, as_version=4)
    for key, value in changes.items():
        nb.cells[position][key] = value
    nbformat.write(nb, notebook)


def append(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def test_a_clean_release_has_no_leaks(tree, built_once):
    assert find_leaks(tree, built_once) == []


COPIED = '''
def my_sum(numbers):
    """Mine."""
    rows, columns = numbers.shape
    return numbers.sum() * area(rows, columns)
'''
AS_METHOD = "class C:" + textwrap.indent(COPIED, "    ")


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("README.md", "\n`return 2 * (height + width) + 4`\n", "solution"),
        ("hints.txt", "\n  # return  x.sum() *  area(H, W)\n", "solution"),
        ("hints.json", '["x = 1", "return 2 * (height + width) + 4"]', "solution"),
        ("course/kit/hints.py", "\n\n    return height * width\n", "solution"),
        (
            "README.md",
            't.case("border of 7 x 2", border(7, 2), 22)',
            "hidden cases",
        ),
        (
            "README.md",
            "The area: it doubles twice when both sides double.",
            "model answer",
        ),
        (
            "README.md",
            "> **Mark scheme:** 1 for the area with a reason.",
            "model answer",
        ),
        ("course/kit/bank.py", "\n    return height + width\n", "known answer"),
        (
            "course/kit/bank.py",
            (
                "\ndef g(a):\n"
                "    p, q = a.shape\n"
                "    r = a.dtype.type(0)\n"
                "    for s in range(p):\n"
                "        for t in range(q):\n"
                "            r += a[s, t]\n"
                "    return r * p * q\n"
            ),
            "same code",
        ),
        ("course/kit/mine.py", COPIED, "same code"),
        ("course/kit/mine.py", AS_METHOD, "same code"),
        ("course/kit/mine.py", "### BEGIN SOLUTION hint: Think.\n", "marker"),
        ("course/kit/mine.py", "#### END HIDDEN TESTS\n", "marker"),
        ("course/__pycache__/geometry.cpython-311.pyc", "", "compiled code"),
        ("course/fast.so", "", "compiled code"),
        ("notebooks/.ipynb_checkpoints/a.ipynb", "{}", "checkpoint"),
        (".git/config", "", "stray file"),
        ("solved.zip", "", "stray file"),
        ("course/geometry.py", "\n\nx = 1\n", "module"),
    ],
)
def test_a_planted_file_is_seen(tree, built_once, name, text, kind):
    append(tree / name, text)
    found = find_leaks(tree, built_once)
    assert {(leak.path, leak.kind) for leak in found} == {(name, kind)}


def test_reference_module_in_place_of_its_stub_is_seen(tree, built_once):
    shutil.copy(Lesson(built_once, "01_volumes").reference_module, tree / "course")
    kinds = {leak.kind for leak in find_leaks(tree, built_once)}
    assert {"module", "same code", "solution"} <= kinds


def test_the_document_of_hidden_cases_is_seen(tree, built_once):
    text = Lesson(built_once, "01_volumes").hidden_cases.read_text(encoding="utf-8")
    append(tree / "course" / "kit" / "data.json", text)
    assert {leak.kind for leak in find_leaks(tree, built_once)} == {"hidden cases"}


def test_paths_of_this_machine_are_seen(tree, built_once):
    append(tree / "README.md", f"\nSee {built_once}/solutions.\n")
    (leak,) = find_leaks(tree, built_once)
    assert (leak.path, leak.kind) == ("README.md", "path of this machine")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"execution_count": 3}, "output"),
        (
            {"outputs": [nbformat.v4.new_output("stream", text="5\n")]},
            "output",
        ),
        ({"source": f"import numpy\n%matplotlib inline\n{COPIED}"}, "same code"),
        ({"source": "if True:\n        return height * width"}, "solution"),
        ({"source": "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"}, "marker"),
        ({"metadata": {"note": "return 2 * (height + width) + 4"}}, "solution"),
    ],
)
def test_a_leak_in_a_notebook_is_seen(tree, built_once, changes, kind):
    change_cell(tree / NOTEBOOK, 1, **changes)
    found = find_leaks(tree, built_once)
    assert {(leak.path, leak.kind) for leak in found} == {(NOTEBOOK, kind)}


def test_the_solution_notebook_leaks_everything(tree, built_once):
    shutil.copy(Lesson(built_once, "01_volumes").solution_notebook, tree / NOTEBOOK)
    kinds = {leak.kind for leak in find_leaks(tree, built_once)}
    assert kinds == {
        "marker",
        "model answer",
        "output",
        "same code",
        "solution",
    }


def test_a_notebook_under_another_name_leaks_the_same(tree, built_once):
    notebook = Lesson(built_once, "01_volumes").solution_notebook
    text = json.dumps(json.loads(notebook.read_text(encoding="utf-8")))
    append(tree / "course" / "kit" / "data.txt", text)
    assert "solution" in {leak.kind for leak in find_leaks(tree, built_once)}


def test_leaks_say_where_and_what(tree, built_once):
    append(tree / "README.md", "\nreturn 2 * (height + width) + 4\n")
    (leak,) = find_leaks(tree, built_once)
    assert str(leak) == "README.md: solution (return 2 * (height + width) + 4)"
