"""Command line of the learner: `course doctor`, `course check` and `course explore`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from course.kit import UsageError
from course.kit.syllabus import MODULE_OF_LESSON
from course.kit.terminal import print_json, print_table, progress_bar, run_app

if TYPE_CHECKING:
    from rich.progress import TaskID

    from course.kit.notebook_check import NotebookReport

EXIT_NOT_RIGHT = 1
OWN_NETWORK = "network.npz"  # what `course explore` takes where it is there
LINES_OF_MESSAGE = 8
COLOUR = {
    "ok": "green",
    "passed": "green",
    "answered": "green",
    "note": "yellow",
    "not answered": "yellow",
    "not written yet": "yellow",
    "problem": "red",
    "failed": "red",
    "missing": "red",
    "damaged": "red",
    "timeout": "red",
    "output limit": "red",
    "kernel died": "red",
    "not run": "red",
}

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Look after your course: is the computer ready, and are the answers right?",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def main() -> None:
    """Entry point of the `course` command."""
    run_app(app)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.")
    ] = False,
) -> None:
    if version:
        from course.kit.installation import package_version

        print(f"course {package_version()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


@app.command()
def doctor(json: Json = False) -> None:
    """Is this computer ready for the course?

    Looks at Python, packages, kernel, JupyterLab, folders and the modules you built, and
    says what to do. Exit code 1 if something must be put right.
    """
    from course.kit.doctor import diagnose

    with progress_bar() as bar:
        task = bar.add_task("doctor", total=None, now="")
        diagnosis = diagnose(_here(), lambda step: bar.update(task, now=step))
    if json:
        print_json(diagnosis.as_dict())
    else:
        print_table(
            ["item", "found", "verdict", "what to do"],
            ([f.item, f.found, f.verdict, f.advice] for f in diagnosis.findings),
            colour=COLOUR,
        )
        problems = sum(f.verdict == "problem" for f in diagnosis.findings)
        print()
        print(f"{problems} to put right" if problems else "Ready.")
    if not diagnosis.fine:
        raise typer.Exit(EXIT_NOT_RIGHT)


@app.command()
def check(
    notebook: Annotated[
        str | None,
        typer.Argument(
            metavar="NOTEBOOK",
            help="A notebook's path, or a lesson: 01_volumes, 1. All when none is given.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    timeout: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="Longest time for one cell.")
    ] = 60,
) -> None:
    """Run a saved notebook and show each task's result.

    It runs in a clean kernel, as in grading, without the cells that only show. The file
    is not changed, and neither are the modules you built. Grading adds hidden cases:
    more shapes of the same promise. Exit code 0 if all automatic tasks passed, 1 if
    not, 2 if there was nothing to check.
    """
    try:
        from course.kit.notebook_cells import read_manifest
        from course.kit.notebook_run import clean_kernel
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed. Run: course doctor") from None

    manifest = read_manifest()
    lessons = list(manifest or MODULE_OF_LESSON)
    paths = find_notebooks(notebook, _here(), lessons)
    reports, refusals = [], []
    with progress_bar() as bar:
        for path in paths:
            task = bar.add_task(path.stem, total=None, now="reading")

            def on_cell(
                done: int, total: int, name: str, task: "TaskID" = task
            ) -> None:
                bar.update(task, completed=done, total=total, now=name)

            try:
                with clean_kernel(path.resolve().parent) as kernel:
                    # It takes half a second to import, which the kernel needs to start.
                    from course.kit.notebook_check import check_notebook

                    report = check_notebook(
                        path, manifest, kernel, timeout=timeout, on_cell=on_cell
                    )
                reports.append(report)
            except UsageError as refusal:
                refusals.append(str(refusal))
            bar.remove_task(task)
    if json and reports:
        passed = not refusals and all(report.passed for report in reports)
        notebooks = [report.as_dict() for report in reports]
        print_json({"passed": passed, "notebooks": notebooks})
    elif not json:
        for report in reports:
            _print_report(report)
    if refusals:
        raise UsageError("; ".join(refusals))
    if not all(report.passed for report in reports):
        raise typer.Exit(EXIT_NOT_RIGHT)


@app.command()
def explore(
    to: Annotated[
        Path, typer.Option(metavar="FILE", help="The page that is written.")
    ] = Path("explorer.html"),
    network: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help=f"What network.save wrote, or: digits, shapes. If not given: {OWN_NETWORK} "
            "where it is in this folder, else digits.",
            show_default=False,
        ),
    ] = "",
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="The same network earlier; as often as you like, in order.",
        ),
    ] = None,
) -> None:
    """Write a page in which a network runs, to open in any browser.

    Draw for it, follow a number through its layers, break it and put it back: offline, without
    Python. A network of another kind is exported from its notebook: export_page in
    course.kit.page.
    """
    from course.kit import NotBuiltYet
    from course.kit.page import export_page, read_network

    own = _here() / OWN_NETWORK
    name = network or (str(own) if own.is_file() else "digits")
    try:
        saved = read_network(name)
        page = export_page(
            saved.network,
            to,
            classes=saved.classes,
            mean=saved.mean,
            samples=saved.samples,
            checkpoints={Path(path).stem: path for path in checkpoint or []},
            title=saved.title,
        )
    except NotBuiltYet as error:
        raise UsageError(str(error)) from None
    layers = ", ".join(type(layer).__name__ for layer in saved.network.layers)
    print(f"{name}: {layers}")
    print(f"{page}: {page.stat().st_size / 1000:.0f} kB. Open it in a browser.")


def find_notebooks(wanted: str | None, start: Path, lessons: list[str]) -> list[Path]:
    """The notebooks to check: by path, by lesson ("01_volumes", "01", "1"), or all.

    With nothing wanted: the lesson's notebook that lies in `start` (or the only notebook
    there, whatever its name), else every lesson's notebook under the nearest notebooks/ folder at or above `start`. `lessons` are the
    lessons of this release. Raises UsageError when there is none.
    """
    if wanted is None:
        return _notebooks_near(start, lessons)
    path = start / wanted
    if os.path.isfile(path):  # unlike Path.is_file, no error for an overlong name
        return [path]
    lesson = _lesson_named(wanted, lessons)
    if lesson is not None:
        return [_notebook_of(lesson, start, lessons)]
    if os.path.isdir(path):
        raise UsageError(
            f"{wanted} is a folder. Name the notebook in it, or a lesson: "
            f"{_names(lessons)}"
        )
    raise UsageError(
        f"there is no file {wanted}. "
        f"Give the path of a notebook, or a lesson: {_names(lessons)}"
    )


def _notebooks_near(start: Path, lessons: list[str]) -> list[Path]:
    here = sorted(start.glob("*.ipynb"))
    named = [path for path in here if path.stem in lessons]
    if named or len(here) == 1:
        return named or here
    folder = _notebooks_folder(start, lessons)
    if folder is None:
        raise UsageError(
            f"there is no lesson's notebook in {start}. Go to the folder of the "
            "course, or name one: course check notebooks/01_volumes/01_volumes.ipynb"
        )
    paths = (folder / name / f"{name}.ipynb" for name in lessons)
    return [path for path in paths if path.is_file()]


def _notebook_of(lesson: str, start: Path, lessons: list[str]) -> Path:
    if (start / f"{lesson}.ipynb").is_file():
        return start / f"{lesson}.ipynb"
    folder = _notebooks_folder(start, lessons)
    path = (folder or start / "notebooks") / lesson / f"{lesson}.ipynb"
    if not path.is_file():
        raise UsageError(
            f"there is no {path}. Go to the folder of the course, "
            "or give the path of the notebook"
        )
    return path


def _notebooks_folder(start: Path, lessons: list[str]) -> Path | None:
    for folder in (start, *start.parents):
        notebooks = folder / "notebooks"
        if any((notebooks / name / f"{name}.ipynb").is_file() for name in lessons):
            return notebooks
    return None


def _lesson_named(wanted: str, lessons: list[str]) -> str | None:
    """The lesson by its name or number, None if it looks like neither."""
    known = {*lessons, *MODULE_OF_LESSON}
    if wanted.isdecimal():
        name = next((name for name in known if int(name[:2]) == int(wanted)), wanted)
    elif wanted in known:
        name = wanted
    else:
        return None
    if name not in lessons:
        raise UsageError(
            f"lesson {name} is not in this release. It has: {_names(lessons)}"
        )
    return name


def _names(lessons: list[str]) -> str:
    return ", ".join(lessons)


def first_lines(message: str, limit: int = LINES_OF_MESSAGE) -> str:
    """The first lines of a long message; --json has all of it."""
    lines = message.split("\n")
    if len(lines) <= limit:
        return message
    return "\n".join([*lines[:limit], f"... {len(lines) - limit} more lines (--json)"])


def _print_report(report: "NotebookReport") -> None:
    print(f"{report.lesson}: {report.path}")
    print()
    print_table(
        ["task", "points", "result", "message"],
        (
            [r.task, f"{r.points:g}", r.status, first_lines(r.message)]
            for r in report.results
        ),
        right=["points"],
        colour=COLOUR,
    )
    print()
    for note in report.notes:
        print(f"note: {note}")
    print(report.summary)
    print()


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError(
            "the folder you are in was deleted. Go to another one"
        ) from None
