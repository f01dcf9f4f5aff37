"""`build` writes a file safely, prints a table, and stays out of the way of grading."""

import os
import sys

import pytest
from build_cells import Notebook

from course.kit.build import BuildError, build

TASKS = '''\
def output_size(size):
    """Pixels."""
    return size

def pad_to_fit(size):
    """Pixels."""
    # YOUR CODE HERE
    raise NotImplementedError("pad_to_fit is yours to write. Hint: count.")

def rounded(size):
    if size < 0:
        raise NotImplementedError
    return size

class Layer:
    def forward(self, x):
        raise NotImplementedError("yours")

    async def backward(self, x):
        """Docstring."""
        raise NotImplementedError

    def ready(self): return 1
'''


@pytest.fixture
def notebook(tmp_path):
    with Notebook(tmp_path) as opened:
        yield opened


def test_heading_names_the_lesson(notebook):
    notebook.run("def f(): return 1")
    assert notebook.build("f", module="geometry") == (
        "# Built by lesson 01_volumes with course.kit.build.\n"
        "# Change the notebook and build again; a change made here would be lost.\n"
        '"""What lesson 01_volumes builds."""\n\n\n'
        "def f(): return 1\n"
    )


def test_table_of_what_is_built_and_missing(notebook):
    folder = notebook.folder / "course"
    folder.mkdir()
    stub = "from course.kit import NotBuiltYet\n"
    stub += "def neuron(): raise NotBuiltYet('neuron')\n"
    (folder / "convolution.py").write_text(stub, encoding="utf-8")
    (folder / "im2col.py").write_text("def im2col(): return 1\n", encoding="utf-8")
    notebook.shell.user_ns["folder"] = folder
    notebook.run(TASKS)
    call = (
        "build('geometry', output_size, pad_to_fit, rounded, Layer, folder=str(folder))"
    )
    printed = notebook.run(call)
    assert printed == (
        "course/geometry.py, lesson 01_volumes\n"
        "  output_size  built\n"
        "  pad_to_fit   missing\n"
        "  rounded      built\n"
        "  Layer        missing: forward, backward\n"
        "2 of 4 built.\n"
        "Built as it stands. To see which answers are right: course check 01_volumes\n"
        "The course: built im2col; unfinished geometry; not built yet convolution, "
        "gradients, pooling, network, training, inspection, architectures, transfer, fast.\n"
    )
    assert notebook.run(call) == printed, "the second time, nothing is written"
    text = (folder / "geometry.py").read_text(encoding="utf-8")
    assert "# YOUR CODE HERE\n    raise NotImplementedError(" in text


def test_a_relative_folder_is_shown_by_its_name(notebook, monkeypatch):
    monkeypatch.chdir(notebook.folder)
    notebook.run("def f(): return 1")
    printed = notebook.run("build('own', f, folder='.')")
    assert printed.startswith(
        f"{notebook.folder.name}/own.py, lesson own\n  f  built\n"
    )


def test_unchanged_content_is_not_written_again(notebook):
    notebook.run("def f(): return 1")
    notebook.build("f")
    path = notebook.folder / "own.py"
    os.utime(path, (1, 1))
    notebook.build("f")
    assert path.stat().st_mtime == 1
    notebook.run("def f(): return 2")
    assert "return 2" in notebook.build("f")
    assert path.stat().st_mtime != 1
    assert [path.name for path in notebook.folder.iterdir()] == ["own.py"]


def test_result_is_none_and_stderr_silent(notebook, capfd):
    notebook.run("def f(): return 1", "result = build('own', f, folder=folder)")
    assert notebook.shell.user_ns["result"] is None
    assert capfd.readouterr().err == ""


def test_nothing_is_done_while_grading(notebook, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert notebook.run("assert build('nonsense!', 3, folder=folder) is None") == ""
    assert list(notebook.folder.iterdir()) == []


def test_a_file_that_build_did_not_write_is_kept(notebook):
    mine = "def own(): return 'mine'\n"
    path = notebook.folder / "own.py"
    path.write_text(mine, encoding="utf-8")
    notebook.run("def f(): return 1")
    with pytest.raises(BuildError, match="was not written by build, and would be lost"):
        notebook.build("f")
    assert path.read_text(encoding="utf-8") == mine
    for replaceable in ("", "x = NotBuiltYet\n", "# Built by x\n"):
        path.write_text(replaceable, encoding="utf-8")
        assert "return 1" in notebook.build("f")


def test_an_interrupted_write_leaves_the_old_file(notebook, monkeypatch):
    notebook.run("def f(): return 1")
    old = notebook.build("f")
    notebook.run("def f(): return 2")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build_in(notebook, "f")
    assert (notebook.folder / "own.py").read_text(encoding="utf-8") == old
    assert [path.name for path in notebook.folder.iterdir()] == ["own.py"]


def build_in(notebook: Notebook, name: str) -> None:
    """Call `build` in the notebook's namespace, but outside its shell's error handling."""
    call = f"build('own', {name}, folder=folder)"
    eval(compile(call, "<call>", "eval"), notebook.shell.user_ns)


def test_a_folder_that_cannot_be_written_to(notebook, monkeypatch):
    notebook.run("def f(): return 1")

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(
        BuildError, match=r"could not be written: Permission denied\. Ch"
    ):
        notebook.build("f")
    assert list(notebook.folder.iterdir()) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
@pytest.mark.parametrize("protected", ["folder", "file"])
def test_write_protection(notebook, protected):
    path = notebook.folder / "own.py"
    path.write_text("# Built by a notebook\n", encoding="utf-8")
    notebook.run("def f(): return 1")
    target = path if protected == "file" else notebook.folder
    target.chmod(0o555)
    try:
        with pytest.raises(BuildError, match="could not be written"):
            notebook.build("f")
        assert path.read_text(encoding="utf-8") == "# Built by a notebook\n"
    finally:
        target.chmod(0o755)


@pytest.mark.parametrize("place", ["missing", "file.txt"])
def test_a_folder_that_is_none(notebook, place):
    (notebook.folder / "file.txt").touch()
    notebook.shell.user_ns["folder"] = notebook.folder / place
    notebook.run("def f(): return 1")
    with pytest.raises(BuildError, match="own.py could not be written"):
        notebook.run("build('own', f, folder=folder)")


def test_sys_modules_is_as_before(notebook):
    notebook.run("def f(): return 1")
    sys.modules.pop("course.own", None)
    before = dict(sys.modules)
    notebook.build("f")
    assert "course.own" not in sys.modules
    assert all(sys.modules[name] is module for name, module in before.items())


def test_called_outside_of_the_notebook(tmp_path):
    with pytest.raises(
        BuildError, match="`test_called_outside_of_the_notebook` is not"
    ):
        exec("build('own', f, folder=1)", {"build": build, "f": THIS})  # noqa: S102


THIS = test_called_outside_of_the_notebook
