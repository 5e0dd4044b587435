"""Brings a database back from its backup, as it was at an instant, into a folder of its own."""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from ovunque.kernel.refusal import Refusal
from ovunque.platform.backing_up.shelf import Base, Shelf
from ovunque.platform.embedded import DATABASE, Cluster, wait_until
from ovunque.platform.embedded.account import Account, make_folder, server_account
from ovunque.platform.embedded.preparing import INCLUDE

REPLAY_SECONDS_MAX = 3_600
LOG_FOLDER = "wal-to-replay"
SETTINGS = "postgresql.auto.conf"
HEADER = "\n# Written by the restore, and taken away when it is done.\n"
# What belongs to the server that was, not to its copy.
LEFT_BEHIND = ("postmaster.pid", "postmaster.opts", "standby.signal")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    shelf: Shelf
    until: datetime | None = None  # None: all that the log holds.
    dbname: str = DATABASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restored database holds, as of when."""

    base: Base
    last_fact_at: datetime | None
    orders: int


def restore(cluster: Cluster, request: RestoreRequest) -> Restored:
    """The database at the instant asked for, running, in a cluster that had none before.

    Readers of the journal outside may have seen facts that are no longer there: the epoch rises,
    so that their cursors do not hide what is written from now on.
    """
    base = request.shelf.newest(request.until)
    lay_out(cluster, base, request)
    cluster.start()
    if not wait_until(lambda: is_open(cluster), REPLAY_SECONDS_MAX):
        raise Refusal("database_start_failed", detail="the log is not replayed in time")
    tidy(cluster)
    with psycopg.connect(cluster.url(request.dbname), autocommit=True) as owner:
        owner.execute("update journal_epoch set epoch = epoch + 1")
        last = owner.execute("select max(at) from journal").fetchone()
        orders = owner.execute("select count(*) from customer_order").fetchone()
    assert last is not None
    assert orders is not None
    return Restored(base=base, last_fact_at=last[0], orders=orders[0])


def lay_out(cluster: Cluster, base: Base, request: RestoreRequest) -> None:
    """The base's copy and its log where the server finds them; complete, or not there at all."""
    layout, account = cluster.layout, server_account()
    make_folder(layout.root, account)
    if layout.data.exists():
        raise Refusal("restore_in_the_way", folder=layout.data)
    log = layout.root / LOG_FOLDER
    for leftover in (layout.unfinished, log):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(base.folder, layout.unfinished, symlinks=True)
    log.mkdir()
    for file, name in request.shelf.log_files(base.first_log_file):
        shutil.copy2(file, log / name)
    for name in LEFT_BEHIND:
        (layout.unfinished / name).unlink(missing_ok=True)
    write_settings(layout.unfinished, log, request.until)
    for folder in (layout.unfinished, log):
        give(folder, account)
    layout.unfinished.rename(layout.data)


def write_settings(data: Path, log: Path, until: datetime | None) -> None:
    """Replay up to an instant, then be a server like any other."""
    (data / "recovery.signal").touch()
    settings = {"restore_command": f'cp "{log}/%f" "%p"', "recovery_target_action": "promote"}
    if until is not None:
        settings["recovery_target_time"] = until.isoformat()
    lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    with (data / SETTINGS).open("a") as file:
        file.write(HEADER + lines)
    configuration = data / "postgresql.conf"
    if not configuration.exists():  # Some servers keep it elsewhere.
        configuration.write_text(INCLUDE)
    access = data / "pg_hba.conf"
    if not access.exists():
        access.write_text("local all all trust\n")


def give(folder: Path, account: Account) -> None:
    """To the server's account alone."""
    for each in (folder, *folder.rglob("*")):
        if not each.is_symlink():
            each.chmod(0o700 if each.is_dir() else 0o600)
        if account.lent:
            os.chown(each, account.uid, account.gid, follow_symlinks=False)


def is_open(cluster: Cluster) -> bool:
    """Whether the replay has ended: it answers questions before that."""
    try:
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as owner:
            row = owner.execute("select not pg_is_in_recovery()").fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and bool(row[0])


def tidy(cluster: Cluster) -> None:
    """Take away what was written for the replay."""
    settings = cluster.layout.data / SETTINGS
    kept, _, _ = settings.read_text().partition(HEADER)
    settings.write_text(kept)
    shutil.rmtree(cluster.layout.root / LOG_FOLDER)
