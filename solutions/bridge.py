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
# # A bridge: how much of another library do you know already?
#
# You have written layers, losses, optimizers and the loop that trains. People who work with
# networks take all that from a library, most often PyTorch or Keras. This page takes a network of
# yours across: the same layers in PyTorch, with your weights in them, give the same scores, and
# the same training gives the same curve. After that the words of the library are names for
# things that you have built.
#
# There is nothing to hand in here and there are no points. It needs lesson 06, in one section
# lesson 11, and half an hour. The end is an open project.
#
# PyTorch is not part of the course, since it is a large download. To get it, close the notebook
# and install it where the course is installed (the build for the CPU is enough; pytorch.org
# says how to get that one alone):
#
# ```
# python -m pip install torch
# ```
#
# Without it the page runs, too, and leaves out what PyTorch says.

# %%
from importlib.util import find_spec

import numpy as np

from course.kit import plot
from course.kit.data import scanned_digits
from course.kit.predict import predict
from course.kit.training import one_thread
from course.network import SGD, Conv2D, Dense, MaxPool2D, ReLU, Sequential, softmax_loss

one_thread()
torch = None
if find_spec("torch"):
    import torch

    torch.set_num_threads(1)
print(
    "PyTorch",
    torch.__version__ if torch else "is missing: half of this page stays empty",
)

# %% [markdown]
# ## 1. The same network
#
# Yours first: a network of lesson 06's kind for digits of 28x28 pixels.

# %%


def ours(seed):
    """[CONV - RELU - POOL]*2 - FC, random weights."""
    rng = np.random.default_rng(seed)
    return Sequential(
        [
            Conv2D(1, 8, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(8, 16, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(784, 10, rng=rng),
        ]
    )


# %% [markdown]
# In PyTorch it is nearly the same list. Two things differ, both at the end. `Linear` does not
# flatten, so `Flatten` is a layer of its own. And `Linear` keeps its weights the other way round:
# `(outputs, inputs)`, where yours are `(inputs, outputs)`. Filters are `(K, C, FH, FW)` in both:
# the course took PyTorch's order from the start.

# %%


def theirs(network):
    """The same layers in PyTorch, with the weights of `network`, in float64."""
    nn = torch.nn
    twin = nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=2, stride=2),
        nn.Conv2d(8, 16, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(784, 10),
    ).double()
    with torch.no_grad():
        for name, array in network.parameters.items():
            place, _, kind = name.partition(".")
            layer = twin[-1] if place == "6" else twin[int(place)]
            value = torch.from_numpy(array)
            if kind == "w":
                layer.weight.copy_(value.T if place == "6" else value)
            else:
                layer.bias.copy_(value)
    return twin


# %%
digits = scanned_digits()
if torch:
    network = ours(seed=0)
    twin = theirs(network)
    for dtype, name in ((np.float64, "float64"), (np.float32, "float32")):
        x = digits.validation.x[:100].astype(dtype)
        mine = network.forward(x)
        with torch.no_grad():
            found = twin.to(getattr(torch, name))(torch.from_numpy(x)).numpy()
        apart = abs(mine - found).max()
        print(
            f"{name}: scores up to {abs(mine).max():.2f}, apart by at most {apart:.0e}"
        )
        assert apart < 1e-5

# %% [markdown]
# A thousand scores, two programs that share no line, and what differs is rounding: float32 keeps
# about 7 digits, float64 about 16.
#
# ## 2. The same training
#
# What you call `softmax_loss` is `cross_entropy`. Your `SGD` is `torch.optim.SGD`, with the same
# momentum and the same weight decay. The loop has the same four steps as `train` of lesson 06;
# only `backward` goes by itself: PyTorch notes down what you calculate with its arrays
# (*tensors*), and walks back along its notes (*autograd*). And it adds gradients to those that are
# there, so they have to be set to zero first.
#
# For the comparison both get the same images in the same order, and count in float64.

# %%
predict(
    "Two epochs, 126 steps. How far will the two loss curves be apart at most?",
    "less than 0.00001",
    ["about 0.1", "about 0.001", "less than 0.00001"],
    because="the same formula with the same numbers: only rounding differs",
)

# %%
EPOCHS, BATCH, RATE, DECAY = 2, 32, 0.02, 0.001
x, y = digits.train.x[:2000].astype(np.float64), digits.train.y[:2000]


def batches(seed):
    """The places of the images of each step, the same for both."""
    rng = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        yield from (order[start : start + BATCH] for start in range(0, len(x), BATCH))


def our_losses(seed):
    network, losses = ours(seed), []
    optimizer = SGD(network, RATE, momentum=0.9, weight_decay=DECAY)
    for rows in batches(seed):
        loss, dscores = softmax_loss(network.forward(x[rows]), y[rows])
        network.backward(dscores)
        optimizer.step()
        losses.append(loss)
    return losses, network


def their_losses(seed):
    network, losses = theirs(ours(seed)), []
    optimizer = torch.optim.SGD(
        network.parameters(), lr=RATE, momentum=0.9, weight_decay=DECAY
    )
    images, labels = torch.from_numpy(x), torch.from_numpy(y)
    for rows in batches(seed):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(images[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, network


our_curve, network = our_losses(seed=0)
curves = {"course": our_curve}
if torch:
    curves["PyTorch"], twin = their_losses(seed=0)
    apart = np.abs(np.subtract(*curves.values())).max()
    print(f"{len(our_curve)} steps, the losses are apart by at most {apart:.0e}")
    assert apart < 1e-5
share = np.mean(network.predict(digits.validation.x) == digits.validation.y)
print(f"validation: {share:.1%} right")

# %%
ax = plot.new_axes(3.0)
for (name, losses), width, style in zip(curves.items(), (5, 1.2), ("-", "--")):
    ax.plot(
        losses, style, lw=width, label=name, color=("#56B4E9", "#000000")[width < 5]
    )
ax.legend(frameon=False)
plot.name_axes(ax, "step", "loss", "one curve on the other")
plot.show()

# %% [markdown]
# ## 3. What is it called?
#
# | yours | PyTorch (`torch.nn`, `torch.optim`) | Keras (`keras.layers`, `keras.optimizers`) |
# |---|---|---|
# | batch `(N, C, H, W)` | the same | `(N, H, W, C)`: channels last |
# | filters `(K, C, FH, FW)` | `weight`, the same | `kernel`, `(FH, FW, C, K)` |
# | dense `w` `(inputs, outputs)` | `weight`, `(outputs, inputs)` | `kernel`, `(inputs, outputs)` |
# | `Conv2D(C, K, F, stride, padding)` | `Conv2d(C, K, F, stride, padding)` | `Conv2D(K, F, strides, padding="same")` |
# | `Dense(inputs, outputs)` | `Linear(inputs, outputs)` | `Dense(outputs)` |
# | `MaxPool2D(size, stride)` | `MaxPool2d(size, stride)` | `MaxPooling2D(size, strides)` |
# | `ReLU()`, `Flatten()` | `ReLU()`, `Flatten()` | `ReLU()`, `Flatten()` |
# | `Sequential(layers)` | `Sequential(*layers)` | `keras.Sequential(layers)` |
# | `network.parameters`, a dict | `named_parameters()` | `trainable_variables` |
# | `softmax_loss(scores, labels)` | `CrossEntropyLoss()` | `SparseCategoricalCrossentropy(from_logits=True)` |
# | `svm_loss(scores, labels)` | `MultiMarginLoss()`, divided by the classes | `CategoricalHinge` takes only the worst class |
# | `SGD(network, rate, momentum, weight_decay)` | `SGD(network.parameters(), lr, momentum, weight_decay=...)` | `SGD(rate, momentum)` |
# | `Adam(network, rate, weight_decay=...)` | `AdamW(network.parameters(), lr, weight_decay=...)` | `AdamW(rate, weight_decay=...)` |
# | `BatchNorm(C)`, momentum 0.9 | `BatchNorm2d(C, momentum=0.1)`: the new share, not the old | `BatchNormalization(momentum=0.9)` |
# | `Dropout(keep)` | `Dropout(p)`, p = 1 - keep | `Dropout(rate)`, rate = 1 - keep |
# | `cosine_rate(step, steps, highest)` | `lr_scheduler.CosineAnnealingLR` | `schedules.CosineDecay` |
# | `set_training(network, True)` | `network.train()`, `network.eval()` | `network(x, training=True)` |
# | `train(network, x, y)` | your own loop, as above | `compile`, then `fit(x, y)` |
# | `network.save(path)`, `load` | `torch.save(network.state_dict(), path)`, `load_state_dict` | `save_weights`, `load_weights` |
# | `conv_forward(x, w, b, ...)` | `torch.nn.functional.conv2d` | `keras.ops.conv` |
# | `freeze(network, layers)` | `parameter.requires_grad = False` | `layer.trainable = False` |
#
# Two traps in it. PyTorch divides by N - 1 for the running variance of `BatchNorm2d`, yours by N.
# And where a filter does not fit, yours refuses; PyTorch leaves the far border out in silence.
#
# ## 4. Your fast layers in `train`
#
# PyTorch's convolutions are fast because somebody did what you did in lesson 11, in C++. How
# much do your own ones save? Your `Conv2D` asks for `conv_forward` and `conv_backward` by name, in
# `course.network`. So for the time of a training other functions can stand behind these names:
# those of `course.fast`. The network learns from crops of photographs here, 32x32 in colour, since
# the digits' volumes are so small that there is nothing to gain.

# %%
from contextlib import nullcontext
from time import process_time
from unittest.mock import patch

import course.network
from course import fast
from course.kit import NotBuiltYet
from course.kit.data import PHOTOGRAPHS, photo_crops
from course.network import train


def fast_layers():
    """With this, Conv2D computes with lesson 11's functions."""
    functions = {
        name: getattr(fast, name) for name in ("conv_forward", "conv_backward")
    }
    return patch.multiple(course.network, **functions)


def reader_of_crops(rng):
    """Two convolutions, a pool, a convolution, a pool and a dense layer."""
    return Sequential(
        [
            Conv2D(3, 16, 3, padding=1, rng=rng),
            ReLU(),
            Conv2D(16, 16, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(16, 32, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(2048, len(PHOTOGRAPHS), rng=rng),
        ]
    )


crops = photo_crops("train", 384)


def measured(layers, batch_size):
    """Processor time of an epoch in float32, and the losses of its steps."""
    network = reader_of_crops(np.random.default_rng(0))
    started = process_time()
    with layers():
        history = train(
            network,
            crops.x - np.float32(0.5),
            crops.y,
            epochs=1,
            batch_size=batch_size,
            learning_rate=RATE,
            rng=np.random.default_rng(0),
            show=False,
        )
    return process_time() - started, history["loss"]


try:
    measured(fast_layers, 8)
except (NotBuiltYet, AttributeError) as missing:
    print(missing)
else:
    print(
        "batch   lesson 04             lesson 11             saved   losses apart: first, most"
    )
    for batch_size in (8, 32, 128):
        runs = {
            layer: [measured(layer, batch_size) for _ in range(3)]
            for layer in (nullcontext, fast_layers)
        }
        times = [[took for took, _ in each] for each in runs.values()]
        slow, quick = (np.median(took) for took in times)
        apart = np.abs(np.subtract(*(each[0][1] for each in runs.values())))
        cells = (
            f"{np.median(took):.2f} s ({min(took):.2f} to {max(took):.2f})"
            for took in times
        )
        saved = f"{1 - quick / slow:5.0%}"
        print(
            f"{batch_size:5}  ", *cells, f"{saved}   {apart[0]:.0e}, {apart.max():.0e}"
        )
        assert apart[0] < 1e-5

# %% [markdown]
# The larger the batch, the more it saves: the matrices of lesson 04 grow with it until no cache
# holds them, and blocks stay as small as they are. The saving is smaller than that of a
# convolution by itself, since pools, ReLUs, the dense layer and the optimizer take as long as
# before (Amdahl's law). And for the smallest batch the layers of lesson 04 may be the faster
# ones.
#
# The first losses are equal but for rounding, since the sums are added up in another order.
# After many steps they are further apart: each step takes over the rounding of the step
# before and enlarges it. That is why section 2 counted in float64.
#
# ## 5. An open project
#
# Choose one, or one of your own. Ask a question that a number can answer, and give yourself a
# limit: a week of evenings.
#
# 1. **Your own photographs.** Take a hundred photographs at each of two or three places, and train
#    a network to tell them apart from crops of 32x32. Which parts of the places does it go by?
#    Split by photograph, not by crop: lesson 08's instruments will tell you when you have not.
# 2. **Labels that cost nothing.** Teach a network by how much a crop was turned
#    (`course.kit.data.turned_crops`; Gidaris and others, 2018), then take its codes to the digits
#    or the textures, as in lesson 10. Is it a better start than random numbers, and than the
#    network that saw which photograph each crop is from?
# 3. **A layer that the course leaves out.** Group normalisation (Wu and He, 2018), squeeze and
#    excitation (Hu and others, 2017) or a transposed convolution: forward, backward, a
#    gradient check, then the same in PyTorch, equal to 1e-5. What does it change in a network of
#    lesson 07 or 09?
#
# ### How good is it?
#
# Give it to somebody with this table. Two points for "yes", one for "in part".
#
# | | two points if ... |
# |---|---|
# | question | it can be answered by a number, and you wrote down your guess before you measured |
# | data | no image, and nothing nearly the same, is in two of training, validation and test |
# | baseline | something simple stands beside it: guessing, pixels, random weights |
# | spread | every number that matters has three seeds or more, and the text says when a difference is smaller than the spread |
# | choice | everything was chosen on validation, and the test set was asked once |
# | control | one measurement could have shown you wrong, and you made it |
# | looking | you looked at the mistakes, one by one, and say what they have in common |
# | code | one command gives your numbers again, on another computer |
# | text | a page that a classmate understands; what failed is in it |
#
# Twelve of eighteen is good work. A surprising number without a control is worth less than a
# dull one with it.
#
# ## Further reading
#
# - A. Paszke and others, [PyTorch: An Imperative Style, High-Performance Deep Learning
#   Library](https://arxiv.org/abs/1912.01703), 2019: how it works inside.
# - [PyTorch's tutorials](https://docs.pytorch.org/tutorials/beginner/basics/intro.html) and
#   [Keras's guides](https://keras.io/guides/): you can begin in the middle now.
# - S. Gidaris, P. Singh and N. Komodakis, [Unsupervised Representation Learning by Predicting
#   Image Rotations](https://arxiv.org/abs/1803.07728), 2018.
# - Y. Wu and K. He, [Group Normalization](https://arxiv.org/abs/1803.08494), 2018, and J. Hu and
#   others, [Squeeze-and-Excitation Networks](https://arxiv.org/abs/1709.01507), 2017.
# - A. Karpathy, [A Recipe for Training Neural
#   Networks](https://karpathy.github.io/2019/04/25/recipe/), 2019: how to begin a project, and what
#   goes wrong without a sound.
#
# That is the end of the course. The words in it are in the [glossary](../../docs/glossary.md).
