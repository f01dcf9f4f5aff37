"""Images for the lessons: `from course.kit.data import photograph, split_digits, colour_task`.

Every function returns arrays in the course's layout, channels before height and width, as
floats from 0 (black) to 1 (white).
"""

from course.kit.data.crops import TURNS, photo_crops, turned_crops
from course.kit.data.handwriting import colour_digits, digits, split_digits
from course.kit.data.photographs import (
    LUMINANCE,
    PHOTOGRAPHS,
    photograph,
    random_patches,
    shrink_blocks,
    to_grey,
)
from course.kit.data.published import cifar10, has_cifar10, has_mnist, mnist
from course.kit.data.scans import scanned_digits
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
from course.kit.data.tasks import TASKS, colour_task
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
    "has_mnist",
    "mnist",
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
