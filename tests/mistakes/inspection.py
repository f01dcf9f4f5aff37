"""Right and wrong answers to the tasks of lesson 07, and the examples that its checks run.

Each answer is pasted into a learner's notebook, so it uses only numpy, what the lesson's
first cell imports, and the contract functions of this lesson. A wrong answer is right in
everything but the mistake that its phrase names.
"""

# ruff: noqa: F821 (the names are those of the notebook that an answer is filled into)

import numpy as np

from autograder.proof.answers import example, ints, right, wrong

F32 = np.float32

# filter_grid


@right("pad every tile, then one reshape")
def filter_grid__reshape(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w.copy() if C == 3 else w.reshape(K * C, 1, FH, FW)
    T, colours = tiles.shape[:2]
    side = int(np.ceil(T**0.5))
    rows = int(np.ceil(T / side))
    scales = np.abs(tiles).reshape(T, -1).max(axis=1)
    if shared_scale:
        scales = np.full(T, np.abs(w).max(), w.dtype)
    scales[scales == 0] = 1
    room = np.ones((rows * side, colours, FH + 1, FW + 1), w.dtype)
    room[:T, :, :FH, :FW] = (tiles / scales[:, None, None, None] + 1) / 2
    room = room.reshape(rows, side, colours, FH + 1, FW + 1).transpose(2, 0, 3, 1, 4)
    image = room.reshape(colours, rows * (FH + 1), side * (FW + 1))
    return np.ascontiguousarray(image[:, :-1, :-1])


@right("every tile by itself, with plain loops")
def filter_grid__loops(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = []
    for k in range(K):
        if C == 3:
            tiles.append(w[k])
        else:
            for c in range(C):
                tiles.append(w[k, c : c + 1])
    across = 1
    while across * across < len(tiles):
        across += 1
    down = 1
    while down * across < len(tiles):
        down += 1
    height, width = down * FH + down - 1, across * FW + across - 1
    image = np.ones((3 if C == 3 else 1, height, width), dtype=w.dtype)
    for i, tile in enumerate(tiles):
        top, left = (i // across) * (FH + 1), (i % across) * (FW + 1)
        largest = np.max(np.abs(w)) if shared_scale else np.max(np.abs(tile))
        for c in range(len(tile)):
            for r in range(FH):
                for s in range(FW):
                    bright = 0.5
                    if largest > 0:
                        bright = 0.5 + tile[c, r, s] / (2 * largest)
                    image[c, top + r, left + s] = bright
    return image


@wrong("every tile has a scale of its own, whatever shared_scale says")
def filter_grid__own_scales(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    largest = abs(tiles).max(axis=(1, 2, 3), keepdims=True)
    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (tiles.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("all tiles share one scale, whatever shared_scale says")
def filter_grid__one_scale(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    largest = abs(w).max()
    bright = 0.5 + tiles / (2 * (largest or 1))
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (tiles.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("the smallest weight is made 0 and the largest 1, so that 0 is no longer grey")
def filter_grid__from_low_to_high(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    axis = None if shared_scale else (1, 2, 3)
    low = tiles.min(axis=axis, keepdims=True)
    span = tiles.max(axis=axis, keepdims=True) - low
    bright = (tiles - low) / np.where(span == 0, 1, span)
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (tiles.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("the largest weight is looked for among the positive ones only")
def filter_grid__without_abs(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    largest = tiles.max(axis=None if shared_scale else (1, 2, 3), keepdims=True)
    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (tiles.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("the absolute values are shown, so that the sign is lost")
def filter_grid__absolute(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = abs(w) if C == 3 else abs(w).reshape(K * C, 1, FH, FW)
    largest = tiles.max(axis=None if shared_scale else (1, 2, 3), keepdims=True)
    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (tiles.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("there is no pixel between the tiles")
def filter_grid__no_gap(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    largest = abs(tiles).max(axis=None if shared_scale else (1, 2, 3), keepdims=True)
    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    grid = np.ones((tiles.shape[1], rows * FH, columns * FW), w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * FH, place % columns * FW
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("there is a border around the whole image")
def filter_grid__border(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    largest = abs(tiles).max(axis=None if shared_scale else (1, 2, 3), keepdims=True)
    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (tiles.shape[1], rows * (FH + 1) + 1, columns * (FW + 1) + 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1) + 1, place % columns * (FW + 1) + 1
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("the tiles are laid out column by column")
def filter_grid__by_column(w, shared_scale=True):
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
        top, left = place % rows * (FH + 1), place // rows * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("the gaps are black")
def filter_grid__black_gaps(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    largest = abs(tiles).max(axis=None if shared_scale else (1, 2, 3), keepdims=True)
    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (tiles.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.zeros(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("only the first channel of each filter is shown")
def filter_grid__first_channel(w, shared_scale=True):
    K, _, FH, FW = w.shape
    tiles = w[:, :1]
    largest = abs(w).max() if shared_scale else abs(tiles).max((1, 2, 3), keepdims=True)
    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))
    columns = int(np.ceil(np.sqrt(K)))
    rows = -(-K // columns)
    shape = (1, rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("weights of 0 are divided by 0")
def filter_grid__divided_by_zero(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    largest = abs(tiles).max(axis=None if shared_scale else (1, 2, 3), keepdims=True)
    with np.errstate(all="ignore"):
        bright = 0.5 + tiles / (2 * largest)
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (tiles.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("w was changed in place")
def filter_grid__in_place(w, shared_scale=True):
    K, C, FH, FW = w.shape
    largest = abs(w).max(axis=None if shared_scale else (1, 2, 3), keepdims=True)
    w /= 2 * np.where(largest == 0, 1, largest)
    bright = 0.5 + (w if C == 3 else w.reshape(K * C, 1, FH, FW))
    T = len(bright)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    shape = (bright.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1)
    grid = np.ones(shape, w.dtype)
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


@wrong("float32 went in, float64 came out")
def filter_grid__float64(w, shared_scale=True):
    K, C, FH, FW = w.shape
    tiles = w if C == 3 else w.reshape(K * C, 1, FH, FW)
    largest = abs(tiles).max(axis=None if shared_scale else (1, 2, 3), keepdims=True)
    bright = 0.5 + tiles / (2 * np.where(largest == 0, 1, largest))
    T = len(tiles)
    columns = int(np.ceil(np.sqrt(T)))
    rows = -(-T // columns)
    grid = np.ones((tiles.shape[1], rows * (FH + 1) - 1, columns * (FW + 1) - 1))
    for place, tile in enumerate(bright):
        top, left = place // columns * (FH + 1), place % columns * (FW + 1)
        grid[:, top : top + FH, left : left + FW] = tile
    return grid


# activations


@right("a loop over places")
def activations__places(network, x):
    pairs = []
    out = x
    for i in range(len(network.layers)):
        layer = network.layers[i]
        out = layer.forward(out)
        pairs.append((str(i) + " " + layer.__class__.__name__, out))
    return pairs


@right("the volumes first, then the names")
def activations__zipped(network, x):
    volumes = [x]
    for layer in network.layers:
        volumes.append(layer.forward(volumes[-1]))
    names = [
        " ".join([str(i), type(each).__name__]) for i, each in enumerate(network.layers)
    ]
    return list(zip(names, volumes[1:]))


@wrong(
    "each layer is given the image, and not what the layer before it made", named=False
)
def activations__image_to_all(network, x):
    return [
        (f"{place} {type(layer).__name__}", layer.forward(x))
        for place, layer in enumerate(network.layers)
    ]


@wrong("the input of each layer is listed, and not its output")
def activations__inputs(network, x):
    found = []
    for place, layer in enumerate(network.layers):
        found.append((f"{place} {type(layer).__name__}", x))
        x = layer.forward(x)
    return found


@wrong("the image is listed as a layer", named=False)
def activations__with_image(network, x):
    found = [("0 Input", x)]
    for place, layer in enumerate(network.layers):
        x = layer.forward(x)
        found.append((f"{place + 1} {type(layer).__name__}", x))
    return found


@wrong("the last layer is missing", named=False)
def activations__without_last(network, x):
    found = []
    for place, layer in enumerate(network.layers[:-1]):
        x = layer.forward(x)
        found.append((f"{place} {type(layer).__name__}", x))
    return found


@wrong("only the first image is looked at")
def activations__first_image(network, x):
    found = []
    x = x[:1]
    for place, layer in enumerate(network.layers):
        x = layer.forward(x)
        found.append((f"{place} {type(layer).__name__}", x))
    return found


@wrong("the places are counted from 1")
def activations__from_one(network, x):
    found = []
    for place, layer in enumerate(network.layers, 1):
        x = layer.forward(x)
        found.append((f"{place} {type(layer).__name__}", x))
    return found


@wrong("the place is missing in the name")
def activations__kind_only(network, x):
    found = []
    for layer in network.layers:
        x = layer.forward(x)
        found.append((type(layer).__name__, x))
    return found


@wrong("everything below 0 is cut off")
def activations__clipped(network, x):
    found = []
    for place, layer in enumerate(network.layers):
        x = layer.forward(x)
        found.append((f"{place} {type(layer).__name__}", np.maximum(x, 0)))
    return found


@wrong("float32 went in, float64 came out")
def activations__float64(network, x):
    found = []
    x = x.astype(np.float64)
    for place, layer in enumerate(network.layers):
        x = layer.forward(x)
        found.append((f"{place} {type(layer).__name__}", x))
    return found


# dead_filters


@right("one filter after the other")
def dead_filters__loops(network, x):
    result = []
    for place in range(len(network.layers)):
        layer = network.layers[place]
        x = layer.forward(x)
        if type(layer).__name__ != "Conv2D":
            continue
        for k in range(x.shape[1]):
            if not np.any(x[:, k] > 0):
                result.append((f"{place} Conv2D", k))
    return result


@right("behind a ReLU nothing is left")
def dead_filters__relu_sum(network, x):
    return [
        (name, channel)
        for name, array in activations(network, x)
        if "Conv2D" in name
        for channel in range(array.shape[1])
        if np.count_nonzero(np.maximum(array[:, channel], 0)) == 0
    ]


@wrong("the filters that are alive are listed")
def dead_filters__alive(network, x):
    found = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, Conv2D):
            alive = array.max(axis=(0, 2, 3)) > 0
            found += [(name, int(channel)) for channel in np.flatnonzero(alive)]
    return found


@wrong("one image without a response is enough")
def dead_filters__any_image(network, x):
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, Conv2D):
            silent = (array.max(axis=(2, 3)) <= 0).any(axis=0)
            dead += [(name, int(channel)) for channel in np.flatnonzero(silent)]
    return dead


@wrong("one place without a response is enough")
def dead_filters__any_place(network, x):
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, Conv2D):
            silent = array.min(axis=(0, 2, 3)) <= 0
            dead += [(name, int(channel)) for channel in np.flatnonzero(silent)]
    return dead


@wrong("only the first image is looked at")
def dead_filters__first_image(network, x):
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x[:1])):
        if isinstance(layer, Conv2D):
            silent = array.max(axis=(0, 2, 3)) <= 0
            dead += [(name, int(channel)) for channel in np.flatnonzero(silent)]
    return dead


@wrong("a filter whose output is never above, but sometimes exactly 0 is left out")
def dead_filters__below_zero(network, x):
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, Conv2D):
            silent = array.max(axis=(0, 2, 3)) < 0
            dead += [(name, int(channel)) for channel in np.flatnonzero(silent)]
    return dead


@wrong("the mean decides, and not the maximum")
def dead_filters__mean(network, x):
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, Conv2D):
            silent = array.mean(axis=(0, 2, 3)) <= 0
            dead += [(name, int(channel)) for channel in np.flatnonzero(silent)]
    return dead


@wrong("only the first layer is looked at")
def dead_filters__first_layer(network, x):
    name, array = activations(network, x)[0]
    if not isinstance(network.layers[0], Conv2D):
        return []
    silent = array.max(axis=(0, 2, 3)) <= 0
    return [(name, int(channel)) for channel in np.flatnonzero(silent)]


@wrong("the ReLU is named, and not the Conv2D")
def dead_filters__relu_named(network, x):
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, ReLU) and array.ndim == 4:
            silent = array.max(axis=(0, 2, 3)) <= 0
            dead += [(name, int(channel)) for channel in np.flatnonzero(silent)]
    return dead


@wrong("the channels are counted from 1")
def dead_filters__from_one(network, x):
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, Conv2D):
            silent = array.max(axis=(0, 2, 3)) <= 0
            dead += [(name, int(channel) + 1) for channel in np.flatnonzero(silent)]
    return dead


@wrong("dense layers are listed, too")
def dead_filters__dense(network, x):
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, (Conv2D, Dense)):
            rest = tuple(axis for axis in range(array.ndim) if axis != 1)
            silent = array.max(axis=rest) <= 0
            dead += [(name, int(channel)) for channel in np.flatnonzero(silent)]
    return dead


# saliency


@right("image by image")
def saliency__loops(network, x, label):
    N, _, H, W = x.shape
    labels = [label] * N if np.ndim(label) == 0 else list(label)
    result = np.zeros((N, H, W), x.dtype)
    for n in range(N):
        scores = network.forward(x[n : n + 1])
        dout = np.zeros(scores.shape, scores.dtype)
        dout[0, labels[n]] = 1
        gradient = network.backward(dout)[0]
        for row in range(H):
            for column in range(W):
                result[n, row, column] = max(abs(gradient[:, row, column]))
    return result


@right("a comparison makes dout")
def saliency__one_hot(network, x, label):
    scores = network.forward(x)
    label = np.broadcast_to(label, (len(x),))
    dout = (np.arange(scores.shape[1]) == label[:, None]).astype(scores.dtype)
    dx = network.backward(dout)
    return np.maximum(dx.max(axis=1), -dx.min(axis=1))


@wrong("the channels are added up")
def saliency__summed(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return abs(network.backward(dscores)).sum(axis=1)


@wrong("the mean over the channels is taken")
def saliency__mean(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return abs(network.backward(dscores)).mean(axis=1)


@wrong("only the first channel is used")
def saliency__first_channel(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return abs(network.backward(dscores))[:, 0]


@wrong("the absolute value is forgotten")
def saliency__signed(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return network.backward(dscores).max(axis=1)


@wrong("the absolute value is taken after the maximum over the channels")
def saliency__abs_last(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return abs(network.backward(dscores).max(axis=1))


@wrong("the gradient of all scores is taken, not that of the label")
def saliency__all_scores(network, x, label):
    return abs(network.backward(np.ones_like(network.forward(x)))).max(axis=1)


@wrong("dout is the score itself, and not 1")
def saliency__score_as_dout(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    images = np.arange(len(x))
    dscores[images, label] = scores[images, label]
    return abs(network.backward(dscores)).max(axis=1)


@wrong("the gradient of the softmax loss is taken, not that of the score")
def saliency__loss(network, x, label):
    scores = network.forward(x)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(x)), label] -= 1
    return abs(network.backward(p)).max(axis=1)


@wrong("the class with the highest score is taken, whatever the label")
def saliency__highest(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), scores.argmax(axis=1)] = 1
    return abs(network.backward(dscores)).max(axis=1)


@wrong("the gradient is multiplied by the image")
def saliency__times_image(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return abs(network.backward(dscores) * x).max(axis=1)


@wrong("the channels are kept apart", named=False)
def saliency__per_channel(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return abs(network.backward(dscores))


@wrong("the gradient is divided by the number of images")
def saliency__averaged(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1 / len(x)
    return abs(network.backward(dscores)).max(axis=1)


@wrong("every image gets the label of the first one")
def saliency__first_label(network, x, label):
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[:, np.ravel(label)[0]] = 1
    return abs(network.backward(dscores)).max(axis=1)


@wrong("float32 went in, float64 came out")
def saliency__float64(network, x, label):
    scores = network.forward(x.astype(np.float64))
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return abs(network.backward(dscores)).max(axis=1)


# occlusion_map


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


@wrong("the square of the position before is never taken away")
def occlusion_map__accumulated(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    covered = image.copy()
    for ho in range(HO):
        for wo in range(WO):
            top, left = ho * stride, wo * stride
            covered[:, top : top + size, left : left + size] = fill
            scores[ho, wo] = network.forward(covered[None])[0, label]
    return scores


@wrong("fill is ignored: the square is always 0")
def occlusion_map__always_zero(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            top, left = ho * stride, wo * stride
            covered[:, top : top + size, left : left + size] = 0
            scores[ho, wo] = network.forward(covered[None])[0, label]
    return scores


@wrong("the square moves by 1, whatever the stride")
def occlusion_map__stride_ignored(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            covered[:, ho : ho + size, wo : wo + size] = fill
            scores[ho, wo] = network.forward(covered[None])[0, label]
    return scores


@wrong("only the first channel is covered")
def occlusion_map__first_channel(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            top, left = ho * stride, wo * stride
            covered[0, top : top + size, left : left + size] = fill
            scores[ho, wo] = network.forward(covered[None])[0, label]
    return scores


@wrong("everything but the square is covered")
def occlusion_map__inverted(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            place = np.s_[
                :,
                ho * stride : ho * stride + size,
                wo * stride : wo * stride + size,
            ]
            covered = np.full_like(image, fill)
            covered[place] = image[place]
            scores[ho, wo] = network.forward(covered[None])[0, label]
    return scores


@wrong("the drop is returned, and not the score")
def occlusion_map__drop(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            top, left = ho * stride, wo * stride
            covered[:, top : top + size, left : left + size] = fill
            scores[ho, wo] = network.forward(covered[None])[0, label]
    return network.forward(image[None])[0, label] - scores


@wrong("the highest score is returned, whatever the label")
def occlusion_map__highest(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            top, left = ho * stride, wo * stride
            covered[:, top : top + size, left : left + size] = fill
            scores[ho, wo] = network.forward(covered[None])[0].max()
    return scores


@wrong("probabilities are returned, and not scores")
def occlusion_map__probability(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            top, left = ho * stride, wo * stride
            covered[:, top : top + size, left : left + size] = fill
            p = network.forward(covered[None])[0]
            p = np.exp(p - p.max())
            scores[ho, wo] = p[label] / p.sum()
    return scores


@wrong("rows and columns are swapped")
def occlusion_map__swapped(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((WO, HO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            top, left = ho * stride, wo * stride
            covered[:, top : top + size, left : left + size] = fill
            scores[wo, ho] = network.forward(covered[None])[0, label]
    return scores


@wrong("the last position is missing", named=False)
def occlusion_map__one_short(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride) - 1, output_size(W, size, stride) - 1
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            top, left = ho * stride, wo * stride
            covered[:, top : top + size, left : left + size] = fill
            scores[ho, wo] = network.forward(covered[None])[0, label]
    return scores


@wrong("image was changed in place")
def occlusion_map__in_place(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            top, left = ho * stride, wo * stride
            image[:, top : top + size, left : left + size] = fill
            scores[ho, wo] = network.forward(image[None])[0, label]
    return scores


@wrong("what does not fit is cut off in silence", named=False)
def occlusion_map__floor(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = (H - size) // stride + 1, (W - size) // stride + 1
    scores = np.empty((HO, WO), image.dtype)
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            top, left = ho * stride, wo * stride
            covered[:, top : top + size, left : left + size] = fill
            scores[ho, wo] = network.forward(covered[None])[0, label]
    return scores


@wrong("float32 went in, float64 came out")
def occlusion_map__float64(network, image, label, size, stride=1, fill=0.0):
    _, H, W = image.shape
    HO, WO = output_size(H, size, stride), output_size(W, size, stride)
    scores = np.empty((HO, WO))
    for ho in range(HO):
        for wo in range(WO):
            covered = image.copy()
            top, left = ho * stride, wo * stride
            covered[:, top : top + size, left : left + size] = fill
            scores[ho, wo] = network.forward(covered[None])[0, label]
    return scores


# top_patches


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


@wrong("the units with the lowest values are taken")
def top_patches__lowest(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    order = np.argsort(maps, axis=None, kind="stable")[:count]
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


@wrong("the highest of these units comes last")
def top_patches__ascending(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    order = np.argsort(-maps, axis=None, kind="stable")[:count][::-1]
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


@wrong("of equal values the last comes first")
def top_patches__ties(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    order = np.argsort(maps, axis=None, kind="stable")[::-1][:count]
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


@wrong("the absolute values are ranked")
def top_patches__absolute(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    order = np.argsort(-abs(maps), axis=None, kind="stable")[:count]
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


@wrong("the layer before the asked one is looked at")
def top_patches__layer_before(network, images, layer, channel, count):
    maps = activations(network, images)[max(layer - 1, 0)][1][:, channel]
    order = np.argsort(-maps, axis=None, kind="stable")[:count]
    field = unit_field(network, max(layer - 1, 0), images.shape[1:])
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


@wrong("channel 0 is looked at, whatever the channel")
def top_patches__channel_zero(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, 0]
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


@wrong("the place of the unit is taken for a pixel of the image")
def top_patches__unit_as_pixel(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    order = np.argsort(-maps, axis=None, kind="stable")[:count]
    FH, FW = unit_field(network, layer, images.shape[1:]).size
    patches = np.empty((len(order), images.shape[1], FH, FW), images.dtype)
    positions = np.empty((len(order), 3), dtype=int)
    for place, unit in enumerate(order):
        n, top, left = np.unravel_index(unit, maps.shape)
        wide = np.pad(images[n], [(0, 0), (FH, FH), (FW, FW)])
        patches[place] = wide[:, top + FH : top + 2 * FH, left + FW : left + 2 * FW]
        positions[place] = n, top, left
    return patches, positions


@wrong("patches at the border are pushed into the image")
def top_patches__pushed_inside(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    order = np.argsort(-maps, axis=None, kind="stable")[:count]
    field = unit_field(network, layer, images.shape[1:])
    (FH, FW), (_, C, H, W) = field.size, images.shape
    patches = np.empty((len(order), C, FH, FW), images.dtype)
    positions = np.empty((len(order), 3), dtype=int)
    for place, unit in enumerate(order):
        n, row, column = np.unravel_index(unit, maps.shape)
        top, left = field.corner(row, column)
        top, left = min(max(top, 0), H - FH), min(max(left, 0), W - FW)
        patches[place] = images[n, :, top : top + FH, left : left + FW]
        positions[place] = n, top, left
    return patches, positions


@wrong("the pixels of the border are repeated outside of the image")
def top_patches__repeated(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    order = np.argsort(-maps, axis=None, kind="stable")[:count]
    field = unit_field(network, layer, images.shape[1:])
    FH, FW = field.size
    patches = np.empty((len(order), images.shape[1], FH, FW), images.dtype)
    positions = np.empty((len(order), 3), dtype=int)
    for place, unit in enumerate(order):
        n, row, column = np.unravel_index(unit, maps.shape)
        top, left = field.corner(row, column)
        wide = np.pad(images[n], [(0, 0), (FH, FH), (FW, FW)], mode="edge")
        patches[place] = wide[:, top + FH : top + 2 * FH, left + FW : left + 2 * FW]
        positions[place] = n, top, left
    return patches, positions


@wrong("each image gives only its best patch")
def top_patches__one_per_image(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    best = maps.reshape(len(maps), -1).argmax(axis=1)
    best += np.arange(len(maps)) * maps[0].size
    order = best[np.argsort(-maps.ravel()[best], kind="stable")][:count]
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


@wrong("row and column of a position are swapped")
def top_patches__swapped(network, images, layer, channel, count):
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
        positions[place] = n, left, top
    return patches, positions


@wrong("only the first image is searched")
def top_patches__first_image(network, images, layer, channel, count):
    maps = activations(network, images[:1])[layer][1][:, channel]
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


@wrong("float32 went in, float64 came out")
def top_patches__float64(network, images, layer, channel, count):
    maps = activations(network, images)[layer][1][:, channel]
    order = np.argsort(-maps, axis=None, kind="stable")[:count]
    field = unit_field(network, layer, images.shape[1:])
    FH, FW = field.size
    patches = np.empty((len(order), images.shape[1], FH, FW))
    positions = np.empty((len(order), 3), dtype=int)
    for place, unit in enumerate(order):
        n, row, column = np.unravel_index(unit, maps.shape)
        top, left = field.corner(row, column)
        wide = np.pad(images[n], [(0, 0), (FH, FH), (FW, FW)])
        patches[place] = wide[:, top + FH : top + 2 * FH, left + FW : left + 2 * FW]
        positions[place] = n, top, left
    return patches, positions


def _network_of(w, v=None, stride=1, padding=0, pool=False):
    """The lesson's network_of."""
    from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential

    K, C, F, _ = w.shape
    layers = [Conv2D(C, K, F, stride, padding), ReLU()]
    layers += [MaxPool2D()] if pool else []
    layers += [Dense(*v.shape)] if v is not None else []
    network = Sequential(layers)
    network.parameters["0.w"][...] = w
    if v is not None:
        network.parameters[f"{len(layers) - 1}.w"][...] = v
    return network


def _arrays_of(function, x, w, v, pool):
    return tuple(array for _, array in function(_network_of(w, v, pool=pool), x))


def _dead_in_stack(function, x, w, u):
    from course.network import Conv2D, Dense, ReLU, Sequential

    first, second = Conv2D(w.shape[1], len(w), 2), Conv2D(len(w), len(u), 1)
    first.parameters["w"][...], second.parameters["w"][...] = w, u
    inputs = len(u) * (x.shape[2] - 1) * (x.shape[3] - 1)
    last = Dense(inputs, 2)
    last.parameters["w"][...] = -1.0
    stack = Sequential([first, ReLU(), second, ReLU(), last])
    pairs = [(int(name.split()[0]), channel) for name, channel in function(stack, x)]
    return np.array(pairs, dtype=int).reshape(-1, 2)


def _saliency_of(function, x, w, v, labels):
    label = labels if len(labels) > 1 else int(labels[0])
    return function(_network_of(w, v), x, label)


def _occlusion_of(function, image, w, v, **options):
    return function(_network_of(w, v), image, **options)


def _patches_of(function, images, w, layer, channel, count, **options):
    network = _network_of(w, **options)
    patches, positions = function(network, images, layer, channel, count)
    return patches, positions


EDGES = np.array([[[[-1.0, 1.0], [-1.0, 1.0]]], [[[1.0, -1.0], [1.0, -1.0]]]])


def _edges(*directions):
    """Images of 4x6 with an edge from dark to bright, or (-1) from bright to dark."""
    edge = np.tile([0.0, 0, 0, 0, 1, 1], (4, 1))[None]
    return np.stack([edge[:, :, ::way] for way in directions])


def _filters(*shape, dtype=np.float64):
    def inputs(rng):
        w = ints(rng, *shape, dtype=dtype)
        w.flat[0] = -5  # the largest weight is a negative one, and not in the last tile
        return {"w": w}

    return inputs


GRID_CASES = [
    ("five filters, one channel", _filters(5, 1, 2, 3), {}, {}),
    ("two filters with two channels", _filters(2, 2, 3, 2), {}, {}),
    ("in colour", _filters(3, 3, 2, 2), {}, {}),
    ("a scale for each tile", _filters(3, 1, 2, 2), {"shared_scale": False}, {}),
    ("a scale for each channel", _filters(2, 4, 1, 2), {"shared_scale": False}, {}),
    ("a scale in colour", _filters(2, 3, 2, 1), {"shared_scale": False}, {}),
    ("a single filter", _filters(1, 1, 2, 4), {}, {}),
    ("float32 stays float32", _filters(4, 1, 2, 2, dtype=F32), {}, {}),
    ("non-contiguous filters", _filters(3, 2, 2, 2), {}, {"w": "strided"}),
]


def _small(N, C, H, W, K=2, F=2, classes=3, pool=False, dtype=np.float64):
    """Images, filters and dense weights of small whole numbers."""

    def inputs(rng):
        HO, WO = H - F + 1, W - F + 1
        D = K * (HO // 2) * (WO // 2) if pool else K * HO * WO
        return {
            "x": ints(rng, N, C, H, W, dtype=dtype),
            "w": ints(rng, K, C, F, F),
            "v": ints(rng, D, classes),
        }

    return inputs


def _labelled(labels, *shape, **how):
    def inputs(rng):
        return _small(*shape, **how)(rng) | {"labels": np.array(labels)}

    return inputs


def _one_image(C, H, W, **how):
    def inputs(rng):
        arrays = _small(1, C, H, W, **how)(rng)
        return {"image": arrays.pop("x")[0], **arrays}

    return inputs


def _dead_stack(rng, ways=(1, -1), C=1):
    """A dead filter in each layer, and one that is silent only on some images."""
    w = np.concatenate([EDGES, -abs(EDGES[:1]), EDGES[:1] * 3])
    w = np.repeat(w, C, axis=1)
    u = np.array([[1.0, 2, 3, 0], [-1, -1, -3, -2], [0, 0, 4, 0]])[:, :, None, None]
    x = np.repeat(_edges(*ways), C, axis=1)
    return {"x": x, "w": w, "u": u}


def _pictures(N, C, H, W, K=2, F=3, dtype=np.float64):
    def inputs(rng):
        return {
            "images": ints(rng, N, C, H, W, dtype=dtype),
            "w": ints(rng, K, C, F, F),
        }

    return inputs


def _options(layer, channel, count, **more):
    return {"layer": layer, "channel": channel, "count": count, **more}


EXAMPLES = [
    *(
        example("filter_grid", case, inputs, options, layout=layout)
        for case, inputs, options, layout in GRID_CASES
    ),
    *(
        example(
            "activations",
            case,
            inputs,
            {"pool": pool},
            outputs=("0 Conv2D", "1 ReLU", *(["2 MaxPool2D"] if pool else []), "last"),
            layout=layout,
            call=_arrays_of,
        )
        for case, inputs, pool, layout in [
            ("two images", _small(2, 2, 3, 4), False, {}),
            ("three filters of 3x3", _small(2, 1, 4, 5, K=3, F=3), False, {}),
            ("float32 stays float32", _small(2, 1, 3, 3, dtype=F32), False, {}),
            ("non-contiguous images", _small(2, 2, 2, 4), False, {"x": "strided"}),
        ]
    ),
    *(
        example(
            "dead_filters",
            case,
            inputs,
            outputs=("pairs",),
            layout=layout,
            call=_dead_in_stack,
        )
        for case, inputs, layout in [
            ("two layers, two images", _dead_stack, {}),
            ("one image", lambda rng: _dead_stack(rng, (-1,)), {}),
            ("two channels", lambda rng: _dead_stack(rng, (1, 1, -1), 2), {}),
            ("non-contiguous images", _dead_stack, {"x": "strided"}),
        ]
    ),
    *(
        example("saliency", case, inputs, layout=layout, call=_saliency_of)
        for case, inputs, layout in [
            ("one image, one channel", _labelled([1], 1, 1, 3, 4), {}),
            ("one image, three channels", _labelled([0], 1, 3, 4, 3, K=3), {}),
            ("three images, one label", _labelled([2], 3, 2, 3, 4), {}),
            ("three images, three labels", _labelled([2, 0, 1], 3, 2, 3, 4), {}),
            (
                "float32 stays float32",
                _labelled([1], 2, 2, 3, 3, dtype=F32),
                {},
            ),
            ("non-contiguous images", _labelled([0, 2], 2, 2, 3, 4), {"x": "strided"}),
        ]
    ),
    *(
        example(
            "occlusion_map", case, inputs, options, layout=layout, call=_occlusion_of
        )
        for case, inputs, options, layout in [
            ("2x2, stride 1", _one_image(2, 4, 5), {"label": 1, "size": 2}, {}),
            (
                "2x2, stride 2",
                _one_image(2, 4, 6),
                {"label": 2, "size": 2, "stride": 2},
                {},
            ),
            (
                "filled with 3",
                _one_image(1, 3, 5),
                {"label": 0, "size": 1, "stride": 2, "fill": 3.0},
                {},
            ),
            (
                "overlap, stride 2",
                _one_image(2, 5, 3),
                {"label": 1, "size": 3, "stride": 2, "fill": -1.0},
                {},
            ),
            (
                "float32 stays float32",
                _one_image(2, 3, 4, dtype=F32),
                {"label": 1, "size": 2},
                {},
            ),
            (
                "a non-contiguous image",
                _one_image(2, 3, 4),
                {"label": 0, "size": 2},
                {"image": "strided"},
            ),
        ]
    ),
    *(
        example(
            "top_patches",
            case,
            inputs,
            options,
            outputs=("patches", "positions"),
            layout=layout,
            call=_patches_of,
        )
        for case, inputs, options, layout in [
            (
                "three filters of 2x2",
                _pictures(3, 2, 4, 5, 3, 2),
                _options(0, 1, 4),
                {},
            ),
            (
                "behind the ReLU, many ties",
                _pictures(2, 1, 4, 6),
                _options(1, 1, 7),
                {},
            ),
            (
                "padding 1: patches at the border",
                _pictures(2, 2, 4, 5),
                _options(0, 1, 6, padding=1),
                {},
            ),
            (
                "stride 2, padding 1",
                _pictures(3, 1, 5, 7),
                _options(1, 0, 4, stride=2, padding=1),
                {},
            ),
            (
                "behind a pooling layer",
                _pictures(2, 1, 6, 8),
                _options(2, 1, 3, padding=1, pool=True),
                {},
            ),
            (
                "float32 stays float32",
                _pictures(2, 1, 4, 4, dtype=F32),
                _options(0, 1, 2),
                {},
            ),
            (
                "non-contiguous images",
                _pictures(2, 2, 4, 5),
                _options(0, 1, 3),
                {"images": "strided"},
            ),
        ]
    ),
]
