"""What a command prints: tables that survive a pipe and a Windows console, one line per error.

Much of it was written by learners. Whatever a command prints goes through `only_printable`,
which shows escape sequences and other invisible characters instead of sending them.
"""

import contextlib
import io
import json
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict, is_dataclass
from types import ModuleType
from typing import Any, NoReturn, TextIO, cast

import typer
from rich.box import Box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from course.kit import UsageError

EXIT_BROKEN, EXIT_REFUSED, EXIT_INTERRUPTED = 1, 2, 130
# Only ASCII: a console with code page 1252 or 437 has no box-drawing characters.
PLAIN = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
NO_LIMIT = 100_000
# The class of every wrong command line. typer < 0.20 takes it from click, later
# ones from a copy of click inside typer; its subclass has one public name in both.
USAGE_ERROR: Any = typer.BadParameter.__bases__[0]


def printable(text: str, keep: str = "") -> str:
    """The text with `\\x1b` for an escape character, and so on for all that is not printed.

    Control characters (C1, too), marks that turn the direction of text, halves of characters;
    new lines and tabs as well, but for those in `keep`.
    """
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or sign in keep else repr(sign)[1:-1]
        for sign in text
    )


class _Printable:
    """A stream that can end a line and do nothing else to a terminal."""

    def __init__(self, stream: TextIO):
        self.unescaped = stream

    def write(self, text: str) -> int:
        self.unescaped.write(printable(text, keep="\n\t"))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unescaped, name)


@contextlib.contextmanager
def only_printable() -> Iterator[None]:
    """While it is open, nothing printed to stdout or stderr acts on a terminal.

    Colours and progress bars of `console` still do; what they show is made printable first.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    with (
        contextlib.redirect_stdout(_Printable(sys.stdout)),
        contextlib.redirect_stderr(_Printable(sys.stderr)),
    ):
        yield


def console(stream: TextIO) -> Console:
    """Rich's console on sys.stdout or sys.stderr. It sends what it is given: clean it first."""
    file = getattr(stream, "unescaped", stream)
    return Console(file=file, highlight=False, emoji=False)


class _Words(TextColumn):
    """Text of a progress bar, in which nothing is markup."""

    def __init__(self, text: str):
        super().__init__(text, markup=False)

    def render(self, task: Task) -> Text:
        return Text(printable(super().render(task).plain))


def progress_bar(*, shows_rest: bool = False) -> Progress:
    """A progress bar on stderr, silent when stderr is no terminal.

    `shows_rest`: also the time that it will still take.
    """
    on = console(sys.stderr)
    rest = [_Words("left:"), TimeRemainingColumn()] if shows_rest else []
    return Progress(
        _Words("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        *rest,
        _Words("{task.fields[now]}"),
        console=on,
        transient=True,
        disable=not on.is_terminal,
        # Rich would print with its own console what others print meanwhile.
        redirect_stdout=False,
        redirect_stderr=False,
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
    the edge of a terminal, and only there a text can have several lines; in a pipe nothing
    is folded and no line ends in spaces.
    """
    colour = colour or {}
    right = set(right)
    table = Table(box=PLAIN, show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(
            Text(printable(name)),
            justify="right" if name in right else "left",
            overflow="fold",
            min_width=min(len(name), 12),
        )
    for row in rows:
        *cells, last = row
        shown = [*map(printable, cells), printable(last, keep="\n\t")]
        table.add_row(*(Text(text, style=colour.get(text, "")) for text in shown))
    here = console(sys.stdout)
    if here.is_terminal:
        here.print(table)
        return
    page = io.StringIO()
    Console(file=page, width=NO_LIMIT, highlight=False, emoji=False).print(table)
    for line in page.getvalue().splitlines():
        print(line.rstrip())


def print_json(value: Any) -> None:
    """Print dataclasses, paths and plain values as JSON in ASCII."""
    print(json.dumps(value, indent=1, default=_plain_value))


def _plain_value(value: Any) -> Any:
    is_made = is_dataclass(value) and not isinstance(value, type)
    return asdict(value) if is_made else str(value)


def run_app(app: typer.Typer) -> None:
    """Run a typer app as a whole program: the entry point of a console script.

    Exit code 0, or the one that the command gave with `typer.Exit`. A UsageError and a wrong
    command line are one line on stderr and exit code 2; Ctrl-C is one line and 130.
    """
    # Where it is installed, jsonschema imports it along with nbformat: it builds grammars for a
    # second, for a kind of text (IRI) that no notebook has. None stands for "not installed".
    sys.modules.setdefault("rfc3987_syntax", cast(ModuleType, None))
    with only_printable():
        try:
            sys.exit(_exit_code(app))
        except UsageError as refusal:
            _refuse(str(refusal).replace("\n", "\\n"))  # of a file's name, perhaps
        except PermissionError as error:
            _refuse(
                f"no permission to use {error.filename!r}. "
                "Choose a folder that you may write to, or change its permissions."
            )
        except Exception:  # noqa: BLE001 an error of ours may quote a learner
            traceback.print_exc()
            sys.exit(EXIT_BROKEN)


def _refuse(line: str) -> NoReturn:
    print(f"error: {line}", file=sys.stderr)
    sys.exit(EXIT_REFUSED)


def _exit_code(app: typer.Typer) -> int:
    try:
        code = app(standalone_mode=False) or 0
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help page
            print(error.format_message())
            return 0
        raise UsageError(_one_line(error)) from None
    if code == EXIT_INTERRUPTED:
        print("error: stopped by Ctrl-C", file=sys.stderr)
    return code


def _one_line(error: Any) -> str:
    message = " ".join(error.format_message().split())
    command = error.ctx.command_path if error.ctx is not None else "the command"
    return f"{message.rstrip('.')}. Try: {command} --help"
