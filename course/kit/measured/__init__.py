"""What took too long to measure on a page: numbers, and beside them the script that made them."""

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np


def measured(name: str) -> dict[str, Any]:
    """The numbers that a script of this folder has written down; "made by" says which."""
    path = Path(__file__).parent / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def write(name: str, numbers: dict[str, Any]) -> None:
    """Keep the numbers for `measured`, with what made them."""
    made = {
        "made by": f"python -m course.kit.measured.{name}",
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    }
    path = Path(__file__).parent / f"{name}.json"
    text = json.dumps(made | numbers, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
