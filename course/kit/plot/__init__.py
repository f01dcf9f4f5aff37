"""Figures of the lessons: `from course.kit import plot`, then `plot.sliding_filter(7, 3)`."""

from course.kit.plot.bars import parameter_bars, trace_bars
from course.kit.plot.geometry import (
    depth_parts,
    fit_grid,
    shrinking,
    sliding_filter,
    volumes,
)
from course.kit.plot.style import limits, name_axes, new_axes, new_column, new_row, show

__all__ = [
    "depth_parts",
    "fit_grid",
    "limits",
    "name_axes",
    "new_axes",
    "new_column",
    "new_row",
    "parameter_bars",
    "show",
    "shrinking",
    "sliding_filter",
    "trace_bars",
    "volumes",
]
