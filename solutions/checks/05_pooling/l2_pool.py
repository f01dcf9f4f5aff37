"""TODO: what this task checks."""

import numpy as np

from autograder.proof import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2


def cases(t, l2_pool_forward, l2_pool_backward):
    t.case("trivial", l2_pool_forward(np.ones((1, 1, 2, 2)))[0].shape)


def hidden(t, l2_pool_forward, l2_pool_backward):
    t.case("trivial", l2_pool_forward(np.ones((1, 1, 2, 2)))[0].shape)


@right("np.linalg.norm over the columns")
def l2_pool_forward__norm(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.linalg.norm(columns, axis=2, keepdims=True)
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


@right("the root of the average of squares, times size")
def l2_pool_forward__from_average(x, size=2, stride=2):
    N, C, H, W = x.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    squares = im2col(x * x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.sqrt(squares.mean(axis=2, keepdims=True)) * size
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)


wrong(
    "the root is forgotten",
    "np.linalg.norm(columns, axis=2, keepdims=True)",
    "(columns ** 2).sum(axis=2, keepdims=True)",
    of="l2_pool_forward__norm",
)

wrong(
    "the mean of the squares is taken instead of their sum",
    "np.linalg.norm(columns, axis=2, keepdims=True)",
    "np.sqrt((columns ** 2).mean(axis=2, keepdims=True))",
    of="l2_pool_forward__norm",
)

wrong(
    "absolute values are added instead of squares",
    "np.linalg.norm(columns, axis=2, keepdims=True)",
    "abs(columns).sum(axis=2, keepdims=True)",
    of="l2_pool_forward__norm",
)

wrong(
    "the sum is squared instead of the pixels",
    "np.linalg.norm(columns, axis=2, keepdims=True)",
    "np.sqrt(columns.sum(axis=2, keepdims=True) ** 2)",
    of="l2_pool_forward__norm",
)

wrong(
    "the squares are added over all channels",
    "np.linalg.norm(columns, axis=2, keepdims=True)",
    "np.sqrt((columns ** 2).sum(axis=(1, 2), keepdims=True)).repeat(C, axis=1)",
    of="l2_pool_forward__norm",
)

wrong(
    "the largest absolute value is taken",
    "np.linalg.norm(columns, axis=2, keepdims=True)",
    "abs(columns).max(axis=2, keepdims=True)",
    of="l2_pool_forward__norm",
)

wrong(
    "x was changed in place",
    "    roots = np.linalg.norm(columns, axis=2, keepdims=True)",
    "    roots = np.sqrt((columns ** 2).sum(axis=2, keepdims=True))\n    x **= 2",
    of="l2_pool_forward__norm",
)

wrong(
    "float32 went in, float64 came out",
    "np.linalg.norm(columns, axis=2, keepdims=True)",
    "np.sqrt((columns ** 2).sum(axis=2, keepdims=True, dtype=float))",
    of="l2_pool_forward__norm",
)


@right("np.divide where the root is not 0")
def l2_pool_backward__divide(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    over = dout.reshape(N, C, 1, -1).copy()
    over = np.divide(over, roots, out=np.zeros_like(over), where=roots > 0)
    return col2im(
        (columns * over).reshape(N, C * size**2, -1), shape, size, size, stride
    )


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


@wrong("0 is divided by 0 in a window of zeros", named=False)
def l2_pool_backward__nan(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = columns / roots * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the division by the root is forgotten")
def l2_pool_backward__not_divided(dout, cache):
    shape, columns, _roots, size, stride = cache
    N, C, _H, _W = shape
    columns = columns * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the factor is 2 x / r instead of x / r")
def l2_pool_backward__twice(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = 2 * columns / np.where(roots == 0, 1, roots) * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("x is divided by the square of the root")
def l2_pool_backward__squared(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = columns / np.where(roots == 0, 1, roots**2) * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("the sign of x is lost")
def l2_pool_backward__absolute(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = abs(columns) / np.where(roots == 0, 1, roots) * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("every pixel gets dout / r, without its x")
def l2_pool_backward__without_x(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = np.where(roots == 0, 0 * columns, 1 / np.where(roots == 0, 1, roots))
    columns = (columns * dout.reshape(N, C, 1, -1)).astype(dout.dtype)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


wrong(
    "overlapping windows overwrite each other instead of adding",
    "        root = roots[n, c, 0, place]\n        if root == 0:\n            continue",
    "        root = roots[n, c, 0, place] or 1",
    "        dx[n, c, rows, across] += dout[n, c, ho, wo] * window / root",
    "        dx[n, c, rows, across] = dout[n, c, ho, wo] * window / root",
    of="l2_pool_backward__loops",
)


@wrong("a window of zeros gets the gradient of dout in every pixel")
def l2_pool_backward__zeros(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    ratios = np.where(roots == 0, 1, columns / np.where(roots == 0, 1, roots))
    columns = (ratios * dout.reshape(N, C, 1, -1)).astype(dout.dtype)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("a hundredth is added to every root to avoid 0/0")
def l2_pool_backward__epsilon(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    columns = columns / (roots + 0.01) * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)


@wrong("float32 went in, float64 came out")
def l2_pool_backward__float64(dout, cache):
    shape, columns, roots, size, stride = cache
    N, C, _H, _W = shape
    ratios = columns / np.where(roots == 0, 1, roots.astype(float))
    columns = ratios * dout.reshape(N, C, 1, -1)
    return col2im(columns.reshape(N, C * size**2, -1), shape, size, size, stride)
