"""report: one page that says how the class did."""

import base64
import csv
import datetime
import hashlib
import html
import json
import re
import urllib.parse
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
from autograder.reports.export import marks_table, write_tables
from autograder.reports.feedback import feedback
from autograder.reports.findings import as_document, class_report
from autograder.reports.marks import Mark
from autograder.reports.report_page import report
from course.kit import UsageError

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


def only_lesson(room: Classroom):
    (lesson,) = class_report(room).lessons
    return lesson


def page_of(room: Classroom) -> str:
    return report(room.root)[0].read_text(encoding="utf-8")


def words_of(page: str) -> str:
    """What a browser shows, without tags."""
    text = re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    return html.unescape(" ".join(text.split()))


def test_who_handed_in_nothing_is_not_counted_as_handed_in(room):
    path = room.outcome("zed", NAME)
    missing = {**vars(read_outcome(path)), "status": Status.MISSING}
    assert only_lesson(room).handed_in == 7
    write_outcome(path, Outcome(**{**missing, "reason": "only answers.pdf"}))
    assert only_lesson(room).handed_in == 6
    with Gradebook(room.db_url) as book:
        book.update_or_create_student("ann", first_name="Ann", last_name="Lee")
    assert only_lesson(room).absent == ("ann",)
    shown = words_of(page_of(room))
    assert "Handed in nothing 2 01 volumes Ann Lee zed only answers.pdf" in shown


def test_the_page_tells_how_each_task_went(room):
    lesson = only_lesson(room)
    area, double, why = lesson.tasks
    assert lesson.title == "A small lesson"
    kinds = ("full", "failed", "no_answer", "not_run")
    assert [area.counts[kind] for kind in kinds] == [1, 4, 1, 1]
    assert area.students == 7
    assert lesson.statistics.n == 6, "what could not be read is not measured"
    assert area.item.facility == pytest.approx(1 / 6)
    first, *others = area.mistakes
    assert (first.text, first.students) == ("the sides are added", ("bob", "cyd"))
    told = {one.text: one.students for one in others}
    assert told["IndexError: list index out of range"] == ("dan",)
    assert told["no answer"] == ("eve",) and "zed" not in str(area.mistakes)
    assert area.why == "Less than half of the points"
    assert area.most_often.startswith("the sides are added (2)")
    assert [double.counts[kind] for kind in ("full", "partial")] == [5, 1]
    assert (why.counts["awaiting"], why.item) == (6, None)
    assert lesson.awaiting == 6
    assert lesson.mean == pytest.approx((6 + 4 + 2 + 4 + 4 + 4 + 0) / 7)
    assert [(bar.label, bar.count) for bar in lesson.histogram] == [
        ("0", 1),
        ("1", 0),
        ("2", 1),
        ("3", 0),
        ("4", 4),
        ("5", 0),
        ("6", 1),
        ("7", 0),
    ]


def test_a_check_that_separates_badly_is_named_where_there_are_enough(tmp_path, lesson):
    """The 12 best fail area, the 20 others have it; the rest of the points is double's."""
    best = {f"best{n:02d}": {"check_area": ADDED} for n in range(12)}
    rest = {f"rest{n:02d}": {"check_double": [CRASH]} for n in range(20)}
    room = record_class(tmp_path / "class", lesson, best | rest)
    area, *_ = only_lesson(room).tasks
    assert area.item.correlation == pytest.approx(-1)
    assert area.why == "Who does well elsewhere does worse here"
    assert area.most_often == "the sides are added (12, 12 of them in the better half)"
    page = words_of(page_of(room))
    assert "does worse here. Most often: the sides are added (12" in page
    assert "below 30" not in page and "n = 32" in page


def test_who_is_stuck_where_and_since_when(room):
    (stuck,) = class_report(room).stuck
    assert (stuck.student, stuck.task, stuck.share) == ("cyd", "area", 1 / 3)
    assert stuck.mistake == "the sides are added" and stuck.since == NAME
    when = datetime.datetime(2026, 3, 2, 13)
    with Gradebook(room.db_url) as book:
        book.find_submission(NAME, "cyd").timestamp = when
        book.db.commit()
    shown = words_of(page_of(room)).replace(" , ", ", ")
    assert "01 volumes, area : the sides are added since 01 volumes" in shown
    assert "handed in 2 March" in shown


def test_a_root_comes_before_what_follows_from_it(tmp_path, lesson):
    double = {"double": "def double(x):\n    return area(x, 2)"}
    both = {"check_area": ADDED, "check_double": [CRASH]}
    room = record_class(
        tmp_path / "class",
        lesson,
        {"ada": both, "bob": both, "cyd": {"check_double": [CRASH]}},
        {"ada": double},
    )
    own, followed = only_lesson(room).tasks[1].mistakes
    assert (own.students, own.root) == (("bob", "cyd"), "")
    assert (followed.students, followed.text) == (("ada",), "follows from area")
    stuck = {each.student: each.task for each in class_report(room).stuck}
    assert stuck == {"ada": "area", "bob": "area", "cyd": "double"}


def test_answers_that_only_two_have_are_shown_side_by_side(tmp_path, lesson):
    odd = """def area(height, width):
    total = [0 for place in range(height)]
    for row, column in enumerate(range(width)):
        total[row % height] += (row + 1) * 3 - column ** 2
    return max(total[1:] or [height]) // 7 + sum(total)"""
    same = {"area": odd}
    other = {"area": re.sub(r"\b(total|row|place)\b", r"my_\1", odd)}
    works = {who: {"check_area": ADDED} for who in ("ada", "bob", "cyd", "dan")}
    room = record_class(tmp_path / "class", lesson, works, {"ada": same, "cyd": other})
    (pair,) = class_report(room).pairs
    assert pair.students == ("ada", "cyd") and pair.pieces[0].are_wrong
    page = page_of(room)
    assert page.count("<figure>") == 2 and "Look, and ask" in page
    assert "<mark>    for row, column in enumerate" in page
    assert "accus" not in page.lower() and "cheat" not in page.lower()


def test_a_note_that_most_have_is_not_their_doing(room):
    (note,) = class_report(room).found
    assert (note.students, note.is_odd) == (("ada",), True)
    for who in ("bob", "cyd", "dan", "eve"):
        path = room.outcome(who, NAME)
        notes = (Note("edited", "the check was edited", "check_area"),)
        write_outcome(path, Outcome(**{**vars(read_outcome(path)), "notes": notes}))
    (note,) = class_report(room).found
    assert len(note.students) == 5 and not note.is_odd
    assert "the lesson has probably changed since" in page_of(room)


def test_who_share_a_name_are_told_apart(room):
    with Gradebook(room.db_url) as book:
        for who in ("bob", "cyd"):
            book.update_or_create_student(who, first_name="Kim", last_name="Lee")
    names = class_report(room).names
    assert (names["bob"], names["cyd"]) == ("Kim Lee (bob)", "Kim Lee (cyd)")
    assert (names["ada"], names["dan"]) == ("Ada Byron", "")


def test_marks_lead_to_the_feedback_pages_that_are_there(room):
    assert "../feedback/" not in page_of(room)
    feedback(room.root)
    page = page_of(room)
    links = set(re.findall(r'href="(\.\./[^"#]+)', page))
    assert len(links) == 7
    for link in links:
        assert (room.report / urllib.parse.unquote(link)).is_file(), link


def test_the_page_is_complete_and_self_contained(room):
    path, _ = report(room.root)
    assert path == room.report / "index.html"
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"<link|<img|src=|url\(|@import|https?:", page)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
        in page
    )
    for text in (
        "<b>2 ×</b> the sides are added",
        "Ada Byron",
        "the check was edited",
        "the file is &lt;i&gt;empty&lt;/i&gt;",
        f"autograder mark --class {room.root}",
        "below 30",
        "<svg",
    ):
        assert text in page
    Balanced().feed(page)


class Balanced(HTMLParser):
    """Fails on an element that is not closed, or closed out of order."""

    VOID = ("meta", "br", "rect", "path", "circle", "input")

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
    page = page_of(room)
    assert EVIL not in page
    assert page.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") >= 3


def test_the_table_for_a_terminal(room):
    columns, rows = marks_table(class_report(room, [NAME]))
    assert columns == ["student", "area", "double", "question_why", "total", "status"]
    assert rows[1] == ["ada", "2", "4", "?", "6?", "graded"]
    assert rows[-1] == ["zed", "0", "0", "0", "0", "unreadable"]


def test_the_same_for_other_programs(room):
    _, found = report(room.root)
    document = json.loads(json.dumps(as_document(found), default=str))
    assert document["stuck"][0]["student"] == "cyd"
    assert document["not_graded"][0]["status"] == "unreadable"
    assert document["to_mark"] == {NAME: 6}
    (lesson,) = document["lessons"]
    assert (lesson["students"], lesson["are_few"]) == (6, True)
    area = lesson["tasks"][0]
    assert area["item"]["facility"] == pytest.approx(1 / 6)
    assert area["mistakes"][0]["students"] == ["bob", "cyd"]
    tables = {path.stem: path for path in write_tables(room, found)}
    assert set(tables) == {"stuck", "to_do", "tasks", "mistakes", "similar", "marks"}
    rows = {
        name: list(csv.DictReader(path.open(encoding="utf-8", newline="")))
        for name, path in tables.items()
    }
    assert rows["mistakes"][0]["student"] == "bob"
    assert float(rows["tasks"][0]["facility"]) == pytest.approx(1 / 6, abs=1e-6)
    assert rows["tasks"][2]["facility"] == ""
    assert {row["what"] for row in rows["to_do"]} >= {"to mark", "look at it"}
    assert len(rows["marks"]) == 7


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
    columns, rows = marks_table(class_report(room))
    assert columns == ["student", rename, "03_backprop", "total", "status"]
    assert rows[1][:4] == ["ada", "6?", "0?", "6 of 10"]
    assert rows[-1] == ["zed", "0", "-", "0 of 7", "graded"]
    assert '<h2 id="lessons">Lessons</h2>' in page_of(room)


def test_hundreds_of_learners_with_long_names(tmp_path, lesson):
    works = {f"{'long-name-' * 9}{n:03d}": {} for n in range(60)}
    room = record_class(tmp_path / "class", lesson, works)
    page = page_of(room)
    assert page.count('<tr data-states="mark">') == 60
    assert 'class="count"' in page and ">60</text>" in page


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
    assert mark.reason == text


def test_a_mistake_and_a_cause_are_read_as_data():
    mark = Mark(
        *("ada", NAME, "area", 0.0, 1.0, 0.0, None, False, Status.GRADED),
        error="CheckFailed",
        message="It looks as if something is so.",
        phrases=("the sides are added", "the bias is forgotten"),
    )
    assert mark.reason == "the sides are added, or the bias is forgotten"
    assert replace(mark, cause="x is missing").reason == "x is missing"
