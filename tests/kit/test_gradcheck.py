"""check.gradient: right gradients pass, wrong ones and unusable functions are explained."""

import numpy as np
import pytest
from failing import failure_of

from course.kit import check
from course.kit.checking import judge

RNG = np.random.default_rng(7)
X = RNG.standard_normal((3, 4))
DOUT = RNG.standard_normal((3, 4))
LARGE = RNG.standard_normal((40, 50))
W = RNG.standard_normal((4, 5))


def square(x):
    return x**2


def relu(x):
    return np.maximum(x, 0)


def failure(got, f, x, *args, **kwargs) -> str:
    _, text = failure_of(check.gradient, "the case", got, f, x, *args, **kwargs)
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("gradient", "f", "x"),
    [
        (lambda d: 2 * X * d, square, X),
        (lambda d: d @ W.T, lambda x: x @ W, X),
        (lambda d: d * (X > 0), relu, X),
        (lambda d: d * np.exp(X), np.exp, X),
        (lambda d: 2 * LARGE * d, square, LARGE),
        (lambda d: (LARGE > 0) * d, relu, LARGE),
        (lambda d: 2e6 * X * d, lambda x: x**2, 1e6 * X),
        (lambda d: d[:, :, None] + np.zeros((3, 4, 2)), lambda x: x.sum(2), np.ones((3, 4, 2))),
        (lambda d: 2 * X, lambda x: (x**2).sum(), X),
        (lambda d: 2 * X, lambda x: float((x**2).sum()), X),
    ],
)  # fmt: skip
def test_a_right_gradient_passes(gradient, f, x, capsys):
    assert check.gradient("the case", gradient, f, x) is None
    printed = capsys.readouterr()
    assert printed.out.startswith("ok   the case (relative error ")
    assert printed.out.endswith(" expected below 1e-05)\n")
    assert printed.out.count("\n") == 1
    assert printed.err == ""


def test_the_gradient_may_be_an_array_with_the_dout_that_it_was_made_of():
    check.gradient("given", 2 * X * DOUT, square, X, DOUT)
    check.gradient("not given", 2 * X * check.upstream((3, 4)), square, X)
    assert "wrong gradient" in failure(2 * X, square, X, DOUT)


def test_the_upstream_gradient_is_random_and_always_the_same():
    dout = check.upstream((3, 4, 5))
    assert (dout == check.upstream((3, 4, 5))).all()
    assert len(np.unique(dout)) == 60
    assert np.abs(dout).min() > 0.4
    assert dout.min() < 0 < dout.max()


def test_a_wrong_element_is_found_and_shown():
    got = 2 * X * DOUT
    got[1, 2] += 0.5
    got[2, 0] += 0.5
    text = failure(got, square, X, DOUT)
    assert "the case: wrong gradient" in text
    assert "first wrong index [1, 2] (2 of 12 checked values differ)" in text
    assert f"numeric {2 * X[1, 2] * DOUT[1, 2]:.6g}" in text
    assert "expected below 1e-05" in text


@pytest.mark.parametrize("size", [0.3, -3.0])
def test_one_wrong_element_among_many_is_searched_for(size):
    got = 2 * LARGE
    got[31, 7] += size
    text = failure(got, square, LARGE, np.ones((40, 50)))
    assert "[31, 7]" in text
    assert "1 of " in text


def test_a_small_error_counts_against_the_scale_of_the_gradient():
    got = np.array([1000.0, 0.0])
    assert "[1]" in failure(got, lambda x: 1000 * x[0] + x[1], np.zeros(2))
    close = 2 * X * DOUT * (1 + 1e-4)
    assert "wrong gradient" in failure(close, square, X, DOUT)
    check.gradient("loose", close, square, X, DOUT, rtol=1e-3)


def test_rounding_of_a_large_value_is_not_held_against_the_gradient():
    def f(x):
        return x.sum() + 2.5e6

    check.gradient("large", np.ones(3), f, np.ones(3))
    assert "wrong gradient" in failure(np.full(3, 1.01), f, np.ones(3))


def test_rounding_that_drowns_the_gradient_is_told():
    text = failure(np.full(3, 1.1), lambda x: x.sum() + 1e9, np.ones(3))
    assert "the gradient cannot be checked" in text
    assert "rounding drowns the gradient" in text


def test_known_mistakes_are_named():
    right = 2 * X * DOUT
    text = failure(
        right[::-1], square, X, DOUT, mistakes={"it is upside down": right[::-1]}
    )
    assert "It looks as if it is upside down." in text
    assert "2 times too small" in failure(right / 2, square, X, DOUT)
    assert "wrong sign" in failure(-2 * LARGE, square, LARGE, np.ones((40, 50)))


def test_type_shape_dtype_and_finiteness_come_first():
    assert "wrong type" in failure([1.0], square, X)
    assert "is the return missing" in failure(lambda d: None, square, X)
    padded = failure(np.zeros((5, 6)), square, X)
    assert "wrong shape" in padded
    assert "is the padding still there?" in padded
    assert "wrong dtype" in failure(X.astype(np.float32), square, X)
    text = failure(np.full((3, 4), np.nan), square, X)
    assert "not all values are finite" in text
    assert "wanted" not in text


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (X.astype(np.float32), "x must be an array of float64"),
        (np.arange(3), "integers"),
        ([1.0, 2.0], "x must be an array of float64"),
        (np.array([np.nan]), "must be finite"),
        (np.zeros((0, 3)), "must have values"),
        (np.array([1e300]), "take a larger h"),
    ],
)
def test_an_x_that_cannot_be_checked(x, says):
    shape = np.shape(x)
    assert says in failure(np.zeros(shape), lambda x: x * 0 + 1, x)


def shifted(x):
    x += 1
    return x


def doubled_after(x):
    y = x * 2
    x[...] = 0
    return y


class Dropout:
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, x):
        return x * self.rng.random(x.shape)


BUFFER = np.zeros((3, 4))


def same_buffer(x):
    BUFFER[...] = 2 * x
    return BUFFER


@pytest.mark.parametrize(
    ("f", "says"),
    [
        (shifted, "f changed x in place"),
        (doubled_after, "f changed x in place"),
        (Dropout(), "another result when it is called again"),
        (lambda x: (x, None), "If this is (out, cache)"),
        (lambda x: None, "f returned None"),
        (lambda x: x.tolist(), "f returned a list"),
        (lambda x: x.astype(np.float32), "f turned float64 into float32"),
        (lambda x: x * np.inf, "not finite"),
    ],
)
def test_a_function_that_is_no_function_is_told(f, says):
    before = X.copy()
    assert says in failure(np.ones((3, 4)), f, X)
    assert (before == X).all()


def test_a_function_that_reuses_its_result_is_measured_right():
    check.gradient("buffer", lambda d: 2 * d, same_buffer, X)


def test_a_function_that_ignores_its_argument_is_told():
    assert "does f use its argument?" in failure(2 * X * DOUT, lambda y: X**2, X, DOUT)


@pytest.mark.parametrize("dout", [np.ones(4), np.ones((4, 3)), np.ones((1, 3, 4))])
def test_nothing_is_broadcast(dout):
    text = failure(X, square, X, dout)
    assert "dout has the shape" in text
    assert "(3, 4)" in text


def test_dout_must_be_finite_numbers():
    assert "finite numbers" in failure(X, square, X, np.full((3, 4), np.nan))
    assert "dout must be an array" in failure(X, square, X, [1.0])


@pytest.mark.parametrize("offset", [0.0, 1e-6, 1e-5 / 3, 5e-6, 9e-6, -4e-6])
def test_a_kink_is_told_from_a_wrong_gradient(offset):
    x = X.copy()
    x[1, 2] = offset
    text = failure(lambda d: d * (x >= 0), relu, x)
    assert "not meaningful here" in text
    assert "kink within h of x[1, 2]" in text


@pytest.mark.parametrize(
    ("offset", "helps"),
    [(0.0, False), (1e-16, False), (1e-14, False), (1e-8, True), (-4e-6, True)],
)
def test_a_smaller_step_is_advised_where_it_helps(offset, helps):
    x = X.copy()
    x[1, 2] = offset
    text = " ".join(failure(lambda d: d * (x >= 0), relu, x).split())
    assert ("Take another x, or a smaller h." in text) == helps
    assert ("Take another x: no smaller h helps." in text) != helps


def test_a_wrong_gradient_is_wrong_even_with_a_kink():
    x = X.copy()
    x[1, 2] = 0
    assert "wrong gradient" in failure(lambda d: d * (x >= 0) * 3, relu, x)
    assert "wrong gradient" in failure(lambda d: d * (x >= 0) + 1, relu, x)


def test_a_tie_in_a_maximum_is_a_kink():
    x = np.array([[3.0, 3.0, 1.0]])
    text = failure(np.array([[1.0, 0.0, 0.0]]), lambda x: x.max(axis=1), x, np.ones(1))
    assert "kink within h of x[0, 0]" in text


def test_a_strong_curve_is_not_a_kink():
    x = np.array([0.5, -0.25])

    def f(x):
        return np.sin(100 * x)

    check.gradient("bent", lambda d: 100 * np.cos(100 * x) * d, f, x)
    assert "wrong gradient" in failure(lambda d: 101 * np.cos(100 * x) * d, f, x)


def test_errors_in_the_learners_code_are_told():
    def broken(x):
        return x.reshape(7, 7)

    text = failure(X, broken, X)
    assert "your code raised ValueError: cannot reshape" in text
    assert "return x.reshape(7, 7)" in text
    assert "KeyError: 'dx'" in failure(lambda d: {}["dx"], square, X)


def test_a_function_that_is_not_written_says_so():
    def unwritten(x):
        raise NotImplementedError("Hint: sum.")

    with pytest.raises(check.NotWrittenYet, match="the case: not written yet"):
        check.gradient("the case", X, unwritten, X)


def test_strict_numpy_settings_of_the_learner_do_not_disturb():
    tiny = np.full((2, 2), 1e-160)
    with np.errstate(all="raise"):
        check.gradient("tiny", tiny, lambda x: x * 1e-160, X[:2, :2], np.ones((2, 2)))


def test_an_array_that_is_put_right_while_f_is_asked_does_not_count():
    got = np.zeros(3)

    def late(x):
        got[...] = 2 * x
        return x * x

    with pytest.raises(check.CheckFailed):
        check.gradient("dx", got, late, np.array([1.0, 2.0, 3.0]))


def counted(f):
    def call(x):
        call.times += 1
        return f(x)

    call.times = 0
    return call


def test_a_case_with_a_right_gradient_takes_a_few_steps_only():
    f = counted(square)
    judge.gradient("the case", lambda d: 2 * X * d, f, X)
    assert f.times < 10


@pytest.mark.parametrize("place", [(0, 0), (1, 2), (2, 3)])
@pytest.mark.parametrize("size", [1.0, 1e-2, -3e-4])
def test_a_few_steps_are_enough_to_doubt_one_wrong_element(place, size):
    got = 2 * X * DOUT
    got[place] += size
    with pytest.raises(check.CheckFailed) as caught:
        judge.gradient("the case", got, square, X, DOUT)
    assert f"first wrong index  {list(place)}" in "\n".join(caught.value.lines)


def test_two_wrong_elements_do_not_make_up_for_each_other():
    got = 2 * X * DOUT
    got[0, 0] += 1e-3
    got[0, 1] -= 1e-3
    with pytest.raises(check.CheckFailed):
        judge.gradient("the case", got, square, X, DOUT)
