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
# Four networks that changed computer vision, one point each: how many parameters they
# have, and how often the right answer is not among their five best guesses.

# %% tags=["demo"]
from course.kit import plot

# torchvision's trained models: parameters in millions, share of the five best right in %.
published = {
    "AlexNet, 2012": (61.1, 79.066),
    "VGG-16, 2014": (138.4, 90.382),
    "GoogLeNet, 2014": (6.6, 89.530),
    "ResNet-50, 2015": (25.6, 92.862),
}
errors = {name: (size, 100 - right) for name, (size, right) in published.items()}
x, y = "parameters in millions, logarithmic", "five guesses, all wrong: % of images"
plot.named_points(errors, x, y)
plot.show()

# %% [markdown]
# In three years the error fell to about a third, and the best network is *not* the largest:
# it has fewer than half the parameters of AlexNet. So size alone does not make a network good.
# What do these networks spend their parameters on, and what did each one change?
#
# You have all their parts but a few. First you write the tools with which people
# compare such networks. How far does a neuron see? How many numbers must a layer learn, keep
# and multiply? Then you put holes into a filter, so that it sees further for the same price,
# turn a dense layer into a convolution, so that a network trained on small images reads a
# whole page, and write a parser for the patterns that lectures use,
# `INPUT -> [CONV -> RELU -> POOL]*2 -> FC`. After that come the blocks of the later networks,
# residual, bottleneck and separable, and what each of them is good for: you train
# networks of up to 32 layers, with and without. At the end you run six published networks,
# count their parameters to the last one, and see what came after them.
#
# The last cell turns your functions into the module `course.architectures`. Plan about
# four hours. There are 10 points. Words in *italics* are in the
# [glossary](../../docs/glossary.md).
#
# (The errors are those that
# [torchvision publishes for its models](https://pytorch.org/vision/stable/models.html), on the
# 50,000 validation images of ImageNet. Section 8 counts the parameters to the last one.)

# %% [markdown]
# ## Before you start
#
# One question from lesson 08, which comes back in section 4.

# %% tags=["demo"]
from course.geometry import output_size
from course.kit.predict import predict

predict(
    "You cover a 32x32 image with a square of 8x8 pixels, at every place 4 pixels apart, "
    "and note the score each time. How many scores does the occlusion map hold?",
    output_size(32, 8, 4) ** 2,
    because="(32 - 8) / 4 + 1 = 7 places along each axis, and 7 · 7 in all",
)

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
# If they are left out, a conv has stride 1 and padding 0, and a pool has size 2 and stride 2.
# The promises of earlier lessons hold: what does not fit raises `ValueError`, the dtype that
# comes in goes out, and no input is changed.

# %% tags=["nbval-check-output"]
import numpy as np

from course.convolution import zero_pad
from course.geometry import output_size, same_padding, trace_shapes
from course.im2col import conv_forward
from course.kit import check
from course.kit.validation import point_at, tokens
from course.network import dense_forward

print("A 3x3 filter on 7 pixels takes", output_size(7, 3), "places.")

# %% [markdown]
# If this cell complains that something is not built yet, run the last cells of lessons
# 01, 02, 04, 06 and 07 first.

# %% [markdown]
# ## 1. How far does a neuron see?
#
# A neuron of the first 3x3 layer sees 3x3 pixels. A neuron of a second 3x3 layer sees 3x3
# numbers of the first, whose windows overlap: together they cover 5x5 pixels. With a third
# layer it is 7x7. The square of pixels that one number depends on is its *receptive field*.
# (The notes also use the word for the window of a single layer; here it always reaches back
# to the image.)
#
# Here are four layers, seen along one axis. The orange number at the top is made of all that
# is drawn below it:

# %% tags=["demo"]
conv3 = {"type": "conv", "size": 3}
plot.field_pyramid([conv3, conv3, {"type": "pool", "size": 2, "stride": 2}, conv3])
plot.show()

# %% [markdown]
# Read it from the image upwards.
#
# - A number of the image sees 1 pixel, itself. Its neighbours are 1 pixel apart. That
#   distance is the `step`.
# - A layer with windows of F makes the field larger by F - 1 steps.
# - A layer with stride S makes the step S times as large, for the layers *above* it.
#
# Follow the numbers at the right: $1 + 2 \cdot 1 = 3$, $3 + 2 \cdot 1 = 5$,
# $5 + 1 \cdot 1 = 6$, and after the pool, where neighbours are 2 pixels apart,
# $6 + 2 \cdot 2 = 10$. This is how pooling helps a network to see far: after it, the same 3x3
# filter reaches twice as far.
#
# A *dilated* filter, which you build in section 3, has D - 1 holes between its pixels: they lie
# `D * step` apart. With $R$ for the field, in general
#
# $$R_l = R_{l-1} + D_l\,(F_l - 1)\,\prod_{i<l} S_i ,\qquad R_0 = 1 ,$$
#
# which in code is `field += D * (F - 1) * step` and then `step *= S`. Padding adds no pixels
# that could be seen.


# %% task="receptive_field"
def receptive_field(layers):
    """Side of the square of input pixels that one number after the last layer depends on.

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
# Go up the figure row by row: each layer first makes the field larger, with the step that
# the layers *before* it have left, and only then the step.
#
# </details>


# %% check="receptive_field"
check(receptive_field)
assert receptive_field([{"type": "conv", "size": 3}] * 3) == 7

# %% [markdown]
# Now stack layers. The figure calls your `receptive_field`, and the red frame on the
# photograph is what one neuron after all of them sees. Which reaches further, a filter of
# 7x7, two more convolutions or a pool?

# %% tags=["demo"]
from course.kit import explore

explore.fields(receptive_field)

# %% [markdown]
# ### Check it without the formula
#
# A formula may be wrong in the same way as the code that uses it. So ask the network.
# Build it with random weights, make one pixel of the image brighter, and see whether the
# number in the middle of the last volume changes. Do that with each pixel in turn. All
# weights are made positive first: then a brighter pixel can only make things brighter, and
# no ReLU and no maximum hides it.
#
# We do that with three networks on 21x21 pixels: three 3x3 convolutions; a single 7x7; and
# conv, pool, conv.

# %% tags=["demo"]
predict(
    "A 3x3 convolution, a pool of 3x3 with stride 2, and a 3x3 convolution. How many pixels "
    "wide is the field?",
    receptive_field([conv3, {"type": "pool", "size": 3, "stride": 2}, conv3]),
    because="1 + 2 · 1 = 3, then 3 + 2 · 1 = 5, then the step is 2: 5 + 2 · 2 = 9",
)
predict(
    "Three 3x3 layers see 7x7 pixels. Do all 49 of them change the output by about as much?",
    "no, those in the middle count more",
    ["yes, all about the same", "no, those in the middle count more"],
    because="the middle reaches the output along many paths, a corner along one",
)

# %% tags=["demo"]
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
# The frames are as large as the formula says. But their pixels do not all count the
# same. Count the paths that lead from a pixel up to the output, along one axis:

# %% tags=["demo", "nbval-check-output"]
paths = np.ones(1, int)
for layer in range(1, 4):
    paths = np.convolve(paths, [1, 1, 1])
    print(f"{layer} layers of 3x3:", *paths)
print(
    f"in two dimensions the middle has {paths[3] ** 2} paths, a corner {paths[0] ** 2}"
)

# %% [markdown]
# So 7x7 is the most that the stack *can* see, and what it mostly sees is smaller. Papers call
# that the *effective receptive field* (Luo et al., in Further reading).

# %% [markdown]
# ## 2. What does a layer cost?
#
# Three costs, for one image:
#
# - **parameters**, which must be learned and stored: lesson 01;
# - **memory** for what comes out of the layer. In float32 each number takes 4 bytes;
# - **multiply-adds**, the work. Each of the HO·WO·K outputs of a convolution is a sum of
#   C·FH·FW products; each output of an fc layer is a sum of as many products as it has inputs.
#   Adding the bias is not counted, and relu and pool multiply nothing.
#
# $$\text{multiply-adds} = \underbrace{\text{HO} \cdot \text{WO}}_{\text{places}} \cdot
# \underbrace{K \cdot C \cdot \text{FH} \cdot \text{FW}}_{\text{weights}}$$
#
# Take 10 filters of 3x3, padding 1, on 32x32x3:
#
# | | | |
# |---|---|---:|
# | shape | 10 x 32 x 32 | 10,240 numbers |
# | parameters | 10 · (3·3·3 + 1) | 280 |
# | memory | 4 · 10,240 | 40,960 bytes |
# | multiply-adds | 32·32 places · 10 filters · 27 | 276,480 |
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
# Both see 7x7. For C channels that stay C, three 3x3 layers have $3 \cdot 9\,C^2 = 27\,C^2$
# weights and one 7x7 layer has $49\,C^2$; for the multiply-adds there is a factor $H\,W$ more on
# both sides. 27/49 is 0.55. VGG is built on this comparison (Simonyan and Zisserman,
# section 2.3).
#
# There is one more cost. Training keeps, for every layer, what its backward pass needs, until
# the gradients come back. What your `conv_forward` keeps is X_col, in which each pixel occurs
# F·F times.

# %% tags=["demo"]
predict(
    "Three 3x3 layers in place of one 7x7, all made of your `conv_forward`. Which cost is "
    "*larger* for the stack?",
    "the volumes that come out",
    ["the multiply-adds", "the volumes that come out", "what is kept for the way back"],
    because="three volumes come out instead of one; but three X_col with 9 copies of each "
    "pixel are less than one with 49",
)

# %% tags=["demo"]
import tracemalloc
from time import perf_counter


def held_bytes(network, image):
    """What the layers still hold after a forward pass."""
    tracemalloc.start()
    out = network.forward(image)
    held = tracemalloc.get_traced_memory()[0] - out.nbytes
    tracemalloc.stop()
    return held


C, H, W = 32, 56, 56
small = {"type": "conv", "filters": C, "size": 3, "padding": 1}
candidates = {
    "three 3x3": [small] * 3,
    "one 7x7": [small | {"size": 7, "padding": 3}],
}
image = np.random.default_rng(0).random((1, C, H, W)).astype(np.float32)
costs = {"weights": {}, "multiply-adds": {}, "time": {}, "outputs": {}, "kept": {}}
for name, layers in candidates.items():
    rows = summarize(layers, (C, H, W))
    network = build_network(layers, (C, H, W), np.random.default_rng(0), np.float32)
    times = []
    for _ in range(7):
        started = perf_counter()
        network.forward(image)
        times.append(perf_counter() - started)
    costs["weights"][name] = sum(row[2] for row in rows) - C * len(layers)
    costs["outputs"][name] = sum(row[3] for row in rows)
    costs["kept"][name] = held_bytes(network, image)
    costs["multiply-adds"][name] = sum(row[4] for row in rows)
    costs["time"][name] = 1000 * min(times)
units = {
    "outputs": "bytes of what comes out",
    "kept": "bytes kept for the way back",
    "time": "milliseconds, best of 7",
}
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
# Weights and work are 27/49 = 0.55. On a computer that is not busy, the time is near that.
# The stack has three volumes coming out where the single layer has one. That matters in a
# library that keeps each layer's *input* for the way back and no X_col, as yours will in lesson
# 11: there the stack needs three times as much. With the layers of lesson 04, X_col decides,
# and the stack keeps *less*. "Memory" alone means nothing: say which memory, and of which
# program.
#
# In exchange the stack has room for a ReLU after each of its three layers, where the single
# layer has one. That, and not only the price, is why the notes call small filters powerful.

# %% [markdown]
# ## 3. Filters with holes
#
# Another way to see further is to pull the filter apart: a *dilated* or *atrous* convolution
# (Yu and Koltun, 2015). With dilation 2, a filter of the three weights 1, 10 and 100 meets
# pixels 0, 2 and 4, then 1, 3 and 5:

# %% tags=["demo"]
plot.dilated_windows([1, 2, 3, 4, 5, 6], [1, 10, 100], dilation=2)
plot.show()

# %% [markdown]
# Here D is counted as PyTorch counts it: D is how far apart the weights lie, and 1 is an
# ordinary filter. The lecture notes count the holes: their dilation 0 is our 1, their 1 is
# our 2. A filter of F weights reaches over $D\,(F - 1) + 1$ pixels, and that is the width
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
# weight is the sum of that slice times `dout`, and `dout` times the weight goes back to that
# slice of the padded image, where it is *added*. Along one axis, at stride 1:
#
# $$\frac{\partial L}{\partial w_f} = \sum_{p} \frac{\partial L}{\partial\, \text{out}_p}\; x_{p + fD},
# \qquad
# \frac{\partial L}{\partial x_{p + fD}} \mathrel{+}= \frac{\partial L}{\partial\, \text{out}_p}\; w_f .$$
#
# In the example, with `dout` = 1, 2:
#
# | weight | met | `dw` | gives back to `dx` |
# |---|---|---|---|
# | 1 | $x_0 = 1$, $x_1 = 2$ | 1·1 + 2·2 = 5 | 1·1 to pixel 0, 2·1 to pixel 1 |
# | 10 | $x_2 = 3$, $x_3 = 4$ | 1·3 + 2·4 = 11 | 1·10 to pixel 2, 2·10 to pixel 3 |
# | 100 | $x_4 = 5$, $x_5 = 6$ | 1·5 + 2·6 = 17 | 1·100 to pixel 4, 2·100 to pixel 5 |


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
# The field of a stack of 3x3 layers grows by 2 per layer. Now double the dilation from layer
# to layer: 1, 2, 4, 8, 16. No weight is added.

# %% tags=["demo"]
predict(
    "How many pixels wide is the field after five 3x3 layers with dilation 1, 2, 4, 8, 16?",
    receptive_field([conv3 | {"dilation": 2**n} for n in range(5)]),
    because="1 + 2 · (1 + 2 + 4 + 8 + 16)",
)
predict(
    "Two 3x3 layers, both with dilation 2, have a field of 9x9. How many of the 81 pixels "
    "do they look at?",
    int(np.count_nonzero(seen([conv | {"dilation": 2}] * 2, side=15))),
    because="each step is 2 pixels long, so along each axis only every second pixel is met: 5 · 5",
)

# %% tags=["demo"]
kinds = {
    "dilation 1, 2, 4, 8, 16": [conv | {"dilation": 2**n} for n in range(5)],
    "dilation 2 everywhere": [conv | {"dilation": 2}] * 5,
    "no dilation": [conv] * 5,
}
fields = {
    name: [receptive_field(layers[:n]) for n in range(6)]
    for name, layers in kinds.items()
}
plot.growth(fields, "side of the receptive field in pixels")
stacks = {
    "dilation 1, then 1": [conv, conv],
    "dilation 1, then 2": [conv, conv | {"dilation": 2}],
    "dilation 2, then 2": [conv | {"dilation": 2}] * 2,
}
plot.seen_pixels({name: seen(layers, side=15) for name, layers in stacks.items()})
plot.show()

# %% [markdown]
# 63 pixels instead of 11. But look at the right picture: the same dilation twice looks at
# 25 of 81 pixels, on a grid, and is blind between them. With 1 and then 2 there is no
# hole: 49 of 49. That is why dilations are usually mixed or doubled, and why the notes
# say "in conjunction with 0-dilated filters".
#
# ### A narrow field against a wide one
#
# Here is a task for both. Each image has two bright dots on noise, 10 pixels apart:
# side by side (class 1) or one above the other (class 0). Your dilated convolution becomes a
# layer of lesson 06's kind, and two networks learn the task. Both have three layers of 8 filters
# of 3x3, the mean of each channel, and a dense layer: the same number of weights. One has
# dilation 1, 1, 1, the other 1, 2, 4.

# %% tags=["demo"]
predict(
    "The fields are 7 and 15 pixels wide, and the dots 10 apart. How many of 100 new images "
    "does the narrow network get right?",
    50,
    because="no number in it ever sees both dots of a pair, so it can only guess",
    within=8,
)

# %% tags=["demo"]
from course.kit.layers import AveragePool
from course.network import SGD, Dense, ReLU, Sequential, train


class Dilated:
    """A layer of 3x3 filters with holes, made of your two functions."""

    def __init__(self, channels, filters, dilation, rng):
        w = rng.standard_normal((filters, channels, 3, 3)) * np.sqrt(2 / (9 * channels))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients, self.dilation = {}, dilation

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dilated_conv_forward(x, w, b, dilation=self.dilation)
        return out

    def backward(self, dout):
        dx, dw, db = dilated_conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


def two_dots(count, rng):
    """Images (count, 1, 24, 24) with two dots, and labels: 1 where they are side by side."""
    x = 0.1 * rng.standard_normal((count, 1, 24, 24)).astype(np.float32)
    y = rng.integers(0, 2, count)
    for image, beside in zip(x[:, 0], y, strict=True):
        row, column = rng.integers(8, 16, 2)
        down, right = (0, 5) if beside else (5, 0)
        image[row - down, column - right] += 1
        image[row + down, column + right] += 1
    return x, y


images, labels = two_dots(4, np.random.default_rng(8))
plot.contact_sheet(images, labels, classes=("above", "beside"), columns=4)
plot.show()
for dilations in ((1, 1, 1), (1, 2, 4)):
    rng = np.random.default_rng(0)
    dots, new_dots = two_dots(500, rng), two_dots(300, rng)
    layers, channels = [], 1
    for D in dilations:
        layers += [Dilated(channels, 8, D, rng), ReLU()]
        channels = 8
    side = 24 - 2 * sum(dilations)  # of the last map; the pool takes its mean
    network = Sequential([*layers, AveragePool(side), Dense(8, 2, rng=rng)])
    optimizer = SGD(network, 0.1)
    train(network, *dots, epochs=12, optimizer=optimizer, rng=rng, show=False)
    share = np.mean(network.predict(new_dots[0]) == new_dots[1])
    field = receptive_field([conv | {"dilation": D} for D in dilations])
    print(f"dilation {dilations}, field {field}: {share:.0%} of the new images right")

# %% [markdown]
# The narrow network guesses: whatever its weights are, the mean over the image adds up what each
# dot gives by itself. When you choose layers, compare their field with the size of the things
# that must be seen together.

# %% [markdown]
# ## 4. A dense layer is a convolution
#
# The notes say that a trained network can be run on images of another size. The convolutions
# and the pooling do not mind. The dense layer does: it has one weight per number of the
# volume it was made for. But a dense layer on a volume of CxHxW computes the same as a
# convolution with filters of HxW, as large as the volume: one place, M filters, M outputs.
#
# $$\text{score}_m = b_m + \sum_{c,h,w} x_{c,h,w}\; W_{(c,h,w),\,m}
# \;=\; b_m + \sum_{c,h,w} x_{c,h,w}\; \text{filter}_{m,c,h,w}$$
#
# On a larger volume that convolution has more than one place. A network of convs and pools
# only is called *fully convolutional*.
#
# Take a volume with 1 channel, 2x2, and a dense layer with two outputs. The image is laid
# out row by row, so the weights of an output, a column of `w`, become a filter row by row:

# %% tags=["demo"]
columns = np.array([[1, 5], [2, 6], [3, 7], [4, 8]])
filters = {"filter 0": [[1, 2], [3, 4]], "filter 1": [[5, 6], [7, 8]]}
grids = {"w of the dense layer": columns} | filters
plot.number_grids({name: np.array(grid) for name, grid in grids.items()}, "weight")
plot.show()


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

# %% tags=["demo"]
predict(
    "The network reads windows of 8x8. Its pool has stride 2, so the windows are 2 pixels "
    "apart. How many answers does one run give for a page of 24x96 pixels?",
    output_size(24, 8, 2) * output_size(96, 8, 2),
    because="9 rows of 45: it is the occlusion map of the beginning, without the covering",
)

# %% tags=["demo"]
from course.kit.data import split_digits
from course.network import Conv2D, MaxPool2D

digits = split_digits()
rng = np.random.default_rng(0)
reader = Sequential(
    [Conv2D(1, 16, 3, rng=rng), ReLU(), MaxPool2D(), Dense(144, 10, rng=rng)]
)
train(reader, *digits.train, epochs=15, rng=rng, show=False)
unseen = digits.validation  # the test images wait until something has been chosen
share = np.mean(reader.predict(unseen.x) == unseen.y)
print(f"single digits that it has not learned from: {share:.1%} right")

page = np.zeros((1, 1, 24, 96), np.float32)
written = {}
for index, column in enumerate(range(4, 86, 12)):
    row = int(rng.integers(0, 9)) * 2
    written[row // 2, column // 2] = int(unseen.y[index])
    page[0, 0, row : row + 8, column : column + 8] = unseen.x[index, 0]

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
# digit alone would get. Around it the network sees parts of digits and names those, too,
# often with great certainty: every small number in the lower picture is such an answer. On an
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
# has neighbours there. Lesson 10 measures by how much.)

# %% [markdown]
# ## 5. A language for networks
#
# Lectures write networks as patterns:
#
# ```
#   INPUT -> CONV -> RELU -> FC
#   INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC
#   INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC
# ```
#
# The third has two CONVs before every POOL. That suits larger and deeper networks: two layers
# can build a more complex feature before the pool throws three of four numbers away.
#
# You turn such a line into layers that can be summarized, built and trained. The rules:
#
# ```
#   pattern   is   INPUT               or   INPUT -> chain
#   chain     is   part                or   part -> chain
#   part      is   CONV, RELU, POOL, FC     or   [ chain ] * number
# ```
#
# A number is 1 or more. Brackets may be nested. Capitals and spaces make no
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
    points at the first word, number or sign that cannot be where it is: its last
    two lines are the pattern, and a caret ^ under the first character of what is wrong.
    Where the pattern ends too early, the caret is one place after its last character.
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
# Read the message of a wrong pattern as somebody would who has made the mistake:

# %% tags=["demo", "nbval-check-output"]
try:
    parse_pattern("INPUT -> [CONV -> RELU -> POLL]*2 -> FC")
except ValueError as error:
    print(error)

# %% [markdown]
# ## 6. Blocks
#
# A pattern knows four words. The networks after VGG are made of larger pieces, each a few
# layers long. You build them here, and in section 7 you find out what each is good for.
#
# ### Around the layers, and the mean at the end
#
# A *residual block* (He and others, 2015) adds what came in to what its layers make of it:
#
# $$\text{out} = \text{body}(x) + x \qquad\text{so}\qquad
# \frac{\partial L}{\partial x} = \text{the way back through the body} + \frac{\partial L}{\partial\,\text{out}} .$$
#
# Look at the second formula. Whatever the body's weights are, the whole gradient also comes
# through unchanged. Where body(x) has another shape than x, x goes through layers of its own,
# the *shortcut*.
#
# The other layer is older (Lin, Chen and Yan, 2013). *Global average pooling* keeps one number
# of each channel, its mean over all H·W places: on the way back every place gets
# $\frac{1}{HW}$ of the gradient. It has nothing to learn, and it replaces the largest dense
# layer of a network.


# %% task="Residual"
class Residual:
    """A layer: out = body(x) + x, or body(x) + shortcut(x).

    body, shortcut: layers or networks, with forward, backward, parameters and gradients;
    shortcut None: x itself is added. `layers` is the list [body], or [body, shortcut]:
    through it `set_training` finds what is inside.
    """

    def __init__(self, body, shortcut=None):
        ### BEGIN SOLUTION hint: Keep both, and the list.
        self.body, self.shortcut = body, shortcut
        self.layers = [body] if shortcut is None else [body, shortcut]
        ### END SOLUTION

    def forward(self, x):
        """The sum. x is not changed.

        Raises ValueError that names both shapes when they differ: nothing is broadcast.
        """
        ### BEGIN SOLUTION hint: Two ways forward; compare their shapes, then add.
        out = self.body.forward(x)
        straight = x if self.shortcut is None else self.shortcut.forward(x)
        if out.shape != straight.shape:
            raise ValueError(
                f"the body gives {out.shape}, and {straight.shape} is to be added"
            )
        return out + straight
        ### END SOLUTION

    def backward(self, dout):
        """dx for the last forward. dout is not changed."""
        ### BEGIN SOLUTION hint: dout goes back both ways, and what arrives is added.
        straight = dout if self.shortcut is None else self.shortcut.backward(dout)
        return self.body.backward(dout) + straight
        ### END SOLUTION

    @property
    def parameters(self):
        """Those of both parts, with "body." or "shortcut." before their names."""
        ### BEGIN SOLUTION hint: As in Sequential, with names in place of numbers.
        return {
            f"{part}.{name}": array
            for part, layer in zip(("body", "shortcut"), self.layers)
            for name, array in layer.parameters.items()
        }
        ### END SOLUTION

    @property
    def gradients(self):
        """The gradients of the last backward under the names of the parameters."""
        ### BEGIN SOLUTION hint: As parameters.
        return {
            f"{part}.{name}": array
            for part, layer in zip(("body", "shortcut"), self.layers)
            for name, array in layer.gradients.items()
        }
        ### END SOLUTION


# %% task="GlobalAveragePool"
class GlobalAveragePool:
    """A layer: the mean of each channel. parameters and gradients: {}."""

    def __init__(self):
        ### BEGIN SOLUTION hint: Two empty dicts.
        self.parameters, self.gradients = {}, {}
        ### END SOLUTION

    def forward(self, x):
        """out (N, C, 1, 1) for x (N, C, H, W), in the dtype of x."""
        ### BEGIN SOLUTION hint: keepdims keeps the two axes.
        self.shape = x.shape
        return x.mean(axis=(2, 3), keepdims=True)
        ### END SOLUTION

    def backward(self, dout):
        """dx (N, C, H, W) for dout (N, C, 1, 1), in the dtype of dout."""
        ### BEGIN SOLUTION hint: Every place gets an equal part. np.ones(..., dtype) helps.
        _N, _C, H, W = self.shape
        return np.ones(self.shape, dout.dtype) * (dout / (H * W))
        ### END SOLUTION


# %% check="two_layers"
check(Residual, GlobalAveragePool)

# %% [markdown]
# ### One filter for each channel
#
# A convolution does two things at once: it looks around in the image, and it mixes channels. A
# *depthwise separable* convolution does one after the other. First, each channel is convolved
# with a filter of its own, which is only one channel deep (*depthwise*). Then a 1x1 layer mixes the
# channels. With C channels in and K out, the weights are
#
# $$\underbrace{C \cdot \text{FH} \cdot \text{FW}}_{\text{depthwise}} + \underbrace{K \cdot C}_{1 \times 1}
# \quad\text{in place of}\quad K \cdot C \cdot \text{FH} \cdot \text{FW}.$$
#
# You have the 1x1 layer. For the other one, output channel c is made of input channel c alone:
#
# $$\text{out}_{n,c,ho,wo} = b_c + \sum_{fh,fw} x_{n,c,\;ho\,S + fh,\;wo\,S + fw}\; w_{c,fh,fw}$$


# %% task="depthwise_conv_forward"
def depthwise_conv_forward(x, w, b, stride=1, padding=0):
    """Forward pass of a convolution with one filter for each channel.

    x is a batch (N, C, H, W) of floats, w holds C filters (C, FH, FW), b their biases (C,).
    Channel c of the output is channel c of x convolved with w[c], plus b[c]. stride and
    padding are those of conv_forward. Nothing is changed.

    Returns (out, cache), out (N, C, HO, WO) in the dtype of x. What the cache holds is up
    to you.
    Raises ValueError when the filters do not fit (`output_size` does that).
    """
    ### BEGIN SOLUTION hint: The loop over the window; each slice times one number per channel.
    _N, C, H, W = x.shape
    _, FH, FW = w.shape
    S = stride
    HO, WO = output_size(H, FH, S, padding), output_size(W, FW, S, padding)
    padded = zero_pad(x, padding)
    out = np.zeros((len(x), C, HO, WO), dtype=x.dtype)
    for fh in range(FH):
        for fw in range(FW):
            met = padded[:, :, fh : fh + S * HO : S, fw : fw + S * WO : S]
            out += met * w[:, fh, fw].reshape(C, 1, 1)
    out += b.reshape(C, 1, 1)
    return out, (padded, w, S, padding)
    ### END SOLUTION


# %% task="depthwise_conv_backward"
def depthwise_conv_backward(dout, cache):
    """Backward pass of depthwise_conv_forward: the gradients of sum(out * dout).

    dout is (N, C, HO, WO), and is not changed. cache is what depthwise_conv_forward
    returned.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b.
    """
    ### BEGIN SOLUTION hint: As dilated_conv_backward, without a sum over channels.
    padded, w, S, P = cache
    _N, C, HO, WO = dout.shape
    H, W = (length - 2 * P for length in padded.shape[2:])
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for fh in range(w.shape[1]):
        for fw in range(w.shape[2]):
            rows = slice(fh, fh + S * HO, S)
            columns = slice(fw, fw + S * WO, S)
            dw[:, fh, fw] = (dout * padded[:, :, rows, columns]).sum(axis=(0, 2, 3))
            dpadded[:, :, rows, columns] += dout * w[:, fh, fw].reshape(C, 1, 1)
    return dpadded[:, :, P : P + H, P : P + W], dw, dout.sum(axis=(0, 2, 3))
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Take your dilated convolution and ask what changes: there is no sum over channels.
# `w[:, fh, fw].reshape(C, 1, 1)` is one number for each channel, for the slice of every image.
#
# </details>


# %% check="depthwise"
check(depthwise_conv_forward, depthwise_conv_backward)

# %% [markdown]
# As a layer of lesson 06's kind it is short, so here it is:


# %%
class DepthwiseConv2D:
    """depthwise_conv_forward as a layer; weights as in Conv2D, for filters one channel deep."""

    def __init__(self, channels, size, stride=1, padding=0, bias=True, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        w = rng.standard_normal((channels, size, size)) * np.sqrt(2) / size
        self.parameters = {"w": w} | ({"b": np.zeros(channels)} if bias else {})
        self.gradients, self.stride, self.padding = {}, stride, padding

    def forward(self, x):
        w = self.parameters["w"].astype(x.dtype, copy=False)
        b = self.parameters.get("b", np.zeros(len(w))).astype(x.dtype, copy=False)
        settings = self.stride, self.padding
        out, self.cache = depthwise_conv_forward(x, w, b, *settings)
        return out

    def backward(self, dout):
        dx, dw, db = depthwise_conv_backward(dout, self.cache)
        self.gradients = {"w": dw} | ({"b": db} if "b" in self.parameters else {})
        return dx


# %% [markdown]
# ### Blocks as data
#
# Networks are built of blocks by functions that return layers, in the format from the
# beginning of the lesson with three types more:
#
# ```
#   {"type": "batchnorm"}                       batch normalisation, lesson 07
#   {"type": "residual", "layers": [...]}       the body of a Residual
#   {"type": "conv", ..., "groups": C}          C filters for C channels: depthwise
# ```
#
# A convolution before a batch normalisation needs no bias: the mean is subtracted at once, and
# with it any number that was added everywhere. `"bias": False` says so. Three blocks:
#
# | block | layers |
# |---|---|
# | normalised | conv, batchnorm, relu |
# | residual | around two normalised blocks; the last relu comes after the sum |
# | residual, as a *bottleneck* | around three: 1x1 to `thin` filters, 3x3 with `thin` filters, 1x1 back |
# | separable | depthwise 3x3, batchnorm, relu, then 1x1, batchnorm, relu |


# %% task="normalised_block"
def normalised_block(filters, size=3):
    """A convolution that keeps height and width, batch normalisation, and a ReLU: three dicts.

    The first is {"type": "conv", "filters": filters, "size": size, "padding": P,
    "bias": False}, with P = (size - 1) / 2, the others {"type": "batchnorm"} and
    {"type": "relu"}. Raises ValueError for an even size (`same_padding` does that).
    """
    ### BEGIN SOLUTION hint: A list of three dicts.
    conv = {"type": "conv", "filters": filters, "size": size}
    conv |= {"padding": same_padding(size), "bias": False}
    return [conv, {"type": "batchnorm"}, {"type": "relu"}]
    ### END SOLUTION


# %% task="residual_block"
def residual_block(filters, thin=None):
    """A residual block on a volume of `filters` channels: two dicts.

    The first is {"type": "residual", "layers": body}, the second {"type": "relu"}. The body
    is two normalised blocks of 3x3 with `filters` filters each; or, if thin is given, the
    bottleneck: normalised blocks of 1x1 and 3x3 with `thin` filters each, and of 1x1 with
    `filters`. The last normalised block of a body has no ReLU: it stands behind the sum.
    """
    ### BEGIN SOLUTION hint: Join lists of normalised_block, and leave out the last layer.
    body = normalised_block(filters) + normalised_block(filters)
    if thin is not None:
        body = normalised_block(thin, 1) + normalised_block(thin)
        body += normalised_block(filters, 1)
    return [{"type": "residual", "layers": body[:-1]}, {"type": "relu"}]
    ### END SOLUTION


# %% task="separable_block"
def separable_block(channels, filters):
    """A depthwise separable convolution of 3x3 from `channels` to `filters` channels: six dicts.

    A normalised block of 3x3 with as many filters as channels, whose conv has one key more,
    "groups": channels; then a normalised block of 1x1 with `filters` filters.
    """
    ### BEGIN SOLUTION hint: Two normalised blocks; the first conv gets a key.
    depthwise, *rest = normalised_block(channels)
    pointwise = normalised_block(filters, 1)
    return [depthwise | {"groups": channels}, *rest, *pointwise]
    ### END SOLUTION


# %% check="blocks"
check(normalised_block, residual_block, separable_block)

# %% [markdown]
# A function that returns layers is a block; a sum of lists is a network. The kit builds it
# with *your* classes, if it is told where they are. (`build_network` otherwise takes those of
# `course.architectures`, which you have not made yet.)

# %% tags=["demo", "nbval-check-output"]
from course.kit.networks import build_network, totals, trace
from course.training import BatchNorm

own = {"batchnorm": BatchNorm, "residual": Residual, "depthwise": DepthwiseConv2D}
own["global_pool"] = GlobalAveragePool

small = [*normalised_block(8), *residual_block(8), *separable_block(8, 16)]
small += [{"type": "global_pool"}, {"type": "fc", "outputs": 10}]
print(f"{len(trace(small, (1, 14, 14)))} layers, those inside others counted")
network = build_network(small, (1, 14, 14), np.random.default_rng(0), own=own)
print("scores:", network.forward(np.ones((2, 1, 14, 14))).shape)

# %% [markdown]
# ### What a block saves
#
# The first 1x1 layer of a bottleneck makes the volume thin, so that the expensive 3x3 has few
# channels to look at; the last one makes it deep again. *Network in Network* (Lin, Chen and Yan,
# 2013) introduced such layers, GoogLeNet put them in front of its larger windows, ResNet on
# both sides. Count it for the size at which ResNet-50 begins, 256 channels of 56x56:

# %% tags=["demo"]
sizes = (256, 56, 56)
candidates = {
    "3x3": normalised_block(256),
    "bottleneck, to 64": residual_block(256, 64),
    "separable 3x3": separable_block(256, 256),
}
work = {name: totals(trace(each, sizes)) for name, each in candidates.items()}

# %% tags=["demo"]
predict(
    "256 channels go in and come out. How many times fewer multiply-adds than a single 3x3 layer "
    "with 256 filters has a bottleneck with 64 thin ones: 1x1, 3x3, 1x1?",
    work["3x3"].multiply_adds / work["bottleneck, to 64"].multiply_adds,
    because="per place 256·9·256 = 589,824 against 256·64 + 64·9·64 + 64·256 = 69,632",
    within=1,
)

# %% tags=["demo"]
volume = np.random.default_rng(0).random((1, *sizes)).astype(np.float32)
costs = {"parameters": {}, "multiply-adds": {}, "time": {}}
for name, layers in candidates.items():
    rng = np.random.default_rng(0)
    block = build_network(layers, sizes, rng, np.float32, own=own)
    times = []
    for _ in range(4):
        started = perf_counter()
        block.forward(volume)
        times.append(perf_counter() - started)
    costs["parameters"][name] = work[name].parameters
    costs["multiply-adds"][name] = work[name].multiply_adds
    costs["time"][name] = 1000 * min(times)
plot.cost_bars(costs, {"time": "milliseconds forward, best of 4"})
plot.show()
for cost, values in costs.items():
    thin, split = (
        values["3x3"] / values[name] for name in ("bottleneck, to 64", "separable 3x3")
    )
    print(f"{cost:14} bottleneck {thin:4.1f} times less, separable {split:4.1f}")

# %% [markdown]
# The counts fall by a factor of about eight and a half, the time by less: numbers are also copied
# into X_col, normalised and written, and your depthwise layer does so little with each number it
# reads that memory sets its pace. A count is the same on every machine, but it is not the time.
# Nor does it say whether the block *learns* as much as what it replaces.

# %% [markdown]
# ## 7. Experiments
#
# Training is the only way to find out, so you train, on real images: scanned digits and crops of
# photographs. Each result below comes from five seeds. That takes minutes, so the script that made
# the numbers lies beside them in the kit (`course/kit/measured/`), and the page repeats one
# training of each with *your* functions. The tables are about test images that decided nothing.
#
# ### Deeper
#
# VGG was better than AlexNet because it was deeper. Why stop at 16 layers? Take the digits of
# lesson 07 at half their size, a first convolution of 8 filters, then more and more 3x3
# convolutions of 8 filters, the mean of each channel, and ten scores. The residual networks have
# a shortcut around every two of these convolutions, the *plain* ones have not. Shortcuts learn
# nothing: both have the same number of parameters. Each network's learning rate is the best of three
# on the validation digits, tried with a sixth seed.

# %% tags=["demo"]
from course.kit.measured import measured

deep = measured("depth")
cells = {(row["kind"], row["depth"]): row for row in deep["rows"]}


def accuracy(kind, depth, part):
    """Percentages of the five trainings."""
    return [100 * share for share in cells[kind, depth][part]]


# %% tags=["demo"]
predict(
    "All with batch normalisation, six epochs on 1,000 digits. A plain network of 32 layers could copy "
    "what one of 8 layers does, and pass it on unchanged. On the digits it *learns* from, "
    "compared with 8 layers, is it ...",
    "worse",
    ["better", "about the same", "worse"],
    because=f"{np.mean(accuracy('plain, normalised', 32, 'training')):.0f} % against "
    f"{np.mean(accuracy('plain, normalised', 8, 'training')):.0f} %: this is not overfitting, "
    "it does not even learn the images it is shown",
)

# %% tags=["demo"]
depths = (4, 8, 16, 32)
kinds = ("plain", "residual", "plain, normalised", "residual, normalised")
by_depth = {
    kind: {depth: accuracy(kind, depth, "test") for depth in depths} for kind in kinds
}
plot.depth_lines(by_depth)
plot.show()
print("right on the digits learned from, and on test digits: mean (lowest to highest)")
for kind in kinds:
    for depth in depths:
        known, new = (accuracy(kind, depth, part) for part in ("training", "test"))
        print(
            f"{kind:21} {depth:>2} layers"
            f"  {np.mean(known):3.0f} ({min(known):.0f} to {max(known):.0f})"
            f"  {np.mean(new):3.0f} ({min(new):.0f} to {max(new):.0f})"
        )

# %% [markdown]
# Three things are in this picture. *Without* batch normalisation no deep network learns, with a
# shortcut or not: from 16 layers on they guess. *With* it, the plain network is at its best
# with 8 layers and falls after that, to about half of the digits it learns from. More layers, more
# parameters, and worse on the images it is shown: that is not overfitting. He and others called it
# *degradation*, and found it on photographs with 56 plain layers against 20. And *with
# shortcuts*, 32 layers learn well: the worst of the five is far above the best of the plain ones.
#
# What it does not show: that deeper is better. With 4 layers the plain network is ahead, with 8 the
# seeds overlap, and 32 residual layers end about where 8 plain ones do, for four times the work. A
# shortcut makes depth possible. Whether depth pays is decided by the task, and these digits are small.
#
# Two of these trainings once more, with your block and your classes: the functions of the
# script take them as arguments. A plain network gets the body of your residual block.
# (On a processor of another kind the last digits differ: lesson 07 says why.)

# %% tags=["demo"]
from course.kit.data import scanned_digits
from course.kit.measured import depth as script

scans, eight = scanned_digits(), residual_block(8)
for kind in ("plain, normalised", "residual, normalised"):
    row = cells[kind, 4]
    layers = script.layers_of(eight, kind, 4)
    run = script.trained(layers, own, row["rate"], 0, scans)
    print(
        f"{kind:21} 4 layers, seed 0: {run['training']:.1%} here, "
        f"{row['training'][0]:.1%} in the table"
    )

# %% [markdown]
# ### Where the gradient goes
#
# Look at the networks before they have learned anything. One batch goes forward and back;
# then, for each of the 31 convolutions, the norm of the gradient of its weights:

# %% tags=["demo"]
from course.network import softmax_loss

batch, labels = script.halved(scans.train.x[:64]), scans.train.y[:64]
norms = {}
for kind in kinds:
    layers, rng = script.layers_of(eight, kind, 32), np.random.default_rng(0)
    network = build_network(layers, (1, 14, 14), rng, own=own)
    network.backward(softmax_loss(network.forward(batch), labels)[1])
    norms[kind] = [
        np.linalg.norm(gradient)
        for gradient in network.gradients.values()
        if gradient.ndim == 4
    ]
ax = plot.by_depth(norms, "norm of the gradient")
ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
plot.show()
for kind, values in norms.items():
    print(f"{kind:21} first layer {values[0]:8.3g}, last {values[-1]:8.3g}")

# %% [markdown]
# A step moves every layer by the same learning rate, so it matters that the norms are of one
# size. In the normalised plain network the first layer's gradient is tens of times the last one's
# (18 to 257 times in the five seeds): a rate that moves the last layers throws the first ones
# about. With shortcuts the line is flat: within one network the largest norm is at most 7 times the
# smallest, in each seed. That is the second formula of section 6 at work. Without normalisation the
# sums of the residual network grow from block to block, and its gradients are hundreds of times
# larger still; the plain one passes back next to nothing. Shortcut *and* normalisation, then: each
# mends what the other leaves.
#
# ### Blocks on photographs
#
# Which of eleven photographs is this crop of 16x16 pixels from? A network for it has a first
# convolution of 18 filters, a pool, a block, a pool, the same block again, the mean, and
# eleven scores. Eight blocks, 800 crops, five epochs, the same learning rates for all. The crops of training, validation and test
# come from different parts of each photograph.

# %% tags=["demo"]
from course.kit.data import PHOTOGRAPHS, photo_crops

crops = photo_crops("train", 22, 16)
names = [PHOTOGRAPHS[label] for label in crops.y]
plot.contact_sheet(crops.x, names, columns=11)
plot.show()

# %% tags=["demo"]
blocks = measured("blocks")
work = {row["name"]: row["multiply-adds"] for row in blocks["rows"]}
right = {row["name"]: [100 * x for x in row["test"]] for row in blocks["rows"]}
plot.costs_and_scores(work, right, "multiply-adds of the block")
plot.show()
print(
    "the block: parameters, multiply-adds; right on test crops, mean (lowest to highest)"
)
for row in blocks["rows"]:
    shares = right[row["name"]]
    print(
        f"{row['name']:21} {row['parameters']:>6,} {row['multiply-adds']:>8,}"
        f"  {np.mean(shares):.1f} ({min(shares):.1f} to {max(shares):.1f})"
    )

# %% [markdown]
# Compare means with the spread of the seeds before you believe a difference. The first four
# rows lie within 3 points, and the five seeds of each one within 4 to 9. As many weights in one 5x5 as in
# two 3x3, over a quarter fewer weights, a shortcut or none: at this depth nothing can be told
# apart. So the case for two small filters is their price, as in section 2. A 1x1 layer behind
# the 3x3, *Network in Network*'s idea, is 2 points ahead of the 3x3 alone, and their ranges
# overlap.
#
# What stands out is the other side. The bottleneck and the separable block do less than a tenth
# of the work of the first four and lose 3 to 7 points; the separable 3x3 gets what the ordinary 3x3 gets,
# with a sixth of its multiply-adds. That is the bargain on which the networks for phones are built.
#
# One of these trainings with your block:

# %% tags=["demo"]
from course.kit.measured import blocks as crop_script

made = crop_script.blocks(normalised_block, residual_block, separable_block)
row = next(each for each in blocks["rows"] if each["name"] == "separable 3x3")
layers = crop_script.layers_of(normalised_block(18), made["separable 3x3"])
run = crop_script.trained(layers, own, 0)
print(f"separable 3x3, seed 0: on validation {run['validation']:.1%} here,", end=" ")
print(f"{row['validation'][0]:.1%} in the table")

# %% [markdown]
# ## 8. Six networks, and four after them
#
# The larger images came from *ImageNet*. Its yearly challenge, from 2010 on, asked for the names
# of 1,000 classes: 1.2 million photographs to learn from, 50,000 to validate on and 100,000 to be
# tested with (Russakovsky et al.). That is why five of the six networks below begin with a volume
# of about 3x224x224 and end with 1,000 scores. Here is what each one brought.
#
# | network | what it brought |
# |---|---|
# | LeNet-5, 1998 | convolution, pooling and dense layers, trained together by gradients, on handwriting. The shape that all others have |
# | AlexNet, 2012 | that it works on a million photographs: ReLU, dropout, two GPUs for five to six days. 15.3 % error in the challenge; the next best entry had 26.2 % |
# | ZFNet, 2013 | a look inside AlexNet (lesson 08), which showed gaps among its first filters: so windows of 7 in place of 11, and stride 2 in place of 4 |
# | VGG-16, 2014 | nothing but 3x3 filters and 2x2 pools, 16 layers with weights. Two to three weeks on four GPUs |
# | GoogLeNet, 2014 | branches with windows of several sizes side by side, made cheap by 1x1 layers; a mean in place of the large dense layers |
# | ResNet-50, 2015 | a shortcut around every block, $\text{out} = x + f(x)$. With it 152 layers could be trained, and won the challenge of 2015 with 3.57 % error |
#
# (The errors and times are those of the papers, which are in Further reading; the challenge's
# entries are averages of several networks.)
#
# The kit holds all six as data, in your format with a few more types, which you can read as
# well: open `course/kit/networks/blocks.py`. This is one block of
# ResNet-50, and you have written it:

# %% tags=["demo", "nbval-check-output"]
from course.kit.networks import (
    NETWORKS,
    RESNET50,
    VARIANTS,
    VGG16,
)

block = next(each for each in RESNET50.layers if each.get("name") == "conv2_2")
for inner in block["layers"]:
    print(inner)
print("your bottleneck:", block["layers"] == residual_block(256, 64)[0]["layers"])

# %% [markdown]
# Three types are left that you have not built; the kit does:
#
# | type | what it does |
# |---|---|
# | `branches` | several lists of layers on the same input, their outputs stacked in depth (GoogLeNet) |
# | `lrn` | divide by the size of the neighbours in depth (AlexNet, ZFNet) |
# | `pad`, `crop` | zeros around the volume; rows and columns that are cut off |
#
# `crop` deserves a word. ResNet's first layer has 7x7 windows, stride 2 and padding 3 on
# 224 pixels: (224 - 7 + 6) / 2 = 111.5. It does not fit. Libraries round down, which means
# that they leave out the last row and column without a word. Here the data says so. (Behind a
# `pad` only zeros are lost; in the shortcuts of ResNet real numbers are.)
#
# ### Do the numbers agree?
#
# If a network's data is right, its parameters add up to the published count, to the last
# one. `summarize` does not know the new types; the kit's `trace` counts by the same rules.

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
# its usual modern form, and the difference of 1,706 has three causes that add up. And "AlexNet"
# means at least three networks, with 60,965,224, 62,378,344 or 61,100,840 parameters. A number
# without its source is worth little.
#
# ### Where do they keep their numbers?

# %% tags=["demo"]
vgg_rows = trace(VGG16.layers, VGG16.input_shape)
vgg_dense = sum(row.parameters for row in vgg_rows if row.kind == "fc")

# %% tags=["demo"]
predict(
    "VGG-16 has 13 convolutions and 3 dense layers. What percentage of its 138 million "
    "parameters is in the three?",
    100 * vgg_dense / VGG16.parameters,
    because="the first of them alone has 7·7·512·4096 weights",
    within=5,
)

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
print(f"VGG-16 without its dense layers: {VGG16.parameters - vgg_dense:,} parameters")

# %% [markdown]
# All six share one picture: many pixels and few channels at the beginning (high and thin in
# the figure), few pixels and many channels at the end (low and long). In VGG-16, 89 % of
# the parameters sit in three dense layers that do 1 % of the work.
# GoogLeNet and ResNet replace the first two with a mean over 7x7 places, and have
# only the last one left, with 1024 or 2048 inputs. Without its dense layers VGG-16 has
# 14.7 million parameters, fewer than ResNet-50: that is where most of the difference comes from.
#
# ### Run them
#
# Random weights, one photograph, each network once. The scores mean nothing; if every
# volume has the traced shape, the data can be run. The last column is the largest
# score after the softmax, if there is one: a random network should be undecided.

# %% tags=["demo"]
from course.kit.data import photograph

frozen = {kind: each for kind, each in own.items() if kind != "batchnorm"}
spreads, raw = {}, {}
print("network       build    run        what comes out")
for network in NETWORKS:
    C, H, W = network.input_shape
    flower = photograph("flower", grey=C == 1)[None, :, 100 : 100 + H, 200 : 200 + W]
    started = perf_counter()
    rng = np.random.default_rng(0)
    built = build_network(network.layers, (C, H, W), rng, np.float32, own=frozen)
    ready = perf_counter()
    volume = flower.astype(np.float32)
    for layer, part in zip(network.layers, built.layers, strict=True):
        if layer["type"] == "softmax":
            raw[network.name] = volume
        volume = part.forward(volume)
        if layer["type"] in ("branches", "residual"):
            spreads.setdefault(network.name, []).append(float(volume.std()))
    out = volume
    done = perf_counter()
    assert np.isfinite(out).all()
    print(
        f"{network.name:12} {ready - started:>4.1f} s {done - ready:>5.1f} s"
        f"     {out.shape[1]} numbers, the largest {out.max():.3f}"
    )
    del built

# %% [markdown]
# ResNet-50 is certain of its answer, and it has learned nothing. Why? Its numbers have grown on
# the way. Each block *adds* what it computes to what came in, and here nothing holds the sum
# back: the standard deviation after each of its 16 blocks, beside GoogLeNet's 9 blocks, which
# do not add.

# %% tags=["demo"]
for name, spread in spreads.items():
    print(f"{name}:", *(f"{value:.3g}" for value in spread))
first, *_, last = spreads["ResNet-50"]
print(f"ResNet-50: {last / first:.0f} times as large after the last block")
for name in spreads:
    second, best = np.sort(raw[name].ravel())[-2:]
    print(
        f"{name}: its two best scores before the softmax are {best - second:.3g} apart"
    )

# %% [markdown]
# The softmax turns a lead of $d$ into a factor $e^d$ between two shares, and $e^{19}$ is already
# 180 million, so such a lead leaves nothing for the others. The batch normalisation of these
# networks was in use, not in training: it has measured nothing yet and passes the numbers on as
# they are. With your `BatchNorm`, which begins in training, the same weights give:

# %% tags=["demo"]
C, H, W = RESNET50.input_shape
rng = np.random.default_rng(0)
built = build_network(RESNET50.layers, (C, H, W), rng, np.float32, own=own)
volume = photograph("flower")[None, :, 100 : 100 + H, 200 : 200 + W].astype(np.float32)
after = []
for layer, part in zip(RESNET50.layers, built.layers, strict=True):
    volume = part.forward(volume)
    if layer["type"] == "residual":
        after.append(float(volume.std()))
del built
print("ResNet-50, in training:", *(f"{value:.2f}" for value in after))
print(f"the largest of its scores after the softmax: {volume.max():.3f}")

# %% [markdown]
# Each body adds a spread of 1, so the sum grows slowly, and the first block of a stage begins anew:
# its shortcut is normalised, too. When a fresh network is sure of itself, look at the spread of its
# volumes.

# %% [markdown]
# ### After 2015
#
# The story did not end with ResNet. Four networks that people still build on, each in a line:
#
# | network | what it brought |
# |---|---|
# | MobileNet, 2017 | nothing but depthwise separable blocks, for phones (Howard and others) |
# | EfficientNet, 2019 | a separable block with a bottleneck turned inside out, found by a search; then depth, width and image size grow together (Tan and Le) |
# | ViT, 2020 | a *vision transformer*: patches of 16x16 pixels become rows of numbers, and in every layer each patch looks at all others (Dosovitskiy and others) |
# | ConvNeXt, 2022 | a ResNet changed step by step towards a transformer, and still a convolutional network: depthwise 7x7, fewer ReLUs and normalisations, a newer way of training (Liu and others) |
#
# MobileNet you can read to the last number, since its blocks are yours:

# %% tags=["demo", "nbval-check-output"]
from course.kit.networks import MOBILENET

print(
    "its second block is your block:", MOBILENET.layers[4:10] == separable_block(32, 64)
)
found = totals(trace(MOBILENET.layers, MOBILENET.input_shape))
print(f"{found.parameters:,} parameters, published {MOBILENET.parameters:,}")
print(f"{found.multiply_adds:,} multiply-adds, published 569 million")
patches = output_size(224, 16, 16) ** 2
print(f"ViT's first layer, 768 filters of 16x16 with stride 16: {patches} patches")

# %% [markdown]
# Of the other three the counts are taken from elsewhere. *Top-1* is the share of ImageNet's validation
# images whose class is the network's first guess; all but one were measured by one library on
# its own trained weights.

# %% tags=["demo"]
# multiply-adds in billions, parameters in millions, top-1 in %, where the last is from.
TORCHVISION = "torchvision"
later = {
    "EfficientNet-B0, 2019": (0.39, 5.289, 77.692, TORCHVISION),
    "ViT-B/16, 2020": (17.56, 86.568, 81.072, TORCHVISION),
    "ConvNeXt-T, 2022": (4.46, 28.589, 82.520, TORCHVISION),
}
top1 = {
    "AlexNet": (56.522, "torchvision, for its own variant"),
    "VGG-16": (71.592, TORCHVISION),
    "GoogLeNet": (69.778, TORCHVISION),
    "ResNet-50": (76.130, TORCHVISION),
    "MobileNet": (70.6, "paper, table 4"),
}
table = {}
for network in (*NETWORKS, MOBILENET):
    if network.name in top1:
        found = totals(trace(network.layers, network.input_shape))
        counts = found.multiply_adds / 1e9, found.parameters / 1e6
        table[f"{network.name}, {network.year}"] = (*counts, *top1[network.name])
table |= later
points = {name: (row[0], 100 - row[2]) for name, row in table.items()}
x, y = "multiply-adds in billions, logarithmic", "first guess wrong: % of images"
plot.named_points(points, x, y)
plot.show()
print("network                 parameters  multiply-adds  top-1   top-1 is from")
for name, (work, size, share, source) in table.items():
    print(f"{name:22} {size:>9.1f} M {work:>11.2f} bn {share:>6.1f} %  {source}")

# %% [markdown]
# (LeNet-5 never saw ImageNet, and of ZFNet that library has no model.) The small networks of 2017 and 2019 do a tenth of ResNet-50's work; EfficientNet-B0 is
# ahead of it all the same. At the top of the cost ViT has neither windows nor sharing built in,
# and must learn from images what a convolution is given. Its paper says so: trained on ImageNet alone
# it stayed a few points behind ResNets of its size, and was ahead only after it had learned
# from 14 to 300 million images. The number above comes from a later, heavier way of training.
#
# And that is the catch of every such table. ResNet-50 stands there with 76.1 %, trained much as
# in 2015. The same library has weights of the *same* network, trained by a recipe of 2021: 80.9 %.
# Of the 6.4 points to ConvNeXt-T, 4.7 are gone without a change to the architecture. Networks
# that were trained differently are compared as recipes, not as architectures. In section 7 all
# else was equal, and five seeds showed how much chance alone does: ask for both.
#
# ### Don't be a hero
#
# Which of them should you choose for a task of your own? The lectures' advice takes four words.
# *Don't be a hero*: look at what works best on ImageNet today, download it with its trained
# weights, and train it a little further on your data. Few people ever train such a network from
# scratch, and hardly anyone needs to design one. With what you built here you can read what you
# download: what it costs, how far it sees, and where its numbers are. The next lesson does the
# rest.

# %% [markdown]
# ### Question (1 point): where are the numbers?
#
# 1. VGG-16 has 138 million parameters, ResNet-50 has 26 million and is three times as
#    deep. Explain with two numbers from this lesson where the difference comes from.
# 2. A friend says: "Three 3x3 layers are better than one 7x7 in every respect." Which
#    respects were measured in section 2, and in which one is the friend wrong?
# 3. In section 7 the plain network with 32 layers did worse than the one with 8. Why is that not
#    overfitting? What does the picture of the gradients add, and what does a shortcut change?
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
# near that), what the layers of lesson 04 keep for the way back (0.55 again, because of
# X_col), and the volumes that come out: there the stack needs three where the single layer
# needs one, three times as much.
#
# A network that overfits is good on the images it learns from and worse on new ones. The
# plain network with 32 layers is bad on the digits it learns from: 47 % of them, where 8 layers get
# 80 %. The gradients of its first layers are tens of times as large as those of its last, so
# no learning rate suits all layers. With a shortcut the gradient reaches every block unchanged,
# besides what comes back through the body: the norms are all of one size, and 32 layers learn
# (81 % of the digits they learn from, 87 % of the test digits).
#
# **Mark scheme (1 point).**
# - 0.4: dense layers named as the place of VGG's parameters, with two numbers (share of
#   parameters, share of work, or ResNet's count in its fc layer).
# - 0.3: names two of weights, work, time and what is kept for the way back as better, and the
#   volumes that come out as worse.
# - 0.3: worse on the images it learns from, with a number; gradients of different size in
#   first and last layers; the shortcut passes the gradient on unchanged.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains</summary>
#
# 1. The dense layers are named as the place of VGG's parameters, with two numbers: their share of
#    the parameters, their share of the work, or the count of ResNet's only dense layer.
# 2. Two of the things that were better for the stack, and the one that was worse: the volumes
#    that come out.
# 3. On which images the deep network is bad, with a number; that first and last layers get
#    gradients of different size; and how the gradient comes past a block.
#
# </details>

# %% [markdown]
# ## 9. Build the module
#
# | you built | used again in |
# |---|---|
# | `receptive_field`, `summarize` | here, on every network |
# | `parse_pattern` | here, for networks in one line |
# | `dilated_conv_forward`, `dilated_conv_backward` | here, in a network that must see far |
# | `dense_to_conv` | lesson 10, which runs a trained network on larger images |
# | `Residual`, `GlobalAveragePool`, `depthwise_conv_forward`, `depthwise_conv_backward` | here, in the experiments |
# | `normalised_block`, `residual_block`, `separable_block` | here, in networks of up to 32 layers |
#
# What it can do now: one line of text becomes a network, with its bill.

# %% tags=["demo", "nbval-check-output"]
line = "INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC"
layers = parse_pattern(line, filters=64, hidden=256, classes=10)
rows = summarize(layers, (3, 32, 32))
before_fc = [layer for layer in layers if layer["type"] != "fc"]
print(f"{len(rows)} layers, {sum(row[2] for row in rows):,} parameters")
print(f"{sum(row[4] for row in rows):,} multiply-adds for an image of 3x32x32")
print(f"a number before the dense layers sees {receptive_field(before_fc)} pixels")

# %% [markdown]
# Where it leads: training one of the famous networks from scratch takes a million images and
# days or weeks. Lesson 10 shows how to use what somebody else's network has learned, and lesson
# 11 makes the layers fast that do nearly all of the work above. The next cell writes
# `course/architectures.py` from your functions and lists what is not there yet.

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
    Residual,
    GlobalAveragePool,
    depthwise_conv_forward,
    depthwise_conv_backward,
    DepthwiseConv2D,
    normalised_block,
    residual_block,
    separable_block,
)

# %% [markdown]
# ## Further reading
#
# - [CS231n: Convolutional Neural Networks](https://cs231n.github.io/convolutional-networks/), the
#   notes this course follows. Their last part has the layer patterns, the sizes, and VGG's memory
#   added up layer by layer.
# - K. Simonyan and A. Zisserman, [Very Deep Convolutional Networks for Large-Scale Image
#   Recognition](https://arxiv.org/abs/1409.1556), 2014: VGG. Section 2.3 has the argument of
#   three 3x3 against one 7x7.
# - K. He and others, [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385),
#   2015: ResNet. Figure 1 shows plain networks that get worse as they get deeper.
# - M. Lin, Q. Chen and S. Yan, [Network In Network](https://arxiv.org/abs/1312.4400), 2013: where
#   1x1 layers and the mean in place of dense layers come from; and C. Szegedy and others, [Going
#   Deeper with Convolutions](https://arxiv.org/abs/1409.4842), 2014: GoogLeNet, which builds on it.
# - F. Yu and V. Koltun, [Multi-Scale Context Aggregation by Dilated
#   Convolutions](https://arxiv.org/abs/1511.07122), 2015: doubled dilations, for naming every pixel.
# - A. Araujo, W. Norris and J. Sim, [Computing Receptive Fields of Convolutional Neural
#   Networks](https://distill.pub/2019/computing-receptive-fields/), 2019: the rule of section 1,
#   derived, with paths of different lengths; and W. Luo and others, [Understanding the Effective
#   Receptive Field](https://arxiv.org/abs/1701.04128), 2016: why the middle counts most.
#
# The other networks of section 8: A. Howard and others,
# [MobileNets](https://arxiv.org/abs/1704.04861), 2017; M. Tan and Q. Le,
# [EfficientNet](https://arxiv.org/abs/1905.11946), 2019; A. Dosovitskiy and others, [An Image is
# Worth 16x16 Words](https://arxiv.org/abs/2010.11929), 2020; Z. Liu and others, [A ConvNet for the
# 2020s](https://arxiv.org/abs/2201.03545), 2022. Their numbers, and both of ResNet-50, are from
# [torchvision's table of models](https://pytorch.org/vision/stable/models.html); Y. LeCun and others, [Gradient-Based Learning Applied to Document
# Recognition](https://doi.org/10.1109/5.726791), 1998; A. Krizhevsky, I. Sutskever and G. Hinton,
# [ImageNet Classification with Deep Convolutional Neural
# Networks](https://doi.org/10.1145/3065386), 2012; M. Zeiler and R. Fergus, [Visualizing and
# Understanding Convolutional Networks](https://arxiv.org/abs/1311.2901), 2013. On the data and the
# challenge: O. Russakovsky and others, [ImageNet Large Scale Visual Recognition
# Challenge](https://arxiv.org/abs/1409.0575), 2014. The counts of 27C² and 49C², dilation counted
# by its holes, and the patterns with "don't be a hero" are those of the course documents
# "Convolutional layer" and "Convolutional Neural Networks" (slides), which
# follow CS231n.
#
# **Next:** lesson 10, [Transfer](../10_transfer/10_transfer.ipynb). The words of the course are
# in the [glossary](../../docs/glossary.md).
