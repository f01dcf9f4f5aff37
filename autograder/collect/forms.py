"""What the name of a file says about who handed it in, whatever the platform."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Handed:
    """Whose file it is.

    `key` identifies the learner on that platform, `name` is for people. Files of one `unit`
    were handed in together; of several units for the same lesson the last counts: the
    greatest `timestamp` (when it was handed in, if the name says so), then `order`, then
    what was changed last. Files of one `series` are one file, handed in again. `hints` are
    the names below the learner's that may tell the lesson.
    """

    key: str
    name: str
    unit: str
    series: str
    hints: tuple[str, ...]
    order: int = 0
    late: bool = False
    timestamp: str = ""
