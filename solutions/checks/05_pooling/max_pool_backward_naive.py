"""The backward pass of max pooling: the gradient goes to the first maximum of each window."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 2

SLICE = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
SHARED = np.array([[[[1.0, 2, 9, 4, 5], [0, 1, 2, 1, 0], [3, 0, 1, 2, 2]]]])
TIED = np.array([[[[7.0, 7], [7, 0]]]])


def cases(t, max_pool_backward_naive, max_pool_forward_naive):
    forward, backward = max_pool_forward_naive, max_pool_backward_naive

    def there_and_back(x, size=2, stride=2, dout=None):
        """The backward pass on the cache of the forward pass."""
        if dout is None:
            N, C, H, W = x.shape
            places = (H - size) // stride + 1, (W - size) // stride + 1
            dout = 5 + t.ints(N, C, *places, dtype=x.dtype)
        return backward(dout, forward(x, size, stride)[1])

    dx = np.array([[[[0.0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]]]])
    dout = np.array([[[[10.0, 20], [30, 40]]]])
    t.case("by hand: four switches", there_and_back(SLICE, dout=dout), dx)
    dx = np.array([[[[0.0, 0, 30, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]]])
    dout = np.array([[[[10.0, 20]]]])
    t.case("by hand: the 9 wins twice", there_and_back(SHARED, 3, 2, dout), dx)
    dx, dout = np.array([[[[6.0, 0], [0, 0]]]]), np.array([[[[6.0]]]])
    t.case("by hand: three maxima", there_and_back(TIED, dout=dout), dx)
    t.case("many ties", there_and_back(t.ints(2, 3, 4, 6, low=-1, high=2)))
    t.case("3x3, stride 2: windows overlap", there_and_back(t.ints(1, 2, 5, 7), 3, 2))
    t.case("all are negative", there_and_back(-1 - abs(t.ints(2, 1, 2, 6))))
    t.case("2x2, stride 1", there_and_back(t.ints(2, 1, 3, 4), 2, 1))
    t.case(
        "2x2, stride 3: pixels between them", there_and_back(t.ints(1, 2, 5, 8), 2, 3)
    )
    t.case("a window as large as the image", there_and_back(t.ints(2, 4, 3, 3), 3, 2))
    t.case("float32", there_and_back(t.ints(1, 2, 4, 2, dtype=np.float32)))
    x, dout = t.strided(t.ints(2, 1, 4, 6)), t.strided(t.ints(2, 1, 2, 3))
    t.case("not contiguous", there_and_back(x, dout=dout))
    for title, shape, size in [
        ("numeric gradient, 2x2", (2, 3, 4, 6), 2),
        ("numeric gradient, 3x3: windows overlap", (1, 2, 5, 7), 3),
    ]:
        x = t.distinct(*shape)  # a tie is a kink, and has no numeric gradient
        t.gradient(
            title,
            lambda dout, x=x, size=size: there_and_back(x, size, 2, dout),
            lambda x, size=size: forward(x, size, 2)[0],
            x,
        )


def hidden(t, max_pool_backward_naive, max_pool_forward_naive):
    forward, backward = max_pool_forward_naive, max_pool_backward_naive
    for shape, size, stride, places in [
        ((3, 2, 4, 6), 2, 2, (2, 3)),
        ((2, 1, 9, 5), 3, 2, (4, 2)),
        ((1, 4, 5, 3), 1, 2, (3, 2)),
        ((2, 3, 4, 4), 4, 3, (1, 1)),
        ((2, 2, 3, 5), 2, 1, (2, 4)),
    ]:
        x, dout = t.ints(*shape, low=-2, high=3), t.upstream((*shape[:2], *places))
        t.case(
            f"{shape}, {size}, {stride}", backward(dout, forward(x, size, stride)[1])
        )
    x, dout = np.asfortranarray(x).astype("f4"), dout.astype("f4")
    t.case("float32, axes in another order", backward(dout, forward(x, 2, 1)[1]))


@right("a mask for every window")
def max_pool_backward_naive__mask(dout, cache):
    x, switches, size, stride = cache
    dx = np.zeros(x.shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        mask = np.arange(size * size) == switches[n, c, ho, wo]
        rows = slice(ho * stride, ho * stride + size)
        columns = slice(wo * stride, wo * stride + size)
        dx[n, c, rows, columns] += mask.reshape(size, size) * dout[n, c, ho, wo]
    return dx


@right("count by places in the flat image")
def max_pool_backward_naive__bincount(dout, cache):
    x, switches, size, stride = cache
    n, c, ho, wo = np.indices(dout.shape)
    rows, columns = np.divmod(switches, size)
    place = (n, c, ho * stride + rows, wo * stride + columns)
    flat = np.ravel_multi_index(place, x.shape).ravel()
    dx = np.bincount(flat, weights=dout.ravel(), minlength=x.size)
    return dx.reshape(x.shape).astype(dout.dtype)


wrong(
    "all of the equal maxima get the whole gradient",
    "mask.reshape(size, size) *",
    "(x[n, c, rows, columns] == x[n, c, rows, columns].max()) *",
    of="max_pool_backward_naive__mask",
)
wrong(
    "the gradient is divided among equal maxima",
    "mask = np.arange(size * size) == switches[n, c, ho, wo]",
    "window = x[n, c, slice(ho * stride, ho * stride + size)]",
    "dx[n, c, rows, columns] += mask.reshape(size, size) *",
    "mask = window[:, columns] == window[:, columns].max()\n"
    "        dx[n, c, rows, columns] += mask / mask.sum() *",
    of="max_pool_backward_naive__mask",
)
wrong(
    "the last of equal maxima gets the gradient",
    "row, column = divmod(switches[n, c, ho, wo], size)",
    "window = x[n, c, ho * stride :, wo * stride :][:size, :size]\n"
    "        row, column = np.argwhere(window == window.max())[-1]",
)
wrong(
    "the first of equal maxima is looked for column by column",
    "row, column = divmod(switches[n, c, ho, wo], size)",
    "window = x[n, c, ho * stride :, wo * stride :][:size, :size]\n"
    "        column, row = divmod(window.T.argmax(), size)",
)
wrong(
    "= is written instead of +=, so that overlapping windows overwrite each other",
    "+=",
    "=",
)
wrong("row and column of the switch are swapped", "row, column =", "column, row =")
wrong(
    "the switch is taken for a place in the whole image",
    "divmod(switches[n, c, ho, wo], size)",
    "divmod(switches[n, c, ho, wo] % x[0, 0].size, x.shape[3])",
    "dx[n, c, ho * stride + row, wo * stride + column]",
    "dx[n, c, row, column]",
)
wrong(
    "the place of the window is forgotten, only that within it is used",
    "dx[n, c, ho * stride + row, wo * stride + column]",
    "dx[n, c, row, column]",
)
wrong(
    "the windows are taken to move by their size",
    "dx[n, c, ho * stride + row, wo * stride + column]",
    "dx[n, c, min(ho * size + row, len(dx[n, c]) - 1), "
    "min(wo * size + column, dx.shape[3] - 1)]",
)
wrong(
    "every pixel of a window gets the gradient",
    "mask.reshape(size, size) *",
    "",
    of="max_pool_backward_naive__mask",
)
wrong(
    "the maximum itself is put back, not its gradient",
    "+= dout[n, c, ho, wo]",
    "= x[n, c, ho * stride + row, wo * stride + column]",
)
wrong("float32 went in, float64 came out", ", dtype=dout.dtype", "")
