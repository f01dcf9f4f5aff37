"""What a child does: it runs the cells that it is sent, one after the other.

It behaves as a Jupyter kernel does, with a socket in the place of the kernel's five.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable

from child.notebook_shell import (
    ZMQInteractiveShell,
    refuse_input,
    text_of,
)
from child.wire import OutStream, Sink, Terminal, Wire
from IPython.core.interactiveshell import ExecutionResult, _asyncio_runner

BALLAST_BYTES = 8_000_000  # let go when memory has run out, to say so


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

    def serve(self) -> None:
        self.wire.send(type="ready")
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
        self.error: BaseException | None = None
        went_well = self._run(message["source"])
        if not self.wire.is_ours():
            os._exit(0)  # forked by the cell: it would take the next cell from us
        self.drain()
        done = {"type": "done", "index": message["index"]}
        done["status"] = "ok" if went_well else "error"
        if self.error is not None:
            done["error"] = [type(self.error).__name__[:200], text_of(self.error)]
        self.wire.send(**done, **self.more())

    def more(self) -> dict:
        """What else is to be said of a cell that has ended."""
        return {}

    def prepare(self) -> None:
        """Mend what code of a student may have left: now some of it runs again."""
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
            with contextlib.suppress(Exception):  # whatever the student put there
                stream.flush()
        self.terminal.drain()
        if send:
            self.sink.flush()
