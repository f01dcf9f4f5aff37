"""A whole term of one lesson, command by command: from Moodle's archive to Moodle's worksheet.

Forty simulated students, whose marks are known, and fifteen who hand in by hand: nothing, the
wrong thing, late, twice, as a team, broken, hostile.
"""

import csv
import io
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from made_once import made_once

from autograder.grading.classroom import Classroom
from autograder.lessons import checkout, find_lessons
from autograder.lessons.answers import fill
from autograder.lessons.source import (
    is_check,
    marks,
    notebook_text,
    read_source,
    solution_cells,
)
from autograder.lessons.versions import student_notebook
from autograder.marking.store import Given, read_rows, save
from autograder.reports.marks import Mark, read_marks, read_submissions

LESSON = find_lessons(checkout())[0]
NAME = LESSON.name
CELLS = read_source(LESSON).cells
QUESTIONS = [
    marks(cell)["grade_id"]
    for cell in CELLS
    if marks(cell).get("solution") and marks(cell).get("grade")
]
MOST = sum(marks(cell).get("points", 0) for cell in CELLS)
FIRST = next(marks(c)["grade_id"] for c in CELLS if is_check(c)).removeprefix("check_")
FILLED = ("Grade", "Feedback comments")  # of Moodle's worksheet
PROGRAM = "from autograder.cli import main; main()"
SIMULATED = 40
DUE = datetime(2026, 10, 12, 23, 59)
DEADLINES = f"""\
timezone = "Europe/Madrid"

[late]
percent_per_started_day = 10
most_percent = 50

[due]
{NAME} = {DUE.isoformat()}

[extensions.hand-08]
{NAME} = "3 days"
"""
WORKSHEET = [
    "Identifier",
    "Full name",
    "Email address",
    "Status",
    "Grade",
    "Maximum grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
]
# Names that a platform writes as they are; the file of each stands in `by_hand`.
HANDS = {
    "hand-01": "Łucja Żak",  # all right
    "hand-02": "Untouched Ulf",  # as it was released
    "hand-03": "Pia Pdf",
    "hand-04": "Pyry Script",  # a .py only
    "hand-05": "Nora O'Neill",  # an empty file
    "hand-06": "Bela Broken",  # half a notebook
    "hand-07": "Late Lars",  # two days
    "hand-08": "Lena Longer",  # two days, and has three more
    "hand-09": "Tom Two",  # two notebooks
    "hand-10": "Loop Lou",
    "hand-11": "Eve Exit",
    "hand-12": "Carl Cheat",  # edits every check
    "hand-13": "Olga Online",  # a text in the browser
    "hand-14": "Ida Inteam",
    "hand-15": "Udo Inteam",
}
ABSENT = "Alma Absent"
TEAM = "Team 7"


def solved() -> nbformat.NotebookNode:
    answers = {
        marks(cell).get("grade_id"): cell.source
        for cell in solution_cells(read_source(LESSON))
    }
    return fill(student_notebook(LESSON), answers)


def by_hand() -> dict[str, dict[str, str]]:
    """The files of each, by their names in the archive's folder."""
    right, stub = solved(), student_notebook(LESSON)
    first = next(cell for cell in solution_cells(right) if cell.cell_type == "code")
    task = marks(first)["grade_id"]
    cheat = solved()
    for cell in cheat.cells:
        if is_check(cell):
            cell.source = "assert True"
        elif marks(cell).get("solution") and cell.cell_type == "code":
            cell.source = "def nothing(): pass"

    def with_answer(source: str) -> str:
        return notebook_text(fill(right, {task: source}))

    whole = notebook_text(right)
    loop = f"def {task}(*args, **more):\n    while True: pass"
    leave = f"import os\ndef {task}(*args, **more):\n    os._exit(0)"
    lesson = f"{NAME}.ipynb"
    return {
        "hand-01": {lesson: whole},
        "hand-02": {lesson: notebook_text(stub)},
        "hand-03": {"essay.pdf": "%PDF-1.7"},
        "hand-04": {"volumes.py": "print('done')"},
        "hand-05": {lesson: ""},
        "hand-06": {lesson: whole[: len(whole) // 2]},
        "hand-07": {lesson: whole},
        "hand-08": {lesson: whole},
        "hand-09": {lesson: notebook_text(stub), "final (2).ipynb": whole},
        "hand-10": {lesson: with_answer(loop)},
        "hand-11": {lesson: with_answer(leave)},
        "hand-12": {lesson: notebook_text(cheat)},
    }


class Term:
    """The class folder `room`, Moodle's two files, and the commands."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.room = folder, folder / "class"
        self.archive, self.worksheet = folder / "all.zip", folder / "grades.csv"

    def run(self, *words: object, code: int = 0) -> str:
        command = [sys.executable, "-c", PROGRAM, *map(str, words)]
        done = subprocess.run(
            [*command, "--class", "class"],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def totals(self) -> dict[str, float]:
        """By id; without the answers that wait for a person."""
        found = read_submissions(self.room, [NAME])
        return {each.student: each.score for each in found}

    def marks(self) -> dict[tuple[str, str], Mark]:
        return {
            (each.student, each.task): each for each in read_marks(self.room, [NAME])
        }

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.room / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def rows(self) -> dict[str, dict[str, str]]:
        """Of Moodle's worksheet, by name."""
        with self.worksheet.open(encoding="utf-8-sig", newline="") as file:
            return {row["Full name"]: row for row in csv.DictReader(file)}


def begin(folder: Path) -> None:
    """What lies there before the first command: the roster, deadlines and Moodle's two files."""
    term = Term(folder)
    term.run("simulate", "--students", SIMULATED, "--seed", 3, NAME)
    shutil.move(term.room / "submitted", folder / "simulated")
    roster, members = [], {}
    with (term.room / "students.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            members[row["id"]] = called(row)
            roster.append([*row.values(), ""])
    for student, name in {**HANDS, "absent": ABSENT}.items():
        team = TEAM if "Inteam" in name else ""
        roster.append([student, *name.split(" ", 1), team])
    write_csv(
        term.room / "students.csv",
        [["id", "first_name", "last_name", "group"], *roster],
    )
    (term.room / "deadlines.toml").write_text(DEADLINES, encoding="utf-8")
    numbers: list[tuple[str, int]] = []
    with zipfile.ZipFile(term.archive, "w") as archive:

        def put(name: str, kind: str, files: dict[str, str]) -> None:
            number = 44400 + len(numbers)
            numbers.append((name, number))
            for file, text in files.items():
                place = f"{name}_{number}_assignsubmission_{kind}/{file}"
                archive.writestr(place, text)

        for path in sorted((folder / "simulated").glob(f"*/{NAME}")):
            files = {p.name: p.read_text(encoding="utf-8") for p in path.iterdir()}
            put(members[path.parent.name], "file", files)
        for student, files in by_hand().items():
            put(HANDS[student], "file", files)
        put(HANDS["hand-13"], "onlinetext", {"onlinetext.html": "<p>It is 5.</p>"})
        put(TEAM, "file", {f"{NAME}.ipynb": notebook_text(solved())})
    late = {HANDS["hand-07"], HANDS["hand-08"]}
    lines = [WORKSHEET]
    for name, number in [*numbers, (ABSENT, 44999)]:
        time = DUE + (timedelta(hours=30) if name in late else -timedelta(hours=5))
        said = f"{time:%A, %d %B %Y, %I:%M %p}" if name != ABSENT else "-"
        identifier = f"Participant {number}"
        lines.append(
            [identifier, name, "", "Submitted", "", f"{MOST}", "Yes", said, "-", ""]
        )
    write_csv(term.worksheet, lines)


def called(row: dict[str, str]) -> str:
    return f"{row['first_name']} {row['last_name']}".strip()


def write_csv(path: Path, rows: list) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


@pytest.fixture(scope="module")
def term(tmp_path_factory) -> Term:
    return Term(made_once(tmp_path_factory, "term", begin))


def test_from_the_archive_to_the_worksheet(term):
    collect = (
        "collect",
        "all.zip",
        "--from",
        "moodle",
        "--worksheet",
        "grades.csv",
        NAME,
    )
    said = term.run(*collect, code=3)
    assert all(each in said for each in ("hand-03", "hand-04", "absent"))
    # Two students have one name: nobody guesses which is which, the instructor says it.
    lines = sorted({*re.findall(r"ID(,moodle,\d+,(.+?),)(?:\s|$)", said)})
    roster = term.table("students.csv")
    ids = [row["id"] for row in roster if called(row) == lines[0][1]]
    with (term.room / "collected.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{who}{line}\n" for who, (line, _) in zip(ids, lines))
    assert len(ids) == len(lines) == 2
    assert "2 new" in term.run(*collect)
    assert "unchanged" in term.run(*collect)
    limits = "--timeout", 6
    term.run("grade", NAME, *limits, code=3)

    # The simulated class has the marks that are known beforehand.
    marked = term.marks()
    for row in term.table("truth.csv"):
        mark = marked[row["student"], row["task"]]
        waits = None if mark.needs_manual else mark.score
        assert waits == (float(row["expected"]) if row["expected"] else None), row

    # A person marks what waits; then each who solved it has all points, less what is late.
    room = Classroom(term.room)
    worth = {marks(cell).get("grade_id"): marks(cell).get("points") for cell in CELLS}
    for question in {mark.task for mark in marked.values() if mark.needs_manual}:
        for row in read_rows(room, NAME, {question: question}):
            given = Given(worth[question], None, "Well said.")
            assert not row.waits or save(room, row, row.given, given)
    before = term.totals()
    solved_it = ("hand-01", "hand-08", "hand-09", "hand-14", "hand-15")
    assert {before[student] for student in solved_it} == {MOST}
    assert before["hand-07"] == pytest.approx(0.8 * MOST)
    assert [before[f"hand-{n}"] for n in ("02", "05", "06")] == [0, 0, 0]
    assert before["hand-12"] <= sum(worth[name] for name in QUESTIONS)
    assert 0 < before["hand-10"] < MOST and 0 < before["hand-11"] < MOST

    # A task is given to all: nobody has less, and everybody reads why.
    term.run(
        "regrade", NAME, "--give", FIRST, "--note", "Two readings.", *limits, code=3
    )
    after = term.totals()
    assert all(after[student] >= score for student, score in before.items())
    assert after["hand-10"] > before["hand-10"] and after["hand-01"] == MOST

    # Back: pages for Moodle, the report, and Moodle's own worksheet.
    term.run("report", NAME)
    term.run("feedback", "--zip", "moodle", NAME)
    packed = term.room / "feedback_zips" / f"{NAME}-moodle.zip"
    with zipfile.ZipFile(packed) as archive:
        (page,) = [name for name in archive.namelist() if HANDS["hand-07"] in name]
        text = archive.read(page).decode("utf-8")
    assert "Two readings." in text and "late" in text.lower()
    assert ABSENT in (term.room / "report/index.html").read_text(encoding="utf-8")
    had = term.rows()
    assert ABSENT in term.run("export", NAME, "--into", term.worksheet)
    has = term.rows()
    assert float(has[HANDS["hand-01"]]["Grade"]) == MOST
    assert float(has[HANDS["hand-07"]]["Grade"]) == pytest.approx(0.8 * MOST)
    assert {has[name]["Grade"] for name in (ABSENT, HANDS["hand-03"])} == {""}
    for name, row in had.items():
        kept = {**row, **{column: has[name][column] for column in FILLED}}
        assert has[name] == kept
