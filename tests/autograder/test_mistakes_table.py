"""The proof of the checks, on a small lesson: what it sees, and that it would see what is bad."""

import json
from dataclasses import replace

import pytest
from fake_course import fake_course
from nbgrader.utils import determine_grade

from autograder.authoring import prove_checks
from autograder.authoring.prove_checks import (
    AnswerGrader,
    as_document,
    grade_answers,
    print_rows,
    totals,
)
from autograder.grading.cells import message_of, settle
from autograder.grading.execute import Limits, execute
from autograder.grading.prepare import prepare
from autograder.lessons.answers import Answer, fill, read_bank
from autograder.lessons.course_files import make_support
from autograder.lessons.source import marks, notebook_text
from autograder.lessons.versions import master, student_notebook
from course.kit import UsageError


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    root = tmp_path_factory.mktemp("course") / "checkout"
    return fake_course(root, kit=True, cases=True)


@pytest.fixture(scope="module")
def grader(lesson):
    with AnswerGrader(lesson) as grader:
        yield grader


@pytest.fixture
def row(grader):
    """What the proof says about an answer; it is first made sure that nothing is left over."""

    def graded(function: str, source: str, *, right: bool = False, phrase: str = "x"):
        answer = Answer(function, "tried", phrase, right, not right, source)
        return grader.grade(answer)

    return graded


def right_area(row):
    return row("area", "def area(height, width): return height * width", right=True)


def test_a_right_answer_gets_all_points(row):
    got = right_area(row)
    assert (got.points, got.max_points, got.problem) == (2, 2, "")
    assert (got.lesson, got.task, got.message) == ("01_volumes", "sizes", "")


def test_a_refused_right_answer_is_seen(row):
    got = row("area", "def area(height, width): return 15.0", right=True)
    assert got.problem == "refused"
    assert "area of 3 x 5" in got.message


def test_a_named_mistake(row):
    source = "def area(height, width): return height + width"
    got = row("area", source, phrase="the sides are added")
    assert (got.points, got.visible, got.named, got.problem) == (0, True, True, "")


def test_a_mistake_that_is_not_named(row):
    source = "def area(height, width): return height - width"
    got = row("area", source, phrase="the sides are subtracted")
    assert (got.visible, got.named, got.problem) == (True, False, "not named")
    assert replace(got, wants_name=False).problem == ""


def test_a_mistake_that_only_the_hidden_tests_see(row):
    got = row("area", "def area(height, width): return 15")
    assert (got.points, got.visible) == (0, False)
    assert got.problem == "caught by hidden tests only"
    assert got.message.startswith("sizes, a hidden case: wrong")


def test_a_mistake_that_nothing_sees(row):
    got = row("area", "def area(height, width): return height * width")
    assert (got.points, got.problem) == (2, "not caught")


def test_the_wrong_answer_of_another_function_does_not_stay(row):
    row("area", "def area(height, width): return 0")
    got = row("total", "def total(x): return x.sum() * area(*x.shape)", right=True)
    assert got.problem == ""


def test_what_an_answer_breaks_is_whole_for_the_next(row):
    spoiled = (
        "def total(x):\n"
        "    global np, check, area\n"
        "    x *= 0\n"
        "    np = check = area = None\n"
        "    return 126.0"
    )
    assert row("total", spoiled).points == 0
    got = row("total", "def total(x): return np.sum(x) * area(*x.shape)", right=True)
    assert got.problem == ""


def test_what_an_answer_leaves_behind_is_gone_for_the_next(row):
    row(
        "area", "def area(height, width):\n    global left\n    left = 3\n    return 15"
    )
    got = row("area", "def area(height, width): return height * width + 0 * left")
    assert "name 'left' is not defined" in got.message


def test_a_check_that_comes_back_with_a_dead_kernel_goes_on(row):
    got = row("area", "def area(height, width): import os; os._exit(1)")
    assert (got.points, got.visible) == (0, True)
    assert right_area(row).problem == ""


def test_an_endless_answer_is_ended(lesson, monkeypatch):
    monkeypatch.setattr(prove_checks, "CELL_SECONDS", 1)
    endless = "def area(height, width):\n    while True: pass"
    answer = Answer("area", "endless", "it never ends", False, False, endless)
    with AnswerGrader(lesson) as grader:
        assert grader.grade(answer).points == 0
        right = replace(read_bank(lesson)[0], right=True)
        assert grader.grade(right).points == 2


def test_the_answer_grader_agrees_with_grading(lesson, grader, tmp_path):
    """The same marks and the same messages from a fresh kernel and a real submission."""
    bank = {answer.id: answer for answer in read_bank(lesson)}
    together = ("area__counting", "border__corners", "total__averaged")
    answers = {bank[name].function: bank[name].source for name in together}
    handed_in = tmp_path / "01_volumes"
    handed_in.mkdir()
    text = notebook_text(fill(student_notebook(lesson), answers))
    (handed_in / "01_volumes.ipynb").write_text(text, encoding="utf-8")
    prepared = prepare(handed_in, master(lesson), lesson.name)
    done = execute(prepared.notebook, make_support(lesson), Limits())
    checks = {
        marks(cell)["grade_id"]: cell
        for cell in done.notebook.cells
        if marks(cell).get("grade") and cell.cell_type == "code"
    }
    for name in together[1:]:
        row = grader.grade(bank[name])
        cell = checks[f"check_{row.task}"]
        settle(cell)
        assert determine_grade(cell)[0] == row.points == 0
        assert row.message == message_of(cell) != ""


def test_the_proof_has_a_row_per_answer_in_the_order_of_the_bank(lesson, capsys):
    rows = grade_answers(lesson.root, [lesson], workers=2)
    bank = read_bank(lesson)
    assert [(row.function, row.variant) for row in rows] == [
        (answer.function, answer.variant) for answer in bank
    ]
    assert [row.problem for row in rows] == [""] * len(bank)
    counted = totals(rows)
    assert (counted.right, counted.refused) == (6, 0)
    assert (counted.wrong, counted.visible, counted.caught) == (6, 6, 6)
    assert (counted.nameable, counted.named) == (4, 4)
    assert counted.reached
    print_rows(rows)
    out = capsys.readouterr().out
    assert "the corners are forgotten" in out
    assert "4 of 4" in out
    document = json.loads(json.dumps(as_document(rows)))
    assert document["reached"]
    assert document["totals"]["wrong"] == 6
    assert [row["problem"] for row in document["rows"]] == [""] * len(bank)
    print_rows([replace(rows[0], points=0), *rows[1:]], every=False)
    out = capsys.readouterr().out
    assert "refused" in out
    assert "the corners are forgotten" not in out


def test_the_target_is_missed_by_one_bad_row(lesson, grader):
    right = grader.grade(read_bank(lesson)[0])
    wrong = replace(right, right=False, points=0, visible=True)
    assert totals([right, wrong]).reached
    assert not totals([replace(right, points=1), wrong]).reached
    assert not totals([right, replace(wrong, visible=False)]).reached
    assert not totals([right, replace(wrong, points=1)]).reached


def test_no_workers_are_refused(lesson):
    with pytest.raises(UsageError, match="0 workers"):
        grade_answers(lesson.root, [lesson], workers=0)
