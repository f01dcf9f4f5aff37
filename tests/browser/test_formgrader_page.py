"""Formgrader with a hostile submission: nothing of it runs, and a teacher can still mark it.

Three walls are tested apart: what `record` writes, in nbgrader's own formgrader and in
JupyterLab; formgrader's policy, with nothing sanitized; and both, as a teacher has them. A
picture of the pages is left in the folder that the environment variable SCREENSHOTS names.
"""

import os
import shutil
import time
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from hostile_work import hostile_work
from small_class import NAME, hand_in, make_checkout

from autograder.grading import record
from autograder.grading.classroom import Classroom
from autograder.grading.grade import grade
from autograder.reports.marks import read_marks

ROOT = Path(__file__).parents[2]
SECONDS = 40
CONFIG = f"load_subconfig('nbgrader_config.py', path={str(ROOT)!r})\n"
STOCK = "c = get_config()\nc.CourseDirectory.root = 'class'\n"
NOT_SANITIZED = """
from autograder import formgrader
from autograder.reports import page as result_page
formgrader.sanitized = lambda notebook: notebook
result_page.safe_html = lambda text: text
"""
EVE = "eve"
WAIT = 4  # s, for scripts that run late


def graded_class(folder: Path) -> Path:
    lesson = make_checkout(folder / "checkout")
    room = Classroom(folder / "class")
    hand_in(room.root, EVE, hostile_work(lesson))
    summary = grade(lesson.root, room.root, [lesson], workers=1)
    assert not summary.not_graded, summary.rows
    return room.root


@pytest.fixture(scope="module")
def as_recorded(tmp_path_factory) -> Path:
    return graded_class(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def as_handed_in(tmp_path_factory) -> Path:
    """Graded without sanitizing anything."""
    root = tmp_path_factory.mktemp("raw")
    with mock.patch.object(record, "sanitized", lambda notebook: notebook):
        return graded_class(root)


class Teacher:
    """Looks at formgrader in the browser."""

    def __init__(self, page, start_lab, graded: Path, folder: Path, config: str):
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support.ui import WebDriverWait

        self.root = folder / "checkout"
        shutil.copytree(graded, self.root / "class")
        (self.root / "nbgrader_config.py").write_text(config, encoding="utf-8")
        self.before = self.marks()
        self.page = page
        self.lab = start_lab(self.root, CLASS_FOLDER=str(self.root / "class"))
        self.wait = WebDriverWait(page, SECONDS, poll_frequency=0.2)
        self.css = By.CSS_SELECTOR
        page.get(self.lab.page("login"))

    def open(self, path: str, until: str) -> None:
        self.page.get(self.lab.url + path)
        self.wait.until(lambda page: page.find_elements(self.css, until))

    def open_submission(self) -> None:
        """The page where eve's work is marked, by the links that a teacher follows."""
        self.open(
            f"formgrader/gradebook/{NAME}/{NAME}", "#main-table a[href*=submissions]"
        )
        link = self.find("#main-table a[href*=submissions]").get_attribute("href")
        self.page.get(link)
        time.sleep(WAIT)

    def find(self, selector: str):
        return self.page.find_element(self.css, selector)

    def click_links(self, within: str) -> list[str]:
        """Follow all links of the submission; returns where they lead."""
        links = self.page.execute_script(
            f"return Array.from(document.querySelectorAll({within!r} + ' a'), "
            "a => { const to = a.getAttribute('href') || a.getAttribute('xlink:href') || '';"
            " if (!/^http|^#/.test(to)) "
            "a.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));"
            " return to; })"
        )
        time.sleep(1)
        return links

    def ran(self) -> set[str]:
        """The payloads that ran: each writes a file by the server's own interface."""
        found = {path.stem for path in self.root.rglob("ran-*.txt")}
        return found | ({"title"} if self.page.title == "RAN" else set())

    def marks(self) -> list:
        return read_marks(self.root / "class")

    def complaints(self) -> list[str]:
        """What the browser says in its console of scripts that it refused, or that failed."""
        return [
            entry["message"]
            for entry in self.page.get_log("browser")
            if "violates" in entry["message"] or "Uncaught" in entry["message"]
        ]

    def picture(self, name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            height = self.page.execute_script("return document.body.scrollHeight")
            self.page.set_window_size(1300, min(height + 200, 12_000))
            self.page.save_screenshot(str(Path(folder) / f"formgrader_{name}.png"))


@pytest.fixture
def teacher(page, start_lab, tmp_path):
    return lambda graded, config: Teacher(page, start_lab, graded, tmp_path, config)


def test_these_payloads_run_where_nothing_is_done(teacher, as_handed_in):
    eve = teacher(as_handed_in, STOCK)
    eve.open_submission()
    eve.click_links("#notebook-container")
    assert len(eve.ran()) >= 15, sorted(eve.ran())


def test_what_is_recorded_is_harmless_in_nbgraders_own_page(teacher, as_recorded):
    eve = teacher(as_recorded, STOCK)
    eve.open_submission()
    links = eve.click_links("#notebook-container")
    # A link without an address leads nowhere.
    assert not [link for link in links if not link.startswith(("http", "#")) and link]
    assert eve.ran() == set()
    assert eve.marks() == eve.before


def test_the_policy_alone_stops_them_too(teacher, as_handed_in):
    eve = teacher(as_handed_in, CONFIG + NOT_SANITIZED)
    eve.open_submission()
    eve.click_links("#notebook-container")
    assert eve.complaints(), "this test would not notice that everything is sanitized"
    assert eve.ran() == set()
    assert eve.marks() == eve.before


def test_a_teacher_marks_a_hostile_submission(teacher, as_recorded):
    eve = teacher(as_recorded, CONFIG)
    eve.open_submission()
    eve.picture("submission")
    eve.click_links("#notebook-container")
    assert eve.ran() == set()
    assert eve.marks() == eve.before
    # What is worth looking at is there.
    assert eve.find("table.dataframe td").text == "4711"
    sizes = eve.page.execute_script(
        "return Array.from(document.querySelectorAll('#notebook-container img'), "
        "image => image.naturalWidth)"
    )
    assert len(sizes) >= 3 and all(sizes)
    assert "<script>" in eve.find("#notebook-container").text.lower().replace("< ", "<")

    # The mark scheme unfolds below the answer.
    assert "Model answer." not in eve.find("#notebook-container").text
    next(
        fold
        for fold in eve.page.find_elements(eve.css, "summary")
        if "mark scheme" in fold.text
    ).click()
    assert "Model answer." in eve.find("#notebook-container").text

    # Her name behind the eye, a mark, a comment.
    eye = "span.glyphicon-eye-open.name-hidden"
    eve.find(eye).click()
    assert eve.find("a.name-shown").is_displayed()
    field = eve.find("input.score#question_why")
    field.clear()
    field.send_keys("0.5")
    comment = eve.find("#question_why-comment")
    comment.send_keys("Well tried.")
    comment.send_keys("\ue00c")  # Escape leaves the field, which saves it
    eve.wait.until(lambda page: manual_mark(eve) == 0.5)
    eve.page.refresh()
    eve.wait.until(
        lambda page: (
            eve.find("#question_why-comment").get_attribute("value") == "Well tried."
        )
    )
    assert eve.find("input.score#question_why").get_attribute("value") == "0.5"
    eve.find("span.mark-graded, .full-credit")
    assert eve.complaints() == []


def manual_mark(eve: Teacher) -> float | None:
    return next(mark.manual for mark in eve.marks() if mark.task == "question_why")


def test_the_other_pages_work_under_the_policy(teacher, as_recorded):
    eve = teacher(as_recorded, CONFIG)
    rows = "#main-table tr td"
    for path in (
        "manage_assignments",
        f"manage_submissions/{NAME}",
        "gradebook",
        f"gradebook/{NAME}",
        f"gradebook/{NAME}/{NAME}",
        "manage_students",
        f"manage_students/{EVE}",
        f"manage_students/{EVE}/{NAME}",
    ):
        eve.open(f"formgrader/{path}", rows)
        eve.wait.until(lambda page: "oading" not in eve.find("#main-table").text)
        eve.picture(path.replace("/", "_"))
        assert eve.complaints() == [], path
    # A word of the address stands in the page's script.
    eve.page.get(
        eve.lab.url + ('formgrader/manage_students/"; document.title="RAN"; "')
    )
    time.sleep(1)
    assert eve.page.title != "RAN"
    # And formgrader would run the nbgrader_config.py of a folder that a link names.
    work = eve.root / "class" / "submitted" / EVE / NAME
    trap = f"open({str(eve.root / 'ran-config.txt')!r}, 'w')"
    (work / "nbgrader_config.py").write_text(trap, encoding="utf-8")
    eve.page.get(f"{eve.lab.url}formgrader?path={work}")
    assert "403" in eve.page.page_source
    assert eve.ran() == set()


def test_what_is_recorded_is_harmless_in_jupyterlab(teacher, as_recorded):
    eve = teacher(as_recorded, CONFIG)
    path = eve.root / "class" / "autograded" / EVE / NAME / f"{NAME}.ipynb"
    trust(path, eve.root.parent / "data")
    eve.page.set_window_size(1300, 12_000)
    relative = path.relative_to(eve.root).as_posix()
    eve.open(f"lab/tree/{relative}", ".jp-Notebook .jp-OutputArea-output")
    eve.wait.until(
        lambda page: page.find_elements(eve.css, ".jp-OutputArea-output table")
    )
    time.sleep(WAIT)
    eve.click_links(".jp-Notebook")
    eve.picture("jupyterlab")
    assert eve.ran() == set()


def trust(path: Path, data: Path) -> None:
    """As `jupyter trust` does, for the server that keeps its data there."""
    notary = nbformat.sign.NotebookNotary(data_dir=str(data))
    notary.sign(nbformat.reads(path.read_text(encoding="utf-8"), as_version=4))


def test_the_button_writes_our_feedback(teacher, as_recorded):
    eve = teacher(as_recorded, CONFIG)
    eve.open(f"formgrader/manage_submissions/{NAME}", "td.generate-feedback a")
    eve.find("td.generate-feedback a").click()
    eve.wait.until(lambda page: "Successfully generated" in eve.find("body").text)
    room = Classroom(eve.root / "class")
    made = room.feedback_page(EVE, NAME)
    text = made.read_text(encoding="utf-8")
    assert "made by autograder feedback" in text and "7919" not in text
    eve.page.get(made.as_uri())
    eve.picture("feedback")
    assert eve.ran() == set()
