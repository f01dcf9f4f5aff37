"""check.equal and check.close: what passes, what does not, and in which order it is found."""

import warnings

import numpy as np
import pytest
from failing import failure_of

from course.kit import check

SMALL = np.arange(24.0).reshape(2, 3, 4)


def failure(check_function, *args, **kwargs) -> str:
    return failure_of(check_function, "the case", *args, **kwargs)[1]


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (5, 5),
        (np.int32(5), 5),
        (np.uint8(5), 5),
        (5, np.int64(5)),
        (10**40, 10**40),
        (0.1 + 0.2, 0.3),
        (np.float64(0.3), 0.3),
        (np.float32(0.3), 0.3),
        (3, 3.0),
        (np.array(3.0), 3.0),
        (True, True),
        (np.True_, True),
        ("conv", "conv"),
        (None, None),
        ([1, [2.0, "a"]], [1, [2.0, "a"]]),
        ([1, 2, 3], (1, 2, 3)),
        ([["conv", [28, 28], 280]], [("conv", (28, 28), np.int64(280))]),
        ({"b": 2, "a": SMALL}, {"a": SMALL.copy(), "b": 2}),
        (SMALL[:, ::2, ::-1], SMALL[:, ::2, ::-1].copy()),
        (np.array([1, 2], np.int32), np.array([1, 2])),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.array([np.inf, np.nan]), np.array([np.inf, np.nan])),
    ],
)
def test_what_is_equal_passes_with_one_line(got, want, capsys):
    assert check.equal("the case", got, want) is None
    printed = capsys.readouterr()
    assert printed.out == "ok   the case\n"
    assert printed.err == ""


@pytest.mark.parametrize(
    ("got", "want", "parts"),
    [
        (4, 5, ["wrong value", "got     4", "wanted  5"]),
        (10**40, 5, ["an int of 133 bits"]),
        (10**15 + 1, 10**15, ["got     1000000000000001"]),
        ((5,), 5, ["got     (5,), a tuple"]),
        (5.0, 5, ["wrong type", "5.0, a float", "5, an int", "use // instead of /"]),
        (5.5, 5, ["wrong type", "5.5, a float"]),
        (np.float32(5), 5, ["5.0, an np.float32"]),
        (True, 1, ["wrong type", "True, a bool", "1, an int"]),
        (1, True, ["wrong type", "1, an int", "True, a bool"]),
        (np.array(5), 5, ["an array of shape ()"]),
        (np.array([5.0]), 5.0, ["an array of shape (1,)", "sum over all axes"]),
        (True, 1.0, ["wrong type"]),
        (1 + 0j, 1.0, ["wrong type", "a complex"]),
        ("5", 5, ["wrong type", "'5', a text"]),
        (float("nan"), 5.0, ["not a finite number", "got     nan"]),
        (10**400, 5.0, ["wrong value"]),
        (0.300000001, 0.3, ["got     0.300000001\n  wanted  0.3"]),
        ("pool", "conv", ["wrong text", "'pool'", "'conv'"]),
        (None, 5, ["got     None", "is the return missing?"]),
        (None, SMALL, ["is the return missing?"]),
        (5, None, ["wrong type", "wanted  None"]),
        ((1, "a"), [1, "a"], ["wrong type", "a tuple", "A list is wanted"]),
        ([1.0, 2.0], (1.0, 2.0), ["wrong type", "A tuple is wanted"]),
        ([1, 2], [1, 2, 3], ["wrong length", "2: [1, 2]", "3: [1, 2, 3]"]),
        ([("a", (1, 2), 3)], [("a", (1, 4), 3)], ["wrong value at [0][1][1]"]),
        ({"a": 1, 7: 1}, {"a": 1, "b": 2}, ["wrong keys", "missing     'b'", "7"]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["wrong value at ['a']['b']"]),
        (5, {"a": 1}, ["wrong type", "a dict of 1"]),
        (lambda: 5, 5, ["the function <lambda>"]),
        (int, 5, ["a class"]),
    ],
)
def test_what_is_not_equal_says_what_is_wrong(got, want, parts):
    text = failure(check.equal, got, want)
    assert text.startswith("the case: ")
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    ("got", "want", "parts"),
    [
        (SMALL.tolist(), SMALL, ["wrong type", "a list", "np.array(...)"]),
        ((SMALL, None), SMALL, ["wrong type", "(out, cache)"]),
        (SMALL[0].view(np.matrix), SMALL[0], ["the special type matrix", "np.asarray"]),
        (np.ma.masked_array(SMALL, True), SMALL, ["a masked array"]),
        (5.0, SMALL, ["5.0, a float", "an array of shape (2, 3, 4), float64"]),
        (SMALL[0], SMALL, ["wrong shape", "(3, 4)", "(2, 3, 4)"]),
        (SMALL.astype("f4"), SMALL, ["wrong dtype", "got     float32"]),
        (SMALL, SMALL.astype("f4"), ["float32 went in, float64 came out"]),
        (SMALL.astype(object), SMALL, ["wrong dtype", "object"]),
        (SMALL.astype(str), SMALL, ["wrong dtype"]),
        (SMALL > 0, SMALL, ["wrong dtype", "bool"]),
        (SMALL.astype(int), SMALL, ["wrong dtype", "int64", "float64"]),
        (SMALL, SMALL.astype(int), ["wrong dtype"]),
    ],
)
def test_arrays_type_then_shape_then_dtype(got, want, parts):
    text = failure(check.equal, got, want)
    for part in parts:
        assert part in text


def test_the_first_wrong_index_and_the_extent_are_told():
    got = SMALL.copy()
    got[0, 1, 2] += 3
    got[1, 2, 3] = -1
    assert failure(check.close, got, SMALL).splitlines()[:5] == [
        "the case: wrong values",
        "  first wrong index  [0, 1, 2]",
        "  2 of 24 values differ, the largest difference is 24",
        "  got     9.0",
        "  wanted  6.0",
    ]


@pytest.mark.parametrize(
    ("got", "want", "lines"),
    [
        ((3, 5), (4, 5), ["got     3  in (3, 5)", "wanted  4  in (4, 5)"]),
        (
            [["conv", (28, 7), 280]],
            [("conv", (28, 28), 280)],
            ["got     7   in (28, 7)", "wanted  28  in (28, 28)"],
        ),
        (SMALL + 1, SMALL, ["got     1.0", "wanted  0.0"]),
        (np.array([1.0]), np.array([2.0]), ["got     1.0", "wanted  2.0"]),
    ],
)
def test_a_wrong_number_is_shown_in_its_place_when_that_is_short(got, want, lines):
    shown = [line.strip() for line in failure(check.equal, got, want).splitlines()]
    assert [line for line in shown if line.startswith(("got ", "wanted "))] == lines


def test_a_value_that_is_not_finite_comes_before_a_wrong_one():
    got = SMALL.copy()
    got[0, 0, 0], got[1, 0, 0] = 99, np.nan
    text = failure(check.close, got, SMALL)
    assert "not all values are finite" in text
    assert "[1, 0, 0]\n  1 of 24 values differs\n" in text
    assert "got     nan" in text


def test_infinity_is_not_close_to_anything_finite():
    assert "wrong values" in failure(check.close, np.ones(2), np.array([1, np.inf]))
    huge = failure(check.close, np.array([np.inf, 1.0]), np.ones(2), rtol=1e9)
    assert "not all values are finite" in huge


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_passes_and_an_error_of_a_thousandth_does_not(dtype):
    rng = np.random.default_rng(3)
    want = rng.standard_normal((40, 50)).astype(dtype)
    other_order = want + (100 * np.finfo(dtype).eps * want)
    check.close("rounded", other_order.astype(dtype), want)
    wrong = want.copy()
    wrong[3, 4] += 1e-3 * np.abs(want).max()
    assert "[3, 4]" in failure(check.close, wrong, want)


def test_the_tolerance_follows_the_scale_of_small_numbers():
    want = np.array([1e-12, 2e-12, 3e-12])
    assert "wrong values" in failure(check.close, np.zeros(3), want)
    check.close("all zero", np.array([1e-17, 0.0]), np.zeros(2))


def test_one_huge_value_does_not_hide_small_ones():
    want = np.array([1e7, 1.25])
    assert "[1]" in failure(check.close, np.array([1e7, 1.2501]), want)


def test_float32_near_zero_is_judged_by_the_scale_of_the_others():
    want = np.array([3.3, 0.1], np.float32)
    check.close("cancelled", want + np.array([0, 2e-5], "f4"), want)
    failure(check.close, want + np.array([0, 2e-4], "f4"), want)


def test_whole_numbers_must_come_out_even_as_large_float32():
    want = np.array([20001, 7], np.float32)
    assert "wrong values" in failure(check.close, np.array([20000, 7], "f4"), want)
    check.close("rounded", want * np.float32(1 + 1e-7), want)


def test_given_tolerances_are_used():
    check.close("loose", np.array([1.05]), np.array([1.0]), rtol=0.1)
    check.close("loose", np.array([0.05]), np.array([0.0]), atol=0.1)
    failure(check.close, np.array([1.05]), np.array([1.0]), rtol=0.01)


def test_close_takes_whole_numbers_that_the_author_wrote_without_a_point():
    check.close("ints", np.array([[6.0, 8.0]]), np.array([[6, 8]]))
    check.close("int", 6.0, 6)


class Liar:
    def __eq__(self, other):
        return True

    __hash__ = None

    def __array__(self, *_, **__):
        return SMALL

    def __repr__(self):
        raise RuntimeError("no")

    @property
    def __class__(self):
        raise RuntimeError("no")


class LyingInt(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class LyingFloat(float):
    def __sub__(self, other):
        return 0.0


class LyingText(str):
    def __ne__(self, other):
        return False

    __hash__ = str.__hash__


class LyingArray(np.ndarray):
    def __array_ufunc__(self, *_, **__):
        return np.array(False)


class LyingDict(dict):
    def __getitem__(self, key):
        return 1

    def items(self):
        return {"a": 1}.items()


class LyingList(list):
    def __iter__(self):
        return iter([1, 2])


HOSTILE = {
    "liar for an int": lambda: (Liar(), 5),
    "liar for a float": lambda: (Liar(), 5.0),
    "liar for a text": lambda: (Liar(), "text"),
    "liar for None": lambda: (Liar(), None),
    "liar for a bool": lambda: (Liar(), True),
    "liar for a list": lambda: (Liar(), [1]),
    "liar for a dict": lambda: (Liar(), {"a": 1}),
    "liar for an array": lambda: (Liar(), SMALL),
    "liar in a list": lambda: ([Liar()], [5]),
    "liar in a dict": lambda: ({"a": Liar()}, {"a": 1}),
    "lying int": lambda: (LyingInt(4), 5),
    "lying float": lambda: (LyingFloat(4), 5.0),
    "lying text": lambda: (LyingText("a"), "b"),
    "lying array": lambda: (SMALL.copy().view(LyingArray), SMALL + 1),
    "lying dict": lambda: (LyingDict(b=5), {"a": 1}),
    "lying list": lambda: (LyingList([7, 8]), [1, 2]),
    "array of objects": lambda: (np.array([Liar()], dtype=object), np.ones(1)),
    "structured array": lambda: (np.zeros(1, dtype=[("a", "f8")]), np.ones(1)),
    "huge array": lambda: (np.broadcast_to(0.0, (10**6, 10**6)), SMALL),
    "long list": lambda: (list(range(10**6)), [1]),
    "long text": lambda: ("x" * 10**6, "y"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_fail_with_a_short_message(name):
    got, want = HOSTILE[name]()
    for check_function in (check.equal, check.close):
        assert len(failure(check_function, got, want)) < 400


def test_a_list_that_holds_itself_ends():
    endless = []
    endless.append(endless)
    assert "wrong type" in failure(check.equal, endless, [[[1]]])


def test_what_the_learner_sets_does_not_disturb_the_check():
    before = np.geterr()
    got, want = np.array([np.nan, 1e308, 1e-308]), np.array([1.0, -1e308, 1.0])
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        assert "not all values are finite" in failure(check.close, got, want)
    assert np.geterr() == before


def test_a_want_that_cannot_be_compared_is_the_authors_error():
    with pytest.raises(TypeError, match="cannot compare with a set"):
        check.equal("sets", {1}, {1})


def test_a_long_case_is_wrapped(capsys):
    check.equal("word " * 40, 1, 1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 88 for line in lines)
    assert all(line.startswith("     ") for line in lines[1:])


def test_the_random_state_and_print_options_are_left_alone():
    np.random.seed(3)
    state, options = np.random.get_state()[1].copy(), np.get_printoptions()
    failure(check.close, SMALL, SMALL + 1)
    check.gradient("square", lambda d: 2 * SMALL * d, lambda x: x**2, SMALL)
    assert (np.random.get_state()[1] == state).all()
    assert np.get_printoptions() == options


def test_the_rounding_error_is_not_the_one_that_numpy_lets_anyone_set(monkeypatch):
    for kind in (np.float64, np.float32):
        monkeypatch.setattr(np.finfo(kind), "eps", kind(1000))

    with pytest.raises(check.CheckFailed):
        check.equal("twice", 3.0, 4.0)
