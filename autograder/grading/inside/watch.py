"""What learner code must not change, because it grades: seen, undone and reported.

Compared before and after every check. It can be deceived by code that takes the trouble to
find it in this process; it stops what a search for "cheat nbgrader" turns up.
"""

import ast
import builtins
import contextlib
import importlib
import signal
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

from inside.remembered import Class, Functions, Module, can_be_changed

# Modules that grade, with all that lies below them.
WATCHED = ("course.kit", "numpy", "inside")
ALONE = (
    "math",
    "linecache",
    "IPython.core.interactiveshell",
    "IPython.core.async_helpers",
    "IPython.core.compilerop",
    "IPython.core.displayhook",
    "IPython.core.events",
    "IPython.core.inputtransformer2",
)
NOT_WATCHED = ("numpy.f2py", "numpy.distutils", "numpy.typing", "numpy._typing")
CHANGING = {"_", "input", "get_ipython", "display", "copyright", "credits", "license"}
# Parts of the shell: neither they nor their methods may be exchanged on the object.
PARTS = (
    "displayhook",
    "display_pub",
    "display_formatter",
    "compile",
    "events",
    "history_manager",
    "input_transformer_manager",
    "prefilter_manager",
    "builtin_trap",
    "display_trap",
)
SETTINGS = (
    "ast_node_interactivity",
    "autoawait",
    "loop_runner",
    "trio_runner",
    "custom_exceptions",
    "user_ns",
    "user_module",
)
TRANSFORMERS = ("cleanup_transforms", "line_transforms", "token_transformers")
TIMERS = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")


class Watch:
    """Made before any learner code has run."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._functions = Functions()
        self._modules: list[Module] = []
        self._classes: list[Class] = []
        self._loaded: dict[str, types.ModuleType] = {}
        self._anchors: dict[str, Any] = {}
        self._remember_modules()
        self._remember_shell()

    def restore(self, check: bool) -> list[str]:
        """Undo what was changed and say what it was. `check`: a check runs next."""
        changed = [
            *self._restore_machinery(),
            *self._functions.restore(),
        ]
        for kept in (*self._modules, *self._classes):
            changed += kept.restore()
        changed += self._restore_names()
        if check:
            changed += self._silence()
        return changed

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

    def after_check(self) -> None:
        """Give back what was only put aside while the check ran."""
        formatter = self.shell.display_formatter.formatters["text/plain"]
        formatter.type_printers = self._learner_printers
        formatter.float_format = self._learner_float

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
        kept = Module(builtins, lambda name, value: name not in CHANGING)
        self._modules.append(kept)
        self._watched_ids = {
            id(value)
            for each in self._modules
            if each.name.startswith("course.")
            for value in each.kept.values()
            if callable(value)
        }

    def _remember(self, module: types.ModuleType) -> None:
        is_kit = module.__name__.startswith("course.")

        def wanted(name: str, value: Any) -> bool:
            constant = is_kit and name.isupper()
            return callable(value) or isinstance(value, types.ModuleType) or constant

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

    def _remember_shell(self) -> None:
        shell = self.shell
        self._parts = {name: getattr(shell, name) for name in PARTS}
        self._settings = {name: getattr(shell, name) for name in SETTINGS}
        manager = shell.input_transformer_manager
        self._lists = [
            (shell, "ast_transformers", list(shell.ast_transformers)),
            (shell, "input_transformers_post", list(shell.input_transformers_post)),
            *((manager, name, list(getattr(manager, name))) for name in TRANSFORMERS),
        ]
        self._own = {
            id(each): {
                name: value
                for name, value in vars(each).items()
                if callable(value) and (hasattr(type(each), name) or name == "CustomTB")
            }
            for each in (shell, *self._parts.values())
        }
        self._callbacks = {
            event: list(found) for event, found in shell.events.callbacks.items()
        }
        self._trusted_code = _code_of("matplotlib_inline.backend_inline")
        formatter = shell.display_formatter.formatters["text/plain"]
        self._printers = dict(formatter.type_printers)
        self._float = formatter.float_format
        self._learner_printers, self._learner_float = dict(self._printers), self._float

    def _restore_machinery(self) -> Iterator[str]:
        shell = self.shell
        for name, module in self._loaded.items():
            if sys.modules.get(name) is not module and not name.startswith("inside"):
                sys.modules[name] = module
                yield f"sys.modules[{name!r}]"
        for each in (shell, *self._parts.values()):
            yield from self._restore_methods(each)
        for name, value in {**self._parts, **self._settings}.items():
            if getattr(shell, name, None) is not value:
                with contextlib.suppress(Exception):
                    setattr(shell, name, value)
                yield f"get_ipython().{name}"
        for owner, name, wanted in self._lists:
            if getattr(owner, name, None) != wanted:
                setattr(owner, name, list(wanted))
                yield f"get_ipython().{name}"
        if sys.gettrace() is not None or sys.getprofile() is not None:
            sys.settrace(None)
            sys.setprofile(None)
            yield "the trace function of Python"
        threading.settrace(None)
        threading.setprofile(None)

    def _restore_methods(self, each: Any) -> Iterator[str]:
        """An attribute of an object comes before the method of its class."""
        kind, now, own = type(each), vars(each), self._own[id(each)]
        for name, value in own.items():
            if now.get(name) is not value:
                now[name] = value
                yield f"{kind.__name__}.{name}"
        for name, value in list(now.items()):
            method = getattr(kind, name, None)
            hides = callable(value) and method is not None
            if name not in own and (hides or isinstance(method, types.FunctionType)):
                del now[name]
                yield f"{kind.__name__}.{name}"

    def _restore_names(self) -> Iterator[str]:
        names = self.shell.user_ns
        if names.get("__builtins__", builtins) not in (builtins, vars(builtins)):
            names["__builtins__"] = builtins
            yield "__builtins__"
        for name, value in self._anchors.items():
            if name in names and names[name] is not value:
                names[name] = value
                yield f"the name {name}"

    def _silence(self) -> Iterator[str]:
        """Nothing of the learner's is called at the start or the end of a check."""
        callbacks = self.shell.events.callbacks
        for event in list(callbacks):
            first = self._callbacks.get(event, [])
            callbacks[event] = [
                each for each in callbacks[event] if each in first or self._trusts(each)
            ]
        for name in TIMERS:
            if hasattr(signal, name):
                signal.setitimer(getattr(signal, name), 0)
        formatter = self.shell.display_formatter.formatters["text/plain"]
        self._learner_printers = formatter.type_printers
        self._learner_float = formatter.float_format
        formatter.type_printers = dict(self._printers)
        formatter.float_format = self._float
        return iter(())

    def _trusts(self, callback: Any) -> bool:
        function = getattr(callback, "__func__", callback)
        return getattr(function, "__code__", None) in self._trusted_code


def _is_graders(name: str) -> bool:
    if any(name == each or name.startswith(each + ".") for each in NOT_WATCHED):
        return False
    return any(name == each or name.startswith(each + ".") for each in WATCHED)


def _code_of(name: str) -> set[types.CodeType]:
    """All code of a module, that of functions inside functions too."""
    module = sys.modules.get(name)
    found: set[types.CodeType] = set()
    waiting = (
        [
            value.__code__
            for value in vars(module).values()
            if isinstance(value, types.FunctionType)
        ]
        if module
        else []
    )
    while waiting:
        code = waiting.pop()
        found.add(code)
        waiting += [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return found
