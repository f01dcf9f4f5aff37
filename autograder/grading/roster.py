"""The names of the learners: students.csv of the class folder, in nbgrader's own columns."""

import csv

from nbgrader.api import Gradebook, Student
from sqlalchemy import select

from autograder.files import normal
from autograder.grading.classroom import Classroom, id_problem, read_gradebook
from course.kit.refusal import Refusal

COLUMNS = ("first_name", "last_name", "email", "lms_user_id")
LONGEST = 128  # characters, in nbgrader's tables


def read_roster(room: Classroom) -> list[dict[str, str]]:
    """The rows of students.csv; none where there is no such file. Refuses one without ids."""
    path = room.root / "students.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    except (csv.Error, UnicodeDecodeError) as error:
        raise Refusal(f"{path} cannot be read as CSV: {error}") from None
    if any(not row.get("id") or id_problem(row["id"]) for row in rows):
        raise Refusal(
            f"{path} has a row without a usable id. "
            f"Give it the columns id, {', '.join(COLUMNS)}; all but id may be empty"
        )
    return rows


def save_roster(gradebook: Gradebook, roster: list[dict[str, str]]) -> None:
    """Put the learners of the roster into the gradebook; what it does not say stays as it is.

    Learners may have chosen their names on a platform: what is invisible or too long for
    nbgrader's tables is left out.
    """
    known = {student.id: student for student in gradebook.students}
    for row in roster:
        student = known.get(row["id"])
        if student is None:
            student = known[row["id"]] = Student(id=row["id"])
            gradebook.db.add(student)
        for column in COLUMNS:
            text = normal(row.get(column) or "")[:LONGEST]
            if text:
                setattr(student, column, text)
    gradebook.db.commit()


def names(room: Classroom) -> dict[str, tuple[str, str]]:
    """(first name, last name) of every learner in the gradebook, by id; "" where unknown."""
    query = select(Student.id, Student.first_name, Student.last_name)
    with read_gradebook(room) as session:
        return {
            student: (first or "", last or "")
            for student, first, last in session.execute(query)
        }
