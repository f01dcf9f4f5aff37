"""How many pixels a number behind the last layer depends on."""

from autograder.lessons.task_modules import right, wrong

POINTS = 1

THREE = {"type": "conv", "filters": 4, "size": 3}
RELU, POOL = {"type": "relu"}, {"type": "pool"}


def conv(size, **more):
    return {"type": "conv", "filters": 2, "size": size} | more


def afterwards(receptive_field, layers):
    """The layers after the call."""
    receptive_field(layers)
    return layers


def cases(t, receptive_field):
    for title, layers, want in [
        ("one 3x3 layer", [THREE], 3),
        ("two 3x3 layers and a relu: 5x5", [THREE, RELU, THREE], 5),
        ("three of them: 7x7", [THREE] * 3, 7),
        ("the table above", [THREE, THREE, POOL, THREE], 10),
        ("no layers: one pixel", [], 1),
        ("a stride before a larger window", [conv(2, stride=3), conv(4)], 11),
        ("a pool of 3, no stride given, then 5x5", [POOL | {"size": 3}, conv(5)], 11),
        ("a pool that moves by 1", [POOL | {"stride": 1}, conv(3), conv(2)], 5),
        ("dilation 3", [conv(3, dilation=3)], 7),
        ("dilation 1, 2 and 4", [conv(3, dilation=D) for D in (1, 2, 4)], 15),
        (
            "stride and dilation",
            [conv(2, stride=2, dilation=2), RELU, conv(3, dilation=3)],
            15,
        ),
        (
            "AlexNet up to its second pool",
            [conv(11, stride=4), RELU, POOL | {"size": 3, "stride": 2}]
            + [conv(5, padding=2), RELU, POOL | {"size": 3, "stride": 2}],
            67,
        ),
    ]:
        t.case(title, receptive_field(layers), want)
    layers = [THREE, RELU, POOL]
    t.case("the layers afterwards", t.call(afterwards, receptive_field, layers), layers)
    for title, layer in [
        ("an fc layer sees everything", {"type": "fc", "outputs": 3}),
        ("a type that nobody knows", {"type": "blur"}),
    ]:
        t.refuses(title, receptive_field([THREE, layer]))


def hidden(t, receptive_field):
    for layers, want in [
        ([conv(2, stride=3, dilation=3), POOL, THREE], 19),
        ([POOL | {"stride": 1}, conv(1, stride=2), THREE], 6),
        ([conv(3, dilation=D) for D in (1, 2, 4, 8)], 31),
        ([POOL] * 5, 32),
    ]:
        t.case(f"{len(layers)} layers: {want}", receptive_field(layers), want)
    t.refuses("fc alone", receptive_field([{"type": "fc", "outputs": 2}]))


@right("from the last layer back, a window of windows")
def receptive_field__backwards(layers):
    side = 1
    for layer in list(layers)[::-1]:
        kind = layer["type"]
        if kind not in ("conv", "pool", "relu"):
            raise ValueError(f"{kind} has no receptive field")
        if kind == "relu":
            continue
        default = 2 if kind == "pool" else 1
        size = layer["size"] if kind == "conv" else layer.get("size", 2)
        reach = layer.get("dilation", 1) * (size - 1) + 1
        side = (side - 1) * layer.get("stride", default) + reach
    return side


@right("follow the outermost two pixels of the first window")
def receptive_field__interval(layers):
    first, last, apart = 0, 0, 1
    for layer in layers:
        match layer:
            case {"type": "conv", "size": size}:
                stride, dilation = layer.get("stride", 1), layer.get("dilation", 1)
            case {"type": "pool"}:
                size, stride, dilation = layer.get("size", 2), layer.get("stride", 2), 1
            case {"type": "relu"}:
                size, stride, dilation = 1, 1, 1
            case _:
                raise ValueError(layer)
        last += apart * dilation * (size - 1)
        apart *= stride
    return last - first + 1


wrong(
    "a layer's own stride already counts for its window",
    "(F - 1) * step",
    "(F - 1) * step * S",
)
wrong("strides are ignored", "step *= S", "step *= 1")
wrong("the dilation is ignored", 'layer.get("dilation", 1) * (F', "(F")
wrong(
    "the dilation is counted in holes, so that 1 is a filter with holes",
    'layer.get("dilation", 1)',
    '(layer.get("dilation", 0) + 1)',
)
wrong(
    "each layer adds F pixels, not F - 1",
    "(F - 1) * step",
    "F * step",
    "F, S = 1, 1",
    "F, S = 0, 1",
)
wrong(
    "the sides of all windows are multiplied",
    'field += layer.get("dilation", 1) * (F - 1) * step',
    'field *= layer.get("dilation", 1) * (F - 1) + 1',
)
wrong(
    "pooling layers are left out",
    'layer.get("size", 2), layer.get("stride", 2)',
    "1, 1",
)
wrong(
    "the window of a pool widens nothing, only its stride counts",
    'layer.get("size", 2)',
    "1",
)
wrong("a pool without a stride moves by 1", '"stride", 2', '"stride", 1')
wrong(
    "a pool without a stride moves by its own size, not by 2",
    '"stride", 2',
    '"stride", layer.get("size", 2)',
)
wrong(
    "the step is that of the last layer only, not the product of all strides",
    "step *= S",
    "step = S",
)
wrong("the field of no layers is 0, not 1", "field, step = 1, 1", "field, step = 0, 1")
wrong(
    "the number of pixels is returned, not the side", "return field", "return field**2"
)
wrong(
    "an unknown layer is passed over in silence",
    """raise ValueError(f"a layer of the type {layer['type']!r} has no field")""",
    "continue",
)
wrong("an fc layer is passed over in silence", '== "relu"', 'in ("relu", "fc")')
wrong("the dicts are filled up", 'layer.get("dilation"', 'layer.setdefault("dilation"')
wrong(
    "the layers are taken off the list",
    "for layer in layers:",
    "while layers:\n        layer = layers.pop(0)",
)
