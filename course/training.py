# Built by lesson 07_training with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 07_training builds."""

import numpy as np


def batchnorm_forward(
    x, gamma, beta, running_mean, running_var, training=True, momentum=0.9, eps=1e-5
):
    """Normalise every feature, or every channel, of a batch; then scale and shift it.

    x is (N, D), one feature per column, or (N, C, H, W), where all places of a channel
    count as one feature. gamma, beta, running_mean and running_var are (D,) or (C,).

    In training the mean and the variance (divided by the count) come from the batch, and
    both running arrays are changed in place: running = momentum * running +
    (1 - momentum) * that of the batch. Otherwise the running values are used, and left as
    they are. Ioffe and Szegedy, 2015, algorithms 1 and 2.

    Returns (out, cache), out = gamma * (x - mean) / sqrt(variance + eps) + beta in the
    shape and the dtype of x. x, gamma and beta are not changed.
    """
    axes = (0, *range(2, x.ndim))
    aligned = (1, -1) + (1,) * (x.ndim - 2)
    mean, var = running_mean, running_var
    if training:
        mean = x.mean(axis=axes)
    normal = x - mean.astype(x.dtype).reshape(aligned)
    if training:
        var = (normal**2).mean(axis=axes)
        running_mean[...] = momentum * running_mean + (1 - momentum) * mean
        running_var[...] = momentum * running_var + (1 - momentum) * var
    scale = (1 / np.sqrt(var + eps)).astype(x.dtype).reshape(aligned)
    gamma = gamma.astype(x.dtype).reshape(aligned)
    # In place, as with out below: these arrays are large, and each new one costs time.
    normal *= scale
    out = gamma * normal
    out += beta.astype(x.dtype).reshape(aligned)
    return out, (normal, scale, gamma, axes, training)


def batchnorm_backward(dout, cache):
    """Backward pass of batchnorm_forward: the gradients of sum(out * dout).

    dout has the shape of x and is not changed. cache is what batchnorm_forward returned,
    in training or not: mean and variance depend on x in training only.

    Returns (dx, dgamma, dbeta): dx in the shape and the dtype of x, the others (D,) or
    (C,).
    """
    normal, scale, gamma, axes, training = cache
    dgamma, dbeta = (dout * normal).sum(axis=axes), dout.sum(axis=axes)
    dx = dout * gamma
    if training:
        along = dx.mean(axis=axes, keepdims=True)
        stretch = (dx * normal).mean(axis=axes, keepdims=True)
        dx -= along
        dx -= normal * stretch
    dx *= scale
    return dx, dgamma, dbeta


class BatchNorm:
    """Batch normalisation of `channels` channels or features, as a layer.

    parameters: "gamma", ones, and "beta", zeros; gradients after backward under the same
    names. running_mean begins at zeros, running_var at ones; all four are (channels,)
    float64 arrays of this layer alone. training: True at first; `forward` normalises with
    the batch while it is True, with the running values otherwise. momentum and eps as in
    batchnorm_forward.
    """

    def __init__(self, channels, momentum=0.9, eps=1e-5):
        self.parameters = {"gamma": np.ones(channels), "beta": np.zeros(channels)}
        self.gradients = {}
        self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)
        self.training, self.momentum, self.eps = True, momentum, eps

    def forward(self, x):
        """x (N, channels) or (N, channels, H, W), normalised, in the dtype of x."""
        out, self.cache = batchnorm_forward(
            x,
            self.parameters["gamma"],
            self.parameters["beta"],
            self.running_mean,
            self.running_var,
            self.training,
            self.momentum,
            self.eps,
        )
        return out

    def backward(self, dout):
        """dx for the last forward; leaves the gradients of gamma and beta."""
        dx, dgamma, dbeta = batchnorm_backward(dout, self.cache)
        self.gradients = {"gamma": dgamma, "beta": dbeta}
        return dx


def dropout_forward(x, keep, training=True, rng=None):
    """Inverted dropout: keep each number with probability `keep`, else 0.

    x is an array of floats of any shape and is not changed. keep is above 0 and at most 1,
    anything else raises ValueError that names it. What is kept is divided by keep. rng: a
    numpy Generator (None: a new one). Not training: out is x, nothing is drawn.

    Returns (out, cache), out in the shape and the dtype of x.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep is {keep!r}: it must be above 0 and at most 1")
    if not training:
        return x, None
    rng = np.random.default_rng() if rng is None else rng
    mask = (rng.random(x.shape) < keep).astype(x.dtype) / x.dtype.type(keep)
    return x * mask, mask


def dropout_backward(dout, cache):
    """Backward pass of dropout_forward: dx, in the shape and the dtype of dout.

    The gradient passes where a number was kept, divided by keep like the number. dout is
    not changed. cache is what dropout_forward returned, in training or not.
    """
    return dout if cache is None else dout * cache


class Dropout:
    """dropout_forward as a layer. parameters and gradients: {}.

    training: True at first; out is x where it is False. Every forward draws anew, from
    the numpy Generator `rng` (None: a new one).
    """

    def __init__(self, keep, rng=None):
        self.keep, self.training = keep, True
        self.rng = np.random.default_rng() if rng is None else rng
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        """x with some of its numbers at 0, or x itself in use."""
        out, self.cache = dropout_forward(x, self.keep, self.training, self.rng)
        return out

    def backward(self, dout):
        """dx for the last forward."""
        return dropout_backward(dout, self.cache)


def set_training(network, training):
    """Set the attribute `training` of every layer that has one, also in nested networks.

    network: an object with a list `layers`; a layer that has such a list itself is a
    network inside. Layers without the attribute stay without it.
    """
    for layer in network.layers:
        if hasattr(layer, "training"):
            layer.training = training
        if hasattr(layer, "layers"):
            set_training(layer, training)


class Adam:
    """Adam with decoupled weight decay (Kingma and Ba, 2015; Loshchilov and Hutter, 2019).

    network: its `parameters` are changed in place, by its `gradients` of the last backward.
    The other settings are attributes, and may be changed between two steps.
    """

    def __init__(
        self,
        network,
        learning_rate=0.001,
        beta1=0.9,
        beta2=0.999,
        eps=1e-8,
        weight_decay=0.0,
    ):
        self.network, self.learning_rate = network, learning_rate
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.weight_decay = weight_decay
        self.steps, self.means, self.squares = 0, {}, {}

    def step(self):
        """Move every parameter that has a gradient once, in place.

        m and v of each parameter begin at 0, t counts the steps from 1. Then
        parameter -= learning_rate * (m_hat / (sqrt(v_hat) + eps) + weight_decay * parameter),
        the last term only for parameters of two axes or more, with the parameter's value
        before the step. The gradients are not changed.
        """
        self.steps += 1
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            mean = self.beta1 * self.means.get(name, 0.0)
            self.means[name] = mean = mean + (1 - self.beta1) * gradient
            square = self.beta2 * self.squares.get(name, 0.0)
            self.squares[name] = square = square + (1 - self.beta2) * gradient**2
            spread = np.sqrt(square / (1 - self.beta2**self.steps)) + self.eps
            move = mean / (1 - self.beta1**self.steps) / spread
            if parameter.ndim > 1:
                move = move + self.weight_decay * parameter
            parameter -= self.learning_rate * move


def cosine_rate(step, steps, highest, lowest=0.0, warmup=0):
    """The learning rate at `step`, counted from 0, of a training of `steps` steps: a float.

    Before `warmup` it rises in a straight line: highest * step / warmup. Then it falls from
    highest, at step == warmup, to lowest, at step == steps, along half a cosine.
    Raises ValueError naming the values unless 0 <= step <= steps and 0 <= warmup < steps.
    """
    if not (0 <= step <= steps and 0 <= warmup < steps):
        raise ValueError(
            f"step {step}, steps {steps}, warmup {warmup}: "
            "a step is 0 to steps, the warm-up shorter than steps"
        )
    if step < warmup:
        return float(highest * step / warmup)
    share = (step - warmup) / (steps - warmup)
    return float(lowest + (highest - lowest) * 0.5 * (1 + np.cos(np.pi * share)))


def shift_images(x, rng, most=2):
    """Every image moved by up to `most` pixels up or down and left or right.

    x is (N, C, H, W) and is not changed. For each image two whole numbers from -most to
    most are drawn from the numpy Generator `rng`, all equally likely; all its channels move
    alike, and zeros come in at the border.

    Returns a new array in the shape and the dtype of x. Raises ValueError naming the values
    unless 0 <= most < H and most < W.
    """
    N, _, H, W = x.shape
    if not 0 <= most < min(H, W):
        raise ValueError(f"most is {most}: images are {H} high and {W} wide")
    padded = np.pad(x, [(0, 0), (0, 0), (most, most), (most, most)])
    out = np.empty_like(x)
    for image, source, (row, column) in zip(
        out, padded, rng.integers(0, 2 * most + 1, size=(N, 2))
    ):
        image[...] = source[:, row : row + H, column : column + W]
    return out


def flip_images(x, rng):
    """Every image mirrored left to right with probability 1/2.

    x is (N, C, H, W) and is not changed; the draws come from the numpy Generator `rng`.
    Returns a new array in the shape and the dtype of x.
    """
    out = x.copy()
    chosen = rng.random(len(x)) < 0.5
    out[chosen] = out[chosen][..., ::-1]
    return out


def confusion_matrix(labels, predicted, classes):
    """How often each label was taken for which class: (classes, classes) whole numbers.

    labels and predicted are (N,) whole numbers from 0 to classes - 1. Entry [i, j] counts
    the images with label i that were predicted as j. Raises ValueError naming both
    lengths when they differ.
    """
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    if len(labels) != len(predicted):
        raise ValueError(f"{len(labels)} labels, but {len(predicted)} predictions")
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def stratified_split(labels, parts, rng):
    """Deal the images 0 to N - 1 into parts, each class as evenly as can be.

    labels: (N,). parts: a whole number of equal parts, or a sequence with the size of each
    part relative to the others, such as (8, 1, 1) or (0.8, 0.1, 0.1). Which images of a
    class go where is drawn from the numpy Generator `rng`.

    Returns a list of index arrays, one for each part: together they hold every image once.
    The number of images of a class in a part differs from its fair share by less than 1.
    Raises ValueError naming `parts` unless there is a part, and every size is above 0.
    """
    sizes = (
        np.ones(parts) if np.ndim(parts) == 0 and parts > 0 else np.atleast_1d(parts)
    )
    if not len(sizes) or not np.all(sizes > 0):
        raise ValueError(f"parts is {parts!r}: wanted one size above 0, or more")
    ends = np.cumsum(sizes)[:-1] / np.sum(sizes)
    dealt = [[] for _ in sizes]
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        # Shares are rounded up or down by chance, so that no part gets every odd image.
        cuts = np.floor(ends * len(rows) + rng.random()).astype(int)
        for part, chosen in zip(dealt, np.split(rows, cuts)):
            part.append(chosen)
    return [np.concatenate(part) for part in dealt]


def random_search(score, space, trials, rng):
    """Try `trials` random choices; return a list of (score, choice), best first.

    space maps a name to what may be chosen: a tuple (low, high, "linear") or
    (low, high, "log"), from which a float is drawn evenly or evenly in its logarithm, or a
    list, of which one entry is drawn. All draws come from the numpy Generator `rng`. A choice
    is a dict from each name to a value; score(choice) is called once for each and returns a
    number, the higher the better. A score that is nan is worse than all others.
    Raises ValueError naming the scale when it is neither "linear" nor "log".
    """
    results = []
    for _ in range(trials):
        choice = {}
        for name, options in space.items():
            if isinstance(options, list):
                choice[name] = options[rng.integers(len(options))]
                continue
            low, high, scale = options
            if scale not in ("linear", "log"):
                raise ValueError(f"{name} has the scale {scale!r}: linear or log")
            if scale == "log":
                drawn = np.exp(rng.uniform(np.log(low), np.log(high)))
                choice[name] = float(np.clip(drawn, low, high))
            else:
                choice[name] = float(rng.uniform(low, high))
        results.append((score(choice), choice))
    return sorted(results, key=lambda each: (np.isnan(each[0]), -each[0]))
