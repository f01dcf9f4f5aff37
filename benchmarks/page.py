"""benchmarks/RESULTS.md and its pictures, from what the benchmarks printed as JSON."""

import shutil
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import layer_figure
import matplotlib as mpl
from layer_results import Measured
from targets import (
    TARGETS,
    Row,
    clone_rows,
    cores_rows,
    fixed_rows,
    layers_rows,
    lessons_rows,
    pages_rows,
    scale_rows,
    start_rows,
    training_rows,
)

from autograder.files import replace_bytes, replace_text
from course.kit.plot import style

PAGE = "RESULTS.md"
FIGURES = "figures"
ROWS: dict[str, Callable[[dict], Iterator[Row]]] = {
    "clone": clone_rows,
    "lessons": lessons_rows,
    "fixed": fixed_rows,
    "scale": scale_rows,
    "scheduler": scale_rows,
    "pages": pages_rows,
    "layers": layers_rows,
    "cores": cores_rows,
    "training": training_rows,
    "start": start_rows,
}
REACHED = {True: "yes", False: "**no**", None: "-"}
# Stock nbgrader's cells of a figure, and those of ours, in the order in which they stack.
PARTS = {"checks": style.BLUE, "answers": style.ORANGE, "the rest": style.QUIET}


def write_page(
    folder: Path,
    found: dict[str, dict],
    failed: dict[str, str],
    by_hand: dict[str, dict],
    machine: dict,
) -> Path:
    """Write the page and its pictures into `folder`; what was there before is replaced.

    `found` is JSON by benchmark, `failed` why there is none, `by_hand` what was measured once
    because it takes too long, with the machine and its date.
    """
    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "benchmarks"  # the same figure, the same file
    mpl.rcParams["svg.fonttype"] = "none"
    part = folder / f".{FIGURES}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        sections = list(_sections(found, part))
        table = _table(found, failed, by_hand)
        text = "\n\n".join([HEAD, _told(machine), table, HOW, *sections]) + "\n"
        for path in part.iterdir():
            replace_bytes(folder / FIGURES / path.name, path.read_bytes())
        replace_text(folder / PAGE, text)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder / PAGE


HEAD = """# Benchmarks

<!-- written by `make bench`; do not edit -->"""
HOW = """Figures are the median over rounds (lowest - highest). What is compared is measured in turn, in one
run. `-`: this run cannot tell. Times are those of a clock on the wall where nothing else is said, so
a busy machine makes them longer, and ratios of one process to several larger."""


def _told(machine: dict) -> str:
    kernel = f"OpenBLAS for {machine['kernel']}" if machine["kernel"] else "its BLAS"
    if machine["chosen by hand"]:
        kernel += " (set by OPENBLAS_CORETYPE; `course doctor` says when that helps)"
    torch = machine["torch"] or "not installed"
    return (
        f"{machine['date']}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']}; Python {machine['python']}, numpy {machine['numpy']} with "
        f"{kernel}, PyTorch {torch}, nbgrader {machine['nbgrader']}. "
        f"Load before: {machine['load'] or 'unknown'}."
    )


def _table(
    found: dict[str, dict], failed: dict[str, str], by_hand: dict[str, dict]
) -> str:
    measured = {
        key: (text, reached)
        for name, each in found.items()
        for key, text, reached in ROWS[name](each)
    }
    for name, each in by_hand.items():
        when = each["machine"]["date"]
        for key, text, reached in ROWS[name](each):
            measured[key] = f"{text} (once, {when})", reached
    lines = ["| what | to reach | measured | reached |", "|---|---|---|---|"]
    for key, (benchmark, what, target) in TARGETS.items():
        text, reached = measured.get(key, ("not measured", None))
        if key not in measured and benchmark in failed:
            text = f"failed: {failed[benchmark]}".replace("|", "\\|")
        lines.append(f"| {what} | {target} | {text} | {REACHED[reached]} |")
    return "\n".join(lines)


def _sections(found: dict[str, dict], folder: Path) -> Iterator[str]:
    for name, (title, draw, text, alt) in SECTIONS.items():
        if name in found and draw(found[name], folder / f"{name}.svg"):
            yield f"## {title}\n\n{text}\n\n![{alt}]({FIGURES}/{name}.svg)"


def draw_lessons(found: dict, path: Path) -> bool:
    """Bars of how many times faster, and of where the time of a submission goes."""
    lessons = found["lessons"]
    left, right = style.new_row(2, 1.2 + 0.28 * len(lessons), 2 * style.WIDTH * 0.62)
    rows = list(range(len(lessons)))
    for row, ways in zip(rows, lessons.values()):
        ratio = ways["ratio"]
        left.barh(row, statistics.median(ratio), color=style.GREEN, height=0.6)
        left.plot([min(ratio), max(ratio)], [row, row], color=style.INK, linewidth=1.5)
        start = 0.0
        for part, seconds in _parts(ways, found["workers"]).items():
            label = part if row == 0 else None
            right.barh(row, seconds, 0.6, start, color=PARTS[part], label=label)
            start += seconds
    left.axvline(15, color=style.RED, linewidth=1.5)
    left.set_yticks(rows, list(lessons))
    right.set_yticks(rows, [])
    for ax in (left, right):
        ax.invert_yaxis()
    style.name_axes(left, "times faster than stock; 15 is the target", "")
    style.name_axes(right, "seconds of a worker for one submission", "")
    right.legend(frameon=False)
    return _save(left.figure, path)


def _parts(ways: dict[str, list[float]], workers: int) -> dict[str, float]:
    """Where the time of a worker goes. The rest: start of the command, prepare, record."""
    checks, answers, seconds = (
        statistics.median(ways[name]) for name in ("checks", "answers", "seconds")
    )
    rest = max(0.0, workers * seconds - checks - answers)
    return {"checks": checks, "answers": answers, "the rest": rest}


def draw_scale(found: dict, path: Path) -> bool:
    """Seconds for a submission, and memory, by the size of the class."""
    classes = found["classes"]
    sizes = [f"{each['learners']:,}" for each in classes]
    left, right = style.new_row(2, 2.4)
    left.bar(sizes, [each["seconds"] for each in classes], 0.5, color=style.GREEN)
    right.bar(sizes, [each["MB"] for each in classes], 0.5, color=style.BLUE)
    right.axhline(300, color=style.RED, linewidth=1.5)
    style.name_axes(left, "submissions", "seconds each")
    style.name_axes(right, "submissions", "coordinator, MB")
    return _save(left.figure, path)


def draw_layers(found: dict, path: Path) -> bool:
    results = [Measured(**layer) for layer in found["layers"]]
    base = "torch" if found["torch"] else "im2col"
    others = [name for name in results[0].seconds["forward"] if name != base]
    layer_figure.draw(results, others, base, path)
    return True


def draw_training(found: dict, path: Path) -> bool:
    """Time of an epoch over that of PyTorch; nothing where PyTorch is not installed."""
    if found["torch"] is None:
        return False
    ax = style.new_axes(0.9 + 0.4 * len(found["seconds"]))
    for row, seconds in enumerate(found["seconds"].values()):
        ratio = [a / b for a, b in zip(seconds["course"], seconds["torch"])]
        ax.barh(row, statistics.median(ratio), 0.5, color=style.GREEN)
        ax.plot([min(ratio), max(ratio)], [row, row], color=style.INK, linewidth=1.5)
    ax.set_yticks(range(len(found["seconds"])), list(found["seconds"]))
    ax.invert_yaxis()
    ax.axvline(1, color=style.QUIET, linewidth=1)
    style.name_axes(ax, "an epoch: time / time of PyTorch", "")
    return _save(ax.figure, path)


def _save(figure, path: Path) -> bool:
    figure.savefig(path, metadata={"Date": None})
    figure.clf()
    return True


SECTIONS = {
    "lessons": (
        "Grading, lesson by lesson",
        draw_lessons,
        (
            "The same simulated learners, graded by `autograder grade` (all of them, one worker for each\n"
            "processor, its start included) and by stock nbgrader (a sample, in one process that has\n"
            "started). Cells that only show something are run by neither. On the right, where the\n"
            "time of a worker goes: in checks; in answers and the start of the processes that\n"
            "run them; and in the start of the command, preparing and recording."
        ),
        "Bars: how many times faster than stock nbgrader each lesson is graded; and where the time goes",
    ),
    "scale": (
        "Grading, large classes",
        draw_scale,
        (
            "One lesson; learners handed in again under other names. The largest class was killed half\n"
            "way and started again."
        ),
        "Bars: seconds for a submission and memory of the coordinator, by the size of the class",
    ),
    "layers": (
        "Layers",
        draw_layers,
        "Every implementation of the course next to PyTorch, one thread each: `benchmarks/layers.py`.",
        "Time of each implementation over that of PyTorch, for ten layers, on a log axis",
    ),
    "training": (
        "Training",
        draw_training,
        "One epoch, the same batches and the same losses, one thread each: `benchmarks/training.py`.",
        "Bars: time of an epoch over that of PyTorch",
    ),
}
