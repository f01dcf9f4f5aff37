"""Grade one submission and write what came of it as results.json, in Gradescope's form.

`python -m autograder.grading.single SUBMISSION RESULTS`, in a bundle of one lesson: the script
autograde of the bundle runs it.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from autograder.files import replace_text
from autograder.grading.grade import grade
from autograder.grading.outcome import Status
from autograder.lessons import Lesson, checkout, find_lessons
from autograder.reports.feedback_page import notebook_in_words
from autograder.reports.marks import Mark, Submission, read_submissions, task_in_words
from course.kit.usage_error import UsageError

STUDENT = "student"
CLASS = (
    "of-the-class"  # in a bundle: what the class knew of the lesson when it was made
)


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
    return results(marks, summary.seconds)


def results(submission: Submission, seconds: float) -> dict:
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
