"""What a lesson brings with it: little, and nothing that Python in a browser lacks."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course.kit.syllabus import MODULE_OF_LESSON

ROOT = Path(__file__).parents[2]
MODULES = [f"course.{module}" for module in MODULE_OF_LESSON.values()]
# Of Python's own: what starts programs and threads, hears signals, compresses as liblzma does.
HEAVY = "concurrent fcntl lzma multiprocessing resource signal subprocess threading"
ALLOWED = {
    "course.kit": set(),
    "course.kit.build": set(),
    "course.kit.checkpoint": {"numpy"},
    "course.kit.training": set(),
    "course.kit.page": {"numpy"},
    "course.kit.pretrained": set(),
    "course.kit.receptive_field": {"numpy"},
    "course.kit.check": {"numpy"},
    **{module: {"numpy"} for module in MODULES},
    "course.geometry": set(),
}
# What Pyodide leaves out, by its page "Pyodide Python compatibility". Programs and threads can be
# imported there, as matplotlib and scikit-learn do, and not be started.
NOT_IN_A_BROWSER = (
    "fcntl",
    "grp",
    "lzma",
    "_lzma",
    "pwd",
    "resource",
    "termios",
)
TELL = """
import importlib, json, sys
before = {*sys.modules}
importlib.import_module(sys.argv[1])
print(json.dumps(sorted({name.partition(".")[0] for name in {*sys.modules} - before})))
"""
WITHOUT = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[1].split()))
"""


def python(program: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", ALLOWED)
def test_an_import_brings_what_it_may(module):
    found = set(json.loads(python(TELL, module)))
    others = found - {"course"} - sys.stdlib_module_names
    assert others == ALLOWED[module], "pulled in by what is imported at the top"
    assert not found & {*HEAVY.split()}


def test_lessons_import_where_the_heavy_modules_are_missing():
    missing = f"{HEAVY} concurrent.futures.process bz2 tempfile zipfile"
    python(WITHOUT + f"import {', '.join(ALLOWED)}", missing)


def imports(notebook: Path) -> str:
    """The import lines of a notebook, in their order."""
    lines = []
    for cell in nbformat.read(notebook, 4).cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)
            lines += [
                ast.unparse(node)
                for node in tree.body
                if isinstance(node, ast.Import | ast.ImportFrom)
            ]
    return "\n".join(lines)


@pytest.mark.whole
@pytest.mark.parametrize("lesson", [*MODULE_OF_LESSON, "bridge"])
def test_all_that_a_page_imports_is_found_without_what_a_browser_lacks(lesson):
    lines = imports(ROOT / "solutions" / lesson / f"{lesson}.ipynb")
    assert "from course.kit" in lines
    python(WITHOUT + lines, " ".join(NOT_IN_A_BROWSER))


@pytest.fixture
def largest_view(monkeypatch):
    """Bytes of the largest view of windows that is made, each number counted at each place."""
    sizes = [0]
    real = np.lib.stride_tricks.sliding_window_view

    def measured(*words, **named):
        view = real(*words, **named)
        sizes.append(view.nbytes)
        return view

    monkeypatch.setattr(np.lib.stride_tricks, "sliding_window_view", measured)
    return lambda: max(sizes)


def test_no_view_is_larger_than_a_python_of_32_bits_can_count(largest_view):
    from course import fast, im2col
    from course.kit.data import TASKS, photo_crops

    for task in TASKS.values():
        task.draw("train", 60, 0)
    photo_crops("train", 60)
    rng = np.random.default_rng(0)
    # The widest layers of the course, with few images: blocks of more are no larger.
    for shape, filters in [
        ((2, 3, 227, 227), (4, 3, 11, 11)),
        ((16, 32, 32, 32), (8, 32, 5, 5)),
        ((8, 64, 32, 32), (4, 64, 3, 3)),
    ]:
        x, w = rng.random(shape, np.float32), rng.random(filters, np.float32)
        b = np.zeros(len(w), np.float32)
        im2col.conv_forward(x, w, b)
        for method in (fast.conv_forward_lines, fast.conv_forward_blocks):
            method(x, w, b)
        if w.shape[2] == 3:
            fast.conv_forward_winograd_lines(x, w, b)
    assert 0 < largest_view() < 2**31
