"""What the pages of a process work with, handed over by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass

from ovunque.access.admitting import Doorkeeper
from ovunque.access.describing import Directory
from ovunque.kernel.ids import NewId
from ovunque.platform.clock import Clock
from ovunque.platform.database import Database
from ovunque.platform.http.pacing import Buckets
from ovunque.platform.settings import Settings
from ovunque.promise.sealing import Promises
from ovunque.sourcing.snapshot import Snapshot
from ovunque.web.hiding import Veil
from ovunque.web.live import Feed
from ovunque.web.pages import Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    database: Database
    clock: Clock
    new_id: NewId
    new_secret: Callable[[], str]
    settings: Settings
    snapshot: Callable[[], Snapshot]
    pages: Pages
    feed: Feed
    promises: Promises
    directory: Directory
    buckets: Buckets
    doorkeeper: Doorkeeper
    veil: Veil
    held: Callable[[], int]  # How many programs are held for a person.
