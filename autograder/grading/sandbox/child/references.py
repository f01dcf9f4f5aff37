"""What stays where it is: functions, classes and other objects, and what can be asked of them."""

import copy
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Any

LONGEST_NAME = 100
LONGEST_TEXT = 10_000  # of repr and str
# Where classes of checks are made: their cells, the course, and the sources of cases.
OF_CHECKS = ("__main__", "course.", "<cases of")
# The special methods that a reference has where the thing itself has them.
SPECIAL = (
    "__call__",
    "__len__",
    "__bool__",
    "__contains__",
    "__iter__",
    "__next__",
    "__getitem__",
    "__setitem__",
    "__float__",
    "__int__",
    "__index__",
    "__enter__",
    "__exit__",
)
# Asked of the object by numpy, inspect and IPython, to look for what a reference cannot give.
NOT_ASKED = (
    "__array",
    "__wrapped__",
    "__signature__",
    "__text_sig",
    "_ipython_",
    "_repr_",
)
CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
    type,
)


class Remote:
    """Something that lives in the other process. `far`: who asks there, and its key."""

    def __init__(self, ask: Callable, key: int, name: str | None) -> None:
        object.__setattr__(self, "_far", (ask, key))
        if name is not None:
            object.__setattr__(self, "__name__", name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(NOT_ASKED):
            raise AttributeError(name)
        return _ask(self, "getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        _ask(self, "delattr", name)

    def _peak_bytes_(self, *values: Any, **named: Any) -> Any:
        """As `course.kit.memory.peak_bytes`, measured there and from outside."""
        bridge = object.__getattribute__(self, "_far")[0].__self__
        return bridge.peak(self, *values, **named)

    def _each_(self, calls: list[tuple]) -> list:
        """What it gives for each of the arguments, as (args, kwargs), in one question."""
        pairs = tuple((args, tuple(named.items())) for args, named in calls)
        return list(_ask(self, "each", pairs))

    def __repr__(self) -> str:
        return _text_of(self, "repr")

    def __str__(self) -> str:
        return _text_of(self, "str")

    def __copy__(self) -> Any:
        return _ask(self, "copy")

    def __deepcopy__(self, memo: dict) -> Any:
        return _ask(self, "deepcopy")

    def __instancecheck__(self, thing: Any) -> bool:
        return _ask(self, "isinstance", thing) is True

    def __subclasscheck__(self, kind: Any) -> bool:
        return _ask(self, "issubclass", kind) is True


def key_of(reference: Remote) -> int:
    """The key that the other process knows it by."""
    return object.__getattribute__(reference, "_far")[1]


def _ask(reference: Remote, what: str, *values: Any, **named: Any) -> Any:
    __tracebackhide__ = True
    ask = object.__getattribute__(reference, "_far")[0]
    return ask(what, reference, *values, **named)


def _text_of(reference: Remote, what: str) -> str:
    try:
        return _ask(reference, what)
    except AttributeError:  # a check does not say
        return f"<{type(reference).__name__} of a check>"


def described(thing: Any) -> list:
    """What the other process is told of the thing: name of its type, its own, its methods."""
    own = thing.__dict__.get("__name__") if isinstance(thing, Remote) else None
    own = own or getattr(thing, "__name__", None) if isinstance(thing, CODE) else own
    own = own[:LONGEST_NAME] if type(own) is str else None
    kind = type(thing)
    methods = {name for each in kind.__mro__ for name in vars(each)}
    special = [place for place, name in enumerate(SPECIAL) if name in methods]
    return [kind.__name__[:LONGEST_NAME], own, special]


def remote(ask: Callable, key: int, told: list) -> Remote:
    """A reference to what the other process has described. Raises ValueError."""
    kind, own, special = told
    if type(kind) is not str or type(own) not in (str, type(None)):
        raise ValueError("a reference without a name")
    return _class(kind[:LONGEST_NAME], tuple(special))(ask, key, own)


@lru_cache(maxsize=1000)
def _class(name: str, special: tuple[int, ...]) -> type:
    methods = {SPECIAL[place]: _method(SPECIAL[place]) for place in special}
    return type(name, (Remote,), methods)


def _method(name: str) -> Callable:
    def method(self: Remote, *values: Any, **named: Any) -> Any:
        __tracebackhide__ = True
        return _ask(self, name, *values, **named)

    method.__name__ = name
    return method


def perform(what: str, thing: Any, *values: Any, **named: Any) -> Any:
    """Do with the thing what was asked. Raises what that raises."""
    __tracebackhide__ = True
    if what in SPECIAL:
        if what == "__call__":
            return thing(*values, **named)
        return getattr(type(thing), what)(thing, *values)
    result = ASKED[what](thing, *values, **named)
    return result[:LONGEST_TEXT] if what in ("repr", "str") else result


class Held:
    """What a call gave, kept where it is until it is asked for."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _peak(function: Any, *values: Any, **named: Any) -> Any:
    from course.kit.memory import peak_bytes

    result, most = peak_bytes(function, *values, **named)
    return Held(result), most


def _each(function: Any, calls: tuple) -> tuple:
    __tracebackhide__ = True
    found = []
    for args, named in calls:
        found.append(function(*args, **dict(named)))
    return tuple(found)


ASKED: dict[str, Callable] = {
    "peak": _peak,
    "each": _each,
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "repr": repr,
    "str": str,
    "isinstance": lambda kind, thing: isinstance(thing, kind),
    "issubclass": lambda kind, other: issubclass(other, kind),
}


def refuse_to_expose(what: str, thing: Any, *values: Any, **_: Any) -> None:
    """What code of a student may not ask of a thing of the checks. Raises AttributeError.

    Functions can be called, objects can be copied and have attributes, and that is all.
    """
    __tracebackhide__ = True
    if what in ("__call__", "copy", "deepcopy"):
        return
    own = type(thing).__module__
    is_of_a_check = str(own).startswith(OF_CHECKS)
    asks_name = what in ("getattr", "setattr", "delattr")
    if isinstance(thing, CODE) or not (what in SPECIAL or is_of_a_check):
        raise AttributeError("a function of a check can be called, and nothing else")
    if not asks_name and what not in SPECIAL:
        raise AttributeError(f"no {what} of an object of a check")
    if not asks_name:
        return
    name = values[0]
    if type(name) is not str or name.startswith(("__", "_answers__")):
        raise AttributeError(f"an object of a check has no attribute {name!r}")
    if what != "getattr" and callable(getattr(type(thing), name, None)):
        raise AttributeError(f"{name} of an object of a check is a method")
