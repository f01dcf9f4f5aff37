"""The card: what it holds, as data, and as text for terminals, at most 88 columns wide.

The data (`Told`) is for `course check`, for grading and for the report. It travels beside the
text and the HTML, under a media type of its own, so that nobody has to read it out of sentences.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from course.kit.checking.compare import Difference
from course.kit.checking.describe import WIDTH, code_lines, number_of, wrapped
from course.kit.checking.excerpt import Excerpt, Window, excerpt_of, plane_of

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
        """Plain data; `read_told` gives it back."""
        found = asdict(self)
        return found | {"phrases": [*self.phrases], "lines": [*self.lines]}


def read_told(bundle: Any) -> Told | None:
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


@dataclass(frozen=True, eq=False)
class Card:
    """What the card shows: `told` as text, and the values behind it for tables and pictures.

    `given` says what the arrays of the call are, `run` are the lines that run the case alone,
    and `source` is that of a test, which has no call.
    """

    told: Told
    difference: Difference | None = None
    window: Window | None = None
    given: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    source: str = ""

    @property
    def title(self) -> str:
        """What is wrong in which case."""
        told, case = self.told, self.told.case
        if told.task:
            which = f"case {told.index} ({told.case})"
            case = f"{told.task}, {which if told.index >= 0 else 'a hidden case'}"
        return f"{case}: {told.what}" if told.what else case

    @property
    def count(self) -> str:
        """How many cases are right; "" for a check of its own."""
        told = self.told
        if not told.task:
            return ""
        noun = "cases" if told.index >= 0 else "hidden cases"
        return f"{told.right} of {told.cases} {noun} are right."

    @property
    def run_title(self) -> str:
        """What stands above the lines that run the case."""
        as_it_is = len(self.run) == 1 and self.told.call
        rest = " (the call above runs as it stands)" if as_it_is else ""
        return f"To look at this case alone{rest}:"

    @property
    def excerpt(self) -> Excerpt | None:
        plane = plane_of(self.difference)
        if plane is None or math.prod(plane.shape) == 1:
            return None
        return excerpt_of(plane)


def of_cases(head: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """The list of all cases: title, call and what is wanted of each."""
    lines = [head]
    for index, (title, call, want) in enumerate(rows):
        lines += wrapped(f"{index:3}  {title}", "     ").splitlines()
        lines += code_lines(call, "     ") if call else []
        lines += wrapped(f"     ->  {want}", "         ").splitlines()
    return "\n".join(lines)


def of_failure(card: Card) -> str:
    """The whole card, the diagnosis first."""
    told = card.told
    lines = [*wrapped(told.diagnosis, "").splitlines(), ""] if told.diagnosis else []
    lines += wrapped(card.title, "  ").splitlines()
    lines += code_lines(told.call, "    ") if told.call else []
    for each in card.given:
        lines += wrapped(f"    {each}", "    ").splitlines()
    lines += ["", *told.lines] if told.call else told.lines
    excerpt = card.excerpt
    if excerpt is not None:
        lines += ["", *_tables(excerpt)]
    if card.window is not None:
        lines += ["", *_window_lines(card.window)]
    if card.run:
        lines += ["", card.run_title]
        lines += [line for code in card.run for line in code_lines(code, "    ")]
    lines += ["", card.count] if card.count else []
    return "\n".join(line.rstrip() for line in lines)


def _tables(excerpt: Excerpt) -> list[str]:
    """Both tables beside each other, or where that is too wide below each other."""
    part = "" if excerpt.whole else ", in part"
    name = f"wanted{excerpt.plane.name}{part}"
    wanted = _table(excerpt, excerpt.wanted, marked=False, title=name)
    name = f"got{excerpt.plane.name}{part}  (* is wrong)"
    got = _table(excerpt, excerpt.got, marked=True, title=name)
    width = max(map(len, wanted))
    if width + max(map(len, got)) + 4 > WIDTH:
        return [*wanted, "", *got]
    return [f"{a.ljust(width)}    {b}" for a, b in zip(wanted, got)]


def _table(
    excerpt: Excerpt, texts: list[list[str]], marked: bool, title: str
) -> list[str]:
    wide = max(len(text) for row in (*excerpt.wanted, *excerpt.got) for text in row) + 1
    wide = max(wide, len(str(max(excerpt.columns))) + 1)
    labels = [f"row {row}" for row in excerpt.rows] or [""]
    margin = max(map(len, labels))
    head = " ".join(str(column).rjust(wide) for column in excerpt.columns)
    lines = [f"  {title}", f"  {' ' * margin}  {head}"]
    for label, row, wrong in zip(labels, texts, excerpt.wrong):
        cells = (
            f"{'*' if marked and bad else ''}{text}".rjust(wide)
            for text, bad in zip(row, wrong)
        )
        lines.append(f"  {label.ljust(margin)}  {' '.join(cells)}")
    return lines


def _window_lines(window: Window) -> list[str]:
    """Its numbers, channel by channel, beside those of the filter."""
    lines = [
        f"  The window of x[{window.image}] that it comes from: {window.where}",
    ]
    for channel in window.shown:
        number = window.channels[channel]
        blocks = [(f"x[{window.image}, {number}]", window.texts(channel))]
        if filter_texts := window.filter_texts(channel):
            blocks.append((f"w[{window.unit}, {number}]", filter_texts))
        lines += _beside([_block(*block) for block in blocks])
    lines += ["    (in brackets: the padding)"] if window.has_padding else []
    left = len(window.channels) - len(window.shown)
    lines += [f"    and {number_of(left, 'channel')} more"] if left else []
    return [*lines, *wrapped(f"  {window.sum_up}", "  ").splitlines()]


def _block(title: str, texts: list[list[str]]) -> list[str]:
    wide = max(len(text) for row in texts for text in row)
    return [title, *("  ".join(text.rjust(wide) for text in row) for row in texts)]


def _beside(blocks: list[list[str]]) -> list[str]:
    widths = [max(map(len, block)) for block in blocks]
    rows = zip(*blocks)
    return [
        "    " + "    ".join(text.ljust(w) for text, w in zip(row, widths))
        for row in rows
    ]
