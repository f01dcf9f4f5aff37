"""The softmax loss: a mean of -log p, its gradient, and scores of any size."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 2

TWO = np.array([[0.0, np.log(3.0)]])


def cases(t, softmax_loss):
    first, second = np.array([0]), np.array([1])
    want = float(-np.log(0.75))
    t.case("by hand: the second class is right", softmax_loss(TWO, second)[0], want)
    want = float(-np.log(0.25))
    t.case("by hand: the first class is right", softmax_loss(TWO, first)[0], want)
    t.case("by hand: dscores", softmax_loss(TWO, first)[1], np.array([[-0.75, 0.75]]))
    equal = softmax_loss(np.zeros((4, 10)), np.array([0, 3, 3, 9]))
    t.case("all scores equal: log 10", equal[0], float(np.log(10.0)))
    for title, shape, spread in [
        ("four images, three classes", (4, 3), 1),
        ("three images, five classes", (3, 5), 0.5),
        ("one class only", (3, 1), 1),
    ]:
        scores, labels = t.ints(*shape) * spread, t.rng.randint(0, shape[1], shape[0])
        t.case(title, softmax_loss(scores, labels))
    labels = np.array([1, 3, 0])
    scores = t.ints(3, 4, dtype=np.float32)
    t.case("float32", softmax_loss(scores, labels))
    scores = t.strided(t.ints(3, 6))
    t.case("not contiguous", softmax_loss(scores, t.strided(labels)))
    scores = np.array([[1001.0, 1000.0, 1002.0]])
    t.case("scores near 1000", softmax_loss(scores, second))
    t.case("scores near -1000", softmax_loss(scores - 2000, second))
    scores = np.array([[1000.0, 999.0], [0.0, 1.0]])
    t.case("one image near 1000, one near 0", softmax_loss(scores, np.array([0, 0])))
    scores = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, 0.0]])
    far = softmax_loss(scores, np.array([1, 2]))
    t.case("scores 1000 apart: the mean of 1000 and 0", far[0], 500.0)
    want = np.array([[0.5, -0.5, 0.0], [0.0, 0.0, 0.0]])
    t.case("scores 1000 apart: dscores", far[1], want)
    scores, labels = 2 * t.normal(5, 4), np.array([1, 3, 0, 0, 2])
    t.gradient(
        "numeric gradient",
        lambda dout: softmax_loss(scores, labels)[1],
        lambda scores: softmax_loss(scores, labels)[0],
        scores,
    )


def hidden(t, softmax_loss):
    for shape in [(1, 2), (6, 3), (3, 10), (7, 1)]:
        labels = t.rng.randint(0, shape[1], shape[0])
        t.case(f"{shape}", softmax_loss(t.normal(*shape[::-1]).T * 3, labels))
    scores = t.normal(4, 3, dtype="f4")
    t.case("float32", softmax_loss(scores, np.array([2, 0, 1, 1])))
    for shift in (-1e4, 1e4):
        scores = np.array([[1.0, 2.0, 4.0]]) + shift
        t.case(f"near {shift:g}", softmax_loss(scores, np.array([1])))


@right("p first, then its logarithm")
def softmax_loss__probabilities(scores, labels):
    N, classes = scores.shape
    e = np.exp(scores - scores.max(axis=1).reshape(N, 1))
    p = e / e.sum(axis=1).reshape(N, 1)
    total = 0.0
    for n in range(N):
        shifted = scores[n] - scores[n].max()
        total += np.log(np.exp(shifted).sum()) - shifted[labels[n]]
    return total / N, ((p - np.eye(classes)[labels]) / N).astype(scores.dtype)


@right("logaddexp over the classes")
def softmax_loss__logaddexp(scores, labels):
    log_p = scores - np.logaddexp.reduce(scores, axis=1)[:, None]
    one_hot = np.zeros_like(scores)
    one_hot[np.arange(len(labels)), labels] = 1
    loss = -(log_p * one_hot).sum(axis=1).mean()
    return loss, (np.exp(log_p) - one_hot) / len(scores)


@wrong("a p is rounded to 0 before the logarithm")
def softmax_loss__log_of_zero(scores, labels):
    images = np.arange(len(scores))
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    dscores = p.copy()
    dscores[images, labels] -= 1
    return float(-np.log(p[images, labels]).mean()), dscores / len(scores)


wrong(
    "the largest score is not subtracted, and the exponential overflows",
    " - scores.max(axis=1, keepdims=True)",
    "",
    of="softmax_loss__log_of_zero",
)
wrong(
    "the largest score is not subtracted, and exp and log leave the range of floats",
    " - scores.max(axis=1, keepdims=True)",
    "",
)
wrong(
    "the largest score of the batch is subtracted, not that of each image",
    "scores.max(axis=1, keepdims=True)",
    "scores.max()",
    of="softmax_loss__log_of_zero",
)
wrong(
    "the loss is summed over the images, not averaged",
    "labels].mean()",
    "labels].sum()",
    "dscores / N",
    "dscores",
)
wrong("dscores is not divided by the number of images", "dscores / N", "dscores")
wrong("dscores is p: the 1 at the right class is not subtracted", "-= 1", "-= 0")
wrong("dscores has the wrong sign: it points downhill", "dscores / N", "dscores / -N")
wrong("the loss has the wrong sign", "float(-log_p", "float(log_p")
wrong(
    "the mean goes over images and classes",
    "labels].mean()), dscores / N",
    "labels].sum() / scores.size), dscores / scores.size",
)
wrong(
    "the softmax runs over the images instead of the classes",
    "scores.max(axis=1",
    "scores.max(axis=0",
    "sum(axis=1",
    "sum(axis=0",
)
wrong(
    "scores was changed in place",
    "shifted = scores - scores.max(axis=1, keepdims=True)",
    "scores -= scores.max(axis=1, keepdims=True)\n    shifted = scores",
)
wrong("float32 went in, float64 came out", "= scores - ", "= scores.astype(float) - ")
