"""The three layers without parameters: ReLU, MaxPool2D and Flatten, there and back."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821, RUF012 an answer uses the names of its notebook

POINTS = 1

ROW = np.array([[-2.0, -0.5, 0.0, 1.5]])
DOUT = np.array([[10.0, -20.0, 30.0, -40.0]])
SLICE = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
FOUR = np.array([[[[10.0, 20.0], [30.0, 40.0]]]])


def cases(t, ReLU, MaxPool2D, Flatten):
    def there_and_back(title, made, x, dout, out=None, dx=None):
        """A layer on x and dout in float64, float32, and not contiguous."""
        layer = t.keep("layer", made)
        wants = [{"want": want} if want is not None else {} for want in (out, dx)]
        back = layer.forward(x), layer.backward(dout)
        t.case(f"{title}: out", back[0], **wants[0])
        t.case(f"{title}: dx", t.steps(*back), **wants[1])
        dicts = t.steps(*back, [layer.parameters, layer.gradients])
        t.case(f"{title}: no parameters, no gradients", dicts, [{}, {}])
        for kind, change in [("float32", np.float32), ("not contiguous", t.strided)]:
            back = layer.forward(change(x)), layer.backward(change(dout))
            t.case(f"{title}, {kind}: out and dx", [*back])

    dx = np.array([[0.0, 0.0, 0.0, -40.0]])
    there_and_back("ReLU", ReLU(), ROW, DOUT, np.array([[0.0, 0.0, 0.0, 1.5]]), dx)
    dx = np.array([[[[0.0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]]]])
    pooled = np.array([[[[6.0, 8.0], [3.0, 4.0]]]])
    there_and_back("MaxPool2D", MaxPool2D(), SLICE, FOUR, pooled, dx)
    for size, shape, places in [(4, (2, 3, 6, 6), (2, 2)), (3, (2, 1, 5, 7), (2, 3))]:
        x, dout = t.distinct(*shape), t.ints(*shape[:2], *places)
        there_and_back(
            f"MaxPool2D, {size}x{size}, stride 2", MaxPool2D(size, 2), x, dout
        )
    x, dout = np.arange(24.0).reshape(2, 3, 1, 4), 10 * np.arange(24.0).reshape(2, 12)
    there_and_back("Flatten", Flatten(), x, dout, dout / 10, 10 * x)
    for title, made, x, dout in [
        ("ReLU", ReLU(), ROW, DOUT),
        ("MaxPool2D", MaxPool2D(), SLICE, FOUR),
        ("Flatten", Flatten(), SLICE, np.arange(16.0)[None]),
    ]:
        other = -x if title != "Flatten" else x.reshape(1, 2, 8)
        one, two = t.keep("one", made), t.keep("two", made)
        twice = (
            one.forward(x),
            one.backward(dout),
            one.forward(other),
            one.backward(dout),
        )
        t.case(f"{title}: forward and backward twice", [*twice])
        both = (
            one.forward(x),
            two.forward(other),
            one.backward(dout),
            two.backward(dout),
        )
        t.case(f"two layers {title} at once", [*both])
    three_rows = MaxPool2D().forward(np.ones((1, 1, 3, 4)))
    t.refuses("MaxPool2D: 2x2 windows on 3 rows", three_rows)


def hidden(t, ReLU, MaxPool2D, Flatten):
    x = t.distinct(8, 6, 3, 2).T
    for title, made, shape in [
        ("ReLU", ReLU(), x.shape),
        ("MaxPool2D", MaxPool2D(2), (2, 3, 3, 4)),
        ("Flatten", Flatten(), (2, 144)),
    ]:
        layer = t.keep("layer", made)
        t.case(title, [layer.forward(x), layer.backward(t.ints(*shape))])


@right("its own mask")
class ReLU__mask:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, dout):
        return np.where(self.positive, dout, dout.dtype.type(0))


@right("class attributes for the two dicts, a copy of x as memory")
class ReLU__copy:
    parameters = {}
    gradients = {}

    def forward(self, x):
        self.x = x.copy()
        return np.maximum(self.x, 0)

    def backward(self, dout):
        dx = np.array(dout)
        dx[self.x <= 0] = 0
        return dx


wrong("forward returns the cache, too", "return out", "return out, self.cache")
wrong(
    "the gradient passes everywhere", "relu_backward(dout, self.cache)", "dout.copy()"
)
wrong(
    "the sign of dout decides, and not that of x",
    "relu_backward(dout, self.cache)",
    "np.maximum(dout, 0)",
)
wrong(
    "a part of the numbers below 0 comes through",
    "return out",
    "return np.maximum(x, x.dtype.type(0.1) * x)",
)
wrong(
    "x was changed in place", "return out", "np.maximum(x, 0, out=x)\n        return x"
)
wrong(
    "the gradient passes where x is exactly 0, too",
    "self.positive = x > 0",
    "self.positive = x >= 0",
    of="ReLU__mask",
)
wrong(
    "backward still uses what the first forward has kept",
    "out, self.cache = relu_forward(x)",
    "out, cache = relu_forward(x)\n        self.cache = getattr(self, 'cache', cache)",
)
wrong("all layers share what forward keeps", "out, self.cache =", "out, ReLU.cache =")


@right("the loops of lesson 05, and its switches")
class MaxPool2D__loops:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        N, C, H, W = self.shape = x.shape
        HO, WO = (output_size(length, self.size, self.stride) for length in (H, W))
        out = np.zeros((N, C, HO, WO), dtype=x.dtype)
        self.winners = {}
        for n, c, ho, wo in np.ndindex(out.shape):
            top, left = ho * self.stride, wo * self.stride
            window = x[n, c, top : top + self.size, left : left + self.size]
            row, column = divmod(int(window.argmax()), self.size)
            self.winners[n, c, ho, wo] = (n, c, top + row, left + column)
            out[n, c, ho, wo] = window.max()
        return out

    def backward(self, dout):
        dx = np.zeros(self.shape, dtype=dout.dtype)
        for place, winner in self.winners.items():
            dx[winner] += dout[place]
        return dx


@right("the fast functions, options kept in a tuple")
class MaxPool2D__tuple:
    parameters = {}
    gradients = {}

    def __init__(self, size=2, stride=2):
        self.options = size, stride

    def forward(self, x):
        result = max_pool_forward(x, *self.options)
        self.memory = result[1]
        return result[0]

    def backward(self, dout):
        return max_pool_backward(dout, self.memory)


wrong(
    "the stride is ignored", "self.size, self.stride)", "self.size, 1)", of="MaxPool2D"
)
wrong(
    "size and stride are swapped",
    "max_pool_forward(x, self.size, self.stride)",
    "max_pool_forward(x, self.stride, self.size)",
    of="MaxPool2D",
)
wrong(
    "size and stride are always 2", "self.size, self.stride)", "2, 2)", of="MaxPool2D"
)
wrong(
    "forward returns the cache, too",
    "return out",
    "return out, self.cache",
    of="MaxPool2D",
)
wrong(
    "the average is taken instead of the maximum",
    "return out",
    "from course.pooling import avg_pool_forward\n\n        return avg_pool_forward(x, self.size, self.stride)[0]",
    of="MaxPool2D",
)
wrong(
    "backward gives dout to every pixel of a window",
    "max_pool_backward(dout, self.cache)",
    "dout.repeat(self.stride, axis=2).repeat(self.stride, axis=3)",
    of="MaxPool2D",
)
wrong(
    "backward still uses what the first forward has kept",
    "out, self.cache = max_pool_forward(x, self.size, self.stride)",
    "out, cache = max_pool_forward(x, self.size, self.stride)\n        self.cache = getattr(self, 'cache', cache)",
    of="MaxPool2D",
)
wrong(
    "all layers share what forward keeps",
    "out, self.cache =",
    "out, MaxPool2D.cache =",
    of="MaxPool2D",
)


@right("the shape of one image is kept")
class Flatten__image:
    parameters, gradients = {}, {}

    def forward(self, x):
        self.image = x.shape[1:]
        return np.reshape(x, (x.shape[0], int(np.prod(self.image))))

    def backward(self, dout):
        return dout.reshape(-1, *self.image)


@right("one row after the other")
class Flatten__rows:
    def __init__(self):
        self.parameters = {}
        self.gradients = {}

    def forward(self, x):
        self.shape = x.shape
        return np.stack([image.ravel() for image in x])

    def backward(self, dout):
        images = [row.reshape(self.shape[1:]) for row in dout]
        return np.stack(images)


wrong(
    "the images are laid out with the first axis fastest",
    "x.reshape(len(x), -1)",
    "np.stack([image.ravel(order='F') for image in x])",
    of="Flatten",
)
wrong(
    "the batch is flattened, too",
    "x.reshape(len(x), -1)",
    "x.reshape(-1)",
    of="Flatten",
)
wrong(
    "backward leaves the rows as they are",
    "dout.reshape(self.shape)",
    "dout.copy()",
    of="Flatten",
)
wrong(
    "only height and width are flattened",
    "x.reshape(len(x), -1)",
    "x.reshape(len(x), x.shape[1], -1)",
    of="Flatten",
)
wrong(
    "forward returns the cache, too",
    "return x.reshape(len(x), -1)",
    "return x.reshape(len(x), -1), x.shape",
    of="Flatten",
)
wrong(
    "backward still uses what the first forward has kept",
    "self.shape = x.shape",
    "self.shape = getattr(self, 'shape', x.shape)",
    of="Flatten",
)
wrong(
    "all layers share what forward keeps",
    "self.shape = x.shape",
    "Flatten.shape = x.shape",
    of="Flatten",
)
