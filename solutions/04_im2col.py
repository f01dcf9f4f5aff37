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
# # im2col: why turn a convolution into a matrix product?
#
# Your layer of lesson 02 is right but slow. The first cells below estimate how long it
# would take for one photograph in the second layer of VGG, a real network: many seconds,
# where a trained network should answer in a blink. In this lesson you compute the same
# numbers in four ways, each faster than the one before, and time every step: seven loops;
# a whole patch at once; a loop over the window only; one matrix product. The last one
# needs the image laid out as a matrix, `X_col`, and that costs memory, which you measure.
# Then you walk the same road back: the layer's gradients are two matrix products and the
# reverse of that layout.
#
# The last cell makes `course.im2col` out of your functions. Pooling (lesson 05) and
# every network after it run on them. Plan about two and a half hours. There are 16
# points.

# %% [markdown]
# ## The same letters, three new arrays
#
# | letter | meaning | | array | shape |
# |---|---|---|---|---|
# | N, C, H, W | images, channels, height, width | | images `x` | `(N, C, H, W)` |
# | K, FH, FW | filters (*kernels*), their height and width | | filters `w` | `(K, C, FH, FW)` |
# | S, P | stride, zero-padding | | output `out`: K *feature maps* | `(N, K, HO, WO)` |
# | HO, WO | height and width of the output | | **X_col**, one matrix per image | `(N, C*FH*FW, HO*WO)` |
# | fh, fw | a place inside the filter | | **W_row**, one row per filter | `(K, C*FH*FW)` |
# | ho, wo | a place of the filter on the image | | product `W_row @ X_col` | `(N, K, HO*WO)` |
#
# An array with any number of axes, such as `x`, is a *tensor* in most libraries.
#
# The promises of lesson 02 still hold, and the checks hold you to them: float32 stays
# float32 and float64 stays float64; no input is changed in place; an input may be a
# non-contiguous view; what does not fit raises `ValueError` and names the numbers.
# `output_size` does the last one, so call it, once for the height and once for the
# width.

# %% tags=["nbval-check-output"]
import numpy as np

from course.convolution import zero_pad
from course.geometry import output_size
from course.kit import check

print("zero_pad makes 3x4 out of 1x2:", zero_pad(np.ones((1, 2)), 1).shape)

# %% [markdown]
# If this cell complains that something is not built yet, run the last cells of lessons
# 01 and 02 first.
#
# ### Before you start
#
# A question that lesson 03 left behind. You will need its answer in section 7.

# %% tags=["demo"]
from course.kit.predict import predict

predict(
    "A 3x3 layer with stride 1 and one channel gets the gradient 1 at a single place in "
    "the middle of `dout`, and 0 everywhere else. How many numbers of `dx` can differ "
    "from 0?",
    3 * 3,
    because="The place was computed from 3x3 pixels, so 3x3 pixels get a gradient: "
    "the filter itself, laid down at that place.",
)

# %% [markdown]
# ### How slow is slow?
#
# The second layer of VGG (Simonyan and Zisserman, 2014) has 64 filters of 3x3 on a volume
# of 224x224x64. The next cell runs your loops on a corner of 8x8 pixels and scales
# the time up to the whole volume.

# %% tags=["demo"]
from time import perf_counter

from course.convolution import conv_forward_naive


def seconds(layer, *arguments, repeat=1):
    """The shortest of `repeat` runs: the one that was least disturbed."""
    times = []
    for _ in range(repeat):
        started = perf_counter()
        layer(*arguments)
        times.append(perf_counter() - started)
    return min(times)


def layer_arrays(N, C, size, K, F, dtype=np.float64):
    """Random images, filters and biases."""
    rng = np.random.default_rng(4)
    shapes = (N, C, size, size), (K, C, F, F), (K,)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


vgg = layer_arrays(N=1, C=64, size=224, K=64, F=3, dtype=np.float32)
corner = vgg[0][:, :, :8, :8]
time_of_corner = seconds(conv_forward_naive, corner, *vgg[1:], 1, 1, repeat=3)
time_of_vgg = time_of_corner * (224 * 224) / (8 * 8)
print(f"a corner of 8x8: {time_of_corner:.3f} s")
print(f"all of 224x224: about {time_of_vgg:.0f} s, for one layer and one photograph")

# %% [markdown]
# ## 1. Step one: seven loops
#
# One number of the output is a sum over three axes, and there is one such sum for every
# entry of an output with four:
#
# $$\text{out}_{n,k,\text{ho},\text{wo}} = b_k + \sum_{c=0}^{C-1}\;\sum_{i=0}^{\text{FH}-1}\;
# \sum_{j=0}^{\text{FW}-1} x_{n,\,c,\;\text{ho} \cdot S + i,\;\text{wo} \cdot S + j}\; w_{k,c,i,j}$$
#
# (with x already padded). Written out, that is seven loops: four for the indices on the
# left, three for the sums. In your `conv_forward_naive` four of them are Python loops;
# `neuron` left the inner three to numpy. How much of the time is arithmetic? The cell
# times the layer for four images of 3x32x32 and 16 filters of 3x3 with padding 1. Then it
# times a single matrix product that does as many multiplications.

# %% tags=["demo"]
predict(
    "Four images of 3x32x32, 16 filters of 3x3, padding 1. How many numbers does the "
    "layer compute, that is, how many times do the four loops run?",
    4 * 16 * output_size(32, 3, 1, 1) ** 2,
    because="4 images x 16 filters x 32x32 places, each a sum of 27 products.",
)

# %% tags=["demo"]
x, w, b = layer_arrays(N=4, C=3, size=32, K=16, F=3)
neurons = 4 * 16 * 32 * 32
time_of_loops = seconds(conv_forward_naive, x, w, b, 1, 1)
left, right = np.ones((16, 27)), np.ones((27, 4096))
time_of_product = seconds(np.matmul, left, right, repeat=20)
print(f"{neurons:,} neurons with 27 weights: {neurons * 27:,} multiplications")
print(
    f"loops            {time_of_loops:.5f} s, {time_of_loops / neurons * 1e9:7.1f} ns a neuron"
)
print(
    f"a matrix product {time_of_product:.5f} s, {time_of_product / neurons * 1e9:6.1f} ns a neuron"
)

# %% [markdown]
# The number of multiplications is the same. In the loops you wait for Python, which has
# to look up names, cut slices and call functions for every neuron; the arithmetic itself
# is done in a few nanoseconds. So every step from here on does the same thing: it gives
# numpy more work per pass of a Python loop.

# %% [markdown]
# ## 2. Step two: a whole patch at once
#
# Stand at one place (ho, wo). All N images and all K filters meet there, and nothing
# keeps you from computing all N·K answers at once. Flatten the N patches to rows of
# C·FH·FW numbers, flatten the K filters the same way, and multiply the two matrices:
#
# | patches | @ | filters, transposed | = | all answers at this place |
# |:---:|:---:|:---:|:---:|:---:|
# | `(N, C*FH*FW)` | | `(C*FH*FW, K)` | | `(N, K)` |
#
# The loops over N, K, C, FH and FW are gone; HO and WO stay. This step is given. Read it:
# you will need each of its lines in another order.


# %% tags=["demo"]
def conv_forward_patch(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    padded = zero_pad(x, padding)
    filters = w.reshape(K, C * FH * FW).T
    out = np.zeros((N, K, HO, WO), dtype=x.dtype)
    for ho in range(HO):
        for wo in range(WO):
            top, left = ho * stride, wo * stride
            patches = padded[:, :, top : top + FH, left : left + FW]
            out[:, :, ho, wo] = patches.reshape(N, C * FH * FW) @ filters + b
    return out, (x, w, b, stride, padding)


same = np.allclose(
    conv_forward_patch(x, w, b, 1, 1)[0], conv_forward_naive(x, w, b, 1, 1)[0]
)
time_of_patches = seconds(conv_forward_patch, x, w, b, 1, 1)
print("same numbers as the loops:", same)
print(f"{time_of_patches:.4f} s, {time_of_loops / time_of_patches:.0f} times faster")

# %% [markdown]
# Python now loops 32·32 = 1024 times instead of 65,536 times. On a larger image it loops
# more often again: HO·WO grows with the image. What does not grow is the filter.

# %% [markdown]
# ## 3. Step three: loop over the window only
#
# Turn the question round. Not: which pixels does this *place* see? But: which pixels does
# this *weight* see, over all places? Take the image and the 2x2 filter from lesson 02, at
# stride 1 without padding, with bias 10. The upper left weight meets the upper left pixel
# of each of the 2x3 windows. That is the image without its last row and column. The
# weight beside it meets the same picture, shifted by one column.

# %% tags=["demo"]
from course.kit import plot
from course.kit.plot import Cells

image = np.array([[1, 2, 0, 1], [3, 1, 1, 0], [0, 2, 1, 4]])
weights = np.array([[1, 2], [0, -1]])
plot.cells(
    *(
        Cells(image, f"weight {weights[fh, fw]} meets", [(fh, fw, 2, 3)])
        for fh, fw in np.ndindex(2, 2)
    )
)
plot.show()

# %% [markdown]
# Four weights, four shifted pictures, each times its weight, added up:
#
# $$1\begin{bmatrix}1&2&0\\3&1&1\end{bmatrix}
# +2\begin{bmatrix}2&0&1\\1&1&0\end{bmatrix}
# +0\begin{bmatrix}3&1&1\\0&2&1\end{bmatrix}
# -1\begin{bmatrix}1&1&0\\2&1&4\end{bmatrix}
# =\begin{bmatrix}4&1&2\\3&2&-3\end{bmatrix}$$
#
# and with the bias 14 11 12 / 13 12 7, the numbers of lesson 02. At stride 2 a weight
# skips every second pixel: it meets pixels `fh`, `fh + 2`, `fh + 4`, ... of an axis, as
# many as there are places. With channels, one place of the window holds a `(K, C)` table
# of weights, and what it does to its shifted pictures is a 1x1 convolution, which you
# wrote in lesson 02 as one matrix product: `(K, C) @ (N, C, HO*WO)`.
#
# ### Task: `conv_forward_window`
#
# Add up FH·FW such products. Python then loops 9 times for a 3x3 filter, whatever the
# size of the image.


# %% task="conv_forward_window"
def conv_forward_window(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer, with no Python loop but over the window.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, FH, FW), b their biases
    (K,). None of them is changed. stride and padding are pixels.

    Returns (out, cache). out is (N, K, HO, WO) in the dtype of x, equal to that of
    conv_forward_naive up to rounding. What the cache holds is up to you.
    Raises ValueError, naming the values, when the filters do not fit along an axis
    (`output_size` does that), or when x and w differ in their number of channels.
    """
    ### BEGIN SOLUTION hint: For each (fh, fw), add a 1x1 convolution of the pixels it meets.
    N, C, H, W = x.shape
    K, depth, FH, FW = w.shape
    if depth != C:
        raise ValueError(f"x has {C} channels and the filters have {depth}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    padded = zero_pad(x, padding)
    out = np.zeros((N, K, HO * WO), dtype=np.result_type(x, 0.0))
    out += b.reshape(K, 1)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            met = padded[:, :, rows, columns].reshape(N, C, HO * WO)
            out += w[:, :, fh, fw] @ met
    return out.reshape(N, K, HO, WO), (x, w, b, stride, padding)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# The rows that weight row fh meets start at fh and step by the stride; there are HO of
# them, so `fh : fh + stride*HO : stride` has the right length. Do the same for columns,
# with fw and WO. After slicing, reshape to (N, C, HO*WO): `w[:, :, fh, fw] @ ...` then
# multiplies every image of the batch. Add the bias once, not once per pass: as
# `b.reshape(K, 1)` it lines up with the maps.
#
# </details>

# %% check="conv_forward_window"
check(conv_forward_window)

# %% tags=["demo"]
x, w, b = layer_arrays(N=4, C=3, size=32, K=16, F=3)
time_of_window = seconds(conv_forward_window, x, w, b, 1, 1, repeat=5)
print(f"loops   {time_of_loops:.5f} s")
print(f"patches {time_of_patches:.5f} s")
print(f"window  {time_of_window:.5f} s")
print(f"{time_of_loops / time_of_window:.0f} times faster than the loops")

# %% [markdown]
# ## 4. An image as a matrix
#
# Step three still writes to the whole output FH·FW times, and each of its products is
# thin: only C numbers are summed at a time. Put the shifted pictures *below* each other
# instead of adding them up, and a single product can do the rest.
#
# Same image, 2x2 window, stride 1. Each of the 6 places becomes a **column**, the four
# pixels of its window from top to bottom. The first and the last are marked:

# %% tags=["demo"]
image_as_columns = np.array(
    [
        [1, 2, 0, 3, 1, 1],
        [2, 0, 1, 1, 1, 0],
        [3, 1, 1, 0, 2, 1],
        [1, 1, 0, 2, 1, 4],
    ]
)
marked = np.zeros((4, 6), dtype=int)
marked[:, 0], marked[:, 5] = 1, 2
plot.cells(
    Cells(image, "image", [(0, 0, 2, 2), (1, 2, 2, 2)]),
    "→",
    Cells(
        image_as_columns,
        "X_col: one column per place",
        fills=marked,
        rows={row: f"weight {divmod(row, 2)}" for row in range(4)},
    ),
)
plot.show()

# %% [markdown]
# This matrix is **X_col**, and making it is called **im2col**, *image to columns*. Read a
# column: what one place sees, its *receptive field*. Read a row: what one weight meets,
# the shifted pictures of step three. The image has 12 numbers, X_col has 24: pixels that
# lie in several windows are written down several times.
#
# The order is a convention, and everything later depends on it. Rows run over **(c, fh,
# fw)**, the channel slowest, exactly the order in which `w[k]` lies in memory, so that
# `w.reshape(K, C*FH*FW)` lines up with it. Columns run over **(ho, wo)**, the order of an
# output map. The batch stays in front: one matrix per image.

# %% tags=["demo"]
predict(
    "The first layer of AlexNet: a colour image of 227x227, filters of 11x11, stride 4. "
    "How many columns in its X_col?",
    output_size(227, 11, 4) ** 2,
    because=f"{output_size(227, 11, 4)} places down times as many across. "
    f"Each column has 3·11·11 = {3 * 11 * 11} rows.",
)

# %% [markdown]
# ### Task: `im2col`


# %% task="im2col"
def im2col(x, filter_height, filter_width, stride=1, padding=0):
    """Every window of every image as a column.

    x is a batch (N, C, H, W) and is not changed. filter_height (FH), filter_width (FW),
    stride and padding are pixels.

    Returns (N, C*FH*FW, HO*WO) in the dtype of x, to be read only: where each pixel lies
    in one window it may share its memory with x. Row (c, fh, fw) and column (ho, wo) of
    image n, both counted with the last index fastest, hold the pixel of channel c that
    lies fh rows and fw columns from the upper left corner of window (ho, wo), or 0 where
    that is padding.
    Raises ValueError, naming the values, when the window does not fit along an axis
    (`output_size` does that).
    """
    ### BEGIN SOLUTION hint: Axes (N, C, FH, FW, HO, WO) in this order, then one reshape.
    N, C, H, W = x.shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    padded = zero_pad(x, padding) if padding else x
    windows = np.lib.stride_tricks.sliding_window_view(padded, (FH, FW), axis=(2, 3))
    # Axes (N, C, HO, WO, FH, FW). Up to here nothing has been copied.
    windows = windows[:, :, ::stride, ::stride]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * FH * FW, HO * WO)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint: with the loop you have</summary>
#
# Make an empty array with six axes, (N, C, FH, FW, HO, WO). The slice of step three, for
# one (fh, fw), is (N, C, HO, WO): it fits exactly into `cols[:, :, fh, fw]`. A reshape at
# the end merges three axes into rows and two into columns. Mind the dtype of the empty
# array.
#
# </details>
#
# <details><summary>Hint: without a loop</summary>
#
# `np.lib.stride_tricks.sliding_window_view(padded, (FH, FW), axis=(2, 3))` gives all
# windows at stride 1 without copying a number, with axes (N, C, places down, places
# across, FH, FW). Take every S-th place, bring the axes into the order that is wanted,
# and reshape: only then does numpy copy, row by row.
#
# </details>

# %% check="im2col"
check(im2col)

# %% [markdown]
# ### What X_col looks like
#
# Here is a small photograph, 3x26x40, and its X_col for 6x6 windows at stride 2. One
# place is framed in light blue: as a window on the photograph, enlarged beside it, and as a
# column of X_col. While you look:
#
# 1. How many rows does X_col have, and how many columns?
# 2. Where in X_col does the red channel end?
# 3. The dark and bright stripes of X_col run from top to bottom through all its rows.
#    Why do neighbouring rows look almost the same?

# %% tags=["demo"]
from course.kit.data import photograph

small = photograph("flower", shrink=16)
cols = im2col(small[np.newaxis], 6, 6, stride=2)
plot.column_matrix(small, cols[0], 6, 6, stride=2, place=(4, 10))
plot.show()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# 1. 3·6·6 = 108 rows and 11·18 = 198 columns.
# 2. At a third of its height: rows 0 to 35 are red, then green, then blue. The yellow
#    lines mark the borders.
# 3. Each row is the whole photograph as one weight meets it: every second pixel, row
#    after row. The next row is the same photograph, shifted by one pixel. So X_col is
#    the photograph, written down 36 times, squeezed into a line each time. From left
#    to right the flower comes back in waves, one for each of the 11 rows of places.
#
# </details>

# %% [markdown]
# Now find single pixels yourself. The figure calls your `im2col`: change filter, stride and
# padding, click a pixel of x to see its copies, or a column of X_col to see its window.
# How many times does a corner pixel appear in X_col, and one in the middle?

# %% tags=["demo"]
from course.kit import explore

explore.columns(im2col)

# %% [markdown]
# ## 5. One product
#
# Now the layer is one line. `W_row` has one filter per row, X_col one window per column,
# and a matrix product takes every row against every column: every filter against every
# window. For the example, with its one filter:
#
# $$\begin{bmatrix}1&2&0&-1\end{bmatrix}
# \begin{bmatrix}1&2&0&3&1&1\\2&0&1&1&1&0\\3&1&1&0&2&1\\1&1&0&2&1&4\end{bmatrix}
# =\begin{bmatrix}4&1&2&3&2&-3\end{bmatrix}$$
#
# Add the bias 10, reshape the 6 numbers to 2x3: 14 11 12 / 13 12 7. In general
#
# $$\text{out}_n = W_{\text{row}}\,X_{\text{col},n} + b$$
#
# which in code is `W_row @ X_col + b.reshape(K, 1)` for all images at once. The product
# comes out as (N, K, HO*WO). Its last axis is already in the order of a map and K already
# is where channels belong, so no axis has to move. That is what the row and column
# order was chosen for. (The assignment of CS231n puts the images of a batch side by side
# in one wide X_col, and needs a transpose at the end.)
#
# ### Task: `conv_forward`


# %% task="conv_forward"
def conv_forward(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer as one matrix product, W_row @ X_col.

    x is a batch (N, C, H, W) of floats, w are K filters (K, C, FH, FW), b their biases
    (K,). None of them is changed. stride and padding are pixels.

    Returns (out, cache). out is (N, K, HO, WO) in the dtype of x, equal to that of
    conv_forward_naive up to rounding. cache is what your conv_backward needs: with X_col
    in it, it is about FH*FW / stride**2 times as large as x.
    Raises ValueError, naming the values, when the filters do not fit along an axis, or
    when x and w differ in their number of channels.
    """
    ### BEGIN SOLUTION hint: im2col, one product, the bias, one reshape.
    N, C, H, W = x.shape
    K, depth, FH, FW = w.shape
    if depth != C:
        raise ValueError(f"x has {C} channels and the filters have {depth}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    cols = im2col(x, FH, FW, stride, padding)
    w_row = w.reshape(K, C * FH * FW)
    out = (w_row @ cols).astype(np.result_type(x, 0.0), copy=False)
    out += b.reshape(K, 1)
    return out.reshape(N, K, HO, WO), (cols, x.shape, w, stride, padding)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `(K, R) @ (N, R, L)` is a matrix product for each of the N images: numpy repeats the
# left matrix by itself. Reshape w to W_row, never transpose it. `out += ...` adds the
# bias without a second copy of the output. For the cache, think of what the way back
# needs: X_col, the shape of x, the filters, stride and padding.
#
# </details>

# %% check="conv_forward"
check(conv_forward)

# %% [markdown]
# ### The four steps, timed
#
# Four images, 16 filters of 3x3, padding 1, images from 8x8 to 64x64. The work is
# counted in multiplications, N·K·C·FH·FW·HO·WO; it is the same for all four. From the
# smallest image to the largest it grows 64 times.

# %% tags=["demo"]
predict(
    "64 times the work: which of the four steps will take about 64 times as long?",
    "1 and 2",
    ["all four", "1 and 2", "3 and 4", "only 1"],
    because="Their time depends on how often a Python loop runs, and that grows with "
    "the number of places. Steps 3 and 4 have a fixed cost per call, which counts most "
    "on the smallest image.",
)

# %% tags=["demo"]
steps = {
    "1 loops": conv_forward_naive,
    "2 whole patch": conv_forward_patch,
    "3 window only": conv_forward_window,
    "4 im2col": conv_forward,
}
sizes = [8, 16, 32, 64]
work = [4 * 16 * 3 * 3 * 3 * size * size for size in sizes]
times = {name: [] for name in steps}
for size in sizes:
    arrays = layer_arrays(N=4, C=3, size=size, K=16, F=3)
    for name, layer in steps.items():
        times[name].append(
            seconds(
                layer, *arrays, 1, 1, repeat=1 if layer is conv_forward_naive else 7
            )
        )
plot.step_times(times, work)
plot.show()
print("at 64x64              time   faster than loops   time at 64x64 / at 8x8")
for name, series in times.items():
    faster, grown = times["1 loops"][-1] / series[-1], series[-1] / series[0]
    print(f"{name:14s} {series[-1]:9.5f} s   {faster:13.0f} x   {grown:17.0f} x")
multiplications = work[-1] / times["4 im2col"][-1]
print(f"im2col does {multiplications / 1e9:.1f} billion multiplications a second")

# %% [markdown]
# Steps one and two are straight lines on these axes: 64 times the work, about 64 times the
# time. Steps three and four rise slowly at first, where a fixed cost per call counts most,
# and there they lie close to each other. The second column says what the method alone
# is worth. The arithmetic is the same, number by number.
#
# The last factor is not Python's any more. A matrix product is one of the most carefully
# tuned routines there are: it works in blocks that fit the processor's caches, so that
# each number is fetched once and used many times, and it multiplies several numbers in
# one instruction. numpy ships with one (a BLAS library), and graphics cards come with
# theirs. **This is the answer to the lesson's question:** turn a convolution into a matrix
# product, and you get all that work for free. It is not the only answer. Libraries
# know several ways and choose by the shape of the layer; lesson 11 builds another one, in
# which a 3x3 filter needs fewer multiplications.

# %% [markdown]
# ## 6. The notes' layer, and what it costs
#
# The lecture notes take the first layer of AlexNet: an image of 227x227x3, 96 filters of
# 11x11x3, stride 4. In their words X_col is [363 x 3025], W_row [96 x 363], their product
# [96 x 3025], and the output [55x55x96].

# %% tags=["demo", "nbval-check-output"]
x, w, b = layer_arrays(N=1, C=3, size=227, K=96, F=11)
cols = im2col(x, 11, 11, stride=4)
w_row = w.reshape(96, 3 * 11 * 11)
out, _ = conv_forward(x, w, b, stride=4)
print("X_col  ", cols[0].shape)
print("W_row  ", w_row.shape)
print("product", (w_row @ cols[0]).shape)
print("output ", out[0].shape, "in our order, channels first")

# %% [markdown]
# Now measure time and memory. `nbytes` says how large an array is; `tracemalloc` watches
# every allocation while a function runs and reports the peak, with everything that was
# only needed on the way.

# %% tags=["demo"]
predict(
    "Which of the two needs less memory for its forward pass, and which is faster on "
    "AlexNet's first layer?",
    "the window loop needs less, im2col is faster",
    [
        "the window loop needs less, im2col is faster",
        "the window loop needs less and is faster",
        "im2col needs less and is faster",
        "im2col needs less, the window loop is faster",
    ],
    because="The window loop holds one shifted picture at a time; im2col holds all 121 "
    "of them, and then needs a single product.",
)

# %% tags=["demo"]
import tracemalloc


def peak_memory(function, *arguments):
    """Most bytes that were allocated at one time while the function ran."""
    tracemalloc.start()
    function(*arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def show_cost(name, x, w, b, stride, padding):
    """Print bytes of x and X_col, then time and peak memory of steps three and four."""
    cols = im2col(x, *w.shape[2:], stride, padding)
    print(
        f"{name}, {x.dtype}: x {x.nbytes / 1e6:.1f} MB, X_col {cols.nbytes / 1e6:.1f} MB"
    )
    print(f"    X_col is {cols.nbytes / x.nbytes:.2f} times as large as x")
    del cols
    for layer in (conv_forward_window, conv_forward):
        took = seconds(layer, x, w, b, stride, padding, repeat=3)
        peak = peak_memory(layer, x, w, b, stride, padding)
        print(f"    {layer.__name__:20s} {took:7.4f} s, peak {peak / 1e6:6.1f} MB")


show_cost("AlexNet, first layer", x, w, b, 4, 0)
show_cost("VGG, second layer", *vgg, 1, 1)

# %% [markdown]
# ### How often is a pixel written down?
#
# At stride 1 a pixel away from the border lies in FH·FW windows. At stride S it lies in
# about $(F/S)^2$ of them. For AlexNet the exact factor is a little smaller than that,
# because pixels near the border lie in fewer windows. In VGG's layer it is exactly 9:
# padding 1 makes as many places as pixels, and zeros of the padding are written down,
# too. The cell counts from the shapes.

# %% tags=["demo", "nbval-check-output"]
for name, C, size, F, stride, padding in [
    ("AlexNet, first layer", 3, 227, 11, 4, 0),
    ("VGG, second layer", 64, 224, 3, 1, 1),
]:
    places = output_size(size, F, stride, padding) ** 2
    x_numbers, col_numbers = C * size * size, C * F * F * places
    print(f"{name}: x {x_numbers:,} numbers, X_col {col_numbers:,}")
    print(
        f"    {col_numbers / x_numbers:.2f} times; (F/S)^2 is {(F / stride) ** 2:.2f}"
    )
    print(f"    a batch of 32 in float32: X_col {32 * col_numbers * 4 / 1e9:.2f} GB")

# %% [markdown]
# ### The whole batch, or one image at a time?
#
# Nothing forces you to lay out the whole batch before you multiply. `W_row @ im2col(x)`
# and a loop over the images give the same numbers, and the loop has one image's X_col
# in memory instead of N of them. The next cell has 32 images in each layer. What should
# happen to the peak? And to the time of the tiny images, where one image's product is
# only 6 rows, 25 weights and 64 places?


# %% tags=["demo"]
def image_by_image(x, w, b, stride, padding):
    """The output of conv_forward, with the columns of one image at a time."""
    return np.concatenate(
        [conv_forward(x[n : n + 1], w, b, stride, padding)[0] for n in range(len(x))]
    )


def whole_batch(x, w, b, stride, padding):
    """The output of conv_forward, without its cache."""
    return conv_forward(x, w, b, stride, padding)[0]


for name, C, size, K, F in [
    ("tiny images", 1, 12, 6, 5),
    ("32 channels", 32, 32, 32, 3),
]:
    arrays = layer_arrays(N=32, C=C, size=size, K=K, F=F, dtype=np.float32)
    print(f"{name}: 32 x {C} x {size} x {size}, {K} filters of {F}x{F}")
    peaks = []
    for way in (whole_batch, image_by_image):
        took = seconds(way, *arrays, 1, 0, repeat=7)
        peaks.append(peak_memory(way, *arrays, 1, 0) / 1e6)
        print(f"    {way.__name__:15s} {took * 1e3:6.2f} ms, peak {peaks[-1]:5.1f} MB")
    print(f"    the peak is {peaks[0] / peaks[1]:.1f} times smaller image by image")

# %% [markdown]
# The peak falls to two fifths for the tiny images and to a fifth for the 32 channels;
# shapes decide that, not the machine.
# For tiny images, 32 calls cost far more than the arithmetic. For 32 channels your
# machine decides: one image's X_col stays close to the processor, where that of the whole
# batch has to be fetched from memory; but a small product leaves several cores little to
# share. On the way back each image's columns have to be made once more, or kept, and then
# nothing is saved. This lesson keeps the line that is easiest to read: the whole batch.

# %% [markdown]
# ### Question (1 point): is it worth its memory?
#
# 1. By which factor is X_col larger than x in AlexNet's first layer and in VGG's second?
#    Give the measured numbers, and say where the copies come from.
# 2. A computer has 2 GB of memory left. Can it run VGG's second layer by im2col on a
#    batch of 32 images in float32? Name one way to compute the same output in less
#    memory, and what that way gives up.
# 3. Why is im2col used all the same? Use your timings.
#
# Four to eight sentences are enough.

# %% [markdown] question="memory" points=1
# ### BEGIN SOLUTION
# **Model answer.** X_col is 7.10 times as large as x for AlexNet (1.2 MB become 8.8 MB
# in float64) and 9.00 times for VGG (12.8 MB become 115.6 MB in float32). Windows
# overlap: a pixel is written once for every window it lies in, about (F/S)² times, which
# is 7.6 for 11x11 at stride 4 and 9 for 3x3 at stride 1. With stride F there would be no
# copies.
#
# No: for 32 images X_col takes 32 · 115.6 MB = 3.7 GB, and it stays in the cache until
# the backward pass, which needs another array of that size. One can convert one image
# (or a few) at a time: 115.6 MB, for one Python turn and one smaller product per
# image, and X_col must be made again on the way back. Or take the loop over the window,
# which needs only one shifted picture at a time and writes to the output FH·FW times;
# its products sum over C numbers only, and it was slower in my timings. (On layers with
# many channels the two are close.)
#
# It is used because the product is so fast: hundreds to thousands of times faster than
# the loops, and faster than the window loop on small and few-channel layers. A tuned
# matrix product is on every machine; memory can be traded back by smaller batches.
#
# **Mark scheme (1 point).**
# - 0.4: both measured factors (7.1 and 9.0, or the megabytes), and overlapping windows as
#   the cause.
# - 0.3: no, with a number (3.7 GB), and one way around with what it costs (image by
#   image: more Python turns, X_col recomputed; window loop: more passes, thin products).
# - 0.3: a measured time that speaks for im2col, and the tuned matrix product as the reason.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains (unfold it when you have written yours)</summary>
#
# - Both measured factors from the tables, and where the copies come from: windows
#   overlap, so a pixel is written down once for each window it lies in, about
#   $(F/S)^2$ times.
# - *Yes* or *no*, with the gigabytes that X_col alone takes for 32 images, from the table.
#   One way to need less, and its price: image by image (32 calls, smaller products, X_col
#   made again or kept for the way back), or the window loop (FH·FW passes over the output,
#   thin products).
# - A time that you measured, and the reason for it: all the work is in one tuned matrix
#   product.
#
# </details>

# %% [markdown]
# ## 7. The way back: col2im
#
# On the way back a gradient arrives for every number of X_col, and must reach the pixel
# that the number was copied from. A pixel that was copied into four columns gets four
# gradients, and they **add up** (the *chain rule* for a value that is used four times):
# changing the pixel changes all four copies. So col2im walks the same slices as im2col
# with the arrow turned round: not `cols = pixels` but `pixels += cols`. What lands on the
# padding is dropped, because padding is not a pixel.
#
# *By hand.* A gradient of 1 in every entry of X_col, for the 3x4 image and the 2x2 window.
# Then each pixel gets as many ones as it lies in windows:
#
# $$\texttt{col2im}(\text{ones}) = \begin{bmatrix}1&2&2&1\\2&4&4&2\\1&2&2&1\end{bmatrix}$$
#
# 24 in all, one for each number of X_col.
#
# ### The adjoint
#
# There is a way to know that col2im is right without knowing what is right. im2col only
# copies, so it is a linear map: a matrix A of zeros and ones with one row for each
# number of X_col and one column for each pixel. Here it is for an image of one row with
# three pixels, and a 1x2 window. X_col has 2 rows and 2 columns, read row by row:

# %% tags=["demo"]
pixels = np.eye(3).reshape(3, 1, 1, 3)  # three images with one bright pixel each
A = im2col(pixels, 1, 2).reshape(3, 4).T
plot.number_grids(
    {"im2col: A": A, "col2im: A transposed": A.T}, label="entry", limits=(0, 1)
)
plot.show()

# %% [markdown]
# Each row of A has a single 1: every number of X_col is a copy of one pixel. The middle
# column has two: the middle pixel is copied twice. To send the gradients back you read the
# matrix the other way: col2im is A transposed. And a transposed matrix has a property
# that can be checked with any numbers at all:
#
# $$\sum (A x)\cdot c \;=\; \sum x\cdot(A^{\mathsf T} c)\qquad\text{for every } x
# \text{ and every } c$$
#
# In code: `np.sum(im2col(x) * c) == np.sum(x * col2im(c))`, up to rounding. We say
# col2im is the **adjoint** of im2col. With x = (5, 7, 9), X_col is 5 7 / 7 9. Take
# c = 1 2 / 3 4: the left side is 5·1 + 7·2 + 7·3 + 9·4 = 76. On the right col2im(c) =
# (1, 2 + 3, 4), and 5·1 + 7·5 + 9·4 = 76.
#
# ### Task: `col2im`


# %% task="col2im"
def col2im(cols, x_shape, filter_height, filter_width, stride=1, padding=0):
    """Add every number of X_col to the pixel that im2col would have copied it from.

    cols is (N, C*FH*FW, HO*WO), in the order of im2col, and is not changed. x_shape is
    the shape (N, C, H, W) of the images, without padding. filter_height (FH),
    filter_width (FW), stride and padding are pixels.

    Returns (N, C, H, W) in the dtype of cols: sums, 0 where no window reaches, without
    what falls on the padding. It is the adjoint of im2col with the same arguments:
    sum(im2col(x) * cols) == sum(x * col2im(cols)).
    Raises ValueError, naming the values, when the window does not fit along an axis of
    x_shape (`output_size` does that).
    """
    ### BEGIN SOLUTION hint: Zeros of the padded size, FH*FW slices to add to, then crop.
    N, C, H, W = x_shape
    FH, FW = filter_height, filter_width
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    windows = cols.reshape(N, C, FH, FW, HO, WO)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=cols.dtype)
    for fh in range(FH):
        for fw in range(FW):
            rows = slice(fh, fh + stride * HO, stride)
            columns = slice(fw, fw + stride * WO, stride)
            padded[:, :, rows, columns] += windows[:, :, fh, fw]
    return padded[:, :, padding : padding + H, padding : padding + W]
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Reshape cols to the six axes (N, C, FH, FW, HO, WO). Within the slice of one (fh, fw)
# no pixel occurs twice, so `+=` on the slice is safe; what overlaps are the slices of
# different (fh, fw), and those are added one after the other. `[padding:-padding]` is
# empty for padding 0: cut with `padding : padding + H`.
#
# </details>

# %% check="col2im"
check(col2im, im2col)

# %% [markdown]
# ### A trap: adding with an index array
#
# A well-known shortcut makes three index arrays once and lets numpy do the rest: reading
# with them is im2col, and adding with them is col2im. But `image[index] += c` is wrong:
# where an index occurs twice, numpy adds only the last value. `np.add.at` adds all of
# them, and so does your loop over FH·FW slices.

# %% tags=["demo"]
predict(
    "Adding a large X_col of 3x3 windows to its images: which is faster, one call of "
    "`np.add.at` or a Python loop over nine slices?",
    "nine slices",
    ["np.add.at", "nine slices", "about the same"],
    because="A slice is added in long runs of numbers; `np.add.at` looks up every single "
    "index.",
)


# %% tags=["demo"]
def index_arrays(C, H, W, F, stride):
    """For each number of X_col the channel, row and column of its pixel."""
    HO, WO = output_size(H, F, stride), output_size(W, F, stride)
    c, fh, fw, ho, wo = np.indices((C, F, F, HO, WO)).reshape(5, C * F * F, HO * WO)
    return c, fh + stride * ho, fw + stride * wo


x, _, _ = layer_arrays(N=16, C=8, size=33, K=1, F=3)
cols = im2col(x, 3, 3, stride=2)
c, rows, columns = index_arrays(8, 33, 33, 3, 2)


def by_add_at(cols):
    image = np.zeros_like(x)
    np.add.at(image, (slice(None), c, rows, columns), cols)
    return image


def by_plus(cols):
    image = np.zeros_like(x)
    image[:, c, rows, columns] += cols
    return image


def by_slices(cols):
    return col2im(cols, x.shape, 3, 3, 2)


for name, way in {
    "image[index] +=": by_plus,
    "np.add.at": by_add_at,
    "nine slices": by_slices,
}.items():
    right = np.allclose(way(cols), by_slices(cols))
    took = seconds(way, cols, repeat=5)
    print(f"{name:16s} {took * 1e3:6.2f} ms  {'right' if right else 'WRONG'}")

# %% [markdown]
# ## 8. The layer backwards
#
# Forward, the layer is `out = W_row @ X_col + b`, for each image. `dout` holds the
# gradient of the loss for every output number. Lesson 03 found by loops where it goes;
# with matrices it is three short rules. Read `dout` as `(N, K, HO*WO)`, like the product:
#
# $$db = \sum_{n}\sum_{\text{places}} d\text{out}_n \qquad
# dW_{\text{row}} = \sum_{n} d\text{out}_n\, X_{\text{col},n}^{\mathsf T} \qquad
# dX_{\text{col},n} = W_{\text{row}}^{\mathsf T}\, d\text{out}_n$$
#
# | what | shapes | why |
# |---|---|---|
# | `db` | `(K,)` | a bias is added at every place of its map, in every image |
# | `dW_row` | `(K, HO*WO) @ (HO*WO, C*FH*FW)`, **summed over images** | weight (k, r) met X_col[r, place] and went to out[k, place] |
# | `dX_col` | `(C*FH*FW, K) @ (K, HO*WO)`, for each image | X_col[r, place] reached every map k through weight (k, r) |
# | `dx` | `col2im(dX_col)` | copies of a pixel add up |
#
# When you forget where a transpose goes, look at the shapes: only one way to multiply
# them gives dW the shape of W.
#
# *By hand.* The 3x4 image, the filter 1 2 / 0 -1, and dout = 1 0 0 / 0 0 2: the first
# place has a gradient of 1, the last place one of 2. Then db = 3. dW_row is 1 times
# the first column of X_col plus 2 times the last, and dx is the filter laid over the first
# window, plus twice the filter over the last:
#
# $$dw = 1\begin{bmatrix}1&2\\3&1\end{bmatrix}+2\begin{bmatrix}1&0\\1&4\end{bmatrix}
# =\begin{bmatrix}3&2\\5&9\end{bmatrix}\qquad
# dx=\begin{bmatrix}1&2&0&0\\0&-1&2&4\\0&0&0&-2\end{bmatrix}$$
#
# ### Task: `conv_backward`


# %% task="conv_backward"
def conv_backward(dout, cache):
    """Backward pass of conv_forward: the gradients of sum(out * dout).

    dout is (N, K, HO, WO), one number for every number of out. cache is what conv_forward
    returned beside out. Neither is changed.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b.
    """
    ### BEGIN SOLUTION hint: Two products, one sum over images, one col2im.
    cols, x_shape, w, stride, padding = cache
    N, K, HO, WO = dout.shape
    _, C, FH, FW = w.shape
    dout = dout.reshape(N, K, HO * WO)
    db = dout.sum(axis=(0, 2))
    dw_row = (dout @ cols.transpose(0, 2, 1)).sum(axis=0)
    dcols = w.reshape(K, C * FH * FW).T @ dout
    dx = col2im(dcols, x_shape, FH, FW, stride, padding)
    return dx, dw_row.reshape(w.shape), db
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `cols.transpose(0, 2, 1)` transposes every image's matrix. `dout @ ...` then gives one
# (K, C*FH*FW) table per image, (N, K, C*FH*FW) in all: the batch shares its filters, so
# sum over axis 0. The last steps are a reshape and your col2im. If your cache lacks
# something, go back to conv_forward and put it in.
#
# </details>
#
# The check runs your two functions as a pair, so it does not matter what your cache looks
# like.


# %% check="conv_backward"
check(conv_backward, conv_forward)

# %% [markdown]
# ### A layer of the size that assignments use
#
# CS231n's second assignment ships a layer that is partly written in Cython, which needs a
# compiler, and times it on 100 images of 3x31x31 with 25 filters of 3x3, stride 2,
# padding 1. Here is yours on the same shapes, in numpy alone, beside your own loops (two
# of the 100 images, and the time is scaled).

# %% tags=["demo"]
from course.gradients import conv_backward_naive

rng = np.random.default_rng(231)
for dtype in (np.float64, np.float32):
    x, w, b, dout = (
        rng.standard_normal(shape).astype(dtype)
        for shape in [(100, 3, 31, 31), (25, 3, 3, 3), (25,), (100, 25, 16, 16)]
    )
    forward_time = seconds(conv_forward, x, w, b, 2, 1, repeat=20)
    cache = conv_forward(x, w, b, 2, 1)[1]
    backward_time = seconds(conv_backward, dout, cache, repeat=20)
    print(
        f"{x.dtype}: forward {forward_time * 1e3:.1f} ms, "
        f"backward {backward_time * 1e3:.1f} ms"
    )

# %% tags=["demo"]
loops_forward = 50 * seconds(conv_forward_naive, x[:2], w, b, 2, 1)
_, cache = conv_forward_naive(x[:2], w, b, 2, 1)
loops_backward = 50 * seconds(conv_backward_naive, dout[:2], cache)
print(
    f"loops, {x.dtype}: forward {loops_forward:.2f} s, backward {loops_backward:.2f} s"
)
print(f"times faster: forward {loops_forward / forward_time:.0f}, ", end="")
print(f"backward {loops_backward / backward_time:.0f}")

# %% [markdown]
# Your times depend on your machine. The backward pass takes two to three times as long as
# the forward pass for a reason: it has two products of the same size instead of one, and
# col2im on top. How much further numpy can go when readability no longer comes first: see
# lesson 11.
#
# ### The layer from the start
#
# VGG's second layer on the whole volume of 224x224x64, not just a corner: the same
# numbers as the loops, in how much time?

# %% tags=["demo"]
whole, _ = conv_forward(*vgg, 1, 1)
by_loops, _ = conv_forward_naive(vgg[0][:, :, :9, :9], *vgg[1:], 1, 1)
same = np.allclose(whole[:, :, :8, :8], by_loops[:, :, :8, :8], rtol=1e-3, atol=1e-3)
took = seconds(conv_forward, *vgg, 1, 1, repeat=3)
print("the upper left corner has the numbers of the loops:", same)
print(
    f"{took:.3f} s instead of about {time_of_vgg:.0f} s: {time_of_vgg / took:.0f} times faster"
)

# %% [markdown]
# In lesson 02 a small network read your digit with your loops. Now its two convolutions are
# your matrix product: draw, and compare the two times.

# %% tags=["demo"]
from course.kit.draw import draw_digit

draw_digit(conv_forward=conv_forward)

# %% [markdown]
# ## 9. Build the module
#
# | you built | used again in |
# |---|---|
# | `conv_forward_window` | here: the step between loops and matrices |
# | `im2col`, `col2im` | lesson 05: pooling and its way back are the same layout |
# | `conv_forward`, `conv_backward` | lesson 06: the layer of every network from now on |
#
# The next cell writes `course/im2col.py` from your functions and lists what is not there
# yet.

# %%
from course.kit import build

build("im2col", conv_forward_window, im2col, conv_forward, col2im, conv_backward)
# %% [markdown]
# ## Where this leads
#
# You have a convolutional layer that is fast enough to learn with, forward and backward.
# Still missing are a way to make volumes smaller, which is pooling (lesson 05), and
# everything that turns layers into a network that learns (lesson 06).
#
# ### Further reading
#
# - [CS231n: Convolutional Neural Networks](https://cs231n.github.io/convolutional-networks/),
#   section "Implementation as Matrix Multiplication": the AlexNet numbers of section 6.
# - Chellapilla, Puri, Simard:
#   [High Performance Convolutional Neural Networks for Document Processing](https://inria.hal.science/inria-00112631)
#   (2006) unrolls a convolution into a matrix product to train on processors and graphics
#   cards, with the same picture of overlapping windows.
# - Chetlur and others: [cuDNN: Efficient Primitives for Deep Learning](https://arxiv.org/abs/1410.0759)
#   (2014): how to have the matrix product without ever storing X_col.
# - Goto, van de Geijn:
#   [Anatomy of High-Performance Matrix Multiplication](https://doi.org/10.1145/1356052.1356053)
#   (2008): why the blocks of a matrix product are as large as they are.
# - Dumoulin, Visin: [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285)
#   (2016) writes a convolution as a sparse matrix; its transpose, the *transposed
#   convolution*, is the way back of `dx` used as a layer of its own.
# - Lavin, Gray: [Fast Algorithms for Convolutional Neural Networks](https://arxiv.org/abs/1509.09308)
#   (2015): the other answer, fewer multiplications for a 3x3 filter. Lesson 11 builds it.
#
# **Next:** lesson 05, [Pooling](../05_pooling/05_pooling.ipynb). The words of the course are in
# the [glossary](../../docs/glossary.md).
