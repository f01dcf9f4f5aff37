"""CONTRIBUTING tells where things live, and they do."""

import re

import pytest

from autograder.lessons import checkout

ROOT = checkout()
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TABLE = TEXT.partition("| to change | open |")[2].partition("\n\n")[0]
EXAMPLES = {"NN_slug": "01_volumes", "TASK": "output_size"}


def paths() -> list[str]:
    cells = (line.rsplit("|", 2)[1] for line in TABLE.strip().split("\n")[1:])
    return [path for cell in cells for path in re.findall("`([^`]+)`", cell)]


def test_the_table_is_found():
    assert len(paths()) > 20


@pytest.mark.parametrize("path", paths())
def test_what_is_to_be_opened_is_there(path: str):
    for name, example in EXAMPLES.items():
        path = path.replace(name, example)
    assert (ROOT / path).exists()
