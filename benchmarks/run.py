"""Run all benchmarks and write one page with figures: `make bench`.

    python benchmarks/run.py                   # benchmarks/RESULTS.md, in a quarter of an hour
    python benchmarks/run.py --only layers     # the others stay as they were measured last
    python benchmarks/run.py --quick           # does everything run? nothing it says counts

What each benchmark prints is kept in build/benchmarks/. What takes too long for every run stands in
benchmarks/by_hand/, written once:

    python benchmarks/run.py --by-hand scale         # 200 and 10,000 submissions, killed once
    python benchmarks/run.py --by-hand scheduler     # 10,000 through Dask
    python benchmarks/run.py --by-hand pages         # pages about 1,500 submissions
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from machine import machine
from page import write_page

from autograder.files import json_text, replace_text
from autograder.lessons import checkout
from course.kit import UsageError
from course.kit.doctor import CHOOSES, better_kernel, blas_kernel, features
from course.kit.terminal import run_app

HERE = Path(__file__).resolve().parent
BY_HAND = "by_hand"
KEPT = HERE.parent / "build" / "benchmarks"
BENCHMARKS = {
    "start": ["start.py"],
    "fixed": ["grading.py", "fixed", "--rounds", "5"],
    "lessons": ["grading.py", "lessons", "--rounds", "2"],
    "scale": ["grading.py", "scale", "100", "300", "--kill"],
    "scheduler": ["grading.py", "scale", "100", "--scheduler"],
    "layers": ["layers.py", "--rounds", "3"],
    "cores": ["layers.py", "--quick", "--threads", "2"],
    "training": ["training.py", "--rounds", "7"],
    "clone": ["clone.py"],
}
QUICK = {
    "start": ["start.py", "--rounds", "1"],
    "fixed": ["grading.py", "fixed", "--rounds", "1"],
    "lessons": [
        *("grading.py", "lessons", "--lesson", "01_volumes", "--rounds", "1"),
        *("--students", "2", "--stock", "1"),
    ],
    "scale": ["grading.py", "scale", "2", "4", "--kill"],
    "scheduler": ["grading.py", "scale", "2", "--scheduler"],
    "layers": ["layers.py", "--quick", "--layer", "tiny"],
    "cores": ["layers.py", "--quick", "--threads", "2", "--layer", "tiny"],
    "training": ["training.py", "--quick", "--task", "tiny"],
}
ONCE = {
    "scale": ["grading.py", "scale", "200", "10000", "--kill"],
    "scheduler": ["grading.py", "scale", "10000", "--scheduler"],
    "pages": ["grading.py", "pages", "1500"],
}
LONGEST = 200  # characters of an error that the page shows
app = typer.Typer(add_completion=False)


class Failed(Exception):
    """A benchmark ended badly; the message is its last line."""


def run_benchmark(command: list[str], figure: Path) -> dict:
    """What it prints as JSON; its progress goes to stderr. Raises Failed."""
    script, *options = command
    if script == "layers.py":
        options += ["--figure", str(figure)]
    last = "its message is above"
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        with subprocess.Popen(
            [sys.executable, str(HERE / script), *options, "--json"],
            stdout=out,
            # A bar is only drawn on a terminal; what is read there cannot be read here.
            stderr=None if sys.stderr.isatty() else subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONPATH": str(checkout())},
        ) as process:
            for line in process.stderr or ():
                last = line.strip() or last
                print(f"    {line.rstrip()}", file=sys.stderr, flush=True)
        if process.returncode:
            raise Failed(f"exit code {process.returncode}, {last}"[:LONGEST])
        out.seek(0)
        try:
            return json.load(out)
        except ValueError:
            raise Failed("what it printed is not JSON") from None


def read_all(folder: Path) -> dict[str, dict]:
    """What was measured before, by the name of the file."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
    }


def pick(names: list[str] | None, known: dict[str, list[str]]) -> dict[str, list[str]]:
    unknown = [name for name in names or [] if name not in known]
    if unknown:
        raise UsageError(
            f"no benchmark is called {unknown[0]!r}; there are: {', '.join(known)}"
        )
    return {name: known[name] for name in names or known}


@app.command(help=__doc__.split("\n\n")[0])
def run(
    only: Annotated[
        list[str] | None, typer.Option(help="This benchmark; may be repeated.")
    ] = None,
    by_hand: Annotated[
        list[str] | None, typer.Option(help="This one in full, to be kept.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes.")] = False,
    to: Annotated[Path, typer.Option(help="The folder of the page.")] = HERE,
    kept: Annotated[Path, typer.Option(help="The folder of what was measured.")] = KEPT,
) -> None:
    started = time.monotonic()
    chosen = pick(only, QUICK if quick else BENCHMARKS)
    if by_hand:
        chosen, kept = pick(by_hand, ONCE), to / BY_HAND
    here, failed = machine(), {}
    for number, (name, command) in enumerate(chosen.items(), start=1):
        begun = time.monotonic()
        print(f"[{number}/{len(chosen)}] {' '.join(command)}", file=sys.stderr)
        try:
            found = run_benchmark(command, kept / f"{name}.png")
            replace_text(kept / f"{name}.json", json_text({**found, "machine": here}))
        except Failed as error:
            failed[name] = str(error)
            if not by_hand:
                (kept / f"{name}.json").unlink(missing_ok=True)
        spent = time.monotonic() - begun
        said = failed.get(name, "done")
        print(f"    {said}, {spent:.0f} s", file=sys.stderr, flush=True)
    measured = {} if by_hand else read_all(kept)
    if not by_hand:
        page = write_page(to, measured, failed, read_all(to / BY_HAND), here)
        print(f"{page}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


def take_better_kernel() -> None:
    """Where numpy multiplies for an older processor, start anew as `course doctor` advises."""
    better = better_kernel(blas_kernel(), features())
    if better is not None and os.environ.get(CHOOSES) != better:
        os.environ[CHOOSES] = better
        os.execv(sys.executable, [sys.executable, *sys.argv])


if __name__ == "__main__":
    take_better_kernel()
    run_app(app)
