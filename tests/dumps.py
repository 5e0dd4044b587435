"""What a backup carries out of a database, and the database that it brings back."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from tests.conftest import TEMPLATE

from ovunque.platform.embedded import Cluster, find_binaries
from ovunque.platform.settings import read_settings


def dump(url: str, *options: str) -> str:
    """All that the database holds."""
    program = find_binaries(read_settings().pg_bin).path / "pg_dump"
    command = [program, *(options or ["--data-only"]), url]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


@contextmanager
def restored(cluster: Cluster, url: str) -> Iterator[str]:
    """The database as a backup of now would bring it back."""
    copy, name = cluster.url("restored_copy"), sql.Identifier("restored_copy")
    program = find_binaries(read_settings().pg_bin).path / "psql"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as owner:
        made = sql.SQL("create database {} template {}")
        owner.execute(made.format(name, sql.Identifier(TEMPLATE)))
        content = dump(url, "--clean", "--if-exists")
        subprocess.run(
            [program, "-q", copy], input=content, capture_output=True, check=True, text=True
        )
        yield copy
        owner.execute(sql.SQL("drop database {} with (force)").format(name))
