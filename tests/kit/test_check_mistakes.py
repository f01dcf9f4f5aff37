"""A failed check names the mistake: one from the table, or one that shows in any array."""

import numpy as np
import pytest
from failing import failure_of

from course.kit import check

WANT = np.random.default_rng(1).integers(-9, 9, (2, 3, 4, 5)).astype(float)
SQUARE = np.random.default_rng(2).integers(-9, 9, (3, 4, 4)).astype(float)


def failure(got, want, mistakes=None) -> str:
    _, text = failure_of(check.close, "the case", got, want, mistakes=mistakes)
    return " ".join(text.split())


def test_the_example_of_the_docs_reads_as_promised():
    want = np.zeros((2, 3, 4, 4))
    got = want.copy()
    got[0, 1, 0, 2], want[0, 1, 0, 2] = 5, 8
    error, text = failure_of(
        check.close,
        "conv_forward_naive, every axis another length, stride 2, padding 1",
        got,
        want,
        mistakes={"the filter is flipped": lambda: got.copy()},
    )
    assert error.phrases == ("the filter is flipped",)
    assert text == (
        "It looks as if the filter is flipped.\n"
        "\n"
        "conv_forward_naive, every axis another length, stride 2, padding 1: wrong values\n"
        "  first wrong index  [0, 1, 0, 2]\n"
        "  1 of 96 values differs, the largest difference is 3\n"
        "  got     5.0\n"
        "  wanted  8.0\n"
        "\n"
        "  wanted[0, 1]            got[0, 1]  (* is wrong)\n"
        "          0  1  2  3              0  1  2  3\n"
        "  row 0   0  0  8  0      row 0   0  0 *5  0\n"
        "  row 1   0  0  0  0      row 1   0  0  0  0\n"
        "  row 2   0  0  0  0      row 2   0  0  0  0\n"
        "  row 3   0  0  0  0      row 3   0  0  0  0"
    )


def test_a_mistake_may_be_a_value_or_a_function_and_may_fail():
    def broken():
        raise ValueError

    mistakes = {
        "it raises": broken,
        "it is right": WANT,
        "it is another thing": WANT + 2,
        "it is a text": "text",
        "it cannot be compared": {1},
        "one is added": lambda: WANT + 1,
    }
    text = failure(WANT + 1, WANT, mistakes)
    assert text.startswith("It looks as if one is added. the case: wrong values")


def test_two_mistakes_with_the_same_numbers_are_both_named():
    text = failure(WANT + 1, WANT, {"a is so": WANT + 1, "b is so": WANT + 1})
    assert text.startswith("It looks as if a is so, or b is so.")


def test_a_mistake_is_named_after_a_wrong_shape_type_or_dtype():
    one_small = {"the last row is left out": WANT[:, :, :-1]}
    assert "last row is left out" in failure(WANT[:, :, :-1], WANT, one_small)
    single = WANT.astype(np.float32)
    wide = {"float32 turned float64": WANT, "it is single": single + 1}
    assert "as if float32 turned float64." in failure(WANT, single, wide)
    for got, want, phrase in [
        (3.5, 3, "/ stands for //"),
        (4, 5, "the + 1 is missing"),
    ]:
        error, _ = failure_of(check.equal, "size", got, want, mistakes={phrase: got})
        assert error.phrases == (phrase,)


def test_a_mistake_with_nan_is_recognised():
    got = np.array([np.nan, 1.0])
    text = failure(got, np.array([0.5, 1.0]), {"exp overflows": got.copy()})
    assert "as if exp overflows" in text


def test_the_table_comes_before_what_can_be_seen():
    assert "as if x is so" in failure(-WANT, WANT, {"x is so": -WANT})


@pytest.mark.parametrize(
    ("got", "want", "part"),
    [
        (-WANT, WANT, "Every value has the wrong sign."),
        (WANT * 0, WANT, "Every value is 0"),
        (WANT * 0 + 2, WANT, "Every value is the same, 2.0."),
        (WANT / 9, WANT, "Every value is 9 times too small: a mean instead of a sum?"),
        (WANT * 9, WANT, "Every value is 9 times too large"),
        (WANT * 0.7, WANT, "the wanted one times 0.7."),
        (WANT + 3, WANT, "Every value is 3 too large."),
        (WANT - 0.5, WANT, "Every value is 0.5 too small."),
        (WANT[..., ::-1], WANT, "axis 3 runs backwards"),
        (WANT[:, :, ::-1, ::-1], WANT, "axis 2 and axis 3 runs backwards"),
        (SQUARE.transpose(0, 2, 1), SQUARE, "result.transpose(0, 2, 1) would be right"),
        (WANT.transpose(0, 2, 3, 1), WANT, "result.transpose(0, 3, 1, 2) would be"),
        (WANT.transpose(0, 1, 3, 2) + 1, WANT, "axes swapped?"),
        (WANT[:, None], WANT, "an axis of length 1"),
        (WANT.reshape(6, 20), WANT, "only a reshape is missing"),
        (WANT[0] + 1, WANT, "has 3 axes, and 4 are wanted"),
        (WANT[:, :, :-1, :-1], WANT, "Axis 2 and axis 3 are one too short. The values"),
        (WANT[..., 1:], WANT, "Axis 3 is one too short."),
        (np.pad(WANT, 1)[1:-1, 1:-1], WANT, "2 too long: is the padding still there?"),
        (np.roll(WANT, 1, 3), WANT, "they stand in another order"),
    ],
)
def test_what_shows_in_the_arrays_alone(got, want, part):
    assert part in failure(got, want)


def test_a_part_that_is_wrong_is_named():
    inner = WANT.copy()
    inner[..., 0] = 77
    assert "border of the last two axes" in failure(inner, WANT)
    first = WANT.copy()
    first[1:] = 0
    assert "Along axis 0 only index 0 is right." in failure(first, WANT)
    channel = WANT.copy()
    channel[:, 1] += SQUARE[0, 0, 0] + WANT[:, 0]
    assert "Along axis 1 only index 1 is wrong." in failure(channel, WANT)


def test_nothing_is_said_when_nothing_fits():
    noise = np.random.default_rng(5).standard_normal(WANT.shape)
    assert failure(WANT + noise, WANT).count(".") == failure(
        WANT + 2 * noise, WANT
    ).count(".")
    assert "sign" not in failure(5.0, 4.0)
    assert "The sign is wrong." in failure(-4.0, 4.0)
    assert "times" not in failure(np.ones(3), np.zeros(3))
