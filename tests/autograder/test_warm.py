"""The warm parent and its children: how they begin and end, and what is left of them."""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sandboxed import SMALL, appear, ask, end, processes_with, run, warm

from autograder.grading.sandbox import SandboxError, WarmParent
from autograder.grading.sandbox.child import processes
from autograder.grading.sandbox.parent import CHILD
from autograder.lessons.course_files import Support

SLEEP = "import time; time.sleep(60)"


@pytest.fixture(scope="module", params=["best-effort", "off"])
def parent(request: pytest.FixtureRequest) -> Iterator[WarmParent]:
    with warm(request.param) as parent:
        yield parent


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("raise SystemExit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -11),
        ("import os; os.abort()", -6),
        ("import signal, time; signal.setitimer(0, 0.05); time.sleep(9)", -14),
    ],
)
def test_how_a_child_ended_is_told(parent, source, code):
    child = parent.spawn()
    with child.socket:
        child.socket.sendall(source.encode())
        assert child.socket.recv(100) == b""
        assert child.wait(120) == code
        assert child.wait() == code
    assert run(parent, "result = 'next'") == "next"


def test_a_loop_is_interrupted_and_the_child_goes_on(parent):
    child = parent.spawn()
    ask(child, "result = 1")
    child.socket.sendall(b"while True: pass")
    time.sleep(0.2)
    child.interrupt()
    assert b"KeyboardInterrupt" in child.socket.recv(1000)
    assert ask(child, "result = 2") == 2
    end(child)


def test_each_child_is_new(parent):
    source = """
import random, sys
result = [random.random(), hasattr(sys, "mine")]
sys.mine = 1
"""
    (first, _), (second, had) = run(parent, source), run(parent, source)
    assert first != second and not had


def test_only_the_connection_is_open(parent):
    source = """
import os
result = []
for number in range(64):
    try:
        os.fstat(number)
        result.append(number)
    except OSError:
        pass
result = [number for number in result if number not in (0, 1, 2, connection.fileno())]
"""
    assert run(parent, source) == []


def test_leftovers_die_though_the_child_ended_well(parent):
    marker = f"left-{uuid.uuid4().hex}"
    command = [sys.executable, "-c", SLEEP, marker]
    child = parent.spawn()
    ask(
        child,
        f"import subprocess; subprocess.Popen({command!r}, start_new_session=True)",
    )
    assert appear(marker)
    child.socket.close()  # its main function returns
    assert child.wait(120) == 0
    assert not processes_with(marker)


def test_processes_that_together_hold_too_much_memory_are_ended(parent):
    source = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        held = bytearray(100 * 2**20)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(60)
time.sleep(60)
"""
    child = parent.spawn()
    with child.socket:
        child.socket.sendall(source.encode())
        assert child.wait(120) == -9
    assert child.too_much_memory
    assert run(parent, "result = 'next'") == "next"


def test_a_forgotten_child_ends_with_the_warm_parent():
    marker = f"forgotten-{uuid.uuid4().hex}"
    command = [sys.executable, "-c", SLEEP, marker]
    for isolation in ("best-effort", "off"):
        with warm(isolation) as parent:
            folder = parent._folder
            child = parent.spawn()
            ask(child, f"import subprocess; subprocess.Popen({command!r})")
            assert appear(marker)
            child.socket.sendall(b"while True: pass")
        child.socket.close()
        assert not processes_with(marker)
        assert not folder.exists()


def test_nothing_outlives_an_owner_that_is_killed(tmp_path):
    marker = f"orphan-{uuid.uuid4().hex}"
    command = [sys.executable, "-c", SLEEP, marker]
    script = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from sandboxed import ask, warm
with warm(sys.argv[1]) as parent:
    child = parent.spawn()  # kept: it ends when its socket is closed
    ask(child, "import subprocess; subprocess.Popen({command!r})")
    print("up", flush=True)
    time.sleep(60)
"""
    for isolation in ("best-effort", "off"):
        with subprocess.Popen(
            [sys.executable, "-c", script, isolation],
            stdout=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        ) as owner:
            assert owner.stdout.readline() == b"up\n"
            assert appear(marker, 2)  # the owner names it too
            owner.kill()
        give_up = time.monotonic() + 120
        while processes_with(marker) and time.monotonic() < give_up:
            time.sleep(0.05)
        assert not processes_with(marker)


def test_a_warm_parent_that_was_killed_is_an_error_of_the_sandbox():
    with warm("off") as parent:
        child = parent.spawn()
        os.killpg(parent._process.pid, signal.SIGKILL)
        with pytest.raises(SandboxError, match="has ended"):
            child.wait(120)
        child.socket.close()


def test_a_failing_import_is_told():
    broken = Support({"broken.py": b"raise ValueError('broken on purpose')"}, "")
    with (
        pytest.raises(SandboxError, match="broken on purpose"),
        WarmParent(broken, SMALL, "off", tool=None, main="broken"),
    ):
        raise AssertionError


def test_children_share_what_the_warm_parent_imported():
    source = """
import sys
result = [name in sys.modules for name in ("numpy", "IPython", "matplotlib.pyplot")]
"""
    with warm("best-effort", SMALL, preload=True) as parent:
        assert run(parent, source) == [True] * 3
        draw = "import numpy; result = numpy.random.random()"
        assert run(parent, draw) != run(parent, draw)
        plot = """
from matplotlib import pyplot
pyplot.plot([1, 2]); pyplot.savefig("p.png")
import os; result = os.path.getsize("p.png") > 1000
"""
        assert run(parent, plot) is True


LOCKED = """
import fcntl, os, sys
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
for start in range(12_000):
    fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * start, 0)
print("locked", flush=True)
sys.stdin.read()
"""
SEEN = "from child.processes import too_many_locks; print(too_many_locks())"


def test_locks_of_a_neighbour_are_not_ours(tmp_path):
    """Where processes have no namespace of their own, all locks of the machine are shown."""
    folder = Path(processes.__file__).parents[1]
    start = partial(
        subprocess.Popen,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        text=True,
        encoding="utf-8",
    )
    with start([sys.executable, "-c", LOCKED, str(tmp_path / "file")]) as neighbour:
        assert neighbour.stdout.readline() == "locked\n"
        assert processes.too_many_locks(), "it descends from this process"
        with start([sys.executable, "-c", SEEN]) as other:
            assert other.communicate()[0] == "False\n"
        neighbour.stdin.close()


FORKS = """
import os, sys, threading
from child import confine, linux
names = ["user", "processes"]
user = os.geteuid(), os.getegid()
try:
    linux.fork_into(linux.NEW_USER | 0x800)  # shared handlers need shared memory
except OSError as error:
    print("refused", error.errno, threading.active_count(), flush=True)
kept = bytes(range(256)) * 40_000
linux.use_large_pages()
pid = linux.fork_into(confine.flags(names))
if pid == 0:
    confine.be_nobody(names, user)
    print(os.getpid(), os.geteuid(), kept == bytes(range(256)) * 40_000, flush=True)
    if os.fork() == 0:
        os.abort()
    os._exit(os.wait()[1])
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_a_fork_into_namespaces_is_a_fork():
    """Where the system's own tool gets them: a fork that gets none must not be a skipped test."""
    tool = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "true"]
    if shutil.which("unshare") is None or subprocess.run(tool, check=False).returncode:
        pytest.skip("unshare gets no namespaces here")
    done = subprocess.run(
        [sys.executable, "-c", FORKS],
        env=os.environ | {"PYTHONPATH": str(CHILD.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n")[:3] == ["refused 22 1", "1 65534 True", "6"]
