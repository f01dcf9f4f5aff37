"""Who is who: the map from a platform's names and numbers to the ids of the class."""

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from autograder.collect.formats import Upload
from autograder.collect.intake import BadMember
from autograder.files import (
    csv_text,
    normal,
    replace_text,
    safe_id,
    short_hash,
    slug,
    unguarded,
)
from autograder.grading.classroom import (
    ROSTER_COLUMNS,
    Classroom,
    id_problem,
    read_roster,
)
from course.kit import UsageError

COLLECTED = "collected.csv"
COLUMNS = ("id", "from", "key", "name", "lessons")
PER_ASSIGNMENT = "moodle"  # a student has another number there in each assignment


@dataclass
class Known:
    """A row of collected.csv: whom a platform calls `key` is the student `id`."""

    id: str
    source: str
    key: str
    name: str
    lessons: set[str] = field(default_factory=set)


def read_known(room: Classroom) -> list[Known]:
    """The rows of collected.csv; none where nothing was collected. Raises UsageError."""
    path = room.root / COLLECTED
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return [
            Known(
                unguarded(row["id"]),
                row["from"],
                unguarded(row["key"]),
                unguarded(row["name"]),
                set(row["lessons"].split()),
            )
            for row in rows
        ]
    except FileNotFoundError:
        return []
    except (csv.Error, UnicodeDecodeError, KeyError, AttributeError, TypeError):
        raise UsageError(
            f"{path} is not as collect writes it. It needs the columns "
            f"{', '.join(COLUMNS)}; mend it or put it aside"
        ) from None


class Students:
    """Reads class/collected.csv and students.csv; gives ids; `save` writes both."""

    def __init__(self, room: Classroom, source: str):
        self.room, self.source = room, source
        self.path = room.root / COLLECTED
        self.known = read_known(room)
        self.roster = read_roster(room)
        for made in [each.id for each in self.known] + [
            row["id"] for row in self.roster
        ]:
            if path_problem(made):
                raise UsageError(
                    f"{room.root}: the id {made!r} in {self.path.name} or students.csv "
                    f"cannot name a folder: {path_problem(made)}. Change it"
                )
        self.remarks: dict[str, str] = {}  # id -> what a person should look at
        self.new: dict[str, str] = {}  # id -> name, of students who had no id before
        self.teams: dict[str, list[str]] = defaultdict(
            list
        )  # name -> ids of its members
        for row in self.roster:
            if team := normal(row.get("group") or ""):
                self.teams[team.casefold()].append(row["id"])
        self.taken = {known.id.lower() for known in self.known}
        self.taken |= {row["id"].lower() for row in self.roster}
        if room.submitted.is_dir():
            self.taken |= {entry.name.lower() for entry in room.submitted.iterdir()}

    def id_of(self, upload: Upload, lesson: str, homonyms: set[str]) -> str:
        """The student's id, the same in every collection; a new one for a new student.

        `homonyms` are the names that several students of this archive have. Raises
        BadMember where two known students could be meant.
        """
        key = upload.key
        known = self._find(key)
        if known is None:
            found = self._in_roster(upload) or self._by_name(upload, lesson, homonyms)
            made = found or self._new_id(upload, homonyms)
            known = Known(made, self.source, key, upload.name)
            self.known.append(known)
            self.taken.add(made.lower())
            if not found:
                self._remark(made, upload)
                if not upload.anonymous:
                    self.new[made] = upload.name
        known.lessons |= {lesson} - {""}
        return known.id

    def team(self, upload: Upload) -> list[str]:
        """The ids of those whom students.csv puts into the group of this name; none: no group."""
        return self.teams.get(upload.name.casefold(), [])

    def full_name(self, student: str) -> str:
        """As students.csv has it; "" where it does not."""
        row = next((row for row in self.roster if row["id"] == student), {})
        return normal(f"{row.get('first_name') or ''} {row.get('last_name') or ''}")

    def _find(self, key: str) -> Known | None:
        mine = (each for each in self.known if each.source == self.source)
        return next((each for each in mine if each.key == key), None)

    def _in_roster(self, upload: Upload) -> str:
        """The id that students.csv gives: by Canvas's number, else the id itself."""
        for row in self.roster:
            if self.source == "canvas" and row.get("lms_user_id") == upload.key:
                return row["id"]
            if self.source == "plain" and normal(row["id"]) == upload.key:
                return row["id"]
        return ""

    def _by_name(self, upload: Upload, lesson: str, homonyms: set[str]) -> str:
        """In Moodle a new number may be a known student's, in another assignment."""
        if self.source != PER_ASSIGNMENT or upload.anonymous:
            return ""
        name = upload.name.casefold()
        ids = {
            row["id"]
            for row in self.roster
            if _full_name(row) == name or _full_name(row, last_first=True) == name
        }
        mine = [each for each in self.known if each.source == self.source]
        ids |= {each.id for each in mine if each.name.casefold() == name}
        done = {each.id for each in mine if lesson in each.lessons}
        if not ids - done:
            return ""  # unknown, or who is known has a number here: a further student
        if len(ids) > 1 or upload.name in homonyms:
            raise BadMember(
                f"several students are called {upload.name!r}, and Moodle's number "
                f"{upload.key} is new. Say who it is with a line in {self.path.name}: "
                f"ID,moodle,{upload.key},{upload.name},"
            )
        return ids.pop()

    def _new_id(self, upload: Upload, homonyms: set[str]) -> str:
        key, name = upload.key, slug(upload.name)
        if self.source == "plain":
            if not path_problem(key) and _is_folder(self.room.submitted / key):
                return key  # put there by hand, under the same name
            wanted = [safe_id(key)]
        elif self.source == "canvas" or upload.anonymous or not name:
            wanted = [f"{name or 'learner'}-{key.lower()}"]
        else:
            wanted = (
                [f"{name}-{key}"]
                if upload.name in homonyms
                else [name, f"{name}-{key}"]
            )
        wanted = [safe_id(each) for each in wanted]
        text = f"{self.source} {key}"
        wanted += [f"{wanted[-1]}-{short_hash(text + '+' * n)}" for n in range(9)]
        return next(each for each in wanted if each.lower() not in self.taken)

    def _remark(self, made: str, upload: Upload) -> None:
        if upload.anonymous:
            self.remarks[made] = (
                "marked blind: whoever this is has another number in every assignment. "
                f"Write the same id into {self.path.name} once you may know"
            )
            return
        name = upload.name.casefold()
        others = {each.id for each in self.known if each.name.casefold() == name} - {
            made
        }
        if others:
            listed = ", ".join(sorted(others))
            self.remarks[made] = f"a new student, but {listed} has the same name"
        elif made != upload.key:
            self.remarks[made] = f"a new id, {self.path.name} keeps whose it is"

    def save(self) -> None:
        """Write the map, and the names of new students into students.csv."""
        rows = [
            [each.id, each.source, each.key, each.name, " ".join(sorted(each.lessons))]
            for each in sorted(
                self.known, key=lambda each: (each.id, each.source, each.key)
            )
        ]
        replace_text(self.path, csv_text([COLUMNS, *rows]))
        if self.new:
            self._save_roster()

    def _save_roster(self) -> None:
        columns = ["id", *ROSTER_COLUMNS]
        columns += [name for row in self.roster for name in row if name not in columns]
        columns = list(dict.fromkeys(name for name in columns if name))
        rows = [[row.get(name) or "" for name in columns] for row in self.roster]
        listed = {row["id"] for row in self.roster}
        numbers = {each.id: each.key for each in self.known if each.source == "canvas"}
        for made, name in sorted(self.new.items()):
            if made in listed:
                continue
            first, _, last = name.rpartition(" ")
            row = {"id": made, "first_name": first, "last_name": last}
            row["lms_user_id"] = numbers.get(made, "")
            rows.append([row.get(name, "") for name in columns])
        replace_text(self.room.root / "students.csv", csv_text([columns, *rows]))


def path_problem(name: str) -> str:
    """Why an id cannot be the name of a folder; "" when it can."""
    if name.startswith(".") or set(name) & set('/\\:*?"<>|'):
        return "it starts with a dot, or has a sign that folders cannot have"
    return id_problem(name) if name else "it is empty"


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _full_name(row: dict[str, str], *, last_first: bool = False) -> str:
    names = [row.get("first_name") or "", row.get("last_name") or ""]
    return normal(" ".join(names[::-1] if last_first else names)).casefold()
