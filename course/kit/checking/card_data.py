"""What a failed check says, as data: for `course check`, for grading and for the report.

It travels beside the card's text and HTML, under a media type of its own, so that nobody has
to read it out of sentences.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

MEDIA_TYPE = "application/vnd.course.check+json"
LONGEST_TEXT = 20_000  # characters
MOST_TEXTS = 200


@dataclass(frozen=True)
class Told:
    """One failure. `text` is all of it, as a terminal shows it.

    `what` is wrong in the case named `case`, which is number `index` of the `cases` of `task`,
    of which `right` are right; a single check has neither task nor index. `phrases` are the
    known mistakes that it looks like. `error` is the class of the error that the learner's code
    raised, if any, and `undefined` the name behind a NameError.
    """

    case: str
    what: str
    task: str = ""
    index: int = -1
    cases: int = 1
    right: int = 0
    diagnosis: str = ""
    phrases: tuple[str, ...] = ()
    call: str = ""
    got: str = ""
    wanted: str = ""
    lines: tuple[str, ...] = ()
    error: str = ""
    undefined: str = ""
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data; `read` gives it back."""
        found = asdict(self)
        return found | {"phrases": [*self.phrases], "lines": [*self.lines]}


def read(bundle: Any) -> Told | None:
    """What the bundle of a display tells of a failed check; None for any other display.

    A notebook may hold anything under this name: what has another form is no failure.
    """
    stored = bundle.get(MEDIA_TYPE) if isinstance(bundle, Mapping) else None
    if not isinstance(stored, Mapping) or "what" not in stored:
        return None
    try:
        return Told(**{f.name: _plain(stored[f.name], f.default) for f in fields(Told)})
    except (KeyError, TypeError):
        return None


def _plain(value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        if not isinstance(value, list) or len(value) > MOST_TEXTS:
            raise TypeError("no list of texts")
        return tuple(_plain(each, "") for each in value)
    wanted = int if isinstance(default, int) else str
    if type(value) is not wanted:
        raise TypeError(f"no {wanted.__name__}")
    return value[:LONGEST_TEXT] if isinstance(value, str) else value
