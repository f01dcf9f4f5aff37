# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Seeing: what does a network that can name shapes look at?
#
# Lesson 06 ended with networks that are right, and nobody knew why. A network hides
# nothing, though: every weight and every activation is there to be looked at. In this
# lesson you write six instruments. One looks at the network alone: its filters as
# pictures. Five look at what it does with images: the activations of every layer, the
# filters that nothing excites, the pixels that a score depends on, what happens to the
# score when a part of the image is covered, and the patches that excite a filter most.
#
# Every instrument is first tried on a network of three layers whose answers you can work
# out with a pencil. Then it is pointed at a network of ten layers that names drawn shapes.
# And once, an instrument tells a lie that looks convincing. Then come four instruments more,
# ready made, for a network that saw photographs as well: whether two explanations agree,
# and how little it takes to deceive it.
#
# The last cell makes `course.inspection` out of your functions. Plan about two and a half hours.
# There are 10 points.

# %% [markdown]
# ## Letters and promises
#
# | letter | meaning | | array | shape |
# |---|---|---|---|---|
# | N, C, H, W | images, channels, height, width | | images `x` | `(N, C, H, W)` |
# | K, FH, FW | filters (*kernels*), their height and width | | filters `w` | `(K, C, FH, FW)` |
# | HO, WO | places of a filter or of a square | | one `image` | `(C, H, W)` |
#
# What one filter makes of an image is its map, in the literature a *feature map*; one
# number of it is a unit.
#
# The promises of the lessons before hold: the dtype that comes in goes out, no input is
# changed in place, a non-contiguous view works. An instrument must not disturb what it
# measures: the parameters of the network are the same afterwards.

# %% tags=["nbval-check-output"]
import numpy as np

from course.geometry import output_size
from course.kit import check
from course.kit.receptive_field import unit_field
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential

print("A square of 8 on 32 pixels, stride 2, takes", output_size(32, 8, 2), "places.")

# %% [markdown]
# If this cell complains that something is not built yet, run the last cells of lessons
# 01 and 06 first.
#
# ### Before you start
#
# A question about lesson 07. A network with batch normalisation and dropout has been trained,
# and `predict` uses it.

# %% tags=["demo"]
from course.kit.predict import predict

predict(
    "The same image is read twice, each time among 255 other images. Its scores ...",
    "are the same both times, up to rounding",
    [
        "are the same both times, up to rounding",
        "differ: the others change the mean of the batch",
        "differ: other numbers are dropped",
    ],
    because="In use, batch normalisation takes its running mean and variance, and dropout "
    "lets everything through.",
)

# %% [markdown]
# ### A network for the pencil
#
# It has two filters of 2x2. The first adds up the right column and subtracts the left
# one: it finds edges from dark to bright. The second finds edges from bright to dark.
# After a ReLU, the score of class 0 is the sum of the first map, and the score of class
# 1 the sum of the second.


# %% tags=["nbval-check-output"]
def network_of(w, v=None, stride=1, padding=0, pool=False):
    """[CONV - RELU (- POOL) (- FC)] with the filters w, the dense weights v, biases 0."""
    K, C, F, _ = w.shape
    layers = [Conv2D(C, K, F, stride, padding), ReLU()]
    layers += [MaxPool2D()] if pool else []
    layers += [Dense(*v.shape)] if v is not None else []
    network = Sequential(layers)
    network.parameters["0.w"][...] = w
    if v is not None:
        network.parameters[f"{len(layers) - 1}.w"][...] = v
    return network


edge_filters = np.array([[[[-1.0, 1.0], [-1.0, 1.0]]], [[[1.0, -1.0], [1.0, -1.0]]]])
sums = np.repeat(np.eye(2), 15, axis=0)  # 15 numbers of a map for each class
edge_network = network_of(edge_filters, sums)
edge = np.tile([0.0, 0, 0, 0, 1, 1], (4, 1))[None]
print("scores:", edge_network.forward(edge[None])[0])

# %% tags=["demo"]
from course.kit import plot
from course.kit.plot import Cells

maps = np.tile([0, 0, 0, 2, 0], (3, 1))
plot.cells(
    Cells(edge[0], "image", [(0, 3, 2, 2)]),
    "*",
    Cells(edge_filters[0, 0], "filter 0"),
    "→",
    Cells(maps, "its map: score 6", [(0, 3, 1, 1)]),
)
plot.cells(
    Cells(edge[0], "image", [(0, 3, 2, 2)]),
    "*",
    Cells(edge_filters[1, 0], "filter 1"),
    "→",
    Cells(-maps, "its map", [(0, 3, 1, 1)]),
    "→",
    Cells(0 * maps, "ReLU: score 0"),
)
plot.show()

# %% [markdown]
# ### A network that has learned
#
# [CONV - RELU - POOL] three times, then FC. It was trained on 4000 drawn shapes of ten
# kinds, as in lesson 06; its 8,766 parameters came with the course.
# `course/kit/pretrained/train.py` makes them again. As there, a pixel goes from
# -0.5 to 0.5, so that 0 is grey. Nothing is chosen any more, so the test images are asked
# once, for the first number below. All that follows looks at validation images.

# %% tags=["demo"]
from course.kit.data import colour_task
from course.kit.pretrained import pretrained
from course.kit.training import one_thread


def ten_layers(rng, classes=10):
    """The network as it was before training."""
    return Sequential(
        [
            Conv2D(3, 12, 5, padding=2, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(12, 16, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(16, 20, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(320, classes, rng=rng),
        ]
    )


one_thread()
untrained = ten_layers(np.random.default_rng(0))
network = ten_layers(np.random.default_rng(0))
network.load(pretrained("shapes"))
shapes = colour_task("shapes", train=1, validation=1000, test=1000)
grey = np.float32(0.5)
found = network.predict(shapes.test.x - grey)
print(f"{sum(array.size for array in network.parameters.values()):,} parameters")
print(f"test images: {np.mean(found == shapes.test.y):.1%} of 1000 named correctly")

images, labels_of = shapes.validation.x - grey, shapes.validation.y
found = network.predict(images)
plot.contact_sheet(shapes.validation.x[:8], labels_of[:8], found[:8], shapes.classes)
plot.show()

# %% [markdown]
# ## 1. Filters as pictures
#
# The filters of the first layer have as many channels as the image, so each of them *is*
# a small image: the patch that would excite it most, for its norm. To see weights, which
# are positive and negative, as brightness from 0 to 1, let grey (0.5) stand for 0:
#
# $$\text{brightness} = \frac12 + \frac{w}{2\,\max\lvert w\rvert}$$
#
# | weight | -2 | 0 | 1 | 2 |
# |---|---|---|---|---|
# | 0.5 + weight / 4 | 0 | 0.5 | 0.75 | 1 |
#
# "Largest" can be that of all filters, so that you see which ones are strong, or of each
# tile, so that you see the form of weak ones, too. The tiles are laid out row by row, with
# a white line between neighbours. Five tiles of 2x2, three in a row, are an image of 5x8
# pixels; `.` is white:

# %% tags=["demo"]
tiles = np.full((5, 8), 9)
for tile in range(5):
    row, column = divmod(tile, 3)
    tiles[3 * row : 3 * row + 2, 3 * column : 3 * column + 2] = tile
plot.cells(Cells(tiles, "five tiles, by their numbers", fills=(tiles + 1) % 10, hide=9))
plot.show()


# %% task="filter_grid"
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
    ### BEGIN SOLUTION hint: Tiles (T, 1 or 3, FH, FW) first, then brightness, then the places.
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
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Start with an image full of ones. `divmod(place, columns)` gives the row and the column
# of a tile; tile (row, column) begins at pixel `row * (FH + 1)`, `column * (FW + 1)`.
#
# </details>

# %% check="filter_grid"
check(filter_grid)

# %% [markdown]
# Now the trained network. In the next figure the filters as they were drawn are on the
# left, and what training has made of them is on the right. What will you see: letters,
# pieces of shapes, edges, colours?

# %% tags=["demo"]
predict(
    "How could you tell from a single number that a filter is more than noise?",
    "the correlation of neighbouring weights",
    [
        "the largest weight",
        "the mean of the weights",
        "the correlation of neighbouring weights",
    ],
    because="Neighbouring pixels of an image look alike, so a filter that answers to "
    "something in an image has neighbours that look alike. In noise they do not.",
)

# %% tags=["demo"]
before, after = (each.layers[0].parameters["w"] for each in (untrained, network))
grids = {
    "before training (grey is 0)": filter_grid(before, False),
    "after training": filter_grid(after, False),
}
plot.filter_grids(grids)
plot.show()


# %% tags=["demo", "nbval-check-output"]
def neighbours(w):
    """Correlation between weights and those one place to the right or below."""
    firsts = np.concatenate([w[..., :-1].ravel(), w[..., :-1, :].ravel()])
    seconds = np.concatenate([w[..., 1:].ravel(), w[..., 1:, :].ravel()])
    return np.corrcoef(firsts, seconds)[0, 1]


print(
    "training   correlation of neighbours   share of the weights' squares that is colour"
)
for name, w in [("before", before), ("after", after)]:
    colour = ((w - w.mean(axis=1, keepdims=True)) ** 2).sum() / (w**2).sum()
    print(f"{name:8}   {neighbours(w):25.2f}   {colour:19.0%}")

# %% [markdown]
# Before training, neighbours know nothing of each other: the correlation is that of noise.
# Afterwards it is 0.77, and most filters have a bright and a dark side. They are edge
# detectors of all directions, not unlike the pencil's, and nobody told the network about
# edges. And the colours have faded. The three channels of a random filter differ, and
# 67 % of its squared weights are that difference; of the trained ones 2 %. That fits the
# task, in which a shape may have any colour. (Weight decay has probably helped: it takes
# away what nothing in the images asks for.)

# %% [markdown]
# ## 2. The activations of every layer
#
# The notes' best-known figure shows every volume on the way through a network as a
# column of small pictures. What you need for it is what `Sequential.forward` throws away:
# the output of each layer. Its name is its place in `network.layers` and its kind. For
# the pencil's network:
#
# | name | shape | |
# |---|---|---|
# | `0 Conv2D` | `(1, 2, 3, 5)` | 2 in the middle of one map, -2 in the other |
# | `1 ReLU` | `(1, 2, 3, 5)` | the -2 have become 0 |
# | `2 Dense` | `(1, 2)` | 6 and 0 |


# %% task="activations"
def activations(network, x):
    """What every layer of a Sequential makes of the images x (N, C, H, W).

    Returns a list with one pair (name, array) for each layer, in the order of
    network.layers. The name is the layer's place, counted from 0, a space, and the name of
    its class: "0 Conv2D". The array is the layer's output for all N images, in the dtype
    of x; the last one is what network.forward(x) returns. x is not changed and is not in
    the list.
    """
    ### BEGIN SOLUTION hint: A loop with enumerate; type(layer).__name__ is the name of a class.
    found = []
    for place, layer in enumerate(network.layers):
        x = layer.forward(x)
        found.append((f"{place} {type(layer).__name__}", x))
    return found
    ### END SOLUTION


# %% check="activations"
check(activations, network_of)

# %% [markdown]
# Now the ten layers with a picture of a cross. Each column is a layer, and shows the first
# eight of its 12, 16 or 20 channels. From left to right, what becomes of the shape: up to
# which column is it recognisable?

# %% tags=["demo"]
from course.kit.data import placed_shape

cross, cross_mask = placed_shape("cross", row=14, column=17, half_size=10)
star, star_mask = placed_shape("star", row=17, column=14, half_size=11)
label = shapes.classes.index("cross")
columns = activations(network, (cross - grey)[None])
plot.activation_columns(cross, columns, shapes.classes)
plot.show()

# %% tags=["demo"]
zeros = [np.mean(array == 0) for name, array in columns if "ReLU" in name]

# %% tags=["demo"]
predict(
    "After the first ReLU, how many per cent of the numbers are exactly 0? (Ten either "
    "way count.)",
    round(100 * zeros[0]),
    within=10,
    because=f"After the second it is {zeros[1]:.0%}, after the third {zeros[2]:.0%}.",
)

# %% tags=["demo", "nbval-check-output"]
for name, array in columns:
    share = f"{np.mean(array == 0):.0%} are 0" if "ReLU" in name else ""
    print(f"{name:12} {array.shape[1:]!s:13} {array[0].size:>6,} numbers  {share}")

# %% [markdown]
# From 12,288 numbers to 320, and then to ten. In the first three columns you still see a
# cross, drawn by its edges: one filter shows its upper edges, one its left ones. In
# columns 3 to 5 there are pieces of it, in 6 to 8 a few bright cells that say nothing to
# the eye. They say enough to the dense layer. After the first ReLU 17 % of the numbers are
# 0, after the others 41 %.
#
# Channel 0 of layer 6 is a flat grey, and it looks black after its ReLU. Does this filter
# do nothing at all, or only nothing here? That is the next instrument.

# %% [markdown]
# ## 3. Dead filters
#
# A filter whose output is never above 0 gives the ReLU after it nothing to let through.
# And backward, the ReLU lets no gradient pass, so the filter cannot learn to do better:
# it is dead. In the pencil's network, filter 1 looks for edges from bright to dark. On the
# image above there is none, and its map has -2 and 0, nothing above 0. On the mirrored image
# it is filter 0 that is silent. So whether a filter is dead depends on the images: on
# both images together, neither is.


# %% task="dead_filters"
def dead_filters(network, x):
    """The filters of a Sequential that nothing in the images x (N, C, H, W) excites.

    A filter of a Conv2D in network.layers is dead on x if its output, before any ReLU, is
    not above 0 at any place of any of the N images.

    Returns a list of pairs (layer name, channel), in the order of the layers and then of
    the channels: the name of the Conv2D as `activations` gives it, and the number of the
    filter, from 0. An empty list if no filter is dead. x is not changed.
    """
    ### BEGIN SOLUTION hint: The maximum over images and places, for each Conv2D.
    dead = []
    for layer, (name, array) in zip(network.layers, activations(network, x)):
        if isinstance(layer, Conv2D):
            silent = array.max(axis=(0, 2, 3)) <= 0
            dead += [(name, int(channel)) for channel in np.flatnonzero(silent)]
    return dead
    ### END SOLUTION


# %% check="dead_filters"
check(dead_filters, network_of)

# %% [markdown]
# 48 filters have been trained on shapes. How many of them are dead on 1000 images? And
# in lesson 06's network with 16 filters, trained on digits with larger and larger learning
# rates?

# %% tags=["demo"]
from course.kit.data import split_digits
from course.network import SGD, small_convnet, train

print("ten layers, dead on 1000 images:", dead_filters(network, images) or "none")
highest = activations(network, images)[7][1].max(axis=(0, 2, 3))
print(f"layer 7: channel 0 reaches {highest[0]:.2f}, the loudest {highest.max():.1f}")
print("per cent of the digits that are read correctly:")
digits = split_digits()
dead = {}
for rate in (0.05, 0.2, 0.4, 0.8, 1.6):
    rng = np.random.default_rng(0)
    reader = small_convnet((1, 8, 8), 16, 10, rng=rng)
    with np.errstate(all="ignore"):
        train(
            reader,
            *digits.train,
            epochs=2,
            optimizer=SGD(reader, rate),
            rng=rng,
            show=False,
        )
        part = digits.validation
        dead[rate] = len(dead_filters(reader, part.x))
        right = np.mean(reader.predict(part.x) == part.y)
    print(f"learning rate {rate:<4}  {dead[rate]:>2} of 16 dead, {right:.0%}")

# %% [markdown]
# None of the ten layers' filters is dead. But the one that looked black comes close: on
# 1000 images it never gets above 0.40, where another one reaches 16.2. Being dead is a
# strict word, and a picture with one scale for all channels cannot tell a faint filter
# from a dead one. The count can.
#
# With lesson 06's network it depends on the learning rate. With 0.05 all filters live. The
# longer the steps, the more of them die, while the rest still reads most of the digits. In
# the end all are dead: no image changes any score, and the network guesses. What happens is
# this: one long step moves weights and bias so far that the output is below 0 for *every*
# image. From then on no gradient comes through, and no later step, long or short, brings the
# filter back. So this count is worth a line in every training run.

# %% [markdown]
# ## 4. Saliency: which pixels does a score depend on?
#
# So far backward passes served the weights. But the last thing a backward pass returns is
# the gradient of the image: by how much does the score of a class grow when this pixel
# grows by a little? Its absolute value says how much the score depends on the pixel. That is
# a *saliency map* (Simonyan, Vedaldi and Zisserman, 2013):
#
# $$M_{h,w} = \max_{c}\left\lvert\frac{\partial\,\text{score}_y}{\partial x_{c,h,w}}\right\rvert$$
#
# Three decisions. We take the *score* of one class, not the loss: `dout` is 1 at this class
# and 0 at all others (*one-hot*). We take the absolute value, since getting darker may
# matter as much as getting brighter. And of the channels of a pixel we take the largest.
#
# For the pencil, class 0. Only the three units of the edge are above 0, so only they pass
# a gradient. Each sees 2x2 pixels, with weights -1 and 1. The pixels in the middle rows
# are seen by two of these units:

# %% tags=["demo"]
gradient = np.zeros((4, 6))
gradient[:, 3:5] = [[-1, 1], [-2, 2], [-2, 2], [-1, 1]]
plot.cells(
    Cells(gradient, "gradient of score 0", fills=2 * (gradient < 0) + (gradient > 0)),
    "→",
    Cells(abs(gradient), "saliency", fills=1 * (gradient != 0)),
)
plot.show()


# %% task="saliency"
def saliency(network, x, label):
    """How much the score of a class depends on every pixel.

    x is a batch (N, C, H, W), not changed. label is one class for all images, or an array
    (N,) with one class for each. Scores are what network.forward(x) returns, (N, classes).

    Returns (N, H, W) in the dtype of x: for every pixel, the largest over the C channels
    of |d score / d pixel|, where score is that of the image's own label.
    """
    ### BEGIN SOLUTION hint: dout is 1 at the label and 0 elsewhere; then backward.
    scores = network.forward(x)
    dscores = np.zeros_like(scores)
    dscores[np.arange(len(x)), label] = 1
    return abs(network.backward(dscores)).max(axis=1)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `network.backward(dout)` returns the gradient of the last `forward`'s x. Call `forward`
# first even if you do not need the scores: the layers keep what backward uses.
#
# </details>

# %% check="saliency"
check(saliency, network_of)

# %% [markdown]
# A cross and a star, and the saliency of their own class. The shapes were painted by us,
# so we know which pixels are theirs: their outline is drawn in white.

# %% tags=["demo"]
predict(
    "Where will the mean saliency of the star be highest?",
    "near its outline",
    ["deep inside", "near its outline", "in the background"],
    because="The first filters look for edges, and the class of a shape is a matter of "
    "its outline. The table gives the means.",
)

# %% tags=["demo"]
pair = np.stack([cross, star])
masks = np.stack([cross_mask, star_mask])
labels = np.array([shapes.classes.index(name) for name in ("cross", "star")])
maps = saliency(network, pair - grey, labels)
plot.saliency_maps(pair, maps, masks)
plot.show()


# %% tags=["demo", "nbval-check-output"]
def regions(mask):
    """Which pixels lie within 2 of the outline, deeper inside, and outside: three masks."""
    wide = np.pad(mask > 0.5, 2, mode="edge")
    H, W = mask.shape
    near = [wide[i : i + H, j : j + W] for i in range(5) for j in range(5)]
    inside, outside = np.all(near, axis=0), ~np.any(near, axis=0)
    return {"outline": ~inside & ~outside, "inside": inside, "outside": outside}


print("mean saliency   outline   inside   outside")
for name, salient, mask in zip(("cross", "star"), maps, masks):
    means = [salient[region].mean() for region in regions(mask).values()]
    print(f"{name:13}   {means[0]:7.2f}   {means[1]:6.2f}   {means[2]:7.2f}")

# %% [markdown]
# Near the outline, a pixel counts more than twice as much as in the background: 0.10 against
# 0.04, and 0.12 against 0.05. The arms of a cross are so narrow that their inside sees the
# edges, too; inside the star it is less. But the maps are grainy: neighbouring pixels of
# one colour count for very different amounts, since a max pooling layer listens to one
# pixel of four, and a ReLU passes all or nothing. A saliency map is the answer to "what if
# this pixel changed by a little", and to no other question.

# %% [markdown]
# ## 5. Cover a part, and look at the score
#
# Saliency asks for tiny changes. A coarser question has a plainer answer: cover a square
# of the image with grey. If the score stays, the network did not need what was there. One
# square at every position gives a map of scores (Zeiler and Fergus, 2013).
#
# For the pencil, a square of 2x2 pixels with stride 2 has 2x3 positions on the 4x6 image.
# Covered with 0, the square in the right column wipes out half of the bright part: three
# rows of 2x2 windows see the edge; one loses all of it, another half. That leaves
# 2 + 1 = 3.

# %% tags=["demo"]
covered = edge[0].copy()
covered[:2, 4:] = 0
left = np.zeros((3, 5))
left[:, 3] = [0, 1, 2]
plot.cells(
    Cells(covered, "square at (0, 4)", [(0, 4, 2, 2)]),
    "→",
    Cells(left, "map of filter 0"),
    "→",
    Cells(np.array([[6, 6, 3], [6, 6, 3]]), "score 0", [(0, 2, 1, 1)]),
)
plot.show()


# %% task="occlusion_map"
def occlusion_map(network, image, label, size, stride=1, fill=0.0):
    """The score of a class with a square of the image covered, for every position.

    image: one image (C, H, W), not changed. The square has size x size pixels. At position
    (ho, wo) its upper left pixel is (ho * stride, wo * stride), and all channels of the
    pixels under it have the value `fill`; all others are as in the image.

    Returns (HO, WO) in the dtype of image: at each position, the score of the class
    `label`, as network.forward gives it. Raises ValueError, as `output_size` does, when
    the square does not land on the far border of the image.
    """
    ### BEGIN SOLUTION hint: output_size for HO and WO; a fresh copy of the image each time.
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
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Two loops over ho and wo, and a copy of the image in each turn: the square of the last
# turn must be gone. A network takes batches: `network.forward(covered[np.newaxis])`, or a
# whole row of positions in one batch.
#
# </details>

# %% check="occlusion_map"
check(occlusion_map, network_of)

# %% [markdown]
# Now the cross again, and a square of 8x8 pixels at 13x13 positions. What to fill it with?
# Grey is the usual answer. The other one here is the mean of the background, since we
# painted the image and know it.

# %% tags=["demo"]
predict(
    "The square is filled with grey. Where does the score of 'cross' drop most?",
    "where the square covers little of the cross",
    [
        "where the square covers much of the cross",
        "where the square covers little of the cross",
    ],
    because="Surprised? The figure and the table below it show why.",
)

# %% tags=["demo"]
size, stride = 8, 2
image = cross - grey
whole = network.forward(image[None])[0, label]
behind = float(image[:, cross_mask == 0].mean())
heat = {
    f"filled: {name}": occlusion_map(network, image, label, size, stride, fill)
    for name, fill in [("grey", 0.0), ("background", behind)]
}
plot.occlusion_heat(cross, heat, size, stride, whole)
plot.show()

# %% tags=["demo", "nbval-check-output"]
under = np.empty((13, 13))  # which part of the cross the square covers
for place in np.ndindex(under.shape):
    top, left = (stride * i for i in place)
    under[place] = cross_mask[top : top + size, left : left + size].sum()
under /= cross_mask.sum()
print(f"score of 'cross', nothing covered: {whole:.1f}")
print("drop of the score, by how much of the cross the square covers")
for title, scores in heat.items():
    drops = whole - scores
    place = np.unravel_index(drops.argmax(), drops.shape)
    print(f"{title}; largest drop where {under[place]:.0%} is covered")
    for low, high in [(0, 0.02), (0.02, 0.15), (0.15, 1)]:
        group = drops[(under >= low) & (under < high)]
        mean = round(float(group.mean()), 1) + 0.0
        print(f"    {low:4.0%} to {high:4.0%}: mean {mean:4.1f}, ", end="")
        print(f"from {group.min():4.1f} to {group.max():3.1f}, ", end="")
        print(f"the score rises at {np.sum(group < 0)} of {len(group)} places")

# %% [markdown]
# The two maps have the same image, network and square, and they contradict each other. With
# grey, the *mean* drop is about the same, 1.0 or 1.1, whether the square covers the cross or
# not. The single squares differ widely: at some places the score even rises, and the
# largest drop of all is at a square that covers hardly any of the cross. Whoever sees only
# this map will say that the network looks at the background. With the colour of the
# background, the mean drop is 0.0 off the cross and 2.4 where the square covers 15 % of it or
# more, and none of those squares raises the score.
#
# The background is dark. A grey square on it has four edges and four corners: it is an
# object of its own, and the network has learned to look for edges and corners. So the first
# map shows what an additional square does, the second one what the missing part does.
# An instrument that adds something to the image measures that, too.

# %% [markdown]
# ## 6. What excites a filter most?
#
# A filter of a deeper layer is no longer a picture: it has 12 or 16 channels. But you can
# ask the images. Run all of them through the network, look at one channel of one layer,
# find the places with the largest activations, and cut out what these units *see*: their
# receptive fields on the image.
#
# Those pixels are found by `unit_field(network, layer, image_shape)`, which comes with the
# course: it lights one row and one column after the other, in a copy of the network
# whose weights are all 1, and sees which units light up. (Lesson 09 has the formula.) Its
# answer has a `.size`, and `.corner(row, column)` gives the upper left pixel that a unit sees:

# %% tags=["nbval-check-output"]
print("edge network:  ", unit_field(edge_network, 1, (1, 4, 6)))
padded = network_of(np.ones((1, 1, 3, 3)), padding=1)
print("3x3, padding 1:", unit_field(padded, 0, (1, 4, 6)))
print(
    "unit (0, 2) of it sees pixels from", unit_field(padded, 0, (1, 4, 6)).corner(0, 2)
)

# %% [markdown]
# Row -1 is in the padding: there the unit sees zeros, and your patch shows zeros.
#
# For the pencil, two images: the edge above, and the same with a 3 instead of a 1 in the
# two lower rows. Layer 1 (the ReLU), channel 0, has these maps, and the best three units
# are marked, blue before red before green, with the patches that they see:

# %% tags=["demo"]
second = edge[0].copy()
second[2:] *= 3
found_map = np.zeros((3, 5))
found_map[:, 3] = [2, 4, 6]
first_map = np.tile([0, 0, 0, 2, 0], (3, 1))
third = np.zeros((3, 5), dtype=int)
third[0, 3] = 3
plot.cells(
    Cells(edge[0], "image 0"),
    Cells(first_map, "its map", fills=third),
    Cells(second, "image 1"),
    Cells(found_map, "its map", [(2, 3, 1, 1), (1, 3, 1, 1)]),
)
plot.cells(
    Cells(second[2:, 3:5], "6 at (1, 2, 3)", [(0, 0, 2, 2)]),
    "   ",
    Cells(second[1:3, 3:5], "4 at (1, 1, 3)"),
    "   ",
    Cells(edge[0, :2, 3:5], "2 at (0, 0, 3)"),
)
plot.show()

# %% [markdown]
# There are four units with a 2. They are tied, and the first one is taken: image before
# row before column.


# %% task="top_patches"
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
    ### BEGIN SOLUTION hint: A stable argsort of the negative map; pad the image, then cut.
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
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.argsort(-maps, axis=None, kind="stable")` ranks all units, the first of equal ones
# first. `np.unravel_index` turns a number back into (image, row, column). If you put FH and
# FW rows and columns of zeros around the image, pixel (top, left) is at
# (top + FH, left + FW), and no slice begins below 0.
#
# </details>

# %% check="top_patches"
check(top_patches, network_of)

# %% [markdown]
# Neighbouring units see almost the same, so in the next figure every image may send only
# its best patch: four filters of the second convolution, six patches each out of 1000
# images. Will the six have a colour in common, a direction, a class?


# %% tags=["demo"]
def of_one_class(layer):
    """Of a filter's 20 best images, the share of the commonest class; the mean of the layer."""
    highest = activations(network, images)[layer][1].max(axis=(2, 3))
    shares = []
    for column in highest.T:
        best = np.argsort(-column, kind="stable")[:20]
        shares.append(np.bincount(labels_of[best]).max() / 20)
    return np.mean(shares)


share_of_layer = {layer: of_one_class(layer) for layer in (1, 4, 7)}
rng = np.random.default_rng(0)
drawn = [rng.choice(labels_of, 20, replace=False) for _ in range(1000)]
chance = np.mean([np.bincount(each).max() / 20 for each in drawn])
print(
    f"of 20 images drawn at random, {chance:.0%} are of the commonest class among them"
)

# %% tags=["demo"]
predict(
    "And of the 20 images that excite a filter of the *last* convolution most: how many "
    "per cent are of one class? (Ten either way count.)",
    round(100 * share_of_layer[7]),
    within=10,
    because="More than by chance, and far from all. The table below has every layer.",
)


# %% tags=["demo"]
def best_of_each_image(layer, channel, count):
    """The best patch of `count` different images, and the numbers of these images."""
    patches, positions = top_patches(network, images, layer, channel, 400)
    _, first = np.unique(positions[:, 0], return_index=True)
    first = np.sort(first)[:count]
    return patches[first] + grey, positions[first, 0]


filters = [0, 1, 2, 3]
rows = {}
for channel in filters:
    patches, which = best_of_each_image(4, channel, 6)
    rows[f"filter {channel}"] = patches
plot.patch_rows(rows)
plot.show()


# %% tags=["demo", "nbval-check-output"]
for layer, share in share_of_layer.items():
    FH, FW = unit_field(network, layer, images.shape[1:]).size
    print(
        f"layer {layer}: a unit sees {FH}x{FW} pixels; of a filter's 20 best images, "
        f"{share:.0%} are of one class"
    )

# %% [markdown]
# Filter 3 looks for a bright region below a dark one, in any colour. The best patches of
# the other three are mostly pieces of checks; in filters 1 and 2 pieces of a ring and of a
# star are among them, with an edge that falls to the right. None of the four asks for a
# colour, and none for a whole shape: pieces of different shapes serve the same filter.
# (The grey parts of a patch, where there are any, lie outside the image: that is the
# padding's 0.)
#
# With depth the fields grow from 5x5 to 20x20 pixels, and the share of one class from
# little more than chance to about one half. A filter of the last convolution is on its way
# to a class, and not there yet. The dense layer has to put twenty of them together.
#
# **In a large network** the way is longer. Zeiler and Fergus (2013) did what you have just
# done, with a network of AlexNet's kind trained on ImageNet, and projected each activation
# back to pixels. Their layer 1 answers to edges and colours, like yours; layer 2 to
# corners and other combinations of edges and colours; layer 3 to textures, such as meshes
# and text; layer 4 to parts that belong to a class, dogs' faces and birds' legs; layer 5
# to whole objects in any pose, keyboards and dogs. The notes name "entire honeycomb or
# wheel-like patterns on higher layers". Nobody designed any of it: every layer builds
# its patterns from those of the layer before.

# %% [markdown]
# ## 7. A network that saw photographs
#
# Drawn shapes come in any colour, so the first network has thrown colour away. Here is its
# twin. It has the same layers, and began with the same random weights. It learned from the same
# 4000 shapes, and from 4000 crops of eleven photographs as well: the class of a crop is the
# photograph that it was cut from. That makes 21 classes. The photographs are cut into tiles,
# and no pixel of a tile that you see below was learned from. So whatever differs between the
# two networks comes from the images.

# %% tags=["demo"]
from course.kit.data import photo_crops
from course.kit.pretrained.train import SEEN

twin = ten_layers(np.random.default_rng(0), len(SEEN))
twin.load(pretrained("photographs"))
begun = ten_layers(np.random.default_rng(0), len(SEEN))  # as it was before training
parts = {"shapes": shapes.test, "crops": photo_crops("test", 1000)}
for name, part in parts.items():
    right = part.y + (name == "crops") * len(shapes.classes)
    share = np.mean(twin.predict(part.x - grey) == right)
    print(f"test {name}: {share:.1%} of {len(part)} named correctly")
crops = photo_crops("validation", 1000)
scenes, source_of = crops.x - grey, crops.y + len(shapes.classes)
named = twin.predict(scenes)
plot.contact_sheet(crops.x[:16], source_of[:16], named[:16], SEEN)
plot.show()

# %% [markdown]
# ### Edges and colours
#
# Its first filters, as your `filter_grid` draws them:

# %% tags=["demo"]
twin_filters = twin.layers[0].parameters["w"]
sets = {"random": before, "saw shapes": after, "saw photographs, too": twin_filters}
plot.filter_grids({name: filter_grid(w, False) for name, w in sets.items()})
plot.show()

# %% tags=["demo", "nbval-check-output"]
print("filters                correlation of neighbours   share that is colour")
for name, w in sets.items():
    colour = ((w - w.mean(axis=1, keepdims=True)) ** 2).sum() / (w**2).sum()
    print(f"{name:21}  {neighbours(w):25.2f}   {colour:20.0%}")

# %% [markdown]
# Some filters are edges, as before: dark on one side and bright on the other. Others are
# patches of one colour, green, blue, red, or an edge between two colours. Of the weights'
# squares 31 % are colour, against 2 %. In a photograph colour says much about where a crop comes
# from, and the filters have become what the images asked for. Networks trained on a million
# photographs have the same two kinds in their first layer, edges without colour and blobs
# with it (Krizhevsky and others, 2012, figure 3).
#
# ### An image made for one class
#
# So far you have searched in given images. You can also ask for the image itself: begin with
# grey, and follow the gradient of a score *uphill*, one small step after the other, on the
# pixels instead of the weights. This is *activation maximisation* (Erhan and others, 2009;
# Simonyan and others, 2013). With $g$ for the gradient of the score, divided by its size,
#
# $$x \leftarrow (1 - \lambda)\,x + \eta\,g .$$
#
# The factor $1 - \lambda$ takes away what the score does not ask for, and before each step the
# image is shifted by up to two pixels, so that no single pixel is worth more than its
# neighbours.

# %% tags=["demo"]


def climb(network, which, steps=100, rate=0.02, fade=0.03, seed=0):
    """Images that raise out[n, which[n]], the middle of the map if it has one: (N, 3, 32, 32)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.01, (len(which), 3, 32, 32)).astype(np.float32)
    for _ in range(steps):
        shift = rng.integers(-2, 3, size=2)
        out = network.forward(np.roll(x, shift, (2, 3)))
        dout = np.zeros_like(out)
        middle = tuple(side // 2 for side in out.shape[2:])
        for n, channel in enumerate(which):
            dout[(n, channel, *middle)] = 1
        slope = np.roll(network.backward(dout), -shift, (2, 3))
        size = np.sqrt((slope**2).mean(axis=(1, 2, 3), keepdims=True))
        x = np.clip((1 - fade) * x + rate * slope / (size + 1e-12), -0.5, 0.5)
    return x


wanted = [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 16, 17, 18, 20]
made = climb(twin, wanted)
plot.contact_sheet(made + grey, wanted, classes=SEEN)
plot.show()
reached = twin.forward(made)[range(len(wanted)), wanted]
everything = np.concatenate([images, scenes])
highest = twin.forward(everything).max(axis=0)[wanted]
higher = np.sum(reached > highest)
print(f"{higher} of {len(wanted)} have a higher score than any of 2000 real images;")
print(f"the score is {np.median(reached / highest):.1f} times as high (median)")

# %% [markdown]
# A square, a frame, a triangle and stripes are there to be recognised, and so are the
# colours of the flower and of the coffee. A scene is not: what has been made for the temple or for
# grass is a texture without a place, above and below. This tells you what the class *is* for
# this network: a few edges, colours and textures, wherever they are. And no photograph that
# the network has seen excites a class as much as an image that looks like nothing.
#
# For a filter in the middle it works in the same way, and gives a picture to put beside its
# best patch of section 6. Take the layer before the ReLU, since a silent ReLU has no slope to
# climb.

# %% tags=["demo"]
first_layers = Sequential(twin.layers[:7])
channels = list(range(6))
found_patches = [top_patches(twin, scenes, 6, k, 1)[0][0] for k in channels]
field = unit_field(twin, 6, scenes.shape[1:])
FH, FW = field.size
top, left = field.corner(4, 4)  # of the unit in the middle of 8 x 8
made_patches = climb(first_layers, channels)[..., top : top + FH, left : left + FW]
plot.patch_rows(
    {
        "found": np.stack(found_patches) + grey,
        "made": made_patches + grey,
    }
)
plot.show()

# %% [markdown]
# ### Two explanations, side by side
#
# *Grad-CAM* (Selvaraju and others, 2017) asks the last feature maps which places speak for a
# class. Each map $A_k$ of the last convolution gets a weight: the mean of the score's gradient
# over its places. The weighted maps are added, and what is below 0 speaks against the class
# and is cut off:
#
# $$\alpha_k = \frac{1}{HO \cdot WO} \sum_{h,w} \frac{\partial\,\text{score}_y}{\partial A_{k,h,w}},
# \qquad M = \max\Bigl(0, \sum_k \alpha_k A_k\Bigr)$$
#
# It costs one backward pass, where an occlusion map costs a forward pass for every square.
# Both claim to show where the network has found its answer.

# %% tags=["demo"]


def grad_cam(network, x, labels, layer=7):
    """Where the maps of a layer speak for the labels: (N, HO, WO), 0 or above."""
    head = Sequential(network.layers[layer + 1 :])
    maps = Sequential(network.layers[: layer + 1]).forward(x)
    dscores = np.zeros_like(head.forward(maps))
    dscores[np.arange(len(x)), labels] = 1
    weights = head.backward(dscores).mean(axis=(2, 3), keepdims=True)
    return np.maximum((weights * maps).sum(axis=1), 0)


def drop_map(network, image, label):
    """By how much the score drops under squares of 8x8 in the image's mean brightness."""
    fill = float(image.mean())
    whole = network.forward(image[None])[0, label]
    return whole - occlusion_map(network, image, label, 8, 4, fill)


def same_places(maps):
    """8x8 places as 7x7: the mean of each 2x2, which are the pixels under a square."""
    return (
        maps[:, 1:, 1:] + maps[:, 1:, :-1] + maps[:, :-1, 1:] + maps[:, :-1, :-1]
    ) / 4


def rank_correlation(a, b):
    """Spearman's: 1 if both put the places in the same order, -1 in the opposite one."""
    ranks = []
    for values in (a.ravel(), b.ravel()):
        _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[which.ravel()])
    with np.errstate(
        invalid="ignore"
    ):  # a map that is the same everywhere has no order
        return np.corrcoef(*ranks)[0, 1]


kinds = {
    "crops": (scenes, source_of),
    "shapes": (images, labels_of),
}
agreement, explained = {}, {}
for name, (x, y) in kinds.items():
    rows = np.flatnonzero(twin.predict(x) == y)[:200]  # 200 that it names correctly
    x, y = x[rows], y[rows]
    drops = np.array([drop_map(twin, *each) for each in zip(x, y)])
    cams = same_places(grad_cam(twin, x, y))
    explained[name] = x, y, cams, drops
    agreement[name] = {
        "the same image": cams,
        "the next image": np.roll(cams, 1, axis=0),
        "no training": same_places(grad_cam(begun, x, y)),
    }
    agreement[name] = {
        title: [rank_correlation(*pair) for pair in zip(maps, drops)]
        for title, maps in agreement[name].items()
    }

# %% tags=["demo"]
predict(
    "200 crops, 49 places each. If Grad-CAM and occlusion put the places in the same order, "
    "their rank correlation is 1. What will its mean be?",
    "about 0.3",
    ["about 0", "about 0.3", "about 0.6", "about 0.9"],
    because=f"It is {np.mean(agreement['crops']['the same image']):.2f}: they agree a little.",
)

# %% tags=["demo"]
x, y, cams, drops = explained["crops"]
contrast = x.std(axis=(1, 2, 3))  # of each class the crop with the most to be seen
chosen = [
    max(np.flatnonzero(y == k), key=contrast.take) for k in (10, 11, 12, 15, 16, 20)
]
notes = [f"{SEEN[y[n]]}: {agreement['crops']['the same image'][n]:.2f}" for n in chosen]
plot.two_explanations(
    x[chosen] + grey, {"Grad-CAM": cams[chosen], "occlusion": drops[chosen]}, notes
)
plot.show()

# %% tags=["demo", "nbval-check-output"]
print("rank correlation of 200 occlusion maps with Grad-CAM of ...")
print("          mean (lowest tenth below, highest tenth above)")
for name, found_for in agreement.items():
    for title, values in found_for.items():
        low, high = np.nanpercentile(values, [10, 90])
        print(
            f"{name:7} {title:15} {np.nanmean(values):5.2f} ({low:5.2f}, {high:5.2f})"
        )

# %% [markdown]
# Do they agree? A little. The number alone would tell you less than you think: on shapes it
# is higher, 0.40, but with the map of *another* image it is still 0.33. A shape lies in the
# middle, so any two maps of shapes agree about the middle. On crops, where anything may be
# anywhere, 0.30 stands against 0.09. So what the two share about *this* image is small, and it
# is there. For single images anything happens: one crop in ten is below -0.12, one in ten
# above 0.66.
#
# They ask different questions. Grad-CAM has one weight for a whole map, while the dense layer
# of our network has its own weight at every place, and it shows only what speaks *for* the
# class. Occlusion measures what happens with a square, which is a thing of its own, as you
# saw in section 5. Where two instruments disagree, a picture made by one of them is not yet an
# explanation. At least Grad-CAM passes the check of Adebayo and others (2018): with the network
# as it was before training, nothing is left of the agreement.
#
# ### Fooled
#
# What can be climbed can be abused. Take a crop that is named correctly, and climb towards
# another class: in each step move every pixel by one 255th of the way from black to white, up
# or down as the gradient says, and stop as soon as the network is 99 % sure (Szegedy and
# others, 2013; Goodfellow and others, 2014).

# %% tags=["demo"]


def shares_of(scores):
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def fool(network, x, target, steps=60):
    """Images like x that the network takes for the target, and how many steps each took."""
    x, took = x.copy(), np.full(len(x), steps)
    for step in range(steps):
        share = shares_of(network.forward(x))
        took[(share[:, target] > 0.99) & (took == steps)] = step
        slope = network.backward(np.eye(share.shape[1], dtype=x.dtype)[target] - share)
        going = took == steps
        x[going] = np.clip(x[going] + np.sign(slope[going]) / 255, -0.5, 0.5)
    return x, took


flower = SEEN.index("flower")
victims = np.flatnonzero((named == source_of) & (source_of != flower))[:100]
fooled, took = fool(twin, scenes[victims], flower)
share = shares_of(twin.forward(fooled))[:, flower]
noise = (
    np.random.default_rng(0).choice([-1, 1], fooled.shape) * took[:, None, None, None]
)
noisy = np.clip(scenes[victims] + (noise / 255).astype(np.float32), -0.5, 0.5)
then = twin.predict(noisy)
kept, flowers = np.mean(then == source_of[victims]), np.mean(then == flower)
print(f"{np.mean(share > 0.99):.0%} of {len(victims)} crops are now a flower, surely")
print(
    f"half of them after {np.median(took):.0f} steps or fewer, of 255 from black to white"
)
print(
    f"after random steps of the same size {kept:.0%} are right, {flowers:.0%} a flower"
)
shown = np.argsort(took, kind="stable")[[10, 30, 50, 70]]
change = fooled[shown] - scenes[victims[shown]]
plot.patch_rows(
    {
        "before": scenes[victims[shown]] + grey,
        "the change, 5 times": np.clip(5 * change, -0.5, 0.5) + grey,
        "a flower": fooled[shown] + grey,
    }
)
plot.show()

# %% [markdown]
# You see that the pixels have moved, as if the camera were a bad one, and you still see what
# each crop was. To the network 98 of the 100 are flowers, and it is sure of it. Random steps
# of the same size leave three answers of four as they were, and make no flower of the others.
# The gradient finds the direction among 3,072 in which all small changes add up. (Large
# networks are fooled by changes that nobody sees: they have more pixels to add up.) So a
# share of 99 % says how far the scores are apart. It does not say that an image is like those
# that the network has learned from.
#
# ### Who is near whom?
#
# The last picture asks what the network takes for *alike*. The output of layer 8 has 320
# numbers for each image. Two images are near if these numbers are: by the sum of squared
# differences, whatever the pixels say. In each row of the figure the first image is the
# question, and the others are the six nearest to it. In each row of the figure the first image is the
# question, and the others are the six nearest to it.

# %% tags=["demo"]


def nearest(rows, count=1):
    """For each row the numbers of the `count` rows nearest to it, itself left out."""
    squares = (rows**2).sum(axis=1)
    apart = squares[:, None] + squares - 2 * rows @ rows.T
    np.fill_diagonal(apart, np.inf)
    return np.argsort(apart, axis=1, kind="stable")[:, :count]


def codes_of(network, x):
    return activations(network, x)[8][1].reshape(len(x), -1)


queries = [np.flatnonzero(labels_of == label)[1] for label in (0, 2, 6)]
rows = {}
for n in queries:
    for title, each in (("codes", codes_of(twin, images)), ("pixels", images)):
        near = nearest(each.reshape(len(images), -1), 6)[n]
        rows[f"{shapes.classes[labels_of[n]]}, {title}"] = images[[n, *near]] + grey
plot.patch_rows(rows)
plot.show()

# %% tags=["demo", "nbval-check-output"]
print("nearest neighbour is of the same class    shapes   crops")
for title, spaces in {
    "pixels": [x.reshape(len(x), -1) for x, _ in kinds.values()],
    "codes, before training": [codes_of(begun, x) for x, _ in kinds.values()],
    "codes, shapes only": [codes_of(network, x) for x, _ in kinds.values()],
    "codes, photographs, too": [codes_of(twin, x) for x, _ in kinds.values()],
}.items():
    shares = [
        np.mean(y[nearest(space)[:, 0]] == y)
        for space, (_, y) in zip(reversed(spaces), reversed(kinds.values()))
    ]
    print(f"{title:40}  {shares[0]:6.0%}  {shares[1]:6.0%}")

# %% [markdown]
# With pixels, half of the shapes have a neighbour of their own class: what is near has the same
# background. With codes it is nearly all of them, whatever their colour and background. For crops
# the table has a surprise: codes *before* training do as well as those after it. Crops of one
# photograph share colours and grain, and random filters keep both; no training was needed for
# that, and the network that saw only shapes has even unlearned some of it. Without the second
# line you would have praised the training for it. A table of codes needs a row of random ones.

# %% [markdown]
# That is what you can ask of a network by now: what is it made of, what does it answer to,
# which pixels matter, what would please it most, what deceives it, and what is alike for it.
# No answer was complete, and two of them would have been wrong without a control.

# %% [markdown]
# ## 8. Look around
#
# The last instrument is for your own questions. Choose an image, a layer and a channel;
# click a unit of the large map, and see which pixels it sees and what is there. (Without
# a running kernel there is a picture instead.) Three things to find:
#
# - a filter of layer 0 that answers to one side of a shape only;
# - how the field of a unit in the corner of a map differs from one in the middle;
# - a channel of layer 7 that answers to two images of one class, and to few others.
#
# The last one is your own discovery: nobody has written down which channel it is.

# %% tags=["demo"]
from course.kit.unit_viewer import UnitViewer

tour = np.concatenate([pair, shapes.validation.x[:10]])
names = ["cross", "star", *(shapes.classes[y] for y in labels_of[:10])]
UnitViewer(network, tour - grey, pictures=tour, names=names, layer=4)

# %% [markdown]
# ### Question (1 point): what has been shown?
#
# 1. Somebody shows you an occlusion map made with a grey square. The score drops most beside
#    the object, and they conclude that the network looks at the background. What else may
#    explain the map? Which numbers of this lesson support you, and what would you do to
#    decide?
# 2. In the figure with the columns, channel 0 of layer 7 looked black, and yet
#    `dead_filters` did not list it. How can that be? Name the numbers. And why will more
#    training with the same images hardly bring back a filter that is really dead?
#
# Four to eight sentences are enough.

# %% [markdown] question="seeing" points=1
# ### BEGIN SOLUTION
# **Model answer.** The square itself may be what disturbs: grey on a dark (or bright)
# background has edges and corners, and makes a new object. In this lesson the grey square
# lowered the score by 1.0 on average where it covered nothing of the cross, as much as on
# it (1.0). Filled with the mean of the background, the mean drop was 0.0 off the cross and
# 2.4 on it. To decide,
# repeat the map with another filling, the colour of the background for instance (or several
# fillings, or a blurred copy of the image), and see whether the drop beside the object
# remains. (Also good: compare with the saliency map, which adds nothing to the image.)
#
# All channels of a layer share one scale in the figure. Channel 0 is not silent, but faint:
# on 1000 images it reaches 0.40, the loudest channel of the layer 16.2, so it is drawn
# almost black; a filter counts as dead only if its output is never above 0. A really dead
# one has an output of 0 or less at every place of every image, so the ReLU passes
# nothing forward and its gradient is 0 everywhere. The
# weights and the bias of the filter then get the gradient 0 from every image, and no step
# changes them (but for weight decay, or if an earlier layer changes what the filter gets).
#
# **Mark scheme (1 point).**
# - 0.25: the square is an object with edges of its own (or: the filling matters).
# - 0.25: two numbers that belong together, such as 1.0 off the cross with grey against 0.0
#   with the background's colour; and a sensible second measurement.
# - 0.25: faint and not silent, with the two numbers (or: one scale for all channels of a
#   layer, and dead means never above 0).
# - 0.25: the ReLU's gradient is 0 everywhere, so the filter's weights get no gradient.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains (unfold it when you have written yours)</summary>
#
# - The square is an object of its own, with edges and corners. Two numbers that belong
#   together: the mean drop off the cross with grey, and with the colour of the
#   background. And a second measurement that decides: another filling, a blurred copy,
#   a saliency map.
# - *Faint* is not *dead*: all channels of a layer share one scale in the figure; the
#   largest output of channel 0 beside that of the loudest channel, as section 3 gives
#   them. And what *dead* means.
# - A dead filter's ReLU has the gradient 0 for every image, so the weights of the filter
#   get the gradient 0, and no step changes them.
#
# </details>

# %% [markdown]
# ### What your instruments can do now
#
# Ask why: two images that the network gets wrong, and what the score of the *wrong* class
# depends on. After every training run, one line: are there dead filters?

# %% tags=["demo"]
missed = np.flatnonzero(found != labels_of)[:2]
for place in missed:
    was, said = (shapes.classes[each[place]] for each in (labels_of, found))
    print(f"image {place} is a {was}, and the network says {said}")
taken_for = saliency(network, images[missed], found[missed])
plot.saliency_maps(shapes.validation.x[missed], taken_for)
plot.show()
print("dead filters:", dead_filters(network, images) or "none")

# %% [markdown]
# All of it at once: this page shows the same network at work, every unit, gradient and
# occlusion, on a picture that you choose or draw. Open it in your browser.

# %% tags=["demo"]
from course.kit.page import export_page

page = export_page(
    network,
    "explorer_shapes.html",
    classes=shapes.classes,
    mean=0.5,
    samples=shapes.validation.x[:6],
)
print(f"{page.name}: {page.stat().st_size / 1000:.0f} kB")

# %% [markdown]
# ## 9. Build the module
#
# | you built | used again in |
# |---|---|
# | `filter_grid`, `activations` | lesson 10, to see what a tuned network keeps |
# | `dead_filters`, `saliency`, `occlusion_map`, `top_patches` | here |
#
# The next cell writes `course/inspection.py` from your functions and lists what is not
# there yet.

# %%
from course.kit import build

build(
    "inspection",
    filter_grid,
    activations,
    dead_filters,
    saliency,
    occlusion_map,
    top_patches,
)
# %% [markdown]
# ## Where this leads
#
# You can look into any network of the course and see what it answers to. Still open: how
# large a network must be, how deep, and what that costs. That is lesson 09. In lesson 10
# you use what you have seen here: the first layers' edges serve other tasks, too.
#
# ### Further reading
#
# - Zeiler, Fergus: [Visualizing and Understanding Convolutional Networks](https://arxiv.org/abs/1311.2901)
#   (2013): what excites each layer of a large network, and the occlusion map.
# - Simonyan, Vedaldi, Zisserman:
#   [Deep Inside Convolutional Networks](https://arxiv.org/abs/1312.6034) (2013): saliency
#   maps, and images painted by following the gradient.
# - Selvaraju and others: [Grad-CAM](https://arxiv.org/abs/1610.02391) (2017): the map of section
#   7, for any network whose last maps lead to a score.
# - Szegedy and others: [Intriguing properties of neural networks](https://arxiv.org/abs/1312.6199)
#   (2013), and Goodfellow, Shlens, Szegedy:
#   [Explaining and Harnessing Adversarial Examples](https://arxiv.org/abs/1412.6572) (2014): how
#   networks are fooled, and why it is so easy.
# - Adebayo and others: [Sanity Checks for Saliency Maps](https://arxiv.org/abs/1810.03292)
#   (2018): some methods show much the same map for a network with random weights. Try yours.
# - Olah, Mordvintsev, Schubert: [Feature Visualization](https://distill.pub/2017/feature-visualization/)
#   (2017): from edges to dogs, layer by layer, in pictures that you can explore.
# - CS231n: [Understanding and Visualizing Convolutional Neural Networks](https://cs231n.github.io/understanding-cnn/):
#   a short tour of these instruments.
#
# **Next:** lesson 09, [Architectures](../09_architectures/09_architectures.ipynb). The words of
# the course are in the [glossary](../../docs/glossary.md).
