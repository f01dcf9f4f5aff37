"""Calls that are written down: objects that are kept, and what is done to them in turn."""

import numpy as np

from course.kit.checking.cases import Cases
from course.kit.checking.expression import arrays_in, make, named, text


class Adder:
    """Adds up what it is given."""

    def __init__(self, start):
        self.total = start

    def add(self, x):
        self.total = self.total + x
        return self.total


def test_what_is_kept_is_made_once_in_a_case_and_anew_in_the_next():
    adder = Cases("t").keep("adder", named("Adder")(1))
    call = Cases.steps(adder.add(2), adder.add(3), [adder.total, adder.add(4)])
    assert make(call, {"Adder": Adder}).value == [6, 10]
    assert make(call, {"Adder": Adder}).value == [6, 10]


def test_what_is_kept_can_be_typed():
    adder = Cases.keep("adder", named("Adder")(1))
    typed = text(Cases.steps(adder.add(2), adder.total))
    assert typed == "[(adder := Adder(1)).add(2), adder.total][-1]"
    assert eval(typed, {"Adder": Adder}) == 3


def test_an_array_is_called_as_the_method_calls_it():
    adder, x = Cases.keep("adder", named("Adder")(1)), np.zeros(20)
    assert list(arrays_in(adder.add(x), {"add": ["number"]})) == ["number"]


def test_a_function_of_the_check_is_called_with_the_answer():
    def twice(kind, x):
        return kind(0).add(x) * 2

    call, x = Cases.call(twice, named("Adder"), np.ones(2)), np.ones(2)
    assert make(call, {"Adder": Adder}).value.tolist() == (2 * x).tolist()
    assert text(call) == "twice(Adder, np.array([1.0, 1.0]))"
