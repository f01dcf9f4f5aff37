"""What a child does: it runs the cells that it is sent, one after the other.

It behaves as a Jupyter kernel does, with a socket in the place of the kernel's five. The
warm parent makes the shell (`preload`), and two children serve (`main`): one runs the cells of
the learner (`answers.py`), the other one the checks (`checks.py`).
"""

import asyncio
import contextlib
import importlib
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable

from inside.no_input import refuse_input
from inside.notebook_shell import (
    Outlet,
    Publisher,
    ResultHook,
    ZMQInteractiveShell,
    text_of,
)
from inside.streams import OutStream, Sink, Terminal
from inside.wire import Wire
from IPython.core.interactiveshell import ExecutionResult, _asyncio_runner
from traitlets.config import Config

INLINE = "module://matplotlib_inline.backend_inline"
BALLAST_BYTES = 8_000_000  # let go when memory has run out, to say so
OUT_OF_MEMORY = 86  # exit code
SERVERS = {"answers": "AnswerServer", "checks": "CheckServer"}  # by the module's name


def preload() -> None:
    """Make the shell. It starts no thread, so that the process can still be forked."""
    os.environ["MPLBACKEND"] = INLINE
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.IPKernelApp.tqdm = "tqdm looks for this name"
    config.InteractiveShell.ipython_dir = tempfile.mkdtemp(prefix="ipython-")
    outlet = Outlet()
    for made in (Publisher, ResultHook, ZMQInteractiveShell):
        made.outlet = outlet
    ZMQInteractiveShell.instance(config=config)
    with contextlib.suppress(ImportError):
        import matplotlib as mpl

        mpl.use(INLINE)
        from matplotlib_inline import backend_inline

        backend_inline._enable_matplotlib_integration()
    _warm_up(ZMQInteractiveShell.instance())
    for name in SERVERS:
        importlib.import_module(f"inside.{name}")


def _warm_up(shell: ZMQInteractiveShell) -> None:
    """Do once what a first cell, a first error and a first figure would spend time on."""
    for source in ("pass", "1 / 0"):
        shell.run_cell(source, store_history=False)
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)
    shell.display_formatter.format(1)
    with contextlib.suppress(Exception):  # a course without a kit
        from course.kit.checking.documents import read_all

        read_all()
    with contextlib.suppress(ImportError):
        from IPython.core.pylabtools import print_figure
        from matplotlib import pyplot as plt
        from matplotlib_inline import backend_inline

        figure, axes = plt.subplots()
        axes.set_title("warm")
        print_figure(figure)
        plt.close("all")
        backend_inline.show._to_draw, backend_inline.show._draw_called = [], False


def main(connection: socket.socket, setup: dict) -> None:
    """Serve the owner at the other end of the connection until it says that it was all."""
    role = setup["role"]
    module = importlib.import_module(f"inside.{role}")
    wire = Wire(connection)
    server = getattr(module, SERVERS[role])(ZMQInteractiveShell.instance(), wire)
    server.connect(setup["bridge"])
    _hide_ourselves()
    try:
        server.serve(setup.get("layers", []))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


class Server:
    """Runs the cells that the owner sends."""

    def __init__(self, shell: ZMQInteractiveShell, wire: Wire) -> None:
        self.shell = shell
        self.wire = wire
        self.handlers: dict[str, Callable[[dict], None]] = {"cell": self._cell}
        self.sink = Sink(wire)
        shell.outlet.sink = self.sink
        self.streams = {
            name: OutStream(name, self.sink, number)
            for number, name in enumerate(("stdout", "stderr"), start=1)
        }
        for name, stream in self.streams.items():
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        self.terminal = Terminal(self.sink)
        self.sink.follow_threads()
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.ballast: bytes | None = bytes(BALLAST_BYTES)
        wire.catch_interrupts()

    def serve(self, layers: list[str]) -> None:
        self.wire.send(type="ready", layers=layers)
        self.wait()
        while (message := self.wire.receive()) is not None:
            if message["type"] == "end":
                return
            self.handlers[message["type"]](message)
            self.wait()

    def wait(self) -> None:
        """Returns when the owner has something to say."""

    def _cell(self, message: dict) -> None:
        self.sink.current = message["index"]
        self.shell.execution_count = message["count"]
        started = time.monotonic()
        self.error: BaseException | None = None
        went_well = self._run(message["source"])
        if not self.wire.is_ours():
            os._exit(0)  # forked by the cell: it would take the next cell from us
        seconds = time.monotonic() - started
        self.drain()
        done = {"type": "done", "index": message["index"], "seconds": seconds}
        done["status"] = "ok" if went_well else "error"
        if self.error is not None:
            done["error"] = [type(self.error).__name__[:200], text_of(self.error)]
        self.wire.send(**done, **self.more())

    def more(self) -> dict:
        """What else is to be said of a cell that has ended."""
        return {}

    def prepare(self) -> None:
        """Mend what code of a learner may have left: now some of it runs again."""
        self.wire.catch_interrupts()
        self._have_streams()
        refuse_input()

    def execute(self, source: str) -> bool:
        """Run the source; whether it ended well. Raises what could not be shown."""
        return self.loop.run_until_complete(self._execute(source))

    def _run(self, source: str) -> bool:
        """Run a cell; whether it ended well. Never raises for it."""
        self.prepare()
        self.wire.armed = True
        went_well = False
        try:
            went_well = self.execute(source)
        except KeyboardInterrupt as error:
            self.wire.armed = False
            self._cancel_tasks()
            self.shell.showtraceback((KeyboardInterrupt, error, error.__traceback__))
        except MemoryError:
            self.ballast = None
            self.wire.armed = False
            self._say_memory_ran_out()
        except BaseException as error:  # noqa: BLE001 the next cell can still run
            self.wire.armed = False
            self.error = error
            self.shell.showtraceback((type(error), error, error.__traceback__))
        finally:
            self.wire.armed = False
        self.drain()
        return went_well

    async def _execute(self, source: str) -> bool:
        """As ipykernel does it: with a running loop, also for a cell that awaits nothing."""
        shell = self.shell
        wrong = None
        try:
            transformed = shell.transform_cell(source)
        except Exception:  # noqa: BLE001 the shell shows it
            transformed, wrong = source, sys.exc_info()
        is_async = shell.should_run_async(
            source, transformed_cell=transformed, preprocessing_exc_tuple=wrong
        )
        if not (is_async and shell.loop_runner is _asyncio_runner):
            return self.success(shell.run_cell(source, store_history=True))
        result = None
        try:
            result = await shell.run_cell_async(
                source,
                store_history=True,
                transformed_cell=transformed,
                preprocessing_exc_tuple=wrong,
            )
        finally:
            shell.events.trigger("post_execute")
            shell.events.trigger("post_run_cell", result)
        return self.success(result)

    def success(self, result: ExecutionResult) -> bool:
        """Whether a cell ended well; remembers its error."""
        self.error = result.error_before_exec or result.error_in_exec
        return result.success

    def _cancel_tasks(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(BaseException):
            both = asyncio.gather(*tasks, return_exceptions=True)
            self.loop.run_until_complete(asyncio.wait_for(both, 1))

    def _say_memory_ran_out(self) -> None:
        text = "memory ran out"
        self.shell.outlet.put(
            type="output",
            output={
                "output_type": "error",
                "ename": "MemoryError",
                "evalue": text,
                "traceback": [f"MemoryError: {text}"],
            },
        )

    def _have_streams(self) -> None:
        """After `sys.stdout = None` IPython could run no further cell."""
        for name, stream in self.streams.items():
            if getattr(sys, name, None) is None:
                setattr(sys, name, stream)

    def drain(self, send: bool = True) -> None:
        """Collect what was written so far, and send it."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # whatever the learner put there
                stream.flush()
        self.terminal.drain()
        if send:
            self.sink.flush()


def _hide_ourselves() -> None:
    """A learner who imports these modules gets new ones, or none, and not what is in use."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "inside"]:
        del sys.modules[name]
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != ours]
    own = (os.path.basename(path) == "site-packages" for path in sys.path)
    place = next((index for index, is_own in enumerate(own) if is_own), 0)
    sys.path.insert(place, "")  # where a kernel has the folder of the notebook
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        path for path in given if os.path.abspath(path) != ours
    )
