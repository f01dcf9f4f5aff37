"""How long does grading take, against stock nbgrader on the same submissions?

    python benchmarks/grading.py --students 6 --rounds 3

Both grade the same simulated class, in turn, as whole processes with one kernel at a time, and
once more with a kernel per core (stock nbgrader has no such switch). Figures are seconds per
submission and the ratio stock / ours, pair by pair. Stock nbgrader also runs the cells that only
show something; grading here leaves them out.
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

from autograder.grading.grade import grade
from autograder.lessons import checkout, pick_lessons
from autograder.simulation.simulate import simulate
from course.kit.terminal import print_table

OURS = """
import sys
from autograder.cli import main
sys.argv = ["autograder", "grade", "--force", *sys.argv[1:]]
main()
"""


def seconds(command: list[str], **options) -> float:
    """Wall seconds of a whole process, which must end well."""
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, **options)
    return time.monotonic() - started


def stock_course(room: Path, lesson: str, copy: Path) -> None:
    """A course folder of stock nbgrader with the same lesson, submissions and gradebook."""
    for name in ("source", "release", "submitted"):
        shutil.copytree(room / name, copy / name)
    for notebook in (copy / "submitted").glob(f"*/{lesson}/*.ipynb"):
        # Stock nbgrader finds a notebook by its name only.
        notebook.rename(notebook.with_name(f"{lesson}.ipynb"))
    shutil.copyfile(room / "gradebook.db", copy / "gradebook.db")


def measure(lesson: str, students: int, rounds: int) -> dict[str, list[float]]:
    """Seconds per submission of every way to grade, one number per round."""
    root = checkout()
    picked = pick_lessons(root, [lesson])
    ways: dict[str, list[float]] = {"stock": [], "one worker": [], "all cores": []}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        room, copy = Path(name, "class"), Path(name, "stock")
        simulate(root, room, students, 1, picked)
        grade(root, room, picked)  # registers the lesson, and warms the disk's cache
        stock_course(room, lesson, copy)
        stock = [sys.executable, "-m", "nbgrader", "autograde", lesson, "--force"]
        ours = [sys.executable, "-c", OURS, "--class", str(room), lesson, "--workers"]
        environment = os.environ | {"PYTHONPATH": str(root)}
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            runs = {
                "stock": seconds(stock, cwd=copy, env=environment),
                "one worker": seconds([*ours, "1"]),
                "all cores": seconds([*ours, str(os.cpu_count() or 1)]),
            }
            for way, spent in runs.items():
                ways[way].append(spent / students)
    return ways


def spread(values: list[float]) -> list[str]:
    """Least, median and greatest, as text."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return [f"{value:.2f}" for value in (low, middle, high)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--lesson", default="01_volumes")
    parser.add_argument("--students", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    ways = measure(given.lesson, given.students, given.rounds)
    ratios = {
        way: [stock / ours for stock, ours in zip(ways["stock"], ways[way])]
        for way in ways
    }
    if given.json:
        print(json.dumps({"seconds": ways, "ratios": ratios}, indent=1))
        return
    print(f"{given.lesson}, {given.students} submissions, {given.rounds} rounds")
    columns = ["seconds per submission", "least", "median", "most"]
    print_table(columns, ([way, *spread(ways[way])] for way in ways), right=columns[1:])
    print()
    columns = ["stock takes so many times longer than", "least", "median", "most"]
    rows = ([way, *spread(ratios[way])] for way in ways if way != "stock")
    print_table(columns, rows, right=columns[1:])


if __name__ == "__main__":
    main()
