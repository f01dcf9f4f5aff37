"""Does grading stay as fast, and as small, when the class grows?

Used by grading.py. A few learners are simulated and handed in again under other names, by hard
links, so that 10,000 submissions cost no disk. The class is graded by `autograder grade` as a
process, which may be killed half way and started again, and may send the work to a Dask
scheduler with two workers.
"""

import contextlib
import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.grading.outcome import Status, read_outcome
from autograder.lessons import Lesson, checkout
from autograder.simulation.simulate import simulate

SIMULATED = 20  # two of everything that simulated learners do
WORKERS = 2
BETWEEN = 20  # seconds between two words about how far it is
PATIENCE = 60  # seconds for a scheduler to start
# The command line, and what it needed: the peak of this process's memory in MB, and the
# seconds of the processor that it and all it started took.
OURS = """
import os, resource, sys
from autograder.cli import main
sys.argv = ["autograder", *sys.argv[1:]]
try:
    main()
finally:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"needed {peak} {sum(os.times()[:4])}", file=sys.stderr)
"""


def grade_command(room: Path, names: list[str], *options: str) -> list[str]:
    words = ["grade", "--class", str(room), *names, *options]
    return [sys.executable, "-c", OURS, *words]


def needed(errors: str) -> tuple[int, float]:
    """MB and seconds of the processor, from the last line that OURS writes."""
    peak, seconds = errors.rsplit("needed ", 1)[1].split()[:2]
    return int(peak), float(seconds)


def make_class(room: Path, count: int, lesson: Lesson) -> None:
    """So many learners with a submission each, and a list of all of them."""
    simulate(checkout(), room, min(count, SIMULATED), 1, [lesson])
    (room / "truth.csv").unlink()
    first = sorted((room / "submitted").glob("*/*/*.ipynb"))
    with (room / "students.csv").open("a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        for number in range(len(first), count):
            source = first[number % len(first)]
            student = f"student_{number + 1:05d}"
            folder = room / "submitted" / student / lesson.name
            folder.mkdir(parents=True)
            os.link(source, folder / source.name)
            rows.writerow([student, "", ""])


def grade_class(
    room: Path, lesson: Lesson, count: int, step: Callable[[int], None], *options: str
) -> dict:
    """Grade all of it: seconds of wall and processor for one submission, MB, what went wrong."""
    before = recorded(room)
    started = time.monotonic()
    with subprocess.Popen(
        grade_command(room, [lesson.name], *options),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        errors = _watched(process, room, step)
    seconds = time.monotonic() - started
    if process.returncode not in (0, 3):
        raise SystemExit(f"autograder grade failed:\n{errors}")
    places = (room / "autograded").glob("*/*/outcome.json")
    outcomes = [read_outcome(path) for path in places]
    peak, processor = needed(errors)
    return {
        "learners": count,
        "seconds": seconds / (count - before),
        "cpu": processor / (count - before),
        "MB": peak,
        "not graded": sum(
            outcome is None or outcome.status is not Status.GRADED
            for outcome in outcomes
        ),
        "missing": count - len(outcomes),
    }


def kill_half_way(room: Path, lesson: Lesson, count: int, *options: str) -> int:
    """Start grading, kill the process when half is recorded; how many were recorded then."""
    command = grade_command(room, [lesson.name], *options)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        while process.poll() is None and recorded(room) < count // 2:
            time.sleep(0.2)
        process.kill()
    return recorded(room)


def recorded(room: Path) -> int:
    """How many submissions have marks; what is written last of each is outcome.json."""
    with contextlib.suppress(FileNotFoundError):
        return sum(1 for _ in (room / "autograded").iterdir())
    return 0


def _watched(process: subprocess.Popen, room: Path, step: Callable[[int], None]) -> str:
    """What it wrote to stderr, once it has ended; a word on the way every few seconds."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=BETWEEN)[1]
        step(recorded(room))


@contextlib.contextmanager
def dask_workers(folder: Path) -> Iterator[str]:
    """A scheduler of Dask and two workers on this machine, as programs; the address."""
    file = folder / "scheduler.json"
    where = ["--scheduler-file", str(file)]
    one = ["--nworkers", "1", "--nthreads", "1", "--no-dashboard"]
    scheduler = ["dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    with contextlib.ExitStack() as stack:
        for words in (
            [*scheduler, "--no-dashboard", *where],
            *itertools.repeat(["dask_worker", *where, *one], WORKERS),
        ):
            command = [sys.executable, "-m", f"distributed.cli.{words[0]}", *words[1:]]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(checkout())},
                **quiet,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
        end = time.monotonic() + PATIENCE
        while not file.exists():
            if time.monotonic() > end:
                raise SystemExit(f"no scheduler of Dask starts in {PATIENCE} s")
            time.sleep(0.1)
        yield json.loads(file.read_text(encoding="utf-8"))["address"]


def measure_scale(
    lesson: Lesson,
    sizes: list[int],
    *,
    kill: bool,
    scheduler: bool,
    step: Callable[[str], None],
) -> dict:
    """Classes of these sizes, one after the other; the last one is killed once, if asked."""
    found = []
    for count in sizes:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            room, options = Path(name, "class"), []
            step(f"{count} submissions: made")
            make_class(room, count, lesson)
            with contextlib.ExitStack() as stack:
                if scheduler:
                    address = stack.enter_context(dask_workers(Path(name)))
                    options = ["--scheduler", address]
                killed = 0
                if kill and count == sizes[-1]:
                    step(f"{count} submissions: graded, to be killed half way")
                    killed = kill_half_way(room, lesson, count, *options)
                row = grade_class(
                    room,
                    lesson,
                    count,
                    lambda done, count=count: step(f"{done} of {count} graded"),
                    *options,
                )
            found.append({**row, "killed after": killed})
    return {"lesson": lesson.name, "scheduler": scheduler, "classes": found}
