"""The server as it is really started, and a crowd that asks it over HTTP."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from types import MappingProxyType

import msgspec

from bench.crowd import Seen, Task
from bench.machine import read
from bench.points import Done, MeasuringError, Point, between, point_of
from bench.stage import BUYERS, Stage
from ovunque.access.keeping import KeyRequest, create_key, token_of
from ovunque.access.model import Scope
from ovunque.platform.clock import new_id_source, new_secret, now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until

CHECKOUT = Path(__file__).parents[1]
CROWDS = count()  # Each has keys of its own.
HOST = "127.0.0.1"
START_SECONDS_MAX = 180  # Each process reads all stock first, millions of levels perhaps.
END_SECONDS_MAX = 30
ENDING_SECONDS = 0.2  # A crowd goes on a little longer than it is measured.
NOBODY: Mapping[str, int] = MappingProxyType({})
SERVE = "from ovunque.cli.main import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Where a crowd goes, with a key that may do everything."""

    port: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server."""

    pid: int
    crew: Crew


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a crowd asks for: a path, or orders of these items; at a pace, or without a pause."""

    name: str
    path: str
    clients: int
    seconds: float
    warmup_seconds: float
    skus: tuple[str, ...] = ()
    expected: int = 200
    pace: float | None = None


@contextmanager
def serve(stage: Stage, workers: int) -> Iterator[Server]:
    """`ovunque serve` on a copy of a stage's network, until the end."""
    with serve_url(stage.fresh_url(), workers) as server:
        yield server


@contextmanager
def serve_url(url: str, workers: int) -> Iterator[Server]:
    """`ovunque serve` on a free port, until the end."""
    crew = Crew(port=free_port(), token=create_token(url))
    with tempfile.TemporaryDirectory(prefix="ovunque-bench-") as folder:
        log = Path(folder) / "log"
        environment = {"DATABASE_URL": url, "PORT": str(crew.port), "OVUNQUE_HOME": folder}
        environment["OVUNQUE_KEY_UNITS_PER_SECOND"] = "0"  # Measured is the house, not a bound.
        command = [sys.executable, "-c", SERVE, "serve", "--workers", str(workers)]
        with log.open("wb") as said:
            process = subprocess.Popen(
                command, env={**os.environ, **environment}, stdout=said, stderr=said
            )
        try:
            ready = wait_until(lambda: _ready(crew.port, workers), START_SECONDS_MAX)
            if not ready or process.poll() is not None:
                raise MeasuringError(f"the server does not start: {tail(log)}")
            yield Server(pid=process.pid, crew=crew)
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Its children end with it, however it ends."""
    process.terminate()
    try:
        process.wait(END_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1_000:]


def create_token(url: str) -> str:
    """A new key's token."""
    secret, new_id = new_secret(), new_id_source()
    request = KeyRequest(
        key_id=new_id(),
        client_id=new_id(),
        client=f"crowd-{secret[:8]}",
        secret=secret,
        scopes=frozenset({Scope.ALL}),
    )
    with Database(url) as database:
        database.transact(lambda tx: create_key(tx, BUYERS, request, now()))
    return token_of(secret)


def free_port() -> int:
    with socket.socket() as door:
        door.bind((HOST, 0))
        return int(door.getsockname()[1])


def _ready(port: int, workers: int) -> bool:
    """Whether so many answers in a row are good ones: each process has taken part by then."""
    return all(answers_at(port) for _ in range(8 * workers))


def answers_at(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def get(server: Server, path: str) -> bytes:
    """One answer's body."""
    connection = HTTPConnection(HOST, server.crew.port, timeout=30)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {server.crew.token}"})
        return connection.getresponse().read()
    finally:
        connection.close()


def visit(stage: Stage, server: Server, asked: Visit, company: Mapping[str, int] = NOBODY) -> Point:
    """A crowd's answers a second, and what they cost the crowd, the server and its database.

    `company` are processes of others that are at work meanwhile: what they use is told, too.
    """
    stage.settle()
    with tempfile.TemporaryDirectory(prefix="ovunque-bench-") as folder:
        with start_crowd(server.crew, asked, Path(folder)) as crowd:
            assert crowd.stdout is not None
            crowd.stdout.readline()
            roots = {"client": crowd.pid, "api": server.pid, "postgres": stage.server}
            roots |= company
            time.sleep(asked.warmup_seconds)
            before = read(roots)
            time.sleep(asked.seconds)
            after = read(roots)
        seen = read_seen(Path(folder))
    done = [Done(at, took) for at, took in zip(seen.at, seen.seconds, strict=True)]
    accepted = seen.statuses.pop(str(asked.expected), 0)
    return point_of(
        asked.name,
        asked.clients,
        done,
        between(before, after),
        accepted=accepted,
        failed=sum(seen.statuses.values()),
        wrong=(seen.wrong,) if seen.wrong else (),
    )


def start_crowd(crew: Crew, asked: Visit, folder: Path) -> "subprocess.Popen[bytes]":
    """A crowd in a process of its own; it says a line when all are connected."""
    task = Task(
        host=HOST,
        port=crew.port,
        token=crew.token,
        path=asked.path,
        clients=asked.clients,
        seconds=asked.warmup_seconds + asked.seconds + ENDING_SECONDS,
        expected=asked.expected,
        name=f"crowd-{next(CROWDS)}",
        skus=[*asked.skus],
        pace=asked.pace,
    )
    told, seen = folder / "task", folder / "seen"
    told.write_bytes(msgspec.json.encode(task))
    command = [sys.executable, "-m", "bench.crowd", str(told), str(seen)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT)


def read_seen(folder: Path) -> Seen:
    seen = folder / "seen"
    if not seen.exists():
        raise MeasuringError("the crowd failed; what it said stands above")
    return msgspec.json.decode(seen.read_bytes(), type=Seen)
