"""Ctrl-C is heard, also where Python forgets it."""

import gc
import os
import signal

import pytest

from autograder.grading.ctrl_c import remembered_ctrl_c


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_a_callback_swallowed_is_raised_later():
    def callback(phase: str, info: dict) -> None:
        if phase == "start":
            os.kill(os.getpid(), signal.SIGINT)
            sum(range(100_000))  # long enough for the signal to be handled

    before = signal.getsignal(signal.SIGINT)
    with remembered_ctrl_c() as check:
        check()
        gc.callbacks.append(callback)
        try:
            gc.collect()
        finally:
            gc.callbacks.remove(callback)
        with pytest.raises(KeyboardInterrupt):
            check()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_is_raised_at_once_where_it_can_be():
    with remembered_ctrl_c(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(100_000))
