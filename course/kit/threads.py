"""How many threads numpy's matrix products may use in this process."""

from threadpoolctl import threadpool_limits


def one_thread() -> None:
    """Let matrix products use one thread from now on.

    The matrices of a small network are multiplied in microseconds. Several threads spend
    more than that on waiting for each other, above all where other programs want the
    processor, too: measured on two busy cores, training took about five times as long.
    """
    threadpool_limits(1)
