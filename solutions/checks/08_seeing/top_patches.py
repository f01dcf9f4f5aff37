"""What excites a channel most."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2

EDGES = np.array([[[[-1.0, 1], [-1, 1]]], [[[1.0, -1], [1, -1]]]])
EDGE = np.tile([0.0, 0, 0, 0, 1, 1], (4, 1))[None]
SUMS = np.repeat(np.eye(2), 15, axis=0)
# images, filters, options of the network, and what is asked: layer, channel, count
ASKED = [
    ("three filters of 2x2", (3, 2, 4, 5), (3, 2, 2, 2), {}, (0, 1, 4)),
    ("behind the ReLU, many ties", (2, 1, 4, 6), (2, 1, 3, 3), {}, (1, 1, 7)),
    ("padding 1: the border", (2, 2, 4, 5), (2, 2, 3, 3), {"padding": 1}, (0, 1, 6)),
    (
        "stride 2, padding 1",
        (3, 1, 5, 7),
        (2, 1, 3, 3),
        {"stride": 2, "padding": 1},
        (1, 0, 4),
    ),
    (
        "behind a pooling layer",
        (2, 1, 6, 8),
        (2, 1, 3, 3),
        {"padding": 1, "pool": True},
        (2, 1, 3),
    ),
    ("more than there are", (2, 1, 3, 4), (2, 1, 2, 2), {}, (0, 0, 20)),
]
MORE = [
    ((3, 2, 5, 8), {}, 0),
    ((2, 1, 7, 5), {"padding": 1}, 1),
    ((4, 3, 7, 9), {"stride": 2, "padding": 1}, 1),
    ((2, 2, 6, 8), {"padding": 1, "pool": True}, 2),
]


def cases(t, top_patches, network_of):
    stronger = EDGE.copy()
    stronger[:, 2:] *= 3
    x = np.stack([EDGE, stronger])
    network = network_of(EDGES, SUMS)
    best = t.once(top_patches(network, x, 1, 0, 3))
    want = np.array([[0.0, 3, 0, 3], [0, 1, 0, 3], [0, 1, 0, 1]]).reshape(3, 1, 2, 2)
    t.case("by hand: three patches", best[0], want)
    want = np.array([[1, 2, 3], [1, 1, 3], [0, 0, 3]])
    t.case("by hand: positions", best[1], want)
    first = top_patches(network, x, 0, 1, 1)
    title = "channel 1 of layer 0: the first 0"
    t.case(title, first[1], np.array([[0, 0, 0]]))
    for title, images, w, options, asked in ASKED:
        network = network_of(t.ints(*w), **options)
        best = t.once(top_patches(network, t.ints(*images), *asked))
        t.case(f"{title}: patches", best[0])
        t.case(f"{title}: positions", best[1])
    w, x = t.ints(2, 2, 3, 3), t.ints(2, 2, 4, 5)
    best = t.once(top_patches(network_of(w), x.astype("f4"), 0, 1, 2))
    t.case("float32", [best[0], best[1]])
    best = t.once(top_patches(network_of(w), t.strided(x), 0, 1, 3))
    t.case("not contiguous", [best[0], best[1]])
    network = t.keep("network", network_of(w))
    steps = t.steps(top_patches(network, x, 0, 1, 3), network.parameters["0.w"])
    t.case("the weights afterwards", steps, w)


def hidden(t, top_patches, network_of):
    for (N, C, H, W), options, layer in MORE:
        for count in (1, 7, 500):
            network, x = (
                network_of(t.normal(3, C, 3, 3), **options),
                t.normal(W, H, C, N).T,
            )
            best = t.once(top_patches(network, x, layer, 2, count))
            t.case(f"{N}, {C}, {H}, {W}, {count}", [best[0], best[1]])


@right("a sorted list of units, pixel by pixel")
def top_patches__sorted(network, images, layer, channel, count):
    out = images
    for each in network.layers[: layer + 1]:
        out = each.forward(out)
    maps = out[:, channel]
    units = sorted(np.ndindex(maps.shape), key=lambda unit: -maps[unit])[:count]
    field = unit_field(network, layer, images.shape[1:])
    _, C, H, W = images.shape
    patches = np.zeros((len(units), C, *field.size), images.dtype)
    positions = []
    for patch, (n, row, column) in zip(patches, units):
        top, left = field.corner(row, column)
        positions.append([n, top, left])
        for i in range(field.size[0]):
            for j in range(field.size[1]):
                if 0 <= top + i < H and 0 <= left + j < W:
                    patch[:, i, j] = images[n, :, top + i, left + j]
    return patches, np.array(positions)


@right("lexsort, and all images padded at once")
def top_patches__lexsort(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    n, rows, columns = (index.ravel() for index in np.indices(maps.shape))
    order = np.lexsort((columns, rows, n, -maps.ravel()))[:count]
    field = unit_field(network, layer, images.shape[1:])
    FH, FW = field.size
    tops = field.start[0] + field.step[0] * rows[order]
    lefts = field.start[1] + field.step[1] * columns[order]
    wide = np.pad(images, [(0, 0), (0, 0), (FH, FH), (FW, FW)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, (FH, FW), axis=(2, 3))
    patches = windows[n[order], :, tops + FH, lefts + FW]
    return patches.copy(), np.stack([n[order], tops, lefts], axis=1)


wrong("the units with the lowest values are taken", "argsort(-maps", "argsort(maps")
wrong("the highest of these units comes last", "[:count]", "[:count][::-1]")
wrong(
    "of equal values the last comes first",
    'argsort(-maps, axis=None, kind="stable")',
    'argsort(maps, axis=None, kind="stable")[::-1]',
)
wrong("the absolute values are ranked", "argsort(-maps", "argsort(-abs(maps)")
wrong(
    "the layer before the asked one is looked at",
    "    maps =",
    "    layer = max(layer - 1, 0)\n    maps =",
)
wrong("channel 0 is looked at, whatever the channel", "[:, channel]", "[:, 0]")
wrong(
    "the place of the unit is taken for a pixel of the image",
    "field.corner(row, column)",
    "row, column",
)
wrong(
    "patches at the border are pushed into the image",
    "field.corner(row, column)\n",
    "field.corner(row, column)\n"
    "        top = min(max(top, 0), images.shape[2] - FH)\n"
    "        left = min(max(left, 0), images.shape[3] - FW)\n",
)
wrong(
    "the pixels of the border are repeated outside of the image",
    "(FW, FW)]",
    '(FW, FW)], mode="edge"',
)
wrong(
    "each image gives only its best patch",
    'order = np.argsort(-maps, axis=None, kind="stable")[:count]',
    "best = maps.reshape(len(maps), -1).argmax(axis=1)\n"
    "    best += np.arange(len(maps)) * maps[0].size\n"
    '    order = best[np.argsort(-maps.ravel()[best], kind="stable")][:count]',
)
wrong("row and column of a position are swapped", "n, top, left\n", "n, left, top\n")
wrong(
    "only the first image is searched",
    "activations(network, images)",
    "activations(network, images[:1])",
)
wrong("float32 went in, float64 came out", "FH, FW), images.dtype)", "FH, FW))")
wrong(
    "units that are not there are made up of zeros",
    "np.empty((len(order), images",
    "np.zeros((count, images",
    "np.empty((len(order), 3)",
    "np.zeros((count, 3)",
)
