"""A call that is written down before it is made.

In a task's cases `conv_forward(x, w, b)[0]` is no result but a note of what to do: it can be
shown as text, made with the learner's function, with the reference, or with a known mistake,
each time with fresh copies of its arrays.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from types import FunctionType
from typing import Any

import numpy as np

ATOMS = (type(None), bool, int, float, str)
PLAIN = (type(None), bool, int, float, complex, str, bytes, list, tuple, dict, slice)
TYPED = (*PLAIN, np.ndarray, np.generic, np.dtype, type)  # what can be written out
SMALL = 16  # an array of so many numbers is written out


class Expression:
    """A name, a call, an item or an attribute; what is done to it gives a longer one."""

    __slots__ = ("_found", "_parts")
    __iter__ = None  # no `for`, no unpacking: how many there are is not known yet

    def __init__(self, *parts: Any) -> None:
        self._parts = parts
        self._found: list[Any] | None = None  # of `once`: with which names, what came

    def __call__(self, *args: Any, **kwargs: Any) -> "Expression":
        return Expression("call", self, args, kwargs)

    def __getitem__(self, index: Any) -> "Expression":
        return Expression("item", self, index)

    def __getattr__(self, name: str) -> "Expression":
        if name.startswith("__"):
            raise AttributeError(name)
        return Expression("attribute", self, name)

    def __bool__(self) -> bool:
        raise TypeError("a call that has not been made yet is neither true nor false")


class NoPair(TypeError):
    """One thing came back where several are wanted; holds what came."""

    def __init__(self, function: str, value: Any) -> None:
        super().__init__(f"{function} returned one thing where several are wanted")
        self.function, self.value = function, value


def named(name: str) -> Expression:
    """The function, class or value that the learner has under this name."""
    return Expression("name", name)


def kept(name: str, value: Any) -> Expression:
    """What is made once and used again, such as a layer: `(layer := Dense(2, 1))`.

    An array that lies in a tuple has no parameter's name; this gives it one.
    """
    return Expression("kept", name, value)


def once(call: Expression) -> Expression:
    """The call, made once for all cases that take something from what it gives."""
    call._found = []
    return call


def steps(*parts: Any) -> Expression:
    """One after the other; the last gives the result: `[a, b, c][-1]`."""
    return Expression("item", [*parts], -1)


@dataclass
class Made:
    """What came of an expression, and its arrays: as they were given, and as they are now."""

    value: Any
    arrays: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> int | None:
        """The number of the first array that was changed in place."""
        for index, (before, after) in enumerate(self.arrays):
            if before.shape != after.shape or before.tobytes() != after.tobytes():
                return index
        return None


def make(expression: Any, given: Mapping[str, Any]) -> Made:
    """Do what the expression says, with what the names stand for, on fresh arrays."""
    made = Made(None)
    made.value = _make(expression, given, made)
    return made


def _make(part: Any, given: Mapping[str, Any], made: Made) -> Any:
    if isinstance(part, np.ndarray):
        made.arrays.append((part, fresh(part)))
        return made.arrays[-1][1]
    if isinstance(part, (list, tuple)):
        found = _in_one_question(part, given)
        if found is not None:
            return type(part)(found)
        return type(part)(_make(each, given, made) for each in part)
    if isinstance(part, dict):
        return {key: _make(each, given, made) for key, each in part.items()}
    if not isinstance(part, Expression):
        return copy.deepcopy(part)
    if part._found is None:
        return _make_anew(part, given, made)
    if not part._found or part._found[0] is not given:
        part._found[:] = given, _apart(_make_anew(part, given, made))
    return part._found[1]


def _apart(value: Any) -> Any:
    """The value with arrays of its own, which nobody changes later and nobody need compare."""
    if type(value) is np.ndarray:
        return value.copy(order="K")
    if type(value) in (list, tuple):
        return type(value)(map(_apart, value))
    if type(value) is dict:
        return {key: _apart(each) for key, each in value.items()}
    return value


def _make_anew(part: Expression, given: Mapping[str, Any], made: Made) -> Any:
    what, *rest = part._parts
    if what == "name":
        return given[rest[0]]
    if what == "kept":
        if rest[0] not in made.kept:
            made.kept[rest[0]] = _make(rest[1], given, made)
        return made.kept[rest[0]]
    value = _make(rest[0], given, made)
    if what == "call":
        args, kwargs = (_make(each, given, made) for each in rest[1:])
        return value(*args, **kwargs)
    if what == "attribute":
        return getattr(value, rest[1])
    several = isinstance(value, (list, tuple, dict))
    if type(rest[1]) is int and not several and rest[0]._parts[0] == "call":
        raise NoPair(text(rest[0]._parts[1]), value)
    return value[rest[1]]


def _plain_call(part: Any) -> tuple[str, tuple, dict] | None:
    """Name and arguments of a call that is given nothing but numbers and text; else None."""
    if not isinstance(part, Expression) or part._parts[0] != "call":
        return None
    _, head, args, kwargs = part._parts
    if not isinstance(head, Expression) or head._parts[0] != "name":
        return None
    plain = all(type(each) in ATOMS for each in (*args, *kwargs.values()))
    return (head._parts[1], args, kwargs) if plain else None


def _in_one_question(parts: Sequence[Any], given: Mapping[str, Any]) -> list | None:
    """What many plain calls of one function give, if it is one of another process.

    As while grading, where to ask hundreds of times takes longer than to answer. Else None.
    """
    calls = [call for call in map(_plain_call, parts) if call is not None]
    if len(parts) < 2 or len(calls) < len(parts):
        return None
    if len({name for name, _, _ in calls}) > 1:
        return None
    function = given[calls[0][0]]
    each = getattr(type(function), "_each_", None)
    return each and each(function, [(args, kwargs) for _, args, kwargs in calls])


def fresh(array: np.ndarray) -> np.ndarray:
    """A copy with the same order of axes in memory; one with gaps has gaps again."""
    if array.flags.c_contiguous or array.flags.f_contiguous or array.base is None:
        return array.copy(order="K")
    return strided(array)


def strided(array: np.ndarray) -> np.ndarray:
    """A copy that is not contiguous: between its numbers lie others, which nobody should read."""
    if array.ndim == 0:
        return array.copy()
    kind = array.dtype.kind
    gap = np.nan if kind == "f" else 0 if kind == "b" else np.iinfo(array.dtype).min
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), gap, array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def functions_in(part: Any) -> Iterator[str]:
    """The names that an expression uses, in the order in which they stand."""
    for each in _walk(part):
        if isinstance(each, Expression) and each._parts[0] == "name":
            yield each._parts[1]


def arrays_in(part: Any, parameters: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The arrays of an expression that are too large to write out, by a name for each.

    The name is that of the function's parameter, with a number where two have the same.
    """
    found: dict[str, np.ndarray] = {}
    for array, name in _named_arrays(part, "x", parameters):
        small = 0 < array.size <= SMALL and array.flags.c_contiguous
        small = small and bool(np.isfinite(array).all())
        if small or any(array is each for each in found.values()):
            continue
        free, number = name, 2
        while free in found:
            free, number = f"{name}{number}", number + 1
        found[free] = array
    return found


def not_typed_in(part: Any, parameters: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """`arrays_in`, and what else cannot be typed: generators, networks, the check's functions."""
    found: dict[str, Any] = dict(arrays_in(part, parameters))
    for each in _walk(part):
        if isinstance(each, np.random.Generator):
            found.setdefault("rng", each)
        elif isinstance(each, FunctionType):
            found.setdefault(each.__name__, each)
        elif not isinstance(each, (*TYPED, Expression)):
            found.setdefault(type(each).__name__.lower(), each)
    return found


def parameter_names(part: Any, parameters: Mapping[str, Sequence[str]]) -> list[str]:
    """What each array of an expression is called by the function that it is given to."""
    return [name for _, name in _named_arrays(part, "x", parameters)]


def arguments_of(part: Any, parameters: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What one call of a function is given, by parameter; {} where the part is another thing.

    `f(x, 3)` and `f(x, 3)[0]` are one call of f.
    """
    parts = part._parts if isinstance(part, Expression) else ("",)
    if parts[0] == "item" and parts[2] == 0 and isinstance(parts[1], Expression):
        parts = parts[1]._parts
    if parts[0] != "call" or not isinstance(parts[1], Expression):
        return {}
    what, name, *_ = parts[1]._parts
    if what != "name":
        return {}
    return dict(zip(parameters.get(name, ()), parts[2])) | parts[3]


def text(part: Any, parameters: Mapping[str, Sequence[str]] = {}) -> str:
    """The expression as one would type it; what cannot be typed by the names of `not_typed_in`."""
    return texts([part], parameters)[0]


def texts(
    parts: Sequence[Any], parameters: Mapping[str, Sequence[str]], example: str = ""
) -> list[str]:
    """Several expressions as one would type them, with the same names for the same things.

    `example` is what has these names as attributes: "example" gives "example.x".
    """
    before = f"{example}." if example else ""
    things = not_typed_in([*parts], parameters)
    names = {id(thing): before + name for name, thing in things.items()}
    return [_text(part, names, _used_twice(part)) for part in parts]


def _used_twice(part: Any) -> dict[str, bool]:
    """What is kept and used more than once, and that it has not been given its name so far."""
    kept = [each._parts[1] for each in _walk(part) if _is_kept(each)]
    return {name: False for name in kept if kept.count(name) > 1}


def _is_kept(part: Any) -> bool:
    return isinstance(part, Expression) and part._parts[0] == "kept"


def _text(part: Any, names: Mapping[int, str], kept: dict[str, bool]) -> str:
    if id(part) in names:
        return names[id(part)]
    if not isinstance(part, Expression):
        if type(part) in (list, tuple):
            inner = ", ".join(_text(each, names, kept) for each in part)
            comma = "," if type(part) is tuple and len(part) == 1 else ""
            return f"[{inner}]" if type(part) is list else f"({inner}{comma})"
        if type(part) is dict:
            pairs = (
                f"{key!r}: {_text(each, names, kept)}" for key, each in part.items()
            )
            return f"{{{', '.join(pairs)}}}"
        return _value_text(part)
    what, *rest = part._parts
    if what == "name":
        return rest[0]
    if what == "kept":
        name, value = rest
        if isinstance(value, np.ndarray):
            return _text(value, names, kept)
        if kept.get(name):
            return name
        written = _text(value, names, kept)
        if name in kept:
            kept[name], written = True, f"({name} := {written})"
        return written
    head = _text(rest[0], names, kept)
    if what == "item":
        return f"{head}[{rest[1]!r}]"
    if what == "attribute":
        return f"{head}.{rest[1]}"
    args = [_text(each, names, kept) for each in rest[1]]
    args += [f"{name}={_text(each, names, kept)}" for name, each in rest[2].items()]
    return f"{head}({', '.join(args)})"


def _value_text(value: Any) -> str:
    """A value that is written out: `np.array([1.0, 2.0])`, `np.float32(0.5)`, `'relu'`."""
    if isinstance(value, np.ndarray):
        dtype = "" if value.dtype in (np.float64, np.int64) else f", np.{value.dtype}"
        return f"np.array({value.tolist()}{dtype})"
    if isinstance(value, np.generic):
        return f"np.{value.dtype}({value.item()!r})"
    if isinstance(value, type):
        numpys = value.__module__ == "numpy"
        return f"np.{value.__name__}" if numpys else value.__name__
    return repr(value)


def _named_arrays(
    part: Any, name: str, parameters: Mapping[str, Sequence[str]]
) -> Iterator[tuple[np.ndarray, str]]:
    """Every array, in the order in which `make` copies them."""
    if isinstance(part, np.ndarray):
        yield part, name
    elif isinstance(part, (list, tuple)):
        for each in part:
            yield from _named_arrays(each, name, parameters)
    elif isinstance(part, dict):
        for key, each in part.items():
            yield from _named_arrays(each, str(key), parameters)
    elif isinstance(part, Expression) and part._parts[0] != "name":
        what, head, *rest = part._parts
        if what == "kept":
            yield from _named_arrays(rest[0], head, parameters)
            return
        yield from _named_arrays(head, name, parameters)
        if what == "call":
            known = [*_parameters_of(head, parameters), *[name] * len(rest[0])]
            for own, each in zip(known, rest[0]):
                yield from _named_arrays(each, own, parameters)
            for key, each in rest[1].items():
                yield from _named_arrays(each, key, parameters)


def _parameters_of(head: Any, parameters: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The parameters of what a call calls: a function, a method, or one of the check's own."""
    if not isinstance(head, Expression):
        return [*signature(head).parameters]
    what, *rest = head._parts
    name = {"name": rest[0], "attribute": rest[-1]}.get(what, "")
    return parameters.get(name, ())


def _walk(part: Any) -> Iterator[Any]:
    """The part, and all that is in it, in the order in which it is written."""
    waiting = [part]
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, (list, tuple)):
            waiting += reversed(each)
        elif isinstance(each, dict):
            waiting += reversed(each.values())
        elif isinstance(each, Expression):
            waiting += reversed(each._parts[1:])
