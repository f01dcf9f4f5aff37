"""Which cell is to blame for a name that is not there."""

import pytest

from course.kit.notebook_cells import Ran, cause_of, undefined_name

BEFORE = (
    Ran("one", "import numpy as np\nsize = 3", "ValueError: no"),
    Ran("two", "def output_size(a:\n    return a", "SyntaxError: oh (line 1)\nmore"),
    Ran("three", "%matplotlib inline\nfor row in (1, 2):\n    shown = row", "", True),
    Ran("four", "print(unknown)", "NameError: name 'unknown' is not defined"),
)
AFTER = (Ran("five", "late = 1"),)


@pytest.mark.parametrize(
    ("name", "cell", "text"),
    [
        ("np", "one", "np is missing, because the cell one stopped: ValueError: no"),
        ("output_size", "two", "the cell two stopped: SyntaxError: oh (line 1)"),
        ("shown", "three", "which is tagged demo"),
        ("row", "three", "which is tagged demo"),
        ("late", "five", "late is only bound further down, in the cell five"),
        ("unknown", "four", "the cell four stopped: NameError"),
    ],
)
def test_the_cell_that_should_bind_a_name_is_found(name, cell, text):
    cause = cause_of(name, BEFORE, AFTER)
    assert (*BEFORE, *AFTER)[cause.index].name == cell
    assert cause.text.endswith(text) or text in cause.text
    assert "\n" not in cause.text


def test_no_cell_is_blamed_without_reason():
    assert cause_of("siz", BEFORE, AFTER) is None
    assert cause_of("size", [Ran("one", "size = 3")]) is None


def test_the_name_is_that_of_a_name_error_or_of_what_a_check_tells():
    assert (
        undefined_name("NameError", "name 'x' is not defined. Did you mean y?") == "x"
    )
    assert undefined_name("CheckFailed", "see above", "x") == "x"
    assert undefined_name("KeyError", "name 'x' is not defined") == ""
