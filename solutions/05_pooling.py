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
# # Pooling: how does a network make its volumes smaller, and which pixels get the gradient?
#
# A pooling layer looks at every channel through a small window and keeps one number of
# each window: the largest, the average, or the root of the sum of squares. It learns
# nothing. In this lesson you write max pooling with plain loops, then its backward
# pass, which must remember where each maximum was. You turn the loops round, so that
# Python visits the four places of a window and numpy the thousands of windows. With the
# `im2col` and `col2im` of lesson 04 you add average and L2 pooling, and measure on a
# photograph what each of the three keeps, what it throws away, and how much it cares when
# the image moves by one pixel. As a bonus, you shrink an image by less than two.
#
# The last cell turns your functions into the module `course.pooling`, which lesson 06
# puts between its convolutions. Plan about two hours. There are 10 points, and 1 bonus
# point on top.

# %% [markdown]
# ## Letters and promises
#
# The letters are those of lesson 02: a batch is `(N, C, H, W)`, the output
# `(N, C, HO, WO)`. A window is square, `size` pixels wide and high (F in the notes),
# and moves by `stride` pixels (S). There is no padding: the notes say that it is not
# common for pooling layers. And there is no K: every channel is pooled by itself, so
# the output has as many channels as the input.
#
# The promises of lesson 02 hold here, too: the dtype that comes in goes out, the input
# is never changed in place, and a window that does not fit raises `ValueError`. Each
# forward function returns `(out, cache)`, each backward function takes
# `(dout, cache)`. What you put into a cache is your own business: the checks only hand
# it from your forward function to your backward function.

# %% tags=["nbval-check-output"]
import numpy as np

from course.geometry import conv_parameters, dense_parameters, output_size
from course.im2col import col2im, im2col
from course.kit import check

print("A window of 3 on 7 pixels, stride 2, takes", output_size(7, 3, 2), "places.")

# %% [markdown]
# If this cell complains that something is not built yet, run the last cells of lessons
# 01 and 04 first.
#
# ### Before you start
#
# A question about lesson 04 that many people get wrong. Sections 3 and 4 come back to it.

# %% tags=["demo"]
from course.kit.predict import predict

predict(
    "With 3x3 windows at stride 1, X_col is about nine times as large as the image. And "
    "with 2x2 windows at stride 2: how many times as large is it?",
    im2col(np.ones((1, 1, 8, 8)), 2, 2, 2).size // 64,
    because="The windows do not overlap, so every pixel is written down once. X_col is "
    "the image in another order.",
)

# %% [markdown]
# ### Why make a volume smaller at all?
#
# The notes give the reason: pooling reduces "the amount of parameters and computation in
# the network", and hence helps "to also control *overfitting*", the habit of large
# networks to learn their training images by heart. Their example network has 12 filters
# of 3x3 on images of 32x32x3, and a dense layer after them that gives 10 scores. What
# does one pooling layer of 2x2 in between save?

# %% tags=["nbval-check-output"]
without, pooled = dense_parameters(32 * 32 * 12, 10), dense_parameters(16 * 16 * 12, 10)
print(f"convolution                   {conv_parameters(3, 12, 3):>7,} parameters")
print(f"dense layer without pooling   {without:>7,} parameters")
print(f"dense layer after pooling     {pooled:>7,} parameters")

# %% [markdown]
# ## 1. The largest of four
#
# This 4x4 slice is in two of the four documents behind the course. Pool it with 2x2
# windows and stride 2:

# %% tags=["demo"]
from course.kit import plot
from course.kit.plot import Cells

piece = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
windows = np.kron([[1, 2], [3, 4]], np.ones((2, 2), dtype=int))  # one colour each
plot.cells(
    Cells(piece, "slice", fills=windows),
    "→",
    Cells(np.array([[6, 8], [3, 4]]), "maxima", fills=np.array([[1, 2], [3, 4]])),
    "   ",
    Cells(np.array([[3, 3], [0, 3]]), "switches", fills=np.array([[1, 2], [3, 4]])),
)
plot.show()

# %% [markdown]
# The upper left window holds 1, 1, 5 and 6, and its maximum is **6**. The other three
# windows give 8, 3 and 4. Four numbers are left of sixteen: 25 %.
#
# $$\text{out}_{n,c,\text{ho},\text{wo}} = \max_{0\le i,\,j<F} \; x_{n,\,c,\;\text{ho} \cdot S + i,\;\text{wo} \cdot S + j}$$
#
# Two details before you write it:
#
# - **Where was the maximum?** The backward pass will ask. The notes call the answer the
#   *switch* of the window. One whole number is enough: the place within the window,
#   counted row by row from 0. The four switches here are 3, 3, 0 and 3. When two pixels
#   share the maximum, the first one counts.
# - **Where does the search begin?** A maximum that starts from 0 is right as long as
#   some number in the window is positive. Activations without a ReLU are often all
#   negative.


# %% task="max_pool_forward_naive"
def max_pool_forward_naive(x, size=2, stride=2):
    """Max pooling with plain loops: the largest number of every window.

    x is a batch (N, C, H, W) of floats, and is not changed. The window is size x size
    pixels and moves by `stride` pixels; every channel is pooled by itself.

    Returns (out, cache). out is (N, C, HO, WO) in the dtype of x. The cache keeps the
    switches, which tell where in its window each maximum was found, and whatever else
    your backward pass needs.
    Raises ValueError, naming the values, when the windows do not fit along an axis
    (`output_size` does that).
    """
    ### BEGIN SOLUTION hint: One window at a time; keep the place of its maximum, too.
    N, C, H, W = x.shape
    HO = output_size(H, size, stride)
    WO = output_size(W, size, stride)
    out = np.zeros((N, C, HO, WO), dtype=x.dtype)
    switches = np.zeros((N, C, HO, WO), dtype=int)
    for n, c, ho, wo in np.ndindex(out.shape):
        top, left = ho * stride, wo * stride
        window = x[n, c, top : top + size, left : left + size]
        # argmax counts row by row and gives the first of equal maxima.
        switches[n, c, ho, wo] = window.argmax()
        out[n, c, ho, wo] = window.max()
    return out, (x, switches, size, stride)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.ndindex(out.shape)` runs over all four axes of the output. The window of output
# row `ho` starts at image row `ho * stride`. `window.argmax()` of a 2-D array counts
# row by row, and gives the first place where the maximum occurs.
#
# </details>

# %% check="max_pool_forward_naive"
check(max_pool_forward_naive)

# %% [markdown]
# ## 2. The switches route the gradient
#
# Take one window with the numbers 1, 1, 5, 6. Its output is 6. Now wiggle the inputs:
#
# - Add 0.001 to the 6, and the output grows by 0.001. Its gradient is 1.
# - Add 0.001 to the 5, and the output stays 6. Its gradient is 0.
#
# So the whole upstream gradient of a window goes to the pixel that won, and the others
# get nothing. That is the *chain rule* with a derivative that is 1 or 0. With `dout` = 10,
# 20, 30, 40 for the four windows of the slice:

# %% tags=["demo"]
dout = np.array([[10, 20], [30, 40]])
routed = np.array([[0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]])
plot.cells(
    Cells(piece, "slice", fills=windows * (routed > 0)),
    "   ",
    Cells(dout, "dout", fills=np.array([[1, 2], [3, 4]])),
    "→",
    Cells(routed, "dx", fills=windows * (routed > 0)),
)
plot.show()

# %% [markdown]
# **Ties.** In a window `7 7 / 7 0` three pixels share the maximum. Adding a little to
# any of them raises the output; taking a little away from any of them does not lower
# it: this is a kink, and there is no gradient in the strict sense. A rule is needed.
# Ours is the usual one: all of it goes to the *first* maximum, row by row. It is not
# handed to each of the three, which would triple the gradient, nor split among them.
#
# **Overlap.** With 3x3 windows and stride 2, which AlexNet uses, neighbours share a row
# or a column of pixels. A pixel that wins in two windows gets both gradients: they
# *add*. Here the 9 is the maximum of both windows, so it gets 10 + 20 = 30:

# %% tags=["demo"]
row = np.array([[1, 2, 9, 4, 5], [0, 1, 2, 1, 0], [3, 0, 1, 2, 2]])
both = np.zeros_like(row)
both[0, 2] = 30
plot.cells(
    Cells(row, "two windows that overlap", [(0, 0, 3, 3), (0, 2, 3, 3)]),
    "   ",
    Cells(np.array([[10, 20]]), "dout", fills=np.array([[1, 2]])),
    "→",
    Cells(both, "dx", fills=5 * (both > 0)),
)
plot.show()


# %% task="max_pool_backward_naive"
def max_pool_backward_naive(dout, cache):
    """Backward pass of max pooling, with plain loops over the output.

    dout is the gradient of the loss with respect to out, (N, C, HO, WO), and is not
    changed. cache is what max_pool_forward_naive returned.

    Returns dx, (N, C, H, W) in the dtype of dout: the whole gradient of a window goes to
    its first maximum, counted row by row; where windows overlap, gradients add up; all
    other pixels get 0.
    """
    ### BEGIN SOLUTION hint: From the switch to row and column, then add.
    x, switches, size, stride = cache
    dx = np.zeros(x.shape, dtype=dout.dtype)
    for n, c, ho, wo in np.ndindex(dout.shape):
        row, column = divmod(switches[n, c, ho, wo], size)
        dx[n, c, ho * stride + row, wo * stride + column] += dout[n, c, ho, wo]
    return dx
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# If your switch counts the pixels of a window row by row, then
# `row, column = divmod(switch, size)` turns it back. The window itself starts at row
# `ho * stride` and column `wo * stride`. `dx[...] = ` forgets what an earlier window
# has put there.
#
# </details>
#
# The check hands your cache from the forward pass to the backward pass, and compares
# with numeric gradients, too. For those it takes images without ties: you have seen in
# lesson 03 what a kink does to a difference quotient.

# %% check="max_pool_backward_naive"
check(max_pool_backward_naive, max_pool_forward_naive)

# %% [markdown]
# ### See the switches
#
# The next figure does not look into your cache. It sends a gradient back from one
# output at a time, and marks the pixel where it arrives. The image is 5x7, the windows are
# 3x3 with stride 2, so there are 2x3 outputs, and their gradients are 1 to 6.

# %% tags=["demo"]
image = np.array(
    [
        [0.0, 3, 1, 2, 0, 1, 4],
        [2, 1, 9, 0, 3, 2, 1],
        [1, 0, 2, 4, 1, 6, 0],
        [5, 2, 1, 0, 2, 1, 3],
        [0, 1, 3, 2, 8, 0, 1],
    ]
)
out, cache = max_pool_forward_naive(image[None, None], 3, 2)
dout = np.arange(1.0, 7.0).reshape(out.shape)
dx = max_pool_backward_naive(dout, cache)
plot.cells(Cells(image, "image"), "   ", Cells(dout[0, 0], "dout"))
plot.show()

# %% tags=["demo"]
predict(
    "How many of the 35 pixels get a gradient?",
    int(np.count_nonzero(dx)),
    because="At most one for each of the six windows; fewer when one pixel wins in several.",
)

# %% tags=["demo"]
switches = {}
for place in np.ndindex(*out.shape[2:]):
    one = np.zeros(out.shape)
    one[(0, 0, *place)] = 1.0
    arrived = max_pool_backward_naive(one, cache)[0, 0]
    switches[place] = tuple(int(i) for i in np.argwhere(arrived)[0])
plot.switches(image, switches, dout[0, 0], dx[0, 0], size=3, followed=(1, 2))
plot.show()

# %% tags=["demo", "nbval-check-output"]
print(f"{np.count_nonzero(dx)} of {dx.size} pixels get a gradient")
print(f"sum of dout {dout.sum():.0f}, sum of dx {dx.sum():.0f}")

# %% [markdown]
# The 9 wins in both upper left windows and gets 1 + 2 = 3. The 8 wins in both lower
# right windows and gets 5 + 6 = 11. Four pixels share what six windows send back, and
# the sum is kept: max pooling routes the gradient; it neither adds to it nor takes from
# it.
#
# Now with handwritten digits, and your two functions. Click an output to see which pixel
# won; then move the digit to the right, and compare how many pixels and how many outputs
# stay the same. (Section 5 measures this.)

# %% tags=["demo"]
from course.kit import explore

explore.switches(max_pool_forward_naive, max_pool_backward_naive)

# %% [markdown]
# How common are ties, and when does the rule decide anything? The cell counts them in a
# photograph, where a pixel has only 256 shades, and in a map of its edges after a ReLU,
# which is what a network pools.

# %% tags=["demo", "nbval-check-output"]
from course.convolution import activation_map, hand_made_filters
from course.kit.data import photograph


def ties(image):
    """Of the 2x2 windows (stride 2) of one channel: which have several maxima, which are 0."""
    H, W = image.shape
    blocks = image[: H - H % 2, : W - W % 2].reshape(H // 2, 2, W // 2, 2)
    highest = blocks.max(axis=(1, 3), keepdims=True)
    return (blocks == highest).sum(axis=(1, 3)) > 1, highest[:, 0, :, 0] == 0


temple = photograph("china", grey=True, shrink=2)
# Edges from dark to bright, after a ReLU.
edges = np.maximum(activation_map(temple, hand_made_filters()["sobel_x"][None], 0.0), 0)
for name, picture in [("photograph", photograph("china")[0]), ("edges", edges)]:
    tied, zero = ties(picture)
    print(f"{name:10s}  tied {tied.mean():4.0%} of the windows, ", end="")
    print(f"of these all zeros {zero[tied].mean():4.0%}: ", end="")
    print(f"{(tied & ~zero).mean():.1%} are tied at another number")

# %% [markdown]
# After the ReLU one window in six is tied, but nearly all of those hold four zeros.
# There the rule decides nothing: whichever pixel gets the gradient, the ReLU in front of it
# stops it. Windows in which the rule changes what a network learns are fewer than one
# in a hundred. What matters is that there *is* a rule, so that two right answers agree,
# and that it does not multiply: a rule that gave the gradient to *all* maxima would send
# up to four times as much back as came in.

# %% [markdown]
# ## 3. Loop over the window
#
# The loops of section 1 visit the windows one by one: thousands of turns, and in each of
# them four numbers are compared. Lesson 04 turned such loops round. Do it here, too: loop
# over the 4 places in a window, not over the thousands of windows. Numpy does the
# thousands.
#
# Number the places of a window as its switch does, row by row from 0. Place 0 of *all*
# windows at once is a view of the image: every second row and every second column, from
# row 0 and column 0 on. Place 1 begins at column 1. Where is place 3?

# %% tags=["demo"]
places = np.tile([[1, 2], [3, 4]], (2, 2))  # one colour for each place in a window
views = [[[1, 2], [3, 1]], [[1, 4], [2, 0]], [[5, 7], [1, 3]], [[6, 8], [2, 4]]]
plot.cells(
    Cells(piece, "slice", fills=places),
    "→",
    *(
        Cells(np.array(view), f"place {place}", fills=np.full((2, 2), place + 1))
        for place, view in enumerate(views)
    ),
)
plot.show()

# %% [markdown]
# Each view has the shape of the output. Take the first as the best so far, with the
# switch 0 everywhere. Then compare with the next: where its number is *larger*, it is the
# best from now on, and the switch becomes its place. In the figure a colour tells from
# which place a number came. Which windows change their mind at place 1, which at place 2?

# %% tags=["demo"]
best = [[[1, 2], [3, 1]], [[1, 4], [3, 1]], [[5, 7], [3, 3]], [[6, 8], [3, 4]]]
came = [[[0, 0], [0, 0]], [[0, 1], [0, 0]], [[2, 2], [0, 2]], [[3, 3], [0, 3]]]
plot.cells(
    *(
        Cells(np.array(numbers), f"after place {place}", fills=np.array(origin) + 1)
        for place, (numbers, origin) in enumerate(zip(best, came))
    )
)
plot.show()

# %% [markdown]
# After the last place the numbers are the maxima, 6 8 3 4, and the colours the switches,
# 3 3 0 3. One comparison was a tie: at place 1 the upper left window holds a 1, as at
# place 0. It was not larger, so place 0 stayed.

# %% tags=["demo"]
predict(
    "The window `7 7 / 7 0`, and somebody has written `>=` for `>`. What is its switch?",
    2,
    because="Each further 7 takes over from the one before it, so the last of equal "
    "maxima gets the gradient. The rule of section 2 wants the first: `>`.",
)

# %% [markdown]
# **The way back** loops over the same places. At each of them, the windows whose switch
# names it add their gradients to the same view, this time of `dx`, and the others add 0.
# Views of different places share pixels where windows overlap, so *add*, as in section 2.

# %% [markdown]
# ### Multiply instead of choosing
#
# Is this number larger? Does this window send its gradient here? The answers change from
# number to number, without a pattern. A mask, as in `switches[mask] = place`, decides for
# each number by itself, and a processor works ahead by guessing how the next decision will
# go; what it did on a wrong guess is thrown away. But a comparison is a number, too, 1 for
# True and 0 for False, and a product takes the same step everywhere, many numbers at a
# time.
#
# The cell marks the positive ones of 500,000 random numbers with a 3, in both ways. Then
# it sorts the numbers, so that all answers of one kind follow each other. Which of the
# two ways gains by that?

# %% tags=["demo"]
from time import perf_counter


def seconds(function, *arguments):
    """The shortest of five calls, so that other programs count less."""
    took = []
    for _ in range(5):
        started = perf_counter()
        function(*arguments)
        took.append(perf_counter() - started)
    return min(took)


def by_mask(numbers):
    marks = np.zeros(numbers.shape, dtype=np.uint8)
    marks[numbers > 0] = 3
    return marks


def by_product(numbers):
    return np.uint8(3) * (numbers > 0)


numbers = np.random.default_rng(0).standard_normal(500_000)
for order, each in [("random", numbers), ("sorted", np.sort(numbers))]:
    mask, product = seconds(by_mask, each), seconds(by_product, each)
    print(f"{order}   mask {1e3 * mask:.2f} ms   product {1e3 * product:.2f} ms")

# %% [markdown]
# A mask costs most where the answers cannot be guessed, as in a network. So take products
# in your two functions. On the way back, the gradient at a place is `dout` times a
# comparison. On the way forward, the switch is the larger of two numbers, since the
# places grow: what it was, and the place times a comparison.
#
# ### Any size, any stride
#
# At stride S a view takes every S-th pixel, and it has HO rows and WO columns: the slices
# are those of `conv_forward_window`, `fh : fh + S*HO : S`, for every size and stride.
#
# The point of it is time, so the check looks at the clock, too. It times your functions
# on 15,876 windows beside a loop that only moves one number per window, and wants them
# to be faster. Four turns of numpy take a small part of that; what calls the loops of
# section 1 gives the right numbers and takes several times too long.


# %% task="max_pool_forward"
def max_pool_forward(x, size=2, stride=2):
    """Max pooling without a loop over the windows: size * size turns of Python at most.

    The same arguments, the same out and the same errors as max_pool_forward_naive:
    x (N, C, H, W) is not changed; returns (out, cache), out (N, C, HO, WO) in the dtype
    of x. ValueError, naming the values, when the windows do not fit. It takes less time
    than a bare loop over the windows.
    """
    ### BEGIN SOLUTION hint: Keep the best so far; compare it with the next place's view.
    N, C, H, W = x.shape
    HO = output_size(H, size, stride)
    WO = output_size(W, size, stride)
    out = x[:, :, : stride * HO : stride, : stride * WO : stride].copy()
    # One byte for a switch, as long as the windows are no larger than 15x15.
    switches = np.zeros((N, C, HO, WO), dtype=np.min_scalar_type(size * size))
    for place in range(1, size * size):
        fh, fw = divmod(place, size)
        rows = slice(fh, fh + stride * HO, stride)
        columns = slice(fw, fw + stride * WO, stride)
        rivals = x[:, :, rows, columns]
        # 1 where it is larger, not equal: of equal maxima the first keeps the switch.
        larger = (rivals > out).astype(switches.dtype)
        # Places grow, so the larger number is the later place.
        switches = np.maximum(switches, place * larger)
        out = np.maximum(out, rivals)
    return out, (x.shape, switches, size, stride)
    ### END SOLUTION


# %% task="max_pool_backward"
def max_pool_backward(dout, cache):
    """Backward pass of max_pool_forward: dx (N, C, H, W) in the dtype of dout.

    dout is (N, C, HO, WO), and is not changed. cache is what max_pool_forward returned.
    The whole gradient of a window goes to its first maximum, counted row by row; where
    windows overlap, gradients add up. It takes less time than a bare loop over the
    windows.
    """
    ### BEGIN SOLUTION hint: At each place, add dout where the switch names the place.
    shape, switches, size, stride = cache
    HO, WO = dout.shape[2:]
    dx = np.zeros(shape, dtype=dout.dtype)
    for place in range(size * size):
        fh, fw = divmod(place, size)
        rows = slice(fh, fh + stride * HO, stride)
        columns = slice(fw, fw + stride * WO, stride)
        dx[:, :, rows, columns] += dout * (switches == place)
    return dx
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `fh, fw = divmod(place, size)` turns a place into the row and the column where its view
# begins: `x[:, :, fh : fh + stride * HO : stride, fw : fw + stride * WO : stride]`. Begin
# with a *copy* of the view of place 0, so that out is not a part of x. `np.maximum(a, b)`
# keeps the larger of each pair. Compare before you replace the best.
#
# The switch of a 2x2 window fits into one byte, an eighth of what numpy's `int` takes to
# write and to read. `np.min_scalar_type(size * size)` is the smallest dtype that will do.
#
# </details>


# %% check="max_pool"
check(max_pool_forward, max_pool_backward)

# %% [markdown]
# ### Another way: columns
#
# The notes promise that "the same im2col idea can be reused to perform the pooling
# operation". `im2col` lays every window out as a column, but through the whole depth:
# `(N, C*F*F, HO*WO)`, with rows ordered (c, fh, fw). Pooling wants the channels apart,
# and thanks to that order a reshape is all it takes:
#
# | | shape | |
# |---|---|---|
# | `im2col(x, F, F, S)` | `(N, C*F*F, HO*WO)` | all channels of a window in one column |
# | `.reshape(N, C, F*F, HO*WO)` | `(N, C, F*F, HO*WO)` | one channel of a window in one column |
# | `.max(axis=2)` | `(N, C, HO*WO)` | the maximum of each |
#
# For the slice, with its four windows as columns, one colour each:

# %% tags=["demo"]
as_columns = np.array([[1, 2, 3, 1], [1, 4, 2, 0], [5, 7, 1, 3], [6, 8, 2, 4]])
plot.cells(
    Cells(piece, "slice", fills=windows),
    "→",
    Cells(as_columns, "columns", fills=np.tile([1, 2, 3, 4], (4, 1))),
    "→",
    Cells(np.array([[6, 8, 3, 4]]), "max", fills=np.array([[1, 2, 3, 4]])),
)
plot.show()

# %% [markdown]
# The maximum along axis 2 is the output, the argmax along axis 2 is the switch, and
# `col2im` brings the gradients back. That is right, too, in fewer lines and without any
# loop of your own. The rows of the columns are your four views. So is it as fast?

# %% tags=["demo"]
predict(
    "Maxima and switches of 2x2 windows in a volume of three million numbers: which is "
    "faster, if the loop multiplies?",
    "the loop over four places",
    ["the loop over four places", "max and argmax of the columns", "about the same"],
    because="A comparison of two views runs through long rows, several numbers at a time. "
    "`argmax` first puts the four numbers of a window side by side, which copies them "
    "all, and then searches one window after the other.",
)

# %% [markdown]
# ### A layer of a real network
#
# The notes' figure pools a volume of [224x224x64] to [112x112x64]: 3,211,264 numbers go
# in. How many are left, how many parameters does the layer have, and how long does each
# of the three ways take? (The loops over the windows get two of the 64 channels, and the
# time is scaled.)


# %% tags=["demo"]
def columns_forward(volume):
    """Maxima and switches, along the columns of im2col."""
    columns = im2col(volume, 2, 2, 2).reshape(1, 64, 4, 112 * 112)
    return columns.max(axis=2), columns.argmax(axis=2)


rng = np.random.default_rng(0)
volume = rng.standard_normal((1, 64, 224, 224)).astype(np.float32)
by_windows = 32 * seconds(max_pool_forward_naive, volume[:, :2])
by_columns = seconds(columns_forward, volume)
by_places = seconds(max_pool_forward, volume)
for name, took in [
    ("loop over the windows", by_windows),
    ("columns of im2col", by_columns),
    ("loop over the places", by_places),
]:
    print(f"{name:22s} {took:7.3f} s")
print(f"windows / places {by_windows / by_places:.0f}, ", end="")
print(f"columns / places {by_columns / by_places:.1f}")

# %% [markdown]
# In lesson 04 the columns won over the loop over the window, for they made one large
# matrix product of the layer. Pooling has no product, and nothing that would pay for
# writing the image down in another order.

# %% tags=["demo", "nbval-check-output"]
from course.geometry import trace_shapes

pooled, _ = max_pool_forward(volume)
[(_, shape, parameters)] = trace_shapes((64, 224, 224), [{"type": "pool"}])
print("out", pooled.shape, "and by lesson 01", shape)
print(f"{pooled.size:,} of {volume.size:,} numbers: {pooled.size / volume.size:.0%}")
print(parameters, "parameters")

# %% [markdown]
# A quarter is left, and the 64 channels are all there: each of them was pooled by
# itself. Nothing is learned, so there are no parameters, and the backward pass has only
# one gradient to give back, `dx`.
#
# Note what your cache keeps. The naive layer may keep all of x. Here the shape of x and
# one switch per output are enough, and the input may be forgotten. Nor are windows copied
# on the way: a view takes no room, and what a turn makes has the size of the output. The
# columns of 3x3 windows at stride 2 are more than twice as large as x.

# %% [markdown]
# ## 4. The average, and the root of the squares
#
# "In addition to max pooling, the pooling units can also perform other functions, such
# as average pooling or even L2-norm pooling", say the notes. For a window of F x F
# pixels $x_i$:
#
# $$\text{average} = \frac{1}{F^2}\sum_i x_i \qquad\qquad r = \text{L2} = \sqrt{\sum_i x_i^2}$$
#
# The window `3 4 / 0 0` has the maximum 4, the average (3 + 4 + 0 + 0) / 4 = 1.75, and the
# L2 norm sqrt(9 + 16 + 0 + 0) = 5.
#
# **Average, backward.** Each of the 4 pixels counts for a quarter of the output, so
# each gets a quarter of the gradient: with dout = 8 all four get 2. In general dout /
# (size·size), whatever the stride is. Where windows overlap, the shares add.
#
# **L2, backward.** The derivative of $\sqrt{s}$ is $1/(2\sqrt{s})$ and that of $x^2$ is
# $2x$, so by the chain rule pixel x gets
#
# $$\frac{\partial r}{\partial x_i} = \frac{1}{2r}\cdot 2x_i = \frac{x_i}{r}
# \qquad\text{in code: } \texttt{dout * x / r}$$
#
# With dout = 10 the window above gets 6 8 / 0 0. If all pixels are 0, so is r, and x/r is
# 0/0. The root has a kink there. The rule of this course: the gradient at an all-zero
# window is 0. After a ReLU this is not rare (section 2 counted the cases), and a single
# NaN in a gradient turns every weight that it reaches into NaN.
#
# Here the columns of section 3 serve well. No argmax is needed, and a mean or a sum along
# axis 2 runs through long rows, too. On the way back every pixel of a window gets
# something, a whole column at a time. (A loop over the places is right as well.)


# %% task="avg_pool_forward"
def avg_pool_forward(x, size=2, stride=2):
    """Average pooling: the mean of every window of size x size pixels.

    x is a batch (N, C, H, W) of floats, and is not changed. Returns (out, cache), out
    (N, C, HO, WO) in the dtype of x. ValueError when the windows do not fit.
    """
    ### BEGIN SOLUTION hint: im2col, give C an axis of its own, then the mean.
    N, C, H, W = x.shape
    HO = output_size(H, size, stride)
    WO = output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    out = columns.mean(axis=2).reshape(N, C, HO, WO)
    return out, (x.shape, size, stride)
    ### END SOLUTION


# %% task="avg_pool_backward"
def avg_pool_backward(dout, cache):
    """Backward pass of avg_pool_forward: dx (N, C, H, W) in the dtype of dout.

    dout is (N, C, HO, WO), and is not changed. cache is what avg_pool_forward returned.
    All pixels of a window get the same share; where windows overlap, shares add up.
    """
    ### BEGIN SOLUTION hint: The same share in every row of a column, then col2im.
    shape, size, stride = cache
    N, C, _, _ = shape
    share = dout.reshape(N, C, 1, -1) / (size * size)
    columns = share.repeat(size * size, axis=2).reshape(N, C * size * size, -1)
    return col2im(columns, shape, size, size, stride)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `repeat(size * size, axis=2)` copies one row to all rows of a window. `col2im` wants
# `(N, C*F*F, HO*WO)`, and the shape of x, which your cache can keep; it does the adding.
# The divisor is the number of pixels in a window, not the number of windows.
#
# </details>


# %% check="avg_pool"
check(avg_pool_forward, avg_pool_backward)


# %% task="l2_pool_forward"
def l2_pool_forward(x, size=2, stride=2):
    """L2 pooling: the root of the sum of squares of every window of size x size pixels.

    x is a batch (N, C, H, W) of floats, and is not changed. Returns (out, cache), out
    (N, C, HO, WO) in the dtype of x. ValueError when the windows do not fit.
    """
    ### BEGIN SOLUTION hint: Square, add up, take the root; mind the cache.
    N, C, H, W = x.shape
    HO = output_size(H, size, stride)
    WO = output_size(W, size, stride)
    columns = im2col(x, size, size, stride).reshape(N, C, size * size, HO * WO)
    roots = np.sqrt((columns**2).sum(axis=2, keepdims=True))
    return roots.reshape(N, C, HO, WO), (x.shape, columns, roots, size, stride)
    ### END SOLUTION


# %% task="l2_pool_backward"
def l2_pool_backward(dout, cache):
    """Backward pass of l2_pool_forward: dx (N, C, H, W) in the dtype of dout.

    dout is (N, C, HO, WO), and is not changed. cache is what l2_pool_forward returned.
    A pixel x of a window with the root r gets dout * x / r, and 0 where the whole
    window is 0. Where windows overlap, gradients add up.
    """
    ### BEGIN SOLUTION hint: x / r, but only where r is not 0.
    shape, columns, roots, size, stride = cache
    N, C, _, _ = shape
    # Where the root is 0 so are all x of the window: 0 / 1 instead of 0 / 0.
    ratios = columns / np.where(roots == 0, 1, roots)
    gradients = ratios * dout.reshape(N, C, 1, -1)
    gradients = gradients.reshape(N, C * size * size, -1).astype(dout.dtype, copy=False)
    return col2im(gradients, shape, size, size, stride)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Keep the columns and the roots in the cache. To avoid 0/0, divide by
# `np.where(roots == 0, 1, roots)`: where the root is 0, all x of the window are 0, and
# 0/1 is the 0 that is wanted. Adding a tiny number to every root would change the other
# gradients, too.
#
# </details>


# %% check="l2_pool"
check(l2_pool_forward, l2_pool_backward)

# %% [markdown]
# ### The three on one photograph
#
# The temple, pooled by 4x4 windows with stride 4. The root of the sum of 16 squares can
# be as large as 4, so the figure divides it by 4: this is the *root mean square*, and
# it lies on the scale of the others. In which of the pictures do the thin dark lines of
# the roof survive, in which the thin bright ones?

# %% tags=["demo"]
predict(
    "Order the three from dark to bright, by the mean of the pooled picture.",
    "average, L2 / 4, max",
    ["average, L2 / 4, max", "L2 / 4, average, max", "max, L2 / 4, average"],
    because="For numbers that are not negative, average <= root mean square <= maximum "
    "in every single window.",
)

# %% tags=["demo"]
SIZE = 4
scene = temple[:, :212]  # 212 rows and 320 columns: both are multiples of 4
by_max = max_pool_forward(scene[None], SIZE, SIZE)[0][0]
by_average = avg_pool_forward(scene[None], SIZE, SIZE)[0][0]
by_l2 = l2_pool_forward(scene[None], SIZE, SIZE)[0][0] / SIZE
plot.pooled_pictures(
    {
        "photograph": scene,
        "average 4x4": by_average,
        "L2 4x4, divided by 4": by_l2,
        "max 4x4": by_max,
    }
)
plot.show()

# %% tags=["demo", "nbval-check-output"]
for name, picture in [
    ("photograph", scene),
    ("average", by_average),
    ("L2 / 4", by_l2),
    ("max", by_max),
]:
    print(f"{name:12s} mean brightness {picture.mean():.3f}")
ordered = (by_average <= by_l2 + 1e-12) & (by_l2 <= by_max + 1e-12)
print(f"average <= L2 / 4 <= max in {ordered.mean():.0%} of the windows")

# %% [markdown]
# The average keeps the mean brightness of the photograph, and blurs. The maximum is
# brighter, and everywhere at least as bright as the others: bright things grow, dark
# lines thinner than a window vanish. L2 lies between the two, in every single window:
# the larger a pixel, the more it counts.
#
# Which one is right depends on what a number stands for. In a photograph dark is as
# much a message as bright, and the average is fair to both. In an activation map after
# a ReLU a large number means "here it is" and a 0 means "not here". Four pixels
# of which one says 8 have the average 2, and the maximum still says 8. The notes report
# that the average "was often used historically but has recently fallen out of favor
# compared to the max pooling operation, which has been shown to work better in
# practice". In lesson 06 you train the same network with either, and see by how much.

# %% [markdown]
# ## 5. When the image moves by one pixel
#
# A convolution is *equivariant*: when the image moves, its map moves along. Pooling is
# said to go further and to make a network *invariant*, so that it cares less about where
# exactly something is. Measure it. Take the map of the temple's edges, move the image
# by one pixel, and ask by how much the numbers change:
#
# $$\text{change} = \frac{\lVert \text{map of the moved image} - \text{map} \rVert}
# {\lVert \text{map} \rVert}$$
#
# where $\lVert\cdot\rVert$ is the root of the sum of squares, `np.linalg.norm` in code. A
# control is needed: a layer that shrinks without pooling, by taking every second pixel.
# That is a maximum over 1x1 windows with stride 2.


# %% tags=["demo"]
def change(layer, size, stride):
    """How much the layer's output changes when the image moves by one pixel: 0 is not at all."""
    here, moved = edges[None, None, :209, 1:314], edges[None, None, :209, :313]
    if (209 - size) % stride:
        here, moved = here[..., :208, :312], moved[..., :208, :312]
    here, moved = layer(here, size, stride)[0], layer(moved, size, stride)[0]
    return np.linalg.norm(moved - here) / np.linalg.norm(here)


bare = change(max_pool_forward, 1, 1)

# %% tags=["demo"]
predict(
    f"Without a layer the map of edges changes by {bare:.0%}. By how many per cent does it "
    "change after 2x2 max pooling with stride 2? (Ten either way count as right.)",
    round(100 * change(max_pool_forward, 2, 2)),
    within=10,
    because="Less, but far from nothing.",
)

# %% tags=["demo", "nbval-check-output"]
print(f"no layer                  {change(max_pool_forward, 1, 1):.0%}")
print(f"every second pixel        {change(max_pool_forward, 1, 2):.0%}")
for name, layer in [
    ("max", max_pool_forward),
    ("average", avg_pool_forward),
    ("L2", l2_pool_forward),
]:
    print(f"{name:8s} 2x2, stride 2   {change(layer, 2, 2):.0%}", end="")
    print(f"    3x3, stride 2   {change(layer, 3, 2):.0%}")

# %% [markdown]
# Two things follow. Shrinking alone does not help; looking at the whole window does. And
# pooling makes the numbers *less* sensitive to a shift; it does not make them immune: a
# single 2x2 layer still changes by about two thirds. On this image the three kinds
# differ by less than the two sizes of the window do, so this measurement is no reason to
# prefer the maximum. "Invariant to translation" is a phrase to be used with a number
# beside it.

# %% [markdown]
# ## 6. How large may a window be?
#
# The notes know only two common settings: 2x2 with stride 2, and overlapping 3x3 with
# stride 2. "Pooling sizes with larger receptive fields are too destructive." One of the
# lectures asks why.
#
# Look at what is lost. Pool the flower with windows of F x F and stride F, and blow the
# result up again, each number as a square of F x F. Then ask how much of the
# photograph's variance this picture still explains (its overall brightness is adjusted
# first, which is kind to the maximum): 100 % would be the photograph, 0 % a flat grey.
# At which size is the flower past recognition?


# %% tags=["demo", "nbval-check-output"]
def blown_up(layer, size):
    """Pool with windows of size x size, and draw every number as a square of that size."""
    small = layer(flower[None], size, size)[0][0]
    return small.repeat(size, axis=1).repeat(size, axis=2)


flower = photograph("flower", grey=True, shrink=2)[:, :192, :312]
blocks = {}
print("window   numbers kept   max explains   average explains")
for size in (2, 3, 4, 8):
    explains = [
        1 - (flower - blown_up(layer, size)).var() / flower.var()
        for layer in (max_pool_forward, avg_pool_forward)
    ]
    row = f"{size}x{size}      {1 / size**2:>8.1%}"
    print(f"{row}       {explains[0]:>8.0%}       {explains[1]:>8.0%}")
    title = f"max {size}x{size}: keeps {1 / size**2:.1%}"
    blocks[title] = blown_up(max_pool_forward, size)

# %% tags=["demo"]
plot.pooled_pictures(blocks)
plot.show()

# %% [markdown]
# Now the way back. In a window of F x F without overlap a single pixel gets a gradient,
# and all the others get nothing. And the room for layers shrinks with every pooling:
# three 2x2 layers also divide by 8, but with convolutions in between, which can note in
# other channels what each pooling would throw away. (This is why larger networks place
# *two* convolutions before each pooling; lesson 06 tries it.) The cell counts both.

# %% tags=["demo", "nbval-check-output"]
print("window    pixels without a gradient   poolings that fit into 32x32")
for size in (2, 4, 8):
    x = np.random.default_rng(0).standard_normal((1, 1, 32, 32))
    out, cache = max_pool_forward(x, size, size)
    silent = (max_pool_backward(np.ones_like(out), cache) == 0).mean()
    poolings, side = 0, 32
    while side >= size:
        side, poolings = output_size(side - side % size, size, size), poolings + 1
    print(f"{size}x{size}                   {silent:>6.1%}   {poolings:>20}")

# %% [markdown]
# ### Question (1 point): why not larger, and why the maximum?
#
# 1. "It is very uncommon to see receptive field sizes for max pooling that are larger
#    than 3. Why?" Answer with two of the numbers above, one from the forward pass and
#    one from the backward pass.
# 2. Name a case in which you would take the average instead of the maximum, and say what
#    in the figures or tables of this lesson supports it.
# 3. "Max pooling makes a network invariant to translation." Correct this sentence with a
#    number.
#
# Four to eight sentences are enough.

# %% [markdown] question="pooling" points=1
# ### BEGIN SOLUTION
# **Model answer.** A window of F x F with stride F keeps one number of F²: 25 % for 2x2,
# but 6.2 % for 4x4 and 1.6 % for 8x8. Blown up again, max pooling of the flower still
# explains 94 % of its variance at 2x2, 79 % at 4x4 and 59 % at 8x8. On the way back only
# one pixel of a window gets a gradient: 75 % of the pixels get none at 2x2,
# 94 % at 4x4 and 98 % at 8x8. And one 8x8 layer uses up what three 2x2 layers would, with
# no convolution in between that could keep what matters.
#
# The average is the better choice where small numbers count as much as large ones, for
# instance when an image itself is made smaller: it keeps the mean brightness exactly,
# while the maximum brightens the temple and lets dark lines vanish; at every window size
# the average explains more of the flower. (Also good: at the end of a network, one
# average per channel; or where the gradient should reach every pixel.)
#
# Pooling makes it less sensitive to a shift, not invariant: when the image moves by one
# pixel, the pooled map of edges still changes by about two thirds with 2x2, and by about
# half with 3x3 windows, against almost 100 % without pooling.
#
# **Mark scheme (1 point).**
# - 0.4: two numbers for "too destructive", one forward (share kept, or variance
#   explained, for a large window against 2x2) and one backward (share of pixels without
#   a gradient).
# - 0.3: a case for the average with evidence from the lesson (mean kept, dark detail
#   kept, more variance explained, gradient to every pixel).
# - 0.3: corrects "invariant" to "less sensitive" with a measured number.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains (unfold it when you have written yours)</summary>
#
# - Two numbers for "too destructive": one from the forward pass (the share of numbers kept,
#   or the variance that is still explained, for a large window against 2x2) and one from
#   the backward pass (the share of pixels without a gradient).
# - A case in which dark counts as much as bright, or in which every pixel should get a
#   gradient, and the evidence: the mean that is kept, dark detail that survives, or the
#   larger share of variance explained.
# - *Less sensitive* instead of *invariant*, with a measured percentage: 68 % of change
#   after 2x2 max pooling (49 % after 3x3), against 98 % without.
#
# </details>

# %% [markdown]
# ## 7. Bonus: shrink by less than two (1 bonus point)
#
# One of the lectures advises: "use pooling sizes of 2x2 (maybe even less - e.g.
# fractional pooling!)". Fractional max pooling (Graham, 2014) divides the axes
# by any factor from 1 to 2. Its windows tile the image without gap or overlap, but their
# sides are a random mixture of 1 and 2.
#
# From 7 rows to 5 the sides must add up to 7 with five numbers that are 1 or 2. So two
# of them are 2 and three are 1; in general HO numbers that add up to H contain H - HO
# twos. A random order of them is drawn for the rows, and one for the columns. One of the
# possible orders:
#
# | side | 1 | 2 | 1 | 1 | 2 |
# |---|:---:|:---:|:---:|:---:|:---:|
# | rows of the window | 0 | 1, 2 | 3 | 4 | 5, 6 |
#
# Shrinking 32 to 1 by halves takes five layers; by a factor of $\sqrt2$ it takes ten.


# %% task="fractional_max_pool_forward"
def fractional_max_pool_forward(x, out_height, out_width, rng):
    """Max pooling over windows that are 1 or 2 pixels high and 1 or 2 pixels wide.

    x is a batch (N, C, H, W) of floats, and is not changed. The windows are disjoint,
    in order, and tile the image without a gap: out_height sides of 1 or 2 add up to H,
    out_width sides of 1 or 2 to W. Their order is random, drawn from the numpy Generator
    `rng` and from nothing else: one order for the rows, another one for the columns,
    the same for all images and channels. Two generators with the same seed give the
    same windows, whatever the numbers in x are.

    Returns (out, cache), out (N, C, out_height, out_width) in the dtype of x: the maximum
    of every window. What the cache holds is up to you.
    Raises ValueError, naming the values, when out_height is larger than H or smaller
    than half of H; the same for out_width and W.
    """
    ### BEGIN SOLUTION hint: A shuffled list of ones and twos per axis; its sums are the edges.
    starts = []
    for length, places in zip(x.shape[2:], (out_height, out_width)):
        if not places <= length <= 2 * places:
            raise ValueError(
                f"{length} pixels cannot be split into {places} sides of 1 or 2: choose "
                f"from {(length + 1) // 2} to {length}"
            )
        sides = np.ones(places, dtype=int)
        sides[: length - places] = 2
        sides = rng.permutation(sides)
        starts.append(np.cumsum(sides) - sides)
    rows, columns = starts
    # reduceat takes the maximum from each start up to the next.
    out = np.maximum.reduceat(x, rows, axis=2)
    out = np.maximum.reduceat(out, columns, axis=3)
    return out, (x, rows, columns)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Fill an array with H - HO twos and ones for the rest, and shuffle it with
# `rng.permutation`. `np.cumsum` of the sides gives edges. Two loops over windows will
# do; `np.maximum.reduceat` needs none.
#
# </details>
#
# The check cannot know your windows, since they are random. So it uses images that
# give them away: in an image whose pixels hold their own row number, the maximum of a
# window is its last row.


# %% check="fractional_bonus"
check(fractional_max_pool_forward)

# %% [markdown]
# Two draws for the same small piece of the flower, 24x36 pixels to 17x25. Where do you
# see the difference between the grids in the pooled pictures?

# %% tags=["demo"]
piece = flower[:, 60:84, 130:166]  # 24 rows, 36 columns
row_numbers, column_numbers = np.mgrid[:24, :36].astype(float)
asked = np.stack([piece[0], -row_numbers, -column_numbers])[None]
draws = []
for seed in (0, 1):
    out = fractional_max_pool_forward(asked, 17, 25, np.random.default_rng(seed))[0][0]
    draws.append((out[0], -out[1, :, 0], -out[2, 0]))
plot.random_windows(piece[0], draws)
plot.show()

# %% [markdown]
# The windows drift. Were all of them 36/25 = 1.44 pixels wide, window k would begin at
# 1.44·k; how far from there does a draw put it? The image whose pixels hold minus their
# own row number tells, as in the check. 2,000 draws from 36 rows to 25:

# %% tags=["demo", "nbval-check-output"]
rng = np.random.default_rng(0)
minus_rows = -np.mgrid[:36, :36][0].astype(float)[None, None]
even = np.arange(25) * 36 / 25
largest = []
for _ in range(2000):
    out = fractional_max_pool_forward(minus_rows, 25, 25, rng)[0]
    largest.append(abs(-out[0, 0, :, 0] - even).max())
print(f"largest displacement in a draw: {np.mean(largest):.1f} pixels on average,")
print(f"{np.max(largest):.1f} in the most uneven one")

# %% [markdown]
# So a draw is more than a jitter: somewhere in the image it moves things by about two
# pixels, and now and then by four. During training each pass sees another distortion,
# which is a little like more training images (*data augmentation*).

# %% [markdown]
# ### What your layer can do now
#
# The temple in colour, through three layers in a row: an edge filter, the ReLU, and your
# pooling, once and three times. The map loses 98 % of its numbers, and the roofs are
# still there.

# %% tags=["demo"]
small = edges[None, None, :208, :312]
stages = {"edges after a ReLU": small[0]}
for times in range(1, 4):
    small, _ = max_pool_forward(small)
    stages[f"max pooled {times} x: {small.size / (208 * 312):.1%} left"] = small[0]
brightest = stages["edges after a ReLU"].max()
plot.pooled_pictures({name: each / brightest for name, each in stages.items()})
plot.show()

# %% [markdown]
# And the network that reads what you draw. In lesson 04 you gave it your convolution; now
# the pooling is yours, too.

# %% tags=["demo"]
from course.im2col import conv_forward
from course.kit.draw import draw_digit

draw_digit(conv_forward=conv_forward, max_pool_forward=max_pool_forward)

# %% [markdown]
# ## 8. Build the module
#
# | you built | used again in |
# |---|---|
# | `max_pool_forward_naive`, `max_pool_backward_naive` | here; what the fast ones are measured by |
# | `max_pool_forward`, `max_pool_backward` | lesson 06, as the layer `MaxPool2D` |
# | `avg_pool_forward`, `avg_pool_backward` | lesson 06, in a network that is compared with the one above |
# | `l2_pool_forward`, `l2_pool_backward` | here |
# | `fractional_max_pool_forward` | here |
#
# The next cell writes `course/pooling.py` from your functions and lists what is not there
# yet.

# %%
from course.kit import build

build(
    "pooling",
    max_pool_forward_naive,
    max_pool_backward_naive,
    max_pool_forward,
    max_pool_backward,
    avg_pool_forward,
    avg_pool_backward,
    l2_pool_forward,
    l2_pool_backward,
    fractional_max_pool_forward,
)
# %% [markdown]
# ## Where this leads
#
# Convolution and pooling are there, forward and backward. Still missing is everything that
# turns layers into a network that learns: scores, a loss, and steps downhill. That is
# lesson 06, and at its end your layers read handwriting.
#
# ### Further reading
#
# - [CS231n: Convolutional Neural Networks](https://cs231n.github.io/convolutional-networks/),
#   section "Pooling Layer": the settings in use, and the wish to get rid of pooling.
# - Scherer, Müller, Behnke:
#   [Evaluation of Pooling Operations in Convolutional Architectures for Object Recognition](https://doi.org/10.1007/978-3-642-15825-4_10)
#   (2010): maximum against average, measured, and whether windows should overlap.
# - Krizhevsky, Sutskever, Hinton:
#   [ImageNet Classification with Deep Convolutional Neural Networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks)
#   (2012): AlexNet, with the overlapping 3x3 windows at stride 2.
# - Graham: [Fractional Max-Pooling](https://arxiv.org/abs/1412.6071) (2014): the bonus.
# - Springenberg and others:
#   [Striving for Simplicity: The All Convolutional Net](https://arxiv.org/abs/1412.6806)
#   (2014) replaces pooling with strided convolutions.
# - Zhang: [Making Convolutional Networks Shift-Invariant Again](https://arxiv.org/abs/1904.11486)
#   (2019) starts from what section 5 measures, and repairs it with a blur.
#
# **Next:** lesson 06, [ConvNet](../06_convnet/06_convnet.ipynb). The words of the course are in
# the [glossary](../../docs/glossary.md).
