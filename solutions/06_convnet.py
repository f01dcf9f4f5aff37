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
# passes numbers forward and gradients back (*backpropagation*), and a rule that moves the
# weights a little way downhill, thousands of times. You write all three, and then check
# your work the way practitioners do, before any long run: Is the first loss what pure
# guessing would give? Does the gradient of the whole network agree with a numeric one?
# Can the network learn 50 images by heart?
#
# Then it learns for real: to read handwritten digits, at least 97 of 100 right, in a few
# seconds on one core; and to name drawn shapes in noisy colour images of 32x32 pixels.
#
# The last cell makes `course.network` out of your functions and classes. Lessons 07 to 10
# train such networks better, look inside them, enlarge them and reuse what they have
# learned. Plan about three hours. There are 16 points.

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
#
# ### What it will read
#
# Sixteen of the digits, 8x8 pixels each, as people wrote them. Can you read them all? By
# the end of section 9 your own layers will have read them.

# %% tags=["demo"]
from course.kit import plot
from course.kit.data import split_digits

digits = split_digits()
plot.contact_sheet(digits.validation.x[:16])
plot.show()

# %% [markdown]
# ### Before you start

# %% tags=["demo"]
from course.kit.predict import predict

predict(
    "A window of max pooling holds four zeros, because the ReLU in front of it let nothing "
    "through. On the way back a gradient of 10 arrives at this window. How much of it "
    "gets past the ReLU?",
    0,
    because="Pooling hands all 10 to the first of the four pixels. But there the input "
    "of the ReLU was not above 0, so the ReLU stops it.",
)

# %% [markdown]
# ## 1. ReLU: a straight line with a corner
#
# A convolution is a weighted sum, and a weighted sum of weighted sums is again one. So two
# convolutions in a row can do no more than a single, larger one:

# %% tags=["demo", "nbval-check-output"]
rng = np.random.default_rng(0)
image, first, second = (rng.standard_normal((1, 1, side, side)) for side in (9, 3, 3))
zero = np.zeros(1)
larger = conv_forward(first, second[:, :, ::-1, ::-1], zero, padding=2)[0]
between = conv_forward(image, first, zero)[0]
wanted = conv_forward(image, larger, zero)[0]
without = conv_forward(between, second, zero)[0]
corner = conv_forward(np.maximum(between, 0), second, zero)[0]
print("the larger filter:", larger.shape[2:])
print("3x3 after 3x3 equals it:               ", np.allclose(without, wanted))
print("with max(0, x) between the two as well:", np.allclose(corner, wanted))

# %% [markdown]
# A corner between the two is what makes depth worthwhile. The notes' choice is the
# cheapest of all, the *rectified linear unit* $\max(0, x)$:
#
# | | | | | |
# |---|---:|---:|---:|---:|
# | x | -2 | -0.5 | 0 | 1.5 |
# | out | 0 | 0 | 0 | 1.5 |
# | dout | 10 | 20 | 30 | 40 |
# | dx | 0 | 0 | 0 | 40 |
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
# product, `rows @ w + b`, with w of shape `(D, M)`. One image with the three numbers 1, 2,
# 3 and two outputs:
#
# $$\begin{bmatrix}1&2&3\end{bmatrix}
# \begin{bmatrix}1&0\\2&1\\0&4\end{bmatrix}+\begin{bmatrix}10&20\end{bmatrix}
# =\begin{bmatrix}15&34\end{bmatrix}$$
#
# The way back is lesson 03 once more. Each weight met one input. Each input met one row of
# weights. The bias met every image, so its gradient is the sum of dout over the batch:
#
# $$dw = \text{rows}^{\mathsf T}\,d\text{out}\qquad
# dx = d\text{out}\,w^{\mathsf T}\qquad db = \sum_n d\text{out}_n$$
#
# and dx is put back into the shape of x. With dout = 1, 10 in the example, dx is
# 1·1 + 0·10 = 1, 2·1 + 1·10 = 12, 0·1 + 4·10 = 40.


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
# The network gives every class a score (*logit* is the usual word). A loss is one number
# that is small when the right class has the highest score by far. The softmax loss, or
# *cross-entropy*, turns the scores $s_k$ of an image into probabilities and takes minus
# the logarithm of what the right class y got:
#
# $$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}\qquad\qquad
# L = \frac1N\sum_{n=1}^{N} -\log p_{n,\,y_n}$$
#
# Two classes with the scores 0 and log 3 ≈ 1.0986:
#
# | | class 0 | class 1 |
# |---|---:|---:|
# | exp(s), their sum is 4 | 1 | 3 |
# | p | 0.25 | 0.75 |
# | loss, if this class is the right one | -log 0.25 = 1.3863 | -log 0.75 = 0.2877 |
#
# Its gradient with respect to the scores is short: p, minus 1 at the right class. (A row
# of zeros with a 1 at the right class is called *one-hot*.) If class 1 is right, that is
# 0.25, -0.25. Over a batch the loss is the *mean*, so each image's gradient is divided
# by N:
#
# $$\frac{\partial L}{\partial s_{n,k}} = \frac1N\,\bigl(p_{n,k} - [k = y_n]\bigr)$$
#
# where $[k = y_n]$ is 1 if k is the right class $y_n$ of image n, and 0 if not.
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
# The other loss of the course is that of the *support vector machine*, also called *hinge
# loss*. It asks for a margin: the right class should beat every other one by at least
# $\Delta = 1$. Each class that is closer than that costs what is missing:
#
# $$L = \frac1N\sum_{n}\;\sum_{k\neq y_n}\max\bigl(0,\; s_{n,k} - s_{n,y_n} + \Delta\bigr)$$
#
# Scores 3, 5, 1, and class 0 is right:
#
# | | class 0 (right) | class 1 | class 2 |
# |---|---:|---:|---:|
# | score | 3 | 5 | 1 |
# | cost | | 5 - 3 + 1 = 3 | 1 - 3 + 1 = -1, so 0: 3 beats 1 by 2 |
# | gradient | -1 | 1 | 0 |
#
# One class is too close, so the right score should rise (gradient -1, minus one for each
# class that costs), and that class's score should fall (gradient 1). Where a class is
# just at the margin, its cost and its gradient are 0. Again: means over the batch.
# Section 9 compares the two losses.


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
# The arrays in `parameters` are the weights themselves, not copies. After
# `layer.parameters["w"] -= 0.1` the layer computes with other weights, and that is how it
# will learn. Each object has its own arrays: two layers of one kind share no weights, no
# gradients and no memory of their last forward.
#
# **Where the weights begin.** All zeros would do no good: every filter would do the same
# and get the same gradient, at every step. So they begin at random. How large? A sum of D
# products has a variance D times that of one product. To keep the numbers from growing or
# dying from layer to layer, the weights get the standard deviation
#
# $$\sigma = \sqrt{\frac{2}{D}}$$
#
# where D counts the inputs of one output: C·F·F for a filter. (The 2 makes up for ReLU,
# which silences half of the numbers; He and others, 2015.) A filter of 3x3 on 3 channels:
# D = 27, standard deviation 0.272. Biases begin at 0.
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
# flattens by itself. Others do not, so networks usually list `Flatten`.)


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
# Forward, each layer takes what the one before it gave. Backward is the *chain rule*, and
# the chain rule is a loop: the last layer turns the gradient of the scores into the
# gradient of its input, which is the output of the layer before, and so on to the image.
#
# Two layers that you can follow with a pencil are enough to see it. The next cell
# defines them: `Times(3)` multiplies by a number that can be learned, `Plus(2)` adds one.
#
# | forward, downwards | | backward, upwards | |
# |---|---|---|---|
# | x | 1, 4 | dx = 3·dout | 3, 30 |
# | `Times(3)` | 3, 12 | gradient of the factor | 1·1 + 10·4 = 41 |
# | `Plus(2)` | 5, 14 | gradient of the term | 1 + 10 = 11 |
# | scores | 5, 14 | dout | 1, 10 |
#
# Run the way back in the wrong order and the numbers still have the right shapes: `Plus`
# would get 3 and 30, and its gradient would be 33. Shapes do not reveal this mistake; a
# check does.
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
# | layer | volume | |
# |---|---|---|
# | INPUT | [32x32x3] | the image |
# | CONV | [32x32x12] | 12 filters of 3x3x3, padding 1 |
# | RELU | [32x32x12] | |
# | POOL | [16x16x12] | half as high, half as wide |
# | FC | [1x1x10] | 10 scores, each out of all 16·16·12 = 3072 numbers |

# %% tags=["demo"]
from course.geometry import conv_parameters, dense_parameters

plot.volumes(
    [(3, 32, 32), (12, 32, 32), (12, 16, 16), (10, 1, 1)],
    ["INPUT", "CONV, RELU", "POOL", "FC"],
)
plot.show()

# %% tags=["demo"]
predict(
    "How many parameters does this network have?",
    conv_parameters(3, 12, 3) + dense_parameters(3072, 10),
    because="12·(27 + 1) = 336 in the filters, 10·(3072 + 1) = 30,730 in the dense layer.",
)

# %% [markdown]
# The check asks your network, too. It also takes a small one and compares its whole
# gradient, of all parameters and of the image, with numeric gradients. That is the second
# of the three sanity checks further below, and the one that finds mistakes in the plumbing.


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
# Of these parameters 99 % are in the dense layer and look at the whole volume; 1 % are in
# the filters and look at every place of the image.

# %% [markdown]
# ## 6. A step downhill
#
# The gradient of a parameter says how fast the loss grows when the parameter does. So
# take a little of it away: `parameter -= learning_rate * gradient`. Each step uses the
# gradient of one *mini-batch* of a few dozen images, not of all: hence *stochastic*
# gradient descent.
#
# **Momentum.** Gradients of single batches jump back and forth. Let them push a
# velocity instead, which forgets a tenth of itself at every step. What jumps cancels
# out; what stays the same adds up.
#
# **Weight decay.** To keep weights from growing without a need, each one also pushes
# itself towards 0: `weight_decay * parameter` is added to its gradient. For a parameter
# $\theta$ with gradient g, learning rate $\eta$, momentum $\mu$ and weight decay
# $\lambda$:
#
# $$v \leftarrow \mu\,v + g + \lambda\,\theta\qquad\qquad
# \theta \leftarrow \theta - \eta\,v$$
#
# A parameter that begins at 1, with gradients 2, 2, 0, learning rate 0.1, momentum 0.9 and
# no weight decay:
#
# | gradient | velocity | parameter |
# |---|---|---|
# | 2 | 2 | 1 - 0.1·2 = 0.8 |
# | 2 | 0.9·2 + 2 = 3.8 | 0.8 - 0.38 = 0.42 |
# | 0 | 0.9·3.8 + 0 = 3.42 | 0.42 - 0.342 = 0.078 |
#
# In the third step the gradient is 0, and the parameter rolls on. With gradient 2,
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
# random order, a mini-batch at a time. Four calls make a step:
#
# | call | what it does |
# |---|---|
# | `scores = network.forward(batch)` | from images to scores |
# | `value, dscores = loss(scores, labels)` | how wrong they are, and where better would be |
# | `network.backward(dscores)` | the gradient of every parameter |
# | `optimizer.step()` | every parameter moves a little |
#
# Write the loss of every step down: a curve shows at a glance what a single number hides.
#
# Training can be stopped. The stop button of the notebook raises `KeyboardInterrupt`
# wherever the program happens to be. Catch it around the loops and return what there is:
# the weights are in the network already.
#
# The kit's `watch(history, steps)` shows a progress bar and the loss curve while the loop
# runs; on a page that nobody watches, they appear once, at the end:
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
# run past the end, so the last batch needs no extra care. For the accuracy, count how
# often `scores.argmax(axis=1)` is the label, before the step, and divide by N.
#
# </details>
#
# The check never asks how well training went. It has a network of its own, which
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

# %% tags=["demo"]
predict(
    "Your weights begin at random, so the scores are not all equal. The first loss will "
    "be ...",
    "above 2.303",
    ["below 2.303", "2.303 to three digits", "above 2.303"],
    because="Being sure of something without a reason costs more than saying "
    "'I do not know'.",
)

# %% tags=["demo"]
from course.kit.training import one_thread

one_thread()  # these matrices are so small that several threads only wait
print(digits)
for seed in range(4):
    network = small_convnet((1, 8, 8), 16, 10, rng=np.random.default_rng(seed))
    first = softmax_loss(network.forward(digits.train.x), digits.train.y)[0]
    network.layers[3].parameters["w"] *= 0.01
    small = softmax_loss(network.forward(digits.train.x), digits.train.y)[0]
    print(f"seed {seed}: first loss {first:.3f}, with scores near 0: {small:.3f}")
print(f"guessing: {np.log(10):.3f}")

# %% [markdown]
# When the last layer's weights are a hundredth as large, all scores are almost 0, and the
# loss is that of guessing to three digits. A first loss of 25, or of 0.3, would mean that
# the loss is summed instead of averaged, that the images are not scaled, or that labels
# and scores do not belong together.
#
# **Two: the gradient of the whole network.** You built `numeric_gradient` and
# `relative_error` in lesson 03. Now the function is the whole network with its loss, and
# x is one array of weights. Use float64 and a handful of images. The check of
# `small_convnet` has passed. Will all four arrays agree with their numeric gradients here?
# (Think of the black corners of a digit, and of biases that are 0.)

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
# Three agree up to rounding, and the biases of the filters are off by up to 100 %. A bug? Where
# the image is black, a filter sees nothing but zeros, and its output is its bias: exactly
# 0, exactly at the corner of the ReLU. A step to the right finds the slope 1, a step to the
# left the slope 0, and the numeric gradient lies between them: a kink, as in lesson 03. Give the biases other values than 0, and the corner is gone.

# %% tags=["demo"]
network.parameters["0.b"][...] = [0.1, -0.1, 0.2, -0.2]
compare_gradients()

# %% [markdown]
# Relative errors around 1e-7 and below are rounding. 1e-2 would be a mistake.
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
unseen = np.mean(network.predict(digits.validation.x) == digits.validation.y)
print(f"of {len(digits.validation)} images that it has never seen: {unseen:.0%}")

# %% [markdown]
# 100 %, in well under a second. The gap to the second number is called *overfitting*: what
# was learned by heart but does not hold for new images. How well a network does on those
# is its *generalisation*, and nothing but new images can measure it.

# %% [markdown]
# ## 9. Reading digits
#
# All training images now, about 1200. Before a network learns, there are things to choose
# for which there is no gradient: the learning rate, the number of filters, the layers. They are
# called *hyperparameters*, and every choice is made by looking at images that the
# network has not learned from. Those images are then no longer a fair test: choose among
# enough networks, and one will suit them by luck. Hence three parts:
#
# | part | for | how often |
# |---|---|---|
# | training images | gradients | all the time |
# | validation images | every choice | as often as you like |
# | test images | the number that you report | **once**, when nothing is left to choose |
#
# ### How large may a step be?
#
# The learning rate is the first number to get right, and the loss curve shows how. Five
# networks, alike in everything but the learning rate, which is ten times that of the one
# before:


# %% tags=["demo"]
def right(network, part):
    """The share of a part's images that the network reads correctly."""
    return np.mean(network.predict(part.x) == part.y)


losses, share_of = {}, {}
for rate in (0.0005, 0.005, 0.05, 0.5, 5.0):
    rng = np.random.default_rng(1)
    network = small_convnet((1, 8, 8), 16, 10, rng=rng)
    optimizer = SGD(network, rate)
    with np.errstate(all="ignore"):  # the last one may overflow
        history = train(
            network, *digits.train, epochs=5, optimizer=optimizer, rng=rng, show=False
        )
        share_of[rate] = right(network, digits.validation)
    losses[f"learning rate {rate:g}"] = history["loss"]
plot.loss_lines(losses, guess=np.log(10))
plot.show()
for rate, share in share_of.items():
    print(f"learning rate {rate:<5g}  {share:6.1%} of the validation images")
best_rate = max(share_of, key=share_of.get)
print("chosen:", best_rate)

# %% [markdown]
# Too small, and the curve does fall, but too slowly. Too large, and it
# never falls below guessing, or ends as `nan`: each step jumps over the valley and lands
# higher up. In between lies a range that works. Powers of ten find it; whether 0.03 or 0.1
# is better still, only a finer search with more seeds could tell. From here on
# the networks of this section learn with the rate that was chosen.
#
# Try it on a smaller network. The figure calls your `small_convnet` and your `train`:

# %% tags=["demo"]
from course.kit import explore

explore.learning_rates(small_convnet, train)

# %% [markdown]
# ### What should the layers be?
#
# Sizes are chosen by rules of thumb, which the notes and the lectures collect:
#
# | rule | why |
# |---|---|
# | the side of the image can be halved many times: 32, 64, 96, 224, 384, 512 | every pooling halves it, and nothing must be cropped |
# | filters of 3x3, at most 5x5, stride 1, padding (F - 1)/2 | the convolution keeps the size; only pooling changes it |
# | larger filters, or a stride, at most in the first layer | it has only 3 channels, so they are cheap there |
# | 32, 64, 128, ... filters, a power of two | a habit; the fastest routines were long written for such sizes |
# | pooling over 2x2 with stride 2 | larger windows destroy too much (lesson 05) |
# | for deeper networks, *two* convolutions before each pooling | they "can develop more complex features of the input before the destructive pooling operation" |
#
# As patterns, with their smallest members first:
#
# - `INPUT -> FC`, a linear classifier (you meet it again in section 10)
# - `INPUT -> CONV -> RELU -> FC`
# - `INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC`
# - `INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC`
#
# Three of these rules as numbers:

# %% tags=["demo", "nbval-check-output"]
from course.kit.receptive_field import unit_field

for side in (32, 96, 100, 224, 227, 512):
    halves = [side]
    while halves[-1] % 2 == 0:
        halves.append(output_size(halves[-1], 2, 2))
    print(f"{side}: halved {len(halves) - 1} times, then {halves[-1]}")
print("64 filters of 7x7 on the  3 channels of an image:", conv_parameters(3, 64, 7))
print("64 filters of 7x7 on the 64 channels of a volume:", conv_parameters(64, 64, 7))
one = Sequential([Conv2D(1, 1, 3, padding=1), ReLU()])
two = Sequential([*one.layers, Conv2D(1, 1, 3, padding=1), ReLU()])
for name, each in (("one convolution ", one), ("two convolutions", two)):
    FH, FW = unit_field(each, len(each.layers) - 1, (1, 8, 8)).size
    print(f"before the pooling, after {name}: a unit sees {FH}x{FW} pixels")

# %% [markdown]
# Rules of thumb should be tried. One network is the one that you have; in each of the
# others one thing is different. Every one is trained three times, since one run is one
# throw of the dice, and judged by the validation images.

# %% tags=["demo"]
predict(
    "Which change will help most?",
    "two convolutions",
    ["the SVM loss", "average pooling", "no pooling", "two convolutions"],
    because="Together they see 5x5 pixels and add a ReLU before the pooling. Without "
    "pooling there are four times as many dense weights, and it reads no better.",
)

# %% tags=["demo"]
from course.pooling import avg_pool_backward, avg_pool_forward


class AvgPool2D(MaxPool2D):
    """Average pooling, with your functions of lesson 05."""

    def forward(self, x):
        out, self.cache = avg_pool_forward(x, self.size, self.stride)
        return out

    def backward(self, dout):
        return avg_pool_backward(dout, self.cache)


def digit_network(rng, convolutions=1, pool=MaxPool2D, filters=16):
    """[INPUT - [CONV - RELU]*convolutions - POOL - FC]; pool may be None."""
    layers, channels, side = [], 1, 8
    for _ in range(convolutions):
        layers += [Conv2D(channels, filters, 3, padding=1, rng=rng), ReLU()]
        channels = filters
    if pool is not None:
        layers, side = [*layers, pool()], 4
    return Sequential([*layers, Dense(filters * side * side, 10, rng=rng)])


candidates = {
    "as it is": ({}, softmax_loss),
    "SVM loss": ({}, svm_loss),
    "average pooling": ({"pool": AvgPool2D}, softmax_loss),
    "no pooling": ({"pool": None}, softmax_loss),
    "two convolutions": ({"convolutions": 2}, softmax_loss),
}
means = {}
print("                   parameters   training   validation: mean (lowest to highest)")
for name, (change, loss) in candidates.items():
    known, new = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        network = digit_network(rng, **change)
        train(
            network,
            *digits.train,
            epochs=8,
            learning_rate=best_rate,
            loss=loss,
            rng=rng,
            show=False,
        )
        known.append(right(network, digits.train))
        new.append(right(network, digits.validation))
    means[name] = np.mean(new)
    count = sum(array.size for array in network.parameters.values())
    print(
        f"{name:17s}  {count:10,}   {np.mean(known):8.1%}   {means[name]:10.1%}", end=""
    )
    print(f"  ({min(new):.1%} to {max(new):.1%})")
print("chosen:", max(means, key=means.get))

# %% [markdown]
# Where ranges overlap, three runs on 296 images are too few to tell: one more image is
# 0.3 %. So the two losses are a draw, and so is pooling or not, but without it the dense
# layer has four times as many weights: more memory, more work, and more room to overfit on
# a harder task, which is the reason that the notes give for pooling. Two lines stand apart.
# The range of average pooling lies wholly below that of the first line: averages blur the
# thin strokes of these digits. And the range of two convolutions begins where that of the
# first line ends: the filters of the second build on those of the first.
#
# ### The reader
#
# So the network is chosen: two convolutions. It is trained once more, while you watch, for
# twelve epochs.

# %% tags=["demo"]
from time import perf_counter

rng = np.random.default_rng(0)
reader = digit_network(rng, convolutions=2)
started = perf_counter()
history = train(
    reader,
    *digits.train,
    epochs=12,
    learning_rate=best_rate,
    validation=(digits.validation.x, digits.validation.y),
    rng=rng,
)
print(f"{perf_counter() - started:.1f} s of training")
print(f"training images {right(reader, digits.train):.1%}, ", end="")
print(f"validation images {right(reader, digits.validation):.1%}")

# %% [markdown]
# Nothing is left to choose. Now the test images, for the first and only time in this
# lesson.

# %% tags=["demo"]
test_accuracy = right(reader, digits.test)

# %% tags=["demo"]
predict(
    "Of 100 test images, how many does it read correctly? (One either way counts.)",
    round(100 * test_accuracy),
    within=1,
    because="Guessing reads 10 of 100.",
)

# %% tags=["demo"]
print(f"test accuracy {test_accuracy:.1%} of {len(digits.test)} images")
assert test_accuracy >= 0.97

# %% [markdown]
# Which of the validation images does it misread? Look at them before you blame it. ("8 not
# 6" is a 6 that it took for an 8.) Below them are the sixteen from the start, and what
# it reads.

# %% tags=["demo"]
found = reader.predict(digits.validation.x)
wrong = np.flatnonzero(found != digits.validation.y)[:8]
plot.contact_sheet(digits.validation.x[wrong], digits.validation.y[wrong], found[wrong])
plot.show()
plot.contact_sheet(digits.validation.x[:16], digits.validation.y[:16], found[:16])
plot.show()

# %% [markdown]
# And it reads what you write. On the canvas of earlier lessons a network of the course
# read your digits; from here on the network is your own, every layer and every weight.

# %% tags=["demo"]
from course.kit.draw import draw_digit

draw_digit(reader)

# %% [markdown]
# You can take it along, too. The next cell writes your network into one page, which any
# browser opens, offline and without Python. Draw for it, click a number and follow it back
# through the layers, break a filter, and put it back. (In your file manager, open
# `explorer.html`, beside this notebook.)

# %% tags=["demo"]
from course.kit.page import export_page

page = export_page(
    reader, "explorer.html", classes=digits.classes, samples=digits.validation.x[:10]
)
numbers = sum(array.size for array in reader.parameters.values())
print(
    f"{page.name}: {page.stat().st_size / 1000:.0f} kB, with your {numbers:,} weights in it"
)

# %% [markdown]
# ## 10. Colour images
#
# The notes' network was made for images of 32x32x3. The ten classes here are drawn on your
# machine: shapes of random size, place, angle and colour on a random background, under
# noise.

# %% tags=["demo"]
from course.kit.data import colour_task

shapes = colour_task("shapes", train=2000, validation=500, test=500)
first = [int(np.flatnonzero(shapes.train.y == label)[0]) for label in range(10)]
plot.contact_sheet(shapes.train.x[first], range(10), classes=shapes.classes, columns=5)
plot.show()

# %% [markdown]
# The volumes of the notes, layer by layer, as your layers make them from an image:

# %% tags=["demo", "nbval-check-output"]
network = small_convnet((3, 32, 32), 12, 10, rng=np.random.default_rng(0))
volume = shapes.train.x[:1]
print(f"INPUT      {volume.shape[1:]}")
for layer in network.layers:
    volume = layer.forward(volume)
    count = sum(array.size for array in layer.parameters.values())
    print(f"{type(layer).__name__:<10} {volume.shape[1:]!s:<14} {count:>6,} parameters")

# %% [markdown]
# Its rival is a network of one dense layer, [INPUT - FC]: every pixel has a weight of
# its own for every class. Each class is then one picture of weights, a template that is
# laid over the image. With 3072·10 + 10 = 30,730 parameters it has almost as many as the
# ConvNet, which gets filters of 5x5 here: 12·76 + 30,730 = 31,642. To be fair to both, the
# learning rate of each is chosen on the validation images.

# %% tags=["demo"]
from course.kit.data import Split

grey = np.float32(0.5)  # so that images go from -0.5 to 0.5
known, fresh, unseen = (
    Split(part.x - grey, part.y)
    for part in (shapes.train, shapes.validation, shapes.test)
)


def new_network(kind, rng):
    if kind == "templates":
        return Sequential([Dense(3072, 10, rng=rng)])
    return small_convnet((3, 32, 32), 12, 10, size=5, rng=rng)


def taught(kind, rate, epochs, images=2000, show=False):
    """A network of this kind after training, batches of 16, weight decay 0.001."""
    rng = np.random.default_rng(0)
    network = new_network(kind, rng)
    train(
        network,
        known.x[:images],
        known.y[:images],
        epochs=epochs,
        batch_size=16,
        optimizer=SGD(network, rate, weight_decay=0.001),
        validation=(fresh.x, fresh.y) if show else None,
        rng=rng,
        show=show,
    )
    return network


chosen = {}
for kind, rates, short in (
    ("templates", (0.0005, 0.001, 0.002, 0.005), {"epochs": 10}),
    ("ConvNet", (0.005, 0.02, 0.05), {"epochs": 1}),
):
    shares = {rate: right(taught(kind, rate, **short), fresh) for rate in rates}
    chosen[kind] = max(shares, key=shares.get)
    listed = ", ".join(f"{rate:g}: {share:.0%}" for rate, share in shares.items())
    print(f"{kind:9s}  validation images named correctly at rate {listed}")
print("chosen:", chosen)

# %% tags=["demo"]
predict(
    "Guessing names 10 of 100 shapes. After training, the templates name more than 40 of "
    "100 training images. How many of 100 new ones? (Five either way count.)",
    round(100 * right(taught("templates", chosen["templates"], epochs=10), fresh)),
    within=5,
    because="Much of what the templates know holds for the training images only: "
    "they overfit.",
)

# %% tags=["demo"]
networks = {
    "templates": taught("templates", chosen["templates"], epochs=10),
    "ConvNet": taught("ConvNet", chosen["ConvNet"], epochs=5, show=True),
}
print("named correctly   training images   validation images   test images")
for kind, network in networks.items():
    a, b, c = (right(network, part) for part in (known, fresh, unseen))
    print(f"{kind:15s}   {a:15.0%}   {b:17.0%}   {c:11.0%}")

# %% [markdown]
# Similar counts, but a world apart. A template has to find the shape where it
# was in the training images, in the colour it had there. A filter looks for the same
# corner at every place, with the same 75 weights, and pooling forgives a pixel. Sharing
# weights leaves less room for learning by heart: the ConvNet loses far less on the way
# from known images to new ones. (Both do a little worse on the test images than on the
# validation images. One reason is the choice of the learning rates, which suits the
# validation images; another may be that the backgrounds of the three parts are cut from
# different pieces of the photographs.)

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
    twin = digit_network(np.random.default_rng(1), convolutions=2)
    before = right(twin, digits.validation)
    twin.load(path)
    after = right(twin, digits.validation)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    print(f"a network with other random weights: {before:.1%}, after load: {after:.1%}")
    try:
        digit_network(np.random.default_rng(1), 2, filters=12).load(path)
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
# place): the figure with five learning rates shows both, a curve that hardly falls and one
# that stays at guessing or above. Perhaps the gradient does not reach the weights, because
# backward is wrong or the optimizer's steps change copies: the gradient check of the whole
# network finds the first, the 50 images that cannot be learned by heart find both. (Also
# good: images and labels do not belong together, found by the 50 images or by looking at
# them; all weights begin at 0, so that every filter gets the same gradient.)
#
# The templates get far more of their training images right than of new ones; the ConvNet
# loses far less from the first to the second (the table has both shares). A template has
# one weight for each pixel and must meet the shape where it was. The ConvNet's 75 weights of a filter are used at all 32·32 places: what was learned at one
# place holds everywhere, and pooling makes it less sensitive to a pixel's shift.
#
# **Mark scheme (1 point).**
# - 0.25 for each of two possible causes, if a check or figure that would tell is named
#   with it.
# - 0.25: both shares, on training and on new images, for templates and ConvNet.
# - 0.25: the same weights are used at every place (sharing), pooling as a bonus.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains (unfold it when you have written yours)</summary>
#
# - 2.30 is log 10, the loss of guessing. Two possible causes, each with the check or figure
#   that would show it: a learning rate far too small or too large (the figure with five
#   rates), a wrong backward pass or steps that do not reach the weights (the gradient
#   check, the 50 images), labels that do not belong to the images (the 50 images).
# - Both shares, on known and on new images, for templates and for the ConvNet.
# - The same weights of a filter are used at every place of the image, so what is learned
#   at one place holds at all of them.
#
# </details>

# %% [markdown]
# ## 11. Build the module
#
# | you built | used again in |
# |---|---|
# | `relu_forward`, `relu_backward`, `dense_backward` | here, in the layers |
# | `dense_forward` | here, and in lesson 09 |
# | `softmax_loss` | here, the loss of `train` |
# | `svm_loss` | here, compared in section 9 |
# | `Conv2D`, `Dense`, `ReLU`, `MaxPool2D` | lessons 07 to 09, in deeper networks |
# | `Flatten` | here |
# | `Sequential` | lesson 07 trains it better, lesson 08 looks inside, lesson 09 makes it deep, lesson 10 reuses it |
# | `small_convnet` | lesson 07, where it overfits, and lesson 08, as the network whose filters die |
# | `SGD`, `train` | lessons 07 to 10 |
#
# The next cell writes `course/network.py` from your functions and classes and lists what
# is not there yet.

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
# %% [markdown]
# ## Where this leads
#
# You have a library now: layers, losses, an optimizer and a training loop, all in numpy,
# and a network that reads handwriting. But of 50 digits that it learned by heart it had all
# right, and far fewer of new ones. What makes that gap smaller is lesson 07.
#
# ### Further reading
#
# - CS231n, [Neural Networks Part 3](https://cs231n.github.io/neural-networks-3/): gradient
#   checks, sanity checks, what loss curves look like and why.
# - CS231n: [Convolutional Neural Networks](https://cs231n.github.io/convolutional-networks/),
#   sections "Layer Patterns" and "Layer Sizing Patterns": the rules of section 9.
# - Karpathy: [A Recipe for Training Neural Networks](https://karpathy.github.io/2019/04/25/recipe/)
#   (2019): the same advice from years of practice; overfit first, then regularise.
# - LeCun, Bottou, Bengio, Haffner:
#   [Gradient-Based Learning Applied to Document Recognition](https://doi.org/10.1109/5.726791)
#   (1998): LeNet, the first of these networks that read handwriting for a living.
# - He and others: [Delving Deep into Rectifiers](https://arxiv.org/abs/1502.01852) (2015):
#   where the 2 in $\sqrt{2/D}$ comes from.
# - Sutskever and others:
#   [On the importance of initialization and momentum in deep learning](https://proceedings.mlr.press/v28/sutskever13.html)
#   (2013): why a ball that rolls gets there sooner.
#
# **Next:** lesson 07, [Training in practice](../07_training/07_training.ipynb). The words of the
# course are in the [glossary](../../docs/glossary.md).
