"""Places of a filter along one axis; settings that do not fit are refused, never rounded."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


def cases(t, output_size):
    t.case("the picture: F = 3 on W = 7", output_size(7, 3), 5)
    t.case("the picture, with stride 2", output_size(7, 3, 2), 3)
    t.case("one zero on each border", output_size(9, 3, padding=1), 9)
    t.case("stride 2 and padding 1", output_size(5, 3, stride=2, padding=1), 3)
    t.case("padding keeps 5 pixels", output_size(5, 3, 1, 1), 5)
    t.case("F = 5 on W = 32", output_size(32, 5), 28)
    t.case("stride 3 fits here", output_size(32, 5, 3), 10)
    t.case("the first layer of AlexNet", output_size(227, 11, 4), 55)
    t.case("the filter is as long as the row", output_size(6, 6, 4), 1)
    t.case("a filter that fits because of its padding", output_size(3, 5, 1, 1), 1)
    t.case("a stride that fits because of its padding", output_size(8, 3, 3, 2), 4)
    t.refuses("the picture, with stride 3", output_size(7, 3, 3))
    t.refuses("all four are named", output_size(224, 11, 4), names=(224, 11, 4, 0))
    t.refuses("3.5 steps", output_size(10, 3, 2), names=(10, 3, 2, 0))
    t.refuses("13.5 steps", output_size(32, 5, 2))
    t.refuses("1.33 steps", output_size(5, 3, 3, 1), names=(5, 3, 3, 1))
    t.refuses("it would fit without its padding", output_size(7, 3, 4, 1))
    t.refuses("a filter longer than the row", output_size(3, 5), names=(3, 5, 1, 0))
    t.refuses("a filter longer than the padded row", output_size(3, 8, 3, 1))


def hidden(t, output_size):
    settings = [(w + 1, f + 1, s + 1, p) for w, f, s, p in np.ndindex(12, 6, 5, 4)]
    counted = {setting: places(*setting) for setting in settings}
    fitting = [setting for setting in settings if counted[setting]]
    calls, wants = [output_size(*s) for s in fitting], [counted[s] for s in fitting]
    t.case(f"{len(fitting)} more settings", calls, wants)
    misfits = [setting for setting in settings if not counted[setting]]
    for setting in [*misfits[::29], (64, 7, 5, 1)]:
        t.refuses(f"{setting} does not fit", output_size(*setting), names=setting)


def places(row, window, step, zeros):
    """Move the window and count; 0 when it does not end at the border."""
    starts = range(-zeros, row + zeros - window + 1, step)
    ends = len(starts) > 0 and starts[-1] + window == row + zeros
    return len(starts) if ends else 0


@right("count the places by moving the filter")
def output_size__moved(size, filter_size, stride=1, padding=0):
    end = size + 2 * padding
    start, places = 0, 0
    while start + filter_size <= end:
        places += 1
        start += stride
    if places == 0 or start - stride + filter_size != end:
        raise ValueError(
            f"filter_size {filter_size} at stride {stride} does not end at the border "
            f"of size {size} with padding {padding}"
        )
    return places


@right("quotient and remainder")
def output_size__divmod(size, filter_size, stride=1, padding=0):
    steps, rest = divmod(size + padding + padding - filter_size, stride)
    if rest or steps < 0:
        raise ValueError(
            f"({size} - {filter_size} + 2*{padding})/{stride} + 1 is no whole number > 0"
        )
    return steps + 1


@right("an exact fraction")
def output_size__fraction(size, filter_size, stride=1, padding=0):
    from fractions import Fraction

    places = Fraction(size - filter_size + 2 * padding, stride) + 1
    if places < 1 or places.denominator != 1:
        message = f"{places} places: W={size}, F={filter_size}, S={stride}, P={padding}"
        raise ValueError(message)
    return places.numerator


@right("recursion: one step less")
def output_size__recursive(size, filter_size, stride=1, padding=0):
    def steps(room):
        if room < 0:
            raise ValueError(f"no fit: {size}, {filter_size}, {stride}, {padding}")
        return 0 if room == 0 else 1 + steps(room - stride)

    return steps(size + 2 * padding - filter_size) + 1


@right("numpy, the result an np.int64")
def output_size__numpy(size, filter_size, stride=1, padding=0):
    places = np.divide(size - filter_size + 2 * padding, stride) + 1
    if places < 1 or places != np.floor(places):
        raise ValueError(f"{size=} {filter_size=} {stride=} {padding=}")
    return np.int64(places)


@right("the starts in a range, and a subclass of the wanted error")
def output_size__range(size, filter_size, stride=1, padding=0):
    last = size + padding - filter_size
    starts = range(-padding, last + 1, stride)
    if last not in starts:

        class DoesNotFit(ValueError):
            pass

        raise DoesNotFit(f"{size}, {filter_size}, {stride}, {padding}")
    return starts.index(last) + 1


right(
    "the given lines, and a float that is whole",
    "room % stride != 0",
    "not (room / stride + 1).is_integer()",
    "room // stride + 1",
    "int(room / stride + 1)",
)

wrong("the + 1 is missing", "room // stride + 1", "room // stride")
wrong("the room is divided by S + 1", "room // stride + 1", "room // (stride + 1)")
wrong(
    "the room is divided by S + 1",
    "room // stride + 1",
    "room // (stride + 1)",
    "room % stride",
    "room % (stride + 1)",
)
wrong("the filter size is not subtracted", "size - filter_size + 2 *", "size + 2 *")
wrong(
    "the size is kept, as if the padding were chosen for it",
    "size - filter_size + 2 * padding",
    "size - stride",
)
wrong("the stride is ignored", "room // stride + 1", "room + 1")
wrong(
    "the stride is ignored",
    "room // stride + 1",
    "room + 1",
    "room % stride != 0",
    "room < 0",
)
wrong(
    "brackets are missing, and only 2P is divided by S",
    "room // stride + 1",
    "size - filter_size + 2 * padding // stride + 1",
)
wrong(
    "brackets are missing, and only 2P is divided by S",
    "room // stride + 1",
    "room",
    "2 * padding",
    "2 * padding // stride + 1",
    "room % stride != 0",
    "room < 0",
)
wrong(
    "the + 1 is added before the division", "room // stride + 1", "(room + 1) // stride"
)
wrong("stride and padding are swapped", "stride=1, padding=0", "padding=0, stride=1")
wrong("the padding is ignored", "+ 2 * padding", "")
wrong(
    "the padding is counted once instead of on both borders", "2 * padding", "padding"
)
wrong("the padding is counted four times", "2 * padding", "4 * padding")
wrong("the padding is subtracted", "+ 2 * padding", "- 2 * padding")
wrong(
    "the padding is added after the division",
    "+ 2 * padding",
    "",
    "stride + 1\n",
    "stride + 2 * padding + 1\n",
)
wrong(
    "the result is rounded down",
    "    require_window(size, filter_size, stride, padding)\n",
    "",
    "room % stride != 0",
    "False",
)
wrong(
    "the result is rounded down",
    "room % stride != 0",
    "False",
    "room // stride + 1",
    "int(room / stride + 1)",
)
wrong(
    "the result is rounded down",
    "room % stride != 0",
    "False",
    "room // stride + 1",
    "int(room / stride + 1.5)",
)
wrong(
    "the result is rounded up",
    "room % stride != 0",
    "False",
    "room // stride + 1",
    "-(-room // stride) + 1",
)
wrong("a float is returned", "room // stride", "room / stride", named=False)
wrong(
    "a float is returned, fractions too",
    "room % stride != 0",
    "False",
    "room // stride",
    "room / stride",
    named=False,
)
wrong(
    "None is returned where it does not fit",
    "raise ValueError(suggest_sizes(size, filter_size, stride, padding))",
    "return None",
    named=False,
)
wrong(
    "0 is returned where it does not fit",
    "raise ValueError(suggest_sizes(size, filter_size, stride, padding))",
    "return 0",
)
wrong(
    "a message is printed instead of an error",
    "raise ValueError",
    "return print",
    named=False,
)
wrong("the error is an AssertionError", "raise Value", "raise Assertion", named=False)
wrong(
    "the error is returned instead of raised",
    "raise Value",
    "return Value",
    named=False,
)
wrong(
    "the error does not name the values",
    "suggest_sizes(size, filter_size, stride, padding)",
    '"this setting does not fit"',
    named=False,
)
wrong(
    "the error names the room but not the values",
    "suggest_sizes(size, filter_size, stride, padding)",
    'f"{room} is not a multiple of {stride}"',
    named=False,
)
wrong(
    "the error does not name the padding",
    "suggest_sizes(size, filter_size, stride, padding)",
    'f"{size}, {filter_size}, {stride}"',
    named=False,
)
wrong(
    "a filter larger than the row is accepted",
    "    require_window(size, filter_size, stride, padding)\n",
    "",
)
wrong(
    "a filter larger than the row has 0 places",
    "    require_window(size, filter_size, stride, padding)\n",
    "",
    "room = size - filter_size + 2 * padding",
    "room = max(size - filter_size + 2 * padding, -stride)",
)
wrong(
    "the filter is compared with the row without its padding",
    "room % stride != 0",
    "filter_size > size or room % stride",
    named=False,
)
wrong(
    "a filter as long as the row is refused",
    "room % stride != 0",
    "room == 0 or room % stride",
    named=False,
)
wrong(
    "stride 3 is always refused",
    "room % stride != 0",
    "stride > 2 or room % stride",
    named=False,
)
wrong(
    "the fit is tested without the padding",
    "room % stride",
    "(size - filter_size) % stride",
    named=False,
)
wrong(
    "the fit is tested on the places instead of the steps",
    "room % stride",
    "(room + 1) % stride",
    named=False,
)
