"""One list of dependencies: pyproject.toml, environment.yml and the pins agree."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
CONDA = {  # what is called otherwise on conda-forge
    "msgpack-python": "msgpack",
    "python-tzdata": "tzdata",
}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]


def declared() -> dict[str, str]:
    """Lower bound of every dependency, learner's and instructor's, by name."""
    groups = project()["optional-dependencies"]
    lines = project()["dependencies"] + groups["autograder"]
    lines += groups["postgres"] + groups["test"]
    requirements = [Requirement(line) for line in lines]
    return {item.name: str(item.specifier) for item in requirements}


def conda() -> dict[str, str]:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    rows = re.findall(r"^  - ([a-z0-9-]+)(>=[0-9.]+)$", text, flags=re.MULTILINE)
    return {CONDA.get(name, name): bound for name, bound in rows if name != "python"}


def test_conda_and_pip_install_the_same():
    assert conda() == declared()


def test_conda_and_pip_want_the_same_python():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert f"- python{project()['requires-python']}\n" in text


def test_dependencies_are_lower_bounds():
    assert all(re.fullmatch(r">=[0-9.]+", bound) for bound in declared().values())


def test_every_dependency_is_pinned():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", text, flags=re.MULTILINE))
    assert set(declared()) <= pinned


def test_pytorch_is_installed_by_those_who_ask_for_it_only():
    groups = project()["optional-dependencies"]
    (oracle,) = [Requirement(line) for line in groups["oracle"]]
    assert oracle.name == "torch" and "oracle" not in "".join(groups["all"])
    assert oracle.name not in declared()
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"^(torch|nvidia)", text, flags=re.MULTILINE)


def test_pins_name_no_registry():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text


def test_windows_has_time_zones():
    """zoneinfo finds none there; deadlines.toml names one."""
    lines = project()["optional-dependencies"]["autograder"]
    (zones,) = [each for each in map(Requirement, lines) if each.name == "tzdata"]
    assert zones.marker.evaluate({"sys_platform": "win32"})
    assert not zones.marker.evaluate({"sys_platform": "linux"})


def test_a_commit_is_linted_by_the_pinned_ruff():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (pinned,) = re.findall(r"^(ruff==[0-9.]+)$", lock, flags=re.MULTILINE)
    assert re.findall(r"ruff==[0-9.]+", hooks) == [pinned]
