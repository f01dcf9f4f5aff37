"""What a failed check raises, and how a notebook shows it: without our frames."""

import ast
import linecache
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import TracebackType

import numpy as np

from course.kit.checking.describe import error_text, indented, type_name

KIT = Path(__file__).parent.parent
LONGEST_STATEMENT = 8
MOST_FRAMES = 4


class CheckFailed(AssertionError):
    """The message says what was got, what was wanted, and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of its traceback."""
        try:
            return [*_where(self), str(self)]
        except Exception:  # noqa: BLE001 (the message must get through)
            return [str(self)]


class NotWrittenYet(CheckFailed, NotImplementedError):
    """The function that a check calls still raises NotImplementedError."""


def blame(error: BaseException, called: str) -> list[str]:
    """Lines that tell which error the learner's code raised, and where."""
    lines = indented(f"{called} raised {type_name(error)}: {error_text(error)}")
    frames = list(told_frames(error))
    if len(frames) > MOST_FRAMES:
        frames = [*frames[:1], *frames[1 - MOST_FRAMES :]]
    for place, line, name, source in frames:
        place = f"  {place}, line {line}"
        lines.append(place + (f", in {name}:" if name != "<module>" else ":"))
        if source:
            lines.append(f"      {source}")
    return lines


def told_frames(error: BaseException) -> Iterator[tuple[str, int, str, str]]:
    """(place, line, function, source) of every frame that is neither ours nor a library's.

    Also of an error that was raised in another process, while grading (`_far_frames`).
    """
    for filename, line, name in _frames(error.__traceback__):
        if is_learners(filename):
            source = linecache.getline(filename, line).strip()
            yield place_name(filename), line, name, source
    yield from getattr(error, "_far_frames", ())


def is_learners(filename: str) -> bool:
    """True for a notebook cell, a module that was built, or another file of theirs."""
    if filename.startswith("<") and not filename.startswith("<ipython-input"):
        return False
    path = Path(filename)
    if KIT in path.parents:
        return False
    if path.parent == KIT.parent:
        return True
    return not any(folder in path.parents for folder in _library_folders())


def place_name(filename: str) -> str:
    """A cell is named as Jupyter names it ("cell In[4]"), a file by its name."""
    shell = current_shell()
    try:
        label, name = shell.compile.format_code_name(filename)
        return f"{label.lower()} {name}"
    except (AttributeError, TypeError, ValueError):
        return Path(filename).name


def current_shell() -> object | None:
    """The IPython shell that runs this code, or None. Never imports IPython."""
    getter = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return getter() if getter else None


@cache
def _library_folders() -> set[Path]:
    names = ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
    folders = {Path(path) for name in names if (path := sysconfig.get_path(name))}
    folders.add(Path(np.__file__).parent)
    return folders | {folder.resolve() for folder in folders}


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, int, str]]:
    while trace is not None:
        code = trace.tb_frame.f_code
        yield code.co_filename, trace.tb_lineno, code.co_name
        trace = trace.tb_next


def _where(error: BaseException) -> list[str]:
    """The statement that called the check: the last frame before the first of ours."""
    caller = None
    for filename, line, _ in _frames(error.__traceback__):
        if KIT in Path(filename).parents:
            break
        caller = (filename, line)
    if caller is None:
        return []
    filename, line = caller
    statement = _statement(linecache.getlines(filename), line)
    if not statement:
        return []
    title = f"{type(error).__name__} in {place_name(filename)}, line {line}:"
    return [title, *(f"    {text}" for text in statement), ""]


def _statement(lines: list[str], line: int) -> list[str]:
    """The lines of the innermost statement that holds this line of the source."""
    first = last = line
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        tree = ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= node.end_lineno:
            first, last = node.lineno, node.end_lineno
    if last - first >= LONGEST_STATEMENT:
        first = last = line
    texts = [text.rstrip() for text in lines[first - 1 : last]]
    margin = min((len(t) - len(t.lstrip()) for t in texts if t), default=0)
    return [text[margin:] for text in texts]
