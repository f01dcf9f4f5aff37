"""How long does grading take, against stock nbgrader on the same submissions?

    python benchmarks/grading.py                       # a class over all lessons, in rounds
    python benchmarks/grading.py fixed                 # what a trivial notebook costs
    python benchmarks/grading.py scale 200 2000        # does it stay as fast, and as small?

`class` grades the submissions of a few learners with stock nbgrader, lesson by lesson as it wants,
and with this grader, in turn, as whole processes; and the whole class with this grader. The marks
must be equal. Figures are seconds per submission and ratios within a round. Stock nbgrader also
runs the cells that only show something; grading here leaves them out, but for the row
"with demos".
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grading_fixed import measure_fixed
from nbgrader.api import Gradebook

from autograder.grading.grade import grade
from autograder.lessons import Lesson, checkout, find_lessons, pick_lessons
from autograder.reports.marks import read_submissions
from autograder.simulation.simulate import simulate
from course.kit.terminal import print_table

# The command line, and what it needed: the peak of this process's memory in MB.
OURS = """
import resource, sys
from autograder.cli import main
sys.argv = ["autograder", "grade", "--force", "--json", *sys.argv[1:]]
try:
    main()
finally:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak {peak}", file=sys.stderr)
"""
SCALED = "01_volumes"
WORDS = ("least", "median", "most")
WAYS = ("same, here", "same, with demos", "class, here")


def stock_course(room: Path, copy: Path, students: list[str]) -> None:
    """A course folder of stock nbgrader with these learners' submissions, not yet graded."""
    for name in ("source", "release"):
        shutil.copytree(room / name, copy / name)
    for student in students:
        shutil.copytree(room / "submitted" / student, copy / "submitted" / student)
    for folder in copy.glob("submitted/*/*"):
        # Stock nbgrader finds a notebook by its name only.
        for notebook in folder.glob("*.ipynb"):
            notebook.rename(notebook.with_name(f"{folder.name}.ipynb"))
    shutil.copyfile(room / "gradebook.db", copy / "gradebook.db")


def run_stock(copy: Path, lessons: list[Lesson]) -> float:
    """Wall seconds of `nbgrader autograde` for every lesson."""
    environment = os.environ | {"PYTHONPATH": str(checkout())}
    started = time.monotonic()
    for lesson in lessons:
        words = ["-m", "nbgrader", "autograde", lesson.name, "--force"]
        command = [sys.executable, *words]
        # It ends with 1 when a notebook could not be graded; the marks are compared below.
        subprocess.run(
            command, check=False, cwd=copy, env=environment, capture_output=True
        )
    return time.monotonic() - started


def run_ours(room: Path, lessons: list[Lesson], *options: str) -> tuple[float, int]:
    """Wall seconds of `autograder grade`, and the peak of the coordinator's memory in MB."""
    names = [lesson.name for lesson in lessons]
    command = [sys.executable, "-c", OURS, "--class", str(room), *names, *options]
    started = time.monotonic()
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, encoding="utf-8"
    )
    seconds = time.monotonic() - started
    if done.returncode not in (0, 3):
        raise SystemExit(f"autograder grade failed:\n{done.stderr}")
    return seconds, int(done.stderr.rsplit("peak ", 1)[1])


def different_marks(room: Path, copy: Path, lessons: list[Lesson]) -> list[str]:
    """The submissions of the copy that stock nbgrader gives other marks."""
    ours = {
        (submission.student, submission.lesson): submission.score
        for submission in read_submissions(room, [lesson.name for lesson in lessons])
    }
    found = []
    with Gradebook(f"sqlite:///{copy / 'gradebook.db'}") as gradebook:
        for path in sorted(copy.glob("submitted/*/*")):
            student, lesson = path.parts[-2:]
            if lesson not in {each.name for each in lessons}:
                continue
            stock = gradebook.find_submission(lesson, student).score
            if stock != ours[student, lesson]:
                found.append(
                    f"{student} {lesson}: {stock:g} and {ours[student, lesson]:g}"
                )
    return found


def measure_class(lessons: list[Lesson], given: argparse.Namespace) -> dict:
    """Seconds per submission in every round, and the marks that differ."""
    ways: dict[str, list[float]] = {way: [] for way in ("stock", *WAYS)}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        room, few, copy = (Path(name, part) for part in ("class", "few", "stock"))
        simulate(checkout(), room, given.students, 1, lessons)
        students = sorted(path.name for path in (room / "submitted").iterdir())
        sample = students[:: max(1, len(students) // given.stock)][: given.stock]
        for student in sample:
            shutil.copytree(room / "submitted" / student, few / "submitted" / student)
        grade(checkout(), few, lessons)  # registers the lessons, warms the disk's cache
        stock_course(few, copy, sample)
        part, whole = len(sample) * len(lessons), len(students) * len(lessons)
        for number in range(given.rounds):
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr, flush=True)
            ways["stock"].append(run_stock(copy, lessons) / part)
            for way, (folder, count, options) in {
                "same, here": (few, part, []),
                "same, with demos": (few, part, ["--run-demos"]),
                "class, here": (room, whole, []),
            }.items():
                seconds, _ = run_ours(folder, lessons, *options)
                ways[way].append(seconds / count)
        differing = different_marks(few, copy, lessons)
    ratios = {
        way: [stock / ours for stock, ours in zip(ways["stock"], ways[way])]
        for way in WAYS
    }
    return {
        "seconds": ways,
        "ratios": ratios,
        "different marks": differing,
        "submissions": whole,
    }


def measure_scale(lessons: list[Lesson], given: argparse.Namespace) -> dict:
    """Seconds per submission and peak memory for classes of several sizes."""
    found: dict[str, list[float]] = {"learners": [], "seconds": [], "MB": []}
    for count in given.sizes:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            room = Path(name, "class")
            simulate(checkout(), room, count, 1, lessons)
            seconds, peak = run_ours(room, lessons)
        found["learners"].append(count)
        found["seconds"].append(seconds / (count * len(lessons)))
        found["MB"].append(peak)
    return found


def spread(values: list[float]) -> list[str]:
    """Least, median and greatest, as text."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return [f"{value:.3f}" for value in (low, middle, high)]


def print_class(found: dict, given: argparse.Namespace) -> None:
    ways = found["seconds"]
    if "submissions" in found:
        print(f"{found['submissions']} submissions, {given.rounds} rounds")
    columns = ["seconds per submission", *WORDS]
    print_table(columns, ([way, *spread(ways[way])] for way in ways), right=WORDS)
    print()
    rows = ([way, *spread(found["ratios"][way])] for way in found["ratios"])
    print_table(["stock takes so many times longer", *WORDS], rows, right=WORDS)
    if "submissions" not in found:
        return
    print(f"\nmarks that differ: {len(found['different marks'])}")
    for line in found["different marks"]:
        print(f"  {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", nargs="?", choices=["class", "fixed", "scale"])
    parser.add_argument("sizes", nargs="*", type=int, help="learners, for scale")
    parser.add_argument("--lesson", action="append", help="all when none is given")
    parser.add_argument("--students", type=int, default=10, help="of the whole class")
    parser.add_argument("--stock", type=int, default=3, help="learners for nbgrader")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    root = checkout()
    chosen = given.lesson or ([SCALED] if given.what == "scale" else [])
    lessons = pick_lessons(root, chosen) if chosen else find_lessons(root)
    given.sizes = given.sizes or [200, 2000]
    if given.what == "fixed":
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            found = measure_fixed(Path(name), given.rounds)
    elif given.what == "scale":
        found = measure_scale(lessons, given)
        columns = ["learners", "seconds per submission", "coordinator's peak, MB"]
        rows = zip(found["learners"], found["seconds"], found["MB"])
        text = [[f"{count}", f"{spent:.3f}", f"{peak}"] for count, spent, peak in rows]
    else:
        found = measure_class(lessons, given)
    if given.json:
        print(json.dumps(found, indent=1))
    elif given.what == "scale":
        print_table(columns, text, right=columns)
    else:
        print_class(found, given)


if __name__ == "__main__":
    main()
