"""The padding that keeps the size at stride 1; an even filter has none and is refused."""

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1


def cases(t, same_padding):
    t.case("a filter of 5 needs 2P = 4", same_padding(5), 2)
    t.case("filter 3", same_padding(3), 1)
    t.case("filter 1", same_padding(1), 0)
    t.case("filter 11", same_padding(11), 5)
    t.refuses("filter 2 has no middle", same_padding(2))
    t.refuses("filter 4 has no middle", same_padding(4))


def hidden(t, same_padding):
    for F in (7, 9, 13, 99):
        kept = (p for p in range(60) if len(range(-p, 200 + p - F + 1)) == 200)
        t.case(f"filter {F}", same_padding(F), next(kept))
    for F in (6, 100):
        t.refuses(f"filter {F} has no middle", same_padding(F))


@right("floor of half, after a look at the last bit")
def same_padding__bit(filter_size):
    if not filter_size & 1:
        raise ValueError("even")
    return filter_size >> 1


@right("quotient and remainder")
def same_padding__divmod(filter_size):
    zeros, rest = divmod(filter_size - 1, 2)
    if rest == 1:
        raise ValueError(f"{filter_size} has no middle")
    return zeros


@right("search for the padding that keeps a row")
def same_padding__search(filter_size):
    for padding in range(filter_size):
        if 2 * padding + 1 == filter_size:
            return padding
    raise ValueError(f"no padding keeps the size under a filter of {filter_size}")


@right("ask output_size")
def same_padding__asks(filter_size):
    size = 10 * filter_size
    for padding in range(filter_size):
        if output_size(size, filter_size, padding=padding) == size:
            return padding
    raise ValueError(f"filter_size is {filter_size}")


@right("recursion: two pixels wider, one zero more")
def same_padding__recursive(filter_size):
    if filter_size < 1:
        raise ValueError("even filters keep no size")
    return 0 if filter_size == 1 else 1 + same_padding__recursive(filter_size - 2)


wrong("the zeros of both borders are counted", "filter_size // 2", "filter_size - 1")
wrong("half of F + 1 is taken", "filter_size // 2", "(filter_size + 1) // 2")
wrong(
    "half of the filter is rounded down once too often",
    "filter_size // 2",
    "filter_size // 2 - 1",
)
wrong("the filter size itself is returned", "filter_size // 2", "filter_size")
wrong("no padding is returned", "filter_size // 2", "0")
wrong("odd filters are refused instead of even ones", "== 0", "== 1")
wrong("the result is rounded up", "filter_size % 2 == 0", "False")
wrong(
    "the result is rounded down",
    "filter_size % 2 == 0",
    "False",
    "filter_size // 2",
    "(filter_size - 1) // 2",
)
wrong("a float is returned", "filter_size // 2", "(filter_size - 1) / 2", named=False)
wrong(
    "a float is returned, for an even filter too",
    "filter_size % 2 == 0",
    "False",
    "filter_size // 2",
    "(filter_size - 1) / 2",
    named=False,
)
wrong(
    "a filter of 1 is refused",
    "filter_size % 2 == 0",
    "filter_size < 3 or filter_size % 2 == 0",
    named=False,
)
wrong(
    "only 3 and 5 are known",
    "filter_size // 2",
    "{1: 0, 3: 1, 5: 2}.get(filter_size, 0)",
)
wrong("the error is an AssertionError", "raise Value", "raise Assertion", named=False)
