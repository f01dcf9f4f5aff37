"""One lesson's grader as a zip: for Gradescope, a container or a job of continuous integration.

The script autograde in the zip runs `python -m autograder.release.bundling SUBMISSION RESULTS`,
which grades one submission and writes what came of it as results.json, in Gradescope's form.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.authoring.stale import find_stale
from autograder.files import replace_text, replace_zip
from autograder.grading.changes import FILE as CHANGES
from autograder.grading.changes import read_changes, text_of
from autograder.grading.classroom import Classroom
from autograder.grading.grade import grade
from autograder.grading.outcome import Status
from autograder.grading.register import history_path
from autograder.lessons import Lesson, checkout, find_lessons
from autograder.reports.feedback_page import notebook_in_words
from autograder.reports.marks import Mark, Submission, read_submissions, task_in_words
from course.kit import UsageError

SCRIPTS = Path(__file__).with_name("bundle")
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}
STUDENT = "student"
# In a bundle: what the class knew of the lesson when it was made.
CLASS = "of-the-class"


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


def grade_one(lesson: Lesson, submission: Path) -> dict:
    """What Gradescope reads, of a notebook or a folder that holds one.

    Raises UsageError when there is nothing at that place, and when grading itself failed:
    that is not the student's fault, and no result must say 0.
    """
    submission = Path(submission)
    if not submission.exists():
        raise UsageError(f"{submission} does not exist. Name a notebook or a folder")
    with tempfile.TemporaryDirectory(prefix="autograde-") as name:
        if (lesson.root / CLASS).is_dir():
            shutil.copytree(lesson.root / CLASS, name, dirs_exist_ok=True)
        folder = Path(name) / "submitted" / STUDENT / lesson.name
        if submission.is_dir():
            shutil.copytree(submission, folder, symlinks=True)
        else:
            folder.mkdir(parents=True)
            shutil.copyfile(submission, folder / submission.name)
        summary = grade(lesson.root, Path(name), [lesson], workers=1)
        (row,) = summary.rows
        if row.status is Status.INFRA_ERROR:
            raise UsageError(f"the grader failed: {row.reason}. Run it again")
        (marks,) = read_submissions(Path(name), [lesson])
    return as_results(marks, summary.seconds)


def as_results(submission: Submission, seconds: float) -> dict:
    """The document; a task that a person marks gives no points here, and says so."""
    outcome = submission.outcome
    told = notebook_in_words(outcome.status, outcome.reason) if outcome else ""
    notes = [str(note) for note in outcome.notes] if outcome else []
    lines = [*([told] if told else []), *notes]
    if submission.awaiting:
        lines.append(f"{submission.awaiting} answer(s) are marked by a person.")
    return {
        "score": submission.score,
        "execution_time": round(seconds, 1),
        "output": "\n".join(lines),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(mark) for mark in submission.marks],
    }


def _test(mark: Mark) -> dict:
    if mark.needs_manual:
        status, output = "", "a person marks this"
    else:
        status = "passed" if mark.score >= mark.max_score else "failed"
        parts = [mark.cause, mark.message, task_in_words(mark.result)]
        output = next((part for part in parts if part), "")
    test = {
        "name": mark.task,
        "score": mark.score,
        "max_score": mark.max_score,
        "output": output,
        "output_format": "text",
        "visibility": "visible",
    }
    return {**test, "status": status} if status else test


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: autograde SUBMISSION RESULTS", file=sys.stderr)
        return 2
    lessons = find_lessons(checkout())
    try:
        if len(lessons) != 1:
            raise UsageError(
                f"this is no bundle of one lesson: it has {len(lessons)}. "
                "Make one with: autograder bundle LESSON"
            )
        document = grade_one(lessons[0], Path(sys.argv[1]))
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    text = json.dumps(document, indent=1, ensure_ascii=False)
    replace_text(Path(sys.argv[2]), text + "\n")
    print(f"{document['score']:g} points, see {sys.argv[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
