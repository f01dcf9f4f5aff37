"""Plain values as they cross between the answers' process and the checks': msgpack, no code.

What is not plain (arrays, lists, functions, ...) goes through `exchange.py`. Nothing here
imports or calls anything by a name that the other side says, but for the few in `NAMED`.
"""

import builtins
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePath
from typing import Any

import msgpack
import numpy as np

ATOMS = frozenset({type(None), bool, float, str, bytes})
DTYPE = re.compile(r"[<>|=](?:[biufcSU]\d{1,9}|[mM]8(?:\[\d{0,4}[a-zA-Z]{1,7}\])?)")
DEEPEST = 60  # levels of tuples in tuples
# What both sides have and may name: types of plain values and of errors, and the functions
# of numpy that have no code. To call one of them does nothing but compute.
PLAIN = (bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset)
NAMED: dict[str, Any] = {
    f"{module.__name__}.{name}": value
    for module in (builtins, np)
    for name, value in vars(module).items()
    if isinstance(value, np.ufunc)
    or (
        isinstance(value, type)
        and issubclass(value, (*PLAIN, BaseException, np.generic))
    )
}
_NAMES = {id(value): name for name, value in NAMED.items()}


@lru_cache(maxsize=1000)
def is_plain(dtype: str) -> bool:
    """Whether it names one of numpy's own dtypes, without objects and fields."""
    return DTYPE.fullmatch(dtype) is not None


class Lie(ValueError):
    """A message that this program does not send."""


def pack(message: list) -> bytes:
    """The bytes of a message that is made of encoded values."""
    return msgpack.packb(message, unicode_errors="surrogatepass")


def unpack(data: bytes | memoryview) -> Any:
    """The message in these bytes. Raises Lie."""
    try:
        return msgpack.unpackb(data, unicode_errors="surrogatepass")
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise Lie(f"no message: {type(error).__name__}") from None


def encode(value: Any, other: Callable[[Any], list], depth: int = 0) -> Any:
    """The value as msgpack can pack it; `other` encodes what is not plain."""
    kind = type(value)
    if kind in ATOMS:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else ["int", hex(value)]
    if kind in (tuple, frozenset, set):
        if depth > DEEPEST:
            raise ValueError("tuples that are nested too deeply")
        return [kind.__name__, [encode(each, other, depth + 1) for each in value]]
    if kind is complex:
        return ["complex", value.real, value.imag]
    if isinstance(value, np.generic) and is_plain(value.dtype.str):
        return ["scalar", value.dtype.str, value.tobytes()]
    if kind is slice:
        parts = (value.start, value.stop, value.step)
        return ["slice", [encode(each, other, depth + 1) for each in parts]]
    if kind is range:
        parts = (value.start, value.stop, value.step)
        return ["range", [encode(each, other) for each in parts]]
    if value is Ellipsis or value is NotImplemented:
        return ["named", f"builtins.{value!r}"]
    if isinstance(value, np.dtype) and is_plain(value.str):
        return ["dtype", value.str]
    if isinstance(value, PurePath):
        return ["path", str(value)]
    if id(value) in _NAMES:
        return ["named", _NAMES[id(value)]]
    return other(value)


def decode(data: Any, other: Callable[[list], Any], depth: int = 0) -> Any:
    """The value that was encoded; `other` decodes what is not plain. Raises Lie."""
    kind = type(data)
    if kind in ATOMS or kind is int:
        return data
    if kind is not list or not data or type(data[0]) is not str or depth > DEEPEST + 2:
        raise Lie("a value of no known form")
    make = _MAKE.get(data[0])
    if make is None:
        return other(data)
    try:
        return make(*data[1:], again=lambda each: decode(each, other, depth + 1))
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise Lie(f"a bad {data[0]}: {error}") from None


def checked_dtype(text: Any) -> np.dtype:
    """One of numpy's own dtypes, without objects and fields. Raises Lie."""
    if type(text) is not str or not is_plain(text):
        raise Lie("a dtype of no known form")
    return np.dtype(text)


def _scalar(dtype: Any, content: Any, **_: Any) -> Any:
    kind = checked_dtype(dtype)
    if type(content) is not bytes or len(content) != kind.itemsize:
        raise Lie("a number of another size than its dtype has")
    return np.frombuffer(content or bytes(4), kind)[0] if content else kind.type()


def _sequence(kind: type) -> Callable:
    def make(items: list, *, again: Callable) -> Any:
        return kind([again(each) for each in items])

    return make


def _of_parts(kind: type) -> Callable:
    def make(parts: list, *, again: Callable) -> Any:
        return kind(*(again(each) for each in parts))

    return make


def _path(text: str, **_: Any) -> Any:
    from pathlib import Path

    return Path(text)


_MAKE: dict[str, Callable] = {
    "int": lambda text, **_: int(text, 16),
    "tuple": _sequence(tuple),
    "set": _sequence(set),
    "frozenset": _sequence(frozenset),
    "complex": lambda real, imag, **_: complex(real, imag),
    "scalar": _scalar,
    "slice": _of_parts(slice),
    "range": _of_parts(range),
    "dtype": lambda text, **_: checked_dtype(text),
    "path": _path,
    "named": lambda name, **_: NAMED[name],
}
NAMED |= {"builtins.Ellipsis": Ellipsis, "builtins.NotImplemented": NotImplemented}
