"""A small checkout to build and release in a test: two lessons of a few cells each."""

import json
import shutil
from pathlib import Path

from autograder.lessons import Lesson, checkout
from autograder.lessons.course_files import is_generated, kit_files

HEADER = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
"""

FIRST = [
    ("markdown", {}, "# How big is the output?\n\nCount the places."),
    ("code", {}, "from course.kit import build, check"),
    (
        "code",
        {"task": "output_size"},
        '''\
def output_size(size, filter_size, stride=1):
    """Places of a filter along one axis.

    All are counts of pixels. Raises ValueError when the filter does not fit.
    """
    ### BEGIN SOLUTION hint: Count the places where the filter can start.
    room = size - filter_size
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} does not fit")
    return room // stride + 1
    ### END SOLUTION''',
    ),
    (
        "code",
        {"task": "half"},
        '''\
def half(number):
    """The smaller half of a whole number."""
    ### BEGIN SOLUTION
    return (abs(number) - 1) // 2 + 0 * number
    ### END SOLUTION''',
    ),
    ("code", {"check": "output_size"}, "check(output_size, half)"),
    ("code", {"tags": ["demo"]}, 'print("half of nine is", half(9))'),
    ("markdown", {}, "Why is the filter's width odd?"),
    (
        "markdown",
        {"question": "odd", "points": 1},
        """\
### BEGIN SOLUTION
So that it has a middle pixel to stand on.

One point for naming the middle pixel or the symmetry.
### END SOLUTION""",
    ),
    ("code", {}, 'build("geometry", output_size, half)'),
]

SECOND = [
    ("markdown", {}, "# What does a layer compute?"),
    (
        "code",
        {},
        "from course.geometry import output_size\nfrom course.kit import build, check",
    ),
    (
        "code",
        {"task": "row_sums"},
        '''\
def row_sums(row, filter_size):
    """Sum of each window of a list."""
    ### BEGIN SOLUTION hint: One sum per place.
    places = range(output_size(len(row), filter_size))
    return [sum(row[place : place + filter_size]) for place in places]
    ### END SOLUTION''',
    ),
    ("code", {"check": "row_sums", "tags": ["nbval-check-output"]}, "check(row_sums)"),
    ("code", {}, 'build("convolution", row_sums)'),
]

FIRST_CHECKS = {
    "output_size": '''\
"""Places of a filter, and half a number."""

from autograder.lessons.task_modules import right, wrong

POINTS = 2


def cases(t, output_size, half):
    t.case("7 wide, filter 3", output_size(7, 3), 5)
    t.case("9 wide, stride 2", output_size(9, 3, 2))
    t.case("half of 7", half(7), 3)


def hidden(t, output_size, half):
    t.case("31 wide, filter 7, stride 4", output_size(31, 7, stride=4), 7)
    t.case("half of 8", half(8), 3)


@right("counted one by one")
def output_size__counted(size, filter_size, stride=1):
    places = list(range(0, size - filter_size + 1, stride))
    if not places or places[-1] + filter_size != size:
        raise ValueError("does not fit")
    return len(places)


@right("the plain formula")
def output_size__plain(size, filter_size, stride=1):
    places, rest = divmod(size - filter_size, stride)
    if rest or places < 0:
        raise ValueError("does not fit")
    return places + 1


wrong("the + 1 is missing", "// stride + 1", "// stride")


@right("by steps")
def half__steps(number):
    return len(range(2, number, 2))


@wrong("the number is doubled")
def half__doubled(number):
    return number + number
'''
}

SECOND_CHECKS = {
    "row_sums": '''\
"""Sums of windows."""

POINTS = 1


def cases(t, row_sums):
    t.case("three of four", row_sums([1, 2, 3, 4], 3), [6, 9])
'''
}


def tiny_course(root: Path) -> Path:
    """Write a checkout with this course's kit, lessons 01 and 02, nothing built; `root`."""
    real = checkout()
    for path in kit_files(real):
        if not is_generated(path):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(real / path, root / path)
    for name in ("pyproject.toml", "LICENSE", "docs/glossary.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(real / name, root / name)
    write_lesson(root, "01_volumes", FIRST, FIRST_CHECKS)
    write_lesson(root, "02_convolution", SECOND, SECOND_CHECKS)
    return root


def write_lesson(
    root: Path,
    name: str,
    cells: list[tuple[str, dict, str]],
    checks: dict[str, str],
) -> Lesson:
    """Write solutions/NAME.py with these cells (type, what about it, source), and its checks."""
    lesson = Lesson(root, name)
    shutil.rmtree(lesson.task_checks, ignore_errors=True)
    texts = {lesson.task_checks / f"{task}.py": text for task, text in checks.items()}
    texts[lesson.source] = HEADER + "".join(f"\n{_percent(*cell)}\n" for cell in cells)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return lesson


def edit(path: Path, old: str, new: str) -> None:
    """Replace the one place where `old` stands in a text file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def files_of(root: Path) -> dict[str, bytes]:
    """Every file under `root` with its content, to compare before and after."""
    paths = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def _percent(kind: str, about: dict, source: str) -> str:
    head = "# %%"
    if kind == "markdown":
        head += " [markdown]"
        source = "\n".join(f"# {line}".rstrip() for line in source.split("\n"))
    head += "".join(f" {key}={json.dumps(value)}" for key, value in about.items())
    return f"{head}\n{source}"
