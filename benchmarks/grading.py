"""How long does grading take, against stock nbgrader on the same submissions?

    python benchmarks/grading.py                       # every lesson's class, in rounds
    python benchmarks/grading.py fixed                 # what a trivial notebook costs
    python benchmarks/grading.py scale 200 2000        # does it stay as fast, and as small?
    python benchmarks/grading.py pages 1500            # feedback and report of so many

`lessons` grades a class of 48 with this grader, two of the learners with stock nbgrader, in turn,
lesson by lesson, and neither runs the cells that only show something. `scale --kill` kills the
largest class half way and starts it again; `scale --scheduler` sends the work through Dask.
"""

import json
import statistics
import sys
import tempfile
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from grading_fixed import measure_fixed
from grading_lessons import measure_lessons, measure_pages
from grading_scale import measure_scale

from autograder.lessons import checkout, find_lessons, pick_lessons
from course.kit.terminal import print_table, run_app

SCALED = "01_volumes"
WORDS = ("least", "median", "most")
app = typer.Typer(add_completion=False)


class What(str, Enum):
    """What is measured."""

    lessons = "lessons"
    fixed = "fixed"
    scale = "scale"
    pages = "pages"


def spread(values: list[float]) -> list[str]:
    """Least, median and greatest, as text."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return [f"{value:.3f}" for value in (low, middle, high)]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def print_lessons(found: dict) -> None:
    print(
        f"seconds per submission; stock: {found['stock']} of {found['students']} "
        f"learners; {found['rounds']} rounds, {found['workers']} workers\n"
    )
    columns = ["stock", "ours", "checks", "answers", "times faster: least", *WORDS[1:]]
    rows = []
    for lesson, ways in found["lessons"].items():
        means = [ways[name] for name in ("stock", "seconds", "checks", "answers")]
        texts = [f"{statistics.median(values):.3f}" for values in means]
        rows.append([lesson, *texts, *spread(ways["ratio"])])
    print_table(["lesson", *columns], rows, right=columns)
    print_pages(found["pages"])
    print(f"\nmarks that differ: {len(found['different marks'])}")
    for line in found["different marks"]:
        print(f"  {line}")


def print_pages(found: dict) -> None:
    print(f"\npages about {found['submissions']} submissions, seconds:")
    for name, seconds in found["seconds"].items():
        print(f"  {name} {seconds:.1f}")


def print_fixed(found: dict) -> None:
    columns = ["seconds per submission", *WORDS]
    rows = [[way, *spread(values)] for way, values in found["seconds"].items()]
    print_table(columns, rows, right=WORDS)
    print()
    rows = [[way, *spread(values)] for way, values in found["ratios"].items()]
    print_table(["stock takes so many times longer", *WORDS], rows, right=WORDS)


def print_scale(found: dict) -> None:
    columns = list(found["classes"][0])
    rows = [
        [f"{value:.3f}" if isinstance(value, float) else f"{value}" for value in values]
        for values in (row.values() for row in found["classes"])
    ]
    print_table(columns, rows, right=columns)


@app.command(help=__doc__.split("\n\n")[0])
def grading(
    what: Annotated[What, typer.Argument()] = What.lessons,
    sizes: Annotated[
        list[int] | None, typer.Argument(help="Learners; for pages, submissions.")
    ] = None,
    lesson: Annotated[
        list[str] | None, typer.Option(help="May be repeated; all if not given.")
    ] = None,
    students: Annotated[int, typer.Option(min=1, help="Of a lesson's class.")] = 48,
    stock: Annotated[int, typer.Option(min=1, help="Learners for nbgrader.")] = 2,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    kill: Annotated[bool, typer.Option("--kill")] = False,
    scheduler: Annotated[bool, typer.Option("--scheduler")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="All times as JSON instead of tables.")
    ] = False,
) -> None:
    root = checkout()
    lessons = pick_lessons(root, lesson) if lesson else find_lessons(root)
    if what is What.fixed:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            found = measure_fixed(Path(name), rounds)
    elif what is What.scale:
        [one] = pick_lessons(root, lesson or [SCALED])
        found = measure_scale(
            one, sizes or [200, 2000], kill=kill, scheduler=scheduler, step=say
        )
    elif what is What.pages:
        [count] = sizes or [1500]
        found = measure_pages(lessons, count, step=say)
    else:
        counts = {"students": students, "stock": stock, "rounds": rounds}
        found = measure_lessons(lessons, **counts, step=say)
    if as_json:
        print(json.dumps(found, indent=1))
        return
    shows = {
        What.lessons: print_lessons,
        What.fixed: print_fixed,
        What.scale: print_scale,
        What.pages: print_pages,
    }
    shows[what](found)


if __name__ == "__main__":
    run_app(app)
