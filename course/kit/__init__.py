"""What the learner is given: build a module, check an answer, draw a picture."""

from course.kit import check
from course.kit.build import build
from course.kit.not_built import NotBuiltYet

__all__ = ["NotBuiltYet", "build", "check"]
