"""The limits and the privileges of a child, each tried from inside it."""

import importlib
import platform
import struct
from collections.abc import Iterator

import pytest
from sandboxed import ask, end, missing_layers, run, warm

from autograder.grading.sandbox import LAYERS, WarmParent
from autograder.grading.sandbox.child.processes import descendants
from autograder.grading.sandbox.parent import CHILD

pytestmark = pytest.mark.skipif(bool(missing_layers()), reason=missing_layers())
LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"


@pytest.fixture(scope="module")
def held() -> Iterator[WarmParent]:
    with warm("strict") as parent:
        yield parent


@pytest.fixture(scope="module")
def free() -> Iterator[WarmParent]:
    with warm("off") as parent:
        yield parent


def test_the_child_is_told_its_layers(held, free):
    assert sorted(run(held, "result = setup['layers']")) == sorted(LAYERS)
    assert run(free, "result = setup['layers']")[:1] == ["limits"]


def test_a_child_that_lacks_a_layer_runs_nothing(held):
    held.tell(do="require", layers=["a layer that nobody has"])
    try:
        child = held.spawn()
        with child.socket:
            assert child.socket.recv(10) == b""
            assert child.wait(120) == 87
    finally:
        held.tell(do="require", layers=list(LAYERS))


def test_too_much_memory_is_an_error_and_not_the_end(held, free):
    for parent in (held, free):
        source = "held = bytearray(300 * 2**20)"
        assert run(parent, source).startswith("MemoryError")
        assert run(parent, "result = len(bytearray(100 * 2**20))") == 100 * 2**20


def test_a_fork_bomb_ends_at_the_limit(held):
    source = """
import os, time
started, result = 0, "no limit"
for _ in range(60):
    try:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        started += 1
    except BlockingIOError:
        result = started
        break
"""
    child = held.spawn()
    assert 10 <= ask(child, source) <= 20
    end(child)
    wild = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    child = held.spawn()
    child.socket.sendall(wild.encode())
    child.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        child.socket.recv(10)
    end(child)
    assert run(held, "result = 'next'") == "next"
    assert len(descendants(held._process.pid)) <= 2  # bwrap has two processes


def test_limits_on_files_and_time(held, free):
    source = """
import resource
names = "FSIZE NOFILE CORE CPU MSGQUEUE".split()
result = [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names]
"""
    wanted = [[2 * 2**20] * 2, [64] * 2, [0, 0], [23] * 2, [0, 0]]
    assert run(held, source) == wanted
    assert run(free, source) == wanted
    many = "files = [open('/dev/null') for _ in range(100)]"
    assert "Too many open files" in run(held, many)


def test_there_is_no_privilege_and_none_to_gain(held):
    source = f"""{LIBC}
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
sets = (ctypes.c_uint32 * 6)()
assert libc.capget(header, sets) == 0
bounds = [libc.prctl(23, number) for number in range(41)]
result = [list(sets), sorted(set(bounds)), libc.prctl(39, 0, 0, 0, 0), libc.prctl(3),
          os.getuid(), os.getgid(), os.getgroups()]
"""
    nothing, bounds, no_new, dumpable, user, group, _ = run(held, source)
    assert (nothing, bounds) == ([0] * 6, [0])
    assert (no_new, dumpable) == (1, 0)
    assert (user, group) == (65534, 65534)


def test_what_honest_programs_share_and_copy_still_works(held):
    """Shared memory has files, copies and locks do without what the filter refuses."""
    source = """
import mmap, multiprocessing, shutil, sqlite3, sys
from multiprocessing import shared_memory
segment = shared_memory.SharedMemory(create=True, size=4096)
def work():
    segment.buf[1] = counts[1] = 5
counts = multiprocessing.Array("i", 3)
worker = multiprocessing.get_context("fork").Process(target=work)
worker.start(); worker.join()
found = list(segment.buf[:3])
segment.close(); segment.unlink()
with open("a", "wb") as file:
    file.write(b"copied" * 1000)
    mine = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
shutil.copyfile("a", "b")
shutil.copyfile(sys.modules["shutil"].__file__, "c")
with sqlite3.connect("d") as database:
    database.execute("CREATE TABLE t (x)")
result = [found, list(counts), open("b", "rb").read() == b"copied" * 1000]
"""
    assert run(held, source) == [[0, 5, 0], [0, 5, 0], True]


@pytest.mark.parametrize(
    "call",
    [
        "libc.unshare(0x10000000)",
        "libc.unshare(0x00020000)",
        "libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None)",
        "libc.umount2(b'/proc', 2)",
        "libc.umount2(b'/tmp', 2)",
        "libc.chroot(b'/tmp')",
        "libc.setns(0, 0)",
        "libc.ptrace(0, 0, 0, 0)",
        "libc.syscall(250, 0, -3, 1)",  # keyctl: the session's keyring
        "libc.syscall(425, 1, 0)",  # io_uring_setup
        "libc.syscall(321, 0, 0, 0)",  # bpf
        "libc.syscall(56, 0x10000011, 0, 0, 0, 0)",  # clone with a new user namespace
        "libc.syscall(0x40000000 + 39)",  # the x32 numbers
    ],
)
def test_calls_that_break_out_are_refused(held, call):
    if "syscall" in call and platform.machine() != "x86_64":
        pytest.skip("the numbers are those of x86_64")
    assert run(held, f"{LIBC}result = [{call}, ctypes.get_errno()]") == [-1, 1]


def test_threads_and_subprocesses_still_work(held):
    source = """
import subprocess, sys, threading, multiprocessing
thread = threading.Thread(target=lambda: seen.append(1)); seen = []
thread.start(); thread.join()
out = subprocess.run([sys.executable, "-S", "-c", "print(6 * 7)"], capture_output=True)
result = [seen, out.stdout.decode(), multiprocessing.Pool(2).map(abs, [-1, 2])]
"""
    assert run(held, source) == [[1], "42\n", [1, 2]]


def test_the_filter_jumps_where_it_means_to(monkeypatch):
    """Interpret the program for each call: allowed, refused, or the end."""
    monkeypatch.syspath_prepend(str(CHILD.parent))
    seccomp = importlib.import_module("child.linux")

    def outcome(
        machine: str, number: int, *arguments: int, arch: int | None = None
    ) -> int:
        arch = seccomp.ARCHITECTURE[machine] if arch is None else arch
        given = dict(zip(range(16, 64, 8), (*arguments, *[0] * 6), strict=False))
        data = {0: number, 4: arch, **given}
        code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
        place = held = 0
        while True:
            what, yes, no, value = code[place]
            place += 1
            if what == 0x20:
                held = data[value]
            elif what == 0x05:
                place += value
            elif what == 0x54:
                held &= value
            elif what == 0x06:
                return value
            else:
                test = {0x15: held == value, 0x35: held >= value}
                place += yes if test[what] else no

    allow, refuse = 0x7FFF0000, 0x00050000
    # clone3, sendfile and socket, of family 0
    always = {
        "x86_64": {435: 38, 40: 88, 41: 97},
        "aarch64": {435: 38, 71: 88, 198: 97},
    }
    others = {"x86_64": (56, 41, 54, 9, 72), "aarch64": (220, 198, 208, 222, 25)}
    for machine in seccomp.ARCHITECTURE:
        for number in range(500):
            if number in (*seccomp.REFUSED[machine], *seccomp.COMMON):
                wanted = refuse | 1
            elif number in always[machine]:
                wanted = refuse | always[machine][number]
            else:
                wanted = allow
            assert outcome(machine, number) == wanted, number
        clone, sockets, option, mapping, control = others[machine]
        assert outcome(machine, clone, 0x3D0F00) == allow  # a thread
        assert outcome(machine, clone, 0x411) == refuse | 1  # a process with my files
        assert [outcome(machine, control, 3, n) for n in (37, 38)] == [refuse | 22] * 2
        assert [outcome(machine, control, 3, n) for n in (6, 7, 36, 1031)] == [
            allow
        ] * 4
        assert outcome(machine, clone, 0x11) == allow
        assert outcome(machine, clone, 0x10000011) == refuse | 1
        assert [outcome(machine, sockets, n) for n in (1, 2, 10, 16)] == [allow] * 4
        assert outcome(machine, sockets, 40) == refuse | 97
        assert [outcome(machine, option, 9, 1, n) for n in (7, 8)] == [refuse | 1] * 2
        assert [outcome(machine, option, 9, 1, n) for n in (6, 9)] == [allow] * 2
        assert outcome(machine, option, 9, 6, 7) == allow  # of TCP, not of the socket
        assert outcome(machine, mapping, 0, 4096, 3, 0x21, 0) == refuse | 1
        for flags in (0x01, 0x02, 0x22, 0x20):
            assert outcome(machine, mapping, 0, 4096, 3, flags, 0) == allow
        assert outcome(machine, 1, arch=0x40000003) == 0x80000000
