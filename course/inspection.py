# Built by lesson 08_seeing with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 08_seeing builds."""

import numpy as np

from course.geometry import output_size
from course.kit.receptive_field import unit_field
from course.network import Conv2D


def filter_grid(w, shared_scale=True):
    """All filters as tiles of one image.

    w are filters (K, C, FH, FW), not changed. If C is 3, each filter is one tile in colour.
    Otherwise each channel of each filter is a grey tile of its own: all channels of filter
    0, then those of filter 1, and so on. T tiles are laid out row by row, ceil(sqrt(T)) in
    a row, with one pixel between neighbours and none around the whole.

    A weight becomes the brightness 0.5 + weight / (2 * largest), from 0 to 1: largest is
    the largest absolute weight of all of w, or with shared_scale=False that of its tile
    (all three channels of a tile in colour). Where that is 0, the tile is 0.5 everywhere.
    The pixels between tiles, and places in the last row that have no tile, are 1.

    Returns the image, (3, height, width) in colour or (1, height, width) in grey, in the
    dtype of w.
    """
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    largest = abs(tiles).max(axis=None if shared_scale else (1, 2, 3), keepdims=True)
    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (tiles.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        row, column = divmod(place, columns)
        top, left = row * (FH + 1), column * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


def activations(network, x):
    """What every layer of a Sequential makes of the images x (N, C, H, W).

    Returns a list with one pair (name, array) for each layer, in the order of
    network.layers. The name is the layer's place, counted from 0, a space, and the name of
    its class: "0 Conv2D". The array is the layer's output for all N images, in the dtype
    of x; the last one is what network.forward(x) returns. x is not changed and is not in
    the list.
    """
    found = []
    for place, layer in enumerate(network.layers):
        x = layer.forward(x)
        found.append((f"{place} {type(layer).__name__}", x))
    return found


def dead_filters(network, x):
    """The filters of a Sequential that nothing in the images x (N, C, H, W) excites.

    A filter of a Conv2D in network.layers is dead on x if its output, before any ReLU, is
    not above 0 at any place of any of the N images.

    Returns a list of pairs (layer name, channel), in the order of the layers and then of
    the channels: the name of the Conv2D as `activations` gives it, and the number of the
    filter, from 0. An empty list if no filter is dead. x is not changed.
    """
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, Conv2D):
            silent = array.max(axis=(0, 2, 3)) <= 0
            dead += [(name, int(channel)) for channel in np.flatnonzero(silent)]
    return dead


def saliency(network, x, label):
    """How much the score of a class depends on every pixel.

    x is a batch (N, C, H, W), not changed. label is one class for all images, or an array
    (N,) with one class for each. Scores are what network.forward(x) returns, (N, classes).

    Returns (N, H, W) in the dtype of x: for every pixel, the largest over the C channels
    of |d score / d pixel|, where score is that of the image's own label.
    """
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return abs(network.backward(dscores)).max(axis=1)


def occlusion_map(network, image, label, size, stride=1, fill=0.0):
    """The score of a class with a square of the image covered, for every position.

    image: one image (C, H, W), not changed. The square has size x size pixels. At position
    (ho, wo) its upper left pixel is (ho * stride, wo * stride), and all channels of the
    pixels under it have the value `fill`; all others are as in the image.

    Returns (HO, WO) in the dtype of image: at each position, the score of the class
    `label`, as network.forward gives it. Raises ValueError, as `output_size` does, when
    the square does not land on the far border of the image.
    """
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        covered = np.repeat(image[np.newaxis], WO, axis=0)
        for wo in range(WO):
            top, left = ho * stride, wo * stride
            covered[wo, :, top : top + size, left : left + size] = fill
        scores[ho] = network.forward(covered)[:, label]
    return scores


def top_patches(network, images, layer, channel, count):
    """The patches of the images that excite one channel of a layer most.

    images (N, C, H, W), not changed. layer is a place in network.layers, from 0, whose
    output is (N, K, HO, WO); channel is one of its K. The units of the channel, N*HO*WO of
    them, are ranked by their values, highest first; of equal ones the first in the order
    of image, row, column comes first. The first `count` are taken, or all if there are
    fewer.

    Returns (patches, positions). patches is (count, C, FH, FW) in the dtype of images: what
    each unit sees of its image, as `unit_field` says; 0 where that is outside the image.
    positions are whole numbers (count, 3): the image, and the row and column of the
    patch's upper left pixel in it, which may be below 0.
    """
    maps = activations(network, images)[layer][1][:, channel]
    order = np.argsort(-maps, axis=None, kind="stable")[:count]
    field = unit_field(network, layer, images.shape[1:])
    FH, FW = field.size
    patches = np.empty((len(order), images.shape[1], FH, FW), images.dtype)
    positions = np.empty((len(order), 3), dtype=int)
    for place, unit in enumerate(order):
        n, row, column = np.unravel_index(unit, maps.shape)
        top, left = field.corner(row, column)
        wide = np.pad(images[n], [(0, 0), (FH, FH), (FW, FW)])
        patches[place] = wide[:, top + FH : top + 2 * FH, left + FW : left + 2 * FW]
        positions[place] = n, top, left
    return patches, positions
