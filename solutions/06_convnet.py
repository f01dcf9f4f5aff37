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
from course.kit.progress import watch
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


# %% nbgrader={"grade": false, "grade_id": "relu_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relu_forward(x):
    """Rectified linear unit: max(0, x) of every number.

    x is an array of floats of any shape, and is not changed.

    Returns (out, cache). out has the shape and the dtype of x. What the cache holds is up
    to you.
    """
    ### BEGIN SOLUTION hint: One numpy call; keep where x is above 0.
    return np.maximum(x, 0), x > 0
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "relu_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relu_backward(dout, cache):
    """Backward pass of relu_forward: dx, in the shape and the dtype of dout.

    dout is the gradient of the loss with respect to out, and is not changed. cache is
    what relu_forward returned. dx is dout where x was above 0, and 0 elsewhere.
    """
    ### BEGIN SOLUTION hint: Let dout pass where x was above 0.
    return dout * cache
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_relu", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def back_and_forth(backward, x, dout):
    return backward(dout, relu_forward(x)[1])


check.examples(relu_forward)
result = relu_forward(np.array([-2.0, -0.5, 0.0, 1.5]))
check.equal(
    "what comes back",
    type(result).__name__,
    "tuple",
    mistakes={"out is returned without a cache": "ndarray"},
)
out, cache = result
check.equal("by hand: out", out, np.array([0.0, 0.0, 0.0, 1.5]))
check.examples(relu_backward, call=back_and_forth)
dx = relu_backward(np.array([10.0, 20.0, 30.0, 40.0]), cache)
check.equal("by hand: dx", dx, np.array([0.0, 0.0, 0.0, 40.0]))
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(61)
for _shape in [(7,), (2, 3, 4, 5), (3, 1)]:
    _x = np.asfortranarray(_rng.standard_normal(_shape))
    _before = _x.copy()
    _out, _cache = relu_forward(_x)
    _dout = check.upstream(_shape)
    check.equal(f"out of shape {_shape}", _out, np.where(_x > 0, _x, 0.0))
    check.equal("dx", relu_backward(_dout, _cache), np.where(_x > 0, _dout, 0.0))
    check.equal("dx once more", relu_backward(_dout, _cache), _dout * (_x > 0))
    check.equal("x after the calls", _x, _before)
_single, _cache = relu_forward(np.ones((2, 3), np.float32))
_dx = relu_backward(_single, _cache)
check.equal("float32", [_single.dtype.name, _dx.dtype.name], ["float32", "float32"])
### END HIDDEN TESTS

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


# %% nbgrader={"grade": false, "grade_id": "dense_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
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


# %% nbgrader={"grade": false, "grade_id": "dense_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
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


# %% nbgrader={"grade": true, "grade_id": "check_dense", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def back_and_forth(backward, x, w, b, dout):
    return backward(dout, dense_forward(x, w, b)[1])


check.examples(dense_forward)
x, w = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 4.0]])
result = dense_forward(x, w, np.array([10.0, 20.0]))
check.equal(
    "what comes back",
    type(result).__name__,
    "tuple",
    mistakes={"out is returned without a cache": "ndarray"},
)
out, cache = result
check.equal("by hand: out", out, np.array([[15.0, 34.0]]))
check.examples(dense_backward, call=back_and_forth)
dx, dw, db = dense_backward(np.array([[1.0, 10.0]]), cache)
check.equal("by hand: dx", dx, np.array([[1.0, 12.0, 40.0]]))
check.equal("by hand: dw", dw, np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]))
rng = np.random.default_rng(62)
x, w, b = (rng.standard_normal(shape) for shape in [(3, 2, 2, 4), (16, 5), (5,)])
dout = check.upstream((3, 5))
dx, dw, db = dense_backward(dout, dense_forward(x, w, b)[1])
check.gradient("dx", dx, lambda x: dense_forward(x, w, b)[0], x, dout)
check.gradient("dw", dw, lambda w: dense_forward(x, w, b)[0], w, dout)
check.gradient("db", db, lambda b: dense_forward(x, w, b)[0], b, dout)
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(63)
for _shape, _outputs in [
    ((4, 6), 3),
    ((2, 3, 1, 5), 4),
    ((1, 2, 3, 4), 1),
    ((5, 1), 2),
]:
    _x = _rng.standard_normal(_shape[::-1]).T
    _w = _rng.standard_normal((_outputs, _x[0].size)).T
    _b = _rng.standard_normal(_outputs)
    _given = [_x.copy(), _w.copy(), _b.copy()]
    _out, _cache = dense_forward(_x, _w, _b)
    _rows = np.array([_image.ravel() for _image in _x])
    check.close(f"out for {_shape}", _out, np.einsum("nd,dm->nm", _rows, _w) + _b)
    _dout = check.upstream(_out.shape)
    _want = [
        np.einsum("nm,dm->nd", _dout, _w).reshape(_shape),
        np.einsum("nd,nm->dm", _rows, _dout),
        np.einsum("nm->m", _dout),
    ]
    check.close(f"gradients for {_shape}", list(dense_backward(_dout, _cache)), _want)
    check.close("gradients once more", list(dense_backward(_dout, _cache)), _want)
    check.equal("x, w and b after the calls", [_x, _w, _b], _given)
_x, _w, _b = (_array.astype(np.float32) for _array in (_x, _w, _b))
_out, _cache = dense_forward(_x, _w, _b)
_names = [_a.dtype.name for _a in (_out, *dense_backward(_out, _cache))]
check.equal("float32", _names, ["float32"] * 4)
### END HIDDEN TESTS

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


# %% nbgrader={"grade": false, "grade_id": "softmax_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax_loss(scores, labels):
    """Softmax (cross-entropy) loss, its mean over the batch, and its gradient.

    scores are floats (N, classes), labels the right class of each image, (N,) whole
    numbers from 0. Neither is changed.

    Returns (loss, dscores). loss is one float: the mean over the N images of
    -log(p of the right class), p = exp(score) / sum over the classes of exp(score).
    dscores is its gradient, (N, classes) in the dtype of scores. Scores of any size, such
    as 1000 or -1000, give finite results without a warning.
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


# %% nbgrader={"grade": true, "grade_id": "check_softmax_loss", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
def loss_and_gradient(function, scores, labels):
    loss, dscores = function(scores, labels)
    return float(loss), dscores


check.examples(softmax_loss, call=loss_and_gradient)
scores = np.array([[0.0, np.log(3.0)]])
for case, label, want in [("second", 1, 0.287682072), ("first", 0, 1.386294361)]:
    loss, dscores = softmax_loss(scores, np.array([label]))
    check.close(f"by hand: the {case} class is right", float(loss), want)
check.close("dscores, the first is right", dscores, np.array([[-0.75, 0.75]]))
loss, _ = softmax_loss(np.zeros((4, 10)), np.array([0, 3, 3, 9]))
check.close("all scores equal: log 10", float(loss), 2.302585093)
large = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, 0.0]])
loss, dscores = softmax_loss(large, np.array([1, 2]))
check.close(
    "scores of 1000: the mean of 1000 and 0",
    float(loss),
    500.0,
    mistakes={
        "the exponential overflows, or a p is rounded to 0 before the logarithm": np.inf,
        "the largest score of the batch is subtracted, not that of each image": np.nan,
    },
)
check.close(
    "their gradient",
    dscores,
    np.array([[0.5, -0.5, 0.0], [0.0, 0.0, 0.0]]),
    mistakes={"the exponential overflows": np.full((2, 3), np.nan)},
)
rng = np.random.default_rng(64)
scores, labels = 2 * rng.standard_normal((5, 4)), np.array([1, 3, 0, 0, 2])
dscores = softmax_loss(scores, labels)[1]
check.gradient("dscores", dscores, lambda s: float(softmax_loss(s, labels)[0]), scores)
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(65)
for _N, _classes in [(1, 2), (6, 3), (3, 10), (7, 1)]:
    _scores = _rng.standard_normal((_classes, _N)).T * 3
    _labels = _rng.integers(0, _classes, _N)
    _given = _scores.copy(), _labels.copy()
    _p = np.exp(_scores) / np.exp(_scores).sum(axis=1, keepdims=True)
    _want = float(np.mean([-np.log(_p[n, _labels[n]]) for n in range(_N)]))
    _loss, _dscores = softmax_loss(_scores, _labels)
    check.close(f"loss of {_N} images", float(_loss), _want)
    check.close("dscores", _dscores, (_p - np.eye(_classes)[_labels]) / _N, atol=1e-12)
    check.equal("scores and labels after the call", [_scores, _labels], [*_given])
_loss, _dscores = softmax_loss(_scores.astype(np.float32), _labels)
check.equal("float32", _dscores.dtype.name, "float32")
for _shift in (-1e4, 1e4):
    _scores = np.array([[1.0, 2.0, 4.0]]) + _shift
    _loss = float(softmax_loss(_scores, np.array([1]))[0])
    check.close(f"scores near {_shift:g}", _loss, 2.169846, rtol=1e-6)
### END HIDDEN TESTS

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


# %% nbgrader={"grade": false, "grade_id": "svm_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
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


# %% nbgrader={"grade": true, "grade_id": "check_svm_loss", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def loss_and_gradient(function, scores, labels, **options):
    loss, dscores = function(scores, labels, **options)
    return float(loss), dscores


check.examples(svm_loss, call=loss_and_gradient)
loss, dscores = svm_loss(np.array([[3.0, 5.0, 1.0]]), np.array([0]))
check.equal("by hand: one class costs 3", float(loss), 3.0)
check.equal("by hand: dscores", dscores, np.array([[-1.0, 1.0, 0.0]]))
rng = np.random.default_rng(66)
scores, labels = 2 * rng.standard_normal((5, 4)), np.array([1, 3, 0, 0, 2])
for margin in (1.0, 2.5):
    dscores = svm_loss(scores, labels, margin)[1]
    check.gradient(
        f"dscores, margin {margin:g}",
        dscores,
        lambda s, margin=margin: float(svm_loss(s, labels, margin)[0]),
        scores,
    )
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(67)
for _N, _classes, _margin in [(1, 2, 1.0), (6, 3, 0.5), (3, 10, 4.0), (4, 1, 1.0)]:
    _scores = _rng.standard_normal((_classes, _N)).T
    _labels = _rng.integers(0, _classes, _N)
    _given = _scores.copy(), _labels.copy()
    _want, _slope = 0.0, np.zeros((_N, _classes))
    for _n, _c in np.ndindex(_N, _classes):
        _cost = _scores[_n, _c] - _scores[_n, _labels[_n]] + _margin
        if _c != _labels[_n] and _cost > 0:
            _want += _cost / _N
            _slope[_n, _c] += 1 / _N
            _slope[_n, _labels[_n]] -= 1 / _N
    _loss, _dscores = svm_loss(_scores, _labels, _margin)
    check.close(f"loss of {_N} images", float(_loss), _want)
    check.close("dscores", _dscores, _slope, atol=1e-12)
    check.equal("scores and labels after the call", [_scores, _labels], [*_given])
_loss, _dscores = svm_loss(_scores.astype(np.float32), _labels)
check.equal("float32", _dscores.dtype.name, "float32")
### END HIDDEN TESTS

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


# %% nbgrader={"grade": false, "grade_id": "Conv2D", "locked": false, "schema_version": 3, "solution": true, "task": false}
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

# %% nbgrader={"grade": true, "grade_id": "check_Conv2D", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
layer = Conv2D(3, 5, 4, stride=2, padding=1, rng=np.random.default_rng(0))
shapes = {name: array.shape for name, array in layer.parameters.items()}
check.equal("the parameters", shapes, {"w": (5, 3, 4, 4), "b": (5,)})
check.equal(
    "the dtype of the weights",
    layer.parameters["w"].dtype.name,
    "float64",
    mistakes={"the parameters are float32": "float32"},
)
check.equal("the biases", layer.parameters["b"], np.zeros(5))
drawn = [
    Conv2D(3, 5, 4, rng=np.random.default_rng(seed)).parameters["w"] for seed in (0, 1)
]
check.equal(
    "the same weights for the same seed, and for another seed",
    [bool(np.array_equal(layer.parameters["w"], w)) for w in drawn],
    [True, False],
    mistakes={
        "the weights are not drawn from rng": [False, False],
        "the weights are the same for every seed": [True, True],
    },
)
w = Conv2D(16, 40, 5, rng=np.random.default_rng(2)).parameters["w"]
check.close(
    "16,000 weights with D = 400: standard deviation",
    float(w.std()),
    np.sqrt(2 / 400),
    rtol=0.05,
    mistakes={
        "the weights are not scaled": 1.0,
        "the variance 2 / D is taken for the standard deviation": 2 / 400,
        "the standard deviation is sqrt(1 / D)": np.sqrt(1 / 400),
        "D counts the filters instead of the channels": np.sqrt(2 / 1000),
        "D counts the channels only": np.sqrt(2 / 16),
    },
)
check.close("their mean, within 0.005", float(w.mean()), 0.0, atol=0.005)

ones = Conv2D(1, 1, 2, rng=np.random.default_rng(3))
w_drawn = ones.parameters["w"].copy()
ones.parameters["w"][...] = 1.0
ones.parameters["b"][...] = 10.0
out = ones.forward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
check.equal(
    "what forward returns",
    type(out).__name__,
    "ndarray",
    mistakes={"forward returns the cache, too": "tuple"},
)
check.equal(
    "by hand: weights set in place to 1, bias to 10",
    out,
    np.array([[[[20.0]]]]),
    mistakes={
        "the bias is forgotten": np.array([[[[10.0]]]]),
        "the parameters that are seen are copies": lambda: conv_forward(
            np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), w_drawn, np.zeros(1)
        )[0],
    },
)
dx = ones.backward(np.array([[[[2.0]]]]))
check.equal(
    "what backward returns",
    type(dx).__name__,
    "ndarray",
    mistakes={"backward returns all gradients, not dx alone": "tuple"},
)
check.equal("by hand: dx", dx, np.full((1, 1, 2, 2), 2.0))
check.equal(
    "by hand: gradients",
    {name: gradient.ravel().tolist() for name, gradient in ones.gradients.items()},
    {"w": [2.0, 4.0, 6.0, 8.0], "b": [2.0]},
)

rng = np.random.default_rng(3)
x = rng.standard_normal((2, 3, 6, 10))
before = x.copy()
layer.parameters["b"][...] = rng.standard_normal(5)
w, b = (layer.parameters[name].copy() for name in "wb")
want, cache = conv_forward(x, w, b, 2, 1)
out = layer.forward(x)
check.close(
    "6x10 pixels, 4x4 filters, stride 2, padding 1",
    out,
    want,
    mistakes={
        "the stride is ignored": lambda: conv_forward(x, w, b, 1, 1)[0],
        "the padding is ignored": lambda: conv_forward(x, w, b, 2, 0)[0],
        "stride and padding are swapped": lambda: conv_forward(x, w, b, 1, 2)[0],
        "the bias is forgotten": lambda: conv_forward(x, w, 0 * b, 2, 1)[0],
    },
)
dout = check.upstream(want.shape)
want_dx, want_dw, want_db = conv_backward(dout, cache)
check.close("dx", layer.backward(dout), want_dx)
check.close("gradients", dict(layer.gradients), {"w": want_dw, "b": want_db})
layer.forward(x)
layer.backward(dout)
check.close(
    "gradients of a second backward",
    dict(layer.gradients),
    {"w": want_dw, "b": want_db},
    mistakes={
        "the gradients of earlier calls are added": {"w": 2 * want_dw, "b": 2 * want_db}
    },
)
check.equal("parameters after all this", dict(layer.parameters), {"w": w, "b": b})
check.equal("x after all this", x, before)
single = layer.forward(x.astype(np.float32))
check.equal(
    "float32 images: out and dx",
    [single.dtype.name, layer.backward(single).dtype.name],
    ["float32", "float32"],
    mistakes={"float32 went in, float64 came out": ["float64", "float64"]},
)
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(68)
for _C, _K, _F, _S, _P, _H, _W in [(1, 4, 3, 1, 1, 5, 7), (4, 1, 1, 1, 0, 2, 3)]:
    _layer, _second = Conv2D(_C, _K, _F, _S, _P, _rng), Conv2D(2, 2, 2)
    _second.forward(np.ones((1, 2, 2, 2)))
    _layer.parameters["b"][...] = _rng.standard_normal(_K)
    _x = _rng.standard_normal((_W, _H, _C, 3)).T
    _w, _b = _layer.parameters["w"], _layer.parameters["b"]
    _want, _cache = conv_forward(_x, _w, _b, _S, _P)
    check.close(f"out of {_F}x{_F} filters", _layer.forward(_x), _want)
    _second.backward(np.ones((1, 2, 1, 1)))
    _dout = check.upstream(_want.shape)
    _wants = conv_backward(_dout, _cache)
    check.close("dx", _layer.backward(_dout), _wants[0])
    check.close("dw", _layer.gradients["w"], _wants[1])
    check.close("db", _layer.gradients["b"], _wants[2])
check.raises("a filter of 4 on 3 pixels", ValueError, Conv2D(1, 1, 4).forward, _x)
### END HIDDEN TESTS

# %% [markdown]
# The dense layer as an object is the same once more, with D = `inputs`.


# %% nbgrader={"grade": false, "grade_id": "Dense", "locked": false, "schema_version": 3, "solution": true, "task": false}
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


# %% nbgrader={"grade": true, "grade_id": "check_Dense", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
layer = Dense(24, 5, rng=np.random.default_rng(0))
shapes = {name: array.shape for name, array in layer.parameters.items()}
check.equal(
    "the parameters",
    shapes,
    {"w": (24, 5), "b": (5,)},
    mistakes={
        "the weights have the shape (outputs, inputs)": {"w": (5, 24), "b": (5,)}
    },
)
check.equal(
    "the dtype of the weights",
    layer.parameters["w"].dtype.name,
    "float64",
    mistakes={"the parameters are float32": "float32"},
)
check.equal("the biases", layer.parameters["b"], np.zeros(5))
drawn = [
    Dense(24, 5, rng=np.random.default_rng(seed)).parameters["w"] for seed in (0, 1)
]
check.equal(
    "the same weights for the same seed, and for another seed",
    [bool(np.array_equal(layer.parameters["w"], w)) for w in drawn],
    [True, False],
    mistakes={
        "the weights are not drawn from rng": [False, False],
        "the weights are the same for every seed": [True, True],
    },
)
w = Dense(400, 40, rng=np.random.default_rng(2)).parameters["w"]
check.close(
    "16,000 weights with D = 400: standard deviation",
    float(w.std()),
    np.sqrt(2 / 400),
    rtol=0.05,
    mistakes={
        "the weights are not scaled": 1.0,
        "the variance 2 / D is taken for the standard deviation": 2 / 400,
        "the standard deviation is sqrt(1 / D)": np.sqrt(1 / 400),
        "D counts the outputs instead of the inputs": np.sqrt(2 / 40),
    },
)
check.close("their mean, within 0.005", float(w.mean()), 0.0, atol=0.005)

small = Dense(2, 1, rng=np.random.default_rng(3))
w_drawn = small.parameters["w"].copy()
small.parameters["w"][...] = [[3.0], [4.0]]
small.parameters["b"][...] = 10.0
out = small.forward(np.array([[1.0, 2.0]]))
check.equal(
    "what forward returns",
    type(out).__name__,
    "ndarray",
    mistakes={"forward returns the cache, too": "tuple"},
)
check.equal(
    "by hand: 1·3 + 2·4 + 10, set in place",
    out,
    np.array([[21.0]]),
    mistakes={
        "the bias is forgotten": np.array([[11.0]]),
        "the parameters that are seen are copies": np.array([[1.0, 2.0]]) @ w_drawn,
    },
)
dx = small.backward(np.array([[2.0]]))
check.equal(
    "what backward returns",
    type(dx).__name__,
    "ndarray",
    mistakes={"backward returns all gradients, not dx alone": "tuple"},
)
check.equal("by hand: dx", dx, np.array([[6.0, 8.0]]))
check.equal(
    "by hand: gradients",
    {name: gradient.ravel().tolist() for name, gradient in small.gradients.items()},
    {"w": [2.0, 4.0], "b": [2.0]},
)

rng = np.random.default_rng(3)
x = rng.standard_normal((3, 2, 3, 4))
before = x.copy()
layer.parameters["b"][...] = rng.standard_normal(5)
w, b = (layer.parameters[name].copy() for name in "wb")
rows = x.reshape(3, 24)
check.close(
    "images of 2x3x4 numbers",
    layer.forward(x),
    rows @ w + b,
    mistakes={"the bias is forgotten": rows @ w},
)
dout = check.upstream((3, 5))
check.close("dx", layer.backward(dout), (dout @ w.T).reshape(x.shape))
want = {"w": rows.T @ dout, "b": dout.sum(axis=0)}
check.close("gradients", dict(layer.gradients), want)
layer.forward(x)
layer.backward(dout)
check.close(
    "gradients of a second backward",
    dict(layer.gradients),
    want,
    mistakes={
        "the gradients of earlier calls are added": {
            name: 2 * gradient for name, gradient in want.items()
        }
    },
)
check.equal("parameters after all this", dict(layer.parameters), {"w": w, "b": b})
check.equal("x after all this", x, before)
single = layer.forward(x.astype(np.float32))
check.equal(
    "float32 images: out and dx",
    [single.dtype.name, layer.backward(single).dtype.name],
    ["float32", "float32"],
    mistakes={"float32 went in, float64 came out": ["float64", "float64"]},
)
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(69)
for _shape, _outputs in [((4, 6), 3), ((1, 2, 3, 4), 1), ((5, 1, 2, 2), 2)]:
    _layer, _second = Dense(int(np.prod(_shape[1:])), _outputs, _rng), Dense(2, 3)
    _second.forward(np.ones((2, 2)))
    _layer.parameters["b"][...] = _rng.standard_normal(_outputs)
    _w, _b = _layer.parameters["w"], _layer.parameters["b"]
    _x = _rng.standard_normal(_shape[::-1]).T
    _rows = _x.reshape(len(_x), -1)
    check.close(f"out for {_shape}", _layer.forward(_x), _rows @ _w + _b)
    _second.backward(np.ones((2, 3)))
    _dout = check.upstream((len(_x), _outputs))
    check.close("dx", _layer.backward(_dout), (_dout @ _w.T).reshape(_shape))
    check.close("dw", _layer.gradients["w"], _rows.T @ _dout)
    check.close("db", _layer.gradients["b"], _dout.sum(axis=0))
### END HIDDEN TESTS

# %% [markdown]
# Three layers have nothing to learn. `Flatten` only lays every image out as a row;
# backward, it gives the gradients the shape of the images again. (Your dense layer
# flattens by itself. Other people's do not, so networks usually say it.)


# %% nbgrader={"grade": false, "grade_id": "ReLU", "locked": false, "schema_version": 3, "solution": true, "task": false}
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


# %% nbgrader={"grade": false, "grade_id": "MaxPool2D", "locked": false, "schema_version": 3, "solution": true, "task": false}
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


# %% nbgrader={"grade": false, "grade_id": "Flatten", "locked": false, "schema_version": 3, "solution": true, "task": false}
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


# %% nbgrader={"grade": true, "grade_id": "check_plain_layers", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def there_and_back(
    case, layer, x, dout, want, want_dx, mistakes=None, dx_mistakes=None
):
    """One layer forward and backward, with what belongs to every layer."""
    given = x.copy(), dout.copy()
    check.equal(
        f"{case}: parameters and gradients",
        [layer.parameters, layer.gradients],
        [{}, {}],
    )
    out = layer.forward(x)
    check.equal(
        f"{case}: what forward returns",
        type(out).__name__,
        "ndarray",
        mistakes={"forward returns the cache, too": "tuple"},
    )
    check.equal(f"{case}: out", out, want, mistakes=mistakes)
    check.equal(f"{case}: dx", layer.backward(dout), want_dx, mistakes=dx_mistakes)
    check.equal(f"{case}: x and dout after the calls", [x, dout], [*given])
    check.equal(f"{case}: gradients after backward", layer.gradients, {})
    single = layer.forward(x.astype(np.float32))
    dx = layer.backward(dout.astype(np.float32))
    names = [single.dtype.name, dx.dtype.name]
    check.equal(f"{case}: float32", names, ["float32", "float32"])


x = np.array([[-2.0, -0.5, 0.0, 1.5]])
dout = np.array([[10.0, -20.0, 30.0, -40.0]])
there_and_back(
    "ReLU",
    ReLU(),
    x,
    dout,
    np.array([[0.0, 0.0, 0.0, 1.5]]),
    np.array([[0.0, 0.0, 0.0, -40.0]]),
    mistakes={
        "a part of the numbers below 0 comes through": np.array(
            [[-0.2, -0.05, 0.0, 1.5]]
        ),
    },
    dx_mistakes={
        "the gradient passes everywhere": dout,
        "the sign of dout decides, and not that of x": np.maximum(dout, 0),
    },
)
slice_of_16 = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
there_and_back(
    "MaxPool2D",
    MaxPool2D(),
    slice_of_16,
    np.array([[[[10.0, 20.0], [30.0, 40.0]]]]),
    np.array([[[[6.0, 8.0], [3.0, 4.0]]]]),
    np.array([[[[0.0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]]]]),
    mistakes={
        "the average is taken instead of the maximum": np.array(
            [[[[3.25, 5.25], [2.0, 2.0]]]]
        ),
        "the stride is ignored": lambda: max_pool_forward(slice_of_16, 2, 1)[0],
    },
    dx_mistakes={
        "backward gives dout to every pixel of a window": np.array(
            [[[[10.0, 10, 20, 20]] * 2 + [[30.0, 30, 40, 40]] * 2]]
        ),
    },
)
rng = np.random.default_rng(4)
x = rng.permutation(2 * 3 * 6 * 6).reshape(2, 3, 6, 6) / 10 - 9.0
want, cache = max_pool_forward(x, 4, 2)
dout = check.upstream(want.shape)
there_and_back(
    "MaxPool2D, 4x4, stride 2",
    MaxPool2D(4, 2),
    x,
    dout,
    want,
    max_pool_backward(dout, cache),
    mistakes={
        "size and stride are swapped": lambda: max_pool_forward(x, 2, 4)[0],
        "size and stride are always 2": lambda: max_pool_forward(x, 2, 2)[0],
    },
)
x = rng.permutation(2 * 3 * 5 * 7).reshape(2, 3, 5, 7) / 10 - 9.0
want, cache = max_pool_forward(x, 3, 2)
dout = check.upstream(want.shape)
there_and_back(
    "MaxPool2D, 3x3, stride 2",
    MaxPool2D(3, 2),
    x,
    dout,
    want,
    max_pool_backward(dout, cache),
)
x = np.arange(24.0).reshape(2, 3, 1, 4)
dout = 10 * np.arange(24.0).reshape(2, 12)
there_and_back(
    "Flatten",
    Flatten(),
    x,
    dout,
    np.arange(24.0).reshape(2, 12),
    10 * x,
    mistakes={
        "the images are laid out with the first axis fastest": lambda: np.stack(
            [image.ravel(order="F") for image in x]
        ),
        "the batch is flattened, too": np.arange(24.0),
        "only height and width are flattened": np.arange(24.0).reshape(2, 3, 4),
    },
    dx_mistakes={"backward leaves the rows as they are": dout},
)
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(70)
_x = _rng.permutation(2 * 3 * 6 * 8).reshape(8, 6, 3, 2).T / 10 - 15.0
_pooled, _cache = max_pool_forward(_x, 2, 2)
_dout = check.upstream(_pooled.shape)
_dx = max_pool_backward(_dout, _cache)
there_and_back("a view", MaxPool2D(2), _x, _dout, _pooled, _dx)
_dout = check.upstream(_x.shape)
there_and_back("a view", ReLU(), _x, _dout, np.maximum(_x, 0), _dout * (_x > 0))
_dout = check.upstream((2, 144))
_rows = np.array([_image.ravel() for _image in _x])
there_and_back("a view", Flatten(), _x, _dout, _rows, _dout.reshape(_x.shape))
_layers = [ReLU(), ReLU()]
for _layer, _sign in zip(_layers, (1, -1)):
    _layer.forward(_sign * _x)
for _layer, _sign in zip(_layers, (1, -1)):
    check.equal("two at once", _layer.backward(_x), _x * (_sign * _x > 0))
check.raises(
    "2x2 windows on 3 rows", ValueError, MaxPool2D().forward, np.ones((1, 1, 3, 4))
)
### END HIDDEN TESTS

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


# %% nbgrader={"grade": false, "grade_id": "Sequential", "locked": false, "schema_version": 3, "solution": true, "task": false}
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
        ### BEGIN SOLUTION hint: argmax of the scores. A few images at a time save memory.
        parts = [x[start : start + 256] for start in range(0, len(x), 256)]
        labels = [self.forward(part).argmax(axis=1) for part in parts]
        return np.concatenate(labels) if labels else np.zeros(0, dtype=int)
        ### END SOLUTION

    def save(self, path):
        """Write all parameters to the file `path`, in npz format, under their names.

        `np.load(path, allow_pickle=False)` can read it. The file is never half-written:
        `save_arrays` of the course's kit sees to that.
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


# %% nbgrader={"grade": true, "grade_id": "check_Sequential", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import tempfile
from pathlib import Path

x, dout = np.array([[1.0], [4.0]]), np.array([[1.0], [10.0]])
network = Sequential([Times(3.0), Plus(2.0)])
check.equal(
    "by hand: times 3, plus 2",
    network.forward(x),
    np.array([[5.0], [14.0]]),
    mistakes={
        "the layers run in the wrong order": np.array([[9.0], [18.0]]),
        "only the last layer runs": np.array([[3.0], [6.0]]),
        "only the first layer runs": np.array([[3.0], [12.0]]),
    },
)
check.equal(
    "by hand: dx",
    network.backward(dout),
    np.array([[3.0], [30.0]]),
    mistakes={"dout is handed to every layer, and not on": dout},
)


def as_lists(arrays):
    return {name: array.tolist() for name, array in arrays.items()}


check.equal(
    "by hand: gradients",
    as_lists(network.gradients),
    {"0.factor": [41.0], "1.term": [11.0]},
    mistakes={
        "backward runs from the first layer to the last": {
            "0.factor": [41.0],
            "1.term": [33.0],
        },
    },
)
check.equal(
    "parameters", as_lists(network.parameters), {"0.factor": [3.0], "1.term": [2.0]}
)
three = Sequential([Times(2.0), Same(), Times(5.0)])
check.equal(
    "two layers of one kind, and one between them that learns nothing",
    as_lists(three.parameters),
    {"0.factor": [2.0], "2.factor": [5.0]},
    mistakes={
        "the names of the layers' parameters collide": {"factor": [5.0]},
        "only layers that learn are counted": {"0.factor": [2.0], "1.factor": [5.0]},
        "the layers are counted from 1": {"1.factor": [2.0], "3.factor": [5.0]},
    },
)
network.parameters["0.factor"][...] = 10.0
check.equal(
    "the factor, set in place to 10",
    network.forward(x),
    np.array([[12.0], [42.0]]),
    mistakes={"parameters are copies": np.array([[5.0], [14.0]])},
)
scores = np.array([[1.0, 9.0, 2.0], [7.0, 3.0, 0.0], [0.0, 1.0, 8.0], [2.0, 4.0, 3.0]])
check.equal(
    "predict: the place of the highest score",
    [float(label) for label in np.ravel(Sequential([Times(1.0)]).predict(scores))],
    [1.0, 0.0, 2.0, 1.0],
    mistakes={
        "the highest score is returned, not its place": [9.0, 7.0, 8.0, 4.0],
        "the highest score is searched along the batch": [1.0, 0.0, 2.0],
        "the lowest score is taken": [0.0, 2.0, 0.0, 0.0],
    },
)
labels = Sequential([Times(1.0)]).predict(scores)
check.equal(
    "predict: whole numbers, (N,)", (labels.dtype.kind, labels.shape), ("i", (4,))
)
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    path = Path(folder) / "weights.npz"
    network.save(path)
    names = [each.name for each in Path(folder).iterdir()]
    check.equal("save makes one file, of that name", names, ["weights.npz"])
    with np.load(path, allow_pickle=False) as file:
        saved = {name: file[name].tolist() for name in sorted(file.files)}
    check.equal("the file", saved, {"0.factor": [10.0], "1.term": [2.0]})
    fresh = Sequential([Times(0.5), Plus(0.0)])
    held = fresh.parameters["0.factor"]
    fresh.load(str(path))
    check.equal(
        "load",
        as_lists(fresh.parameters),
        {"0.factor": [10.0], "1.term": [2.0]},
        mistakes={
            "the network's arrays are not filled: array[...] = does that": {
                "0.factor": [0.5],
                "1.term": [0.0],
            }
        },
    )
    check.equal("the loaded network", fresh.forward(x), np.array([[12.0], [42.0]]))
    check.equal(
        "an array that was there before loading",
        held.tolist(),
        [10.0],
        mistakes={"load replaces the arrays instead of filling them": [0.5]},
    )
    for case, layers in [
        ("a network with one more layer", [Times(7.0), Plus(7.0), Times(7.0)]),
        ("a network with one layer less", [Times(7.0)]),
        ("an array of another shape", [Times([7.0, 7.0]), Plus(7.0)]),
    ]:
        misfit = Sequential(layers)
        before = as_lists(misfit.parameters)
        check.raises(case, ValueError, misfit.load, path)
        after = as_lists(misfit.parameters)
        check.equal(f"{case}: unchanged after the error", after, before)
### BEGIN HIDDEN TESTS
_inner = Sequential([Plus(1.0), Times(2.0)])
_outer = Sequential((_inner, Plus(3.0)))
check.equal("a network as a layer", _outer.forward(x), np.array([[7.0], [13.0]]))
check.equal("its dx", _outer.backward(dout), 2 * dout)
_names = sorted(_outer.parameters)
check.equal("its names", _names, ["0.0.term", "0.1.factor", "1.term"])
check.equal("its gradients", sorted(_outer.gradients), _names)
check.equal(
    "network.layers", [_outer.layers[0] is _inner, len(_outer.layers)], [True, 2]
)
_scores = np.random.default_rng(71).standard_normal((700, 4))
_labels = Sequential([Times(1.0)]).predict(_scores)
check.equal("700 images", [int(_l) for _l in _labels], _scores.argmax(axis=1).tolist())
_outer.layers.append(Times(-1.0))
check.equal("a layer more", _outer.forward(x), np.array([[-7.0], [-13.0]]))
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    _outer.save(Path(folder) / "a.npz")
    _kept = as_lists(_outer.parameters)
    for _array in _outer.parameters.values():
        _array[...] = 0
    _outer.load(Path(folder) / "a.npz")
    check.equal("there and back", as_lists(_outer.parameters), _kept)
### END HIDDEN TESTS


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


# %% nbgrader={"grade": false, "grade_id": "small_convnet", "locked": false, "schema_version": 3, "solution": true, "task": false}
def small_convnet(input_shape, filters, classes, size=3, rng=None):
    """The network [INPUT - CONV - RELU - POOL - FC] of the notes, as a Sequential.

    input_shape: (C, H, W) of one image. The convolution has `filters` filters of size x
    size pixels, stride 1, and the padding that keeps H and W; the pooling is 2x2 with
    stride 2; the dense layer has `classes` outputs. Its four layers are Conv2D, ReLU,
    MaxPool2D and Dense. Weights are drawn from `rng`, the convolution's first.
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


# %% nbgrader={"grade": true, "grade_id": "check_small_convnet", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
network = small_convnet((3, 32, 32), 12, 10, rng=np.random.default_rng(0))
volume = np.random.default_rng(5).standard_normal((1, 3, 32, 32))
volumes = []
for layer in network.layers:
    volume = layer.forward(volume)
    volumes.append(volume.shape[1:])
check.equal(
    "the volumes of the notes",
    volumes,
    [(12, 32, 32), (12, 32, 32), (12, 16, 16), (10,)],
    mistakes={
        "the convolution has no padding": [
            (12, 30, 30),
            (12, 30, 30),
            (12, 15, 15),
            (10,),
        ],
        "the ReLU is missing": [(12, 32, 32), (12, 16, 16), (10,)],
        "the pooling is missing": [(12, 32, 32), (12, 32, 32), (10,)],
        "a Flatten is a fifth layer, and four are asked for": [
            *[(12, 32, 32), (12, 32, 32), (12, 16, 16), (3072,), (10,)],
        ],
    },
)
count = sum(array.size for array in network.parameters.values())
check.equal(
    "parameters: 12·(3·3·3 + 1) + 10·(16·16·12 + 1)",
    count,
    31066,
)
odd = small_convnet((2, 4, 6), 5, 3, size=5, rng=np.random.default_rng(1))
images = np.random.default_rng(6).standard_normal((2, 2, 4, 6))
scores = odd.forward(images)
check.equal("2x4x6 pixels, 5 filters of 5x5, 3 classes", scores.shape, (2, 3))


def scores_with(array):
    """A function from values of a parameter to the scores; the parameter is put back."""

    def scores(values):
        kept = array.copy()
        array[...] = values
        result = odd.forward(images)
        array[...] = kept
        return result

    return scores


dout = check.upstream(scores.shape)
dx = odd.backward(dout)
gradients = {name: gradient.copy() for name, gradient in odd.gradients.items()}
check.gradient("the whole network: dx", dx, odd.forward, images, dout)
for name, array in odd.parameters.items():
    f = scores_with(array)
    check.gradient(f"the whole network: {name}", gradients[name], f, array.copy(), dout)
all_seeds = [
    np.concatenate(
        [
            array.ravel()
            for array in small_convnet(
                (1, 4, 4), 2, 3, rng=np.random.default_rng(seed)
            ).parameters.values()
        ]
    )
    for seed in (0, 0, 1)
]
check.equal(
    "the same seed, and another one",
    [bool(np.array_equal(all_seeds[0], each)) for each in all_seeds[1:]],
    [True, False],
    mistakes={
        "the weights are not drawn from rng": [False, False],
        "the weights are the same for every seed": [True, True],
    },
)
check.raises("filters of 4x4", ValueError, small_convnet, (3, 32, 32), 12, 10, size=4)
check.raises("7 rows cannot be halved", ValueError, small_convnet, (1, 7, 8), 4, 10)
### BEGIN HIDDEN TESTS
for _shape, _filters, _classes, _size in [((1, 8, 8), 16, 10, 3), ((4, 2, 6), 3, 2, 1)]:
    _network = small_convnet(_shape, _filters, _classes, _size)
    _C, _H, _W = _shape
    _count = _filters * (_C * _size**2 + 1) + _classes * (_filters * _H * _W // 4 + 1)
    _sizes = [_array.size for _array in _network.parameters.values()]
    check.equal(f"parameters for {_shape}", sum(_sizes), _count)
    _x = np.ones((3, *_shape), np.float32)
    _scores = _network.forward(_x)
    check.equal(
        "scores", (_scores.shape, _scores.dtype.name), ((3, _classes), "float32")
    )
    check.equal("dx", _network.backward(_scores).shape, _x.shape)
check.raises("7 columns", ValueError, small_convnet, (1, 8, 7), 4, 10)
### END HIDDEN TESTS


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


# %% nbgrader={"grade": false, "grade_id": "SGD", "locked": false, "schema_version": 3, "solution": true, "task": false}
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


# %% nbgrader={"grade": true, "grade_id": "check_SGD", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
class OneLayer:
    """What SGD needs of a network; its gradients are set by hand."""

    def __init__(self, **arrays):
        self.parameters = {name: np.array(value) for name, value in arrays.items()}
        self.gradients = {}
        self.layers = [self]


def path_of(optimizer_options, gradients, rates=()):
    """The parameter w, which begins at 1, after each of the steps."""
    network, places = OneLayer(w=[1.0]), []
    optimizer = SGD(network, **optimizer_options)
    for step, gradient in enumerate(gradients):
        network.gradients = {"w": np.array([gradient])}
        if step < len(rates):
            optimizer.learning_rate = rates[step]
        optimizer.step()
        places.append(float(network.parameters["w"][0]))
    return places


check.close(
    "by hand: gradients 2, 2, 0",
    path_of({"learning_rate": 0.1}, [2.0, 2.0, 0.0]),
    [0.8, 0.42, 0.078],
    mistakes={
        "the step goes uphill": [1.2, 1.58, 1.922],
        "the momentum is left out": [0.8, 0.6, 0.6],
        "the gradient counts only 1 - momentum": [0.98, 0.942, 0.9078],
        "the momentum is always 1": [0.8, 0.4, 0.0],
        "the last gradient is remembered, not the velocity": [0.8, 0.42, 0.24],
        "the parameter is replaced by a copy": [1.0, 1.0, 1.0],
    },
)
check.close(
    "by hand: momentum 0, weight decay 0.5",
    path_of({"learning_rate": 0.1, "momentum": 0.0, "weight_decay": 0.5}, [2.0]),
    [0.75],
    mistakes={
        "the weight decay is left out": [0.8],
        "the weight decay makes the weights larger": [0.85],
        "the weight decay is not multiplied by the learning rate": [0.3],
    },
)
check.close(
    "by hand: momentum 0.5, weight decay 0.5, two steps",
    path_of({"learning_rate": 0.1, "momentum": 0.5, "weight_decay": 0.5}, [2.0, 2.0]),
    [0.75, 0.3875],
    mistakes={
        "the weight decay does not go into the velocity": [0.75, 0.4125],
        "the weight decay is left out": [0.8, 0.5],
    },
)
check.close(
    "by hand: the learning rate changes from 0.1 to 0.01",
    path_of({"learning_rate": 0.1}, [2.0, 2.0], rates=[0.1, 0.01]),
    [0.8, 0.762],
    mistakes={
        "the learning rate is part of the velocity": [0.8, 0.6],
        "the learning rate cannot be changed": [0.8, 0.42],
    },
)
network = OneLayer(a=[1.0, -2.0], b=[[3.0]], c=[4.0])
held, gradients = dict(network.parameters), {"a": np.ones(2), "b": np.array([[10.0]])}
optimizer = SGD(network, 0.5, 0.9, 0.1)
for _ in range(2):
    network.gradients = gradients
    optimizer.step()
check.close(
    "two parameters, each with its own velocity, and c without a gradient",
    {name: array.tolist() for name, array in network.parameters.items()},
    {"a": [-0.5675, -3.14], "b": [[-11.6775]], "c": [4.0]},
    mistakes={
        "a parameter without a gradient decays": {
            "a": [-0.5675, -3.14],
            "b": [[-11.6775]],
            "c": [3.43],
        },
        "the gradients are changed in place": {
            "a": [-0.6175, -3.04],
            "b": [[-11.8275]],
            "c": [4.0],
        },
    },
)
check.equal(
    "changed in place: the arrays are the same objects",
    [network.parameters[name] is array for name, array in held.items()],
    [True, True, True],
    mistakes={"the parameter is replaced by a copy": [False, False, True]},
)
check.equal(
    "the gradients after the steps",
    gradients,
    {"a": np.ones(2), "b": np.array([[10.0]])},
)
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(72)
_network = OneLayer(w=_rng.standard_normal((3, 4)), b=_rng.standard_normal(4))
_want = {_name: _array.copy() for _name, _array in _network.parameters.items()}
_speed = {_name: 0 * _array for _name, _array in _want.items()}
_optimizer = SGD(_network, 0.02, weight_decay=0.3)
for _step in range(5):
    _network.gradients = {n: _rng.standard_normal(a.shape) for n, a in _want.items()}
    for _name, _gradient in _network.gradients.items():
        _speed[_name] = 0.9 * _speed[_name] + _gradient + 0.3 * _want[_name]
        _want[_name] = _want[_name] - 0.02 * _speed[_name]
    _optimizer.step()
check.close("five steps", dict(_network.parameters), _want)
_again = OneLayer(w=[1.0])
SGD(_again, 0.5).step()
check.equal("no gradient yet", _again.parameters["w"].tolist(), [1.0])
### END HIDDEN TESTS


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


# %% nbgrader={"grade": false, "grade_id": "train", "locked": false, "schema_version": 3, "solution": true, "task": false}
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
    they were visited; "validation": if validation=(images, labels) is given, the share that
    `network.predict` has right after every epoch, else an empty list.

    A KeyboardInterrupt (the stop button) ends the training early: the network keeps what
    it has learned, and the history up to there is returned. With show, the notebook shows
    a progress bar and the loss curve.
    """
    ### BEGIN SOLUTION hint: Two loops, inside `try` and inside `with watch(...)`.
    N = len(x)
    rng = np.random.default_rng() if rng is None else rng
    optimizer = SGD(network, learning_rate) if optimizer is None else optimizer
    history = {"loss": [], "accuracy": [], "validation": []}
    batches = -(-N // batch_size)
    try:
        with watch(history, epochs * batches, show) as advance:
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
# The check never asks how well a training went. It compares three steps with the same
# three steps computed by hand, watches which images are visited, and presses the stop
# button in the middle of the third step.


# %% nbgrader={"grade": true, "grade_id": "check_train", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
class Rows:
    """A network of one layer, scores = x @ w. It remembers the images that it has seen."""

    def __init__(self, classes, stop_at=None):
        self.parameters = {"0.w": np.zeros((2, classes))}
        self.gradients = {}
        self.layers = [self]
        self.seen, self.stop_at = [], stop_at

    def forward(self, x):
        self.rows = x.reshape(len(x), 2)
        self.seen.append(self.rows[:, 0].astype(int).tolist())
        if len(self.seen) == self.stop_at:
            raise KeyboardInterrupt
        return self.rows @ self.parameters["0.w"].astype(x.dtype)

    def backward(self, dout):
        self.gradients = {"0.w": self.rows.T @ dout}
        return (dout @ self.parameters["0.w"].T).reshape(-1, 1, 1, 2)

    def predict(self, x):
        return (x.reshape(len(x), 2) @ self.parameters["0.w"]).argmax(axis=1)


def by_the_rule(steps, momentum=0.9):
    """The same training without the network: losses, and the weights after all steps."""
    w, velocity, losses = np.zeros((2, 2)), 0.0, []
    rows, right = four.reshape(4, 2), np.eye(2)[four_labels]
    for _ in range(steps):
        e = np.exp(rows @ w)
        p = e / e.sum(axis=1, keepdims=True)
        losses.append(float(-np.log((p * right).sum(axis=1)).mean()))
        velocity = momentum * velocity + rows.T @ (p - right) / 4
        w = w - 0.5 * velocity
    return losses, w


four = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 1.0], [1.0, 2.0]]).reshape(4, 1, 1, 2)
four_labels = np.array([0, 0, 1, 1])
options = {"batch_size": 4, "learning_rate": 0.5, "show": False}
# Eight images that hold their own number, and a loss that writes down what it gets.
eight = np.repeat(np.arange(8.0), 2).reshape(8, 1, 1, 2)
given = eight.copy()
labels = np.array([0, 1, 2, 0, 1, 2, 0, 0])
kept = labels.copy()


class Counter:
    """An optimizer that only counts."""

    count = 0

    def step(self):
        self.count += 1


def visits(seed, epochs=2):
    """What a training in batches of 3 shows to the network and to the loss."""
    network, optimizer, met = Rows(3), Counter(), []

    def loss(scores, labels):
        met.extend(int(label) for label in labels)
        return 0.25, np.ones_like(scores)

    history = train(
        network,
        eight,
        labels,
        epochs=epochs,
        batch_size=3,
        optimizer=optimizer,
        loss=loss,
        validation=(eight[:4], np.array([0, 0, 1, 0])),
        rng=np.random.default_rng(seed),
        show=False,
    )
    return network, optimizer, met, history


network, optimizer, met, history = visits(0)
check.equal(
    "8 images in batches of 3, twice: sizes of the batches",
    [len(batch) for batch in network.seen],
    [3, 3, 2, 3, 3, 2],
    mistakes={
        "the last, smaller batch is left out": [3, 3, 3, 3],
        "only one epoch is run": [3, 3, 2],
        "every batch has all images": [8] * 6,
        "the validation images go through forward instead of predict": [
            *[3, 3, 2, 4],
            *[3, 3, 2, 4],
        ],
    },
)
order = [image for batch in network.seen for image in batch]
first, second = order[:8], order[8:]
check.equal(
    "each epoch visits every image once",
    [sorted(first), sorted(second)],
    [[*range(8)], [*range(8)]],
    mistakes={
        "some images come twice, others not at all": [sorted(first), sorted(second)]
    },
)
check.equal(
    "the order: new in the second epoch, and not that of x",
    [first == second, first == [*range(8)]],
    [False, False],
    mistakes={
        "all epochs have the same order": [True, False],
        "the images are not shuffled": [True, True],
    },
)
check.equal(
    "each image with its own label",
    met,
    [int(labels[image]) for image in order],
    mistakes={
        "images and labels are shuffled apart"
        if met
        else "the loss that was given is never called": met,
    },
)
check.equal(
    "the same seed: the same order; another seed: another one",
    [visits(seed)[0].seen == network.seen for seed in (0, 1)],
    [True, False],
    mistakes={
        "the order is not drawn from rng": [False, False],
        "the order is the same for every rng": [True, True],
    },
)
check.equal(
    "steps of the optimizer that was given",
    optimizer.count,
    6,
    mistakes={
        "no step, or not with the optimizer that was given": 0,
        "one step per epoch": 2,
    },
)
check.equal(
    "it only counts, so the weights stay",
    network.parameters["0.w"],
    np.zeros((2, 3)),
)
check.equal("the losses", [float(loss) for loss in history["loss"]], [0.25] * 6)
check.close(
    "all scores 0, so class 0 is predicted: 4 of 8 right, twice",
    [float(share) for share in history["accuracy"]],
    [0.5, 0.5],
    mistakes={
        "the accuracy counts images, and is no share of 1": [4.0, 4.0],
        "the accuracy is in percent": [50.0, 50.0],
    },
)
check.close(
    "3 of 4 validation images right, twice",
    [float(share) for share in history["validation"]],
    [0.75, 0.75],
    mistakes={
        "the validation images are looked at only once, at the end": [0.75],
        "the validation accuracy is that of the training images": [0.5, 0.5],
    },
)
check.equal("x and y after all this", [eight, labels], [given, kept])

network = Rows(2)
history = train(network, four, four_labels, epochs=3, **options)
check.equal("what comes back", type(history).__name__, "dict")
losses, weights = by_the_rule(3)
check.close(
    "3 steps with all 4 images: the losses, from log 2 down",
    [float(loss) for loss in history["loss"]],
    losses,
    mistakes={
        "the optimizer never takes a step": [losses[0]] * 3,
        "the momentum is forgotten from epoch to epoch": lambda: by_the_rule(3, 0)[0],
        "only the last loss is kept": losses[2:],
        "a loss is kept once per epoch as a sum": [4 * loss for loss in losses],
    },
)
check.close("the weights after 3 steps", network.parameters["0.w"], weights)
accuracies = [float(share) for share in history["accuracy"]]
check.close(
    "3 epochs: the accuracy before each step",
    accuracies,
    [0.5, 1.0, 1.0],
    mistakes={
        "the accuracy is that after the step": [1.0, 1.0, 1.0],
        "the accuracy counts images, and is no share of 1": [2.0, 4.0, 4.0],
        "the accuracy is in percent": [50.0, 100.0, 100.0],
    },
)
check.equal("without validation images", list(history["validation"]), [])

network = Rows(2, stop_at=3)
try:
    history = train(network, four, four_labels, epochs=5, **options)
except KeyboardInterrupt:
    history = None
losses, weights = by_the_rule(2)
check.equal(
    "interrupted in the third step: what comes back",
    type(history).__name__,
    "dict",
    mistakes={"the interrupt is not caught, or the history is lost": "NoneType"},
)
check.close(
    "interrupted in the third step: the weights",
    network.parameters["0.w"],
    weights,
    mistakes={"the weights are put back to where they began": np.zeros((2, 2))},
)
check.close("its history", [float(loss) for loss in history["loss"]], losses)
### BEGIN HIDDEN TESTS
_network = Rows(2, stop_at=1)
_history = train(_network, four, four_labels, epochs=2, **options)
check.equal("interrupted at once", [len(_history["loss"]), _network.seen[1:]], [0, []])


class _Impatient(Rows):
    def predict(self, x):
        raise KeyboardInterrupt


_network = _Impatient(2)
_history = train(
    _network, four, four_labels, epochs=4, validation=(four, four_labels), **options
)
check.equal("interrupted while validating", len(_history["loss"]), 1)
_network = Rows(2)
_single = four.astype(np.float32)
_history = train(_network, _single, four_labels, epochs=30, **options)
check.equal("float32: the last accuracy", float(_history["accuracy"][-1]), 1.0)
check.equal("it has learned", [float(_history["loss"][-1]) < 0.3], [True])
_history = train(Rows(3), eight, labels, epochs=1, show=False)
check.equal("without options", len(_history["loss"]), 1)
### END HIDDEN TESTS

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
from course.kit.threads import one_thread

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
    validation=digits.validation,
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

# %% [markdown] nbgrader={"grade": true, "grade_id": "question_convnet", "locked": false, "points": 1, "schema_version": 3, "solution": true, "task": false}
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
