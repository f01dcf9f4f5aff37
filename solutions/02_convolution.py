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
# # Convolution: what does a convolutional layer compute, one number at a time?
#
# Both pictures below were made from one photograph. Nobody told the computer what a roof
# is or where the columns are. On the right each pixel is the answer to one question,
# asked at every place in the same way: *does it get brighter to the right of here?* The
# question consists of nine numbers.

# %% tags=["demo"]
import numpy as np

from course.kit import plot
from course.kit.data import photograph
from course.kit.predict import predict

temple = photograph("china", grey=True, shrink=4)
left_to_right = np.pad(temple[0, :, 2:] - temple[0, :, :-2], [(1, 1), (1, 1)], "edge")
answers = left_to_right[:-2] + 2 * left_to_right[1:-1] + left_to_right[2:]
photo, edges = plot.new_row(2, height=2.9)
plot.picture(temple, "a temple", ax=photo)
plot.activation_image(answers, signed=True, ax=edges)
edges.set_title("nine numbers, slid over it", loc="left", fontsize=11)
plot.show()

# %% [markdown]
# In lesson 01 you counted neurons and parameters. Here you compute what the neurons
# answer. One neuron looks at one small window of an image, multiplies, adds, and answers
# with one number. Slide it, and the answers form a map. Take several filters, and the
# maps stack up to a new volume: that is the *convolutional layer*. On the way you write
# six filters by hand and watch them on a photograph, reproduce an example of the course
# notes number by number, find a matrix product inside a 1x1 convolution, and build a
# layer that does not share its weights, to see what sharing is worth. At the end your
# layers, one on top of the other, draw the outlines of the temple.
#
# The last cell turns your functions into the module `course.convolution`, with which
# lesson 03 continues. Plan about two and a half hours. There are 12 points.
#
# **Before you start**, a question from lesson 01:

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "A filter of 5 at stride 2 on a row of 224 pixels: which padding makes it fit?",
    "none",
    choices=["1", "2", "3", "none"],
    because="the room, 224 - 5 + 2P, is odd for every P, and stride 2 needs an even room",
)

# %% [markdown]
# ## One letter, one meaning
#
# | letter | meaning | | array | shape |
# |---|---|---|---|---|
# | N | images in a batch | | a batch of images, `x` | `(N, C, H, W)` |
# | C | channels of the input | | the filters, `w` | `(K, C, FH, FW)` |
# | H, W | height and width of the input | | the biases, `b` | `(K,)` |
# | K | number of filters = channels of the output | | the output, `out` | `(N, K, HO, WO)` |
# | FH, FW | height and width of a filter | | one image | `(C, H, W)` |
# | S, P | stride, zero-padding on every border | | one filter | `(C, FH, FW)` |
# | HO, WO | height and width of the output | | one activation map | `(HO, WO)` |
#
# Elsewhere you will also read *kernel* for a filter, *feature map* for an activation map,
# *receptive field* for the window that a neuron sees, and *tensor* for an array with any
# number of axes.
#
# Three promises hold for every function below, and the checks hold you to them:
#
# 1. **What comes in as float32 comes out as float32**, and float64 stays float64. The
#    arrays of one call all have the same dtype.
# 2. **The input is never changed in place.** The caller may still need it.
# 3. **What does not fit raises `ValueError`.** Nothing is rounded in silence, and where
#    the docstring says so, the message names the numbers. Your own `output_size` from
#    lesson 01 does this already, so call it.

# %% tags=["nbval-check-output"]
import numpy as np

from course.geometry import output_size
from course.kit import check

print("A filter of 3 on 7 pixels takes", output_size(7, 3), "places.")

# %% [markdown]
# If this cell complains that `output_size` is not built yet, run the last cell of
# lesson 01 first.

# %% [markdown]
# ## 1. Look first: a window slides over an image
#
# Below is an image with two channels, 5 pixels high and 7 wide, and one filter with 3x3
# weights *per channel*. The filter covers a window of both channels at once: 2·3·3 = 18
# numbers. Each is multiplied with its weight, the 18 products are added, the bias is
# added once, and that one number goes into the output. Then the window moves on.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "A 3x3 filter on an image 5 high and 7 wide, no padding. Which strides do not fit?",
    "3 and 4",
    choices=["2 and 3", "3 only", "4 only", "3 and 4"],
    because="the room is 2 rows and 4 columns: stride 3 divides neither, "
    "and stride 4 divides the columns but not the rows",
)

# %% [markdown]
# With a live kernel you can step the window, click on a place, change the filter and
# every hyperparameter. Elsewhere (on a web page, in a printed copy) you see one step as
# a picture. The image is dark on the left and bright on the right; the first slice of
# the filter has minus signs on its left and plus signs on its right. Find out where the
# output is large, and why it is not where the image is brightest.

# %% tags=["demo"]
from course.kit.widgets import SlidingWindow

image = np.array(
    [
        [
            [0, 0, 1, 5, 5, 6, 5],
            [1, 0, 0, 6, 5, 5, 5],
            [0, 0, 1, 5, 6, 5, 6],
            [0, 1, 0, 5, 5, 5, 5],
            [0, 0, 0, 6, 5, 6, 5],
        ],
        [
            [2, 0, 0, 0, 0, 0, 3],
            [0, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 4, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0],
            [1, 0, 0, 0, 0, 0, 2],
        ],
    ]
)
weights = np.array(
    [
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        [[0, 0, 0], [0, 3, 0], [0, 0, 0]],
    ]
)
SlidingWindow(image, weights, bias=1, row=1, column=2)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# - The output has 3 rows and 5 columns, by the formula of lesson 01: (5 − 3)/1 + 1 and
#   (7 − 3)/1 + 1.
# - It is large where the window lies across the step from dark to bright: in the
#   output's columns 1 and 2. In the flat bright part on the right the plus and minus
#   signs cancel.
# - Set the padding to 1 and the stride to 3: now only the height does not fit, and the
#   panel says so.
#
# </details>

# %% [markdown]
# You now write everything in this panel yourself, from the inside out: the border of
# zeros, one neuron, one map, the layer.

# %% [markdown]
# ## 2. A border of zeros
#
# A 2x3 image with padding 1 grows by one row above, one below, one column left and one
# right. It becomes (2 + 2·1) x (3 + 2·1) = 4x5:

# %% tags=["demo"]
numbers = np.array([[1, 2, 3], [4, 5, 6]])
bordered = np.array(
    [[0, 0, 0, 0, 0], [0, 1, 2, 3, 0], [0, 4, 5, 6, 0], [0, 0, 0, 0, 0]]
)
blue, grey = 1, 5
plot.cells(
    plot.Cells(numbers, "2 x 3", fills=np.full((2, 3), blue)),
    "→",
    plot.Cells(bordered, "4 x 5", fills=np.where(bordered == 0, grey, blue)),
)
plot.show()

# %% [markdown]
# Twenty numbers, fourteen of them zeros. Only height and width grow. A batch `(N, C, H,
# W)` keeps its N and its C: an extra channel of zeros would be a channel that no filter
# has weights for. Since we put height and width last, "the last two axes" is all your
# function has to know, and it then works for one map, one image and a batch alike.


# %% task="zero_pad"
def zero_pad(x, padding):
    """Put `padding` rows and columns of zeros around every image, on all four borders.

    x is an array whose last two axes are height and width: (..., H, W). It is not
    changed. `padding` counts pixels, 0 or more.

    Returns (..., H + 2*padding, W + 2*padding) in the dtype of x. The axes before the
    last two keep their lengths. Raises ValueError when `padding` is negative.
    """
    ### BEGIN SOLUTION hint: Zeros first, then copy x into the middle.
    if padding < 0:
        raise ValueError(f"padding is {padding}, it must be 0 or more pixels")
    *axes, H, W = x.shape
    out = np.zeros((*axes, H + 2 * padding, W + 2 * padding), dtype=x.dtype)
    out[..., padding : padding + H, padding : padding + W] = x
    return out
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `*axes, H, W = x.shape` takes any number of leading axes. In the padded array row 0 of
# the image lies in row `padding`. If you cut with a negative index such as
# `[padding:-padding]`, try it with padding 0 before you trust it. `np.zeros` makes
# float64 unless you tell it otherwise.
#
# </details>

# %% [markdown]
# The next cell checks your function. The first case is the example above, and
# `check.cases(zero_pad)` lists them all. The second line is one that you can verify by
# counting.

# %% check="zero_pad"
check(zero_pad)
assert zero_pad(np.ones((7, 7)), 1).shape == (9, 9)

# %% [markdown]
# ### Why pad at all? Count how often a pixel is read
#
# The lecture slides say that without padding the information at the border will "wash
# away". Make that a number: slide a 3x3 window over a 5x7 image and count, for every
# pixel, in how many windows it lies.


# %% tags=["demo"]
def windows_per_pixel(H, W, filter_size, padding):
    """How many windows of a stride-1 filter contain each pixel of the image: (H, W)."""
    counts = zero_pad(np.zeros((H, W)), padding)
    for top in range(output_size(H, filter_size, 1, padding)):
        for left in range(output_size(W, filter_size, 1, padding)):
            counts[top : top + filter_size, left : left + filter_size] += 1
    return counts[padding : padding + H, padding : padding + W]


bare = windows_per_pixel(5, 7, 3, padding=0)
padded = windows_per_pixel(5, 7, 3, padding=1)

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "A corner pixel lies in 1 window without padding. In how many with padding 1?",
    int(padded[0, 0]),
    because="the window may start in the border of zeros, too: two rows times two columns",
)

# %% tags=["demo", "nbval-check-output"]
print("                  corner  middle")
print(f"without padding  {bare[0, 0]:7.0f} {bare[2, 3]:7.0f}")
print(f"with padding 1   {padded[0, 0]:7.0f} {padded[2, 3]:7.0f}")

# %% tags=["demo"]
plot.number_grids(
    {"no padding": bare, "padding 1": padded},
    label="windows that contain the pixel",
)
plot.show()

# %% [markdown]
# Without padding a corner pixel is read once and a middle pixel nine times. Padding 1
# raises the corner to four. The border still counts for less than the middle, but it
# counts for more than before, and the map stays as large as the image.
#
# Why zeros, and not a copy of the edge? The usual answer: a padded cell then adds
# nothing to the sum, since any weight times 0 is 0. That is right, but it has a price. A
# bright image now ends in a dark frame, and a filter that looks for edges will see one.
# You will meet this frame in the photograph below.

# %% [markdown]
# ## 3. One neuron
#
# One neuron sees a patch of the input and has one weight for each number in it. Take a
# patch of 2 channels, each 2x2, and a bias of 10:

# %% tags=["demo"]
patch = np.array([[[1, 2], [3, 4]], [[0, 1], [1, 0]]])
weights = np.array([[[1, 0], [0, -1]], [[2, 2], [2, 2]]])
plot.window_step(patch, weights, bias=10, ax=plot.new_axes(3.4))
plot.show()

# %% [markdown]
# Channel 0 adds up to 1 + 0 + 0 − 4 = −3, channel 1 to 0 + 2 + 2 + 0 = 4. Together 1.
# With the bias the neuron answers **11**. The channels are added too: a filter reaches
# through the whole depth of its input, and one window gives one number. The bias is
# added once per window, not once per channel and not once per product. With $p$ for the
# patch, $w$ for the weights and $b$ for the bias,
#
# $$\text{answer} = b + \sum_{c=0}^{C-1} \sum_{i=0}^{\text{FH}-1} \sum_{j=0}^{\text{FW}-1} p_{c,i,j}\; w_{c,i,j}$$
#
# which is the *dot product* of patch and weights, plus the bias. The notes' first example
# is the same with more numbers: a 5x5 filter on a colour image has 5·5·3 = 75 weights and
# 1 bias.


# %% task="neuron"
def neuron(patch, weights, bias):
    """The sum of patch * weights over all three axes, plus the bias, once.

    patch and weights have the same shape, (C, FH, FW), and are not changed. bias is one
    number. Returns one Python float, whatever the dtype of the arrays.

    Raises ValueError when the two shapes differ. The message names both.
    """
    ### BEGIN SOLUTION hint: Multiply, add everything up, add the bias.
    if patch.shape != weights.shape:
        raise ValueError(
            f"the patch has shape {patch.shape}, the weights {weights.shape}: "
            "they must be the same"
        )
    return float(np.sum(patch * weights) + bias)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.sum` without an axis adds over all axes. Compare the shapes before you multiply:
# numpy would stretch a (1, 2, 2) patch over (3, 2, 2) weights without a word.
# `float(...)` turns a numpy number into a Python float.
#
# </details>

# %% check="neuron"
check(neuron)
assert neuron(np.ones((3, 5, 5)), np.ones((3, 5, 5)), 1) == 76

# %% [markdown]
# ## 4. One activation map
#
# Now slide the neuron. With one channel, a 3x4 image and a 2x2 filter there are 2 rows
# and 3 columns of places. The picture shows the last of them, and the output up to there:

# %% tags=["demo"]
small = np.array([[[1, 2, 0, 1], [3, 1, 1, 0], [0, 2, 1, 4]]])
plot.window_step(small, np.array([[[1, 2], [0, -1]]]), bias=10, row=1, column=2)
plot.show()

# %% [markdown]
# Two of the six, written out; do one more yourself.
#
# - Row 0, column 1: 2·1 + 0·2 + 1·0 + 1·(−1) + 10 = 11.
# - Row 1, column 2: 1·1 + 0·2 + 1·0 + 4·(−1) + 10 = 7.
#
# With stride S the window of output row `ho` starts at row `ho * S` of the *padded*
# image, and the window of column `wo` at column `wo * S`. In letters, with $x$ the padded
# image,
#
# $$\text{map}_{\text{ho},\text{wo}} = b + \sum_{c,i,j} x_{c,\; \text{ho} \cdot S + i,\; \text{wo} \cdot S + j}\; w_{c,i,j}$$
#
# Neither $\text{ho}$ nor $\text{wo}$ is an index of $w$ or $b$: all places
# share the same weights and the same bias. That is parameter sharing, in the form of a loop.


# %% task="activation_map"
def activation_map(x, weights, bias, stride=1, padding=0):
    """The answers of one neuron at every place of one image.

    x is one image (C, H, W) of floats, and is not changed. weights are (C, FH, FW), bias
    is one number. stride and padding are pixels.

    Returns (HO, WO) in the dtype of x, with HO and WO as `output_size` gives them.
    Raises ValueError, naming the values, when the filter does not fit along an axis
    (`output_size` does that), or when x and weights differ in their number of channels.
    """
    ### BEGIN SOLUTION hint: Pad once, then loop over the output.
    C, H, W = x.shape
    depth, FH, FW = weights.shape
    if depth != C:
        raise ValueError(
            f"x has {C} channels and the filter {depth}: it must reach through all of x"
        )
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    padded = zero_pad(x, padding)
    # Floats keep their dtype. Whole numbers become float64, so that nothing is cut off.
    out = np.zeros((HO, WO), dtype=np.result_type(x, 0.0))
    for ho in range(HO):
        for wo in range(WO):
            top, left = ho * stride, wo * stride
            patch = padded[:, top : top + FH, left : left + FW]
            out[ho, wo] = neuron(patch, weights, bias)
    return out
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Ask `output_size` twice: once with H and FH, once with W and FW. Cut the patch from
# all channels at once: the first index of the padded image is a bare `:`. Compare the
# channels before you start, so that the message can name them.
#
# </details>

# %% check="activation_map"
check(activation_map)

# %% [markdown]
# ## 5. A convolution that does not flip
#
# In signal processing a convolution turns the filter round by 180 degrees before it
# slides it. Our layer does not. What we compute is called *cross-correlation* there. For
# a row of numbers,
#
# $$\text{ours:}\quad \sum_j x_{i+j}\, w_j \qquad\qquad \text{with the flip:}\quad \sum_j x_{i-j}\, w_j$$
#
# PyTorch and TensorFlow call ours convolution, and so does this course. Nothing is lost:
# the weights will be learned, and a network that needs the turned filter learns the
# turned filter.

# %% tags=["demo"]
dot = np.zeros((1, 5, 5))
dot[0, 2, 2] = 1
reading_order = np.arange(1.0, 10.0).reshape(1, 3, 3)

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "A 5x5 image is 0 but for a single 1 in its middle. The filter is 1 2 3 / 4 5 6 / 7 8 9. "
    "Which digit is in the upper left corner of the 3x3 map?",
    int(activation_map(dot, reading_order, 0.0)[0, 0]),
    because="with the window in the upper left, the bright pixel lies under its lower right corner",
)

# %% tags=["demo", "nbval-check-output"]
for row in activation_map(dot, reading_order, 0.0):
    print(*(f"{value:.0f}" for value in row))
print()
print("np.correlate:", np.correlate([0, 0, 1, 0, 0], [1, 2, 3], "valid").tolist())
print("np.convolve: ", np.convolve([0, 0, 1, 0, 0], [1, 2, 3], "valid").tolist())

# %% [markdown]
# The map of a single dot shows the filter turned round. A true convolution would turn the
# filter first, and the dot's map would show it upright, as `np.convolve` does. Keep the
# picture in mind: in lesson 03 the gradient flows back through exactly this flip.

# %% [markdown]
# ## 6. The layer
#
# A layer has K filters, and each gives one map. Stack the maps as channels of the
# output: map `k` of image `n` is `out[n, k]`. A summary of the lecture notes draws such
# a layer: two 3x3x3 filters, "an input volume of (7x7x3) with 1 padding", and an output
# of 3x3x2. No stride is given. Which strides would give 3x3? That depends on whether the
# 7 counts the padding already; you will try both readings below. In letters, with the
# padded batch as $x$,
#
# $$\text{out}_{n,k,\text{ho},\text{wo}} = b_k + \sum_{c,i,j} x_{n,\, c,\; \text{ho} \cdot S + i,\; \text{wo} \cdot S + j}\; w_{k,c,i,j}$$
#
# Every layer of this course returns two things: the output, and a *cache* with what its
# backward pass will need. For this layer the cache is the five arguments, in order:
# `(x, w, b, stride, padding)`. Lesson 03 unpacks it. Keep the x that came in, not the
# padded one.
#
# Written without any helper this is seven loops: over N, K, HO, WO, and inside the
# neuron over C, FH, FW. Two of them are left for you here, if you use what you have.
# Loops are what is meant by *naive*, since lesson 04 is measured against them; the
# check looks at the numbers only.


# %% task="conv_forward_naive"
def conv_forward_naive(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, FH, FW), b their biases
    (K,). None of them is changed. stride and padding are pixels.

    Returns (out, cache). out is (N, K, HO, WO) in the dtype of x; out[n, k] is the
    activation map of filter k on image n. cache is exactly (x, w, b, stride, padding).
    Raises ValueError, naming the values, when the filters do not fit along an axis, or
    when x and w differ in their number of channels.
    """
    ### BEGIN SOLUTION hint: One activation_map per image and filter.
    N, _, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    out = np.zeros((N, K, HO, WO), dtype=np.result_type(x, 0.0))
    for n in range(N):
        for k in range(K):
            out[n, k] = activation_map(x[n], w[k], b[k], stride, padding)
    return out, (x, w, b, stride, padding)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Make the output array first; its four axes are N, K, HO, WO, in this order. Each
# filter has a bias of its own: `b[k]`. `x[n]` is one image, `w[k]` one filter with all
# its channels.
#
# </details>

# %% check="conv_forward_naive"
check(conv_forward_naive)

# %% [markdown]
# ### That drawing, in both readings
#
# Either the 7 includes a border of 1, so the image is 5x5, or the image is 7x7 and gets
# a border of 1.

# %% tags=["demo", "nbval-check-output"]
for size in (5, 7):
    for stride in (1, 2, 3):
        x, w, b = np.ones((1, 3, size, size)), np.ones((2, 3, 3, 3)), np.zeros(2)
        try:
            out, _ = conv_forward_naive(x, w, b, stride, padding=1)
            result = f"{out.shape[2]}x{out.shape[3]}x{out.shape[1]}"
        except ValueError:
            result = "does not fit"
        print(f"{size}x{size}x3, padding 1, stride {stride}: {result}")

# %% [markdown]
# Two settings give 3x3x2: a 5x5 image at stride 2, and a 7x7 image at stride 3. The
# caption alone cannot tell you which was meant, so when you describe a layer, give all
# of F, S and P, and the size *before* padding.
#
# How much work is a layer? Each output number costs C·FH·FW multiplications. The first
# layer of the notes' real-world example has 55·55·96 = 290,400 neurons with 11·11·3 =
# 363 weights each.

# %% tags=["demo", "nbval-check-output"]
neurons, weights_each = output_size(227, 11, 4) ** 2 * 96, 11 * 11 * 3
products = neurons * weights_each
print(f"{neurons:,} x {weights_each} = {products:,} multiplications")

# %% [markdown]
# How long would a Python loop over single numbers take for one image? The next cell
# times a loop of half a million, and lets numpy do all of them in one matrix product for
# comparison.

# %% tags=["demo"]
from time import perf_counter

numbers, total = [0.5] * 500_000, 0.0
started = perf_counter()
for number in numbers:
    total += number * 1.5
each = (perf_counter() - started) / len(numbers)

filters_as_rows, windows_as_columns = np.ones((96, 363)), np.ones((363, 55 * 55))
started = perf_counter()
filters_as_rows @ windows_as_columns
at_once = perf_counter() - started
print(f"a loop: {each * products:6.1f} s for one image")
print(f"numpy:  {at_once:6.3f} s for as many multiplications")

# %% [markdown]
# The work is the same; what differs is who does it. In lesson 04 your layer becomes a
# matrix product. Here the loops stay, since in them you see every number.

# %% [markdown]
# The network that read your digit in lesson 01 has two such layers. Here both of them are
# your `conv_forward_naive`. Does it still read, and how much longer does it take?

# %% tags=["demo"]
from course.kit.draw import draw_digit

draw_digit(conv_forward=conv_forward_naive)

# %% [markdown]
# ## 7. The notes' example, number by number
#
# The lecture notes write a single volume as `X[x, y, d]`: column first, then row, then
# depth. Their example has X of shape (11, 11, 4), no padding, F = 5, S = 2, so
# (11 − 5)/2 + 1 = 4 places per axis, and two filters W0 and W1 of shape (5, 5, 4). They
# list ten entries of the output V, all of the kind
#
# ```
# V[0,0,0] = np.sum(X[:5,:5,:] * W0) + b0
# V[1,0,0] = np.sum(X[2:7,:5,:] * W0) + b0
# V[0,1,1] = np.sum(X[:5,2:7,:] * W1) + b1      (going along y)
# V[2,3,1] = np.sum(X[4:9,6:11,:] * W1) + b1    (along both)
# ```
#
# First compute them as written, with small whole numbers in X, W0 and W1.

# %% tags=["demo", "nbval-check-output"]
x, y, d = np.ogrid[:11, :11, :4]
X = (3 * x * x + 5 * x * y + 2 * y * y + 7 * d + x * d) % 11 - 5.0
x, y, d = np.ogrid[:5, :5, :4]
W0 = (x * x + 3 * y + 2 * d) % 5 - 2.0
W1 = (2 * x + y * y + x * d) % 5 - 2.0
b0, b1 = 1.0, -2.0

by_the_notes = {
    (0, 0, 0): np.sum(X[:5, :5, :] * W0) + b0,
    (1, 0, 0): np.sum(X[2:7, :5, :] * W0) + b0,
    (2, 0, 0): np.sum(X[4:9, :5, :] * W0) + b0,
    (3, 0, 0): np.sum(X[6:11, :5, :] * W0) + b0,
    (0, 0, 1): np.sum(X[:5, :5, :] * W1) + b1,
    (1, 0, 1): np.sum(X[2:7, :5, :] * W1) + b1,
    (2, 0, 1): np.sum(X[4:9, :5, :] * W1) + b1,
    (3, 0, 1): np.sum(X[6:11, :5, :] * W1) + b1,
    (0, 1, 1): np.sum(X[:5, 2:7, :] * W1) + b1,
    (2, 3, 1): np.sum(X[4:9, 6:11, :] * W1) + b1,
}
for (x, y, d), value in by_the_notes.items():
    print(f"V[{x},{y},{d}] = {value:4.0f}")

# %% [markdown]
# Now the same with your layer. It wants `(N, C, H, W)`: channels before height before
# width. The notes' axes are (x, y, d), which is (width, height, channels), so the three
# axes are turned round, and a batch axis of length 1 goes in front:
#
# ```
# X[x, y, d]   ->   x_batch[0, d, y, x]        X.transpose(2, 1, 0)[np.newaxis]
# V[x, y, d]   <-   out[0, d, y, x]            out[0].transpose(2, 1, 0)
# ```
#
# The filters turn the same way, or they would no longer match the pixels under them.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "The notes' `V[2,3,1]` is which entry of `out`?",
    "out[0,1,3,2]",
    choices=["out[0,1,2,3]", "out[0,1,3,2]", "out[0,2,3,1]"],
    because="column 2, row 3, map 1; the code has the map first, then the row",
)

# %% tags=["demo", "nbval-check-output"]
from course.geometry import depth_column, depth_slice

x_batch = X.transpose(2, 1, 0)[np.newaxis]
w = np.stack([W0.transpose(2, 1, 0), W1.transpose(2, 1, 0)])
b = np.array([b0, b1])
out, _ = conv_forward_naive(x_batch, w, b, stride=2)
V = out[0].transpose(2, 1, 0)

print("x_batch", x_batch.shape, " w", w.shape, " out", out.shape, " V", V.shape)
for (x, y, d), value in by_the_notes.items():
    print(
        f"V[{x},{y},{d}] = {value:4.0f}    out[0,{d},{y},{x}] = {out[0, d, y, x]:4.0f}"
    )
print("all ten agree:", all(V[place] == value for place, value in by_the_notes.items()))
print(f"the other way round, out[0,1,2,3] = {out[0, 1, 2, 3]:.0f}")
print("map 1 of the layer is the depth slice of V at d = 1:", end=" ")
print(np.array_equal(out[0, 1].T, depth_slice(V, 1)))

# %% [markdown]
# The notes list ten of the 4·4·2 = 32 entries; your layer fills in the rest. Swap row and
# column and you read another window's answer, with no error to warn you.

# %% [markdown]
# ## 8. Six filters by hand
#
# Nine numbers can blur, sharpen or find edges. Each filter below works on the 3x3
# window around a pixel; the words say all there is to know. Write the nine numbers.
#
# | name | what it answers |
# |---|---|
# | `identity` | the pixel itself |
# | `box_blur` | the mean of the nine pixels |
# | `sharpen` | five times the pixel, minus its upper, lower, left and right neighbour |
# | `sobel_x` | right column minus left column, the middle row counted twice: positive where it gets brighter to the right |
# | `sobel_y` | lower row minus upper row, the middle column counted twice: positive where it gets brighter downwards |
# | `laplacian` | upper + lower + left + right neighbour, minus four times the pixel |
#
# An example by hand: `sharpen` on a pixel of 2 whose four neighbours are all 1 gives
# 5·2 − 1 − 1 − 1 − 1 = 6. A pixel a bit brighter than its surroundings becomes a lot
# brighter. On a flat area of 1 it answers 5 − 4 = 1: nothing changes.


# %% task="hand_made_filters"
def hand_made_filters():
    """Six classical image filters, as they are laid over the image (no flip).

    Returns a dict with the keys "identity", "box_blur", "sharpen", "sobel_x", "sobel_y"
    and "laplacian". Each value is a numpy array of shape (3, 3): rows run downwards,
    columns to the right. The table above says what each filter answers.
    """
    ### BEGIN SOLUTION hint: Write each weight where its pixel stands.
    sobel_x = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return {
        "identity": np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        "box_blur": np.full((3, 3), 1 / 9),
        "sharpen": np.array([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]),
        "sobel_x": sobel_x,
        "sobel_y": sobel_x.T.copy(),
        "laplacian": np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]),
    }
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Draw the window as a 3x3 table and write into each cell how often that pixel is
# counted, with its sign. `identity` is not the identity *matrix*: only one pixel
# counts. `sobel_y` is `sobel_x` with rows and columns exchanged.
#
# </details>

# %% [markdown]
# The check lays your filters over small pictures and compares the answers: an edge, a
# bright dot, a slope, and an area of ones.

# %% check="hand_made_filters"
check(hand_made_filters)

# %% [markdown]
# ### The six on a photograph
#
# The temple again, in grey, 106 pixels high and 160 wide, from black (0) to white (1).
# The photograph, by danielbuechele (CC BY 2.0), ships inside scikit-learn. Your
# `activation_map` slides each filter over it, with the padding that keeps the size: your
# `same_padding(3)` says 1. The temple has vertical columns and long horizontal roofs.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "Which filter sees the horizontal roofs?",
    "sobel_y",
    choices=["sobel_x", "sobel_y", "laplacian"],
    because="across a horizontal edge the brightness changes from above to below",
)

# %% tags=["demo"]
from course.geometry import same_padding

P = same_padding(3)
filters = {name: weights[np.newaxis] for name, weights in hand_made_filters().items()}
maps = {
    name: activation_map(temple, weights, 0.0, padding=P)
    for name, weights in filters.items()
}
plot.filter_maps(filters, maps)
plot.show()

# %% [markdown]
# Now look at it in numbers. Away from the border, the mean and the spread (standard
# deviation) of each map:

# %% tags=["demo", "nbval-check-output"]
print("             sum of    mean of   spread of")
print("             weights   the map   the map")
for name, weights in filters.items():
    inner = maps[name][1:-1, 1:-1]
    mean = np.round(inner.mean(), 3) + 0.0  # + 0.0: no "-0.000"
    print(f"{name:10s} {weights.sum():8.2f} {mean:9.3f} {inner.std():11.3f}")

upper = np.abs(maps["sobel_y"][0]).mean()
inside = np.abs(maps["sobel_y"][1:-1, 1:-1]).mean()
sky = temple[0, 0].mean()
print(f"\nsobel_y, mean size of the answer: {upper:.2f} in the uppermost row,")
print(f"                                  {inside:.2f} inside")
print(
    f"mean brightness of the uppermost row: {sky:.2f}, four times that: {4 * sky:.2f}"
)

# %% [markdown]
# Read the table together with the picture.
#
# - **Weights that add up to 1 keep the mean** of the picture: identity, blur and
#   sharpen. Blur makes the spread smaller, sharpen larger.
# - **Weights that add up to 0 answer 0 where the picture is flat**, however bright it
#   is: look at the sky under both Sobel filters and the Laplacian. They react to change
#   only.
# - `sobel_x` sees what changes from left to right, so the columns; `sobel_y` the roofs.
#   On a clean edge from 0 to 1 the answer is 1 + 2 + 1 = 4, as the check asked.
# - **The frame of zeros is an edge.** In the uppermost row `sobel_y` answers with about 4
#   times the sky's brightness, although the sky has no edge there.
#
# Nobody writes such filters for a network. It learns them. The AlexNet paper shows the 96
# that its first layer learned from photographs: edges and stripes in many directions, and
# blobs of colour. At the end of lesson 03 one of your six is learned before your eyes.

# %% [markdown]
# ## 9. A stack of activation maps
#
# A filter on a colour picture has a slice for each channel, so it can look for a colour
# as well as for a shape. A well-known figure shows such a stack: the filter with an
# orange part answers wherever the picture is orange. Here is that experiment with six
# hand-made 5x5x3 filters and a flower (by vultilion, CC BY 2.0). Each filter is drawn
# as a small picture: where a patch of the photograph looks like it, the answer is
# large.
#
# Before you scroll on: which map will show the flower as one bright disc? In which will
# the flower be the darkest part?

# %% tags=["demo"]
flower = photograph("flower", shrink=4)
blob, grey = np.ones((5, 5)), np.ones(3)
step = np.ones((5, 1)) * np.array([-1, -1, 0, 1, 1])
ring = np.pad(np.full((3, 3), 25 / 9), 1) - blob
colour_filters = {
    "orange": np.multiply.outer([1.0, 0.0, -1.0], blob),
    "blue-green": np.multiply.outer([-1.0, 0.5, 0.5], blob),
    "bright": np.multiply.outer(grey / 3, blob),
    "brighter to the right": np.multiply.outer(grey, step),
    "more orange to the right": np.multiply.outer([1.0, 0.0, -1.0], step),
    "a bright dot": np.multiply.outer(grey, ring),
}
w = np.stack(list(colour_filters.values())) / 25
out, _ = conv_forward_naive(flower[np.newaxis], w, np.zeros(len(w)), padding=2)
plot.filter_maps(
    dict(zip(colour_filters, w)), dict(zip(colour_filters, out[0])), image=flower
)
plot.show()

# %% tags=["demo", "nbval-check-output"]
rows, columns = np.mgrid[: flower.shape[1], : flower.shape[2]]
on_flower = (rows - 55) ** 2 + (columns - 77) ** 2 < 36**2
print("                              mean             mean size")
print("                          flower   rest     flower   rest  ratio")
for name, activations in zip(colour_filters, out[0]):
    on, off = activations[on_flower], activations[~on_flower]
    means = np.round([on.mean(), off.mean()], 2) + 0.0  # + 0.0: no "-0.00"
    sizes = np.abs(on).mean(), np.abs(off).mean()
    numbers = "{:7.2f}{:7.2f}{:11.3f}{:7.3f}".format(*means, *sizes)
    print(f"{name:25s}{numbers}{sizes[0] / sizes[1]:7.1f}")

# %% [markdown]
# `orange` answers 0.47 on the flower and −0.16 elsewhere: it has found the flower by its
# colour, as the filter in that figure did. `blue-green` is its opposite. The last three
# filters have a mean near 0, since every step from dark to bright has its opposite
# somewhere, so look at the mean *size* of their answers. The last column says how many
# times larger it is on the flower than on the rest, the blurred leaves: 2.0 for `more
# orange to the right`, 3.4 for `brighter to the right`, and 5.1 for `a bright dot`.
#
# One input of 3 channels went in, one volume of 6 channels came out. The next layer of
# a network would see this stack as its image, and its filters would reach through all
# six maps: "orange here, and brighter to the right there". That is how filters of
# filters come to mean something.

# %% [markdown]
# ## 10. A filter of one pixel
#
# A 1x1 filter sounds useless: with one channel it only scales the picture. With more
# channels it is a weighted sum over the *depth column* of each pixel. Take a pixel (red
# 10, green 20, blue 30) and weights (0.3, 0.6, 0.1):
#
# 10·0.3 + 20·0.6 + 30·0.1 = 3 + 12 + 3 = 18
#
# With weights like these a colour pixel becomes grey. K such filters turn C channels into
# K channels, each pixel on its own. In other words: write the weights as a matrix of K
# rows and C columns, and every pixel's column of C numbers is multiplied by that matrix.
# No window, no neighbours, one matrix product. The notes call it a 3-dimensional dot
# product at every pixel of a [32x32x3] input. Lin, Chen and Yan put such layers into a
# network in 2013 and called it *Network in Network*: what mixes the channels of a pixel
# is itself a small network. With K smaller than C it makes a volume thinner, and so the
# layers after it cheaper; lesson 09 counts by how much.
#
# The check takes the time as well: 64 filters on 32x16 pixels give 32,768 answers, which
# must be there before 2,048 neurons have been computed one after the other. A matrix
# product manages that easily. Loops over single answers compute 32,768 neurons, 16 times
# as many.


# %% task="conv1x1_forward"
def conv1x1_forward(x, w, b):
    """A convolutional layer with 1x1 filters: a matrix product over the channels.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, 1, 1), b their biases
    (K,). None of them is changed. The stride is 1, the padding 0.

    Returns (out, cache), like every layer. out is (N, K, H, W) in the dtype of x, and
    equal to that of conv_forward_naive. What the cache holds is up to you.
    Raises ValueError, naming the values, when x and w differ in their number of
    channels, or when the filters are not 1x1.
    Answers computed one at a time take too long: see the text.
    """
    ### BEGIN SOLUTION hint: Two reshapes, one product, one reshape.
    N, C, H, W = x.shape
    K = len(w)
    if w.shape[1] != C or w[0].size != C:
        raise ValueError(
            f"x has {C} channels, so w must have shape ({K}, {C}, 1, 1); its shape is {w.shape}"
        )
    out = w.reshape(K, C) @ x.reshape(N, C, H * W) + b.reshape(K, 1)
    return out.reshape(N, K, H, W).astype(np.result_type(x, 0.0), copy=False), (x, w, b)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `A @ B` with A of shape (K, C) and B of shape (N, C, M) multiplies each of the N
# matrices, and gives (N, K, M). For that the two spatial axes become one, and
# afterwards two again. The biases are one per row of the result, so they need the shape
# (K, 1).
#
# </details>

# %% check="conv1x1_forward"
check(conv1x1_forward)

# %% [markdown]
# Both functions turn a 3-channel flower of 106x160 into 8 channels, and give the same
# numbers. How many times faster is the matrix product: 10, 100, 1000? Guess before you
# run the cell.

# %% tags=["demo"]
rng = np.random.default_rng(0)
w, b = rng.standard_normal((8, 3, 1, 1)), rng.standard_normal(8)
started = perf_counter()
by_loops, _ = conv_forward_naive(flower[np.newaxis], w, b)
between = perf_counter()
by_product, _ = conv1x1_forward(flower[np.newaxis], w, b)
ended = perf_counter()
loops, product = between - started, ended - between
print(f"largest difference: {np.abs(by_loops - by_product).max():.1e}")
print(f"loops {loops:.3f} s, matrix product {product:.5f} s")
print(f"{loops / product:.0f} times faster")

pixel = depth_column(flower.transpose(2, 1, 0), 80, 50)  # x = 80, y = 50
same = np.allclose(by_product[0, :, 50, 80], w[:, :, 0, 0] @ pixel + b)
print("one pixel: the matrix times its depth column gives the same:", same)

# %% [markdown]
# Remember how large this number is. In lesson 04 every convolution becomes a matrix
# product, whatever its window.

# %% [markdown]
# ## 11. Without sharing
#
# In the layer above all places use the same weights. The notes name the assumption
# that this makes: if a feature is useful to compute at one place, it is useful at another. A
# **locally connected** layer drops it. It has the same windows, but each place has its
# own weights and its own bias:
#
# | | weights | biases |
# |---|---|---|
# | convolutional | `(K, C, FH, FW)` | `(K,)` |
# | locally connected | `(HO, WO, K, C, FH, FW)` | `(HO, WO, K)` |
#
# A small case by hand: one channel, an image of 1 row and 3 columns, `5 7 9`, a 1x2
# filter, so two places. At place 0 the weights are (1, 0) and the bias is 100, at place
# 1 the weights are (0, 2) and the bias is 200. The answers are 5·1 + 7·0 + 100 = 105
# and 7·0 + 9·2 + 200 = 218. When you give both places the same weights and bias (tie
# them), it is the convolutional layer again.


# %% task="locally_connected_forward"
def locally_connected_forward(x, w, b, stride=1, padding=0):
    """A layer with the windows of a convolution, and weights of its own at every place.

    x is a batch (N, C, H, W) of floats, w are the weights (HO, WO, K, C, FH, FW), b the
    biases (HO, WO, K). None of them is changed. stride and padding are pixels.

    Returns (out, cache), like every layer. out is (N, K, HO, WO) in the dtype of x. With
    the same weights and biases at every place it equals that of conv_forward_naive. What
    the cache holds is up to you.
    Raises ValueError, naming the values, when the filters do not fit along an axis, when
    x and w differ in their number of channels, or when w has not exactly one set of
    weights for every place.
    """
    ### BEGIN SOLUTION hint: As activation_map, with weights of its own.
    N, _, H, W = x.shape
    rows, columns, K, _, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    if (rows, columns) != (HO, WO):
        raise ValueError(
            f"w has weights for {rows}x{columns} places, but the filter takes {HO}x{WO} places"
        )
    padded = zero_pad(x, padding)
    out = np.zeros((N, K, HO, WO), dtype=np.result_type(x, 0.0))
    for n, k, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        patch = padded[n, :, top : top + FH, left : left + FW]
        out[n, k, ho, wo] = neuron(patch, w[ho, wo, k], b[ho, wo, k])
    return out, (x, w, b, stride, padding)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Four loops: n, k, ho, wo (`np.ndindex(out.shape)` gives them in one line). The patch
# is cut as before; the weights are `w[ho, wo, k]`, the bias is `b[ho, wo, k]`. Compare
# `w.shape[:2]` with (HO, WO) before you start.
#
# </details>

# %% check="locally_connected_forward"
check(locally_connected_forward)

# %% [markdown]
# ### What sharing costs and what it brings
#
# First the price of not sharing, for the notes' real-world layer (96 filters of
# 11x11x3, 55x55 places):

# %% tags=["demo", "nbval-check-output"]
from course.geometry import conv_parameters, unshared_parameters

places = output_size(227, 11, stride=4)
shared = conv_parameters(3, 96, 11)
unshared = unshared_parameters(3, 96, 11, places, places)
print(f"shared:   {shared:>11,} parameters")
print(
    f"unshared: {unshared:>11,} parameters, one set for each of {places}x{places} places"
)
print(f"that is {unshared / shared:,.0f} times as many")

# %% [markdown]
# Then what sharing brings. Take a small image and move everything in it one pixel to
# the right. Pass both images through a convolutional layer, and through a locally
# connected one with random weights.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "For which layer is the second output the first one, moved by one pixel?",
    "convolutional only",
    choices=["convolutional only", "locally connected only", "both", "neither"],
    because="it asks the same question at every place",
)

# %% tags=["demo", "nbval-check-output"]
rng = np.random.default_rng(1)
wide = rng.standard_normal((1, 2, 6, 9))
# The same scene twice: in `after` everything lies one pixel further to the right.
before, after = wide[..., 1:], wide[..., :-1]
w, b = rng.standard_normal((3, 2, 3, 3)), rng.standard_normal(3)
own_w, own_b = rng.standard_normal((4, 6, 3, 2, 3, 3)), rng.standard_normal((4, 6, 3))

for name, layer in {
    "convolutional": lambda x: conv_forward_naive(x, w, b)[0],
    "locally connected": lambda x: locally_connected_forward(x, own_w, own_b)[0],
}.items():
    moved = np.abs(layer(after)[..., 1:] - layer(before)[..., :-1]).max()
    print(f"{name:18s} output moved along: {'yes' if moved < 1e-12 else 'no'}")

# %% [markdown]
# A convolutional layer says the same thing about the same patch wherever it lies: when
# the image moves, the map moves with it. This is called *translation equivariance*. (The
# cell tests it at stride 1 and without padding. At stride 2 the map follows only moves by
# an even number of pixels, and a border of zeros does not move with the image.)
# Whether it is what you want depends on your images. Two collections follow:
#
# - 1797 handwritten **digits**, 8x8 pixels, each one centred in its image;
# - as many 8x8 **patches**, cut from random places of the two photographs.
#
# For each pixel position the figure shows the mean over the whole collection. Which of
# the two mean images will be flat? What would the mean of a thousand centred faces look
# like?

# %% tags=["demo"]
from course.kit.data import digits, random_patches

digit_images, _ = digits()
rng = np.random.default_rng(2)
halves = [
    random_patches(photograph(name, grey=True), 8, 900, rng)
    for name in ("china", "flower")
]
patches = np.concatenate(halves)[: len(digit_images)]
collections = {"mean of the digits": digit_images, "mean of the patches": patches}
plot.number_grids(
    {name: images.mean(axis=(0, 1)) for name, images in collections.items()},
    label="mean brightness, 0 to 1",
    limits=(0, 1),
    decimals=1,
)
plot.show()

# %% tags=["demo", "nbval-check-output"]
for name, images in collections.items():
    means = images.mean(axis=(0, 1))
    explained = means.var() / images.var()
    print(f"{name:20s} from {means.min():.2f} to {means.max():.2f}")
    print(f"    position alone explains {explained:.1%} of the variance")

# %% [markdown]
# ### Question (1 point): when is sharing a bad assumption?
#
# The notes say that sharing may not make sense for images with a centred structure, and
# name faces.
#
# 1. Which of the two collections above fits the assumption behind sharing better? Give
#    the number or the part of the figure that you decide by.
# 2. Why can a locally connected layer do better on centred faces? Name one thing it
#    could learn that a single shared filter cannot.
# 3. What does it cost? Use the two parameter counts above, and say why the cost is more
#    than memory.
#
# Four to eight sentences are enough.

# %% [markdown] question="sharing" points=1
# ### BEGIN SOLUTION
# **Model answer.** The random patches fit it better: their mean image is flat, and
# position explains next to none of the variance, so what is seen at one place is as
# likely at any other. The digits do not: the mean is 0 along the left and right border
# and bright in the middle, and position alone explains almost half of the variance.
# Where the statistics depend on the place, the useful features may, too.
#
# In centred faces the eyes are always in the upper half and the mouth in the lower. A
# locally connected layer can spend its weights on eye detectors where the eyes are and
# on mouth detectors where the mouth is; a shared filter is applied everywhere, and
# answers to anything eye-like on the cheek as well.
#
# It costs 105,705,600 parameters instead of 34,944 in the notes' layer, 3025 times as
# many, one set per place. More memory, but above all each set sees only its own place,
# so it learns from 3025 times fewer patches per image: it needs far more images or
# overfits, and what it learned at one place is of no use when the face is moved.
# (Sharing is no disaster on centred images: strokes and edges look alike everywhere,
# and later layers can still use the position. It is a weaker fit there, not an error.)
#
# **Mark scheme (1 point).**
# - 0.4: names the patches as the better fit, by a number or a part of the figure (flat
#   mean, share of variance; the digits' empty border).
# - 0.3: gives a place-specific feature for centred images (eyes above, mouth below, or
#   like it) and says that a shared filter must serve all places.
# - 0.3: gives the cost with a number (105,705,600 against 34,944, or 3025 times) and
#   one consequence besides memory: fewer patches per weight, overfitting, more images
#   needed, or no transfer to moved faces.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains</summary>
#
# Read this after you have written yours.
#
# - The better fit, named, and the evidence for it: one of the two shares of variance, or
#   a part of a mean image.
# - A feature that belongs to one place of a centred face, and why a filter that is shared
#   cannot specialise on that place.
# - The cost as a number, both counts or their quotient.
# - A consequence of that number other than memory: think of how many patches of each
#   image a set of weights gets to learn from, or of what happens when the face moves.
#
# </details>

# %% [markdown]
# ## 12. What your layers can do now: two of them, one on the other
#
# The output of a layer is a volume, so it can be the input of the next. Here is a network
# of two layers whose weights you know all by hand.
#
# 1. Four 3x3 filters: Sobel to the right, to the left, downwards, upwards. What is below 0
#    is set to 0 (this step is called *ReLU*; lesson 06 builds it), so each map keeps the
#    edges that get brighter in its own direction.
# 2. One 1x1 filter with four weights of 1 adds the four maps up.
#
# Guess what the sum of the four shows.

# %% tags=["demo"]
sobel_x, sobel_y = (hand_made_filters()[name] for name in ("sobel_x", "sobel_y"))
directions = np.stack([sobel_x, -sobel_x, sobel_y, -sobel_y])[:, np.newaxis]
no_bias = np.zeros(4)

first, _ = conv_forward_naive(temple[np.newaxis], directions, no_bias)
first = np.maximum(first, 0)
outlines, _ = conv1x1_forward(first, np.ones((1, 4, 1, 1)), np.zeros(1))

axes = plot.new_row(2, height=2.9)
for ax, shown, title in zip(
    axes,
    (first[0, 3], outlines[0, 0]),
    ("layer 1, brighter upwards", "layer 2"),
    strict=True,
):
    plot.activation_image(shown, ax=ax)
    ax.set_title(title, loc="left", fontsize=11)
plot.show()
print("volumes:", temple[np.newaxis].shape, "->", first.shape, "->", outlines.shape)

# %% [markdown]
# The outlines of the temple, whatever direction they run in: something that none of the
# four filters sees alone. Filters of filters are what a deep network is made of. What is
# missing is that it finds the 40 weights itself.
#
# ## 13. Build the module
#
# | you built | used again in |
# |---|---|
# | `zero_pad` | lessons 03, 04, 09 and 11 |
# | `conv_forward_naive` | lesson 03 sends gradients back through it; lesson 04 is measured against it |
# | `activation_map`, `hand_made_filters` | lesson 05 |
# | `neuron`, `conv1x1_forward`, `locally_connected_forward` | here |
#
# Still missing: the way back, on which weights are learned (lesson 03), speed (lesson
# 04), pooling (lesson 05) and a network that trains (lesson 06). The next cell writes
# `course/convolution.py` from your functions and lists what is not there yet.

# %%
from course.kit import build

build(
    "convolution",
    zero_pad,
    neuron,
    activation_map,
    conv_forward_naive,
    hand_made_filters,
    conv1x1_forward,
    locally_connected_forward,
)

# %% [markdown]
# ### Further reading
#
# - [CS231n, Convolutional Neural Networks](https://cs231n.github.io/convolutional-networks/),
#   "Convolutional Layer": the example of section 7, and an animation of a layer with two
#   filters at stride 2.
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner,
#   [Gradient-based learning applied to document recognition](https://doi.org/10.1109/5.726791)
#   (1998): local windows, shared weights and what they are good for, by those who made
#   them work.
# - M. Lin, Q. Chen and S. Yan, [Network In Network](https://arxiv.org/abs/1312.4400)
#   (2013): where 1x1 convolutions come from.
# - V. Dumoulin and F. Visin,
#   [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285)
#   (2016): padding and stride in drawings.
# - A. Krizhevsky, I. Sutskever and G. E. Hinton,
#   [ImageNet Classification with Deep Convolutional Neural Networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks)
#   (2012): its third figure shows the 96 learned filters.
# - *Convolutional layer*, a written summary of the notes, has the drawing of section 6 and
#   the stack of activation maps that section 9 repeats.
#
# **Next:** lesson 03, [Backpropagation](../03_backprop/03_backprop.ipynb). The words of the
# course are in the [glossary](../../docs/glossary.md).
