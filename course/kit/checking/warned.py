"""Warnings of the learner's code go to stdout, where they are a remark.

(On stderr a notebook paints them red, and a grader may count red as an error.)
"""

import linecache
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from course.kit.checking.failure import KIT, current_shell, is_learners, place_name

_shown: set[tuple] = set()
_before: Any = None


def install() -> bool:
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
    warnings.showwarning = show
    shell.events.register("pre_run_cell", forget)
    return True


def remove() -> None:
    """Undo `install`."""
    global _before
    if _before is None:
        return
    if warnings.showwarning is show:
        warnings.showwarning = _before
    _before = None
    _shown.clear()
    shell = current_shell()
    if shell is not None and forget in shell.events.callbacks["pre_run_cell"]:
        shell.events.unregister("pre_run_cell", forget)


@contextmanager
def undisturbed() -> Iterator[None]:
    """What happens inside neither warns nor raises because of what the learner has set.

    (After warnings.simplefilter("error") or np.seterr(all="raise") our own comparing of a
    nan would end in an exception.)
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def forget(*_: object) -> None:
    """A new cell begins: what was shown before may be shown again."""
    _shown.clear()
    shell = current_shell()
    if shell is not None:
        shell.user_ns.pop("__warningregistry__", None)


def show(
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
