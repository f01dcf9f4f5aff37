"""The sandbox for an ordinary user, and on machines that give less."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sandboxed import missing_layers, run, warm

from autograder.grading.sandbox import LAYERS, Isolation, Probed, probe
from autograder.grading.sandbox.outer import system_view
from course.kit import UsageError

ROOT = Path(__file__).parents[2]
NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or bool(missing_layers()),
    reason="only root can become another user, where all layers are given",
)
SCRIPT = f"""
import json, sys
sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]
from sandboxed import run, warm
from autograder.grading.sandbox import probe
from autograder.grading.sandbox.parent import SandboxError
from course.kit import UsageError
ATTACK = '''
import os
result = [os.getuid(), os.path.exists({str(ROOT / "README.md")!r}), os.listdir("/proc")]
for path in ("/mine", "/tmp/../dev/mine", "/usr/mine", {str(ROOT / "mine")!r}):
    try:
        open(path, "w").close()
        result.append(path)
    except OSError:
        pass
'''
answers = {{}}
for tool in sys.argv[1:]:
    tool = None if tool == "none" else tool
    try:
        with warm("best-effort", tool=tool) as parent:
            answers[tool or "none"] = [run(parent, "result = setup['layers']"),
                                       run(parent, ATTACK)]
    except (SandboxError, OSError) as error:
        answers[tool or "none"] = str(error)
found = probe()
answers["probe"] = [found.tool, list(found.missing)]
try:
    probe("strict")
    answers["strict"] = "given"
except UsageError as refusal:
    answers["strict"] = str(refusal)
print(json.dumps(answers))
"""


def as_ordinary_user(tmp_path: Path, *tools: str, forbid: bool = False) -> dict:
    """Run SCRIPT as user 12345, who sees the interpreter though it may lie in /root."""
    for place in (ROOT, Path(sys.prefix)):
        if not all(folder.stat().st_mode & 1 for folder in [place, *place.parents]):
            pytest.skip(f"other users may not read {place}")
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents[:3]:
        if folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    hidden = next(
        (
            folder
            for folder in reversed(Path(sys.base_prefix).parents)
            if not folder.stat().st_mode & 1
        ),
        None,
    )
    spot = tmp_path / "interpreter"
    spot.mkdir()
    uncover = f"""
mount --bind {sys.base_prefix} {spot}
mount -t tmpfs -o mode=755 tmpfs {hidden}
mkdir -p {sys.base_prefix}
mount --move {spot} {sys.base_prefix}
"""
    steps = f"""set -e
{uncover if hidden else ""}
exec setpriv --reuid 12345 --regid 12345 --clear-groups --inh-caps=-all \
    --bounding-set=-all {sys.executable} -c "$SCRIPT" {" ".join(tools)}
"""
    shown = subprocess.run(
        ["unshare", "--mount", "sh", "-c", steps],
        env={
            "PATH": os.environ["PATH"],
            "SCRIPT": SCRIPT,
            "TMPDIR": str(tmp_path),
            "MPLCONFIGDIR": str(tmp_path),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        preexec_fn=_forbid_namespaces if forbid else None,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout.splitlines()[-1])


def _forbid_namespaces() -> None:
    """Enter a user namespace with all users mapped, in which no other can be made."""
    libc = ctypes.CDLL(None, use_errno=True)
    asks, answers = os.pipe(), os.pipe()
    helper = os.fork()
    if helper == 0:  # stays outside, where the map may be written
        os.read(asks[0], 1)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{os.getppid()}/{name}").write_text("0 0 70000")
        os.write(answers[1], b"x")
        os._exit(0)
    assert libc.unshare(NEW_USER) == 0
    os.write(asks[1], b"x")
    os.read(answers[0], 1)
    os.waitpid(helper, 0)
    assert libc.unshare(NEW_MOUNTS) == 0
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


@needs_root
def test_an_ordinary_user_has_all_layers(tmp_path):
    tools = [probe().tool, "unshare"]
    answers = as_ordinary_user(tmp_path, *tools)
    for tool in tools:
        layers, reached = answers[tool]
        assert sorted(layers) == sorted(LAYERS)
        assert reached == [65534, False, ["self"]]
    assert answers["strict"] == "given"


@needs_root
def test_without_an_outer_command_files_are_missing_and_said_so(tmp_path):
    layers, _ = as_ordinary_user(tmp_path, "none")["none"]
    assert sorted(set(LAYERS) - set(layers)) == ["files"]


@needs_root
def test_without_user_namespaces_strict_refuses_and_best_effort_goes_on(tmp_path):
    answers = as_ordinary_user(tmp_path, "none", forbid=True)
    layers, reached = answers["none"]
    assert {"limits", "no new privileges", "system calls"} <= set(layers)
    assert reached[1]
    tool, missing = answers["probe"]
    assert tool is None
    assert {"files", "user", "network", "processes"} <= set(missing)
    assert "files" in answers["strict"] and "best-effort" in answers["strict"]


def test_where_namespaces_are_allowed_no_layer_is_missing():
    """Else a broken layer would only skip the tests of the others."""
    if not shutil.which("unshare") or not _works("--user"):
        pytest.skip("this machine does not allow user namespaces")
    assert probe().missing == (), probe().failures


def _works(*options: str) -> bool:
    command = ["unshare", *options, "--map-root-user", "--mount", "--pid", "--fork"]
    return subprocess.run([*command, "true"], check=False).returncode == 0


def test_strict_names_what_is_missing():
    some = frozenset(LAYERS) - {"network"}
    with pytest.raises(UsageError, match="not give .*: network. Install"):
        Probed("bwrap", some).require()
    Probed("bwrap", frozenset(LAYERS)).require()


def test_a_tool_that_does_not_start_is_passed_over(monkeypatch):
    fake = {"bwrap": "/bin/false", "unshare": None}
    monkeypatch.setattr("shutil.which", fake.get)
    probe.cache_clear()
    try:
        found = probe(Isolation.BEST_EFFORT)
    finally:
        probe.cache_clear()
    assert found.tool is None and "files" in found.missing
    assert [failure.split(":")[0] for failure in found.failures] == ["bwrap", "unshare"]


def test_off_uses_no_layer_but_limits():
    assert probe("off").layers == {"limits", "process limit"} - (
        {"process limit"} if os.geteuid() == 0 else set()
    )
    with warm("off") as parent:
        assert run(parent, f"import os; result = os.path.exists({str(ROOT)!r})")


def test_a_checkout_inside_a_visible_folder_is_no_hidden_file():
    view = system_view()
    assert not view.shows(ROOT)
    assert view.shows(Path(sys.base_prefix, "lib"))
    assert view.shows(Path("/usr/share/a-checkout"))
