"""What there is to know about a class and to do for it, gathered from its marks and notebooks."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.grading.classroom import Classroom, student_names
from autograder.grading.outcome import Status
from autograder.lessons import Lesson
from autograder.reports.marks import Submission, lesson_names, read_submissions
from autograder.reports.similar import Answer, Pair, Piece, shared_pieces, similar_pairs
from autograder.reports.tasks import (
    NOTHING_THERE,
    WRONG,
    LessonReport,
    follow_ons,
    report_lesson,
)
from autograder.reports.written import Written, read_code, uses
from course.kit import UsageError

STUCK = 0.5  # of the points that checks gave: less is stuck
NO_ANSWERS = "no task has an answer"
# What a student can only have done on purpose, or by accident to a locked cell.
TAMPERED = ("edited", "result", "tagged", "retyped", "missing", "output")


@dataclass(frozen=True)
class Stuck:
    """A student who has less than half of the points that checks give, in the last lesson handed in.

    `task` is the first that is wrong there and follows from no other. `since` is the first
    lesson from which on it has been so, `handed_in` when that came, where it is known.
    """

    student: str
    lesson: str
    task: str
    mistake: str
    share: float
    since: str
    handed_in: datetime.datetime | None


@dataclass(frozen=True)
class Found:
    """A note about notebooks that were not as released, and whose they are."""

    lesson: str
    kind: str
    text: str
    students: tuple[str, ...]
    is_most: bool  # of the class: then the lesson has probably changed, not they

    @property
    def is_odd(self) -> bool:
        return self.kind in TAMPERED and not self.is_most


@dataclass(frozen=True)
class ClassReport:
    """All that the report says. `names` has the full name of who has one, by id."""

    folder: Path
    made: datetime.datetime
    lessons: tuple[LessonReport, ...]
    names: dict[str, str]
    stuck: tuple[Stuck, ...]
    found: tuple[Found, ...]
    pairs: tuple[Pair, ...]

    @property
    def submissions(self) -> list[Submission]:
        return [each for lesson in self.lessons for each in lesson.submissions]

    @property
    def not_graded(self) -> list[Submission]:
        """Those that did not end well; who handed in no notebook is not among them."""
        fine = (Status.GRADED, Status.MISSING)
        return [each for each in self.submissions if each.status not in fine]

    @property
    def late(self) -> list[Submission]:
        return [each for each in self.submissions if each.late]


def class_report(room: Classroom, lessons: Sequence[Lesson | str] = ()) -> ClassReport:
    """The report on the lessons that anybody handed in. Raises UsageError where there is none."""
    wanted = lesson_names(room, lessons)
    by_lesson: dict[str, list[Submission]] = defaultdict(list)
    for each in read_submissions(room.root, wanted, db=room.db):
        by_lesson[each.lesson].append(each)
    if not by_lesson:
        raise UsageError(
            f"{room.root} has no graded submission of {', '.join(wanted) or 'any lesson'}. "
            f"Grade it first: autograder grade --class {room.root}"
        )
    names = _names(room)
    reports: list[LessonReport] = []
    roots: dict[tuple[str, str], dict[str, str]] = {}
    pieces: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for lesson, mine in sorted(by_lesson.items()):
        written = {
            each.student: read_code(room.autograded_notebook(each.student, lesson))
            for each in mine
            if each.status not in NOTHING_THERE
        }
        used = {
            each.student: uses(written[each.student])
            for each in mine
            if each.student in written
            and sum(m.ending in WRONG for m in each.marks) > 1
        }
        roots |= {
            (lesson, each.student): follow_ons(each, used.get(each.student, {}))
            for each in mine
        }
        handed_in = {each.student for each in mine}
        absent = sorted(names.keys() - handed_in)
        reports.append(report_lesson(room, lesson, mine, used, absent))
        shared = shared_pieces(lesson, *_answers(room, lesson, mine, written))
        for pair, found in shared.items():
            pieces[pair] += found
    return ClassReport(
        room.root,
        datetime.datetime.now().astimezone(),
        tuple(reports),
        names,
        tuple(_stuck(reports, roots)),
        tuple(_found(reports)),
        tuple(similar_pairs(pieces)),
    )


def _names(room: Classroom) -> dict[str, str]:
    """What to call each student, "" for nothing but the id; the id tells apart who share a name."""
    names = {who: " ".join(name).strip() for who, name in student_names(room).items()}
    count = Counter(names.values())
    return {
        who: f"{name} ({who})" if name and count[name] > 1 else name
        for who, name in names.items()
    }


def _answers(
    room: Classroom,
    lesson: str,
    submissions: Sequence[Submission],
    written: dict[str, list[Written]],
) -> tuple[list[Answer], dict[str, str]]:
    """What to compare, and the released stubs beside it."""
    right = {
        (each.student, mark.task): mark.ending == "full"
        for each in submissions
        for mark in each.marks
    }
    answers = [
        Answer(student, each.task, each.code, right.get((student, each.task), False))
        for student, tasks in written.items()
        for each in tasks
        if each.task and each.code
    ]
    handout = room.release / lesson / f"{lesson}.ipynb"
    stubs = {each.task: each.code for each in read_code(handout)}
    return answers, stubs


def _stuck(
    reports: Sequence[LessonReport], roots: dict[tuple[str, str], dict[str, str]]
) -> list[Stuck]:
    """Who is stuck, the longest first."""
    by_student: dict[str, list[Submission]] = defaultdict(list)
    for report in reports:
        for each in report.submissions:
            if each.status not in NOTHING_THERE:
                by_student[each.student].append(each)
    found = []
    for student, mine in by_student.items():
        since = None
        for each in reversed(mine):
            if _share(each) >= STUCK:
                break
            since = each
        if since is None:
            continue
        last = mine[-1]
        follows = roots.get((last.lesson, student), {})
        wrong = [mark for mark in last.marks if mark.ending in WRONG]
        first = next((mark for mark in wrong if mark.task not in follows), wrong[0])
        is_empty = all(mark.ending == "no_answer" for mark in wrong)
        told = (
            NO_ANSWERS
            if is_empty and len(wrong) > 1
            else "no answer"
            if first.ending == "no_answer"
            else first.reason
        )
        found.append(
            Stuck(
                student,
                last.lesson,
                "" if told == NO_ANSWERS else first.task,
                told,
                _share(last),
                since.lesson,
                since.handed_in,
            )
        )
    return sorted(found, key=lambda one: (one.since, one.share, one.student))


def _share(submission: Submission) -> float:
    """Of the points that are given already, before what being late costs."""
    marked = [mark for mark in submission.marks if mark.ending != "awaiting"]
    points = sum(mark.max_score for mark in marked)
    return sum(mark.score for mark in marked) / points if points else 1.0


def _found(reports: Sequence[LessonReport]) -> list[Found]:
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for report in reports:
        for each in report.submissions:
            for note in each.outcome.notes if each.outcome else ():
                if note.kind not in ("late", "id"):
                    groups[report.name, note.kind, str(note)].append(each.student)
    handed_in = {report.name: report.handed_in for report in reports}
    found = [
        Found(
            lesson,
            kind,
            text,
            tuple(sorted(set(students))),
            len(set(students)) > max(3, handed_in[lesson] / 2),
        )
        for (lesson, kind, text), students in groups.items()
    ]
    return sorted(found, key=lambda one: (not one.is_odd, one.lesson, one.text))


def as_document(found: ClassReport) -> dict[str, Any]:
    """What the page says as plain data, apart from the marks themselves."""
    return {
        "stuck": [asdict(each) for each in found.stuck],
        "absent": {each.name: list(each.absent) for each in found.lessons},
        "no_notebook": _places(found, lambda each: each.status is Status.MISSING),
        "to_mark": {each.name: each.awaiting for each in found.lessons},
        "not_graded": [
            {
                "student": each.student,
                "lesson": each.lesson,
                "status": str(each.status),
                "reason": each.outcome.reason if each.outcome else "",
            }
            for each in found.not_graded
        ],
        "late": [
            {
                "student": each.student,
                "lesson": each.lesson,
                "late": each.late,
                "penalty": each.penalty,
            }
            for each in found.late
        ],
        "notes": [asdict(each) for each in found.found],
        "lessons": [
            {
                "lesson": each.name,
                "students": each.statistics.n if each.statistics else 0,
                "alpha": each.statistics.alpha if each.statistics else None,
                "are_few": each.statistics.are_few if each.statistics else True,
                "mean": each.mean,
                "median": each.median,
                "max": each.max_score,
                "tasks": [asdict(task) for task in each.tasks],
            }
            for each in found.lessons
        ],
        "similar": [
            {
                "students": list(pair.students),
                "weight": pair.weight,
                "pieces": [
                    {
                        "lesson": piece.lesson,
                        "task": piece.task,
                        "rare": piece.rare,
                        "are_wrong": piece.are_wrong,
                    }
                    for piece in pair.pieces
                ],
            }
            for pair in found.pairs
        ],
    }


def _places(found: ClassReport, wanted) -> list[dict[str, str]]:
    return [
        {
            "student": each.student,
            "lesson": each.lesson,
            "reason": each.outcome.reason if each.outcome else "",
        }
        for each in found.submissions
        if wanted(each)
    ]
