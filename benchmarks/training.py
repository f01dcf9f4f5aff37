"""How long do the networks of lessons 06 and 07 take for an epoch, next to PyTorch?

    python benchmarks/training.py            # digits, colour images, digits of 28x28
    python benchmarks/training.py --quick    # the same, roughly

float32, one thread each, separate processes: the lessons' own layers, the same with lesson
11's convolutions, and PyTorch, which alone leaves out the gradient of the images. In every round each of them trains one epoch,
in turns, and the ratio is taken within the round, so that a busy moment of the computer hits
both. PyTorch is measured where it is installed: pip install torch.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from training_tasks import TASKS, TINY, TrainingTask

from course.kit import UsageError
from course.kit.terminal import print_table, progress_bar, run_app

HERE = Path(__file__).resolve().parent
ONE_THREAD = {
    name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
}
NAMES = {"course": "lessons", "fast": "course.fast", "torch": "PyTorch"}
app = typer.Typer(add_completion=False)


class Clock(str, Enum):
    """What is counted: time that passed, or time that the processor worked."""

    wall = "wall"
    cpu = "cpu"


class Worker:
    """One library, training in a process of its own."""

    def __init__(self, kind: str):
        self.kind = kind
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "training_worker.py"), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ
            | ONE_THREAD
            | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def read(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise UsageError(
                f"the {self.kind} process ended early; its own message is above"
            )
        return json.loads(line)

    def ask(self, request: dict) -> dict:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.read()

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


def measure(
    task: TrainingTask, workers: list[Worker], rounds: int, clock: str, step
) -> dict[str, list[float]]:
    """Seconds of one epoch in every round, for each worker.

    Refuses when their first epochs have different losses: then they do different work.
    """
    seconds: dict[str, list[float]] = {worker.kind: [] for worker in workers}
    first: dict[str, list[float]] = {}
    for number in range(rounds):
        turn = number % len(workers)
        for worker in workers[turn:] + workers[:turn]:
            step(f"{task.name}, {NAMES[worker.kind]}")
            answer = worker.ask({"task": task.as_dict(), "clock": clock})
            seconds[worker.kind].append(answer["seconds"])
            if "losses" in answer:
                first[worker.kind] = answer["losses"]
    for losses in first.values():
        if not np.allclose(losses, first["course"], rtol=1e-3, atol=1e-3):
            raise UsageError(f"{task.name}: the trainings have different losses")
    return seconds


def spread(values: list[float], form: str = ".2f") -> str:
    """Median (lowest - highest)."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}} ({low:{form}} - {high:{form}})"


def table_row(task: TrainingTask, seconds: dict[str, list[float]]) -> list[str]:
    """One task as a row: milliseconds per epoch, and the ratios within the rounds."""
    milliseconds = [
        spread([1000 * second for second in seconds[kind]], ".0f")
        if kind in seconds
        else "not installed"
        for kind in NAMES
    ]
    ratios = []
    for kind in ("course", "fast"):
        pairs = zip(seconds[kind], seconds.get("torch", ()))
        values = [ours / theirs for ours, theirs in pairs]
        ratios.append(spread(values) if values else "-")
    return [task.name, *milliseconds, *ratios, task.text]


def chosen(names: list[str] | None) -> list[TrainingTask]:
    known = {task.name: task for task in (*TASKS, TINY)}
    unknown = [name for name in names or [] if name not in known]
    if unknown:
        raise UsageError(
            f"no task is called {unknown[0]!r}; there are: {', '.join(known)}"
        )
    return [known[name] for name in names] if names else list(TASKS)


@app.command(help=__doc__.split("\n\n")[0])
def training(
    task: Annotated[
        list[str] | None, typer.Option(help="Only this task; may be repeated.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Epochs per task.")] = 15,
    quick: Annotated[
        bool, typer.Option("--quick", help="Three rounds: a rough idea.")
    ] = False,
    clock: Annotated[
        Clock, typer.Option(help="cpu: time of the processor, for a busy computer.")
    ] = Clock.wall,
    as_json: Annotated[
        bool, typer.Option("--json", help="All times as JSON instead of a table.")
    ] = False,
) -> None:
    tasks = chosen(task)
    rounds = 3 if quick else rounds
    workers: list[Worker] = []
    measured: dict[str, dict[str, list[float]]] = {}
    try:
        workers = [Worker(kind) for kind in NAMES]
        hello = {worker.kind: worker.read() for worker in workers}
        if "missing" in hello["course"]:
            raise UsageError(
                f"course.network cannot be measured: {hello['course']['missing']}"
            )
        running = [worker for worker in workers if "version" in hello[worker.kind]]
        with progress_bar() as bar:
            total = len(tasks) * rounds * len(running)
            shown = bar.add_task("training", total=total, now="")

            def step(now: str) -> None:
                bar.update(shown, advance=1, now=now)

            for each in tasks:
                measured[each.name] = measure(each, running, rounds, clock.value, step)
    finally:
        for worker in workers:
            worker.stop()
    facts = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "numpy": hello["course"]["version"],
        "torch": hello["torch"].get("version"),
        "rounds": rounds,
        "clock": clock.value,
    }
    if as_json:
        print(json.dumps({**facts, "seconds": measured}, indent=1))
        return
    ratios = [f"{NAMES[kind]} / {NAMES['torch']}" for kind in ("course", "fast")]
    columns = ["task", *(f"{name} ms" for name in NAMES.values()), *ratios, "what"]
    print("one epoch: median over rounds (lowest - highest)\n")
    rows = [table_row(each, measured[each.name]) for each in tasks]
    print_table(columns, rows, right=columns[1:-1])
    print()
    print(", ".join(f"{key} {value}" for key, value in facts.items()))


if __name__ == "__main__":
    run_app(app)
