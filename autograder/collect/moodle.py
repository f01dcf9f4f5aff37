"""What Moodle's "Download all submissions" calls files.

"Ana Lopez_44441_assignsubmission_file_/work.ipynb", or the same without the "/": a switch
of the assignment page. The number belongs to the learner *and* the assignment: the same
learner has another one in the next assignment. (mod/assign/classes/downloader.php,
get_uniqueid_for_user.)
"""

import re

from autograder.collect.forms import Handed
from autograder.collect.intake import Member
from autograder.collect.names import normal

PREFIX = re.compile(
    r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)_(?P<file>.*)",
    re.DOTALL,
)
WANTED = "Moodle's names look like 'Ana Lopez_44441_assignsubmission_file_/work.ipynb'"


def handed(members: list[Member], lessons: list[str]) -> list[Handed | str]:
    """Who handed in what, or why that cannot be told, per member."""
    return [_one(member) for member in members]


def _one(member: Member) -> Handed | str:
    for at, part in enumerate(member.outer):
        found = PREFIX.fullmatch(part)
        if found:
            break
    else:
        return f"its name is not Moodle's. {WANTED}"
    below = [found["file"], *member.outer[at + 1 :], *member.inner]
    return Handed(
        key=found["number"],
        name=normal(found["name"]),
        unit="/".join(member.outer[:at]),
        series="/".join(member.outer[at:]),
        hints=tuple(part for part in below if part),
    )
