"""record: marks by nbgrader's rules, and what a person gave is never lost."""

import json
import shutil
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from nbgrader.api import Gradebook
from small_class import NAME, answered, cell_named, failed_check, make_checkout

from autograder.grading.cells import settle
from autograder.grading.classroom import Classroom, open_gradebook
from autograder.grading.outcome import (
    Note,
    Outcome,
    Result,
    Status,
    TaskOutcome,
    read_outcome,
    write_outcome,
)
from autograder.grading.record import in_markdown, read_timestamp, record
from autograder.grading.register import register
from autograder.grading.rows import Total, read_totals, write_rows
from autograder.lessons.versions import master
from autograder.reports.marks import read_marks, read_submissions


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def registered(lesson, tmp_path_factory) -> Classroom:
    """A class that knows the lesson and has no submissions."""
    room = Classroom(tmp_path_factory.mktemp("class"))
    room.submitted.mkdir()
    with open_gradebook(room) as gradebook:
        register(room, gradebook, lesson, master(lesson))
    return room


@pytest.fixture
def room(registered: Classroom, tmp_path: Path) -> Classroom:
    return Classroom(Path(shutil.copytree(registered.root, tmp_path / "class")))


@pytest.fixture
def book(room: Classroom):
    with open_gradebook(room) as gradebook:
        yield gradebook


def executed(lesson, **outputs: list) -> NotebookNode:
    """The right answers, with these outputs of checks."""
    notebook = answered(master(lesson))
    for name, given in outputs.items():
        cell_named(notebook, name).outputs = given
    return notebook


def keep(room, book, notebook, student="ada", status=Status.GRADED, **more) -> Outcome:
    return record(room, book, Outcome(student, NAME, status), notebook, **more)


def scores(room: Classroom) -> dict[str, float | None]:
    return {mark.task: mark.auto for mark in read_marks(room.root)}


def failure(name: str = "AssertionError", text: str = "no") -> NotebookNode:
    return new_output("error", ename=name, evalue=text, traceback=[text])


def result(value: str) -> NotebookNode:
    return new_output("execute_result", {"text/plain": value}, execution_count=1)


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", text=text, name=name)


def test_marks_are_written_and_read_back(room, book, lesson):
    outcome = keep(room, book, executed(lesson, check_double=[result("2.0")]))
    marks = {mark.task: mark for mark in read_marks(room.root)}
    assert list(marks) == ["area", "double", "question_why"]  # the notebook's order
    assert (marks["area"].score, marks["area"].max_score) == (2.0, 2.0)
    assert (marks["double"].score, marks["double"].max_score) == (2.0, 4.0)
    assert marks["question_why"].auto is None
    assert [mark.needs_manual for mark in marks.values()] == [False, False, True]
    assert [task.result for task in outcome.tasks] == [
        Result.PASSED,
        Result.PARTIAL,
        Result.BY_HAND,
    ]
    assert read_outcome(room.outcome("ada", NAME)) == outcome
    assert room.autograded_notebook("ada", NAME).is_file()


@pytest.mark.parametrize(
    ("outputs", "mark"),
    [
        ([], 4.0),
        ([stream("fine")], 4.0),
        ([stream("a warning", "stderr")], 4.0),  # nbgrader alone would give 0
        ([failure()], 0.0),
        ([stream("fine"), failure()], 0.0),
        ([result("3")], 3.0),
        ([result("0.0")], 0.0),
        ([result("nan")], 0.0),
        ([result("inf")], 0.0),
        ([result("-1")], 0.0),
        ([result("99")], 4.0),
        ([result("'text'")], 4.0),
        ([result("4"), result("1")], 1.0),  # only the last expression is a result
        ([result("4"), failure()], 0.0),  # and a cell that failed has none
        ([new_output("display_data", {"text/plain": "1"})], 4.0),
        ([new_output("execute_result", {}, execution_count=1)], 4.0),
    ],
)
def test_scores_of_a_check(room, book, lesson, outputs, mark):
    keep(room, book, executed(lesson, check_double=outputs))
    assert scores(room)["double"] == mark


def test_what_was_put_right_is_noted(lesson):
    notebook = executed(lesson, check_double=[result("99")], check_area=[result("1")])
    notes = settle(cell_named(notebook, "check_double"))
    text = "check_double: the check gave 99 of 4 points; counted as 4"
    assert [str(note) for note in notes] == [text]
    assert settle(cell_named(notebook, "check_area")) == []
    assert settle(cell_named(notebook, "question_why")) == []


def test_no_answer_is_zero_and_needs_nobody(room, book, lesson):
    todo = failure("NotImplementedError", "\x1b[31marea\x1b[0m is yours to write.")
    notebook = master(lesson)
    for name in ("check_area", "check_double"):
        cell_named(notebook, name).outputs = [todo]
    outcome = keep(room, book, notebook)
    assert set(scores(room).values()) == {0.0}
    assert not any(mark.needs_manual for mark in read_marks(room.root))
    assert {task.result for task in outcome.tasks} == {Result.NO_ANSWER}
    assert outcome.tasks[0].message == "area is yours to write."
    comments = book.find_submission_notebook(NAME, NAME, "ada").comments
    assert {comment.auto_comment for comment in comments} == {"No response."}


def mark_by_hand(book: Gradebook, name: str, score: float) -> None:
    """As formgrader does it."""
    grade = book.find_grade(name, NAME, NAME, "ada")
    grade.manual_score, grade.needs_manual_grade = score, False
    book.db.commit()


def test_a_regrade_keeps_what_a_person_gave(room, book, lesson):
    keep(room, book, executed(lesson, check_area=[failure()]))
    place = (NAME, NAME, "ada")
    mark_by_hand(book, "question_why", 1.0)
    book.find_grade("check_area", *place).extra_credit = 0.5
    book.find_comment("area", *place).manual_comment = "Nearly."
    book.find_submission_notebook(*place).late_submission_penalty = 0.25
    book.db.commit()
    keep(room, book, executed(lesson))
    marks = {mark.task: mark for mark in read_marks(room.root)}
    assert marks["question_why"].score == 1.0
    assert marks["area"].score == 2.5
    assert book.find_comment("area", *place).comment == "Nearly."
    assert book.find_submission_notebook(*place).late_submission_penalty == 0.25


def test_totals_are_those_of_the_reports(room, book, lesson):
    keep(room, book, executed(lesson))
    place = (NAME, NAME, "ada")
    mark_by_hand(book, "check_area", 1.0)
    book.find_grade("check_area", *place).extra_credit = 0.5
    for penalty in (0.25, 100):
        book.find_submission_notebook(*place).late_submission_penalty = penalty
        book.db.commit()
        (total,) = read_totals(book.db(), [NAME]).values()
        (told,) = read_submissions(room.root)
        assert total == Total(told.score, told.max_score, told.awaiting)
        assert (total.max_score, total.awaiting) == (7.0, 1)
    assert read_totals(book.db(), ["another lesson"]) == {}


def test_a_person_is_not_asked_again_about_the_same_answer(room, book, lesson):
    keep(room, book, executed(lesson))
    mark_by_hand(book, "question_why", 1.0)
    mark_by_hand(book, "check_area", 1.5)
    keep(room, book, executed(lesson))
    marks = {mark.task: mark for mark in read_marks(room.root)}
    assert (marks["question_why"].score, marks["area"].score) == (1.0, 1.5)
    assert not any(mark.needs_manual for mark in marks.values())


@pytest.mark.parametrize("changed", ["answer", "mark", "own cell", "no file"])
def test_a_person_is_asked_again_where_something_changed(room, book, lesson, changed):
    keep(room, book, executed(lesson))
    mark_by_hand(book, "question_why", 1.0)
    mark_by_hand(book, "check_area", 1.5)
    again = executed(lesson)
    if changed == "answer":
        cell_named(again, "area").source += "\n# changed"
    elif changed == "mark":
        cell_named(again, "check_area").outputs = [failure()]
    elif changed == "own cell":
        again.cells.insert(1, new_code_cell("x = 1", id="own-0001"))
    elif changed == "no file":
        room.autograded_notebook("ada", NAME).unlink()
    keep(room, book, again)
    marks = {mark.task: mark for mark in read_marks(room.root)}
    assert marks["area"].needs_manual
    assert marks["question_why"].needs_manual == (changed == "no file")
    assert (marks["question_why"].score, marks["area"].score) == (1.0, 1.5)


def test_a_persons_mark_that_waits_for_a_second_look_goes_on_waiting(
    room, book, lesson
):
    keep(room, book, executed(lesson))
    mark_by_hand(book, "question_why", 1.0)
    book.find_grade("question_why", NAME, NAME, "ada").needs_manual_grade = True
    book.db.commit()
    keep(room, book, executed(lesson))
    assert {m.task for m in read_marks(room.root) if m.needs_manual} == {"question_why"}


@pytest.mark.parametrize(
    ("outputs", "comment", "result"),
    [
        ([], None, Result.PASSED),
        ([result("1.0")], "partial", Result.PARTIAL),
        ([failure()], "failed", Result.FAILED),
        ([failure("NotImplementedError")], "no_answer", Result.NO_ANSWER),
        ([failure("NotRun")], "not_run", Result.NOT_RUN),
        ([failure("TimeLimit")], "timeout", Result.TIMEOUT),
        ([failure("MemoryLimit")], "memory", Result.MEMORY),
        ([failure("KernelDied")], "kernel_died", Result.KERNEL_DIED),
        ([failure("OutputLimit")], "output_limit", Result.OUTPUT_LIMIT),
    ],
)
def test_how_a_question_ended_stands_beside_its_answer(
    room, book, lesson, outputs, comment, result
):
    keep(room, book, executed(lesson, check_double=[failure()]))
    outcome = keep(room, book, executed(lesson, check_double=outputs))
    assert outcome.tasks[1].result is result
    place = (NAME, NAME, "ada")
    assert book.find_comment("double", *place).auto_comment == comment
    assert book.find_comment("area", *place).auto_comment is None
    assert book.find_comment("question_why", *place).auto_comment is None


@pytest.mark.parametrize("status", [Status.UNREADABLE, Status.MISSING])
def test_what_could_not_be_graded_has_zeros_and_says_why(room, book, lesson, status):
    outcome = Outcome("ada", NAME, status, reason="it is [broken] <b>")
    outcome = record(room, book, outcome, master(lesson))
    assert set(scores(room).values()) == {0.0}
    assert not any(mark.needs_manual for mark in read_marks(room.root))
    assert outcome.tasks[0].result is Result.NOT_RUN
    text = room.autograded_notebook("ada", NAME).read_text(encoding="utf-8")
    assert "could not be graded" in text and "<b>" not in text.split("area")[0]
    comment = book.find_comment("area", NAME, NAME, "ada")
    assert comment.auto_comment == f"{status}: it is [broken] ?b?"


def test_an_unfinished_run_says_so_where_it_stopped(room, book, lesson):
    notebook = executed(lesson, check_double=[failure("NotRun", "too late")])
    outcome = Outcome("ada", NAME, Status.TIMEOUT, reason="too slow")
    record(room, book, outcome, notebook)
    place = (NAME, NAME, "ada")
    assert book.find_comment("area", *place).auto_comment is None
    assert book.find_comment("double", *place).auto_comment == "timeout: too slow"


def test_ids_of_any_kind_are_recorded(room, book, lesson):
    for student in ("o'neill", "a b", "=1+1", "naïve", "100%", "[x]", "a+b"):
        keep(room, book, executed(lesson), student)
    assert len({mark.student for mark in read_marks(room.root)}) == 7


def test_odd_messages_are_written(room, book, lesson):
    bad = failure("E\ud800", "half \ud800 of a sign, and \0")
    keep(room, book, executed(lesson, check_area=[bad]))
    assert read_outcome(room.outcome("ada", NAME)).tasks[0].error == "E?"
    outcome = Outcome("bob", NAME, Status.UNREADABLE, reason="\ud800\0")
    record(room, book, outcome, master(lesson))
    comment = book.find_comment("area", NAME, NAME, "bob")
    assert comment.auto_comment == "unreadable: ??"


def test_a_failed_check_is_recorded_as_its_card_tells_it(room, book, lesson):
    outputs = failed_check("wrong value", phrases=("the sides are added",))
    keep(room, book, executed(lesson, check_area=outputs))
    task = read_outcome(room.outcome("ada", NAME)).tasks[0]
    assert (task.error, task.message) == ("CheckFailed", "3 x 5: wrong value\n  got 8")
    assert (task.phrases, task.cause) == (("the sides are added",), "")


@pytest.mark.parametrize("told", [True, False], ids=["told by a check", "NameError"])
def test_a_failure_that_follows_from_a_broken_cell_names_it(room, book, lesson, told):
    broken = [failure("IndentationError", "unexpected indent (line 3)")]
    missing = [failure("NameError", "name 'area' is not defined")]
    if told:
        missing = failed_check("an error", error="NameError", undefined="area")
    keep(room, book, executed(lesson, area=broken, check_double=missing))
    tasks = {t.grade_id: t for t in read_outcome(room.outcome("ada", NAME)).tasks}
    text = "area is missing, because the cell area stopped: IndentationError: "
    assert tasks["check_double"].cause == text + "unexpected indent (line 3)"
    assert tasks["check_area"].cause == ""


def test_odd_outputs_are_written(room, book, lesson):
    notebook = executed(lesson, check_area=[stream("half \ud800 of a sign")])
    keep(room, book, notebook)
    text = room.autograded_notebook("ada", NAME).read_text(encoding="utf-8")
    assert "half ? of a sign" in text


def test_long_outputs_are_cut_as_nbgrader_does(room, book, lesson):
    notebook = executed(lesson, check_area=[stream("line\n" * 5000)])
    keep(room, book, notebook)
    text = room.autograded_notebook("ada", NAME).read_text(encoding="utf-8")
    assert text.count("line\\n") < 1001
    assert scores(room)["area"] == 2.0


def test_notes_survive_the_file(room, book, lesson):
    note = Note("edited", "the check was edited", "check_area")
    outcome = Outcome("ada", NAME, Status.GRADED, notes=(note,), key="k")
    record(room, book, outcome, executed(lesson))
    again = read_outcome(room.outcome("ada", NAME))
    assert again.notes == (note,) and again.key == "k"


@pytest.mark.parametrize("text", ["", "null", "{}", '{"status": "odd"}', "\0"])
def test_a_damaged_outcome_is_none(tmp_path, text):
    path = tmp_path / "outcome.json"
    path.write_text(text, encoding="utf-8")
    assert read_outcome(path) is None


@pytest.mark.parametrize("value", [None, 5, "\ud800", [5], {"a": 1}, 10**400])
@pytest.mark.parametrize(
    "place", ["reason", "notes", "tasks", "seconds", "task", "message", "note", "kind"]
)
def test_an_outcome_with_a_value_of_another_kind_is_none(tmp_path, place, value):
    """So the submission is graded again, and no report stumbles over it."""
    path = tmp_path / "outcome.json"
    task = TaskOutcome("check_area", Result.PASSED)
    note = Note("edited", "the check was edited")
    write_outcome(
        path, Outcome("ada", NAME, Status.GRADED, notes=(note,), tasks=(task,))
    )
    document = json.loads(path.read_text(encoding="utf-8"))
    owner = {"message": document["tasks"][0], "kind": document["notes"][0]}
    if place in ("task", "note"):
        document[f"{place}s"] = [value]
    else:
        owner.get(place, document)[place] = value
    path.write_text(json.dumps(document), encoding="utf-8")
    is_right = (place, value) == ("seconds", 5)
    assert (read_outcome(path) is None) is not is_right


def test_an_outcome_of_a_hundred_thousand_levels_is_none(tmp_path):
    path = tmp_path / "outcome.json"
    path.write_text("[" * 100_000, encoding="utf-8")
    assert read_outcome(path) is None


def test_the_time_of_handing_in(tmp_path, room, book, lesson):
    assert read_timestamp(tmp_path) == (None, [])
    file = tmp_path / "timestamp.txt"
    file.write_text("2026-02-01 12:00:00 UTC\n", encoding="utf-8")
    moment, notes = read_timestamp(tmp_path)
    assert notes == []
    keep(room, book, executed(lesson), timestamp=moment)
    assert str(book.find_submission(NAME, "ada").timestamp) == "2026-02-01 12:00:00"
    file.write_text("yesterday, I think", encoding="utf-8")
    moment, notes = read_timestamp(tmp_path)
    assert moment is None and notes[0].kind == "file"


def test_an_error_while_recording_leaves_nothing_behind(
    room, book, lesson, monkeypatch
):
    def broken(*arguments):
        write_rows(*arguments)
        raise ZeroDivisionError

    monkeypatch.setattr("autograder.grading.record.write_rows", broken)
    with pytest.raises(ZeroDivisionError):
        keep(room, book, executed(lesson), status=Status.TIMEOUT)
    with Gradebook(room.db_url) as other:
        assert other.students == [] and not other.assignment_submissions(NAME)
    assert not room.autograded.exists()
    monkeypatch.undo()
    keep(room, book, executed(lesson))
    assert scores(room)["area"] == 2.0


def test_the_gradebook_is_nbgraders_own(room, book, lesson):
    keep(room, book, executed(lesson))
    with Gradebook(room.db_url) as other:
        submission = other.find_submission(NAME, "ada")
        assert submission.score == 6.0 and submission.max_score == 7.0
        assert submission.needs_manual_grade


def test_text_in_markdown_stays_text():
    assert in_markdown("a_b <i>\n# c $x$") == "a\\_b &lt;i&gt; \\# c \\$x\\$"
