"""IPython's shell with the output of a Jupyter kernel's: parts that send what a cell shows."""

import base64
import builtins
import contextlib
import getpass
import os
import sys
import tempfile
import zlib
from typing import Any

from child.wire import Sink
from IPython.core.autocall import ExitAutocall
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets import Instance, Type, default
from traitlets.config import Config

NO_INPUT = "{} was called, but this frontend does not support input requests."
INLINE = "module://matplotlib_inline.backend_inline"


class Outlet:
    """Where the outputs of cells go. The shell is made before there is a wire."""

    def __init__(self) -> None:
        self.sink: Sink | None = None

    def put(self, **message: Any) -> None:
        """Send an output after the text that was written before it."""
        if self.sink is None:
            return
        self.sink.flush(at_once=True)
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

    def enable_matplotlib(self, gui: str | None = None):
        """Figures are images here, also where `%matplotlib widget` asks for more."""
        return super().enable_matplotlib("inline")

    def ask_exit(self) -> None:
        raise SystemExit("a notebook that is graded cannot be left")

    def _showtraceback(self, etype, evalue, stb) -> None:
        text = text_of(evalue)
        self.outlet.put(
            type="output",
            output={
                "output_type": "error",
                "ename": str(etype.__name__),
                "evalue": text,
                "traceback": [str(line) for line in stb],
            },
        )


def make_shell() -> None:
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
        vars(backend_inline.show).update(_to_draw=[], _draw_called=False)


def text_of(error: BaseException) -> str:
    try:
        return str(error)[:100_000]
    except Exception:  # noqa: BLE001 a student's exception may be unable to say itself
        return "<an exception that has no text>"


def as_text(bundle: dict) -> dict:
    """A bundle of representations as JSON has them: images in base64."""
    return {
        str(kind): base64.b64encode(value).decode("ascii")
        if isinstance(value, bytes)
        else value
        for kind, value in bundle.items()
    }


def _show_nowhere(shell: Any, text: Any, **where: Any) -> None:
    """What `len?` opens beside a notebook is no output."""


def refuse_input() -> None:
    """Before every cell, whatever the one before has made of `input`."""
    builtins.input, getpass.getpass = _no_input, _no_password


def _no_input(prompt: object = "") -> str:
    raise StdinNotImplementedError(NO_INPUT.format("raw_input"))


def _no_password(prompt: str = "", stream: Any = None, **rest: Any) -> str:
    raise StdinNotImplementedError(NO_INPUT.format("getpass"))
