"""Marks for wrong code, and what the checks keep to themselves."""

from abuse_case import RIGHT, WRONG, Case

TRANSFORMER = """
import ast
class NoChecks(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
    def visit_Expr(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(NoChecks())
"""
SOURCE_TRANSFORMER = """
get_ipython().input_transformers_post.append(
    lambda lines: ["pass\\n"] if any("check." in line for line in lines) else lines)
"""
CHECKS = """
nothing = lambda *args, **kwargs: None
check.equal = check.close = check.hidden = check.raises = nothing
type(check).__call__ = nothing
"""
CODE = """
def nothing(*args, **kwargs): return None
for function in (check.equal, check.close, check.hidden, type(check).__call__):
    function.__code__ = nothing.__code__
"""
COMPARATORS = """
import numpy.testing
from course.kit.checking import compare, run_cases
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
for name in dir(numpy.testing):
    if name.startswith("assert"):
        setattr(numpy.testing, name, lambda *a, **k: None)
compare.find_difference = check.find_difference = lambda *a, **k: None
run_cases.find_difference = lambda *a, **k: None
"""
BUILTINS = """
import builtins
builtins.AssertionError = builtins.print = builtins.Exception = Warning
"""
MODULE = """
import sys, types
class Fake(types.ModuleType):
    def __getattr__(self, name): return lambda *a, **k: None
check = sys.modules["course.kit.check"] = Fake("check")
import course.kit
course.kit.check = check
"""
NAME = """
class Fake:
    def __getattr__(self, name): return lambda *a, **k: None
check = Fake()
"""
SHELL = """
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
InteractiveShell.showtraceback = lambda self, *a, **k: None
ExecutionResult.success = property(lambda self: True)
get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)
"""
RUN_CELL = (
    "get_ipython().run_cell = get_ipython().run_cell_async = lambda *a, **k: None"
)
HOOKS = """
shown = get_ipython().displayhook
def fake(*info):
    shown(3.0)
for event in ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell"):
    get_ipython().events.register(event, fake)
"""
DURING = {
    **WRONG,
    "area": "def area(height, width):\n"
    "    check.equal = check.close = check.hidden = lambda *a, **k: None\n"
    "    type(check).__call__ = lambda *a, **k: None\n"
    "    return 0",
}
TRACE = """
import sys
def jump(frame, event, argument):
    if event == "line" and "border of 7 x 2" in frame.f_code.co_consts:
        frame.f_lineno = 1
    return jump
sys.settrace(jump)
"""
EXCEPT_HOOK = """
import sys, threading
sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *a: None
sys.exc_info = lambda: (None, None, None)
"""
CASES_GONE = """
from course.kit.checking import documents, run_cases
for name, value in list(vars(documents).items()):
    if hasattr(value, "cache_clear"):
        print("tried:", name)
documents.read = documents.find = lambda *a, **k: run_cases.TaskChecks("", "", (), {}, (), {})
"""
LIAR = """
class Liar(np.ndarray):
    def __eq__(self, other): return np.True_
    def __sub__(self, other): return np.zeros(1)
    __rsub__ = __array_function__ = __array_ufunc__ = lambda self, *a, **k: np.True_
class Yes(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __class__(self): return int
"""
LIES = {
    "area": "def area(height, width):\n    return Yes(1)",
    "border": "def border(height, width):\n    return np.array(0).view(Liar)",
    "total": "def total(x):\n    return np.zeros(1).view(Liar)",
}
HOSTILE = {
    **RIGHT,
    "total": "class Pickled:\n"
    "    def __reduce__(self):\n"
    "        import os\n"
    "        return os.system, ('touch pickled',)\n"
    "    def __repr__(self):\n"
    "        raise SystemExit\n"
    "def total(x):\n"
    "    return Pickled()",
}
FROM_COURSE = {
    **WRONG,
    "area": "from course.geometry import area, border, total",
    "border": "from course.geometry import border",
    "total": "from course.geometry import total",
}
REFERENCE = """
import importlib, pkgutil
import course
def answer():
    for module in pkgutil.walk_packages(course.__path__, "course."):
        if ".kit" in module.name:
            continue
        found = importlib.import_module(module.name)
        if found.area(3, 5) == 15:
            return module.name
attempt("the answer in course", answer)
import course.kit
def module():
    import glob, os
    return glob.glob(os.path.dirname(course.__file__) + "/**/*reference*", recursive=True)
attempt("a reference", module)
"""
SHADOW = {
    f"{name}": b"print('REACHED: a module beside the notebook')\n"
    for name in (
        "numpy.py",
        "numpy/__init__.py",
        "math.py",
        "course/__init__.py",
        "course/kit/check.py",
        "sitecustomize.py",
        "IPython/__init__.py",
        "ipython_config.py",
        ".ipython/profile_default/startup/00.py",
    )
}
WRITES_SHADOW = """
import importlib, os, sys
os.makedirs("course/kit")
fake = "def __getattr__(name):\\n    return lambda *a, **k: None\\n"
for name in ("numpy.py", "course/__init__.py", "course/kit/__init__.py", "course/kit/check.py"):
    with open(name, "w") as file:
        file.write(fake)
sys.path.insert(0, os.getcwd())
for name in [n for n in sys.modules if n.partition(".")[0] in ("course", "numpy")]:
    del sys.modules[name]
import course.kit.check as check
"""
SPY = """
def spy(info):
    print("REACHED: " + info.raw_cell if "1 x 9" in info.raw_cell else "tried: a spy")
get_ipython().events.register("pre_run_cell", spy)
spy(type("Info", (), {"raw_cell": ""}))
"""
HISTORY = """
def texts():
    shell, hidden = get_ipython(), "border of 7 " + "x 2"
    return [t for t in shell.history_manager.input_hist_raw if hidden in t] + [
        t for n, t in shell.user_ns.items() if n.startswith("_i") and hidden in str(t)]
def total(x):
    H, W = x.shape
    attempt("history", texts)
    return x.sum() * area(H, W)
"""
SURROGATES = """
import sys
print("\\ud800", file=sys.stderr)
print("\\udfff\\0\\x1b[31m\\u202e")
from IPython.display import display
display({"text/plain": "\\ud800", "\\udc00": "x"}, raw=True)
raise ValueError("\\ud800")
"""
FRAMES = """
import gc, json, os, socket, struct
def forge():
    message = json.dumps({"type": "done", "index": 5, "status": "ok", "token": ""}).encode()
    frame = struct.pack(">I", len(message)) + message
    sent = 0
    for each in gc.get_objects():
        if isinstance(each, socket.socket):
            each.sendall(frame * 3)
            sent += 1
    for number in range(3, 64):
        try:
            os.write(number, frame)
        except OSError:
            continue
print("tried: to forge an end")
forge()
"""
JSON = """
import json
real = json.dumps
def lie(message, **rest):
    if message.get("type") == "done":
        message["status"] = "ok"
    if message.get("type") == "tamper" or "ename" in message.get("output", {}):
        message = {"type": "clear", "index": message["index"]}
    return real(message, **rest)
json.dumps = lie
"""
EVENT_LOOP = """
import asyncio
asyncio.BaseEventLoop.run_until_complete = lambda self, work: work.close() or True
"""
COMPILER = """
import codeop
codeop.Compile.__call__ = lambda *a, **k: compile("pass", "x", "exec")
"""
SERVER = """
import gc
for each in gc.get_objects():
    if type(each).__name__ == "AnswerServer":
        print("tried: the shell's own objects")
        each.success = each.execute = lambda *values: True
        each.shell.outlet.put = lambda **message: None
"""
EXC_INFO = "import sys\nsys.exc_info = lambda: (None, None, None)"
BRIDGE = """
import os, struct
def area(height, width):
    for told in (b"\\x97\\x01\\x90\\x90\\x91\\x0f\\x90\\x90\\xc0", b"\\x01", b"\\xc1" * 99):
        for number in range(3, 64):
            try:
                os.write(number, struct.pack(">Q", len(told)) + told)
            except OSError:
                continue
    return 0
"""
SEARCH = """
import gc, sys
def wanted():
    seen, waiting = set(), [gc.get_objects(), sys._getframe(), sys.modules]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, str) and each.partition("area")[2].startswith(" of 1 x 9"):
            return each
        waiting += gc.get_referents(each)
def total(x):
    H, W = x.shape
    attempt("the text of a hidden test", wanted)
    return x.sum() * area(H, W)
"""
ODD_DISPLAYS = """
from IPython.display import display
for data in ({"text/html": 5}, {"image/png": {"a": 1}}, {"text/plain": [1, 2]},
             {"application/json": [[[[1]]]]}, {"text/latex": None}, {5: 5}, {},
             {"application/javascript": 7}, {"image/svg+xml": "<svg onload=alert(1)>"}):
    display(data, raw=True, metadata={"text/html": 5, "image/png": [1]})
print("tried: displays of odd types")
"""
ODD_FRAMES = """
import json, os, struct
outputs = [
    {"output_type": "execute_result", "data": 5, "metadata": 5, "execution_count": True},
    {"output_type": "execute_result", "data": {"text/plain": "3.0"}},
    {"output_type": "error"},
    {"output_type": "error", "ename": [1], "evalue": {"a": 2}, "traceback": 5},
    {"output_type": "stream", "name": 5, "text": {"a": 1}},
    {"output_type": "display_data", "data": {"text/html": 5, "a": [[]]}, "metadata": [1]},
]
for output in outputs:
    for kind in ("output", "update"):
        for index in range(20):
            message = {"type": kind, "index": index, "output": output, "display_id": {}}
            data = json.dumps(message).encode()
            for number in range(3, 16):
                try:
                    os.write(number, struct.pack(">I", len(data)) + data)
                except OSError:
                    continue
print("tried: messages of odd shapes")
"""
GARBAGE = """
import os, socket
for number in range(3, 64):
    try:
        connection = socket.socket(fileno=os.dup(number))
        connection.sendall(b"\\xff" * 100)
    except OSError:
        continue
"""
LIAR_ATTACK = LIAR + "\nprint('tried: objects that lie')"
STARS = "from course.kit.checking.failure import CheckFailed\n" + (
    "CheckFailed.__init__ = CheckFailed.__new__ = None"
)


def cheat(name: str, what: str, attack: str, status: str = "graded", **rest) -> Case:
    """A case with wrong answers, which gives no mark."""
    rest = {"mark": 0, "answers": WRONG} | rest
    return Case(name, what, status=status, attack=attack, **rest)


CASES = [
    Case("right", "correct"),
    Case("wrong", "wrong", 0, answers=WRONG),
    Case("untouched", "untouched", 0, answers={}),
    Case(
        "stderr",
        "warning on stderr, code correct",
        attack="import sys",
        answers={
            **RIGHT,
            "area": "import sys, warnings\n"
            "def area(h, w):\n"
            "    print('x', file=sys.stderr)\n"
            "    warnings.warn('y')\n"
            "    return h * w",
        },
    ),
    cheat("ast", "AST transformer removes the checks", TRANSFORMER),
    cheat("source", "source transformer removes the checks", SOURCE_TRANSFORMER),
    cheat("checks", "the checks replaced", CHECKS),
    cheat("code", "code of the checks replaced", CODE),
    cheat("comparators", "comparators replaced", COMPARATORS),
    cheat("builtins", "builtins replaced", BUILTINS),
    cheat("module", "a fake module of checks", MODULE),
    cheat("name", "another `check`", NAME),
    cheat("shell", "showtraceback and run_cell patched", SHELL),
    cheat("run-cell", "run_cell replaced", RUN_CELL),
    cheat("hooks", "fake results from hooks", HOOKS),
    cheat("trace", "a tracer that jumps over lines", TRACE),
    cheat("except-hook", "hooks for exceptions", EXCEPT_HOOK),
    cheat("exc-info", "sys.exc_info replaced", EXC_INFO),
    cheat("json", "json.dumps replaced", JSON),
    cheat("event-loop", "the event loop's method replaced", EVENT_LOOP),
    cheat("compiler", "codeop replaced", COMPILER),
    cheat("server", "methods of the shell's objects", SERVER),
    cheat("cases", "the cases replaced", CASES_GONE),
    cheat("during", "the checks replaced by the answer", "", answers=DURING),
    cheat("class", "class of the checks' error", STARS),
    cheat("liar", "answers equal to everything", LIAR_ATTACK, answers=LIES),
    cheat("course", "the answer from course", REFERENCE, answers=FROM_COURSE),
    cheat("frames", "forged frames on the socket", FRAMES),
    cheat(
        "bridge",
        "forged answers on the socket to the checks",
        "",
        "kernel_died",
        answers={**WRONG, "area": BRIDGE},
    ),
    cheat("garbage", "garbage on the socket", GARBAGE, status="kernel_died"),
    cheat("writes-shadow", "fake modules written", WRITES_SHADOW),
    Case("shadow", "fake numpy beside the notebook", files=SHADOW),
    Case("pickle", "an answer that is a hostile pickle", 2, answers=HOSTILE),
    Case("spy", "hidden tests from a hook", attack=SPY),
    Case(
        "history",
        "hidden tests from the history",
        answers={**RIGHT, "total": HISTORY.strip()},
        attack="pass",
    ),
    Case(
        "search",
        "hidden tests from any object",
        answers={**RIGHT, "total": SEARCH.strip()},
        attack="pass",
    ),
    Case("odd-displays", "displays of odd types", attack=ODD_DISPLAYS),
    Case("odd-frames", "messages of odd shapes", attack=ODD_FRAMES),
    Case("surrogates", "halves of characters in outputs", attack=SURROGATES),
]
