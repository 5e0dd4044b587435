"""`ovunque backup` and `ovunque restore`."""

import json
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Annotated

import typer

from ovunque.cli.session import person, running_database
from ovunque.orders.checking import check_now
from ovunque.orders.forgetting import erase_again
from ovunque.platform import clock
from ovunque.platform.backing_up.restoring import Restored, RestoreRequest, restore
from ovunque.platform.backing_up.shelf import Shelf
from ovunque.platform.backing_up.taking import Source, following, take_base
from ovunque.platform.database import Database
from ovunque.platform.embedded import DATABASE, cluster_at, find_binaries
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import Settings, read_settings

Folder = Annotated[Path, typer.Argument(help="Of the backups, on another disk than the database.")]


def backup(
    folder: Folder,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on and keep every commit, until Ctrl-C.")
    ] = False,
) -> None:
    """Copy the database while it runs; with --follow, every commit from now on too."""
    settings = read_settings()
    programs = find_binaries(settings.pg_bin).path
    shelf = Shelf(folder.absolute())
    with running_database(settings) as url:
        source = Source(url=url, programs=programs)
        if not follow:
            print(f"Copied to {take_base(source, shelf, clock.now()).folder}.")
            return
        ending = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ending.set())
        with following(source, shelf) as process:
            print(f"Copied to {take_base(source, shelf, clock.now()).folder}.")
            print(f"Following the log into {shelf.log}; Ctrl-C ends it.", flush=True)
            while process.poll() is None and not ending.wait(0.5):
                pass
            if process.poll() is not None:
                raise typer.Exit(1)


def restore_backup(
    folder: Folder,
    *,
    until: Annotated[
        str | None, typer.Option(help="The instant to go back to, such as 2026-11-28T10:30:00Z.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Bring the database back into an empty home, check it, and leave it running."""
    settings = read_settings()
    request = RestoreRequest(shelf=Shelf(folder.absolute()), until=instant_of(until))
    cluster = cluster_at(settings.home, settings.pg_bin)
    began = monotonic()
    restored = restore(cluster, request)
    with Database(cluster.url(DATABASE)) as database:
        migrate(cluster.url(DATABASE))
        forget_again(database, settings)
        violations = check_now(database)
    seconds = monotonic() - began
    print(as_document(restored, seconds) if as_json else as_sentence(restored, seconds))
    for violation in violations:
        print(violation, file=sys.stderr)
    if violations:
        raise typer.Exit(1)


def forget_again(database: Database, settings: Settings) -> None:
    """Who had been forgotten, and is back with the backup, is forgotten again."""
    file = settings.erasures_file
    if not file.exists():
        print(f"{file} is not there: nobody is forgotten again.", file=sys.stderr)
        return
    done, later = erase_again(database, person(), file, clock.now())
    if done or later:
        print(f"{done} customers were forgotten again, {later} will be.", file=sys.stderr)


def instant_of(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no instant") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def as_sentence(restored: Restored, seconds: float) -> str:
    at = f"{restored.last_fact_at:%Y-%m-%d %H:%M:%S.%f}" if restored.last_fact_at else "nothing"
    return (
        f"Restored in {seconds:.1f} s: {restored.orders} orders, last change at {at} UTC, "
        "all invariants looked at. Start a new folder of backups from here."
    )


def as_document(restored: Restored, seconds: float) -> str:
    at = restored.last_fact_at.astimezone(UTC).isoformat() if restored.last_fact_at else None
    told = {"base": str(restored.base.folder), "orders": restored.orders, "last_change_at": at}
    return json.dumps(told | {"seconds": round(seconds, 2)})
