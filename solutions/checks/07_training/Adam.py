"""Adam: two means, their correction, and weight decay that stays out of both."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 2


class Weights:
    """What Adam needs of a network; its gradients are set by hand."""

    def __init__(self, **arrays):
        self.parameters = {name: np.array(value) for name, value in arrays.items()}
        self.gradients = {}
        self.layers = [self]


def path(Adam, gradients, changes=None, **options):
    """The parameter w, (1, 1), which begins at 1, after each of the steps.

    changes: attributes of the optimizer that get another value before the second step.
    """
    network, places = Weights(w=[[1.0]]), []
    optimizer = Adam(network, **options)
    for step, gradient in enumerate(gradients):
        network.gradients = {"w": np.array([[gradient]])}
        for name, value in (changes or {}).items():
            if step == 1:
                setattr(optimizer, name, value)
        optimizer.step()
        places.append(float(network.parameters["w"][0, 0]))
    return places


def two_steps(Adam, dtype, **options):
    """Two steps of weights (2, 2), a filter bank, biases, and c without a gradient."""
    network = Weights(
        a=np.array([[1.0, -2.0], [3.0, 0.5]]),
        f=np.ones((1, 1, 2, 2)),
        b=[3.0, 4.0],
        c=[[4.0]],
    )
    held = dict(network.parameters)
    gradients = {
        "a": np.array([[1.0, -100.0], [0.01, 0.0]], dtype),
        "f": np.full((1, 1, 2, 2), 2.0, dtype),
        "b": np.array([10.0, -1.0], dtype),
    }
    before = {name: gradient.copy() for name, gradient in gradients.items()}
    optimizer = Adam(network, 0.5, **options)
    for _ in range(2):
        network.gradients = gradients
        optimizer.step()
    same = all(network.parameters[name] is array for name, array in held.items())
    kept = all(np.array_equal(before[name], gradients[name]) for name in before)
    return {"parameters": network.parameters, "same": same, "gradients kept": kept}


def two_optimizers(Adam):
    """Two networks, each with an optimizer of its own, that take two steps in turns."""
    networks = Weights(w=[1.0]), Weights(w=[1.0])
    optimizers = [Adam(network, 0.1) for network in networks]
    for _ in range(2):
        for network, optimizer, gradient in zip(networks, optimizers, (2.0, -4.0)):
            network.gradients = {"w": np.array([gradient])}
            optimizer.step()
    return [round(float(network.parameters["w"][0]), 6) for network in networks]


def without_gradients(Adam):
    network = Weights(w=[[1.0]])
    Adam(network, 0.5, weight_decay=0.1).step()
    return network.parameters["w"]


def cases(t, Adam):
    def walk(*args, **options):
        return t.call(path, Adam, *args, **options)

    want = [0.9, 0.9 - 0.1 * (0.18 / 0.19) / np.sqrt(0.003996 / 0.001999)]
    t.case(
        "by hand: gradients 2, 0, learning rate 0.1",
        walk([2.0, 0.0], learning_rate=0.1),
        want,
        rtol=1e-6,
    )
    t.case(
        "a gradient of 2000 moves as far as one of 2",
        walk([2000.0, 0.0], learning_rate=0.1),
        want,
        rtol=1e-6,
    )
    t.case(
        "a gradient of -2 moves the other way",
        walk([-2.0], learning_rate=0.1),
        [1.1],
        rtol=1e-6,
    )
    t.case(
        "three gradients of one sign: three learning rates",
        walk([5.0] * 3, learning_rate=0.1),
        [0.9, 0.8, 0.7],
        rtol=1e-6,
    )
    t.case(
        "the learning rate is 0.001 unless it is said", walk([5.0]), [0.999], rtol=1e-6
    )
    t.case(
        "beta1 0.5, beta2 0.6",
        walk([2.0, -1.0, 3.0], learning_rate=0.1, beta1=0.5, beta2=0.6),
    )
    t.case(
        "eps 2, which halves a step whose gradient is 2",
        walk([2.0], learning_rate=0.1, eps=2.0),
        [0.95],
    )
    t.case(
        "weight decay 0.5: 1 - 0.1·(1 + 0.5·1)",
        walk([2.0], learning_rate=0.1, weight_decay=0.5),
        [0.85],
        rtol=1e-6,
    )
    t.case(
        "weight decay in several steps",
        walk([2.0, -1.0, 0.5], learning_rate=0.1, weight_decay=0.5),
    )
    t.case(
        "a gradient of 0, weight decay 0.5",
        walk([0.0], learning_rate=0.1, weight_decay=0.5),
        [0.95],
    )
    for name, change in [
        ("learning rate", {"learning_rate": 0.01}),
        ("weight decay", {"weight_decay": 0.5}),
        ("beta1", {"beta1": 0.5}),
        ("beta2", {"beta2": 0.5}),
    ]:
        t.case(
            f"another {name} in the second step",
            walk([2.0, -1.0], change, learning_rate=0.1),
        )
    several = t.call(two_steps, Adam, float, weight_decay=0.1)
    t.case("several parameters, and c without a gradient", several["parameters"])
    t.case("they are the same arrays as before", several["same"], True)
    t.case("the gradients are as they were", several["gradients kept"], True)
    single = t.call(two_steps, Adam, np.float32)["parameters"]
    t.case("gradients in float32: the parameters", single, rtol=1e-4, atol=1e-4)
    t.case("two optimizers", t.call(two_optimizers, Adam), [0.8, 1.2])
    t.case("no gradients yet", t.call(without_gradients, Adam), np.array([[1.0]]))


def hidden(t, Adam):
    for options in [
        {"weight_decay": 0.3},
        {"beta1": 0.7},
        {"beta2": 0.9},
        {"eps": 0.1},
    ]:
        gradients = t.normal(3).tolist()
        walk = t.call(path, Adam, gradients, learning_rate=0.02, **options)
        t.case(f"three steps, {options}", walk)


@right("arrays from the start, changed in place")
class Adam__from_the_start:
    def __init__(
        self,
        network,
        learning_rate=0.001,
        beta1=0.9,
        beta2=0.999,
        eps=1e-8,
        weight_decay=0.0,
    ):
        self.network = network
        self.learning_rate, self.beta1, self.beta2 = learning_rate, beta1, beta2
        self.eps, self.weight_decay = eps, weight_decay
        self.m = {k: np.zeros_like(p) for k, p in network.parameters.items()}
        self.v = {k: np.zeros_like(p) for k, p in network.parameters.items()}
        self.t = 0

    def step(self):
        self.t += 1
        for key, p in self.network.parameters.items():
            if key not in self.network.gradients:
                continue
            g = self.network.gradients[key]
            self.m[key] += (1 - self.beta1) * (g - self.m[key])
            self.v[key] += (1 - self.beta2) * (g * g - self.v[key])
            m_hat = self.m[key] / (1 - self.beta1**self.t)
            v_hat = self.v[key] / (1 - self.beta2**self.t)
            decay = self.weight_decay if p.ndim >= 2 else 0.0
            p[...] = p - self.learning_rate * (
                m_hat / (np.sqrt(v_hat) + self.eps) + decay * p
            )


@right("Kingma and Ba's shorter form: the corrections go into the rate")
class Adam__efficient:
    def __init__(
        self,
        network,
        learning_rate=0.001,
        beta1=0.9,
        beta2=0.999,
        eps=1e-8,
        weight_decay=0.0,
    ):
        self.__dict__.update(locals())
        self.memory = {}
        self.count = 0

    def step(self):
        self.count += 1
        first = 1 - self.beta1**self.count
        second = np.sqrt(1 - self.beta2**self.count)
        for name, gradient in self.network.gradients.items():
            parameter = self.network.parameters[name]
            m, v = self.memory.get(name, (0, 0))
            m = gradient - self.beta1 * (gradient - m)
            v = np.square(gradient) - self.beta2 * (np.square(gradient) - v)
            self.memory[name] = m, v
            if len(parameter.shape) >= 2:
                parameter *= 1 - self.learning_rate * self.weight_decay
            parameter -= (
                self.learning_rate
                * second
                / first
                * m
                / (np.sqrt(v) + second * self.eps)
            )


wrong("the step goes uphill", "parameter -= self", "parameter += self")
wrong(
    "the means are not corrected for beginning at 0",
    "square / (1 - self.beta2**self.steps)",
    "square",
    "mean / (1 - self.beta1**self.steps)",
    "mean",
)
wrong(
    "only the first mean is corrected",
    "square / (1 - self.beta2**self.steps)",
    "square",
)
wrong(
    "only the second mean is corrected", "mean / (1 - self.beta1**self.steps)", "mean"
)
wrong(
    "the steps are counted from 0: the first correction divides by 0",
    "        self.steps += 1\n",
    "        self.steps += self.network is None\n",
    "1 - self.beta2**self.steps)",
    "1 - self.beta2**self.steps + 1e-12)",
    "1 - self.beta1**self.steps)",
    "1 - self.beta1**self.steps + 1e-12)",
    named=False,
)
wrong(
    "the gradient is not squared in the second mean", "gradient**2", "np.abs(gradient)"
)
wrong(
    "the root is left out",
    "np.sqrt(square / (1 - self.beta2**self.steps))",
    "(square / (1 - self.beta2**self.steps))",
)
wrong(
    "eps stands under the root",
    "np.sqrt(square / (1 - self.beta2**self.steps)) + self.eps",
    "np.sqrt(square / (1 - self.beta2**self.steps) + self.eps)",
)
wrong(
    "beta1 and beta2 are swapped",
    "self.beta1, self.beta2, self.eps = beta1, beta2, eps",
    "self.beta1, self.beta2, self.eps = beta2, beta1, eps",
)
wrong(
    "the first mean is left out: the gradient itself moves the weight",
    "move = mean / (1 - self.beta1**self.steps) / spread",
    "move = gradient / spread",
)
wrong(
    "the steps are counted once for each parameter",
    "            parameter = parameters[name]\n",
    "            parameter = parameters[name]\n            self.steps += name != next(iter(parameters))\n",
)
wrong(
    "the weight decay is left out",
    "move = move + self.weight_decay * parameter",
    "pass",
)
wrong(
    "the weight decay is part of the gradient, as in SGD",
    "            mean = self.beta1 *",
    "            if parameter.ndim > 1:\n                gradient = gradient + self.weight_decay * parameter\n            mean = self.beta1 *",
    "            if parameter.ndim > 1:\n                move = move + self.weight_decay * parameter\n            parameter -=",
    "            parameter -=",
)
wrong("biases decay, too", "if parameter.ndim > 1:", "if True:")
wrong(
    "only matrices decay, filters do not", "parameter.ndim > 1", "parameter.ndim == 2"
)
wrong(
    "the weight decay is not multiplied by the learning rate",
    "                move = move + self.weight_decay * parameter",
    "                parameter -= self.weight_decay * parameter",
)
wrong(
    "the parameter is replaced by a copy",
    "parameter -= self.learning_rate * move",
    "parameter = parameter - self.learning_rate * move",
)
wrong(
    "the parameters that a layer holds are not changed",
    "parameter -= self.learning_rate * move",
    "parameters[name] = parameter - self.learning_rate * move",
)
wrong(
    "the learning rate cannot be changed",
    "self.steps, self.means",
    "self.rate = learning_rate\n        self.steps, self.means",
    "-= self.learning_rate",
    "-= self.rate",
)
wrong(
    "all optimizers share their means",
    "    def __init__",
    "    means, squares = {}, {}\n\n    def __init__",
    "self.steps, self.means, self.squares = 0, {}, {}",
    "self.steps = 0",
)
wrong(
    "the gradients are changed in place",
    "            parameter = parameters[name]\n",
    "            parameter = parameters[name]\n            gradient *= 1.001\n",
    named=False,
)
