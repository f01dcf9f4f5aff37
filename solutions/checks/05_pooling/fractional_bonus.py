"""TODO: what this task checks."""

import numpy as np

from autograder.proof import right, wrong

POINTS = 1


def cases(t, fractional_max_pool_forward):
    t.case(
        "trivial",
        fractional_max_pool_forward(
            np.ones((1, 1, 2, 2)), 1, 1, np.random.default_rng(0)
        )[0].shape,
    )


def hidden(t, fractional_max_pool_forward):
    t.case(
        "trivial",
        fractional_max_pool_forward(
            np.ones((1, 1, 2, 2)), 1, 1, np.random.default_rng(0)
        )[0].shape,
    )


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


@wrong("every window has the side 2, so that windows overlap")
def fractional_max_pool_forward__overlapping(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.permutation([2] * (length - places) + [1] * (2 * places - length))
        start = (np.cumsum(sides) - sides).astype(int)
        end = np.minimum(start + 1, length - 1)
        out = np.maximum(out.take(start, axis), out.take(end, axis))
    return out, None


@wrong("the mean is taken instead of the maximum", named=False)
def fractional_max_pool_forward__mean(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.permutation([2] * (length - places) + [1] * (2 * places - length))
        start = (np.cumsum(sides) - sides).astype(int)
        end = (start + sides - 1).astype(int)
        out = (out.take(start, axis) + out.take(end, axis)) / 2
    return out, None


@wrong("the minimum is taken instead of the maximum", named=False)
def fractional_max_pool_forward__minimum(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.permutation([2] * (length - places) + [1] * (2 * places - length))
        start = (np.cumsum(sides) - sides).astype(int)
        out = np.minimum.reduceat(out, start, axis=axis)
    return out, None


@wrong("the order of the sides is not drawn from rng")
def fractional_max_pool_forward__sorted(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = np.array([2] * (length - places) + [1] * (2 * places - length))
        out = np.maximum.reduceat(out, np.cumsum(sides) - sides, axis=axis)
    return out, None


@wrong("rows and columns get the same order")
def fractional_max_pool_forward__same_order(x, out_height, out_width, rng):
    out, seed = x, int(rng.integers(2**32))
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = np.array([2] * (length - places) + [1] * (2 * places - length))
        sides = np.random.default_rng(seed).permutation(sides)
        out = np.maximum.reduceat(out, np.cumsum(sides) - sides, axis=axis)
    return out, None


@wrong("another source of chance than rng is used", named=False)
def fractional_max_pool_forward__other_rng(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = np.array([2] * (length - places) + [1] * (2 * places - length))
        sides = np.random.permutation(sides)
        out = np.maximum.reduceat(out, np.cumsum(sides) - sides, axis=axis)
    return out, None


@wrong("the sides are drawn one by one and need not add up", named=False)
def fractional_max_pool_forward__loose(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.integers(1, 3, places)
        start = np.minimum(np.cumsum(sides) - sides, length - 1)
        end = np.minimum(start + sides - 1, length - 1)
        out = np.maximum(out.take(start, axis), out.take(end, axis))
    return out, None


@wrong("sides of 3 are allowed", named=False)
def fractional_max_pool_forward__no_error(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        sides = np.full(places, length // places)
        sides[: length % places] += 1
        sides = rng.permutation(sides)
        out = np.maximum.reduceat(out, np.cumsum(sides) - sides, axis=axis)
    return out, None


@wrong("out is returned without a cache")
def fractional_max_pool_forward__no_cache(x, out_height, out_width, rng):
    out = x
    for axis, places in ((2, out_height), (3, out_width)):
        length = x.shape[axis]
        if not places <= length <= 2 * places:
            raise ValueError(f"{places} out of {length}")
        sides = rng.permutation([2] * (length - places) + [1] * (2 * places - length))
        start = (np.cumsum(sides) - sides).astype(int)
        out = np.maximum.reduceat(out, start, axis=axis)
    return out
