"""L2 pooling: the root of the sum of squares, and x / r of its gradient to each pixel."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking import judge

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2

WINDOW = np.array([[[[3.0, 4], [0, 0]]]])


def cases(t, l2_pool_forward, l2_pool_backward):
    pool, backward = l2_pool_forward, l2_pool_backward
    dout = np.array([[[[10.0]]]])
    t.case("by hand: the root of 25", pool(WINDOW)[0], np.array([[[[5.0]]]]))
    back = backward(dout, pool(WINDOW)[1])
    t.case("dx by hand: 10 times 3/5 and 4/5", back, np.array([[[[6.0, 8], [0, 0]]]]))
    t.case("a window of zeros", pool(0 * WINDOW)[0], np.zeros((1, 1, 1, 1)))
    back = backward(dout, pool(0 * WINDOW)[1])
    t.case("dx: a window of zeros", back, np.zeros((1, 1, 2, 2)))
    tiny = WINDOW * 1e-9
    t.case("very small numbers", pool(tiny)[0], np.array([[[[5e-9]]]]))
    back = backward(dout, pool(tiny)[1])
    t.case("dx: very small numbers, 3/5 and 4/5 again", back, 2 * WINDOW)
    for title, x, size, stride in [
        ("2x2, stride 2", t.ints(2, 3, 4, 6), 2, 2),
        ("3x3, stride 2: windows overlap", t.ints(1, 2, 5, 7), 3, 2),
        ("2x2, stride 1", t.ints(2, 1, 3, 4), 2, 1),
        ("2x2, stride 3: pixels between them", t.ints(1, 2, 5, 8), 2, 3),
        ("a window as large as the image", t.ints(2, 4, 3, 3), 3, 2),
        ("1x1, stride 2", t.ints(1, 2, 3, 5), 1, 2),
        ("float32", t.ints(1, 2, 4, 2, dtype=np.float32), 2, 2),
        ("not contiguous", t.strided(t.ints(2, 1, 4, 6)), 2, 2),
    ]:
        x[0, 0, :size, :size] = 0
        t.case(title, pool(x, size, stride)[0])
        dout = upstream(t, x, size, stride)
        t.case(f"dx: {title}", backward(dout, pool(x, size, stride)[1]))
    x = t.normal(1, 2, 5, 7)
    t.gradient(
        "numeric gradient, 3x3: windows overlap",
        lambda dout: backward(dout, pool(x, 3, 2)[1]),
        lambda x: pool(x, 3, 2)[0],
        x,
    )
    t.refuses("7 rows, 2x2, stride 2: 2.5 steps", pool(np.ones((1, 1, 7, 8)), 2, 2))
    t.refuses("7 columns, 2x2, stride 2", pool(np.ones((1, 1, 8, 7)), 2, 2))
    t.refuses("a window of 5 on 4 columns", pool(np.ones((1, 1, 6, 4)), 5, 1))

    @t.test("two caches at a time, one of them used twice")
    def _(l2_pool_forward, l2_pool_backward):
        dout = np.array([[[[10.0]]]])
        alone = np.array(
            l2_pool_backward(dout.copy(), l2_pool_forward(WINDOW.copy())[1])
        )
        first, second = (
            l2_pool_forward(WINDOW.copy())[1],
            l2_pool_forward(1 - WINDOW)[1],
        )
        other = {"all calls share one cache": l2_pool_backward(dout.copy(), second)}
        for title in ("dx from the first of two caches", "dx from it once more"):
            got = l2_pool_backward(dout.copy(), first)
            judge.close(title, got, alone, mistakes=other)


def hidden(t, l2_pool_forward, l2_pool_backward):
    for shape, size, stride, dtype in [
        ((3, 2, 4, 6), 2, 2, float),
        ((2, 1, 9, 5), 3, 2, np.float32),
        ((1, 4, 5, 3), 1, 2, float),
        ((2, 3, 4, 4), 4, 3, np.float32),
        ((2, 2, 3, 5), 2, 1, float),
    ]:
        x = t.normal(*shape, dtype=dtype)
        x[:, 0, :2, :2] = 0
        x = x if size == 2 else np.asfortranarray(x)
        forward = l2_pool_forward(x, size, stride)
        back = l2_pool_backward(upstream(t, x, size, stride), forward[1])
        t.case(f"{shape}, {size}, {stride}", [forward[0], back])
    t.refuses("stride 3", l2_pool_forward(np.ones((1, 1, 5, 6)), 3, 3))


def upstream(t, x, size, stride):
    """A gradient for every window of x, in the dtype and the memory layout of x."""
    N, C, H, W = x.shape
    places = (H - size) // stride + 1, (W - size) // stride + 1
    dout = 5 + t.ints(N, C, *places, dtype=x.dtype)
    return dout if x.flags.c_contiguous else t.strided(dout)


right(
    "np.linalg.norm over the columns",
    "np.sqrt((columns**2).sum(axis=2, keepdims=True))",
    "np.linalg.norm(columns, axis=2, keepdims=True)",
)
right(
    "the root of the average of squares, times size",
    "np.sqrt((columns**2).sum(axis=2, keepdims=True))",
    "np.sqrt((columns * columns).mean(axis=2, keepdims=True)) * size",
)
wrong("the root is forgotten", "np.sqrt", "")
wrong("the mean of the squares is taken instead of their sum", ".sum(", ".mean(")
wrong(
    "absolute values are added instead of squares",
    "np.sqrt((columns**2).sum(axis=2, keepdims=True))",
    "abs(columns).sum(axis=2, keepdims=True)",
)
wrong(
    "the sum is squared instead of the pixels",
    "(columns**2).sum(axis=2, keepdims=True)",
    "columns.sum(axis=2, keepdims=True) ** 2",
)
wrong(
    "the squares are added over all channels",
    "sum(axis=2, keepdims=True)",
    "sum(axis=(1, 2), keepdims=True).repeat(C, axis=1)",
)
wrong(
    "the largest absolute value is taken",
    "np.sqrt((columns**2).sum(axis=2, keepdims=True))",
    "abs(columns).max(axis=2, keepdims=True)",
)
wrong("x was changed in place", "    return roots", "    x **= 2\n    return roots")
wrong(
    "float32 went in, float64 came out", "keepdims=True", "keepdims=True, dtype=float"
)
wrong(
    "a tiny number is added under the root",
    "keepdims=True))",
    "keepdims=True) + 1e-12)",
)
wrong(
    "out is returned without a cache",
    "WO), (x.shape, columns, roots, size, stride)",
    "WO)",
)
wrong(
    "all calls share one cache",
    "stride=2)",
    "stride=2, memory=[])",
    "return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)",
    "memory[:] = x.shape, columns, roots, size, stride\n"
    "    return roots.reshape(N, C, HO, WO), memory",
)


@right("np.divide where the root is not 0")
def l2_pool_backward__divide(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    over = dout.reshape(N, C, 1, -1).copy()
    over = np.divide(over, roots, out=np.zeros_like(over), where=roots > 0)
    columns = (columns * over).reshape(N, C * size**2, -1)
    return col2im(columns, shape, size, size, stride)


@right("loops over the windows that are not all 0")
def l2_pool_backward__loops(dout, cache):
    shape, columns, roots, size, stride = cache
    dx = np.zeros(shape, dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        place = ho * dout.shape[3] + wo
        root = roots[n, c, 0, place]
        if root == 0:
            continue
        window = columns[n, c, :, place].reshape(size, size)
        rows = slice(ho * stride, ho * stride + size)
        across = slice(wo * stride, wo * stride + size)
        dx[n, c, rows, across] += dout[n, c, ho, wo] * window / root
    return dx


wrong(
    "0 is divided by 0 in a window of zeros",
    "np.where(roots == 0, 1, roots)",
    "roots",
    of="l2_pool_backward",
)
wrong(
    "the division by the root is forgotten",
    " / np.where(roots == 0, 1, roots)",
    "",
    of="l2_pool_backward",
)
wrong(
    "the factor is 2 x / r instead of x / r",
    "columns / np",
    "2 * columns / np",
    of="l2_pool_backward",
)
wrong(
    "x is divided by the square of the root",
    "1, roots)",
    "1, roots**2)",
    of="l2_pool_backward",
)
wrong(
    "the sign of x is lost", "columns / np", "abs(columns) / np", of="l2_pool_backward"
)
wrong(
    "every pixel gets dout / r, without its x",
    "columns / np.where(roots == 0, 1, roots)",
    "np.where(roots == 0, 0 * columns, 1 / np.where(roots == 0, 1, roots))",
    of="l2_pool_backward",
)
wrong(
    "overlapping windows overwrite each other instead of adding",
    "+=",
    "=",
    of="l2_pool_backward__loops",
)
wrong(
    "a window of zeros gets the gradient of dout in every pixel",
    "columns / np.where(roots == 0, 1, roots)",
    "np.where(roots == 0, 1, columns / np.where(roots == 0, 1, roots))",
    of="l2_pool_backward",
)
wrong(
    "a hundredth is added to every root to avoid 0/0",
    "np.where(roots == 0, 1, roots)",
    "(roots + 0.01)",
    of="l2_pool_backward",
)
wrong(
    "a tiny number is added to every root to avoid 0/0",
    "np.where(roots == 0, 1, roots)",
    "(roots + 1e-8)",
    of="l2_pool_backward",
)
wrong(
    "float32 went in, float64 came out",
    "1, roots)",
    "1, roots.astype(float))",
    ".astype(dout.dtype, copy=False)",
    "",
    of="l2_pool_backward",
)
