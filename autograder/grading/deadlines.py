"""When lessons are due and who has longer: deadlines.toml of a class, for people to write.

timezone = "Europe/Madrid"

[late]
percent_per_started_day = 10
most_percent = 50
grace_minutes = 15
zero_after_days = 7

[due]
01_volumes = 2026-10-12T23:59:00

[extensions.ana]            # a student's id, or the name of a group in students.csv
01_volumes = "3 days"       # or a new due date
[extensions."Team 7"]
all = "12 hours"
"""

import contextlib
import datetime
import math
import tomllib
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from autograder.files import normal
from autograder.grading.classroom import Classroom, read_roster
from course.kit import UsageError

FILE = "deadlines.toml"
ALL = "all"  # lessons, in an extension
DAY = 24 * 60 * 60
UNITS = {"minute": 60, "hour": 3600, "day": DAY, "week": 7 * DAY}
TABLES = ("timezone", "late", "due", "extensions")


@dataclass(frozen=True)
class Policy:
    """What being late costs: a share of what was scored, for each day that has begun."""

    percent_per_started_day: float = 0.0
    most_percent: float = 100.0
    grace_minutes: float = (
        0.0  # not counted as late; beyond it, counted from the due date
    )
    zero_after_days: float = math.inf

    def penalty(self, score: float, seconds: float) -> float:
        """Points to subtract from a score that came so many seconds after the due date."""
        return score * self.percent(seconds) / 100

    def percent(self, seconds: float) -> float:
        if seconds <= self.grace_minutes * 60:
            return 0.0
        if seconds > self.zero_after_days * DAY:
            return 100.0
        return min(
            self.percent_per_started_day * math.ceil(seconds / DAY), self.most_percent
        )


@dataclass(frozen=True)
class Deadlines:
    """What deadlines.toml says. Times are UTC without saying so, as in nbgrader's tables."""

    due: Mapping[str, datetime.datetime] = field(default_factory=dict)
    extensions: Mapping[str, Mapping[str, datetime.datetime | datetime.timedelta]] = (
        field(default_factory=dict)
    )  # student or group (in lower case) -> lesson or "all" -> new due date, or how much longer
    policy: Policy | None = None
    zone: datetime.tzinfo | None = (
        None  # of times without one; None where none is named
    )

    def extension(self, lesson: str, names: Sequence[str]) -> datetime.timedelta | None:
        """How much longer somebody of these names (own id first, then groups) has."""
        for name in names:
            given = self.extensions.get(name.casefold(), {})
            longer = given.get(lesson, given.get(ALL))
            if isinstance(longer, datetime.datetime):
                return max(longer - self.due[lesson], datetime.timedelta())
            if longer is not None:
                return longer
        return None


def read_deadlines(room: Classroom, lessons: Collection[str] | None) -> Deadlines:
    """What the class's deadlines.toml says; nothing where there is no such file.

    `lessons` are the names that there are, None when any will do. Raises UsageError for whatever is in there that
    nobody would understand: a key, a lesson, a name, a time.
    """
    path = room.root / FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Deadlines()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML: {error}") from None
    names = [row["id"] for row in read_roster(room)]
    names += [normal(row.get("group") or "") for row in read_roster(room)]
    if room.submitted.is_dir():
        names += [entry.name for entry in room.submitted.iterdir()]
    try:
        return _Reader(lessons, {name.casefold() for name in names}).read(document)
    except _Wrong as wrong:
        raise UsageError(f"{path}: {wrong}") from None


class _Wrong(Exception):
    """Something in the file; the message says what was wanted instead."""


class _Reader:
    def __init__(self, lessons: Collection[str] | None, names: Collection[str]):
        self.lessons, self.names = lessons, names
        self.zone: datetime.tzinfo = datetime.UTC

    def read(self, document: dict[str, Any]) -> Deadlines:
        _known(document, TABLES, "the file")
        try:
            self.zone = zoneinfo.ZoneInfo(document.get("timezone", "UTC"))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
            raise _Wrong(
                f"there is no timezone {document['timezone']!r}. "
                'Give one as "Europe/Madrid" or "UTC"'
            ) from None
        due = {}
        for lesson, time in _table(document, "due").items():
            self._is_lesson(lesson, "[due]")
            if not isinstance(time, datetime.datetime):
                raise _Wrong(f"[due] {lesson} = {time} is no date with a time. {TIME}")
            due[lesson] = self._utc(time)
        extensions = {
            name.casefold(): self._extension(name, given, due)
            for name, given in _table(document, "extensions").items()
        }
        late = _table(document, "late")
        zone = self.zone if "timezone" in document else None
        return Deadlines(due, extensions, _policy(late) if late else None, zone)

    def _extension(
        self, name: str, given: Any, due: Mapping[str, datetime.datetime]
    ) -> dict[str, datetime.datetime | datetime.timedelta]:
        if name.casefold() not in self.names:
            raise _Wrong(
                f"[extensions] {name!r} is nobody's id in submitted/ or students.csv, and no "
                "group there. Write the id of a student or the name of a group"
            )
        if not isinstance(given, dict):
            raise _Wrong(f"[extensions] {name!r} needs a table: [extensions.{name}]")
        longer: dict[str, datetime.datetime | datetime.timedelta] = {}
        for lesson, value in given.items():
            if lesson != ALL:
                self._is_lesson(lesson, f"[extensions.{name}]")
            if isinstance(value, datetime.datetime) and lesson in due:
                longer[lesson] = self._utc(value)
            elif isinstance(value, str) and (found := _duration(value)):
                longer[lesson] = found
            else:
                raise _Wrong(
                    f"[extensions.{name}] {lesson} = {value}: give how much longer, such as "
                    '"3 days" or "12 hours"; or, for a lesson of [due], its new due date'
                )
        return longer

    def _is_lesson(self, name: str, where: str) -> None:
        if self.lessons is not None and name not in self.lessons:
            raise _Wrong(
                f"{where} names {name!r}, which is no lesson. "
                f"There are {', '.join(sorted(self.lessons))}"
            )

    def _utc(self, time: datetime.datetime) -> datetime.datetime:
        if time.tzinfo is None:
            time = time.replace(tzinfo=self.zone)
        return time.astimezone(datetime.UTC).replace(tzinfo=None)


TIME = "Write it as 2026-10-12T23:59:00"


def _known(table: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in table:
        if name not in names:
            raise _Wrong(f"{where} has {name!r}; known are {', '.join(names)}")


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise _Wrong(f"{name} must be a table: a line [{name}] and its entries below")
    return table


def _policy(late: dict[str, Any]) -> Policy:
    names = [each.name for each in fields(Policy)]
    _known(late, names, "[late]")
    for name, value in late.items():
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        most = 100 if "percent" in name else math.inf
        if not is_number or not 0 <= value <= most:
            limit = "from 0 to 100" if most == 100 else "of 0 or more"
            raise _Wrong(f"[late] {name} = {value} must be a number {limit}")
    return Policy(**{name: float(value) for name, value in late.items()})


def _duration(text: str) -> datetime.timedelta | None:
    """ "3 days", "12 hours": None for anything else, and for nothing."""
    number, _, unit = text.strip().partition(" ")
    seconds = UNITS.get(unit.strip().removesuffix("s"))
    with contextlib.suppress(ValueError, OverflowError):
        if seconds and float(number) > 0:
            return datetime.timedelta(seconds=float(number) * seconds)
    return None
