"""Small random layers for hypothesis: every length on its own, and always one that fits.

Only shapes, hyperparameters and a seed are drawn; numpy fills the arrays, which is quick.
"""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

#: The same examples every time, so that a green run stays green; no clock.
few = settings(max_examples=25, deadline=None, derandomize=True)

LAYOUTS = ("contiguous", "every other column", "columns first")


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """The same numbers, with NaN in the gaps where the layout has gaps."""
    if layout == "every other column":
        wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), np.nan, array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    if layout == "columns first":
        return np.asfortranarray(array)
    return np.ascontiguousarray(array)


def frozen(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """The arrays, made read-only: whoever writes to its input fails."""
    for array in arrays:
        array.flags.writeable = False
    return arrays


def length_of(places: int, window: int, stride: int, padding: int) -> int:
    """Length of an axis on which the window takes `places` places, or a few more."""
    length = window + (places - 1) * stride - 2 * padding
    while length < 1:
        length += stride
    return length


@st.composite
def conv_layers(
    draw, dtype=np.float64, largest=3, places=3, channels=3, stride=None, bias=True
):
    """x (N, C, H, W), w (K, C, FH, FW), b (K,), stride, padding; read-only arrays.

    `largest` is the largest FH and FW, or both where it is given as (F,); `places`,
    `channels` the largest HO and WO, C and K; `stride` is drawn where none is given;
    without `bias` b is zero.
    """
    few_of, many = st.integers(1, 3), st.integers(1, channels)
    N, C, K = draw(few_of), draw(many), draw(many)
    HO, WO = draw(st.integers(1, places)), draw(st.integers(1, places))
    if isinstance(largest, tuple):
        FH = FW = largest[0]
    else:
        FH, FW = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    stride, padding = stride or draw(few_of), draw(st.integers(0, 3))
    H, W = length_of(HO, FH, stride, padding), length_of(WO, FW, stride, padding)
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    layouts = st.sampled_from(LAYOUTS)
    x = laid_out(rng.standard_normal((N, C, H, W)).astype(dtype), draw(layouts))
    w = laid_out(rng.standard_normal((K, C, FH, FW)).astype(dtype), draw(layouts))
    b = (rng.standard_normal(K) * bias).astype(dtype)
    return *frozen(x, w, b), stride, padding


@st.composite
def pool_layers(draw, dtype=np.float64, ties=False):
    """x (N, C, H, W), size, stride; overlap and gaps occur. With `ties`, small integers."""
    few_of = st.integers(1, 3)
    N, C, HO, WO, size, stride = (draw(few_of) for _ in range(6))
    H, W = length_of(HO, size, stride, 0), length_of(WO, size, stride, 0)
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    if ties:
        x = rng.integers(-1, 2, (N, C, H, W)).astype(dtype)
    else:
        # Far apart: no step of a numeric gradient makes another element the largest.
        values = rng.permutation(N * C * H * W) - N * C * H * W / 2
        x = (0.1 * values + 0.03).reshape(N, C, H, W).astype(dtype)
    return *frozen(laid_out(x, draw(st.sampled_from(LAYOUTS)))), size, stride


def upstream(out: np.ndarray, seed: int = 5) -> np.ndarray:
    """A random gradient for `out`, in its shape and dtype, read-only."""
    dout = np.random.default_rng(seed).standard_normal(out.shape).astype(out.dtype)
    return frozen(dout)[0]
