"""The forked shell gives the outputs that a Jupyter kernel gives."""

import re

import pytest
from nbformat import NotebookNode, validate
from nbformat.v4 import new_notebook
from small_class import code, make_checkout

from autograder.grading.cells import ANSI
from autograder.grading.execute import How, Limits, Work, execute
from autograder.grading.executors import fast
from autograder.grading.outcome import Status
from autograder.lessons.course_files import Support, make_support

LIMITS = Limits(cell_seconds=300, total_seconds=1500, grace_seconds=2)
FIGURE = "import matplotlib.pyplot as plt; plt.plot([1, 2]); print('drawn')"
SHOWN_AGAIN = "handle = display(1, display_id=True); print('x')"
CLEARED = """
from IPython.display import clear_output
print("gone")
clear_output(wait=True)
print("kept")
"""
CLEARED_AT_ONCE = "print('gone')\nclear_output()\nprint('kept')"
RENDERED = """
class Short(Exception):
    def _render_traceback_(self):
        return ["short and", "sweet"]

raise Short("text")
"""
CHAINED = """
def inner(): return {}["key"]
try:
    inner()
except KeyError as error:
    raise ValueError("outer") from error
"""
MANY = """
class Many:
    def _repr_html_(self): return "<b>many</b>"
    def _repr_png_(self): return b"\\x89PNG"
    def _repr_json_(self): return {"a": [1, 2]}
Many()
"""
SPEECHLESS = """
class Speechless(Exception):
    def __str__(self): raise RuntimeError("no text")
raise Speechless
"""
# A kernel reads what a process has written in a thread of its own, a little later.
PROCESS = """
import subprocess, time
code = subprocess.run(["echo", "hello"]).returncode
time.sleep(1)
code
"""
# Each is one cell; they run one after the other, in both executors.
SAME = {
    "result": "6 * 7",
    "silenced": "6 * 7;",
    "none": "None",
    "earlier results": "_ , Out[1]",
    "several expressions": "1\n2\n'three'",
    "print": "print('a'); print('b', end='')",
    "stderr": "import sys; print('warned', file=sys.stderr)",
    "warning": "import warnings; warnings.warn('careful')",
    "process": PROCESS,
    "shell command": "!echo shell",
    "captured command": "found = !echo one two\nfound",
    "time": "%timeit -n1 -r1 -q pass",
    "bash": "%%bash\necho from bash",
    "capture": "%%capture caught\nprint('hidden')",
    "captured": "caught.stdout",
    "unknown magic": "%no_such_magic",
    "help": "len?",
    "matplotlib magic": "%matplotlib inline",
    "figure": FIGURE,
    "figure shown": "plt.figure(figsize=(1, 1)); plt.show(); print('after')",
    "figure as result": "fig, axes = plt.subplots(figsize=(1, 1)); plt.close(fig); fig",
    "display": "from IPython.display import HTML, display; display(HTML('<b>x</b>'), 5)",
    "markdown": "from IPython.display import Markdown; Markdown('**x**')",
    "many representations": MANY,
    "display id": SHOWN_AGAIN,
    "update": "handle.update('two')",
    "clear": CLEARED,
    "clear at once": CLEARED_AT_ONCE,
    "await": "import asyncio\nawait asyncio.sleep(0.01)\n'slept'",
    "failing await": "await asyncio.wait_for(asyncio.sleep(5), 0.01)",
    "running loop": "asyncio.run(asyncio.sleep(0))",
    "task": "task = asyncio.ensure_future(asyncio.sleep(0.01, 'done'))\nawait task",
    "error": "def f(x):\n    return 1 / x\nf(0)",
    "error in the middle": "print('before'); [][1]; print('after')",
    "chained error": CHAINED,
    "own rendering": RENDERED,
    "assert": "assert 1 == 2, 'one is not two'",
    "exit": "import sys; sys.exit(3)",
    "raise exit": "raise SystemExit",
    "interrupt": "raise KeyboardInterrupt",
    "input": "input('name? ')",
    "password": "import getpass; getpass.getpass()",
    "indentation": "  x = 1\n y = 2",
    "name error": "no_such_name",
    "recursion": "def deep(): return deep()\ndeep()",
    "exception group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "shown in a loop": "for i in range(3): display(i)",
    "what tqdm looks for": "'IPKernelApp' in get_ipython().config",
    "widget": "import ipywidgets; ipywidgets.IntSlider(value=3)",
    "print from a thread": (
        "import threading; t = threading.Thread(target=print, args=('from it',)); "
        "t.start(); t.join()"
    ),
    "forked": (
        "import os\nif os.fork() == 0:\n    print('child', flush=True); os._exit(0)\n"
        "os.wait()[1]"
    ),
    "history": "len(In) > 10, In[1], _i1",
    "names": "sorted(n for n in globals() if not n.startswith('_'))[:5]",
    "module": "__name__, get_ipython().__class__.__name__",
    "future": "from __future__ import annotations\ndef g(x: no_such): pass\ng.__annotations__",
    "still in the future": "def h(x: no_such): pass\nh.__annotations__",
}


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> Support:
    return make_support(make_checkout(tmp_path_factory.mktemp("checkout")))


def run(support: Support, *sources: str, executor: str = "fast") -> Work:
    notebook = new_notebook(cells=[code(source) for source in sources])
    return execute(notebook, support, LIMITS, how=How(executor, "off"))


@pytest.fixture(scope="module")
def twice(support: Support) -> dict[str, tuple[NotebookNode, NotebookNode]]:
    done = [
        run(support, *SAME.values(), executor=executor)
        for executor in ("fast", "kernel")
    ]
    for executed in done:
        assert (executed.status, executed.reason) == (Status.GRADED, "")
        validate(executed.notebook)
    return dict(zip(SAME, zip(*(each.notebook.cells for each in done)), strict=True))


@pytest.mark.parametrize("name", SAME)
def test_the_outputs_are_those_of_a_kernel(twice, name):
    ours, theirs = twice[name]
    assert ours.execution_count == theirs.execution_count
    assert comparable(ours.outputs) == comparable(theirs.outputs)


NEVER_AWAITED = re.compile(
    r"[^\n]*RuntimeWarning: coroutine [^\n]* was never awaited\n(  [^\n]*\n)?"
    r"(RuntimeWarning: Enable tracemalloc[^\n]*\n)?"
)


def comparable(outputs: list[NotebookNode]) -> list:
    """Outputs without what differs from run to run; text of one stream in one piece.

    A kernel sends stdout and stderr apart, so that their order among each other is chance.
    So is the cell in which the collector finds a coroutine that nobody has awaited.
    """
    streams = {
        name: "".join(o.text for o in outputs if o.get("name") == name)
        for name in ("stdout", "stderr")
    }
    streams["stderr"] = NEVER_AWAITED.sub("", streams["stderr"])
    kept: list = [(name, plain(text)) for name, text in streams.items()]
    for output in outputs:
        if output.output_type == "error":
            kept.append((output.ename, plain(output.evalue), frames(output)))
        elif output.output_type != "stream":
            data = {
                kind: value if kind.startswith("image/") else plain(value)
                for kind, value in output.data.items()
            }
            kept.append((output.output_type, data, output.get("execution_count")))
    return kept


def frames(error: NotebookNode) -> list[str]:
    """The traceback, without the frames of files that a kernel and we have of our own.

    nbclient makes up an error where the shell showed none (on stderr, for a UsageError).
    """
    lines = [plain(each) for each in error.traceback]
    made_up = len(lines) == 1 and ("disabled" in lines[0] or error.ename in lines[0])
    return [] if made_up else [line for line in lines if not line.startswith("File ")]


def plain(value: object) -> str:
    """Text without colours, addresses, identities and the names of files of cells."""
    text = ANSI.sub("", str(value))
    text = re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{32}\b", "ADDRESS", text)
    text = re.sub(r"[^\s\"]*ipykernel_\d+/\d+\.py|\b\d+\.py\b", "CELL", text)
    return re.sub(r"\d+ frames", "FRAMES", re.sub(r"\s+", " ", text))


def test_quit_is_an_error_of_its_cell(support):
    """A kernel ends a tenth of a second later, and takes other cells with it."""
    executed = run(support, "quit()", "print('still here')", "exit")
    assert executed.status is Status.GRADED
    assert [cell.outputs[0].get("ename") for cell in executed.notebook.cells] == [
        "SystemExit",
        None,
        "SystemExit",
    ]


def test_the_order_of_the_streams_is_kept(support):
    source = "import sys\nfor name in 'ab':\n    print(name)\n    print(name, file=sys.stderr)"
    (cell,) = run(support, source).notebook.cells
    assert [(o.name, o.text) for o in cell.outputs] == [
        ("stdout", "a\n"),
        ("stderr", "a\n"),
        ("stdout", "b\n"),
        ("stderr", "b\n"),
    ]


def test_halves_of_characters_do_not_break_anything(support):
    executed = run(
        support,
        "print('a\\ud800b')",
        "'\\udcff'",
        "display({'text/plain': '\\udcff'}, raw=True)",
        "raise ValueError('\\ud800')",
        "print('whole')",
    )
    assert executed.status is Status.GRADED
    assert executed.notebook.cells[0].outputs[0].text == "a?b\n"
    assert executed.notebook.cells[3].outputs[0].evalue == "?"
    assert executed.notebook.cells[4].outputs[0].text == "whole\n"


def test_an_exception_without_text_is_shown(support):
    executed = run(support, SPEECHLESS, "print('next')")
    assert executed.notebook.cells[0].outputs[-1].output_type == "error"
    assert executed.notebook.cells[1].outputs[0].text == "next\n"


@pytest.mark.parametrize("executor", ["fast", "kernel"])
def test_a_widget_with_output_does_no_harm(support, executor):
    """A kernel's is caught in the widget's state, ours stands in the notebook."""
    source = "import ipywidgets; ipywidgets.interact(lambda x: print(x), x=(0, 2))"
    executed = run(support, source, "print('next')", executor=executor)
    assert executed.status is Status.GRADED
    assert not [o for o in executed.notebook.cells[0].outputs if "ename" in o]
    assert executed.notebook.cells[1].outputs[0].text == "next\n"


def test_late_output_of_a_thread_is_not_that_of_the_next_cell(support):
    late = """
import threading, time
def write():
    for _ in range(30):
        print("late")
        time.sleep(0.02)
thread = threading.Thread(target=write)
thread.start()
"""
    executed = run(support, late, "thread.join()", "print('next')")
    assert not executed.notebook.cells[1].outputs
    assert executed.notebook.cells[2].outputs[0].text == "next\n"


def test_a_loop_of_prints_arrives_while_it_runs(support):
    """Also from a cell that is then killed."""
    source = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("before")
time.sleep(60)
"""
    notebook = new_notebook(cells=[code(source)])
    limits = Limits(cell_seconds=1, total_seconds=3, grace_seconds=0.5)
    executed = execute(notebook, support, limits, how=How("fast", "off"))
    assert executed.notebook.cells[0].outputs[0].text == "before\n"


def test_an_interrupt_during_output_breaks_no_message(support):
    source = "while True:\n    print('x' * 100)"
    cells = [code(source) for _ in range(5)]
    limits = Limits(cell_seconds=0.3, output_bytes=1000, total_output_bytes=2**40)
    executed = execute(
        new_notebook(cells=cells), support, limits, how=How("fast", "off")
    )
    assert executed.status is Status.TIMEOUT
    assert "interrupted" not in executed.reason
    assert not [note for note in executed.notes if note.kind == "restarted"]
    for cell in executed.notebook.cells:
        assert [o.ename for o in cell.outputs if "ename" in o] == ["TimeLimit"]


def test_messages_that_no_shell_sends_end_the_process_only(support, monkeypatch):
    monkeypatch.setattr(
        fast, "END_SECONDS", 0.5
    )  # for a child that lives to end itself
    by_hand = """
import os, stat, socket
for number in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            socket.socket(fileno=os.dup(number)).send({!r})
    except OSError:
        pass
"""
    for bad in (b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\1{", b"\0" * 64):
        executed = run(support, "print(1)", by_hand.format(bad), "print(2)")
        assert executed.status is Status.KERNEL_DIED
        assert executed.notebook.cells[2].outputs[0].text == "2\n"
    (cell,) = run(support, "import child.wire").notebook.cells
    assert cell.outputs[0].ename == "ModuleNotFoundError"
