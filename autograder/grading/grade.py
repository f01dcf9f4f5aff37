"""Grade a class: prepare and execute submissions in parallel, record them one by one.

And once more, where tasks of a lesson are worth something else now.
"""

import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.files import replace_text
from autograder.grading.cells import is_grade
from autograder.grading.changes import FILE as CHANGES
from autograder.grading.changes import (
    Change,
    Changes,
    changed,
    find_tasks,
    read_changes,
    store_changed_marks,
    write_changes,
)
from autograder.grading.classroom import (
    class_lock,
    open_classroom,
    open_gradebook,
    read_roster,
    remember_database,
    save_roster,
)
from autograder.grading.deadlines import read_deadlines
from autograder.grading.execute import How
from autograder.grading.lateness import (
    UNKNOWN,
    lateness,
    seconds_late,
    store_due_dates,
    store_penalties,
    unknown_lateness,
    why_late,
)
from autograder.grading.limits import CELL_SECONDS, MEMORY_MB, Limits
from autograder.grading.outcome import Note, Outcome, Status
from autograder.grading.prepare import PREFER
from autograder.grading.queue import GradingQueue, Plan, open_workers
from autograder.grading.register import register
from autograder.grading.rows import Total, read_totals
from autograder.lessons import Lesson, find_lessons
from autograder.lessons import versions as masters
from autograder.lessons.course_files import make_support
from autograder.lessons.source import marks, read_source, task_name
from course.kit import UsageError

LEAST_MEMORY = 64  # MB beyond what Python and numpy take
NOTHING = Total(0.0, 0.0, 0)
TOTAL_OF_CELLS = 5  # a whole notebook may take as long as this many slow cells


@dataclass(frozen=True)
class GradeSummary:
    """All submissions of a run, by lesson and student, and how long it took."""

    rows: tuple[Outcome, ...]
    seconds: float
    strays: tuple[Path, ...] = ()  # work that stands where no lesson's is looked for
    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By lesson, the ids in students.csv of whom there is no submission."""
    late_unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By lesson that is due, whose time of handing in nothing tells."""

    def as_json(self) -> dict[str, Any]:
        """Plain data; the rows as `Outcome.told` gives them."""
        names = ("seconds", "strays", "absent", "late_unknown")
        told = {name: getattr(self, name) for name in names}
        return {"rows": [row.told() for row in self.rows], **told}

    @property
    def not_graded(self) -> list[Outcome]:
        """The submissions that have no marks of their own doing, or not all."""
        return [row for row in self.rows if row.status is not Status.GRADED]


def grade(
    root: Path,
    class_folder: Path,
    lessons: Sequence[Lesson],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    timeout: float = CELL_SECONDS,
    memory: int = MEMORY_MB,
    executor: str = "fast",
    isolation: str = "best-effort",
    run_demos: bool = False,
    students: Collection[str] | None = None,
    prefer: str = "answers",
    db: str = "",
) -> GradeSummary:
    """Grade class_folder/submitted/STUDENT/LESSON of these lessons of the checkout at `root`.

    Marks go to nbgrader's gradebook and autograded/. So many `workers` execute
    submissions at once on this machine (None: one per processor), or those of the Dask
    `scheduler` at an address. `timeout` seconds for a cell, five times that for a notebook; `memory` MB for one
    process. `executor` fast or kernel, `isolation` strict, best-effort or off. What was
    graded before is skipped unless the submission, the lesson or the limits have changed, or
    `force`. `students`: only these students. `prefer` answers, name or newest: which of several
    notebooks in a submission counts. `db`: the address of the database, which later
    commands then use too. Ctrl-C keeps what is recorded. Raises UsageError, before anything is changed, for a
    class folder that cannot be used, and when there is nothing to grade.
    """
    started = time.monotonic()
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers were asked for. Give at least 1")
    if not timeout > 0:
        raise UsageError(f"a time limit of {timeout:g} s was given. Give more than 0")
    if memory < LEAST_MEMORY:
        raise UsageError(
            f"{memory} MB of memory were asked for. Give at least {LEAST_MEMORY}"
        )
    if prefer not in PREFER:
        raise UsageError(
            f"{prefer!r} was to be preferred. Choose from: {', '.join(PREFER)}"
        )
    how = How(executor, isolation, run_demos)
    lessons = [Lesson(Path(root), lesson.name) for lesson in lessons]
    room = open_classroom(class_folder, db=db)
    strangers = [
        name for name in students or () if not (room.submitted / name).is_dir()
    ]
    if strangers:
        raise UsageError(
            f"{room.submitted} has no folder {strangers[0]!r}. "
            "Name students as their folders there are named"
        )
    handed_in = {
        lesson.name: [
            student
            for student in room.submissions(lesson.name)
            if students is None or student in students
        ]
        for lesson in lessons
    }
    if not any(handed_in.values()):
        raise UsageError(
            f"{room.submitted} has no submission of {', '.join(handed_in)}. "
            "Put notebooks at submitted/STUDENT/LESSON/LESSON.ipynb"
        )
    roster = read_roster(room)
    names = {lesson.name for lesson in [*lessons, *find_lessons(Path(root))]}
    deadlines = read_deadlines(room, names)
    limits = Limits(
        cell_seconds=timeout,
        total_seconds=TOTAL_OF_CELLS * timeout,
        memory_bytes=memory * 2**20,
    )
    changes = read_changes(room)
    if unknown := sorted(changes.keys() - names):
        raise UsageError(
            f"{room.root / CHANGES} names {unknown[0]!r}, which is no lesson. "
            f"There are {', '.join(sorted(names))}"
        )
    plans = [_plan(lesson, changes.get(lesson.name, {})) for lesson in lessons]
    with (
        open_workers(workers or os.cpu_count() or 1, scheduler, isolation) as pool,
        class_lock(room.root),
        open_gradebook(room) as gradebook,
    ):
        remember_database(room)
        save_roster(gradebook, roster)
        queue = GradingQueue(room, gradebook, limits, how, prefer)
        for lesson, plan in zip(lessons, plans, strict=True):
            history = register(room, gradebook, lesson, plan.master)
            store_changed_marks(room, gradebook.db, lesson.name, plan.master)
            plan = replace(plan, history=history)
            queue.add(plan, handed_in[lesson.name], force)
        queue.run(pool)
        session = gradebook.db()
        store_due_dates(session, room, deadlines, list(handed_in))
        rules = lateness(room, deadlines.policy)
        penalties = store_penalties(session, rules, list(handed_in))
        late = {
            place: why_late(seconds, penalties.get(place, 0.0))
            for place, seconds in seconds_late(session, list(handed_in)).items()
        }
        unknown = unknown_lateness(session, room, list(handed_in))
        late |= {at: text for at, text in unknown.items() if text != UNKNOWN}
        totals = read_totals(session, list(handed_in))
    rows = _with_totals(queue.rows, totals, late)
    strays = tuple(room.strays(names))
    everybody = [] if students else sorted(row["id"] for row in roster)
    absent = {
        lesson: tuple(who for who in everybody if who not in handed_in[lesson])
        for lesson in handed_in
    }
    absent = {lesson: missing for lesson, missing in absent.items() if missing}
    late_unknown: dict[str, tuple[str, ...]] = {}
    for (lesson, student), text in sorted(unknown.items()):
        if text == UNKNOWN:
            late_unknown[lesson] = (*late_unknown.get(lesson, ()), student)
    seconds = time.monotonic() - started
    return GradeSummary(rows, seconds, strays, absent, late_unknown)


def _plan(lesson: Lesson, changes: Changes) -> Plan:
    master = changed(masters.master(lesson), changes, lesson.name)
    support = make_support(lesson)
    version = f"{masters.digest(master)} {support.digest}"
    if changes:
        version += f" {sorted(changes.items())}"
    return Plan(lesson.name, master, masters.released(master), support, version)


def _with_totals(
    rows: list[Outcome],
    totals: dict[tuple[str, str], Total],
    late: dict[tuple[str, str], str],
) -> tuple[Outcome, ...]:
    """The rows by lesson and student, with their marks; what was never recorded has none."""
    found = []
    for row in sorted(rows, key=lambda row: (row.lesson, row.student)):
        place = (row.lesson, row.student)
        told = [Note("late", late[place])] if place in late else []
        notes = (*told, *row.notes)
        found.append(replace(row, notes=notes, **vars(totals.get(place, NOTHING))))
    return tuple(found)


def regrade(
    root: Path,
    class_folder: Path,
    lesson: Lesson,
    *,
    drop: Sequence[str] = (),
    give: Sequence[str] = (),
    points: Sequence[str] = (),
    note: str = "",
    db: str = "",
    **how: Any,
) -> GradeSummary:
    """Write these changes into changes.toml of the class and grade `lesson` by them.

    `points` are texts such as "area=3", `how` what `grade` takes: limits, isolation, workers. With no change at all it grades by what the file says.
    Raises UsageError, and leaves the file as it was, where a change or the class is refused.
    """
    room = open_classroom(class_folder, db=db)
    changes = _asked_changes(lesson, drop, give, points, note)
    path = room.root / CHANGES
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if changes:
        write_changes(room, lesson.name, changes)
    try:
        return grade(root, class_folder, [lesson], db=db, **how)
    except UsageError:
        if before is None:
            path.unlink(missing_ok=True)
        else:
            replace_text(path, before)
        raise


def _asked_changes(
    lesson: Lesson,
    drop: Sequence[str],
    give: Sequence[str],
    points: Sequence[str],
    note: str,
) -> dict[str, Change]:
    wanted: list[tuple[str, str, float | None]] = []
    wanted += [(task, "drop", None) for task in drop]
    wanted += [(task, "give", None) for task in give]
    for text in points:
        task, _, number = text.partition("=")
        wanted.append((task, "points", _asked_points(text, number)))
    names = [task for task, _, _ in wanted]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{', '.join(twice)}: give one change for each task")
    if wanted and not note.strip():
        raise UsageError(
            'the change needs a reason that students may read: --note "The check was wrong"'
        )
    if note and not wanted:
        raise UsageError("--note goes with --drop, --give or --points")
    cells = read_source(lesson).cells
    known = [task_name(marks(cell)["grade_id"]) for cell in cells if is_grade(cell)]
    find_tasks(names, known, lesson.name)
    return {task: Change(kind, note.strip(), value) for task, kind, value in wanted}


def _asked_points(text: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise UsageError(
            f"--points {text}: give a task and its points, such as --points output_size=3"
        )
    return value
