"""Feedback pages and the class report in a browser: as tall and as wide as was promised.

A picture of the pages is left in the folder that the environment variable SCREENSHOTS names.
"""

import os
from pathlib import Path

import pytest

from autograder.grading.classroom import Classroom, open_gradebook
from autograder.grading.outcome import Outcome, Status
from autograder.grading.record import record
from autograder.grading.register import register
from autograder.lessons import Lesson
from autograder.lessons.source import read_source
from autograder.lessons.versions import master
from autograder.reports.feedback import feedback

ROOT = Path(__file__).parents[2]
TALLEST = 2_700  # pixels: three screens of 900
WIDTHS = (1400, 1000, 390)


def perfect(folder: Path, name: str) -> Classroom:
    """A class of one, who answered as the lesson's source does, with nothing run."""
    room, lesson = Classroom(folder), Lesson(ROOT, name)
    room.submitted.mkdir(parents=True)
    notebook, source = master(lesson), read_source(lesson)
    for cell, given in zip(notebook.cells, source.cells, strict=True):
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = given.source
    with open_gradebook(room) as gradebook:
        register(room, gradebook, lesson, master(lesson))
        record(room, gradebook, Outcome("ada", name, Status.GRADED), notebook)
    return room


def measure(page, path: Path, width: int) -> tuple[int, int]:
    """Width and height of the page in a window of that width."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    page.get(path.as_uri())
    root = "document.documentElement"
    found = page.execute_script(f"return [{root}.scrollWidth, {root}.scrollHeight]")
    if folder := os.environ.get("SCREENSHOTS"):
        size["height"] = min(found[1], 9_000)
        page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        page.save_screenshot(str(Path(folder) / f"{path.stem}_{width}.png"))
    return found


@pytest.mark.parametrize("name", ["01_volumes", "06_convnet", "09_architectures"])
def test_a_perfect_submission_takes_three_screens(page, tmp_path, name):
    room = perfect(tmp_path / "class", name)
    assert feedback(room.root).failed == ()
    for width in WIDTHS:
        wide, tall = measure(page, room.feedback_page("ada", name), width)
        assert wide <= width
        assert tall <= TALLEST or width < 1000
