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
# The layer of lesson 04 is one matrix product, and most of what it costs is no longer the
# product. It writes every pixel down FH·FW times, in a matrix that fits no cache. In this
# lesson you take that apart: you copy whole rows instead of windows, you work in blocks
# that fit the cache, you copy nothing at all for 1x1 filters, and for 3x3 filters you
# leave out three of four multiplications. Then you choose by shape, forward and backward,
# and run a race against a library that was written in assembler.
#
# All 16 points of this lesson are bonus points. The checks ask for right numbers and for
# little memory, never for speed: your computer may be as slow as it likes. Nor do they
# look at how you multiply: a `conv_forward_winograd` without Winograd passes, and is found
# out by the race at the end. The last cell makes `course.fast`. Plan about three hours.

# %% [markdown]
# ## Letters and promises
#
# All letters are those of lesson 04. The functions of this lesson take arrays of one dtype, float32 or float64,
# and return that dtype; no input is changed in place; an input may be a non-contiguous
# view; shapes that do not fit raise `ValueError` where the docstring says so. The forward functions of the single methods
# return `out` alone. Only the last two, `conv_forward` and `conv_backward`, have a cache.

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
# *Predict, then look.* A layer of 32 filters of 3x3 on 32 channels of 32x32, 16 images.
# Its multiplications take the product a certain time. How much longer does the whole layer
# of lesson 04 take: 1.1, 1.5 or 3 times as long?

# %% tags=["demo"]
from time import perf_counter

from course.im2col import conv_forward as conv_forward_im2col
from course.im2col import im2col
from course.kit.training import one_thread

one_thread()  # with several, the times depend on what else the computer does


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
print(f"x {x.nbytes / 1e6:.1f} MB, X_col {cols.nbytes / 1e6:.1f} MB")
print(f"product alone {product * 1e3:.2f} ms, whole layer {whole * 1e3:.2f} ms")
del cols

# %% [markdown]
# We measured 1.3 to 1.6 times the product's time. The rest is copying: X_col is nine times
# as large as x, larger than the caches of most processors, so it travels to the main
# memory and back.

# %% [markdown]
# ## 2. Copy rows, not windows
#
# Look at one row of pixels, `1 2 3 4`, and a filter two wide. Its two weights meet
#
# ```
# weight 0:   1 2 3
# weight 1:   2 3 4
# ```
#
# That is the row, copied FW times, each time shifted by one. A window higher than one row
# needs nothing new: what weight (fh, fw) meets is shifted copy fw of the rows from fh on.
# So copy every row FW times and not FH·FW times; for each fh, *one view* of these copies
# holds all that filter row fh meets:
#
# ```
# image      shifted copy 0    shifted copy 1
# 1 2 3 4       1 2 3             2 3 4
# 5 6 7 8       5 6 7             6 7 8
# 9 0 1 2       9 0 1             0 1 2
#
# filter row 0, two places down:   rows 0 and 1 of both copies
# filter row 1, two places down:   rows 1 and 2 of both copies
# ```
#
# A row of pixels lies in one piece in memory, so copying it is the fastest thing that a
# computer does. At stride S the copies take every S-th pixel of a row.
#
# *By hand:* a 3x3 window on a 32x32 image. Im2col writes every pixel about 9 times. How
# often do row copies write it?
#
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
# A processor has a few fast memories, the caches. A core's own cache (L2) holds about one
# megabyte and gives out numbers several times faster than the main memory. Whoever writes
# 9 MB, then reads them once, has every number pushed out before it is needed. Whoever
# writes 1 MB, uses it, and writes the *next* megabyte over it, stays in the cache.
#
# So cut the batch: a few images at a time, or, where one image is too much, a strip of its
# output rows. A strip of output rows `top` to `bottom` (excluded) needs the padded rows
# from `top * stride` to `(bottom - 1) * stride + FH`. Neighbouring strips share FH - S
# rows.
#
# Two functions do the bookkeeping and are given: the strip with its zeros, and the cut.
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

    Whole images while they fit, else strips of one image; at least one row.
    """
    fits = max(1, int(limit // max(1, bytes_per_row)))
    if fits >= rows:
        step = fits // max(1, rows)
        return [(n, min(n + step, images), 0, rows) for n in range(0, images, step)]
    step = -(-rows // -(-rows // fits))
    tops = range(0, rows, step)
    return [(n, n + 1, t, min(t + step, rows)) for n in range(images) for t in tops]


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
# *Predict, then look.* The layer of section 1 again, in blocks of different sizes. Which
# size is best: 16 kB, 1 MB or 64 MB?

# %% tags=["demo"]
x, w, b = layer_arrays(N=32, C=32, H=32, W=32, K=32, F=3)
w_row = np.concatenate([w.reshape(32, 288), b.reshape(32, 1)], axis=1)
for limit in (2**14, 2**17, 2**20, 2**23, 2**26):
    blocks = cache_blocks(32, 32, 289 * 32 * 4, limit)

    def in_blocks(blocks):
        for n, end, top, bottom in blocks:
            strip = padded_strip(x[n:end], 1, top, bottom + 2)
            w_row @ strip_columns(strip, 3, 3, 1)

    took = seconds(in_blocks, blocks, repeat=3)
    print(f"{limit / 2**20:7.3f} MB, {len(blocks):4d} blocks: {took * 1e3:6.2f} ms")
print(f"row copies: {seconds(conv_forward_rows, x, w, b, 1, 1, repeat=3) * 1e3:.2f} ms")

# %% [markdown]
# Very small blocks pay for Python: each costs some tens of microseconds, whatever it holds.
# Very large ones pay for the main memory. In between the curve is flat.

# %% [markdown]
# ## 4. 1x1 filters: copy nothing
#
# With 1x1 filters, stride 1 and no padding, X_col *is* x, reshaped. So no copy is needed,
# and no second array as large as the output either: `out += ...` adds the bias where the
# numbers are, while `out + ...` makes a new array.
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
# All so far multiplied as often as the seven loops. For 3x3 filters one can do with less.
# Begin in one dimension: four pixels d, three weights g, two results.
#
# ```
# y0 = d0*g0 + d1*g1 + d2*g2         six multiplications
# y1 = d1*g0 + d2*g1 + d3*g2
# ```
#
# Shmuel Winograd found how to do it with four (1980; for convolutional networks: Lavin and
# Gray, 2015, arXiv:1509.09308):
#
# ```
# m1 = (d0 - d2) * g0                   m2 = (d1 + d2) * (g0 + g1 + g2) / 2
# m4 = (d1 - d3) * g2                   m3 = (d2 - d1) * (g0 - g1 + g2) / 2
#
# y0 = m1 + m2 + m3                     y1 = m2 - m3 - m4
# ```
#
# *By hand:* d = 1 2 3 4, g = 1 2 1. Directly: 1 + 4 + 3 = 8 and 2 + 6 + 4 = 12. By
# Winograd m1 = -2·1 = -2, m2 = 5·4/2 = 10, m3 = 1·0/2 = 0, m4 = -2·1 = -2, so y0 = -2 +
# 10 + 0 = 8 and y1 = 10 - 0 + 2 = 12. The sums of weights are made once for all pixels.
# Sums of pixels are made once for all K filters. What counts are the multiplications in
# the middle, and there are four instead of six.
#
# As matrices: `y = A_T @ ((G @ g) * (B_T @ d))`. This is F(2, 3). With six pixels and four
# results, F(4, 3), six multiplications replace twelve. In two dimensions one applies the
# matrices from both sides, and the saving is squared:
#
# ```
# Y = A_T @ ( (G @ g @ G_T) * (B_T @ d @ B) ) @ A        d: 6x6 pixels,  Y: 4x4 results
# ```
#
# 36 multiplications replace 16·9 = 144. With channels, `*` becomes a sum over C: for each
# of the 36 points a matrix product `(K, C) @ (C, tiles)`. Four times fewer multiplications,
# and the product stays a product.
#
# The transforms are matrix products themselves. With d written as a column of 36 numbers,
# `B_T @ d @ B` is one 36x36 matrix times that column: `np.kron(B_T, B_T)`.


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
# (i, j) of the 6x6 result belongs into table 6·i + j.


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
# share two rows and columns. Gathering them is the part of Winograd's method where one
# loses easily what one has won. The functions below are given. They keep all loops long: they
# sort the rows by their number modulo 4 first, so that pixel (i, j) of all tiles of all images
# lies at a fixed step of 4 in memory. For that they accept one useless tile at the end of each line of tiles.


# %% tags=["nbval-check-output"]
def tile_columns(TW):
    """Tiles in one line of tiles: TW useful ones and one that nobody looks at."""
    return TW + 1


def gather_tiles(x, padding, TW, top, bottom, into):
    """The 6x6 pixels of all tiles in lines `top` to `bottom` of the batch: (36, C*T).

    T counts tiles in the order (line, image, column). `into` is memory to write to.
    """
    N, C, H, W = x.shape
    lines, wide = bottom - top, 4 * tile_columns(TW)
    # Row 4*t + p of the padded image stands at [:, p, t]; 8 spare numbers for the last.
    flat = np.zeros((C, 4, (lines + 1) * N * wide + 8), x.dtype)
    by_row = flat[:, :, :-8].reshape(C, 4, lines + 1, N, wide)
    for p in range(4):
        first = 4 * top + p - padding
        skipped = max(0, -(first // 4))  # rows above the image: they stay zero
        rows = x[:, :, first + 4 * skipped : min(H, 4 * (bottom + 1) - padding) : 4]
        place = slice(skipped, skipped + rows.shape[2])
        by_row[:, p, place, :, padding : padding + W] = rows.transpose(1, 2, 0, 3)
    T = lines * N * tile_columns(TW)
    tiles = into[: 36 * C * T].reshape(6, 6, C, T)
    for i, j in np.ndindex(6, 6):
        start = i // 4 * N * wide + j
        tiles[i, j] = flat[:, i % 4, start : start + 4 * T : 4]
    return tiles.reshape(36, C * T)


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
# For each block: gather, transform, 36 products, transform back, place. `np.kron(B_T, B_T)`
# transforms tiles (36, C·T), `np.kron(A_T, A_T)` brings the products (36, K·T) back to
# (16, K·T). An output of 7 rows takes two lines of tiles; `place_tiles` drops what is too much.
#
# Five arrays follow each other, but only two live at a time. So two pieces of memory do,
# in turns, for all blocks: the cache knows them already.


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
    filters = winograd_filters(w)
    HO, WO = output_size(H, 3, 1, padding), output_size(W, 3, 1, padding)
    TH, TW = -(-HO // 4), -(-WO // 4)
    B_T, _, A_T = (matrix.astype(x.dtype) for matrix in winograd_matrices())
    into_points, back = np.kron(B_T, B_T), np.kron(A_T, A_T)
    out = np.empty((N, K, HO, WO), x.dtype)
    size = 36 * max(C, K) * tile_columns(TW) * x.itemsize
    limit = min(2**21, max(2**16, (x.nbytes + out.nbytes) // 4))
    blocks = cache_blocks(N, TH, size, limit)
    most = max(
        ((end - n) * (bottom - top) for n, end, top, bottom in blocks), default=0
    )
    one, two = np.empty((2, most * size // x.itemsize), x.dtype)
    for n, end, top, bottom in blocks:
        T = (end - n) * (bottom - top) * tile_columns(TW)
        pixels = gather_tiles(x[n:end], padding, TW, top, bottom, one)
        points = two[: 36 * C * T].reshape(36, C * T)
        np.matmul(into_points, pixels, out=points)
        products = one[: 36 * K * T].reshape(36, K, T)
        np.matmul(filters, points.reshape(36, C, T), out=products)
        tiles = two[: 16 * K * T].reshape(16, K * T)
        np.matmul(back, products.reshape(36, K * T), out=tiles)
        place_tiles(tiles, b, out[n:end], top, bottom, one)
    return out
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Begin with a single block, (0, N, 0, TH), and with fresh arrays:
# `tiles = gather_tiles(x, padding, TW, 0, TH, np.empty(36 * C * T, x.dtype))` with T = N ·
# TH · (TW + 1). Then `points = np.kron(B_T, B_T) @ tiles`, reshape to (36, C, T),
# `winograd_filters(w) @ points`, reshape to (36, K·T), the way back, `place_tiles`. When
# the check is content, cut into blocks. The matrices are float64: turn them into the dtype
# of x, or everything becomes float64.
#
# </details>

# %% check="conv_forward_winograd_bonus"
check(conv_forward_winograd)

# %% [markdown]
# ### What it costs: digits
#
# The sums with 4, 5 and 8 in them cancel again, and rounding errors do not.
#
# *Predict, then look.* Float32 has about seven digits. How many of them are right after
# Winograd, on 256 channels?

# %% tags=["demo"]
print("channels   error / largest number of out:  im2col     Winograd")
for channels in (16, 64, 256):
    x, w, b = layer_arrays(N=1, C=channels, H=28, W=28, K=16, F=3, dtype=np.float64)
    exact = conv_forward_rows(x, w, b, 1, 1)
    x, w, b = (array.astype(np.float32) for array in (x, w, b))
    size = np.abs(exact).max()
    direct = np.abs(conv_forward_im2col(x, w, b, 1, 1)[0] - exact).max() / size
    winograd = np.abs(conv_forward_winograd(x, w, b, 1) - exact).max() / size
    print(f"{channels:8d} {direct:40.1e} {winograd:12.1e}")

# %% [markdown]
# Between five and six digits are left, one less than im2col has, or a little more. For training that is plenty: the gradients of
# a batch differ by far more from the true ones. F(6x6, 3x3) would save more
# multiplications and cost another digit or two; F(2x2, 3x3) costs almost none and saves 2.25 times.

# %% [markdown]
# ### Lines of all images
#
# Two more methods, both given. They put the *row number first*: line h of all channels of
# a few images, (H, C, N, W). Your `row_copies` then makes (H, C, FW, N, WO) of it, and the
# FH lines that meet one line of the output follow each other in memory: X_col of that
# line, for several images at once, is a view. So nothing is copied FH times and nothing
# is added FH times. What it costs is one more journey of the output, to put the axes back.
# With few filters, as in LeNet, that is cheap.
#
# `conv_forward_winograd_lines` is F(4, 3) down the image only: along the width it takes
# row copies. Six products replace twelve, so half of the multiplications are left, not a
# quarter. But the transforms work on whole lines, and no tile is gathered or placed.
# Between 16 and 64 channels that is the better bargain.


# %% tags=["nbval-check-output"]
def met_lines(rows, FH, stride=1):
    """What the filters meet in each output line, as a view of (H, C, FW, N, WO) row copies.

    Returns (HO, FH*C*FW, N*WO). Neighbours overlap: only to be read.
    """
    _, C, FW, N, WO = rows.shape
    line = C * FW * N * WO
    windows = np.lib.stride_tricks.sliding_window_view(rows.reshape(-1), FH * line)
    return windows[:: stride * line].reshape(-1, FH * C * FW, N * WO)


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
        rows = row_copies(strip.transpose(2, 1, 0, 3), FW)
        lines = (filters @ met_lines(rows, FH)).reshape(-1, K, end - n, WO)
        place = out[n:end, :, top:bottom]
        np.add(lines.transpose(2, 1, 0, 3), b.reshape(K, 1, 1), out=place)
        del rows, lines  # or they would still be there while the next block is made
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
    limit = min(2**20, max(2**16, (x.nbytes + out.nbytes) // 4))
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
# No method is the best for all layers. Winograd's transforms cost something for each of
# the C channels that come in and the K that go out, the product something for each *pair*:
# with 3 channels the transforms cost more than they save, with 30 those of F(4, 3) in one
# direction pay and those in two do not yet. Row copies image by image need many channels,
# too. With few, lines of several images save (F - 1)·F·C copies for each place and cost a
# journey of K numbers: where the first is more, take lines. Everything else goes in blocks.
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
# `dw` and `db` are products with the columns, block by block, and the row of ones pays
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
    if method == "1x1":
        dw = (errors @ x.reshape(N, C, H * W).transpose(0, 2, 1)).sum(axis=0)
        db = errors.sum(axis=(0, 2))
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
# Two walls stand in the way of every program: the multiplications that the processor can do in
# a second, and the bytes that come from memory in a second. Which one a layer hits first
# depends on how many operations it does **for each byte** of x, w and out. A multiplication
# and an addition count as two operations. The next cell measures both walls, with a large
# product and a large copy, and puts five layers between them.
#
# *Predict, then look.* The first layer of LeNet-5 (6 filters of 5x5 on one channel), a
# 3x3 layer on 64 channels, a 1x1 layer from 256 channels to 64: which has the fewest
# operations per byte? Which one can get above the roof, and how?

# %% tags=["demo"]
from course.kit import plot

LAYERS = {  # N, C, H, W, K, F, padding; all with stride 1
    "LeNet 1": (64, 1, 32, 32, 6, 5, 0),
    "CIFAR 1": (64, 3, 32, 32, 32, 3, 1),
    "CIFAR 3": (32, 64, 16, 16, 64, 3, 1),
    "256 channels": (1, 256, 28, 28, 256, 3, 1),
    "ResNet 1x1": (2, 256, 56, 56, 64, 1, 0),
}
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
    operations = 2 * C * F * F * out.size
    per_byte = operations / (x.nbytes + w.nbytes + out.nbytes)
    measured[f"{name} ({choose(x.shape, w.shape, 1, P)})"] = per_byte, operations / took
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
# <details><summary>What you should have seen</summary>
#
# LeNet's first layer and CIFAR 1 have the fewest operations per byte, ten to twelve. On
# most computers even that is to the right of the edge: arithmetic alone would bound all
# five layers. The 1x1 layer comes close to the roof, since it copies nothing. The 3x3 layers by
# Winograd can stand near the roof and above it: they are credited with the
# operations of the plain method and do a quarter of them. (On a busy computer the walls
# are measured too low, and any layer may seem to stand above them.)
# What keeps LeNet's layer low is neither wall but the small things: a product with 6 rows
# leaves most of the processor's registers empty, rows of 28 pixels are short copies, and each call
# from Python costs its microseconds.
#
# </details>

# %% [markdown]
# ### The race
#
# *Predict, then look.* On which of these layers does your code win against lesson 04 most
# clearly, and on which least? Where PyTorch is installed it runs along, with one thread.
# Its matrix products may use instructions that your numpy's library does not know on your
# processor: `python benchmarks/layers.py` says which. If your Winograd takes all tiles at
# once and not a block of them, it can lose even against lesson 04.

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
    if torch:
        with torch.no_grad():
            arrays = [torch.from_numpy(array) for array in (x, w, b)]
            took = seconds(torch.nn.functional.conv2d, *arrays, 1, P)
        line += f"   PyTorch {took * 1e3:7.2f} ms"
    print(line)

# %% [markdown]
# ### Question
#
# Take two layers of the race: one where `conv_forward` gains most against im2col and one
# where it gains least. For each, say what bounds it now, with a number from the roofline
# cell or from section 1 or 3, and why the method that `choose` takes helps that layer much
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
# `conv_forward` and `conv_backward` can stand wherever lesson 04's stand. The next cell
# writes `course/fast.py`, the last module of the course.

# %%
from course.kit import build

build(
    "fast",
    padded_strip,
    cache_blocks,
    strip_columns,
    winograd_matrices,
    tile_columns,
    gather_tiles,
    place_tiles,
    met_lines,
    conv_forward_lines,
    conv_forward_winograd_lines,
    row_copies,
    conv_forward_rows,
    conv_forward_blocks,
    conv_forward_1x1,
    winograd_filters,
    conv_forward_winograd,
    choose,
    conv_forward,
    conv_backward,
)
