"""A database holds one class, says which, and its marks can be copied to another one."""

import datetime
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from postgres_server import Server, running_server
from small_class import NAME, failure, make_checkout, record_class
from sqlalchemy import create_engine, select, text

from autograder.grading import identity
from autograder.grading.classroom import Classroom, open_classroom, open_gradebook
from autograder.grading.database import VARIABLE, find_address, remember_address
from autograder.grading.identity import TABLES, copy_marks
from autograder.grading.register import register
from autograder.lessons.versions import master
from autograder.reports.marks import read_submissions
from course.kit import UsageError


@pytest.fixture(autouse=True)
def no_other_address(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def server():
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A class with marks of all kinds: automatic, a person's, a comment, an extension."""
    folder = tmp_path_factory.mktemp("made")
    works = {"ana": {}, "bo": {"check_area": [failure("AssertionError", "ünï")]}}
    room = record_class(folder / "class", make_checkout(folder / "checkout"), works)
    with Gradebook(room.db_url) as book:
        mark = book.find_grade("question_why", NAME, NAME, "ana")
        mark.manual_score, mark.extra_credit = 0.3, 1 / 3
        mark.needs_manual_grade = False
        book.find_comment("question_why", NAME, NAME, "ana").manual_comment = "Ça va\n"
        assignment = book.find_assignment(NAME)
        assignment.duedate = datetime.datetime(2026, 3, 1, 23, 59)
        submission = book.find_submission(NAME, "bo")
        submission.extension = datetime.timedelta(days=3, hours=1)
        submission.timestamp = datetime.datetime(2026, 3, 2, 1, 2, 3)
        book.db.commit()
    return folder


@pytest.fixture
def room(made, tmp_path) -> Classroom:
    return Classroom(Path(shutil.copytree(made / "class", tmp_path / "class")))


def content(address) -> dict[str, list]:
    engine = create_engine(address)
    with engine.connect() as connection:
        rows = {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in TABLES
        }
    engine.dispose()
    return rows


def sqlite(path: Path):
    return find_address(path.parent, f"sqlite:///{path}")


def test_from_sqlite_to_sqlite(room, tmp_path):
    other = sqlite(tmp_path / "other.db")
    done = copy_marks(room.address, other)
    assert (
        str(done)
        == "2 students, 2 submissions, 6 marks: copied, and every row compared"
    )
    assert content(other) == content(room.address)
    assert not copy_marks(room.address, other).changed, "again is nothing"
    told = read_submissions(room.root, db=f"sqlite:///{tmp_path / 'other.db'}")
    assert told == read_submissions(room.root)


def test_to_postgresql_and_back(room, tmp_path, server: Server):
    there = find_address(room.root, server.address(server.create_database()))
    back = sqlite(tmp_path / "back.db")
    assert copy_marks(room.address, there).changed
    assert content(there) == content(room.address)
    assert copy_marks(there, back).changed
    assert content(back) == content(room.address)
    told = read_submissions(room.root, db=there.render_as_string(hide_password=False))
    assert told == read_submissions(room.root)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_stopped_in_the_middle_nothing_is_there(
    room, tmp_path, monkeypatch, request, kind
):
    if kind == "sqlite":
        other = sqlite(tmp_path / "other.db")
    else:
        server = request.getfixturevalue("server")
        other = find_address(room.root, server.address(server.create_database()))
    insert, seen = identity._insert, []

    def stop(connection, table, rows):
        seen.append(table.name)
        if table.name == "grade":
            raise KeyboardInterrupt
        insert(connection, table, rows)

    with monkeypatch.context() as patch:
        patch.setattr(identity, "_insert", stop)
        with pytest.raises(KeyboardInterrupt):
            copy_marks(room.address, other)
    assert "student" in seen
    assert not any(rows for name, rows in content(other).items() if name != "course")
    assert copy_marks(room.address, other).changed
    assert content(other) == content(room.address)


def test_marks_of_the_other_are_not_lost_unasked(room, tmp_path):
    other = sqlite(tmp_path / "other.db")
    copy_marks(room.address, other)
    with Gradebook(f"sqlite:///{tmp_path / 'other.db'}") as book:
        book.find_grade("question_why", NAME, NAME, "bo").manual_score = 1
        book.db.commit()
    before = content(other)
    with pytest.raises(UsageError, match=r"has rows that .* has not \(1 in grade\)"):
        copy_marks(room.address, other)
    assert content(other) == before
    copy_marks(room.address, other, replace=True)
    assert content(other) == content(room.address)


def test_another_class_is_no_target(room, tmp_path):
    works = {"zoe": {}}
    other = record_class(tmp_path / "b", make_checkout(tmp_path / "checkout"), works)
    before = content(other.address)
    with pytest.raises(
        UsageError, match="belongs to the class b .* to class .*same class"
    ):
        copy_marks(room.address, other.address, replace=True)
    assert content(other.address) == before


def test_what_cannot_be_copied_is_refused(room, tmp_path):
    with pytest.raises(UsageError, match="both --from and --to"):
        copy_marks(room.address, room.address)
    with pytest.raises(UsageError, match="has no marks"):
        copy_marks(sqlite(tmp_path / "none.db"), room.address)
    assert not (tmp_path / "none.db").exists()


def second_class(tmp_path, db: str) -> Classroom:
    room = Classroom(tmp_path / "second", db)
    (room.root / "submitted").mkdir(parents=True)
    return room


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_classes_in_one_database_are_refused(room, tmp_path, request, kind):
    if kind == "sqlite":
        address = f"sqlite:///{room.gradebook}"
    else:
        server = request.getfixturevalue("server")
        address = server.address(server.create_database())
        copy_marks(room.address, find_address(room.root, address))
        open_classroom(room.root, graded=True, db=address)
    before = content(address.replace("postgresql:", "postgresql+psycopg:"))
    second = second_class(tmp_path, address)
    for graded in (True, False):
        with pytest.raises(UsageError, match="holds the marks of another class"):
            open_classroom(second.root, graded=graded, db=address)
    lesson = make_checkout(tmp_path / "checkout")
    with (
        pytest.raises(UsageError, match="One database holds one class"),
        open_gradebook(second) as gradebook,
    ):
        register(second, gradebook, lesson, master(lesson))
    assert content(address.replace("postgresql:", "postgresql+psycopg:")) == before


def test_a_copy_of_the_class_folder_is_the_same_class(room, tmp_path):
    address = f"sqlite:///{room.gradebook}"
    second = second_class(tmp_path, address)
    shutil.copy(room.root / "class_id.txt", second.root)
    assert open_classroom(second.root, graded=True, db=address)


def test_a_folder_without_an_id_knows_its_own_database(room, tmp_path):
    name = room.root / "class_id.txt"
    known = name.read_text(encoding="utf-8")
    name.unlink()
    open_classroom(room.root, graded=True)
    assert name.read_text(encoding="utf-8") == known
    elsewhere = sqlite(tmp_path / "elsewhere.db")
    copy_marks(room.address, elsewhere)
    remember_address(room.root, elsewhere)
    name.unlink()
    open_classroom(room.root, graded=True)
    assert name.read_text(encoding="utf-8") == known


def test_a_database_from_before_gets_the_first_class_that_grades(room, tmp_path):
    engine = create_engine(room.address)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE autograder_class"))
    engine.dispose()
    (room.root / "class_id.txt").unlink()
    open_classroom(room.root, graded=True)  # reading claims nothing
    assert not (room.root / "class_id.txt").exists()
    with open_gradebook(room):
        pass
    assert (room.root / "class_id.txt").exists()
    with pytest.raises(UsageError, match="another class"):
        open_classroom(
            second_class(tmp_path, "").root,
            graded=True,
            db=f"sqlite:///{room.gradebook}",
        )


def test_the_command(room, tmp_path, capsys, monkeypatch):
    from autograder.cli import app

    target = tmp_path / "other.db"
    words = ["marks", "copy", "--class", str(room.root), "--to", f"sqlite:///{target}"]
    app(words, standalone_mode=False)
    assert (
        f"{target}: 2 students, 2 submissions, 6 marks: copied"
        in capsys.readouterr().out
    )
