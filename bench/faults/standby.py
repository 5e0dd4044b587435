"""Two servers: what one commits the other one has, before anybody is told; either may die."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from bench.faults.house import HOUSE, furnish, judge, kill
from bench.faults.scenes import RECOVERY_SECONDS_MAX, Played, Tell, playing
from bench.points import MeasuringError
from ovunque.platform.backing_up.restoring import give
from ovunque.platform.backing_up.shelf import run
from ovunque.platform.embedded import Cluster, throwaway, wait_until
from ovunque.platform.embedded.account import make_folder, server_account
from ovunque.platform.settings import read_settings

ANY_STANDBY = "ANY 1 (*)"
SYNCHRONOUS = "select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')"


def fail_over(played: Played, times: int, tell: Tell) -> None:
    """The primary killed, the standby promoted, the dead one made its standby: in turn."""
    with throwaway(read_settings().pg_bin, durable=True) as first, beside(first) as second:
        furnish(first)
        join(second, first)
        url = either_of(first, second)
        with playing(first, url, played, tell) as play:
            primary, standby = first, second
            for _ in range(times):
                pid = primary.status().pid
                assert pid is not None
                play.blow(lambda pid=pid: kill(pid), lambda new=standby: promote(new))  # type: ignore[misc]
                primary, standby = standby, primary
                join(standby, primary)
            play.shop.ending.set()
            wait_until(lambda: play.shop.shoppers == 0, RECOVERY_SECONDS_MAX)
            play.house.worker.end()
            played.verdict = judge(primary.url(HOUSE), play.shop)


@contextmanager
def beside(cluster: Cluster) -> Iterator[Cluster]:
    other = Cluster(cluster.folder.parent / "standby", cluster.programs)
    try:
        yield other
    finally:
        other.stop("immediate")


def either_of(*clusters: Cluster) -> str:
    """The way to whichever takes writes, as a house in production is told it."""
    return make_conninfo(
        host=",".join(str(each.layout.sockets) for each in clusters),
        dbname=HOUSE,
        user="ovunque_owner",
        target_session_attrs="read-write",
    )


def join(standby: Cluster, primary: Cluster) -> None:
    """A new standby, from a copy of the primary; from now on nothing is told before it has it."""
    standby.stop("immediate")
    shutil.rmtree(standby.layout.data, ignore_errors=True)
    account = server_account()
    make_folder(standby.layout.root, account)
    data = standby.layout.data
    copy: list[str | Path] = [
        primary.programs.path / "pg_basebackup",
        "-d",
        primary.url("postgres"),
        "-D",
        data,
    ]
    run([*copy, "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf"])
    give(data, account)
    standby.start()
    with psycopg.connect(primary.url("postgres"), autocommit=True) as owner:
        owner.execute(f"alter system set synchronous_standby_names = '{ANY_STANDBY}'".encode())
        owner.execute("select pg_reload_conf()")

        def is_synchronous() -> bool:
            row = owner.execute(SYNCHRONOUS).fetchone()
            return row is not None and row[0] > 0

        if not wait_until(is_synchronous, RECOVERY_SECONDS_MAX):
            raise MeasuringError("the standby does not follow")


def promote(standby: Cluster) -> None:
    with psycopg.connect(standby.url("postgres"), autocommit=True) as owner:
        owner.execute("alter system set synchronous_standby_names = ''")
        owner.execute("select pg_promote(true, 30)")
        owner.execute("select pg_reload_conf()")
