"""What the marking page asks and says: questions, answers, marks, as plain data."""

import math
import random
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from nbformat import NotebookNode

from autograder.files import short_hash
from autograder.grading.classroom import Classroom, student_names
from autograder.marking.answers import Answers
from autograder.marking.questions import Question, counting, read_cells, read_questions
from autograder.marking.store import (
    Given,
    MarkRow,
    points_now,
    read_rows,
    read_ticks,
    save,
    waiting,
    write_ticks,
)
from course.kit import UsageError

MOST_COMMENTS = 9  # that are offered: as many as there are digits
LONGEST_COMMENT = 10_000  # characters
DONE = ("marked", "empty")
Json = dict[str, Any]


class NotThere(Exception):
    """There is no such question or answer."""


class Marking:
    """The marking of these lessons of a class."""

    def __init__(self, room: Classroom, lessons: Sequence[str]) -> None:
        self.room = room
        self.lessons = lessons
        self.answers = Answers(room)
        self._sources: dict[str, tuple[int, list[NotebookNode]]] = {}
        if not any(self._questions(lesson) for lesson in lessons):
            raise UsageError(
                f"{room.source} has no written question of {', '.join(lessons)}. "
                f"Grade the class first: autograder grade --class {room.root}"
            )

    def overview(self) -> list[Json]:
        """All questions in the order of the course, and how many answers are marked."""
        found = []
        for lesson in self.lessons:
            questions = self._questions(lesson)
            rows = self._rows(lesson, questions)
            for question in questions:
                states = Counter(row.state for row in rows[question.name])
                found.append(
                    {
                        "lesson": lesson,
                        "name": question.name,
                        "title": question.title,
                        "marked": sum(states[state] for state in DONE),
                        "again": states["again"],
                        "all": states.total(),
                    }
                )
        return found

    def question(self, lesson: str, name: str) -> Json:
        """A question with its mark scheme, and its answers in an order that tells no name."""
        question, rows = self._find(lesson, name)
        comments = Counter(row.given.comment for row in rows if row.given.comment)
        return {
            "lesson": lesson,
            "name": name,
            "title": question.title,
            "points": question.points,
            "prompt": self.answers.markdown(question.prompt),
            "model": self.answers.markdown(question.model),
            "scheme": [
                {"points": each.points, "html": self.answers.markdown(each.text)}
                for each in question.scheme
            ],
            "answers": _listed(question, rows),
            "comments": [text for text, _ in comments.most_common(MOST_COMMENTS)],
        }

    def answer(self, lesson: str, name: str, key: str) -> Json:
        """One answer with what was given for it, and with those that are like it."""
        question, rows = self._find(lesson, name)
        row = _row(rows, key)
        others = [each.student for each in rows]
        by_student = {each.student: each for each in rows}
        shown = self.answers.shown(question, row.student)
        equal = self.answers.equal(question, row.student, others)
        near = self.answers.near(question, row.student, others)
        return {
            "key": key,
            "state": row.state,
            "answer": shown.answer,
            "above": shown.above,
            "handed_in": shown.is_as_handed_in,
            "version": _version(row, shown.version),
            "auto": row.auto,
            "ticks": read_ticks(self.room, lesson, row),
            "equal": [_brief(by_student[student]) for student in equal],
            "near": [
                {
                    **_brief(by_student[each.student]),
                    "ratio": round(each.ratio, 3),
                    "html": each.text,
                }
                for each in near
            ],
        }

    def names(self, lesson: str, name: str) -> dict[str, str]:
        """Who wrote which answer."""
        _, rows = self._find(lesson, name)
        known = student_names(self.room)
        found = {}
        for row in rows:
            full = " ".join(filter(None, known.get(row.student, ())))
            found[row.key] = f"{full} ({row.student})" if full else row.student
        return found

    def save(self, lesson: str, name: str, key: str, asked: Json) -> Json:
        """Give a mark. "saved" is False, and nothing changed, where `asked` is outdated.

        With "equal", those who wrote the same and have nothing yet get the same. Raises
        ValueError for what is no mark.
        """
        question, rows = self._find(lesson, name)
        row = _row(rows, key)
        seen, given = _given(asked["version"]), _given(asked)
        if given.mark is not None and not 0 <= given.mark <= question.points:
            raise ValueError(f"a mark lies between 0 and {question.points:g}")
        ticks = [number for number in asked.get("ticks", []) if type(number) is int]
        is_same = asked["version"].get("answer") == self.answers.version(
            question, row.student
        )
        if not is_same or not save(self.room, row, seen, given):
            return {"saved": False, "theirs": self.answer(lesson, name, key)}
        marked = [row]
        if asked.get("equal") is True and given.mark is not None:
            others = [each.student for each in rows if _is_untouched(each)]
            equal = self.answers.equal(question, row.student, others)
            marked += [
                other
                for other in rows
                if other.student in equal and save(self.room, other, Given(), given)
            ]
        if given.mark is not None:
            write_ticks(self.room, lesson, marked, given.mark, ticks)
        now = self.question(lesson, name)
        return {
            "saved": True,
            "given": len(marked),
            "answers": now["answers"],
            "comments": now["comments"],
        }

    def _questions(self, lesson: str) -> list[Question]:
        return self._among(lesson, waiting(self.room, lesson))

    def _among(self, lesson: str, checks: Collection[str]) -> list[Question]:
        path = self.room.source / lesson / f"{lesson}.ipynb"
        try:
            stamp = path.stat().st_mtime_ns
        except OSError:
            return []
        if self._sources.get(lesson, (0, []))[0] != stamp:
            self._sources[lesson] = (stamp, read_cells(path))
        questions = read_questions(lesson, self._sources[lesson][1], checks)
        return counting(questions, points_now(self.room, lesson))

    def _rows(
        self, lesson: str, questions: Sequence[Question]
    ) -> dict[str, list[MarkRow]]:
        rows = read_rows(
            self.room, lesson, {each.name: each.comment_at for each in questions}
        )
        # Of a check a person sees only what a person has to do with.
        return {
            each.name: [
                row
                for row in rows
                if row.question == each.name
                and (each.is_written or row.state != "empty")
            ]
            for each in questions
        }

    def _find(self, lesson: str, name: str) -> tuple[Question, list[MarkRow]]:
        if lesson not in self.lessons:
            raise NotThere
        for question in self._among(lesson, {name}):
            if question.name == name:
                return question, self._rows(lesson, [question])[name]
        raise NotThere


def _listed(question: Question, rows: Sequence[MarkRow]) -> list[Json]:
    """The answers in an order of chance, another one for each question; empty ones last."""
    ordered = sorted(rows, key=lambda row: row.key)
    seed = short_hash(f"{question.lesson} {question.name}")
    random.Random(seed).shuffle(ordered)
    return [
        _brief(row) for row in sorted(ordered, key=lambda row: row.state == "empty")
    ]


def _brief(row: MarkRow) -> Json:
    mark = row.auto if row.given.mark is None else row.given.mark
    return {"key": row.key, "state": row.state, "mark": mark}


def _row(rows: Sequence[MarkRow], key: str) -> MarkRow:
    for row in rows:
        if row.key == key:
            return row
    raise NotThere


def _is_untouched(row: MarkRow) -> bool:
    return row.state == "open" and row.given == Given()


def _version(row: MarkRow, answer: str) -> Json:
    return {**vars(row.given), "answer": answer}


def _given(asked: Json) -> Given:
    mark, extra = (_number(asked[name]) for name in ("mark", "extra"))
    comment = asked["comment"]
    if comment is not None and not isinstance(comment, str):
        raise ValueError("a comment is text")
    if len(comment or "") > LONGEST_COMMENT:
        raise ValueError(f"a comment has at most {LONGEST_COMMENT:,} characters")
    return Given(mark, extra, comment)


def _number(value: Any) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise ValueError("a mark is a number")
    return float(value)
