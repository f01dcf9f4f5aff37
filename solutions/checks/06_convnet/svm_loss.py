"""The SVM loss: what every class costs that comes closer than the margin, and its gradient."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


def cases(t, svm_loss):
    zero = np.array([0])
    hand = svm_loss(np.array([[3.0, 5.0, 1.0]]), zero)
    t.case("by hand: one class costs 3", hand[0], 3.0)
    t.case("by hand: dscores", hand[1], np.array([[-1.0, 1.0, 0.0]]))
    corner = svm_loss(np.array([[3.0, 2.0, 5.0]]), zero)
    want = 3.0, np.array([[-1.0, 0.0, 1.0]])
    t.case("by hand: a class just at the margin", corner, want)
    for title, shape, options in [
        ("one image, two classes", (1, 2), {}),
        ("four images, three classes", (4, 3), {}),
        ("five classes, margin 2.5", (3, 5), {"margin": 2.5}),
        ("one class only", (3, 1), {}),
    ]:
        scores, labels = t.ints(*shape), t.rng.randint(0, shape[1], shape[0])
        t.case(title, svm_loss(scores, labels, **options))
    labels = np.array([1, 3, 0])
    scores = t.ints(3, 4, dtype=np.float32)
    t.case("float32", svm_loss(scores, labels))
    scores = t.strided(t.ints(3, 6))
    t.case("not contiguous", svm_loss(scores, t.strided(labels)))
    scores, labels = 2 * t.normal(5, 4), np.array([1, 3, 0, 0, 2])
    for margin in (1.0, 2.5):
        t.gradient(
            f"numeric gradient, margin {margin:g}",
            lambda dout, margin=margin: svm_loss(scores, labels, margin)[1],
            lambda scores, margin=margin: svm_loss(scores, labels, margin)[0],
            scores,
        )


def hidden(t, svm_loss):
    for N, classes, margin in [(1, 2, 1.0), (6, 3, 0.5), (3, 10, 4.0), (4, 1, 1.0)]:
        scores, labels = t.normal(classes, N).T, t.rng.randint(0, classes, N)
        t.case(f"{N}, {classes}, {margin}", svm_loss(scores, labels, margin))
    scores = t.normal(4, 3, dtype="f4")
    t.case("float32", svm_loss(scores, np.array([2, 0, 1, 1])))


@right("two loops")
def svm_loss__loops(scores, labels, margin=1.0):
    N, classes = scores.shape
    loss, dscores = 0.0, np.zeros_like(scores)
    for n in range(N):
        for c in range(classes):
            if c == labels[n]:
                continue
            cost = scores[n, c] - scores[n, labels[n]] + margin
            if cost > 0:
                loss += cost
                dscores[n, c] += 1
                dscores[n, labels[n]] -= 1
    return loss / N, dscores / N


@right("a mask of the right classes")
def svm_loss__mask(scores, labels, margin=1.0):
    is_right = np.arange(scores.shape[1]) == np.asarray(labels)[:, None]
    right = (scores * is_right).sum(axis=1, keepdims=True)
    costs = np.where(is_right, 0, np.maximum(0, scores - right + margin))
    slope = (costs > 0) * 1.0
    slope = slope - is_right * slope.sum(axis=1, keepdims=True)
    return costs.sum(axis=1).mean(), (slope / len(scores)).astype(scores.dtype)


wrong("the right class is not left out of the sum", "costs[images, labels] = 0", "")
wrong(
    "the right class is not left out of the sum, and of its own gradient",
    "costs[images, labels] = 0",
    "",
    "= -dscores.sum",
    "-= dscores.sum",
)
wrong(
    "the loss is summed over the images, not averaged",
    "costs.sum() / N), dscores / N",
    "costs.sum()), dscores",
)
wrong("the mean goes over images and classes", "costs.sum() / N", "costs.mean()")
wrong("dscores is not divided by the number of images", "dscores / N", "dscores")
wrong(
    "the right class gets -1, however many classes are too close",
    "-dscores.sum(axis=1)",
    "-dscores.max(axis=1)",
)
wrong("the right class gets no gradient", "= -dscores.sum(axis=1)", "= 0")
wrong("the margin is always 1", "np.newaxis] + margin", "np.newaxis] + 1")
wrong("the margin is subtracted", "np.newaxis] + margin", "np.newaxis] - margin")
wrong(
    "only the worst class of each image costs",
    "costs[images, labels] = 0",
    "costs[images, labels] = 0\n    costs *= costs == costs.max(axis=1, keepdims=True)",
)
wrong(
    "costs below 0 are counted, too",
    "np.maximum(scores - right[:, np.newaxis] + margin, 0)",
    "scores - right[:, np.newaxis] + margin",
    "(costs > 0)",
    "(costs < np.inf)",
    "dscores[images, labels] = -dscores.sum(axis=1)",
    "dscores[images, labels] = 1 - scores.shape[1]",
)
wrong(
    "a class exactly at the margin gets a gradient",
    "costs = np.maximum(scores - right[:, np.newaxis] + margin, 0)",
    "costs = scores - right[:, np.newaxis] + margin",
    "costs[images, labels] = 0",
    "costs[images, labels] = -1",
    "(costs > 0)",
    "(costs >= 0)",
    "costs.sum()",
    "np.maximum(costs, 0).sum()",
)
wrong("float32 went in, float64 came out", "astype(scores.dtype)", "astype(float)")
