"""What the learner is given: build a module, check an answer, draw a picture."""

from course.kit.build import build

# `from course.kit import check` finds the module of that name. It needs numpy, and
# `course doctor` must run where numpy is broken: so it is not imported here.
__all__ = ["NotBuiltYet", "UsageError", "build", "check"]


class NotBuiltYet(NotImplementedError):
    """Raised by the stub of a function or class that a later, or unfinished, lesson builds."""


class UsageError(Exception):
    """Says what was given, what was wanted and what to do. Nothing was changed.

    The one error for bad input: a command prints it as one line and ends with exit code 2.
    """

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message is for the reader, the frames are not."""
        return [f"Refused: {self}"]
