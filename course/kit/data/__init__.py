"""Images for the lessons: `from course.kit.data import photograph, split_digits, colour_task`.

Every function returns arrays in the course's layout, channels before height and width, as
floats from 0 (black) to 1 (white). The tasks of drawn images are here by name, each as one
Dataset.
"""

from collections.abc import Callable
from dataclasses import dataclass

from course.kit.data.cifar import cifar10, has_cifar10
from course.kit.data.handwriting import (
    colour_digits,
    digits,
    scanned_digits,
    split_digits,
)
from course.kit.data.photographs import (
    LUMINANCE,
    PHOTOGRAPHS,
    TURNS,
    photo_crops,
    photograph,
    random_patches,
    shrink_blocks,
    to_grey,
    turned_crops,
)
from course.kit.data.shapes import (
    HUE_NAMES,
    OTHER_SHAPE_NAMES,
    SHAPE_NAMES,
    colour_shapes,
    other_shapes,
    placed_shape,
    shape_hues,
)
from course.kit.data.splits import (
    SPLITS,
    Dataset,
    DataUnavailable,
    Split,
    WrongFormat,
    WrongInput,
)
from course.kit.data.textures import (
    GRATING_NAMES,
    TEXTURE_NAMES,
    gratings,
    textures,
)

__all__ = [
    "GRATING_NAMES",
    "HUE_NAMES",
    "LUMINANCE",
    "OTHER_SHAPE_NAMES",
    "PHOTOGRAPHS",
    "SHAPE_NAMES",
    "SPLITS",
    "TASKS",
    "TEXTURE_NAMES",
    "TURNS",
    "DataUnavailable",
    "Dataset",
    "Split",
    "WrongFormat",
    "WrongInput",
    "cifar10",
    "colour_digits",
    "colour_shapes",
    "colour_task",
    "digits",
    "gratings",
    "has_cifar10",
    "other_shapes",
    "photo_crops",
    "photograph",
    "placed_shape",
    "random_patches",
    "scanned_digits",
    "shape_hues",
    "shrink_blocks",
    "split_digits",
    "textures",
    "to_grey",
    "turned_crops",
]


@dataclass(frozen=True)
class Task:
    """How to draw one split, (split, count, seed) -> Split, and the names of its classes."""

    draw: Callable[[str, int, int], Split]
    classes: tuple[str, ...]


TASKS = {
    "shapes": Task(colour_shapes, SHAPE_NAMES),
    "other shapes": Task(other_shapes, OTHER_SHAPE_NAMES),
    "textures": Task(textures, TEXTURE_NAMES),
    "gratings": Task(gratings, GRATING_NAMES),
    "hues": Task(shape_hues, HUE_NAMES),
    "digits": Task(colour_digits, tuple("0123456789")),
}


def colour_task(
    name: str,
    train: int = 3000,
    validation: int = 500,
    test: int = 1000,
    seed: int = 0,
) -> Dataset:
    """One of TASKS with so many images per split, (N, 3, 32, 32), float32 from 0 to 1.

    The same arguments give the same images, on every machine up to rounding. Raises
    WrongInput for another name.
    """
    if name not in TASKS:
        raise WrongInput(f"there is no task {name!r}: choose {', '.join(TASKS)}")
    task = TASKS[name]
    return Dataset(
        train=task.draw("train", train, seed),
        validation=task.draw("validation", validation, seed),
        test=task.draw("test", test, seed),
        classes=task.classes,
    )
