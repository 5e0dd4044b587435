"""What a command works with: a database that runs and has the newest schema."""

import getpass
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor, Scope
from ovunque.kernel.ids import NewId
from ovunque.platform import clock
from ovunque.platform.database import Database
from ovunque.platform.embedded import DATABASE, cluster_at
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import Settings, read_settings

COMMAND_LINE = UUID(int=1)  # Owns the idempotency keys of commands.


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command at work, in the name of whoever typed it."""

    settings: Settings
    url: str  # As the owner: for migrations and copies, never for requests.
    database: Database
    actor: Actor
    new_id: NewId

    def now(self) -> datetime:
        return clock.now()


@contextmanager
def running_database(settings: Settings) -> Iterator[str]:
    """The owner's way to a database that runs; who started it stops it."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    cluster = cluster_at(settings.home, settings.pg_bin)
    with cluster.running():
        cluster.ensure_database(DATABASE)
        yield cluster.url(DATABASE)


@contextmanager
def open_session() -> Iterator[Session]:
    """A database that runs, migrated, and whoever typed the command."""
    settings = read_settings()
    with ExitStack() as stack:
        url = stack.enter_context(running_database(settings))
        migrate(url)
        yield Session(
            settings=settings,
            url=url,
            database=stack.enter_context(Database(url)),
            actor=person(),
            new_id=clock.new_id_source(),
        )


def person() -> Actor:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "somebody"
    return Actor(name=f"cli:{name}", client_id=COMMAND_LINE, scopes=frozenset({Scope.ALL}))
