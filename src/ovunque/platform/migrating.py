"""Brings a database to the newest schema: numbered plain SQL files, forward only."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from time import sleep

import psycopg
from psycopg import errors

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import connect, first_line

LOCK = 0x0F0_0C0E  # One migration at a time in a database, whoever starts it.
# Whoever waits for a table keeps others from it: a migration gives way, and tries anew.
WAIT = "600ms"
PAUSE_SECONDS = 0.4
TRIES_MAX = 150


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def list_migrations() -> tuple[Migration, ...]:
    """The files of this version, in order."""
    files = resources.files("ovunque.migrations").iterdir()
    named = sorted((each for each in files if each.name.endswith(".sql")), key=lambda f: f.name)
    return tuple(Migration(each.name, each.read_text(encoding="utf-8")) for each in named)


def migrate(url: str, migrations: tuple[Migration, ...] | None = None) -> tuple[str, ...]:
    """Apply what is missing, each file in its own transaction; returns the names applied.

    An applied file that changed since is refused by its name: history is not edited.
    """
    wanted = list_migrations() if migrations is None else migrations
    with connect(url) as connection:
        return tuple(each.name for each in wanted if applied(connection, each))


def applied(connection: psycopg.Connection, migration: Migration) -> bool:
    """True when the file was applied now; refused with the database's own words if it fails."""
    try:
        for _ in range(TRIES_MAX - 1):
            try:
                return apply(connection, migration)
            except errors.LockNotAvailable:
                sleep(PAUSE_SECONDS)
        return apply(connection, migration)
    except psycopg.Error as error:
        name = migration.name
        raise Refusal("migration_failed", name=name, detail=first_line(error)) from error


def apply(connection: psycopg.Connection, migration: Migration) -> bool:
    """True when the file was applied now, False when it had been before."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        connection.execute("select set_config('lock_timeout', %s, true)", [WAIT])
        connection.execute("set local statement_timeout = 0")
        connection.execute(
            "create table if not exists migration (name text primary key, checksum text not null)"
        )
        row = connection.execute(
            "select checksum from migration where name = %s", [migration.name]
        ).fetchone()
        if row is not None:
            if row[0] != migration.checksum:
                raise Refusal("migration_changed", name=migration.name)
            return False
        connection.execute(migration.text.encode())
        connection.execute(
            "insert into migration (name, checksum) values (%s, %s)",
            [migration.name, migration.checksum],
        )
    return True


def pending(connection: psycopg.Connection) -> tuple[str, ...]:
    """The files of this version that the database does not have yet, or has in another form."""
    known = connection.execute("select to_regclass('migration') is not null").fetchone()
    assert known is not None
    rows = connection.execute("select name, checksum from migration") if known[0] else ()
    applied = {name: checksum for name, checksum in rows}  # noqa: C416 - rows are tuples
    return tuple(e.name for e in list_migrations() if applied.get(e.name) != e.checksum)
