"""A training: one thread, and its progress in a notebook, a terminal, or for nobody."""

import sys
import types

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from course.kit import training
from course.kit.training import keep_epochs, one_thread, watch


def test_matrix_products_use_one_thread():
    with threadpool_limits(2):
        one_thread()
        blas = [lib for lib in threadpool_info() if lib["user_api"] == "blas"]
        assert all(lib["num_threads"] == 1 for lib in blas)


class Handle:
    """What display(..., display_id=True) returns; remembers all that was shown."""

    def __init__(self, first):
        self.shown = [first]

    def update(self, thing):
        self.shown.append(thing)


@pytest.fixture
def notebook(monkeypatch):
    """As if a kernel were running: the handles of all outputs, in their order."""
    import IPython
    import IPython.display

    import course.kit.plot  # noqa: F401 (while IPython is still the real one)

    handles = []

    def display(thing, display_id):
        assert display_id is True
        handles.append(Handle(thing))
        return handles[-1]

    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(IPython.display, "display", display)
    return handles


def run(history, steps=5, stop_after=None, show=True):
    with watch(history, steps, show) as advance:
        for step in range(steps):
            if step == stop_after:
                raise KeyboardInterrupt
            history["loss"].append(2.0 - step)
            advance()


def test_a_bar_and_at_the_end_a_curve(notebook):
    run({"loss": []})
    bar, curve = notebook
    assert "5 of 5 steps, loss -2.000" in bar.shown[-1].data
    assert 'value="5" max="5"' in bar.shown[-1].data
    assert "stopped early" not in bar.shown[-1].data
    assert curve.shown[-1].data.startswith(b"\x89PNG")
    assert curve.shown[-1].alt == "loss curve: loss -2.000"


def test_a_long_training_is_drawn_while_it_runs(notebook, monkeypatch):
    monkeypatch.setattr(training, "CURVE_EVERY", 0.0)
    monkeypatch.setattr(training, "CURVE_SHARE", 1e9)
    run({"loss": []})
    assert len(notebook[1].shown) >= 3


def test_drawing_takes_a_small_share_of_the_time(notebook, monkeypatch):
    clock = iter(range(10_000))
    monkeypatch.setattr(training.time, "monotonic", lambda: next(clock) * 0.5)
    run({"loss": []}, steps=200)
    # 0.5 s to draw, so one picture in about 10 s; the last one comes at the end.
    assert 5 <= len(notebook[1].shown) <= 25


def test_an_interrupt_goes_through_and_the_outputs_are_closed(notebook):
    history = {"loss": []}
    with pytest.raises(KeyboardInterrupt):
        run(history, stop_after=2)
    assert "2 of 5 steps" in notebook[0].shown[-1].data
    assert "stopped early" in notebook[0].shown[-1].data
    assert len(notebook) == 2


def test_interrupted_before_the_first_step(notebook):
    with pytest.raises(KeyboardInterrupt):
        run({"loss": []}, stop_after=0)
    assert len(notebook) == 1
    assert "no loss yet" in notebook[0].shown[-1].data


def test_nothing_while_grading(notebook, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    run({"loss": []})
    assert notebook == []
    assert capsys.readouterr() == ("", "")


def test_nothing_when_not_wanted(notebook, capsys):
    run({"loss": []}, show=False)
    assert notebook == []
    assert capsys.readouterr() == ("", "")


def test_nothing_where_nobody_looks(monkeypatch, capsys):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    run({"loss": []})
    assert capsys.readouterr() == ("", "")


def test_a_bar_in_a_terminal(monkeypatch, capsys):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    screen = training._screen({"loss": []}, 5)
    assert isinstance(screen, training._Terminal)
    screen.history["loss"].append(1.5)
    screen.advance()
    assert screen.bar.tasks[0].completed == 1
    assert screen.bar.tasks[0].fields["now"] == "loss 1.500"
    screen.close()
    assert capsys.readouterr().out == ""


def setting():
    from course.network import SGD, Dense, ReLU, Sequential

    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((20, 4)), rng.integers(0, 3, 20)
    network = Sequential([Dense(4, 5, rng=rng), ReLU(), Dense(5, 3, rng=rng)])
    optimizer = SGD(network, 0.05, momentum=0.9)
    return network, x, y, {"optimizer": optimizer, "rng": rng, "show": False}


def test_epochs_are_kept_and_the_training_is_the_same():
    from course.network import train

    network, x, y, options = setting()
    begun = {name: array.copy() for name, array in network.parameters.items()}
    want = train(network, x, y, epochs=3, **options)
    twin, x, y, options = setting()
    history, kept = keep_epochs(train, twin, x, y, epochs=3, **options)

    assert history == want
    assert [*kept] == ["epoch 0", "epoch 1", "epoch 2", "epoch 3"]
    for name, array in network.parameters.items():
        np.testing.assert_array_equal(kept["epoch 0"][name], begun[name])
        np.testing.assert_array_equal(kept["epoch 3"][name], array)
        assert not np.array_equal(kept["epoch 2"][name], array)
        assert kept["epoch 3"][name] is not twin.parameters[name]


def test_a_training_that_is_stopped_keeps_the_epochs_it_had():
    from course.network import train

    network, x, y, options = setting()
    calls = []

    def stopped(scores, labels):
        from course.network import softmax_loss

        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return softmax_loss(scores, labels)

    sizes = {"batch_size": 20, "loss": stopped}
    history, kept = keep_epochs(train, network, x, y, epochs=4, **sizes, **options)
    assert [*kept] == ["epoch 0", "epoch 1"]
    assert len(history["loss"]) == 1
