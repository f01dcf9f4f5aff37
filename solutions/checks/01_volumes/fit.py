"""Pixels to drop or zeros to add at the far border so that the filter fits."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1


def cases(t, crop_to_fit, pad_to_fit):
    crop, pad = crop_to_fit, pad_to_fit
    t.case("crop: 224 pixels, F = 11, S = 4", crop(224, 11, stride=4), 1)
    t.case("pad: 224 pixels, F = 11, S = 4", pad(224, 11, stride=4), 3)
    t.case("crop: 227 pixels fit already", crop(227, 11, stride=4), 0)
    t.case("pad: 227 pixels fit already", pad(227, 11, stride=4), 0)
    t.case("crop: 8 pixels, S = 5, P = 1", crop(8, 3, stride=5, padding=1), 2)
    t.case("pad: 8 pixels, S = 5, P = 1", pad(8, 3, stride=5, padding=1), 3)
    t.case("crop: 10 pixels, F = 3, S = 2", crop(10, 3, 2), 1)
    t.case("pad: 10 pixels, F = 3, S = 2", pad(10, 3, 2), 1)
    t.case("crop: 9 pixels, S = 7, P = 2", crop(9, 3, 7, 2), 3)
    t.case("pad: 9 pixels, S = 7, P = 2", pad(9, 3, 7, 2), 4)
    t.case("crop: 9 pixels fit because of P = 2", crop(9, 3, 5, 2), 0)
    t.case("pad: 9 pixels fit because of P = 2", pad(9, 3, 5, 2), 0)
    t.case("crop: stride 1 always fits", crop(6, 3), 0)
    t.case("pad: stride 1 always fits", pad(6, 3), 0)
    t.refuses("crop: a filter longer than the padded row", crop(3, 8, 2, 1))
    t.refuses("pad: a filter longer than the padded row", pad(3, 8, 2, 1))


def hidden(t, crop_to_fit, pad_to_fit):
    settings = [(w + 1, f + 1, s + 1, p) for w, f, s, p in np.ndindex(12, 6, 7, 4)]
    settings = [setting for setting in settings if setting[1] <= setting[0]][::3]
    for name, function, sign in (("crop", crop_to_fit, -1), ("pad", pad_to_fit, 1)):
        wants = [fewest(*setting, sign) for setting in settings]
        calls = [function(*setting) for setting in settings]
        t.case(f"{name}: {len(settings)} more settings", calls, wants)
        t.refuses(f"{name}: F = 4 on W = 3", function(3, 4))


def fewest(row, window, step, zeros, sign):
    """Try 0, 1, 2, ... zeros more (sign 1) or fewer (sign -1) behind the row."""
    for n in range(step):
        end = row + zeros + sign * n
        starts = range(-zeros, end - window + 1, step)
        if starts and starts[-1] + window == end:
            return n


right(
    "the remainder by divmod",
    "(size - filter_size + 2 * padding) % stride",
    "divmod(size - filter_size + padding * 2, stride)[1]",
)


@right("drop pixels one by one until the filter fits")
def crop_to_fit__loop(size, filter_size, stride=1, padding=0):
    require_window(size, filter_size, stride, padding)
    dropped = 0
    while (size - dropped + 2 * padding - filter_size) / stride % 1 != 0:
        dropped += 1
    return dropped


@right("ask output_size until it does not complain")
def crop_to_fit__asks(size, filter_size, stride=1, padding=0):
    for dropped in range(stride):
        try:
            output_size(size + 2 * padding - dropped, filter_size, stride)
            return dropped
        except ValueError:
            pass
    raise ValueError("the filter is larger than the padded row")


@right("what lies behind the last place, in numpy")
def crop_to_fit__last_place(size, filter_size, stride=1, padding=0):
    require_window(size, filter_size, stride, padding)
    length = size + 2 * padding
    starts = np.arange(0, length - filter_size + 1, stride)
    return length - filter_size - starts[-1]


wrong("the zeros to add are returned", "(size - filter", "-(size - filter")
wrong("the filter size is not subtracted", "(size - filter_size + 2", "(size + 2")
wrong("the steps are counted instead of what is left over", "%", "//")
wrong(
    "the places are counted instead of what is left over", "% stride", "// stride + 1"
)
wrong("the size after cropping is returned", "return (", "return size - (")
wrong(
    "a whole stride is dropped from a row that fits", "% stride", "% stride or stride"
)
wrong("the padding is ignored", " + 2 * padding", "")
wrong(
    "the padding is counted once instead of on both borders", "2 * padding", "padding"
)
wrong("the padding is subtracted", "+ 2 * padding", "- 2 * padding")
wrong("the remainder is taken of the places", "2 * padding", "2 * padding + 1")
wrong("what is left over is counted in strides", "% stride", "/ stride % 1")
wrong("a float is returned", "2 * padding", "2.0 * padding", named=False)
wrong("nothing is ever dropped", "(size - filter_size + 2 * padding) % stride", "0")
wrong(
    "a row that does not fit is refused",
    "(size - filter_size + 2 * padding) % stride",
    "0 * output_size(size, filter_size, stride, padding)",
    named=False,
)
wrong("True is returned for 1", "% stride", "% stride > 0", named=False)
wrong(
    "a filter larger than the padded row is accepted",
    "    require_window(size, filter_size, stride, padding)\n",
    "",
)


@right("what is missing to the next step, 0 if nothing is left over")
def pad_to_fit__missing(size, filter_size, stride=1, padding=0):
    require_window(size, filter_size, stride, padding)
    rest = (size - filter_size + 2 * padding) % stride
    return stride - rest if rest else 0


right(
    "stride minus the rest, once more modulo stride",
    "-(size - filter_size + 2 * padding) % stride",
    "(stride - (size - filter_size + 2 * padding) % stride) % stride",
    of="pad_to_fit",
)


@right("add zeros one by one until the filter ends at the border")
def pad_to_fit__loop(size, filter_size, stride=1, padding=0):
    require_window(size, filter_size, stride, padding)
    length = size + 2 * padding
    end = filter_size
    while end < length:
        end += stride
    return end - length


@right("ask crop_to_fit")
def pad_to_fit__asks_crop(size, filter_size, stride=1, padding=0):
    crop = crop_to_fit(size, filter_size, stride, padding)
    return 0 if crop == 0 else stride - crop


@right("round the steps up")
def pad_to_fit__ceiling(size, filter_size, stride=1, padding=0):
    require_window(size, filter_size, stride, padding)
    room = size - filter_size + 2 * padding
    return int(np.ceil(room / stride)) * stride - room


wrong(
    "what is left over is returned, not what is missing",
    "-(size",
    "(size",
    of="pad_to_fit",
)
wrong(
    "the filter size is not subtracted",
    "(size - filter_size + 2",
    "(size + 2",
    of="pad_to_fit",
)
wrong(
    "the zeros are shared between two borders",
    "-(size - filter_size + 2 * padding) % stride",
    "(-(size - filter_size + 2 * padding) % stride + 1) // 2",
    of="pad_to_fit",
)
wrong(
    "the places are counted instead of what is missing",
    "-(size - filter_size + 2 * padding) % stride",
    "-(-(size - filter_size + 2 * padding) // stride) + 1",
    of="pad_to_fit",
)
wrong("the size after padding is returned", "-(size", "size + -(size", of="pad_to_fit")
wrong(
    "a whole stride is added to a row that fits",
    "-(size",
    "stride - (size",
    of="pad_to_fit",
)
wrong("the padding is ignored", " + 2 * padding", "", of="pad_to_fit")
wrong(
    "the padding is counted once instead of on both borders",
    "2 * padding",
    "padding",
    of="pad_to_fit",
)
wrong("the padding is subtracted", "+ 2 * padding", "- 2 * padding", of="pad_to_fit")
wrong(
    "the result is negative",
    "% stride",
    "% -stride",
    "-(size",
    "(size",
    of="pad_to_fit",
)
wrong(
    "a float is returned", "2 * padding", "2.0 * padding", of="pad_to_fit", named=False
)
wrong(
    "one zero is added, whatever the stride",
    "% stride",
    "% stride > 0",
    of="pad_to_fit",
)
wrong(
    "nothing is ever added",
    "-(size - filter_size + 2 * padding) % stride",
    "0",
    of="pad_to_fit",
)
wrong(
    "the zeros come on top of the padding, and it is counted too",
    "-(size",
    "padding + -(size",
    of="pad_to_fit",
)
wrong(
    "a filter larger than the padded row is accepted",
    "    require_window(size, filter_size, stride, padding)\n",
    "",
    of="pad_to_fit",
)
