"""A confusion matrix: labels down, predictions across, counted."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 1

LABELS, PREDICTED = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 0, 2])


def kind(counts):
    return "whole numbers" if counts.dtype.kind in "iu" else counts.dtype.name


def cases(t, confusion_matrix):
    want = np.array([[1, 1, 0], [0, 1, 0], [2, 0, 1]])
    t.case(
        "by hand: six images of three classes",
        confusion_matrix(LABELS, PREDICTED, 3),
        want,
    )
    made = t.call(kind, confusion_matrix(LABELS, PREDICTED, 3))
    t.case("what it counts in", made, "whole numbers")
    t.case(
        "a class without images",
        confusion_matrix(LABELS, PREDICTED, 4),
        np.pad(want, (0, 1)),
    )
    t.case("all right", confusion_matrix(LABELS, LABELS, 3), np.diag([2, 1, 3]))
    none = np.zeros(0, int)
    t.case("no images", confusion_matrix(none, none, 2), np.zeros((2, 2), int))
    many = t.ints(300, low=0, high=7, dtype=int), t.ints(300, low=0, high=7, dtype=int)
    t.case("300 images of 7 classes", confusion_matrix(*many, 7))
    t.case(
        "small whole numbers: labels as uint8",
        confusion_matrix(LABELS.astype(np.uint8), PREDICTED.astype(np.uint8), 3),
        want,
    )
    t.refuses(
        "5 labels, 6 predictions",
        confusion_matrix(LABELS[:5], PREDICTED, 3),
        names=(5, 6),
    )


def hidden(t, confusion_matrix):
    for classes in (2, 5, 10):
        many = (
            t.ints(200, low=0, high=classes, dtype=int),
            t.ints(200, low=0, high=classes, dtype=int),
        )
        t.case(f"{classes} classes", confusion_matrix(*many, classes))


@right("a loop over the images")
def confusion_matrix__loop(labels, predicted, classes):
    if len(labels) != len(predicted):
        raise ValueError(f"{len(labels)} and {len(predicted)} do not match")
    counts = np.zeros((classes, classes), dtype=int)
    for label, guess in zip(labels, predicted):
        counts[label, guess] += 1
    return counts


@right("bincount")
def confusion_matrix__bincount(labels, predicted, classes):
    if len(labels) != len(predicted):
        raise ValueError(f"{len(labels)} and {len(predicted)} do not match")
    places = np.asarray(labels, dtype=int) * classes + predicted
    return np.bincount(places, minlength=classes**2).reshape(classes, classes)


wrong(
    "rows and columns are swapped", "(labels, predicted), 1", "(predicted, labels), 1"
)
wrong(
    "a place that comes twice is counted once",
    "np.add.at(counts, (labels, predicted), 1)",
    "counts[labels, predicted] += 1",
)
wrong("shares, not counts", "return counts", "return counts / max(len(labels), 1)")
wrong(
    "only mistakes are counted",
    "    return counts",
    "    np.fill_diagonal(counts, 0)\n    return counts",
)
wrong("the counts are floats", "dtype=int", "dtype=float")
wrong(
    "different lengths are cut to the shorter one",
    '        raise ValueError(f"{len(labels)} labels, but {len(predicted)} predictions")',
    "        labels, predicted = labels[: len(predicted)], predicted[: len(labels)]",
)
wrong(
    "classes that do not occur are left out",
    "    return counts",
    "    used = counts.any(axis=0) | counts.any(axis=1)\n    return counts[used][:, used]",
)
