"""What a namespace, a class or a function was, so that a change can be seen and undone."""

import builtins
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

MISSING = object()
BUILTINS = frozenset(vars(builtins))
HEAP_TYPE, IMMUTABLE_TYPE = 1 << 9, 1 << 8
Aside = list[tuple[Callable[[str, Any], None], str, Any]]  # how to set what again
METHODS = (types.FunctionType, classmethod, staticmethod, property)


class Functions:
    """The code of Python functions: `f.__code__ = g.__code__` changes what f does."""

    def __init__(self) -> None:
        self._known: dict[int, tuple] = {}

    def add(self, name: str, value: Any) -> None:
        """Remember the function, or those that a method or a wrapper is made of."""
        for function in _functions_of(value):
            if id(function) not in self._known:
                self._known[id(function)] = (name, function, *_parts(function))

    def restore(self) -> Iterator[str]:
        """Undo every change; gives the names of the functions that were changed."""
        for name, function, code, defaults, named, contents in self._known.values():
            if (
                function.__code__ is code
                and function.__defaults__ is defaults
                and function.__kwdefaults__ == named
                and (not contents or _contents(function) == contents)
            ):
                continue
            function.__code__ = code
            function.__defaults__ = defaults
            function.__kwdefaults__ = dict(named) if named is not None else None
            for cell, value in zip(
                function.__closure__ or (), contents or (), strict=False
            ):
                if value is not MISSING:
                    cell.cell_contents = value.it
            yield name


class Module:
    """The names of a module that `wanted(name, value)` chooses.

    A new name is a change only where it hides a builtin that the module's functions use.
    """

    def __init__(
        self, module: types.ModuleType, wanted: Callable[[str, Any], bool]
    ) -> None:
        self.name = module.__name__
        self._module, self._kind = module, type(module)
        self._names = vars(module)
        self.kept = {
            name: value for name, value in self._names.items() if wanted(name, value)
        }
        self._not_its_own = builtins_of(module)

    def restore(self, aside: Aside) -> Iterator[str]:
        """Undo every change; gives the names that were changed, and adds them to `aside`."""
        if type(self._module) is not self._kind:
            types.ModuleType.__setattr__(self._module, "__class__", self._kind)
            yield f"{self.name}.__class__"
        names = self._names
        if not names.keys().isdisjoint(self._not_its_own):
            for name in names.keys() & self._not_its_own:
                if names[name] is not vars(builtins)[name]:
                    aside.append((names.__setitem__, name, names.pop(name)))
                    yield f"{self.name}.{name}"
        for name, value in self.kept.items():
            now = names.get(name, MISSING)
            if now is not value:
                names[name] = value
                if now is not MISSING:
                    aside.append((names.__setitem__, name, now))
                yield f"{self.name}.{name}"


class Class:
    """The methods of a class.

    A method that was added is a change too, unless it is a plain function under a name that
    neither the class nor Python itself gives a meaning.
    """

    def __init__(self, kind: type) -> None:
        self._kind, self._bases = kind, kind.__bases__
        self.kept = {
            name: value
            for name, value in vars(kind).items()
            if isinstance(value, METHODS) or callable(value)
        }
        self._others = {
            name: value for name, value in vars(kind).items() if name not in self.kept
        }

    def restore(self, aside: Aside) -> Iterator[str]:
        """Undo every change; gives the methods that were changed, and adds them to `aside`."""
        kind, now = self._kind, vars(self._kind)
        put = partial(setattr, kind)
        if kind.__bases__ != self._bases:
            kind.__bases__ = self._bases
            yield f"{kind.__name__}.__bases__"
        for name, value in self.kept.items():
            changed = now.get(name, MISSING)
            if changed is not value:
                setattr(kind, name, value)
                if changed is not MISSING:
                    aside.append((put, name, changed))
                yield f"{kind.__name__}.{name}"
        added = [
            name
            for name, value in now.items()
            if name not in self.kept
            and value is not self._others.get(name, MISSING)
            and (callable(value) or _is_descriptor(value))
            and not (isinstance(value, types.FunctionType) and self._is_free(name))
        ]
        for name in added:
            aside.append((put, name, now[name]))
            if name in self._others:
                setattr(kind, name, self._others[name])
            else:
                delattr(kind, name)
            yield f"{kind.__name__}.{name}"

    def _is_free(self, name: str) -> bool:
        if name in self._others or name[:2] == "__":
            return False
        return not any(name in vars(kind) for kind in self._kind.__mro__[1:])


def builtins_of(module: types.ModuleType) -> set[str]:
    """Builtins that the module's functions may use: a new name could hide them."""
    used: set[str] = set()
    values = list(vars(module).values())
    for kind in [value for value in values if isinstance(value, type)]:
        values += vars(kind).values()
    functions = (each for value in values for each in _functions_of(value))
    waiting = [each.__code__ for each in functions if each.__globals__ is vars(module)]
    while waiting:
        code = waiting.pop()
        used.update(code.co_names)
        waiting += [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return (BUILTINS & used) - vars(module).keys()


def seal(module: types.ModuleType, wanted: Callable[[str, Any], bool]) -> list[str]:
    """The list to which every later `module.name = value` adds the name, even one undone.

    Names that are not wanted, and hide no builtin, may be set.
    """
    changes: list[str] = []
    kept = (name for name, value in vars(module).items() if wanted(name, value))
    watched = {*kept, *builtins_of(module), "__class__"}

    class Sealed(type(module)):
        def __setattr__(self, name: str, value: Any) -> None:
            if name in watched:
                changes.append(f"{module.__name__}.{name}")
            super().__setattr__(name, value)

    module.__class__ = Sealed
    return changes


def _is_descriptor(value: Any) -> bool:
    """Without a call of anything that the value's class, or the class of it, defines."""
    order = type.__dict__["__mro__"].__get__(type(value))
    return any("__get__" in type.__dict__["__dict__"].__get__(kind) for kind in order)


def can_be_changed(kind: type) -> bool:
    """Whether Python lets anyone set the attributes of the class."""
    flags = kind.__flags__
    return bool(flags & HEAP_TYPE) and not flags & IMMUTABLE_TYPE


class _Same:
    """Equal where it is the same object: arrays in a closure cannot be compared."""

    __slots__ = ("it",)

    def __init__(self, it: Any) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it

    __hash__ = None


def _parts(function: types.FunctionType) -> tuple:
    named = function.__kwdefaults__
    return (
        function.__code__,
        function.__defaults__,
        dict(named) if named is not None else None,
        _contents(function),
    )


def _contents(function: types.FunctionType) -> tuple:
    found = []
    for cell in function.__closure__ or ():
        try:
            found.append(_Same(cell.cell_contents))
        except ValueError:  # still empty
            found.append(MISSING)
    return tuple(found)


def _functions_of(value: Any) -> Iterator[types.FunctionType]:
    if isinstance(value, property):
        inner = (value.fget, value.fset, value.fdel)
    elif isinstance(value, (classmethod, staticmethod)):
        inner = (value.__func__,)
    elif isinstance(value, types.FunctionType):
        yield value
        inner = (value.__dict__.get("__wrapped__"),)
    elif type(value).__name__ in ("_ArrayFunctionDispatcher", "_lru_cache_wrapper"):
        inner = (
            getattr(value, "_implementation", None),
            getattr(value, "__wrapped__", None),
        )
    else:
        return
    for each in inner:
        if each is not None:
            yield from _functions_of(each)
