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
# # Volumes: how big is the output, and how many numbers must be learned?
#
# In 2012 the ImageNet contest in naming photographs was won by seven networks of one
# kind, averaged: with five guesses for each photograph they were wrong on 15.3 % of them,
# the runner-up on 26.2 %. The kind is called AlexNet now, and the course will come back to
# it. Its first layer turns 154,587 numbers into 290,400. Wired in the plain way, with a weight from every
# input to every output, that one layer would have to learn 44.9 billion numbers. It
# learned 34,944. Counts like these take a pencil and no training. They answer two
# questions about any layer: **how big is the output, and how many numbers must be
# learned?**

# %% tags=["demo", "nbval-check-output"]
pixels, answers = 227 * 227 * 3, 55 * 55 * 96
print(f"into AlexNet's first layer: {pixels:,} numbers, out of it: {answers:,}")
print(f"every input to every output: {answers * (pixels + 1):14,} numbers to learn")
print(f"the layer as it was built:   {96 * (11 * 11 * 3 + 1):14,}")

# %% [markdown]
# Here is the whole trick in small: seven numbers go in, five come out, and every line is
# a weight that must be learned. Look at few inputs instead of all of them, then use the
# same few weights everywhere. Lines of one colour are one weight.

# %% tags=["demo"]
from course.kit import plot
from course.kit.data import photograph
from course.kit.predict import predict

plot.wirings()
plot.show()

# %% [markdown]
# In this lesson you write eleven small functions that count both, first for one row of
# pixels, then for a layer, then for a whole network. At the end you feed them AlexNet
# from its first layer to its last. They become the module `course.geometry`, on which
# the later lessons build. A setting that cannot work is refused there, with an error
# that says what would work. Plan about 90 minutes. You need Python functions, numpy's
# square brackets, and no mathematics beyond + − × and ÷.
#
# **How a lesson works.** A cell that says *yours to write* is a task. Write your lines,
# run the cell, then run the check below it. A failed check names the case, what came
# out and what was wanted; often it also names the mistake. You can see
# all cases of the check here: `check.cases(output_size)` in a new cell lists them as
# calls, and `check.example("output_size", 2)` gives you one of them to play with. Grading
# adds more of the same kind. Still stuck?
# Unfold the hint under the task. Now and then a box asks for your guess before you see
# a result: nobody counts the guesses, and one that you have made is the best way to
# notice a surprise. (The cell of such a question is folded; run it like any other.) There
# are seven checks and one written question, a point each.
#
# One letter has one meaning in all lessons. In code it has a name:
#
# | letter | in code | meaning |
# |---|---|---|
# | C, H, W | `channels`, `size` along one axis | channels, height and width of what goes into a layer |
# | K | `filters` | number of filters |
# | F | `filter_size` | width and height of a filter, in pixels |
# | S | `stride` | how many pixels the filter moves in one step |
# | P | `padding` | how many zeros are put on every border |
# | HO, WO | `out_height`, `out_width` | height and width of what comes out |
#
# F, S, P and K are chosen by a person, not learned. The literature calls such numbers
# *hyperparameters*.

# %% [markdown]
# ## Draw a digit
#
# Before anything is explained: draw a digit, and a network of 6,090 learned numbers reads
# it. It is made of the layers that this course builds; lesson by lesson your own functions
# take their place, and in lesson 06 the whole network is yours.

# %% tags=["demo"]
from course.kit.draw import draw_digit

draw_digit()

# %%
import numpy as np

from course.kit import check
from course.kit.validation import (
    require_counts,
    require_layers,
    require_window,
    suggest_sizes,
)

# %% [markdown]
# ## 1. A picture is a block of numbers
#
# A colour picture holds three numbers for each pixel: how much red, green and blue. This
# photograph (by vultilion, CC BY 2.0) is 160 pixels wide and 106 high, so it is a block
# of numbers 160 wide, 106 high and 3 deep. The other pictures are its three layers, from
# black (0) to white (1). The flower is orange: bright in red, dark in blue.

# %% tags=["demo"]
flower = photograph("flower", shrink=4)
whole, red = plot.new_row(2, height=2.8)
green, blue = plot.new_row(2, height=2.8)
plot.picture(flower, f"{flower.size:,} numbers", ax=whole)
for ax, channel, name in zip((red, green, blue), flower, ("red", "green", "blue")):
    plot.picture(channel[np.newaxis], name, ax=ax)
plot.show()

# %% [markdown]
# Such a block is called a **volume**, and its third direction is its **depth**. The
# classic lecture notes write one number of it as `X[x, y, d]`: x counts to the right, y
# counts down, d counts the channels. (An array of numbers with any number of axes is
# also called a *tensor*; a volume is one with three.)
#
# Here is a small volume, 5 wide, 4 high and 3 deep. Each number tells where it is:
# 100 times x, plus 10 times y, plus d. At x = 3, y = 1, d = 2 you find
# 100·3 + 10·1 + 2 = 312.

# %% tags=["demo", "nbval-check-output"]
X = np.array(
    [[[100 * x + 10 * y + d for d in range(3)] for y in range(4)] for x in range(5)]
)
print("shape of X:", X.shape)
print("the number at x = 3, y = 1, d = 2:", X[3, 1, 2])

# %% [markdown]
# Two parts of a volume have names of their own.
#
# - A **depth column** (also *fibre*) is everything at one place: all
#   channels of one pixel.
# - A **depth slice** is one channel of everything: a flat picture, as wide and as high
#   as the volume.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "Which number of the depth column at x = 1, y = 3 lies in the depth slice d = 2?",
    int(X[1, 3, 2]),
    because="100·1 + 10·3 + 2: a column and a slice share one number",
)

# %% tags=["demo"]
plot.depth_parts(X, column=(1, 3), depth=2)
plot.show()

# %% [markdown]
# The blue column has one number from each card. The yellow slice is one whole card, and
# every number on it ends in 2.
#
# ### Task: depth column and depth slice
#
# A colon in place of an index means *all of them*. `X[:, 0, 0]` is the top row of the
# first card: 0, 100, 200, 300, 400. Where does the colon go for a column? Where do the
# colons go for a slice?


# %% task="depth_column"
def depth_column(X, x, y):
    """All channels at one place of a volume: an array of shape (C,).

    X has shape (W, H, C), the layout X[x, y, d] of the lecture notes. x counts pixels to
    the right and y counts pixels down, both from 0.
    """
    ### BEGIN SOLUTION hint: Fix x and y, and let d run over everything.
    return X[x, y, :]
    ### END SOLUTION


# %% task="depth_slice"
def depth_slice(X, d):
    """One channel of a whole volume: an array of shape (W, H).

    X has shape (W, H, C), the layout X[x, y, d] of the lecture notes. d counts channels
    from 0.
    """
    ### BEGIN SOLUTION hint: Fix d, and let x and y run over everything.
    return X[:, :, d]
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# An index picks one position of its axis, and the axis is gone. A colon keeps its axis.
# A column keeps one axis of three, a slice keeps two.
#
# </details>

# %% check="depth"
check(depth_column, depth_slice)

# %% [markdown]
# ### Why code puts the channels first
#
# From here on a volume has the shape `(C, H, W)`, and a batch of N pictures has the
# shape `(N, C, H, W)`. Nothing happens to the numbers; the axes trade places. There are
# two reasons.
#
# - The last axis of a numpy array lies side by side in memory. In `(C, H, W)` a row of
#   pixels is one piece of memory, and so is a whole depth slice. A filter that slides
#   over a slice reads its neighbours, and neighbours are close.
# - Most code of a layer says *for every picture, for every channel, do this with a flat
#   picture*. With `(N, C, H, W)` the flat picture is `batch[n, c]`, and what slides over
#   it works on the last two axes, however many axes come before them.
#
# Note the order of the last two: the height comes first, because a flat picture is
# stored row by row. The pixel `X[x, y, d]` of the notes is `image[d, y, x]` in code.
#
# `transpose` alone renames the axes and leaves every number where it lies in memory.
# `np.ascontiguousarray` moves them. The cell below asks both arrays how far apart two
# neighbours of a row lie.

# %% tags=["demo", "nbval-check-output"]
renamed = X.transpose(2, 1, 0)
image = np.ascontiguousarray(renamed)
print("notes layout (W, H, C):", X.shape, "  code layout (C, H, W):", image.shape)
print("depth column at x = 3, y = 1:", [int(number) for number in image[:, 1, 3]])
for name, array in (("transposed only", renamed), ("moved in memory", image)):
    steps = array.strides[-1] // array.itemsize
    print(f"{name}: the next pixel of a row is {steps} further on in memory")

# %% [markdown]
# ## 2. How far can the filter slide?
#
# Width and height follow the same rule, so take one row of pixels first. A filter of
# width 3 on a row of 7 pixels can start at pixel 0, 1, 2, 3 or 4: five places. If it
# moves 2 pixels in each step, it starts at 0, 2 or 4: three places.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "A filter of 3 on a row of 7 pixels, 3 pixels in each step: how many places?",
    "it does not fit",
    choices=["1", "2", "3", "it does not fit"],
    because="after two places one pixel is left over",
)

# %% tags=["demo"]
for stride, ax in zip((1, 2, 3), plot.new_column([1.9, 1.5, 1.5]), strict=True):
    plot.sliding_filter(7, 3, stride, ax=ax)
plot.show()

# %% [markdown]
# With stride 3 the filter is placed at 0 and at 3. Its next place would reach beyond the
# row, and pixel 6 is never seen. The setting does not fit.
#
# Now count without a picture. The filter covers F pixels, so it has room to move by
# $W - F$ pixels: 7 − 3 = 4. With a stride of S pixels that is $(W - F)/S$ steps. It stands
# at its first place before the first step, so there is one more place than there are steps.
#
# | stride | steps | places |
# |---|---|---|
# | 1 | 4 / 1 = 4 | 4 + 1 = 5 |
# | 2 | 4 / 2 = 2 | 2 + 1 = 3 |
# | 3 | 4 / 3 = 1.33 | does not fit |
#
# **Padding** puts P zeros on both borders. The row grows by 2P, and so does the room.
# A row of 5 pixels with one zero on each border, under a filter of 3, leaves
# 5 − 3 + 2·1 = 4 pixels of room. With stride 1 that gives 4 / 1 + 1 = 5 places, as many as
# there are pixels. With stride 2 there are three, and stride 3 does not fit: the room is 4.

# %% tags=["demo"]
for stride, ax in zip((1, 2, 3), plot.new_column([1.9, 1.5, 1.5]), strict=True):
    plot.sliding_filter(5, 3, stride, padding=1, ax=ax)
plot.show()

# %% [markdown]
# ### Task: output size
#
# In letters, the number of places along one axis is
#
# $$\frac{W - F + 2P}{S} + 1$$
#
# and the setting fits when the room, $W - F + 2P$, is a multiple of $S$ and not negative.
# When it does not fit, your function raises a `ValueError`. It never rounds: nobody notices
# when a network silently ignores its last pixels.
#
# Two things are given in the tasks of this lesson. The first line, `require_...`,
# refuses values that make no sense, such as a stride of 0 or a filter that is larger
# than the padded row. And `suggest_sizes(size, filter_size, stride, padding)` returns the
# sentence for your error: it names the values, and the nearest strides and paddings that
# would fit.


# %% task="output_size"
def output_size(size, filter_size, stride=1, padding=0):
    """Places that a filter takes along one axis: (size - filter_size + 2 padding) / stride + 1.

    All four are whole numbers of pixels: `size` the length of the axis, `filter_size` the
    length of the filter, `stride` how far it moves in one step, `padding` the zeros on
    each of the two borders. Returns an int.

    Raises ValueError when size - filter_size + 2 padding is negative or no multiple of
    stride. The message names all four values; the one that `suggest_sizes` writes also names
    the nearest strides and paddings that would fit.
    """
    require_window(size, filter_size, stride, padding)
    ### BEGIN SOLUTION hint: Count the steps that the filter can make, then its places.
    room = size - filter_size + 2 * padding
    if room % stride != 0:
        raise ValueError(suggest_sizes(size, filter_size, stride, padding))
    return room // stride + 1
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Compute the room first. `%` tells what is left over when it is cut into steps: 0 when it
# fits. `//` divides whole numbers and gives an int, `/` gives a float. An error is raised
# with `raise ValueError("...")`.
#
# </details>

# %% check="output_size"
check(output_size)
assert output_size(7, 3) == 5
assert output_size(7, 3, stride=2) == 3

# %% [markdown]
# The notes and slides that this course grew from compute a dozen output sizes. Here they
# are from your function, the impossible ones too.

# %% tags=["demo", "nbval-check-output"]
for setting in [
    (7, 3, 1, 0),
    (7, 3, 2, 0),
    (7, 3, 3, 0),
    (32, 5, 1, 0),
    (32, 5, 2, 0),
    (32, 5, 3, 0),
    (5, 3, 1, 1),
    (5, 3, 2, 1),
    (9, 3, 1, 1),
    (10, 3, 2, 0),
    (227, 11, 4, 0),
    (224, 11, 4, 0),
]:
    try:
        result = output_size(*setting)
    except ValueError:
        result = "does not fit"
    print("W = {:3}, F = {:2}, S = {}, P = {}:".format(*setting), result)

# %% [markdown]
# And this is the message for someone who tries one that does not fit.

# %% tags=["demo", "nbval-check-output"]
try:
    output_size(10, 3, stride=2)
except ValueError as error:
    print(error)

# %% [markdown]
# ### From one axis to a volume
#
# A filter of 5 by 5 slides across and down. Across it has WO places, down it has HO
# places, and every place across goes with every place down: HO·WO places in all. At each
# of them the filter gives one number. So one filter turns a volume into one flat picture
# of HO by WO, called an **activation map** (also *feature map*).
#
# A layer has K filters. Their maps are stacked in depth, and the output is a
# volume again: K deep, HO high, WO wide. K comes out of no formula, it is your choice.
# And height and width are two questions: a picture 20 high and 32 wide has HO = 16 and
# WO = 28 under a filter of 5.

# %% tags=["demo", "nbval-check-output"]
HO, WO = output_size(20, 5), output_size(32, 5)
print("20 x 32 pixels, 6 filters of 5 x 5: (K, HO, WO) =", (6, HO, WO))

side = output_size(227, 11, stride=4)
print(f"227 x 227 pixels, 96 filters of 11 x 11, stride 4: {side} x {side} x 96")
print("numbers in that output:", f"{side * side * 96:,}")

# %% [markdown]
# The second one is the first layer of AlexNet. Each of its 290,400 outputs is called a
# **neuron**, and the window of the input that it sees is its *receptive field*, here 11
# by 11 pixels.
#
# ### Which settings fit?
#
# One set of notes lists "F = 5, S = 2, P = ?" among the common settings and leaves
# the question mark open.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "A filter of 5 at stride 2 on 32 pixels: which padding makes it fit?",
    "none of them",
    choices=["1", "2", "3", "none of them"],
    because="the room is 27 + 2P, odd whatever P is",
)

# %% tags=["demo"]
left, right = plot.new_row(2, height=2.4)
plot.fit_grid(output_size, 7, 3, strides=range(1, 7), paddings=range(4), ax=left)
plot.fit_grid(output_size, 32, 5, strides=range(1, 7), paddings=range(4), ax=right)
plot.show()

# %% [markdown]
# Each cell is your `output_size`: the number of places, or a cross where it refuses. On 7
# pixels under a filter of 3 (left) strides 1 and 2 fit for every padding, since
# 7 − 3 + 2P is even for every P. On 32 pixels under a filter of 5 (right) the column of
# stride 2 has nothing but crosses. The room is 27 + 2P, an odd number whatever P is. The
# same goes for every even size under a filter of 5. Fitting is not luck, it is planned;
# lesson 06 has the rules that people plan by.
#
# ## 3. A printed formula that is wrong
#
# One of the documents behind this course prints the output size as
#
# $$\frac{W - F + 2P}{S + 1}$$
#
# The + 1 has slipped into the denominator. One case is enough to prove a formula wrong.
#
# ### Task: a counterexample
#
# Find a setting that fits, and for which the printed formula gives another number or no
# whole number. Work it out on paper first, both ways, then return your four numbers.


# %% task="misprint_counterexample"
def misprint_counterexample():
    """A setting that proves (W - F + 2P) / (S + 1) wrong: (size, filter_size, stride, padding).

    Four whole numbers. The setting fits: size - filter_size + 2 padding is a multiple of
    stride and not negative. The printed formula gives another number of places, or no
    whole number.
    """
    ### BEGIN SOLUTION hint: Take a setting whose places you have counted in a picture.
    return 7, 3, 1, 0
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Section 2 has a table of settings that fit, with the places counted. Put one of them
# into the printed formula. The order is size, filter_size, stride, padding.
#
# </details>

# %% check="misprint"
check(misprint_counterexample)

# %% [markdown]
# Is there any setting that fits and for which the printed formula is right? Think, then
# unfold.
#
# <details><summary>Answer</summary>
#
# No. Call the room $A$, so that the right formula is $A/S + 1$ and the printed one is
# $A/(S + 1)$. Since $S$ is the smaller divisor, $A/S \ge A/(S + 1)$, and the right formula
# adds 1 to the larger of the two. So the printed formula always gives too little, and
# every setting that fits is a counterexample.
#
# </details>

# %% [markdown]
# ## 4. When it does not fit
#
# Ten pixels, a filter of 3, stride 2. The room is 10 - 3 = 7 pixels. Three steps of 2 use
# 6 of them, and 1 is left over: 7 = 3·2 + 1. There are three answers to that.
#
# - **Refuse.** Raise an error and let a person decide. That is what `output_size` does.
# - **Crop.** Drop the 1 pixel at the far border. 9 pixels are left: 6 / 2 + 1 = 4 places.
# - **Pad.** Add zeros at the far border until the next step fits. 2 - 1 = 1 zero makes
#   11 pixels: 8 / 2 + 1 = 5 places.
#
# PyTorch crops without a word: the formula in its manual rounds the division down. The
# numbers that come out are right for the pixels that were seen, and nothing says that
# some were not. The figure shows which pixels the filter sees in each case.

# %% tags=["demo"]
refused, cropped, padded = plot.new_column([1.9, 1.7, 1.9])
plot.sliding_filter(10, 3, stride=2, ax=refused)
plot.sliding_filter(10, 3, stride=2, crop=1, ax=cropped)
plot.sliding_filter(10, 3, stride=2, extra=1, ax=padded)
plot.show()

# %% [markdown]
# ### Task: crop and pad
#
# How many pixels have to be dropped, how many zeros have to be added? Both are 0 when the
# setting fits already, and both change the far border only.


# %% task="crop_to_fit"
def crop_to_fit(size, filter_size, stride=1, padding=0):
    """Pixels to drop at the far border so that the filter fits: the fewest, 0 if it fits.

    The arguments are those of output_size. Returns an int from 0 to stride - 1. A filter
    that is larger than the padded row is refused by the given line, with a ValueError.
    """
    require_window(size, filter_size, stride, padding)
    ### BEGIN SOLUTION hint: What is left over when the room is cut into steps?
    return (size - filter_size + 2 * padding) % stride
    ### END SOLUTION


# %% task="pad_to_fit"
def pad_to_fit(size, filter_size, stride=1, padding=0):
    """Zeros to add at the far border so that the filter fits: the fewest, 0 if it fits.

    The arguments are those of output_size. The zeros come on top of the padding and are
    not part of it. Returns an int from 0 to stride - 1. A filter that is larger than the
    padded row is refused by the given line, with a ValueError.
    """
    require_window(size, filter_size, stride, padding)
    ### BEGIN SOLUTION hint: How much is missing to the next full step?
    return -(size - filter_size + 2 * padding) % stride
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Cropping removes what is left over. Padding adds what is missing to one more step. If
# something is left over, the two together are one stride. If nothing is left over, both
# are 0: take care that padding does not give a whole stride then.
#
# </details>

# %% check="fit"
check(crop_to_fit, pad_to_fit)

# %% [markdown]
# ### The mystery of the 224 pixels
#
# The AlexNet paper says that its pictures are 224 by 224. The first layer has filters of
# 11 by 11 and stride 4. Without padding, (224 − 11) / 4 + 1 = 54.25: that cannot be. Could
# there have been a padding that the paper does not mention? 224 − 11 = 213, so it would
# have to make 213 + 2P a multiple of 4. Let the computer try a hundred of them.

# %% tags=["demo", "nbval-check-output"]
fitting = []
for padding in range(100):
    try:
        output_size(224, 11, stride=4, padding=padding)
        fitting.append(padding)
    except ValueError:
        continue
print("paddings from 0 to 99 that fit:", fitting)

dropped = crop_to_fit(224, 11, stride=4)
added = pad_to_fit(224, 11, stride=4)
for change, pixels in (
    (f"drop {dropped}", 224 - dropped),
    (f"add {added}", 224 + added),
):
    print(f"{change}: {pixels} pixels, {output_size(pixels, 11, stride=4)} places")

# %% [markdown]
# No padding that is the same on both borders fits: 213 + 2P is odd. But three zeros
# *in total* make 227 pixels, and 227 pixels give 55 places, the number that the paper
# draws into its own picture of the network. The best guess in the lecture notes is just
# that: three pixels of padding which the paper does not mention. That is why the notes,
# and section 2, say 227.
#
# ## 5. Padding that keeps the size
#
# A picture of 9 by 9 under a filter of 3 by 3, stride 1, no padding, becomes 7 by 7. The
# next such layer makes 5 by 5 of it. With one zero on each border, 9 stays 9:
# (9 − 3 + 2·1) / 1 + 1 = 9.
#
# Which P keeps the size for other filters? At stride 1 the output has $W - F + 2P + 1$
# pixels. That is $W$ when
#
# $$P = \frac{F - 1}{2}$$
#
# A filter of 5 needs 2P = 4, two zeros on each border. A filter of 4 would need 2P = 3, one
# and a half on each: an even filter has no middle pixel, and no padding that is the same
# on both borders keeps the size. (One zero on the left and two on the right would:
# TensorFlow does that when asked for `SAME`. This course does not.)
#
# This is called *same* padding. Without any padding one speaks of a *valid* convolution.
#
# ### Task: same padding


# %% task="same_padding"
def same_padding(filter_size):
    """Zeros on each border that keep the size at stride 1: (filter_size - 1) / 2.

    `filter_size` is a whole number of pixels. Returns an int.

    Raises ValueError when filter_size is even: no padding is the same on both borders.
    """
    require_counts(filter_size=filter_size)
    ### BEGIN SOLUTION hint: Half of what the filter takes away; an even filter is refused.
    if filter_size % 2 == 0:
        raise ValueError(
            f"a filter of {filter_size} is even: no padding that is the same on both "
            "borders keeps the size. "
            f"Filters of {filter_size - 1} and {filter_size + 1} have one"
        )
    return filter_size // 2
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Without padding a filter of F takes F − 1 pixels away. Padding gives back 2P. First ask
# whether F − 1 can be shared equally between two borders.
#
# </details>

# %% check="same_padding"
check(same_padding)

# %% [markdown]
# How much does it matter? A picture is 32 pixels wide, and layers follow one another
# until the filter is larger than what is left.

# %% tags=["demo"]
widths = {}
for filter_size, padding in ((3, 0), (5, 0), (3, same_padding(3))):
    row = [32]
    while row[-1] + 2 * padding >= filter_size and len(row) <= 16:
        row.append(output_size(row[-1], filter_size, padding=padding))
    widths[f"F = {filter_size}, P = {padding}"] = row

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "How many layers with a filter of 5 can a width of 32 pass without padding?",
    len(widths["F = 5, P = 0"]) - 1,
    because="each takes 4 pixels, until fewer than 5 are left",
)

# %% tags=["demo", "nbval-check-output"]
for name, row in widths.items():
    print(f"{name}: after {len(row) - 1:2} layers {row[-1]:2} pixels are left")

# %% tags=["demo"]
plot.shrinking(widths)
plot.show()

# %% [markdown]
# Each layer with F = 3 and no padding takes 2 pixels, so a sixteenth has no room; F = 5
# is used up in half the time. With same padding the width stays 32, here for the 16
# layers of the figure, and for as many as you like. The slides behind this course say
# that it also "works better", since information at the border does not wash away. Lesson
# 02 counts how often a border pixel is read.
#
# ## 6. How many numbers must be learned?
#
# A neuron computes a weighted sum of the numbers that it sees, and adds one number more,
# its **bias**. The weights and the bias are what is learned: the **parameters**.
#
# **One neuron that sees everything** has as many weights as the picture has numbers.
# For 32 by 32 by 3 that is 32·32·3 = 3072. For a picture of 200 by 200 by 3 it is
# 200·200·3 = 120,000, and one neuron is not enough.
#
# **One neuron that sees a small window** through the full depth has far fewer. A window
# of 5 by 5 in a picture of depth 3 has 5·5·3 = 75 weights, and 1 bias. A window of 3 by 3
# in a volume of depth 20 has 3·3·20 = 180 weights. The window is small across and down,
# never in depth.
#
# Now take a whole layer. A volume 6 high, 7 wide and 2 deep goes in: 6·7·2 = 84 numbers.
# Two filters of 3 by 3 make an output 4 high, 5 wide and 2 deep: 40 numbers. There are
# three ways to get from the 84 to the 40.
#
# | layer | what is learned | in letters | here |
# |---|---|---|---|
# | dense | each output has a weight for every input, and a bias | $\text{outputs} \cdot (\text{inputs} + 1)$ | 40·(84 + 1) = 3400 |
# | unshared | each output has a window of weights of its own, and a bias | $\text{HO} \cdot \text{WO} \cdot K\,(F^2 C + 1)$ | 4·5·2·(3·3·2 + 1) = 760 |
# | shared | the outputs of one map use the same window and the same bias | $K\,(F^2 C + 1)$ | 2·(3·3·2 + 1) = 38 |
#
# These are the three drawings at the top of the page. The third one is the convolutional
# layer. Its idea, *parameter sharing*: a feature that is worth looking for at one place
# is worth looking for at every place. The window with its weights is called a *filter* or
# a *kernel*. Fewer parameters are not only less memory. A network with more numbers to
# adjust than examples to learn from can learn the examples by heart, and be wrong about
# everything else: that is *overfitting*, and lesson 06 comes back to it.
#
# ### Task: count the parameters


# %% task="conv_parameters"
def conv_parameters(channels, filters, filter_size, bias=True):
    """Numbers that a convolutional layer learns: its weights and one bias per filter.

    Each of the `filters` is filter_size by filter_size pixels, and as deep as the input,
    `channels`. Without `bias` only the weights are counted. Returns an int.
    """
    require_counts(channels=channels, filters=filters, filter_size=filter_size)
    ### BEGIN SOLUTION hint: Count one filter, its bias included; then there are several.
    per_filter = filter_size * filter_size * channels + (1 if bias else 0)
    return filters * per_filter
    ### END SOLUTION


# %% task="dense_parameters"
def dense_parameters(inputs, outputs, bias=True):
    """Numbers that a dense layer learns: a weight per input and output, a bias per output.

    `inputs` and `outputs` are counts of numbers. Without `bias` only the weights are
    counted. Returns an int.
    """
    require_counts(inputs=inputs, outputs=outputs)
    ### BEGIN SOLUTION hint: Count one output, its bias included; then there are several.
    return outputs * (inputs + (1 if bias else 0))
    ### END SOLUTION


# %% task="unshared_parameters"
def unshared_parameters(
    channels, filters, filter_size, out_height, out_width, bias=True
):
    """Numbers that a layer learns whose windows share nothing: each output has its own.

    As in conv_parameters, but the output has out_height by out_width places, and at
    every place each filter has weights of its own and, with `bias`, a bias of its own.
    Returns an int.
    """
    require_counts(out_height=out_height, out_width=out_width)
    ### BEGIN SOLUTION hint: A convolutional layer of its own at every place.
    places = out_height * out_width
    return places * conv_parameters(channels, filters, filter_size, bias)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Write out one neuron first: its weights, plus 1 if it has a bias. Then ask how many
# neurons have numbers of their own. Shared: one for each filter. Unshared: one for each
# place of each filter. Mind that Python reads `a + b if bias else 0` as
# `(a + b) if bias else 0`: without a bias all of it is 0.
#
# </details>

# %% check="parameters"
check(conv_parameters, dense_parameters, unshared_parameters)
# 10 filters of 3·3·3 weights and a bias
assert conv_parameters(3, 10, 3) == 10 * (27 + 1)

# %% [markdown]
# The small layer from above, and the neurons before it, counted by your functions:

# %% tags=["demo", "nbval-check-output"]
print("sees everything, 32 x 32 x 3:", dense_parameters(32 * 32 * 3, 1, bias=False))
print("sees everything, 200 x 200 x 3:", dense_parameters(200 * 200 * 3, 1, bias=False))
print("sees 5 x 5 x 3:", conv_parameters(3, 1, 5, bias=False), "and a bias")
print("sees 3 x 3 x 20:", conv_parameters(20, 1, 3, bias=False), "and a bias")
print("dense:", dense_parameters(84, 40))
print("unshared:", unshared_parameters(2, 2, 3, 4, 5))
print("shared:", conv_parameters(2, 2, 3))

# %% [markdown]
# AlexNet's first layer once more: 227 by 227 by 3 goes in, 96 filters of 11 by 11 with
# stride 4, so 55·55·96 = 290,400 neurons come out. Each has 11·11·3 = 363 weights and 1
# bias.
#
# - Unshared: 290,400 · 364 = 105,705,600 parameters.
# - Shared: 96 · 363 = 34,848 weights and 96 biases, 34,944 parameters.

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "From dense to unshared, and from unshared to shared: which step saves the larger factor?",
    "sharing the weights",
    choices=["looking through a small window", "sharing the weights"],
    because="about 425 against 3025",
)

# %% tags=["demo", "nbval-check-output"]
inputs, outputs = 227 * 227 * 3, 55 * 55 * 96
counts = {
    "dense": dense_parameters(inputs, outputs),
    "unshared": unshared_parameters(3, 96, 11, 55, 55),
    "shared (conv)": conv_parameters(3, 96, 11),
}
for name, count in counts.items():
    print(f"{name:13} {count:14,}")
print("window saves a factor of", round(counts["dense"] / counts["unshared"]))
print("sharing saves a factor of", round(counts["unshared"] / counts["shared (conv)"]))

# %% tags=["demo"]
plot.parameter_bars(counts)
plot.show()

# %% [markdown]
# The axis is logarithmic: every factor of 10 takes the same length. The window saves a
# factor of 425, sharing one of 3025. The second is no accident: 3025 = 55·55 is the
# number of places that share one filter.
#
# ## 7. Trace a network
#
# A network is a list of layers, and what comes out of one goes into the next. Four kinds
# are enough here.
#
# | layer | what comes out | what is learned |
# |---|---|---|
# | conv | K deep; height and width by `output_size` | `conv_parameters` |
# | relu | the same shape: it replaces negative numbers by 0, one by one | nothing |
# | pool | the same depth; height and width by `output_size`, without padding | nothing |
# | fc | its outputs, written as a volume 1 wide and 1 high | `dense_parameters`, every number that goes in is an input |
#
# *pool* keeps the largest number of each window of each slice; *fc* is short for fully
# connected, another name for dense. We write a network down as a list of dicts:

# %% tags=["demo"]
slide_network = [
    {"type": "conv", "filters": 10, "size": 3, "stride": 1, "padding": 1},
    {"type": "relu"},
    {"type": "conv", "filters": 10, "size": 3, "stride": 1, "padding": 1},
    {"type": "relu"},
    {"type": "pool", "size": 2, "stride": 2},
]

# %% [markdown]
# This is the example network of a well-known slide. Follow a picture of (3, 32, 32)
# through it by hand.
#
# - First conv: (32 − 3 + 2·1) / 1 + 1 = 32, so (10, 32, 32). Parameters:
#   (3·3·3)·10 + 10 = 280.
# - Second conv: its input is 10 deep now, so (3·3·10)·10 + 10 = 910.
# - Pool: (32 − 2) / 2 + 1 = 16, so (10, 16, 16), and nothing to learn.
#
# ### Task: trace the shapes
#
# Keep the current shape in three variables, let each layer change them, and write one row
# per layer. Count the parameters of a layer from the shape that goes *in*.


# %% task="trace_shapes"
def trace_shapes(input_shape, layers):
    """Follow one picture through a network: a list of (name, shape, parameters), a row per layer.

    `input_shape` is (C, H, W). `layers` is a list of dicts, in the order of the network:

        {"type": "conv", "filters": K, "size": F, "stride": S, "padding": P}
        {"type": "relu"}
        {"type": "pool", "size": F, "stride": S}
        {"type": "fc", "outputs": K}

    Left out, a conv's stride is 1 and its padding 0, a pool's size is 2 and its stride 2.
    Any layer may also have a "name".

    In a row, `name` is the layer's name, or its type where it has none; `shape` is the
    tuple (C, H, W) that comes out of the layer, (K, 1, 1) for fc; `parameters` is how many
    numbers it learns, biases included, 0 for relu and pool. The input gets no row. The
    dicts are not changed.

    Raises ValueError for an unknown type, and where a window does not fit. The given line
    refuses missing and unknown keys too.
    """
    require_layers(layers)
    ### BEGIN SOLUTION hint: Keep C, H and W in variables, and let each type of layer change them.
    C, H, W = input_shape
    rows = []
    for layer in layers:
        kind, parameters = layer["type"], 0
        if kind == "conv":
            K, F = layer["filters"], layer["size"]
            S, P = layer.get("stride", 1), layer.get("padding", 0)
            parameters = conv_parameters(C, K, F)
            C, H, W = K, output_size(H, F, S, P), output_size(W, F, S, P)
        elif kind == "pool":
            F, S = layer.get("size", 2), layer.get("stride", 2)
            H, W = output_size(H, F, S), output_size(W, F, S)
        elif kind == "fc":
            parameters = dense_parameters(C * H * W, layer["outputs"])
            C, H, W = layer["outputs"], 1, 1
        rows.append((layer.get("name", kind), (C, H, W), parameters))
    return rows
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>
#
# Begin with `C, H, W = input_shape` and an empty list. Write a loop that handles relu
# only, and run the check: its message tells how far you are. Then add one type after the
# other with `if` and `elif`. `layer.get("stride", 1)` reads a key, or takes 1 where it is
# missing. Height and width need a call of `output_size` each.
#
# </details>


# %% check="trace"
check(trace_shapes)

# %% [markdown]
# Put an fc layer with 10 outputs at the end, one for each of ten classes, and look at
# the whole.

# %% tags=["demo"]
rows = trace_shapes((3, 32, 32), [*slide_network, {"type": "fc", "outputs": 10}])

# %% tags=["demo"] jupyter={"source_hidden": true}
predict(
    "Which layer has the most to learn?",
    max(rows, key=lambda row: row[2])[0],
    choices=["conv", "relu", "pool", "fc"],
    because="it shares nothing: a weight from every input to every output",
)

# %% tags=["demo", "nbval-check-output"]
print(f"{'input':6} (3, 32, 32)")
for name, shape, parameters in rows:
    print(f"{name:6} {shape!s:13} {parameters:6,}")
print("to learn in all:", f"{sum(parameters for _, _, parameters in rows):,}")

# %% tags=["demo"]
shapes = [(3, 32, 32)] + [shape for name, shape, _ in rows if name != "relu"]
names = ["input"] + [name for name, _, _ in rows if name != "relu"]
plot.volumes(shapes, names)
plot.trace_bars((3, 32, 32), rows)
plot.show()

# %% [markdown]
# And a network to change. The figure calls your `trace_shapes`: make the image larger, the
# filters fewer, the stride 2. What moves the numbers that flow, and what the numbers that
# are learned? (Where a layer does not fit, your own ValueError says so.)

# %% tags=["demo"]
from course.kit import explore

explore.shapes(trace_shapes)

# %% [markdown]
# The two convolutional layers put out 10,240 numbers each and learn 280 + 910 = 1,190
# together. The one fc layer puts out 10 and learns 25,610. In this network the numbers
# that flow sit at the beginning, and the parameters at the end.
#
# ## 8. A slide under the magnifying glass
#
# One slide deck shows this layer twice: input [32x32x3], 30 filters of 5 by 5, stride 1.
# On one slide the padding is 1, on the next it is 2. Both slides say that the output is
# [32x32x30], which is 30720 neurons. And both say that without sharing the layer has
# 30720 x 75, about 3 million, weights. With sharing it has 30·75 = 2250. Here are your
# own numbers.

# %% tags=["demo", "nbval-check-output"]
for padding in (1, 2):
    side = output_size(32, 5, padding=padding)
    weights = unshared_parameters(3, 30, 5, side, side, bias=False)
    print(f"padding {padding}: {side} x {side} x 30, {side * side * 30:,} neurons,")
    print(f"  {weights:,} weights without sharing")
print(f"weights with sharing: {conv_parameters(3, 30, 5, bias=False):,}")
print("224 pixels, filter 11, stride 4:")
print(f"  drop {crop_to_fit(224, 11, 4)} or add {pad_to_fit(224, 11, 4)}")

# %% [markdown]
# ### Question
#
# Answer in a few sentences, with numbers.
#
# 1. Which of the two slides has the right padding for [32x32x30]? What comes out with the
#    other one?
# 2. Is "about 3 million" a fair way to round 30720 x 75? What should the slide say?
# 3. Why can 224 not be the width of AlexNet's input with F = 11, S = 4 and *any* padding
#    that is the same on both borders? What would make it fit?

# %% [markdown] question="slides" points=1
# ### BEGIN SOLUTION
# **Model answer.**
#
# 1. Padding 2: (32 - 5 + 2·2) / 1 + 1 = 32. It is the same padding of a filter of 5,
#    (5 - 1) / 2 = 2. With padding 1 the output is (32 - 5 + 2·1) / 1 + 1 = 30 wide and
#    high, [30x30x30], 27,000 neurons.
# 2. No. 30720 x 75 = 2,304,000, which is about 2.3 million; 3 million is 30 % too
#    much. (With padding 1 it would be 27,000 x 75 = 2,025,000, about 2 million.)
# 3. 224 - 11 = 213 is odd, and 2P is even, so 213 + 2P is odd for every P and never a
#    multiple of 4. Three zeros in all, for example 1 on one border and 2 on the other,
#    make 227 pixels and (227 - 11) / 4 + 1 = 55 places. Dropping 1 pixel also makes it
#    fit, with 54 places.
#
# **Mark scheme** (1 point).
#
# - 0.25: padding 2, with the calculation or with (F - 1) / 2.
# - 0.25: padding 1 gives 30 x 30 x 30. "Something smaller" without the number earns nothing.
# - 0.25: 2,304,000, or 2.3 million, and that 3 million is too much.
# - 0.25: odd plus even is never a multiple of 4 (or: remainders 1 and 3 alternate), and a
#   way out: 3 zeros in all, or 1 pixel less. Only "54.25 is not whole" is about P = 0 and
#   earns nothing.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains</summary>
#
# Read this after you have written yours.
#
# - Which slide is right, with the calculation from `output_size` or the formula of section
#   5, not only "the second".
# - The whole output volume for the other padding, all three numbers of it.
# - The product itself, and by how much the slide's round number misses it.
# - Why the room can never be a multiple of 4: an argument that holds for *every* P, not
#   only for P = 0. And a change of the input that makes it fit, with its number of
#   pixels.
#
# </details>

# %% [markdown]
# ## 9. What your functions can do now: AlexNet, from end to end
#
# Eleven small functions, and one of them reads a network that took five to six days to
# train on two graphics cards. Here is AlexNet as a list of layers.

# %% tags=["demo", "nbval-check-output"]
alexnet = [
    {"type": "conv", "filters": 96, "size": 11, "stride": 4, "name": "conv1"},
    {"type": "pool", "size": 3, "stride": 2, "name": "pool1"},
    {"type": "conv", "filters": 256, "size": 5, "padding": 2, "name": "conv2"},
    {"type": "pool", "size": 3, "stride": 2, "name": "pool2"},
    {"type": "conv", "filters": 384, "size": 3, "padding": 1, "name": "conv3"},
    {"type": "conv", "filters": 384, "size": 3, "padding": 1, "name": "conv4"},
    {"type": "conv", "filters": 256, "size": 3, "padding": 1, "name": "conv5"},
    {"type": "pool", "size": 3, "stride": 2, "name": "pool5"},
    {"type": "fc", "outputs": 4096, "name": "fc6"},
    {"type": "fc", "outputs": 4096, "name": "fc7"},
    {"type": "fc", "outputs": 1000, "name": "fc8"},
]
rows = trace_shapes((3, 227, 227), alexnet)
for name, shape, parameters in rows:
    print(f"{name:6} {shape!s:14} {parameters:11,}")
learned = sum(parameters for _, _, parameters in rows)
at_the_end = sum(parameters for name, _, parameters in rows if name.startswith("fc"))
print(
    f"to learn in all: {learned:,}, {at_the_end / learned:.0%} of it in the fc layers"
)

# Each card held half of the filters. In three layers a filter saw only its own card's half.
halves = [(48, 256, 5), (192, 384, 3), (192, 256, 3)]
saved = sum(conv_parameters(*half, bias=False) for half in halves)
print(f"on two cards: {learned:,} - {saved:,} = {learned - saved:,}")

# %% tags=["demo"]
kinds = [layer["type"] for layer in alexnet]
shapes = [("input", (3, 227, 227))] + list(zip(kinds, [shape for _, shape, _ in rows]))
plot.network_volumes({"AlexNet": shapes})
plot.show()

# %% [markdown]
# The paper says "60 million parameters". Your count comes to 62 million for the network
# in one piece, and to 61 million for the network as it was built, on two cards that
# shared little. The picture shows the volumes from the side, each as high as H and wider
# the deeper it is: they get small and deep from left to right. And here, too, the
# parameters sit at the end: the five convolutional layers hold 6 % of them.
#
# ## 10. Build `course.geometry`
#
# The last cell writes your functions into the file `course/geometry.py`, as they
# are in this notebook. From now on the other lessons can import them.

# %%
from course.kit import build

build(
    "geometry",
    depth_column,
    depth_slice,
    output_size,
    misprint_counterexample,
    crop_to_fit,
    pad_to_fit,
    same_padding,
    conv_parameters,
    dense_parameters,
    unshared_parameters,
    trace_shapes,
)

# %% [markdown]
# | you built | used again in |
# |---|---|
# | `output_size` | lessons 02 to 06 and 08 to 11: every layer asks it how many places its window takes |
# | `same_padding` | lessons 02, 06 and 09 |
# | `depth_column`, `depth_slice` | lesson 02 |
# | `conv_parameters`, `dense_parameters` | lessons 02, 05 and 06 |
# | `unshared_parameters` | lesson 02 |
# | `trace_shapes` | lessons 05 and 09 |
# | `crop_to_fit`, `pad_to_fit` | here, for the mystery of the 224 pixels |
#
# You know how many numbers come out of a layer, and not yet which ones. Lesson 02
# computes them, one number at a time, and shows you on a photograph what nine numbers
# can do.
#
# ### Further reading
#
# - [CS231n, Convolutional Neural Networks](https://cs231n.github.io/convolutional-networks/),
#   sections "Spatial arrangement" and "Parameter Sharing": the notes that this lesson
#   follows, with the puzzle of the 224 pixels.
# - A. Krizhevsky, I. Sutskever and G. E. Hinton,
#   [ImageNet Classification with Deep Convolutional Neural Networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks)
#   (2012): the AlexNet paper. Its second figure shows the 224, and the 55.
# - V. Dumoulin and F. Visin,
#   [A guide to convolution arithmetic for deep learning](https://arxiv.org/abs/1603.07285)
#   (2016): every case of padding and stride as a drawing.
# - [PyTorch, Conv2d](https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html): the
#   output size as a library computes it, with the division rounded down.
# - The three other documents that this course grew from: *Convolutional layer*, a written
#   summary, has the formula of section 3; *Convolutional Neural Networks are just Neural
#   Networks BUT*, a slide deck, has the network of section 7 and the two slides of section
#   8; *Convolutional Neural Networks* by Nastaran Okati is a shorter deck on the same notes.
#
# **Next:** lesson 02, [Convolution](../02_convolution/02_convolution.ipynb). The words of the
# course are in the [glossary](../../docs/glossary.md).
