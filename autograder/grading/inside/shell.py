"""The IPython shell of a child: runs the cells that it is sent, one after the other.

It behaves as a Jupyter kernel does, with a socket in the place of the kernel's five. The
warm parent makes it (`preload`), a child connects it and serves (`main`).
"""

import asyncio
import base64
import builtins
import contextlib
import getpass
import os
import socket
import sys
import tempfile
import time
import zlib
from typing import Any

from inside.forget import forget_source
from inside.streams import OutStream, Sink, Terminal
from inside.watch import Watch
from inside.wire import Wire
from IPython.core.autocall import ExitAutocall
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import (
    ExecutionResult,
    InteractiveShell,
    _asyncio_runner,
)
from traitlets import Any as AnyTrait
from traitlets import Instance, Type, default
from traitlets.config import Config

NO_INPUT = "{} was called, but this frontend does not support input requests."
INLINE = "module://matplotlib_inline.backend_inline"
BALLAST_BYTES = 8_000_000  # let go when memory has run out, to say so
OUT_OF_MEMORY = 86  # exit code
_made: list[Watch] = []  # by preload, before the fork


class Outlet:
    """Where the outputs of cells go. The shell is made before there is a wire."""

    def __init__(self) -> None:
        self.sink: Sink | None = None

    def put(self, **message: Any) -> None:
        """Send an output after the text that was written before it."""
        if self.sink is None:
            return
        self.sink.flush()
        cell = self.sink.cell()
        if not self.sink.wire.send(index=cell, **message):
            data = message["output"].get("data", {})
            size = sum(len(str(value)) for value in data.values())
            message["output"] = {**message["output"], "data": {}, "metadata": {}}
            self.sink.wire.send(index=cell, left_out=size, **message)


class Publisher(DisplayPublisher):
    """display(), and clearing and updating what it has shown."""

    outlet = Outlet()

    def publish(
        self, data, metadata=None, *, transient=None, update=False, **rest
    ) -> None:
        self._validate_data(data, metadata)
        self.outlet.put(
            type="update" if update else "output",
            output={
                "output_type": "display_data",
                "data": as_text(data),
                "metadata": metadata or {},
            },
            display_id=(transient or {}).get("display_id"),
        )

    def clear_output(self, wait: bool = False) -> None:
        self.outlet.put(type="clear", wait=bool(wait))


class ResultHook(DisplayHook):
    """The value of a cell's last expression, as execute_result."""

    outlet = Outlet()

    def start_displayhook(self) -> None:
        self._is_active = True
        self.output = {"output_type": "execute_result", "data": {}, "metadata": {}}

    def write_output_prompt(self) -> None:
        self.output["execution_count"] = self.prompt_count

    def write_format_data(self, format_dict, md_dict=None) -> None:
        self.output["data"] = as_text(format_dict)
        self.output["metadata"] = md_dict or {}

    def finish_displayhook(self) -> None:
        if self.output["data"]:
            self.outlet.put(type="output", output=self.output)
        self._is_active = False


class Exiter(ExitAutocall):
    """quit and exit: the cell ends with an error, as with sys.exit()."""

    def __call__(self) -> None:
        raise SystemExit("a notebook that is graded cannot be left")


class Compiler(CachingCompiler):
    """Names the file of a cell as a kernel does."""

    def get_code_name(self, raw_code, transformed_code, number) -> str:
        name = zlib.crc32(raw_code.encode("utf-8", "replace"))
        folder = f"{tempfile.gettempdir()}{os.sep}ipykernel_{os.getpid()}"
        return f"{folder}{os.sep}{name}.py"


class ZMQInteractiveShell(InteractiveShell):
    """Has the name of Jupyter's own, which libraries look for to know a notebook."""

    displayhook_class = Type(ResultHook)
    display_pub_class = Type(Publisher)
    compiler_class = Type(Compiler)
    exiter = Instance(Exiter)
    kernel = AnyTrait(None, allow_none=True)
    outlet = Outlet()

    @default("exiter")
    def _default_exiter(self) -> Exiter:
        return Exiter(self)

    def init_profile_dir(self, profile_dir) -> None:
        with contextlib.suppress(OSError):
            super().init_profile_dir(profile_dir)

    def init_hooks(self) -> None:
        super().init_hooks()
        self.set_hook("show_in_pager", _show_nowhere, 99)

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no window to open."""

    def ask_exit(self) -> None:
        raise SystemExit("a notebook that is graded cannot be left")

    def _showtraceback(self, etype, evalue, stb) -> None:
        text = _text_of(evalue)
        self.outlet.put(
            type="output",
            output={
                "output_type": "error",
                "ename": str(etype.__name__),
                "evalue": text,
                "traceback": [str(line) for line in stb],
            },
        )


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:100_000]
    except Exception:  # noqa: BLE001 a learner's exception may be unable to say itself
        return "<an exception that has no text>"


def as_text(bundle: dict) -> dict:
    """A bundle of representations as JSON has them: images in base64."""
    return {
        str(kind): base64.b64encode(value).decode("ascii")
        if isinstance(value, bytes)
        else value
        for kind, value in bundle.items()
    }


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
    _made.append(Watch(ZMQInteractiveShell.instance()))


def _warm_up(shell: ZMQInteractiveShell) -> None:
    """Do once what a first cell, a first error and a first figure would spend time on."""
    for source in ("pass", "1 / 0"):
        shell.run_cell(source, store_history=False)
        forget_source(shell, source)
    shell.display_formatter.format(1)
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
    if not _made:
        preload()
    wire = Wire(connection)
    try:
        _Server(ZMQInteractiveShell.instance(), wire).serve(setup.get("layers", []))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


class _Server:
    def __init__(self, shell: ZMQInteractiveShell, wire: Wire) -> None:
        self.shell = shell
        self.wire = wire
        self.sink = Sink(wire)
        shell.outlet.sink = self.sink
        sys.stdout = sys.__stdout__ = OutStream("stdout", self.sink, 1)
        sys.stderr = sys.__stderr__ = OutStream("stderr", self.sink, 2)
        self.terminal = Terminal(self.sink)
        self.sink.follow_threads()
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.watch = _made.pop()
        self.ballast: bytes | None = bytes(BALLAST_BYTES)
        _hide_ourselves()

    def serve(self, layers: list[str]) -> None:
        self.wire.send(type="ready", layers=layers)
        while (message := self.wire.receive()) is not None:
            if message["type"] == "end":
                return
            if message["type"] == "cell":
                self._cell(message)

    def _cell(self, message: dict) -> None:
        index, token = message["index"], message.get("token", "")
        is_check = bool(message.get("is_check"))
        is_ours = is_check or bool(message.get("is_ours"))
        self.sink.current = index
        changes: list[str] = []
        if is_ours:
            changes += self.watch.restore(is_check)
        started = time.monotonic()
        self.error: BaseException | None = None
        went_well = self._run(message["source"])
        seconds = time.monotonic() - started
        if is_check:
            after = self.watch.restore(check=False)
            changes += after
            went_well = went_well and not after
            self.watch.after_check()
            forget_source(self.shell, message["source"])
        elif is_ours and went_well:
            self.watch.remember_imports(message["source"])
        if is_ours:
            self._drain()
        for change in dict.fromkeys(changes):
            self.wire.send(type="tamper", index=index, text=change[:500])
        done = {"type": "done", "index": index, "seconds": seconds, "token": token}
        done["status"] = "ok" if went_well else "error"
        if self.error is not None:
            done["error"] = [type(self.error).__name__[:200], _text_of(self.error)]
        self.wire.send(**done)

    def _run(self, source: str) -> bool:
        """Run a cell; whether it ended well. Never raises for it."""
        self.wire.catch_interrupts()
        builtins.input, getpass.getpass = _no_input, _no_password
        self.wire.armed = True
        went_well = False
        try:
            went_well = self.loop.run_until_complete(self._execute(source))
        except KeyboardInterrupt as error:
            self.wire.armed = False
            self._cancel_tasks()
            self.shell.showtraceback((KeyboardInterrupt, error, error.__traceback__))
        except MemoryError:
            self.ballast = None
            self.wire.armed = False
            self._say_memory_ran_out()
        except SystemExit as error:
            self.wire.armed = False
            self.shell.showtraceback((SystemExit, error, error.__traceback__))
        finally:
            self.wire.armed = False
        self._drain()
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
            return self._success(shell.run_cell(source, store_history=True))
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
        return self._success(result)

    def _success(self, result: ExecutionResult) -> bool:
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

    def _drain(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # whatever the learner put there
                stream.flush()
        self.terminal.drain()
        self.sink.flush()


def _no_input(prompt: str = "") -> str:
    raise StdinNotImplementedError(NO_INPUT.format("raw_input"))


def _no_password(prompt: str = "", stream: Any = None, **rest: Any) -> str:
    raise StdinNotImplementedError(NO_INPUT.format("getpass"))


def _show_nowhere(shell: Any, text: Any, **where: Any) -> None:
    """What `len?` opens beside a notebook is no output."""


def _hide_ourselves() -> None:
    """A learner who imports these modules gets new ones, or none, and not what is in use."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "inside"]:
        del sys.modules[name]
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != ours]
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        path for path in given if os.path.abspath(path) != ours
    )
