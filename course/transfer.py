# Built by lesson 10_transfer with course.kit.build.
# Change the notebook and build again; a change made here would be lost.
"""What lesson 10_transfer builds."""

from course.network import SGD, Sequential, train


def cnn_codes(network, x, layer):
    """The output of one layer of a Sequential for the images x (N, ...), as rows.

    layer is a place in network.layers, counted from 0; a negative one counts from the end,
    as in a list: -1 is the last layer. x is not changed.

    Returns an array (N, D) in the dtype of x: D numbers per image, in numpy's order, the
    last axis fastest.
    """
    last = range(len(network.layers))[layer]
    for each in network.layers[: last + 1]:
        x = each.forward(x)
    return x.reshape(len(x), -1)


def freeze(network, layers):
    """A Sequential like `network` in which the layers at these places learn nothing.

    layers are places in network.layers, counted from 0. `network` is not changed. In what
    is returned, forward and backward give the same numbers as in `network`, and
    `parameters` holds the same arrays, no copies, under the same names. `gradients` never
    has the names of the frozen layers. The layers that are not frozen are network's own
    objects.
    """

    class Frozen:
        def __init__(self, layer):
            self.layer, self.parameters, self.gradients = layer, layer.parameters, {}

        def forward(self, x):
            return self.layer.forward(x)

        def backward(self, dout):
            return self.layer.backward(dout)

    held = set(layers)
    return Sequential(
        [
            Frozen(layer) if place in held else layer
            for place, layer in enumerate(network.layers)
        ]
    )


def fine_tune(
    network,
    x,
    y,
    new,
    learning_rate=0.02,
    slower=0.1,
    epochs=10,
    batch_size=32,
    weight_decay=0.0,
    rng=None,
    show=True,
):
    """Train the network on x and y, with smaller steps for the old layers.

    new are the places in network.layers, counted from 0, of the layers that are new: they
    move as with SGD(network, learning_rate, weight_decay=weight_decay). All others move
    with the learning rate slower * learning_rate and the same momentum and weight decay.
    Everything else is as in train(network, x, y, ...), with its softmax loss; epochs,
    batch_size, rng and show are handed to it. The layers change in place, and the list
    network.layers is the same afterwards. Layers without gradients, such as those that
    `freeze` has frozen, stay as they are.

    Returns the history of train.
    """
    old = [place for place in range(len(network.layers)) if place not in new]
    parts = [
        SGD(freeze(network, old), learning_rate, weight_decay=weight_decay),
        SGD(freeze(network, new), slower * learning_rate, weight_decay=weight_decay),
    ]

    class Both:
        def step(self):
            for part in parts:
                part.step()

    return train(
        network,
        x,
        y,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=Both(),
        rng=rng,
        show=show,
    )
