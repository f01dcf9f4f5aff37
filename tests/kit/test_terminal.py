"""Nothing that a learner wrote acts on a terminal, whichever way it is printed."""

import io
import json
import sys

import pytest
import typer

from course.kit import UsageError, terminal

# A title, a cleared screen, C1's CSI, text from right to left, backspaces, rich's markup.
ACTS = (
    "\x1b]0;pwned\x07",
    "\x1b[2J",
    "\x9b31m",
    "\u202e",
    "\u2066",
    "\b\b",
    "\r",
    "\x0c",
    "\x85",
    "\x7f",
    "\ud800",
    "\U000e0041",
)
HOSTILE = "".join(ACTS) + "[bold]x[/bold] [link=http://a]y[/link] :smile:"
SHOWN = r"\x1b]0;pwned\x07"


class Terminal(io.StringIO):
    """A terminal that can write utf-8."""

    def isatty(self) -> bool:
        return True


class Program:
    """Runs functions as one command of a program, which prints to `out` and `err`."""

    def __init__(self, monkeypatch, stream: type[io.StringIO]):
        self.monkeypatch = monkeypatch
        self.out, self.err = stream(), stream()

    def run(self, *commands) -> int:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

        @app.command()
        def tiny() -> None:
            for command in commands:
                command()

        self.monkeypatch.setattr(sys, "stdout", self.out)
        self.monkeypatch.setattr(sys, "stderr", self.err)
        self.monkeypatch.setattr(sys, "argv", ["tiny"])
        with pytest.raises(SystemExit) as end:
            terminal.run_app(app)
        return end.value.code or 0

    @property
    def text(self) -> str:
        return self.out.getvalue() + self.err.getvalue()


@pytest.fixture(params=[Terminal, io.StringIO], ids=["terminal", "pipe"])
def program(request, monkeypatch) -> Program:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "300")
    return Program(monkeypatch, request.param)


def is_harmless(text: str) -> bool:
    """Whether nothing of what was handed in arrives; rich's own bar returns to the line's start."""
    return not any(each in text for each in ACTS if each != "\r")


def raises(error: Exception):
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    "command",
    [
        lambda: print(HOSTILE),
        lambda: print(HOSTILE, file=sys.stderr),
        lambda: sys.stdout.writelines([HOSTILE, "\n"]),
        lambda: typer.echo(HOSTILE),
        lambda: typer.secho(HOSTILE, err=True),
        lambda: terminal.print_table(["a", HOSTILE], [[HOSTILE, HOSTILE]] * 2),
        raises(UsageError(HOSTILE)),
        raises(KeyError(HOSTILE)),
        raises(RuntimeError(HOSTILE)),
        raises(PermissionError(13, "no", HOSTILE)),
    ],
    ids=[
        "print",
        "stderr",
        "writelines",
        "echo",
        "secho",
        "table",
        "refusal",
        "key",
        "error",
        "permission",
    ],
)
def test_whatever_is_printed_is_harmless(program, command):
    assert program.run(command) in (0, 1, 2)
    assert is_harmless(program.text)
    assert SHOWN in program.text.replace("\\\\", "\\").replace("\n", "")
    assert "[bold]x[/bold]" in program.text


def test_a_progress_bar_is_harmless(program):
    def command() -> None:
        with terminal.progress_bar(shows_rest=True) as bar:
            task = bar.add_task(HOSTILE, total=2, now="")
            bar.update(task, advance=1, now=HOSTILE)
            bar.refresh()
            print(HOSTILE, file=sys.stderr)

    assert program.run(command) == 0
    assert is_harmless(program.text)
    assert SHOWN in program.text
    if isinstance(program.err, Terminal):
        assert "1/2" in program.text


def test_json_stays_json(program):
    assert program.run(lambda: terminal.print_json({"a": HOSTILE, "b": "ü"})) == 0
    assert is_harmless(program.text)
    assert json.loads(program.text) == {"a": HOSTILE, "b": "ü"}


def test_no_line_and_no_row_can_be_forged(program):
    forged = "x\nada  graded  16 of 16"
    program.run(
        lambda: terminal.print_table(["learner", "note"], [[forged, forged]]),
        raises(UsageError(forged)),
    )
    assert not any(line.startswith("ada") for line in program.text.splitlines())
    assert program.err.getvalue().count("\n") == 1


def test_the_streams_are_as_before_afterwards(program):
    program.run(lambda: None)
    assert (sys.stdout, sys.stderr) == (program.out, program.err)


def test_letters_of_all_languages_are_shown():
    text = "Zoë 山田 Ελλάς עברית 🙂 +-×÷ a\u0301"
    assert terminal.printable(text) == text
