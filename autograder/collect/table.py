"""A learning platform's own table, read so that it can be written again as it was."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from course.kit.usage_error import UsageError

BOM = b"\xef\xbb\xbf"
LARGEST_TABLE = 50_000_000  # bytes
# Moodle's "Participant 44441", in every language a word and the number of that assignment.
IDENTIFIER = re.compile(r"(?P<word>\D+?) ?(?P<number>\d+)")
Row = list[str]


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
