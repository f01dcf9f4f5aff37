"""What took too long to measure on a page: numbers, and beside them the script that made them."""

import json
from pathlib import Path
from typing import Any


def measured(name: str) -> dict[str, Any]:
    """The numbers that `python -m course.kit.measured.NAME` has written down."""
    path = Path(__file__).parent / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def write(name: str, numbers: dict[str, Any]) -> None:
    """Keep the numbers for `measured`."""
    path = Path(__file__).parent / f"{name}.json"
    text = json.dumps(numbers, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
