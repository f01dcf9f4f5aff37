"""Shapes and parameters of a network, layer by layer."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking import judge

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

NETWORK = [
    {"type": "conv", "filters": 10, "size": 3, "padding": 1, "name": "first"},
    {"type": "relu"},
    {"type": "conv", "filters": 10, "size": 3, "padding": 1},
    {"type": "relu"},
    {"type": "pool", "size": 2, "stride": 2},
    {"type": "fc", "outputs": 10},
    {"type": "fc", "outputs": 4, "name": "scores"},
]


def cases(t, trace_shapes):
    def rows(title, into, layers, *want):
        t.case(title, trace_shapes(into, layers), [*want], exact=True)

    relu, pool = {"type": "relu"}, {"type": "pool"}
    rows("relu keeps the shape", (6, 4, 5), [relu], ("relu", (6, 4, 5), 0))
    conv = {"type": "conv", "filters": 6, "size": 3, "stride": 2, "padding": 1}
    rows("conv, stride 2, padding 1", (3, 7, 9), [conv], ("conv", (6, 4, 5), 168))
    conv = {"type": "conv", "filters": 4, "size": 3}
    title = "conv, no stride and no padding given"
    rows(title, (2, 5, 6), [conv], ("conv", (4, 3, 4), 76))
    large = {"type": "pool", "size": 3, "stride": 2}
    rows("pool, 3 x 3, stride 2", (4, 9, 15), [large], ("pool", (4, 4, 7), 0))
    title = "pool, no size and no stride given"
    rows(title, (4, 6, 8), [pool], ("pool", (4, 3, 4), 0))
    large = {"type": "pool", "size": 3}
    rows("pool, 3 x 3, no stride given", (4, 9, 15), [large], ("pool", (4, 4, 7), 0))
    fc = {"type": "fc", "outputs": 7}
    rows("fc on 4·3·5 numbers", (4, 3, 5), [fc], ("fc", (7, 1, 1), 427))
    rows(
        "a whole network, two of its layers with a name",
        (3, 32, 32),
        NETWORK,
        ("first", (10, 32, 32), 280),
        ("relu", (10, 32, 32), 0),
        ("conv", (10, 32, 32), 910),
        ("relu", (10, 32, 32), 0),
        ("pool", (10, 16, 16), 0),
        ("fc", (10, 1, 1), 25_610),
        ("scores", (4, 1, 1), 44),
    )
    rows("no layers, no rows", (3, 5, 4), [])

    @t.test("the descriptions are as they were")
    def _(trace_shapes):
        layers = [dict(layer) for layer in NETWORK]
        trace_shapes((3, 32, 32), layers)
        emptied = [{k: layer[k] for k in layer if k != "type"} for layer in NETWORK]
        filled = [{"name": layer["type"], **layer} for layer in NETWORK]
        known = {
            "the descriptions are emptied": emptied,
            "the descriptions are filled up": filled,
        }
        judge.equal("the list of layers afterwards", layers, NETWORK, mistakes=known)

    for case, into, layer in [
        ("a type that nobody knows", (3, 8, 8), {"type": "blur"}),
        (
            "a conv that does not fit in height",
            (3, 10, 9),
            {"type": "conv", "filters": 2, "size": 3, "stride": 2},
        ),
        ("a pool that does not fit in width", (3, 8, 9), pool),
        ("a key that nobody knows", (1, 2, 2), {"type": "relu", "size": 2}),
        ("a key that is missing", (3, 8, 8), {"type": "conv", "filters": 2}),
    ]:
        t.refuses(case, trace_shapes(into, [layer]))


def hidden(t, trace_shapes):
    pool = trace_shapes((2, 5, 4), [{"type": "pool", "stride": 1}])
    t.case("pool: stride 1, no size given", pool, [("pool", (2, 4, 3), 0)])
    layers = [
        {"type": "conv", "filters": 96, "size": 11, "stride": 4, "name": "conv1"},
        {"type": "relu"},
        {"type": "pool", "size": 3, "stride": 2, "name": "pool1"},
        {"type": "conv", "filters": 7, "size": 5, "stride": 1, "padding": 2},
    ]
    rows = [
        ("conv1", (96, 47, 55), 34_944),
        ("relu", (96, 47, 55), 0),
        ("pool1", (96, 23, 27), 0),
        ("conv", (7, 23, 27), 16_807),
    ]
    t.case("AlexNet, cut in height", trace_shapes((3, 195, 227), layers), rows)
    layers = [
        {"type": "fc", "outputs": 5},
        {"type": "relu"},
        {"type": "conv", "filters": 3, "size": 1},
    ]
    rows = [("fc", (5, 1, 1), 125), ("relu", (5, 1, 1), 0), ("conv", (3, 1, 1), 18)]
    t.case("conv after fc, a volume", trace_shapes((2, 3, 4), layers), rows)
    pools = [{"type": "pool", "size": 3, "stride": 3}, {"type": "pool"}]
    t.refuses("a misfit in the second layer", trace_shapes((1, 9, 9), pools))
    unknown = [{"type": "relu"}, {"type": "dropout"}]
    t.refuses("an unknown type after a known one", trace_shapes((1, 9, 9), unknown))


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

    require_layers(layers)
    known = {"conv": conv, "relu": relu, "pool": pool, "fc": fc}
    shape, rows = tuple(input_shape), []
    for layer in layers:
        options = {k: v for k, v in layer.items() if k not in ("type", "name")}
        shape, parameters = known[layer["type"]](shape, **options)
        rows.append((layer.get("name", layer["type"]), shape, parameters))
    return rows


@right("recursion: the first layer, then the rest")
def trace_shapes__recursive(input_shape, layers):
    require_layers(layers)
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
    row = (first.get("name", kind), shape, learned)
    return [row] + trace_shapes__recursive(shape, layers[1:])


@right("its own arithmetic, numpy shapes, rows as lists")
def trace_shapes__own_arithmetic(input_shape, layers):
    require_layers(layers)
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
        rows.append([layer.get("name", kind), tuple(shape), learned])
    return rows


@right("copies of the layers, completed with their defaults")
def trace_shapes__completed(input_shape, layers):
    require_layers(layers)
    defaults = {
        "conv": {"stride": 1, "padding": 0},
        "relu": {},
        "pool": {"size": 2, "stride": 2, "padding": 0},
        "fc": {},
    }
    C, H, W = input_shape
    rows = []
    for given in layers:
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


right(
    "a generator, collected in a list",
    "    C, H, W = input_shape\n    rows = []\n    for layer in layers:",
    "    return list(walk(*input_shape, layers))\n\n\n"
    "def walk(C, H, W, layers):\n    for layer in layers:",
    'rows.append((layer.get("name", kind), (C, H, W), parameters))',
    'yield layer.get("name", kind), (C, H, W), parameters',
    "    return rows\n",
    "",
)
wrong(
    "the height is used for the width",
    "output_size(H, F, S, P), output_size(W, F, S, P)",
    "output_size(H, F, S, P), output_size(H, F, S, P)",
)
wrong(
    "the width is used for the height",
    "output_size(H, F, S, P)",
    "output_size(W, F, S, P)",
)
wrong(
    "height and width are swapped",
    "output_size(H, F, S, P), output_size(W, F, S, P)",
    "output_size(W, F, S, P), output_size(H, F, S, P)",
)
wrong("the stride is ignored", 'layer.get("stride", 1)', "1")
wrong("the padding is ignored", 'layer.get("padding", 0)', "0")
wrong("the channels are not updated", "C, H, W = K,", "H, W =")
wrong("the channels stand last", "(C, H, W), parameters))", "(H, W, C), parameters))")
wrong(
    "the shape before the layer is written down",
    "for layer in layers:",
    "for layer in layers:\n        before = C, H, W",
    "(C, H, W), parameters))",
    "before, parameters))",
)
wrong(
    "the parameters are counted from the output's channels",
    "conv_parameters(C, K, F)",
    "conv_parameters(K, K, F)",
)
wrong(
    "the bias is forgotten",
    "conv_parameters(C, K, F)",
    "conv_parameters(C, K, F, False)",
)
wrong(
    "the bias is forgotten",
    'dense_parameters(C * H * W, layer["outputs"])',
    'dense_parameters(C * H * W, layer["outputs"], False)',
)
wrong("the parameters are not counted", "conv_parameters(C, K, F)", "0")
wrong(
    "the parameters are not counted",
    'dense_parameters(C * H * W, layer["outputs"])',
    "0",
)
wrong(
    "the weights are not shared",
    "parameters = conv_parameters(C, K, F)",
    "places = output_size(H, F, S, P), output_size(W, F, S, P)\n            parameters = unshared_parameters(C, K, F, *places)",
)
wrong("there is a row for the input", "rows = []", 'rows = [("input", (C, H, W), 0)]')
wrong(
    "relu is counted with parameters",
    'elif kind == "pool"',
    'elif kind == "relu":\n            parameters = C\n        elif kind == "pool"',
)
wrong(
    "the stride of the pool is taken to be its size",
    'layer.get("stride", 2)',
    'layer.get("size", 2)',
)
wrong(
    "the stride of the pool is taken to be its size",
    'layer.get("stride", 2)',
    'layer.get("stride", layer.get("size", 2))',
)
wrong("the stride of the pool is ignored", 'layer.get("stride", 2)', "1")
wrong(
    "the height is used for the width",
    "output_size(W, F, S)\n",
    "output_size(H, F, S)\n",
)
wrong(
    "the width is used for the height", "output_size(H, F, S),", "output_size(W, F, S),"
)
wrong(
    "pool changes the channels",
    "            H, W = output",
    "            C, H, W = 1, output",
)
wrong(
    "pool changes the channels, too",
    "            H, W = output_size(H, F, S), output_size(W, F, S)",
    "            C, H, W = (output_size(n, F, S) for n in (C, H, W))",
    named=False,
)
wrong(
    "pool is counted with parameters",
    'layer.get("stride", 2)\n',
    'layer.get("stride", 2)\n            parameters = conv_parameters(C, C, F)\n',
)
wrong(
    "a pool without a stride moves by 1",
    'layer.get("stride", 2)',
    'layer.get("stride", 1)',
)
wrong(
    "the pool is always 2 by 2",
    'layer.get("size", 2), layer.get("stride", 2)',
    "2, 2",
    named=False,
)
wrong(
    "the pool is halved and rounded down",
    "output_size(H, F, S), output_size(W, F, S)",
    "H // 2, W // 2",
)
wrong(
    "a pool must have a size and a stride",
    'layer.get("size", 2), layer.get("stride", 2)',
    'layer["size"], layer["stride"]',
    named=False,
)
wrong(
    "a conv must have a stride and a padding",
    'layer.get("stride", 1), layer.get("padding", 0)',
    'layer["stride"], layer["padding"]',
    named=False,
)
wrong(
    "a conv without padding keeps the size",
    'layer.get("padding", 0)',
    'layer.get("padding", (F - 1) // 2)',
)
wrong("fc sees the channels of one place only", "C * H * W", "C")
wrong("fc sees one channel only", "C * H * W", "H * W")
wrong("the height is used for the width", "C * H * W", "C * H * H")
wrong(
    "fc keeps height and width",
    'C, H, W = layer["outputs"], 1, 1',
    'C = layer["outputs"]',
)
wrong(
    "the shape of fc has one axis only",
    "(C, H, W), parameters))",
    '(C,) if kind == "fc" else (C, H, W), parameters))',
)
wrong(
    "the outputs stand last",
    'C, H, W = layer["outputs"], 1, 1',
    'C, H, W = 1, 1, layer["outputs"]',
)
wrong(
    "every layer sees the shape of the input",
    "for layer in layers:",
    "for layer in layers:\n        C, H, W = input_shape",
)
wrong(
    "the parameters are added up",
    "rows.append(",
    "parameters += rows[-1][2] if rows else 0\n        rows.append(",
)
wrong(
    "a layer without parameters keeps those before it",
    "rows = []",
    "rows, parameters = [], 0",
    'kind, parameters = layer["type"], 0',
    'kind = layer["type"]',
)
wrong("the layers' own names are ignored", 'layer.get("name", kind)', "kind")
wrong(
    "only the last layer gets a row",
    'rows.append((layer.get("name", kind), (C, H, W), parameters))',
    'rows = [(layer.get("name", kind), (C, H, W), parameters)]',
)
wrong("an unknown type is passed over", "    require_layers(layers)\n", "")
wrong(
    "an unknown type raises a KeyError",
    "require_layers(layers)",
    'if {one["type"] for one in layers} - {"conv", "relu", "pool", "fc"}:\n        raise KeyError("unknown type")',
    named=False,
)
wrong(
    "keys that are missing or that nobody knows are not refused",
    "require_layers(layers)",
    'if {one["type"] for one in layers} - {"conv", "relu", "pool", "fc"}:\n        raise ValueError("unknown type")',
)
wrong("the descriptions are emptied", 'layer["type"], 0', 'layer.pop("type"), 0')
wrong(
    "the descriptions are filled up",
    "for layer in layers:",
    'for layer in layers:\n        layer.setdefault("name", layer["type"])',
)
wrong(
    "sizes are rounded down",
    "output_size(H, F, S, P), output_size(W, F, S, P)",
    "(H - F + 2 * P) // S + 1, (W - F + 2 * P) // S + 1",
    "output_size(H, F, S), output_size(W, F, S)",
    "(H - F) // S + 1, (W - F) // S + 1",
)
wrong(
    "a dict is returned",
    "return rows",
    "return {row[0]: row[1:] for row in rows}",
    named=False,
)
wrong(
    "a generator is returned",
    'rows.append((layer.get("name", kind), (C, H, W), parameters))',
    'yield layer.get("name", kind), (C, H, W), parameters',
    named=False,
)
wrong(
    "height and width are floats",
    "output_size(H, F, S, P), output_size(W, F, S, P)",
    "(H - F + 2 * P) / S + 1, (W - F + 2 * P) / S + 1",
    named=False,
)
wrong(
    "the shapes have a batch axis",
    "(C, H, W), parameters))",
    "(1, C, H, W), parameters))",
)
