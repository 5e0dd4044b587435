"""Where the embedded server may live, who runs it with which programs, and its commands."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.database.clusters import PROGRAMS, a_place, ask, ended, read_line, run_script
from typer.testing import CliRunner

from ovunque.cli.db import commands
from ovunque.kernel.refusal import Refusal
from ovunque.platform.embedded import Cluster, cluster_at, data_home, find_binaries, throwaway
from ovunque.platform.embedded.account import server_account
from ovunque.platform.embedded.binaries import find_system
from ovunque.platform.embedded.layout import Layout

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server an account")


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


@pytest.mark.parametrize("name", ['a "b"', "$(id)", "a\nb", "c:\\d", "`id`"])
def test_a_path_that_a_shell_would_read_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(Refusal, match="hands its path to a shell"):
        Cluster(folder / name, PROGRAMS).start()


def test_a_file_in_the_way_is_refused(folder: Path) -> None:
    folder.touch()
    assert data_home(folder / "home") == folder / "home"
    with pytest.raises(Refusal, match="database_home_closed"):
        Cluster(folder / "home", PROGRAMS).start()


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
