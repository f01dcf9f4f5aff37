"""A lesson's grader in a zip, unpacked in a clean folder and run as Gradescope and CI run it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.lessons import Lesson
from autograder.lessons.answers import fill
from autograder.lessons.source import notebook_text, read_source, solution_cells
from autograder.lessons.versions import student_notebook
from autograder.release.bundling import bundle
from course.kit import UsageError

ROOT = Path(__file__).parents[2]
LESSON = Lesson(ROOT, "01_volumes")


@pytest.fixture(scope="module")
def gradescope(tmp_path_factory) -> Path:
    """The folders as Gradescope lays them out: the archive is unpacked in source/."""
    place = tmp_path_factory.mktemp("autograder")
    archive = bundle(LESSON, place / "bundle.zip")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(place / "source")
        for info in packed.infolist():
            mode = info.external_attr >> 16
            (place / "source" / info.filename).chmod(mode)
    return place


def run(place: Path, *command: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        command,
        check=False,
        cwd=place,
        env={**os.environ, "AUTOGRADER_ROOT": str(place), "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=300,
    )


def solved() -> str:
    notebook = student_notebook(LESSON)
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in solution_cells(read_source(LESSON))
    }
    return notebook_text(fill(notebook, answers))


def test_gradescope_s_own_way(gradescope):
    place = gradescope / "submission"
    place.mkdir()
    (place / "my work.ipynb").write_text(solved(), encoding="utf-8")
    done = run(gradescope, gradescope / "source" / "run_autograder")
    assert done.returncode == 0, done.stderr
    document = json.loads((gradescope / "results/results.json").read_text("utf-8"))
    tests = {each["name"]: each for each in document["tests"]}
    automatic = [each for each in tests.values() if "status" in each]
    assert all(each["status"] == "passed" for each in automatic)
    assert document["score"] == sum(each["max_score"] for each in automatic) > 0
    assert {each["visibility"] for each in automatic} == {"visible"}


def test_a_wrong_answer_and_a_file_that_cannot_be_read(gradescope, tmp_path):
    autograde = gradescope / "source" / "autograde"
    wrong = tmp_path / "wrong.ipynb"
    wrong.write_text(notebook_text(student_notebook(LESSON)), encoding="utf-8")
    results = tmp_path / "results.json"
    assert run(tmp_path, autograde, wrong, results).returncode == 0
    document = json.loads(results.read_text(encoding="utf-8"))
    assert document["score"] == 0
    failed = [each for each in document["tests"] if each.get("status") == "failed"]
    assert failed and all(each["output"] for each in failed)
    broken = tmp_path / "broken.ipynb"
    broken.write_text('{"cells": [', encoding="utf-8")
    assert run(tmp_path, autograde, broken, results).returncode == 0
    document = json.loads(results.read_text(encoding="utf-8"))
    assert document["score"] == 0 and "broken.ipynb" in document["output"]


def test_what_is_not_there_leaves_no_result(gradescope, tmp_path):
    results = tmp_path / "results.json"
    none = tmp_path / "none.ipynb"
    done = run(tmp_path, gradescope / "source" / "autograde", none, results)
    assert done.returncode == 2 and "does not exist" in done.stderr
    assert not results.exists()


def test_a_bundle_holds_one_lesson_and_no_other_answers(gradescope):
    source = gradescope / "source"
    assert [path.name for path in (source / "solutions").glob("*.py")] == [
        "01_volumes.py"
    ]
    assert [path.name for path in (source / "solutions/checks").iterdir()] == [
        "01_volumes"
    ]
    for name in ("setup.sh", "run_autograder", "autograde"):
        assert run(source, "bash", "-n", name).returncode == 0
        assert os.access(source / name, os.X_OK)


def test_a_place_that_is_taken_is_refused(tmp_path):
    (tmp_path / "x.zip").touch()
    with pytest.raises(UsageError, match="already there"):
        bundle(LESSON, tmp_path / "x.zip")
    with pytest.raises(UsageError, match="does not exist"):
        bundle(LESSON, tmp_path / "none" / "x.zip")
