"""How much a score hangs on each pixel."""

import numpy as np

from autograder.lessons.task_modules import right, wrong
from course.kit.checking import judge

POINTS = 2

EDGES = np.array([[[[-1.0, 1], [-1, 1]]], [[[1.0, -1], [1, -1]]]])
EDGE = np.tile([0.0, 0, 0, 0, 1, 1], (4, 1))[None]
SUMS = np.repeat(np.eye(2), 15, axis=0)  # 15 numbers of a map for each class


def cases(t, saliency, network_of):
    network, x = network_of(EDGES, SUMS), EDGE[None]
    two, one = [0.0, 0, 0, 2, 2, 0], [0.0, 0, 0, 1, 1, 0]
    t.case(
        "by hand: class 0", saliency(network, x, 0), np.array([[one, two, two, one]])
    )
    t.case("by hand: class 1", saliency(network, x, 1), np.zeros((1, 4, 6)))
    network = network_of(t.ints(2, 1, 2, 2), t.ints(12, 3))
    t.case("one image, one channel", saliency(network, t.ints(1, 1, 3, 4), 1))
    network = network_of(t.ints(3, 3, 2, 2), t.ints(18, 3))
    t.case("one image, three channels", saliency(network, t.ints(1, 3, 4, 3), 0))
    w, v, x = t.ints(2, 2, 2, 2), t.ints(12, 3), t.distinct(3, 2, 3, 4)
    network = network_of(w, v)
    t.case("three images, one label", saliency(network, x, 2))
    t.case("three images, three labels", saliency(network, x, np.array([2, 0, 1])))
    t.case("not contiguous", saliency(network, t.strided(x), np.array([0, 2, 2])))
    t.case("float32", saliency(network, x.astype("f4"), 1))

    @t.test("against a numeric gradient")
    def _(saliency, network_of):
        measured, slopes = network_of(w, v), np.empty(x.shape)
        for place in np.ndindex(x.shape):
            step = np.zeros(x.shape)
            step[place] = 1e-6
            ends = measured.forward(x + step) - measured.forward(x - step)
            slopes[place] = ends[place[0], 2] / 2e-6
        got, want = saliency(network_of(w, v), x, 2), abs(slopes).max(axis=1)
        judge.close("three images, class 2", got, want, rtol=1e-5, atol=1e-7)

    network = t.keep("network", network)
    two = saliency(network, x, 1), saliency(network, x[:2] - 1, 0)
    t.case("twice in a row: the second map", t.steps(*two))
    after = [network.parameters["0.w"], network.parameters["2.w"]]
    t.case("the weights afterwards", t.steps(saliency(network, x, 0), after), [w, v])


def hidden(t, saliency, network_of):
    for N, C, label in [(1, 1, 3), (4, 2, 1), (3, 3, [0, 4, 1]), (2, 4, [2, 2])]:
        network = network_of(t.normal(3, C, 2, 2), t.normal(60, 5))
        label = np.array(label) if isinstance(label, list) else label
        t.case(f"{N}, {C}", saliency(network, t.normal(6, 5, C, N).T, label))


@right("image by image")
def saliency__loops(network, x, label):
    N, _, H, W = x.shape
    labels = [label] * N if np.ndim(label) == 0 else list(label)
    result = np.zeros((N, H, W), x.dtype)
    for n in range(N):
        scores = network.forward(x[n : n + 1])
        dout = np.zeros(scores.shape, scores.dtype)
        dout[0, labels[n]] = 1
        gradient = network.backward(dout)[0]
        for row in range(H):
            for column in range(W):
                result[n, row, column] = max(abs(gradient[:, row, column]))
    return result


@right("a comparison makes dout")
def saliency__one_hot(network, x, label):
    scores = network.forward(x)
    label = np.broadcast_to(label, (len(x),))
    dout = (np.arange(scores.shape[1]) == label[:, None]).astype(scores.dtype)
    dx = network.backward(dout)
    return np.maximum(dx.max(axis=1), -dx.min(axis=1))


wrong("the channels are added up", ".max(axis=1)", ".sum(axis=1)")
wrong("the mean over the channels is taken", ".max(axis=1)", ".mean(axis=1)")
wrong("only the first channel is used", ".max(axis=1)", "[:, 0]")
wrong("the absolute value is forgotten", "return abs(", "return (")
wrong(
    "the absolute value is taken after the maximum over the channels",
    "(dscores)).max(axis=1)",
    "(dscores).max(axis=1))",
)
wrong(
    "the gradient of all scores is taken, not that of the label",
    "zeros_like",
    "ones_like",
)
wrong(
    "dout is the score itself, and not 1",
    "label] = 1",
    "label] = scores[np.arange(len(x)), label]",
)
wrong(
    "the gradient of the softmax loss is taken, not that of the score",
    "np.zeros_like(scores)\n",
    "np.exp(scores - scores.max(axis=1, keepdims=True))\n"
    "    dscores /= dscores.sum(axis=1, keepdims=True)\n",
    "label] = 1",
    "label] -= 1",
)
wrong(
    "the class with the highest score is taken, whatever the label",
    "label] = 1",
    "scores.argmax(axis=1)] = 1",
)
wrong("the gradient is multiplied by the image", "(dscores))", "(dscores) * x)")
wrong("the channels are kept apart", ".max(axis=1)", "")
wrong("the gradient is divided by the number of images", "= 1\n", "= 1 / len(x)\n")
wrong(
    "every image gets the label of the first one",
    "[np.arange(len(x)), label]",
    "[:, np.ravel(label)[0]]",
)
wrong(
    "float32 went in, float64 came out",
    "scores = network.forward(x)",
    "scores = network.forward(x.astype(float))",
)
wrong(
    "the network's weights are changed",
    "    return abs(",
    "    for name, slope in network.gradients.items():\n"
    "        network.parameters[name] -= 0.1 * slope\n    return abs(",
)
