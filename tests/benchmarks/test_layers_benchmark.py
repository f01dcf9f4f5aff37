"""The layer benchmark runs; how fast anything is, no test says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy  # noqa: F401 (it loads the library that threadpool_info sees)
import pytest
from threadpoolctl import threadpool_info

from course.kit.doctor import AVX512_KERNELS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path):
    def run(*options: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [
                sys.executable,
                str(ROOT / "benchmarks" / "layers.py"),
                *options,
                f"--figure={tmp_path / 'layers.png'}",
            ],
            capture_output=True,
            check=False,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    return run


def test_one_tiny_layer_as_json_and_as_a_figure(run, tmp_path):
    done = run("--quick", "--layer", "tiny", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    (layer,) = facts["layers"]
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert facts["blas_kernel"] in {pool.get("architecture") for pool in pools} or (
        not pools and facts["blas_kernel"] is None
    )
    assert layer["layer"] == "tiny"
    for name in ("naive", "im2col", "fast"):
        assert len(layer["seconds"]["forward"][name]) == 2
        pairs = zip(layer["seconds"]["both"][name], layer["backward"][name])
        assert all(both > backward > 0 for both, backward in pairs)
    assert len(layer["seconds"]["forward"]["window"]) == 2
    for name in ("im2col", "fast"):
        assert 0 < layer["memory"][name]["both"] < 100
        assert layer["memory"][name]["forward"] > 0
    assert (tmp_path / "layers.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_layer_is_one_line(run):
    done = run("--layer", "VGG 3")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "VGG 2" in done.stderr


def test_the_second_kernel_is_measured_only_where_it_is_another_one(run):
    facts = json.loads(run("--quick", "--layer", "tiny", "--json").stdout)
    twice = "fast-avx512" in facts["layers"][0]["seconds"]["forward"]
    first = facts["blas_kernel"]
    if twice:
        assert first not in {*AVX512_KERNELS, None}
        assert facts["avx512_kernel"] == "SkylakeX"
    else:
        assert facts["avx512_kernel"] is None


def test_threads_are_handed_on_and_do_not_go_with_processor_time(run):
    done = run("--quick", "--layer", "tiny", "--threads", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["threads"] == 2
    done = run("--layer", "tiny", "--threads", "2", "--clock", "cpu")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "--clock wall" in done.stderr
