"""How fast are the course's convolutional layers, next to each other and to PyTorch?

    python benchmarks/layers.py            # ten layers, a table and a figure
    python benchmarks/layers.py --quick    # the same, roughly, in a minute
    python benchmarks/layers.py --threads 2    # two cores against two cores

float32, one thread each by default. Every implementation runs in a process of its own, because
the thread pools of numpy and PyTorch disturb each other, and only one runs at a time:
in every round all are asked once, in turns, so that a busy moment of the computer
hits all of them. PyTorch is measured where it is installed: pip install torch.

The last lines name the processor that numpy's OpenBLAS chose its matrix product for. It
does not know every new one. Where yours has AVX-512 instructions and that kernel does
not use them, im2col and fast are measured twice: as numpy comes, and with
OPENBLAS_CORETYPE=SkylakeX set before numpy is imported.
"""

import json
import os
import platform
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated

import layer_figure
import numpy as np
import typer
from layer_process import AVX512, Worker, start
from layer_results import (
    KINDS,
    NAMES,
    Measured,
    mean_ratio,
    memory_rows,
    short,
    spread,
    table_rows,
)
from layer_shapes import SHAPES, TINY, Shape

from course.kit import UsageError
from course.kit.terminal import print_table, progress_bar, run_app

HERE = Path(__file__).resolve().parent
MEMORY = ("im2col", "fast")
app = typer.Typer(add_completion=False)


class Clock(str, Enum):
    """What is counted: time that passed, or time that the processor worked."""

    wall = "wall"
    cpu = "cpu"


def parts_of(shape: Shape, implementation: str, quick: bool) -> tuple[int, int]:
    """Images and filters that are really run. Only the naive loops run a part."""
    if implementation != "naive":
        return shape.N, shape.K
    return shape.share(2_000 if quick else 60_000)


def said(shape: Shape, part: tuple[int, int]) -> str:
    """What the naive loops ran, for the table: scaled up from there."""
    if part == (shape.N, shape.K):
        return "all"
    filters = "" if part[1] == shape.K else f", {part[1]}/{shape.K} filters"
    return f"{part[0]}/{shape.N} images{filters}"


def measure(
    shape: Shape, workers: list[Worker], rounds: int, quick: bool, clock: str, step
) -> Measured:
    """Ask all workers for both kinds of pass, `rounds` times, in turning order."""
    part = parts_of(shape, "naive", quick)
    result = Measured(shape.name, shape.text, said(shape, part))
    samples: dict[str, list[float]] = {}
    for number in range(rounds):
        for kind in KINDS:
            turn = number % len(workers)
            for worker in workers[turn:] + workers[:turn]:
                step(f"{shape.name}, {NAMES[worker.implementation]}")
                share = parts_of(shape, worker.implementation, quick)
                request = {
                    "shape": shape.as_dict() | {"share": share},
                    "kind": kind,
                    "at_least": 0.01 if quick else 0.1,
                    "clock": clock,
                }
                answer = worker.ask(request)
                times = shape.N * shape.K / (share[0] * share[1])
                result.add(kind, worker.implementation, answer, times)
                if "sample" in answer:
                    samples[worker.implementation] = answer["sample"]
    for worker in workers:
        if worker.implementation in MEMORY:
            request = {"kind": "memory", "shape": request["shape"]}
            request["shape"] = shape.as_dict() | {"share": (shape.N, shape.K)}
            result.memory[worker.implementation] = worker.ask(request)
    for name, sample in samples.items():
        if not np.allclose(sample, samples["im2col"], rtol=1e-3, atol=1e-4):
            raise UsageError(f"{shape.name}: {name} and im2col give different numbers")
    return result


def chosen(names: list[str] | None) -> list[Shape]:
    known = {shape.name: shape for shape in (*SHAPES, TINY)}
    unknown = [name for name in names or [] if name not in known]
    if unknown:
        raise UsageError(
            f"no layer is called {unknown[0]!r}; there are: {', '.join(known)}"
        )
    return [known[name] for name in names] if names else list(SHAPES)


def load() -> float | None:
    """Processes that wanted to run in the last minute; None where the system hides it."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def summary(results: list[Measured], base: str) -> list[str]:
    """The lines below the tables."""
    lines = []
    for name in NAMES if base == "torch" else ():
        means = [mean_ratio(results, kind, name, base) for kind in KINDS]
        if name not in ("naive", "window", base) and None not in means:
            lines.append(
                f"{NAMES[name]} / PyTorch, geometric mean over {len(results)} layers: "
                f"forward {short(means[0])}, forward + backward {short(means[1])}"
            )
    for result in results:
        if result.layer == "CS231n":
            forward = result.milliseconds("forward", "im2col").text
            backward = [1000 * second for second in result.backward["im2col"]]
            lines.append(
                f"CS231n layer: conv_forward {forward} ms, "
                f"conv_backward {spread(backward).text} ms"
            )
    return lines


@app.command(help=__doc__.split("\n\n")[0])
def layers(
    layer: Annotated[
        list[str] | None, typer.Option(help="Only this layer; may be repeated.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds per layer.")] = 7,
    quick: Annotated[
        bool, typer.Option("--quick", help="Two short rounds: a rough idea.")
    ] = False,
    figure: Annotated[Path, typer.Option(help="Where the PNG goes.")] = HERE
    / "results"
    / "layers.png",
    clock: Annotated[
        Clock, typer.Option(help="cpu: time of the processor, for a busy computer.")
    ] = Clock.wall,
    threads: Annotated[
        int, typer.Option(min=1, help="Threads of each; with more than one, wall time.")
    ] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="All times as JSON instead of tables.")
    ] = False,
) -> None:
    if threads > 1 and clock is Clock.cpu:
        raise UsageError(
            "--clock cpu adds up the time of all threads: with --threads above 1 take "
            "--clock wall"
        )
    shapes = chosen(layer)
    rounds = 2 if quick else rounds
    load_before = load()
    workers, results = [], []
    try:
        workers = start((name for name in NAMES if AVX512 not in name), threads)
        hello = next(w.hello for w in workers if w.implementation == "im2col")
        kernel = hello.get("kernel")
        if hello.get("better") == "SkylakeX":
            workers += start((name for name in NAMES if AVX512 in name), threads)
        versions = {w.implementation: w.hello.get("version") for w in workers}
        second = next(
            (w.hello["kernel"] for w in workers if AVX512 in w.implementation), None
        )
        missing = [w.hello["missing"] for w in workers if "missing" in w.hello]
        running = [w for w in workers if "version" in w.hello]
        if versions["im2col"] is None:
            raise UsageError(f"course.im2col cannot be measured: {missing[0]}")
        with progress_bar() as bar:
            total = len(shapes) * rounds * len(KINDS) * len(running)
            task = bar.add_task("layers", total=total, now="")

            def step(now: str) -> None:
                bar.update(task, advance=1, now=now)

            for shape in shapes:
                results.append(
                    measure(shape, running, rounds, quick, clock.value, step)
                )
    finally:
        for worker in workers:
            worker.stop()
    base = "torch" if versions["torch"] else "im2col"
    others = [w.implementation for w in running if w.implementation != base]
    layer_figure.draw(results, others, base, figure)
    facts = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "numpy": versions["im2col"],
        "blas_kernel": kernel,
        "avx512_kernel": second,
        "torch": versions["torch"],
        "rounds": rounds,
        "threads": threads,
        "clock": clock.value,
        "load_before": load_before,
        "load_after": load(),
    }
    if as_json:
        measured = [asdict(result) for result in results]
        print(json.dumps({**facts, "layers": measured}, indent=1))
        return
    for kind, title in KINDS.items():
        print(f"{title}: {NAMES[base]} in ms, the others as multiples of it;")
        print("median over rounds (lowest - highest)\n")
        ratios = [f"{NAMES[other]} / {NAMES[base]}" for other in others]
        columns = ["layer", f"{NAMES[base]} ms", *ratios, "naive ran", "shape"]
        rows = table_rows(results, kind, others, base)
        print_table(columns, rows, right=columns[1:-2])
        print()
    print(
        "Most bytes held at one time beyond what comes in, over all bytes that come in"
    )
    print("and go out (x, w, b, out; backward also dout and the gradients)\n")
    titles = [f"{NAMES[n]}, {kind}" for n in results[0].memory for kind in KINDS]
    print_table(["layer", *titles], memory_rows(results), right=titles)
    print()
    if base != "torch":
        print("PyTorch is not installed, so im2col is the measure: pip install torch")
    for line in summary(results, base):
        print(line)
    print(", ".join(f"{key} {value}" for key, value in facts.items()))
    print(
        f"The naive loops ran the part named; their time is scaled up. Figure: {figure}"
    )


if __name__ == "__main__":
    run_app(app)
