"""Stands in for a worker's `work`. Imports little: every new worker process imports it."""

import json
import os
import time
from pathlib import Path


def act(engine: str, versions: dict, job: bytes, support: bytes) -> bytes:
    """Do what the job says instead of executing it, and count the attempts in a file."""
    what, number, log = json.loads(job)
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{number}\n")
    if what == "die":
        os._exit(1)
    elif what == "raise" or (what == "raise once" and attempts(log, number) == 1):
        raise OSError(f"no space left for {number}")
    elif what == "sleep":
        time.sleep(0.2)
    elif what == "garbage":
        return b"\x80\x04garbage"
    status = what if what in ("timeout", "kernel_died", "infra_error") else "graded"
    return json.dumps([status, number, support.decode("ascii")]).encode("ascii")


def attempts(log: str | Path, number: int) -> int:
    """How often the job with this number has been started."""
    return Path(log).read_text(encoding="utf-8").split().count(str(number))
