"""What is to be reached, and what was: the rows of the first table of the page.

Each function takes what a benchmark printed as JSON. A row is (key, measured, reached), where
`reached` None says that this run cannot tell.
"""

import statistics
from collections.abc import Iterator

from layer_results import KINDS, Measured, mean_ratio
from layer_results import spread as spread_of

Row = tuple[str, str, bool | None]

# Key: (the benchmark that measures it, what, to reach)
TARGETS = {
    "clone": ("clone", "`make run` from a clean clone, empty caches", "90 s"),
    "lessons": (
        "lessons",
        "grading, every lesson, 48 learners, against stock nbgrader, demos left out of both",
        "15 times faster",
    ),
    "fixed": ("fixed", "fixed cost of a trivial notebook", "0.05 s"),
    "scale": (
        "scale",
        "10,000 submissions of one lesson against 200, killed and resumed once",
        "time of each within 10 %, coordinator under 300 MB",
    ),
    "scheduler": (
        "scheduler",
        "10,000 submissions through a Dask scheduler with two workers",
        "all graded, coordinator under 300 MB",
    ),
    "pages": (
        "lessons",
        "feedback and report for 1,500 submissions",
        "60 s together",
    ),
    "fast forward": (
        "layers",
        "`course.fast`, ten shapes, forward / PyTorch",
        "at most 1.0",
    ),
    "fast both": ("layers", "the same, forward and backward", "at most 1.0"),
    "cores": ("cores", "the same on two cores, PyTorch on two", "-"),
    "fast worst": ("layers", "`course.fast`, its worst shape", "at most 1.4"),
    "im2col": ("layers", "lesson 04's im2col, forward / PyTorch", "at most 1.4"),
    "memory": (
        "layers",
        "memory of `course.fast` over what comes in and goes out, worst shape",
        "at most 1.5",
    ),
    "training": (
        "training",
        "an epoch / PyTorch: digits, shapes (with `course.fast`, as lesson 11 trains them), others",
        "at most 1.0, 1.3, 1.5",
    ),
    "import": ("start", "importing `course.kit` in a notebook", "0.35 s"),
    "check": ("start", "`course check` of the solved lesson 01", "2 s"),
}
EPOCHS = {"digits": 1.0, "shapes": 1.3}
OTHER_EPOCHS = 1.5
TRAINED_FAST = ("shapes",)
MOST_MB = 300
PAGES = 1500


def short(values: list[float], form: str = ".2f") -> str:
    """Median (lowest - highest)."""
    low, middle, high = min(values), statistics.median(values), max(values)
    if f"{low:{form}}" == f"{high:{form}}":
        return f"{middle:{form}}"
    return f"{middle:{form}} ({low:{form}} - {high:{form}})"


def clone_rows(found: dict) -> Iterator[Row]:
    if "skipped" in found:
        yield "clone", f"skipped: {found['skipped']}", None
        return
    parts = found["seconds"]
    total = sum(parts.values())
    told = ", ".join(f"{name} {seconds:.0f}" for name, seconds in parts.items())
    yield "clone", f"{total:.0f} s ({told})", total <= 90


def lessons_rows(found: dict) -> Iterator[Row]:
    medians = {
        lesson: statistics.median(ways["ratio"])
        for lesson, ways in found["lessons"].items()
    }
    slowest = min(medians, key=medians.__getitem__)
    ratio = short(found["lessons"][slowest]["ratio"], ".1f")
    reached = sum(median >= 15 for median in medians.values())
    told = f"{reached} of {len(medians)} lessons; least: {slowest} {ratio}"
    if found["different marks"]:
        told += f"; {len(found['different marks'])} marks differ"
    is_reached = reached == len(medians) and not found["different marks"]
    yield "lessons", told, is_reached
    yield from pages_rows(found["pages"])


def pages_rows(found: dict) -> Iterator[Row]:
    count, seconds = found["submissions"], found["seconds"]
    times = {name: each * PAGES / count for name, each in seconds.items()}
    parts = ", ".join(f"{name} {each:.0f}" for name, each in times.items())
    told = f"{times['feedback'] + times['report']:.0f} s ({parts})"
    if count < PAGES:
        told += f", scaled up from {count} submissions"
    yield "pages", told, times["feedback"] + times["report"] <= 60


def fixed_rows(found: dict) -> Iterator[Row]:
    seconds = found["seconds"]["best-effort"]
    yield (
        "fixed",
        f"{short(seconds, '.3f')} s; stock {short(found['seconds']['stock'])} s",
        statistics.median(seconds) <= 0.05,
    )


def scale_rows(found: dict) -> Iterator[Row]:
    classes = found["classes"]
    first, last = classes[0], classes[-1]
    key = "scheduler" if found["scheduler"] else "scale"
    sizes = [first["learners"], last["learners"]]
    counts = " and ".join(f"{size:,}" for size in dict.fromkeys(sizes))
    told = f"{counts}: {last['seconds']:.3f} s each"
    whole = not any(each["missing"] or each["not graded"] for each in classes)
    reached = whole and last["MB"] < MOST_MB
    if len(classes) > 1:
        more = last["cpu"] / first["cpu"] - 1
        told += (
            f", {last['seconds'] / first['seconds'] - 1:+.0%} "
            f"({more:+.0%} of the processor's)"
        )
        reached = reached and last["seconds"] <= 1.1 * first["seconds"]
    told += f"; {last['MB']} MB"
    if last["killed after"]:
        told += f"; killed after {last['killed after']:,}"
    yield key, told, reached if last["learners"] >= 10_000 else None


def layers_rows(found: dict) -> Iterator[Row]:
    results = [Measured(**layer) for layer in found["layers"]]
    if found["torch"] is not None:
        for key, name, kind, most in (
            ("fast forward", "fast", "forward", 1.0),
            ("fast both", "fast", "both", 1.0),
            ("im2col", "im2col", "forward", 1.4),
        ):
            mean = mean_ratio(results, kind, name, "torch")
            told = f"{mean:.2f}, geometric mean of {len(results)} shapes"
            yield key, told, mean <= most
        ratios = {
            f"{each.layer} ({title})": each.ratio(kind, "fast", "torch")
            for each in results
            for kind, title in KINDS.items()
        }
        worst = max(ratios, key=lambda name: ratios[name].middle)
        yield (
            "fast worst",
            f"{worst}: {ratios[worst].text}",
            ratios[worst].middle <= 1.4,
        )
    shares = {each.layer: max(each.memory["fast"].values()) for each in results}
    most = max(shares, key=shares.__getitem__)
    yield "memory", f"{most}: {shares[most]:.2f}", shares[most] <= 1.5


def cores_rows(found: dict) -> Iterator[Row]:
    if found["torch"] is None:
        return
    results = [Measured(**layer) for layer in found["layers"]]
    means = [mean_ratio(results, kind, "fast", "torch") for kind in KINDS]
    yield "cores", f"forward {means[0]:.2f}, forward and backward {means[1]:.2f}", None


def training_rows(found: dict) -> Iterator[Row]:
    if found["torch"] is None:
        return
    told, reached = [], True
    for task, seconds in found["seconds"].items():
        own, fast = (
            spread_of([a / b for a, b in zip(seconds[name], seconds["torch"])])
            for name in ("course", "fast")
        )
        told.append(f"{task} {own.text}, with `course.fast` {fast.text}")
        measured = fast if task in TRAINED_FAST else own
        reached = reached and measured.middle <= EPOCHS.get(task, OTHER_EPOCHS)
    yield "training", "; ".join(told), reached


def start_rows(found: dict) -> Iterator[Row]:
    for name, most in (("import", 0.35), ("check", 2.0)):
        seconds, cpu = found[name]["seconds"], found[name]["cpu"]
        told = f"{short(seconds)} s ({short(cpu)} of the processor's)"
        yield name, told, statistics.median(seconds) <= most
