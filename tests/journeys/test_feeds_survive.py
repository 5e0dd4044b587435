"""Killed in the middle of a feed: told again, it ends as one that was never cut off."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psycopg
import pytest
from tests.factories import TESTER
from tests.journeys.servers import OVUNQUE, answers, free_port
from tests.worlds import World, build, place_code

from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.platform.embedded import Cluster, throwaway, wait_until
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

SKUS = [f"S{nth:04}" for nth in range(1_000)]
PLACES = 4
ROWS = len(SKUS) * PLACES
AS_OF = datetime(2026, 3, 2, 8, tzinfo=UTC)
SECONDS_MAX = 60


@pytest.fixture(scope="module")
def durable() -> Iterator[Cluster]:
    """A server that keeps what it has committed."""
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        yield cluster


@pytest.fixture
def url(durable: Cluster, new_id: NewId, request: pytest.FixtureRequest) -> str:
    name = request.node.name.partition("[")[0][:50] + request.node.name.rpartition("[")[2][:-1]
    durable.ensure_database(name)
    address = durable.url(name)
    migrate(address)
    with Database(address) as database:
        build(database, World(locations=PLACES, skus=SKUS, stock={}), TESTER, new_id, AS_OF)
    return address


def rows() -> list[dict[str, object]]:
    return [
        {
            "location": place_code(place),
            "sku": sku,
            "on_hand": 1 + (nth * PLACES + place) % 17,
            "as_of": AS_OF.isoformat(),
        }
        for nth, sku in enumerate(SKUS)
        for place in range(PLACES)
    ]


def counted(url: str) -> int:
    with psycopg.connect(url) as owner:
        row = owner.execute("select count(*) from stock_level where on_hand > 0").fetchone()
    assert row is not None
    return int(row[0])


def begun(url: str) -> bool:
    try:
        return 0 < counted(url) < ROWS
    except psycopg.OperationalError:
        return False


def is_whole(url: str) -> None:
    """Every count is there once, and everything that is always true is true."""
    with psycopg.connect(url) as owner:
        told = owner.execute(
            "select sum(on_hand), count(*), (select count(*) from stock_count) from stock_level"
        ).fetchone()
    assert told == (sum(int(str(row["on_hand"])) for row in rows()), ROWS, ROWS)
    with Database(url) as database:
        assert check_now(database) == ()


def environment(url: str, home: Path, **more: str) -> Mapping[str, str]:
    return {**os.environ, "DATABASE_URL": url, "OVUNQUE_HOME": str(home), **more}


def start(url: str, home: Path, *arguments: str, **more: str) -> "subprocess.Popen[bytes]":
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            [*OVUNQUE, *arguments],
            env=environment(url, home, **more),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def kill(process: "subprocess.Popen[bytes]") -> None:
    """With everything it has started; one that was quicker has ended by itself."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(SECONDS_MAX)


def stock_file(folder: Path, name: str = "stock.csv") -> Path:
    path = folder / name
    lines = [",".join(map(str, row.values())) for row in rows()]
    path.write_text("\n".join(["location,sku,on_hand,as_of", *lines, ""]))
    return path


@pytest.mark.parametrize("victim", ["import", "database"])
def test_an_import_goes_on_where_it_was_killed(
    url: str, durable: Cluster, tmp_path: Path, victim: str
) -> None:
    path = stock_file(tmp_path)
    importing = start(url, tmp_path, "import", "stock", str(path))
    assert wait_until(lambda: begun(url) or importing.poll() is not None, SECONDS_MAX)
    if victim == "database":
        pid = durable.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        importing.wait(SECONDS_MAX)
        durable.stop("immediate")
        durable.start()
    else:
        kill(importing)
    subprocess.run(
        [*OVUNQUE, "import", "stock", str(path)], env=environment(url, tmp_path), check=True
    )
    is_whole(url)


def test_a_worker_takes_up_the_file_of_one_that_was_killed(url: str, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    stock_file(inbox)
    first = start(url, tmp_path, "worker")
    assert wait_until(partial(begun, url), SECONDS_MAX)
    kill(first)
    second = start(url, tmp_path, "worker")
    try:
        assert wait_until((inbox / "done" / "stock.csv").exists, SECONDS_MAX)
    finally:
        kill(second)
    is_whole(url)


def test_a_feed_told_again_to_another_server_is_whole(url: str, tmp_path: Path) -> None:
    made = subprocess.run(
        [*OVUNQUE, "keys", "create", "wms", "--scope", "stock", "--json"],
        env=environment(url, tmp_path),
        check=True,
        capture_output=True,
    )
    token = json.loads(made.stdout)["key"]
    body = json.dumps({"source": "wms", "counts": rows()}).encode()

    def tell(port: str) -> bool:
        request = Request(
            f"http://127.0.0.1:{port}/v1/stock/counts",
            body,
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urlopen(request, timeout=SECONDS_MAX) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def serve() -> tuple["subprocess.Popen[bytes]", str]:
        port = str(free_port())
        server = start(url, tmp_path, "serve", "--workers", "1", PORT=port)
        ready = f"http://127.0.0.1:{port}/readyz"
        assert wait_until(partial(answers, ready), SECONDS_MAX)
        return server, port

    server, port = serve()
    asking = subprocess.Popen(
        [sys.executable, "-c", TELL, port, token], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert asking.stdin is not None
    asking.stdin.write(body)
    asking.stdin.close()
    assert wait_until(lambda: begun(url) or asking.poll() is not None, SECONDS_MAX)
    kill(server)
    asking.wait(SECONDS_MAX)
    server, port = serve()
    try:
        assert tell(port)
    finally:
        kill(server)
    is_whole(url)


TELL = """
import sys
from urllib.request import Request, urlopen
port, token = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
urlopen(Request(f"http://127.0.0.1:{port}/v1/stock/counts", sys.stdin.buffer.read(), headers))
"""
