"""The page's JavaScript against numpy: every layer, forward and backward, on random networks.

It runs in node where there is one, and in headless Chromium elsewhere.
"""

import base64
import json
import shutil
import subprocess

import numpy as np
import pytest

from course.architectures import DepthwiseConv2D, GlobalAveragePool, Residual
from course.kit import layers as kit
from course.kit.data.handwriting import picture_of
from course.kit.page import joined
from course.kit.page.layers import OPTIONS, describe, encoded, fixture, in_use, probes
from course.kit.receptive_field import unit_field
from course.network import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential

ENOUGH = 1e-5  # of the largest number; the page allows itself 1e-4


class BatchNorm:
    """As lesson 07 builds it, for use only: with running_mean, running_var and eps."""

    def __init__(self, channels, eps=1e-5):
        self.parameters = {"gamma": np.ones(channels), "beta": np.zeros(channels)}
        self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)
        self.training, self.eps = True, eps

    def forward(self, x):
        if self.training:
            raise RuntimeError("the page shows a network in use")
        shape = (1, -1, *[1] * (x.ndim - 2))
        self.scale = self.parameters["gamma"] / np.sqrt(self.running_var + self.eps)
        self.scale = self.scale.reshape(shape)
        moved = x - self.running_mean.reshape(shape)
        return moved * self.scale + self.parameters["beta"].reshape(shape)

    def backward(self, dout):
        return dout * self.scale


class Dropout(kit.Dropout):
    """As lesson 07 builds it, for use only."""

    def __init__(self, keep):
        super().__init__()
        self.keep, self.training = keep, True

    def forward(self, x):
        return x * 0 if self.training else x


class AvgPool2D(kit.AveragePool):
    """As lesson 06 has it: without padding."""

    def __init__(self, size=2, stride=2):
        super().__init__(size, stride)
        del self.padding

    def forward(self, x):
        self.padding = 0
        try:
            return super().forward(x)
        finally:
            del self.padding

    def backward(self, dout):
        self.padding = 0
        return super().backward(dout)


def conv(*args, **options):
    return Conv2D(*args, **options, rng=np.random.default_rng(1))


def wide(*args, **options):
    return kit.Conv(*args, **options, rng=np.random.default_rng(1))


def depthwise(*args, **options):
    return DepthwiseConv2D(*args, **options, rng=np.random.default_rng(4))


def flat(inputs, outputs):
    return Dense(inputs, outputs, rng=np.random.default_rng(2))


NETWORKS = {  # the shape of an image, and a function that gives the layers
    "conv": ((3, 6, 7), lambda: [conv(3, 4, 3, padding=1)]),
    "conv, stride 2, no padding": ((2, 7, 9), lambda: [conv(2, 3, 3, stride=2)]),
    "conv, stride 3, padding 2": ((1, 8, 5), lambda: [conv(1, 2, 3, 3, 2)]),
    "conv, 1x1": ((5, 3, 4), lambda: [conv(5, 6, 1)]),
    "conv, all of the image": ((2, 4, 4), lambda: [conv(2, 3, 4)]),
    "dilation": ((2, 9, 8), lambda: [wide(2, 3, 3, dilation=2, padding=1)]),
    "dilation and stride": ((2, 9, 9), lambda: [wide(2, 3, 2, stride=2, dilation=2)]),
    "groups": ((4, 5, 6), lambda: [wide(4, 6, 3, padding=1, groups=2)]),
    "depthwise": ((4, 5, 6), lambda: [wide(4, 4, 3, groups=4, bias=False)]),
    "depthwise of lesson 09": ((4, 5, 7), lambda: [depthwise(4, 3, 2, 1)]),
    "depthwise without bias": ((3, 6, 5), lambda: [depthwise(3, 3, bias=False)]),
    "not square": ((2, 5, 7), lambda: [wide(2, 3, (1, 3))]),
    "relu": ((2, 3, 4), lambda: [ReLU()]),
    "max pool": ((2, 6, 8), lambda: [MaxPool2D()]),
    "max pool, overlapping": ((2, 7, 9), lambda: [MaxPool2D(3, 2)]),
    "max pool, padded": ((2, 6, 8), lambda: [kit.PaddedMaxPool(2, 2, 1)]),
    "average pool": ((2, 7, 9), lambda: [kit.AveragePool(3, 2, 0)]),
    "average pool, padded": ((2, 6, 8), lambda: [kit.AveragePool(4, 2, 1)]),
    "average pool of lesson 06": ((2, 6, 8), lambda: [AvgPool2D()]),
    "global average pool": ((3, 4, 5), lambda: [GlobalAveragePool()]),
    "flatten, dense": ((2, 3, 4), lambda: [Flatten(), flat(24, 5)]),
    "dense on a volume": ((2, 3, 4), lambda: [flat(24, 5)]),
    "dense without bias": ((2, 2, 2), lambda: [kit.FullyConnected(8, 3, bias=False)]),
    "softmax": ((2, 2, 2), lambda: [flat(8, 5), kit.Softmax()]),
    "softmax of a volume": ((3, 4, 5), lambda: [kit.Softmax()]),
    "batch norm": ((3, 4, 5), lambda: [BatchNorm(3)]),
    "batch norm of rows": ((2, 2, 3), lambda: [flat(12, 4), BatchNorm(4)]),
    "batch norm of the kit": ((3, 4, 5), lambda: [kit.BatchNorm(3)]),
    "dropout": ((2, 3, 4), lambda: [Dropout(0.5)]),
    "response norm": ((6, 3, 4), lambda: [kit.LocalResponseNorm(5, 0.1, 0.75, 2.0)]),
    "pad and crop": ((2, 5, 6), lambda: [kit.Pad(1, 2), kit.Crop(1, 2)]),
    "residual": (
        (3, 5, 6),
        lambda: [
            Residual(Sequential([conv(3, 3, 3, padding=1), ReLU()])),
            Residual(Sequential([conv(3, 4, 1)]), conv(3, 4, 1)),
        ],
    ),
    "branches": (
        (3, 5, 6),
        lambda: [
            kit.Branches(
                [conv(3, 2, 1), Sequential([conv(3, 4, 3, padding=1), ReLU()])]
            ),
            GlobalAveragePool(),
            flat(6, 3),
        ],
    ),
    "stack": (
        (2, 13, 17),
        lambda: [
            conv(2, 3, 5, padding=2),
            ReLU(),
            kit.Pad(0, 1),
            MaxPool2D(),
            Sequential([wide(3, 4, 2, stride=2, dilation=2), ReLU()]),
        ],
    ),
    "all together": (
        (3, 13, 10),
        lambda: [
            conv(3, 4, 3, padding=1),
            BatchNorm(4),
            ReLU(),
            kit.Pad(0, 1),
            kit.Crop(0, 1),
            MaxPool2D(2, 2),
            Sequential([wide(4, 6, 3, stride=2, groups=2), ReLU()]),
            Dropout(0.5),
            Flatten(),
            flat(36, 7),
        ],
    ),
}


@pytest.fixture
def run_js(request):
    """`run_js(expression, *given)`: its value, with network.js and strokes.js at hand."""
    node = shutil.which("node")

    def run(expression, *given):
        code = (
            "const modules = {};\n"
            + "".join(
                joined(entry).split("\n", 1)[1]
                for entry in ("network.js", "strokes.js")
            )
            + "const { Network, decoded, im2col, occlusion, saliency, selfTest, "
            'spread, untrained, contributions } = modules["network.js"];\n'
            'const { fitted, painted, penFor } = modules["strokes.js"];\n'
            'const { volume } = modules["layers.js"];\n'
            f"const given = {json.dumps(given)};\n"
        )
        if node is None:
            page = request.getfixturevalue("page")
            page.get("about:blank")
            return json.loads(
                page.execute_script(f"{code}\nreturn JSON.stringify({expression});")
            )
        done = subprocess.run(
            [node, "--input-type=module", "-"],
            input=f"{code}\nprocess.stdout.write(JSON.stringify({expression}));",
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def network_of(name, seed=0):
    """One of NETWORKS with random parameters and statistics, and a random image."""
    shape, layers = NETWORKS[name]
    rng = np.random.default_rng(seed)
    network = Sequential(layers())
    for array in network.parameters.values():
        array[...] = rng.standard_normal(array.shape)
    for layer in network.layers:
        for names in (("running_mean", "running_var"), ("mean", "variance")):
            if hasattr(layer, names[0]):
                K = len(getattr(layer, names[0]))
                setattr(layer, names[0], rng.standard_normal(K))
                setattr(layer, names[1], rng.uniform(0.5, 2, K))
    return network, rng.standard_normal((1, *shape))


def close(got, wanted):
    wanted = np.ravel(wanted)
    got = np.array(got, float).ravel()
    assert got.shape == wanted.shape
    assert np.isfinite(got).all()
    scale = max(1, abs(wanted).max(initial=0))
    assert abs(got - wanted).max(initial=0) / scale < ENOUGH


BOTH_WAYS = """(() => {
  const [nodes, weights, shape, x, dout] = given;
  const network = new Network(nodes, weights);
  const image = volume(shape, decoded(x));
  const outs = network.forward(image);
  const found = network.backward(image, outs, decoded(dout));
  return { outs: outs.map((each) => [each.shape, [...each.data]]), dx: [...found.input.data] };
})()"""


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_compute_what_numpy_does(run_js, name):
    network, x = network_of(name)
    network = in_use(network)
    found = describe(network, x)
    dout = np.random.default_rng(3).standard_normal(found.outs[-1].shape)
    network.forward(x)
    dx = network.backward(dout)

    got = run_js(
        BOTH_WAYS,
        found.nodes,
        encoded(found.weights),
        x.shape[1:],
        encoded(x),
        encoded(dout),
    )

    for (shape, data), out in zip(got["outs"], found.outs, strict=True):
        assert tuple(shape) == out.shape[1:]
        close(data, out)
    close(got["outs"][-1][1], network.forward(x))
    close(got["dx"], dx)


def test_every_layer_that_python_describes_is_compared():
    described = {
        node["name"].split()[-1]
        for name in NETWORKS
        for network, x in [network_of(name)]
        for node in describe(in_use(network), x).nodes
    }
    assert described == {*OPTIONS, "Residual", "Branches"}


def test_largest_of_equal_numbers_is_the_first(run_js):
    """The switches of equal maxima are those of numpy's argmax."""
    network = Sequential([MaxPool2D(3, 2)])
    x = np.zeros((1, 1, 5, 5))
    found = describe(network, x)
    dout = np.arange(1.0, 5).reshape(1, 1, 2, 2)
    got = run_js(BOTH_WAYS, found.nodes, "", (1, 5, 5), encoded(x), encoded(dout))
    close(got["dx"], network.backward(dout))


@pytest.mark.parametrize("name", ["all together", "branches", "softmax"])
def test_the_self_test_passes_and_can_fail(run_js, name):
    network, x = network_of(name)
    network = in_use(network)
    found = describe(network, x)
    program = """(() => {
      const [nodes, weights, fixture, change] = given;
      const network = new Network(nodes, weights);
      if (change !== null) network.nodes.find((node) => node.w).w.data[0] += change;
      return Math.max(...selfTest(network, fixture).map(({ error }) => error));
    })()"""
    given = found.nodes, encoded(found.weights), fixture(network, x)
    assert run_js(program, *given, None) < ENOUGH
    assert run_js(program, *given, 0.1) > 1e-4
    given[2]["scores"] = encoded(np.full(found.outs[-1].size, 1e3))
    assert run_js(program, *given, None) > 1e-4


def test_probes_are_taken_at_the_same_places(run_js):
    for count in (1, 31, 32, 33, 1000):
        places = run_js("spread(given[0], 32)", count)
        assert probes(np.arange(count)).tolist() == places


def test_a_damaged_number_is_no_agreement(run_js):
    network, x = network_of("dense on a volume")
    found = describe(network, x)
    program = """(() => {
      const network = new Network(given[0], given[1]);
      network.nodes[0].w.data[0] = NaN;
      return selfTest(network, given[2]).every(({ error }) => error <= 1e-4);
    })()"""
    given = found.nodes, encoded(found.weights), fixture(network, x)
    assert run_js(program, *given) is False


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("conv, stride 2, no padding", 0),
        ("conv, stride 3, padding 2", 0),
        ("dilation", 0),
        ("dilation and stride", 0),
        ("depthwise of lesson 09", 0),
        ("all together", 1),
        ("max pool, overlapping", 0),
        ("stack", 3),
        ("stack", 4),
    ],
)
def test_receptive_fields_are_those_that_python_measures(run_js, name, place):
    network, x = network_of(name)
    network = in_use(network)
    found = describe(network, x)
    field = unit_field(network, place, x.shape[1:])
    for unit in ((0, 0), (1, 1)):
        got = run_js(
            "(new Network(given[0], given[1])).field(...given[2])",
            found.nodes,
            encoded(found.weights),
            [place, *unit],
        )
        top, left = field.corner(*unit)
        assert got == {
            "top": top,
            "left": left,
            "height": field.size[0],
            "width": field.size[1],
        }


@pytest.mark.parametrize(
    "name", ["conv, stride 2, no padding", "conv, stride 3, padding 2"]
)
def test_columns_are_those_of_im2col(run_js, name):
    from course.im2col import im2col

    network, x = network_of(name)
    layer = network.layers[0]
    found = describe(network, x)
    got = run_js(
        "(() => { const network = new Network(given[0], given[1]);"
        "const cols = im2col(network.nodes[0], volume(given[2], decoded(given[3])));"
        "return [cols.shape, [...cols.data]]; })()",
        found.nodes,
        encoded(found.weights),
        x.shape[1:],
        encoded(x),
    )
    cols = im2col(x, 3, 3, layer.stride, layer.padding)[0]
    assert tuple(got[0]) == cols.shape
    close(got[1], cols)


@pytest.mark.parametrize("name", ["conv", "groups", "dilation", "dense on a volume"])
def test_a_unit_is_the_sum_of_what_its_channels_add(run_js, name):
    network, x = network_of(name)
    found = describe(network, x)
    out = found.outs[-1][0]
    row, column = (1, 2) if out.ndim == 3 else (0, 0)
    got = run_js(
        "(() => { const network = new Network(given[0], given[1]);"
        "return contributions(network.nodes[0], volume(given[2], decoded(given[3])), ...given[4]); })()",
        found.nodes,
        encoded(found.weights),
        x.shape[1:],
        encoded(x),
        [2, row, column],
    )
    wanted = out[2, row, column] if out.ndim == 3 else out[2]
    close([sum(got["sums"]) + got["bias"]], [wanted])


def test_saliency_and_occlusion_are_those_of_lesson_seeing(run_js):
    from course.inspection import occlusion_map
    from course.inspection import saliency as seen

    network, x = network_of("all together")
    network = in_use(network)
    found = describe(network, x)
    got = run_js(
        """(() => {
          const [nodes, weights, shape, x] = given;
          const network = new Network(nodes, weights);
          const image = volume(shape, decoded(x));
          const dscores = new Float32Array(7);
          dscores[3] = 1;
          const found = network.backward(image, network.forward(image), dscores);
          const steps = occlusion(network, image, 3, 4, 3, [0.5]);
          let step = steps.next();
          while (!step.done) step = steps.next();
          return [[...saliency(found.input).data], step.value.shape, [...step.value.data]];
        })()""",
        found.nodes,
        encoded(found.weights),
        x.shape[1:],
        encoded(x),
    )
    close(got[0], seen(network, x, 3)[0])
    wanted = occlusion_map(network, x[0], 3, 4, 3, 0.5)
    assert tuple(got[1][1:]) == wanted.shape
    close(got[2], wanted)


DRAWINGS = {
    "a dot": [[[0.5, 0.5]]],
    "a line": [[[0.2, 0.3], [0.8, 0.35]]],
    "three": [
        [
            [0.32, 0.2],
            [0.42, 0.1],
            [0.56, 0.1],
            [0.65, 0.2],
            [0.48, 0.45],
            [0.69, 0.67],
        ],
        [[0.1, 0.9], [0.3, 0.95], [0.3, 0.95]],
    ],
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_becomes_the_picture_that_python_makes(run_js, name):
    strokes = DRAWINGS[name]
    got = run_js(
        "[...fitted(given[0].map((points) => ({ points: points.map(([x, y]) => [8 * x, 8 * y]) })), [1, 8, 8]).data]",
        strokes,
    )
    # A place of the pen may fall on the edge between two pixels of the bitmap: one of 16.
    apart = abs(np.reshape(got, (8, 8)) - picture_of(strokes))
    assert apart.max() <= 1 / 16 and (apart > 0).mean() < 0.05


def test_strokes_are_painted_over_a_picture(run_js):
    base = np.full((3, 6, 9), 0.25)
    got = run_js(
        "[...painted(volume([3, 6, 9], decoded(given[0])), [{ points: [[0, 3], [9, 3]], colour: [1, 0, 0.25], width: 2 }]).data]",
        encoded(base),
    )
    red, green, blue = np.reshape(got, (3, 6, 9))
    assert (red[2:4] == 1).all() and (green[2:4] == 0).all() and (blue == 0.25).all()
    assert (red[:2] == 0.25).all() and (green[4:] == 0.25).all()


def test_untrained_weights_are_spread_as_those_of_the_layers(run_js):
    network = Sequential([conv(8, 64, 5), flat(64, 10)])
    found = describe(network, np.zeros((1, 8, 5, 5)))
    got = run_js(
        "untrained(new Network(given[0], given[1]), 1).nodes.map((node) => [[...node.w.data], [...node.b.data]])",
        found.nodes,
        encoded(found.weights),
    )
    for (w, b), inputs in zip(got, (200, 64), strict=True):
        assert abs(np.std(w) / np.sqrt(2 / inputs) - 1) < 0.1
        assert abs(np.mean(w)) < 0.1 * np.std(w)
        assert not any(b)


def test_numbers_survive_their_way_as_text(run_js):
    numbers = np.array([0, -0.0, 1 / 3, -1e-30, 3.4e38, np.pi], np.float32)
    assert np.array_equal(
        np.array(run_js("[...decoded(given[0])]", encoded(numbers)), np.float32),
        numbers,
    )
    assert base64.b64decode(encoded(numbers)) == numbers.astype("<f4").tobytes()
