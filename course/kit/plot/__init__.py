"""Figures of the lessons: `from course.kit import plot`, then `plot.sliding_filter(7, 3)`."""

from course.kit.plot.architectures import (
    cost_bars,
    costs_and_scores,
    depth_lines,
    named_points,
    network_volumes,
    score_map,
)
from course.kit.plot.curves import (
    error_against_step,
    loss_lines,
    slopes_at_kink,
    training_curves,
    transfer_lines,
    tuning_lines,
)
from course.kit.plot.fields import (
    dilated_windows,
    field_pyramid,
    growth,
    seen_pixels,
)
from course.kit.plot.geometry import (
    depth_parts,
    fit_grid,
    parameter_bars,
    shrinking,
    sliding_filter,
    trace_bars,
    volumes,
)
from course.kit.plot.graphs import backward_slide, computation, wirings
from course.kit.plot.grids import Cells, cells
from course.kit.plot.im2col import column_matrix, roofline, step_times
from course.kit.plot.inspection import (
    activation_columns,
    filters_before_after,
    occlusion_heat,
    patch_rows,
    saliency_maps,
    unit_and_field,
)
from course.kit.plot.pictures import (
    activation_image,
    contact_sheet,
    filter_maps,
    filter_patch,
    number_grid,
    number_grids,
    picture,
)
from course.kit.plot.pooling import pooled_pictures, random_windows, switches
from course.kit.plot.style import limits, name_axes, new_axes, new_column, new_row, show
from course.kit.plot.training import (
    accuracy_gap,
    by_depth,
    confusion,
    rate_scores,
    remedies,
    schedules,
)
from course.kit.plot.window import window_step

__all__ = [
    "Cells",
    "accuracy_gap",
    "activation_columns",
    "activation_image",
    "backward_slide",
    "by_depth",
    "cells",
    "column_matrix",
    "computation",
    "confusion",
    "contact_sheet",
    "cost_bars",
    "costs_and_scores",
    "depth_lines",
    "depth_parts",
    "dilated_windows",
    "error_against_step",
    "field_pyramid",
    "filter_maps",
    "filter_patch",
    "filters_before_after",
    "fit_grid",
    "growth",
    "limits",
    "loss_lines",
    "name_axes",
    "named_points",
    "network_volumes",
    "new_axes",
    "new_column",
    "new_row",
    "number_grid",
    "number_grids",
    "occlusion_heat",
    "parameter_bars",
    "patch_rows",
    "picture",
    "pooled_pictures",
    "random_windows",
    "rate_scores",
    "remedies",
    "roofline",
    "saliency_maps",
    "schedules",
    "score_map",
    "seen_pixels",
    "show",
    "shrinking",
    "sliding_filter",
    "slopes_at_kink",
    "step_times",
    "switches",
    "trace_bars",
    "training_curves",
    "transfer_lines",
    "tuning_lines",
    "unit_and_field",
    "volumes",
    "window_step",
    "wirings",
]
