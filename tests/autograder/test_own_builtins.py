"""A check means Python's builtins, but for those that the lesson itself binds."""

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading.execute import Executed, How, Limits, execute
from autograder.grading.own_builtins import OWN_BUILTINS, keep_own_builtins
from autograder.grading.support import Support


def marked(name: str, source: str, check: bool) -> NotebookNode:
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {
        "grade": check,
        "solution": not check,
        "locked": check,
        "grade_id": name,
        "points": 1,
        "schema_version": 3,
    }
    return cell


def lesson(answer: str, check: str, setup: str = "") -> NotebookNode:
    cells = [new_code_cell(setup), marked("answer", answer, False)]
    return new_notebook(cells=[*cells, marked("check", check, True)])


def run(notebook: NotebookNode, master: NotebookNode) -> Executed:
    keep_own_builtins(notebook, master)
    how = How("fast", "best-effort", False)
    return execute(notebook, Support({}, ""), Limits(cell_seconds=30), how=how)


def failed(done: Executed) -> bool:
    outputs = done.notebook.cells[-1].outputs
    return any(output.output_type == "error" for output in outputs)


ROUND = "def round(x):\n    return {}"
CHECK = "assert round(2.7) == 2"


@pytest.mark.parametrize(("body", "fails"), [("int(x)", False), ("3", True)])
def test_a_task_named_like_a_builtin_is_what_its_check_checks(body, fails):
    master = lesson(ROUND.format("int(x)"), CHECK)
    assert failed(run(lesson(ROUND.format(body), CHECK), master)) is fails


def test_a_setup_cell_may_bind_a_builtin():
    master = lesson("a = 1", "assert filter == 5", "filter = 5")
    assert not failed(run(master, master))


def test_a_learners_variable_does_not_hide_a_builtin():
    master = lesson("a = 1", "assert max([a]) == 1")
    assert not failed(run(lesson("max = 0; a = 1", "assert max([a]) == 1"), master))


def test_a_cell_that_does_not_parse_counts_by_its_words():
    master = lesson("a = 1", "assert a", "%time sum = 5")
    keep_own_builtins(master, master)
    assert "sum" in master.cells[-1].metadata[OWN_BUILTINS]


SQUARES = (
    "def square(x):\n    return x * x\ndef squares(xs):\n    return [{} for x in xs]"
)
IS_CALLED = """
own = square
del square
try:
    squares([2])
except NameError:
    pass
else:
    raise AssertionError("squares does not use square")
finally:
    square = own
assert squares([2]) == [4]
"""


@pytest.mark.parametrize(("term", "fails"), [("square(x)", False), ("x * x", True)])
def test_a_check_may_take_an_answer_away_to_see_who_calls_it(term, fails):
    notebook = lesson(SQUARES.format(term), IS_CALLED)
    assert failed(run(notebook, notebook)) is fails


def test_a_check_takes_no_name_from_the_learner_and_leaves_none():
    answer = "def helper(): return 5\ndef f(): return helper()"
    check = "def helper(): return 7\nother = 1\nassert f() == 5 and helper() == 7"
    master = lesson("def f(): return 5", check)
    notebook = lesson(answer, check)
    notebook.cells.append(new_code_cell("assert helper() == 5; other"))
    done = run(notebook, master)
    assert [out.ename for out in done.notebook.cells[-1].outputs] == ["NameError"]
    assert not done.notebook.cells[-2].outputs
