"""The gradebook on a real PostgreSQL server: the same marks, and one line for what goes wrong."""

import contextlib
import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from marked_class import waiting_class
from nbgrader.api import Gradebook
from postgres_server import Server, free_port, running_server
from small_class import NAME, answered, failure, hand_in, make_checkout, release
from sqlalchemy import create_engine, inspect, text
from test_grade import ADDS

from autograder.cli import app
from autograder.grading import database, queue
from autograder.grading.classroom import Classroom, open_classroom, open_gradebook
from autograder.grading.database import FILE, VARIABLE
from autograder.grading.grade import grade
from autograder.grading.outcome import Outcome, Status
from autograder.grading.record import record
from autograder.grading.register import register
from autograder.grading.rows import write_rows
from autograder.lessons.versions import master
from autograder.marking.store import Given, MarkRow, read_rows, save
from autograder.reports.marks import read_marks, read_submissions
from course.kit import UsageError


@pytest.fixture(scope="module")
def server():
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(autouse=True)
def no_other_address(monkeypatch):
    for name in (VARIABLE, "PGPASSWORD", "PGPASSFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def room(server: Server, tmp_path: Path) -> Classroom:
    """A class of two with an empty database of its own."""
    room = Classroom(tmp_path / "class", server.address(server.create_database()))
    room.submitted.mkdir(parents=True)
    return room


@contextlib.contextmanager
def connected(room: Classroom):
    engine = create_engine(room.address)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_grade_mark_regrade_report_export(
    room, server, lesson, monkeypatch, capsys, tmp_path
):
    released = release(lesson)
    hand_in(room.root, "right", answered(released))
    hand_in(room.root, "adds", answered(released, area=ADDS))
    hand_in(room.root, "broken", b'{"cells": [')
    monkeypatch.chdir(lesson.root)
    monkeypatch.setattr("autograder.cli.checkout", lambda: lesson.root)
    where = ["--class", str(room.root)]
    run(["grade", *where, "--workers", "2", "--db", room.db], exit_code=3)
    assert not room.gradebook.exists()
    assert server.password not in (room.root / FILE).read_text(encoding="utf-8")
    monkeypatch.setenv("PGPASSWORD", server.password)  # not asked for again
    remembered = Classroom(room.root)
    assert {(m.student, m.task): m.score for m in read_marks(room.root)} == {
        ("right", "area"): 2,
        ("right", "double"): 4,
        ("right", "question_why"): 0,
        ("adds", "area"): 0,
        ("adds", "double"): 4,
        ("adds", "question_why"): 0,
        ("broken", "area"): 0,
        ("broken", "double"): 0,
        ("broken", "question_why"): 0,
    }
    with Gradebook(remembered.db_url) as book:  # as formgrader writes it
        marked = book.find_grade("question_why", NAME, NAME, "right")
        marked.manual_score, marked.needs_manual_grade = 1.0, False
        book.find_grade("check_area", NAME, NAME, "adds").extra_credit = 0.5
        book.find_comment("area", NAME, NAME, "adds").manual_comment = "Multiply."
        book.db.commit()
    run(["grade", *where, "--workers", "2", "--force"], exit_code=3)
    with Gradebook(remembered.db_url) as book:
        marked = book.find_grade("question_why", NAME, NAME, "right")
        assert (marked.manual_score, marked.needs_manual_grade) == (1.0, False)
        comment = book.find_comment("area", NAME, NAME, "adds")
        assert (comment.manual_comment, comment.auto_comment) == ("Multiply.", "failed")
        assert book.find_submission(NAME, "right").score == 7.0
    capsys.readouterr()
    run(["grade", *where], exit_code=3)
    assert "0 submissions graded" in capsys.readouterr().out
    run(["feedback", *where])
    assert "Multiply." in room.feedback_page("adds", NAME).read_text(encoding="utf-8")
    run(["report", *where])
    assert (room.report / "index.html").is_file()
    to = tmp_path / "marks.csv"
    run(["export", *where, "--to", str(to)])
    with to.open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {student: row["total"] for student, row in rows.items()} == {
        "right": "7",
        "adds": "4.5",
        "broken": "0",
    }
    assert server.password not in "".join(capsys.readouterr())


def run(words: list[str], exit_code: int = 0) -> None:
    assert (app(words, standalone_mode=False) or 0) == exit_code


def record_one(room: Classroom, lesson, student: str = "ada", **outputs) -> None:
    notebook = answered(master(lesson))
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.update(outputs=outputs[name]) if name in outputs else None
    with open_gradebook(room) as book:
        register(room, book, lesson, master(lesson))
        record(room, book, Outcome(student, NAME, Status.GRADED), notebook)


def test_the_tables_are_nbgraders_own(room, lesson):
    record_one(room, lesson)
    with connected(room) as connection:
        tables = set(inspect(connection).get_table_names())
        (version,) = connection.execute(text("SELECT * FROM alembic_version")).scalars()
    assert tables == {
        *database.Base.metadata.tables,
        "alembic_version",
        "autograder_class",
    }
    assert version == database._newest_version()
    with Gradebook(room.db_url) as book:
        submission = book.find_submission(NAME, "ada")
        assert (submission.score, submission.max_score) == (6.0, 7.0)


@pytest.mark.parametrize(
    "student", ["o'neill", "=1+1", "100%", "ünï 🙂", "[x]", "a" * 128]
)
def test_ids_and_texts_of_any_kind_are_kept(room, lesson, student):
    record_one(room, lesson, student, check_area=[failure("E", "half \ud800, nul \0")])
    (submission,) = read_submissions(room.root, db=room.db)
    assert submission.student == student and submission.score == 4


def test_a_changed_master_adds_and_removes_rows(room, lesson):
    record_one(room, lesson)
    changed = master(lesson)
    for cell in changed.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "check_double":
            cell.metadata.nbgrader.grade_id = "check_twice"
    with open_gradebook(room) as book:
        register(room, book, lesson, changed)
    marks = {mark.task: mark for mark in read_marks(room.root, db=room.db)}
    assert set(marks) == {"area", "twice", "question_why"}
    assert marks["twice"].auto == 0 and not marks["twice"].needs_manual


def test_an_interrupted_record_leaves_nothing(room, lesson, monkeypatch):
    record_one(room, lesson)

    def broken(*arguments):
        write_rows(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr("autograder.grading.record.write_rows", broken)
    with pytest.raises(KeyboardInterrupt):
        record_one(room, lesson, "bob")
    assert {m.student for m in read_marks(room.root, db=room.db)} == {"ada"}
    with Gradebook(room.db_url) as book:
        assert [student.id for student in book.students] == ["ada"]


def refused(room: Classroom, match: str, *secrets: str, graded: bool = False) -> None:
    with pytest.raises(UsageError, match=match) as caught:
        open_classroom(room.root, graded=graded, db=room.db)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 500
    assert not any(secret in message for secret in secrets)


@pytest.mark.parametrize("graded", [False, True])
def test_a_wrong_password_is_refused(room, server, graded):
    wrong = room.db.replace(server.password, "wr0ng")
    refused(
        Classroom(room.root, wrong),
        "password authentication failed .* PGPASSWORD",
        "wr0ng",
        server.password,
        graded=graded,
    )


def test_no_password_is_refused(room, server):
    without = room.db.replace(f":{server.password}", "")
    refused(Classroom(room.root, without), "no password supplied.* PGPASSWORD")


def test_a_server_that_does_not_answer_is_refused(room, server):
    address = server.address("marks", port=free_port())
    refused(Classroom(room.root, address), "Check the address", server.password)
    address = server.address("marks", host="no-such-host.invalid")
    refused(Classroom(room.root, address), "Check the address", server.password)


def test_a_missing_database_and_user_are_refused(room, server):
    address = server.address("nowhere")
    refused(Classroom(room.root, address), '"nowhere" does not exist. .*createdb')
    address = server.address("postgres", username="nobody")
    refused(Classroom(room.root, address), "nobody", server.password)


def test_a_database_of_something_else_is_refused(room):
    with connected(room) as connection:
        connection.execute(text("CREATE TABLE orders (id INTEGER)"))
        connection.commit()
    refused(room, "tables of another program")


def test_a_database_of_another_nbgrader_is_refused(room, server, lesson):
    record_one(room, lesson)
    with connected(room) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'old'"))
        connection.commit()
    refused(room, "another version of nbgrader", server.password)
    refused(room, "another version of nbgrader", server.password, graded=True)


def test_a_locked_database_is_refused(room, lesson, monkeypatch):
    record_one(room, lesson)
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.1)
    with connected(room) as connection:
        connection.execute(text("LOCK TABLE grade IN EXCLUSIVE MODE"))
        refused(room, "lock timeout. Close formgrader")
        open_classroom(room.root, graded=True, db=room.db)  # reading is no harm


def test_a_lock_while_recording_is_refused(room, lesson, monkeypatch):
    record_one(room, lesson)
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.1)
    outcome = Outcome("bob", NAME, Status.GRADED)
    with (
        connected(room) as connection,
        pytest.raises(UsageError, match="lock timeout"),
        open_gradebook(room) as book,
    ):
        connection.execute(text("LOCK TABLE grade IN EXCLUSIVE MODE"))
        record(room, book, outcome, answered(master(lesson)))


def test_an_empty_database_has_no_marks_yet(room, server):
    refused(room, "no marks yet in postgresql", server.password, graded=True)


def test_a_server_that_stops_is_one_line(server, tmp_path, lesson, monkeypatch):
    room = Classroom(tmp_path / "class", server.address(server.create_database()))
    hand_in(room.root, "ada", answered(release(lesson)))

    record_it = queue.GradingQueue._record

    def stopping(*arguments):
        server.control.stop()
        return record_it(*arguments)

    monkeypatch.setattr(queue.GradingQueue, "_record", stopping)
    try:
        with pytest.raises(UsageError) as caught:
            grade(lesson.root, room.root, [lesson], workers=1, db=room.db)
    finally:
        server.control.start(server.port)
    assert "\n" not in str(caught.value) and server.password not in str(caught.value)
    assert not room.outcome("ada", NAME).exists()  # graded again next time


def test_of_ten_who_mark_at_once_one_saves(room, lesson):
    waiting_class(room.root, lesson, {"ada": "Because."}, room.db)

    def ada() -> MarkRow:
        (row,) = read_rows(room, NAME, {"question_why": "question_why"})
        return row

    seen, marks = ada(), [number / 10 for number in range(1, 11)]
    with ThreadPoolExecutor(10) as pool:
        saved = pool.map(
            lambda n: save(room, seen, Given(), Given(n, n, f"{n}")), marks
        )
    (mark,) = (mark for mark, is_saved in zip(marks, saved) if is_saved)
    assert ada().given == Given(mark, mark, f"{mark}")
    assert save(room, seen, ada().given, Given(1.0))
    assert ada().given == Given(1.0)
