"""The processes of the benchmark: one for each implementation, all with as many threads."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from course.kit import UsageError
from course.kit.doctor import CHOOSES

HERE = Path(__file__).resolve().parent
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# The ending of an implementation that is measured with other instructions.
AVX512 = "-avx512"


class Worker:
    """One implementation, running in a process of its own."""

    def __init__(self, implementation: str, threads: int):
        kernel = {CHOOSES: "SkylakeX"} if AVX512 in implementation else {}
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(HERE / "layer_worker.py"),
                implementation.removesuffix(AVX512),
                str(threads),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ
            | dict.fromkeys(THREADS, str(threads))
            | kernel
            | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self.implementation = implementation
        self.hello: dict = {}

    def read(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise UsageError(
                f"the {self.implementation} process ended early; its own message is above"
            )
        return json.loads(line)

    def ask(self, request: dict) -> dict:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.read()

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


def start(names: Iterable[str], threads: int) -> list[Worker]:
    """Workers that have said hello; they start at the same time."""
    workers = [Worker(name, threads) for name in names]
    for worker in workers:
        worker.hello = worker.read()
    return workers
