"""nbgrader's commands and formgrader's buttons grade, and write feedback, as `autograder` does.

nbgrader names its converters in code, so no setting can replace one, and what comes before its
preprocessors already stops at a renamed or unreadable notebook. nbgrader_config.py, which both
the commands and formgrader read, therefore calls `install`, which replaces two methods:
`Autograde.start` and `GenerateFeedback.start`. Grading runs in a process of its own, so that
formgrader's server keeps its folder, its threads and its event loop to itself.
"""

import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from nbgrader.converters import (
    Autograde,
    BaseConverter,
    GenerateFeedback,
    NbGraderException,
)
from sqlalchemy import make_url

from autograder.grading.classroom import Classroom
from autograder.grading.database import find_address, without_secrets
from autograder.lessons import Lesson, find_lessons
from course.kit import UsageError
from course.kit.terminal import only_printable, printable

USUAL_FOLDERS = {
    "submitted_directory": "submitted",
    "autograded_directory": "autograded",
    "source_directory": "source",
    "feedback_directory": "feedback",
    "directory_structure": os.path.join(
        "{nbgrader_step}", "{student_id}", "{assignment_id}"
    ),
}
SECONDS_TO_END = 30  # after Ctrl-C, to end what runs
MODULE = "autograder.nbgrader_engine"


def install(checkout: Path) -> None:
    """Make nbgrader work on the lessons of this checkout as autograder does, and formgrader safe.

    Again is the same as once. Assignments that are no lessons, and classes with folders of
    other names, are left to nbgrader.
    """

    from autograder.formgrader import guard_formgrader

    def replace_start(converter: type[BaseConverter], ours: Callable) -> None:
        def start(self: BaseConverter) -> None:
            if _is_ours(self, checkout):
                ours(self, checkout)
            else:
                BaseConverter.start(self)

        converter.start = start

    replace_start(Autograde, _autograde)
    replace_start(GenerateFeedback, _generate_feedback)
    guard_formgrader(checkout)


def _is_ours(converter: Autograde, checkout: Path) -> bool:
    place = converter.coursedir
    lessons = {lesson.name for lesson in find_lessons(checkout)}
    return place.assignment_id in lessons and all(
        getattr(place, name) == value for name, value in USUAL_FOLDERS.items()
    )


def _autograde(converter: Autograde, checkout: Path) -> None:
    """What Autograde.start does: grade what is asked for, log it, raise NbGraderException."""
    place, log = converter.coursedir, converter.log
    lesson = place.assignment_id
    if converter.config.get("Execute", {}).get("enabled") is False:
        _fail(
            log, "--no-execute would trust marks that a student can write; leave it out"
        )
    room = Classroom(Path(place.root))
    known = room.submissions(lesson) if room.submitted.is_dir() else []
    students = _students(converter, known)
    converter.notebooks = [
        place.format_path(place.submitted_directory, student, lesson)
        for student in students
    ]
    job = {
        "checkout": str(checkout),
        "class_folder": place.root,
        "lesson": lesson,
        "students": students,
        "force": converter.force,
        "db": _database(converter),
    }
    timeout = converter.config.get("Execute", {}).get("timeout")
    if isinstance(timeout, (int, float)) and timeout > 0:
        job["timeout"] = timeout
    converter.run_pre_convert_hook()
    done = _in_its_own_process(converter, job)
    if "refusal" in done:
        _fail(log, done["refusal"])
    for row in done["rows"]:
        _tell(log, row, place.format_path("autograded", row["student"], lesson))
    converter.run_post_convert_hook()
    failed = [row["student"] for row in done["rows"] if row["failed"]]
    if failed:
        _fail(log, f"{lesson} could not be graded for: {', '.join(failed)}")


def _generate_feedback(converter: GenerateFeedback, checkout: Path) -> None:
    """What GenerateFeedback.start does: write pages, log it, raise NbGraderException."""
    from autograder.reports.feedback import feedback

    place, log = converter.coursedir, converter.log
    lesson = place.assignment_id
    room = Classroom(Path(place.root))
    notebooks = room.autograded.glob(f"*/{lesson}/{lesson}.ipynb")
    students = _students(converter, [path.parts[-3] for path in sorted(notebooks)])
    try:
        done = feedback(
            room.root,
            [lesson],
            students=students,
            force=converter.force,
            db=_database(converter),
        )
    except UsageError as refusal:
        _fail(log, str(refusal))
    log.info("%s", done)
    for student, _, reason in done.failed:
        log.error("%s, %s: %s", student, lesson, reason)
    if done.failed:
        names = ", ".join(student for student, *_ in done.failed)
        _fail(log, f"{lesson} has no feedback for: {names}")


def _students(converter: BaseConverter, known: list[str]) -> list[str]:
    """The students, of those known here, who are meant by --student and the like."""
    place = converter.coursedir
    wanted, lesson = place.student_id, place.assignment_id
    if not fnmatch.fnmatchcase(lesson, place.notebook_id):
        known = []
    excluded = place.student_id_exclude.split(",")
    # A student's id may look like a pattern.
    exact = [student for student in known if student == wanted]
    found = exact or [name for name in known if fnmatch.fnmatchcase(name, wanted)]
    found = [student for student in found if student not in excluded]
    if not found:
        pattern = place.format_path(converter._input_directory, wanted, lesson)
        _fail(converter.log, f"No notebooks were matched by '{pattern}'")
    return found


def _database(converter: Autograde) -> str:
    """The address that nbgrader was given; "" where it is the one of the class."""
    given = converter.coursedir.db_url
    of_class = find_address(Path(converter.coursedir.root))
    is_same = without_secrets(make_url(given)) == without_secrets(of_class)
    return "" if is_same else given


def _in_its_own_process(converter: Autograde, job: dict) -> dict:
    """Run `main` with this job; what it leaves as its result. Ctrl-C ends it in good order."""
    with tempfile.TemporaryDirectory(prefix="autograde-") as name:
        result = Path(name, "result.json")
        job = {**job, "result": str(result)}
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            cwd=job["checkout"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        try:
            process.communicate(json.dumps(job).encode("utf-8"))
        except BaseException:
            converter.log.error("Canceled")
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
        try:
            return json.loads(result.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            code = process.returncode
            _fail(converter.log, f"the grading process ended with exit code {code}")


def _tell(log, row: dict, folder: str) -> None:
    """Log what became of a submission: nbgrader's log goes to a terminal."""
    name = printable(f"{row['student']}, {row['lesson']}")
    for note in row["notes"]:
        log.warning("%s: %s", name, printable(note))
    if row["failed"]:
        log.error("%s: %s: %s", name, row["status"], printable(row["reason"]))
    elif row["skipped"]:
        log.info("Skipping existing assignment: %s", printable(folder))
    else:
        marks = f"{row['score']:g} of {row['max_score']:g}"
        log.info("%s: %s, %s points", name, row["status"], marks)


def _fail(log, message: str) -> NoReturn:
    log.error("%s", printable(message))
    raise NbGraderException(printable(message))


def main() -> None:
    """Grade what the job on stdin names and write the result where it says."""
    from autograder.grading.grade import grade

    job = json.loads(sys.stdin.buffer.read())
    result = Path(job["result"])
    lesson = Lesson(Path(job["checkout"]), job["lesson"])
    options = {"timeout": job["timeout"]} if "timeout" in job else {}
    try:
        summary = grade(
            lesson.root,
            Path(job["class_folder"]),
            [lesson],
            students=job["students"],
            force=job["force"],
            db=job["db"],
            **options,
        )
    except UsageError as refusal:
        done = {"refusal": str(refusal)}
    else:
        failed = {id(row) for row in summary.not_graded}
        rows = [{**row.told(), "failed": id(row) in failed} for row in summary.rows]
        done = {"rows": rows}
    result.write_text(json.dumps(done), encoding="utf-8")


if __name__ == "__main__":
    with only_printable():
        main()
