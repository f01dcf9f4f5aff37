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
# # Architectures: what do the famous networks spend their numbers on?
#
# AlexNet, VGG, GoogLeNet, ResNet: you have all their parts but a few. In this lesson you
# write the tools with which people compare such networks. How far does a neuron see? How
# many numbers must a layer learn, keep and multiply? Then you add holes to a filter, so
# that it sees further for the same price, and turn a dense layer into a convolution, so
# that a network taught with small images reads a large one. You write a parser for the
# patterns that the lectures use, `INPUT -> [CONV -> RELU -> POOL]*2 -> FC`, and at the end
# you run six published networks and count their parameters to the last one.
#
# The last cell turns your functions into the module `course.architectures`. Plan about
# three hours. There are 10 points.

# %% [markdown]
# ## Letters and promises
#
# | letter | meaning | | letter | meaning |
# |---|---|---|---|---|
# | N, C, H, W | images, channels, height, width | | S, P | stride, zero-padding |
# | K | filters | | D | dilation: 1 is a filter without holes |
# | FH, FW, F | height and width of a filter, or both | | HO, WO | height and width of the output |
#
# A network is a list of dicts, as in lesson 01:
#
# ```
#   {"type": "conv", "filters": K, "size": F, "stride": S, "padding": P}
#   {"type": "relu"}
#   {"type": "pool", "size": F, "stride": S}
#   {"type": "fc", "outputs": K}
# ```
#
# Left out, a conv has stride 1 and padding 0, a pool size 2 and stride 2. The promises of
# the lessons before hold: what does not fit raises `ValueError`, the dtype that comes in
# goes out, no input is changed.

# %% tags=["nbval-check-output"]
import numpy as np

from course.convolution import zero_pad
from course.geometry import output_size, same_padding, trace_shapes
from course.im2col import conv_forward
from course.kit import check
from course.kit.layer_patterns import point_at, tokens
from course.network import dense_forward

print("A 3x3 filter on 7 pixels takes", output_size(7, 3), "places.")

# %% [markdown]
# If this cell complains that something is not built yet, run the last cells of lessons
# 01, 02, 04 and 06 first.

# %% [markdown]
# ## 1. How far does a neuron see?
#
# A neuron of the first 3x3 layer sees 3x3 pixels. A neuron of a second 3x3 layer sees 3x3
# numbers of the first, and these overlap: together they saw 5x5 pixels. A third layer
# makes it 7x7. This is the *receptive field*, and it grows by a rule that you can follow
# along one axis:
#
# - One number sees 1 pixel, itself. Neighbours are 1 pixel apart.
# - A layer with windows of F adds F - 1 more neighbours, each `step` pixels further.
# - A layer with stride S makes the neighbours S times as far apart.
#
# ```
#   layer              adds (F - 1) · step       field    step afterwards
#   nothing                                        1        1
#   conv 3x3           2 · 1                       3        1
#   conv 3x3           2 · 1                       5        1
#   pool 2x2, S = 2    1 · 1                       6        2
#   conv 3x3           2 · 2                      10        2
# ```
#
# The last row is the point of pooling for this purpose: behind it, the same 3x3 filter
# reaches twice as far. A *dilated* filter, which you build in section 3, has D - 1 holes
# between its pixels, so its F pixels lie `D · step` apart and the layer adds
# `D · (F - 1) · step`. Padding adds no pixels that could be seen.


# %% task="receptive_field"
def receptive_field(layers):
    """Side of the square of input pixels that one number behind the last layer depends on.

    layers is a list of dicts, in the order of the network. A conv has a "size" F, and may
    have a "stride" (1 if left out) and a "dilation" D (1 if left out). A pool may have a
    "size" and a "stride" (2 each if left out). A relu looks at one number at a time. Other
    keys, such as "filters" or "padding", make no difference. The borders of the image are
    left out of account. The dicts are not changed.

    Returns an int; 1 for no layers.
    Raises ValueError for a layer of another type, fc too: it sees the whole image, and the
    layers do not say how large that is.
    """
    ### BEGIN SOLUTION hint: Two numbers from layer to layer, the field and the step.
    field, step = 1, 1
    for layer in layers:
        if layer["type"] == "conv":
            F, S = layer["size"], layer.get("stride", 1)
        elif layer["type"] == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
        elif layer["type"] == "relu":
            F, S = 1, 1
        else:
            raise ValueError(f"a layer of the type {layer['type']!r} has no field")
        field += layer.get("dilation", 1) * (F - 1) * step
        step *= S
    return field
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Go through the table above row by row: each layer first makes the field larger, with the
# step that the layers *before* it have left, and only then the step.
#
# </details>


# %% check="receptive_field"
check(receptive_field)
assert receptive_field([{"type": "conv", "size": 3}] * 3) == 7

# %% [markdown]
# ### Check it without the formula
#
# A formula may be wrong in the same way as the code that uses it. So ask the network.
# Build it with random weights, make one pixel of the image brighter, and look whether the
# number in the middle of the last volume changes. Do that with each pixel in turn. All
# weights are made positive first: then a brighter pixel can only make things brighter, and
# no ReLU and no maximum hides it.
#
# *Predict, then look.* Three networks on 21x21 pixels: three 3x3 convolutions; one 7x7;
# conv, pool, conv. How large is the red frame in each? And do all pixels within the frame
# count the same?

# %% tags=["demo"]
from course.kit import plot
from course.kit.networks import build_network
from course.kit.training import one_thread

one_thread()


def seen(layers, side=21, seed=0):
    """How much the middle of the output changes with each of side x side pixels."""
    rng = np.random.default_rng(seed)
    network = build_network(layers, (1, side, side), rng)
    for array in network.parameters.values():
        array[...] = abs(array)
    image = rng.random((1, 1, side, side))
    single = 100 * np.eye(side * side).reshape(-1, 1, side, side)
    before, after = network.forward(image), network.forward(image + single)
    middle = before.shape[2] // 2
    change = (after - before)[:, :, middle, middle].sum(axis=1)
    return change.reshape(side, side)


conv, relu = {"type": "conv", "filters": 8, "size": 3}, {"type": "relu"}
stacks = {
    "three 3x3": [conv, conv, conv],
    "one 7x7": [conv | {"size": 7}],
    "3x3, pool, 3x3": [conv, relu, {"type": "pool", "size": 3}, conv],
}
plot.seen_pixels({name: seen(layers) for name, layers in stacks.items()})
plot.show()
for name, layers in stacks.items():
    print(f"{name:15} receptive_field says {receptive_field(layers)}")

# %% [markdown]
# The frames are as large as the formula says. But the pixels in them do not count the
# same: in a stack the middle reaches the neuron on many ways, a corner on one. Along one
# row of three 3x3 layers the numbers of ways are 1, 3, 6, 7, 6, 3, 1. So 7x7 is the most
# that the stack can see, and what it mostly sees is smaller.

# %% [markdown]
# ## 2. What does a layer cost?
#
# Three costs, for one image:
#
# - **parameters**, which must be learned and stored: lesson 01;
# - **memory** for what comes out of the layer. In float32 each number takes 4 bytes;
# - **multiply-adds**, the work. Each of the HO·WO·K outputs of a convolution is a sum of
#   C·FH·FW products; each output of an fc layer a sum of as many products as it has inputs.
#   Adding the bias is not counted, and relu and pool multiply nothing.
#
# Take 10 filters of 3x3, padding 1, on 32x32x3:
#
# ```
#   shape            10 x 32 x 32                     10,240 numbers
#   parameters       10 · (3·3·3 + 1)                    280
#   memory           4 · 10,240                       40,960 bytes
#   multiply-adds    32·32 places · 10 filters · 27  276,480
# ```
#
# Your `trace_shapes` of lesson 01 knows shapes and parameters already.


# %% task="summarize"
def summarize(layers, input_shape):
    """What each layer of a network costs, for one image: a list of rows.

    layers and input_shape (C, H, W) are those of trace_shapes: dicts of the types conv,
    relu, pool and fc. They are not changed.

    Returns a list with one tuple per layer, (name, shape, parameters, memory,
    multiply_adds). The first three are those of trace_shapes: the layer's name or type,
    the shape (C, H, W) of what comes out, the numbers to learn. memory: bytes of what
    comes out, in float32. multiply_adds: products that the layer adds up, for conv and
    fc; 0 for relu and pool. Biases add none. All numbers are ints.
    Raises ValueError where trace_shapes does.
    """
    ### BEGIN SOLUTION hint: trace_shapes first; every weight of a conv is used once per place.
    rows = []
    traced = trace_shapes(input_shape, layers)
    for layer, (name, shape, parameters) in zip(layers, traced, strict=True):
        K, HO, WO = shape
        multiply_adds = 0
        if layer["type"] in ("conv", "fc"):
            multiply_adds = (parameters - K) * HO * WO
        rows.append((name, shape, parameters, 4 * K * HO * WO, multiply_adds))
    return rows
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `zip(layers, trace_shapes(input_shape, layers))` gives each layer beside its row. A conv
# uses each of its weights, but not its biases, once at every place of its output. How many
# of its parameters are biases? And an fc layer: at how many places is it used?
#
# </details>


# %% check="summarize"
check(summarize)

# %% [markdown]
# ### Three small filters or one large?
#
# Both see 7x7. The lecture counts, for C channels that stay C: three 3x3 layers have
# 3·9·C² = 27C² weights and one 7x7 layer has 49C²; for the multiply-adds there is a factor
# H·W more on both sides.
#
# *Predict, then look.* 27/49 is 55 %. Will the stack take 55 % of the time? Which of the
# costs is *larger* for the stack?

# %% tags=["demo"]
from time import perf_counter

C, H, W = 32, 56, 56
small = {"type": "conv", "filters": C, "size": 3, "padding": 1}
candidates = {
    "three 3x3": [small] * 3,
    "one 7x7": [small | {"size": 7, "padding": 3}],
}
image = np.random.default_rng(0).random((1, C, H, W)).astype(np.float32)
costs = {"weights": {}, "multiply-adds": {}, "memory": {}, "time": {}}
for name, layers in candidates.items():
    rows = summarize(layers, (C, H, W))
    network = build_network(layers, (C, H, W), np.random.default_rng(0), np.float32)
    times = []
    for _ in range(7):
        started = perf_counter()
        network.forward(image)
        times.append(perf_counter() - started)
    costs["weights"][name] = sum(row[2] for row in rows) - C * len(layers)
    costs["memory"][name] = sum(row[3] for row in rows)
    costs["multiply-adds"][name] = sum(row[4] for row in rows)
    costs["time"][name] = 1000 * min(times)
units = {"memory": "bytes", "time": "milliseconds, best of 7"}
plot.cost_bars(costs, units)
plot.show()
for cost, values in costs.items():
    ratio = values["three 3x3"] / values["one 7x7"]
    print(f"{cost:14} stack / single: {ratio:.2f}")
weights, work = costs["weights"]["three 3x3"], costs["multiply-adds"]["three 3x3"]
print(f"three 3x3: {weights / C**2:g} C² weights, {work / (H * W * C**2):g} HWC²")
weights, work = costs["weights"]["one 7x7"], costs["multiply-adds"]["one 7x7"]
print(f"one 7x7:   {weights / C**2:g} C² weights, {work / (H * W * C**2):g} HWC²")

# %% [markdown]
# Weights and work are 27/49 = 0.55. The time is near that, and depends on your machine.
# The stack has a price, too: three volumes come out instead of one, and a training keeps
# all of them for the way back. In exchange it can bend its lines three times, with a ReLU
# behind each layer.

# %% [markdown]
# ## 3. Filters with holes
#
# Another way to see further is to pull the filter apart. With dilation 2, a filter of three
# weights meets pixels 0, 2 and 4:
#
# ```
#   x              1   2   3   4   5   6         w = 1, 10, 100
#   window 0       1   .   3   .   5             1·1 + 10·3 + 100·5 = 531
#   window 1           2   .   4   .   6         1·2 + 10·4 + 100·6 = 642
# ```
#
# Here D is counted as PyTorch counts it: D is how far apart the weights lie, and 1 is an
# ordinary filter. The lecture notes count the holes: their dilation 0 is our 1, their 1 is
# our 2. A filter of F weights reaches over `D·(F - 1) + 1` pixels, and that is the width
# that has to fit: 2·2 + 1 = 5 above.


# %% task="dilated_conv_forward"
def dilated_conv_forward(x, w, b, stride=1, padding=0, dilation=1):
    """Forward pass of a convolutional layer whose filters have holes.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, FH, FW), b their biases
    (K,). None of them is changed. stride and padding are pixels. Neighbouring weights of
    a filter lie `dilation` (D, 1 or more) pixels apart, in both directions: weight
    (fh, fw) of the window at place (ho, wo) meets pixel (ho*S + fh*D, wo*S + fw*D) of the
    padded image. With dilation 1 it is conv_forward.

    Returns (out, cache), out (N, K, HO, WO) in the dtype of x. What the cache holds is up
    to you.
    Raises ValueError when the filters, D*(FH - 1) + 1 high and D*(FW - 1) + 1 wide, do not
    fit along an axis (`output_size` does that).
    """
    ### BEGIN SOLUTION hint: Lesson 04's loop over the window, with slices that begin D further.
    N, _C, H, W = x.shape
    K, _, FH, FW = w.shape
    S, D = stride, dilation
    HO = output_size(H, D * (FH - 1) + 1, S, padding)
    WO = output_size(W, D * (FW - 1) + 1, S, padding)
    padded = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO), dtype=x.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh * D, fh * D + S * HO, S)
            columns = slice(fw * D, fw * D + S * WO, S)
            met = padded[:, :, rows, columns]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, fh, fw], optimize=True)
    out += b.reshape(K, 1, 1)
    return out, (x, w, stride, padding, dilation)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Two ways lead there. One: lesson 04's `conv_forward_window` loops over the FH·FW weights
# and takes one slice of the padded image for each. Only the place where the slice begins
# changes. Two: put D - 1 zeros between the weights of a larger filter, and use
# `conv_forward`. The second is shorter and multiplies many zeros.
#
# </details>


# %% check="dilated_conv_forward"
check(dilated_conv_forward)

# %% [markdown]
# ### The way back
#
# Nothing new happens: each weight met the pixels of one slice, so the gradient of the
# weight is the sum of slice times `dout`, and `dout` times the weight goes back to that
# slice of the padded image, where it is *added*. In the example, with `dout` = 1, 2:
#
# ```
#   w0 = 1 met x0 and x1:    dw0 = 1·1 + 2·2 = 5      dx  0     1     2     3     4     5
#   w1 = 10 met x2 and x3:   dw1 = 1·3 + 2·4 = 11        1·1   2·1   1·10  2·10  1·100 2·100
#   w2 = 100 met x4 and x5:  dw2 = 1·5 + 2·6 = 17
# ```


# %% task="dilated_conv_backward"
def dilated_conv_backward(dout, cache):
    """Backward pass of dilated_conv_forward: the gradients of sum(out * dout).

    dout is (N, K, HO, WO), and is not changed. cache is what dilated_conv_forward
    returned.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b.
    """
    ### BEGIN SOLUTION hint: The same two loops and slices; add to dx, write into dw, crop at the end.
    x, w, S, P, D = cache
    _N, _C, H, W = x.shape
    _, _, HO, WO = dout.shape
    FH, FW = w.shape[2:]
    padded = zero_pad(x, P)
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh * D, fh * D + S * HO, S)
            columns = slice(fw * D, fw * D + S * WO, S)
            met, weights = padded[:, :, rows, columns], w[:, :, fh, fw]
            dw[:, :, fh, fw] = np.einsum("nkhw,nchw->kc", dout, met, optimize=True)
            back = np.einsum("nkhw,kc->nchw", dout, weights, optimize=True)
            dpadded[:, :, rows, columns] += back
    return dpadded[:, :, P : P + H, P : P + W], dw, dout.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# If your forward used a larger filter with zeros, your backward can use `conv_backward` of
# lesson 04, which must be imported. Its dw is as large as the larger filter: which of its
# numbers belong to real weights?
#
# </details>


# %% check="dilated_conv_backward"
check(dilated_conv_backward, dilated_conv_forward)

# %% [markdown]
# ### How fast the field grows
#
# A stack of 3x3 layers grows by 2 per layer. Double the dilation from layer to layer, 1, 2,
# 4, 8, 16, and the field doubles.
#
# *Predict, then look.* How wide is the field after five layers of each kind? All of them
# learn the same number of weights. In the second figure: two layers with dilation 2 see
# 9x9 pixels. How many of the 81 do they really look at?

# %% tags=["demo"]
one = {"type": "conv", "filters": 8, "size": 3}
kinds = {
    "dilation 1, 2, 4, 8, 16": [one | {"dilation": 2**n} for n in range(5)],
    "dilation 2 everywhere": [one | {"dilation": 2}] * 5,
    "no dilation": [one] * 5,
}
fields = {
    name: [receptive_field(layers[:n]) for n in range(6)]
    for name, layers in kinds.items()
}
plot.growth(fields, "side of the receptive field in pixels")
stacks = {
    "dilation 1, then 1": [one, one],
    "dilation 1, then 2": [one, one | {"dilation": 2}],
    "dilation 2, then 2": [one | {"dilation": 2}] * 2,
}
plot.seen_pixels({name: seen(layers, side=15) for name, layers in stacks.items()})
plot.show()

# %% [markdown]
# 63 pixels instead of 11. But look at the right picture: the same dilation twice looks at
# 25 of 81 pixels, on a grid, and is blind between them. With 1 and then 2 there is no
# hole: 49 of 49. That is why the dilation is usually mixed or doubled, and why the notes
# say "in conjunction with 0-dilated filters".

# %% [markdown]
# ## 4. A dense layer is a convolution
#
# The notes say: a trained network can be run on images of another size. The convolutions
# and the pooling do not mind. The dense layer does: it has one weight per pixel of the
# volume it was made for. But a dense layer on a volume of CxHxW computes the same as a
# convolution with filters of HxW, as large as the volume: one place, M filters, M outputs.
# On a larger volume that convolution has more than one place.
#
# Take a volume with 1 channel, 2x2, and a dense layer with two outputs. The image is laid
# out row by row, so the weights of an output, a column of w, become a filter row by row:
#
# ```
#   w        filter 0    filter 1
#   1  5
#   2  6       1 2         5 6
#   3  7       3 4         7 8
#   4  8
# ```


# %% task="dense_to_conv"
def dense_to_conv(w, b, input_shape):
    """The weights of a dense layer as filters of a convolution with equal outputs.

    w are the weights (D, M) of a dense layer, b its biases (M,), as dense_forward takes
    them: D = C*H*W. input_shape is (C, H, W), the shape of the one volume that the dense
    layer was made for. Nothing is changed.

    Returns (filters, biases), the w (M, C, H, W) and the b (M,) of conv_forward, in the
    dtypes of w and b. For x of shape (N, C, H, W), conv_forward(x, filters, biases) gives
    (N, M, 1, 1) with the numbers of dense_forward(x, w, b).
    Raises ValueError when D is not C*H*W.
    """
    ### BEGIN SOLUTION hint: One transpose and one reshape, in this order.
    C, H, W = input_shape
    D, M = w.shape
    if D != C * H * W:
        raise ValueError(f"{D} weights make no filters of {C} x {H} x {W}")
    return w.T.reshape(M, C, H, W), b
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Output m belongs to column m of w. `reshape` reads row by row, so the columns must be
# rows before you reshape.
#
# </details>


# %% check="dense_to_conv"
check(dense_to_conv)

# %% [markdown]
# Is it the same layer? A dense layer on volumes of 3x4x5, and your filters on the same
# volumes. Then the filters on a volume of 3x6x8, where they have 3x4 places:

# %% tags=["demo", "nbval-check-output"]
rng = np.random.default_rng(84)
w, b = rng.standard_normal((60, 7)), rng.standard_normal(7)
volumes, larger = rng.random((2, 3, 4, 5)), rng.random((1, 3, 6, 8))
filters, biases = dense_to_conv(w, b, (3, 4, 5))
out, _ = conv_forward(volumes, filters, biases)
scores, _ = dense_forward(volumes, w, b)
print("equal outputs:", np.allclose(out[:, :, 0, 0], scores))
slid, _ = conv_forward(larger, filters, biases)
corner, _ = dense_forward(larger[:, :, 2:, 3:], w, b)
print(
    "on 6x8:", slid.shape, "and in the lower right corner the numbers of a dense layer"
)
print("there:", np.allclose(slid[:, :, 2, 3], corner))

# %% [markdown]
# ### A reader of single digits reads a page
#
# A small network learns the 8x8 digits of lesson 06, without padding: 3x3 convolution to
# 6x6, pooling to 3x3, dense. Then its dense layer becomes a convolution of 3x3, and the
# network is run once on a page of 24x96 pixels with digits strewn over it.
#
# *Predict, then look.* The pooling has stride 2. How many answers does the network give
# for the page, in rows and columns? What will it say where there is no digit?

# %% tags=["demo"]
from course.kit.data import split_digits
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential, train

digits = split_digits()
rng = np.random.default_rng(0)
reader = Sequential(
    [Conv2D(1, 16, 3, rng=rng), ReLU(), MaxPool2D(), Dense(144, 10, rng=rng)]
)
train(reader, *digits.train, epochs=15, rng=rng, show=False)
share = np.mean(reader.predict(digits.test.x) == digits.test.y)
print(f"single digits: {share:.1%} right")

page = np.zeros((1, 1, 24, 96), np.float32)
written = {}
for index, column in enumerate(range(4, 86, 12)):
    row = int(rng.integers(0, 9)) * 2
    written[row // 2, column // 2] = int(digits.test.y[index])
    page[0, 0, row : row + 8, column : column + 8] = digits.test.x[index, 0]

dense = reader.layers[3].parameters
filters, biases = dense_to_conv(dense["w"], dense["b"], (16, 3, 3))
wide = page
for layer in reader.layers[:3]:
    wide = layer.forward(wide)
scores, _ = conv_forward(wide, filters.astype("f4"), biases.astype("f4"))
shares = np.exp(scores - scores.max(axis=1, keepdims=True))
shares = (shares / shares.sum(axis=1, keepdims=True))[0]
labels = shares.argmax(axis=0)
plot.score_map(page[0, 0], labels, shares.max(axis=0), 8, 2, marked=list(written))
plot.show()
print("answers:", labels.shape, "from one run")
right = sum(labels[place] == digit for place, digit in written.items())
print(f"exactly at the place of a digit: {right} of {len(written)} right")

# %% [markdown]
# Where a window holds a whole digit (the red frames), the answer is the one that the
# digit alone would get. Around it the network sees parts of a digit, and names those, too,
# often with great certainty: a 9 without its lower half may pass for another digit. On an
# empty window nothing is left but the biases. The network was never taught to say "nothing
# here". A detector needs that as a class of its own.
#
# Is one run the same as cutting out all windows? And what does it save?

# %% tags=["demo"]
windows = np.lib.stride_tricks.sliding_window_view(page[0, 0], (8, 8))[::2, ::2]
HO, WO = windows.shape[:2]
crops = np.ascontiguousarray(windows).reshape(HO * WO, 1, 8, 8)


def slide():
    wide = page
    for layer in reader.layers[:3]:
        wide = layer.forward(wide)
    return conv_forward(wide, filters.astype("f4"), biases.astype("f4"))[0][0]


def best_of(f, times=5):
    seconds = []
    for _ in range(times):
        started = perf_counter()
        f()
        seconds.append(perf_counter() - started)
    return 1000 * min(seconds)


apart = reader.forward(crops).T.reshape(10, HO, WO)
print(f"largest difference: {abs(apart - slide()).max():.1e}")
once, cut = best_of(slide), best_of(lambda: reader.forward(crops))
print(f"{HO * WO} windows cut out, as a batch: {cut:.1f} ms; one run: {once:.1f} ms")

# %% [markdown]
# The same numbers up to rounding, for a fraction of the work: neighbouring windows share
# most of their pixels, and one run computes what they share once. (With padding the two
# would differ at the borders: a cut-out window is padded with zeros, a window on the page
# has neighbours there.)

# %% [markdown]
# ## 5. A language for networks
#
# The lecture writes networks as patterns:
#
# ```
#   INPUT -> CONV -> RELU -> FC
#   INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC
#   INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC
# ```
#
# You turn such a line into layers that can be summarized, built and trained. The rules:
#
# ```
#   pattern   is   INPUT               or   INPUT -> chain
#   chain     is   part                or   part -> chain
#   part      is   CONV, RELU, POOL, FC     or   [ chain ] * number
# ```
#
# A number is 1 or more. Brackets may stand in brackets. Capitals and spaces make no
# difference. A pattern says nothing about sizes, so they are arguments.
#
# A parser is read by people when something is wrong, so its errors matter as much as its
# results. Yours point at the place:
#
# ```
#   expected CONV, RELU, POOL, FC, [
#     INPUT -> [CONV -> RELU -> POLL]*2 -> FC
#                               ^
# ```
#
# The kit does the tedious part. `tokens(pattern)` cuts a pattern into words, numbers and
# signs with their places, and `point_at(pattern, place, reason)` makes such a message:

# %% tags=["nbval-check-output"]
for token in tokens("input -> [CONV]*2"):
    print(token.place, repr(token.text))
print(point_at("INPUT -> [CONV)*2", 14, "expected -> or ]"))

# %% [markdown]
# Read the tokens from left to right with one index. For each rule write a function that
# takes what it needs and moves the index on. A chain inside a bracket is a chain: the
# function calls itself. There is always a next token to look at, because the last one, with
# the empty text, stands for the end.


# %% task="parse_pattern"
def parse_pattern(pattern, filters=16, size=3, hidden=64, classes=10):
    """The layers of a pattern such as "INPUT -> [CONV -> RELU -> POOL]*2 -> FC".

    pattern is one line of text by the rules above. Returns a list of dicts, one per
    layer; INPUT gives none, and what is in a bracket comes as often as its number says:

        CONV  {"type": "conv", "filters": filters, "size": size, "padding": P}
        RELU  {"type": "relu"}
        POOL  {"type": "pool", "size": 2, "stride": 2}
        FC    {"type": "fc", "outputs": hidden}, the last FC of the pattern has `classes`

    P is the padding that keeps height and width, (size - 1) / 2.

    Raises ValueError for a pattern against the rules. Read from left to right, the message
    points at the first word, number or sign that cannot stand where it stands: its last
    two lines are the pattern, and a caret ^ under the first character of what is wrong.
    Where the pattern ends too early, the caret stands one place behind its last character.
    """
    ### BEGIN SOLUTION hint: One index into the tokens, one inner function per rule.
    kinds = {
        "CONV": {
            "type": "conv",
            "filters": filters,
            "size": size,
            "padding": same_padding(size),
        },
        "RELU": {"type": "relu"},
        "POOL": {"type": "pool", "size": 2, "stride": 2},
        "FC": {"type": "fc", "outputs": hidden},
    }
    found, at = tokens(pattern), 0

    def take(*wanted):
        """Move on, if the next token is one of these."""
        nonlocal at
        text, place = found[at]
        if text not in wanted:
            words = ", ".join(word or "the end" for word in wanted)
            raise ValueError(point_at(pattern, place, f"expected {words}"))
        at += 1
        return text

    def number():
        text, place = found[at]
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(point_at(pattern, place, "expected a number from 1"))
        take(text)
        return int(text)

    def chain():
        layers = []
        while True:
            word = take(*kinds, "[")
            if word == "[":
                inner = chain()
                take("]")
                take("*")
                layers += inner * number()
            else:
                layers.append(kinds[word])
            if found[at].text != "->":
                return layers
            take("->")

    take("INPUT")
    layers = []
    if found[at].text == "->":
        take("->")
        layers = chain()
    take("")
    layers = [dict(layer) for layer in layers]
    for layer in reversed(layers):
        if layer["type"] == "fc":
            layer["outputs"] = classes
            break
    return layers
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Write `take(*wanted)` first: it looks at the next token, raises the pointing error if its
# text is not among the wanted ones, and moves on if it is. Then `take("INPUT")`, and for a
# chain a loop: take a word or "[", and go on as long as the next token is "->". After a
# "[" call the chain function, then take "]", "*" and a number, and repeat the list.
# Begin without brackets, and add them when the first case is right.
#
# </details>


# %% check="parse_pattern"
check(parse_pattern)

# %% [markdown]
# From a line of text to a network that learns. The digits again, three patterns, twelve
# epochs each, three seeds.
#
# *Predict, then look.* Which one has the most parameters? Which one reads best?

# %% tags=["demo"]
patterns = [
    "INPUT -> FC",
    "INPUT -> CONV -> RELU -> POOL -> FC",
    "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC",
]
for pattern in patterns:
    layers = parse_pattern(pattern)
    rows = summarize(layers, (1, 8, 8))
    shares = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        network = build_network(layers, (1, 8, 8), rng)
        train(network, *digits.train, epochs=12, rng=rng, show=False)
        shares.append(np.mean(network.predict(digits.test.x) == digits.test.y))
    learned, work = sum(row[2] for row in rows), sum(row[4] for row in rows)
    print(pattern)
    print(f"  {learned:>7,} parameters, {work:>7,} multiply-adds")
    print("  right:", ", ".join(f"{share:.1%}" for share in shares))
try:
    parse_pattern("INPUT -> [CONV -> RELU -> POLL]*2 -> FC")
except ValueError as error:
    print(error)

# %% [markdown]
# All three read about 97 of 100: on 8x8 pixels there is little to gain, and twelve epochs
# and three seeds do not tell them apart. A deeper pattern costs more parameters and work
# at once. What it gives in return, larger images have to show.
#
# ## 6. Six networks
#
# The kit holds six published networks as data, in your format with a few more types. Each
# is a page that you can read: open `course/kit/networks/resnet50.py`. This is one block of
# ResNet-50, whose output is what the layers give *plus* what came in:

# %% tags=["demo", "nbval-check-output"]
from course.kit.networks import (
    NETWORKS,
    RESNET50,
    VARIANTS,
    VGG16,
    crops_of,
    totals,
    trace,
)

block = next(each for each in RESNET50.layers if each.get("name") == "conv2_2")
for inner in block["layers"]:
    print(inner)
print("then: sum with the input of the block")

# %% [markdown]
# The new types, which the kit builds for you:
#
# | type | what it does |
# |---|---|
# | `branches` | several lists of layers on the same input, their outputs one behind the other in depth (GoogLeNet) |
# | `residual` | the output of its layers plus its input, or plus the output of a shortcut (ResNet) |
# | `batchnorm` | scale and shift each channel, by numbers learned and statistics collected in training |
# | `lrn` | divide by the size of the neighbours in depth (AlexNet, ZFNet) |
# | `global_pool` | the mean of each channel: 7x7x2048 becomes 1x1x2048 |
# | `pad`, `crop` | zeros around the volume; rows and columns that are cut off |
#
# `crop` deserves a word. ResNet's first layer has 7x7 windows, stride 2 and padding 3 on
# 224 pixels: (224 - 7 + 6) / 2 = 111.5. It does not fit. Libraries round down, which means
# that they leave out the last row and column without a word. Here they stand in the data.
#
# ### Do the numbers agree?
#
# A network's data is right if its parameters add up to the published count, to the last
# one. `summarize` does not know the new types; the kit's `trace` counts by the same rules.
#
# *Predict, then look.* Order the six by parameters, then by multiply-adds. Which network
# is much cheaper in one than in the other?

# %% tags=["demo", "nbval-check-output"]
print("network               parameters     published   multiply-adds   year")
for network in (*NETWORKS, *VARIANTS):
    found = totals(trace(network.layers, network.input_shape))
    assert found.parameters == network.parameters
    print(
        f"{network.name:18} {found.parameters:>13,} {network.parameters:>13,}"
        f" {found.multiply_adds:>15,}   {network.year}"
    )
plain = [
    layer for layer in VGG16.layers if layer["type"] in ("conv", "relu", "pool", "fc")
]
rows = summarize(plain, VGG16.input_shape)
print(f"VGG-16 by your summarize: {sum(row[2] for row in rows):,} parameters")
print(f"  {sum(row[4] for row in rows):,} multiply-adds")
seen_by_vgg = [layer for layer in plain if layer["type"] != "fc"]
print(f"  a neuron of its last pool sees {receptive_field(seen_by_vgg)} pixels")

# %% tags=["demo"]
import textwrap

for network in (*NETWORKS, *VARIANTS):
    print(f"{network.name}: {network.parameters:,}")
    for text in (f"Count: {network.source}.", f"Paper: {network.paper}.", network.note):
        print(
            textwrap.fill(text, 86, initial_indent="    ", subsequent_indent="      ")
        )

# %% [markdown]
# Two of these counts are worth a second look. LeNet-5 has 60,000 in its paper and 61,706 in
# textbooks, and the difference of 1,706 has three causes that add up. And "AlexNet" means
# at least three networks, with 60,965,224, 62,378,344 or 61,100,840 parameters. A number
# without its source is worth little.
#
# ### Where do they keep their numbers?
#
# *Predict, then look.* In which layers of VGG-16 are most of its 138 million parameters,
# and in which is most of its work? What did GoogLeNet and ResNet drop, to have 7 and 26
# million?

# %% tags=["demo"]
drawn = ("conv", "pool", "branches", "residual", "fc")
volumes = {
    network.name: [("input", network.input_shape)]
    + [
        (row.kind, row.shape)
        for row in trace(network.layers, network.input_shape)
        if row.level == 0 and row.kind in drawn
    ]
    for network in NETWORKS
}
plot.network_volumes(volumes)
costs = {"parameters": {}, "multiply-adds": {}, "memory": {}}
for network in NETWORKS:
    found = totals(trace(network.layers, network.input_shape))
    costs["parameters"][network.name] = found.parameters
    costs["multiply-adds"][network.name] = found.multiply_adds
    costs["memory"][network.name] = 4 * found.activations
plot.cost_bars(costs, {"memory": "bytes of all volumes, float32"})
plot.show()
print("share in fc layers    parameters   multiply-adds")
for network in NETWORKS:
    rows = trace(network.layers, network.input_shape)
    dense = totals(row for row in rows if row.kind == "fc")
    whole = totals(rows)
    print(
        f"{network.name:18} {dense.parameters / whole.parameters:>13.1%}"
        f" {dense.multiply_adds / whole.multiply_adds:>15.1%}"
    )

# %% [markdown]
# All six share one picture: many pixels and few channels at the beginning (high and thin in
# the figure), few pixels and many channels at the end (low and long). In VGG-16, 89 % of
# the parameters sit in three dense layers that do 1 % of the work.
# GoogLeNet and ResNet replace the first two of them by a mean over 7x7 places, and have
# only the last one left, with 1024 or 2048 inputs. That, more than anything else, is how
# they got smaller.
#
# ### Run them
#
# Random weights, one photograph, each network once. The scores mean nothing; that every
# volume has the traced shape means that the data can be run.

# %% tags=["demo"]
from course.kit.data import photograph

losses = {}
print("network       build    run        what comes out")
for network in NETWORKS:
    C, H, W = network.input_shape
    flower = photograph("flower", grey=C == 1)[None, :, 100 : 100 + H, 200 : 200 + W]
    started = perf_counter()
    built = build_network(
        network.layers, (C, H, W), np.random.default_rng(0), np.float32
    )
    ready = perf_counter()
    out = built.forward(flower.astype(np.float32))
    done = perf_counter()
    assert np.isfinite(out).all()
    losses[network.name] = [crop.lost for crop in crops_of(built) if crop.lost]
    print(
        f"{network.name:12} {ready - started:>4.1f} s {done - ready:>5.1f} s"
        f"     {out.shape[1]} numbers, the largest {out.max():.3f}"
    )
    del built

# %% [markdown]
# And what did the crops cost? For each: how many of the volume's numbers went, and how much
# of the sum of their squares.

# %% tags=["demo"]
for name, lost in losses.items():
    for each in lost:
        print(f"{name}: {each}")

# %% [markdown]
# Behind a `pad` a crop takes away zeros that the padding has just added: 0.0 % of the
# squares. It costs nothing, and what remains is a padding of 3 on one side and 2 on the
# other. In the shortcuts of ResNet it takes real numbers: windows of 1x1 with stride 2 step
# over the last row and column, and over every second one before. On 14x14 that is one part
# in seven. Rounding down in silence would have hidden both.

# %% [markdown]
# ### Question (1 point): where are the numbers?
#
# 1. VGG-16 has 138 million parameters, ResNet-50 has 26 million and is three times as
#    deep. Explain with two numbers from this lesson where the difference comes from.
# 2. A friend says: "Three 3x3 layers are better than one 7x7 in every respect." Which
#    respects were measured here, and in which one is the friend wrong?
# 3. The receptive field of two layers with dilation 2 is 9x9. Why would you still not use
#    them alone? Name the figure.
#
# Four to eight sentences are enough.

# %% [markdown] question="architectures" points=1
# ### BEGIN SOLUTION
# **Model answer.** The difference is in the dense layers: in VGG-16 they hold 89 % of the
# parameters (123.6 of 138.4 million) and do about 1 % of the multiply-adds. ResNet-50
# takes the mean of each channel first and has a single dense layer, with 2048·1000 + 1000
# parameters, 8 % of its own count. Its many convolutions are cheap because most are 1x1 or
# have few channels.
#
# Measured were weights and multiply-adds (both 27 to 49, that is 0.55), the time (somewhere
# near that), and the memory for what comes out: there the stack needs three volumes where
# the single layer needs one, three times as much, and a training keeps all of them.
#
# Two layers with dilation 2 look at 25 of the 81 pixels, on a grid; neighbouring pixels
# are never compared. The figure with three red frames shows the holes; with dilation 1
# and then 2 all 49 of 7x7 pixels are seen.
#
# **Mark scheme (1 point).**
# - 0.4: dense layers named as the place of VGG's parameters, with two numbers (share of
#   parameters, share of work, or ResNet's count in its fc layer).
# - 0.3: names two of weights, work and time as better, and memory for activations as worse.
# - 0.3: 25 of 81 pixels, or the grid of holes, with the figure.
# ### END SOLUTION

# %% [markdown]
# ## 7. Build the module
#
# | you built | used again in |
# |---|---|
# | `receptive_field`, `summarize` | here, on every network; whenever you choose one |
# | `parse_pattern` | whenever you want a network in one line |
# | `dilated_conv_forward`, `dilated_conv_backward` | here |
# | `dense_to_conv` | lesson 09, which runs a trained network on larger images |
#
# You know now what such networks cost. Training one of them from scratch takes millions of
# images and days. Lesson 09 shows how to use what somebody else's network has learned. The
# next cell writes `course/architectures.py` from your functions and lists what is not
# there yet.

# %%
from course.kit import build

build(
    "architectures",
    receptive_field,
    summarize,
    dilated_conv_forward,
    dilated_conv_backward,
    dense_to_conv,
    parse_pattern,
)
