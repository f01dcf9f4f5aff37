"""check.raises: the right error passes, a value or another error is explained."""

import sys

import pytest
from failing import failure_of

from course.kit import check


def size(width, filter_size, stride=1):
    if stride == 4:
        return None
    if width < 0:
        raise IndexError("no such pixel")
    if width == 10:
        sys.exit("gone")
    if (width - filter_size) % stride:
        raise ValueError(f"{filter_size} on {width} at stride {stride}: 1 or 2.0 fit.")
    return (width - filter_size) // stride


def unwritten(*_):
    raise NotImplementedError("unwritten is yours to write. Hint: count.")


def failure(*args, **kwargs) -> str:
    return failure_of(check.raises, "the case", *args, **kwargs)[1]


def test_the_right_error_passes_with_one_line(capsys):
    assert check.raises("stride 3", ValueError, size, 9, 2, stride=3) is None
    assert check.raises("a subclass", LookupError, size, -1, 2) is None
    assert capsys.readouterr().out == "ok   stride 3\nok   a subclass\n"


def test_a_value_instead_of_an_error():
    text = failure(ValueError, size, 7, 3, stride=2)
    assert text == (
        "the case: no error\n"
        "  size(7, 3, stride=2) returned 2\n"
        "  It must raise ValueError: do not round silently."
    )
    assert (failure(ValueError, size, 9, 3, 4)).endswith(
        "  size(9, 3, 4) returned None\n  It must raise ValueError."
    )


def test_rounding_is_no_matter_where_a_list_went_in():
    assert (failure(ValueError, lambda layers: 3, [1])).endswith("ValueError.")


def test_a_known_value_instead_of_an_error_is_named():
    known = {"it is rounded up": 3, "it is rounded down": lambda: 2}
    text = failure(ValueError, size, 7, 3, stride=2, mistakes=known)
    assert text == (
        "It looks as if it is rounded down.\n"
        "\n"
        "the case: no error\n"
        "  size(7, 3, stride=2) returned 2\n"
        "  It must raise ValueError."
    )
    unknown = failure(ValueError, size, 11, 3, stride=2, mistakes=known)
    assert "It looks as if" not in unknown


def test_another_error_is_shown_with_the_line_where_it_happened():
    error = failure(ValueError, size, -1, 2)
    assert "size(-1, 2) raised IndexError: no such pixel" in error
    assert 'raise IndexError("no such pixel")' in error
    assert "in size:" in error
    assert error.endswith("It must raise ValueError.")
    raised, _ = failure_of(check.raises, "the case", ValueError, size, -1, 2)
    assert isinstance(raised.__cause__, IndexError)


def test_system_exit_is_reported_and_an_interrupt_passes():
    assert "SystemExit: gone" in (failure(ValueError, size, 10, 2))

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check.raises("interrupted", ValueError, interrupted)


@pytest.mark.parametrize("wanted", [ValueError, RuntimeError, Exception])
def test_a_function_that_is_not_written_says_so(wanted):
    error, shown = failure_of(check.raises, "the case", wanted, unwritten, 1)
    assert not shown
    assert isinstance(error, check.NotWrittenYet)
    assert isinstance(error, NotImplementedError)
    assert "unwritten: not written yet. unwritten is yours" in str(error)
    assert "Hint: count." in str(error)


def test_not_implemented_error_can_be_wanted():
    check.raises("a stub", NotImplementedError, unwritten, 1)


def test_the_message_must_mention_the_values():
    check.raises("named", ValueError, size, 9, 2, stride=3, mentions=(9, 2, 3, 1))
    check.raises("words", ValueError, size, 9, 2, 3, mentions=("Stride", 2.0))
    text = failure(ValueError, size, 9, 2, stride=3, mentions=(9, 14, 5))
    assert "the message of the error leaves something out" in text
    assert "The message must name 9, 14, 5; it does not name 14, 5." in text


@pytest.mark.parametrize(
    ("mentions", "advice"),
    [
        ((14, 5, 6), "The message must name 14, 5, 6; it names none of them."),
        ((14,), "The message must name 14."),
    ],
)
def test_where_nothing_is_named_the_values_are_listed_once(mentions, advice):
    text = failure(ValueError, size, 9, 2, stride=3, mentions=mentions)
    assert text.endswith(advice)


@pytest.mark.parametrize(
    ("message", "value", "named"),
    [
        ("W=7, F=3", 7, True),
        ("a 7x7 image", 7, True),
        ("it is 7.", 7, True),
        ("it is 7.0", 7, True),
        ("it is 7.5", 7, False),
        ("it is 17", 7, False),
        ("it is 70", 7, False),
        ("it is 0.7", 7, False),
        ("it is 14.5", 14.5, True),
        ("it is 14", 14.5, False),
        ("the strides", "stride", False),
        ("the stride", "stride", True),
    ],
)
def test_a_value_counts_only_as_a_whole(message, value, named):
    def raising():
        raise ValueError(message)

    if named:
        check.raises("named", ValueError, raising, mentions=[value])
    else:
        text = failure(ValueError, raising, mentions=[value])
        assert "The message must name" in text


def test_an_error_whose_text_cannot_be_read():
    class Mute(IndexError):
        def __str__(self):
            raise RuntimeError

    def raising():
        raise Mute

    assert "Mute: (its message cannot be read)" in (failure(ValueError, raising))
