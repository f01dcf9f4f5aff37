"""Put marks into a table that a learning platform made, and nothing else.

Moodle's grading worksheet (mod/assign/feedback/offline), Canvas's gradebook
(lib/gradebook_exporter.rb), and any CSV with a column of ids. Each is imported where it came
from, so every other cell stays as it is, and no column is added.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.collect.platform_table import (
    IDENTIFIER,
    Row,
    Table,
    is_worksheet,
    read_table,
)
from autograder.collect.students import read_known
from autograder.files import normal, replace_bytes
from autograder.grading.classroom import Classroom, open_classroom, read_roster
from autograder.grading.outcome import Status
from autograder.lessons import Lesson
from autograder.reports.marks import Submission, lesson_names, number, read_submissions
from course.kit import UsageError

GRADE = {  # what the worksheet calls its column, in some of Moodle's languages
    *("grade", "bewertung", "calificación", "note", "valutazione", "nota", "avaliação"),
    *("cijfer", "ocena", "betyg", "karakter", "qualificació", "kalifikazioa"),
}
CAN_CHANGE = "Grade can be changed"
POINTS_POSSIBLE = "Points Possible"
CANVAS_COLUMN = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)", re.DOTALL)
IDS = ("ID", "SIS User ID", "SIS Login ID")


@dataclass
class Filled:
    """What became of the table: marks written, the same as before, and left out with why."""

    path: Path
    written: int = 0
    unchanged: int = 0
    left: list[tuple[str, str, str]] = field(default_factory=list)
    """(row of the table, lesson, why nothing was written there)"""

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.written} marks written, {self.unchanged} were there already, "
            f"{len(self.left)} left out"
        )


@dataclass(frozen=True)
class Pen:
    """Writes one total into one cell, or says why not."""

    table: Table
    marks: dict[tuple[str, str], Submission]
    filled: Filled
    partial: bool
    scale: bool

    def write(
        self, row: Row, place: int, student: str, lesson: str, most: float | None = None
    ) -> None:
        """`most` is what the platform takes for full marks, where it says so."""
        mark = self.marks.get((student, lesson))
        if mark is None or mark.status is Status.MISSING:
            return self.leave(row, lesson, "it was not handed in")
        if mark.awaiting and not self.partial:
            return self.leave(row, lesson, f"{mark.awaiting} task(s) wait for a person")
        score = mark.score
        if most is not None and most != mark.max_score:
            if not self.scale:
                raise UsageError(
                    f"full marks are {number(most)} there and {number(mark.max_score)} points in "
                    f"{lesson}. Change the platform's maximum, or give --scale"
                )
            score = score * most / mark.max_score if mark.max_score else 0.0
        text = number(score)
        row += [""] * (place + 1 - len(row))
        if _value(row[place]) == _value(text):
            self.filled.unchanged += 1
        else:
            row[place] = text
            self.filled.written += 1

    def leave(self, row: Row, lesson: str, why: str) -> None:
        shown = normal(" ".join(row[:2]))[:60]
        self.filled.left.append((shown, lesson, why))


def fill(
    class_folder: Path,
    into: Path,
    lessons: Sequence[Lesson | str] = (),
    *,
    column: str = "",
    ids: str = "",
    partial: bool = False,
    scale: bool = False,
    db: str = "",
) -> Filled:
    """Write totals into the platform's file `into`, in one step.

    `column` names the column of the marks where it cannot be told, `ids` that of a plain table's
    ids. A total that waits for a person is left out unless `partial`; a lesson that was not
    handed in always is. `scale` turns points into the platform's own maximum where that is
    another one. Raises UsageError, with nothing written.
    """
    into = Path(into)
    table = read_table(into)
    room = open_classroom(class_folder, graded=True, db=db)
    names = lesson_names(room, lessons)
    marks = {
        (each.student, each.lesson): each
        for each in read_submissions(room.root, names, db=room.db)
    }
    filled = Filled(into)
    pen = Pen(table, marks, filled, partial, scale)
    if _is_canvas(table):
        _canvas(room, table, names, column, pen)
    elif not ids and is_worksheet(table):
        _moodle(room, table, names, column, pen)
    else:
        _plain(room, table, names, column, ids, pen)
    replace_bytes(filled.path, table.as_bytes())
    return filled


def _moodle(
    room: Classroom, table: Table, names: list[str], column: str, pen: Pen
) -> None:
    """A worksheet of one assignment: its numbers are those of the archive that was collected."""
    if len(names) != 1:
        raise UsageError(
            "Moodle's worksheet is of one assignment. Name its lesson, one of: "
            + ", ".join(names)
        )
    (lesson,) = names
    head = table.rows[0]
    named = [name for name in head if name.casefold() in GRADE]
    if not column and len(named) != 1:
        raise UsageError(
            "it cannot be told which column holds the grade. Name it with --column; there are: "
            + ", ".join(head)
        )
    place = table.column(column or named[0])
    numbers = {
        each.key: each.id
        for each in read_known(room)
        if each.source == "moodle" and lesson in each.lessons
    }
    person = _person(room)
    for row in table.rows[1:]:
        found = IDENTIFIER.fullmatch(row[0]) if row else None
        if not found:
            continue
        student = numbers.get(found["number"]) or person(row[1:])
        if not student:
            pen.leave(
                row, lesson, "nobody of the class: not collected under this number"
            )
        elif CAN_CHANGE in head and row[head.index(CAN_CHANGE)] == "No":
            pen.leave(row, lesson, "Moodle says that this grade cannot be changed")
        else:
            pen.write(row, place, student, lesson, most_of(row, place + 1))


def _person(room: Classroom) -> Callable[[Row], str]:
    """Who of students.csv a row is about, by an e-mail address or a name that only one has."""
    found: dict[str, set[str]] = {}
    for each in read_roster(room):
        first, last = (
            normal(each.get(key) or "") for key in ("first_name", "last_name")
        )
        texts = [each.get("email") or "", f"{first} {last}", f"{last}, {first}"]
        for text in texts:
            if text.strip(" ,"):
                found.setdefault(text.strip().casefold(), set()).add(each["id"])

    def of(cells: Row) -> str:
        for cell in cells:
            ids = found.get(normal(cell).casefold(), set())
            if len(ids) == 1:
                return next(iter(ids))
        return ""

    return of


def _is_canvas(table: Table) -> bool:
    return "ID" in table.rows[0] and any(_is_points(row) for row in table.rows[1:4])


def _is_points(row: Row) -> bool:
    return bool(row) and row[0].strip() == POINTS_POSSIBLE


def _canvas(
    room: Classroom, table: Table, names: list[str], column: str, pen: Pen
) -> None:
    """A gradebook with a column "Title (number)" for each assignment, made by Canvas."""
    if column and len(names) != 1:
        raise UsageError(f"--column is for one lesson, not for {', '.join(names)}")
    head = table.rows[0]
    places = {
        name: table.column(column) if column else _canvas_column(head, name)
        for name in names
    }
    if not any(place is not None for place in places.values()):
        titles = [title for title in head if CANVAS_COLUMN.fullmatch(title)]
        raise UsageError(
            f"no column of the gradebook is called like {', '.join(names)}. Make the assignment in "
            "Canvas first and download again, or name its column with --column; there are: "
            + (", ".join(titles) or "none")
        )
    points = next(row for row in table.rows if _is_points(row))
    start = table.rows.index(points) + 1
    students = _canvas_ids(room)
    at = [head.index(name) for name in IDS if name in head]
    for row in table.rows[start:]:
        given = [(head[i], row[i]) for i in at if i < len(row) and row[i]]
        student = next((students[each] for each in given if each in students), "")
        for lesson, place in places.items():
            if place is None:
                continue
            if not student:
                pen.leave(
                    row,
                    lesson,
                    "nobody of the class: Canvas's ID is not in students.csv",
                )
                continue
            pen.write(row, place, student, lesson, most_of(points, place))


def _canvas_ids(room: Classroom) -> dict[tuple[str, str], str]:
    """Student by (column, id): Canvas's own number, or the id that the university gave."""
    found = {}
    for each in read_roster(room):
        for name in IDS[1:]:
            found[name, each["id"]] = each["id"]
        if number_there := each.get("lms_user_id"):
            found["ID", number_there] = each["id"]
    for known in read_known(room):
        if known.source == "canvas":
            found["ID", known.key] = known.id
    return found


def _canvas_column(head: Row, lesson: str) -> int | None:
    """The assignment's column: its title holds the lesson's name, or its number and its word."""
    digits, _, word = lesson.partition("_")
    named = re.compile(
        rf"{re.escape(lesson)}|(?<!\d)0*{int(digits)}(?!\d)\D*{re.escape(word)}"
        if digits.isdecimal()
        else re.escape(lesson),
        re.IGNORECASE,
    )
    found = [
        at
        for at, title in enumerate(head)
        if (match := CANVAS_COLUMN.fullmatch(title)) and named.search(match["title"])
    ]
    if len(found) > 1:
        titles = ", ".join(head[at] for at in found)
        raise UsageError(
            f"several columns could be {lesson}: {titles}. Name one with --column"
        )
    return found[0] if found else None


def _plain(
    room: Classroom, table: Table, names: list[str], column: str, ids: str, pen: Pen
) -> None:
    """Any table: a column of our ids, and a column per lesson, called like it."""
    if column and len(names) != 1:
        raise UsageError(f"--column is for one lesson, not for {', '.join(names)}")
    known = {row["id"] for row in read_roster(room)}
    known |= {student for student, _ in pen.marks}
    at = table.column(ids) if ids else _id_column(table, known)
    head = table.rows[0]
    places = {
        name: table.column(column or name) for name in names if column or name in head
    }
    if not places:
        raise UsageError(
            f"the table has no column called {', '.join(names)}. "
            f"Name one with --column; there are: {', '.join(head)}"
        )
    for row in table.rows[1:]:
        student = row[at].strip() if at < len(row) else ""
        for lesson, place in places.items():
            if student in known:
                pen.write(row, place, student, lesson)
            elif any(row):
                pen.leave(row, lesson, "nobody of the class has this id")


def _id_column(table: Table, known: set[str]) -> int:
    """The column in which most ids of the class stand."""
    hits = [
        sum(at < len(row) and row[at].strip() in known for row in table.rows[1:])
        for at in range(len(table.rows[0]))
    ]
    if not max(hits) or hits.count(max(hits)) > 1:
        raise UsageError(
            "it cannot be told which column holds the students' ids. Name it with --ids; "
            f"there are: {', '.join(table.rows[0])}"
        )
    return hits.index(max(hits))


def _value(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def most_of(row: Row, place: int) -> float | None:
    """The platform's maximum, where the cell holds one."""
    value = _value(row[place]) if place < len(row) else ""
    return value if isinstance(value, float) else None
