"""A step downhill: momentum, weight decay, and whose arrays are changed."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1


class Weights:
    """What SGD needs of a network; its gradients are set by hand."""

    def __init__(self, **arrays):
        self.parameters = {name: np.array(value) for name, value in arrays.items()}
        self.gradients = {}
        self.layers = [self]


def path(SGD, gradients, changes=None, **options):
    """The parameter w, which begins at 1, after each of the steps.

    changes: attributes of the optimizer that get another value before the second step.
    """
    network, places = Weights(w=[1.0]), []
    optimizer = SGD(network, **options)
    for step, gradient in enumerate(gradients):
        network.gradients = {"w": np.array([gradient])}
        for name, value in (changes or {}).items():
            if step == 1:
                setattr(optimizer, name, value)
        optimizer.step()
        places.append(float(network.parameters["w"][0]))
    return places


def two_steps(SGD, dtype):
    """Two steps of several parameters: a with 2 numbers, b with 1, c without a gradient."""
    network = Weights(a=[1.0, -2.0], b=[[3.0]], c=[4.0])
    held = dict(network.parameters)
    gradients = {"a": np.ones(2, dtype), "b": np.array([[10.0]], dtype)}
    optimizer = SGD(network, 0.5, 0.9, 0.1)
    for _ in range(2):
        network.gradients = gradients
        optimizer.step()
    same = [network.parameters[name] is array for name, array in held.items()]
    return {"parameters": network.parameters, "same": same, "gradients": gradients}


def two_optimizers(SGD):
    """Two networks, each with an optimizer of its own, that take two steps in turns."""
    networks = Weights(w=[1.0]), Weights(w=[1.0])
    optimizers = [SGD(network, 0.1) for network in networks]
    for _ in range(2):
        for network, optimizer, gradient in zip(networks, optimizers, (2.0, -4.0)):
            network.gradients = {"w": np.array([gradient])}
            optimizer.step()
    return [float(network.parameters["w"][0]) for network in networks]


def without_gradients(SGD):
    network = Weights(w=[1.0])
    SGD(network, 0.5, weight_decay=0.1).step()
    return network.parameters["w"]


def cases(t, SGD):
    walk = t.call(path, SGD, [2.0, 2.0, 0.0], learning_rate=0.1)
    t.case("by hand: gradients 2, 2, 0", walk, [0.8, 0.42, 0.078])
    plain, both = (
        {"momentum": 0.0, "weight_decay": 0.5},
        {"momentum": 0.5, "weight_decay": 0.5},
    )
    walk = t.call(path, SGD, [2.0], learning_rate=0.1, **plain)
    t.case("by hand: momentum 0, weight decay 0.5", walk, [0.75])
    walk = t.call(path, SGD, [2.0, 2.0], learning_rate=0.1, **both)
    t.case("by hand: momentum 0.5, weight decay 0.5", walk, [0.75, 0.3875])
    for name, change, options, want in [
        ("learning rate", {"learning_rate": 0.01}, {}, [0.8, 0.762]),
        ("momentum", {"momentum": 0.5}, {}, [0.8, 0.5]),
        ("weight decay", {"weight_decay": 0.5}, {"momentum": 0.0}, [0.8, 0.56]),
    ]:
        walk = t.call(path, SGD, [2.0, 2.0], change, learning_rate=0.1, **options)
        t.case(f"by hand: another {name} in the second step", walk, want)
    several = t.call(two_steps, SGD, float)
    want = {
        "a": np.array([-0.5675, -3.14]),
        "b": np.array([[-11.6775]]),
        "c": np.array([4.0]),
    }
    t.case("two parameters, and c without a gradient", several["parameters"], want)
    t.case("they are the same arrays as before", several["same"], [True] * 3)
    gradients = {"a": np.ones(2), "b": np.array([[10.0]])}
    t.case("the gradients after the steps", several["gradients"], gradients)
    single = t.call(two_steps, SGD, np.float32)["parameters"]
    t.case("gradients in float32: the parameters", single, want, rtol=1e-6)
    t.case("two optimizers", t.call(two_optimizers, SGD), [0.42, 2.16])
    t.case("no gradients yet", t.call(without_gradients, SGD), np.array([1.0]))


def hidden(t, SGD):
    for options in [{"weight_decay": 0.3}, {"momentum": 0.5}, {"momentum": 0.0}]:
        gradients = t.normal(5).tolist()
        walk = t.call(path, SGD, gradients, learning_rate=0.02, **options)
        t.case(f"five steps, {options}", walk)


@right("a velocity for every parameter from the start")
class SGD__from_the_start:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network, self.learning_rate = network, learning_rate
        self.momentum, self.weight_decay = momentum, weight_decay
        self.v = {k: np.zeros_like(p) for k, p in network.parameters.items()}

    def step(self):
        gradients = self.network.gradients
        for key, p in self.network.parameters.items():
            if key in gradients:
                self.v[key] *= self.momentum
                self.v[key] += gradients[key] + self.weight_decay * p
                p[...] = p - self.learning_rate * self.v[key]


@right("layer by layer")
class SGD__layers:
    def __init__(self, network, learning_rate, momentum=0.9, weight_decay=0.0):
        self.network = network
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.memory = {}

    def step(self):
        for place, layer in enumerate(self.network.layers):
            for name, gradient in layer.gradients.items():
                array = layer.parameters[name]
                last = self.memory.get((place, name), np.zeros_like(array))
                new = self.momentum * last + (gradient + self.weight_decay * array)
                np.subtract(array, self.learning_rate * new, out=array)
                self.memory[place, name] = new


wrong(
    "the step goes uphill",
    "parameter -= self.learning_rate * velocity",
    "parameter += self.learning_rate * velocity",
)
wrong(
    "the momentum is left out",
    "self.momentum * self.velocities.get(name, 0.0) + push",
    "push",
)
wrong("the gradient counts only 1 - momentum", "+ push", "+ (1 - self.momentum) * push")
wrong("the momentum is always 1", "self.momentum * self.velocities", "self.velocities")
wrong("the last gradient is remembered, not the velocity", "= velocity", "= push")
wrong(
    "the parameter is replaced by a copy",
    "parameter -= self.learning_rate * velocity",
    "parameter = parameter - self.learning_rate * velocity",
)
wrong(
    "the parameters that a layer holds are not changed",
    "parameter -= self.learning_rate * velocity",
    "parameters[name] = parameter - self.learning_rate * velocity",
)
wrong(
    "the weight decay is left out",
    "gradient + self.weight_decay * parameter\n",
    "1 * gradient\n",
)
wrong(
    "the weight decay makes the weights larger",
    "push = gradient + self",
    "push = gradient - self",
)
wrong(
    "the weight decay is not multiplied by the learning rate",
    "push = gradient + self.weight_decay * parameter",
    "push = gradient",
    "self.learning_rate * velocity",
    "self.learning_rate * velocity + self.weight_decay * parameter",
)
wrong(
    "the weight decay does not go into the velocity",
    "push = gradient + self.weight_decay * parameter",
    "push = gradient",
    "self.learning_rate * velocity",
    "self.learning_rate * (velocity + self.weight_decay * parameter)",
)
wrong(
    "the learning rate is part of the velocity",
    "+ push",
    "+ self.learning_rate * push",
    "self.learning_rate * velocity",
    "velocity",
)
wrong(
    "the learning rate cannot be changed",
    "self.velocities = {}",
    "self.velocities = {}\n        self.rate = learning_rate",
    "-= self.learning_rate",
    "-= self.rate",
)
wrong(
    "the momentum cannot be changed",
    "self.velocities = {}",
    "self.velocities = {}\n        self.inertia = momentum",
    "velocity = self.momentum",
    "velocity = self.inertia",
)
wrong(
    "the weight decay cannot be changed",
    "self.velocities = {}",
    "self.velocities = {}\n        self.decay = weight_decay",
    "gradient + self.weight_decay * parameter\n",
    "gradient + self.decay * parameter\n",
)
wrong(
    "the gradients are changed in place",
    "push = gradient + self.weight_decay * parameter",
    "push = gradient\n            push += self.weight_decay * parameter",
)
wrong(
    "a parameter without a gradient decays",
    "for name, gradient in self.network.gradients.items():\n            parameter = parameters[name]",
    "for name, parameter in parameters.items():\n            gradient = self.network.gradients.get(name, 0.0)",
)
wrong(
    "all optimizers share their velocities",
    "    def __init__",
    "    velocities = {}\n\n    def __init__",
    "        self.velocities = {}\n",
    "",
)
wrong(
    "all parameters share one velocity",
    "self.velocities.get(name, 0.0)",
    'np.sum(self.velocities.get("all", 0.0))',
    "self.velocities[name]",
    'self.velocities["all"]',
    named=False,
)
