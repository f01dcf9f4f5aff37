"""Batch normalisation forward: whose mean, which variance, and what happens to the running values."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 2

ROW = np.array([[1.0], [3.0], [5.0], [7.0]])


def running(D, dtype=float):
    """Running values as they are at the start."""
    return np.zeros(D, dtype), np.ones(D, dtype)


def cases(t, batchnorm_forward):
    def outcome(x, gamma, beta, mean, var, *mode):
        """out, and the running values after the call, which may change in training."""
        mean, var = t.keep("mean", mean), t.keep("var", var)
        call = batchnorm_forward(x, gamma, beta, mean, var, *mode)
        return t.steps(call, [call[0], mean, var])

    two, ten = np.array([2.0]), np.array([10.0])
    out = batchnorm_forward(ROW, two, ten, *running(1), True, 0.9, 0.0)[0]
    want = 10 + 2 * (ROW - 4) / np.sqrt(5)
    t.case("by hand: 1, 3, 5, 7, gamma 2, beta 10", out, want, changes=(3, 4))
    mean, var = t.keep("mean", np.array([2.0])), t.keep("var", np.array([3.0]))
    call = batchnorm_forward(ROW, two, ten, mean, var)
    t.case(
        "running mean: 0.9·2 + 0.1·4",
        t.steps(call, mean),
        np.array([2.2]),
        changes=(3, 4),
    )
    t.case(
        "running variance: 0.9·3 + 0.1·5",
        t.steps(call, var),
        np.array([3.2]),
        changes=(3, 4),
    )
    call = batchnorm_forward(ROW, two, ten, mean, var, True, 0.5)
    t.case(
        "momentum 0.5: running mean",
        t.steps(call, mean),
        np.array([3.0]),
        changes=(3, 4),
    )
    call = batchnorm_forward(
        ROW, two, ten, np.array([3.0]), np.array([4.0]), False, 0.9, 0.0
    )
    want = 10 + 2 * (ROW - 3) / 2
    t.case("in use: running mean 3, running variance 4", call[0], want)
    call = batchnorm_forward(ROW, two, ten, mean, var, False)
    t.case(
        "in use: the running values after it",
        t.steps(call, [mean, var]),
        [np.array([2.0]), np.array([3.0])],
    )
    for title, shape, dtype in [
        ("rows", (5, 3), float),
        ("maps", (4, 3, 2, 5), float),
        ("maps of as many images as channels", (3, 3, 4, 2), float),
        ("maps in float32", (4, 2, 3, 3), np.float32),
    ]:
        D = shape[1]
        x = t.normal(*shape, dtype=dtype) * 3 + 1
        gamma, beta = t.normal(D) + 2, t.normal(D)
        for mode in (True, False):
            mean, var = t.normal(D), t.normal(D) ** 2 + 0.5
            call = batchnorm_forward(x, gamma, beta, mean, var, mode)[0]
            name = "in training" if mode else "in use"
            t.case(f"{title}, {name}", call, changes=(3, 4) if mode else ())
    x = t.strided(t.normal(4, 2, 3, 3))
    out = batchnorm_forward(x, *running(2)[::-1], *running(2))[0]
    t.case("not contiguous", out, changes=(3, 4))
    flat = np.full((4, 2), 7.0)
    out = batchnorm_forward(flat, *running(2)[::-1], *running(2))[0]
    t.case(
        "a feature that is the same in all images",
        out,
        np.zeros((4, 2)),
        changes=(3, 4),
    )
    small = np.array([[0.0], [0.002]])
    out = batchnorm_forward(small, np.ones(1), np.zeros(1), *running(1))[0]
    t.case("eps counts where the variance is small", out, changes=(3, 4))


def hidden(t, batchnorm_forward):
    for shape in [(6, 4), (2, 5, 3, 4), (7, 1, 2, 2)]:
        D = shape[1]
        for mode in (True, False):
            numbers = t.normal(D), t.normal(D), t.normal(D), t.normal(D) ** 2 + 0.1
            mean, var = t.keep("mean", numbers[2]), t.keep("var", numbers[3])
            call = batchnorm_forward(
                t.normal(*shape), *numbers[:2], mean, var, mode, 0.7, 1e-3
            )
            t.case(
                f"{shape}, {mode}", t.steps(call, [call[0], mean, var]), changes=(3, 4)
            )


@right("channels last, as rows")
def batchnorm_forward__rows(
    x, gamma, beta, running_mean, running_var, training=True, momentum=0.9, eps=1e-5
):
    axes, aligned = (0, *range(2, x.ndim)), (1, -1) + (1,) * (x.ndim - 2)
    moved = np.moveaxis(x, 1, -1)
    rows = moved.reshape(-1, x.shape[1])
    if training:
        mean = rows.sum(axis=0) / len(rows)
        var = ((rows - mean) ** 2).sum(axis=0) / len(rows)
        running_mean *= momentum
        running_mean += (1 - momentum) * mean
        running_var *= momentum
        running_var += (1 - momentum) * var
    else:
        mean, var = running_mean.copy(), running_var.copy()
    scale = 1 / np.sqrt(var + eps)
    rows = ((rows - mean) * scale).reshape(moved.shape)
    normal = np.moveaxis(rows, -1, 1).astype(x.dtype)
    scale, gamma, beta = (
        each.astype(x.dtype).reshape(aligned) for each in (scale, gamma, beta)
    )
    return gamma * normal + beta, (normal, scale, gamma, axes, training)


@right("one feature after another")
def batchnorm_forward__features(
    x, gamma, beta, running_mean, running_var, training=True, momentum=0.9, eps=1e-5
):
    axes, aligned = (0, *range(2, x.ndim)), (1, -1) + (1,) * (x.ndim - 2)
    normal, scales = np.empty(x.shape, x.dtype), []
    for d in range(x.shape[1]):
        feature = x[:, d].astype(float)
        mean, var = running_mean[d], running_var[d]
        if training:
            mean = np.average(feature)
            var = np.average((feature - mean) ** 2)
            running_mean[d] += (1 - momentum) * (mean - running_mean[d])
            running_var[d] += (1 - momentum) * (var - running_var[d])
        scales.append((var + eps) ** -0.5)
        normal[:, d] = (feature - mean) * scales[-1]
    scale, gamma, beta = (
        np.asarray(each, x.dtype).reshape(aligned) for each in (scales, gamma, beta)
    )
    return normal * gamma + beta, (normal, scale, gamma, axes, training)


wrong(
    "maps: every place has a mean of its own",
    "(0, *range(2, x.ndim))",
    "0",
    "mean = x.mean(axis=axes)",
    "mean = x.mean(axis=axes).reshape(x.shape[1], -1).mean(axis=1)",
    "var = (normal**2).mean(axis=axes)",
    "var = x.var(axis=axes).reshape(x.shape[1], -1).mean(axis=1)",
    "gamma, axes, training)",
    "gamma, (0, *range(2, x.ndim)), training)",
)
wrong(
    "the mean is taken over each image by itself",
    "x.mean(axis=axes)",
    "x[:1].mean(axis=axes)",
    named=False,
)
wrong(
    "the mean is not subtracted",
    "x - mean.astype(x.dtype).reshape(aligned)",
    "x.copy()",
    "(normal**2).mean(axis=axes)",
    "x.var(axis=axes)",
)
wrong(
    "divided by the variance, not by its root",
    "1 / np.sqrt(var + eps)",
    "1 / (var + eps)",
)
wrong(
    "the variance is divided by one less than the count",
    "(normal**2).mean(axis=axes)",
    "x.var(axis=axes, ddof=1)",
)
wrong("eps is left out", "var + eps", "np.maximum(var, 1e-300)")
wrong(
    "eps is added to the standard deviation",
    "np.sqrt(var + eps)",
    "(np.sqrt(var) + eps)",
)
wrong("gamma is left out", "out = gamma * normal", "out = 1 * normal")
wrong("beta is left out", "    out += beta.astype(x.dtype).reshape(aligned)\n", "")
wrong(
    "gamma and beta are swapped",
    "out = gamma * normal",
    "out = beta.astype(x.dtype).reshape(aligned) * normal",
    "out += beta.astype(x.dtype).reshape(aligned)",
    "out += gamma",
)
wrong(
    "in use the batch's own mean and variance are taken",
    "    if training:\n        mean = x.mean(axis=axes)\n",
    "    mean = x.mean(axis=axes)\n",
    "    if training:\n        var = (normal**2).mean(axis=axes)\n",
    "    var = (normal**2).mean(axis=axes)\n    if training:\n",
)
wrong(
    "in training the running values are used",
    "    if training:\n        mean = x.mean(axis=axes)\n",
    "",
    "    normal = x - mean.astype(x.dtype).reshape(aligned)\n",
    "",
    "    normal *= scale",
    "    normal = (x - mean.astype(x.dtype).reshape(aligned)) * scale",
    "var = (normal**2).mean(axis=axes)\n        running_mean[...] = momentum * running_mean + (1 - momentum) * mean\n        running_var[...] = momentum * running_var + (1 - momentum) * var",
    "running_mean[...] = momentum * running_mean + (1 - momentum) * x.mean(axis=axes)\n        running_var[...] = momentum * running_var + (1 - momentum) * x.var(axis=axes)",
)
wrong(
    "the running mean is not changed",
    "        running_mean[...] = momentum * running_mean + (1 - momentum) * mean\n",
    "",
)
wrong(
    "the running variance is not changed",
    "        running_var[...] = momentum * running_var + (1 - momentum) * var\n",
    "",
)
wrong(
    "the running values get new arrays: those that were given stay as they are",
    "running_mean[...] =",
    "running_mean =",
    "running_var[...] =",
    "running_var =",
)
wrong(
    "momentum and 1 - momentum are swapped",
    "momentum * running_mean + (1 - momentum) * mean",
    "(1 - momentum) * running_mean + momentum * mean",
    "momentum * running_var + (1 - momentum) * var",
    "(1 - momentum) * running_var + momentum * var",
)
wrong(
    "the running variance takes up the standard deviation",
    "(1 - momentum) * var",
    "(1 - momentum) * np.sqrt(var)",
)
wrong(
    "the running values change in use, too",
    "    scale = (1",
    "    if not training:\n        running_mean[...] = momentum * running_mean + (1 - momentum) * x.mean(axis=axes)\n        running_var[...] = momentum * running_var + (1 - momentum) * x.var(axis=axes)\n    scale = (1",
    named=False,
)
wrong(
    "float32 went in, float64 came out",
    "    return out,",
    "    return out.astype(float),",
)
wrong(
    "x was changed in place",
    "    axes = (0,",
    "    x -= x.mean()\n    axes = (0,",
    named=False,
)
