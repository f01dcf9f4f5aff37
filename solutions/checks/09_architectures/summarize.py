"""What each layer of a network costs: shape, parameters, memory, multiply-adds."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

TEN = {"type": "conv", "filters": 10, "size": 3, "padding": 1}
RELU, POOL = {"type": "relu"}, {"type": "pool"}


def fc(outputs):
    return {"type": "fc", "outputs": outputs}


def conv(filters, size, **more):
    return {"type": "conv", "filters": filters, "size": size} | more


def afterwards(summarize, layers, input_shape):
    """The layers after the call."""
    summarize(layers, input_shape)
    return layers


def cases(t, summarize):
    def rows(title, shape, layers, *want):
        t.case(title, summarize(layers, shape), [*want], exact=True)

    want = ("conv", (10, 32, 32), 280, 40_960, 276_480)
    rows("by hand: 10 filters on 32x32x3", (3, 32, 32), [TEN], want)
    want = ("conv", (6, 4, 5), 168, 480, 6 * 4 * 5 * 27)
    layer = conv(6, 3, stride=2, padding=1)
    rows("conv with stride and padding, 7 high, 9 wide", (3, 7, 9), [layer], want)
    rows("a relu", (3, 4, 6), [RELU], ("relu", (3, 4, 6), 0, 288, 0))
    rows("a pool", (3, 4, 6), [POOL], ("pool", (3, 2, 3), 0, 72, 0))
    rows("an fc on 3·2·5 numbers", (3, 2, 5), [fc(7)], ("fc", (7, 1, 1), 217, 28, 210))
    rows("no layers, no rows", (3, 4, 5), [])
    rows(
        "a whole network, one of its layers with a name",
        (3, 8, 12),
        [
            conv(5, 3, padding=1, name="first"),
            RELU,
            POOL,
            conv(4, 1),
            fc(6),
            RELU,
            fc(2),
        ],
        ("first", (5, 8, 12), 140, 1920, 12_960),
        ("relu", (5, 8, 12), 0, 1920, 0),
        ("pool", (5, 4, 6), 0, 480, 0),
        ("conv", (4, 4, 6), 24, 384, 480),
        ("fc", (6, 1, 1), 582, 24, 576),
        ("relu", (6, 1, 1), 0, 24, 0),
        ("fc", (2, 1, 1), 14, 8, 12),
    )
    layers = [TEN | {"name": "first"}, RELU, fc(2)]
    after = t.call(afterwards, summarize, layers, (3, 4, 5))
    t.case("the layers afterwards", after, layers)
    for title, layer in [
        ("a pool that does not fit in height", POOL),
        ("a type that nobody knows", {"type": "blur"}),
        ("a key that is missing", {"type": "conv", "filters": 2}),
        ("a key that nobody knows", {"type": "relu", "size": 2}),
    ]:
        t.refuses(title, summarize([layer], (1, 5, 4)))


def hidden(t, summarize):
    vgg = [conv(64, 3, padding=1, name="conv1"), RELU, POOL, fc(4096)]
    t.case("a beginning of VGG", summarize(vgg, (3, 224, 56)))
    layers = [fc(6), fc(5), conv(2, 1)]
    t.case("fc after fc, and a conv after it", summarize(layers, (2, 3, 4)))
    layers = [conv(4, 2, stride=3), RELU, conv(2, 1)]
    t.case("stride 3, then a relu and 1x1", summarize(layers, (2, 5, 8)))
    t.refuses("a conv that does not fit", summarize([conv(2, 3, stride=2)], (1, 5, 6)))


@right("products per output, counted from the shapes")
def summarize__from_shapes(layers, input_shape):
    rows, before = [], tuple(input_shape)
    for layer in layers:
        ((name, shape, parameters),) = trace_shapes(before, [layer])
        outputs = shape[0] * shape[1] * shape[2]
        products = 0
        if layer["type"] == "conv":
            products = outputs * before[0] * layer["size"] ** 2
        if layer["type"] == "fc":
            products = outputs * before[0] * before[1] * before[2]
        rows.append((name, shape, parameters, outputs * 4, products))
        before = shape
    return rows


@right("with numpy's product, and ints at the end")
def summarize__numpy(layers, input_shape):
    rows = trace_shapes(input_shape, layers)
    result = []
    for index, (name, shape, parameters) in enumerate(rows):
        numbers = int(np.prod(shape))
        weights = parameters - shape[0] if parameters else 0
        places = int(np.prod(shape[1:]))
        result.append((name, shape, parameters, numbers * 4, weights * places))
        assert layers[index]["type"]
    return result


wrong("memory counts numbers, not bytes", "4 * K", "K")
wrong("memory is that of float64", "4 * K", "8 * K")
wrong(
    "memory is that of what goes in",
    "rows = []",
    "rows, before = [], int(np.prod(input_shape))",
    "4 * K * HO * WO, multiply_adds))",
    "4 * before, multiply_adds))\n        before = K * HO * WO",
)
wrong("memory is that of the parameters", "4 * K * HO * WO", "4 * parameters")
wrong(
    "multiply-adds are counted for one place only",
    "(parameters - K) * HO * WO",
    "parameters - K",
)
wrong(
    "multiply-adds are counted for one filter only",
    "(parameters - K)",
    '(parameters - K) // (K if layer["type"] == "conv" else 1)',
)
wrong(
    "a multiplication and an addition are counted as two",
    "(parameters - K)",
    "2 * (parameters - K)",
)
wrong("biases are counted as multiply-adds", "(parameters - K)", "parameters")
wrong(
    "relu and pool are counted as multiply-adds",
    "multiply_adds = 0",
    "multiply_adds = K * HO * WO",
)
wrong("the multiply-adds of fc are forgotten", '("conv", "fc")', '("conv",)')
wrong(
    "the costs are added up from layer to layer",
    "rows = []",
    "rows, sums = [], [0, 0, 0]",
    "rows.append((name, shape, parameters, 4 * K * HO * WO, multiply_adds))",
    "costs = parameters, 4 * K * HO * WO, multiply_adds\n"
    "        sums = [a + b for a, b in zip(sums, costs)]\n"
    "        rows.append((name, shape, *sums))",
)
wrong(
    "the layers' own names are ignored",
    "rows.append((name,",
    'rows.append((layer["type"],',
)
wrong("memory is a float, not an int", "4 * K", "4.0 * K", named=False)
wrong(
    "the dicts are filled up",
    'if layer["type"]',
    'layer["name"] = name\n        if layer["type"]',
)
wrong(
    "what trace_shapes refuses is passed over",
    "traced = trace_shapes(input_shape, layers)",
    "try:\n        traced = trace_shapes(input_shape, layers)\n"
    "    except ValueError:\n        return []",
)
