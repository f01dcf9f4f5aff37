"""Command line of the instructor: each command is one function of the package."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.grading.limits import CELL_SECONDS, MEMORY_MB
from autograder.lessons import BRIDGE, checkout, pick_lessons
from course.kit import UsageError
from course.kit.terminal import print_json, print_table, printable, run_app

if TYPE_CHECKING:
    from autograder.grading.grade import GradeSummary
    from autograder.grading.outcome import Outcome

EXIT_NOT_RIGHT = 1
EXIT_NOT_ALL_GRADED = 3

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Build the lessons, release them, grade a class and see what it misunderstood.",
)

Lessons = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[LESSON ...]",
        help="Names or numbers, such as 01_volumes or 1; all when none is given.",
        show_default=False,
    ),
]
ClassFolder = Annotated[
    Path,
    typer.Option(
        "--class",
        metavar="DIR",
        help="Folder of the class: submitted/, autograded/, ..., gradebook.db.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="How many run at once.", show_default="one per core"),
]
Database = Annotated[
    str,
    typer.Option(
        "--db",
        metavar="ADDRESS",
        help="Database with the marks: an SQLAlchemy address, such as "
        "postgresql://USER@HOST/NAME. grade remembers it for later commands.",
        show_default="gradebook.db in the class folder",
    ),
]
Isolation = Annotated[
    str, typer.Option(help="Of student code: strict, best-effort or off.")
]
Prefer = Annotated[
    str,
    typer.Option(
        help="Of several notebooks in a submission: the one with most answers, with the "
        "lesson's name, or the newest (answers, name, newest).",
    ),
]
Timeout = Annotated[
    float, typer.Option(metavar="S", help="Seconds that one cell may take.")
]
Memory = Annotated[
    int, typer.Option(metavar="MB", help="Memory that one submission may take.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

CLASS = Path("class")
DEMO = Path("build/demo")
NOTES_SHOWN = 2
CHANGED = "changed"  # the kind of a note
VERDICT_COLOURS = {"graded": "green", "yes": "green", "no": "red"}


def what_to_know(reason: str, notes: Sequence[str]) -> str:
    """The reason and the first notes; all of them stand in the class report."""
    more = len(notes) - NOTES_SHOWN
    tail = [f"and {more} more, see the report"] if more > 0 else []
    return "; ".join(filter(None, [reason, *notes[:NOTES_SHOWN], *tail]))


@app.callback(invoke_without_command=True)
def start(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.")
    ] = False,
) -> None:
    if version:
        from course.kit.installation import package_version

        print(f"autograder {package_version()}")
        raise typer.Exit


def _complain(text: str) -> None:
    """One line on stderr, whatever a student called a file."""
    print(printable(text), file=sys.stderr)


@app.command()
def build(
    lessons: Lessons = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail naming what is stale.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Build what is up to date, too.")
    ] = False,
    workers: Workers = None,
) -> None:
    """Turn solutions/*.py into notebooks and the modules of course/."""
    from autograder.authoring.build import build as build_lessons
    from autograder.authoring.build import build_bridge
    from autograder.authoring.stale import find_stale, stale_bridge

    root = checkout()
    wanted = lessons or []
    with_bridge = not wanted or BRIDGE in wanted
    named = [name for name in wanted if name != BRIDGE]
    picked = pick_lessons(root, named) if named or not wanted else []
    if not check:
        for built in build_lessons(root, picked, force=force, workers=workers):
            changed = ", ".join(str(path) for path in built.changed)
            print(f"{built.lesson}: {changed or 'up to date'}")
        if with_bridge and (made := build_bridge(root, force=force)):
            print(f"{BRIDGE}: {', '.join(str(path) for path in made)}")
    elif stale := [
        *find_stale(root, picked),
        *(stale_bridge(root) if with_bridge else []),
    ]:
        for file in stale:
            print(f"{file.path}: {file.why}", file=sys.stderr)
        print("Run: autograder build", file=sys.stderr)
        raise typer.Exit(EXIT_NOT_RIGHT)
    else:
        print(f"{len(picked)} lessons, all generated files up to date")


@app.command()
def release(
    lessons: Lessons = None,
    to: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="A new or empty folder; with lessons, also an earlier release, whose lessons "
            "stay as they are.",
        ),
    ] = Path("release"),
    catch_up: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LESSON",
            help="Also an archive with the module of this earlier lesson, for who skipped it.",
            show_default=False,
        ),
    ] = None,
    class_folder: ClassFolder = CLASS,
    self_checks: Annotated[
        bool,
        typer.Option(
            "--self-checks/--no-self-checks",
            help="Fold what good answers contain below written questions, or leave it out.",
        ),
    ] = True,
) -> None:
    """Make the students' folder and zip, and scan them for leaks."""
    from autograder.grading.classroom import Classroom
    from autograder.release.release import release as make_release

    root = checkout()
    made = make_release(
        root,
        to,
        pick_lessons(root, lessons) if lessons else [],
        self_checks=self_checks,
        catch_up=pick_lessons(root, catch_up) if catch_up else [],
        room=Classroom(class_folder),
    )
    print(f"{made.folder}: {len(made.files)} files, no leaks found")
    print(f"{made.zip}: the same, to hand out")
    if made.new:
        print(f"{made.new}: what is new, to unpack over what students have")
    for name in made.kept:
        print(f"{name} was released before: only {made.zip.name} has its notebook anew")
    for path in made.catch_up:
        print(f"{path}: a solution, for students who skipped that lesson")
    print(f"{class_folder}: keeps what was released")


@app.command()
def bundle(
    lesson: Annotated[str, typer.Argument(help="A name or number of a lesson.")],
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The archive.", show_default="LESSON-autograder.zip"
        ),
    ] = None,
    class_folder: ClassFolder = CLASS,
) -> None:
    """Pack one lesson's grader for Gradescope, a container or a job of continuous integration.

    In it is autograde: `autograde submission.ipynb results.json`. What the class folder says was
    released, and changed since (autograder regrade), is packed, too.
    """
    from autograder.grading.classroom import Classroom
    from autograder.release.bundling import bundle as make_bundle

    (picked,) = pick_lessons(checkout(), [lesson])
    path = make_bundle(
        picked, to or Path(f"{picked.name}-autograder.zip"), Classroom(class_folder)
    )
    print(f"{path}: holds hidden cases; hand it to the platform, not to students")


@app.command()
def simulate(
    class_folder: ClassFolder = CLASS,
    students: Annotated[int, typer.Option(help="How many students hand in.")] = 20,
    seed: Annotated[int, typer.Option(help="The same seed, the same class.")] = 0,
    lessons: Lessons = None,
) -> None:
    """Write a class of submissions with known marks: right, wrong, partial, untouched."""
    from autograder.simulation.simulate import simulate as make_class

    root = checkout()
    make_class(root, class_folder, students, seed, pick_lessons(root, lessons or []))
    print(
        f"{class_folder}: {students} students; truth.csv says what each task deserves"
    )


@app.command()
def collect(
    source: Annotated[
        Path, typer.Argument(metavar="ARCHIVE_OR_FOLDER", show_default=False)
    ],
    form: Annotated[
        str, typer.Option("--from", metavar="FORM", help="moodle, canvas or plain.")
    ],
    lessons: Lessons = None,
    class_folder: ClassFolder = CLASS,
    worksheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Moodle's grading worksheet of the assignment: it says when each handed in.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what would happen.")
    ] = False,
    max_files: Annotated[
        int, typer.Option(min=1, help="Files that an archive may hold.")
    ] = 20_000,
    max_bytes: Annotated[
        int, typer.Option(min=1, help="Bytes that it may unpack to.")
    ] = 4 * 2**30,
    json: Json = False,
) -> None:
    """Take notebooks from a learning platform's archive into submitted/STUDENT/LESSON/.

    collected.csv keeps who got which id. A newer attempt replaces an older one, which is
    kept in replaced/. Exit code 3 when something was refused; it is named.
    """
    from autograder.collect.collect import collect as collect_class
    from autograder.collect.intake import IntakeLimits

    root = checkout()
    summary = collect_class(
        root,
        source,
        form,
        class_folder,
        pick_lessons(root, lessons) if lessons else [],
        worksheet=worksheet,
        limits=IntakeLimits(files=max_files, total_bytes=max_bytes),
        dry_run=dry_run,
    )
    if json:
        print_json(summary)
    else:
        columns, rows = summary.table()
        print_table(columns, rows, colour={"refused": "red", "replaced": "yellow"})
        print(f"\n{summary}")
    if summary.refused:
        raise typer.Exit(EXIT_NOT_ALL_GRADED)


@app.command()
def grade(
    class_folder: ClassFolder = CLASS,
    lessons: Lessons = None,
    workers: Workers = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Use the workers of a running Dask scheduler, such as tcp://host:8786.",
            show_default=False,
        ),
    ] = None,
    executor: Annotated[
        str, typer.Option(help="fast: a forked shell; kernel: a Jupyter kernel.")
    ] = "fast",
    isolation: Isolation = "best-effort",
    force: Annotated[
        bool, typer.Option("--force", help="Grade what has not changed, too.")
    ] = False,
    student: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Only this student; may be given several times.",
            show_default=False,
        ),
    ] = None,
    prefer: Prefer = "answers",
    timeout: Timeout = CELL_SECONDS,
    memory: Memory = MEMORY_MB,
    run_demos: Annotated[
        bool, typer.Option("--run-demos", help="Run figures and timings, too.")
    ] = False,
    db: Database = "",
    json: Json = False,
) -> None:
    """Grade submitted/STUDENT/LESSON/*.ipynb into nbgrader's gradebook.

    Exit code 3 when some submissions could not be graded; they are named.
    """
    from autograder.grading.grade import grade as grade_class

    root = checkout()
    picked = pick_lessons(root, lessons or [])
    summary = grade_class(
        root,
        class_folder,
        picked,
        workers=workers,
        scheduler=scheduler,
        executor=executor,
        isolation=isolation,
        force=force,
        timeout=timeout,
        memory=memory,
        run_demos=run_demos,
        students=student or None,
        prefer=prefer,
        db=db,
    )
    if json:
        print_json(summary.as_json())
    _tell_grades(summary, class_folder, table=not json)


def _without_changes(row: "Outcome") -> "Outcome":
    """What an instructor changed for everybody is said once, not in every row."""
    return replace(row, notes=tuple(n for n in row.notes if n.kind != CHANGED))


def _tell_grades(summary: "GradeSummary", class_folder: Path, *, table: bool) -> None:
    if table:
        rows = [_without_changes(row) for row in summary.rows]
        told = [row for row in rows if row.reason or row.notes]
        if told:
            print_table(
                ["student", "lesson", "status", "marks", "what to know"],
                (
                    [
                        row.student,
                        row.lesson,
                        str(row.status),
                        f"{row.score:g} of {row.max_score:g}",
                        what_to_know(
                            row.reason, [*row.unfinished, *map(str, row.notes)]
                        ),
                    ]
                    for row in told
                ),
                right=["marks"],
                colour=VERDICT_COLOURS,
            )
            print()
        skipped = sum(row.skipped for row in summary.rows)
        done = len(summary.rows) - skipped
        print(
            f"{done} submissions graded in {summary.seconds:.0f} s, {skipped} unchanged, "
            f"{len(summary.not_graded)} could not be graded"
        )
    changes = [
        f"{row.lesson}, {note}"
        for row in summary.rows
        for note in row.notes
        if note.kind == CHANGED
    ]
    for text in dict.fromkeys(changes) if table else ():
        print(text)
    for lesson, missing in summary.absent.items():
        who = f"{len(missing)} of students.csv handed in nothing"
        _complain(f"{lesson}: {who}: {', '.join(missing)}")
    for lesson, students in summary.late_unknown.items():
        who = f"late: unknown for {len(students)}, nothing tells when they handed in"
        _complain(f"{lesson}: {who}: {', '.join(students)}")
    for row in summary.not_graded:
        _complain(f"not graded: {row.student!r}, {row.lesson}: {row.status}")
    for path in summary.strays:
        _complain(
            f"not graded: {path} holds no work that belongs to a lesson, or cannot be read. Put notebooks "
            f"at {class_folder / 'submitted'}/STUDENT/LESSON/, with the lesson's exact name"
        )
    if summary.not_graded or summary.strays:
        raise typer.Exit(EXIT_NOT_ALL_GRADED)


@app.command()
def regrade(
    lesson: Annotated[str, typer.Argument(help="A name or number of a lesson.")],
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK", help="It counts nothing any more.", show_default=False
        ),
    ] = None,
    give: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK",
            help="Full marks for everybody who handed in.",
            show_default=False,
        ),
    ] = None,
    points: Annotated[
        list[str] | None,
        typer.Option(metavar="TASK=N", help="It counts N points.", show_default=False),
    ] = None,
    note: Annotated[
        str, typer.Option(help="Why; everybody reads it.", show_default=False)
    ] = "",
    class_folder: ClassFolder = CLASS,
    workers: Workers = None,
    isolation: Isolation = "best-effort",
    prefer: Prefer = "answers",
    timeout: Timeout = CELL_SECONDS,
    memory: Memory = MEMORY_MB,
    db: Database = "",
) -> None:
    """Drop a task, give it to all or change its points, and grade the lesson again.

    The change is kept in changes.toml of the class. Take its lines out to undo it, and regrade.
    Give the options that the class was graded with.
    """
    from autograder.grading.grade import regrade as regrade_class

    root = checkout()
    (picked,) = pick_lessons(root, [lesson])
    summary = regrade_class(
        root,
        class_folder,
        picked,
        drop=drop or [],
        give=give or [],
        points=points or [],
        note=note,
        workers=workers,
        isolation=isolation,
        prefer=prefer,
        timeout=timeout,
        memory=memory,
        db=db,
    )
    _tell_grades(summary, class_folder, table=True)


@app.command()
def mark(
    class_folder: ClassFolder = CLASS,
    lessons: Lessons = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 takes any free one.")
    ] = 0,
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Open the page, or print it only."),
    ] = True,
    db: Database = "",
) -> None:
    """Mark written answers in the browser, question by question, until Ctrl-C."""
    from autograder.marking.server import mark as serve_marking

    picked = pick_lessons(checkout(), lessons) if lessons else []
    serve_marking(class_folder, picked, port=port, browser=browser, db=db)


marks = typer.Typer(no_args_is_help=True, help="Copy marks between databases.")
app.add_typer(marks, name="marks")


@marks.callback()
def marks_group() -> None:
    """Copy marks between databases."""


@marks.command()
def copy(
    to: Annotated[
        str, typer.Option(metavar="ADDRESS", help="An empty one, or of this class.")
    ],
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="ADDRESS", show_default="the database of the class"
        ),
    ] = "",
    class_folder: ClassFolder = CLASS,
    overwrite: Annotated[
        bool, typer.Option("--replace", help="Lose what only the other one has.")
    ] = False,
) -> None:
    """Copy everything from one database to another, SQLite or PostgreSQL, or nothing.

    Addresses are SQLAlchemy's, such as sqlite:///marks.db or postgresql://USER@HOST/NAME. The
    class goes on with the database that it has, until you give it the other: grade --db.
    """
    from contextlib import nullcontext

    from autograder.grading.classroom import class_lock
    from autograder.grading.database import find_address, read_address, shown
    from autograder.grading.identity import copy_marks

    target = read_address(to, "--to")
    with class_lock(class_folder) if class_folder.is_dir() else nullcontext():
        origin = find_address(class_folder)
        if source:
            origin = read_address(source, "--from")
        print(f"{shown(target)}: {copy_marks(origin, target, replace=overwrite)}")


@app.command()
def feedback(
    class_folder: ClassFolder = CLASS,
    lessons: Lessons = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write what is up to date, too.")
    ] = False,
    show_hidden_tests: Annotated[
        bool,
        typer.Option(
            "--show-hidden-tests",
            help="For you: pages with the hidden tests, in feedback_with_hidden_tests/.",
        ),
    ] = False,
    pack: Annotated[
        str,
        typer.Option(
            "--zip",
            metavar="FORM",
            help="Pack the pages, too: moodle (an archive per lesson, to upload there) or "
            "plain (one per student).",
            show_default=False,
        ),
    ] = "",
    db: Database = "",
) -> None:
    """Write feedback/STUDENT/LESSON/LESSON.html, without the hidden tests."""
    from autograder.reports.feedback import FORMS, pack_feedback
    from autograder.reports.feedback import feedback as write_feedback

    if pack and (pack not in FORMS or show_hidden_tests):
        raise UsageError(
            f"--zip takes one of {', '.join(FORMS)}, and never pages with hidden tests"
        )

    picked = pick_lessons(checkout(), lessons) if lessons else []
    summary = write_feedback(
        class_folder,
        picked,
        force=force,
        show_hidden_tests=show_hidden_tests,
        db=db,
    )
    for student, lesson, reason in summary.failed:
        _complain(f"no feedback for {student}, {lesson}: {reason}")
    print(summary)
    if pack:
        packed = pack_feedback(class_folder, picked, pack, db=db)
        for student, lesson, why in packed.left:
            _complain(f"not packed: {student}, {lesson}: {why}")
        for path in packed.archives:
            print(f"{path}: to hand out")
    if summary.failed:
        raise typer.Exit(EXIT_NOT_ALL_GRADED)


@app.command()
def report(
    class_folder: ClassFolder = CLASS,
    lessons: Lessons = None,
    csv: Annotated[
        bool,
        typer.Option("--csv", help="Write its tables beside it as CSV files, too."),
    ] = False,
    db: Database = "",
    json: Json = False,
) -> None:
    """Show the marks, and write a page about the class: report/index.html."""
    from autograder.grading.classroom import Classroom
    from autograder.reports.export import marks_table, write_tables
    from autograder.reports.findings import as_document
    from autograder.reports.report_page import report as write_report

    picked = pick_lessons(checkout(), lessons) if lessons else []
    page, found = write_report(class_folder, picked, db=db)
    tables = write_tables(Classroom(class_folder, db), found) if csv else []
    if json:
        print_json({"report": page, **as_document(found), "marks": found.submissions})
        return
    columns, rows = marks_table(found)
    words = {"student", "status"}
    print_table(columns, rows, right=set(columns) - words, colour=VERDICT_COLOURS)
    print()
    if any("?" in cell for row in rows for cell in row):
        print("? a person has still to mark something that is in this number")
    for path in tables:
        print(path)
    print(f"the class report: {page}")


@app.command()
def export(
    class_folder: ClassFolder = CLASS,
    lessons: Lessons = None,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The CSV file.")] = Path(
        "marks.csv"
    ),
    statuses: Annotated[
        bool, typer.Option("--statuses", help="Say how each task ended, too.")
    ] = False,
    platform: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="PLATFORM",
            help="The columns that moodle's or canvas's gradebook takes.",
            show_default="a table for people",
        ),
    ] = "",
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Fill this file of the platform instead: Moodle's grading worksheet, "
            "Canvas's gradebook, or a CSV with a column of ids. Nothing else in it changes.",
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        str, typer.Option(help="With --into: the column of the marks.")
    ] = "",
    ids: Annotated[
        str, typer.Option(help="With --into: the column of the students' ids.")
    ] = "",
    partial: Annotated[
        bool,
        typer.Option(
            "--partial", help="Give totals out that still wait for a person, too."
        ),
    ] = False,
    scale: Annotated[
        bool,
        typer.Option(
            "--scale", help="With --into: turn points into the platform's maximum."
        ),
    ] = False,
    db: Database = "",
) -> None:
    """Write the marks as CSV: a row per student, a column per task; or into a platform's file."""
    picked = pick_lessons(checkout(), lessons) if lessons else []
    if into is not None:
        from autograder.reports.fill import fill

        filled = fill(
            class_folder,
            into,
            picked,
            column=column,
            ids=ids,
            partial=partial,
            scale=scale,
            db=db,
        )
        if filled.left:
            print_table(["row", "lesson", "left out, because"], map(list, filled.left))
            print()
        print(filled)
        return
    if column or ids or scale:
        raise UsageError("--column, --ids and --scale are for --into FILE")
    from autograder.reports.export import export as write_csv

    path = write_csv(
        class_folder,
        to,
        lessons=picked,
        statuses=statuses,
        platform=platform,
        partial=partial,
        db=db,
    )
    print(f"{path}: a row per student")


@app.command()
def mistakes(
    lessons: Lessons = None,
    workers: Workers = None,
    short: Annotated[
        bool, typer.Option("--short", help="Only what is wrong, and the totals.")
    ] = False,
    json: Json = False,
) -> None:
    """Prove the checks: grade every known right and wrong answer, show what caught it.

    Exit code 1 when a wrong answer passes a visible check or a right one is refused.
    """
    from autograder.authoring.prove_checks import (
        as_document,
        grade_answers,
        print_rows,
        totals,
    )

    root = checkout()
    rows = grade_answers(root, pick_lessons(root, lessons or []), workers)
    if json:
        print_json(as_document(rows))
    else:
        print_rows(rows, every=not short)
    if not totals(rows).reached:
        raise typer.Exit(EXIT_NOT_RIGHT)


@app.command()
def demo(
    to: Annotated[Path, typer.Option(metavar="DIR", help="Made anew.")] = DEMO,
    students: Annotated[int, typer.Option(min=1, help="Size of the class.")] = 8,
    seed: Annotated[int, typer.Option(help="The same seed, the same class.")] = 1,
) -> None:
    """Do all of it once, on a simulated class, printing each command before it runs."""
    marker = to / "made-by-autograder-demo"
    if to.exists() and not marker.exists():
        raise UsageError(
            f"{to} is there and no demo made it. Name another folder: --to"
        )
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    marker.touch()
    os.environ.pop("GRADEBOOK_DB", None)  # its marks belong to no real class
    from course.kit.cli import app as learners

    room = ["--class", str(to / "class")]
    page = ["--network", "digits", "--to", str(to / "explorer.html")]
    for program, words in (
        ("autograder", ["build", "--check"]),
        ("autograder", ["release", "--to", str(to / "release"), *room]),
        (
            "autograder",
            ["simulate", *room, "--students", str(students), "--seed", str(seed)],
        ),
        ("autograder", ["grade", *room]),
        ("autograder", ["feedback", *room]),
        ("autograder", ["export", *room, "--to", str(to / "marks.csv")]),
        ("course", ["explore", *page]),
        ("autograder", ["report", *room]),
    ):
        print(f"$ {program} {' '.join(words)}", flush=True)
        code = {"autograder": app, "course": learners}[program](
            words, standalone_mode=False
        )
        if code:
            raise typer.Exit(code)
        print(flush=True)


def main() -> None:
    """Entry point of the `autograder` command."""
    run_app(app)
