"""The embedded server with real processes: starts, kills, strangers and closed doors."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from ovunque.cli.db import commands
from ovunque.kernel.refusal import Refusal
from ovunque.platform.embedded import (
    Cluster,
    cluster_at,
    data_home,
    find_binaries,
    throwaway,
    wait_until,
)
from ovunque.platform.embedded.account import server_account
from ovunque.platform.embedded.binaries import find_system
from ovunque.platform.embedded.layout import Layout
from ovunque.platform.embedded.postmaster import find_postmaster, is_alive
from ovunque.platform.embedded.throwaway import sweep, temporary_place
from ovunque.platform.settings import read_settings

SECONDS_MAX = 20
PROGRAMS = find_binaries(read_settings().pg_bin)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server an account")

# Runs as another process, on request as another user: modules are loaded while root can still
# read them. Its standard input stays open as long as its owner wants it to live.
SCRIPT = """
import os, sys
from pathlib import Path
from ovunque.kernel.refusal import Refusal
from ovunque.platform.embedded import Cluster, find_binaries, throwaway

task, folder, pg_bin, uid = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
if uid != os.geteuid():
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
cluster = Cluster(folder, find_binaries(pg_bin), durable=False)
match task:
    case "start":
        print(cluster.start(), flush=True)
        sys.stdin.read()
    case "life":
        try:
            print(cluster.start(), cluster.start(), cluster.status().running, cluster.stop())
        except Refusal as refusal:
            print(refusal)
    case "throwaway":
        with throwaway(pg_bin) as cluster:
            print(cluster.folder, flush=True)
            sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place the server's account can reach; its name has a space."""
    place = Path(tempfile.mkdtemp(prefix="ovunque test ", dir=temporary_place())).resolve()
    place.chmod(0o711)
    yield place / "shop"
    Cluster(place / "shop", PROGRAMS).stop("immediate")
    shutil.rmtree(place)


@pytest.fixture
def cluster(folder: Path) -> Cluster:
    return Cluster(folder, PROGRAMS, durable=False)


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def run_script(task: str, folder: Path, uid: int | None = None) -> subprocess.Popen[str]:
    asked = [task, str(folder), str(PROGRAMS.path), str(os.geteuid() if uid is None else uid)]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *asked],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ask(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]


def kill(cluster: Cluster) -> int:
    """Kill the server where it stands; returns its number."""
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: cluster.status().pid is None, SECONDS_MAX)
    return pid


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


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    cluster = Cluster(folder / ("very " * 25) / "deep", PROGRAMS, durable=False)
    with cluster.running():
        assert ask(cluster, "select 1") == 1
        short = cluster.layout.sockets
        assert short != cluster.layout.run
        assert short.stat().st_mode & 0o077 == 0
    assert not short.exists()


def test_a_comma_in_a_path_does_not_split_the_address() -> None:
    assert Layout(Path("/srv/shops")).sockets == Path("/srv/shops/run")
    assert "," not in str(Layout(Path("/srv/Rome, Milan")).sockets)


def test_a_short_folder_that_a_stranger_made_is_not_used(folder: Path) -> None:
    cluster = Cluster(folder / ("very " * 25), PROGRAMS, durable=False)
    laid = cluster.layout.sockets
    laid.mkdir()
    laid.chmod(0o777)
    try:
        with pytest.raises(Refusal, match="database_home_closed"):
            cluster.start()
    finally:
        laid.rmdir()


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


@as_root
def test_root_lends_the_server_the_account_of_nobody(cluster: Cluster) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    with cluster.running():
        assert Path(f"/proc/{cluster.status().pid}").stat().st_uid == nobody
        assert cluster.layout.data.stat().st_uid == nobody
        assert cluster.layout.root.stat().st_uid == 0


@as_root
def test_programs_behind_a_closed_door_are_copied(folder: Path) -> None:
    """A virtual environment below a home that only root may enter."""
    packages = folder.parent / "closed" / "packages"
    packages.mkdir(parents=True)
    package = find_binaries().path.parents[1]
    for part in (package, *package.parent.glob(f"{package.name}.libs")):
        shutil.copytree(part, packages / part.name, copy_function=os.link)
    packages.parent.chmod(0o700)
    inside = find_binaries(packages / package.name / "pginstall" / "bin")

    cluster = Cluster(folder, inside, durable=False)
    with cluster.running():
        assert cluster.status().running
    with cluster.running():
        assert ask(cluster, "show server_version") == inside.version
    assert len(list(folder.glob("programs-*"))) == 1
    assert packages.parent.stat().st_mode & 0o777 == 0o700


@as_root
def test_a_home_closed_to_nobody_is_refused_and_another_is_found(folder: Path) -> None:
    closed, shared = folder.parent / "closed", folder.parent / "shared"
    closed.mkdir(mode=0o700)

    with pytest.raises(Refusal, match=f"{closed} is closed to nobody") as refused:
        Cluster(closed / "home", PROGRAMS).start()
    assert refused.value.code == "database_home_closed"

    elsewhere = data_home(closed / "home", shared)
    assert elsewhere.parent == shared
    assert elsewhere != data_home(closed / "another", shared)
    assert data_home(folder / "home", shared) == folder / "home"

    elsewhere.mkdir(parents=True)
    closed.chmod(0o711)
    assert data_home(closed / "home", shared) == elsewhere, "data never moves by itself"
    assert data_home(closed / "another", shared) == closed / "another"


def test_an_ordinary_user_runs_it_in_a_private_home(
    folder: Path, processes: list[subprocess.Popen[str]]
) -> None:
    account = server_account()
    folder.mkdir(mode=0o700)
    if account.lent:
        os.chown(folder, account.uid, account.gid)

    life = run_script("life", folder / "home", uid=account.uid)
    processes.append(life)

    assert read_line(life) == "True False True True"
    assert (folder / "home").stat().st_mode & 0o777 == 0o700


@as_root
def test_a_user_without_a_name_is_refused(
    folder: Path, processes: list[subprocess.Popen[str]]
) -> None:
    folder.mkdir()
    os.chown(folder, 54_321, 54_321)
    life = run_script("life", folder, uid=54_321)
    processes.append(life)
    assert "/etc/passwd has none for user id 54321" in read_line(life)


@as_root
def test_another_users_server_is_left_alone(
    cluster: Cluster, processes: list[subprocess.Popen[str]]
) -> None:
    with cluster.running():
        life = run_script("life", cluster.folder, uid=pwd.getpwnam("daemon").pw_uid)
        processes.append(life)
        assert read_line(life).startswith("database_home_closed")
        assert cluster.status().running


def test_the_systems_newest_usable_programs_are_taken(tmp_path: Path) -> None:
    for name, version in (("9", "9.6"), ("15", "15.8"), ("16", "16.3"), ("17", "broken")):
        bin_folder = tmp_path / name / "bin"
        bin_folder.mkdir(parents=True)
        for program in ("initdb", "pg_ctl", "postgres", "psql"):
            file = bin_folder / program
            file.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
            file.chmod(0o755)

    assert [each.version for each in find_system(tmp_path) if each.usable] == ["16.3", "15.8"]
    assert find_binaries(tmp_path / "16" / "bin").source == "OVUNQUE_PG_BIN"
    with pytest.raises(Refusal, match="database_binaries_missing"):
        find_binaries(tmp_path / "9" / "bin")


def test_the_command_line_starts_it_asks_it_and_stops_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("OVUNQUE_HOME", str(folder))
    monkeypatch.setenv("OVUNQUE_PG_BIN", str(PROGRAMS.path))
    runner = CliRunner()

    asleep = runner.invoke(commands, ["status"])
    assert (asleep.exit_code, "not running" in asleep.output) == (1, True)
    assert isinstance(runner.invoke(commands, ["psql"]).exception, Refusal)

    with cluster_at(folder, PROGRAMS.path).running():
        assert runner.invoke(commands, ["start"]).output == "The database was running already.\n"
        awake = runner.invoke(commands, ["status"])
        assert awake.exit_code == 0
        assert f"PostgreSQL {PROGRAMS.version} from OVUNQUE_PG_BIN" in awake.output
        command = "from ovunque.cli.db import commands; commands()"
        asked = [sys.executable, "-c", command, "psql", "-Atc", "select 6 * 7"]
        assert subprocess.check_output(asked, text=True) == "42\n"
        assert runner.invoke(commands, ["stop"]).output == "The database is stopped.\n"


def test_the_command_line_leaves_a_database_of_somebody_else_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runner = CliRunner()
    with throwaway(PROGRAMS.path) as cluster:
        monkeypatch.setenv("DATABASE_URL", cluster.url("postgres") + "&password=secret")
        assert "run by somebody else" in runner.invoke(commands, ["stop"]).output
        shown = runner.invoke(commands, ["status"]).output
        assert f"PostgreSQL {PROGRAMS.version}" in shown
        assert "secret" not in shown
    monkeypatch.setenv("DATABASE_URL", "rubbish")
    assert isinstance(runner.invoke(commands, ["status"]).exception, Refusal)
