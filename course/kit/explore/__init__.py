"""Figures to play with that run the learner's own functions, one for each core idea.

    from course.kit import explore
    explore.columns(im2col)

Each shows sliders and a picture to click on, and calls the functions it was given at every
change. Where no kernel is live, it is a picture.
"""

from course.kit.explore.layers import columns, gradients, shapes, switches
from course.kit.explore.networks import fields, learning_rates, rooflines, valley

__all__ = [
    "columns",
    "fields",
    "gradients",
    "learning_rates",
    "rooflines",
    "shapes",
    "switches",
    "valley",
]
