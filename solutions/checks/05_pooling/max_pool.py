"""Max pooling without a loop over the windows: the same numbers, and much faster."""

from time import perf_counter

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking import judge

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2

SLICE = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
TIED = np.array([[[[7.0, 7], [7, 0]]]])


def cases(t, max_pool_forward, max_pool_backward):
    pool, backward = max_pool_forward, max_pool_backward
    t.case("by hand: 6 8 and 3 4", pool(SLICE)[0], np.array([[[[6.0, 8], [3, 4]]]]))
    below = np.array([[[[-3.0, -1], [-6, -5]]]])
    t.case("9 less everywhere: all are negative", pool(SLICE - 9)[0], below)
    dx = np.array([[[[0.0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]]]])
    dout = np.array([[[[10.0, 20], [30, 40]]]])
    t.case("dx by hand: four switches", backward(dout, pool(SLICE)[1]), dx)
    t.case(
        "dx by hand: three maxima",
        backward(np.array([[[[6.0]]]]), pool(TIED)[1]),
        np.array([[[[6.0, 0], [0, 0]]]]),
        mistakes={
            "all of the equal maxima get the whole gradient": TIED * 6 / 7,
            "the gradient is divided among equal maxima": TIED * 2 / 7,
        },
    )
    for title, x, size, stride in [
        ("2x2, stride 2", t.ints(2, 3, 4, 6), 2, 2),
        ("3x3, stride 2: windows overlap", t.ints(1, 2, 5, 7), 3, 2),
        ("2x2, stride 1", -abs(t.ints(2, 1, 3, 4)), 2, 1),
        ("2x2, stride 3: pixels between them", t.ints(1, 2, 5, 8), 2, 3),
        ("a window as large as the image", t.ints(2, 4, 3, 3), 3, 2),
        ("float32", t.ints(1, 2, 4, 2, dtype=np.float32), 2, 2),
        ("not contiguous", t.strided(t.ints(2, 1, 4, 6)), 2, 2),
    ]:
        t.case(title, pool(x, size, stride)[0])
        dout = upstream(t, x, size, stride)
        t.case(f"dx: {title}", backward(dout, pool(x, size, stride)[1]))
    t.case(
        "dx: many ties", backward(t.ints(2, 1, 2, 3), pool(np.ones((2, 1, 4, 6)))[1])
    )
    x = t.distinct(1, 2, 5, 7)  # a tie is a kink, and has no numeric gradient
    t.gradient(
        "numeric gradient, 3x3: windows overlap",
        lambda dout: backward(dout, pool(x, 3, 2)[1]),
        lambda x: pool(x, 3, 2)[0],
        x,
    )
    t.refuses("7 rows", pool(np.ones((1, 1, 7, 8)), 2, 2), names=(7, 2))
    t.refuses("7 columns", pool(np.ones((1, 1, 8, 7)), 2, 2), names=(7, 2))
    t.refuses("a window of 5 on 4", pool(np.ones((1, 1, 6, 4)), 5, 1), names=(5, 4))

    @t.test("two caches at a time, one of them used twice")
    def _(max_pool_forward, max_pool_backward):
        dout = np.array([[[[1.0, 2], [3, 4]]]])
        alone = np.array(
            max_pool_backward(dout.copy(), max_pool_forward(SLICE.copy())[1])
        )
        first, second = max_pool_forward(SLICE.copy())[1], max_pool_forward(-SLICE)[1]
        other = {"all calls share one cache": max_pool_backward(dout.copy(), second)}
        for title in ("dx from the first of two caches", "dx from it once more"):
            got = max_pool_backward(dout.copy(), first)
            judge.close(title, got, alone, mistakes=other)

    @t.test("no slower than a bare loop over the windows")
    def _(max_pool_forward, max_pool_backward):
        images = [np.sin(n + np.arange(2**14)).reshape(2, 2, 64, 64) for n in range(3)]
        caches = [max_pool_forward(x, 2, 1)[1] for x in images]
        dout = np.ones((2, 2, 63, 63))
        forward = shortest(lambda n: max_pool_forward(images[n], 2, 1))
        backward = shortest(lambda n: max_pool_backward(dout, caches[n]))
        bare = shortest(lambda n: looped(images[n]))
        for name, seconds in [("forward", forward), ("backward", backward)]:
            judge.equal(
                f"max_pool_{name} is fast enough for 15,876 windows",
                seconds < bare,
                True,
                mistakes={"the windows are visited one by one in a loop": False},
            )


def hidden(t, max_pool_forward, max_pool_backward):
    for shape, size, stride, dtype in [
        ((3, 2, 4, 6), 2, 2, float),
        ((2, 1, 9, 5), 3, 2, np.float32),
        ((1, 4, 5, 3), 1, 2, float),
        ((2, 3, 4, 4), 4, 3, np.float32),
        ((2, 2, 3, 5), 2, 1, float),
    ]:
        x = t.ints(*shape, low=-5, high=0, dtype=dtype)
        x = x if size == 2 else np.asfortranarray(x)
        forward = max_pool_forward(x, size, stride)
        back = max_pool_backward(upstream(t, x, size, stride), forward[1])
        t.case(f"{shape}, {size}, {stride}", [forward[0], back])
    t.refuses("stride 3", max_pool_forward(np.ones((1, 1, 5, 6)), 3, 3))


def upstream(t, x, size, stride):
    """A gradient for every window of x, in the dtype and the memory layout of x."""
    N, C, H, W = x.shape
    places = (H - size) // stride + 1, (W - size) // stride + 1
    dout = 5 + t.ints(N, C, *places, dtype=x.dtype)
    return dout if x.flags.c_contiguous else t.strided(dout)


def shortest(call):
    """The shortest of three calls in seconds, so that other programs do not count."""
    seconds = []
    for n in range(3):
        started = perf_counter()
        call(n)
        seconds.append(perf_counter() - started)
    return min(seconds)


def looped(x):
    """As little as a loop over all windows can do: one number goes to one place."""
    moved = np.zeros(x.shape)
    for n, c, ho, wo in np.ndindex(2, 2, 63, 63):
        moved[n, c, ho, wo] += x[n, c, ho, wo]
    return moved


@right("the largest number of every column of im2col")
def max_pool_forward__columns(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    switches = columns.argmax(axis=2).reshape(N, C, HO, WO)
    out = columns.max(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, switches, size, stride)


@right("a mask for each place in the window")
def max_pool_forward__masks(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    out, switches = None, np.zeros((N, C, HO, WO), int)
    for place in range(size * size):
        row, column = divmod(place, size)
        rows = slice(row, row + (HO - 1) * stride + 1, stride)
        columns = slice(column, column + (WO - 1) * stride + 1, stride)
        values = x[:, :, rows, columns]
        if out is None:
            out = values.copy()
        larger = values > out
        switches[larger] = place
        out[larger] = values[larger]
    return out, (x.shape, switches, size, stride)


@right("each channel as an image of its own")
def max_pool_forward__flat_channels(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x.reshape(N * C, 1, H, W), size, size, stride)
    switches = columns.argmax(axis=1)
    out = np.take_along_axis(columns, switches[:, None], axis=1).reshape(N, C, HO, WO)
    return out, (x.shape, switches.reshape(out.shape), size, stride)


wrong(
    "the search for the maximum starts at 0",
    "out = x[:, :, : stride * HO : stride, : stride * WO : stride].copy()",
    "out = np.zeros((N, C, HO, WO), dtype=x.dtype)",
    "range(1, size * size)",
    "range(size * size)",
)
wrong(
    "the minimum is taken instead of the maximum",
    "rivals > out",
    "rivals < out",
    "np.maximum(out",
    "np.minimum(out",
)
wrong(
    "the maximum is taken over all channels",
    "columns.max(axis=2)",
    "columns.max(axis=(1, 2), keepdims=True).repeat(C, axis=1)",
    of="max_pool_forward__columns",
)
wrong(
    "the rows of im2col are read as (fh, fw, c) instead of (c, fh, fw)",
    ".reshape(N, C, size * size, HO * WO)",
    ".reshape(N, size * size, C, -1).swapaxes(1, 2)",
    of="max_pool_forward__columns",
)
wrong(
    "the columns of im2col are read as (wo, ho) instead of (ho, wo)",
    "out = columns.max(axis=2).reshape(N, C, HO, WO)",
    "out = columns.max(axis=2).reshape(N, C, WO, HO).swapaxes(2, 3)",
    of="max_pool_forward__columns",
)
wrong("the last of equal maxima gets the gradient", "rivals > out", "rivals >= out")
wrong(
    "the first of equal maxima is looked for column by column",
    "row, column = divmod(place, size)",
    "column, row = divmod(place, size)\n        place = row * size + column",
    of="max_pool_forward__masks",
)
wrong(
    "the best is replaced before it is compared, so that all switches are 0",
    "        rivals = x[:, :, rows, columns]",
    "        rivals = x[:, :, rows, columns]\n        out = np.maximum(out, rivals)",
)
wrong("the last place of the window is left out", "size * size):", "size * size - 1):")
wrong(
    "the windows move by 1, whatever the stride",
    "x[:, :, : stride * HO : stride, : stride * WO : stride]",
    "x[:, :, :HO, :WO]",
    "slice(fh, fh + stride * HO, stride)",
    "slice(fh, fh + HO)",
    "slice(fw, fw + stride * WO, stride)",
    "slice(fw, fw + WO)",
)
wrong(
    "x was changed in place",
    ": stride * WO : stride].copy()",
    ": stride * WO : stride]",
    "np.maximum(out, rivals)",
    "np.maximum(out, rivals, out=out)",
)
wrong("float32 went in, float64 came out", ".copy()", ".astype(float)")
wrong(
    "out is returned without a cache",
    "return out, (x.shape, switches, size, stride)",
    "return out",
)
wrong(
    "all calls share one cache",
    "stride=2)",
    "stride=2, memory=[])",
    "return out, (x.shape, switches, size, stride)",
    "memory[:] = x.shape, switches, size, stride\n    return out, memory",
)
wrong(
    "the error does not name the values",
    "N, C, H, W = x.shape",
    "N, C, H, W = x.shape\n"
    "    if (H - size) % stride or (W - size) % stride:\n"
    '        raise ValueError("the windows do not fit")',
    named=False,
)
wrong(
    "the windows are visited one by one in a loop",
    "return out, (",
    "return max_pool_forward_naive(x, size, stride)[0], (",
)


@right("put the gradients into columns at their switches, then col2im")
def max_pool_backward__columns(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    columns = np.zeros((N, C, size * size, switches[0, 0].size), dtype=dout.dtype)
    gradients, rows = dout.reshape(N, C, 1, -1), switches.reshape(N, C, 1, -1)
    np.put_along_axis(columns, rows, gradients, axis=2)
    columns = columns.reshape(N, C * size * size, -1)
    return col2im(columns, shape, size, size, stride)


@right("compare the switches with all places of a window")
def max_pool_backward__compared(dout, cache):
    shape, switches, size, stride = cache
    N, C, _H, _W = shape
    at = np.arange(size * size)[:, None] == switches.reshape(N, C, 1, -1)
    columns = np.where(at, dout.reshape(N, C, 1, -1), dout.dtype.type(0))
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@right("add at places in the flat image")
def max_pool_backward__add_at(dout, cache):
    shape, switches, size, stride = cache
    n, c, ho, wo = np.indices(dout.shape)
    rows, columns = np.divmod(switches, size)
    dx = np.zeros(shape, dout.dtype)
    np.add.at(dx, (n, c, ho * stride + rows, wo * stride + columns), dout)
    return dx


wrong(
    "overlapping windows overwrite each other instead of adding",
    "np.add.at(dx, (n, c, ho * stride + rows, wo * stride + columns), dout)",
    "dx[n, c, ho * stride + rows, wo * stride + columns] = dout",
    of="max_pool_backward__add_at",
)
wrong(
    "overlapping windows overwrite each other instead of adding",
    "+=",
    "=",
    of="max_pool_backward",
)
wrong(
    "every pixel of a window gets the gradient",
    "dout * (switches == place)",
    "dout",
    of="max_pool_backward",
)
wrong(
    "the gradient is spread evenly over the window",
    "dout * (switches == place)",
    "dout / size**2",
    of="max_pool_backward",
)
wrong(
    "the columns are laid out as (fh, fw, c) instead of (c, fh, fw)",
    "columns.reshape",
    "columns.swapaxes(1, 2).reshape",
    of="max_pool_backward__columns",
)
wrong(
    "dout is flattened as (wo, ho) instead of (ho, wo)",
    "dout.reshape",
    "dout.swapaxes(2, 3).reshape",
    of="max_pool_backward__columns",
)
wrong(
    "row and column of the switch are swapped",
    "fh, fw = divmod",
    "fw, fh = divmod",
    of="max_pool_backward",
)
wrong(
    "only the first image gets a gradient",
    "return dx",
    "dx[1:] = 0\n    return dx",
    of="max_pool_backward",
)
wrong(
    "float32 went in, float64 came out",
    ", dtype=dout.dtype",
    "",
    of="max_pool_backward",
)
wrong(
    "dout was changed in place",
    "return dx",
    "dout *= 0\n    return dx",
    of="max_pool_backward",
)


@wrong("the windows are visited one by one in a loop")
def max_pool_backward__loops(dout, cache):
    shape, switches, size, stride = cache
    cache = np.empty(shape), switches, size, stride
    return max_pool_backward_naive(dout, cache)
