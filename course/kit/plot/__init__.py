"""Figures of the lessons: `from course.kit import plot`, then `plot.sliding_filter(7, 3)`."""

from course.kit.plot.architectures import (
    cost_bars,
    growth,
    network_volumes,
    score_map,
    seen_pixels,
)
from course.kit.plot.convolution import (
    activation_image,
    filter_maps,
    filter_patch,
    number_grid,
    number_grids,
    picture,
)
from course.kit.plot.faster import roofline
from course.kit.plot.geometry import (
    depth_parts,
    fit_grid,
    parameter_bars,
    shrinking,
    sliding_filter,
    trace_bars,
    volumes,
)
from course.kit.plot.gradients import error_against_step, slopes_at_kink
from course.kit.plot.im2col import column_matrix, step_times
from course.kit.plot.inspection import (
    activation_columns,
    filters_before_after,
    occlusion_heat,
    patch_rows,
    saliency_maps,
    unit_and_field,
)
from course.kit.plot.pictures import contact_sheet
from course.kit.plot.pooling import pooled_pictures, random_windows, switches
from course.kit.plot.style import limits, name_axes, new_axes, new_column, new_row, show
from course.kit.plot.training import (
    accuracy_gap,
    by_depth,
    confusion,
    loss_lines,
    rate_scores,
    remedies,
    schedules,
    training_curves,
    transfer_lines,
)
from course.kit.plot.window import window_step

__all__ = [
    "accuracy_gap",
    "activation_columns",
    "activation_image",
    "by_depth",
    "column_matrix",
    "confusion",
    "contact_sheet",
    "cost_bars",
    "depth_parts",
    "error_against_step",
    "filter_maps",
    "filter_patch",
    "filters_before_after",
    "fit_grid",
    "growth",
    "limits",
    "loss_lines",
    "name_axes",
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
    "unit_and_field",
    "volumes",
    "window_step",
]
