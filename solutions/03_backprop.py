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
# # Backpropagation: how does the error flow back, and how do we know that the formula is right?
#
# A network learns by asking every weight: if you grew a little, would the error grow or
# shrink? The answer is a gradient, and it comes from the end of the network back to its
# beginning, layer by layer. Here you send it through a convolutional layer. The course
# notes say that the backward pass "is also a convolution (but with spatially-flipped
# filters)", easy to derive in one dimension, and then: "not expanded on for now". You
# expand it, by hand on five numbers, with plain loops for the layer, and at last as a
# convolution. Before any of that you build the instrument that tells a right gradient
# from a wrong one, and learn what fools it.
#
# The last cell turns your functions into the module `course.gradients`. Plan about
# three hours. There are 12 points.

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
# Somewhere behind the layer stands one number, the loss. `dout` is what the rest of the
# network says about the layer's output: entry by entry, by how much the loss grows when
# that entry grows by 1 (for small changes). It has the shape of `out` and is called the
# **upstream gradient**. The layer answers the same question for what *it* was given:
# `dx`, `dw` and `db`, in the shapes of `x`, `w` and `b`. So `dx` is always the gradient
# of `sum(out * dout)`, whatever the loss was.
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
# ## 1. Ask the function itself
#
# How steep is f(x) = x² at x = 3? Walk a step of h = 0.5 to both sides and see how much
# you have climbed:
#
# ```
# f(3.5) - f(2.5)   12.25 - 6.25
# --------------- = ------------ = 6
#     2 · 0.5            1
# ```
#
# That is the *central difference*, and 2x = 6 is what the derivative says. For x³ at
# x = 2 the same walk gives (15.625 - 3.375) / 1 = 12.25 where 3x² = 12: too large by h² =
# 0.25. A smaller step makes that error smaller, up to a point that you will see below.
#
# When x has many numbers, move one of them at a time. When f(x) has many numbers,
# weight each with its entry of `dout` and add up. Then there is one number to watch,
# `sum(f(x) * dout)`, and its slope along each entry of x is the gradient.
#
# This needs no formula, and so it can judge one. It is also slow (two calls of f for
# every number in x), which is why nobody trains with it.
#
# ### Four ways to fool it
#
# A broken instrument is worse than none, since you trust it. *Predict, then look:* each
# line below is a step of a careless checker. What does it print?

# %% tags=["demo", "nbval-check-output"]
h = 1e-5

whole = np.array([3])  # no point behind the 3: integers
moved = whole.copy()
moved[0] += h
print("1. whole numbers: x moved by", moved[0] - whole[0])

for dtype in (np.float64, np.float32):
    ahead, behind = np.array([[30 + h], [30 - h]], dtype)
    print(
        f"2. slope of x*x at 30 in {dtype.__name__}: {(ahead**2 - behind**2)[0] / (2 * h):.2f}"
    )

x = np.array([0.1, 0.2, 0.3])
remembered = x  # what a layer's cache does: it keeps x itself, not a copy
x[0] += 0.5  # the step, made in the caller's own array
print("3. the layer remembers", remembered.tolist(), "and not what it was given")

out, dout = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [0.0], [-2.0]])
print(
    "4. out * dout has the shape", (out * dout).shape, "and the sum", (out * dout).sum()
)
print("   in one shape the sum is", (out * dout.ravel()).sum())

# %% [markdown]
# 1. An integer array cuts 3.00001 back to 3. f never moves, and the gradient is 0.
# 2. float32 keeps about seven digits. 30.00001 needs seven of them, so the step itself
#    is rounded, and the slope is 8 % off. float64 keeps sixteen.
# 3. Whoever moves the caller's array moves it for everybody who holds it: the layer's
#    cache, and the backward pass that you were about to check. Work on copies.
# 4. Shapes (3,) and (3, 1) make numpy form all nine products, with no word of warning.
#    The sum is -6, and -5 was meant.
#
# So your function copies x, insists on float64, and refuses a `dout` that has not
# exactly the shape of f(x).


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
    ### BEGIN SOLUTION hint: For every index two copies of x: one with + h, one with - h.
    if x.dtype != np.float64:
        raise ValueError(
            f"x is {x.dtype}, a step of {h} needs float64: x.astype(float)"
        )
    out_shape = np.shape(f(x.copy()))
    dout = np.ones(out_shape) if dout is None else np.asarray(dout)
    if dout.shape != out_shape:
        raise ValueError(f"dout has shape {dout.shape}, but f(x) has shape {out_shape}")
    gradient = np.zeros(x.shape)
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
# `np.ndindex(x.shape)` runs through all indices, whatever the number of axes. Fresh
# copies for every step are the safe way: if you keep one copy and move it to and fro,
# an f that returns its argument (or a view of it, such as `x.T`) hands you the same
# numbers twice. `np.shape(value)` also works for a plain number: it is `()`. Look at
# the shape of f(x) once, before the loop.
#
# </details>
#
# Most cases of the check use `f(x) = cumsum(x)³`: the first entry of x moves all outputs,
# the last only one. With h = 0.5 the error of h² is large enough to see, and it is part
# of what is wanted. `check.cases(numeric_gradient)` lists them.

# %% check="numeric_gradient"
check(numeric_gradient)
assert numeric_gradient(lambda x: x**3, np.array([2.0]), h=0.5) == 12.25

# %% [markdown]
# ## 2. How far apart are two gradients?
#
# A difference of 0.001 is nothing between gradients of 1000, and everything between
# gradients of 0.001. So measure the difference against the size of the two numbers:
#
# ```
#    a      b     |a - b|    |a| + |b|    quotient
#    3      1        2           4          0.5
#   -2      2        4           4          1      the worst: the wrong sign
#    0      0        0           0          0      not 0/0
# ```
#
# The relative error of two arrays is the largest quotient, here **1**. Two entries that
# are both 0 agree, so their quotient is 0 by decree. As a rule of thumb, in float64 and
# with h = 1e-5: below 1e-7 be content, above 1e-3 look for the mistake, and between the
# two look for a kink (section 7).
#
# This is also the last place where an error can hide. *Predict, then look:* three
# biases have the gradients 12, 12 and 12, somebody returns the single number 12 in an
# array of shape (1,), and the comparison does not look at shapes. What does it say?

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
# ## 3. The toy: one dimension, five numbers
#
# Now the derivation that the notes leave out. A signal of five numbers, a filter of
# three, stride 1, no padding, no bias:
#
# ```
# x =  1  2  0  3  2          w =  2  1 -1
#
# out[0] = 1·2 + 2·1 - 0·1 =  4
# out[1] = 2·2 + 0·1 - 3·1 =  1
# out[2] = 0·2 + 3·1 - 2·1 =  1
# ```
#
# In letters: `out[i] = sum over j of x[i + j] · w[j]`. Let the rest of the network send
# back `dout = 1 -2 3`.
#
# **How the error reaches x.** Write down who uses `x[2]`: it is multiplied with w[2] in
# out[0], with w[1] in out[1] and with w[0] in out[2]. If x[2] grows by 1, these three
# outputs grow by w[2], w[1] and w[0], and each counts with its dout. The others go the
# same way:
#
# ```
# dx[0] = 1·2                      =  2
# dx[1] = 1·1    + (-2)·2          = -3
# dx[2] = 1·(-1) + (-2)·1 + 3·2    =  3
# dx[3] =          (-2)·(-1) + 3·1 =  5
# dx[4] =                   3·(-1) = -3
# ```
#
# Look at the middle line. dout runs forward, 1 -2 3, and w runs backward, -1 1 2. Every
# other line is the same with a piece missing. So put F - 1 = 2 zeros on either side of
# dout, and slide the **flipped** filter over it:
#
# ```
# dout with zeros    0  0  1 -2  3  0  0
# flipped w         -1  1  2                 ->  2
#                      -1  1  2              -> -3
#                         -1  1  2           ->  3
#                            -1  1  2        ->  5
#                               -1  1  2     -> -3
# ```
#
# That is the sentence of the notes: dx is a convolution of dout with the flipped filter,
# a *full* one, since the filter may hang over either end. Its length is 3 + 2·2 - 2 = 5,
# as it must be. In letters: `dx[m] = sum over i of dout[i] · w[m - i]`, wherever `m - i`
# is an index of w. The minus sign is the flip.
#
# **How the error reaches w.** w[0] is multiplied with x[0], x[1], x[2] on its way:
#
# ```
# dw[0] = 1·1 + (-2)·2 + 3·0 = -3
# dw[1] = 1·2 + (-2)·0 + 3·3 = 11
# dw[2] = 1·0 + (-2)·3 + 3·2 =  0
# ```
#
# dout slides over x as a filter does, and it is **not** flipped: `dw[j] = sum over i of
# dout[i] · x[i + j]`. The notes say "for both the data and the weights ... with
# spatially-flipped filters". With a layer that does not flip on its way forward, as
# ours, only the data gets the flip.


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
# met there: `+=`, since windows overlap. No flip is to be seen in the second way, it
# happens by itself.
#
# </details>

# %% check="conv1d"
check(conv1d_forward, conv1d_backward)

# %% [markdown]
# The check compared with numbers by hand and with the course's own gradient checker. You
# have an instrument of your own by now. Run it against your backward pass, on numbers
# where no gradient is exactly 0. (Above, dw[2] is: measured it comes out as some 1e-11,
# and between 0 and 1e-11 the relative error is 1.)

# %% tags=["demo", "nbval-check-output"]
x, w = np.sin(np.arange(9.0)), np.cos(np.arange(4.0))
dout = check.upstream((6,))
dx, dw = conv1d_backward(dout, x, w)
numeric_dx = numeric_gradient(lambda x: conv1d_forward(x, w), x, dout)
numeric_dw = numeric_gradient(lambda w: conv1d_forward(x, w), w, dout)
print("relative error of dx below 1e-7:", relative_error(numeric_dx, dx) < 1e-7)
print("relative error of dw below 1e-7:", relative_error(numeric_dw, dw) < 1e-7)

# %% [markdown]
# ### The upstream gradient that hides errors
#
# Many gradient checks take all ones for dout: it is the gradient of `sum(out)`, and it
# saves a line. Take the sentence of the notes at its word and flip for dw as well, that
# is, use `np.convolve(x, dout, "valid")`.
#
# *Predict, then look.* What is the relative error of this wrong dw with all ones, and
# what with 1, -2, 3?

# %% tags=["demo", "nbval-check-output"]
x, w = np.array([1.0, 2.0, 0.0, 3.0, 2.0]), np.array([2.0, 1.0, -1.0])
for dout in (np.ones(3), np.array([1.0, -2.0, 3.0])):
    numeric = numeric_gradient(lambda w: conv1d_forward(x, w), w, dout)
    flipped = np.convolve(x, dout, "valid")
    error = relative_error(numeric, flipped)
    print(f"dout {dout.tolist()}: wrong dw {flipped.tolist()}, ", end="")
    print(f"relative error {error:.2f}: {'passes' if error < 1e-7 else 'caught'}")

# %% [markdown]
# Ones backward are ones: the flip cannot be seen. A wrong gradient passes, and it
# passes on any x. All ones also hide entries of dout that have changed places, and they
# are blind for outputs whose sum is always the same: the probabilities of a classifier
# add up to 1, so that sum has the gradient 0 whatever the layers before it do. Take
# random numbers for dout, as `check.gradient` does when you give it none, and let no
# two entries be alike.

# %% [markdown]
# ## 4. How small a step?
#
# So far h was 1e-5 without a reason. Give the toy a curve, `tanh(conv1d_forward(x, w))`
# (a convolution alone is a straight line in x, and of a straight line any step measures
# the slope), and compare the numeric gradient with yours for steps from 1 down to 1e-13.
# For comparison the figure also has the *forward difference*, (f(x + h) - f(x)) / h.
#
# *Predict, then look.*
# 1. When h becomes 10 times smaller, by what factor does the error of the central
#    difference shrink, and that of the forward difference? (Remember x³ at 2: the error
#    was h².)
# 2. f(x + h) and f(x - h) are rounded to 16 digits. What happens to their difference
#    when h is 1e-13?
# 3. So where is the lowest point?

# %% tags=["demo"]
from course.kit import plot

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
plot.error_against_step(
    steps,
    {"forward difference": forward, "central difference": central},
    default=1e-5,
)
plot.show()

# %% [markdown]
# Read the figure from the right, where the steps are large.
#
# - **The right branch is the curve of f.** Taylor says f(x ± h) = f ± h f' + h²/2 f'' ±
#   h³/6 f''' + ... In the central difference f and f'' cancel, and what is left is h²/6
#   f''': the error falls by 100 when h falls by 10. In the forward difference f'' stays:
#   h/2 f'', by 10 only. (For x³ the third derivative is 6, so the error is h² exactly.)
# - **The left branch is rounding.** float64 knows f(x ± h) up to about eps = 2e-16 times
#   its size. The difference of the two keeps this error while it shrinks itself, and
#   then it is divided by 2h: the error is about eps/h, 10 times larger when h is 10
#   times smaller. It jumps about, since rounding does. Both methods suffer alike.
# - **The best step** is where the branches meet. h² = eps/h gives h = eps^(1/3) = 6e-6
#   for the central difference, with an error below 1e-9. That is why 1e-5 is the
#   default. The forward difference does best at sqrt(eps) = 1e-8, with an error hundreds
#   of times larger. In float32 eps is 1e-7: the central difference does best at about
#   h = 5e-3, with an error near 1e-5. So a check in float32 proves little.
#
# The next cell measures the slopes of the branches: the factor per factor of 10 in h.

# %% tags=["demo"]
for name, errors, near, far in [
    ("central, right branch", central, 1e-1, 1e-3),
    ("forward, right branch", forward, 1e-1, 1e-6),
    ("central, left branch", central, 1e-7, 1e-12),
]:
    there = [np.argmin(np.abs(np.log(steps / h))) for h in (near, far)]
    powers = np.diff(np.log10(errors)[there]) / np.diff(np.log10(steps)[there])
    print(f"{name}: error ~ h^{powers[0]:.2f}")
print(
    f"best central step here: {steps[np.argmin(central)]:.0e}, error {min(central):.0e}"
)

# %% [markdown]
# ## 5. The layer, with plain loops
#
# Back to images. One neuron of the layer takes a patch of x, multiplies it with the
# filter, adds up and adds the bias. Backward, with g for its one entry of dout:
#
# - the patch gets `g * filter`, at its own place in dx;
# - the filter gets `g * patch`, in dw;
# - the bias gets `g`.
#
# All neurons do that, and each **adds** to what is there. Windows overlap, so a pixel
# gets a share from every window that contains it. The filter is shared, so it gets a
# share from every place of every image. By hand, with one channel, stride 1, no padding:
#
# ```
#       1 2 0             1  2               1  0
# x  =  3 1 1        w =  0 -1       dout =  2 -1
#       0 2 1
#
# dx  =  1·[w at the upper left] + 2·[w at the lower left] - 1·[w at the lower right]
#
#       1  2  0     0  0  0     0  0  0       1  2  0
#    =  0 -1  0  +  2  4  0  -  0  1  2   =   2  2 -2
#       0  0  0     0 -2  0     0  0 -1       0 -2  1
#
#           1 2         3 1         1 1        6 3
# dw  =  1· 3 1   +  2· 0 2   -  1· 2 1   =    1 4         db = 1 + 0 + 2 - 1 = 2
# ```
#
# Stride: the window of `dout[n, k, ho, wo]` starts at row `ho * S`, as on the way
# forward. Padding: the windows lie in the *padded* image. So collect the gradient of
# the padded image first, then cut the border off. What flowed into the zeros is lost,
# and rightly so: nobody asked how the loss depends on them.
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
# ### Your instrument agrees, or does it?
#
# The check above used the course's own gradient checker. Now use yours. Put some of the
# classical mistakes into the gradients, and see what relative error they leave.
#
# *Predict, then look.* Which of the wrong gradients below will a tolerance of 1e-7 let
# through?

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
# None of them. Yours are below 1e-7. The classical mistakes are far above 1e-3, and the
# last line, though wrong in a single entry, in the fourth digit behind the point, still
# stands out (a convolution has no kinks that could excuse 1e-6). Between a right gradient and a wrong one lies a wide empty space, and that
# makes the check worth its time.

# %% [markdown]
# ### What dx looks like
#
# In lesson 02 an image with a single dot gave a map with the filter **turned round**.
# Now the other direction: an upstream gradient with a single 1, at place (1, 2) of a
# 3x4 output, stride 2, and the filter with the digits 1 to 9.
#
# *Predict, then look.* Where in the 7x9 image does dx differ from 0? Does the filter
# stand there upright or turned round? What happens where two windows overlap?

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
# shows the filter there, **upright**: it says what this neuron would like to see more
# of. (Turned round once forward, turned back on the way home.) Its neighbour's window
# starts two columns further left, and in the column that they share the shares add up:
# 3 + 1, 6 + 4, 9 + 7. Write `=` instead of `+=` and you would see 1, 4, 7 there.

# %% [markdown]
# ## 6. The layer, as a convolution
#
# The loops are right and slow. In lesson 04 the *forward* pass becomes fast, and it
# would be good if the backward pass were nothing but a forward pass in disguise. In one
# dimension it was. Three things are new.
#
# **Stride.** With S = 2 the output has only every second number of the stride-1 output.
# The others never reached the loss, so their upstream gradient is 0. Put them back: S -
# 1 zeros between the entries of dout. This is called *dilating*.
#
# ```
# dout, S = 2          1 -2  3
# dilated              1  0 -2  0  3             (3 - 1)·2 + 1 = 5 long
# with F - 1 zeros  0  1  0 -2  0  3  0          F = 2
# flipped w = 5 4   ->   5·0 + 4·1 = 4, then 5, -8, -10, 12, 15
# ```
#
# Check: w = 4 5, so output 0 gives 4 and 5 to x[0] and x[1], output 1 gives -8 and -10
# to x[2] and x[3], output 2 gives 12 and 15. In 2-D, rows and columns are dilated and
# padded alike, but with FH - 1 zeros above and below, FW - 1 left and right.
#
# **Padding.** The full convolution gives the gradient of the padded image. Cut P rows
# and columns off at each border. (Where P is at most F - 1 that is the same as using
# F - 1 - P zeros in the first place. Where P is larger, F - 1 - P is negative: cut.)
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
#
# The check sees numbers, and not how you came to them: a function that hands everything
# to `conv_backward_naive` passes. Write the two convolutions all the same: they are the
# sentence of the notes, and the reason why one fast convolution makes training fast.

# %% check="conv_backward_as_convolution"
check(conv_backward_as_convolution)

# %% [markdown]
# ### Same numbers, different work
#
# *Predict, then look.* Both functions give the same gradients. Is the convolution
# faster than the loops at stride 1? And at stride 4?

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
# multiplies the zeros of the dilation: it is several times slower. The value of this
# form is not its speed here. It says that backward needs no machinery of its own:
# whoever can convolve fast can also train fast. In lesson 04 you make the one fast,
# and decide about the other.

# %% [markdown]
# ## 7. Where the check itself breaks
#
# Two kinds of layers still to come have corners: ReLU, max(x, 0), is flat on the left
# and steep on the right, and a maximum changes its mind about who is the largest. At a
# corner, a *kink*, left and right have different slopes.
#
# *Predict, then look.* The slope of ReLU is 0 for negative and 1 for positive x. What
# does the central difference say at exactly 0? And at x = 0.000003, with h = 0.00001?


# %% tags=["demo", "nbval-check-output"]
def relu(x):
    return np.maximum(x, 0)


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
# Far from the kink the measurement is exact. Within h of it the two steps land on
# different sides, and the central difference reports something between the two slopes:
# a blend that is the slope of nothing. Exactly at 0 it says 1/2 for every h, however
# small. In a tie of the maximum each of the two gets 1/2, while a backward pass sends
# the whole gradient to one of them (lesson 05 says to which).
#
# How often does it happen? A layer of 100,000 ReLUs whose inputs spread like a standard
# normal distribution has about 0.4 of them per unit of x around 0, so within h = 1e-5
# on either side:

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

# %% tags=["demo", "nbval-check-output"]
try:
    check.gradient(
        "ReLU at 0", np.array([1.0, 1.0]), relu, np.array([0.5, 0.0]), np.ones(2)
    )
except check.CheckFailed as problem:
    print(problem)

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

# %% [markdown]
# ## 8. Build the module
#
# | you built | used again in |
# |---|---|
# | `numeric_gradient`, `relative_error` | every lesson that has a backward pass, up to the whole network in lesson 06 |
# | `conv1d_forward`, `conv1d_backward` | here; the derivation that fits on a page |
# | `conv_backward_naive` | lesson 04: the fast one must give the same numbers |
# | `conv_backward_as_convolution` | lesson 08, where convolutions are dilated on purpose |
#
# Still missing: speed (lesson 04), pooling and its switches (lesson 05), and the layers
# that turn gradients into learning (lesson 06). The next cell writes
# `course/gradients.py` from your functions and lists what is not there yet.

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
