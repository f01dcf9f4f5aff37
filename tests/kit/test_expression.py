"""Calls that are written down: made on fresh arrays, shown as one would type them."""

import numpy as np
import pytest

from course.kit.checking.cases import Cases
from course.kit.checking.expression import (
    NoPair,
    arrays_in,
    fresh,
    functions_in,
    make,
    named,
    parameter_names,
    strided,
    text,
)

PARAMETERS = {"back": ["dout", "cache"], "forward": ["x", "size"]}
back, forward = named("back"), named("forward")


def test_nothing_is_called_before_it_is_made():
    calls = []
    call = forward(3, size=2)
    assert not calls
    assert (
        make(call, {"forward": lambda x, size: calls.append(x) or x * size}).value == 6
    )
    assert calls == [3]


def test_calls_attributes_and_items_go_together():
    class Layer:
        def __init__(self, size):
            self.sizes = [size, size + 1]

        def double(self, x):
            return 2 * x, None

    call = named("Layer")(4).sizes[1]
    assert make(call, {"Layer": Layer}).value == 5
    call = named("Layer")(4).double(named("two")(1))[0]
    assert make(call, {"Layer": Layer, "two": lambda x: x + 1}).value == 4


def test_every_time_the_arrays_are_new_and_changes_are_seen():
    x = np.zeros(3)

    def spoil(x):
        before = x.copy()
        x += 1
        return before

    call = named("spoil")(x)
    for _ in range(2):
        made = make(call, {"spoil": spoil})
        assert made.value.tolist() == [0, 0, 0]
        assert made.changed == 0
    assert x.tolist() == [0, 0, 0]
    assert make(named("keep")(x), {"keep": lambda x: x.sum()}).changed is None


class Far:
    """A function of another process."""

    def __init__(self):
        self.questions = 0

    def _each_(self, calls):
        self.questions += 1
        return [self(*args, **kwargs) for args, kwargs in calls]

    def __call__(self, x, size=1):
        return x * size


def test_a_list_of_plain_calls_is_one_question_to_another_process():
    far = Far()
    assert make([forward(3), forward(4, size=2)], {"forward": far}).value == [3, 8]
    assert make((forward(3), forward(4)), {"forward": far}).value == (3, 4)
    assert far.questions == 2
    for other in (
        [forward(np.ones(1)), forward(2)],
        [forward(1), 2],
        [forward(1), back(2)],
    ):
        make(other, {"forward": far, "back": abs})
    assert far.questions == 2


def test_a_generator_begins_anew_each_time():
    call = named("draw")(np.random.default_rng(3))
    first, second = (
        make(call, {"draw": lambda rng: rng.random()}).value for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        strided(np.arange(6.0).reshape(2, 3)),
        np.asfortranarray(np.ones((2, 3, 4))),
    ],
    ids=["transposed", "with gaps", "fortran"],
)
def test_a_fresh_array_lies_in_memory_as_the_first_one_did(array):
    copy = fresh(array)
    assert copy.strides == array.strides
    assert copy.tobytes() == array.tobytes()
    assert not np.shares_memory(copy, array)


def test_what_lies_in_the_gaps_is_nobodys_number():
    assert np.isnan(strided(np.ones(4)).base[1])
    assert strided(np.ones(4, int)).base[1] == np.iinfo(int).min
    assert strided(np.array(3.0)) == 3.0


def test_one_thing_where_a_pair_is_wanted_is_not_cut_into_pieces():
    with pytest.raises(NoPair) as caught:
        make(forward(np.ones(3))[0], {"forward": lambda x: x})
    assert caught.value.function == "forward"
    assert caught.value.value.tolist() == [1, 1, 1]


def test_the_text_is_what_one_would_type():
    assert text(named("f")(7, 3, stride=2)) == "f(7, 3, stride=2)"
    assert (
        text(named("f")(np.array([1.0, 2.0]))[0].shape)
        == "f(np.array([1.0, 2.0]))[0].shape"
    )
    call = back(np.ones((4, 5)), forward(np.ones((4, 6)), 2)[1])
    assert text(call, PARAMETERS) == "back(dout, forward(x, 2)[1])"
    assert [*arrays_in(call, PARAMETERS)] == ["dout", "x"]
    assert parameter_names(call, PARAMETERS) == ["dout", "x"]
    assert [*functions_in(call)] == ["back", "forward"]


def test_two_arrays_of_one_name_are_told_apart():
    call = [forward(np.ones((4, 6))), forward(np.zeros((4, 6)))]
    assert text(call, PARAMETERS) == "[forward(x), forward(x2)]"
    same = np.ones((4, 6))
    assert (
        text([forward(same), forward(same)], PARAMETERS) == "[forward(x), forward(x)]"
    )


def test_a_call_is_neither_true_nor_a_row_of_things():
    with pytest.raises(TypeError):
        bool(forward(1))
    with pytest.raises(TypeError):
        _, _ = forward(1)


def test_several_steps_in_a_row_are_a_call_too():
    def both(double, x):
        return double(x), x.sum()

    x = np.ones(20)
    call = Cases.call(both, named("double"), x)
    made = make(call, {"double": lambda x: 2 * x})
    assert (made.value[0].sum(), made.value[1]) == (40.0, 20.0)
    assert text(call) == "both(double, x)"
    assert [*functions_in(call)] == ["double"]


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


def test_what_is_made_once_is_made_anew_for_other_functions_only():
    calls = []

    def f(x):
        calls.append(x)
        return x, x + 1

    both, given = Cases.once(named("f")(3)), {"f": f}
    assert [make(both[index], given).value for index in (0, 1)] == [3, 4]
    assert calls == [3]
    assert make(both[1], {"f": lambda x: (0, 7 * x)}).value == 21
    assert text(both[0]) == "f(3)[0]"


def test_what_was_made_once_stays_as_it_came():
    buffer = np.zeros(2)

    def fill(number):
        buffer[:] = number
        return buffer, {"twice": [buffer]}

    first, second = (Cases.once(named("fill")(number)) for number in (1, 2))
    given = {"fill": fill}
    assert make([first[0], second[0]], given).value[1].tolist() == [2, 2]
    assert make(first[0], given).value.tolist() == [1, 1]
    assert make(first[1]["twice"][0], given).value.tolist() == [1, 1]


def test_what_is_kept_can_be_typed():
    adder = Cases.keep("adder", named("Adder")(1))
    typed = text(Cases.steps(adder.add(2), adder.total))
    assert typed == "[(adder := Adder(1)).add(2), adder.total][-1]"
    assert eval(typed, {"Adder": Adder}) == 3


def test_an_array_is_called_as_the_method_calls_it():
    adder, x = Cases.keep("adder", named("Adder")(1)), np.zeros(20)
    assert list(arrays_in(adder.add(x), {"add": ["number"]})) == ["number"]


def test_an_array_in_a_tuple_can_be_given_a_name():
    x, w = Cases.keep("x", np.zeros(20)), Cases.keep("w", np.ones(2))
    call = named("backward")(np.zeros(30), (x, w, 1))
    parameters = {"backward": ["dout", "cache"]}
    assert text(call, parameters) == "backward(dout, (x, np.array([1.0, 1.0]), 1))"
    assert parameter_names(call, parameters) == ["dout", "x", "w"]


def test_an_array_is_called_as_a_function_of_the_check_calls_it():
    def layer_of(w, b=None):
        return w

    call = forward(Cases.call(layer_of, np.zeros(20)), 3)
    assert text(call, PARAMETERS) == "forward(layer_of(w), 3)"
