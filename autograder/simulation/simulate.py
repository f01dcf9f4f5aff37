"""A class that was never taught: submissions whose marks are known beforehand."""

import ast
import copy
import csv
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.files import csv_text
from autograder.grading.classroom import LOCK, open_classroom
from autograder.lessons import Lesson, find_lessons
from autograder.lessons.answers import fill
from autograder.lessons.source import marks, notebook_text, solution_cells
from autograder.reports.marks import lesson_names, read_marks
from autograder.simulation.synthetic_submissions import (
    SyntheticSubmission,
    SyntheticSubmissions,
)
from course.kit import UsageError

# What students do, in turn.
PROFILES = (
    *("perfect", "mistake", "partial", "perturbed", "untouched"),
    *("mistake", "perturbed", "partial", "mistake", "perturbed"),
)
TRUTH = "truth.csv"
MADE_BY_RELEASE = ("history", "source", "release", LOCK)  # in the class folder
TRUTH_COLUMNS = ("student", "lesson", "task", "expected", "kind")
ROSTER = "students.csv"
ROSTER_COLUMNS = ("id", "first_name", "last_name")
FIRST_NAMES = [
    "Ada",
    "Amina",
    "Björn",
    "Chen",
    "Dilek",
    "Emil",
    "Fatou",
    "Grace",
    "Hugo",
    "Ines",
    "Jürgen",
    "Kofi",
    "Lena",
    "Miguel",
    "Noor",
    "Olga",
    "Priya",
    "Quentin",
    "Ruth",
    "Sofía",
]
LAST_NAMES = [
    "Abebe",
    "Brandt",
    "Costa",
    "Dvořák",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kaya",
    "Lindström",
    "Müller",
    "Nakamura",
    "Okafor",
    "Peeters",
    "O'Neill",
    "de la Cruz",
    "Weiß",
    "Davis, Jr.",
]
SCRATCH = (
    "print('so far so good')",
    "1 / 0",
    "np.arange(12).reshape(3, 4)",
    "# look at this again tomorrow",
    "not_defined_anywhere + 1",
)


@dataclass(frozen=True)
class Disagreement:
    """A mark of a simulated class that is not the expected one.

    `expected` None: a person should have to mark it. `got` None: there is no mark, or a
    person has to mark it.
    """

    student: str
    lesson: str
    task: str
    expected: float | None
    got: float | None
    kind: str


def simulate(
    root: Path,
    class_folder: Path,
    students: int,
    seed: int,
    lessons: list[Lesson] | None = None,
) -> None:
    """Write submitted/STUDENT/LESSON/*.ipynb of so many students, and what each must get.

    `truth.csv` has the marks that every task must get, and none where a person marks;
    `students.csv` the names, as nbgrader imports them. The same arguments give the same
    bytes. Refuses a folder that is not empty, but for what a release left there.
    """
    if students < 1:
        raise UsageError(
            f"{students} students make no class. Give --students 1 or more"
        )
    if class_folder.exists() and not class_folder.is_dir():
        raise UsageError(f"{class_folder} is a file. Name an empty or new folder")
    if class_folder.is_dir() and any(
        path.name not in MADE_BY_RELEASE for path in class_folder.iterdir()
    ):
        raise UsageError(f"{class_folder} is not empty. Name an empty or new folder")
    lessons = find_lessons(root) if lessons is None else lessons
    makers = [SyntheticSubmissions(lesson) for lesson in lessons]
    if not makers:
        raise UsageError(f"{root} has no lessons. Write one in solutions/ first")
    class_folder.parent.mkdir(parents=True, exist_ok=True)
    part = tempfile.mkdtemp(prefix=f".{class_folder.name}.", dir=class_folder.parent)
    try:
        new = Path(part) / "class"
        _write_class(new, makers, students, seed)
        if class_folder.is_dir():
            for path in class_folder.iterdir():
                path.rename(new / path.name)
            class_folder.rmdir()
        new.rename(class_folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def compare_with_truth(
    class_folder: Path, lessons: Iterable[Lesson | str] = ()
) -> list[Disagreement]:
    """Where the marks differ from truth.csv, the marks a simulated class must get.

    Only graded lessons are compared. No difference gives an empty list.
    """
    room = open_classroom(class_folder, graded=True)
    names = lesson_names(room, lessons)
    marks = {
        (mark.student, mark.lesson, mark.task): mark
        for mark in read_marks(class_folder, names)
    }
    found = []
    for student, lesson, task, expected, kind in _read_truth(room.truth):
        if lesson not in names:
            continue
        mark = marks.get((student, lesson, task))
        got = None if mark is None or mark.needs_manual else mark.score
        if got != expected or mark is None:
            found.append(Disagreement(student, lesson, task, expected, got, kind))
    return found


def _write_class(
    folder: Path, makers: list[SyntheticSubmissions], students: int, seed: int
) -> None:
    truth: list[tuple] = []
    roster: list[tuple] = []
    for number in range(students):
        student = f"student_{number + 1:04d}"
        rng = random.Random(f"{seed} {student}")
        roster.append((student, rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)))
        for maker in makers:
            submission, notebook, name = _submission(maker, number, rng)
            path = folder / "submitted" / student / maker.lesson.name / name
            path.parent.mkdir(parents=True)
            path.write_text(notebook_text(notebook), encoding="utf-8", newline="\n")
            truth.extend(_truth_rows(student, maker.lesson.name, submission))
    for name, columns, rows in (
        (TRUTH, TRUTH_COLUMNS, truth),
        (ROSTER, ROSTER_COLUMNS, roster),
    ):
        text = csv_text([columns, *rows])
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _submission(
    maker: SyntheticSubmissions, number: int, rng: random.Random
) -> tuple[SyntheticSubmission, NotebookNode, str]:
    """The work of the student with this number, as a notebook and the name of its file."""
    turn, place = divmod(number, len(PROFILES))
    profile = PROFILES[place]
    name = f"{maker.lesson.name}.ipynb"
    work = {
        "untouched": maker.nothing,
        "mistake": maker.one_mistake,
        "partial": maker.some,
    }.get(profile, maker.everything)
    submission = work(rng)
    notebook = fill(copy.deepcopy(maker.notebook), submission.answers)
    if profile == "perturbed":
        before = PROFILES[:place].count(profile) + turn * PROFILES.count(profile)
        perturbations = list(PERTURBATIONS.values())
        name = perturbations[before % len(perturbations)](notebook, name, rng) or name
    return submission, notebook, name


def _truth_rows(
    student: str, lesson: str, submission: SyntheticSubmission
) -> Iterator[tuple]:
    for task, points in submission.expected.items():
        expected = "" if points is None else f"{points:g}"
        yield student, lesson, task, expected, submission.kinds[task]


def _read_truth(path: Path) -> list[tuple[str, str, str, float | None, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                (
                    row["student"],
                    row["lesson"],
                    row["task"],
                    float(row["expected"]) if row["expected"] else None,
                    row["kind"],
                )
                for row in csv.DictReader(file)
            ]
    except FileNotFoundError:
        raise UsageError(
            f"{path} is not there: only a simulated class has expected marks"
        ) from None
    except (KeyError, ValueError, TypeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} is not a table of expected marks ({error}). "
            "Simulate the class again"
        ) from None


# What students do to a notebook that must cost them nothing. Each perturbation changes the
# notebook in place; one that renames the file returns the new name.


def renamed_file(notebook: NotebookNode, name: str, rng: random.Random) -> str:
    """The name that JupyterLab gives to a duplicate, or a browser to a second download."""
    stem = name.removesuffix(".ipynb")
    return f"{stem}{rng.choice(['-Copy1', ' (1)', '_final'])}.ipynb"


def extra_cells(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """Scratch cells, broken ones among them, and a note, anywhere after the first cell."""
    for number, source in enumerate(SCRATCH):
        cell = nbformat.v4.new_code_cell(source)
        cell["id"] = f"scratch-{number}"
        notebook.cells.insert(rng.randint(1, len(notebook.cells)), cell)
    note = nbformat.v4.new_markdown_cell("## My notes\nAsk about this.")
    note["id"] = "my-notes"
    notebook.cells.insert(rng.randint(1, len(notebook.cells)), note)


def warning_on_stderr(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """Every function warns and prints to stderr each time it is called."""
    noise = (
        "import sys, warnings",
        "warnings.warn('remember to tidy this up')",
        "print('called', file=sys.stderr)",
    )
    for cell in solution_cells(notebook):
        if cell.cell_type != "code":
            continue
        lines = cell.source.split("\n")
        definition = ast.parse(cell.source).body[-1]
        if not isinstance(definition, ast.FunctionDef):
            continue
        first = definition.body[0]
        if isinstance(first, ast.Expr) and len(definition.body) > 1:
            first = definition.body[1]
        indent = " " * first.col_offset
        lines[first.lineno - 1 : first.lineno - 1] = [indent + line for line in noise]
        cell.source = "\n".join(lines)


def cells_reordered(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """Answers and checks in any order; what stands between them stays."""
    places = [place for place, cell in enumerate(notebook.cells) if marks(cell)]
    cells = [notebook.cells[place] for place in places]
    rng.shuffle(cells)
    for place, cell in zip(places, cells, strict=True):
        notebook.cells[place] = cell


def outputs_kept(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """Numbered cells with outputs, the failures of an earlier try among them."""
    failure = {
        "ename": "CheckFailed",
        "evalue": "an earlier try",
        "traceback": ["CheckFailed: an earlier try"],
    }
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        count += rng.randint(1, 3)
        cell.execution_count = count
        failed = marks(cell).get("grade") and rng.random() < 0.5
        cell.outputs = [
            nbformat.v4.new_output("error", **failure)
            if failed
            else nbformat.v4.new_output("stream", name="stdout", text="ok\n")
        ]


def copied_cells(notebook: NotebookNode, name: str, rng: random.Random) -> None:
    """An answer and a check pasted at the end; JupyterLab pastes their metadata, too."""
    for graded in (False, True):
        cells = [
            cell
            for cell in notebook.cells
            if cell.cell_type == "code"
            and marks(cell)
            and bool(marks(cell).grade) is graded
        ]
        twin = copy.deepcopy(rng.choice(cells))
        twin["id"] = f"pasted-{len(notebook.cells)}"
        notebook.cells.append(twin)


PERTURBATIONS = {
    "renamed file": renamed_file,
    "extra cells": extra_cells,
    "warning on stderr": warning_on_stderr,
    "cells reordered": cells_reordered,
    "outputs kept": outputs_kept,
    "copied cells": copied_cells,
}
