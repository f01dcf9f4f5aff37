"""`make lite`: every lesson is in the site, with a first cell that finds `course`.

What Python in a browser does with it needs a CDN and is not tested; that lessons import without
what a browser lacks is, in tests/kit/test_imports.py.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from made_once import made_once

from autograder.lessons import BRIDGE, checkout, find_lessons

ROOT = checkout()
LESSONS = [*(lesson.name for lesson in find_lessons(ROOT)), BRIDGE]
pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    if importlib.util.find_spec("jupyterlite_pyodide_kernel") is None:
        stop = pytest.fail if os.environ.get("COURSE_SITE_REQUIRED") else pytest.skip
        stop("JupyterLite is missing; `make lite` installs it")
    return made_once(tmp_path_factory, "lite", build) / "site"


def build(folder: Path) -> None:
    target = folder / "site"
    target.mkdir()
    (target / "left from before.txt").touch()
    command = [sys.executable, "docs/lite.py", "--to", str(target)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, check=False, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert "not tested offline" in done.stdout


def test_the_site_is_made_from_nothing_with_the_kernel_and_no_tools_of_instructors(
    site,
):
    assert not (site / "left from before.txt").exists()
    settings = json.loads((site / "jupyter-lite.json").read_text(encoding="utf-8"))
    found = settings["jupyter-config-data"]
    names = {each["name"] for each in found["federated_extensions"]}
    assert "@jupyterlite/pyodide-kernel-extension" in names and "anywidget" in names
    assert not [name for name in names if "nbgrader" in name]
    assert found["appName"] == "Convolutional networks from scratch"


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_there_without_answers_and_finds_the_course(site, lesson):
    folder = site / "files" / "notebooks" / lesson
    notebook = nbformat.read(folder / f"{lesson}.ipynb", as_version=4)
    assert "SOLUTION" not in json.dumps(notebook)
    title, first, *_ = notebook.cells
    assert title.source.startswith("# ") and "not tested offline" in first.source
    lines = [line for line in first.source.split("\n") if not line.startswith("%pip")]
    program = "\n".join(
        [*lines, "import course.kit.data", "print(course.__file__, end='')"]
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
    )
    assert Path(done.stdout) == site / "files" / "course" / "__init__.py"


def test_files_are_listed_where_the_browser_looks_for_them(site):
    def listed(folder: str) -> set[str]:
        text = (site / "api" / "contents" / folder / "all.json").read_text("utf-8")
        return {each["name"] for each in json.loads(text)["content"]}

    assert {"course", "notebooks", "docs"} <= listed("")
    assert listed("notebooks") == set(LESSONS)
    assert {"digits.npz", "shapes.npz"} <= listed("course/kit/pretrained")
