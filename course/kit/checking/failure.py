"""What a failed check raises, and where in the learner's code an error or a warning arose.

Warnings of the learner's code go to stdout, where they are a remark. (On stderr a notebook
paints them red, and a grader may count red as an error.)
"""

import linecache
import sys
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import numpy as np

from course.kit.checking.describe import error_text, indented, type_name

KIT = Path(__file__).parent.parent
MOST_FRAMES = 4

NOTHING = object()  # where no result came back

_shown: set[tuple] = set()
_before: Any = None


class CheckFailed(AssertionError):
    """What a check found. As text it is one line; the card shows the rest.

    `what` is wrong in the case, `lines` show what was got and what was wanted, `hint` says
    why where that is known, and `phrases` are the known mistakes that it looks like. `got`
    and `difference` are the values behind it, if any.
    """

    def __init__(
        self,
        case: str,
        what: str = "",
        lines: Iterable[str] = (),
        hint: str = "",
        got: Any = NOTHING,
        difference: Any = None,
        phrases: Iterable[str] = (),
    ) -> None:
        self.case, self.what, self.lines, self.hint = case, what, [*lines], hint
        self.got, self.difference, self.phrases = got, difference, tuple(phrases)
        super().__init__(f"{case}: {what}" if what else case)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of its traceback."""
        return [f"{type(self).__name__}: {self}"]


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


def current_shell() -> Any:
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
        if "__tracebackhide__" not in code.co_varnames:  # as IPython and pytest do
            yield code.co_filename, trace.tb_lineno, code.co_name
        trace = trace.tb_next


def route_warnings() -> bool:
    """Route warnings to stdout if this is IPython; True if they are routed now.

    Each distinct warning is shown once per cell. Calling it again does nothing.
    """
    global _before
    if _before is not None:
        return True
    shell = current_shell()
    if shell is None:
        return False
    _before = warnings.showwarning
    warnings.showwarning = show_warning
    shell.events.register("pre_run_cell", forget_warnings)
    return True


def leave_warnings() -> None:
    """Undo `route_warnings`."""
    global _before
    if _before is None:
        return
    if warnings.showwarning is show_warning:
        warnings.showwarning = _before
    _before = None
    _shown.clear()
    shell = current_shell()
    if shell is not None and forget_warnings in shell.events.callbacks["pre_run_cell"]:
        shell.events.unregister("pre_run_cell", forget_warnings)


@contextmanager
def undisturbed() -> Iterator[None]:
    """What happens inside neither warns nor raises because of what the learner has set.

    (After warnings.simplefilter("error") or np.seterr(all="raise") our own comparing of a
    nan would end in an exception.)
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def forget_warnings(*_: object) -> None:
    """A new cell begins: what was shown before may be shown again."""
    _shown.clear()
    shell = current_shell()
    if shell is not None:
        shell.user_ns.pop("__warningregistry__", None)


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print one warning to stdout; takes the arguments of warnings.showwarning."""
    origin = _origin(filename, lineno)
    key = (str(message), category, origin)
    if key in _shown:
        return
    _shown.add(key)
    if origin is None:
        print(f"warning from {filename}, line {lineno}: {message}")
        return
    filename, lineno = origin
    print(f"warning from your code ({place_name(filename)}, line {lineno}): {message}")
    source = linecache.getline(filename, lineno).strip()
    if source:
        print(f"    {source}")


def _origin(filename: str, lineno: int) -> tuple[str, int] | None:
    """The learner's line that led to the warning, which may have come from deeper."""
    if is_learners(filename):
        return filename, lineno
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if is_learners(name):
            return name, frame.f_lineno
        if KIT in Path(name).parents:
            return None
        frame = frame.f_back
    return None
