"""Which method for which layer."""

from autograder.lessons.task_modules import right, wrong

POINTS = 1

# The filters (K, C, FH, FW), and stride and padding where they are not 1 and 0.
LAYERS = [
    ("1x1 filters", "1x1", (8, 4, 1, 1)),
    ("1x1 filters, many channels", "1x1", (64, 64, 1, 1)),
    ("1x1 filters, stride 2", "blocks", (8, 4, 1, 1), 2),
    ("1x1 filters, padding 1", "blocks", (16, 16, 1, 1), 1, 1),
    ("3x3, 16 channels, 16 filters, padding 1", "winograd lines", (16, 16, 3, 3), 1, 1),
    ("3x3, 15 channels", "lines", (16, 15, 3, 3), 1, 1),
    ("3x3, 15 filters", "lines", (15, 16, 3, 3)),
    ("3x3, 16 channels, stride 2", "blocks", (16, 16, 3, 3), 2),
    ("3x3, 64 channels, 64 filters, padding 2", "winograd", (64, 64, 3, 3), 1, 2),
    ("3x3, 63 channels", "winograd lines", (64, 63, 3, 3), 1, 1),
    ("3x3, 63 filters", "winograd lines", (63, 64, 3, 3)),
    ("3x3, 64 channels, padding 3", "blocks", (64, 64, 3, 3), 1, 3),
    ("5x5, many channels, padding 2", "rows", (20, 30, 5, 5), 1, 2),
    ("5x5, many channels, padding 5", "blocks", (20, 30, 5, 5), 1, 5),
    ("3x5 filters, many channels", "blocks", (20, 30, 3, 5)),
    ("5x3 filters, few channels", "blocks", (2, 3, 5, 3)),
    ("17 filters of 3x3 on 3 channels", "lines", (17, 3, 3, 3), 1, 1),
    ("18 filters of 3x3 on 3 channels", "blocks", (18, 3, 3, 3), 1, 1),
    ("the first layer of LeNet", "lines", (6, 1, 5, 5)),
    ("5x5, few channels, padding 5", "blocks", (6, 1, 5, 5), 1, 5),
]
MORE = [
    ("1x1", (1, 1, 1, 1)),
    ("winograd", (99, 99, 3, 3), 1, 2),
    ("rows", (16, 99, 2, 2), 1, 1),
    ("blocks", (16, 99, 5, 3)),
    ("blocks", (16, 16, 2, 2), 2),
    ("rows", (16, 16, 4, 4), 1, 0),
    ("lines", (1, 64, 3, 3), 1, 1),
    ("lines", (16, 6, 5, 5)),
]


def cases(t, choose):
    for title, want, w_shape, *rest in LAYERS:
        t.case(title, choose((2, w_shape[1], 9, 9), w_shape, *rest), want)


def hidden(t, choose):
    for want, w_shape, *rest in MORE:
        t.case(
            f"{w_shape}, {rest}", choose((5, w_shape[1], 8, 7), w_shape, *rest), want
        )


@right("conditions by name")
def choose__named(x_shape, w_shape, stride=1, padding=0):
    K, C, FH, FW = w_shape
    many, very_many = C >= 16 and K >= 16, C >= 64 and K >= 64
    plain = FH == FW and stride == 1 and padding < FH
    if (FH, FW, stride, padding) == (1, 1, 1, 0):
        return "1x1"
    if plain and FH == 3 and very_many:
        return "winograd"
    if plain and FH == 3 and many:
        return "winograd lines"
    if plain and many:
        return "rows"
    if plain and (FH - 1) * FH * C > K:
        return "lines"
    return "blocks"


@right("from the end of the list")
def choose__backwards(x_shape, w_shape, stride=1, padding=0):
    method, F = "blocks", w_shape[2]
    least = min(x_shape[1], w_shape[0])
    if stride == 1 and w_shape[3] == F and padding < F:
        if F * F * x_shape[1] - F * x_shape[1] > w_shape[0]:
            method = "lines"
        if least > 15:
            method = "winograd lines" if F == 3 else "rows"
        if least > 63 and F == 3:
            method = "winograd"
        if F == 1 and padding == 0:
            method = "1x1"
    return method


wrong(
    "the stride does not matter",
    "FH == FW == stride == 1",
    "FH == FW == 1",
    "stride > 1 or FH != FW",
    "FH != FW",
)
wrong("only C is looked at", "if min(C, K) <", "if C <", "if min(C, K) >=", "if C >=")
wrong("only K is looked at", "if min(C, K) <", "if K <", "if min(C, K) >=", "if K >=")
wrong("the filters are taken for square", "stride > 1 or FH != FW or", "stride > 1 or")
wrong(
    "the padding does not matter",
    "stride == 1 and padding == 0",
    "stride == 1",
    "FH != FW or padding >= FH",
    "FH != FW",
)
wrong("16 channels are not enough", "min(C, K) < 16", "min(C, K) <= 16")
wrong("64 channels are not enough", "min(C, K) >= 64", "min(C, K) > 64")
wrong(
    "few channels always go in blocks",
    '"lines" if (FH - 1) * FW * C > K else "blocks"',
    '"blocks"',
)
wrong(
    "it does not matter how many filters there are",
    '"lines" if (FH - 1) * FW * C > K else "blocks"',
    '"lines"',
)
wrong("as many copies as filters are enough for lines", "C > K else", "C >= K else")
wrong("a padding of F is still allowed", "padding >= FH", "padding > FH")
