"""What the marking page says and does: schemes, equal answers, marks that nobody loses."""

import json
import shutil
import threading

import nbformat
import pytest
from marked_class import (
    ANSWERS,
    QUESTION,
    hand_over,
    marked_lesson,
    the_question,
    waiting_class,
)
from nbgrader.api import Grade
from small_class import NAME, SOURCE, hand_in, release, shown
from sqlalchemy import update

from autograder.grading.classroom import (
    Classroom,
    class_lock,
    open_gradebook,
    read_gradebook,
)
from autograder.lessons import checkout, find_lessons
from autograder.lessons.source import read_source
from autograder.marking.answers import Answers
from autograder.marking.marking import Marking
from autograder.marking.questions import read_questions, read_scheme
from autograder.marking.store import TICKS, Given, MarkRow, read_rows, save
from autograder.reports.marks import read_marks
from course.kit import UsageError

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
ROOT = checkout()


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return marked_lesson(tmp_path_factory.mktemp("marked") / "checkout")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, lesson):
    return waiting_class(tmp_path_factory.mktemp("recorded") / "class", lesson).root


@pytest.fixture
def room(tmp_path, recorded):
    return Classroom(shutil.copytree(recorded, tmp_path / "class"))


@pytest.fixture
def marking(room):
    return Marking(room, [NAME])


def rows(room) -> dict[str, MarkRow]:
    found = read_rows(room, NAME, {QUESTION: QUESTION})
    return {row.student: row for row in found}


def look(marking, student: str) -> dict:
    return marking.answer(NAME, QUESTION, rows(marking.room)[student].key)


def give(marking, student: str, mark=None, seen=None, **more) -> dict:
    shown = seen or look(marking, student)
    asked = {"version": shown["version"], "mark": mark, "extra": None, "comment": None}
    return marking.save(NAME, QUESTION, shown["key"], {**asked, **more})


@pytest.mark.parametrize("lesson", find_lessons(ROOT), ids=lambda each: each.name)
def test_every_scheme_of_the_course_adds_up(lesson):
    questions = read_questions(lesson.name, read_source(lesson).cells)
    assert questions
    for question in questions:
        assert len(question.scheme) > 1
        total = sum(each.points for each in question.scheme)
        assert total == pytest.approx(question.points)
        assert question.model and question.prompt
        assert "SOLUTION" not in question.model


def test_a_line_for_each_of_two_is_two_boxes(room):
    question = the_question(room)
    assert [(each.points, each.text) for each in question.scheme] == [
        (0.5, "two numbers that belong together."),
        (0.25, "for each of two reasons, if a figure is named. (1 of 2)"),
        (0.25, "for each of two reasons, if a figure is named. (2 of 2)"),
    ]
    assert question.title == "Why so fast?"
    assert question.model == "Model answer: $a^2$ beats $4a$."


def test_without_a_scheme_one_box_is_worth_all():
    assert [each.points for each in read_scheme("", 3)] == [3]


def test_progress_counts_who_wrote_nothing_as_done(marking):
    (only,) = marking.overview()
    assert (only["marked"], only["again"], only["all"]) == (1, 0, 4)
    assert [each["state"] for each in marking.question(NAME, QUESTION)["answers"]] == [
        *("open", "open", "open"),
        "empty",
    ]


def test_nothing_that_is_sent_tells_a_name(marking):
    told = [marking.overview(), marking.question(NAME, QUESTION)]
    told += [look(marking, student) for student in ("ada", "ben", "dan")]
    for word in (*ANSWERS, "Ada"):
        assert f'"{word}"' not in json.dumps(told)
    names = marking.names(NAME, QUESTION)
    assert names[rows(marking.room)["ada"].key] == "Ada Lo (ada)"
    assert names[rows(marking.room)["ben"].key] == "ben"


def test_the_order_is_the_same_each_time_and_not_that_of_names(tmp_path, lesson):
    answers = {f"s{number:02}": f"Answer {number}" for number in range(20)}
    room = waiting_class(tmp_path / "many", lesson, answers)
    orders = [
        [
            each["key"]
            for each in Marking(room, [NAME]).question(NAME, QUESTION)["answers"]
        ]
        for _ in range(2)
    ]
    keys = {row.key: student for student, row in rows(room).items()}
    order = [keys[key] for key in orders[0]]
    assert orders[0] == orders[1]
    assert order != sorted(order) and order != sorted(order, reverse=True)


def test_an_answer_is_shown_with_formulas_and_without_scripts(marking):
    shown = look(marking, "cleo")["answer"]
    assert 'alt="x^2"' in shown and "data:image/png" in shown
    assert "<script" not in shown
    assert "own cell" in shown
    assert "<strong>two</strong>" in look(marking, "ada")["answer"]


def test_equal_answers_are_found_and_get_the_same_mark(marking):
    ada = look(marking, "ada")
    assert [each["key"] for each in ada["equal"]] == [rows(marking.room)["ben"].key]
    done = give(marking, "ada", 0.5, ticks=[0], comment="Half of it.", equal=True)
    assert (done["saved"], done["given"]) == (True, 2)
    now = rows(marking.room)
    assert now["ada"].given == now["ben"].given == Given(0.5, None, "Half of it.")
    assert now["cleo"].given == Given()
    assert look(marking, "ben")["ticks"] == [0]
    assert done["comments"] == ["Half of it."]


def test_an_equal_answer_that_has_a_mark_keeps_it(marking):
    give(marking, "ben", 1.0)
    assert give(marking, "ada", 0.5, equal=True)["given"] == 1
    assert rows(marking.room)["ben"].given.mark == 1.0


def test_near_answers_are_shown_with_the_words_that_differ(tmp_path, lesson):
    base = "one two three four five six seven eight nine ten"
    answers = {"a": base, "b": base.replace("six", "<6>"), "c": "Nothing like it."}
    marking = Marking(waiting_class(tmp_path / "near", lesson, answers), [NAME])
    (near,) = look(marking, "a")["near"]
    assert near["key"] == rows(marking.room)["b"].key
    assert near["ratio"] == 0.9
    assert "<mark>&lt;6&gt;</mark>" in near["html"]
    assert look(marking, "a")["equal"] == look(marking, "c")["near"] == []


def test_a_sign_is_no_difference_of_taste(tmp_path, lesson):
    answers = {
        "a": "It is x - 1 here",
        "b": "It is x + 1 here",
        "c": "it is  X - 1 here.",
    }
    marking = Marking(waiting_class(tmp_path / "signs", lesson, answers), [NAME])
    assert [each["key"] for each in look(marking, "a")["equal"]] == [
        rows(marking.room)["c"].key
    ]


def test_a_mark_stands_in_nbgraders_own_rows_and_counts(marking):
    give(marking, "ada", 0.75, extra=0.5, comment="Good.", ticks=[0, 1])
    with open_gradebook(marking.room) as gradebook:
        grade = gradebook.find_grade(QUESTION, NAME, NAME, "ada")
        assert (grade.manual_score, grade.extra_credit) == (0.75, 0.5)
        assert grade.needs_manual_grade is False
        comment = gradebook.find_comment(QUESTION, NAME, NAME, "ada")
        assert comment.manual_comment == comment.comment == "Good."
    mark = next(
        each
        for each in read_marks(marking.room.root)
        if (each.student, each.task) == ("ada", QUESTION)
    )
    assert (mark.score, mark.manual, mark.needs_manual) == (1.25, 0.75, False)
    (only,) = marking.overview()
    assert only["marked"] == 2


def test_a_regrade_keeps_it_and_another_answer_is_looked_at_again(marking, lesson):
    give(marking, "ada", 0.75, ticks=[0, 1])
    hand_over(marking.room, lesson, "ada", ANSWERS["ada"])
    assert (look(marking, "ada")["state"], look(marking, "ada")["ticks"]) == (
        "marked",
        [0, 1],
    )
    hand_over(marking.room, lesson, "ada", "Something else.")
    assert look(marking, "ada")["state"] == "again"
    assert rows(marking.room)["ada"].given.mark == 0.75
    assert marking.overview()[0]["again"] == 1
    give(marking, "ada", 0.25)
    assert look(marking, "ada")["state"] == "marked"


def test_a_mark_can_be_taken_back(marking):
    give(marking, "ada", 1.0, comment="Yes.")
    give(marking, "ada", None, comment="")
    ada = rows(marking.room)["ada"]
    assert (ada.state, ada.given) == ("open", Given())
    give(marking, "dan", 0.5)
    give(marking, "dan", None)
    assert rows(marking.room)["dan"].state == "empty"


@pytest.mark.parametrize("change", ["mark", "comment", "extra"])
def test_what_another_person_saved_is_not_overwritten(marking, change):
    early = look(marking, "ada")
    theirs = {"mark": 1.0, "comment": "Mine.", "extra": 0.5}
    give(marking, "ada", **{change: theirs[change]})
    before = rows(marking.room)["ada"]
    refused = give(marking, "ada", 0.25, early, comment="Late.", ticks=[0])
    assert refused["saved"] is False
    assert refused["theirs"]["version"][change] == theirs[change]
    assert rows(marking.room)["ada"] == before
    assert (
        not (marking.room.root / TICKS).exists() or look(marking, "ada")["ticks"] == []
    )
    # Who has seen it may replace it.
    assert give(marking, "ada", 0.25, refused["theirs"])["saved"]
    assert rows(marking.room)["ada"].given == Given(0.25)


def test_what_formgrader_saved_is_not_overwritten(marking):
    early = look(marking, "ada")
    with open_gradebook(marking.room) as gradebook:
        gradebook.find_grade(QUESTION, NAME, NAME, "ada").manual_score = 0.125
        gradebook.db.commit()
    assert give(marking, "ada", 1.0, early)["saved"] is False
    assert rows(marking.room)["ada"].given.mark == 0.125


def test_an_answer_that_was_graded_again_is_not_marked_unseen(marking, lesson):
    early = look(marking, "ada")
    hand_over(marking.room, lesson, "ada", "Something else.")
    refused = give(marking, "ada", 1.0, early)
    assert refused["saved"] is False
    assert "Something else." in refused["theirs"]["answer"]
    assert rows(marking.room)["ada"].given == Given()


def test_a_mark_is_saved_while_the_class_is_graded(marking):
    with class_lock(marking.room.root):
        assert give(marking, "ada", 0.5)["saved"]


def test_of_ten_at_once_one_saves(room):
    row = rows(room)["ada"]
    done: list[float] = []

    def saver(mark: float) -> None:
        if save(room, row, Given(), Given(mark, None, f"{mark}")):
            done.append(mark)

    threads = [threading.Thread(target=saver, args=(n / 10,)) for n in range(1, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (mark,) = done
    assert rows(room)["ada"].given == Given(mark, None, f"{mark}")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"mark": 1.5}, "between 0 and 1"),
        ({"mark": -0.5}, "between 0 and 1"),
        ({"mark": "1"}, "number"),
        ({"mark": True}, "number"),
        ({"mark": float("nan")}, "number"),
        ({"extra": float("inf")}, "number"),
        ({"comment": 7}, "text"),
        ({"comment": "x" * 10_001}, "characters"),
    ],
)
def test_what_is_no_mark_is_refused(marking, asked, said):
    with pytest.raises(ValueError, match=said):
        give(marking, "ada", **asked)
    assert rows(marking.room)["ada"].given == Given()


def test_a_check_that_waits_for_a_person_is_there_too(marking):
    with read_gradebook(marking.room) as session:
        key = read_rows(marking.room, NAME, {"check_area": "area"})[0].key
        values = {"manual_score": 1.0, "needs_manual_grade": True}
        session.execute(update(Grade.__table__).where(Grade.id == key).values(values))
        session.commit()
    area, _ = marking.overview()
    assert (area["name"], area["again"], area["all"]) == ("check_area", 1, 1)
    (only,) = marking.question(NAME, "check_area")["answers"]
    shown = marking.answer(NAME, "check_area", only["key"])
    assert "area" in shown["answer"] and "secret_side" not in shown["answer"]
    asked = {"version": shown["version"], "mark": 2, "extra": None, "comment": "Fine."}
    assert marking.save(NAME, "check_area", key, asked)["saved"]
    (row,) = (
        row
        for row in read_rows(marking.room, NAME, {"check_area": "area"})
        if row.key == key
    )
    assert (row.state, row.given) == ("marked", Given(2.0, None, "Fine."))
    assert len(marking.overview()) == 1


def test_the_figure_above_the_question_is_that_of_the_student(tmp_path):
    given = SOURCE.replace(
        "# %% [markdown]\n# Why does",
        '# %% tags=["demo"]\nprint(demo_ran)\n\n# %% [markdown]\n# Why does',
    )
    other = marked_lesson(tmp_path / "with_demo")
    other.source.write_text(given, encoding="utf-8")
    room = waiting_class(tmp_path / "figures", other, {"ada": "Look.", "ben": "Also."})
    notebook = release(other)
    for cell in notebook.cells:
        if cell.source == "print(demo_ran)":
            picture = {"image/png": PIXEL, "text/html": "<script>1</script><p>Seen</p>"}
            cell.outputs = [
                shown("True\n"),
                nbformat.v4.new_output("display_data", picture),
            ]
    hand_in(room.root, "ada", notebook)
    hand_in(room.root, "ben", b'{"cells": [{"cell_type": "code", "outputs": [{}]}]}')
    marking = Marking(room, [NAME])
    ada = look(marking, "ada")
    assert ada["handed_in"] and "True" in ada["above"] and "Seen" in ada["above"]
    assert "<script" not in ada["above"] and "print(" not in ada["above"]
    ben = look(marking, "ben")
    assert (ben["handed_in"], ben["above"]) == (False, "")


def test_damaged_files_show_no_answer_and_stop_nothing(marking):
    path = marking.room.autograded_notebook("ada", NAME)
    path.write_text("{", encoding="utf-8")
    assert look(marking, "ada")["answer"] == ""
    path.unlink()
    assert Answers(marking.room).text(the_question(marking.room), "ada") == ""
    (marking.room.root / TICKS).write_text("[", encoding="utf-8")
    assert give(marking, "cleo", 0.5, ticks=[0])["saved"]


def test_a_class_without_questions_is_refused(room):
    (room.source / NAME / f"{NAME}.ipynb").unlink()
    with pytest.raises(UsageError, match="no written question"):
        Marking(room, [NAME])
