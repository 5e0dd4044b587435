"""`ovunque db`: the database we bring along; with DATABASE_URL set, only a look at that one."""

import os
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import connect, first_line
from ovunque.platform.embedded import DATABASE, Cluster, cluster_at, find_binaries
from ovunque.platform.settings import Settings, read_settings

commands = typer.Typer(
    no_args_is_help=True, help="The database we bring along: start it, stop it, look at it."
)
ELSEWHERE = "DATABASE_URL is set, so the database is run by somebody else."
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@commands.command()
def start() -> None:
    """Start it; one that runs already is left as it is."""
    settings = read_settings()
    if not settings.embedded:
        print(ELSEWHERE)
        return
    cluster = cluster_of(settings)
    started = cluster.start()
    cluster.ensure_database(DATABASE)
    print("The database runs now." if started else "The database was running already.")


@commands.command()
def stop() -> None:
    """Stop it, ending what is connected; everything committed stays."""
    settings = read_settings()
    if not settings.embedded:
        print(ELSEWHERE)
        return
    stopped = cluster_of(settings).stop()
    print("The database is stopped." if stopped else "The database was not running.")


@commands.command()
def status() -> None:
    """Say how it is, where it lives and where its programs come from; exit 1: not running."""
    settings = read_settings()
    if settings.database_url is not None:
        address = address_of(settings.database_url)
        print_line("state", f"answers, PostgreSQL {ask_version(settings.database_url)}")
        print_line("source", f"DATABASE_URL, {address}")
        return
    found = cluster_of(settings).status()
    silent = "not running" if found.pid is None else f"process {found.pid} does not answer"
    print_line("state", f"running, process {found.pid}" if found.running else silent)
    print_line("folder", f"{found.folder}{moved(settings.home, found.folder)}")
    print_line("socket", str(found.socket))
    programs = found.programs
    print_line("programs", f"PostgreSQL {programs.version} from {programs.source}, {programs.path}")
    if not found.running:
        raise typer.Exit(1)


@commands.command(context_settings=PASSED_ON)
def psql(
    context: typer.Context,
    database: Annotated[str, typer.Option(help="Which of its databases.")] = DATABASE,
) -> None:
    """Open psql, or pass it arguments: ovunque db psql -c 'select 1'."""
    settings = read_settings()
    url = settings.database_url or cluster_url(settings, database)
    program = find_binaries(settings.pg_bin).path / "psql"
    os.execv(program, ["psql", "-d", url, *context.args])  # noqa: S606 - becoming it is the point


def cluster_of(settings: Settings) -> Cluster:
    return cluster_at(settings.home, settings.pg_bin)


def cluster_url(settings: Settings, database: str) -> str:
    cluster = cluster_of(settings)
    if not cluster.status().running:
        raise Refusal("database_unreachable", detail="it does not run; try: ovunque db start")
    return cluster.url(database)


def moved(wanted: Path, folder: Path) -> str:
    """Why the data is not below the home, when it is not."""
    if folder.is_relative_to(wanted.absolute().resolve()):
        return ""
    return f" (not in {wanted}: the server runs as nobody, who cannot enter it)"


def ask_version(url: str) -> str:
    with connect(url) as connection:
        return connection.info.parameter_status("server_version") or "of an unknown version"


def address_of(url: str) -> str:
    """Where a database is, without its password."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise Refusal("setting_invalid", name="DATABASE_URL", detail=first_line(error)) from None
    place = given.get("host") or given.get("hostaddr") or "the local socket"
    return f"database {given.get('dbname') or 'of the user'} at {place}"


def print_line(name: str, value: str) -> None:
    print(f"{name:<9} {value}")
