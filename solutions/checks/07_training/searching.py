"""Fair parts and a random search: every image once, every draw where it may be, best first."""

import itertools

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1

LABELS = np.array([0, 1] * 10 + [2] * 10)


def seeded(seed):
    return np.random.default_rng(seed)


def once(parts, count):
    """Whether the parts hold each of the numbers below count once."""
    return sorted(int(row) for part in parts for row in part) == list(range(count))


def spread(labels, parts):
    """How many of each class are in each part."""
    classes = range(int(labels.max()) + 1)
    return [[int(np.sum(labels[part] == label)) for label in classes] for part in parts]


def fair(stratified_split, labels, shares, parts):
    """Whether every count is off its fair share by less than 1, for ten seeds."""
    counts = np.bincount(labels)
    wanted = np.outer(np.array(shares) / np.sum(shares), counts)
    made = (
        spread(labels, stratified_split(labels, parts, seeded(seed)))
        for seed in range(10)
    )
    return all(np.abs(np.array(each) - wanted).max() < 1 for each in made)


def unlike(stratified_split):
    """Whether two seeds deal differently, and one seed alike."""
    one, same, other = (stratified_split(LABELS, 2, seeded(seed)) for seed in (0, 0, 1))
    sets = [sorted(part.tolist()) for part in (one[0], same[0], other[0])]
    return [sets[0] != sets[2], sets[0] == sets[1]]


def mixed(stratified_split):
    """Whether the first part has other images than the first of each class."""
    rows = sorted(stratified_split(np.repeat([0, 1], 20), 2, seeded(0))[0].tolist())
    return rows != [*range(10), *range(20, 30)]


def searched(random_search, space, trials, score, seed=0):
    """What comes back, and the choices that were scored, in their order."""
    asked = []

    def scored(choice):
        asked.append(dict(choice))
        return score(choice)

    return random_search(scored, space, trials, seeded(seed)), asked


def by_rate(choice):
    return choice["rate"]


def downward(choice):
    return -choice["rate"]


def sometimes_nan(choice):
    return float("nan") if choice["rate"] > 0.5 else choice["rate"]


def never(choice):
    return 0.0


def order(random_search, score, seed=0):
    """Whether scores fall from first to last, belong to their choices, and each trial is there once."""
    found, asked = searched(
        random_search, {"rate": (0.0, 1.0, "linear")}, 12, score, seed
    )
    scores = [each for each, _ in found]
    falling = all(not a < b for a, b in itertools.pairwise(scores))
    nan_last = not any(
        np.isnan(a) and not np.isnan(b) for a, b in itertools.pairwise(scores)
    )
    belong = all(np.isnan(each) or each == score(choice) for each, choice in found)
    rates = (
        sorted(choice["rate"] for _, choice in found),
        sorted(choice["rate"] for choice in asked),
    )
    return [
        falling,
        nan_last,
        belong,
        len(found),
        rates[0] == rates[1],
        len(set(rates[0])),
    ]


def deciles(random_search, scale, low, high):
    """Of 600 draws: how many of 100 are in the lower half of the way, in factors or in numbers.

    50, or that and a multiple of 20: whoever draws in another way gets 50, too.
    """
    # `bool` is there on both sides while grading: thousands of choices need no question.
    found = random_search(bool, {"rate": (low, high, scale)}, 600, seeded(0))
    rates = np.array([choice["rate"] for _, choice in found])
    inside = bool(np.all((low <= rates) & (rates <= high)))
    middle = np.sqrt(low * high) if scale == "log" else (low + high) / 2
    return inside, 50 + 20 * round(5 * (float(np.mean(rates < middle)) - 0.5))


def drawn(random_search):
    """Which entries of a list are drawn, and the types of all values."""
    space = {"size": [3, 5, 7], "rate": (0.1, 1.0, "log"), "kind": ["max"]}
    found = random_search(bool, space, 60, seeded(0))
    first = found[0][1]
    return (
        sorted({choice["size"] for _, choice in found}),
        sorted(first),
        isinstance(first["rate"], float),
        first["kind"],
    )


def independent(random_search):
    """Whether two settings with the same range get different values."""
    found, _ = searched(
        random_search,
        {"a": (0.0, 1.0, "linear"), "rate": (0.0, 1.0, "linear")},
        5,
        by_rate,
    )
    return all(choice["a"] != choice["rate"] for _, choice in found)


def seeds(random_search):
    one, same, other = (
        searched(random_search, {"rate": (0.0, 1.0, "linear")}, 3, by_rate, seed)[0]
        for seed in (0, 0, 1)
    )
    return [one == same, one != other]


def cases(t, stratified_split, random_search):
    rng = t.call(seeded, 0)
    parts = t.keep("parts", stratified_split(LABELS, 2, rng))
    t.case(
        "two equal parts: of each class in each part",
        t.call(spread, LABELS, parts),
        [[5, 5, 5], [5, 5, 5]],
    )
    t.case("two equal parts: every image once", t.call(once, parts, 30), True)
    parts = t.keep("parts", stratified_split(LABELS, (8, 1, 1), rng))
    t.case(
        "parts 8 : 1 : 1: of each class in each part",
        t.call(spread, LABELS, parts),
        [[8, 8, 8], [1, 1, 1], [1, 1, 1]],
    )
    t.case("parts 8 : 1 : 1: every image once", t.call(once, parts, 30), True)
    parts = stratified_split(LABELS, [0.6, 0.4], rng)
    t.case("parts 0.6 : 0.4", t.call(spread, LABELS, parts), [[6, 6, 6], [4, 4, 4]])
    uneven = np.repeat([0, 1, 2], [7, 11, 2])
    t.case(
        "uneven classes: off the fair share by less than 1",
        t.call(fair, stratified_split, uneven, (1, 1, 1), 3),
        True,
    )
    t.case(
        "uneven classes, 5 : 3 : 2",
        t.call(fair, stratified_split, uneven, (5, 3, 2), (5, 3, 2)),
        True,
    )
    t.case(
        "uneven classes: every image once",
        t.call(once, stratified_split(uneven, (5, 3, 2), rng), 20),
        True,
    )
    t.case(
        "other seeds deal differently, the same seed alike",
        t.call(unlike, stratified_split),
        [True, True],
    )
    t.case(
        "images are dealt at random, not the first ones first",
        t.call(mixed, stratified_split),
        True,
    )
    t.refuses("no parts", stratified_split(LABELS, 0, rng), names=(0,))
    t.refuses("a part of size 0", stratified_split(LABELS, (3, 0), rng), names=(3, 0))

    for title, score in [
        ("the score is the rate", by_rate),
        ("the score falls with it", downward),
        ("some scores are nan", sometimes_nan),
        ("all scores alike", never),
    ]:
        t.case(
            f"search, {title}: falling, nan last, score and choice belong together, 12 trials",
            t.call(order, random_search, score),
            [True, True, True, 12, True, 12],
        )
    t.case(
        "search, linear from 2 to 10: all inside, of 100 below 6",
        t.call(deciles, random_search, "linear", 2.0, 10.0),
        (True, 50),
    )
    t.case(
        "search, log from 0.0001 to 1: all inside, of 100 below 0.01",
        t.call(deciles, random_search, "log", 1e-4, 1.0),
        (True, 50),
    )
    t.case(
        "search, lists: what is drawn, names, a float, a list of one",
        t.call(drawn, random_search),
        ([3, 5, 7], ["kind", "rate", "size"], True, "max"),
    )
    t.case(
        "search: two settings are drawn one by one",
        t.call(independent, random_search),
        True,
    )
    t.case(
        "search: the same seed gives the same, another another",
        t.call(seeds, random_search),
        [True, True],
    )
    t.case(
        "search: no trials",
        random_search(by_rate, {"rate": (0.0, 1.0, "linear")}, 0, rng),
        [],
    )
    t.refuses(
        "a scale that is neither",
        random_search(by_rate, {"rate": (0.1, 1.0, "cubic")}, 2, rng),
        names=("cubic",),
    )


def hidden(t, stratified_split, random_search):
    labels = np.repeat(np.arange(4), [13, 5, 8, 1])
    for parts in (2, 3, 4):
        t.case(
            f"{parts} parts",
            t.call(fair, stratified_split, labels, [1] * parts, parts),
            True,
        )
        t.case(
            f"{parts} parts, once",
            t.call(once, stratified_split(labels, parts, t.call(seeded, 3)), 27),
            True,
        )
    t.case(
        "order",
        t.call(order, random_search, by_rate, 5),
        [True, True, True, 12, True, 12],
    )


@right("largest remainders")
def stratified_split__remainders(labels, parts, rng):
    sizes = [1] * parts if isinstance(parts, int) else list(parts)
    if not sizes or min(sizes) <= 0:
        raise ValueError(f"parts: {parts}")
    dealt = [[] for _ in sizes]
    labels = np.asarray(labels)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        rng.shuffle(rows)
        exact = np.array(sizes) / sum(sizes) * len(rows)
        counts = np.floor(exact + 1e-9).astype(int)
        order = np.argsort(counts - exact + 1e-6 * rng.random(len(sizes)))
        counts[order[: len(rows) - counts.sum()]] += 1
        start = 0
        for part, count in zip(dealt, counts):
            part.extend(rows[start : start + count].tolist())
            start += count
    return [np.array(part, dtype=int) for part in dealt]


@right("sorted by class, each image at its place in its class")
def stratified_split__places(labels, parts, rng):
    sizes = np.asarray([1.0] * parts if np.isscalar(parts) else parts, float)
    if sizes.size == 0 or sizes.min() <= 0:
        raise ValueError(f"sizes above 0 are wanted, not parts = {parts}")
    order = rng.permutation(len(labels))
    part = np.empty(len(labels), int)
    for label in set(np.asarray(labels).tolist()):
        mine = order[np.asarray(labels)[order] == label]
        places = (np.arange(len(mine)) + rng.random()) / len(mine)
        part[mine] = np.searchsorted(np.cumsum(sizes / sizes.sum())[:-1], places)
    return [np.flatnonzero(part == number) for number in range(len(sizes))]


wrong(
    "classes are not looked at: a random split",
    "for label in np.unique(labels):",
    "for label in [0]:",
    "np.flatnonzero(labels == label)",
    "np.arange(len(labels))",
    of="stratified_split",
)
wrong(
    "nothing is shuffled: the first images of a class go to the first part",
    "rng.permutation(np.flatnonzero(labels == label))",
    "np.flatnonzero(labels == label)",
    of="stratified_split",
)
wrong(
    "the sizes are not used: all parts are equal",
    "np.atleast_1d(parts)",
    "np.ones(len(np.atleast_1d(parts)))",
    of="stratified_split",
)
wrong(
    "images that are left over are lost",
    "np.split(rows, cuts)",
    "(rows[len(rows) // len(sizes) * i :][: len(rows) // len(sizes)] for i in range(len(sizes)))",
    of="stratified_split",
    named=False,
)
wrong(
    "all parts are the same: images are in several",
    "np.split(rows, cuts)",
    "[rows] * len(sizes)",
    of="stratified_split",
)
wrong(
    "labels are returned, not places",
    "part.append(chosen)",
    "part.append(labels[chosen])",
    of="stratified_split",
)
wrong(
    "every call deals alike",
    "rng.permutation(np",
    "np.random.default_rng(0).permutation(np",
    of="stratified_split",
)
wrong(
    "a part of size 0 is not refused",
    "np.all(sizes > 0)",
    "np.all(sizes >= 0)",
    of="stratified_split",
)


@right("a table of draws")
def random_search__table(score, space, trials, rng):
    def draw(options):
        if isinstance(options, list):
            return options[int(rng.random() * len(options))]
        low, high, scale = options
        if scale == "log":
            return float(min(max(low * (high / low) ** rng.random(), low), high))
        if scale == "linear":
            return float(low + (high - low) * rng.random())
        raise ValueError(f"unknown scale: {scale}")

    choices = [
        {name: draw(options) for name, options in space.items()} for _ in range(trials)
    ]
    tried = [(score(choice), choice) for choice in choices]
    return sorted(
        tried, key=lambda pair: -np.inf if np.isnan(pair[0]) else pair[0], reverse=True
    )


@right("uniform, and nan taken out before sorting")
def random_search__apart(score, space, trials, rng):
    tried, broken = [], []
    for _ in range(trials):
        choice = dict.fromkeys(space)
        for name in choice:
            if type(space[name]) is list:
                choice[name] = space[name][rng.choice(len(space[name]))]
                continue
            *ends, scale = space[name]
            if scale == "linear":
                choice[name] = float(rng.uniform(*ends))
            elif scale == "log":
                exponent = rng.uniform(*np.log10(ends))
                choice[name] = float(np.clip(10**exponent, *ends))
            else:
                raise ValueError(f"{name}: {scale} is no scale")
        result = score(choice)
        (tried if not np.isnan(result) else broken).append((result, choice))
    tried.sort(key=lambda pair: pair[0])
    return tried[::-1] + broken


wrong("the worst comes first", "-each[0]))", "each[0]))", of="random_search")
wrong(
    "they come in the order of their trials",
    "sorted(results, key=lambda each: (np.isnan(each[0]), -each[0]))",
    "results",
    of="random_search",
)
wrong(
    "a nan comes first",
    "(np.isnan(each[0]), -each[0])",
    "(not np.isnan(each[0]), -each[0])",
    of="random_search",
)
wrong(
    "only the best comes back",
    "    return sorted(results, key=lambda each: (np.isnan(each[0]), -each[0]))",
    "    return sorted(results, key=lambda each: (np.isnan(each[0]), -each[0]))[:1]",
    of="random_search",
)
wrong(
    "choice and score are swapped",
    "results.append((score(choice), choice))",
    "results.append((choice, score(choice)))",
    "sorted(results, key=lambda each: (np.isnan(each[0]), -each[0]))",
    "sorted(results, key=lambda each: (np.isnan(each[1]), -each[1]))",
    of="random_search",
    named=False,  # what compares two choices raises an error
)
wrong("log is drawn like linear", 'if scale == "log":', "if False:", of="random_search")
wrong(
    "linear is drawn like log",
    'if scale == "log":',
    "if low > 0:",
    of="random_search",
    named=False,
)
wrong(
    "every trial draws the same",
    "    for _ in range(trials):\n",
    "    seed = int(rng.integers(1000))\n    for _ in range(trials):\n        rng = np.random.default_rng(seed)\n",
    of="random_search",
)
wrong(
    "an unknown scale is not refused",
    '            if scale not in ("linear", "log"):',
    "            if False:",
    of="random_search",
)
wrong(
    "the last entry of a list is never drawn",
    "rng.integers(len(options))",
    "rng.integers(max(len(options) - 1, 1))",
    of="random_search",
)
wrong(
    "score is called twice for a choice",
    "results.append((score(choice), choice))",
    "score(choice)\n        results.append((score(choice), choice))",
    of="random_search",
)
