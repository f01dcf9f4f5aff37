"""What is given in a task so that its own lines can be about input that makes sense.

A learner's function starts with one of those that refuse what does not: they raise ValueError
and say what was given. A layer pattern, a line such as "INPUT -> [CONV -> RELU -> POOL]*2 -> FC",
comes cut into words and signs, and with a message that points at one of them.
"""

import re
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any, NamedTuple

# Keys of a layer's description: those that must be there, those that may.
LAYER_KEYS = {
    "conv": ({"filters", "size"}, {"stride", "padding"}),
    "relu": (set(), set()),
    "pool": (set(), {"size", "stride"}),
    "fc": ({"outputs"}, set()),
}


_TOKEN = re.compile(r"->|[A-Za-z_]+|\d+|\S")


def require_counts(lowest: int = 1, **counts: int) -> None:
    """Raise ValueError unless every count is a whole number, `lowest` or more."""
    for name, count in counts.items():
        if not isinstance(count, Integral) or count < lowest:
            raise ValueError(
                f"{name} is {count!r}: it must be a whole number, {lowest} or more"
            )


def require_window(size: int, filter_size: int, stride: int, padding: int) -> None:
    """Raise ValueError unless the four are counts and the filter fits once at least."""
    require_counts(size=size, filter_size=filter_size, stride=stride)
    require_counts(lowest=0, padding=padding)
    if filter_size > size + 2 * padding:
        raise ValueError(
            "the filter is larger than the padded row: "
            + suggest_sizes(size, filter_size, stride, padding)
        )


def require_layers(
    layers: Iterable[Mapping], kinds: Mapping[str, tuple[set, set]] = LAYER_KEYS
) -> None:
    """Raise ValueError for a layer of an unknown type or with a wrong set of keys.

    `kinds` maps each known type to its keys: those that must be there, those that may.
    """
    for index, layer in enumerate(layers):
        kind: Any = layer.get("type")
        if kind not in kinds:
            raise ValueError(
                f"layer {index} has the type {kind!r}; known are {_words(kinds)}"
            )
        needed, optional = kinds[kind]
        missing = needed - set(layer)
        unknown = set(layer) - needed - optional - {"type", "name"}
        if missing or unknown:
            raise ValueError(
                f"layer {index}, {kind}: "
                + "; ".join(
                    f"{problem} {_words(keys)}"
                    for problem, keys in (("missing", missing), ("unknown", unknown))
                    if keys
                )
            )


def suggest_sizes(size: int, filter_size: int, stride: int, padding: int) -> str:
    """The sentence for a ValueError: what does not fit, and what is nearest and does."""

    def lands(some_stride: int, some_padding: int) -> bool:
        rest = size + 2 * some_padding - filter_size
        return rest >= 0 and rest % some_stride == 0

    longest = max(size + 2 * padding - filter_size, 1)
    strides = [
        _nearest(range(stride - 1, 0, -1), lambda s: lands(s, padding)),
        _nearest(range(stride + 1, longest + 1), lambda s: lands(s, padding)),
    ]
    paddings = [
        _nearest(range(padding - 1, -1, -1), lambda p: lands(stride, p)),
        _nearest(
            range(padding + 1, padding + filter_size + stride + 1),
            lambda p: lands(stride, p),
        ),
    ]
    rest = size - filter_size + 2 * padding
    reason = f"not a multiple of {stride}" if rest >= 0 else "below 0"
    return (
        f"size {size}, filter_size {filter_size}, stride {stride}, padding {padding} "
        f"do not fit: {size} - {filter_size} + 2*{padding} = {rest} is {reason}. "
        f"With padding {padding}, {_advice('stride', strides)}; "
        f"with stride {stride}, {_advice('padding', paddings)}"
    )


def _nearest(candidates, fits) -> int | None:
    return next((candidate for candidate in candidates if fits(candidate)), None)


def _advice(name: str, values: list) -> str:
    found = " or ".join(str(value) for value in values if value is not None)
    return f"{name} {found} fits" if found else f"no {name} fits"


def _words(names: Iterable) -> str:
    return ", ".join(repr(name) for name in sorted(names))


class Token(NamedTuple):
    """A word, a number or a sign of a pattern. At the end there is one with the text ""."""

    text: str  # words in capitals
    place: int  # of its first character in the pattern, from 0


def tokens(pattern: str) -> list[Token]:
    """The pattern cut into words, numbers and signs; the last one, "", stands for its end.

    Signs are "->" and single characters. Nothing is refused here: a character that has no
    meaning is a sign of its own.
    """
    found = [Token(m.group().upper(), m.start()) for m in _TOKEN.finditer(pattern)]
    return [*found, Token("", len(pattern))]


def point_at(pattern: str, place: int, reason: str) -> str:
    """A message in three lines: the reason, the pattern, and a caret below one character.

    `place` counts the characters of the pattern from 0; len(pattern) is behind its end.
    """
    return f"{reason}\n  {pattern}\n  {' ' * place}^"
