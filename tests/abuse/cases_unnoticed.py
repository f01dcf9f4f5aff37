"""Changes that leave nothing to compare afterwards, or that stand where nobody looked."""

from abuse_case import RIGHT, WRONG, Case
from cases_marks import cheat

PATCHES = """
kind = type(check)
real = check.equal, check.hidden, kind.__call__
def pass_all():
    check.equal = check.hidden = kind.__call__ = lambda *a, **k: None
def put_back():
    check.equal, check.hidden, kind.__call__ = real
"""
HIDES_BUILTINS = """
import course.kit.checking.compare as compare
import course.kit.checking.run_cases as run_cases
compare.int = compare.float = lambda value: 0
run_cases.isinstance = lambda *a: False
"""
DESCRIPTORS = """
from course.kit.checking.compare import Rules
class Always:
    def __init__(self, value): self.value = value
    def __get__(self, *owner): return self.value
    def __set__(self, *owner): pass
Rules.rtol = Rules.atol = Always(float("inf"))
Rules.exact = Always(False)
"""
UNDONE = """def area(height, width):
    real = check.find_difference
    def once(*arguments):
        check.find_difference = real
    check.find_difference = once
    return 0"""
TASK_FACTORY = (
    PATCHES
    + """
import asyncio
def factory(loop, work, **rest):
    async def wrapped():
        pass_all()
        try: return await work
        finally: put_back()
    return asyncio.Task(wrapped(), loop=loop, **rest)
asyncio.get_event_loop().set_task_factory(factory)
"""
)
GARBAGE_COLLECTOR = (
    PATCHES
    + """
import gc, sys
def look(phase, info):
    frame, names = sys._getframe(1), set()
    while frame:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
    pass_all() if "run_code" in names and "restore" not in names else put_back()
gc.callbacks.append(look)
gc.set_threshold(1, 1, 1)
"""
)
WARNINGS = """
import warnings
real = check.find_difference
class Catch(warnings.catch_warnings):
    def __enter__(self): check.find_difference = lambda *a: None
    def __exit__(self, *error): check.find_difference = real
warnings.catch_warnings = Catch
"""
MODULE_CLASS = """
class Fake(type(check)):
    def __getattribute__(self, name): return lambda *a, **k: None
check.__class__ = Fake
"""
SHELL_CLASS = """
class Quiet(type(get_ipython())):
    def showtraceback(self, *a, **k): pass
    def run_code(self, *a, **k): return False
get_ipython().__class__ = Quiet
"""
BASES = """
kind = type(get_ipython())
class Between(kind.__mro__[1]):
    def run_code(self, *a, **k): return False
kind.__bases__ = (Between,)
"""
STORED = """
from course.kit.checking import documents
print("tried: the cases in memory")
for (module, name), document in documents._documents().items():
    for stored in document["stored"].values():
        stored["want"] = {"dtype": "float32", "value": 0.0}
"""
# Right but for the second case, which is 4 wide.
NEARLY = """def total(x):
    product = x.sum() * area(*x.shape)
    return product if x.shape[1] == 3 else product * 0"""
CANCELS = {
    **RIGHT,
    "area": "import asyncio\n"
    "def area(height, width):\n"
    "    for task in asyncio.all_tasks(asyncio.get_event_loop()):\n"
    "        task.cancel()\n"
    "    return height * width",
}

CASES = [
    cheat("hides-builtins", "builtins hidden in modules", HIDES_BUILTINS),
    cheat("descriptors", "attributes that nobody can set", DESCRIPTORS),
    cheat("undone", "undone at once", "", answers={**WRONG, "area": UNDONE}),
    cheat("task-factory", "a task factory around the check", TASK_FACTORY),
    cheat("collector", "a callback of the collector", GARBAGE_COLLECTOR),
    cheat("warnings", "what the checks use, replaced", WARNINGS),
    cheat("module-class", "another class for a module", MODULE_CLASS),
    cheat("shell-class", "another class for the shell", SHELL_CLASS),
    cheat("bases", "another base for its class", BASES),
    Case(
        "stored",
        "the cases in memory changed",
        2,
        answers={**RIGHT, "total": NEARLY},
        attack=STORED,
    ),
    Case("cancels", "an answer cancels all tasks", answers=CANCELS),
]
