"""One library that trains, in a process of its own: reads requests, writes times.

Started by training.py as `python training_worker.py course|fast|torch`. The first line it
writes says whether it can run, every other one answers one request. All lines are JSON.
Both do the same work: shuffled batches, forward, softmax loss, backward, SGD with momentum
0.9, and the loss and the number of right answers noted down for every step.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable

import numpy as np

Epoch = Callable[[], list[float]]
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
CLASSES = 10
LEARNING_RATE = 0.02


def images(task: dict) -> tuple[np.ndarray, np.ndarray]:
    """x in float32 and labels: the same in every process. Their content costs no time."""
    rng = np.random.default_rng(0)
    x = rng.random((task["N"], task["C"], task["H"], task["W"]), dtype=np.float32) - 0.5
    return x, rng.integers(0, CLASSES, task["N"])


def weights(task: dict) -> list[np.ndarray]:
    """Where all begin: filters, biases and, normalised, scales and shifts of each
    convolution; then dense weights (D, M) and biases.
    """
    rng = np.random.default_rng(1)
    arrays, C, H, W = [], task["C"], task["H"], task["W"]
    for K, F, pooled in task["convolutions"]:
        arrays += [rng.standard_normal((K, C, F, F)) * np.sqrt(2 / (C * F * F))]
        arrays += [np.zeros(K)]
        arrays += [np.ones(K), np.zeros(K)] if task["normalised"] else []
        C, H, W = (K, H // 2, W // 2) if pooled else (K, H, W)
    D = C * H * W
    dense = rng.standard_normal((D, CLASSES)) * np.sqrt(2 / D)
    return [*arrays, dense, np.zeros(CLASSES)]


def course_epoch(task: dict) -> Epoch:
    """An epoch with the layers of lesson 06, and batch normalisation of lesson 07."""
    from course.network import SGD, Conv2D, Dense, MaxPool2D, ReLU, Sequential, train

    layers, C = [], task["C"]
    for K, F, pooled in task["convolutions"]:
        layers.append(Conv2D(C, K, F, padding=F // 2))
        if task["normalised"]:
            layers.append(importlib.import_module("course.training").BatchNorm(K))
        layers += [ReLU(), MaxPool2D()] if pooled else [ReLU()]
        C = K
    starts = weights(task)
    network = Sequential([*layers, Dense(*starts[-2].shape)])
    for array, start in zip(network.parameters.values(), starts, strict=True):
        array[...] = start
    x, y = images(task)
    optimizer = SGD(network, LEARNING_RATE)

    def epoch() -> list[float]:
        rng = np.random.default_rng(2)
        options = {"batch_size": task["batch"], "rng": rng, "show": False}
        return train(network, x, y, 1, optimizer=optimizer, **options)["loss"]

    return epoch


def fast_epoch(task: dict) -> Epoch:
    """The same with the convolutions of lesson 11 instead of lesson 04's."""
    network, fast = map(importlib.import_module, ("course.network", "course.fast"))
    network.conv_forward = fast.conv_forward
    network.conv_backward = fast.conv_backward
    return course_epoch(task)


def torch_epoch(task: dict) -> Epoch:
    """The same epoch in PyTorch, with one thread."""
    torch = importlib.import_module("torch")
    nn = torch.nn
    torch.set_num_threads(1)
    layers, C = [], task["C"]
    for K, F, pooled in task["convolutions"]:
        layers.append(nn.Conv2d(C, K, F, padding=F // 2))
        layers += [nn.BatchNorm2d(K)] if task["normalised"] else []
        layers += [nn.ReLU(), nn.MaxPool2d(2)] if pooled else [nn.ReLU()]
        C = K
    *starts, dense, dense_b = weights(task)
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(*dense.shape))
    starts = [*starts, np.ascontiguousarray(dense.T), dense_b]
    with torch.no_grad():
        for parameter, start in zip(network.parameters(), starts, strict=True):
            parameter.copy_(torch.from_numpy(start))
    x, y = (torch.from_numpy(array) for array in images(task))
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=0.9)

    def epoch() -> list[float]:
        order = np.random.default_rng(2).permutation(len(x))
        losses, right = [], 0
        for start in range(0, len(x), task["batch"]):
            rows = torch.from_numpy(order[start : start + task["batch"]])
            labels = y[rows]
            optimizer.zero_grad()
            scores = network(x[rows])
            loss = nn.functional.cross_entropy(scores, labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            right += int((scores.argmax(dim=1) == labels).sum())
        return losses

    return epoch


MAKERS = {"course": course_epoch, "fast": fast_epoch, "torch": torch_epoch}


def main() -> None:
    kind = sys.argv[1]
    try:
        version = importlib.import_module("torch" if kind == "torch" else "numpy")
        if kind != "torch":
            importlib.import_module("course.network")
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        return
    print(json.dumps({"version": version.__version__}), flush=True)
    np.empty(31 * 2**20, np.uint8)  # so that the C library keeps freed memory
    epochs: dict[str, Epoch] = {}
    for line in sys.stdin:
        request = json.loads(line)
        task = request["task"]
        answer = {}
        if task["name"] not in epochs:
            epochs[task["name"]] = MAKERS[kind](task)
            answer["losses"] = epochs[task["name"]]()  # the first epoch is not timed
        clock = CLOCKS[request["clock"]]
        started = clock()
        epochs[task["name"]]()
        answer["seconds"] = clock() - started
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
