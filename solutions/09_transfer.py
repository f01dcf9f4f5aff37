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
# # Transfer: what can a network do with images it was not trained for?
#
# Somebody trained a network on 4000 drawn shapes. You have another task and a handful of
# images for each class. Few people train a large network from the beginning: they take one
# that is trained already and use what it has learned. There are two ways. Take the numbers
# that one of its layers gives as *codes*, and train a linear classifier on them. Or go on
# training the network itself, carefully, with small steps for the old layers. You write
# both, measure which one serves when, and find a task for which neither does.
#
# The last cell makes `course.transfer` out of your functions. Plan about two hours. There
# are 6 points.

# %% tags=["nbval-check-output"]
import numpy as np

from course.kit import check
from course.network import SGD, Dense, Sequential, train

print("A dense layer learns:", *Dense(3, 2).parameters)

# %% [markdown]
# If this cell complains that something is not built yet, run the last cell of lesson 06.
#
# ## 1. CNN codes
#
# The *code* of an image is what a layer makes of it, laid out as one row of numbers. For
# the weights 2 and -1, the image 3 becomes 6, -3 in layer 0, and 6, 0 behind the ReLU.
#
# ```
#   layer 0  Dense   3 -> 6, -3      the code of layer 0:  6, -3
#   layer 1  ReLU      -> 6,  0      the code of layer 1:  6,  0
#   layer 2  Dense     -> 6          the code of layer 2:  6     (weights 1 and 5)
# ```
#
# Places count from 0; as in a list, -1 is the last layer and -2 the one before it.


# %% task="cnn_codes"
def cnn_codes(network, x, layer):
    """The output of one layer of a Sequential for the images x (N, ...), as rows.

    layer is a place in network.layers, counted from 0; a negative one counts from the end,
    as in a list: -1 is the last layer. x is not changed.

    Returns an array (N, D) in the dtype of x: D numbers per image, in numpy's order, the
    last axis fastest.
    """
    ### BEGIN SOLUTION hint: A loop over the layers up to this one, then a reshape.
    last = range(len(network.layers))[layer]
    for each in network.layers[: last + 1]:
        x = each.forward(x)
    return x.reshape(len(x), -1)
    ### END SOLUTION


# %% check="cnn_codes"
check(cnn_codes)

# %% [markdown]
# ## 2. Freezing
#
# `SGD` of lesson 06 moves exactly the parameters that have a gradient. A layer whose
# `gradients` stay empty is frozen. Forward, and backward to the layers before it, it works
# as ever. `freeze` must leave the given network as it was: it makes a second view of the
# same layers, in which some of them are held fast. If you write a small class for such a
# layer, write it inside `freeze`: the module that you build at the end takes `freeze`
# alone, with what stands in it.


# %% task="freeze"
def freeze(network, layers):
    """A Sequential like `network` in which the layers at these places learn nothing.

    layers are places in network.layers, counted from 0. `network` is not changed. In what
    is returned, forward and backward give the same numbers as in `network`, and
    `parameters` holds the same arrays, no copies, under the same names. `gradients` never
    has the names of the frozen layers. The layers that are not frozen are network's own
    objects.
    """
    ### BEGIN SOLUTION hint: A small class: forward and backward of the old layer, gradients {}.

    class Frozen:
        def __init__(self, layer):
            self.layer, self.parameters, self.gradients = layer, layer.parameters, {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return self.layer.backward(dout)

    held = set(layers)
    return Sequential(
        [
            Frozen(layer) if place in held else layer
            for place, layer in enumerate(network.layers)
        ]
    )
    ### END SOLUTION


# %% check="freeze"
check(freeze)

# %% [markdown]
# ## 3. Fine-tuning
#
# The new last layer is random and needs long steps. The old layers are good already, and
# long steps in the direction that a random layer points would spoil them. So they take
# steps that are `slower` times as long. With a learning rate of 0.02 and slower = 0.1, a
# new layer moves by 0.02 times its velocity and an old one by 0.002 times its own.


# %% task="fine_tune"
def fine_tune(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    """Train the network on x and y, with smaller steps for the old layers.

    new are the places in network.layers, counted from 0, of the layers that are new: they
    move as with SGD(network, learning_rate, weight_decay=weight_decay). All others move
    with the learning rate slower * learning_rate and the same momentum and weight decay.
    Everything else is as in train(network, x, y, ...), with its softmax loss; epochs,
    batch_size, rng and show are handed to it. The layers change in place, and the list
    network.layers is the same afterwards. Layers without gradients, such as those that
    `freeze` has frozen, stay as they are.

    Returns the history of train.
    """
    ### BEGIN SOLUTION hint: Two SGDs on two frozen views; an object whose step() calls both.
    old = [place for place in range(len(network.layers)) if place not in new]
    parts = [
        SGD(freeze(network, old), learning_rate, weight_decay=weight_decay),
        SGD(freeze(network, new), slower * learning_rate, weight_decay=weight_decay),
    ]

    class Both:
        def step(self):
            for part in parts:
                part.step()

    return train(
        network,
        x,
        y,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=Both(),
        rng=rng,
        show=show,
    )
    ### END SOLUTION


# %% check="fine_tune"
check(fine_tune, freeze)

# %% [markdown]
# ## 4. Codes against pixels
#
# The network of lesson 07 has learned ten shapes, and names 97 % of new images rightly.
# Here are three tasks that it has never seen: five *other* shapes; the *direction* of fine
# lines, called a grating (0° are upright lines); and the *hue* of the old ten shapes, that
# is their colour, whichever shape it is.

# %% tags=["demo"]
from course.kit import plot
from course.kit.data import colour_task
from course.kit.pretrained import pretrained
from course.kit.pretrained.train_shapes import network as untrained
from course.kit.training import one_thread

one_thread()
tasks = {
    name: colour_task(name, train=600, validation=6, test=240)
    for name in ("other shapes", "gratings", "hues")
}
for task in tasks.values():
    plot.contact_sheet(task.test.x[:16], task.test.y[:16], classes=task.classes)
    plot.show()

# %% [markdown]
# How long is a code? A deep layer gives fewer numbers, and each of them sees more pixels.

# %% tags=["demo", "nbval-check-output"]
source = untrained(np.random.default_rng(0))
source.load(pretrained("shapes"))
grey = np.float32(0.5)  # the network was trained on pixel values minus 0.5
few = tasks["other shapes"].test.x[:2] - grey
for place, layer in enumerate(source.layers):
    print(
        f"{place} {type(layer).__name__:10} {cnn_codes(source, few, place).shape[1]:6}"
    )

# %% [markdown]
# Layer 8 is the last before the scores: 320 numbers for an image that has 3072.
#
# *Predict, then look.* A linear classifier learns the five other shapes from 5, 10, 20 or
# 50 images of each. Guessing gives 20 %. How many will it name from pixels, and how many
# from the codes of layer 8? Each number is the mean over three draws of the training
# images, with the lowest and the highest.

# %% tags=["demo"]
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pixels, draws = "pixels", 3


def codes_for(name):
    """{layer: (training codes, test codes)} of one task, the images themselves included."""
    parts = [split.x - grey for split in (tasks[name].train, tasks[name].test)]
    codes = {pixels: tuple(part.reshape(len(part), -1) for part in parts)}
    for layer in (2, 5, 8):
        codes[layer] = tuple(cnn_codes(source, part, layer) for part in parts)
    return codes


def some(name, count, seed):
    """The places of `count` random training images of each class."""
    y = tasks[name].train.y
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(y == label))[:count] for label in set(y)]
    return np.concatenate(rows)


def linear(name, train_codes, test_codes, count, strength=0.01):
    """Percent of new images that a linear classifier names rightly, for each draw."""
    found = []
    for seed in range(draws):
        rows = some(name, count, seed)
        steps = StandardScaler(), LogisticRegression(C=strength, max_iter=300)
        classifier = make_pipeline(*steps)
        classifier.fit(train_codes[rows], tasks[name].train.y[rows])
        found.append(100 * classifier.score(test_codes, tasks[name].test.y))
    return found


def spread(values):
    return f"{np.mean(values):5.1f} ({min(values):.0f}-{max(values):.0f})"


counts = (5, 10, 20, 50)
codes = {name: codes_for(name) for name in tasks}
lines = {}
print("images per class", "".join(f"{count:^14}" for count in counts))
for layer, pair in codes["other shapes"].items():
    label = layer if layer == pixels else f"layer {layer}"
    lines[label] = [linear("other shapes", *pair, count) for count in counts]
    print(f"{label:16}", "  ".join(spread(found) for found in lines[label]))

# %% tags=["demo"]
plot.transfer_lines(counts, lines, guess=20)
plot.show()

# %% [markdown]
# No filter was ever trained on an arrow or an hourglass, and still five images of each do
# more with codes than fifty do with pixels. What the network found out about edges and
# corners, and that the colour and the place of a shape do not matter, holds for other
# shapes, too.

# %% [markdown]
# ## 5. A task that is very different
#
# The lecture's rule of thumb: if your data is small and very different from what the
# network was trained on, take the codes of an *earlier* layer. The last ones have become
# specialists. Fine lines are such a task: they fill the image, and the source network
# never had to tell their direction.
#
# Lines may begin anywhere. A code laid out as a row has one number for each channel *and
# place*, so a linear classifier would have to learn every direction again for each place.
# A common remedy for textures is to average each channel over all places first.
#
# *Predict, then look.* 20 images per class, six classes, guessing gives 17 %. Will layer
# 2, 5 or 8 come out ahead? And does the average help all of them?

# %% tags=["demo"]
channels = {pixels: 3, 2: 12, 5: 16, 8: 20}


def averaged(part, layer):
    """Codes (N, D) averaged over places: (N, K)."""
    return part.reshape(len(part), channels[layer], -1).mean(axis=2)


averages = {
    name: {
        layer: tuple(averaged(part, layer) for part in pair)
        for layer, pair in codes[name].items()
    }
    for name in tasks
}
for name in ("gratings", "hues"):
    print(f"{name:12}   a number per place   averaged over places")
    for layer in codes[name]:
        label = layer if layer == pixels else f"layer {layer}"
        placed = linear(name, *codes[name][layer], 20)
        mean = linear(name, *averages[name][layer], 20, strength=1.0)
        print(f"  {label:12} {spread(placed)}         {spread(mean)}")

# %% [markdown]
# *Gratings*: averaged over places, the rule holds. Layer 2 is ahead of layer 5, and layer
# 5 of layer 8. Without the average layer 2 is no better than layer 8, so that whoever
# measures rows alone would call the rule wrong.
#
# *Hues* is the hard lesson. A child sees at once which shape is red. The pixels say it,
# and the codes say next to nothing: in the source task any shape came in any colour, so
# the network learned to throw colour away, and it did so in its very first layer. A code
# holds what the old task needed. No classifier can bring back what is not there.

# %% [markdown]
# ## 6. Four cases, measured
#
# The whole rule has four cases:
#
# | | similar data | very different data |
# |---|---|---|
# | **few images** | linear classifier on the last codes | linear classifier on earlier codes |
# | **many images** | fine-tune | fine-tune all the same: a good start |
#
# Few are 10 images per class here, many are 40. Similar are the other shapes; very
# different are the gratings. `fine_tune` gets a new last layer, places [9], and old layers
# that move with a tenth of its rate, or with the same rate; or layers 0 to 5 are frozen;
# or the network starts from random numbers. This takes about 20 seconds.
#
# *Predict, then look.* In which of the four cases will the rule be wrong here?

# %% tags=["demo"]
settings = {"batch_size": 16, "weight_decay": 0.001, "show": False}


def tuned_share(way, name, count):
    """Percent of new images named rightly after training, for each draw."""
    task, found = tasks[name], []
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        network = untrained(rng)
        if way != "from random numbers":
            network.load(pretrained("shapes"))
        network.layers[-1] = Dense(320, len(task.classes), rng=rng)
        view = freeze(network, range(6)) if way.endswith("frozen") else network
        rows = some(name, count, seed)
        fine_tune(
            view,
            task.train.x[rows] - grey,
            task.train.y[rows],
            new=[9],
            slower=1.0 if way in ("one rate for all", "from random numbers") else 0.1,
            epochs=10 if count == 10 else 4,
            rng=rng,
            **settings,
        )
        right = view.predict(task.test.x - grey) == task.test.y
        found.append(100 * np.mean(right))
    return found


ways = (
    "fine-tuned",
    "fine-tuned, layers 0-5 frozen",
    "one rate for all",
    "from random numbers",
)
table = {}
for name in ("other shapes", "gratings"):
    for count in (10, 40):
        case = {
            "codes of layer 8": linear(name, *codes[name][8], count),
            "codes of layer 2, averaged": linear(
                name, *averages[name][2], count, strength=1.0
            ),
        }
        case |= {way: tuned_share(way, name, count) for way in ways}
        table[name, count] = case
print(f"{'':30}", "  ".join(f"{name} {count}".ljust(15) for name, count in table))
for way in table["gratings", 10]:
    row = (f"{spread(case[way]):15}" for case in table.values())
    print(f"{way:30}", "  ".join(row))

# %% [markdown]
# Read the table against the rule, a case at a time.
#
# - **Few and similar**: the linear classifier on the last codes is good, and careful
#   fine-tuning is as good. One rate for all is worse and varies wildly: the first
#   gradients come through a random layer and spoil filters that were fine.
# - **Many and similar**: the linear classifier on the last codes and careful fine-tuning,
#   with frozen layers or without, end within a few percent of each other. One rate for
#   all is behind them and still varies, and a start from random numbers is far behind.
# - **Few and very different**: the earlier layer is ahead of the last one, and of all
#   training, by much more than the spread. The rule holds, with the average over places.
# - **Many and very different**: the rule says to fine-tune. In the table the codes of
#   layer 2, which took a fraction of a second, are far ahead of all training.
#
# Is that the end of it? Four epochs are short. With 30 epochs instead of 4 we measured for
# 40 gratings of each class: fine-tuned 65 (63-68), one rate for all 75 (67-80), from random
# numbers 86 (80-95). Now training is ahead of the codes, and the careful small steps are
# its *worst* form: there was little worth protecting. (Change the 4 in the cell above to
# try it; it takes some minutes.) So a table tells which way is best for a task, a number of
# images *and* a time for training. A rule of thumb is a first guess, and measuring is cheap.
#
# And a task that the network has unlearned?

# %% tags=["demo"]
for way in ("fine-tuned", "from random numbers"):
    print(f"hues, 40 per class, {way:20} {spread(tuned_share(way, 'hues', 40))}")

# %% [markdown]
# Starting from the old network is *worse* than starting from nothing. People call it
# *negative transfer*: filters without colour are a hard place to learn colour from. It is
# not only a matter of time. After 30 epochs we measured 59 (57-60) and 90 (88-92).

# %% [markdown]
# ### Question (1 point): which way for which task?
#
# 1. Why do the old layers take smaller steps than the new one? Name two numbers of the
#    table that belong to this question.
# 2. Where does your table disagree with the lecture's rule, or agree with it, by more than
#    the spread over the three draws?

# %% [markdown] question="transfer" points=1
# ### BEGIN SOLUTION
# **Model answer.** The new layer is random, so the gradients that it first sends back are,
# too; long steps along them spoil filters that are good already. With 10 images of each
# other shape, fine-tuning with a tenth of the rate named about 94 % and one rate for all
# about 82 %, with a wide spread. The rule says that for a small and very different task an
# earlier layer serves better, and for gratings with 10 images per class it does: the
# lowest of layer 2 averaged is above the highest of layer 8. For many and very different
# images the rule says to fine-tune, and after four epochs the table does not: layer 2 with
# a linear classifier is ahead, and its lowest value is above the highest of fine-tuning.
#
# **Mark scheme (1 point).**
# - 0.25: a random layer sends back gradients that spoil good filters.
# - 0.25: two numbers that belong together.
# - 0.25: one case where the table agrees or disagrees with the rule.
# - 0.25: the difference is compared with the spread.
# ### END SOLUTION

# %% [markdown]
# ## 7. The same network on a larger image
#
# Convolutions do not care how large an image is. Only the dense layer at the end does, and
# lesson 08 turned such a layer into a convolution (`dense_to_conv`, so this cell wants
# lesson 08 built). A network trained on 32x32 pixels then reads a large image in one pass,
# and gives one row of scores for each window, 8 pixels apart, since three pools halve
# three times.
#
# *Predict, then look.* The image is made of 15 test images side by side. Where a window
# is exactly one of them, will the large network give the same scores as for that image
# alone? Think of the zeros around the border.

# %% tags=["demo"]
from course.architectures import dense_to_conv
from course.im2col import conv_forward

shapes = colour_task("shapes", train=10, validation=10, test=15)
tiles = shapes.test.x.reshape(3, 5, 3, 32, 32)
large = tiles.transpose(2, 0, 3, 1, 4).reshape(3, 96, 160)
dense = source.layers[9].parameters
filters, biases = dense_to_conv(dense["w"], dense["b"], (20, 4, 4))
volume = large[np.newaxis] - grey
for layer in source.layers[:9]:
    volume = layer.forward(volume)
scores = conv_forward(volume, filters, biases)[0][0]
shares = np.exp(scores - scores.max(axis=0))
shares /= shares.sum(axis=0)
labels = shares.argmax(axis=0)
corners = [(4 * row, 4 * column) for row in range(3) for column in range(5)]
plot.score_map(large, labels, shares.max(axis=0), 32, 8, corners, what="one shape")
plot.show()
alone = source.forward(shapes.test.x - grey)
together = np.array([scores[:, row, column] for row, column in corners])
print("scores alone and in the large image differ by up to", end=" ")
print(f"{abs(alone - together).max():.2f}")
right = shapes.test.y == alone.argmax(axis=1)
print(f"named rightly alone:              {right.sum()} of 15")
right = shapes.test.y == together.argmax(axis=1)
print(f"named rightly in the large image: {right.sum()} of 15")
print(*(f"{number} {name}" for number, name in enumerate(shapes.classes)), sep=", ")

# %% [markdown]
# Alone, an image has zeros around it; in the large image it has neighbours, and each
# padded layer looks over the fence. So the scores change, though seldom the answer. Lesson
# 08 could promise equal scores because its network had no padding. Between two images the network
# sees halves of shapes, and names something all the same.

# %% [markdown]
# ## 8. Build the module
#
# The next cell writes `course/transfer.py` from your functions.

# %%
from course.kit import build

build("transfer", cnn_codes, freeze, fine_tune)
