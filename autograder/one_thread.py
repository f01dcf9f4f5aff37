"""The environment of a process in which libraries for arrays use one thread each.

Kernels, workers and test runs go on beside each other. With a thread per core in each of
them, threads wait for each other most of the time: cells took many times as long.
"""

ONE_THREAD = dict.fromkeys(
    (
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)
