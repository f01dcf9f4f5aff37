"""A class that was never taught: submissions whose marks are known beforehand."""

import copy
import csv
import io
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from autograder.lessons import Lesson, find_lessons
from autograder.lessons.answers import fill
from autograder.lessons.source import notebook_text
from autograder.simulation.careless import HABITS
from autograder.simulation.homework import Desk, Homework
from course.kit.refusal import Refusal

# What learners do, in turn.
PROFILES = (
    "perfect",
    "mistake",
    "partial",
    "careless",
    "untouched",
    "mistake",
    "careless",
    "partial",
    "mistake",
    "careless",
)
TRUTH = "truth.csv"
TRUTH_COLUMNS = ("student", "lesson", "task", "expected", "kind")
ROSTER = "students.csv"
ROSTER_COLUMNS = ("id", "first_name", "last_name")
FIRST_NAMES = (
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
)
LAST_NAMES = (
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
)


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
    bytes. Refuses a folder that is not empty.
    """
    if students < 1:
        raise Refusal(f"{students} students make no class. Give --students 1 or more")
    if class_folder.exists() and not class_folder.is_dir():
        raise Refusal(f"{class_folder} is a file. Name an empty or new folder")
    if class_folder.is_dir() and any(class_folder.iterdir()):
        raise Refusal(f"{class_folder} is not empty. Name an empty or new folder")
    lessons = find_lessons(root) if lessons is None else lessons
    desks = [Desk(lesson) for lesson in lessons]
    if not desks:
        raise Refusal(f"{root} has no lessons. Write one in solutions/ first")
    class_folder.parent.mkdir(parents=True, exist_ok=True)
    part = tempfile.mkdtemp(prefix=f".{class_folder.name}.", dir=class_folder.parent)
    try:
        new = Path(part) / "class"
        _write_class(new, desks, students, seed)
        if class_folder.is_dir():
            class_folder.rmdir()
        new.rename(class_folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_class(folder: Path, desks: list[Desk], students: int, seed: int) -> None:
    truth: list[tuple] = []
    roster: list[tuple] = []
    for number in range(students):
        student = f"student_{number + 1:04d}"
        rng = random.Random(f"{seed} {student}")
        roster.append((student, rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)))
        for desk in desks:
            homework, notebook, name = _submission(desk, number, rng)
            path = folder / "submitted" / student / desk.lesson.name / name
            path.parent.mkdir(parents=True)
            path.write_text(notebook_text(notebook), encoding="utf-8", newline="\n")
            truth.extend(_truth_rows(student, desk.lesson.name, homework))
    for name, columns, rows in (
        (TRUTH, TRUTH_COLUMNS, truth),
        (ROSTER, ROSTER_COLUMNS, roster),
    ):
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows([columns, *rows])
        (folder / name).write_text(text.getvalue(), encoding="utf-8", newline="\n")


def _submission(
    desk: Desk, number: int, rng: random.Random
) -> tuple[Homework, NotebookNode, str]:
    """The work of the student with this number, as a notebook and the name of its file."""
    turn, place = divmod(number, len(PROFILES))
    profile = PROFILES[place]
    name = f"{desk.lesson.name}.ipynb"
    work = {
        "untouched": desk.nothing,
        "mistake": desk.one_mistake,
        "partial": desk.some,
    }.get(profile, desk.everything)
    homework = work(rng)
    notebook = fill(copy.deepcopy(desk.notebook), homework.answers)
    if profile == "careless":
        before = PROFILES[:place].count(profile) + turn * PROFILES.count(profile)
        habits = list(HABITS.values())
        name = habits[before % len(habits)](notebook, name, rng) or name
    return homework, notebook, name


def _truth_rows(student: str, lesson: str, homework: Homework) -> Iterator[tuple]:
    for task, points in homework.expected.items():
        expected = "" if points is None else f"{points:g}"
        yield student, lesson, task, expected, homework.kinds[task]
