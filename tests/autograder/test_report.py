"""report: one page that says how the class did."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from small_class import NAME, failed_check, failure, make_checkout, record_class

from autograder.grading.classroom import Classroom
from autograder.grading.outcome import (
    Note,
    Outcome,
    Status,
    read_outcome,
    write_outcome,
)
from autograder.reports.marks import Mark, read_submissions
from autograder.reports.report import marks_table, reason, report, summarise
from course.kit.usage_error import UsageError

ADDED = failed_check("wrong value", phrases=("the sides are added",))
CRASH = failure("IndexError", "list index out of range")
UNWRITTEN = failure("NotImplementedError", "area is yours to write.")
EVIL = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def room(tmp_path: Path, lesson) -> Classroom:
    half = new_output("execute_result", {"text/plain": "2"}, execution_count=1)
    room = record_class(
        tmp_path / "class",
        lesson,
        {
            "ada": {},
            "bob": {"check_area": ADDED},
            "cyd": {"check_area": ADDED, "check_double": [half]},
            "dan": {"check_area": [CRASH]},
            "eve": {"check_area": [UNWRITTEN]},
            EVIL: {"check_area": [failure(EVIL, EVIL)]},
            "zed": None,
        },
    )
    with Gradebook(room.db_url) as book:
        book.update_or_create_student("ada", first_name="Ada", last_name="Byron")
    outcome = read_outcome(room.outcome("ada", NAME))
    note = Note("edited", "the check was edited", "check_area")
    write_outcome(
        room.outcome("ada", NAME), Outcome(**{**vars(outcome), "notes": (note,)})
    )
    return room


def test_who_handed_in_nothing_is_not_counted_as_handed_in(room):
    path = room.outcome("zed", NAME)
    missing = {**vars(read_outcome(path)), "status": Status.MISSING}
    assert summarise(room, NAME, read_submissions(room.root)).handed_in == 7
    write_outcome(path, Outcome(**missing))
    assert summarise(room, NAME, read_submissions(room.root)).handed_in == 6


def test_the_page_tells_how_each_task_went(room):
    summary = summarise(room, NAME, read_submissions(room.root))
    area, double, why = summary.tasks
    assert summary.title == "A small lesson"
    assert (area.full, area.failed, area.no_answer, area.not_run) == (1, 4, 1, 1)
    assert area.students == 7 and area.share == 1 / 7
    assert area.reasons[0] == ("the sides are added", 2)
    assert ("IndexError: list index out of range", 1) in area.reasons
    assert (double.full, double.partial, double.not_run) == (5, 1, 1)
    assert (why.awaiting, why.no_answer, why.share) == (6, 1, None)
    assert summary.awaiting == 6
    assert summary.statuses == ((Status.GRADED, 6), (Status.UNREADABLE, 1))
    assert summary.mean == pytest.approx((6 + 4 + 2 + 4 + 4 + 4 + 0) / 7)
    assert [(bar.label, bar.count) for bar in summary.histogram] == [
        ("0", 1),
        ("1", 0),
        ("2", 1),
        ("3", 0),
        ("4", 4),
        ("5", 0),
        ("6", 1),
        ("7", 0),
    ]


def test_the_page_is_complete_and_self_contained(room):
    path = report(room.root)
    assert path == room.report / "index.html"
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|src=|url\(|@import|https?:", page)
    assert "default-src 'none'" in page
    for text in (
        "01_volumes: A small lesson",
        "<b>2 &times;</b> the sides are added",
        "Ada Byron",
        "the check was edited",
        "the file is &lt;i&gt;empty&lt;/i&gt;",
        "6 answers of 6 students",
        "<svg",
    ):
        assert text in page
    Balanced().feed(page)


class Balanced(HTMLParser):
    """Fails on an element that is not closed, or closed out of order."""

    VOID = ("meta", "br", "line", "rect")

    def __init__(self):
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag, f"{tag} at {self.getpos()}"


def test_what_learners_wrote_is_escaped(room):
    page = report(room.root).read_text(encoding="utf-8")
    assert EVIL not in page
    assert page.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") >= 3


def test_the_table_for_a_terminal(room):
    columns, rows = marks_table(room.root, [NAME])
    assert columns == ["student", "area", "double", "question_why", "total", "status"]
    assert rows[1] == ["ada", "2", "4", "?", "6?", "graded"]
    assert rows[-1] == ["zed", "0", "0", "0", "0", "unreadable"]


def test_with_several_lessons_there_is_a_total_per_lesson(room):
    rename = "02_convolution"
    with Gradebook(room.db_url) as book:
        book.find_assignment(NAME).name = rename
        book.find_notebook(NAME, rename).name = rename
        book.db.commit()
        other = book.add_assignment("03_backprop")
        book.add_notebook("03_backprop", other.name)
        book.add_grade_cell(
            "check_x", "03_backprop", other.name, max_score=3, cell_type="code"
        )
        book.add_submission(other.name, "ada")
    columns, rows = marks_table(room.root)
    assert columns == ["student", rename, "03_backprop", "total", "status"]
    assert rows[1][:4] == ["ada", "6?", "0?", "6 of 10"]
    assert rows[-1] == ["zed", "0", "-", "0 of 7", "graded"]
    assert "All lessons" in report(room.root).read_text(encoding="utf-8")


def test_hundreds_of_learners_with_long_names(tmp_path, lesson):
    works = {f"{'long-name-' * 9}{n:03d}": {} for n in range(60)}
    room = record_class(tmp_path / "class", lesson, works)
    page = report(room.root).read_text(encoding="utf-8")
    assert page.count('class="cell full"') == 120
    assert ">60</text>" in page


def test_an_ungraded_class_is_refused(tmp_path, room):
    with pytest.raises(UsageError, match="does not exist"):
        report(tmp_path / "none")
    with pytest.raises(UsageError, match="has no marks of 04_im2col"):
        report(room.root, ["04_im2col"])


@pytest.mark.parametrize(
    ("error", "message", "text"),
    [
        ("CheckFailed", "case: wrong dtype\n  got x", "case: wrong dtype"),
        ("AssertionError", "", "the check failed without a message"),
        ("KeyError", "'a'", "KeyError: 'a'"),
        ("KeyboardInterrupt", "", "KeyboardInterrupt"),
        ("CheckFailed", "x" * 500, "x" * 159 + "…"),
    ],
)
def test_reasons_are_the_same_for_the_same_mistake(error, message, text):
    mark = Mark(
        *("ada", NAME, "area", 0.0, 1.0, 0.0, None, False, Status.GRADED),
        error=error,
        message=message,
    )
    assert reason(mark) == text


def test_a_mistake_and_a_cause_are_read_as_data():
    mark = Mark(
        *("ada", NAME, "area", 0.0, 1.0, 0.0, None, False, Status.GRADED),
        error="CheckFailed",
        message="It looks as if something is so.",
        phrases=("the sides are added", "the bias is forgotten"),
    )
    assert reason(mark) == "the sides are added, or the bias is forgotten"
    assert reason(replace(mark, cause="x is missing")) == "x is missing"
