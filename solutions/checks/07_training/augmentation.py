"""Shifted and mirrored images: only such as there can be, each of them, and zeros at the border."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


def seeded(seed):
    return np.random.default_rng(seed)


def numbered(N, C=1, H=5, W=6):
    """Images whose pixels are 1, 2, 3, ...: no zero among them, no two alike."""
    return 1.0 + np.arange(N * C * H * W, dtype=float).reshape(N, C, H, W)


def moved(images, down, right):
    """The images moved by so many pixels, zeros at the border."""
    H, W = images.shape[-2:]
    out = np.zeros_like(images)
    out[..., max(down, 0) : H + min(down, 0), max(right, 0) : W + min(right, 0)] = (
        images[
            ..., max(-down, 0) : H + min(-down, 0), max(-right, 0) : W + min(-right, 0)
        ]
    )
    return out


def alike(images, new):
    """Which of the images are the new ones, of whatever kind these are."""
    if type(new) is np.ndarray and new.shape == images.shape:
        return (images == new).all(axis=tuple(range(1, images.ndim)))
    return [np.array_equal(*two) for two in zip(images, new)]


def moves(shift_images, x, most, seed=0):
    """By how much each image was moved, (down, right); None where it is no shift of it."""
    out = shift_images(x, seeded(seed), most)
    places = [
        (d, r) for d in range(-most - 2, most + 3) for r in range(-most - 2, most + 3)
    ]
    places = [p for p in places if abs(p[0]) < x.shape[2] and abs(p[1]) < x.shape[3]]
    fits = [alike(moved(x, *place), out) for place in places]
    return [
        next((place for place, fit in zip(places, fitting) if fit), None)
        for fitting in zip(*fits)
    ]


def all_moves(shift_images, most):
    """Which moves occur among 600 images, the smallest and the largest, both ways."""
    found = moves(shift_images, np.tile(numbered(1), (600, 1, 1, 1)), most)
    if None in found:
        return "some images are not shifts"
    return (
        sorted({down for down, _ in found}),
        sorted({right for _, right in found}),
        len(set(found)),
    )


def unlike(function, x, *options):
    """Whether two seeds give different results, and one seed the same."""
    one, same, other = (function(x, seeded(seed), *options) for seed in (0, 0, 1))
    return [not np.array_equal(one, other), np.array_equal(one, same)]


def flips(flip_images, x, seed=0):
    """Which images were mirrored; None for one that is neither itself nor mirrored."""
    out = flip_images(x, seeded(seed))
    return [
        True if mirrored else False if same else None
        for mirrored, same in zip(alike(x[..., ::-1], out), alike(x, out))
    ]


def share(flip_images):
    """How many of 100 are mirrored, of 2000, to the nearest ten."""
    found = flips(flip_images, np.tile(numbered(1, 1, 2, 2), (2000, 1, 1, 1)))
    return None if None in found else int(10 * round(np.mean(found) * 10))


def known(found):
    return [each is not None for each in found]


def kinds(out, x):
    return [out.shape, out.dtype.name, out is x]


def cases(t, shift_images, flip_images):
    rng = t.call(seeded, 0)
    few = numbered(6)
    t.case(
        "most 1: every image is a shift of itself",
        t.call(known, t.call(moves, shift_images, few, 1)),
        [True] * 6,
    )
    channels = numbered(6, 3)
    t.case(
        "three channels move alike",
        t.call(known, t.call(moves, shift_images, channels, 2)),
        [True] * 6,
    )
    t.case(
        "most 1: moves down, moves right, pairs of both",
        t.call(all_moves, shift_images, 1),
        ([-1, 0, 1], [-1, 0, 1], 9),
    )
    t.case(
        "most 2: moves down, moves right, pairs of both",
        t.call(all_moves, shift_images, 2),
        ([-2, -1, 0, 1, 2], [-2, -1, 0, 1, 2], 25),
    )
    t.case("most 0: nothing moves", shift_images(few, rng, 0), few)
    t.case(
        "most is 2 unless it is said", t.call(unlike, shift_images, few), [True, True]
    )
    single = numbered(2).astype(np.float32)
    t.case(
        "shift, float32: shape, dtype, x itself",
        t.call(kinds, shift_images(single, rng), single),
        [(2, 1, 5, 6), "float32", False],
    )
    t.case("shift, not contiguous, most 0", shift_images(t.strided(few), rng, 0), few)
    t.case("no images", shift_images(few[:0], rng), few[:0])
    t.refuses("most 5 for images 5 high", shift_images(few, rng, 5), names=(5, 6))
    t.refuses("most below 0", shift_images(few, rng, -1), names=(-1,))
    t.case(
        "flip: every image is itself or its mirror image",
        t.call(known, t.call(flips, flip_images, numbered(12, 3))),
        [True] * 12,
    )
    t.case("flip: of 100 are mirrored", t.call(share, flip_images), 50)
    t.case(
        "flip: other seeds, other images; the same seed, the same",
        t.call(unlike, flip_images, numbered(40)),
        [True, True],
    )
    t.case(
        "flip, float32: shape, dtype, x itself",
        t.call(kinds, flip_images(single, rng), single),
        [(2, 1, 5, 6), "float32", False],
    )
    t.case(
        "flip: symmetric images stay as they are",
        flip_images(np.ones((5, 2, 3, 4)), rng),
        np.ones((5, 2, 3, 4)),
    )
    t.case("flip, no images", flip_images(few[:0], rng), few[:0])


def hidden(t, shift_images, flip_images):
    t.case(
        "most 3",
        t.call(known, t.call(moves, shift_images, numbered(20, 2, 7, 5), 3, 5)),
        [True] * 20,
    )
    t.case(
        "flip",
        t.call(known, t.call(flips, flip_images, numbered(20, 2, 3, 7), 5)),
        [True] * 20,
    )


@right("slices, image by image")
def shift_images__slices(x, rng, most=2):
    N, _C, H, W = x.shape
    if most < 0 or most >= H or most >= W:
        raise ValueError(f"cannot shift images of {H}x{W} by {most}")
    out = np.zeros_like(x)
    for i in range(N):
        down, right = (int(n) for n in rng.integers(-most, most, size=2, endpoint=True))
        out[
            i, :, max(down, 0) : H + min(down, 0), max(right, 0) : W + min(right, 0)
        ] = x[
            i, :, max(-down, 0) : H + min(-down, 0), max(-right, 0) : W + min(-right, 0)
        ]
    return out


@right("rolled, and zeros written over what came around")
def shift_images__rolled(x, rng, most=2):
    H, W = x.shape[2:]
    if not (most >= 0 and most < H and most < W):
        raise ValueError(f"most = {most} does not fit images of {H} x {W}")
    out = x.copy()
    downs, overs = rng.integers(-most, most + 1, size=(2, len(x)))
    for image, down, over in zip(out, downs, overs):
        image[...] = np.roll(image, (down, over), axis=(1, 2))
        image[:, : max(down, 0)] = 0
        image[:, H + min(down, 0) :] = 0
        image[:, :, : max(over, 0)] = 0
        image[:, :, W + min(over, 0) :] = 0
    return out


@right("image by image")
def flip_images__loop(x, rng):
    if not len(x):
        return x.copy()
    return np.stack(
        [image[:, :, ::-1] if rng.random() >= 0.5 else image for image in x]
    )


@right("where")
def flip_images__where(x, rng):
    mirrored = rng.integers(0, 2, size=(len(x), 1, 1, 1)) == 1
    return np.where(mirrored, np.flip(x, axis=3), x)


wrong(
    "pixels that leave on one side come in on the other",
    "np.pad(x, [(0, 0), (0, 0), (most, most), (most, most)])",
    'np.pad(x, [(0, 0), (0, 0), (most, most), (most, most)], mode="wrap")',
    of="shift_images",
)
wrong(
    "the border is repeated in place of zeros",
    "np.pad(x, [(0, 0), (0, 0), (most, most), (most, most)])",
    'np.pad(x, [(0, 0), (0, 0), (most, most), (most, most)], mode="edge")',
    of="shift_images",
)
wrong(
    "the largest shift down and right never comes",
    "2 * most + 1",
    "max(2 * most, 1)",
    of="shift_images",
)
wrong(
    "images only move up and left",
    "rng.integers(0, 2 * most + 1,",
    "rng.integers(most, 2 * most + 1,",
    of="shift_images",
)
wrong(
    "all images move alike",
    "rng.integers(0, 2 * most + 1, size=(N, 2))",
    "np.tile(rng.integers(0, 2 * most + 1, size=(1, 2)), (N, 1))",
    of="shift_images",
)
wrong(
    "images move along the diagonal only",
    "size=(N, 2))",
    "size=(N, 1)).repeat(2, axis=1)",
    of="shift_images",
)
wrong(
    "images only move up and down",
    "column : column + W",
    "most : most + W",
    of="shift_images",
)
wrong(
    "nothing is drawn from rng",
    "rng.integers(",
    "np.random.default_rng(3).integers(",
    of="shift_images",
)
wrong(
    "most is not looked at",
    "    if not 0 <= most < min(H, W):",
    "    if most < 0:",
    of="shift_images",
)
wrong(
    "float32 went in, float64 came out",
    "out = np.empty_like(x)",
    "out = np.empty(x.shape)",
    of="shift_images",
)
wrong(
    "images are turned upside down", "[..., ::-1]", "[..., ::-1, :]", of="flip_images"
)
wrong(
    "every image is mirrored",
    "rng.random(len(x)) < 0.5",
    "rng.random(len(x)) < 2",
    of="flip_images",
)
wrong(
    "no image is mirrored",
    "rng.random(len(x)) < 0.5",
    "rng.random(len(x)) < 0",
    of="flip_images",
)
wrong(
    "all images or none are mirrored",
    "rng.random(len(x)) < 0.5",
    "np.full(len(x), rng.random() < 0.5)",
    of="flip_images",
)
wrong("a quarter is mirrored", "< 0.5", "< 0.25", of="flip_images")
wrong("x was changed in place", "out = x.copy()", "out = x", of="flip_images")
wrong(
    "the order of the images is turned around",
    "out[chosen][..., ::-1]",
    "out[chosen][::-1]",
    of="flip_images",
)
