"""What it costs to hand in late, in nbgrader's tables, where formgrader shows it, too.

Due dates and extensions that deadlines.toml does not name are those of nbgrader's database. A
plugin for late submissions that nbgrader_config.py names goes before the file's policy, as in
stock nbgrader.
"""

import datetime
from collections.abc import Collection
from pathlib import Path

from nbgrader.api import Assignment, Grade, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import BasePlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session
from traitlets.config import Config, PyFileConfigLoader

from autograder.files import normal
from autograder.grading.classroom import (
    Classroom,
    open_gradebook,
    read_gradebook,
    read_roster,
)
from autograder.grading.deadlines import Deadlines, Policy, read_deadlines
from autograder.grading.submitted import IN_TIME, LATE, late_mark

Place = tuple[str, str]  # lesson, student
UNKNOWN = "unknown"
SOMEHOW_LATE = "late, by how much is unknown"


class Lateness:
    """What it costs to be late in this class: the plugin of nbgrader_config.py, or the policy."""

    def __init__(self, policy: Policy | None, config: Config):
        self.policy = policy
        self.plugin: BasePlugin | None = None
        if "plugin_class" in config.AssignLatePenalties or config.LateSubmissionPlugin:
            step = AssignLatePenalties(config=config)
            step.init_plugin()
            self.plugin = step.plugin_inst

    def penalty(self, student: str, score: float, seconds: float) -> float:
        """Points to subtract from the score of who handed in so many seconds too late."""
        if seconds <= 0:
            return 0.0
        if self.plugin is not None:
            given = self.plugin.late_submission_penalty(student, score, seconds)
            return min(max(given or 0.0, 0.0), score)
        return self.policy.penalty(score, seconds) if self.policy else 0.0


def lateness(room: Classroom, policy: Policy | None) -> Lateness:
    """The rules of the class; nbgrader_config.py of the class, or of here, may name a plugin."""
    config = Config()
    for folder in dict.fromkeys([Path.cwd(), room.root.resolve()]):
        path = folder / "nbgrader_config.py"
        if path.is_file() and "Late" in path.read_text("utf-8", "replace"):
            config.merge(PyFileConfigLoader(path.name, str(folder)).load_config())
    return Lateness(policy, config)


def store_due_dates(
    session: Session, room: Classroom, deadlines: Deadlines, lessons: Collection[str]
) -> None:
    """Put the file's due dates and extensions where nbgrader and formgrader look for them."""
    if not deadlines.due and not deadlines.extensions:
        return
    groups = {row["id"]: normal(row.get("group") or "") for row in read_roster(room)}
    for assignment in session.query(Assignment).where(Assignment.name.in_(lessons)):
        listed = assignment.name in deadlines.due
        if listed:
            assignment.duedate = deadlines.due[assignment.name]
        for submission in assignment.submissions:
            student = submission.student_id
            names = [student, *filter(None, [groups.get(student)])]
            longer = deadlines.extension(assignment.name, names)
            if listed or longer is not None:
                submission.extension = longer
    session.commit()


def seconds_late(session: Session, lessons: Collection[str]) -> dict[Place, float]:
    """How late submissions came, of those that came late."""
    submitted, assignment = SubmittedAssignment.__table__.c, Assignment.__table__.c
    query = (
        select(
            assignment.name,
            submitted.student_id,
            submitted.timestamp,
            assignment.duedate,
            submitted.extension,
        )
        .join_from(SubmittedAssignment.__table__, Assignment.__table__)
        .where(assignment.name.in_(lessons))
        .where(submitted.timestamp.is_not(None), assignment.duedate.is_not(None))
    )
    late = {}
    for lesson, student, handed_in, due, longer in session.execute(query):
        seconds = (handed_in - due - (longer or datetime.timedelta())).total_seconds()
        if seconds > 0:
            late[lesson, student] = seconds
    return late


def unknown_lateness(
    session: Session, room: Classroom, lessons: Collection[str]
) -> dict[Place, str]:
    """What cannot be known of submissions of lessons with a due date, by lesson and student.

    UNKNOWN where nothing says when it came; SOMEHOW_LATE where the platform says that it was
    late, and no time does. Neither costs anything.
    """
    submitted, assignment = SubmittedAssignment.__table__.c, Assignment.__table__.c
    query = (
        select(assignment.name, submitted.student_id, submitted.timestamp)
        .join_from(SubmittedAssignment.__table__, Assignment.__table__)
        .where(assignment.name.in_(lessons), assignment.duedate.is_not(None))
    )
    late = seconds_late(session, lessons)
    found = {}
    for lesson, student, handed_in in session.execute(query):
        if (lesson, student) in late:
            continue
        mark = late_mark(room.submitted / student / lesson)
        if mark == LATE:
            found[lesson, student] = SOMEHOW_LATE
        elif handed_in is None and mark != IN_TIME:
            found[lesson, student] = UNKNOWN
    return found


def store_penalties(
    session: Session, rules: Lateness, lessons: Collection[str]
) -> dict[Place, float]:
    """Bring the penalties in nbgrader's table to what the rules say of today's scores.

    Returns them. Those of a lesson without a due date are left as they are: somebody else
    gave them.
    """
    submitted, notebook = SubmittedAssignment.__table__.c, SubmittedNotebook.__table__.c
    assignment, grade = Assignment.__table__.c, Grade.__table__.c
    points = func.coalesce(grade.manual_score, grade.auto_score, 0.0)
    stored = notebook.late_submission_penalty
    query = (
        select(
            assignment.name,
            submitted.student_id,
            notebook.id,
            stored,
            func.sum(points + func.coalesce(grade.extra_credit, 0.0)),
        )
        .join_from(SubmittedNotebook.__table__, SubmittedAssignment.__table__)
        .join(Assignment.__table__)
        .join(Grade.__table__, grade.notebook_id == notebook.id)
        .where(assignment.name.in_(lessons), assignment.duedate.is_not(None))
        .group_by(assignment.name, submitted.student_id, notebook.id, stored)
    )
    late = seconds_late(session, lessons)
    changed, penalties = [], {}
    for lesson, student, row, before, score in session.execute(query):
        seconds = late.get((lesson, student), 0.0)
        penalty = rules.penalty(student, score, seconds)
        penalties[lesson, student] = penalty
        if penalty != (before or 0.0):
            changed.append({"row": row, "penalty": penalty or None})
    if changed:
        session.connection().execute(
            update(SubmittedNotebook.__table__)
            .where(notebook.id == bindparam("row"))
            .values(late_submission_penalty=bindparam("penalty")),
            changed,
        )
    session.commit()
    return penalties


def refresh_penalties(room: Classroom, lessons: Collection[str]) -> None:
    """As `store_penalties`, before marks are read: a person may have given some meanwhile."""
    with read_gradebook(room) as session:
        due = select(Assignment.__table__.c.name).where(
            Assignment.__table__.c.duedate.is_not(None)
        )
        if not set(session.execute(due).scalars()) & set(lessons):
            return
    with open_gradebook(room) as gradebook:
        rules = lateness(room, read_deadlines(room, None).policy)
        store_penalties(gradebook.db, rules, lessons)


def why_late(seconds: float, penalty: float) -> str:
    """What a table says of a submission that came so late; "" when it was in time."""
    if seconds <= 0:
        return ""
    return f"{_how_long(seconds)} late" + (f": -{penalty:.4g}" if penalty else "")


def _how_long(seconds: float) -> str:
    """ "2 days 3 h", "4 h 10 min", "5 min": rounded down, at least a minute."""
    minutes = max(1, int(seconds // 60))
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    if days:
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours else "")
    if hours:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    return f"{minutes} min"
