"""What the learner is given: build a module, check an answer, draw a picture."""

from course.kit.build import build

# `from course.kit import check` finds the module of that name. It needs numpy, and
# `course doctor` must run where numpy is broken: so it is not imported here.
__all__ = ["NotBuiltYet", "build", "check"]


class NotBuiltYet(NotImplementedError):
    """Raised by the stub of a function or class that a later, or unfinished, lesson builds."""
