"""`course check` up to the command line: reading, judging, and one run in a real kernel."""

import json
import queue
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from tiny_lesson import (
    LESSON,
    QUESTION,
    tiny_manifest,
    tiny_notebook,
    write_manifest,
    write_notebook,
)

from course.kit import UsageError, notebook_check, notebook_run
from course.kit.cli import find_notebooks
from course.kit.notebook_cells import (
    GradedCell,
    cell_name,
    cells_of,
    damage,
    digest,
    lesson_of,
    places,
    read_manifest,
    read_notebook,
    tasks_of,
)
from course.kit.notebook_check import NotebookReport, TaskResult, notes
from course.kit.notebook_check import check_notebook as check_in_kernel
from course.kit.notebook_check import judge as judge_task
from course.kit.notebook_run import CellRun, clean

LESSONS = [LESSON, "02_convolution"]


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return notebook.cells[places(notebook)[name][0]]


def check_notebook(path: Path, manifest: dict, timeout: int = 60) -> NotebookReport:
    with notebook_run.clean_kernel(path.parent) as kernel:
        return check_in_kernel(path, manifest, kernel, timeout=timeout)


def judge(notebook: NotebookNode, **runs: CellRun) -> dict[str, TaskResult]:
    """Results by task, when the named cells ran as told and all others well."""
    found = places(notebook)
    ran = [CellRun("ok") for _ in notebook.cells]
    for name, run in runs.items():
        ran[found[name][0]] = run
    tasks = tasks_of(tiny_manifest()[LESSON])
    return {task.name: judge_task(task, notebook, ran) for task in tasks}


# one run in a real kernel


def test_check_notebook_runs_every_cell_and_leaves_everything_as_it_was(tmp_path):
    # `build` leaves the learner's modules alone when this variable is set
    grading = "__import__('os').environ['NBGRADER_EXECUTION']"
    notebook = tiny_notebook(
        half="def half(x):\n    while True:\n        pass",
        double=f"def double(x):\n    raise NotImplementedError({grading})",
    )
    spoils = new_code_cell("double = None", metadata={"tags": ["demo"]})
    notebook.cells.insert(places(notebook)["check_powers"][0], spoils)
    for one in notebook.cells:
        one.metadata.tags = [*one.metadata.get("tags", []), "skip-execution"]
    path = write_notebook(tmp_path, notebook)
    before = path.read_bytes()

    report = check_notebook(path, tiny_manifest(), timeout=3)

    half, powers, question = report.results
    assert half.status == "timeout"
    assert powers.status == "not written yet"
    assert powers.message == "validate"
    assert question.status == "not answered"
    assert report.summary == (
        "0 of 2 tasks passed, 0 of 4 points; "
        "1 question for a person to mark, 1 not answered yet"
    )
    assert not report.passed
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_check_notebook_tells_a_wrong_answer_a_broken_cell_and_a_dead_kernel(tmp_path):
    failing = (
        "class CheckFailed(AssertionError):\n    pass\n"
        "raise CheckFailed('2 wanted\\n  got \\x1b[31m[3]\\x1b[0m, see cell In[2]')"
    )
    manifest = [
        GradedCell("wrong", "task"),
        GradedCell("check_wrong", "check", 1),
        GradedCell("syntax", "task"),
        GradedCell("check_syntax", "check", 1),
        GradedCell("index", "task"),
        GradedCell("check_index", "check", 1),
        GradedCell("crash", "task"),
        GradedCell("check_crash", "check", 1),
        GradedCell("after", "task"),
        GradedCell("check_after", "check", 1),
    ]
    sources = {
        "wrong": "def wrong():\n    return 3",
        "check_wrong": failing,
        "syntax": "def syntax(:\n    return 3",
        "check_syntax": "syntax()",
        "index": "def index():\n    x = [1]\n    return x[1]",
        "check_index": "index()",
        "crash": "import os",
        "check_crash": "os._exit(1)",
        "after": "def after():\n    return 1",
        "check_after": "after()",
    }
    notebook = tiny_notebook()
    notebook.cells = [
        new_code_cell(text, metadata={"nbgrader": {"grade_id": name}})
        for name, text in sources.items()
    ]
    path = write_notebook(tmp_path, notebook)

    report = check_notebook(path, {LESSON: manifest})
    results = {result.task: result for result in report.results}

    assert results["wrong"].status == "failed"
    assert results["wrong"].message == "2 wanted\n  got [3], see cell check_wrong"
    assert results["syntax"].status == "failed"
    assert "the cell syntax stopped: SyntaxError: " in results["syntax"].message
    assert "(line 1)" in results["syntax"].message
    assert results["index"].message == (
        "IndexError: list index out of range (line 3 of cell index)"
    )
    assert results["crash"].status == "kernel died"
    assert results["after"].status == "not run"
    assert results["after"].message == "the cell check_crash before it ended Python"


def test_a_notebook_that_writes_too_much_is_stopped_as_in_grading(tmp_path):
    notebook = tiny_notebook(
        half="def half(x):\n    while True:\n        print('x' * 100_000)",
    )
    path = write_notebook(tmp_path, notebook)
    half, powers, _ = check_notebook(path, tiny_manifest(), timeout=60).results
    assert half.status == "output limit"
    assert "10,000,000 bytes" in half.message
    assert powers.status == "passed"


class NotHeardAtFirst:
    """A kernel and its client: what it publishes of the first question is lost."""

    def __init__(self):
        self.asked = 0

    def is_alive(self):
        return True

    def kernel_info(self):
        self.asked += 1
        return str(self.asked)

    def get_shell_msg(self, timeout):
        return {"parent_header": {"msg_id": str(self.asked)}}

    def get_iopub_msg(self, timeout):
        if self.asked == 1:
            assert timeout < notebook_run.ASK_SECONDS / 5  # a learner waits for it
            raise queue.Empty
        return self.get_shell_msg(timeout)


def test_a_kernel_is_asked_again_where_it_was_not_heard():
    kernel = NotHeardAtFirst()
    notebook_run.CleanKernel(kernel, kernel).wait()
    assert kernel.asked == 2


def test_a_kernel_that_ends_at_once_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(notebook_run, "LAUNCH", "raise SystemExit")
    path = write_notebook(tmp_path, tiny_notebook())
    with pytest.raises(UsageError, match=r"^no Python kernel starts \(it ended"):
        check_notebook(path, tiny_manifest())


def test_the_kernel_starts_without_a_debugger(tmp_path):
    loaded = "[name for name in __import__('sys').modules if 'pydevd' in name]"
    notebook = tiny_notebook(double=f"def double(x):\n    raise ValueError({loaded})")
    path = write_notebook(tmp_path, notebook)
    powers = check_notebook(path, tiny_manifest()).results[1]
    assert "ValueError: []" in powers.message


def test_hidden_cases_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(notebook_check, "hidden_cases", lambda module: {"half": 7})
    path = write_notebook(tmp_path, tiny_notebook())
    report = check_notebook(path, tiny_manifest(), timeout=60)
    assert [result.hidden for result in report.results] == [7, 0, 0]
    assert "; 7 more hidden cases at grading" in report.summary


# judging


def test_everything_right_passes():
    results = judge(tiny_notebook(question_why="because"))
    assert [result.status for result in results.values()] == [
        "passed",
        "passed",
        "answered",
    ]
    assert results["powers"].points == 2
    assert results["half"].cell == 4


@pytest.mark.parametrize(
    ("run", "status", "message"),
    [
        (CellRun("error", "CheckFailed", "case\ngot 1"), "failed", "case\ngot 1"),
        (CellRun("error", "AssertionError"), "failed", "AssertionError"),
        (CellRun("error", "NotImplementedError", "yours"), "not written yet", "yours"),
        (CellRun("error", "NotWrittenYet", "yours"), "not written yet", "yours"),
        (CellRun("error", "NotBuiltYet", "lesson 01"), "not written yet", "lesson 01"),
        (
            CellRun("error", "ZeroDivisionError", "by zero", cell=2, line=7),
            "failed",
            "ZeroDivisionError: by zero (line 7 of cell half)",
        ),
        (
            CellRun("error", "SyntaxError", "invalid syntax (C:\\tmp\\1.py, line 3)"),
            "failed",
            "SyntaxError: invalid syntax (line 3)",
        ),
        (
            CellRun("timeout"),
            "timeout",
            "longer than 60 s. Look for a loop that never ends",
        ),
    ],
)
def test_status_and_message_of_a_check_that_stopped(run, status, message):
    result = judge(tiny_notebook(), check_half=run)["half"]
    assert (result.status, result.message) == (status, message)


def test_an_undefined_name_is_traced_to_the_cell_that_stopped():
    undefined = CellRun("error", "NameError", "name 'square' is not defined")
    results = judge(
        tiny_notebook(),
        half=CellRun("error", "ValueError", "another cell"),
        square=CellRun("error", "SyntaxError", "oh (7.py, line 1)"),
        check_powers=undefined,
    )
    assert results["powers"].message == (
        "square is missing, because the cell square stopped: SyntaxError: oh (line 1)\n"
        "NameError: name 'square' is not defined"
    )


def test_a_check_that_reports_an_undefined_name_is_traced_to_the_same_cell():
    reported = CellRun("error", "CheckFailed", "an error", undefined="square")
    broken = CellRun("error", "SyntaxError", "oh (7.py, line 1)")
    results = judge(tiny_notebook(), square=broken, check_powers=reported)
    assert results["powers"].message == (
        "square is missing, because the cell square stopped: SyntaxError: oh (line 1)\n"
        "an error"
    )


def test_a_name_that_only_a_demo_binds_is_said_to_be_so():
    notebook = tiny_notebook()
    source = "for side in (1, 2):\n    shown = side"
    demo = new_code_cell(source, metadata={"tags": ["demo"]})
    notebook.cells.insert(1, demo)
    found = [CellRun("ok") for _ in notebook.cells]
    found[1] = CellRun("skipped")
    undefined = CellRun("error", "NameError", "name 'shown' is not defined")
    found[places(notebook)["check_powers"][0]] = undefined
    task = tasks_of(tiny_manifest()[LESSON])[1]
    message = judge_task(task, notebook, found).message
    assert message.startswith("shown is only bound in the cell 2 (for side in (1, 2):)")
    assert "demo" in message


def test_an_undefined_name_is_traced_to_the_import_that_failed():
    notebook = tiny_notebook()
    found = [CellRun("ok") for _ in notebook.cells]
    found[1] = CellRun("error", "ModuleNotFoundError", "No module named 'math'")
    undefined = CellRun("error", "NameError", "name 'math' is not defined")
    found[places(notebook)["check_powers"][0]] = undefined
    task = tasks_of(tiny_manifest()[LESSON])[1]
    message = judge_task(task, notebook, found).message
    assert "the cell 2 (import math) stopped: ModuleNotFoundError" in message


def test_a_cell_that_stopped_does_not_hide_what_the_check_says():
    wrong = CellRun("error", "CheckFailed", "got 1")
    stopped = CellRun("error", "ValueError", "in my own experiment")
    results = judge(tiny_notebook(), half=stopped, check_half=wrong)
    assert results["half"].message == "got 1"
    assert judge(tiny_notebook(), half=stopped)["half"].status == "passed"


def test_an_answer_that_ran_too_long_is_a_timeout_of_its_task():
    undefined = CellRun("error", "NameError", "name 'half' is not defined")
    results = judge(tiny_notebook(), half=CellRun("timeout"), check_half=undefined)
    assert results["half"].status == "timeout"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("YOUR ANSWER HERE", "not answered"),
        (" \n", "not answered"),
        ("Faces are centred.", "answered"),
        ("Faces are centred.\n\nYOUR ANSWER HERE", "answered"),
    ],
)
def test_a_question_is_answered_when_something_is_written(text, status):
    assert judge(tiny_notebook(question_why=text))[QUESTION].status == status


# cells that are not as they were released


def test_an_edited_check_is_damaged_even_when_it_passes():
    result = judge(tiny_notebook(check_half="pass"))["half"]
    assert result.status == "damaged"
    assert "check_half was edited" in result.message
    assert "release" in result.message


def test_windows_newlines_are_no_damage():
    released = GradedCell("check_half", "check", 1, digest("a = 1\nassert a"))
    notebook = tiny_notebook(check_half="a = 1\r\nassert a")
    assert damage(released, notebook) is None


def test_deleted_cells_are_missing():
    notebook = tiny_notebook()
    names = ("check_half", "square", QUESTION)
    kept = [c for c in notebook.cells if c.metadata.get("nbgrader") is None]
    graded = [c for c in notebook.cells if c not in kept]
    notebook.cells = kept + [
        c for c in graded if c.metadata.nbgrader.grade_id not in names
    ]
    results = judge(notebook)
    assert {result.status for result in results.values()} == {"missing"}
    assert "cell check_half was deleted" in results["half"].message
    assert "cell square was deleted" in results["powers"].message
    assert results["half"].cell is None


def test_a_copied_answer_is_damaged():
    notebook = tiny_notebook()
    notebook.cells.append(cell(notebook, "half").copy())
    result = judge(notebook)["half"]
    assert result.status == "damaged"
    assert result.message.startswith("cells 3 and 9 are both named half")


def test_a_check_turned_into_text_is_damaged():
    notebook = tiny_notebook()
    cell(notebook, "check_half").cell_type = "markdown"
    result = judge(notebook)["half"]
    assert result.status == "damaged"
    assert "turn it back into a code cell" in result.message


def test_notes_tell_lost_names_and_another_order():
    expected = tiny_manifest()[LESSON]
    assert notes(expected, tiny_notebook()) == []

    moved = tiny_notebook()
    moved.cells.reverse()
    assert "order" in notes(expected, moved)[0]

    bare = tiny_notebook()
    for one in bare.cells:
        one.metadata = NotebookNode()
    assert "dropped" in notes(expected, bare)[0]


def test_malformed_metadata_is_like_none():
    notebook = tiny_notebook()
    for broken in (7, None, {"grade_id": 5}, {"grade_id": ""}, [1]):
        notebook.cells[1].metadata.nbgrader = broken
        assert len(places(notebook)) == 6
    assert cell_name(notebook.cells[1], 1) == "2 (import math)"


def test_without_a_manifest_the_notebook_says_which_cells_count():
    cells = cells_of(tiny_notebook())
    wanted = tiny_manifest()[LESSON]
    assert [(c.grade_id, c.kind, c.points) for c in cells] == [
        (c.grade_id, c.kind, c.points) for c in wanted
    ]


# the summary


def test_the_summary_counts_points_of_questions_as_possible():
    results = (
        TaskResult("a", 1, "passed"),
        TaskResult("b", 1.5, "failed"),
        TaskResult("c", 1, "answered", question=True),
    )
    report = NotebookReport("x", LESSON, results)
    assert report.summary == (
        "1 of 2 tasks passed, 1 of 3.5 points; 1 question for a person to mark"
    )
    assert NotebookReport("x", LESSON, results[:1]).summary == (
        "1 of 1 tasks passed, 1 of 1 points"
    )


def test_a_question_does_not_decide_whether_a_notebook_passed():
    results = (
        TaskResult("a", 1, "passed"),
        TaskResult("c", 1, "not answered", question=True),
    )
    assert NotebookReport("x", LESSON, results).passed


def test_clean_removes_colours_and_control_characters():
    assert clean("\x1b[1;31mred\x1b[0m \x07\r\n  two \x00 ") == "red\n  two"


# files


def test_read_manifest_reads_what_the_course_ships(tmp_path):
    path = write_manifest(tmp_path / "manifest.json")
    assert read_manifest(path) == tiny_manifest()
    assert read_manifest(tmp_path / "none.json") == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"lessons": {"a": {"cells": [1]}}}'])
def test_a_broken_manifest_is_refused(tmp_path, text):
    path = tmp_path / "manifest.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"manifest\.json is broken"):
        read_manifest(path)


V4 = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
CODE = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"", "is empty"),
        (b"\0\0\0\0", "is empty"),
        (b"print(1)\n", "is not a notebook: a notebook is JSON"),
        (b'{"cells": [{"cell_type": "co', "the save was cut off"),
        (b"{\n<<<<<<< HEAD\n", "merge conflict"),
        (b'\xff\xfe{\0"\0', "not text in UTF-8"),
        (b"null", "not a notebook: it has no cells"),
        (b'{"a": 1}', "not a notebook: it has no cells"),
        (b"[" * 100_000, "is not a notebook"),
        (json.dumps({"nbformat": 9, "cells": []}).encode(), "version 9"),
        (json.dumps({**V4, "cells": None}).encode(), "cannot be read|can be read"),
        (json.dumps({**V4, "cells": [{**CODE, "source": 5}]}).encode(), "cell 1"),
        (json.dumps({**V4, "cells": [{"source": ""}]}).encode(), "can be read"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_line(tmp_path, data, wanted):
    path = tmp_path / "a.ipynb"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=wanted) as refusal:
        read_notebook(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = write_notebook(tmp_path, tiny_notebook())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_notebook(path).cells) == 8


def test_the_lesson_is_known_by_its_cells_then_by_its_name(tmp_path):
    manifest = {**tiny_manifest(), "02_convolution": [GradedCell("zero_pad", "task")]}
    copied = tmp_path / "Copy of 01.ipynb"
    assert lesson_of(copied, tiny_notebook(), manifest) == LESSON
    bare = tiny_notebook()
    bare.cells = []
    assert lesson_of(tmp_path / f"{LESSON}.ipynb", bare, manifest) == LESSON
    with pytest.raises(UsageError, match="not a lesson of this release"):
        lesson_of(tmp_path / "03_backprop.ipynb", bare, manifest)


# finding notebooks


@pytest.fixture
def folder(tmp_path):
    for lesson in LESSONS:
        write_notebook(tmp_path, tiny_notebook(), lesson)
    return tmp_path


def test_with_no_argument_all_lessons_or_the_one_that_lies_here(folder):
    both = [folder / "notebooks" / name / f"{name}.ipynb" for name in LESSONS]
    assert find_notebooks(None, folder, LESSONS) == both
    assert find_notebooks(None, folder / "notebooks", LESSONS) == both
    assert find_notebooks(None, both[1].parent, LESSONS) == both[1:]
    renamed = both[1].rename(both[1].parent / "mine.ipynb")
    assert find_notebooks(None, renamed.parent, LESSONS) == [renamed]


@pytest.mark.parametrize("name", ["1", "01", LESSON])
@pytest.mark.parametrize("place", [".", "notebooks", "notebooks/02_convolution"])
def test_a_lesson_is_found_by_name_or_number(folder, name, place):
    found = find_notebooks(name, folder / place, LESSONS)
    assert found == [folder / "notebooks" / LESSON / f"{LESSON}.ipynb"]


def test_a_path_is_taken_as_it_is(folder):
    path = folder / "notebooks" / LESSON / f"{LESSON}.ipynb"
    relative = str(path.relative_to(folder))
    assert find_notebooks(relative, folder, LESSONS) == [path]
    assert find_notebooks(str(path), folder, LESSONS) == [path]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("nothing.ipynb", "there is no file nothing.ipynb"),
        ("notebooks", "notebooks is a folder"),
        ("7", "lesson 07_training is not in this release. It has: 01_volumes, 02_conv"),
        ("77", "lesson 77 is not in this release"),
        ("03_backprop", "lesson 03_backprop is not in this release"),
        ("x" * 5000, "there is no file xxx"),
    ],
)
def test_what_cannot_be_found_is_refused(folder, wanted, message):
    with pytest.raises(UsageError, match=message):
        find_notebooks(wanted, folder, LESSONS)


def test_a_folder_without_lessons_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no lesson's notebook in"):
        find_notebooks(None, tmp_path, LESSONS)
    with pytest.raises(UsageError, match=r"there is no .*01_volumes\.ipynb"):
        find_notebooks("1", tmp_path, LESSONS)
