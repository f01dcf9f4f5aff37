"""JSON that a person can read in a diff: one line per list of numbers."""

import json
from typing import Any


def json_text(value: Any) -> str:
    """Indented JSON in which a list of plain values stays on one line."""
    return _text(value, 0) + "\n"


def _text(value: Any, depth: int) -> str:
    inner = " " * (depth + 1)
    if isinstance(value, dict) and value:
        items = [
            f"{json.dumps(key, ensure_ascii=False)}: {_text(item, depth + 1)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(inner + item for item in items) + f"\n{' ' * depth}}}"
    if isinstance(value, list) and any(
        isinstance(item, (dict, list)) for item in value
    ):
        items = [_text(item, depth + 1) for item in value]
        return "[\n" + ",\n".join(inner + item for item in items) + f"\n{' ' * depth}]"
    return json.dumps(value, ensure_ascii=False)
