"""One implementation in a process of its own: reads requests, writes times, line by line.

Started by layers.py as `python layer_worker.py naive|window|im2col|fast|torch THREADS`. The first
line it writes says whether it can run, every other one answers one request. All are JSON.
"""

import importlib
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from course.kit.doctor import better_kernel, blas_kernel, features

Pass = Callable[[], tuple]
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def arrays(shape: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x, w, b and dout of a layer in float32: the same numbers in every process."""
    rng = np.random.default_rng(0)
    N, C, H, W, K, F, S, P = (shape[letter] for letter in "NCHWKFSP")
    HO, WO = (H - F + 2 * P) // S + 1, (W - F + 2 * P) // S + 1
    sizes = (N, C, H, W), (K, C, F, F), (K,), (N, K, HO, WO)
    x, w, b, dout = (rng.standard_normal(size, dtype=np.float32) for size in sizes)
    return x, w * np.float32(1 / np.sqrt(C * F * F)), b, dout


def numpy_passes(kind: str) -> Callable[..., tuple[Pass, Pass | None]]:
    """How to run a layer of the course: its forward, and its backward if it has one."""
    if kind == "naive":
        from course.convolution import conv_forward_naive as forward
        from course.gradients import conv_backward_naive as backward
    elif kind == "window":
        from course.im2col import conv_forward_window as forward

        backward = None
    elif kind == "fast":
        from course.fast import conv_backward as backward
        from course.fast import conv_forward as forward
    else:
        from course.im2col import conv_backward as backward
        from course.im2col import conv_forward as forward

    def passes(x, w, b, dout, stride, padding):
        def run_forward():
            return forward(x, w, b, stride, padding)

        def run_backward(result):
            return backward(dout, result[1])

        return run_forward, run_forward, run_backward if backward else None

    return passes


def torch_passes(threads: int) -> Callable[..., tuple[Pass, Pass | None]]:
    """How to run torch.nn.functional.conv2d."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(threads)

    def passes(x, w, b, dout, stride, padding):
        leaves = [torch.from_numpy(array).requires_grad_() for array in (x, w, b)]
        upstream = torch.from_numpy(dout)

        def layer():
            out = torch.nn.functional.conv2d(*leaves, stride=stride, padding=padding)
            return (out,)

        def forward_only():
            with torch.no_grad():
                return layer()

        def run_backward(result):
            return torch.autograd.grad(result[0], leaves, upstream)

        return forward_only, layer, run_backward

    return passes


class Runner:
    """Keeps the arrays of the layer at hand; the first run of each is not timed."""

    def __init__(self, passes: Callable):
        self.passes = passes
        self.shape: dict | None = None
        self.warm: set[str] = set()

    def answer(self, request: dict) -> dict:
        """Seconds of one pass (the median of several), and a few numbers it gave."""
        self.prepare(request["shape"])
        if request["kind"] == "memory":
            return self.memory()
        self.clock = CLOCKS[request["clock"]]
        if request["kind"] == "both" and self.run[2] is None:
            return {"seconds": None}
        if request["kind"] not in self.warm:
            self.sample = self.once(request["kind"])[2]
            self.warm.add(request["kind"])
        times = []
        end = time.perf_counter() + request["at_least"]
        while not times or time.perf_counter() < end:
            times.append(self.once(request["kind"])[:2])
        forward, backward = (statistics.median(part) for part in zip(*times))
        total = statistics.median(map(sum, times))
        return {
            "seconds": total,
            "forward": forward,
            "backward": backward,
            "sample": self.sample,
        }

    def memory(self) -> dict:
        """Most bytes held beyond what comes in, as a share of what comes in and goes out.

        What goes out is counted on both sides. Python's own count: numpy's arrays.
        """
        shares = {}
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        result = self.run[1]()
        peak = tracemalloc.get_traced_memory()[1] - before
        *ins, dout = self.given
        counted = [*ins, result[0]]
        shares["forward"] = peak / sum(array.nbytes for array in counted)
        if self.run[2] is not None:
            counted += [dout, *self.run[2](result)]
            peak = tracemalloc.get_traced_memory()[1] - before
            shares["both"] = peak / sum(array.nbytes for array in counted)
        tracemalloc.stop()
        return shares

    def prepare(self, shape: dict) -> None:
        if shape == self.shape:
            return
        n, k = shape["share"]
        x, w, b, dout = arrays(shape)
        parts = x[:n], w[:k], b[:k], dout[:n, :k]
        parts = [np.ascontiguousarray(part) for part in parts]
        self.given = parts
        self.run = self.passes(*parts, shape["S"], shape["P"])
        self.shape, self.warm = shape, set()

    def once(self, kind: str) -> tuple[float, float, list[float]]:
        """Seconds of the forward and of the backward pass, and some numbers of out."""
        forward_only, forward, backward = self.run
        start = self.clock()
        result = forward_only() if kind == "forward" else forward()
        middle = self.clock()
        if kind == "forward":
            return middle - start, 0.0, numbers(result[0])
        backward(result)
        end = self.clock()
        return middle - start, end - middle, numbers(result[0])


def numbers(out) -> list[float]:
    """Eight numbers of the first image and filter, to compare implementations."""
    array = out.detach().numpy() if hasattr(out, "detach") else out
    first = array[0, 0].ravel()
    return [float(value) for value in first[:: max(1, first.size // 8)][:8]]


def settle_memory() -> None:
    """Let the C library keep freed memory, as it does in every process that has worked.

    glibc hands freed memory back to the system, and fetches it again at the next call,
    until it has seen a larger array come and go. Without this the first layers of the
    list would pay for that, up to three quarters of their time, and the last would not.
    """
    np.empty(31 * 2**20, np.uint8)


def main() -> None:
    kind, threads = sys.argv[1], int(sys.argv[2])
    try:
        passes = torch_passes(threads) if kind == "torch" else numpy_passes(kind)
    except ModuleNotFoundError as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        return
    library = importlib.import_module("torch" if kind == "torch" else "numpy")
    kernel = None if kind == "torch" else blas_kernel()
    better = better_kernel(kernel, features())
    hello = {"version": library.__version__, "kernel": kernel, "better": better}
    print(json.dumps(hello), flush=True)
    settle_memory()
    runner = Runner(passes)
    for line in sys.stdin:
        print(json.dumps(runner.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
