"""Change what tasks of a lesson are worth, and grade the class again, as one step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.files import replace_text
from autograder.grading.cells import is_grade
from autograder.grading.changes import FILE, Change, find_tasks, write_changes
from autograder.grading.classroom import open_classroom
from autograder.grading.grade import GradeSummary, grade
from autograder.lessons import Lesson
from autograder.lessons.source import marks, read_source, task_name
from course.kit.usage_error import UsageError


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
    changes = _read(lesson, drop, give, points, note)
    path = room.root / FILE
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


def _read(
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
        wanted.append((task, "points", _points(text, number)))
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


def _points(text: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise UsageError(
            f"--points {text}: give a task and its points, such as --points output_size=3"
        )
    return value
