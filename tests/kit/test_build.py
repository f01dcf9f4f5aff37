"""`build` writes a file safely, prints a table, and stays out of the way of grading."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from build_cells import Notebook

import course
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
    assert notebook.build("f").startswith(
        "# Built by a notebook with course.kit.build."
    )


def test_table_of_what_is_built_and_missing(notebook):
    folder = notebook.folder / "course"
    folder.mkdir()
    stub = "# Stub: lesson 02.\nfrom course.kit.not_built import NotBuiltYet\n"
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
        "The course: built im2col; unfinished geometry; not built yet convolution, "
        "gradients, pooling, network, inspection, architectures, transfer, fast.\n"
    )
    assert notebook.run(call) == printed, "the second time, nothing is written"
    text = (folder / "geometry.py").read_text(encoding="utf-8")
    assert "# YOUR CODE HERE\n    raise NotImplementedError(" in text


def test_a_relative_folder_is_shown_by_its_name(notebook, monkeypatch):
    monkeypatch.chdir(notebook.folder)
    notebook.run("def f(): return 1")
    printed = notebook.run("build('own', f, folder='.')")
    assert printed.startswith(f"{notebook.folder.name}/own.py\n  f  built\n")


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
    for replaceable in ("", "x = NotBuiltYet\n", "# Stub: x\n", "# Built by x\n"):
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


# From here on in a process of its own, with a copy of the package to build into.


@pytest.fixture
def package(tmp_path):
    """A folder with a `course` that has only its kit; put it on PYTHONPATH."""
    source = Path(course.__file__).parent
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source / "kit", tmp_path / "course" / "kit", ignore=ignore)
    shutil.copy(source / "__init__.py", tmp_path / "course")
    return tmp_path


def run(package: Path, *arguments: str | Path) -> subprocess.CompletedProcess:
    unwanted = ("NBGRADER_EXECUTION", "PYTHONDONTWRITEBYTECODE")
    environment = {k: v for k, v in os.environ.items() if k not in unwanted}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=package,
        env=environment | {"PYTHONPATH": str(package), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


SCRIPT = '''\
from __future__ import annotations
import enum
import numpy as np
from course.kit import build
#
def output_size(size: np.ndarray):
    """Größe."""
    return np.sum(size)
class Kind(enum.Enum):
    CONV = 1
if __name__ == "__main__":
    build("geometry", output_size, Kind)
    from course.geometry import output_size as built
    assert built([1, 2]) == 3
'''


def test_a_plain_script(package):
    script = package / "lesson.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = run(package, script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "course/geometry.py, lesson 01_volumes\n  output_size "
    )
    text = (package / "course" / "geometry.py").read_text(encoding="utf-8")
    assert text.split('"""\n', 1)[1] == (
        "\nfrom __future__ import annotations\n\nimport enum\n\nimport numpy as np\n\n\n"
        'def output_size(size: np.ndarray):\n    """Größe."""\n    return np.sum(size)'
        "\n\n\nclass Kind(enum.Enum):\n    CONV = 1\n"
    )


def test_a_script_that_has_changed_since_it_ran(package):
    (package / "lesson.py").write_text(
        "from course.kit import build\ndef f(): return 1\n"
        "def go(): build('geometry', f)\n",
        encoding="utf-8",
    )
    program = (
        "import lesson, pathlib\n"
        "path = pathlib.Path('lesson.py')\n"
        "path.write_text(path.read_text().replace('return 1', 'return 2'))\n"
        "lesson.go()\n"
    )
    done = run(package, "-c", program)
    assert (
        "BuildError: the text of `f`, as it is live now, was not found" in done.stderr
    )


def test_a_lesson_that_was_edited_and_loaded_again(package):
    lesson = "from course.kit import build\ndef f(): return 1\n"
    lesson += "def go(): build('geometry', f)\n"
    (package / "lesson.py").write_text(lesson, encoding="utf-8")
    program = (
        "import importlib, lesson, pathlib\n"
        "lesson.go()\n"
        "path = pathlib.Path('lesson.py')\n"
        "path.write_text(path.read_text().replace('return 1', 'return 1 + x'))\n"
        "path.write_text(path.read_text().replace('f()', 'f(x)'))\n"
        "importlib.reload(lesson).go()\n"
    )
    done = run(package, "-c", program)
    assert done.returncode == 0, done.stderr
    text = (package / "course" / "geometry.py").read_text(encoding="utf-8")
    assert "def f(x): return 1 + x" in text


def test_a_lesson_that_is_imported_from_bytecode(package):
    """Sets of constants are read from bytecode in another order than compiled."""
    names = ", ".join(repr(f"name{number}") for number in range(40))
    (package / "lesson.py").write_text(
        f"from course.kit import build\ndef f(x): return x in {{{names}}}\n"
        "build('geometry', f)\n",
        encoding="utf-8",
    )
    for _ in ("compiles", "reads the bytecode"):
        done = run(package, "-c", "import lesson")
        assert done.returncode == 0, done.stderr


def test_an_imported_module_is_loaded_again(package):
    stub = "# Stub: lesson 01.\nfrom course.kit.not_built import NotBuiltYet\nold = 1\n"
    (package / "course" / "geometry.py").write_text(stub, encoding="utf-8")
    (package / "lesson.py").write_text(
        "import course.geometry\n"
        "from course.kit import build\n"
        "def f(): return 1\n"
        "build('geometry', f)\n"
        "assert course.geometry.f() == 1\n"
        "assert not hasattr(course.geometry, 'old')\n"
        "def f(): return 2\n"
        "build('geometry', f)\n"
        "assert course.geometry.f() == 2, 'same second, same size: not old bytecode'\n",
        encoding="utf-8",
    )
    done = run(package, "lesson.py")
    assert done.returncode == 0, done.stderr
    done = run(package, "-c", "import course.geometry as g; print(g.f())")
    assert done.stdout == "2\n"


def test_a_module_of_another_folder_is_left_alone(package):
    (package / "elsewhere").mkdir()
    (package / "course" / "geometry.py").write_text("old = 1\n", encoding="utf-8")
    (package / "lesson.py").write_text(
        "import course.geometry\n"
        "from course.kit import build\n"
        "def f(): return 1\n"
        "course.geometry.mark = 1\n"
        "build('geometry', f, folder='elsewhere')\n"
        "assert course.geometry.mark == 1\n",
        encoding="utf-8",
    )
    done = run(package, "lesson.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("elsewhere/geometry.py")


def test_under_nbclient(package, monkeypatch):
    """In a real kernel, whose cells have other file names than those of IPython."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(package))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    cells = [
        "import numpy as np",
        "def f(x):\n    return 1",
        "%%time\ndef f(x):\n    ### BEGIN SOLUTION\n    return np.exp(x)",
        "from dataclasses import dataclass\n@dataclass\nclass Shape:\n    height: int = 1",
        "class Layer:\n    def forward(self, x):\n        raise NotImplementedError",
        "from course.kit import build\nbuild('geometry', f, Shape, Layer)",
        "from course.geometry import Shape as Built\nprint(Built(2).height)",
    ]
    notebook = nbformat.v4.new_notebook(
        cells=list(map(nbformat.v4.new_code_cell, cells))
    )
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert (
        notebook.cells[5]
        .outputs[0]["text"]
        .startswith(
            "course/geometry.py, lesson 01_volumes\n"
            "  f      built\n  Shape  built\n  Layer  missing: forward\n2 of 3 built.\n"
        )
    )
    assert notebook.cells[6].outputs[0]["text"] == "2\n"
    text = (package / "course" / "geometry.py").read_text(encoding="utf-8")
    assert text.split('"""\n', 1)[1] == (
        "\nfrom dataclasses import dataclass\n\nimport numpy as np\n\n\n"
        "def f(x):\n    return np.exp(x)\n\n\n"
        "@dataclass\nclass Shape:\n    height: int = 1\n\n\n"
        "class Layer:\n    def forward(self, x):\n        raise NotImplementedError\n"
    )


def test_called_outside_of_the_notebook(tmp_path):
    with pytest.raises(
        BuildError, match="`test_called_outside_of_the_notebook` is not"
    ):
        exec("build('own', f, folder=1)", {"build": build, "f": THIS})  # noqa: S102


THIS = test_called_outside_of_the_notebook
