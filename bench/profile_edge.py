"""Where the time of a request goes in front of the intake's writer: HTTP, checks, planning, answer.

One real server in this process, real requests from a crowd; only the writing is left out, so that
one thread does all the work and is seen at it.
"""

import dataclasses
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from subprocess import Popen
from threading import Thread

import uvicorn

from bench.crowd import order_body
from bench.profile_intake import functions
from bench.profiling import Cost, Profile, sampling
from bench.serving import HOST, Crew, Visit, create_token, read_seen, start_crowd
from bench.stage import Stage
from ovunque.api import routes
from ovunque.api.application import create_api
from ovunque.app import answer_in_loop, furnish
from ovunque.furnishing import RENDERING
from ovunque.orders.holding import Entering
from ovunque.orders.numbering import Numbers
from ovunque.orders.placing import Answered, Outcome
from ovunque.orders.ports import Desk
from ovunque.orders.receiving import Intake
from ovunque.platform.database import Database
from ovunque.platform.http.protocol import uvicorn_options
from ovunque.platform.idempotency import Answer
from ovunque.platform.settings import Settings
from ovunque.platform.telemetry import start_logging

BACKLOG = 2_048
CREATED = 201


class UnwrittenIntake(Intake):
    """Takes orders in as ever, and answers without writing them."""

    def write(self, batch: Sequence[Entering]) -> list[Outcome]:
        # About as long as a real answer; what it says is nobody's business here.
        answer = Answer(CREATED, order_body("nobody", ["S1"] * 10))
        return [Answered(answer=answer, replayed=False) for _ in batch]


def profile(stage: Stage, asked: Visit) -> Profile:
    """One API process at work for a crowd, seen from within."""
    token = create_token(stage.url)
    with (
        socket.create_server((HOST, 0), backlog=BACKLOG) as door,
        tempfile.TemporaryDirectory(prefix="ovunque-bench-") as folder,
        _server(stage) as server,
    ):
        crew = Crew(port=door.getsockname()[1], token=token)
        with start_crowd(crew, asked, Path(folder)) as crowd:
            Thread(target=_end_after, args=(crowd, server)).start()
            before = time.thread_time()
            with sampling() as samples:
                server.run(sockets=[door])
            cpu = time.thread_time() - before
        orders = len(read_seen(Path(folder)).at)
    us = cpu / orders * 1e6
    return Profile(
        name=f"over HTTP without the writing, {asked.clients} clients",
        orders=orders,
        parts={
            "of the event loop": [Cost(name="all together", us=round(us, 1))],
            **functions(samples, us),
        },
    )


@contextmanager
def _server(stage: Stage) -> Iterator[uvicorn.Server]:
    """The API as a process serves it, its log written to nowhere."""
    with (
        Path(os.devnull).open("w") as nowhere,
        redirect_stderr(nowhere),
        Database(stage.url) as database,
        furnish(Settings(), database) as services,
    ):
        start_logging("info")
        desk = Desk(
            snapshot=services.snapshot,
            new_id=services.new_id,
            numbers=Numbers(),
            rendering=RENDERING,
            promises=services.promises,
        )
        intake = UnwrittenIntake(database, desk, services.clock, deliver=answer_in_loop)
        intake.start()
        api = create_api(dataclasses.replace(services, intake=intake), routes.ROUTERS, routes.HOT)
        yield uvicorn.Server(uvicorn.Config(api, **uvicorn_options(services.settings)))
        intake.close()


def _end_after(crowd: "Popen[bytes]", server: uvicorn.Server) -> None:
    crowd.wait()
    server.should_exit = True
