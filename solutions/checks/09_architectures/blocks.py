"""Three blocks as data: which layers, in which order, with which numbers."""

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

NORM, RELU = {"type": "batchnorm"}, {"type": "relu"}


def conv(filters, size, padding, **more):
    layer = {"type": "conv", "filters": filters, "size": size, "padding": padding}
    return layer | {"bias": False} | more


def block(body):
    return [{"type": "residual", "layers": body}, RELU]


def apart(normalised_block, residual_block, separable_block):
    """Blocks made twice, the first of them changed in between: do they share anything?"""
    made = []
    for make, args in [
        (normalised_block, (4,)),
        (residual_block, (4,)),
        (separable_block, (3, 4)),
    ]:
        first = make(*args)
        first[0]["name"] = "mine"
        first.append("more")
        made.append(make(*args))
    return made


def cases(t, normalised_block, residual_block, separable_block):
    want = [conv(8, 3, 1), NORM, RELU]
    t.case("a normalised block", normalised_block(8), want)
    want = [conv(6, 5, 2), NORM, RELU]
    t.case("a normalised block of 5x5", normalised_block(6, 5), want)
    t.case("of 1x1", normalised_block(7, size=1), [conv(7, 1, 0), NORM, RELU])
    t.refuses("a filter of 4x4", normalised_block(8, 4))
    body = [conv(8, 3, 1), NORM, RELU, conv(8, 3, 1), NORM]
    t.case("a residual block", residual_block(8), block(body))
    body = [conv(3, 1, 0), NORM, RELU, conv(3, 3, 1), NORM, RELU, conv(8, 1, 0), NORM]
    t.case("a bottleneck from 8 to 3", residual_block(8, 3), block(body))
    body = [conv(1, 1, 0), NORM, RELU, conv(1, 3, 1), NORM, RELU, conv(2, 1, 0), NORM]
    t.case("a bottleneck from 2 to 1", residual_block(2, thin=1), block(body))
    want = [conv(5, 3, 1, groups=5), NORM, RELU, conv(9, 1, 0), NORM, RELU]
    t.case("a separable block from 5 to 9", separable_block(5, 9), want)
    want = [conv(4, 3, 1, groups=4), NORM, RELU, conv(2, 1, 0), NORM, RELU]
    t.case("a separable block from 4 to 2", separable_block(4, 2), want)
    three = normalised_block, residual_block, separable_block
    t.case("a second call, the first result changed", t.call(apart, *three))


def hidden(t, normalised_block, residual_block, separable_block):
    t.case("normalised, 7x7", normalised_block(3, 7))
    t.case("residual, 5", residual_block(5))
    t.case("bottleneck, 256 to 64", residual_block(256, 64))
    t.case("separable, 32 to 64", separable_block(32, 64))
    t.refuses("a filter of 2x2", normalised_block(8, 2))


@right("one dict, all keys at once")
def normalised_block__dict(filters, size=3):
    padding = same_padding(size)
    return [
        {
            "type": "conv",
            "filters": filters,
            "size": size,
            "padding": padding,
            "bias": False,
        },
        {"type": "batchnorm"},
        {"type": "relu"},
    ]


@right("an odd size is asked for")
def normalised_block__odd(filters, size=3):
    if size % 2 == 0:
        raise ValueError(f"no padding keeps the size under a filter of {size}")
    conv = {"bias": False, "padding": size // 2, "size": size, "filters": filters}
    return [conv | {"type": "conv"}, {"type": "batchnorm"}, {"type": "relu"}]


wrong(
    "the convolution has a bias",
    'conv |= {"padding": same_padding(size), "bias": False}',
    'conv |= {"padding": same_padding(size), "bias": True}',
)
wrong(
    "whether there is a bias is not said",
    '"padding": same_padding(size), "bias": False',
    '"padding": same_padding(size)',
)
wrong("the padding is always 1", "same_padding(size)", "1")
wrong("the padding is 0", "same_padding(size)", "0")
wrong(
    "the size is always 3",
    '"filters": filters, "size": size}',
    '"filters": filters, "size": 3}',
)
wrong(
    "the ReLU comes before the batch normalisation",
    '{"type": "batchnorm"}, {"type": "relu"}]',
    '{"type": "relu"}, {"type": "batchnorm"}]',
)
wrong(
    "the batch normalisation is left out",
    '{"type": "batchnorm"}, {"type": "relu"}]',
    '{"type": "relu"}]',
)
wrong("the ReLU is left out", ', {"type": "relu"}]', "]")
wrong(
    "an even size is rounded down in silence",
    "same_padding(size)",
    "(size - 1) // 2",
)


@right("the whole body, written out")
def residual_block__whole(filters, thin=None):
    if thin is None:
        body = [*normalised_block(filters), *normalised_block(filters)]
    else:
        body = [
            *normalised_block(thin, size=1),
            *normalised_block(thin),
            *normalised_block(filters, size=1),
        ]
    body.pop()
    return [{"type": "residual", "layers": body}, {"type": "relu"}]


@right("sizes in a list")
def residual_block__sizes(filters, thin=None):
    sizes = [(filters, 3)] * 2
    if thin:
        sizes = [(thin, 1), (thin, 3), (filters, 1)]
    body = [layer for each in sizes for layer in normalised_block(*each)]
    return [{"layers": body[:-1], "type": "residual"}, {"type": "relu"}]


wrong("the body ends with a ReLU", "body[:-1]", "body", of="residual_block")
wrong(
    "the ReLU after the sum is missing",
    'return [{"type": "residual", "layers": body[:-1]}, {"type": "relu"}]',
    'return [{"type": "residual", "layers": body[:-1]}]',
    of="residual_block",
)
wrong(
    "the last batch normalisation is left out, too",
    "body[:-1]",
    "body[:-2]",
    of="residual_block",
)
wrong(
    "the body has one convolution only",
    "body = normalised_block(filters) + normalised_block(filters)",
    "body = normalised_block(filters)",
    of="residual_block",
)
wrong(
    "the layers are given without a residual",
    'return [{"type": "residual", "layers": body[:-1]}, {"type": "relu"}]',
    "return body",
    of="residual_block",
)
wrong(
    "thin is ignored",
    "if thin is not None:",
    "if False:",
    of="residual_block",
)
wrong(
    "the bottleneck stays thin",
    "body += normalised_block(filters, 1)",
    "body += normalised_block(thin, 1)",
    of="residual_block",
)
wrong(
    "the middle of the bottleneck is 1x1",
    "normalised_block(thin, 1) + normalised_block(thin)",
    "normalised_block(thin, 1) + normalised_block(thin, 1)",
    of="residual_block",
)
wrong(
    "the first layer of the bottleneck is 3x3",
    "normalised_block(thin, 1) + normalised_block(thin)",
    "normalised_block(thin) + normalised_block(thin)",
    of="residual_block",
)
wrong(
    "the middle of the bottleneck is as wide as its ends",
    "normalised_block(thin, 1) + normalised_block(thin)",
    "normalised_block(thin, 1) + normalised_block(filters)",
    of="residual_block",
)
wrong(
    "the last layer of the bottleneck is 3x3",
    "body += normalised_block(filters, 1)",
    "body += normalised_block(filters)",
    of="residual_block",
)


@right("written out")
def separable_block__written(channels, filters):
    conv = {"type": "conv", "size": 3, "padding": 1, "bias": False}
    after = [{"type": "batchnorm"}, {"type": "relu"}]
    return [
        conv | {"filters": channels, "groups": channels},
        *after,
        conv | {"filters": filters, "size": 1, "padding": 0},
        *(dict(layer) for layer in after),
    ]


@right("a key set afterwards")
def separable_block__key(channels, filters):
    layers = normalised_block(channels) + normalised_block(filters, 1)
    layers[0]["groups"] = channels
    return layers


wrong(
    "no groups: the first conv mixes channels",
    ' | {"groups": channels}',
    "",
    of="separable_block",
)
wrong("one group", '{"groups": channels}', '{"groups": 1}', of="separable_block")
wrong(
    "the groups are those of what comes out",
    '{"groups": channels}',
    '{"groups": filters}',
    of="separable_block",
)
wrong(
    "the depthwise conv has as many filters as come out",
    "normalised_block(channels)",
    "normalised_block(filters)",
    of="separable_block",
)
wrong(
    "the second conv is 3x3",
    "normalised_block(filters, 1)",
    "normalised_block(filters)",
    of="separable_block",
)
wrong(
    "the 1x1 conv comes first",
    'return [depthwise | {"groups": channels}, *rest, *pointwise]',
    'return [*pointwise, depthwise | {"groups": channels}, *rest]',
    of="separable_block",
)
wrong(
    "nothing stands between the two convs",
    "*rest, *pointwise]",
    "*pointwise]",
    of="separable_block",
)
wrong(
    "the 1x1 conv has groups, too",
    "*rest, *pointwise]",
    '*rest, pointwise[0] | {"groups": channels}, *pointwise[1:]]',
    of="separable_block",
)
wrong(
    "the 1x1 conv is left out",
    "*rest, *pointwise]",
    "*rest]",
    of="separable_block",
)
