"""What learner code must not change, because it grades: seen and reported.

Compared before and after every check. What was changed before it is put back for as long as
the check runs, and is no more than worth a note; what changes meanwhile costs its mark. It can be deceived by code that takes the trouble to
find it in this process; it stops what a search for "cheat nbgrader" turns up.
"""

import ast
import builtins
import contextlib
import importlib
import sys
import types
from collections.abc import Collection, Iterator
from typing import Any

from inside.machinery import Machinery
from inside.remembered import (
    MISSING,
    Aside,
    Class,
    Functions,
    Module,
    can_be_changed,
    seal,
)

# Modules that grade, with all that lies below them.
WATCHED = ("course.kit", "numpy", "inside")
ALONE = (
    "math",
    "linecache",
    # What the shell, the messages and the checks are made of.
    "sys",
    "os",
    "io",
    "ast",
    "re",
    "time",
    "types",
    "codeop",
    "struct",
    "select",
    "socket",
    "functools",
    "contextlib",
    "traceback",
    "threading",
    "dataclasses",
    "copy",
    "warnings",
    "textwrap",
    "difflib",
    "pathlib",
    "json",
    "json.encoder",
    "json.decoder",
    "IPython.core.interactiveshell",
    "IPython.core.async_helpers",
    "IPython.core.compilerop",
    "IPython.core.displayhook",
    "IPython.core.events",
    "IPython.core.inputtransformer2",
)
# Names that IPython and honest code change: hooks, and what follows threads.
FREE = {
    "sys": {"displayhook", "excepthook", "unraisablehook", "breakpointhook"},
    "threading": {"excepthook", "Thread"},
    "time": {"sleep"},
    "warnings": {
        "formatwarning",
        "showwarning",
        "warn",
        "_showwarnmsg",
        "_showwarnmsg_impl",
    },
}
NOT_WATCHED = ("numpy.f2py", "numpy.distutils", "numpy.typing", "numpy._typing")
CHANGING = {"_", "input", "get_ipython", "display", "copyright", "credits", "license"}


class Watch:
    """Made before any learner code has run."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._functions = Functions()
        self._modules: list[Module] = []
        self._classes: list[Class] = []
        self._loaded: dict[str, types.ModuleType] = {}
        self._anchors: dict[str, Any] = {}
        self._aside: Aside = []  # what the learner has changed, while a cell of ours runs
        self._sealed: list[list[str]] = []  # what was set in each module of the checks
        self._remember_modules()
        self._machinery = Machinery(shell)

    def before(
        self, check: bool, keep: Collection[str], answers: Collection[str]
    ) -> list[str]:
        """Put back what was changed, and say what it was; a cell of the lesson's runs next.

        `check`: it is a check; `keep` and `answers` as in NamesOfACheck.
        """
        changed = self._restore(self._aside)
        if check:
            self._machinery.silence(keep, answers)
            self.shell.user_ns.update(self._anchors)
        else:
            for name, value in self._anchors.items():  # who deletes one means no harm
                self.shell.user_ns.setdefault(name, value)
        for names in self._sealed:
            names.clear()
        return changed

    def meanwhile(self) -> list[str]:
        """Put back what was changed while a check ran, also what its answer has undone."""
        changed = self._restore([])
        names = self.shell.user_ns
        for name, value in self._anchors.items():
            if names.get(name, MISSING) is not value:
                changed.append(f"the name {name}")
        for names in self._sealed:
            changed += [name for name in names if name not in changed]
        self._machinery.give_back()
        return changed

    def give_back(self) -> None:
        """After a cell of the lesson's: what the learner has set counts again."""
        for put, name, value in self._aside:
            with contextlib.suppress(Exception):
                put(name, value)
        self._aside.clear()

    def _restore(self, aside: Aside) -> list[str]:
        changed: list[str] = []
        # builtins come first: what follows is written with them
        changed += self._builtins.restore([])
        changed += self._functions.restore()
        for kept in (*self._modules, *self._classes):
            changed += kept.restore(aside)
        changed += self._restore_loaded()
        changed += self._machinery.restore()
        names = self.shell.user_ns
        if names.get("__builtins__", builtins) not in (builtins, vars(builtins)):
            names["__builtins__"] = builtins
            changed.append("__builtins__")
        return changed

    def guard(self, *objects: Any) -> None:
        """From now on no method of these may be hidden by an attribute of the object."""
        self._machinery.guard(*objects)

    def remember_imports(self, source: str) -> None:
        """After a cell of the lesson's own: what it has imported of the watched modules."""
        try:
            tree = ast.parse(self.shell.transform_cell(source))
        except Exception:  # noqa: BLE001 whatever does not parse has imported nothing
            return
        names = self.shell.user_ns
        for node in tree.body:
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                value = names.get(name)
                if self._is_watched(value):
                    self._anchors[name] = value

    def _is_watched(self, value: Any) -> bool:
        if isinstance(value, types.ModuleType):
            return self._loaded.get(value.__name__) is value
        return id(value) in self._watched_ids

    def _remember_modules(self) -> None:
        for name, module in sorted(sys.modules.items()):
            if isinstance(module, types.ModuleType) and _is_graders(name):
                self._loaded[name] = module
                self._remember(module)
        for name in ALONE:
            self._remember(importlib.import_module(name))
        self._builtins = Module(builtins, lambda name, value: name not in CHANGING)
        self._watched_ids = {
            id(value)
            for each in self._modules
            if each.name.startswith("course.")
            for value in each.kept.values()
            if callable(value)
        }

    def _remember(self, module: types.ModuleType) -> None:
        is_kit = module.__name__.startswith("course.")
        free = FREE.get(module.__name__, ())

        def wanted(name: str, value: Any) -> bool:
            if name in free:
                return False
            constant = is_kit and name.isupper()
            return callable(value) or isinstance(value, types.ModuleType) or constant

        if is_kit:
            self._sealed.append(seal(module, wanted))
        kept = Module(module, wanted)
        self._modules.append(kept)
        for name, value in kept.kept.items():
            full = f"{module.__name__}.{name}"
            self._functions.add(full, value)
            is_own = getattr(value, "__module__", None) == module.__name__
            if isinstance(value, type) and is_own:
                self._remember_class(value)

    def _remember_class(self, kind: type) -> None:
        if not can_be_changed(kind):
            return
        kept = Class(kind)
        self._classes.append(kept)
        for name, value in kept.kept.items():
            self._functions.add(f"{kind.__name__}.{name}", value)

    def _restore_loaded(self) -> Iterator[str]:
        for name, module in self._loaded.items():
            if sys.modules.get(name) is not module and not name.startswith("inside"):
                sys.modules[name] = module
                yield f"sys.modules[{name!r}]"


def _is_graders(name: str) -> bool:
    if any(name == each or name.startswith(each + ".") for each in NOT_WATCHED):
        return False
    return any(name == each or name.startswith(each + ".") for each in WATCHED)
