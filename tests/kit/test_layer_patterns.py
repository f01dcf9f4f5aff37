"""Tokens of a layer pattern, and messages that point at one of them."""

from course.kit.layer_patterns import point_at, tokens


def test_words_numbers_and_signs_with_their_places():
    found = tokens("input->[Conv]*12")
    assert [tuple(token) for token in found] == [
        ("INPUT", 0),
        ("->", 5),
        ("[", 7),
        ("CONV", 8),
        ("]", 12),
        ("*", 13),
        ("12", 14),
        ("", 16),
    ]


def test_what_has_no_meaning_is_a_sign_of_its_own():
    assert [token.text for token in tokens("A - > + 2x")] == [
        *["A", "-", ">", "+", "2", "X", ""]
    ]


def test_an_empty_pattern_has_only_its_end():
    assert tokens("") == [("", 0)]
    assert tokens("  ") == [("", 2)]


def test_the_caret_stands_below_the_place():
    pattern = "INPUT -> POLL"
    for place in (0, 9, len(pattern)):
        reason, line, caret = point_at(pattern, place, "no such layer").split("\n")
        assert reason == "no such layer"
        assert caret.index("^") - line.index(pattern) == place
        assert caret.strip() == "^"
