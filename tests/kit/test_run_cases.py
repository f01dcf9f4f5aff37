"""The cases of a task are run: what passes, what fails, and which mistake is named."""

import sys
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from course.kit.checking import card
from course.kit.checking import run_cases as running
from course.kit.checking.documents import read, to_json
from course.kit.checking.run_cases import run_cases

AREA = """
import numpy as np
from course.kit.checking import judge

def cases(t, area):
    t.case("3 by 5", area(3, 5), 15)
    t.case("a row", area(np.arange(3.0), 2.0), np.array([0.0, 2.0, 4.0]))
    t.refuses("a negative side", area(-1, 5), names=(-1,))
    t.gradient("slope", lambda dout: area(dout, 2.0), lambda x: area(x, 2.0), t.normal(2))

    @t.test("twice the same")
    def _(area):
        judge.equal("the second call", area(2, 2), 4)
"""
STORED = {"3 by 5": {"mistakes": {"the sides are added": [8]}}}


def report_of(area, source=AREA, stored=STORED):
    document = {
        "functions": ["area"],
        "parameters": {"area": ["height", "width"]},
        "source": source.split("\n"),
        "stored": stored,
    }
    return run_cases(read(document, "area"), {"area": area})


def right(height, width):
    if np.any(np.asarray(height) < -5) or (np.isscalar(height) and height < 0):
        raise ValueError(f"{height} is no side")
    return height * width


def test_a_right_answer_passes():
    report = report_of(right)
    assert report.failure is None
    assert len(report.task.cases) == 5


def test_a_stored_mistake_is_named():
    report = report_of(lambda height, width: height + width)
    assert (report.index, report.failure.what) == (0, "wrong value")
    assert report.diagnosis == "It looks as if the sides are added."


def changes(height, width):
    if isinstance(height, np.ndarray):
        height *= width
        return height
    return right(height, width)


def second_call_differs():
    seen = []

    def area(height, width):
        if type(height) is int:
            seen.append(height)
        return right(height, width) + (2 in seen)

    return area


@pytest.mark.parametrize(
    ("area", "index", "what"),
    [
        (changes, 1, "height was changed in place"),
        (lambda height, width: height * width, 2, "no error"),
        (lambda height, width: 1 / 0, 0, "an error instead of a result"),
        (lambda: 1, 0, "an error instead of a result"),
        (second_call_differs(), 4, "the second call: wrong value"),
    ],
    ids=["in place", "no refusal", "raises", "other parameters", "state"],
)
def test_what_is_wrong_is_said(area, index, what):
    report = report_of(area)
    assert (report.index, report.failure.what) == (index, what)


def test_a_wrong_gradient_is_found():
    source = AREA.replace("area(dout, 2.0)", "area(dout, 3.0)")
    report = report_of(right, source)
    assert (report.index, report.failure.what) == (3, "wrong gradient")


def test_what_is_not_written_yet_is_said_so():
    def area(height, width):
        raise NotImplementedError("area is yours to write")

    report = report_of(area)
    assert report.failure.unwritten
    assert "yours to write" in report.diagnosis


def test_what_is_wanted_cannot_be_changed_by_the_answer():
    source = """
import numpy as np
X = np.arange(30.0).reshape(5, 6)

def cases(t, area):
    t.case("all doubled", area(X, 2.0), 2 * X)
    t.case("all of it again", area(X, 2.0), 2 * X)
"""

    def area(height, width):
        height[:] = 0
        return height

    assert report_of(area, source, {}).failure.what == "height was changed in place"


HELD = """
import numpy as np

def cases(t, area):
    bytes_of = {"a second array is made": 15e6, "everything is kept": 50e6}
    sides = np.ones(1000), np.ones((1000, 1))
    t.memory("all areas", area(*sides).sum(), np.float64(1e6), 10e6, mistakes=bytes_of)
"""


def test_a_call_that_holds_too_much_is_found_and_explained():
    assert report_of(right, HELD, {}).failure is None
    report = report_of(lambda *sides: right(*sides).copy(), HELD, {})
    assert report.failure.what == "it holds too much memory"
    assert 16e6 <= report.failure.got < 17e6
    assert report.diagnosis == "It looks as if a second array is made."
    report = report_of(lambda *sides: np.zeros(()), HELD, {})
    assert report.failure.what == "wrong value"


def test_memory_is_measured_where_it_is_measured_already():
    tracemalloc.start()
    try:
        waste = np.ones(10**7)
        del waste
        assert report_of(right, HELD, {}).failure is None
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_two_cases_of_one_name_are_refused():
    source = AREA.replace('"a row"', '"3 by 5"')
    with pytest.raises(ValueError, match="3 by 5"):
        report_of(right, source)


def test_wants_that_the_reference_gave_are_read_from_the_document():
    source = "def cases(t, area):\n    t.case('by reference', area(2, 3))"
    stored = {"by reference": {"want": 6}}
    assert report_of(right, source, stored).failure is None
    assert report_of(lambda *_: 5, source, stored).failure.what == "wrong value"


def test_two_functions_may_have_a_mistake_of_one_name():
    source = """
def cases(t, area, border):
    t.case("area of 1 by 2", area(1, 2), 2)
    t.case("area of 3 by 5", area(3, 5), 15)
    t.case("border of 3 by 5", border(3, 5), 16)
"""
    height = "the width is forgotten"
    stored = {
        "area of 1 by 2": {"mistakes": {height: [1], "a side is 1": [1]}},
        "area of 3 by 5": {"mistakes": {height: [3], "a side is 1": [5]}},
        "border of 3 by 5": {"mistakes": {height: [6]}},
    }
    document = {
        "functions": ["area", "border"],
        "parameters": {},
        "source": source.split("\n"),
        "stored": stored,
    }
    functions = {
        "area": lambda height, width: height,
        "border": lambda height, width: 2 * (height + width),
    }
    report = run_cases(read(document, "area"), functions)
    assert report.diagnosis == "It looks as if the width is forgotten."


def test_one_thing_where_two_are_wanted_is_a_mistake_like_others():
    source = 'def cases(t, area):\n    t.case("3 by 5", area(3, 5)[0], 15.0)'
    known = {"it is cut": np.array([15]), "the area comes alone": np.array([15.0])}
    mistakes = {phrase: [to_json(result)] for phrase, result in known.items()}
    stored = {"3 by 5": {"mistakes": mistakes}}
    report = report_of(lambda height, width: np.array([15.0]), source, stored)
    assert report.failure.what == "something is missing from what is returned"
    assert report.diagnosis == "It looks as if the area comes alone."
    report = report_of(lambda height, width: None, source, stored)
    assert any("returned None" in line for line in report.failure.lines)


SCALED = """
import numpy as np

def cases(t, area):
    t.case("tiny", area(np.ones((1, 1)), 1), np.array([[2.0]]))
    t.case("square", area(np.ones((2, 2)), 2), np.full((2, 2), 3.0))
    t.case("wide", area(np.ones((2, 3)), 3), np.full((2, 3), 4.0))
"""


def known(**cases):
    """Results of mistakes, as numbers of which the whole array is made, by case and phrase."""
    shapes = {"tiny": (1, 1), "square": (2, 2), "wide": (2, 3)}
    return {
        title: {
            "mistakes": {
                phrase: [to_json(np.full(shapes[title], number))]
                for phrase, number in numbers.items()
            }
        }
        for title, numbers in cases.items()
    }


def test_of_two_mistakes_the_one_is_named_that_fits_the_other_cases_too():
    mistakes = known(tiny={"a is so": 9.0, "b is so": 9.0}, wide={"a is so": 8.0})
    mistakes |= known(square={"a is so": 9.0, "b is so": 9.0})
    mistakes["wide"]["mistakes"]["b is so"] = [to_json(np.full((2, 3), 9.0))]
    report = report_of(lambda x, factor: np.full(x.shape, 9.0), SCALED, mistakes)
    assert report.diagnosis == "It looks as if b is so."


def test_a_mistake_that_raises_first_is_named_by_a_later_case():
    def area(x, factor):
        if x.size == 1:
            raise IndexError("too small")
        return x * factor

    phrase = "the + 1 is forgotten"
    report = report_of(area, SCALED, known(square={phrase: 2.0}, wide={phrase: 3.0}))
    assert (report.index, report.right, report.tried) == (0, 0, 3)
    assert any("raised IndexError: too small" in line for line in report.failure.lines)
    assert report.diagnosis == "It looks as if the + 1 is forgotten."
    only_once = report_of(area, SCALED, known(square={phrase: 2.0}))
    assert only_once.diagnosis == ""


def test_looking_on_ends_in_time_even_if_the_answer_does_not(monkeypatch):
    monkeypatch.setattr("course.kit.checking.run_cases.LOOK_ON_FOR", 0.2)

    def area(x, factor):
        while x.size > 1:
            x = x + 0
        return x * factor

    report = report_of(area, SCALED, known(tiny={"the + 1 is forgotten": 1.0}))
    assert report.tried == 1
    assert report.diagnosis == "It looks as if the + 1 is forgotten."


def test_looking_on_watches_the_lines_of_the_answer_only():
    watched = {}

    def area(height, width):
        watched["answer"] = sys._getframe().f_trace is not None
        watched["check"] = sys._getframe(1).f_trace is not None
        return height + width

    source = AREA.replace('judge.equal("the second call", area(2, 2), 4)', "area(2, 2)")
    assert report_of(area, source, {}).tried == 5
    assert watched == {"answer": True, "check": False}


def test_what_the_answer_prints_is_printed_for_the_case_that_is_reported(capsys):
    def area(x, factor):
        print("called")
        return x

    report_of(area, SCALED, {})
    assert capsys.readouterr().out == "called\n"


def test_system_exit_is_reported_and_an_interrupt_passes():
    def leaving(height, width):
        raise SystemExit(0)

    def interrupted(height, width):
        raise KeyboardInterrupt

    lines = report_of(leaving).failure.lines
    assert any("raised SystemExit: 0" in line for line in lines)
    with pytest.raises(KeyboardInterrupt):
        report_of(interrupted)


PAIR = """
def cases(t, first, second):
    t.case("first of 3", first(3), 3)
    t.case("second of 3", second(3), 6)
    t.case("both of 3", second(first(3)), 6)
    t.refuses("a negative one", second(-1))
"""


def unwritten(x):
    raise NotImplementedError("first is yours to write")


def doubled(x):
    if x < 0:
        raise ValueError("negative")
    return 2 * x


def report_of_pair(**functions):
    about = {"functions": ["first", "second"], "parameters": {}, "stored": {}}
    document = about | {"source": PAIR.split("\n")}
    return run_cases(read(document, "pair"), functions)


def test_beside_an_unwritten_function_the_written_one_is_judged():
    report = report_of_pair(first=unwritten, second=lambda x: x)
    assert (report.index, report.failure.what) == (1, "wrong value")
    report = report_of_pair(first=unwritten, second=doubled)
    assert report.failure.unwritten and "first is yours" in report.diagnosis
    assert (report.index, report.right) == (0, 2)
    error = card.failed(report, report.failure)
    assert isinstance(error, NotImplementedError)
    assert str(error).endswith("So far 2 of 4 cases are right.")


def test_where_nothing_is_written_no_count_is_told():
    report = report_of_pair(first=unwritten, second=unwritten)
    assert report.failure.unwritten and report.right == 0
    assert "So far" not in str(card.failed(report, report.failure))


SLOW = """
def cases(t, area):
    t.case("3 by 5", area(3, 5), 15, seconds=0.05)
"""


@pytest.mark.parametrize(
    ("tries", "what"),
    [
        ([(0.1, 15), (0, 15)], ""),
        ([(0.1, 15), (0.1, 15)], "right, but it takes too long"),
        ([(0.6, 15)], "right, but it takes too long"),
        ([(0.1, 15), (0, 8)], "wrong value"),
        ([(0, 15)], ""),
    ],
    ids=["once", "always", "far too long", "fast and wrong", "never"],
)
def test_what_takes_too_long_is_tried_again(monkeypatch, tries, what):
    now, left = [0.0], [*tries]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(running, "time", clock)

    def area(height, width):
        seconds, value = left.pop(0)
        now[0] += seconds
        return value

    report = report_of(area, SLOW, {})
    assert not left
    assert (report.failure.what if report.failure else "") == what
