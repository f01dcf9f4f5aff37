"""Which of the processor's instructions numpy uses for matrix products.

numpy's OpenBLAS looks at the processor and takes code written for it, which it calls a kernel. It
does not know every new processor, and then takes the kernel of an older one: AVX2 where AVX-512
is there costs 40 % and more. OPENBLAS_CORETYPE, set before Python starts, chooses another one.
"""

from collections.abc import Mapping

CHOOSES = "OPENBLAS_CORETYPE"
AVX512_KERNELS = {"SkylakeX", "Cooperlake", "SapphireRapids"}
AVX2_KERNELS = {"Haswell", "Zen", "Excavator"}


def blas_kernel() -> str | None:
    """The processor that numpy's OpenBLAS multiplies for; None where it does not say."""
    import numpy  # noqa: F401 it loads what is asked below

    try:
        from threadpoolctl import threadpool_info
    except ModuleNotFoundError:
        return None
    found = [pool for pool in threadpool_info() if pool["internal_api"] == "openblas"]
    return found[0].get("architecture") if found else None


def features() -> Mapping[str, bool]:
    """The instructions that the processor has, by numpy's names for them."""
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as found
    except ImportError:  # numpy 1
        from numpy.core._multiarray_umath import (  # type: ignore[no-redef]
            __cpu_features__ as found,
        )
    return found


def better_kernel(kernel: str | None, has: Mapping[str, bool]) -> str | None:
    """The kernel that a processor that `has` these should have; None where `kernel` is right.

    >>> better_kernel("Haswell", {"AVX512_SKX": True})
    'SkylakeX'
    """
    if kernel is None or kernel in AVX512_KERNELS:
        return None
    if has.get("AVX512_SKX"):
        return "SkylakeX"
    if has.get("AVX2") and has.get("FMA3") and kernel not in AVX2_KERNELS:
        return "Haswell"
    return None
