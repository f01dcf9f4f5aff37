"""Batch normalisation as a layer: its arrays, its two modes, and that layers share nothing."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

# ruff: noqa: F821 an answer uses the names of its notebook

POINTS = 1

X = np.array([[1.0, 0.0], [3.0, 4.0], [5.0, 2.0], [7.0, 2.0]])


def shapes(layer):
    running = layer.running_mean, layer.running_var
    return {name: a.shape for name, a in layer.parameters.items()}, [
        a.shape for a in running
    ]


def cases(t, BatchNorm):
    layer = t.keep("layer", BatchNorm(2))
    t.case(
        "shapes", t.call(shapes, layer), ({"gamma": (2,), "beta": (2,)}, [(2,), (2,)])
    )
    start = [
        layer.parameters["gamma"],
        layer.parameters["beta"],
        layer.running_mean,
        layer.running_var,
    ]
    t.case(
        "gamma, beta, running mean and variance at the start",
        start,
        [np.ones(2), np.zeros(2), np.zeros(2), np.ones(2)],
    )
    t.case("training at the start", layer.training, True)
    t.case("gradients at the start", layer.gradients, {})
    t.case("forward in training", layer.forward(X))
    after = [layer.running_mean, layer.running_var]
    want = [np.array([0.4, 0.2]), np.array([1.4, 1.1])]
    t.case(
        "running values after one forward: 0.1·4, 0.9 + 0.1·5",
        t.steps(layer.forward(X), after),
        want,
    )
    use = t.call(setattr, layer, "training", False)
    t.case("forward in use, at the start", t.steps(use, layer.forward(X)))
    t.case(
        "forward in use, after one in training",
        t.steps(layer.forward(X), use, layer.forward(X)),
    )
    t.case(
        "running values after a forward in use",
        t.steps(use, layer.forward(X), after),
        [np.zeros(2), np.ones(2)],
    )
    maps, dout = t.normal(3, 2, 2, 3), t.normal(3, 2, 2, 3)
    scaled = layer.parameters["gamma"].fill(3.0), layer.parameters["beta"].fill(-1.0)
    back = *scaled, layer.forward(maps), layer.backward(dout)
    t.case("maps, gamma 3, beta -1: out", t.steps(*back, back[2]))
    t.case("maps: dx", t.steps(*back))
    t.case("maps: gradients", t.steps(*back, layer.gradients))
    t.case("maps in use: dx", t.steps(use, *back))
    single = maps.astype(np.float32), dout.astype(np.float32)
    t.case("float32", [layer.forward(single[0]), layer.backward(single[1])])
    again = (
        layer.forward(maps),
        layer.backward(dout),
        layer.forward(2 * maps),
        layer.backward(-dout),
    )
    t.case("a second pass: gradients", t.steps(*again, layer.gradients))
    one, two = t.keep("one", BatchNorm(2)), t.keep("two", BatchNorm(2))
    both = one.forward(X), one.parameters["gamma"].fill(5.0)
    left = [two.running_mean, two.parameters["gamma"]]
    t.case("two layers share nothing", t.steps(*both, left), [np.zeros(2), np.ones(2)])
    both = one.forward(maps), two.forward(-maps), one.backward(dout)
    t.case("two layers in turns: dx of the first", t.steps(*both))
    other = t.keep("other", BatchNorm(2, momentum=0.5, eps=3.0))
    t.case(
        "momentum 0.5, eps 3",
        t.steps(other.forward(X), [other.forward(X), other.running_mean]),
    )


def hidden(t, BatchNorm):
    layer = t.keep("layer", BatchNorm(3))
    x, dout = t.normal(4, 3, 2, 2), t.normal(4, 3, 2, 2)
    back = layer.forward(x), layer.backward(dout)
    t.case("there and back", t.steps(*back, [*back, layer.gradients]))
    t.case("rows", layer.forward(t.normal(5, 3)))


@right("settings by keyword")
class BatchNorm__keywords:
    def __init__(self, channels, momentum=0.9, eps=1e-5):
        self.settings = {"momentum": momentum, "eps": eps}
        self.parameters = {
            "gamma": np.full(channels, 1.0),
            "beta": np.full(channels, 0.0),
        }
        self.running_mean = np.zeros(channels)
        self.running_var = np.ones(channels)
        self.training = True
        self.gradients = {}

    def forward(self, x):
        self.given = batchnorm_forward(
            x,
            **self.parameters,
            running_mean=self.running_mean,
            running_var=self.running_var,
            training=self.training,
            **self.settings,
        )
        return self.given[0]

    def backward(self, dout):
        dx, *gradients = batchnorm_backward(dout, self.given[1])
        self.gradients = dict(zip(("gamma", "beta"), gradients))
        return dx


@right("an attribute for each array, dicts that hold the same arrays")
class BatchNorm__attributes:
    def __init__(self, channels, momentum=0.9, eps=1e-5):
        self.gamma, self.beta = np.ones((channels,)), np.zeros((channels,))
        self.running_mean, self.running_var = 0 * self.gamma, 1 + self.beta
        self.momentum, self.eps = momentum, eps
        self.training, self.gradients = True, {}

    @property
    def parameters(self):
        return {"gamma": self.gamma, "beta": self.beta}

    def forward(self, x):
        running = self.running_mean, self.running_var
        mode = self.training, self.momentum, self.eps
        made = batchnorm_forward(x, self.gamma, self.beta, *running, *mode)
        self.kept = made[1]
        return made[0]

    def backward(self, dout):
        dx, self.gradients["gamma"], self.gradients["beta"] = batchnorm_backward(
            dout, self.kept
        )
        return dx


@right("the formulas in the class itself, without the functions of the tasks before")
class BatchNorm__alone:
    def __init__(self, channels, momentum=0.9, eps=1e-5):
        self.parameters = {"gamma": np.ones(channels), "beta": np.zeros(channels)}
        self.gradients, self.training = {}, True
        self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)
        self.momentum, self.eps = momentum, eps

    def column(self, values, x):
        return values.astype(x.dtype).reshape((1, -1) + (1,) * (x.ndim - 2))

    def forward(self, x):
        self.over = tuple(axis for axis in range(x.ndim) if axis != 1)
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = np.mean(x, axis=self.over), np.var(x, axis=self.over)
            for kept, new in ((self.running_mean, mean), (self.running_var, var)):
                kept *= self.momentum
                kept += (1 - self.momentum) * new
        self.spread = self.column(np.sqrt(var + self.eps), x)
        self.normal = (x - self.column(mean, x)) / self.spread
        self.used_batch = self.training
        gamma, beta = self.parameters["gamma"], self.parameters["beta"]
        return self.normal * self.column(gamma, x) + self.column(beta, x)

    def backward(self, dout):
        self.gradients = {
            "gamma": np.sum(dout * self.normal, axis=self.over),
            "beta": np.sum(dout, axis=self.over),
        }
        dx = dout * self.column(self.parameters["gamma"], dout)
        if self.used_batch:
            shift = np.mean(dx, axis=self.over, keepdims=True)
            turn = np.mean(dx * self.normal, axis=self.over, keepdims=True)
            dx = dx - shift - self.normal * turn
        return dx / self.spread


wrong("gamma begins at 0", '"gamma": np.ones(channels)', '"gamma": np.zeros(channels)')
wrong(
    "the running variance begins at 0",
    "np.zeros(channels), np.ones(channels)\n",
    "np.zeros(channels), np.zeros(channels)\n",
)
wrong(
    "it always normalises with the batch",
    "            self.training,\n",
    "            True,\n",
)
wrong(
    "it always normalises with the running values",
    "            self.training,\n",
    "            False,\n",
)
wrong("training is False at first", "self.eps = True,", "self.eps = False,")
wrong(
    "the running values get changed in a copy",
    "            self.running_mean,\n            self.running_var,",
    "            self.running_mean.copy(),\n            self.running_var.copy(),",
)
wrong("momentum is always 0.9", "            self.momentum,\n", "            0.9,\n")
wrong("eps is always 1e-5", "            self.eps,\n", "            1e-5,\n")
wrong(
    "the gradients of gamma and beta are swapped",
    '{"gamma": dgamma, "beta": dbeta}',
    '{"gamma": dbeta, "beta": dgamma}',
)
wrong(
    "the gradients are not kept",
    '        self.gradients = {"gamma": dgamma, "beta": dbeta}\n',
    "",
)
wrong(
    "gradients of a second pass are added to those of the first",
    '        self.gradients = {"gamma": dgamma, "beta": dbeta}\n',
    '        for name, new in (("gamma", dgamma), ("beta", dbeta)):\n            self.gradients[name] = self.gradients.get(name, 0) + new\n',
)
wrong(
    "all layers share their running values",
    "    def __init__",
    "    shared = np.zeros(2), np.ones(2)\n\n    def __init__",
    "np.zeros(channels), np.ones(channels)\n",
    "self.shared\n",
    named=False,
)
wrong(
    "the running values are learned parameters",
    '"beta": np.zeros(channels)}',
    '"beta": np.zeros(channels), "mean": np.zeros(channels)}',
    named=False,
)
