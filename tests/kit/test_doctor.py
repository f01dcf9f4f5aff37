"""`course doctor`: each finding alone, and once all together on this computer."""

import contextlib
import importlib.metadata
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import course
from course.kit import doctor, installation
from course.kit.build import module_states
from course.kit.installation import KernelFacts, ask_kernel, import_errors, importing

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(course.__file__).resolve().parent
HERE = KernelFacts(sys.prefix, "3.11.7", str(PACKAGE))


# packages


def test_the_fallback_list_is_that_of_pyproject():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = tomllib.loads(text)["project"]["dependencies"]
    assert installation.FALLBACK_REQUIREMENTS == declared


def test_requirements_leave_extras_out(monkeypatch):
    lines = ["numpy>=1.26,<9", "rich", "pytest>=8; extra == 'test'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: lines)
    assert installation.requirements() == {"numpy": "1.26", "rich": "0"}


def test_requirements_without_an_installed_course(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", missing)
    assert installation.requirements()["scikit-learn"] == "1.4"


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1.9", "1.26"), ("3.8.4", "3.10"), ("4.2.0", "4.2.1"), ("0.9", "1.0rc1")],
)
def test_versions_are_compared_by_number(older, newer):
    assert installation.release(older) < installation.release(newer)


def test_trailing_zeros_and_suffixes_do_not_count():
    assert installation.release("1.26.0") == installation.release("1.26")
    assert installation.release("2.0.dev3") == installation.release("2")


@pytest.mark.parametrize(
    ("version", "error", "verdict", "found"),
    [
        ("2.4.6", None, "ok", "2.4.6"),
        ("1.26", None, "ok", "1.26"),
        ("1.25.9", None, "problem", "1.25.9, 1.26 wanted"),
        ("2.4.6", "ImportError: DLL", "problem", "2.4.6, but import fails: Imp"),
        (None, "ImportError: no", "problem", "not installed, 1.26 wanted"),
    ],
)
def test_a_package_is_compared_with_its_bound(
    monkeypatch, version, error, verdict, found
):
    def installed(name):
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(importlib.metadata, "version", installed)
    finding = installation.package_finding("numpy", "1.26", error)
    assert finding.verdict == verdict
    assert finding.found.startswith(found)
    assert ("numpy>=1.26" in finding.advice) == (verdict == "problem")


def test_an_old_python_is_a_problem():
    assert installation.python_finding((3, 11, 0)).verdict == "ok"
    old = installation.python_finding((3, 10, 18))
    assert old.verdict == "problem"
    assert "3.11" in old.advice


def test_the_doctor_itself_runs_where_numpy_is_broken(tmp_path):
    (tmp_path / "numpy.py").write_text("raise ImportError('DLL')", encoding="utf-8")
    code = "import course.kit.cli, course.kit.doctor"
    paths = os.pathsep.join([str(tmp_path), str(PACKAGE.parent)])
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


# other processes


def test_importing_tells_what_fails_and_what_crashes(tmp_path):
    (tmp_path / "fails.py").write_text("1 / 0", encoding="utf-8")
    (tmp_path / "noisy.py").write_text("print('[1]')", encoding="utf-8")
    crash = "import os\nos._exit(3)"
    (tmp_path / "crashes.py").write_text(crash, encoding="utf-8")
    groups = [["json", "nowhere_at_all"], ["fails", "noisy", "crashes", "csv"]]
    with importing(groups, tmp_path) as errors:
        found = errors()
    assert found == {
        "nowhere_at_all": "ModuleNotFoundError: No module named 'nowhere_at_all'",
        "fails": "ZeroDivisionError: division by zero",
        "crashes": "Python crashed",
        "csv": "not tried after crashes",
    }


def test_importing_ends_a_package_that_takes_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(installation, "SECONDS_TO_IMPORT", 0.1)
    (tmp_path / "sleeps.py").write_text("import time; time.sleep(60)", "utf-8")
    with importing([["sleeps"]], tmp_path) as errors:
        assert errors() == {"sleeps": "takes over 0.1 s"}


def test_import_errors_are_one_line():
    text = '["a", "ImportError: one\\n  two"]\n["b", null]\nnoise\n'
    assert import_errors(["a", "b"], text, "?") == {"a": "ImportError: one two"}


def test_the_kernel_says_where_it_lives(tmp_path):
    kernel = ask_kernel(tmp_path)
    assert kernel.error == ""
    assert installation.same_place(kernel.prefix, Path(sys.prefix))
    assert installation.same_place(kernel.course, PACKAGE)
    assert installation.kernel_finding(kernel).verdict == "ok"


def test_a_kernel_that_does_not_start_is_a_problem(monkeypatch, tmp_path):
    manager = pytest.importorskip("jupyter_client.manager").KernelManager

    def broken(self, **_):
        raise OSError("no\nsuch file")

    monkeypatch.setattr(manager, "start_kernel", broken)
    kernel = ask_kernel(tmp_path)
    assert kernel.error == "does not start (no such file)"
    finding = installation.kernel_finding(kernel)
    assert finding.verdict == "problem"
    assert "ipykernel" in finding.advice


def test_a_kernel_of_another_python_is_a_problem(tmp_path):
    finding = installation.kernel_finding(KernelFacts(str(tmp_path), "3.9.1"))
    assert finding.verdict == "problem"
    assert str(tmp_path) in finding.found


# where things are


def test_the_course_is_found_above_the_working_folder(tmp_path):
    kit = tmp_path / "course" / "kit"
    kit.mkdir(parents=True)
    (kit / "__init__.py").touch()
    deep = tmp_path / "notebooks" / "01_volumes"
    deep.mkdir(parents=True)
    assert doctor.course_folder(deep) == tmp_path.resolve()
    assert doctor.course_folder(tmp_path.parent) is None


def test_course_finding(tmp_path):
    root = PACKAGE.parent
    assert doctor.course_finding(PACKAGE, root, HERE).verdict == "ok"

    elsewhere = doctor.course_finding(PACKAGE, tmp_path, HERE)
    assert elsewhere.verdict == "problem"
    assert f"in {tmp_path}:" in elsewhere.advice
    assert "pip install -e ." in elsewhere.advice

    copied = tmp_path / "site-packages" / "course"
    finding = doctor.course_finding(copied, None, KernelFacts(course=str(copied)))
    assert finding.verdict == "problem"
    assert "a copy in" in finding.found

    unseen = KernelFacts(sys.prefix, "3.11.7", None)
    finding = doctor.course_finding(PACKAGE, root, unseen)
    assert finding.verdict == "problem"
    assert "nowhere" in finding.found

    outside = doctor.course_finding(PACKAGE, None, HERE)
    assert outside.verdict == "note"
    assert str(root) in outside.advice

    dead = KernelFacts(error="does not start")
    assert doctor.course_finding(PACKAGE, root, dead).verdict == "ok"


def test_the_widget_extension_is_looked_for(tmp_path):
    folders = [str(tmp_path / "none"), str(tmp_path)]
    for name in installation.WIDGET_EXTENSIONS:
        missing = installation.widgets_finding(folders)
        assert missing.verdict == "note"
        assert name in missing.found
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "package.json").touch()
    assert installation.widgets_finding(folders).verdict == "ok"


@pytest.mark.parametrize("where", ["elsewhere", "nowhere", "here"])
def test_which_jupyter_lab_the_words_start(monkeypatch, tmp_path, where):
    here = Path(installation.sysconfig.get_path("scripts")) / "jupyter-lab"
    places = {"elsewhere": str(tmp_path / "jupyter-lab"), "here": str(here)}
    monkeypatch.setattr(installation.shutil, "which", lambda _: places.get(where))
    finding = installation.lab_finding()
    assert finding.verdict == ("ok" if where == "here" else "note")


def test_a_folder_is_tried_by_writing(tmp_path):
    assert doctor.folder_finding("notebooks/", tmp_path).verdict == "ok"
    assert list(tmp_path.iterdir()) == []
    missing = doctor.folder_finding("notebooks/", tmp_path / "none")
    assert missing.verdict == "problem"
    assert "not there" in missing.found


def test_a_folder_that_refuses_is_a_problem(monkeypatch, tmp_path):
    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refused)
    finding = doctor.folder_finding("course/", tmp_path)
    assert finding.verdict == "problem"
    assert "Permission denied" in finding.found


def test_a_full_disk_is_a_problem(monkeypatch, tmp_path):
    assert doctor.disk_finding(tmp_path).found.endswith("B")
    full = type("Usage", (), {"free": 5 * 2**20})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: full)
    finding = doctor.disk_finding(tmp_path)
    assert (finding.verdict, finding.found) == ("problem", "5 MB")


# what numpy multiplies with


AVX2 = {"AVX2": True, "FMA3": True, "AVX512_SKX": False}
AVX512 = {**AVX2, "AVX512_SKX": True}


@pytest.mark.parametrize(
    ("kernel", "has", "better"),
    [
        ("Haswell", AVX512, "SkylakeX"),
        ("Zen", AVX512, "SkylakeX"),
        ("Prescott", AVX512, "SkylakeX"),
        ("Sandybridge", AVX2, "Haswell"),
        ("SapphireRapids", AVX512, None),
        ("Zen", AVX2, None),
        ("neoversen1", {"NEON": True}, None),
        (None, AVX512, None),
    ],
)
def test_a_kernel_below_the_processor_is_noted(kernel, has, better):
    finding = doctor.matrix_finding(kernel, has)
    assert finding.verdict == ("note" if better else "ok")
    assert f"OPENBLAS_CORETYPE={better} " in finding.advice or not better


def test_another_kernel_is_taken_when_python_starts_with_the_variable():
    if doctor.blas_kernel() is None or not doctor.features().get("AVX2"):
        pytest.skip("numpy has another BLAS here, or another processor")
    code = (
        "from course.kit.doctor import *\n"
        "print(better_kernel(blas_kernel(), features()))"
    )

    def better(kernel: str) -> str:
        run = [sys.executable, "-c", code]
        chosen = os.environ | {doctor.CHOOSES: kernel, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(run, env=chosen, capture_output=True, check=True)
        return done.stdout.decode().strip()

    wanted = better("Nehalem")
    assert wanted in ("Haswell", "SkylakeX")
    assert better(wanted) == "None"


def test_where_numpy_cannot_be_imported_it_is_not_asked(monkeypatch, tmp_path):
    @contextlib.contextmanager
    def broken(groups, folder):
        yield lambda: {"numpy": "ImportError: DLL"}

    monkeypatch.setattr(doctor, "importing", broken)
    monkeypatch.setattr(doctor, "ask_kernel", lambda _: HERE)
    found = {finding.item for finding in doctor.diagnose(tmp_path).findings}
    assert "numpy" in found and "matrix products" not in found


# modules of the course


STUB = "def f(x):\n    '''doc'''\n    raise NotBuiltYet('lesson 04')\n"
TO_WRITE = "def g(x):\n    # hint\n    raise NotImplementedError\n"
WRITTEN = "def h(x):\n    if x < 0:\n        raise NotImplementedError\n    return x\n"
CLASS = "class C:\n    def m(self):\n        raise NotImplementedError('m')\n"


@pytest.mark.parametrize(
    ("source", "state"),
    [
        (None, "not built"),
        (STUB, "not built"),
        (WRITTEN, "built"),
        (WRITTEN + TO_WRITE + CLASS, "built without g, C"),
        ("def f(:", "broken (invalid syntax"),
    ],
)
def test_a_module_is_a_stub_or_built(tmp_path, source, state):
    if source is not None:
        (tmp_path / "geometry.py").write_text(source, encoding="utf-8")
    states = module_states(tmp_path)
    assert states["geometry"].startswith(state)
    assert states["fast"] == "not built"


def test_modules_finding_groups_them():
    states = {"geometry": "built", "im2col": "not built", "fast": "not built"}
    finding = doctor.modules_finding(states)
    assert finding.found == "built: geometry; not built: im2col, fast"
    assert finding.verdict == "ok"
    broken = doctor.modules_finding({"geometry": "broken (line 1)"})
    assert broken.verdict == "note"


# all together


def test_diagnose_on_this_computer(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "requirements", lambda: {"rich": "13.7"})
    before = sorted(tmp_path.iterdir())
    steps = []
    diagnosis = doctor.diagnose(tmp_path, steps.append)
    found = {finding.item: finding for finding in diagnosis.findings}
    assert found["rich"].verdict == "ok"
    assert found["kernel python3"].verdict == "ok"
    assert found["course"].verdict == "note"
    assert found["this folder is writable"].found == str(tmp_path)
    assert diagnosis.fine
    assert set(diagnosis.modules) >= {"geometry", "convolution", "fast"}
    assert len(steps) == 3
    assert sorted(tmp_path.iterdir()) == before
    assert all("\n" not in f.found + f.advice for f in diagnosis.findings)


def test_a_single_problem_is_not_fine():
    ok = installation.Finding("a", "b")
    wrong = installation.Finding("a", "b", "problem", "c")
    assert doctor.Diagnosis((ok,), {}).fine
    assert not doctor.Diagnosis((ok, wrong), {}).fine


def test_same_place_sees_through_links_and_case(tmp_path):
    assert installation.same_place(tmp_path / "x" / "..", tmp_path)
    assert not installation.same_place(None, tmp_path)
    if hasattr(os, "symlink") and os.name != "nt":
        (tmp_path / "link").symlink_to(tmp_path)
        assert installation.same_place(tmp_path / "link", tmp_path)
