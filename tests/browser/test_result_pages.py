"""Feedback pages and the class report in a browser: as tall and as wide as was promised.

A picture of the pages is left in the folder that the environment variable SCREENSHOTS names.
"""

import os
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from small_class import NAME, failed_check, failure, make_checkout, record_class

from autograder.grading.classroom import Classroom, open_gradebook
from autograder.grading.outcome import Outcome, Status
from autograder.grading.record import record
from autograder.grading.register import register
from autograder.lessons import Lesson
from autograder.lessons.source import read_source
from autograder.lessons.versions import master
from autograder.reports.feedback import feedback
from autograder.reports.report_page import report

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


@pytest.fixture
def room(tmp_path) -> Classroom:
    """A class with long names, a mistake that two have, and one unreadable notebook."""
    added = {
        "check_area": failed_check("wrong value", phrases=("the sides are added",))
    }
    crash = [failure("IndexError", "list index out of range " + "x" * 300)]
    works = {
        "ada": {},
        "bob": added,
        "cyd": {**added, "check_double": crash},
        "a-very-long-name-without-a-space-" * 3: {"check_double": crash},
        "zed": None,
    }
    room = record_class(tmp_path / "class", make_checkout(tmp_path / "checkout"), works)
    with Gradebook(room.db_url) as book:
        book.update_or_create_student("ann", first_name="Ann", last_name="Lee")
    feedback(room.root)
    return room


def test_the_report_is_never_wider_than_the_window(page, room):
    path, _ = report(room.root)
    for width in WIDTHS:
        assert measure(page, path, width)[0] <= width
        unfold = "document.querySelectorAll('details').forEach(e => { e.open = true; })"
        page.execute_script(unfold)
        wide = page.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width
    assert page.get_log("browser") == []


def test_the_marks_are_sorted_and_filtered_with_the_keyboard(page, room):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    path, _ = report(room.root)
    page.get(path.as_uri())

    def names() -> list[str]:
        rows = page.find_elements(By.CSS_SELECTOR, "#marks-table tbody tr")
        cells = [
            row.find_element(By.TAG_NAME, "td") for row in rows if row.is_displayed()
        ]
        return [cell.text.split()[0] for cell in cells]

    assert names()[0].startswith("a-very") and names()[-1] == "zed"
    total = page.find_element(By.CSS_SELECTOR, "#marks-table th:last-child button")
    total.send_keys(Keys.ENTER)
    assert names()[0] == "ada"
    total.send_keys(Keys.ENTER)
    assert names()[-1] == "ada"
    page.find_element(By.ID, "state").send_keys("who is stuck")
    assert sorted(names())[1:] == ["cyd"] and len(names()) == 2
    assert page.find_element(By.ID, "shown").text == "2 of 6 students"
    page.find_element(By.ID, "state").send_keys(Keys.HOME)
    page.find_element(By.ID, "words").send_keys("BOB")
    assert names() == ["bob"]
    link = page.find_element(By.CSS_SELECTOR, "#marks-table tr:not([hidden]) td a")
    link.send_keys(Keys.ENTER)
    assert page.title == NAME
