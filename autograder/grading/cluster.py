"""The Dask workers that grade: processes of this machine, or those of a running scheduler."""

import asyncio
import contextlib
import functools
import logging
import queue
import tempfile
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dask
from distributed import Client, LocalCluster
from distributed.comm import connect
from distributed.security import Security

from autograder.grading.inside.removal import remove
from autograder.grading.on_worker import Engine, difference, identity, layers
from course.kit.refusal import Refusal

PATIENCE = 10  # seconds for a scheduler to answer, and for its first worker
CLOSING = 10  # seconds for workers to end
DEATHS = 0  # that one among others may see before it runs alone
SETTINGS = {
    "distributed.scheduler.allowed-failures": DEATHS,
    "distributed.scheduler.http.routes": [],  # nothing for a browser to see
    "distributed.worker.http.routes": [],
    "distributed.deploy.lost-worker-timeout": "2m",  # starting one may take long
    "distributed.admin.large-graph-warning-threshold": "1GB",
    "distributed.admin.low-level-log-length": 100,  # else memory grows with the class
    "distributed.admin.log-length": 100,
    "distributed.comm.timeouts.connect": f"{PATIENCE}s",
}


@dataclass(frozen=True)
class Cluster:
    """A connected client, the name of the engine on its workers, and where they are.

    `restore` starts workers in the place of those that did not come back.
    """

    client: Client
    engine: str
    place: str
    restore: Callable[[], None]


@contextlib.contextmanager
def open_cluster(workers: int, scheduler: str | None = None) -> Iterator[Cluster]:
    """A Dask client whose workers can grade.

    Without `scheduler`, `workers` processes of this machine that end with it; starting them
    takes some 2 s. Raises Refusal for a scheduler that does not answer, has no workers, or
    has other versions.
    """
    engine = f"grading-{uuid.uuid4().hex[:12]}"
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(SETTINGS))
        stack.enter_context(_quiet())
        if scheduler is None:
            local = _start(stack, workers)
            client, place = Client(local), f"{workers} workers of this machine"
            stack.callback(_close, client)
            restore = functools.partial(local.scale, workers)
        else:
            client, place, restore = _connect(stack, scheduler), scheduler, _nothing
            _check_versions(client, scheduler)
            stack.callback(_forget, client, engine)
        client.register_plugin(Engine(local=scheduler is None), name=engine)
        yield Cluster(client, engine, place, restore)


def check_cluster(scheduler: str | None, isolation: str) -> None:
    """Raises the Refusals of `open_cluster` and `active_layers`, before anything is written."""
    if scheduler is None:
        _, refused = layers(isolation)
        if refused:
            raise Refusal(refused)
        return
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(SETTINGS))
        stack.enter_context(_quiet())
        client = _connect(stack, scheduler)
        _check_versions(client, scheduler)
        _layers_of_workers(client, isolation)


def _start(stack: contextlib.ExitStack, count: int) -> LocalCluster:
    """Worker processes that nobody else can talk to: their sockets want a certificate."""
    folder = tempfile.mkdtemp(prefix="workers-")
    stack.callback(remove, Path(folder))  # with what learner code left in it
    stack.enter_context(dask.config.set({"temporary-directory": folder}))
    cluster = LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        processes=True,
        security=True,
        dashboard_address="127.0.0.1:0",  # None would take port 8787
        scheduler_kwargs={"dashboard": False},
        memory_limit=0,  # learners' processes have limits; a worker holds little
        silence_logs=logging.CRITICAL,
        env={"TMPDIR": folder},
    )
    stack.push(_Ending(cluster))
    return cluster


class _Ending:
    """Ends the worker processes: at once where nobody waits for what they do."""

    def __init__(self, cluster: LocalCluster):
        self.cluster = cluster

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            for nanny in self.cluster.workers.values():
                with contextlib.suppress(Exception):
                    nanny.auto_restart = False
                    nanny.process.process.kill()
        with contextlib.suppress(TimeoutError, OSError):
            self.cluster.close(timeout=CLOSING)


def _nothing() -> None:
    """A running scheduler's workers are not ours to start."""


def _close(client: Client) -> None:
    with contextlib.suppress(TimeoutError, OSError):
        client.close(timeout=CLOSING)


def _connect(stack: contextlib.ExitStack, scheduler: str) -> Client:
    why = _why_silent(scheduler)
    if not why:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of other versions: refused below
                client = Client(scheduler, timeout=PATIENCE)
        except (OSError, ValueError, RuntimeError) as error:
            why = str(error) or type(error).__name__
    if why:
        raise Refusal(
            f"no Dask scheduler answers at {scheduler!r}: {' '.join(why.split())}. Start "
            "one with: dask scheduler, and on each machine: dask worker ADDRESS"
        )
    stack.callback(_close, client)
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise Refusal(
            f"the scheduler at {scheduler} has no workers. "
            f"Start some with: dask worker {scheduler}"
        ) from None
    return client


def _why_silent(scheduler: str) -> str:
    """Why nothing of Dask answers at an address; "" where something does.

    In a thread that may be left behind: Dask waits for ever for a server that accepts a
    connection and says nothing.
    """
    answer: queue.SimpleQueue[str] = queue.SimpleQueue()

    async def shake_hands() -> None:
        security = Security().get_connection_args("client")
        comm = await connect(scheduler, timeout=PATIENCE, **security)
        await comm.close()

    def try_it() -> None:
        try:
            asyncio.run(shake_hands())
        except Exception as error:  # noqa: BLE001 whatever it is, it is no scheduler
            answer.put(str(error) or type(error).__name__)
        else:
            answer.put("")

    threading.Thread(target=try_it, daemon=True).start()
    try:
        return answer.get(timeout=PATIENCE + 2)
    except queue.Empty:
        return "what listens there does not speak Dask's language"


def _check_versions(client: Client, scheduler: str) -> None:
    hint = "Install the same checkout and requirements.lock on both sides"
    wanted = identity()
    packages = client.get_versions()["scheduler"]["packages"]
    if packages["distributed"] != wanted["distributed"]:
        raise Refusal(
            f"the scheduler at {scheduler} has distributed {packages['distributed']}, "
            f"this machine {wanted['distributed']}. {hint}"
        )
    try:
        found = client.run(identity)
    except Exception as error:  # noqa: BLE001 whatever stands in a worker's way
        raise Refusal(
            f"the workers at {scheduler} cannot grade: {' '.join(str(error).split())}. {hint}"
        ) from None
    for worker, versions in found.items():
        if versions != wanted:
            what = difference(wanted, versions)
            raise Refusal(f"the worker {worker} is of another version: {what}. {hint}")


def active_layers(cluster: Cluster, isolation: str) -> list[str]:
    """A line for each kind of worker about what holds learner code back there.

    Raises Refusal where a worker has less than `isolation` asks for.
    """
    return _layers_of_workers(cluster.client, isolation)


def _layers_of_workers(client: Client, isolation: str) -> list[str]:
    lines = {}
    for worker, (line, refused) in client.run(layers, isolation).items():
        if refused:
            raise Refusal(f"{worker}: {refused}")
        lines.setdefault(line, []).append(worker)
    if len(lines) == 1:
        return list(lines)
    return [f"{line} ({', '.join(workers)})" for line, workers in lines.items()]


def _forget(client: Client, engine: str) -> None:
    """Make a running scheduler's workers give up what they keep for this run."""
    with contextlib.suppress(Exception):
        client.unregister_worker_plugin(engine)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Dask tells about every lost connection; the queue says what matters of it."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
