"""Trains the network that lesson 08 looks into, and writes shapes.npz beside this file.

    python -m course.kit.pretrained.train_shapes

The ten classes of drawn shapes, 3 x 32 x 32, pixel values minus 0.5. Everything is drawn
from SEED: the same library versions give the same numbers up to rounding.
"""

from pathlib import Path

import numpy as np

from course.kit.checkpoint import save_arrays
from course.kit.data import colour_task
from course.kit.pretrained import pretrained
from course.kit.training import one_thread
from course.network import SGD, Conv2D, Dense, MaxPool2D, ReLU, Sequential, train

SEED = 0
TRAIN, VALIDATION, TEST = 4000, 500, 1000
EPOCHS = (10, 4)  # with the first learning rate, then with a fifth of it
LEARNING_RATE, WEIGHT_DECAY = 0.02, 0.01


def network(rng: np.random.Generator) -> Sequential:
    """Three times CONV, RELU, POOL, and FC: 8,766 parameters, random ones."""
    return Sequential(
        [
            Conv2D(3, 12, 5, padding=2, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(12, 16, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Conv2D(16, 20, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(320, 10, rng=rng),
        ]
    )


def trained() -> tuple[Sequential, float]:
    """The network after training, and the share of the test images it names correctly."""
    one_thread()
    rng = np.random.default_rng(SEED)
    learner = network(rng)
    shapes = colour_task("shapes", TRAIN, VALIDATION, TEST)
    grey = np.float32(0.5)
    x, y = shapes.train
    optimizer = SGD(learner, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    for epochs in EPOCHS:
        history = train(
            learner,
            x - grey,
            y,
            epochs=epochs,
            optimizer=optimizer,
            validation=(shapes.validation.x - grey, shapes.validation.y),
            rng=rng,
            show=False,
        )
        print(
            "validation:", [round(float(share), 3) for share in history["validation"]]
        )
        optimizer.learning_rate /= 5
    found = learner.predict(shapes.test.x - grey)
    return learner, float(np.mean(found == shapes.test.y))


def main(path: Path | None = None) -> None:
    """Train, say how well, and write the parameters as float32."""
    learner, share = trained()
    arrays = {name: a.astype(np.float32) for name, a in learner.parameters.items()}
    save_arrays(path or pretrained("shapes"), arrays)
    print(f"test: {share:.1%} right")


if __name__ == "__main__":
    main()
