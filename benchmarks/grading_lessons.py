"""Every lesson's class against stock nbgrader, on the same submissions.

Used by grading.py. In every round, lesson by lesson, stock nbgrader grades a few of the learners
and `autograder grade` all of them, as a process with one worker for each processor. What only
shows something (the cells tagged `demo`) is run by neither: stock nbgrader gets notebooks
without these cells. Compared are seconds for one submission of a class of this size: of stock
nbgrader the mean of its few, in a process that has started, and the start divided by the class;
of ours the whole process divided by the class. The marks must be equal.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from grading_scale import grade_command, needed
from nbgrader.api import Gradebook

from autograder.grading.cells import is_demo
from autograder.grading.grade import grade
from autograder.lessons import Lesson, checkout
from autograder.reports.marks import read_submissions
from autograder.simulation.simulate import simulate

HERE = Path(__file__).resolve().parent
Clocks = list[float]  # seconds that passed, and those of the processor
PAGES = ("feedback", "feedback again", "report")


@contextmanager
def stock_nbgrader(
    course: Path,
) -> Iterator[tuple[Callable[[list[str]], float], float]]:
    """A function from [lesson, student] to seconds, and the seconds that the start took."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "stock_worker.py"), str(course)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=course,
        env=os.environ | {"PYTHONPATH": str(checkout())},
        text=True,
        encoding="utf-8",
    ) as process:

        def answer() -> Clocks:
            return json.loads(process.stdout.readline() or '"nbgrader ended"')

        def autograde(place: list[str]) -> Clocks:
            process.stdin.write(json.dumps(place) + "\n")
            process.stdin.flush()
            return answer()

        try:
            yield autograde, answer()
        finally:
            process.stdin.close()


def stock_course(room: Path, copy: Path, students: list[str]) -> None:
    """A course folder of stock nbgrader with these learners' submissions, without demos."""
    for name in ("source", "release"):
        shutil.copytree(room / name, copy / name)
    for student in students:
        shutil.copytree(room / "submitted" / student, copy / "submitted" / student)
    for folder in copy.glob("submitted/*/*"):
        # Stock nbgrader finds a notebook by its name only.
        for path in folder.glob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            notebook.cells = [cell for cell in notebook.cells if not left_out(cell)]
            path.unlink()
            nbformat.write(notebook, folder / f"{folder.name}.ipynb")
    shutil.copyfile(room / "gradebook.db", copy / "gradebook.db")


def left_out(cell: nbformat.NotebookNode) -> bool:
    """Whether grading leaves the cell out: it only shows something, and is not graded."""
    return is_demo(cell) and not cell.metadata.get("nbgrader", {}).get("grade_id")


def run_ours(room: Path, lesson: str) -> dict:
    """One lesson's class: wall seconds in all, and where those of the workers went."""
    command = grade_command(room, [lesson], "--force", "--json")
    started = time.monotonic()
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, encoding="utf-8"
    )
    seconds = time.monotonic() - started
    if done.returncode not in (0, 3):
        raise SystemExit(f"autograder grade failed:\n{done.stderr}")
    rows = json.loads(done.stdout)["rows"]
    checks = sum(task["seconds"] for row in rows for task in row["tasks"])
    running = sum(row["seconds"] for row in rows)
    return {
        "seconds": seconds / len(rows),
        "cpu": needed(done.stderr)[1] / len(rows),
        "checks": checks / len(rows),
        "answers": (running - checks) / len(rows),
    }


def run_pages(room: Path) -> dict[str, float]:
    """Wall seconds of the commands that write pages about the class."""
    code = "import sys, autograder.cli; autograder.cli.main()"
    found = {}
    for name in PAGES:
        words = [name.split()[0], "--class", str(room)]
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if done.returncode:
            raise SystemExit(f"autograder {name} failed:\n{done.stderr.decode()}")
        found[name] = time.monotonic() - started
    return found


def measure_pages(
    lessons: list[Lesson], submissions: int, *, step: Callable[[str], None]
) -> dict:
    """The pages about a class of at least so many submissions, graded for that."""
    students = -(-submissions // len(lessons))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        room = Path(name, "class")
        step("simulating a class")
        simulate(checkout(), room, students, 1, lessons)
        step("grading it")
        grade(checkout(), room, lessons)
        step("feedback and report")
        seconds = run_pages(room)
    return {"submissions": students * len(lessons), "seconds": seconds}


def different_marks(room: Path, copy: Path, names: list[str]) -> list[str]:
    """The submissions of the copy that stock nbgrader gives other marks."""
    ours = {
        (submission.student, submission.lesson): submission.score
        for submission in read_submissions(room, names)
    }
    found = []
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        for path in sorted(copy.glob("submitted/*/*")):
            student, lesson = path.parts[-2:]
            if lesson not in names:
                continue
            stock = gradebook.find_submission(lesson, student).score
            if stock != ours[student, lesson]:
                found.append(
                    f"{student} {lesson}: {stock:g} and {ours[student, lesson]:g}"
                )
    return found


def measure_lessons(
    lessons: list[Lesson],
    *,
    students: int,
    stock: int,
    rounds: int,
    step: Callable[[str], None],
) -> dict:
    """Seconds per submission of every lesson in every round, and the marks that differ."""
    names = [lesson.name for lesson in lessons]
    measured: dict[str, dict[str, list[float]]] = {name: {} for name in names}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        room, few, copy = (Path(name, part) for part in ("class", "few", "stock"))
        step("simulating a class")
        simulate(checkout(), room, students, 1, lessons)
        everybody = sorted(path.name for path in (room / "submitted").iterdir())
        # From the second on, who made one mistake, as most do: the first one made none.
        sample = everybody[1 % students :: max(1, students // stock)][:stock]
        for student in sample:
            shutil.copytree(room / "submitted" / student, few / "submitted" / student)
        grade(checkout(), few, lessons)  # registers the lessons, warms the disk's cache
        stock_course(few, copy, sample)
        with stock_nbgrader(copy) as (autograde, start):
            for number in range(rounds):
                for lesson in names:
                    step(f"round {number + 1} of {rounds}, {lesson}")
                    took = [autograde([lesson, student]) for student in sample]
                    found = run_ours(room, lesson)
                    found["stock"], found["stock cpu"] = (
                        statistics.fmean(seconds) + first / students
                        for seconds, first in zip(zip(*took), start)
                    )
                    found["ratio"] = found["stock"] / found["seconds"]
                    found["ratio cpu"] = found["stock cpu"] / found["cpu"]
                    for what, value in found.items():
                        measured[lesson].setdefault(what, []).append(value)
        step("feedback and report")
        pages = run_pages(room)
        differing = different_marks(few, copy, names)
    return {
        "lessons": measured,
        "students": students,
        "stock": len(sample),
        "rounds": rounds,
        "workers": os.cpu_count(),
        "pages": {"submissions": students * len(lessons), "seconds": pages},
        "different marks": differing,
    }
