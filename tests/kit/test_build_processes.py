"""`build` outside of IPython, and in a real kernel: each test in a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import course


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
    stub = "from course.kit import NotBuiltYet\nold = 1\n"
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
        "assert course.geometry.f() == 2, 'same second, same size: not old bytecode'\n"
        "def f(): return 3\n"
        "build('geometry', f, folder='course')\n"
        "assert course.geometry.f() == 3, 'its own folder was named'\n",
        encoding="utf-8",
    )
    done = run(package, "lesson.py")
    assert done.returncode == 0, done.stderr
    done = run(package, "-c", "import course.geometry as g; print(g.f())")
    assert done.stdout == "3\n"


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
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
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
