"""Memory held where no limit of a process sees it: in the kernel, or in another's name.

The limit of the class is 512 MB. Each attack says what it holds at the end; what is refused
ends `graded`, what is counted ends `memory`.
"""

from abuse_case import Case

KERNEL = """
import ctypes, mmap, os, platform, socket, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    got = libc.syscall(number, *(ctypes.c_long(each) for each in arguments))
    if got < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return got
x86 = platform.machine() == "x86_64"
MB = 2**20
"""
FILES = """
def files():
    for _ in range(15):
        file = os.memfd_create("x")
        for _ in range(38):
            os.write(file, bytes(MB))
    return "570 MB"
attempt("files that are not mapped", files)
attempt("a secret file", lambda: call(447, 0) >= 0)
"""
SYSTEM_V = """
def segments():
    libc.shmat.restype = ctypes.c_void_p
    for _ in range(6):
        number = call(29 if x86 else 194, 0, 100 * MB, 0o1600)
        place = libc.shmat(number, None, 0)
        ctypes.memset(place, 1, 100 * MB)
        libc.shmdt(ctypes.c_void_p(place))
    return "600 MB"
def semaphores():
    for _ in range(270):
        call(64 if x86 else 190, 0, 32000, 0o1600)
    return "550 MB"
def messages():
    return call(68 if x86 else 186, 0, 0o1600) >= 0
attempt("segments that are not mapped", segments)
attempt("semaphores", semaphores)
attempt("queues of messages", messages)
"""
SHARED = """
def unseen(file, flags):
    size = 190 * MB
    kept = mmap.mmap(file, size, flags)
    for start in range(0, size, MB):
        kept[start : start + MB] = bytes(MB)
        kept.madvise(mmap.MADV_DONTNEED, start, MB)
    return kept
def shared(file, flags):
    first = os.getpid()
    for _ in range(2):
        os.fork()
    kept = unseen(file, flags)
    if os.getpid() != first:
        time.sleep(60)
    time.sleep(0.5)
    return "760 MB"
attempt("shared memory", lambda: shared(-1, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS))
attempt("shared memory of /dev/zero", lambda: shared(os.open("/dev/zero", 2), mmap.MAP_SHARED))
"""
SPLICED = """
HUGE = 2 * MB
def spliced():
    kept, held = [], mmap.mmap(-1, 64 * MB, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    held.madvise(mmap.MADV_HUGEPAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(held))
    for _ in range(10):
        for place in range(-start % HUGE, 60 * MB, HUGE):
            if len(kept) % 10 == 0:
                pipe = os.pipe()
            held[place] = 1
            piece = (ctypes.c_long * 2)(start + place, 1)
            kept.append(call(278 if x86 else 75, pipe[1], ctypes.addressof(piece), 1, 0))
        held.madvise(mmap.MADV_DONTNEED)
    return "580 MB"
def sent():
    pair = socket.socketpair()
    with open(os.__file__, "rb") as file:
        return os.sendfile(pair[0].fileno(), file.fileno(), 0, 1)
attempt("pages in pipes", spliced)
attempt("pages of files in sockets", sent)
"""
SOCKETS = """
def fill(connection):
    connection.setblocking(False)
    try:
        while connection.send(bytes(32_768)):
            pass
    except BlockingIOError:
        pass
def backlog():
    kept = []
    for name in range(40):
        kept.append(socket.socket(socket.AF_UNIX))
        kept[-1].bind(f"socket-{name}")
        kept[-1].listen(128)
        for _ in range(128):
            with socket.socket(socket.AF_UNIX) as other:
                other.connect(f"socket-{name}")
                fill(other)
    time.sleep(1)
    return "1 GB"
def large():
    pair = socket.socketpair()
    pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**30)
    return pair
attempt("large buffers of sockets", large)
attempt("connections that nobody accepts", backlog)
"""
LEADERS = """
def hold():
    kept = b"x" * (200 * MB)
    os.write(tell, b"x")
    time.sleep(60)
listen, tell = os.pipe()
def leaders():
    for _ in range(3):
        if os.fork() == 0:
            threading.Thread(target=hold).start()
            call(60 if x86 else 93, 0)
    for _ in range(3):
        os.read(listen, 1)
    time.sleep(0.5)
    return "600 MB"
attempt("processes without their first thread", leaders)
"""
PROGRAMS = """
HOLD = "import time; kept = b'x' * (50 * 2**20); print(flush=True); time.sleep(60)"
def programs():
    kept = []
    for _ in range(11):
        command = [sys.executable, "-S", "-I", "-c", HOLD]
        kept.append(subprocess.Popen(command, stdout=subprocess.PIPE))
    for each in kept:
        each.stdout.readline()
    time.sleep(0.5)
    return "550 MB"
attempt("many small programs", programs)
"""
LOCKS = """
import fcntl, struct
F_OFD_SETLK = 37
def locks(how):
    for number in range(20):
        file = os.open(f"locked-{number}", os.O_RDWR | os.O_CREAT)
        for start in range(1000):
            lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 2 * start, 1, 0)
            fcntl.fcntl(file, how, lock)
    time.sleep(10)  # until it is seen, also on a busy machine
    return "20,000 locks"
SHARED_FILES = 0x400
def of_the_dead():
    child = call(56 if x86 else 220, SHARED_FILES | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return child
attempt("locks that nobody has", lambda: locks(F_OFD_SETLK))
attempt("a process with the same files", of_the_dead)
attempt("locks of single bytes", lambda: locks(fcntl.F_SETLK))
"""
OTHERS = """
attempt("rules of files", lambda: call(444, 0, 0, 1) >= 0)
attempt("watched files", lambda: libc.inotify_init1(0) >= 0)
"""

CASES = [
    Case("memory-files", "files in memory, not mapped", attack=KERNEL + FILES),
    Case("memory-system-v", "segments, semaphores", attack=KERNEL + SYSTEM_V),
    Case("memory-shared", "shared memory, put aside", attack=KERNEL + SHARED),
    Case("memory-pipes", "pages held by pipes", attack=KERNEL + SPLICED),
    Case(
        "memory-sockets", "buffers of sockets", status="memory", attack=KERNEL + SOCKETS
    ),
    Case(
        "memory-leaders",
        "processes without a leader",
        status="memory",
        attack=KERNEL + LEADERS,
    ),
    Case(
        "memory-programs",
        "many small programs",
        status="memory",
        attack=KERNEL + PROGRAMS,
    ),
    Case("memory-locks", "locks of files", status="memory", attack=KERNEL + LOCKS),
    Case("memory-others", "what else the kernel keeps", attack=KERNEL + OTHERS),
]
