"""ReLU: max(0, x), and a gradient that passes only where x was above 0."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1

X = np.array([-2.0, -0.5, 0.0, 1.5])
DOUT = np.array([10.0, 20.0, 30.0, 40.0])


def cases(t, relu_forward, relu_backward):
    def there_and_back(x, dout):
        return relu_backward(dout, relu_forward(x)[1])

    t.case("by hand: out", relu_forward(X)[0], np.array([0.0, 0.0, 0.0, 1.5]))
    t.case("by hand: dx", there_and_back(X, DOUT), np.array([0.0, 0.0, 0.0, 40.0]))
    for title, shape, dtype in [
        ("images", (2, 2, 3, 4), float),
        ("scores", (3, 5), float),
        ("float32", (2, 3, 2), np.float32),
    ]:
        x, dout = t.ints(*shape, dtype=dtype), 5 * t.ints(*shape, dtype=dtype) + 2
        t.case(f"{title}: out", relu_forward(x)[0])
        t.case(f"{title}: dx", there_and_back(x, dout))
    x, dout = t.strided(t.ints(2, 1, 3, 4)), t.strided(5 * t.ints(2, 1, 3, 4) + 2)
    t.case("not contiguous: out", relu_forward(x)[0])
    t.case("not contiguous: dx", there_and_back(x, dout))
    cache = t.keep("cache", relu_forward(X)[1])
    back = relu_backward(DOUT, cache), relu_backward(-DOUT, cache)
    want = np.array([0.0, 0.0, 0.0, 40.0])
    t.case("the same cache twice", back, (want, -want))


def hidden(t, relu_forward, relu_backward):
    for shape in [(7,), (2, 3, 4, 5), (3, 1)]:
        x, dout = np.asfortranarray(t.normal(*shape)), t.normal(*shape)
        t.case(f"out, {shape}", relu_forward(x)[0])
        t.case(f"dx, {shape}", relu_backward(dout, relu_forward(x)[1]))
    x, dout = t.normal(2, 3, dtype="f4"), t.normal(2, 3, dtype="f4")
    t.case("float32", [relu_forward(x)[0], relu_backward(dout, relu_forward(x)[1])])


@right("where")
def relu_forward__where(x):
    return np.where(x > 0, x, x.dtype.type(0)), np.greater(x, 0)


@right("a product with the mask")
def relu_forward__masked(x):
    mask = x > 0
    return mask * x, mask


wrong(
    "numbers below 0 come back positive: that is the absolute value",
    "np.maximum(x, 0)",
    "np.abs(x)",
)
wrong("a part of the numbers below 0 comes through", "x, 0", "x, x.dtype.type(0.5) * x")
wrong("numbers above 1 are cut off", "np.maximum(x, 0)", "np.clip(x, 0, 1)")
wrong("the sign is turned around", "np.maximum", "np.minimum")
wrong(
    "x was changed in place",
    "return mask * x",
    "x *= mask\n    return x",
    of="relu_forward__masked",
)
wrong("out is returned without a cache", ", x > 0", "")
wrong("float32 went in, float64 came out", "np.maximum(x", "np.maximum(x.astype(float)")
wrong("the gradient passes where x is exactly 0, too", "x > 0", "x >= 0")


@right("a copy with zeros written into it")
def relu_backward__copy(dout, cache):
    dx = dout.copy()
    dx[~cache] = 0
    return dx


@right("where")
def relu_backward__where(dout, cache):
    return np.where(cache, dout, dout.dtype.type(0))


wrong("the gradient passes everywhere", "* cache", "* 1", of="relu_backward")
wrong(
    "the sign of dout decides, and not that of x",
    "dout * cache",
    "np.maximum(dout, 0)",
    of="relu_backward",
)
wrong(
    "the mask is returned: dout is left out",
    "dout * cache",
    "cache.astype(dout.dtype)",
    of="relu_backward",
)
wrong(
    "the gradient passes where x was below 0", "* cache", "* ~cache", of="relu_backward"
)
wrong(
    "dout was changed in place",
    "return dout * cache",
    "dout *= cache\n    return dout",
    of="relu_backward",
)
wrong(
    "float32 went in, float64 came out",
    "* cache",
    "* cache.astype(float)",
    of="relu_backward",
)
