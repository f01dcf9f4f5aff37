"""Right and wrong answers to every task of lesson 01."""

# ruff: noqa: F821 (the names are those of the notebook that an answer is filled into)

from autograder.proof.answers import right, wrong

# depth_column


@right("numpy index")
def depth_column__index(X, x, y):
    return X[x, y]


@right("a list of all channels, made an array again")
def depth_column__loop(X, x, y):
    return np.array([X[x, y, d] for d in range(X.shape[2])], dtype=X.dtype)


@right("one axis after the other")
def depth_column__take(X, x, y):
    return np.take(np.take(X, x, axis=0), y, axis=0)


@right("depth first, as a copy")
def depth_column__transposed(X, x, y):
    return X.transpose(2, 0, 1)[:, x, y].copy()


@wrong("x and y are swapped")
def depth_column__swapped(X, x, y):
    return X[y, x, :]


@wrong("the column runs along y instead of the depth")
def depth_column__along_y(X, x, y):
    return X[x, :, y]


@wrong("the column runs along x instead of the depth")
def depth_column__along_x(X, x, y):
    return X[:, x, y]


@wrong("the depth runs backwards")
def depth_column__backwards(X, x, y):
    return X[x, y, ::-1]


@wrong("only the first channel is taken")
def depth_column__first_channel(X, x, y):
    return X[x, y, 0]


@wrong("the axes x and y are kept")
def depth_column__axes_kept(X, x, y):
    return X[x : x + 1, y : y + 1, :]


@wrong("three channels are taken, whatever the depth", named=False)
def depth_column__three_channels(X, x, y):
    return X[x, y, :3]


@wrong("a list is returned", named=False)
def depth_column__list(X, x, y):
    return list(X[x, y, :])


@wrong("float32 turned float64", named=False)
def depth_column__float64(X, x, y):
    column = np.zeros(X.shape[2])
    for d in range(X.shape[2]):
        column[d] = X[x, y, d]
    return column


@wrong("a depth slice is returned", named=False)
def depth_column__slice(X, x, y):
    return X[:, :, x]


@wrong("places are counted from 1", named=False)
def depth_column__from_one(X, x, y):
    return X[x - 1, y - 1, :]


@wrong("nothing is returned", named=False)
def depth_column__no_return(X, x, y):
    X[x, y, :]


# depth_slice


@right("numpy index with an ellipsis")
def depth_slice__ellipsis(X, d):
    return X[..., d]


@right("two loops over x and y")
def depth_slice__loops(X, d):
    W, H = X.shape[:2]
    card = np.empty((W, H), dtype=X.dtype)
    for x in range(W):
        for y in range(H):
            card[x, y] = X[x, y, d]
    return card


@right("the volume cut into slices")
def depth_slice__split(X, d):
    return np.split(X, X.shape[2], axis=2)[d].reshape(X.shape[:2])


@right("the axis of the depth moved to the front")
def depth_slice__moved(X, d):
    return np.moveaxis(X, 2, 0)[d]


@wrong("d is used as x")
def depth_slice__as_x(X, d):
    return X[d]


@wrong("d is used as y")
def depth_slice__as_y(X, d):
    return X[:, d]


@wrong("x and y are swapped")
def depth_slice__transposed(X, d):
    return X[:, :, d].T


@wrong("the axis of the depth is kept")
def depth_slice__axis_kept(X, d):
    return X[:, :, d : d + 1]


@wrong("the first slice is taken, whatever d is")
def depth_slice__first(X, d):
    return X[:, :, 0]


@wrong("d is counted from 1")
def depth_slice__from_one(X, d):
    return X[:, :, d - 1]


@wrong("a depth column is returned")
def depth_slice__column(X, d):
    return X[d, d, :]


@wrong("all slices up to d are returned", named=False)
def depth_slice__up_to(X, d):
    return X[:, :, : d + 1]


@wrong("the slice is averaged over the depth", named=False)
def depth_slice__mean(X, d):
    return X.mean(axis=2)


@wrong("float32 turned float64", named=False)
def depth_slice__float64(X, d):
    return X[:, :, d] * np.float64(1)


@wrong("nothing is returned", named=False)
def depth_slice__no_return(X, d):
    X[:, :, d]


# output_size


@right("count the places by moving the filter")
def output_size__moved(size, filter_size, stride=1, padding=0):
    if stride < 1:
        raise ValueError(f"stride {stride}")
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
        raise ValueError(
            f"{size=} {filter_size=} {stride=} {padding=}: {places} places"
        )
    return np.int64(places)


@right("the starts in a range")
def output_size__range(size, filter_size, stride=1, padding=0):
    last = size + padding - filter_size
    starts = range(-padding, last + 1, stride)
    if last not in starts:

        class DoesNotFit(ValueError):
            """A subclass of the wanted error."""

        raise DoesNotFit(f"{size}, {filter_size}, {stride}, {padding}")
    return starts.index(last) + 1


@right("the given lines, with a helper inside")
def output_size__given_lines(size, filter_size, stride=1, padding=0):
    require_window(size, filter_size, stride, padding)
    places = (size - filter_size + 2 * padding) / stride + 1
    if not places.is_integer():
        raise ValueError(what_fits(size, filter_size, stride, padding))
    return int(places)


@wrong("the + 1 is missing")
def output_size__no_plus_one(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride


@wrong("the room is divided by S + 1")
def output_size__misprint(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // (stride + 1)


@wrong("the room is divided by S + 1")
def output_size__misprint_refusing(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or room % (stride + 1):
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // (stride + 1)


@wrong("the filter size is not subtracted")
def output_size__no_filter(size, filter_size, stride=1, padding=0):
    room = size + 2 * padding
    if room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the size is kept, as if the padding were chosen for it")
def output_size__kept(size, filter_size, stride=1, padding=0):
    if size % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return size // stride


@wrong("the stride is ignored")
def output_size__no_stride(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room + 1


@wrong("the + 1 is added before the division")
def output_size__early_plus_one(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return (room + 1) // stride


@wrong("stride and padding are swapped")
def output_size__arguments_swapped(size, filter_size, padding=0, stride=1):
    room = size - filter_size + 2 * padding
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the padding is ignored")
def output_size__no_padding(size, filter_size, stride=1, padding=0):
    room = size - filter_size
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the padding is counted once instead of on both borders")
def output_size__padding_once(size, filter_size, stride=1, padding=0):
    room = size - filter_size + padding
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the padding is counted four times")
def output_size__padding_four_times(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 4 * padding
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the padding is subtracted")
def output_size__padding_subtracted(size, filter_size, stride=1, padding=0):
    room = size - filter_size - 2 * padding
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the padding is added after the division")
def output_size__late_padding(size, filter_size, stride=1, padding=0):
    room = size - filter_size
    if room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 2 * padding + 1


@wrong("the result is rounded down")
def output_size__rounded_down(size, filter_size, stride=1, padding=0):
    return (size - filter_size + 2 * padding) // stride + 1


@wrong("the result is rounded down")
def output_size__cut_off(size, filter_size, stride=1, padding=0):
    require_window(size, filter_size, stride, padding)
    return int((size - filter_size + 2 * padding) / stride + 1)


@wrong("the result is rounded up")
def output_size__rounded_up(size, filter_size, stride=1, padding=0):
    return -(-(size - filter_size + 2 * padding) // stride) + 1


@wrong("the result is rounded down")
def output_size__rounded(size, filter_size, stride=1, padding=0):
    return int((size - filter_size + 2 * padding) / stride + 1.5)


@wrong("a float is returned", named=False)
def output_size__float(size, filter_size, stride=1, padding=0):
    places = (size - filter_size + 2 * padding) / stride + 1
    if places < 1 or places % 1:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return places


@wrong("a float is returned, fractions too", named=False)
def output_size__formula(size, filter_size, stride=1, padding=0):
    return (size - filter_size + 2 * padding) / stride + 1


@wrong("None is returned where it does not fit", named=False)
def output_size__none(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    return None if room < 0 or room % stride else room // stride + 1


@wrong("0 is returned where it does not fit", named=False)
def output_size__zero(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    return 0 if room < 0 or room % stride else room // stride + 1


@wrong("a message is printed instead of an error", named=False)
def output_size__printed(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or room % stride:
        print(f"{size} {filter_size} {stride} {padding} does not fit")
        return None
    return room // stride + 1


@wrong("the error is an AssertionError", named=False)
def output_size__assertion(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    assert room >= 0 and room % stride == 0, f"{size} {filter_size} {stride} {padding}"
    return room // stride + 1


@wrong("the error is returned instead of raised", named=False)
def output_size__error_returned(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or room % stride:
        return ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the error does not name the values", named=False)
def output_size__silent_error(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or room % stride:
        raise ValueError("this setting does not fit")
    return room // stride + 1


@wrong("the error names the room but not the values", named=False)
def output_size__error_of_the_way(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or room % stride:
        raise ValueError(f"{room} is not a multiple of {stride}")
    return room // stride + 1


@wrong("a filter larger than the row is accepted", named=False)
def output_size__large_filter(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("a filter larger than the row has 0 places", named=False)
def output_size__large_filter_zero(size, filter_size, stride=1, padding=0):
    room = max(size - filter_size + 2 * padding, -stride)
    if room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the filter is compared with the row without its padding", named=False)
def output_size__refuses_padded(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if filter_size > size or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("a filter as long as the row is refused", named=False)
def output_size__refuses_equal(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room <= 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("stride 3 is always refused", named=False)
def output_size__only_small_strides(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if stride > 2 or room < 0 or room % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the fit is tested without the padding", named=False)
def output_size__fit_without_padding(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or (size - filter_size) % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the fit is tested on the places instead of the steps", named=False)
def output_size__fit_of_places(size, filter_size, stride=1, padding=0):
    room = size - filter_size + 2 * padding
    if room < 0 or (room + 1) % stride:
        raise ValueError(f"{size} {filter_size} {stride} {padding}")
    return room // stride + 1


@wrong("the stride is ignored")
def output_size__stride_one(size, filter_size, stride=1, padding=0):
    return size - filter_size + 2 * padding + 1


# misprint_counterexample


@right("the first case of the notes")
def misprint_counterexample__notes():
    return (7, 3, 2, 0)


@right("with padding, as a list")
def misprint_counterexample__list():
    return [5, 3, 2, 1]


@right("found by search, as numpy integers")
def misprint_counterexample__search():
    for size in np.arange(4, 20):
        for stride in np.arange(2, 5):
            room = size - 3
            if room % stride == 0 and room / (stride + 1) != room // stride + 1:
                return size, np.int64(3), stride, np.int64(0)


@right("AlexNet")
def misprint_counterexample__alexnet():
    return 227, 11, 4, 0


@right("one place only, a room of 0")
def misprint_counterexample__one_place():
    return 3, 3, 1, 0


@wrong("this setting does not fit at all")
def misprint_counterexample__misfit():
    return 7, 3, 3, 0


@wrong("this setting does not fit at all")
def misprint_counterexample__misfit_of_the_notes():
    return 10, 3, 2, 0


@wrong("the filter is larger than the padded row")
def misprint_counterexample__swapped():
    return 3, 7, 1, 0


@wrong("no row, filter or stride is below 1, no padding below 0")
def misprint_counterexample__stride_last():
    return 7, 3, 0, 1


@wrong("no row, filter or stride is below 1, no padding below 0")
def misprint_counterexample__negative_stride():
    return 7, 3, -2, 0


@wrong("these are not four numbers")
def misprint_counterexample__three():
    return 7, 3, 1


@wrong("these are not four numbers")
def misprint_counterexample__number():
    return 7


@wrong("these are not four whole numbers")
def misprint_counterexample__floats():
    return 7.0, 3.0, 1.0, 0.0


@wrong("these are not four numbers")
def misprint_counterexample__both_results():
    return 5, 2.0


@wrong("these are not four whole numbers")
def misprint_counterexample__text():
    return "7", "3", "1", "0"


@wrong("these are not four numbers")
def misprint_counterexample__no_return():
    case = (7, 3, 1, 0)
    print(case)


# crop_to_fit


@right("the remainder by divmod")
def crop_to_fit__divmod(size, filter_size, stride=1, padding=0):
    _, rest = divmod(size - filter_size + padding * 2, stride)
    return rest


@right("drop pixels one by one until the filter fits")
def crop_to_fit__loop(size, filter_size, stride=1, padding=0):
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
    length = size + 2 * padding
    starts = np.arange(0, length - filter_size + 1, stride)
    return length - filter_size - starts[-1]


@wrong("the zeros to add are returned")
def crop_to_fit__zeros(size, filter_size, stride=1, padding=0):
    return -(size - filter_size + 2 * padding) % stride


@wrong("the filter size is not subtracted")
def crop_to_fit__no_filter(size, filter_size, stride=1, padding=0):
    return (size + 2 * padding) % stride


@wrong("the steps are counted instead of what is left over")
def crop_to_fit__steps(size, filter_size, stride=1, padding=0):
    return (size - filter_size + 2 * padding) // stride


@wrong("the places are counted instead of what is left over")
def crop_to_fit__places(size, filter_size, stride=1, padding=0):
    return (size - filter_size + 2 * padding) // stride + 1


@wrong("the size after cropping is returned")
def crop_to_fit__new_size(size, filter_size, stride=1, padding=0):
    return size - (size - filter_size + 2 * padding) % stride


@wrong("a whole stride is dropped from a row that fits")
def crop_to_fit__whole_stride(size, filter_size, stride=1, padding=0):
    return (size - filter_size + 2 * padding) % stride or stride


@wrong("the padding is ignored")
def crop_to_fit__no_padding(size, filter_size, stride=1, padding=0):
    return (size - filter_size) % stride


@wrong("the padding is counted once instead of on both borders")
def crop_to_fit__padding_once(size, filter_size, stride=1, padding=0):
    return (size - filter_size + padding) % stride


@wrong("the padding is subtracted")
def crop_to_fit__padding_subtracted(size, filter_size, stride=1, padding=0):
    return (size - filter_size - 2 * padding) % stride


@wrong("the remainder is taken of the places")
def crop_to_fit__of_places(size, filter_size, stride=1, padding=0):
    return (size - filter_size + 2 * padding + 1) % stride


@wrong("what is left over is counted in strides", named=False)
def crop_to_fit__fraction(size, filter_size, stride=1, padding=0):
    return (size - filter_size + 2 * padding) / stride % 1


@wrong("a float is returned", named=False)
def crop_to_fit__float(size, filter_size, stride=1, padding=0):
    return float((size - filter_size + 2 * padding) % stride)


@wrong("nothing is ever dropped", named=False)
def crop_to_fit__never(size, filter_size, stride=1, padding=0):
    return 0


@wrong("a row that does not fit is refused", named=False)
def crop_to_fit__refuses(size, filter_size, stride=1, padding=0):
    if (size - filter_size + 2 * padding) % stride:
        raise ValueError("does not fit")
    return 0


@wrong("True is returned for 1", named=False)
def crop_to_fit__bool(size, filter_size, stride=1, padding=0):
    return (size - filter_size + 2 * padding) % stride > 0


# pad_to_fit


@right("what is missing to the next step, 0 if nothing is left over")
def pad_to_fit__missing(size, filter_size, stride=1, padding=0):
    rest = (size - filter_size + 2 * padding) % stride
    return stride - rest if rest else 0


@right("stride minus the rest, once more modulo stride")
def pad_to_fit__twice_modulo(size, filter_size, stride=1, padding=0):
    return (stride - (size - filter_size + 2 * padding) % stride) % stride


@right("add zeros one by one until the filter ends at the border")
def pad_to_fit__loop(size, filter_size, stride=1, padding=0):
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
    room = size - filter_size + 2 * padding
    return int(np.ceil(room / stride)) * stride - room


@wrong("what is left over is returned, not what is missing")
def pad_to_fit__rest(size, filter_size, stride=1, padding=0):
    return (size - filter_size + 2 * padding) % stride


@wrong("the filter size is not subtracted")
def pad_to_fit__no_filter(size, filter_size, stride=1, padding=0):
    return -(size + 2 * padding) % stride


@wrong("the zeros are shared between two borders")
def pad_to_fit__shared(size, filter_size, stride=1, padding=0):
    zeros = -(size - filter_size + 2 * padding) % stride
    return (zeros + 1) // 2


@wrong("the places are counted instead of what is missing")
def pad_to_fit__places(size, filter_size, stride=1, padding=0):
    return -(-(size - filter_size + 2 * padding) // stride) + 1


@wrong("the size after padding is returned")
def pad_to_fit__new_size(size, filter_size, stride=1, padding=0):
    return size + -(size - filter_size + 2 * padding) % stride


@wrong("a whole stride is added to a row that fits")
def pad_to_fit__whole_stride(size, filter_size, stride=1, padding=0):
    return stride - (size - filter_size + 2 * padding) % stride


@wrong("the padding is ignored")
def pad_to_fit__no_padding(size, filter_size, stride=1, padding=0):
    return -(size - filter_size) % stride


@wrong("the padding is counted once instead of on both borders")
def pad_to_fit__padding_once(size, filter_size, stride=1, padding=0):
    return -(size - filter_size + padding) % stride


@wrong("the padding is subtracted")
def pad_to_fit__padding_subtracted(size, filter_size, stride=1, padding=0):
    return -(size - filter_size - 2 * padding) % stride


@wrong("the result is negative", named=False)
def pad_to_fit__negative(size, filter_size, stride=1, padding=0):
    rest = (size - filter_size + 2 * padding) % stride
    return rest - stride if rest else 0


@wrong("a float is returned", named=False)
def pad_to_fit__float(size, filter_size, stride=1, padding=0):
    return np.ceil((size - filter_size + 2 * padding) / stride) * stride - (
        size - filter_size + 2 * padding
    )


@wrong("one zero is added, whatever the stride", named=False)
def pad_to_fit__one(size, filter_size, stride=1, padding=0):
    return 1 if (size - filter_size + 2 * padding) % stride else 0


@wrong("nothing is ever added", named=False)
def pad_to_fit__never(size, filter_size, stride=1, padding=0):
    return 0


@wrong("the zeros come on top of the padding, and it is counted too", named=False)
def pad_to_fit__with_padding(size, filter_size, stride=1, padding=0):
    return padding + -(size - filter_size + 2 * padding) % stride


# same_padding


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


@wrong("the zeros of both borders are counted")
def same_padding__both(filter_size):
    if filter_size % 2 == 0:
        raise ValueError("even")
    return filter_size - 1


@wrong("half of F + 1 is taken")
def same_padding__one_more(filter_size):
    if filter_size % 2 == 0:
        raise ValueError("even")
    return (filter_size + 1) // 2


@wrong("half of the filter is rounded down once too often")
def same_padding__one_less(filter_size):
    if filter_size % 2 == 0:
        raise ValueError("even")
    return filter_size // 2 - 1


@wrong("the filter size itself is returned")
def same_padding__filter(filter_size):
    if filter_size % 2 == 0:
        raise ValueError("even")
    return filter_size


@wrong("no padding is returned")
def same_padding__none_needed(filter_size):
    if filter_size % 2 == 0:
        raise ValueError("even")
    return 0


@wrong("the result is rounded up")
def same_padding__even_up(filter_size):
    return filter_size // 2


@wrong("the result is rounded down")
def same_padding__even_down(filter_size):
    return (filter_size - 1) // 2


@wrong("a float is returned", named=False)
def same_padding__float(filter_size):
    if filter_size % 2 == 0:
        raise ValueError("even")
    return (filter_size - 1) / 2


@wrong("a float is returned, for an even filter too", named=False)
def same_padding__formula(filter_size):
    return (filter_size - 1) / 2


@wrong("odd filters are refused instead of even ones", named=False)
def same_padding__refuses_odd(filter_size):
    if filter_size % 2:
        raise ValueError("odd")
    return filter_size // 2


@wrong("a filter of 1 is refused", named=False)
def same_padding__refuses_one(filter_size):
    if filter_size < 3 or filter_size % 2 == 0:
        raise ValueError("no middle")
    return filter_size // 2


@wrong("only 3 and 5 are known", named=False)
def same_padding__known(filter_size):
    if filter_size % 2 == 0:
        raise ValueError("even")
    return {1: 0, 3: 1, 5: 2}.get(filter_size, 0)


@wrong("the error is an AssertionError", named=False)
def same_padding__assertion(filter_size):
    assert filter_size % 2 == 1
    return filter_size // 2


# conv_parameters


@right("weights and biases apart")
def conv_parameters__apart(channels, filters, filter_size, bias=True):
    weights = channels * filters * filter_size**2
    return weights + filters if bias else weights


@right("sizes of arrays")
def conv_parameters__arrays(channels, filters, filter_size, bias=True):
    w = np.zeros((filters, channels, filter_size, filter_size))
    b = np.zeros(filters)
    return w.size + (b.size if bias else 0)


@right("a loop over filters, channels and pixels")
def conv_parameters__loops(channels, filters, filter_size, bias=True):
    count = 0
    for _ in range(filters):
        for _ in range(channels):
            for _ in range(filter_size):
                count += filter_size
        if bias:
            count += 1
    return count


@right("numpy's product, bias as a number")
def conv_parameters__product(channels, filters, filter_size, bias=True):
    return filters * (np.prod([channels, filter_size, filter_size]) + int(bias))


@wrong("the bias is forgotten")
def conv_parameters__no_bias(channels, filters, filter_size, bias=True):
    return channels * filters * filter_size**2


@wrong("there is one bias for the whole layer")
def conv_parameters__one_bias(channels, filters, filter_size, bias=True):
    return channels * filters * filter_size**2 + (1 if bias else 0)


@wrong("there is one bias per input channel")
def conv_parameters__bias_per_channel(channels, filters, filter_size, bias=True):
    return channels * filters * filter_size**2 + (channels if bias else 0)


@wrong("every channel of a filter has a bias")
def conv_parameters__bias_per_filter_channel(channels, filters, filter_size, bias=True):
    return channels * filters * (filter_size**2 + (1 if bias else 0))


@wrong("every weight has a bias")
def conv_parameters__bias_per_weight(channels, filters, filter_size, bias=True):
    return channels * filters * filter_size**2 * (2 if bias else 1)


@wrong("the filter is one channel deep")
def conv_parameters__flat(channels, filters, filter_size, bias=True):
    return filters * (filter_size**2 + (1 if bias else 0))


@wrong("the filter size is not squared")
def conv_parameters__not_squared(channels, filters, filter_size, bias=True):
    return filters * (channels * filter_size + (1 if bias else 0))


@wrong("the filter size is doubled instead of squared")
def conv_parameters__doubled(channels, filters, filter_size, bias=True):
    return filters * (channels * filter_size * 2 + (1 if bias else 0))


@wrong("one filter is counted")
def conv_parameters__one_filter(channels, filters, filter_size, bias=True):
    return channels * filter_size**2 + (1 if bias else 0)


@wrong("bias=False is ignored")
def conv_parameters__always_bias(channels, filters, filter_size, bias=True):
    return filters * (channels * filter_size**2 + 1)


@wrong("the weights are gone together with the bias")
def conv_parameters__precedence(channels, filters, filter_size, bias=True):
    return channels * filters * filter_size**2 + filters if bias else 0


@wrong("a float is returned", named=False)
def conv_parameters__float(channels, filters, filter_size, bias=True):
    return float(filters * (channels * filter_size**2 + bias))


@wrong("three channels are assumed")
def conv_parameters__rgb(channels, filters, filter_size, bias=True):
    return filters * (3 * filter_size**2 + (1 if bias else 0))


@wrong("bias is there only when it is asked for", named=False)
def conv_parameters__default_off(channels, filters, filter_size, bias=False):
    return filters * (channels * filter_size**2 + (1 if bias else 0))


# dense_parameters


@right("weights and biases apart")
def dense_parameters__apart(inputs, outputs, bias=True):
    if bias:
        return inputs * outputs + outputs
    return inputs * outputs


@right("sizes of arrays")
def dense_parameters__arrays(inputs, outputs, bias=True):
    shapes = [(outputs, inputs)] + [(outputs,)] * bool(bias)
    return sum(int(np.prod(shape)) for shape in shapes)


@right("one output after the other")
def dense_parameters__sum(inputs, outputs, bias=True):
    return sum(inputs + int(bool(bias)) for _ in range(outputs))


@right("a convolution of 1 by 1")
def dense_parameters__as_conv(inputs, outputs, bias=True):
    return conv_parameters(inputs, outputs, 1, bias)


@wrong("the bias is forgotten")
def dense_parameters__no_bias(inputs, outputs, bias=True):
    return inputs * outputs


@wrong("there is one bias for the whole layer")
def dense_parameters__one_bias(inputs, outputs, bias=True):
    return inputs * outputs + (1 if bias else 0)


@wrong("there is one bias per input")
def dense_parameters__bias_per_input(inputs, outputs, bias=True):
    return inputs * outputs + (inputs if bias else 0)


@wrong("every weight has a bias")
def dense_parameters__bias_per_weight(inputs, outputs, bias=True):
    return inputs * outputs * (2 if bias else 1)


@wrong("one output is counted")
def dense_parameters__one_output(inputs, outputs, bias=True):
    return inputs + (1 if bias else 0)


@wrong("inputs and outputs are added")
def dense_parameters__added(inputs, outputs, bias=True):
    return inputs + outputs + (outputs if bias else 0)


@wrong("bias=False is ignored")
def dense_parameters__always_bias(inputs, outputs, bias=True):
    return outputs * (inputs + 1)


@wrong("the weights are gone together with the bias")
def dense_parameters__precedence(inputs, outputs, bias=True):
    return inputs * outputs + outputs if bias else 0


@wrong("a float is returned", named=False)
def dense_parameters__float(inputs, outputs, bias=True):
    return 1.0 * outputs * (inputs + bias)


@wrong("bias is there only when it is asked for", named=False)
def dense_parameters__default_off(inputs, outputs, bias=False):
    return outputs * (inputs + (1 if bias else 0))


# unshared_parameters


@right("neurons times what one neuron has")
def unshared_parameters__neurons(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = filters * out_height * out_width
    return neurons * (filter_size**2 * channels + (1 if bias else 0))


@right("sizes of arrays")
def unshared_parameters__arrays(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = (out_height, out_width, filters)
    weights = int(np.prod((*neurons, channels, filter_size, filter_size)))
    return weights + int(np.prod(neurons)) * (1 if bias else 0)


@right("a loop over the rows of places")
def unshared_parameters__loop(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    total = 0
    for _ in range(out_height):
        one = channels * filter_size * filter_size
        if bias:
            one += 1
        total += out_width * filters * one
    return total


@right("a dense layer for every place")
def unshared_parameters__as_dense(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    window = channels * filter_size**2
    return out_height * (out_width * dense_parameters(window, filters, bias=bias))


@wrong("the weights are shared")
def unshared_parameters__shared(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    return filters * (channels * filter_size**2 + (1 if bias else 0))


@wrong("the bias is forgotten")
def unshared_parameters__no_bias(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    return out_height * out_width * filters * channels * filter_size**2


@wrong("the bias is shared by a whole map")
def unshared_parameters__shared_bias(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    weights = out_height * out_width * filters * channels * filter_size**2
    return weights + (filters if bias else 0)


@wrong("there is one bias per place")
def unshared_parameters__bias_per_place(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    places = out_height * out_width
    return places * (filters * channels * filter_size**2 + (1 if bias else 0))


@wrong("there is one bias for the whole layer")
def unshared_parameters__one_bias(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    weights = out_height * out_width * filters * channels * filter_size**2
    return weights + (1 if bias else 0)


@wrong("the height is used for the width")
def unshared_parameters__height_twice(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = out_height * out_height * filters
    return neurons * (channels * filter_size**2 + (1 if bias else 0))


@wrong("the width is used for the height")
def unshared_parameters__width_twice(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = out_width**2 * filters
    return neurons * (channels * filter_size**2 + (1 if bias else 0))


@wrong("height and width are added")
def unshared_parameters__added(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = (out_height + out_width) * filters
    return neurons * (channels * filter_size**2 + (1 if bias else 0))


@wrong("one filter is counted")
def unshared_parameters__one_filter(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    places = out_height * out_width
    return places * (channels * filter_size**2 + (1 if bias else 0))


@wrong("only the height is counted")
def unshared_parameters__height_only(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = out_height * filters
    return neurons * (channels * filter_size**2 + (1 if bias else 0))


@wrong("only the width is counted")
def unshared_parameters__width_only(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = out_width * filters
    return neurons * (channels * filter_size**2 + (1 if bias else 0))


@wrong("bias=False is ignored")
def unshared_parameters__always_bias(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    return out_height * out_width * filters * (channels * filter_size**2 + 1)


@wrong("the weights are gone together with the bias")
def unshared_parameters__precedence(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = out_height * out_width * filters
    return neurons * channels * filter_size**2 + neurons if bias else 0


@wrong("the filter is one channel deep")
def unshared_parameters__flat(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = out_height * out_width * filters
    return neurons * (filter_size**2 + (1 if bias else 0))


@wrong("a float is returned", named=False)
def unshared_parameters__float(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    neurons = 1.0 * out_height * out_width * filters
    return neurons * (channels * filter_size**2 + (1 if bias else 0))


@wrong("bias is there only when it is asked for", named=False)
def unshared_parameters__default_off(
    channels, filters, filter_size, out_height, out_width, bias=False
):
    neurons = out_height * out_width * filters
    return neurons * (channels * filter_size**2 + (1 if bias else 0))


# trace_shapes


@right("one function per type of layer")
def trace_shapes__functions(input_shape, layers):
    def conv(shape, filters, size, stride=1, padding=0):
        C, H, W = shape
        places = [output_size(side, size, stride, padding) for side in (H, W)]
        return (filters, *places), conv_parameters(C, filters, size)

    def relu(shape):
        return shape, 0

    def pool(shape, size=2, stride=2):
        C, H, W = shape
        return (C, output_size(H, size, stride), output_size(W, size, stride)), 0

    def fc(shape, outputs):
        C, H, W = shape
        return (outputs, 1, 1), dense_parameters(C * H * W, outputs)

    known = {"conv": conv, "relu": relu, "pool": pool, "fc": fc}
    shape, rows = tuple(input_shape), []
    for layer in layers:
        options = {k: v for k, v in layer.items() if k not in ("type", "name")}
        if layer["type"] not in known:
            raise ValueError(f"unknown type {layer['type']}")
        shape, parameters = known[layer["type"]](shape, **options)
        rows.append((layer.get("name", layer["type"]), shape, parameters))
    return rows


@right("recursion: the first layer, then the rest")
def trace_shapes__recursive(input_shape, layers):
    if not layers:
        return []
    C, H, W = input_shape
    first = layers[0]
    kind = first["type"]
    shape, learned = (C, H, W), 0
    if kind == "conv":
        F, S, P = first["size"], first.get("stride", 1), first.get("padding", 0)
        shape = (first["filters"], output_size(H, F, S, P), output_size(W, F, S, P))
        learned = conv_parameters(C, first["filters"], F)
    elif kind == "pool":
        F, S = first.get("size", 2), first.get("stride", 2)
        shape = (C, output_size(H, F, S), output_size(W, F, S))
    elif kind == "fc":
        shape = (first["outputs"], 1, 1)
        learned = dense_parameters(C * H * W, first["outputs"])
    elif kind != "relu":
        raise ValueError(kind)
    row = (first.get("name", kind), shape, learned)
    return [row] + trace_shapes__recursive(shape, layers[1:])


@right("its own arithmetic, numpy shapes, rows as lists")
def trace_shapes__own_arithmetic(input_shape, layers):
    shape = np.array(input_shape)
    rows = []
    for layer in layers:
        kind = layer["type"]
        learned = 0
        if kind in ("conv", "pool"):
            default = {"conv": (None, 1), "pool": (2, 2)}[kind]
            size = layer.get("size", default[0])
            stride = layer.get("stride", default[1])
            room = shape[1:] - size + 2 * layer.get("padding", 0)
            if (room < 0).any() or (room % stride > 0).any():
                raise ValueError(f"{layer} does not fit {shape}")
            depth = shape[0]
            if kind == "conv":
                depth = layer["filters"]
                learned = depth * (size * size * shape[0] + 1)
            shape = np.array([depth, *(room // stride + 1)])
        elif kind == "fc":
            learned = layer["outputs"] * (shape.prod() + 1)
            shape = np.array([layer["outputs"], 1, 1])
        elif kind != "relu":
            raise ValueError("unknown type")
        rows.append([layer.get("name", kind), tuple(shape), learned])
    return rows


@right("copies of the layers, completed with their defaults")
def trace_shapes__completed(input_shape, layers):
    defaults = {
        "conv": {"stride": 1, "padding": 0},
        "relu": {},
        "pool": {"size": 2, "stride": 2, "padding": 0},
        "fc": {},
    }
    C, H, W = input_shape
    rows = []
    for given in layers:
        if given["type"] not in defaults:
            raise ValueError(f"{given['type']} is not one of {sorted(defaults)}")
        layer = {"name": given["type"], **defaults[given["type"]], **given}
        before, learned = C, 0
        if "stride" in layer:
            window = layer["size"], layer["stride"], layer["padding"]
            H, W = output_size(H, *window), output_size(W, *window)
        if layer["type"] == "conv":
            C = layer["filters"]
            learned = conv_parameters(before, C, layer["size"])
        if layer["type"] == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        rows.append((layer["name"], (C, H, W), learned))
    return rows


@right("a generator, collected in a list")
def trace_shapes__walk(input_shape, layers):
    def walk(C, H, W):
        for layer in layers:
            kind, learned = layer["type"], 0
            if kind == "conv":
                K, F = layer["filters"], layer["size"]
                step = (F, layer.get("stride", 1), layer.get("padding", 0))
                learned = conv_parameters(C, K, F)
                C, H, W = K, output_size(H, *step), output_size(W, *step)
            elif kind == "pool":
                step = (layer.get("size", 2), layer.get("stride", 2))
                H, W = output_size(H, *step), output_size(W, *step)
            elif kind == "fc":
                K = layer["outputs"]
                learned = K * C * H * W + K
                C = K
                H = W = 1
            else:
                if kind != "relu":
                    raise ValueError(f"no layer is called {kind}")
            yield layer.get("name", kind), (C, H, W), learned

    return list(walk(*input_shape))


@wrong("the height is used for the width")
def trace_shapes__conv_height_twice(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(H, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the width is used for the height")
def trace_shapes__conv_width_twice(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(W, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the height is used for the width")
def trace_shapes__conv_square(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C = K
            H = W = output_size(H, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("height and width are swapped")
def trace_shapes__conv_swapped(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(W, F, S, P), output_size(H, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the stride is ignored")
def trace_shapes__conv_no_stride(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, 1, P), output_size(W, F, 1, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the padding is ignored")
def trace_shapes__conv_no_padding(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S = layer.get("stride", 1)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S), output_size(W, F, S)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the channels are not updated")
def trace_shapes__conv_channels(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            H, W = output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the channels stand last")
def trace_shapes__channels_last(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (H, W, C), learned))
    return rows


@wrong("the shape before the layer is written down")
def trace_shapes__shape_before(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        before = (C, H, W)
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), before, learned))
    return rows


@wrong("the parameters are counted from the output's channels")
def trace_shapes__late_parameters(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
            learned = conv_parameters(C, K, F)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the bias is forgotten")
def trace_shapes__conv_no_bias(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F, bias=False)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the bias is forgotten")
def trace_shapes__fc_no_bias(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"], False)
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the parameters are not counted")
def trace_shapes__conv_no_parameters(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the parameters are not counted")
def trace_shapes__fc_no_parameters(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the weights are not shared")
def trace_shapes__conv_unshared(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            before = C
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
            learned = unshared_parameters(before, K, F, H, W)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("there is a row for the input")
def trace_shapes__input_row(input_shape, layers):
    C, H, W = input_shape
    rows = [("input", (C, H, W), 0)]
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("relu is counted with parameters")
def trace_shapes__relu_parameters(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind == "relu":
            learned = C
        else:
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the stride of the pool is taken to be its size")
def trace_shapes__pool_stride_is_size(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, F), output_size(W, F, F)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the stride of the pool is ignored")
def trace_shapes__pool_no_stride(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F), output_size(W, F)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the height is used for the width")
def trace_shapes__pool_square(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H = W = output_size(H, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the width is used for the height")
def trace_shapes__pool_square_width(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H = W = output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("pool changes the channels")
def trace_shapes__pool_one_channel(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            C, H, W = 1, output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("pool changes the channels, too", named=False)
def trace_shapes__pool_channels(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            C, H, W = output_size(C, F, S), output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("pool is counted with parameters")
def trace_shapes__pool_parameters(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            learned = conv_parameters(C, C, F)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("a pool without a stride moves by 1")
def trace_shapes__pool_default_stride(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 1)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the pool is always 2 by 2", named=False)
def trace_shapes__pool_fixed(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = 2, 2
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the pool is halved and rounded down", named=False)
def trace_shapes__pool_halved(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = H // 2, W // 2
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("a pool must have a size and a stride", named=False)
def trace_shapes__pool_no_defaults(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer["size"], layer["stride"]
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("a conv must have a stride and a padding", named=False)
def trace_shapes__conv_no_defaults(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer["stride"], layer["padding"]
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("a conv without padding keeps the size")
def trace_shapes__conv_default_same(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", (F - 1) // 2)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("fc sees the channels of one place only")
def trace_shapes__fc_channels(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("fc sees one channel only")
def trace_shapes__fc_one_channel(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the height is used for the width")
def trace_shapes__fc_square(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * H, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("fc keeps height and width")
def trace_shapes__fc_keeps(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C = layer["outputs"]
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the shape of fc has one axis only")
def trace_shapes__fc_flat(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        shape = (C,) if kind == "fc" else (C, H, W)
        rows.append((layer.get("name", kind), shape, learned))
    return rows


@wrong("the outputs stand last")
def trace_shapes__fc_last(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = 1, 1, layer["outputs"]
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("every layer sees the shape of the input")
def trace_shapes__no_chain(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        C, H, W = input_shape
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the parameters are added up")
def trace_shapes__added_up(input_shape, layers):
    C, H, W = input_shape
    rows, total = [], 0
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        total += learned
        rows.append((layer.get("name", kind), (C, H, W), total))
    return rows


@wrong("the layers' own names are ignored")
def trace_shapes__types_as_names(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((kind, (C, H, W), learned))
    return rows


@wrong("only the last layer gets a row")
def trace_shapes__last_row(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows = [(layer.get("name", kind), (C, H, W), learned)]
    return rows


@wrong("an unknown type is passed over", named=False)
def trace_shapes__unknown_type(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("an unknown type raises a KeyError", named=False)
def trace_shapes__unknown_key(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise KeyError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the descriptions are emptied", named=False)
def trace_shapes__emptied(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer.pop("type"), 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the descriptions are filled up", named=False)
def trace_shapes__filled_up(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        layer.setdefault("name", layer["type"])
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("sizes are rounded down", named=False)
def trace_shapes__rounded_down(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, (H - F + 2 * P) // S + 1, (W - F + 2 * P) // S + 1
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = (H - F) // S + 1, (W - F) // S + 1
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("a dict is returned", named=False)
def trace_shapes__dict(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return {row[0]: row[1:] for row in rows}


@wrong("a generator is returned", named=False)
def trace_shapes__generator(input_shape, layers):
    C, H, W = input_shape
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        yield layer.get("name", kind), (C, H, W), learned


@wrong("height and width are floats", named=False)
def trace_shapes__floats(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C = K
            H, W = (H - F + 2 * P) / S + 1, (W - F + 2 * P) / S + 1
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the shapes have a batch axis", named=False)
def trace_shapes__batch_axis(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (1, C, H, W), learned))
    return rows


@wrong("a layer without parameters keeps those before it")
def trace_shapes__parameters_kept(input_shape, layers):
    C, H, W = input_shape
    rows, learned = [], 0
    for layer in layers:
        kind = layer["type"]
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows


@wrong("the stride of the pool is taken to be its size")
def trace_shapes__pool_default_is_size(input_shape, layers):
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            learned = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F = layer.get("size", 2)
            S = layer.get("stride", F)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            learned = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        elif kind != "relu":
            raise ValueError(kind)
        rows.append((layer.get("name", kind), (C, H, W), learned))
    return rows
