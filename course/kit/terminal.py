"""What a command prints: tables that survive a pipe and a Windows console, one line per error."""

import io
import sys
from collections.abc import Iterable

import typer
from rich.box import Box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from course.kit.refusal import Refusal, refusing

EXIT_INTERRUPTED = 130
# Only ASCII: a console with code page 1252 or 437 has no box-drawing characters.
PLAIN = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
NO_LIMIT = 100_000
# The class of every wrong command line. typer < 0.20 takes it from click, later
# ones from a copy of click inside typer; its subclass has one public name in both.
USAGE_ERROR = typer.BadParameter.__bases__[0]


def progress_bar() -> Progress:
    """A progress bar on stderr, silent when stderr is no terminal."""
    console = Console(stderr=True, highlight=False, emoji=False)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def print_table(
    columns: list[str],
    rows: Iterable[list[str]],
    *,
    right: Iterable[str] = (),
    colour: dict[str, str] | None = None,
) -> None:
    """Print rows of text under a header; columns named in `right` are right-aligned.

    `colour` maps the whole text of a cell ("passed") to a rich style ("green").
    Brackets and colons in the text are text, never markup. The last column folds at
    the edge of a terminal; in a pipe nothing is folded and no line ends in spaces.
    """
    colour = colour or {}
    right = set(right)
    table = Table(box=PLAIN, show_edge=False, pad_edge=False)
    for name in columns:
        is_last = name == columns[-1]
        table.add_column(
            Text(name),
            justify="right" if name in right else "left",
            overflow="fold",
            no_wrap=False if is_last else None,
            min_width=min(len(name), 12),
        )
    for row in rows:
        table.add_row(*(Text(text, style=colour.get(text, "")) for text in row))
    console = Console(highlight=False, emoji=False)
    if console.is_terminal:
        console.print(table)
        return
    page = io.StringIO()
    Console(file=page, width=NO_LIMIT, highlight=False, emoji=False).print(table)
    for line in page.getvalue().splitlines():
        print(line.rstrip())


def run_app(app: typer.Typer) -> None:
    """Run a typer app as a whole program: the entry point of a console script.

    Exit code 0, or the one that the command gave with `typer.Exit`. A Refusal and a wrong
    command line are one line on stderr and exit code 2; Ctrl-C is one line and 130.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    refusing(lambda: sys.exit(_exit_code(app)))


def _exit_code(app: typer.Typer) -> int:
    try:
        code = app(standalone_mode=False) or 0
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help page
            print(error.format_message())
            return 0
        raise Refusal(_one_line(error)) from None
    if code == EXIT_INTERRUPTED:
        print("error: stopped by Ctrl-C", file=sys.stderr)
    return code


def _one_line(error: Exception) -> str:
    message = " ".join(error.format_message().split())
    command = error.ctx.command_path if error.ctx is not None else "the command"
    return f"{message.rstrip('.')}. Try: {command} --help"
