"""Batch normalisation backward: what a change of one number does to all of its feature."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 2

X, DOUT = np.array([[1.0], [3.0]]), np.array([[1.0], [0.0]])


def cases(t, batchnorm_backward, batchnorm_forward):
    def back(x, gamma, beta, mean, var, training, dout):
        made = batchnorm_forward(x, gamma, beta, mean, var, training)
        return t.once(batchnorm_backward(dout, made[1]))

    def back_by_hand(training, var):
        made = batchnorm_forward(
            X,
            np.array([3.0]),
            np.zeros(1),
            np.array([1.0]),
            np.array([var]),
            training,
            0.9,
            0.0,
        )
        return batchnorm_backward(DOUT, made[1])

    changed = {"changes": (3, 4)}
    want = np.zeros((2, 1)), np.array([-1.0]), np.array([1.0])
    t.case(
        "by hand: two images, always at -1 and 1, so dx is 0",
        back_by_hand(True, 4.0),
        want,
        atol=1e-7,
        **changed,
    )
    want = np.array([[1.5], [0.0]]), np.array([0.0]), np.array([1.0])
    t.case("by hand: in use, running variance 4", back_by_hand(False, 4.0), want)
    for title, shape in [
        ("rows", (5, 3)),
        ("maps", (3, 2, 4, 3)),
        ("one image", (1, 3, 4, 4)),
    ]:
        D = shape[1]
        x, dout = 2 * t.normal(*shape) + 1, t.normal(*shape)
        gamma, beta = t.normal(D) + 2, t.normal(D)
        mean, var = t.normal(D), t.normal(D) ** 2 + 0.5
        for training in (True, False):
            name = f"{title}, {'in training' if training else 'in use'}"
            got = back(x, gamma, beta, mean, var, training, dout)
            change = changed if training else {}
            t.case(f"{name}: dx", got[0], **change)
            t.case(f"{name}: dgamma", got[1], **change)
            t.case(f"{name}: dbeta", got[2], **change)
    D = 2
    gamma, beta, mean, var = (
        t.normal(D) + 2,
        t.normal(D),
        t.normal(D),
        t.normal(D) ** 2 + 0.5,
    )
    x = t.normal(4, D, 2, 3)
    for training in (True, False):
        t.gradient(
            f"dx against the numeric gradient, {'in training' if training else 'in use'}",
            lambda dout, on=training: back(x, gamma, beta, mean, var, on, dout)[0],
            lambda x, on=training: batchnorm_forward(x, gamma, beta, mean, var, on)[0],
            x,
        )
    single = (
        t.normal(4, D, 2, 3, dtype=np.float32),
        t.normal(4, D, 2, 3, dtype=np.float32),
    )
    t.case(
        "float32: dx",
        back(single[0], gamma, beta, mean, var, True, single[1])[0],
        **changed,
    )
    views = t.strided(t.normal(4, D, 2, 3)), t.strided(t.normal(4, D, 2, 3))
    t.case(
        "not contiguous: dx",
        back(views[0], gamma, beta, mean, var, True, views[1])[0],
        **changed,
    )
    made = t.keep("made", batchnorm_forward(x, gamma, beta, mean, var))
    dout = t.normal(4, D, 2, 3)
    twice = batchnorm_backward(dout, made[1]), batchnorm_backward(-dout, made[1])
    t.case("the same cache twice", [*twice], **changed)


def hidden(t, batchnorm_backward, batchnorm_forward):
    for shape in [(6, 4), (2, 3, 5, 2)]:
        D = shape[1]
        numbers = t.normal(D), t.normal(D), t.normal(D), t.normal(D) ** 2 + 0.1
        for training in (True, False):
            made = batchnorm_forward(t.normal(*shape), *numbers, training, 0.8, 1e-3)
            got = batchnorm_backward(t.normal(*shape), made[1])
            t.case(f"{shape}, {training}", got, changes=(3, 4))


@right("the variance's and the mean's way one after the other")
def batchnorm_backward__steps(dout, cache):
    normal, scale, gamma, axes, training = cache
    count = dout.size // dout.shape[1]
    dgamma, dbeta = (dout * normal).sum(axis=axes), dout.sum(axis=axes)
    dnormal = dout * gamma
    if not training:
        return dnormal * scale, dgamma, dbeta
    total = dnormal.sum(axis=axes, keepdims=True)
    product = (dnormal * normal).sum(axis=axes, keepdims=True)
    dx = scale / count * (count * dnormal - total - normal * product)
    return dx.astype(dout.dtype), dgamma, dbeta


@right("feature by feature, with the whole matrix of derivatives")
def batchnorm_backward__jacobian(dout, cache):
    normal, scale, gamma, _, training = cache
    dx, dgamma, dbeta = np.empty_like(dout), [], []
    for d in range(dout.shape[1]):
        g, n = dout[:, d].ravel(), normal[:, d].ravel()
        dgamma.append(g @ n)
        dbeta.append(g.sum())
        every = np.eye(len(g))
        if training:
            every = every - (1 + np.outer(n, n)) / len(g)
        factor = (gamma * scale).ravel()[d]
        dx[:, d] = (factor * (every @ g)).reshape(dout[:, d].shape)
    return dx, np.array(dgamma, dout.dtype), np.array(dbeta, dout.dtype)


wrong(
    "mean and variance are taken for constants in training",
    "    if training:",
    "    if False:",
)
wrong("in use they are taken to depend on x", "    if training:", "    if True:")
wrong(
    "the way through the mean is left out",
    "        dx -= along\n",
    "",
)
wrong(
    "the way through the variance is left out",
    "        dx -= normal * stretch\n",
    "",
)
wrong("gamma is left out of dx", "dx = dout * gamma", "dx = 1 * dout")
wrong("dx is not divided by the standard deviation", "    dx *= scale\n", "")
wrong(
    "sums stand where means belong",
    "dx.mean(",
    "dx.sum(",
    "(dx * normal).mean(",
    "(dx * normal).sum(",
)
wrong(
    "dgamma is the sum of dout: the normalised x is left out",
    "(dout * normal).sum(axis=axes)",
    "dout.sum(axis=axes)",
)
wrong("dgamma and dbeta are swapped", "dgamma, dbeta =", "dbeta, dgamma =")
wrong("dbeta is a mean, not a sum", "dout.sum(axis=axes)", "dout.mean(axis=axes)")
wrong("dgamma is a mean, not a sum", "(dout * normal).sum(", "(dout * normal).mean(")
wrong(
    "the sign of the two means is turned around",
    "dx -= along",
    "dx += along",
    "dx -= normal",
    "dx += normal",
)
wrong(
    "dout was changed in place", "dx = dout * gamma\n", "dout *= gamma\n    dx = dout\n"
)
wrong(
    "float32 went in, float64 came out",
    "return dx,",
    "return dx.astype(float),",
)
