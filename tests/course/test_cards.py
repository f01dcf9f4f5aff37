"""What the card of a case that fails says: for every case of the course."""

import pytest

from course.kit.checking import card, documents


@pytest.mark.parametrize(
    ("module", "name"), documents._documents(), ids=lambda part: part
)
def test_how_to_run_a_case_can_be_told(module, name):
    task = documents._read(module, name)
    for index, case in enumerate(task.cases):
        first, *rest = card.how_to_run(task, index)
        assert "check.example(" in first
        assert bool(rest) == any(f"{card.EXAMPLE}." in line for line in rest)
        if card.call_of(case) is not None:
            card.given_texts(case, task)
