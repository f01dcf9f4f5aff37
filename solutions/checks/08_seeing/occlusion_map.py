"""The score with a square of the image covered."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 2

EDGES = np.array([[[[-1.0, 1], [-1, 1]]], [[[1.0, -1], [1, -1]]]])
EDGE = np.tile([0.0, 0, 0, 0, 1, 1], (4, 1))[None]
SUMS = np.repeat(np.eye(2), 15, axis=0)  # 15 numbers of a map for each class


def cases(t, occlusion_map, network_of):
    def scored(C, H, W, *rest, change=lambda image: image, **options):
        """The map of an image of C x H x W, made by a network with two filters of 2x2."""
        v = t.ints(2 * (H - 1) * (W - 1), 3)
        network, image = network_of(t.ints(2, C, 2, 2), v), change(t.ints(C, H, W))
        return occlusion_map(network, image, *rest, **options)

    network = network_of(EDGES, SUMS)
    want = np.array([[6.0, 6, 3], [6, 6, 3]])
    t.case("by hand: squares of 2x2", occlusion_map(network, EDGE, 0, 2, 2), want)
    bright = occlusion_map(network, EDGE, 0, 1, stride=1, fill=1.0)
    once, twice = [6.0, 7, 7, 6, 6, 6], [6.0, 8, 8, 6, 6, 6]
    want = np.array([once, twice, twice, once])
    t.case("by hand: one bright pixel, everywhere", bright, want)
    t.case("2x2, stride 1", scored(2, 4, 5, 1, 2))
    t.case("2x2, stride 2", scored(2, 4, 6, 2, 2, 2))
    t.case("filled with 3", scored(1, 3, 5, 0, 1, stride=2, fill=3.0))
    t.case("overlap, stride 2", scored(2, 5, 3, 1, 3, 2, -1.0))
    t.case("gaps: 1x1, stride 3", scored(2, 4, 7, 1, 1, 3, 2.0))
    t.case("as high as the image", scored(1, 4, 6, 0, 4, 1, -1.5))
    single = scored(2, 3, 4, 1, 2, change=lambda image: image.astype("f4"))
    t.case("float32", single)
    t.case("not contiguous", scored(2, 3, 4, 0, 2, change=t.strided))
    t.refuses("5 rows, 2x2, stride 2", scored(1, 5, 6, 0, 2, 2), names=(5, 2))
    t.refuses("7 columns, 2x2, stride 3", scored(1, 5, 7, 0, 2, 3), names=(7, 2, 3))
    t.refuses("3 columns, 4x4", scored(1, 5, 3, 0, 4), names=(3, 4))
    network = t.keep("network", network)
    after = [network.parameters["0.w"], network.parameters["2.w"]]
    steps = t.steps(occlusion_map(network, EDGE, 0, 2, 2), after)
    t.case("the weights afterwards", steps, [EDGES, SUMS])


def hidden(t, occlusion_map, network_of):
    for (C, H, W), *rest in [
        ((2, 5, 7), 1, 3, 2, 0.0),
        ((1, 4, 6), 0, 4, 1, -1.5),
        ((3, 6, 3), 2, 1, 1, 0.5),
        ((2, 4, 7), 1, 1, 3, 2.0),
    ]:
        v = t.normal(4 * (H - 1) * (W - 1), 3)
        image = t.normal(W, H, C).T
        network = network_of(t.normal(4, C, 2, 2), v)
        t.case(f"{C}, {H}, {W}", occlusion_map(network, image, *rest))


@right("one position after the other")
def occlusion_map__loops(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO = output_size(H, size, stride)
    WO = output_size(W, size, stride)
    result = np.zeros((HO, WO), dtype=image.dtype)
    for row in range(HO):
        for column in range(WO):
            covered = image.copy()
            for i in range(row * stride, row * stride + size):
                for j in range(column * stride, column * stride + size):
                    covered[:, i, j] = fill
            result[row, column] = network.forward(covered[None])[0, label]
    return result


@right("all positions as one batch, with masks")
def occlusion_map__masks(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    rows = np.arange(H) - stride * np.arange(HO)[:, None]
    columns = np.arange(W) - stride * np.arange(WO)[:, None]
    down, right = (rows >= 0) & (rows < size), (columns >= 0) & (columns < size)
    mask = down[:, None, :, None] & right[None, :, None, :]
    mask = mask.reshape(HO * WO, 1, H, W)
    batch = np.where(mask, image.dtype.type(fill), image)
    return network.forward(batch)[:, label].reshape(HO, WO)


wrong(
    "the square of the position before is never taken away",
    "            covered = image.copy()\n",
    "",
    "    for row in",
    "    covered = image.copy()\n    for row in",
    of="occlusion_map__loops",
)
wrong("fill is ignored: the square is always 0", "size] = fill", "size] = 0")
wrong(
    "the square moves by 1, whatever the stride",
    "left = ho * stride, wo * stride",
    "left = ho, wo",
)
wrong("only the first channel is covered", "covered[wo, :, top", "covered[wo, 0, top")
wrong(
    "everything but the square is covered",
    "np.repeat(image[np.newaxis], WO, axis=0)",
    "np.full((WO, *image.shape), fill, image.dtype)",
    "covered[wo, :, top : top + size, left : left + size] = fill",
    "place = np.s_[:, top : top + size, left : left + size]\n"
    "            covered[wo][place] = image[place]",
)
wrong(
    "the drop is returned, and not the score",
    "    return scores",
    "    return network.forward(image[np.newaxis])[0, label] - scores",
)
wrong("the highest score is returned, whatever the label", "[:, label]", ".max(axis=1)")
wrong(
    "probabilities are returned, and not scores",
    "        scores[ho] = network.forward(covered)[:, label]",
    "        p = network.forward(covered)\n"
    "        p = np.exp(p - p.max(axis=1, keepdims=True))\n"
    "        scores[ho] = p[:, label] / p.sum(axis=1)",
)
wrong("rows and columns are swapped", "return scores", "return scores.T")
wrong("the last position is missing", "return scores", "return scores[:-1, :-1]")
wrong(
    "image was changed in place",
    "covered = image.copy()",
    "covered = image",
    of="occlusion_map__loops",
)
wrong(
    "what does not fit is cut off in silence",
    "output_size(H, size, stride), output_size(W, size, stride)",
    "(H - size) // stride + 1, (W - size) // stride + 1",
)
wrong(
    "columns that do not fit are cut off in silence",
    "output_size(W, size, stride)",
    "(W - size) // stride + 1",
)
wrong("float32 went in, float64 came out", "(HO, WO), image.dtype", "(HO, WO)")
