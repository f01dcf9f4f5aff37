# Built by lesson 06_convnet with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 06_convnet builds."""

import numpy as np

from course.geometry import output_size, same_padding
from course.im2col import conv_backward, conv_forward
from course.kit.checkpoint import differences, load_arrays, save_arrays
from course.kit.training import layer_mode, watch
from course.pooling import max_pool_backward, max_pool_forward


def relu_forward(x):
    """Rectified linear unit: max(0, x) of every number.

    x is an array of floats of any shape, and is not changed.

    Returns (out, cache). out has the shape and the dtype of x. What the cache holds is up
    to you.
    """
    return np.maximum(x, 0), x > 0


def relu_backward(dout, cache):
    """Backward pass of relu_forward: dx, in the shape and the dtype of dout.

    dout is the gradient of the loss with respect to out, and is not changed. cache is
    what relu_forward returned. dx is dout where x was above 0, and 0 elsewhere.
    """
    return dout * cache


def dense_forward(x, w, b):
    """Fully connected layer: every image as a row of D numbers, times w, plus b.

    x is a batch (N, ...) of floats whose images have D numbers each, such as (N, C, H, W)
    with D = C*H*W; they are taken in numpy's order, the last axis fastest. w are weights
    (D, M), b biases (M,). None of them is changed.

    Returns (out, cache), out (N, M) in the dtype of x. What the cache holds is up to you.
    """
    N = len(x)
    rows = x.reshape(N, w.shape[0])
    return rows @ w + b, (rows, w, x.shape)


def dense_backward(dout, cache):
    """Backward pass of dense_forward: the gradients of sum(out * dout).

    dout is (N, M), and is not changed. cache is what dense_forward returned.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b.
    """
    rows, w, x_shape = cache
    dx = (dout @ w.T).reshape(x_shape)
    return dx, rows.T @ dout, dout.sum(axis=0)


def softmax_loss(scores, labels):
    """Softmax (cross-entropy) loss, its mean over the batch, and its gradient.

    scores are floats (N, classes), labels the right class of each image, (N,) whole
    numbers from 0. Neither is changed.

    Returns (loss, dscores). loss is one float: the mean over the N images of
    -log(p of the right class), p = exp(score) / sum over the classes of exp(score).
    dscores is its gradient, (N, classes) in the dtype of scores. Scores of any size, such
    as 1000 or -1000, give finite results.
    """
    N = len(scores)
    images = np.arange(N)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[images, labels] -= 1
    return float(-log_p[images, labels].mean()), dscores / N


def svm_loss(scores, labels, margin=1.0):
    """Multiclass SVM (hinge) loss, its mean over the batch, and its gradient.

    scores are floats (N, classes), labels the right class of each image, (N,) whole
    numbers from 0. Neither is changed.

    Returns (loss, dscores). loss is one float: the mean over the N images of the sum,
    over all classes but the right one, of max(0, score - right score + margin). dscores
    is its gradient, (N, classes) in the dtype of scores; a class whose term is exactly at
    the corner, or below, adds nothing to it.
    """
    N = len(scores)
    images = np.arange(N)
    right = scores[images, labels]
    costs = np.maximum(scores - right[:, np.newaxis] + margin, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.sum() / N), dscores / N


class Conv2D:
    """A convolutional layer of `filters` filters, each size x size pixels.

    channels: of the input (C). stride and padding are pixels. The weights are drawn from
    the numpy Generator `rng`, or from a new one if it is None: normally distributed, mean
    0, standard deviation sqrt(2 / (channels * size * size)). The biases are 0.

    parameters: {"w": (filters, channels, size, size), "b": (filters,)}, both float64.
    """

    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding

    def forward(self, x):
        """out (N, filters, HO, WO) for x (N, channels, H, W), in the dtype of x.

        Raises ValueError when the filters do not fit (`conv_forward` does that).
        """
        w = self.parameters["w"].astype(x.dtype, copy=False)
        b = self.parameters["b"].astype(x.dtype, copy=False)
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out

    def backward(self, dout):
        """dx for the last forward, in the dtype of dout; `gradients` gets "w" and "b".

        The gradients are those of this call alone: what an earlier call left is replaced.
        """
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


class Dense:
    """A fully connected layer from `inputs` numbers per image to `outputs` numbers.

    The weights are drawn from the numpy Generator `rng`, or from a new one if it is None:
    normally distributed, mean 0, standard deviation sqrt(2 / inputs). The biases are 0.

    parameters: {"w": (inputs, outputs), "b": (outputs,)}, both float64.
    """

    def __init__(self, inputs, outputs, rng=None):
        rng = np.random.default_rng() if rng is None else rng
        w = np.sqrt(2 / inputs) * rng.standard_normal((inputs, outputs))
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}

    def forward(self, x):
        """out (N, outputs) in the dtype of x, which has `inputs` numbers per image."""
        w = self.parameters["w"].astype(x.dtype, copy=False)
        b = self.parameters["b"].astype(x.dtype, copy=False)
        out, self.cache = dense_forward(x, w, b)
        return out

    def backward(self, dout):
        """dx in the shape of the last x; `gradients` gets "w" and "b" of this call."""
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx


class ReLU:
    """max(0, x) as a layer. parameters and gradients: {}."""

    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        """out in the shape and the dtype of x."""
        out, self.cache = relu_forward(x)
        return out

    def backward(self, dout):
        """dx for the last forward."""
        return relu_backward(dout, self.cache)


class MaxPool2D:
    """Max pooling over windows of size x size pixels. parameters and gradients: {}."""

    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        """out (N, C, HO, WO) for x (N, C, H, W); ValueError when windows do not fit."""
        out, self.cache = max_pool_forward(x, self.size, self.stride)
        return out

    def backward(self, dout):
        """dx (N, C, H, W) for the last forward."""
        return max_pool_backward(dout, self.cache)


class Flatten:
    """Every image as a row of numbers. parameters and gradients: {}."""

    def __init__(self):
        self.parameters, self.gradients = {}, {}

    def forward(self, x):
        """(N, D) for x (N, ...), in numpy's order, the last axis fastest."""
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout):
        """dout (N, D) in the shape that the last x had."""
        return dout.reshape(self.shape)


class Sequential:
    """A network: each layer takes what the one before it gives.

    layers: objects with forward, backward, parameters and gradients. `network.layers` is
    the list of them. A Sequential has all four itself, so it can be a layer of another one.
    """

    def __init__(self, layers):
        self.layers = list(layers)

    def forward(self, x):
        """The output of the last layer: the scores (N, classes) of a classifier."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        """The gradient with respect to x of the last forward; every layer gets its own.

        dout is the gradient with respect to what forward returned.
        """
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def parameters(self):
        """All parameters as a dict: the layer's place in the list, a dot, its own name.

        The weights of the first layer are "0.w". The arrays are the layers' own, no
        copies: changing one in place changes the network.
        """
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }

    @property
    def gradients(self):
        """The gradients of the last backward under the names of the parameters."""
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }

    def predict(self, x):
        """The class with the highest score for every image: whole numbers, (N,)."""
        with layer_mode(self, training=False):  # for layers of lesson 07
            parts = [x[start : start + 256] for start in range(0, len(x), 256)]
            labels = [self.forward(part).argmax(axis=1) for part in parts]
            return np.concatenate(labels) if labels else np.zeros(0, dtype=int)

    def save(self, path):
        """Write all parameters to the file `path` (.npz), in npz format, under their names.

        `np.load(path, allow_pickle=False)` can read it.
        """
        save_arrays(path, self.parameters)

    def load(self, path):
        """Put the parameters from a file that `save` wrote into this network's arrays.

        Raises ValueError, and changes nothing, when the file does not fit this network: a
        name is missing or unknown, or an array has another shape.
        """
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError(f"{path} does not fit this network: {'; '.join(problems)}")
        for name, array in wanted.items():
            array[...] = found[name]


def small_convnet(input_shape, filters, classes, size=3, rng=None):
    """The network [INPUT - CONV - RELU - POOL - FC] of the notes, as a Sequential.

    input_shape: (C, H, W) of one image. The convolution has `filters` filters of size x
    size pixels, stride 1, and the padding that keeps H and W; the pooling is 2x2 with
    stride 2; the dense layer has `classes` outputs. It has four layers, such as your
    Conv2D, ReLU, MaxPool2D and Dense. Weights are drawn from the numpy Generator `rng`,
    or from a new one if it is None, the convolution's first.
    Raises ValueError when size is even, or when 2x2 windows do not fit into H or W.
    """
    C, H, W = input_shape
    rng = np.random.default_rng() if rng is None else rng
    HO, WO = output_size(H, 2, 2), output_size(W, 2, 2)
    return Sequential(
        [
            Conv2D(C, filters, size, padding=same_padding(size), rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(filters * HO * WO, classes, rng=rng),
        ]
    )


class SGD:
    """Stochastic gradient descent with momentum and weight decay.

    network: its `parameters` are changed in place, by its `gradients` of the last backward.
    `learning_rate`, `momentum` and `weight_decay` are attributes, and may be changed
    between two steps.
    """

    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        """Move every parameter once.

        For each name in the gradients, with a velocity that begins at 0:

            velocity  = momentum * velocity + gradient + weight_decay * parameter
            parameter = parameter - learning_rate * velocity

        The parameters change in place. A parameter without a gradient stays as it is. The
        gradients are not changed.
        """
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity


def train(
    network,
    x,
    y,
    epochs=10,
    batch_size=32,
    learning_rate=0.05,
    optimizer=None,
    loss=softmax_loss,
    validation=None,
    rng=None,
    show=True,
):
    """Teach the network the labels y (N,) of the images x (N, C, H, W); return the history.

    In each of `epochs` epochs all images are visited once, in a new random order drawn from
    the numpy Generator `rng` (None: a new one), `batch_size` at a time; the last batch of
    an epoch may be smaller. For every batch: forward, loss, backward, one step of the
    optimizer. optimizer: an object with step(), such as an SGD of this network; None
    stands for SGD(network, learning_rate). loss: a function of (scores, labels) that
    returns (loss, dscores). x and y are not changed.

    Returns a dict of lists, "loss": the loss of every step, a float; "accuracy": after
    every epoch, the share of its images (0 to 1) whose label had the highest score when
    they were visited; "validation": if validation, a tuple (images, labels), is given, the
    share that `network.predict` has right after every epoch, else an empty list.

    A KeyboardInterrupt (the stop button) ends the training early: the network keeps what
    it has learned, and the history up to there is returned. show is what `watch` is given.
    """
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    history = {"loss": [], "accuracy": [], "validation": []}
    batches = -(-N // batch_size)
    try:
        mode = layer_mode(network, training=True)
        with mode, watch(history, epochs * batches, show) as advance:
            for _ in range(epochs):
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
                    advance()
                history["accuracy"].append(right / N)
                if validation is not None:
                    images, labels = validation
                    hits = network.predict(images) == labels
                    history["validation"].append(float(np.mean(hits)))
    except KeyboardInterrupt:
        pass
    return history
