"""What is known about a published network, beside its layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Layer = Mapping[str, Any]


@dataclass(frozen=True)
class Architecture:
    """A network as data, and the count of its parameters that somebody else published."""

    name: str
    year: int
    input_shape: tuple[int, int, int]  # C, H, W
    layers: list[Layer]
    parameters: int  # as published, to the last one
    source: str  # of that number
    paper: str
    note: str  # how the data, or the number, differs from the paper, and why
