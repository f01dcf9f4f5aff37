"""feedback: what a learner may see, and nothing else."""

import datetime
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook, new_output
from nbgrader.api import Gradebook
from small_class import (
    NAME,
    cell_named,
    code,
    failure,
    make_checkout,
    record_class,
    shown,
)

from autograder.grading.classroom import Classroom
from autograder.grading.outcome import Note, Outcome, Status, write_outcome
from autograder.lessons.versions import master
from autograder.reports.feedback import REDACTED, feedback, redact
from course.kit import UsageError

# What IPython shows of an exception in a hidden test, colours and all.
HIDDEN_FRAME = (
    "\x1b[36mCell\x1b[39m\x1b[32mIn[4]\x1b[39m, line 4\x1b[39m\n"
    "\x1b[32m      2\x1b[39m \x1b[38;5;66;03m### BEGIN HIDDEN TESTS\x1b[39;00m\n"
    "\x1b[32m      3\x1b[39m secret_side = \x1b[32m7919\x1b[39m\n"
    "\x1b[32m----> 4\x1b[39m \x1b[38;5;28;01massert\x1b[39;00m area(secret_side, \x1b[32m1\x1b[39m) == "
    'secret_side, \x1b[33m"one row"\x1b[39m\n'
)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def room(tmp_path: Path, lesson) -> Classroom:
    page = {"text/html": "<script>alert(1)</script><b>bold</b>"}
    return record_class(
        tmp_path / "class",
        lesson,
        {
            "ada": {
                "check_double": [new_output("execute_result", {"text/plain": "4"})]
            },
            "bob": {"check_area": [failure("AssertionError", "one row", HIDDEN_FRAME)]},
            "eve": {
                "check_area": [
                    shown("secret_side = 7919\nfine\n"),
                    shown("x" * 300_000),
                    new_output("display_data", page),
                ]
            },
            "zed": None,
        },
    )


CRASH = [failure("IndexError", "list index out of range")]


def page(room: Classroom, student: str) -> str:
    return room.feedback_page(student, NAME).read_text(encoding="utf-8")


def words(text: str) -> str:
    """What a browser shows, without styles and scripts."""

    class Words(HTMLParser):
        def __init__(self):
            super().__init__()
            self.hidden, self.found = 0, []

        def handle_starttag(self, tag, attributes):
            self.hidden += tag in ("style", "script")

        def handle_endtag(self, tag):
            self.hidden -= tag in ("style", "script")

        def handle_data(self, data):
            if not self.hidden:
                self.found.append(data)

    parser = Words()
    parser.feed(text)
    return " ".join(" ".join(parser.found).split())


def test_every_learner_gets_a_page(room):
    summary = feedback(room.root)
    assert (summary.written, summary.unchanged, summary.failed) == (4, 0, ())
    shown_words = words(page(room, "ada"))
    assert shown_words.index("6 of 7 points so far") < shown_words.index("double")
    assert "def area(height, width): return height * width" in shown_words
    assert "Because it is so." in shown_words
    assert "def demo_ran" not in shown_words and "demo_ran" not in shown_words


def test_an_answer_that_waits_for_a_person_has_no_score(room):
    feedback(room.root)
    assert words(page(room, "ada")).count("? of 1") == 2
    assert "1 answer is still to be marked by a person" in words(page(room, "ada"))
    assert "0 of 1" not in words(page(room, "ada"))
    assert "0 of 1" in words(page(room, "zed"))  # nobody will mark it
    with Gradebook(room.db_url) as book:
        grade = book.find_grade("question_why", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 0.0, False
        book.db.commit()
    feedback(room.root)
    assert "not marked yet" not in page(room, "ada")
    assert words(page(room, "ada")).count("0 of 1") == 2


def test_hidden_tests_are_not_shown(room):
    feedback(room.root, [NAME])
    for student in ("ada", "bob", "eve", "zed"):
        assert "7919" not in page(room, student)
        assert "secret_side" not in page(room, student)
        if student != "zed":
            assert "More cases run here" in words(page(room, student))
    assert "one row" in words(page(room, "bob"))  # the message is the learner's
    assert "fine" in words(page(room, "eve"))


def test_a_page_fetches_nothing_and_runs_nothing(room):
    feedback(room.root)
    text = page(room, "eve")
    policy = re.search(
        r'<meta http-equiv="Content-Security-Policy" content="([^"]*)', text
    )
    assert "default-src 'none'" in policy[1] and "script-src" not in policy[1]
    assert policy.start() < text.index("<style")
    assert "init_mathjax" not in text
    assert not re.search(r"""(src|href)=["']?https?:""", text)


def test_long_outputs_are_cut(room):
    feedback(room.root)
    assert len(page(room, "eve")) < 300_000
    assert "the whole text is in the autograded notebook" in page(room, "eve")


def test_what_could_not_be_graded_says_why(room):
    feedback(room.root)
    said = words(page(room, "zed"))
    why = said.index("Nothing could be graded: the file is <i>empty</i>.")
    assert why < said.index("double")
    assert "<i>empty</i>" not in page(room, "zed")
    assert "<section" not in page(room, "zed"), "there is no answer to show"


def test_what_passed_is_folded_and_what_failed_is_not(room):
    feedback(room.root)
    text = page(room, "bob")
    area, double, why = re.findall(r"<section.*?</section>", text, re.DOTALL)
    assert "one row" in re.sub(r"<details.*?</details>", "", area, flags=re.DOTALL)
    assert '<details class="answer" open>' in area
    assert " open" not in double and "return" not in re.sub(
        r"<details.*?</details>", "", double, flags=re.DOTALL
    )
    assert "The check, and what it printed" in double
    assert "The question" in why and "border" in words(why)


def test_a_failure_that_follows_from_another_says_so(tmp_path, lesson):
    double = {"double": "def double(x):\n    return area(x, 2)"}
    wrong = {"check_area": CRASH, "check_double": CRASH}
    room = record_class(tmp_path / "class", lesson, {"ada": wrong}, {"ada": double})
    feedback(room.root)
    assert "It uses area: mend that first" in words(page(room, "ada"))


def test_being_late_stands_beside_the_mark(room):
    with Gradebook(room.db_url) as book:
        book.update_or_create_assignment(NAME, duedate="2026-03-01 12:00:00")
        found = book.find_submission(NAME, "ada")
        found.timestamp = datetime.datetime(2026, 3, 2, 13)
        book.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty = 1.5
        book.db.commit()
    settings = "[late]\npercent_per_started_day = 10\n"
    text = f'timezone = "UTC"\n{settings}'
    (room.root / "deadlines.toml").write_text(text, encoding="utf-8")
    feedback(room.root)
    said = words(page(room, "ada"))
    assert "handed in 1 day 1 h late: 1.2 of 6 points taken off" in said
    assert said.index("taken off") < said.index("double")


def test_notes_are_told_to_the_learner(room):
    note = Note("edited", "the check was edited <b>", "check_area")
    outcome = Outcome("ada", NAME, Status.TIMEOUT, "it was slow", (note,))
    write_outcome(room.outcome("ada", NAME), outcome)
    feedback(room.root)
    told = words(page(room, "ada"))
    assert "It did not run to its end: it was slow." in told
    assert "check_area: the check was edited <b>" in told


def test_a_page_is_written_again_when_something_changed(room):
    feedback(room.root)
    assert feedback(room.root).unchanged == 4
    with Gradebook(room.db_url) as book:
        book.find_comment("area", NAME, NAME, "ada").manual_comment = "Well done, Ada"
        book.find_grade("question_why", NAME, NAME, "bob").manual_score = 1
        book.db.commit()
    summary = feedback(room.root)
    assert (summary.written, summary.unchanged) == (2, 2)
    assert "Well done, Ada" in words(page(room, "ada"))
    assert feedback(room.root, force=True).written == 4


def test_one_broken_notebook_does_not_stop_the_others(room):
    path = room.autograded_notebook("ada", NAME)
    path.write_text("{", encoding="utf-8")
    room.autograded_notebook("bob", NAME).unlink()
    summary = feedback(room.root)
    assert summary.written == 2
    assert [student for student, _, _ in summary.failed] == ["ada", "bob"]
    assert "2 failed" in str(summary)


def test_an_ungraded_class_is_refused(tmp_path):
    (tmp_path / "submitted").mkdir()
    with pytest.raises(UsageError, match="has no marks yet"):
        feedback(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "secret_side = 7919",
        "  secret_side   =   7919  ",
        "SECRET_SIDE = 7919",
        "   12 secret_side = 7919",
        "\x1b[32m---> 12\x1b[39m secret_side = 7919",
        "print('assert area(secret_side, 1) == secret_side, \"one row\"')",
    ],
)
def test_a_line_that_tells_a_hidden_test_is_redacted(lesson, line):
    notebook = new_notebook(cells=[cell_named(master(lesson), "check_area"), code("")])
    notebook.cells[1].outputs = [shown(f"before\n{line}\nafter")]
    redact(notebook)
    assert notebook.cells[1].outputs[0].text == f"before\n{REDACTED}\nafter"
    assert "secret" not in notebook.cells[0].source


def test_a_short_hidden_line_is_redacted_in_a_traceback(lesson):
    check = cell_named(master(lesson), "check_area")
    check.source = check.source.replace("secret_side = 7919", "k = 7")
    check.outputs = [failure("AssertionError", "", "----> 4 k = 7\n      5 kk = 77")]
    redact(new_notebook(cells=[check]))
    assert check.outputs[0].traceback[0] == f"{REDACTED}\n      5 kk = 77"


def test_other_lines_stay(lesson):
    text = "area(3, 5) == 15\n    5 return height * width\n)\n"
    notebook = new_notebook(cells=[cell_named(master(lesson), "check_area"), code("")])
    notebook.cells[1].outputs = [shown(text)]
    redact(notebook)
    assert notebook.cells[1].outputs[0].text == text


def test_a_line_that_is_hidden_here_and_shown_there_stays(lesson):
    check = cell_named(master(lesson), "check_area")
    check.source = check.source.replace("secret_side = 7919", "assert callable(area)")
    notebook = new_notebook(cells=[check, code("assert callable(area)")])
    notebook.cells[1].outputs = [shown("----> 1 assert callable(area)")]
    redact(notebook)
    assert notebook.cells[1].outputs[0].text == "----> 1 assert callable(area)"


def test_images_are_left_alone(lesson):
    check = cell_named(master(lesson), "check_area")
    image = {"image/png": "aGVsbG8=", "text/plain": "<Figure>"}
    check.outputs = [new_output("display_data", image)]
    redact(new_notebook(cells=[check]))
    assert check.outputs[0].data == nbformat.from_dict(image)


def test_redacting_a_megabyte_is_quick(lesson):
    check = cell_named(master(lesson), "check_area")
    lines = ["y" * 1_000_000, " " * 1_000_000, "-" * 1_000_000, "1 2 \n" * 100_000]
    check.outputs = [shown("\n".join(lines))]
    started = time.process_time()
    redact(new_notebook(cells=[check]))
    assert time.process_time() - started < 5
