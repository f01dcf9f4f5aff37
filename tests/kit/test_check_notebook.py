"""What a notebook shows: the failing statement and the message; warnings on stdout."""

import subprocess
import sys
import warnings

import nbclient
import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from course.kit.checking import failure
from course.kit.checking.card_text import read_told

CELLS = {
    "import": "import numpy as np\nimport warnings\nfrom course.kit import check",
    "learner": (
        "def half(x):\n"
        "    if x == 13:\n"
        "        raise IndexError('bad luck')\n"
        "    return np.array([x]) / 0\n"
    ),
    "passes": "check.equal('five', 5, 5)",
    "fails": "check.equal('one', 1, 1)\ncheck.equal(\n    'two',\n    1,\n    2,\n)",
    "raises": "check.raises('unlucky', ValueError, half, 13)",
    "warns": "half(1)\nhalf(1)\nhalf(2);",
    "strict": (
        "warnings.simplefilter('error')\n"
        "check.close('nan', np.array([np.nan]), np.ones(1))"
    ),
}


@pytest.fixture
def shell():
    config = Config()
    config.HistoryManager.enabled = False
    before = sys.displayhook, sys.excepthook, warnings.showwarning
    filters = warnings.filters[:]
    shell = InteractiveShell.instance(config=config, colors="nocolor")
    yield shell
    failure.leave_warnings()
    InteractiveShell.clear_instance()
    sys.displayhook, sys.excepthook, warnings.showwarning = before
    warnings.filters[:] = filters


@pytest.fixture
def run(shell, capsys):
    def run(*names: str) -> str:
        """Run these cells and return what the last one printed."""
        for name in names:
            capsys.readouterr()
            shell.run_cell(CELLS.get(name, name), store_history=True)
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out

    return run


def test_a_failure_shows_its_card_and_one_line_and_no_frame_of_ours(run):
    assert run("import", "fails") == (
        "ok   one\n"
        "two: wrong value\n"
        "  got     1\n"
        "  wanted  2\n"
        "CheckFailed: two: wrong value\n"
    )


def test_an_error_in_the_learners_code_shows_its_line_in_its_cell(run):
    text = run("import", "learner", "raises")
    assert "half(13) raised IndexError: bad luck" in text
    assert "  cell In[2], line 3, in half:\n      raise IndexError('bad luck')" in text
    assert "course/kit" not in text


def test_a_warning_is_shown_on_stdout_once_per_cell(run):
    run("import", "learner")
    failure.route_warnings()
    expected = (
        "warning from your code (cell In[2], line 4): "
        "divide by zero encountered in divide\n"
        "    return np.array([x]) / 0\n"
    )
    assert run("warns") == expected
    assert run("warns") == expected


def test_a_warning_from_deep_in_a_library_is_put_down_to_the_learners_line(run):
    run("import")
    failure.route_warnings()
    text = run("warnings.simplefilter('always')\nnp.polyfit([1, 1], [1, 1], 1);")
    assert text.startswith("warning from your code (cell In[2], line 2): ")


def test_warnings_as_errors_do_not_break_a_check(run):
    text = run("import", "strict")
    assert "nan: not all values are finite" in text
    assert "RuntimeWarning" not in text


def test_the_hook_is_removed_without_a_trace(shell):
    before = warnings.showwarning
    callbacks = list(shell.events.callbacks["pre_run_cell"])
    assert failure.route_warnings()
    assert failure.route_warnings()
    assert warnings.showwarning is failure.show_warning
    failure.leave_warnings()
    failure.leave_warnings()
    assert warnings.showwarning is before
    assert shell.events.callbacks["pre_run_cell"] == callbacks


def test_outside_ipython_nothing_is_installed():
    before = warnings.showwarning
    assert not failure.route_warnings()
    assert warnings.showwarning is before


def test_a_real_kernel_reports_name_message_and_traceback():
    names = ["import", "learner", "passes", "fails", "warns", "raises"]
    cells = [nbformat.v4.new_code_cell(CELLS[name]) for name in names]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(
        notebook, allow_errors=True, kernel_name="python3", timeout=600
    )
    client.execute()
    outputs = {name: cell.outputs for name, cell in zip(names, notebook.cells)}
    assert [o.text for o in outputs["passes"]] == ["ok   five\n"]
    printed, card, error = outputs["fails"]
    assert printed.text == "ok   one\n"
    assert error.ename == "CheckFailed"
    assert error.evalue == "two: wrong value"
    assert error.traceback == ["CheckFailed: two: wrong value"]
    assert card.data["text/plain"].endswith("  got     1\n  wanted  2")
    told = read_told(card.data)
    assert (told.case, told.what, told.got, told.wanted) == (
        "two",
        "wrong value",
        "1",
        "2",
    )
    assert "cell In[2], line 3, in half:" in outputs["raises"][0].data["text/plain"]
    assert outputs["warns"][0].text.startswith("warning from your code (cell In[2], ")
    names = {o.get("name") for cell in notebook.cells for o in cell.outputs}
    assert "stderr" not in names


def test_a_check_works_without_ipython_and_does_not_import_it():
    code = (
        "import sys\n"
        "sys.modules['IPython'] = None\n"
        "from course.kit import check\n"
        "try:\n    check.equal('two', 1, 2)\n"
        "except check.CheckFailed as error:\n    print(error)\n"
        "print({'matplotlib', 'threading', 'signal'} & {*sys.modules} - before)"
    ).replace("import sys\n", "import numpy, sys\nbefore = {*sys.modules}\n", 1)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout == (
        "two: wrong value\n  got     1\n  wanted  2\ntwo: wrong value\nset()\n"
    )
