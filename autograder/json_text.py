"""JSON that a person can read in a diff: what fits on a line stays on it."""

import json
from typing import Any

WIDTH = 100


def json_text(value: Any) -> str:
    """Indented JSON; a short value, and a list of plain values, takes one line."""
    return _text(value, "") + "\n"


def _text(value: Any, indent: str) -> str:
    line = json.dumps(value, ensure_ascii=False)
    nested = isinstance(value, (dict, list)) and len(line) > WIDTH
    if isinstance(value, list):
        nested &= any(isinstance(item, (dict, list)) for item in value)
    if not nested:
        return line
    inner = indent + " "
    if isinstance(value, dict):
        keys = (f"{json.dumps(key, ensure_ascii=False)}: " for key in value)
        items = [key + _text(item, inner) for key, item in zip(keys, value.values())]
    else:
        items = [_text(item, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(inner + item for item in items)
    return f"{opening}\n{body}\n{indent}{closing}"
