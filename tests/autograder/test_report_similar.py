"""Similar answers: renamed ones are found, independent ones and the stub are not."""

import random
import re
import time

import pytest

from autograder.lessons import Lesson, checkout
from autograder.lessons.answers import read_bank
from autograder.reports.similar import (
    Answer,
    fingerprints,
    shared_pieces,
    similar_pairs,
)

STUB = '''def im2col(x, size, stride):
    """Columns of x."""
    N, C, H, W = x.shape
    raise NotImplementedError("im2col is yours to write.")
'''
ADA = '''def im2col(x, size, stride):
    """Columns of x."""
    N, C, H, W = x.shape
    rows = (H - size) // stride + 1
    places = (W - size) // stride + 1
    columns = np.zeros((N, rows * places, C * size * size))
    for row in range(rows):
        for place in range(places):
            window = x[:, :, row * stride : row * stride + size, place : place + size]
            columns[:, row * places + place] = window.reshape(N, -1)
    return columns
'''
BOB = '''def im2col(x, size, stride):
    """Columns of x."""
    N, C, H, W = x.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(N, -1, C * size * size)
'''
RENAMED = {
    "rows": "h_out",
    "places": "w_out",
    "columns": "res",
    "window": "w",
    "row": "i",
}


def renamed(code: str) -> str:
    """As somebody hands in what another wrote: other names, comments, layout."""
    for old, new in RENAMED.items():
        code = re.sub(rf"\b{old}\b", new, code)
    code = code.replace('"""Columns of x."""', '"""I made this."""')
    return code.replace("    return", "    # done\n\n    return").replace(" * ", "*")


def pieces(codes: dict[str, str], right: bool = False, stub: str = STUB):
    answers = [Answer(who, "im2col", code, right) for who, code in codes.items()]
    return shared_pieces("04_im2col", answers, {"im2col": stub})


def test_renamed_variables_are_found():
    ((pair, (piece,)),) = pieces({"ada": ADA, "bob": BOB, "cy": renamed(ADA)}).items()
    assert pair == ("ada", "cy")
    assert piece.are_wrong and piece.rare >= 12
    shown = [code.split("\n") for code in piece.codes]
    for side in (0, 1):
        marked = [shown[side][line - 1] for line in sorted(piece.lines[side])]
        assert any("reshape" in line for line in marked)
        assert not any("def im2col" in line for line in marked)


def test_the_stub_is_never_shared():
    assert pieces({"ada": STUB, "bob": STUB, "cy": STUB}) == {}
    longer = STUB + "\n" + ADA.replace("im2col", "given")
    answers = {"ada": longer, "bob": longer}
    assert pieces(answers) != {}
    assert pieces(answers, stub=longer) == {}


def test_names_of_numpy_and_of_python_are_kept():
    one = fingerprints("y = np.sum(np.maximum(x, 0) * weights[: len(x)], axis=0)")
    assert (
        one.keys()
        == fingerprints("z = q.sum(q.maximum(u, 0) * v[: len(u)], axis=0)").keys()
    )
    assert (
        not one.keys()
        & fingerprints("y = np.prod(np.minimum(x, 0) + w[: int(x)], 1)").keys()
    )


def test_what_a_window_has_is_always_found():
    """Winnowing keeps a fingerprint of every 13 tokens in a row that two texts share."""
    shared = "a[b + 1] = c * (d - 2) if e else f"  # 18 tokens
    for before in range(6):
        one = fingerprints("x = 1\n" * before + shared)
        other = fingerprints("print(y)\n" + shared + "\nreturn 5")
        assert one.keys() & other.keys()


def test_right_answers_alike_need_more():
    short = ADA.partition("    columns")[0] + "    return places\n"
    both = {"ada": short, "bob": renamed(short), "cy": BOB}
    assert pieces(both, right=False) and not pieces(both, right=True)


def test_what_many_have_is_no_reason_to_look():
    assert pieces({f"s{at}": ADA for at in range(40)}, right=True) == {}


@pytest.mark.parametrize("name", ["01_volumes", "04_im2col", "06_convnet"])
def test_independent_right_answers_are_not_found(name):
    """The bank's right answers to one function were written to be different."""
    answers = [
        Answer(f"{answer.id}", answer.function, answer.source, True)
        for answer in read_bank(Lesson(checkout(), name))
        if answer.right
    ]
    assert len(answers) > 10
    assert shared_pieces(name, answers, {}) == {}


def test_pairs_over_lessons_the_most_telling_first():
    once = pieces({"ada": ADA, "cy": renamed(ADA), "bob": BOB})
    (piece,) = once["ada", "cy"]
    found = similar_pairs({("bob", "eve"): [piece], ("ada", "cy"): [piece, piece]})
    assert [pair.students for pair in found] == [("ada", "cy"), ("bob", "eve")]
    assert similar_pairs({(str(n), "x"): [piece] for n in range(50)})[20:] == []


def test_fifteen_hundred_answers_take_seconds():
    rng = random.Random(1)

    def line() -> str:
        call = rng.choice(["sum", "max", "where", "pad", "dot", "reshape"])
        return f"    a = np.{call}(b[{rng.randrange(9)}], x * {rng.randrange(99_999)})"

    codes = {
        f"s{at:04d}": "\n".join(["def f(x):", *(line() for _ in range(25))])
        for at in range(1500)
    }
    codes["s1499"] = renamed(codes["s0000"])
    started = time.process_time()
    found = pieces(codes, right=True)
    assert ("s0000", "s1499") in found
    assert time.process_time() - started < 30


def test_broken_code_costs_nothing():
    for code in ("def f(:", "'''", "\x00", "(" * 5_000, "é = \u2028 1"):
        fingerprints(code)
