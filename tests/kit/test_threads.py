"""One thread for small matrices, and back."""

import numpy as np  # noqa: F401 (so that its library of matrix products is loaded)
from threadpoolctl import threadpool_info, threadpool_limits

from course.kit.threads import one_thread


def test_matrix_products_use_one_thread():
    with threadpool_limits(2):
        one_thread()
        blas = [lib for lib in threadpool_info() if lib["user_api"] == "blas"]
        assert all(lib["num_threads"] == 1 for lib in blas)
