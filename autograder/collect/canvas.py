"""What Canvas's "Download submissions" calls files.

"lopezana_LATE_123_4567_work-1.ipynb": name, whether it was late, the number of the user
(the same in all courses), the number of the file (it grows with time), and the name of the
file, to which Canvas adds -1, -2 ... when a name is handed in again. With anonymous grading
"anon_ab1Cd_4567_work.ipynb". (instructure/canvas-lms, app/models/content_zipper.rb.)
"""

import re

from autograder.collect.forms import Handed
from autograder.collect.intake import Member
from autograder.collect.names import normal

NAMED = re.compile(
    r"(?P<name>.+?)_(?:(?P<late>late)_)?(?P<user>\d+)_(?P<file_id>\d+)_(?P<file>.+)",
    re.IGNORECASE | re.DOTALL,
)
ANONYMOUS = re.compile(
    r"(?P<name>anon)_(?:(?P<late>late)_)?(?P<user>[a-z\d]{5})_(?P<file_id>\d+)_(?P<file>.+)",
    re.IGNORECASE | re.DOTALL,
)
AGAIN = re.compile(r"-(\d{1,3})(?=(\.[^.]+)?$)")
WANTED = "Canvas's names look like 'lopezana_123_4567_work.ipynb'"


def handed(members: list[Member], lessons: list[str]) -> list[Handed | str]:
    """Who handed in what, or why that cannot be told, per member."""
    return [_one(member) for member in members]


def _one(member: Member) -> Handed | str:
    for at, part in enumerate(member.outer):
        found = ANONYMOUS.fullmatch(part) or NAMED.fullmatch(part)
        if found:
            break
    else:
        return f"its name is not Canvas's. {WANTED}"
    file_name = found["file"]
    below = [file_name, *member.outer[at + 1 :], *member.inner]
    return Handed(
        key=found["user"],
        name=normal(found["name"]),
        unit="/".join(member.outer[:at]),
        series=AGAIN.sub("", file_name).lower(),
        order=int(found["file_id"][:18]),
        late=bool(found["late"]),
        hints=tuple(below),
    )
