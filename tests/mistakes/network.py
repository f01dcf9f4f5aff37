"""Right and wrong answers to the tasks of lesson 06, and the examples that its checks run.

Each answer is pasted into a learner's notebook, so it uses only numpy, what the lesson's
first cell imports, and the contract functions of this lesson. A wrong answer is right in
everything but the mistake that its phrase names. Answers to a backward function read the
cache of the lesson's own forward function: the mask x > 0 of relu_forward, and
(rows, w, x_shape) of dense_forward.
"""

# ruff: noqa: F821, RUF012 (the names are those of the notebook that an answer is filled into)

import numpy as np

from autograder.proof.answers import example, ints, right, wrong

F32 = np.float32

# relu_forward


@right("where")
def relu_forward__where(x):
    return np.where(x > 0, x, x.dtype.type(0)), np.greater(x, 0)


@right("a product with the mask")
def relu_forward__masked(x):
    mask = x > 0
    return mask * x, mask


@wrong("numbers below 0 come back positive: that is the absolute value")
def relu_forward__absolute(x):
    return np.abs(x), x > 0


@wrong("a part of the numbers below 0 comes through")
def relu_forward__leaky(x):
    return np.maximum(x, x.dtype.type(0.5) * x), x > 0


@wrong("numbers above 1 are cut off")
def relu_forward__clipped(x):
    return np.clip(x, 0, 1), x > 0


@wrong("the sign is turned around")
def relu_forward__minimum(x):
    return np.minimum(x, 0), x > 0


@wrong("x was changed in place")
def relu_forward__in_place(x):
    mask = x > 0
    x *= mask
    return x, mask


@wrong("out is returned without a cache")
def relu_forward__no_cache(x):
    return np.maximum(x, 0)


@wrong("float32 went in, float64 came out")
def relu_forward__float64(x):
    return np.maximum(x.astype(float), 0), x > 0


# relu_backward


@right("a copy with zeros written into it")
def relu_backward__copy(dout, cache):
    dx = dout.copy()
    dx[~cache] = 0
    return dx


@right("where")
def relu_backward__where(dout, cache):
    return np.where(cache, dout, dout.dtype.type(0))


@wrong("the gradient passes everywhere")
def relu_backward__passes(dout, cache):
    return dout.copy()


@wrong("the sign of dout decides, and not that of x")
def relu_backward__by_dout(dout, cache):
    return np.maximum(dout, 0)


@wrong("the mask is returned: dout is left out")
def relu_backward__mask(dout, cache):
    return cache.astype(dout.dtype)


@wrong("the gradient passes where x was below 0")
def relu_backward__inverted(dout, cache):
    return dout * ~cache


@wrong("dout was changed in place")
def relu_backward__in_place(dout, cache):
    dout *= cache
    return dout


@wrong("float32 went in, float64 came out")
def relu_backward__float64(dout, cache):
    return dout * cache.astype(float)


# dense_forward


@right("einsum over the rows")
def dense_forward__einsum(x, w, b):
    rows = np.reshape(x, (x.shape[0], -1))
    return np.einsum("nd,dm->nm", rows, w) + b[np.newaxis], (rows, w, x.shape)


@right("one image after the other")
def dense_forward__images(x, w, b):
    rows = np.stack([image.ravel() for image in x])
    out = np.stack([row @ w + b for row in rows]).astype(x.dtype)
    return out, (rows, w, x.shape)


@wrong("the bias is forgotten")
def dense_forward__no_bias(x, w, b):
    rows = x.reshape(len(x), -1)
    return rows @ w, (rows, w, x.shape)


@wrong("the bias is added once for every input")
def dense_forward__bias_every_input(x, w, b):
    rows = x.reshape(len(x), -1)
    return rows @ w + len(w) * b, (rows, w, x.shape)


@wrong("the mean is taken instead of the sum")
def dense_forward__mean(x, w, b):
    rows = x.reshape(len(x), -1)
    return rows @ w / len(w) + b, (rows, w, x.shape)


@wrong("the images are laid out with the first axis fastest")
def dense_forward__first_axis_fastest(x, w, b):
    rows = np.stack([image.ravel(order="F") for image in x])
    return rows @ w + b, (rows, w, x.shape)


@wrong("the images are mixed: the batch is not the slowest axis")
def dense_forward__batch_mixed(x, w, b):
    rows = np.moveaxis(x, 0, -1).reshape(len(x), -1)
    return rows @ w + b, (rows, w, x.shape)


@wrong("all images have the scores of the first one")
def dense_forward__first_image(x, w, b):
    rows = x.reshape(len(x), -1)
    return np.zeros_like(rows @ w) + rows[0] @ w + b, (rows, w, x.shape)


@wrong("float32 went in, float64 came out")
def dense_forward__float64(x, w, b):
    rows = x.reshape(len(x), -1)
    return rows.astype(float) @ w + b, (rows, w, x.shape)


@wrong("out is returned without a cache")
def dense_forward__no_cache(x, w, b):
    return x.reshape(len(x), -1) @ w + b


@wrong("negative scores are cut off: a ReLU is built in", named=True)
def dense_forward__relu(x, w, b):
    rows = x.reshape(len(x), -1)
    return np.maximum(rows @ w + b, 0), (rows, w, x.shape)


# dense_backward


@right("einsum")
def dense_backward__einsum(dout, cache):
    rows, w, shape = cache
    dx = np.einsum("nm,dm->nd", dout, w).reshape(shape)
    return dx, np.einsum("nd,nm->dm", rows, dout), np.einsum("nm->m", dout)


@right("image by image, adding up")
def dense_backward__images(dout, cache):
    rows, w, shape = cache
    dx, dw = np.zeros_like(rows), np.zeros_like(w)
    db = np.zeros(w.shape[1], dout.dtype)
    for n in range(len(dout)):
        dx[n] = w @ dout[n]
        dw += np.outer(rows[n], dout[n])
        db += dout[n]
    return dx.reshape(shape), dw, db


@wrong("db is not summed over the images", named=True)
def dense_backward__db_one(dout, cache):
    rows, w, shape = cache
    return (dout @ w.T).reshape(shape), rows.T @ dout, dout[0].copy()


@wrong("the mean over the images is taken instead of the sum")
def dense_backward__mean(dout, cache):
    rows, w, shape = cache
    N = len(dout)
    return (dout @ w.T).reshape(shape), rows.T @ dout / N, dout.mean(axis=0)


@wrong("only the last image counts in dw")
def dense_backward__last_image(dout, cache):
    rows, w, shape = cache
    for n in range(len(dout)):
        dw = np.outer(rows[n], dout[n])
    return (dout @ w.T).reshape(shape), dw, dout.sum(axis=0)


@wrong("dx has the shape of the rows, not that of x", named=False)
def dense_backward__dx_flat(dout, cache):
    rows, w, _shape = cache
    return dout @ w.T, rows.T @ dout, dout.sum(axis=0)


@wrong("dw is transposed", named=False)
def dense_backward__dw_turned(dout, cache):
    rows, w, shape = cache
    return (dout @ w.T).reshape(shape), dout.T @ rows, dout.sum(axis=0)


@wrong("the images are put back with the first axis fastest")
def dense_backward__first_axis_fastest(dout, cache):
    rows, w, shape = cache
    images = [row.reshape(shape[1:], order="F") for row in dout @ w.T]
    return np.stack(images), rows.T @ dout, dout.sum(axis=0)


@wrong("float32 went in, float64 came out")
def dense_backward__float64(dout, cache):
    rows, w, shape = cache
    dout = dout.astype(float)
    return (dout @ w.T).reshape(shape), rows.T @ dout, dout.sum(axis=0)


# softmax_loss


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


@wrong("the exponential overflows, or a p is rounded to 0 before the logarithm")
def softmax_loss__overflow(scores, labels):
    images = np.arange(len(scores))
    e = np.exp(scores)
    p = e / e.sum(axis=1, keepdims=True)
    dscores = p.copy()
    dscores[images, labels] -= 1
    return float(-np.log(p[images, labels]).mean()), dscores / len(scores)


@wrong("the exponential overflows, or a p is rounded to 0 before the logarithm")
def softmax_loss__log_of_zero(scores, labels):
    images = np.arange(len(scores))
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    dscores = p.copy()
    dscores[images, labels] -= 1
    return float(-np.log(p[images, labels]).mean()), dscores / len(scores)


@wrong("the largest score of the batch is subtracted, not that of each image")
def softmax_loss__one_maximum(scores, labels):
    images = np.arange(len(scores))
    e = np.exp(scores - scores.max())
    p = e / e.sum(axis=1, keepdims=True)
    dscores = p.copy()
    dscores[images, labels] -= 1
    return float(-np.log(p[images, labels]).mean()), dscores / len(scores)


@wrong("the loss is summed over the images, not averaged")
def softmax_loss__summed(scores, labels):
    images = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[images, labels] -= 1
    return float(-log_p[images, labels].sum()), dscores


@wrong("dscores is not divided by the number of images")
def softmax_loss__dscores_summed(scores, labels):
    images = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[images, labels] -= 1
    return float(-log_p[images, labels].mean()), dscores


@wrong("dscores is p: the 1 at the right class is not subtracted")
def softmax_loss__only_p(scores, labels):
    images = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_p[images, labels].mean()), np.exp(log_p) / len(scores)


@wrong("dscores has the wrong sign: it points downhill")
def softmax_loss__downhill(scores, labels):
    images = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = -np.exp(log_p)
    dscores[images, labels] += 1
    return float(-log_p[images, labels].mean()), dscores / len(scores)


@wrong("the loss has the wrong sign")
def softmax_loss__negative(scores, labels):
    images = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[images, labels] -= 1
    return float(log_p[images, labels].mean()), dscores / len(scores)


@wrong("the mean goes over images and classes")
def softmax_loss__mean_of_all(scores, labels):
    images = np.arange(len(scores))
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[images, labels] -= 1
    return float(-log_p[images, labels].sum() / scores.size), dscores / scores.size


@wrong("the softmax runs over the images instead of the classes")
def softmax_loss__other_axis(scores, labels):
    images = np.arange(len(scores))
    shifted = scores - scores.max(axis=0, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))
    dscores = np.exp(log_p)
    dscores[images, labels] -= 1
    return float(-log_p[images, labels].mean()), dscores / len(scores)


@wrong("scores was changed in place")
def softmax_loss__in_place(scores, labels):
    images = np.arange(len(scores))
    scores -= scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[images, labels] -= 1
    return float(-log_p[images, labels].mean()), dscores / len(scores)


@wrong("float32 went in, float64 came out")
def softmax_loss__float64(scores, labels):
    images = np.arange(len(scores))
    shifted = scores.astype(float) - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[images, labels] -= 1
    return float(-log_p[images, labels].mean()), dscores / len(scores)


# svm_loss


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


@wrong("the right class is not left out of the sum")
def svm_loss__right_counts(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + margin, 0)
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] -= dscores.sum(axis=1)
    return float(costs.sum() / len(scores)), dscores / len(scores)


@wrong("the right class is not left out of the sum")
def svm_loss__right_counts_in_both(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + margin, 0)
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.sum() / len(scores)), dscores / len(scores)


@wrong("the loss is summed over the images, not averaged")
def svm_loss__summed(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + margin, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.sum()), dscores


@wrong("the mean goes over images and classes")
def svm_loss__mean_of_all(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + margin, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.mean()), dscores / len(scores)


@wrong("dscores is not divided by the number of images")
def svm_loss__dscores_summed(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + margin, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.sum() / len(scores)), dscores


@wrong("the right class gets -1, however many classes are too close")
def svm_loss__minus_one(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + margin, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -(dscores.sum(axis=1) > 0).astype(scores.dtype)
    return float(costs.sum() / len(scores)), dscores / len(scores)


@wrong("the right class gets no gradient")
def svm_loss__right_without(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + margin, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(scores.dtype)
    return float(costs.sum() / len(scores)), dscores / len(scores)


@wrong("the margin is always 1")
def svm_loss__margin_one(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + 1, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.sum() / len(scores)), dscores / len(scores)


@wrong("the margin is subtracted")
def svm_loss__margin_subtracted(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] - margin, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.sum() / len(scores)), dscores / len(scores)


@wrong("only the worst class of each image costs")
def svm_loss__worst_only(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + margin, 0)
    costs[images, labels] = 0
    costs *= costs == costs.max(axis=1, keepdims=True)
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.sum() / len(scores)), dscores / len(scores)


@wrong("costs below 0 are counted, too")
def svm_loss__no_maximum(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = scores - scores[images, labels][:, None] + margin
    costs[images, labels] = 0
    dscores = np.ones_like(scores)
    dscores[images, labels] = 1 - scores.shape[1]
    return float(costs.sum() / len(scores)), dscores / len(scores)


@wrong("float32 went in, float64 came out")
def svm_loss__float64(scores, labels, margin=1.0):
    images = np.arange(len(scores))
    costs = np.maximum(scores - scores[images, labels][:, None] + margin, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(float)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.sum() / len(scores)), dscores / len(scores)


# Conv2D


@right("weights as attributes, dicts made when asked for")
class Conv2D__attributes:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        if rng is None:
            rng = np.random.default_rng()
        fan_in = channels * size**2
        self.w = rng.normal(0.0, (2 / fan_in) ** 0.5, (filters, channels, size, size))
        self.b = np.zeros(filters)
        self.dw = self.db = None
        self.options = {"stride": stride, "padding": padding}

    @property
    def parameters(self):
        return {"w": self.w, "b": self.b}

    @property
    def gradients(self):
        return {} if self.dw is None else {"w": self.dw, "b": self.db}

    def forward(self, x):
        w, b = self.w.astype(x.dtype), self.b.astype(x.dtype)
        out, self.memory = conv_forward(x, w, b, **self.options)
        return out

    def backward(self, dout):
        dx, self.dw, self.db = conv_backward(dout, self.memory)
        return dx


@right("one weight of the window at a time, without conv_forward")
class Conv2D__window:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = rng if rng is not None else np.random.default_rng()
        w = rng.standard_normal((filters, channels, size, size))
        w *= np.sqrt(2 / w[0].size)
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding, self.size = stride, padding, size

    def forward(self, x):
        w = self.parameters["w"].astype(x.dtype)
        F, S, P = self.size, self.stride, self.padding
        HO, WO = (output_size(length, F, S, P) for length in x.shape[2:])
        self.padded = np.pad(x, [(0, 0), (0, 0), (P, P), (P, P)])
        out = np.zeros((len(x), len(w), HO, WO), x.dtype)
        out += self.parameters["b"].astype(x.dtype)[:, None, None]
        for i, j in np.ndindex(F, F):
            met = self.padded[:, :, i : i + S * HO : S, j : j + S * WO : S]
            out += np.einsum("nchw,kc->nkhw", met, w[:, :, i, j])
        return out

    def backward(self, dout):
        w = self.parameters["w"].astype(dout.dtype)
        F, S, P = self.size, self.stride, self.padding
        HO, WO = dout.shape[2:]
        dx, dw = np.zeros_like(self.padded), np.zeros_like(w)
        for i, j in np.ndindex(F, F):
            met = np.s_[:, :, i : i + S * HO : S, j : j + S * WO : S]
            dw[:, :, i, j] = np.einsum("nkhw,nchw->kc", dout, self.padded[met])
            dx[met] += np.einsum("nkhw,kc->nchw", dout, w[:, :, i, j])
        self.gradients = {"w": dw, "b": dout.sum(axis=(0, 2, 3))}
        H, W = dx.shape[2:]
        return dx[:, :, P : H - P, P : W - P]


@wrong("the stride is ignored")
class Conv2D__no_stride:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, 1, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the padding is ignored")
class Conv2D__no_padding:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, 0)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("stride and padding are swapped", named=False)
class Conv2D__swapped:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, max(self.padding, 1), self.stride)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the bias is forgotten")
class Conv2D__no_bias:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, 0 * b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("forward returns the cache, too")
class Conv2D__with_cache:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out, self.cache

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("backward returns all gradients, not dx alone")
class Conv2D__all_gradients:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx, dw, db


@wrong("the gradients of earlier calls are added")
class Conv2D__accumulates:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        old = self.gradients or {"w": 0, "b": 0}
        self.gradients = {"w": old["w"] + dw, "b": old["b"] + db}
        return dx


@wrong("backward leaves no gradients", named=False)
class Conv2D__no_gradients:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.last = dw, db
        return dx


@wrong("float32 went in, float64 came out")
class Conv2D__float64:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        out, self.cache = conv_forward(
            x.astype(float),
            self.parameters["w"],
            self.parameters["b"],
            self.stride,
            self.padding,
        )
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the parameters are float32")
class Conv2D__float32_parameters:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        w = w.astype(np.float32)
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the weights are not scaled")
class Conv2D__no_scale:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        w = w / scale
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the variance 2 / D is taken for the standard deviation")
class Conv2D__variance:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        w = w * scale
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the standard deviation is sqrt(1 / D)")
class Conv2D__one_over_d:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        w = w / np.sqrt(2)
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("D counts the filters instead of the channels")
class Conv2D__fan_out:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        w = w * np.sqrt(channels / filters)
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the weights are not drawn from rng")
class Conv2D__own_rng:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        w = scale * np.random.standard_normal(w.shape)
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the weights are the same for every seed")
class Conv2D__fixed_seed:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        w = scale * np.random.default_rng(0).standard_normal(w.shape)
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the weights are drawn from 0 to 1, never below", named=False)
class Conv2D__uniform:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        w = rng.random(w.shape)
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the weights begin at 0", named=False)
class Conv2D__zeros:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        w = 0 * w
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the parameters that are seen are copies")
class Conv2D__copies:
    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding
        self.kept = {name: array.copy() for name, array in self.parameters.items()}

    def forward(self, x):
        w, b = (self.kept[name].astype(x.dtype) for name in "wb")
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


# Dense


@right("weights as attributes, einsum for the products")
class Dense__attributes:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        self.w = rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, outputs))
        self.b = np.zeros(outputs)
        self.gradients = {}

    @property
    def parameters(self):
        return {"w": self.w, "b": self.b}

    def forward(self, x):
        self.shape = x.shape
        self.rows = x.reshape(x.shape[0], -1)
        out = np.einsum("nd,dm->nm", self.rows, self.w.astype(x.dtype))
        return out + self.b.astype(x.dtype)

    def backward(self, dout):
        self.gradients["w"] = np.einsum("nd,nm->dm", self.rows, dout)
        self.gradients["b"] = dout.sum(axis=0)
        return (dout @ self.w.T.astype(dout.dtype)).reshape(self.shape)


@right("matrix products, without dense_forward")
class Dense__products:
    def __init__(self, inputs, outputs, rng=None):
        rng = rng or np.random.default_rng()
        deviation = np.sqrt(2.0 / inputs)
        self.parameters = {
            "b": np.zeros(outputs),
            "w": deviation * rng.standard_normal((outputs, inputs)).T,
        }
        self.gradients = {}

    def forward(self, x):
        self.x = x
        out = x.reshape(len(x), -1) @ self.parameters["w"] + self.parameters["b"]
        return out.astype(x.dtype)

    def backward(self, dout):
        dw = self.x.reshape(len(self.x), -1).T @ dout
        self.gradients = {"w": dw, "b": np.sum(dout, axis=0)}
        dx = dout @ self.parameters["w"].T
        return dx.astype(dout.dtype).reshape(self.x.shape)


@wrong("the bias is forgotten")
class Dense__no_bias:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, 0 * b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("forward returns the cache, too")
class Dense__with_cache:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out, self.cache

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("backward returns all gradients, not dx alone")
class Dense__all_gradients:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx, dw, db


@wrong("the gradients of earlier calls are added")
class Dense__accumulates:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        old = self.gradients or {"w": 0, "b": 0}
        self.gradients = {"w": old["w"] + dw, "b": old["b"] + db}
        return dx


@wrong("backward leaves no gradients", named=False)
class Dense__no_gradients:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.last = dw, db
        return dx


@wrong("float32 went in, float64 came out")
class Dense__float64:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        out, self.cache = dense_forward(
            x.astype(float), self.parameters["w"], self.parameters["b"]
        )
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the parameters are float32")
class Dense__float32_parameters:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        w = w.astype(np.float32)
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the weights are not scaled")
class Dense__no_scale:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        w = w / scale
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the variance 2 / D is taken for the standard deviation")
class Dense__variance:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        w = w * scale
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the standard deviation is sqrt(1 / D)")
class Dense__one_over_d:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        w = w / np.sqrt(2)
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("D counts the outputs instead of the inputs")
class Dense__fan_out:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        w = w * np.sqrt(inputs / outputs)
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the weights are not drawn from rng")
class Dense__own_rng:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        w = scale * np.random.standard_normal(w.shape)
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the weights are the same for every seed")
class Dense__fixed_seed:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        w = scale * np.random.default_rng(0).standard_normal(w.shape)
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the weights have the shape (outputs, inputs)")
class Dense__turned:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        w = w.T.copy()
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        w, b = (self.parameters[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


@wrong("the parameters that are seen are copies")
class Dense__copies:
    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / inputs)
        w = scale * rng.standard_normal((inputs, outputs))
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}
        self.kept = {name: array.copy() for name, array in self.parameters.items()}

    def forward(self, x):
        w, b = (self.kept[name].astype(x.dtype) for name in "wb")
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


# ReLU


@right("its own mask")
class ReLU__mask:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, dout):
        return np.where(self.positive, dout, dout.dtype.type(0))


@right("class attributes for the two dicts, a copy of x as memory")
class ReLU__copy:
    parameters = {}
    gradients = {}

    def forward(self, x):
        self.x = x.copy()
        return np.maximum(self.x, 0)

    def backward(self, dout):
        dx = np.array(dout)
        dx[self.x <= 0] = 0
        return dx


@wrong("forward returns the cache, too")
class ReLU__with_cache:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.mask = x > 0
        return np.maximum(x, 0), self.mask

    def backward(self, dout):
        return dout * self.mask


@wrong("the gradient passes everywhere")
class ReLU__passes:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.mask = x > 0
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout.copy()


@wrong("the sign of dout decides, and not that of x")
class ReLU__by_dout:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.mask = x > 0
        return np.maximum(x, 0)

    def backward(self, dout):
        return np.maximum(dout, 0)


@wrong("a part of the numbers below 0 comes through")
class ReLU__leaky:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.mask = x > 0
        return np.maximum(x, x.dtype.type(0.1) * x)

    def backward(self, dout):
        return dout * self.mask


@wrong("x was changed in place", named=False)
class ReLU__in_place:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.mask = x > 0
        np.maximum(x, 0, out=x)
        return x

    def backward(self, dout):
        return dout * self.mask


# MaxPool2D


@right("the loops of lesson 05, and its switches")
class MaxPool2D__loops:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        N, C, H, W = self.shape = x.shape
        HO, WO = (output_size(length, self.size, self.stride) for length in (H, W))
        out = np.zeros((N, C, HO, WO), dtype=x.dtype)
        self.winners = {}
        for n, c, ho, wo in np.ndindex(out.shape):
            top, left = ho * self.stride, wo * self.stride
            window = x[n, c, top : top + self.size, left : left + self.size]
            row, column = divmod(int(window.argmax()), self.size)
            self.winners[n, c, ho, wo] = (n, c, top + row, left + column)
            out[n, c, ho, wo] = window.max()
        return out

    def backward(self, dout):
        dx = np.zeros(self.shape, dtype=dout.dtype)
        for place, winner in self.winners.items():
            dx[winner] += dout[place]
        return dx


@right("the fast functions, options kept in a tuple")
class MaxPool2D__tuple:
    parameters = {}
    gradients = {}

    def __init__(self, size=2, stride=2):
        self.options = size, stride

    def forward(self, x):
        result = max_pool_forward(x, *self.options)
        self.memory = result[1]
        return result[0]

    def backward(self, dout):
        return max_pool_backward(dout, self.memory)


@wrong("the stride is ignored")
class MaxPool2D__no_stride:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        out, self.cache = max_pool_forward(x, self.size, 1)
        return out

    def backward(self, dout):
        return max_pool_backward(dout, self.cache)


@wrong("size and stride are swapped")
class MaxPool2D__swapped:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = stride, size
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        out, self.cache = max_pool_forward(x, self.size, self.stride)
        return out

    def backward(self, dout):
        return max_pool_backward(dout, self.cache)


@wrong("size and stride are always 2")
class MaxPool2D__always_two:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        out, self.cache = max_pool_forward(x, 2, 2)
        return out

    def backward(self, dout):
        return max_pool_backward(dout, self.cache)


@wrong("forward returns the cache, too")
class MaxPool2D__with_cache:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        out, self.cache = max_pool_forward(x, self.size, self.stride)
        return out, self.cache

    def backward(self, dout):
        return max_pool_backward(dout, self.cache)


@wrong("the average is taken instead of the maximum")
class MaxPool2D__average:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        from course.pooling import avg_pool_forward

        _, self.cache = max_pool_forward(x, self.size, self.stride)
        return avg_pool_forward(x, self.size, self.stride)[0]

    def backward(self, dout):
        return max_pool_backward(dout, self.cache)


@wrong("backward gives dout to every pixel of a window")
class MaxPool2D__unpooled:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        out, self.cache = max_pool_forward(x, self.size, self.stride)
        return out

    def backward(self, dout):
        return dout.repeat(self.stride, axis=2).repeat(self.stride, axis=3)


# Flatten


@right("the shape of one image is kept")
class Flatten__image:
    parameters, gradients = {}, {}

    def forward(self, x):
        self.image = x.shape[1:]
        return np.reshape(x, (x.shape[0], int(np.prod(self.image))))

    def backward(self, dout):
        return dout.reshape(-1, *self.image)


@right("one row after the other")
class Flatten__rows:
    def __init__(self):
        self.parameters = {}
        self.gradients = {}

    def forward(self, x):
        self.shape = x.shape
        return np.stack([image.ravel() for image in x])

    def backward(self, dout):
        images = [row.reshape(self.shape[1:]) for row in dout]
        return np.stack(images)


@wrong("the images are laid out with the first axis fastest")
class Flatten__first_axis_fastest:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.shape = x.shape
        return np.stack([image.ravel(order="F") for image in x])

    def backward(self, dout):
        return dout.reshape(self.shape)


@wrong("the batch is flattened, too")
class Flatten__everything:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(-1)

    def backward(self, dout):
        return dout.reshape(self.shape)


@wrong("backward leaves the rows as they are")
class Flatten__stays_flat:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout):
        return dout.copy()


@wrong("only height and width are flattened")
class Flatten__channels:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), x.shape[1], -1)

    def backward(self, dout):
        return dout.reshape(self.shape)


@wrong("forward returns the cache, too")
class Flatten__with_cache:
    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1), self.shape

    def backward(self, dout):
        return dout.reshape(self.shape)


# Sequential


@right("loops, and numpy's own npz functions")
class Sequential__plain:
    def __init__(self, layers):
        self.layers = [layer for layer in layers]

    def forward(self, x):
        out = x
        for i in range(len(self.layers)):
            out = self.layers[i].forward(out)
        return out

    def backward(self, dout):
        for i in range(len(self.layers) - 1, -1, -1):
            dout = self.layers[i].backward(dout)
        return dout

    @property
    def parameters(self):
        found = {}
        for i, layer in enumerate(self.layers):
            for name in layer.parameters:
                found[str(i) + "." + name] = layer.parameters[name]
        return found

    @property
    def gradients(self):
        found = {}
        for i, layer in enumerate(self.layers):
            for name in layer.gradients:
                found[str(i) + "." + name] = layer.gradients[name]
        return found

    def predict(self, x):
        return np.argmax(self.forward(x), axis=-1)

    def save(self, path):
        np.savez(path, **self.parameters)

    def load(self, path):
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        mine = self.parameters
        if set(arrays) != set(mine):
            raise ValueError(f"names differ: {sorted(arrays)} and {sorted(mine)}")
        for name in mine:
            if arrays[name].shape != mine[name].shape:
                raise ValueError(f"{name} has the shape {arrays[name].shape}")
        for name in mine:
            np.copyto(mine[name], arrays[name])


@right("reduce, and one function for both dicts")
class Sequential__reduce:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        from functools import reduce

        return reduce(lambda value, layer: layer.forward(value), self.layers, x)

    def backward(self, dout):
        from functools import reduce

        return reduce(
            lambda value, layer: layer.backward(value), self.layers[::-1], dout
        )

    def collect(self, kind):
        pairs = {}
        for place, layer in enumerate(self.layers):
            own = getattr(layer, kind)
            pairs.update({f"{place}.{name}": own[name] for name in own})
        return pairs

    parameters = property(lambda self: self.collect("parameters"))
    gradients = property(lambda self: self.collect("gradients"))

    def predict(self, x):
        return self.forward(x).argmax(1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        shapes = [{k: v.shape for k, v in arrays.items()} for arrays in (found, wanted)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"{path} holds {shapes[0]}, the network {shapes[1]}")
        for name in wanted:
            wanted[name][:] = found[name]


@wrong("the layers run in the wrong order")
class Sequential__backwards:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in reversed(self.layers):
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("only the last layer runs")
class Sequential__not_chained:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            out = layer.forward(x)
        return out

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("backward runs from the first layer to the last")
class Sequential__first_to_last:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in self.layers:
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("dout is handed to every layer, and not on")
class Sequential__dout_for_all:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("backward returns nothing", named=False)
class Sequential__no_dx:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("the names of the layers' parameters collide", named=False)
class Sequential__collide:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            name: array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("only layers that learn are counted")
class Sequential__learning_only:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(x for x in self.layers if x.parameters)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(x for x in self.layers if x.gradients)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("the layers are counted from 1", named=False)
class Sequential__from_one:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers, 1)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers, 1)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("parameters are copies")
class Sequential__copies:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array.copy()
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("the highest score is returned, not its place")
class Sequential__highest_score:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).max(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("the highest score is searched along the batch")
class Sequential__along_batch:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=0)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("the lowest score is taken")
class Sequential__lowest:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmin(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("load replaces the arrays instead of filling them")
class Sequential__replaces:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name in wanted:
            place, _, own = name.partition(".")
            self.layers[int(place)].parameters[own] = found[name]


@wrong("the network's arrays are not filled: array[...] = does that")
class Sequential__loads_nothing:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name in wanted:
            self.parameters[name] = found[name]


@wrong("a file that does not fit is loaded all the same", named=False)
class Sequential__no_refusal:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        found = {**wanted, **found}
        for name, array in wanted.items():
            array[...] = found[name]


@wrong("the arrays before the misfit are loaded all the same", named=False)
class Sequential__half_loaded:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        save_arrays(path, self.parameters)

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        for name, array in wanted.items():
            array[...] = found.get(name, array)
        if problems:
            raise ValueError("; ".join(problems))


@wrong("the file cannot be read without pickle", named=False)
class Sequential__pickled:
    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        return self.forward(x).argmax(axis=1)

    def save(self, path):
        np.savez(path, parameters=np.array(self.parameters, dtype=object))

    def load(self, path):
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError("; ".join(problems))
        for name, array in wanted.items():
            array[...] = found[name]


# small_convnet


@right("the layers in a list, sizes worked out by hand")
def small_convnet__by_hand(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    if size % 2 == 0 or H % 2 or W % 2:
        raise ValueError(f"{input_shape} and filters of {size} do not fit")
    rng = np.random.default_rng(rng)
    layers = [Conv2D(C, filters, size, padding=(size - 1) // 2, rng=rng)]
    layers += [ReLU(), MaxPool2D(2, 2)]
    layers.append(Dense(H * W * filters // 4, classes, rng))
    return Sequential(layers)


@right("layers of its own")
def small_convnet__own_layers(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    if size % 2 == 0 or H % 2 or W % 2:
        raise ValueError(f"{input_shape} and filters of {size} do not fit")
    rng = np.random.default_rng() if rng is None else rng

    class Step:
        def __init__(self, forward, backward, **shapes):
            self.parameters = {
                name: np.sqrt(2 / np.prod(shape[1:])) * rng.standard_normal(shape)
                if len(shape) > 1
                else np.zeros(shape)
                for name, shape in shapes.items()
            }
            self.gradients, self.run, self.back = {}, forward, backward

        def forward(self, x):
            arrays = [array.astype(x.dtype) for array in self.parameters.values()]
            out, self.cache = self.run(x, *arrays)
            return out

        def backward(self, dout):
            dx, *gradients = self.back(dout, self.cache)
            self.gradients = dict(zip(self.parameters, gradients))
            return dx

    def dense(x, w, b):
        rows = x.reshape(len(x), -1)
        return rows @ w.T + b, (rows, w, x.shape)

    def dense_back(dout, cache):
        rows, w, shape = cache
        return (dout @ w).reshape(shape), dout.T @ rows, dout.sum(axis=0)

    class Chain:
        def __init__(self, layers):
            self.layers = layers

        def forward(self, x):
            for layer in self.layers:
                x = layer.forward(x)
            return x

        def backward(self, dout):
            for layer in self.layers[::-1]:
                dout = layer.backward(dout)
            return dout

        def collect(self, kind):
            return {
                f"{place}.{name}": array
                for place, layer in enumerate(self.layers)
                for name, array in getattr(layer, kind).items()
            }

        parameters = property(lambda self: self.collect("parameters"))
        gradients = property(lambda self: self.collect("gradients"))

    padding = size // 2
    return Chain(
        [
            Step(
                lambda x, w, b: conv_forward(x, w, b, 1, padding),
                conv_backward,
                w=(filters, C, size, size),
                b=(filters,),
            ),
            Step(
                lambda x: (np.maximum(x, 0), x > 0),
                lambda dout, mask: (dout * mask,),
            ),
            Step(
                max_pool_forward,
                lambda dout, cache: (max_pool_backward(dout, cache),),
            ),
            Step(dense, dense_back, w=(classes, filters * H * W // 4), b=(classes,)),
        ]
    )


@wrong("the convolution has no padding")
def small_convnet__no_padding(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    same_padding(size)
    HO, WO = (H - size + 1) // 2, (W - size + 1) // 2
    return Sequential(
        [
            Conv2D(C, filters, size, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(filters * HO * WO, classes, rng=rng),
        ]
    )


@wrong("the ReLU is missing")
def small_convnet__no_relu(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    P = same_padding(size)
    HO, WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            MaxPool2D(),
            Dense(filters * HO * WO, classes, rng=rng),
        ]
    )


@wrong("the pooling is missing")
def small_convnet__no_pool(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    P = same_padding(size)
    _HO, _WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            ReLU(),
            Dense(filters * H * W, classes, rng=rng),
        ]
    )


@wrong("a Flatten is a fifth layer, and four are asked for")
def small_convnet__flatten(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    P = same_padding(size)
    HO, WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            ReLU(),
            MaxPool2D(2, 2),
            Flatten(),
            Dense(filters * HO * WO, classes, rng=rng),
        ]
    )


@wrong("the height is used for the width too", named=False)
def small_convnet__square(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    P = same_padding(size)
    HO, _WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(filters * HO * HO, classes, rng=rng),
        ]
    )


@wrong("the dense layer takes one channel only", named=False)
def small_convnet__channels_lost(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    P = same_padding(size)
    HO, WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(HO * WO, classes, rng=rng),
        ]
    )


@wrong("the padding is 1 whatever the size", named=False)
def small_convnet__fixed_padding(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    P = 1
    HO, WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(filters * HO * WO, classes, rng=rng),
        ]
    )


@wrong("the weights are not drawn from rng")
def small_convnet__own_rng(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng()
    P = same_padding(size)
    HO, WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(filters * HO * WO, classes, rng=rng),
        ]
    )


@wrong("the weights are the same for every seed")
def small_convnet__fixed_seed(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng(0)
    P = same_padding(size)
    HO, WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(filters * HO * WO, classes, rng=rng),
        ]
    )


@wrong("a second ReLU cuts the scores off at 0", named=False)
def small_convnet__softmax_added(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    P = same_padding(size)
    HO, WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(filters * HO * WO, classes, rng=rng),
            ReLU(),
        ]
    )


@wrong("7 rows are halved to 3, silently", named=False)
def small_convnet__floors(input_shape, filters, classes, size=3, rng=None):
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    P = same_padding(size)
    HO, WO = H // 2, W // 2
    return Sequential(
        [
            Conv2D(C, filters, size, padding=P, rng=rng),
            ReLU(),
            *([MaxPool2D()] if H % 2 == W % 2 == 0 else []),
            Dense(filters * HO * WO, classes, rng=rng),
        ]
    )


# SGD


@right("a velocity for every parameter from the start")
class SGD__from_the_start:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network, self.learning_rate = network, learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.v = {k: np.zeros_like(p) for k, p in network.parameters.items()}

    def step(self):
        gradients = self.network.gradients
        for key, p in self.network.parameters.items():
            if key in gradients:
                self.v[key] *= self.momentum
                self.v[key] += gradients[key] + self.weight_decay * p
                p[...] = p - self.learning_rate * self.v[key]


@right("layer by layer")
class SGD__layers:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.memory = {}

    def step(self):
        for place, layer in enumerate(self.network.layers):
            for name, gradient in layer.gradients.items():
                array = layer.parameters[name]
                last = self.memory.get((place, name), np.zeros_like(array))
                new = self.momentum * last + (gradient + self.weight_decay * array)
                np.subtract(array, self.learning_rate * new, out=array)
                self.memory[place, name] = new


@wrong("the step goes uphill")
class SGD__uphill:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter += self.learning_rate * velocity


@wrong("the momentum is left out")
class SGD__no_momentum:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity


@wrong("the gradient counts only 1 - momentum")
class SGD__damped:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = (
                self.momentum * self.velocities.get(name, 0.0)
                + (1 - self.momentum) * push
            )
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity


@wrong("the momentum is always 1")
class SGD__momentum_one:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity


@wrong("the last gradient is remembered, not the velocity")
class SGD__last_gradient:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = push
            parameter -= self.learning_rate * velocity


@wrong("the parameter is replaced by a copy", named=False)
class SGD__copy:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter = parameter - self.learning_rate * velocity


@wrong("the parameters that a layer holds are not changed", named=False)
class SGD__new_array:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameters[name] = parameter - self.learning_rate * velocity


@wrong("the weight decay is left out")
class SGD__no_decay:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = 1 * gradient
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity


@wrong("the weight decay makes the weights larger")
class SGD__growth:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient - self.weight_decay * parameter
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity


@wrong("the weight decay is not multiplied by the learning rate")
class SGD__decay_alone:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity + self.weight_decay * parameter


@wrong("the weight decay does not go into the velocity")
class SGD__decoupled:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * (velocity + self.weight_decay * parameter)


@wrong("the learning rate is part of the velocity")
class SGD__rate_inside:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = (
                self.momentum * self.velocities.get(name, 0.0)
                + self.learning_rate * push
            )
            self.velocities[name] = velocity
            parameter -= velocity


@wrong("the learning rate cannot be changed")
class SGD__fixed_rate:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}
        self.rate = learning_rate

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.rate * velocity


@wrong("all parameters share one velocity", named=False)
class SGD__one_velocity:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = self.momentum * np.sum(self.velocities.get("all", 0.0)) + push
            self.velocities["all"] = velocity
            parameter -= self.learning_rate * velocity


@wrong("the gradients are changed in place")
class SGD__gradient_changed:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            gradient += self.weight_decay * parameter
            push = gradient
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity


@wrong("a parameter without a gradient decays")
class SGD__all_parameters:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        parameters = self.network.parameters
        for name, parameter in parameters.items():
            gradient = self.network.gradients.get(name, 0.0)
            push = gradient + self.weight_decay * parameter
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity


# train


@right("its own softmax and its own momentum where none is given")
def train__on_its_own(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    def softmax(scores, labels):
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        picked = np.arange(len(labels)), labels
        value = -np.log(p[picked]).mean()
        p[picked] -= 1
        return value, p / len(labels)

    class Momentum:
        speed = {}

        def step(self):
            for name, gradient in network.gradients.items():
                self.speed = {
                    **self.speed,
                    name: 0.9 * self.speed.get(name, 0) + gradient,
                }
                network.parameters[name][...] -= learning_rate * self.speed[name]

    rng, loss = rng or np.random.default_rng(), loss or softmax
    optimizer = optimizer or Momentum()
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for _ in range(epochs):
            rows, hits = np.arange(len(x)), 0
            rng.shuffle(rows)
            while len(rows):
                batch, rows = rows[:batch_size], rows[batch_size:]
                scores = network.forward(x[batch])
                value, slope = loss(scores, y[batch])
                hits += (scores.argmax(axis=1) == y[batch]).sum()
                network.backward(slope)
                optimizer.step()
                history["loss"].append(float(value))
            history["accuracy"].append(float(hits / len(x)))
            if validation:
                found = network.predict(validation[0])
                history["validation"].append(float(np.mean(found == validation[1])))
    except KeyboardInterrupt:
        print("stopped")
    return history


@right("batches cut by array_split, a generator of batches")
def train__batches(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    if rng is None:
        rng = np.random.default_rng()
    if optimizer is None:
        optimizer = SGD(network, learning_rate)
    if loss is None:
        loss = softmax_loss
    cuts = range(batch_size, len(x), batch_size)

    def run_epoch():
        hits = 0
        for rows in np.array_split(rng.permutation(len(x)), cuts):
            scores = network.forward(x[rows])
            hits += np.count_nonzero(np.argmax(scores, axis=1) == y[rows])
            value, dscores = loss(scores, y[rows])
            network.backward(dscores)
            optimizer.step()
            losses.append(float(value))
        shares.append(hits / len(x))

    losses, shares, later = [], [], []
    try:
        for _ in range(epochs):
            run_epoch()
            if validation is not None:
                later.append(
                    float((network.predict(validation[0]) == validation[1]).mean())
                )
    except KeyboardInterrupt:
        pass
    return {"loss": losses, "accuracy": shares, "validation": later}


@wrong("no step, or not with the optimizer that was given")
def train__no_step(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("backward is never called", named=False)
def train__no_backward(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, _dscores = loss(scores, y[rows])
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the momentum is forgotten from epoch to epoch", named=False)
def train__new_optimizer(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate)
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            optimizer = SGD(network, learning_rate)
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the last, smaller batch is left out")
def train__last_left_out(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N - batch_size + 1, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("only one epoch is run", named=False)
def train__one_epoch(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(1):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the images are not shuffled")
def train__not_shuffled(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = np.arange(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("all epochs have the same order")
def train__same_order(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    order = rng.permutation(N)
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("some images come twice, others not at all")
def train__with_replacement(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.integers(0, N, N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("images and labels are shuffled apart")
def train__labels_apart(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rng.permutation(N)[: len(rows)]])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the loss that was given is never called")
def train__own_loss(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = softmax_loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the validation images go through forward instead of predict")
def train__validation_forward(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                found = network.forward(validation[0]).argmax(axis=1)
                hits = found == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the labels are taken in the order of the file", named=False)
def train__labels_in_order(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[start : start + batch_size])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the order is not drawn from rng")
def train__own_rng(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng()
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the order is the same for every rng")
def train__fixed_seed(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng(0)
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("no step, or not with the optimizer that was given")
def train__own_optimizer(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate)
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("one step per epoch", named=False)
def train__step_per_epoch(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            optimizer.step()
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("x and y are shuffled in place", named=False)
def train__in_place(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = np.arange(N)
            shuffled = rng.permutation(N)
            x[...], y[...] = x[shuffled], y[shuffled]
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the interrupt is not caught, or the history is lost")
def train__not_caught(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except ValueError:
        pass
    return history


@wrong("the weights are put back to where they began")
def train__weights_back(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    kept = {name: array.copy() for name, array in network.parameters.items()}
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        for name, array in network.parameters.items():
            array[...] = kept[name]
    return history


@wrong("after an interrupt the training goes on", named=False)
def train__caught_per_step(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    for epoch in range(epochs):
        try:
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
        except KeyboardInterrupt:
            pass
    return history


@wrong("the validation images are looked at only once, at the end")
def train__validated_once(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None and epoch == epochs - 1:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the accuracy is in percent")
def train__percent(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(100 * right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the accuracy counts images, and is no share of 1")
def train__counts(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(float(right))
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("the accuracy is that after the step")
def train__after_the_step(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(network.predict(x[rows]) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


@wrong("nothing is returned", named=False)
def train__no_history(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass


@wrong("another loss than the given one is used", named=False)
def train__fixed_loss(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=None,
    validation=None,
    rng=None,
    show=True,
):
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    loss = softmax_loss if loss is None else loss
    history = {"loss": [], "accuracy": [], "validation": []}
    try:
        for epoch in range(epochs):
            order = rng.permutation(N)
            right = 0
            for start in range(0, N, batch_size):
                rows = order[start : start + batch_size]
                scores = network.forward(x[rows])
                value, dscores = softmax_loss(scores, y[rows])
                network.backward(dscores)
                optimizer.step()
                history["loss"].append(float(value))
                right += int(np.sum(scores.argmax(axis=1) == y[rows]))
            history["accuracy"].append(right / N)
            if validation is not None:
                hits = network.predict(validation[0]) == validation[1]
                history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history


# Stored examples


def _then_back(forward):
    """Calls a backward function on the cache of the reference's forward function."""

    def call(backward, x, dout, **more):
        from course import network

        cache = getattr(network, forward)(x, *more.values())[1]
        return backward(dout, cache)

    return call


def _loss_and_gradient(function, **inputs):
    loss, *rest = function(**inputs)
    return float(loss), *rest


def _numbers(*shape, dtype=np.float64):
    return lambda rng: {"x": ints(rng, *shape, dtype=dtype)}


def _with_upstream(*shape, dtype=np.float64):
    return lambda rng: {
        "x": ints(rng, *shape, dtype=dtype),
        "dout": 5 * ints(rng, *shape, dtype=dtype) + dtype(2),
    }


RELU_CASES = [
    ("a row", (6,), np.float64, {}),
    ("images", (2, 2, 3, 4), np.float64, {}),
    ("scores", (3, 5), np.float64, {}),
    ("float32 stays float32", (2, 3, 2), F32, {}),
    ("a non-contiguous x", (2, 1, 3, 4), np.float64, {"x": "strided"}),
]


def _dense(rng, shape, M, dtype=np.float64, back=False):
    D = int(np.prod(shape[1:]))
    given = {
        "x": ints(rng, *shape, dtype=dtype),
        "w": ints(rng, D, M, dtype=dtype),
        "b": 5 + ints(rng, M, dtype=dtype),
    }
    return given | ({"dout": ints(rng, shape[0], M, dtype=dtype)} if back else {})


DENSE_CASES = [
    ("three numbers, two outputs", (1, 3), 2, np.float64, {}),
    ("rows", (4, 3), 2, np.float64, {}),
    ("images, every axis another length", (2, 3, 2, 4), 5, np.float64, {}),
    ("one output", (3, 2, 1, 2), 1, np.float64, {}),
    ("float32 stays float32", (2, 1, 2, 3), 4, F32, {}),
    ("non-contiguous arrays", (2, 2, 2, 2), 3, np.float64, {"x": "strided"}),
]


def _scored(rng, N, classes, dtype=np.float64, spread=1.0):
    scores = (ints(rng, N, classes) * spread).astype(dtype)
    return {"scores": scores, "labels": rng.integers(0, classes, N)}


LOSS_CASES = [
    ("one image, two classes", (1, 2), {}, {}),
    ("four images, three classes", (4, 3), {}, {}),
    ("halves", (3, 5), {"spread": 0.5}, {}),
    ("float32 stays float32", (3, 4), {"dtype": F32}, {}),
    ("non-contiguous scores", (2, 6), {}, {"scores": "strided"}),
]

EXAMPLES = [
    *(
        example("relu_forward", case, _numbers(*shape, dtype=dtype), layout=layout)
        for case, shape, dtype, layout in RELU_CASES
    ),
    *(
        example(
            "relu_backward",
            case,
            _with_upstream(*shape, dtype=dtype),
            outputs=("dx",),
            layout=layout,
            call=_then_back("relu_forward"),
        )
        for case, shape, dtype, layout in RELU_CASES
    ),
    *(
        example(
            "dense_forward",
            case,
            lambda rng, shape=shape, M=M, dtype=dtype: _dense(rng, shape, M, dtype),
            layout=layout,
        )
        for case, shape, M, dtype, layout in DENSE_CASES
    ),
    *(
        example(
            "dense_backward",
            case,
            lambda rng, shape=shape, M=M, dtype=dtype: _dense(
                rng, shape, M, dtype, back=True
            ),
            outputs=("dx", "dw", "db"),
            layout=layout,
            call=_then_back("dense_forward"),
        )
        for case, shape, M, dtype, layout in DENSE_CASES
    ),
    *(
        example(
            "softmax_loss",
            case,
            lambda rng, shape=shape, how=how: _scored(rng, *shape, **how),
            outputs=("loss", "dscores"),
            layout=layout,
            call=_loss_and_gradient,
        )
        for case, shape, how, layout in LOSS_CASES
    ),
    *(
        example(
            "svm_loss",
            f"{case}, margin {margin:g}" if margin != 1 else case,
            lambda rng, shape=shape, how=how: _scored(rng, *shape, **how),
            {} if margin == 1 else {"margin": margin},
            outputs=("loss", "dscores"),
            layout=layout,
            call=_loss_and_gradient,
        )
        for (case, shape, how, layout), margin in zip(LOSS_CASES, [1, 1, 2.5, 1, 1])
    ),
]
