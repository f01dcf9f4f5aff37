"""What a training in a notebook needs: one thread, the mode of its layers, a live loss curve,
and the parameters of every epoch.

In a notebook bar and curve are one output that is replaced now and then: a page that was
saved, or made without a browser, holds the last state. In a terminal there is a bar on
stderr. While nbgrader grades, or where nobody could look, nothing is shown.
"""

import html
import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any


def one_thread() -> None:
    """Let matrix products use one thread from now on.

    The matrices of a small network are multiplied in microseconds. Several threads spend
    more than that on waiting for each other, above all where other programs want the
    processor, too: measured on two busy cores, training took about five times as long.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


@contextmanager
def layer_mode(network: Any, training: bool) -> Iterator[None]:
    """Inside `with`, every layer that has an attribute `training` has this value there.

    Also the layers of a network within the network. Afterwards each has the value that it
    had before, whatever happened.
    """
    layers = list(_layers_with_mode(network))
    before = [layer.training for layer in layers]
    for layer in layers:
        layer.training = training
    try:
        yield
    finally:
        for layer, value in zip(layers, before):
            layer.training = value


def _layers_with_mode(network: Any) -> Iterator[Any]:
    for layer in getattr(network, "layers", ()):
        if hasattr(layer, "training"):
            yield layer
        yield from _layers_with_mode(layer)


def keep_epochs(
    train: Callable[..., Mapping[str, list]],
    network: Any,
    x: Any,
    y: Any,
    epochs: int = 10,
    *,
    optimizer: Any,
    rng: Any,
    **options: Any,
) -> tuple[dict[str, list], dict[str, dict[str, Any]]]:
    """A training, and copies of the network's parameters before it and after every epoch.

    As train(network, x, y, epochs=epochs, optimizer=optimizer, rng=rng, ...), which is the one
    of lesson 06, called for one epoch after the other; so the optimizer and the Generator, which
    remember something from epoch to epoch, are to be given. Stopped early, it stops.

    Returns (history, checkpoints): the history as one, and {"epoch 0": parameters, ...}, which
    `export_page(network, ..., checkpoints=checkpoints)` shows epoch by epoch.
    """
    history: dict[str, list] = {}
    checkpoints = {"epoch 0": _copies(network)}
    for epoch in range(1, epochs + 1):
        settings = {"optimizer": optimizer, "rng": rng, **options}
        part = train(network, x, y, epochs=1, **settings)
        for name, values in part.items():
            history.setdefault(name, []).extend(values)
        if len(history["accuracy"]) < epoch:
            break
        checkpoints[f"epoch {epoch}"] = _copies(network)
    return history, checkpoints


def _copies(network: Any) -> dict[str, Any]:
    return {name: array.copy() for name, array in network.parameters.items()}


BAR_EVERY = 0.2  # seconds
CURVE_EVERY = 1.0
CURVE_SHARE = 0.05  # of the time may go into drawing the curve


@contextmanager
def watch(
    history: Mapping[str, list], steps: int, show: bool = True
) -> Iterator[Callable[[], None]]:
    """Show how a training of `steps` steps goes on; call what you get after each of them.

    history: lists that the training appends to, with the loss of each step as "loss".

        with watch(history, steps) as advance:
            ...
            advance()
    """
    screen = _screen(history, steps) if show else None
    if screen is None:
        yield lambda: None
        return
    try:
        yield screen.advance
    finally:
        screen.close()


def _screen(history: Mapping[str, list], steps: int) -> "_Page | _Terminal | None":
    if os.environ.get("NBGRADER_EXECUTION"):
        return None
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and hasattr(shell, "kernel"):
        return _Page(history, steps)
    return _Terminal(history, steps) if sys.stderr.isatty() else None


class _Terminal:
    """A bar on stderr with the loss beside it."""

    def __init__(self, history: Mapping[str, list], steps: int) -> None:
        # Here, since lessons import this module, and a terminal's needs are many.
        from course.kit.terminal import progress_bar

        self.history = history
        self.bar = progress_bar()
        self.task = self.bar.add_task("training", total=steps, now="")
        self.bar.start()

    def advance(self) -> None:
        self.bar.update(self.task, advance=1, now=_loss_text(self.history))

    def close(self) -> None:
        self.bar.stop()


class _Page:
    """Two outputs of the cell: a bar with numbers, and below it the loss curve."""

    def __init__(self, history: Mapping[str, list], steps: int) -> None:
        from IPython.display import HTML, display

        self.history, self.steps = history, steps
        self.done = 0
        self.started = time.monotonic()
        self.bar_due = self.started
        # A short training is over before a curve would be looked at.
        self.curve_due = self.started + CURVE_EVERY
        self.html = HTML
        self.bar = display(HTML(self._line()), display_id=True)
        self.curve = None

    def advance(self) -> None:
        self.done += 1
        now = time.monotonic()
        if now >= self.bar_due:
            self.bar_due = now + BAR_EVERY
            self.bar.update(self.html(self._line()))
        if now >= self.curve_due:
            self._draw()
            took = time.monotonic() - now
            self.curve_due = now + max(CURVE_EVERY, took / CURVE_SHARE)

    def close(self) -> None:
        # Interrupted while drawing: the training has its weights, and needs no picture.
        with suppress(KeyboardInterrupt):
            self.bar.update(self.html(self._line(over=True)))
            if self.history.get("loss"):
                self._draw()

    def _line(self, over: bool = False) -> str:
        elapsed = time.monotonic() - self.started
        text = f"{self.done} of {self.steps} steps, {_loss_text(self.history)}"
        if over:
            text += f", {elapsed:.1f} s"
            text += "" if self.done >= self.steps else ", stopped early"
        elif self.done:
            text += f", {elapsed / self.done * (self.steps - self.done):.0f} s left"
        return (
            f'<progress value="{self.done}" max="{self.steps}" '
            f'style="width: 20em; vertical-align: middle"></progress> '
            f"{html.escape(text)}"
        )

    def _draw(self) -> None:
        from IPython.display import Image, display
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        from course.kit.plot import style
        from course.kit.plot.training import training_curves

        # Not through pyplot: its figures would be shown a second time at the cell's end.
        figure = Figure(figsize=(style.WIDTH, 2.8), layout="constrained", dpi=100)
        FigureCanvasAgg(figure)
        training_curves(self.history, axes=list(figure.subplots(1, 2)))
        png = io.BytesIO()
        figure.savefig(png, format="png")
        image = Image(png.getvalue(), alt=f"loss curve: {_loss_text(self.history)}")
        if self.curve is None:
            self.curve = display(image, display_id=True)
        else:
            self.curve.update(image)


def _loss_text(history: Mapping[str, list]) -> str:
    return f"loss {history['loss'][-1]:.3f}" if history.get("loss") else "no loss yet"
