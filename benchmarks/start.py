"""What does a learner wait for: the import in a notebook, and `course check`?

    python benchmarks/start.py            # seconds, and those of the processor

The import is timed in a Python that has what a notebook's kernel has. Lesson 01 is the solved one.
"""

import json
import os
import subprocess
import sys
import time
from typing import Annotated

import typer
from training import spread

from autograder.lessons import checkout
from course.kit.terminal import print_table, run_app

IMPORT = """
import ipykernel.kernelapp, time
started = time.perf_counter(), time.process_time()
from course.kit import build, check
print(time.perf_counter() - started[0], time.process_time() - started[1])
"""
CHECK = "import sys; from course.kit.cli import main; main()"
LESSON = "solutions/01_volumes/01_volumes.ipynb"
app = typer.Typer(add_completion=False)


def import_seconds() -> tuple[float, float]:
    """Seconds that passed, and those of the processor."""
    words = [sys.executable, "-c", IMPORT]
    done = subprocess.run(
        words, check=True, capture_output=True, text=True, cwd=checkout()
    )
    passed, worked = done.stdout.split()
    return float(passed), float(worked)


def check_seconds() -> tuple[float, float]:
    started, before = time.perf_counter(), sum(os.times()[2:4])
    words = [sys.executable, "-c", CHECK, "check", LESSON]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd=checkout())
    return time.perf_counter() - started, sum(os.times()[2:4]) - before


@app.command(help=__doc__.split("\n\n")[0])
def start(
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    found = {}
    for name, measure in {"import": import_seconds, "check": check_seconds}.items():
        print(name, file=sys.stderr, flush=True)
        seconds, cpu = zip(*(measure() for _ in range(rounds)))
        found[name] = {"seconds": list(seconds), "cpu": list(cpu)}
    if as_json:
        print(json.dumps(found, indent=1))
        return
    rows = [
        [name, *(spread(values) for values in ways.values())]
        for name, ways in found.items()
    ]
    print_table(["what", "seconds", "of the processor"], rows)


if __name__ == "__main__":
    run_app(app)
