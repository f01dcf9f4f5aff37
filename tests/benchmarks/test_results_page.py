"""The page of benchmarks: what it says of what was measured; how fast anything is, no test says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LESSON = {
    "stock": [5.0, 6.0],
    "seconds": [0.25, 0.25],
    "checks": [0.1, 0.1],
    "answers": [0.3, 0.3],
    "ratio": [20.0, 24.0],
}
LESSONS = {
    "lessons": {"01_volumes": LESSON, "02_convolution": LESSON},
    "students": 48,
    "stock": 2,
    "rounds": 2,
    "workers": 2,
    "pages": {
        "submissions": 750,
        "seconds": {"feedback": 10, "feedback again": 5, "report": 15},
    },
    "different marks": [],
}
CLASS = {
    "learners": 200,
    "seconds": 0.10,
    "cpu": 0.15,
    "MB": 160,
    "not graded": 0,
    "missing": 0,
    "killed after": 0,
}
LARGE = {**CLASS, "learners": 10_000, "killed after": 5_000}
MACHINE = {
    "processor": "Some processor",
    "cores": 2,
    "system": "Linux",
    "python": "3.11.7",
    "numpy": "2.0",
    "kernel": "SkylakeX",
    "better kernel": None,
    "chosen by hand": None,
    "torch": None,
    "nbgrader": "0.9.6",
    "load": "0.1",
    "date": "2026-01-31",
}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Writes the page; gives its rows by their first 20 letters: (measured, reached)."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from page import write_page

    def write(found=(), failed=(), by_hand=()) -> dict[str, tuple[str, str]]:
        path = write_page(tmp_path, dict(found), dict(failed), dict(by_hand), MACHINE)
        lines = path.read_text(encoding="utf-8").splitlines()
        cells = [line.strip("| ").split(" | ") for line in lines if line[:2] == "| "]
        return {row[0][:20]: tuple(row[2:]) for row in cells[1:]}

    return write


def scale(last: dict, *, scheduler: bool = False) -> dict:
    return {"lesson": "01", "scheduler": scheduler, "classes": [CLASS, last]}


def test_every_row_is_there_when_nothing_was_measured(page, tmp_path):
    rows = page()
    assert len(rows) == 15
    assert set(rows.values()) == {("not measured", "-")}
    assert "2026-01-31: Some processor, 2 cores" in (tmp_path / "RESULTS.md").read_text(
        "utf-8"
    )


@pytest.mark.parametrize(
    ("change", "reached"),
    [
        ({}, "yes"),
        ({"ratio": [14.0, 14.8]}, "**no**"),
    ],
)
def test_grading_is_as_fast_as_its_slowest_lesson(page, change, reached):
    lessons = {**LESSONS["lessons"], "02_convolution": {**LESSON, **change}}
    rows = page({"lessons": {**LESSONS, "lessons": lessons}})
    assert rows["grading, every lesso"][1] == reached
    other = page({"lessons": {**LESSONS, "different marks": ["ada 01: 1 and 2"]}})
    assert (
        other["grading, every lesso"][1] == "**no**"
        and "1 marks differ" in other["grading, every lesso"][0]
    )


def test_pages_about_fewer_submissions_are_scaled_up_and_say_so(page):
    rows = page({"lessons": LESSONS})
    told, reached = rows["feedback and report "]
    assert told.startswith("50 s (feedback 20, feedback again 10, report 30)")
    assert told.endswith("scaled up from 750 submissions")
    assert reached == "yes"


@pytest.mark.parametrize(
    ("change", "reached"),
    [
        ({}, "yes"),
        ({"seconds": 0.12}, "**no**"),
        ({"MB": 301}, "**no**"),
        ({"missing": 1}, "**no**"),
        ({"learners": 300}, "-"),
    ],
)
def test_a_large_class_counts_only_when_it_is_as_large_as_asked(page, change, reached):
    by_hand = {"scale": {**scale({**LARGE, **change}), "machine": MACHINE}}
    told, said = page(by_hand=by_hand)["10,000 submissions o"]
    assert said == reached
    assert told.endswith("(once, 2026-01-31)") and "killed after 5,000" in told


@pytest.mark.parametrize(
    ("task", "course", "fast", "reached"),
    [
        ("shapes", 1.6, 1.2, "yes"),
        ("shapes", 1.2, 1.4, "**no**"),
        ("digits", 1.1, 0.9, "**no**"),
        ("reader", 1.4, 1.6, "yes"),
    ],
)
def test_an_epoch_counts_with_the_layers_that_its_lesson_trains_with(
    page, task, course, fast, reached
):
    seconds = {"course": [course], "fast": [fast], "torch": [1.0]}
    rows = page({"training": {"torch": "2.13", "seconds": {task: seconds}}})
    assert rows["an epoch / PyTorch: "][1] == reached


def test_what_failed_is_said_and_its_rows_are_not_measured(page):
    rows = page({"lessons": LESSONS}, failed={"layers": "exit code 1, a | b"})
    assert rows["memory of `course.fa"] == (
        "failed: exit code 1, a \\| b",
        "-",
    )
    assert rows["grading, every lesso"][1] == "yes"


def test_the_same_figures_give_the_same_bytes(page, tmp_path):
    def files() -> dict[str, bytes]:
        paths = sorted((tmp_path / "figures").iterdir())
        return {path.name: path.read_bytes() for path in paths}

    page({"lessons": LESSONS, "scale": scale(LARGE)})
    before = files()
    page({"lessons": LESSONS, "scale": scale(LARGE)})
    assert files() == before
    assert list(before) == ["lessons.svg", "scale.svg"]
    assert all(len(content) < 100_000 for content in before.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["RESULTS.md", "figures"]


def run(tmp_path: Path, *options: str) -> subprocess.CompletedProcess:
    places = ["--to", str(tmp_path / "page"), "--kept", str(tmp_path / "kept")]
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "run.py"), *options, *places],
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_a_tiny_benchmark_becomes_a_page(tmp_path):
    done = run(tmp_path, "--quick", "--only", "training")
    assert done.returncode == 0, done.stderr
    assert "[1/1] training.py" in done.stderr
    text = (tmp_path / "page" / "RESULTS.md").read_text(encoding="utf-8")
    found = json.loads((tmp_path / "kept" / "training.json").read_text("utf-8"))
    assert ("tiny " in text) == (found["torch"] is not None)
    assert str(tmp_path) not in text and str(ROOT) not in text


def test_a_benchmark_that_fails_is_on_the_page_and_the_run_ends_with_an_error(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "lessons.json").write_text(json.dumps(LESSONS), encoding="utf-8")
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import run;"
        "run.BENCHMARKS = {'training': ['no_such.py']}; run.run_app(run.app)"
    )
    places = ["--to", str(tmp_path / "page"), "--kept", str(kept)]
    words = [sys.executable, "-c", code, str(ROOT / "benchmarks"), *places]
    done = subprocess.run(
        words,
        capture_output=True,
        check=False,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 1
    text = (tmp_path / "page" / "RESULTS.md").read_text(encoding="utf-8")
    assert "failed: exit code 2" in text and "no_such.py" in text
    assert "2 of 2 lessons" in text


@pytest.mark.whole
def test_every_benchmark_runs_with_tiny_sizes(tmp_path):
    done = run(tmp_path, "--quick")
    assert done.returncode == 0, done.stderr
    kept = {path.stem for path in (tmp_path / "kept").glob("*.json")}
    assert kept == {
        *(
            "start",
            "fixed",
            "lessons",
            "scale",
            "scheduler",
            "layers",
            "cores",
            "training",
        )
    }
    found = json.loads((tmp_path / "kept" / "lessons.json").read_text("utf-8"))
    assert found["different marks"] == []
    found = json.loads((tmp_path / "kept" / "scale.json").read_text("utf-8"))
    assert [each["missing"] for each in found["classes"]] == [0, 0]
    assert found["classes"][-1]["killed after"] > 0
