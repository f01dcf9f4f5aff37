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
# # Backpropagation: how does a gradient flow back, and how do we know that the formula is right?
#
# Here is about the smallest network there is: one neuron with one weight. It is given x = 3,
# multiplies by its weight w = 2, adds its bias b = −1, and answers o = 5. Wanted was 4. The
# *loss* L is the square of what it is off by.

# %% tags=["demo"]
from course.kit import plot
from course.kit.predict import predict

nodes = {"x": (0, 2), "w": (0, 0.8), "×": (1, 1.4), "b": (1, 0.2)}
nodes |= {"+": (2, 0.9), "− 4": (3, 0.9), "( )²": (4, 0.9), "L": (5, 0.9)}
values = [("x", "×", "3"), ("w", "×", "2"), ("×", "+", "6"), ("b", "+", "−1")]
values += [("+", "− 4", "o = 5"), ("− 4", "( )²", "1"), ("( )²", "L", "1")]
plot.computation(nodes, [(*edge, "") for edge in values])
plot.show()

# %% [markdown]
# How should w change so that L gets smaller: up or down, and how much does it matter? A
# network learns by asking each of its weights this question. The answer is a *gradient*,
# and it comes from the end of the network back to its beginning, layer by layer. In this
# lesson you send it through a convolutional layer. The course notes say that the backward
# pass "is also a convolution (but with spatially-flipped filters)", easy to derive in one
# dimension, and then: "not expanded on for now". You expand it: by hand on five numbers,
# with plain loops for the layer, and then as a convolution. You also build the instrument
# that tells a right gradient from a wrong one, and learn what fools it. At the end of the
# page nine random numbers turn into an edge filter, and nobody has told them how.
#
# The last cell turns your functions into the module `course.gradients`. Plan about
# three hours. There are 12 points.
#
# **Before you start**, a question from lesson 02:

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "A 5x5 image is 0 but for a single 1 in its middle. The filter is 1 2 3 / 4 5 6 / 7 8 9. "
    "Which digit is in the lower right corner of the 3x3 map?",
    1,
    because="the map of a dot is the filter turned round. Section 6 turns it back",
)

# %% [markdown]
# ## One letter, one meaning
#
# | letter | meaning | | array | shape |
# |---|---|---|---|---|
# | N, C, H, W | images, channels, height, width | | the input, `x` | `(N, C, H, W)` |
# | K, FH, FW | filters, their height and width | | the filters, `w` | `(K, C, FH, FW)` |
# | S, P | stride, zero-padding on every border | | the biases, `b` | `(K,)` |
# | HO, WO | height and width of the output | | the output, `out` | `(N, K, HO, WO)` |
# | L | length of a 1-D input | | | `(L,)` |
# | F | length of a 1-D filter | | | `(F,)` |
# | h | the step of a numeric gradient | | | one number |
#
# Somewhere after the layer comes one number, the loss L. A name that begins with d is a
# gradient of it:
#
# $$\texttt{dout} = \frac{\partial L}{\partial\, \texttt{out}} \qquad
# \texttt{dx} = \frac{\partial L}{\partial x} \qquad
# \texttt{dw} = \frac{\partial L}{\partial w} \qquad
# \texttt{db} = \frac{\partial L}{\partial b}$$
#
# `dout` is what the rest of the network says about the layer's output: entry by entry, how
# fast the loss grows when that entry grows. It has the shape of `out` and is called the
# **upstream gradient**. The layer answers the same question for what *it* was given:
# `dx`, `dw` and `db`, in the shapes of `x`, `w` and `b`. For the layer all that counts of
# the loss is `dout`, so `dx` is the gradient of `sum(out * dout)`, whatever the loss was.
#
# The promises of lesson 02 hold again: float32 stays float32, nothing that goes in is
# changed, what does not fit raises `ValueError` and names the numbers.

# %% tags=["nbval-check-output"]
import numpy as np

from course.convolution import conv_forward_naive, zero_pad
from course.geometry import output_size
from course.kit import check

print("1, 2, 3 with one zero on each side:", zero_pad(np.array([[1, 2, 3]]), 1)[1])

# %% [markdown]
# If this cell complains that something is not built yet, run the last cell of the
# lesson that it names.

# %% [markdown]
# ## 1. One rule: multiply along the way
#
# Back to the neuron. How much does L grow when w grows a little? Ask each box about its own
# step only, from right to left.
#
# - The square: at 1, its output grows twice as fast as its input, since the slope of $z^2$
#   is $2z$. So L grows by 2 for each unit of o − 4, and by 2 for each unit of o.
# - The sum: its output grows by 1 for each unit of either input. So 2 goes on to b, and 2 to
#   the product.
# - The product x · w: for each unit of w it grows by x, for each unit of x by w.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "The product receives a gradient of 2. What is the gradient of L with respect to w?",
    2 * 3,
    because="2 from behind, times x = 3: the slope of x · w along w is x",
)

# %% tags=["demo"]
gradients = ["2·2 = 4", "2·3 = 6", "2", "2", "2", "2·1 = 2", "1"]
plot.computation(nodes, [(*edge, dL) for edge, dL in zip(values, gradients)])
plot.show()

# %% [markdown]
# This drawing is a *computational graph*: black numbers go forward, red ones come back.
# Each red number is the red number after the box times the slope of the box itself.
# That is the *chain rule*:
#
# $$\frac{\partial L}{\partial w} \;=\; \frac{\partial L}{\partial o} \cdot \frac{\partial o}{\partial w} \;=\; 2 \cdot 3 \;=\; 6$$
#
# Going through a whole network in this way, from its end to its beginning and using every
# red number for all that lies before it, is called *backpropagation*. A second rule is all
# that you need besides: **when a number is used in several places, what comes back from
# them is added up.** In a convolution a pixel is used by every window that covers it, and a
# weight by all windows.
#
# So w should go down. Try it: nudge each input by 0.01 and see by how much L grows for each
# unit.

# %% tags=["demo", "nbval-check-output"]


def loss(x, w, b):
    return (x * w + b - 4) ** 2


print(f"nudge x: {(loss(3.01, 2, -1) - loss(3, 2, -1)) / 0.01:.2f}   graph: 4")
print(f"nudge w: {(loss(3, 2.01, -1) - loss(3, 2, -1)) / 0.01:.2f}   graph: 6")
print(f"nudge b: {(loss(3, 2, -0.99) - loss(3, 2, -1)) / 0.01:.2f}   graph: 2")

# %% [markdown]
# Close, and not equal, since the nudge is not small enough. Section 3 makes an instrument
# out of this. First the rule goes to work on a convolution.

# %% [markdown]
# ## 2. The toy: one dimension, five numbers
#
# Now the derivation that the notes leave out. A signal of five numbers, `x = 1 2 0 3 2`,
# and a filter of three, `w = 2 1 -1`; stride 1, no padding, no bias:
#
# $$\texttt{out}_i = \sum_{j=0}^{F-1} x_{i+j}\; w_j \qquad\qquad
# \begin{aligned}
# \texttt{out}_0 &= 1\cdot 2 + 2\cdot 1 - 0\cdot 1 = 4 \\
# \texttt{out}_1 &= 2\cdot 2 + 0\cdot 1 - 3\cdot 1 = 1 \\
# \texttt{out}_2 &= 0\cdot 2 + 3\cdot 1 - 2\cdot 1 = 1
# \end{aligned}$$
#
# Let the rest of the network send back `dout = 1 -2 3`.
#
# **How the gradient reaches x.** Write down who uses `x[2]`: it is multiplied by w[2] in
# out[0], by w[1] in out[1] and by w[0] in out[2]. By the chain rule each of these sends
# back its dout times that weight, and what comes back is added up. The others go the same
# way:
#
# $$\begin{array}{lrrrr}
# \texttt{dx}_0 = & 1\cdot 2 & & & = 2 \\
# \texttt{dx}_1 = & 1\cdot 1 & {}+ (-2)\cdot 2 & & = -3 \\
# \texttt{dx}_2 = & 1\cdot (-1) & {}+ (-2)\cdot 1 & {}+ 3\cdot 2 & = 3 \\
# \texttt{dx}_3 = & & (-2)\cdot (-1) & {}+ 3\cdot 1 & = 5 \\
# \texttt{dx}_4 = & & & 3\cdot (-1) & = -3
# \end{array}$$
#
# Look at the middle line. dout runs forward, 1 −2 3, and w runs backward, −1 1 2. Every
# other line is the same with a piece missing. So put F − 1 = 2 zeros on either side of
# dout, and slide the **flipped** filter over it:

# %% tags=["demo"]
plot.backward_slide(np.array([1, -2, 3]), np.array([2, 1, -1]))
plot.show()

# %% [markdown]
# That is the sentence of the notes: dx is a convolution of dout with the flipped filter,
# a *full* one, since the filter may hang over either end. Its length is 3 + 2·2 − 2 = 5,
# as it must be. In letters, over all $i$ for which $m - i$ is an index of w,
#
# $$\texttt{dx}_m = \sum_i \texttt{dout}_i\; w_{m-i}$$
#
# The minus sign is the flip.
#
# **How the gradient reaches w.** On its way forward w[0] is multiplied by x[0], x[1] and
# x[2], one after the other:
#
# $$\texttt{dw}_j = \sum_i \texttt{dout}_i\; x_{i+j} \qquad\qquad
# \begin{aligned}
# \texttt{dw}_0 &= 1\cdot 1 + (-2)\cdot 2 + 3\cdot 0 = -3 \\
# \texttt{dw}_1 &= 1\cdot 2 + (-2)\cdot 0 + 3\cdot 3 = 11 \\
# \texttt{dw}_2 &= 1\cdot 0 + (-2)\cdot 3 + 3\cdot 2 = 0
# \end{aligned}$$
#
# dout slides over x as a filter does, and it is **not** flipped. The notes say "for both
# the data and the weights ... with spatially-flipped filters". With a layer that does not
# flip on its way forward, such as ours, only the data gets the flip.


# %% task="conv1d_forward"
def conv1d_forward(x, w):
    """The filter w slid over the signal x: stride 1, no padding, no bias, no flip.

    x is (L,), w is (F,), floats of one dtype. They are not changed.

    Returns out, (L - F + 1,), in that dtype: out[i] = sum of x[i + j] * w[j] over j.
    Raises ValueError, naming both lengths, when the filter is longer than the signal.
    """
    ### BEGIN SOLUTION hint: output_size gives the length; out[i] is one window times w.
    (L,), (F,) = x.shape, w.shape
    out = np.zeros(output_size(L, F), dtype=x.dtype)
    for i in range(len(out)):
        out[i] = np.sum(x[i : i + F] * w)
    return out
    ### END SOLUTION


# %% task="conv1d_backward"
def conv1d_backward(dout, x, w):
    """Backward pass of conv1d_forward(x, w) for the upstream gradient dout.

    x is (L,), w is (F,), dout is (L - F + 1,), all of one dtype. None of them is changed.

    Returns (dx, dw), the gradients of sum(conv1d_forward(x, w) * dout) in that dtype: dx
    is (L,), dw is (F,).
    Raises ValueError, naming both lengths, when dout is not as long as the output.
    """
    ### BEGIN SOLUTION hint: Each dout[i] adds to one window of dx, and to all of dw.
    (L,), (F,) = x.shape, w.shape
    if dout.shape != (output_size(L, F),):
        raise ValueError(
            f"dout has shape {dout.shape}, the output has shape {(output_size(L, F),)}"
        )
    dx, dw = np.zeros(L, dtype=x.dtype), np.zeros(F, dtype=w.dtype)
    for i in range(len(dout)):
        dx[i : i + F] += dout[i] * w
        dw += dout[i] * x[i : i + F]
    return dx, dw
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Two ways, and both are right. *Gather*: for every m add up who uses x[m], as in the
# table above. *Scatter*: go through the outputs; output i has read the window x[i], ...,
# x[i+F-1], so its dout goes back to exactly this window, each entry times the weight it
# met there: `+=`, since windows overlap. In the second way you write no flip; it happens
# by itself.
#
# </details>

# %% check="conv1d"
check(conv1d_forward, conv1d_backward)

# %% [markdown]
# ## 3. Ask the function itself
#
# You have derived a gradient. How do you know that it is right? Ask the function. How
# steep is $f(x) = x^2$ at x = 3? Walk a step of h = 0.5 to both sides and see how much you
# have climbed:
#
# $$\frac{f(x+h) - f(x-h)}{2h} = \frac{f(3.5) - f(2.5)}{2 \cdot 0.5} = \frac{12.25 - 6.25}{1} = 6$$
#
# That is the *central difference*, and $2x = 6$ is what the derivative says. For $x^3$ at
# x = 2 the same walk gives (15.625 − 3.375) / 1 = 12.25 where $3x^2 = 12$: too large by
# $h^2 = 0.25$. A smaller step makes it more exact, up to a point that you will see below.
#
# When x has many numbers, move one of them at a time. When f(x) has many numbers,
# weight each with its entry of `dout` and add up. Then there is one number to watch,
# `sum(f(x) * dout)`, and its slope along each entry of x is the gradient.
#
# This needs no formula, and so it can judge one. It is also slow, two calls of f for every
# number in x: good for a check, and no way to train a network.
#
# The first lines of the task are given. They refuse what would fool the instrument in
# silence: an x that is not float64, and a `dout` that has another shape than f(x). You
# write the walk. One thing to mind: move a *copy* of x, since the function under test may
# have kept x itself.


# %% task="numeric_gradient"
def numeric_gradient(f, x, dout=None, h=1e-5):
    """Gradient of sum(f(x) * dout) with respect to x, by central differences.

    f takes an array like x and returns an array or one plain number. It may return its
    argument, or a part of it. x is a float64 array of any shape; it stays as it is, also
    while f is called. dout has the shape of f(x); None means all ones, so sum(f(x)). h is
    the step, in the units of x.

    Returns the gradient, float64 in the shape of x: for every entry of x
    (sum(f(x with that entry + h) * dout) - sum(f(x with that entry - h) * dout)) / (2*h).
    Raises ValueError when x is not float64 (naming its dtype) or when dout has another
    shape than f(x) (naming both shapes).
    """
    if x.dtype != np.float64:
        raise ValueError(
            f"x is {x.dtype}, a step of {h} needs float64: x.astype(float)"
        )
    out_shape = np.shape(f(x.copy()))
    dout = np.ones(out_shape) if dout is None else np.asarray(dout)
    if dout.shape != out_shape:
        raise ValueError(f"dout has shape {dout.shape}, but f(x) has shape {out_shape}")
    gradient = np.zeros(x.shape)
    ### BEGIN SOLUTION hint: For every index two copies of x: one with + h, one with - h.
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        gradient[index] = np.sum((f(ahead) - f(behind)) * dout) / (2 * h)
    return gradient
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.ndindex(x.shape)` runs through all indices, whatever the number of axes. For each
# index: one copy of x with h more there, one with h less, the difference of the two f(x),
# times dout, summed, divided by 2h. Fresh copies for every step are the safe way: if you
# keep one copy and move it to and fro, an f that returns its argument (or a view of it,
# such as `x.T`) hands you the same numbers twice. The end of the cell is
# `return gradient`.
#
# </details>

# %% [markdown]
# Most cases of the check use $f(x) = \text{cumsum}(x)^3$: the first entry of x moves all
# outputs, the last only one. With h = 0.5 the difference of $h^2$ is large enough to see,
# and it is part of what is wanted. `check.cases(numeric_gradient)` lists them.

# %% check="numeric_gradient"
check(numeric_gradient)
assert numeric_gradient(lambda x: x**3, np.array([2.0]), h=0.5) == 12.25

# %% [markdown]
# ### What the given lines guard against
#
# A broken instrument is worse than none, since you trust it. Each line below is a step of
# a careless one.

# %% tags=["demo", "nbval-check-output"]
h = 1e-5
for dtype in (np.float64, np.float32):
    ahead, behind = np.array([[30 + h], [30 - h]], dtype)
    slope = (ahead**2 - behind**2)[0] / (2 * h)
    print(f"1. slope of x*x at 30 in {dtype.__name__}: {slope:.2f}")

x = np.array([0.1, 0.2, 0.3])
remembered = x  # what a layer's cache does: it keeps x itself, not a copy
x[0] += 0.5  # the step, made in the caller's own array
print("2. the layer remembers", remembered.tolist(), "and not what it was given")

out, dout = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [0.0], [-2.0]])
print(
    "3. out * dout has the shape", (out * dout).shape, "and the sum", (out * dout).sum()
)
print("   in one shape the sum is", (out * dout.ravel()).sum())

# %% [markdown]
# 1. float32 keeps about seven digits. 30.00001 needs seven of them, so the step itself
#    is rounded, and the slope is 8 % off. float64 keeps sixteen. (Whole numbers are worse:
#    an integer array cuts 3.00001 back to 3, f never moves, and the gradient is 0.)
# 2. Whoever moves the caller's array moves it for everyone who holds it: the layer's
#    cache, and the backward pass that you were about to check. Hence the copies.
# 3. Shapes (3,) and (3, 1) make numpy form all nine products without a warning. The sum
#    is −6, and −5 was meant.
#
# ## 4. How far apart are two gradients?
#
# A difference of 0.001 is nothing between gradients of 1000, and everything between
# gradients of 0.001. So measure the difference against the size of the two numbers:
#
# $$\frac{|a - b|}{|a| + |b|}$$
#
# | a | b | difference | sum of sizes | quotient | |
# |---|---|---|---|---|---|
# | 3 | 1 | 2 | 4 | 0.5 | |
# | −2 | 2 | 4 | 4 | 1 | the worst: the wrong sign |
# | 0 | 0 | 0 | 0 | 0 | and not 0/0 |
#
# The *relative error* of two arrays is the largest quotient, here **1**. Two entries that
# are both 0 agree, so for them the quotient is defined as 0. The CS231n notes give a rule
# of thumb for float64: at 1e-7 and below be content, above 1e-2 the gradient is probably
# wrong, and what lies between is suspicious unless the function has kinks (section 8).
#
# The comparison is also the last place where a mistake can hide. Three biases have the
# gradients 12, 12 and 12. Somebody returns the single number 12 in an array of shape
# (1,), and the comparison does not look at shapes.

# %% tags=["demo", "nbval-check-output"]
numeric, returned = np.array([12.0, 12.0, 12.0]), np.array([12.0])
worst = np.max(np.abs(numeric - returned) / (np.abs(numeric) + np.abs(returned)))
print(f"shapes {numeric.shape} and {returned.shape}, relative error {worst}: perfect?")


# %% task="relative_error"
def relative_error(a, b):
    """Largest |a - b| / (|a| + |b|) over all entries; where both are 0 it counts as 0.

    a and b are arrays of one shape, or two plain numbers. They are not changed. The
    divisor is max(|a| + |b|, tiny) with tiny = np.finfo(np.float64).tiny, about 2e-308.

    Returns a Python float from 0 (equal) to 1 (opposite signs, or one of them 0); arrays
    without entries give 0.0. Raises ValueError, naming both shapes, when they differ.
    """
    ### BEGIN SOLUTION hint: Compare the shapes first, then the formula, then np.max.
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, b has shape {b.shape}: not the same")
    size = np.maximum(np.abs(a) + np.abs(b), np.finfo(np.float64).tiny)
    return float(np.max(np.abs(a - b) / size, initial=0.0))
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.maximum(sizes, tiny)` compares entry by entry and keeps the larger; 0 / tiny is 0.
# `np.max(values, initial=0.0)` is 0 for an empty array. `float(...)` makes a Python
# float.
#
# </details>

# %% check="relative_error"
check(relative_error)
assert relative_error(3.0, 1.0) == 0.5

# %% [markdown]
# ### Your instrument judges your toy
#
# The check of section 2 compared with numbers by hand and with the course's own gradient
# checker. Now you have an instrument of your own. Run it against your backward pass, on
# numbers where no gradient is exactly 0. (In section 2, dw[2] is 0: measured, it comes out
# as something tiny, and between 0 and anything else the relative error is 1.)

# %% tags=["demo", "nbval-check-output"]
x, w = np.sin(np.arange(9.0)), np.cos(np.arange(4.0))
dout = check.upstream((6,))
dx, dw = conv1d_backward(dout, x, w)
numeric_dx = numeric_gradient(lambda x: conv1d_forward(x, w), x, dout)
numeric_dw = numeric_gradient(lambda w: conv1d_forward(x, w), w, dout)
print("relative error of dx below 1e-7:", relative_error(numeric_dx, dx) < 1e-7)
print("relative error of dw below 1e-7:", relative_error(numeric_dw, dw) < 1e-7)

# %% [markdown]
# ### Which upstream gradient?
#
# A check needs a dout. Here are two: all ones, which makes it the gradient of `sum(out)`,
# and 1, -2, 3. To try them on a mistake, take the sentence of the notes at its word and
# flip for dw as well, that is, use `np.convolve(x, dout, "valid")`.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "This dw is wrong. Which upstream gradient lets it pass the check?",
    "all ones",
    choices=["all ones", "1, -2, 3", "both", "neither"],
    because="a row of ones looks the same from both ends, so the flip changes nothing",
)

# %% tags=["demo", "nbval-check-output"]
x, w = np.array([1.0, 2.0, 0.0, 3.0, 2.0]), np.array([2.0, 1.0, -1.0])
for dout in (np.ones(3), np.array([1.0, -2.0, 3.0])):
    numeric = numeric_gradient(lambda w: conv1d_forward(x, w), w, dout)
    flipped = np.convolve(x, dout, "valid")
    error = relative_error(numeric, flipped)
    print(f"dout {dout.tolist()}: wrong dw {flipped.tolist()}, ", end="")
    print(f"relative error {error:.2f}: {'passes' if error < 1e-7 else 'caught'}")

# %% [markdown]
# With all ones the wrong gradient passes, and it does so on any x. All ones also hide
# entries of dout that have changed places, and they are blind to outputs whose sum is
# always the same: the probabilities of a classifier add up to 1, so that sum has the
# gradient 0 whatever the layers before it do. Take random numbers for dout, as
# `check.gradient` does when you give it none, and let no two entries be alike.

# %% [markdown]
# ## 5. How small a step?
#
# So far h was 1e-5 without a reason. Give the toy a curve, `tanh(conv1d_forward(x, w))`
# (a convolution alone is a straight line in x, and on a straight line any step measures
# the slope), and compare the numeric gradient with yours for steps from 1 down to 1e-13.
# The figure also has the *forward difference*, $(f(x+h) - f(x))/h$, and the central
# difference computed in float32. What is wrong with the measured gradient is called its
# error, here and in the figure.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "When h becomes 10 times smaller, the error of the central difference becomes ... times "
    "smaller, as long as rounding plays no part. (Remember x³ at 2: the error was h².)",
    10**2,
    because="h² falls by 10·10",
)

# %% tags=["demo"]
rng = np.random.default_rng(0)
x, w = rng.standard_normal(12), rng.standard_normal(3)
dout = check.upstream((10,))


def curved(x):
    """A smooth function of the toy layer's output, so that its slope changes with x."""
    return np.tanh(conv1d_forward(x, w))


exact, _ = conv1d_backward(dout * (1 - curved(x) ** 2), x, w)
steps = np.logspace(0, -13, 53)
central = [np.abs(numeric_gradient(curved, x, dout, h) - exact).max() for h in steps]
forward = [
    np.abs(
        [
            np.sum((curved(x + h * unit) - curved(x)) * dout) / h
            for unit in np.eye(len(x))
        ]
        - exact
    ).max()
    for h in steps
]
single = []
for h in steps.astype(np.float32):
    units = h * np.eye(len(x), dtype=np.float32)
    x32, w32 = x.astype(np.float32), w.astype(np.float32)
    moved = [
        np.tanh(conv1d_forward(x32 + unit, w32))
        - np.tanh(conv1d_forward(x32 - unit, w32))
        for unit in units
    ]
    single.append(np.abs(np.array(moved) @ dout / (2 * h) - exact).max())

plot.error_against_step(
    steps,
    {
        "forward difference": forward,
        "central difference": central,
        "central, in float32": single,
    },
    default=1e-5,
)
plot.show()

# %% [markdown]
# Read the figure from the right, where the steps are large.
#
# - **The right branch is the curve of f.** Taylor's series says
#
#   $$f(x \pm h) = f \pm h f' + \tfrac{1}{2} h^2 f'' \pm \tfrac{1}{6} h^3 f''' + \dots$$
#
#   In the central difference $f$ and $f''$ cancel, and what is left is $\tfrac{1}{6} h^2
#   f'''$: the error falls by 100 when h falls by 10. In the forward difference $f''$ stays,
#   as $\tfrac{1}{2} h f''$: by 10 only. (For $x^3$ the third derivative is 6, so the error
#   is $h^2$ exactly.)
# - **The left branch is rounding.** float64 knows $f(x \pm h)$ up to about eps = 2e-16
#   times its size. The difference of the two keeps this rounding error while it shrinks
#   itself, and then it is divided by 2h: the error is about eps/h, 10 times larger when h
#   is 10 times smaller. It jumps about, since rounding does. Both methods suffer alike.
# - **The best step** is where the branches meet. $h^2 = \text{eps}/h$ gives
#   $h = \text{eps}^{1/3}$, about 6e-6, for the central difference. That is why 1e-5 is the
#   default. For the forward difference, $h = \text{eps}/h$ gives $\sqrt{\text{eps}}$, about
#   1e-8, and its lowest point lies higher. In float32 eps is 1e-7, so all of it happens at
#   larger steps and with larger errors. A check in float32 proves little.
#
# The next cell measures the slopes of the branches, and the lowest points.

# %% tags=["demo"]
for name, errors, near, far in [
    ("central, right branch", central, 1e-1, 1e-3),
    ("forward, right branch", forward, 1e-1, 1e-6),
    ("central, left branch", central, 1e-7, 1e-12),
]:
    there = [np.argmin(np.abs(np.log(steps / h))) for h in (near, far)]
    powers = np.diff(np.log10(errors)[there]) / np.diff(np.log10(steps)[there])
    print(f"{name}: error ~ h^{powers[0]:.2f}")
for name, errors in (
    ("central difference", central),
    ("forward difference", forward),
    ("central, in float32", single),
):
    print(f"{name}: best step {steps[np.argmin(errors)]:.0e}, error {min(errors):.0e}")

# %% [markdown]
# ## 6. The layer, with plain loops
#
# Back to images. One neuron of the layer takes a patch of x, multiplies it with the
# filter, adds up and adds the bias: the graph of section 1 with more weights. Backward,
# with g for its one entry of dout:
#
# - the patch gets `g * filter`, at its own place in dx;
# - the filter gets `g * patch`, in dw;
# - the bias gets `g`.
#
# All neurons do that, and each **adds** to what is there. Windows overlap, so a pixel
# gets a share from every window that contains it. The filter is shared, so it gets a
# share from every place of every image. For dw and db that is, with the padded x,
#
# $$\texttt{dw}_{k,c,i,j} = \sum_{n,\text{ho},\text{wo}} \texttt{dout}_{n,k,\text{ho},\text{wo}}\; x_{n,\,c,\;\text{ho} \cdot S + i,\;\text{wo} \cdot S + j}
# \qquad\qquad \texttt{db}_k = \sum_{n,\text{ho},\text{wo}} \texttt{dout}_{n,k,\text{ho},\text{wo}}$$
#
# By hand, with one channel, stride 1 and no padding:
#
# $$x = \begin{pmatrix} 1 & 2 & 0 \\ 3 & 1 & 1 \\ 0 & 2 & 1 \end{pmatrix} \qquad
# w = \begin{pmatrix} 1 & 2 \\ 0 & -1 \end{pmatrix} \qquad
# \texttt{dout} = \begin{pmatrix} 1 & 0 \\ 2 & -1 \end{pmatrix}$$
#
# Three of the four neurons have something to say. Each of them lays the filter where its
# window was, times its entry of dout. For dw each lays down its patch.

# %% tags=["demo"]
x = np.array([[1.0, 2, 0], [3, 1, 1], [0, 2, 1]])
w = np.array([[1.0, 2], [0, -1]])
dout = np.array([[1.0, 0], [2, -1]])
nothing, orange = 99, 2
to_dx, to_dw = ["dx ="], ["dw ="]
for row, column in [(0, 0), (1, 0), (1, 1)]:
    g, window = dout[row, column], (slice(row, row + 2), slice(column, column + 2))
    share, fills = np.full((3, 3), nothing), np.zeros((3, 3))
    share[window], fills[window] = w, orange
    to_dx += [f"{g:+g} ·", plot.Cells(share, fills=fills, hide=nothing)]
    to_dw += [f"{g:+g} ·", plot.Cells(x[window], fills=np.full((2, 2), orange))]

dx = np.array([[1, 2, 0], [2, 2, -2], [0, -2, 1]])
dw = np.array([[6, 3], [1, 4]])
plot.cells(*to_dx, "=", plot.Cells(dx, fills=np.ones((3, 3))))
plot.cells(*to_dw, "=", plot.Cells(dw, fills=np.ones((2, 2))))
plot.show()

# %% [markdown]
# And db = 1 + 0 + 2 − 1 = 2.
#
# Stride: the window of `dout[n, k, ho, wo]` starts at row `ho * S`, as on the way
# forward. Padding: the windows lie in the *padded* image. So collect the gradient of
# the padded image first, then cut the border off. What flowed into the zeros is dropped:
# they are no input, and nobody asks how the loss depends on them.
#
# `cache` is what `conv_forward_naive` gives you: `(x, w, b, stride, padding)`.


# %% task="conv_backward_naive"
def conv_backward_naive(dout, cache):
    """Backward pass of conv_forward_naive, with plain loops.

    dout is the upstream gradient (N, K, HO, WO), cache is (x, w, b, stride, padding) with
    x (N, C, H, W), w (K, C, FH, FW), b (K,), as conv_forward_naive returns it. Any stride
    and padding for which the filters fit. All arrays have one dtype; none is changed.

    Returns (dx, dw, db), the gradients of sum(out * dout), in this dtype and the shapes of
    x, w and b. Raises ValueError, naming both shapes, when dout has another shape than
    the output of the layer.
    """
    ### BEGIN SOLUTION hint: dx, dw and db start at 0; every entry of dout adds to each.
    x, w, b, stride, padding = cache
    N, _, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    if dout.shape != (N, K, HO, WO):
        raise ValueError(
            f"dout has shape {dout.shape}, the output has shape {(N, K, HO, WO)}"
        )
    padded = zero_pad(x, padding)
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n, k, ho, wo in np.ndindex(dout.shape):
        top, left = ho * stride, wo * stride
        window = (n, slice(None), slice(top, top + FH), slice(left, left + FW))
        dpadded[window] += dout[n, k, ho, wo] * w[k]
        dw[k] += dout[n, k, ho, wo] * padded[window]
        db[k] += dout[n, k, ho, wo]
    dx = dpadded[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, db
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Start from the loops of the forward pass: n, k, ho, wo. `np.ndindex(dout.shape)` gives
# all four in one line. `np.zeros_like(w)` has the shape and the dtype of w. For dx make
# zeros like the padded x, and at the end keep rows `padding` to `padding + H`. (A cut
# with `[padding:-padding]` leaves nothing when padding is 0.)
#
# </details>

# %% check="conv_backward_naive"
check(conv_backward_naive)

# %% [markdown]
# ### Follow one gradient
#
# The figure calls your `conv_backward_naive`. Click a place of dout: a gradient of 1 comes in
# there, and you see what it leaves in dx and dw. Then let one come in everywhere, and try
# stride 2: which pixels of x get the most, and which get nothing?

# %% tags=["demo"]
from course.kit import explore

explore.gradients(conv_backward_naive)

# %% [markdown]
# ### Your instrument agrees, or does it?
#
# The check above used the course's own gradient checker. Now use yours. Put some of the
# classical mistakes into the gradients, and see what relative error they leave. Will a
# tolerance of 1e-7 let one of them through?

# %% tags=["demo"]
rng = np.random.default_rng(1)
x, w, b = (
    rng.standard_normal((2, 3, 5, 6)),
    rng.standard_normal((4, 3, 3, 2)),
    np.ones(4),
)
out, cache = conv_forward_naive(x, w, b, stride=2, padding=1)
dout = rng.standard_normal(out.shape)
dx, dw, db = conv_backward_naive(dout, cache)
numeric_dx = numeric_gradient(lambda x: conv_forward_naive(x, w, b, 2, 1)[0], x, dout)
numeric_dw = numeric_gradient(lambda w: conv_forward_naive(x, w, b, 2, 1)[0], w, dout)
numeric_db = numeric_gradient(lambda b: conv_forward_naive(x, w, b, 2, 1)[0], b, dout)
_, last_dw, _ = conv_backward_naive(dout[-1:], (x[-1:], w, b, 2, 1))
for name, numeric, mine in [
    ("your dx", numeric_dx, dx),
    ("your dw", numeric_dw, dw),
    ("your db", numeric_db, db),
    ("dw of the last image only", numeric_dw, last_dw),
    ("dw with its rows and columns flipped", numeric_dw, dw[:, :, ::-1, ::-1]),
    ("mean over the images instead of the sum", numeric_dw, dw / 2),
    ("one entry of 180 off by 0.0001", numeric_dx, dx + 1e-4 * (dx == dx.max())),
]:
    print(f"{name:42s} {relative_error(numeric, mine):.1e}")

# %% [markdown]
# None of them. Yours are below 1e-7. The classical mistakes are at 0.3 and above, millions
# of times as large, and that distance is what makes the check worth its time. The last
# line, wrong in a single entry and there in the fourth decimal, comes out between the
# two, where the rule of thumb says *suspicious*: hundreds of times the error of your dx,
# and a convolution has no kinks that could excuse it.

# %% [markdown]
# ### What dx looks like
#
# In lesson 02 an image with a single dot gave a map with the filter **turned round**.
# Now the other direction: an upstream gradient with a single 1, at place (1, 2) of a
# 3x4 output, stride 2, and the filter with the digits 1 to 9.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "Where dx of the 7x9 image differs from 0, how does the filter lie there?",
    "upright",
    choices=["upright", "turned round by 180 degrees", "mirrored left to right"],
    because="each pixel of the window gets the weight that it met on the way forward",
)

# %% tags=["demo"]
digits_filter = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
x = np.zeros((1, 1, 7, 9))
one, two = np.zeros((1, 1, 3, 4)), np.zeros((1, 1, 3, 4))
one[0, 0, 1, 2] = 1
two[0, 0, 1, 1:3] = 1
grids = {
    f"dx of {name}": conv_backward_naive(dout, (x, digits_filter, np.zeros(1), 2, 0))[
        0
    ][0, 0]
    for name, dout in [("one neuron", one), ("two neighbours", two)]
}
plot.number_grids(grids, label="dx")
plot.show()

# %% [markdown]
# The neuron at (1, 2) looks through the window that starts at row 2, column 4, and dx
# shows the filter there: it says what this neuron would like to see more of. (Turned
# round on the way forward, turned back on the way home.) Its neighbour's window starts
# two columns further left, and in the column that they have in common the shares add up:
# 3 + 1, 6 + 4, 9 + 7. Write `=` instead of `+=` and you would see 1, 4, 7 there.

# %% [markdown]
# ## 7. The layer, as a convolution
#
# The loops are right and slow. In lesson 04 the *forward* pass becomes fast, and it
# would be good if the backward pass were nothing but a forward pass in disguise. In one
# dimension it was. Four things are new.
#
# **Stride.** With S = 2 the output has only every second number of the stride-1 output.
# The others never reached the loss, so their upstream gradient is 0. Put them back:
# S − 1 zeros between the entries of dout. This is called *dilating*. With `dout = 1 -2 3`
# and `w = 4 5` the dilated dout is (3 − 1)·2 + 1 = 5 long, and F − 1 = 1 zero comes to
# either end:

# %% tags=["demo"]
plot.backward_slide(np.array([1, -2, 3]), np.array([4, 5]), stride=2)
plot.show()

# %% [markdown]
# Compare with the scatter of section 2: output 0 gives 1·4 and 1·5 to x[0] and x[1],
# output 1 gives −8 and −10 to x[2] and x[3], output 2 gives 12 and 15. In 2-D, rows and
# columns are dilated and padded alike, but with FH − 1 zeros above and below, and FW − 1
# left and right. This way back, from a small output to a large input, is also used as a
# layer of its own that makes images larger. There it is called a *transposed convolution*.
#
# **Padding.** The full convolution gives the gradient of the padded image. Cut P rows
# and columns off at each border. (Where P is at most F − 1 that is the same as using
# F − 1 − P zeros in the first place. Where P is larger, F − 1 − P is negative: cut.)
#
# **Channels.** Going forward, a filter reads C channels and K filters make K maps.
# Backward, dout has K channels, and C gradient maps are wanted. So the roles swap: w
# (K, C, FH, FW) becomes C filters of K channels, (C, K, FH, FW), each spatially
# flipped, with no bias.
#
# **dw** is the other convolution: x is the image, and dout, dilated in the same way, is
# the filter, unflipped. dw adds over images and keeps channels and filters apart, so
# the images must sit where a convolution adds, on the channel axis:
#
# ```
# padded x      (N, C, H + 2P, W + 2P)  ->  (C, N, ...)    C images of N channels
# dilated dout  (N, K, ...)             ->  (K, N, ...)    K filters of N channels
# result        (C, K, FH, FW)          ->  (K, C, FH, FW)
# ```
#
# And db is the sum of dout over images, rows and columns.


# %% task="conv_backward_as_convolution"
def conv_backward_as_convolution(dout, cache):
    """Backward pass of the convolutional layer by two calls of conv_forward_naive.

    Arguments, results and errors as in conv_backward_naive: dout (N, K, HO, WO), cache
    (x, w, b, stride, padding), all arrays of one dtype and none of them changed; returns
    (dx, dw, db) in this dtype. Raises ValueError, naming both shapes, when dout has another
    shape than the output.

    dx is dout (dilated by the stride, padded) convolved with the spatially flipped filters
    whose channels and filters have changed places; dw is x convolved with dout.
    """
    ### BEGIN SOLUTION hint: Dilate dout once; it serves dx (padded) and dw (as filters).
    x, w, b, stride, padding = cache
    N, C, H, W = x.shape
    K, _, FH, FW = w.shape
    HO = output_size(H, FH, stride, padding)
    WO = output_size(W, FW, stride, padding)
    if dout.shape != (N, K, HO, WO):
        raise ValueError(
            f"dout has shape {dout.shape}, the output has shape {(N, K, HO, WO)}"
        )
    HD, WD = (HO - 1) * stride + 1, (WO - 1) * stride + 1
    full = np.zeros((N, K, HD + 2 * (FH - 1), WD + 2 * (FW - 1)), dtype=x.dtype)
    dilated = full[:, :, FH - 1 : FH - 1 + HD, FW - 1 : FW - 1 + WD]
    dilated[:, :, ::stride, ::stride] = dout

    flipped = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    dpadded, _ = conv_forward_naive(full, flipped, np.zeros(C, dtype=x.dtype))
    dx = dpadded[:, :, padding : padding + H, padding : padding + W]

    images = zero_pad(x, padding).transpose(1, 0, 2, 3)
    filters = dilated.transpose(1, 0, 2, 3)
    dw, _ = conv_forward_naive(images, filters, np.zeros(K, dtype=x.dtype))
    dw = dw.transpose(1, 0, 2, 3).astype(w.dtype)
    return dx, dw, dout.sum(axis=(0, 2, 3)).astype(b.dtype)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# `a[:, :, ::S, ::S] = dout` writes into every S-th row and column of zeros. For unequal
# borders make one larger array of zeros and write dout into its middle, beginning at
# row FH - 1 and column FW - 1. `w[:, :, ::-1, ::-1]` flips rows and columns,
# `.transpose(1, 0, 2, 3)` swaps the first two axes. `.astype(w.dtype)` sets a dtype.
# Write the shape of every array beside its line; the two convolutions are stride 1 and
# padding 0, with a bias of zeros.
#
# </details>

# %% [markdown]
# The check sees the numbers, not how you arrived at them: a function that hands everything
# to `conv_backward_naive` passes. Write the two convolutions all the same: they are the
# sentence of the notes, and the reason why one fast convolution makes training fast.

# %% check="conv_backward_as_convolution"
check(conv_backward_as_convolution)

# %% [markdown]
# ### Same numbers, different work
#
# Both functions give the same gradients. Is the convolution faster than the loops at
# stride 1? And at stride 4?

# %% tags=["demo"]
from time import perf_counter

rng = np.random.default_rng(2)
w, b = rng.standard_normal((6, 3, 5, 5)), np.zeros(6)
for stride, size in ((1, 21), (4, 21)):
    x = rng.standard_normal((2, 3, size, size))
    out, cache = conv_forward_naive(x, w, b, stride, padding=2)
    dout = rng.standard_normal(out.shape)
    started = perf_counter()
    by_loops = conv_backward_naive(dout, cache)
    between = perf_counter()
    by_convolution = conv_backward_as_convolution(dout, cache)
    ended = perf_counter()
    error = max(relative_error(*pair) for pair in zip(by_loops, by_convolution))
    print(f"stride {stride}: loops {between - started:.3f} s, ", end="")
    print(f"convolution {ended - between:.3f} s, relative error {error:.0e}")

# %% [markdown]
# At stride 1 the convolution keeps up with the loops. At stride 4 the loops have a
# fraction of the windows, while the convolution still visits every pixel and mostly
# multiplies the zeros of the dilation: it is about ten times slower. The value of this
# form is not its speed here. It says that the backward pass needs no machinery of its
# own: a fast convolution gives a fast backward pass. In lesson 04 you make the one fast,
# and decide about the other.

# %% [markdown]
# ## 8. Where the check itself breaks
#
# Two kinds of layers still to come have corners: ReLU, $\max(x, 0)$, is flat on the left
# and steep on the right, and a maximum of several numbers switches from one to another.
# At a corner, a *kink*, left and right have different slopes.


# %% tags=["demo"]
def relu(x):
    return np.maximum(x, 0)


# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "The slope of ReLU is 0 for negative and 1 for positive x. "
    "What does the central difference say at exactly 0?",
    float(numeric_gradient(relu, np.zeros(1))[0]),
    because="(h - 0) / 2h: the mean of the two slopes, whatever h is",
)

# %% tags=["demo", "nbval-check-output"]
print("ReLU            slope   h=1e-4   h=1e-5   h=1e-6")
for x in (0.0, 3e-6, 3e-5, -3e-5, 0.5):
    measured = [
        numeric_gradient(relu, np.array([x]), h=h)[0] for h in (1e-4, 1e-5, 1e-6)
    ]
    print(
        f"x = {x:8.0e}  {float(x > 0):6.0f}  " + "".join(f"{m:9.3f}" for m in measured)
    )

print()
print("maximum of a and b: slope along a, along b")
for a, b in ((2.0, 2.0), (2.0, 2.000004), (2.0, 2.1)):
    along = numeric_gradient(np.max, np.array([a, b]))
    print(f"a = {a}, b = {b:<8}  {along[0]:.3f}  {along[1]:.3f}")

# %% tags=["demo"]
places = np.linspace(-3e-5, 3e-5, 241)
plot.slopes_at_kink(
    places,
    {f"h = {h:.0e}": numeric_gradient(relu, places, h=h) for h in (2e-5, 1e-5, 2e-6)},
    (places > 0).astype(float),
)
plot.show()

# %% [markdown]
# Far from the kink the measurement is right. Within h of it the two steps land on
# different sides, and the central difference reports something between the two slopes:
# a blend that is the slope of nothing. Exactly at 0 it says 1/2 for every h, however
# small. In a tie of the maximum each of the two gets 1/2, while a backward pass sends
# the whole gradient to one of them (lesson 05 says to which).
#
# How often does it happen? Take layers of 100,000 ReLUs whose inputs are spread like a
# standard normal distribution, and count those that lie within h of their kink. For the
# maximum, take 2x2 windows of an image with five grey levels.

# %% tags=["demo", "nbval-check-output"]
rng = np.random.default_rng(3)
inputs = rng.standard_normal((20, 100_000))
for h in (1e-3, 1e-5):
    print(
        f"h = {h:.0e}: {(np.abs(inputs) < h).sum() / 20:.1f} ReLUs of 100,000 within h of their kink"
    )
digit_like = np.round(4 * rng.random((8, 8, 1000))) / 4
windows = digit_like.reshape(4, 2, 4, 2, 1000).transpose(0, 2, 4, 1, 3).reshape(-1, 4)
ties = (windows == windows.max(axis=1, keepdims=True)).sum(axis=1) > 1
print(f"five grey levels, 2x2 windows: {ties.mean():.0%} have a tie for the maximum")

# %% [markdown]
# The course's own checker looks for this. When the two sides disagree and go on
# disagreeing as the step shrinks, `check.gradient` calls the result *not meaningful*
# instead of wrong:

# %% tags=["demo"]
from contextlib import suppress

with suppress(check.CheckFailed):  # the card says it all
    check.gradient(
        "ReLU at 0", np.array([1.0, 1.0]), relu, np.array([0.5, 0.0]), np.ones(2)
    )

# %% [markdown]
# ### Question (1 point): why do kinks break the check?
#
# A classmate has written a ReLU layer and a max pooling layer. Both are right. The
# gradient check reports a relative error of 0.33 for the first and fails on many
# windows of the second, which was tested on an image of five grey levels.
#
# 1. Why does the central difference give 1/2 at a kink, and why does no smaller h help
#    at exactly 0? Use a number from the tables above. (Where may the 0.33 come from?)
# 2. When does a smaller h help? Give an example from the tables.
# 3. What should your classmate change in the test, for the ReLU and for the pooling?
#    Why is a looser tolerance a bad answer?
#
# Four to eight sentences are enough.

# %% [markdown] question="kinks" points=1
# ### BEGIN SOLUTION
# **Model answer.** The central difference is the mean of the slope to the right and the
# slope to the left. At 0 the ReLU has the slopes 1 and 0, so it gives (h - 0) / 2h =
# 1/2, in which h has cancelled: the table says 0.500 in all three columns. There is no
# derivative at 0; a backward pass has to choose 0 or 1, and both are fine. Against 1
# the relative error is |1 - 0.5| / (1 + 0.5) = 0.33, the number that was reported
# (against 0 it is 1).
#
# A smaller h helps where x is near the kink but not on it: at 3e-6 the measurement is
# 0.515 with h = 1e-4, 0.65 with 1e-5, and exactly 1 with 1e-6, since then both steps
# stay on one side. In the same way a maximum of 2 and 2.000004 is measured well once h
# is below 2e-6. A tie is like x = 0: 1/2 each for every h. With five grey levels more
# than a third of the windows have one.
#
# So the test needs other inputs: for ReLU random numbers that stay away from 0 by more
# than h; for the pooling distinct values whose gaps are larger than 2h (such as a
# shuffled `arange`), and ties tested on their own against numbers worked out by hand.
# To pass, the tolerance would have to grow to 0.33 and more, and then real mistakes
# pass too: a gradient too large by a factor of 1.9 has a relative error of 0.31.
#
# **Mark scheme (1 point).**
# - 0.4: the two sides have different slopes and the central difference averages them (a
#   number from the table); at exactly 0 h cancels, or no derivative exists.
# - 0.2: a smaller h helps near a kink, when both steps stay on one side; example with
#   numbers.
# - 0.4: change the inputs (away from 0, distinct values), not the tolerance, with a
#   reason: real mistakes would pass.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains</summary>
#
# Read this after you have written yours.
#
# - What the central difference does with two different slopes, and what becomes of h in
#   it at exactly 0. A number from the first table.
# - The case in which both steps can be brought to the same side, with a row of a table.
# - A change of the *test's inputs* for each of the two layers.
# - What a tolerance large enough to pass would also let pass: name a mistake and its
#   relative error.
#
# </details>

# %% [markdown]
# ## 9. What your gradients can do now: learn
#
# A gradient says which way the loss grows. Step the other way, a little, again and again:
# that is *gradient descent*, and it is how networks learn. In lesson 02 you wrote
# `sobel_x` by hand. Now show a layer what `sobel_x` answers on a 12x12 image of noise, and
# let it find the nine numbers. It starts from random ones. The loss is the mean of the
# squared differences, $L = \frac{1}{n}\sum (\texttt{out} - \text{wanted})^2$, so
# $\texttt{dout} = \frac{2}{n}(\texttt{out} - \text{wanted})$. Each step goes 0.2 times the
# gradient; this factor is called the *learning rate*.

# %% tags=["demo"]
from course.convolution import hand_made_filters

rng = np.random.default_rng(4)
noise = rng.standard_normal((1, 1, 12, 12))
sobel_x = hand_made_filters()["sobel_x"][np.newaxis, np.newaxis]
wanted, _ = conv_forward_naive(noise, sobel_x, np.zeros(1))

w, b = 0.5 * rng.standard_normal((1, 1, 3, 3)), np.zeros(1)
history, losses = [w], []
for step in range(60):
    out, cache = conv_forward_naive(noise, w, b)
    losses.append(np.mean((out - wanted) ** 2))
    dout = 2 * (out - wanted) / out.size
    dx, dw, db = conv_backward_naive(dout, cache)
    w, b = w - 0.2 * dw, b - 0.2 * db
    history.append(w)

for step in (0, 5, 20, 59):
    print(f"after {step:2} steps the loss is {losses[step]:.6f}")
print("the nine weights now:")
print(np.round(w[0, 0], 2) + 0.0)

# %% [markdown]
# It has seen nothing but noise. Here is what its filter does, on its way, to a photograph
# that it has never seen:

# %% tags=["demo"]
from course.kit.data import photograph

temple = photograph("china", grey=True, shrink=4)
stages = {f"after {step} steps": history[step][0] for step in (0, 2, 5, 60)}
maps = {
    name: conv_forward_naive(temple[np.newaxis], filters[np.newaxis], np.zeros(1))[0][
        0, 0
    ]
    for name, filters in stages.items()
}
plot.filter_maps(stages, maps)
plot.show()

# %% [markdown]
# Nobody wrote that filter. It came out of your `conv_backward_naive` and a subtraction.
# (Noise is kind to a learner, since no two of its pixels are alike. Real images take more
# steps, and lesson 06 takes them.)
#
# ## 10. Build the module
#
# | you built | used again in |
# |---|---|
# | `numeric_gradient`, `relative_error` | lesson 06, on a whole network |
# | `conv_backward_naive` | here, to learn; lesson 04: the fast one must give the same numbers |
# | `conv1d_forward`, `conv1d_backward` | here; the derivation that fits on a page |
# | `conv_backward_as_convolution` | here; the sentence of the notes |
#
# Still missing: speed (lesson 04), pooling and its switches (lesson 05), and the layers
# between the convolutions (lesson 06). The next cell writes `course/gradients.py` from
# your functions and lists what is not there yet.

# %%
from course.kit import build

build(
    "gradients",
    numeric_gradient,
    relative_error,
    conv1d_forward,
    conv1d_backward,
    conv_backward_naive,
    conv_backward_as_convolution,
)

# %% [markdown]
# ### Further reading
#
# - [CS231n, Backpropagation, Intuitions](https://cs231n.github.io/optimization-2/): the
#   chain rule on computational graphs, with more boxes than here.
# - [CS231n, Neural Networks Part 3](https://cs231n.github.io/neural-networks-3/#gradcheck),
#   "Gradient Checks": the rule of thumb of section 4, and more ways to be fooled.
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams,
#   [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0)
#   (Nature, 1986): the four pages that made the method known.
# - V. Dumoulin and F. Visin,
#   [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285)
#   (2016): transposed convolutions in drawings, for every padding and stride.
# - [CS231n, Convolutional Neural Networks](https://cs231n.github.io/convolutional-networks/)
#   and the written summary *Convolutional layer*: the two places where the backward pass
#   is "not expanded on for now".
#
# **Next:** lesson 04, [im2col](../04_im2col/04_im2col.ipynb). The words of the course are in the
# [glossary](../../docs/glossary.md).
