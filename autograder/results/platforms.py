"""The tables that learning platforms import: one column of totals per lesson."""

from collections.abc import Callable

from nbgrader.api import Student
from sqlalchemy import select

from autograder.grading.classroom import Classroom, read_gradebook
from autograder.grading.outcome import Status
from autograder.results.marks import Submission, number, read_submissions
from course.kit.refusal import Refusal

Rows = list[list[str]]
Marks = dict[str, dict[str, Submission]]  # learner -> lesson -> submission


def platform_rows(room: Classroom, platform: str, lessons: list[str]) -> Rows:
    """The rows, headings first, that `platform` imports: one per learner in the gradebook.

    An id of the platform is `lms_user_id` of students.csv, else the learner's id. A learner
    without a submission of a lesson has an empty cell. Refuses an unknown platform, and more
    than one lesson for Gradescope, whose tables are of one assignment.
    """
    if platform not in PLATFORMS:
        raise Refusal(
            f"{platform!r} is not known. Choose one of {', '.join(PLATFORMS)}"
        )
    columns = Student.__table__.c
    query = select(
        columns.id,
        columns.first_name,
        columns.last_name,
        columns.email,
        columns.lms_user_id,
    ).order_by(columns.id)
    with read_gradebook(room) as session:
        learners = [
            [text or "" for text in row] for row in session.execute(query).all()
        ]
    marks: Marks = {learner[0]: {} for learner in learners}
    for each in read_submissions(room.root, lessons, db=room.db):
        marks[each.student][each.lesson] = each
    return PLATFORMS[platform](learners, marks, lessons)


def _totals(mine: dict[str, Submission], lessons: list[str]) -> list[str]:
    return [number(mine[name].score) if name in mine else "" for name in lessons]


def _moodle(learners: Rows, marks: Marks, lessons: list[str]) -> Rows:
    """Grades > Import > CSV: any column can be matched; these have Moodle's own names."""
    rows = [["ID number", "First name", "Last name", "Email address", *lessons]]
    for student, first, last, email, lms in learners:
        totals = _totals(marks[student], lessons)
        rows.append([lms or student, first, last, email, *totals])
    return rows


def _canvas(learners: Rows, marks: Marks, lessons: list[str]) -> Rows:
    """Gradebook > Import: five fixed columns, and the points possible in the second row."""
    fixed = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    most = {
        lesson: submission.max_score
        for mine in marks.values()
        for lesson, submission in mine.items()
    }
    points = [number(most[name]) if name in most else "" for name in lessons]
    rows = [[*fixed, *lessons], ["    Points Possible", "", "", "", "", *points]]
    for student, first, last, _, lms in learners:
        name = ", ".join(filter(None, [last, first])) or student
        totals = _totals(marks[student], lessons)
        rows.append([name, lms, student, student, "", *totals])
    return rows


def _gradescope(learners: Rows, marks: Marks, lessons: list[str]) -> Rows:
    """The columns of a table that Gradescope itself exports for one assignment."""
    if len(lessons) != 1:
        raise Refusal(
            f"a Gradescope table is of one assignment, not of {len(lessons)}. Name one lesson"
        )
    (lesson,) = lessons
    rows = [["Name", "SID", "Email", "Total Score", "Max Points", "Status"]]
    for student, first, last, email, lms in learners:
        mine = marks[student].get(lesson)
        name = " ".join(filter(None, [first, last])) or student
        cells = ["", "", "Missing"]
        if mine is not None and mine.status is not Status.MISSING:
            cells = [number(mine.score), number(mine.max_score), "Graded"]
            if mine.awaiting:
                cells[2] = "Ungraded"
        rows.append([name, lms or student, email, *cells])
    return rows


PLATFORMS: dict[str, Callable[[Rows, Marks, list[str]], Rows]] = {
    "moodle": _moodle,
    "canvas": _canvas,
    "gradescope": _gradescope,
}
