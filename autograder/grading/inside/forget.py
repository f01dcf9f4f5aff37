"""After a check has run: take its source out of where later cells could read it."""

import contextlib
import linecache
import sys
from typing import Any

HIDDEN = "# a check"


def forget_source(shell: Any) -> None:
    """Remove the last cell's text from IPython's history and from the caches of sources.

    The names that it has defined are gone already (`builtin_names`).
    """
    number = shell.execution_count - 1
    history = shell.history_manager
    for lines in (history.input_hist_parsed, history.input_hist_raw):
        if 0 <= number < len(lines):
            lines[number] = HIDDEN
    history._i00 = HIDDEN
    for cached in ("db_input_cache", "exceptions"):
        with contextlib.suppress(AttributeError):
            getattr(history, cached).clear()
    _forget_file(shell, number)
    _forget_error(shell)


def _forget_file(shell: Any, number: int) -> None:
    files = shell.compile._filename_map
    for name in [name for name, count in files.items() if count == number]:
        linecache.cache.pop(name, None)
    for library in ("executing", "stack_data"):  # they draw tracebacks
        source = getattr(sys.modules.get(library), "Source", None)
        for cache in (
            "__source_cache",
            "__source_cache_with_lines",
            "__executing_cache",
        ):
            with contextlib.suppress(AttributeError, TypeError):
                source._class_local(cache, {}).clear()


def _forget_error(shell: Any) -> None:
    """A traceback holds the frames of the check, and these its code."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)
    shell.last_execution_result = None
    for drawn in (shell.InteractiveTB, shell.SyntaxTB):
        for name in ("tb", "evalue", "etype", "last_syntax_error"):
            if getattr(drawn, name, None) is not None:
                setattr(drawn, name, None)
