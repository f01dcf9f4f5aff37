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
# These are all the images you get: five of each of five shapes. From them a program is to
# learn to name hundreds of new ones.

# %% tags=["demo"]
from course.kit import plot
from course.kit.pretrained.tune_shapes import some, task_images

TASKS = ("other shapes", "gratings", "hues")
tasks = {name: task_images(name) for name in TASKS}
train_images = tasks["other shapes"].train
five_each = some(train_images.y, 5, seed=0)
x, y = train_images.x[five_each], train_images.y[five_each]
plot.contact_sheet(x, y, classes=tasks["other shapes"].classes, columns=5)
plot.show()

# %% [markdown]
# A classifier that learns from the pixels of these 25 images is right about three times in ten,
# and guessing would be right two times in ten. In section 4 the same classifier does better, from
# the same 25 images; how much better, you will guess there. What makes the difference is a
# network that was trained for something else, and has never seen an arrow.
#
# That is *transfer learning*. Few people train a large network from the beginning: modern ones
# take weeks on several GPUs and a data set like ImageNet, with its 1.2 million images of 1,000
# classes. They take a *pretrained* one, whose weights (a *checkpoint*) somebody has published,
# and use what it has learned. There are two ways. Take the numbers that one of its layers gives
# as *codes*, and train a linear classifier on them: the network is a fixed *feature extractor*.
# Or go on training the network itself, carefully, with small steps for the old layers:
# *fine-tuning*. You write both, measure which one works when, and find a task for which neither
# does.
#
# The last cell makes `course.transfer` out of your functions. Plan about two hours. There
# are 6 points. Words in *italics* are in the [glossary](../../docs/glossary.md).

# %% [markdown]
# ## Before you start
#
# One question from lesson 09, which comes back in section 9.

# %% tags=["demo"]
from course.geometry import output_size
from course.kit.predict import predict

predict(
    "A network without padding reads 32x32 pixels. It has three pools that halve. Its dense "
    "layer has become a convolution, and you run it once on 96x160 pixels. How many answers?",
    output_size(96, 32, 8) * output_size(160, 32, 8),
    because="its windows are 2 · 2 · 2 = 8 pixels apart: 9 rows of 17",
)

# %% tags=["nbval-check-output"]
import numpy as np

from course.kit import check
from course.network import SGD, Dense, Sequential, train

print("A dense layer learns:", *Dense(3, 2).parameters)

# %% [markdown]
# If this cell complains that something is not built yet, run the last cell of
# lesson 06. Later cells need the modules of lessons 08 and 09 in the same way.
#
# ## 1. CNN codes
#
# The *code* of an image is what a layer makes of it, laid out as one row of numbers (also
# called its *features* or *embedding*). Take a tiny network whose image is the single number 3:
#
# | layer | its weights | what it makes | the code |
# |---|---|---|---|
# | 0, Dense | 2 and -1 | $3 \cdot 2,\ 3 \cdot (-1)$ | 6, -3 |
# | 1, ReLU | | $\max(0, 6),\ \max(0, -3)$ | 6, 0 |
# | 2, Dense | 1 and 5 | $6 \cdot 1 + 0 \cdot 5$ | 6 |
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
# `gradients` stay empty is *frozen*. It still passes images forward, and gradients back to the
# layers before it. `freeze` must leave the given network as it was: it makes a second view of
# the same layers, in which some of them do not learn. If you write a small class for such a
# layer, write it inside `freeze`: the module that you build at the end takes `freeze`
# alone, with whatever is inside it.


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
# long steps in a direction that comes from a random layer would spoil them. So their steps are
# shorter by the factor `slower`. With $v$ for the velocity of lesson 06, momentum and all,
#
# $$w_{\text{new}} \leftarrow w_{\text{new}} - \eta\, v_{\text{new}},
# \qquad
# w_{\text{old}} \leftarrow w_{\text{old}} - \text{slower} \cdot \eta\, v_{\text{old}} .$$
#
# With a *learning rate* $\eta$ of 0.02 and slower = 0.1, a new layer moves by 0.02 times its
# velocity and an old one by 0.002 times its own.


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
# The network of lesson 08 has learned ten shapes. Here are three tasks that it has never seen:
# five *other* shapes; the *direction* of fine lines, called a grating (0° is upright);
# and the *hue* of the ten old shapes, i.e. their colour, whichever shape it is. Each has
# 600 images to learn from, 240 to choose by (validation) and 240 for a single test at the end.

# %% tags=["demo"]
from course.kit.pretrained import pretrained
from course.kit.pretrained.train import ten_layers as untrained
from course.kit.training import one_thread

one_thread()
for name in ("gratings", "hues"):
    task = tasks[name]
    x, y = task.train.x[:16], task.train.y[:16]
    plot.contact_sheet(x, y, classes=task.classes)
    plot.show()

# %% [markdown]
# How long is a code? A deep layer gives fewer numbers, and each of them sees more pixels. Your
# `activations` of lesson 08 shows every volume.

# %% tags=["demo", "nbval-check-output"]
from course.inspection import activations

source = untrained(np.random.default_rng(0))
source.load(pretrained("shapes"))
grey = np.float32(0.5)  # the network was trained on pixel values minus 0.5
two = tasks["other shapes"].train.x[:2] - grey
for place, (layer, volume) in enumerate(activations(source, two)):
    length = cnn_codes(source, two, place).shape[1]
    print(f"{layer:12} {volume.shape[1:]!s:14} a code of {length:5} numbers")

# %% [markdown]
# Layer 8 is the last before the scores: 320 numbers for an image that has 3,072.
#
# The classifier is linear: one weight for each number of the code and each class, with the
# softmax loss, and a penalty on large weights (*regularisation*). How strong the penalty is, is a
# *hyperparameter*: nothing in the training data says it. scikit-learn calls it `C`, and a larger
# C is a weaker penalty. So for each task and kind of code four values of C are tried on the
# validation images, and the best one is taken. All percentages up to section 6 are from
# validation images, too, because they serve to choose. The test images come last.

# %% tags=["demo"]
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pixels, draws = "pixels", 3
strengths = (0.01, 0.1, 1, 10)


def codes_for(name):
    """{kind of code: {part: codes}} of one task, the pixels themselves included."""
    kinds = {kind: {} for kind in (pixels, 2, 5, 8)}
    for part in ("train", "validation", "test"):
        x = getattr(tasks[name], part).x - grey
        kinds[pixels][part] = x.reshape(len(x), -1)
        for layer in (2, 5, 8):
            kinds[layer][part] = cnn_codes(source, x, layer)
    return kinds


def linear(name, parts, count, strength, part="validation", draws=draws):
    """Percent of new images that a linear classifier names rightly, for each draw."""
    found = []
    for seed in range(draws):
        rows = some(tasks[name].train.y, count, seed)
        steps = StandardScaler(), LogisticRegression(C=strength, max_iter=1000)
        classifier = make_pipeline(*steps)
        classifier.fit(parts["train"][rows], tasks[name].train.y[rows])
        labels = getattr(tasks[name], part).y
        found.append(100 * classifier.score(parts[part], labels))
    return found


def best_strength(name, parts):
    """The C that is best on validation, with one draw of 20 images per class."""
    return max(strengths, key=lambda C: linear(name, parts, 20, C, draws=1))


def spread(values):
    return f"{np.mean(values):5.1f} ({min(values):.0f}-{max(values):.0f})"


codes = {name: codes_for(name) for name in tasks}

# %% [markdown]
# Now the five other shapes, from 5, 10, 20 or 50 images of each. Each number is the mean over
# three draws of the training images, with the lowest and the highest.

# %% tags=["demo"]
counts = (5, 10, 20, 50)
lines, C_of = {}, {}
for layer, parts in codes["other shapes"].items():
    label = layer if layer == pixels else f"layer {layer}"
    C_of[layer] = best_strength("other shapes", parts)
    lines[label] = [
        linear("other shapes", parts, count, C_of[layer]) for count in counts
    ]

# %% tags=["demo"]
predict(
    "From pixels, 50 images of each shape. From the codes of layer 8, 5 images of each. "
    "Which names more of the new ones?",
    "5 images, as codes",
    ["50 images, as pixels", "5 images, as codes", "about the same"],
    because=f"{np.mean(lines['layer 8'][0]):.0f} against {np.mean(lines[pixels][-1]):.0f} %",
)

# %% tags=["demo"]
plot.transfer_lines(counts, lines, guess=20)
plot.show()
print("images per class    C ", "".join(f"{count:^14}" for count in counts))
for (label, found), C in zip(lines.items(), C_of.values(), strict=True):
    print(f"{label:16} {C:5}", "  ".join(spread(shares) for shares in found))

# %% [markdown]
# No filter was ever trained on an arrow or an hourglass, and still five images of each do
# more with codes than fifty do with pixels. What the network found out about edges and
# corners, and that the colour and the place of a shape do not matter, holds for other
# shapes, too.

# %% [markdown]
# ## 5. A task that is very different
#
# Your data may be small *and* very different from what the network was trained on. The lecture
# has a rule of thumb for that: it says which layer's codes to take. Measure first, and read the
# rule below. Fine lines are such a task: they fill the image, and the source network never had
# to tell their direction.
#
# Lines may begin anywhere. A code laid out as a row has one number for each channel *and
# place*, so a linear classifier would have to learn every direction again for each place.
# A common remedy for textures is to average each channel over all places first. (It is the mean
# at the end of GoogLeNet and ResNet.)

# %% tags=["demo"]
channels = {pixels: 3, 2: 12, 5: 16, 8: 20}
averages = {
    name: {
        kind: {
            part: rows.reshape(len(rows), channels[kind], -1).mean(axis=2)
            for part, rows in parts.items()
        }
        for kind, parts in codes[name].items()
    }
    for name in tasks
}
measured = {}
for name in ("gratings", "hues"):
    for form, forms in (("a number per place", codes), ("averaged", averages)):
        for kind, parts in forms[name].items():
            C = best_strength(name, parts)
            measured[name, form, kind] = C, linear(name, parts, 20, C)
best = max(
    (2, 5, 8), key=lambda kind: np.mean(measured["gratings", "averaged", kind][1])
)

# %% tags=["demo"]
predict(
    "Gratings, 20 images per class, each channel averaged over all places. Which layer's "
    "codes are best?",
    f"layer {best}",
    ["layer 2", "layer 5", "layer 8"],
    because="the directions of fine lines are what early filters answer to",
)
predict(
    "Hues, 20 images per class: which of six colours has the shape? Which does better, the "
    "pixels or the codes of layer 8?",
    "the pixels",
    ["the pixels", "the codes of layer 8"],
    because="the codes are no better than guessing",
)

# %% tags=["demo"]
for name in ("gratings", "hues"):
    classes = len(tasks[name].classes)
    print(
        f"{name:10} guessing {100 / classes:.0f} %   a number per place    averaged over places"
    )
    for kind in codes[name]:
        label = kind if kind == pixels else f"layer {kind}"
        pair = [
            measured[name, form, kind] for form in ("a number per place", "averaged")
        ]
        print(
            f"  {label:22}", "".join(f"{spread(found)} C={C:<5} " for C, found in pair)
        )

# %% [markdown]
# The rule is to take the codes of an *earlier* layer. The first layers hold what many tasks
# need, such as edges and blobs of colour; the last ones have become specialists of the old
# classes.
#
# *Gratings*: averaged over places, the rule holds. Layer 2 is ahead of layer 5, and layer
# 5 of layer 8. Without the average, layer 2 comes last of the three, so anyone who
# measures rows alone would call the rule wrong.
#
# *Hues* is the hard lesson. A child sees at once which shape is red. The pixels say it, layer 2
# keeps a little of it, and layer 8 is no better than guessing: in the source task any shape came
# in any colour, so the network learned to throw colour away. A code holds what the old task
# needed. No classifier can bring back what is not there.

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
# Here few means 10 images per class, many 40. Similar means the other shapes; very
# different, the gratings. `fine_tune` gets a new last layer, places [9], and old layers
# that move at a tenth of its rate, or at the same rate; or layers 0 to 5 are frozen;
# or the network starts from random numbers.
#
# A training that is stopped early says little about the way it was done. So here each one has 30
# epochs with 40 images per class and 48 epochs with 10, and is looked at six times on the way, on
# validation images. That takes minutes, so the kit brings the results, in
# `course/kit/pretrained/tuned.json`, with the script beside it that made them,
# `tune_shapes.py`. Do not take them on trust: the next cell repeats one of the runs,
# with your `fine_tune`.

# %% tags=["demo"]
from course.kit.pretrained.tune_shapes import EPOCHS, PARTS, tuned, tuned_numbers

right = tuned_numbers()
way = "fine-tuned"
_, looks, _ = tuned(fine_tune, freeze, tasks["gratings"], way, 40, seed=0)
print("your fine_tune:", *(f"{share:5.1f}" for share in looks))
shipped = right["gratings"]["40"][way]["validation"][0]
print("in tuned.json: ", *(f"{share:5.1f}" for share in shipped))

# %% tags=["demo"]
gratings_40 = right["gratings"]["40"]
at_end = {
    way: np.mean([draw[-1] for draw in found["validation"]])
    for way, found in gratings_40.items()
}

# %% tags=["demo"]
predict(
    "40 gratings of each direction: a very different task, and not so few images. Which way "
    "is best after 30 epochs?",
    max(at_end, key=at_end.get),
    list(at_end),
    because="there was little in the old layers that was worth protecting",
)

# %% tags=["demo"]
epochs = [EPOCHS[40] // PARTS * (part + 1) for part in range(PARTS)]
cases = {
    f"{name}, {count} of each": {
        way: found["validation"] for way, found in right[name][count].items()
    }
    for name, count in (("other shapes", "40"), ("gratings", "40"))
}
plot.tuning_lines(cases, epochs)
plot.show()

# %% [markdown]
# And all four cases, with the linear classifiers on codes beside the trainings:

# %% tags=["demo"]
table = {}
for name in ("other shapes", "gratings"):
    for count in (10, 40):
        case = table[name, count] = {}
        for title, forms, kind in (
            ("codes of layer 8", codes, 8),
            ("codes of layer 2, averaged", averages, 2),
        ):
            parts = forms[name][kind]
            C = best_strength(name, parts)
            shares = [
                linear(name, parts, count, C, part) for part in ("validation", "test")
            ]
            case[title] = tuple(shares)
        for way, found in right[name][str(count)].items():
            ends = [draw[-1] for draw in found["validation"]]
            case[way] = ends, found["test"]
print(f"{'':30}", "  ".join(f"{name} {count}".ljust(15) for name, count in table))
for way in table["gratings", 10]:
    row = (f"{spread(case[way][0]):15}" for case in table.values())
    print(f"{way:30}", "  ".join(row))

# %% [markdown]
# Read the table against the rule, one case at a time.
#
# - **Few and similar**: the linear classifier on the last codes does well, as the rule says, and
#   careful fine-tuning a little better still. One rate for all does worse and varies more: the
#   first gradients come through a random layer and spoil filters that were fine. A random start
#   is far behind.
# - **Many and similar**: the last codes and all the runs end within a few points of each
#   other, even the random start. What the old network gives here is time: compare the lines of
#   the left figure after five epochs.
# - **Few and very different**: the earlier layer, averaged, is ahead of the last one by much
#   more than the spread, and ahead of careful fine-tuning. The rule holds, with the average over
#   places.
# - **Many and very different**: the rule says to fine-tune, because the old weights are a good
#   start. After five epochs that is so. After thirty it is the other way round: the more freely
#   the old layers may move, the better, and random numbers are the best start of all. There was
#   little worth protecting.
#
# Had we stopped after five epochs, the runs of the last case would be in the order of the
# rule. So a table tells which way is best for a task, a number of images *and* a time for training.
# A rule of thumb is a first guess, and measuring is cheap.
#
# Which way would you take in each case? That is chosen by the table above, on validation. Now,
# once, the test images:

# %% tags=["demo"]
print("chosen on validation, tested once:")
for (name, count), case in table.items():
    chosen = max(case, key=lambda way: np.mean(case[way][0]))
    print(f"  {name}, {count} of each: {chosen}, {spread(case[chosen][1])}")

# %% [markdown]
# The test images give somewhat less than the validation images did, which had a say in the
# choice. That is why there are two sets of them.
#
# And a task that the network has unlearned?

# %% tags=["demo"]
for way in ("fine-tuned", "from random numbers"):
    found = right["hues"]["40"][way]
    for part in (0, PARTS - 1):
        shares = [draw[part] for draw in found["validation"]]
        print(f"hues, {way:20} after {epochs[part]:2} epochs: {spread(shares)}")

# %% [markdown]
# Starting from the old network is *worse* than starting from nothing: after five epochs by
# far, and still after thirty. This is called *negative transfer*: filters that ignore colour are
# a hard place to learn colour from.
#
# ### What the small steps protect
#
# The first layer's filters, before and after 10 images of each new shape, as your
# `filter_grid` of lesson 08 draws them:

# %% tags=["demo"]
from course.inspection import filter_grid

filters = {"as trained on ten shapes": source.layers[0].parameters["w"]}
for way in ("fine-tuned", "one rate for all"):
    network, *_ = tuned(fine_tune, freeze, tasks["other shapes"], way, 10, seed=0)
    filters[way] = network.layers[0].parameters["w"]
for ax, (title, w) in zip(plot.new_row(3, 2.5), filters.items(), strict=True):
    ax.imshow(np.clip(filter_grid(w), 0, 1).transpose(1, 2, 0))
    ax.set_title(title, loc="left", fontsize=10)
    ax.set_axis_off()
plot.show()
before, *after = filters.values()
for way, w in zip(list(filters)[1:], after, strict=True):
    moved = np.linalg.norm(w - before) / np.linalg.norm(before)
    print(f"{way:18} moved the filters by {moved:.0%} of their length")

# %% [markdown]
# Fine-tuning with small steps leaves the filters nearly as they were. With one rate for all they
# have moved about three times as far, and the table says what that was worth with 10 images of
# each: it made the network worse.

# %% [markdown]
# ## 7. Another source: photographs
#
# Lesson 08 had a twin of this network: the same layers, the same first weights, the same shapes,
# and crops of eleven photographs as well. Is it the better source, since it has seen more of the
# world? Its filters keep colour. Here it stands beside the network that saw only shapes, one
# that saw nothing, and the pixels, on the hues and on two more tasks: handwritten *digits* in
# colour, and six kinds of drawn *textures*, in any two
# colours.

# %% tags=["demo"]
from course.kit.pretrained.train import SEEN

more = ("digits", "textures", "hues")
tasks |= {name: task_images(name) for name in more if name not in tasks}
twin = untrained(np.random.default_rng(0), len(SEEN))
twin.load(pretrained("photographs"))
sources = {
    "saw nothing": untrained(np.random.default_rng(0)),
    "saw shapes": source,
    "saw photographs, too": twin,
}
for name in more[:2]:
    x, y = tasks[name].train.x[:16], tasks[name].train.y[:16]
    plot.contact_sheet(x, y, classes=tasks[name].classes)
    plot.show()

# %% tags=["demo"]
few, from_codes = (5, 20), {}
for name in more:
    for title, net in {pixels: None, **sources}.items():
        parts = {}
        for part in ("train", "validation"):
            x = getattr(tasks[name], part).x - grey
            parts[part] = x.reshape(len(x), -1) if net is None else cnn_codes(net, x, 8)
        C = best_strength(name, parts)
        from_codes[name, title] = [
            linear(name, parts, count, C, draws=5) for count in few
        ]

# %% tags=["demo"]
best_source = max(sources, key=lambda title: np.mean(from_codes["textures", title][1]))
predict(
    "Drawn textures, a linear classifier on the codes of layer 8. Which network is the best "
    "source?",
    best_source,
    list(sources),
    because="it had to tell stripes from checks in any colour; whoever names photographs may "
    "go by colour",
)

# %% tags=["demo"]
print(f"{'five draws, images per class:':32} {few[0]:^14} {few[1]:^14}")
for name in more:
    print(f"{name}, guessing {100 / len(tasks[name].classes):.0f} %")
    for title in (pixels, *sources):
        print(f"    {title:28}", "  ".join(spread(v) for v in from_codes[name, title]))

# %% [markdown]
# And fine-tuned, with 40 images of each class, from `tuned.json` again:

# %% tags=["demo"]
names_of = {
    "fine-tuned": "from shapes",
    "fine-tuned from photographs": "from photographs, too",
    "from random numbers": "from random numbers",
}
cases = {
    name: {
        title: right[name]["40"][way]["validation"] for way, title in names_of.items()
    }
    for name in more
}
plot.tuning_lines(cases, epochs)
plot.show()
print("after 30 epochs, three draws:  ", "  ".join(f"{name:14}" for name in more))
for title in names_of.values():
    ends = ([draw[-1] for draw in cases[name][title]] for name in more)
    print(f"{title:31}", "  ".join(spread(values) for values in ends))
print("\nchosen on validation, tested once:")
for name in more:
    way = max(
        names_of,
        key=lambda w: np.mean([d[-1] for d in right[name]["40"][w]["validation"]]),
    )
    print(f"  {name}: {names_of[way]}, {spread(right[name]['40'][way]['test'])}")

# %% [markdown]
# Photographs help where they kept something that shapes threw away, and nowhere else.
#
# - **Hues**: from 20 images of each the codes of the twin name nearly three times as many as those
#   of the network that saw shapes, and fine-tuned it is 20 points ahead. Still, pixels and random filters do as
#   well or better: the twin has not learned hue, it has only not unlearned it.
# - **Digits**: both sources are far ahead of pixels and of random filters, and shapes are ahead of
#   photographs. A digit is an outline in any colour, and that is what shapes teach. After
#   fine-tuning the twin is hardly better than a random start: what it gives is time.
# - **Textures**: the twin is no better than random filters, with either way. Grass and gravel
#   are textures, too; but the twin could name them by colour and grain, and here both are random.
#
# So "it has seen photographs" says little. Ask what the network *had* to tell apart. Networks
# trained on ImageNet are good sources because naming 1,000 classes in any light, colour and pose
# leaves few shortcuts; eleven photographs leave many.

# %% [markdown]
# ## 8. What a pretrained network does not let you change
#
# Its weights fit together. You can put another last layer on it, and more after that; you can
# stop at an earlier layer; and the next section gives it larger images. But you cannot take out a
# layer in the middle, or ask for more filters in it: the layer after it expects what was there.

# %% tags=["demo"]
shorter = Sequential(source.layers[:3] + source.layers[6:])
try:
    shorter.forward(two)
except ValueError as error:
    print("without layers 3 to 5:", error)
without_relu = Sequential(source.layers[:4] + source.layers[5:])
shapes_images = task_images("shapes").validation
for title, network in (
    ("the network as it is", source),
    ("without the ReLU at place 4", without_relu),
):
    share = np.mean(network.predict(shapes_images.x - grey) == shapes_images.y)
    print(f"{title:28} names {share:.0%} of its own ten shapes")

# %% [markdown]
# The first does not even run: layer 6 was made for 16 channels and is given 12. The second runs,
# and pays for it, although the ReLU has no weights: those after it were learned for numbers that
# are never negative. So whoever starts from a published network takes its architecture, too. That
# is the price of a good start.

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
# other shape, fine-tuning with a tenth of the rate names about 97 % of the validation images and
# one rate for all about 88 %, with a wide spread. The rule says that for a small and very
# different task an earlier layer serves better, and for gratings with 10 images per class it does:
# the lowest of layer 2 averaged is above the highest of layer 8. For many and very different
# images the rule says to fine-tune, and after 30 epochs the table does not: a start from random
# numbers is ahead, and its lowest value (88 %) is above the highest of careful fine-tuning (70 %).
#
# **Mark scheme (1 point).**
# - 0.25: a random layer sends back gradients that spoil good filters.
# - 0.25: two numbers that belong together.
# - 0.25: one case where the table agrees or disagrees with the rule.
# - 0.25: the difference is compared with the spread.
# ### END SOLUTION

# %% [markdown] tags=["self-check"]
# <details><summary>What a good answer contains</summary>
#
# 1. What a random last layer sends back, what that does to the old filters, and two numbers that
#    belong together: the same task and number of images, with small steps and with one rate.
# 2. One case of the four in which the table agrees or disagrees with the rule, and whether the
#    lowest of the one way is above the highest of the other.
#
# </details>

# %% [markdown]
# ## 9. The same network on a larger image
#
# Convolutions do not care how large an image is. Only the dense layer at the end does, and
# lesson 09 turned such a layer into a convolution (`dense_to_conv`, so this cell needs
# lesson 09 built). A network trained on 32x32 pixels then reads a large image in one pass,
# and gives one row of scores for each window, 8 pixels apart, since three pools halve
# three times. The image below is made of 15 images side by side.

# %% tags=["demo"]
predict(
    "Where a window is exactly one of the 15 images: does the large network give the scores "
    "that it gives for this image alone?",
    "no, they differ",
    ["yes, up to rounding", "no, they differ"],
    because="alone, an image is padded with zeros; in the large one it has neighbours",
)

# %% tags=["demo"]
from course.architectures import dense_to_conv
from course.im2col import conv_forward
from course.kit.data import colour_task

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
print(f"right alone:              {right.sum()} of 15")
right = shapes.test.y == together.argmax(axis=1)
print(f"right in the large image: {right.sum()} of 15")
print(*(f"{number} {name}" for number, name in enumerate(shapes.classes)), sep=", ")

# %% [markdown]
# Alone, an image has zeros around it; in the large image it has neighbours, and each
# padded layer looks over the fence. So the scores change, and here no answer does. The network
# of lesson 09 gave equal scores because it had no padding. Between two images the network
# sees halves of shapes, and names something all the same.

# %% [markdown]
# ## 10. Build the module
#
# | you built | used again in |
# |---|---|
# | `cnn_codes` | here: a pretrained network as a feature extractor |
# | `freeze` | here, inside `fine_tune` and by itself |
# | `fine_tune` | here, and in the script that made the tables of sections 6 and 7 |
#
# What it can do now: the 25 images from the start, and eight new ones that the classifier has
# not seen.

# %% tags=["demo"]
steps = StandardScaler(), LogisticRegression(C=C_of[8], max_iter=1000)
namer = make_pipeline(*steps)
namer.fit(codes["other shapes"][8]["train"][five_each], train_images.y[five_each])
unseen = tasks["other shapes"].test
named = namer.predict(codes["other shapes"][8]["test"])
plot.contact_sheet(unseen.x[:8], unseen.y[:8], named[:8], tasks["other shapes"].classes)
plot.show()
print(
    f"from 25 images: {100 * np.mean(named == unseen.y):.0f} % of {len(unseen)} right"
)

# %% [markdown]
# Where it leads: with torchvision, Keras or timm the source network is a ResNet trained on
# ImageNet, and the steps are yours: load it, replace the last layer, freeze or slow down the old
# ones, choose on validation. Lesson 11 is about speed. The next cell writes `course/transfer.py`
# from your functions.

# %%
from course.kit import build

build("transfer", cnn_codes, freeze, fine_tune)

# %% [markdown]
# ## Further reading
#
# - [CS231n: Transfer Learning](https://cs231n.github.io/transfer-learning/): the rule of four
#   cases, and advice on learning rates. The course's slides "Convolutional Neural Networks" take
#   theirs from it.
# - A. Razavian and others, [CNN Features off-the-shelf: an Astounding Baseline for
#   Recognition](https://arxiv.org/abs/1403.6382), 2014: codes and a linear classifier against
#   methods made for each of many tasks.
# - J. Yosinski and others, [How transferable are features in deep neural
#   networks?](https://arxiv.org/abs/1411.1792), 2014: layer after layer, how general or specific
#   they are.
# - S. Kornblith, J. Shlens and Q. Le, [Do Better ImageNet Models Transfer
#   Better?](https://arxiv.org/abs/1805.08974), 2018: sixteen networks, twelve tasks, codes against
#   fine-tuning.
# - K. He, R. Girshick and P. Dollár, [Rethinking ImageNet
#   Pre-training](https://arxiv.org/abs/1811.08883), 2018: with enough images and patience a random
#   start catches up, as in section 6.
#
# **Next:** lesson 11, [Faster](../11_faster/11_faster.ipynb). The words of the course are in the
# [glossary](../../docs/glossary.md).
