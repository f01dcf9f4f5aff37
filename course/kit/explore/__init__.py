"""Figures to play with that run the learner's own functions, one for each core idea.

    from course.kit import explore
    explore.columns(im2col)

Each shows sliders and a picture to click on, and calls the functions it was given at every
change. Where no kernel is live, it is a picture.
"""

from course.kit.explore.columns import columns
from course.kit.explore.fields import fields
from course.kit.explore.gradients import gradients
from course.kit.explore.learning import learning_rates
from course.kit.explore.rooflines import rooflines
from course.kit.explore.shapes import shapes
from course.kit.explore.switches import switches

__all__ = [
    "columns",
    "fields",
    "gradients",
    "learning_rates",
    "rooflines",
    "shapes",
    "switches",
]
