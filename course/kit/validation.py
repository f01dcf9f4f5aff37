"""Lines that are given in a task: they refuse input that makes no sense.

A learner's function starts with one of them, so that its other lines can be about the
input that does make sense. All of them raise ValueError and say what was given.
"""

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

# Keys of a layer's description: those that must be there, those that may.
LAYER_KEYS = {
    "conv": ({"filters", "size"}, {"stride", "padding"}),
    "relu": (set(), set()),
    "pool": (set(), {"size", "stride"}),
    "fc": ({"outputs"}, set()),
}


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
