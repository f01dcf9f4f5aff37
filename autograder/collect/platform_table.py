"""A learning platform's own table: read, written again as it was, and the times in Moodle's.

Moodle's mod/assign/gradingtable.php writes when somebody handed in as a page shows it, in the
site's language ("Tuesday, 3 March 2026, 10:30 AM", "martes, 3 de marzo de 2026, 10:30"), in the
time zone of who downloads it, and "-" for no time.
"""

import csv
import datetime
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel.dates import get_day_names, get_month_names

from autograder.files import normal
from course.kit import UsageError

BOM = b"\xef\xbb\xbf"
LARGEST_TABLE = 50_000_000  # bytes
# Moodle's "Participant 44441", in every language a word and the number of that assignment.
IDENTIFIER = re.compile(r"(?P<word>\D+?) ?(?P<number>\d+)")
Row = list[str]
LANGUAGES = (
    *("en", "es", "de", "fr", "it", "pt", "nl", "ca", "eu", "gl", "pl", "cs"),
    *("sk", "sv", "da", "nb", "fi", "et", "lv", "lt", "hu", "ro", "bg", "el"),
    *("tr", "ru", "uk", "hr", "sl", "sr", "he", "ar", "id", "ja", "zh", "ko"),
)
# "Last modified (submission)", in some of Moodle's languages; else the first column of times.
SUBMITTED = re.compile(
    r".*\((submission|entrega|abgabe|travail remis|consegna|envio|submissão|inzending|tramesa"
    r"|lliurament|inlämning|zadanie|innlevering|aflevering)\)",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?!\d)\s*(?:([ap])\.?\s*m\b)?"
)
NUMBERS = re.compile(r"\d+")
WORDS = re.compile(r"[^\W\d_]+")
NONE = ("", "-")


@dataclass(frozen=True)
class Table:
    """A CSV file as it came, so that it can be written the same way again."""

    rows: list[Row]
    delimiter: str
    newline: str
    bom: bool

    def column(self, name: str) -> int:
        head = self.rows[0]
        if head.count(name) != 1:
            raise UsageError(
                f"the table has {head.count(name)} columns {name!r}. It has: {', '.join(head)}"
            )
        return head.index(name)

    def as_bytes(self) -> bytes:
        page = io.StringIO()
        writer = csv.writer(page, delimiter=self.delimiter, lineterminator=self.newline)
        writer.writerows(self.rows)
        return (BOM if self.bom else b"") + page.getvalue().encode("utf-8")


def read_table(path: Path) -> Table:
    try:
        if path.stat().st_size > LARGEST_TABLE:
            raise UsageError(f"{path} is larger than {LARGEST_TABLE:,} bytes")
        data = path.read_bytes()
        text = data.removeprefix(BOM).decode("utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}. Give the file that you downloaded"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} is no CSV in UTF-8. Download it again as comma separated values"
        ) from None
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    if len(rows) < 2 or len(rows[0]) < 2:
        raise UsageError(
            f"{path} has no table with at least two columns and a row below their names"
        )
    newline = "\r\n" if "\r\n" in text else "\n"
    return Table(rows, delimiter, newline, data.startswith(BOM))


def is_worksheet(table: Table) -> bool:
    """Whether it is Moodle's grading worksheet: each row starts with a participant's number."""
    found = [IDENTIFIER.fullmatch(row[0]) for row in table.rows[1:] if any(row)]
    words = {each["word"] for each in found if each}
    return len(words) == 1 and all(found) and len(found) > 0


@dataclass(frozen=True)
class Worksheet:
    """Times as nbgrader writes them, by the participant's number and by full name."""

    by_number: Mapping[str, str]
    by_name: Mapping[str, str]

    def time(self, number: str, name: str) -> str:
        """ "" where the worksheet has no such participant, or no time."""
        return self.by_number.get(number) or self.by_name.get(_key(name), "")


def read_worksheet(path: Path, zone: datetime.tzinfo) -> Worksheet:
    """The worksheet of one assignment, whose times are those of `zone`. Raises UsageError."""
    table = read_table(path)
    if not is_worksheet(table):
        raise UsageError(
            f"{path} is no grading worksheet of Moodle: its rows do not begin with "
            "'Participant 44441'. Download the one of this assignment"
        )
    head, *rows = table.rows
    rows = [row + [""] * (len(head) - len(row)) for row in rows if any(row)]
    places = [at for at, name in enumerate(head) if SUBMITTED.fullmatch(name.strip())]
    if not places:
        places = [
            at
            for at in range(len(head))
            if any(_read(row[at], one) for row in rows for one in LANGUAGES)
        ]
    if not places:
        raise UsageError(
            f"{path} has no column of times, such as 'Last modified (submission)'. "
            f"It has: {', '.join(head)}"
        )
    texts = [normal(row[places[0]]) for row in rows]
    given = [text for text in texts if text not in NONE]
    times = dict(zip(given, _read_all(given, str(path)), strict=True))
    by_number, by_name = {}, {}
    names = [_key(row[1]) for row in rows]
    for row, text, name in zip(rows, texts, names, strict=True):
        if text in NONE:
            continue
        utc = times[text].replace(tzinfo=zone).astimezone(datetime.UTC)
        time = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
        found = IDENTIFIER.fullmatch(row[0])
        by_number[found["number"] if found else ""] = time
        if names.count(name) == 1:
            by_name[name] = time
    return Worksheet(by_number, by_name)


def _key(name: str) -> str:
    return normal(name).casefold()


def _read_all(texts: list[str], place: str) -> list[datetime.datetime]:
    """The times in the one language in which all of them can be read."""
    read: dict[tuple[datetime.datetime, ...], str] = {}
    for language in LANGUAGES:
        times = [_read(text, language) for text in texts]
        known = tuple(time for time in times if time is not None)
        if len(known) == len(texts):
            read.setdefault(known, language)
    if len(read) > 1:  # Polish and Croatian months: the name of the day tells
        read = {
            times: one
            for times, one in read.items()
            if all(
                _days(one) & {*WORDS.findall(_plain(text.casefold()))} for text in texts
            )
        } or read
    if len(read) > 1:
        languages = " or ".join(read.values())
        raise UsageError(
            f"{place}: {texts[0]!r} can be read in several ways ({languages}). "
            "Download the worksheet with Moodle in English"
        )
    if not read:
        odd = next(
            (text for text in texts if not any(_read(text, one) for one in LANGUAGES)),
            texts[0],
        )
        raise UsageError(
            f"{place}: the time {odd!r} cannot be read. "
            "Download the worksheet with Moodle in English"
        )
    return list(next(iter(read)))


def _read(text: str, language: str) -> datetime.datetime | None:
    text = text.casefold()
    clocks = list(CLOCK.finditer(text))
    if not clocks:
        return None
    clock = clocks[-1]
    hour, minute, second = (int(part or 0) for part in clock.groups()[:3])
    if clock[4]:
        hour = hour % 12 + (12 if clock[4] == "p" else 0)
    rest = text[: clock.start()] + " " + text[clock.end() :]
    numbers = [int(number) for number in NUMBERS.findall(rest)[:4]]
    months = {_months(language).get(word, 0) for word in WORDS.findall(_plain(rest))}
    month = max(months, default=0)
    try:
        if month:
            year = next(number for number in numbers if number > 31)
            day = next(number for number in numbers if number <= 31)
        else:  # 2026-03-02, or 2026\u5e743\u67082\u65e5: the year is first
            year, month, day = numbers
        if year < 1000:
            return None
        return datetime.datetime(year, month, day, hour, minute, second)
    except (StopIteration, ValueError):
        return None


@lru_cache
def _months(language: str) -> dict[str, int]:
    """Number of the month by its name, as a date or alone."""
    found: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            for number, name in get_month_names(width, context, language).items():
                words = WORDS.findall(_plain(name.casefold()))
                if words and not NUMBERS.search(name):
                    found.setdefault(words[-1], number)
    return found


@lru_cache
def _days(language: str) -> set[str]:
    """The names of the days of the week."""
    names = get_day_names("wide", locale=language).values()
    return {word for name in names for word in WORDS.findall(_plain(name.casefold()))}


def _plain(text: str) -> str:
    """Without accents: a site may leave them out."""
    signs = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in signs if not unicodedata.combining(sign))
