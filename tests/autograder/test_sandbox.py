"""What learner code must not reach. Each attack also runs where nothing holds it back."""

import ctypes
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandboxed import appear, ask, end, missing_layers, processes_with, run, warm

from autograder.grading.sandbox import WarmParent, probe

pytestmark = pytest.mark.skipif(bool(missing_layers()), reason=missing_layers())
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=["bwrap", "unshare"])
def held(request: pytest.FixtureRequest) -> Iterator[WarmParent]:
    """A warm parent under strict isolation, by each of the outer commands."""
    if request.param == "bwrap" and probe().tool != "bwrap":
        pytest.skip("bubblewrap is not installed, or does not work here")
    os.environ["SECRET_OF_THE_GRADER"] = "hunter2"
    try:
        with warm("strict", tool=request.param) as parent:
            yield parent
    finally:
        del os.environ["SECRET_OF_THE_GRADER"]


@pytest.fixture(scope="module")
def free() -> Iterator[WarmParent]:
    """The control: a warm parent without isolation, where the attacks succeed."""
    with warm("off") as parent:
        yield parent


def readable(paths: list[str]) -> str:
    return f"""
import os
def can_read(path):
    try:
        return bool(os.listdir(path) if os.path.isdir(path) else open(path).read(1))
    except OSError:
        return False
result = [path for path in {paths!r} if can_read(path)]
"""


def test_files_of_the_host_cannot_be_read(held, free, tmp_path):
    other = tmp_path / "submitted" / "ada" / "lesson.ipynb"
    other.parent.mkdir(parents=True)
    other.write_text("mine", encoding="utf-8")
    paths = [CHECKOUT / "README.md", CHECKOUT / "solutions", other, *map(Path, ETC)]
    here = [str(path) for path in paths if os.access(path, os.R_OK)]
    assert len(here) >= 3
    assert run(held, readable(here)) == []
    assert set(here[:3]) <= set(run(free, readable(here)))


ETC = ("/etc/shadow", "/etc/hostname", "/etc/ssh", "/root/.bashrc", "/var/log", "/sys")


def test_folders_above_the_interpreter_are_empty_but_for_it(held):
    source = """
import os, sys
result = []
for prefix in (sys.prefix, sys.base_prefix):
    while (folder := os.path.dirname(prefix)) not in ("/", "/usr", "/usr/local"):
        result.append([folder, [n for n in os.listdir(folder)
                                if os.path.join(folder, n) != prefix]])
        prefix = folder
"""
    prefixes = [sys.prefix, sys.base_prefix]
    for folder, others in run(held, source):
        for name in others:
            assert any(each.startswith(f"{folder}/{name}") for each in prefixes)


def test_the_environment_holds_no_secret(held):
    source = "import os; result = dict(os.environ)"
    given = run(held, source)
    assert "hunter2" not in str(given)
    assert given["NBGRADER_EXECUTION"] == "autograde"
    assert given["OPENBLAS_NUM_THREADS"] == "1"


def test_nothing_outside_the_private_folder_can_be_written(held):
    source = """
import os
result, private = [], os.path.dirname(os.getcwd())
for folder, names, files in os.walk("/"):
    if folder == private or folder == "/dev/shm" or folder.count("/") > 4:
        names.clear()
        continue
    for path in [f"{folder}/mine", *[f"{folder}/{name}" for name in files[:2]]]:
        try:
            open(path, "a").close()
            result.append(path)
        except OSError:
            pass
devices = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts/ptmx")
result = [path for path in result if path not in [f"/dev/{name}" for name in devices]]
open("allowed", "w").write("yes"), open("/dev/shm/allowed", "w").write("yes")
"""
    assert run(held, source) == []


def test_the_library_cannot_be_changed(held):
    source = "import payload; open(payload.__file__, 'a').write('# mine')"
    assert "OSError" in run(held, source) or "PermissionError" in run(held, source)


def test_what_is_left_in_the_private_folder_is_gone(held, free):
    leave = """
import os, tempfile
os.makedirs("locked/in"); os.chmod("locked/in", 0); os.chmod("locked", 0)
for path in ("left", tempfile.gettempdir() + "/left", os.environ["HOME"] + "/left"):
    open(path, "w").write("here")
result = os.getcwd()
"""
    look = """
import os, tempfile
result = [name for folder in (".", tempfile.gettempdir(), os.environ["HOME"], "/dev/shm")
          for name in os.listdir(folder)]
"""
    run(held, leave)
    assert run(held, look) == []
    place = Path(run(free, leave))
    assert place.is_absolute() and not place.parent.exists()


def test_the_disk_cannot_be_filled(held):
    source = """
import os
total, problems, number = 0, set(), 0
for folder in (".", os.environ["HOME"], os.environ["TMPDIR"], "/dev/shm"):
    for _ in range(40):
        number += 1
        try:
            with open(f"{folder}/{number}", "wb", buffering=0) as file:
                for _ in range(40):
                    total += file.write(bytes(100_000))
        except OSError as error:
            problems.add(error.errno)
result = [total, sorted(problems)]
"""
    total, problems = run(held, source)
    assert 7 * 2**20 < total <= 8 * 2**20
    assert problems == [27, 28]  # a file too large, no space left


def test_other_processes_cannot_be_signalled(held):
    """Not run where nothing holds it back: it would end this test."""
    with subprocess.Popen(["sleep", "60"]) as decoy:
        try:
            source = f"""
import contextlib, os, signal
result = []
for pid in (1, os.getppid(), {decoy.pid}, {os.getpid()}, {held._process.pid}):
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
        try:
            os.kill(pid, number)
        except OSError as error:
            result.append(error.errno)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with contextlib.suppress(ProcessLookupError):
    os.kill(-1, signal.SIGTERM)
"""
            assert run(held, source).count(3) >= 9  # no such process
            assert decoy.poll() is None
            assert run(held, "result = 1") == 1
        finally:
            decoy.kill()


def test_nothing_can_be_traced(held):
    source = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
result = []
for pid in (1, os.getppid(), os.getpid()):
    libc.ptrace(16, pid, 0, 0)
    result.append(ctypes.get_errno())
"""
    assert set(run(held, source)) == {1}


def test_proc_shows_nothing_and_takes_nothing(held, free):
    source = "import os; result = os.listdir('/proc')"
    assert run(held, source) == []
    assert "self" in run(free, source)


def test_a_detached_daemon_ends_with_its_submission(held, free):
    for parent in (held, free):
        marker = f"daemon-{uuid.uuid4().hex}"
        code = "import time; time.sleep(60)"
        source = f"""
import subprocess, sys, time
starter = "import subprocess, sys; subprocess.Popen({[sys.executable, "-c", code, marker]!r}, start_new_session=True)"
subprocess.run([sys.executable, "-c", starter], start_new_session=True)
time.sleep(0.3)
"""
        child = parent.spawn()
        ask(child, source)
        assert appear(marker)
        end(child)
        assert not processes_with(marker)


def test_no_listener_of_the_host_can_be_reached(held, free, tmp_path):
    name = f"grading-{uuid.uuid4().hex}"
    path = str(tmp_path / "s")
    tcp, abstract, file = socket.socket(), unix(), unix()
    with tcp, abstract, file:
        tcp.bind(("127.0.0.1", 0))
        abstract.bind(f"\0{name}")
        file.bind(path)
        os.chmod(path, 0o777)
        for listener in (tcp, abstract, file):
            listener.listen()
        source = f"""
import socket
result = []
for family, address in ((socket.AF_INET, ("127.0.0.1", {tcp.getsockname()[1]})),
                        (socket.AF_UNIX, "\\0{name}"), (socket.AF_UNIX, {path!r})):
    with socket.socket(family) as attempt:
        attempt.settimeout(5)
        try:
            attempt.connect(address)
            result.append("connected")
        except OSError as error:
            result.append(type(error).__name__)
"""
        assert "connected" not in run(held, source)
        assert run(free, source) == ["connected"] * 3


def unix() -> socket.socket:
    return socket.socket(socket.AF_UNIX)


def test_no_name_is_looked_up_and_no_packet_sent(held):
    source = """
import socket
result = []
for send in (lambda: socket.getaddrinfo("example.org", 80),
             lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("9.9.9.9", 53)),
             lambda: socket.socket(40, socket.SOCK_STREAM),
             lambda: socket.socket(socket.AF_INET6).connect(("::1", 1))):
    try:
        send()
        result.append("sent")
    except OSError as error:
        result.append(type(error).__name__)
"""
    assert "sent" not in run(held, source)


def test_shared_memory_of_others_is_not_seen(held, free):
    libc = ctypes.CDLL(None, use_errno=True)
    key = uuid.uuid4().int % 2**31
    number = libc.shmget(key, 4096, 0o1666)
    assert number >= 0
    source = f"import ctypes; result = ctypes.CDLL(None).shmget({key}, 0, 0)"
    try:
        assert run(free, source) == number
        assert run(held, source) == -1
    finally:
        libc.shmctl(number, 0, None)


def test_devices_are_harmless_ones(held):
    source = """
import os, stat
result = [name for name in os.listdir("/dev")
          if stat.S_ISBLK(os.stat(f"/dev/{name}", follow_symlinks=False).st_mode)]
open("/dev/urandom", "rb").read(4), open("/dev/null", "w").write("x")
for kind, number in ((stat.S_IFBLK, os.makedev(254, 0)), (stat.S_IFCHR, os.makedev(1, 1))):
    try:
        os.mknod("device", kind | 0o666, number)
        result.append("made")
    except PermissionError:
        pass
for name in ("mem", "kmem", "kmsg", "vda", "sda", "fuse", "kvm"):
    if os.path.exists(f"/dev/{name}"):
        result.append(name)
"""
    assert run(held, source) == []
