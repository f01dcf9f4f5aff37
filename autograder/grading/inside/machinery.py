"""IPython's own parts: what learner code has put into them is taken out before a check."""

import contextlib
import gc
import signal
import sys
import threading
import types
from collections.abc import Collection, Iterator
from typing import Any

from inside.builtin_names import NamesOfACheck

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
    "autoawait",
    "loop_runner",
    "trio_runner",
    "custom_exceptions",
    "user_ns",
    "user_module",
)
TRANSFORMERS = ("cleanup_transforms", "line_transforms", "token_transformers")
LAST_VALUES = ("_", "__", "___")  # of the displayhook
TIMERS = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")


class Machinery:
    """What of the shell decides how a check runs and what it shows."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._parts = {name: getattr(shell, name) for name in PARTS}
        self._settings = {name: getattr(shell, name) for name in SETTINGS}
        manager = shell.input_transformer_manager
        self._lists = [
            (shell, "ast_transformers", list(shell.ast_transformers)),
            (shell, "input_transformers_post", list(shell.input_transformers_post)),
            *((manager, name, list(getattr(manager, name))) for name in TRANSFORMERS),
        ]
        self._objects: list[tuple[Any, type]] = []
        self._own: dict[int, dict[str, Any]] = {}
        self.guard(shell, *self._parts.values())
        self._callbacks = {
            event: list(found) for event, found in shell.events.callbacks.items()
        }
        self._trusted_code = _code_of("matplotlib_inline.backend_inline")
        formatters = shell.display_formatter.formatters
        plain = formatters["text/plain"]
        self._shows = [
            (shell, "ast_node_interactivity", shell.ast_node_interactivity),
            (shell.display_formatter, "formatters", dict(formatters)),
            (plain, "type_printers", dict(plain.type_printers)),
            (plain, "float_format", plain.float_format),
        ]
        self._learner_shows: list[tuple[Any, str, Any]] = []
        self._learner_module = shell.user_module
        self._names = NamesOfACheck({}, (), ())

    def guard(self, *objects: Any) -> None:
        """From now on no attribute of these may hide a method of its class."""
        for each in objects:
            self._objects.append((each, type(each)))
            self._own[id(each)] = {
                name: value
                for name, value in vars(each).items()
                if callable(value) and (hasattr(type(each), name) or name == "CustomTB")
            }

    def restore(self) -> Iterator[str]:
        """Undo every change; gives the names of what was changed."""
        shell = self.shell
        for each, kind in self._objects:
            if type(each) is not kind:
                object.__setattr__(each, "__class__", kind)
                yield f"the class of {kind.__name__}"
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

    def silence(self, keep: Collection[str], answers: Collection[str]) -> None:
        """A check runs next: nothing of the learner's is called at its start or its end.

        Callbacks and timers go for good. The learner's names, which values of a cell are
        shown, and how, come back (`give_back`).
        """
        gc.callbacks.clear()
        callbacks = self.shell.events.callbacks
        for event in list(callbacks):
            first = self._callbacks.get(event, [])
            callbacks[event] = [
                each for each in callbacks[event] if each in first or self._trusts(each)
            ]
        for name in TIMERS:
            if hasattr(signal, name):
                signal.setitimer(getattr(signal, name), 0)
        hook = self.shell.displayhook
        self._learner_shows = [
            *((hook, name, getattr(hook, name)) for name in LAST_VALUES),
            *((owner, name, getattr(owner, name)) for owner, name, _ in self._shows),
        ]
        for owner, name, value in self._shows:
            setattr(owner, name, value.copy() if isinstance(value, dict) else value)
        names = vars(self._learner_module)
        names.pop("__warningregistry__", None)  # as for any cell
        self._names = NamesOfACheck(names, keep, answers)
        self._use(self.shell.prepare_user_module(user_ns=self._names)[0])

    def give_back(self) -> None:
        """After a check: the learner's names, and values shown as the learner wants them."""
        for owner, name, value in self._learner_shows:
            setattr(owner, name, value)
        self._learner_shows.clear()
        self._names.give_back()
        self._use(self._learner_module)

    def _use(self, module: types.ModuleType) -> None:
        """Run the next cell among the names of this module."""
        now = {"user_module": module, "user_ns": vars(module)}
        self._settings |= now
        for name, value in now.items():
            setattr(self.shell, name, value)

    def _trusts(self, callback: Any) -> bool:
        function = getattr(callback, "__func__", callback)
        return getattr(function, "__code__", None) in self._trusted_code


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
