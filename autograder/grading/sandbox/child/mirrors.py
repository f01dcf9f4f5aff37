"""Things that can change, as both processes hold them: arrays, lists, dicts, generators, layers.

Each side has its own object; `content` says what it holds, `shell` makes an empty one like it
and `fill` puts the content in, in place.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from child.values import ATOMS, Lie, checked_dtype, is_plain

BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
OBJECTS_OF = (
    "course."  # objects of these modules' classes are copied, others are referred to
)
UNCHANGING = frozenset({*ATOMS, int, complex, type})
PIECE = 2**20  # bytes
NOT_OF = "course.kit.check"  # what checks are made of stays where it is


def kind_of(thing: Any) -> str:
    """Which kind of mirror the thing is; empty if it is none."""
    kind = type(thing)
    if kind is np.ndarray:
        return "array" if is_plain(thing.dtype.str) and thing.dtype.itemsize else ""
    if isinstance(thing, list):
        return "list"
    if isinstance(thing, dict):
        return "dict"
    if kind is np.random.Generator:
        name = type(thing.bit_generator).__name__
        return "generator" if name in BIT_GENERATORS else ""
    return "object" if _is_copied(kind) and hasattr(thing, "__dict__") else ""


def _is_copied(kind: type) -> bool:
    module = kind.__module__
    return (
        type(module) is str
        and module.startswith(OBJECTS_OF)
        and not module.startswith(NOT_OF)
        and not issubclass(kind, (type, BaseException))
        and "<locals>" not in kind.__qualname__
    )


def content(thing: Any, encode: Callable) -> list:
    """What the thing holds now."""
    if type(thing) is np.ndarray:
        flags, text, shape = thing.flags, thing.dtype.str, list(thing.shape)
        layout = (
            "C" if flags.c_contiguous else "F" if flags.f_contiguous else _axes(thing)
        )
        return ["array", text, shape, layout, thing.tobytes(), flags.writeable]
    kind = kind_of(thing)
    if kind == "list":
        return [kind, [encode(each) for each in list.__iter__(thing)]]
    if kind == "dict":
        items = list(dict.items(thing))
        return [kind, [[encode(key), encode(value)] for key, value in items]]
    if kind == "generator":
        name = type(thing.bit_generator).__name__
        state = json.dumps(thing.bit_generator.state, default=np.ndarray.tolist)
        return [kind, name, state]
    own = type(thing)
    values = [[key, encode(value)] for key, value in vars(thing).items()]
    return [kind, own.__module__, own.__qualname__, values]


def is_same(thing: Any, before: list | None, encode: Callable) -> bool:
    """Whether this is its content; how an array lies in memory is its own matter.

    A large array is compared piece by piece: a copy of all of it would count as memory of the
    call that is measured meanwhile.
    """
    if type(thing) is not np.ndarray:
        return content(thing, encode) == before
    if before is None or before[1:3] != [thing.dtype.str, list(thing.shape)]:
        return False
    return _has_bytes(thing, before[4])


def _has_bytes(array: np.ndarray, data: bytes) -> bool:
    if array.nbytes <= PIECE:
        return array.tobytes() == data
    size, step = array.itemsize, max(1, PIECE // array.itemsize)
    flat = array.reshape(-1) if array.flags.c_contiguous else array.flat
    return all(
        flat[start : start + step].tobytes()
        == data[start * size : (start + step) * size]
        for start in range(0, array.size, step)
    )


class ArrayMark:
    """What an array holds now."""

    __slots__ = ("data", "dtype", "shape")

    def __init__(self, array: np.ndarray, data: bytes) -> None:
        self.dtype, self.shape, self.data = array.dtype, array.shape, data

    def holds(self, thing: Any) -> bool:
        """Whether it still holds that."""
        return (
            thing.dtype is self.dtype
            and thing.shape == self.shape
            and _has_bytes(thing, self.data)
        )


class Mark:
    """What a list, dict or object refers to now, to see at little cost that it still does.

    Made where all that it holds cannot change, or is `tabled`: a mirror or a reference of its
    own. That an id means the same thing later: what cannot change is kept here, and what is
    tabled lives as long as something that both sides know holds it.
    """

    __slots__ = ("ids", "kept", "kind", "read")
    kind: type
    read: Callable[[Any], list]
    kept: list
    ids: list[int]

    @classmethod
    def of(cls, thing: Any, is_tabled: Callable[[Any], bool]) -> "Mark | None":
        """None where the thing has to be compared in full every time."""
        mark = cls()
        mark.kind, read = type(thing), _READ.get(kind_of(thing))
        if read is None:
            return None
        mark.read, held = read, read(thing)
        mark.kept = [each for each in held if _cannot_change(each)]
        if len(mark.kept) + sum(map(is_tabled, held)) < len(held):
            return None
        mark.ids = list(map(id, held))
        return mark

    def holds(self, thing: Any) -> bool:
        """Whether the thing refers to the same as when the mark was made."""
        return type(thing) is self.kind and list(map(id, self.read(thing))) == self.ids


def mark(
    thing: Any, now: list, is_tabled: Callable[[Any], bool]
) -> Mark | ArrayMark | None:
    """What tells later whether the content is still `now`; None where nothing quick does."""
    if type(thing) is np.ndarray:
        return ArrayMark(thing, now[4])
    return Mark.of(thing, is_tabled)


def _cannot_change(value: Any) -> bool:
    kind = type(value)
    if kind is tuple:
        return all(map(_cannot_change, value))
    return kind in UNCHANGING or (
        isinstance(value, (np.generic, np.dtype)) and kind is not np.void
    )


def _items(names: dict) -> list:
    return [*dict.keys(names), *dict.values(names)]


_READ: dict[str, Callable[[Any], list]] = {
    "list": lambda thing: [*list.__iter__(thing)],
    "dict": _items,
    "object": lambda thing: _items(vars(thing)),
}


def _axes(array: np.ndarray) -> list[int]:
    """The axes from the one with the longest steps to the one with the shortest."""
    steps = [-abs(step) for step in array.strides]
    return [int(axis) for axis in np.argsort(steps, kind="stable")]


def shell(told: list) -> Any:
    """A new thing for this content; `fill` puts into it what refers to other things.

    Raises Lie.
    """
    kind = told[0]
    if kind == "array":
        return _array(*told[1:])
    if kind == "list":
        return []
    if kind == "dict":
        return {}
    if kind == "generator" and told[1] in BIT_GENERATORS:
        return np.random.Generator(getattr(np.random, told[1])(0))
    if kind == "object":
        return object.__new__(_class(*told[1:3]))
    raise Lie("a thing of no known kind")


def _array(
    text: Any, lengths: Any, layout: Any, data: Any, writeable: Any
) -> np.ndarray:
    flat = np.frombuffer(data, checked_dtype(text))
    values = flat.reshape(_shape(lengths))
    if layout == "C":
        array = values.copy()
    elif layout == "F":
        array = values.copy(order="F")
    else:
        if sorted(layout) != list(range(values.ndim)):
            raise Lie("an array of no known layout")
        wide = [values.shape[axis] for axis in layout]
        wide[-1] *= 2  # a view with gaps, as the other one
        array = np.empty(wide, values.dtype)[..., ::2].transpose(np.argsort(layout))
        array[...] = values
    if writeable is not True:
        array.flags.writeable = False
    return array


def _shape(lengths: Any) -> tuple[int, ...]:
    if not all(type(length) is int and length >= 0 for length in lengths):
        raise Lie("an array of no known shape")
    return tuple(lengths)


def fill(
    thing: Any, told: list, decode: Callable, *, is_new: bool, is_ours: bool
) -> None:
    """Put the content into the thing. Raises Lie where it is not one for this thing.

    `is_ours`: a check has made it, and an answer may not replace its methods.
    """
    kind = told[0]
    if is_new and kind == "array":
        return
    if kind != kind_of(thing):
        raise Lie("the content of another kind of thing")
    if kind == "array":
        _, text, lengths, _, data, _ = told
        if thing.dtype.str != text or thing.shape != _shape(lengths):
            raise Lie("an array was given another shape or dtype in place")
        if not thing.flags.writeable:
            raise Lie("an array that is only for reading was changed")
        thing[...] = np.frombuffer(data, thing.dtype).reshape(thing.shape)
    elif kind == "list":
        list.__setitem__(thing, slice(None), [decode(each) for each in told[1]])
    elif kind == "dict":
        items = [(decode(key), decode(value)) for key, value in told[1]]
        dict.clear(thing)
        dict.update(thing, items)
    elif kind == "generator":
        state = json.loads(told[2])
        if state["bit_generator"] != type(thing.bit_generator).__name__:
            raise Lie("the state of another generator")
        thing.bit_generator.state = state
    else:
        if _class(*told[1:3]) is not type(thing):
            raise Lie("an object was given another class")
        values = {str(name): decode(value) for name, value in told[3]}
        kind = type(thing)
        if is_ours and any(callable(getattr(kind, name, None)) for name in values):
            raise Lie("a method of an object of a check was replaced")
        vars(thing).clear()
        vars(thing).update(values)


def restorer(thing: Any) -> Callable[[Any], None]:
    """What gives the thing, when it is handed over, the content that it has now."""
    kind = kind_of(thing)
    if kind == "array":
        kept = thing.copy()
        return lambda array: np.copyto(array, kept)
    if kind == "list":
        items = list(thing)
        return lambda some: list.__setitem__(some, slice(None), items)
    if kind == "generator":
        state = thing.bit_generator.state
        return lambda generator: setattr(generator.bit_generator, "state", state)
    before = dict(thing if kind == "dict" else vars(thing))
    return lambda changed: _set_names(changed, before)


def _set_names(thing: Any, before: dict) -> None:
    names = thing if isinstance(thing, dict) else vars(thing)
    names.clear()
    names.update(before)


def _class(module: Any, name: Any) -> type:
    """A class of the course that this side has, too. Raises Lie."""
    if not (
        type(module) is str and module.startswith(OBJECTS_OF) and type(name) is str
    ):
        raise Lie("a class of no known module")
    if (
        module not in sys.modules
        and module.count(".") == 1
        and module[7:].isidentifier()
    ):
        try:
            import_module(
                module
            )  # another lesson's; the folder holds only the course's own
        except ImportError as error:
            raise Lie(f"a class of {module[:50]}: {error}") from None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = vars(found).get(part) if found is not None else None
    if (
        not isinstance(found, type)
        or found.__module__ != module
        or not _is_copied(found)
    ):
        raise Lie("a class that is not there")
    return found
