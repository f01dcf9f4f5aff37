"""A notebook without a file: cells run in a real IPython shell inside the test."""

import contextlib
import io
import linecache
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


class Notebook:
    """Runs cells; use it in a `with` block. `folder` is where `build` writes.

    Without `history` IPython numbers and keeps no cell, as under nbval.
    """

    def __init__(self, folder: Path, history: bool = True):
        self.folder, self.history = folder, history

    def __enter__(self):
        self.main = sys.modules["__main__"]
        InteractiveShell.clear_instance()
        linecache.clearcache()
        config = Config()
        config.HistoryManager.hist_file = ":memory:"
        self.shell = InteractiveShell.instance(config=config)
        self.shell.user_ns["folder"] = self.folder
        self.run("from course.kit.build import build")
        return self

    def __exit__(self, *_):
        self.shell.history_manager.end_session()
        InteractiveShell.clear_instance()
        sys.modules["__main__"] = self.main

    def run(self, *cells: str) -> str:
        """Run the cells; what they printed. An error of a cell is raised here."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            for cell in cells:
                self.shell.run_cell(cell, store_history=self.history).raise_error()
        return printed.getvalue()

    def build(self, *names: str, module: str = "own") -> str:
        """Build the named definitions; the text of the module."""
        given = [repr(module), *filter(None, names), "folder=folder"]
        self.run(f"build({', '.join(given)})")
        return (self.folder / f"{module}.py").read_text(encoding="utf-8")
