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
# # Faster: how far can numpy go?
#
# VGG-16 looks at one photograph. Its 13 convolutions do all but 1 % of its work (lesson 09), and
# here they run on `conv_forward` of lesson 04, with one thread:

# %% tags=["demo"]
from time import perf_counter

import numpy as np

from course.im2col import conv_forward as conv_forward_im2col
from course.kit.data import photograph
from course.kit.networks import VGG16
from course.kit.training import one_thread
from course.pooling import max_pool_forward

one_thread()  # with several, the times depend on what else the computer does
flower = photograph("flower")[None, :, 100:324, 200:424].astype(np.float32)


def vgg_convolutions(convolve):
    """Run VGG-16 up to its dense layers, weights random: (the last volume, seconds)."""
    rng, volume, took = np.random.default_rng(16), flower, 0.0
    for layer in VGG16.layers:
        C = volume.shape[1]
        if layer["type"] == "conv":
            w = rng.standard_normal((layer["filters"], C, 3, 3), dtype=np.float32)
            w *= np.float32(np.sqrt(2 / (9 * C)))
            b = np.zeros(len(w), np.float32)
            started = perf_counter()
            volume = convolve(volume, w, b, 1, 1)
            took += perf_counter() - started
            volume = np.maximum(volume, 0)
        elif layer["type"] == "pool":
            volume = max_pool_forward(volume)[0]
    return volume, took


slow_volume, slow = vgg_convolutions(lambda *layer: conv_forward_im2col(*layer)[0])
print(f"13 convolutions of VGG-16 with lesson 04's layer: {slow:.2f} s")

# %% [markdown]
# That layer is one matrix product, and a good part of what it costs is not the product. It
# writes every pixel down FH·FW times, in a matrix that fits no cache. How far down can you get
# this number with numpy alone? At the end of the lesson the same cell runs again, with yours.
#
# On the way you copy whole rows instead of windows, work in blocks that fit the cache,
# copy nothing at all for 1x1 filters, and for 3x3 filters leave out three of four
# multiplications. Then you choose by shape, forward and backward, and see which wall each
# layer hits: arithmetic or memory.
#
# All 16 points of this lesson are bonus points. The checks ask for right numbers and for
# little memory, never for speed: your computer may be as slow as it likes. Nor do they
# look at how you multiply: a `conv_forward_winograd` without Winograd passes, and section 5
# measures it against im2col. The last cell makes `course.fast`. Plan about three hours.
# Words in *italics* are in the [glossary](../../docs/glossary.md).

# %% [markdown]
# ## Before you start
#
# One question from lesson 10.

# %% tags=["demo"]
from course.kit.predict import predict

predict(
    "Layers 0 to 5 of a network are frozen, layers 6 to 9 learn. Must training send the "
    "gradient back through layers 0 to 5?",
    "no",
    ["yes", "no"],
    because="the gradients of layers 6 to 9 need what came into them and what comes back from "
    "above. Work that nobody needs is the first to leave out",
)

# %% [markdown]
# ## Letters and promises
#
# All letters are those of lesson 04. The functions of this lesson take arrays of one dtype,
# float32 or float64, and return that dtype; no input is changed in place; an input may be a
# non-contiguous view; shapes that do not fit raise `ValueError` where the docstring says so. The
# forward functions of the single methods return `out` alone. Only the last two, `conv_forward`
# and `conv_backward`, have a cache.

# %% tags=["nbval-check-output"]
import numpy as np

from course.convolution import zero_pad
from course.geometry import output_size
from course.im2col import col2im
from course.kit import check
from course.kit.memory import peak_bytes

print("1000 float64 need", peak_bytes(np.zeros, 1000)[1] // 1000, "bytes each.")

# %% [markdown]
# ## 1. Where does the time go?
#
# A layer of 32 filters of 3x3 on 32 channels of 32x32, 16 images. The next cell measures the
# matrix product by itself, then the whole layer of lesson 04.

# %% tags=["demo"]
from course.im2col import im2col


def seconds(f, *arguments, repeat=7):
    """The shortest of `repeat` runs, after one that is not counted."""
    f(*arguments)
    times = []
    for _ in range(repeat):
        started = perf_counter()
        f(*arguments)
        times.append(perf_counter() - started)
    return min(times)


def layer_arrays(N, C, H, W, K, F, dtype=np.float32):
    """Random images, filters and biases; the weights keep the size of the numbers."""
    rng = np.random.default_rng(10)
    x, w, b = (rng.standard_normal(s) for s in [(N, C, H, W), (K, C, F, F), (K,)])
    return x.astype(dtype), (w / np.sqrt(C * F * F)).astype(dtype), b.astype(dtype)


x, w, b = layer_arrays(N=16, C=32, H=32, W=32, K=32, F=3)
cols = im2col(x, 3, 3, 1, 1)
product = seconds(np.matmul, w.reshape(32, 288), cols)
whole = seconds(conv_forward_im2col, x, w, b, 1, 1)
sizes = x.nbytes / 1e6, cols.nbytes / 1e6
del cols
answers = {1.1: "about 1.1 times", 1.5: "about 1.5 times", 3: "3 times or more"}

# %% tags=["demo"]
predict(
    "How long does the whole layer take, as a multiple of its product?",
    answers[min(answers, key=lambda ratio: abs(np.log(whole / product / ratio)))],
    list(answers.values()),
    because=f"{whole / product:.2f} times, on this computer, this time",
)

# %% tags=["demo"]
print("x {:.1f} MB, X_col {:.1f} MB".format(*sizes))
print(f"product alone {product * 1e3:.2f} ms, whole layer {whole * 1e3:.2f} ms")

# %% [markdown]
# The rest is copying: X_col is nine times as large as x, larger than the caches of many
# processors, so it travels to the main memory and back.

# %% [markdown]
# ## 2. Copy rows, not windows
#
# Look at one row of pixels, `1 2 3 4`, and a filter two wide. Weight 0 meets 1, 2, 3 and
# weight 1 meets 2, 3, 4. That is the row, copied FW times, each time shifted by one. A window
# higher than one row needs nothing new: what weight (fh, fw) meets is shifted copy fw of the
# rows from fh on. So copy every row FW times and not FH·FW times. Here are an image and its
# copies for a filter of 2x2:

# %% tags=["demo"]
from course.kit import plot

small = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 0, 1, 2]])
copies = {
    "image": small,
    "shifted copy 0": small[:, :3],
    "shifted copy 1": small[:, 1:],
}
plot.number_grids(copies, "pixel")
plot.show()

# %% [markdown]
# For each fh, *one view* of these copies holds all that filter row fh meets. The output has
# two rows: filter row 0 meets rows 0 and 1 of both copies, filter row 1 meets rows 1 and 2.
#
# A row of pixels lies in one piece in memory, and long pieces are what memory moves fastest.
# At stride S the copies take every S-th pixel of a row.

# %% tags=["demo"]
predict(
    "A window of 3x3 at stride 1. im2col writes every pixel down about 9 times. How many times "
    "do row copies?",
    3,
    because="once for each of the FW = 3 columns of the filter",
)

# %% [markdown]
# ### Task: `row_copies`


# %% task="row_copies"
def row_copies(x, filter_width, stride=1):
    """Every row of pixels as the FW weights of a filter row meet it.

    x is a batch (N, C, H, W) and is not changed; where padding is wanted it is already
    there. filter_width (FW) and stride are pixels.

    Returns (N, C, FW, H, WO) in the dtype of x: number [n, c, fw, h, wo] is the pixel
    x[n, c, h, wo * stride + fw].
    Raises ValueError, naming the values, when the filter does not fit along the width
    (`output_size` does that).
    """
    ### BEGIN SOLUTION hint: An empty array, then one slice of x for each fw.
    N, C, H, W = x.shape
    WO = output_size(W, filter_width, stride)
    rows = np.empty((N, C, filter_width, H, WO), x.dtype)
    for fw in range(filter_width):
        rows[:, :, fw] = x[:, :, :, fw : fw + stride * WO : stride]
    return rows
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# The pixels that weight fw meets start at fw and step by the stride; there are WO of them,
# so the slice is `fw : fw + stride * WO : stride`, on the last axis of x.
#
# </details>

# %% check="row_copies_bonus"
check(row_copies)
assert row_copies(np.array([[[[1.0, 2, 3]]]]), 2).tolist() == [[[[[1, 2]], [[2, 3]]]]]

# %% [markdown]
# ### Task: `conv_forward_rows`
#
# For every fh, multiply filter row fh, `(K, C*FW)`, with its view of the row copies,
# `(C*FW, HO*WO)`, and add the FH products up. `w[:, :, fh]` has the axes (K, C, FW), and
# one image of the row copies has the axes (C, FW, H, WO): both have C and FW in the same
# order.
#
# The price of copying less is that the output is added to FH times, while im2col writes
# it once. With many channels that is a good bargain: the row copies save
# (FH-1)·FW·C numbers for each place and cost FH-1 additions to K numbers.


# %% task="conv_forward_rows"
def conv_forward_rows(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer.

    x is a batch (N, C, H, W), w are K filters (K, C, FH, FW), b their biases (K,), all
    float32 or all float64. None of them is changed. stride and padding are pixels.

    Returns out (N, K, HO, WO) in the dtype of x, equal to that of conv_forward of
    lesson 04 up to rounding.
    Raises ValueError, naming the values, when the filters do not fit along an axis, or
    when x and w differ in their number of channels.
    """
    ### BEGIN SOLUTION hint: For each image and each fh one product, added to its output.
    N, C, H, W = x.shape
    K, depth, FH, FW = w.shape
    if depth != C:
        raise ValueError(f"x has {C} channels and the filters have {depth}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    out = np.empty((N, K, HO * WO), x.dtype)
    out[...] = b.reshape(K, 1)
    filters = [w[:, :, fh].reshape(K, C * FW) for fh in range(FH)]
    for n in range(N):
        rows = row_copies(zero_pad(x[n : n + 1], padding), FW, stride)[0]
        for fh in range(FH):
            met = rows[:, :, fh : fh + stride * HO : stride]
            out[n] += filters[fh] @ met.reshape(C * FW, HO * WO)
    return out.reshape(N, K, HO, WO)
    ### END SOLUTION


# %% check="conv_forward_rows_bonus"
check(conv_forward_rows)

# %% [markdown]
# ## 3. Blocks that fit the cache
#
# A processor has a few fast memories, its *caches*. The smaller the array, the nearer the
# cache that it fits into. Copying an array of a few sizes shows it:

# %% tags=["demo"]
for size in (2**16, 2**19, 2**22, 2**25, 2**27):
    source = np.ones(size // 8, np.float32)
    target = np.empty_like(source)
    took = seconds(np.copyto, target, source, repeat=5)
    print(f"{size / 2**20:8.3f} MB read and written: {size / took / 1e9:5.0f} GB/s")
del source, target

# %% [markdown]
# If you write 9 MB, then read them once, the first numbers may be pushed out of the cache
# before you need them. If you write 1 MB, use it, and write the *next* megabyte over it,
# you stay in the cache.
#
# So cut the batch: a few images at a time, or, where one image is too much, a strip of its
# output rows. A strip of output rows `top` to `bottom` (excluded) needs the padded rows
# from `top * stride` to `(bottom - 1) * stride + FH`. Neighbouring strips share FH - S
# rows.
#
# Three functions are given. Two do the bookkeeping: the strip with its zeros, and the cut.
# The third makes X_col out of row copies; its last row is all ones, so that the bias
# becomes **one more weight** that always meets a 1, and needs no pass of its own.


# %% tags=["nbval-check-output"]
def padded_strip(x, padding, first=0, last=None):
    """Rows first to last (excluded) of the zero-padded batch, to be read only.

    By default all rows. Without padding it is a view: nothing is copied.
    """
    N, C, H, W = x.shape
    last = H + 2 * padding if last is None else last
    if padding == 0:
        return x[:, :, first:last]
    strip = np.zeros((N, C, last - first, W + 2 * padding), x.dtype)
    top, bottom = max(first - padding, 0), min(last - padding, H)
    if top < bottom:
        place = slice(top + padding - first, bottom + padding - first)
        strip[:, :, place, padding : padding + W] = x[:, :, top:bottom]
    return strip


def cache_blocks(images, rows, bytes_per_row, limit=2**20):
    """Cut `images` times `rows` into blocks (n, end, top, bottom) of at most `limit` bytes.

    Whole images while they fit, else strips of one image; at least one row. All blocks
    are about as large.
    """

    def cut(count, most):
        step = max(1, -(-count // max(1, -(-count // most))))
        return [(start, min(start + step, count)) for start in range(0, count, step)]

    fits = max(1, int(limit // max(1, bytes_per_row)))
    whole = cut(images, max(1, fits // max(1, rows)))
    return [(*some, *strip) for some in whole for strip in cut(rows, fits)]


def strip_columns(strip, FH, FW, stride):
    """X_col of a padded strip, and a row of ones: (N, C*FH*FW + 1, HO*WO)."""
    N, C, H, W = strip.shape
    HO, WO = output_size(H, FH, stride), output_size(W, FW, stride)
    cols = np.empty((N, C * FH * FW + 1, HO * WO), strip.dtype)
    cols[:, -1] = 1
    windows = cols[:, :-1].reshape(N, C, FH, FW, HO, WO)
    if stride == 1:
        rows = row_copies(strip, FW)
        for fh in range(FH):  # HO whole rows follow each other: one long copy
            windows[:, :, fh] = rows[:, :, :, fh : fh + HO]
    else:
        places = np.lib.stride_tricks.sliding_window_view(strip, (FH, FW), axis=(2, 3))
        places = places[:, :, ::stride, ::stride]
        windows[...] = places.transpose(0, 1, 4, 5, 2, 3)
    return cols


print("3 images of 10 rows, 100 bytes each, at most 1000 bytes:")
print(cache_blocks(3, 10, 100, limit=1000))
print("at most 500 bytes:", cache_blocks(1, 10, 100, limit=500))

# %% [markdown]
# ### Task: `conv_forward_blocks`
#
# im2col, one block after the other. `np.matmul(a, b, out=...)` writes its result where you
# want it: into a slice of the output.


# %% task="conv_forward_blocks"
def conv_forward_blocks(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer, in little memory.

    x is a batch (N, C, H, W), w are K filters (K, C, FH, FW), b their biases (K,), all
    float32 or all float64. None of them is changed. stride and padding are pixels.

    Returns out (N, K, HO, WO) in the dtype of x, equal to that of conv_forward of
    lesson 04 up to rounding. Beside out it never holds more than 4 MB at a time (2**22
    bytes) where a single row of places needs less than 1 MB of X_col and one padded image
    and the filters need less than 1 MB.
    Raises ValueError, naming the values, when the filters do not fit along an axis, or
    when x and w differ in their number of channels.
    """
    ### BEGIN SOLUTION hint: For each block: its strip, its columns, one product into out.
    N, C, H, W = x.shape
    K, depth, FH, FW = w.shape
    if depth != C:
        raise ValueError(f"x has {C} channels and the filters have {depth}")
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    out = np.empty((N, K, HO * WO), x.dtype)
    w_row = np.empty((K, C * FH * FW + 1), x.dtype)
    w_row[:, :-1] = w.reshape(K, C * FH * FW)
    w_row[:, -1] = b
    size = w_row.shape[1] * WO * x.itemsize
    limit = min(2**20, max(2**16, (x.nbytes + out.nbytes) // 2))
    for n, end, top, bottom in cache_blocks(N, HO, size, limit):
        rows = top * stride, (bottom - 1) * stride + FH
        cols = strip_columns(padded_strip(x[n:end], padding, *rows), FH, FW, stride)
        np.matmul(w_row, cols, out=out[n:end, :, top * WO : bottom * WO])
    return out.reshape(N, K, HO, WO)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Put the biases beside W_row as one more column, to meet the row of ones. A row of places
# needs `(C*FH*FW + 1) * WO * x.itemsize` bytes of X_col: that is what `cache_blocks` asks
# for. Keep out as (N, K, HO*WO) until the end; a block writes to
# `out[n:end, :, top * WO : bottom * WO]`.
#
# </details>

# %% check="conv_forward_blocks_bonus"
check(conv_forward_blocks)

# %% tags=["demo"]
x, w, b = np.ones((24, 8, 32, 24)), np.ones((4, 8, 5, 3)), np.ones(4)
out, peak = peak_bytes(conv_forward_blocks, x, w, b, 1, 1)
X_col_bytes = 24 * 8 * 15 * 30 * 24 * 8
print(
    f"X_col {X_col_bytes / 1e6:.1f} MB; beside out {(peak - out.nbytes) / 1e6:.2f} MB"
)

# %% [markdown]
# The layer of section 1 again, with twice as many images, in blocks of different sizes.

# %% tags=["demo"]
x, w, b = layer_arrays(N=32, C=32, H=32, W=32, K=32, F=3)
w_row = np.concatenate([w.reshape(32, 288), b.reshape(32, 1)], axis=1)
block_times = {}
for limit in (2**14, 2**17, 2**20, 2**23, 2**26):
    blocks = cache_blocks(32, 32, 289 * 32 * 4, limit)

    def in_blocks(blocks):
        for n, end, top, bottom in blocks:
            strip = padded_strip(x[n:end], 1, top, bottom + 2)
            w_row @ strip_columns(strip, 3, 3, 1)

    block_times[limit] = len(blocks), seconds(in_blocks, blocks, repeat=3)
sizes = {2**14: "16 kB", 2**20: "1 MB", 2**26: "64 MB"}

# %% tags=["demo"]
predict(
    "Blocks of 16 kB, 1 MB or 64 MB: which are the fastest of the three?",
    sizes[min(sizes, key=lambda limit: block_times[limit][1])],
    list(sizes.values()),
    because="many small blocks pay for Python, a few large ones for the main memory",
)

# %% tags=["demo"]
for limit, (blocks, took) in block_times.items():
    each = f"{1e6 * took / blocks:8.0f} µs each"
    print(f"{limit / 2**20:7.3f} MB, {blocks:4d} blocks: {took * 1e3:6.2f} ms,{each}")
print(f"row copies: {seconds(conv_forward_rows, x, w, b, 1, 1, repeat=3) * 1e3:.2f} ms")

# %% [markdown]
# Very small blocks pay for Python: look at what a block of 16 kB costs, and how little it
# holds. Very large ones pay for the main memory. The best lies in between.

# %% [markdown]
# ## 4. 1x1 filters: copy nothing
#
# With 1x1 filters, stride 1 and no padding, X_col *is* x, reshaped. So no copy is needed,
# and no second array as large as the output either: `out += ...` adds the bias in place,
# while `out + ...` makes a new array.
#
# ### Task: `conv_forward_1x1`


# %% task="conv_forward_1x1"
def conv_forward_1x1(x, w, b):
    """Forward pass of a convolutional layer with 1x1 filters, stride 1, no padding.

    x is a batch (N, C, H, W), w are K filters (K, C, 1, 1), b their biases (K,), all
    float32 or all float64. None of them is changed.

    Returns out (N, K, H, W) in the dtype of x. Where x is contiguous it holds no array
    beside out that has more numbers than one image of x or out.
    Raises ValueError, naming the values, when x and w differ in their number of channels
    or the filters are not 1x1.
    """
    ### BEGIN SOLUTION hint: A reshape, a product, the bias in place.
    N, C, H, W = x.shape
    if w.shape[1:] != (C, 1, 1):
        raise ValueError(f"filters {w.shape[1:]} cannot be 1x1 filters on {C} channels")
    out = w.reshape(len(w), C) @ x.reshape(N, C, H * W)
    out += b.reshape(len(w), 1)
    return out.reshape(N, len(w), H, W)
    ### END SOLUTION


# %% check="conv_forward_1x1_bonus"
check(conv_forward_1x1)

# %% [markdown]
# ## 5. Fewer multiplications: Winograd
#
# All so far multiply as often as the seven loops. For 3x3 filters, fewer will do.
# Begin in one dimension: four pixels d, three weights g, two results, six multiplications.
#
# $$\begin{aligned}
# y_0 &= d_0\,g_0 + d_1\,g_1 + d_2\,g_2 \\
# y_1 &= d_1\,g_0 + d_2\,g_1 + d_3\,g_2
# \end{aligned}$$
#
# Shmuel Winograd found how to do it with four (1980); Lavin and Gray (2015) brought it to
# convolutional networks:
#
# $$\begin{aligned}
# m_1 &= (d_0 - d_2)\; g_0 & \qquad m_2 &= (d_1 + d_2)\;\tfrac{1}{2}(g_0 + g_1 + g_2) \\
# m_4 &= (d_1 - d_3)\; g_2 & \qquad m_3 &= (d_2 - d_1)\;\tfrac{1}{2}(g_0 - g_1 + g_2) \\
# y_0 &= m_1 + m_2 + m_3 & \qquad y_1 &= m_2 - m_3 - m_4
# \end{aligned}$$
#
# *By hand:* d = 1, 2, 3, 4 and g = 1, 2, 1. Directly: 1 + 4 + 3 = 8 and 2 + 6 + 4 = 12. By
# Winograd $m_1 = -2 \cdot 1 = -2$, $m_2 = 5 \cdot 4/2 = 10$, $m_3 = 1 \cdot 0/2 = 0$ and
# $m_4 = -2 \cdot 1 = -2$, so $y_0 = -2 + 10 + 0 = 8$ and $y_1 = 10 - 0 + 2 = 12$. The sums of
# weights are made once for all pixels. Sums of pixels are made once for all K filters. What
# counts are the multiplications in the middle, and there are four instead of six.
#
# As matrices, with $\odot$ for the product number by number:
#
# $$y = A^T \big[ (G\,g) \odot (B^T d) \big]$$
#
# which in code is `y = A_T @ ((G @ g) * (B_T @ d))`. This is F(2, 3). With six pixels and four
# results, F(4, 3), six multiplications replace twelve. In two dimensions you apply the
# matrices from both sides, and the saving is squared. For d of 6x6 pixels and Y of 4x4 results,
#
# $$Y = A^T \big[ (G\,g\,G^T) \odot (B^T d\,B) \big] A ,$$
#
# `Y = A_T @ ((G @ g @ G.T) * (B_T @ d @ B_T.T)) @ A_T.T`, and
# 36 multiplications replace 16·9 = 144. With channels, `*` becomes a sum over C: for each
# of the 36 points a matrix product `(K, C) @ (C, tiles)`. A quarter of the multiplications,
# and the product stays a product.
#
# The transforms are matrix products themselves. With d written as a column of 36 numbers,
# `B_T @ d @ B` is one 36x36 matrix times that column: `np.kron(B_T, B_T)`. For the filters that
# will do. For the many tiles `both_sides`, given below, makes two products with 6x6 matrices
# instead, B_T from the left and then from the right: 12 multiplications for each number, not 36.


# %% tags=["nbval-check-output"]
def winograd_matrices():
    """B_T (6, 6), G (6, 3) and A_T (4, 6) of F(4, 3), from Lavin and Gray (2015)."""
    B_T = [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
    G = [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]
    A_T = [
        [1, 1, 1, 1, 1, 0],
        [0, 1, -1, 2, -2, 0],
        [0, 1, 1, 4, 4, 0],
        [0, 1, -1, 8, -8, 1],
    ]
    return np.array(B_T, float), np.array(G) / 24, np.array(A_T, float)


B_T, G, A_T = winograd_matrices()
d, g = np.array([1.0, 2, 3, 4, 5, 6]), np.array([1.0, 2, 1])
print("directly:", np.correlate(d, g))
print("F(4, 3): ", (A_T @ ((G @ g) * (B_T @ d))).round(6))

# %% [markdown]
# ### Task: `winograd_filters`
#
# Transform the filters: `G @ g @ G_T` for every g = w[k, c], as 36 tables of K x C. Point
# (i, j) of the 6x6 result belongs in table 6·i + j.


# %% task="winograd_filters"
def winograd_filters(w):
    """The filters of a 3x3 layer as Winograd's F(4x4, 3x3) needs them: G @ w[k, c] @ G.T.

    w is (K, C, 3, 3), float32 or float64, and is not changed. G is (6, 3), the second of
    winograd_matrices().

    Returns (36, K, C) in the dtype of w: [6*i + j, k, c] is entry (i, j) for w[k, c].
    Raises ValueError, naming the shape, when the filters are not 3x3.
    """
    ### BEGIN SOLUTION hint: np.kron(G, G) is (36, 9): one product with all 3x3 filters.
    K, C, FH, FW = w.shape
    if (FH, FW) != (3, 3):
        raise ValueError(f"the filters are {FH}x{FW}; Winograd's F(4x4, 3x3) needs 3x3")
    G = winograd_matrices()[1].astype(w.dtype)
    return (np.kron(G, G) @ w.reshape(K * C, 9).T).reshape(36, K, C)
    ### END SOLUTION


# %% check="winograd_filters_bonus"
check(winograd_filters)

# %% [markdown]
# ### Tiles in, tiles out
#
# The output is cut into tiles of 4x4. Each needs 6x6 pixels, so that neighbouring tiles
# share two rows and columns. Gathering them is where Winograd's method easily loses what it
# has won. The functions below are given. They keep all loops long: they
# sort the rows by their number modulo 4 first, so that pixel (i, j) of all tiles of all images
# lies at a fixed step of 4 in memory. For that they accept one useless tile at the end of each
# line of tiles.


# %% tags=["nbval-check-output"]
def both_sides(matrix, tiles, between, into):
    """matrix @ tile @ matrix.T for every tile: of (a*a, M) numbers it makes (b*b, M).

    `between` is memory to work in. `into` is where the result goes, maybe over the tiles.
    """
    (b, a), M = matrix.shape, tiles.shape[1]
    half = between[: b * a * M].reshape(b, a * M)
    np.matmul(matrix, tiles.reshape(a, a * M), out=half)  # all columns of all tiles
    whole = into[: b * b * M].reshape(b, b, M)
    np.matmul(matrix, half.reshape(b, a, M), out=whole)  # all rows
    return whole.reshape(b * b, M)


def tile_columns(TW):
    """Tiles in one line of tiles: TW useful ones and one that nobody looks at."""
    return TW + 1


def gather_tiles(x, padding, TW, top, bottom, into, side=6):
    """The 6x6 pixels of all tiles in lines `top` to `bottom` of the batch: (36, C*T).

    T counts tiles in the order (line, image, column). `into` is memory to write to.
    side=4 takes 4x4 pixels, (16, C*T): tiles that do not overlap.
    """
    N, C, H, W = x.shape
    lines, wide = bottom - top, 4 * tile_columns(TW)
    # Row 4*t + p of the padded image is at [:, p, t]; 8 spare numbers for the last.
    flat = np.zeros((C, 4, (lines + 1) * N * wide + 8), x.dtype)
    by_row = flat[:, :, :-8].reshape(C, 4, lines + 1, N, wide)
    for p in range(4):
        first = 4 * top + p - padding
        skipped = max(0, -(first // 4))  # rows above the image: they stay zero
        rows = x[:, :, first + 4 * skipped : min(H, 4 * (bottom + 1) - padding) : 4]
        place = slice(skipped, skipped + rows.shape[2])
        by_row[:, p, place, :, padding : padding + W] = rows.transpose(1, 2, 0, 3)
    T = lines * N * tile_columns(TW)
    tiles = into[: side * side * C * T].reshape(side, side, C, T)
    for i, j in np.ndindex(side, side):
        start = i // 4 * N * wide + j
        tiles[i, j] = flat[:, i % 4, start : start + 4 * T : 4]
    return tiles.reshape(side * side, C * T)


def place_tiles(tiles, b, out, top, bottom, into):
    """Write tiles (16, K*T), plus the biases, to lines `top` to `bottom` of out."""
    N, K, _, WO = out.shape
    T = tiles.shape[1] // K
    tiles = tiles.reshape(4, 4, K, T)
    lines = into[: 16 * K * T].reshape(4, K, T, 4)
    for i, j in np.ndindex(4, 4):
        lines[i, :, :, j] = tiles[i, j]
    lines = lines.reshape(4, K, bottom - top, N, 4 * T // (N * (bottom - top)))
    for i in range(4):
        part = out[:, :, 4 * top + i : 4 * bottom : 4]
        rows = lines[i, :, : part.shape[2], :, :WO].transpose(2, 0, 1, 3)
        np.add(rows, b.reshape(K, 1, 1), out=part)


x = np.arange(48.0).reshape(1, 1, 6, 8)
tiles = gather_tiles(x, 0, TW=1, top=0, bottom=1, into=np.empty(72))
print(tiles[:, 0].reshape(6, 6).astype(int))

# %% [markdown]
# ### Task: `conv_forward_winograd`
#
# For each block: gather, transform, 36 products, transform back, place. `both_sides` with B_T
# transforms tiles (36, C·T), with A_T it brings the products (36, K·T) back to (16, K·T). An output of 7 rows takes two lines of tiles; `place_tiles` drops the surplus.
#
# Several arrays follow each other, but only two are needed at a time. So two pieces of memory,
# used in turn, are enough for all blocks, and they stay in the cache. All filters at once would
# be four times as large as w: take 128 of them at a time.


# %% task="conv_forward_winograd"
def conv_forward_winograd(x, w, b, padding=0):
    """Forward pass of a convolutional layer with 3x3 filters and stride 1.

    x is a batch (N, C, H, W), w are K filters (K, C, 3, 3), b their biases (K,), all
    float32 or all float64. None of them is changed. padding is in pixels.

    Returns out (N, K, HO, WO) in the dtype of x. In float32 no number is further from
    the exact one than 1e-4 times the largest number of out, where x and w are random
    with mean 0 and C is at most 256.
    Raises ValueError, naming the values, when the filters are not 3x3, do not fit, or
    when x and w differ in their number of channels.
    """
    ### BEGIN SOLUTION hint: gather_tiles, three products, place_tiles; block by block.
    N, C, H, W = x.shape
    K = len(w)
    if w.shape[1] != C:
        raise ValueError(f"x has {C} channels and the filters have {w.shape[1]}")
    HO, WO = output_size(H, 3, 1, padding), output_size(W, 3, 1, padding)
    TH, TW = -(-HO // 4), -(-WO // 4)
    B_T, _, A_T = (matrix.astype(x.dtype) for matrix in winograd_matrices())
    out = np.empty((N, K, HO, WO), x.dtype)
    size = 36 * max(C, K) * tile_columns(TW) * x.itemsize
    limit = min(2**21, max(2**16, (x.nbytes + out.nbytes) // 4))
    blocks = cache_blocks(N, TH, size, limit)
    most = max(
        ((end - n) * (bottom - top) for n, end, top, bottom in blocks), default=0
    )
    one, two = np.empty((2, most * size // x.itemsize), x.dtype)
    for some in (slice(k, min(k + 128, K)) for k in range(0, K, 128)):
        filters = winograd_filters(w[some])  # four times as large as w: so 128 at most
        M = len(b[some])
        for n, end, top, bottom in blocks:
            T = (end - n) * (bottom - top) * tile_columns(TW)
            pixels = gather_tiles(x[n:end], padding, TW, top, bottom, one)
            points = both_sides(B_T, pixels, two, one)
            products = two[: 36 * M * T].reshape(36, M, T)
            np.matmul(filters, points.reshape(36, C, T), out=products)
            tiles = both_sides(A_T, products.reshape(36, M * T), one, two)
            place_tiles(tiles, b[some], out[n:end, some], top, bottom, one)
        del filters  # or they would still be there while the next are made
    return out
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Begin with a single block, (0, N, 0, TH), and with fresh arrays:
# `tiles = gather_tiles(x, padding, TW, 0, TH, np.empty(36 * C * T, x.dtype))` with T = N ·
# TH · (TW + 1). Then `points = np.kron(B_T, B_T) @ tiles`, reshape to (36, C, T),
# `winograd_filters(w) @ points`, reshape to (36, K·T), the way back, `place_tiles`. When
# the check passes, cut into blocks. The matrices are float64: cast them to the dtype
# of x, or everything becomes float64.
#
# </details>

# %% check="conv_forward_winograd_bonus"
check(conv_forward_winograd)

# %% [markdown]
# ### Is yours faster?
#
# A quarter of the multiplications is no promise of a quarter of the time. The check passes a
# version that gathers *all* tiles first, and one that multiplies directly. Both can be slower
# than im2col, and the memory tells the first from the second.

# %% tags=["demo"]
x, w, b = layer_arrays(N=8, C=64, H=56, W=56, K=64, F=3)
out, peak = peak_bytes(conv_forward_winograd, x, w, b, 1)
held = (peak - out.nbytes) / 1e6
all_tiles = 36 * (64 + 64) * 8 * 14 * tile_columns(14) * 4 / 1e6
plain = seconds(conv_forward_im2col, x, w, b, 1, 1, repeat=3)
yours = seconds(conv_forward_winograd, x, w, b, 1, repeat=3)
print(f"im2col {plain * 1e3:.1f} ms, your Winograd {yours * 1e3:.1f} ms")
print(f"yours holds {held:.1f} MB beside out; all tiles at once are {all_tiles:.0f} MB")

# %% [markdown]
# <details><summary>Yours is slower than im2col?</summary>
#
# If it holds about as much as all tiles at once, each of its five steps writes tens of
# megabytes to the main memory, and the next step reads them back: the journeys cost more than
# the multiplications that you save. Cut into blocks with `cache_blocks`, as in section 3. If it
# holds little and is still slow, look for a Python loop over tiles or channels, or for an array
# that has become float64.
#
# </details>

# %% [markdown]
# ### What it costs: digits
#
# The large sums with 4, 5 and 8 in them cancel again; their rounding errors do not.

# %% tags=["demo"]
errors = {}
for channels in (16, 64, 256):
    x, w, b = layer_arrays(N=1, C=channels, H=28, W=28, K=16, F=3, dtype=np.float64)
    exact = conv_forward_rows(x, w, b, 1, 1)
    x, w, b = (array.astype(np.float32) for array in (x, w, b))
    size = np.abs(exact).max()
    direct = np.abs(conv_forward_im2col(x, w, b, 1, 1)[0] - exact).max() / size
    winograd = np.abs(conv_forward_winograd(x, w, b, 1) - exact).max() / size
    errors[channels] = direct, winograd

# %% tags=["demo"]
predict(
    "Float32 has about seven digits. How many of them are right after Winograd, on 256 "
    "channels?",
    -np.log10(errors[256][1]),
    because=f"the error is {errors[256][1]:.0e} of the largest number",
    within=0.6,
)

# %% tags=["demo"]
print("channels    right digits: im2col   Winograd")
for channels, (direct, winograd) in errors.items():
    print(f"{channels:8} {-np.log10(direct):22.1f} {-np.log10(winograd):10.1f}")

# %% [markdown]
# Winograd costs about one digit. Larger tiles would save more multiplications, but the numbers in
# their matrices are larger, and so are the rounding errors (Lavin and Gray). The smallest,
# F(2x2, 3x3), does 16 multiplications for 4·9 = 36: a factor of 2.25.

# %% [markdown]
# ### Lines of all images
#
# Two more methods, both given. They put the *row number first*: line h of all channels of
# a few images. Your `row_copies` makes (H, C, FW, N, WO) of (H, C, N, W), and the
# FH lines that meet one line of the output follow each other in memory: X_col of that
# line, for several images at once, is a view. So nothing is copied FH times and nothing
# is added FH times. What it costs is one more journey of the output, to put the axes back.
# With few filters, as in LeNet, that is cheap.
#
# `conv_forward_lines` also puts the *images last*, (H, C, W, N): a shifted copy of a short
# row is then one long piece, WO pixels of all images. `conv_forward_winograd_lines` is F(4, 3)
# down the image only: along the width it takes row copies. Six products replace twelve, so half of the multiplications are left, not a
# quarter. But the transforms work on whole lines, and no tile is gathered or placed. The table
# of section 6 shows when that is the better bargain.


# %% tags=["nbval-check-output"]
def met_lines(rows, FH, stride=1):
    """What the filters meet in each output line, as a view of row copies, row first.

    rows: (H, C, FW, N, WO), or (H, C, FW, WO, N) as line_copies makes them.

    Returns (HO, FH*C*FW, N*WO). Neighbours overlap: only to be read.
    """
    H, C, FW, N, WO = rows.shape
    shape = (H - FH) // stride + 1, FH * C * FW, N * WO
    steps = stride * rows.strides[0], rows.strides[2], rows.itemsize
    return np.lib.stride_tricks.as_strided(rows, shape, steps)


def line_copies(strip, FW):
    """Row copies of a strip at stride 1, row first and image last: (H, C, FW, WO, N)."""
    N, C, H, W = strip.shape
    lines, WO = strip.transpose(2, 1, 3, 0).copy(), W - FW + 1
    rows = np.empty((H, C, FW, WO, N), strip.dtype)
    for fw in range(FW):
        rows[:, :, fw] = lines[:, :, fw : fw + WO]
    return rows


def conv_forward_lines(x, w, b, padding=0):
    """Forward pass at stride 1: one product for each output line of a few images."""
    N, C, H, W = x.shape
    K, depth, FH, FW = w.shape
    if depth != C:
        raise ValueError(f"x has {C} channels and the filters have {depth}")
    HO, WO = output_size(H, FH, 1, padding), output_size(W, FW, 1, padding)
    filters = w.transpose(0, 2, 1, 3).reshape(K, FH * C * FW)
    out = np.empty((N, K, HO, WO), x.dtype)
    size = max(C * FW, K) * WO * x.itemsize
    limit = min(2**19, max(2**16, (x.nbytes + out.nbytes) // 2))
    for n, end, top, bottom in cache_blocks(N, HO, size, limit):
        strip = padded_strip(x[n:end], padding, top, bottom + FH - 1)
        met = met_lines(line_copies(strip, FW), FH)
        lines = np.empty((K, bottom - top, WO * (end - n)), x.dtype)
        np.matmul(filters, met, out=lines.transpose(1, 0, 2))
        lines += b.reshape(K, 1, 1)
        lines = lines.reshape(K, bottom - top, WO, end - n)
        out[n:end, :, top:bottom] = lines.transpose(3, 0, 1, 2)
        del met, lines  # or they would still be there while the next block is made
    return out


def conv_forward_winograd_lines(x, w, b, padding=0):
    """Forward pass of 3x3 filters at stride 1: F(4, 3) down the image, row copies along."""
    N, C, H, W = x.shape
    K, depth = w.shape[:2]
    if depth != C:
        raise ValueError(f"x has {C} channels and the filters have {depth}")
    HO, WO = output_size(H, 3, 1, padding), output_size(W, 3, 1, padding)
    TH, wide = -(-HO // 4), W + 2 * padding
    B_T, G, A_T = (matrix.astype(x.dtype) for matrix in winograd_matrices())
    filters = G @ w.transpose(2, 0, 1, 3).reshape(3, K * C * 3)
    filters = filters.reshape(6, K, C * 3)
    out = np.empty((N, K, HO, WO), x.dtype)
    size = 6 * max(3 * C, K) * WO * x.itemsize
    limit = min(3 * 2**19, max(2**16, (x.nbytes + out.nbytes) // 4))
    for n, end, top, bottom in cache_blocks(N, TH, size, limit):
        high, images = 4 * (bottom - top) + 2, end - n
        lines = np.zeros((high, C, 1, images, wide), x.dtype)
        strip = padded_strip(x[n:end], padding, 4 * top, 4 * top + high)
        lines[: strip.shape[2], :, 0] = strip.transpose(2, 1, 0, 3)
        points = B_T @ met_lines(lines, 6, 4).reshape(-1, 6, C * images * wide)
        rows = row_copies(points.reshape(-1, C, images, wide), 3)
        products = filters @ rows.reshape(-1, 6, C * 3, images * WO)
        four = A_T @ products.reshape(-1, 6, K * images * WO)
        four = four.reshape(-1, K, images, WO).transpose(2, 1, 0, 3)
        place = out[n:end, :, 4 * top : 4 * bottom]
        np.add(four[:, :, : place.shape[2]], b.reshape(K, 1, 1), out=place)
    return out


rows = row_copies(np.arange(12.0).reshape(1, 1, 3, 4).transpose(2, 1, 0, 3), 2)
print("a 2x2 filter on 3x4 pixels, the two lines of its output:")
print(met_lines(rows, 2).astype(int))

# %% [markdown]
# ## 6. Choose by shape
#
# No method is best for all layers. The same layer with more and more channels, C in and C out:

# %% tags=["demo"]
methods = {
    "blocks": lambda x, w, b: conv_forward_blocks(x, w, b, 1, 1),
    "rows": lambda x, w, b: conv_forward_rows(x, w, b, 1, 1),
    "lines": lambda x, w, b: conv_forward_lines(x, w, b, 1),
    "winograd lines": lambda x, w, b: conv_forward_winograd_lines(x, w, b, 1),
    "winograd": lambda x, w, b: conv_forward_winograd(x, w, b, 1),
}
by_depth = {}
for C in (3, 16, 32, 64, 128):
    arrays = layer_arrays(N=8, C=C, H=32, W=32, K=C, F=3)
    by_depth[C] = {
        name: seconds(run, *arrays, repeat=5) for name, run in methods.items()
    }
fastest = {C: min(times, key=times.get) for C, times in by_depth.items()}

# %% tags=["demo"]
predict(
    "3x3 filters, 8 images of 32x32. Which method is the fastest with only 3 channels?",
    fastest[3],
    list(methods),
    because=f"and {fastest[128]} with 128; on this computer, this time",
)

# %% tags=["demo"]
print("milliseconds   ", "".join(f"C = {C:<8}" for C in by_depth))
for name in methods:
    row = (
        f"{1e3 * times[name]:.2f}{' *' if fastest[C] == name else ''}"
        for C, times in by_depth.items()
    )
    print(f"{name:16}", "".join(f"{time:12}" for time in row))

# %% [markdown]
# (The star is the fastest of its column.) Winograd's transforms cost something for each of
# the C channels that come in and the K that go out, the product something for each *pair*: so
# with few channels the transforms cost more than they save, and with many they pay. Row copies
# image by image need many channels, too. With few, lines of several images save (F - 1)·F·C
# copies for each place and cost a journey of K numbers: where the first is more, take lines.
# Everything else goes in blocks. The limits in the task below were chosen over layers of many
# sizes; for this one, on your computer, they may lie a little elsewhere.
#
# ### Task: `choose`


# %% task="choose"
def choose(x_shape, w_shape, stride=1, padding=0):
    """The method for a layer, by its shapes (N, C, H, W) and (K, C, FH, FW).

    Returns the first that applies:
    "1x1"       filters of 1x1, stride 1, padding 0
    "winograd"  filters of 3x3, stride 1, padding at most 2, and both C and K at least 64
    "winograd lines"  the same, and both C and K at least 16
    "rows"      square filters, stride 1, padding less than F, both C and K at least 16
    "lines"     square filters, stride 1, padding less than F, (F - 1)*F*C more than K
    "blocks"    everything else
    """
    ### BEGIN SOLUTION hint: A few lines, in the order of the list.
    K, C, FH, FW = w_shape
    if FH == FW == stride == 1 and padding == 0:
        return "1x1"
    if stride > 1 or FH != FW or padding >= FH:
        return "blocks"
    if min(C, K) < 16:
        return "lines" if (FH - 1) * FW * C > K else "blocks"
    if FH != 3:
        return "rows"
    return "winograd" if min(C, K) >= 64 else "winograd lines"
    ### END SOLUTION


# %% check="choose_bonus"
check(choose)
assert choose((1, 3, 8, 8), (17, 3, 3, 3)) == "lines"  # 2*3*3 = 18 is more than 17

# %% [markdown]
# ### Task: `conv_forward`
#
# Call the method that `choose` names. The cache keeps x and w themselves, not X_col:
# `conv_backward` makes its columns again, block by block. Copying is cheaper than keeping.
# The check measures memory for layers of all kinds: your `conv_forward_winograd` must work
# in blocks by now.


# %% task="conv_forward"
def conv_forward(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer of any shape.

    x is a batch (N, C, H, W), w are K filters (K, C, FH, FW), b their biases (K,), all
    float32 or all float64. None of them is changed. stride and padding are pixels.

    Returns (out, cache). out is (N, K, HO, WO) in the dtype of x, equal to that of
    lesson 04 up to rounding; in float32 up to 1e-4 times its largest number, for random
    x and w with mean 0. Beyond x, w and b it holds, out and cache included, less than
    twice x, w, b and out together, and 1 MB, where a row of places needs less than 1 MB
    of X_col; where choose says "rows", which copies whole images, for 16 images or more.
    Raises ValueError, naming the values, when the filters do not fit along an axis, or
    when x and w differ in their number of channels.
    """
    ### BEGIN SOLUTION hint: Ask choose, call that method, keep (x, w, stride, padding).
    method = choose(x.shape, w.shape, stride, padding)
    if method == "1x1":
        out = conv_forward_1x1(x, w, b)
    elif method == "winograd":
        out = conv_forward_winograd(x, w, b, padding)
    elif method == "rows":
        out = conv_forward_rows(x, w, b, stride, padding)
    elif method == "winograd lines":
        out = conv_forward_winograd_lines(x, w, b, padding)
    elif method == "lines":
        out = conv_forward_lines(x, w, b, padding)
    else:
        out = conv_forward_blocks(x, w, b, stride, padding)
    return out, (x, w, stride, padding)
    ### END SOLUTION


# %% check="conv_forward_bonus"
check(conv_forward, module="fast")

# %% [markdown]
# ## 7. The way back
#
# `dw` and `db` are products with the columns, block by block; the row of ones pays off
# again: `dout @ cols_T`, summed over all blocks, is dw in its first columns and db in the
# last.
#
# For `dx` there are two ways, and you know both.
#
# - **Stride 1:** lesson 03 showed that dx is a convolution of dout with the turned filters.
#   So the fast forward pass is the fast backward pass: filters turned by 180 degrees,
#   channels and filters exchanged, padding F - 1 - P. Winograd helps here, too.
# - **Otherwise:** `W_row.T @ dout` and `col2im` (lesson 04), block by block. Strips of one
#   image overlap in dx, so they are added.
#
# Two functions are given. Each takes a forward pass of section 5 and turns it round, step by
# step from the last to the first, every matrix transposed:
#
# - `winograd_dw`: dout goes to the 36 points with A, the products with the tiles of x are summed
#   there, and G_T brings the sums back to 3x3. A quarter of the multiplications again.
# - `conv_backward_lines`: what `met_lines` shows FH times and what was copied FW times is added
#   up, in two short loops. This makes dx without the zeros that turned filters meet in a padding
#   of F - 1 - P: on LeNet's 10x10 outputs those are half of all multiplications.


# %% tags=["nbval-check-output"]
def winograd_dw(x, dout, padding=0):
    """dw of 3x3 filters at stride 1, by F(4, 3) both ways."""
    (N, C), (K, HO, WO) = x.shape[:2], dout.shape[1:]
    TH, TW = -(-HO // 4), -(-WO // 4)
    B_T, G, A_T = (matrix.astype(x.dtype) for matrix in winograd_matrices())
    points_dw = np.zeros((36, K, C), x.dtype)
    size = 36 * max(C, K) * tile_columns(TW) * x.itemsize
    limit = min(2**20, max(2**16, (x.nbytes + dout.nbytes) // 4))
    for n, end, top, bottom in cache_blocks(N, TH, size, limit):
        T = (end - n) * (bottom - top) * tile_columns(TW)
        one, two, between = np.empty((3, 36 * max(C, K) * T), x.dtype)
        pixels = gather_tiles(x[n:end], padding, TW, top, bottom, one)
        points = both_sides(B_T, pixels, between, one).reshape(36, C, T)
        errors = gather_tiles(dout[n:end], 0, TW, top, bottom, two, side=4)
        errors = both_sides(A_T.T, errors, between, two).reshape(36, K, T)
        for k in range(0, K, 64):  # 36 tables of K x C at once would be a lot of memory
            some = slice(k, k + 64)
            points_dw[:, some] += errors[:, some] @ points.transpose(0, 2, 1)
    dw = np.kron(G, G).T @ points_dw.reshape(36, K * C)
    return dw.T.reshape(K, C, 3, 3)


def conv_backward_lines(dout, x, w, padding=0):
    """dx and dw of conv_forward_lines: its steps, each turned round."""
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    filters_T = w.transpose(2, 1, 3, 0).reshape(FH * C * FW, K)
    dw = np.zeros((K, FH * C * FW), x.dtype)
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), x.dtype)
    size = FH * C * FW * WO * x.itemsize
    limit = min(2**20, max(2**16, x.nbytes + dout.nbytes))
    for n, end, top, bottom in cache_blocks(N, HO, size, limit):
        high, images = bottom - top, end - n
        strip = padded_strip(x[n:end], padding, top, bottom + FH - 1)
        rows = line_copies(strip, FW)
        errors = dout[n:end, :, top:bottom].transpose(2, 1, 3, 0)
        errors = errors.reshape(high, K, WO * images)
        dw += (errors @ met_lines(rows, FH).transpose(0, 2, 1)).sum(axis=0)
        met = (filters_T @ errors).reshape(high, FH, C, FW, WO, images)
        rows[...] = 0
        for fh in range(FH):  # what met_lines shows FH times adds up ...
            rows[fh : fh + high] += met[:, fh]
        lines = np.zeros((len(rows), C, strip.shape[3], images), x.dtype)
        for fw in range(FW):  # ... and so does what line_copies copied
            lines[:, :, fw : fw + WO] += rows[:, :, fw]
        wide[n:end, :, top : bottom + FH - 1] += lines.transpose(3, 1, 0, 2)
        del rows, met
    dx = wide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw.reshape(K, FH, C, FW).transpose(0, 2, 1, 3)


x, dout = np.arange(30.0).reshape(1, 1, 5, 6), np.ones((1, 1, 3, 4))
print("dw of a ramp, where every error is 1:")
print(winograd_dw(x, dout)[0, 0].round(6))
print(conv_backward_lines(dout, x, np.ones((1, 1, 3, 3)))[1][0, 0])

# %% [markdown]
# ### Task: `conv_backward`


# %% task="conv_backward"
def conv_backward(dout, cache):
    """Backward pass of conv_forward: the gradients of sum(out * dout).

    dout is (N, K, HO, WO), one number for every number of out. cache is what conv_forward
    returned beside out. Neither is changed.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b; in float32 up to
    1e-4 times the largest number of each, for random arrays with mean 0.
    """
    ### BEGIN SOLUTION hint: dw and db in blocks; dx by conv_forward or by col2im.
    x, w, stride, padding = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO, WO = dout.shape[2:]
    method = choose(x.shape, w.shape, stride, padding)
    errors = dout.reshape(N, K, HO * WO)
    db = errors.sum(axis=(0, 2))
    if method == "lines":
        return *conv_backward_lines(dout, x, w, padding), db
    if method == "1x1":
        dw = (errors @ x.reshape(N, C, H * W).transpose(0, 2, 1)).sum(axis=0)
    elif method in ("winograd", "winograd lines"):
        dw = winograd_dw(x, dout, padding)
    else:
        both = np.zeros((K, C * FH * FW + 1), x.dtype)
        size = both.shape[1] * WO * x.itemsize
        limit = min(2**20, max(2**16, (x.nbytes + dout.nbytes) // 2))
        for n, end, top, bottom in cache_blocks(N, HO, size, limit):
            rows = top * stride, (bottom - 1) * stride + FH
            cols = strip_columns(padded_strip(x[n:end], padding, *rows), FH, FW, stride)
            part = errors[n:end, :, top * WO : bottom * WO]
            both += (part @ cols.transpose(0, 2, 1)).sum(axis=0)
        dw, db = both[:, :-1], both[:, -1].copy()
    if method != "blocks":
        turned = np.ascontiguousarray(w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3))
        no_bias = np.zeros(C, x.dtype)
        dx = conv_forward(dout, turned, no_bias, 1, FH - 1 - padding)[0]
        return dx, dw.reshape(w.shape), db
    wide = np.zeros((N, C, H + 2 * padding, W + 2 * padding), x.dtype)
    w_col = w.reshape(K, C * FH * FW).T
    for n, end, top, bottom in cache_blocks(N, HO, size, limit):
        dcols = w_col @ errors[n:end, :, top * WO : bottom * WO]
        strip = wide[n:end, :, top * stride : (bottom - 1) * stride + FH]
        strip += col2im(dcols, strip.shape, FH, FW, stride)
    dx = wide[:, :, padding : padding + H, padding : padding + W]
    return dx, dw.reshape(w.shape), db
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Write it first with lesson 04's two products and one col2im for the whole batch, but with
# `strip_columns(padded_strip(x, padding), FH, FW, stride)` made on the spot. Pass the check.
# Then cut into blocks. Then take the turned filters for the methods that have stride 1:
# `w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)` with biases of zero.
#
# </details>


# %% check="conv_backward_bonus"
check(conv_backward, conv_forward, module="fast")

# %% [markdown]
# ## 8. What bounds a layer?
#
# Two walls limit every program: the multiplications that the processor can do in
# a second, and the bytes that come from memory in a second. Which one a layer hits first
# depends on how many operations it does **for each byte** of x, w and out: its
# *arithmetic intensity*. A multiplication and an addition count as two operations. The
# *roofline* (Williams, Waterman and Patterson, 2009) draws both walls:
#
# $$\text{operations per second} \;\le\; \min\big(\text{peak},\;
# \text{operations per byte} \cdot \text{bytes per second}\big)$$
#
# Where the two walls meet is the *ridge point*: to its left memory bounds a layer, to its right
# arithmetic.
#
# The next cells measure both walls, with a large product and a large copy, and put five layers
# below them.

# %% tags=["demo"]
LAYERS = {  # N, C, H, W, K, F, padding; all with stride 1
    "LeNet 1": (64, 1, 32, 32, 6, 5, 0),
    "CIFAR 1": (64, 3, 32, 32, 32, 3, 1),
    "CIFAR 3": (32, 64, 16, 16, 64, 3, 1),
    "256 channels": (1, 256, 28, 28, 256, 3, 1),
    "ResNet 1x1": (2, 256, 56, 56, 64, 1, 0),
}


def operations_per_byte(N, C, H, W, K, F, P):
    """2·C·F·F for each output, over the bytes of x, w and out in float32."""
    outputs = N * K * output_size(H, F, 1, P) * output_size(W, F, 1, P)
    return 2 * C * F * F * outputs / (4 * (N * C * H * W + K * C * F * F + outputs))


fewest = min(LAYERS, key=lambda name: operations_per_byte(*LAYERS[name]))

# %% tags=["demo"]
predict(
    "LeNet 1: 6 filters of 5x5 on 1 channel. CIFAR 3: 64 of 3x3 on 64. ResNet 1x1: 64 of "
    "1x1 on 256. Which of the three does the fewest operations for each byte?",
    fewest,
    ["LeNet 1", "CIFAR 3", "ResNet 1x1"],
    because=f"{operations_per_byte(*LAYERS[fewest]):.0f}: with 6 filters, what is read is "
    "soon used up",
)
predict(
    "Which of these can be *above* the roof?",
    "a 3x3 layer by Winograd",
    ["the 1x1 layer, which copies nothing", "a 3x3 layer by Winograd", "none"],
    because="its operations are counted as the plain method would do them, and it does a "
    "quarter of the multiplications",
)

# %% tags=["demo"]
square = np.ones((1024, 1024), np.float32)
peak_speed = 2 * 1024**3 / seconds(np.matmul, square, square)
source, target = np.ones(2**24, np.float32), np.ones(2**24, np.float32)
bandwidth = 2 * source.nbytes / seconds(np.copyto, target, source)
del source, target
measured = {}
for name, (N, C, H, W, K, F, P) in LAYERS.items():
    x, w, b = layer_arrays(N, C, H, W, K, F)
    took = seconds(conv_forward, x, w, b, 1, P, repeat=15)
    out = conv_forward(x, w, b, 1, P)[0]
    per_byte = operations_per_byte(N, C, H, W, K, F, P)
    speed = 2 * C * F * F * out.size / took
    measured[f"{name} ({choose(x.shape, w.shape, 1, P)})"] = per_byte, speed
    # Once more between the layers: other programs run on this computer, too.
    again = 2 * 1024**3 / seconds(np.matmul, square, square, repeat=3)
    peak_speed = max(peak_speed, again)
print(f"product {peak_speed / 1e9:.0f} Gflop/s, copy {bandwidth / 1e9:.0f} GB/s")
for name, (per_byte, speed) in measured.items():
    share = speed / min(peak_speed, per_byte * bandwidth)
    print(f"{name:23s} {per_byte:6.1f} operations/byte, {share:4.0%} of the roof")
plot.roofline(measured, peak_speed, bandwidth)
plot.show()

# %% [markdown]
# Take layers of your own choice. Each one runs with your `conv_forward` and is timed on the
# spot; the last six stay in the picture.

# %% tags=["demo"]
from course.kit import explore

explore.rooflines(conv_forward, peak_speed, bandwidth)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# LeNet's first layer and CIFAR 1 have the fewest operations per byte, ten to twelve. If even
# they are to the right of the ridge point, arithmetic alone would bound all five layers on your
# computer. The 1x1 layer comes close to the roof, since it copies nothing. The 3x3 layers by
# Winograd can be near the roof and above it: they are credited with the
# operations of the plain method and do a quarter of the multiplications. (On a busy computer the
# walls are measured too low, and any layer may seem to be above them.)
# LeNet's layer is far below both walls. What holds it back are small things: a product with only
# 6 rows, copies of rows of 28 pixels, and the microseconds of each call from Python.
#
# </details>

# %% [markdown]
# ### Against lesson 04
#
# The same five layers, before and after. If PyTorch is installed, its time appears beside
# them, with one thread; nothing here needs it.

# %% tags=["demo"]
from importlib.util import find_spec

torch = None
if find_spec("torch"):
    import torch

    torch.set_num_threads(1)
for name, (N, C, H, W, K, F, P) in LAYERS.items():
    x, w, b = layer_arrays(N, C, H, W, K, F)
    before = seconds(conv_forward_im2col, x, w, b, 1, P)
    now = seconds(conv_forward, x, w, b, 1, P)
    line = f"{name:13s} im2col {before * 1e3:7.2f} ms   fast {now * 1e3:7.2f} ms"
    line += f"   {before / now:4.1f} times as fast"
    if torch:
        with torch.no_grad():
            arrays = [torch.from_numpy(array) for array in (x, w, b)]
            took = seconds(torch.nn.functional.conv2d, *arrays, 1, P)
        line += f"   PyTorch {took * 1e3:7.2f} ms"
    print(line)

# %% [markdown]
# ### Question
#
# Take two of the five layers: one where `conv_forward` gains most against im2col and one
# where it gains least. For each, say what bounds it now, with a number from the roofline
# cell or from section 1 or 3, and why the method `choose` takes helps that layer a lot
# or little. Three to six sentences.

# %% [markdown] question="faster_bonus" points=1
# ### BEGIN SOLUTION
# **Model answer.** (Numbers depend on the machine.) The 3x3 layer on 256 channels gains
# much: it has more than 100 operations per byte, so arithmetic bounds it, and Winograd does
# 36 multiplications where im2col does 144; the transforms cost C + K, the product C·K, so they
# hardly count with 256 channels. LeNet's first layer gains little: it has
# about 10 operations per byte and reaches a quarter of the product's peak. Its products
# have only 6 rows, and short rows are copied; neither row copies nor blocks change the number of
# multiplications, they only keep X_col in the cache.
#
# **Mark scheme (1 point).**
# - 0.5: two layers, each with a measured number and the right bound (arithmetic, memory, or
#   the small costs per call and per row).
# - 0.5: the reason fits the method: fewer multiplications, fewer copies, cache, or none.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains</summary>
#
# - Two layers, and for each a number that you measured and what bounds it: arithmetic, memory, or
#   the small costs of each call and each row.
# - For each a reason that fits the method which `choose` takes: fewer multiplications, fewer
#   copies, staying in the cache, or none of these.
#
# </details>

# %% [markdown]
# ## 9. Build the module
#
# | you built | what it leaves out |
# |---|---|
# | `row_copies`, `conv_forward_rows` | FH - 1 of FH copies |
# | `conv_forward_blocks` | journeys to the main memory |
# | `conv_forward_1x1` | all copies |
# | `winograd_filters`, `conv_forward_winograd` | three of four multiplications |
# | (given) `conv_forward_lines`, `conv_forward_winograd_lines` | FH - 1 of FH copies for several images; half of the multiplications |
# | `choose`, `conv_forward`, `conv_backward` | the choice: same arguments as lesson 04 |
#
# `conv_forward` and `conv_backward` can go wherever lesson 04's go. What they can do now:
# the photograph and the 13 convolutions of the beginning.

# %% tags=["demo"]
fast_volume, fast = vgg_convolutions(lambda *layer: conv_forward(*layer)[0])
difference = abs(fast_volume - slow_volume).max() / abs(slow_volume).max()
print(f"VGG-16's convolutions: lesson 04 {slow:.2f} s, yours {fast:.2f} s")
print(
    f"{slow / fast:.1f} times as fast, and the last volumes differ by {difference:.0e}"
)

# %% [markdown]
# And a training: three epochs of the network that lesson 06 taught the coloured shapes, with
# lesson 04's layers, then with yours in their place. Both learn the same, up to rounding.

# %% tags=["demo"]
from course import network
from course.im2col import conv_backward as conv_backward_im2col
from course.kit.data import colour_shapes

images = colour_shapes("train", 512)
both = {
    "lesson 04": (conv_forward_im2col, conv_backward_im2col),
    "yours": (conv_forward, conv_backward),
}
for name, layers in both.items():
    network.conv_forward, network.conv_backward = layers
    rng = np.random.default_rng(0)
    reader = network.small_convnet((3, 32, 32), 12, 10, size=5, rng=rng)
    options = {"epochs": 3, "rng": rng, "show": False}
    started = perf_counter()
    losses = network.train(reader, images.x, images.y, **options)["loss"]
    took = perf_counter() - started
    mean = np.mean(losses[:16])
    print(f"{name:9s} {took:.2f} s, mean loss of the first epoch {mean:.2f}")
network.conv_forward, network.conv_backward = both["lesson 04"]

# %% [markdown]
# The libraries go the same ways: im2col, blocks that fit a cache, Winograd, a choice by shape.
# They also go where numpy cannot, down to the processor's own instructions.
#
# And the course? You began with "how big is the output". Since then you have written a
# convolution in seven loops, its gradients, its matrix form, pooling, a network that learns to
# read, instruments to look into it, the bill of the famous networks, transfer, and now layers
# that are fast. It is all in the folder `course`, and you wrote it. The next cell writes
# `course/fast.py`, the last module.

# %%
from course.kit import build

build(
    "fast",
    padded_strip,
    cache_blocks,
    strip_columns,
    winograd_matrices,
    both_sides,
    tile_columns,
    gather_tiles,
    place_tiles,
    met_lines,
    line_copies,
    conv_forward_lines,
    conv_forward_winograd_lines,
    row_copies,
    conv_forward_rows,
    conv_forward_blocks,
    conv_forward_1x1,
    winograd_filters,
    conv_forward_winograd,
    winograd_dw,
    conv_backward_lines,
    choose,
    conv_forward,
    conv_backward,
)

# %% [markdown]
# ## Further reading
#
# - A. Lavin and S. Gray, [Fast Algorithms for Convolutional Neural
#   Networks](https://arxiv.org/abs/1509.09308), 2015: Winograd for 3x3 filters, the matrices of
#   this lesson, and their accuracy.
# - S. Chetlur and others, [cuDNN: Efficient Primitives for Deep
#   Learning](https://arxiv.org/abs/1410.0759), 2014: im2col on a graphics processor, in blocks that
#   are never all in memory at once.
# - M. Cho and D. Brand, [MEC: Memory-efficient Convolution for Deep Neural
#   Network](https://arxiv.org/abs/1706.06873), 2017: row copies, as in section 2.
# - K. Goto and R. van de Geijn, [Anatomy of High-Performance Matrix
#   Multiplication](https://doi.org/10.1145/1356052.1356053), 2008: what happens inside `@`, cache by
#   cache.
# - S. Williams, A. Waterman and D. Patterson, [Roofline: An Insightful Visual Performance
#   Model](https://doi.org/10.1145/1498765.1498785), 2009: the figure of section 8.
# - [CS231n: Convolutional Neural Networks](https://cs231n.github.io/convolutional-networks/),
#   "Implementation as Matrix Multiplication": where lesson 04, and so this one, began.
#
# This was the last lesson. After it comes [a bridge](../bridge/bridge.ipynb) to PyTorch and
# Keras, without points, with your layers and weights on both sides. The words of the course are in the
# [glossary](../../docs/glossary.md).
