"""Fractional max pooling: random windows, which images of row numbers give away."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking import judge

POINTS = 1


def cases(t, fractional_max_pool_forward):
    def pool(x, *places):
        rng = t.call(np.random.default_rng, 0)
        return fractional_max_pool_forward(x, *places, rng)

    x = t.distinct(2, 3, 6, 8)
    half = x.reshape(2, 3, 3, 2, 4, 2).max(axis=(3, 5))
    t.case("half as large: 2x2 pooling", pool(x, 3, 4)[0], half)
    t.case("as large as the image: the image", pool(x, 6, 8)[0], x)
    t.case("float32", pool(np.float32(x), 3, 4)[0], np.float32(half))
    t.case("not contiguous", pool(t.strided(x), 3, 4)[0], half)
    t.case(
        "5 rows of 6, 7 columns of 8: the shape", pool(x, 5, 7)[0].shape, (2, 3, 5, 7)
    )
    t.refuses("8 rows out of 7", pool(np.ones((1, 1, 7, 11)), 8, 11), names=(8, 7))
    t.refuses(
        "12 columns out of 11", pool(np.ones((1, 1, 7, 11)), 7, 12), names=(12, 11)
    )
    t.refuses(
        "a side of 3 for 7 rows", pool(np.ones((1, 1, 7, 11)), 3, 11), names=(3, 7)
    )
    t.refuses("a side of 3, columns", pool(np.ones((1, 1, 7, 11)), 7, 5), names=(5, 11))

    @t.test("the same seed, the same windows")
    def _(fractional_max_pool_forward):
        twice = [
            [orders(fractional_max_pool_forward, n) for n in range(9)] for _ in "ab"
        ]
        judge.equal(
            "two generators with the same seed give the same orders",
            twice[0] == twice[1],
            True,
            mistakes={"another source of chance than rng is used": False},
        )

    @t.test("windows of 1 or 2 tile 7 rows and 11 columns")
    def _(fractional_max_pool_forward):
        for seed in range(3):
            tiled(fractional_max_pool_forward, (7, 11), (5, 8), seed)

    @t.test("the same windows for other numbers, images and channels")
    def _(fractional_max_pool_forward):
        for seed in range(3):
            maxima(fractional_max_pool_forward, (7, 11), (5, 8), seed)

    @t.test("the order is drawn, for the rows and for the columns")
    def _(fractional_max_pool_forward):
        drawn = [orders(fractional_max_pool_forward, seed) for seed in range(20)]
        judge.equal(
            "20 seeds give different orders of the rows",
            len({str(rows) for rows, _ in drawn}) > 1,
            True,
            mistakes={"the order of the sides is not drawn from rng": False},
        )
        judge.equal(
            "rows and columns have orders of their own",
            any(rows != columns for rows, columns in drawn),
            True,
            mistakes={"rows and columns get the same order": False},
        )


def hidden(t, fractional_max_pool_forward):
    for size, places in [((1, 2), (1, 1)), ((6, 10), (3, 9)), ((33, 25), (20, 13))]:

        @t.test(f"{size} to {places}")
        def _(fractional_max_pool_forward, size=size, places=places):
            tiled(fractional_max_pool_forward, size, places, 7)
            maxima(fractional_max_pool_forward, size, places, 7)

    rng = t.call(np.random.default_rng, 0)
    x = np.ones((1, 1, 3, 4))
    t.refuses("1 row out of 3", fractional_max_pool_forward(x, 1, 4, rng))


def windows(pool, size, places, seed):
    """First rows, last rows, first and last columns of the windows, from what comes out."""
    row, column = np.indices(size).astype(float)
    x = np.stack([-row, row, -column, column])[np.newaxis]
    out = pool(x, *places, np.random.default_rng(seed))[0]
    judge.equal("the shape of out", out.shape, (1, 4, *places))
    return -out[0, 0, :, 0], out[0, 1, :, 0], -out[0, 2, 0], out[0, 3, 0]


def tiled(pool, size, places, seed):
    """Every window begins where the last one ended, with sides of 1 or 2."""
    tops, bottoms, lefts, rights = windows(pool, size, places, seed)
    for name, length, first, last in [
        ("row", size[0], tops, bottoms),
        ("column", size[1], lefts, rights),
    ]:
        overlapping = [0.0, *np.minimum(first + 1, length - 1)]
        judge.equal(
            f"the {name} 0, and the last {name} of each window",
            [float(first[0]), *last],
            [0.0, *(np.append(first[1:], length) - 1)],
            mistakes={
                "every window has the side 2, so that windows overlap": overlapping
            },
        )
        sides = {int(side) for side in last - first + 1}
        judge.equal(f"other sides than 1 and 2 in {name}s", sorted(sides - {1, 2}), [])


def maxima(pool, size, places, seed):
    """What comes out is the largest number of the windows that this seed gives."""
    tops, _, lefts, _ = windows(pool, size, places, seed)
    x = np.cos(np.arange(6.0 * size[0] * size[1]) ** 2).reshape(2, 3, *size)
    want = np.maximum.reduceat(x, tops.astype(int), axis=2)
    want = np.maximum.reduceat(want, lefts.astype(int), axis=3)
    got = pool(x, *places, np.random.default_rng(seed))[0]
    judge.equal(f"{size} to {places}, seed {seed}", got, want)


def orders(pool, seed):
    """The sides that this seed draws for 9 rows and 9 columns, 6 of each."""
    tops, _, lefts, _ = windows(pool, (9, 9), (6, 6), seed)
    return np.diff([tops, lefts], append=9.0).astype(int).tolist()


@right("loops over the windows")
def fractional_max_pool_forward__loops(x, out_height, out_width, rng):
    N, C, H, W = x.shape
    edges = []
    for length, places in ((H, out_height), (W, out_width)):
        twos = length - places
        if twos < 0 or twos > places:
            raise ValueError(f"{places} windows do not tile {length} pixels")
        sides = [2] * twos + [1] * (places - twos)
        rng.shuffle(sides)
        edges.append([0, *np.cumsum(sides)])
    out = np.empty((N, C, out_height, out_width), x.dtype)
    for i in range(out_height):
        for j in range(out_width):
            rows = slice(edges[0][i], edges[0][i + 1])
            columns = slice(edges[1][j], edges[1][j + 1])
            out[:, :, i, j] = x[:, :, rows, columns].max(axis=(2, 3))
    return out, edges


@right("Graham's pseudo-random edges with a random phase")
def fractional_max_pool_forward__pseudo(x, out_height, out_width, rng):
    edges = []
    for length, places in zip(x.shape[2:], (out_height, out_width)):
        if not places <= length <= 2 * places:
            raise ValueError(f"from {length} to {places}: the factor is not 1 to 2")
        phase = rng.random()
        steps = np.floor(np.arange(places + 1) * length / places + phase).astype(int)
        edges.append(steps - steps[0])
    out = None
    for late_row in (1, 0):
        for late_column in (1, 0):
            rows = edges[0][1:] - 1 if late_row else edges[0][:-1]
            columns = edges[1][1:] - 1 if late_column else edges[1][:-1]
            some = x[:, :, rows][:, :, :, columns]
            out = some if out is None else np.maximum(out, some)
    return out, edges


@right("one axis after the other")
def fractional_max_pool_forward__axes(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = np.array([2] * (length - places) + [1] * (2 * places - length))
        sides = rng.permutation(sides)
        start = np.cumsum(sides) - sides
        end = np.minimum(start + sides - 1, length - 1)
        out = np.maximum(out.take(start, axis), out.take(end, axis))
    return out, None


wrong(
    "every window has the side 2, so that windows overlap",
    "start + sides - 1",
    "start + 1",
    of="fractional_max_pool_forward__axes",
)
wrong(
    "the mean is taken instead of the maximum",
    "np.maximum(out.take(start, axis), out.take(end, axis))",
    "(out.take(start, axis) + out.take(end, axis)) / 2",
    of="fractional_max_pool_forward__axes",
)
wrong(
    "the minimum is taken instead of the maximum",
    "np.maximum(",
    "np.minimum(",
    of="fractional_max_pool_forward__axes",
)
wrong(
    "the order of the sides is not drawn from rng",
    "rng.permutation(sides)",
    "sides",
)
wrong(
    "rows and columns get the same order",
    "starts = []",
    "starts, seed = [], int(rng.integers(2**32))",
    "rng.permutation",
    "np.random.default_rng(seed).permutation",
)
wrong(
    "another source of chance than rng is used",
    "rng.permutation",
    "np.random.permutation",
)
wrong(
    "another source of chance than rng is used",
    "rng.permutation",
    "np.random.default_rng().permutation",
)
wrong(
    "the sides are drawn one by one and need not add up",
    "rng.permutation(sides)",
    "rng.integers(1, 3, places)",
    "start = np.cumsum(sides) - sides",
    "start = np.minimum(np.cumsum(sides) - sides, length - 1)",
    of="fractional_max_pool_forward__axes",
    named=False,
)
wrong(
    "sides of 3 are allowed",
    "not places <= length <= 2 * places",
    "places > length",
    "np.ones(places, dtype=int)",
    "np.full(places, length // places)",
    "sides[: length - places] = 2",
    "sides[: length % places] += 1",
    named=False,
)
wrong(
    "each channel has windows of its own",
    "return out, (x",
    "if x.shape[1] > 1:\n"
    "        pool, sizes = fractional_max_pool_forward, (out_height, out_width, rng)\n"
    "        parts = [pool(part, *sizes)[0] for part in np.split(x, x.shape[1], 1)]\n"
    "        out = np.concatenate(parts, axis=1)\n"
    "    return out, (x",
    named=False,
)
wrong(
    "the error does not name the values",
    'f"{length} pixels cannot be split into {places} sides of 1 or 2: choose "\n'
    '                f"from {(length + 1) // 2} to {length}"',
    '"this cannot be split"',
    named=False,
)
wrong("out is returned without a cache", "return out, (x, rows, columns)", "return out")
