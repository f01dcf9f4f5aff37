"""Pages for students: their graded notebook with marks and comments, without hidden tests.

Written into the class folder, and packed as a learning platform takes them.
"""

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import nbjson
from nbgrader.api import Assignment, BaseCell, Comment, SubmittedAssignment

from autograder.collect.students import read_known
from autograder.files import normal, replace_text, replace_zip
from autograder.grading.cells import ANSI, is_grade
from autograder.grading.classroom import (
    Classroom,
    check_writable,
    open_classroom,
    read_gradebook,
    student_names,
)
from autograder.grading.outcome import fault
from autograder.grading.rows import with_places
from autograder.grading.sanitize import sanitized
from autograder.grading.submitted import keep_exchange_files
from autograder.lessons import Lesson
from autograder.reports.feedback_page import feedback_page
from autograder.reports.marks import Submission, lesson_names, read_submissions
from autograder.reports.page import fit, shorten
from course.kit import UsageError
from course.kit.terminal import progress_bar

# A student's own scripts do not run, and nothing is fetched: the page opens offline.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>"
)
LARGEST_PAGE = 30_000_000
WITH_HIDDEN_TESTS = "feedback_with_hidden_tests"
VERSION = 5  # raise it when pages should be written again
FORMS = ("moodle", "plain")
ZIPS = "feedback_zips"
BEGIN_HIDDEN, END_HIDDEN = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
INSTEAD = "# More cases run here when your work is graded."
REDACTED = "    [a line of a hidden test]"
NUMBERED = re.compile(r"\s*(?:-*>)?\s*\d+\s(.*)")  # "---> 12 code" of a traceback
LONGEST_NUMBERED = 1_000  # characters; longer lines would take the expression forever
ESCAPED = re.compile(r"\\[nrt]")
DRAWING = re.compile(r'<img[^<>]*"data:image/svg\+xml;base64,([^"]*)"[^<>]*>')
MARKUP = re.compile(r"<[^<>]{0,1000}>")
TELLING = 12  # characters that make a line recognisable inside another one


@dataclass(frozen=True)
class FeedbackSummary:
    """What a run did. `failed`: (student, lesson, reason) of pages that could not be made."""

    folder: Path
    written: int
    unchanged: int
    failed: tuple[tuple[str, str, str], ...]

    def __str__(self) -> str:
        text = (
            f"{self.folder}: {self.written} pages written, {self.unchanged} unchanged"
        )
        return f"{text}, {len(self.failed)} failed" if self.failed else text


@dataclass(frozen=True)
class Packed:
    """The archives, and pages that are in none with why: (student, lesson, why)."""

    archives: tuple[Path, ...]
    left: tuple[tuple[str, str, str], ...]


def feedback(
    class_folder: Path,
    lessons: Sequence[Lesson | str] = (),
    *,
    students: Collection[str] | None = None,
    force: bool = False,
    show_hidden_tests: bool = False,
    db: str = "",
) -> FeedbackSummary:
    """Write feedback/STUDENT/LESSON/LESSON.html of these lessons (none named: all).

    The mark, and task by task what became of it, with hidden tests taken out of checks and
    outputs, and with no script that runs. A page is left alone while notebook, marks and comments are the same,
    unless `force`. One that cannot be made does not stop the others. `students`: only theirs.
    Raises UsageError.
    `show_hidden_tests` is for the instructor: those pages go to feedback_with_hidden_tests/,
    so that they are not handed out by mistake.
    """
    room = open_classroom(class_folder, graded=True, db=db)
    check_writable(room.root)
    names = lesson_names(room, lessons)
    submissions = [
        each
        for each in read_submissions(room.root, names, db=room.db)
        if students is None or each.student in students
    ]
    comments = _comments(room, names)
    known = student_names(room)
    written = unchanged = 0
    failed = []
    with progress_bar() as bar:
        task = bar.add_task("feedback", total=len(submissions), now="")
        for each in submissions:
            try:
                name = " ".join(known.get(each.student, ())).strip()
                remarks = comments[each.lesson, each.student]
                page = _page_path(room, each, show_hidden_tests)
                changed = _write_page(
                    room, each, name, remarks, page, force, show_hidden_tests
                )
                keep_exchange_files(
                    room.submitted / each.student / each.lesson, page.parent
                )
                written += changed
                unchanged += not changed
            except Exception as error:  # noqa: BLE001 the others get theirs
                failed.append((each.student, each.lesson, fault(error)))
            bar.update(task, advance=1, now=f"{each.lesson} {each.student}")
    folder = room.root / WITH_HIDDEN_TESTS if show_hidden_tests else room.feedback
    return FeedbackSummary(folder, written, unchanged, tuple(failed))


def _page_path(room: Classroom, submission: Submission, hidden_tests: bool) -> Path:
    path = room.feedback_page(submission.student, submission.lesson)
    if hidden_tests:
        return room.root / WITH_HIDDEN_TESTS / path.relative_to(room.feedback)
    return path


def _comments(room: Classroom, names: list[str]) -> dict[tuple[str, str], list]:
    """All comments by lesson and student, in one query."""
    place = (Assignment.name, SubmittedAssignment.student_id, BaseCell.__table__.c.name)
    texts = (Comment.auto_comment, Comment.manual_comment)
    query = with_places(Comment, *place, *texts).where(Assignment.name.in_(names))
    found = defaultdict(list)
    with read_gradebook(room) as session:
        for lesson, student, *comment in session.execute(query):
            found[lesson, student].append(tuple(comment))
    return found


def _write_page(
    room: Classroom,
    submission: Submission,
    name: str,
    comments: list,
    path: Path,
    force: bool,
    show_hidden_tests: bool,
) -> bool:
    """Write one page; False when it was up to date."""
    student, lesson = submission.student, submission.lesson
    source = room.autograded_notebook(student, lesson).read_text(encoding="utf-8")
    state = f"{VERSION} {name} {source} {submission} {sorted(map(repr, comments))}"
    key = hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
    mark = f"<!-- made by autograder feedback from {key} -->"
    if not force and _ends_with(path, mark):
        return False
    notebook = nbjson.reads(source)
    if not show_hidden_tests:
        redact(notebook)
    shorten(notebook)
    notebook = sanitized(notebook)
    fit(notebook)
    said = {name: text for name, _, text in comments if text}
    page = feedback_page(notebook, submission, name, said, POLICY)
    if len(page) > LARGEST_PAGE:
        raise ValueError(f"the page would have {len(page):,} characters")
    replace_text(path, f"{page.rstrip()}\n{mark}\n")
    return True


def _ends_with(path: Path, mark: str) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-len(mark) - 1, 2)
            return file.read().decode("utf-8", "replace").strip() == mark
    except OSError:
        return False


def pack_feedback(
    class_folder: Path, lessons: Sequence[Lesson | str], form: str, *, db: str = ""
) -> Packed:
    """Archives of the pages in feedback/, in feedback_zips/ of the class.

    "moodle": LESSON-moodle.zip for "Upload multiple feedback files in a zip" of that
    assignment, whose second field names the student (mod/assign/feedback/file/importziplib.php);
    who was not collected from Moodle is left out. "plain": STUDENT.zip. Raises UsageError.
    """
    if form not in FORMS:
        raise UsageError(
            f"{form!r} is no known form of archive. Choose one of {', '.join(FORMS)}"
        )
    room = open_classroom(class_folder, graded=True, db=db)
    names = lesson_names(room, lessons)
    pages = [
        (page.parts[-3], lesson, page)
        for lesson in names
        for page in sorted(room.feedback.glob(f"*/{lesson}/{lesson}.html"))
    ]
    archives: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    left = []
    numbers = {
        (each.id, lesson): f"{_moodle_name(each.name)}_{each.key}"
        for each in read_known(room)
        if each.source == "moodle"
        for lesson in each.lessons
    }
    for student, lesson, page in pages:
        if form == "plain":
            archives[f"{student}.zip"].append((f"{lesson}.html", page))
        elif (student, lesson) in numbers:
            folder = f"{numbers[student, lesson]}_assignfeedback_file_"
            archives[f"{lesson}-moodle.zip"].append((f"{folder}/{lesson}.html", page))
        else:
            why = "collected.csv has no number of Moodle's for this assignment"
            left.append((student, lesson, why))
    made = []
    for name, files in sorted(archives.items()):
        path = room.root / ZIPS / name
        replace_zip(path, ((name, page.read_bytes()) for name, page in files))
        made.append(path)
    return Packed(tuple(made), tuple(left))


def _moodle_name(name: str) -> str:
    """A name without the sign that separates Moodle's fields, and without those of paths."""
    return normal(re.sub(r"[_/\\:]", " ", name)) or "student"


def redact(notebook: NotebookNode) -> None:
    """Remove hidden tests from sources and outputs, in place.

    They go from the checks, and from every output that shows one: tracebacks show the lines
    around the one that failed, and a student's code can print what it runs. What a failed check
    says (its message) stays. Text that was disguised on purpose is not found.
    """
    hidden: set[str] = set()
    for cell in notebook.cells:
        if is_grade(cell):
            hidden |= _cut_hidden_tests(cell)
    shown = {
        _squeezed(line) for cell in notebook.cells for line in cell.source.split("\n")
    }
    hidden = {line for line in hidden - shown if re.search(r"\w", line)}
    if not hidden:
        return
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            _redact_output(output, hidden)


def _cut_hidden_tests(cell: NotebookNode) -> set[str]:
    """Shorten the cell's source; returns what was hidden, line by line, without spaces."""
    kept, hidden = [], set()
    inside = False
    for line in cell.source.split("\n"):
        if BEGIN_HIDDEN in line:
            inside = True
            kept.append(INSTEAD)
        elif END_HIDDEN in line:
            inside = False
        elif inside:
            hidden.add(_squeezed(line))
        else:
            kept.append(line)
    cell.source = "\n".join(kept)
    return hidden


def _redact_output(output: NotebookNode, hidden: set[str]) -> None:
    if output.output_type == "stream":
        output.text = _redact_text(output.text, hidden)
    elif output.output_type == "error":
        output.ename = _redact_text(output.ename, hidden)
        output.evalue = _redact_text(output.evalue, hidden)
        output.traceback = [_redact_text(part, hidden) for part in output.traceback]
    else:
        for kind, content in output.get("data", {}).items():
            if isinstance(content, str) and not kind.startswith("image/png"):
                content = DRAWING.sub(lambda m: _redact_drawing(m, hidden), content)
                output.data[kind] = _redact_text(content, hidden)


def _redact_drawing(packed: re.Match, hidden: set[str]) -> str:
    """What `record` made an image of may have text in it."""
    try:
        text = base64.b64decode(packed[1]).decode("utf-8", "replace")
    except ValueError:
        return REDACTED
    return REDACTED if REDACTED in _redact_text(text, hidden) else packed[0]


def _redact_text(text: str, hidden: set[str]) -> str:
    lines = text.split("\n")
    shown = [REDACTED if _tells(line, hidden) else line for line in lines]
    once = [
        line
        for place, line in enumerate(shown)
        if line != REDACTED or place == 0 or shown[place - 1] != REDACTED
    ]
    return "\n".join(once)


def _tells(line: str, hidden: set[str]) -> bool:
    plain = ANSI.sub("", line)
    numbered = NUMBERED.fullmatch(plain) if len(plain) <= LONGEST_NUMBERED else None
    squeezed = _squeezed(plain)
    if squeezed in hidden or numbered and _squeezed(numbered[1]) in hidden:
        return True
    seen = {squeezed}
    if "\\" in plain:  # as repr() shows it, a whole cell on one line
        seen.add(_squeezed(ESCAPED.sub(" ", plain)).replace("\\", ""))
    if "<" in plain or "&" in plain:  # as HTML, with colours or without
        seen.add(_squeezed(unescape(MARKUP.sub("", plain))))
    if seen & hidden:
        return True
    told = [each for each in hidden if len(each) >= TELLING]
    return any(_bare(each) in text or each in text for text in seen for each in told)


def _bare(line: str) -> str:
    return line.replace("\\", "")


def _squeezed(line: str) -> str:
    """Without spaces, and in lower case: text is printed in capitals, too."""
    return "".join(line.split()).casefold()
