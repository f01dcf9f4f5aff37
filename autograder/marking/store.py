"""Marks that people give, in nbgrader's own rows; nobody's is overwritten unseen.

A save says what it saw. Where the database holds something else by now, because another
person or formgrader saved in between, nothing is changed. One short transaction each, on
SQLite and PostgreSQL alike: `grade` may run meanwhile, which never writes these columns.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from filelock import FileLock
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SubmittedAssignment,
)
from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from autograder.files import json_text, replace_text
from autograder.grading.classroom import (
    Classroom,
    one_transaction,
    open_gradebook,
    read_gradebook,
)
from autograder.grading.rows import with_places

TICKS = "marking.json"  # which lines of a mark scheme were ticked; marks do not depend on it


@dataclass(frozen=True)
class Given:
    """What a person gave for an answer; all None where nobody did."""

    mark: float | None = None
    extra: float | None = None
    comment: str | None = None


@dataclass(frozen=True)
class MarkRow:
    """One answer's row of nbgrader's tables. `key` is the row's own id and tells no name."""

    key: str
    student: str
    question: str
    auto: float | None
    waits: bool  # for a person, for the first time or again
    given: Given
    comment_key: str | None = None

    @property
    def state(self) -> str:
        """open, again (it has changed since it was marked), marked, or empty."""
        if self.waits:
            return "open" if self.given.mark is None else "again"
        return "marked" if self.given.mark is not None else "empty"


def read_rows(
    room: Classroom, lesson: str, comment_at: dict[str, str]
) -> list[MarkRow]:
    """The rows of these questions. `comment_at`: whose comment belongs to which question."""
    with read_gradebook(room) as session:
        comments = {
            (notebook, name): (key, text)
            for notebook, name, key, text in session.execute(
                _of_lesson(Comment, lesson, comment_at.values(), Comment.manual_comment)
            )
        }
        columns = (
            Grade.auto_score,
            Grade.needs_manual_grade,
            Grade.manual_score,
            Grade.extra_credit,
            SubmittedAssignment.student_id,
        )
        rows = []
        for notebook, name, key, auto, waits, mark, extra, student in session.execute(
            _of_lesson(Grade, lesson, comment_at, *columns)
        ):
            at, text = comments.get((notebook, comment_at[name]), (None, None))
            given = Given(mark, extra, text)
            rows.append(MarkRow(key, student, name, auto, bool(waits), given, at))
    return rows


def waiting(room: Classroom, lesson: str) -> set[str]:
    """The grade_ids of the lesson for which somebody waits for a person."""
    with read_gradebook(room) as session:
        query = _of_lesson(Grade, lesson, None).where(Grade.needs_manual_grade)
        return {name for _, name, _ in session.execute(query)}


def points_now(room: Classroom, lesson: str) -> dict[str, float]:
    """What the lesson's graded cells count; autograder regrade may have changed it."""
    cell = GradeCell.__table__.c
    query = (
        select(BaseCell.__table__.c.name, cell.max_score)
        .join_from(GradeCell.__table__, BaseCell.__table__)
        .join(Notebook.__table__)
        .join(Assignment.__table__)
        .where(Assignment.__table__.c.name == lesson)
    )
    with read_gradebook(room) as session:
        return {name: points for name, points in session.execute(query)}


def save(room: Classroom, row: MarkRow, seen: Given, given: Given) -> bool:
    """Give the answer this mark, extra credit and comment; False where `seen` is outdated."""
    waits = Grade.auto_score.is_(None) if given.mark is None else False
    grade, comment = Grade.__table__, Comment.__table__
    with open_gradebook(room) as gradebook:
        try:
            with one_transaction(gradebook) as session:
                _change(
                    session,
                    grade,
                    row.key,
                    {"manual_score": seen.mark, "extra_credit": seen.extra},
                    {
                        "manual_score": given.mark,
                        "extra_credit": given.extra,
                        "needs_manual_grade": waits,
                    },
                )
                if row.comment_key is not None:
                    before = {"manual_comment": seen.comment}
                    after = {"manual_comment": given.comment or None}
                    _change(session, comment, row.comment_key, before, after)
        except _Outdated:
            return False
    return True


class _Outdated(Exception):
    """The row is not what was seen."""


def _change(
    session: Session, table: Table, key: str, seen: dict, values: dict[str, Any]
) -> None:
    same = [table.c[name].is_not_distinct_from(value) for name, value in seen.items()]
    query = update(table).where(table.c.id == key, *same).values(**values)
    if session.connection().execute(query).rowcount != 1:
        raise _Outdated


def _of_lesson(
    kind: Any, lesson: str, names: Collection[str] | None, *columns: Any
) -> Any:
    """Rows of this table for the lesson: notebook, name of the cell, id, and the columns."""
    cell = BaseCell.__table__.c
    query = with_places(kind, kind.notebook_id, cell.name, kind.id, *columns)
    query = query.where(Assignment.name == lesson)
    return query if names is None else query.where(cell.name.in_(list(names)))


def read_ticks(room: Classroom, lesson: str, row: MarkRow) -> list[int]:
    """The lines that were ticked for this mark; none when another one was given since."""
    entry = _ticks(room).get(lesson, {}).get(row.question, {}).get(row.student)
    if not isinstance(entry, dict) or entry.get("mark") != row.given.mark:
        return []
    return [number for number in entry.get("ticks", []) if isinstance(number, int)]


def write_ticks(
    room: Classroom, lesson: str, rows: Sequence[MarkRow], mark: float, ticks: list[int]
) -> None:
    """Keep which lines were ticked when these answers got this mark."""
    with FileLock(room.root / f".{TICKS}.lock"):
        document = _ticks(room)
        for row in rows:
            entries = document.setdefault(lesson, {}).setdefault(row.question, {})
            entries[row.student] = {"mark": mark, "ticks": ticks}
        replace_text(room.root / TICKS, json_text(document))


def _ticks(room: Classroom) -> dict:
    try:
        document = json.loads((room.root / TICKS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
