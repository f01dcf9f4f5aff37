"""Trains the networks of train.py on, for other tasks, and writes tuned.json beside this file.

    python -m course.kit.pretrained.tune_shapes

Lesson 10 shows these numbers: training until more of it changes little takes minutes, which
is too long for a page. `tuned` is one of the trainings, and takes seconds. Every training
has PARTS equal parts: after each of them the network is looked at on validation images, and
once, at the end, on test images.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course.kit.data import Dataset, colour_task
from course.kit.pretrained import FOLDER, pretrained
from course.kit.pretrained.train import SEEN, ten_layers
from course.kit.training import one_thread
from course.network import Dense

GREY = np.float32(0.5)  # the network was trained on pixel values minus 0.5
DRAWS = 3  # random choices of the images to learn from
EPOCHS = {10: 48, 40: 30}  # by images per class: few images are visited more often
PARTS = 6
LEARNING_RATE, WEIGHT_DECAY, BATCH_SIZE = 0.02, 0.001, 16
NUMBERS = FOLDER / "tuned.json"


@dataclass(frozen=True)
class Way:
    """Where the weights come from, how fast the old layers move, and which are frozen."""

    start: str | None = "shapes"
    slower: float = 0.1
    frozen: tuple[int, ...] = ()


WAYS = {
    "fine-tuned": Way(),
    "fine-tuned, layers 0-5 frozen": Way(frozen=(0, 1, 2, 3, 4, 5)),
    "one rate for all": Way(slower=1.0),
    "from random numbers": Way(start=None, slower=1.0),
    "fine-tuned from photographs": Way(start="photographs"),
}
FOUR = tuple(WAYS)[:4]  # all that start from shapes or from nothing
STARTS = ("fine-tuned", "fine-tuned from photographs", "from random numbers")

CASES = {  # (task, images per class): the ways that are tried
    ("other shapes", 10): FOUR,
    ("other shapes", 40): FOUR,
    ("gratings", 10): FOUR,
    ("gratings", 40): FOUR,
    ("hues", 40): STARTS,
    ("digits", 40): STARTS,
    ("textures", 40): STARTS,
}


def task_images(name: str) -> Dataset:
    """A task of lesson 10: 600 images to learn from, 240 to choose by, 240 to test."""
    return colour_task(name, train=600, validation=240, test=240)


def some(y: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The places of `count` random images of each class, given the labels y."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(y == label))[:count] for label in set(y)]
    return np.concatenate(rows)


def tuned(
    fine_tune: Callable,
    freeze: Callable,
    task: Dataset,
    way: str,
    count: int,
    seed: int,
) -> tuple[Any, list[float], float]:
    """Train on `count` images per class: (network, validation shares, test share).

    fine_tune and freeze are those of lesson 10. The shares are percentages of right
    answers: on validation after each part, on test at the end. Raises KeyError for
    another way.
    """
    chosen = WAYS[way]
    rng = np.random.default_rng(seed)
    network = ten_layers(rng, len(SEEN) if chosen.start == "photographs" else 10)
    if chosen.start:
        network.load(pretrained(chosen.start))
    network.layers[-1] = Dense(320, len(task.classes), rng=rng)
    view = freeze(network, chosen.frozen) if chosen.frozen else network
    rows = some(task.train.y, count, seed)
    looks = []
    for _ in range(PARTS):
        fine_tune(
            view,
            task.train.x[rows] - GREY,
            task.train.y[rows],
            new=[9],
            learning_rate=LEARNING_RATE,
            slower=chosen.slower,
            epochs=EPOCHS[count] // PARTS,
            batch_size=BATCH_SIZE,
            weight_decay=WEIGHT_DECAY,
            rng=rng,
            show=False,
        )
        looks.append(share(network, *task.validation))
    return network, looks, share(network, *task.test)


def share(network: Any, x: np.ndarray, y: np.ndarray) -> float:
    """Percent of the images that the network names with their label."""
    return 100 * float(np.mean(network.predict(x - GREY) == y))


def tuned_numbers() -> dict:
    """The numbers of tuned.json: [task][images per class][way] of "validation" and "test".

    "validation" has a list for each draw, with a percentage after each part; "test" one
    percentage for each draw.
    """
    return json.loads(NUMBERS.read_text(encoding="utf-8"))["right"]


def measure(name: str, count: int, way: str) -> dict[str, list]:
    """What tuned.json says about a way, from all draws; percentages with one digit."""
    from course.transfer import fine_tune, freeze

    task = task_images(name)
    found = [
        tuned(fine_tune, freeze, task, way, count, seed)[1:] for seed in range(DRAWS)
    ]
    return {
        "validation": [[round(look, 1) for look in looks] for looks, _ in found],
        "test": [round(test, 1) for _, test in found],
    }


def main(path: Path = NUMBERS) -> None:
    """Train all CASES, and write what was measured."""
    one_thread()
    right: dict = {}
    for (name, count), ways in CASES.items():
        for way in ways:
            case = right.setdefault(name, {}).setdefault(str(count), {})
            case[way] = measure(name, count, way)
            print(f"{name}, {count} per class, {way}: {case[way]}")
    made = "Made by python -m course.kit.pretrained.tune_shapes, which says how."
    text = json.dumps({"about": made, "right": right}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
