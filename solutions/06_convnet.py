# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # ConvNet: what turns random filters into a network that can read?
#
# You have a convolution, a pooling layer, and their gradients. Three things are missing
# before they can learn: scores and a loss that says how wrong they are, a network that
# passes numbers forward and gradients back, and a rule that moves the weights a little
# way downhill, some thousand times. You write all three, and then check your work the
# way practitioners do, before any long run: Is the first loss what pure guessing would
# give? Does the gradient of the whole network agree with a numeric one? Can the network
# learn 50 images by heart?
#
# Then it learns for real: to read handwritten digits, at least 97 of 100 right, in a few
# seconds on one core; and to name drawn shapes in noisy colour images of 32x32 pixels.
#
# The last cell makes `course.network` out of your functions and classes. Lessons 07 to
# 09 look inside it, enlarge it and reuse what it has learned. Plan about three hours.
# There are 16 points.

# %% [markdown]
# ## Letters and promises
#
# | letter | meaning | | array | shape |
# |---|---|---|---|---|
# | N, C, H, W | images, channels, height, width | | images `x` | `(N, C, H, W)` |
# | K, F | filters, their height and width | | labels `y` | `(N,)`, whole numbers from 0 |
# | D, M | inputs and outputs of a dense layer | | weights of a dense layer | `(D, M)` |
# | | | | `scores`: one number per image and class | `(N, classes)` |
#
# The promises of the lessons before hold: the dtype that comes in goes out, no input is
# changed in place, a non-contiguous view works. A function's forward returns
# `(out, cache)`, its backward takes `(dout, cache)`, and what the cache holds is your
# business.

# %% tags=["nbval-check-output"]
import numpy as np

from course.geometry import output_size, same_padding
from course.im2col import conv_backward, conv_forward
from course.kit import check
from course.kit.checkpoint import differences, load_arrays, save_arrays
from course.kit.training import layer_mode, watch
from course.pooling import max_pool_backward, max_pool_forward

out, _ = conv_forward(
    np.ones((1, 3, 32, 32)), np.ones((12, 3, 3, 3)), np.zeros(12), 1, 1
)
print("12 filters on 32x32x3:", out.shape, "pooled:", max_pool_forward(out)[0].shape)

# %% [markdown]
# If this cell complains that something is not built yet, run the last cells of lessons
# 01, 04 and 05 first.

# %% [markdown]
# ## 1. ReLU: a straight line with a corner
#
# A convolution is a weighted sum, and a weighted sum of weighted sums is again one: two
# convolutions in a row can do no more than a single, larger one. The corner between
# them is what makes depth worth something. The notes' choice is the cheapest of all,
# max(0, x):
#
# ```
#   x     -2   -0.5    0    1.5     dout   10   20   30   40
#   out    0    0      0    1.5     dx      0    0    0   40
# ```
#
# Backward, each number of `dout` passes where x was above 0, and is stopped elsewhere.
# At exactly 0 there is a corner and no gradient in the strict sense; the rule of this
# course is 0 there.


# %% task="relu_forward"
def relu_forward(x):
    """Rectified linear unit: max(0, x) of every number.

    x is an array of floats of any shape, and is not changed.

    Returns (out, cache). out has the shape and the dtype of x. What the cache holds is up
    to you.
    """
    ### BEGIN SOLUTION hint: One numpy call; keep where x is above 0.
    return np.maximum(x, 0), x > 0
    ### END SOLUTION


# %% task="relu_backward"
def relu_backward(dout, cache):
    """Backward pass of relu_forward: dx, in the shape and the dtype of dout.

    dout is the gradient of the loss with respect to out, and is not changed. cache is
    what relu_forward returned. dx is dout where x was above 0, and 0 elsewhere.
    """
    ### BEGIN SOLUTION hint: Let dout pass where x was above 0.
    return dout * cache
    ### END SOLUTION


# %% check="relu"
check(relu_forward, relu_backward)

# %% [markdown]
# ## 2. The dense layer: every input to every output
#
# The last layer of the network turns a volume into class scores. It is *fully
# connected*: each output is a weighted sum of all D = C·H·W numbers of the image, plus a
# bias. So it first lays every image out as a row of D numbers, and then it is a matrix
# product, `rows @ w + b`, with w of shape `(D, M)`.
#
# One image with the three numbers 1, 2, 3 and two outputs:
#
# ```
#               w        b
#   1 2 3  ·   1  0   +  10 20   =   1·1 + 2·2 + 3·0 + 10    1·0 + 2·1 + 3·4 + 20
#              2  1              =   15                      34
#              0  4
# ```
#
# The way back is lesson 03 once more. Each weight met one input: `dw = rowsᵀ @ dout`.
# Each input met one row of weights: `dx = dout @ wᵀ`, put back into the shape of x. The
# bias met every image: its gradient is the sum of dout over the batch. With dout = 1, 10
# in the example, dx is `1·1 + 0·10 = 1`, `2·1 + 1·10 = 12`, `0·1 + 4·10 = 40`.


# %% task="dense_forward"
def dense_forward(x, w, b):
    """Fully connected layer: every image as a row of D numbers, times w, plus b.

    x is a batch (N, ...) of floats whose images have D numbers each, such as (N, C, H, W)
    with D = C*H*W; they are taken in numpy's order, the last axis fastest. w are weights
    (D, M), b biases (M,). None of them is changed.

    Returns (out, cache), out (N, M) in the dtype of x. What the cache holds is up to you.
    """
    ### BEGIN SOLUTION hint: reshape(N, -1), then one matrix product.
    N = len(x)
    rows = x.reshape(N, w.shape[0])
    return rows @ w + b, (rows, w, x.shape)
    ### END SOLUTION


# %% task="dense_backward"
def dense_backward(dout, cache):
    """Backward pass of dense_forward: the gradients of sum(out * dout).

    dout is (N, M), and is not changed. cache is what dense_forward returned.

    Returns (dx, dw, db), in the shapes and the dtype of x, w and b.
    """
    ### BEGIN SOLUTION hint: Two matrix products and a sum; the shapes tell which way round.
    rows, w, x_shape = cache
    dx = (dout @ w.T).reshape(x_shape)
    return dx, rows.T @ dout, dout.sum(axis=0)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# There is only one way to multiply `dout` `(N, M)` with something so that `(D, M)` or
# `(N, D)` comes out: write the shapes down and look which ones must be transposed.
#
# </details>


# %% check="dense_forward"
check(dense_forward, dense_backward)

# %% [markdown]
# ## 3. How wrong is a score?
#
# The network gives every class a score. A loss is one number that is small when the
# right class has the highest score by far. The softmax loss turns scores into
# probabilities, `p = exp(s) / sum(exp(s))`, and takes -log of the probability that the
# right class got. Two classes with the scores 0 and log 3 ≈ 1.0986:
#
# ```
#   exp(s)        1        3           sum 4
#   p             0.25     0.75
#   loss, if the right class is the second:   -log 0.75 = 0.2877
#   loss, if the right class is the first:    -log 0.25 = 1.3863
# ```
#
# Its gradient with respect to the scores is short: p, minus 1 at the right class. If the
# second class is right, that is 0.25, -0.25. Over a batch of N images the loss is the
# *mean*, so each image's gradient is divided by N.
#
# Two numbers to remember. When all scores are equal, each of 10 classes has p = 0.1, and
# the loss is log 10 = 2.3026: the loss of somebody who guesses. And `exp(1000)` is
# infinite in floating point. Since p does not change when the same number is subtracted
# from all scores of an image, subtract the largest: then no exponent is above 0.


# %% task="softmax_loss"
def softmax_loss(scores, labels):
    """Softmax (cross-entropy) loss, its mean over the batch, and its gradient.

    scores are floats (N, classes), labels the right class of each image, (N,) whole
    numbers from 0. Neither is changed.

    Returns (loss, dscores). loss is one float: the mean over the N images of
    -log(p of the right class), p = exp(score) / sum over the classes of exp(score).
    dscores is its gradient, (N, classes) in the dtype of scores. Scores of any size, such
    as 1000 or -1000, give finite results.
    """
    ### BEGIN SOLUTION hint: Subtract each row's maximum; stay with logarithms until the end.
    N = len(scores)
    images = np.arange(N)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[images, labels] -= 1
    return float(-log_p[images, labels].mean()), dscores / N
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `scores[np.arange(N), labels]` picks the score of the right class out of every row.
# `log p = s - log(sum(exp(s)))` needs no division, and no logarithm of a p that was
# rounded to 0.
#
# </details>


# %% check="softmax_loss"
check(softmax_loss)

# %% [markdown]
# The other loss of the course is that of the support vector machine. It asks for a
# margin: the right class should beat every other one by at least 1. Each class that is
# closer than that costs what is missing. Scores 3, 5, 1, the first class is right:
#
# ```
#   class 1:  5 - 3 + 1 =  3      costs 3
#   class 2:  1 - 3 + 1 = -1      costs nothing: 3 beats 1 by 2
#   loss      3                   gradient  -1   1   0
# ```
#
# One class is too close, so the right score should rise (gradient -1, minus one for each
# class that costs), and that class's score should fall (gradient 1). Where a class is
# just at the margin, its cost and its gradient are 0. Again: means over the batch.


# %% task="svm_loss"
def svm_loss(scores, labels, margin=1.0):
    """Multiclass SVM (hinge) loss, its mean over the batch, and its gradient.

    scores are floats (N, classes), labels the right class of each image, (N,) whole
    numbers from 0. Neither is changed.

    Returns (loss, dscores). loss is one float: the mean over the N images of the sum,
    over all classes but the right one, of max(0, score - right score + margin). dscores
    is its gradient, (N, classes) in the dtype of scores; a class whose term is exactly at
    the corner, or below, adds nothing to it.
    """
    ### BEGIN SOLUTION hint: All terms as one array, with 0 at the right class.
    N = len(scores)
    images = np.arange(N)
    right = scores[images, labels]
    costs = np.maximum(scores - right[:, np.newaxis] + margin, 0)
    costs[images, labels] = 0
    dscores = (costs > 0).astype(scores.dtype)
    dscores[images, labels] = -dscores.sum(axis=1)
    return float(costs.sum() / N), dscores / N
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `costs = np.maximum(scores - right[:, np.newaxis] + margin, 0)` has all terms at once,
# among them that of the right class, which is `margin` and does not belong there: set it
# to 0. Where a cost is above 0 the gradient is 1; the right class gets minus the number
# of these.
#
# </details>


# %% check="svm_loss"
check(svm_loss)

# %% [markdown]
# ## 4. Layers as objects
#
# A network has dozens of arrays to remember: weights, caches, gradients. An object keeps
# together what belongs to one layer. Every layer of this course, today's and those of
# the lessons to come, has the same four things:
#
# | | |
# |---|---|
# | `layer.forward(x)` | returns `out`, and remembers what the way back needs |
# | `layer.backward(dout)` | returns `dx`, for the last forward, and leaves the gradients of its parameters in `layer.gradients` |
# | `layer.parameters` | a dict from name to array, `{}` if there is nothing to learn |
# | `layer.gradients` | after `backward`: the same names, gradients of the same shapes |
#
# The arrays in `parameters` are the weights themselves, not copies. Who changes one in
# place, `layer.parameters["w"] -= 0.1`, has changed the layer. That is how it will learn.
# And every object has its own: two layers of one kind share no weights, no gradients and
# no memory of their last forward.
#
# **Where the weights begin.** All zeros would do no good: every filter would see the same
# and get the same gradient, for ever. So they begin at random. How large? A sum of D
# products has a variance D times that of one product. To keep the numbers from growing or
# dying from layer to layer, the weights get the standard deviation `sqrt(2 / D)`, where D
# counts the inputs of one output: C·F·F for a filter. (The 2 makes up for ReLU, which
# silences half of the numbers; He and others, 2015.) A filter of 3x3 on 3 channels: D =
# 27, standard deviation 0.272. Biases begin at 0.
#
# **Which dtype.** The parameters are kept in float64, and the computation runs in the
# dtype of the images: `w.astype(x.dtype)`. So the same network trains in float32, which
# is faster, and has its gradients checked in float64, where steps of 0.00001 mean
# something.


# %% task="Conv2D"
class Conv2D:
    """A convolutional layer of `filters` filters, each size x size pixels.

    channels: of the input (C). stride and padding are pixels. The weights are drawn from
    the numpy Generator `rng`, or from a new one if it is None: normally distributed, mean
    0, standard deviation sqrt(2 / (channels * size * size)). The biases are 0.

    parameters: {"w": (filters, channels, size, size), "b": (filters,)}, both float64.
    """

    def __init__(self, channels, filters, size, stride=1, padding=0, rng=None):
        ### BEGIN SOLUTION hint: Draw w, make b, keep stride and padding.
        rng = np.random.default_rng() if rng is None else rng
        scale = np.sqrt(2 / (channels * size * size))
        w = scale * rng.standard_normal((filters, channels, size, size))
        self.parameters = {"w": w, "b": np.zeros(filters)}
        self.gradients = {}
        self.stride, self.padding = stride, padding
        ### END SOLUTION

    def forward(self, x):
        """out (N, filters, HO, WO) for x (N, channels, H, W), in the dtype of x.

        Raises ValueError when the filters do not fit (`conv_forward` does that).
        """
        ### BEGIN SOLUTION hint: conv_forward with w and b in the dtype of x; keep its cache.
        w = self.parameters["w"].astype(x.dtype, copy=False)
        b = self.parameters["b"].astype(x.dtype, copy=False)
        out, self.cache = conv_forward(x, w, b, self.stride, self.padding)
        return out
        ### END SOLUTION

    def backward(self, dout):
        """dx for the last forward, in the dtype of dout; `gradients` gets "w" and "b".

        The gradients are those of this call alone: what an earlier call left is replaced.
        """
        ### BEGIN SOLUTION hint: conv_backward returns all three.
        dx, dw, db = conv_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx
        ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `rng.standard_normal(shape)` has the standard deviation 1; multiply it. In `forward`,
# keep the cache in an attribute, such as `self.cache`, for `backward` to find.
#
# </details>

# %% check="Conv2D"
check(Conv2D)

# %% [markdown]
# The dense layer as an object is the same once more, with D = `inputs`.


# %% task="Dense"
class Dense:
    """A fully connected layer from `inputs` numbers per image to `outputs` numbers.

    The weights are drawn from the numpy Generator `rng`, or from a new one if it is None:
    normally distributed, mean 0, standard deviation sqrt(2 / inputs). The biases are 0.

    parameters: {"w": (inputs, outputs), "b": (outputs,)}, both float64.
    """

    def __init__(self, inputs, outputs, rng=None):
        ### BEGIN SOLUTION hint: As in Conv2D, with another shape and D = inputs.
        rng = np.random.default_rng() if rng is None else rng
        w = np.sqrt(2 / inputs) * rng.standard_normal((inputs, outputs))
        self.parameters = {"w": w, "b": np.zeros(outputs)}
        self.gradients = {}
        ### END SOLUTION

    def forward(self, x):
        """out (N, outputs) in the dtype of x, which has `inputs` numbers per image."""
        ### BEGIN SOLUTION hint: dense_forward with w and b in the dtype of x.
        w = self.parameters["w"].astype(x.dtype, copy=False)
        b = self.parameters["b"].astype(x.dtype, copy=False)
        out, self.cache = dense_forward(x, w, b)
        return out
        ### END SOLUTION

    def backward(self, dout):
        """dx in the shape of the last x; `gradients` gets "w" and "b" of this call."""
        ### BEGIN SOLUTION hint: dense_backward returns all three.
        dx, dw, db = dense_backward(dout, self.cache)
        self.gradients = {"w": dw, "b": db}
        return dx
        ### END SOLUTION


# %% check="Dense"
check(Dense)

# %% [markdown]
# Three layers have nothing to learn. `Flatten` only lays every image out as a row;
# backward, it gives the gradients the shape of the images again. (Your dense layer
# flattens by itself. Other people's do not, so networks usually say it.)


# %% task="ReLU"
class ReLU:
    """max(0, x) as a layer. parameters and gradients: {}."""

    def __init__(self):
        ### BEGIN SOLUTION hint: Two empty dicts.
        self.parameters, self.gradients = {}, {}
        ### END SOLUTION

    def forward(self, x):
        """out in the shape and the dtype of x."""
        ### BEGIN SOLUTION hint: relu_forward; keep its cache.
        out, self.cache = relu_forward(x)
        return out
        ### END SOLUTION

    def backward(self, dout):
        """dx for the last forward."""
        ### BEGIN SOLUTION hint: relu_backward with the cache.
        return relu_backward(dout, self.cache)
        ### END SOLUTION


# %% task="MaxPool2D"
class MaxPool2D:
    """Max pooling over windows of size x size pixels. parameters and gradients: {}."""

    def __init__(self, size=2, stride=2):
        ### BEGIN SOLUTION hint: Keep size and stride; two empty dicts.
        self.size, self.stride = size, stride
        self.parameters, self.gradients = {}, {}
        ### END SOLUTION

    def forward(self, x):
        """out (N, C, HO, WO) for x (N, C, H, W); ValueError when windows do not fit."""
        ### BEGIN SOLUTION hint: max_pool_forward; keep its cache.
        out, self.cache = max_pool_forward(x, self.size, self.stride)
        return out
        ### END SOLUTION

    def backward(self, dout):
        """dx (N, C, H, W) for the last forward."""
        ### BEGIN SOLUTION hint: max_pool_backward with the cache.
        return max_pool_backward(dout, self.cache)
        ### END SOLUTION


# %% task="Flatten"
class Flatten:
    """Every image as a row of numbers. parameters and gradients: {}."""

    def __init__(self):
        ### BEGIN SOLUTION hint: Two empty dicts.
        self.parameters, self.gradients = {}, {}
        ### END SOLUTION

    def forward(self, x):
        """(N, D) for x (N, ...), in numpy's order, the last axis fastest."""
        ### BEGIN SOLUTION hint: Remember the shape of x, then reshape.
        self.shape = x.shape
        return x.reshape(len(x), -1)
        ### END SOLUTION

    def backward(self, dout):
        """dout (N, D) in the shape that the last x had."""
        ### BEGIN SOLUTION hint: reshape once more.
        return dout.reshape(self.shape)
        ### END SOLUTION


# %% check="plain_layers"
check(ReLU, MaxPool2D, Flatten)

# %% [markdown]
# ## 5. A network is a list of layers
#
# Forward, each layer takes what the one before it gave. Backward is the chain rule, and
# the chain rule is a loop: the last layer turns the gradient of the scores into the
# gradient of its input, which is the output of the layer before, and so on to the image.
#
# Two layers that you can follow with a pencil are enough to see it. The next cell
# defines them: `Times(3)` multiplies by a number that can be learned, `Plus(2)` adds one.
#
# ```
#   x            1    4
#   Times(3)     3   12
#   Plus(2)      5   14        <- scores
#   dout         1   10        Plus:   gradient of the term    1 + 10        = 11, dx = 1 10
#                              Times:  gradient of the factor  1·1 + 10·4    = 41, dx = 3 30
# ```
#
# Run the way back in the wrong order and the numbers still have the right shapes: `Plus`
# would get 3 and 30, and its gradient would be 33. Only a check tells.
#
# **Names.** A network with two convolutions has two arrays called "w". So the network
# puts the layer's place in the list in front: "0.w", "0.b", "3.w", "3.b" for a network
# that has its convolution first and its dense layer fourth. Under these names the
# optimizer finds a parameter's gradient, and a file its array.
#
# **Files.** A trained network is worth keeping. `save` writes all parameters into an npz
# file, which is nothing but arrays in a zip archive. Python's own way to store any
# object, pickle, can run code when it is opened; a file from a stranger should not. The
# kit gives you `save_arrays(path, arrays)` and `load_arrays(path)`, which never leave
# half a file behind, and `differences(found, wanted)`, which lists what does not fit.


# %%
class Times:
    """A layer with one number to learn: out = factor * x."""

    def __init__(self, factor):
        self.parameters = {"factor": np.atleast_1d(np.array(factor))}
        self.gradients = {}

    def forward(self, x):
        self.x = x
        return x * self.parameters["factor"][0]

    def backward(self, dout):
        self.gradients = {"factor": np.atleast_1d(np.sum(dout * self.x))}
        return dout * self.parameters["factor"][0]


class Plus:
    """A layer with one number to learn: out = x + term."""

    def __init__(self, term):
        self.parameters = {"term": np.array([term])}
        self.gradients = {}

    def forward(self, x):
        return x + self.parameters["term"][0]

    def backward(self, dout):
        self.gradients = {"term": np.atleast_1d(np.sum(dout))}
        return dout


class Same:
    """A layer that does nothing and learns nothing."""

    parameters, gradients = {}, {}

    def forward(self, x):
        return x

    def backward(self, dout):
        return dout


# %% task="Sequential"
class Sequential:
    """A network: each layer takes what the one before it gives.

    layers: objects with forward, backward, parameters and gradients. `network.layers` is
    the list of them. A Sequential has all four itself, so it can be a layer of another one.
    """

    def __init__(self, layers):
        ### BEGIN SOLUTION hint: list(layers).
        self.layers = list(layers)
        ### END SOLUTION

    def forward(self, x):
        """The output of the last layer: the scores (N, classes) of a classifier."""
        ### BEGIN SOLUTION hint: From layer to layer.
        for layer in self.layers:
            x = layer.forward(x)
        return x
        ### END SOLUTION

    def backward(self, dout):
        """The gradient with respect to x of the last forward; every layer gets its own.

        dout is the gradient with respect to what forward returned.
        """
        ### BEGIN SOLUTION hint: The same way back, last layer first.
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout
        ### END SOLUTION

    @property
    def parameters(self):
        """All parameters as a dict: the layer's place in the list, a dot, its own name.

        The weights of the first layer are "0.w". The arrays are the layers' own, no
        copies: changing one in place changes the network.
        """
        ### BEGIN SOLUTION hint: enumerate(self.layers), and items() of each.
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.parameters.items()
        }
        ### END SOLUTION

    @property
    def gradients(self):
        """The gradients of the last backward under the names of the parameters."""
        ### BEGIN SOLUTION hint: As parameters.
        return {
            f"{place}.{name}": array
            for place, layer in enumerate(self.layers)
            for name, array in layer.gradients.items()
        }
        ### END SOLUTION

    def predict(self, x):
        """The class with the highest score for every image: whole numbers, (N,)."""
        with layer_mode(self, training=False):  # for layers of lesson 07
            ### BEGIN SOLUTION hint: argmax of the scores. A few images at a time save memory.
            parts = [x[start : start + 256] for start in range(0, len(x), 256)]
            labels = [self.forward(part).argmax(axis=1) for part in parts]
            return np.concatenate(labels) if labels else np.zeros(0, dtype=int)
            ### END SOLUTION

    def save(self, path):
        """Write all parameters to the file `path` (.npz), in npz format, under their names.

        `np.load(path, allow_pickle=False)` can read it.
        """
        ### BEGIN SOLUTION hint: save_arrays(path, a dict of arrays).
        save_arrays(path, self.parameters)
        ### END SOLUTION

    def load(self, path):
        """Put the parameters from a file that `save` wrote into this network's arrays.

        Raises ValueError, and changes nothing, when the file does not fit this network: a
        name is missing or unknown, or an array has another shape.
        """
        ### BEGIN SOLUTION hint: load_arrays, then differences; array[...] = copies in place.
        found, wanted = load_arrays(path), self.parameters
        problems = differences(found, wanted)
        if problems:
            raise ValueError(f"{path} does not fit this network: {'; '.join(problems)}")
        for name, array in wanted.items():
            array[...] = found[name]
        ### END SOLUTION


# %% check="Sequential"
check(Sequential, Times, Plus, Same)

# %% [markdown]
# ### The network of the notes
#
# "A simple ConvNet for CIFAR-10 classification could have the architecture
# [INPUT - CONV - RELU - POOL - FC]." With 12 filters of 3x3 on 32x32 colour images:
#
# ```
#   INPUT   [32x32x3]     the image
#   CONV    [32x32x12]    12 filters of 3x3x3, padding 1
#   RELU    [32x32x12]
#   POOL    [16x16x12]    half as high, half as wide
#   FC      [1x1x10]      10 scores, each out of all 16·16·12 = 3072 numbers
# ```
#
# *Predict.* How many parameters does it have, and in which layer are most of them? The
# check asks your network. It also takes a small one and compares its whole gradient, of
# all parameters and of the image, with numeric gradients. That is the second of the three
# sanity checks further below, and the one that finds mistakes in the plumbing.


# %% task="small_convnet"
def small_convnet(input_shape, filters, classes, size=3, rng=None):
    """The network [INPUT - CONV - RELU - POOL - FC] of the notes, as a Sequential.

    input_shape: (C, H, W) of one image. The convolution has `filters` filters of size x
    size pixels, stride 1, and the padding that keeps H and W; the pooling is 2x2 with
    stride 2; the dense layer has `classes` outputs. It has four layers, such as your
    Conv2D, ReLU, MaxPool2D and Dense. Weights are drawn from the numpy Generator `rng`,
    or from a new one if it is None, the convolution's first.
    Raises ValueError when size is even, or when 2x2 windows do not fit into H or W.
    """
    ### BEGIN SOLUTION hint: same_padding and output_size tell how many numbers are left.
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
    ### END SOLUTION


# %% check="small_convnet"
check(small_convnet)

# %% [markdown]
# 12·(27 + 1) = 336 parameters are in the filters, and 10·(3072 + 1) = 30,730 in the dense
# layer: 99 % of them look at the whole volume, and 1 % looks at every place of the image.

# %% [markdown]
# ## 6. A step downhill
#
# The gradient of a parameter says how fast the loss grows when the parameter does. So
# take a little of it away: `parameter -= learning_rate * gradient`. Each step uses the
# gradient of one batch of a few dozen images, not of all: hence *stochastic* gradient
# descent.
#
# **Momentum.** Gradients of single batches jump back and forth. Let them push a
# velocity instead, which forgets a tenth of itself at every step. What jumps cancels
# out, what stays the same adds up. A parameter that begins at 1, gradients 2, 2, 0,
# learning rate 0.1, momentum 0.9:
#
# ```
#   velocity     2       0.9·2 + 2 = 3.8       0.9·3.8 + 0 = 3.42
#   parameter    0.8     0.8 - 0.38 = 0.42     0.42 - 0.342 = 0.078
# ```
#
# In the third step the gradient is 0, and the parameter rolls on.
#
# **Weight decay.** To keep weights from growing without a need, each one also pushes
# itself towards 0: `weight_decay * parameter` is added to its gradient. With gradient 2,
# weight decay 0.5 and no momentum the first step is 1 - 0.1·(2 + 0.5·1) = 0.75.


# %% task="SGD"
class SGD:
    """Stochastic gradient descent with momentum and weight decay.

    network: its `parameters` are changed in place, by its `gradients` of the last backward.
    `learning_rate`, `momentum` and `weight_decay` are attributes, and may be changed
    between two steps.
    """

    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        ### BEGIN SOLUTION hint: Keep the four, and a dict for the velocities.
        self.network = network
        self.learning_rate = learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}
        ### END SOLUTION

    def step(self):
        """Move every parameter once.

        For each name in the gradients, with a velocity that begins at 0:

            velocity  = momentum * velocity + gradient + weight_decay * parameter
            parameter = parameter - learning_rate * velocity

        The parameters change in place. A parameter without a gradient stays as it is. The
        gradients are not changed.
        """
        ### BEGIN SOLUTION hint: Two lines per name, and -= for the parameter.
        parameters = self.network.parameters
        for name, gradient in self.network.gradients.items():
            parameter = parameters[name]
            push = gradient + self.weight_decay * parameter
            velocity = self.momentum * self.velocities.get(name, 0.0) + push
            self.velocities[name] = velocity
            parameter -= self.learning_rate * velocity
        ### END SOLUTION


# %% check="SGD"
check(SGD)

# %% [markdown]
# ## 7. Training
#
# One visit to all training images is an *epoch*. In each, the images come in a new
# random order, a batch at a time; four calls make a step:
#
# ```
#   scores = network.forward(batch)  ->  loss, dscores = loss(scores, labels)
#                                    ->  network.backward(dscores)  ->  optimizer.step()
# ```
#
# Write the loss of every step down: a curve shows at a glance what a single number hides.
#
# A training can be stopped. The stop button of the notebook raises `KeyboardInterrupt`
# wherever the program happens to be. Catch it around the loops and return what there is:
# the weights are in the network already.
#
# The kit's `watch(history, steps)` shows a progress bar and the loss curve while the loop
# runs; on a page that nobody watches, they are there once, at the end:
#
# ```python
# with watch(history, epochs * batches, show) as advance:
#     ...            # after every step:
#     advance()
# ```
#
# Lesson 07 builds layers that behave differently while a network is trained. For their
# sake `predict` above has the line `with layer_mode(self, training=False)`, and a training
# can have its own: `with layer_mode(network, training=True), watch(...) as advance:`.


# %% task="train"
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
    ### BEGIN SOLUTION hint: Two loops, inside `try` and inside `with watch(...)`.
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
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `order = rng.permutation(N)` shuffles the numbers of the images; `rows = order[start :
# start + batch_size]` picks a batch, and `x[rows]`, `y[rows]` belong together. Slices may
# run over the end, so the last batch needs no extra care. For the accuracy, count how
# often `scores.argmax(axis=1)` is the label, before the step, and divide by N.
#
# </details>
#
# The check never asks how well a training went. It has a network of its own, which
# remembers the images that it has seen, compares three steps with those of the model
# answer, and presses the stop button in the middle of the third step.


# %% check="train"
check(train)

# %% [markdown]
# ## 8. Three checks before any long run
#
# A network that is wrong somewhere often learns all the same, only worse, and nothing
# tells you. These three checks cost seconds.
#
# **One: the first loss.** A network with random weights knows nothing. Guessing among 10
# classes costs log 10 = 2.303.
#
# *Predict, then look.* Your weights begin at random, so the scores are not all equal. Will
# the first loss be below 2.303, or above?

# %% tags=["demo"]
from course.kit import plot
from course.kit.data import split_digits
from course.kit.training import one_thread

one_thread()  # these matrices are so small that several threads only wait
digits = split_digits()
print(digits)
for seed in range(4):
    network = small_convnet((1, 8, 8), 16, 10, rng=np.random.default_rng(seed))
    first = softmax_loss(network.forward(digits.train.x), digits.train.y)[0]
    network.layers[3].parameters["w"] *= 0.01
    small = softmax_loss(network.forward(digits.train.x), digits.train.y)[0]
    print(f"seed {seed}: first loss {first:.3f}, with scores near 0: {small:.3f}")
print(f"guessing: {np.log(10):.3f}")

# %% [markdown]
# A little above: being sure of something without a reason costs more than saying "I do
# not know". When the last layer's weights are a hundredth as large, all scores are almost
# 0, and the loss is that of guessing to three digits. A first loss of 25, or of 0.3, would
# mean that the loss is summed instead of averaged, that the images are not scaled, or that
# labels and scores do not belong together.
#
# **Two: the gradient of the whole network.** You built `numeric_gradient` and
# `relative_error` in lesson 03. Now the function is the whole network with its loss, and
# x is one array of weights. In float64, and with a handful of images.
#
# *Predict, then look.* The check of `small_convnet` has passed. Will all four arrays have
# a small error here? (Think of the black corners of a digit, and of biases that are 0.)

# %% tags=["demo"]
from course.gradients import numeric_gradient, relative_error

network = small_convnet((1, 8, 8), 4, 10, rng=np.random.default_rng(0))
images, labels = digits.train.x[:5].astype(np.float64), digits.train.y[:5]


def loss_with(array, values):
    """The loss when a parameter of the network has these values."""
    kept = array.copy()
    array[...] = values
    loss, _ = softmax_loss(network.forward(images), labels)
    array[...] = kept
    return np.array(loss)


def compare_gradients():
    """Print the relative error of every gradient of the network."""
    _, dscores = softmax_loss(network.forward(images), labels)
    network.backward(dscores)
    gradients = network.gradients
    for name, array in network.parameters.items():
        numeric = numeric_gradient(lambda values, a=array: loss_with(a, values), array)
        error = relative_error(gradients[name], numeric)
        print(f"{name}  {array.size:>4} numbers, relative error {error:.0e}")


compare_gradients()

# %% [markdown]
# Three are down at rounding, and the biases of the filters are off by up to 100 %. A bug? Where
# the image is black, a filter sees nothing but zeros, and its output is its bias: exactly
# 0, exactly at the corner of the ReLU. A step to the right finds the slope 1, a step to the
# left the slope 0, and the numeric gradient lies between them. Lesson 03 has warned you of
# kinks. Give the biases other values than 0, and the corner is gone.

# %% tags=["demo"]
network.parameters["0.b"][...] = [0.1, -0.1, 0.2, -0.2]
compare_gradients()

# %% [markdown]
# Errors around 1e-7 and below are rounding. 1e-2 would be a mistake.
#
# **Three: learn 50 images by heart.** A network with almost three thousand parameters
# must be able to get 50 images right, every one of them. If it cannot, more images will
# not help: something between the loss and the weights is broken, or the learning rate is
# far off.

# %% tags=["demo"]
network = small_convnet((1, 8, 8), 16, 10, rng=np.random.default_rng(0))
x50, y50 = digits.train.x[:50], digits.train.y[:50]
history = train(network, x50, y50, epochs=40, rng=np.random.default_rng(0))
share = np.mean(network.predict(x50) == y50)
print(f"of these 50 images: {share:.0%} right after {len(history['loss'])} steps")
unseen = np.mean(network.predict(digits.test.x) == digits.test.y)
print(f"of {len(digits.test)} images that it has never seen: {unseen:.0%}")

# %% [markdown]
# 100 %, in well under a second. The second number is the difference between learning and
# learning by heart.

# %% [markdown]
# ## 9. Reading digits
#
# All training images now, about 1200, for twenty epochs. The validation images are for
# decisions, such as how long to train. The test images are looked at once, at the very
# end.
#
# *Predict, then look.* How many of 100 unseen digits will be read correctly? How many
# seconds will it take? (For comparison: guessing reads 10 of 100.)

# %% tags=["demo"]
from time import perf_counter

rng = np.random.default_rng(0)
reader = small_convnet((1, 8, 8), 16, 10, rng=rng)
started = perf_counter()
history = train(
    reader,
    *digits.train,
    epochs=20,
    learning_rate=0.05,
    validation=(digits.validation.x, digits.validation.y),
    rng=rng,
)
seconds = perf_counter() - started
accuracy = np.mean(reader.predict(digits.test.x) == digits.test.y)
print(f"test accuracy {accuracy:.1%} after {seconds:.1f} s of training")
assert accuracy >= 0.97

# %% [markdown]
# The same seed gives the same network. Other seeds begin elsewhere and visit the images
# in other orders, so one run is one throw of the dice. Five of them, with twelve epochs
# each, say more:

# %% tags=["demo"]
shares = []
for seed in range(5):
    rng = np.random.default_rng(seed)
    network = small_convnet((1, 8, 8), 16, 10, rng=rng)
    train(network, *digits.train, epochs=12, rng=rng, show=False)
    shares.append(np.mean(network.predict(digits.test.x) == digits.test.y))
print("five seeds:", ", ".join(f"{share:.1%}" for share in shares))
print(
    f"lowest {min(shares):.1%}, mean {np.mean(shares):.1%}, highest {max(shares):.1%}"
)

# %% [markdown]
# Which digits does it misread? Look at them before you blame it. ("8 not 6" is a 6 that it
# took for an 8.)

# %% tags=["demo"]
found = reader.predict(digits.test.x)
wrong = np.flatnonzero(found != digits.test.y)[:8]
plot.contact_sheet(digits.test.x[wrong], digits.test.y[wrong], found[wrong], columns=6)
plot.show()

# %% [markdown]
# ### How large may a step be?
#
# The learning rate is the first number to get right, and the loss curve shows how.
#
# *Predict, then look.* Four networks, alike in everything but the learning rate: 0.001,
# 0.01, 0.1 and 2. Which will end lowest after five epochs? What does the curve look like
# when the steps are too long?

# %% tags=["demo"]
losses = {}
for rate in (0.001, 0.01, 0.1, 2.0):
    rng = np.random.default_rng(1)
    network = small_convnet((1, 8, 8), 16, 10, rng=rng)
    optimizer = SGD(network, rate)
    with np.errstate(all="ignore"):  # the last one may overflow
        history = train(
            network, *digits.train, epochs=5, optimizer=optimizer, rng=rng, show=False
        )
    losses[f"learning rate {rate:g}"] = history["loss"]
plot.loss_lines(losses, guess=np.log(10))
plot.show()
for name, values in losses.items():
    print(f"{name}: mean loss of the last 20 steps {np.mean(values[-20:]):.3f}")

# %% [markdown]
# Too small, and the curve falls like a plane that lands: right direction, too slow. Too
# large, and it never falls below guessing, or ends as `nan`: each step jumps over the
# valley and lands higher up. In between lies a factor of ten or more that works. Try
# powers of ten first.

# %% [markdown]
# ## 10. Colour images
#
# The notes' network was made for images of 32x32x3. The ten classes here are drawn on your
# machine: shapes of random size, place, angle and colour on a random background, under
# noise.

# %% tags=["demo"]
from course.kit.data import colour_task

shapes = colour_task("shapes", train=2000, validation=200, test=500)
first = [int(np.flatnonzero(shapes.train.y == label)[0]) for label in range(10)]
plot.contact_sheet(shapes.train.x[first], range(10), classes=shapes.classes, columns=5)
plot.show()

# %% [markdown]
# The volumes of the notes, layer by layer, from a network with random weights:

# %% tags=["demo", "nbval-check-output"]
network = small_convnet((3, 32, 32), 12, 10, rng=np.random.default_rng(0))
volume = shapes.train.x[:1]
print(f"INPUT      {volume.shape[1:]}")
for layer in network.layers:
    volume = layer.forward(volume)
    count = sum(array.size for array in layer.parameters.values())
    print(f"{type(layer).__name__:<10} {volume.shape[1:]!s:<14} {count:>6,} parameters")

# %% [markdown]
# Against it runs a network of one dense layer, [INPUT - FC]: every pixel has a weight of
# its own for every class. Each class is then one picture of weights, a template that is
# laid over the image. With 3072·10 + 10 = 30,730 parameters it has almost as many as the
# ConvNet, which gets filters of 5x5 here: 12·76 + 30,730 = 31,642.
#
# *Predict, then look.* Guessing names 10 of 100 shapes. How many will the templates name,
# of the images that they were trained on, and of new ones? How many the ConvNet?

# %% tags=["demo"]
grey = np.float32(0.5)  # so that images go from -0.5 to 0.5
x, y = shapes.train.x - grey, shapes.train.y
test_x, test_y = shapes.test.x - grey, shapes.test.y


def result(network):
    """Percent right of the training images and of the test images."""
    pairs = ((x, y), (test_x, test_y))
    return [100 * np.mean(network.predict(each) == label) for each, label in pairs]


rng = np.random.default_rng(0)
templates = Sequential([Dense(3072, 10, rng=rng)])
slow = SGD(templates, 0.002, weight_decay=0.01)
train(templates, x, y, epochs=20, optimizer=slow, rng=rng, show=False)
known, new = result(templates)
print(f"templates: {known:.0f} % of the training images, {new:.0f} % of new ones")

# %% tags=["demo"]
rng = np.random.default_rng(0)
convnet = small_convnet((3, 32, 32), 12, 10, size=5, rng=rng)
optimizer = SGD(convnet, 0.02, weight_decay=0.001)
history = train(
    convnet,
    x,
    y,
    epochs=5,
    batch_size=16,
    optimizer=optimizer,
    validation=(shapes.validation.x - grey, shapes.validation.y),
    rng=rng,
)
known, new = result(convnet)
print(f"ConvNet:   {known:.0f} % of the training images, {new:.0f} % of new ones")

# %% [markdown]
# As many parameters, and another world. A template has to find the shape where it
# was in the training images, in the colour it had there. A filter looks for the same
# corner at every place, with the same 75 weights, and pooling forgives a pixel.

# %% [markdown]
# ### Photographs
#
# CIFAR-10 has 60,000 photographs of 32x32 pixels in ten classes, and needs a download of
# 170 MB. If you want it, run `cifar10()` once in a cell of its own; the file is
# checked and kept. Photographs are harder than drawn shapes: with 2000 of them, expect far
# fewer to be named.

# %% tags=["demo"]
from course.kit.data import cifar10, has_cifar10

if has_cifar10():
    photographs = cifar10(train=2000, validation=200, test=500)
    rng = np.random.default_rng(0)
    network = small_convnet((3, 32, 32), 12, 10, size=5, rng=rng)
    optimizer = SGD(network, 0.01, weight_decay=0.001)
    x, y = photographs.train
    train(network, x - grey, y, epochs=5, optimizer=optimizer, rng=rng)
    found = network.predict(photographs.test.x - grey)
    print(f"CIFAR-10: {np.mean(found == photographs.test.y):.0%} of new photographs")
else:
    print("CIFAR-10 is not on this computer: cifar10() fetches it.")

# %% [markdown]
# ### Keep what it has learned

# %% tags=["demo"]
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    path = Path(folder) / "reader.npz"
    reader.save(path)
    twin = small_convnet((1, 8, 8), 16, 10)
    twin.load(path)
    same = np.array_equal(twin.predict(digits.test.x), reader.predict(digits.test.x))
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB; same predictions: {same}")
    try:
        small_convnet((1, 8, 8), 12, 10).load(path)
    except ValueError as error:
        print("12 filters instead of 16:", str(error).replace(folder, "..."))

# %% [markdown]
# ### Question (1 point): what did the curves say?
#
# 1. A friend's network has a loss of 2.30 at the first step, and 2.30 after 500 steps. Name
#    two things that may be wrong, and for each of them a check or figure of this lesson
#    that would tell.
# 2. Templates and ConvNet have almost the same number of parameters. Which numbers show
#    that the templates learned by heart, and what does the ConvNet do with its weights
#    that they cannot?
#
# Four to eight sentences are enough.

# %% [markdown] question="convnet" points=1
# ### BEGIN SOLUTION
# **Model answer.** 2.30 is log 10, the loss of guessing: the network has learned nothing.
# Perhaps the learning rate is far too small (or so large that it jumped to a useless
# place): the figure with four learning rates shows both, a curve that hardly falls and one
# that stays at guessing or above. Perhaps the gradient does not reach the weights, because
# backward is wrong or the optimizer's steps change copies: the gradient check of the whole
# network finds the first, the 50 images that cannot be learned by heart find both. (Also
# good: images and labels do not belong together, found by the 50 images or by looking at
# them; all weights begin at 0, so that every filter gets the same gradient.)
#
# The templates get far more of their training images right than of new ones, which are
# not much better than guessed; the ConvNet loses far less from the first to the second. A template has one weight for each pixel and must meet the shape where it was. The
# ConvNet's 75 weights of a filter are used at all 32·32 places: what was learned at one
# place holds everywhere, and pooling makes it less sensitive to a pixel's shift.
#
# **Mark scheme (1 point).**
# - 0.25 for each of two possible causes, if a check or figure that would tell is named
#   with it.
# - 0.25: both shares, on training and on new images, for templates and ConvNet.
# - 0.25: the same weights are used at every place (sharing), pooling as a bonus.
# ### END SOLUTION

# %% [markdown]
# ## 11. Build the module
#
# | you built | used again in |
# |---|---|
# | `relu_forward`, `dense_forward` and their backward functions | here, in the layers |
# | `softmax_loss`, `svm_loss` | lesson 07, for what excites a class; lesson 09 |
# | `Conv2D`, `Dense`, `ReLU`, `MaxPool2D`, `Flatten` | every network from now on |
# | `Sequential` | lesson 07 looks inside, lesson 08 makes it deep, lesson 09 reuses it |
# | `small_convnet` | lesson 07, as the network to look into |
# | `SGD`, `train` | lessons 07 to 09 |
#
# Still missing: you know *that* the network reads, but not *what* its filters look for.
# That is lesson 07. The next cell writes `course/network.py` from your functions and
# classes and lists what is not there yet.

# %%
from course.kit import build

build(
    "network",
    relu_forward,
    relu_backward,
    dense_forward,
    dense_backward,
    softmax_loss,
    svm_loss,
    Conv2D,
    Dense,
    ReLU,
    MaxPool2D,
    Flatten,
    Sequential,
    small_convnet,
    SGD,
    train,
)
