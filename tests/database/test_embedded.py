"""The life of the embedded server with real processes: starts, kills and strangers."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from tests.database.clusters import (
    PROGRAMS,
    SECONDS_MAX,
    a_place,
    ask,
    ended,
    kill,
    read_line,
    run_script,
)

from ovunque.kernel.refusal import Refusal
from ovunque.platform.embedded import Cluster, throwaway, wait_until
from ovunque.platform.embedded.account import server_account
from ovunque.platform.embedded.layout import Layout
from ovunque.platform.embedded.postmaster import find_postmaster, is_alive
from ovunque.platform.embedded.throwaway import memory_place, sweep


@pytest.fixture
def folder() -> Iterator[Path]:
    with a_place() as place:
        yield place


@pytest.fixture
def cluster(folder: Path) -> Cluster:
    """A cluster of the test's own, not made yet."""
    return Cluster(folder, PROGRAMS, durable=False)


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    with ended() as started:
        yield started


def test_the_first_start_makes_a_server_and_the_second_finds_it(folder: Path) -> None:
    cluster = Cluster(folder, PROGRAMS)
    assert not cluster.status().running

    assert cluster.start()
    assert not cluster.start()
    assert cluster.status().running
    cluster.ensure_database("a shop's")
    cluster.ensure_database("a shop's")

    with psycopg.connect(cluster.url("a shop's")) as connection:
        assert connection.info.dbname == "a shop's"
        assert connection.info.user == "ovunque_owner"
    kept = {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "idle_in_transaction_session_timeout": "5s",
        "client_connection_check_interval": "500ms",
        "max_connections": "200",
    }
    assert {name: ask(cluster, f"show {name}") for name in kept} == kept
    assert ask(cluster, "select 'Z' < 'a' and lower('È') = 'è'")


def test_stopping_leaves_no_process_and_no_lock(cluster: Cluster) -> None:
    with cluster.running():
        pid = cluster.status().pid
        with cluster.running():
            pass
        assert cluster.status().running, "who found it running leaves it running"

    assert pid is not None
    assert not is_alive(pid) or Path(f"/proc/{pid}/cmdline").read_bytes() == b"", (
        "gone, or a zombie"
    )
    assert not cluster.stop()
    layout = cluster.layout
    assert [each.name for each in layout.run.iterdir()] == ["server.log"]
    assert not (layout.data / "postmaster.pid").exists()
    assert sorted(each.name for each in layout.root.iterdir()) == ["data", "run", "settings.conf"]


def test_of_many_who_start_at_once_one_does(cluster: Cluster) -> None:
    with ThreadPoolExecutor(4) as starters:
        assert sorted(starters.map(lambda _: cluster.start(), range(4))) == [False] * 3 + [True]


def test_a_killed_server_starts_again_when_its_children_have_gone(cluster: Cluster) -> None:
    """A child that computes does not notice at once; until it ends no second server may start."""
    cluster.start()
    slow = "select count(*) from generate_series(1, 4000) as a, generate_series(1, 4000) as b"
    busy = "select count(*) = 1 from pg_stat_activity where query = '" + slow + "'"

    def compute() -> None:
        with suppress(psycopg.OperationalError):
            ask(cluster, slow)

    with ThreadPoolExecutor(1) as computer:
        computer.submit(compute)
        assert wait_until(lambda: bool(ask(cluster, busy)), SECONDS_MAX)
        killed = kill(cluster)
        assert cluster.start()

    assert "pre-existing shared memory block" in cluster.layout.log.read_text()
    assert cluster.status().pid not in (killed, None)


def test_a_server_outlives_its_killed_owner(
    cluster: Cluster, processes: list[subprocess.Popen[str]]
) -> None:
    owner = run_script("start", cluster.folder)
    processes.append(owner)
    assert read_line(owner) == "True"

    owner.kill()
    owner.wait()

    assert cluster.status().running
    assert not cluster.start()
    assert cluster.stop()
    assert cluster.status().pid is None


def test_a_start_killed_in_the_middle_leaves_nothing_half_made(
    cluster: Cluster, processes: list[subprocess.Popen[str]]
) -> None:
    owner = run_script("start", cluster.folder)
    processes.append(owner)
    half_made = cluster.layout.unfinished / "PG_VERSION"
    assert wait_until(half_made.exists, SECONDS_MAX)

    owner.kill()
    owner.wait()
    assert not cluster.layout.data.exists()

    assert cluster.start()
    assert not cluster.layout.unfinished.exists()


def test_a_stranger_with_the_number_of_a_dead_server_is_left_alone(
    cluster: Cluster, processes: list[subprocess.Popen[str]]
) -> None:
    cluster.start()
    killed = kill(cluster)
    account = server_account()
    stranger = subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, text=True, user=account.uid if account.lent else None
    )
    processes.append(stranger)
    for file in (cluster.layout.data / "postmaster.pid", cluster.layout.socket_lock):
        file.write_text(file.read_text().replace(str(killed), str(stranger.pid), 1))

    assert not cluster.stop()
    assert not cluster.status().running
    assert cluster.start()
    assert cluster.stop()
    assert stranger.poll() is None


def test_a_server_that_cannot_start_says_why_in_one_line(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    own = cluster.layout.data / "postgresql.conf"
    with own.open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(Refusal, match="contains errors") as refused:
        cluster.start()
    assert refused.value.code == "database_start_failed"
    assert "\n" not in refused.value.details["detail"]

    (cluster.layout.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(Refusal, match="was made by PostgreSQL 14"):
        cluster.start()


def test_a_database_that_does_not_run_is_unreachable(cluster: Cluster) -> None:
    with pytest.raises(Refusal, match="database_unreachable"):
        cluster.ensure_database("shop")


def test_what_a_killed_test_run_left_is_swept_by_the_next(
    folder: Path, processes: list[subprocess.Popen[str]]
) -> None:
    owner = run_script("throwaway", folder)
    processes.append(owner)
    left = Path(read_line(owner))
    pid = find_postmaster(Layout(left).data)
    assert pid is not None

    with throwaway(PROGRAMS.path) as neighbor:
        assert left.exists(), "its owner lives"
        assert ask(neighbor, "show fsync") == "off"
        owner.kill()
        owner.wait()
        sweep(left.parents[1])
        assert not left.parent.exists()
        assert find_postmaster(Layout(left).data) is None
        assert neighbor.status().running, "its owner lives"
    assert not neighbor.folder.parent.exists()


def test_a_memory_without_room_holds_no_cluster() -> None:
    assert memory_place(room=0) in (None, Path("/dev/shm"))
    assert memory_place(room=10**15) is None
