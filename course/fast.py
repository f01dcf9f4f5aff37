# Built by lesson 11_faster with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 11_faster builds."""

import numpy as np

from course.convolution import zero_pad
from course.geometry import output_size
from course.im2col import col2im


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


def row_copies(x, filter_width, stride=1):
    """Every row of pixels as the FW weights of a filter row meet it.

    x is a batch (N, C, H, W) and is not changed; where padding is wanted it is already
    there. filter_width (FW) and stride are pixels.

    Returns (N, C, FW, H, WO) in the dtype of x: number [n, c, fw, h, wo] is the pixel
    x[n, c, h, wo * stride + fw].
    Raises ValueError, naming the values, when the filter does not fit along the width
    (`output_size` does that).
    """
    N, C, H, W = x.shape
    WO = output_size(W, filter_width, stride)
    rows = np.empty((N, C, filter_width, H, WO), x.dtype)
    for fw in range(filter_width):
        rows[:, :, fw] = x[:, :, :, fw : fw + stride * WO : stride]
    return rows


def conv_forward_rows(x, w, b, stride=1, padding=0):
    """Forward pass of a convolutional layer.

    x is a batch (N, C, H, W), w are K filters (K, C, FH, FW), b their biases (K,), all
    float32 or all float64. None of them is changed. stride and padding are pixels.

    Returns out (N, K, HO, WO) in the dtype of x, equal to that of conv_forward of
    lesson 04 up to rounding.
    Raises ValueError, naming the values, when the filters do not fit along an axis, or
    when x and w differ in their number of channels.
    """
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


def conv_forward_1x1(x, w, b):
    """Forward pass of a convolutional layer with 1x1 filters, stride 1, no padding.

    x is a batch (N, C, H, W), w are K filters (K, C, 1, 1), b their biases (K,), all
    float32 or all float64. None of them is changed.

    Returns out (N, K, H, W) in the dtype of x. Where x is contiguous it holds no array
    beside out that has more numbers than one image of x or out.
    Raises ValueError, naming the values, when x and w differ in their number of channels
    or the filters are not 1x1.
    """
    N, C, H, W = x.shape
    if w.shape[1:] != (C, 1, 1):
        raise ValueError(f"filters {w.shape[1:]} cannot be 1x1 filters on {C} channels")
    out = w.reshape(len(w), C) @ x.reshape(N, C, H * W)
    out += b.reshape(len(w), 1)
    return out.reshape(N, len(w), H, W)


def winograd_filters(w):
    """The filters of a 3x3 layer as Winograd's F(4x4, 3x3) needs them: G @ w[k, c] @ G.T.

    w is (K, C, 3, 3), float32 or float64, and is not changed. G is (6, 3), the second of
    winograd_matrices().

    Returns (36, K, C) in the dtype of w: [6*i + j, k, c] is entry (i, j) for w[k, c].
    Raises ValueError, naming the shape, when the filters are not 3x3.
    """
    K, C, FH, FW = w.shape
    if (FH, FW) != (3, 3):
        raise ValueError(f"the filters are {FH}x{FW}; Winograd's F(4x4, 3x3) needs 3x3")
    G = winograd_matrices()[1].astype(w.dtype)
    return (np.kron(G, G) @ w.reshape(K * C, 9).T).reshape(36, K, C)


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


def conv_backward(dout, cache):
    """Backward pass of conv_forward: the gradients of sum(out * dout).

    dout is (N, K, HO, WO), one number for every number of out. cache is what conv_forward
    returned beside out. Neither is changed.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b; in float32 up to
    1e-4 times the largest number of each, for random arrays with mean 0.
    """
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
