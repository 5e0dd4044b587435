"""`ovunque serve` and `ovunque worker`: the processes that run for long."""

import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from threading import Event
from typing import Annotated

import typer
import uvicorn

from ovunque.api.health import Health
from ovunque.cli.session import running_database
from ovunque.kernel.refusal import Refusal
from ovunque.platform import tracing
from ovunque.platform.database import Database, DatabaseSizes
from ovunque.platform.http.draining import Draining, DrainingServer, Passage
from ovunque.platform.http.protocol import uvicorn_options
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import Settings, read_settings
from ovunque.platform.supervising import (
    Program,
    Supervisor,
    end_with_parent,
    ready_fd,
    wake_gently,
)
from ovunque.platform.telemetry import start_logging

BACKLOG = 2_048
CONNECTIONS_MAX = 10  # Of one API process: requests that wait for the database, and the intake.


def serve(
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="API processes; default: one for each core.")
    ] = None,
    *,
    background: Annotated[
        bool, typer.Option("--worker/--no-worker", help="With or without a worker beside them.")
    ] = True,
) -> None:
    """Serve the API, with a worker in the background, until Ctrl-C."""
    settings = read_settings()
    with running_database(settings) as url, listening(settings) as door:
        migrate(url)
        count = workers or settings.workers or os.cpu_count() or 1
        raise typer.Exit(run_server(settings, url, door, count, background=background))


def run_server(
    settings: Settings,
    url: str,
    door: socket.socket,
    count: int,
    *,
    background: bool = True,
    company: Sequence[Program] = (),
) -> int:
    """API processes on one socket, a worker and whoever keeps them company, until a signal."""
    fd = door.fileno()
    serving = ("ovunque.cli.serving", "api", str(fd))
    api = Program(name="api", arguments=serving, fds=(fd,), tells_ready=True)
    programs = [api] * count
    if background:
        programs.append(Program(name="worker", arguments=("ovunque.cli.serving", "worker")))
    with TemporaryDirectory(prefix="ovunque-metrics-") as figures:
        environment = {
            "DATABASE_URL": url,
            "OVUNQUE_LOG_LEVEL": settings.log_level,
            "OVUNQUE_WORKERS": str(count),  # Each keeps its part of the bounds.
            "OVUNQUE_SHOP": str(settings.shop).lower(),
            "PROMETHEUS_MULTIPROC_DIR": figures,
        }
        start_logging(settings.log_level)
        return Supervisor([*programs, *company], environment).run()


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket that all API processes share; a busy port is one sentence."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise Refusal("port_taken", where=where, detail=error.strerror) from None
        door.listen(BACKLOG)
        yield door


def work() -> None:
    """Work in the background only: jobs when they are due."""
    settings = read_settings()
    with running_database(settings) as url:
        migrate(url)
        start_logging(settings.log_level)
        run_worker(settings, url)


def run_worker(settings: Settings, url: str) -> None:
    from ovunque import worker  # noqa: PLC0415 - whoever supervises needs none of it

    ending = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    with (
        traced(settings, "worker"),
        Database(url, DatabaseSizes(connections_max=12)) as database,
    ):
        worker.run(database, settings, ending)


@contextmanager
def traced(settings: Settings, process: str) -> Iterator[None]:
    """Tell a collector where the time goes, if there is one."""
    if settings.traces is not None:
        tracing.start(settings.traces, process)
    try:
        yield
    finally:
        tracing.stop()


def run_api(settings: Settings, url: str, fd: int) -> None:
    """One API process, on a socket that its parent opened."""
    from ovunque import app  # noqa: PLC0415 - as above

    wake_gently()
    health, draining = Health(), Draining()

    def leave() -> None:
        health.closing = draining.begun = True

    passage = Passage(
        leave=leave,
        seconds=settings.drain_seconds,
        alone=settings.workers == 1,
        ready_fd=ready_fd(),
    )
    with (
        traced(settings, "api"),
        socket.socket(fileno=fd) as door,
        Database(url, DatabaseSizes(connections_max=CONNECTIONS_MAX)) as database,
    ):
        application = app.create(settings, database, health)
        config = uvicorn.Config(application, **uvicorn_options(settings, draining))
        DrainingServer(config, passage).run(sockets=[door])


def run_child(arguments: Sequence[str]) -> None:
    """The entry of a supervised process."""
    end_with_parent()
    settings = read_settings()
    start_logging(settings.log_level)
    assert settings.database_url is not None, "the parent says where the database is"
    match arguments:
        case ["api", fd]:
            run_api(settings, settings.database_url, int(fd))
        case ["worker"]:
            run_worker(settings, settings.database_url)
        case _:
            raise AssertionError(f"no such process: {arguments}")


if __name__ == "__main__":
    run_child(sys.argv[1:])
