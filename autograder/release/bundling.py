"""One lesson's grader as a zip: for Gradescope, a container or a job of continuous integration."""

from collections.abc import Iterator
from pathlib import Path

from autograder.authoring.stale import find_stale
from autograder.files import replace_zip
from autograder.grading.changes import FILE as CHANGES
from autograder.grading.changes import read_changes, text_of
from autograder.grading.classroom import Classroom
from autograder.grading.history import history_path
from autograder.grading.single import CLASS
from autograder.lessons import Lesson
from course.kit.usage_error import UsageError

SCRIPTS = Path(__file__).with_name("bundle")
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}


def bundle(lesson: Lesson, to: Path, room: Classroom | None = None) -> Path:
    """Write the archive `to`, which holds hidden cases: hand it to nobody who learns.

    In it are setup.sh, run_autograder and autograde, and a checkout of this lesson alone; of the
    class `room`, what was released of it and what was changed since.
    Raises UsageError when the lesson is stale or the place is taken.
    """
    to = Path(to)
    if to.exists():
        raise UsageError(f"{to} is already there. Delete it, or name another file")
    if not to.absolute().parent.is_dir():
        raise UsageError(
            f"{to} would be in a folder that does not exist. Make it first"
        )
    if find_stale(lesson.root, [lesson]):
        raise UsageError(f"{lesson.name} is stale. Run: autograder build {lesson.name}")
    contents = {name: path.read_bytes() for name, path in _files(lesson)}
    scripts = {path.name for path in SCRIPTS.iterdir()}
    replace_zip(to, sorted({**contents, **_of_class(room, lesson)}.items()), scripts)
    return to


def _of_class(room: Classroom | None, lesson: Lesson) -> dict[str, bytes]:
    """What decides about marks of this lesson, and stands in the class folder."""
    if room is None:
        return {}
    changes = text_of(lesson.name, read_changes(room).get(lesson.name, {}))
    found = {f"{CLASS}/{CHANGES}": changes.encode("utf-8")} if changes else {}
    history = history_path(room, lesson.name)
    if history.is_file():
        found[f"{CLASS}/history/{history.name}"] = history.read_bytes()
    return found


def _files(lesson: Lesson) -> Iterator[tuple[str, Path]]:
    root = lesson.root
    for path in SCRIPTS.iterdir():
        yield path.name, path
    single = [root / name for name in ("requirements.lock", "pyproject.toml")]
    wanted = [*single, lesson.source]
    for folder in (root / "course", root / "autograder", lesson.task_checks):
        wanted += sorted(folder.rglob("*"))
    for path in wanted:
        parts = path.relative_to(root).parts
        if path.is_file() and not LEFT_OUT & set(parts):
            yield "/".join(parts), path
