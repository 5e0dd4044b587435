"""One process at a time imports one content."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ovunque.integrations.files import store
from ovunque.integrations.files.runs import RunKey
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database


@contextmanager
def held(database: Database, key: RunKey, wait: Callable[[], None] | None) -> Iterator[None]:
    """Hold a content on a connection of its own: whatever ends this process lets go of it.

    `wait` is told once before we wait for somebody else; without it we are refused as `busy`.
    """
    with database.connect() as connection:
        if not store.try_lock_content(connection, key.number):
            if wait is None:
                raise Refusal("busy")
            wait()
            store.lock_content(connection, key.number)
        yield
