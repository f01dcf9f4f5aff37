"""Attacks on the machine: what it must survive, and what must stay out of reach."""

from abuse_case import Case

FORKS = """
import os, time
def bomb():
    made = 0
    for _ in range(200):  # enough to see that nothing stops it, and no more
        try:
            if os.fork() == 0:
                try:
                    os.fork()
                finally:
                    time.sleep(60)
                    os._exit(0)
            made += 1
        except OSError:
            time.sleep(0.005)
    return made if made > 100 else 0
attempt("a fork bomb", bomb)
"""
THREADS = """
import threading, time
def bomb():
    started = 0
    for _ in range(400):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
    return started
attempt("400 threads", bomb)
"""
MEMORY = """
kept = []
for _ in range(16):
    kept.append(bytearray(256 * 2**20))
print("REACHED: 4 GB")
"""
MEMORY_OF_MANY = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = b"x" * (100 * 2**20)
        time.sleep(60)
        os._exit(0)
time.sleep(5)
print("REACHED: 800 MB in eight processes")
"""
OUTPUT = """
for _ in range(1000):
    print("x" * 1_000_000)
print("REACHED: 1 GB")
"""
OUTPUT_OF_A_PROCESS = """
import os, subprocess
subprocess.run(["yes"], timeout=60)
"""
OUTPUT_OF_DISPLAYS = """
from IPython.display import HTML, display
for _ in range(1000):
    display(HTML("x" * 1_000_000))
print("REACHED: 1 GB")
"""
SIGNALS = """
import os, signal, threading
me = {1, os.getpid(), *(thread.native_id for thread in threading.enumerate())}
def others(number):
    for pid in range(2, 5000):
        if pid not in me:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
            return pid
attempt("another process", lambda: others(0))
attempt("the parent", lambda: os.getppid() > 1 and os.kill(os.getppid(), 0) is None)
os.kill(1, signal.SIGKILL)
os.kill(1, signal.SIGTERM)
os.kill(-1, signal.SIGKILL)
"""
PTRACE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def attach():
    for pid in (1, os.getppid(), *range(2, 200)):
        if pid != os.getpid() and libc.ptrace(16, pid, 0, 0) == 0:
            return pid
attempt("ptrace", attach)
def read_memory():
    for pid in (1, os.getppid()):
        with open(f"/proc/{pid}/mem", "rb") as file:
            return file.fileno()
attempt("memory of the parent", read_memory)
"""
PROC = """
import os
def write(path, text="1"):
    with open(path, "w") as file:
        file.write(text)
    return path
for path in ("/proc/self/oom_score_adj", "/proc/sys/kernel/core_pattern",
             "/proc/1/oom_score_adj", "/proc/sysrq-trigger", "/sys/power/state"):
    attempt(path, lambda: write(path, "x" if "self" not in path else "500"))
attempt("list of processes", lambda: [n for n in os.listdir("/proc") if n.isdigit()])
"""
DISK = """
import os
def fill(folder):
    written, number = 0, 0
    while written < 300 * 2**20:
        number += 1
        with open(f"{folder}/{os.getpid()}-{number}", "wb", buffering=0) as file:
            for _ in range(20):
                written += file.write(bytes(2**20))
    return written
for folder in (".", os.environ.get("HOME", "."), "/tmp", "/dev/shm", "/var/tmp", "/"):
    attempt(folder, lambda: fill(folder))
def files():
    for number in range(40_000):
        open(f"empty-{number}", "w").close()
    return 40_000
attempt("40,000 files", files)
"""
LARGE_FILE = """
def one():
    with open("large", "wb", buffering=0) as file:
        for _ in range(60):
            file.write(bytes(2**20))
    return "60 MB"
attempt("a large file", one)
"""
DAEMON = """
import os, subprocess, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
subprocess.Popen(["sleep", "7919"], start_new_session=True)
print("tried: to stay")
"""
READ = """
import glob, os
def read(pattern):
    for path in glob.glob(pattern, recursive=True):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return path, file.read(20)
for pattern in ("{checkout}/solutions/*", "{checkout}/course/*", "{classroom}/*",
                "{classroom}/submitted/*/*/*", "{classroom}/source/*/*", "/work/*", "/root/.*",
                "/home/*/*", "/etc/shadow", "/tmp/*/*"):
    attempt(pattern, lambda: read(pattern))
"""
DATABASE = """
import sqlite3, os
def write():
    path = "{classroom}/gradebook.db"
    if not os.path.exists(path):
        raise FileNotFoundError(path)
    with sqlite3.connect(path) as database:
        return database.execute("UPDATE grade SET auto_score = 99").rowcount
attempt("the gradebook", write)
attempt("a file of the class", lambda: open("{classroom}/left-behind", "w").write("x"))
attempt("a file of the system", lambda: open("/etc/left-behind", "w").write("x"))
import numpy
attempt("numpy's files", lambda: open(numpy.__file__, "a").write("\\n"))
import course
attempt("course", lambda: open(course.__file__, "a").write("\\n"))
"""
ENVIRONMENT = """
import os
attempt("the environment", lambda: [k for k, v in os.environ.items() if "{secret}" in v])
attempt("that of others", lambda: b"{secret}" in open("/proc/1/environ", "rb").read())
print(sorted(os.environ))
"""
NETWORK = """
import socket
def connect(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as connection:
        connection.settimeout(1)
        connection.connect(address)
        connection.send(b"x")
    return str(address)
attempt("loopback", lambda: connect(socket.AF_INET, ("127.0.0.1", {port})))
attempt("an abstract socket",
        lambda: connect(socket.AF_UNIX, "\\0abuse-{port}"))
attempt("a name", lambda: socket.getaddrinfo("example.org", 80))
attempt("a name server", lambda: connect(socket.AF_INET, ("192.0.2.1", 53), socket.SOCK_DGRAM))
"""
PRIVILEGES = """
import ctypes, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
attempt("a new namespace", lambda: libc.unshare(0x10000000) == 0)
attempt("a mount", lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0)
attempt("to be root", lambda: os.setuid(0) or os.geteuid() == 0)
attempt("chroot", lambda: os.chroot("/") or "chroot")
attempt("keys", lambda: libc.syscall(248, b"user", b"x", b"y", 1, -3) >= 0)
attempt("bpf", lambda: libc.syscall(321, 0, 0, 0) >= 0)
attempt("raised limits", lambda: __import__("resource").setrlimit(
    __import__("resource").RLIMIT_AS, (-1, -1)) or "raised")
"""
LOOP = "while True:\n    pass"
STUBBORN = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
IGNORES = """
import signal
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
    signal.signal(each, signal.SIG_IGN)
while True:
    pass
"""
SEGFAULT = "import ctypes\nctypes.string_at(0)"
DEEP = "def f():\n    return f()\nattempt('to overflow', f)"
ABORT = "import os\nos.abort()"
SLOW = "import time\ntime.sleep(1.9)"


def slow_cells(notebook) -> None:
    """Each within the limit of a cell, together beyond that of the notebook."""
    from nbformat.v4 import new_code_cell

    notebook.cells += [new_code_cell(SLOW) for _ in range(20)]


CASES = [
    Case(
        "nested",
        "leaves 1,400 nested folders",
        attack="""
import os
before = os.getcwd()
for _ in range(1_400):
    os.mkdir("d")
    os.chdir("d")
os.chdir(before)
""",
    ),
    Case("fork-bomb", "fork bomb", attack=FORKS),
    Case("threads", "400 threads", attack=THREADS),
    Case("memory", "memory bomb", status="memory", attack=MEMORY),
    Case("memory-many", "in many processes", status="memory", attack=MEMORY_OF_MANY),
    Case("output", "1 GB of output", status="output_limit", attack=OUTPUT),
    Case(
        "output-process",
        "endless output of a process",
        status="output_limit",
        attack=OUTPUT_OF_A_PROCESS,
    ),
    Case(
        "output-display",
        "1 GB in displays",
        status="output_limit",
        attack=OUTPUT_OF_DISPLAYS,
    ),
    Case(
        "output-line",
        "20 MB in a line",
        status="output_limit",
        attack="print('x' * 20_000_000)",
    ),
    Case("output-cut", "2 MB", attack="print('x' * 2_000_000)", note="was cut"),
    Case("output-lines", "50,000 lines", attack="for i in range(50_000): print(i)"),
    Case("signals", "signals to the parent and to all", attack=SIGNALS),
    Case("ptrace", "ptrace of the warm parent", attack=PTRACE),
    Case("proc", "writing to /proc", attack=PROC, safe_without=False),
    Case("disk", "filling the disk", attack=DISK),
    Case("large-file", "a file of 60 MB", attack=LARGE_FILE),
    Case("daemon", "detached daemon", attack=DAEMON),
    Case("read", "solutions, other submissions", attack=READ, safe_without=True),
    Case("database", "writing the gradebook and system", attack=DATABASE),
    Case("environment", "the environment", attack=ENVIRONMENT),
    Case("network", "DNS, loopback sockets", attack=NETWORK, safe_without=True),
    Case("privileges", "namespaces, mounts, root", attack=PRIVILEGES),
    Case("loop", "endless loop", status="timeout", attack=LOOP),
    Case("stubborn", "loop that swallows Ctrl-C", status="timeout", attack=STUBBORN),
    Case("ignores", "all signals ignored", status="timeout", attack=IGNORES),
    Case("slow", "20 slow cells", status="timeout", edit=slow_cells),
    Case("exit", "os._exit(0)", status="kernel_died", attack="import os\nos._exit(0)"),
    Case("abort", "abort", status="kernel_died", attack=ABORT),
    Case("segfault", "segfault", status="kernel_died", attack=SEGFAULT),
    Case(
        "own-group",
        "kill of the own group",
        status="kernel_died",
        attack="import os\nos.kill(0, 9)",
    ),
    Case("deep", "endless recursion", attack=DEEP),
    Case("sys-exit", "sys.exit()", attack="import sys\nsys.exit()"),
    Case("quit", "quit()", attack="quit()"),
]
