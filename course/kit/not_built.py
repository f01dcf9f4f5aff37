"""What stands in `course` where the learner has not built a module yet."""


class NotBuiltYet(NotImplementedError):
    """Raised by the stub of a function or class that a later, or unfinished, lesson builds."""
