"""Due dates, extensions, and what being late costs: the file, the marks, and stock nbgrader."""

import datetime
import math

import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from small_class import NAME, answered, hand_in, make_checkout, release
from traitlets.config import Config

from autograder.grading.classroom import Classroom
from autograder.grading.deadlines import Policy, read_deadlines
from autograder.grading.grade import grade
from autograder.reports.marks import read_submissions
from course.kit import UsageError

DAY = 24 * 60 * 60
POLICY = """
timezone = "Europe/Madrid"
[late]
percent_per_started_day = 10
most_percent = 40
grace_minutes = 15
zero_after_days = 7
[due]
01_volumes = 2026-03-02T00:59:00
[extensions.ext]
01_volumes = "3 days"
[extensions."team 7"]
01_volumes = 2026-03-03T12:00:00+00:00
"""
ROSTER = "id,first_name,last_name,email,lms_user_id,group\nmember,,,,,Team 7\n"
HANDED_IN = {  # the due date is 2026-03-01 23:59 UTC
    "early": "2026-02-20 10:00:00 UTC",
    "grace": "2026-03-02 00:10:00 UTC",
    "minutes": "2026-03-02 00:30:00 UTC",
    "days": "2026-03-04 00:00:00 UTC",
    "weeks": "2026-03-20 00:00:00 UTC",
    "ext": "2026-03-04 22:00:00 UTC",
    "member": "2026-03-03 11:00:00 UTC",
    "when": "",
}


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


def make_class(folder, lesson, handed_in) -> Classroom:
    for student, time in handed_in.items():
        place = hand_in(folder, student, answered(release(lesson)))
        if time:
            (place / "timestamp.txt").write_text(time, encoding="utf-8")
    return Classroom(folder)


def graded(room: Classroom, lesson) -> dict[str, float]:
    summary = grade(lesson.root, room.root, [lesson], workers=2, isolation="off")
    return {row.student: row.score for row in summary.rows}


@pytest.mark.parametrize(
    ("seconds", "percent"),
    [
        (0, 0),
        (15 * 60, 0),
        (15 * 60 + 1, 10),
        (DAY, 10),
        (DAY + 1, 20),
        (5 * DAY, 40),
        (7 * DAY, 40),
        (7 * DAY + 1, 100),
    ],
)
def test_what_the_policy_takes(seconds, percent):
    policy = Policy(10, most_percent=40, grace_minutes=15, zero_after_days=7)
    assert policy.percent(seconds) == percent
    assert policy.penalty(8, seconds) == pytest.approx(8 * percent / 100)


def test_nothing_is_taken_by_default():
    assert Policy().penalty(8, 1e9) == 0
    assert Policy().zero_after_days == math.inf


def test_marks_of_a_class_with_due_dates(tmp_path, lesson):
    room = make_class(tmp_path, lesson, HANDED_IN)
    (tmp_path / "students.csv").write_text(ROSTER, encoding="utf-8")
    (tmp_path / "deadlines.toml").write_text(POLICY, encoding="utf-8")
    wanted = {
        "early": 6,
        "grace": 6,
        "minutes": 5.4,
        "days": 4.2,
        "weeks": 0,
        "ext": 6,
        "member": 6,
        "when": 6,
    }
    assert graded(room, lesson) == pytest.approx(wanted)
    told = {each.student: each for each in read_submissions(tmp_path)}
    assert {who: each.score for who, each in told.items()} == pytest.approx(wanted)
    assert told["minutes"].late == "31 min late: -0.6"
    assert told["days"].late == "2 days late: -1.8"
    assert told["grace"].late == "11 min late"
    assert told["ext"].late == told["early"].late == told["when"].late == ""

    # A person's mark comes after grading: the penalty is that of the new score.
    with Gradebook(room.db_url) as book:
        mark = book.find_grade("question_why", NAME, NAME, "days")
        mark.manual_score, mark.needs_manual_grade = 1, False
        book.db.commit()
        due = book.find_assignment(NAME).duedate
        assert due == datetime.datetime(2026, 3, 1, 23, 59), "nbgrader's form: UTC"
    (days,) = [each for each in read_submissions(tmp_path) if each.student == "days"]
    assert days.score == pytest.approx(0.7 * 7)

    # Another policy: nothing is executed again, and every mark follows.
    text = POLICY.replace("percent_per_started_day = 10", "percent_per_started_day = 5")
    (tmp_path / "deadlines.toml").write_text(text, encoding="utf-8")
    summary = grade(lesson.root, tmp_path, [lesson], isolation="off")
    assert all(row.skipped for row in summary.rows)
    scores = {row.student: row.score for row in summary.rows}
    assert scores["minutes"] == pytest.approx(0.95 * 6)
    assert scores["days"] == pytest.approx(0.85 * 7)


def test_a_plugin_in_the_config_takes_what_stock_nbgrader_takes(tmp_path, lesson):
    some = {who: HANDED_IN[who] for who in ("early", "days")}
    room = make_class(tmp_path, lesson, some)
    assert graded(room, lesson) == {"early": 6, "days": 6}
    with Gradebook(room.db_url) as book:  # as formgrader sets it
        book.update_or_create_assignment(NAME, duedate="2026-03-01 23:59:00 UTC")
    config = "c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    assert graded(room, lesson) == {"early": 6, "days": 0}

    def stored() -> dict[str, float | None]:
        with Gradebook(room.db_url) as book:
            return {
                who: book.find_submission_notebook(
                    NAME, NAME, who
                ).late_submission_penalty
                for who in some
            }

    ours = stored()
    stock = AssignLatePenalties(
        config=Config({"LateSubmissionPlugin": {"penalty_method": "zero"}})
    )
    for who in some:
        place = {"notebook": NAME, "assignment": NAME, "student": who}
        stock.preprocess(
            release(lesson), {"nbgrader": {**place, "db_url": room.db_url}}
        )
    assert ours == stored() == {"early": None, "days": 6}


def test_penalties_that_somebody_else_gave_stay_where_nothing_is_due(tmp_path, lesson):
    room = make_class(tmp_path, lesson, {"days": HANDED_IN["days"]})
    graded(room, lesson)
    with Gradebook(room.db_url) as book:
        book.find_submission_notebook(NAME, NAME, "days").late_submission_penalty = 2
        book.db.commit()
    assert graded(room, lesson) == {"days": 4}
    assert read_submissions(tmp_path)[0].score == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[due]\n01_volumes = ", "is no TOML"),
        ("[du]\n", "the file has 'du'; known are timezone, late, due, extensions"),
        ("due = 3", "due must be a table"),
        ("[due]\n01_volume = 2026-03-02T00:59:00", "'01_volume', which is no lesson"),
        ("[due]\n01_volumes = 2026-03-02", "no date with a time. Write it as 2026-10"),
        ("[due]\n01_volumes = 'soon'", "no date with a time"),
        ('timezone = "Madrid"', "no timezone 'Madrid'"),
        ("[late]\npercent = 10", "known are percent_per_started_day, most_percent"),
        ("[late]\nmost_percent = 120", "most_percent = 120 must be a number from 0 to"),
        ("[late]\ngrace_minutes = '5'", "must be a number of 0 or more"),
        ("[extensions.nobody]\nall = '3 days'", "'nobody' is nobody's id"),
        ("[extensions]\nana = '3 days'", "needs a table: \\[extensions.ana\\]"),
        ("[extensions.ana]\nall = 'three'", 'such as "3 days"'),
        ("[extensions.ana]\nall = 2026-03-02T00:59:00", "for a lesson of \\[due\\]"),
        ("[extensions.ana]\n02_x = '1 day'", "'02_x', which is no lesson"),
        ("[extensions.ana]\nall = '-1 days'", 'such as "3 days"'),
    ],
)
def test_what_nobody_would_understand_is_refused(tmp_path, text, said):
    (tmp_path / "submitted" / "ana").mkdir(parents=True)
    (tmp_path / "deadlines.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_deadlines(Classroom(tmp_path), ["01_volumes"])


def test_a_refused_file_changes_no_mark(tmp_path, lesson):
    room = make_class(tmp_path, lesson, {"days": HANDED_IN["days"]})
    (tmp_path / "deadlines.toml").write_text("[du]", encoding="utf-8")
    with pytest.raises(UsageError):
        graded(room, lesson)
    assert not room.gradebook.exists()
