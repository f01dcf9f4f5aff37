"""A class full of abuse, graded once: marks, statuses, neighbours and the machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from abuse_case import NAME, REACHED, TRIED, Case
from abused_class import CASES, SECRET, listening, strict_or_why
from fake_course import fake_course
from made_once import made_once

from autograder.grading.execute import How, execute
from autograder.grading.limits import Limits
from autograder.grading.prepare import prepare
from autograder.lessons import Lesson
from autograder.lessons.course_files import make_support
from autograder.lessons.versions import master, student_notebook

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the walls are those of Linux"
)
TABLE = Path(__file__).with_name("table.py")
MOST_SECONDS = 1800  # for the class; it takes about 60 where nothing else runs
LARGEST_FILE = 8_000_000  # bytes that a submission may leave in autograded/
HIDDEN = "1 x 9"  # stands only in a hidden test
LIMITS = Limits(cell_seconds=300, total_seconds=900, grace_seconds=2)
WITHOUT_LAYERS = [case for case in CASES if case.safe_without]


@pytest.fixture(scope="session")
def found(tmp_path_factory) -> dict:
    """What table.py found."""

    def make(folder: Path) -> None:
        subprocess.run(
            [sys.executable, str(TABLE), "--json", str(folder / "found.json")],
            check=True,
            timeout=MOST_SECONDS,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(TABLE.parents[2])},
        )

    path = made_once(tmp_path_factory, "abuse", make) / "found.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory) -> Lesson:
    root = tmp_path_factory.mktemp("open") / "checkout"
    return fake_course(root, kit=True, cases=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(found, case: Case):
    got = found["cases"][case.name]

    assert (got["mark"], got["status"]) == (case.mark, case.status), got["reason"]
    assert REACHED not in got["said"]
    if "attempt(" in case.attack or TRIED in case.attack:
        assert TRIED in got["said"]
    assert case.note in " ".join(got["notes"])
    assert SECRET not in got["said"] + got["shown"]
    assert HIDDEN not in got["shown"]
    assert got["size"] < LARGEST_FILE
    assert got["seconds"] < case.seconds


def test_all_good_submissions_between_them_have_their_marks(found):
    good = {name: (got["mark"], got["status"]) for name, got in found["good"].items()}

    assert set(good.values()) == {(3, "graded")}, good
    assert len(good) == len(CASES) + 1


def test_rows_of_others_in_the_gradebook_are_as_before(found):
    assert found["lost_rows"] == []


def test_no_file_of_the_checkout_or_of_a_submission_was_changed(found):
    assert found["changed_files"] == []


def test_no_process_is_left(found):
    assert found["processes"] == []


def test_isolation_is_strict_or_says_what_is_missing(found):
    isolation, missing = strict_or_why()

    assert found["isolation"] == isolation
    if missing:
        pytest.skip(f"graded with best effort; not given here: {missing}")


@pytest.mark.parametrize("case", WITHOUT_LAYERS, ids=lambda case: case.name)
def test_attack_succeeds_without_the_layers(lesson, tmp_path, case: Case):
    with listening() as port:
        places = {"checkout": str(lesson.root), "classroom": "-", "port": str(port)}
        folder = tmp_path / "work"
        case.hand_in(folder, student_notebook(lesson), places)
        prepared = prepare(folder, master(lesson), NAME)
        how = How(isolation="off")
        done = execute(prepared.notebook, make_support(lesson), LIMITS, how=how)

    outputs = [out for cell in done.notebook.cells for out in cell.get("outputs", [])]
    assert any(REACHED in out.get("text", "") for out in outputs)
